/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The two-wire interface of an Uno whose bus nobody else is on. */
#include "mcu/twi.h"

#include "mcu/uno_fixture.h"

enum { TWBR_D = 0xb8, TWSR_D = 0xb9, TWDR_D = 0xbb, TWCR_D = 0xbc };
enum { GO = 0x84, STA = 0x20, STO = 0x10, EA = 0x40, TWWC = 0x08, TWI_VECTOR = 24 };

static struct board board, *b = &board;

static void wait_flag(void)
{
    unsigned wait = here(b);
    lds(b, 18, TWCR_D);
    sbrs(b, 18, 7);
    rjmp(b, wait);
}

/* Stores TWCR, waits for TWINT, the status comes into r. */
static void act(unsigned r, unsigned twcr)
{
    set_data(b, TWCR_D, twcr);
    wait_flag();
    lds(b, r, TWSR_D);
}

static void run_it(void)
{
    stop(b);
    board_start(b);
    board_run(b, 40000);
}

START_TEST(statuses_where_nobody_answers)
{
    board_init(b);
    lds(b, 19, TWSR_D);
    act(20, GO | STA);
    set_data(b, TWDR_D, 0x50);
    act(21, GO);
    set_data(b, TWDR_D, 0x33);
    act(22, GO);
    act(23, GO | STA);
    set_data(b, TWDR_D, 0x51);
    act(24, GO);
    act(25, GO | EA);
    act(26, GO);
    lds(b, 27, TWDR_D);
    set_data(b, TWCR_D, GO | STO);
    nop(b, 20);
    lds(b, 28, TWCR_D);
    lds(b, 29, TWSR_D);
    run_it();
    static const uint8_t want[] = { 0xf8, 0x08, 0x20, 0x30, 0x10, 0x48, 0x50, 0x58, 0xff, 0x04, 0xf8 };
    for (unsigned i = 0; i < sizeof want; i++) {
        ck_assert_msg(board_reg(b, 19 + i) == want[i], "%u: %02x", i, board_reg(b, 19 + i));
    }
    board_free(b);
}
END_TEST

/* Laps of six cycles until an address is over. */
static unsigned laps(unsigned twbr, unsigned twps)
{
    board_init(b);
    set_data(b, TWBR_D, twbr);
    set_data(b, TWSR_D, 0xf8 | twps);
    act(20, GO | STA);
    set_data(b, TWDR_D, 0xa0);
    ldi(b, 24, 0);
    set_data(b, TWCR_D, GO);
    unsigned loop = here(b);
    inc(b, 24);         /* 1 */
    lds(b, 18, TWCR_D); /* 2 */
    sbrs(b, 18, 7);     /* 1 */
    rjmp(b, loop);      /* 2 */
    lds(b, 21, TWSR_D);
    run_it();
    ck_assert_uint_eq(board_reg(b, 21), 0x20 | twps);
    unsigned n = board_reg(b, 24);
    board_free(b);
    return n;
}

START_TEST(an_address_takes_nine_periods)
{
    ck_assert_uint_le(laps(0, 0) - 9 * 16 / 6, 1);
    ck_assert_uint_le(laps(72, 0) - 9 * (16 + 2 * 72) / 6, 1); /* 100 kHz */
    ck_assert_uint_le(laps(4, 1) - 9 * (16 + 2 * 4 * 4) / 6, 1);
    ck_assert_uint_le(laps(1, 2) - 9 * (16 + 2 * 16) / 6, 1);
}
END_TEST

START_TEST(a_byte_at_the_wrong_time_collides)
{
    board_init(b);
    set_data(b, TWDR_D, 0x12); /* nothing has begun: TWINT is 0 */
    lds(b, 20, TWCR_D);
    lds(b, 21, TWDR_D);
    act(22, GO | STA);
    set_data(b, TWDR_D, 0x12);
    lds(b, 23, TWCR_D);
    lds(b, 24, TWDR_D);
    run_it();
    ck_assert_uint_eq(board_reg(b, 20), TWWC);
    ck_assert_uint_eq(board_reg(b, 21), 0xff);
    ck_assert_uint_eq(board_reg(b, 23), 0x80 | STA | 4);
    ck_assert_uint_eq(board_reg(b, 24), 0x12);
    board_free(b);
}
END_TEST

START_TEST(a_stop_and_a_start_in_one)
{
    board_init(b);
    act(20, GO | STA);
    act(21, GO | STO | STA);
    lds(b, 22, TWCR_D);
    run_it();
    ck_assert_uint_eq(board_reg(b, 20), 0x08);
    ck_assert_uint_eq(board_reg(b, 21), 0x08); /* a new one, not a repeated one */
    ck_assert_uint_eq(board_reg(b, 22), 0x80 | STA | 4);
    board_free(b);
}
END_TEST

START_TEST(switched_off_nothing_comes)
{
    board_init(b);
    set_data(b, TWCR_D, GO | STA);
    set_data(b, TWCR_D, 0);
    nop(b, 100);
    lds(b, 20, TWCR_D);
    lds(b, 21, TWSR_D);
    act(22, GO | STA);
    run_it();
    ck_assert_uint_eq(board_reg(b, 20), 0);
    ck_assert_uint_eq(board_reg(b, 21), 0xf8);
    ck_assert_uint_eq(board_reg(b, 22), 0x08);
    board_free(b);
}
END_TEST

/* Its handler leaves TWINT: it is taken again and again. */
START_TEST(only_the_program_clears_the_flag)
{
    board_init(b);
    rjmp(b, 60);
    org(b, 2 * TWI_VECTOR);
    inc(b, 25);
    reti(b);
    org(b, 60);
    ldi(b, 25, 0);
    ldi(b, 26, 0);
    set_data(b, TWCR_D, GO | STA | 1);
    sei(b);
    nop(b, 60);
    cli(b);
    emit(b, 0x2fa9); /* mov r26, r25 */
    set_data(b, TWCR_D, GO);
    sei(b);
    nop(b, 20);
    run_it();
    ck_assert_uint_gt(board_reg(b, 26), 3);
    ck_assert_uint_eq(board_reg(b, 25), board_reg(b, 26));
    board_free(b);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        statuses_where_nobody_answers, an_address_takes_nine_periods, a_byte_at_the_wrong_time_collides,
        a_stop_and_a_start_in_one,     switched_off_nothing_comes,    only_the_program_clears_the_flag,
    };
    return run_suite("twi", tests, sizeof tests / sizeof tests[0]);
}
