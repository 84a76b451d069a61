/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Every rule of the port through the pins of a target: just inside, exactly at, just outside.
 */
#include "sim/port_rules.h"

#include <check.h>
#include <string.h>

#include "tests/isp_rig.h"
#include "tests/run_all.h"

#define MHZ UINT64_C(1000000000) /* in millihertz */

static struct isp_rig r;

/* A target on an exact external clock, at 3 V, where the RC oscillator has its nominal frequency. */
static void clocked(uint64_t f_millihz, const struct target_switches *sw)
{
    struct target_config cfg = target_config_default(&part_atmega328p);
    struct net_wave wave = net_wave_square(0, f_millihz);

    if (sw) {
        cfg.switches = *sw;
    }
    isp_rig_board(&r, cfg.part, 1);
    r.nvm.cells.fuses.fuse[0] = 0xE0; /* CKSEL 0000, CKDIV8 unprogrammed */
    isp_rig_target(&r, &cfg);
    isp_set_sck(&r, false);
    isp_set_mosi(&r, false);
    isp_reset(&r, false);
    net_drive_wave(&r.d_xtal1, &wave, NET_STRONG);
    isp_power(&r, f_millihz > 10 * MHZ ? 5000 : 3000);
}

static void clocked_and_waited(uint64_t f_millihz)
{
    clocked(f_millihz, NULL);
    isp_wait(&r, 20 * SIM_MS);
}

/* The same after Programming Enable: from there on all is judged at once. */
static void session(uint64_t f_millihz)
{
    clocked_and_waited(f_millihz);
    isp_send(&r, 0xAC530000, NULL);
    isp_wait(&r, 50 * SIM_US);
}

static uint64_t findings(enum checker_rule rule)
{
    return checker_margin(&r.checker, rule)->findings;
}

/* A few bits with the given phases. */
static void pulses(sim_time high_ps, sim_time low_ps)
{
    for (int i = 0; i < 3; i++) {
        isp_set_sck(&r, true);
        isp_wait(&r, high_ps);
        isp_set_sck(&r, false);
        isp_wait(&r, low_ps);
    }
}

static const struct {
    uint64_t f_millihz;
    sim_time phase_ps;
    bool ok;
} phases[] = {
    /* below 12 MHz: more than 2 clocks */
    { 1 * MHZ, 2 * SIM_US + 1, true },
    { 1 * MHZ, 2 * SIM_US, false },
    { 1 * MHZ, 2 * SIM_US - 1, false },
    /* from 12 MHz on: 3 clocks */
    { 16 * MHZ, 187501, true },
    { 16 * MHZ, 187500, true },
    { 16 * MHZ, 187499, false },
};

START_TEST(sck_high)
{
    session(phases[_i].f_millihz);
    pulses(phases[_i].phase_ps, 50 * SIM_US);
    ck_assert_uint_eq(findings(CHECK_SCK_HIGH), phases[_i].ok ? 0 : 3);
    ck_assert_uint_eq(r.checker.violations, phases[_i].ok ? 0 : 3);
    ck_assert_int_eq(checker_margin(&r.checker, CHECK_SCK_HIGH)->measured, (int64_t)phases[_i].phase_ps);
    isp_rig_free(&r);
}
END_TEST

START_TEST(sck_low)
{
    session(phases[_i].f_millihz);
    pulses(50 * SIM_US, phases[_i].phase_ps);
    ck_assert_uint_eq(findings(CHECK_SCK_LOW), phases[_i].ok ? 0 : 2);
    ck_assert_uint_eq(r.checker.violations, phases[_i].ok ? 0 : 2);
    isp_rig_free(&r);
}
END_TEST

START_TEST(mosi_setup)
{
    static const sim_time before[] = { SIM_US + 1, SIM_US, SIM_US - 1 };

    session(MHZ);
    isp_set_mosi(&r, true);
    isp_wait(&r, before[_i]);
    isp_set_sck(&r, true);
    ck_assert_uint_eq(findings(CHECK_MOSI_SETUP), _i == 2);
    isp_rig_free(&r);
}
END_TEST

START_TEST(mosi_hold)
{
    static const sim_time after[] = { 2 * SIM_US + 1, 2 * SIM_US, 2 * SIM_US - 1 };

    session(MHZ);
    isp_set_sck(&r, true);
    isp_wait(&r, after[_i]);
    isp_set_mosi(&r, true);
    isp_wait(&r, SIM_US / 2);
    isp_set_mosi(&r, false); /* only the first change after the rise is about hold */
    ck_assert_uint_eq(findings(CHECK_MOSI_HOLD), _i == 2);
    isp_rig_free(&r);
}
END_TEST

/* SCK too fast from the first bit on: what was kept until AC 53 was complete is judged then, all of it. */
START_TEST(programming_enable_itself_too_fast)
{
    clocked_and_waited(MHZ);
    r.t_high_ps = r.t_low_ps = SIM_US;
    isp_send(&r, 0xAC530000, NULL);
    ck_assert_uint_eq(findings(CHECK_SCK_HIGH), 32);
    ck_assert_uint_eq(findings(CHECK_SCK_LOW), 31);
    for (size_t i = 1; i < checker_count(&r.checker); i++) {
        ck_assert(checker_at(&r.checker, i - 1)->at_ps <= checker_at(&r.checker, i)->at_ps);
    }
    isp_rig_free(&r);
}
END_TEST

/*
 * RESET is low because somebody presses a button that bounces, and meanwhile an LED on SCK is switched or blinks: nobody
 * programs, so no rule of programming is broken. Then somebody does.
 */
START_TEST(nobody_programs)
{
    clocked(MHZ, NULL);
    isp_reset(&r, true);
    isp_wait(&r, 100 * SIM_MS);
    isp_set_sck(&r, true); /* lit */
    for (int i = 0; i < 5; i++) {
        isp_reset(&r, i % 2);
        isp_wait(&r, 10 * SIM_US - (sim_time)(i % 2) * 9 * SIM_US); /* high for 1 us: less than two clocks */
    }
    for (int i = 0; i < 60; i++) { /* at 5 MHz, less than an instruction */
        isp_set_mosi(&r, i % 3 == 0);
        isp_set_sck(&r, i % 2);
        isp_wait(&r, 100 * SIM_NS);
    }
    for (int i = 0; i < 40; i++) { /* blinks */
        isp_set_sck(&r, true);
        isp_wait(&r, 100 * SIM_MS);
        isp_set_sck(&r, false);
        isp_wait(&r, 100 * SIM_MS);
    }
    ck_assert_uint_eq(checker_count(&r.checker), 0);
    isp_send(&r, 0xAC530000, NULL);
    ck_assert_uint_eq(findings(CHECK_SCK_AT_RESET), 1);
    ck_assert_uint_eq(findings(CHECK_RESET_HIGH), 1);
    ck_assert_uint_eq(r.checker.violations, 2);
    isp_rig_free(&r);
}
END_TEST

/* From 3 us after SCK's rise on: that is a hold of more than two clocks, and every bit comes an edge late. */
START_TEST(mosi_moves_with_the_wrong_edge)
{
    clocked_and_waited(MHZ);
    isp_set_mosi(&r, false);
    for (int i = 0; i < 33; i++) {
        isp_wait(&r, 10 * SIM_US);
        isp_set_sck(&r, true);
        isp_wait(&r, 3 * SIM_US);
        isp_set_mosi(&r, i < 32 && 0xAC530000u >> (31 - i) & 1);
        isp_wait(&r, 7 * SIM_US);
        isp_set_sck(&r, false);
    }
    ck_assert_uint_eq(findings(CHECK_STRAY_SCK), 0);
    ck_assert_uint_eq(findings(CHECK_MOSI_HOLD), 1);
    const struct checker_finding *f = checker_at(&r.checker, 0);
    ck_assert_int_eq(f->rule, CHECK_MOSI_HOLD);
    ck_assert_msg(f->text && strstr(f->text, "all come an edge late"), "%s", f->text);
    isp_rig_free(&r);
}
END_TEST

/* Broken bits are somebody's instruction all the same, after 32 of them. */
START_TEST(an_instruction_of_broken_bits)
{
    clocked_and_waited(MHZ);
    isp_set_mosi(&r, true);
    for (int i = 0; i < 32; i++) {
        ck_assert_uint_eq(checker_count(&r.checker), 0);
        isp_set_sck(&r, true);
        isp_wait(&r, SIM_US);
        isp_set_sck(&r, false);
        isp_wait(&r, 9 * SIM_US);
    }
    ck_assert_uint_eq(findings(CHECK_SCK_HIGH), 32);
    isp_rig_free(&r);
}
END_TEST

/* RISES of SCK, too short, then RESET goes high after a pause: a byte of them is an instruction that was broken off. */
static unsigned broken_off(unsigned rises, sim_time pause_ps)
{
    unsigned n;

    clocked_and_waited(MHZ);
    for (unsigned i = 0; i < rises; i++) {
        isp_set_sck(&r, true);
        isp_wait(&r, SIM_US);
        isp_set_sck(&r, false);
        isp_wait(&r, 9 * SIM_US);
    }
    isp_wait(&r, pause_ps);
    isp_reset(&r, true);
    n = findings(CHECK_SCK_HIGH);
    isp_rig_free(&r);
    return n;
}

START_TEST(an_instruction_that_was_broken_off)
{
    ck_assert_uint_eq(broken_off(7, 0), 0);
    ck_assert_uint_eq(broken_off(8, 0), 8);
    ck_assert_uint_eq(broken_off(31, 50 * SIM_MS), 31);
    ck_assert_uint_eq(broken_off(31, 101 * SIM_MS), 0); /* an LED that is lit and off again, and a button */
}
END_TEST

START_TEST(reset_high)
{
    static const sim_time pulse[] = { 2 * SIM_US + 1, 2 * SIM_US, 2 * SIM_US - 1, SIM_US };

    clocked_and_waited(MHZ);
    isp_send(&r, 0xAC530000, NULL);
    ck_assert(target_port_enabled(&r.target));
    isp_reset(&r, true);
    isp_wait(&r, pulse[_i]);
    isp_reset(&r, false);
    isp_wait(&r, 21 * SIM_MS);
    ck_assert_uint_eq(findings(CHECK_RESET_HIGH), 0); /* nobody says yet what it is for */
    if (_i != 2) {                                    /* between 1 and 2 clocks it depends on the phase */
        ck_assert(target_port_enabled(&r.target) == (_i == 3));
    }
    isp_send(&r, 0xAC530000, NULL);
    ck_assert_uint_eq(findings(CHECK_RESET_HIGH), _i >= 2);
    ck_assert_uint_eq(r.checker.violations, _i >= 2);
    isp_rig_free(&r);
}
END_TEST

/* A programmer that touches RESET on its way to the pulse: what synchronises is the last. */
START_TEST(of_two_reset_pulses_the_last_counts)
{
    static const sim_time pulse[2][2] = { { 600 * SIM_NS, 60 * SIM_US }, { 60 * SIM_US, 600 * SIM_NS } };

    clocked_and_waited(MHZ);
    isp_send(&r, 0xAC530000, NULL);
    for (int k = 0; k < 2; k++) {
        isp_reset(&r, true);
        isp_wait(&r, pulse[_i][k]);
        isp_reset(&r, false);
        isp_wait(&r, 21 * SIM_MS);
    }
    isp_send(&r, 0xAC530000, NULL);
    ck_assert_uint_eq(findings(CHECK_RESET_HIGH), _i);
    ck_assert_uint_eq(r.checker.violations, _i);
    isp_rig_free(&r);
}
END_TEST

/* ---- what follows from a misread instruction ---- */

/* One bit of a frame, in a session that then goes on; mosi_late_ps: it changes so long after the rise, 0: before. */
static void bit(bool mosi, sim_time high_ps, sim_time mosi_late_ps)
{
    if (!mosi_late_ps) {
        isp_set_mosi(&r, mosi);
    }
    isp_wait(&r, 5 * SIM_US);
    isp_set_sck(&r, true);
    if (mosi_late_ps) {
        isp_wait(&r, mosi_late_ps);
        isp_set_mosi(&r, mosi);
    }
    isp_wait(&r, high_ps);
    isp_set_sck(&r, false);
    isp_wait(&r, 5 * SIM_US);
}

static void frame(uint32_t bits, unsigned n, sim_time mosi_late_ps)
{
    while (n--) {
        bit(bits >> n & 1, 5 * SIM_US, mosi_late_ps);
    }
}

static const struct checker_margin *high_before_low(void)
{
    return checker_margin(&r.checker, CHECK_PAGE_LOAD_ORDER);
}

/* A pulse that the port doesn't see: from there on it takes 48 00 00 12 for what was sent a bit later as 24 00 00 09. */
START_TEST(what_comes_of_a_lost_edge_follows_from_it)
{
    for (int lost = 0; lost < 2; lost++) {
        session(MHZ);
        frame(0, 31, 0);
        bit(false, lost ? 100 * SIM_NS : 5 * SIM_US, 0);
        if (lost) {
            frame(0x24000009, 32, 0);
            bit(false, 5 * SIM_US, 0);
        } else {
            frame(0x48000012, 32, 0);
        }
        ck_assert_uint_eq(high_before_low()->findings, 1);
        ck_assert_uint_eq(high_before_low()->follow, lost);
        ck_assert_uint_eq(r.checker.violations, 1); /* the one or the other */
        ck_assert_uint_eq(r.checker.follow, lost);
        if (lost) {
            ck_assert_int_eq(high_before_low()->from, CHECK_SCK_HIGH);
        }
        isp_rig_free(&r);
    }
}
END_TEST

/* MOSI changes after SCK has risen, and the port takes what comes then: all is well, until one comes later than usual. */
START_TEST(what_comes_of_a_late_mosi_follows_from_it)
{
    for (int later = 0; later < 2; later++) {
        clocked_and_waited(MHZ);
        frame(0xAC530000, 32, 300 * SIM_NS);
        ck_assert(target_port_enabled(&r.target));
        ck_assert_uint_gt(findings(CHECK_MOSI_HOLD), 0);
        frame(later ? 0x20 : 0x24, 6, 300 * SIM_NS);      /* 100.00, 1001.. */
        bit(later, 5 * SIM_US, later ? 4 * SIM_US : 300); /* its 1 comes when the port has taken 0 */
        frame(0, 25, 300 * SIM_NS);
        frame(0x48000012, 32, 300 * SIM_NS);
        ck_assert_uint_eq(high_before_low()->findings, 1);
        ck_assert_uint_eq(high_before_low()->follow, later);
        isp_rig_free(&r);
    }
}
END_TEST

/* A low byte that comes while the chip erases is not taken: its high byte, in time, is without it. */
START_TEST(what_a_busy_chip_has_not_taken_is_missing_later)
{
    for (int busy = 0; busy < 2; busy++) {
        session(MHZ);
        isp_send(&r, 0xAC800000, NULL);
        isp_wait(&r, busy ? SIM_MS : 15 * SIM_MS);
        if (busy) {
            isp_send(&r, 0x40000012, NULL);
            isp_wait(&r, 15 * SIM_MS);
        }
        isp_send(&r, 0x48000034, NULL);
        ck_assert_uint_eq(findings(CHECK_BUSY_ACCESS), busy);
        ck_assert_uint_eq(high_before_low()->findings, 1);
        ck_assert_uint_eq(high_before_low()->follow, busy);
        isp_send(&r, 0x4C000000, NULL);
        isp_wait(&r, 15 * SIM_MS);
        isp_send(&r, 0x48000034, NULL); /* a page later nothing is missing */
        ck_assert_uint_eq(high_before_low()->findings, 2);
        ck_assert_uint_eq(high_before_low()->follow, busy);
        isp_rig_free(&r);
    }
}
END_TEST

/* The next session begins anew, but what stands in flash stays. */
START_TEST(a_new_session_is_in_step_again)
{
    session(MHZ);
    bit(false, 100 * SIM_NS, 0);
    frame(0, 32, 0);
    isp_reset(&r, true);
    isp_wait(&r, 100 * SIM_US);
    isp_reset(&r, false);
    isp_wait(&r, 21 * SIM_MS);
    frame(0xAC530000, 32, 0);
    frame(0x48000012, 32, 0);
    ck_assert_uint_eq(high_before_low()->findings, 1);
    ck_assert_uint_eq(high_before_low()->follow, 0);
    isp_rig_free(&r);
}
END_TEST

START_TEST(reset_low)
{
    static const sim_time low[] = { 2500 * SIM_NS + 1, 2500 * SIM_NS, 2500 * SIM_NS - 1 };

    clocked(MHZ, NULL);
    isp_reset(&r, true);
    isp_wait(&r, 100 * SIM_MS);
    ck_assert_int_eq(target_mode(&r.target), TARGET_RUNNING);
    isp_reset(&r, false);
    isp_wait(&r, low[_i]);
    isp_reset(&r, true);
    isp_wait(&r, 10 * SIM_US);
    ck_assert_uint_eq(findings(CHECK_RESET_LOW), _i == 2);
    ck_assert_int_eq(target_mode(&r.target), _i == 2 ? TARGET_RUNNING : TARGET_STARTUP);
    isp_rig_free(&r);
}
END_TEST

START_TEST(a_short_reset_low_may_reset)
{
    struct target_switches sw = target_switches_default();

    sw.v[SW_SHORT_RESET_LOW_RESETS] = 1;
    clocked(MHZ, &sw);
    isp_reset(&r, true);
    isp_wait(&r, 100 * SIM_MS);
    isp_reset(&r, false);
    isp_wait(&r, SIM_US);
    isp_reset(&r, true);
    isp_wait(&r, 10 * SIM_US);
    ck_assert_uint_eq(findings(CHECK_RESET_LOW), 1);
    ck_assert_int_eq(target_mode(&r.target), TARGET_STARTUP);
    isp_rig_free(&r);
}
END_TEST

START_TEST(sck_level_when_reset_falls)
{
    clocked(MHZ, NULL);
    isp_reset(&r, true);
    isp_wait(&r, SIM_MS);
    isp_set_sck(&r, _i == 1);
    isp_wait(&r, SIM_MS);
    isp_reset(&r, false);
    isp_wait(&r, 20 * SIM_MS);
    ck_assert_uint_eq(findings(CHECK_SCK_AT_RESET), 0); /* so far nobody programs */
    isp_send(&r, 0xAC530000, NULL);
    ck_assert_uint_eq(findings(CHECK_SCK_AT_RESET), _i == 1);
    ck_assert_uint_eq(r.checker.violations, _i == 1);
    isp_rig_free(&r);
}
END_TEST

/* Without a clock the RESET pulse that comes later is not seen either: nothing can be said of SCK then. */
START_TEST(sck_level_without_a_clock)
{
    clocked(MHZ, NULL);
    net_open(&r.d_xtal1);
    isp_power(&r, 0);
    isp_set_sck(&r, true);
    isp_wait(&r, SIM_MS);
    isp_power(&r, 3000);
    isp_wait(&r, 20 * SIM_MS);
    isp_set_sck(&r, false);
    isp_reset(&r, true);
    isp_wait(&r, 100 * SIM_US);
    isp_reset(&r, false);
    isp_wait(&r, 20 * SIM_MS);
    isp_send(&r, 0xAC530000, NULL);
    ck_assert_uint_eq(findings(CHECK_NO_CLOCK), 1);
    ck_assert_uint_eq(r.checker.violations, 0);
    isp_rig_free(&r);
}
END_TEST

START_TEST(sck_level_at_power_up)
{
    clocked(MHZ, NULL);
    isp_power(&r, 0);
    isp_set_sck(&r, _i == 1);
    isp_wait(&r, SIM_MS);
    isp_power(&r, 3000);
    isp_wait(&r, 20 * SIM_MS);
    ck_assert_uint_eq(findings(CHECK_SCK_AT_RESET), 0);
    isp_send(&r, 0xAC530000, NULL);
    ck_assert_uint_eq(findings(CHECK_SCK_AT_RESET), _i == 1);
    isp_rig_free(&r);
}
END_TEST

static const sim_time waits[] = { 20 * SIM_MS + 1, 20 * SIM_MS, 20 * SIM_MS - 1 };

START_TEST(wait_before_programming_enable)
{
    uint32_t in;

    for (int ignores = 0; ignores < 2; ignores++) {
        struct target_switches sw = target_switches_default();
        sw.v[SW_EARLY_ENABLE_IGNORED] = ignores;
        clocked(MHZ, &sw);
        isp_wait(&r, waits[_i] - r.t_low_ps); /* SCK rises that much later */
        isp_send(&r, 0xAC530000, &in);
        ck_assert_uint_eq(findings(CHECK_ENABLE_WAIT), _i == 2);
        ck_assert(((in >> 8 & 0xFF) == 0x53) == !(_i == 2 && ignores));
        isp_rig_free(&r);
    }
}
END_TEST

START_TEST(wait_after_a_reset_pulse)
{
    clocked_and_waited(MHZ);
    isp_reset(&r, true);
    isp_wait(&r, SIM_MS);
    isp_reset(&r, false);
    isp_wait(&r, waits[_i] - r.t_low_ps);
    isp_send(&r, 0xAC530000, NULL);
    ck_assert_uint_eq(findings(CHECK_ENABLE_WAIT), _i == 2);
    isp_rig_free(&r);
}
END_TEST

/* An EEPROM byte takes 3.6 ms. */
START_TEST(access_while_busy)
{
    static const sim_time gap[] = { 3601 * SIM_US, 3600 * SIM_US, 3599 * SIM_US };
    static const uint32_t next[] = { 0xC0000156, 0x40000000, 0xACA00062, 0xAC800000 };

    for (unsigned i = 0; i < 4; i++) {
        clocked_and_waited(MHZ);
        isp_send(&r, 0xAC530000, NULL);
        isp_send(&r, 0xC0000055, NULL);
        isp_wait(&r, gap[_i] - 32 * 8 * SIM_US);
        isp_send(&r, next[i], NULL);
        ck_assert_uint_eq(findings(CHECK_BUSY_ACCESS), _i == 2);
        const struct checker_margin *m = checker_margin(&r.checker, CHECK_BUSY_ACCESS);
        ck_assert_int_eq(m->required, 3600 * (int64_t)SIM_US);
        ck_assert_int_eq(m->measured, (int64_t)gap[_i]);
        isp_rig_free(&r);
    }
}
END_TEST

START_TEST(access_while_a_fuse_is_written)
{
    static const sim_time gap[] = { 4501 * SIM_US, 4500 * SIM_US, 4499 * SIM_US };
    static const uint32_t writes[] = { 0xACA000E0, 0xACA800D9, 0xACE000FF };

    for (unsigned i = 0; i < 3; i++) {
        clocked_and_waited(MHZ);
        isp_send(&r, 0xAC530000, NULL);
        isp_send(&r, writes[i], NULL);
        isp_wait(&r, gap[_i] - 32 * 8 * SIM_US);
        isp_send(&r, 0xC0000156, NULL);
        ck_assert_uint_eq(findings(CHECK_BUSY_FUSE), _i == 2);
        ck_assert_uint_eq(findings(CHECK_BUSY_ACCESS), 0);
        ck_assert_int_eq(checker_margin(&r.checker, CHECK_BUSY_FUSE)->required, 4500 * (int64_t)SIM_US);
        ck_assert_int_eq(checker_margin(&r.checker, CHECK_BUSY_FUSE)->measured, (int64_t)gap[_i]);
        isp_rig_free(&r);
    }
}
END_TEST

START_TEST(reading_while_busy_is_access_too)
{
    clocked_and_waited(MHZ);
    isp_send(&r, 0xAC530000, NULL);
    isp_send(&r, 0xC0000055, NULL);
    ck_assert_uint_eq(isp_send(&r, 0xA0000000, NULL), 0xFF);
    ck_assert_uint_eq(findings(CHECK_BUSY_ACCESS), 1);
    isp_rig_free(&r);
}
END_TEST

START_TEST(polling_is_no_access)
{
    clocked_and_waited(MHZ);
    isp_send(&r, 0xAC530000, NULL);
    isp_send(&r, 0xC0000055, NULL);
    isp_wait_ready(&r);
    ck_assert_uint_eq(isp_send(&r, 0xA0000000, NULL), 0x55);
    ck_assert_uint_eq(r.checker.violations, 0);
    ck_assert(checker_margin(&r.checker, CHECK_BUSY_ACCESS)->measured_once);
    isp_rig_free(&r);
}
END_TEST

/* A part without RDY/BSY is polled by reading. */
START_TEST(polling_by_value)
{
    struct target_config cfg = target_config_default(&part_atmega8a);

    isp_rig_init(&r, &cfg, 1);
    ck_assert(isp_enter(&r));
    isp_send(&r, 0xC0000055, NULL);
    ck_assert_uint_eq(isp_send(&r, 0xA0000000, NULL), 0xFF);
    isp_wait(&r, 10 * SIM_MS);
    ck_assert_uint_eq(isp_send(&r, 0xA0000000, NULL), 0x55);
    ck_assert_uint_eq(findings(CHECK_BUSY_ACCESS), 0);
    isp_send(&r, 0xC0000155, NULL);
    isp_send(&r, 0xC0000255, NULL);
    ck_assert_uint_eq(findings(CHECK_BUSY_ACCESS), 1);
    isp_rig_free(&r);
}
END_TEST

START_TEST(order_of_page_loads)
{
    clocked_and_waited(MHZ);
    isp_send(&r, 0xAC530000, NULL);
    isp_send(&r, 0x40000011, NULL);
    isp_send(&r, 0x48000022, NULL);
    ck_assert_uint_eq(r.checker.violations, 0);
    isp_send(&r, 0x48000133, NULL);
    ck_assert_uint_eq(findings(CHECK_PAGE_LOAD_ORDER), 1);
    isp_send(&r, 0x40000044, NULL);
    ck_assert_uint_eq(findings(CHECK_PAGE_LOAD_TWICE), 1);
    isp_rig_free(&r);
}
END_TEST

START_TEST(locked_is_a_note)
{
    clocked_and_waited(MHZ);
    isp_send(&r, 0xAC530000, NULL);
    isp_send(&r, 0x20000000, NULL);
    isp_send(&r, 0xACE000FC, NULL); /* LB mode 3 */
    isp_wait(&r, 10 * SIM_MS);
    ck_assert_uint_eq(findings(CHECK_LOCKED), 0);
    isp_send(&r, 0x20000000, NULL);
    isp_send(&r, 0x40000000, NULL);
    ck_assert_uint_eq(findings(CHECK_LOCKED), 2);
    ck_assert_uint_eq(r.checker.notes, 2 + findings(CHECK_LOCK_OUT) + findings(CHECK_LOCK_EARLY));
    ck_assert_uint_eq(r.checker.violations, 0);
    isp_rig_free(&r);
}
END_TEST

START_TEST(no_clock_is_a_note)
{
    clocked(MHZ, NULL);
    net_open(&r.d_xtal1);
    isp_wait(&r, 20 * SIM_MS);
    isp_send(&r, 0xAC530000, NULL);
    isp_send(&r, 0xAC530000, NULL);
    ck_assert_uint_eq(findings(CHECK_NO_CLOCK), 1); /* once a session */
    ck_assert_uint_eq(r.checker.violations, 0);
    isp_rig_free(&r);
}
END_TEST

START_TEST(contention)
{
    struct net_driver other;
    struct net *const nets[] = { &r.sck, &r.mosi, &r.miso, &r.reset_n };

    for (unsigned i = 0; i < 4; i++) {
        clocked_and_waited(MHZ);
        isp_send(&r, 0xAC530000, NULL); /* MISO is driven now */
        ck_assert_uint_eq(findings(CHECK_CONTENTION), 0);
        net_attach(nets[i], &other, "other");
        net_drive(&other, NET_1, NET_STRONG);
        ck_assert_uint_eq(findings(CHECK_CONTENTION), 1);
        ck_assert_str_eq(checker_at(&r.checker, 0)->net, nets[i]->name);
        isp_rig_free(&r);
    }
}
END_TEST

/* RESET high: what happens on SCK and MOSI is none of our business. */
START_TEST(nothing_is_checked_outside_programming_mode)
{
    clocked(MHZ, NULL);
    isp_reset(&r, true);
    isp_wait(&r, SIM_MS);
    for (int i = 0; i < 20; i++) {
        isp_set_sck(&r, i % 2);
        isp_set_mosi(&r, i % 3);
        isp_wait(&r, 100 * SIM_NS);
    }
    ck_assert_uint_eq(checker_count(&r.checker), 0);
    isp_rig_free(&r);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("port_rules");
    TCase *tc = tcase_create("timing");
    tcase_add_loop_test(tc, sck_high, 0, 6);
    tcase_add_loop_test(tc, sck_low, 0, 6);
    tcase_add_loop_test(tc, mosi_setup, 0, 3);
    tcase_add_loop_test(tc, mosi_hold, 0, 3);
    tcase_add_test(tc, programming_enable_itself_too_fast);
    tcase_add_test(tc, nobody_programs);
    tcase_add_test(tc, mosi_moves_with_the_wrong_edge);
    tcase_add_test(tc, an_instruction_of_broken_bits);
    tcase_add_test(tc, an_instruction_that_was_broken_off);
    tcase_add_loop_test(tc, reset_high, 0, 4);
    tcase_add_test(tc, what_comes_of_a_lost_edge_follows_from_it);
    tcase_add_test(tc, what_comes_of_a_late_mosi_follows_from_it);
    tcase_add_test(tc, what_a_busy_chip_has_not_taken_is_missing_later);
    tcase_add_test(tc, a_new_session_is_in_step_again);
    tcase_add_loop_test(tc, of_two_reset_pulses_the_last_counts, 0, 2);
    tcase_add_loop_test(tc, reset_low, 0, 3);
    tcase_add_test(tc, a_short_reset_low_may_reset);
    tcase_add_loop_test(tc, sck_level_when_reset_falls, 0, 2);
    tcase_add_loop_test(tc, sck_level_at_power_up, 0, 2);
    tcase_add_test(tc, sck_level_without_a_clock);
    tcase_add_loop_test(tc, wait_before_programming_enable, 0, 3);
    tcase_add_loop_test(tc, wait_after_a_reset_pulse, 0, 3);
    suite_add_tcase(suite, tc);
    tc = tcase_create("instructions");
    tcase_add_loop_test(tc, access_while_busy, 0, 3);
    tcase_add_loop_test(tc, access_while_a_fuse_is_written, 0, 3);
    tcase_add_test(tc, reading_while_busy_is_access_too);
    tcase_add_test(tc, polling_is_no_access);
    tcase_add_test(tc, polling_by_value);
    tcase_add_test(tc, order_of_page_loads);
    tcase_add_test(tc, locked_is_a_note);
    suite_add_tcase(suite, tc);
    tc = tcase_create("wires");
    tcase_add_test(tc, no_clock_is_a_note);
    tcase_add_test(tc, contention);
    tcase_add_test(tc, nothing_is_checked_outside_programming_mode);
    suite_add_tcase(suite, tc);
    return run_all(suite);
}
