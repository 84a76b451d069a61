/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The whole RS232 programmer: host, circuit and a virtual target, from the operations of a programmer down. */
#include "harness/host_miniframe.h"

#include "sim/miniframe.h"
#include "sim/mono4098.h"
#include "sim/rng.h"
#include "sim/target_avr.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

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

static struct board *board_start(const struct target_config *target)
{
    struct board *b = calloc(1, sizeof *b);
    sim_init(&b->sim, 1);
    net_init(&b->sck, &b->sim, "SCK");
    net_init(&b->mosi, &b->sim, "MOSI");
    net_init(&b->reset, &b->sim, "RESET");
    net_init(&b->miso, &b->sim, "MISO");
    vline_init(&b->vcc, &b->sim, "VCC", 5000);
    vline_init(&b->rx_line, &b->sim, "RX", 0);
    rs232_line_init(&b->tx, &b->sim, "TX", &rs232_levels_9v, false);
    rs232_line_init(&b->dtr, &b->sim, "DTR", &rs232_levels_9v, false);
    rs232_line_init(&b->rts, &b->sim, "RTS", &rs232_levels_9v, false);
    struct target_config t = target ? *target : target_config_default(part_find("atmega328p"));
    nvm_init(&b->nvm, t.part, &t.switches, 1);
    checker_init(&b->checker, &b->sim);
    struct target_pins pins = { .vcc = &b->vcc, .reset_n = &b->reset, .sck = &b->sck, .mosi = &b->mosi,
                                .miso = &b->miso };
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
    ck_assert_ptr_null(miniframe_config_check(&parts));
    struct miniframe_wires w = { .tx = &b->tx, .dtr = &b->dtr, .rts = &b->rts, .miso = &b->miso, .sck = &b->sck,
                                 .mosi = &b->mosi, .reset = &b->reset, .rx_line = &b->rx_line };
    miniframe_init(&b->circuit, &b->sim, &parts, &w);
}

static struct board *board_new(const struct miniframe_config *parts, const struct host_miniframe_config *cfg)
{
    struct board *b = board_start(NULL);
    circuit_start(b, *parts);
    struct host_miniframe_board hb = host_board(b);
    b->p = host_miniframe_new(&hb, cfg);
    return b;
}

static struct board *mono_new(const struct mono4098_config *parts, const struct host_miniframe_config *cfg)
{
    struct board *b = board_start(NULL);
    struct mono4098_wires w = { .tx = &b->tx, .miso = &b->miso, .sck = &b->sck, .mosi = &b->mosi,
                                .reset = &b->reset, .rx_line = &b->rx_line };
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
    sim_free(&b->sim);
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

START_TEST(fuses_and_lock)
{
    struct board *b = board_new(&miniframe_two_4001, &host_miniframe_default);
    uint8_t v;
    ck_assert(enter(b));
    ck_assert(b->p.ops->read_fuse(b->p.ctx, PROG_LOW, &v, &b->err));
    ck_assert_uint_eq(v, 0x62);
    ck_assert(b->p.ops->write_fuse(b->p.ctx, PROG_HIGH, 0xd1, &b->err));
    ck_assert(b->p.ops->read_fuse(b->p.ctx, PROG_HIGH, &v, &b->err));
    ck_assert_uint_eq(v, 0xd1);
    ck_assert(b->p.ops->write_fuse(b->p.ctx, PROG_LOCK, 0xfe, &b->err));
    ck_assert(b->p.ops->read_fuse(b->p.ctx, PROG_LOCK, &v, &b->err));
    ck_assert_uint_eq(v, 0xfe);
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

START_TEST(other_formats_and_forms)
{
    struct host_miniframe_config cfg = host_miniframe_default;
    for (unsigned bits = 6; bits <= 8; bits++) {
        for (enum host_miniframe_reply r = MINIFRAME_REPLY_DUPLEX; r <= MINIFRAME_REPLY_ONES; r++) {
            for (int one = 0; one < 2; one++) {
                cfg.code.data_bits = (uint8_t)bits;
                cfg.reply = r;
                cfg.one_bit_characters = one;
                struct board *b = board_new(&miniframe_two_4001, &cfg);
                ck_assert_msg(enter(b), "%u data bits, reply %d, %d: %s", bits, r, one, b->err.text);
                expect_signature(b);
                board_free(b);
            }
        }
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
        struct target_config t = target_config_default(part_find("atmega328p"));
        struct board *b = board_start(&t);
        b->nvm.cells.fuses.fuse[0] = 0xe2; /* 8 MHz: ts of 2 us is 2 bit times at 921600 baud */
        vline_set(&b->vcc, 0);
        vline_set(&b->vcc, 5000);
        circuit_start(b, parts);
        struct host_miniframe_board hb = host_board(b);
        b->p = host_miniframe_new(&hb, &cfg);
        ck_assert_msg(enter(b), "%u baud: %s", bauds[i], b->err.text);
        expect_signature(b);
        board_free(b);
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
    cfg.settle_first = false;
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

START_TEST(configurations_that_cannot_be)
{
    struct host_miniframe_config c = host_miniframe_default;
    c.code.data_bits = 5;
    ck_assert_ptr_nonnull(host_miniframe_check(&c));
    c = host_miniframe_default;
    c.code = (struct miniframe_code){ .cells = 3, .data_bits = 7 };
    ck_assert_ptr_nonnull(host_miniframe_check(&c));
    c.reply = MINIFRAME_REPLY_ONES;
    ck_assert_ptr_null(host_miniframe_check(&c));
    c.baud = 0;
    ck_assert_ptr_nonnull(host_miniframe_check(&c));
    c = host_miniframe_default;
    c.entry = MINIFRAME_STREAM;
    ck_assert_ptr_nonnull(host_miniframe_check(&c));
    ck_assert_ptr_null(host_miniframe_check(&host_miniframe_default));
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
    tcase_add_test(tc, any_baud_rate_with_the_parts_for_it);
    tcase_add_test(tc, gaps_and_baud_error);
    tcase_add_test(tc, discriminator_writes_in_3_bit_frames);
    tcase_add_test(tc, discriminator_switched_too_early_loses_the_first_bit);
    tcase_add_test(tc, without_the_bistable_sync_fails);
    tcase_add_test(tc, wrong_baud_for_the_parts);
    tcase_add_test(tc, simplified_circuit);
    tcase_add_test(tc, receive_drivers_carry_the_same_characters);
    tcase_add_test(tc, tx_rx_only_circuit);
    tcase_add_test(tc, a_gap_in_the_idle_stream_clocks_an_extra_bit);
    tcase_add_test(tc, configurations_that_cannot_be);
    suite_add_tcase(s, tc);
    SRunner *sr = srunner_create(s);
    srunner_run_all(sr, CK_NORMAL);
    int failed = srunner_ntests_failed(sr);
    srunner_free(sr);
    return failed != 0;
}
