/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sim/circuits/rts_supply.h"

#include <math.h>
#include <string.h>

#define THERMAL_V 0.025865 /* kT/q at 27 degrees */
#define ZENER_TEST_A 4e-3
#define MAX_KNEES 50
#define STEP 0.15 /* of the exponent: table point i has exp(-i * STEP) of the way left */

/* Current from the line through the diode into VDD at voltage v: Newton, kept between bounds. */
static double line_a(const struct rts_supply_parts *p, double line_v, double v)
{
    double r = p->r_ohm + p->diode_ohm, lo = 0, hi = (line_v - v) / r;
    if (hi <= 0) {
        return 0;
    }
    double a = hi / 2, thermal_v = THERMAL_V * p->n;
    for (int i = 0; i < 60; i++) {
        double over = thermal_v * log1p(a / p->is_a) + a * r - (line_v - v);
        *(over > 0 ? &hi : &lo) = a;
        double next = a - over / (thermal_v / (a + p->is_a) + r);
        next = next > lo && next < hi ? next : 0.5 * (lo + hi);
        if (fabs(next - a) <= 1e-12 * a) {
            return next;
        }
        a = next;
    }
    return a;
}

/* Into the capacitor at voltage v. */
static double net_a(const struct rts_supply *s, double v)
{
    const struct rts_supply_parts *p = &s->parts;
    double a = line_a(p, s->line_v, v) - v / p->load_ohm - ZENER_TEST_A * exp((v - p->zener_v) / p->zener_knee_v);
    for (int i = 0; i < RTS_SUPPLY_FEEDS; i++) {
        const struct rts_supply_feed *f = &s->feed[i];
        if (f->r_ohm > 0 && f->v > v) { /* the clamp drops less than at 1 mA */
            double less_v = -THERMAL_V * log((f->v - v) / f->r_ohm * 1e3);
            a += (f->v - v + (less_v > 0 ? less_v : 0)) / f->r_ohm;
        }
    }
    return a;
}

static double balance_v(const struct rts_supply *s)
{
    double lo = 0, hi = s->line_v > 0 ? s->line_v : 0;
    for (int i = 0; i < RTS_SUPPLY_FEEDS; i++) {
        hi = s->feed[i].r_ohm > 0 && s->feed[i].v > hi ? s->feed[i].v : hi;
    }
    for (int i = 0; i < 60 && hi > lo; i++) {
        double v = 0.5 * (lo + hi);
        *(net_a(s, v) < 0 ? &hi : &lo) = v;
    }
    return 0.5 * (lo + hi);
}

/* From a to b, close together: Simpson over dv * C / i(v), in steps of the zener's knee where it conducts. */
static double between_us(const struct rts_supply *s, double a, double b)
{
    const struct rts_supply_parts *p = &s->parts;
    double sum = 0, knees = fabs(b - a) / p->zener_knee_v;
    int n = (a > b ? a : b) < p->zener_v - 10 * p->zener_knee_v ? 1 : knees < MAX_KNEES ? 1 + (int)knees : MAX_KNEES;
    for (int k = 0; k <= 2 * n; k++) {
        double net = net_a(s, a + (b - a) * k / (2 * n));
        sum += (k % 2 ? 4 : k == 0 || k == 2 * n ? 1 : 2) * (b - a) / (net != 0 ? net : 1e-12);
    }
    double us = sum / (6 * n) * p->cdd_uf;
    return us > 0 ? us : 0;
}

static double point_v(const struct rts_supply *s, int i)
{
    return s->end_v + (s->start_v - s->end_v) * exp(-STEP * i);
}

void rts_supply_begin(struct rts_supply *s, const struct rts_supply_parts *parts, double start_v, double line_v,
                      const struct rts_supply_feed *feed)
{
    static const struct rts_supply_feed none[RTS_SUPPLY_FEEDS];
    s->parts = *parts;
    s->line_v = line_v;
    memcpy(s->feed, feed ? feed : none, sizeof s->feed);
    s->start_v = start_v;
    s->end_v = balance_v(s);
    s->at_us[0] = 0;
    for (int i = 0; i < RTS_SUPPLY_STEPS; i++) {
        s->at_us[i + 1] = s->at_us[i] + between_us(s, point_v(s, i), point_v(s, i + 1));
    }
}

double rts_supply_v(const struct rts_supply *s, double t_us)
{
    if (t_us >= s->at_us[RTS_SUPPLY_STEPS]) {
        return s->end_v;
    }
    if (t_us <= 0) {
        return s->start_v;
    }
    int lo = 0, hi = RTS_SUPPLY_STEPS;
    while (hi - lo > 1) {
        int mid = (lo + hi) / 2;
        *(s->at_us[mid] <= t_us ? &lo : &hi) = mid;
    }
    double span = s->at_us[hi] - s->at_us[lo], a = point_v(s, lo);
    double v = s->end_v + (s->start_v - s->end_v) * exp(-STEP * (lo + (span > 0 ? (t_us - s->at_us[lo]) / span : 0)));
    double late_us = t_us - s->at_us[lo] - between_us(s, a, v);
    v += late_us * net_a(s, v) / s->parts.cdd_uf;
    return (v > s->end_v) == (s->start_v > s->end_v) ? v : s->end_v;
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
    return s->at_us[(int)i] + between_us(s, point_v(s, (int)i), v);
}
