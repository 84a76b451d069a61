/* SPDX-License-Identifier: GPL-3.0-or-later */
/* target_hand_clock_test.c - the released target while XTAL1 is driven edge by edge */
#include "mcu/target_fixture.h"

static struct hand {
    struct sim_event ev;
    unsigned left;       /* changes of level */
    struct sim_rng *rng; /* NULL: half a microsecond each, else up to 2 us */
} hand;

static void hand_moves(void *ctx, sim_time at_ps)
{
    (void)ctx;
    hand.left--;
    net_drive(&r->wave, hand.left % 2 ? NET_1 : NET_0, NET_STRONG);
    if (hand.left) {
        sim_schedule(&r->sim, &hand.ev, at_ps + (hand.rng ? sim_rng_below(hand.rng, 2 * SIM_US) + 1 : SIM_US / 2));
    }
}

/* n periods on XTAL1 and a bit, the first rise now. */
static void clocks(unsigned n, struct sim_rng *rng)
{
    hand = (struct hand){ .left = 2 * n, .rng = rng };
    sim_event_init(&hand.ev, "hand", hand_moves, NULL);
    sim_schedule(&r->sim, &hand.ev, r->sim.now_ps);
    while (hand.left) {
        run_for(SIM_US);
    }
}

/* External clock, 14CK + 65 ms, the program that was written; the last of the 20 clocks of the start-up has come. */
static void start_program_by_hand(bool ckdiv8)
{
    rig_init(&part_atmega328p, "PB0");
    r->nvm.cells.fuses.fuse[0] = ckdiv8 ? 0x60 : 0xe0;
    vline_set(&r->vcc, 0);
    net_drive(&r->wave, NET_0, NET_STRONG);
    vline_set(&r->vcc, 5000);
    run_for(SIM_MS);
    net_open(&r->reset);
    run_for(SIM_US);
    clocks((ckdiv8 ? 16 : 2) + 20, NULL); /* 2 system clocks to see RESET high, 6 + 14 of the source */
    ck_assert_uint_eq(target_mode(&r->target), TARGET_STARTUP);
    run_for(66 * SIM_MS);
    ck_assert_uint_eq(target_mode(&r->target), TARGET_RUNNING);
    ck_assert_uint_eq(target_core_counters(r->core).cycles, 0);
}

static void start_by_hand(bool ckdiv8)
{
    begin();
    toggle_program();
    start_program_by_hand(ckdiv8);
}

START_TEST(a_clock_driven_by_hand_runs_it)
{
    start_by_hand(false);
    run_for(SIM_S);
    ck_assert_uint_eq(target_core_counters(r->core).cycles, 0); /* no clock, no step */
    sim_time t0 = r->sim.now_ps;
    clocks(1000, NULL);
    ck_assert_uint_eq(r->log.n, 101);         /* the pin becomes an output, then a toggle each 10 clocks */
    for (unsigned i = 1; i < r->log.n; i++) { /* SBI, two clocks; SBI on PINB, two more */
        ck_assert_uint_eq(edge_ps(i), t0 + (4 + 10 * (i - 1)) * SIM_US);
    }
    rig_free();
}
END_TEST

/* Whatever the periods, as many clocks as the program takes by a regular clock: none is lost or made up. */
START_TEST(irregular_clocks_by_hand_are_counted)
{
    for (unsigned seed = 0; seed < 10; seed++) {
        struct sim_rng rng = sim_rng_stream(seed, "periods");
        start_by_hand(false);
        for (unsigned given = 50; given <= 2000; given += 50) {
            clocks(50, &rng);
            uint64_t cycles = target_core_counters(r->core).cycles;
            ck_assert_uint_ge(cycles, given);
            ck_assert_uint_le(cycles, given + 1); /* the instruction begun may take one clock more */
        }
        ck_assert_uint_ge(r->log.n, 200);
        ck_assert_uint_le(r->log.n, 201);
        rig_free();
    }
}
END_TEST

START_TEST(a_hand_driven_clock_is_divided_and_shown)
{
    start_by_hand(true);
    clocks(800, NULL);
    ck_assert_uint_eq(target_core_counters(r->core).cycles, 100);
    ck_assert_int_eq(net_level(&r->clko), NET_Z);
    rig_free();

    for (unsigned divide = 1; divide <= 8; divide *= 8) {
        struct log_of_net clko = { 0 };
        begin();
        stop(b);
        rig_init(&part_atmega328p, NULL);
        r->nvm.cells.fuses.fuse[0] = divide == 8 ? 0x20 : 0xa0; /* CKOUT */
        vline_set(&r->vcc, 0);
        net_drive(&r->wave, NET_0, NET_STRONG);
        vline_set(&r->vcc, 5000);
        net_watch_add(&r->clko, &clko.watch, NET_WATCH_EDGES, log_edge, &clko);
        clocks(80, NULL);
        unsigned rises = 0;
        for (unsigned i = 0; i < clko.n; i++) {
            rises += clko.edge[i].level == NET_1;
        }
        ck_assert_uint_eq(rises, 80 / divide);
        rig_free();
    }
}
END_TEST

/* JMP takes three clocks, whoever makes them: none is lost or made up where a wave takes over, or stops. */
START_TEST(a_wave_takes_over_from_a_hand_and_back)
{
    for (unsigned first = 97; first < 100; first++) {
        begin();
        emit(b, 0x940c); /* JMP . */
        emit(b, 0x0000);
        start_program_by_hand(false);
        clocks(first, NULL);
        unsigned given = first;
        ck_assert_uint_eq(target_core_counters(r->core).cycles, (given + 2) / 3 * 3);
        struct net_wave w = net_wave_square(r->sim.now_ps, UINT64_C(1000000000));
        net_drive_wave(&r->wave, &w, NET_STRONG);
        run_for(301 * SIM_US - 1);
        given += 301;
        ck_assert_uint_eq(target_core_counters(r->core).cycles, (given + 2) / 3 * 3);
        net_drive(&r->wave, NET_0, NET_STRONG);
        run_for(SIM_MS);
        ck_assert_uint_eq(target_core_counters(r->core).cycles, (given + 2) / 3 * 3);
        clocks(100, NULL);
        given += 100;
        ck_assert_uint_eq(target_core_counters(r->core).cycles, (given + 2) / 3 * 3);
        rig_free();
    }
}
END_TEST

/* A program that changes CLKPR and back does so at the same edges, whether a wave or a hand makes them. */
START_TEST(clkpr_by_hand_is_as_by_a_wave)
{
    static struct log_of_net seen[2];
    for (unsigned wave = 0; wave < 2; wave++) {
        begin();
        sbi(b, DDRB, 0);
        unsigned loop = here(b);
        for (unsigned clkps = 0; clkps < 4; clkps++) {
            set_data(b, CLKPR_D, 0x80);
            set_data(b, CLKPR_D, clkps ^ 1);
            nop(b, 3 + clkps); /* until the new period is known, what the pin does is a guess */
            sbi(b, PINB, 0);
        }
        rjmp(b, loop);
        start_program_by_hand(false);
        if (wave) {
            struct net_wave w = net_wave_square(r->sim.now_ps, UINT64_C(1000000000));
            net_drive_wave(&r->wave, &w, NET_STRONG);
            run_for(3 * SIM_MS);
        } else {
            clocks(3000, NULL);
        }
        seen[wave] = r->log;
        rig_free();
    }
    ck_assert_uint_gt(seen[0].n, 50);
    ck_assert_uint_le(seen[0].n - seen[1].n + 1, 2);
    for (unsigned i = 2; i < seen[0].n && i < seen[1].n; i++) {
        ck_assert_uint_eq(seen[0].edge[i].cycle - seen[0].edge[1].cycle, seen[1].edge[i].cycle - seen[1].edge[1].cycle);
    }
}
END_TEST

/* The programmer's firmware makes the clock: 4 cycles a change, so XTAL1 gets 2 MHz. */
START_TEST(firmware_drives_xtal1)
{
    begin();
    toggle_program();
    rig_init(&part_atmega328p, "PB0");
    begin();
    sbi(b, DDRB, 1);
    unsigned loop = here(b);
    sbi(b, PINB, 1);
    rjmp(b, loop);
    struct mcu_board_config cfg = mcu_board_default(mcu_board_find("uno"));
    cfg.pins.d[9] = &r->xtal1;
    cfg.start_ps = 0;
    struct mcu_board *uno = second_core(&cfg);
    r->nvm.cells.fuses.fuse[0] = 0xe0;
    net_open(&r->wave);
    vline_set(&r->vcc, 0);
    vline_set(&r->vcc, 5000);
    run_for(SIM_MS);
    release();
    run_for(SIM_MS);
    ck_assert_uint_gt(r->log.n, 200);
    for (unsigned i = 2; i < r->log.n; i++) {
        ck_assert_uint_eq(edge_ps(i) - edge_ps(i - 1), 5 * SIM_US);
    }
    mcu_board_free(uno);
    rig_free();
}
END_TEST

int main(void)
{
    static const TTest *tests[32];
    unsigned n = 0;
    tests[n++] = a_clock_driven_by_hand_runs_it;
    tests[n++] = irregular_clocks_by_hand_are_counted;
    tests[n++] = a_hand_driven_clock_is_divided_and_shown;
    tests[n++] = a_wave_takes_over_from_a_hand_and_back;
    tests[n++] = clkpr_by_hand_is_as_by_a_wave;
    tests[n++] = firmware_drives_xtal1;
    return run_suite("target_hand_clock", tests, n);
}
