/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sim/target_avr.h"

#include <check.h>
#include <string.h>

#include "tests/run_all.h"

#include "tests/chip_rig.h" /* last: its r hides others' */

/* ---- supply ---- */

START_TEST(power_on_reset_thresholds)
{
    chip(1, 0x62, 0xD9, 0xFF, NULL);
    ck_assert_int_eq(target_mode(&r.target), TARGET_OFF);
    isp_power(&r, 1499);
    ck_assert_int_eq(target_mode(&r.target), TARGET_OFF);
    isp_power(&r, 1500);
    ck_assert_int_eq(target_mode(&r.target), TARGET_RESET);
    isp_power(&r, 1000);
    ck_assert_int_eq(target_mode(&r.target), TARGET_RESET);
    isp_power(&r, 999);
    ck_assert_int_eq(target_mode(&r.target), TARGET_OFF);
    isp_power(&r, 1400); /* has to come up again */
    ck_assert_int_eq(target_mode(&r.target), TARGET_OFF);
    isp_rig_free(&r);
}
END_TEST

START_TEST(off_everything_is_open)
{
    chip(1, 0x22, 0xD9, 0xFF, NULL); /* CKOUT */
    isp_power(&r, 5000);
    ck_assert(isp_enter(&r));
    net_open(&r.d_reset);
    ck_assert_int_eq(net_level(&r.reset_n), NET_1); /* own pull-up */
    isp_reset(&r, false);
    ck_assert_ptr_nonnull(r.clko.wave);
    isp_power(&r, 0);
    isp_wait(&r, SIM_MS);
    ck_assert_int_eq(net_level(&r.miso_oe), NET_0);
    ck_assert_int_eq(net_level(&r.clko), NET_Z);
    net_open(&r.d_reset);
    ck_assert_int_eq(net_level(&r.reset_n), NET_Z);
    isp_reset(&r, false);
    isp_wait(&r, 30 * SIM_MS);
    uint32_t in;
    isp_send(&r, 0xAC530000, &in);
    ck_assert_uint_eq(in, 0xFFFFFFFF);
    isp_rig_free(&r);
}
END_TEST

START_TEST(power_lost_in_the_middle_of_a_page_write)
{
    unsigned zeros = 0;

    chip(1, 0x62, 0xD9, 0xFF, NULL);
    isp_power(&r, 5000);
    ck_assert(isp_enter(&r));
    for (uint32_t word = 0; word < 64; word++) {
        isp_send(&r, 0x40000000 | word << 8, NULL);
        isp_send(&r, 0x48000000 | word << 8, NULL);
    }
    isp_send(&r, 0x4C000000, NULL);
    isp_wait(&r, 2 * SIM_MS);
    isp_power(&r, 0);
    isp_wait(&r, 100 * SIM_MS);
    isp_power(&r, 5000);
    ck_assert(isp_enter(&r));
    ck_assert_uint_eq(isp_send(&r, 0xF0000000, NULL), 0xFE);
    for (uint32_t word = 0; word < 64; word++) {
        zeros += 8u - (unsigned)__builtin_popcount(isp_send(&r, 0x20000000 | word << 8, NULL));
    }
    ck_assert_uint_gt(zeros, 512 / 4);
    ck_assert_uint_lt(zeros, 512 * 3 / 4);
    isp_rig_free(&r);
}
END_TEST

START_TEST(brown_out_and_the_port)
{
    for (int stops = 0; stops < 2; stops++) {
        struct target_config cfg = target_config_default(&part_atmega328p);
        cfg.switches.v[SW_BOD_STOPS_PORT] = stops;
        chip(1, 0x62, 0xD9, 0xFC, &cfg); /* 4.3 V */
        isp_power(&r, 4000);
        ck_assert(isp_enter(&r) == !stops);
        isp_power(&r, 4324); /* VBOT+ is 4.325 V */
        ck_assert(isp_enter(&r) == !stops);
        isp_power(&r, 4325);
        ck_assert(isp_enter(&r));
        isp_power(&r, 4275); /* VBOT- */
        ck_assert_uint_eq(isp_send(&r, 0x30000000, NULL), 0x1E);
        isp_power(&r, 4274);
        ck_assert_uint_eq(isp_send(&r, 0x30000000, NULL), stops ? 0xFF : 0x1E);
        isp_rig_free(&r);
    }
}
END_TEST

/* ---- RESET ---- */

START_TEST(a_floating_reset_is_high)
{
    chip(1, 0x62, 0xD9, 0xFF, NULL);
    net_open(&r.d_reset);
    isp_power(&r, 5000);
    ck_assert_int_eq(net_level(&r.reset_n), NET_1);
    ck_assert_int_eq(target_mode(&r.target), TARGET_STARTUP);
    isp_rig_free(&r);
}
END_TEST

START_TEST(floating_inputs)
{
    for (int level = 0; level < 2; level++) {
        struct target_config cfg = target_config_default(&part_atmega328p);
        cfg.switches.v[SW_FLOATING_SCK] = level;
        cfg.switches.v[SW_FLOATING_MOSI] = level;
        chip(1, 0x62, 0xD9, 0xFF, &cfg);
        net_open(&r.d_sck);
        net_open(&r.d_mosi);
        isp_power(&r, 5000);
        isp_wait(&r, 20 * SIM_MS);
        isp_set_sck(&r, false);
        ck_assert_uint_eq(r.target.spi.bits, (unsigned)level); /* a high SCK is a rise, and MOSI was seen with it */
        ck_assert_uint_eq(r.target.spi.in, (unsigned)level);
        isp_rig_free(&r);
    }
}
END_TEST

/* Two outputs against each other on MOSI: the target goes on reading what it read. */
START_TEST(a_fought_over_input_keeps_its_level)
{
    for (unsigned level = 0; level < 2; level++) {
        struct net_driver other = { 0 };

        chip(1, 0x62, 0xD9, 0xFF, NULL);
        isp_power(&r, 5000);
        isp_wait(&r, 20 * SIM_MS);
        isp_set_sck(&r, false);
        isp_set_mosi(&r, level);
        net_attach(&r.mosi, &other, "other output");
        net_drive(&other, level ? NET_0 : NET_1, NET_STRONG);
        ck_assert_int_eq(net_level(&r.mosi), NET_X);
        isp_wait(&r, 4 * SIM_US);
        isp_set_sck(&r, true);
        isp_wait(&r, 4 * SIM_US);
        isp_set_sck(&r, false);
        ck_assert_uint_eq(r.target.spi.bits, 1);
        ck_assert_uint_eq(r.target.spi.in & 1, level);
        isp_rig_free(&r);
    }
}
END_TEST

START_TEST(sck_high_at_power_up_is_cured_by_a_reset_pulse)
{
    uint32_t in;

    chip(1, 0x62, 0xD9, 0xFF, NULL);
    isp_set_sck(&r, true);
    isp_power(&r, 5000);
    isp_wait(&r, SIM_MS);
    isp_set_sck(&r, false);
    isp_wait(&r, 21 * SIM_MS);
    isp_send(&r, 0xAC530000, &in);
    ck_assert_uint_eq(in, 0xFFFFFFFF);
    ck_assert(isp_enter(&r));
    isp_rig_free(&r);
}
END_TEST

START_TEST(reset_pulses_at_16_khz)
{
    /* 128 kHz / 8: two clocks are 125 us, ArduinoISP's pulse of 100 us is too short to bring it back in step */
    for (int i = 0; i < 2; i++) {
        chip(1, 0x73, 0xD9, 0xFF, NULL);
        fuse_put(&part_atmega328p, &r.nvm.cells.fuses, FUSE_CKDIV8, 0);
        isp_power(&r, 5000);
        isp_wait(&r, 21 * SIM_MS);
        isp_set_sck(&r, true); /* a stray bit */
        isp_wait(&r, SIM_MS);
        isp_set_sck(&r, false);
        isp_wait(&r, SIM_MS);
        isp_reset(&r, true);
        isp_wait(&r, i ? 130 * SIM_US : 60 * SIM_US);
        isp_reset(&r, false);
        isp_wait(&r, 21 * SIM_MS);
        sck_half_period(150 * SIM_US);
        uint32_t in;
        isp_send(&r, 0xAC530000, &in);
        ck_assert((in >> 8 & 0xFF) == 0x53 ? i == 1 : i == 0);
        ck_assert_uint_eq(checker_margin(&r.checker, CHECK_RESET_HIGH)->findings, i == 0);
        isp_rig_free(&r);
    }
}
END_TEST

/* ---- fuses ---- */

START_TEST(a_written_fuse_acts_when_programming_mode_is_left)
{
    chip(1, 0x62, 0xD9, 0xFF, NULL);
    isp_power(&r, 5000);
    ck_assert(isp_enter(&r));
    uint64_t f = sim_clock_f_hz(target_cpu_clock(&r.target));
    isp_send(&r, 0xACA000E2, NULL); /* CKDIV8 off: 8 MHz */
    isp_wait_ready(&r);
    ck_assert_uint_eq(isp_send(&r, 0x50000000, NULL), 0xE2);
    ck_assert_uint_eq(sim_clock_f_hz(target_cpu_clock(&r.target)), f);
    ck_assert(isp_enter(&r));
    ck_assert_uint_eq((sim_clock_f_hz(target_cpu_clock(&r.target)) + 4) / 8, f);
    isp_rig_free(&r);
}
END_TEST

START_TEST(a_clock_fuse_bricks_after_the_session)
{
    chip(1, 0x62, 0xD9, 0xFF, NULL);
    isp_power(&r, 5000);
    ck_assert(isp_enter(&r));
    isp_send(&r, 0xACA000E0, NULL); /* external clock, and none there */
    isp_wait_ready(&r);
    ck_assert_uint_eq(isp_send(&r, 0x30000000, NULL), 0x1E); /* this session goes on */
    ck_assert(!isp_enter(&r));
    wave_on_xtal1(MHZ); /* rescued */
    ck_assert(isp_enter(&r));
    ck_assert_uint_eq(isp_send(&r, 0x30000000, NULL), 0x1E);
    isp_send(&r, 0xACA00062, NULL);
    isp_wait_ready(&r);
    isp_reset(&r, true);
    isp_wait(&r, SIM_MS);
    net_open(&r.d_xtal1);
    ck_assert(isp_enter(&r));
    isp_rig_free(&r);
}
END_TEST

START_TEST(fuses_that_close_the_port)
{
    static const struct {
        uint8_t high, lock;
        bool open;
    } cases[] = {
        { 0xD9, 0xFF, true },  { 0x59, 0xFF, false }, /* RSTDISBL */
        { 0x99, 0xFF, false },                        /* DWEN */
        { 0x99, 0xFC, true },                         /* DWEN does nothing on a locked chip */
        { 0xF9, 0xFF, false },                        /* SPIEN */
    };

    for (unsigned i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        chip(1, 0x62, cases[i].high, 0xFF, NULL);
        r.nvm.cells.fuses.lock = cases[i].lock;
        isp_power(&r, 5000);
        ck_assert(isp_enter(&r) == cases[i].open);
        /* SPIEN leaves RESET alone, the others take it away */
        ck_assert_int_eq(target_mode(&r.target) == TARGET_RESET, cases[i].open || cases[i].high == 0xF9);
        isp_rig_free(&r);
    }
}
END_TEST

START_TEST(rstdisbl_and_dwen_act_after_the_session)
{
    static const uint32_t writes[] = { 0xACA80059, 0xACA80099 };

    for (unsigned i = 0; i < 2; i++) {
        chip(1, 0x62, 0xD9, 0xFF, NULL);
        isp_power(&r, 5000);
        ck_assert(isp_enter(&r));
        isp_send(&r, writes[i], NULL);
        isp_wait_ready(&r);
        ck_assert_uint_eq(isp_send(&r, 0x30000000, NULL), 0x1E);
        ck_assert(!isp_enter(&r));
        isp_power(&r, 0);
        isp_wait(&r, SIM_MS);
        isp_power(&r, 5000);
        ck_assert(!isp_enter(&r));
        isp_rig_free(&r);
    }
}
END_TEST

/* ---- wiring ---- */

START_TEST(rewiring_at_run_time)
{
    struct net other;

    chip(1, 0x62, 0xD9, 0xFF, NULL);
    net_init(&other, &r.sim, "elsewhere");
    isp_power(&r, 5000);
    ck_assert(isp_enter(&r));
    target_connect(&r.target, TARGET_MISO, NULL); /* the wire comes off */
    ck_assert_uint_eq(isp_send(&r, 0x30000000, NULL), 0xFF);
    target_connect(&r.target, TARGET_MISO, &r.miso);
    ck_assert_uint_eq(isp_send(&r, 0x30000000, NULL), 0x1E);
    target_connect(&r.target, TARGET_SCK, &other);
    isp_send(&r, 0x12345678, NULL); /* not seen */
    target_connect(&r.target, TARGET_SCK, &r.sck);
    ck_assert_uint_eq(isp_send(&r, 0x30000000, NULL), 0x1E);
    target_connect(&r.target, TARGET_MOSI, NULL);
    ck_assert_uint_ne(isp_send(&r, 0x30000000, NULL), 0x1E);
    target_connect(&r.target, TARGET_MOSI, &r.mosi);
    target_connect(&r.target, TARGET_RESET_N, NULL); /* pulls itself up */
    isp_wait(&r, SIM_MS);
    ck_assert_int_ne(target_mode(&r.target), TARGET_RESET);
    target_connect(&r.target, TARGET_RESET_N, &r.reset_n);
    ck_assert(isp_enter(&r));
    target_connect(&r.target, TARGET_XTAL1, &other);
    target_connect(&r.target, TARGET_CLKO, NULL);
    ck_assert_uint_eq(isp_send(&r, 0x30000000, NULL), 0x1E);
    isp_rig_free(&r);
}
END_TEST

START_TEST(hardly_any_pin_connected)
{
    struct target_pins pins = { 0 };
    struct target_config cfg = target_config_default(&part_atmega328p);

    isp_rig_board(&r, cfg.part, 1);
    target_init(&r.target, &r.sim, &cfg, &r.nvm, &pins, NULL);
    isp_wait(&r, SIM_S);
    ck_assert_int_eq(target_mode(&r.target), TARGET_RUNNING);
    isp_rig_free(&r);
}
END_TEST

START_TEST(a_chip_in_reset_costs_no_events)
{
    chip(1, 0x62, 0xD9, 0xFF, NULL);
    isp_power(&r, 5000);
    isp_wait(&r, SIM_MS);
    uint64_t before = r.sim.events_fired;
    isp_wait(&r, 1000 * SIM_S);
    ck_assert_uint_eq(r.sim.events_fired, before);
    isp_rig_free(&r);
}
END_TEST

/* ---- the core ---- */

struct core {
    unsigned starts, stops, changes;
    struct target_start start;
    sim_time stopped_ps;
    struct sim_clock clk;
};

static void core_start(void *ctx, const struct target_start *s)
{
    struct core *c = ctx;
    c->starts++;
    c->start = *s;
}

static void core_stop(void *ctx, sim_time at_ps)
{
    struct core *c = ctx;
    c->stops++;
    c->stopped_ps = at_ps;
}

static void core_clock(void *ctx, sim_time at_ps, const struct sim_clock *clk)
{
    struct core *c = ctx;
    (void)at_ps;
    c->changes++;
    c->clk = *clk;
}

static const struct target_core_ops core_ops = { core_start, core_stop, core_clock, NULL };

START_TEST(the_core_starts_and_stops)
{
    struct core core = { 0 };

    chip(1, 0x62, 0xD8, 0xFF, NULL); /* BOOTRST, 2048 words */
    target_set_core(&r.target, &core_ops, &core);
    isp_power(&r, 5000);
    isp_wait(&r, 100 * SIM_MS);
    ck_assert_uint_eq(core.starts, 0);
    sim_time released = r.sim.now_ps;
    isp_reset(&r, true);
    isp_wait(&r, 100 * SIM_MS);
    ck_assert_uint_eq(core.starts, 1);
    ck_assert_uint_ge(core.start.at_ps - released, 65 * SIM_MS);
    ck_assert_uint_lt(core.start.at_ps - released, 66 * SIM_MS);
    ck_assert_uint_eq(core.start.divide, 8);
    ck_assert_uint_eq(core.start.start_word, 0x3800);
    ck_assert_uint_eq(core.start.causes, TARGET_CAUSE_POWER_ON);
    ck_assert_uint_eq(core.start.osccal, r.nvm.cells.calibration[0]);
    target_set_prescaler(&r.target, 1);
    ck_assert_uint_eq(core.changes, 1);
    uint64_t f = sim_clock_f_hz(&core.clk);
    ck_assert_uint_eq((f + 4) / 8, (core.start.source_millihz + 4000) / 8000);
    /* RESET takes it back, and CLKPR with it */
    isp_reset(&r, false);
    isp_wait(&r, 10 * SIM_US);
    ck_assert_uint_eq(core.stops, 1);
    ck_assert_uint_eq((sim_clock_f_hz(target_cpu_clock(&r.target)) * 8 + 50) / 100, (f + 50) / 100);
    ck_assert(isp_enter(&r));
    isp_reset(&r, true);
    isp_wait(&r, 100 * SIM_MS);
    ck_assert_uint_eq(core.starts, 2);
    ck_assert_uint_eq(core.start.causes, TARGET_CAUSE_EXTERNAL);
    target_core_reset(&r.target, TARGET_CAUSE_WATCHDOG);
    ck_assert_uint_eq(core.stops, 2);
    isp_wait(&r, 100 * SIM_MS);
    ck_assert_uint_eq(core.starts, 3);
    ck_assert_uint_eq(core.start.causes, TARGET_CAUSE_WATCHDOG);
    isp_power(&r, 0);
    ck_assert_uint_eq(core.stops, 3);
    isp_rig_free(&r);
}
END_TEST

/* A programmer that does not wait at all: the chip has not noticed RESET yet. That is no port that is shut. */
START_TEST(programming_enable_right_after_reset)
{
    chip(1, 0x62, 0xD9, 0xFF, NULL);
    isp_reset(&r, true);
    isp_power(&r, 5000);
    isp_wait(&r, 100 * SIM_MS);
    isp_reset(&r, false);
    for (int i = 15; i >= 0; i--) {
        isp_set_mosi(&r, 0xAC53 >> i & 1);
        isp_wait(&r, 50 * SIM_NS);
        isp_set_sck(&r, true);
        isp_wait(&r, 50 * SIM_NS);
        isp_set_sck(&r, false);
    }
    ck_assert(!r.target.spi.listening);
    ck_assert_uint_eq(checker_count(&r.checker), 0);
    isp_rig_free(&r);
}
END_TEST

/* MOSI carries a clock while the port is shut: at SCK's edge it is what it is then. */
START_TEST(a_clock_on_mosi_of_a_shut_port)
{
    struct net_wave wave = net_wave_square(0, MHZ / 100);

    chip(1, 0x62, 0xD9, 0xFF, NULL);
    isp_reset(&r, true);
    isp_power(&r, 5000);
    isp_wait(&r, 100 * SIM_MS);
    net_drive_wave(&r.d_mosi, &wave, NET_STRONG);
    for (unsigned i = 0; i < 20; i++) {
        isp_wait(&r, 33 * SIM_US + i * SIM_US);
        isp_set_sck(&r, i % 2);
        if (i) {
            ck_assert(r.target.spi.mosi == (net_level(&r.mosi) == NET_1));
        }
    }
    isp_rig_free(&r);
}
END_TEST

/* What the program itself does to its pins may go unheard, but nothing may while the port listens. */
START_TEST(own_edges_are_heard_while_the_port_listens)
{
    const struct net_driver own = { .owner = &r.target }, other = { 0 };
    const struct net_watch *w = &r.target.pin[TARGET_MOSI].watch;

    chip(1, 0x62, 0xD9, 0xFF, NULL);
    isp_reset(&r, true);
    isp_power(&r, 5000);
    isp_wait(&r, 100 * SIM_MS);
    ck_assert(w->may_sleep(w->ctx, &own) && !w->may_sleep(w->ctx, &other));
    isp_reset(&r, false);
    isp_wait(&r, 100 * SIM_MS);
    ck_assert(!w->may_sleep(w->ctx, &own) && !w->may_sleep(w->ctx, &other));
    isp_rig_free(&r);
}
END_TEST

/* A board powers its chip up before it hands it a core. */
START_TEST(a_core_handed_in_during_start_up)
{
    struct core core = { 0 };

    chip(1, 0x62, 0xD9, 0xFF, NULL);
    isp_reset(&r, true);
    isp_power(&r, 5000);
    isp_wait(&r, SIM_MS);
    target_set_core(&r.target, &core_ops, &core);
    isp_wait(&r, 100 * SIM_MS);
    ck_assert_uint_eq(core.starts, 1);
    isp_rig_free(&r);
}
END_TEST

START_TEST(a_dead_clock_never_starts)
{
    struct core core = { 0 };

    chip(1, 0xE0, 0xD9, 0xFF, NULL);
    target_set_core(&r.target, &core_ops, &core);
    isp_reset(&r, true);
    isp_power(&r, 5000);
    isp_wait(&r, SIM_S);
    ck_assert_uint_eq(core.starts, 0);
    wave_on_xtal1(MHZ);
    isp_wait(&r, SIM_S);
    ck_assert_uint_eq(core.starts, 1);
    net_open(&r.d_xtal1);
    ck_assert_uint_eq(core.changes, 1);
    ck_assert(!sim_clock_runs(&core.clk));
    isp_rig_free(&r);
}
END_TEST

/* ---- determinism ---- */

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

START_TEST(the_same_seed_gives_the_same_edges)
{
    static struct edges seen[3];

    for (unsigned run = 0; run < 3; run++) {
        struct net_watch watch;
        chip(run == 2 ? 6 : 5, 0x62, 0xD9, 0xFF, NULL);
        seen[run].n = 0;
        net_watch_add(&r.miso, &watch, NET_WATCH_EDGES, record, &seen[run]);
        isp_power(&r, 5000);
        ck_assert(isp_enter(&r));
        isp_send(&r, 0x30000000, NULL);
        isp_rig_free(&r);
    }
    ck_assert_uint_eq(seen[0].n, seen[1].n);
    ck_assert_mem_eq(seen[0].at_ps, seen[1].at_ps, seen[0].n * sizeof seen[0].at_ps[0]);
    ck_assert_uint_eq(seen[0].n, seen[2].n); /* another phase of the clock, the same bits */
    /* MISO follows SCK's pin, but the clock switches it on: at the sample that sees the 16th rise */
    ck_assert_uint_ne(seen[0].at_ps[0], seen[2].at_ps[0]);
    ck_assert_uint_eq(seen[0].at_ps[1], seen[2].at_ps[1]);
}
END_TEST

START_TEST(a_chip_that_nobody_checks_answers_the_same)
{
    const struct target_pins pins = {
        .vcc = &r.vcc, .reset_n = &r.reset_n, .sck = &r.sck, .mosi = &r.mosi, .miso = &r.miso
    };
    struct target_config cfg = target_config_default(&part_atmega328p);

    isp_rig_board(&r, cfg.part, 1);
    r.nvm.cells.flash[0] = 0x5A;
    target_init(&r.target, &r.sim, &cfg, &r.nvm, &pins, NULL);
    isp_set_sck(&r, false);
    isp_set_mosi(&r, false);
    isp_reset(&r, false);
    isp_power(&r, 5000);
    ck_assert(isp_enter(&r));
    ck_assert_uint_eq(isp_send(&r, 0x30000100, NULL), 0x95);
    isp_send(&r, 0xC00003A5, NULL);
    isp_send(&r, 0xC00004A5, NULL); /* too soon: busy */
    isp_wait_ready(&r);
    ck_assert_uint_eq(isp_send(&r, 0xA0000300, NULL), 0xA5);
    ck_assert_uint_eq(isp_send(&r, 0xA0000400, NULL), 0xFF);
    isp_send(&r, 0x4C000000, NULL); /* a page with nothing loaded */
    isp_wait_ready(&r);
    ck_assert_uint_eq(isp_send(&r, 0x20000000, NULL), 0x5A);
    isp_send(&r, 0xACE000FC, NULL);
    isp_wait_ready(&r);
    isp_reset(&r, true);
    isp_reset(&r, false); /* shorter than tRST */
    ck_assert(isp_enter(&r));
    ck_assert_uint_ne(isp_send(&r, 0x20000000, NULL), 0x5A); /* locked */
    ck_assert_uint_eq(checker_count(&r.checker), 0);
    isp_rig_free(&r);
}
END_TEST

START_TEST(a_chip_out_of_its_socket_hears_nothing_of_vcc)
{
    chip(1, 0x62, 0xD9, 0xFF, NULL);
    isp_power(&r, 5000);
    ck_assert(isp_enter(&r));
    target_set_pulled(&r.target, true);
    ck_assert_int_eq(target_mode(&r.target), TARGET_OFF);
    isp_power(&r, 0);
    isp_power(&r, 5000);
    isp_wait(&r, SIM_MS);
    ck_assert_int_eq(target_mode(&r.target), TARGET_OFF);
    target_core_reset(&r.target, TARGET_CAUSE_WATCHDOG); /* nor has it a program to reset */
    ck_assert_int_eq(target_mode(&r.target), TARGET_OFF);
    target_set_pulled(&r.target, false);
    ck_assert(isp_enter(&r));
    isp_rig_free(&r);
    /* a board that says nothing of VCC has 5 V */
    const struct target_pins pins = { .reset_n = &r.reset_n, .sck = &r.sck, .mosi = &r.mosi, .miso = &r.miso };
    struct target_config cfg = target_config_default(&part_atmega328p);
    isp_rig_board(&r, cfg.part, 1);
    target_init(&r.target, &r.sim, &cfg, &r.nvm, &pins, &r.checker);
    isp_set_sck(&r, false);
    isp_set_mosi(&r, false);
    isp_reset(&r, false);
    target_set_pulled(&r.target, true);
    isp_wait(&r, SIM_MS);
    ck_assert(!isp_enter(&r));
    target_set_pulled(&r.target, false);
    isp_wait(&r, 30 * SIM_MS);
    ck_assert(isp_enter(&r));
    isp_rig_free(&r);
}
END_TEST

static void fired(void *ctx, sim_time at_ps)
{
    (void)at_ps;
    ++*(unsigned *)ctx;
}

/* Any of several, the first and the last to come, can be called off; the others count on. */
START_TEST(countdowns_of_instructions)
{
    for (unsigned off = 0; off < 3; off++) {
        struct target_countdown c[3];
        struct sim_event event[3];
        unsigned n[3] = { 0, 0, 0 };

        isp_rig_init(&r, NULL, 1);
        isp_power(&r, 5000);
        isp_wait(&r, 21 * SIM_MS);
        for (unsigned i = 0; i < 3; i++) {
            sim_event_init(&event[i], "countdown", fired, &n[i]);
            target_await_instructions(&r.target, &c[i], 3 + i, &event[i]);
        }
        target_forget_countdown(&r.target, &c[off]);
        target_forget_countdown(&r.target, &c[off]); /* it has gone already */
        ck_assert(isp_enter(&r));
        for (unsigned k = 0; k < 8; k++) {
            isp_send(&r, 0x30000000, NULL);
        }
        isp_wait(&r, SIM_MS);
        for (unsigned i = 0; i < 3; i++) {
            ck_assert_uint_eq(n[i], i != off);
        }
        isp_rig_free(&r);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("target_avr");
    TCase *tc = tcase_create("supply and RESET");
    tcase_add_test(tc, power_on_reset_thresholds);
    tcase_add_test(tc, off_everything_is_open);
    tcase_add_test(tc, power_lost_in_the_middle_of_a_page_write);
    tcase_add_test(tc, brown_out_and_the_port);
    tcase_add_test(tc, a_floating_reset_is_high);
    tcase_add_test(tc, floating_inputs);
    tcase_add_test(tc, a_fought_over_input_keeps_its_level);
    tcase_add_test(tc, sck_high_at_power_up_is_cured_by_a_reset_pulse);
    tcase_add_test(tc, reset_pulses_at_16_khz);
    suite_add_tcase(suite, tc);
    tc = tcase_create("fuses");
    tcase_add_test(tc, a_written_fuse_acts_when_programming_mode_is_left);
    tcase_add_test(tc, a_clock_fuse_bricks_after_the_session);
    tcase_add_test(tc, fuses_that_close_the_port);
    tcase_add_test(tc, rstdisbl_and_dwen_act_after_the_session);
    suite_add_tcase(suite, tc);
    tc = tcase_create("wiring and core");
    tcase_add_test(tc, rewiring_at_run_time);
    tcase_add_test(tc, hardly_any_pin_connected);
    tcase_add_test(tc, a_chip_in_reset_costs_no_events);
    tcase_add_test(tc, the_core_starts_and_stops);
    tcase_add_test(tc, programming_enable_right_after_reset);
    tcase_add_test(tc, a_clock_on_mosi_of_a_shut_port);
    tcase_add_test(tc, own_edges_are_heard_while_the_port_listens);
    tcase_add_test(tc, a_core_handed_in_during_start_up);
    tcase_add_test(tc, a_dead_clock_never_starts);
    tcase_add_test(tc, the_same_seed_gives_the_same_edges);
    tcase_add_test(tc, a_chip_that_nobody_checks_answers_the_same);
    tcase_add_test(tc, a_chip_out_of_its_socket_hears_nothing_of_vcc);
    tcase_add_test(tc, countdowns_of_instructions);
    suite_add_tcase(suite, tc);
    return run_all(suite);
}
