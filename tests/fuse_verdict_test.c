/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * fuse_verdict_test - what `limpet fuses` says of a setting against what the simulated chip does on its pins
 *
 * Every low fuse byte x RSTDISBL, DWEN, SPIEN x lock modes x boards x SCK rates: a scripted programmer powers the
 * chip up with RESET low, gives the RESET pulse, waits 20 ms, sends Programming Enable and reads the signature.
 * The same for the other parts, with fewer lockouts; of parts that share their tables one stands for all.
 */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "sim/fuse_verdict.h"
#include "tests/hv_rig.h"
#include "tests/isp_rig.h"
#include "tests/run_all.h"

struct board {
    const char *name;
    uint64_t crystal_millihz, wave_millihz;
    bool on_xtal2;
};

static const struct board boards[] = {
    { "nothing", 0, 0, false },
    { "16 MHz crystal", UINT64_C(16000000000), 0, false },
    { "32.768 kHz crystal", 32768000, 0, false },
    { "1 MHz wave on XTAL1", 0, UINT64_C(1000000000), false },
    { "1 MHz wave on XTAL2", 0, UINT64_C(1000000000), true },
};

static struct clock_board clock_board_of(const struct part *part, const struct fuse_bytes *fuses,
                                         const struct board *board)
{
    struct clock_board b = clock_board_default(part, fuses);

    b.wired = board->crystal_millihz ? WIRED_CRYSTAL : board->wave_millihz ? WIRED_WAVE : WIRED_NOTHING;
    b.f_millihz = board->crystal_millihz + board->wave_millihz;
    b.wave_on_xtal2 = board->on_xtal2;
    return b;
}

static void power_up(struct isp_rig *r, const struct part *part, const struct fuse_bytes *fuses,
                     const struct board *board, uint32_t vcc_mv, uint64_t seed)
{
    struct target_config cfg = target_config_default(part);

    isp_rig_board(r, part, seed);
    r->nvm.cells.fuses = *fuses;
    cfg.crystal_millihz = board->crystal_millihz;
    isp_rig_target(r, &cfg);
    if (board->wave_millihz) {
        struct net_wave w = net_wave_square(0, board->wave_millihz);
        net_drive_wave(board->on_xtal2 ? &r->d_xtal2 : &r->d_xtal1, &w, NET_STRONG);
    }
    isp_set_sck(r, false);
    isp_set_mosi(r, false);
    isp_reset(r, false);
    isp_power(r, (int32_t)vcc_mv);
}

/* All crystals run after 1.2 s; the RESET pulse is long enough for a 4 kHz system clock. */
static bool enable(struct isp_rig *r)
{
    uint32_t in;

    isp_wait(r, 1200 * SIM_MS);
    isp_reset(r, true);
    isp_wait(r, 2 * SIM_MS);
    isp_reset(r, false);
    isp_wait(r, 1200 * SIM_MS); /* 20 ms; a crystal may have to start again */
    isp_send(r, 0xAC530000, &in);
    return (in >> 8 & 0xFF) == 0x53;
}

static bool signature_comes_back(struct isp_rig *r, const struct part *part)
{
    bool right = enable(r);

    for (unsigned i = 0; i < 3; i++) {
        right &= isp_send(r, 0x30000000 | i << 8, NULL) == part->signature[i];
    }
    return right;
}

struct tally {
    unsigned runs, yes, no, lucky, unlucky;
};

static void compare(const struct part *part, const struct fuse_bytes *fuses, const struct board *board, uint64_t sck_hz,
                    struct tally *tally)
{
    struct clock_board cb = clock_board_of(part, fuses, board);
    struct fuse_verdict v = fuse_verdict(part, fuses, &cb);
    enum fuse_reach want = fuse_verdict_at(&v, sck_hz);
    struct isp_rig r;

    power_up(&r, part, fuses, board, 5000, tally->runs);
    /* a half period rounded up: never faster than asked */
    r.t_high_ps = r.t_low_ps = (SIM_S + 2 * sck_hz - 1) / (2 * sck_hz);
    bool answers = signature_comes_back(&r, part);
    ck_assert_msg(want == FUSE_REACH_BY_LUCK || answers == (want == FUSE_REACH_YES),
                  "%s low %02X high %02X ext %02X lock %02X, %s, SCK %llu Hz: verdict %d, the chip %s", part->name,
                  fuses->fuse[0], fuses->fuse[1], fuses->fuse[2], fuses->lock, board->name, (unsigned long long)sck_hz,
                  want, answers ? "answers" : "is silent");
    /* and the clock is the one that the verdict names */
    ck_assert_uint_eq(sim_clock_f_hz(target_cpu_clock(&r.target)), (v.f_cpu_millihz + 500) / 1000);
    tally->runs++;
    tally->yes += want == FUSE_REACH_YES;
    tally->no += want == FUSE_REACH_NO;
    tally->lucky += want == FUSE_REACH_BY_LUCK && answers;
    tally->unlucky += want == FUSE_REACH_BY_LUCK && !answers;
    isp_rig_free(&r);
}

/* Usual rates, the fastest safe one, the first that can't work, and two between: luck decides there. */
static void compare_rates(const struct part *part, const struct fuse_bytes *fuses, const struct board *board,
                          struct tally *tally)
{
    static const uint64_t usual[] = { 900, 3000, 31250, 125000, 1000000 };
    struct clock_board cb = clock_board_of(part, fuses, board);
    struct fuse_verdict v = fuse_verdict(part, fuses, &cb);

    for (unsigned i = 0; i < sizeof usual / sizeof usual[0]; i++) {
        compare(part, fuses, board, usual[i], tally);
    }
    if (v.reachable) {
        unsigned n = clock_sck_samples(v.f_cpu_millihz);
        compare(part, fuses, board, v.sck_max_hz, tally);
        compare(part, fuses, board, v.f_cpu_millihz / (2000 * (n - 1)) + 1, tally);
        compare(part, fuses, board, v.sck_max_hz + v.sck_max_hz / 5000 + 1, tally);
        compare(part, fuses, board, v.f_cpu_millihz / (1000 * (2 * n - 1)), tally);
    }
}

START_TEST(verdict_is_what_the_chip_does)
{
    static const uint8_t lock[] = { 0xFF, 0xFE, 0xFC }; /* LB modes 1, 2, 3 */
    const struct part *part = &part_atmega328p;
    struct tally tally = { 0 };

    for (unsigned low = (unsigned)_i * 64; low < (unsigned)_i * 64 + 64; low++) {
        for (unsigned out = 0; out < 24; out++) {
            struct fuse_bytes b = { { (uint8_t)low, 0xD9, 0xFF }, lock[out >> 3] };
            if (out & 1) {
                b.fuse[1] &= 0x7F; /* RSTDISBL */
            }
            if (out & 2) {
                b.fuse[1] &= 0xBF; /* DWEN */
            }
            if (out & 4) {
                b.fuse[1] |= 0x20; /* SPIEN unprogrammed */
            }
            for (unsigned k = 0; k < sizeof boards / sizeof boards[0]; k++) {
                if (fuse_isp_access(part, &b) == FUSE_ISP_OPEN) {
                    compare_rates(part, &b, &boards[k], &tally);
                } else {
                    compare(part, &b, &boards[k], 900, &tally);
                }
            }
        }
    }
    ck_assert_uint_gt(tally.yes, 0);
    ck_assert_uint_gt(tally.no, 0);
    ck_assert_uint_gt(tally.lucky, 0); /* luck means both happen */
    ck_assert_uint_gt(tally.unlucky, 0);
    printf("low fuses %02X..%02X: %u sessions, %u answered, %u silent, by luck %u answered, %u silent\n",
           (unsigned)_i * 64, (unsigned)_i * 64 + 63, tally.runs, tally.yes, tally.no, tally.lucky, tally.unlucky);
}
END_TEST

/* ---- the high-voltage answer ---- */

/* Brought in by 12 V, written, and what is left of the program. */
static void compare_high_voltage(const struct part *part, const struct fuse_bytes *fuses)
{
    struct clock_board cb = clock_board_default(part, fuses);
    struct fuse_verdict v = fuse_verdict(part, fuses, &cb);
    struct hv_rig r;

    hv_rig_init(&r, part, NULL);
    r.nvm.cells.fuses = *fuses;
    r.nvm.cells.flash[0] = 0x42;
    hv_enter(&r);
    for (unsigned i = 0; i < 3; i++) {
        ck_assert_uint_eq(hv_signature(&r, i), part->signature[i]);
    }
    uint8_t other = (uint8_t)(fuses->fuse[0] ^ 1);
    hv_write_fuse(&r, 0, other);
    ck_assert_msg((hv_read_fuse(&r, 0) == other) == !v.hv_erases, "%s low %02X high %02X lock %02X", part->name,
                  fuses->fuse[0], fuses->fuse[1], fuses->lock);
    if (v.hv_erases) {
        hv_erase(&r);
        hv_write_fuse(&r, 0, other);
        ck_assert_uint_eq(hv_read_fuse(&r, 0), other);
    }
    ck_assert_uint_eq(hv_read_flash(&r, 0, false), v.hv_erases ? 0xFF : 0x42);
    hv_rig_free(&r);
}

/* With RESET at 0 V from power-up on: does the program start, and when? */
static void compare_race(const struct part *part, const struct fuse_bytes *fuses)
{
    struct clock_board cb = clock_board_default(part, fuses);
    struct fuse_verdict v = fuse_verdict(part, fuses, &cb);
    struct hv_rig r;

    hv_rig_init(&r, part, NULL);
    r.nvm.cells.fuses = *fuses;
    vline_set(&r.vcc, 5000);
    if (v.hv_races_program && v.hv_program_ps != SIM_NEVER) {
        sim_time clock = 1000 * SIM_S / v.f_cpu_millihz + 1;
        hv_wait(&r, v.hv_program_ps - 1);
        ck_assert_int_ne(target_mode(&r.target), TARGET_RUNNING);
        hv_wait(&r, 4 * clock + 1);
        ck_assert_int_eq(target_mode(&r.target), TARGET_RUNNING);
    } else {
        hv_wait(&r, 3 * SIM_S);
        ck_assert_int_ne(target_mode(&r.target), TARGET_RUNNING);
    }
    hv_rig_free(&r);
}

/* Of a part's every low fuse, lockout and lock mode. */
static void compare_all_high_voltage(const struct part *part, unsigned from, unsigned n)
{
    static const uint8_t lock[] = { 0xFF, 0xFE, 0xFC };
    static const enum fuse_field field[] = { FUSE_RSTDISBL, FUSE_DWEN, FUSE_SPIEN };

    for (unsigned low = from; low < from + n; low++) {
        for (unsigned out = 0; out < 24; out++) {
            struct fuse_bytes b = fuse_factory(part);
            b.fuse[0] = (uint8_t)low;
            b.lock = lock[out >> 3];
            for (unsigned i = 0; i < 3; i++) {
                if (fuse_has(part, field[i]) && part->fuses->at[field[i]].byte != 0) {
                    fuse_put(part, &b, field[i], (out >> i & 1) ^ (field[i] != FUSE_SPIEN));
                }
            }
            compare_high_voltage(part, &b);
            compare_race(part, &b);
        }
    }
}

START_TEST(high_voltage_is_what_the_chip_does)
{
    compare_all_high_voltage(&part_atmega328p, (unsigned)_i * 64, 64);
}
END_TEST

START_TEST(high_voltage_of_other_parts)
{
    static const char *const names[] = { "atmega8a", "attiny85", "attiny84", "attiny13", "attiny2313" };

    for (unsigned i = 0; i < sizeof names / sizeof names[0]; i++) {
        compare_all_high_voltage(part_find(names[i]), 0x60, 4);
    }
}
END_TEST

/* Is this the first part of part_at() with these clocks? The others of its family would say the same. */
static bool has_own_clocks(const struct part *part)
{
    const struct part *p;

    for (unsigned i = 0; (p = part_at(i)) != part; i++) {
        if (p->clocks == part->clocks && fuse_has(p, FUSE_CFD) == fuse_has(part, FUSE_CFD)) {
            return false;
        }
    }
    return true;
}

/* ... with this brown-out detector and power-on reset? */
static bool has_own_supply(const struct part *part)
{
    const struct part *p;

    for (unsigned i = 0; (p = part_at(i)) != part; i++) {
        if (p->fuses->bod == part->fuses->bod && p->v_pot_rise_mv == part->v_pot_rise_mv && p->clocks == part->clocks &&
            !memcmp(&p->fuses->at[FUSE_BODLEVEL], &part->fuses->at[FUSE_BODLEVEL], sizeof p->fuses->at[0])) {
            return false;
        }
    }
    return true;
}

START_TEST(other_parts_too)
{
    const struct part *part;

    for (unsigned i = 0; (part = part_at(i)) != NULL; i++) {
        struct tally tally = { 0 };
        if (part->clocks == part_atmega328p.clocks || !has_own_clocks(part)) {
            continue;
        }
        for (unsigned low = 0; low < 256; low++) {
            struct fuse_bytes b = fuse_factory(part);
            b.fuse[0] = (uint8_t)low;
            if (fuse_has(part, FUSE_CFD)) {
                fuse_put(part, &b, FUSE_CFD, 1); /* that is: on */
            }
            for (unsigned k = 0; k < sizeof boards / sizeof boards[0]; k++) {
                compare_rates(part, &b, &boards[k], &tally);
            }
            if (fuse_has(part, FUSE_CKOPT) && fuse_put(part, &b, FUSE_CKOPT, 0)) {
                compare_rates(part, &b, &boards[1], &tally);
            }
            fuse_put(part, &b, FUSE_RSTDISBL, 0);
            compare(part, &b, &boards[1], 900, &tally);
        }
        ck_assert_uint_gt(tally.yes, 0);
        ck_assert_uint_gt(tally.no, 0);
    }
}
END_TEST

/* Released, the chip starts after the time that the verdict gives, plus the few clocks that notice RESET. */
START_TEST(start_up_takes_as_long_as_said)
{
    const struct part *part;

    for (unsigned i = 0; (part = part_at(i)) != NULL; i++) {
        if (!has_own_clocks(part)) {
            continue;
        }
        for (unsigned low = 0; low < 256; low++) {
            for (unsigned k = 0; k < sizeof boards / sizeof boards[0]; k++) {
                struct fuse_bytes b = fuse_factory(part);
                b.fuse[0] = (uint8_t)low;
                struct clock_board cb = clock_board_of(part, &b, &boards[k]);
                struct fuse_verdict v = fuse_verdict(part, &b, &cb);
                struct isp_rig r;
                power_up(&r, part, &b, &boards[k], 5000, low);
                isp_wait(&r, 1200 * SIM_MS);
                isp_reset(&r, true);
                sim_time startup = clock_startup_ps(&v.clock, true);
                sim_time clock = v.f_cpu_millihz ? 1000 * SIM_S / v.f_cpu_millihz + 1 : 0;
                if (!v.clock.runs) {
                    isp_wait(&r, 3 * SIM_S);
                    ck_assert_int_ne(target_mode(&r.target), TARGET_RUNNING);
                } else {
                    isp_wait(&r, startup - 1);
                    ck_assert_int_ne(target_mode(&r.target), TARGET_RUNNING);
                    isp_wait(&r, 4 * clock + 1);
                    ck_assert_msg(target_mode(&r.target) == TARGET_RUNNING, "%s low %02X %s", part->name, low,
                                  boards[k].name);
                }
                isp_rig_free(&r);
            }
        }
    }
}
END_TEST

/* Every brown-out level at every supply, on the RC and on a crystal that may need more of it. */
START_TEST(supply_and_brown_out)
{
    const struct part *part;

    for (unsigned i = 0; (part = part_at(i)) != NULL; i++) {
        if (!has_own_supply(part)) {
            continue;
        }
        unsigned held = 0, free = 0, levels = 1u << part->fuses->at[FUSE_BODLEVEL].width;
        for (uint32_t vcc_mv = 1000; vcc_mv <= 5500; vcc_mv += 50) {
            for (unsigned setting = 0; setting < 4 * levels; setting++) {
                struct fuse_bytes b = fuse_factory(part);
                fuse_put(part, &b, FUSE_BODLEVEL, setting / 4);
                if (fuse_has(part, FUSE_BODEN)) {
                    fuse_put(part, &b, FUSE_BODEN, setting & 2 ? 1 : 0);
                }
                if (setting & 1) {
                    fuse_put(part, &b, FUSE_CKSEL, 7); /* full swing on ATmega..8P */
                }
                struct clock_board cb = clock_board_of(part, &b, &boards[1]);
                cb.vcc_mv = vcc_mv;
                struct fuse_verdict v = fuse_verdict(part, &b, &cb);
                struct isp_rig r;
                power_up(&r, part, &b, &boards[1], vcc_mv, setting);
                r.t_high_ps = r.t_low_ps = 50 * SIM_US;
                bool answers = signature_comes_back(&r, part);
                ck_assert_msg(answers == v.reachable, "%s low %02X high %02X ext %02X at %u mV: verdict %d", part->name,
                              b.fuse[0], b.fuse[1], b.fuse[2], vcc_mv, v.reachable);
                ck_assert_int_eq(v.reachable, v.needs == 0);
                held += v.held_by_bod;
                free += v.reachable;
                isp_rig_free(&r);
            }
        }
        ck_assert_uint_gt(held, 0);
        ck_assert_uint_gt(free, 0);
    }
}
END_TEST

/* Lock modes: the verdict says that a chip erase is needed; it is, and it suffices. */
START_TEST(locked_fuses_need_a_chip_erase)
{
    static const uint8_t lock[] = { 0xFF, 0xFE, 0xFC };
    const struct part *part = &part_atmega328p;

    for (unsigned i = 0; i < 3; i++) {
        struct fuse_bytes b = { { 0x62, 0xD9, 0xFF }, lock[i] };
        struct clock_board cb = clock_board_of(part, &b, &boards[0]);
        struct isp_rig r;
        power_up(&r, part, &b, &boards[0], 5000, i);
        ck_assert(enable(&r));
        isp_send(&r, 0xACA000E2, NULL);
        isp_wait(&r, 10 * SIM_MS);
        bool written = (isp_send(&r, 0x50000000, NULL)) == 0xE2;
        ck_assert_int_eq(written, fuse_verdict(part, &b, &cb).lb_mode == 1);
        isp_send(&r, 0xAC800000, NULL);
        isp_wait(&r, 20 * SIM_MS);
        isp_send(&r, 0xACA000E3, NULL);
        isp_wait(&r, 10 * SIM_MS);
        ck_assert_uint_eq(isp_send(&r, 0x50000000, NULL), 0xE3);
        ck_assert_uint_eq(r.nvm.cells.fuses.lock, 0xFF);
        isp_rig_free(&r);
    }
}
END_TEST

int main(void)
{
    Suite *s = suite_create("fuse_verdict");
    TCase *tc = tcase_create("fuse_verdict");
    tcase_set_timeout(tc, 60);
    tcase_add_loop_test(tc, verdict_is_what_the_chip_does, 0, 4);
    tcase_add_loop_test(tc, high_voltage_is_what_the_chip_does, 0, 4);
    tcase_add_test(tc, high_voltage_of_other_parts);
    tcase_add_test(tc, other_parts_too);
    tcase_add_test(tc, start_up_takes_as_long_as_said);
    tcase_add_test(tc, supply_and_brown_out);
    tcase_add_test(tc, locked_fuses_need_a_chip_erase);
    suite_add_tcase(s, tc);
    return run_all(s);
}
