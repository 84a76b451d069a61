/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sim/circuits/usb_testmode.h"

#include <assert.h>
#include <math.h>
#include <string.h>

#define LED_MV 1744         /* red, at a few mA */
#define STAGE_OHM 100.0     /* in the collector of the pnp */
#define PULL_UP_OHM 10000.0 /* of the inverter */

/* Delays measured in SPICE runs of the three placements. */
const struct usb_delays usb_delays_a = { 900 * SIM_NS, 696 * SIM_US, 80 * SIM_NS, 3200 * SIM_NS, 0 };
const struct usb_delays usb_delays_b = { 13 * SIM_US, 85 * SIM_US, 100 * SIM_NS, 5 * SIM_US, 0 };
const struct usb_delays usb_delays_c = { 106 * SIM_US, 35 * SIM_US, 400 * SIM_NS, 4400 * SIM_NS,
                                         100 * SIM_US /* 10 kohm, 10 nF */ };

const struct usb_testmode_config usb_testmode_default = {
    .delays = { 13 * SIM_US, 85 * SIM_US, 100 * SIM_NS, 5 * SIM_US, 0 },
    .shifter = USB_TWO_STAGE,
    .on_mv = 600,
    .vbus_mv = 5000,
    .vih_mv = 3000,
    .led_ohm = 1000,
    .reset_jumper = true,
};

bool usb_testmode_config_check(const struct usb_testmode_config *c, struct problem *err)
{
    const struct usb_delays *d = &c->delays;
    if (d->data_rise_ps > SIM_S || d->data_fall_ps > SIM_S || d->clk_rise_ps > SIM_S || d->clk_fall_ps > SIM_S ||
        d->data_tau_ps > SIM_S) {
        return problem_set(err, "delays must be at most 1 s");
    }
    if (c->on_mv < 1 || c->on_mv > 5000) {
        return problem_set(err, "the transistor's threshold must be 1 mV to 5 V");
    }
    if (c->vbus_mv < 0 || c->vbus_mv > 6000 || c->vih_mv < 0 || c->vih_mv > 6000) {
        return problem_set(err, "VBUS and VIH must be 0 V to 6 V");
    }
    if (c->led_on_sck && c->led_ohm < 1) {
        return problem_set(err, "the LED needs a series resistor");
    }
    return true;
}

/* The shifter pulls up through r; LED (with its resistor) and pull-down take their part of it. */
int32_t usb_testmode_sck_high_mv(const struct usb_testmode_config *c)
{
    double up = c->shifter == USB_INVERTER ? PULL_UP_OHM : STAGE_OHM;
    double siemens = 1 / up, ma_ohm = c->vbus_mv / up; /* Millman: sum of v/r over sum of 1/r */
    if (c->sck_pulldown_ohm) {
        siemens += 1.0 / c->sck_pulldown_ohm;
    }
    double mv = ma_ohm / siemens;
    if (c->led_on_sck && mv > LED_MV) {
        siemens += 1.0 / c->led_ohm;
        mv = (ma_ohm + (double)LED_MV / c->led_ohm) / siemens;
    }
    return (int32_t)(mv + 0.5);
}

static void show(struct usb_shift *s)
{
    bool high = s->on != s->inverted;
    net_drive(&s->out, high && !s->dead ? NET_1 : NET_0, NET_STRONG);
}

static void shift_switch(void *ctx, sim_time at_ps)
{
    (void)at_ps;
    struct usb_shift *s = ctx;
    s->on = s->to;
    show(s);
}

/*
 * The base goes up with tau: after rise_ps it is where the transistor switches, and later where it falls back from in
 * fall_ps. An input that was high for less has less far to fall.
 */
static sim_time fall_delay(const struct usb_shift *s)
{
    if (!s->tau_ps) {
        return s->fall_ps;
    }
    double tau = (double)s->tau_ps, up = (double)(s->sim->now_ps - s->rose_ps);
    double on = 1 - exp(-(double)s->rise_ps / tau), v = 1 - exp(-up / tau);
    sim_time fall = v > on ? (sim_time)(tau * log(v / on)) : 0;
    return fall < s->fall_ps ? fall : s->fall_ps;
}

static void shift_input(struct usb_shift *s, bool on)
{
    if (on == s->to) {
        return;
    }
    s->to = on;
    if (on) {
        s->rose_ps = s->sim->now_ps;
    }
    if (on == s->on) {
        sim_cancel(s->sim, &s->ev); /* taken back before it got through */
    } else {
        sim_schedule(s->sim, &s->ev, s->sim->now_ps + (on ? s->rise_ps : fall_delay(s)));
    }
}

static void line_changed(void *ctx, struct vline *line, sim_time at_ps)
{
    (void)at_ps;
    struct usb_testmode *u = ctx;
    bool is_clk = (line == u->dm) == u->cfg.clk_is_dm;
    shift_input(is_clk ? &u->clk : &u->data, line->mv >= u->cfg.on_mv);
}

static void shift_init(struct usb_shift *s, struct sim *sim, const char *name, bool inverted)
{
    s->sim = sim;
    s->inverted = inverted;
    sim_event_init(&s->ev, name, shift_switch, s);
}

void usb_testmode_connect(struct usb_testmode *u, struct net *sck, struct net *mosi, struct net *reset)
{
    net_hold(u->sim);
    net_move(&u->clk.out, sck, "USB SCK");
    net_move(&u->data.out, mosi, "USB MOSI");
    net_move(&u->jumper, reset, "RESET jumper");
    net_release(u->sim);
}

void usb_testmode_init(struct usb_testmode *u, struct sim *sim, const struct usb_testmode_config *cfg,
                       const struct usb_testmode_wires *w)
{
    assert(usb_testmode_config_check(cfg, &(struct problem){ "" }));
    memset(u, 0, sizeof *u);
    u->cfg = *cfg;
    u->sim = sim;
    u->dp = w->dp;
    u->dm = w->dm;
    bool inverted = cfg->shifter == USB_INVERTER;
    shift_init(&u->clk, sim, "USB clock", inverted);
    shift_init(&u->data, sim, "USB data", inverted);
    u->clk.rise_ps = cfg->delays.clk_rise_ps;
    u->clk.fall_ps = cfg->delays.clk_fall_ps;
    u->data.rise_ps = cfg->delays.data_rise_ps;
    u->data.fall_ps = cfg->delays.data_fall_ps;
    u->data.tau_ps = cfg->delays.data_tau_ps;
    u->clk.dead = usb_testmode_sck_high_mv(cfg) < cfg->vih_mv;
    vline_watch_add(w->dp, &u->dp_watch, line_changed, u);
    vline_watch_add(w->dm, &u->dm_watch, line_changed, u);
    show(&u->clk);
    show(&u->data);
    net_drive(&u->jumper, cfg->reset_jumper ? NET_0 : NET_Z, NET_STRONG);
    usb_testmode_connect(u, w->sck, w->mosi, w->reset);
    line_changed(u, w->dp, sim->now_ps);
    line_changed(u, w->dm, sim->now_ps);
}
