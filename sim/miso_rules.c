/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sim/miso_rules.h"

#include <string.h>

void miso_rules_init(struct miso_rules *m, struct checker *checker)
{
    memset(m, 0, sizeof *m);
    m->checker = checker;
    miso_rules_stop(m);
}

static void forget_run(struct miso_rules *m)
{
    m->run = 0;
    m->setup.measured = m->hold.measured = INT64_MAX;
}

void miso_rules_stop(struct miso_rules *m)
{
    m->now.has = m->ended.has = false;
    forget_run(m);
}

void miso_rules_begin(struct miso_rules *m, sim_time fall_ps)
{
    m->asked = true;
    m->fall_ps = fall_ps;
    m->fall_before_ps = 0; /* long ago, for all that is known */
}

static int64_t setup_of(sim_time at_ps, sim_time fall_ps, sim_time way_ps)
{
    return way_ps == SIM_NEVER ? 0 : (int64_t)(at_ps - fall_ps) - (int64_t)way_ps;
}

/* Broken, or worse than before? */
static bool is_news(const struct miso_rules *m, enum checker_rule rule, int64_t required, int64_t measured)
{
    return measured < required || measured - required < checker_margin(m->checker, rule)->margin;
}

static void take_where(struct miso_rules *m, struct miso_look *bit, enum checker_rule rule, int64_t required,
                       int64_t measured)
{
    if (!bit->has_where && is_news(m, rule, required, measured)) {
        checker_where_now(m->checker, &bit->where);
        bit->has_where = true;
    }
}

/* The fall that takes the bit away. */
static void bit_went(struct miso_rules *m, struct miso_look *bit, sim_time fall_ps)
{
    bit->hold_ps = (int64_t)(fall_ps - bit->at_ps);
    if (bit->sure) {
        checker_at_least(m->checker, CHECK_MISO_HOLD, bit->at_ps, MISO_RULES_HOLD_PS, bit->hold_ps);
    } else {
        take_where(m, bit, CHECK_MISO_HOLD, MISO_RULES_HOLD_PS, bit->hold_ps);
    }
}

/* False: the bit has a better one. */
static bool take_look(struct miso_rules *m, struct miso_look *bit, sim_time at_ps, int64_t setup_ps, bool sure)
{
    if (bit->has && bit->setup_ps >= (int64_t)MISO_RULES_SETUP_PS) {
        return false;
    }
    bit->has = true;
    bit->sure = sure;
    bit->has_where = false;
    bit->at_ps = at_ps;
    bit->setup_ps = setup_ps;
    if (sure) {
        checker_at_least(m->checker, CHECK_MISO_SETUP, at_ps, MISO_RULES_SETUP_PS, setup_ps);
    } else {
        take_where(m, bit, CHECK_MISO_SETUP, MISO_RULES_SETUP_PS, setup_ps);
    }
    return true;
}

void miso_rules_look(struct miso_rules *m, sim_time at_ps, sim_time way_ps, bool sure)
{
    if (!m->checker) {
        return;
    }
    if (at_ps >= m->fall_ps) {
        take_look(m, &m->now, at_ps, setup_of(at_ps, m->fall_ps, way_ps), sure);
    } else if (take_look(m, &m->ended, at_ps, setup_of(at_ps, m->fall_before_ps, way_ps), sure)) {
        bit_went(m, &m->ended, m->fall_ps); /* it has fallen since */
    }
}

void miso_rules_fell(struct miso_rules *m, sim_time at_ps)
{
    m->ended = m->now;
    m->now.has = false;
    bit_went(m, &m->ended, at_ps);
}

static void keep_worst(struct miso_worst *w, const struct miso_look *bit, int64_t measured)
{
    if (measured < w->measured) {
        w->measured = measured;
        w->at_ps = bit->at_ps;
        if (bit->has_where) {
            w->where = bit->where;
        }
    }
}

static void judge(struct miso_rules *m, const struct miso_worst *w, enum checker_rule rule, int64_t required)
{
    checker_where_then(m->checker, &w->where);
    checker_at_least(m->checker, rule, w->at_ps, required, w->measured);
    checker_where_then(m->checker, NULL);
}

void miso_rules_bit(struct miso_rules *m)
{
    const struct miso_look *bit = &m->ended;

    if (!bit->has || bit->sure) {
        forget_run(m);
        m->ended.has = false;
        return;
    }
    keep_worst(&m->setup, bit, bit->setup_ps);
    keep_worst(&m->hold, bit, bit->hold_ps);
    m->ended.has = false;
    if (++m->run == MISO_RULES_RUN) {
        judge(m, &m->setup, CHECK_MISO_SETUP, MISO_RULES_SETUP_PS);
        judge(m, &m->hold, CHECK_MISO_HOLD, MISO_RULES_HOLD_PS);
        forget_run(m);
    }
}
