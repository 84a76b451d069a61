/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "harness/parts/stimulus.h"

#include "sim/trace.h"
#include "tests/test_files.h"
#include "wave/csv_write.h"

struct board {
    struct sim sim;
    struct trace trace;
    struct net sck, mosi;
    struct vline rts;
};

static struct board b;
static struct stimulus s;
static struct input_files inputs;
static struct problem err;

static void build(const char *csv)
{
    char *path = test_path("stimulus.csv");
    write_text(path, csv, strlen(csv));
    sim_init(&b.sim, 1);
    trace_init(&b.trace);
    b.sim.trace = &b.trace;
    net_init(&b.sck, &b.sim, "sck");
    net_init(&b.mosi, &b.sim, "mosi");
    vline_init(&b.rts, &b.sim, "rts", -9000);
    trace_add_net(&b.trace, &b.sck, "sck");
    trace_add_net(&b.trace, &b.mosi, "mosi");
    trace_add_vline(&b.trace, &b.rts, "rts");
    ck_assert_msg(stimulus_load(&s, &b.sim, &inputs, path, &err), "%s", err.text);
    unlink(path);
}

static void drop(void)
{
    stimulus_free(&s);
    input_files_free(&inputs);
    trace_free(&b.trace);
}

START_TEST(plays_from_where_it_is_started)
{
    static const char want[] = "time_us,signal,level\n"
                               "0.000000,sck,Z\n0.000000,mosi,Z\n0.000000,rts,-9.000\n"
                               "100.000000,sck,0\n"
                               "101.500000,rts,9.000\n101.500000,sck,1\n101.500000,mosi,1\n"
                               "102.000000,mosi,Z\n"
                               "103.000000,rts,-9.000\n103.000000,mosi,X\n";
    build("time_us,signal,level\n0,CLK,0\n1.5,CLK,1\n1.5,DO,1\n1.5,RTS,1\n1.5,unused,1\n2,DO,Z\n3,DO,X\n3,RTS,0\n");
    ck_assert(stimulus_map_net(&s, "CLK", &b.sck, &err));
    ck_assert(stimulus_map_net(&s, "DO", &b.mosi, &err));
    ck_assert(stimulus_map_line(&s, "RTS", &b.rts, -9000, 9000, &err));
    sim_run_until(&b.sim, 100 * SIM_US);
    stimulus_start(&s);
    ck_assert_uint_eq(stimulus_length_ps(&s), 3 * SIM_US);
    sim_run_until(&b.sim, SIM_MS);
    char *path = test_path("played.csv");
    ck_assert(csv_write(path, &b.trace, &err));
    char *got = read_text(path);
    ck_assert_str_eq(got, want);
    free(got);
    unlink(path);
    drop();
}
END_TEST

/* Rows of an RS232 line give its 0 V crossings; its ramp begins 0.45 us earlier, the net beside it on time. */
START_TEST(rs232_lines_cross_at_the_time_given)
{
    static const char want[] = "time_us,signal,level\n"
                               "0.000000,sck,Z\n0.000000,tx,-9.000\n"
                               "5.000000,tx,9.000\n5.000000,sck,1\n"
                               "5.100000,sck,0\n"
                               "13.680000,tx,-9.000\n";
    struct rs232_line tx;
    build("time_us,signal,level\n5,TX,1\n5,CLK,1\n5.1,CLK,0\n13.68,TX,0\n");
    trace_free(&b.trace);
    trace_init(&b.trace);
    b.mosi.trace_id = b.rts.trace_id = -1;
    rs232_line_init(&tx, &b.sim, "tx", &rs232_levels_9v, false);
    trace_add_net(&b.trace, &b.sck, "sck");
    trace_add_vline(&b.trace, &tx.v, "tx");
    ck_assert(stimulus_map_rs232(&s, "TX", &tx, &err));
    ck_assert(stimulus_map_net(&s, "CLK", &b.sck, &err));
    stimulus_start(&s);
    sim_run_until(&b.sim, 4550 * SIM_NS);
    ck_assert(tx.high); /* on its way */
    sim_run_until(&b.sim, SIM_MS);
    char *path = test_path("crossings.csv");
    ck_assert(csv_write(path, &b.trace, &err));
    char *got = read_text(path);
    ck_assert_str_eq(got, want);
    free(got);
    unlink(path);
    drop();
}
END_TEST

/* Plays csv onto TX with those levels at 2 V/us, and says when it crossed 0 V. */
static void crossings(const char *csv, int32_t high_mv, int32_t low_mv, const char *want)
{
    struct rs232_line tx;
    struct rs232_levels levels = { .high_mv = high_mv, .low_mv = low_mv, .slew_mv_per_us = 2000 };
    build(csv);
    trace_free(&b.trace);
    trace_init(&b.trace);
    b.sck.trace_id = b.mosi.trace_id = b.rts.trace_id = -1;
    rs232_line_init(&tx, &b.sim, "tx", &levels, false);
    ck_assert_msg(stimulus_map_rs232(&s, "TX", &tx, &err), "%s", err.text);
    stimulus_settle(&s);
    trace_add_vline(&b.trace, &tx.v, "tx");
    int32_t first_mv = tx.v.mv;
    stimulus_start(&s);
    sim_run_until(&b.sim, SIM_MS);
    char *path = test_path("crossings.csv"), text[600], *got;
    ck_assert(csv_write(path, &b.trace, &err));
    got = read_text(path);
    snprintf(text, sizeof text, "time_us,signal,level\n0.000000,tx,%d.000\n%s", first_mv / 1000, want);
    ck_assert_str_eq(got, text);
    free(got);
    unlink(path);
    drop();
}

/* A ramp of 12 V takes 6 us, one of 3 V 1.5 us: neither order of edges nor a whole pulse may get lost. */
START_TEST(pulses_shorter_than_a_ramp)
{
    static const char csv[] = "time_us,signal,level\n0,TX,0\n20,TX,1\n23,TX,0\n30,TX,1\n31.5,TX,1\n33,TX,0\n33,TX,0\n"
                              "50,TX,1\n70,TX,0\n";
    crossings(csv, 12000, -3000,
              "20.000000,tx,12.000\n23.000000,tx,-3.000\n30.000000,tx,12.000\n"
              "33.000000,tx,-3.000\n50.000000,tx,12.000\n70.000000,tx,-3.000\n");
    crossings(csv, 3000, -12000,
              "20.000000,tx,3.000\n23.000000,tx,-12.000\n30.000000,tx,3.000\n"
              "33.000000,tx,-12.000\n50.000000,tx,3.000\n70.000000,tx,-12.000\n");
    crossings(csv, 9000, -9000,
              "20.000000,tx,9.000\n23.000000,tx,-9.000\n30.000000,tx,9.000\n"
              "33.000000,tx,-9.000\n50.000000,tx,9.000\n70.000000,tx,-9.000\n");
    /* X and Z are low; what stands at time 0 is the initial level */
    crossings("time_us,signal,level\n0,TX,1\n20,TX,Z\n30,TX,1\n40,TX,X\n", 9000, -9000,
              "20.000000,tx,-9.000\n30.000000,tx,9.000\n40.000000,tx,-9.000\n");
}
END_TEST

START_TEST(an_edge_before_the_line_can_be_there)
{
    struct rs232_line tx;
    rs232_line_init(&tx, &b.sim, "tx", &rs232_levels_9v, false);
    build("time_us,signal,level\n0.44,TX,1\n10,TX,0\n");
    ck_assert(!stimulus_map_rs232(&s, "TX", &tx, &err));
    ck_assert_str_eq(err.text,
                     "signal \"TX\" can't cross 0 V 0.440 us after the beginning: at its slope the line does it "
                     "after 0.450 us (the initial level belongs at time 0)");
    drop();
    build("time_us,signal,level\n0.45,TX,1\n10,TX,0\n");
    ck_assert(stimulus_map_rs232(&s, "TX", &tx, &err));
    drop();
    build("time_us,signal,level\n0,TX,1\n0.3,TX,0\n");
    ck_assert(!stimulus_map_rs232(&s, "TX", &tx, &err));
    drop();
}
END_TEST

/* What the file says of time 0 has been so for ever: no ramp, nobody is told. */
START_TEST(time_0_is_a_state)
{
    struct rs232_line tx;
    build("time_us,signal,level\n0,TX,1\n0,CLK,1\n0.6,TX,0\n3,CLK,0\n");
    rs232_line_init(&tx, &b.sim, "tx", &rs232_levels_9v, false);
    ck_assert(stimulus_map_rs232(&s, "TX", &tx, &err));
    ck_assert(stimulus_map_net(&s, "CLK", &b.sck, &err));
    stimulus_settle(&s);
    ck_assert(tx.high);
    ck_assert(rs232_line_v(&tx) == 9);
    ck_assert_int_eq(tx.v.mv, 9000);
    ck_assert_int_eq(net_level(&b.sck), NET_1);
    stimulus_start(&s);
    sim_run_until(&b.sim, SIM_US);
    ck_assert(!tx.high);
    ck_assert_int_eq(net_level(&b.sck), NET_1);
    sim_run_until(&b.sim, 4 * SIM_US);
    ck_assert_int_eq(net_level(&b.sck), NET_0);
    drop();
}
END_TEST

START_TEST(lets_go_when_freed)
{
    build("time_us,signal,level\n0,CLK,1\n5,CLK,0\n");
    ck_assert(stimulus_map_net(&s, "CLK", &b.sck, &err));
    stimulus_start(&s);
    sim_run_until(&b.sim, SIM_US);
    ck_assert_int_eq(net_level(&b.sck), NET_1);
    stimulus_free(&s);
    ck_assert_int_eq(net_level(&b.sck), NET_Z);
    sim_run_until(&b.sim, SIM_MS);
    ck_assert_int_eq(net_level(&b.sck), NET_Z);
    drop();
}
END_TEST

START_TEST(bad_maps)
{
    build("time_us,signal,level\n0,CLK,1\n0,VCC,5.0\n");
    ck_assert(!stimulus_map_net(&s, "SCK", &b.sck, &err));
    ck_assert_str_eq(err.text, "no signal \"SCK\"; there are: CLK VCC");
    ck_assert(!stimulus_map_net(&s, "VCC", &b.sck, &err));
    ck_assert_ptr_nonnull(strstr(err.text, "is in volts and cannot drive the logic net sck"));
    ck_assert(stimulus_map_net(&s, "CLK", &b.sck, &err));
    ck_assert(!stimulus_map_net(&s, "CLK", &b.mosi, &err));
    ck_assert_ptr_nonnull(strstr(err.text, "mapped twice"));
    drop();
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("stimulus");
    tcase_add_test(tc, plays_from_where_it_is_started);
    tcase_add_test(tc, rs232_lines_cross_at_the_time_given);
    tcase_add_test(tc, pulses_shorter_than_a_ramp);
    tcase_add_test(tc, an_edge_before_the_line_can_be_there);
    tcase_add_test(tc, time_0_is_a_state);
    tcase_add_test(tc, lets_go_when_freed);
    tcase_add_test(tc, bad_maps);
    return run_suite("stimulus", tc);
}
