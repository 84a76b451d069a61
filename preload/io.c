/* SPDX-License-Identifier: GPL-3.0-or-later */
/* io.c - read, write and ioctl; of a device on the bench, of anything else in libc, where waiting is told to the bench */
#include "preload/bench.h"
#include "preload/calls.h"
#include "preload/descriptors.h"
#include "preload/ioctls.h"
#include "preload/user_memory.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdarg.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

/* ---- a device ---- */

enum { WRITE_BYTES = 4096 };

static ssize_t device_read(int fd, int handle, void *bytes, size_t n)
{
    CANCELLATION_POINT;
    size_t shown = 0;
    const uint8_t *peek = bench_peek(handle, &shown);

    if (!n) {
        return 0;
    }
    if (peek && shown) {
        shown = n < shown ? n : shown;
        if (!user_fill(bytes, peek, shown)) {
            return -1;
        }
        bench_took(handle, shown, n);
        return (ssize_t)shown;
    }
    for (;;) {
        struct answer a = bench_ask(
            &(struct question){ .op = EXEC_READ,
                                .handle = handle,
                                .arg = { n < EXEC_DATA_BYTES ? n : EXEC_DATA_BYTES, descriptor_nonblocking(fd) } });

        if (a.interrupted && a.restart) {
            continue;
        }
        if (a.result > 0 && !user_fill(bytes, a.data, (size_t)a.result < n ? (size_t)a.result : n)) {
            return -1;
        }
        return (ssize_t)a.result;
    }
}

/* As much as goes into one question. rest: the device was full before. */
static ssize_t write_some(int fd, int handle, const void *bytes, size_t n, bool rest)
{
    struct question q = {
        .op = EXEC_WRITE,
        .handle = handle,
        .arg = { rest },
        .data = bytes,
        .n_data = n < WRITE_BYTES ? n : WRITE_BYTES,
    };

    if (!user_readable(bytes, q.n_data)) {
        return -1;
    }
    if (bench_room(handle) >= q.n_data) {
        bench_say(&q);
        return (ssize_t)q.n_data;
    }
    q.arg[1] = descriptor_nonblocking(fd);
    for (;;) {
        struct answer a = bench_ask(&q);

        if (!a.interrupted || !a.restart) {
            return (ssize_t)a.result;
        }
    }
}

static ssize_t device_write(int fd, int handle, const void *bytes, size_t n)
{
    CANCELLATION_POINT;
    size_t done = 0, tried = 0;

    while (done < n) {
        bool rest = done < tried;
        ssize_t took = write_some(fd, handle, (const char *)bytes + done, n - done, rest);

        tried = done + (n - done < WRITE_BYTES ? n - done : WRITE_BYTES);

        if (took <= 0) {
            return done ? (ssize_t)done : took;
        }
        done += (size_t)took;
        if (descriptor_nonblocking(fd)) {
            break;
        }
    }
    return (ssize_t)done;
}

/* ---- anything else ---- */

/* Would a call on it wait? Then the bench is told. Returns whether it was. */
static bool wait_outside(int fd, short events)
{
    struct pollfd p = { .fd = fd, .events = events };

    if (!bench_is_on() || bench_owns(fd) || kernel_call(SYS_ppoll, &p, 1, &(struct timespec){ 0 }, NULL, 0) != 0 ||
        descriptor_nonblocking(fd)) {
        return false;
    }
    bench_outside_begin();
    return true;
}

static void waited(bool told)
{
    if (told) {
        bench_outside_end();
    }
}

EXPORT ssize_t read(int fd, void *bytes, size_t n)
{
    int handle = descriptor_handle(fd);

    if (handle >= 0) {
        return device_read(fd, handle, bytes, n);
    }
    bool told = wait_outside(fd, POLLIN);
    ssize_t r = REAL(read)(fd, bytes, n);

    waited(told);
    return r;
}

EXPORT ssize_t __read_chk(int fd, void *bytes, size_t n, size_t room)
{
    return n > room ? REAL(__read_chk)(fd, bytes, n, room) : read(fd, bytes, n);
}

EXPORT ssize_t write(int fd, const void *bytes, size_t n)
{
    int handle = descriptor_handle(fd);

    if (handle >= 0) {
        return device_write(fd, handle, bytes, n);
    }
    bool told = wait_outside(fd, POLLOUT);
    ssize_t r = REAL(write)(fd, bytes, n);

    waited(told);
    return r;
}

EXPORT ssize_t readv(int fd, const struct iovec *parts, int n)
{
    int handle = descriptor_handle(fd);

    if (handle < 0) {
        bool told = wait_outside(fd, POLLIN);
        ssize_t r = REAL(readv)(fd, parts, n);

        waited(told);
        return r;
    }
    if (n > 0 && !user_readable(parts, (size_t)n * sizeof *parts)) {
        return -1;
    }
    for (int i = 0; i < n; i++) {
        if (parts[i].iov_len) { /* a short read is one */
            return device_read(fd, handle, parts[i].iov_base, parts[i].iov_len);
        }
    }
    return 0;
}

EXPORT ssize_t writev(int fd, const struct iovec *parts, int n)
{
    int handle = descriptor_handle(fd);
    ssize_t done = 0;

    if (handle < 0) {
        bool told = wait_outside(fd, POLLOUT);
        ssize_t r = REAL(writev)(fd, parts, n);

        waited(told);
        return r;
    }
    if (n > 0 && !user_readable(parts, (size_t)n * sizeof *parts)) {
        return -1;
    }
    for (int i = 0; i < n; i++) {
        ssize_t r = device_write(fd, handle, parts[i].iov_base, parts[i].iov_len);

        if (r < 0) {
            return done ? done : r;
        }
        done += r;
        if ((size_t)r < parts[i].iov_len) {
            break;
        }
    }
    return done;
}

/* ---- where in a file ---- */

static off_t device_seek(int handle, off_t offset, int whence)
{
    return (off_t)bench_ask(
               &(struct question){ .op = EXEC_SEEK, .handle = handle, .arg = { (uint64_t)offset, (uint64_t)whence } })
        .result;
}

static ssize_t device_pread(int handle, void *bytes, size_t n, off_t offset)
{
    struct answer a = bench_ask(&(struct question){
        .op = EXEC_READ,
        .handle = handle,
        .arg = { n < EXEC_DATA_BYTES ? n : EXEC_DATA_BYTES, EXEC_AT | (uint64_t)offset << 2 },
    });

    if (a.result > 0 && !user_fill(bytes, a.data, (size_t)a.result < n ? (size_t)a.result : n)) {
        return -1;
    }
    return (ssize_t)a.result;
}

EXPORT off_t lseek(int fd, off_t offset, int whence)
{
    int handle = descriptor_handle(fd);

    return handle < 0 ? REAL(lseek)(fd, offset, whence) : device_seek(handle, offset, whence);
}

EXPORT off64_t lseek64(int fd, off64_t offset, int whence)
{
    return lseek(fd, offset, whence);
}

EXPORT ssize_t pread(int fd, void *bytes, size_t n, off_t offset)
{
    int handle = descriptor_handle(fd);

    return handle < 0 ? REAL(pread)(fd, bytes, n, offset) : device_pread(handle, bytes, n, offset);
}

EXPORT ssize_t pread64(int fd, void *bytes, size_t n, off64_t offset)
{
    return pread(fd, bytes, n, offset);
}

EXPORT ssize_t __pread_chk(int fd, void *bytes, size_t n, off_t offset, size_t room)
{
    return n > room ? REAL(__pread_chk)(fd, bytes, n, offset, room) : pread(fd, bytes, n, offset);
}

EXPORT ssize_t __pread64_chk(int fd, void *bytes, size_t n, off64_t offset, size_t room)
{
    return __pread_chk(fd, bytes, n, offset, room);
}

/* sysfs has no place for it: as write(). */
EXPORT ssize_t pwrite(int fd, const void *bytes, size_t n, off_t offset)
{
    int handle = descriptor_handle(fd);

    return handle < 0 ? REAL(pwrite)(fd, bytes, n, offset) : device_write(fd, handle, bytes, n);
}

EXPORT ssize_t pwrite64(int fd, const void *bytes, size_t n, off64_t offset)
{
    return pwrite(fd, bytes, n, offset);
}

EXPORT ssize_t preadv(int fd, const struct iovec *parts, int n, off_t offset)
{
    int handle = descriptor_handle(fd);

    if (handle >= 0 && n > 0 && !user_readable(parts, (size_t)n * sizeof *parts)) {
        return -1;
    }
    for (int i = 0; handle >= 0 && i < n; i++) {
        if (parts[i].iov_len) {
            return device_pread(handle, parts[i].iov_base, parts[i].iov_len, offset);
        }
    }
    return handle < 0 ? REAL(preadv)(fd, parts, n, offset) : 0;
}

EXPORT ssize_t preadv64(int fd, const struct iovec *parts, int n, off64_t offset)
{
    return preadv(fd, parts, n, offset);
}

EXPORT ssize_t pwritev(int fd, const struct iovec *parts, int n, off_t offset)
{
    return descriptor_handle(fd) < 0 ? REAL(pwritev)(fd, parts, n, offset) : writev(fd, parts, n);
}

EXPORT ssize_t pwritev64(int fd, const struct iovec *parts, int n, off64_t offset)
{
    return pwritev(fd, parts, n, offset);
}

/* ---- ioctl ---- */

int device_ioctl(int handle, unsigned long request, void *arg)
{
    struct ioctl_shape shape;
    struct question q = { .op = EXEC_IOCTL, .handle = handle, .arg = { request, (uintptr_t)arg } };

    if (!ioctl_shape(request, &shape)) {
        errno = ENOTTY;
        return -1;
    }
    if (!user_readable(arg, shape.n_in > shape.n_out ? shape.n_in : shape.n_out)) {
        return -1;
    }
    q.data = arg;
    q.n_data = shape.n_in;
    if (shape.silent) {
        bench_say(&q);
        return 0;
    }
    struct answer a = bench_ask(&q);

    if (a.result >= 0 && !user_fill(arg, a.data, a.n_data < shape.n_out ? a.n_data : shape.n_out)) {
        return -1;
    }
    return (int)a.result;
}

/* Of every descriptor, which the kernel keeps. */
static bool is_any_file_s(unsigned long request)
{
    return request == FIONBIO || request == FIOASYNC || request == FIOCLEX || request == FIONCLEX;
}

EXPORT int ioctl(int fd, unsigned long request, ...)
{
    va_list args;
    va_start(args, request);
    void *arg = va_arg(args, void *);
    va_end(args);
    int handle = descriptor_handle(fd);

    return handle < 0 || is_any_file_s(request & UINT_MAX) ? REAL(ioctl)(fd, request, arg)
                                                           : ioctl_special(handle, request & UINT_MAX, arg);
}
