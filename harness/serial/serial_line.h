/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * serial_line.h - a PC's serial adapter on two nets of the board
 *
 *      queue --> TXD --> net (RXD of a chip)          8N1 at a baud rate that can change any time
 *      byte() <-- RXD <-- net (TXD of a chip)
 *
 * Bytes queue without bound and go out back to back. A frame with a framing error is delivered as it is, like a
 * real adapter does; a break is not. An open RXD reads as mark (the adapter's pull-up).
 */
#ifndef HARNESS_SERIAL_SERIAL_LINE_H
#define HARNESS_SERIAL_SERIAL_LINE_H

#include "sim/net.h"
#include "sim/uart_line.h"

#include <stddef.h>

#define SERIAL_MIN_BAUD 300
#define SERIAL_MAX_BAUD 2000000

struct serial_line { /* do not move it after init */
    struct sim *sim;
    struct uart_tx tx;
    struct uart_rx rx;
    struct uart_format format;
    struct net_driver txd;
    struct net_watch rxd;
    uint8_t *queue;
    size_t n, at, cap;
    void (*byte)(void *ctx, uint8_t value, sim_time at_ps); /* NULL: nobody listens */
    void *ctx;
};

/* to: the chip's RXD, held at mark from now on; from: its TXD. */
void serial_line_init(struct serial_line *l, struct sim *sim, struct net *to, struct net *from, uint32_t baud);
void serial_line_free(struct serial_line *l);
void serial_line_send(struct serial_line *l, const uint8_t *bytes, size_t n);
/* Bytes not yet begun. */
size_t serial_line_pending(const struct serial_line *l);
/* False: out of range, the speed stays. */
bool serial_line_baud(struct serial_line *l, uint32_t baud);

#endif
