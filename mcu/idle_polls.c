/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Polls of one bit: laps that change nothing but one register, as the code says. */
#include "mcu/idle_inner.h"

/* At pc: a bit is looked at, and a jump leads back while it does not skip it. */
static bool is_poll(const struct fast_core *f, uint32_t pc, struct idle_poll *p)
{
    const struct fast_op *o = &f->ops[pc >> 1];
    *p = (struct idle_poll){ .pc = pc, .code_changes = f->changes, .at = o->k, .reg = -1, .lap_ck = 3 };
    if (o->kind == IN || o->kind == LDS) {
        p->reg = o->d;
        p->lap_ck += o->kind == IN ? 1 : 2;
        o += o->kind == IN ? 1 : 2;
        if ((o->kind != SBRS && o->kind != SBRC) || o->d != p->reg) {
            return false;
        }
    } else if (o->kind != SBIS && o->kind != SBIC) {
        return false;
    }
    p->mask = (uint8_t)(1u << o->r);
    p->goes_on_at = o->kind == SBRC || o->kind == SBIC ? p->mask : 0;
    return o[1].kind == RJMP && o[1].k == pc >> 1;
}

/*
 * The value as the instruction at pc would read it, and the first cycle at which that is not sure any more (0: it is
 * not now). Nothing is read on the program's behalf: an interrupt may come before the instruction.
 */
static bool read_steady(const struct fast_core *f, const avr_t *avr, unsigned a, uint8_t *value, uint64_t *until)
{
    if (a < 32 || a > f->ram_end) {
        return false;
    }
    *value = avr->data[a];
    *until = UINT64_MAX;
    if (a < FAST_FIRST_RAM) {
        const struct fast_io *io = &f->io[a - 32];
        if (a == R_SREG || a == FAST_SPL || a == FAST_SPH || avr->io[a - 32].irq ||
            (avr->io[a - 32].r.c && io->kind != FAST_IO_STEADY)) {
            return false;
        }
        if (avr->io[a - 32].r.c && io->steady) {
            *until = io->steady(io->ctx, (avr_io_addr_t)a, value);
        }
    }
    return true;
}

/*
 * The core is at the poll's first instruction, and its last lap ends at or after `end`: where it is at the first boundary
 * there, without executing it. The register is read once, since reading it may arm something.
 */
static void end_in_poll(struct idle_skip *k, const struct fast_core *f, avr_t *avr, const struct idle_poll *p,
                        uint64_t end)
{
    const struct fast_op *o = &f->ops[avr->pc >> 1];
    unsigned look_ck = p->reg < 0 ? 1 : (unsigned)p->lap_ck - 3, words = o->kind == LDS ? 2 : 1;
    uint64_t left = end - avr->cycle, ck, instructions = 1;
    if (p->at < FAST_FIRST_RAM && avr->io[p->at - 32].r.c) {
        avr->data[p->at] = avr->io[p->at - 32].r.c(avr, (avr_io_addr_t)p->at, avr->io[p->at - 32].r.param);
    }
    if (p->reg >= 0) {
        avr->data[p->reg] = avr->data[p->at];
    }
    if (left <= look_ck) { /* behind the look, and without a register behind the branch, too */
        ck = look_ck;
    } else if (p->reg >= 0 && left == look_ck + 1) {
        ck = look_ck + 1;
        words++;
        instructions = 2;
    } else {
        ck = p->lap_ck;
        words = 0;
        instructions = k->lap_instructions;
    }
    avr->pc += 2 * words;
    avr->cycle += ck;
    idle_skipped(k, IDLE_POLLS, ck, instructions);
}

bool idle_skip_poll(struct idle_skip *k, struct fast_core *f, avr_t *avr, uint64_t end)
{
    const struct idle_poll *p = &k->poll;
    uint64_t began = avr->cycle, until;
    uint8_t value;
    if (p->pc != avr->pc || p->code_changes != f->changes || !p->lap_ck) {
        struct idle_poll found;
        if (!is_poll(f, avr->pc, &found)) {
            return false;
        }
        k->poll = found;
    }
    if (!read_steady(f, avr, p->at, &value, &until)) {
        return false;
    }
    f->probe_at = began + 1;
    if (until <= began || (value & p->mask) != p->goes_on_at) {
        return true; /* over, or to be looked at */
    }
    k->wait_ck = WAIT_LEAST_CK;
    k->lap_ck = p->lap_ck;
    k->lap_instructions = p->reg < 0 ? 2 : 3;
    k->lap_means = IDLE_POLLS;
    k->wdr = false;
    k->n_reads = p->at < FAST_FIRST_RAM;
    k->read[0] = (uint16_t)p->at;
    k->seen[0] = value;
    k->code_changes = f->changes;
    k->in_kept = NULL;
    end = idle_end_now(avr, end);
    f->probe_at = idle_skip_laps(k, f, avr, end);
    bool reads_byte = p->at >= FAST_FIRST_RAM || !f->io[p->at - 32].steady;
    if (k->in_lap && reads_byte && end > avr->cycle && end - avr->cycle <= p->lap_ck) {
        end_in_poll(k, f, avr, p, end);
    } else if (avr->cycle == began) {
        k->in_lap &= p->reg < 0 || avr->data[p->reg] == value;
    } else if (p->reg >= 0) {
        avr->data[p->reg] = value;
    }
    return true;
}
