/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "wave/pin_rules.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "sim/port_rules.h"
#include "sim/write_rules.h"
#include "wave/doc_rules.h"

/* ---- the target's clock ---- */

static sim_time period_of(uint64_t clock_millihz)
{
    struct sim_clock c = sim_clock_mhz(0, clock_millihz, 1);
    return sim_clock_runs(&c) ? sim_clock_span(&c, 1) : 0;
}

/* "8 MHz" of a track "clock"; "no clock" and the like: 0. */
static sim_time period_said(const char *text)
{
    static const struct {
        const char *unit;
        double millihz;
    } units[] = { { " MHz", 1e9 }, { " kHz", 1e6 }, { " Hz", 1e3 } };
    char *unit;
    double v = strtod(text, &unit);
    for (unsigned i = 0; i < sizeof units / sizeof units[0]; i++) {
        double millihz = v * units[i].millihz;
        if (unit != text && strcmp(unit, units[i].unit) == 0 && millihz >= 1 && millihz < 1e14) {
            return period_of((uint64_t)(millihz + 0.5));
        }
    }
    return 0;
}

struct clock_said { /* what is known of it, walked along in order of time */
    const struct wave_doc *d;
    const struct doc_track *track; /* NULL: one for all the time */
    uint32_t i;
    sim_time period_ps;
};

static void clock_start(struct clock_said *c, const struct wave_doc *d, uint64_t clock_millihz)
{
    *c = (struct clock_said){ .d = d, .period_ps = clock_millihz ? period_of(clock_millihz) : 0 };
    c->track = clock_millihz ? NULL : doc_find_track(d, DOC_TRACK_CLOCK);
}

/* The period at t; *until_ps: how long it stays so. */
static sim_time clock_at(struct clock_said *c, sim_time t_ps, sim_time *until_ps)
{
    *until_ps = SIM_NEVER;
    while (c->track && c->i < c->track->n && c->track->spans[c->i].end_ps <= t_ps) {
        c->i++;
    }
    if (!c->track) {
        return c->period_ps;
    }
    if (c->i == c->track->n) {
        return 0;
    }
    const struct doc_span *s = &c->track->spans[c->i];
    bool inside = s->begin_ps <= t_ps;
    *until_ps = inside ? s->end_ps : s->begin_ps;
    return inside ? period_said(doc_text(c->d, s->text)) : 0;
}

/* ---- SCK, MOSI and RESET ---- */

enum pin { PIN_RESET, PIN_MOSI, PIN_SCK, PINS }; /* of one instant in this order */

struct pins {
    struct wave_doc *d;
    const struct isp_wires *w;
    struct checker checker;
    struct port_rules rules;
    struct clock_said clock;
    sim_time clock_until_ps;
    const struct doc_signal *wire[PINS]; /* NULL: not recorded */
    uint64_t i[PINS];
    bool high[PINS], known[PINS];
    sim_time reset_ps; /* when it moved last */
    sim_time low_ps;   /* when it fell */
};

static enum net_level level_of(const struct pins *p, enum pin pin)
{
    return !p->known[pin] ? NET_Z : p->high[pin] ? NET_1 : NET_0;
}

static void set_clock(struct pins *p, sim_time t_ps)
{
    if (t_ps >= p->clock_until_ps) {
        port_rules_clock(&p->rules, clock_at(&p->clock, t_ps, &p->clock_until_ps));
    }
}

/* Bars for the whole low of RESET, clock by clock. */
static void add_bars(struct pins *p, sim_time to_ps)
{
    struct clock_said c = p->clock;
    sim_time until_ps;
    for (c.i = 0; p->low_ps < to_ps; p->low_ps = until_ps) {
        sim_time period_ps = clock_at(&c, p->low_ps, &until_ps);
        until_ps = until_ps < to_ps ? until_ps : to_ps;
        doc_add_sck_limits(p->d, (unsigned)p->w->sck, p->low_ps, until_ps, period_ps);
    }
}

static void reset_moved(struct pins *p, sim_time at_ps)
{
    port_rules_reset_moved(&p->rules, at_ps);
    if (p->high[PIN_RESET]) {
        add_bars(p, at_ps);
        port_rules_stop(&p->rules);
    } else {
        if (p->reset_ps != SIM_NEVER && p->rules.has_clock) {
            port_rules_reset_high(&p->rules, at_ps, at_ps - p->reset_ps);
        }
        port_rules_start(&p->rules, at_ps, level_of(p, PIN_SCK));
        p->low_ps = at_ps;
    }
    p->reset_ps = at_ps;
}

static void moved(struct pins *p, enum pin pin, sim_time at_ps)
{
    uint8_t level = p->wire[pin]->level[p->i[pin]++];
    bool is_0 = level == WAVE_0 || level == WAVE_WEAK_0, is_1 = level == WAVE_1 || level == WAVE_WEAK_1;
    if ((!is_0 && !is_1) || (p->known[pin] && p->high[pin] == is_1)) {
        return; /* X and Z: an input keeps what it saw */
    }
    bool first = !p->known[pin];
    p->known[pin] = true;
    p->high[pin] = is_1;
    set_clock(p, at_ps);
    if (pin == PIN_MOSI) {
        port_rules_mosi(&p->rules, at_ps);
    } else if (pin == PIN_SCK && !first) {
        port_rules_sck(&p->rules, at_ps, is_1, p->high[PIN_MOSI]);
    } else if (pin == PIN_RESET && (!first || is_0)) {
        reset_moved(p, at_ps);
    }
}

/* The wire that moves next; PINS: none does. */
static enum pin next_pin(const struct pins *p, sim_time *at_ps)
{
    enum pin next = PINS;
    for (enum pin k = 0; k < PINS; k++) {
        const struct doc_signal *s = p->wire[k];
        if (s && p->i[k] < s->n && (next == PINS || s->at_ps[p->i[k]] < *at_ps)) {
            *at_ps = s->at_ps[p->i[k]];
            next = k;
        }
    }
    return next;
}

static void judge_pins(struct pins *p)
{
    sim_time at_ps = 0;
    if (!p->wire[PIN_RESET]) {
        port_rules_start(&p->rules, p->d->begin_ps, NET_0);
        p->low_ps = p->d->begin_ps;
    }
    for (enum pin next; (next = next_pin(p, &at_ps)) != PINS;) {
        moved(p, next, at_ps);
    }
    if (!p->high[PIN_RESET] && (p->known[PIN_RESET] || !p->wire[PIN_RESET])) {
        add_bars(p, p->d->end_ps + 1);
    }
}

/* ---- waits after writes ---- */

struct waits {
    struct checker *checker;
    const struct isp_decoder *dec;
    bool has_poll, waiting;
    enum checker_rule rule;
    uint32_t t_wd_us;
    sim_time since_ps;
};

/* A poll that says ready ends the wait, and so does one whose answer was not recorded or can't be judged. */
static bool poll_ends(const struct isp_frame *f, const struct isp_frame_seen *seen)
{
    return f->op != ISP_POLL_RDY_BSY || !seen->answered || !(seen->miso & 1);
}

static void on_frame(void *ctx, const struct isp_frame_seen *seen)
{
    struct waits *w = ctx;
    struct isp_frame f;
    if (!isp_decode(w->dec, seen->mosi, &f)) {
        return;
    }
    if (w->waiting && write_rules_is_poll(f.op, w->has_poll)) {
        w->waiting = !poll_ends(&f, seen);
    } else if (w->waiting) {
        checker_at_least(w->checker, w->rule, w->since_ps, (int64_t)(w->t_wd_us * SIM_US),
                         (int64_t)(seen->begin_ps - w->since_ps));
        w->waiting = false;
    }
    if (!f.is_read && write_rules_wait(w->dec->part, f.op, &w->rule, &w->t_wd_us)) {
        w->waiting = true;
        w->since_ps = seen->end_ps;
    }
}

static void on_reset(void *ctx, sim_time at_ps, bool low)
{
    struct waits *w = ctx;
    (void)at_ps;
    (void)low;
    w->waiting = false;
}

static void judge_waits(struct checker *c, const struct wave_doc *d, const struct isp_wires *w,
                        const struct isp_decoder *dec)
{
    struct waits waits = { .checker = c, .dec = dec, .has_poll = isp_has(dec->part, ISP_POLL_RDY_BSY) };
    const struct isp_listener l = { .ctx = &waits, .frame = on_frame, .reset = on_reset };
    struct isp_summary sum;
    isp_listen(d, w, dec, 0, SIM_NEVER, &l, &sum);
}

/* ---- all of it ---- */

static int signal_of(void *ctx, const char *net)
{
    const struct isp_wires *w = ctx;
    const struct {
        const char *net;
        int signal;
    } nets[] = { { "RESET_N", w->reset }, { "RESET", w->reset }, { "SCK", w->sck }, { "MOSI", w->mosi } };
    for (unsigned i = 0; i < sizeof nets / sizeof nets[0]; i++) {
        if (strcasecmp(net, nets[i].net) == 0) {
            return nets[i].signal;
        }
    }
    return -1;
}

bool pin_rules_add(struct wave_doc *d, const struct isp_wires *w, const struct isp_decoder *dec, uint64_t clock_millihz)
{
    struct pins p = { .d = d, .w = w, .reset_ps = SIM_NEVER };
    const int wires[PINS] = { [PIN_RESET] = w->reset, [PIN_MOSI] = w->mosi, [PIN_SCK] = w->sck };
    for (unsigned k = 0; k < PINS; k++) {
        p.wire[k] = wires[k] >= 0 ? &d->signals[wires[k]] : NULL;
    }
    checker_init(&p.checker, NULL);
    port_rules_init(&p.rules, &p.checker);
    p.checker.as[CHECK_NO_CLOCK] = CHECKER_OFF; /* it is not known here, which says nothing of the chip */
    clock_start(&p.clock, d, clock_millihz);
    judge_pins(&p);
    if (!doc_find_track(d, DOC_TRACK_FINDINGS)) { /* else the bench has judged, which knows more */
        const struct doc_judged j = { .checker = &p.checker,
                                      .signal = signal_of,
                                      .ctx = (void *)w,
                                      .tick_ps = d->tick_ps,
                                      .from_ps = d->begin_ps,
                                      .has_beginning = true };
        judge_waits(&p.checker, d, w, dec);
        doc_add_findings(d, &j);
        doc_add_kept(d, &j);
    }
    checker_free(&p.checker);
    return doc_finish_tracks(d);
}
