/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mcu/idle_fixture.h"

#include "mcu/uno_fixture.h"

#define RAM 0x200 /* bytes that programs read, write, and handlers count in */
#define CELLS 12  /* of them */

enum { UART_EVERY_CK = 16 * 8 };

static struct board *w;
static struct sim_rng *rng;

static unsigned below(unsigned n)
{
    return (unsigned)sim_rng_below(rng, n);
}

static bool once_in(unsigned n)
{
    return below(n) == 0;
}

static unsigned temporary(void) /* r18..r25: a loop writes them before it reads them */
{
    return 18 + below(8);
}

static unsigned steady(void) /* r2..r15: changed between loops */
{
    return 2 + below(14);
}

static unsigned cell(void)
{
    return RAM + below(CELLS);
}

static void two(unsigned op, unsigned d, unsigned r)
{
    emit(w, op | (r & 16) << 5 | d << 4 | (r & 15));
}

static void branch(unsigned op, unsigned to) /* BREQ 0xf001, BRNE 0xf401, BRCS 0xf000, BRCC 0xf400 */
{
    emit(w, op | ((to - w->at - 1) & 0x7f) << 3);
}

static void rcall(unsigned to)
{
    emit(w, 0xd000 | ((to - w->at - 1) & 0xfff));
}

static void immediate(unsigned op, unsigned d, unsigned k) /* CPI 0x3000, SUBI 0x5000, ANDI 0x7000... */
{
    emit(w, op | (k & 0xf0) << 4 | (d - 16) << 4 | (k & 15));
}

static void push(unsigned r)
{
    emit(w, 0x920f | r << 4);
}

static void pop(unsigned r)
{
    emit(w, 0x900f | r << 4);
}

/* Registers come from constants, memory, counters and each other. */
static void some_alu(void)
{
    static const uint16_t by_two[] = { 0x0c00, 0x1c00, 0x1800, 0x0800, 0x2000, 0x2400, 0x2800, 0x2c00, 0x1400, 0x0400 };
    static const uint16_t by_k[] = { 0x3000, 0x4000, 0x5000, 0x6000, 0x7000 };
    static const uint16_t single[] = { 0x9400, 0x9401, 0x9402, 0x9403, 0x9405, 0x9406, 0x9407, 0x940a };
    unsigned d = temporary();
    switch (below(12)) {
    case 0:
    case 1: two(by_two[below(10)], d, temporary()); break;
    case 2:
    case 3: two(by_two[below(10)], d, steady()); break;
    case 4:
    case 5: immediate(by_k[below(5)], d, below(256)); break;
    case 6:
    case 7: emit(w, single[below(8)] | d << 4); break;
    case 8: emit(w, (once_in(2) ? 0x9600 : 0x9700) | (below(64) & 0x30) << 2 | below(16)); break; /* ADIW, SBIW r24 */
    case 9: two(0x9c00, d, temporary()); break;                                                   /* MUL */
    case 10: emit(w, 0x0100 | (9 + below(4)) << 4 | (1 + below(7))); break;                       /* MOVW */
    default: emit(w, (once_in(2) ? 0xfa00 : 0xf800) | d << 4 | below(8)); break;                  /* BST, BLD */
    }
}

static void some_load(void)
{
    unsigned d = temporary();
    switch (below(9)) {
    case 0:
    case 1: lds(w, d, cell()); break;
    case 2: emit(w, 0x8008 | d << 4 | below(8)); break; /* LDD d, Y + q */
    case 3: ldi(w, d, below(256)); break;
    case 4: in(w, d, once_in(2) ? PIND : GPIOR0); break;
    case 5: emit(w, 0x900c | d << 4); break; /* LD d, X */
    case 6: emit(w, 0x9004 | d << 4); break; /* LPM d, Z */
    case 7: lds(w, d, UCSR0A_D); break;
    default:                      /* a pointer that comes back */
        emit(w, 0x900d | d << 4); /* LD d, X+ */
        emit(w, 0x900e | d << 4); /* LD d, -X */
    }
}

static void look_at_count(void) /* as micros() does */
{
    unsigned d = temporary();
    bool atomic = once_in(2);
    if (atomic) {
        in(w, 0, SREG);
        cli(w);
        lds(w, temporary(), cell());
    }
    in(w, d, TCNT0);
    if (once_in(2)) {
        sbis(w, TIFR0, below(2));
        two(0x2c00, temporary(), d); /* MOV */
    }
    if (atomic) {
        out(w, SREG, 0);
    }
}

static void some_store(void)
{
    unsigned r = temporary();
    switch (below(5)) {
    case 0:
        lds(w, r, cell());
        sts(w, w->flash[2 * w->at - 2] | w->flash[2 * w->at - 1] << 8, r); /* the value that it has */
        break;
    case 1:
        push(r);
        some_load();
        pop(r);
        break;
    case 2:
        in(w, r, PORTB); /* digitalWrite() */
        out(w, PORTB, r);
        break;
    default: sts(w, RAM + CELLS + below(6), r); break; /* what nobody counts in */
    }
}

static void body(unsigned n, unsigned sub)
{
    while (n--) {
        switch (below(10)) {
        case 0: look_at_count(); break;
        case 1: some_store(); break;
        case 2:
        case 3:
        case 4: some_load(); break;
        case 5:
            if (sub) {
                rcall(sub);
            }
            break;
        case 6:
            if (once_in(4)) { /* a small loop */
                unsigned d = temporary();
                ldi(w, d, 1 + below(6));
                unsigned at = here(w);
                emit(w, 0x940a | d << 4); /* DEC */
                branch(0xf401, at);
            }
            break;
        case 7:
            if (once_in(6)) {
                emit(w, 0x95a8); /* WDR */
            }
            break;
        default: some_alu(); break;
        }
    }
}

/* The loop goes on while... */
static void waits(unsigned loop)
{
    unsigned d = temporary(), r = temporary();
    switch (below(10)) {
    case 0: /* memory is what it was at the start of the program's round */
        lds(w, d, RAM + below(4));
        two(0x1400, d, 2);
        branch(0xf001, loop);
        return;
    case 1: /* a count is below another: a short delay */
        in(w, d, TCNT0);
        two(0x1800, d, 3);
        immediate(0x3000, d, 20 + below(200));
        branch(0xf000, loop);
        return;
    case 2: /* a ring is empty */
        lds(w, d, RAM + 4);
        lds(w, r == d ? 17 : r, RAM + 5);
        two(0x1400, d, r == d ? 17 : r);
        branch(0xf001, loop);
        return;
    case 3:                                                 /* a pin is low */
        emit(w, 0x9b00 | PIND << 3 | (once_in(2) ? 2 : 4)); /* SBIS */
        rjmp(w, loop);
        return;
    case 4: /* 16 bits counted by a handler, as delay() does */
        in(w, 0, SREG);
        cli(w);
        lds(w, 24, RAM + 0);
        lds(w, 25, RAM + 1);
        in(w, 23, TCNT0);
        out(w, SREG, 0);
        two(0x1800, 24, 4);
        two(0x0800, 25, 5);
        immediate(0x3000, 24, 1 + below(3));
        branch(0xf000, loop);
        return;
    case 5: /* a timer's flag is clear */
        in(w, d, TIFR0);
        sbrs(w, d, 1);
        rjmp(w, loop);
        out(w, TIFR0, d);
        return;
    case 6: /* a byte on its way by SPI; the transmitter is full; EEPROM is written */
        in(w, d, SPSR);
        sbrs(w, d, 7);
        rjmp(w, loop);
        in(w, d, SPDR);
        out(w, SPDR, d);
        return;
    case 7:
        lds(w, d, UCSR0A_D);
        sbrs(w, d, 5);
        rjmp(w, loop);
        sts(w, UDR0_D, r);
        return;
    case 8:
        emit(w, 0x9900 | EECR << 3 | 1); /* SBIC */
        rjmp(w, loop);
        sbi(w, EECR, 2);
        sbi(w, EECR, 1);
        return;
    default: /* a bit of a byte */
        lds(w, d, RAM + below(4));
        emit(w, 0xfe00 | d << 4 | below(3)); /* SBRS */
        rjmp(w, loop);
    }
}

/* A loop that calls nothing, changes no I and reads no count: handlers that only count are skipped with it. */
static void plain_loop(void)
{
    unsigned loop = here(w), d = temporary(), r = steady();
    for (unsigned n = below(4); n--;) {
        switch (below(4)) {
        case 0: lds(w, d, RAM + 8 + below(4)); break;
        case 1: two(0x2c00, temporary(), steady()); break; /* MOV */
        case 2: emit(w, 0x9680); break;                    /* ADIW r24, 0x20 / a change that a later LDI takes back */
        default: two(0x0c00, temporary(), r); break;       /* ADD */
        }
    }
    ldi(w, 24, below(256));
    ldi(w, 25, below(256));
    for (unsigned i = 18; i < 24; i++) {
        if (once_in(3)) {
            ldi(w, i, below(256));
        }
    }
    if (once_in(2)) {
        lds(w, d, RAM + 8 + below(4));
        sts(w, RAM + CELLS + 5, d);
    }
    lds(w, d, RAM + 6);                  /* until a byte comes */
    emit(w, 0xfe00 | d << 4 | below(3)); /* SBRS */
    rjmp(w, loop);
}

static unsigned calm; /* a subroutine that only uses the stack */

static void calm_subroutine(void)
{
    calm = here(w);
    push(20);
    lds(w, 20, RAM + 8 + below(4));
    if (once_in(2)) {
        push(21);
        ldi(w, 21, below(256));
        pop(21);
    }
    pop(20);
    emit(w, 0x9508); /* RET */
}

/* A loop that reads what a handler counts, calls, pushes or changes I, as the Arduino core's loop() and millis() do. */
static void busy_loop(void)
{
    unsigned d = temporary(), limit = 3 + below(200), how = below(4);
    lds(w, 4, RAM + 0);
    lds(w, 5, RAM + 1);
    unsigned loop = here(w);
    for (unsigned i = 16; i < 26; i++) {
        ldi(w, i, below(256));
    }
    for (unsigned n = below(5); n--;) {
        switch (below(4)) {
        case 0: rcall(calm); break;
        case 1:
            push(d);
            lds(w, d, RAM + 8 + below(4));
            pop(d);
            break;
        case 2: lds(w, temporary(), RAM + below(2)); break;
        default:
            in(w, 0, SREG);
            cli(w);
            lds(w, d, RAM + 8);
            out(w, SREG, 0);
        }
    }
    if (how == 2) { /* until a byte comes */
        lds(w, d, RAM + 6);
        emit(w, 0xfe00 | d << 4 | below(3)); /* SBRS */
        rjmp(w, loop);
        return;
    }
    if (how == 3) { /* while nobody counts between two looks */
        lds(w, 24, RAM + 0);
        rcall(calm);
        lds(w, 25, RAM + 0);
        two(0x1400, 24, 25); /* CP */
        branch(0xf001, loop);
        return;
    }
    in(w, 0, SREG);
    if (how) {
        cli(w);
    }
    lds(w, 24, RAM + 0);
    lds(w, 25, RAM + 1);
    out(w, SREG, 0);
    two(0x1800, 24, 4); /* SUB */
    two(0x0800, 25, 5); /* SBC */
    immediate(0x3000, 24, limit);
    branch(0xf000, loop);
}

static enum idle_program kind;

static void some_of_a_wake(void)
{
    unsigned d = temporary(), at = RAM + 8 + below(4);
    switch (below(10)) {
    case 0: rcall(calm); break;
    case 1: /* a number of its own, one byte or two */
        lds(w, 24, at);
        emit(w, 0x9601); /* ADIW r24, 1 */
        sts(w, at, 24);
        break;
    case 2: lds(w, d, RAM + below(2)); break;
    case 3:
        in(w, 18, SREG);
        cli(w);
        lds(w, d == 18 ? 19 : d, RAM + 1);
        out(w, SREG, 18);
        break;
    case 4: sts(w, RAM + CELLS + below(6), d); break;
    case 5: two(0x1800, d, steady()); break; /* SUB: from what the last wake left, or not */
    case 6:
        if (once_in(6)) {
            inc(w, steady());
        } else {
            emit(w, 0x95a8); /* WDR */
        }
        break;
    case 7: /* with a carry that the last wake left, maybe */
        lds(w, d, at);
        two(0x1c00, d, steady()); /* ADC */
        sts(w, at, d);
        break;
    case 8: /* a carry as what is counted has it */
        lds(w, d, RAM + 0);
        emit(w, 0x9406 | d << 4); /* LSR */
        break;
    default: ldi(w, d, below(256)); break;
    }
}

/* SLEEP in a loop until a handler has counted so far, or a byte comes. */
static void sleep_loop(void)
{
    unsigned d = temporary(), limit = 3 + below(250), how = below(6);
    bool sets_smcr = once_in(2);
    lds(w, 4, RAM + 0);
    unsigned loop = here(w);
    if (sets_smcr) { /* sleep_mode() */
        in(w, d, SMCR);
        immediate(0x6000, d, 1);
        out(w, SMCR, d);
    }
    if (once_in(4)) {
        cli(w);
        lds(w, temporary(), RAM + 2);
        sei(w);
    }
    emit(w, 0x9588); /* SLEEP */
    if (sets_smcr) {
        in(w, d, SMCR);
        immediate(0x7000, d, 0xfe);
        out(w, SMCR, d);
    }
    for (unsigned n = below(5); n--;) {
        some_of_a_wake();
    }
    if (how == 0) {
        lds(w, d, RAM + 6);
        emit(w, 0xfe00 | d << 4 | below(3)); /* SBRS */
        rjmp(w, loop);
    } else if (how < 3) {
        lds(w, d, RAM + below(4));
        emit(w, 0xfe00 | d << 4 | (3 + below(5)));
        rjmp(w, loop);
    } else {
        lds(w, 24, RAM + 0);
        two(0x1800, 24, 4);
        immediate(0x3000, 24, limit);
        branch(0xf000, loop);
    }
}

/* ---- loops that count registers down ---- */

static void nothing(unsigned most)
{
    for (unsigned n = below(3) ? 0 : below(most + 1); n--;) {
        if (once_in(2)) {
            emit(w, 0); /* NOP */
        } else {
            rjmp(w, here(w) + 1);
        }
    }
}

/* Some r16..r23, each another: n of them from the first on. */
static unsigned first_of(unsigned n)
{
    return 16 + below(9 - n);
}

/* Laps of 3 to 20 cycles: up to some hundred thousand cycles. */
static void count_down(void)
{
    unsigned how = below(3), bytes = how == 0 ? 1 : how == 1 ? 2 : 1 + below(4);
    unsigned d = how == 1 ? 24 + 2 * below(4) : first_of(bytes);
    for (unsigned i = 0; i < bytes; i++) {
        ldi(w, d + i, i < 2 ? below(256) : i == 2 ? below(2) : 0);
    }
    unsigned loop = here(w);
    nothing(4);
    if (how == 0) {
        emit(w, 0x940a | d << 4); /* DEC */
    } else if (how == 1) {
        emit(w, 0x9701 | (d - 24) << 3); /* SBIW d, 1 */
    } else {
        immediate(0x5000, d, 1); /* SUBI */
        for (unsigned i = 1; i < bytes; i++) {
            immediate(0x4000, d + i, 0); /* SBCI */
        }
    }
    nothing(4);
    branch(0xf401, loop);
}

/* DEC within DEC within DEC, to one target or to each its own. */
static void count_down_nested(void)
{
    unsigned levels = 2 + below(2), d = first_of(3), loop[3];
    bool to_one = once_in(2);
    for (unsigned i = levels; i--;) {
        ldi(w, d + i, i == 2 ? 1 + below(3) : below(256));
    }
    for (unsigned i = levels; i--;) {
        loop[i] = here(w);
        if (!to_one && i) {
            nothing(2);
            ldi(w, d + i - 1, below(256));
        }
    }
    nothing(2);
    for (unsigned i = 0; i < levels; i++) {
        emit(w, 0x940a | (d + i) << 4); /* DEC */
        branch(0xf401, loop[to_one ? 0 : i]);
    }
}

/* for (i = 0; i < n; i++), while (n--) and the like, around a counting loop. */
static void count_in_loop(void)
{
    unsigned inner = once_in(2) ? 24 + 2 * below(4) : 22, how = below(4), exit = 0;
    ldi(w, 16, how < 2 ? 0 : below(256));
    ldi(w, 17, how < 2 ? 0 : below(2));
    ldi(w, 18, below(256));
    ldi(w, 19, once_in(4));
    unsigned loop = here(w);
    if (how == 2) { /* while (n--) */
        immediate(0x5000, 16, 1);
        immediate(0x4000, 17, 0);
        exit = here(w);
        emit(w, 0);
    }
    nothing(2);
    if (once_in(4)) {
        some_alu();
    }
    ldi(w, inner, below(256));
    if (inner != 22) {
        ldi(w, inner + 1, below(8));
    }
    unsigned at = here(w);
    nothing(2);
    emit(w, inner == 22 ? 0x940a | 22 << 4 : 0x9701 | (inner - 24) << 3);
    branch(0xf401, at);
    nothing(2);
    if (how < 2) {
        immediate(0x5000, 16, 255);
        immediate(0x4000, 17, 255);
        two(0x1400, 16, 18); /* CP */
        two(0x0400, 17, 19); /* CPC */
        branch(how ? 0xf401 : 0xf000, loop);
    } else if (how == 2) {
        rjmp(w, loop);
        unsigned end = here(w);
        org(w, exit);
        branch(0xf000, end);
        org(w, end);
    } else {
        emit(w, 0x940a | 18 << 4);
        branch(0xf401, loop);
    }
}

static unsigned delays; /* a subroutine */

static void delay(unsigned how)
{
    bool alone = once_in(8); /* no calls come */
    if (alone) {
        cli(w);
    }
    if (how == 2 && once_in(4)) {
        bool deeper = once_in(2);
        if (deeper) {
            push(20);
        }
        rcall(delays);
        if (deeper) {
            pop(20);
        }
    } else if (once_in(4)) {
        count_down_nested();
    } else if (once_in(3)) {
        count_in_loop();
    } else {
        count_down();
    }
    if (alone) {
        sei(w);
    }
    lds(w, 20, RAM + below(2)); /* what was counted meanwhile */
    sts(w, RAM + CELLS, 20);
}

static void delay_subroutine(void)
{
    delays = here(w);
    delay(0);
    emit(w, 0x9508); /* RET */
}

/* A handler of any length that counts; its first bytes as handler()'s. */
static unsigned long_handler(void)
{
    unsigned at = here(w), bytes = 1 + below(4);
    bool fraction = once_in(3);
    push(24);
    in(w, 24, SREG);
    push(24);
    for (unsigned n = once_in(2) ? below(60) : 0; n--;) {
        emit(w, 0);
    }
    lds(w, 24, RAM);
    immediate(0x5000, 24, 255 - (once_in(2) ? below(3) : 0)); /* SUBI */
    sts(w, RAM, 24);
    for (unsigned i = 1; i < bytes; i++) {
        lds(w, 24, RAM + i);
        immediate(0x4000, 24, 255); /* SBCI */
        sts(w, RAM + i, 24);
    }
    if (fraction) { /* timer 0's of the Arduino core */
        lds(w, 24, RAM + 8);
        immediate(0x5000, 24, 253);
        immediate(0x3000, 24, 125);
        branch(0xf000, here(w) + 2);
        immediate(0x5000, 24, 125);
        sts(w, RAM + 8, 24);
    }
    pop(24);
    out(w, SREG, 24);
    pop(24);
    reti(w);
    return at;
}

static void wait_loop(unsigned sub)
{
    if (kind == IDLE_PROGRAM_SLEEPS) {
        sleep_loop();
        return;
    }
    if (kind == IDLE_PROGRAM_COUNTS) {
        delay(2);
        return;
    }
    if (once_in(4)) {
        plain_loop();
        return;
    }
    if (once_in(3)) {
        busy_loop();
        return;
    }
    two(0x2c00, 2, 24); /* MOV: what loops take for steady */
    lds(w, 2, RAM + below(4));
    in(w, 3, TCNT0);
    lds(w, 4, RAM + 0);
    lds(w, 5, RAM + 1);
    if (once_in(2)) {
        inc(w, steady());
    }
    unsigned loop = here(w);
    body(once_in(3) ? below(3) : below(14), sub);
    if (once_in(12)) {
        inc(w, steady()); /* it never returns to its state */
    }
    waits(loop);
}

/* A handler: counts a byte or two, or as timer 0's of the Arduino core does. */
static unsigned handler(unsigned first)
{
    unsigned at = here(w);
    push(24);
    in(w, 24, SREG);
    push(24);
    push(25);
    lds(w, 24, first);
    unsigned how = below(5);
    if (how == 0) {
        lds(w, 25, first + 1);
        emit(w, 0x9601); /* ADIW r24, 1 */
        sts(w, first + 1, 25);
    } else if (how == 1) {
        immediate(0x5000, 24, 253); /* + 3 */
        immediate(0x3000, 24, 125);
        branch(0xf000, here(w) + 2);
        immediate(0x5000, 24, 125);
    } else if (how == 2) { /* 16 bits, by their carry */
        lds(w, 25, first + 1);
        immediate(0x5000, 24, 255 - below(3));
        immediate(0x4000, 25, 255); /* SBCI */
        sts(w, first + 1, 25);
    } else {
        inc(w, 24);
    }
    sts(w, first, 24);
    if (once_in(3)) {
        sbi(w, PINB, 0);
    }
    if (once_in(8)) {
        two(0x2c00, steady(), 24); /* a handler that changes a register for good */
    }
    pop(25);
    pop(24);
    out(w, SREG, 24);
    pop(24);
    reti(w);
    return at;
}

static unsigned timer_handler(void)
{
    return kind == IDLE_PROGRAM_COUNTS && below(4) ? long_handler() : handler(RAM);
}

static unsigned uart_handler(void)
{
    unsigned at = here(w);
    push(24);
    in(w, 24, SREG);
    push(24);
    lds(w, 24, UDR0_D);
    sts(w, RAM + 6, 24);
    lds(w, 24, RAM + 4);
    inc(w, 24);
    sts(w, RAM + 4, 24);
    pop(24);
    out(w, SREG, 24);
    pop(24);
    reti(w);
    return at;
}

static void vector(unsigned n, unsigned to)
{
    unsigned at = w->at;
    org(w, 2 * n);
    rjmp(w, to);
    org(w, at);
}

void idle_program_draw(struct board *b, struct sim_rng *random, enum idle_program which)
{
    w = b;
    rng = random;
    kind = which;
    memset(w->flash, 0xff, sizeof w->flash);
    org(w, 0x80);
    vector(14, timer_handler()); /* TIMER0_COMPA */
    vector(16, timer_handler()); /* TIMER0_OVF */
    vector(1, handler(RAM + 2)); /* INT0 */
    vector(18, uart_handler());
    vector(6, uart_handler()); /* WDT */
    calm_subroutine();
    if (kind == IDLE_PROGRAM_COUNTS) {
        delay_subroutine();
    }
    unsigned sub = here(w);
    body(1 + below(4), 0);
    emit(w, 0x9508); /* RET */
    vector(0, here(w));
    for (unsigned r = 2; r < 16; r++) {
        ldi(w, 16, below(256));
        two(0x2c00, r, 16);
    }
    for (unsigned r = 26; r < 32; r++) {
        ldi(w, r, r & 1 ? RAM >> 8 : below(4));
    }
    set_io(w, DDRB, 0x2d); /* SCK, MOSI, SS and a pin that is watched */
    set_io(w, SPCR, 0x50 | below(4));
    out(w, SPDR, 16);
    set_io(w, OCR0A, below(256));
    set_io(w, TCCR0A, once_in(3) ? 2 : 3); /* CTC, fast PWM */
    set_io(w, TCCR0B, 1 + below(3));
    set_data(w, TIMSK0_D, once_in(4) ? 0 : kind == IDLE_PROGRAM_COUNTS ? 1 + below(2) : 1 + below(3));
    if (kind == IDLE_PROGRAM_COUNTS && once_in(4)) { /* calls take about as long as from one to the next */
        set_io(w, OCR0A, 30 + below(120));
        set_io(w, TCCR0A, 2);
        set_io(w, TCCR0B, 1);
        set_data(w, TIMSK0_D, 2);
    }
    if (kind == IDLE_PROGRAM_COUNTS && once_in(8)) { /* calls push where they count, or near it */
        set_io(w, SPH, RAM >> 8);
        set_io(w, SPL, below(40));
    }
    set_data(w, EICRA_D, 1);
    set_io(w, EIMSK, below(2));
    set_data(w, UBRR0L_D, UART_EVERY_CK / 16 - 1);
    set_data(w, UCSR0B_D, 0x98);
    if (kind == IDLE_PROGRAM_SLEEPS) { /* the watchdog interrupts 16 ms after the last WDR */
        set_data(w, WDTCSR_D, 0x18);
        set_data(w, WDTCSR_D, 0x40);
    }
    sei(w);
    unsigned round = here(w);
    for (unsigned n = 1 + below(4); n--;) {
        wait_loop(sub);
        sts(w, RAM + CELLS + below(4), temporary());
        lds(w, 17, RAM + 4); /* what came is taken */
        sts(w, RAM + 5, 17);
    }
    rjmp(w, round);
    ck_assert_uint_lt(here(w), 0x600);
}
