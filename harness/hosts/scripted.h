/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * scripted.h - the scripted programmer: drives SCK, MOSI and RESET itself, by the datasheet or against it
 *
 *            t_low     t_high
 *   SCK  ___________|~~~~~~~~~|___________|~~~~~~~~~|____
 *   MOSI ==X bit 7 ===========X bit 6 ====          ^ MISO is looked at with the rise
 *                   <-hold--->
 *
 * Every edge is an event at its exact time, whatever else runs on the board. It sits on the wires in place of a
 * programmer's own pins, so rewiring acts on it too. Between sessions it drives nothing.
 */
#ifndef HARNESS_HOSTS_SCRIPTED_H
#define HARNESS_HOSTS_SCRIPTED_H

#include "harness/hosts/isp_algorithm.h"
#include "harness/hosts/programmer.h"

struct net;

struct scripted_config { /* all times as it keeps them, right or wrong */
    uint64_t sck_hz;
    sim_time t_high_ps, t_low_ps; /* of SCK; half a period each unless given */
    sim_time t_miso_look_ps;      /* MISO is looked at that long after the rise of SCK */
    sim_time t_mosi_hold_ps;      /* MOSI changes that long after the rise of SCK; SIM_NEVER: with the fall */
    sim_time t_reset_pulse_ps;    /* RESET high pulse before entering */
    sim_time t_enter_ps;          /* RESET low to Programming Enable */
    unsigned tries;               /* RESET pulses before it gives up; 0: doesn't look at the echo */
    bool floating_high;           /* what it reads on MISO when nobody drives that */
    bool poll;                    /* RDY/BSY polling after writes; else the waits */
    struct isp_waits waits;
};

/* Connected to nothing yet. cfg is copied; sim and part must outlive the programmer. */
struct programmer scripted_new(struct sim *sim, const struct part *part, const struct scripted_config *cfg);

/* Other settings from the next session on. ctx is the programmer's. */
void scripted_settings(void *ctx, const struct scripted_config *cfg);

enum scripted_pin { SCRIPTED_RESET, SCRIPTED_MOSI, SCRIPTED_MISO, SCRIPTED_SCK, SCRIPTED_PINS };
/* NULL: that pin is off its wire. What a pin does goes with it. */
void scripted_connect(void *ctx, enum scripted_pin pin, struct net *net);

#endif
