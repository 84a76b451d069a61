/* SPDX-License-Identifier: GPL-3.0-or-later */
/* reach.c - how slow, how fast, how little supply: bisections, each of them one job */
#include "harness/judge/judge.h"

#include "sim/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CLOSE_PERMILLE 10 /* 1 % */

const struct reach_axis_info reach_axes[REACH_AXES] = {
    [REACH_CLOCK_SLOW] = { "clock_slow", "slowest target clock with which a session is right", "Hz",
                           QUANTITY_FREQ_MILLIHZ, 1000, LIMIT_LOWER },
    [REACH_CLOCK_SLOW_CLEAN] = { "clock_slow_clean", "slowest target clock that breaks no rule", "Hz",
                                 QUANTITY_FREQ_MILLIHZ, 1000, LIMIT_LOWER },
    [REACH_CLOCK_FAST] = { "clock_fast", "fastest target clock with which a session is right", "Hz",
                           QUANTITY_FREQ_MILLIHZ, 1000, LIMIT_HIGHER },
    [REACH_VCC_LOW] = { "vcc_low", "least supply of the target with which a session is right", "mV", QUANTITY_MV, 1,
                        LIMIT_LOWER },
};

/* A whole session, small: a slow target takes its time. */
static const struct plan_row probe = {
    "reach", "a whole session", GROUP_REACH, "nsewvWVl", TARGET_FACTORY, .xtal = NULL,
};

struct search {
    struct subject *s;
    enum reach_axis axis;
    const struct session_options *o;
    struct reach_result *r;
    struct session_result *session;
};

static bool works_at(struct search *x, uint64_t value)
{
    struct plan_variation v = PLAN_NO_VARIATION;

    if (x->axis == REACH_VCC_LOW) {
        v.vcc_mv = (uint32_t)value;
    } else {
        v.clock_hz = value;
    }
    judge_session_run(x->s, &probe, &v, x->o, x->session);
    x->r->tried++;
    return x->session->outcome == OUTCOME_RIGHT && (x->axis != REACH_CLOCK_SLOW_CLEAN || x->session->violations == 0);
}

/* Of the rules that are broken the first in the checker's order: what is wrong with SCK comes before what comes of it. */
static void take_limit(struct search *x)
{
    const struct session_result *s = x->session;

    x->r->limit = CHECKER_RULES;
    for (unsigned i = 0; i < CHECKER_RULES && x->r->limit == CHECKER_RULES; i++) {
        const struct session_rule *rule = &s->rules[i];

        if (rule->findings && rule->has_margin) {
            x->r->limit = (enum checker_rule)i;
            x->r->required = rule->required;
            x->r->measured = rule->measured;
        }
    }
    snprintf(x->r->message, sizeof x->r->message, "%.*s", (int)sizeof x->r->message - 1, s->message);
}

/* Between one that works and one that doesn't; the limit is told of the latter. */
static void bisect(struct search *x, uint64_t good, uint64_t bad)
{
    uint64_t most = good > bad ? good : bad, last_bad = 0;

    while ((good > bad ? good - bad : bad - good) * 1000 > most * CLOSE_PERMILLE) {
        uint64_t mid = most / (good > bad ? bad : good) >= 4 ? (uint64_t)__builtin_sqrtl((long double)good * bad)
                                                             : (good + bad) / 2;
        if (works_at(x, mid)) {
            good = mid;
        } else {
            bad = last_bad = mid;
            take_limit(x);
        }
        most = good > bad ? good : bad;
    }
    if (!last_bad) {
        works_at(x, bad);
        take_limit(x);
    }
    x->r->found = true;
    x->r->value = good;
}

static void search(struct search *x, const uint64_t *from, unsigned n, uint64_t end)
{
    for (unsigned i = 0; i < n; i++) {
        if (!works_at(x, from[i])) {
            take_limit(x);
            continue;
        }
        if (works_at(x, end)) {
            x->r->found = x->r->to_the_end = true;
            x->r->value = end;
        } else {
            bisect(x, from[i], end);
        }
        return;
    }
}

void reach_run(struct subject *s, enum reach_axis axis, const struct session_options *o, struct reach_result *r)
{
    static const uint64_t clocks[] = { 1000000, 4000000, 8000000, 16000000 }, volts[] = { 5000, 3300 };
    uint64_t part_most = s->part->speed[s->part->n_speed - 1].f_max_khz * UINT64_C(1000);
    uint64_t part_least_mv = s->part->speed[0].vcc_mv;
    struct search x = { s, axis, o, r, memory_zeroed(1, sizeof *x.session) };

    *r = (struct reach_result){ .limit = CHECKER_RULES };
    switch (axis) {
    case REACH_CLOCK_SLOW:
    case REACH_CLOCK_SLOW_CLEAN: search(&x, clocks, 4, 1000); break;
    case REACH_CLOCK_FAST: search(&x, clocks, 4, part_most); break;
    case REACH_VCC_LOW: search(&x, volts, 2, part_least_mv); break;
    default: break;
    }
    free(x.session);
}
