/* SPDX-License-Identifier: GPL-3.0-or-later */
/* client_processes.c - the processes of programs: who is to say hello, who has ended, who may have a signal (client.h) */
#include "harness/exec/client.h"

#include "harness/exec/proc.h"
#include "harness/exec/program.h"
#include "sim/memory.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum {
    EXPECTED_MS = 300, /* after that look what runs there */
    SILENT_MS = 3000,  /* after that one that sleeps will never say hello */
};

static int64_t now_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void stop_timers(struct process *p)
{
    for (unsigned i = 0; i < EXEC_PROCESS_TIMERS; i++) {
        p->timer[i].due_ps = SIM_NEVER;
    }
}

struct process_timer *process_first_timer(struct process *p)
{
    struct process_timer *first = NULL;

    for (unsigned i = 0; i < EXEC_PROCESS_TIMERS; i++) {
        struct process_timer *t = &p->timer[i];

        if (t->due_ps != SIM_NEVER && t->signal && (!first || t->due_ps < first->due_ps)) {
            first = t;
        }
    }
    return first;
}

/* ---- the list ---- */

static struct process *find(const struct clients *c, pid_t pid)
{
    for (struct process *p = pid > 0 ? c->processes : NULL; p; p = p->next) {
        if (p->pid == pid && !p->ended) {
            return p;
        }
    }
    return NULL;
}

static struct process *add(struct clients *c, pid_t pid)
{
    struct process *p = memory_zeroed(1, sizeof *p), **at = &c->processes;

    *p = (struct process){ .pid = pid, .pid_fd = (int)syscall(SYS_pidfd_open, pid, 0), .since_ms = now_ms() };
    stop_timers(p);
    p->ended = p->pid_fd < 0;
    c->lack = p->ended && errno != ESRCH ? errno : c->lack;
    clients_watch(c, p->pid_fd, CLIENTS_PROCESS, p);
    while (*at) {
        at = &(*at)->next;
    }
    *at = p;
    return p;
}

struct process *clients_process(struct clients *c, pid_t pid)
{
    struct process *p = find(c, pid);

    return p ? p : add(c, pid);
}

/* One that was quick has spoken, and ended, before it was named. */
static struct process *ended_unnamed(const struct clients *c, pid_t pid)
{
    for (struct process *p = c->processes; p; p = p->next) {
        if (p->pid == pid && p->ended && !p->named) {
            return p;
        }
    }
    return NULL;
}

void clients_child(struct clients *c, pid_t pid, struct process *parent)
{
    struct process *p = find(c, pid);

    p = p ? p : ended_unnamed(c, pid);
    if (!p) {
        p = add(c, pid);
        p->expected = true;
    }
    p->named = true;
    p->parent = parent ? parent->pid : 0;
    if (parent && !p->ended) {
        parent->n_children++;
    }
}

static void close_end(struct process *p)
{
    if (p->pid_fd >= 0) {
        close(p->pid_fd);
    }
    p->pid_fd = -1;
}

static void free_process(struct process *p)
{
    close_end(p);
    free(p);
}

void clients_forget_processes(struct clients *c, bool all)
{
    for (struct process **at = &c->processes; *at;) {
        struct process *p = *at;

        if (all || (p->ended && p->named)) {
            *at = p->next;
            free_process(p);
        } else {
            at = &p->next;
        }
    }
    c->any_ended = false;
}

/* ---- ends ---- */

static void note(struct clients *c, const char *text)
{
    if (c->note) {
        c->note(c->ctx, text);
    }
}

/* What it did, if anything, was not in simulated time; a pass of it means nothing. */
static void say_mute(struct clients *c, const struct process *p)
{
    char text[EXEC_IMAGE_BYTES + 100];

    if (p->execs[0] || (!p->spoke && p->parent)) {
        snprintf(text, sizeof text, "%s ended without having spoken with the bench: it ran outside simulated time",
                 p->execs[0] ? p->execs : "a process");
        note(c, text);
    }
    c->mute |= !p->spoke && p->named && !p->parent;
}

/*
 * Its parent gets its signal, or is woken in wait(), a moment later. That moment is one hold of the kernel's lock on the
 * list of processes, which this call waits for. Others get one, too, where it has children or leads a session.
 */
static void await_signal(struct clients *c, const struct process *p)
{
    struct process *parent = find(c, p->parent);
    bool leads = getsid(p->pid) == p->pid;

    getpriority(PRIO_PGRP, 0);
    clients_signalled(c, parent && !leads && !p->n_children ? parent : NULL);
    if (parent) {
        parent->n_children--;
    }
}

void process_ended(struct clients *c, struct process *p)
{
    p->ended = c->any_ended = true;
    p->expected = false;
    close_end(p);
    stop_timers(p);
    say_mute(c, p);
    await_signal(c, p);
}

void process_hung_up(struct process *p)
{
    if (!p->ended) {
        p->expected = true;
        p->since_ms = now_ms();
    }
}

void clients_signalled(struct clients *c, struct process *p)
{
    c->signalled = true;
    if (p) {
        p->signalled = true;
        c->suspects++;
    } else {
        c->all_signalled = true;
        c->suspects += c->n_live;
    }
}

void clients_signals_told(struct clients *c)
{
    for (struct process *p = c->signalled ? c->processes : NULL; p; p = p->next) {
        p->signalled = false;
    }
    c->signalled = c->all_signalled = false;
}

/* ---- hellos that don't come ---- */

/* A process that should have said hello by now: does it run something that can't? */
static void inspect(struct clients *c, struct process *p)
{
    char path[64], to[300], text[700];
    struct problem why = { "" };
    ssize_t n;

    snprintf(path, sizeof path, "/proc/%d/exe", (int)p->pid);
    n = readlink(path, to, sizeof to - 1);
    if (n <= 0) {
        return;
    }
    to[n] = '\0';
    if (!program_can_run(to, &why)) {
        snprintf(text, sizeof text, "%.500s: it runs outside simulated time", why.text);
    } else if (now_ms() - p->since_ms > SILENT_MS && proc_state(p->pid, p->pid) == 'S') {
        snprintf(text, sizeof text,
                 "process %d (%s) does not speak with the bench (was its environment cleared?): it runs outside "
                 "simulated time",
                 (int)p->pid, to);
    } else {
        return;
    }
    note(c, text);
    p->expected = false;
    p->execs[0] = '\0'; /* it has been said; of the first of all, which must speak, it is again at its end */
    p->spoke |= p->parent != 0;
}

bool clients_expect(struct clients *c)
{
    bool any = false;

    for (struct process *p = c->processes; p; p = p->next) {
        if (p->expected && !p->ended && now_ms() - p->since_ms > EXPECTED_MS) {
            inspect(c, p);
        }
        any |= p->expected && !p->ended;
    }
    return any;
}

bool clients_lack(const struct clients *c, struct problem *err)
{
    struct rlimit files = { 0 };

    if (c->mute) {
        problem_set(err, "the program ended without having spoken with the bench: it was not in simulated time");
    } else if (c->lack && c->programs_lack) {
        problem_set(err, "the program left no room for itself to speak with the bench: %s%s", strerror(c->lack),
                    c->lack == EMFILE ? " (ulimit -n): it needs one for each thread" : "");
    } else if (c->lack == EMFILE && getrlimit(RLIMIT_NOFILE, &files) == 0) {
        problem_set(err,
                    "no room for another process or thread of the program: %s; limpet may have %llu (ulimit -n), and "
                    "needs one for each thread and one for each process",
                    strerror(c->lack), (unsigned long long)files.rlim_cur);
    } else if (c->lack) {
        problem_set(err, "no room for another process or thread of the program: %s%s", strerror(c->lack),
                    c->lack == EFBIG ? " (ulimit -f)" : "");
    }
    return c->mute || c->lack;
}
