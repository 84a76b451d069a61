/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <check.h>
#include <string.h>

#include "harness/serial/serial_line.h"
#include "tests/run_all.h"

static struct board_of_two_nets {
    struct sim sim;
    struct net rxd, txd;
    struct net_driver chip;
    struct serial_line line;
    unsigned n;
    uint8_t bytes[300];
    sim_time at_ps[300];
    sim_time first_fall_ps; /* of the chip's RXD */
    struct net_watch watch;
} t;

static void came(void *ctx, uint8_t value, sim_time at_ps)
{
    (void)ctx;
    t.bytes[t.n] = value;
    t.at_ps[t.n++] = at_ps;
}

static void chip_sees(void *ctx, struct net *net, sim_time at_ps)
{
    (void)ctx;
    if (net->level == NET_0 && !t.first_fall_ps) {
        t.first_fall_ps = at_ps;
    }
}

static void setup(const char *adapter, uint64_t seed)
{
    struct adapter a;
    struct problem err = { "" };
    memset(&t, 0, sizeof t);
    sim_init(&t.sim, seed);
    net_init(&t.rxd, &t.sim, "rxd");
    net_init(&t.txd, &t.sim, "txd");
    net_attach(&t.txd, &t.chip, "chip");
    net_drive(&t.chip, NET_1, NET_STRONG);
    ck_assert_msg(adapter_parse(adapter, &a, &err), "%s", err.text);
    serial_line_init(&t.line, &t.sim, &t.rxd, &t.txd, 1000000);
    serial_line_adapter(&t.line, &a, "adapter");
    t.line.byte = came;
    net_watch_add(&t.rxd, &t.watch, NET_WATCH_EDGES, chip_sees, NULL);
}

/* The chip sends 0x55 at 1 Mbaud from at_ps on; its stop bit is 9.5 us later. */
static void chip_sends(sim_time at_ps)
{
    for (unsigned i = 0; i < 10; i++) {
        sim_run_until(&t.sim, at_ps + i * SIM_US);
        net_drive(&t.chip, i % 2 ? NET_1 : NET_0, NET_STRONG);
    }
}

static void done(void)
{
    serial_line_free(&t.line);
}

START_TEST(none_is_at_once)
{
    const uint8_t byte = 0xAA;
    setup("none", 1);
    sim_run_until(&t.sim, SIM_MS);
    serial_line_send(&t.line, &byte, 1);
    sim_run_until(&t.sim, SIM_MS + SIM_US);
    ck_assert_uint_eq(t.first_fall_ps, SIM_MS);
    chip_sends(2 * SIM_MS);
    sim_run_until(&t.sim, 3 * SIM_MS);
    ck_assert_uint_eq(t.n, 1);
    ck_assert_uint_le(t.at_ps[0], 2 * SIM_MS + 10 * SIM_US);
    done();
}
END_TEST

START_TEST(out_and_in)
{
    const uint8_t byte = 0xAA;
    setup("out 0.2 ms, in 0.5 ms", 1);
    sim_run_until(&t.sim, SIM_MS);
    serial_line_send(&t.line, &byte, 1);
    ck_assert_uint_eq(serial_line_pending(&t.line), 1); /* on its way: a host's patience has not begun */
    sim_run_until(&t.sim, 2 * SIM_MS);
    ck_assert_uint_eq(t.first_fall_ps, SIM_MS + 200 * SIM_US);
    chip_sends(2 * SIM_MS);
    sim_run_until(&t.sim, 3 * SIM_MS);
    ck_assert_uint_eq(t.n, 1);
    ck_assert_uint_ge(t.at_ps[0], 2500 * SIM_US);
    ck_assert_uint_le(t.at_ps[0], 2510 * SIM_US);
    done();
}
END_TEST

/* A frame of the bus each way, and nothing else. */
START_TEST(a_ch340_sends_at_once)
{
    const uint8_t byte = 0xAA;
    setup("ch340", 1);
    sim_run_until(&t.sim, SIM_MS);
    serial_line_send(&t.line, &byte, 1);
    sim_run_until(&t.sim, 4 * SIM_MS);
    ck_assert_uint_eq(t.first_fall_ps, 2 * SIM_MS);
    for (unsigned i = 0; i < 4; i++) {
        chip_sends((5 + 3 * i) * SIM_MS + 777 * i * SIM_US);
    }
    sim_run_until(&t.sim, 40 * SIM_MS);
    ck_assert_uint_eq(t.n, 4);
    for (unsigned i = 0; i < 4; i++) {
        sim_time stop_ps = (5 + 3 * i) * SIM_MS + 777 * i * SIM_US + 95 * SIM_US / 10;
        ck_assert_uint_eq(t.at_ps[i], stop_ps + SIM_MS);
    }
    done();
}
END_TEST

/* Answers leave at the ticks of a timer that runs free: whole periods apart, the phase by the seed. */
START_TEST(the_16u2_sends_at_its_ticks)
{
    sim_time phase[2];
    for (unsigned seed = 1; seed <= 2; seed++) {
        setup("16u2", seed);
        for (unsigned i = 0; i < 20; i++) {
            chip_sends((2 + 7 * i) * SIM_MS);
        }
        sim_run_until(&t.sim, 200 * SIM_MS);
        ck_assert_uint_eq(t.n, 20);
        phase[seed - 1] = t.at_ps[0] % (4096 * SIM_US);
        for (unsigned i = 0; i < 20; i++) {
            ck_assert_uint_eq(t.bytes[i], 0x55);
            ck_assert_uint_eq(t.at_ps[i] % (4096 * SIM_US), phase[seed - 1]);
            ck_assert_uint_le(t.at_ps[i] - (2 + 7 * i) * SIM_MS, 5110 * SIM_US);
        }
        done();
    }
    ck_assert_uint_ne(phase[0], phase[1]);
}
END_TEST

#define FT232_SEED 1 /* with it the timer does not tick within the first packet */

START_TEST(a_full_packet_does_not_wait)
{
    setup("ft232", FT232_SEED);
    for (unsigned i = 0; i < 63; i++) { /* one more than fits */
        chip_sends(SIM_MS + 12 * i * SIM_US);
    }
    sim_time full = SIM_MS + 62 * 12 * SIM_US;
    sim_run_until(&t.sim, 40 * SIM_MS);
    ck_assert_uint_eq(t.n, 63);
    ck_assert_uint_eq(t.at_ps[0], t.at_ps[61]);
    ck_assert_uint_le(t.at_ps[61], full + 1100 * SIM_US);
    ck_assert_uint_ge(t.at_ps[62] - t.at_ps[61], 15 * SIM_MS); /* the timer begun anew */
    done();
}
END_TEST

START_TEST(texts)
{
    static const struct {
        const char *text, *says;
    } bad[] = {
        { "cp2102", "no adapter \"cp2102\": none, 16u2, 16u2 0.1 ms, ft232" },
        { "16u2 soon", "USB, each way: " },
        { "ft232 fast", "latency timer: " },
        { "ft232 0 ms", "latency timer: " },
        { "ft232 256 ms", "latency timer: an FT232's goes up to 255 ms" },
        { "tick 4", "tick: " },
        { "packet 0", "packet: " },
        { "out 1 ms,", "no adapter \"\"" },
        { "", "no adapter \"\"" },
    };
    struct adapter a;
    struct problem err;
    for (unsigned i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        ck_assert(!adapter_parse(bad[i].text, &a, &err));
        ck_assert_msg(strncmp(err.text, bad[i].says, strlen(bad[i].says)) == 0, "%s", err.text);
    }
    ck_assert(adapter_parse("ft232 1 ms", &a, &err));
    ck_assert_uint_eq(a.tick_ps, SIM_MS);
    ck_assert_uint_eq(a.packet_bytes, 62);
    ck_assert(adapter_parse("16u2 0.1 ms", &a, &err));
    ck_assert_uint_eq(a.out_ps, 100 * SIM_US);
    ck_assert_uint_eq(a.in_ps, 100 * SIM_US);
    ck_assert_uint_eq(a.tick_ps, 4096 * SIM_US);
    ck_assert(adapter_parse("tick 4 ms, packet 64", &a, &err));
    ck_assert_uint_eq(a.tick_ps, 4 * SIM_MS);
    ck_assert_uint_eq(a.out_ps, 0);
    ck_assert_uint_eq(a.packet_bytes, 64);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("adapter");
    TCase *tc = tcase_create("adapter");
    tcase_add_test(tc, none_is_at_once);
    tcase_add_test(tc, out_and_in);
    tcase_add_test(tc, a_ch340_sends_at_once);
    tcase_add_test(tc, the_16u2_sends_at_its_ticks);
    tcase_add_test(tc, a_full_packet_does_not_wait);
    tcase_add_test(tc, texts);
    suite_add_tcase(s, tc);
    return run_all(s);
}
