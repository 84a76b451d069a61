/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * idle_lap_test.c - random programs of waiting loops, with shortcuts and without, come out the same
 *
 * A program is drawn: loops that wait for memory which a handler changes, for a timer's count or flag, for a pin, SPI,
 * the UART or the EEPROM, with a body of random instructions, calls, small loops and stores; handlers that count. Two
 * chips run it, one with sim.no_shortcuts; wires move at random times, and at random cuts cycles, pc, SREG, registers,
 * SRAM, I/O and the edges of an output are compared. What kinds of laps came to be kept is counted: all must be met.
 * Controls: rules of the kept laps are broken one by one (an input forgotten, a flag said to stay); each is noticed.
 */
#include "mcu/chip.h"
#include "mcu/timer_parts.h"
#include "mcu/uno_fixture.h"
#include "sim/nvm.h"
#include "sim/part.h"
#include "sim/rng.h"
#include "sim/vline.h"

#define PROGRAMS 100
#define CUTS 60
#define MOST_TRIES 60 /* of programs, until one notices that a rule is broken */
#define RAM 0x200     /* bytes that programs read, write, and handlers count in */
#define CELLS 12      /* of them */
#define FLASH_WORDS 0x1000

enum { UART_EVERY_CK = 16 * 8 };

/* ---- the program ---- */

static struct board writer, *w = &writer;
static struct sim_rng rng;

static unsigned below(unsigned n)
{
    return (unsigned)sim_rng_below(&rng, n);
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

static bool sleepy; /* all loops sleep */

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

static void wait_loop(unsigned sub)
{
    if (sleepy) {
        sleep_loop();
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

static void draw_program(void)
{
    memset(w->flash, 0xff, sizeof w->flash);
    org(w, 0x80);
    vector(14, handler(RAM + 0)); /* TIMER0_COMPA */
    vector(16, handler(RAM + 0)); /* TIMER0_OVF */
    vector(1, handler(RAM + 2));  /* INT0 */
    vector(18, uart_handler());
    calm_subroutine();
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
    set_data(w, TIMSK0_D, once_in(4) ? 0 : 1 + below(3));
    set_data(w, EICRA_D, 1);
    set_io(w, EIMSK, below(2));
    set_data(w, UBRR0L_D, UART_EVERY_CK / 16 - 1);
    set_data(w, UCSR0B_D, 0x98);
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

/* ---- two chips ---- */

static struct side {
    struct sim sim;
    struct nvm nvm;
    struct chip chip;
    struct vline vcc;
    struct net pb0, sck, pd0, pd2, pd4;
    struct net_driver drive[3];
    struct net_watch watch[2];
    uint64_t edges;
} sides[2];

static void bites(void *ctx)
{
    (void)ctx;
}

static void see_edge(void *ctx, struct net *net, sim_time at_ps)
{
    struct side *s = ctx;
    s->edges = (s->edges ^ (2 * at_ps + net->level)) * UINT64_C(0x100000001b3);
}

static void side_init(struct side *s, bool no_shortcuts)
{
    static const char *const names[] = { "PD0", "PD2", "PD4" };
    const struct part *part = part_find("ATmega328P");
    struct target_switches sw = target_switches_default();
    struct net *const nets[] = { &s->pd0, &s->pd2, &s->pd4 };
    struct problem err;
    memset(s, 0, sizeof *s);
    sim_init(&s->sim, 1);
    s->sim.no_shortcuts = no_shortcuts;
    nvm_init(&s->nvm, part, &sw, 1);
    memcpy(s->nvm.cells.flash, w->flash, part->flash_bytes);
    ck_assert_msg(chip_init(&s->chip, &s->sim, &s->nvm, "chip", 16000000000, bites, NULL, &err), "%s", err.text);
    vline_init(&s->vcc, &s->sim, "VCC", 5000);
    s->chip.pins.supply = &s->vcc;
    for (unsigned i = 0; i < 2; i++) {
        struct net *net = i ? &s->sck : &s->pb0;
        const char *name = i ? "PB5" : "PB0";
        net_init(net, &s->sim, name);
        chip_connect(&s->chip, name, net);
        net_watch_add(net, &s->watch[i], NET_WATCH_EDGES, see_edge, s);
    }
    for (unsigned i = 0; i < 3; i++) {
        net_init(nets[i], &s->sim, names[i]);
        net_attach(nets[i], &s->drive[i], "outside");
        net_drive(&s->drive[i], i == 0, NET_STRONG);
        chip_connect(&s->chip, names[i], nets[i]);
    }
    chip_latch(&s->chip, &s->nvm.cells.fuses, 0);
    core_start(&s->chip.core, 0, CORE_PORF);
}

/* Timers' flags stand in data[] once somebody looks. */
static void look_at_flags(void)
{
    for (unsigned i = 0; i < 2; i++) {
        struct timers *all = &sides[i].chip.timers;
        uint64_t now = sides[i].chip.core.avr->cycle;
        for (unsigned k = 0; k < all->n; k++) {
            if (!timer_steps_to(&all->timer[k], now)) {
                timer_settle(&all->timer[k], now);
            }
        }
    }
}

/* "" or what differs. */
static const char *difference(void)
{
    static char text[80];
    look_at_flags();
    const struct core *x = &sides[0].chip.core, *y = &sides[1].chip.core;
    if (x->avr->cycle != y->avr->cycle || x->avr->pc != y->avr->pc) {
        snprintf(text, sizeof text, "pc %x and %x, cycle %llu and %llu", x->avr->pc, y->avr->pc,
                 (unsigned long long)x->avr->cycle, (unsigned long long)y->avr->cycle);
        return text;
    }
    for (unsigned i = 0; i <= x->ram_end; i++) {
        if (x->avr->data[i] != y->avr->data[i]) {
            snprintf(text, sizeof text, "data[%x] %02x and %02x", i, x->avr->data[i], y->avr->data[i]);
            return text;
        }
    }
    if (memcmp(x->avr->sreg, y->avr->sreg, sizeof x->avr->sreg)) {
        return "SREG";
    }
    if (x->slept_ck != y->slept_ck) {
        return "how long it slept";
    }
    if (x->interrupts != y->interrupts || x->avr->interrupt_state != y->avr->interrupt_state) {
        return "interrupts";
    }
    return sides[0].edges != sides[1].edges ? "the edges of PB0 or SCK" : "";
}

/* ---- what is broken on purpose ---- */

enum broken {
    NOTHING,
    INPUT_FORGOTTEN,
    BYTE_FORGOTTEN,
    OUTPUT_FORGOTTEN,
    FLAG_STAYS,
    LENGTH_WRONG,
    CALL_WRONG,
    COUNT_WRONG,
    MIXED_FORGOTTEN,
    DEPTH_FORGOTTEN,
    OPEN_FORGOTTEN,
    WAKE_LENGTH_WRONG, /* from here on programs sleep */
    WAKE_COUNT_WRONG,
    WAKE_REGISTER_FORGOTTEN,
    WAKE_FLAG_FORGOTTEN,
    WAKES_TOO_FEW,
    WAKE_BREAKS,
};

static uint64_t stays(void *ctx, avr_io_addr_t at, uint8_t *value)
{
    (void)ctx;
    (void)at;
    (void)value;
    return UINT64_MAX;
}

static void break_rule(struct core *c, enum broken broken)
{
    for (unsigned i = 0; i < IDLE_KEPT; i++) {
        struct idle_lap *lap = &c->idle.kept[i];
        switch (broken) {
        case INPUT_FORGOTTEN: lap->reg_in = 0; break;
        case BYTE_FORGOTTEN:
            for (unsigned k = 0; k < lap->n_bytes; k++) {
                lap->byte[k].in = false;
            }
            break;
        case OUTPUT_FORGOTTEN: lap->reg_out &= lap->reg_in; break;
        case LENGTH_WRONG: lap->ck++; break;
        case MIXED_FORGOTTEN:
            for (unsigned k = 0; k < lap->n_bytes; k++) {
                lap->byte[k].first_read = UINT8_MAX;
            }
            break;
        case DEPTH_FORGOTTEN: /* calls come as deep as each other, and write nothing where the lap does */
            for (unsigned k = 0; k < lap->instructions && lap->takes_calls; k++) {
                lap->step_sp[k] = lap->step_sp[0];
            }
            break;
        case OPEN_FORGOTTEN: memset(lap->step_is_open, 1, sizeof lap->step_is_open); break;
        default: break;
        }
    }
    if (broken == CALL_WRONG) {
        c->idle.call.ck += c->idle.call.lap.valid;
    }
    if (broken == COUNT_WRONG) { /* a byte less of what it counts */
        c->idle.call.lap.byte[0].written = c->idle.call.lap.byte[1].written = false;
        for (unsigned i = 2; i < c->idle.call.lap.n_bytes; i++) {
            c->idle.call.lap.byte[i].written &= !c->idle.call.lap.byte[i].direct;
        }
    }
    struct idle_wake *wake = &c->idle.wake;
    struct idle_lap *lap = &wake->call.lap;
    switch (broken) {
    case WAKE_LENGTH_WRONG: wake->call.ck += lap->valid; break;
    case WAKE_COUNT_WRONG:
        for (unsigned i = 0; i < lap->n_bytes; i++) {
            lap->byte[i].written &= !lap->byte[i].direct;
        }
        break;
    case WAKE_REGISTER_FORGOTTEN: lap->reg_back = 0; break;
    case WAKE_FLAG_FORGOTTEN: lap->flag_back = 0; break;
    case WAKES_TOO_FEW: wake->executed = 1; break;
    default: break;
    }
    if (broken == FLAG_STAYS) {
        core_io_steady(c, TIFR0 + 32, stays, NULL);
    }
}

/* ---- the runs ---- */

struct met { /* laps kept, and instructions skipped by them */
    uint64_t kept, counts, calls, touch_i, sram, from_start, wakes, means[IDLE_MEANS];
};

static void see_kept(struct met *m, const struct core *c)
{
    for (unsigned i = 0; i < IDLE_KEPT; i++) {
        const struct idle_lap *lap = &c->idle.kept[i];
        m->kept += lap->valid;
        m->counts += lap->valid && lap->counts;
        m->calls += lap->valid && lap->calls;
        m->touch_i += lap->valid && lap->touches_i;
        m->sram += lap->valid && lap->n_bytes;
    }
    m->from_start += c->idle.leaps_from_start;
    m->wakes += c->idle.wakes;
    for (unsigned i = 0; i < IDLE_MEANS; i++) {
        m->means[i] += c->idle.skipped_instructions[i];
    }
}

static void move_wires(void)
{
    unsigned which = below(8), level = below(2);
    if (which < 3) {
        for (unsigned i = 0; i < 2; i++) {
            net_drive(&sides[i].drive[which], level ? NET_1 : NET_0, NET_STRONG);
        }
    }
}

/* "" or what came out otherwise. */
static const char *run_program(uint64_t seed, bool sleeps, enum broken broken, struct met *m)
{
    const char *text = "";
    rng = sim_rng_stream(seed, "programs");
    sleepy = sleeps;
    draw_program();
    side_init(&sides[0], false);
    side_init(&sides[1], true);
    for (unsigned cut = 0; cut < CUTS && !*text; cut++) {
        sim_time to = sides[0].sim.now_ps + 1 + sim_rng_below(&rng, UINT64_C(1) << (17 + below(14))); /* ...1 ms */
        sim_run_until(&sides[0].sim, to);
        sim_run_until(&sides[1].sim, to);
        text = difference();
        break_rule(&sides[0].chip.core, broken);
        move_wires();
    }
    see_kept(m, &sides[0].chip.core);
    chip_free(&sides[0].chip);
    chip_free(&sides[1].chip);
    return text;
}

static unsigned first = 1, programs = PROGRAMS;

START_TEST(random_waits_come_out_the_same)
{
    struct met m = { 0 };
    for (unsigned seed = first; seed < first + programs; seed++) {
        const char *text = run_program(seed, false, NOTHING, &m);
        if (*text) {
            ck_abort_msg("program %u: %s", seed, text);
        }
    }
    if (programs != PROGRAMS) {
        printf("%llu leaps from a start\n", (unsigned long long)m.from_start);
    }
    const uint64_t all[] = { m.kept,
                             m.counts,
                             m.calls,
                             m.touch_i,
                             m.sram,
                             m.from_start,
                             m.means[IDLE_LAPS],
                             m.means[IDLE_POLLS],
                             m.means[IDLE_COUNTS],
                             m.means[IDLE_TIMER_LAPS],
                             m.means[IDLE_CALLS] };
    for (unsigned i = 0; i < sizeof all / sizeof all[0]; i++) {
        ck_assert_msg(all[i] >= 10, "kind %u of laps was hardly met", i);
    }
}
END_TEST

START_TEST(random_sleeps_come_out_the_same)
{
    struct met m = { 0 };
    for (unsigned seed = first; seed < first + programs; seed++) {
        const char *text = run_program(seed, true, NOTHING, &m);
        if (*text) {
            ck_abort_msg("program %u: %s", seed, text);
        }
    }
    if (programs != PROGRAMS) {
        printf("%llu wakes\n", (unsigned long long)m.wakes);
    }
    ck_assert_uint_ge(m.wakes, 100);
}
END_TEST

START_TEST(broken_rules_are_noticed)
{
    /* a program that notices it is not far */
    static const unsigned from[] = {
        [INPUT_FORGOTTEN] = 70,
        [BYTE_FORGOTTEN] = 1,
        [OUTPUT_FORGOTTEN] = 1,
        [FLAG_STAYS] = 10,
        [LENGTH_WRONG] = 1,
        [CALL_WRONG] = 10,
        [COUNT_WRONG] = 10,
        [MIXED_FORGOTTEN] = 200,
        [DEPTH_FORGOTTEN] = 290,
        [OPEN_FORGOTTEN] = 480,
        [WAKE_LENGTH_WRONG] = 1,
        [WAKE_COUNT_WRONG] = 1,
        [WAKE_REGISTER_FORGOTTEN] = 50,
        [WAKE_FLAG_FORGOTTEN] = 650,
        [WAKES_TOO_FEW] = 1,
    };
    for (enum broken broken = INPUT_FORGOTTEN; broken < WAKE_BREAKS; broken++) {
        struct met m = { 0 };
        unsigned seed = from[broken], last = seed + MOST_TRIES;
        while (seed < last && !*run_program(seed, broken >= WAKE_LENGTH_WRONG, broken, &m)) {
            seed++;
        }
        ck_assert_msg(seed < last, "rule %d can be broken", (int)broken);
    }
}
END_TEST

int main(int argc, char **argv)
{
    if (argc == 3) { /* `idle_lap_test FIRST N`: a longer search */
        first = (unsigned)strtoul(argv[1], NULL, 0);
        programs = (unsigned)strtoul(argv[2], NULL, 0);
    }
    const TTest *const tests[] = { random_waits_come_out_the_same, random_sleeps_come_out_the_same,
                                   broken_rules_are_noticed };
    return run_suite("idle laps", tests, sizeof tests / sizeof tests[0]);
}
