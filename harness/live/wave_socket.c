/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "harness/live/wave_socket.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static bool fill(struct sockaddr_un *at, const char *path, struct problem *err)
{
    *at = (struct sockaddr_un){ .sun_family = AF_UNIX };
    if (strlen(path) >= sizeof at->sun_path) {
        return problem_set(err, "%s: too long for a socket's path (%zu bytes at most)", path, sizeof at->sun_path - 1);
    }
    strcpy(at->sun_path, path);
    return true;
}

/* A socket that nobody answers on: whoever made it is gone. */
static void remove_stale(const struct sockaddr_un *at)
{
    struct stat st;
    int fd;
    if (lstat(at->sun_path, &st) != 0 || !S_ISSOCK(st.st_mode)) {
        return;
    }
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd >= 0 && connect(fd, (const struct sockaddr *)at, sizeof *at) != 0 && errno == ECONNREFUSED) {
        unlink(at->sun_path);
    }
    if (fd >= 0) {
        close(fd);
    }
}

bool wave_socket_open(struct wave_socket *s, const char *path, int file, struct problem *err)
{
    struct sockaddr_un at;
    *s = (struct wave_socket){ .fd = -1, .file = file, .path = path };
    for (unsigned i = 0; i < WAVE_SOCKET_CLIENTS; i++) {
        s->clients[i].fd = -1;
    }
    if (!fill(&at, path, err)) {
        return false;
    }
    remove_stale(&at);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0 || bind(fd, (struct sockaddr *)&at, sizeof at) != 0) {
        problem_set(err, "%s: no socket there: %s", path, strerror(errno));
        if (fd >= 0) {
            close(fd);
        }
        return false;
    }
    if (listen(fd, WAVE_SOCKET_CLIENTS) != 0) {
        problem_set(err, "%s: %s", path, strerror(errno));
        close(fd);
        unlink(path);
        return false;
    }
    s->fd = fd;
    return true;
}

static void take_clients(struct wave_socket *s)
{
    for (unsigned i = 0; i < WAVE_SOCKET_CLIENTS; i++) {
        if (s->clients[i].fd < 0) {
            s->clients[i].fd = accept4(s->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
            s->clients[i].at = 0;
            if (s->clients[i].fd < 0) {
                return; /* nobody, or nobody more for now */
            }
        }
    }
}

/* False: the client is gone. */
static bool send_more(struct wave_socket *s, unsigned i)
{
    char buf[65536];
    for (;;) {
        ssize_t n = pread(s->file, buf, sizeof buf, s->clients[i].at);
        if (n <= 0) {
            return n == 0 || errno == EINTR;
        }
        ssize_t sent = send(s->clients[i].fd, buf, (size_t)n, MSG_NOSIGNAL);
        if (sent < 0) {
            return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
        }
        s->clients[i].at += sent;
    }
}

void wave_socket_look(struct wave_socket *s)
{
    char said[256];
    if (s->fd < 0) {
        return;
    }
    take_clients(s);
    for (unsigned i = 0; i < WAVE_SOCKET_CLIENTS; i++) {
        if (s->clients[i].fd < 0) {
            continue;
        }
        ssize_t n = recv(s->clients[i].fd, said, sizeof said, 0);
        bool gone = n == 0 || (n < 0 && errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR);
        if (gone || !send_more(s, i)) {
            close(s->clients[i].fd);
            s->clients[i].fd = -1;
        }
    }
}

void wave_socket_close(struct wave_socket *s)
{
    if (s->fd < 0) {
        return;
    }
    wave_socket_look(s);
    for (unsigned i = 0; i < WAVE_SOCKET_CLIENTS; i++) {
        if (s->clients[i].fd >= 0) {
            close(s->clients[i].fd);
        }
    }
    close(s->fd);
    unlink(s->path);
    s->fd = -1;
}
