/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * bench.h - the library's side of the line to the bench: one link for each thread that asks
 *
 * While bench_is_on() is false (no session, or this is the bench's own work) every call goes to libc as it is.
 * Nothing here changes errno but where it says so.
 */
#ifndef PRELOAD_BENCH_H
#define PRELOAD_BENCH_H

#include "preload/protocol.h"

#include <stdbool.h>
#include <stddef.h>

/* The next definition of a function after ours: libc's. */
#define REAL(name) ((__typeof__(&name))bench_real(#name, (void *[]){ NULL }))
void *bench_real(const char *name, void **unused);

#define EXPORT __attribute__((visibility("default")))

/* libc's syscall(): the program's is ours (futexes.c). */
long kernel_call(long number, ...);

bool bench_is_on(void);
/*
 * The session is over, and full stood in it, or stands in a folder of it: who was left behind, or has been started since, is
 * not let at the machine's own device of that name.
 */
bool bench_had(const char *full);

struct question {
    enum exec_op op;
    int handle;
    uint64_t arg[2];
    const void *data;
    size_t n_data;
};

struct answer {
    int64_t result;   /* -1: errno is set, to EIO where the session is over */
    const void *data; /* until the next question of this thread */
    size_t n_data;
    bool interrupted; /* by a signal: only waits */
    bool restart;     /* its handler was set up with SA_RESTART, or nobody knows */
    bool held;        /* for bench.c: the signal is blocked or ignored, so the call goes on */
};

/*
 * In a call at which pthread_cancel() ends a thread: at once, where that has been asked for, and from here to the call's
 * end whenever it sleeps. What is not to stay behind is given back by pthread_cleanup_push().
 */
#define CANCELLATION_POINT \
    __attribute__((cleanup(bench_cancellation_end), unused)) char cancellation = bench_cancellation()
char bench_cancellation(void);
void bench_cancellation_end(char *unused);
/* syscall(), as such a call sleeps. */
long bench_sleep(long number, long a, long b, long c, long d, long e, long f);

/* Waits for the answer; simulated time may pass. Sets errno where result is -1. */
struct answer bench_ask(const struct question *q);
/*
 * The same, asleep in poll() on n descriptors of the world with room for one more: when one of them is ready the question
 * is taken back, and the answer has result 0 and no data.
 */
struct pollfd;
struct answer bench_ask_beside(const struct question *q, struct pollfd *others, size_t n);
/* A statement: goes with the next question. */
void bench_say(const struct question *q);

/* Simulated time as this thread sees it, and a look at it costs EXEC_LOOK_PS. */
uint64_t bench_look_ps(void);
/* The same for our own use: free. */
uint64_t bench_now_ps(void);

/* Bytes that a device has received and the bench has shown; NULL: none of this handle's are known. */
const uint8_t *bench_peek(int handle, size_t *n);
/* The program has read n of them, and wanted so many. */
void bench_took(int handle, size_t n, size_t wanted);
/* How many bytes the device takes without an answer. */
size_t bench_room(int handle);

/* Gives the bench the other end of a device's socket pair, for the EXEC_OPEN that follows. */
bool bench_send_device(int fd);

/* What stands under the bench's paths: until the next question of this thread. */
const struct exec_name *bench_names(size_t *n);

/* Around a call that waits for something of the world outside. */
void bench_outside_begin(void);
void bench_outside_end(void);

/* The cores (a cpu_set_t) that this thread had before the bench took it on its own; NULL: they are as the kernel says. */
const void *bench_cores(void);
/* The program has chosen others: the bench leaves them. */
void bench_cores_set(void);

/* A program begins. */
void bench_begin(void);
/* In a child of fork(): the links of the parent's threads are not ours. */
void bench_forked(void);
/* A new thread's first and last words. */
void bench_thread_begin(void);
void bench_thread_end(void);
/* Before the process image goes: what has been said is heard. */
void bench_flush(void);
/* The same before execve(), and, where that failed, after it. */
void bench_execs(const char *path, bool failed);
/* A descriptor where programs do not number themselves; fd is closed. */
int bench_high(int fd);
/* Is this descriptor one of the links'? The program must not close it. */
bool bench_owns(int fd);

#endif
