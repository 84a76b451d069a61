/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * rc_node.h - RC parts around a gate: inputs on a ramping line, and a timing capacitor's recovery
 *
 *      lag    line --[R]--+-- y      C is the gates' input capacitance; y is clamped by the gates' diodes
 *                         C
 *      spike  line --||C1--+-- y     high-pass; Cg of the gates loads it
 *                          R1
 *
 * Times are microseconds from the beginning of the line's ramp, voltages volts. Everything is solved in closed
 * form piece by piece, but for the crossing of a lag inside the ramp (Newton, bounded).
 */
#ifndef SIM_CIRCUITS_RC_NODE_H
#define SIM_CIRCUITS_RC_NODE_H

#include <stdbool.h>

#define RC_THERMAL_V 0.02585 /* kT/q of the diodes, at 300 K */

struct rc_clamp {
    double lo, hi;
};

struct rc_ramp { /* of the line: from v0, straight to v1, then flat */
    double v0, v1;
    double slope;   /* V/us, with sign */
    double span_us; /* (v1 - v0) / slope */
};

struct rc_ramp rc_ramp_between(double v0, double v1, double slew_v_per_us);

#define RC_MAX_CROSSINGS 4

struct rc_crossings {
    unsigned n;
    double at_us[RC_MAX_CROSSINGS]; /* the node toggles about the threshold at each */
};

/* y after t_us. */
double rc_lag_at(const struct rc_ramp *in, double y0, double tau_us, struct rc_clamp clamp, double t_us);
/* All crossings of threshold; a node that starts exactly at it counts as below. */
struct rc_crossings rc_lag_crossings(const struct rc_ramp *in, double y0, double tau_us, struct rc_clamp clamp,
                                     double threshold);

/* gain_us = R1 C1 (a ramp of slope s heads for gain_us * s), tau_us = R1 (C1 + Cg). */
double rc_spike_at(const struct rc_ramp *in, double y0, double gain_us, double tau_us, struct rc_clamp clamp,
                   double t_us);
struct rc_crossings rc_spike_crossings(const struct rc_ramp *in, double y0, double gain_us, double tau_us,
                                       struct rc_clamp clamp, double threshold);

/*
 * recovery of a monostable's capacitor with a diode across the resistor, both ends at 0 V:
 *
 *      0 V --[r_drive]-- C --+-- x     the charge leaves through the diode down to its knee, then through R alone
 *                           R, diode
 *
 * One variable, so one curve serves every starting charge: kept as the time at which it passes given voltages.
 */
#define RC_RECOVERY_STEPS 256

struct rc_recovery {
    double at_us[RC_RECOVERY_STEPS + 1]; /* even steps of its logarithm, see rc_node.c */
    double tau_us;                       /* of the tail */
};

/* vf_v: of the diode at 1 mA (emission coefficient 1); diode false: through R alone. */
void rc_recovery_init(struct rc_recovery *r, double r_ohm, double r_drive_ohm, double c_pf, double vf_v, bool diode);
/* When the curve is at charge v (volts, below 0), and its charge at a time: v decays as time goes on. */
double rc_recovery_time(const struct rc_recovery *r, double v);
/* hint: 0 at first, then what was left there: a search that mostly ends where the last one did. */
double rc_recovery_at(const struct rc_recovery *r, double t_us, unsigned *hint);

#endif
