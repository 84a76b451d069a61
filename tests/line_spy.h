/* SPDX-License-Identifier: GPL-3.0-or-later */
/* line_spy.h - for tests that put a host beside real avrdude: what was said on the programmer's serial line */
#ifndef TESTS_LINE_SPY_H
#define TESTS_LINE_SPY_H

#include "harness/board/board.h"
#include "sim/uart_line.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

#define MAX_BYTES 40000

struct spy { /* listens on a line */
    struct uart_rx rx;
    struct net_watch watch;
    uint8_t bytes[MAX_BYTES];
    size_t n;
};

static void heard(void *ctx, const struct uart_frame *f)
{
    struct spy *s = ctx;

    ck_assert(!f->framing_error);
    ck_assert_uint_lt(s->n, MAX_BYTES);
    s->bytes[s->n++] = (uint8_t)f->data;
}

static void line(void *ctx, struct net *net, sim_time at_ps)
{
    struct spy *s = ctx;

    (void)at_ps;
    uart_rx_level(&s->rx, net_is_high(net, true));
}

static void listen(struct spy *s, struct board *b, const char *net, uint32_t baud)
{
    struct uart_format f = uart_8n1(baud);

    s->n = 0;
    uart_rx_init(&s->rx, board_sim(b), &f, heard, s);
    net_watch_add(board_net(b, net), &s->watch, NET_WATCH_EDGES, line, s);
    uart_rx_level(&s->rx, true);
    uart_rx_enable(&s->rx, true);
}

/* The bytes around the one at `at`, as text. */
static void say(char *buf, size_t n, const struct spy *s, size_t at)
{
    size_t from = at > 12 ? at - 12 : 0;

    buf[0] = '\0';
    for (size_t i = from; i < s->n && i < at + 12; i++) {
        snprintf(buf + strlen(buf), n - strlen(buf), i == at ? "[%02x] " : "%02x ", s->bytes[i]);
    }
}

static struct scenario *scenario(const char *text)
{
    struct problem err = { "" };
    struct scenario *s = scenario_load_text("test", text, strlen(text), NULL, 0, &err);

    ck_assert_msg(s != NULL, "%s", err.text);
    return s;
}

static struct board *new_board(const struct scenario *s)
{
    struct problem err = { "" };
    struct board *b = board_new(s, NULL, &err);

    ck_assert_msg(b != NULL, "%s", err.text);
    return b;
}

static void write_file(const char *path, const uint8_t *data, size_t n)
{
    FILE *f = fopen(path, "wb");

    ck_assert_ptr_nonnull(f);
    ck_assert_uint_eq(fwrite(data, 1, n, f), n);
    fclose(f);
}

#define OK(call) ck_assert_msg(call, "%s", err.text)

#endif
