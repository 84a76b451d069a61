/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "wave/vcd_write.h"

#include "tests/test_files.h"
#include "wave/small_board_fixture.h"

START_TEST(text_is_exact)
{
    static const char want[] = "$version limpet $end\n"
                               "$timescale 100 ps $end\n"
                               "$scope module limpet $end\n"
                               "$var wire 1 ! SCK $end\n"
                               "$var wire 1 \" MISO $end\n"
                               "$var real 64 # VCC $end\n"
                               "$var wire 1 $ a_name,_spaced $end\n"
                               "$upscope $end\n"
                               "$enddefinitions $end\n"
                               "#0\n$dumpvars\n0!\nz\"\nr5.000 #\nx$\n$end\n"
                               "#625\n1!\n"
                               "#1250\n0!\n1\"\n"
                               "#10000\n1$\nx\"\n"
                               "#20000\nr-0.050 #\n" /* 2000.049 ns */
                               "#20002\nz\"\n"       /* 2000.151 ns */
                               "#30000\n";
    struct small_board b;
    struct problem err;
    char *path = test_path("exact.vcd");
    small_board_run(&b);
    ck_assert(vcd_write(path, &b.trace, b.sim.now_ps, VCD_TICK_PS, &err));
    char *got = read_text(path);
    ck_assert_str_eq(got, want);
    free(got);
    unlink(path);
    small_board_free(&b);
}
END_TEST

START_TEST(coarse_tick_rounds_to_nearest)
{
    struct small_board b;
    struct problem err;
    char *path = test_path("coarse.vcd");
    small_board_run(&b);
    ck_assert(vcd_write(path, &b.trace, b.sim.now_ps, 100 * SIM_NS, &err));
    char *got = read_text(path);
    ck_assert_ptr_nonnull(strstr(got, "$timescale 100 ns $end"));
    /* 62.5 ns and 125 ns both are tick 1 */
    ck_assert_ptr_nonnull(strstr(got, "#1\n1!\n0!\n1\"\n#10\n"));
    free(got);
    unlink(path);
    small_board_free(&b);
}
END_TEST

START_TEST(tick_texts)
{
    ck_assert_uint_eq(vcd_tick_parse("100 ps"), 100);
    ck_assert_uint_eq(vcd_tick_parse("1ns"), 1000);
    ck_assert_uint_eq(vcd_tick_parse("10 s"), 10 * SIM_S);
    static const char *const bad[] = { "", "ns", "2 ns", "1000 ps", "1 fs", "-1 ns", "1 ns ", "0 ns" };
    for (unsigned i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        ck_assert_msg(vcd_tick_parse(bad[i]) == 0, "\"%s\" was taken", bad[i]);
    }
}
END_TEST

START_TEST(failures_leave_nothing)
{
    struct small_board b;
    struct problem err;
    small_board_run(&b);
    ck_assert(!vcd_write("/dev/full", &b.trace, b.sim.now_ps, VCD_TICK_PS, &err));
    ck_assert_ptr_nonnull(strstr(err.text, "/dev/full: cannot write: No space left"));
    ck_assert(!vcd_write("/nowhere/at/all.vcd", &b.trace, 0, VCD_TICK_PS, &err));
    ck_assert_ptr_nonnull(strstr(err.text, "/nowhere/at/all.vcd: cannot write: No such file"));
    ck_assert(!vcd_write("/tmp", &b.trace, 0, VCD_TICK_PS, &err));
    ck_assert_ptr_nonnull(strstr(err.text, "Is a directory"));
    small_board_free(&b);
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("vcd_write");
    tcase_add_test(tc, text_is_exact);
    tcase_add_test(tc, coarse_tick_rounds_to_nearest);
    tcase_add_test(tc, tick_texts);
    tcase_add_test(tc, failures_leave_nothing);
    return run_suite("vcd_write", tc);
}
