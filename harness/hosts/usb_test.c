/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The USB test-mode programmer: requests, states, shifter, target. */
#include "harness/hosts/usb.h"

#include "sim/circuits/usb_testmode.h"
#include "sim/target_avr.h"
#include "tests/run_all.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

static struct problem check_err;

struct board {
    struct sim sim;
    struct net sck, mosi, reset, miso;
    struct vline dp, dm, vcc;
    struct nvm nvm;
    struct checker checker;
    struct target target;
    struct usb_testmode usb;
    struct programmer p;
    struct problem err;
    uint32_t miso_word; /* what the target sent, seen at the rises of SCK */
    struct net_watch watch;
    unsigned rises;
};

static void sck_changed(void *ctx, struct net *net, sim_time at_ps)
{
    (void)at_ps;
    struct board *b = ctx;
    if (net->level == NET_1) {
        b->rises++;
        b->miso_word = b->miso_word << 1 | net_is_high(&b->miso, true);
    }
}

static struct board *board_with(const struct usb_testmode_config *parts, const struct host_usb_config *cfg,
                                uint8_t low_fuse)
{
    struct board *b = calloc(1, sizeof *b);
    sim_init(&b->sim, 1);
    net_init(&b->sck, &b->sim, "SCK");
    net_init(&b->mosi, &b->sim, "MOSI");
    net_init(&b->reset, &b->sim, "RESET");
    net_init(&b->miso, &b->sim, "MISO");
    vline_init(&b->dp, &b->sim, "D+", 0);
    vline_init(&b->dm, &b->sim, "D-", 0);
    vline_init(&b->vcc, &b->sim, "VCC", 0);
    struct usb_testmode_wires w = { .dp = &b->dp, .dm = &b->dm, .sck = &b->sck, .mosi = &b->mosi, .reset = &b->reset };
    usb_testmode_init(&b->usb, &b->sim, parts, &w);
    struct target_config t = target_config_default(part_find("atmega328p"));
    nvm_init(&b->nvm, t.part, &t.switches, 1);
    checker_init(&b->checker, &b->sim);
    struct target_pins pins = {
        .vcc = &b->vcc, .reset_n = &b->reset, .sck = &b->sck, .mosi = &b->mosi, .miso = &b->miso
    };
    target_init(&b->target, &b->sim, &t, &b->nvm, &pins, &b->checker);
    b->nvm.cells.fuses.fuse[0] = low_fuse;
    vline_set(&b->vcc, 5000); /* the plain power-up entry: RESET and SCK low */
    net_watch_add(&b->sck, &b->watch, NET_WATCH_EDGES, sck_changed, b);
    b->p = host_usb_new(&b->sim, t.part, &b->dp, &b->dm, cfg);
    return b;
}

static struct board *board_new(const struct usb_testmode_config *parts, const struct host_usb_config *cfg)
{
    return board_with(parts, cfg, 0x62);
}

static void board_free(struct board *b)
{
    b->p.ops->free(b->p.ctx);
    checker_free(&b->checker);
    free(b);
}

#define KHZ_128 0xe3 /* low fuse: looks at MOSI 16 to 23 us after SCK's rise */

/* Does AC 53 00 00 get 53 in byte 3 on MISO? */
static bool target_echoes(const struct usb_testmode_config *parts, sim_time t_state_ps, uint8_t low_fuse)
{
    struct host_usb_config cfg = host_usb_default;
    cfg.t_state_ps = t_state_ps;
    cfg.clk_is_dm = parts->clk_is_dm;
    struct board *b = board_with(parts, &cfg, low_fuse);
    ck_assert(b->p.ops->enter(b->p.ctx, &b->err));
    bool ok = b->rises == 32 && (b->miso_word >> 8 & 0xff) == 0x53;
    board_free(b);
    return ok;
}

static bool echoes(const struct usb_testmode_config *parts, sim_time t_state_ps)
{
    return target_echoes(parts, t_state_ps, 0x62);
}

START_TEST(requests)
{
    uint8_t setup[8];
    static const uint8_t j_on_2[8] = { 0x23, 3, 21, 0, 2, 1, 0, 0 }, se0_on_7[8] = { 0x23, 3, 21, 0, 7, 3, 0, 0 };
    usb_port_test_request(USB_J, 2, setup);
    ck_assert_mem_eq(setup, j_on_2, 8);
    usb_port_test_request(USB_SE0, 7, setup);
    ck_assert_mem_eq(setup, se0_on_7, 8);
    usb_port_test_request(USB_K, 2, setup);
    ck_assert_uint_eq(setup[5], 2);
}
END_TEST

START_TEST(states_of_programming_enable)
{
    static const uint8_t enable[4] = { 0xac, 0x53, 0, 0 };
    static const char want[] = "DCSCDCSCDCDCSCSC"
                               "SCDCSCDCSCSCDCDC"
                               "SCSCSCSCSCSCSCSC"
                               "SCSCSCSCSCSCSCSC";
    for (int swapped = 0; swapped < 2; swapped++) {
        enum usb_state states[USB_STATES], clk = swapped ? USB_K : USB_J, data = swapped ? USB_J : USB_K;
        ck_assert_uint_eq(usb_encode(enable, swapped, states), 64);
        for (int i = 0; i < 64; i++) {
            ck_assert(states[i] == (want[i] == 'C' ? clk : want[i] == 'D' ? data : USB_SE0));
        }
    }
}
END_TEST

START_TEST(the_target_echoes_though_nobody_hears)
{
    struct board *b = board_new(&usb_testmode_default, &host_usb_default);
    uint8_t sig[3];
    ck_assert(b->p.ops->enter(b->p.ctx, &b->err));
    ck_assert_uint_eq(b->miso_word & 0xffff, 0x5300);
    ck_assert(target_port_enabled(&b->target));
    ck_assert(b->p.ops->signature(b->p.ctx, sig, &b->err)); /* it thinks that it read something */
    ck_assert(sig[0] != 0x1e);
    ck_assert_uint_eq(b->miso_word & 0xff, 0x0f); /* the real answer to the last of its three questions */
    ck_assert_uint_eq(b->checker.violations, 0);
    board_free(b);
    struct usb_testmode_config c = usb_testmode_default;
    c.clk_is_dm = true;
    ck_assert(echoes(&c, SIM_MS));
}
END_TEST

static const struct usb_delays *const placements[] = { &usb_delays_a, &usb_delays_b, &usb_delays_c };

/* Placement A works from 400 us on (formula: above 348), B from 60 us, C from 250 us, with a fast target from 125. */
START_TEST(state_times_by_placement)
{
    static const uint32_t us[] = { 60, 125, 250, 300, 348, 400, 500, 1000 };
    static const bool works[3][8] = {
        { false, false, false, false, true, true, true, true },
        { true, true, true, true, true, true, true, true },
        { false, true, true, true, true, true, true, true },
    };
    for (unsigned d = 0; d < 3; d++) {
        for (unsigned i = 0; i < 8; i++) {
            struct usb_testmode_config c = usb_testmode_default;
            c.delays = *placements[d];
            ck_assert_msg(echoes(&c, us[i] * SIM_US) == works[d][i], "placement %c, %u us", "ABC"[d], us[i]);
        }
    }
}
END_TEST

/* In 125 us the 10 nF of placement C are charged half: MOSI falls 9 us after DATA, not 35, too soon for 128 kHz. */
START_TEST(a_slow_target_needs_longer_states_in_placement_c)
{
    struct usb_testmode_config c = usb_testmode_default;
    c.delays = usb_delays_c;
    ck_assert(!target_echoes(&c, 125 * SIM_US, KHZ_128));
    ck_assert(target_echoes(&c, 250 * SIM_US, KHZ_128));
    ck_assert(target_echoes(&c, 1000 * SIM_US, KHZ_128));
    ck_assert(target_echoes(&usb_testmode_default, 125 * SIM_US, KHZ_128)); /* B: always 85 us */
    c.delays.data_tau_ps = 0;
    ck_assert(target_echoes(&c, 125 * SIM_US, KHZ_128));
}
END_TEST

static sim_time edge_after(struct board *b, struct vline *line, int32_t mv, const struct net *net)
{
    sim_time from = b->sim.now_ps;
    vline_set(line, mv);
    sim_run_until(&b->sim, from + 2 * SIM_MS);
    ck_assert_int_eq(net->level, mv ? NET_1 : NET_0);
    return net->changed_ps - from;
}

/* From the port's lines to SCK and MOSI, as the SPICE runs of the three placements have them, in ns. */
START_TEST(delays_at_the_nets)
{
    static const struct {
        uint32_t data_rise, data_fall, clk_rise, clk_fall, within;
    } want[] = {
        { 900, 696000, 80, 3200, 0 },
        { 12700, 85000, 80, 3200, 1800 },
        { 106000, 35000, 400, 4400, 0 },
    };
    for (unsigned d = 0; d < 3; d++) {
        struct usb_testmode_config c = usb_testmode_default;
        c.delays = *placements[d];
        struct board *b = board_new(&c, &host_usb_default);
        const sim_time got[4] = { edge_after(b, &b->dm, 800, &b->mosi), edge_after(b, &b->dm, 0, &b->mosi),
                                  edge_after(b, &b->dp, 800, &b->sck), edge_after(b, &b->dp, 0, &b->sck) };
        const uint32_t ns[4] = { want[d].data_rise, want[d].data_fall, want[d].clk_rise, want[d].clk_fall };
        for (unsigned i = 0; i < 4; i++) {
            ck_assert_msg(llabs((long long)got[i] - ns[i] * 1000LL) <= want[d].within * 1000LL,
                          "placement %c, edge %u: %llu ps", "ABC"[d], i, (unsigned long long)got[i]);
        }
        board_free(b);
    }
}
END_TEST

struct both { /* of the port's lines */
    struct vline *dp, *dm;
    struct vline_watch dp_watch, dm_watch;
    struct sim *sim;
    sim_time since_ps, longest_ps; /* both high */
    unsigned changes;
};

static void line_changed(void *ctx, struct vline *line, sim_time at_ps)
{
    (void)line;
    struct both *w = ctx;
    w->changes++;
    if (w->since_ps && at_ps - w->since_ps > w->longest_ps) {
        w->longest_ps = at_ps - w->since_ps;
    }
    w->since_ps = w->dp->mv > 0 && w->dm->mv > 0 ? at_ps : 0;
}

/* A port drives one of its lines or none: not before test mode, and not in a page of ones and zeros. */
START_TEST(lines_are_never_both_high)
{
    uint8_t page[128];
    for (unsigned i = 0; i < sizeof page; i++) {
        page[i] = (uint8_t)(i * 37);
    }
    for (int swapped = 0; swapped < 2; swapped++) {
        struct usb_testmode_config c = usb_testmode_default;
        struct host_usb_config host = host_usb_default;
        c.clk_is_dm = host.clk_is_dm = swapped;
        struct board *b = board_new(&c, &host);
        struct both w = { .dp = &b->dp, .dm = &b->dm, .sim = &b->sim };
        vline_watch_add(&b->dp, &w.dp_watch, line_changed, &w);
        vline_watch_add(&b->dm, &w.dm_watch, line_changed, &w);
        sim_run_until(&b->sim, 10 * SIM_MS);
        ck_assert(b->dp.mv == 0 && b->dm.mv == 0);
        ck_assert(b->p.ops->enter(b->p.ctx, &b->err));
        ck_assert(b->p.ops->write(b->p.ctx, PROG_FLASH, 0, page, sizeof page, &b->err));
        ck_assert(b->p.ops->leave(b->p.ctx, &b->err));
        ck_assert_uint_gt(w.changes, 129 * 64);
        ck_assert_uint_eq(w.longest_ps, 0);
        ck_assert_uint_eq(w.since_ps, 0);
        ck_assert_mem_eq(b->nvm.cells.flash, page, sizeof page);
        board_free(b);
    }
}
END_TEST

/* 64 requests and one to end: 65 ms per instruction at 1 ms, and what follows for 32 KiB. */
START_TEST(time_and_requests_of_a_whole_flash)
{
    static const struct {
        uint32_t us;
        double minutes;
    } cases[] = { { 1000, 35 }, { 125, 4.4 } };
    uint8_t page[128];
    memset(page, 0x5a, sizeof page);
    for (unsigned i = 0; i < 2; i++) {
        struct host_usb_config cfg = host_usb_default;
        cfg.t_state_ps = cases[i].us * SIM_US;
        struct board *b = board_new(&usb_testmode_default, &cfg);
        ck_assert(b->p.ops->enter(b->p.ctx, &b->err));
        sim_time from = b->sim.now_ps;
        ck_assert(b->p.ops->write(b->p.ctx, PROG_FLASH, 0, page, sizeof page, &b->err));
        sim_time sent = b->sim.now_ps - from - cfg.waits.flash_ps;
        ck_assert_mem_eq(b->nvm.cells.flash, page, sizeof page);
        ck_assert_uint_eq(sent, 129 * (USB_STATES + 1) * cfg.t_state_ps); /* 128 bytes and Write Page */
        double sent_requests = 256.0 * (double)sent / (double)cfg.t_state_ps;
        ck_assert_double_eq_tol(sent_requests, 2.13e6, 0.03e6);
        ck_assert_double_eq_tol(256.0 * (double)sent * 1e-12 / 60, cases[i].minutes, 0.025 * cases[i].minutes);
        board_free(b);
    }
}
END_TEST

/* df - ck above the target's hold, T_D above dr - ck: just inside and just outside. */
START_TEST(delay_rules)
{
    struct usb_testmode_config c = usb_testmode_default;
    c.delays = (struct usb_delays){ SIM_US, 200 * SIM_NS, 100 * SIM_NS, SIM_US, 0 }; /* df too short: no 1 is held */
    ck_assert(!echoes(&c, 250 * SIM_US));
    c.delays.data_fall_ps = 5 * SIM_US;
    ck_assert(echoes(&c, 250 * SIM_US));
    c.delays.data_rise_ps = 255 * SIM_US; /* DATA is not up before CLK */
    ck_assert(!echoes(&c, 250 * SIM_US));
    c.delays.data_rise_ps = 245 * SIM_US;
    ck_assert(echoes(&c, 250 * SIM_US));
    c.delays.data_rise_ps = SIM_US;
    c.delays.data_fall_ps = 510 * SIM_US; /* a 0 after a 1 still sees it */
    ck_assert(!echoes(&c, 250 * SIM_US));
    c.delays.data_fall_ps = 490 * SIM_US;
    ck_assert(echoes(&c, 250 * SIM_US));
}
END_TEST

/* D, both low for a while, C: survived while gap and hold stay below df - ck: 696, 85 and 35 us less a rise of SCK. */
START_TEST(gap_between_states)
{
    static const struct {
        unsigned place;
        uint32_t us;
        bool held;
    } cases[] = {
        { 0, 200, true }, { 0, 690, true }, { 0, 700, false }, { 1, 50, true }, { 1, 80, true },
        { 1, 86, false }, { 1, 90, false }, { 2, 20, true },   { 2, 32, true }, { 2, 36, false },
    };
    for (unsigned i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct usb_testmode_config c = usb_testmode_default;
        c.delays = *placements[cases[i].place];
        struct board *b = board_new(&c, &host_usb_default);
        vline_set(&b->dm, 800);
        sim_run_until(&b->sim, b->sim.now_ps + SIM_MS);
        vline_set(&b->dm, 0);
        sim_run_until(&b->sim, b->sim.now_ps + cases[i].us * SIM_US);
        vline_set(&b->dp, 800);
        sim_run_until(&b->sim, b->sim.now_ps + 2 * SIM_US); /* of hold */
        ck_assert(b->sck.level == NET_1);
        ck_assert_msg((b->mosi.level == NET_1) == cases[i].held, "case %u", i);
        board_free(b);
    }
}
END_TEST

/* An opposite change before the delay has passed cancels it. */
START_TEST(delay_is_inertial)
{
    struct board *b = board_new(&usb_testmode_default, &host_usb_default);
    vline_set(&b->dm, 800);
    sim_run_until(&b->sim, b->sim.now_ps + 12 * SIM_US);
    vline_set(&b->dm, 0);
    sim_run_until(&b->sim, b->sim.now_ps + SIM_MS);
    ck_assert(b->mosi.level == NET_0 && b->mosi.changed_ps == 0);
    board_free(b);
}
END_TEST

START_TEST(levels_and_loads)
{
    struct usb_testmode_config c = usb_testmode_default;
    c.led_on_sck = true;
    ck_assert_int_eq(usb_testmode_sck_high_mv(&c) / 10, 470); /* 4.69 V; 0.01 V of the pnp is not modelled */
    ck_assert(echoes(&c, SIM_MS));
    c.shifter = USB_INVERTER;
    ck_assert_int_eq(usb_testmode_sck_high_mv(&c) / 10, 204);
    ck_assert(!echoes(&c, SIM_MS));
    c.led_on_sck = false;
    ck_assert_int_eq(usb_testmode_sck_high_mv(&c), 5000);
    struct board *inverted = board_new(&c, &host_usb_default);
    ck_assert(inverted->sck.level == NET_1 && inverted->mosi.level == NET_1); /* both lines of the port low */
    vline_set(&inverted->dp, 800);
    sim_run_until(&inverted->sim, SIM_MS);
    ck_assert(inverted->sck.level == NET_0 && inverted->mosi.level == NET_1);
    board_free(inverted);
    c.sck_pulldown_ohm = 10000; /* 5 R / (R + 10 k) */
    ck_assert_int_eq(usb_testmode_sck_high_mv(&c), 2500);
    c.sck_pulldown_ohm = 15000; /* below 15 k VIH is missed */
    ck_assert_int_eq(usb_testmode_sck_high_mv(&c), 3000);
    c.sck_pulldown_ohm = 14000;
    ck_assert_int_lt(usb_testmode_sck_high_mv(&c), c.vih_mv);
    /* the far end terminated: 0.4 V */
    struct host_usb_config host = host_usb_default;
    host.high_mv = 400;
    struct board *b = board_new(&usb_testmode_default, &host);
    ck_assert(b->p.ops->enter(b->p.ctx, &b->err));
    ck_assert_uint_eq(b->rises, 0);
    board_free(b);
}
END_TEST

START_TEST(impossible_settings_are_refused)
{
    ck_assert(usb_testmode_config_check(&usb_testmode_default, &check_err));
    ck_assert(host_usb_check(&host_usb_default, &check_err));
    struct usb_testmode_config c = usb_testmode_default;
    c.on_mv = 0;
    ck_assert(!usb_testmode_config_check(&c, &check_err));
    c = usb_testmode_default;
    c.led_on_sck = true;
    c.led_ohm = 0;
    ck_assert(!usb_testmode_config_check(&c, &check_err));
    struct host_usb_config h = host_usb_default;
    h.t_state_ps = 0;
    ck_assert(!host_usb_check(&h, &check_err));
    h = host_usb_default;
    h.high_mv = 0;
    ck_assert(!host_usb_check(&h, &check_err));
}
END_TEST

int main(void)
{
    Suite *s = suite_create("host_usb");
    TCase *tc = tcase_create("all");
    tcase_add_test(tc, requests);
    tcase_add_test(tc, states_of_programming_enable);
    tcase_add_test(tc, the_target_echoes_though_nobody_hears);
    tcase_add_test(tc, state_times_by_placement);
    tcase_add_test(tc, a_slow_target_needs_longer_states_in_placement_c);
    tcase_add_test(tc, delays_at_the_nets);
    tcase_add_test(tc, lines_are_never_both_high);
    tcase_add_test(tc, time_and_requests_of_a_whole_flash);
    tcase_add_test(tc, delay_rules);
    tcase_add_test(tc, gap_between_states);
    tcase_add_test(tc, delay_is_inertial);
    tcase_add_test(tc, levels_and_loads);
    tcase_add_test(tc, impossible_settings_are_refused);
    suite_add_tcase(s, tc);
    return run_all(s);
}
