/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "harness/serial/serial_frames.h"

static void report(struct serial_frames *f, bool is_stop, sim_time at_ps, const struct net *net, uint8_t byte)
{
    checker_report_byte(f->checker, is_stop ? CHECK_UART_STOP : CHECK_UART_START, at_ps, net->name, byte,
                        is_stop ? NET_1 : NET_0, is_stop ? NET_0 : NET_1);
}

/* ---- to the board ---- */

static void look(void *ctx, sim_time at_ps)
{
    struct serial_frames *f = ctx;
    const struct uart_format *format = &f->tx->format;

    if (net_is_high(f->to, true) != f->looks_at_stop) {
        report(f, f->looks_at_stop, at_ps, f->to, f->byte);
    }
    if (!f->looks_at_stop) {
        f->looks_at_stop = true;
        sim_schedule(f->sim, &f->look, f->tx->start_ps + uart_middle_ps(format, uart_stop_bit(format)));
    }
}

static unsigned drawn(struct serial_faults *faults, enum serial_way way, sim_time at_ps)
{
    return faults ? serial_faults_frame(faults, way, at_ps) : 0;
}

void serial_frames_spoil(struct serial_frames *f, const struct uart_format *format, struct serial_faults *faults)
{
    unsigned bits = drawn(faults, SERIAL_TO_BOARD, f->sim->now_ps);

    f->tx->flips = (bits & SERIAL_START_BIT ? 1u : 0) | (bits & SERIAL_STOP_BIT ? 1u << uart_stop_bit(format) : 0);
}

/* From the first of the two bits on whose middle is still to come. */
static void look_from_now(struct serial_frames *f)
{
    const struct uart_format *format = &f->tx->format;
    sim_time start_ps = f->tx->start_ps + uart_middle_ps(format, 0);
    sim_time stop_ps = f->tx->start_ps + uart_middle_ps(format, uart_stop_bit(format)), now_ps = f->sim->now_ps;

    if (f->checker && !f->is_break && now_ps <= stop_ps) {
        f->looks_at_stop = now_ps > start_ps;
        sim_schedule(f->sim, &f->look, f->looks_at_stop ? stop_ps : start_ps);
    }
}

void serial_frames_sending(struct serial_frames *f, uint8_t byte, bool is_break)
{
    f->byte = byte;
    f->is_break = is_break;
    serial_frames_covered(f); /* of a frame that was broken off */
    if (!net_frame_runs(&f->tx->frame)) {
        look_from_now(f);
    }
}

void serial_frames_broken(struct serial_frames *f)
{
    look_from_now(f);
}

void serial_frames_covered(struct serial_frames *f)
{
    if (sim_event_pending(&f->look)) {
        sim_cancel(f->sim, &f->look);
    }
}

/* ---- to the host ---- */

static void cover(struct serial_frames *f, bool covered, bool level)
{
    f->is_covered = covered;
    uart_rx_level(f->rx, covered ? level : f->mark);
}

static void turn(void *ctx, sim_time at_ps)
{
    struct serial_frames *f = ctx;
    const struct uart_format *format = &f->sent.now;
    unsigned stop = uart_stop_bit(format);
    sim_time stop_ps = f->sent.start_ps + uart_begin_ps(format, stop);

    if (f->is_covered) {
        cover(f, false, f->mark);
        if (at_ps < stop_ps && (f->flips & SERIAL_STOP_BIT)) {
            sim_schedule(f->sim, &f->turn, stop_ps);
        }
    } else {
        cover(f, true, false);
        sim_schedule(f->sim, &f->turn, f->sent.start_ps + uart_begin_ps(format, stop + 1));
    }
}

/* The chip's start bit has begun. */
static void begins(struct serial_frames *f, struct serial_faults *faults)
{
    f->flips = drawn(faults, SERIAL_TO_HOST, f->sim->now_ps);
    f->start_covered = f->flips & SERIAL_START_BIT;
    if (f->flips) {
        f->is_covered = f->start_covered;
        sim_schedule(f->sim, &f->turn,
                     f->sent.start_ps + uart_begin_ps(&f->sent.now, f->is_covered ? 1 : uart_stop_bit(&f->sent.now)));
    }
}

void serial_frames_level(struct serial_frames *f, bool mark, struct serial_faults *faults)
{
    bool was_receiving = f->sent.receiving;

    f->mark = mark;
    if (!serial_faults_spoils_frames(faults)) {
        uart_rx_level(f->rx, mark);
        return;
    }
    f->sent.format = f->rx->format;
    uart_rx_level(&f->sent, mark);
    if (!was_receiving && f->sent.receiving) {
        if (sim_event_pending(&f->turn)) { /* the stop bit before is over in this very moment */
            sim_cancel(f->sim, &f->turn);
            f->is_covered = false;
        }
        begins(f, faults);
    }
    if (!f->is_covered) {
        uart_rx_level(f->rx, mark);
    }
}

static void chip_sent(void *ctx, const struct uart_frame *frame)
{
    struct serial_frames *f = ctx;
    uint8_t byte = (uint8_t)frame->data;

    if (f->start_covered) {
        report(f, false, frame->start_ps + uart_middle_ps(&f->sent.now, 0), f->from, byte);
    }
    if (!frame->is_break && ((f->flips & SERIAL_STOP_BIT) || frame->framing_error)) {
        report(f, true, frame->at_ps, f->from, byte);
    }
}

void serial_frames_received(struct serial_frames *f, const struct uart_frame *frame)
{
    if (frame->framing_error && !frame->is_break && !f->sent.enabled) {
        report(f, true, frame->at_ps, f->from, (uint8_t)frame->data);
    }
}

void serial_frames_connect(struct serial_frames *f, struct net *to, struct net *from)
{
    f->to = to;
    f->from = from;
}

void serial_frames_init(struct serial_frames *f, struct uart_tx *tx, struct uart_rx *rx)
{
    *f = (struct serial_frames){ .sim = tx->sim, .tx = tx, .rx = rx, .mark = true };
    sim_event_init(&f->look, "serial line: a start or stop bit", look, f);
    sim_event_init(&f->turn, "serial line: a fault of one bit", turn, f);
    uart_rx_init(&f->sent, tx->sim, &rx->format, chip_sent, f);
}
