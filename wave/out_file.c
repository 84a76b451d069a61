/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "wave/out_file.h"

#include "wave/left_over.h"
#include "wave/out_path.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static bool report(const struct out_file *o, const char *path, int error, struct problem *err)
{
    return problem_set(err, "%s: cannot write: %s%s", *path ? path : "''",
                       error == ENXIO ? "no program reads this pipe" : strerror(error),
                       o && !o->final ? " (not a regular file: what was written before stays)" : "");
}

static void release(struct out_file *o)
{
    if (o->temp) {
        left_over_not_file(o->temp);
    }
    free(o->path);
    free(o->final);
    free(o->temp);
    o->path = o->final = o->temp = NULL;
    o->fd = -1;
}

/* What a kill has left of earlier tries: temporary files of this name that no process holds the lock of. */
static void clean_up(const char *folder, uint64_t hash)
{
    char prefix[40];
    struct dirent *e;
    DIR *d = opendir(folder);
    if (!d) {
        return;
    }
    int n = snprintf(prefix, sizeof prefix, ".limpet-%016" PRIx64 ".", hash);
    while ((e = readdir(d))) {
        size_t len = strlen(e->d_name);
        if (strncmp(e->d_name, prefix, (size_t)n) != 0 || len < 4 || strcmp(e->d_name + len - 4, ".tmp") != 0) {
            continue;
        }
        int fd = openat(dirfd(d), e->d_name, O_WRONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
        if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0) {
            unlinkat(dirfd(d), e->d_name, 0);
        }
        if (fd >= 0) {
            close(fd);
        }
    }
    closedir(d);
}

/* A new, locked file beside the final one, so that rename() stays on one file system. -1: errno. */
static int open_temp(struct out_file *o, mode_t mode)
{
    uint64_t hash = out_path_name_hash(o->final);
    char *folder = out_path_folder(o->final);
    sigset_t before;
    int fd = -1;

    if (!folder) {
        errno = ENOMEM;
        return -1;
    }
    clean_up(folder, hash);
    left_over_hold(&before);
    for (unsigned i = 0; i < 100; i++) {
        struct stat st;
        free(o->temp);
        if (asprintf(&o->temp, "%s/.limpet-%016" PRIx64 ".%ld.%u.tmp", folder, hash, (long)getpid(), i) < 0) {
            o->temp = NULL;
            errno = ENOMEM;
            break;
        }
        fd = open(o->temp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
        if (fd < 0 && errno != EEXIST) {
            break;
        }
        /* another process may have taken it for a leftover before it was locked; file systems without locks will do */
        if (fd >= 0 && (flock(fd, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK) && fstat(fd, &st) == 0 &&
            st.st_nlink > 0) {
            break;
        }
        if (fd >= 0) {
            close(fd);
            fd = -1;
            errno = EEXIST;
        }
    }
    int error = errno;
    if (fd >= 0) {
        left_over_file(o->temp);
    }
    left_over_release(&before);
    free(folder);
    errno = error;
    return fd;
}

/* A FIFO blocks until somebody reads it: not for ever. -1: errno, ENXIO if nobody does. */
static int open_stream(const char *path)
{
    const struct timespec look = { .tv_nsec = 20000000 };
    int fd = open(path, O_WRONLY | O_CLOEXEC | O_NONBLOCK | O_APPEND);
    for (unsigned ms = 0; fd < 0 && errno == ENXIO && ms < OUT_FILE_FIFO_WAIT_MS; ms += 20) {
        nanosleep(&look, NULL);
        fd = open(path, O_WRONLY | O_CLOEXEC | O_NONBLOCK | O_APPEND);
    }
    return fd; /* still O_NONBLOCK: flush() waits */
}

static int open_by_kind(struct out_file *o, struct out_path *p)
{
    o->stream = p->kind != OUT_PATH_REGULAR;
    if (p->kind == OUT_PATH_DESCRIPTOR) {
        return fcntl(p->descriptor, F_DUPFD_CLOEXEC, 3);
    }
    if (p->kind == OUT_PATH_STREAM) {
        return open_stream(p->final);
    }
    o->final = p->final;
    p->final = NULL;
    int fd = open_temp(o, 0666);
    if (fd >= 0 && p->exists && fchmod(fd, p->mode) != 0) {
        int error = errno;
        close(fd);
        unlink(o->temp);
        fd = -1;
        errno = error;
    }
    return fd;
}

static bool open_file(struct out_file *o, const char *path, bool growing, struct problem *err)
{
    struct out_path p = { 0 };

    o->fd = -1;
    o->error = 0;
    o->len = 0;
    o->stop = NULL;
    o->stream = false;
    o->final = o->temp = NULL;
    o->path = strdup(path);
    int error = o->path ? out_path_look(&p, path) : ENOMEM;
    if (!error) {
        bool direct = growing && p.kind == OUT_PATH_REGULAR;
        o->fd = direct ? open(p.final, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666) : open_by_kind(o, &p);
        error = o->fd < 0 ? errno : 0;
    }
    out_path_free(&p);
    if (error) {
        release(o);
        return report(NULL, path, error, err);
    }
    return true;
}

bool out_file_open(struct out_file *o, const char *path, struct problem *err)
{
    return open_file(o, path, false, err);
}

bool out_file_open_growing(struct out_file *o, const char *path, struct problem *err)
{
    return open_file(o, path, true, err);
}

bool out_file_possible(const char *path, struct problem *err)
{
    struct out_path p = { 0 };
    int error = out_path_look(&p, path);
    if (!error && p.kind == OUT_PATH_REGULAR) {
        char *folder = out_path_folder(p.final);
        error = !folder ? ENOMEM : access(folder, W_OK | X_OK) != 0 ? errno : 0;
        free(folder);
    }
    out_path_free(&p);
    return !error || report(NULL, path, error, err);
}

/* Until the reader takes something. False: he does not, and we are to stop. */
static bool wait_for_reader(const struct out_file *o)
{
    struct pollfd f = { .fd = o->fd, .events = POLLOUT };
    bool stops = o->stop && *o->stop;

    return poll(&f, 1, stops ? OUT_FILE_STOP_WAIT_MS : o->stop ? 100 : -1) != 0 || !stops;
}

/* As write(), but without the SIGPIPE that would end a run before it has kept anything. */
static ssize_t write_quietly(int fd, const char *bytes, size_t n)
{
    static const struct timespec at_once;
    sigset_t ours, before, waiting;

    sigemptyset(&ours);
    sigaddset(&ours, SIGPIPE);
    sigpending(&waiting);
    sigprocmask(SIG_BLOCK, &ours, &before);
    ssize_t put = write(fd, bytes, n);
    int error = errno;
    if (put < 0 && error == EPIPE && !sigismember(&waiting, SIGPIPE)) {
        while (sigtimedwait(&ours, NULL, &at_once) < 0 && errno == EINTR) {
        }
    }
    sigprocmask(SIG_SETMASK, &before, NULL);
    errno = error;
    return put;
}

static void flush(struct out_file *o)
{
    const char *p = o->buf;
    while (o->len && !o->error) {
        ssize_t n = o->stream ? write_quietly(o->fd, p, o->len) : write(o->fd, p, o->len);
        if (n > 0) {
            p += n;
            o->len -= (size_t)n;
        } else if (n < 0 && (errno == EINTR || errno == EAGAIN)) {
            o->error = wait_for_reader(o) ? 0 : ETIMEDOUT;
        } else if (n < 0) {
            o->error = errno;
        }
    }
    o->len = 0;
}

void out_file_flush(struct out_file *o)
{
    flush(o);
}

void out_file_put(struct out_file *o, const void *bytes, size_t n)
{
    const char *p = bytes;
    while (n) {
        size_t room = sizeof o->buf - o->len, part = n < room ? n : room;
        memcpy(o->buf + o->len, p, part);
        o->len += part;
        p += part;
        n -= part;
        if (o->len == sizeof o->buf) {
            flush(o);
        }
    }
}

void out_file_text(struct out_file *o, const char *text)
{
    out_file_put(o, text, strlen(text));
}

void out_file_char(struct out_file *o, char c)
{
    o->buf[o->len++] = c;
    if (o->len == sizeof o->buf) {
        flush(o);
    }
}

static ssize_t put_cookie(void *cookie, const char *bytes, size_t n)
{
    struct out_file *o = cookie;
    out_file_put(o, bytes, n);
    return o->error ? 0 : (ssize_t)n;
}

FILE *out_file_stream(struct out_file *o)
{
    return fopencookie(o, "w", (cookie_io_functions_t){ .write = put_cookie });
}

void out_file_number(struct out_file *o, uint64_t v, unsigned min_digits)
{
    char digits[20], *p = digits + sizeof digits;
    while (v || p > digits + sizeof digits - min_digits) {
        *--p = (char)('0' + v % 10);
        v /= 10;
    }
    out_file_put(o, p, (size_t)(digits + sizeof digits - p));
}

bool out_file_close(struct out_file *o, struct problem *err)
{
    flush(o);
    if (!o->error && o->final && fsync(o->fd) != 0 && errno != EINVAL && errno != ENOTSUP) {
        o->error = errno;
    }
    if (close(o->fd) != 0 && !o->error) {
        o->error = errno;
    }
    if (!o->error && o->final && rename(o->temp, o->final) != 0) {
        o->error = errno;
    }
    bool ok = !o->error;
    if (!ok) {
        if (o->temp) {
            unlink(o->temp);
        }
        report(o, o->path, o->error, err);
    }
    release(o);
    return ok;
}

void out_file_abandon(struct out_file *o)
{
    if (o->fd >= 0) {
        close(o->fd);
    }
    if (o->temp) {
        unlink(o->temp);
    }
    release(o);
}
