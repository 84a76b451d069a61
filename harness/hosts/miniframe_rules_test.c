/* SPDX-License-Identifier: GPL-3.0-or-later */
/* miniframe_rules_test.c - frame_early, frame_late, frame_missed: just inside, exactly at, just outside; a hand moves SCK */
#include "harness/hosts/miniframe.h"

#include "sim/circuits/rs232_line.h"
#include "tests/run_all.h"

#include <check.h>

#define CELL_PS (SIM_S / 115200) /* a frame: a start cell, two of data, a stop cell */

static struct bench {
    struct sim sim;
    struct rs232_line tx, dtr, rts;
    struct vline rx_line;
    struct net sck;
    struct net_driver hand;
    struct vline_watch tx_watch;
    struct sim_event edge;
    struct checker checker;
    struct programmer p;
    sim_time after_ps; /* the first rise, after the start edge's crossing of 0 V */
    unsigned left;     /* edges to come; each 1 ns after the one before */
} t;

static void hand_moves(void *ctx, sim_time at_ps)
{
    (void)ctx;
    net_drive(&t.hand, t.left % 2 ? NET_0 : NET_1, NET_STRONG);
    if (--t.left) {
        sim_schedule(&t.sim, &t.edge, at_ps + SIM_NS);
    }
}

static void start_edge(void *ctx, struct vline *line, sim_time at_ps)
{
    (void)ctx;
    (void)line;
    if (t.left && !sim_event_pending(&t.edge)) {
        sim_schedule(&t.sim, &t.edge, at_ps + t.after_ps);
    }
}

static void setup(void)
{
    struct host_miniframe_config cfg = host_miniframe_default;

    t = (struct bench){ .left = 0 };
    sim_init(&t.sim, 1);
    rs232_line_init(&t.tx, &t.sim, "TX", &rs232_levels_9v, false);
    rs232_line_init(&t.dtr, &t.sim, "DTR", &rs232_levels_9v, false);
    rs232_line_init(&t.rts, &t.sim, "RTS", &rs232_levels_9v, false);
    vline_init(&t.rx_line, &t.sim, "RX", 0);
    net_init(&t.sck, &t.sim, "SCK");
    net_attach(&t.sck, &t.hand, "hand");
    net_drive(&t.hand, NET_0, NET_STRONG);
    sim_event_init(&t.edge, "hand", hand_moves, NULL);
    vline_watch_add(&t.tx.v, &t.tx_watch, start_edge, NULL);
    checker_init(&t.checker, &t.sim);
    cfg.tries = 0; /* there is no target, and nobody minds */
    t.p = host_miniframe_new(&(struct host_miniframe_board){ .sim = &t.sim,
                                                             .part = part_find("atmega328p"),
                                                             .tx = &t.tx,
                                                             .dtr = &t.dtr,
                                                             .rts = &t.rts,
                                                             .rx_line = &t.rx_line,
                                                             .rx_threshold_mv = 1400,
                                                             .sck = &t.sck,
                                                             .checker = &t.checker },
                             &cfg);
}

/* How often the rule was broken in an instruction with so many rises of SCK, the first so long after its begin. */
static uint64_t found(enum checker_rule rule, sim_time after_ps, unsigned rises)
{
    static const uint8_t read[4] = { 0x30, 0, 0, 0 };
    uint8_t answer[4];
    struct problem err = { "" };

    setup();
    ck_assert_msg(t.p.ops->enter(t.p.ctx, &err), "%s", err.text);
    uint64_t before = checker_margin(&t.checker, rule)->findings;
    t.after_ps = after_ps;
    t.left = 2 * rises;
    ck_assert_msg(t.p.ops->spi(t.p.ctx, read, answer, &err) && !t.left, "%s", err.text);
    uint64_t after = checker_margin(&t.checker, rule)->findings;
    t.p.ops->free(t.p.ctx);
    checker_free(&t.checker);
    return after - before;
}

START_TEST(rises_inside_at_and_outside_the_data_cells)
{
    for (int d = -1; d <= 1; d++) {
        ck_assert_uint_eq(found(CHECK_FRAME_EARLY, CELL_PS + (sim_time)d, 1), d < 0);
        ck_assert_uint_eq(found(CHECK_FRAME_LATE, 3 * CELL_PS + (sim_time)d, 1), d > 0);
    }
}
END_TEST

START_TEST(one_rise_less_than_there_are_bits)
{
    for (unsigned rises = 31; rises <= 33; rises++) {
        ck_assert_uint_eq(found(CHECK_FRAME_MISSED, 10 * SIM_US, rises), rises < 32);
    }
}
END_TEST

int main(void)
{
    Suite *s = suite_create("miniframe_rules");
    TCase *tc = tcase_create("miniframe_rules");

    tcase_add_test(tc, rises_inside_at_and_outside_the_data_cells);
    tcase_add_test(tc, one_rise_less_than_there_are_bits);
    suite_add_tcase(s, tc);
    return run_all(s);
}
