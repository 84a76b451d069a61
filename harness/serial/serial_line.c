/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "harness/serial/serial_line.h"

#include "sim/memory.h"

#include <stdlib.h>
#include <string.h>

static void set_level(void *ctx, bool mark)
{
    struct serial_line *l = ctx;

    net_drive(&l->txd, mark ? NET_1 : NET_0, NET_STRONG);
}

static void send_next(struct serial_line *l, sim_time at_ps)
{
    if (l->tx.busy || l->at == l->n) {
        return;
    }
    uart_tx_start(&l->tx, &l->format, l->queue[l->at++], at_ps);
    if (l->at == l->n) {
        l->at = l->n = 0;
    }
}

static void sent(void *ctx, sim_time at_ps)
{
    send_next(ctx, at_ps);
}

static void line_changed(void *ctx, struct net *net, sim_time at_ps)
{
    struct serial_line *l = ctx;

    (void)at_ps;
    uart_rx_level(&l->rx, net_is_high(net, true));
}

static void received(void *ctx, const struct uart_frame *f)
{
    struct serial_line *l = ctx;

    if (l->byte && !f->is_break) {
        l->byte(l->ctx, (uint8_t)f->data, f->at_ps);
    }
}

void serial_line_init(struct serial_line *l, struct sim *sim, struct net *to, struct net *from, uint32_t baud)
{
    memset(l, 0, sizeof *l);
    l->sim = sim;
    l->format = uart_8n1(baud);
    net_attach(to, &l->txd, "host TXD");
    net_drive(&l->txd, NET_1, NET_STRONG);
    uart_tx_init(&l->tx, sim, set_level, sent, l);
    uart_rx_init(&l->rx, sim, &l->format, received, l);
    net_watch_add(from, &l->rxd, NET_WATCH_EDGES, line_changed, l);
    uart_rx_level(&l->rx, net_is_high(from, true));
    uart_rx_enable(&l->rx, true);
}

void serial_line_free(struct serial_line *l)
{
    free(l->queue);
    l->queue = NULL;
}

void serial_line_send(struct serial_line *l, const uint8_t *bytes, size_t n)
{
    if (!n) {
        return;
    }
    if (l->n + n > l->cap) {
        l->cap = (l->n + n) * 2;
        l->queue = memory_grown(l->queue, l->cap, 1);
    }
    memcpy(l->queue + l->n, bytes, n);
    l->n += n;
    send_next(l, l->sim->now_ps);
}

size_t serial_line_pending(const struct serial_line *l)
{
    return l->n - l->at;
}

bool serial_line_baud(struct serial_line *l, uint32_t baud)
{
    if (baud < SERIAL_MIN_BAUD || baud > SERIAL_MAX_BAUD) {
        return false;
    }
    l->format = uart_8n1(baud);
    l->rx.format = l->format;
    return true;
}
