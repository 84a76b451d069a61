/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The USART as SPI master: TXD (D1) is MOSI, RXD (D0) MISO, XCK (D4) SCK. */
#include "mcu/usart_spi.h"

#include "mcu/uno_fixture.h"

enum { RXD = 0, TXD = 1, XCK = 4 };

static struct board board, *b = &board;

/* XCK an output, UMSEL 11 with the mode, UBRR; RXEN and TXEN. */
static void spi_on(unsigned mode, unsigned ubrr)
{
    set_data(b, UBRR0H_D, 0);
    set_data(b, UBRR0L_D, 0);
    set_data(b, UCSR0C_D, 0xC0 | mode);
    set_io(b, DDRD, 0x10); /* XCK rests at its polarity from the start */
    set_data(b, UCSR0B_D, 0x18);
    set_data(b, UBRR0L_D, ubrr);
}

static void send(unsigned byte)
{
    unsigned wait = here(b);
    lds(b, 18, UCSR0A_D);
    sbrs(b, 18, 5);
    rjmp(b, wait);
    set_data(b, UDR0_D, byte);
}

/* Waits for RXC and stores UDR in a register. */
static void receive(unsigned r)
{
    unsigned wait = here(b);
    lds(b, 18, UCSR0A_D);
    sbrs(b, 18, 7);
    rjmp(b, wait);
    lds(b, r, UDR0_D);
}

/* The slave: reads D1 at its sampling edge, and echoes it on D0, one bit late, at the other one. */
struct slave {
    struct net_driver miso;
    struct net_watch watch;
    bool sample_at_rise;
    unsigned bits, in;
};

static void xck_moved(void *ctx, struct net *net, sim_time at_ps)
{
    struct slave *s = ctx;
    (void)at_ps;
    if (net->level > NET_1 || net->old_level > NET_1) { /* becomes an output */
        return;
    }
    if ((net->level == NET_1) == s->sample_at_rise) {
        s->in = s->in << 1 | (net_level(&b->net[TXD]) == NET_1);
        s->bits++;
    } else {
        net_drive(&s->miso, s->in & 1 ? NET_1 : NET_0, NET_STRONG);
    }
}

static void attach(struct slave *s, unsigned mode)
{
    memset(s, 0, sizeof *s);
    bool cpol = mode & 1, cpha = mode & 2;
    s->sample_at_rise = cpol == cpha;
    net_attach(&b->net[RXD], &s->miso, "slave");
    net_drive(&s->miso, NET_0, NET_STRONG);
    net_watch_add(&b->net[XCK], &s->watch, NET_WATCH_EDGES, xck_moved, s);
}

/* Both bit orders, all four modes: what the slave gets, and its echo, one bit late, which the master reads. */
START_TEST(bytes_in_every_mode)
{
    for (unsigned mode = 0; mode < 8; mode++) {
        static struct slave s;
        board_init(b);
        attach(&s, mode);
        spi_on(mode, 3);
        send(0xA7);
        send(0x35);
        receive(20);
        receive(21);
        stop(b);
        board_start(b);
        board_run(b, 4000);
        ck_assert_uint_eq(s.bits, 16);
        unsigned lsb_first = mode & 4;
        ck_assert_uint_eq(s.in, lsb_first ? 0xE5AC : 0xA735);
        /* the wire's 16 bits, shifted by one */
        unsigned echo = s.in >> 1;
        unsigned first = echo >> 8, second = echo & 0xFF;
        if (lsb_first) {
            unsigned r1 = 0, r2 = 0;
            for (unsigned i = 0; i < 8; i++) {
                r1 |= (first >> i & 1) << (7 - i);
                r2 |= (second >> i & 1) << (7 - i);
            }
            first = r1;
            second = r2;
        }
        ck_assert_uint_eq(board_reg(b, 20), first);
        ck_assert_uint_eq(board_reg(b, 21), second);
        board_free(b);
    }
}
END_TEST

/* fosc / (2 (UBRR + 1)), 8 MHz at most; two bytes follow without a gap. */
START_TEST(rate_and_back_to_back)
{
    static const unsigned ubrr[] = { 0, 1, 3, 63 };
    for (unsigned i = 0; i < 4; i++) {
        unsigned half = ubrr[i] + 1;
        board_init(b);
        spi_on(0, ubrr[i]);
        set_data(b, UDR0_D, 0x55);
        set_data(b, UDR0_D, 0xAA);
        stop(b);
        board_log(b, XCK);
        board_start(b);
        board_run(b, 6000);
        unsigned n = b->log[XCK].n;
        /* at 8 MHz a frame is over before the second byte is stored: 16 cycles */
        ck_assert_uint_eq(n, 1 + 32);
        for (unsigned e = 2; e < (half > 1 ? n : 17); e++) {
            ck_assert_uint_eq(b->log[XCK].edge[e].cycle - b->log[XCK].edge[e - 1].cycle, half);
            ck_assert_uint_eq(b->log[XCK].edge[e].rest, 0);
        }
        board_free(b);
    }
}
END_TEST

START_TEST(xck_rests_at_its_polarity_and_needs_its_ddr)
{
    for (unsigned cpol = 0; cpol < 2; cpol++) {
        board_init(b);
        spi_on(cpol, 3);
        stop(b);
        board_start(b);
        board_run(b, 500);
        ck_assert_uint_eq(net_level(&b->net[XCK]), cpol ? NET_1 : NET_0);
        board_free(b);
    }
    board_init(b);
    spi_on(0, 3);
    set_io(b, DDRD, 0); /* an input: no clock comes out, TXD sends all the same */
    send(0x55);
    stop(b);
    board_start(b);
    board_run(b, 300);
    board_log(b, XCK);
    board_run(b, 1000);
    ck_assert_uint_eq(b->log[XCK].n, 0);
    board_free(b);
}
END_TEST

/* TXC when nothing is left, UDRE when the byte has gone into the shift register. */
START_TEST(flags)
{
    board_init(b);
    spi_on(0, 15); /* a byte is 256 cycles */
    set_data(b, UDR0_D, 0x55);
    nop(b, 20);
    lds(b, 20, UCSR0A_D);
    nop(b, 300);
    lds(b, 21, UCSR0A_D);
    stop(b);
    board_start(b);
    board_run(b, 1000);
    ck_assert_uint_eq(board_reg(b, 20), 0x20); /* UDRE: on its way, room for another */
    ck_assert_uint_eq(board_reg(b, 21), 0xE0); /* RXC TXC UDRE */
    board_free(b);
}
END_TEST

/* The control: UMSEL 00 leaves XCK to the port. */
START_TEST(asynchronous_has_no_xck)
{
    board_init(b);
    set_io(b, DDRD, 0x10);
    set_data(b, UBRR0L_D, 3);
    set_data(b, UCSR0B_D, 0x18);
    send(0x55);
    stop(b);
    board_log(b, XCK);
    board_log(b, TXD);
    board_start(b);
    board_run(b, 3000);
    ck_assert_uint_eq(b->log[XCK].n, 1);
    ck_assert_uint_eq(b->log[TXD].n, 11); /* idle, and a frame's ten levels */
    board_free(b);
}
END_TEST

int main(void)
{
    const TTest *tests[8];
    unsigned n = 0;
    tests[n++] = bytes_in_every_mode;
    tests[n++] = rate_and_back_to_back;
    tests[n++] = xck_rests_at_its_polarity_and_needs_its_ddr;
    tests[n++] = flags;
    tests[n++] = asynchronous_has_no_xck;
    return run_suite("usart_spi", tests, n);
}
