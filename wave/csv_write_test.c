/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "wave/csv_write.h"

#include "tests/test_files.h"
#include "wave/small_board_fixture.h"
#include "wave/wave_list.h"

START_TEST(text_is_exact)
{
    static const char want[] = "time_us,signal,level\n"
                               "0.000000,SCK,0\n0.000000,MISO,Z\n0.000000,VCC,5.000\n"
                               "0.062500,SCK,1\n"
                               "0.125000,SCK,0\n0.125000,MISO,1\n"
                               "1.000000,a name_ spaced,1\n1.000000,MISO,X\n"
                               "2.000049,VCC,-0.050\n"
                               "2.000151,MISO,Z\n";
    struct small_board b;
    struct problem err;
    char *path = test_path("exact.csv");
    small_board_run(&b);
    ck_assert(csv_write(path, &b.trace, &err));
    char *got = read_text(path);
    ck_assert_str_eq(got, want);
    free(got);
    unlink(path);
    small_board_free(&b);
}
END_TEST

START_TEST(reads_back)
{
    struct small_board b;
    struct wave_list w;
    struct problem err;
    char *path = test_path("back.csv");
    small_board_run(&b);
    ck_assert(csv_write(path, &b.trace, &err));
    ck_assert_msg(wave_list_load(&w, path, &err), "%s", err.text);
    ck_assert_uint_eq(w.n_signals, 4);
    ck_assert_uint_eq(w.n_changes, b.trace.changes + 4);
    ck_assert_uint_eq(w.end_ps, 2000151);
    const struct wave_change *vcc = &w.changes[w.n_changes - 2];
    ck_assert(vcc->is_mv && vcc->value == -50 && vcc->at_ps == 2000049);
    wave_list_free(&w);
    unlink(path);
    small_board_free(&b);
}
END_TEST

START_TEST(failures_are_told)
{
    struct small_board b;
    struct problem err;
    small_board_run(&b);
    ck_assert(!csv_write("/dev/full", &b.trace, &err));
    ck_assert_ptr_nonnull(strstr(err.text, "/dev/full: cannot write: No space left"));
    small_board_free(&b);
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("csv_write");
    tcase_add_test(tc, text_is_exact);
    tcase_add_test(tc, reads_back);
    tcase_add_test(tc, failures_are_told);
    return run_suite("csv_write", tc);
}
