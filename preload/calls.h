/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * calls.h - names that libc exports but declares nowhere for those that define them, and what our calls share
 *
 * The __..._chk ones are what a fortified build calls, the __x... ones what was built against a glibc before 2.33.
 */
#ifndef PRELOAD_CALLS_H
#define PRELOAD_CALLS_H

#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <time.h>

int __open_2(const char *path, int flags);
int __open64_2(const char *path, int flags);
int __openat_2(int dir, const char *path, int flags);
int __openat64_2(int dir, const char *path, int flags);
ssize_t __read_chk(int fd, void *bytes, size_t n, size_t room);
ssize_t __pread_chk(int fd, void *bytes, size_t n, off_t offset, size_t room);
ssize_t __pread64_chk(int fd, void *bytes, size_t n, off64_t offset, size_t room);
int __poll_chk(struct pollfd *fds, nfds_t n, int timeout_ms, size_t room);
int __ppoll_chk(struct pollfd *fds, nfds_t n, const struct timespec *timeout, const sigset_t *mask, size_t room);
int __xstat(int version, const char *path, struct stat *st);
int __xstat64(int version, const char *path, struct stat64 *st);
int __lxstat(int version, const char *path, struct stat *st);
int __lxstat64(int version, const char *path, struct stat64 *st);
int __fxstat(int version, int fd, struct stat *st);
int __fxstat64(int version, int fd, struct stat64 *st);
int __fxstatat(int version, int dir, const char *path, struct stat *st, int flags);
int __fxstatat64(int version, int dir, const char *path, struct stat64 *st, int flags);
char *__realpath_chk(const char *path, char *resolved, size_t room);

int __ttyname_r_chk(int fd, char *name, size_t n, size_t room);
ssize_t __readlink_chk(const char *path, char *to, size_t n, size_t room);
ssize_t __readlinkat_chk(int dir, const char *path, char *to, size_t n, size_t room);
int __sigsuspend(const sigset_t *mask);

/* processes.c: before main(). */
void processes_begin(void);
/*
 * threads.c: looks until done() with what, woken by wake_those_of(what); 0, ETIMEDOUT or EINVAL. Without others it looks
 * at times that double.
 */
int wait_until_done(bool (*done)(void *what), void *what, clockid_t clock, const struct timespec *t);
/* The same with a context of done()'s own. */
int wait_until_one_moves(bool (*done)(void *ctx), void *ctx, void *what, clockid_t clock, const struct timespec *t);
void wake_those_of(const void *what);
/* threads.c: in a child of fork(). */
void threads_forked(void);
/* posix_timers.c: raises it in this thread, with the timer's value; to_any: in whichever thread takes it. */
void posix_timer_signal(unsigned timer, int number, bool to_any);
/* epoll.c: fd was closed. */
void epoll_forget(int fd);
/* stdin, stdout and stderr that were inherited as a device. */
void streams_begin(void);
/* The device's descriptor, -1 and errno, or -2: the path is none of ours. */
int device_open_path(int dir, const char *path, int flags);
/* Opens what stands under no path (a timer, lines of a gpiochip). -1: errno. */
int device_open_special(const char *name, int flags);

static inline uint64_t ps_of_timespec(const struct timespec *t)
{
    return (uint64_t)t->tv_sec * UINT64_C(1000000000000) + (uint64_t)t->tv_nsec * 1000;
}

/* A time that a caller gave: is it one? Bounded, so that sums hold. */
static inline int timespec_ok(const struct timespec *t)
{
    return t->tv_sec >= 0 && t->tv_nsec >= 0 && t->tv_nsec < 1000000000;
}

static inline uint64_t timespec_bounded_ps(const struct timespec *t)
{
    return t->tv_sec > 8000000 ? UINT64_C(8000000000000000000) : ps_of_timespec(t);
}

#endif
