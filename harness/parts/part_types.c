/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "harness/parts/part_types.h"

#include <string.h>

static const struct part_type *const types[] = {
    &target_chip_type,
    &programmer_mcu,
    &programmer_script,
    &programmer_stimulus,
    &programmer_miniframe,
    &programmer_usb,
    &level_shifter_type,
    &glitch_type,
    &led_type,
    &resistor_type,
    &driver_type,
    &pull_type,
    &reset_capacitor_type,
    &vpp_type,
    &vcc_switch_type,
    &keeper_type,
    &programmer_hv_script,
    &rs232_port_type,
    &gpio_header_type,
    &bus_pirate_type,
    &ft232r_type,
    &slow_edge_type,
    &serial_fault_type,
    &clock_fault_type,
    &bad_cells_type,
};

const struct part_type *part_type_find(const char *name)
{
    for (unsigned i = 0; i < sizeof types / sizeof types[0]; i++) {
        if (types[i]->place == PART_AMONG_PARTS && !strcmp(types[i]->name, name)) {
            return types[i];
        }
    }
    return NULL;
}

const struct part_type *part_type_at(unsigned i)
{
    return i < sizeof types / sizeof types[0] ? types[i] : NULL;
}
