/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mcu/uno_fixture.h"
#include "sim/stats.h"
#include "sim/uart_line.h"

static struct board board, *b = &board;

enum { RXD = 0, TXD = 1 };

#define BIT_CK 832 /* 16 MHz, U2X, UBRR 103: 19230.8 baud */

/* 8N1 with U2X and UBRR 103; ends with r17 = 'U'. */
static void usart_on(unsigned ucsrb)
{
    set_data(b, UCSR0A_D, 0x02);
    set_data(b, UBRR0L_D, 103);
    set_data(b, UCSR0B_D, ucsrb);
    ldi(b, 17, 'U');
}

START_TEST(transmitter_has_a_buffer_and_sends_back_to_back)
{
    board_init(b);
    usart_on(0x08);
    for (unsigned i = 0; i < 5; i++) {
        unsigned wait = here(b);
        lds(b, 18, UCSR0A_D);
        sbrs(b, 18, 5);
        rjmp(b, wait);
        sts(b, UDR0_D, 17);
    }
    stop(b);
    board_log(b, TXD);
    board_start(b);
    board_run(b, 60000);
    /* idle 1, then 'U' = alternating: 10 levels per frame, the stop bit 1 */
    uint64_t start = b->log[TXD].edge[1].cycle;
    for (unsigned f = 0; f < 5; f++) {
        for (unsigned i = 0; i < 10; i++) {
            assert_edge(b, TXD, 1 + 10 * f + i, start + (10 * f + i) * BIT_CK, i % 2);
        }
    }
    ck_assert_uint_eq(b->log[TXD].n, 51);
    board_free(b);
}
END_TEST

/* Times between stores: 11, 8316, 8321 cycles. */
START_TEST(udre_comes_back_as_on_silicon)
{
    static const unsigned gap[4] = { 11, 8316, 8321, 8321 };
    for (unsigned n = 1; n <= 5; n++) { /* the n-th store's time from a mark right after it */
        static uint64_t mark[6];
        board_init(b);
        set_io(b, DDRB, 0x20);
        ldi(b, 19, 0x20);
        usart_on(0x08);
        for (unsigned i = 0; i < n; i++) {
            unsigned wait = here(b);
            lds(b, 18, UCSR0A_D);
            sbrs(b, 18, 5);
            rjmp(b, wait);
            sts(b, UDR0_D, 17);
        }
        out(b, PORTB, 19);
        stop(b);
        board_log(b, 13);
        board_start(b);
        board_run(b, 60000);
        mark[n] = b->log[13].edge[1].cycle;
        if (n > 1) {
            ck_assert_uint_eq(mark[n] - mark[n - 1], gap[n - 2]);
        }
        board_free(b);
    }
}
END_TEST

static unsigned frame_edges(unsigned ucsrc, unsigned byte, uint64_t *first, uint64_t *last)
{
    board_init(b);
    usart_on(0x08);
    set_data(b, UCSR0C_D, ucsrc);
    set_data(b, UDR0_D, byte);
    stop(b);
    board_log(b, TXD);
    board_start(b);
    board_run(b, 20000);
    unsigned n = b->log[TXD].n - 1;
    *first = b->log[TXD].edge[1].cycle;
    *last = b->log[TXD].edge[n].cycle;
    board_free(b);
    return n;
}

START_TEST(frame_format_is_taken_from_the_registers)
{
    uint64_t first, last;
    /* 8N1, 0x00: start and data low, up at the stop bit */
    ck_assert_uint_eq(frame_edges(0x06, 0x00, &first, &last), 2);
    ck_assert_uint_eq(last - first, 9 * BIT_CK);
    /* 5N1 */
    ck_assert_uint_eq(frame_edges(0x00, 0x00, &first, &last), 2);
    ck_assert_uint_eq(last - first, 6 * BIT_CK);
    /* 7E1, 0x01: the parity bit is 1, so the line is high at bit 0 and again from the parity bit on */
    ck_assert_uint_eq(frame_edges(0x24, 0x01, &first, &last), 4);
    ck_assert_uint_eq(last - first, 8 * BIT_CK);
    /* 7O1, 0x01: parity 0 */
    ck_assert_uint_eq(frame_edges(0x34, 0x01, &first, &last), 4);
    ck_assert_uint_eq(last - first, 9 * BIT_CK);
}
END_TEST

START_TEST(txc_is_set_when_the_last_frame_has_ended)
{
    board_init(b);
    usart_on(0x08);
    set_data(b, UCSR0A_D, 0x42);
    sts(b, UDR0_D, 17);
    unsigned wait = here(b);
    lds(b, 18, UCSR0A_D);
    sbrs(b, 18, 6);
    rjmp(b, wait);
    set_io(b, DDRB, 0x20);
    stop(b);
    board_log(b, TXD);
    board_log(b, 13);
    board_start(b);
    board_run(b, 20000);
    uint64_t end = b->log[TXD].edge[1].cycle + 10 * BIT_CK;
    ck_assert_uint_ge(b->log[13].edge[0].cycle, end + 5);
    ck_assert_uint_le(b->log[13].edge[0].cycle, end + 11);
    board_free(b);
}
END_TEST

START_TEST(txd_is_driven_only_while_the_transmitter_is_on)
{
    board_init(b);
    usart_on(0x08);
    sts(b, UDR0_D, 17);
    set_data(b, UCSR0B_D, 0); /* off in mid-frame: the frame is finished */
    stop(b);
    board_log(b, TXD);
    board_start(b);
    board_run(b, 4);
    ck_assert_uint_eq(net_level(&b->net[TXD]), NET_Z);
    board_run(b, 20000);
    ck_assert_uint_eq(b->log[TXD].n, 1 + 10 + 1);
    ck_assert_uint_eq(b->log[TXD].edge[11].level, NET_Z);
    ck_assert_uint_eq(b->log[TXD].edge[11].cycle, b->log[TXD].edge[1].cycle + 10 * BIT_CK);
    board_free(b);
}
END_TEST

/* ---- receiver ---- */

static struct net_driver line;
static struct uart_tx sender;
static unsigned to_send, sent;
static struct uart_format send_format;

static void line_set(void *ctx, bool mark)
{
    (void)ctx;
    net_drive(&line, mark ? NET_1 : NET_0, NET_STRONG);
}

static void line_next(void *ctx, sim_time at_ps)
{
    (void)ctx;
    if (sent < to_send) {
        uart_tx_start(&sender, &send_format, 0x11 * ++sent, at_ps);
    }
}

/* n bytes 11 22 33 ... back to back from start_cycle on */
static void send_bytes(unsigned n, uint64_t start_cycle)
{
    send_format = (struct uart_format){ BIT_CK * CK_PS, 1, 8, UART_NO_PARITY, 1 };
    net_attach(&b->net[RXD], &line, "host");
    net_drive(&line, NET_1, NET_STRONG);
    uart_tx_init(&sender, &b->sim, line_set, line_next, NULL);
    to_send = n;
    sent = 0;
    line_next(NULL, start_cycle * CK_PS);
}

static void wait_cycles(unsigned thousands) /* 1000 cycles each, by a counting loop of 4 cycles */
{
    while (thousands--) {
        ldi(b, 24, 250);
        unsigned loop = here(b);
        nop(b, 1);
        emit(b, 0x958a);                                      /* DEC r24 */
        emit(b, 0xf401 | ((loop - here(b) - 1) & 0x7f) << 3); /* BRNE */
    }
}

/* r = UDR, and r + 1 = its flags. */
static void receive(unsigned r)
{
    unsigned wait = here(b);
    lds(b, r + 1, UCSR0A_D);
    sbrs(b, r + 1, 7);
    rjmp(b, wait);
    lds(b, r, UDR0_D);
}

/* CLKPR halves the clock in the first frame: that one is read as it began, the second one at half the speed. */
START_TEST(received_bits_follow_the_clock_at_the_frames_begin)
{
    enum { CLKPR_D = 0x61, FE = 0x10 };
    board_init(b);
    usart_on(0x10);
    wait_cycles(4);
    set_data(b, CLKPR_D, 0x80);
    set_data(b, CLKPR_D, 1);
    receive(20);
    receive(22);
    stop(b);
    board_start(b);
    send_bytes(1, 1000);
    board_run(b, 15000);
    ck_assert_uint_eq(mcu_board_data(b->uno)[CLKPR_D], 1);
    send_format.bit_num *= 2;
    to_send = 2;
    line_next(NULL, 20000 * CK_PS);
    board_run(b, 20000 + 2 * 10 * BIT_CK + 1000);
    ck_assert_uint_eq(board_reg(b, 20), 0x11);
    ck_assert_uint_eq(board_reg(b, 22), 0x22);
    ck_assert_uint_eq((board_reg(b, 21) | board_reg(b, 23)) & FE, 0);
    board_free(b);
}
END_TEST

START_TEST(rxc_comes_in_the_middle_of_the_stop_bit)
{
    board_init(b);
    set_io(b, DDRB, 0x20);
    usart_on(0x10);
    unsigned wait = here(b);
    lds(b, 18, UCSR0A_D);
    sbrs(b, 18, 7);
    rjmp(b, wait);
    set_io(b, PORTB, 0x20);
    lds(b, 20, UDR0_D);
    stop(b);
    board_log(b, 13);
    send_bytes(1, 100);
    board_start(b);
    board_run(b, 20000);
    uint64_t middle = 100 + 9 * BIT_CK + BIT_CK / 2;
    ck_assert_uint_ge(b->log[13].edge[1].cycle, middle + 6);
    ck_assert_uint_le(b->log[13].edge[1].cycle, middle + 11);
    ck_assert_uint_eq(board_reg(b, 20), 0x11);
    board_free(b);
}
END_TEST

/* Reads UCSR0A and UDR0 n times into r0, r1, r2 ... */
static void read_all(unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        lds(b, 2 * i, UCSR0A_D);
        lds(b, 2 * i + 1, UDR0_D);
    }
}

START_TEST(two_bytes_and_one_more_wait_unread)
{
    board_init(b);
    usart_on(0x10);
    wait_cycles(30);
    read_all(4);
    stop(b);
    send_bytes(3, 100); /* the third frame ends at 25060: it stands in the shift register */
    board_start(b);
    board_run(b, 40000);
    ck_assert_uint_eq(board_reg(b, 0) & 0x98, 0x80);
    ck_assert_uint_eq(board_reg(b, 1), 0x11);
    ck_assert_uint_eq(board_reg(b, 2) & 0x98, 0x80);
    ck_assert_uint_eq(board_reg(b, 3), 0x22);
    ck_assert_uint_eq(board_reg(b, 4) & 0x98, 0x80);
    ck_assert_uint_eq(board_reg(b, 5), 0x33);
    ck_assert_uint_eq(board_reg(b, 6) & 0x98, 0x00);
    ck_assert_uint_eq(mcu_board_counters(b->uno).rx_overruns, 0);
    board_free(b);
}
END_TEST

START_TEST(a_fourth_byte_overruns)
{
    board_init(b);
    usart_on(0x10);
    wait_cycles(38);
    read_all(4);
    stop(b);
    send_bytes(4, 100);
    board_start(b);
    board_run(b, 50000);
    ck_assert_uint_eq(board_reg(b, 0) & 0x98, 0x88); /* DOR until UDR is read */
    ck_assert_uint_eq(board_reg(b, 1), 0x11);
    ck_assert_uint_eq(board_reg(b, 2) & 0x98, 0x80);
    ck_assert_uint_eq(board_reg(b, 3), 0x22);
    ck_assert_uint_eq(board_reg(b, 5), 0x44); /* 33 was lost */
    ck_assert_uint_eq(board_reg(b, 6) & 0x80, 0x00);
    ck_assert_uint_eq(mcu_board_counters(b->uno).rx_overruns, 1);
    board_free(b);
}
END_TEST

START_TEST(framing_error_belongs_to_its_byte)
{
    board_init(b);
    usart_on(0x10);
    wait_cycles(20);
    read_all(2);
    stop(b);
    send_bytes(0, 0);
    board_start(b);
    board_run(b, 100);
    net_drive(&line, NET_0, NET_STRONG); /* a break: longer than a frame */
    board_run(b, 100 + 11 * BIT_CK);
    net_drive(&line, NET_1, NET_STRONG);
    board_run(b, 40000);
    ck_assert_uint_eq(board_reg(b, 0) & 0x98, 0x90);
    ck_assert_uint_eq(board_reg(b, 1), 0x00);
    ck_assert_uint_eq(board_reg(b, 2) & 0x98, 0x00);
    board_free(b);
}
END_TEST

START_TEST(receive_interrupt_is_a_level)
{
    board_init(b);
    org(b, 2 * 18); /* USART_RX */
    rjmp(b, 0x200);
    org(b, 0x200);
    inc(b, 20);
    lds(b, 21, UDR0_D);
    reti(b);
    org(b, 0);
    rjmp(b, 0x80);
    org(b, 0x80);
    usart_on(0x90);
    wait_cycles(20); /* two bytes come in while I is clear */
    sei(b);
    stop(b);
    send_bytes(2, 100);
    board_start(b);
    board_run(b, 40000);
    ck_assert_uint_eq(board_reg(b, 20), 2);
    ck_assert_uint_eq(board_reg(b, 21), 0x22);
    board_free(b);
}
END_TEST

START_TEST(data_register_empty_interrupt_fires_when_enabled)
{
    board_init(b);
    org(b, 2 * 19); /* USART_UDRE */
    rjmp(b, 0x200);
    org(b, 0x200);
    inc(b, 20);
    ldi(b, 16, 0x08);
    sts(b, UCSR0B_D, 16);
    reti(b);
    org(b, 0);
    rjmp(b, 0x80);
    org(b, 0x80);
    usart_on(0x08);
    sei(b);
    set_data(b, UCSR0B_D, 0x28);
    stop(b);
    board_start(b);
    board_run(b, 1000);
    ck_assert_uint_eq(board_reg(b, 20), 1);
    board_free(b);
}
END_TEST

/* Nobody hears: a frame is one event, and TXD still reads as it should. */
START_TEST(frame_on_a_pin_alone_is_in_one_piece)
{
    struct sim_stats stats = { 0 };
    board_init(b);
    b->sim.stats = &stats;
    usart_on(0x08);
    set_data(b, UBRR0L_D, 0); /* 8 cycles a bit */
    sts(b, UDR0_D, 17);
    nop(b, 3);
    for (unsigned i = 0; i < 10; i++) {
        in(b, 18, PIND);
        sts(b, 0x100 + i, 18);
        nop(b, 5);
    }
    sts(b, UDR0_D, 17);
    stop(b);
    board_start(b);
    board_run(b, 1000);
    for (unsigned i = 0; i < 10; i++) {
        ck_assert_uint_eq(mcu_board_data(b->uno)[0x100 + i] >> TXD & 1, i % 2);
    }
    ck_assert_uint_eq(stats.frames, 2);
    ck_assert_uint_eq(stats.frames_refused, 0);
    board_free(b);
}
END_TEST

int main(void)
{
    static const TTest *tests[16];
    unsigned n = 0;
    tests[n++] = transmitter_has_a_buffer_and_sends_back_to_back;
    tests[n++] = udre_comes_back_as_on_silicon;
    tests[n++] = frame_format_is_taken_from_the_registers;
    tests[n++] = txc_is_set_when_the_last_frame_has_ended;
    tests[n++] = txd_is_driven_only_while_the_transmitter_is_on;
    tests[n++] = received_bits_follow_the_clock_at_the_frames_begin;
    tests[n++] = rxc_comes_in_the_middle_of_the_stop_bit;
    tests[n++] = two_bytes_and_one_more_wait_unread;
    tests[n++] = a_fourth_byte_overruns;
    tests[n++] = framing_error_belongs_to_its_byte;
    tests[n++] = receive_interrupt_is_a_level;
    tests[n++] = data_register_empty_interrupt_fires_when_enabled;
    tests[n++] = frame_on_a_pin_alone_is_in_one_piece;
    return run_suite("usart", tests, n);
}
