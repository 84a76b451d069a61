/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * cost_test.c - how many times a program costs what the benchmark `compute` does for as long
 *
 * usage: cost_test PROGRAMS.bin [-v] [NAME...]         those of programs.S, or all
 *        cost_test PROGRAMS.bin --random SEED N [X]    N programs made of stores to registers: each that is dearer than
 *                                                      all before it, or than X times compute
 *        cost_test PROGRAMS.bin --code CODE...         programs that were found so
 *        cost_test PROGRAMS.bin --same SEED N          N random programs each with and without shortcuts (same.h)
 *        cost_test PROGRAMS.bin --same-others SEED N   likewise on an ATmega8A and an ATtiny85
 *        cost_test PROGRAMS.bin --same-tied SEED N     --same beside resistors, LEDs and supplies
 *        cost_test PROGRAMS.bin --same-wild SEED N     on all of them, with SPM, SLEEP, SBI, a stack that runs away, and
 *                                                      as boot loaders, too
 *        cost_test PROGRAMS.bin --hex CODE PLACE       one that was found, at place 0 to 3, "0b": as a boot loader, "0t": beside
 *                                                      ties; exit code 1 if it differs
 *        cost_test PROGRAMS.bin --registers [NAME...] each I/O register of the other parts: stores of 0 and 0xff, also with
 *                                                      I set, and loads
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

#include "tests/cost/same.h"

#if __has_include(<valgrind/callgrind.h>)
#include <valgrind/callgrind.h>
#else
#define RUNNING_ON_VALGRIND 0
#define CALLGRIND_START_INSTRUMENTATION (void)0
#define CALLGRIND_STOP_INSTRUMENTATION (void)0
#define CALLGRIND_DUMP_STATS_AT(name) (void)(name)
#endif

enum { HEAD_BYTES = 24, NAME_BYTES = 23, ROUNDS = 3, ROUNDS_MOST = 60 };

#define YARD_CK 400000 /* two laps of compute */

static double cpu_s(void)
{
    struct timespec t;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* Processor time that it takes. */
static double measure(struct bench *e, sim_time t)
{
    double t0 = cpu_s();

    run(e, t);
    return cpu_s() - t0;
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

/* ---- each register of other parts ---- */

enum { FIRST_IO = 0x20, LAST_IO = 0x5f, ACCESSES = 50 };

static struct {
    const char *chip, *fuses;
} const others[] = {
    { "atmega8a", "{high: 0xD9, low: 0xE4}" },
    { "attiny85", "{high: 0xDF, low: 0xE2}" },
};

enum access { STORES, LOADS, STORES_WITH_I, ACCESS_KINDS };

/* Nothing but stores of 0 and 0xff to it, also while I is set, or loads of it. Bytes. */
static unsigned accesses(uint8_t *code, unsigned address, enum access kind)
{
    unsigned start = kind == STORES_WITH_I ? 2 : 0, at = start;

    put_word(code, 0, 0x9478); /* sei */
    for (unsigned i = 0; i < ACCESSES; i++) {
        at += put_access(code + at, 16 + (kind == LOADS ? 2 : i % 2), address, kind != LOADS);
    }
    put_word(code, at, 0xc000 | ((start / 2 - at / 2 - 1) & 0xfff));
    return at + 2;
}

/* Against compute on an ATmega328P at 8 MHz, as they run. */
static int judge_registers(bool tells, char **names)
{
    struct place *place = &places[0];
    uint8_t code[SLOT_BYTES];
    unsigned too_dear = 0, tried = 0;

    only_place = place->name;
    places_begin();
    for (unsigned i = 0; i < ACCESS_KINDS * (sizeof others / sizeof others[0]) * (LAST_IO - FIRST_IO + 1); i++) {
        static const char *const names_of[] = { "store", "load", "istore" };
        enum access kind = i % ACCESS_KINDS;
        unsigned n = i / ACCESS_KINDS, address = FIRST_IO + n % (LAST_IO - FIRST_IO + 1),
                 which = n / (LAST_IO - FIRST_IO + 1);
        struct program p = { code, accesses(code, address, kind), false, kind == STORES_WITH_I, false };
        char name[64];

        if (address == 0x5f) { /* SREG: 0xff lets interrupts come to a stack that is nowhere */
            continue;
        }
        snprintf(name, sizeof name, "%s_%s_0x%02x", others[which].chip, names_of[kind], address);
        if (!is_named(name, names)) {
            continue;
        }
        struct bench b = on_chip(&p, others[which].chip, others[which].fuses);
        tried++;
        too_dear += !judge_bench(&b, name, place, tells);
    }
    places_end();
    printf("%u programs, %u of them cost more than they may\n", tried, too_dear);
    return too_dear > 0;
}

/* ---- random programs ---- */

static int compare_random(uint64_t seed, unsigned n, const struct kind *first, unsigned n_kinds)
{
    struct sim_rng r = sim_rng_stream(seed, "programs");
    uint8_t code[SLOT_BYTES];
    bool wild = n_kinds == KINDS;
    unsigned differ = 0;
    char what[200];

    for (unsigned i = 0; i < n; i++) {
        const struct kind *kind = first + i % n_kinds;
        struct program p = { code, random_program(&r, kind, wild, code), false, kind >= kinds + 2, false };
        p.boots = wild && !p.small && !sim_rng_below(&r, 4);

        if (is_other(&p, kind, what, sizeof what)) {
            differ++;
            printf("%u, %s%s, %s: ", i, kind->name, p.boots ? ", boot loader" : "", what);
            print_code(&p);
        }
    }
    printf("%u programs, %u of them other without shortcuts\n", n, differ);
    return differ > 0 || !notices_others();
}

/* One that was found: 0 the same, 1 not. */
static int compare_hex(const char *hex, const char *where)
{
    uint8_t code[SLOT_BYTES];
    char *rest, what[200];
    unsigned place = (unsigned)strtoul(where, &rest, 10);
    struct program p = { code, code_of(hex, code), *rest == 'b', place % KINDS > 1, false };

    bench_wires = *rest == 't' ? bench_ties : "";
    if (is_other(&p, &kinds[place % KINDS], what, sizeof what)) {
        printf("%s\n", what);
        return 1;
    }
    return 0;
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
        bench_wires = strcmp(argv[2], "--same-tied") ? "" : bench_ties;
        return compare_random(strtoull(argv[3], NULL, 10), (unsigned)strtoul(argv[4], NULL, 10),
                              kinds + (other ? 2 : 0), wild ? KINDS : 2);
    }
    if (argc > 2 + tells && !strcmp(argv[2 + tells], "--registers")) {
        return judge_registers(tells, argv + 3 + tells);
    }
    return judge(argv[1], tells, argv + (tells ? 3 : 2));
}
