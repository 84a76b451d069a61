/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A programmer's board that changes its own clock: everything that counts cycles follows. Times are in cycles of the
 * 16 MHz crystal, as the fixture's.
 */
#include "mcu/clock_registers.h"

#include "mcu/uno_fixture.h"

enum { CLKPR_D = 0x61, OSCCAL_D = 0x66 };

static struct board b;

/* CLKPR = 0x80; CLKPR = clkps. */
static void set_clkpr(unsigned clkps)
{
    ldi(&b, 16, 0x80);
    ldi(&b, 17, clkps);
    sts(&b, CLKPR_D, 16);
    sts(&b, CLKPR_D, 17);
}

static void begin(void)
{
    board_init(&b);
}

/* D8 toggles every fourth cycle. */
static void toggle_d8(void)
{
    sbi(&b, DDRB, 0);
    unsigned loop = here(&b);
    sbi(&b, PINB, 0);
    rjmp(&b, loop);
}

static uint64_t period_of(unsigned pin, unsigned edge)
{
    ck_assert_uint_gt(b.log[pin].n, edge + 2);
    return b.log[pin].edge[edge + 2].cycle - b.log[pin].edge[edge].cycle;
}

START_TEST(instructions_take_longer)
{
    for (unsigned clkps = 0; clkps <= 8; clkps++) {
        begin();
        set_clkpr(clkps);
        toggle_d8();
        board_log(&b, 8);
        board_start(&b);
        board_run(&b, clkps < 4 ? 500 : 15000);
        ck_assert_uint_eq(period_of(8, 4), UINT64_C(8) << clkps);
        board_free(&b);
    }
}
END_TEST

/* The control: without its sequence, or with a reserved value, CLKPR does nothing. */
START_TEST(only_in_its_sequence)
{
    for (unsigned i = 0; i < 3; i++) {
        begin();
        ldi(&b, 16, 0x80);
        ldi(&b, 17, i == 1 ? 9 : 3);
        if (i) {
            sts(&b, CLKPR_D, 16);
        }
        nop(&b, i == 2 ? 4 : 0); /* too late */
        sts(&b, CLKPR_D, 17);
        toggle_d8();
        board_log(&b, 8);
        board_start(&b);
        board_run(&b, 2000);
        ck_assert_uint_eq(period_of(8, 4), 8);
        board_free(&b);
    }
}
END_TEST

/* A published sketch for slow targets: CLKPR / 64 and SPI / 128 are 1.953 kHz. */
START_TEST(sck_at_1_95_khz)
{
    begin();
    set_clkpr(6);
    set_io(&b, DDRB, 0x2c);
    set_io(&b, SPCR, 0x53); /* SPE MSTR, / 128 */
    set_io(&b, SPDR, 0x55);
    stop(&b);
    board_log(&b, 13);
    board_start(&b);
    board_run(&b, 200000);
    ck_assert_uint_eq(b.log[13].n, 1 + 16);        /* the first: it becomes an output */
    ck_assert_uint_eq(period_of(13, 1), 128 * 64); /* 512 us */
    ck_assert_uint_eq(period_of(13, 13), 128 * 64);
    board_free(&b);
}
END_TEST

/* A byte on its way: the bits that are left take longer. */
START_TEST(a_byte_on_its_way_slows_down)
{
    begin();
    set_io(&b, DDRB, 0x2c);
    set_io(&b, SPCR, 0x53);
    set_io(&b, SPDR, 0x55);
    nop(&b, 300); /* two bits */
    set_clkpr(2);
    stop(&b);
    board_log(&b, 13);
    board_start(&b);
    board_run(&b, 20000);
    ck_assert_uint_eq(b.log[13].n, 1 + 16); /* the first: it becomes an output */
    ck_assert_uint_eq(period_of(13, 1), 128);
    ck_assert_uint_eq(period_of(13, 11), 128 * 4);
    board_free(&b);
}
END_TEST

START_TEST(uart_bits_and_timers_follow)
{
    begin();
    set_clkpr(3);
    set_io(&b, DDRB, 0x02);    /* D9 */
    set_data(&b, OCR1AH_D, 0); /* CTC, toggle OC1A, top 9: 20 cycles */
    set_data(&b, OCR1AL_D, 9);
    set_data(&b, TCCR1A_D, 0x40);
    set_data(&b, TCCR1B_D, 0x09);
    set_data(&b, UBRR0L_D, 0); /* U2X off: 16 cycles a bit */
    set_data(&b, UCSR0B_D, 0x08);
    set_data(&b, UDR0_D, 0x55);
    stop(&b);
    board_log(&b, 9);
    board_log(&b, 1);
    board_start(&b);
    board_run(&b, 20000);
    ck_assert_uint_eq(period_of(9, 6), 20 * 8);
    ck_assert_uint_eq(period_of(1, 2), 2 * 16 * 8);
    board_free(&b);
}
END_TEST

static void press_reset(struct net_driver *d)
{
    net_drive(d, NET_0, NET_STRONG);
    board_run(&b, b.sim.now_ps / CK_PS + 1000);
    net_open(d);
}

START_TEST(a_reset_brings_the_clock_back)
{
    struct net_driver d = { 0 };

    begin();
    sbi(&b, DDRB, 0); /* D8 high for 3 cycles at the clock of the start */
    sbi(&b, PORTB, 0);
    nop(&b, 1);
    cbi(&b, PORTB, 0);
    set_clkpr(8);
    stop(&b);
    board_log(&b, 8);
    net_attach(&b.reset_n, &d, "button");
    board_start(&b);
    for (unsigned start = 0; start < 3; start++) {
        unsigned before = b.log[8].n;
        board_run(&b, b.sim.now_ps / CK_PS + 3000);
        ck_assert_uint_eq(b.log[8].n, before + 3); /* low output, high, low */
        ck_assert_uint_eq(b.log[8].edge[before + 2].cycle - b.log[8].edge[before + 1].cycle, 3);
        ck_assert_uint_eq(mcu_board_data(b.uno)[CLKPR_D], 8);
        press_reset(&d);
        ck_assert_uint_eq(mcu_board_data(b.uno)[CLKPR_D], 0);
    }
    board_free(&b);
}
END_TEST

/* CKDIV8 on the programmer's board: it starts divided, and CLKPR says so. */
START_TEST(ckdiv8_starts_divided)
{
    struct mcu_board_config cfg = mcu_board_default(mcu_board_find("uno"));

    begin();
    toggle_d8();
    board_log(&b, 8);
    cfg.start_ps = 0;
    cfg.fuse[0] = 0x7F;
    board_start_with(&b, cfg);
    board_run(&b, 2000);
    ck_assert_uint_eq(period_of(8, 4), 64);
    ck_assert_uint_eq(mcu_board_data(b.uno)[CLKPR_D], 3);
    board_free(&b);
}
END_TEST

/* A board that runs from its RC oscillator, 8 MHz; of one with a crystal OSCCAL moves nothing. */
START_TEST(osccal_on_an_rc_board)
{
    struct mcu_board_row rc = *mcu_board_find("uno");

    rc.f_millihz = UINT64_C(8000000000);
    rc.fuse[0] = 0xE2;
    for (int is_rc = 0; is_rc < 2; is_rc++) {
        struct mcu_board_config cfg = mcu_board_default(is_rc ? &rc : mcu_board_find("uno"));
        uint64_t period[2];
        for (int slow = 0; slow < 2; slow++) {
            begin();
            if (slow) {
                set_data(&b, OSCCAL_D, 0); /* 4.2 MHz, typical */
            }
            toggle_d8();
            board_log(&b, 8);
            cfg.start_ps = 0;
            board_start_with(&b, cfg);
            board_run(&b, 5000);
            ck_assert_uint_gt(b.log[8].n, 250);
            period[slow] = (b.log[8].edge[244].cycle - b.log[8].edge[44].cycle) / 100;
            board_free(&b);
        }
        ck_assert_uint_eq(period[0], is_rc ? 16 : 8);
        ck_assert_uint_eq(period[1], is_rc ? 16 * 800 / 420 : 8);
    }
}
END_TEST

int main(void)
{
    const TTest *tests[12];
    unsigned n = 0;
    tests[n++] = instructions_take_longer;
    tests[n++] = only_in_its_sequence;
    tests[n++] = sck_at_1_95_khz;
    tests[n++] = a_byte_on_its_way_slows_down;
    tests[n++] = uart_bits_and_timers_follow;
    tests[n++] = a_reset_brings_the_clock_back;
    tests[n++] = ckdiv8_starts_divided;
    tests[n++] = osccal_on_an_rc_board;
    return run_suite("clock_registers", tests, n);
}
