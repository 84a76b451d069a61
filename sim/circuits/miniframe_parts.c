/* SPDX-License-Identifier: GPL-3.0-or-later */
/* miniframe_parts.c - component values of the RS232 miniframe programmer, and what they may be */
#include "sim/circuits/miniframe.h"

#include <math.h>

#define LED_V 1.18    /* of the optocoupler */
#define MISO_OHM 80.0 /* output resistance of the target's pin */

/* What the two circuits with 4001 have in common. */
#define PARTS_OF_BOTH                                                                                                  \
    .r1_ohm = 15e3, .c1_pf = 100, .r2_ohm = 15e3, .c2_pf = 2200, .r4_ohm = 4700, .lock_fitted = true,                  \
    .recovery_diode = true, .vt = 0.5, .ro_ohm = 400, .tpd_ns = 100, .cg_pf = 7, .vf_v = 0.65, .level_loss = 0.00344,  \
    .supply = { .r_ohm = 770,                                                                                          \
                .is_a = 2.52e-9,                                                                                       \
                .n = 1.752,                                                                                            \
                .diode_ohm = 0.568, /* 1N4148 */                                                                       \
                .cdd_uf = 4.7,                                                                                         \
                .zener_v = 5.101,                                                                                      \
                .zener_knee_v = 0.026,                                                                                 \
                .load_ohm = 10e3 },                                                                                    \
    .latch_wakes_locked = false, /* as SPICE, 4001B, matched */                                                        \
        .rl_ohm = 2200, .opto_ctr = 1.0, .opto_tau_us = 5, .rx_threshold_v = 1.4, .dead_ohm = 20e3, .target_vcc_v = 5, \
    .reset_vih_v = 2.5

const struct miniframe_config miniframe_two_4001 = { PARTS_OF_BOTH, .circuit = MINIFRAME_TWO_4001,
                                                     .rx_driver = MINIFRAME_RX_DIRECT, .r6_ohm = 15e3,
                                                     .r7_ohm = 100e3 };

const struct miniframe_config miniframe_one_4001 = { PARTS_OF_BOTH, .circuit = MINIFRAME_ONE_4001,
                                                     .rx_driver = MINIFRAME_RX_OPTO, .r6_ohm = 4700, .r7_ohm = 4700 };

static bool outside(double v, double lo, double hi)
{
    return !(v >= lo && v <= hi); /* NaN is outside too */
}

bool miniframe_config_check(const struct miniframe_config *c, struct problem *err)
{
    if (outside(c->r1_ohm, 100, 10e6) || outside(c->r2_ohm, 100, 10e6) || outside(c->r4_ohm, 100, 10e6) ||
        outside(c->r6_ohm, 100, 10e6) || outside(c->r7_ohm, 100, 10e6)) {
        return problem_set(err, "R1, R2, R4, R6 and R7 must be 100 ohm to 10 Mohm");
    }
    if (c->r3_ohm != 0 && outside(c->r3_ohm, 100, 10e6)) {
        return problem_set(err, "R3 must be 100 ohm to 10 Mohm, or none");
    }
    if (c->r3_ohm != 0 && c->r4_ohm >= c->r3_ohm) {
        return problem_set(err, "R4 must be below R3, or its diode does not stay on");
    }
    if (outside(c->c1_pf, 1, 1e6) || outside(c->c2_pf, 1, 1e8)) {
        return problem_set(err, "C1 must be 1 pF to 1 uF and C2 1 pF to 100 uF");
    }
    if (outside(c->vt, 0.1, 0.9)) {
        return problem_set(err, "vt, the threshold as a part of VDD, must be 10 %% to 90 %%");
    }
    if (outside(c->ro_ohm, 1, 1e5) || c->ro_ohm > c->r2_ohm) {
        return problem_set(err, "ro, the output resistance, must be 1 ohm to 100 kohm and not above R2");
    }
    if (outside(c->tpd_ns, 1, 10e3)) {
        return problem_set(err, "tpd, the gate delay, must be 1 ns to 10 us");
    }
    if (outside(c->cg_pf, 0.01, 1000)) {
        return problem_set(err, "Cg, the capacitance of an input, must be 0.01 pF to 1 nF");
    }
    if (outside(c->vf_v, 0.1, 1.5)) {
        return problem_set(err, "Vf, the voltage of a diode, must be 0.1 V to 1.5 V");
    }
    if (outside(c->level_loss, 0, 0.2)) {
        return problem_set(err, "level_loss must be 0 %% to 20 %%");
    }
    const struct rts_supply_parts *s = &c->supply;
    if (outside(s->r_ohm, 1, 1e6) || outside(s->load_ohm, 100, 1e9) || outside(s->cdd_uf, 1e-4, 1e5)) {
        return problem_set(err, "supply: R5 must be 1 ohm to 1 Mohm, the load 100 ohm to 1 Gohm, Cdd 100 pF to 0.1 F");
    }
    if (outside(s->zener_v, 2.7, 20) || outside(s->zener_knee_v, 1e-3, 1)) {
        return problem_set(err, "supply: the zener must be 2.7 V to 20 V, its knee 1 mV to 1 V");
    }
    if (outside(s->is_a, 1e-18, 1e-3) || outside(s->n, 0.5, 5) || outside(s->diode_ohm, 0, 1e3)) {
        return problem_set(
            err, "supply: Is must be 1e-18 A to 1 mA, its emission coefficient 0.5 to 5, its resistance up to 1 kohm");
    }
    if (outside(c->rl_ohm, 10, 1e6) || outside(c->opto_ctr, 0, 100) || outside(c->opto_tau_us, 0.001, 1e6)) {
        return problem_set(err,
                           "optocoupler: RL must be 10 ohm to 1 Mohm, CTR 0 to 100, its time constant 1 ns to 1 s");
    }
    if (outside(c->rx_threshold_v, -3, 3)) {
        return problem_set(err, "the receiver's threshold must be -3 V to 3 V");
    }
    if (outside(c->dead_ohm, 1, 1e9) || outside(c->reset_pullup_ohm, 0, 1e9) || outside(c->target_vcc_v, 0, 20) ||
        outside(c->reset_vih_v, 0, 20)) {
        return problem_set(err, "RESET: dead_ohm 1 ohm to 1 Gohm, pull-up up to 1 Gohm, voltages 0 V to 20 V");
    }
    if (c->reset_vih_v > c->target_vcc_v) {
        return problem_set(err, "RESET can't reach a reset_vih above the target's VCC");
    }
    /* U6 against the pull-up: a low of RESET above 0.2 VCC is none */
    if (c->circuit == MINIFRAME_TWO_4001 && c->reset_pullup_ohm != 0 && c->reset_pullup_ohm < 4 * c->ro_ohm) {
        return problem_set(
            err, "the pull-up of RESET is too strong for the gate's output resistance: at least 4 times ro, 1.6 kOhm "
                 "for 400 Ohm (4.7 kOhm is a good one)");
    }
    return true;
}

/* ---- period ---- */

/* Through D4 while RTS is low. */
static double d4_a(const struct miniframe_config *c)
{
    return (9 - c->vf_v) / c->r4_ohm; /* of the line's level, only the logarithm counts */
}

double miniframe_x_rest_v(const struct miniframe_config *c)
{
    double r = c->r2_ohm + c->ro_ohm, a = 5e-6;
    for (int i = 0; i < 10; i++) {
        a = RC_THERMAL_V * log(d4_a(c) / a) / (r + c->r3_ohm);
    }
    return -a * r;
}

struct miniframe_source miniframe_x_source(const struct miniframe_config *c, bool m, bool q, bool rts_low, double vdd_v)
{
    double q_v = q ? vdd_v : 0, r = c->r2_ohm + c->ro_ohm;
    struct miniframe_source s = { .v = q_v };
    if (c->r3_ohm != 0 && rts_low && (m || q)) { /* recharge goes through R2 alone: D3 blocks */
        /* R3 ends behind D3, at its current a little below 0 V; the diode's slope adds to R3 */
        double d3_a = 0.7 * vdd_v / c->r3_ohm;
        double end_v = RC_THERMAL_V * (log(d3_a / d4_a(c)) - 1), r3 = c->r3_ohm + RC_THERMAL_V / d3_a;
        double both = r * r3 / (r + r3);
        s.v = (q_v / r + end_v / r3) * both;
        r = both;
    }
    s.k = r / (r + c->ro_ohm);
    s.tau_us = ((r + c->ro_ohm) * c->c2_pf + r * c->cg_pf) * 1e-6;
    return s;
}

double miniframe_led_ma(const struct miniframe_config *c)
{
    double v = c->target_vcc_v - LED_V;
    return v > 0 ? v / (c->rl_ohm + c->ro_ohm + MISO_OHM) * 1e3 : 0;
}

double miniframe_power_up_x_us(const struct miniframe_config *c, const struct rts_supply *charge)
{
    double tau = (c->r2_ohm + 2 * c->ro_ohm) * c->c2_pf * 1e-6, step = tau / 400, x = 0;
    for (int i = 1; i < 40000; i++) {
        double vdd = rts_supply_v(charge, (i - 0.5) * step);
        x = vdd + (x - vdd) * exp(-step / tau);
        if (x > c->vt * rts_supply_v(charge, i * step)) {
            return i * step;
        }
    }
    return 0;
}
