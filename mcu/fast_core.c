/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mcu/fast_core.h"

#include <stdlib.h>

enum kind {
    SLOW,
    NOP,
    MOVW,
    CPC,
    SBC,
    ADD,
    CPSE,
    CP,
    SUB,
    ADC,
    AND,
    EOR,
    OR,
    MOV,
    CPI,
    SBCI,
    SUBI,
    ORI,
    ANDI,
    LDI,
    COM,
    NEG,
    SWAP,
    INC,
    ASR,
    LSR,
    ROR,
    DEC,
    ADIW,
    SBIW,
    MUL,
    RJMP,
    RCALL,
    JMP,
    CALL,
    RET,
    IJMP,
    ICALL,
    BRBS,
    BRBC,
    SBRC,
    SBRS,
    SBIC,
    SBIS,
    BST,
    BLD,
    BSET,
    BCLR,
    IN,
    OUT,
    LDS,
    STS,
    LDD,
    STD,
    LD_INC,
    ST_INC,
    LD_DEC,
    ST_DEC,
    PUSH,
    POP,
    LPM,
    LPM_INC,
};

#define FIRST_RAM (32 + MAX_IOs) /* no I/O callback from here on */
#define SPL 0x5d
#define PAST_END 3 /* words that a long instruction or a skip in the last one can go too far, and one */

/* ---- decoding ---- */

static struct fast_op two(enum kind kind, unsigned op) /* Rd, Rr */
{
    return (struct fast_op){ .kind = kind, .d = op >> 4 & 31, .r = (op >> 5 & 16) | (op & 15) };
}

static struct fast_op immediate(enum kind kind, unsigned op) /* Rd 16..31, K */
{
    return (struct fast_op){ .kind = kind, .d = 16 + (op >> 4 & 15), .k = (op >> 4 & 0xf0) | (op & 15) };
}

static struct fast_op one(enum kind kind, unsigned op, unsigned r, unsigned k)
{
    return (struct fast_op){ .kind = kind, .d = op >> 4 & 31, .r = (uint8_t)r, .k = (uint16_t)k };
}

static bool is_long(unsigned op) /* LDS STS JMP CALL */
{
    return (op & 0xfc0f) == 0x9000 || (op & 0xfe0c) == 0x940c;
}

/* 0x9000..0x93ff: loads and stores by pointer, PUSH, POP, LDS, STS, LPM */
static struct fast_op decode_load_store(unsigned op, unsigned next)
{
    bool store = op & 0x200;
    switch (op & 15) {
    case 0x0: return one(store ? STS : LDS, op, 0, next);
    case 0x1: return one(store ? ST_INC : LD_INC, op, R_ZL, 0);
    case 0x2: return one(store ? ST_DEC : LD_DEC, op, R_ZL, 0);
    case 0x4: return one(store ? SLOW : LPM, op, 0, 0);
    case 0x5: return one(store ? SLOW : LPM_INC, op, 0, 0);
    case 0x9: return one(store ? ST_INC : LD_INC, op, R_YL, 0);
    case 0xa: return one(store ? ST_DEC : LD_DEC, op, R_YL, 0);
    case 0xc: return one(store ? STD : LDD, op, R_XL, 0);
    case 0xd: return one(store ? ST_INC : LD_INC, op, R_XL, 0);
    case 0xe: return one(store ? ST_DEC : LD_DEC, op, R_XL, 0);
    case 0xf: return one(store ? PUSH : POP, op, 0, 0);
    default: return one(SLOW, op, 0, 0);
    }
}

/* 0x9400..0x95ff */
static struct fast_op decode_single(unsigned op, unsigned next)
{
    static const uint8_t by_low[16] = {
        [0x0] = COM, [0x1] = NEG, [0x2] = SWAP, [0x3] = INC, [0x5] = ASR, [0x6] = LSR, [0x7] = ROR, [0xa] = DEC,
    };
    if ((op & 0xff8f) == 0x9408 && (op >> 4 & 7) != S_I) {
        return one(BSET, 0, op >> 4 & 7, 0);
    }
    if ((op & 0xff8f) == 0x9488 && (op >> 4 & 7) != S_I) {
        return one(BCLR, 0, op >> 4 & 7, 0);
    }
    switch (op) {
    case 0x9409: return one(IJMP, 0, 0, 0);
    case 0x9508: return one(RET, 0, 0, 0);
    case 0x9509: return one(ICALL, 0, 0, 0);
    case 0x95c8: return one(LPM, 0, 0, 0); /* R0 */
    }
    if ((op & 0xfe0e) == 0x940c) {
        return one(JMP, 0, 0, next);
    }
    if ((op & 0xfe0e) == 0x940e) {
        return one(CALL, 0, 0, next);
    }
    return one(by_low[op & 15], op, 0, 0);
}

static struct fast_op decode_9(unsigned op, unsigned next)
{
    unsigned io = 32 + (op >> 3 & 31);
    switch (op >> 8 & 15) {
    case 0x0:
    case 0x1:
    case 0x2:
    case 0x3: return decode_load_store(op, next);
    case 0x4:
    case 0x5: return decode_single(op, next);
    case 0x6:
    case 0x7:
        return (struct fast_op){ .kind = op & 0x100 ? SBIW : ADIW,
                                 .d = 24 + (op >> 3 & 6),
                                 .k = (op >> 2 & 0x30) | (op & 15) };
    case 0x9: return (struct fast_op){ .kind = SBIC, .r = op & 7, .k = (uint16_t)io };
    case 0xb: return (struct fast_op){ .kind = SBIS, .r = op & 7, .k = (uint16_t)io };
    case 0xc:
    case 0xd:
    case 0xe:
    case 0xf: return two(MUL, op);
    default: return one(SLOW, 0, 0, 0); /* CBI, SBI */
    }
}

static struct fast_op decode(unsigned op, unsigned next)
{
    static const uint8_t by_six[12] = { [1] = CPC, [2] = SBC, [3] = ADD, [4] = CPSE, [5] = CP,  [6] = SUB,
                                        [7] = ADC, [8] = AND, [9] = EOR, [10] = OR,  [11] = MOV };
    int relative = (int)(op << 20) >> 20;
    switch (op >> 12) {
    case 0x0:
    case 0x1:
    case 0x2:
        if (op >> 10) {
            return two(by_six[op >> 10], op);
        }
        if ((op & 0xff00) == 0x0100) {
            return (struct fast_op){ .kind = MOVW, .d = op >> 3 & 0x1e, .r = op << 1 & 0x1e };
        }
        return one(op == 0 ? NOP : SLOW, 0, 0, 0); /* MULS and its like: rare */
    case 0x3: return immediate(CPI, op);
    case 0x4: return immediate(SBCI, op);
    case 0x5: return immediate(SUBI, op);
    case 0x6: return immediate(ORI, op);
    case 0x7: return immediate(ANDI, op);
    case 0x8:
    case 0xa: /* LDD and STD with displacement */
        return one(op & 0x200 ? STD : LDD, op, op & 8 ? R_YL : R_ZL, (op >> 8 & 0x20) | (op >> 7 & 0x18) | (op & 7));
    case 0x9: return decode_9(op, next);
    case 0xb: return one(op & 0x800 ? OUT : IN, op, 0, 32 + ((op >> 5 & 0x30) | (op & 15)));
    case 0xc: return one(RJMP, 0, 0, (unsigned)relative);
    case 0xd: return one(RCALL, 0, 0, (unsigned)relative);
    case 0xe: return immediate(LDI, op);
    default: /* 0xf */
        if (!(op & 0x800)) {
            int k = (int)(op << 22) >> 25;
            return one(op & 0x400 ? BRBC : BRBS, 0, op & 7, (unsigned)k);
        }
        if (op & 8) {
            return one(SLOW, 0, 0, 0);
        }
        static const uint8_t bits[4] = { BLD, BST, SBRC, SBRS };
        return one(bits[op >> 9 & 3], op, op & 7, 0);
    }
}

void fast_core_decode(struct fast_core *f, const uint8_t *code, uint32_t first, uint32_t n)
{
    if (first) { /* the word before may be a long instruction that ends here */
        first--;
        n++;
    }
    for (uint32_t i = first; i < first + n; i++) {
        uint32_t next = (i + 1) & (f->words - 1);
        unsigned op = code[2 * i] | (unsigned)code[2 * i + 1] << 8;
        f->ops[i] = decode(op, code[2 * next] | (unsigned)code[2 * next + 1] << 8);
        if ((f->ops[i].kind == JMP || f->ops[i].kind == CALL) && f->ops[i].k >= f->words) {
            f->ops[i].kind = SLOW;
        }
        f->ops[i].extra = is_long(op);
    }
}

int fast_core_init(struct fast_core *f, uint32_t words, uint16_t ram_end)
{
    f->words = words;
    f->ram_end = ram_end;
    f->ops = calloc(words + PAST_END, sizeof *f->ops); /* all SLOW: the last ones end a run that leaves flash */
    return f->ops ? 0 : -1;
}

void fast_core_free(struct fast_core *f)
{
    free(f->ops);
    f->ops = NULL;
}

/* ---- executing ---- */

static inline void set_zns(uint8_t *s, uint8_t res)
{
    s[S_Z] = res == 0;
    s[S_N] = res >> 7;
    s[S_S] = s[S_N] ^ s[S_V];
}

static inline uint8_t add(uint8_t *s, uint8_t a, uint8_t b, unsigned carry)
{
    unsigned sum = a + b + carry;
    uint8_t res = (uint8_t)sum;
    s[S_C] = sum >> 8;
    s[S_H] = ((a & 15) + (b & 15) + carry) >> 4;
    s[S_V] = ((a ^ res) & (b ^ res)) >> 7;
    set_zns(s, res);
    return res;
}

/* keep_z: of CPC, SBC, SBCI, which only clear Z */
static inline uint8_t sub(uint8_t *s, uint8_t a, uint8_t b, unsigned carry, bool keep_z)
{
    uint8_t res = (uint8_t)(a - b - carry), z = s[S_Z];
    s[S_C] = a < b + carry;
    s[S_H] = (a & 15u) < (b & 15u) + carry;
    s[S_V] = ((a ^ b) & (a ^ res)) >> 7;
    set_zns(s, res);
    if (keep_z) {
        s[S_Z] &= z;
    }
    return res;
}

static inline uint8_t logic(uint8_t *s, uint8_t res)
{
    s[S_V] = 0;
    set_zns(s, res);
    return res;
}

static inline uint8_t shifted(uint8_t *s, uint8_t from, uint8_t res)
{
    s[S_C] = from & 1;
    s[S_V] = (res >> 7) ^ s[S_C];
    set_zns(s, res);
    return res;
}

static inline unsigned pair(const uint8_t *data, unsigned r)
{
    return data[r] | (unsigned)data[r + 1] << 8;
}

static inline void set_pair(uint8_t *data, unsigned r, unsigned v)
{
    data[r] = (uint8_t)v;
    data[r + 1] = (uint8_t)(v >> 8);
}

/* What strays beyond SRAM is done all the same, but the burst ends there. */
static inline bool is_ram(struct fast_core *f, unsigned a, uint64_t *end)
{
    if (a > f->ram_end) {
        f->stray = (uint16_t)a;
        *end = 0;
    }
    return a >= FIRST_RAM;
}

static inline bool plain_read(struct fast_core *f, const avr_t *avr, unsigned a, uint64_t *end)
{
    return is_ram(f, a, end) || a < 32 || (a != R_SREG && !avr->io[a - 32].r.c && !avr->io[a - 32].irq);
}

static inline bool plain_write(struct fast_core *f, const avr_t *avr, unsigned a, uint64_t *end)
{
    return is_ram(f, a, end) || a < 32 || (a != R_SREG && !avr->io[a - 32].w.c && !avr->io[a - 32].irq);
}

static inline void push_pc(uint8_t *data, unsigned sp, uint32_t pc)
{
    data[sp] = (uint8_t)pc;
    data[sp - 1] = (uint8_t)(pc >> 8);
    set_pair(data, SPL, sp - 2);
}

/* The byte at Z for an LPM in the word at pc. */
static inline uint8_t lpm(const struct fast_core *f, const avr_t *avr, uint32_t pc, unsigned z)
{
    const struct fast_sections *s = &f->sections;
    if (s->lpm_free) {
        return z < FAST_ROW_BYTES ? avr->flash[z] : 0xff;
    }
    if (s->app_locked || s->boot_locked) {
        bool in_boot = 2 * pc >= s->boot_start;
        bool of_boot = (z & (2 * f->words - 1)) >= s->boot_start;
        if (in_boot != of_boot && (of_boot ? s->boot_locked : s->app_locked)) {
            return s->refused;
        }
    }
    return avr->flash[z];
}

static uint8_t sreg_byte(const avr_t *avr)
{
    uint8_t v = 0;
    for (unsigned i = 0; i < 8; i++) {
        v |= (uint8_t)(avr->sreg[i] << i);
    }
    return v;
}

void fast_core_run(struct fast_core *f, avr_t *avr, uint64_t end)
{
    const struct fast_op *ops = f->ops;
    const uint32_t mask = f->words - 1;
    uint8_t *const data = avr->data, *const s = avr->sreg;
    uint32_t pc = avr->pc >> 1;
    uint64_t cycle = avr->cycle;
    unsigned a, v;

    while (cycle < end) {
        const struct fast_op o = ops[pc];
        bool skip = false;
        switch ((enum kind)o.kind) {
        case SLOW: goto out;
        case NOP: break;
        case MOVW:
            data[o.d] = data[o.r];
            data[o.d + 1] = data[o.r + 1];
            break;
        case CPC: sub(s, data[o.d], data[o.r], s[S_C], true); break;
        case SBC: data[o.d] = sub(s, data[o.d], data[o.r], s[S_C], true); break;
        case ADD: data[o.d] = add(s, data[o.d], data[o.r], 0); break;
        case ADC: data[o.d] = add(s, data[o.d], data[o.r], s[S_C]); break;
        case CPSE: skip = data[o.d] == data[o.r]; goto skip_or_not;
        case CP: sub(s, data[o.d], data[o.r], 0, false); break;
        case SUB: data[o.d] = sub(s, data[o.d], data[o.r], 0, false); break;
        case AND: data[o.d] = logic(s, data[o.d] & data[o.r]); break;
        case EOR: data[o.d] = logic(s, data[o.d] ^ data[o.r]); break;
        case OR: data[o.d] = logic(s, data[o.d] | data[o.r]); break;
        case MOV: data[o.d] = data[o.r]; break;
        case CPI: sub(s, data[o.d], (uint8_t)o.k, 0, false); break;
        case SBCI: data[o.d] = sub(s, data[o.d], (uint8_t)o.k, s[S_C], true); break;
        case SUBI: data[o.d] = sub(s, data[o.d], (uint8_t)o.k, 0, false); break;
        case ORI: data[o.d] = logic(s, data[o.d] | (uint8_t)o.k); break;
        case ANDI: data[o.d] = logic(s, data[o.d] & (uint8_t)o.k); break;
        case LDI: data[o.d] = (uint8_t)o.k; break;
        case COM:
            data[o.d] = logic(s, (uint8_t)~data[o.d]);
            s[S_C] = 1;
            break;
        case NEG: data[o.d] = sub(s, 0, data[o.d], 0, false); break;
        case SWAP: data[o.d] = (uint8_t)(data[o.d] >> 4 | data[o.d] << 4); break;
        case INC:
            v = (uint8_t)(data[o.d] + 1);
            s[S_V] = v == 0x80;
            set_zns(s, (uint8_t)v);
            data[o.d] = (uint8_t)v;
            break;
        case DEC:
            v = (uint8_t)(data[o.d] - 1);
            s[S_V] = v == 0x7f;
            set_zns(s, (uint8_t)v);
            data[o.d] = (uint8_t)v;
            break;
        case ASR: data[o.d] = shifted(s, data[o.d], (data[o.d] >> 1) | (data[o.d] & 0x80)); break;
        case LSR: data[o.d] = shifted(s, data[o.d], data[o.d] >> 1); break;
        case ROR: data[o.d] = shifted(s, data[o.d], (uint8_t)(data[o.d] >> 1 | s[S_C] << 7)); break;
        case ADIW:
            a = pair(data, o.d);
            v = (a + o.k) & 0xffff;
            set_pair(data, o.d, v);
            s[S_V] = (~a & v) >> 15 & 1;
            s[S_C] = (~v & a) >> 15 & 1;
            goto wide_flags;
        case SBIW:
            a = pair(data, o.d);
            v = (a - o.k) & 0xffff;
            set_pair(data, o.d, v);
            s[S_V] = (a & ~v) >> 15 & 1;
            s[S_C] = (v & ~a) >> 15 & 1;
        wide_flags:
            s[S_Z] = v == 0;
            s[S_N] = (uint8_t)(v >> 15);
            s[S_S] = s[S_N] ^ s[S_V];
            cycle++;
            break;
        case MUL:
            v = (unsigned)data[o.d] * data[o.r];
            set_pair(data, 0, v);
            s[S_Z] = v == 0;
            s[S_C] = (uint8_t)(v >> 15);
            cycle++;
            break;
        case RJMP:
            pc = (pc + 1 + (uint32_t)(int16_t)o.k) & mask;
            cycle += 2;
            continue;
        case IJMP:
            v = pair(data, R_ZL);
            if (v > mask) {
                goto out;
            }
            pc = v;
            cycle += 2;
            continue;
        case JMP:
            pc = o.k;
            cycle += 3;
            continue;
        case RCALL:
        case CALL:
        case ICALL:
            a = pair(data, SPL);
            if (a < FIRST_RAM + 2 || a > f->ram_end || (o.kind == ICALL && pair(data, R_ZL) > mask)) {
                goto out;
            }
            push_pc(data, a, (pc + (o.kind == CALL ? 2 : 1)) & mask);
            pc = o.kind == CALL ? o.k : o.kind == ICALL ? pair(data, R_ZL) : (pc + 1 + (uint32_t)(int16_t)o.k) & mask;
            cycle += o.kind == CALL ? 4 : 3;
            continue;
        case RET:
            a = pair(data, SPL);
            if (a < FIRST_RAM || a + 2 > f->ram_end) {
                goto out;
            }
            v = (unsigned)data[a + 1] << 8 | data[a + 2];
            if (v > mask) {
                goto out;
            }
            pc = v;
            set_pair(data, SPL, a + 2);
            cycle += 4;
            continue;
        case BRBS:
        case BRBC:
            if (s[o.r] == (o.kind == BRBS)) {
                pc = (pc + 1 + (uint32_t)(int16_t)o.k) & mask;
                cycle += 2;
                continue;
            }
            break;
        case SBRC:
        case SBRS: skip = (data[o.d] >> o.r & 1) == (o.kind == SBRS); goto skip_or_not;
        case SBIC:
        case SBIS:
            if (plain_read(f, avr, o.k, &end)) {
                v = data[o.k];
            } else if (avr->io[o.k - 32].r.c && !avr->io[o.k - 32].irq) {
                avr->pc = pc << 1;
                avr->cycle = cycle;
                v = avr->io[o.k - 32].r.c(avr, o.k, avr->io[o.k - 32].r.param);
                end = 0; /* the callback may have changed what comes next */
                cycle = avr->cycle;
            } else {
                goto out;
            }
            skip = (v >> o.r & 1) == (o.kind == SBIS);
        skip_or_not:
            if (skip) {
                unsigned words = 1u + ops[(pc + 1) & mask].extra;
                pc += words;
                cycle += words;
            }
            break;
        case BST: s[S_T] = data[o.d] >> o.r & 1; break;
        case BLD: data[o.d] = (uint8_t)((data[o.d] & ~(1u << o.r)) | (unsigned)s[S_T] << o.r); break;
        case BSET: s[o.r] = 1; break;
        case BCLR: s[o.r] = 0; break;
        case IN:
            if (o.k == R_SREG) {
                data[R_SREG] = sreg_byte(avr);
            } else if (!plain_read(f, avr, o.k, &end)) {
                goto out;
            }
            data[o.d] = data[o.k];
            break;
        case OUT:
            if (!plain_write(f, avr, o.k, &end)) {
                goto out;
            }
            data[o.k] = data[o.d];
            break;
        case LDS:
            if (!plain_read(f, avr, o.k, &end)) {
                goto out;
            }
            data[o.d] = data[o.k];
            pc++;
            cycle++;
            break;
        case STS:
            if (!plain_write(f, avr, o.k, &end)) {
                goto out;
            }
            data[o.k] = data[o.d];
            pc++;
            cycle++;
            break;
        case LDD:
            a = (pair(data, o.r) + o.k) & 0xffff;
            if (!plain_read(f, avr, a, &end)) {
                goto out;
            }
            data[o.d] = data[a];
            cycle++;
            break;
        case STD:
            a = (pair(data, o.r) + o.k) & 0xffff;
            if (!plain_write(f, avr, a, &end)) {
                goto out;
            }
            data[a] = data[o.d];
            cycle++;
            break;
        case LD_INC:
            a = pair(data, o.r);
            if (!plain_read(f, avr, a, &end)) {
                goto out;
            }
            v = data[a];
            set_pair(data, o.r, a + 1);
            data[o.d] = (uint8_t)v;
            cycle++;
            break;
        case ST_INC:
            a = pair(data, o.r);
            if (!plain_write(f, avr, a, &end)) {
                goto out;
            }
            v = data[o.d];
            set_pair(data, o.r, a + 1);
            data[a] = (uint8_t)v;
            cycle++;
            break;
        case LD_DEC:
            a = (pair(data, o.r) - 1) & 0xffff;
            if (!plain_read(f, avr, a, &end)) {
                goto out;
            }
            v = data[a];
            set_pair(data, o.r, a);
            data[o.d] = (uint8_t)v;
            cycle++;
            break;
        case ST_DEC:
            a = (pair(data, o.r) - 1) & 0xffff;
            if (!plain_write(f, avr, a, &end)) {
                goto out;
            }
            v = data[o.d];
            set_pair(data, o.r, a);
            data[a] = (uint8_t)v;
            cycle++;
            break;
        case PUSH:
            a = pair(data, SPL);
            if (a < FIRST_RAM || a > f->ram_end) {
                goto out;
            }
            data[a] = data[o.d];
            set_pair(data, SPL, a - 1);
            cycle++;
            break;
        case POP:
            a = pair(data, SPL);
            if (a < FIRST_RAM || a >= f->ram_end) {
                goto out;
            }
            data[o.d] = data[a + 1];
            set_pair(data, SPL, a + 1);
            cycle++;
            break;
        case LPM:
            data[o.d] = lpm(f, avr, pc, pair(data, R_ZL));
            cycle += 2;
            break;
        case LPM_INC:
            a = pair(data, R_ZL);
            v = lpm(f, avr, pc, a);
            set_pair(data, R_ZL, a + 1);
            data[o.d] = (uint8_t)v;
            cycle += 2;
            break;
        }
        pc++;
        cycle++;
    }
out:
    if (pc > mask) {
        f->left_flash = pc << 1;
    }
    avr->pc = (pc & mask) << 1;
    avr->cycle = cycle;
}
