/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sim/circuits/rc_node.h"

#include <assert.h>
#include <math.h>
#include <stddef.h>

struct rc_ramp rc_ramp_between(double v0, double v1, double slew_v_per_us)
{
    double slope = v1 >= v0 ? slew_v_per_us : -slew_v_per_us;
    return (struct rc_ramp){ .v0 = v0, .v1 = v1, .slope = slope, .span_us = (v1 - v0) / slope };
}

static double clamped(double y, struct rc_clamp c)
{
    return y < c.lo ? c.lo : y > c.hi ? c.hi : y;
}

static void add_crossing(struct rc_crossings *c, double at_us)
{
    if (c->n < RC_MAX_CROSSINGS) {
        c->at_us[c->n++] = at_us;
    }
}

/* y' = (x - y) / tau with x = x0 + slope t */
static double follow(double x0, double slope, double y0, double tau, double t)
{
    double lagging = slope * tau;
    return x0 + slope * t - lagging + (y0 - x0 + lagging) * exp(-t / tau);
}

/* Where follow() is v, between a and b where it is monotone and v lies between its values there. */
static double follow_reaches(double x0, double slope, double y0, double tau, double a, double b, double v)
{
    double c = y0 - x0 + slope * tau;
    bool rising = follow(x0, slope, y0, tau, b) > follow(x0, slope, y0, tau, a);
    double t = tau + (v - x0) / slope; /* on the asymptote */
    for (int i = 0; i < 60; i++) {
        if (!(t > a && t < b)) {
            t = 0.5 * (a + b);
        }
        double e = c * exp(-t / tau);
        double miss = x0 + slope * (t - tau) + e - v;
        if ((miss > 0) == rising) {
            b = t;
        } else {
            a = t;
        }
        double step = miss / (slope - e / tau);
        t -= step;
        if (fabs(step) < 1e-8) {
            break;
        }
    }
    return t < a ? a : t > b ? b : t;
}

/*
 * A lag goes through at most four pieces: held at a clamp until the line comes back inside it, the ramp before
 * and after the point where the line overtakes the node, and the flat end. Walks them up to t_end.
 */
static double lag_walk(const struct rc_ramp *in, double y, double tau, struct rc_clamp clamp, double t_end,
                       double threshold, struct rc_crossings *found)
{
    double t = 0, x = in->v0;
    y = clamped(y, clamp);
    double ramp_end = in->span_us < t_end ? in->span_us : t_end;
    while (t < ramp_end) {
        double span = ramp_end - t;
        if ((y >= clamp.hi && x >= clamp.hi) || (y <= clamp.lo && x <= clamp.lo)) {
            double back = ((y >= clamp.hi ? clamp.hi : clamp.lo) - x) / in->slope;
            if (back < 0 || back >= span) { /* on its way out, or not back in time */
                t = ramp_end;
                break;
            }
            t += back;
            x = y;
            span -= back;
        }
        if ((y - x) / in->slope > 1e-9) {
            double turn = tau * log1p((y - x) / (in->slope * tau));
            span = turn < span ? turn : span;
        }
        double end = follow(x, in->slope, y, tau, span);
        if (found && (end > threshold) != (y > threshold)) {
            add_crossing(found, t + follow_reaches(x, in->slope, y, tau, 0, span, threshold));
        }
        t += span;
        x += in->slope * span;
        y = clamped(end, clamp);
    }
    if (t_end > in->span_us) {
        double flat = t_end - (t > in->span_us ? t : in->span_us);
        double to = clamped(in->v1, clamp);
        if (found && (to > threshold) != (y > threshold)) {
            /* towards the line, not the clamp, which only cuts it off */
            double d = tau * log((in->v1 - y) / (in->v1 - threshold));
            if (d <= flat) {
                add_crossing(found, (t > in->span_us ? t : in->span_us) + d);
            }
        }
        y = clamped(in->v1 + (y - in->v1) * exp(-flat / tau), clamp);
    }
    return y;
}

double rc_lag_at(const struct rc_ramp *in, double y0, double tau_us, struct rc_clamp clamp, double t_us)
{
    return lag_walk(in, y0, tau_us, clamp, t_us, 0, NULL);
}

struct rc_crossings rc_lag_crossings(const struct rc_ramp *in, double y0, double tau_us, struct rc_clamp clamp,
                                     double threshold)
{
    struct rc_crossings c = { 0 };
    lag_walk(in, y0, tau_us, clamp, 1e12, threshold, &c);
    return c;
}

double rc_spike_at(const struct rc_ramp *in, double y0, double gain_us, double tau_us, struct rc_clamp clamp,
                   double t_us)
{
    double goal = gain_us * in->slope;
    double t = t_us < in->span_us ? t_us : in->span_us;
    double y = clamped(goal + (y0 - goal) * exp(-t / tau_us), clamp);
    return t_us > in->span_us ? y * exp(-(t_us - in->span_us) / tau_us) : y;
}

struct rc_crossings rc_spike_crossings(const struct rc_ramp *in, double y0, double gain_us, double tau_us,
                                       struct rc_clamp clamp, double threshold)
{
    struct rc_crossings c = { 0 };
    double goal = gain_us * in->slope;
    double y = goal + (y0 - goal) * exp(-in->span_us / tau_us);
    if ((y > threshold) != (y0 > threshold)) {
        add_crossing(&c, tau_us * log((goal - y0) / (goal - threshold)));
    }
    y = clamped(y, clamp);
    if (y > threshold) { /* threshold is above 0, where it decays to */
        add_crossing(&c, in->span_us + tau_us * log(y / threshold));
    }
    return c;
}

/* ---- recovery ---- */

#define TOP_V 40.0  /* first point of the curve */
#define RATIO 0.045 /* of the logarithm; the last point is at TOP_V * exp(-RC_RECOVERY_STEPS * RATIO) = 0.4 mV */

/* Current out of the capacitor at charge -v: x = v - r_drive * i, through R and the diode. */
static double recovery_a(double v, double r, double r_drive, double is, bool diode)
{
    if (!diode) {
        return v / (r + r_drive);
    }
    double lo = 0, hi = v; /* of x */
    for (int i = 0; i < 60; i++) {
        double x = 0.5 * (lo + hi);
        double a = x / r + is * expm1(x / RC_THERMAL_V);
        *(a * r_drive > v - x ? &hi : &lo) = x;
    }
    return (v - lo) / r_drive;
}

void rc_recovery_init(struct rc_recovery *r, double r_ohm, double r_drive_ohm, double c_pf, double vf_v, bool diode)
{
    double is = 1e-3 * exp(-vf_v / RC_THERMAL_V);
    r->tau_us = (r_ohm + r_drive_ohm) * c_pf * 1e-6;
    r->at_us[0] = 0;
    for (int i = 0; i < RC_RECOVERY_STEPS; i++) {
        double sum = 0; /* Simpson over dv * C / i(v), with v = exp(u) */
        for (int k = 0; k <= 2; k++) {
            double v = TOP_V * exp(-RATIO * (i + 0.5 * k));
            sum += (k == 1 ? 4 : 1) * v / recovery_a(v, r_ohm, r_drive_ohm, is, diode);
        }
        r->at_us[i + 1] = r->at_us[i] + sum / 6 * RATIO * c_pf * 1e-6;
    }
}

static double last_v(void)
{
    return TOP_V * exp(-RATIO * RC_RECOVERY_STEPS);
}

double rc_recovery_time(const struct rc_recovery *r, double v)
{
    assert(v < 0);
    if (-v <= last_v()) {
        return r->at_us[RC_RECOVERY_STEPS] + r->tau_us * log(last_v() / -v);
    }
    double u = log(TOP_V / -v) / RATIO;
    u = u < 0 ? 0 : u;
    int lo = (int)u < RC_RECOVERY_STEPS ? (int)u : RC_RECOVERY_STEPS - 1;
    return r->at_us[lo] + (u - lo) * (r->at_us[lo + 1] - r->at_us[lo]);
}

double rc_recovery_at(const struct rc_recovery *r, double t_us, unsigned *hint)
{
    if (t_us >= r->at_us[RC_RECOVERY_STEPS]) {
        return -last_v() * exp(-(t_us - r->at_us[RC_RECOVERY_STEPS]) / r->tau_us);
    }
    unsigned lo = *hint, hi = lo + 1;
    if (r->at_us[lo] > t_us || r->at_us[hi] <= t_us) {
        lo = 0;
        hi = RC_RECOVERY_STEPS;
        while (hi - lo > 1) {
            unsigned mid = (lo + hi) / 2;
            *(r->at_us[mid] <= t_us ? &lo : &hi) = mid;
        }
        *hint = lo;
    }
    return -TOP_V * exp(-RATIO * (lo + (t_us - r->at_us[lo]) / (r->at_us[hi] - r->at_us[lo])));
}
