/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * cost_test.c - how many times a program costs what the benchmark `compute` does for as long
 *
 * usage: cost_test PROGRAMS.bin [-v] [NAME...]         those of programs.S, or all
 *        cost_test PROGRAMS.bin --random SEED N [X]    N programs made of stores to registers: each that is dearer than
 *                                                      all before it, or than X times compute
 *        cost_test PROGRAMS.bin --code CODE...         programs that were found so
 *        cost_test PROGRAMS.bin --same SEED N          N random programs each with and without shortcuts: registers, SRAM
 *        cost_test PROGRAMS.bin --same-others SEED N   likewise on an ATmega8A and an ATtiny85
 *        cost_test PROGRAMS.bin --same-wild SEED N     on all of them, with SPM, SLEEP, SBI, a stack that runs away, and
 *                                                      as boot loaders, too
 *        cost_test PROGRAMS.bin --hex CODE PLACE       one that was found, at place 0 to 3, "0b": as a boot loader: exit
 *                                                      code 1 if it differs
 *        cost_test PROGRAMS.bin --registers           each I/O register of the other parts: stores of 0 and 0xff, loads
 *        COST_PLACE="20 MHz", COST_ROUNDS=N            only there; N rounds
 *        scripts/cost [NAME...]                        the same in instructions of the host's, by callgrind
 *
 * Processor time of this process against that of compute.elf on the same chip at the same clock, in turns; the least of
 * each over some rounds, and of more if that is too much, since a disturbance only adds. compute is measured over two of
 * its laps (sort, CRC, sieve, products), since its parts cost differently. Each program runs on a target at 8 MHz, on one
 * at 20 MHz, the part's fastest, and on the programmer's Uno before a target in reset, whose port listens. The aim is 10
 * in instructions of the host's (scripts/cost); what is allowed here has what is still dearer, what a busy machine adds,
 * and that an instruction of the board's may take longer than one of compute's.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "harness/board/board.h"
#include "mcu/target_core.h"
#include "sim/net.h"
#include "sim/rng.h"
#include "tests/cost/program.h"

#if __has_include(<valgrind/callgrind.h>)
#include <valgrind/callgrind.h>
#else
#define RUNNING_ON_VALGRIND 0
#define CALLGRIND_START_INSTRUMENTATION (void)0
#define CALLGRIND_STOP_INSTRUMENTATION (void)0
#define CALLGRIND_DUMP_STATS_AT(name) (void)(name)
#endif

enum { HEAD_BYTES = 24, NAME_BYTES = 23, ROUNDS = 3, ROUNDS_MOST = 60 };

#define SLICE_PS (SIM_MS / 2)
#define START_PS (67 * SIM_MS) /* start-up takes 65 */
#define YARD_CK 400000         /* two laps of compute */

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

static bool no_shortcuts; /* of the boards that are built */

static struct bench bench_of(const char *text)
{
    struct problem err = { "" };
    struct bench e = { scenario_load_text("cost.yaml", text, strlen(text), NULL, 0, &err), NULL };
    const struct board_options how = { .no_shortcuts = no_shortcuts };

    e.b = e.s ? board_new(e.s, &how, &err) : NULL;
    if (!e.b) {
        fprintf(stderr, "%s\n", err.text);
        exit(2);
    }
    return e;
}

static void __attribute__((noipa)) bench_end(struct bench *e)
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

/* Processor time that it takes. */
static double measure(struct bench *e, sim_time t)
{
    double t0 = cpu_s();

    run(e, t);
    return cpu_s() - t0;
}

/* ---- programs ---- */

/* The board's target executes what is in its flash, given as YAML; clock: low fuse and what is on XTAL1. */
static struct bench target_with(const char *flash, bool boots, const char *clock)
{
    static char text[2 * IMAGE_BYTES + 400];

    snprintf(text, sizeof text, "board: {programmer: {script: {}}, target: {fuses: {high: 0x%s, %s, flash: {%s}}}",
             boots ? "D8" : "D9", clock, flash);
    return bench_of(text);
}

static struct bench on_target(const struct program *p, const char *clock)
{
    static char flash[2 * IMAGE_BYTES + 20];

    if (!p) {
        return target_with("file: " FIRMWARE_DIR "/compute.hex", false, clock);
    }
    snprintf(flash, sizeof flash, "hex: \"%s\"", hex_of(p));
    return target_with(flash, p->boots, clock);
}

/* Another part, with these fuses. */
static struct bench on_chip(const struct program *p, const char *chip, const char *fuses)
{
    static char text[2 * IMAGE_BYTES + 400];

    snprintf(text, sizeof text,
             "board: {programmer: {script: {}}, target: {part: %s, fuses: %s, flash: {hex: \"%s\"}}}", chip, fuses,
             hex_of(p));
    return bench_of(text);
}

static struct bench at_8_mhz(const struct program *p)
{
    return on_target(p, "low: 0xE2}");
}

static struct bench at_20_mhz(const struct program *p)
{
    return on_target(p, "low: 0xF7}, clock: {crystal: 20 MHz}");
}

static struct bench on_atmega8a(const struct program *p)
{
    return on_chip(p, "atmega8a", "{high: 0xD9, low: 0xE4}");
}

static struct bench on_attiny85(const struct program *p)
{
    return on_chip(p, "attiny85", "{high: 0xDF, low: 0xE2}");
}

static char hex_file[64];

static void remove_hex_file(void)
{
    remove(hex_file);
}

static struct bench uno_with(const char *file)
{
    char text[sizeof FIRMWARE_DIR + 200];

    snprintf(text, sizeof text,
             "board: {programmer: {firmware: %s}, wiring: {reset: gnd}, target: {fuses: {low: 0xE2}}}", file);
    return bench_of(text);
}

/* The programmer's Uno executes it, and a target in reset listens. */
static struct bench on_uno(const struct program *p)
{
    static uint8_t image[IMAGE_BYTES];
    unsigned size = p ? image_of(p, image) : 0;
    FILE *f;

    if (!p) {
        return uno_with(FIRMWARE_DIR "/compute.hex");
    }
    if (!hex_file[0]) {
        snprintf(hex_file, sizeof hex_file, "cost_test.%ld.hex", (long)getpid());
        atexit(remove_hex_file);
    }
    f = fopen(hex_file, "w");
    for (unsigned i = p->boots ? BOOT : 0; f && i < size; i++) {
        fprintf(f, ":01%04X00%02X%02X\n", i, image[i], -(1 + (i >> 8) + i + image[i]) & 0xff);
    }
    if (!f || fprintf(f, ":00000001FF\n") < 0 || fclose(f)) {
        perror(hex_file);
        exit(2);
    }
    return uno_with(hex_file);
}

static struct place {
    const char *name;
    struct bench (*build)(const struct program *p); /* NULL: of compute */
    unsigned mhz;
    bool boots;  /* boot loaders, too */
    double may;  /* times compute */
    double yard; /* compute's processor time, in s a cycle */
    struct bench compute;
} places[] = {
    { .name = "8 MHz", .build = at_8_mhz, .mhz = 8, .boots = true, .may = 30 },
    { .name = "20 MHz", .build = at_20_mhz, .mhz = 20, .boots = true, .may = 30 },
    { .name = "Uno", .build = on_uno, .mhz = 16, .boots = false, .may = 100 },
};
enum { PLACES = sizeof places / sizeof places[0] };

static const char *only_place; /* NULL: all */
static unsigned rounds_most = ROUNDS_MOST;

static sim_time yard_ps(const struct place *place)
{
    return YARD_CK * (SIM_US / place->mhz);
}

static double slice_ck(const struct place *place)
{
    return (double)(SLICE_PS / SIM_US * place->mhz);
}

static void measure_yard(struct place *place, unsigned n)
{
    place->yard = 1e9;
    for (; n; n--) {
        double t = measure(&place->compute, yard_ps(place)) / YARD_CK;
        place->yard = t < place->yard ? t : place->yard;
    }
}

/* How many times what compute costs for as long; rounds go on while it is more than enough. */
static double cost_of(struct bench *target, struct place *place, double enough)
{
    double x = 1e9, t;

    run(target, START_PS);
    for (unsigned i = 0; i < rounds_most && (i < ROUNDS || x > enough); i++) {
        if (i >= ROUNDS) { /* the machine may have become slower meanwhile */
            measure_yard(place, 1);
        }
        t = measure(target, SLICE_PS) / slice_ck(place) / place->yard;
        x = t < x ? t : x;
    }
    return x;
}

/* Under callgrind: its counts of that time, as a dump of that name. */
static void count(struct bench *e, const char *name, const struct place *place, sim_time t)
{
    char dump[64];

    snprintf(dump, sizeof dump, "%s/%s", name, place->name);
    run(e, START_PS);
    CALLGRIND_START_INSTRUMENTATION;
    measure(e, t);
    CALLGRIND_STOP_INSTRUMENTATION;
    CALLGRIND_DUMP_STATS_AT(dump);
}

static bool is_wanted(const struct place *place)
{
    return !only_place || !strcmp(only_place, place->name);
}

/* compute on each of them, and what it costs there. */
static void places_begin(void)
{
    for (unsigned i = 0; i < PLACES; i++) {
        if (is_wanted(&places[i])) {
            places[i].compute = places[i].build(NULL);
            if (RUNNING_ON_VALGRIND) {
                count(&places[i].compute, "compute", &places[i], yard_ps(&places[i]));
            } else {
                run(&places[i].compute, START_PS);
                measure_yard(&places[i], ROUNDS);
            }
        }
    }
}

static void places_end(void)
{
    for (unsigned i = 0; i < PLACES; i++) {
        if (is_wanted(&places[i])) {
            bench_end(&places[i].compute);
        }
    }
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

/* The program that the board runs, against what it may cost there. The board goes. */
static bool judge_bench(struct bench *b, const char *name, struct place *place, bool tells)
{
    if (RUNNING_ON_VALGRIND) {
        count(b, name, place, SLICE_PS);
        bench_end(b);
        return true;
    }
    double x = cost_of(b, place, place->may);

    bench_end(b);
    if (tells || x > place->may) {
        printf("%-24s %-7s %6.2f times compute, may %g%s\n", name, place->name, x, place->may,
               x > place->may ? ": too much" : "");
    }
    return x <= place->may;
}

static bool judge_program(const struct program *p, const char *name, bool tells)
{
    bool ok = true;

    for (unsigned i = 0; i < PLACES; i++) {
        if ((!p->boots || places[i].boots) && is_wanted(&places[i])) {
            struct bench b = places[i].build(p);
            ok &= judge_bench(&b, name, &places[i], tells);
        }
    }
    return ok;
}

static bool judge_slot(const uint8_t *slot, bool tells)
{
    const char *name = (const char *)slot, how = name[NAME_BYTES];
    struct program p = { slot + HEAD_BYTES, SLOT_BYTES - HEAD_BYTES, how == 'b', false, how == 'h' };

    return judge_program(&p, name, tells);
}

static int judge(const char *path, bool tells, char **names)
{
    static uint8_t slots[400 * SLOT_BYTES];
    FILE *f = fopen(path, "rb");
    size_t n = f ? fread(slots, 1, sizeof slots, f) / SLOT_BYTES : 0, too_dear = 0, tried = 0;

    if (f) {
        fclose(f);
    }
    places_begin();
    for (size_t i = 0; i < n; i++) {
        const uint8_t *slot = slots + i * SLOT_BYTES;

        if (is_named((const char *)slot, names)) {
            tried++;
            too_dear += !judge_slot(slot, tells);
        }
    }
    places_end();
    printf("%zu programs, %zu of them cost more than they may\n", tried, too_dear);
    return tried && !too_dear ? 0 : 1;
}

/* ---- random ones ---- */

/* Registers that have to do with each other: a program of one part's meets its corners sooner. 0 ends a row. */
static const uint8_t parts[][24] = {
    { 0x23, 0x24, 0x25, 0x4c, 0x4c, 0x4d, 0x4e, 0x4e, 0x55 },                               /* SPI, port B */
    { 0x29, 0x2a, 0x2b, 0x35, 0x43, 0x44, 0x44, 0x45, 0x45, 0x46, 0x47, 0x48, 0x6e, 0x55 }, /* timer 0, port D */
    { 0x23, 0x24, 0x25, 0x36, 0x43, 0x6f, 0x80, 0x80, 0x81, 0x81, 0x82, 0x84, 0x85, 0x86, 0x87, 0x88, 0x89, 0x8a,
      0x8b },
    { 0x23, 0x24, 0x25, 0x29, 0x2a, 0x37, 0x43, 0x70, 0xb0, 0xb0, 0xb1, 0xb1, 0xb2, 0xb3, 0xb4, 0xb6 },
    { 0x23, 0x24, 0x25, 0x29, 0x2a, 0x2b, 0x3b, 0x3c, 0x3d, 0x68, 0x69, 0x6b, 0x6c, 0x6d,
      0x55 },                                                             /* pins, INTn, PCINT */
    { 0x29, 0x2a, 0x2b, 0xc0, 0xc1, 0xc1, 0xc2, 0xc4, 0xc5, 0xc6, 0xc6 }, /* USART, port D */
    { 0x50, 0x7a, 0x7a, 0x7b, 0x7c, 0x78, 0x79, 0x7e, 0x7f, 0x64, 0xb8, 0xb9, 0xbb, 0xbc, 0xbc }, /* analog, TWI */
    { 0x60, 0x60, 0x61, 0x61, 0x66, 0x53, 0x54, 0x55, 0x57, 0x3f, 0x40, 0x41, 0x42 }, /* watchdog, clocks, memories */
    /* OSCCAL beside what goes by its clock: timers, SPI, USART, analog, watchdog */
    { 0x66, 0x66, 0x66, 0x66, 0x61, 0x24, 0x25, 0x2a, 0x44, 0x45, 0x45, 0x46,
      0x47, 0x6e, 0x4c, 0x4e, 0x4e, 0xc1, 0xc6, 0xc6, 0x7a, 0x60, 0x43 },
};
enum { PARTS = sizeof parts / sizeof parts[0] };

/* Of an ATmega8A, of an ATtiny85: the same, where several share a register */
static const uint8_t parts_8a[][24] = {
    { 0x43, 0x44, 0x45, 0x45, 0x48, 0x4a, 0x4c, 0x4e, 0x4f, 0x52, 0x53,
      0x53, 0x58, 0x58, 0x59, 0x59, 0x59, 0x31, 0x36, 0x37, 0x38, 0x51 },                              /* timers */
    { 0x29, 0x2a, 0x2a, 0x2b, 0x2c, 0x2d, 0x2e, 0x2f, 0x36, 0x37, 0x38, 0x41, 0x51, 0x51, 0x55, 0x5b } /* the rest */
};
static const uint8_t parts_85[][24] = { { 0x48, 0x49, 0x4a, 0x4a, 0x4c, 0x4e, 0x4f, 0x50, 0x50, 0x52,
                                          0x53, 0x53, 0x58, 0x58, 0x59, 0x59, 0x36, 0x37, 0x38, 0x51 },
                                        { 0x28, 0x2d, 0x2e, 0x35, 0x36, 0x37, 0x38, 0x41, 0x46, 0x51, 0x51, 0x55, 0x5a,
                                          0x5b } };

/* Which registers a part has, and which of them random programs use together. */
static const struct kind {
    struct bench (*build)(const struct program *p);
    const uint8_t (*parts)[24];
    unsigned n_parts, first, n;
    const char *name;
} kinds[] = {
    { at_8_mhz, parts, PARTS, 0x23, 0xa5, "8 MHz" },
    { at_20_mhz, parts, PARTS, 0x23, 0xa5, "20 MHz" },
    { on_atmega8a, parts_8a, 2, 0x20, 0x3d, "ATmega8A" },
    { on_attiny85, parts_85, 2, 0x20, 0x3d, "ATtiny85" },
};
enum { KINDS = sizeof kinds / sizeof kinds[0] };

static unsigned random_address(struct sim_rng *r, const struct kind *k, const uint8_t *part)
{
    size_t n = part ? strnlen((const char *)part, sizeof parts[0]) : 0;

    return n ? part[sim_rng_below(r, n)] : k->first + (unsigned)sim_rng_below(r, k->n);
}

/* lds or sts, or in or out where it goes. Bytes. */
static unsigned put_access(uint8_t *code, unsigned reg, unsigned address, bool stores)
{
    if (address < 0x60) {
        put_word(code, 0,
                 0xb000 | (unsigned)stores << 11 | ((address - 32) << 5 & 0x600) | reg << 4 | ((address - 32) & 15));
        return 2;
    }
    put_word(code, 0, 0x9000 | (unsigned)stores << 9 | reg << 4);
    put_word(code, 2, address);
    return 4;
}

/* One that is no access. Bytes. */
static unsigned put_other(struct sim_rng *r, bool wild, uint8_t *code)
{
    static const uint16_t ops[][2] = {
        { 0x9503, 0 },      /* inc r16; nop */
        { 0x9503, 0x95a8 }, /* inc r16; wdr */
        { 0x95e8, 0x9632 }, /* spm; adiw r30, 2 */
        { 0x9124, 0x0f52 }, /* lpm r18, Z; add r21, r18 */
        { 0x930f, 0x915f }, /* push r16; pop r21 */
        { 0x9478, 0x94f8 }, /* sei; cli */
        { 0x9588, 0 },      /* sleep; nop */
        { 0xd000, 0x901f }, /* rcall .; pop r1: the stack goes down */
    };
    unsigned i = wild ? (unsigned)sim_rng_below(r, 16) : 0;

    i = i < sizeof ops / sizeof ops[0] ? i : 0;
    put_word(code, 0, ops[i][0]);
    put_word(code, 2, ops[i][1]);
    return 4;
}

/* sbi or cbi. */
static unsigned put_bit(struct sim_rng *r, uint8_t *code, unsigned address)
{
    unsigned op = sim_rng_below(r, 2) ? 0x9a00 : 0x9800;

    put_word(code, 0, op | (address - 0x20) << 3 | (unsigned)sim_rng_below(r, 8));
    return 2;
}

/* Values into registers, then up to 30 stores of r16, r17 or what was loaded, in a loop. */
static unsigned random_program(struct sim_rng *r, const struct kind *kind, bool wild, uint8_t *code)
{
    unsigned at = 0, start, n = 1 + (unsigned)sim_rng_below(r, 20);
    unsigned which = (unsigned)sim_rng_below(r, 2 * kind->n_parts);
    const uint8_t *part = which < kind->n_parts ? kind->parts[which] : NULL;

    for (unsigned i = 0; i < 10; i++) { /* ldi r18, K; to a register */
        unsigned k = (unsigned)sim_rng_below(r, 256);
        put_word(code, at, 0xe020 | (k & 0xf0) << 4 | (k & 15));
        at += 2;
        at += put_access(code + at, 18, random_address(r, kind, part), true);
    }
    if (sim_rng_below(r, 2)) {
        put_word(code, at, 0x9478); /* sei */
        at += 2;
    }
    start = at;
    for (unsigned i = 0; i < n; i++) {
        unsigned reg = 16 + (unsigned)sim_rng_below(r, 3), what = (unsigned)sim_rng_below(r, 8), address;
        if (what == 0) {
            at += put_other(r, wild, code + at);
            continue;
        }
        address = random_address(r, kind, part);
        if (wild && what == 7 && address < 0x40) {
            at += put_bit(r, code + at, address);
            continue;
        }
        at += put_access(code + at, reg, address, what > 2);
        if (what < 3) { /* add r21, what was loaded; swap r21 */
            put_word(code, at, 0x0f50 | (reg & 15));
            put_word(code, at + 2, 0x9552);
            at += 4;
        }
    }
    put_word(code, at, 0xc000 | ((start / 2 - at / 2 - 1) & 0xfff));
    return at + 2;
}

/* ---- each register of other parts ---- */

enum { FIRST_IO = 0x20, LAST_IO = 0x5f, ACCESSES = 50 };

static struct {
    const char *chip, *fuses;
} const others[] = {
    { "atmega8a", "{high: 0xD9, low: 0xE4}" },
    { "attiny85", "{high: 0xDF, low: 0xE2}" },
};

/* Nothing but stores of 0 and 0xff to it, or loads of it. Bytes. */
static unsigned accesses(uint8_t *code, unsigned address, bool stores)
{
    unsigned at = 0;

    for (unsigned i = 0; i < ACCESSES; i++) {
        at += put_access(code + at, 16 + (stores ? i % 2 : 2), address, stores);
    }
    put_word(code, at, 0xc000 | ((0u - at / 2 - 1) & 0xfff));
    return at + 2;
}

/* Against compute on an ATmega328P at 8 MHz, as they run. */
static int judge_registers(bool tells)
{
    struct place *place = &places[0];
    uint8_t code[SLOT_BYTES];
    unsigned too_dear = 0, tried = 0;

    only_place = place->name;
    places_begin();
    for (unsigned i = 0; i < 2 * (sizeof others / sizeof others[0]) * (LAST_IO - FIRST_IO + 1); i++) {
        unsigned address = FIRST_IO + i / 2 % (LAST_IO - FIRST_IO + 1), which = i / 2 / (LAST_IO - FIRST_IO + 1);
        struct program p = { code, accesses(code, address, i % 2 == 0), false, false, false };
        char name[64];

        if (address == 0x5f) { /* SREG: 0xff lets interrupts come to a stack that is nowhere */
            continue;
        }
        snprintf(name, sizeof name, "%s_%s_0x%02x", others[which].chip, i % 2 ? "load" : "store", address);
        struct bench b = on_chip(&p, others[which].chip, others[which].fuses);
        tried++;
        too_dear += !judge_bench(&b, name, place, tells);
    }
    places_end();
    printf("%u programs, %u of them cost more than they may\n", tried, too_dear);
    return too_dear > 0;
}

/* ---- the same with and without shortcuts ---- */

enum { FIRST_RAM = 0x100, RAM_END = 0x900, SLICES = 20 };

static bool is_same(const struct bench *x, const struct bench *y)
{
    const struct target_core *a = board_target_core(x->b), *b = board_target_core(y->b);
    const uint8_t *p = target_core_data(a), *q = target_core_data(b);

    return target_core_pc(a) == target_core_pc(b) && target_core_counters(a).cycles == target_core_counters(b).cycles &&
           !memcmp(p, q, 32) && !memcmp(p + FIRST_RAM, q + FIRST_RAM, RAM_END - FIRST_RAM);
}

/* For --hex. */
static void tell_difference(const struct bench *x, const struct bench *y)
{
    const struct target_core *a = board_target_core(x->b), *b = board_target_core(y->b);
    const uint8_t *p = target_core_data(a), *q = target_core_data(b);

    printf("without shortcuts and with: pc %x %x, cycle %llu %llu", target_core_pc(a), target_core_pc(b),
           (unsigned long long)target_core_counters(a).cycles, (unsigned long long)target_core_counters(b).cycles);
    for (unsigned i = 0; i < RAM_END; i++) {
        if (p[i] != q[i]) {
            printf(", %03x: %02x %02x", i, p[i], q[i]);
        }
    }
    printf("\n");
}

/* RESET, pressed and let go; then up to where the program has begun anew. */
static void restart(struct bench *e)
{
    struct net *reset = board_net(e->b, "RESET");
    struct net_driver finger = { 0 };

    net_attach(reset, &finger, "finger");
    net_drive(&finger, NET_0, NET_STRONG);
    run(e, 10 * SIM_US);
    net_detach(&finger);
    run(e, START_PS);
}

/* The slice after which the target's registers or SRAM differ, SLICES: none. */
static unsigned first_difference(const struct program *p, struct bench (*build)(const struct program *), bool tells)
{
    struct bench x, y;
    unsigned i = 0;

    no_shortcuts = true;
    x = build(p);
    no_shortcuts = false;
    y = build(p);
    run(&x, START_PS);
    run(&y, START_PS);
    for (; i < SLICES && is_same(&x, &y); i++) {
        if (i == SLICES / 2) {
            restart(&x);
            restart(&y);
        }
        run(&x, SLICE_PS / SLICES + i * 1013);
        run(&y, SLICE_PS / SLICES + i * 1013);
    }
    if (tells && i < SLICES) {
        tell_difference(&x, &y);
    }
    bench_end(&x);
    bench_end(&y);
    return i;
}

/* The control: a board that is a slice ahead is another. */
static bool notices_a_slice(void)
{
    static const uint8_t counts[] = { 0x03, 0x95, 0xfe, 0xcf }; /* 1: inc r16; rjmp 1b */
    struct program p = { counts, sizeof counts, false, false, false };
    struct bench x = places[0].build(&p), y = places[0].build(&p);
    bool differs;

    run(&x, START_PS);
    run(&y, START_PS + SLICE_PS / SLICES);
    differs = !is_same(&x, &y);
    bench_end(&x);
    bench_end(&y);
    return differs;
}

static int compare_random(uint64_t seed, unsigned n, const struct kind *first, unsigned n_kinds)
{
    struct sim_rng r = sim_rng_stream(seed, "programs");
    uint8_t code[SLOT_BYTES];
    bool wild = n_kinds == KINDS;
    unsigned differ = 0;

    for (unsigned i = 0; i < n; i++) {
        const struct kind *kind = first + i % n_kinds;
        struct program p = { code, random_program(&r, kind, wild, code), false, kind >= kinds + 2, false };
        p.boots = wild && !p.small && !sim_rng_below(&r, 4);
        unsigned at = first_difference(&p, kind->build, false);

        differ += at < SLICES;
        if (at < SLICES) {
            printf("%u, %s%s: differs after slice %u: ", i, kind->name, p.boots ? ", boot loader" : "", at);
            print_code(&p);
        }
    }
    printf("%u programs, %u of them other without shortcuts\n", n, differ);
    return differ > 0 || !notices_a_slice();
}

/* One that was found: 0 the same, 1 not. */
static int compare_hex(const char *hex, const char *where)
{
    uint8_t code[SLOT_BYTES];
    char *rest;
    unsigned place = (unsigned)strtoul(where, &rest, 10);
    struct program p = { code, code_of(hex, code), *rest == 'b', place % KINDS > 1, false };

    return first_difference(&p, kinds[place % KINDS].build, true) < SLICES;
}

/* Each that is dearer than all before it; least: than that, which is no more then. */
static int search(uint64_t seed, unsigned n, double least)
{
    struct sim_rng r = sim_rng_stream(seed, "programs");
    uint8_t code[SLOT_BYTES];
    double worst = least;

    only_place = places[1].name;
    places_begin();
    for (unsigned i = 0; i < n; i++) {
        struct program p = { code, random_program(&r, &kinds[1], false, code), false, false, false };
        struct bench b = at_20_mhz(&p);
        double x = cost_of(&b, &places[1], least > 0 ? least : worst);

        bench_end(&b);
        if (x > (least > 0 ? least : worst)) {
            printf("%u: %.2f ", i, x);
            print_code(&p);
            fflush(stdout);
        }
        worst = x > worst ? x : worst;
    }
    places_end();
    return worst > places[1].may;
}

static int judge_codes(char **hex)
{
    uint8_t code[SLOT_BYTES];
    char name[20];
    bool ok = true;

    places_begin();
    for (unsigned i = 0; hex[i]; i++) {
        struct program p = { code, code_of(hex[i], code), false, false, false };

        snprintf(name, sizeof name, "code_%u", i);
        ok &= judge_program(&p, name, true);
    }
    places_end();
    return !ok;
}

int main(int argc, char **argv)
{
    bool tells = argc > 2 && !strcmp(argv[2], "-v");

    only_place = getenv("COST_PLACE");
    if (getenv("COST_ROUNDS")) {
        rounds_most = (unsigned)atoi(getenv("COST_ROUNDS"));
    }
    if (argc < 2) {
        fprintf(stderr, "usage: cost_test PROGRAMS.bin [-v] [NAME...] or --random SEED N\n");
        return 2;
    }
    if ((argc == 5 || argc == 6) && !strcmp(argv[2], "--random")) {
        return search(strtoull(argv[3], NULL, 10), (unsigned)strtoul(argv[4], NULL, 10),
                      argc == 6 ? strtod(argv[5], NULL) : 0);
    }
    if (argc > 3 && !strcmp(argv[2], "--code")) {
        return judge_codes(argv + 3);
    }
    if (argc == 5 && !strcmp(argv[2], "--hex")) {
        return compare_hex(argv[3], argv[4]);
    }
    if (argc == 5 && !strncmp(argv[2], "--same", 6)) {
        bool other = !strcmp(argv[2], "--same-others"), wild = !strcmp(argv[2], "--same-wild");
        return compare_random(strtoull(argv[3], NULL, 10), (unsigned)strtoul(argv[4], NULL, 10),
                              kinds + (other ? 2 : 0), wild ? KINDS : 2);
    }
    if (argc >= 3 && !strcmp(argv[argc - 1], "--registers")) {
        return judge_registers(tells);
    }
    return judge(argv[1], tells, argv + (tells ? 3 : 2));
}
