/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <check.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness/sweep/plot.h"
#include "harness/sweep/pool.h"
#include "harness/sweep/sweep_io.h"
#include "tests/run_all.h"

static struct problem err;
static char path[64];

static const char *file(const char *text)
{
    FILE *f;

    snprintf(path, sizeof path, "/tmp/sweep_test_%d.yaml", (int)getpid());
    f = fopen(path, "w");
    ck_assert_ptr_nonnull(f);
    fputs(text, f);
    fclose(f);
    return path;
}

static char *contents(const char *name)
{
    static char text[200000];
    FILE *f = fopen(name, "r");
    size_t n;

    ck_assert_ptr_nonnull(f);
    n = fread(text, 1, sizeof text - 1, f);
    fclose(f);
    text[n] = '\0';
    return text;
}

static void assert_axis(const char *vary, const char *expected)
{
    struct sweep s;
    char got[400] = "";

    sweep_init(&s, "t", "t.yaml");
    ck_assert_msg(sweep_vary(&s, vary, &err), "%s", err.text);
    for (unsigned c = 0; c < s.axes[0].n; c++) {
        ck_assert_str_eq(s.axes[0].choices[c].sets[0].value, s.axes[0].choices[c].name);
        snprintf(got + strlen(got), sizeof got - strlen(got), "%s%s", c ? "|" : "", s.axes[0].choices[c].name);
    }
    ck_assert_str_eq(got, expected);
    sweep_free(&s);
}

static void assert_refused(const char *vary, const char *why)
{
    struct sweep s;

    sweep_init(&s, "t", "t.yaml");
    ck_assert(!sweep_vary(&s, vary, &err));
    ck_assert_msg(strstr(err.text, why) != NULL, "'%s' does not say '%s'", err.text, why);
    sweep_free(&s);
}

START_TEST(values)
{
    assert_axis("a.b=1, 2,3", "1|2|3");
    assert_axis("a=0x60..0x63, 0xE0", "0x60|0x61|0x62|0x63|0xE0");
    assert_axis("seed=1..3", "1|2|3");
    assert_axis("seed=0x100000000..0x100000001", "0x100000000|0x100000001");
    assert_axis("seed=123456789012..123456789013", "123456789012|123456789013");
    assert_axis("f=1 kHz..2 kHz step 0.5 kHz", "1 kHz|1.5 kHz|2 kHz");
    assert_axis("f=1 ms..9 ms times 2", "1 ms|2 ms|4 ms|8 ms");
    assert_axis("v=2.7 V..3.0 V step 0.1 V", "2.7 V|2.8 V|2.9 V|3 V");
    assert_axis("c={crystal: 16 MHz, pin: xtal2}, {crystal: 8 MHz}", "{crystal: 16 MHz, pin: xtal2}|{crystal: 8 MHz}");
    assert_axis("t=\"a, b\",c", "\"a, b\"|c");
}
END_TEST

START_TEST(values_that_are_none)
{
    assert_refused("abc", "PATH=VALUES");
    assert_refused("a=", "missing");
    assert_refused("a=1,,2", "missing");
    assert_refused("a=5..1", "backwards");
    assert_refused("a=1..x", "no range");
    assert_refused("a=1 V..2 mV", "same unit");
    assert_refused("a=1..2 step 0", "upwards");
    assert_refused("a=1..2 times 1", "upwards");
    assert_refused("a=0..1000000000", "more than");
    assert_refused("a=0x20000000000000..0x20000000000001", "no range"); /* beyond 2^53 a double leaves out numbers */
}
END_TEST

static const char good[] = "name: three\n"
                           "scenario: base.yaml\n"
                           "axes:\n"
                           "  - name: low fuse\n"
                           "    path: board.target.fuses.low\n"
                           "    values: 0x60..0x62\n"
                           "  - name: clock\n"
                           "    choices:\n"
                           "      - name: none\n"
                           "      - name: crystal\n"
                           "        set: {board.target.clock: \"{crystal: 8 MHz}\", seed: 3}\n";

START_TEST(sweep_file)
{
    struct sweep s;
    struct scenario_set *sets;
    unsigned n;

    ck_assert_msg(sweep_load(&s, file(good), &err), "%s", err.text);
    ck_assert_str_eq(s.name, "three");
    ck_assert_str_eq(s.scenario, "/tmp/base.yaml");
    ck_assert_uint_eq(sweep_points(&s), 6);
    ck_assert_str_eq(sweep_value_at(&s, 5, 0), "0x62");
    ck_assert_str_eq(sweep_value_at(&s, 5, 1), "crystal");
    ck_assert_str_eq(sweep_value_at(&s, 2, 0), "0x61");
    ck_assert_str_eq(sweep_value_at(&s, 2, 1), "none");
    sets = sweep_sets_at(&s, 5, &n);
    ck_assert_uint_eq(n, 3);
    ck_assert_str_eq(sets[0].path, "board.target.fuses.low");
    ck_assert_str_eq(sets[1].path, "board.target.clock");
    ck_assert_str_eq(sets[1].value, "{crystal: 8 MHz}");
    ck_assert_str_eq(sets[2].value, "3");
    free(sets);
    sweep_free(&s);
    /* a scenario is a sweep of one point, run from the bytes that were read first */
    ck_assert(sweep_load(&s, file("name: x\nboard: {vcc: 3 V}\n"), &err));
    ck_assert_uint_eq(s.n_axes, 0);
    ck_assert_uint_eq(sweep_points(&s), 1);
    file("name: edited\nboard: {vcc: 4 V}\n");
    struct scenario *sc = sweep_scenario_at(&s, 0, &err);
    ck_assert_msg(sc != NULL, "%s", err.text);
    ck_assert_str_eq(sc->name, "x");
    ck_assert_uint_eq(sc->board.vcc_mv, 3000);
    scenario_free(sc);
    sweep_free(&s);
    unlink(path);
}
END_TEST

static void assert_bad_file(const char *text, const char *place, const char *why)
{
    struct sweep s;
    char expected[100];

    ck_assert(!sweep_load(&s, file(text), &err));
    snprintf(expected, sizeof expected, "%s:%s", path, place);
    ck_assert_msg(strstr(err.text, expected) == err.text, "'%s' is not at %s", err.text, place);
    ck_assert_msg(strstr(err.text, why) != NULL, "'%s' does not say '%s'", err.text, why);
    unlink(path);
}

START_TEST(bad_files)
{
    assert_bad_file("name: x\nscenario: y\n", "1:", "axes");
    assert_bad_file("name: x\nscenario: y\naxes: []\n", "3:", "axes");
    assert_bad_file("name: x\nscenario: y\nspeed: 3\naxes: []\n", "3:", "unknown key 'speed'");
    assert_bad_file("name: x\nscenario: y\naxes:\n  - name: a\n    path: b\n    values: 3..1\n", "6:", "backwards");
    assert_bad_file("name: x\nscenario: y\naxes:\n  - name: a\n", "4:", "missing");
    assert_bad_file("name: x\nscenario: y\naxes:\n  - name: a\n    choices:\n      - name: c\n        set: {p: [1]}\n",
                    "7:", "quotes");
}
END_TEST

/* ---- running ---- */

static void fake_run(struct sweep *s, unsigned point, struct sweep_result *r)
{
    (void)s;
    r->state = point % 3 == 0 ? SWEEP_PASS : point % 3 == 1 ? SWEEP_FINDINGS : SWEEP_FAIL;
    r->violations = point;
    r->sck_hz = 1000 + point;
    r->took_ps = point * SIM_MS;
    if (r->state == SWEEP_FAIL) {
        snprintf(r->why, sizeof r->why, "no clock");
    }
    if (r->state == SWEEP_FAIL) {
        snprintf(r->message, sizeof r->message, "point %u, \"broken\"", point);
    }
}

static void dying_run(struct sweep *s, unsigned point, struct sweep_result *r)
{
    if (point % 7 == 3) {
        kill(getpid(), SIGKILL);
    }
    if (point % 7 == 5) {
        _exit(9);
    }
    fake_run(s, point, r);
}

static void make(struct sweep *s)
{
    sweep_init(s, "grid", "grid.yaml");
    ck_assert(sweep_vary(s, "a=1..5", &err));
    ck_assert(sweep_vary(s, "b=1..4", &err));
    ck_assert(sweep_vary(s, "c=x, y", &err));
}

static unsigned shown_done, shown_total;

static void progress(void *ctx, unsigned done, unsigned total, const unsigned count[SWEEP_STATES])
{
    (void)ctx;
    (void)count;
    shown_done = done;
    shown_total = total;
}

START_TEST(runs_every_point_once)
{
    struct sweep s;
    struct sweep_result r[40];

    make(&s);
    for (unsigned jobs = 1; jobs <= 4; jobs += 3) {
        struct sweep_job job = { .sweep = &s, .run = fake_run, .progress = progress, .jobs = jobs, .shards = 1 };

        memset(r, 0, sizeof r);
        ck_assert(sweep_run(&job, r, &err));
        for (unsigned p = 0; p < 40; p++) {
            struct sweep_result expected = { 0 };

            fake_run(&s, p, &expected);
            ck_assert_uint_eq(r[p].state, expected.state);
            ck_assert_uint_eq(r[p].violations, p);
            ck_assert_str_eq(r[p].message, expected.message);
        }
        ck_assert_uint_eq(shown_done, 40);
        ck_assert_uint_eq(shown_total, 40);
    }
    sweep_free(&s);
}
END_TEST

START_TEST(a_run_that_dies_takes_only_its_point)
{
    struct sweep s;
    struct sweep_result r[40] = { { 0 } };
    struct sweep_job job = { .sweep = &s, .run = dying_run, .jobs = 3, .shards = 1 };

    make(&s);
    ck_assert(sweep_run(&job, r, &err));
    for (unsigned p = 0; p < 40; p++) {
        if (p % 7 == 3) {
            ck_assert_ptr_nonnull(strstr(r[p].message, "signal 9"));
        } else if (p % 7 == 5) {
            ck_assert_ptr_nonnull(strstr(r[p].message, "status 9"));
        }
        ck_assert_int_eq(r[p].state == SWEEP_BAD, p % 7 == 3 || p % 7 == 5);
    }
    sweep_free(&s);
}
END_TEST

START_TEST(shards_merge_to_the_whole)
{
    struct sweep s, merged = { 0 };
    struct sweep_result whole[40] = { { 0 } }, *together = NULL;
    struct sweep_job job = { .sweep = &s, .run = fake_run, .jobs = 2, .shards = 1 };
    char names[3][64], *first;

    make(&s);
    ck_assert(sweep_run(&job, whole, &err));
    for (unsigned i = 0; i < 3; i++) {
        struct sweep_result part[40] = { { 0 } };

        job.shard = i;
        job.shards = 3;
        ck_assert(sweep_run(&job, part, &err));
        for (unsigned p = 0; p < 40; p++) {
            ck_assert_int_eq(part[p].state != SWEEP_NOT_RUN, p % 3 == i);
        }
        snprintf(names[i], sizeof names[i], "/tmp/sweep_test_%d_%u.json", (int)getpid(), i);
        ck_assert_msg(sweep_write_json(names[i], &s, part, &err), "%s", err.text);
        ck_assert_msg(sweep_merge_json(names[i], &merged, &together, &err), "%s", err.text);
    }
    /* the same files as from one run */
    ck_assert(sweep_write_json(names[0], &s, whole, &err));
    first = strdup(contents(names[0]));
    ck_assert(sweep_write_json(names[1], &merged, together, &err));
    ck_assert_str_eq(contents(names[1]), first);
    free(first);
    /* a shard that ran another version of an input */
    ck_assert(input_files_note(&s.inputs, "grid.yaml", "00"));
    ck_assert(sweep_write_json(names[0], &s, whole, &err));
    ck_assert(!sweep_merge_json(names[0], &merged, &together, &err));
    ck_assert_ptr_nonnull(strstr(err.text, "ran 1 files, the results before 0"));
    ck_assert(input_files_note(&merged.inputs, "grid.yaml", "01"));
    ck_assert(!sweep_merge_json(names[0], &merged, &together, &err));
    ck_assert_ptr_nonnull(strstr(err.text, "ran another 'grid.yaml'"));
    input_files_free(&merged.inputs);
    input_files_free(&s.inputs);
    /* a contradiction, another sweep, and no result at all */
    whole[3].state = SWEEP_FAIL;
    ck_assert(sweep_write_json(names[0], &s, whole, &err));
    ck_assert(!sweep_merge_json(names[0], &merged, &together, &err));
    ck_assert_ptr_nonnull(strstr(err.text, "point 3 came out"));
    free(s.name);
    s.name = strdup("other");
    ck_assert(sweep_write_json(names[0], &s, whole, &err));
    ck_assert(!sweep_merge_json(names[0], &merged, &together, &err));
    ck_assert_ptr_nonnull(strstr(err.text, "another sweep"));
    ck_assert(!sweep_merge_json(file("{\"a\": 1}"), &merged, &together, &err));
    ck_assert_ptr_nonnull(strstr(err.text, "no result"));
    ck_assert(!sweep_merge_json(file("{\"a\": 1"), &merged, &together, &err));
    ck_assert_ptr_nonnull(strstr(err.text, ":1:"));
    unlink(path);
    for (unsigned i = 0; i < 3; i++) {
        unlink(names[i]);
    }
    free(together);
    sweep_free(&merged);
    sweep_free(&s);
}
END_TEST

START_TEST(csv_table_and_picture)
{
    struct sweep s;
    struct sweep_result r[40] = { { 0 } };
    struct stat st;
    char name[64], *text = NULL;
    size_t n = 0, lines = 0;
    FILE *f;

    make(&s);
    for (unsigned p = 0; p < 39; p++) {
        fake_run(&s, p, &r[p]);
    }
    snprintf(name, sizeof name, "/tmp/sweep_test_%d.csv", (int)getpid());
    ck_assert(sweep_write_csv(name, &s, r, &err));
    for (const char *c = contents(name); *c; c++) {
        lines += *c == '\n';
    }
    ck_assert_uint_eq(lines, 40); /* heading, and what ran */
    ck_assert_ptr_nonnull(
        strstr(contents(name), "\n1,2,x,fail,2,1002,0,0.002000,no clock,\"point 2, \"\"broken\"\"\",not_run,\n"));
    unlink(name);

    f = open_memstream(&text, &n);
    sweep_table(f, &s, r, 1, 0);
    fclose(f);
    ck_assert_ptr_nonnull(strstr(text, "c: x"));
    ck_assert_ptr_nonnull(strstr(text, "c: y"));
    ck_assert_ptr_nonnull(strstr(text, "not run"));
    lines = 0;
    for (const char *c = text; *c; c++) {
        lines += *c == '\n';
    }
    ck_assert_uint_eq(lines, 2 * (3 + 1 + 5));
    free(text);

    snprintf(name, sizeof name, "/tmp/sweep_test_%d.png", (int)getpid());
    ck_assert_msg(plot_write(name, &s, r, 1, 0, &err), "%s", err.text);
    ck_assert_int_eq(memcmp(contents(name), "\x89PNG", 4), 0);
    unlink(name);
    snprintf(name, sizeof name, "/tmp/sweep_test_%d.svg", (int)getpid());
    ck_assert_msg(plot_write(name, &s, r, 1, 0, &err), "%s", err.text);
    ck_assert_ptr_nonnull(strstr(contents(name), ">passed with findings: ")); /* text as text */
    ck_assert_ptr_nonnull(strstr(contents(name), "rotate(-90)"));
    unlink(name);
    ck_assert(!plot_write("/tmp/x.gif", &s, r, 1, 0, &err));
    ck_assert(!plot_write("/nowhere/x.png", &s, r, 1, 0, &err));
    ck_assert_int_eq(stat("/tmp/x.gif", &st), -1);
    sweep_free(&s);
}
END_TEST

/* Two axes of 65 536 values are 2^32 points, 0 in 32 bits. */
START_TEST(sizes_multiply_without_overflow)
{
    struct sweep merged = { 0 };
    struct sweep_result *together = NULL;
    char *text = malloc(2 << 20), *at = text;

    at += sprintf(at, "{\"sweep\": \"s\", \"scenario\": \"s\", \"inputs\": [], \"runs\": [], \"axes\": [");
    for (unsigned a = 0; a < 2; a++) {
        at += sprintf(at, "%s{\"name\": \"%u\", \"values\": [\"\"", a ? "," : "", a);
        for (unsigned i = 1; i < 65536; i++) {
            at += sprintf(at, ",\"\"");
        }
        at += sprintf(at, "]}");
    }
    sprintf(at, "]}");
    ck_assert(!sweep_merge_json(file(text), &merged, &together, &err));
    ck_assert_ptr_nonnull(strstr(err.text, "no result"));
    ck_assert_ptr_null(together);
    free(text);
}
END_TEST

START_TEST(more_shards_than_points)
{
    struct sweep s;
    struct sweep_result r[40] = { { 0 } };
    struct sweep_job job = { .sweep = &s, .run = fake_run, .jobs = 2, .shard = 0, .shards = UINT32_MAX };

    make(&s);
    ck_assert(sweep_run(&job, r, &err));
    ck_assert_int_ne(r[0].state, SWEEP_NOT_RUN);
    ck_assert_int_eq(r[1].state, SWEEP_NOT_RUN);
    job.shard = UINT32_MAX - 1;
    r[0].state = SWEEP_NOT_RUN;
    ck_assert(sweep_run(&job, r, &err));
    for (unsigned p = 0; p < 40; p++) {
        ck_assert_int_eq(r[p].state, SWEEP_NOT_RUN);
    }
    sweep_free(&s);
}
END_TEST

/* ---- beginnings that points share ---- */

static const char session[] = "board:\n"
                              "  programmer: {script: {}}\n"
                              "steps:\n"
                              "  - enter: yes\n"
                              "  - program: {memory: eeprom, random: 3, length: 4}\n"
                              "  - leave: yes\n"
                              "  - wait: 30 ms\n"
                              "  - verify: {memory: eeprom, random: 3, length: 4}\n";

static const char noise[] = "board:\n"
                            "  programmer: {script: {}}\n"
                            "  parts: {f: {type: glitch, kind: pulse, every: 30 ms, width: 3 us}}\n"
                            "  wires: {a: [script.SCK, f.A], b: [f.B, target.SCK]}\n"
                            "steps:\n"
                            "  - enter: yes\n"
                            "  - signature: 1E 95 0F\n"
                            "  - wait: 15 ms\n"
                            "  - signature: 1E 95 0F\n"
                            "  - leave: yes\n";

static unsigned begun;
static atomic_uint *alike; /* points that were run with others; all processes count */

static struct sweep_begun *counted_begin(struct sweep *s, unsigned point)
{
    struct sweep_begun *g = sweep_begin_points(s, point);

    begun += g != NULL;
    return g;
}

static void counted_alike(struct sweep *s, unsigned point, unsigned n, struct sweep_result *r)
{
    atomic_fetch_add(alike, n);
    sweep_run_alike(s, point, n, r);
}

/* The sweep, each point from its start or from where all of them part. */
static void run_both_of(const char *text, const char *vary, struct sweep_result *whole, struct sweep_result *shared,
                        unsigned n)
{
    struct sweep s;
    char name[64];

    snprintf(name, sizeof name, "/tmp/sweep_test_%d.yaml", (int)getpid());
    FILE *f = fopen(name, "w");
    ck_assert(f && fputs(text, f) >= 0 && fclose(f) == 0);
    ck_assert_msg(sweep_load(&s, name, &err) && sweep_vary(&s, vary, &err), "%s", err.text);
    ck_assert_uint_eq(sweep_points(&s), n);
    struct sweep_job job = { .sweep = &s, .run = sweep_run_point, .jobs = 2, .shards = 1 };
    ck_assert(sweep_run(&job, whole, &err));
    job.begin = counted_begin;
    job.end = sweep_end_point;
    job.free_begun = sweep_begun_free;
    job.alike = sweep_points_alike;
    job.run_alike = counted_alike;
    ck_assert(sweep_run(&job, shared, &err));
    sweep_free(&s);
    unlink(name);
}

static void run_both(const char *vary, struct sweep_result *whole, struct sweep_result *shared, unsigned n)
{
    run_both_of(session, vary, whole, shared, n);
}

START_TEST(a_shared_beginning_changes_nothing)
{
    struct sweep_result whole[4] = { { 0 } }, shared[4] = { { 0 } };

    begun = 0;
    run_both("steps[3].wait=1 us, 10 ms, 2 s", whole, shared, 3);
    ck_assert_uint_eq(begun, 1);
    ck_assert_int_eq(whole[2].state, SWEEP_PASS);
    ck_assert_uint_ne(whole[0].took_ps, whole[2].took_ps);
    ck_assert(!memcmp(whole, shared, sizeof whole));
    run_both("steps[4].verify.random=3, 4, 5, 3", whole, shared, 4); /* two fail */
    ck_assert_uint_eq(begun, 2);
    ck_assert_int_eq(whole[1].state, SWEEP_FAIL);
    ck_assert(!memcmp(whole, shared, sizeof whole));
    ck_assert(memcmp(&whole[0], &shared[1], sizeof whole[0]));  /* it compares something */
    run_both("steps[1].program.random=3, 4", whole, shared, 2); /* what the chip should hold is the point's own */
    ck_assert_uint_eq(begun, 3);
    ck_assert(!memcmp(whole, shared, 2 * sizeof whole[0]));
}
END_TEST

START_TEST(seeds_of_a_fault_share_what_comes_before_it)
{
    struct sweep_result whole[24] = { { 0 } }, shared[24] = { { 0 } };
    unsigned other = 0;

    alike = mmap(NULL, sizeof *alike, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    run_both_of(noise, "board.parts.f.seed=1..24", whole, shared, 24);
    ck_assert_int_ne(whole[0].state, SWEEP_BAD);
    ck_assert_uint_eq(atomic_load(alike), 24);
    ck_assert(!memcmp(whole, shared, sizeof whole));
    for (unsigned i = 1; i < 24; i++) {
        other += memcmp(&whole[i], &whole[0], sizeof whole[0]) != 0;
    }
    ck_assert_uint_gt(other, 1); /* it compares something */
    ck_assert_uint_lt(other, 24);
    run_both_of(noise, "seed=1..4", whole, shared, 4); /* another chip each: not alike */
    ck_assert_uint_eq(atomic_load(alike), 24);
    munmap(alike, sizeof *alike);
}
END_TEST

START_TEST(points_that_share_nothing_begin_anew)
{
    struct sweep_result whole[2] = { { 0 } }, shared[2] = { { 0 } };

    begun = 0;
    run_both("board.vcc=5 V, 4 V", whole, shared, 2);
    ck_assert_uint_eq(begun, 0);
    ck_assert(!memcmp(whole, shared, sizeof whole));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("sweep");
    TCase *c = tcase_create("sweep");

    tcase_set_timeout(c, 60);
    tcase_add_test(c, values);
    tcase_add_test(c, values_that_are_none);
    tcase_add_test(c, sweep_file);
    tcase_add_test(c, bad_files);
    tcase_add_test(c, runs_every_point_once);
    tcase_add_test(c, a_run_that_dies_takes_only_its_point);
    tcase_add_test(c, shards_merge_to_the_whole);
    tcase_add_test(c, sizes_multiply_without_overflow);
    tcase_add_test(c, more_shards_than_points);
    tcase_add_test(c, csv_table_and_picture);
    tcase_add_test(c, a_shared_beginning_changes_nothing);
    tcase_add_test(c, points_that_share_nothing_begin_anew);
    tcase_add_test(c, seeds_of_a_fault_share_what_comes_before_it);
    suite_add_tcase(suite, c);
    return run_all(suite);
}
