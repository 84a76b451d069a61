/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "harness/exec/rs232_serial.h"

#include "sim/memory.h"

#include <linux/termios.h>
#include <stdlib.h>
#include <string.h>

static void drive_txd(struct rs232_serial *s)
{
    s->type->set(s->part, PC_TXD, s->space || s->is_break);
}

static void set_level(void *ctx, bool mark)
{
    struct rs232_serial *s = ctx;

    s->space = !mark;
    drive_txd(s);
}

static void send_next(struct rs232_serial *s, sim_time at_ps)
{
    if (s->tx.busy || s->at == s->n) {
        return;
    }
    uart_tx_start(&s->tx, &s->format, s->queue[s->at++], at_ps);
    if (s->at == s->n) {
        s->at = s->n = 0;
    }
}

static void sent(void *ctx, sim_time at_ps)
{
    struct rs232_serial *s = ctx;

    send_next(s, at_ps);
    if (!s->tx.busy) {
        sim_wake(s->sim);
    }
}

static void received(void *ctx, const struct uart_frame *f)
{
    struct rs232_serial *s = ctx;

    tty_received_as(s->device, (uint8_t)f->data,
                    f->is_break        ? TTY_BREAK
                    : f->framing_error ? TTY_BAD_STOP_BIT
                    : f->parity_error  ? TTY_BAD_PARITY
                                       : TTY_GOOD);
}

static void changed(void *ctx)
{
    struct rs232_serial *s = ctx;

    uart_rx_level(&s->rx, s->type->rxd_mark(s->part));
    tty_inputs_changed(s->device);
}

/* ---- as a line of a tty ---- */

static void open_line(void *line)
{
    struct rs232_serial *s = line;

    s->type->listen(s->part, changed, s);
    uart_rx_level(&s->rx, s->type->rxd_mark(s->part));
    uart_rx_enable(&s->rx, true);
    drive_txd(s);
}

static void close_line(void *line)
{
    struct rs232_serial *s = line;

    uart_rx_enable(&s->rx, false);
    s->type->listen(s->part, NULL, NULL);
}

static void send_bytes(void *line, const uint8_t *bytes, size_t n)
{
    struct rs232_serial *s = line;

    if (s->n + n > s->cap) {
        s->cap = 2 * (s->n + n);
        s->queue = memory_grown(s->queue, s->cap, 1);
    }
    memcpy(s->queue + s->n, bytes, n);
    s->n += n;
    send_next(s, s->sim->now_ps);
}

static size_t pending(void *line)
{
    const struct rs232_serial *s = line;

    return s->n - s->at;
}

static void discard(void *line)
{
    struct rs232_serial *s = line;

    s->n = s->at = 0;
}

static bool busy(void *line)
{
    const struct rs232_serial *s = line;

    return s->tx.busy;
}

static void set_format(void *line, const struct uart_format *f, uint32_t baud)
{
    struct rs232_serial *s = line;

    (void)baud;
    s->format = s->rx.format = *f;
}

static void set_modem(void *line, bool dtr, bool rts)
{
    struct rs232_serial *s = line;

    s->type->set(s->part, PC_DTR, dtr);
    s->type->set(s->part, PC_RTS, rts);
}

static unsigned inputs(void *line)
{
    const struct rs232_serial *s = line;
    unsigned on = s->type->inputs(s->part);

    return (on & PC_CTS ? TIOCM_CTS : 0) | (on & PC_DSR ? TIOCM_DSR : 0) | (on & PC_CD ? TIOCM_CD : 0) |
           (on & PC_RI ? TIOCM_RI : 0);
}

static void set_break(void *line, bool on)
{
    struct rs232_serial *s = line;

    s->is_break = on;
    drive_txd(s);
}

static const struct tty_line_type line_type = {
    .open = open_line,
    .close = close_line,
    .send = send_bytes,
    .pending = pending,
    .discard = discard,
    .busy = busy,
    .format = set_format,
    .modem = set_modem,
    .inputs = inputs,
    .set_break = set_break,
};

void rs232_serial_init(struct rs232_serial *s, struct device *d, struct sim *sim, const struct pc_rs232 *type,
                       void *part)
{
    enum { USUAL_BAUD = 9600 };

    *s = (struct rs232_serial){ .sim = sim, .type = type, .part = part, .device = d, .format = uart_8n1(USUAL_BAUD) };
    uart_tx_init(&s->tx, sim, set_level, sent, s);
    uart_rx_init(&s->rx, sim, &s->format, received, s);
    tty_init(d, sim, &line_type, s, USUAL_BAUD);
}

void rs232_serial_free(struct rs232_serial *s)
{
    if (s->type) {
        uart_rx_enable(&s->rx, false);
        uart_tx_abort(&s->tx);
        s->type->listen(s->part, NULL, NULL);
    }
    free(s->queue);
}
