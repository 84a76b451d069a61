/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "harness/hosts/scripted.h"

#include "harness/hosts/host.h"
#include "sim/memory.h"
#include "sim/net.h"

#include <stdlib.h>

struct scripted {
    struct isp_wire wire; /* first: isp_algorithm.h */
    struct sim *sim;
    struct scripted_config cfg;
    struct net *net[SCRIPTED_PINS]; /* NULL: not connected */
    struct net_driver driver[SCRIPTED_PINS];
    bool in_session;
    /* the transfer that is going on */
    struct sim_event sck, mosi, miso;
    uint32_t out, in;
    unsigned bit; /* 0 = the first on the wire */
    bool sck_high;
};

static void drive(struct scripted *h, unsigned pin, bool high)
{
    net_drive(&h->driver[pin], high ? NET_1 : NET_0, NET_STRONG);
}

static void next_mosi(void *ctx, sim_time at_ps)
{
    struct scripted *h = ctx;

    (void)at_ps;
    if (h->bit < 31 || (h->bit == 31 && !h->sck_high)) {
        drive(h, SCRIPTED_MOSI, h->out >> (31 - (h->bit + h->sck_high)) & 1);
    }
}

static void look(void *ctx, sim_time at_ps)
{
    struct scripted *h = ctx;
    const struct net *miso = h->net[SCRIPTED_MISO];
    bool one = miso && net_is_high(miso, h->cfg.floating_high);

    if (miso) {
        net_looked(miso, at_ps, one, true);
    }
    h->in = h->in << 1 | one;
}

/* SCK rises or falls; bit counts rises that have had their fall. */
static void next_sck(void *ctx, sim_time at_ps)
{
    struct scripted *h = ctx;

    if (!h->sck_high) {
        if (h->cfg.t_miso_look_ps) { /* as SCK falls: before it */
            sim_schedule(h->sim, &h->miso, at_ps + h->cfg.t_miso_look_ps);
        } else {
            look(h, at_ps);
        }
        h->sck_high = true;
        drive(h, SCRIPTED_SCK, true);
        if (h->bit < 31 && h->cfg.t_mosi_hold_ps != SIM_NEVER) {
            sim_schedule(h->sim, &h->mosi, at_ps + h->cfg.t_mosi_hold_ps);
        }
        sim_schedule(h->sim, &h->sck, at_ps + h->cfg.t_high_ps);
        return;
    }
    drive(h, SCRIPTED_SCK, false);
    if (h->bit < 31 && h->cfg.t_mosi_hold_ps == SIM_NEVER) {
        next_mosi(h, at_ps);
    }
    h->sck_high = false;
    if (++h->bit < 32) {
        sim_schedule(h->sim, &h->sck, at_ps + h->cfg.t_low_ps);
    }
}

static bool transfer(void *ctx, const uint8_t send[4], uint8_t answer[4], struct problem *err)
{
    struct scripted *h = ctx;

    h->out = (uint32_t)send[0] << 24 | (uint32_t)send[1] << 16 | (uint32_t)send[2] << 8 | send[3];
    h->in = 0;
    h->bit = 0;
    h->sck_high = false;
    drive(h, SCRIPTED_MOSI, h->out >> 31);
    sim_schedule(h->sim, &h->sck, h->sim->now_ps + h->cfg.t_low_ps);
    if (!host_run(h->sim, 32 * (h->cfg.t_low_ps + h->cfg.t_high_ps), err)) {
        return false;
    }
    for (unsigned i = 0; i < 4; i++) {
        answer[i] = (uint8_t)(h->in >> (24 - 8 * i));
    }
    return true;
}

static bool wait(void *ctx, sim_time d_ps, struct problem *err)
{
    struct scripted *h = ctx;

    return host_run(h->sim, d_ps, err);
}

static bool enter(void *ctx, struct problem *err)
{
    struct scripted *h = ctx;
    static const uint8_t enable[4] = { 0xAC, 0x53, 0, 0 };
    uint8_t answer[4];

    h->in_session = true;
    drive(h, SCRIPTED_SCK, false);
    drive(h, SCRIPTED_MOSI, false);
    for (unsigned i = 0; i == 0 || i < h->cfg.tries; i++) {
        if (h->cfg.t_reset_pulse_ps) {
            drive(h, SCRIPTED_RESET, true);
            if (!wait(h, h->cfg.t_reset_pulse_ps, err)) {
                return false;
            }
        }
        drive(h, SCRIPTED_RESET, false);
        if (!wait(h, h->cfg.t_enter_ps, err) || !transfer(h, enable, answer, err)) {
            return false;
        }
        if (h->cfg.tries == 0 || answer[2] == 0x53) {
            return true;
        }
    }
    return isp_no_answer(answer, err);
}

static void let_go(void *ctx)
{
    struct scripted *h = ctx;

    sim_cancel(h->sim, &h->sck);
    sim_cancel(h->sim, &h->mosi);
    sim_cancel(h->sim, &h->miso);
    net_hold(h->sim);
    for (unsigned i = 0; i < SCRIPTED_PINS; i++) {
        net_open(&h->driver[i]);
    }
    net_release(h->sim);
    h->in_session = false;
}

static bool leave(void *ctx, struct problem *err)
{
    struct scripted *h = ctx;
    bool ok = wait(h, h->cfg.t_low_ps, err); /* the last low of SCK is a whole one */

    let_go(h);
    return ok;
}

static void free_host(void *ctx)
{
    struct scripted *h = ctx;

    let_go(h);
    for (unsigned i = 0; i < SCRIPTED_PINS; i++) {
        scripted_connect(h, i, NULL);
    }
    free(h);
}

static const struct programmer_ops ops = {
    .name = "script",
    .enter = enter,
    .leave = leave,
    ISP_ALGORITHM_OPS,
    .spi = transfer,
    .abandon = let_go,
    .free = free_host,
};

void scripted_connect(void *ctx, enum scripted_pin pin, struct net *net)
{
    static const char *const names[SCRIPTED_PINS] = { "script RESET", "script MOSI", "script MISO", "script SCK" };
    struct scripted *h = ctx;
    struct net_driver *driver = &h->driver[pin];
    uint8_t level = driver->level, strength = driver->strength;

    if (net == h->net[pin]) {
        return;
    }
    if (h->net[pin]) {
        net_detach(driver);
    }
    h->net[pin] = net;
    if (net) {
        net_attach(net, driver, names[pin]);
        if (strength != NET_OPEN) {
            net_drive(driver, (enum net_level)level, (enum net_strength)strength);
        }
    }
}

void scripted_settings(void *ctx, const struct scripted_config *cfg)
{
    struct scripted *h = ctx;

    h->cfg = *cfg;
    h->wire.poll = cfg->poll;
    h->wire.waits = cfg->waits;
}

struct programmer scripted_new(struct sim *sim, const struct part *part, const struct scripted_config *cfg)
{
    struct scripted *h = memory_zeroed(1, sizeof *h);

    h->sim = sim;
    h->wire = (struct isp_wire){ .part = part, .ctx = h, .transfer = transfer, .wait = wait };
    scripted_settings(h, cfg);
    sim_event_init(&h->sck, "script SCK", next_sck, h);
    sim_event_init(&h->mosi, "script MOSI", next_mosi, h);
    sim_event_init(&h->miso, "script MISO", look, h);
    return (struct programmer){ &ops, h };
}
