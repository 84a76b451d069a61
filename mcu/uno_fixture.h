/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * uno_fixture.h - for tests: an Uno with every pin on a net, running words that the test wrote
 *
 * An instruction is appended by emit(&b, op...); RJMP and the branches take absolute word addresses.
 * The core starts at time 0 with cycle 0, so an edge's time / 62.5 ns is its cycle.
 */
#ifndef MCU_UNO_FIXTURE_H
#define MCU_UNO_FIXTURE_H

#include <check.h>
#include <stdio.h>
#include <string.h>

#include "mcu/mcu_board.h"
#include "tests/run_all.h"

#define UNO_PINS 20 /* D0..D13 = 0..13, A0..A5 = 14..19 */
#define CK_PS UINT64_C(62500)
#define MAX_EDGES 4096

/* I/O addresses (for IN, OUT) and data addresses (for LDS, STS) of the ATmega328P */
enum {
    PINB = 0x03,
    DDRB = 0x04,
    PORTB = 0x05,
    PINC = 0x06,
    DDRC = 0x07,
    PORTC = 0x08,
    PIND = 0x09,
    DDRD = 0x0a,
    PORTD = 0x0b,
    TIFR0 = 0x15,
    TIFR1 = 0x16,
    PCIFR = 0x1b,
    EIFR = 0x1c,
    EIMSK = 0x1d,
    GPIOR0 = 0x1e,
    EECR = 0x1f,
    EEDR = 0x20,
    EEARL = 0x21,
    TCCR0A = 0x24,
    TCCR0B = 0x25,
    TCNT0 = 0x26,
    OCR0A = 0x27,
    SPCR = 0x2c,
    SPSR = 0x2d,
    SPDR = 0x2e,
    SMCR = 0x33,
    MCUSR = 0x34,
    SPL = 0x3d,
    SPH = 0x3e,
    SREG = 0x3f,
    WDTCSR_D = 0x60,
    PCICR_D = 0x68,
    EICRA_D = 0x69,
    PCMSK0_D = 0x6b,
    TIMSK0_D = 0x6e,
    TIMSK1_D = 0x6f,
    TCCR1A_D = 0x80,
    TCCR1B_D = 0x81,
    TCNT1L_D = 0x84,
    TCNT1H_D = 0x85,
    ICR1L_D = 0x86,
    ICR1H_D = 0x87,
    OCR1AL_D = 0x88,
    OCR1AH_D = 0x89,
    OCR1BL_D = 0x8a,
    OCR1BH_D = 0x8b,
    UCSR0A_D = 0xc0,
    UCSR0B_D = 0xc1,
    UCSR0C_D = 0xc2,
    UBRR0L_D = 0xc4,
    UBRR0H_D = 0xc5,
    UDR0_D = 0xc6,
};

struct edge {
    uint64_t cycle;
    unsigned rest; /* ps after the cycle's start */
    unsigned level;
};

struct log_of_net {
    struct net_watch watch;
    struct edge edge[MAX_EDGES];
    unsigned n;
};

struct board {
    struct sim sim;
    struct net net[UNO_PINS], reset_n;
    struct mcu_board *uno;
    uint8_t flash[32768];
    unsigned at; /* word */
    struct log_of_net log[UNO_PINS];
};

/* ---- instructions ---- */

static inline unsigned here(const struct board *b)
{
    return b->at;
}

static inline void org(struct board *b, unsigned word)
{
    b->at = word;
}

static inline void emit(struct board *b, unsigned op)
{
    b->flash[2 * b->at] = (uint8_t)op;
    b->flash[2 * b->at + 1] = (uint8_t)(op >> 8);
    b->at++;
}

static inline void nop(struct board *b, unsigned n)
{
    while (n--) {
        emit(b, 0x0000);
    }
}

static inline void ldi(struct board *b, unsigned r, unsigned k)
{
    emit(b, 0xe000 | (k & 0xf0) << 4 | (r - 16) << 4 | (k & 15));
}

static inline void out(struct board *b, unsigned io, unsigned r)
{
    emit(b, 0xb800 | (io & 0x30) << 5 | r << 4 | (io & 15));
}

static inline void in(struct board *b, unsigned r, unsigned io)
{
    emit(b, 0xb000 | (io & 0x30) << 5 | r << 4 | (io & 15));
}

static inline void sts(struct board *b, unsigned address, unsigned r)
{
    emit(b, 0x9200 | r << 4);
    emit(b, address);
}

static inline void lds(struct board *b, unsigned r, unsigned address)
{
    emit(b, 0x9000 | r << 4);
    emit(b, address);
}

static inline void sbi(struct board *b, unsigned io, unsigned bit)
{
    emit(b, 0x9a00 | io << 3 | bit);
}

static inline void cbi(struct board *b, unsigned io, unsigned bit)
{
    emit(b, 0x9800 | io << 3 | bit);
}

static inline void sbis(struct board *b, unsigned io, unsigned bit)
{
    emit(b, 0x9b00 | io << 3 | bit);
}

static inline void sbrs(struct board *b, unsigned r, unsigned bit)
{
    emit(b, 0xfe00 | r << 4 | bit);
}

static inline void rjmp(struct board *b, unsigned to)
{
    emit(b, 0xc000 | ((to - b->at - 1) & 0xfff));
}

static inline void inc(struct board *b, unsigned r)
{
    emit(b, 0x9403 | r << 4);
}

static inline void sei(struct board *b)
{
    emit(b, 0x9478);
}

static inline void cli(struct board *b)
{
    emit(b, 0x94f8);
}

static inline void reti(struct board *b)
{
    emit(b, 0x9518);
}

/* LDI r16 and OUT or STS */
static inline void set_io(struct board *b, unsigned io, unsigned v)
{
    ldi(b, 16, v);
    out(b, io, 16);
}

static inline void set_data(struct board *b, unsigned address, unsigned v)
{
    ldi(b, 16, v);
    sts(b, address, 16);
}

static inline void stop(struct board *b)
{
    rjmp(b, here(b));
}

/* ---- the board ---- */

static inline void log_edge(void *ctx, struct net *net, sim_time at_ps)
{
    struct log_of_net *l = ctx;
    ck_assert_uint_lt(l->n, MAX_EDGES);
    l->edge[l->n++] = (struct edge){ at_ps / CK_PS, (unsigned)(at_ps % CK_PS), net->level };
}

static inline void board_init(struct board *b)
{
    static const char *const names[UNO_PINS] = { "D0",  "D1",  "D2",  "D3",  "D4", "D5", "D6", "D7", "D8", "D9",
                                                 "D10", "D11", "D12", "D13", "A0", "A1", "A2", "A3", "A4", "A5" };
    memset(b, 0, sizeof *b);
    memset(b->flash, 0xff, sizeof b->flash);
    sim_init(&b->sim, 1);
    for (unsigned i = 0; i < UNO_PINS; i++) {
        net_init(&b->net[i], &b->sim, names[i]);
    }
    net_init(&b->reset_n, &b->sim, "RESET_N");
}

static inline void board_log(struct board *b, unsigned pin)
{
    net_watch_add(&b->net[pin], &b->log[pin].watch, NET_WATCH_EDGES, log_edge, &b->log[pin]);
}

static inline void board_start_with(struct board *b, struct mcu_board_config cfg)
{
    struct image_segment seg = { 0, sizeof b->flash, b->flash };
    struct image img = { .memory[IMAGE_FLASH] = { &seg, 1 } };
    struct problem err;
    for (unsigned i = 0; i < UNO_PINS; i++) {
        cfg.pins.d[i] = &b->net[i];
    }
    cfg.pins.reset_n = &b->reset_n;
    b->uno = mcu_board_new(&b->sim, &cfg, &img, &err);
    ck_assert_msg(b->uno != NULL, "%s", err.text);
}

static inline void board_start(struct board *b)
{
    struct mcu_board_config cfg = mcu_board_default(mcu_board_find("uno"));
    cfg.start_ps = 0;
    board_start_with(b, cfg);
}

/* Up to the cycle; the core then stands at most one instruction later. */
static inline void board_run(struct board *b, uint64_t cycle)
{
    sim_run_until(&b->sim, cycle * CK_PS);
    ck_assert_str_eq(b->sim.fault, "");
}

static inline unsigned board_reg(const struct board *b, unsigned r)
{
    return mcu_board_data(b->uno)[r];
}

static inline void board_free(struct board *b)
{
    mcu_board_free(b->uno);
}

/* Edge number i of a logged pin. */
#define assert_edge(b, pin, i, at_cycle, to_level)                            \
    do {                                                                      \
        ck_assert_uint_gt((b)->log[pin].n, (unsigned)(i));                    \
        ck_assert_uint_eq((b)->log[pin].edge[i].cycle, (uint64_t)(at_cycle)); \
        ck_assert_uint_eq((b)->log[pin].edge[i].rest, 0);                     \
        ck_assert_uint_eq((b)->log[pin].edge[i].level, (unsigned)(to_level)); \
    } while (0)

static inline int run_suite(const char *name, const TTest *const *tests, unsigned n)
{
    Suite *s = suite_create(name);
    TCase *tc = tcase_create(name);
    tcase_set_timeout(tc, 60);
    for (unsigned i = 0; i < n; i++) {
        tcase_add_test(tc, tests[i]);
    }
    suite_add_tcase(s, tc);
    return run_all(s);
}

#endif
