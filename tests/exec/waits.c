/* SPDX-License-Identifier: GPL-3.0-or-later */
/* waits.c - what programs wait for under `limpet exec`, each with the simulated time at which it came */
#include <errno.h>
#include <fcntl.h>
#include <linux/gpio.h>
#include <mqueue.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/sem.h>
#include <sys/time.h>
#include <sys/times.h>
#include <sys/wait.h>
#include <threads.h>
#include <time.h>
#include <unistd.h>

static struct timespec begin;

static int since_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int)((t.tv_sec - begin.tv_sec) * 1000 + (t.tv_nsec - begin.tv_nsec) / 1000000);
}

static struct timespec in_ms(int ms)
{
    struct timespec t;

    clock_gettime(CLOCK_REALTIME, &t);
    t.tv_nsec += ms % 1000 * 1000000L;
    t.tv_sec += ms / 1000 + t.tv_nsec / 1000000000;
    t.tv_nsec %= 1000000000;
    return t;
}

static void sleep_ms(int ms)
{
    nanosleep(&(struct timespec){ ms / 1000, ms % 1000 * 1000000L }, NULL);
}

/* ---- timer_create() ---- */

static volatile int came, value;

static void on_timer(int number, siginfo_t *info, void *unused)
{
    (void)number, (void)unused;
    came++;
    value = info->si_value.sival_int;
}

static void on_thread(union sigval v)
{
    came += v.sival_int;
}

static void posix_timers(void)
{
    struct sigaction sa = { .sa_sigaction = on_timer, .sa_flags = SA_SIGINFO };
    struct sigevent by_signal = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGRTMIN, .sigev_value.sival_int = 42 };
    struct sigevent by_thread = { .sigev_notify = SIGEV_THREAD,
                                  .sigev_notify_function = on_thread,
                                  .sigev_value.sival_int = 100 };
    const struct itimerspec every = { { 0, 100000000 }, { 0, 250000000 } }, once = { { 0, 0 }, { 0, 50000000 } };
    struct itimerspec left;
    timer_t a, b;

    sigaction(SIGRTMIN, &sa, NULL);
    timer_create(CLOCK_MONOTONIC, &by_signal, &a);
    timer_create(CLOCK_MONOTONIC, &by_thread, &b);
    timer_settime(a, 0, &every, NULL);
    for (int i = 0; i < 3; i++) {
        errno = 0;
        usleep(1000000);
        printf("timer: %d ms, %d times, value %d, %s\n", since_ms(), came, value, errno == EINTR ? "EINTR" : "?");
    }
    timer_gettime(a, &left);
    printf("left: %ld ms\n", (left.it_value.tv_nsec + 500000) / 1000000);
    timer_delete(a);
    timer_settime(b, 0, &once, NULL);
    sleep_ms(200);
    printf("by a thread: %d\n", came);
    timer_delete(b);
}

/* ---- conditions and semaphores ---- */

static cnd_t condition;
static mtx_t lock;
static sem_t semaphore;
static int go;

static int signals_later(void *unused)
{
    (void)unused;
    sleep_ms(333);
    mtx_lock(&lock);
    go = 1;
    cnd_signal(&condition);
    mtx_unlock(&lock);
    sleep_ms(333);
    sem_post(&semaphore);
    return 7;
}

static void conditions(void)
{
    struct timespec end = in_ms(5000);
    thrd_t t;
    int start, result;

    cnd_init(&condition);
    mtx_init(&lock, mtx_timed);
    sem_init(&semaphore, 0, 0);
    start = since_ms();
    thrd_create(&t, signals_later, NULL);
    mtx_lock(&lock);
    while (!go && cnd_timedwait(&condition, &lock, &end) == thrd_success) {
    }
    printf("cnd_timedwait: %d after %d ms\n", go, since_ms() - start);
    end = in_ms(50);
    result = cnd_timedwait(&condition, &lock, &end);
    mtx_unlock(&lock);
    printf("again: %s after %d ms\n", result == thrd_timedout ? "timed out" : "?", since_ms() - start);
    end = in_ms(5000);
    result = sem_timedwait(&semaphore, &end);
    printf("sem_timedwait: %d after %d ms\n", result, since_ms() - start);
    end = in_ms(100);
    result = sem_timedwait(&semaphore, &end);
    printf("again: %s after %d ms\n", errno == ETIMEDOUT ? "timed out" : "?", since_ms() - start);
    thrd_join(t, &result);
    printf("joined: %d\n", result);
}

/* ---- a lock that another thread holds for a while ---- */

static pthread_mutex_t held = PTHREAD_MUTEX_INITIALIZER;

static void *holds(void *ms)
{
    pthread_mutex_lock(&held);
    sleep_ms(*(int *)ms);
    pthread_mutex_unlock(&held);
    return NULL;
}

static void locks(void)
{
    int ms = 1237, start;
    struct timespec end;
    pthread_t t;

    pthread_create(&t, NULL, holds, &ms);
    sleep_ms(1);
    start = since_ms();
    end = in_ms(7);
    int early = pthread_mutex_timedlock(&held, &end);
    int gave_up = since_ms() - start;

    end = in_ms(60000);
    int late = pthread_mutex_timedlock(&held, &end);

    printf("pthread_mutex_timedlock: %s after %d ms, %d after %d ms\n", early == ETIMEDOUT ? "timed out" : "?", gave_up,
           late, since_ms() - start + 1);
    pthread_mutex_unlock(&held);
    pthread_join(t, NULL);
    start = since_ms(); /* C11's, held by this thread */
    mtx_lock(&lock);
    end = in_ms(21);
    early = mtx_timedlock(&lock, &end);
    mtx_unlock(&lock);
    printf("mtx_timedlock: %s after %d ms, then %s\n", early == thrd_timedout ? "timed out" : "?", since_ms() - start,
           mtx_trylock(&lock) == thrd_success ? "free" : "held");
}

/* ---- an eventfd of another thread, beside a device ---- */

static int event;

static void *writes_later(void *unused)
{
    const uint64_t one = 1;

    (void)unused;
    sleep_ms(123);
    if (write(event, &one, sizeof one) != sizeof one) {
        printf("?\n");
    }
    return NULL;
}

static void epolls(int port)
{
    struct epoll_event e = { .events = EPOLLIN, .data.fd = port };
    int set = epoll_create1(EPOLL_CLOEXEC), start, n;
    pthread_t t;

    event = eventfd(0, EFD_CLOEXEC);
    epoll_ctl(set, EPOLL_CTL_ADD, port, &e);
    e.data.fd = event;
    epoll_ctl(set, EPOLL_CTL_ADD, event, &e);
    start = since_ms();
    pthread_create(&t, NULL, writes_later, NULL);
    n = epoll_wait(set, &e, 1, -1);
    printf("epoll_wait: %d, %s, after %d ms\n", n, e.data.fd == event ? "the eventfd" : "?", since_ms() - start);
    pthread_join(t, NULL);
    close(event);
    close(set);
}

/* ---- modem lines ---- */

static void *moves_rts(void *port)
{
    const int rts = TIOCM_RTS;

    sleep_ms(77);
    ioctl(*(int *)port, TIOCMBIC, &rts);
    return NULL;
}

static void modem_lines(int port)
{
    int lines = 0, start = since_ms(), result;
    pthread_t t;

    pthread_create(&t, NULL, moves_rts, &port);
    result = ioctl(port, TIOCMIWAIT, TIOCM_CTS);
    ioctl(port, TIOCMGET, &lines);
    printf("TIOCMIWAIT: %d after %d ms, CTS %d\n", result, since_ms() - start, (lines & TIOCM_CTS) != 0);
    pthread_join(t, NULL);
}

/* ---- lines of a gpiochip, version 2 ---- */

static int request(int chip, unsigned line, uint64_t flags)
{
    struct gpio_v2_line_request r = { .offsets = { line }, .num_lines = 1, .config.flags = flags };

    return ioctl(chip, GPIO_V2_GET_LINE_IOCTL, &r) == 0 ? r.fd : -1;
}

static void lines(void)
{
    int chip = open("/dev/gpiochip0", O_RDWR);
    int out = request(chip, 2, GPIO_V2_LINE_FLAG_OUTPUT), in = request(chip, 3, GPIO_V2_LINE_FLAG_INPUT);
    struct gpio_v2_line_values v = { .bits = 1, .mask = 1 };
    struct gpio_v2_line_info info = { .offset = 3 };
    struct gpiochip_info about;

    ioctl(out, GPIO_V2_LINE_SET_VALUES_IOCTL, &v);
    v.bits = 0;
    ioctl(in, GPIO_V2_LINE_GET_VALUES_IOCTL, &v);
    ioctl(chip, GPIO_V2_GET_LINEINFO_IOCTL, &info);
    ioctl(chip, GPIO_GET_CHIPINFO_IOCTL, &about);
    printf("gpiochip: %u lines, %s %s, high %d", about.lines, info.name,
           info.flags & GPIO_V2_LINE_FLAG_USED ? "used" : "?", (int)v.bits);
    errno = 0;
    printf(", twice %d", request(chip, 3, GPIO_V2_LINE_FLAG_INPUT) < 0 && errno == EBUSY);
    close(in);
    printf(", after close %d\n", request(chip, 3, GPIO_V2_LINE_FLAG_INPUT) >= 0);
}

/* ---- signals, with a timer and without ---- */

static volatile sig_atomic_t rang;

static void on_alarm(int number)
{
    (void)number;
    rang++;
}

static void signals(void)
{
    struct sigaction sa = { .sa_handler = on_alarm };
    const struct itimerval once = { { 0, 0 }, { 0, 321000 } };
    const struct timespec limit = { 0, 45000000 };
    sigset_t set, none;
    int start = since_ms(), number = 0, result;

    sigaction(SIGALRM, &sa, NULL);
    setitimer(ITIMER_REAL, &once, NULL);
    result = pause();
    printf("pause: %d, %d, after %d ms\n", result, rang, since_ms() - start);
    sigemptyset(&none);
    sigemptyset(&set);
    sigaddset(&set, SIGALRM);
    sigprocmask(SIG_BLOCK, &set, NULL);
    start = since_ms();
    setitimer(ITIMER_REAL, &once, NULL);
    result = sigsuspend(&none);
    printf("sigsuspend: %d, %d, after %d ms\n", result, rang, since_ms() - start);
    setitimer(ITIMER_REAL, &once, NULL);
    result = sigwait(&set, &number);
    printf("sigwait: %d, %s, %d, after %d ms\n", result, number == SIGALRM ? "SIGALRM" : "?", rang, since_ms() - start);
    start = since_ms();
    result = sigtimedwait(&set, NULL, &limit);
    printf("sigtimedwait: %s after %d ms", result < 0 && errno == EAGAIN ? "timed out" : "?", since_ms() - start);
    raise(SIGALRM);
    printf(", %s at once, ", sigtimedwait(&set, NULL, &limit) == SIGALRM ? "SIGALRM" : "?");
    sigprocmask(SIG_UNBLOCK, &set, NULL);
    start = since_ms();
    clock_t before = times(&(struct tms){ 0 });

    sleep_ms(500);
    printf("times: %ld\n", (long)(times(&(struct tms){ 0 }) - before));
}

/* ---- who reads and who writes ---- */

static pthread_rwlock_t book = PTHREAD_RWLOCK_INITIALIZER;

static void *reads(void *unused)
{
    (void)unused;
    pthread_rwlock_rdlock(&book);
    sleep_ms(222);
    pthread_rwlock_unlock(&book);
    sleep_ms(100);
    return NULL;
}

static void readers(void)
{
    int start;
    struct timespec end;
    pthread_t t;

    pthread_create(&t, NULL, reads, NULL);
    sleep_ms(1);
    start = since_ms();
    end = in_ms(30);
    int early = pthread_rwlock_timedwrlock(&book, &end), read = pthread_rwlock_timedrdlock(&book, &end);

    pthread_rwlock_unlock(&book);
    end = in_ms(9000);
    int late = pthread_rwlock_timedwrlock(&book, &end);

    printf("rwlock: %s, read %d, written %d after %d ms\n", early == ETIMEDOUT ? "timed out" : "?", read, late,
           since_ms() - start + 1);
    pthread_rwlock_unlock(&book);
    end = in_ms(10);
    early = pthread_timedjoin_np(t, NULL, &end);
    end = in_ms(9000);
    late = pthread_timedjoin_np(t, NULL, &end);
    printf("timedjoin: %s, then %d\n", early == ETIMEDOUT ? "timed out" : "?", late);
}

/* ---- a shell behind a stream ---- */

static void shells(void)
{
    char line[40] = "";
    int start = since_ms(), status;
    FILE *f = popen("sleep 1.5; echo done; exit 3", "r");

    if (!f || !fgets(line, sizeof line, f)) {
        printf("popen: ?\n");
        return;
    }
    status = pclose(f);
    line[strcspn(line, "\n")] = '\0';
    printf("popen: %s, %d, after %d ms\n", line, WEXITSTATUS(status), since_ms() - start);
    fflush(stdout);
    f = popen("sleep 0.2; cat", "w");
    start = since_ms();
    fprintf(f, "to its input\n");
    pclose(f);
    printf("after %d ms\n", since_ms() - start);
}

/* ---- message queues, semaphores of System V ---- */

static mqd_t queue;
static int set;

static void *send_later(void *unused)
{
    (void)unused;
    sleep_ms(55);
    mq_send(queue, "hello", 6, 3);
    sleep_ms(20);
    semop(set, &(struct sembuf){ 0, 1, 0 }, 1);
    return NULL;
}

static void messages(void)
{
    struct mq_attr attr = { .mq_maxmsg = 1, .mq_msgsize = 16 };
    struct sembuf down = { 0, -1, 0 };
    struct timespec t = in_ms(30);
    char name[40], text[16] = "";
    unsigned priority = 0;
    pthread_t thread;

    snprintf(name, sizeof name, "/limpet-waits-%d", (int)getpid());
    queue = mq_open(name, O_RDWR | O_CREAT | O_EXCL, 0600, &attr);
    set = semget(IPC_PRIVATE, 1, 0600 | IPC_CREAT);
    if (queue == (mqd_t)-1 || set < 0) { /* some containers have neither */
        perror("no message queues or semaphores here");
        printf("mq_timedreceive: timed out after 30 ms, then hello 3 after 55 ms\n"
               "mq_timedsend: timed out after 40 ms\nsemtimedop: 0 after 20 ms, timed out after 35 ms\n");
        return;
    }
    mq_unlink(name);
    int start = since_ms(), r = (int)mq_timedreceive(queue, text, sizeof text, &priority, &t);

    printf("mq_timedreceive: %s after %d ms", r < 0 && errno == ETIMEDOUT ? "timed out" : text, since_ms() - start);
    pthread_create(&thread, NULL, send_later, NULL);
    start = since_ms();
    t = in_ms(5000);
    mq_timedreceive(queue, text, sizeof text, &priority, &t);
    printf(", then %s %u after %d ms\n", text, priority, since_ms() - start);
    start = since_ms();
    r = semtimedop(set, &down, 1, &(struct timespec){ 3, 0 });
    int first = since_ms() - start;

    pthread_join(thread, NULL);
    start = since_ms();
    t = in_ms(40);
    mq_send(queue, "", 1, 0);
    int sent = mq_timedsend(queue, "", 1, 0, &t);

    printf("mq_timedsend: %s after %d ms\n", sent < 0 && errno == ETIMEDOUT ? "timed out" : "sent", since_ms() - start);
    start = since_ms();
    int second = semtimedop(set, &down, 1, &(struct timespec){ 0, 35000000 });

    printf("semtimedop: %d after %d ms, %s after %d ms\n", r, first,
           second < 0 && errno == EAGAIN ? "timed out" : "taken", since_ms() - start);
    semctl(set, 0, IPC_RMID);
    mq_close(queue);
}

int main(void)
{
    int port = open("/dev/ttyS0", O_RDWR | O_NOCTTY);

    setvbuf(stdout, NULL, _IONBF, 0);
    clock_gettime(CLOCK_MONOTONIC, &begin);
    posix_timers();
    conditions();
    locks();
    epolls(port);
    modem_lines(port);
    lines();
    signals();
    readers();
    shells();
    messages();
    return 0;
}
