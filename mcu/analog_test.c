/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The converter and the comparator of an Uno: 5 V, no voltage on any pin, 1.1 V inside. */
#include "mcu/adc.h"
#include "mcu/comparator.h"

#include "mcu/uno_fixture.h"

enum { ACSR = 0x30, ADCL_D = 0x78, ADCH_D = 0x79, ADCSRA_D = 0x7a, ADMUX_D = 0x7c };
enum { BAND_GAP = 0x0e, SENSOR = 0x08, GROUND = 0x0f, AVCC = 0x40, INNER = 0xc0, ADLAR = 0x20 };
enum { ADIF = 0x10, ACI = 0x10, ACO = 0x20 };
enum { ADC_VECTOR = 21, AC_VECTOR = 23 };

static struct board board, *b = &board;

/* r24 = how often a loop of six cycles saw ADSC. */
static void count_until_done(void)
{
    ldi(b, 24, 0);
    unsigned loop = here(b);
    inc(b, 24);           /* 1 */
    lds(b, 18, ADCSRA_D); /* 2 */
    emit(b, 0xfd26);      /* sbrc r18, 6: 1 */
    rjmp(b, loop);        /* 2 */
}

static unsigned result_of(void)
{
    return board_reg(b, 20) | board_reg(b, 21) << 8;
}

static void read_result(void)
{
    lds(b, 20, ADCL_D);
    lds(b, 21, ADCH_D);
}

static void run_it(void)
{
    stop(b);
    board_start(b);
    board_run(b, 20000);
}

static unsigned converted(unsigned admux)
{
    board_init(b);
    set_data(b, ADMUX_D, admux);
    set_data(b, ADCSRA_D, 0xc7);
    count_until_done();
    read_result();
    run_it();
    unsigned v = result_of();
    board_free(b);
    return v;
}

START_TEST(voltages_by_channel_and_reference)
{
    ck_assert_uint_eq(converted(AVCC | BAND_GAP), 225);
    ck_assert_uint_eq(converted(AVCC | BAND_GAP | ADLAR), 225 << 6);
    ck_assert_uint_eq(converted(INNER | BAND_GAP), 1023);
    ck_assert_uint_eq(converted(INNER | SENSOR), 292);
    ck_assert_uint_eq(converted(AVCC | GROUND), 0);
    ck_assert_uint_eq(converted(AVCC | 3), 0);
}
END_TEST

/* Laps of the loop that a conversion takes: after ADEN, or the second one. */
static unsigned laps(unsigned prescaler, bool second)
{
    board_init(b);
    set_data(b, ADCSRA_D, 0xc0 | prescaler);
    count_until_done();
    if (second) {
        set_data(b, ADCSRA_D, 0xc0 | prescaler);
        count_until_done();
    }
    run_it();
    unsigned n = board_reg(b, 24);
    board_free(b);
    return n;
}

START_TEST(conversions_take_13_clocks_and_the_first_25)
{
    for (unsigned prescaler = 3; prescaler < 6; prescaler++) {
        unsigned ck = 1u << prescaler;
        ck_assert_uint_le(laps(prescaler, false) - 25 * ck / 6, 2);
        unsigned next = laps(prescaler, true); /* up to a clock until it begins */
        ck_assert_uint_ge(next, 13 * ck / 6);
        ck_assert_uint_le(next, 14 * ck / 6 + 1);
    }
    ck_assert_uint_eq(laps(0, false), laps(1, false)); /* both divide by 2 */
}
END_TEST

START_TEST(adif_is_cleared_by_a_one_or_by_its_interrupt)
{
    board_init(b);
    set_data(b, ADCSRA_D, 0xc1);
    nop(b, 60);
    lds(b, 20, ADCSRA_D);
    set_data(b, ADCSRA_D, 0x81);
    lds(b, 21, ADCSRA_D);
    set_data(b, ADCSRA_D, 0x91);
    lds(b, 22, ADCSRA_D);
    run_it();
    ck_assert_uint_eq(board_reg(b, 20), 0x91);
    ck_assert_uint_eq(board_reg(b, 21), 0x91); /* a 0 leaves it */
    ck_assert_uint_eq(board_reg(b, 22), 0x81);
    board_free(b);

    board_init(b);
    rjmp(b, 60);
    org(b, 2 * ADC_VECTOR);
    inc(b, 25);
    reti(b);
    org(b, 60);
    ldi(b, 25, 0);
    set_data(b, ADCSRA_D, 0xc9);
    sei(b);
    nop(b, 70);
    lds(b, 20, ADCSRA_D);
    run_it();
    ck_assert_uint_eq(board_reg(b, 25), 1);
    ck_assert_uint_eq(board_reg(b, 20), 0x89);
    board_free(b);
}
END_TEST

START_TEST(free_running_goes_on_until_aden_is_cleared)
{
    board_init(b);
    rjmp(b, 60);
    org(b, 2 * ADC_VECTOR);
    inc(b, 25);
    reti(b);
    org(b, 60);
    ldi(b, 25, 0);
    set_data(b, ADCSRA_D, 0xeb); /* divided by 8: 200 cycles, then 104 each */
    sei(b);
    run_it();
    ck_assert_uint_eq(board_reg(b, 25), ((20000 - 12 - 200) / 104 + 1) & 255);
    board_free(b);

    board_init(b);
    set_data(b, ADCSRA_D, 0xeb);
    nop(b, 20);
    set_data(b, ADCSRA_D, 0x63); /* in mid-conversion */
    nop(b, 250);
    lds(b, 20, ADCSRA_D);
    run_it();
    ck_assert_uint_eq(board_reg(b, 20), 0x23);
    board_free(b);
}
END_TEST

START_TEST(adcl_locks_the_result_until_adch)
{
    board_init(b);
    set_data(b, ADMUX_D, AVCC | BAND_GAP);
    set_data(b, ADCSRA_D, 0xc2);
    nop(b, 110);
    lds(b, 20, ADCL_D);
    set_data(b, ADMUX_D, AVCC | GROUND);
    set_data(b, ADCSRA_D, 0xc2);
    nop(b, 110);
    lds(b, 22, ADCL_D); /* the new one is lost */
    lds(b, 21, ADCH_D);
    set_data(b, ADCSRA_D, 0xc2);
    nop(b, 110);
    lds(b, 23, ADCL_D);
    run_it();
    ck_assert_uint_eq(result_of(), 225);
    ck_assert_uint_eq(board_reg(b, 22), 225);
    ck_assert_uint_eq(board_reg(b, 23), 0);
    board_free(b);
}
END_TEST

/* ACSR after each of these stores, in r20... */
static void comparator(const uint8_t *stores, unsigned n)
{
    board_init(b);
    for (unsigned i = 0; i < n; i++) {
        set_io(b, ACSR, stores[i]);
        nop(b, 2);
        in(b, 20 + i, ACSR);
    }
    run_it();
}

START_TEST(the_comparator_sees_the_band_gap_only)
{
    static const uint8_t stores[] = { 0x03, 0x43, 0x53, 0x02, 0x52 };
    comparator(stores, sizeof stores);
    ck_assert_uint_eq(board_reg(b, 20), 0x03);             /* 0 V against 0 V */
    ck_assert_uint_eq(board_reg(b, 21), 0x43 | ACO | ACI); /* rises */
    ck_assert_uint_eq(board_reg(b, 22), 0x43 | ACO);       /* a one clears ACI */
    ck_assert_uint_eq(board_reg(b, 23), 0x02 | ACI);       /* falls */
    ck_assert_uint_eq(board_reg(b, 24), 0x42 | ACO);       /* rises: not asked for */
    board_free(b);
}
END_TEST

START_TEST(a_comparator_that_is_off_stands)
{
    static const uint8_t stores[] = { 0x40, 0xd0, 0x80, 0x00 };
    comparator(stores, sizeof stores);
    ck_assert_uint_eq(board_reg(b, 20), 0x40 | ACO | ACI);
    ck_assert_uint_eq(board_reg(b, 21), 0xc0 | ACO);
    ck_assert_uint_eq(board_reg(b, 22), 0x80 | ACO);
    ck_assert_uint_eq(board_reg(b, 23), ACI);
    board_free(b);
}
END_TEST

START_TEST(the_comparators_interrupt)
{
    board_init(b);
    rjmp(b, 60);
    org(b, 2 * AC_VECTOR);
    inc(b, 25);
    reti(b);
    org(b, 60);
    ldi(b, 25, 0);
    sei(b);
    set_io(b, ACSR, 0x4b);
    nop(b, 4);
    set_io(b, ACSR, 0x0b);
    set_io(b, ACSR, 0x43); /* not enabled */
    nop(b, 4);
    in(b, 20, ACSR);
    run_it();
    ck_assert_uint_eq(board_reg(b, 25), 1);
    ck_assert_uint_eq(board_reg(b, 20), 0x43 | ACO | ACI);
    board_free(b);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        voltages_by_channel_and_reference,
        conversions_take_13_clocks_and_the_first_25,
        adif_is_cleared_by_a_one_or_by_its_interrupt,
        free_running_goes_on_until_aden_is_cleared,
        adcl_locks_the_result_until_adch,
        the_comparator_sees_the_band_gap_only,
        a_comparator_that_is_off_stands,
        the_comparators_interrupt,
    };
    return run_suite("analog", tests, sizeof tests / sizeof tests[0]);
}
