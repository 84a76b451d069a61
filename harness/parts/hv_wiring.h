/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * hv_wiring.h - how high-voltage programmers are wired: which of their pins goes where, as rows
 *
 * `board.high_voltage: NAME` puts such a programmer's wires on the board, with a 12 V switch and a switch for VCC. A
 * further one is a row. Pins as the board's row names them (an Uno's "D10").
 */
#ifndef HARNESS_PARTS_HV_WIRING_H
#define HARNESS_PARTS_HV_WIRING_H

#include "sim/hv.h"

#include <stdbool.h>

#define HV_TO_GND "gnd"

struct hv_wiring_pins {
    const char *pin[HV_SIGNALS]; /* NULL: no wire. [HV_DATA0] to [HV_SDO]; HV_TO_GND: to ground */
    const char *vpp, *vcc;       /* what switches them */
    const char *shared_xa1;      /* where XA1 goes on a part whose XA1 is BS2, too; NULL: as on others */
};

struct hv_wiring {
    const char *name, *help;
    struct hv_wiring_pins parallel, serial;
    bool vpp_active_low;
    sim_time vpp_delay_ps;
    uint32_t sdo_ohm; /* a resistor in SDO's wire, which both drive for a moment at entry; 0: none */
};

const struct hv_wiring *hv_wiring_find(const char *name);
/* i = 0.. ; NULL after the last */
const struct hv_wiring *hv_wiring_at(unsigned i);

#endif
