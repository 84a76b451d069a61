/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sim/rts_supply.h"

#include <math.h>

#define THERMAL_V 0.02585 /* kT/q at 300 K */
#define ZENER_TEST_A 4e-3
#define STEP 0.15 /* of the exponent: table point i has exp(-i * STEP) of the way left */

/* Current from the line into VDD at voltage v. */
static double line_a(const struct rts_supply_parts *p, double line_v, double v)
{
    double lo = 0, hi = (line_v - v) / p->r_ohm;
    if (hi <= 0) {
        return 0;
    }
    for (int i = 0; i < 60; i++) {
        double a = 0.5 * (lo + hi);
        double drop = THERMAL_V * log1p(a / p->is_a) + a * p->r_ohm;
        *(drop > line_v - v ? &hi : &lo) = a;
    }
    return 0.5 * (lo + hi);
}

static double taken_a(const struct rts_supply_parts *p, double v)
{
    return v / p->load_ohm + ZENER_TEST_A * exp((v - p->zener_v) / p->zener_knee_v);
}

static double balance_v(const struct rts_supply_parts *p, double line_v)
{
    double lo = 0, hi = line_v > 0 ? line_v : 0;
    for (int i = 0; i < 60; i++) {
        double v = 0.5 * (lo + hi);
        *(taken_a(p, v) > line_a(p, line_v, v) ? &hi : &lo) = v;
    }
    return 0.5 * (lo + hi);
}

static double point_v(const struct rts_supply *s, int i)
{
    return s->end_v + (s->start_v - s->end_v) * exp(-STEP * i);
}

void rts_supply_begin(struct rts_supply *s, const struct rts_supply_parts *parts, double start_v, double line_v)
{
    s->parts = *parts;
    s->start_v = start_v;
    s->end_v = balance_v(parts, line_v);
    s->at_us[0] = 0;
    for (int i = 0; i < RTS_SUPPLY_STEPS; i++) {
        double a = point_v(s, i), b = point_v(s, i + 1), sum = 0;
        for (int k = 0; k <= 2; k++) { /* Simpson over dv * C / i(v) */
            double v = a + (b - a) * k / 2, net = line_a(parts, line_v, v) - taken_a(parts, v);
            sum += (k == 1 ? 4 : 1) * (b - a) / (net != 0 ? net : 1e-12);
        }
        double dt = sum / 6 * parts->cdd_uf;
        s->at_us[i + 1] = s->at_us[i] + (dt > 0 ? dt : 0);
    }
}

double rts_supply_v(const struct rts_supply *s, double t_us)
{
    if (t_us >= s->at_us[RTS_SUPPLY_STEPS]) {
        return s->end_v;
    }
    int lo = 0, hi = RTS_SUPPLY_STEPS;
    while (hi - lo > 1) {
        int mid = (lo + hi) / 2;
        *(s->at_us[mid] <= t_us ? &lo : &hi) = mid;
    }
    double span = s->at_us[hi] - s->at_us[lo];
    double part = span > 0 && t_us > s->at_us[lo] ? (t_us - s->at_us[lo]) / span : 0;
    return s->end_v + (s->start_v - s->end_v) * exp(-STEP * (lo + part));
}

double rts_supply_reaches_us(const struct rts_supply *s, double v)
{
    if ((v - s->start_v) * (v - s->end_v) >= 0) {
        return -1;
    }
    double i = log((s->start_v - s->end_v) / (v - s->end_v)) / STEP;
    if (i >= RTS_SUPPLY_STEPS) {
        return s->at_us[RTS_SUPPLY_STEPS];
    }
    int lo = (int)i;
    return s->at_us[lo] + (i - lo) * (s->at_us[lo + 1] - s->at_us[lo]);
}
