/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * streams.c - streams on devices: libc's own read and write by calls that nobody can see, so they get ours
 *
 * That goes for stdin, stdout and stderr, too, where they were inherited as a device.
 */
#include "preload/bench.h"
#include "preload/calls.h"
#include "preload/descriptors.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { MAX_STREAMS = 32 };

static struct {
    FILE *file;
    int fd;
} streams[MAX_STREAMS];

static ssize_t stream_read(void *cookie, char *bytes, size_t n)
{
    return read((int)(intptr_t)cookie, bytes, n);
}

static ssize_t stream_write(void *cookie, const char *bytes, size_t n)
{
    return write((int)(intptr_t)cookie, bytes, n);
}

static int stream_seek(void *cookie, off64_t *offset, int whence)
{
    off_t at = lseek((int)(intptr_t)cookie, *offset, whence);

    *offset = at;
    return at < 0 ? -1 : 0;
}

static int stream_close(void *cookie)
{
    int fd = (int)(intptr_t)cookie;

    for (unsigned i = 0; i < MAX_STREAMS; i++) {
        if (streams[i].file && streams[i].fd == fd) {
            streams[i].file = NULL;
            break;
        }
    }
    return close(fd);
}

static int flags_of_mode(const char *mode)
{
    int flags = strchr(mode, '+') ? O_RDWR : mode[0] == 'r' ? O_RDONLY : O_WRONLY;

    return flags | (strchr(mode, 'e') ? O_CLOEXEC : 0);
}

static FILE *stream_of(int fd, const char *mode)
{
    const cookie_io_functions_t calls = { stream_read, stream_write, stream_seek, stream_close };

    FILE *f = fopencookie((void *)(intptr_t)fd, mode, calls);

    for (unsigned i = 0; f && i < MAX_STREAMS; i++) {
        if (!streams[i].file) {
            streams[i].file = f;
            streams[i].fd = fd;
            break;
        }
    }
    return f;
}

static FILE *try_stream(const char *path, const char *mode, bool *ours)
{
    int fd = device_open_path(AT_FDCWD, path, flags_of_mode(mode));

    *ours = fd != -2;
    return fd < 0 ? NULL : stream_of(fd, mode);
}

EXPORT FILE *fopen(const char *path, const char *mode)
{
    bool ours;
    FILE *f = try_stream(path, mode, &ours);

    return ours ? f : REAL(fopen)(path, mode);
}

EXPORT FILE *fopen64(const char *path, const char *mode)
{
    bool ours;
    FILE *f = try_stream(path, mode, &ours);

    return ours ? f : REAL(fopen64)(path, mode);
}

/* One of the standard three gets the device as its descriptor, too. */
static FILE *reopened(FILE *old, int fd, const char *mode)
{
    FILE **standard = old == stdin ? &stdin : old == stdout ? &stdout : old == stderr ? &stderr : NULL;
    int number = standard == &stdin ? 0 : standard == &stdout ? 1 : 2;

    if (!standard) {
        fclose(old);
        return stream_of(fd, mode);
    }
    fflush(old);
    if (fd != number) {
        dup2(fd, number);
        close(fd);
    }
    *standard = stream_of(number, mode);
    return *standard;
}

#define FREOPEN(name)                                                                            \
    EXPORT FILE *name(const char *path, const char *mode, FILE *old)                             \
    {                                                                                            \
        int fd = path ? device_open_path(AT_FDCWD, path, flags_of_mode(mode)) : -2;              \
                                                                                                 \
        return fd == -2 ? REAL(name)(path, mode, old) : fd < 0 ? NULL : reopened(old, fd, mode); \
    }
FREOPEN(freopen)
FREOPEN(freopen64)

EXPORT FILE *fdopen(int fd, const char *mode)
{
    return descriptor_handle(fd) >= 0 ? stream_of(fd, mode) : REAL(fdopen)(fd, mode);
}

/* A stream of ours has no number of its own. */
static int number_of(const FILE *f)
{
    for (unsigned i = 0; i < MAX_STREAMS; i++) {
        if (f && streams[i].file == f) {
            return streams[i].fd;
        }
    }
    return -1;
}

EXPORT int fileno(FILE *f)
{
    int fd = number_of(f);

    return fd >= 0 ? fd : REAL(fileno)(f);
}

EXPORT int fileno_unlocked(FILE *f)
{
    int fd = number_of(f);

    return fd >= 0 ? fd : REAL(fileno_unlocked)(f);
}

void streams_begin(void)
{
    if (descriptor_handle(0) >= 0) {
        stdin = stream_of(0, "r");
    }
    if (descriptor_handle(1) >= 0) {
        stdout = stream_of(1, "w");
        setvbuf(stdout, NULL, _IOLBF, BUFSIZ);
    }
    if (descriptor_handle(2) >= 0) {
        stderr = stream_of(2, "w");
        setvbuf(stderr, NULL, _IONBF, 0);
    }
}
