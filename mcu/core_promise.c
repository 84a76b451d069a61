/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mcu/core_promise.h"

#include "mcu/core_vectors.h"

#define MOST_BROKEN 6

static bool leads(const struct core *c)
{
    const struct sim_agent *a = c->sim->agents;
    while (a->halted) {
        a = a->next;
    }
    return a == &c->agent;
}

/* The last promise is over. After some in a row of which nobody made use fewer are given. */
static void forget(struct core *c)
{
    struct sim_agent *a = &c->agent;
    if (a->quiet_ps) {
        c->broken = (uint8_t)(a->relied_on ? 0 : c->broken < MOST_BROKEN ? c->broken + 1 : MOST_BROKEN);
        c->passes = (uint8_t)((1u << c->broken) - 1);
    }
    a->quiet_ps = c->idle.quiet_ck = 0;
    a->relied_on = false;
}

bool core_would_promise(struct core *c)
{
    if (c->sim->busy_agents != 1 || c->sim->no_shortcuts || leads(c)) {
        return false; /* nobody waits for us */
    }
    if (!sim_promise_holds(c->sim, &c->agent) || c->agent.quiet_ps <= c->agent.at_ps) {
        forget(c);
    }
    c->passes -= c->passes != 0;
    return !c->passes;
}

void core_promise(void *ctx, uint64_t cycle)
{
    struct core *c = ctx;
    if (!c->promises || c->late_cycle != UINT64_MAX || cycle <= c->idle.quiet_ck || cycle <= c->end_cycle) {
        return;
    }
    c->idle.quiet_ck = cycle;
    sim_promise(c->sim, &c->agent, cycle == UINT64_MAX ? SIM_NEVER : core_ps(c, cycle + c->promises_more_ck));
}

void core_promise_up_to_timer(struct core *c)
{
    uint64_t timer = core_next_timer_but(c, NULL, NULL), lap = timer;
    if (c->avr->interrupt_state || (c->avr->sreg[S_I] && core_first_wanted(c))) {
        return;
    }
    if (!c->asleep) {
        lap = idle_skip_quiet_until(&c->idle, &c->fast, c->avr);
        lap = lap ? lap : idle_skip_erased_until(&c->idle, &c->fast, c->avr, c->is_empty);
    }
    core_promise(c, lap < timer ? lap : timer);
}
