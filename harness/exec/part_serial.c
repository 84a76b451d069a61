/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "harness/exec/part_serial.h"

static void got_byte(void *ctx, uint8_t value, sim_time at_ps)
{
    struct part_serial *s = ctx;

    (void)at_ps;
    tty_received(s->device, value);
}

static void open_line(void *line)
{
    struct part_serial *s = line;

    s->line.byte = got_byte;
    s->line.ctx = s;
}

static void close_line(void *line)
{
    ((struct part_serial *)line)->line.byte = NULL;
}

static void send_bytes(void *line, const uint8_t *bytes, size_t n)
{
    serial_line_send(&((struct part_serial *)line)->line, bytes, n);
}

static size_t pending(void *line)
{
    return serial_line_pending(&((struct part_serial *)line)->line);
}

static void discard(void *line)
{
    serial_line_discard(&((struct part_serial *)line)->line);
}

static bool busy(void *line)
{
    return serial_line_busy(&((struct part_serial *)line)->line);
}

static void set_format(void *line, const struct uart_format *f, uint32_t baud)
{
    serial_line_format(&((struct part_serial *)line)->line, f, baud);
}

static void set_modem(void *line, bool dtr, bool rts)
{
    (void)line; /* they lead nowhere */
    (void)dtr;
    (void)rts;
}

static void set_break(void *line, bool on)
{
    serial_line_break(&((struct part_serial *)line)->line, on);
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
    .set_break = set_break,
};

void part_serial_init(struct part_serial *s, struct device *d, struct sim *sim, const struct pc_uart *type, void *part)
{
    struct adapter adapter = adapter_none;
    struct problem none;

    adapter_parse(type->adapter, &adapter, &none);
    s->device = d;
    s->from = type->txd(part);
    serial_line_init(&s->line, sim, type->rxd(part), s->from, type->baud);
    serial_line_adapter(&s->line, &adapter, d->path);
    tty_init(d, sim, &line_type, s, type->baud);
}

void part_serial_free(struct part_serial *s)
{
    struct sim *sim = s->line.sim;

    net_watch_remove(s->from, &s->line.rxd);
    net_detach(&s->line.txd);
    sim_cancel(sim, &s->line.release);
    sim_cancel(sim, &s->line.tick);
    sim_cancel(sim, &s->line.arrive);
    uart_tx_abort(&s->line.tx);
    uart_rx_enable(&s->line.rx, false);
    serial_line_free(&s->line);
}
