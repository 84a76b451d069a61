/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <check.h>
#include <string.h>

#include "mcu/core.h"
#include "mcu/fast_kinds.h"
#include "sim/rng.h"
#include "tests/run_all.h"
#include <simavr/sim_core.h>

/* Two cores without peripherals of ours: one runs our instructions, the other simavr's. */
static struct sim sim;
static struct core ours, theirs;

static unsigned odd_sp; /* not 0: where the stack is, and all of the data space is compared */

#define RAM_START 0x200 /* stack and pointers of the tests lie here */
#define RAM_END 0x8ff

static void setup(void)
{
    const struct core_config cfg = { .simavr_name = "atmega328p", .name = "core", .f_millihz = UINT64_C(1000000000) };
    struct problem err;
    sim_init(&sim, 1);
    ck_assert(core_init(&ours, &sim, &cfg, &err));
    ck_assert(core_init(&theirs, &sim, &cfg, &err));
}

static void teardown(void)
{
    core_free(&ours);
    core_free(&theirs);
}

static void put_word(uint8_t *flash, unsigned word, unsigned op)
{
    flash[2 * word] = (uint8_t)op;
    flash[2 * word + 1] = (uint8_t)(op >> 8);
}

/* The same random state for both: registers, SREG without I, SRAM, pointers and stack in SRAM. */
static void random_state(struct sim_rng *rng)
{
    avr_t *a = ours.avr, *b = theirs.avr;
    for (unsigned i = 0; i < 32; i++) {
        a->data[i] = (uint8_t)sim_rng_next(rng);
    }
    for (unsigned i = 26; i < 32; i += 2) { /* X, Y, Z */
        unsigned p = RAM_START + (unsigned)sim_rng_below(rng, RAM_END - RAM_START - 80);
        a->data[i] = (uint8_t)p;
        a->data[i + 1] = (uint8_t)(p >> 8);
    }
    unsigned sp = odd_sp ? odd_sp & 0xffff : RAM_START + 8 + (unsigned)sim_rng_below(rng, 0x600);
    a->data[0x5d] = (uint8_t)sp;
    a->data[0x5e] = (uint8_t)(sp >> 8);
    for (unsigned i = 0; i < 8; i++) {
        a->sreg[i] = i == S_I ? 0 : (uint8_t)sim_rng_below(rng, 2);
    }
    for (unsigned i = 0; i < 32; i++) {
        uint64_t v = sim_rng_next(rng);
        memcpy(a->data + RAM_START + sim_rng_below(rng, RAM_END - RAM_START - 8), &v, 8);
    }
    memcpy(b->data, a->data, odd_sp ? 0x10000 : RAM_END + 1);
    memcpy(b->sreg, a->sreg, sizeof a->sreg);
    a->cycle = b->cycle = 1000;
    a->pc = b->pc = 2 * 0x1000;
}

static void one_of_theirs(avr_t *avr)
{
    avr->state = cpu_Running;
    avr->interrupt_state = 0;
    avr->run_cycle_limit = avr->run_cycle_count = 1;
    avr->pc = avr_run_one(avr) % 0x8000;
}

/* simavr takes ADIW and SBIW with such a constant for a long instruction when it skips over them */
static bool skip_hazard(unsigned word)
{
    return (word & 0xfe00) == 0x9600 && (word & 15) >= 12;
}

/* Runs one op at 0x1000 with `next` behind it on both. False: the instruction is not ours. */
static bool compare(struct sim_rng *rng, unsigned op, unsigned next)
{
    uint8_t code[8];
    put_word(code, 0, op);
    put_word(code, 1, next);
    put_word(code, 2, 0x0000);
    put_word(code, 3, 0x0000);
    core_load_flash(&ours, 0x2000, code, sizeof code);
    core_load_flash(&theirs, 0x2000, code, sizeof code);
    random_state(rng);
    fast_core_run(&ours.fast, ours.avr, 1001);
    if (ours.avr->cycle == 1000) {
        return false;
    }
    one_of_theirs(theirs.avr);
    if (ours.avr->pc == theirs.avr->pc && ours.avr->cycle == theirs.avr->cycle &&
        memcmp(ours.avr->sreg, theirs.avr->sreg, 8) == 0 &&
        memcmp(ours.avr->data, theirs.avr->data, odd_sp ? 0x10000 : RAM_END + 1) ==
            0) { /* an assertion each would take minutes */
        return true;
    }
    unsigned at = 0;
    while (at < RAM_END && ours.avr->data[at] == theirs.avr->data[at]) {
        at++;
    }
    ck_abort_msg("%04x %04x: pc %x and simavr's %x, %u cycles and %u, SREG %d, data[%x] %02x and %02x", op, next,
                 ours.avr->pc, theirs.avr->pc, (unsigned)(ours.avr->cycle - 1000), (unsigned)(theirs.avr->cycle - 1000),
                 memcmp(ours.avr->sreg, theirs.avr->sreg, 8), at, ours.avr->data[at], theirs.avr->data[at]);
}

/* A load or store that moves its pointer and names one of the pointer's registers: undefined. */
static bool undefined(unsigned op)
{
    unsigned d = op >> 4 & 31, low = op & 15;
    if ((op & 0xfc00) != 0x9000) {
        return false;
    }
    return (d >= 30 && (low == 1 || low == 2 || low == 5)) || ((d & 30) == 28 && (low == 9 || low == 10)) ||
           ((d & 30) == 26 && (low == 13 || low == 14));
}

START_TEST(every_opcode_agrees_with_simavr)
{
    struct sim_rng rng = sim_rng_stream(1, "opcodes");
    unsigned done = 0;
    for (unsigned op = 0; op < 0x10000; op++) {
        for (unsigned i = 0; i < 3 && !undefined(op); i++) {
            unsigned next = RAM_START + (unsigned)sim_rng_below(&rng, 0x600); /* address of LDS, target of JMP */
            if (skip_hazard(next)) {
                next = 0;
            }
            done += compare(&rng, op, next);
        }
    }
    ck_assert_uint_gt(done, 3 * 50000); /* most opcodes are ours */
}
END_TEST

START_TEST(skips_know_long_instructions)
{
    static const unsigned longs[] = { 0x9000, 0x91f0, 0x9200, 0x93f0, 0x940c, 0x95fd, 0x940e, 0x95ff, 0x940d };
    static const unsigned shorts[] = { 0x9001, 0x9400, 0x9409, 0x940a, 0x9508, 0x9c0c, 0x9800, 0x0000, 0xffff };
    struct sim_rng rng = sim_rng_stream(2, "skips");
    for (unsigned i = 0; i < 9; i++) {
        ck_assert(compare(&rng, 0xfc07, longs[i])); /* SBRC r0, 7 */
        ck_assert(compare(&rng, 0xfc07, shorts[i]));
        ck_assert(compare(&rng, 0x1001, longs[i]));  /* CPSE r0, r1: rarely equal */
        ck_assert(compare(&rng, 0x1000, shorts[i])); /* CPSE r0, r0: always */
        ck_assert(compare(&rng, 0x1000, longs[i]));
    }
}
END_TEST

/* What simavr gets wrong: one word is skipped, in 2 cycles. */
START_TEST(skips_over_adiw_skip_one_word)
{
    struct sim_rng rng = sim_rng_stream(3, "hazard");
    uint8_t code[4];
    for (unsigned k = 0; k < 64; k++) {
        put_word(code, 0, 0x1000); /* CPSE r0, r0 */
        put_word(code, 1, 0x9600 | (k & 0x30) << 2 | (k & 15));
        core_load_flash(&ours, 0x2000, code, sizeof code);
        random_state(&rng);
        fast_core_run(&ours.fast, ours.avr, 1001);
        ck_assert_uint_eq(ours.avr->pc, 0x2004);
        ck_assert_uint_eq(ours.avr->cycle, 1002);
    }
}
END_TEST

START_TEST(rare_instructions_are_left_to_simavr)
{
    static const unsigned ops[] = {
        0x9588,           /* SLEEP */ 0x95e8,
        /* SPM */ 0x95d8, /* ELPM */
        0x0001,           0x9404,
        0xff08,           0xffff, /* undefined */
    };
    struct sim_rng rng = sim_rng_stream(4, "side effects");
    for (unsigned i = 0; i < sizeof ops / sizeof ops[0]; i++) {
        uint8_t code[2];
        put_word(code, 0, ops[i]);
        core_load_flash(&ours, 0x2000, code, sizeof code);
        random_state(&rng);
        fast_core_run(&ours.fast, ours.avr, 1001);
        ck_assert_msg(ours.avr->cycle == 1000 && ours.avr->pc == 0x2000, "%04x", ops[i]);
    }
}
END_TEST

/* A long instruction whose second word is rewritten is decoded anew. */
START_TEST(rewriting_a_second_word_counts)
{
    uint8_t code[4], second[2];
    put_word(code, 0, 0x940c); /* JMP */
    put_word(code, 1, 0x0100);
    put_word(second, 0, 0x0200);
    core_load_flash(&ours, 0x2000, code, sizeof code);
    core_load_flash(&ours, 0x2002, second, sizeof second);
    ours.avr->pc = 0x2000;
    fast_core_run(&ours.fast, ours.avr, ours.avr->cycle + 1);
    ck_assert_uint_eq(ours.avr->pc, 0x400);
}
END_TEST

/* ---- flags that nobody reads ---- */

#define BLOCK 40
#define BLOCKS 400

/* Registers and flags only, now and then a branch, a skip or what reads SREG. */
static unsigned some_op(struct sim_rng *rng)
{
    static const uint16_t by_two[] = { 0x0c00, 0x1c00, 0x1800, 0x0800, 0x2000, 0x2400,
                                       0x2800, 0x2c00, 0x1400, 0x0400, 0x9c00 };
    static const uint16_t by_k[] = { 0x3000, 0x4000, 0x5000, 0x6000, 0x7000, 0xe000 };
    static const uint16_t single[] = { 0x9400, 0x9401, 0x9402, 0x9403, 0x9405, 0x9406, 0x9407, 0x940a };
    unsigned r = (unsigned)sim_rng_next(rng), d = r >> 8 & 0x1f0;

    switch (r % 16) {
    case 0: return 0xf000 | (r >> 8 & 0x407); /* a branch to the next word: two cycles or one */
    case 1: return 0xb60f | d;                /* IN Rd, SREG */
    case 2: return 0x9600 | (r >> 8 & 0x1ff); /* ADIW, SBIW */
    case 3: return 0x0100 | (r >> 8 & 0xff);  /* MOVW */
    case 4: return 0xfa00 | d | (r & 0x107);  /* BST, or BLD */
    case 5:
    case 6:
    case 7: return by_k[(r >> 16) % 6] | (r >> 4 & 0xfff);
    case 8:
    case 9: return single[(r >> 20) % 8] | d;
    default: return by_two[(r >> 20) % 11] | (r >> 8 & 0x3ff);
    }
}

static void load_block(struct sim_rng *rng)
{
    uint8_t code[2 * BLOCK + 2];
    for (unsigned i = 0; i < BLOCK; i++) {
        put_word(code, i, some_op(rng));
    }
    put_word(code, BLOCK, 0xcfff); /* RJMP . */
    core_load_flash(&ours, 0x2000, code, sizeof code);
    core_load_flash(&theirs, 0x2000, code, sizeof code);
    random_state(rng);
}

/* The block in pieces of 1 to 12 cycles, what stands in registers and flags compared after each. */
static bool block_agrees(struct sim_rng *rng, unsigned *lean)
{
    while (ours.avr->pc < 0x2000 + 2 * BLOCK) {
        uint64_t end = ours.avr->cycle + 1 + sim_rng_below(rng, 12);
        if (lean) {
            const struct fast_op *o = &ours.fast.ops[ours.avr->pc >> 1];
            *lean += o->exec != o->kind;
        }
        fast_core_run(&ours.fast, ours.avr, end);
        while (theirs.avr->cycle < ours.avr->cycle) {
            one_of_theirs(theirs.avr);
        }
        if (ours.avr->pc != theirs.avr->pc || ours.avr->cycle != theirs.avr->cycle ||
            memcmp(ours.avr->sreg, theirs.avr->sreg, 8) || memcmp(ours.avr->data, theirs.avr->data, 32)) {
            return false;
        }
    }
    return true;
}

START_TEST(dead_flags_are_left_out_unseen)
{
    struct sim_rng rng = sim_rng_stream(1, "blocks");
    unsigned lean = 0;
    for (unsigned n = 0; n < BLOCKS; n++) {
        load_block(&rng);
        if (!block_agrees(&rng, &lean)) {
            ck_abort_msg("block %u: at %x of ours and %x", n, ours.avr->pc, theirs.avr->pc);
        }
    }
    ck_assert_uint_gt(lean, BLOCKS);
}
END_TEST

/* The controls: flags that somebody does read are left out; a run may end before they are set again. */
START_TEST(flags_wrongly_left_out_are_noticed)
{
    for (unsigned broken = 0; broken < 2; broken++) {
        struct sim_rng rng = sim_rng_stream(2, "blocks");
        unsigned noticed = 0;
        for (unsigned n = 0; n < 50; n++) {
            load_block(&rng);
            for (unsigned i = 0x1000; i < 0x1000 + BLOCK; i++) {
                struct fast_op *o = &ours.fast.ops[i];
                if (broken) {
                    o->lean_ck = 1;
                } else if (o->kind == ADD || o->kind == INC) {
                    o->exec = o->kind == ADD ? LEAN_ADD : LEAN_INC;
                    o->lean_ck = 1;
                }
            }
            noticed += !block_agrees(&rng, NULL);
        }
        ck_assert_uint_gt(noticed, 10);
    }
}
END_TEST

#define HIDDEN_BYTES 0x7000

static bool decoded_alike(void)
{
    return !memcmp(ours.fast.ops, theirs.fast.ops, ours.fast.words * sizeof ours.fast.ops[0]);
}

/* What was hidden comes back decoded as if all of it had been decoded, whatever was changed meanwhile. */
START_TEST(hidden_code_comes_back)
{
    static uint8_t code[0x8000];
    struct sim_rng rng = sim_rng_stream(1, "hidden");
    for (unsigned i = 0; i < sizeof code; i++) {
        code[i] = (uint8_t)sim_rng_next(&rng);
    }
    core_load_flash(&ours, 0, code, sizeof code);
    core_load_flash(&theirs, 0, code, sizeof code);
    for (unsigned round = 0; round < 30; round++) {
        core_hide_flash(&ours, HIDDEN_BYTES);
        ck_assert_uint_eq(ours.avr->flash[HIDDEN_BYTES - 1], 0xff);
        ck_assert(!decoded_alike());
        for (unsigned n = 0; n < round; n++) {
            code[sim_rng_below(&rng, sizeof code)] = (uint8_t)sim_rng_next(&rng);
        }
        core_load_flash(&ours, HIDDEN_BYTES, code + HIDDEN_BYTES, sizeof code - HIDDEN_BYTES);
        core_show_flash(&ours, code);
        core_load_flash(&theirs, 0, code, sizeof code);
        ck_assert(decoded_alike());
        ck_assert_mem_eq(ours.avr->flash, theirs.avr->flash, 0x10000);
    }
    code[3] ^= 1; /* the control: nobody says so */
    core_load_flash(&theirs, 0, code, sizeof code);
    ck_assert(!decoded_alike());
}
END_TEST

/* Erased stretches of any length, anywhere, over what was there: as if each word had been decoded by itself. */
START_TEST(erased_flash_is_decoded_as_word_by_word)
{
    enum { BYTES = 0x8000 };
    static uint8_t code[BYTES];
    struct sim_rng rng = sim_rng_stream(1, "erased");
    for (unsigned round = 0; round < 20; round++) {
        for (unsigned at = 0, n; at < BYTES; at += n) {
            bool is_erased = sim_rng_below(&rng, 2);
            n = 1 + sim_rng_below(&rng, is_erased && at % 3 == 0 ? 2000 : is_erased ? 40 : 3);
            n = n < BYTES - at ? n : BYTES - at;
            for (unsigned i = 0; i < n; i++) {
                code[at + i] = is_erased ? 0xff : (uint8_t)sim_rng_next(&rng);
            }
        }
        core_load_flash(&ours, 0, code, BYTES);
        for (unsigned at = 0; at < BYTES; at += 2) {
            core_load_flash(&theirs, at, code + at, 2);
        }
        ck_assert(decoded_alike());
    }
    unsigned at = 0; /* the control: a word that nobody says is erased now */
    while (code[at] == 0xff && code[at + 1] == 0xff) {
        at += 2;
    }
    code[at] = code[at + 1] = 0xff;
    core_load_flash(&theirs, at, code + at, 2);
    ck_assert(!decoded_alike());
}
END_TEST

/* A stack anywhere, once nobody wants to hear of it: in registers and beyond SRAM it is ours, beside callbacks simavr's. */
START_TEST(a_stack_elsewhere_is_as_in_simavr)
{
    static const unsigned ops[] = { 0x920f, 0x93ff, 0x900f, 0x91ff, 0xd001, 0x940e, 0x9509, 0x9508 };
    static const unsigned first[] = { 0x10000, 0x20, 0x50, 0x58, 0x100, 0x130, 0x8f8, 0x908, 0xfff0 };
    struct sim_rng rng = sim_rng_stream(14, "stacks");
    unsigned done = 0, left = 0;

    for (unsigned i = 0; i < 20000; i++) {
        unsigned op = ops[sim_rng_below(&rng, 8)], ours_before = done;
        odd_sp = first[sim_rng_below(&rng, 9)] + (unsigned)sim_rng_below(&rng, 16);
        ours.fast.stack_is_told = i % 8 != 0;
        done += compare(&rng, op, 0x0800);
        left += done == ours_before;
        if (!ours.fast.stack_is_told && done > ours_before && (odd_sp & 0xffff) > RAM_END + 2) {
            ck_abort_msg("%04x at %x: nobody was told", op, odd_sp);
        }
    }
    odd_sp = 0;
    ck_assert_uint_gt(done, 10000);
    ck_assert_uint_gt(left, 2000);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("fast_core");
    TCase *tc = tcase_create("fast_core");
    tcase_set_timeout(tc, 120);
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, a_stack_elsewhere_is_as_in_simavr);
    tcase_add_test(tc, every_opcode_agrees_with_simavr);
    tcase_add_test(tc, skips_know_long_instructions);
    tcase_add_test(tc, skips_over_adiw_skip_one_word);
    tcase_add_test(tc, rare_instructions_are_left_to_simavr);
    tcase_add_test(tc, rewriting_a_second_word_counts);
    tcase_add_test(tc, hidden_code_comes_back);
    tcase_add_test(tc, erased_flash_is_decoded_as_word_by_word);
    tcase_add_test(tc, dead_flags_are_left_out_unseen);
    tcase_add_test(tc, flags_wrongly_left_out_are_noticed);
    suite_add_tcase(s, tc);
    return run_all(s);
}
