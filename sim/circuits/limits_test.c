/* SPDX-License-Identifier: GPL-3.0-or-later */
/* limits_test.c - what values the circuits' parts may have: each limit at it and just beyond it, and what is said then */
#include "sim/circuits/miniframe.h"
#include "sim/circuits/mono4098.h"
#include "sim/circuits/usb_testmode.h"
#include "tests/run_all.h"

#include <check.h>
#include <math.h>
#include <stddef.h>
#include <string.h>

static struct problem err;

/* Whether the check says what it should: said NULL: nothing, all is well. */
static void says(bool passes, const char *said, const char *what, double value)
{
    ck_assert_msg(passes == !said, "%s = %g %s", what, value, passes ? "passes" : err.text);
    ck_assert_msg(!said || strstr(err.text, said), "%s = %g: %s", what, value, err.text);
}

/* ---- miniframe ---- */

struct limit {
    const char *name;
    size_t at; /* of the double in struct miniframe_config */
    double lo, hi;
    const char *said;
};

#define PART(field) #field, offsetof(struct miniframe_config, field)

static const struct limit limits[] = {
    { PART(r1_ohm), 100, 10e6, "R1, R2, R4" },
    { PART(r2_ohm), 400, 10e6, "" },                 /* 400: ro */
    { PART(r3_ohm), 4700.000000000001, 10e6, "R3" }, /* R4 */
    { PART(r4_ohm), 100, 10e6, "R1, R2, R4" },
    { PART(r6_ohm), 100, 10e6, "R1, R2, R4" },
    { PART(r7_ohm), 100, 10e6, "R1, R2, R4" },
    { PART(c1_pf), 1, 1e6, "C1 must be" },
    { PART(c2_pf), 1, 1e8, "C2 1 pF" },
    { PART(vt), 0.1, 0.9, "vt," },
    { PART(ro_ohm), 1, 15e3, "ro," }, /* 15e3: R2 */
    { PART(tpd_ns), 1, 10e3, "tpd," },
    { PART(cg_pf), 0.01, 1000, "Cg," },
    { PART(vf_v), 0.1, 1.5, "Vf," },
    { PART(level_loss), 0, 0.2, "level_loss must be 0 % to 20 %" },
    { PART(supply.r_ohm), 1, 1e6, "supply: R5" },
    { PART(supply.load_ohm), 100, 1e9, "supply: R5" },
    { PART(supply.cdd_uf), 1e-4, 1e5, "supply: R5" },
    { PART(supply.zener_v), 2.7, 20, "supply: the zener" },
    { PART(supply.zener_knee_v), 1e-3, 1, "supply: the zener" },
    { PART(supply.is_a), 1e-18, 1e-3, "supply: Is" },
    { PART(supply.n), 0.5, 5, "supply: Is" },
    { PART(supply.diode_ohm), 0, 1e3, "supply: Is" },
    { PART(rl_ohm), 10, 1e6, "optocoupler" },
    { PART(opto_ctr), 0, 100, "optocoupler" },
    { PART(opto_tau_us), 0.001, 1e6, "optocoupler" },
    { PART(rx_threshold_v), -3, 3, "receiver's threshold" },
    { PART(dead_ohm), 1, 1e9, "RESET: dead_ohm" },
    { PART(reset_pullup_ohm), 1600, 1e9, "" }, /* 1600: 4 times ro */
    { PART(target_vcc_v), 2.5, 20, "" },       /* 2.5: reset_vih */
    { PART(reset_vih_v), 0, 5, "" },           /* 5: the target's VCC */
};

static void limit_holds(const struct limit *l)
{
    const struct {
        double value;
        bool passes;
    } is[] = { { l->lo, true },
               { l->hi, true },
               { nextafter(l->lo, -INFINITY), false },
               { nextafter(l->hi, INFINITY), false },
               { NAN, false } };

    for (unsigned i = 0; i < sizeof is / sizeof is[0]; i++) {
        struct miniframe_config c = miniframe_two_4001;
        memcpy((char *)&c + l->at, &is[i].value, sizeof(double));
        says(miniframe_config_check(&c, &err), is[i].passes ? NULL : l->said, l->name, is[i].value);
    }
}

START_TEST(parts_of_a_miniframe_stay_within_their_limits)
{
    for (unsigned i = 0; i < sizeof limits / sizeof limits[0]; i++) {
        limit_holds(&limits[i]);
    }
}
END_TEST

START_TEST(parts_of_a_miniframe_go_together)
{
    struct miniframe_config c = miniframe_two_4001;

    c.r3_ohm = c.r4_ohm;
    says(miniframe_config_check(&c, &err), "R4 must be below R3", "R3", c.r3_ohm);
    c.r3_ohm = 99;
    says(miniframe_config_check(&c, &err), "R3 must be 100 ohm", "R3", c.r3_ohm);
    c = miniframe_two_4001;
    c.reset_pullup_ohm = 1000;
    says(miniframe_config_check(&c, &err), "too strong", "pull-up", c.reset_pullup_ohm);
    c.reset_pullup_ohm = 0; /* none */
    says(miniframe_config_check(&c, &err), NULL, "pull-up", c.reset_pullup_ohm);
    c = miniframe_one_4001; /* no gate against it */
    c.reset_pullup_ohm = 1000;
    says(miniframe_config_check(&c, &err), NULL, "pull-up", c.reset_pullup_ohm);
    c = miniframe_two_4001;
    c.reset_pullup_ohm = -1;
    says(miniframe_config_check(&c, &err), "RESET: dead_ohm", "pull-up", c.reset_pullup_ohm);
    c = miniframe_two_4001;
    c.reset_vih_v = 5.1;
    says(miniframe_config_check(&c, &err), "above the target's VCC", "VIH", c.reset_vih_v);
    c.target_vcc_v = 1; /* below the drop of the LED */
    ck_assert_double_eq(miniframe_led_ma(&c), 0);
    c.target_vcc_v = 5;
    ck_assert_double_eq_tol(miniframe_led_ma(&c), 3.82 / 2680 * 1e3, 1e-9);
}
END_TEST

/* ---- lines, monoflops, USB ---- */

START_TEST(levels_of_an_rs232_line)
{
    static const struct {
        struct rs232_levels levels;
        const char *said;
    } is[] = {
        { { 1, -1, 10 }, NULL },
        { { 30000, -30000, 10000000 }, NULL },
        { { 0, -9000, 20000 }, "high level" },
        { { 30001, -9000, 20000 }, "high level" },
        { { 9000, 0, 20000 }, "low level" },
        { { 9000, -30001, 20000 }, "low level" },
        { { 9000, -9000, 9 }, "slew" },
        { { 9000, -9000, 10000001 }, "slew" },
    };

    for (unsigned i = 0; i < sizeof is / sizeof is[0]; i++) {
        says(rs232_levels_check(&is[i].levels, &err), is[i].said, "row", i);
    }
}
END_TEST

START_TEST(times_of_the_monoflops)
{
    static const struct {
        struct mono4098_config times; /* T1, T2, Q1, Q2, gate */
        const char *said;
    } is[] = {
        { { SIM_US / 10, SIM_US / 10, 0, 0, 0 }, NULL },
        { { 1000 * SIM_S, SIM_S, 10 * SIM_US, 10 * SIM_US, 10 * SIM_US }, NULL },
        { { SIM_S, SIM_US / 10 - 1, 0, 0, 0 }, "T2" },
        { { 2 * SIM_S, SIM_S + 1, 0, 0, 0 }, "T2" },
        { { SIM_MS - 1, SIM_MS, 0, 0, 0 }, "T1" },
        { { 1000 * SIM_S + 1, SIM_MS, 0, 0, 0 }, "T1" },
        { { SIM_S, SIM_MS, 10 * SIM_US + 1, 0, 0 }, "delays" },
        { { SIM_S, SIM_MS, 0, 10 * SIM_US + 1, 0 }, "delays" },
        { { SIM_S, SIM_MS, 0, 0, 10 * SIM_US + 1 }, "delays" },
    };

    for (unsigned i = 0; i < sizeof is / sizeof is[0]; i++) {
        says(mono4098_config_check(&is[i].times, &err), is[i].said, "row", i);
    }
}
END_TEST

START_TEST(delays_of_the_usb_shifter)
{
    static const size_t delay[] = {
        offsetof(struct usb_delays, data_rise_ps), offsetof(struct usb_delays, data_fall_ps),
        offsetof(struct usb_delays, clk_rise_ps),  offsetof(struct usb_delays, clk_fall_ps),
        offsetof(struct usb_delays, data_tau_ps),
    };

    for (unsigned i = 0; i < sizeof delay / sizeof delay[0]; i++) {
        struct usb_testmode_config c = usb_testmode_default;
        sim_time *ps = (sim_time *)((char *)&c.delays + delay[i]);
        *ps = SIM_S;
        says(usb_testmode_config_check(&c, &err), NULL, "delay", i);
        *ps = SIM_S + 1;
        says(usb_testmode_config_check(&c, &err), "at most 1 s", "delay", i);
    }
}
END_TEST

START_TEST(voltages_of_the_usb_shifter)
{
    static const struct {
        int32_t on_mv, vbus_mv, vih_mv;
        const char *said;
    } is[] = {
        { 1, 0, 0, NULL },
        { 5000, 6000, 6000, NULL },
        { 0, 5000, 3000, "threshold" },
        { 5001, 5000, 3000, "threshold" },
        { 600, -1, 3000, "VBUS" },
        { 600, 6001, 3000, "VBUS" },
        { 600, 5000, -1, "VIH" },
        { 600, 5000, 6001, "VIH" },
    };
    struct usb_testmode_config c = usb_testmode_default;

    for (unsigned i = 0; i < sizeof is / sizeof is[0]; i++) {
        c.on_mv = is[i].on_mv;
        c.vbus_mv = is[i].vbus_mv;
        c.vih_mv = is[i].vih_mv;
        says(usb_testmode_config_check(&c, &err), is[i].said, "row", i);
    }
    c = usb_testmode_default;
    c.led_on_sck = true;
    c.led_ohm = 0;
    says(usb_testmode_config_check(&c, &err), "series resistor", "LED", 0);
    c.led_ohm = 1;
    says(usb_testmode_config_check(&c, &err), NULL, "LED", 1);
    c.vbus_mv = 1700; /* the LED does not conduct */
    ck_assert_int_eq(usb_testmode_sck_high_mv(&c), 1700);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("limits");
    TCase *tc = tcase_create("all");
    tcase_add_test(tc, parts_of_a_miniframe_stay_within_their_limits);
    tcase_add_test(tc, parts_of_a_miniframe_go_together);
    tcase_add_test(tc, levels_of_an_rs232_line);
    tcase_add_test(tc, times_of_the_monoflops);
    tcase_add_test(tc, delays_of_the_usb_shifter);
    tcase_add_test(tc, voltages_of_the_usb_shifter);
    suite_add_tcase(s, tc);
    return run_all(s);
}
