/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "wave/in_file.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

static bool too_large(const char *path, size_t max_bytes, struct problem *err)
{
    return problem_set(err, "%s: larger than the %zu bytes that such a file may have", path, max_bytes);
}

struct reading {
    const char *path;
    int fd;
    size_t max_bytes;
    struct problem *err;
    char *bytes;
    size_t n, room;
};

/* One more than may be: tells a file that is too large. */
static bool make_room(struct reading *r)
{
    if (r->n < r->room) {
        return true;
    }
    size_t room = r->room ? 2 * r->room : 65536;
    if (room > r->max_bytes) {
        room = r->max_bytes + 1;
    }
    char *bytes = realloc(r->bytes, room + 1);
    if (!bytes) {
        return problem_set(r->err, "%s: out of memory", r->path);
    }
    r->bytes = bytes;
    r->room = room;
    return true;
}

/* A pipe, a terminal: until something comes or its other end is closed. */
static bool wait_for_more(struct reading *r)
{
    struct pollfd p = { .fd = r->fd, .events = POLLIN };
    int n;

    do {
        n = poll(&p, 1, IN_FILE_SILENCE_MS);
    } while (n < 0 && errno == EINTR);
    return n > 0 || problem_set(r->err, "%s: this is no file but a pipe or device, and nothing came for %d s", r->path,
                                IN_FILE_SILENCE_MS / 1000);
}

static bool read_all(struct reading *r, bool regular)
{
    for (;;) {
        if (!make_room(r) || (!regular && !wait_for_more(r))) {
            return false;
        }
        ssize_t got = read(r->fd, r->bytes + r->n, r->room - r->n);
        if (got == 0) {
            r->bytes[r->n] = '\0';
            return true;
        }
        if (got < 0 && errno == EAGAIN) {
            regular = false; /* /proc/kmsg and its like call themselves so, and have nothing just now */
        } else if (got < 0 && errno != EINTR) {
            return problem_set(r->err, "%s: %s", r->path, strerror(errno));
        }
        r->n += got > 0 ? (size_t)got : 0;
        if (r->n > r->max_bytes) {
            return too_large(r->path, r->max_bytes, r->err);
        }
    }
}

bool in_file_is_regular(const char *path)
{
    struct stat st;

    return stat(path, &st) == 0 && S_ISREG(st.st_mode);
}

/* /dev/zero, /dev/random, a sound card: but for terminals, where somebody says when it is enough, and /dev/null. */
static bool never_ends(int fd, const struct stat *st)
{
    return S_ISBLK(st->st_mode) || (S_ISCHR(st->st_mode) && st->st_rdev != makedev(1, 3) && !isatty(fd));
}

int in_file_open(const char *path, size_t max_bytes, bool *is_regular, struct problem *err)
{
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK); /* a FIFO that nobody writes would block */

    if (fd < 0 || fstat(fd, &st) != 0) {
        int error = errno;

        problem_set(err, "%s: %s", *path ? path : "''", strerror(error));
        if (fd >= 0) {
            close(fd);
        }
        errno = error;
        return -1;
    }
    *is_regular = S_ISREG(st.st_mode);
    if (S_ISDIR(st.st_mode)) {
        problem_set(err, "%s: %s", path, strerror(EISDIR));
    } else if (never_ends(fd, &st)) {
        problem_set(err, "%s: this is a device, and no file: copy what it gives into one", path);
    } else if (*is_regular && st.st_size > 0 && (uint64_t)st.st_size > max_bytes) {
        too_large(path, max_bytes, err);
    } else {
        return fd;
    }
    close(fd);
    errno = 0;
    return -1;
}

bool in_file_rest(int fd, const char *path, size_t max_bytes, char **bytes, size_t *n, struct problem *err)
{
    struct reading r = { .path = path, .fd = fd, .max_bytes = max_bytes, .err = err };
    struct stat st;

    if (!read_all(&r, fstat(fd, &st) == 0 && S_ISREG(st.st_mode))) {
        free(r.bytes);
        return false;
    }
    *bytes = r.bytes;
    *n = r.n;
    return true;
}

bool in_file_read(const char *path, size_t max_bytes, char **bytes, size_t *n, int *errno_of, struct problem *err)
{
    bool is_regular;
    int fd = in_file_open(path, max_bytes, &is_regular, err);

    if (errno_of) {
        *errno_of = fd < 0 ? errno : 0;
    }
    if (fd < 0) {
        return false;
    }
    bool ok = in_file_rest(fd, path, max_bytes, bytes, n, err);
    close(fd);
    return ok;
}
