/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sim/port_rules.h"

#include <assert.h>
#include <string.h>

#define ENABLE_WORD 0xAC53
#define ENABLE_BITS 16

void port_rules_init(struct port_rules *p, struct checker *checker)
{
    memset(p, 0, sizeof *p);
    p->checker = checker;
    p->reset_high.rule = CHECKER_RULES;
    p->awaits = true;
}

void port_rules_clock(struct port_rules *p, sim_time period_ps)
{
    /* 12 MHz = 83333.3 ps */
    bool is_fast = period_ps <= 83333;

    p->has_clock = period_ps != 0;
    p->phase_ps = (int64_t)(period_ps * (is_fast ? 3 : 2));
    p->least_phase_ps = p->phase_ps + !is_fast;
    p->setup_ps = (int64_t)period_ps;
    p->hold_ps = (int64_t)(2 * period_ps);
    if (!p->has_clock) {
        p->hold_open = false;
    }
}

static void forget(struct port_rules *p)
{
    p->bits = 0;
    p->n_rises = p->n_kept = 0;
}

void port_rules_start(struct port_rules *p, sim_time at_ps, enum net_level sck)
{
    p->listening = true;
    p->programs = p->sck_rose = p->sck_fell = p->hold_open = p->early = false;
    p->awaits = true;
    p->misread = false;
    p->n_pin = p->pin_bits = p->late_bits = 0;
    p->since_ps = at_ps;
    p->sck_was = sck;
    forget(p);
}

void port_rules_stop(struct port_rules *p)
{
    p->listening = p->programs = false;
    p->awaits = true;
    p->hold_open = false;
    forget(p);
}

/* ---- what the port took for what was sent ---- */

enum checker_rule port_rules_cause(const struct port_rules *p)
{
    static const enum checker_rule causes[] = { CHECK_SCK_HIGH,  CHECK_SCK_LOW,    CHECK_MOSI_SETUP,
                                                CHECK_MOSI_HOLD, CHECK_STRAY_SCK,  CHECK_RESET_HIGH,
                                                CHECK_RESET_LOW, CHECK_CONTENTION, CHECK_INPUT_FLOATING };

    for (unsigned i = 0; p->checker && i < sizeof causes / sizeof causes[0]; i++) {
        if (checker_margin(p->checker, causes[i])->findings) {
            return causes[i];
        }
    }
    return CHECKER_RULES;
}

static void take(struct port_rules *p, uint32_t bits, unsigned n)
{
    bool now = p->fall_ps < p->rise_ps && p->mosi_ps > p->rise_ps; /* while the last bit's SCK is still high */
    uint32_t mask = UINT32_MAX >> (32 - n), late = (p->late_bits | now) & mask, differ = (p->pin_bits ^ bits) & mask;

    if (late && !p->mosi_told) {
        p->mosi_told = true;
        p->mosi_late = differ != 0;
    }
    p->misread |= p->n_pin - p->frame_at != n || differ != (p->mosi_late ? late : 0);
}

void port_rules_enabled(struct port_rules *p)
{
    p->frame_at = p->n_pin - ENABLE_BITS;
    p->mosi_told = p->mosi_late = false;
    take(p, ENABLE_WORD, ENABLE_BITS);
}

bool port_rules_took(struct port_rules *p, uint32_t bits, unsigned n)
{
    take(p, bits, n);
    if (n == PORT_RULES_BITS) {
        p->frame_at += PORT_RULES_BITS;
    }
    return !p->misread;
}

static void judge_measure(struct port_rules *p, const struct port_measure *m)
{
    checker_where_then(p->checker, &m->where);
    checker_judge(p->checker, m->rule, m->at_ps, m->required, m->measured, m->least);
    checker_where_then(p->checker, NULL);
}

void port_rules_reset_high(struct port_rules *p, sim_time at_ps, sim_time measured_ps)
{
    p->reset_high = (struct port_measure){ CHECK_RESET_HIGH,     at_ps,           2 * p->setup_ps,
                                           (int64_t)measured_ps, 2 * p->setup_ps, p->reset_where };
    p->awaits = true;
}

static void judge_reset_high(struct port_rules *p)
{
    if (p->reset_high.rule != CHECKER_RULES) {
        judge_measure(p, &p->reset_high);
        p->reset_high.rule = CHECKER_RULES;
    }
}

void port_rules_keep(struct port_rules *p, enum checker_rule rule, sim_time at_ps, int64_t required, int64_t measured,
                     int64_t least)
{
    struct port_measure *m = &p->kept[p->n_kept++ % PORT_RULES_KEPT];

    m->rule = rule;
    m->at_ps = at_ps;
    m->required = required;
    m->measured = measured;
    m->least = least;
    checker_where_now(p->checker, &m->where);
}

/* MOSI moved where the port samples it: what it saw may be another bit's, and AC 53 come a bit early or late. */
static bool mosi_is_doubtful(const struct port_rules *p)
{
    for (uint32_t i = p->n_kept > PORT_RULES_KEPT ? p->n_kept - PORT_RULES_KEPT : 0; i < p->n_kept; i++) {
        const struct port_measure *m = &p->kept[i % PORT_RULES_KEPT];

        if ((m->rule == CHECK_MOSI_SETUP || m->rule == CHECK_MOSI_HOLD) && m->measured < m->least) {
            return true;
        }
    }
    return false;
}

/* Somebody programs, for n rises now: what has been kept is judged. enables: with what may be Programming Enable. */
static void judge_kept(struct port_rules *p, uint32_t n, bool enables)
{
    sim_time first_ps = p->rises_ps[(p->n_rises - n) % PORT_RULES_BITS];
    int64_t waited_ps = (int64_t)(first_ps - p->since_ps);

    if (p->has_clock && p->sck_was != NET_0) { /* without a clock no RESET pulse was seen that came later */
        checker_where_then(p->checker, &p->reset_where);
        checker_report(p->checker, CHECK_SCK_AT_RESET, p->since_ps, NULL, NET_0, p->sck_was);
    }
    /* without AC 53 the port's 32nd rise is the last of them: all are forgotten as it begins to listen */
    assert(p->n_rises <= n || (uint16_t)p->bits == ENABLE_WORD);
    if (p->n_rises > n && !mosi_is_doubtful(p)) {
        checker_where_then(p->checker, &p->rises_where[0]);
        if (p->n_rises == n + 1 && p->late_bits) { /* no edge too many */
            checker_report_text(
                p->checker, CHECK_MOSI_HOLD, p->rises_ps[0],
                "MOSI changes while SCK is high: the port has taken the bit before, and all come an edge late");
        } else {
            checker_report(p->checker, CHECK_STRAY_SCK, p->rises_ps[0], NULL, 0, (int64_t)(p->n_rises - n));
        }
    }
    judge_reset_high(p);
    p->early = waited_ps < (int64_t)PORT_ENABLE_WAIT_PS;
    if (enables) {
        checker_where_then(p->checker, &p->rises_where[(p->n_rises - n) % PORT_RULES_BITS]);
        checker_at_least(p->checker, CHECK_ENABLE_WAIT, first_ps, PORT_ENABLE_WAIT_PS, waited_ps);
    }
    checker_where_then(p->checker, NULL);
    for (uint32_t i = p->n_kept > PORT_RULES_KEPT ? p->n_kept - PORT_RULES_KEPT : 0; i < p->n_kept; i++) {
        const struct port_measure *m = &p->kept[i % PORT_RULES_KEPT];
        if (m->at_ps >= first_ps) {
            judge_measure(p, m);
        }
    }
}

void port_rules_reset_moved(struct port_rules *p, sim_time at_ps)
{
    /* an instruction that was broken off: nobody else makes so many rises and then lets RESET go */
    if (p->listening && !p->programs && p->n_rises >= PORT_RULES_BYTE &&
        at_ps - p->last_rise_ps <= PORT_RULES_PAUSE_PS) {
        judge_kept(p, p->n_rises, true);
    }
    checker_where_now(p->checker, &p->reset_where);
    if (!p->programs) {
        forget(p);
    }
}

bool port_rules_rise(struct port_rules *p, sim_time at_ps, bool mosi)
{
    if (p->programs) { /* the pulse before was too short to be noticed: the session goes on */
        judge_reset_high(p);
        p->awaits = false;
        return false;
    }
    if (at_ps - p->last_rise_ps > PORT_RULES_PAUSE_PS) {
        forget(p);
    }
    p->last_rise_ps = at_ps;
    if (p->listening) {
        checker_where_now(p->checker, &p->rises_where[p->n_rises % PORT_RULES_BITS]);
    }
    p->rises_ps[p->n_rises++ % PORT_RULES_BITS] = at_ps;
    p->bits = p->bits << 1 | mosi;
    bool is_enable = (uint16_t)p->bits == ENABLE_WORD && p->n_rises >= ENABLE_BITS;
    if (!is_enable && (p->n_rises < PORT_RULES_BITS || !p->listening)) {
        return false;
    }
    if (p->listening) {
        p->programs = true;
        p->awaits = false;
        judge_kept(p, is_enable ? ENABLE_BITS : PORT_RULES_BITS, is_enable || mosi_is_doubtful(p));
        if (!is_enable && p->bits && p->bits != UINT32_MAX) { /* a MOSI that never moves is a wire's fault */
            if (mosi_is_doubtful(p)) {
                checker_follows(p->checker, port_rules_cause(p));
            }
            checker_where_then(p->checker, &p->rises_where[(p->n_rises - 1) % PORT_RULES_BITS]);
            checker_report(p->checker, CHECK_NO_ENABLE, at_ps, NULL, 0, p->bits);
            checker_where_then(p->checker, NULL);
            checker_follows(p->checker, CHECKER_RULES);
        }
        if (!p->has_clock) {
            checker_report(p->checker, CHECK_NO_CLOCK, at_ps, NULL, 0, 0);
        }
    }
    p->enable_came = is_enable;
    forget(p);
    return true;
}
