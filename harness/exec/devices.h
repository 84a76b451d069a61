/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * devices.h - which devices a board has for the PC's programs, under which names
 *
 *      /dev/ttyACM0   the programmer's serial port (through its board's USB chip), or its front end
 *      /dev/ttyUSB0   the target's own UART, where the board has an adapter on it
 */
#ifndef HARNESS_EXEC_DEVICES_H
#define HARNESS_EXEC_DEVICES_H

#include "harness/board/board.h"
#include "harness/exec/board_serial.h"

enum { DEVICES_MAX = 16 };

struct devices { /* do not move it after init */
    struct device device[DEVICES_MAX];
    unsigned n;
    struct board_serial serial[BOARD_PORTS];
};

void devices_init(struct devices *d, struct board *b);
void devices_free(struct devices *d);
/* The path of a serial port of the board; NULL: it has none of that kind. */
const char *devices_port_path(enum board_port port);
/* One line for each: path and what it is. */
void devices_list(const struct devices *d, char *text, size_t n);

#endif
