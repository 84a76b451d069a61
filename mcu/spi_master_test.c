/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mcu/uno_fixture.h"

static struct board board, *b = &board;

enum { MOSI = 11, MISO = 12, SCK = 13 };

/* half a SCK period in cycles, by SPI2X SPR1 SPR0: Table 19-5 */
static const unsigned half_of[8] = { 2, 8, 32, 64, 1, 4, 16, 32 };

/* MISO follows MOSI: what goes out comes in. */
static struct net_watch loop_watch;
static struct net_driver loop_driver;

static void loop_back(void *ctx, struct net *net, sim_time at_ps)
{
    (void)ctx;
    (void)at_ps;
    net_drive(&loop_driver, net_level(net), NET_STRONG);
}

static void attach_loop(void)
{
    net_attach(&b->net[MISO], &loop_driver, "loop");
    net_watch_add(&b->net[MOSI], &loop_watch, NET_WATCH_EDGES, loop_back, NULL);
}

/* SPI on, then SPDR = byte by OUT (t0 is returned), then the polling loop IN SBRS RJMP, then r22 = SPDR. */
static unsigned program(unsigned spcr, unsigned spi2x, unsigned byte)
{
    set_io(b, DDRB, 0x2c);
    set_io(b, SPCR, 0x50 | spcr);
    set_io(b, SPSR, spi2x);
    ldi(b, 17, byte); /* cycle 6 */
    out(b, SPDR, 17); /* 7 */
    unsigned poll = here(b);
    in(b, 18, SPSR);
    sbrs(b, 18, 7);
    rjmp(b, poll);
    sbi(b, PORTB, 0); /* leaves a mark on D8: DDRB0 is 0, so on the pull-up */
    in(b, 22, SPDR);
    stop(b);
    return 8;
}

/* When the polling loop is left, from t0: Table of the loop of 4 cycles, first look at t0. */
START_TEST(polling_loop_is_left_on_time)
{
    static const struct {
        unsigned spr, spi2x, left;
    } row[] = {
        { 0, 1, 20 },  { 0, 0, 36 },  { 1, 1, 68 },  { 1, 0, 132 },
        { 2, 1, 260 }, { 3, 1, 516 }, { 2, 0, 516 }, { 3, 0, 1028 },
    };
    for (unsigned i = 0; i < sizeof row / sizeof row[0]; i++) {
        board_init(b);
        unsigned t0 = program(row[i].spr, row[i].spi2x, 0x55);
        board_log(b, 8);
        board_start(b);
        board_run(b, 3000);
        assert_edge(b, 8, 0, t0 + row[i].left + 1, 1); /* +1: SBI takes 2, the skip's second cycle is in `left` */
        board_free(b);
    }
}
END_TEST

/* Every edge of SCK and MOSI, for every divider and mode. */
START_TEST(edges_of_every_divider_and_mode)
{
    for (unsigned mode = 0; mode < 4; mode++) {
        for (unsigned div = 0; div < 8; div++) {
            unsigned h = half_of[div], cpol = mode >> 1, cpha = mode & 1, byte = 0xa6;
            board_init(b);
            unsigned t0 = program(mode << 2 | (div & 3), div >> 2, byte);
            attach_loop();
            board_log(b, SCK);
            board_log(b, MOSI);
            board_start(b);
            board_run(b, 3000);
            /* SCK: low from DDR (cycle 2), CPOL with SPCR (4), then 16 edges */
            unsigned at = 0;
            assert_edge(b, SCK, at, 2, 0);
            if (cpol) {
                at++;
                assert_edge(b, SCK, at, 4, 1);
            }
            for (unsigned k = 0; k < 16; k++) {
                assert_edge(b, SCK, at + 1 + k, t0 + (k + 1) * h, (k % 2 == 0) != cpol);
            }
            ck_assert_uint_eq(b->log[SCK].n, at + 17);
            /* MOSI: a change wherever the bit differs from the one before; it stood at 0 */
            unsigned level = 0, n = 1;
            for (unsigned k = 0; k < 8; k++) {
                unsigned bit = byte >> (7 - k) & 1;
                if (bit != level) {
                    assert_edge(b, MOSI, n, t0 + (cpha ? 2 * k + 1 : 2 * k) * h, bit);
                    n++;
                    level = bit;
                }
            }
            ck_assert_uint_eq(b->log[MOSI].n, n);
            ck_assert_uint_eq(board_reg(b, 22), byte);
            board_free(b);
        }
    }
}
END_TEST

START_TEST(dord_sends_the_low_bit_first)
{
    board_init(b);
    program(0x20, 0, 0x01);
    attach_loop();
    board_log(b, MOSI);
    board_start(b);
    board_run(b, 3000);
    assert_edge(b, MOSI, 1, 8, 1);
    assert_edge(b, MOSI, 2, 8 + 2 * 2, 0);
    ck_assert_uint_eq(board_reg(b, 22), 0x01);
    board_free(b);
}
END_TEST

/* MISO is 1 only from `from` to `to` (ps): which bits come in? */
static struct net_driver pulse_driver;

static void pulse_up(void *ctx, sim_time at_ps)
{
    (void)ctx;
    (void)at_ps;
    net_drive(&pulse_driver, NET_1, NET_STRONG);
}

static void pulse_down(void *ctx, sim_time at_ps)
{
    (void)ctx;
    (void)at_ps;
    net_drive(&pulse_driver, NET_0, NET_STRONG);
}

static unsigned received_with_pulse(unsigned spcr, sim_time from, sim_time to)
{
    struct sim_event up, down;
    board_init(b);
    program(spcr, 0, 0x00);
    net_attach(&b->net[MISO], &pulse_driver, "pulse");
    net_drive(&pulse_driver, NET_0, NET_STRONG);
    sim_event_init(&up, "up", pulse_up, NULL);
    sim_event_init(&down, "down", pulse_down, NULL);
    board_start(b);
    sim_schedule(&b->sim, &up, from);
    sim_schedule(&b->sim, &down, to);
    board_run(b, 3000);
    unsigned v = board_reg(b, 22);
    board_free(b);
    return v;
}

START_TEST(miso_is_sampled_at_its_edge)
{
    for (unsigned cpha = 0; cpha < 2; cpha++) {
        sim_time first = (8 + (cpha ? 16 : 8)) * CK_PS; /* divider 16, h = 8: the edge that samples bit 7 */
        ck_assert_uint_eq(received_with_pulse(cpha << 2 | 1, first, first + 1), 0x80);
        ck_assert_uint_eq(received_with_pulse(cpha << 2 | 1, first - 1, first), 0x00);
        ck_assert_uint_eq(received_with_pulse(cpha << 2 | 1, first + 1, first + 16 * CK_PS), 0x00);
        ck_assert_uint_eq(received_with_pulse(cpha << 2 | 1, first + 1, first + 16 * CK_PS + 1), 0x40);
    }
}
END_TEST

START_TEST(a_write_while_busy_is_a_collision)
{
    board_init(b);
    set_io(b, DDRB, 0x2c);
    set_io(b, SPCR, 0x50);
    ldi(b, 17, 0xff);
    out(b, SPDR, 17); /* 5, t0 = 6: SPIF at 38 */
    nop(b, 4);
    ldi(b, 18, 0x00);
    out(b, SPDR, 18);
    nop(b, 3);
    in(b, 20, SPSR); /* WCOL, armed */
    nop(b, 40);
    in(b, 21, SPSR); /* WCOL and SPIF */
    in(b, 22, SPDR);
    in(b, 23, SPSR); /* both cleared */
    stop(b);
    attach_loop();
    board_start(b);
    board_run(b, 200);
    ck_assert_uint_eq(board_reg(b, 20), 0x40);
    ck_assert_uint_eq(board_reg(b, 21), 0xc0);
    ck_assert_uint_eq(board_reg(b, 22), 0xff);
    ck_assert_uint_eq(board_reg(b, 23), 0x00);
    board_free(b);
}
END_TEST

START_TEST(spif_is_cleared_by_spsr_then_spdr_only)
{
    board_init(b);
    set_io(b, DDRB, 0x2c);
    set_io(b, SPCR, 0x50);
    ldi(b, 17, 0x3c);
    out(b, SPDR, 17);
    nop(b, 60);
    in(b, 19, SPDR);
    in(b, 20, SPSR); /* still set: SPDR was not preceded by SPSR */
    in(b, 21, SPDR);
    in(b, 22, SPSR);
    in(b, 23, SPDR); /* reads again the same byte */
    stop(b);
    attach_loop();
    board_start(b);
    board_run(b, 200);
    ck_assert_uint_eq(board_reg(b, 19), 0x3c);
    ck_assert_uint_eq(board_reg(b, 20), 0x80);
    ck_assert_uint_eq(board_reg(b, 21), 0x3c);
    ck_assert_uint_eq(board_reg(b, 22), 0x00);
    ck_assert_uint_eq(board_reg(b, 23), 0x3c);
    board_free(b);
}
END_TEST

START_TEST(the_interrupt_comes_also_when_enabled_late)
{
    board_init(b);
    org(b, 2 * 17); /* SPI_STC */
    rjmp(b, 0x100);
    org(b, 0x100);
    inc(b, 20);
    reti(b);
    org(b, 0);
    rjmp(b, 0x80);
    org(b, 0x80);
    set_io(b, DDRB, 0x2c);
    set_io(b, SPCR, 0x50);
    ldi(b, 17, 0);
    out(b, SPDR, 17);
    nop(b, 60);
    sei(b);
    nop(b, 4);
    in(b, 19, GPIOR0);
    set_io(b, SPCR, 0xd0); /* SPIE with SPIF set */
    nop(b, 4);
    in(b, 21, SPSR);
    stop(b);
    board_start(b);
    board_run(b, 300);
    ck_assert_uint_eq(board_reg(b, 20), 1);
    ck_assert_uint_eq(board_reg(b, 21), 0); /* the vector cleared SPIF */
    board_free(b);
}
END_TEST

static void cleared_in_mid_byte(unsigned spcr)
{
    board_init(b);
    set_io(b, DDRB, 0x2c);
    set_io(b, SPCR, 0x50);
    ldi(b, 17, 0xff);
    out(b, SPDR, 17);      /* t0 = 6 */
    nop(b, 8);             /* 6..13 */
    set_io(b, SPCR, spcr); /* 14, 15: off at 16 */
    nop(b, 60);
    in(b, 20, SPSR);
    stop(b);
    board_log(b, SCK);
    board_start(b);
    board_run(b, 200);
    ck_assert_uint_eq(board_reg(b, 20), 0);
    for (unsigned i = 0; i < b->log[SCK].n; i++) {
        ck_assert_uint_le(b->log[SCK].edge[i].cycle, 16);
    }
    ck_assert_uint_eq(net_level(&b->net[SCK]), NET_0); /* PORTB5 rules again */
    board_free(b);
}

START_TEST(spe_cleared_in_mid_byte_aborts_it)
{
    cleared_in_mid_byte(0);
    cleared_in_mid_byte(0x40); /* a slave sends no clock */
}
END_TEST

START_TEST(slave_select_low_ends_master_mode)
{
    struct net_driver ss;
    board_init(b);
    set_io(b, DDRB, 0x28); /* SS is an input */
    set_io(b, SPCR, 0x50);
    nop(b, 200);
    in(b, 20, SPCR);
    in(b, 21, SPSR);
    stop(b);
    net_attach(&b->net[10], &ss, "other master");
    net_drive(&ss, NET_1, NET_STRONG);
    board_start(b);
    board_run(b, 100);
    ck_assert_uint_eq(mcu_board_data(b->uno)[0x20 + SPCR], 0x50);
    net_drive(&ss, NET_0, NET_STRONG);
    board_run(b, 400);
    ck_assert_uint_eq(board_reg(b, 20), 0x40);
    ck_assert_uint_eq(board_reg(b, 21), 0x80);
    board_free(b);
}
END_TEST

/* Bytes as fast as the firmware goes; a second look at PORTB in mid-byte sees SCK as it is. */
START_TEST(in_mid_byte_a_read_sees_the_level_of_that_moment)
{
    board_init(b);
    set_io(b, DDRB, 0x2c);
    set_io(b, SPCR, 0x51); /* divider 16, h = 8 */
    ldi(b, 17, 0xff);
    out(b, SPDR, 17); /* t0 = 6: rises at 14, falls at 22 */
    nop(b, 8);        /* 6..13 */
    in(b, 20, PINB);  /* 14: sampled at 13.5 */
    in(b, 21, PINB);  /* 15: sampled at 14.5 */
    nop(b, 6);        /* 16..21 */
    in(b, 22, PINB);  /* 22: 21.5 */
    in(b, 23, PINB);  /* 23: 22.5 */
    stop(b);
    board_start(b);
    board_run(b, 300);
    ck_assert_uint_eq(board_reg(b, 20) & 0x20, 0x00);
    ck_assert_uint_eq(board_reg(b, 21) & 0x20, 0x20);
    ck_assert_uint_eq(board_reg(b, 22) & 0x20, 0x20);
    ck_assert_uint_eq(board_reg(b, 23) & 0x20, 0x00);
    board_free(b);
}
END_TEST

int main(void)
{
    static const TTest *tests[16];
    unsigned n = 0;
    tests[n++] = polling_loop_is_left_on_time;
    tests[n++] = edges_of_every_divider_and_mode;
    tests[n++] = dord_sends_the_low_bit_first;
    tests[n++] = miso_is_sampled_at_its_edge;
    tests[n++] = a_write_while_busy_is_a_collision;
    tests[n++] = spif_is_cleared_by_spsr_then_spdr_only;
    tests[n++] = the_interrupt_comes_also_when_enabled_late;
    tests[n++] = spe_cleared_in_mid_byte_aborts_it;
    tests[n++] = slave_select_low_ends_master_mode;
    tests[n++] = in_mid_byte_a_read_sees_the_level_of_that_moment;
    return run_suite("spi_master", tests, n);
}
