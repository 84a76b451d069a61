/* SPDX-License-Identifier: GPL-3.0-or-later */
/* files.c - opening, copying and closing descriptors; paths that lead to a device are opened on the bench */
#include "preload/bench.h"
#include "preload/calls.h"
#include "preload/descriptors.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* One end for the program, the other for the bench. */
static int new_device(const char *path, int flags)
{
    int pair[2];

    if (kernel_call(SYS_socketpair, AF_UNIX, SOCK_STREAM | (flags & O_CLOEXEC ? SOCK_CLOEXEC : 0), 0, pair) != 0) {
        return -1;
    }
    if (pair[0] >= DESCRIPTORS_MAX || !bench_send_device(pair[1])) {
        errno = EMFILE;
    } else {
        struct stat st = { .st_ino = 0 };

        REAL(fstat)(pair[0], &st); /* by which the bench knows it again after exec */
        struct answer a = bench_ask(&(struct question){
            .op = EXEC_OPEN, .arg = { (uint64_t)flags, st.st_ino }, .data = path, .n_data = strlen(path) + 1 });

        if (a.result >= 0) {
            kernel_call(SYS_close, pair[1]);
            if (flags & O_NONBLOCK) {
                kernel_call(SYS_fcntl, pair[0], F_SETFL, O_NONBLOCK);
            }
            descriptor_set(pair[0], (int)a.result);
            return pair[0];
        }
    }
    int error = errno;

    kernel_call(SYS_close, pair[0]);
    kernel_call(SYS_close, pair[1]);
    errno = error;
    return -1;
}

int device_open_special(const char *name, int flags)
{
    return new_device(name, flags);
}

static bool is_folder(int i)
{
    size_t n;
    const struct exec_name *names = bench_names(&n);

    return (size_t)i < n && S_ISDIR(names[i].mode);
}

int device_open_path(int dir, const char *path, int flags)
{
    char name[EXEC_PATH_BYTES];
    int i = device_of_path(dir, path, name);

    if (i < 0) {
        return i == PATH_EMPTY ? -1 : -2;
    }
    if (is_folder(i)) {
        if (flags & (O_WRONLY | O_RDWR)) {
            errno = EISDIR;
            return -1;
        }
        return folder_open(name, flags);
    }
    if (flags & O_CREAT && flags & O_EXCL) {
        errno = EEXIST;
        return -1;
    }
    if (flags & O_DIRECTORY) {
        errno = ENOTDIR;
        return -1;
    }
    return new_device(name, flags);
}

static bool has_mode(int flags)
{
    return flags & O_CREAT || (flags & O_TMPFILE) == O_TMPFILE;
}

#define MODE_OF(flags)                 \
    unsigned mode = 0;                 \
    if (has_mode(flags)) {             \
        va_list args;                  \
        va_start(args, flags);         \
        mode = va_arg(args, unsigned); \
        va_end(args);                  \
    }

EXPORT int open(const char *path, int flags, ...)
{
    MODE_OF(flags)
    int fd = device_open_path(AT_FDCWD, path, flags);

    return fd == -2 ? REAL(open)(path, flags, mode) : fd;
}

EXPORT int open64(const char *path, int flags, ...)
{
    MODE_OF(flags)
    int fd = device_open_path(AT_FDCWD, path, flags);

    return fd == -2 ? REAL(open64)(path, flags, mode) : fd;
}

EXPORT int openat(int dir, const char *path, int flags, ...)
{
    MODE_OF(flags)
    int fd = device_open_path(dir, path, flags);

    return fd == -2 ? REAL(openat)(dir, path, flags, mode) : fd;
}

EXPORT int openat64(int dir, const char *path, int flags, ...)
{
    MODE_OF(flags)
    int fd = device_open_path(dir, path, flags);

    return fd == -2 ? REAL(openat64)(dir, path, flags, mode) : fd;
}

EXPORT int __open_2(const char *path, int flags)
{
    return open(path, flags);
}

EXPORT int __open64_2(const char *path, int flags)
{
    return open64(path, flags);
}

EXPORT int __openat_2(int dir, const char *path, int flags)
{
    return openat(dir, path, flags);
}

EXPORT int __openat64_2(int dir, const char *path, int flags)
{
    return openat64(dir, path, flags);
}

EXPORT int creat(const char *path, mode_t mode)
{
    return open(path, O_WRONLY | O_CREAT | O_TRUNC, mode);
}

EXPORT int creat64(const char *path, mode_t mode)
{
    return open64(path, O_WRONLY | O_CREAT | O_TRUNC, mode);
}

/* ---- copies ---- */

/* The handle goes where the descriptor went; what was there before is closed. */
static int copied(int from, int to)
{
    if (to >= 0 && to != from) {
        folder_forget(to);
        if (folder_path(from)) {
            folder_set(to, folder_path(from));
        }
    }
    if (to >= 0 && to != from) {
        int was = descriptor_handle(to);

        descriptor_set(to, descriptor_handle(from));
        if (was >= 0) {
            bench_ask(&(struct question){ .op = EXEC_CLOSE, .handle = was });
        }
    }
    return to;
}

EXPORT int dup(int fd)
{
    return copied(fd, REAL(dup)(fd));
}

EXPORT int dup2(int fd, int to)
{
    if (bench_owns(to)) {
        errno = EBADF;
        return -1;
    }
    bench_flush();
    return copied(fd, REAL(dup2)(fd, to));
}

EXPORT int dup3(int fd, int to, int flags)
{
    if (bench_owns(to)) {
        errno = EBADF;
        return -1;
    }
    bench_flush();
    return copied(fd, REAL(dup3)(fd, to, flags));
}

static int control(int fd, int cmd, void *arg)
{
    long r = kernel_call(SYS_fcntl, fd, cmd, arg);

    return cmd == F_DUPFD || cmd == F_DUPFD_CLOEXEC ? copied(fd, (int)r) : (int)r;
}

#define FCNTL(name)                                                     \
    EXPORT int name(int fd, int cmd, ...)                               \
    {                                                                   \
        va_list args;                                                   \
        va_start(args, cmd);                                            \
        void *arg = va_arg(args, void *);                               \
        va_end(args);                                                   \
        bool ours = descriptor_handle(fd) >= 0 || folder_path(fd);      \
        return ours ? control(fd, cmd, arg) : REAL(name)(fd, cmd, arg); \
    }

FCNTL(fcntl)
FCNTL(fcntl64)

/* What libc would lock is the socket, which no other open() has. */
EXPORT int flock(int fd, int operation)
{
    CANCELLATION_POINT;
    int handle = descriptor_handle(fd);

    return handle < 0
               ? REAL(flock)(fd, operation)
               : (int)bench_ask(&(struct question){ .op = EXEC_LOCK, .handle = handle, .arg = { (uint64_t)operation } })
                     .result;
}

/* ---- closing ---- */

EXPORT int close(int fd)
{
    int handle = descriptor_handle(fd);

    if (bench_owns(fd)) {
        errno = EBADF;
        return -1;
    }
    epoll_forget(fd);
    folder_forget(fd);
    if (handle < 0) {
        return REAL(close)(fd);
    }
    bench_flush(); /* what was said of it comes before its end */
    descriptor_set(fd, -1);
    kernel_call(SYS_close, fd);
    bench_ask(&(struct question){ .op = EXEC_CLOSE, .handle = handle });
    return 0;
}

EXPORT int close_range(unsigned first, unsigned last, int flags)
{
    if (!bench_is_on() || flags) { /* CLOSE_RANGE_CLOEXEC: ours are so anyway */
        return REAL(close_range)(first, last, flags);
    }
    for (unsigned fd = first; fd <= last && fd < DESCRIPTORS_MAX; fd++) {
        close((int)fd);
    }
    return last >= DESCRIPTORS_MAX ? REAL(close_range)(first > DESCRIPTORS_MAX ? first : DESCRIPTORS_MAX, last, 0) : 0;
}

EXPORT void closefrom(int first)
{
    close_range(first > 0 ? (unsigned)first : 0, ~0u, 0);
}
