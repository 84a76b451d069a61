/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mcu/twi.h"

#include <string.h>

enum { TWINT = 0x80, TWEA = 0x40, TWSTA = 0x20, TWSTO = 0x10, TWWC = 0x08, TWEN = 0x04 };
enum { TWS = 0xf8, TWPS = 3 };
enum {
    START = 0x08,
    AGAIN = 0x10,
    SLA_W_NOBODY = 0x20,
    SENT_NOBODY = 0x30,
    SLA_R_NOBODY = 0x48,
    READ_ACK = 0x50,
    READ_NACK = 0x58,
    STOPPED = 0, /* becomes NOTHING, without TWINT */
    NOTHING = 0xf8,
};
enum { BYTE_PERIODS = 9 };

static uint8_t *reg(const struct twi *t, avr_io_addr_t addr)
{
    return &t->core->avr->data[addr];
}

static uint64_t period_ck(const struct twi *t)
{
    return 16 + ((uint64_t)*reg(t, t->simavr->r_twbr) << (1 + 2 * (*reg(t, t->simavr->r_twsr) & TWPS)));
}

static void show(struct twi *t, uint8_t status)
{
    uint8_t *twsr = reg(t, t->simavr->r_twsr);
    *twsr = (*twsr & TWPS) | status;
}

static void over(void *ctx, uint64_t cycle)
{
    struct twi *t = ctx;
    uint8_t *twcr = reg(t, t->simavr->r_twcr);
    (void)cycle;
    if (t->next == STOPPED) {
        *twcr &= (uint8_t)~TWSTO;
        t->started = t->addressed = false;
        show(t, NOTHING);
        if (!(*twcr & TWSTA)) {
            return;
        }
        t->next = START; /* a STOP and a START in one */
        deadline_set(&t->end, cycle + period_ck(t));
        return;
    }
    if (t->next == READ_ACK || t->next == READ_NACK) {
        *reg(t, t->simavr->r_twdr) = 0xff;
    }
    t->started |= t->next == START || t->next == AGAIN;
    show(t, t->next);
    core_raise(t->core, &t->simavr->twi);
}

/* Comes about after so many periods of SCL. */
static void begin(struct twi *t, uint64_t cycle, uint8_t next, unsigned periods)
{
    t->next = next;
    deadline_set(&t->end, cycle + periods * period_ck(t));
}

/* The address, or a byte of data. */
static void begin_byte(struct twi *t, uint64_t cycle, bool acks)
{
    uint8_t byte = *reg(t, t->simavr->r_twdr);
    if (t->addressed) {
        begin(t, cycle, t->sends ? SENT_NOBODY : acks ? READ_ACK : READ_NACK, BYTE_PERIODS);
        return;
    }
    t->addressed = true;
    t->sends = !(byte & 1);
    begin(t, cycle, t->sends ? SLA_W_NOBODY : SLA_R_NOBODY, BYTE_PERIODS);
}

/* TWINT is clear now. */
static void go_on(struct twi *t, uint64_t cycle, uint8_t v)
{
    if (v & TWSTO) {
        begin(t, cycle, STOPPED, 1);
    } else if (v & TWSTA) {
        t->addressed = false;
        begin(t, cycle, t->started ? AGAIN : START, 1);
    } else if (t->started) {
        begin_byte(t, cycle, v & TWEA);
    }
}

static void switch_off(struct twi *t)
{
    deadline_off(&t->end);
    t->started = t->addressed = false;
    show(t, NOTHING);
}

static void twcr_write(avr_t *avr, avr_io_addr_t addr, uint8_t v, void *param)
{
    struct twi *t = param;
    uint8_t old = avr->data[addr], flag = old & TWINT & (uint8_t)~v;
    avr->data[addr] = (v & (uint8_t) ~(TWINT | TWWC)) | flag | (old & TWWC);
    if (!(v & TWEN)) {
        avr->data[addr] &= (uint8_t)~TWSTO;
        if (old & TWEN) {
            switch_off(t);
        }
        return;
    }
    if (!flag && t->end.at == UINT64_MAX) { /* what is on the bus goes on */
        go_on(t, avr->cycle + core_store_ck(avr), v);
    }
}

static void twdr_write(avr_t *avr, avr_io_addr_t addr, uint8_t v, void *param)
{
    struct twi *t = param;
    uint8_t *twcr = reg(t, t->simavr->r_twcr);
    if (*twcr & TWINT) {
        avr->data[addr] = v;
        *twcr &= (uint8_t)~TWWC;
    } else {
        *twcr |= TWWC;
    }
}

static void twsr_write(avr_t *avr, avr_io_addr_t addr, uint8_t v, void *param)
{
    (void)param;
    avr->data[addr] = (avr->data[addr] & TWS) | (v & TWPS);
}

static void twi_reset(void *ctx)
{
    struct twi *t = ctx;
    deadline_init(&t->end, t->core, over, t);
    t->started = t->addressed = false;
    *reg(t, t->simavr->r_twsr) = NOTHING;
    *reg(t, t->simavr->r_twdr) = 0xff;
    *reg(t, t->simavr->r_twar) = 0xfe;
}

int twi_init(struct twi *t, struct core *core)
{
    memset(t, 0, sizeof *t);
    t->simavr = core_module(core, "twi", 0);
    if (!t->simavr) {
        return -1;
    }
    t->core = core;
    core_hook_write(core, t->simavr->r_twcr, twcr_write, t);
    core_hook_write(core, t->simavr->r_twdr, twdr_write, t);
    core_hook_read(core, t->simavr->r_twdr, NULL, NULL);
    core_hook_write(core, t->simavr->r_twsr, twsr_write, t);
    core_add_unit(core, twi_reset, t);
    return 0;
}
