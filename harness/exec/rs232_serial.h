/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * rs232_serial.h - a serial port whose lines are the RS232 lines themselves (a part's pc_rs232): TX by a UART that the
 * PC has, DTR, RTS and the inputs as they are
 */
#ifndef HARNESS_EXEC_RS232_SERIAL_H
#define HARNESS_EXEC_RS232_SERIAL_H

#include "harness/exec/tty.h"
#include "harness/parts/pc_side.h"

struct rs232_serial { /* do not move it while the device is there */
    struct sim *sim;
    const struct pc_rs232 *type;
    void *part;
    struct device *device;
    struct uart_format format;
    struct uart_tx tx;
    struct uart_rx rx;
    uint8_t *queue;
    size_t n, at, cap;
    bool space, is_break;
};

void rs232_serial_init(struct rs232_serial *s, struct device *d, struct sim *sim, const struct pc_rs232 *type,
                       void *part);
void rs232_serial_free(struct rs232_serial *s);

#endif
