/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * cosim.c - the Uno with ArduinoISP and the target on its pins, against simavr's own loop on the same image
 *
 * Both run whole simulated seconds of the same firmware: waiting for its host, or (session) writing and
 * reading pages without end. Every instruction is executed on both sides. Cycles simulated are the Uno's, and
 * those of the released target, whose core runs beside it: it executes its erased flash at 1 MHz.
 */
#include "benchmarks/benchmark.h"
#include "benchmarks/peer.h"
#include "benchmarks/stk_job.h"
#include "harness/board/board.h"
#include "harness/board/ports.h"
#include "sim/target_avr.h"

#define ARDUINOISP FIRMWARE_DIR "/arduinoisp.elf"
#define F_CPU_HZ 16000000
#define SLICES 9
#define WARM_UP_S 1

struct ours {
    struct scenario *scenario;
    struct board *bench;
    struct stk_job job;
    struct problem problem;
};

static void send_next(struct ours *o)
{
    stk_job_next(&o->job);
    board_ports_send(board_ports(o->bench), o->job.bytes, o->job.n);
}

static void on_byte(void *ctx, uint8_t value, sim_time at_ps)
{
    struct ours *o = ctx;

    (void)value;
    (void)at_ps;
    if (o->job.expected && --o->job.expected == 0) {
        send_next(o);
    }
}

static bool ours_start(struct ours *o, bool session, bool trace)
{
    const struct board_options options = { .trace = trace };

    o->scenario = scenario_default(&o->problem);
    if (o->scenario) {
        scenario_set_firmware(o->scenario, ARDUINOISP);
    }
    o->bench = o->scenario ? board_new(o->scenario, &options, &o->problem) : NULL;
    if (!o->bench) {
        return false;
    }
    if (!board_run(o->bench, SIM_S, &o->problem)) { /* bytes that come before setup() is done would be lost */
        return false;
    }
    if (session) {
        board_ports_on_byte(board_ports(o->bench), on_byte, o);
        send_next(o);
    }
    return true;
}

static void ours_stop(struct ours *o)
{
    if (o->bench) {
        board_free(o->bench);
    }
    if (o->scenario) {
        scenario_free(o->scenario);
    }
}

/* Cycles of the target's core in a second from now, if it goes on as it is. */
static double target_cycles(const struct ours *o)
{
    const struct target *t = board_target(o->bench);

    return t->core_runs ? (double)sim_clock_f_hz(target_cpu_clock(t)) : 0;
}

/* One simulated second of each; the ratio of cycles per CPU second. */
static bool one_slice(struct ours *o, struct peer *p, double *ratio)
{
    double before = target_cycles(o), after;
    double t0 = benchmark_cpu_s();
    if (!peer_run(p, F_CPU_HZ)) {
        return problem_set(&o->problem, "simavr's core stopped");
    }
    double t1 = benchmark_cpu_s();
    if (!board_run(o->bench, SIM_S, &o->problem)) {
        return false;
    }
    *ratio = (t1 - t0) / (benchmark_cpu_s() - t1);
    after = target_cycles(o);
    *ratio *= 1 + (before < after ? before : after) / F_CPU_HZ;
    return true;
}

static bool run(bool session, bool trace, double *value, char *error, size_t error_size)
{
    struct ours o = { 0 };
    struct peer *p = peer_new(ARDUINOISP, session);
    double ratio[WARM_UP_S + SLICES];
    bool ok = p ? ours_start(&o, session, trace) : problem_set(&o.problem, "can't load %s", ARDUINOISP);

    for (int i = 0; ok && i < WARM_UP_S + SLICES; i++) {
        ok = one_slice(&o, p, &ratio[i]);
    }
    if (ok && session && o.job.step < 4 * SLICES) {
        ok = problem_set(&o.problem, "the session stands still at step %u", o.job.step);
    }
    if (ok) {
        *value = benchmark_median(ratio + WARM_UP_S, SLICES);
    }
    ours_stop(&o);
    if (p) {
        peer_free(p);
    }
    return ok || benchmark_fail(error, error_size, "%s", o.problem.text);
}

bool measure_cosim_idle(double *value, char *error, size_t error_size)
{
    return run(false, false, value, error, error_size);
}

bool measure_cosim_session(double *value, char *error, size_t error_size)
{
    return run(true, false, value, error, error_size);
}

bool measure_cosim_trace(double *value, char *error, size_t error_size)
{
    return run(true, true, value, error, error_size);
}
