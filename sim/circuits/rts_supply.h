/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * rts_supply.h - VDD taken from an RS232 output: diode, resistor, zener, capacitor, load
 *
 *      RTS --[line_ohm]--|D>|--[r_ohm]--+-- VDD      zener, cdd and load_ohm from VDD to GND
 *      line --[feed r_ohm]--|clamp>|----+            what high lines give away through inputs' clamp diodes
 *
 * Pure arithmetic: a charge or discharge begins at a known voltage and is then asked for its voltage at a time
 * or its time at a voltage. Times are microseconds from its beginning.
 */
#ifndef SIM_CIRCUITS_RTS_SUPPLY_H
#define SIM_CIRCUITS_RTS_SUPPLY_H

struct rts_supply_parts {
    double r_ohm;     /* driver output and R5 in series */
    double is_a, n;   /* diode: saturation current, emission coefficient */
    double diode_ohm; /* its bulk resistance */
    double cdd_uf;
    double zener_v, zener_knee_v; /* voltage at 4 mA; it falls by the knee per factor e of current */
    double load_ohm;
};

struct rts_supply_feed { /* v: of the line, less the clamp diode at 1 mA; r_ohm 0: none */
    double v, r_ohm;
};

#define RTS_SUPPLY_FEEDS 2
#define RTS_SUPPLY_STEPS 80

struct rts_supply {
    struct rts_supply_parts parts;
    double line_v;
    struct rts_supply_feed feed[RTS_SUPPLY_FEEDS];
    double start_v, end_v;
    /* when it has come a given part of the way; the parts crowd towards the end, see rts_supply.c */
    double at_us[RTS_SUPPLY_STEPS + 1];
};

/*
 * Begins at start_v with the line at line_v (below start_v: the capacitor discharges into the load). feed: of
 * RTS_SUPPLY_FEEDS, or NULL.
 */
void rts_supply_begin(struct rts_supply *s, const struct rts_supply_parts *parts, double start_v, double line_v,
                      const struct rts_supply_feed *feed);
double rts_supply_v(const struct rts_supply *s, double t_us);
/* Negative: never. */
double rts_supply_reaches_us(const struct rts_supply *s, double v);

#endif
