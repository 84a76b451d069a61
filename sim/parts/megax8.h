/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * megax8.h - fuse and clock tables of the ATmega48/88/168/328 family (megax8_fuses.c)
 */
#ifndef SIM_PARTS_MEGAX8_H
#define SIM_PARTS_MEGAX8_H

#include "sim/clock_model.h"
#include "sim/fuse_model.h"

extern const struct fuse_layout megax8_fuses_48, megax8_fuses_88, megax8_fuses_168, megax8_fuses_328,
    megax8_fuses_328pb;
extern const struct clock_layout megax8_clocks, megax8_clocks_pb;

#endif
