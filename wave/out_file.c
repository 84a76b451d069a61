/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "wave/out_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool report(const struct out_file *o, const char *path, int error, char *err, size_t err_size)
{
    snprintf(err, err_size, "%s: cannot write: %s%s", path, strerror(error),
             o && !o->final ? " (not a regular file: what was written before stays)" : "");
    return false;
}

static void release(struct out_file *o)
{
    free(o->path);
    free(o->final);
    free(o->temp);
    o->path = o->final = o->temp = NULL;
    o->fd = -1;
}

/* A new file beside the final one, so that rename() stays on one file system. */
static int open_temp(struct out_file *o, mode_t mode)
{
    for (unsigned i = 0; i < 100; i++) {
        free(o->temp);
        if (asprintf(&o->temp, "%s.%ld.%u.tmp", o->final, (long)getpid(), i) < 0) {
            o->temp = NULL;
            errno = ENOMEM;
            return -1;
        }
        int fd = open(o->temp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
        if (fd >= 0 || errno != EEXIST) {
            return fd;
        }
    }
    return -1;
}

bool out_file_open(struct out_file *o, const char *path, char *err, size_t err_size)
{
    struct stat st;
    bool exists = stat(path, &st) == 0;

    o->fd = -1;
    o->error = 0;
    o->len = 0;
    o->final = o->temp = NULL;
    o->path = strdup(path);
    if (!o->path) {
        return report(NULL, path, ENOMEM, err, err_size);
    }
    /* what the shell opened for us (/dev/stdout) must not be renamed away either */
    bool direct = strncmp(path, "/dev/", 5) == 0 || strncmp(path, "/proc/", 6) == 0;
    if (exists && S_ISDIR(st.st_mode)) {
        release(o);
        return report(NULL, path, EISDIR, err, err_size);
    }
    if (direct || (exists && !S_ISREG(st.st_mode))) {
        o->fd = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC);
    } else if (exists && access(path, W_OK) != 0) {
        o->fd = -1; /* rename would replace a file that its owner protected */
    } else {
        o->final = exists ? realpath(path, NULL) : strdup(path);
        if (o->final) {
            o->fd = open_temp(o, 0666);
        }
        if (o->fd >= 0 && exists && fchmod(o->fd, st.st_mode & 07777) != 0) {
            int error = errno;
            close(o->fd);
            unlink(o->temp);
            o->fd = -1;
            errno = error;
        }
    }
    if (o->fd < 0) {
        int error = errno;
        release(o);
        return report(NULL, path, error, err, err_size);
    }
    return true;
}

bool out_file_possible(const char *path, char *err, size_t err_size)
{
    struct stat st;
    if (stat(path, &st) == 0 && !S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode)) { /* opening a pipe tells its reader */
        return access(path, W_OK) == 0 || report(NULL, path, errno, err, err_size);
    }
    struct out_file *o = malloc(sizeof *o);
    bool ok = o ? out_file_open(o, path, err, err_size) : report(NULL, path, ENOMEM, err, err_size);
    if (o && ok) {
        out_file_abandon(o);
    }
    free(o);
    return ok;
}

static void flush(struct out_file *o)
{
    const char *p = o->buf;
    while (o->len && !o->error) {
        ssize_t n = write(o->fd, p, o->len);
        if (n > 0) {
            p += n;
            o->len -= (size_t)n;
        } else if (n < 0 && errno != EINTR) {
            o->error = errno;
        }
    }
    o->len = 0;
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

void out_file_number(struct out_file *o, uint64_t v, unsigned min_digits)
{
    char digits[20], *p = digits + sizeof digits;
    while (v || p > digits + sizeof digits - min_digits) {
        *--p = (char)('0' + v % 10);
        v /= 10;
    }
    out_file_put(o, p, (size_t)(digits + sizeof digits - p));
}

bool out_file_close(struct out_file *o, char *err, size_t err_size)
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
        report(o, o->path, o->error, err, err_size);
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
