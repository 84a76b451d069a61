/* SPDX-License-Identifier: GPL-3.0-or-later */
/* part_types.h - all that can stand on a board: the table of parts */
#ifndef HARNESS_PARTS_PART_TYPES_H
#define HARNESS_PARTS_PART_TYPES_H

#include "harness/parts/part.h"

/* Those of board.parts. NULL: there is none of that name. */
const struct part_type *part_type_find(const char *name);
/* All, i = 0.. ; NULL after the last. */
const struct part_type *part_type_at(unsigned i);

extern const struct part_type target_chip_type;                                       /* the target */
extern const struct part_type programmer_mcu, programmer_script, programmer_stimulus; /* programmers */
extern const struct part_type programmer_miniframe, programmer_usb;
extern const struct part_type level_shifter_type, glitch_type, led_type, resistor_type, driver_type; /* others */
extern const struct part_type pull_type, reset_capacitor_type, vpp_type, vcc_switch_type, keeper_type;
extern const struct part_type slow_edge_type, serial_fault_type, clock_fault_type, bad_cells_type; /* faults */
extern const struct part_type programmer_hv_script;                                                /* a programmer */
extern const struct part_type rs232_port_type, gpio_header_type, bus_pirate_type, ft232r_type;     /* the PC's */

#endif
