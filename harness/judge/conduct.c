/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "harness/judge/conduct.h"

#include "sim/notes.h"
#include "sim/target_avr.h"

#include <stdlib.h>
#include <string.h>

#define SAME_PPM 20000 /* phases that differ by less are one rate */

static const char *const pins[CONDUCT_PINS] = { "reset", "sck", "mosi" };

static bool alike(sim_time a, sim_time b)
{
    sim_time d = a > b ? a - b : b - a;

    return d <= a / (1000000 / SAME_PPM);
}

static void count_rate(struct conduct *c, sim_time high_ps, sim_time low_ps)
{
    unsigned i = 0;

    while (i < c->n_rates && !(alike(c->rate[i].high_ps, high_ps) && alike(c->rate[i].low_ps, low_ps))) {
        i++;
    }
    if (i == CONDUCT_RATES) {
        c->more_rates++;
        return;
    }
    if (i == c->n_rates) {
        c->rate[c->n_rates++] = (struct conduct_rate){ high_ps, low_ps, 0 };
    }
    c->rate[i].n++;
}

/* A period: high, then low, with the next rise. Those between bytes are pauses. */
static void sck_changed(void *ctx, struct net *net, sim_time at_ps)
{
    struct conduct_watch *w = ctx;

    if (net_level(net) == NET_1) {
        if (w->rises % 8 && w->fall_ps > w->rise_ps) {
            count_rate(&w->c, w->fall_ps - w->rise_ps, at_ps - w->fall_ps);
        }
        w->rise_ps = at_ps;
        w->rises++;
        w->programs |= w->rises == 8;
    } else {
        w->fall_ps = at_ps;
    }
}

static void reset_changed(void *ctx, struct net *net, sim_time at_ps)
{
    struct conduct_watch *w = ctx;
    struct conduct *c = &w->c;

    w->rises = 0;
    if (w->programs) {
        return;
    }
    memmove(c->reset_ps + 1, c->reset_ps, (CONDUCT_RESETS - 1) * sizeof c->reset_ps[0]);
    memmove(c->reset + 1, c->reset, (CONDUCT_RESETS - 1) * sizeof c->reset[0]);
    c->reset_ps[0] = at_ps - w->reset_ps;
    c->reset[0] = net->old_level;
    c->n_resets++;
    w->reset_ps = at_ps;
}

static void look_at_pins(struct board *b, enum net_level *levels)
{
    for (unsigned i = 0; i < CONDUCT_PINS; i++) {
        levels[i] = net_level(board_net(b, pins[i]));
    }
}

void conduct_begin(struct conduct_watch *w, struct board *b)
{
    memset(w, 0, sizeof *w);
    look_at_pins(b, w->c.before);
    net_watch_add(board_net(b, "sck"), &w->sck_watch, NET_WATCH_EDGES, sck_changed, w);
    net_watch_add(board_net(b, "reset"), &w->reset_watch, NET_WATCH_EDGES, reset_changed, w);
}

/* ---- from the notes ---- */

static bool kind_of_write(enum isp_op op, enum conduct_write *kind)
{
    switch (op) {
    case ISP_WRITE_FLASH_PAGE: *kind = WRITE_FLASH; return true;
    case ISP_WRITE_EEPROM:
    case ISP_WRITE_EEPROM_PAGE: *kind = WRITE_EEPROM; return true;
    case ISP_CHIP_ERASE: *kind = WRITE_ERASE; return true;
    case ISP_WRITE_LFUSE:
    case ISP_WRITE_HFUSE:
    case ISP_WRITE_EFUSE:
    case ISP_WRITE_LOCK: *kind = WRITE_FUSE; return true;
    default: return false;
    }
}

struct waiting {
    bool open;
    enum conduct_write kind;
    sim_time since_ps, busy_until_ps;
    uint64_t polls, value_polls;
};

static void waited(struct conduct *c, struct waiting *w, sim_time until_ps)
{
    struct conduct_wait *to = &c->wait[w->kind];
    sim_time d = until_ps - w->since_ps;

    if (w->open) {
        to->least_ps = !to->n || d < to->least_ps ? d : to->least_ps;
        to->most_ps = d > to->most_ps ? d : to->most_ps;
        to->n++;
        to->polls += w->polls;
        to->value_polls += w->value_polls;
        w->open = false;
    }
}

static void take(struct conduct *c, struct waiting *w, const struct isp_frame *f, sim_time at_ps)
{
    c->ops[f->op]++;
    if (w->open && f->op == ISP_POLL_RDY_BSY) {
        w->polls++;
        return;
    }
    if (w->open && at_ps < w->busy_until_ps && (f->op == ISP_READ_FLASH || f->op == ISP_READ_EEPROM)) {
        w->value_polls++;
        return;
    }
    waited(c, w, at_ps);
    if (kind_of_write(f->op, &w->kind)) {
        *w = (struct waiting){ .open = true, .kind = w->kind, .since_ps = at_ps };
    }
}

static int by_rate(const void *a, const void *b)
{
    const struct conduct_rate *x = a, *y = b;

    return x->n != y->n ? (x->n < y->n ? 1 : -1) : (x->high_ps > y->high_ps) - (x->high_ps < y->high_ps);
}

void conduct_end(struct conduct_watch *w, struct board *b, struct conduct *c)
{
    const struct notes *n = board_notes(b);
    const struct isp_decoder *decoder = &board_target(b)->decoder;
    struct waiting wait = { .open = false };
    struct isp_frame f;

    net_watch_remove(board_net(b, "sck"), &w->sck_watch);
    net_watch_remove(board_net(b, "reset"), &w->reset_watch);
    for (size_t i = 0; n && i < n->n; i++) {
        const struct note *note = &n->notes[i];

        if (note->kind == NOTE_TAKEN && isp_decode(decoder, note->value, &f)) {
            take(&w->c, &wait, &f, note->at_ps);
        } else if (note->kind == NOTE_BUSY) {
            wait.busy_until_ps = note->end_ps;
        } else if (note->kind == NOTE_MODE && note->value != (uint32_t)TARGET_RESET) {
            waited(&w->c, &wait, note->at_ps);
        }
    }
    qsort(w->c.rate, w->c.n_rates, sizeof w->c.rate[0], by_rate);
    look_at_pins(b, w->c.after);
    w->c.seen = true;
    *c = w->c;
}

bool conduct_is_sound(const struct conduct *c)
{
    bool ok = c->n_rates <= CONDUCT_RATES;

    for (unsigned i = 0; i < CONDUCT_RESETS; i++) {
        ok &= (unsigned)c->reset[i] <= NET_X;
    }
    for (unsigned i = 0; i < CONDUCT_PINS; i++) {
        ok &= (unsigned)c->before[i] <= NET_X && (unsigned)c->after[i] <= NET_X;
    }
    return ok;
}
