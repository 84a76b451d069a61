/* SPDX-License-Identifier: GPL-3.0-or-later */
/* chip_rig.h - for tests of the target: an ATmega328P (or another) alone on tests/isp_rig.h, r */
#ifndef TESTS_CHIP_RIG_H
#define TESTS_CHIP_RIG_H

#include "tests/isp_rig.h"

#define MHZ UINT64_C(1000000000) /* in millihertz */

static struct isp_rig r;

/* A chip with these fuses, RESET and SCK low, no supply yet. */
static inline void chip(uint64_t seed, uint8_t low, uint8_t high, uint8_t ext, const struct target_config *cfg)
{
    struct target_config c = cfg ? *cfg : target_config_default(&part_atmega328p);

    isp_rig_board(&r, c.part, seed);
    r.nvm.cells.fuses = (struct fuse_bytes){ { low, high, ext }, 0xFF };
    isp_rig_target(&r, &c);
    isp_set_sck(&r, false);
    isp_set_mosi(&r, false);
    isp_reset(&r, false);
}

static inline void wave_on_xtal1(uint64_t f_millihz)
{
    struct net_wave w = net_wave_square(r.sim.now_ps, f_millihz);
    net_drive_wave(&r.d_xtal1, &w, NET_STRONG);
}

static inline void sck_half_period(sim_time ps)
{
    r.t_high_ps = r.t_low_ps = ps;
}

#endif
