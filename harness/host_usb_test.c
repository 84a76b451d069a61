/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The USB test-mode programmer: requests, states, shifter, target. */
#include "harness/host_usb.h"

#include "sim/target_avr.h"
#include "sim/usb_testmode.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

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

static struct board *board_new(const struct usb_testmode_config *parts, const struct host_usb_config *cfg)
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
    struct usb_testmode_wires w = { .dp = &b->dp, .dm = &b->dm, .sck = &b->sck, .mosi = &b->mosi,
                                    .reset = &b->reset };
    usb_testmode_init(&b->usb, &b->sim, parts, &w);
    struct target_config t = target_config_default(part_find("atmega328p"));
    nvm_init(&b->nvm, t.part, &t.switches, 1);
    checker_init(&b->checker, &b->sim);
    struct target_pins pins = { .vcc = &b->vcc, .reset_n = &b->reset, .sck = &b->sck, .mosi = &b->mosi,
                                .miso = &b->miso };
    target_init(&b->target, &b->sim, &t, &b->nvm, &pins, &b->checker);
    vline_set(&b->vcc, 5000); /* the plain power-up entry: RESET and SCK low */
    net_watch_add(&b->sck, &b->watch, NET_WATCH_EDGES, sck_changed, b);
    b->p = host_usb_new(&b->sim, t.part, &b->dp, &b->dm, cfg);
    return b;
}

static void board_free(struct board *b)
{
    b->p.ops->free(b->p.ctx);
    checker_free(&b->checker);
    sim_free(&b->sim);
    free(b);
}

/* Does AC 53 00 00 get 53 in byte 3 on MISO? */
static bool echoes(const struct usb_testmode_config *parts, sim_time t_state_ps)
{
    struct host_usb_config cfg = host_usb_default;
    cfg.t_state_ps = t_state_ps;
    cfg.clk_is_dm = parts->clk_is_dm;
    struct board *b = board_new(parts, &cfg);
    ck_assert(b->p.ops->enter(b->p.ctx, &b->err));
    bool ok = b->rises == 32 && (b->miso_word >> 8 & 0xff) == 0x53;
    board_free(b);
    return ok;
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
    static const char want[] = "DCSCDCSCDCDCSCSC" "SCDCSCDCSCSCDCDC" "SCSCSCSCSCSCSCSC" "SCSCSCSCSCSCSCSC";
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

/* Placement A works from 400 us on (formula: above 348), B from 60 us, C from 250 us. */
START_TEST(state_times_by_placement)
{
    static const struct { const struct usb_delays *d; uint32_t us; bool ok; } cases[] = {
        { &usb_delays_a, 250, false }, { &usb_delays_a, 400, true }, { &usb_delays_a, 1000, true },
        { &usb_delays_b, 60, true },   { &usb_delays_b, 125, true }, { &usb_delays_b, 1000, true },
        { &usb_delays_c, 60, false },  { &usb_delays_c, 250, true }, { &usb_delays_c, 1000, true },
    };
    for (unsigned i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct usb_testmode_config c = usb_testmode_default;
        c.delays = *cases[i].d;
        ck_assert_msg(echoes(&c, cases[i].us * SIM_US) == cases[i].ok, "case %u: %u us", i, cases[i].us);
    }
}
END_TEST

/* df - ck above the target's hold, T_D above dr - ck: just inside and just outside. */
START_TEST(delay_rules)
{
    struct usb_testmode_config c = usb_testmode_default;
    c.delays = (struct usb_delays){ SIM_US, 200 * SIM_NS, 100 * SIM_NS, SIM_US }; /* df too short: no 1 is held */
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

/* D, both low for a while, C: survived while gap + hold stay below df - ck (B: 50 us and some). */
START_TEST(gap_between_states)
{
    for (int over = 0; over < 2; over++) {
        struct board *b = board_new(&usb_testmode_default, &host_usb_default);
        vline_set(&b->dm, 800);
        sim_run_until(&b->sim, b->sim.now_ps + SIM_MS);
        vline_set(&b->dm, 0);
        sim_run_until(&b->sim, b->sim.now_ps + (over ? 90 : 50) * SIM_US);
        vline_set(&b->dp, 800);
        sim_run_until(&b->sim, b->sim.now_ps + 2 * SIM_US);
        ck_assert(b->sck.level == NET_1);
        ck_assert_int_eq(b->mosi.level, over ? NET_0 : NET_1);
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
    ck_assert_ptr_null(usb_testmode_config_check(&usb_testmode_default));
    ck_assert_ptr_null(host_usb_check(&host_usb_default));
    struct usb_testmode_config c = usb_testmode_default;
    c.on_mv = 0;
    ck_assert_ptr_nonnull(usb_testmode_config_check(&c));
    c = usb_testmode_default;
    c.led_on_sck = true;
    c.led_ohm = 0;
    ck_assert_ptr_nonnull(usb_testmode_config_check(&c));
    struct host_usb_config h = host_usb_default;
    h.t_state_ps = 0;
    ck_assert_ptr_nonnull(host_usb_check(&h));
    h = host_usb_default;
    h.high_mv = 0;
    ck_assert_ptr_nonnull(host_usb_check(&h));
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
    tcase_add_test(tc, delay_rules);
    tcase_add_test(tc, gap_between_states);
    tcase_add_test(tc, delay_is_inertial);
    tcase_add_test(tc, levels_and_loads);
    tcase_add_test(tc, impossible_settings_are_refused);
    suite_add_tcase(s, tc);
    SRunner *sr = srunner_create(s);
    srunner_run_all(sr, CK_NORMAL);
    int failed = srunner_ntests_failed(sr);
    srunner_free(sr);
    return failed != 0;
}
