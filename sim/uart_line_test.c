/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sim/uart_line.h"

#include "sim/net_frame.h"
#include "tests/run_all.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

/* Sender and receiver on one wire, each with its own idea of the format. */
struct wire {
    struct sim sim;
    struct uart_tx tx;
    struct uart_rx rx;
    bool level;
    struct uart_frame got[64];
    int n_got, n_done;
    sim_time done_ps;
    sim_time change_ps[64];
    int n_changes;
};

static void wire_set(void *ctx, bool mark)
{
    struct wire *w = ctx;
    if (mark != w->level) {
        w->change_ps[w->n_changes++ % 64] = w->sim.now_ps;
    }
    w->level = mark;
    uart_rx_level(&w->rx, mark);
}

static void wire_done(void *ctx, sim_time at_ps)
{
    struct wire *w = ctx;
    w->n_done++;
    w->done_ps = at_ps;
}

static void wire_frame(void *ctx, const struct uart_frame *f)
{
    struct wire *w = ctx;
    w->got[w->n_got++ % 64] = *f;
}

static struct wire *wire_new(struct uart_format rx_format)
{
    struct wire *w = calloc(1, sizeof *w);
    sim_init(&w->sim, 1);
    w->level = true;
    uart_tx_init(&w->tx, &w->sim, wire_set, wire_done, w);
    uart_rx_init(&w->rx, &w->sim, &rx_format, wire_frame, w);
    uart_rx_enable(&w->rx, true);
    return w;
}

static void wire_free(struct wire *w)
{
    free(w);
}

START_TEST(every_byte_in_every_format_arrives)
{
    static const char *formats[] = { "8N1", "7N1", "6N1", "5N1", "8E1", "8O2", "9N1", "7E2" };
    for (unsigned i = 0; i < sizeof formats / sizeof *formats; i++) {
        struct uart_format f;
        ck_assert(uart_format_parse(&f, formats[i], 19200));
        struct wire *w = wire_new(f);
        for (unsigned data = 0; data < 1u << f.data_bits; data++) {
            uart_tx_start(&w->tx, &f, data, w->sim.now_ps);
            sim_run_until(&w->sim, w->sim.now_ps + uart_frame_ps(&f));
            ck_assert_int_eq(w->n_got, (int)data + 1);
            const struct uart_frame *got = &w->got[data % 64];
            ck_assert_uint_eq(got->data, data);
            ck_assert(!got->framing_error && !got->parity_error && !got->is_break);
        }
        wire_free(w);
    }
}
END_TEST

START_TEST(frames_keep_the_bit_time)
{
    struct uart_format f = uart_8n1(115200); /* bit 8680555.55.. ps */
    struct wire *w = wire_new(f);
    uart_tx_start(&w->tx, &f, 0x55, 0);
    sim_run_until(&w->sim, SIM_S);
    ck_assert_int_eq(w->n_changes, 10);
    for (unsigned i = 0; i < 10; i++) {
        ck_assert_uint_eq(w->change_ps[i], i * SIM_S / 115200);
    }
    ck_assert_uint_eq(w->done_ps, 10 * SIM_S / 115200);
    ck_assert_uint_eq(w->got[0].at_ps, 19 * SIM_S / 230400); /* middle of the stop bit */
    wire_free(w);
}
END_TEST

START_TEST(two_percent_of_baud_error_pass_and_seven_do_not)
{
    for (int ppm = -20000; ppm <= 20000; ppm += 5000) {
        struct wire *w = wire_new(uart_8n1(19200));
        struct uart_format f = uart_8n1((uint32_t)(19200 + 19200 * ppm / 1000000));
        uart_tx_start(&w->tx, &f, 0xa5, 0);
        sim_run_until(&w->sim, SIM_S);
        ck_assert_int_eq(w->n_got, 1);
        ck_assert_uint_eq(w->got[0].data, 0xa5);
        wire_free(w);
    }
    for (int sign = -1; sign <= 1; sign += 2) {
        struct wire *w = wire_new(uart_8n1(19200));
        struct uart_format f = uart_8n1((uint32_t)(19200 + sign * 19200 * 7 / 100));
        uart_tx_start(&w->tx, &f, 0xaa ^ (sign > 0 ? 0xff : 0), 0);
        sim_run_until(&w->sim, SIM_S);
        ck_assert(w->n_got != 1 || w->got[0].data != (0xaau ^ (sign > 0 ? 0xff : 0)) || w->got[0].framing_error);
        wire_free(w);
    }
}
END_TEST

START_TEST(break_framing_and_parity_errors_are_told_apart)
{
    struct uart_format f;
    ck_assert(uart_format_parse(&f, "8E1", 9600));
    struct wire *w = wire_new(f);
    wire_set(w, false); /* the line held low */
    sim_run_until(&w->sim, 20 * SIM_MS);
    ck_assert_int_eq(w->n_got, 1);
    ck_assert(w->got[0].is_break && w->got[0].framing_error);
    wire_set(w, true);
    sim_run_until(&w->sim, 25 * SIM_MS);
    ck_assert_int_eq(w->n_got, 1); /* a break is one frame, however long */

    struct uart_format odd = f;
    odd.parity = UART_ODD;
    uart_tx_start(&w->tx, &odd, 0x31, w->sim.now_ps);
    sim_run_until(&w->sim, 30 * SIM_MS);
    ck_assert_int_eq(w->n_got, 2);
    ck_assert(w->got[1].parity_error && !w->got[1].framing_error);
    wire_free(w);
}
END_TEST

START_TEST(a_glitch_is_not_a_start_bit)
{
    struct wire *w = wire_new(uart_8n1(19200));
    wire_set(w, false);
    sim_run_until(&w->sim, 26 * SIM_US); /* half a bit is 26.04 us */
    wire_set(w, true);
    sim_run_until(&w->sim, 5 * SIM_MS);
    ck_assert_int_eq(w->n_got, 0);
    wire_set(w, false);
    sim_run_until(&w->sim, w->sim.now_ps + 27 * SIM_US);
    wire_set(w, true);
    sim_run_until(&w->sim, 10 * SIM_MS);
    ck_assert_int_eq(w->n_got, 1);
    ck_assert_uint_eq(w->got[0].data, 0xff);
    /* only its middle counts: high and low again before it, as by a sender that is much faster */
    wire_set(w, false);
    sim_run_until(&w->sim, w->sim.now_ps + 8 * SIM_US);
    wire_set(w, true);
    sim_run_until(&w->sim, w->sim.now_ps + 8 * SIM_US);
    wire_set(w, false);
    sim_run_until(&w->sim, w->sim.now_ps + 20 * SIM_US);
    wire_set(w, true);
    sim_run_until(&w->sim, 15 * SIM_MS);
    ck_assert_int_eq(w->n_got, 2);
    /* and after one that was none the next fall counts, in what would have been its bits */
    wire_set(w, false);
    sim_run_until(&w->sim, w->sim.now_ps + 8 * SIM_US);
    wire_set(w, true);
    sim_run_until(&w->sim, w->sim.now_ps + 100 * SIM_US);
    struct uart_format f = uart_8n1(19200);
    uart_tx_start(&w->tx, &f, 0x42, w->sim.now_ps);
    sim_run_until(&w->sim, 20 * SIM_MS);
    ck_assert_int_eq(w->n_got, 3);
    ck_assert_uint_eq(w->got[2].data, 0x42);
    wire_free(w);
}
END_TEST

START_TEST(noise_within_a_frame_does_no_harm)
{
    struct wire *w = wire_new(uart_8n1(1200));
    for (int i = 0; i < 20000; i++) {
        wire_set(w, i & 1);
        sim_run_until(&w->sim, w->sim.now_ps + 700000 + (sim_time)i * 13);
    }
    wire_set(w, true);
    sim_run_until(&w->sim, w->sim.now_ps + SIM_S);
    int before = w->n_got;
    struct uart_format f = uart_8n1(1200);
    uart_tx_start(&w->tx, &f, 0x42, w->sim.now_ps);
    sim_run_until(&w->sim, w->sim.now_ps + SIM_S);
    ck_assert_int_eq(w->n_got, before + 1);
    ck_assert_uint_eq(w->got[before % 64].data, 0x42);
    wire_free(w);
}
END_TEST

START_TEST(formats_are_refused_that_no_uart_has)
{
    struct uart_format f;
    static const char *bad[] = { "", "8N", "8N3", "8N0", "4N1", "8X1", "8N11", "N81", "8\0001" };
    for (unsigned i = 0; i < sizeof bad / sizeof *bad; i++) {
        ck_assert(!uart_format_parse(&f, bad[i], 9600));
    }
    ck_assert(!uart_format_parse(&f, "8N1", 0));
}
END_TEST

/* A speed whose fraction fills 64 bits: half bits are multiplied in 128. */
START_TEST(speeds_of_long_fractions)
{
    struct uart_format f = uart_8n1(9600);

    sim_time nominal = uart_frame_ps(&f);
    f.bit_num = UINT64_C(1) << 62;
    f.bit_den = UINT64_C(1) << 40;
    ck_assert_uint_eq(uart_frame_ps(&f), 10 * (UINT64_C(1) << 22));
    ck_assert_uint_eq(uart_middle_ps(&f, 1), 3 * (UINT64_C(1) << 21));
    ck_assert_uint_eq(nominal, 10 * SIM_S / 9600);
}
END_TEST

/* A frame is taken in one piece only by a receiver that would have seen all of it, and seen it right. */
START_TEST(what_a_receiver_can_take_in_one_piece)
{
    const struct uart_format f = uart_8n1(9600);
    const uint32_t byte = 0x2AA; /* start bit, 0x55, stop bit: the lowest comes first */
    struct wire *w = wire_new(f);
    struct net_wave good = net_frame_wave(0, f.bit_num, f.bit_den, byte, 10), bad = good;

    ck_assert(uart_rx_can_take(&w->rx, &good));
    uart_rx_enable(&w->rx, false);
    ck_assert(!uart_rx_can_take(&w->rx, &good));
    uart_rx_enable(&w->rx, true);
    bad.bits = byte | 1; /* no start bit */
    ck_assert(!uart_rx_can_take(&w->rx, &bad));
    bad.bits = byte & 0x1FF; /* no stop bit */
    ck_assert(!uart_rx_can_take(&w->rx, &bad));
    bad = net_frame_wave(0, f.bit_num, f.bit_den, byte | 0xC00, 12); /* it stays high: longer is as good */
    ck_assert(uart_rx_can_take(&w->rx, &bad));
    bad = net_frame_wave(0, f.bit_num, f.bit_den, byte, 12); /* and falls after it */
    ck_assert(!uart_rx_can_take(&w->rx, &bad));
    bad = net_frame_wave(0, f.bit_num, 2 * f.bit_den, byte, 10); /* twice as quick: over before our stop bit */
    ck_assert(!uart_rx_can_take(&w->rx, &bad));
    uart_rx_level(&w->rx, false); /* a start bit: it receives */
    ck_assert(!uart_rx_can_take(&w->rx, &good));
    sim_run_until(&w->sim, w->sim.now_ps + SIM_S); /* a break, and still low */
    ck_assert(!w->rx.receiving && !uart_rx_can_take(&w->rx, &good));
    wire_free(w);
}
END_TEST

/* A parity bit that says nothing: it is the one level or the other. */
START_TEST(mark_and_space)
{
    for (unsigned parity = UART_MARK; parity <= UART_SPACE; parity++) {
        struct uart_format f = uart_8n1(9600), bare = f;
        f.parity = (uint8_t)parity;
        bare.data_bits = 9;
        for (unsigned data = 0x54; data < 0x58; data++) {
            struct wire *w = wire_new(bare);
            uart_tx_start(&w->tx, &f, data, 0);
            sim_run_until(&w->sim, SIM_S);
            ck_assert_int_eq(w->n_got, 1);
            ck_assert_uint_eq(w->got[0].data, data | (parity == UART_MARK) << 8);
            wire_free(w);
        }
    }
}
END_TEST

int main(void)
{
    Suite *s = suite_create("uart_line");
    TCase *tc = tcase_create("uart_line");
    tcase_add_test(tc, every_byte_in_every_format_arrives);
    tcase_add_test(tc, frames_keep_the_bit_time);
    tcase_add_test(tc, two_percent_of_baud_error_pass_and_seven_do_not);
    tcase_add_test(tc, break_framing_and_parity_errors_are_told_apart);
    tcase_add_test(tc, a_glitch_is_not_a_start_bit);
    tcase_add_test(tc, noise_within_a_frame_does_no_harm);
    tcase_add_test(tc, formats_are_refused_that_no_uart_has);
    tcase_add_test(tc, speeds_of_long_fractions);
    tcase_add_test(tc, mark_and_space);
    tcase_add_test(tc, what_a_receiver_can_take_in_one_piece);
    suite_add_tcase(s, tc);
    return run_all(s);
}
