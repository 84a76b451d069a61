/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The two readers: what they take, and the message for each thing that they don't. */
#include "wave/wave_list.h"

#include "sim/rng.h"
#include "tests/test_files.h"
#include "wave/small_board_fixture.h"
#include "wave/vcd_write.h"

static struct wave_list w;
static struct problem err;

static bool load_bytes(const char *name, const char *text, size_t n)
{
    char *path = test_path(name);
    write_text(path, text, n);
    bool ok = wave_list_load(&w, path, &err);
    unlink(path);
    return ok;
}

static bool load(const char *name, const char *text)
{
    return load_bytes(name, text, strlen(text));
}

static void expect_change(uint32_t i, sim_time at_ps, unsigned signal, int value)
{
    ck_assert_uint_lt(i, w.n_changes);
    ck_assert_uint_eq(w.changes[i].at_ps, at_ps);
    ck_assert_uint_eq(w.changes[i].signal, signal);
    ck_assert_int_eq(w.changes[i].value, value);
}

START_TEST(csv_levels_and_volts)
{
    ck_assert_msg(load("a.csv", "# from a probe\r\ntime_us,signal,level\r\n"
                                "0, SCK ,0\n0.25,MISO,z\n0.25,RTS,-9.0\n\n"
                                "1000000.000001,SCK,1\n1000000.0000019,RTS,1\n"),
                  "%s", err.text);
    ck_assert_uint_eq(w.n_signals, 3);
    ck_assert_int_eq(wave_list_find(&w, "RTS"), 2);
    ck_assert_int_eq(wave_list_find(&w, "CTS"), -1);
    expect_change(0, 0, 0, NET_0);
    expect_change(1, 250000, 1, NET_Z);
    expect_change(2, 250000, 2, -9000);
    expect_change(3, SIM_S + 1, 0, NET_1);
    expect_change(4, SIM_S + 1, 2, 1000); /* a line in volts: 1 is 1 V; time cut to 1 ps */
    ck_assert_int_eq(w.signals[2].kind, WAVE_MILLIVOLTS);
    ck_assert_uint_eq(w.end_ps, SIM_S + 1);
    wave_list_free(&w);
}
END_TEST

START_TEST(csv_other_units)
{
    ck_assert(load("a.csv", "\xef\xbb\xbftime_s,signal,level\r\n0.000000250,SCK,1\r\n")); /* a spreadsheet's */
    expect_change(0, 250000, 0, NET_1);
    wave_list_free(&w);
}
END_TEST

static const struct {
    const char *text, *says;
} bad_csv[] = {
    { "", ":1: empty" },
    { "time_us,signal,level\n1,S,\033[1m\n", ":2:5: \"?[1m\" is no level" },
    { "time,signal,level\n", ":1:1: the header is not" },
    { "time_us,Signal,level\n", ":1:9: the header is not" },
    { "time_us, signal,Level\n", ":1:17: the header is not" },
    { "time_us,signal,level\n1,SCK\n", ":2:3: fewer than three" },
    { "time_us,signal,level\n1,SCK,1,2\n", ":2:8: more than three" },
    { "time_us,signal,level\n1,,1\n", ":2:3: the signal has no name" },
    { "time_us,signal,level\n1,SCK,H\n", ":2:7: \"H\" is no level" },
    { "time_us,signal,level\n1,SCK,1e3\n", ":2:7: \"1e3\" is no level" },
    { "time_us,signal,level\n1,SCK,2000\n", ":2:7: \"2000\" is no level" },
    { "time_us,signal,level\n-1,SCK,1\n", ":2:1: \"-1\" is no time" },
    { "time_us,signal,level\n.,SCK,1\n", ":2:1: \".\" is no time" },
    { "time_us,signal,level\n1x,SCK,1\n", ":2:1: \"1x\" is no time" },
    { "time_us,signal,level\n99999999999999999999,SCK,1\n", ":2:1: \"99999999999999999999\" is no time" },
    { "time_us,signal,level\n9300000000000,SCK,1\n", ":2:1: \"9300000000000\" is no time" },
    { "time_us,signal,level\n2,SCK,1\n1,SCK,0\n", ":3:1: time 1 lies before" },
};

START_TEST(csv_refuses)
{
    ck_assert(!load("bad.csv", bad_csv[_i].text));
    ck_assert_msg(strstr(err.text, bad_csv[_i].says) != NULL, "%s", err.text);
    ck_assert_ptr_null(w.changes);
}
END_TEST

START_TEST(csv_refuses_long_lines)
{
    char text[2000] = "time_us,signal,level\n";
    memset(text + 21, 'x', sizeof text - 22);
    ck_assert(!load_bytes("bad.csv", text, sizeof text - 1));
    ck_assert_ptr_nonnull(strstr(err.text, ":2: longer than"));
}
END_TEST

START_TEST(vcd_of_an_analyser)
{
    ck_assert_msg(load("a.vcd", "$date Mon $end $version tool 1 $end\n$comment x $y $end\n"
                                "$timescale 1 us $end\n$scope module top $end $scope module spi $end\n"
                                "$var wire 1 ! SCK $end $var wire 1 ! CLK $end\n$upscope $end\n"
                                "$var wire 8 # data [7:0] $end $var wire 1 %% D [3] $end\n"
                                "$var real 64 v VCC $end $upscope $end $enddefinitions $end\n"
                                "#0 $dumpvars 0! bxxxxxxxx # z%% r4.95 v $end\n"
                                "#5\n1!\nb101 #\n#7 b1 %%\nX%%\n#9\n"),
                  "%s", err.text);
    ck_assert_uint_eq(w.n_signals, 13); /* eight of them bits of the bus */
    ck_assert_str_eq(w.signals[0].name, "top.spi.SCK");
    ck_assert_str_eq(w.signals[3].name, "top.data[7]");
    ck_assert_str_eq(w.signals[11].name, "top.D[3]");
    ck_assert_int_eq(wave_list_find(&w, "CLK"), 1);
    ck_assert_int_eq(w.signals[2].kind, WAVE_OTHER);
    ck_assert_uint_eq(w.signals[2].bits, 8);
    ck_assert_uint_eq(w.n_changes, 24);
    /* both names of "!" change; which comes first is not promised */
    ck_assert_uint_eq(w.changes[0].signal + w.changes[1].signal, 1);
    for (unsigned i = 0; i < 8; i++) {
        expect_change(2 + i, 0, 3 + i, NET_X);
        expect_change(14 + i, 5 * SIM_US, 3 + i, i == 5 || i == 7 ? NET_1 : NET_0); /* 101: zeros in front */
    }
    expect_change(10, 0, 11, NET_Z);
    expect_change(11, 0, 12, 4950);
    ck_assert_uint_eq(w.changes[12].at_ps, 5 * SIM_US);
    expect_change(22, 7 * SIM_US, 11, NET_1);
    expect_change(23, 7 * SIM_US, 11, NET_X);
    ck_assert_uint_eq(w.end_ps, 9 * SIM_US);
    wave_list_free(&w);
}
END_TEST

START_TEST(bits_of_a_bus)
{
    ck_assert_msg(load("a.vcd", "$timescale 1ns $end $var wire 4 ! up[0:3] $end $var wire 2 # lo [5:4] $end\n"
                                "$var wire 65 w wide $end $enddefinitions $end\n"
                                "#0 b1 ! bz # bx w #1 b1001 ! bHL # #2 b1 !\n"),
                  "%s", err.text);
    ck_assert_int_eq(wave_list_find(&w, "up[0]"), 1); /* the highest digit, by its own range */
    ck_assert_int_eq(wave_list_find(&w, "up[3]"), 4);
    ck_assert_int_eq(wave_list_find(&w, "lo[5]"), 6);
    ck_assert_int_eq(wave_list_find(&w, "wide[0]"), -1);
    ck_assert_uint_eq(w.n_changes, 4 + 2 + 1 + 2 + 1);
    expect_change(0, 0, 1, NET_0);
    expect_change(3, 0, 4, NET_1);
    expect_change(4, 0, 6, NET_Z); /* z in front of z */
    expect_change(6, SIM_NS, 1, NET_1);
    expect_change(7, SIM_NS, 6, NET_1);
    expect_change(8, SIM_NS, 7, NET_0);
    expect_change(9, 2 * SIM_NS, 1, NET_0);
    wave_list_free(&w);
}
END_TEST

START_TEST(same_end_is_ambiguous)
{
    ck_assert(load("a.vcd", "$timescale 10ps $end $scope module a $end $var wire 1 ! D $end $upscope $end\n"
                            "$scope module b $end $var wire 1 # D $end $upscope $end $enddefinitions $end\n"
                            "#3 1!"));
    ck_assert_int_eq(wave_list_find(&w, "D"), -2);
    ck_assert_int_eq(wave_list_find(&w, "b.D"), 1);
    expect_change(0, 30, 0, NET_1);
    wave_list_free(&w);
}
END_TEST

START_TEST(vcd_femtoseconds)
{
    ck_assert(load("a.vcd", "$timescale 100fs $end $var wire 1 ! D $end $enddefinitions $end #15 1! #19 0!"));
    expect_change(0, 1, 0, NET_1);
    expect_change(1, 1, 0, NET_0);
    wave_list_free(&w);
}
END_TEST

START_TEST(vcd_of_ours_reads_back)
{
    struct small_board b;
    char *path = test_path("back.vcd");
    small_board_run(&b);
    ck_assert(vcd_write(path, &b.trace, b.sim.now_ps, 1, &err));
    ck_assert_msg(wave_list_load(&w, path, &err), "%s", err.text);
    /* 3 levels at the start, the x of the late one, its level, and every change */
    ck_assert_uint_eq(w.n_changes, 5 + b.trace.changes);
    ck_assert_uint_eq(w.end_ps, b.sim.now_ps);
    ck_assert_uint_eq(w.changes[w.n_changes - 1].at_ps, 2000151);
    wave_list_free(&w);
    unlink(path);
    small_board_free(&b);
}
END_TEST

#define HEAD "$timescale 1 ns $end\n$var wire 1 ! D $end\n$enddefinitions $end\n"

static const struct {
    const char *text, *says;
} bad_vcd[] = {
    { "", ":1: the file ends before $enddefinitions" },
    { "hello\n", ":1: \"hello\" is not a VCD's declaration" },
    { "$comment never closed", "the file ends within $comment" },
    { "$timescale 3 ns $end", ":1: timescale \"3\"" },
    { "$timescale 1 min $end", ":1: timescale unit \"min\"" },
    { "$timescale 1 ns\n$var", ":2: $timescale lacks its $end" },
    { "$timescale", "the file ends within $timescale" },
    { "$var wire x ! D $end", ":1: size \"x\"" },
    { "$var wire 1 ! D $var", "$var lacks its $end" },
    { "$var wire 1 ! D $enddefinitions $end", "$var lacks its $end" },
    { "$upscope $end", "$upscope without a $scope" },
    { "$enddefinitions $end", "no $timescale before" },
    { HEAD "1?", ":4: value of an undeclared variable \"?\"" },
    { HEAD "#5 1!\n#4 0!", ":5: time \"#4\" lies before" },
    { HEAD "#5x", ":4: time \"#5x\" is no number" },
    { HEAD "#99999999999999999999999", "is no number" },
    { HEAD "#9300000000000000", "beyond 106 days" },
    { HEAD "b !", ":4: \"b\" is no vector value" },
    { HEAD "b01 !", "does not fit its declaration" },
    { HEAD "r1.0 !", "does not fit its declaration" },
    { HEAD "rnan !", "is no voltage" },
    { HEAD "b1", "the file ends within a vector value" },
    { HEAD "1", ":4: \"1\" is no value change" },
    { HEAD "q!", ":4: \"q!\" is no value change" },
    { HEAD "$var", "unexpected $var" },
    { HEAD "$end", "unexpected $end" },
};

START_TEST(vcd_refuses)
{
    ck_assert(!load("bad.vcd", bad_vcd[_i].text));
    ck_assert_msg(strstr(err.text, bad_vcd[_i].says) != NULL, "%s", err.text);
    ck_assert_ptr_null(w.changes);
}
END_TEST

START_TEST(vcd_refuses_long_words)
{
    char text[4000];
    memset(text, 'x', sizeof text);
    ck_assert(!load_bytes("bad.vcd", text, sizeof text));
    ck_assert_ptr_nonnull(strstr(err.text, "a word of more than"));
}
END_TEST

START_TEST(no_file)
{
    ck_assert(!wave_list_load(&w, "/nowhere/a.vcd", &err));
    ck_assert_str_eq(err.text, "/nowhere/a.vcd: No such file or directory");
    ck_assert(!wave_list_load(&w, "/tmp", &err));
    ck_assert_str_eq(err.text, "/tmp: Is a directory");
}
END_TEST

/* Damage a good file in many ways: whatever the readers say, they come back (sanitizers watch). */
START_TEST(damaged_files)
{
    static const char vcd[] = HEAD "$scope module a $end #0 $dumpvars 0! $end\n#5 1!\n#6 z!\n#700 b1 !\n";
    static const char csv[] = "time_us,signal,level\n0.5,SCK,1\n0.75,VCC,4.95\n1,SCK,Z\n";
    struct sim_rng rng = sim_rng_stream(7, "damage");
    unsigned taken = 0;
    for (unsigned i = 0; i < 2000; i++) {
        char text[sizeof vcd + sizeof csv];
        bool is_vcd = i & 1;
        size_t n = is_vcd ? sizeof vcd - 1 : sizeof csv - 1;
        memcpy(text, is_vcd ? vcd : csv, n);
        for (uint64_t k = sim_rng_below(&rng, 4); k < 4; k++) {
            text[sim_rng_below(&rng, n)] = (char)sim_rng_next(&rng);
        }
        if (load_bytes(is_vcd ? "d.vcd" : "d.csv", text, n)) {
            taken++;
            wave_list_free(&w);
        } else {
            ck_assert_ptr_nonnull(strchr(err.text, ':'));
        }
    }
    ck_assert_uint_gt(taken, 0);
    ck_assert_uint_lt(taken, 2000);
}
END_TEST

/* 221 KB of names of one variable and its changes made a list of 1 GB. */
START_TEST(names_of_one_variable_have_a_limit)
{
    enum { NAMES = 1000, CHANGES = 1000 };
    char *text = malloc(NAMES * 40 + CHANGES * 16 + 200);
    size_t n = (size_t)sprintf(text, "$timescale 1 ns $end\n");
    for (unsigned i = 0; i < NAMES; i++) {
        n += (size_t)sprintf(text + n, "$var wire 1 ! n%u $end\n", i);
    }
    n += (size_t)sprintf(text + n, "$enddefinitions $end\n");
    for (unsigned i = 0; i < CHANGES; i++) {
        n += (size_t)sprintf(text + n, "#%u %u!\n", i, i & 1);
    }
    ck_assert_msg(wave_list_parse(&w, NULL, "a.vcd", text, n, &err), "%s", err.text);
    ck_assert_uint_eq(w.n_signals, 256);
    ck_assert_uint_eq(w.n_changes, 256 * CHANGES);
    ck_assert_int_eq(wave_list_find(&w, "n255"), 255);
    wave_list_free(&w);
    memcpy(text + n - 3, "\0!\n", 3);
    ck_assert(!wave_list_parse(&w, NULL, "a.vcd", text, n, &err));
    ck_assert_str_eq(err.text, "a.vcd:2002: a NUL byte: this is binary data");
    free(text);
}
END_TEST

static bool sunk_signal(void *ctx, unsigned index, const char *name, enum wave_kind kind, unsigned bits)
{
    (void)ctx, (void)index, (void)name, (void)kind, (void)bits;
    return true;
}

static bool sunk_change(void *ctx, sim_time at_ps, unsigned signal, bool is_mv, int32_t value)
{
    (void)ctx, (void)at_ps, (void)signal, (void)is_mv, (void)value;
    return true;
}

static bool sunk_text(void *ctx, sim_time at_ps, unsigned signal, const char *text)
{
    (void)at_ps, (void)signal;
    snprintf(ctx, 2000, "%s", text);
    return true;
}

/* A zip of 65 KB filled a document of 2.4 GB, and so on. */
START_TEST(a_sink_takes_no_end_of_changes)
{
    char last[2000];
    const struct wave_sink sink = { last, sunk_signal, sunk_change, sunk_text };
    wave_list_init(&w);
    w.sink = &sink;
    ck_assert_int_eq(wave_list_add_signal(&w, "a", WAVE_LEVELS, 1), 0);
    w.n_sunk = WAVE_MAX_SINK_CHANGES - 1;
    ck_assert(wave_list_add(&w, 1, 0, false, 1));
    ck_assert(!wave_list_add(&w, 2, 0, false, 0));
    w.n_sunk = WAVE_MAX_SINK_CHANGES - WAVE_TEXT_CHANGES;
    ck_assert(wave_list_add_text(&w, 3, 0, "x"));
    ck_assert(!wave_list_add_text(&w, 4, 0, "x"));
    ck_assert_uint_eq(wave_list_max_changes(&w), WAVE_MAX_SINK_CHANGES);
    wave_list_free(&w);
}
END_TEST

/* "Not a VCD, or damaged" was said of a bus of 2048 bits. */
START_TEST(values_too_long_to_be_kept)
{
    enum { LONG = 1000000 };
    char last[2000] = "", *text = malloc(LONG + 300), *v;
    const struct wave_sink sink = { last, sunk_signal, sunk_change, sunk_text };
    for (unsigned i = 0; i < 3; i++) {
        static const char *const var[] = { "wire 1000000", "string 1", "wire 8" };
        v = text +
            sprintf(text,
                    "$timescale 1 ns $end $var wire 1 ! a $end $var %s %% big $end $enddefinitions $end\n#0 0!\n%c",
                    var[i], i == 1 ? 's' : 'b');
        memset(v, '1', LONG);
        strcpy(v + LONG, " %\n#7 1!\n");
        bool ok = wave_list_parse(&w, NULL, "a.vcd", text, strlen(text), &err);
        ck_assert_msg(ok == (i < 2), "%s", err.text);
        if (ok) {
            expect_change(1, 7 * SIM_NS, 0, NET_1);
            wave_list_free(&w);
            ck_assert(wave_list_parse(&w, &sink, "a.vcd", text, strlen(text), &err));
            ck_assert_uint_eq(strlen(last), i == 1 ? 1022 : 1023);
            ck_assert_str_eq(last + strlen(last) - 4, "1...");
            wave_list_free(&w);
        } else {
            ck_assert_str_eq(err.text, "a.vcd:3: a value of more than 1022 digits for big, which has 8");
        }
    }
    free(text);
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("wave_list");
    tcase_add_test(tc, csv_levels_and_volts);
    tcase_add_test(tc, csv_other_units);
    tcase_add_loop_test(tc, csv_refuses, 0, sizeof bad_csv / sizeof bad_csv[0]);
    tcase_add_test(tc, csv_refuses_long_lines);
    tcase_add_test(tc, vcd_of_an_analyser);
    tcase_add_test(tc, bits_of_a_bus);
    tcase_add_test(tc, same_end_is_ambiguous);
    tcase_add_test(tc, vcd_femtoseconds);
    tcase_add_test(tc, vcd_of_ours_reads_back);
    tcase_add_loop_test(tc, vcd_refuses, 0, sizeof bad_vcd / sizeof bad_vcd[0]);
    tcase_add_test(tc, vcd_refuses_long_words);
    tcase_add_test(tc, no_file);
    tcase_add_test(tc, damaged_files);
    tcase_add_test(tc, names_of_one_variable_have_a_limit);
    tcase_add_test(tc, a_sink_takes_no_end_of_changes);
    tcase_add_test(tc, values_too_long_to_be_kept);
    return run_suite("wave_list", tc);
}
