/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * scripted_hv.h - the scripted programmer for high voltage, parallel or serial as the target is: by the datasheet or
 * against it
 *
 *      VCC     ___|~~~~~~~~~~~~~~~~~~~~        vcc_to_vpp, then 12 V (through switches on the board),
 *      VPP     _______|~~~~~~~~~~~~~~~~        enable_hold, enter_wait
 *      strobe  ____________|~|__|~|____        setup, high, hold, low of each
 *
 * Between sessions VPP and VCC are low (off) and all other pins open.
 */
#ifndef HARNESS_HOSTS_SCRIPTED_HV_H
#define HARNESS_HOSTS_SCRIPTED_HV_H

#include "harness/hosts/programmer.h"
#include "sim/hv.h"
#include "sim/kernel.h"
#include "sim/part.h"

struct net;

enum scripted_hv_leave { HV_LEAVE_VPP_FIRST, HV_LEAVE_VCC_FIRST, HV_LEAVE_VPP_ONLY };

struct scripted_hv_config { /* keys of a scenario, so all are int64_t; times in ps as it keeps them, right or wrong */
    int64_t t_setup_ps, t_hold_ps, t_high_ps, t_low_ps; /* of the strobe */
    int64_t t_pagel_ps, t_wr_ps, t_bs_setup_ps, t_bs_hold_ps;
    int64_t t_apart_ps; /* from PAGEL's fall to the next strobe, from the strobe's to WR's */
    int64_t t_out_ps;   /* from OE low to the look at DATA, and from OE high on */
    int64_t t_rdy_ps;   /* from WR low to the first look at RDY/BSY */
    int64_t vcc_to_vpp_ps, enable_hold_ps, enter_wait_ps;
    int64_t entry_edges; /* of the strobe between VCC and 12 V */
    int64_t prog_enable; /* bits: what is on Prog_enable */
    int64_t hold_sdo;    /* serial: SDO is driven for ever */
    int64_t drive_data;  /* parallel: DATA is driven while OE is low, too */
    int64_t strobe_high; /* the strobe stays high while WR falls */
    int64_t poll;        /* RDY/BSY or SDO; else the waits */
    int64_t write_wait_ps, erase_wait_ps;
    int64_t leave;         /* enum scripted_hv_leave */
    int64_t stray_strobes; /* after entering, WR pulses without a command */
    int64_t stray_bits;    /* serial: SCI pulses before leaving, half a frame */
};

/* Connected to nothing yet. cfg is copied; sim and part must outlive the programmer. */
struct programmer scripted_hv_new(struct sim *sim, const struct part *part, const struct scripted_hv_config *cfg);

/* Its pins: a signal each, then what switches 12 V and VCC. */
enum { SCRIPTED_HV_VPP = HV_SIGNALS, SCRIPTED_HV_VCC, SCRIPTED_HV_PINS };

/* net NULL: that pin is off its wire. What a pin does goes with it. */
void scripted_hv_connect(void *ctx, unsigned pin, struct net *net);

#endif
