/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * usb_testmode.h - the programmer made of a USB port in test mode: D+ and D- through a level shifter
 *
 *      D+ --[shifter]---------- SCK       Test_J: D+ high, Test_K: D- high, Test_SE0_NAK: both low, 0.8 V (0.4 V
 *      D- --[shifter, delay]--- MOSI      with the far end terminated too). Never both high, so DATA is late on
 *      jumper ----------------- RESET     purpose: K, then J is a rise of SCK while MOSI is still 1.
 *
 * Models      the transistor's threshold, one delay per direction and line (an opposite change before it has
 *             passed cancels it), the charge of the 10 nF where it lies at the input, the shifter's drive against a
 *             load on SCK
 * Leaves out  ripple and slope of the lines: a state is static; the ends of the delays are steps
 * Source      reconstruction of the published description, delays and levels from SPICE runs of it
 *             (docs/fidelity.md); USB 2.0 specification, 7.1.1.3 and 7.1.20 for levels and test modes
 */
#ifndef SIM_CIRCUITS_USB_TESTMODE_H
#define SIM_CIRCUITS_USB_TESTMODE_H

#include "sim/net.h"
#include "sim/problem.h"
#include "sim/vline.h"

enum usb_shifter {
    USB_TWO_STAGE, /* npn, pnp, 100 ohm out: non-inverting */
    USB_INVERTER,  /* one npn with 10 kohm to 5 V */
};

struct usb_delays {
    sim_time data_rise_ps, data_fall_ps; /* D- to MOSI */
    sim_time clk_rise_ps, clk_fall_ps;   /* D+ to SCK */
    sim_time data_tau_ps; /* of 10 nF at the input: DATA that was high for a short time falls sooner; 0: none there */
};

/* Where the 10 nF is: MOSI to ground, base of the pnp to 5 V (the usual one), base of the npn to ground. */
extern const struct usb_delays usb_delays_a, usb_delays_b, usb_delays_c;

struct usb_testmode_config {
    struct usb_delays delays;
    enum usb_shifter shifter;
    bool clk_is_dm;                     /* clock and data lines swapped */
    int32_t on_mv;                      /* of the input transistor */
    int32_t vbus_mv;                    /* supply of shifter and target */
    int32_t vih_mv;                     /* what the target takes as high at least */
    bool led_on_sck;                    /* with led_ohm in series */
    uint32_t led_ohm, sck_pulldown_ohm; /* pull-down 0: none */
    bool reset_jumper;                  /* RESET to ground from the start */
};

extern const struct usb_testmode_config usb_testmode_default;

/* False and err: what can't be. */
bool usb_testmode_config_check(const struct usb_testmode_config *cfg, struct problem *err);

/* Level of SCK while the shifter wants it high, against its load. */
int32_t usb_testmode_sck_high_mv(const struct usb_testmode_config *cfg);

struct usb_shift { /* one line */
    struct sim *sim;
    struct net_driver out;
    struct sim_event ev;
    sim_time rise_ps, fall_ps, tau_ps;
    sim_time rose_ps; /* input, last */
    bool on, to;
    bool inverted, dead; /* dead: high does not reach VIH, so the target sees low */
};

struct usb_testmode { /* caller owns it; do not move it after init */
    struct usb_testmode_config cfg;
    struct sim *sim;
    struct vline *dp, *dm;
    struct vline_watch dp_watch, dm_watch;
    struct usb_shift clk, data;
    struct net_driver jumper;
};

struct usb_testmode_wires {
    struct vline *dp, *dm;
    struct net *sck, *mosi, *reset; /* NULL: not connected */
};

void usb_testmode_init(struct usb_testmode *u, struct sim *sim, const struct usb_testmode_config *cfg,
                       const struct usb_testmode_wires *wires);
/* Puts the outputs on other nets; NULL: off. */
void usb_testmode_connect(struct usb_testmode *u, struct net *sck, struct net *mosi, struct net *reset);

#endif
