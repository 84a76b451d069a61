/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How steps are loaded and told, and that a step is no more than its row. */
#include "harness/report/report_text.h"
#include "harness/run/step.h"
#include "harness/run/steps.h"
#include "harness/run/steps_exec.h"

#include "tests/run_all.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

static struct scenario *load(const char *text)
{
    struct problem err = { "" };
    struct scenario *s = scenario_load_text("dir/s.yaml", text, strlen(text), NULL, 0, &err);

    ck_assert_msg(s, "%s", err.text);
    return s;
}

START_TEST(rows_are_whole)
{
    for (unsigned i = 0; step_types[i]; i++) {
        const struct step_type *t = step_types[i];

        ck_assert(t->key && t->text && t->load && t->run);
        ck_assert_int_eq(t->fields != NULL, t->raw_bytes != 0);
        for (unsigned k = 0; k < i; k++) {
            ck_assert_str_ne(step_types[k]->key, t->key);
        }
    }
}
END_TEST

START_TEST(avrdudes_arguments)
{
    struct scenario *s = load("board: {target: {uart: {baud: 57600}}}\n"
                              "steps:\n"
                              "  - avrdude: {args: \"-q  -U lfuse:w:0x62:m 'a b'\", exit: 1, port: target, says: [x]}\n"
                              "  - avrdude: {}\n");
    const struct exec_step *a = s->steps[0].own, *b = s->steps[1].own;

    ck_assert_ptr_eq(s->steps[0].type, &step_avrdude);
    ck_assert_str_eq(a->args[0], "-q");
    ck_assert_str_eq(a->args[2], "lfuse:w:0x62:m");
    ck_assert_str_eq(a->args[3], "a b");
    ck_assert_ptr_null(a->args[4]);
    ck_assert_int_eq(a->exit_status, 1);
    ck_assert(a->on_target);
    ck_assert_str_eq(a->says[0], "x");
    ck_assert_ptr_null(a->says[1]);
    ck_assert_ptr_null(b->args[0]);
    ck_assert(!b->on_target);
    scenario_free(s);
}
END_TEST

/* What a verbose report says of each; times of `later` too. */
START_TEST(told_as_they_are_taken)
{
    struct scenario *s = load("board: {programmer: {script: {}}}\n"
                              "steps:\n"
                              "  - {power: off, later: 1 ms}\n"
                              "  - {clock: {wave: 1 MHz}, later: 9 instructions}\n"
                              "  - {power: on, later: 99 instructions and 2 ms}\n"
                              "  - wait: 2 ms\n"
                              "  - power: 3 V\n"
                              "  - enter: yes\n"
                              "  - write_fuses: {low: 0xE2}\n"
                              "  - verify: {memory: eeprom, hex: FF FF, offset: 16}\n"
                              "  - {signature: xx xx 0E, fails: the signature is}\n");
    struct problem err = { "" };
    struct board *b = board_new(s, NULL, &err);
    char *text = NULL;
    size_t n = 0;
    FILE *f = open_memstream(&text, &n);
    struct report report = { .run.file = "s.yaml" };

    report_add(&report, report_text_new(f, &(const struct report_text_options){ .verbose = true }));

    ck_assert_msg(b, "%s", err.text);
    ck_assert(steps_run(b, &report));
    report_abandon(&report);
    fclose(f);
    for (const char *const *say =
             (const char *const[]){ "  power 0 mV in 1 ms\n", "  clock in 9 instructions\n",
                                    "  power 5 V in 99 instructions and 2 ms\n", "  wait 2 ms\n", "  power 3 V\n",
                                    "  enter\n", "  write fuses\n",
                                    "  verify eeprom: hex bytes, 2 bytes from 0x0010 on\n",
                                    "fails as expected: the signature is 1E 95 0F, an ATmega328P's; expected", NULL };
         *say; say++) {
        ck_assert_msg(strstr(text, *say), "%s not in:\n%s", *say, text);
    }
    free(text);
    board_free(b);
    scenario_free(s);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("steps");
    TCase *t = tcase_create("steps");

    tcase_add_test(t, rows_are_whole);
    tcase_add_test(t, avrdudes_arguments);
    tcase_add_test(t, told_as_they_are_taken);
    suite_add_tcase(s, t);
    return run_all(s);
}
