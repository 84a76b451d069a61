/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/miniframe_rig.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

const char *const rig_net_name[RIG_NETS] = { "VDD_OK", "RESET", "Q", "SCK", "MOSI", "RX" };

static double now_us(const struct rig *r)
{
    return (double)r->sim.now_ps * 1e-6;
}

static void schedule_us(struct rig *r, struct sim_event *ev, double us)
{
    sim_schedule(&r->sim, ev, (sim_time)llround(us * 1e6));
}

static void take_bit(void *ctx, sim_time at_ps)
{
    (void)at_ps;
    struct rig *r = ctx;
    r->shift = r->shift << 1 | (r->net[RIG_MOSI].level == NET_1);
    r->bits++;
    if (r->bits % 8 == 0) {
        r->mosi_byte[(r->bits / 8 - 1) % 256] = (uint8_t)r->shift;
    }
}

static void show_bit(void *ctx, sim_time at_ps)
{
    (void)at_ps;
    struct rig *r = ctx;
    bool bit = r->answers ? r->answer << r->answered >> 63 : r->shift >> 7 & 1;
    net_drive(&r->miso_pin, bit ? NET_1 : NET_0, NET_STRONG);
}

static void record(struct rig *r, enum rig_net i)
{
    bool level = r->net[i].level == NET_1;
    assert(r->n[i] < RIG_MAX_EDGES);
    r->edge[i][r->n[i]++] = (struct rig_edge){ now_us(r), level };
    if (i == RIG_SCK && r->echo) {
        r->answered += !level && r->answered < 63;
        schedule_us(r, level ? &r->take : &r->show, now_us(r) + r->ts_us);
    }
}

static void net_changed(void *ctx, struct net *net, sim_time at_ps)
{
    (void)at_ps;
    struct rig *r = ctx;
    record(r, (enum rig_net)(net - r->net));
}

struct rig *rig_new(const struct miniframe_config *cfg, const struct rs232_levels *levels, double baud)
{
    struct rig *r = calloc(1, sizeof *r);
    sim_init(&r->sim, 1);
    rs232_line_init(&r->tx, &r->sim, "TX", levels, false);
    rs232_line_init(&r->dtr, &r->sim, "DTR", levels, false);
    rs232_line_init(&r->rts, &r->sim, "RTS", levels, false);
    vline_init(&r->rx_line, &r->sim, "RX", 0);
    vline_init(&r->vdd, &r->sim, "VDD", 0);
    for (int i = 0; i < RIG_NETS; i++) {
        net_init(&r->net[i], &r->sim, rig_net_name[i]);
    }
    net_init(&r->miso, &r->sim, "MISO");
    net_attach(&r->miso, &r->miso_pin, "target");
    net_drive(&r->miso_pin, NET_0, NET_STRONG);
    sim_event_init(&r->take, "target takes MOSI", take_bit, r);
    sim_event_init(&r->show, "target shows MISO", show_bit, r);
    struct miniframe_wires w = {
        .tx = &r->tx,
        .dtr = &r->dtr,
        .rts = &r->rts,
        .miso = &r->miso,
        .sck = &r->net[RIG_SCK],
        .mosi = &r->net[RIG_MOSI],
        .reset = &r->net[RIG_RESET],
        .rx = &r->net[RIG_RX],
        .q = &r->net[RIG_Q],
        .vdd_ok = &r->net[RIG_VDD_OK],
        .vdd = &r->vdd,
        .rx_line = &r->rx_line,
    };
    miniframe_init(&r->mf, &r->sim, cfg, &w);
    for (int i = 0; i < RIG_NETS; i++) {
        net_watch_add(&r->net[i], &r->watch[i], NET_WATCH_EDGES, net_changed, r);
    }
    r->bit_us = 1e6 / baud;
    return r;
}

void rig_free(struct rig *r)
{
    free(r);
}

void rig_run_us(struct rig *r, double until_us)
{
    sim_run_until(&r->sim, (sim_time)llround(until_us * 1e6));
}

void rig_line(struct rig *r, struct rs232_line *line, bool high, double at_us)
{
    rig_run_us(r, at_us - (double)rs232_line_lead_ps(line, high) * 1e-6);
    rs232_line_set(line, high);
}

void rig_open(struct rig *r)
{
    rig_line(r, &r->rts, true, 1000);
    rig_line(r, &r->dtr, true, 15000);
    rig_line(r, &r->dtr, false, 20000);
    rig_line(r, &r->dtr, true, 21000);
    r->tx_us = 42000;
}

void rig_char(struct rig *r, unsigned data, unsigned n_bits, double gap_us)
{
    unsigned cells = (1u | ~data << 1) & ((2u << n_bits) - 1); /* start high, data inverted, stop low */
    for (unsigned i = 0; i <= n_bits + 1; i++) {
        rig_line(r, &r->tx, cells >> i & 1, r->tx_us + i * r->bit_us);
    }
    r->tx_us += (n_bits + 2) * r->bit_us + gap_us;
}

bool rig_level(const struct rig *r, enum rig_net net, double at_us)
{
    bool level = false;
    for (unsigned i = 0; i < r->n[net] && r->edge[net][i].us <= at_us; i++) {
        level = r->edge[net][i].level;
    }
    return level;
}

int rig_received(const struct rig *r, double start_us, unsigned n_bits)
{
    double start = rig_first(r, RIG_RX, true, start_us - 0.5 * r->bit_us);
    if (start < 0 || start > start_us + r->bit_us) {
        return -1;
    }
    start += r->late_us;
    if (rig_level(r, RIG_RX, start + (n_bits + 1.5) * r->bit_us)) {
        return -1;
    }
    int value = 0;
    for (unsigned i = 0; i < n_bits; i++) {
        value |= !rig_level(r, RIG_RX, start + (i + 1.5) * r->bit_us) << i;
    }
    return value;
}

unsigned rig_count(const struct rig *r, enum rig_net net, bool level, double from_us, double to_us)
{
    unsigned n = 0;
    for (unsigned i = 0; i < r->n[net]; i++) {
        n += r->edge[net][i].level == level && r->edge[net][i].us >= from_us && r->edge[net][i].us < to_us;
    }
    return n;
}

double rig_first(const struct rig *r, enum rig_net net, bool level, double from_us)
{
    for (unsigned i = 0; i < r->n[net]; i++) {
        if (r->edge[net][i].level == level && r->edge[net][i].us >= from_us) {
            return r->edge[net][i].us;
        }
    }
    return -1;
}

struct rig *rig_start(const struct miniframe_config *parts)
{
    struct rig *r = rig_new(parts, &rs232_levels_9v, RIG_BAUD);
    r->echo = true;
    r->ts_us = 1.0;
    return r;
}

struct miniframe_config rig_parts(double c2_factor)
{
    struct miniframe_config c = miniframe_two_4001;
    c.c2_pf *= c2_factor;
    return c;
}

void rig_answer(struct rig *r, uint64_t bits)
{
    r->echo = r->answers = true;
    r->answer = bits;
    r->answered = 0;
    show_bit(r, r->sim.now_ps);
}

void rig_chars(struct rig *r, const uint8_t *chars, unsigned n, unsigned n_bits)
{
    for (unsigned i = 0; i < n; i++) {
        rig_char(r, chars[i], n_bits, 0);
    }
}

void rig_settle(struct rig *r)
{
    rig_run_us(r, r->tx_us + 7 * r->bit_us);
}

void rig_ac53(struct rig *r)
{
    static const uint8_t chars[8] = { 0x07, 0x07, 0x37, 0x04, 0x34, 0x34, 0x04, 0x37 };
    rig_chars(r, chars, 8, 6);
    rig_settle(r);
}

double rig_low_us(const struct rig *r, double from_us, unsigned k)
{
    double fall = from_us, rise = from_us;
    for (unsigned i = 0; i <= k; i++) {
        fall = rig_first(r, RIG_SCK, false, rise);
        rise = rig_first(r, RIG_SCK, true, fall);
    }
    return rise - fall;
}

struct rig_period rig_period(const struct miniframe_config *parts, unsigned cells)
{
    struct rig *r = rig_start(parts);
    unsigned value = cells == 3 ? 0x5b : 0x37, n_bits = cells == 3 ? 7 : 6;
    rig_open(r);
    rig_char(r, value, n_bits, 0);
    r->tx_us += 1000;
    double at = r->tx_us;
    for (int i = 0; i < 5; i++) {
        rig_char(r, value, n_bits, 0);
    }
    rig_settle(r);
    struct rig_period p = { .first_us = rig_low_us(r, at - 10, 0), .stream_us = rig_low_us(r, at - 10, 7) };
    p.rise_us = rig_first(r, RIG_SCK, false, at - 10) + p.first_us - at;
    rig_free(r);
    return p;
}
