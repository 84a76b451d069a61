/* SPDX-License-Identifier: GPL-3.0-or-later */
/* hv_rows.h - high-voltage programming of the families; sources: hv_rows.c */
#ifndef SIM_PARTS_HV_ROWS_H
#define SIM_PARTS_HV_ROWS_H

#include "sim/hv.h"

extern const struct part_hv hv_megax8, hv_megax8_pb, hv_mega8, hv_tinyx5, hv_tinyx4, hv_tiny13, hv_tiny13a, hv_tiny2313,
    hv_tiny2313a;

#endif
