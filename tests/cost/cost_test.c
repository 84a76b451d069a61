/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * cost_test.c - no program on a target costs more than LIMIT times the benchmark `compute`, for the same number of cycles
 *
 * usage: cost_test PROGRAMS.bin [-v] [NAME...]         those of programs.S, or all
 *        cost_test PROGRAMS.bin --random SEED N        N programs made of stores to registers; the worst are listed
 *
 * Processor time of this process against that of compute.elf on an Uno in the same process, in turns: what else the
 * machine does costs both alike. The least ratio of some rounds counts, since a disturbance only adds.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "harness/board/board.h"
#include "sim/rng.h"

enum { SLOT_BYTES = 256, HEAD_BYTES = 24, NAME_BYTES = 23, LIMIT = 10, ROUNDS = 5, BOOT = 0x7000, VECTORS = 26 };

#define TARGET_HZ 8000000 /* its RC oscillator, by the factory's calibration */
#define UNO_HZ 16000000
#define SLICE_CK 8000

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

/* Processor time that it takes. */
static double run(struct bench *e, sim_time t)
{
    struct problem err = { "" };
    double t0 = cpu_s();

    if (!board_run(e->b, t, &err)) {
        fprintf(stderr, "%s\n", err.text);
        exit(1);
    }
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

/* How many times what compute.elf costs for as many cycles. */
static double cost_of(const uint8_t *code, unsigned n, bool boots, struct bench *compute, unsigned rounds)
{
    struct bench target = target_of(code, n, boots);
    double least = 1e9, own = 1e9;

    run(&target, 70 * SIM_MS); /* start-up takes 65 ms */
    for (unsigned i = 0; i < rounds; i++) {
        double yard = run(compute, SIM_S / UNO_HZ * 4 * SLICE_CK) / 4, x;

        x = run(&target, SIM_S / TARGET_HZ * SLICE_CK);
        own = yard < own ? yard : own;
        least = x / yard < least ? x / yard : least;
    }
    bench_end(&target);
    return least;
}

static struct bench compute_bench(void)
{
    struct bench e = bench_of("board:\n  programmer: {firmware: " FIRMWARE_DIR "/compute.elf}\n  wiring: {reset: gnd}\n");

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

/* Twice more if it looked too dear: the machine may have been busy. */
static double cost_of_slot(const uint8_t *slot, struct bench *compute)
{
    double x = 1e9, y;

    for (unsigned tries = 0; tries < 3 && x > LIMIT; tries++) {
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
            double x = cost_of_slot((const uint8_t *)name, &compute);
            tried++;
            too_dear += x > LIMIT;
            if (tells || x > LIMIT) {
                printf("%-24s %6.2f%s\n", name, x, x > LIMIT ? " times compute: too much" : "");
                fflush(stdout);
            }
        }
    }
    bench_end(&compute);
    printf("%zu programs, %zu of them cost more than %d times compute\n", tried, too_dear, LIMIT);
    return tried && !too_dear ? 0 : 1;
}

int main(int argc, char **argv)
{
    bool tells = argc > 2 && !strcmp(argv[2], "-v");

    if (argc < 2) {
        fprintf(stderr, "usage: cost_test PROGRAMS.bin [-v] [NAME...]\n");
        return 2;
    }
    return judge(argv[1], tells, argv + (tells ? 3 : 2));
}
