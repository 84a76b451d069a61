/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sim/spi_slave.h"

#include <assert.h>
#include <string.h>

#include "sim/notes.h"

#define ENABLE_WORD 0xAC53u

static void event_due(void *ctx, sim_time at_ps);
static void pin_due(void *ctx, sim_time at_ps);

static sim_time delay_of(const struct part *part, const struct target_switches *switches, bool to_1)
{
    int32_t ns = switches->v[SW_MISO_DELAY_NS];
    bool is_known = part->miso_delay_ps[0] || part->miso_delay_ps[1];

    return ns >= 0 ? (sim_time)ns * SIM_NS : is_known ? part->miso_delay_ps[to_1] : PART_MISO_DELAY_PS;
}

void spi_slave_init(struct spi_slave *s, struct sim *sim, const struct part *part,
                    const struct target_switches *switches, const struct spi_slave_ops *ops, void *ctx)
{
    memset(s, 0, sizeof *s);
    s->sim = sim;
    s->ops = ops;
    s->ctx = ctx;
    s->switches = *switches;
    s->n_samples = 2;
    s->accept_ps = SIM_NEVER;
    s->filter = switches->v[SW_SCK_FILTER];
    s->miso = (enum miso_output)switches->v[SW_MISO_OUTPUT];
    s->delay_ps[0] = delay_of(part, switches, false);
    s->delay_ps[1] = delay_of(part, switches, true);
    sim_event_init(&s->event, "port", event_due, s);
    sim_event_init(&s->pin, "MISO", pin_due, s);
}

/* ---- MISO ---- */

static void pin_due(void *ctx, sim_time at_ps)
{
    struct spi_slave *s = ctx;

    (void)at_ps;
    s->ops->output(s->ctx, s->driven, s->next_level);
}

static void put_miso(struct spi_slave *s)
{
    s->next_level = s->level;
    if (s->delay_ps[s->level]) {
        sim_schedule(s->sim, &s->pin, s->sim->now_ps + s->delay_ps[s->level]);
    } else {
        sim_cancel(s->sim, &s->pin);
        s->ops->output(s->ctx, s->driven, s->level);
    }
}

static bool next_out_bit(const struct spi_slave *s)
{
    return s->out >> (7 - s->bits % 8) & 1;
}

static void set_level(struct spi_slave *s, bool level)
{
    if (level != s->level) {
        s->level = level;
        if (s->driven) {
            put_miso(s);
        }
    }
}

/* SCK fell at the pin, now. A flop takes what the register held before a clock edge of this very moment. */
static void pin_fell(struct spi_slave *s)
{
    if (s->miso == MISO_LATCH) {
        set_level(s, next_out_bit(s));
    } else if (s->miso == MISO_FLOP) {
        set_level(s, s->moved_ps == s->sim->now_ps ? s->bit_before : next_out_bit(s));
    }
}

/* ---- bits ---- */

static bool is_waiting_for_ac53(const struct spi_slave *s)
{
    return !s->enabled && s->switches.v[SW_FRAME_WAITS_FOR_AC53];
}

static void byte_1_came(struct spi_slave *s)
{
    if (!s->enabled && s->switches.v[SW_ECHO_FROM_BYTE_2] && s->out == ENABLE_WORD >> 8) {
        s->driven = true;
        put_miso(s);
    }
}

static void byte_2_came(struct spi_slave *s, sim_time at_ps)
{
    if (s->enabled) {
        return;
    }
    if ((s->in & 0xFFFF) == ENABLE_WORD && s->ops->enable(s->ctx, at_ps)) {
        s->enabled = true;
        if (!s->driven) {
            s->driven = true;
            put_miso(s);
        }
    } else if (s->driven) {
        s->driven = false;
        put_miso(s);
    }
}

/* The register moves. */
static void shift(struct spi_slave *s, sim_time at_ps, bool mosi)
{
    if (s->sim->notes) {
        notes_saw(s->sim->notes, at_ps, mosi);
    }
    if (s->miso == MISO_FLOP) {
        s->bit_before = next_out_bit(s);
        s->moved_ps = at_ps;
    }
    s->in = s->in << 1 | mosi;
    s->bits++;
    if (is_waiting_for_ac53(s)) {
        s->bits %= 16; /* any bit may be the last of AC 53 */
        if ((s->in & 0xFFFF) == ENABLE_WORD) {
            s->bits = 16;
        }
    }
    if (s->bits % 8) {
        return;
    }
    s->out = (uint8_t)s->in;
    switch (s->bits) {
    case 8: byte_1_came(s); break;
    case 16: byte_2_came(s, at_ps); break;
    case 24:
        if (s->enabled) {
            uint8_t data;
            if (s->ops->read(s->ctx, at_ps, s->in << 8, &data)) {
                s->out = data;
            }
        }
        break;
    case 32:
        s->bits = 0;
        s->frames++;
        if (s->enabled) {
            s->ops->execute(s->ctx, at_ps, s->in);
        }
        break;
    }
}

static void rise_seen(struct spi_slave *s, sim_time at_ps, bool mosi)
{
    shift(s, at_ps, mosi);
    if (s->miso == MISO_LATCH && !s->sck) { /* SCK has fallen meanwhile: the bit comes late */
        set_level(s, next_out_bit(s));
    }
}

static void fall_seen(struct spi_slave *s)
{
    if (s->miso == MISO_SAMPLED) {
        set_level(s, next_out_bit(s));
    }
}

static void accept(struct spi_slave *s, sim_time at_ps, bool mosi)
{
    s->seen = !s->seen;
    s->count = 0;
    if (s->seen) {
        rise_seen(s, at_ps, mosi);
    } else {
        fall_seen(s);
    }
}

/* ---- samples, computed ---- */

static void predict_first_due(struct spi_slave *s)
{
    if (s->n_due) {
        s->accept_ps = clock_cursor_edge(&s->clk, s->due[0]);
        sim_schedule(s->sim, &s->event, s->accept_ps);
    } else {
        s->accept_ps = SIM_NEVER;
        sim_cancel(s->sim, &s->event);
    }
}

/* Without the filter: changes that have come through. Not the default: kept out of the way of what is. */
__attribute__((noinline)) static void accept_due(struct spi_slave *s, sim_time t_ps)
{
    while (s->n_due && s->accept_ps <= t_ps) {
        sim_time at_ps = s->accept_ps;
        s->n_due--;
        memmove(s->due, s->due + 1, s->n_due * sizeof s->due[0]);
        accept(s, at_ps, s->mosi);
        predict_first_due(s);
    }
}

/* Without the filter: SCK has changed, just now. A level that no sample saw never was. */
__attribute__((noinline)) static void enter_due(struct spi_slave *s)
{
    uint64_t edge = s->next_edge + s->n_samples - 1;

    if (s->n_due && s->due[s->n_due - 1] == edge) {
        s->n_due--;
    } else {
        assert(s->n_due < SPI_SLAVE_MAX_SAMPLES);
        s->due[s->n_due++] = edge;
    }
    predict_first_due(s);
}

/* Somebody asks when a change of SCK will be seen after all. */
static void count_from_change(struct spi_slave *s)
{
    s->uncounted = false;
    s->next_edge = clock_cursor_after(&s->clk, s->since_ps);
    s->accept_ps = s->sck ? clock_cursor_edge(&s->clk, s->next_edge + s->n_samples - 1) : SIM_NEVER;
}

/* Samples up to and including t see the levels that have stood since the last call. */
static void sample_until(struct spi_slave *s, sim_time t_ps)
{
    if (s->uncounted) {
        count_from_change(s);
    }
    uint64_t n = clock_cursor_after(&s->clk, t_ps);
    uint64_t taken = n - s->next_edge;

    if (!taken) {
        return;
    }
    s->next_edge = n;
    if (!s->filter) {
        accept_due(s, t_ps);
    } else if (s->sck == s->seen) {
        s->count = 0;
    } else if (s->count + taken >= s->n_samples) {
        sim_time at_ps = s->accept_ps;
        s->accept_ps = SIM_NEVER;
        accept(s, at_ps, s->mosi);
    } else {
        s->count += (uint32_t)taken;
    }
}

/* Does anything come of a rise of SCK once it is seen, outside or in the memories? */
static inline bool rise_matters(const struct spi_slave *s)
{
    if (s->enabled) {
        return s->bits == 23 || s->bits == 31;
    }
    if ((s->in & 0x7FFF) == ENABLE_WORD >> 1) {
        return s->bits == 15 || is_waiting_for_ac53(s);
    }
    return s->switches.v[SW_ECHO_FROM_BYTE_2] && (s->bits == 7 || s->driven);
}

static bool matters(const struct spi_slave *s)
{
    assert(s->sck || s->miso == MISO_SAMPLED); /* predict() */
    return s->sck ? rise_matters(s) : s->driven && next_out_bit(s) != s->level;
}

/* The clock is another one: what was on its way through the synchroniser starts anew. */
static void restart_due(struct spi_slave *s)
{
    s->n_due = 0;
    s->history = s->seen ? UINT32_MAX : 0;
    if (s->periodic && s->sck != s->seen) {
        enter_due(s);
    }
}

/* With the filter: the level of SCK, or the clock, has changed. When will it be seen? */
static void predict(struct spi_slave *s)
{
    if (s->sck == s->seen || (!s->sck && s->miso != MISO_SAMPLED)) { /* nobody asks when a fall will be seen */
        s->accept_ps = SIM_NEVER;
    } else {
        uint32_t more = s->count < s->n_samples ? s->n_samples - s->count : 1;
        s->accept_ps = clock_cursor_edge(&s->clk, s->next_edge + more - 1);
        if (matters(s)) {
            sim_schedule(s->sim, &s->event, s->accept_ps);
            return;
        }
    }
    if (sim_event_pending(&s->event)) {
        sim_cancel(s->sim, &s->event);
    }
}

/* The port, or another clock, begins. */
static void expect_level(struct spi_slave *s)
{
    if (!s->filter) {
        restart_due(s);
    } else if (s->periodic) {
        predict(s);
    }
}

static void event_due(void *ctx, sim_time at_ps)
{
    struct spi_slave *s = ctx;

    assert(s->listening && s->periodic); /* it is cancelled when either ends */
    sample_until(s, at_ps);
}

/* ---- samples, one by one ---- */

void spi_slave_clock_edge(struct spi_slave *s)
{
    sim_time now = s->sim->now_ps;

    assert(!s->periodic);
    if (!s->listening) {
        return;
    }
    bool sck = s->sck_changed_ps == now ? s->sck_before : s->sck;
    bool mosi = s->mosi_changed_ps == now ? s->mosi_before : s->mosi;
    s->history = s->history << 1 | sck;
    if (!s->filter) {
        if ((s->history >> (s->n_samples - 1) & 1) != s->seen) {
            accept(s, now, mosi);
        }
    } else if (sck == s->seen) {
        s->count = 0;
    } else if (++s->count >= s->n_samples) {
        accept(s, now, mosi);
    }
}

/* ---- from outside ---- */

/* While it listens. With the latch nobody asks when a fall is seen, and when a rise is, only if something comes of it. */
static void choose_way(struct spi_slave *s)
{
    s->quick = s->periodic && s->filter && s->miso == MISO_LATCH;
    if (s->quick) { /* that many periods hold so many edges, wherever they begin */
        s->sure_ps = s->n_samples * (s->clk.clk.period_num / s->clk.clk.period_den + 1);
    }
}

void spi_slave_start(struct spi_slave *s, bool sck, bool mosi)
{
    spi_slave_stop(s);
    s->listening = true;
    s->sck = s->sck_before = sck;
    s->mosi = s->mosi_before = mosi;
    s->seen = sck && !s->switches.v[SW_SCK_HIGH_AT_RESET_SHIFTS];
    s->in = 0;
    s->out = 0;
    s->bits = 0;
    s->count = 0;
    s->frames = 0;
    s->level = false;
    s->moved_ps = SIM_NEVER;
    if (s->periodic) {
        struct sim_clock clk = s->clk.clk;
        clock_cursor_init(&s->clk, &clk);
        s->next_edge = clock_cursor_after(&s->clk, s->sim->now_ps);
    }
    choose_way(s);
    expect_level(s);
}

void spi_slave_stop(struct spi_slave *s)
{
    s->listening = s->quick = s->uncounted = false;
    s->enabled = false;
    s->accept_ps = SIM_NEVER;
    sim_cancel(s->sim, &s->event);
    sim_cancel(s->sim, &s->pin);
    if (s->driven) {
        s->driven = false;
        s->ops->output(s->ctx, false, false);
    }
}

void spi_slave_set_clock(struct spi_slave *s, const struct sim_clock *clk, uint32_t n_samples)
{
    sim_time now = s->sim->now_ps;
    bool was_periodic = s->periodic;

    if (s->listening && was_periodic) {
        sample_until(s, now);
    }
    s->accept_ps = SIM_NEVER;
    if (sim_event_pending(&s->event)) {
        sim_cancel(s->sim, &s->event);
    }
    assert(n_samples >= 2 && n_samples <= SPI_SLAVE_MAX_SAMPLES);
    s->n_samples = n_samples;
    s->periodic = sim_clock_runs(clk);
    if (!s->listening) {
        s->clk.clk = *clk;
        return;
    }
    clock_cursor_init(&s->clk, clk);
    if (s->periodic) {
        /* an edge at this very moment is the new clock's, if there was none before */
        s->next_edge = clock_cursor_after(&s->clk, was_periodic || !now ? now : now - 1);
    }
    choose_way(s);
    expect_level(s);
}

void spi_slave_settle(struct spi_slave *s, sim_time t_ps)
{
    if (s->listening && s->periodic) {
        sample_until(s, t_ps);
    }
}

__attribute__((noinline)) static void take_sck(struct spi_slave *s, bool level)
{
    sim_time now = s->sim->now_ps;

    if (s->listening && s->periodic) {
        sample_until(s, now);
        s->sck = level;
        if (!level) {
            pin_fell(s);
        }
        if (s->filter) {
            predict(s);
        } else {
            enter_due(s);
        }
        return;
    }
    if (s->sck_changed_ps != now) {
        s->sck_before = s->sck;
        s->sck_changed_ps = now;
    }
    s->sck = level;
    if (!level && s->listening) {
        pin_fell(s);
    }
}

/* The same for most edges, without asking the clock. False: it must be asked. */
static inline bool take_sck_quickly(struct spi_slave *s, bool level)
{
    sim_time now = s->sim->now_ps;

    if (s->count || s->sim->notes) {
        return false;
    }
    if (s->sck != s->seen) {
        if (!s->uncounted || now - s->since_ps < s->sure_ps || s->since_ps < s->clk.clk.t0_ps) {
            return false;
        }
        s->seen = s->sck;
        if (s->sck) {
            shift(s, SIM_NEVER, s->mosi); /* nothing comes of it, or it would have been counted */
        }
    }
    s->uncounted = false;
    if (level && rise_matters(s)) {
        return false;
    }
    s->sck = level;
    s->uncounted = true;
    s->since_ps = now;
    s->accept_ps = level ? now + 1 : SIM_NEVER;
    if (!level) {
        set_level(s, next_out_bit(s));
    }
    return true;
}

void spi_slave_sck(struct spi_slave *s, bool level)
{
    if (level == s->sck) {
        return;
    }
    if (!s->quick || !take_sck_quickly(s, level)) {
        take_sck(s, level);
    }
}

void spi_slave_mosi(struct spi_slave *s, bool level)
{
    sim_time now = s->sim->now_ps;

    if (s->accept_ps <= now) {
        sample_until(s, now);
    }
    if (s->mosi_changed_ps != now) {
        s->mosi_before = s->mosi;
        s->mosi_changed_ps = now;
    }
    s->mosi = level;
}
