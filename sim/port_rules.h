/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * port_rules.h - measures what a programmer does to SCK, MOSI and RESET, for the checker to judge
 *
 * Told of every change by the target, with the target's clock as the yardstick. Writes and busy times are not
 * its business. Without a clock there is nothing to measure phases by: that is a note of its own.
 *
 * Who programs   SCK and RESET also move when nobody programs: a reset button that bounces, an LED on SCK that is
 *                lit or blinks. So what was measured is only kept until an instruction is there, and judged then: the
 *                16 rises of SCK that bring AC 53, or any 32 without a pause, which is what one has come to when bits
 *                are broken, or a byte of them just before RESET goes high: one that was broken off. What follows in the
 *                same session is judged at once. Of several RESET pulses the last counts: it is what synchronises.
 *
 * Misread        What the pins showed is kept beside what the port took: where it saw more or fewer edges, or MOSI changed
 *                while SCK was high and was taken before that now and after it then, it has read something else than
 *                was sent, from there to the end of the session. What comes of that follows from the rule that was
 *                broken.
 */
#ifndef SIM_PORT_RULES_H
#define SIM_PORT_RULES_H

#include "sim/checker.h"
#include "sim/clock.h"

#define PORT_ENABLE_WAIT_PS (20 * SIM_MS)
#define PORT_RULES_BITS 32 /* of an instruction */
#define PORT_RULES_BYTE 8
#define PORT_RULES_PAUSE_PS (100 * SIM_MS)    /* no programmer's */
#define PORT_RULES_KEPT (4 * PORT_RULES_BITS) /* a bit is measured four times: SCK low, high, MOSI set-up, hold */

struct port_measure { /* of checker_judge() */
    enum checker_rule rule;
    sim_time at_ps;
    int64_t required, measured, least;
    struct checker_where where;
};

struct port_rules {
    struct checker *checker; /* NULL: nobody checks */
    bool listening;          /* the port works: between RESET low and high */
    bool programs;           /* an instruction has been at the pins since then */
    bool awaits;             /* ... or is still to come, or a RESET pulse is to be judged when one does */
    bool has_clock;
    int64_t phase_ps, setup_ps, hold_ps;
    int64_t least_phase_ps; /* more than 2 clocks; from 12 MHz on at least 3 */

    bool sck_rose, sck_fell; /* since listening */
    bool hold_open;          /* no change of MOSI since SCK rose */
    sim_time rise_ps, fall_ps, mosi_ps;
    sim_time since_ps; /* RESET low or power-up: the 20 ms run from here */
    bool early;        /* Programming Enable began before they were over */

    uint32_t n_pin, pin_bits,
        late_bits;             /* rises since listening, MOSI at the last ones, and did it change while SCK was high? */
    uint32_t frame_at;         /* n_pin where the instruction on the wire began */
    bool mosi_told, mosi_late; /* where it does the port takes what comes then: late, or not */
    bool misread;              /* in this session */

    /* until somebody programs */
    uint32_t bits; /* MOSI at the last rises of SCK */
    sim_time last_rise_ps;
    uint32_t n_rises, n_kept;
    sim_time rises_ps[PORT_RULES_BITS];
    struct checker_where rises_where[PORT_RULES_BITS], reset_where; /* where RESET moved last */
    struct port_measure kept[PORT_RULES_KEPT];                      /* rings: n counts on */
    struct port_measure reset_high; /* the last pulse before; rule CHECKER_RULES: none, or it is judged */
    enum net_level sck_was;         /* when listening began */
    bool enable_came;               /* what came first is Programming Enable */
};

void port_rules_init(struct port_rules *p, struct checker *checker);
/* period_ps 0: no clock. */
void port_rules_clock(struct port_rules *p, sim_time period_ps);
/* The port listens from now on; sck: level at that moment. */
void port_rules_start(struct port_rules *p, sim_time at_ps, enum net_level sck);
void port_rules_stop(struct port_rules *p);
/* RESET moved at its pin, whether the port listens or not. */
void port_rules_reset_moved(struct port_rules *p, sim_time at_ps);
/* RESET has been high for measured_ps between two lows. */
void port_rules_reset_high(struct port_rules *p, sim_time at_ps, sim_time measured_ps);

/* The port took AC 53 ... */
void port_rules_enabled(struct port_rules *p);
/* ... or the first n bits, 24 or 32, of an instruction. False: the session is misread, now or before. */
bool port_rules_took(struct port_rules *p, uint32_t bits, unsigned n);
/* The broken rule that explains why the port did not see what was sent; CHECKER_RULES: none. */
enum checker_rule port_rules_cause(const struct port_rules *p);

/* The rest of port_rules_sck() and its like, while nobody programs. */
void port_rules_keep(struct port_rules *p, enum checker_rule rule, sim_time at_ps, int64_t required, int64_t measured,
                     int64_t least);
bool port_rules_rise(struct port_rules *p, sim_time at_ps, bool mosi);

static inline void port_rules_judge(struct port_rules *p, enum checker_rule rule, sim_time at_ps, int64_t required,
                                    int64_t measured, int64_t least)
{
    if (p->programs) {
        checker_judge(p->checker, rule, at_ps, required, measured, least);
    } else {
        port_rules_keep(p, rule, at_ps, required, measured, least);
    }
}

/* True: with this rise the pins have shown an instruction, the first, whether the port listens or not. */
static inline bool port_rules_sck(struct port_rules *p, sim_time at_ps, bool level, bool mosi)
{
    bool seen = false;

    if (p->listening) {
        if (level) {
            p->n_pin++;
            p->pin_bits = p->pin_bits << 1 | mosi;
            p->late_bits <<= 1;
            if (p->has_clock) {
                if (p->sck_fell) {
                    port_rules_judge(p, CHECK_SCK_LOW, at_ps, p->phase_ps, (int64_t)(at_ps - p->fall_ps),
                                     p->least_phase_ps);
                }
                port_rules_judge(p, CHECK_MOSI_SETUP, at_ps, p->setup_ps, (int64_t)(at_ps - p->mosi_ps), p->setup_ps);
            }
            p->sck_rose = true;
            p->hold_open = p->has_clock;
            p->rise_ps = at_ps;
        } else {
            if (p->has_clock && p->sck_rose) {
                port_rules_judge(p, CHECK_SCK_HIGH, at_ps, p->phase_ps, (int64_t)(at_ps - p->rise_ps),
                                 p->least_phase_ps);
            }
            p->sck_fell = p->sck_rose; /* a low before the first rise is no phase of a clock */
            p->fall_ps = at_ps;
            p->late_bits |= p->mosi_ps > p->rise_ps && p->mosi_ps < at_ps;
        }
    }
    if (level && p->awaits) {
        seen = port_rules_rise(p, at_ps, mosi);
    }
    return seen;
}

static inline void port_rules_mosi(struct port_rules *p, sim_time at_ps)
{
    p->mosi_ps = at_ps;
    if (p->hold_open) {
        p->hold_open = false;
        port_rules_judge(p, CHECK_MOSI_HOLD, at_ps, p->hold_ps, (int64_t)(at_ps - p->rise_ps), p->hold_ps);
    }
}

#endif
