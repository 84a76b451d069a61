/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * isp_rig.h - a target on a breadboard, and hands that speak the bus: for tests and benchmarks
 *
 * Everything goes through the pins. Times advance as the calls say; the programmer's outputs are strong drivers.
 */
#ifndef TESTS_ISP_RIG_H
#define TESTS_ISP_RIG_H

#include "sim/target_avr.h"

struct isp_rig {
    struct sim sim;
    struct net reset_n, sck, mosi, miso, miso_oe, xtal1, xtal2, clko;
    struct vline vcc;
    struct net_driver d_reset, d_sck, d_mosi, d_miso_pull, d_xtal1, d_xtal2;
    struct nvm nvm;
    struct checker checker;
    struct checker_contention contention[4]; /* of RESET, SCK, MOSI, MISO */
    struct target target;
    sim_time t_high_ps, t_low_ps; /* of SCK, in isp_byte() */
};

/* An ATmega328P at 5 V with RESET and SCK low, SCK phases 4 us. cfg NULL: defaults; seed: of the sim. */
void isp_rig_init(struct isp_rig *r, const struct target_config *cfg, uint64_t seed);
/* The same in two steps: before the chip sits on the board its cells can be set. */
void isp_rig_board(struct isp_rig *r, const struct part *part, uint64_t seed);
void isp_rig_target(struct isp_rig *r, const struct target_config *cfg);
void isp_rig_free(struct isp_rig *r);

void isp_wait(struct isp_rig *r, sim_time ps);
void isp_power(struct isp_rig *r, int32_t mv);
void isp_reset(struct isp_rig *r, bool high);
void isp_set_sck(struct isp_rig *r, bool high);
void isp_set_mosi(struct isp_rig *r, bool high);
/* MISO as the programmer reads it, pulled up weakly. */
bool isp_miso(struct isp_rig *r);

/* MOSI changes with the fall of SCK, MISO is read at its rise. Ends as SCK falls. */
uint8_t isp_byte(struct isp_rig *r, uint8_t out);
/* Four bytes; the last byte that came back, all of them in *in (NULL: not wanted), first byte highest. */
uint8_t isp_send(struct isp_rig *r, uint32_t out, uint32_t *in);
/* RESET pulse, 20 ms, Programming Enable: is the echo right? */
bool isp_enter(struct isp_rig *r);
/* Polls RDY/BSY until ready. */
void isp_wait_ready(struct isp_rig *r);

#endif
