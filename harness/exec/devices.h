/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * devices.h - which devices a board has for the PC's programs, under which names
 *
 *      /dev/ttyACM0   the programmer's serial port (through its board's USB chip), or its front end
 *      /dev/ttyUSB0   the target's own UART, where the board has an adapter on it
 *      /dev/ttyS0 ..  the RS232 lines of parts that have them (pc_side.h): miniframe circuits, rs232_port
 *      /dev/ttyUSB1 ..  parts behind a USB serial adapter: bus_pirate
 *      /dev/spidev0.0, /dev/gpiochip0   the pins of a gpio_header
 */
#ifndef HARNESS_EXEC_DEVICES_H
#define HARNESS_EXEC_DEVICES_H

#include "harness/board/board.h"
#include "harness/exec/board_serial.h"
#include "harness/exec/part_serial.h"
#include "harness/exec/rs232_serial.h"
#include "harness/exec/spi_gpio.h"

enum { DEVICES_MAX = 64, DEVICES_RS232 = 4, DEVICES_UART = 4 };

struct devices { /* do not move it after init */
    struct device device[DEVICES_MAX];
    unsigned n;
    struct board_serial serial[BOARD_PORTS];
    struct rs232_serial rs232[DEVICES_RS232];
    unsigned n_rs232, n_uart;
    struct part_serial uart[DEVICES_UART];
    struct spi_gpio pins;
};

void devices_init(struct devices *d, struct board *b);
void devices_free(struct devices *d);
/* The path of a serial port of the board; NULL: it has none of that kind. */
const char *devices_port_path(enum board_port port);
/* One line for each: path and what it is. */
void devices_list(const struct devices *d, char *text, size_t n);

#endif
