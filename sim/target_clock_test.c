/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sim/target_avr.h"

#include <check.h>
#include <string.h>

#include "tests/run_all.h"

#include "tests/chip_rig.h" /* last: its r hides others' */

/* ---- what clocks it, and how fast SCK may be ---- */

START_TEST(factory_clock)
{
    chip(1, 0x62, 0xD9, 0xFF, NULL);
    isp_power(&r, 3000);
    ck_assert_uint_eq(sim_clock_f_hz(target_cpu_clock(&r.target)), 1000000);
    isp_rig_free(&r);
}
END_TEST

START_TEST(rc_tolerance_from_the_seed)
{
    struct target_config cfg = target_config_default(&part_atmega328p);
    uint64_t f[3];

    cfg.rc_spread_ppm = 100000;
    for (unsigned i = 0; i < 3; i++) {
        chip(i == 2 ? 8 : 7, 0xE2, 0xD9, 0xFF, &cfg);
        isp_power(&r, 3000);
        f[i] = sim_clock_f_hz(target_cpu_clock(&r.target));
        ck_assert_uint_ge(f[i], 7200000);
        ck_assert_uint_le(f[i], 8800000);
        ck_assert_uint_eq(f[i], (r.nvm.rc_millihz + 500) / 1000); /* the same oscillator paces writes */
        isp_rig_free(&r);
    }
    ck_assert_uint_eq(f[0], f[1]);
    ck_assert_uint_ne(f[0], f[2]);
}
END_TEST

/* Just under f/4 every phase of the clocks works; with a shorter high some do; at f/2 none. */
START_TEST(sck_limit_at_1_mhz)
{
    static const struct {
        sim_time high_ps, low_ps;
        unsigned least, most;
    } cases[] = {
        { 2001 * SIM_NS, 2001 * SIM_NS, 60, 60 },
        { 2 * SIM_US, 2 * SIM_US, 60, 60 },
        { 1500 * SIM_NS, 2500 * SIM_NS, 15, 45 },
        { 1500 * SIM_NS, 1500 * SIM_NS, 0, 0 },
        { SIM_US, SIM_US, 0, 0 },
    };

    for (unsigned i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        unsigned good = 0;
        for (uint64_t seed = 0; seed < 60; seed++) {
            chip(seed, 0x62, 0xD9, 0xFF, NULL);
            isp_power(&r, 3000);
            r.t_high_ps = cases[i].high_ps;
            r.t_low_ps = cases[i].low_ps;
            good += isp_enter(&r) && isp_send(&r, 0x30000000, NULL) == 0x1E && isp_send(&r, 0x30000100, NULL) == 0x95 &&
                    isp_send(&r, 0x30000200, NULL) == 0x0F;
            ck_assert((r.checker.violations > 0) == (cases[i].high_ps <= 2 * SIM_US)); /* > 2 clocks */
            isp_rig_free(&r);
        }
        ck_assert_uint_ge(good, cases[i].least);
        ck_assert_uint_le(good, cases[i].most);
    }
}
END_TEST

START_TEST(sck_limit_at_16_mhz)
{
    for (int samples = 2; samples <= 3; samples++) {
        struct target_config cfg = target_config_default(&part_atmega328p);
        unsigned good = 0;
        cfg.crystal_millihz = 16 * MHZ;
        cfg.switches.v[SW_SCK_SAMPLES_FROM_12_MHZ] = samples;
        for (uint64_t seed = 0; seed < 40; seed++) {
            chip(seed, 0xFF, 0xD9, 0xFF, &cfg);
            isp_power(&r, 5000);
            sck_half_period(130 * SIM_NS); /* 2.08 clocks */
            good += isp_enter(&r) && isp_send(&r, 0x30000000, NULL) == 0x1E;
            ck_assert_uint_gt(checker_margin(&r.checker, CHECK_SCK_HIGH)->findings, 0);
            isp_rig_free(&r);
        }
        if (samples == 2) {
            ck_assert_uint_eq(good, 40);
        } else {
            ck_assert_uint_lt(good, 10);
        }
    }
}
END_TEST

START_TEST(a_crystal_has_to_start_up)
{
    struct target_config cfg = target_config_default(&part_atmega328p);

    cfg.crystal_millihz = 16 * MHZ;
    chip(1, 0xFF, 0xD9, 0xFF, &cfg); /* 16K CK: 1.024 ms */
    isp_power(&r, 5000);
    sim_time first = sim_clock_edge(target_cpu_clock(&r.target), 0);
    ck_assert_uint_ge(first, 1024 * SIM_US);
    ck_assert_uint_lt(first, 1025 * SIM_US);
    ck_assert_uint_eq(sim_clock_f_hz(target_cpu_clock(&r.target)), 16000000);
    ck_assert(isp_enter(&r));
    ck_assert_uint_eq(sim_clock_edge(target_cpu_clock(&r.target), 0), first); /* RESET does not stop it */
    target_set_crystal(&r.target, 0);
    ck_assert(!sim_clock_runs(target_cpu_clock(&r.target)));
    ck_assert(!isp_enter(&r));
    target_set_crystal(&r.target, 16 * MHZ);
    ck_assert(isp_enter(&r));
    isp_rig_free(&r);
}
END_TEST

START_TEST(a_wave_clocks_a_part_set_for_a_crystal)
{
    chip(1, 0xFF, 0xD9, 0xFF, NULL);
    isp_power(&r, 5000);
    ck_assert(!isp_enter(&r));
    wave_on_xtal1(MHZ);
    ck_assert_uint_eq(sim_clock_f_hz(target_cpu_clock(&r.target)), 1000000);
    ck_assert(isp_enter(&r));
    isp_rig_free(&r);
}
END_TEST

START_TEST(low_frequency_crystal_mode_and_a_wave)
{
    for (int on_xtal2 = 0; on_xtal2 < 2; on_xtal2++) {
        for (int only_xtal2 = 0; only_xtal2 < 2; only_xtal2++) {
            struct target_config cfg = target_config_default(&part_atmega328p);
            struct net_wave w = net_wave_square(0, MHZ);
            cfg.switches.v[SW_LF_WAVE_ON_XTAL2_ONLY] = only_xtal2;
            chip(1, 0xE4, 0xD9, 0xFF, &cfg);
            net_drive_wave(on_xtal2 ? &r.d_xtal2 : &r.d_xtal1, &w, NET_STRONG);
            isp_power(&r, 5000);
            ck_assert(isp_enter(&r) == (on_xtal2 == only_xtal2));
            isp_rig_free(&r);
        }
    }
}
END_TEST

START_TEST(a_clock_that_stops_and_comes_back)
{
    chip(1, 0xE0, 0xD9, 0xFF, NULL);
    wave_on_xtal1(MHZ);
    isp_power(&r, 5000);
    ck_assert(isp_enter(&r));
    isp_send(&r, 0x12345678, NULL);
    net_drive(&r.d_xtal1, NET_0, NET_STRONG);
    uint32_t in;
    isp_send(&r, 0x30000000, &in);
    ck_assert_uint_eq(in, 0); /* MISO stands where it was */
    wave_on_xtal1(MHZ);
    ck_assert_uint_eq(isp_send(&r, 0x30000000, NULL), 0x1E); /* nothing was missed by half */
    isp_rig_free(&r);
}
END_TEST

/* ---- by hand ---- */

struct edges {
    sim_time at_ps[4000];
    uint8_t level[4000];
    unsigned n;
};

static void record(void *ctx, struct net *net, sim_time at_ps)
{
    struct edges *e = ctx;

    ck_assert_uint_lt(e->n, 4000);
    e->at_ps[e->n] = at_ps;
    e->level[e->n++] = net->level;
}

/* A programmer that runs by itself: levels of SCK, MOSI, RESET by its own event. */
struct player {
    struct sim_event event;
    uint32_t bits[40];
    unsigned at;
    sim_time half_ps;
};

static void play(void *ctx, sim_time at_ps)
{
    struct player *p = ctx;
    unsigned bit = p->at / 2;

    if (bit >= 40 * 32) {
        return;
    }
    if (p->at % 2 == 0) {
        isp_set_sck(&r, false);
        isp_set_mosi(&r, p->bits[bit / 32] >> (31 - bit % 32) & 1);
    } else {
        isp_set_sck(&r, true);
    }
    p->at++;
    sim_schedule(&r.sim, &p->event, at_ps + p->half_ps);
}

static struct sim_event hand;
static struct net_wave hand_wave;

static void toggle(void *ctx, sim_time at_ps)
{
    (void)ctx;
    net_drive(&r.d_xtal1, net_wave_level(&hand_wave, at_ps) ? NET_1 : NET_0, NET_STRONG);
    sim_schedule(&r.sim, &hand, net_wave_next_change(&hand_wave, at_ps));
}

/* The same clock as a wave and as edges: the same MISO, to the picosecond. */
START_TEST(wave_and_edges_agree)
{
    static struct edges seen[2];
    static struct player p;
    struct sim_rng rng = sim_rng_stream((uint64_t)_i, "target_avr_test");
    uint64_t f = MHZ / 2 + sim_rng_below(&rng, 4 * MHZ);
    uint8_t low = _i % 2 ? 0xE0 : 0x60; /* CKDIV8 */
    bool runs_before = _i / 2 % 2;      /* the supply comes into a clock that runs already: the divider starts then */
    sim_time half = (sim_time)((low == 0x60 ? 8 : 1) * (1900 + sim_rng_below(&rng, 1500)) * SIM_NS * MHZ / f);

    memset(&p, 0, sizeof p);
    for (unsigned i = 0; i < 40; i++) {
        p.bits[i] = i == 0 ? 0xAC530000 : (uint32_t)sim_rng_next(&rng);
    }
    for (unsigned by_hand = 0; by_hand < 2; by_hand++) {
        struct net_watch watch;
        chip(1, low, 0xD9, 0xFF, NULL);
        if (!runs_before) {
            isp_power(&r, 5000);
        }
        hand_wave = net_wave_square(100 * SIM_US, f);
        sim_run_until(&r.sim, 99 * SIM_US);
        net_drive(&r.d_xtal1, NET_0, NET_STRONG);
        if (by_hand) {
            sim_event_init(&hand, "by hand", toggle, NULL);
            sim_schedule(&r.sim, &hand, 100 * SIM_US);
        } else {
            net_drive_wave(&r.d_xtal1, &hand_wave, NET_STRONG);
        }
        if (runs_before) {
            sim_run_until(&r.sim, 130 * SIM_US + (sim_time)_i * 77);
            isp_power(&r, 5000);
        }
        seen[by_hand].n = 0;
        net_watch_add(&r.miso, &watch, NET_WATCH_EDGES, record, &seen[by_hand]);
        p.at = 0;
        p.half_ps = half;
        sim_event_init(&p.event, "player", play, &p);
        sim_schedule(&r.sim, &p.event, 21 * SIM_MS + 137);
        sim_run_until(&r.sim, 22 * SIM_MS + 40 * 32 * 2 * half);
        isp_rig_free(&r);
    }
    ck_assert_uint_eq(seen[0].n, seen[1].n);
    for (unsigned i = 0; i < seen[0].n; i++) {
        ck_assert_uint_eq(seen[0].at_ps[i], seen[1].at_ps[i]);
        ck_assert_uint_eq(seen[0].level[i], seen[1].level[i]);
    }
    if (half > (low == 0x60 ? 8 : 1) * 2000 * SIM_NS * MHZ / f) {
        ck_assert_uint_gt(seen[0].n, 100); /* they had something to agree on */
    }
}
END_TEST

static void clocks_by_hand(unsigned n)
{
    while (n--) {
        net_drive(&r.d_xtal1, NET_1, NET_STRONG);
        isp_wait(&r, SIM_US);
        net_drive(&r.d_xtal1, NET_0, NET_STRONG);
        isp_wait(&r, SIM_US);
    }
}

/* A target clocked step by step: three clocks for every phase of SCK, and the clock stands still in between. */
static uint32_t send_by_hand(uint32_t out)
{
    uint32_t in = 0;

    for (int bit = 31; bit >= 0; bit--) {
        isp_set_sck(&r, false);
        isp_set_mosi(&r, out >> bit & 1);
        clocks_by_hand(3);
        in = in << 1 | isp_miso(&r);
        isp_set_sck(&r, true);
        clocks_by_hand(3);
    }
    isp_set_sck(&r, false);
    clocks_by_hand(3);
    return in;
}

START_TEST(a_session_clocked_by_hand)
{
    chip(1, 0xE0, 0xD9, 0xFF, NULL);
    isp_power(&r, 5000);
    net_drive(&r.d_xtal1, NET_0, NET_STRONG);
    isp_wait(&r, 30 * SIM_MS);
    ck_assert_uint_eq(send_by_hand(0xAC530000), 0xFFFF5300);
    ck_assert_uint_eq(send_by_hand(0x30000000) & 0xFF, 0x1E);
    isp_wait(&r, SIM_S); /* static: no lowest frequency */
    ck_assert_uint_eq(send_by_hand(0x30000100) & 0xFF, 0x95);
    for (unsigned clocks = 0; clocks < 4; clocks++) { /* RESET high is noticed by two clocks */
        isp_reset(&r, true);
        isp_wait(&r, SIM_MS);
        clocks_by_hand(clocks);
        isp_reset(&r, false);
        isp_wait(&r, 21 * SIM_MS);
        ck_assert(target_port_enabled(&r.target) == (clocks < 2));
    }
    ck_assert_uint_eq(send_by_hand(0xAC530000), 0xFFFF5300);
    isp_rig_free(&r);
}
END_TEST

/* ---- CLKO ---- */

START_TEST(ckout_shows_the_divided_clock)
{
    chip(1, 0x22, 0xD9, 0xFF, NULL); /* CKOUT, CKDIV8 */
    isp_power(&r, 3000);
    ck_assert_ptr_nonnull(r.clko.wave); /* in reset too */
    ck_assert_uint_eq(sim_clock_f_hz(&r.clko.wave->wave.clk), 1000000);
    const struct sim_clock *cpu = target_cpu_clock(&r.target);
    sim_time edge = sim_clock_nth_from(cpu, SIM_MS, 1);
    sim_run_until(&r.sim, edge - 1);
    ck_assert_int_eq(net_level(&r.clko), NET_0);
    isp_wait(&r, 1);
    ck_assert_int_eq(net_level(&r.clko), NET_1);
    isp_rig_free(&r);
    chip(1, 0x62, 0xD9, 0xFF, NULL);
    isp_power(&r, 3000);
    ck_assert_int_eq(net_level(&r.clko), NET_Z);
    isp_rig_free(&r);
}
END_TEST

START_TEST(ckout_acts_after_the_session_and_as_the_part_does)
{
    const struct part *const parts[] = { &part_atmega328p, &part_attiny85 };
    for (unsigned i = 0; i < 2; i++) {
        struct target_config cfg = target_config_default(parts[i]);
        chip(1, 0x62, parts[i]->fuse_default[1], 0xFF, &cfg);
        isp_power(&r, 3000);
        isp_wait(&r, SIM_MS);
        ck_assert(isp_enter(&r));
        isp_send(&r, 0xACA00022, NULL); /* CKOUT: no change of clock comes with it */
        isp_wait_ready(&r);
        ck_assert_ptr_null(r.clko.wave);
        isp_reset(&r, true);
        isp_wait(&r, 100 * SIM_MS);
        ck_assert_ptr_nonnull(r.clko.wave);
        isp_reset(&r, false);
        isp_wait(&r, SIM_MS);
        ck_assert_int_eq(r.clko.wave != NULL, parts[i]->clko_in_reset);
        isp_rig_free(&r);
    }
}
END_TEST

START_TEST(over_the_speed_grade_is_a_note)
{
    static const int32_t mv[] = { 4500, 3780, 3779 }; /* 16 MHz needs 3.78 V */
    struct target_config cfg = target_config_default(&part_atmega328p);

    cfg.crystal_millihz = 16 * MHZ;
    chip(1, 0xFF, 0xD9, 0xFF, &cfg);
    for (unsigned i = 0; i < 3; i++) {
        isp_power(&r, mv[i]);
        ck_assert_uint_eq(checker_margin(&r.checker, CHECK_SPEED_GRADE)->findings, i == 2);
    }
    ck_assert_uint_eq(r.checker.violations, 0);
    ck_assert(isp_enter(&r)); /* it runs all the same */
    isp_rig_free(&r);
}
END_TEST

static void nothing_starts(void *ctx, const struct target_start *start)
{
    (void)ctx;
    (void)start;
}

static void nothing_stops(void *ctx, sim_time at_ps)
{
    (void)ctx;
    (void)at_ps;
}

static void nothing_changes(void *ctx, sim_time at_ps, const struct sim_clock *clk)
{
    (void)ctx;
    (void)at_ps;
    (void)clk;
}

/* From one period to the next by no more than 2 %: in steps from 8 MHz, while a program runs, and while none does. */
START_TEST(a_jump_of_the_external_clock)
{
    static const struct target_core_ops core = { .start = nothing_starts,
                                                 .stop = nothing_stops,
                                                 .clock_changed = nothing_changes };
    static const struct {
        uint64_t f_millihz;
        bool jumps;
    } to[] = {
        { 7840000001, false }, /* just inside */
        { 7840000000, false }, /* 2 % */
        { 7839999999, true },  { 8160000000, false }, { 8160000001, true }, { 4000000000, true },
    };

    for (unsigned held = 0; held < 2; held++) {
        for (unsigned i = 0; i < sizeof to / sizeof to[0]; i++) {
            struct net_wave wave = net_wave_square(0, 8 * MHZ), other = net_wave_square(0, to[i].f_millihz);

            chip(1, 0xE0, 0xD9, 0xFF, NULL);
            target_set_core(&r.target, &core, NULL);
            net_drive_wave(&r.d_xtal1, &wave, NET_STRONG);
            isp_power(&r, 5000);
            isp_reset(&r, !held);
            isp_wait(&r, 100 * SIM_MS);
            ck_assert_int_eq(r.target.mode, held ? TARGET_RESET : TARGET_RUNNING);
            net_drive_wave(&r.d_xtal1, &other, NET_STRONG);
            isp_wait(&r, SIM_MS);
            ck_assert_uint_eq(checker_margin(&r.checker, CHECK_CLOCK_JUMP)->findings, to[i].jumps && !held);
            isp_rig_free(&r);
        }
    }
}
END_TEST

/* ---- whatever is wired ---- */

#define ANY_CLOCKS 13

struct any_clock {             /* what the test has done to the board, and what the program was told */
    enum clock_wired wired[2]; /* XTAL1, XTAL2: WIRED_WAVE, WIRED_EDGES, or nothing */
    uint64_t f_millihz[2], crystal_millihz;
    uint8_t osccal;
    uint32_t divide;
    bool runs;
    struct sim_clock told;
    unsigned edges;
};

static void any_starts(void *ctx, const struct target_start *start)
{
    struct any_clock *a = ctx;

    a->runs = true;
    a->divide = start->divide;
    a->osccal = start->osccal;
    a->told = start->clk;
}

static void any_stops(void *ctx, sim_time at_ps)
{
    (void)at_ps;
    ((struct any_clock *)ctx)->runs = false;
}

static void any_changes(void *ctx, sim_time at_ps, const struct sim_clock *clk)
{
    (void)at_ps;
    ((struct any_clock *)ctx)->told = *clk;
}

static void any_edge(void *ctx, sim_time at_ps, sim_time period_ps)
{
    (void)at_ps;
    ck_assert_uint_gt(period_ps, 0);
    ((struct any_clock *)ctx)->edges++;
}

static void wire_any(struct any_clock *a, struct sim_rng *rng)
{
    static const uint64_t f[] = { 32768000, MHZ / 2, MHZ, 8 * MHZ, 8 * MHZ + MHZ / 10, 8192000000, 16 * MHZ, 24 * MHZ };
    unsigned pin = (unsigned)sim_rng_below(rng, 2);
    struct net_driver *d = pin ? &r.d_xtal2 : &r.d_xtal1;
    unsigned what = (unsigned)sim_rng_below(rng, 4);

    a->wired[pin] = what < 2 ? WIRED_WAVE : what == 2 ? WIRED_EDGES : WIRED_NOTHING;
    a->f_millihz[pin] = what < 2 ? f[sim_rng_below(rng, sizeof f / sizeof f[0])] : 0;
    if (what < 2) {
        struct net_wave w = net_wave_square(r.sim.now_ps, a->f_millihz[pin]);
        net_drive_wave(d, &w, NET_STRONG);
    } else {
        net_drive(d, what == 3 ? NET_Z : (enum net_level)sim_rng_below(rng, 2), NET_STRONG);
    }
}

static void act_on_any(struct any_clock *a, struct sim_rng *rng)
{
    static const int32_t mv[] = { 0, 1400, 1800, 2700, 3300, 5000, 5000, 5000 };

    switch (sim_rng_below(rng, 9)) {
    case 0: isp_power(&r, mv[sim_rng_below(rng, sizeof mv / sizeof mv[0])]); break;
    case 1: isp_reset(&r, sim_rng_below(rng, 3) != 0); break;
    case 2:
        a->crystal_millihz = sim_rng_below(rng, 4) * 8 * MHZ;
        target_set_crystal(&r.target, a->crystal_millihz);
        break;
    case 3:
        if (a->runs) {
            a->osccal = (uint8_t)sim_rng_below(rng, 256);
            target_set_osccal(&r.target, a->osccal);
        }
        break;
    case 4: {
        uint32_t divide = 1u << sim_rng_below(rng, 9);
        if (a->runs) {
            a->divide = divide;
        }
        target_set_prescaler(&r.target, divide); /* without a program: nothing */
        break;
    }
    case 5:
        for (unsigned i = 0; i < 40; i++) { /* by hand, where that is a clock */
            if (a->wired[0] != WIRED_WAVE) {
                net_drive(&r.d_xtal1, i % 2 ? NET_1 : NET_0, NET_STRONG);
                a->wired[0] = WIRED_EDGES;
                isp_wait(&r, SIM_US);
            }
        }
        break;
    default: wire_any(a, rng); break;
    }
}

/* By the model, from what the test wired. */
static struct clock_result expected_of(const struct any_clock *a)
{
    struct clock_board b = r.target.board; /* the chip's own deviations */
    unsigned pin = a->wired[0] == WIRED_NOTHING && a->wired[1] != WIRED_NOTHING;

    b.vcc_mv = (uint32_t)r.vcc.mv;
    b.wave_on_xtal2 = pin;
    b.wired = a->wired[pin] != WIRED_NOTHING ? a->wired[pin] : a->crystal_millihz ? WIRED_CRYSTAL : WIRED_NOTHING;
    b.f_millihz = b.wired == WIRED_CRYSTAL ? a->crystal_millihz : a->f_millihz[pin];
    if (a->runs) {
        b.osccal = a->osccal;
    }
    return clock_model(r.target.cfg.part, &r.nvm.cells.fuses, &b);
}

/* What is not as the model says; NULL: nothing. */
static const char *differs(const struct any_clock *a)
{
    const struct sim_clock *cpu = target_cpu_clock(&r.target);
    bool off = target_mode(&r.target) == TARGET_OFF;
    struct clock_result want = expected_of(a);
    bool runs = !off && want.runs && !want.by_edges;
    uint32_t divide = a->runs && !want.prescaler_fixed ? a->divide : want.divide;
    uint64_t f_hz = runs ? (want.f_millihz / divide + 500) / 1000 : 0;
    uint64_t is_hz = sim_clock_runs(cpu) ? sim_clock_f_hz(cpu) : 0, apart = f_hz > is_hz ? f_hz - is_hz : is_hz - f_hz;

    if (sim_clock_runs(cpu) != runs || apart > 1) {
        return "the system clock";
    }
    if (a->runs && (sim_clock_runs(&a->told) != runs || (runs && sim_clock_f_hz(&a->told) != is_hz))) {
        return "what the program was told";
    }
    return r.clko.wave && (!runs || sim_clock_f_hz(&r.clko.wave->wave.clk) != is_hz) ? "CLKO" : NULL;
}

static const char *any_clocks(unsigned i, bool forgets)
{
    static const struct target_core_ops core = { any_starts, any_stops, any_changes, any_edge };
    static const struct {
        const struct part *part;
        uint8_t low;
    } chips[ANY_CLOCKS] = {
        { &part_atmega328p, 0x62 }, { &part_atmega328p, 0x22 }, { &part_atmega328p, 0xA0 }, { &part_atmega328p, 0xE3 },
        { &part_atmega328p, 0xBF }, { &part_atmega328p, 0xA5 }, { &part_atmega8a, 0xE1 },   { &part_atmega8a, 0xE0 },
        { &part_attiny85, 0xA1 },   { &part_attiny85, 0xA0 },   { &part_attiny85, 0x62 },   { &part_atmega328p, 0xA7 },
        { &part_attiny85, 0x63 },
    };
    struct sim_rng rng = sim_rng_stream(i, "any clock");
    struct target_config cfg = target_config_default(chips[i].part);
    struct any_clock a = { .divide = 1 };
    const char *found = NULL;

    chip(i, chips[i].low, chips[i].part->fuse_default[1], 0xFF, &cfg);
    target_set_core(&r.target, &core, &a);
    isp_reset(&r, true);
    for (unsigned step = 0; !found && step < 600; step++) {
        act_on_any(&a, &rng);
        if (forgets) {
            a.wired[0] = WIRED_NOTHING;
            a.divide = 1;
        }
        found = differs(&a);
        isp_wait(&r, sim_rng_below(&rng, 8) ? sim_rng_below(&rng, 20 * SIM_US) : sim_rng_below(&rng, 200 * SIM_MS));
        found = found ? found : differs(&a);
    }
    ck_assert_str_eq(r.sim.fault, "");
    isp_rig_free(&r);
    return found;
}

START_TEST(whatever_is_wired_the_clock_is_that_of_the_model)
{
    const char *found = any_clocks((unsigned)_i, false);

    ck_assert_msg(!found, "row %d: %s differs", _i, found);
}
END_TEST

START_TEST(a_clock_that_is_forgotten_shows)
{
    ck_assert_ptr_nonnull(any_clocks(0, true));
    ck_assert_ptr_nonnull(any_clocks(2, true));
}
END_TEST

/* A program that waits for no edge of its clock, as a stand-in may. */
static const struct target_core_ops still_core = { .start = nothing_starts,
                                                   .stop = nothing_stops,
                                                   .clock_changed = nothing_changes };

static void run_program(const struct part *part, uint8_t low, const struct target_config *cfg)
{
    chip(1, low, part->fuse_default[1], 0xFF, cfg);
    target_set_core(&r.target, &still_core, NULL);
    isp_power(&r, 5000);
    isp_reset(&r, true);
    isp_wait(&r, 100 * SIM_MS);
    ck_assert_int_eq(r.target.mode, TARGET_RUNNING);
}

/* 24 MHz / 8 is well within the grade; the crystal is not within its oscillator's range. */
START_TEST(a_crystal_over_its_range_divided)
{
    struct target_config cfg = target_config_default(&part_atmega328p);

    cfg.crystal_millihz = 24 * MHZ;
    run_program(&part_atmega328p, 0x7F, &cfg);
    ck_assert_uint_eq(checker_margin(&r.checker, CHECK_SPEED_GRADE)->findings, 1);
    const struct checker_finding *f = checker_at(&r.checker, 0);
    ck_assert_int_eq(f->required, (int64_t)(SIM_S / 16000000));
    ck_assert_int_le(f->measured, (int64_t)(SIM_S / 24000000) + 1);
    isp_rig_free(&r);
}
END_TEST

/* The chip goes on with its RC oscillator: that is no jump of the clock that somebody drives. */
START_TEST(a_clock_that_fails_is_no_jump)
{
    const struct part *part = part_find("atmega328pb");
    struct target_config cfg = target_config_default(part);
    struct net_wave wave = net_wave_square(0, 16 * MHZ);

    chip(1, 0xE0, part->fuse_default[1], 0xFF, &cfg); /* CFD unprogrammed: on */
    target_set_core(&r.target, &still_core, NULL);
    net_drive_wave(&r.d_xtal1, &wave, NET_STRONG);
    isp_power(&r, 5000);
    isp_reset(&r, true);
    isp_wait(&r, 100 * SIM_MS);
    ck_assert_int_eq(r.target.clock.kind, CLOCK_EXTERNAL);
    net_open(&r.d_xtal1);
    isp_wait(&r, SIM_MS);
    ck_assert_int_eq(r.target.clock.kind, CLOCK_RC);
    ck_assert_uint_eq(checker_margin(&r.checker, CHECK_CLOCK_JUMP)->findings, 0);
    isp_rig_free(&r);
}
END_TEST

/* CLKPR moves the divider of an oscillator that runs: no second start-up. */
START_TEST(the_prescaler_of_a_running_crystal)
{
    struct target_config cfg = target_config_default(&part_atmega328p);

    cfg.crystal_millihz = 8 * MHZ;
    run_program(&part_atmega328p, 0xFF, &cfg);
    target_set_prescaler(&r.target, 4);
    const struct sim_clock *cpu = target_cpu_clock(&r.target);
    ck_assert_uint_eq(sim_clock_f_hz(cpu), 2000000);
    ck_assert_uint_le(cpu->t0_ps, r.sim.now_ps + 500 * SIM_NS);
    isp_rig_free(&r);
}
END_TEST

/* The tiny85 as a tiny15: CKDIV8 and CLKPR have no effect. */
START_TEST(a_prescaler_that_does_nothing)
{
    struct target_config cfg = target_config_default(&part_attiny85);

    run_program(&part_attiny85, 0x63, &cfg);
    struct sim_clock was = *target_cpu_clock(&r.target);
    target_set_prescaler(&r.target, 4);
    ck_assert_mem_eq(target_cpu_clock(&r.target), &was, sizeof was);
    ck_assert_uint_gt(sim_clock_f_hz(&was), 1500000);
    isp_rig_free(&r);
}
END_TEST

/* An odd period, in picoseconds: CLKO's high is half of it all the same. */
START_TEST(clko_of_an_odd_period)
{
    struct target_config cfg = target_config_default(&part_atmega328p);

    cfg.crystal_millihz = 8192000000; /* 1953125/16 ps */
    chip(1, 0xBF, 0xD9, 0xFF, &cfg);
    isp_power(&r, 5000);
    isp_wait(&r, 100 * SIM_MS);
    ck_assert_ptr_nonnull(r.clko.wave);
    const struct net_wave *w = &r.clko.wave->wave;
    ck_assert_uint_eq(target_cpu_clock(&r.target)->period_num % 2, 1);
    ck_assert_uint_eq(w->high_num * 2, w->clk.period_num);
    ck_assert_uint_eq(sim_clock_f_hz(&w->clk), 8192000);
    isp_rig_free(&r);
}
END_TEST

/* A wave takes over from a crystal of its very frequency: the clock is at the wave's phase. */
START_TEST(a_wave_instead_of_a_crystal_of_its_frequency)
{
    struct target_config cfg = target_config_default(&part_atmega328p);
    struct net_wave wave = net_wave_square(33 * SIM_NS, 32768000);

    cfg.crystal_millihz = 32768000;
    chip(1, 0xC4, 0xD9, 0xFF, &cfg);
    isp_power(&r, 5000);
    isp_wait(&r, SIM_MS);
    ck_assert(r.target.clock.runs && !r.target.clock.from_xtal2);
    net_drive_wave(&r.d_xtal2, &wave, NET_STRONG);
    isp_wait(&r, SIM_MS);
    ck_assert(r.target.clock.runs && r.target.clock.from_xtal2);
    sim_time edge_ps = sim_clock_nth_from(target_cpu_clock(&r.target), r.sim.now_ps, 1);
    ck_assert_uint_eq(sim_clock_nth_from(&wave.clk, edge_ps, 1), edge_ps);
    isp_rig_free(&r);
}
END_TEST

/* RESET and the clock move in one instant: that edge has not seen the new level yet. */
START_TEST(reset_and_the_hand_clock_at_once)
{
    for (unsigned clocks = 0; clocks < 3; clocks++) {
        chip(1, 0xE0, 0xD9, 0xFF, NULL);
        isp_power(&r, 5000);
        net_drive(&r.d_xtal1, NET_0, NET_STRONG);
        isp_wait(&r, 30 * SIM_MS);
        ck_assert_uint_eq(send_by_hand(0xAC530000), 0xFFFF5300);
        isp_reset(&r, true);
        clocks_by_hand(1 + clocks);
        isp_reset(&r, false);
        isp_wait(&r, 21 * SIM_MS);
        ck_assert(target_port_enabled(&r.target) == (clocks < 2));
        isp_rig_free(&r);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("target_clock");
    TCase *tc = tcase_create("clocks");
    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, factory_clock);
    tcase_add_test(tc, rc_tolerance_from_the_seed);
    tcase_add_test(tc, sck_limit_at_1_mhz);
    tcase_add_test(tc, sck_limit_at_16_mhz);
    tcase_add_test(tc, a_crystal_has_to_start_up);
    tcase_add_test(tc, a_wave_clocks_a_part_set_for_a_crystal);
    tcase_add_test(tc, low_frequency_crystal_mode_and_a_wave);
    tcase_add_test(tc, a_clock_that_stops_and_comes_back);
    tcase_add_loop_test(tc, wave_and_edges_agree, 0, 24);
    tcase_add_test(tc, a_session_clocked_by_hand);
    tcase_add_test(tc, ckout_shows_the_divided_clock);
    tcase_add_test(tc, over_the_speed_grade_is_a_note);
    tcase_add_test(tc, a_jump_of_the_external_clock);
    tcase_add_test(tc, a_crystal_over_its_range_divided);
    tcase_add_test(tc, a_clock_that_fails_is_no_jump);
    tcase_add_test(tc, the_prescaler_of_a_running_crystal);
    tcase_add_test(tc, a_prescaler_that_does_nothing);
    tcase_add_test(tc, clko_of_an_odd_period);
    tcase_add_test(tc, a_wave_instead_of_a_crystal_of_its_frequency);
    tcase_add_test(tc, reset_and_the_hand_clock_at_once);
    tcase_add_loop_test(tc, whatever_is_wired_the_clock_is_that_of_the_model, 0, ANY_CLOCKS);
    tcase_add_test(tc, a_clock_that_is_forgotten_shows);
    tcase_add_test(tc, ckout_acts_after_the_session_and_as_the_part_does);
    suite_add_tcase(suite, tc);
    return run_all(suite);
}
