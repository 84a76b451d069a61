/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "harness/view/live_feed.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum { FIRST_MS = 5000 };

bool live_feed_is(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && S_ISSOCK(st.st_mode);
}

static bool keep(struct live_feed *f, const char *bytes, size_t n)
{
    for (size_t done = 0; done < n;) {
        ssize_t k = write(f->file, bytes + done, n - done);
        if (k < 0 && errno != EINTR) {
            return false;
        }
        done += k > 0 ? (size_t)k : 0;
    }
    f->n += n;
    return true;
}

/* Whole lines go to the file. A line that is too long to be one of a VCD goes as it is. */
static bool take(struct live_feed *f, const char *bytes, size_t n)
{
    const char *last = memrchr(bytes, '\n', n);
    size_t whole = last ? (size_t)(last - bytes) + 1 : 0;
    if (whole || f->n_rest + n > sizeof f->rest) {
        whole = whole ? whole : n;
        if (!keep(f, f->rest, f->n_rest) || !keep(f, bytes, whole)) {
            return false;
        }
        f->n_rest = 0;
    }
    memcpy(f->rest + f->n_rest, bytes + whole, n - whole);
    f->n_rest += n - whole;
    return true;
}

bool live_feed_more(struct live_feed *f)
{
    char buf[sizeof f->rest / 2];
    size_t before = f->n;
    while (f->fd >= 0) {
        ssize_t n = recv(f->fd, buf, sizeof buf, MSG_DONTWAIT);
        if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)) {
            break;
        }
        if (n <= 0 || !take(f, buf, (size_t)n)) {
            close(f->fd); /* the bench has ended: what it sent stays */
            f->fd = -1;
        }
    }
    return f->n > before;
}

bool live_feed_open(struct live_feed *f, const char *path, struct problem *err)
{
    struct sockaddr_un at = { .sun_family = AF_UNIX };
    *f = (struct live_feed){ .fd = -1, .file = -1 };
    if (strlen(path) >= sizeof at.sun_path) {
        return problem_set(err, "%s: too long for a socket's path", path);
    }
    strcpy(at.sun_path, path);
    f->file = memfd_create("live", MFD_CLOEXEC);
    f->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (f->file < 0 || f->fd < 0 || connect(f->fd, (struct sockaddr *)&at, sizeof at) != 0) {
        problem_set(err, "%s: nobody serves there: %s", path, strerror(errno));
        live_feed_close(f);
        return false;
    }
    snprintf(f->path, sizeof f->path, "/proc/self/fd/%d", f->file);
    struct pollfd p = { .fd = f->fd, .events = POLLIN };
    while (f->fd >= 0 && poll(&p, 1, FIRST_MS) > 0) {
        live_feed_more(f);
        char begun[16384];
        ssize_t n = pread(f->file, begun, sizeof begun, 0);
        if (n > 0 && memmem(begun, (size_t)n, "$enddefinitions", 15)) {
            return true;
        }
    }
    live_feed_close(f);
    return problem_set(err, "%s: no recording comes from there", path);
}

void live_feed_close(struct live_feed *f)
{
    if (f->fd >= 0) {
        close(f->fd);
    }
    if (f->file >= 0) {
        close(f->file);
    }
    f->fd = f->file = -1;
}
