/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mcu/pins.h"
#include "mcu/uno_fixture.h"

static struct board board, *b = &board;

/* Edges lie at the end of the store: OUT 1, SBI and CBI 2, STS 2 cycles. */
START_TEST(edges_lie_at_the_end_of_the_store)
{
    board_init(b);
    set_io(b, DDRB, 0x20); /* 0, 1 */
    ldi(b, 17, 0x20);      /* 2 */
    nop(b, 1);             /* 3 */
    out(b, PORTB, 17);     /* 4: edge at 5 */
    nop(b, 2);             /* 5, 6 */
    cbi(b, PORTB, 5);      /* 7, 8: edge at 9 */
    nop(b, 3);             /* 9 10 11 */
    sts(b, 0x25, 17);      /* 12, 13: edge at 14 */
    stop(b);
    board_log(b, 13);
    board_start(b);
    board_run(b, 100);
    assert_edge(b, 13, 0, 2, 0);
    assert_edge(b, 13, 1, 5, 1);
    assert_edge(b, 13, 2, 9, 0);
    assert_edge(b, 13, 3, 14, 1);
    ck_assert_uint_eq(b->log[13].n, 4);
    board_free(b);
}
END_TEST

static unsigned both;

static void see_both(void *ctx, struct net *net, sim_time at_ps)
{
    (void)ctx;
    (void)net;
    (void)at_ps;
    both = net_level(&b->net[11]) * 10 + net_level(&b->net[13]);
}

START_TEST(pins_of_one_write_move_in_one_instant)
{
    struct net_watch w;
    board_init(b);
    set_io(b, DDRB, 0x28);
    set_io(b, PORTB, 0x28);
    stop(b);
    board_start(b);
    net_watch_add(&b->net[11], &w, NET_WATCH_EDGES, see_both, NULL);
    both = 99;
    board_run(b, 3);
    ck_assert_uint_eq(both, 0);
    board_run(b, 100);
    ck_assert_uint_eq(both, 11);
    board_free(b);
}
END_TEST

/* PORTB starts as 20: sbi PINB,0 gives 21; out PINB,01 21; cbi PINB,0 changes nothing. */
static unsigned portb_after(void (*op)(void))
{
    board_init(b);
    set_io(b, PORTB, 0x20);
    ldi(b, 17, 1);
    op();
    stop(b);
    board_start(b);
    board_run(b, 100);
    unsigned v = mcu_board_data(b->uno)[0x20 + PORTB];
    board_free(b);
    return v;
}

static void op_sbi(void)
{
    sbi(b, PINB, 0);
}

static void op_out(void)
{
    out(b, PINB, 17);
}

static void op_cbi(void)
{
    cbi(b, PINB, 0);
}

START_TEST(writing_pinx_toggles_only_the_bits_written)
{
    ck_assert_uint_eq(portb_after(op_sbi), 0x21);
    ck_assert_uint_eq(portb_after(op_out), 0x21);
    ck_assert_uint_eq(portb_after(op_cbi), 0x20);
}
END_TEST

START_TEST(sbi_on_pinx_moves_the_pin_after_two_cycles)
{
    board_init(b);
    set_io(b, DDRB, 0x20); /* 0, 1 */
    sbi(b, PINB, 5);       /* 2, 3: edge at 4 */
    sbi(b, PINB, 5);       /* 4, 5: edge at 6 */
    stop(b);
    board_log(b, 13);
    board_start(b);
    board_run(b, 50);
    assert_edge(b, 13, 1, 4, 1);
    assert_edge(b, 13, 2, 6, 0);
    board_free(b);
}
END_TEST

/* The synchroniser: IN right after OUT still reads the old level; one NOP between is enough. */
START_TEST(reading_back_needs_a_nop)
{
    board_init(b);
    set_io(b, DDRB, 0x20);
    nop(b, 2);
    ldi(b, 17, 0x20);
    out(b, PORTB, 17);
    in(b, 20, PINB);
    in(b, 21, PINB);
    ldi(b, 17, 0x00);
    out(b, PORTB, 17);
    nop(b, 1);
    in(b, 22, PINB);
    stop(b);
    board_start(b);
    board_run(b, 50);
    ck_assert_uint_eq(board_reg(b, 20) & 0x20, 0x00);
    ck_assert_uint_eq(board_reg(b, 21) & 0x20, 0x20);
    ck_assert_uint_eq(board_reg(b, 22) & 0x20, 0x00);
    board_free(b);
}
END_TEST

static void rise(void *ctx, sim_time at_ps)
{
    (void)at_ps;
    net_drive(ctx, NET_1, NET_STRONG);
}

/* An input is sampled half a cycle before the cycle that reads: just inside and just outside. */
static unsigned sampled(sim_time rise_ps, bool by_lds)
{
    struct net_driver d;
    board_init(b);
    net_attach(&b->net[8], &d, "test");
    net_drive(&d, NET_0, NET_STRONG);
    nop(b, 10);
    if (by_lds) {
        lds(b, 20, 0x20 + PINB); /* 10, 11: reads in cycle 11 */
    } else {
        in(b, 20, PINB); /* reads in cycle 10 */
    }
    stop(b);
    board_start(b);
    struct sim_event ev;
    sim_event_init(&ev, "rise", rise, &d);
    sim_schedule(&b->sim, &ev, rise_ps);
    board_run(b, 50);
    unsigned v = board_reg(b, 20) & 1;
    board_free(b);
    return v;
}

START_TEST(input_is_sampled_half_a_cycle_early)
{
    ck_assert_uint_eq(sampled(10 * CK_PS - CK_PS / 2 - 1, false), 1);
    ck_assert_uint_eq(sampled(10 * CK_PS - CK_PS / 2, false), 1);
    ck_assert_uint_eq(sampled(10 * CK_PS - CK_PS / 2 + 1, false), 0);
    ck_assert_uint_eq(sampled(11 * CK_PS - CK_PS / 2, true), 1);
    ck_assert_uint_eq(sampled(11 * CK_PS - CK_PS / 2 + 1, true), 0);
}
END_TEST

START_TEST(pull_up_yields_to_a_driver_and_pud_ends_it)
{
    struct net_driver d;
    board_init(b);
    net_attach(&b->net[8], &d, "test");
    net_drive(&d, NET_0, NET_STRONG);
    sbi(b, PORTB, 0);
    nop(b, 2);
    in(b, 20, PINB);
    stop(b);
    board_start(b);
    board_run(b, 50);
    ck_assert_uint_eq(board_reg(b, 20) & 1, 0); /* driven low from outside */
    net_open(&d);
    ck_assert_uint_eq(net_level(&b->net[8]), NET_1);
    board_free(b);

    board_init(b);
    sbi(b, PORTB, 0);
    set_data(b, 0x55, 0x10); /* MCUCR.PUD */
    stop(b);
    board_start(b);
    board_run(b, 2);
    ck_assert_uint_eq(net_level(&b->net[8]), NET_1);
    board_run(b, 50);
    ck_assert_uint_eq(net_level(&b->net[8]), NET_Z);
    board_free(b);
}
END_TEST

START_TEST(a_pin_made_input_lets_go)
{
    board_init(b);
    sbi(b, DDRB, 5);
    cbi(b, DDRB, 5); /* 2, 3: released at 4 */
    stop(b);
    board_log(b, 13);
    board_start(b);
    board_run(b, 50);
    assert_edge(b, 13, 0, 2, NET_0);
    assert_edge(b, 13, 1, 4, NET_Z);
    board_free(b);
}
END_TEST

START_TEST(floating_inputs_read_as_the_board_says)
{
    for (unsigned high = 0; high < 2; high++) {
        board_init(b);
        nop(b, 5);
        in(b, 20, PINB);
        stop(b);
        struct mcu_board_config cfg = mcu_board_default(mcu_board_find("uno"));
        cfg.start_ps = 0;
        cfg.floating_high = high;
        board_start_with(b, cfg);
        board_run(b, 50);
        ck_assert_uint_eq(board_reg(b, 20) & 0x3f, high ? 0x3f : 0);
        board_free(b);
    }
}
END_TEST

/* Two outputs against each other: nobody knows, so it reads what an open wire reads. */
START_TEST(a_fought_over_input_reads_as_an_open_one)
{
    for (unsigned high = 0; high < 2; high++) {
        struct net_driver d[2] = { 0 };
        board_init(b);
        nop(b, 5);
        in(b, 20, PINB);
        stop(b);
        struct mcu_board_config cfg = mcu_board_default(mcu_board_find("uno"));
        cfg.start_ps = 0;
        cfg.floating_high = high;
        for (unsigned i = 0; i < 2; i++) {
            net_attach(&b->net[8], &d[i], "output");
            net_drive(&d[i], i ? NET_1 : NET_0, NET_STRONG);
        }
        board_start_with(b, cfg);
        board_run(b, 50);
        ck_assert_uint_eq(board_reg(b, 20) & 1, high);
        board_free(b);
    }
}
END_TEST

/* On an Uno PC6 is RESET, PC7 is none, PB6 and PB7 have the crystal; PD7 is a pin like others. */
START_TEST(bits_without_a_pin_read_0)
{
    static const struct {
        unsigned port, bits;
    } ports[] = { { PORTB, 0x3f }, { 0x08 /* PORTC */, 0x3f }, { PORTD, 0xff } };
    struct mcu_board_config cfg = mcu_board_default(mcu_board_find("uno"));
    cfg.start_ps = 0;
    cfg.floating_high = true;
    for (unsigned i = 0; i < 3; i++) {
        board_init(b);
        ldi(b, 17, 0xff);
        in(b, 20, ports[i].port - 2);
        out(b, ports[i].port - 1, 17);
        out(b, ports[i].port, 17);
        nop(b, 2);
        in(b, 21, ports[i].port - 2);
        in(b, 22, ports[i].port - 1);
        in(b, 23, ports[i].port);
        stop(b);
        board_start_with(b, cfg);
        board_run(b, 100);
        for (unsigned r = 20; r < 24; r++) {
            ck_assert_uint_eq(board_reg(b, r), ports[i].bits);
        }
        board_free(b);
    }
}
END_TEST

/* Interrupt program: the handler at `vector` counts in r20; the main program loops. */
static void counting_handler(unsigned vector)
{
    org(b, 2 * vector);
    rjmp(b, 0x100);
    org(b, 0x100);
    inc(b, 20);
    reti(b);
    org(b, 0);
    rjmp(b, 0x80);
    org(b, 0x80);
}

static void drive_at(struct net_driver *d, uint64_t cycle, enum net_level level)
{
    board_run(b, cycle);
    net_drive(d, level, NET_STRONG);
}

/* ISC0: 01 any change, 10 falling, 11 rising */
START_TEST(int0_senses_edges)
{
    static const unsigned count[4] = { 0, 4, 2, 2 };
    for (unsigned isc = 1; isc < 4; isc++) {
        struct net_driver d;
        board_init(b);
        net_attach(&b->net[2], &d, "test");
        net_drive(&d, NET_1, NET_STRONG);
        counting_handler(1);
        set_data(b, EICRA_D, isc);
        set_io(b, EIMSK, 1);
        sei(b);
        stop(b);
        board_start(b);
        for (unsigned i = 0; i < 4; i++) {
            drive_at(&d, 100 * (i + 1), i % 2 ? NET_1 : NET_0);
        }
        board_run(b, 1000);
        ck_assert_uint_eq(board_reg(b, 20), count[isc]);
        board_free(b);
    }
}
END_TEST

START_TEST(int0_low_level_repeats_while_low_and_only_then)
{
    struct net_driver d;
    board_init(b);
    net_attach(&b->net[2], &d, "test");
    net_drive(&d, NET_1, NET_STRONG);
    counting_handler(1);
    set_io(b, EIMSK, 1);
    sei(b);
    stop(b);
    board_start(b);
    board_run(b, 200);
    ck_assert_uint_eq(board_reg(b, 20), 0);
    drive_at(&d, 200, NET_0);
    board_run(b, 300);
    unsigned n = board_reg(b, 20);
    ck_assert_uint_gt(n, 5);
    ck_assert_uint_lt(n, 12); /* entry 4, RJMP 2, INC 1, RETI 4, one RJMP 2: 13 cycles a lap */
    drive_at(&d, 300, NET_1);
    board_run(b, 400);
    unsigned end = board_reg(b, 20);
    board_run(b, 1000);
    ck_assert_uint_eq(board_reg(b, 20), end);
    board_free(b);
}
END_TEST

START_TEST(pin_change_interrupt_follows_its_mask)
{
    struct net_driver d, e;
    board_init(b);
    net_attach(&b->net[8], &d, "test");
    net_attach(&b->net[9], &e, "test");
    net_drive(&d, NET_0, NET_STRONG);
    net_drive(&e, NET_0, NET_STRONG);
    counting_handler(3); /* PCINT0 */
    set_data(b, PCMSK0_D, 0x01);
    set_data(b, PCICR_D, 0x01);
    sei(b);
    stop(b);
    board_start(b);
    drive_at(&d, 100, NET_1);
    drive_at(&e, 200, NET_1); /* masked */
    drive_at(&d, 300, NET_0);
    board_run(b, 400);
    ck_assert_uint_eq(board_reg(b, 20), 2);
    board_free(b);
}
END_TEST

/* An infinite loop of one-cycle reads of a flag register: in which cycle is the flag there? */
static uint64_t flag_comes_after(unsigned flag_reg, unsigned pin, sim_time change_ps, unsigned eicra)
{
    struct net_driver d;
    board_init(b);
    net_attach(&b->net[pin], &d, "test");
    net_drive(&d, NET_0, NET_STRONG);
    set_data(b, PCMSK0_D, 0x01);
    set_data(b, EICRA_D, eicra);
    set_io(b, DDRC, 0x3f);
    ldi(b, 16, 0);
    unsigned from = here(b);
    for (unsigned i = 0; i < 600; i++) { /* one IN a cycle, shown on port C a cycle later */
        in(b, 17, flag_reg);
        out(b, PORTC, 17);
    }
    stop(b);
    (void)from;
    board_log(b, 14);
    board_start(b);
    sim_run_until(&b->sim, change_ps);
    net_drive(&d, NET_1, NET_STRONG);
    board_run(b, 1000);
    ck_assert_uint_eq(b->log[14].n, 2);
    uint64_t cycle = b->log[14].edge[1].cycle;
    board_free(b);
    return cycle;
}

/* The flag is set by the third clock edge after the change, so it is read 2 to 3 cycles after it, by IN and OUT of 2. */
START_TEST(flags_come_through_the_synchroniser)
{
    static const struct {
        unsigned flag_reg, pin, eicra;
    } rows[] = { { PCIFR, 8, 0 }, { EIFR, 2, 3 }, { EIFR, 2, 1 } };

    for (unsigned i = 0; i < 3; i++) {
        for (unsigned at = 200; at < 208; at++) {
            for (unsigned late = 0; late < 4; late++) {
                sim_time change = at * CK_PS + late * CK_PS / 4;
                uint64_t seen = flag_comes_after(rows[i].flag_reg, rows[i].pin, change, rows[i].eicra);
                uint64_t set = change / CK_PS + 3; /* cycle that begins with the third edge, which sets it */
                ck_assert_msg(seen >= set + 1 && seen <= set + 3, "row %u: changed at %u + %u/4, set %u, seen %u", i,
                              at, late, (unsigned)set, (unsigned)seen);
            }
        }
    }
}
END_TEST

START_TEST(a_wire_can_be_moved_while_running)
{
    struct net other;
    board_init(b);
    net_init(&other, &b->sim, "other");
    set_io(b, DDRB, 0x20);
    set_io(b, PORTB, 0x20);
    stop(b);
    board_start(b);
    board_run(b, 50);
    ck_assert_uint_eq(net_level(&b->net[13]), NET_1);
    mcu_board_connect(b->uno, 13, &other);
    ck_assert_uint_eq(net_level(&b->net[13]), NET_Z);
    ck_assert_uint_eq(net_level(&other), NET_1);
    mcu_board_connect(b->uno, 13, NULL);
    ck_assert_uint_eq(net_level(&other), NET_Z);
    board_free(b);
}
END_TEST

int main(void)
{
    static const TTest *tests[16];
    unsigned n = 0;
    tests[n++] = edges_lie_at_the_end_of_the_store;
    tests[n++] = pins_of_one_write_move_in_one_instant;
    tests[n++] = writing_pinx_toggles_only_the_bits_written;
    tests[n++] = sbi_on_pinx_moves_the_pin_after_two_cycles;
    tests[n++] = reading_back_needs_a_nop;
    tests[n++] = input_is_sampled_half_a_cycle_early;
    tests[n++] = pull_up_yields_to_a_driver_and_pud_ends_it;
    tests[n++] = a_pin_made_input_lets_go;
    tests[n++] = floating_inputs_read_as_the_board_says;
    tests[n++] = a_fought_over_input_reads_as_an_open_one;
    tests[n++] = bits_without_a_pin_read_0;
    tests[n++] = int0_senses_edges;
    tests[n++] = int0_low_level_repeats_while_low_and_only_then;
    tests[n++] = pin_change_interrupt_follows_its_mask;
    tests[n++] = flags_come_through_the_synchroniser;
    tests[n++] = a_wire_can_be_moved_while_running;
    return run_suite("pins", tests, n);
}
