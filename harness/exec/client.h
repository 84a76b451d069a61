/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * client.h - the threads of programs under `limpet exec`: their sockets, channels, processes; who runs and who waits
 *
 *      hello --> client: RUNS --asks--> ASKED --answered--> RUNS ... hang-up --> gone
 *                                         \--answered--> OUTSIDE (waits for the world) --asks--> ASKED
 *
 * clients_settle() returns when nobody computes any more: every thread has asked, or sleeps in a call on the world
 * outside. Until then simulated time stands still, so nothing depends on how long a program computes. A thread that
 * computes without an end is reported after a stated time of its processor, so nothing depends on the machine's load.
 */
#ifndef HARNESS_EXEC_CLIENT_H
#define HARNESS_EXEC_CLIENT_H

#include "harness/exec/ahead.h"
#include "harness/exec/one_core.h"
#include "harness/exec/reply.h"
#include "preload/protocol.h"
#include "sim/kernel.h"
#include "sim/problem.h"

#include <sys/types.h>

enum client_state { CLIENT_RUNS, CLIENT_ASKED, CLIENT_OUTSIDE };

struct client_wait { /* of the record that is being carried out */
    bool on;         /* it could not be done at once, at since_ps */
    sim_time since_ps;
    sim_time deadline_ps;
    uint64_t memo; /* the device's */
};

struct process_timer {
    sim_time due_ps;   /* SIM_NEVER: off */
    sim_time every_ps; /* 0: once */
    int signal;        /* 0: none */
};

struct process {
    pid_t pid;
    int pid_fd; /* readable when it has ended; then -1 */
    bool ended;
    bool expected;                                   /* about to say hello */
    bool named;                                      /* by who started it */
    bool spoke;                                      /* has said hello, ever */
    bool signalled;                                  /* of clients.signalled: only this one */
    pid_t parent;                                    /* who has named it; 0: the bench, or not known */
    unsigned n_children;                             /* that it has named, and live */
    char execs[EXEC_IMAGE_BYTES + 1];                /* the program that it is about to be; "": none */
    int64_t since_ms;                                /* wall clock: expected since */
    struct process_timer timer[EXEC_PROCESS_TIMERS]; /* 0: its ITIMER_REAL */
    struct process *next;
};

struct client {
    unsigned number; /* order of hellos */
    int socket;
    struct exec_channel *channel;
    pid_t tid;
    struct process *process;
    enum client_state state;
    int device_fd;    /* came for the EXEC_OPEN that follows; -1 */
    uint8_t *request; /* copied: [EXEC_DATA_BYTES] */
    size_t n_request;
    size_t at;  /* the record in it that is next */
    bool fresh; /* nobody has looked at it yet */
    struct ahead ahead;
    sim_time due_ps; /* when it is carried out */
    sim_time own_ps; /* the thread's time: of the last record */
    struct client_wait wait;
    bool looked_at;  /* it runs for so long that somebody looked ... */
    uint64_t cpu_ns; /* ... when its thread had had so much of the processor */
    bool gone;
    unsigned names_version; /* that it has seen */
    struct client *next;
};

struct clients {
    const struct sim *sim;
    int listen_fd;
    char name[64];                      /* for EXEC_ENV */
    struct exec_name names[EXEC_NAMES]; /* for exec_channel.names */
    unsigned n_names, names_version;
    struct one_core core;
    uint64_t asked_ns, turn_ns; /* wall clock: when the last question came; the turn after it took so long */
    bool crowded;               /* there was more than one at a time */
    bool signalled;             /* who waits may have a signal that he has not told of yet: ... */
    bool all_signalled;         /* ... any of them, not only those of processes that are marked */
    unsigned spins, tries, naps, n, settles; /* naps: in a row, see spin() */
    uint64_t looks, buried;                  /* at the sockets; threads that were seen to be gone */
    uint64_t suspects;                       /* threads to be looked at for a signal, over all times */
    unsigned n_live;                         /* threads */
    int lack;                                /* an errno: this machine had no room for a thread that said hello; 0 */
    bool programs_lack;                      /* ... by the program's limits, not ours */
    bool mute;                               /* the program itself has ended without a hello */
    bool any_ended;                          /* processes that nobody needs to know any more */
    struct client *first;
    struct process *processes;
    int epoll_fd; /* of all sockets and ends of processes */
    int watch_fd; /* another descriptor to look at (the program's output); -1 */
    void (*watched)(void *ctx);
    void *ctx;
    unsigned patience_s;        /* so much of the processor may a thread take without a call */
    bool (*stopped)(void *ctx); /* NULL, or: is all to end? Nobody is waited for then */
    void *stopped_ctx;
    void (*note)(void *ctx, const char *text);
};

/* False and err: no socket. */
bool clients_init(struct clients *c, struct problem *err);
/* Nobody is answered any more; hangs up. */
void clients_free(struct clients *c);

/* Of its timers with a signal that which is due first; NULL: all are off. */
struct process_timer *process_first_timer(struct process *p);
/* What the program prints; -1: nothing any more. */
void clients_watch_output(struct clients *c, int fd);

/* A process that has said hello. */
struct process *clients_process(struct clients *c, pid_t pid);
/* One that was started by another, NULL: by the bench, and is to say hello. */
void clients_child(struct clients *c, pid_t pid, struct process *parent);
/* A signal may have come to a process (NULL: any of them) that none of its threads has told of: settling waits for that. */
void clients_signalled(struct clients *c, struct process *p);
/* True: there was no room for a thread, or the program is not in simulated time at all; err says so. */
bool clients_lack(const struct clients *c, struct problem *err);

/* ---- between client.c and client_processes.c ---- */

enum clients_watched { CLIENTS_LISTEN, CLIENTS_OUTPUT, CLIENTS_THREAD, CLIENTS_PROCESS };

/* whose: what the descriptor is of. */
void clients_watch(struct clients *c, int fd, enum clients_watched what, void *whose);
/* Is anybody to say hello? Of those that should have by now it is said what they are. */
bool clients_expect(struct clients *c);
/* Its pidfd says so. */
void process_ended(struct clients *c, struct process *p);
/* All its threads have hung up: it ends, or another program begins in it. */
void process_hung_up(struct process *p);
/* Those that have ended, or all. */
void clients_forget_processes(struct clients *c, bool all);
/* Nobody has a signal that he has not told of. */
void clients_signals_told(struct clients *c);

enum settled {
    SETTLED,
    SETTLED_SPINS, /* *who computes on although its timer is due: see clients_settle() */
    SETTLED_STUCK, /* err says which thread computes without an end, or what another one lacks */
};

/*
 * Waits until nobody computes. SETTLED_SPINS: a process with a timer has computed for a stated time of its processor
 * without a call: it waits for its alarm. That is a fifth of what the timer has left, CLIENT_SPIN_MS to a second.
 */
enum settled clients_settle(struct clients *c, struct process **who, struct problem *err);
#define CLIENT_SPIN_MS 20

/* Something of the world is waited for, timeout_ms (-1: without end): a message, an end. */
void clients_look(struct clients *c, int timeout_ms);

/* The present record; NULL: it makes no sense (the program has overwritten it). data: what follows it. */
const struct exec_record *client_record(const struct client *c, const void **data);
/* Is it the last, the question? */
bool client_is_last_record(const struct client *c);
/* To the next one. False: that was the last, it is to be answered. */
bool client_next_record(struct client *c);

/* The thread goes on, at now_ps, with what was made ahead of this reply. */
void client_answer(struct client *c, const struct reply *r, sim_time now_ps, enum client_state state);
/* Before an answer: the names as they are now. */
void client_see_names(const struct clients *c, struct client *k);
/* The bench's end of a device that the program opens, the caller's from now on; -1: none came. */
int client_take_device(struct client *c);
/* What came while it waited? */
enum exec_interruption client_interrupted(const struct client *c);
/* Does somebody sleep on descriptors of the world besides? */
bool clients_wait_for_world(const struct clients *c);

#endif
