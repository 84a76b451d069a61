/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * board_serial.h - a serial port of the board (harness/board/ports.h) as a device
 *
 * DTR's fall (it goes active) resets what the port leads to, where the board has the capacitor for it.
 */
#ifndef HARNESS_EXEC_BOARD_SERIAL_H
#define HARNESS_EXEC_BOARD_SERIAL_H

#include "harness/board/ports.h"
#include "harness/exec/tty.h"

struct board_serial { /* do not move it while the device is there */
    struct board_ports *ports;
    enum board_port port;
    struct device *device;
};

/* Makes d the device of that port; p->device's settings begin at this speed. */
void board_serial_init(struct board_serial *s, struct device *d, struct board_ports *ports, enum board_port port,
                       struct sim *sim, uint32_t baud);

#endif
