/* SPDX-License-Identifier: GPL-3.0-or-later */
/* part_serial.h - the UART of a part (pc_uart) behind a USB serial adapter, as a serial port of the PC */
#ifndef HARNESS_EXEC_PART_SERIAL_H
#define HARNESS_EXEC_PART_SERIAL_H

#include "harness/exec/tty.h"
#include "harness/parts/pc_side.h"
#include "harness/serial/serial_line.h"

struct part_serial { /* do not move it while the device is there */
    struct serial_line line;
    struct net *from;
    struct device *device;
};

/* path: also the name of the adapter's random phase. */
void part_serial_init(struct part_serial *s, struct device *d, struct sim *sim, const struct pc_uart *type, void *part);
void part_serial_free(struct part_serial *s);

#endif
