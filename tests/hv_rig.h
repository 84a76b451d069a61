/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * hv_rig.h - a target on a breadboard with 12 V at hand, and hands that speak high voltage: for tests
 *
 * One language for both modes: hv_frame(SDI, SII) of the serial mode's tables. On a parallel part it sets DATA and the
 * control pins as SII's bits say, and pulses XTAL1 where XA asks for something.
 */
#ifndef TESTS_HV_RIG_H
#define TESTS_HV_RIG_H

#include "sim/target_avr.h"

#define HV_RIG_PORTS 5 /* A to E */

struct hv_rig {
    struct sim sim;
    struct net port[HV_RIG_PORTS][8]; /* PA0 ... */
    struct vline vcc, reset_volts;
    struct net_driver hand[HV_SIGNALS], reset;
    unsigned finger[HV_SIGNALS]; /* the signal whose hand moves it */
    struct net *net[HV_SIGNALS]; /* NULL: the part has no such signal */
    struct nvm nvm;
    struct checker checker;
    struct checker_contention contention[HV_RIG_PORTS][8];
    struct target target;
    const struct part_hv *hv;
    uint8_t in;             /* what the frame before read */
    sim_time t_ps;          /* of each step of the hands; 1 us */
    sim_time enter_wait_ps; /* 300 us */
    sim_time vcc_to_vpp_ps; /* 40 us */
    char names[HV_RIG_PORTS][8][8];
};

/* Unpowered, RESET at 0 V, nothing driven. cfg NULL: defaults. */
void hv_rig_init(struct hv_rig *r, const struct part *part, const struct target_config *cfg);
void hv_rig_free(struct hv_rig *r);

void hv_wait(struct hv_rig *r, sim_time ps);
void hv_set(struct hv_rig *r, enum hv_signal signal, enum net_level level);
/* All of Prog_enable. */
void hv_set_enable(struct hv_rig *r, enum net_level level);
/* RESET's wire: millivolts, and the logic level that goes with them. */
void hv_reset_mv(struct hv_rig *r, int32_t mv);
/* Prog_enable low, VCC on, 12 V, and so on: by the newer text. */
void hv_enter(struct hv_rig *r);
/* After hv_enter()'s steps up to 12 V: the controls as they rest between commands. */
void hv_settle(struct hv_rig *r);
void hv_leave(struct hv_rig *r);

/* Returns what was read by the frame before (OE low there). */
uint8_t hv_frame(struct hv_rig *r, uint8_t sdi, uint8_t sii);
/* Polls RDY/BSY or SDO. */
void hv_wait_ready(struct hv_rig *r);

uint8_t hv_read_fuse(struct hv_rig *r, unsigned which); /* 0 low, 1 high, 2 extended, 3 lock */
void hv_write_fuse(struct hv_rig *r, unsigned which, uint8_t value);
uint8_t hv_signature(struct hv_rig *r, unsigned which);
void hv_erase(struct hv_rig *r);
void hv_write_page(struct hv_rig *r, uint32_t word, const uint8_t *bytes); /* the page that word begins */
uint8_t hv_read_flash(struct hv_rig *r, uint32_t word, bool high);
void hv_write_eeprom(struct hv_rig *r, uint32_t at, const uint8_t *bytes, unsigned n); /* inside a page */
uint8_t hv_read_eeprom(struct hv_rig *r, uint32_t at);

uint64_t hv_found(const struct hv_rig *r, enum checker_rule rule);
/* The test fails if anything but notes was found. */
void hv_no_violations(const struct hv_rig *r);

#endif
