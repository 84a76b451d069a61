/* SPDX-License-Identifier: GPL-3.0-or-later */
/* old_names.c - names with two underscores under which glibc exports the same calls, for programs built long ago */
#include "preload/bench.h"
#include "preload/calls.h"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <stdarg.h>
#include <sys/select.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* tests/preload_names says which are missing. */
#define OLD(type, name, parameters, arguments) \
    EXPORT type __##name parameters;           \
    EXPORT type __##name parameters            \
    {                                          \
        return name arguments;                 \
    }

OLD(ssize_t, read, (int fd, void *bytes, size_t n), (fd, bytes, n))
OLD(ssize_t, write, (int fd, const void *bytes, size_t n), (fd, bytes, n))
OLD(ssize_t, pread64, (int fd, void *bytes, size_t n, off64_t offset), (fd, bytes, n, offset))
OLD(ssize_t, pwrite64, (int fd, const void *bytes, size_t n, off64_t offset), (fd, bytes, n, offset))
OLD(off_t, lseek, (int fd, off_t offset, int whence), (fd, offset, whence))
OLD(int, close, (int fd), (fd))
OLD(int, dup2, (int fd, int to), (fd, to))
OLD(int, poll, (struct pollfd * fds, nfds_t n, int timeout_ms), (fds, n, timeout_ms))
OLD(int, select, (int n, fd_set *r, fd_set *w, fd_set *x, struct timeval *timeout), (n, r, w, x, timeout))
OLD(int, nanosleep, (const struct timespec *t, struct timespec *rest), (t, rest))
OLD(int, gettimeofday, (struct timeval * t, void *zone), (t, zone))
OLD(int, sched_yield, (void), ())
OLD(pid_t, fork, (void), ())
OLD(pid_t, vfork, (void), ())
OLD(pid_t, wait, (int *status), (status))
OLD(pid_t, waitpid, (pid_t pid, int *status, int options), (pid, status, options))
OLD(int, pthread_mutex_lock, (pthread_mutex_t * mutex), (mutex))
OLD(int, pthread_mutex_unlock, (pthread_mutex_t * mutex), (mutex))
OLD(int, pthread_rwlock_unlock, (pthread_rwlock_t * lock), (lock))

/* Those with an argument that may be missing: what is read in its place is not used then. */
#define OLD_OPEN(name)                                    \
    EXPORT int __##name(const char *, int, ...);          \
    EXPORT int __##name(const char *path, int flags, ...) \
    {                                                     \
        va_list args;                                     \
        va_start(args, flags);                            \
        unsigned mode = va_arg(args, unsigned);           \
        va_end(args);                                     \
        return name(path, flags, mode);                   \
    }
OLD_OPEN(open)
OLD_OPEN(open64)

EXPORT int __fcntl(int, int, ...);
EXPORT int __fcntl(int fd, int cmd, ...)
{
    va_list args;
    va_start(args, cmd);
    void *arg = va_arg(args, void *);
    va_end(args);
    return fcntl(fd, cmd, arg);
}
