/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "harness/exec/client.h"

#include "harness/exec/proc.h"
#include "sim/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

enum {
    SPINS = 1500,        /* some 10 us: the answer of a bit-banged call comes faster than a sleep would take */
    SOON_LOOK_MS = 2,    /* whether somebody who does not ask computes, or sleeps in a call that is not ours */
    SLOW_LOOK_MS = 10,   /* while somebody computes for long */
    ASLEEP_LOOK_US = 50, /* while somebody is on the way into or out of a call on the world */
};

#define MS_TO_NS UINT64_C(1000000)
#define MOST_SPIN_NS (1000 * MS_TO_NS)

static uint64_t now_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * UINT64_C(1000000000) + (uint64_t)t.tv_nsec;
}

/* ---- the socket that hellos come to ---- */

static bool listen_there(struct clients *c)
{
    struct sockaddr_un a = { .sun_family = AF_UNIX };
    uint64_t random = 0;

    if (getrandom(&random, sizeof random, 0) != sizeof random) {
        return false;
    }
    snprintf(c->name, sizeof c->name, "limpet-exec-%d-%016llx", (int)getpid(), (unsigned long long)random);
    strcpy(a.sun_path + 1, c->name);
    c->listen_fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    return c->listen_fd >= 0 &&
           bind(c->listen_fd, (struct sockaddr *)&a,
                (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + strlen(c->name))) == 0 &&
           listen(c->listen_fd, 64) == 0;
}

bool clients_init(struct clients *c, struct problem *err)
{
    cpu_set_t cores;

    c->first = NULL;
    c->processes = NULL;
    c->n = c->settles = 0;
    c->crowded = false;
    c->asked_ns = c->turn_ns = 0;
    one_core_init(&c->core);
    c->spins = sched_getaffinity(0, sizeof cores, &cores) == 0 && CPU_COUNT(&cores) > 1 ? SPINS : 0;
    c->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    if (c->epoll_fd < 0 || !listen_there(c)) {
        return problem_set(err, "no socket for the program: %s", strerror(errno));
    }
    clients_watch(c, c->listen_fd, CLIENTS_LISTEN, NULL);
    return true;
}

/* What it is comes back in the two bits that no pointer has. */
void clients_watch(struct clients *c, int fd, enum clients_watched what, void *whose)
{
    struct epoll_event e = { .events = EPOLLIN, .data = { .u64 = (uintptr_t)whose | what } };

    if (fd >= 0 && epoll_ctl(c->epoll_fd, EPOLL_CTL_ADD, fd, &e) != 0) {
        c->lack = errno;
    }
}

void clients_watch_output(struct clients *c, int fd)
{
    if (c->watch_fd >= 0) {
        epoll_ctl(c->epoll_fd, EPOLL_CTL_DEL, c->watch_fd, NULL);
    }
    c->watch_fd = fd;
    clients_watch(c, fd, CLIENTS_OUTPUT, NULL);
}

static void free_client(struct client *c)
{
    if (c->channel) {
        atomic_store(&c->channel->over, 1);
        atomic_store(&c->channel->turn, EXEC_PROGRAM);
        syscall(SYS_futex, &c->channel->turn, FUTEX_WAKE, 1, NULL, NULL, 0);
        munmap(c->channel, sizeof *c->channel);
    }
    close(c->socket);
    if (c->device_fd >= 0) {
        close(c->device_fd);
    }
    free(c->request);
    free(c);
}

void clients_free(struct clients *c)
{
    one_core_apart(&c->core);
    while (c->first) {
        struct client *next = c->first->next;

        free_client(c->first);
        c->first = next;
    }
    clients_forget_processes(c, true);
    if (c->listen_fd >= 0) {
        close(c->listen_fd);
    }
    if (c->epoll_fd >= 0) {
        close(c->epoll_fd);
    }
    c->listen_fd = c->epoll_fd = c->watch_fd = -1;
}

static bool has_clients(const struct clients *c, const struct process *p)
{
    for (const struct client *k = c->first; k; k = k->next) {
        if (k->process == p) {
            return true;
        }
    }
    return false;
}

/* ---- hello ---- */

static bool send_channel(int to, int memory)
{
    char byte = 'c', room[CMSG_SPACE(sizeof memory)] = { 0 };
    struct iovec v = { &byte, 1 };
    struct msghdr m = { .msg_iov = &v, .msg_iovlen = 1, .msg_control = room, .msg_controllen = sizeof room };
    struct cmsghdr *c = CMSG_FIRSTHDR(&m);

    c->cmsg_level = SOL_SOCKET;
    c->cmsg_type = SCM_RIGHTS;
    c->cmsg_len = CMSG_LEN(sizeof memory);
    memcpy(CMSG_DATA(c), &memory, sizeof memory);
    return sendmsg(to, &m, MSG_NOSIGNAL) == 1;
}

static struct exec_channel *new_channel(struct clients *c, int to)
{
    int memory = memfd_create("limpet-exec", MFD_CLOEXEC);
    void *at = memory >= 0 && ftruncate(memory, sizeof(struct exec_channel)) == 0
                   ? mmap(NULL, sizeof(struct exec_channel), PROT_READ | PROT_WRITE, MAP_SHARED, memory, 0)
                   : MAP_FAILED;
    struct exec_channel *channel = at == MAP_FAILED ? NULL : at;

    if (!channel) {
        c->lack = errno;
    } else {
        channel->spins = c->spins;
        channel->peek_handle = channel->room_handle = -1;
        atomic_store(&channel->bench_naps, EXEC_ON_SOCKET);
        channel->n_names = c->n_names;
        memcpy(channel->names, c->names, sizeof c->names);
        if (!send_channel(to, memory)) {
            munmap(at, sizeof *channel);
            channel = NULL;
        }
    }
    if (memory >= 0) {
        close(memory);
    }
    return channel;
}

/* Who that is, as the kernel says it. */
static pid_t peer(int socket)
{
    struct ucred who = { .pid = 0 };
    socklen_t n = sizeof who;

    return getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &who, &n) == 0 && who.uid == geteuid() ? who.pid : 0;
}

static void begins_to_run(struct client *c)
{
    c->state = CLIENT_RUNS;
    c->looked_at = false;
}

static void add_client(struct clients *c, int socket, const struct exec_hello *hello)
{
    struct client *k = memory_zeroed(1, sizeof *k), **at = &c->first;
    pid_t pid = peer(socket);

    k->socket = socket;
    k->device_fd = -1;
    k->channel = pid ? new_channel(c, socket) : NULL;
    if (!k->channel) {
        free_client(k);
        return;
    }
    k->number = c->n++;
    c->n_live++;
    c->crowded |= c->first != NULL;
    for (const struct client *other = c->first; other; other = other->next) {
        if (atomic_load(&other->channel->cores_chosen)) {
            one_core_never(&c->core);
        }
    }
    one_core_hello(&c->core, hello->pid == pid ? hello->tid : pid);
    k->names_version = c->names_version;
    k->request = memory_zeroed(EXEC_DATA_BYTES, 1);
    k->tid = hello->pid == pid ? hello->tid : pid;
    k->process = clients_process(c, pid);
    k->process->expected = false;
    k->process->spoke = true;
    k->process->execs[0] = '\0';
    clients_watch(c, socket, CLIENTS_THREAD, k);
    begins_to_run(k);
    while (*at) {
        at = &(*at)->next;
    }
    *at = k;
}

static void accept_one(struct clients *c)
{
    int fd = accept4(c->listen_fd, NULL, NULL, SOCK_CLOEXEC);
    struct timeval limit = { .tv_sec = 2 };
    struct exec_hello hello;

    if (fd < 0) {
        c->lack = errno == EAGAIN || errno == EINTR || errno == ECONNABORTED ? c->lack : errno;
        return;
    }
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    if (recv(fd, &hello, sizeof hello, 0) == sizeof hello && hello.version == EXEC_VERSION) {
        add_client(c, fd, &hello);
    } else {
        close(fd);
    }
}

/* ---- messages on a thread's socket ---- */

/* False: it hung up. */
static bool take_message(struct client *c)
{
    char byte, room[CMSG_SPACE(sizeof(int))];
    struct iovec v = { &byte, 1 };
    struct msghdr m = { .msg_iov = &v, .msg_iovlen = 1, .msg_control = room, .msg_controllen = sizeof room };
    ssize_t n = recvmsg(c->socket, &m, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    struct cmsghdr *head = n == 1 ? CMSG_FIRSTHDR(&m) : NULL;

    if (head && head->cmsg_type == SCM_RIGHTS) {
        if (c->device_fd >= 0) {
            close(c->device_fd);
        }
        memcpy(&c->device_fd, CMSG_DATA(head), sizeof c->device_fd);
    }
    if (n == 1 && (uint8_t)byte & EXEC_NO_ROOM) {
        atomic_store(&c->channel->lack, (uint8_t)byte & (EXEC_NO_ROOM - 1));
    }
    return n == 1 || (n < 0 && (errno == EAGAIN || errno == EINTR));
}

/* Takes over what the thread asks. */
static void take_request(struct client *c)
{
    size_t n = c->channel->n_request;

    c->n_request = n < EXEC_DATA_BYTES ? n : EXEC_DATA_BYTES;
    memcpy(c->request, c->channel->request, c->n_request);
    c->at = 0;
    c->fresh = true;
    c->wait = (struct client_wait){ .on = false };
    c->due_ps = SIM_NEVER; /* the session says */
    c->state = CLIENT_ASKED;
    atomic_store(&c->channel->bench_naps, EXEC_AWAKE);
}

int client_take_device(struct client *c)
{
    struct pollfd p = { .fd = c->socket, .events = POLLIN };

    while (c->device_fd < 0 && poll(&p, 1, 0) == 1 && take_message(c)) { /* sent before the question: it is there */
    }
    int fd = c->device_fd;

    c->device_fd = -1;
    return fd;
}

static bool has_asked(const struct client *c)
{
    return c->state != CLIENT_ASKED && atomic_load_explicit(&c->channel->turn, memory_order_acquire) == EXEC_BENCH;
}

/* Those that it wakes are waited for from now on, not when it is carried out. */
static bool has_signalled(const struct client *k)
{
    const struct exec_record *last = (const void *)(k->request + k->n_request - sizeof *last);

    return k->n_request >= sizeof *last && last->op == EXEC_SIGNALLED;
}

static bool take_requests(struct clients *c)
{
    bool any = false;

    for (struct client *k = c->first; k; k = k->next) {
        if (has_asked(k)) {
            take_request(k);
            if (has_signalled(k)) {
                clients_signalled(c, NULL);
            }
            any = true;
        }
    }
    return any;
}

static void take_lack(struct clients *c, const struct client *k)
{
    int lack = (int)atomic_load(&k->channel->lack);

    if (lack) {
        c->lack = lack;
        c->programs_lack = true;
    }
}

/* Threads that hung up go; what they asked last is not carried out. */
static void bury(struct clients *c)
{
    for (struct client **at = &c->first; *at;) {
        struct client *k = *at;

        if (!k->gone) {
            at = &k->next;
            continue;
        }
        *at = k->next;
        c->buried++;
        c->n_live--;
        one_core_apart(&c->core); /* its channel goes */
        struct process *p = k->process;

        take_lack(c, k);
        free_client(k);
        if (!has_clients(c, p)) {
            process_hung_up(p);
        }
    }
}

/* Of those that may ask: who waits for an answer may only be interrupted, and rings then. */
static void set_naps(struct clients *c, uint32_t naps)
{
    for (struct client *k = c->first; k; k = k->next) {
        if (k->state != CLIENT_ASKED) {
            atomic_store(&k->channel->bench_naps, naps);
        }
    }
}

static void *whose(const struct epoll_event *e, enum clients_watched what)
{
    return (e->data.u64 & 3) == what ? (void *)(uintptr_t)(e->data.u64 & ~(uint64_t)3) : NULL;
}

/* What threads say, then who has ended, then one hello. */
static void take_events(struct clients *c, const struct epoll_event *events, int n)
{
    bool gone = false, ended = false, hello = false;

    for (int i = 0; i < n; i++) {
        struct client *k = whose(&events[i], CLIENTS_THREAD);
        uint32_t happened = events[i].events, what = events[i].data.u64 & 3;

        if (k && !(happened & EPOLLIN && take_message(k))) {
            k->gone = !has_asked(k) || happened & EPOLLHUP;
            gone |= k->gone;
        }
        if (what == CLIENTS_OUTPUT && c->watched) {
            c->watched(c->ctx);
        }
        hello |= what == CLIENTS_LISTEN;
    }
    for (int i = 0; i < n; i++) {
        struct process *p = whose(&events[i], CLIENTS_PROCESS);

        if (p && !p->ended) {
            process_ended(c, p);
            ended = true;
        }
    }
    for (struct client *k = ended ? c->first : NULL; k; k = k->next) {
        k->gone |= k->process->ended;
        take_lack(c, k); /* of a child, perhaps */
    }
    if (gone || ended) {
        bury(c);
    }
    if (hello) {
        accept_one(c);
    }
}

static void look_ps(struct clients *c, int64_t timeout_us)
{
    enum { AT_A_TIME = 256 }; /* the others next time */
    struct epoll_event events[AT_A_TIME];
    struct pollfd any = { .fd = c->epoll_fd, .events = POLLIN };
    const struct timespec t = { timeout_us / 1000000, timeout_us % 1000000 * 1000 };

    c->looks++;
    set_naps(c, EXEC_ON_SOCKET);
    if (take_requests(c)) {
        timeout_us = 0;
    }
    int n = ppoll(&any, 1, timeout_us < 0 ? NULL : timeout_us ? &t : &(struct timespec){ 0 }, NULL);

    n = n > 0 ? epoll_wait(c->epoll_fd, events, AT_A_TIME, 0) : 0;
    set_naps(c, EXEC_AWAKE);
    take_requests(c);
    take_events(c, events, n);
}

void clients_look(struct clients *c, int timeout_ms)
{
    look_ps(c, timeout_ms < 0 ? -1 : (int64_t)timeout_ms * 1000);
}

/* ---- who computes ---- */

/* It sleeps in poll() on descriptors of the world, too: a byte that another thread writes may wake it. */
static bool sleeps_beside(const struct client *k)
{
    const void *data;
    const struct exec_record *r = k->state == CLIENT_ASKED && k->wait.on ? client_record(k, &data) : NULL;

    return r && r->op == EXEC_POLL && r->arg[1] && !client_interrupted(k);
}

bool clients_wait_for_world(const struct clients *c)
{
    for (const struct client *k = c->first; k; k = k->next) {
        if (sleeps_beside(k)) {
            return true;
        }
    }
    return false;
}

/* One that waits for the world, or may have a signal, and is not asleep (yet, or any more); NULL: all are. */
static struct client *awake_outside(struct clients *c)
{
    for (struct client *k = c->first; k; k = k->next) {
        bool may_have_signal = (c->all_signalled || k->process->signalled) && k->state == CLIENT_ASKED &&
                               !client_interrupted(k);

        if (k->state == CLIENT_OUTSIDE || sleeps_beside(k) || may_have_signal) {
            char state = proc_state(k->process->pid, k->tid);
            if ((k->state == CLIENT_OUTSIDE && has_asked(k)) ||
                (state && state != 'S' && state != 'T' && state != 't' && state != 'Z')) {
                return k;
            }
            k->looked_at = false;
        }
    }
    return NULL;
}

static struct client *next_that_runs(struct client *k)
{
    while (k && k->state != CLIENT_RUNS) {
        k = k->next;
    }
    return k;
}

/* So much of its processor a program computes before its alarm comes: a fifth of what is left, within bounds. */
static uint64_t spin_ns(const struct clients *c, const struct process_timer *t)
{
    sim_time now = c->sim->now_ps, left_ps = t->due_ps > now ? t->due_ps - now : 0;
    uint64_t ns = left_ps / 1000 / 5;

    return ns < CLIENT_SPIN_MS * MS_TO_NS ? CLIENT_SPIN_MS * MS_TO_NS : ns > MOST_SPIN_NS ? MOST_SPIN_NS : ns;
}

/* It computes, and for long: does it wait for its timer, or does it never end? */
static enum settled judge_computing(struct clients *c, struct client *k, struct process **who, struct problem *err)
{
    const struct process_timer *timer = process_first_timer(k->process);
    uint64_t cpu = proc_cpu_ns(k->process->pid, k->tid);

    if (!k->looked_at || cpu < k->cpu_ns) { /* less: it is gone */
        k->looked_at = true;
        k->cpu_ns = cpu;
        return SETTLED;
    }
    if (timer && cpu - k->cpu_ns >= spin_ns(c, timer)) {
        k->cpu_ns = cpu;
        *who = k->process;
        return SETTLED_SPINS;
    }
    if (cpu - k->cpu_ns > c->patience_s * UINT64_C(1000) * MS_TO_NS) {
        problem_set(err,
                    "process %d has computed for %u s of processor time without a call that the bench can see: a loop "
                    "that waits for something outside it never ends in simulated time",
                    (int)k->process->pid, c->patience_s);
        return SETTLED_STUCK;
    }
    return SETTLED;
}

/* It takes long to ask: does it wait for the world in a call that is not ours? */
static enum settled judge_runner(struct clients *c, struct client *k, struct process **who, struct problem *err)
{
    if (proc_state(k->process->pid, k->tid) == 'S' && !has_asked(k)) {
        atomic_store(&k->channel->slept, 1);
        k->state = CLIENT_OUTSIDE;
        return SETTLED;
    }
    return judge_computing(c, k, who, err);
}

/* For a question that comes at once. Where they come late it is tried now and then only. */
static void spin(struct clients *c, const struct client *k)
{
    enum { AGAIN = 128 };
    unsigned spins = c->core.tid ? 0 : c->tries ? EXEC_TRY * c->spins : c->naps % AGAIN ? 0 : c->spins;

    c->tries = c->core.tid ? EXEC_TRIES : c->tries ? c->tries - 1 : 0;

    for (unsigned i = 0; i < spins && !has_asked(k); i++) {
        exec_pause();
    }
    c->naps = has_asked(k) ? 0 : c->naps + 1;
}

/* Until it asks, without a look at anything else, for a short while: the usual case, and cheaper than poll(). */
static void nap_for(const struct client *k)
{
    const struct timespec while_ns = { .tv_nsec = SOON_LOOK_MS * 1000000L };

    atomic_store(&k->channel->bench_naps, EXEC_ON_FUTEX);
    if (!has_asked(k)) {
        syscall(SYS_futex, &k->channel->turn, FUTEX_WAIT, EXEC_PROGRAM, &while_ns, NULL, 0);
    }
    atomic_store(&k->channel->bench_naps, EXEC_AWAKE);
}

enum settled clients_settle(struct clients *c, struct process **who, struct problem *err)
{
    enum { LOOK_EVERY = 64 };

    if (c->asked_ns && next_that_runs(c->first)) {
        c->turn_ns = now_ns() - c->asked_ns;
        c->asked_ns = 0;
    }
    if (++c->settles % LOOK_EVERY == 0) {
        clients_look(c, 0);
    }
    if (c->any_ended) {
        clients_forget_processes(c, false);
    }
    for (;;) {
        if (clients_lack(c, err)) {
            return SETTLED_STUCK;
        }
        struct client *runs = next_that_runs(c->first);
        bool alone = runs && !runs->looked_at && !next_that_runs(runs->next);

        if (runs) {
            spin(c, runs);
        }
        if (alone && !has_asked(runs)) {
            nap_for(runs);
        }
        if (alone && !c->first->next) {
            one_core_exchange(&c->core, runs->tid, runs->channel, c->turn_ns);
            c->asked_ns = now_ns();
        }
        take_requests(c);
        runs = next_that_runs(c->first);
        if (!runs && !clients_expect(c)) {
            struct client *awake = awake_outside(c);
            enum settled how = awake && !has_asked(awake) ? judge_computing(c, awake, who, err) : SETTLED;

            if (how != SETTLED || (!awake && !c->signalled) || (c->stopped && c->stopped(c->stopped_ctx))) {
                return how;
            }
            if (!awake) {
                clients_signals_told(c);
            }
            look_ps(c, awake ? ASLEEP_LOOK_US : 0); /* not: is one of them gone? */
            continue;
        }
        look_ps(c, alone ? 0 : (runs && !runs->looked_at ? SOON_LOOK_MS : SLOW_LOOK_MS) * 1000);
        runs = next_that_runs(c->first);
        if (c->stopped && c->stopped(c->stopped_ctx)) {
            return SETTLED;
        }
        if (runs && !has_asked(runs)) {
            enum settled how = judge_runner(c, runs, who, err);

            if (how != SETTLED) {
                return how;
            }
        }
    }
}

/* ---- answers ---- */

enum exec_interruption client_interrupted(const struct client *c)
{
    return atomic_load(&c->channel->interrupted);
}

void client_see_names(const struct clients *c, struct client *k)
{
    if (k->names_version != c->names_version) {
        k->names_version = c->names_version;
        k->channel->n_names = c->n_names;
        memcpy(k->channel->names, c->names, sizeof c->names);
    }
}

static void hand_turn_back(struct client *c)
{
    const char byte = 'a';

    atomic_store(&c->channel->turn, EXEC_PROGRAM);
    switch (atomic_load(&c->channel->program_naps)) {
    case EXEC_ON_FUTEX: syscall(SYS_futex, &c->channel->turn, FUTEX_WAKE, 1, NULL, NULL, 0); break;
    case EXEC_ON_SOCKET: send(c->socket, &byte, 1, MSG_DONTWAIT | MSG_NOSIGNAL); break;
    default: break;
    }
}

static void tell_ahead(struct exec_channel *ch, const struct ahead *a)
{
    ch->n_ahead = a->n;
    if (a->n) {
        ch->ahead_handle = a->handle;
        memcpy(ch->ahead, a->made, a->n * sizeof a->made[0]);
        memcpy(ch->ahead_bytes, a->bytes, a->n_bytes);
    }
}

void client_answer(struct client *c, const struct reply *r, sim_time now_ps, enum client_state state)
{
    struct exec_channel *ch = c->channel;

    ch->result = r->result;
    ch->error = r->error;
    ch->signal = r->signal;
    ch->timer = r->timer;
    ch->n_answer = (uint32_t)(r->n_data < EXEC_DATA_BYTES ? r->n_data : EXEC_DATA_BYTES);
    if (ch->n_answer) {
        memcpy(ch->answer, r->data, ch->n_answer);
    }
    ch->peek_handle = r->peek_handle;
    ch->n_peek = (uint32_t)(r->n_peek < EXEC_PEEK_BYTES ? r->n_peek : EXEC_PEEK_BYTES);
    if (ch->n_peek) {
        memcpy(ch->peek, r->peek, ch->n_peek);
    }
    ch->room_handle = r->room_handle;
    ch->room = (uint32_t)r->room;
    ch->now_ps = now_ps;
    tell_ahead(ch, &c->ahead);
    begins_to_run(c);
    c->state = state;
    hand_turn_back(c);
}
