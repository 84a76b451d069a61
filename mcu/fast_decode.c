/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mcu/fast_kinds.h"

#include <stdlib.h>
#include <string.h>

#include "sim/memory.h"

#define CHUNK 64 /* words that are compared at a time */
#define PAST_END \
    (3 +         \
     FAST_LOOKAHEAD) /* words that a long instruction or a skip in the last one can go too far, and what a block is looked through */

static struct fast_op two(enum fast_kind kind, unsigned op) /* Rd, Rr */
{
    return (struct fast_op){ .kind = kind, .d = op >> 4 & 31, .r = (op >> 5 & 16) | (op & 15) };
}

static struct fast_op immediate(enum fast_kind kind, unsigned op) /* Rd 16..31, K */
{
    return (struct fast_op){ .kind = kind, .d = 16 + (op >> 4 & 15), .k = (op >> 4 & 0xf0) | (op & 15) };
}

static struct fast_op one(enum fast_kind kind, unsigned op, unsigned r, unsigned k)
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
    if ((op & 0xff8f) == 0x9408) {
        return one((op >> 4 & 7) == S_I ? SEI : BSET, 0, op >> 4 & 7, 0);
    }
    if ((op & 0xff8f) == 0x9488) {
        return one((op >> 4 & 7) == S_I ? CLI : BCLR, 0, op >> 4 & 7, 0);
    }
    switch (op) {
    case 0x9409: return one(IJMP, 0, 0, 0);
    case 0x9508: return one(RET, 0, 0, 0);
    case 0x9509: return one(ICALL, 0, 0, 0);
    case 0x9518: return one(RETI, 0, 0, 0);
    case 0x95a8: return one(WDR, 0, 0, 0);
    case 0x95c8: return one(LPM, 0, 0, 0); /* R0 */
    case 0x95e8: return one(SPM, 0, 0, 0);
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
    case 0x8: return (struct fast_op){ .kind = CBI, .r = op & 7, .k = (uint16_t)io };
    case 0x9: return (struct fast_op){ .kind = SBIC, .r = op & 7, .k = (uint16_t)io };
    case 0xa: return (struct fast_op){ .kind = SBI, .r = op & 7, .k = (uint16_t)io };
    case 0xb: return (struct fast_op){ .kind = SBIS, .r = op & 7, .k = (uint16_t)io };
    case 0xc:
    case 0xd:
    case 0xe:
    default: return two(MUL, op);
    }
}

static struct fast_op decode_in_out(unsigned op)
{
    unsigned a = 32 + ((op >> 5 & 0x30) | (op & 15));
    if (a == R_SREG) {
        return one(op & 0x800 ? OUT_SREG : IN_SREG, op, 0, a);
    }
    return one(op & 0x800 ? OUT : IN, op, 0, a);
}

/* k: words from the next one on */
static struct fast_op decode_branch(unsigned op)
{
    static const uint8_t by_flag[8][2] = {
        [S_C] = { BRCS, BRCC }, [S_Z] = { BREQ, BRNE }, [S_N] = { BRMI, BRPL }, [S_V] = { BRBS, BRBC },
        [S_S] = { BRLT, BRGE }, [S_H] = { BRBS, BRBC }, [S_T] = { BRBS, BRBC }, [S_I] = { BRBS, BRBC },
    };
    int k = (int)(op << 22) >> 25;
    return one(by_flag[op & 7][op >> 10 & 1], 0, op & 7, (unsigned)k);
}

/* MULS of two registers of the upper half; the others of r16 to r23. */
static struct fast_op decode_product(unsigned op)
{
    static const uint8_t how[4] = { FAST_D_SIGNED, FAST_FRACTION, FAST_FRACTION | FAST_D_SIGNED | FAST_R_SIGNED,
                                    FAST_FRACTION | FAST_D_SIGNED };
    if (!(op & 0x100)) {
        return (struct fast_op){
            .kind = MULS, .d = 16 | (op >> 4 & 15), .r = 16 | (op & 15), .k = FAST_D_SIGNED | FAST_R_SIGNED
        };
    }
    return (struct fast_op){
        .kind = MULS, .d = 16 | (op >> 4 & 7), .r = 16 | (op & 7), .k = how[(op >> 6 & 2) | (op >> 3 & 1)]
    };
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
        return op & 0x200 ? decode_product(op) : one(op == 0 ? NOP : SLOW, 0, 0, 0);
    case 0x3: return immediate(CPI, op);
    case 0x4: return immediate(SBCI, op);
    case 0x5: return immediate(SUBI, op);
    case 0x6: return immediate(ORI, op);
    case 0x7: return immediate(ANDI, op);
    case 0x8:
    case 0xa: /* LDD and STD with displacement */
        return one(op & 0x200 ? STD : LDD, op, op & 8 ? R_YL : R_ZL, (op >> 8 & 0x20) | (op >> 7 & 0x18) | (op & 7));
    case 0x9: return decode_9(op, next);
    case 0xb: return decode_in_out(op);
    case 0xc: return one(RJMP, 0, 0, (unsigned)relative);
    case 0xd: return one(RCALL, 0, 0, (unsigned)relative);
    case 0xe: return immediate(LDI, op);
    default: /* 0xf */
        if (!(op & 0x800)) {
            return decode_branch(op);
        }
        if (op & 8) {
            return one(SLOW, 0, 0, 0);
        }
        static const uint8_t bits[4] = { BLD, BST, SBRC, SBRS };
        return one(bits[op >> 9 & 3], op, op & 7, 0);
    }
}

static bool is_relative(enum fast_kind kind)
{
    return kind == RJMP || kind == RCALL || (kind >= BREQ && kind <= BRBC);
}

/* Jumps get the word they lead to. */
static struct fast_op place(const struct fast_core *f, struct fast_op o, uint32_t at)
{
    if (is_relative((enum fast_kind)o.kind)) {
        o.k = (uint16_t)((at + 1 + (uint32_t)(int16_t)o.k) & (f->words - 1));
    } else if (o.kind == JMP || o.kind == CALL) {
        if (o.k >= f->words) {
            o.kind = SLOW;
        }
    } else {
        return o;
    }
    o.extra |= o.k <= at ? FAST_BACK : 0;
    return o;
}

/* FFFF is SLOW, and that is 0. */
_Static_assert(SLOW == 0, "erased words are zeros");

/* How many words from `at` on are erased, all of them before `end`: most of a chip is. */
static uint32_t erased(const uint8_t *code, uint32_t at, uint32_t end)
{
    uint32_t i = at;
    for (uint64_t four = UINT64_MAX; i + 4 <= end; i += 4) {
        memcpy(&four, code + 2 * i, sizeof four);
        if (four != UINT64_MAX) {
            break;
        }
    }
    while (i < end && code[2 * i] == 0xff && code[2 * i + 1] == 0xff) {
        i++;
    }
    return i - at;
}

static void lean_one(struct fast_op *o)
{
    if (o->kind != SLOW || o->exec != SLOW) {
        fast_lean(o);
    }
}

/* These words are new: they, and those before them that look so far. The last ones look at what is SLOW. */
static void lean(struct fast_core *f, const uint8_t *code, uint32_t first, uint32_t end)
{
    for (uint32_t i = first < FAST_LOOKAHEAD ? 0 : first - FAST_LOOKAHEAD; i < first; i++) {
        lean_one(&f->ops[i]);
    }
    for (uint32_t i = first + erased(code, first, end); i < end; i += 1 + erased(code, i + 1, end)) {
        lean_one(&f->ops[i]);
    }
}

void fast_core_decode(struct fast_core *f, const uint8_t *code, uint32_t first, uint32_t n)
{
    if (first) { /* the word before may be a long instruction that ends here */
        first--;
        n++;
    }
    uint32_t end = first + n;
    for (uint32_t i = first; i < end; i++) {
        uint32_t blank = erased(code, i, end);
        if (blank) {
            memset(&f->ops[i], 0, blank * sizeof *f->ops);
            i += blank - 1;
            continue;
        }
        uint32_t next = (i + 1) & (f->words - 1);
        unsigned op = code[2 * i] | (unsigned)code[2 * i + 1] << 8;
        struct fast_op o = decode(op, code[2 * next] | (unsigned)code[2 * next + 1] << 8);
        o.extra = is_long(op) ? FAST_LONG : 0;
        f->ops[i] = place(f, o, i);
    }
    lean(f, code, first, end);
    f->changes++;
}

void fast_core_hide(struct fast_core *f, const uint8_t *code, uint32_t words)
{
    struct fast_hidden *h = &f->hidden;
    if (!h->ops) {
        h->ops = memory_zeroed(f->words, sizeof *h->ops);
        h->code = memory_zeroed(f->words, 2);
    }
    memcpy(h->ops, f->ops, words * sizeof *h->ops);
    memcpy(h->code, code, 2 * words);
    memset(f->ops, 0, words * sizeof *f->ops);
    h->words = words;
    f->changes++;
}

void fast_core_show(struct fast_core *f, const uint8_t *code)
{
    struct fast_hidden *h = &f->hidden;
    uint32_t words = h->words;
    memcpy(f->ops, h->ops, words * sizeof *h->ops);
    h->words = 0;
    for (uint32_t at = 0; at < words; at += CHUNK) {
        uint32_t n = words - at < CHUNK ? words - at : CHUNK;
        if (!at || at + n == words || memcmp(code + 2 * at, h->code + 2 * at, 2 * n)) {
            fast_core_decode(f, code, at, n); /* the last may go on in what changed behind it, the first is a row */
        }
    }
    f->changes++;
}

int fast_core_init(struct fast_core *f, uint32_t words, uint16_t ram_end)
{
    f->words = words;
    f->ram_end = ram_end;
    f->probe_at = UINT64_MAX;
    f->return_to = FAST_NOWHERE;
    f->ops = calloc(words + PAST_END, sizeof *f->ops); /* all SLOW: the last ones end a run that leaves flash */
    size_t cells = ram_end < FAST_FIRST_RAM ? FAST_FIRST_RAM
                                            : ram_end + 1u; /* small SRAM lies among the I/O addresses */
    f->probe.stored = calloc(cells, sizeof *f->probe.stored);
    return f->ops && f->probe.stored ? 0 : -1;
}

void fast_core_free(struct fast_core *f)
{
    free(f->ops);
    free(f->probe.stored);
    free(f->hidden.ops);
    free(f->hidden.code);
    f->hidden = (struct fast_hidden){ .ops = NULL };
    f->ops = NULL;
    f->probe.stored = NULL;
}
