/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The target's side of spi_train.h: port, rules and MISO as the edges one by one would leave them. */
#include "sim/spi_train.h"
#include "sim/target_parts.h"

#define LAST (SPI_TRAIN_EDGES - 1)

/* A rule measured at half_ps each time: neither broken nor worse than before. */
static bool is_no_news(const struct checker *c, enum checker_rule rule, int64_t required, int64_t least, int64_t half)
{
    return !c || (half >= least && half - required >= c->margins[rule].margin);
}

static bool rules_are_no_news(const struct port_rules *p, const struct spi_train *tr)
{
    int64_t half = (int64_t)tr->half_ps;
    return p->listening && p->programs && p->has_clock && p->sck_rose && p->sck_fell &&
           tr->edge_ps[0] - p->fall_ps >= tr->half_ps && tr->edge_ps[0] - p->mosi_ps >= tr->half_ps &&
           is_no_news(p->checker, CHECK_SCK_LOW, p->phase_ps, p->least_phase_ps, half) &&
           is_no_news(p->checker, CHECK_SCK_HIGH, p->phase_ps, p->least_phase_ps, half) &&
           is_no_news(p->checker, CHECK_MOSI_SETUP, p->setup_ps, p->setup_ps, half) &&
           is_no_news(p->checker, CHECK_MOSI_HOLD, p->hold_ps, p->hold_ps, half);
}

/* Everything that a phase of SCK brings about is over before its end. */
static bool port_keeps_up(const struct spi_slave *s, sim_time half_ps)
{
    if (!s->listening || !s->enabled || !s->driven || !s->periodic || s->bits % 8 || s->sck || s->seen || s->n_due ||
        sim_event_pending(&s->event) || sim_event_pending(&s->pin) || s->next_level != s->level) {
        return false;
    }
    sim_time delay = s->delay_ps[0] > s->delay_ps[1] ? s->delay_ps[0] : s->delay_ps[1];
    sim_time period = s->clk.clk.period_num / s->clk.clk.period_den + 1; /* periodic: there is one */
    return s->n_samples * period + delay < half_ps;
}

/* Up to the last fall but one, computed. */
#define COMPUTED_BITS (SPI_TRAIN_BITS - 1)
#define COMPUTED_FALL (2 * COMPUTED_BITS - 1)

static void leave_rules(struct port_rules *p, const struct spi_train *tr, sim_time mosi_ps)
{
    p->rise_ps = tr->edge_ps[COMPUTED_FALL - 1];
    p->fall_ps = tr->edge_ps[COMPUTED_FALL];
    p->hold_open = mosi_ps != p->fall_ps;
    p->mosi_ps = mosi_ps ? mosi_ps : p->mosi_ps;
}

/* When the port sees what SCK did at t. */
static sim_time seen_ps(struct spi_slave *s, sim_time t_ps)
{
    return clock_cursor_edge(&s->clk, clock_cursor_after(&s->clk, t_ps) + s->n_samples - 1);
}

static void compute(struct target *t, struct spi_train *tr)
{
    struct spi_slave *s = &t->spi;
    sim_time mosi_ps = 0, miso_ps = 0;
    tr->miso_bits = 0;
    for (unsigned k = 1; k <= COMPUTED_BITS; k++) { /* at the k-th fall */
        sim_time fall = tr->edge_ps[2 * k - 1];
        bool mosi = tr->bits >> (7 - k) & 1, out = s->out >> (7 - k) & 1;
        if (mosi != s->mosi) {
            s->mosi_before = s->mosi;
            s->mosi_changed_ps = mosi_ps = fall;
            s->mosi = mosi;
        }
        if (out != s->level) {
            miso_ps = (s->miso == MISO_SAMPLED ? seen_ps(s, fall) : fall) + s->delay_ps[out];
            s->level = s->next_level = out;
        }
        tr->miso_bits = (uint8_t)(tr->miso_bits << 1 | out);
    }
    leave_rules(&t->rules, tr, mosi_ps);
    s->in = s->in << COMPUTED_BITS | (uint32_t)(tr->bits >> (8 - COMPUTED_BITS));
    s->bits += COMPUTED_BITS;
    spi_train_leave(&t->pin[TARGET_MISO].driver, s->level, miso_ps != 0, miso_ps);
}

/* The last rise and fall as they come: what the fall brings about is still to happen. */
static void finish(struct target *t, const struct spi_train *tr)
{
    bool mosi = tr->bits >> (7 - SPI_TRAIN_BITS) & 1;
    t->sim->now_ps = tr->edge_ps[LAST - 1];
    port_rules_sck(&t->rules, t->sim->now_ps, true, t->spi.mosi);
    spi_slave_sck(&t->spi, true);
    t->sim->now_ps = tr->edge_ps[LAST];
    port_rules_sck(&t->rules, t->sim->now_ps, false, t->spi.mosi);
    spi_slave_sck(&t->spi, false);
    if (mosi != t->spi.mosi) {
        port_rules_mosi(&t->rules, t->sim->now_ps);
        spi_slave_mosi(&t->spi, mosi);
    }
}

bool target_take_train(void *ctx, struct spi_train *tr)
{
    struct target *t = ctx;
    spi_slave_settle(&t->spi, tr->edge_ps[0]);
    if (!port_keeps_up(&t->spi, tr->half_ps) || !rules_are_no_news(&t->rules, tr) ||
        tr->miso != t->pin[TARGET_MISO].net || tr->mosi->net != t->pin[TARGET_MOSI].net ||
        t->spi.mosi != (tr->bits >> 7 & 1) ||
        !spi_train_is_quiet(t->pin[TARGET_SCK].net, tr->sck, &t->pin[TARGET_SCK].watch) ||
        !spi_train_is_quiet(t->pin[TARGET_MOSI].net, tr->mosi, &t->pin[TARGET_MOSI].watch) ||
        !spi_train_is_quiet(t->pin[TARGET_MISO].net, &t->pin[TARGET_MISO].driver, NULL)) {
        return false;
    }
    compute(t, tr);
    finish(t, tr);
    return true;
}
