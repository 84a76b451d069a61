/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The USB test-mode programmer's shifter: delays, levels, which port states arrive as bits. */
#include "sim/circuits/usb_testmode.h"
#include "tests/run_all.h"

#include <check.h>
#include <stdlib.h>

#define HIGH_MV 800

struct board {
    struct sim sim;
    struct vline dp, dm;
    struct net sck, mosi, reset;
    struct net_watch sck_watch, mosi_watch;
    struct usb_testmode usb;
    /* a target that takes MOSI at SCK's rise and needs it unchanged for a while */
    sim_time hold_ps;
    struct sim_event held;
    bool at_rise;
    unsigned bits, rises, changed;
    sim_time sck_ps, mosi_ps; /* last change */
};

static void take(void *ctx, sim_time at_ps)
{
    (void)at_ps;
    struct board *b = ctx;
    bool mosi = b->mosi.level == NET_1;
    b->changed += mosi != b->at_rise;
    b->bits = b->bits << 1 | mosi;
}

static void sck_changed(void *ctx, struct net *net, sim_time at_ps)
{
    struct board *b = ctx;
    b->sck_ps = at_ps;
    if (net->level == NET_1) {
        b->rises++;
        b->at_rise = b->mosi.level == NET_1;
        sim_schedule(&b->sim, &b->held, at_ps + b->hold_ps);
    }
}

static void mosi_changed(void *ctx, struct net *net, sim_time at_ps)
{
    (void)net;
    struct board *b = ctx;
    b->mosi_ps = at_ps;
}

static struct board *board_new(const struct usb_testmode_config *cfg)
{
    struct board *b = calloc(1, sizeof *b);
    sim_init(&b->sim, 1);
    vline_init(&b->dp, &b->sim, "D+", 0);
    vline_init(&b->dm, &b->sim, "D-", 0);
    net_init(&b->sck, &b->sim, "SCK");
    net_init(&b->mosi, &b->sim, "MOSI");
    net_init(&b->reset, &b->sim, "RESET");
    struct usb_testmode_wires w = { .dp = &b->dp, .dm = &b->dm, .sck = &b->sck, .mosi = &b->mosi, .reset = &b->reset };
    usb_testmode_init(&b->usb, &b->sim, cfg, &w);
    sim_event_init(&b->held, "target has taken MOSI", take, b);
    b->hold_ps = 2500 * SIM_NS; /* a target at 1 MHz */
    net_watch_add(&b->sck, &b->sck_watch, NET_WATCH_EDGES, sck_changed, b);
    net_watch_add(&b->mosi, &b->mosi_watch, NET_WATCH_EDGES, mosi_changed, b);
    return b;
}

static void board_free(struct board *b)
{
    free(b);
}

/* 'C', 'D' or 'S' for a time. */
static void state(struct board *b, char name, sim_time ps)
{
    vline_set(&b->dp, name == 'C' ? HIGH_MV : 0);
    vline_set(&b->dm, name == 'D' ? HIGH_MV : 0);
    sim_run_until(&b->sim, b->sim.now_ps + ps);
}

static struct usb_testmode_config placed(const struct usb_delays *d)
{
    struct usb_testmode_config c = usb_testmode_default;
    c.delays = *d;
    return c;
}

/* Does AC 53 arrive as two states a bit of this length? */
static bool arrives(const struct usb_delays *d, uint32_t state_us, uint32_t hold_us)
{
    struct usb_testmode_config c = placed(d);
    struct board *b = board_new(&c);
    b->hold_ps = hold_us * SIM_US;
    for (int i = 15; i >= 0; i--) {
        state(b, 0xac53 >> i & 1 ? 'D' : 'S', state_us * SIM_US);
        state(b, 'C', state_us * SIM_US);
    }
    state(b, 'S', SIM_MS);
    bool ok = b->rises == 16 && b->bits == 0xac53 && b->changed == 0;
    board_free(b);
    return ok;
}

/* Placement A, B, C of the 10 nF: DATA rises and falls so late, CLK too. */
START_TEST(delays_by_placement)
{
    static const struct {
        const struct usb_delays *d;
        double dr, df, ck_rise, ck_fall;
    } table[] = {
        { &usb_delays_a, 0.9, 696, 0.08, 3.2 }, /* 5.7 us without the LED: not modelled */
        { &usb_delays_b, 13, 85, 0.1, 5 },
        { &usb_delays_c, 106, 35, 0.4, 4.4 },
    };
    for (int i = 0; i < 3; i++) {
        struct usb_testmode_config c = placed(table[i].d);
        struct board *b = board_new(&c);
        double at = (double)b->sim.now_ps;
        state(b, 'D', SIM_MS);
        ck_assert(b->mosi.level == NET_1 && b->sck.level == NET_0);
        ck_assert_double_eq_tol(((double)b->mosi_ps - at) * 1e-6, table[i].dr, 0.01);
        at = (double)b->sim.now_ps;
        state(b, 'C', SIM_MS);
        ck_assert(b->mosi.level == NET_0 && b->sck.level == NET_1);
        ck_assert_double_eq_tol(((double)b->mosi_ps - at) * 1e-6, table[i].df, 0.01);
        ck_assert_double_eq_tol(((double)b->sck_ps - at) * 1e-6, table[i].ck_rise, 0.01);
        at = (double)b->sim.now_ps;
        state(b, 'S', SIM_MS);
        ck_assert_double_eq_tol(((double)b->sck_ps - at) * 1e-6, table[i].ck_fall, 0.01);
        board_free(b);
    }
    struct usb_testmode_config c = placed(&usb_delays_b);
    ck_assert_mem_eq(&c.delays, &usb_testmode_default.delays, sizeof c.delays);
}
END_TEST

/*
 * A: from 400 us on (formula: above 348), B from 60, C from 250. At 125 us C fails for a target that
 * needs MOSI for 25 us, because DATA that was up for a short time falls sooner.
 */
START_TEST(state_times_by_placement)
{
    static const struct {
        const struct usb_delays *d;
        uint32_t us;
        bool ok;
    } cases[] = {
        { &usb_delays_a, 60, false },  { &usb_delays_a, 125, false }, { &usb_delays_a, 250, false },
        { &usb_delays_a, 340, false }, { &usb_delays_a, 356, true },  { &usb_delays_a, 400, true },
        { &usb_delays_a, 500, true },  { &usb_delays_a, 1000, true }, { &usb_delays_b, 60, true },
        { &usb_delays_b, 125, true },  { &usb_delays_b, 250, true },  { &usb_delays_b, 400, true },
        { &usb_delays_b, 500, true },  { &usb_delays_b, 1000, true }, { &usb_delays_c, 60, false },
        { &usb_delays_c, 250, true },  { &usb_delays_c, 400, true },  { &usb_delays_c, 500, true },
        { &usb_delays_c, 1000, true },
    };
    for (unsigned i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        ck_assert_msg(arrives(cases[i].d, cases[i].us, 2) == cases[i].ok, "case %u: %u us", i, cases[i].us);
    }
    ck_assert(arrives(&usb_delays_c, 125, 2));
    ck_assert(!arrives(&usb_delays_c, 125, 25));
    ck_assert(arrives(&usb_delays_c, 500, 25));
    ck_assert(!arrives(&usb_delays_c, 500, 36)); /* th above df - ck */
}
END_TEST

START_TEST(an_opposite_change_before_the_delay_cancels_it)
{
    struct board *b = board_new(&usb_testmode_default);
    state(b, 'D', 12 * SIM_US);
    state(b, 'S', SIM_MS);
    ck_assert(b->mosi_ps == 0 && b->mosi.level == NET_0);
    state(b, 'D', 14 * SIM_US);
    ck_assert(b->mosi.level == NET_1);
    board_free(b);
}
END_TEST

/* 0.8 V turns the npn on, 0.4 V of a port whose far end is terminated too never does. */
START_TEST(terminated_port_never_turns_it_on)
{
    for (int terminated = 0; terminated < 2; terminated++) {
        struct board *b = board_new(&usb_testmode_default);
        int32_t mv = terminated ? 400 : 800;
        vline_set(&b->dp, mv);
        sim_run_until(&b->sim, SIM_MS);
        vline_set(&b->dp, 0);
        vline_set(&b->dm, mv);
        sim_run_until(&b->sim, 2 * SIM_MS);
        ck_assert_uint_eq(b->rises, !terminated);
        ck_assert_int_eq(b->mosi.level == NET_1, !terminated);
        board_free(b);
    }
}
END_TEST

/*
 * One npn with 10 kohm: inverted, so SCK idles high and falls with C; the LED's load leaves no high
 * at all.
 */
START_TEST(inverter_is_inverted)
{
    struct usb_testmode_config c = usb_testmode_default;
    c.shifter = USB_INVERTER;
    ck_assert_int_eq(usb_testmode_sck_high_mv(&c), 5000);
    struct board *b = board_new(&c);
    ck_assert(b->sck.level == NET_1 && b->mosi.level == NET_1);
    state(b, 'C', SIM_MS);
    ck_assert(b->sck.level == NET_0 && b->mosi.level == NET_1);
    state(b, 'S', SIM_MS);
    ck_assert(b->sck.level == NET_1);
    board_free(b);
    c.led_on_sck = true;
    b = board_new(&c);
    state(b, 'C', SIM_MS);
    state(b, 'S', SIM_MS);
    ck_assert(b->sck.level == NET_0 && b->rises == 0);
    board_free(b);
}
END_TEST

/*
 * A pull-down R on SCK gives 5 R / (R + 10k) with the inverter: below 15 kohm no VIH of 3 V; LED
 * and 1 k give 2.04 V.
 */
START_TEST(load_on_sck)
{
    static const struct {
        uint32_t r_ohm;
        int32_t mv;
    } table[] = { { 5000, 1667 }, { 10000, 2500 }, { 14000, 2917 }, { 15000, 3000 }, { 47000, 4123 } };
    struct usb_testmode_config c = usb_testmode_default;
    c.shifter = USB_INVERTER;
    for (int i = 0; i < 5; i++) {
        c.sck_pulldown_ohm = table[i].r_ohm;
        ck_assert_int_le(abs(usb_testmode_sck_high_mv(&c) - table[i].mv), 1);
        struct board *b = board_new(&c);
        ck_assert_int_eq(b->sck.level == NET_1, table[i].r_ohm >= 15000);
        board_free(b);
    }
    c.sck_pulldown_ohm = 0;
    c.led_on_sck = true;
    ck_assert_int_le(abs(usb_testmode_sck_high_mv(&c) - 2040), 10);
    c.shifter = USB_TWO_STAGE;
    ck_assert_int_le(abs(usb_testmode_sck_high_mv(&c) - 4690), 20);
}
END_TEST

START_TEST(reset_is_held_by_a_jumper)
{
    struct usb_testmode_config c = usb_testmode_default;
    struct board *b = board_new(&c);
    ck_assert(b->reset.level == NET_0 && b->sck.level == NET_0);
    board_free(b);
    c.reset_jumper = false;
    b = board_new(&c);
    ck_assert(b->reset.level == NET_Z);
    board_free(b);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("usb_testmode");
    TCase *tc = tcase_create("all");
    tcase_add_test(tc, delays_by_placement);
    tcase_add_test(tc, state_times_by_placement);
    tcase_add_test(tc, an_opposite_change_before_the_delay_cancels_it);
    tcase_add_test(tc, terminated_port_never_turns_it_on);
    tcase_add_test(tc, inverter_is_inverted);
    tcase_add_test(tc, load_on_sck);
    tcase_add_test(tc, reset_is_held_by_a_jumper);
    suite_add_tcase(s, tc);
    return run_all(s);
}
