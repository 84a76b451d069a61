/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "harness/exec/board_serial.h"

/* The ports act on the one that is selected. */
static struct board_ports *select_port(struct board_serial *s)
{
    board_ports_select(s->ports, s->port);
    return s->ports;
}

static void got_byte(void *ctx, uint8_t value, sim_time at_ps)
{
    struct board_serial *s = ctx;

    (void)at_ps;
    tty_received(s->device, value);
}

static void open_line(void *line)
{
    board_ports_on_byte(select_port(line), got_byte, line);
}

static void close_line(void *line)
{
    struct board_ports *p = select_port(line);

    board_ports_closed(p);
    board_ports_on_byte(p, NULL, NULL);
}

static void send_bytes(void *line, const uint8_t *bytes, size_t n)
{
    board_ports_send(select_port(line), bytes, n);
}

static size_t pending(void *line)
{
    return board_ports_pending(select_port(line));
}

static void discard(void *line)
{
    board_ports_discard(select_port(line));
}

static bool busy(void *line)
{
    return board_ports_busy(select_port(line));
}

static void set_format(void *line, const struct uart_format *f, uint32_t baud)
{
    board_ports_format(select_port(line), f, baud);
}

static void set_modem(void *line, bool dtr, bool rts)
{
    struct board_serial *s = line;

    (void)rts; /* leads nowhere on these boards */
    board_ports_dtr(select_port(s), dtr);
}

static void set_break(void *line, bool on)
{
    board_ports_break(select_port(line), on);
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

void board_serial_init(struct board_serial *s, struct device *d, struct board_ports *ports, enum board_port port,
                       struct sim *sim, uint32_t baud)
{
    *s = (struct board_serial){ .ports = ports, .port = port, .device = d };
    tty_init(d, sim, &line_type, s, baud);
}
