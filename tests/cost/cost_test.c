/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * cost_test.c - no program on a target costs more than LIMIT times the benchmark `compute` for the same simulated time
 *
 * usage: cost_test PROGRAMS.bin [-v] [NAME...]         those of programs.S, or all
 *        cost_test PROGRAMS.bin --random SEED N        N programs made of stores to registers: each that is dearer than
 *                                                      all before it
 *
 * Processor time of this process against that of compute.elf on an Uno in the same process, in turns: what else the
 * machine does costs both alike. The aim is 10; LIMIT has what a busy machine adds. The least ratio of some rounds
 * counts, since a disturbance only adds. The target runs from its RC oscillator at 8 MHz. Programs that move wires of
 * the ISP all the time, where the target's own port listens and each edge has its rules, or waves on pins, have
 * LIMIT_WIRES.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "harness/board/board.h"
#include "sim/rng.h"

enum {
    SLOT_BYTES = 256,
    HEAD_BYTES = 24,
    NAME_BYTES = 23,
    LIMIT = 10,
    LIMIT_WIRES = 60,
    ROUNDS = 5,
    BOOT = 0x7000,
    VECTORS = 26
};

#define SLICE_PS (2 * SIM_MS)

static double cpu_s(void)
{
    struct timespec t;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* A board and what it came of. */
struct bench {
    struct scenario *s;
    struct board *b;
};

static struct bench bench_of(const char *text)
{
    struct problem err = { "" };
    struct bench e = { scenario_load_text("cost.yaml", text, strlen(text), NULL, 0, &err), NULL };

    e.b = e.s ? board_new(e.s, NULL, &err) : NULL;
    if (!e.b) {
        fprintf(stderr, "%s\n", err.text);
        exit(2);
    }
    return e;
}

static void bench_end(struct bench *e)
{
    board_free(e->b);
    scenario_free(e->s);
}

static void run(struct bench *e, sim_time t)
{
    struct problem err = { "" };

    if (!board_run(e->b, t, &err)) {
        fprintf(stderr, "%s\n", err.text);
        exit(1);
    }
}

/* Two functions, so that valgrind can count each: scripts/cost. Processor time that it takes. */
static double __attribute__((noinline)) run_target(struct bench *e)
{
    double t0 = cpu_s();

    run(e, SLICE_PS);
    return cpu_s() - t0;
}

static double __attribute__((noinline)) run_compute(struct bench *e)
{
    double t0 = cpu_s();

    run(e, SLICE_PS);
    return cpu_s() - t0;
}

/* ---- programs ---- */

static void put_word(uint8_t *image, unsigned at, unsigned word)
{
    image[at] = (uint8_t)word;
    image[at + 1] = (uint8_t)(word >> 8);
}

/* The target of a program: vectors that lead to a RETI, the stack at the end of the RAM, r16 = 0, r17 = 0xff. */
static struct bench target_of(const uint8_t *code, unsigned n, bool boots)
{
    static const unsigned begin[] = { 0xe008, 0xbf0e, 0xef0f, 0xbf0d, 0xe000, 0xef1f };
    static uint8_t image[BOOT + VECTORS * 4 + 2 + sizeof begin + SLOT_BYTES];
    static char text[2 * sizeof image + 300];
    unsigned at = boots ? BOOT : 0;

    memset(image, 0xff, sizeof image);
    for (unsigned v = 0; v < VECTORS; v++, at += 4) { /* rjmp: the first one beyond the RETI */
        put_word(image, at, 0xc000 | (2 * (VECTORS - v) - (v ? 1 : 0)));
    }
    put_word(image, at, 0x9518); /* reti */
    at += 2;
    for (unsigned i = 0; i < sizeof begin / sizeof begin[0]; i++, at += 2) {
        put_word(image, at, begin[i] == 0xef0f ? 0xef0f : begin[i]);
    }
    memcpy(image + at, code, n);
    at += n;
    size_t len = (size_t)sprintf(
        text, "board: {programmer: {script: {}}, target: {fuses: {low: 0xE2, high: 0x%s}, flash: {hex: \"",
        boots ? "D8" : "D9");
    for (unsigned i = 0; i < at; i++) {
        len += (size_t)sprintf(text + len, "%02X", image[i]);
    }
    strcpy(text + len, "\"}}}");
    return bench_of(text);
}

/* How many times what compute.elf costs for as long. */
static double cost_of(const uint8_t *code, unsigned n, bool boots, struct bench *compute, unsigned rounds)
{
    struct bench target = target_of(code, n, boots);
    double least = 1e9;

    run(&target, 70 * SIM_MS); /* start-up takes 65 ms */
    for (unsigned i = 0; i < rounds; i++) {
        double yard = run_compute(compute), x = run_target(&target) / yard;

        least = x < least ? x : least;
    }
    bench_end(&target);
    return least;
}

static struct bench compute_bench(void)
{
    struct bench e = bench_of("board:\n  programmer: {firmware: " FIRMWARE_DIR
                              "/compute.elf}\n  wiring: {reset: gnd}\n");

    run(&e, SIM_S / 4);
    return e;
}

/* ---- those of programs.S ---- */

static bool is_named(const char *name, char **names)
{
    bool any = !*names;

    for (; *names; names++) {
        any = any || !strcmp(name, *names);
    }
    return any;
}

/* Some times more if it looks too dear: the machine may have been busy. */
static double cost_of_slot(const uint8_t *slot, struct bench *compute, double limit)
{
    double x = 1e9, y;

    for (unsigned tries = 0; tries < 10 && x > limit; tries++) {
        y = cost_of(slot + HEAD_BYTES, SLOT_BYTES - HEAD_BYTES, slot[NAME_BYTES] == 'b', compute, ROUNDS);
        x = y < x ? y : x;
    }
    return x;
}

static int judge(const char *path, bool tells, char **names)
{
    static uint8_t slots[200 * SLOT_BYTES];
    FILE *f = fopen(path, "rb");
    size_t n = f ? fread(slots, 1, sizeof slots, f) / SLOT_BYTES : 0, too_dear = 0, tried = 0;
    struct bench compute = compute_bench();

    if (f) {
        fclose(f);
    }
    for (size_t i = 0; i < n; i++) {
        const char *name = (const char *)slots + i * SLOT_BYTES;

        if (is_named(name, names)) {
            double limit = name[NAME_BYTES] == 'w' ? LIMIT_WIRES : LIMIT;
            double x = cost_of_slot((const uint8_t *)name, &compute, limit);
            tried++;
            too_dear += x > limit;
            if (tells || x > limit) {
                printf("%-24s %6.2f times compute, may %g%s\n", name, x, limit, x > limit ? ": too much" : "");
            }
        }
    }
    bench_end(&compute);
    printf("%zu programs, %zu of them cost more than they may\n", tried, too_dear);
    return tried && !too_dear ? 0 : 1;
}

/* ---- random ones ---- */

/* Values into registers, then up to 40 stores of r16, r17 or what was loaded, in a loop. */
static unsigned random_program(struct sim_rng *r, uint8_t *code)
{
    unsigned at = 0, start, n = 1 + (unsigned)sim_rng_below(r, 20);

    for (unsigned i = 0; i < 8; i++) { /* ldi r18, K; sts ADDRESS, r18 */
        unsigned k = (unsigned)sim_rng_below(r, 256);
        put_word(code, at, 0xe020 | (k & 0xf0) << 4 | (k & 15));
        put_word(code, at + 2, 0x9320);
        put_word(code, at + 4, 0x23 + (unsigned)sim_rng_below(r, 0xa5));
        at += 6;
    }
    if (sim_rng_below(r, 2)) {
        put_word(code, at, 0x9478); /* sei */
        at += 2;
    }
    start = at;
    for (unsigned i = 0; i < n; i++, at += 4) {
        unsigned reg = 16 + (unsigned)sim_rng_below(r, 3), what = (unsigned)sim_rng_below(r, 8);
        if (what == 0) { /* inc r16; nop */
            put_word(code, at, 0x9503);
            put_word(code, at + 2, 0);
        } else {
            put_word(code, at, (what == 1 ? 0x9000u : 0x9200u) | reg << 4); /* lds or sts */
            put_word(code, at + 2, 0x23 + (unsigned)sim_rng_below(r, 0xa5));
        }
    }
    put_word(code, at, 0xc000 | ((start / 2 - at / 2 - 1) & 0xfff));
    return at + 2;
}

static int search(uint64_t seed, unsigned n)
{
    struct sim_rng r = sim_rng_stream(seed, "programs");
    struct bench compute = compute_bench();
    uint8_t code[SLOT_BYTES];
    double worst = 0;

    for (unsigned i = 0; i < n; i++) {
        unsigned len = random_program(&r, code);
        double x = cost_of(code, len, false, &compute, 2);

        if (x > worst) {
            worst = x = cost_of(code, len, false, &compute, ROUNDS);
            printf("%u: %.2f ", i, x);
            for (unsigned k = 0; k < len; k++) {
                printf("%02X", code[k]);
            }
            printf("\n");
        }
    }
    bench_end(&compute);
    return worst > LIMIT_WIRES;
}

int main(int argc, char **argv)
{
    bool tells = argc > 2 && !strcmp(argv[2], "-v");

    if (argc < 2) {
        fprintf(stderr, "usage: cost_test PROGRAMS.bin [-v] [NAME...] or --random SEED N\n");
        return 2;
    }
    if (argc == 5 && !strcmp(argv[2], "--random")) {
        return search(strtoull(argv[3], NULL, 10), (unsigned)strtoul(argv[4], NULL, 10));
    }
    return judge(argv[1], tells, argv + (tells ? 3 : 2));
}
