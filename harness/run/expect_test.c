/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Meters, expectations and the scripted programmer's edges: each rule just right, and one off. */
#include "harness/base/firmware_path.h"
#include "harness/report/report_text.h"
#include "harness/run/expect.h"
#include "harness/run/steps.h"
#include "sim/checker.h"
#include "tests/run_all.h"

#include <check.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* Runs a scenario given as text; the report, and in *failures how much went wrong. free() it. */
static char *run(const char *text, unsigned *failures)
{
    struct problem err = { "" };
    struct scenario *s = scenario_load_text("t.yaml", text, strlen(text), NULL, 0, &err);
    struct report r = { .run.file = "t.yaml" };
    FILE *f;
    struct board *b;
    char *out = NULL;
    size_t n = 0;

    ck_assert_msg(s != NULL, "%s", err.text);
    b = board_new(s, NULL, &err);
    ck_assert_msg(b != NULL, "%s", err.text);
    f = open_memstream(&out, &n);
    report_add(&r, report_text_new(f, &(const struct report_text_options){ .verbose = false }));
    steps_run(b, &r);
    report_abandon(&r);
    fclose(f);
    *failures = r.failures;
    board_free(b);
    scenario_free(s);
    return out;
}

#define SCRIPT "board: {programmer: {script: {sck: 100 kHz, sck_high: 4 us, sck_low: 6 us}}}\n"

/* A session of three instructions: Programming Enable and two more, 32 clocks each. */
#define STEPS \
    "steps:\n  - spi: {send: 30 00 00 00, answer: xx xx xx 1E}\n  - spi: {send: 30 00 01 00, answer: \"00 30 00 95\"}\n"

static const struct {
    const char *nets; /* what is expected */
    const char *says; /* NULL: it holds */
} cases[] = {
    { "{net: sck, rises: 96, falls: 97}", NULL }, /* open to 0 at the beginning is a fall too */
    { "{net: sck, rises: 95}", "rises of sck: expected 95, measured 96" },
    { "{net: sck, rises: \"> 96\"}", "rises of sck: expected > 96, measured 96" },
    { "{net: sck, rises: \">= 96\"}", NULL },
    { "{net: sck, shortest_high: 4 us, longest_high: 4 us}", NULL },
    { "{net: sck, shortest_high: 4.000001 us}", "shortest high of sck: expected 4.000001 us, measured 4 us" },
    { "{net: sck, shortest_low: 6 us}", NULL },
    { "{net: sck, shortest_low: \"< 6 us\"}", "shortest low of sck: expected < 6 us, measured 6 us" },
    { "{net: sck, shortest_period: 10 us}", NULL },
    { "{net: sck, longest_low: \">= 25 ms\"}", NULL },
    { "{net: reset, falls: 1, shortest_low: 25.966 ms}", NULL }, /* 25 ms, 96 clocks, the last low */
    { "{net: reset, shortest_high: 200 us}", "shortest high of reset: expected 200 us, measured none" }, /* no rise */
    { "{net: miso_oe, shortest_low: 1 us}", "shortest low of miso_oe: expected 1 us, measured" },
    { "{net: xtal1, longest_high: 1 us}", "longest high of xtal1: expected 1 us, measured none" },
    { "{net: reset, level: 1}", NULL }, /* let go: the target's own pull-up */
    { "{net: sck, level: z}", NULL },
    { "{net: sck, level: 0}", "level of sck: expected 0, it is z" },
};

START_TEST(nets)
{
    char text[900], *out;
    unsigned failures;

    snprintf(text, sizeof text, SCRIPT STEPS "expect: {nets: [%s]}\n", cases[_i].nets);
    out = run(text, &failures);
    if (cases[_i].says) {
        ck_assert_uint_eq(failures, 1);
        ck_assert_msg(strstr(out, cases[_i].says) != NULL, "%s\n%s", cases[_i].nets, out);
    } else {
        ck_assert_msg(failures == 0, "%s\n%s", cases[_i].nets, out);
    }
    free(out);
}
END_TEST

#define FINDING_STEPS "steps:\n  - spi: {send: 30 00 00 00}\n  - spi: {send: \"30 00 01 00\"}\n"

static const struct {
    const char *script, *findings, *says;
} finding_cases[] = {
    { "sck: 100 kHz", "none", NULL },
    { "sck: 100 kHz", "[sck_high]", "t.yaml:5:21: 0 findings of sck_high, expected >= 1" },
    { "sck: 100 kHz", "[{rule: sck_high, count: 0}]", NULL },
    { "sck: 100 kHz, enter_wait: 19 ms", "[enable_wait]", NULL },
    { "sck: 100 kHz, enter_wait: 19 ms", "[{rule: enable_wait, count: 1}]", NULL },
    { "sck: 100 kHz, enter_wait: 19 ms", "[{rule: enable_wait, count: 2}]", "1 findings of enable_wait, expected 2" },
    { "sck: 100 kHz, enter_wait: 19 ms", "none", "1 finding of enable_wait, expected none" },
    { "sck: 100 kHz, enter_wait: 20 ms", "none", NULL },
    /* two clocks of this chip are 1.9679 us; MOSI that changes earlier is taken wrongly or not */
    { "sck: 100 kHz, mosi_hold: 2 us", "none", NULL },
    { "sck: 100 kHz, miso_look: 4.989 us", "none", NULL },
    { "sck: 100 kHz, miso_look: 4.99 us", "none", NULL },
    { "sck: 100 kHz, miso_look: 4.991 us", "[{rule: miso_hold, count: \">= 1\"}]", NULL },
    { "sck: 100 kHz, mosi_hold: 1.96 us, tries: 0", "[{rule: mosi_hold, count: \">= 1\"}]", NULL },
    { "sck: 100 kHz, mosi_hold: 6 us", "none", NULL }, /* after the fall */
    { "sck: 100 kHz, mosi_hold: 9.2 us, tries: 0", "[mosi_setup]", NULL },
    { "sck: 100 kHz, sck_high: 2 us, sck_low: 8 us", "none", NULL },
    { "sck: 100 kHz, sck_high: 1.96 us, sck_low: 8 us, tries: 0", "[sck_high, {rule: mosi_hold, count: \">= 0\"}]",
      NULL },
    { "sck: 100 kHz, sck_high: 8 us, sck_low: 1.96 us, tries: 0", "[sck_low, {rule: mosi_setup, count: \">= 0\"}]",
      NULL },
};

START_TEST(findings)
{
    char text[900], *out;
    unsigned failures;

    snprintf(text, sizeof text, "board: {programmer: {script: {%s}}}\n" FINDING_STEPS "expect: {findings: %s}\n",
             finding_cases[_i].script, finding_cases[_i].findings);
    out = run(text, &failures);
    if (finding_cases[_i].says) {
        ck_assert_msg(failures == 1 && strstr(out, finding_cases[_i].says), "%s", out);
    } else {
        ck_assert_msg(failures == 0, "%s", out);
    }
    free(out);
}
END_TEST

static const struct {
    const char *text, *says;
} step_cases[] = {
    { SCRIPT "steps: [{signature: 1E 95 0F}]", NULL },
    { SCRIPT "steps: [{signature: 1E 95 xx}]", NULL },
    { SCRIPT "steps: [{signature: 1E 95 0E}]", "t.yaml:2:9: signature: the signature is 1E 95 0F" },
    { SCRIPT "steps: [{signature: 1E 95 0E, fails: the signature is 1E}]", NULL },
    { SCRIPT "steps: [{signature: 1E 95 0F, fails: no}]", "worked, expected it to fail with 'no'" },
    { SCRIPT "steps: [{signature: 1E 95 0E, fails: other words}]", "expected 'other words'" },
    { SCRIPT "steps: [{spi: {send: 30 00 01 00, answer: \"xx xx xx 96\"}}]", "the answer is 00 30 00 95" },
    { SCRIPT "steps: [{verify: {memory: flash, fill: 0, length: 3}}]",
      "flash differs from 0x00 in 3 of 3 bytes, first at 0x0000: 0xFF, expected 0x00" },
    { SCRIPT "steps: [{verify_fuses: {low: 0x63}}]", "lfuse is 0x62, expected 0x63" },
    { SCRIPT "steps: [{expect: {fuses: {high: 0xD8}}}]", "t.yaml:2:26: hfuse is 0xD9, expected 0xD8" },
    { SCRIPT "steps: [{mark: yes}]\nexpect: {fuses: {low: 0x62, lock: 0xFF}}", NULL },
    { SCRIPT "steps: [{power: off}, {enter: yes}]", "no answer to Programming Enable: FF FF FF FF came back" },
    /* a wire that comes off later, in the middle of a read */
    { SCRIPT "steps: [{enter: yes}, {rewire: {miso: open}, later: 2 ms},"
             " {verify: {memory: flash, fill: 0, length: 100}, fails: 100 of 100}, {signature: FF FF FF}]",
      NULL },
    /* meters begin anew at a mark */
    { SCRIPT STEPS "  - mark: yes\nexpect: {nets: [{net: sck, rises: 0}]}", NULL },
};

/* With ArduinoISP on the Uno: it answers GET_SYNC. */
static const struct {
    const char *step, *says;
} uart_cases[] = {
    { "{uart: {send: 30 20, expect: 14 10}}", NULL },
    { "{uart: {send: 30 20, expect: 14 xx}}", NULL },
    { "{uart: {send: 30 20, expect: 14}}", "received 14 10 (2 bytes), expected" },
    { "{uart: {send: 30 20, expect: 14 11}}", "received 14 10 (2 bytes), expected" },
    { "{uart: {send: 30 20, expect: \"\", within: 0.5 ms}}", NULL },
    { "{uart: {baud: 57600, send: 30 20, expect: 14 10}}", "received " },
    { "{uart: {within: 10 ms, expect: \"\"}}", NULL },
};

START_TEST(uart)
{
    char text[300], path[400], *out;
    unsigned failures;

    if (!firmware_find("arduinoisp", path, sizeof path)) {
        return; /* built without firmware */
    }
    snprintf(text, sizeof text, "steps: [{wait: 2 s}, %s]", uart_cases[_i].step);
    out = run(text, &failures);
    if (uart_cases[_i].says) {
        ck_assert_msg(failures == 1 && strstr(out, uart_cases[_i].says), "%s\n%s", text, out);
    } else {
        ck_assert_msg(failures == 0, "%s\n%s", text, out);
    }
    free(out);
}
END_TEST

START_TEST(steps)
{
    unsigned failures;
    char *out;

    out = run(step_cases[_i].text, &failures);
    if (step_cases[_i].says) {
        ck_assert_msg(failures == 1 && strstr(out, step_cases[_i].says), "%s\n%s", step_cases[_i].text, out);
    } else {
        ck_assert_msg(failures == 0, "%s\n%s", step_cases[_i].text, out);
    }
    free(out);
}
END_TEST

/* What only the board can find wrong is found before anything runs, with its place. */
static const struct {
    const char *text, *says;
} board_cases[] = {
    { "board: {programmer: {firmware: nothere}}",
      "t.yaml:1:32: firmware of the programmer: there is no file 'nothere'" },
};

START_TEST(boards)
{
    struct problem err = { "" };
    const char *text = board_cases[_i].text;
    struct scenario *s = scenario_load_text("t.yaml", text, strlen(text), NULL, 0, &err);

    ck_assert_msg(s != NULL, "%s", err.text);
    ck_assert_ptr_null(board_new(s, NULL, &err));
    ck_assert_msg(strstr(err.text, board_cases[_i].says) == err.text, "%s", err.text);
    scenario_free(s);
}
END_TEST

START_TEST(twice_the_same)
{
    static const char text[] = "seed: 7\nboard: {target: {rc_spread: 10 %}, programmer: {script: {sck: 240 kHz}}}\n"
                               "steps: [{enter: yes}, {erase: yes}, "
                               "{program: {memory: flash, random: 1, length: 300}}]\n";
    unsigned f;
    char *a = run(text, &f), *b = run(text, &f);

    ck_assert_str_eq(a, b);
    free(a);
    free(b);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("expect");
    TCase *t = tcase_create("expect");

    tcase_set_timeout(t, 60);
    tcase_add_loop_test(t, nets, 0, sizeof cases / sizeof cases[0]);
    tcase_add_loop_test(t, findings, 0, sizeof finding_cases / sizeof finding_cases[0]);
    tcase_add_loop_test(t, steps, 0, sizeof step_cases / sizeof step_cases[0]);
    tcase_add_loop_test(t, uart, 0, sizeof uart_cases / sizeof uart_cases[0]);
    tcase_add_loop_test(t, boards, 0, sizeof board_cases / sizeof board_cases[0]);
    tcase_add_test(t, twice_the_same);
    suite_add_tcase(s, t);
    return run_all(s);
}
