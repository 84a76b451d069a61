/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * tinyx5.h - fuse and clock tables of the ATtiny25/45/85 that other families refer to (tinyx5.c)
 */
#ifndef SIM_PARTS_TINYX5_H
#define SIM_PARTS_TINYX5_H

#include "sim/clock_model.h"
#include "sim/fuse_model.h"

extern const struct fuse_layout tinyx5_fuses;
extern const struct clock_layout tinyx4_clocks;

#endif
