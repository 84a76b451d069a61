/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * one_core.h - the bench and the one thread it serves on one core, while their turns are long
 *
 * Turns go back and forth: who waits sleeps, and on a core of its own that core goes to sleep, too. To wake it costs many
 * times what a switch between two threads of one core does: a 32 KiB write and verify by avrdude took 2.1 times the
 * built-in host's processor time that way, and 1.3 on one core (tried with taskset). Where turns are shorter than a
 * sleep both spin on their own cores instead, which is faster still (bit-banged pins): so this begins and ends by the mean
 * length of the bench's last turns, and ends when a second thread says hello.
 *
 * The program does not see it: what it asks of its cores is answered with those that it had (preload/cores.c). What it
 * sets itself stays.
 */
#ifndef HARNESS_EXEC_ONE_CORE_H
#define HARNESS_EXEC_ONE_CORE_H

#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct exec_channel;

struct one_core {
    cpu_set_t bench, one;         /* the cores of the bench before; the one of both */
    cpu_set_t program;            /* the thread's before */
    pid_t tid;                    /* who is on it with us; 0: nobody */
    struct exec_channel *channel; /* its */
    bool ever, possible;
    int64_t mean_ns; /* of the bench's last turns, by the wall clock: only speed depends on it */
};

void one_core_init(struct one_core *o);
/* A question of the only thread there is has come, after a turn of the bench that took so long. */
void one_core_exchange(struct one_core *o, pid_t tid, struct exec_channel *channel, uint64_t turn_ns);
/* Each has its cores again. */
void one_core_apart(struct one_core *o);
/* A program has chosen cores itself, which may be the very one: nothing is set or given back from now on. */
void one_core_never(struct one_core *o);
/* A thread that says hello may have inherited the one core from its parent: it gets what that had. */
void one_core_hello(struct one_core *o, pid_t tid);

#endif
