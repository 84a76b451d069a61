/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The target's side of spi_train.h: port, rules and MISO as the edges one by one would leave them. The last bit comes as
 * ever: a byte may be complete with it.
 */
#include "sim/spi_train.h"

#include <assert.h>

#include "sim/target_parts.h"

/* A rule measured at half_ps each time: neither broken nor worse than before. */
static bool is_no_news(const struct checker *c, enum checker_rule rule, int64_t required, int64_t least, int64_t half)
{
    return !c || (half >= least && half - required >= c->margins[rule].margin);
}

static bool rules_are_no_news(const struct port_rules *p, const struct spi_train *tr)
{
    bool looks = tr->miso->look; /* and hears of the master's samples, half a period from both falls */
    int64_t half = (int64_t)tr->half_ps;
    sim_time begin_ps = tr->edge_ps[2 * tr->first];
    /* a port that is enabled and has a clock listens, and has seen 16 bits; the rules may have seen others */
    assert(p->listening && p->has_clock && p->sck_rose && p->sck_fell);
    return p->programs && begin_ps - p->fall_ps >= tr->half_ps && begin_ps - p->mosi_ps >= tr->half_ps &&
           is_no_news(p->checker, CHECK_SCK_LOW, p->phase_ps, p->least_phase_ps, half) &&
           is_no_news(p->checker, CHECK_SCK_HIGH, p->phase_ps, p->least_phase_ps, half) &&
           is_no_news(p->checker, CHECK_MOSI_SETUP, p->setup_ps, p->setup_ps, half) &&
           is_no_news(p->checker, CHECK_MOSI_HOLD, p->hold_ps, p->hold_ps, half) &&
           (!looks || (is_no_news(p->checker, CHECK_MISO_SETUP, MISO_RULES_SETUP_PS, MISO_RULES_SETUP_PS, half) &&
                       is_no_news(p->checker, CHECK_MISO_HOLD, MISO_RULES_HOLD_PS, MISO_RULES_HOLD_PS, half)));
}

/* Everything that a phase of SCK brings about is over before its end. */
static bool port_keeps_up(const struct spi_slave *s, unsigned bit, sim_time half_ps)
{
    if (!s->enabled || !s->periodic || s->bits % 8 != bit || s->sck || s->seen) {
        return false;
    }
    sim_time delay = s->delay_ps[0] > s->delay_ps[1] ? s->delay_ps[0] : s->delay_ps[1];
    sim_time period = s->clk.clk.period_num / s->clk.clk.period_den + 1; /* periodic: there is one */
    if (s->n_samples * period + delay >= half_ps) {
        return false;
    }
    /* what is under way comes within that time: before the train ends, so that it was not offered (spi_train_offer()) */
    assert(!s->n_due && !sim_event_pending(&s->event) && !sim_event_pending(&s->pin));
    assert(s->driven && s->next_level == s->level);
    return true;
}

/* n bits are computed: up to the fall with which the last one's level comes. */
static void leave_rules(struct port_rules *p, const struct spi_train *tr, unsigned n, sim_time mosi_ps)
{
    p->rise_ps = tr->edge_ps[2 * (tr->first + n) - 2];
    p->fall_ps = tr->edge_ps[2 * (tr->first + n) - 1];
    p->hold_open = mosi_ps != p->fall_ps;
    p->mosi_ps = mosi_ps ? mosi_ps : p->mosi_ps;
    p->n_pin += n;
    p->pin_bits = p->pin_bits << n | (tr->bits >> (8 - tr->first - n) & ((1u << n) - 1));
    p->late_bits <<= n;
}

/* When the port sees what SCK did at t. */
static sim_time seen_ps(struct spi_slave *s, sim_time t_ps)
{
    return clock_cursor_edge(&s->clk, clock_cursor_after(&s->clk, t_ps) + s->n_samples - 1);
}

/* When MISO takes the level that it is told by the fall of SCK. */
static sim_time miso_moves_ps(struct spi_slave *s, sim_time fall_ps, bool level)
{
    return (s->miso == MISO_SAMPLED ? seen_ps(s, fall_ps) : fall_ps) + s->delay_ps[level];
}

/* Bits 0..7 as in a byte, and the one before bit `first` + 1: a bit of the result where one is another than its predecessor. */
static unsigned moves(unsigned bits, unsigned first, unsigned n)
{
    return (bits ^ bits >> 1) & ((1u << n) - 1) << (7 - first - n);
}

/* The last of them. */
static unsigned last_move(unsigned moves)
{
    return 7 - (unsigned)__builtin_ctz(moves);
}

/* What the nets did up to the fall with which bit `first` + n comes: mosi, miso say where they moved. */
static void record(struct target *t, const struct spi_train *tr, unsigned n, unsigned mosi, unsigned miso)
{
    const struct net *nets[] = { tr->sck->net, tr->mosi->net, tr->miso };
    for (unsigned k = tr->first + 1; k <= tr->first + n; k++) { /* bit k comes with a fall */
        sim_time fall_ps = tr->edge_ps[2 * k - 1];
        bool out = t->spi.out >> (7 - k) & 1;
        spi_train_record(nets[0], tr->edge_ps[2 * k - 2], true);
        spi_train_record(nets[0], fall_ps, false);
        if (mosi >> (7 - k) & 1) {
            spi_train_record(nets[1], fall_ps, spi_train_mosi(tr, k));
        }
        if (miso >> (7 - k) & 1) {
            spi_train_record(nets[2], miso_moves_ps(&t->spi, fall_ps, out), out);
        }
    }
}

/* All bits but the last. */
static void compute(struct target *t, struct spi_train *tr)
{
    struct spi_slave *s = &t->spi;
    unsigned n = tr->n - 1, last = tr->first + n, is = 0x80u >> tr->first;
    unsigned mosi = moves(tr->bits, tr->first, n);
    unsigned miso = moves(((unsigned)s->out & ~is) | (s->level ? is : 0), tr->first, n);
    sim_time mosi_ps = 0, miso_ps = 0;
    tr->miso_bits = (uint8_t)(s->out >> (7 - last) & ((1u << n) - 1));
    if (!n) {
        return;
    }
    if (t->sim->trace) {
        record(t, tr, n, mosi, miso);
    }
    if (mosi) {
        s->mosi_changed_ps = mosi_ps = tr->edge_ps[2 * last_move(mosi) - 1];
        s->mosi = spi_train_mosi(tr, last);
        s->mosi_before = !s->mosi;
    }
    if (miso) {
        s->level = s->next_level = s->out >> (7 - last) & 1;
        miso_ps = miso_moves_ps(s, tr->edge_ps[2 * last_move(miso) - 1], s->level);
    }
    leave_rules(&t->rules, tr, n, mosi_ps);
    s->in = s->in << n | (tr->bits >> (8 - tr->first - n) & ((1u << n) - 1));
    s->bits += n;
    spi_train_leave(&t->pin[TARGET_MISO].driver, s->level, miso_ps != 0, miso_ps);
}

/* Time of the next event but this. */
static sim_time horizon_without(const struct sim *sim, const struct sim_event *ev)
{
    const struct sim_event *first = sim->events == ev ? ev->next : sim->events;
    return first ? first->at_ps : SIM_NEVER;
}

/* What MISO does after the last fall is on its net at once, if nobody looks before: no event. */
static void change_miso_early(struct target *t, const struct spi_train *tr)
{
    struct spi_slave *s = &t->spi;
    if (sim_event_pending(&s->pin) && s->pin.at_ps < tr->until_ps && s->pin.at_ps < horizon_without(t->sim, &s->pin)) {
        const struct net *miso = t->pin[TARGET_MISO].net;
        sim_time at_ps = s->pin.at_ps;
        sim_cancel(t->sim, &s->pin);
        if (miso->trace_id >= 0 && miso->level != (s->next_level ? NET_1 : NET_0)) {
            trace_level_later(t->sim->trace, miso->trace_id, at_ps, s->next_level ? NET_1 : NET_0);
        }
        spi_train_leave(&t->pin[TARGET_MISO].driver, s->next_level, true, at_ps);
    }
}

/* The last rise and fall as they come: what they bring about is still to happen, a whole instruction perhaps. */
static void finish(struct target *t, const struct spi_train *tr)
{
    unsigned bit = tr->first + tr->n - 1;
    sim_time rise_ps = tr->edge_ps[2 * bit], fall_ps = tr->edge_ps[2 * bit + 1];
    struct net_driver *sck = tr->sck, *mosi = tr->mosi;
    bool mosi_moves = bit < 7 && spi_train_mosi(tr, bit + 1) != t->spi.mosi;
    t->sim->now_ps = rise_ps;
    spi_train_record(sck->net, rise_ps, true);
    port_rules_sck(&t->rules, rise_ps, true, t->spi.mosi);
    spi_slave_sck(&t->spi, true);
    if (sim_horizon(t->sim) <= fall_ps) {
        spi_train_leave(sck, true, true, rise_ps);
        spi_train_leave(mosi, t->spi.mosi, false, 0);
        sim_sync(t->sim, fall_ps);
    }
    t->sim->now_ps = fall_ps;
    spi_train_record(sck->net, fall_ps, false);
    if (mosi_moves) {
        spi_train_record(mosi->net, fall_ps, !t->spi.mosi);
    }
    port_rules_sck(&t->rules, fall_ps, false, t->spi.mosi);
    spi_slave_sck(&t->spi, false);
    if (mosi_moves) {
        port_rules_mosi(&t->rules, fall_ps);
        spi_slave_mosi(&t->spi, !t->spi.mosi);
    }
    change_miso_early(t, tr);
}

bool target_take_train(void *ctx, struct spi_train *tr)
{
    struct target *t = ctx;
    spi_slave_settle(&t->spi, tr->edge_ps[2 * tr->first]);
    if (!port_keeps_up(&t->spi, tr->first, tr->half_ps) || !rules_are_no_news(&t->rules, tr) ||
        tr->miso != t->pin[TARGET_MISO].net || tr->mosi->net != t->pin[TARGET_MOSI].net ||
        t->spi.mosi != spi_train_mosi(tr, tr->first) ||
        !spi_train_is_quiet(t->pin[TARGET_SCK].net, tr->sck, &t->pin[TARGET_SCK].watch) ||
        !spi_train_is_quiet(t->pin[TARGET_MOSI].net, tr->mosi, &t->pin[TARGET_MOSI].watch) ||
        !spi_train_is_quiet(t->pin[TARGET_MISO].net, &t->pin[TARGET_MISO].driver, NULL)) {
        return false;
    }
    compute(t, tr);
    miso_rules_stop(&t->miso); /* no bit that is open */
    finish(t, tr);
    t->miso.fall_before_ps = t->miso.fall_ps = t->rules.fall_ps;
    return true;
}
