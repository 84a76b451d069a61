/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Programs of a few lines against a whole board; avrdude and more: tests/exec_cli.py, the scenarios */
#include "harness/exec/exec.h"

#include "harness/scenario/scenario.h"
#include "sim/memory.h"
#include "tests/run_all.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#define PORT "/dev/ttyACM0"

static struct scenario *s;
static struct board *b;
static struct exec_result r;
static struct problem err;

/* A board without firmware: its port leads to the front end. */
static void setup(void)
{
    static const char text[] = "{name: exec, board: {programmer: {script: {}}}}";

    s = scenario_load_text("exec.yaml", text, sizeof text - 1, NULL, 0, &err);
    ck_assert_msg(s != NULL, "%s", err.text);
    b = board_new(s, NULL, &err);
    ck_assert_msg(b != NULL, "%s", err.text);
}

static void teardown(void)
{
    free(r.output);
    r.output = NULL;
    board_free(b);
    scenario_free(s);
}

static struct exec_job shell(const char *const *args)
{
    struct exec_job job = exec_job_default;

    job.program = "sh";
    job.args = args;
    job.captured = true;
    return job;
}

START_TEST(what_it_prints_and_returns)
{
    static const char *const args[] = { "-c", "cat; echo to " PORT " >&2; exit 5", NULL };
    struct exec_job job = shell(args);

    job.input = "from its input\n";
    ck_assert_msg(exec_run(b, &job, &r, &err), "%s", err.text);
    ck_assert_int_eq(r.exit_status, 5);
    ck_assert_int_eq(r.signal, 0);
    ck_assert_str_eq(r.output, "from its input\nto " PORT "\n");
}
END_TEST

START_TEST(what_it_waits_passes_on_the_board)
{
    static const char *const args[] = { "-c", "sleep 2.5", NULL };
    struct exec_job job = shell(args);

    ck_assert(exec_run(b, &job, &r, &err));
    ck_assert_uint_ge(r.took_ps, 2500 * SIM_MS);
    ck_assert_uint_le(r.took_ps, 2501 * SIM_MS);
}
END_TEST

START_TEST(killed_in_the_middle)
{
    static const char *const args[] = { "-c", "printf '0 0 0 ' >" PORT "; echo not reached", NULL };
    struct exec_job job = shell(args);

    job.kill_after_bytes = 6;
    ck_assert(exec_run(b, &job, &r, &err));
    ck_assert(r.killed);
    ck_assert_int_eq(r.signal, 9);
    ck_assert_uint_ge(r.sent, 6);
    ck_assert_str_eq(r.output, "");
}
END_TEST

START_TEST(a_loop_without_a_call_is_given_up)
{
    static const char *const args[] = { "-c", "while :; do :; done", NULL };
    struct exec_job job = shell(args);

    job.patience_s = 1;
    ck_assert(!exec_run(b, &job, &r, &err));
    ck_assert_msg(strstr(err.text, "has computed for 1 s of processor time without a call that the bench can see"),
                  "%s", err.text);
    ck_assert_ptr_null(r.output);
}
END_TEST

START_TEST(program_not_there)
{
    struct exec_job job = shell(NULL);

    job.program = "no-such-program-here";
    ck_assert(!exec_run(b, &job, &r, &err));
    ck_assert_str_eq(err.text, "cannot start no-such-program-here: no program of that name in PATH");
    ck_assert_ptr_null(r.output);
}
END_TEST

START_TEST(endless_output_is_cut)
{
    static const char *const args[] = { "-c", "head -c 3000000 /dev/zero | tr '\\0' x; exit 5", NULL };
    struct exec_job job = shell(args);

    ck_assert(exec_run(b, &job, &r, &err));
    ck_assert_int_eq(r.exit_status, 5);
    ck_assert_uint_eq(strlen(r.output), EXEC_MAX_OUTPUT_BYTES);
}
END_TEST

/* One after the other: nothing of the first is left. */
START_TEST(a_board_takes_another)
{
    static const char *const args[] = { "-c",
                                        "exec 3<>" PORT "; stty raw -echo <&3; printf '0 ' >&3; "
                                        "head -c 2 <&3 | od -An -tx1",
                                        NULL };
    struct exec_job job = shell(args);

    for (unsigned i = 0; i < 2; i++) {
        ck_assert(exec_run(b, &job, &r, &err));
        ck_assert_str_eq(r.output, " 14 10\n");
        free(r.output);
        r.output = NULL;
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("exec");
    TCase *t = tcase_create("exec");

    tcase_set_timeout(t, 60);
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, what_it_prints_and_returns);
    tcase_add_test(t, what_it_waits_passes_on_the_board);
    tcase_add_test(t, killed_in_the_middle);
    tcase_add_test(t, a_loop_without_a_call_is_given_up);
    tcase_add_test(t, program_not_there);
    tcase_add_test(t, endless_output_is_cut);
    tcase_add_test(t, a_board_takes_another);
    suite_add_tcase(suite, t);
    return run_all(suite);
}
