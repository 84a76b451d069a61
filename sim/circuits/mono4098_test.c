/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sim/circuits/mono4098.h"
#include "tests/run_all.h"

#include <check.h>
#include <stdlib.h>

static struct problem check_err;

#define TB 8680556u /* ps, 115200 baud */

struct board {
    struct sim sim;
    struct rs232_line tx;
    struct net sck, mosi, reset, miso, rx;
    struct net_watch watch;
    unsigned rises;
    sim_time rise_ps, width_ps; /* last rise of SCK, last pulse high */
    sim_time reset_fell_ps;
    struct net_watch reset_watch;
    struct mono4098 m;
};

static void sck_changed(void *ctx, struct net *net, sim_time at_ps)
{
    struct board *b = ctx;
    if (net->level == NET_1) {
        b->rises++;
        b->rise_ps = at_ps;
    } else if (b->rises) {
        b->width_ps = at_ps - b->rise_ps;
    }
}

static void reset_changed(void *ctx, struct net *net, sim_time at_ps)
{
    struct board *b = ctx;
    if (net->level == NET_0) {
        b->reset_fell_ps = at_ps;
    }
}

static struct board *board_new(const struct mono4098_config *cfg)
{
    struct board *b = calloc(1, sizeof *b);
    sim_init(&b->sim, 1);
    rs232_line_init(&b->tx, &b->sim, "TX", &rs232_levels_9v, false);
    struct net *nets[] = { &b->sck, &b->mosi, &b->reset, &b->miso, &b->rx };
    for (int i = 0; i < 5; i++) {
        net_init(nets[i], &b->sim, "net");
    }
    struct mono4098_wires w = {
        .tx = &b->tx, .miso = &b->miso, .sck = &b->sck, .mosi = &b->mosi, .reset = &b->reset, .rx = &b->rx
    };
    mono4098_init(&b->m, &b->sim, cfg, &w);
    net_watch_add(&b->sck, &b->watch, NET_WATCH_EDGES, sck_changed, b);
    net_watch_add(&b->reset, &b->reset_watch, NET_WATCH_EDGES, reset_changed, b);
    return b;
}

static void board_free(struct board *b)
{
    free(b);
}

/* Cells as bits, the first one lowest, then low for gap cells. */
static void cells(struct board *b, unsigned levels, unsigned n, sim_time gap_ps)
{
    for (unsigned i = 0; i < n; i++) {
        rs232_line_set(&b->tx, levels >> i & 1);
        sim_run_until(&b->sim, b->sim.now_ps + TB);
    }
    rs232_line_set(&b->tx, false);
    sim_run_until(&b->sim, b->sim.now_ps + gap_ps);
}

START_TEST(phases)
{
    struct board *b = board_new(&mono4098_115200);
    sim_run_until(&b->sim, SIM_MS);
    ck_assert(b->reset.level == NET_1 && b->sck.level == NET_0); /* silent */
    for (int i = 0; i < 50; i++) {
        cells(b, 0x55, 8, 0); /* 15h: H L H L H L H L */
    }
    ck_assert(b->reset.level == NET_0 && b->sck.level == NET_0);
    ck_assert_uint_eq(b->rises, 0);
    cells(b, 0x71, 8, 0); /* 4-bit frames: H L L L H H H L, bits 1 and 0 */
    cells(b, 0, 1, 10 * SIM_US);
    ck_assert_uint_eq(b->rises, 2);
    /* low for T2 after each rise of TX */
    int64_t high_ps = 4 * (int64_t)TB - (int64_t)mono4098_115200.t2_ps;
    ck_assert_int_le(llabs((int64_t)b->width_ps - high_ps), 200000);
    ck_assert(b->sck.level == NET_1 && b->reset.level == NET_0); /* pause below T1 */
    sim_run_until(&b->sim, b->sim.now_ps + 900 * SIM_MS);
    ck_assert(b->reset.level == NET_0);
    sim_run_until(&b->sim, b->sim.now_ps + 200 * SIM_MS); /* above T1 */
    ck_assert(b->reset.level == NET_1 && b->sck.level == NET_0);
    board_free(b);
}
END_TEST

/* A gap of T2 - 2 bits is the longest between two characters 15h. */
START_TEST(gap_in_the_stream)
{
    sim_time longest = mono4098_115200.t2_ps - 2 * TB;
    for (int over = 0; over < 2; over++) {
        struct board *b = board_new(&mono4098_115200);
        for (int i = 0; i < 10; i++) {
            cells(b, 0x55, 8, over ? longest + 300 * SIM_NS : longest - 300 * SIM_NS);
        }
        ck_assert_uint_eq(b->rises, over ? 9 : 0);
        board_free(b);
    }
}
END_TEST

/* At the first edge !Q1 falls and Q2 rises: if Q2 is the later one, SCK has a pulse as wide as the difference. */
START_TEST(start_hazard)
{
    struct mono4098_config c = mono4098_115200;
    c.q2_delay_ps = c.q1_delay_ps + 200 * SIM_NS;
    struct board *b = board_new(&c);
    cells(b, 0x55, 8, 0);
    ck_assert_uint_eq(b->rises, 1);
    ck_assert_uint_eq(b->width_ps, 200 * SIM_NS);
    ck_assert_uint_le(b->rise_ps - b->reset_fell_ps, 200 * SIM_NS); /* RESET falls at that moment */
    board_free(b);
    c.q2_delay_ps = c.q1_delay_ps - 100 * SIM_NS;
    b = board_new(&c);
    cells(b, 0x55, 8, 0);
    ck_assert_uint_eq(b->rises, 0);
    board_free(b);
}
END_TEST

/* The second rise of a duplex frame retriggers U2: SCK never rises while bits are 0. */
START_TEST(no_duplex_form)
{
    struct board *b = board_new(&mono4098_115200);
    for (int i = 0; i < 20; i++) {
        cells(b, 0x55, 8, 0); /* zeros in duplex form look like the stream */
    }
    ck_assert_uint_eq(b->rises, 0);
    board_free(b);
}
END_TEST

START_TEST(impossible_times_are_refused)
{
    ck_assert(mono4098_config_check(&mono4098_115200, &check_err));
    struct mono4098_config c = mono4098_115200;
    c.t2_ps = 0;
    ck_assert(!mono4098_config_check(&c, &check_err));
    c = mono4098_115200;
    c.t1_ps = c.t2_ps - 1;
    ck_assert(!mono4098_config_check(&c, &check_err));
}
END_TEST

static enum net_level rx_with_chip_at(struct board *b, struct net_driver *chip, enum net_level level)
{
    net_drive(chip, level, NET_STRONG);
    sim_run_until(&b->sim, b->sim.now_ps + SIM_MS); /* gates take their time */
    return net_level(&b->rx);
}

START_TEST(a_wire_of_miso_can_be_taken_off_and_put_back)
{
    struct board *b = board_new(&mono4098_115200);
    struct net_driver chip;

    net_attach(&b->miso, &chip, "chip");
    ck_assert_int_eq(rx_with_chip_at(b, &chip, NET_1), NET_1);
    ck_assert_int_eq(rx_with_chip_at(b, &chip, NET_0), NET_0);
    mono4098_connect(&b->m, &b->sck, &b->mosi, &b->reset, NULL);
    ck_assert_int_eq(rx_with_chip_at(b, &chip, NET_1), NET_0);
    mono4098_connect(&b->m, &b->sck, &b->mosi, &b->reset, &b->miso);
    ck_assert_int_eq(rx_with_chip_at(b, &chip, NET_1), NET_1);
    board_free(b);
}
END_TEST

static void count(void *ctx)
{
    ++*(unsigned *)ctx;
}

START_TEST(a_line_begins_high_and_tells_all_who_watch)
{
    struct sim sim;
    struct rs232_line line;
    struct rs232_watch watch[2];
    unsigned ramps[2] = { 0, 0 };

    sim_init(&sim, 1);
    rs232_line_init(&line, &sim, "TX", &rs232_levels_9v, true);
    ck_assert_int_eq(line.v.mv, rs232_levels_9v.high_mv);
    ck_assert(rs232_line_v(&line) > 8.99);
    for (unsigned i = 0; i < 2; i++) {
        rs232_watch_add(&line, &watch[i], count, &ramps[i]);
    }
    rs232_line_set(&line, true); /* it is there */
    rs232_line_set(&line, false);
    sim_run_until(&sim, SIM_MS);
    ck_assert(rs232_line_v(&line) < -8.99);
    ck_assert_uint_eq(ramps[0], 1);
    ck_assert_uint_eq(ramps[1], 1);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("mono4098");
    TCase *tc = tcase_create("all");
    tcase_add_test(tc, phases);
    tcase_add_test(tc, gap_in_the_stream);
    tcase_add_test(tc, start_hazard);
    tcase_add_test(tc, no_duplex_form);
    tcase_add_test(tc, impossible_times_are_refused);
    tcase_add_test(tc, a_wire_of_miso_can_be_taken_off_and_put_back);
    tcase_add_test(tc, a_line_begins_high_and_tells_all_who_watch);
    suite_add_tcase(s, tc);
    return run_all(s);
}
