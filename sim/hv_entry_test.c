/* SPDX-License-Identifier: GPL-3.0-or-later */
/* hv_entry_test.c - into high-voltage mode and out of it: 12 V, VCC, Prog_enable and their times */
#include "sim/hv_port.h"

#include <check.h>

#include "tests/hv_rig.h"
#include "tests/run_all.h"

static struct hv_rig r;

START_TEST(threshold)
{
    hv_rig_init(&r, &part_atmega328p, NULL);
    hv_enter(&r);
    hv_reset_mv(&r, 11499);
    ck_assert_int_ne(target_mode(&r.target), TARGET_HV);
    hv_leave(&r);
    hv_reset_mv(&r, 11499);
    ck_assert_int_ne(target_mode(&r.target), TARGET_HV);
    hv_wait(&r, 3 * SIM_MS);
    ck_assert_uint_eq(hv_found(&r, CHECK_HV_VPP), 1); /* told once it has stood there */
    hv_reset_mv(&r, 0);
    hv_set(&r, HV_BS1, NET_0);
    hv_enter(&r);
    ck_assert_int_eq(target_mode(&r.target), TARGET_HV);
    ck_assert_uint_eq(hv_found(&r, CHECK_HV_VPP), 1);
    hv_rig_free(&r);
}
END_TEST

START_TEST(vpp_is_judged)
{
    static const struct {
        int32_t mv;
        unsigned outside, damage;
    } cases[] = { { 11500, 0, 0 }, { 12499, 0, 0 }, { 12500, 0, 0 }, { 12501, 1, 0 },
                  { 12999, 1, 0 }, { 13000, 1, 0 }, { 13001, 0, 1 } };

    for (unsigned i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        hv_rig_init(&r, &part_attiny85, NULL);
        hv_set_enable(&r, NET_0);
        hv_set(&r, HV_STROBE, NET_0);
        vline_set(&r.vcc, 5000);
        hv_wait(&r, 40 * SIM_US);
        hv_reset_mv(&r, cases[i].mv);
        hv_settle(&r);
        ck_assert_uint_eq(hv_signature(&r, 0), 0x1E);
        ck_assert_uint_eq(hv_found(&r, CHECK_HV_VPP), cases[i].outside);
        ck_assert_uint_eq(hv_found(&r, CHECK_HV_VPP_MAX), cases[i].damage);
        hv_rig_free(&r);
    }
}
END_TEST

START_TEST(prog_enable_must_be_low)
{
    for (unsigned bad = 0; bad < 4; bad++) {
        hv_rig_init(&r, &part_atmega328p, NULL);
        for (unsigned k = 0; k < HV_ENABLES; k++) {
            hv_set(&r, HV_ENABLE0 + k, k == bad ? NET_1 : NET_0);
        }
        vline_set(&r.vcc, 5000);
        hv_wait(&r, 40 * SIM_US);
        hv_reset_mv(&r, 12000);
        ck_assert_int_eq(target_mode(&r.target), TARGET_HV_REFUSED);
        ck_assert_uint_eq(hv_found(&r, CHECK_HV_ENABLE), 1);
        ck_assert_int_eq(net_level(r.net[HV_RDY]), NET_Z); /* it drives nothing */
        hv_rig_free(&r);
    }
}
END_TEST

START_TEST(open_prog_enable_is_told)
{
    struct target_config cfg = target_config_default(&part_atmega328p);

    for (int open = HV_OPEN_LOW; open <= HV_OPEN_HIGH; open++) {
        cfg.switches.v[SW_HV_OPEN_INPUT] = open;
        hv_rig_init(&r, &part_atmega328p, &cfg);
        vline_set(&r.vcc, 5000);
        hv_wait(&r, 40 * SIM_US);
        hv_reset_mv(&r, 12000);
        ck_assert_uint_eq(hv_found(&r, CHECK_HV_ENABLE), 4);
        ck_assert_int_eq(target_mode(&r.target), open == HV_OPEN_HIGH ? TARGET_HV_REFUSED : TARGET_HV);
        hv_rig_free(&r);
    }
}
END_TEST

START_TEST(prog_enable_is_held)
{
    static const struct {
        sim_time after_ps;
        enum target_mode mode;
        unsigned latch, hold;
    } cases[] = {
        { 99 * SIM_NS, TARGET_HV_REFUSED, 1, 0 }, { 100 * SIM_NS, TARGET_HV, 0, 1 },
        { 9999 * SIM_NS, TARGET_HV, 0, 1 },       { 10 * SIM_US, TARGET_HV, 0, 0 },
        { 10 * SIM_US + 1, TARGET_HV, 0, 0 },     { 100 * SIM_NS + 1, TARGET_HV, 0, 1 },
    };

    for (unsigned i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        hv_rig_init(&r, &part_atmega328p, NULL);
        hv_set_enable(&r, NET_0);
        vline_set(&r.vcc, 5000);
        hv_wait(&r, 40 * SIM_US);
        hv_reset_mv(&r, 12000);
        hv_wait(&r, cases[i].after_ps);
        hv_set(&r, HV_ENABLE0 + 1, NET_1);
        ck_assert_int_eq(target_mode(&r.target), cases[i].mode);
        ck_assert_uint_eq(hv_found(&r, CHECK_HV_ENABLE_LATCH), cases[i].latch);
        ck_assert_uint_eq(hv_found(&r, CHECK_HV_ENABLE_HOLD), cases[i].hold);
        hv_rig_free(&r);
    }
}
END_TEST

START_TEST(waits_of_the_entry)
{
    hv_rig_init(&r, &part_atmega328p, NULL);
    r.vcc_to_vpp_ps = 60 * SIM_US;
    r.enter_wait_ps = 300 * SIM_US;
    hv_enter(&r);
    hv_signature(&r, 0);
    ck_assert_uint_eq(hv_found(&r, CHECK_HV_VCC_TO_VPP), 0);
    ck_assert_uint_eq(hv_found(&r, CHECK_HV_ENTER_WAIT), 0);
    hv_rig_free(&r);
    hv_rig_init(&r, &part_atmega328p, NULL);
    r.vcc_to_vpp_ps = 61 * SIM_US;
    r.enter_wait_ps = 100 * SIM_US;
    hv_enter(&r);
    ck_assert_uint_eq(hv_signature(&r, 1), 0x95); /* it is in all the same */
    ck_assert_uint_eq(hv_found(&r, CHECK_HV_VCC_TO_VPP), 1);
    ck_assert_uint_eq(hv_found(&r, CHECK_HV_ENTER_WAIT), 1);
    hv_rig_free(&r);
}
END_TEST

START_TEST(waits_of_the_entry_inside_at_and_outside)
{
    for (int d = -1; d <= 1; d++) {
        hv_rig_init(&r, &part_atmega328p, NULL);
        r.vcc_to_vpp_ps = 60 * SIM_US + (sim_time)d;
        r.enter_wait_ps = 298 * SIM_US + (sim_time)d; /* the first strobe comes 2 us later */
        hv_enter(&r);
        hv_signature(&r, 0);
        ck_assert_uint_eq(hv_found(&r, CHECK_HV_VCC_TO_VPP), d > 0);
        ck_assert_uint_eq(hv_found(&r, CHECK_HV_ENTER_WAIT), d < 0);
        hv_rig_free(&r);
    }
}
END_TEST

/* Prog_enable low, VCC at first_mv, after rise_ps at 5 V, 12 V vpp_ps after its beginning. */
static void enter_slowly(const char *part, int32_t first_mv, sim_time rise_ps, sim_time vpp_ps)
{
    hv_rig_init(&r, part_find(part), NULL);
    hv_set_enable(&r, NET_0);
    hv_set(&r, HV_STROBE, NET_0);
    hv_set(&r, HV_WR, NET_0);
    hv_set(&r, HV_OE, NET_0);
    hv_wait(&r, SIM_MS);
    vline_set(&r.vcc, first_mv);
    hv_wait(&r, rise_ps < vpp_ps ? rise_ps : vpp_ps);
    if (rise_ps < vpp_ps) {
        vline_set(&r.vcc, 5000);
        hv_wait(&r, vpp_ps - rise_ps);
        hv_reset_mv(&r, 12000);
    } else {
        hv_reset_mv(&r, 12000);
        hv_wait(&r, rise_ps - vpp_ps);
        vline_set(&r.vcc, 5000);
    }
    hv_settle(&r);
    ck_assert_uint_eq(hv_signature(&r, 0), 0x1E); /* it is in all the same */
}

START_TEST(twelve_volts_too_soon_after_vcc)
{
    static const struct {
        const char *part;
        sim_time vpp_ps;
        unsigned found;
    } at[] = {
        { "atmega328p", 20 * SIM_US - 1, 1 }, { "atmega328p", 20 * SIM_US, 0 },
        { "atmega328p", 20 * SIM_US + 1, 0 }, { "attiny85", 20 * SIM_US - 1, 1 },
        { "attiny85", 20 * SIM_US, 0 },       { "attiny13", 10 * SIM_US, 0 }, /* the older text gives no such wait */
    };

    for (unsigned i = 0; i < sizeof at / sizeof at[0]; i++) {
        enter_slowly(at[i].part, 5000, 0, at[i].vpp_ps);
        ck_assert_uint_eq(hv_found(&r, CHECK_HV_VPP_EARLY), at[i].found);
        ck_assert_uint_eq(hv_found(&r, CHECK_HV_VCC_RISE), 0);
        hv_rig_free(&r);
    }
}
END_TEST

START_TEST(vcc_rises_slowly)
{
    static const struct {
        int32_t first_mv;
        sim_time rise_ps, vpp_ps;
        unsigned rise, early, no_vcc;
    } at[] = {
        { 100, 20 * SIM_US - 1, 60 * SIM_US, 0, 0, 0 },
        { 100, 20 * SIM_US, 60 * SIM_US, 0, 0, 0 },
        { 100, 20 * SIM_US + 1, 60 * SIM_US, 1, 0, 0 },
        { 99, 30 * SIM_US, 60 * SIM_US, 0, 0, 0 },   /* has not begun to rise */
        { 1800, 30 * SIM_US, 60 * SIM_US, 0, 0, 0 }, /* is there at once */
        { 1799, 30 * SIM_US, 60 * SIM_US, 1, 0, 0 },
        { 900, 400 * SIM_US, 5 * SIM_US, 0, 0, 0 }, /* the second way */
        { 1100, 400 * SIM_US, 5 * SIM_US, 0, 0, 0 },
        { 899, 400 * SIM_US, 5 * SIM_US, 1, 0, 1 },
        { 1101, 400 * SIM_US, 5 * SIM_US, 1, 0, 1 },
    };

    for (unsigned i = 0; i < sizeof at / sizeof at[0]; i++) {
        enter_slowly("atmega328p", at[i].first_mv, at[i].rise_ps, at[i].vpp_ps);
        ck_assert_uint_eq(hv_found(&r, CHECK_HV_VCC_RISE), at[i].rise);
        ck_assert_uint_eq(hv_found(&r, CHECK_HV_VPP_EARLY), at[i].early);
        ck_assert_uint_eq(hv_found(&r, CHECK_HV_NO_VCC), at[i].no_vcc);
        hv_rig_free(&r);
    }
}
END_TEST

START_TEST(twelve_volts_before_vcc)
{
    hv_rig_init(&r, &part_attiny85, NULL);
    hv_set_enable(&r, NET_0);
    hv_set(&r, HV_STROBE, NET_0);
    hv_reset_mv(&r, 12000);
    ck_assert_int_eq(target_mode(&r.target), TARGET_OFF);
    ck_assert_uint_eq(hv_found(&r, CHECK_HV_NO_VCC), 1);
    hv_wait(&r, 10 * SIM_US);
    vline_set(&r.vcc, 5000); /* the second way: both at once */
    ck_assert_int_eq(target_mode(&r.target), TARGET_HV);
    hv_settle(&r);
    ck_assert_uint_eq(hv_signature(&r, 1), 0x93);
    vline_set(&r.vcc, 0);
    ck_assert_int_eq(target_mode(&r.target), TARGET_OFF);
    ck_assert_int_eq(net_level(r.net[HV_SDO]), NET_Z);
    hv_rig_free(&r);
}
END_TEST

START_TEST(older_text_asks_for_strobes)
{
    struct target_config cfg = target_config_default(part_find("attiny13"));

    static const unsigned edges[] = { 0, 5, 6, 7 };

    for (unsigned k = 0; k < 4; k++) {
        bool enough = edges[k] >= 6;

        for (int needs = 0; needs < 2; needs++) {
            cfg.switches.v[SW_HV_ENTRY_EDGES] = needs ? 6 : 0;
            hv_rig_init(&r, cfg.part, &cfg);
            hv_set_enable(&r, NET_0);
            hv_set(&r, HV_STROBE, NET_0);
            vline_set(&r.vcc, 5000);
            for (unsigned i = 0; i < edges[k]; i++) {
                hv_wait(&r, SIM_US);
                hv_set(&r, HV_STROBE, i & 1 ? NET_0 : NET_1);
            }
            hv_wait(&r, 20 * SIM_US);
            hv_reset_mv(&r, 12000);
            ck_assert_int_eq(target_mode(&r.target), needs && !enough ? TARGET_HV_REFUSED : TARGET_HV);
            ck_assert_uint_eq(hv_found(&r, CHECK_HV_ENTRY_EDGES), !enough);
            hv_rig_free(&r);
        }
    }
}
END_TEST

START_TEST(supply_out_of_range_is_told_and_works)
{
    hv_rig_init(&r, &part_attiny85, NULL);
    hv_set_enable(&r, NET_0);
    hv_set(&r, HV_STROBE, NET_0);
    vline_set(&r.vcc, 3300);
    hv_wait(&r, 40 * SIM_US);
    hv_reset_mv(&r, 12000);
    hv_settle(&r);
    ck_assert_uint_eq(hv_signature(&r, 0), 0x1E);
    ck_assert_uint_eq(hv_found(&r, CHECK_HV_VCC), 1);
    hv_rig_free(&r);
}
END_TEST

START_TEST(supply_inside_at_and_outside)
{
    static const struct {
        int32_t mv;
        unsigned found;
    } at[] = { { 4499, 1 }, { 4500, 0 }, { 4501, 0 }, { 5499, 0 }, { 5500, 0 }, { 5501, 1 } };

    for (unsigned i = 0; i < sizeof at / sizeof at[0]; i++) {
        hv_rig_init(&r, &part_attiny85, NULL);
        hv_set_enable(&r, NET_0);
        hv_set(&r, HV_STROBE, NET_0);
        vline_set(&r.vcc, at[i].mv);
        hv_wait(&r, 40 * SIM_US);
        hv_reset_mv(&r, 12000);
        hv_settle(&r);
        hv_signature(&r, 0);
        ck_assert_uint_eq(hv_found(&r, CHECK_HV_VCC), at[i].found);
        hv_rig_free(&r);
    }
}
END_TEST

START_TEST(dwen_and_a_low_reset)
{
    struct target_config cfg = target_config_default(&part_atmega328p);

    for (int halts = 0; halts < 2; halts++) {
        cfg.switches.v[SW_HV_DWEN_LOW_HALTS] = halts;
        hv_rig_init(&r, &part_atmega328p, &cfg);
        r.nvm.cells.fuses.fuse[1] = 0x99;
        vline_set(&r.vcc, 5000);
        hv_wait(&r, 100 * SIM_MS);
        ck_assert_int_eq(target_mode(&r.target), halts ? TARGET_STARTUP : TARGET_RUNNING);
        hv_reset_mv(&r, 5000);
        hv_wait(&r, 100 * SIM_MS);
        ck_assert_int_eq(target_mode(&r.target), TARGET_RUNNING);
        hv_rig_free(&r);
    }
}
END_TEST

/* The switch is about debugWIRE: without its fuse a low RESET is a reset. */
START_TEST(without_dwen_a_low_reset_resets)
{
    struct target_config cfg = target_config_default(&part_atmega328p);

    cfg.switches.v[SW_HV_DWEN_LOW_HALTS] = 1;
    hv_rig_init(&r, &part_atmega328p, &cfg);
    vline_set(&r.vcc, 5000);
    hv_wait(&r, 100 * SIM_MS);
    ck_assert_int_eq(target_mode(&r.target), TARGET_RESET);
    r.nvm.cells.fuses.fuse[1] = 0x59; /* RSTDISBL: the pin is the program's */
    vline_set(&r.vcc, 0);
    hv_wait(&r, SIM_MS);
    vline_set(&r.vcc, 5000);
    hv_wait(&r, 100 * SIM_MS);
    ck_assert_int_eq(target_mode(&r.target), TARGET_RUNNING);
    hv_rig_free(&r);
}
END_TEST

/* Pins that are two signals: whoever is told first, the refusal takes the other's watcher away in the same change. */
START_TEST(too_soon_in_any_order)
{
    for (uint64_t seed = 1; seed < 20; seed++) {
        hv_rig_init(&r, &part_atmega328p, NULL);
        sim_shuffle(&r.sim, seed);
        hv_set_enable(&r, NET_0);
        vline_set(&r.vcc, 5000);
        hv_wait(&r, 40 * SIM_US);
        hv_reset_mv(&r, 12000);
        hv_wait(&r, 50 * SIM_NS);
        hv_set_enable(&r, NET_1);
        ck_assert_int_eq(target_mode(&r.target), TARGET_HV_REFUSED);
        ck_assert_uint_eq(hv_found(&r, CHECK_HV_ENABLE_LATCH), 1);
        hv_rig_free(&r);
    }
}
END_TEST

static void nothing_starts(void *ctx, const struct target_start *start)
{
    (void)ctx, (void)start;
}

static void nothing_stops(void *ctx, sim_time at_ps)
{
    (void)ctx, (void)at_ps;
}

/* A running program is to blame for a pin that it drives against 0: not for one that the hand holds at 1, nor an open one. */
START_TEST(prog_enable_that_the_program_leaves_alone)
{
    static const struct target_core_ops core = { .start = nothing_starts, .stop = nothing_stops };

    hv_rig_init(&r, &part_atmega328p, NULL);
    target_set_core(&r.target, &core, NULL);
    hv_reset_mv(&r, 5000);
    vline_set(&r.vcc, 5000);
    hv_wait(&r, 100 * SIM_MS);
    ck_assert_int_eq(target_mode(&r.target), TARGET_RUNNING);
    hv_set_enable(&r, NET_1);
    target_connect_hv(&r.target, HV_ENABLE3, NULL);
    hv_reset_mv(&r, 12000);
    ck_assert_uint_eq(hv_found(&r, CHECK_HV_ENABLE), 4);
    ck_assert_uint_eq(hv_found(&r, CHECK_HV_PROGRAM_RAN), 1);
    ck_assert_uint_eq(hv_found(&r, CHECK_HV_PROGRAM), 0);
    hv_rig_free(&r);
}
END_TEST

/* What the wires of the serial port would be is DATA here: AC 53 on them tells nothing of a port that is shut. */
START_TEST(programming_enable_on_data)
{
    hv_rig_init(&r, &part_atmega328p, NULL);
    hv_enter(&r);
    for (int i = 15; i >= 0; i--) { /* SCK is PB5, MOSI PB3 */
        hv_set(&r, HV_DATA0 + 5, NET_0);
        hv_set(&r, HV_DATA0 + 3, 0xAC53 >> i & 1 ? NET_1 : NET_0);
        hv_wait(&r, SIM_US);
        hv_set(&r, HV_DATA0 + 5, NET_1);
        hv_wait(&r, SIM_US);
    }
    for (enum checker_rule rule = CHECK_PORT_NO_SUPPLY; rule <= CHECK_PORT_BROWN_OUT; rule++) {
        ck_assert_uint_eq(hv_found(&r, rule), 0);
    }
    ck_assert_int_eq(target_mode(&r.target), TARGET_HV);
    hv_rig_free(&r);
}
END_TEST

/* XTAL2 is DATA, too: no clock, whatever the fuses say of the pin. */
START_TEST(xtal2_is_data)
{
    hv_rig_init(&r, &part_atmega328p, NULL);
    target_connect(&r.target, TARGET_XTAL2, r.net[HV_DATA7]);
    hv_enter(&r);
    struct sim_clock was = *target_cpu_clock(&r.target);
    hv_set(&r, HV_DATA7, NET_1);
    hv_set(&r, HV_DATA7, NET_0);
    ck_assert_mem_eq(target_cpu_clock(&r.target), &was, sizeof was);
    ck_assert_uint_eq(hv_signature(&r, 0), 0x1E);
    hv_rig_free(&r);
}
END_TEST

START_TEST(rdy_is_rewired)
{
    hv_rig_init(&r, &part_atmega328p, NULL);
    hv_enter(&r);
    ck_assert_int_eq(net_level(r.net[HV_RDY]), NET_1);
    target_connect_hv(&r.target, HV_RDY, NULL);
    ck_assert_int_eq(net_level(r.net[HV_RDY]), NET_Z);
    target_connect_hv(&r.target, HV_RDY, r.net[HV_RDY]);
    ck_assert_int_eq(net_level(r.net[HV_RDY]), NET_1);
    hv_rig_free(&r);
}
END_TEST

/* When SDO begins to drive, by the switch instead of the part. */
START_TEST(sdo_comes_after_a_time)
{
    const struct part *part = part_find("attiny85");
    struct target_config cfg = target_config_default(part);

    cfg.switches.v[SW_HV_SDO_AFTER_NS] = 5000;
    hv_rig_init(&r, part, &cfg);
    hv_set_enable(&r, NET_0);
    vline_set(&r.vcc, 5000);
    hv_wait(&r, 40 * SIM_US);
    hv_reset_mv(&r, 12000);
    hv_wait(&r, 5 * SIM_US - 1);
    ck_assert(!r.target.hv.sdo_drives);
    hv_wait(&r, 1);
    ck_assert(r.target.hv.sdo_drives);
    hv_rig_free(&r);
}
END_TEST

START_TEST(leaving_runs_the_program_if_reset_is_high)
{
    hv_rig_init(&r, &part_atmega328p, NULL);
    hv_enter(&r);
    hv_reset_mv(&r, 5000); /* 12 V off, pulled up */
    ck_assert_int_eq(target_mode(&r.target), TARGET_STARTUP);
    hv_wait(&r, 70 * SIM_MS);
    ck_assert_int_eq(target_mode(&r.target), TARGET_RUNNING);
    hv_rig_free(&r);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("hv_entry");
    TCase *entry = tcase_create("entry");

    tcase_add_test(entry, threshold);
    tcase_add_test(entry, vpp_is_judged);
    tcase_add_test(entry, prog_enable_must_be_low);
    tcase_add_test(entry, open_prog_enable_is_told);
    tcase_add_test(entry, prog_enable_is_held);
    tcase_add_test(entry, waits_of_the_entry);
    tcase_add_test(entry, waits_of_the_entry_inside_at_and_outside);
    tcase_add_test(entry, supply_inside_at_and_outside);
    tcase_add_test(entry, twelve_volts_too_soon_after_vcc);
    tcase_add_test(entry, vcc_rises_slowly);
    tcase_add_test(entry, twelve_volts_before_vcc);
    tcase_add_test(entry, older_text_asks_for_strobes);
    tcase_add_test(entry, supply_out_of_range_is_told_and_works);
    tcase_add_test(entry, dwen_and_a_low_reset);
    tcase_add_test(entry, without_dwen_a_low_reset_resets);
    tcase_add_test(entry, too_soon_in_any_order);
    tcase_add_test(entry, prog_enable_that_the_program_leaves_alone);
    tcase_add_test(entry, programming_enable_on_data);
    tcase_add_test(entry, xtal2_is_data);
    tcase_add_test(entry, rdy_is_rewired);
    tcase_add_test(entry, sdo_comes_after_a_time);
    tcase_add_test(entry, leaving_runs_the_program_if_reset_is_high);
    suite_add_tcase(s, entry);
    return run_all(s);
}
