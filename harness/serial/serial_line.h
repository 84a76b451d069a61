/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * serial_line.h - a PC's serial adapter on two nets of the board
 *
 *      queue --> TXD --> net (RXD of a chip)          8N1 at a baud rate that can change any time
 *      byte() <-- RXD <-- net (TXD of a chip)
 *
 * Bytes queue without bound and go out back to back. A frame with a framing error is delivered as it is, like a
 * real adapter does; a break is not. An open RXD reads as mark (the adapter's pull-up). The adapter's and its
 * driver's latency stands between (adapter.h); without one, bytes go through at once.
 */
#ifndef HARNESS_SERIAL_SERIAL_LINE_H
#define HARNESS_SERIAL_SERIAL_LINE_H

#include "harness/serial/adapter.h"
#include "harness/serial/serial_frames.h"
#include "sim/net.h"
#include "sim/uart_line.h"

#include <stddef.h>

#define SERIAL_MIN_BAUD 300
#define SERIAL_MAX_BAUD 2000000

struct serial_line { /* do not move it after init */
    struct sim *sim;
    struct uart_tx tx;
    struct uart_rx rx;
    struct uart_format format, spoke; /* now, and of the last byte that was sent */
    struct net_driver txd;
    bool behind_resistor; /* TXD: as an Uno's USB chip drives D0, through 1 kOhm */
    struct net_watch rxd;
    struct net *from;            /* rxd is on it */
    uint64_t n_sent, n_received; /* bytes that were handed in, and that came */
    sim_time moved_ps;           /* when the last was handed in, or came */
    uint8_t *queue;
    size_t n, at, cap;
    uint8_t number;  /* for sim->notes: which line it is */
    size_t released; /* of the queue: has reached the adapter */
    struct adapter adapter;
    struct serial_faults *faults; /* NULL: every byte comes through as it is */
    struct serial_frames frames;
    bool mark, is_break; /* what is sent, and what covers it */
    struct sim_event release, tick, arrive;
    sim_time tick_base_ps; /* the timer ticks whole periods after this */
    uint8_t *came;         /* by the adapter: first what is on its way to the program */
    size_t n_came, n_on_way, cap_came;
    void (*byte)(void *ctx, uint8_t value, sim_time at_ps); /* NULL: nobody listens */
    void *ctx;
};

/* to: the chip's RXD, held at mark from now on; from: its TXD. */
void serial_line_init(struct serial_line *l, struct sim *sim, struct net *to, struct net *from, uint32_t baud);
void serial_line_free(struct serial_line *l);
/* The chip's pins are on other wires now, or on the same. */
void serial_line_connect(struct serial_line *l, struct net *to, struct net *from);
/* Start and stop bits are judged from now on. checker NULL: no longer. */
void serial_line_judge(struct serial_line *l, struct checker *checker);
/* Faults of bytes and frames, from now on; NULL: none. */
void serial_line_faults(struct serial_line *l, struct serial_faults *faults);
/* Whoever else drives TXD's wire wins against it. */
void serial_line_behind_resistor(struct serial_line *l);
/* Before the first byte. The timer's phase is drawn from the seed and `name`. */
void serial_line_adapter(struct serial_line *l, const struct adapter *adapter, const char *name);
void serial_line_send(struct serial_line *l, const uint8_t *bytes, size_t n);
/* Bytes not yet begun. */
size_t serial_line_pending(const struct serial_line *l);
/* They are given up. */
void serial_line_discard(struct serial_line *l);
/* False: out of range, the speed stays. */
bool serial_line_baud(struct serial_line *l, uint32_t baud);
/* The same with bits, parity and stop bits; the frame on the line is finished as it began. */
bool serial_line_format(struct serial_line *l, const struct uart_format *f, uint32_t baud);
/* Is a frame, or a break, on the line? */
bool serial_line_busy(const struct serial_line *l);
/* TXD at space as long as it is on, whatever is being sent. */
void serial_line_break(struct serial_line *l, bool on);

#endif
