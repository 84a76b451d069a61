/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "harness/serial/serial_line.h"

#include "tests/run_all.h"

#include <check.h>
#include <string.h>

/* 1 Mbaud, 8N1: the middle of the start bit is 0.5 us after its begin, that of the stop bit 9.5 us. */
#define START_PS (SIM_US / 2)
#define STOP_PS (9 * SIM_US + SIM_US / 2)

static struct bench {
    struct sim sim;
    struct net rxd, txd;
    struct net_driver chip_txd, intruder;
    struct checker checker;
    struct serial_line line;
    struct serial_faults faults;
    struct uart_tx chip;
    uint8_t came[16];
    unsigned n;
} t;

static void came(void *ctx, uint8_t value, sim_time at_ps)
{
    (void)ctx;
    (void)at_ps;
    t.came[t.n++] = value;
}

static void chip_sets(void *ctx, bool mark)
{
    (void)ctx;
    net_drive(&t.chip_txd, mark ? NET_1 : NET_0, NET_STRONG);
}

/* start, stop: chance of a wrong bit. */
static void setup(enum serial_way way, uint32_t start_ppm, uint32_t stop_ppm)
{
    const struct serial_faults_config cfg = { way, .start_ppm = start_ppm, .stop_ppm = stop_ppm, .until_ps = SIM_S };

    memset(&t, 0, sizeof t);
    sim_init(&t.sim, 1);
    net_init(&t.rxd, &t.sim, "rxd");
    net_init(&t.txd, &t.sim, "txd");
    net_attach(&t.txd, &t.chip_txd, "chip");
    net_attach(&t.rxd, &t.intruder, "intruder");
    net_drive(&t.chip_txd, NET_1, NET_STRONG);
    checker_init(&t.checker, &t.sim);
    serial_line_init(&t.line, &t.sim, &t.rxd, &t.txd, 1000000);
    serial_line_behind_resistor(&t.line);
    serial_line_judge(&t.line, &t.checker);
    t.line.byte = came;
    uart_tx_init(&t.chip, &t.sim, chip_sets, NULL, NULL);
    serial_faults_init(&t.faults, &cfg, 1, NULL, "cable");
    serial_line_faults(&t.line, start_ppm + stop_ppm ? &t.faults : NULL);
    sim_run_until(&t.sim, SIM_MS);
}

static void done(void)
{
    serial_line_free(&t.line);
    checker_free(&t.checker);
}

static void host_sends(uint8_t byte)
{
    serial_line_send(&t.line, &byte, 1);
    sim_run_until(&t.sim, t.sim.now_ps + 20 * SIM_US);
}

static void chip_sends(uint8_t byte)
{
    const struct uart_format f = uart_8n1(1000000);

    uart_tx_start(&t.chip, &f, byte, t.sim.now_ps);
    sim_run_until(&t.sim, t.sim.now_ps + 20 * SIM_US);
}

static void expect(enum checker_rule rule, sim_time at_ps, const char *net, uint8_t byte)
{
    const struct checker_finding *f = checker_at(&t.checker, 0);
    bool stop = rule == CHECK_UART_STOP;

    ck_assert_uint_eq(checker_count(&t.checker), 1);
    ck_assert_int_eq(f->rule, rule);
    ck_assert_uint_eq(f->at_ps, at_ps);
    ck_assert_str_eq(f->net, net);
    ck_assert(f->has_byte && f->byte == byte);
    ck_assert_int_eq(f->required, stop);
    ck_assert_int_eq(f->measured, !stop);
}

START_TEST(good_frames_earn_nothing)
{
    setup(SERIAL_BOTH, 0, 0);
    host_sends(0x00);
    host_sends(0xFF);
    chip_sends(0x30);
    chip_sends(0x00);
    ck_assert_uint_eq(checker_count(&t.checker), 0);
    ck_assert_uint_eq(t.n, 2);
    done();
}
END_TEST

START_TEST(a_start_bit_to_the_board_is_named)
{
    setup(SERIAL_TO_BOARD, 1000000, 0);
    host_sends(0x55);
    expect(CHECK_UART_START, SIM_MS + START_PS, "rxd", 0x55);
    ck_assert_int_eq(net_level(&t.rxd), NET_1);
    done();
}
END_TEST

START_TEST(a_stop_bit_to_the_board_is_named_and_then_over)
{
    setup(SERIAL_TO_BOARD, 0, 1000000);
    host_sends(0xA7);
    expect(CHECK_UART_STOP, SIM_MS + STOP_PS, "rxd", 0xA7);
    ck_assert_int_eq(net_level(&t.rxd), NET_1);
    done();
}
END_TEST

/* Without its start bit 0x0F's begins where its first 0 is: four bits of it, then mark. */
START_TEST(a_start_bit_to_the_host_is_named_and_the_byte_read_from_another_edge_on)
{
    setup(SERIAL_TO_HOST, 1000000, 0);
    chip_sends(0x0F);
    expect(CHECK_UART_START, SIM_MS + START_PS, "txd", 0x0F);
    ck_assert_uint_eq(t.n, 1);
    ck_assert_uint_eq(t.came[0], 0xF8);
    done();
}
END_TEST

START_TEST(a_stop_bit_to_the_host_is_named_and_the_byte_comes_all_the_same)
{
    setup(SERIAL_TO_HOST, 0, 1000000);
    chip_sends(0x30);
    expect(CHECK_UART_STOP, SIM_MS + STOP_PS, "txd", 0x30);
    ck_assert_uint_eq(t.n, 1);
    ck_assert_uint_eq(t.came[0], 0x30);
    done();
}
END_TEST

START_TEST(both_bits_of_a_frame_that_follows_at_once)
{
    const uint8_t bytes[2] = { 0xFF, 0xFF };

    setup(SERIAL_TO_BOARD, 1000000, 1000000);
    serial_line_send(&t.line, bytes, 2);
    sim_run_until(&t.sim, 2 * SIM_MS);
    ck_assert_uint_eq(t.checker.margins[CHECK_UART_START].findings, 2);
    ck_assert_uint_eq(t.checker.margins[CHECK_UART_STOP].findings, 2);
    done();
}
END_TEST

/* Somebody else on the wire, from and until these times of the frame. */
static void disturb(sim_time from_ps, sim_time until_ps, enum net_level level)
{
    const uint8_t byte = 0xFF;

    setup(SERIAL_BOTH, 0, 0);
    net_drive(&t.intruder, NET_1, NET_STRONG); /* the frame is made edge by edge */
    net_open(&t.intruder);
    serial_line_send(&t.line, &byte, 1);
    sim_run_until(&t.sim, SIM_MS + from_ps);
    net_drive(&t.intruder, level, NET_STRONG);
    sim_run_until(&t.sim, SIM_MS + until_ps);
    net_open(&t.intruder);
    sim_run_until(&t.sim, 2 * SIM_MS);
}

/* _i: the disturbance ends just before the bit's middle, in that instant (what it was until then counts), just after it. */
START_TEST(the_middle_counts)
{
    static const sim_time ends_ps[3] = { -1, 0, 1 };

    disturb(SIM_US / 4, START_PS + ends_ps[_i], NET_1);
    ck_assert_uint_eq(t.checker.margins[CHECK_UART_START].findings, _i > 0);
    done();
    disturb(STOP_PS - SIM_US / 4, STOP_PS + ends_ps[_i], NET_0);
    ck_assert_uint_eq(t.checker.margins[CHECK_UART_STOP].findings, _i > 0);
    done();
}
END_TEST

int main(void)
{
    Suite *s = suite_create("serial_frames");
    TCase *tc = tcase_create("serial_frames");

    tcase_add_test(tc, good_frames_earn_nothing);
    tcase_add_test(tc, a_start_bit_to_the_board_is_named);
    tcase_add_test(tc, a_stop_bit_to_the_board_is_named_and_then_over);
    tcase_add_test(tc, a_start_bit_to_the_host_is_named_and_the_byte_read_from_another_edge_on);
    tcase_add_test(tc, a_stop_bit_to_the_host_is_named_and_the_byte_comes_all_the_same);
    tcase_add_test(tc, both_bits_of_a_frame_that_follows_at_once);
    tcase_add_loop_test(tc, the_middle_counts, 0, 3);
    suite_add_tcase(s, tc);
    return run_all(s);
}
