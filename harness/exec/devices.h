/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * devices.h - which devices a board has for the PC's programs, under which names
 *
 * Which kinds there are, and their usual names, is pc_devices[] (harness/parts/pc_side.h); what makes a device of each
 * is a row here. A scenario may give other names (board.devices). Folders that only the bench fills, USB's and those of
 * sysfs's GPIO, are always its own: a program never meets a programmer that is plugged into the real machine there.
 */
#ifndef HARNESS_EXEC_DEVICES_H
#define HARNESS_EXEC_DEVICES_H

#include "harness/board/board.h"
#include "harness/exec/board_serial.h"
#include "harness/exec/part_serial.h"
#include "harness/exec/rs232_serial.h"
#include "harness/exec/spi_gpio.h"
#include "harness/exec/sysfs_gpio.h"
#include "harness/exec/timer_device.h"
#include "harness/exec/usb_port.h"
#include "preload/protocol.h"

enum {
    DEVICES_RS232 = 4,
    DEVICES_UART = 4,
    DEVICES_USB = 4,
    DEVICES_FOLDERS = 6,
    DEVICES_MAX = BOARD_PORTS + DEVICES_RS232 + DEVICES_UART + DEVICES_USB * (1 + USB_PORT_FILES) + DEVICES_FOLDERS +
                  2 + SPI_GPIO_LINES + SYSFS_GPIO_DEVICES + EXEC_TIMERS,
};

struct devices { /* do not move it after init */
    struct board *board;
    struct device device[DEVICES_MAX];
    unsigned n, n_of[PC_KINDS];
    struct device *port[BOARD_PORTS]; /* NULL: the board has none */
    struct board_serial serial[BOARD_PORTS];
    struct rs232_serial rs232[DEVICES_RS232];
    struct part_serial uart[DEVICES_UART];
    struct spi_gpio pins;
    struct sysfs_gpio sysfs;
    struct usb_port usb[DEVICES_USB];
    struct timer_device timer[EXEC_TIMERS]; /* under no path */
};

void devices_init(struct devices *d, struct board *b);
void devices_free(struct devices *d);
/* The path of a serial port of the board that has it. */
const char *devices_port_path(const struct board *b, enum board_port port, char path[DEVICE_PATH_BYTES]);
/* One line for each: path and what it is. */
void devices_list(const struct devices *d, char *text, size_t n);

#endif
