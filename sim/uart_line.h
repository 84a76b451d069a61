/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * uart_line.h - UART frames on a line, any format, by its edges
 *
 *      uart_tx --> set(level) --> a net or RS232 line --> uart_rx_level() --> uart_rx --> frame
 *
 * Start bit 0, data LSB first, optional parity, stop bits 1; mark = 1. The sender makes one event per change of
 * level and one at the end of the frame; the receiver takes the line's level in the middle of each bit, with one
 * event per frame (middle of the first stop bit). Bit times are rational, so
 * neither drifts. Where nobody else is on a net between them, a frame is one event of the sender and one of the receiver:
 * net_frame.h.
 */
#ifndef SIM_UART_LINE_H
#define SIM_UART_LINE_H

#include "sim/net_frame.h"

enum uart_parity { UART_NO_PARITY, UART_EVEN, UART_ODD, UART_MARK, UART_SPACE };

struct uart_format {
    uint64_t bit_num, bit_den; /* bit time = num / den ps */
    uint8_t data_bits;         /* 5..9 */
    uint8_t parity;            /* enum uart_parity */
    uint8_t stop_bits;         /* 1..2 */
};

/* Bit time of a baud rate (bits per second), e.g. uart_8n1(19200). */
struct uart_format uart_8n1(uint32_t baud);
/* "8N1", "7E2", "6N1". False if malformed. */
bool uart_format_parse(struct uart_format *f, const char *text, uint32_t baud);
/* Which bit of a frame is its first stop bit, the start bit is 0. */
unsigned uart_stop_bit(const struct uart_format *f);
/* When a bit begins, and its middle, from the frame's begin on. */
sim_time uart_begin_ps(const struct uart_format *f, unsigned bit);
sim_time uart_middle_ps(const struct uart_format *f, unsigned bit);
/* Length of a whole frame, start to end of the last stop bit. */
sim_time uart_frame_ps(const struct uart_format *f);

struct uart_tx { /* one frame at a time */
    struct sim *sim;
    struct sim_event next;
    void (*set)(void *ctx, bool mark);       /* put the level on the line */
    void (*begun)(void *ctx);                /* the start bit has, after its set(); NULL: nobody asks */
    void (*broken)(void *ctx);               /* a frame in one piece goes on edge by edge; NULL: nobody asks */
    void (*done)(void *ctx, sim_time at_ps); /* the frame has ended; may start the next one */
    void *ctx;
    struct uart_format format;
    uint32_t bits;        /* start, data, parity, stop; bit 0 goes first */
    uint32_t flips;       /* of the next frame: bits that are sent wrong, a fault; its start takes them */
    uint8_t n_bits, at;   /* at: bit now on the line */
    bool busy, is_spoilt; /* spoilt: some of its bits are wrong */
    sim_time start_ps;
    struct net_frame frame;
};

void uart_tx_init(struct uart_tx *tx, struct sim *sim, void (*set)(void *, bool), void (*done)(void *, sim_time),
                  void *ctx);
/* All that set() does is to put the level on d's net: frames may go out in one piece, without set(). */
void uart_tx_drives(struct uart_tx *tx, struct net_driver *d);
/* Starts a frame at start_ps (now or later; now calls set at once). Not while busy. */
void uart_tx_start(struct uart_tx *tx, const struct uart_format *f, unsigned data, sim_time start_ps);
/* Stops in mid-frame (reset); the line is left to the caller. */
void uart_tx_abort(struct uart_tx *tx);

struct uart_frame {
    uint16_t data;
    bool framing_error, parity_error;
    bool is_break;            /* all bits and the stop bit 0 */
    sim_time start_ps, at_ps; /* falling edge of the start bit; middle of the first stop bit */
};

struct uart_rx {
    struct sim *sim;
    struct sim_event sample;
    void (*frame)(void *ctx, const struct uart_frame *f);
    void *ctx;
    struct uart_format format;     /* taken over at the next start bit */
    struct uart_format now;        /* of the frame being received */
    bool enabled, receiving, mark; /* mark: level now */
    sim_time start_ps;
    uint8_t n_sampled; /* bits whose middle has passed */
    uint16_t samples;  /* their levels, bit 0 = start bit */
    bool whole;        /* the frame is on the net in one piece: all has been sampled */
};

void uart_rx_init(struct uart_rx *rx, struct sim *sim, const struct uart_format *f,
                  void (*frame)(void *, const struct uart_frame *), void *ctx);
void uart_rx_enable(struct uart_rx *rx, bool enable);
/* The line is mark (1) or space from sim->now_ps on. */
void uart_rx_level(struct uart_rx *rx, bool mark);
/* What a net_frame_taker of the receiver's does; a net's floating level is mark. */
bool uart_rx_can_take(const struct uart_rx *rx, const struct net_wave *frame);
void uart_rx_take(struct uart_rx *rx, const struct net_wave *frame);
void uart_rx_lose(struct uart_rx *rx, bool mark, sim_time since_ps);

#endif
