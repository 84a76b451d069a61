/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mcu/idle_note.h"

#include "mcu/timer.h"

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

/* ---- slots ---- */

static struct lane_op *emit(struct recorder *r, enum lane_kind kind, unsigned a, unsigned b, bool wide)
{
    struct lane_program *p = &r->lap->program;
    if (p->n == LANE_OPS) {
        r->failed = true;
        return &r->nowhere;
    }
    struct lane_op *o = &p->op[p->n++];
    *o = (struct lane_op){ .kind = (uint8_t)kind, .a = (uint8_t)a, .b = (uint8_t)b, .wide = wide };
    return o;
}

uint8_t idle_note_value(const struct recorder *r, unsigned slot)
{
    return slot < LANE_FLAG   ? r->avr->data[slot]
           : slot < LANE_BYTE ? r->avr->sreg[slot - LANE_FLAG]
                              : r->avr->data[r->lap->byte[slot - LANE_BYTE].at];
}

void idle_note_want(struct recorder *r, unsigned slot, bool wide)
{
    if (r->holds[slot] == FIXED) {
        emit(r, LANE_SET, slot, slot, wide)->k = idle_note_value(r, slot);
    } else if (wide && r->holds[slot] == COMMON && !r->spread[slot]) {
        emit(r, LANE_SPREAD, slot, slot, true);
        r->spread[slot] = true;
    }
}

static void set(struct recorder *r, unsigned slot, enum holds holds)
{
    r->holds[slot] = (uint8_t)holds;
    r->saved[slot] = 0;
    r->origin[slot] = 0;
    r->spread[slot] = false;
}

static enum holds more_of(enum holds x, enum holds y)
{
    return x > y ? x : y;
}

static void pass_reg(struct recorder *r, unsigned n) /* read, and only put elsewhere */
{
    r->lap->reg_in |= (1u << n) & ~r->lap->reg_out;
}

void idle_note_use_reg(struct recorder *r, unsigned slot)
{
    if (r->origin[slot] && r->origin[slot] <= LANE_FLAG) {
        r->used_regs |= 1u << (r->origin[slot] - 1);
    }
}

static void read_reg(struct recorder *r, unsigned n)
{
    pass_reg(r, n);
    r->used_in |= r->saved[n];
    idle_note_use_reg(r, n);
}

static void write_reg(struct recorder *r, unsigned n, enum holds holds)
{
    r->lap->reg_out |= 1u << n;
    set(r, n, holds);
}

static enum holds reg_holds(const struct recorder *r, unsigned n)
{
    return (enum holds)r->holds[n];
}

static enum holds flag_holds(const struct recorder *r, unsigned flag)
{
    return (enum holds)r->holds[LANE_FLAG + flag];
}

static void read_flags(struct recorder *r, unsigned flags)
{
    r->lap->flag_in |= (uint8_t)(flags & ~r->lap->flag_out);
    r->used_in |= (uint8_t)(flags & ~r->changed_out);
}

static void write_flags(struct recorder *r, unsigned flags, enum holds holds)
{
    r->lap->flag_out |= (uint8_t)flags;
    r->changed_out |= (uint8_t)flags;
    for (unsigned i = 0; i < 8; i++) {
        if (flags >> i & 1) {
            set(r, LANE_FLAG + i, holds);
        }
    }
}

unsigned idle_note_byte(struct recorder *r, unsigned at, bool in)
{
    struct idle_lap *lap = r->lap;
    uint8_t step = (uint8_t)(lap->instructions - 1);
    for (unsigned i = 0; i < lap->n_bytes; i++) {
        if (lap->byte[i].at == at) {
            lap->byte[i].direct |= !r->on_stack;
            lap->byte[i].last_read = in ? step : lap->byte[i].last_read;
            return LANE_BYTE + i;
        }
    }
    if (lap->n_bytes == LANE_BYTES) {
        r->failed = true;
        return LANE_BYTE;
    }
    lap->byte[lap->n_bytes] = (struct idle_lap_byte){
        .at = (uint16_t)at, .in = in, .direct = !r->on_stack, .first_read = step, .last_read = step
    };
    lap->first.byte[lap->n_bytes] = r->avr->data[at];
    set(r, LANE_BYTE + lap->n_bytes, r->is_call ? VARIES : COMMON); /* counts differ from call to call */
    return LANE_BYTE + lap->n_bytes++;
}

void idle_note_write_byte(struct recorder *r, unsigned slot, enum holds holds)
{
    r->lap->byte[slot - LANE_BYTE].written = true;
    set(r, slot, holds);
}

/* The lap goes this way only with the value that the slot has now. */
static void rely_on(struct recorder *r, unsigned slot)
{
    r->used_in |= r->saved[slot];
    idle_note_use_reg(r, slot);
    if (r->holds[slot] != FIXED) {
        struct lane_op *o = emit(r, LANE_IS, slot, slot, r->holds[slot] == VARIES);
        o->k = idle_note_value(r, slot);
        o->want = true;
    }
}

void idle_note_fix_reg(struct recorder *r, unsigned n)
{
    read_reg(r, n);
    rely_on(r, n);
    write_reg(r, n, FIXED);
}

static void rely_on_io(struct recorder *r, unsigned at)
{
    struct idle_lap *lap = r->lap;
    for (unsigned i = 0; i < lap->n_io; i++) {
        if (lap->io[i] == at) {
            return;
        }
    }
    if (lap->n_io == FAST_PROBE_READS) {
        r->failed = true;
        return;
    }
    lap->io_value[lap->n_io] = r->avr->data[at];
    lap->io[lap->n_io++] = (uint16_t)at;
}

/* ---- instructions, before they are executed ---- */

static void note_plain(struct recorder *r, const struct fast_op *o)
{
    unsigned how = plain[o->kind].how, sets = plain[o->kind].sets;
    bool zeroes = o->kind == EOR && o->d == o->r, carry_only = o->kind == ADC || o->kind == ROR;
    enum holds holds = FIXED;
    if (!zeroes) {
        read_reg(r, o->d);
        holds = reg_holds(r, o->d);
    }
    if ((how & R) && !zeroes) {
        read_reg(r, o->r);
        holds = more_of(holds, reg_holds(r, o->r));
    }
    if (how & C) {
        read_flags(r, carry_only ? 1 << S_C : 1 << S_C | 1 << S_Z);
        holds = more_of(holds, flag_holds(r, S_C));
        holds = carry_only ? holds : more_of(holds, flag_holds(r, S_Z));
    }
    if (holds != FIXED) {
        bool wide = holds == VARIES;
        idle_note_want(r, o->d, wide);
        if (how & R) {
            idle_note_want(r, o->r, wide);
        } else if (how & K) {
            emit(r, LANE_SET, LANE_K, LANE_K, wide)->k = (uint8_t)o->k;
        }
        if (how & C) {
            idle_note_want(r, LANE_FLAG + S_C, wide);
        }
        if ((how & C) && !carry_only) {
            idle_note_want(r, LANE_FLAG + S_Z, wide);
        }
        struct lane_op *l = emit(r, (enum lane_kind)plain[o->kind].lane, o->d,
                                 how & R   ? o->r
                                 : how & K ? LANE_K
                                           : o->d,
                                 wide);
        l->with_c = (how & C) != 0;
        l->compare = (how & ONLY_COMPARES) != 0;
        l->sets = (uint8_t)sets;
    }
    if (how & TO_D) {
        write_reg(r, o->d, holds);
    }
    write_flags(r, sets, holds);
}

/* From slot to slot, registers or bytes; the caller says that it was read. */
static void copy(struct recorder *r, unsigned to, unsigned from)
{
    enum holds holds = (enum holds)r->holds[from];
    uint8_t saved = r->saved[from], origin = r->origin[from];
    if (holds != FIXED) {
        emit(r, LANE_COPY, to, from, holds == VARIES);
    }
    if (to < LANE_FLAG) {
        write_reg(r, to, holds);
    } else {
        idle_note_write_byte(r, to, holds);
    }
    r->saved[to] = saved;
    r->origin[to] = origin;
}

static void note_copy(struct recorder *r, unsigned to, unsigned from)
{
    pass_reg(r, from);
    copy(r, to, from);
}

/* Two registers are read; the operation wants both unless both are fixed. */
static enum holds read_two(struct recorder *r, unsigned a, unsigned b)
{
    enum holds holds = more_of(reg_holds(r, a), reg_holds(r, b));
    read_reg(r, a);
    read_reg(r, b);
    if (holds != FIXED) {
        idle_note_want(r, a, holds == VARIES);
        idle_note_want(r, b, holds == VARIES);
    }
    return holds;
}

static void note_wide(struct recorder *r, const struct fast_op *o)
{
    enum holds holds = read_two(r, o->d, o->d + 1u);
    if (holds != FIXED) {
        struct lane_op *l = emit(r, o->kind == ADIW ? LANE_ADIW : LANE_SBIW, o->d, o->d, holds == VARIES);
        l->k = (uint8_t)o->k;
        l->sets = S_TO_C;
    }
    write_reg(r, o->d, holds);
    write_reg(r, o->d + 1u, holds);
    write_flags(r, S_TO_C, holds);
}

static void note_mul(struct recorder *r, const struct fast_op *o)
{
    enum holds holds = read_two(r, o->d, o->r);
    if (holds != FIXED) {
        emit(r, LANE_MUL, o->d, o->r, holds == VARIES)->sets = 1 << S_C | 1 << S_Z;
    }
    write_reg(r, 0, holds);
    write_reg(r, 1, holds);
    write_flags(r, 1 << S_C | 1 << S_Z, holds);
}

/* An address is part of the way; moved: the pointer is written back. */
static unsigned pointer(struct recorder *r, unsigned low, bool moved)
{
    for (unsigned i = low; i < low + 2; i++) {
        if (moved) {
            idle_note_fix_reg(r, i);
        } else {
            read_reg(r, i);
            rely_on(r, i);
        }
    }
    return r->avr->data[low] | (unsigned)r->avr->data[low + 1] << 8;
}

/* I/O that stays is part of the way. */
static void note_io_load(struct recorder *r, unsigned to, unsigned at)
{
    const struct fast_io *io = &r->f->io[at - 32];
    struct lane_program *p = &r->lap->program;
    r->lap->calls |= r->avr->io[at - 32].r.c != NULL;
    if (!r->avr->io[at - 32].r.c || io->kind == FAST_IO_STEADY) {
        write_reg(r, to, FIXED);
        rely_on_io(r, at);
        return;
    }
    if (io->kind != FAST_IO_COUNTS || timer_count_is_open(io->ctx) || p->n_counts == LANE_COUNTS) {
        r->failed = true;
        return;
    }
    uint64_t late = (core_op_at_pc(r->avr) & 0xf800) == 0xb000 ? 0 : 1;
    p->count[p->n_counts] = (struct lane_count){ io->ctx, r->avr->cycle - r->first_cycle + late };
    emit(r, LANE_COUNT, to, to, true)->k = (uint8_t)p->n_counts++;
    write_reg(r, to, VARIES);
    r->lap->counts = true;
}

static void note_load(struct recorder *r, unsigned to, unsigned at)
{
    if (at < 32) {
        note_copy(r, to, at);
    } else if (at <= r->avr->ioend) {
        note_io_load(r, to, at);
    } else {
        copy(r, to, idle_note_byte(r, at, true));
    }
}

static void note_store_of(struct recorder *r, unsigned at, unsigned from)
{
    pass_reg(r, from);
    if (at < 32) {
        copy(r, at, from);
    } else if (at <= r->avr->ioend) {
        rely_on(r, from);
        rely_on_io(r, at);
    } else {
        copy(r, idle_note_byte(r, at, false), from);
    }
}

static void note_push_pc(struct recorder *r)
{
    idle_note_write_byte(r, idle_note_byte(r, idle_note_sp(r), false), FIXED);
    idle_note_write_byte(r, idle_note_byte(r, idle_note_sp(r) - 1, false), FIXED);
}

void idle_note_pop_pc(struct recorder *r)
{
    rely_on(r, idle_note_byte(r, idle_note_sp(r) + 1, true));
    rely_on(r, idle_note_byte(r, idle_note_sp(r) + 2, true));
}

static void note_flag_branch(struct recorder *r, unsigned flag)
{
    read_flags(r, 1u << flag);
    if (flag_holds(r, flag) != FIXED) {
        emit(r, LANE_FLAG_IS, LANE_FLAG + flag, 0, flag_holds(r, flag) == VARIES)->want = r->avr->sreg[flag];
    }
}

static void note_bit_branch(struct recorder *r, const struct fast_op *o)
{
    read_reg(r, o->d);
    if (reg_holds(r, o->d) != FIXED) {
        struct lane_op *l = emit(r, LANE_BIT, o->d, 0, reg_holds(r, o->d) == VARIES);
        l->k = o->r;
        l->want = r->avr->data[o->d] >> o->r & 1;
    }
}

static void note_cpse(struct recorder *r, const struct fast_op *o)
{
    enum holds holds = read_two(r, o->d, o->r);
    if (holds != FIXED) {
        emit(r, LANE_SAME, o->d, o->r, holds == VARIES)->want = r->avr->data[o->d] == r->avr->data[o->r];
    }
}

#define ALL_BUT_I 0x7f

static enum holds flags_hold(const struct recorder *r)
{
    enum holds holds = FIXED;
    for (unsigned i = 0; i < S_I; i++) {
        holds = more_of(holds, flag_holds(r, i));
    }
    return holds;
}

/* As a byte. The last wakes of many are executed. */
static void leave_sreg(struct recorder *r, const struct fast_op *o)
{
    if (!r->is_wake) {
        copy(r, idle_note_byte(r, R_SREG, false), o->d);
    }
}

/* Flags of the lap's start are saved in the byte; whether they matter is seen where it goes. */
static void note_in_sreg(struct recorder *r, const struct fast_op *o)
{
    uint8_t saved = (uint8_t)(ALL_BUT_I & ~r->changed_out);
    r->lap->flag_in |= (uint8_t)(ALL_BUT_I & ~r->lap->flag_out);
    enum holds holds = flags_hold(r);
    if (holds != FIXED) {
        for (unsigned i = 0; i < S_I; i++) {
            idle_note_want(r, LANE_FLAG + i, holds == VARIES);
        }
        emit(r, LANE_FROM_SREG, o->d, 0, holds == VARIES)->k = r->avr->sreg[S_I];
    }
    write_reg(r, o->d, holds);
    r->saved[o->d] = saved;
    leave_sreg(r, o);
}

static void note_out_sreg(struct recorder *r, const struct fast_op *o)
{
    uint8_t saved = r->saved[o->d];
    pass_reg(r, o->d);
    idle_note_use_reg(r, o->d);
    enum holds holds = reg_holds(r, o->d);
    if (holds != FIXED) {
        struct lane_op *l = emit(r, LANE_BIT, o->d, 0, holds == VARIES);
        l->k = S_I;
        l->want = r->avr->data[o->d] >> S_I & 1;
        emit(r, LANE_TO_SREG, o->d, 0, holds == VARIES)->sets = ALL_BUT_I;
    }
    write_flags(r, ALL_BUT_I & ~saved, holds);
    write_flags(r, saved, COMMON);
    r->changed_out &= (uint8_t)~saved;
    leave_sreg(r, o);
    r->lap->touches_i = true;
}

static void note_bst(struct recorder *r, const struct fast_op *o)
{
    enum holds holds = reg_holds(r, o->d);
    read_reg(r, o->d);
    if (holds != FIXED) {
        struct lane_op *l = emit(r, LANE_BST, o->d, 0, holds == VARIES);
        l->k = o->r;
        l->sets = 1 << S_T;
    }
    write_flags(r, 1 << S_T, holds);
}

static void note_bld(struct recorder *r, const struct fast_op *o)
{
    enum holds holds = more_of(reg_holds(r, o->d), flag_holds(r, S_T));
    read_reg(r, o->d);
    read_flags(r, 1 << S_T);
    if (holds != FIXED) {
        idle_note_want(r, o->d, holds == VARIES);
        idle_note_want(r, LANE_FLAG + S_T, holds == VARIES);
        emit(r, LANE_BLD, o->d, 0, holds == VARIES)->k = o->r;
    }
    write_reg(r, o->d, holds);
}

static unsigned branch_flag(enum fast_kind kind)
{
    static const uint8_t flag[] = { S_Z, S_Z, S_C, S_C, S_N, S_N, S_S, S_S };
    return flag[kind - BREQ];
}

static bool uses_stack(enum fast_kind kind)
{
    return kind == PUSH || kind == POP || kind == CALL || kind == RCALL || kind == ICALL || kind == RET;
}

void idle_note(struct recorder *r)
{
    const struct fast_op *o = &r->f->ops[r->avr->pc >> 1];

    r->on_stack = uses_stack((enum fast_kind)o->kind);
    r->used_stack |= r->on_stack;
    switch ((enum fast_kind)o->kind) {
    case NOP:
    case WDR: /* of wakes: the last ones are executed */
    case RJMP:
    case JMP: break;
    case SEI:
    case CLI: r->lap->touches_i = true; break;
    case SBIC:
    case SBIS:
    case SBI:
    case CBI:
        r->lap->calls |= r->avr->io[o->k - 32].r.c != NULL;
        rely_on_io(r, o->k);
        break;
    case MOV: note_copy(r, o->d, o->r); break;
    case MOVW:
        note_copy(r, o->d, o->r);
        note_copy(r, o->d + 1u, o->r + 1u);
        break;
    case LDI: write_reg(r, o->d, FIXED); break;
    case ADIW:
    case SBIW: note_wide(r, o); break;
    case MUL: note_mul(r, o); break;
    case ICALL:
        pointer(r, R_ZL, false);
        note_push_pc(r);
        break;
    case RCALL:
    case CALL: note_push_pc(r); break;
    case RET: idle_note_pop_pc(r); break;
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
    case BRBC: /* I is what it was in every lap */
        if (o->r != S_I) {
            note_flag_branch(r, o->r);
        }
        break;
    case SBRC:
    case SBRS: note_bit_branch(r, o); break;
    case CPSE: note_cpse(r, o); break;
    case IN_SREG: note_in_sreg(r, o); break;
    case OUT_SREG: note_out_sreg(r, o); break;
    case BST: note_bst(r, o); break;
    case BLD: note_bld(r, o); break;
    case BSET:
    case BCLR: write_flags(r, 1u << o->r, FIXED); break;
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
    case PUSH: note_store_of(r, idle_note_sp(r), o->d); break;
    case POP: note_load(r, o->d, (idle_note_sp(r) + 1) & 0xffff); break;
    case LPM:
    case LPM_INC:
        pointer(r, R_ZL, o->kind == LPM_INC);
        write_reg(r, o->d, FIXED);
        break;
    default:
        if (plain[o->kind].how) {
            note_plain(r, o);
        } else {
            r->failed = true;
        }
    }
}
