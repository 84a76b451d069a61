/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mcu/idle_ramp.h"

#include <string.h>

#include "mcu/fast_kinds.h"
#include "mcu/idle_lanes.h"
#include "mcu/timer.h"

#define MOST_STEPS 400
#define MOST_ARRIVALS 12
#define NO_WORD UINT32_MAX

enum { H_TO_C = 0x3f, S_TO_Z = 0x1e, S_TO_C = 0x1f }; /* sets of flags: HSVNZC, SVNZ, SVNZC */

/* What an instruction on registers and flags reads and writes; the others have functions below. */
enum { D = 1, R = 2, K = 4, C = 8, TO_D = 16, ONLY_COMPARES = 32 };
static const struct {
    uint8_t how, sets, lane;
} plain[FAST_KINDS_N] = {
    [CPC] = { D | R | C | ONLY_COMPARES, H_TO_C, LANE_SUB },
    [SBC] = { D | R | C | TO_D, H_TO_C, LANE_SUB },
    [SBCI] = { D | K | C | TO_D, H_TO_C, LANE_SUB },
    [CP] = { D | R | ONLY_COMPARES, H_TO_C, LANE_SUB },
    [CPI] = { D | K | ONLY_COMPARES, H_TO_C, LANE_SUB },
    [SUB] = { D | R | TO_D, H_TO_C, LANE_SUB },
    [SUBI] = { D | K | TO_D, H_TO_C, LANE_SUB },
    [ADD] = { D | R | TO_D, H_TO_C, LANE_ADD },
    [ADC] = { D | R | C | TO_D, H_TO_C, LANE_ADD },
    [AND] = { D | R | TO_D, S_TO_Z, LANE_AND },
    [ANDI] = { D | K | TO_D, S_TO_Z, LANE_AND },
    [OR] = { D | R | TO_D, S_TO_Z, LANE_OR },
    [ORI] = { D | K | TO_D, S_TO_Z, LANE_OR },
    [EOR] = { D | R | TO_D, S_TO_Z, LANE_EOR },
    [COM] = { D | TO_D, S_TO_C, LANE_COM },
    [NEG] = { D | TO_D, H_TO_C, LANE_NEG },
    [SWAP] = { D | TO_D, 0, LANE_SWAP },
    [INC] = { D | TO_D, S_TO_Z, LANE_INC },
    [DEC] = { D | TO_D, S_TO_Z, LANE_DEC },
    [LSR] = { D | TO_D, S_TO_C, LANE_LSR },
    [ASR] = { D | TO_D, S_TO_C, LANE_ASR },
    [ROR] = { D | C | TO_D, S_TO_C, LANE_ROR },
};

struct touched { /* a byte of SRAM */
    uint16_t at;
    uint8_t first; /* its value at the start */
    bool read_first, varies;
};

struct recorder {
    struct fast_core *f;
    avr_t *avr;
    struct lane_program program;
    bool failed;
    uint32_t reg_read, reg_written, reg_varies; /* a bit each; read: before it was written */
    uint8_t flag_read, flag_written, flag_varies;
    uint8_t reg_first[32], sreg_first[8], sp_first[2];
    struct touched byte[LANE_BYTES];
    unsigned n_bytes;
    uint64_t first_cycle;
};

/* ---- what varies ---- */

static struct lane_op *emit(struct recorder *r, enum lane_kind kind, unsigned a, unsigned b)
{
    static struct lane_op nowhere;
    if (r->program.n == LANE_OPS) {
        r->failed = true;
        nowhere = (struct lane_op){ 0 };
        return &nowhere;
    }
    struct lane_op *o = &r->program.op[r->program.n++];
    *o = (struct lane_op){ .kind = (uint8_t)kind, .a = (uint8_t)a, .b = (uint8_t)b };
    return o;
}

static void emit_constant(struct recorder *r, unsigned slot, unsigned value)
{
    emit(r, LANE_SET, slot, slot)->k = (uint8_t)value;
}

static void read_reg(struct recorder *r, unsigned n)
{
    r->reg_read |= (1u << n) & ~r->reg_written;
}

static void write_reg(struct recorder *r, unsigned n, bool varies)
{
    r->reg_written |= 1u << n;
    r->reg_varies = (r->reg_varies & ~(1u << n)) | (uint32_t)varies << n;
}

static bool reg_varies(const struct recorder *r, unsigned n)
{
    return r->reg_varies >> n & 1;
}

static void read_flags(struct recorder *r, unsigned flags)
{
    r->flag_read |= (uint8_t)(flags & ~r->flag_written);
}

static void write_flags(struct recorder *r, unsigned flags, bool varies)
{
    r->flag_written |= (uint8_t)flags;
    r->flag_varies = (uint8_t)((r->flag_varies & ~flags) | (varies ? flags : 0));
}

/* A register that takes part in something that varies has its value in all lanes. */
static void want_reg(struct recorder *r, unsigned n)
{
    if (!reg_varies(r, n)) {
        emit_constant(r, n, r->avr->data[n]);
    }
}

static void want_flag(struct recorder *r, unsigned flag)
{
    if (!(r->flag_varies >> flag & 1)) {
        emit_constant(r, LANE_FLAG + flag, r->avr->sreg[flag]);
    }
}

static struct touched *byte_at(struct recorder *r, unsigned at)
{
    for (unsigned i = 0; i < r->n_bytes; i++) {
        if (r->byte[i].at == at) {
            return &r->byte[i];
        }
    }
    return NULL;
}

static struct touched *new_byte(struct recorder *r, unsigned at, bool read_first)
{
    if (r->n_bytes == LANE_BYTES) {
        r->failed = true;
        return &r->byte[0];
    }
    struct touched *b = &r->byte[r->n_bytes++];
    *b = (struct touched){ (uint16_t)at, r->avr->data[at], read_first, false };
    return b;
}

/* ---- instructions, before they are executed ---- */

static void note_plain(struct recorder *r, const struct fast_op *o)
{
    unsigned how = plain[o->kind].how, sets = plain[o->kind].sets;
    bool zeroes = o->kind == EOR && o->d == o->r;
    bool varies = !zeroes && (reg_varies(r, o->d) || ((how & R) && reg_varies(r, o->r)) ||
                              ((how & C) && (r->flag_varies & (1 << S_C | 1 << S_Z))));
    if (!zeroes) {
        read_reg(r, o->d);
    }
    if ((how & R) && !zeroes) {
        read_reg(r, o->r);
    }
    if (how & C) {
        read_flags(r, o->kind == ADC || o->kind == ROR ? 1 << S_C : 1 << S_C | 1 << S_Z);
    }
    if (varies) {
        want_reg(r, o->d);
        if (how & R) {
            want_reg(r, o->r);
        } else if (how & K) {
            emit_constant(r, LANE_K, o->k);
        }
        if (how & C) {
            want_flag(r, S_C);
            want_flag(r, S_Z);
        }
        struct lane_op *l = emit(r, (enum lane_kind)plain[o->kind].lane, o->d,
                                 how & R   ? o->r
                                 : how & K ? LANE_K
                                           : o->d);
        l->with_c = (how & C) != 0;
        l->compare = (how & ONLY_COMPARES) != 0;
        l->sets = (uint8_t)sets;
    }
    if (how & TO_D) {
        write_reg(r, o->d, varies);
    }
    write_flags(r, sets, varies);
}

static void note_copy(struct recorder *r, unsigned to, unsigned from)
{
    bool varies = reg_varies(r, from);
    read_reg(r, from);
    if (varies) {
        emit(r, LANE_COPY, to, from);
    }
    write_reg(r, to, varies);
}

static void note_wide(struct recorder *r, const struct fast_op *o)
{
    bool varies = reg_varies(r, o->d) || reg_varies(r, o->d + 1u);
    read_reg(r, o->d);
    read_reg(r, o->d + 1u);
    if (varies) {
        want_reg(r, o->d);
        want_reg(r, o->d + 1u);
        struct lane_op *l = emit(r, o->kind == ADIW ? LANE_ADIW : LANE_SBIW, o->d, o->d);
        l->k = (uint8_t)o->k;
        l->sets = S_TO_C;
    }
    write_reg(r, o->d, varies);
    write_reg(r, o->d + 1u, varies);
    write_flags(r, S_TO_C, varies);
}

static void note_mul(struct recorder *r, const struct fast_op *o)
{
    bool varies = reg_varies(r, o->d) || reg_varies(r, o->r);
    read_reg(r, o->d);
    read_reg(r, o->r);
    if (varies) {
        want_reg(r, o->d);
        want_reg(r, o->r);
        emit(r, LANE_MUL, o->d, o->r)->sets = 1 << S_C | 1 << S_Z;
    }
    write_reg(r, 0, varies);
    write_reg(r, 1, varies);
    write_flags(r, 1 << S_C | 1 << S_Z, varies);
}

/* An address must not vary; moved: the pointer is written back. */
static unsigned pointer(struct recorder *r, unsigned low, bool moved)
{
    read_reg(r, low);
    read_reg(r, low + 1);
    r->failed |= reg_varies(r, low) || reg_varies(r, low + 1);
    if (moved) {
        write_reg(r, low, false);
        write_reg(r, low + 1, false);
    }
    return r->avr->data[low] | (unsigned)r->avr->data[low + 1] << 8;
}

static void note_io_load(struct recorder *r, unsigned to, unsigned at)
{
    const struct fast_io *io = &r->f->io[at - 32];
    if (!r->avr->io[at - 32].r.c || io->kind == FAST_IO_STEADY) {
        write_reg(r, to, false); /* the probe notes it */
        return;
    }
    if (io->kind != FAST_IO_COUNTS || timer_count_is_open(io->ctx)) {
        r->failed = true;
        return;
    }
    struct lane_op *l = emit(r, LANE_COUNT, to, to);
    l->timer = io->ctx;
    l->at = r->avr->cycle + ((core_op_at_pc(r->avr) & 0xf800) == 0xb000 ? 0 : 1);
    write_reg(r, to, true);
}

static void note_load(struct recorder *r, unsigned to, unsigned at)
{
    if (at < 32) {
        note_copy(r, to, at);
    } else if (at < FAST_FIRST_RAM) {
        note_io_load(r, to, at);
    } else {
        struct touched *b = byte_at(r, at);
        if (!b) {
            b = new_byte(r, at, true);
        }
        if (b->varies) {
            emit(r, LANE_COPY, to, LANE_BYTE + (unsigned)(b - r->byte));
        }
        write_reg(r, to, b->varies);
    }
}

static void note_store_of(struct recorder *r, unsigned at, unsigned from)
{
    bool varies = reg_varies(r, from);
    read_reg(r, from);
    if (at < 32) {
        note_copy(r, at, from);
    } else if (at < FAST_FIRST_RAM) {
        r->failed |= varies;
    } else {
        struct touched *b = byte_at(r, at);
        if (!b) {
            b = new_byte(r, at, false);
        }
        if (varies) {
            emit(r, LANE_COPY, LANE_BYTE + (unsigned)(b - r->byte), from);
        }
        b->varies = varies;
    }
}

/* A call's return address: two bytes that don't vary. */
static void note_push_pc(struct recorder *r)
{
    unsigned sp = r->avr->data[FAST_SPL] | (unsigned)r->avr->data[FAST_SPH] << 8;
    for (unsigned i = 0; i < 2; i++) {
        struct touched *b = byte_at(r, sp - i);
        if (!b) {
            b = new_byte(r, sp - i, false);
        }
        b->varies = false;
    }
}

static void note_pop_pc(struct recorder *r)
{
    unsigned sp = r->avr->data[FAST_SPL] | (unsigned)r->avr->data[FAST_SPH] << 8;
    for (unsigned i = 1; i <= 2; i++) {
        struct touched *b = byte_at(r, sp + i);
        if (!b) {
            b = new_byte(r, sp + i, true);
        }
        r->failed |= b->varies;
    }
}

static void note_flag_branch(struct recorder *r, unsigned flag)
{
    read_flags(r, 1u << flag);
    if (r->flag_varies >> flag & 1) {
        emit(r, LANE_FLAG_IS, LANE_FLAG + flag, LANE_FLAG + flag)->want = r->avr->sreg[flag];
    }
}

static void note_bit_branch(struct recorder *r, const struct fast_op *o)
{
    read_reg(r, o->d);
    if (reg_varies(r, o->d)) {
        struct lane_op *l = emit(r, LANE_BIT, o->d, o->d);
        l->k = o->r;
        l->want = r->avr->data[o->d] >> o->r & 1;
    }
}

static void note_cpse(struct recorder *r, const struct fast_op *o)
{
    read_reg(r, o->d);
    read_reg(r, o->r);
    if (reg_varies(r, o->d) || reg_varies(r, o->r)) {
        want_reg(r, o->d);
        want_reg(r, o->r);
        emit(r, LANE_SAME, o->d, o->r)->want = r->avr->data[o->d] == r->avr->data[o->r];
    }
}

/* SREG as a byte, and bits moved through T: only while they don't vary. */
static void note_sreg(struct recorder *r, const struct fast_op *o)
{
    switch (o->kind) {
    case IN_SREG:
        read_flags(r, 0x7f);
        r->failed |= r->flag_varies != 0;
        write_reg(r, o->d, false);
        break;
    case OUT_SREG:
        read_reg(r, o->d);
        r->failed |= reg_varies(r, o->d);
        write_flags(r, 0x7f, false);
        break;
    case BST:
        read_reg(r, o->d);
        r->failed |= reg_varies(r, o->d);
        write_flags(r, 1 << S_T, false);
        break;
    case BLD:
        read_reg(r, o->d);
        read_flags(r, 1 << S_T);
        r->failed |= reg_varies(r, o->d);
        write_reg(r, o->d, false);
        break;
    default: write_flags(r, 1u << o->r, false); break; /* BSET, BCLR */
    }
}

static unsigned branch_flag(enum fast_kind kind)
{
    static const uint8_t flag[] = { S_Z, S_Z, S_C, S_C, S_N, S_N, S_S, S_S };
    return flag[kind - BREQ];
}

static void note(struct recorder *r, const struct fast_op *o)
{
    unsigned at;
    switch ((enum fast_kind)o->kind) {
    case NOP:
    case RJMP:
    case JMP:
    case SEI:
    case CLI:
    case SBIC:
    case SBIS:
    case SBI:
    case CBI: break; /* I/O: the probe notes it */
    case MOV: note_copy(r, o->d, o->r); break;
    case MOVW:
        note_copy(r, o->d, o->r);
        note_copy(r, o->d + 1u, o->r + 1u);
        break;
    case LDI: write_reg(r, o->d, false); break;
    case ADIW:
    case SBIW: note_wide(r, o); break;
    case MUL: note_mul(r, o); break;
    case ICALL:
        pointer(r, R_ZL, false);
        note_push_pc(r);
        break;
    case RCALL:
    case CALL: note_push_pc(r); break;
    case RET: note_pop_pc(r); break;
    case IJMP: pointer(r, R_ZL, false); break;
    case BREQ:
    case BRNE:
    case BRCS:
    case BRCC:
    case BRMI:
    case BRPL:
    case BRLT:
    case BRGE: note_flag_branch(r, branch_flag((enum fast_kind)o->kind)); break;
    case BRBS:
    case BRBC: note_flag_branch(r, o->r); break;
    case SBRC:
    case SBRS: note_bit_branch(r, o); break;
    case CPSE: note_cpse(r, o); break;
    case IN_SREG:
    case OUT_SREG:
    case BST:
    case BLD:
    case BSET:
    case BCLR: note_sreg(r, o); break;
    case IN:
    case LDS: note_load(r, o->d, o->k); break;
    case OUT:
    case STS: note_store_of(r, o->k, o->d); break;
    case LDD: note_load(r, o->d, (pointer(r, o->r, false) + o->k) & 0xffff); break;
    case STD: note_store_of(r, (pointer(r, o->r, false) + o->k) & 0xffff, o->d); break;
    case LD_INC: note_load(r, o->d, pointer(r, o->r, true)); break;
    case LD_DEC: note_load(r, o->d, (pointer(r, o->r, true) - 1) & 0xffff); break;
    case ST_INC: note_store_of(r, pointer(r, o->r, true), o->d); break;
    case ST_DEC: note_store_of(r, (pointer(r, o->r, true) - 1) & 0xffff, o->d); break;
    case PUSH: note_store_of(r, r->avr->data[FAST_SPL] | (unsigned)r->avr->data[FAST_SPH] << 8, o->d); break;
    case POP:
        note_load(r, o->d, ((r->avr->data[FAST_SPL] | (unsigned)r->avr->data[FAST_SPH] << 8) + 1) & 0xffff);
        break;
    case LPM:
    case LPM_INC:
        at = R_ZL;
        pointer(r, at, o->kind == LPM_INC);
        write_reg(r, o->d, false);
        break;
    default:
        if (plain[o->kind].how) {
            note_plain(r, o);
        } else {
            r->failed = true;
        }
    }
}

/* ---- the lap ---- */

/* Everything that is read before it is written has its first value again, in every lane. */
static bool is_closed(const struct recorder *r)
{
    const avr_t *avr = r->avr;
    if ((r->reg_read & r->reg_varies) || (r->flag_read & r->flag_varies) || avr->sreg[S_I] != r->sreg_first[S_I] ||
        memcmp(avr->data + FAST_SPL, r->sp_first, 2)) {
        return false;
    }
    for (unsigned i = 0; i < 32; i++) {
        if ((r->reg_read >> i & 1) && avr->data[i] != r->reg_first[i]) {
            return false;
        }
    }
    for (unsigned i = 0; i < 7; i++) {
        if ((r->flag_read >> i & 1) && avr->sreg[i] != r->sreg_first[i]) {
            return false;
        }
    }
    for (unsigned i = 0; i < r->n_bytes; i++) {
        const struct touched *b = &r->byte[i];
        if (b->read_first && (b->varies || avr->data[b->at] != b->first)) {
            return false;
        }
    }
    return true;
}

static void begin(struct recorder *r, struct fast_core *f, avr_t *avr)
{
    *r = (struct recorder){ .f = f, .avr = avr, .first_cycle = avr->cycle };
    memcpy(r->reg_first, avr->data, sizeof r->reg_first);
    memcpy(r->sreg_first, avr->sreg, sizeof r->sreg_first);
    memcpy(r->sp_first, avr->data + FAST_SPL, sizeof r->sp_first);
    fast_core_probe_begin(f, NO_WORD >> 1);
}

/* Executes one instruction. False: the lap is over before its end. */
static bool step(struct recorder *r, uint64_t end)
{
    avr_t *avr = r->avr;
    const struct fast_op *o = &r->f->ops[avr->pc >> 1];
    uint64_t before = avr->cycle;
    note(r, o);
    fast_core_probe(r->f, avr, before + 1);
    if (avr->interrupt_state == -2 && avr->cycle < end &&
        !(r->f->interrupt_wanted && r->f->interrupt_wanted(r->f->ctx))) {
        avr->interrupt_state = 0; /* I was set, and the run did not end with this instruction after all */
    }
    end = avr->cycle_timers.timer && avr->cycle_timers.timer->when < end ? avr->cycle_timers.timer->when : end;
    r->failed |= r->f->probe.spoilt || r->f->probe.wdr || r->f->probe.wrote_io || r->f->stray != 0;
    return avr->cycle > before && avr->cycle < end && !r->failed && !avr->interrupt_state && avr->run_cycle_count;
}

/* The first cycle at which an I/O register that the lap reads, other than the counts, may change. */
static uint64_t steady_until(const struct recorder *r)
{
    const struct fast_probe *p = &r->f->probe;
    uint64_t until = UINT64_MAX;
    for (unsigned i = 0; i < p->n_reads; i++) {
        const struct fast_io *io = &r->f->io[p->read[i] - 32];
        uint8_t now;
        uint64_t at = io->steady && r->avr->io[p->read[i] - 32].r.c ? io->steady(io->ctx, p->read[i], &now)
                                                                    : UINT64_MAX;
        until = at < until ? at : until;
    }
    return until;
}

static uint64_t skip(struct recorder *r, uint64_t end)
{
    avr_t *avr = r->avr;
    uint64_t lap = avr->cycle - r->first_cycle, until = steady_until(r);
    uint64_t to = until < end ? until : end;
    uint64_t fit = to > avr->cycle ? (to - 1 - avr->cycle) / lap : 0;
    if (fit < 2) {
        return 0;
    }
    r->program.lap_ck = lap;
    for (unsigned i = 0; i < r->program.n; i++) {
        r->program.op[i].at += lap; /* lane 0 is the lap that comes next */
    }
    uint64_t n = lanes_run(&r->program);
    n = n < fit ? n : fit;
    if (n < 2) {
        return 0;
    }
    avr->cycle += (n - 1) * lap; /* the last one is executed: it sets what is written before it is read */
    return (n - 1) * lap;
}

uint64_t idle_ramp_run(struct fast_core *f, avr_t *avr, uint64_t end, bool *failed, uint64_t *instructions)
{
    struct recorder r;
    uint32_t pc = avr->pc;
    unsigned arrivals = 0;
    *failed = avr->cycle < end;
    *instructions = 0;
    if (!*failed) {
        return 0;
    }
    begin(&r, f, avr);
    for (unsigned i = 0; i < MOST_STEPS; i++) {
        if (!step(&r, end)) {
            *failed = r.failed;
            return 0;
        }
        if (avr->pc == pc) {
            if (is_closed(&r)) {
                *failed = false;
                uint64_t lap_ck = avr->cycle - r.first_cycle, ck = skip(&r, end);
                *instructions = ck / lap_ck * (i + 1);
                return ck;
            }
            if (++arrivals == MOST_ARRIVALS) {
                return 0;
            }
        }
    }
    return 0;
}
