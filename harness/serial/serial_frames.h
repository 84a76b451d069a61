/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * serial_frames.h - start and stop bits of a serial line: judged where they are taken, and sent wrong by a fault
 *
 *      to the board   ~~\__/~~X~~X~~\~~   the level on the chip's RXD in the middle of the start and of the stop bit,
 *                       ^           ^     against what the adapter sends
 *      to the host    the adapter's own receiver; what a fault covers, against what the chip sent
 *
 * Findings    uart_start, uart_stop: time of the bit's middle, net, byte, required and measured level
 * Leaves out  the chip's receiver at another speed than the adapter's: its frame errors are in its registers, what was
 *             meant is in the adapter's frame; data bits, of which nobody but the host's protocol can tell
 */
#ifndef HARNESS_SERIAL_SERIAL_FRAMES_H
#define HARNESS_SERIAL_SERIAL_FRAMES_H

#include "harness/serial/serial_faults.h"
#include "sim/checker.h"
#include "sim/uart_line.h"

struct serial_frames { /* part of a serial_line */
    struct sim *sim;
    struct checker *checker; /* NULL: nobody judges */
    struct uart_tx *tx;
    struct uart_rx *rx;
    struct net *to, *from;
    /* the frame to the board */
    struct sim_event look;
    uint8_t byte;
    bool looks_at_stop, is_break;
    /* the frame to the host, as the chip sends it */
    struct uart_rx sent;
    struct sim_event turn; /* a fault covers a bit from here on, or no longer */
    unsigned flips;        /* enum serial_frame_bits */
    bool mark, is_covered;
    bool start_covered; /* of the frame that sent is taking */
};

void serial_frames_init(struct serial_frames *f, struct uart_tx *tx, struct uart_rx *rx);
/* The chip's pins, again whenever they are elsewhere. */
void serial_frames_connect(struct serial_frames *f, struct net *to, struct net *from);
/* Before uart_tx_start(): the faults of the next frame. NULL: none. */
void serial_frames_spoil(struct serial_frames *f, const struct uart_format *format, struct serial_faults *faults);
/* After it: the frame of this byte has begun; is_break: what is on the line is meant to be something else. */
void serial_frames_sending(struct serial_frames *f, uint8_t byte, bool is_break);
/* It goes on edge by edge: somebody else came to the wire. */
void serial_frames_broken(struct serial_frames *f);
/* A break begins: nobody looks at the frame below it. */
void serial_frames_covered(struct serial_frames *f);
/* The chip's TXD, on its way to the receiver. faults NULL: none. */
void serial_frames_level(struct serial_frames *f, bool mark, struct serial_faults *faults);
/* The adapter's receiver took this. */
void serial_frames_received(struct serial_frames *f, const struct uart_frame *frame);

#endif
