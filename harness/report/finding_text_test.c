/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "harness/report/finding_text.h"

#include <string.h>

#include "tests/test_files.h"

static struct sim sim;
static struct checker c;

START_TEST(findings)
{
    char text[FINDING_TEXT_BYTES];
    struct checker_finding f = {
        .at_ps = 425123437500, .rule = CHECK_SCK_HIGH, .net = "SCK", .required = 2 * SIM_US, .measured = 1500 * SIM_NS
    };
    finding_text(&f, text, sizeof text);
    ck_assert_str_eq(text, "425.1234375 ms  SCK  SCK high lasted 1.5 us, must be longer than 2 us (sck_high)");
    f = (struct checker_finding){ .at_ps = SIM_S, .rule = CHECK_CONTENTION, .net = "miso", .measured = NET_X };
    finding_text(&f, text, sizeof text);
    ck_assert_str_eq(text, "1 s  miso  two outputs drove the wire against each other (contention)");
    f = (struct checker_finding){ .at_ps = SIM_S, .rule = CHECK_LOCKED, .net = "MOSI" };
    finding_text(&f, text, sizeof text);
    ck_assert_int_eq(strncmp(text, "1 s  MOSI  LB mode: note: ", 26), 0);
}
END_TEST

/* What was measured, not what the rule says. */
START_TEST(violations_read_as_what_happened)
{
    for (unsigned i = 0; i < CHECKER_RULES; i++) {
        const struct checker_rule_info *r = checker_rule_info((enum checker_rule)i);
        struct checker_finding f = { .rule = (enum checker_rule)i, .net = "net", .required = 30, .measured = -20 };
        char text[FINDING_TEXT_BYTES], rule[FINDING_TEXT_BYTES];

        finding_text(&f, text, sizeof text);
        snprintf(rule, sizeof rule, ": %s (", r->text);
        ck_assert_msg(r->severity == CHECK_NOTE || !strstr(text, rule), "%s", text);
        ck_assert_msg(!strchr(text, '%'), "%s", text);
    }
    struct checker_finding late = { .rule = CHECK_FRAME_LATE, .net = "SCK", .measured = -2 * (int64_t)SIM_US };
    struct checker_finding missed = { .rule = CHECK_FRAME_MISSED, .net = "SCK", .required = 32, .measured = 18 };
    char text[FINDING_TEXT_BYTES];

    ck_assert_ptr_nonnull(strstr(finding_text(&late, text, sizeof text), "SCK rose 2 us after"));
    ck_assert_ptr_nonnull(strstr(finding_text(&missed, text, sizeof text), "made SCK rise 18 times"));
}
END_TEST

START_TEST(one_cause_is_one_line)
{
    char *text = NULL;
    size_t n = 0;
    sim_init(&sim, 1);
    checker_init(&c, &sim);
    for (unsigned i = 1; i <= 512; i++) {
        checker_report(&c, CHECK_PAGE_LOAD_TWICE, i * SIM_MS, NULL, 0, 0);
    }
    checker_report(&c, CHECK_CONTENTION, 3 * SIM_MS, "sck", NET_0, NET_X);
    checker_report(&c, CHECK_CONTENTION, 4 * SIM_MS, "miso", NET_0, NET_X);
    FILE *f = open_memstream(&text, &n);
    findings_list(f, &c, NULL, "");
    fclose(f);
    ck_assert_str_eq(text,
                     "1 ms  MOSI  a byte was loaded into the page buffer a second time (page_load_twice), and 511 "
                     "times more until 512 ms\n"
                     "3 ms  sck  two outputs drove the wire against each other (contention)\n"
                     "4 ms  miso  two outputs drove the wire against each other (contention)\n");
    free(text);
    checker_free(&c);
}
END_TEST

static char *summary(void)
{
    char *text = NULL;
    size_t n = 0;
    FILE *f = open_memstream(&text, &n);
    findings_summary(f, &c, "> ");
    fclose(f);
    return text;
}

START_TEST(summaries)
{
    sim_init(&sim, 1);
    checker_init(&c, &sim);
    char *text = summary();
    ck_assert_str_eq(text, "> findings: 0, notes: 0\n");
    free(text);
    checker_more_than(&c, CHECK_SCK_HIGH, SIM_MS, 2 * SIM_US, 4 * SIM_US);
    checker_more_than(&c, CHECK_SCK_LOW, SIM_MS, 2 * SIM_US, 4 * SIM_US);
    checker_more_than(&c, CHECK_SCK_LOW, 2 * SIM_MS, 2 * SIM_US, 2 * SIM_US);
    checker_report(&c, CHECK_LOCKED, 3 * SIM_MS, NULL, 0, 0);
    checker_report(&c, CHECK_LOCKED, 4 * SIM_MS, NULL, 0, 0);
    text = summary();
    ck_assert_str_eq(text, "> findings: 1, notes: 2\n"
                           ">   sck_high         ok, worst tSHSL 4 us at 1 ms, required 2 us\n"
                           ">   sck_low          1 time, worst tSLSH 2 us at 2 ms, required 2 us\n"
                           ">   locked           2 times\n");
    free(text);
    checker_free(&c);
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("finding_text");
    tcase_add_test(tc, findings);
    tcase_add_test(tc, one_cause_is_one_line);
    tcase_add_test(tc, violations_read_as_what_happened);
    tcase_add_test(tc, summaries);
    return run_suite("finding_text", tc);
}
