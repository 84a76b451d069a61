/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * kernel.h - simulated time, events, and the agents that execute code in it
 *
 * Time        unsigned 64-bit picoseconds since the run began; never floating point, never the host's. It ends: a
 *             run has a budget of at most SIM_END_PS, so that sums of two times and differences as int64_t hold.
 * Events      live inside the part that owns them; order is time, then order of scheduling.
 * Agents      chips that execute code (a simavr core). The kernel runs the agent that is furthest behind
 *             up to the next event. The first agent added leads; the others never pass it, so what an agent
 *             does to a net at time t is seen by the others at t. An agent that reads or drives a net in the
 *             middle of its run first calls sim_sync(), which brings everything else to that time.
 * Promises    an agent that knows what it does next (it sleeps, it waits in a loop) says how long nobody will hear of it
 *             unless somebody touches it: sim_promise(). Those that lead it run up to there, however long that is. An
 *             event, or an agent that looks at the board or acts on it, ends all promises.
 * Instants    everything of one time. Events of a time fire one after the other, before an agent that has come to
 *             that time acts, and each is followed by rounds of three phases until nothing changes:
 *               drive    what the event or agent does to nets is collected (net_drive(), net_hold())
 *               resolve  every net driven takes its level from all its drivers
 *               sample   watchers of the nets that changed run and see all of them resolved; what these drive is the
 *                        drive phase of the next round
 *             A bound on the rounds ends zero-delay loops: sim_fault() says who.
 * Order       no result may depend on who is woken first in a phase: a part that hears of two changes of one instant
 *             looks at the nets, not at which call came first. sim_shuffle() puts it to the test: events of a time,
 *             and watchers of all nets that changed in a round, then come in a random order.
 *
 * A struct sim is one board's world; any number of them can live in one process; do not move it. Nothing here
 * allocates.
 */
#ifndef SIM_KERNEL_H
#define SIM_KERNEL_H

#include "sim/rng.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef uint64_t sim_time; /* ps */

#define SIM_NEVER UINT64_MAX
#define SIM_NS UINT64_C(1000)
#define SIM_US UINT64_C(1000000)
#define SIM_MS UINT64_C(1000000000)
#define SIM_S UINT64_C(1000000000000)
#define SIM_END_PS (100 * 86400 * SIM_S) /* 100 days: the latest end of a run */
/*
 * What a run may cost whatever its simulated time is: CPU cycles that are executed one by one (neither slept through nor
 * computed, see mcu/idle_skip.h), and events as so many cycles.
 */
#define SIM_BUDGET_CK UINT64_C(200000000000)
#define SIM_EVENT_CK 20
#define SIM_AGENT_RUN_PS SIM_S            /* an agent runs no longer at a time: somebody may want to stop it */
#define SIM_BUDGET_PS (24 * 3600 * SIM_S) /* of a run that was not given another */

struct net;
struct sim;
struct sim_stats;
struct notes;
struct trace;

struct sim_event { /* zero it, then sim_event_init(); while scheduled it must neither move nor go away */
    sim_time at_ps;
    struct sim_event *next;
    struct sim_event **at; /* the pointer that leads here, NULL when not scheduled */
    void (*fire)(void *ctx, sim_time at_ps);
    void *ctx;
    const char *name; /* for messages; static storage */
};

struct sim_agent {
    /*
     * Execute from at_ps to the first instruction boundary at or after until_ps and return its time. Must
     * return early, at the next boundary, once sim_horizon() is below until_ps: something was scheduled.
     */
    sim_time (*run)(void *ctx, sim_time until_ps);
    void *ctx;
    const char *name;
    sim_time at_ps;         /* executed up to here (kernel's; read it freely) */
    sim_time max_lead_ps;   /* how far it may run ahead of the other agents, SIM_NEVER = up to the next event */
    sim_time quiet_ps;      /* sim_promise(): before this nothing comes from it, if nothing came to it since ... */
    uint64_t quiet_touches; /* ... the board was touched so often */
    bool relied_on;         /* somebody ran ahead by it */
    bool busy;              /* inside run() */
    bool halted;            /* never run, never waited for (held in reset, switched off): sim_agent_halt() */
    struct sim_agent *next;
};

struct sim {
    sim_time now_ps;
    uint64_t seed;
    /* Every instruction is executed, every edge made: slow, and nothing else may differ. Set before anything runs. */
    bool no_shortcuts;
    sim_time budget_ps; /* nothing happens after it: a fault instead. At most SIM_END_PS; set it after sim_init() */
    uint64_t budget_ck; /* SIM_BUDGET_CK; set it after sim_init() */
    uint64_t used_ck;   /* of it; agents add what they execute */
    const volatile int *stop;           /* the run ends with a fault once it is not 0 (a signal came); NULL: never */
    struct sim_event *events;           /* sorted: few are pending at a time, and most go near the front */
    struct sim_agent *agents;           /* leader first */
    uint32_t busy_agents, awake_agents; /* inside run(); not halted */
    uint64_t touches;                   /* what has ended promises so far */
    bool promised, on_promise;          /* there may be one that holds; the run() on its way goes that far by one */
    /* net.c */
    struct net *dirty, **dirty_tail;
    const bool *looks; /* while it is false nobody hears of net_looked(); NULL: somebody may */
    uint32_t hold;
    bool settling, shuffles; /* shuffles: sim_shuffle() */
    struct trace *trace;     /* NULL: nothing is recorded */
    struct notes *notes;     /* NULL: nobody wants to know (sim/notes.h) */
    char fault[160];         /* first sim_fault(), "" = none */
    sim_time fault_ps;       /* when; time goes on, and nothing happens */
    /* sim_run_slices() */
    sim_time slice_ps, slice_end_ps; /* 0: not in it; end of the present slice */
    unsigned slices, slices_most;    /* over so far; to run at most */
    bool woken;
    uint64_t events_fired;
    struct sim_stats *stats; /* NULL: nobody asks where time goes (sim/stats.h) */
    struct sim_rng shuffle;
};

void sim_init(struct sim *sim, uint64_t seed);

/* From now on whoever may be woken in any order is woken in a random one, another for each seed. For tests. */
void sim_shuffle(struct sim *sim, uint64_t seed);

void sim_event_init(struct sim_event *ev, const char *name, void (*fire)(void *, sim_time), void *ctx);
/* Schedules or moves ev to at_ps; a time already past means now. */
void sim_schedule(struct sim *sim, struct sim_event *ev, sim_time at_ps);
void sim_cancel(struct sim *sim, struct sim_event *ev);

static inline bool sim_event_pending(const struct sim_event *ev)
{
    return ev->at != NULL;
}

/* Time of the next event, SIM_NEVER without one. */
static inline sim_time sim_horizon(const struct sim *sim)
{
    return sim->events ? sim->events->at_ps : SIM_NEVER;
}

/* The agent starts at the present time. It must outlive the sim or be removed. */
void sim_agent_add(struct sim *sim, struct sim_agent *agent);
void sim_agent_remove(struct sim *sim, struct sim_agent *agent);
static inline void sim_agent_halt(struct sim *sim, struct sim_agent *agent, bool halted)
{
    sim->awake_agents += (uint32_t)agent->halted - (uint32_t)halted;
    agent->halted = halted;
    agent->quiet_ps = 0;
}
/*
 * For an agent inside run(), not the one that leads: it will touch no net, schedule no event and tell nobody anything
 * before until_ps, if nothing comes to it from the board. The leader calls sim_sync() whenever it looks at the board or
 * acts on it while sim->promised is set, and ends a run that went so far by a promise max_lead_ps later:
 * sim_lead_is_over().
 */
static inline void sim_promise(struct sim *sim, struct sim_agent *agent, sim_time until_ps)
{
    agent->quiet_ps = until_ps;
    agent->quiet_touches = sim->touches;
    sim->promised = true;
}
static inline bool sim_promise_holds(const struct sim *sim, const struct sim_agent *agent)
{
    return agent->quiet_ps && agent->quiet_touches == sim->touches;
}
static inline bool sim_lead_is_over(const struct sim *sim)
{
    return sim->on_promise && !sim->promised;
}
static inline void sim_end_promises(struct sim *sim)
{
    sim->touches++;
    sim->promised = false;
}
/*
 * Runs everything up to and including end_ps. Agents may end up to one instruction later, and a net they
 * move then takes now_ps with it: go on from sim->now_ps, not from end_ps. Stops early on a fault; time passes then,
 * and nothing else.
 */
void sim_run_until(struct sim *sim, sim_time end_ps);

/*
 * sim_run_until(now + slice_ps) n times, for somebody who looks after every slice whether sim_wake() was called: it
 * ends with the slice in which it was. Agents are not stopped at the others, so waiting costs nothing; but where the
 * slices end is the same: an agent whose instruction is on its way then may put the end off (see sim_run_until()).
 * n > 0. Returns the number of slices.
 */
unsigned sim_run_slices(struct sim *sim, sim_time slice_ps, unsigned n);
static inline void sim_wake(struct sim *sim)
{
    sim->woken = true;
}
/*
 * For an agent that runs and has come to an instruction boundary at or after sim->slice_end_ps, if that is before its
 * limit; now_ps says how far its instruction before took the board. It may notice later, but not after it has moved
 * now_ps on, and not if sim_slice_is_last(). True: the agent must return at once. Else slice_end_ps is the next one.
 */
static inline bool sim_slice_is_last(const struct sim *sim)
{
    if (sim->woken || sim->slices + 1 >= sim->slices_most) {
        return true;
    }
    unsigned running = 0; /* with a second agent every slice is run as such: it may lead */
    for (const struct sim_agent *a = sim->agents; a; a = a->next) {
        running += !a->halted;
    }
    return running > 1;
}
bool sim_slice_over(struct sim *sim);

/*
 * For an agent inside run(): fires the events up to and including at_ps and brings the other agents there.
 * at_ps in the past (another part has moved on) is taken as now.
 */
void sim_sync(struct sim *sim, sim_time at_ps);
/* Does an agent have to run before that time has come? */
static inline bool sim_somebody_is_behind(const struct sim *sim, sim_time at_ps)
{
    for (const struct sim_agent *a = sim->agents; a; a = a->next) {
        if (!a->busy && !a->halted && a->at_ps < at_ps) {
            return true;
        }
    }
    return false;
}

/* The board can't go on (zero-delay loop): kept in sim->fault, printed by nobody here. */
void sim_fault(struct sim *sim, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
