/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * core_lead_test.c - bytes from a core that is behind come in time to the one that leads
 *
 *      sender --- TXD, or PD2 by hand ---> RXD of the receiver
 *
 * The receiver waits for RXC, or sleeps or counts until its interrupt, and notes TCNT1 at each byte. What it notes when
 * it is the one that leads, with shortcuts and without, is what it notes when it is led: then it never is ahead.
 * Control  a sender of whom the net says that it acts by events comes late.
 */
#include "mcu/chip.h"
#include "mcu/uno_fixture.h"
#include "sim/nvm.h"
#include "sim/part.h"
#include "sim/vline.h"

#define NOTES 0x200
#define BYTES 40
#define RXC_VECTOR 18
#define BIT_CK 64 /* 250 kbaud */

enum waits { POLLS, SLEEPS, COUNTS, WAYS };
enum sends { BY_TXD, BY_HAND, SENDERS };
enum link { RXD_BEFORE, RXD_LATER, LINKS }; /* when the wire between them is there */

static struct board receiver, sender; /* programs only */

static void bites(void *ctx)
{
    (void)ctx;
}

/* A byte is there: TCNT1 and the byte go to Z. */
static void note(struct board *b)
{
    lds(b, 24, TCNT1L_D);
    lds(b, 25, TCNT1H_D);
    lds(b, 26, UDR0_D);
    for (unsigned r = 24; r <= 26; r++) {
        emit(b, 0x9201 | r << 4); /* ST Z+, r */
    }
}

static void begin(struct board *b)
{
    memset(b, 0, sizeof *b);
    memset(b->flash, 0xff, sizeof b->flash);
    set_io(b, SPH, 8);
    set_io(b, SPL, 0xff);
}

static void write_receiver(struct board *b, enum waits how)
{
    memset(b, 0, sizeof *b);
    memset(b->flash, 0xff, sizeof b->flash);
    rjmp(b, 0x60);
    b->at = 2 * RXC_VECTOR;
    note(b);
    emit(b, 0x9518); /* RETI */
    b->at = 0x60;
    set_io(b, SPH, 8);
    set_io(b, SPL, 0xff);
    ldi(b, 30, NOTES & 0xff);
    ldi(b, 31, NOTES >> 8);
    set_data(b, TCCR1B_D, 1);
    set_data(b, UBRR0L_D, 3);
    set_data(b, UCSR0B_D, how == POLLS ? 0x10 : 0x90);
    if (how == SLEEPS) {
        set_io(b, SMCR, 1);
    }
    unsigned loop = here(b);
    if (how == POLLS) {
        lds(b, 18, UCSR0A_D);
        sbrs(b, 18, 7);
        rjmp(b, loop);
        note(b);
    } else if (how == SLEEPS) {
        sei(b);
        emit(b, 0x9588); /* SLEEP */
    } else {
        sei(b);
        inc(b, 20);
    }
    rjmp(b, loop);
}

static void delay(struct board *b, unsigned n) /* 3 n cycles, n < 256 */
{
    ldi(b, 17, n);
    emit(b, 0x951a); /* DEC r17 */
    emit(b, 0xf7f1); /* BRNE -2 */
}

/* Bytes with pauses of ever other lengths. */
static void write_sender(struct board *b, enum sends how)
{
    begin(b);
    set_data(b, UBRR0L_D, 3);
    if (how == BY_TXD) {
        set_data(b, UCSR0B_D, 0x08);
    } else {
        set_io(b, PORTD, 4);
        set_io(b, DDRD, 4);
    }
    ldi(b, 19, 0);
    unsigned loop = here(b);
    for (unsigned i = 0; i < 5; i++) {
        delay(b, 255);
    }
    inc(b, 19);
    emit(b, 0x2f13); /* MOV r17, r19 */
    emit(b, 0x951a); /* DEC r17 */
    emit(b, 0xf7f1); /* BRNE -2 */
    if (how == BY_TXD) {
        sts(b, UDR0_D, 19);
    } else {
        for (unsigned bit = 0; bit < 10; bit++) { /* 0x55, with its start and stop bits */
            ldi(b, 16, bit % 2 ? 4 : 0);
            out(b, PORTD, 16);
            delay(b, 20);
            nop(b, BIT_CK - 62);
        }
    }
    rjmp(b, loop);
}

static struct side {
    struct sim sim;
    struct nvm nvm[2];
    struct chip chip[2];
    struct net wire;
    struct vline vcc;
} side;

static void chip_start(struct side *s, unsigned i, const struct board *program)
{
    const struct part *part = part_find("ATmega328P");
    struct target_switches sw = target_switches_default();
    struct problem err;
    nvm_init(&s->nvm[i], part, &sw, 1);
    memcpy(s->nvm[i].cells.flash, program->flash, part->flash_bytes);
    ck_assert_msg(chip_init(&s->chip[i], &s->sim, &s->nvm[i], "chip", 16000000000, bites, NULL, &err), "%s", err.text);
    s->chip[i].pins.supply = &s->vcc;
    chip_latch(&s->chip[i], &s->nvm[i].cells.fuses, 0);
    core_start(&s->chip[i].core, 0, CORE_PORF);
}

struct heard {
    unsigned n;
    uint8_t note[3 * BYTES];
};

struct setup {
    enum waits waits;
    enum sends sends;
    enum link link;
    bool no_shortcuts, is_led, lies;
};

/* What the receiver noted. */
static struct heard hear(const struct setup *how)
{
    struct side *s = &side;
    struct heard h = { 0 };
    memset(s, 0, sizeof *s);
    sim_init(&s->sim, 1);
    s->sim.no_shortcuts = how->no_shortcuts;
    vline_init(&s->vcc, &s->sim, "VCC", 5000);
    net_init(&s->wire, &s->sim, "wire");
    unsigned r = how->is_led;
    chip_start(s, 0, r ? &sender : &receiver); /* the first leads */
    chip_start(s, 1, r ? &receiver : &sender);
    struct pin *out = pins_find(&s->chip[!r].pins, how->sends == BY_TXD ? "PD1" : "PD2");
    chip_connect(&s->chip[r], "PD0", &s->wire);
    sim_run_until(&s->sim, how->link == RXD_LATER ? 100 * SIM_US : 0);
    pin_connect(out, &s->wire);
    if (how->lies) {
        net_driver_by_events(&out->drv);
    }
    sim_run_until(&s->sim, 20 * SIM_MS);
    ck_assert_str_eq(s->sim.fault, "");
    const uint8_t *data = s->chip[r].core.avr->data;
    h.n = (unsigned)(data[30] | data[31] << 8) - NOTES;
    h.n = h.n < sizeof h.note ? h.n : sizeof h.note;
    memcpy(h.note, data + NOTES, h.n);
    chip_free(&s->chip[0]);
    chip_free(&s->chip[1]);
    return h;
}

static bool is_same(const struct heard *a, const struct heard *b)
{
    return a->n == b->n && !memcmp(a->note, b->note, a->n);
}

START_TEST(bytes_come_in_time)
{
    for (unsigned i = 0; i < WAYS * SENDERS * LINKS; i++) {
        struct setup how = { .waits = i % WAYS, .sends = i / WAYS % SENDERS, .link = i / WAYS / SENDERS };
        write_receiver(&receiver, how.waits);
        write_sender(&sender, how.sends);
        how.is_led = true;
        struct heard right = hear(&how);
        ck_assert_uint_ge(right.n, 3 * 20);
        how.is_led = false;
        struct heard led = hear(&how);
        how.no_shortcuts = true;
        struct heard slow = hear(&how);
        if (!is_same(&right, &led) || !is_same(&right, &slow)) {
            ck_abort_msg("case %u: %s", i, is_same(&right, &slow) ? "with shortcuts" : "without shortcuts");
        }
    }
}
END_TEST

START_TEST(a_sender_that_is_no_event_comes_late)
{
    struct setup how = { .waits = POLLS, .sends = BY_TXD, .is_led = true };
    write_receiver(&receiver, how.waits);
    write_sender(&sender, how.sends);
    struct heard right = hear(&how);
    how.is_led = false;
    how.lies = true;
    struct heard late = hear(&how);
    ck_assert(!is_same(&right, &late));
}
END_TEST

/* Who hears the host alone leads as far as ever. */
START_TEST(events_cost_no_lead)
{
    struct side *s = &side;
    struct net_driver host;
    memset(s, 0, sizeof *s);
    sim_init(&s->sim, 1);
    net_init(&s->wire, &s->sim, "wire");
    net_attach(&s->wire, &host, "host");
    net_driver_by_events(&host);
    write_receiver(&receiver, POLLS);
    write_sender(&sender, BY_TXD);
    chip_start(s, 0, &receiver);
    chip_start(s, 1, &sender);
    chip_connect(&s->chip[0], "PD0", &s->wire);
    sim_run_until(&s->sim, SIM_MS);
    ck_assert_uint_gt(s->chip[0].core.agent.max_lead_ps, SIM_US);
    chip_connect(&s->chip[1], "PD1", &s->wire);
    ck_assert_uint_eq(s->chip[0].core.agent.max_lead_ps, SIM_US);
    chip_connect(&s->chip[1], "PD1", NULL);
    ck_assert_uint_gt(s->chip[0].core.agent.max_lead_ps, SIM_US);
    chip_free(&s->chip[0]);
    chip_free(&s->chip[1]);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = { bytes_come_in_time, a_sender_that_is_no_event_comes_late, events_cost_no_lead };
    return run_suite("how far a core leads", tests, sizeof tests / sizeof tests[0]);
}
