/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "preload/bench.h"

#include "preload/calls.h"
#include "preload/connect.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum {
    HIGH_FD = 800, /* links live above what programs number themselves */
    DEPTH = 2,     /* a signal's handler may ask while the thread waits */
    AGAIN = 128,
    FLUSH_PS = 1000000000 /* looks at the clock add up to a millisecond: time for others to go on */
};

struct link {
    int fd;
    struct exec_channel *ch;
    uint32_t n; /* bytes of the request so far */
    uint64_t debt_ps;
    bool asking;
    size_t taken;   /* of the peek */
    unsigned step;  /* of the answers that were made ahead, which one the program has; all: the last */
    size_t step_at; /* its bytes begin there */
    struct exec_poll told;
    size_t room_used;
    unsigned tries; /* to spin, after some time on one core with the bench */
    unsigned naps;  /* in a row: answers that come late are slept for at once, but for one of AGAIN */
};

struct thread {
    struct link link[DEPTH];
    uint32_t kind;
    bool busy;            /* connecting */
    unsigned cancellable; /* it is in so many calls that may end it */
};

static __thread struct thread self __attribute__((tls_model("initial-exec")));
static char reserved[EXEC_RESERVED_BYTES]; /* each with EXEC_ENV_SEPARATOR before it */
static _Atomic int state;                  /* 0: not looked, 1: on, -1: off */

/* ---- what is below ---- */

static void real_close(int fd)
{
    kernel_call(SYS_close, fd);
}

static void look_for_session(void)
{
    const char *name = getenv(EXEC_ENV);
    size_t n = name ? strcspn(name, (char[]){ EXEC_ENV_SEPARATOR, '\0' }) : 0;

    if (!connect_to(name, n)) {
        atomic_store(&state, -1);
        return;
    }
    snprintf(reserved, sizeof reserved, "%s", name + n);
    atomic_store(&state, 1);
}

bool bench_is_on(void)
{
    if (!atomic_load(&state)) {
        look_for_session();
    }
    return atomic_load(&state) > 0;
}

bool bench_had(const char *full)
{
    if (bench_is_on()) {
        return false;
    }
    for (const char *at = reserved; *at; at += strcspn(at, (char[]){ EXEC_ENV_SEPARATOR, '\0' })) {
        size_t n = strcspn(++at, (char[]){ EXEC_ENV_SEPARATOR, '\0' });

        if (n && !strncmp(at, full, n) && (full[n] == '\0' || full[n] == '/')) {
            return true;
        }
    }
    return false;
}

static void end_session(void)
{
    atomic_store(&state, -1);
}

/* ---- connecting ---- */

int bench_high(int fd)
{
    int moved = fd < 0 ? -1 : (int)kernel_call(SYS_fcntl, fd, F_DUPFD_CLOEXEC, HIGH_FD);

    if (moved < 0) { /* a low limit of descriptors: where it is, then */
        return fd;
    }
    real_close(fd);
    return moved;
}

static bool connect_link(struct link *l)
{
    self.busy = true;
    int fd = connect_bench(self.kind, &l->ch);

    self.busy = false;
    if (fd < 0) {
        end_session();
        return false;
    }
    l->fd = fd;
    l->n = 0;
    l->debt_ps = 0;
    l->asking = false;
    return true;
}

/* NULL: no session. */
static struct link *my_link(void)
{
    if (!bench_is_on() || self.busy) {
        return NULL;
    }
    for (unsigned i = 0; i < DEPTH; i++) {
        struct link *l = &self.link[i];

        if (!l->asking) {
            return l->ch || connect_link(l) ? l : NULL;
        }
    }
    return NULL;
}

static void drop_channel(struct exec_channel *ch, struct exec_channel *other)
{
    connect_dropped(ch, other);
    munmap(ch, sizeof *ch);
}

static void drop_links(void)
{
    for (unsigned i = 0; i < DEPTH; i++) {
        struct link *l = &self.link[i];

        if (l->ch) {
            drop_channel(l->ch, NULL);
            real_close(l->fd);
        }
        memset(l, 0, sizeof *l);
    }
}

/* ---- cancellation ---- */

char bench_cancellation(void)
{
    pthread_testcancel();
    self.cancellable++;
    return 0;
}

void bench_cancellation_end(char *unused)
{
    (void)unused;
    self.cancellable--;
}

long bench_sleep(long number, long a, long b, long c, long d, long e, long f)
{
    int type;

    if (!self.cancellable) {
        return kernel_call(number, a, b, c, d, e, f);
    }
    pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, &type);
    long r = kernel_call(number, a, b, c, d, e, f);

    pthread_setcanceltype(type, NULL); /* leaves errno */
    return r;
}

/* ---- asking ---- */

static void ring(struct link *l)
{
    const char bell = EXEC_BELL;

    send(l->fd, &bell, 1, MSG_NOSIGNAL);
}

static bool bench_has_gone(const struct link *l)
{
    struct pollfd p = { .fd = l->fd, .events = 0 };

    return atomic_load(&l->ch->over) || (kernel_call(SYS_ppoll, &p, 1, &(struct timespec){ 0 }, NULL, 0) == 1 &&
                                         p.revents & (POLLHUP | POLLERR | POLLNVAL));
}

/* A question that nobody waits for any more, since its thread ends: the bench answers it now. */
static void take_back(void *link)
{
    struct link *l = link;

    atomic_store(&l->ch->program_naps, EXEC_ON_FUTEX);
    atomic_store(&l->ch->interrupted, EXEC_SIGNAL);
    ring(l);
    while (atomic_load(&l->ch->turn) != EXEC_PROGRAM && !bench_has_gone(l)) {
        kernel_call(SYS_futex, &l->ch->turn, FUTEX_WAIT, EXEC_BENCH, &(struct timespec){ .tv_sec = 1 }, NULL, 0);
    }
    atomic_store(&l->ch->program_naps, EXEC_AWAKE);
    l->asking = false;
    l->n = 0;
}

/* Sleeps until it is our turn; looks now and then whether the bench is still there. */
static bool nap(struct link *l)
{
    const struct timespec second = { .tv_sec = 1 };
    bool there = true;

    atomic_store(&l->ch->program_naps, EXEC_ON_FUTEX);
    pthread_cleanup_push(take_back, l);
    while (there && atomic_load(&l->ch->turn) != EXEC_PROGRAM) {
        long r = bench_sleep(SYS_futex, (long)&l->ch->turn, FUTEX_WAIT, EXEC_BENCH, (long)&second, 0, 0);

        if (r < 0 && errno == EINTR) {
            atomic_store(&l->ch->interrupted, EXEC_SIGNAL);
            ring(l);
        } else if (r < 0 && errno == ETIMEDOUT) {
            there = !bench_has_gone(l);
        }
    }
    pthread_cleanup_pop(0);
    if (there) {
        atomic_store(&l->ch->program_naps, EXEC_AWAKE);
    }
    return there;
}

/* r: what poll() said of the others and, last, of our socket. False: nobody is there any more. */
static bool looked_beside(struct link *l, struct pollfd *others, size_t n, long r)
{
    char byte;

    if (r > 0 && others[n].revents) {
        return recv(l->fd, &byte, 1, MSG_DONTWAIT) != 0 && !(others[n].revents & POLLHUP);
    }
    if (r > 0 || (r < 0 && errno == EINTR)) {
        atomic_store(&l->ch->interrupted, r > 0 ? EXEC_WORLD : EXEC_SIGNAL);
        ring(l);
        for (size_t i = 0; i < n && r > 0; i++) { /* now for the bench alone */
            others[i].fd = -1;
        }
    }
    return r != 0 || !bench_has_gone(l);
}

/* The same on the socket, where the bench sends a byte, and on what else may end the wait. */
static bool nap_beside(struct link *l, struct pollfd *others, size_t n)
{
    bool there = true;

    others[n] = (struct pollfd){ .fd = l->fd, .events = POLLIN };
    atomic_store(&l->ch->program_naps, EXEC_ON_SOCKET);
    pthread_cleanup_push(take_back, l);
    while (there && atomic_load(&l->ch->turn) != EXEC_PROGRAM) {
        struct timespec second = { .tv_sec = 1 }; /* the kernel writes what is left into it */
        long r = bench_sleep(SYS_ppoll, (long)others, (long)n + 1, (long)&second, 0, 0, 0);

        there = looked_beside(l, others, n, r);
    }
    pthread_cleanup_pop(0);
    if (there) {
        atomic_store(&l->ch->program_naps, EXEC_AWAKE);
    }
    return there;
}

/* Gives the turn away and gets it back. others: NULL, or see bench_ask_beside(). False: nobody is there any more. */
static bool exchange(struct link *l, struct pollfd *others, size_t n_others)
{
    struct exec_channel *ch = l->ch;

    l->asking = true;
    ch->n_request = l->n;
    ch->n_followed = l->step;
    l->n = 0;
    atomic_store(&ch->interrupted, EXEC_NOTHING_CAME);
    atomic_store(&ch->turn, EXEC_BENCH);
    switch (atomic_load(&ch->bench_naps)) {
    case EXEC_ON_FUTEX: kernel_call(SYS_futex, &ch->turn, FUTEX_WAKE, 1, NULL, NULL, 0); break;
    case EXEC_ON_SOCKET: ring(l); break;
    default: break;
    }
    bool together = atomic_load(&ch->on_one_core);
    unsigned spins = others || together ? 0 : l->tries ? EXEC_TRY * ch->spins : l->naps % AGAIN ? 0 : ch->spins;

    l->tries = together ? EXEC_TRIES : l->tries ? l->tries - 1 : 0;
    for (unsigned i = 0; i < spins && atomic_load_explicit(&ch->turn, memory_order_acquire) != EXEC_PROGRAM; i++) {
        exec_pause();
    }
    l->naps = atomic_load(&ch->turn) == EXEC_PROGRAM ? 0 : l->naps + 1;
    bool there = atomic_load(&ch->turn) == EXEC_PROGRAM || (others ? nap_beside(l, others, n_others) : nap(l));

    there = there && !atomic_load(&ch->over);
    l->asking = false;
    l->taken = 0;
    l->room_used = 0;
    l->step = 0;
    l->step_at = 0;
    return there;
}

static size_t record_bytes(size_t n_data)
{
    return sizeof(struct exec_record) + (n_data + 7) / 8 * 8;
}

static void add(struct link *l, const struct question *q)
{
    struct exec_record *r = (void *)(l->ch->request + l->n);

    *r = (struct exec_record){
        .op = q->op,
        .n_data = (uint32_t)q->n_data,
        .handle = q->handle,
        .after_ps = l->debt_ps,
        .arg = { q->arg[0], q->arg[1] },
    };
    if (q->n_data) {
        memcpy(r + 1, q->data, q->n_data);
    }
    l->debt_ps = 0;
    l->n += (uint32_t)record_bytes(q->n_data);
}

static struct answer no_answer(void)
{
    errno = EIO;
    return (struct answer){ .result = -1 };
}

/* ---- answers that were made ahead ---- */

/* The one that the program has; NULL: it has the last. */
static const struct exec_ahead *step_of(const struct link *l)
{
    return l->step < l->ch->n_ahead && l->step < EXEC_AHEAD ? &l->ch->ahead[l->step] : NULL;
}

static uint64_t now_of(const struct link *l)
{
    const struct exec_ahead *step = step_of(l);

    return (step ? step->now_ps : l->ch->now_ps) + l->debt_ps;
}

/* Is it what the bench has asked in its stead: the bytes read, and all of them, and a poll for more? */
static bool goes_on(const struct link *l, const struct question *q)
{
    const struct exec_ahead *step = step_of(l);
    const struct exec_record *take = (const void *)l->ch->request;
    const struct exec_poll *asked = q->data;

    if (!step || l->debt_ps || l->n != sizeof *take || q->op != EXEC_POLL || q->arg[1] || q->n_data != sizeof *asked) {
        return false;
    }
    uint64_t next_ps = l->step + 1 < l->ch->n_ahead ? step[1].now_ps : l->ch->now_ps;

    return take->op == EXEC_TAKE && take->handle == l->ch->ahead_handle && !take->after_ps && take->arg[0] == step->n &&
           take->arg[1] == step->wanted && asked->handle == take->handle && asked->events == POLLIN &&
           q->arg[0] >= next_ps - step->now_ps;
}

static struct answer step_answer(struct link *l)
{
    l->told = (struct exec_poll){ .handle = l->ch->ahead_handle, .events = POLLIN, .revents = POLLIN };
    return (struct answer){ .result = 1, .data = &l->told, .n_data = sizeof l->told };
}

/* ---- */

static bool is_held(int signal_number, const struct sigaction *how)
{
    sigset_t blocked;

    sigprocmask(SIG_BLOCK, NULL, &blocked);
    return sigismember(&blocked, signal_number) == 1 || how->sa_handler == SIG_IGN;
}

static struct answer last_answer(const struct link *l, int saved)
{
    struct exec_channel *ch = l->ch;
    struct answer a = { .result = ch->result, .data = ch->answer, .n_data = ch->n_answer };
    int signal_number = ch->signal, error = ch->error;
    unsigned timer = ch->timer;

    a.interrupted = a.result == -1 && error == EINTR;
    a.restart = true;
    if (signal_number) {
        struct sigaction how;

        a.restart = sigaction(signal_number, NULL, &how) == 0 && how.sa_flags & SA_RESTART;
        a.held = is_held(signal_number, &how);
        posix_timer_signal(timer, signal_number, a.held);
    }
    errno = a.result == -1 ? error : saved;
    return a;
}

static struct answer ask_once(const struct question *q, struct pollfd *others, size_t n_others)
{
    struct link *l = my_link();
    int saved = errno;

    if (!l) {
        return no_answer();
    }
    if (!others && goes_on(l, q)) {
        l->n = 0; /* it has been carried out */
        l->taken = 0;
        l->step_at += l->ch->ahead[l->step++].n;
        return step_of(l) ? step_answer(l) : last_answer(l, saved);
    }
    if (l->n + record_bytes(q->n_data) > sizeof l->ch->request) {
        bench_flush();
    }
    add(l, q);
    if (!exchange(l, others, n_others)) {
        end_session();
        return no_answer();
    }
    return step_of(l) ? step_answer(l) : last_answer(l, saved);
}

static struct answer ask(const struct question *q, struct pollfd *others, size_t n_others)
{
    struct question rest = *q;
    bool has_limit = (q->op == EXEC_POLL || (q->op == EXEC_SLEEP && !q->arg[1])) && q->arg[0] != EXEC_NEVER;

    for (;;) {
        uint64_t begin = bench_now_ps();
        struct answer a = ask_once(&rest, others, n_others);

        if (!a.held) {
            return a;
        }
        uint64_t passed = bench_now_ps() - begin;

        rest.arg[0] -= !has_limit ? 0 : passed < rest.arg[0] ? passed : rest.arg[0];
    }
}

struct answer bench_ask(const struct question *q)
{
    return ask(q, NULL, 0);
}

struct answer bench_ask_beside(const struct question *q, struct pollfd *others, size_t n)
{
    return ask(q, others, n);
}

void bench_say(const struct question *q)
{
    struct link *l = my_link();

    if (!l) {
        return;
    }
    if (l->n + record_bytes(q->n_data) + record_bytes(EXEC_PEEK_BYTES) > sizeof l->ch->request) {
        bench_flush();
    }
    add(l, q);
    if (q->op == EXEC_WRITE) {
        l->room_used += q->n_data;
    }
}

void bench_flush(void)
{
    for (unsigned i = 0; i < DEPTH; i++) {
        struct link *l = &self.link[i];

        bool more = l->ch && !l->asking && (l->n || step_of(l)); /* what was made ahead is another's to read, too */

        if (more && bench_is_on() && !self.busy) {
            add(l, &(struct question){ .op = EXEC_NOTHING });
            if (!exchange(l, NULL, 0)) {
                end_session();
            }
        }
    }
}

/* The bench has seen this thread asleep in a call that nobody told of: what time is it now? */
static void catch_up(struct link *l)
{
    if (atomic_load_explicit(&l->ch->slept, memory_order_relaxed) && atomic_exchange(&l->ch->slept, 0)) {
        bench_ask(&(struct question){ .op = EXEC_NOTHING });
    }
}

uint64_t bench_look_ps(void)
{
    struct link *l = my_link();

    if (!l) {
        return 0;
    }
    catch_up(l);
    l->debt_ps += EXEC_LOOK_PS;
    if (l->debt_ps >= FLUSH_PS) {
        bench_ask(&(struct question){ .op = EXEC_NOTHING });
    }
    return now_of(l);
}

uint64_t bench_now_ps(void)
{
    struct link *l = my_link();

    if (l) {
        catch_up(l);
    }
    return l ? now_of(l) : 0;
}

/* ---- what comes along with answers ---- */

const uint8_t *bench_peek(int handle, size_t *n)
{
    struct link *l = my_link();

    const struct exec_ahead *step = l ? step_of(l) : NULL;

    if (step) {
        *n = handle == l->ch->ahead_handle && l->taken < step->n ? step->n - l->taken : 0;
        return *n && l->step_at + step->n <= EXEC_PEEK_BYTES ? l->ch->ahead_bytes + l->step_at + l->taken : NULL;
    }
    if (!l || l->ch->peek_handle != handle || l->ch->n_peek > EXEC_PEEK_BYTES || l->taken >= l->ch->n_peek) {
        return NULL;
    }
    *n = l->ch->n_peek - l->taken;
    return l->ch->peek + l->taken;
}

void bench_took(int handle, size_t n, size_t wanted)
{
    struct link *l = my_link();

    if (l) {
        l->taken += n;
        bench_say(&(struct question){ .op = EXEC_TAKE, .handle = handle, .arg = { n, wanted } });
    }
}

size_t bench_room(int handle)
{
    struct link *l = my_link();

    return l && !step_of(l) && l->ch->room_handle == handle && l->ch->room > l->room_used ? l->ch->room - l->room_used
                                                                                          : 0;
}

const struct exec_name *bench_names(size_t *n)
{
    struct link *l = my_link();

    *n = l && l->ch->n_names <= EXEC_NAMES ? l->ch->n_names : 0;
    return l ? l->ch->names : NULL;
}

bool bench_send_device(int fd)
{
    struct link *l = my_link();
    char byte = EXEC_DEVICE, room[CMSG_SPACE(sizeof fd)] = { 0 };
    struct iovec v = { &byte, 1 };
    struct msghdr m = { .msg_iov = &v, .msg_iovlen = 1, .msg_control = room, .msg_controllen = sizeof room };

    if (!l) {
        return false;
    }
    struct cmsghdr *c = CMSG_FIRSTHDR(&m);

    c->cmsg_level = SOL_SOCKET;
    c->cmsg_type = SCM_RIGHTS;
    c->cmsg_len = CMSG_LEN(sizeof fd);
    memcpy(CMSG_DATA(c), &fd, sizeof fd);
    return sendmsg(l->fd, &m, MSG_NOSIGNAL) == 1;
}

/* ---- threads and processes ---- */

void bench_outside_begin(void)
{
    int saved = errno;

    bench_ask(&(struct question){ .op = EXEC_OUTSIDE });
    errno = saved;
}

void bench_outside_end(void)
{
    int saved = errno;

    bench_ask(&(struct question){ .op = EXEC_NOTHING });
    errno = saved;
}

/* In turn with the others from the first instruction on. */
static void say_hello(enum exec_hello_kind kind)
{
    int saved = errno;

    self.kind = kind;
    bench_ask(&(struct question){ .op = EXEC_NOTHING });
    errno = saved;
}

void bench_begin(void)
{
    if (bench_is_on()) {
        say_hello(EXEC_PROCESS);
    }
}

void bench_forked(void)
{
    struct exec_channel *parents = self.link[0].ch; /* to say so there, if there is no room for one of our own */

    if (parents) {
        real_close(self.link[0].fd);
        memset(&self.link[0], 0, sizeof self.link[0]);
    }
    drop_links();
    connect_forked(parents);
    say_hello(EXEC_FORKED);
    if (parents) {
        drop_channel(parents, self.link[0].ch);
    }
}

void bench_execs(const char *path, bool failed)
{
    int saved = errno;
    size_t n = strnlen(path, EXEC_IMAGE_BYTES);

    if (bench_is_on()) {
        bench_ask(&(struct question){ .op = EXEC_EXECS, .arg = { failed }, .data = path, .n_data = n });
    }
    errno = saved;
}

void bench_thread_begin(void)
{
    self.kind = EXEC_THREAD;
    my_link();
}

void bench_thread_end(void)
{
    bench_ask(&(struct question){ .op = EXEC_BYE });
    drop_links();
    self.busy = true; /* no more */
}

/* Of the link that is there: none is made for this. */
static struct exec_channel *shared_with_bench(void)
{
    return bench_is_on() && self.link[0].ch && atomic_load(&self.link[0].ch->on_one_core) ? self.link[0].ch : NULL;
}

const void *bench_cores(void)
{
    const struct exec_channel *ch = shared_with_bench();

    return ch ? ch->cores : NULL;
}

void bench_cores_set(void)
{
    struct exec_channel *ch = bench_is_on() ? self.link[0].ch : NULL;

    if (ch) {
        atomic_store(&ch->cores_chosen, 1);
        atomic_store(&ch->on_one_core, 0);
    }
}

bool bench_owns(int fd)
{
    for (unsigned i = 0; i < DEPTH; i++) {
        if (self.link[i].ch && self.link[i].fd == fd) {
            return true;
        }
    }
    return false;
}
