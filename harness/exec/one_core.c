/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "harness/exec/one_core.h"

#include "preload/protocol.h"

#include <string.h>

enum { LONG_NS = 40000, SHORT_NS = 20000, WEIGHT = 32, MOST_NS = 1000000 };

_Static_assert(sizeof(cpu_set_t) <= EXEC_CORES_BYTES, "no room for a set of cores");

void one_core_init(struct one_core *o)
{
    *o = (struct one_core){ .tid = 0 };
    o->possible = sched_getaffinity(0, sizeof o->bench, &o->bench) == 0 && CPU_COUNT(&o->bench) > 1;
}

static void come_together(struct one_core *o, pid_t tid, struct exec_channel *channel)
{
    int core = sched_getcpu();

    CPU_ZERO(&o->one);
    if (core >= 0 && core < CPU_SETSIZE) {
        CPU_SET(core, &o->one);
    }
    if (core < 0 || sched_getaffinity(tid, sizeof o->program, &o->program) != 0 || !CPU_ISSET(core, &o->program) ||
        CPU_COUNT(&o->program) < 2 || sched_setaffinity(0, sizeof o->one, &o->one) != 0) {
        o->possible = false;
        return;
    }
    memcpy(channel->cores, &o->program, sizeof o->program);
    atomic_store(&channel->on_one_core, 1);
    if (sched_setaffinity(tid, sizeof o->one, &o->one) != 0) {
        atomic_store(&channel->on_one_core, 0);
        sched_setaffinity(0, sizeof o->bench, &o->bench);
        o->possible = false;
        return;
    }
    o->tid = tid;
    o->channel = channel;
    o->ever = true;
}

/* Back to what it had. */
static void give_back(const struct one_core *o, pid_t tid)
{
    cpu_set_t now;

    if (sched_getaffinity(tid, sizeof now, &now) == 0 && CPU_EQUAL(&now, &o->one)) {
        sched_setaffinity(tid, sizeof o->program, &o->program);
    }
}

void one_core_apart(struct one_core *o)
{
    if (o->tid) {
        if (!o->channel || !atomic_load(&o->channel->cores_chosen)) {
            give_back(o, o->tid);
        }
        if (o->channel) {
            atomic_store(&o->channel->on_one_core, 0);
        }
        sched_setaffinity(0, sizeof o->bench, &o->bench);
        o->tid = 0;
    }
}

void one_core_never(struct one_core *o)
{
    one_core_apart(o);
    o->possible = o->ever = false;
}

void one_core_exchange(struct one_core *o, pid_t tid, struct exec_channel *channel, uint64_t turn_ns)
{
    if (atomic_load(&channel->cores_chosen)) {
        one_core_never(o);
        return;
    }
    int64_t more = (int64_t)(turn_ns < MOST_NS ? turn_ns : MOST_NS) - o->mean_ns;

    o->mean_ns += more / WEIGHT;
    if (o->tid && (tid != o->tid || o->mean_ns < SHORT_NS)) {
        one_core_apart(o);
    } else if (!o->tid && o->possible && o->mean_ns > LONG_NS) {
        come_together(o, tid, channel);
    }
}

void one_core_hello(struct one_core *o, pid_t tid)
{
    one_core_apart(o);
    if (o->ever) {
        give_back(o, tid);
    }
}
