/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How idle_lap.h's laps are recorded: one is executed, and what each instruction does is noted before. */
#include <string.h>

#include "mcu/fast_kinds.h"
#include "mcu/idle_lap.h"
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

/* What a slot holds at this moment. */
enum holds {
    FIXED,  /* the same whenever the lap goes this way: not in its slot but in the core, as the lap is executed */
    COMMON, /* it depends on what the lap read, and is the same in every lane: in the first block */
    VARIES, /* it depends on a timer's count: in all lanes */
};

struct recorder {
    struct fast_core *f;
    avr_t *avr;
    struct idle_lap *lap;
    bool failed, on_stack; /* the instruction pushes or pops */
    bool is_call, is_wake, used_stack;
    uint32_t used_regs;         /* whose first value is used, not only put elsewhere */
    uint8_t origin[LANE_SLOTS]; /* 1 + the slot whose first value it still holds, 0: none */
    uint8_t holds[LANE_SLOTS];
    uint8_t saved[LANE_SLOTS];    /* a byte of SREG: its flags that are still those of the lap's start */
    uint8_t used_in, changed_out; /* flags: as flag_in and flag_out, without what is only saved and restored */
    bool spread[LANE_SLOTS];      /* COMMON, but all lanes have it */
    uint64_t first_cycle;
    bool i_before;          /* I, before the instruction before */
    struct lane_op nowhere; /* what comes after a full program goes there */
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

static uint8_t value_now(const struct recorder *r, unsigned slot)
{
    return slot < LANE_FLAG   ? r->avr->data[slot]
           : slot < LANE_BYTE ? r->avr->sreg[slot - LANE_FLAG]
                              : r->avr->data[r->lap->byte[slot - LANE_BYTE].at];
}

/* An operation wants it: in all lanes, or in the first block. */
static void want(struct recorder *r, unsigned slot, bool wide)
{
    if (r->holds[slot] == FIXED) {
        emit(r, LANE_SET, slot, slot, wide)->k = value_now(r, slot);
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

/* If the slot still holds a register's first value, that is used. */
static void use_reg_in(struct recorder *r, unsigned slot)
{
    if (r->origin[slot] && r->origin[slot] <= LANE_FLAG) {
        r->used_regs |= 1u << (r->origin[slot] - 1);
    }
}

static void read_reg(struct recorder *r, unsigned n)
{
    pass_reg(r, n);
    r->used_in |= r->saved[n];
    use_reg_in(r, n);
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

/* The slot of a byte of SRAM; in: it is read now. */
static unsigned byte_slot(struct recorder *r, unsigned at, bool in)
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

static void write_byte(struct recorder *r, unsigned slot, enum holds holds)
{
    r->lap->byte[slot - LANE_BYTE].written = true;
    set(r, slot, holds);
}

/* The lap goes this way only with the value that the slot has now. */
static void rely_on(struct recorder *r, unsigned slot)
{
    r->used_in |= r->saved[slot];
    use_reg_in(r, slot);
    if (r->holds[slot] != FIXED) {
        struct lane_op *o = emit(r, LANE_IS, slot, slot, r->holds[slot] == VARIES);
        o->k = value_now(r, slot);
        o->want = true;
    }
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
        want(r, o->d, wide);
        if (how & R) {
            want(r, o->r, wide);
        } else if (how & K) {
            emit(r, LANE_SET, LANE_K, LANE_K, wide)->k = (uint8_t)o->k;
        }
        if (how & C) {
            want(r, LANE_FLAG + S_C, wide);
        }
        if ((how & C) && !carry_only) {
            want(r, LANE_FLAG + S_Z, wide);
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
        write_byte(r, to, holds);
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
        want(r, a, holds == VARIES);
        want(r, b, holds == VARIES);
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
        read_reg(r, i);
        rely_on(r, i);
        if (moved) {
            write_reg(r, i, FIXED);
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
        copy(r, to, byte_slot(r, at, true));
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
        copy(r, byte_slot(r, at, false), from);
    }
}

static unsigned sp(const struct recorder *r)
{
    return r->avr->data[FAST_SPL] | (unsigned)r->avr->data[FAST_SPH] << 8;
}

static void note_push_pc(struct recorder *r)
{
    write_byte(r, byte_slot(r, sp(r), false), FIXED);
    write_byte(r, byte_slot(r, sp(r) - 1, false), FIXED);
}

static void note_pop_pc(struct recorder *r)
{
    rely_on(r, byte_slot(r, sp(r) + 1, true));
    rely_on(r, byte_slot(r, sp(r) + 2, true));
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
        copy(r, byte_slot(r, R_SREG, false), o->d);
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
            want(r, LANE_FLAG + i, holds == VARIES);
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
    use_reg_in(r, o->d);
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
        want(r, o->d, holds == VARIES);
        want(r, LANE_FLAG + S_T, holds == VARIES);
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

static void note(struct recorder *r, const struct fast_op *o)
{
    r->on_stack = uses_stack((enum fast_kind)o->kind);
    r->used_stack |= r->on_stack;
    switch ((enum fast_kind)o->kind) {
    case NOP:
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
    case PUSH: note_store_of(r, sp(r), o->d); break;
    case POP: note_load(r, o->d, (sp(r) + 1) & 0xffff); break;
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

/* ---- the lap ---- */

static bool is_back(const struct recorder *r, unsigned slot, uint8_t first)
{
    return r->holds[slot] != VARIES && value_now(r, slot) == first && !(r->lap->counts && r->saved[slot]);
}

/* Without counts a lap is compared with the last one, saved flags and all. */
static uint8_t flags_back(const struct recorder *r)
{
    const struct idle_lap *lap = r->lap;
    return lap->counts ? r->used_in & r->changed_out : lap->flag_in & lap->flag_out;
}

/* What was read before it was written has its first value again. Else it is a smaller loop within the lap. */
static bool is_closed(const struct recorder *r)
{
    const struct idle_lap *lap = r->lap;
    const avr_t *avr = r->avr;
    bool closed = avr->sreg[S_I] == lap->i && !memcmp(avr->data + FAST_SPL, lap->sp, sizeof lap->sp);
    for (unsigned i = 0; i < 32 && closed; i++) {
        closed = !((lap->reg_in & lap->reg_out) >> i & 1) || is_back(r, i, lap->first.reg[i]);
    }
    for (unsigned i = 0; i < 8 && closed; i++) {
        closed = !(flags_back(r) >> i & 1) || is_back(r, LANE_FLAG + i, lap->first.flag[i]);
    }
    for (unsigned i = 0; i < lap->n_bytes && closed; i++) {
        closed = !lap->byte[i].in || !lap->byte[i].written || is_back(r, LANE_BYTE + i, lap->first.byte[i]);
    }
    return closed;
}

static void begin(struct recorder *r, struct idle_lap *lap, struct fast_core *f, avr_t *avr)
{
    *r = (struct recorder){ .f = f, .avr = avr, .lap = lap, .first_cycle = avr->cycle };
    memset(r->holds, COMMON, sizeof r->holds);
    for (unsigned i = 0; i < LANE_BYTE; i++) {
        r->origin[i] = (uint8_t)(i + 1);
    }
    memcpy(lap->first.reg, avr->data, sizeof lap->first.reg);
    memcpy(lap->first.flag, avr->sreg, sizeof lap->first.flag);
    lap->valid = lap->known = lap->counts = lap->calls = lap->touches_i = false;
    lap->misses = 0;
    lap->pc = avr->pc;
    lap->code_changes = f->changes;
    lap->sections = f->sections;
    lap->i = avr->sreg[S_I];
    memcpy(lap->sp, avr->data + FAST_SPL, sizeof lap->sp);
    lap->reg_in = lap->reg_out = 0;
    lap->flag_in = lap->flag_out = 0;
    lap->n_bytes = lap->n_io = 0;
    lap->program.n = lap->program.n_counts = 0;
    fast_core_probe_begin(f, NO_WORD >> 1);
}

/* Executes one instruction. False: the lap is over before its end. */
static bool execute(struct recorder *r, uint64_t end)
{
    avr_t *avr = r->avr;
    uint64_t before = avr->cycle;
    fast_core_probe(r->f, avr, before + 1);
    if (avr->interrupt_state == -2 && avr->cycle < end &&
        !(r->f->interrupt_wanted && r->f->interrupt_wanted(r->f->ctx))) {
        avr->interrupt_state = 0; /* I was set, and the run did not end with this instruction after all */
    }
    end = avr->cycle_timers.timer && avr->cycle_timers.timer->when < end ? avr->cycle_timers.timer->when : end;
    r->failed |= r->f->probe.spoilt || r->f->probe.wdr || r->f->probe.wrote_io || r->f->stray != 0 ||
                 (r->f->probe.wrote_memory && !r->is_wake);
    return avr->cycle > before && avr->cycle < end && !r->failed && !avr->interrupt_state && avr->run_cycle_count;
}

static bool step(struct recorder *r, uint64_t end)
{
    note(r, &r->f->ops[r->avr->pc >> 1]);
    return execute(r, end);
}

static void note_fixed(struct recorder *r)
{
    struct idle_lap *lap = r->lap;
    const avr_t *avr = r->avr;
    lap->reg_fixed = lap->byte_fixed = 0;
    lap->flag_fixed = 0;
    for (unsigned i = 0; i < 32; i++) {
        lap->last.reg[i] = avr->data[i];
        lap->reg_fixed |= (uint32_t)(r->holds[i] == FIXED) << i;
    }
    for (unsigned i = 0; i < 8; i++) {
        lap->last.flag[i] = avr->sreg[i];
        lap->flag_fixed |= (uint8_t)((r->holds[LANE_FLAG + i] == FIXED) << i);
    }
    for (unsigned i = 0; i < lap->n_bytes; i++) {
        lap->last.byte[i] = avr->data[lap->byte[i].at];
        lap->byte_fixed |= (uint32_t)(r->holds[LANE_BYTE + i] == FIXED) << i;
    }
}

/* At a lap's end with what it read. */
static bool is_compared(const struct idle_lap *lap, unsigned slot)
{
    return slot < LANE_FLAG   ? (lap->reg_in & lap->reg_out) >> slot & 1
           : slot < LANE_BYTE ? (lap->flag_in & lap->flag_out) >> (slot - LANE_FLAG) & 1
                              : lap->byte[slot - LANE_BYTE].in && lap->byte[slot - LANE_BYTE].written;
}

/* What is compared at the end of a lap stands in all lanes. */
static void spread_ends(struct recorder *r)
{
    for (unsigned i = 0; i < LANE_BYTE + r->lap->n_bytes; i++) {
        if (is_compared(r->lap, i) && r->holds[i] == COMMON) {
            want(r, i, true);
        }
    }
}

/* A handler gives back what it finds in registers; the last of laps with counts is executed. */
static bool is_wanted_at_end(const struct recorder *r, unsigned slot)
{
    const struct idle_lap *lap = r->lap;
    if (r->is_wake && slot < LANE_FLAG) {
        return lap->reg_back >> slot & 1;
    }
    if (r->is_call || r->is_wake || lap->counts) {
        return r->is_call ? slot >= LANE_BYTE && lap->byte[slot - LANE_BYTE].written : is_compared(lap, slot);
    }
    return slot < LANE_FLAG ? lap->reg_out >> slot & 1 : slot >= LANE_BYTE && lap->byte[slot - LANE_BYTE].written;
}

static bool finish(struct recorder *r)
{
    struct idle_lap *lap = r->lap;
    lap->ck = r->avr->cycle - r->first_cycle;
    lap->flag_back = r->is_wake ? r->used_in & r->changed_out : flags_back(r);
    for (unsigned i = 0; i < lap->n_io; i++) {
        lap->io_value[i] = r->avr->data[lap->io[i]];
    }
    note_fixed(r);
    if (lap->counts) {
        spread_ends(r);
    }
    lap->program.flags_out = r->is_call    ? 0
                             : r->is_wake  ? lap->flag_back
                             : lap->counts ? lap->flag_in & lap->flag_out
                                           : lap->flag_out;
    lap->program.slots_out = 0;
    for (unsigned i = 0; i < LANE_BYTE + lap->n_bytes; i++) {
        lap->program.slots_out |= (uint64_t)(r->holds[i] != FIXED && is_wanted_at_end(r, i)) << i;
    }
    lane_program_shorten(&lap->program);
    lap->valid = !r->failed;
    return lap->valid;
}

/* Whatever the lap holds that it came into, it gives back, and nothing of that is used. */
static bool only_counts(const struct recorder *r)
{
    const struct idle_lap *call = r->lap;
    bool only = !r->failed && !r->used_regs && !r->used_in && !r->changed_out && !call->n_io && !call->counts;
    for (unsigned i = 0; i < 32 && only; i++) {
        only = !(call->reg_out >> i & 1) || r->origin[i] == i + 1;
    }
    for (unsigned i = 0; i < call->n_bytes && only; i++) {
        const struct idle_lap_byte *b = &call->byte[i];
        bool is_own = !r->origin[LANE_BYTE + i] && !r->saved[LANE_BYTE + i]; /* not put there from the lap */
        only = b->at == R_SREG || (b->direct ? is_own : !b->in && b->written);
    }
    return only;
}

enum idle_recorded idle_record_call(struct idle_lap *call, struct fast_core *f, avr_t *avr, uint32_t return_pc,
                                    uint64_t end)
{
    struct recorder r;
    begin(&r, call, f, avr);
    r.is_call = true;
    for (call->instructions = 1; call->instructions <= MOST_STEPS && avr->cycle < end; call->instructions++) {
        const struct fast_op *o = &f->ops[avr->pc >> 1];
        bool returns = o->kind == RETI;
        r.failed |= o->kind == SEI || o->kind == RET || o->kind == CALL || o->kind == RCALL || o->kind == ICALL;
        bool goes_on = returns ? execute(&r, end) : step(&r, end);
        if (returns) {
            bool good = goes_on && avr->pc == return_pc && only_counts(&r);
            return good && finish(&r) ? IDLE_RECORDED : goes_on ? IDLE_NO_LAP : IDLE_BROKEN_OFF;
        }
        if (!goes_on) {
            return r.failed ? IDLE_NO_LAP : IDLE_BROKEN_OFF;
        }
    }
    return IDLE_NO_LAP;
}

enum idle_recorded idle_record(struct idle_lap *lap, struct fast_core *f, avr_t *avr, uint64_t end)
{
    struct recorder r;
    unsigned arrivals = 0;
    begin(&r, lap, f, avr);
    for (lap->instructions = 1; lap->instructions <= MOST_STEPS && arrivals < MOST_ARRIVALS; lap->instructions++) {
        if (avr->cycle >= end) {
            return IDLE_BROKEN_OFF;
        }
        idle_lap_note_step(lap, avr, r.first_cycle, r.i_before);
        r.i_before = avr->sreg[S_I];
        if (!step(&r, end)) {
            return r.failed ? IDLE_NO_LAP : IDLE_BROKEN_OFF;
        }
        if (avr->pc == lap->pc) {
            if (is_closed(&r)) {
                idle_lap_judge_steps(lap, r.used_stack, r.i_before);
                return finish(&r) ? IDLE_RECORDED : IDLE_NO_LAP;
            }
            arrivals++;
        }
    }
    return IDLE_NO_LAP;
}

/* ---- from sleep to sleep ---- */

/* What passed into bytes that it reads, or into other registers, counts as used: it must be what it was. */
static void use_what_moved(struct recorder *r)
{
    const struct idle_lap *lap = r->lap;
    for (unsigned i = 0; i < 32; i++) {
        if ((lap->reg_in & lap->reg_out) >> i & 1 && r->origin[i] != i + 1) {
            use_reg_in(r, i);
        }
    }
    for (unsigned i = 0; i < lap->n_bytes; i++) {
        if (lap->byte[i].in && lap->byte[i].written) {
            use_reg_in(r, LANE_BYTE + i);
            r->used_in |= r->saved[LANE_BYTE + i];
        }
    }
}

static bool finish_wake(struct recorder *r)
{
    struct idle_lap *lap = r->lap;
    uint32_t changed = 0, saves_flags = 0;
    use_what_moved(r);
    for (unsigned i = 0; i < 32; i++) {
        changed |= (uint32_t)(lap->reg_out >> i & 1 && r->origin[i] != i + 1) << i;
        saves_flags |= (uint32_t)(r->saved[i] != 0) << i;
    }
    r->failed |= (changed & r->used_regs & saves_flags) != 0 || lap->counts;
    for (unsigned i = 0; i < lap->n_bytes; i++) { /* what was pushed by others, and popped */
        r->failed |= lap->byte[i].in && lap->byte[i].written && !lap->byte[i].direct;
    }
    for (unsigned i = 0; i < lap->n_io; i++) { /* SMCR, too, is what it was */
        r->failed |= lap->io_value[i] != r->avr->data[lap->io[i]];
    }
    lap->reg_back = changed & r->used_regs;
    return finish(r);
}

static bool is_asleep_next(const struct recorder *r, uint32_t asleep_pc)
{
    const avr_t *avr = r->avr;
    return avr->pc + 2 == asleep_pc && avr->sreg[S_I] && sp(r) == (r->lap->sp[0] | (unsigned)r->lap->sp[1] << 8) + 2;
}

enum idle_recorded idle_record_wake(struct idle_lap *lap, struct fast_core *f, avr_t *avr, uint32_t asleep_pc,
                                    uint64_t end)
{
    struct recorder r;
    begin(&r, lap, f, avr);
    r.is_wake = r.on_stack = true;
    r.failed = sp(&r) < avr->ioend;     /* a stack in registers or I/O */
    for (unsigned i = 1; i <= 2; i++) { /* the interrupt pushed the same pc as ever */
        write_byte(&r, byte_slot(&r, sp(&r) + i, false), FIXED);
    }
    for (lap->instructions = 1; lap->instructions <= MOST_STEPS && avr->cycle < end; lap->instructions++) {
        if (is_asleep_next(&r, asleep_pc)) { /* SLEEP is one of its instructions */
            return finish_wake(&r) ? IDLE_RECORDED : IDLE_NO_LAP;
        }
        bool returns = f->ops[avr->pc >> 1].kind == RETI;
        if (returns) {
            r.on_stack = true;
            note_pop_pc(&r);
        }
        if (!(returns ? execute(&r, end) : step(&r, end))) {
            return r.failed ? IDLE_NO_LAP : IDLE_BROKEN_OFF;
        }
    }
    return IDLE_NO_LAP;
}
