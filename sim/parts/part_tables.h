/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * part_tables.h - fuse and clock tables that the part_NAME.c files refer to
 */
#ifndef SIM_PARTS_PART_TABLES_H
#define SIM_PARTS_PART_TABLES_H

#include "sim/clock_model.h"
#include "sim/fuse_model.h"

extern const struct fuse_layout fuse_layout_atmega328p;
extern const struct clock_layout clock_layout_atmega328p; /* of the whole ATmega48..328 family */

#endif
