/* SPDX-License-Identifier: GPL-3.0-or-later */
/* futexes.c - what GLib, C++ and Rust wait with: syscall(SYS_futex), and a wait that nobody tells the bench of */
#include <errno.h>
#include <linux/futex.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static uint32_t word;
static pthread_barrier_t both;

static int now_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int)(t.tv_sec * 1000 + t.tv_nsec / 1000000);
}

static void sleep_ms(int ms)
{
    nanosleep(&(struct timespec){ ms / 1000, ms % 1000 * 1000000L }, NULL);
}

static void *wakes(void *unused)
{
    (void)unused;
    sleep_ms(200);
    word = 1;
    syscall(SYS_futex, &word, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
    sleep_ms(100);
    pthread_barrier_wait(&both);
    return NULL;
}

static void say(const char *what, long r, int since_ms)
{
    printf("%s: %ld %s after %d ms\n", what, r, r ? strerror(errno) : "woken", now_ms() - since_ms);
}

int main(void)
{
    const struct timespec half = { 0, 500000000 };
    struct timespec at;
    pthread_t t;
    int start = now_ms();

    setvbuf(stdout, NULL, _IOLBF, 0);
    pthread_barrier_init(&both, NULL, 2);
    say("FUTEX_WAIT", syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, 0, &half, NULL, 0), start);
    say("another value", syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, 7, &half, NULL, 0), start);
    syscall(SYS_clock_gettime, CLOCK_REALTIME, &at);
    at.tv_sec += 2;
    say("to a time",
        syscall(SYS_futex, &word, FUTEX_WAIT_BITSET_PRIVATE | FUTEX_CLOCK_REALTIME, 0, &at, NULL,
                FUTEX_BITSET_MATCH_ANY),
        start);
    start = now_ms();
    pthread_create(&t, NULL, wakes, NULL);
    clock_gettime(CLOCK_MONOTONIC, &at);
    at.tv_sec += 2;
    say("with somebody who wakes",
        syscall(SYS_futex, &word, FUTEX_WAIT_BITSET_PRIVATE, 0, &at, NULL, FUTEX_BITSET_MATCH_ANY), start);
    pthread_barrier_wait(&both);
    say("a barrier", 0, start);
    pthread_join(t, NULL);
    start = now_ms();
    syscall(SYS_nanosleep, &half, NULL);
    say("SYS_nanosleep", 0, start);
    return 0;
}
