/* SPDX-License-Identifier: GPL-3.0-or-later */
/* signals.c - threads that are cancelled, and signals between processes, each at its simulated time */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/select.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

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

static void on_signal(int number)
{
    (void)number;
}

/* ---- calls at which pthread_cancel() ends a thread, some of which give something back ---- */

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t never = PTHREAD_COND_INITIALIZER;
static sem_t nobody_posts;
static int nobody_writes[2];

static void unlock(void *unused)
{
    (void)unused;
    pthread_mutex_unlock(&lock);
}

static void in_sleep(void)
{
    sleep(1);
}

static void in_poll(void)
{
    poll(NULL, 0, -1);
}

static void in_select(void)
{
    select(0, NULL, NULL, NULL, &(struct timeval){ 5, 0 });
}

static void in_condition(void)
{
    pthread_mutex_lock(&lock);
    pthread_cleanup_push(unlock, NULL);
    pthread_cond_wait(&never, &lock);
    pthread_cleanup_pop(1);
}

static void in_timed_condition(void)
{
    struct timespec end;

    pthread_mutex_lock(&lock);
    pthread_cleanup_push(unlock, NULL);
    clock_gettime(CLOCK_REALTIME, &end);
    end.tv_sec += 3;
    pthread_cond_timedwait(&never, &lock, &end);
    pthread_cleanup_pop(1);
}

static void in_semaphore(void)
{
    sem_wait(&nobody_posts);
}

static void in_timed_semaphore(void)
{
    struct timespec end;

    clock_gettime(CLOCK_REALTIME, &end);
    end.tv_sec += 3;
    sem_timedwait(&nobody_posts, &end);
}

static void in_read(void)
{
    char c;

    if (read(nobody_writes[0], &c, 1) == 1) {
        printf("?\n");
    }
}

static void in_poll_of_the_world(void)
{
    struct pollfd p = { .fd = nobody_writes[0], .events = POLLIN };

    poll(&p, 1, -1);
}

static const struct {
    const char *name;
    void (*wait)(void);
} waits[] = {
    { "sleep", in_sleep },
    { "poll", in_poll },
    { "select", in_select },
    { "pthread_cond_wait", in_condition },
    { "pthread_cond_timedwait", in_timed_condition },
    { "sem_wait", in_semaphore },
    { "sem_timedwait", in_timed_semaphore },
    { "read", in_read },
    { "poll of a pipe", in_poll_of_the_world },
};

static void *wait_on_and_on(void *wait)
{
    for (;;) {
        (*(void (*const *)(void))wait)();
    }
    return NULL;
}

static void cancellations(void)
{
    for (unsigned i = 0; i < sizeof waits / sizeof waits[0]; i++) {
        int start = now_ms();
        pthread_t t;
        void *result;

        pthread_create(&t, NULL, wait_on_and_on, (void *)&waits[i].wait);
        sleep_ms(1500);
        pthread_cancel(t);
        pthread_join(t, &result);
        int held = pthread_mutex_trylock(&lock);

        printf("%s: %s after %d ms, lock %s\n", waits[i].name, result == PTHREAD_CANCELED ? "cancelled" : "?",
               now_ms() - start, held ? "held" : "free");
        pthread_mutex_unlock(&lock);
    }
}

/* As avrdude 6.3: closed, then cancelled, and the thread that reads has no time to find that. */
static void *reads_a_port(void *port)
{
    char c;

    for (;;) {
        ssize_t n = read(*(int *)port, &c, 1);

        printf("read: %d %s\n", (int)n, strerror(errno));
    }
    return NULL;
}

static void closed_and_cancelled(void)
{
    int port = open("/dev/ttyACM0", O_RDWR | O_NOCTTY);
    pthread_t t;
    void *result;

    pthread_create(&t, NULL, reads_a_port, &port);
    sleep_ms(10);
    close(port);
    pthread_cancel(t);
    pthread_join(t, &result);
    printf("a port that is closed before: %s\n", result == PTHREAD_CANCELED ? "cancelled" : "?");
}

/* ---- from one process to another ---- */

static pid_t child_that_sends(int ms, int number)
{
    pid_t child = fork();

    if (child == 0) {
        sleep_ms(ms);
        if (number) {
            kill(getppid(), number);
            sleep_ms(ms);
        }
        _exit(0);
    }
    return child;
}

static void processes(void)
{
    const struct sigaction sa = { .sa_handler = on_signal };
    int start;

    sigaction(SIGCHLD, &sa, NULL);
    sigaction(SIGUSR1, &sa, NULL);
    for (int i = 0; i < 3; i++) {
        start = now_ms();
        child_that_sends(2000 + i, 0);
        unsigned left = sleep(10);

        printf("the end of a child: %u s left after %d ms\n", left, now_ms() - start);
        wait(NULL);
    }
    start = now_ms();
    child_that_sends(700, SIGUSR1);
    int r = poll(NULL, 0, 5000), at = now_ms() - start;

    printf("a signal of a child: %d %s after %d ms", r, strerror(errno), at);
    while (wait(NULL) < 0) {
    }
    printf(", its end after %d ms\n", now_ms() - start);
    start = now_ms();
    pid_t child = child_that_sends(60000, 0);

    sleep_ms(800);
    kill(child, SIGTERM);
    while (wait(NULL) < 0) {
    }
    printf("a signal to a child: ended after %d ms\n", now_ms() - start);
}

/* ---- a timer's signal that is blocked or ignored ends no call, and whoever waits for it has it ---- */

static void *waits_for_it(void *start)
{
    sigset_t set;
    int number = 0;

    sigemptyset(&set);
    sigaddset(&set, SIGALRM);
    sigwait(&set, &number);
    printf("sigwait in another thread: %d after %d ms\n", number == SIGALRM, now_ms() - *(int *)start);
    return NULL;
}

static void blocked(void)
{
    sigset_t set;
    struct signalfd_siginfo info;
    pthread_t t;

    sigemptyset(&set);
    sigaddset(&set, SIGALRM);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    struct pollfd p = { .fd = signalfd(-1, &set, 0), .events = POLLIN };
    int start = now_ms();

    alarm(1);
    int r = poll(&p, 1, 5000);

    printf("signalfd: %d after %d ms\n", r, now_ms() - start);
    r = (int)read(p.fd, &info, sizeof info);
    start = now_ms();
    alarm(1);
    r = (int)sleep(3);
    printf("sleep with it blocked: %d left after %d ms\n", r, now_ms() - start);
    r = (int)read(p.fd, &info, sizeof info);
    start = now_ms();
    pthread_create(&t, NULL, waits_for_it, &start);
    alarm(1);
    sleep_ms(2500);
    pthread_join(t, NULL);
    signal(SIGALRM, SIG_IGN);
    pthread_sigmask(SIG_UNBLOCK, &set, NULL);
    start = now_ms();
    alarm(1);
    r = (int)sleep(3);
    printf("sleep with it ignored: %d left after %d ms\n", r, now_ms() - start);
}

int main(void)
{
    setvbuf(stdout, NULL, _IOLBF, 0);
    sem_init(&nobody_posts, 0, 0);
    if (pipe(nobody_writes) != 0) {
        return 1;
    }
    cancellations();
    closed_and_cancelled();
    processes();
    blocked();
    return 0;
}
