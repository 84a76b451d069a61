/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "harness/sweep/pool.h"

#include "harness/board/board.h"
#include "harness/run/steps.h"
#include "sim/checker.h"
#include "sim/memory.h"
#include "sim/target_avr.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RISES 8 /* of a byte */

struct observer { /* the slowest byte on SCK: the rate that a search ended at */
    struct net_watch watch;
    const struct target *target;
    sim_time rise_ps[RISES];
    unsigned n;
    uint64_t sck_hz, cpu_hz;
    struct clock_result clock; /* the target's, when SCK moved last */
    bool moved;
};

/* Each 8 rises: their shortest period, so that breaks between bytes don't count. */
static void sck_changed(void *ctx, struct net *net, sim_time at_ps)
{
    struct observer *o = ctx;
    sim_time shortest = SIM_NEVER;
    uint64_t hz;

    if (net->level != NET_1) {
        return;
    }
    o->rise_ps[o->n++ % RISES] = at_ps;
    o->clock = o->target->clock;
    o->moved = true;
    if (o->n % RISES) {
        return;
    }
    for (unsigned i = 1; i < RISES; i++) {
        if (o->rise_ps[i] - o->rise_ps[i - 1] < shortest) {
            shortest = o->rise_ps[i] - o->rise_ps[i - 1];
        }
    }
    hz = shortest ? SIM_S / shortest : 0;
    if (o->sck_hz && hz > o->sck_hz - o->sck_hz / 50) {
        return;
    }
    o->sck_hz = hz;
    o->cpu_hz = sim_clock_runs(target_cpu_clock(o->target)) ? sim_clock_f_hz(target_cpu_clock(o->target)) : 0;
}

/* What the chip lacked while SCK moved. The clock that a programmer provides is off again by the end. */
static const char *why(const struct observer *o)
{
    static const char *const dead[] = {
        [CLOCK_DEAD_RESERVED] = "high voltage: CKSEL is reserved",
        [CLOCK_DEAD_NOTHING_WIRED] = "no clock",
        [CLOCK_DEAD_WRONG_RANGE] = "crystal out of range",
        [CLOCK_DEAD_WRONG_PIN] = "wave on the wrong pin",
        [CLOCK_DEAD_NO_RC_PARTS] = "no R and C",
        [CLOCK_DEAD_LOW_VCC] = "VCC too low",
    };
    static const char *const closed[] = {
        [FUSE_ISP_RSTDISBL] = "high voltage: RSTDISBL",
        [FUSE_ISP_DWEN] = "high voltage: DWEN",
        [FUSE_ISP_SPIEN] = "high voltage: SPIEN",
    };
    static const char *const silent[CHECKER_RULES] = {
        [CHECK_PORT_NO_SUPPLY] = "no supply",
        [CHECK_PORT_RESET_HIGH] = "RESET stays high",
        [CHECK_PORT_BROWN_OUT] = "brown-out: VCC too low",
    };
    enum checker_rule told = o->target->told_closed;
    enum fuse_isp access = fuse_isp_access(o->target->cfg.part, &o->target->latched);
    enum clock_state t = o->clock.state;

    if (access != FUSE_ISP_OPEN) {
        return closed[access];
    }
    if (told < CHECKER_RULES && silent[told]) {
        return silent[told];
    }
    if (!o->moved) {
        return "";
    }
    if (!o->clock.runs) {
        return t < sizeof dead / sizeof dead[0] && dead[t] ? dead[t] : "no clock";
    }
    return o->cpu_hz && o->sck_hz > clock_max_sck_hz(o->cpu_hz * 1000) ? "SCK too fast" : "";
}

static void run_steps(struct board *b, const char *file, struct sweep_result *r)
{
    struct observer o = { .target = board_target(b) };
    struct report report = { .run.file = file };
    struct outcome_watch *outcome = memory_zeroed(1, sizeof *outcome);

    outcome_begin(outcome, b);
    net_watch_add(board_net(b, "target.sck"), &o.watch, NET_WATCH_EDGES, sck_changed, &o);
    steps_run(b, &report);
    net_watch_remove(board_net(b, "target.sck"), &o.watch);
    r->violations = (uint32_t)board_checker(b)->violations;
    r->sck_hz = o.sck_hz;
    r->cpu_hz = o.cpu_hz;
    r->took_ps = board_now(b);
    r->state = report.failures ? SWEEP_FAIL : r->violations ? SWEEP_FINDINGS : SWEEP_PASS;
    if (r->state == SWEEP_FAIL) {
        snprintf(r->why, sizeof r->why, "%s", why(&o));
    }
    snprintf(r->message, sizeof r->message, "%.*s", (int)sizeof r->message - 1, report.first_failure);
    r->outcome = outcome_end(outcome, b, report.step_failed, r->cells, sizeof r->cells);
    free(outcome);
}

void sweep_run_point(struct sweep *s, unsigned point, struct sweep_result *r)
{
    struct problem err = { "" };
    struct scenario *sc = sweep_scenario_at(s, point, &err);
    const struct board_options options = { .stats = s->work != NULL };
    struct board *b = sc ? board_new(sc, &options, &err) : NULL;

    *r = (struct sweep_result){ .state = SWEEP_BAD };
    if (b) {
        run_steps(b, sc->path, r);
        if (s->work) {
            board_work_add(s->work, b);
        }
    } else {
        snprintf(r->message, sizeof r->message, "%.*s", (int)sizeof r->message - 1, err.text);
    }
    board_free(b);
    scenario_free(sc);
}
