/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The whole RS232 programmer: host, circuit and a virtual target, from the operations of a programmer down. */
#include "harness/hosts/miniframe.h"

#include "sim/circuits/miniframe.h"
#include "sim/circuits/mono4098.h"
#include "sim/rng.h"
#include "sim/target_avr.h"
#include "tests/run_all.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

static struct problem check_err;

struct board {
    struct sim sim;
    struct net sck, mosi, reset, miso;
    struct rs232_line tx, dtr, rts;
    struct vline rx_line, vcc;
    struct net_driver miso_pull;
    struct nvm nvm;
    struct checker checker;
    struct target target;
    struct miniframe circuit;
    struct mono4098 mono;
    struct programmer p;
    struct problem err;
};

static struct board *board_start(const struct target_config *target, const struct rs232_levels *levels)
{
    struct board *b = calloc(1, sizeof *b);
    levels = levels ? levels : &rs232_levels_9v;
    sim_init(&b->sim, 1);
    net_init(&b->sck, &b->sim, "SCK");
    net_init(&b->mosi, &b->sim, "MOSI");
    net_init(&b->reset, &b->sim, "RESET");
    net_init(&b->miso, &b->sim, "MISO");
    vline_init(&b->vcc, &b->sim, "VCC", 5000);
    vline_init(&b->rx_line, &b->sim, "RX", 0);
    rs232_line_init(&b->tx, &b->sim, "TX", levels, false);
    rs232_line_init(&b->dtr, &b->sim, "DTR", levels, false);
    rs232_line_init(&b->rts, &b->sim, "RTS", levels, false);
    struct target_config t = target ? *target : target_config_default(part_find("atmega328p"));
    nvm_init(&b->nvm, t.part, &t.switches, 1);
    checker_init(&b->checker, &b->sim);
    struct target_pins pins = {
        .vcc = &b->vcc, .reset_n = &b->reset, .sck = &b->sck, .mosi = &b->mosi, .miso = &b->miso
    };
    target_init(&b->target, &b->sim, &t, &b->nvm, &pins, &b->checker);
    return b;
}

static struct host_miniframe_board host_board(struct board *b)
{
    return (struct host_miniframe_board){
        .sim = &b->sim,
        .part = b->nvm.part,
        .tx = &b->tx,
        .dtr = &b->dtr,
        .rts = &b->rts,
        .rx_line = &b->rx_line,
        .rx_threshold_mv = 1400,
        .sck = &b->sck,
        .checker = &b->checker,
        .circuit = &b->circuit,
    };
}

/* 10 k from RESET to VCC besides. */
static void circuit_start(struct board *b, struct miniframe_config parts)
{
    parts.reset_pullup_ohm = 10e3;
    ck_assert(miniframe_config_check(&parts, &check_err));
    struct miniframe_wires w = { .tx = &b->tx,
                                 .dtr = &b->dtr,
                                 .rts = &b->rts,
                                 .miso = &b->miso,
                                 .sck = &b->sck,
                                 .mosi = &b->mosi,
                                 .reset = &b->reset,
                                 .rx_line = &b->rx_line };
    miniframe_init(&b->circuit, &b->sim, &parts, &w);
}

static struct board *board_new(const struct miniframe_config *parts, const struct host_miniframe_config *cfg)
{
    struct board *b = board_start(NULL, NULL);
    circuit_start(b, *parts);
    struct host_miniframe_board hb = host_board(b);
    b->p = host_miniframe_new(&hb, cfg);
    return b;
}

/* A target at 8 or 16 MHz and lines of that slope. */
static struct board *board_fast(struct miniframe_config parts, const struct host_miniframe_config *cfg, unsigned mhz,
                                unsigned v_per_us)
{
    struct target_config t = target_config_default(part_find("atmega328p"));
    struct rs232_levels levels = rs232_levels_9v;
    levels.slew_mv_per_us = v_per_us * 1000;
    t.crystal_millihz = mhz == 8 ? 0 : mhz * UINT64_C(1000000000);
    struct board *b = board_start(&t, &levels);
    b->nvm.cells.fuses.fuse[0] = mhz == 8 ? 0xe2 : 0xf7;
    vline_set(&b->vcc, 0); /* the fuses take effect at power-up */
    vline_set(&b->vcc, 5000);
    circuit_start(b, parts);
    struct host_miniframe_board hb = host_board(b);
    b->p = host_miniframe_new(&hb, cfg);
    return b;
}

static void pull_miso_up(struct board *b)
{
    net_attach(&b->miso, &b->miso_pull, "pull-up");
    net_drive(&b->miso_pull, NET_1, NET_PULL);
}

static struct board *mono_new(const struct mono4098_config *parts, const struct host_miniframe_config *cfg)
{
    struct board *b = board_start(NULL, NULL);
    struct mono4098_wires w = {
        .tx = &b->tx, .miso = &b->miso, .sck = &b->sck, .mosi = &b->mosi, .reset = &b->reset, .rx_line = &b->rx_line
    };
    mono4098_init(&b->mono, &b->sim, parts, &w);
    struct host_miniframe_board hb = host_board(b);
    hb.dtr = hb.rts = NULL;
    hb.circuit = NULL;
    b->p = host_miniframe_new(&hb, cfg);
    return b;
}

static void board_free(struct board *b)
{
    b->p.ops->free(b->p.ctx);
    checker_free(&b->checker);
    free(b);
}

static bool enter(struct board *b)
{
    return b->p.ops->enter(b->p.ctx, &b->err);
}

static void expect_signature(struct board *b)
{
    uint8_t sig[3];
    ck_assert_msg(b->p.ops->signature(b->p.ctx, sig, &b->err), "%s", b->err.text);
    ck_assert_msg(sig[0] == 0x1e && sig[1] == 0x95 && sig[2] == 0x0f, "%02X %02X %02X", sig[0], sig[1], sig[2]);
}

static void fill(uint8_t *bytes, size_t n)
{
    struct sim_rng rng = sim_rng_stream(5, "test data");
    for (size_t i = 0; i < n; i++) {
        bytes[i] = (uint8_t)sim_rng_next(&rng);
    }
}

/* Erase, then 512 bytes of flash and 12 of EEPROM, and back. */
static void program_and_read(struct board *b)
{
    uint8_t data[512], got[512];
    fill(data, sizeof data);
    ck_assert(b->p.ops->erase(b->p.ctx, &b->err));
    ck_assert(b->p.ops->write(b->p.ctx, PROG_FLASH, 256, data, 512, &b->err));
    ck_assert(b->p.ops->write(b->p.ctx, PROG_EEPROM, 3, data, 12, &b->err));
    ck_assert_mem_eq(b->nvm.cells.flash + 256, data, 512);
    ck_assert_mem_eq(b->nvm.cells.eeprom + 3, data, 12);
    ck_assert(b->p.ops->read(b->p.ctx, PROG_FLASH, 256, got, 512, &b->err));
    ck_assert_mem_eq(got, data, 512);
    ck_assert(b->p.ops->read(b->p.ctx, PROG_EEPROM, 3, got, 12, &b->err));
    ck_assert_mem_eq(got, data, 12);
}

START_TEST(signature_flash_eeprom_through_4_bit_frames)
{
    struct board *b = board_new(&miniframe_two_4001, &host_miniframe_default);
    ck_assert_msg(enter(b), "%s", b->err.text);
    expect_signature(b);
    program_and_read(b);
    ck_assert(b->p.ops->leave(b->p.ctx, &b->err));
    if (b->checker.violations) {
        const struct checker_finding *f = checker_at(&b->checker, 0);
        ck_abort_msg("%s on %s at %llu ps", checker_rule_info(f->rule)->id, f->net, (unsigned long long)f->at_ps);
    }
    board_free(b);
}
END_TEST

static void fuses_and_lock_bits(struct board *b, uint8_t low)
{
    uint8_t v;
    ck_assert(b->p.ops->read_fuse(b->p.ctx, PROG_LOW, &v, &b->err));
    ck_assert_uint_eq(v, low);
    ck_assert(b->p.ops->write_fuse(b->p.ctx, PROG_HIGH, 0xd1, &b->err));
    ck_assert(b->p.ops->read_fuse(b->p.ctx, PROG_HIGH, &v, &b->err));
    ck_assert_uint_eq(v, 0xd1);
    ck_assert(b->p.ops->write_fuse(b->p.ctx, PROG_LOCK, 0xfe, &b->err));
    ck_assert(b->p.ops->read_fuse(b->p.ctx, PROG_LOCK, &v, &b->err));
    ck_assert_uint_eq(v, 0xfe);
}

START_TEST(fuses_and_lock)
{
    struct board *b = board_new(&miniframe_two_4001, &host_miniframe_default);
    ck_assert(enter(b));
    fuses_and_lock_bits(b, 0x62);
    board_free(b);
}
END_TEST

START_TEST(reopened_port_is_cured_by_a_pulse_of_dtr)
{
    for (int locked = 0; locked < 2; locked++) {
        struct miniframe_config parts = miniframe_two_4001;
        struct host_miniframe_config cfg = host_miniframe_default;
        parts.latch_wakes_locked = locked;
        cfg.entry = MINIFRAME_REOPENED;
        struct board *b = board_new(&parts, &cfg);
        ck_assert_msg(enter(b), "%s", b->err.text);
        expect_signature(b);
        board_free(b);
    }
}
END_TEST

/* Every format, form and kind of session, on the circuit with two 4001 and the one with data and DTR inverted. */
START_TEST(other_formats_and_forms)
{
    struct host_miniframe_config cfg = host_miniframe_default;
    for (unsigned i = 0; i < 2 * 2 * 2 * 3 * 3; i++) {
        bool simple = i & 1;
        cfg.one_bit_characters = i & 2;
        cfg.entry = i & 4 ? MINIFRAME_REOPENED : MINIFRAME_COLD;
        cfg.code.data_bits = (uint8_t)(6 + i / 8 % 3);
        cfg.reply = (enum host_miniframe_reply)(i / 24);
        cfg.code.inverted = cfg.dtr_low_resets = simple;
        struct board *b = board_new(simple ? &miniframe_one_4001 : &miniframe_two_4001, &cfg);
        ck_assert_msg(enter(b), "%s, %u data bits, reply %d, entry %d, one bit %d: %s", simple ? "one 4001" : "two",
                      cfg.code.data_bits, cfg.reply, cfg.entry, cfg.one_bit_characters, b->err.text);
        expect_signature(b);
        board_free(b);
    }
}
END_TEST

/* Reading and writing in 3-bit frames wants a target that looks at MOSI soon, and a quick optocoupler. */
START_TEST(simplified_circuit_in_3_bit_frames)
{
    struct miniframe_config parts = miniframe_one_4001;
    struct host_miniframe_config cfg = host_miniframe_default;
    cfg.code = (struct miniframe_code){ .cells = 3, .data_bits = 7, .inverted = true };
    cfg.reply = MINIFRAME_REPLY_ONES;
    cfg.dtr_low_resets = true;
    parts.opto_tau_us = 1;
    for (int i = 0; i < 3; i++) {
        parts.c2_pf = 1450 + i * 50;
        struct board *b = board_fast(parts, &cfg, 8, 20);
        ck_assert_msg(enter(b), "%g pF: %s", parts.c2_pf, b->err.text);
        expect_signature(b);
        program_and_read(b);
        board_free(b);
    }
}
END_TEST

START_TEST(any_baud_rate_with_the_parts_for_it)
{
    static const uint32_t bauds[] = { 1200, 19200, 115200, 230400, 460800 };
    for (unsigned i = 0; i < sizeof bauds / sizeof bauds[0]; i++) {
        struct miniframe_config parts = miniframe_two_4001;
        struct host_miniframe_config cfg = host_miniframe_default;
        parts.c2_pf *= 115200.0 / bauds[i];
        cfg.baud = bauds[i];
        struct board *b = board_fast(parts, &cfg, 8, 20); /* 8 MHz: ts of 2 us is a bit time at 460800 baud */
        ck_assert_msg(enter(b), "%u baud: %s", bauds[i], b->err.text);
        expect_signature(b);
        program_and_read(b);
        fuses_and_lock_bits(b, 0xe2);
        board_free(b);
    }
}
END_TEST

/* RX lags behind TX by a ramp and some gates: the last character of an instruction ends after the sender has. */
START_TEST(slow_lines_and_fast_rates_lose_no_character)
{
    static const struct {
        uint32_t baud;
        unsigned v_per_us;
        double c1_pf;
    } cases[] = {
        { 115200, 2, 100 },  { 115200, 10, 100 }, { 115200, 20, 100 },
        { 115200, 30, 100 }, { 500000, 20, 100 }, { 921600, 30, 47 },
    };
    for (unsigned i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct miniframe_config parts = miniframe_two_4001;
        struct host_miniframe_config cfg = host_miniframe_default;
        parts.c1_pf = cases[i].c1_pf;
        parts.c2_pf *= 115200.0 / cases[i].baud;
        cfg.baud = cases[i].baud;
        cfg.tries = 1;
        struct board *b = board_fast(parts, &cfg, 16, cases[i].v_per_us);
        ck_assert_msg(enter(b), "%u baud, %u V/us: %s", cases[i].baud, cases[i].v_per_us, b->err.text);
        expect_signature(b);
        program_and_read(b);
        board_free(b);
    }
}
END_TEST

/*
 * While SCK is locked low RX shows MISO, and a pull-up there is a break. Nothing, or half a character, comes back for
 * the first one. Without the pause behind it all that follows is taken one miniframe late.
 */
START_TEST(miso_pulled_up_before_the_first_frame)
{
    struct host_miniframe_config cfg = host_miniframe_default;
    cfg.tries = 1;
    for (int one_bit = 0; one_bit < 2; one_bit++) {
        for (int settle = 0; settle < 2; settle++) {
            cfg.one_bit_characters = one_bit;
            cfg.settle_first = settle;
            struct board *b = board_new(&miniframe_two_4001, &cfg);
            pull_miso_up(b);
            bool works = one_bit || settle; /* a character with one bit has its own pause */
            ck_assert_msg(enter(b) == works, "one bit %d, settle %d: %s", one_bit, settle, b->err.text);
            if (works) {
                expect_signature(b);
                program_and_read(b);
            } else {
                ck_assert_msg(strstr(b->err.text, "FF FE A6 00 came back"), "%s", b->err.text); /* 53 a bit early */
            }
            board_free(b);
        }
    }
}
END_TEST

START_TEST(gaps_and_baud_error)
{
    struct host_miniframe_config cfg = host_miniframe_default;
    for (int i = -2; i <= 2; i++) {
        cfg.gap_ps = (sim_time)(i + 2) * 31 * SIM_US;
        cfg.baud_error_ppm = i * 10000;
        struct board *b = board_new(&miniframe_two_4001, &cfg);
        ck_assert_msg(enter(b), "%s", b->err.text);
        expect_signature(b);
        board_free(b);
    }
}
END_TEST

START_TEST(discriminator_writes_in_3_bit_frames)
{
    struct miniframe_config parts = miniframe_two_4001;
    struct host_miniframe_config cfg = host_miniframe_default;
    parts.r3_ohm = 33e3;
    parts.supply_from_dtr = true;
    cfg.fast = (struct miniframe_code){ .cells = 3, .data_bits = 7 };
    struct board *b = board_new(&parts, &cfg);
    ck_assert_msg(enter(b), "%s", b->err.text);
    program_and_read(b);
    board_free(b);
}
END_TEST

START_TEST(discriminator_switched_too_early_loses_the_first_bit)
{
    struct miniframe_config parts = miniframe_two_4001;
    struct host_miniframe_config cfg = host_miniframe_default;
    parts.r3_ohm = 33e3;
    parts.supply_from_dtr = true;
    cfg.fast = (struct miniframe_code){ .cells = 3, .data_bits = 7 };
    cfg.fast_too_early = true;
    struct board *b = board_new(&parts, &cfg);
    ck_assert(!enter(b));
    ck_assert_uint_gt(checker_margin(&b->checker, CHECK_FRAME_EARLY)->findings, 0);
    board_free(b);
}
END_TEST

START_TEST(without_the_bistable_sync_fails)
{
    struct miniframe_config parts = miniframe_two_4001;
    parts.lock_fitted = false;
    struct board *b = board_new(&parts, &host_miniframe_default);
    ck_assert(!enter(b));
    ck_assert_ptr_nonnull(strstr(b->err.text, "no answer to Programming Enable"));
    ck_assert_uint_gt(checker_margin(&b->checker, CHECK_SCK_AT_RESET)->findings, 0);
    board_free(b);
}
END_TEST

START_TEST(wrong_baud_for_the_parts)
{
    static const uint32_t bauds[] = { 19200, 38400, 57600, 230400, 460800 };
    for (unsigned i = 0; i < sizeof bauds / sizeof bauds[0]; i++) {
        struct host_miniframe_config cfg = host_miniframe_default;
        cfg.baud = bauds[i];
        struct board *b = board_new(&miniframe_two_4001, &cfg);
        ck_assert_msg(!enter(b), "%u baud works with parts for 115200", bauds[i]);
        const struct checker_margin *early = checker_margin(&b->checker, CHECK_FRAME_EARLY),
                                    *late = checker_margin(&b->checker, CHECK_FRAME_LATE),
                                    *missed = checker_margin(&b->checker, CHECK_FRAME_MISSED);
        ck_assert_msg(early->findings + late->findings + missed->findings > 0, "%u baud", bauds[i]);
        board_free(b);
    }
}
END_TEST

START_TEST(simplified_circuit)
{
    struct host_miniframe_config cfg = host_miniframe_default;
    cfg.code.inverted = true;
    cfg.dtr_low_resets = true;
    struct board *b = board_new(&miniframe_one_4001, &cfg);
    ck_assert_msg(enter(b), "%s", b->err.text);
    expect_signature(b);
    program_and_read(b);
    board_free(b);
}
END_TEST

START_TEST(receive_drivers_carry_the_same_characters)
{
    for (enum miniframe_rx_driver d = MINIFRAME_RX_DIRECT; d <= MINIFRAME_RX_OPTO; d++) {
        struct miniframe_config parts = miniframe_two_4001;
        parts.rx_driver = d;
        struct board *b = board_new(&parts, &host_miniframe_default);
        ck_assert_msg(enter(b), "%s", b->err.text);
        expect_signature(b);
        board_free(b);
    }
}
END_TEST

static struct host_miniframe_config tx_rx_only(void)
{
    struct host_miniframe_config cfg = host_miniframe_default;
    cfg.entry = MINIFRAME_STREAM;
    cfg.reply = MINIFRAME_REPLY_ONES;
    return cfg;
}

START_TEST(tx_rx_only_circuit)
{
    struct host_miniframe_config cfg = tx_rx_only();
    struct board *b = mono_new(&mono4098_115200, &cfg);
    ck_assert_msg(enter(b), "%s", b->err.text);
    expect_signature(b);
    program_and_read(b);
    ck_assert(b->p.ops->leave(b->p.ctx, &b->err));
    ck_assert(target_mode(&b->target) == TARGET_RUNNING);
    board_free(b);
}
END_TEST

START_TEST(tx_rx_only_circuit_in_8N1_and_with_miso_pulled_up)
{
    struct host_miniframe_config cfg = tx_rx_only();
    cfg.tries = 1;
    for (int bits = 6; bits <= 8; bits += 2) {
        for (int up = 0; up < 2; up++) {
            cfg.code.data_bits = (uint8_t)bits;
            struct board *b = mono_new(&mono4098_115200, &cfg);
            if (up) {
                pull_miso_up(b);
            }
            ck_assert_msg(enter(b), "%d bits, pull-up %d: %s", bits, up, b->err.text);
            expect_signature(b);
            program_and_read(b);
            board_free(b);
        }
    }
    cfg.code.data_bits = 7;
    ck_assert(!host_miniframe_check(&cfg, &check_err) && strstr(check_err.text, "6N1 or 8N1"));
}
END_TEST

START_TEST(a_gap_in_the_idle_stream_clocks_an_extra_bit)
{
    struct host_miniframe_config cfg = tx_rx_only();
    cfg.gap_ps = 6 * SIM_US; /* T2 - 2 Tb = 4.3 us */
    struct board *b = mono_new(&mono4098_115200, &cfg);
    ck_assert(!enter(b));
    board_free(b);
    cfg.gap_ps = 3 * SIM_US;
    b = mono_new(&mono4098_115200, &cfg);
    ck_assert_msg(enter(b), "%s", b->err.text);
    board_free(b);
}
END_TEST

/* T2 of 2 bits, or the stream has pulses of SCK that the target sees, up to 3 bits less ts (2 us at 1 MHz). */
START_TEST(t2_window)
{
    static const struct {
        double bits;
        bool works;
    } cases[] = {
        { 1.84, false }, { 2.01, true }, { 2.3, true }, { 2.53, true }, { 2.76, false }, { 3.2, false },
    };
    struct host_miniframe_config cfg = tx_rx_only();
    cfg.tries = 1;
    for (unsigned i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct mono4098_config parts = mono4098_115200;
        parts.t2_ps = (sim_time)(cases[i].bits * 8680556);
        struct board *b = mono_new(&parts, &cfg);
        ck_assert_msg(enter(b) == cases[i].works, "T2 of %g bits: %s", cases[i].bits, b->err.text);
        if (cases[i].works) {
            expect_signature(b);
            program_and_read(b);
        }
        board_free(b);
    }
}
END_TEST

struct edges { /* of SCK and RESET, and of the lines: the last of each, and the first of SCK's rises */
    struct net_watch sck_watch, reset_watch;
    struct vline_watch tx_watch, dtr_watch, rts_watch;
    sim_time tx_rise_ps, first_start_ps, sck_rise_ps, sck_fall_ps, reset_ps, dtr_rise_ps, dtr_fall_ps, rts_ps;
    sim_time shortest_sck_high_ps;
    unsigned dtr_rises, sck_rises;
    struct board *b;
};

static void net_edge(void *ctx, struct net *net, sim_time at_ps)
{
    struct edges *e = ctx;
    if (net == &e->b->reset) {
        e->reset_ps = at_ps;
    } else if (net->level == NET_1) {
        e->sck_rise_ps = at_ps;
        e->sck_rises++;
    } else {
        sim_time high = at_ps - e->sck_rise_ps;
        e->sck_fall_ps = at_ps;
        e->shortest_sck_high_ps = e->sck_rises && high < e->shortest_sck_high_ps ? high : e->shortest_sck_high_ps;
    }
}

static void line_edge(void *ctx, struct vline *line, sim_time at_ps)
{
    struct edges *e = ctx;
    bool high = line->mv > 0;
    if (line == &e->b->rts.v) {
        e->rts_ps = at_ps;
    } else if (line == &e->b->dtr.v) {
        *(high ? &e->dtr_rise_ps : &e->dtr_fall_ps) = at_ps;
        e->dtr_rises += high;
    } else if (high) {
        e->tx_rise_ps = at_ps;
        e->first_start_ps = e->first_start_ps ? e->first_start_ps : at_ps;
    }
}

static void watch_edges(struct edges *e, struct board *b)
{
    *e = (struct edges){ .b = b, .shortest_sck_high_ps = SIM_NEVER };
    net_watch_add(&b->sck, &e->sck_watch, NET_WATCH_EDGES, net_edge, e);
    net_watch_add(&b->reset, &e->reset_watch, NET_WATCH_EDGES, net_edge, e);
    vline_watch_add(&b->tx.v, &e->tx_watch, line_edge, e);
    vline_watch_add(&b->dtr.v, &e->dtr_watch, line_edge, e);
    vline_watch_add(&b->rts.v, &e->rts_watch, line_edge, e);
}

/* The other monostable 0.2 us later: SCK has a pulse at the first edge, RESET falls then; the target is not upset. */
START_TEST(start_hazard_of_the_tx_rx_only_circuit)
{
    struct mono4098_config parts = mono4098_115200;
    struct host_miniframe_config cfg = tx_rx_only();
    struct edges e;
    parts.q2_delay_ps = 400 * SIM_NS; /* Q1: 200 */
    cfg.tries = 1;
    struct board *b = mono_new(&parts, &cfg);
    watch_edges(&e, b);
    sim_run_until(&b->sim, SIM_MS);
    ck_assert_msg(enter(b), "%s", b->err.text);
    ck_assert_uint_eq(e.shortest_sck_high_ps, 200 * SIM_NS); /* below two clocks: not counted */
    sim_time from_start = e.reset_ps - e.first_start_ps;
    ck_assert_uint_le(from_start, 200 * SIM_NS + parts.gate_ps);
    ck_assert_uint_eq(e.sck_rises, 33);
    expect_signature(b);
    board_free(b);
}
END_TEST

/* RTS, supply, DTR, 20 ms, frames; then DTR, SCK locked 24 us later, RTS. Reopened: both lines, a pulse of DTR. */
START_TEST(order_and_times_of_both_openings)
{
    for (int reopened = 0; reopened < 2; reopened++) {
        struct host_miniframe_config cfg = host_miniframe_default;
        struct edges e;
        cfg.entry = reopened ? MINIFRAME_REOPENED : MINIFRAME_COLD;
        struct board *b = board_new(&miniframe_two_4001, &cfg);
        watch_edges(&e, b);
        sim_run_until(&b->sim, SIM_MS);
        ck_assert_msg(enter(b), "%s", b->err.text);
        if (reopened) {
            ck_assert_uint_eq(e.dtr_rises, 2);
            ck_assert_uint_ge(e.dtr_fall_ps, e.rts_ps + 5 * SIM_MS); /* the supply is up */
            ck_assert_uint_ge(e.dtr_rise_ps, e.dtr_fall_ps + SIM_MS);
        } else {
            ck_assert_uint_eq(e.dtr_rises, 1);
            ck_assert_uint_ge(e.dtr_rise_ps, e.rts_ps + 5 * SIM_MS);
        }
        ck_assert(e.reset_ps > e.dtr_rise_ps && e.reset_ps < e.dtr_rise_ps + 2 * SIM_US); /* low with DTR's rise */
        ck_assert_uint_ge(e.first_start_ps, e.reset_ps + 20 * SIM_MS);
        unsigned woke = reopened; /* the latch woke unlocked, SCK high */
        ck_assert_uint_eq(e.sck_rises, 32 + woke);
        ck_assert_uint_gt(e.sck_rise_ps, e.first_start_ps); /* locked low until then, so every other rise is a bit's */
        ck_assert_int_eq(b->sck.level, NET_1);

        sim_run_until(&b->sim, b->sim.now_ps + SIM_MS); /* X recovers */
        sim_time last_rise = e.sck_rise_ps, rts = e.rts_ps;
        ck_assert(b->p.ops->leave(b->p.ctx, &b->err));
        ck_assert(e.dtr_fall_ps > last_rise && e.rts_ps > rts);
        ck_assert(e.reset_ps > e.dtr_fall_ps && e.reset_ps < e.dtr_fall_ps + 2 * SIM_US);
        sim_time lock = e.sck_fall_ps - e.dtr_fall_ps;
        ck_assert_msg(lock > 23500 * SIM_NS && lock < 24900 * SIM_NS, "SCK is locked %llu ps after DTR",
                      (unsigned long long)lock);
        ck_assert_uint_gt(e.rts_ps, e.sck_fall_ps);
        sim_run_until(&b->sim, b->sim.now_ps + 100 * SIM_MS);
        ck_assert(target_mode(&b->target) == TARGET_RUNNING);
        ck_assert_uint_eq(e.sck_rises, 32 + woke);
        board_free(b);
    }
}
END_TEST

/* 16 characters of 8 bits, or 11 of 9 of which the last carries two: 1.111 ms and 0.86 ms at 115200 baud. */
START_TEST(length_of_an_instruction)
{
    static const uint8_t send[4] = { 0x30, 0, 0, 0 };
    for (int cells = 4; cells >= 3; cells--) {
        struct host_miniframe_config cfg = host_miniframe_default;
        struct miniframe_config parts = miniframe_two_4001;
        uint8_t answer[4];
        if (cells == 3) {
            cfg.code = (struct miniframe_code){ .cells = 3, .data_bits = 7 };
            cfg.reply = MINIFRAME_REPLY_ONES;
            parts.c2_pf = 1600;
        }
        struct board *b = board_fast(parts, &cfg, 8, 20);
        ck_assert_msg(enter(b), "%s", b->err.text);
        sim_time from = b->sim.now_ps;
        ck_assert(b->p.ops->spi(b->p.ctx, send, answer, &b->err));
        double us = (double)(b->sim.now_ps - from) * 1e-6;
        ck_assert_double_eq_tol(us, cells == 4 ? 1111.1 : 859.4, 0.05);
        ck_assert_uint_eq(answer[3], 0x1e);
        board_free(b);
    }
}
END_TEST

/* RX wants 0.7 mA through the optocoupler against 15 k to -9 V: the current ratio times 1.425 mA of the LED. */
START_TEST(simplified_circuit_opto_limits)
{
    static const struct {
        double ctr, tau_us;
        bool works;
    } cases[] = {
        { 0.5, 5, false },
        { 0.6, 5, true },
        { 1, 15, true },
        { 1, 20, false },
    };
    struct host_miniframe_config cfg = host_miniframe_default;
    cfg.code.inverted = cfg.dtr_low_resets = true;
    ck_assert_double_eq_tol(miniframe_led_ma(&miniframe_one_4001), 1.425, 0.005);
    for (unsigned i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct miniframe_config parts = miniframe_one_4001;
        parts.opto_ctr = cases[i].ctr;
        parts.opto_tau_us = cases[i].tau_us;
        struct board *b = board_new(&parts, &cfg);
        ck_assert_msg(enter(b) == cases[i].works, "case %u: %s", i, b->err.text);
        if (cases[i].works) {
            expect_signature(b);
            program_and_read(b);
        }
        board_free(b);
    }
}
END_TEST

START_TEST(configurations_that_cannot_be)
{
    struct host_miniframe_config c = host_miniframe_default;
    c.code.data_bits = 5;
    ck_assert(!host_miniframe_check(&c, &check_err));
    c = host_miniframe_default;
    c.code = (struct miniframe_code){ .cells = 3, .data_bits = 7 };
    ck_assert(!host_miniframe_check(&c, &check_err));
    c.reply = MINIFRAME_REPLY_ONES;
    ck_assert(host_miniframe_check(&c, &check_err));
    c.baud = 0;
    ck_assert(!host_miniframe_check(&c, &check_err));
    c = host_miniframe_default;
    c.entry = MINIFRAME_STREAM;
    ck_assert(!host_miniframe_check(&c, &check_err));
    ck_assert(host_miniframe_check(&host_miniframe_default, &check_err));
}
END_TEST

int main(void)
{
    Suite *s = suite_create("host_miniframe");
    TCase *tc = tcase_create("all");
    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, signature_flash_eeprom_through_4_bit_frames);
    tcase_add_test(tc, fuses_and_lock);
    tcase_add_test(tc, reopened_port_is_cured_by_a_pulse_of_dtr);
    tcase_add_test(tc, other_formats_and_forms);
    tcase_add_test(tc, simplified_circuit_in_3_bit_frames);
    tcase_add_test(tc, any_baud_rate_with_the_parts_for_it);
    tcase_add_test(tc, slow_lines_and_fast_rates_lose_no_character);
    tcase_add_test(tc, miso_pulled_up_before_the_first_frame);
    tcase_add_test(tc, gaps_and_baud_error);
    tcase_add_test(tc, discriminator_writes_in_3_bit_frames);
    tcase_add_test(tc, discriminator_switched_too_early_loses_the_first_bit);
    tcase_add_test(tc, without_the_bistable_sync_fails);
    tcase_add_test(tc, wrong_baud_for_the_parts);
    tcase_add_test(tc, simplified_circuit);
    tcase_add_test(tc, receive_drivers_carry_the_same_characters);
    tcase_add_test(tc, tx_rx_only_circuit);
    tcase_add_test(tc, tx_rx_only_circuit_in_8N1_and_with_miso_pulled_up);
    tcase_add_test(tc, a_gap_in_the_idle_stream_clocks_an_extra_bit);
    tcase_add_test(tc, t2_window);
    tcase_add_test(tc, start_hazard_of_the_tx_rx_only_circuit);
    tcase_add_test(tc, order_and_times_of_both_openings);
    tcase_add_test(tc, length_of_an_instruction);
    tcase_add_test(tc, simplified_circuit_opto_limits);
    tcase_add_test(tc, configurations_that_cannot_be);
    suite_add_tcase(s, tc);
    return run_all(s);
}
