/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sim/spi_slave.h"

#include <check.h>
#include <string.h>

#include "sim/rng.h"
#include "tests/run_all.h"

#define MAX_LOG 4000

/* What comes out of a port, in order. */
struct log_entry {
    sim_time at_ps;
    char what; /* 'o' output, 'r' read, 'x' execute */
    uint32_t value;
};

struct board {
    struct sim sim;
    struct spi_slave port;
    struct sim_clock clk;
    struct log_entry log[MAX_LOG];
    unsigned n;
};

static void put(struct board *b, char what, uint32_t value)
{
    if (b->n >= MAX_LOG) {
        ck_abort_msg("the log is full");
    }
    b->log[b->n++] = (struct log_entry){ b->sim.now_ps, what, value };
}

static void output(void *ctx, bool driven, bool level)
{
    put(ctx, 'o', driven ? 2u + level : 0);
}

static bool read_data(void *ctx, sim_time at_ps, uint32_t frame, uint8_t *data)
{
    struct board *b = ctx;

    if (at_ps != b->sim.now_ps) { /* ck_assert writes to a file each time */
        ck_abort_msg("told at another time");
    }
    put(b, 'r', frame);
    *data = (uint8_t)(frame >> 8) ^ 0xA5;
    return frame >> 28 & 2; /* every other kind of instruction reads */
}

static void execute(void *ctx, sim_time at_ps, uint32_t frame)
{
    struct board *b = ctx;

    if (at_ps != b->sim.now_ps) { /* ck_assert writes to a file each time */
        ck_abort_msg("told at another time");
    }
    put(b, 'x', frame);
}

static bool enable(void *ctx, sim_time at_ps)
{
    struct board *b = ctx;

    if (at_ps != b->sim.now_ps) { /* ck_assert writes to a file each time */
        ck_abort_msg("told at another time");
    }
    return true;
}

static const struct spi_slave_ops ops = { output, read_data, execute, enable };

static void board_init(struct board *b, const struct sim_clock *clk, unsigned n_samples, bool periodic,
                       const struct target_switches *sw)
{
    static const struct sim_clock stopped = { .period_den = 1 };

    memset(b, 0, sizeof *b);
    sim_init(&b->sim, 1);
    b->clk = *clk;
    spi_slave_init(&b->port, &b->sim, &part_atmega328p, sw, &ops, b);
    spi_slave_set_clock(&b->port, periodic ? clk : &stopped, n_samples);
    spi_slave_start(&b->port, false, false);
}

/* ---- a wave for both: steps of time, then new levels ---- */

struct step {
    sim_time at_ps;
    bool sck, mosi;
    bool clock_first; /* by hand: a clock edge of the same instant comes before the pins move */
};

#define MAX_STEPS 6000

static struct step wave[MAX_STEPS];
static unsigned n_wave;

static void add(sim_time at_ps, bool sck, bool mosi, struct sim_rng *rng)
{
    if (n_wave >= MAX_STEPS) {
        ck_abort_msg("too many steps");
    }
    wave[n_wave++] = (struct step){ at_ps, sck, mosi, sim_rng_below(rng, 2) };
}

/* Now and then exactly on a clock edge, where the rule about ties decides. */
static sim_time later(sim_time t, sim_time ps, const struct sim_clock *clk, struct sim_rng *rng)
{
    t += ps + 1;
    return sim_rng_below(rng, 4) ? t : sim_clock_nth_from(clk, t, 1);
}

/*
 * Frames, the first of them Programming Enable, with phases of `least` to `most` thousandths of a clock; a spike or
 * a stray change of MOSI sometimes.
 */
static void make_wave(const struct sim_clock *clk, uint32_t least, uint32_t most, struct sim_rng *rng)
{
    sim_time period = sim_clock_span(clk, 1), t = clk->t0_ps + 10 * period;

    n_wave = 0;
    for (int frame = 0; frame < 20; frame++) {
        uint32_t out = frame == 0 || sim_rng_below(rng, 8) == 0 ? 0xAC530000 : (uint32_t)sim_rng_next(rng);
        for (int bit = 31; bit >= 0; bit--) {
            bool mosi = out >> bit & 1;
            add(t, false, mosi, rng);
            if (sim_rng_below(rng, 50) == 0) { /* a spike on SCK */
                t = later(t, period / 3, clk, rng);
                add(t, true, mosi, rng);
                t = later(t, sim_rng_below(rng, period), clk, rng);
                add(t, false, mosi, rng);
            }
            t = later(t, period * (least + sim_rng_below(rng, most - least)) / 1000, clk, rng);
            add(t, true, mosi, rng);
            if (sim_rng_below(rng, 20) == 0) { /* MOSI does not hold */
                t = later(t, sim_rng_below(rng, 2 * period), clk, rng);
                add(t, true, !mosi, rng);
            }
            t = later(t, period * (least + sim_rng_below(rng, most - least)) / 1000, clk, rng);
        }
    }
    add(t + 20 * period, false, false, rng);
}

static void apply(struct board *b, const struct step *s)
{
    spi_slave_mosi(&b->port, s->mosi);
    spi_slave_sck(&b->port, s->sck);
}

static void run_periodic(struct board *b)
{
    for (unsigned i = 0; i < n_wave; i++) {
        sim_run_until(&b->sim, wave[i].at_ps);
        apply(b, &wave[i]);
    }
    sim_run_until(&b->sim, b->sim.now_ps + 20 * sim_clock_span(&b->clk, 1));
}

static void run_by_hand(struct board *b)
{
    uint64_t n = 0;

    for (unsigned i = 0; i < n_wave; i++) {
        const struct step *s = &wave[i];
        while (sim_clock_edge(&b->clk, n) < s->at_ps || (sim_clock_edge(&b->clk, n) == s->at_ps && s->clock_first)) {
            sim_run_until(&b->sim, sim_clock_edge(&b->clk, n++));
            spi_slave_clock_edge(&b->port);
        }
        sim_run_until(&b->sim, s->at_ps);
        apply(b, s);
    }
    for (int i = 0; i < 20; i++) {
        sim_run_until(&b->sim, sim_clock_edge(&b->clk, n++));
        spi_slave_clock_edge(&b->port);
    }
}

static void compare(const struct board *a, const struct board *b)
{
    for (unsigned i = 0; i < a->n && i < b->n; i++) {
        ck_assert_msg(a->log[i].at_ps == b->log[i].at_ps && a->log[i].what == b->log[i].what &&
                          a->log[i].value == b->log[i].value,
                      "entry %u: computed %c %08x at %lu, by hand %c %08x at %lu", i, a->log[i].what, a->log[i].value,
                      (unsigned long)a->log[i].at_ps, b->log[i].what, b->log[i].value, (unsigned long)b->log[i].at_ps);
    }
    ck_assert_uint_eq(a->n, b->n);
    ck_assert_uint_eq(a->port.in, b->port.in);
    ck_assert_uint_eq(a->port.bits, b->port.bits);
}

/* The periodic and the edge-by-edge way of clocking the port agree bit for bit. */
START_TEST(both_ways_agree)
{
    static struct board a, b;
    struct sim_rng rng = sim_rng_stream((uint64_t)_i, "spi_slave_test");
    unsigned executed = 0;

    for (int i = 0; i < 40; i++) {
        uint64_t f_millihz = 4000000 + sim_rng_below(&rng, UINT64_C(20000000000));
        struct sim_clock clk = sim_clock_mhz(sim_rng_below(&rng, SIM_MS), f_millihz, 1);
        uint32_t least = 300 + (uint32_t)sim_rng_below(&rng, 3200);
        struct target_switches sw = target_switches_default();
        sw.v[SW_ECHO_FROM_BYTE_2] = i % 4 == 1;
        sw.v[SW_FRAME_WAITS_FOR_AC53] = i % 4 == 2;
        sw.v[SW_MISO_OUTPUT] = (int32_t)sim_rng_below(&rng, 3);
        sw.v[SW_SCK_FILTER] = (int32_t)sim_rng_below(&rng, 2);
        sw.v[SW_MISO_DELAY_NS] = (int32_t)sim_rng_below(&rng, 3) * 20 - 1;
        unsigned samples = 2 + i % 2;
        make_wave(&clk, least, least + 1 + (uint32_t)sim_rng_below(&rng, 4000), &rng);
        board_init(&a, &clk, samples, true, &sw);
        board_init(&b, &clk, samples, false, &sw);
        run_periodic(&a);
        run_by_hand(&b);
        compare(&a, &b);
        executed += a.n;
    }
    ck_assert_uint_gt(executed, 100); /* it was not all silence */
}
END_TEST

/* ---- what a phase must last ---- */

/* One rise, high for ps, SCK rising `phase` after a clock edge: was it seen? */
static bool pulse_is_seen_by(int filter, unsigned n_samples, sim_time phase_ps, sim_time ps)
{
    static struct board b;
    struct sim_clock clk = sim_clock_hz(0, 1000000, 1);
    struct target_switches sw = target_switches_default();

    sw.v[SW_SCK_FILTER] = filter;
    board_init(&b, &clk, n_samples, true, &sw);
    sim_run_until(&b.sim, 10 * SIM_US + phase_ps);
    spi_slave_sck(&b.port, true);
    sim_run_until(&b.sim, b.sim.now_ps + ps);
    spi_slave_sck(&b.port, false);
    sim_run_until(&b.sim, b.sim.now_ps + 10 * SIM_US);
    spi_slave_sck(&b.port, true); /* settles what stands */
    return b.port.bits == 1;
}

static bool pulse_is_seen(unsigned n_samples, sim_time phase_ps, sim_time ps)
{
    return pulse_is_seen_by(1, n_samples, phase_ps, ps);
}

/* A synchroniser: above one clock always, below by the phase, whatever the number of its stages. */
START_TEST(without_the_filter_one_sample_is_enough)
{
    for (unsigned n = 2; n <= 3; n++) {
        unsigned seen = 0;
        for (sim_time phase = 0; phase < SIM_US; phase += 10 * SIM_NS) {
            ck_assert(pulse_is_seen_by(0, n, phase, SIM_US));
            seen += pulse_is_seen_by(0, n, phase, 300 * SIM_NS);
        }
        ck_assert_uint_eq(seen, 30);
    }
}
END_TEST

START_TEST(a_phase_of_n_clocks_is_always_seen)
{
    for (unsigned n = 2; n <= 3; n++) {
        for (sim_time phase = 0; phase < SIM_US; phase += 13 * SIM_NS) {
            ck_assert(pulse_is_seen(n, phase, n * SIM_US));
            ck_assert(pulse_is_seen(n, phase, n * SIM_US + 1));
        }
    }
}
END_TEST

START_TEST(a_shorter_phase_depends_on_the_clocks)
{
    for (unsigned n = 2; n <= 3; n++) {
        /* between n - 1 and n clocks: by the phase */
        unsigned seen = 0, of = 0;
        for (sim_time phase = 0; phase < SIM_US; phase += 10 * SIM_NS, of++) {
            seen += pulse_is_seen(n, phase, n * SIM_US - 500 * SIM_NS);
        }
        ck_assert_uint_eq(of, 100);
        ck_assert_uint_eq(seen, 50);
        /* not longer than n - 1 clocks: never */
        for (sim_time phase = 0; phase < SIM_US; phase += 13 * SIM_NS) {
            ck_assert(!pulse_is_seen(n, phase, (n - 1) * SIM_US));
        }
    }
}
END_TEST

START_TEST(a_pulse_between_two_samples_does_not_exist)
{
    static struct board b;
    struct sim_clock clk = sim_clock_hz(0, 1000000, 1);
    struct target_switches sw = target_switches_default();

    board_init(&b, &clk, 2, true, &sw);
    sim_run_until(&b.sim, 10 * SIM_US + 500 * SIM_NS);
    spi_slave_sck(&b.port, true); /* sampled once at 11 us */
    sim_run_until(&b.sim, 11 * SIM_US + 200 * SIM_NS);
    spi_slave_sck(&b.port, false);
    sim_run_until(&b.sim, 11 * SIM_US + 700 * SIM_NS);
    spi_slave_sck(&b.port, true); /* and at 12 us: two in a row */
    sim_run_until(&b.sim, 20 * SIM_US);
    spi_slave_sck(&b.port, false);
    ck_assert_uint_eq(b.port.bits, 1);
}
END_TEST

START_TEST(mosi_is_taken_when_the_rise_is_seen)
{
    struct sim_clock clk = sim_clock_hz(0, 1000000, 1);
    struct target_switches sw = target_switches_default();
    static const struct {
        sim_time change_ps;
        unsigned bit;
    } cases[] = {
        /* SCK rises at 10.5 us: samples at 11 and 12 */
        { 11 * SIM_US, 1 },
        { 12 * SIM_US - 1, 1 },
        { 12 * SIM_US, 0 },
        { 12 * SIM_US + 1, 0 },
    };

    for (unsigned i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        static struct board b;
        board_init(&b, &clk, 2, true, &sw);
        sim_run_until(&b.sim, 10 * SIM_US + 500 * SIM_NS);
        spi_slave_sck(&b.port, true);
        sim_run_until(&b.sim, cases[i].change_ps);
        spi_slave_mosi(&b.port, true);
        sim_run_until(&b.sim, 20 * SIM_US);
        spi_slave_sck(&b.port, false);
        ck_assert_uint_eq(b.port.in, cases[i].bit);
    }
}
END_TEST

/* Nothing samples before the clock's first edge, however long a level lasts. */
START_TEST(a_phase_before_the_clock_begins_is_not_seen)
{
    struct sim_clock clk = sim_clock_hz(SIM_MS, 1000000, 1);
    struct target_switches sw = target_switches_default();
    static const struct {
        sim_time fall_ps;
        unsigned bits;
    } cases[] = { { SIM_MS - 1, 0 }, { SIM_MS + 500 * SIM_NS, 0 }, { SIM_MS + 1500 * SIM_NS, 1 } };

    for (unsigned i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        static struct board b;
        board_init(&b, &clk, 2, true, &sw);
        sim_run_until(&b.sim, SIM_US);
        spi_slave_sck(&b.port, true);
        sim_run_until(&b.sim, cases[i].fall_ps);
        spi_slave_sck(&b.port, false);
        ck_assert_uint_eq(b.port.bits, cases[i].bits);
    }
}
END_TEST

START_TEST(samples_taken_count_across_a_change_of_clock)
{
    struct sim_clock slow = sim_clock_hz(0, 1000, 1), fast = sim_clock_hz(7 * SIM_MS + SIM_US, 1000000, 1);
    struct target_switches sw = target_switches_default();
    static struct board b;

    board_init(&b, &slow, 3, true, &sw);
    sim_run_until(&b.sim, 5 * SIM_MS + 1);
    spi_slave_sck(&b.port, true);
    sim_run_until(&b.sim, 7 * SIM_MS); /* samples at 6 and 7 ms */
    spi_slave_set_clock(&b.port, &fast, 3);
    ck_assert_uint_eq(b.port.accept_ps, 7 * SIM_MS + SIM_US);
}
END_TEST

START_TEST(without_a_clock_nothing_is_seen)
{
    struct sim_clock clk = sim_clock_hz(0, 1000000, 1);
    struct target_switches sw = target_switches_default();
    static struct board b;

    board_init(&b, &clk, 2, false, &sw);
    for (int i = 1; i < 200; i++) {
        sim_run_until(&b.sim, (sim_time)i * SIM_MS);
        spi_slave_sck(&b.port, i % 2);
    }
    ck_assert_uint_eq(b.port.bits, 0);
    ck_assert_uint_eq(b.n, 0);
}
END_TEST

/* ---- MISO ---- */

static void send(struct board *b, uint32_t out, int bits)
{
    for (int bit = 31; bit > 31 - bits; bit--) {
        spi_slave_mosi(&b->port, out >> bit & 1);
        sim_run_until(&b->sim, b->sim.now_ps + 5 * SIM_US);
        spi_slave_sck(&b->port, true);
        sim_run_until(&b->sim, b->sim.now_ps + 5 * SIM_US);
        spi_slave_sck(&b->port, false);
    }
}

struct edge {
    sim_time at_ps;
    bool level;
};

/*
 * An enabled port at 1 MHz (clock edges at whole us) and SCK whose falls come `high` after the rises: where does
 * MISO go during the third byte of Programming Enable, which echoes 53? Times from the fall before its first bit.
 */
static unsigned miso_edges(const struct target_switches *sw, sim_time rise_phase_ps, sim_time high_ps,
                           struct edge edges[8])
{
    struct sim_clock clk = sim_clock_hz(0, 1000000, 1);
    static struct board b;
    sim_time rise = 20 * SIM_US + rise_phase_ps, third = 0;
    unsigned n = 0;

    board_init(&b, &clk, 2, true, sw);
    for (int bit = 31; bit >= 7; bit--, rise += 10 * SIM_US) {
        spi_slave_mosi(&b.port, UINT32_C(0xAC530000) >> bit & 1);
        sim_run_until(&b.sim, rise);
        spi_slave_sck(&b.port, true);
        sim_run_until(&b.sim, rise + high_ps);
        spi_slave_sck(&b.port, false);
        third = bit == 16 ? rise + high_ps : third;
        sim_run_until(&b.sim, rise + 8 * SIM_US);
    }
    for (unsigned i = 0; i < b.n; i++) {
        if (b.log[i].what == 'o' && b.log[i].at_ps > third + 5 * SIM_US && n < 8) {
            edges[n++] = (struct edge){ b.log[i].at_ps - third, b.log[i].value & 1 };
        }
    }
    ck_assert(b.port.enabled);
    return n;
}

static struct target_switches miso_switches(enum miso_output miso, int filter)
{
    struct target_switches sw = target_switches_default();

    sw.v[SW_MISO_OUTPUT] = miso;
    sw.v[SW_SCK_FILTER] = filter;
    sw.v[SW_MISO_DELAY_NS] = 20;
    return sw;
}

/* 53 and then (see read_data()) A5: falls at which MISO changes, counted from the one before 53. */
static const unsigned echo_changes[6] = { 1, 2, 3, 4, 6, 9 };

START_TEST(miso_follows_the_pin)
{
    for (enum miso_output miso = MISO_LATCH; miso <= MISO_FLOP; miso++) {
        for (sim_time phase = 0; phase < SIM_US; phase += 50 * SIM_NS) {
            struct target_switches sw = miso_switches(miso, 1);
            struct edge e[8];
            ck_assert_uint_eq(miso_edges(&sw, phase, 2 * SIM_US + 1, e), 6);
            for (unsigned i = 0; i < 6; i++) {
                ck_assert_uint_eq(e[i].at_ps, echo_changes[i] * 10 * SIM_US + 20 * SIM_NS);
                ck_assert(e[i].level == !(i % 2));
            }
        }
    }
}
END_TEST

/* The control: seen by the clock, it comes one to two clocks later. */
START_TEST(sampled_miso_follows_the_clock)
{
    struct target_switches sw = miso_switches(MISO_SAMPLED, 1);
    struct edge e[8];

    ck_assert_uint_eq(miso_edges(&sw, 300 * SIM_NS, 5 * SIM_US, e), 6);
    for (unsigned i = 0; i < 6; i++) {
        ck_assert_uint_eq(e[i].at_ps, echo_changes[i] * 10 * SIM_US + 1700 * SIM_NS + 20 * SIM_NS);
    }
}
END_TEST

/*
 * SCK high for 1.2 clocks, seen by a synchroniser after 1 to 2: where the fall comes before that, the latch's bit
 * is late and the flop's comes a period later.
 */
START_TEST(a_fall_before_its_rise_was_seen)
{
    const sim_time high = 1200 * SIM_NS;

    for (sim_time phase = 50 * SIM_NS; phase < SIM_US; phase += 100 * SIM_NS) {
        struct target_switches latch = miso_switches(MISO_LATCH, 0), flop = miso_switches(MISO_FLOP, 0);
        struct edge l[8], f[8];
        sim_time seen = 2 * SIM_US - phase; /* after the rise: the second clock edge */
        bool is_late = seen > high;
        unsigned n = miso_edges(&flop, phase, high, f);

        ck_assert_uint_eq(miso_edges(&latch, phase, high, l), 6);
        for (unsigned i = 0; i < 6; i++) {
            sim_time late = is_late ? seen - high : 0;
            ck_assert_uint_eq(l[i].at_ps, echo_changes[i] * 10 * SIM_US + late + 20 * SIM_NS);
        }
        ck_assert_uint_eq(n, is_late ? 5 : 6); /* the last one lies behind the last fall */
        for (unsigned i = 0; i < n; i++) {
            ck_assert_uint_eq(f[i].at_ps, (echo_changes[i] + is_late) * 10 * SIM_US + 20 * SIM_NS);
        }
    }
}
END_TEST

/* With the filter that happens only where the fall meets the sample: by hand and computed alike. */
START_TEST(a_fall_at_the_sample_that_sees_its_rise)
{
    struct target_switches latch = miso_switches(MISO_LATCH, 1), flop = miso_switches(MISO_FLOP, 1);
    struct edge l[8], f[8];

    ck_assert_uint_eq(miso_edges(&latch, 300 * SIM_NS, 1700 * SIM_NS, l), 6);
    ck_assert_uint_eq(miso_edges(&flop, 300 * SIM_NS, 1700 * SIM_NS, f), 5);
    ck_assert_uint_eq(l[0].at_ps, 10 * SIM_US + 20 * SIM_NS);
    ck_assert_uint_eq(f[0].at_ps, 20 * SIM_US + 20 * SIM_NS);
}
END_TEST

/* A missed rise moves nothing: MISO stays. */
START_TEST(a_missed_rise_does_not_move_miso)
{
    for (enum miso_output miso = MISO_LATCH; miso <= MISO_SAMPLED; miso++) {
        struct target_switches sw = miso_switches(miso, 1);
        struct sim_clock clk = sim_clock_hz(0, 1000000, 1);
        static struct board b;

        board_init(&b, &clk, 2, true, &sw);
        send(&b, 0xAC530000, 16);
        sim_run_until(&b.sim, b.sim.now_ps + 5 * SIM_US);
        unsigned n = b.n;
        for (int i = 0; i < 20; i++) {
            sim_run_until(&b.sim, b.sim.now_ps + 5 * SIM_US);
            spi_slave_sck(&b.port, true);
            sim_run_until(&b.sim, b.sim.now_ps + 900 * SIM_NS);
            spi_slave_sck(&b.port, false);
        }
        ck_assert_uint_eq(b.n, n);
    }
}
END_TEST

/* A part's own figures, another to 0 than to 1; a part without takes the SPI slave's. */
START_TEST(miso_delay_is_the_parts)
{
    static const struct {
        const struct part *part;
        sim_time to_ps[2];
    } rows[] = {
        { &part_atmega8a, { 22 * SIM_NS, 28 * SIM_NS } },
        { &part_atmega168p, { 12 * SIM_NS, 12 * SIM_NS } },
        { &part_atmega328p, { 15 * SIM_NS, 15 * SIM_NS } },
    };

    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct target_switches sw = target_switches_default();
        static struct board b;

        memset(&b, 0, sizeof b);
        sim_init(&b.sim, 1);
        spi_slave_init(&b.port, &b.sim, rows[i].part, &sw, &ops, &b);
        ck_assert_uint_eq(b.port.delay_ps[0], rows[i].to_ps[0]);
        ck_assert_uint_eq(b.port.delay_ps[1], rows[i].to_ps[1]);
        sw.v[SW_MISO_DELAY_NS] = 0;
        spi_slave_init(&b.port, &b.sim, rows[i].part, &sw, &ops, &b);
        ck_assert_uint_eq(b.port.delay_ps[1], 0);
    }
}
END_TEST

/* Read data is in the register before the 24th fall: its first bit comes with it. */
START_TEST(read_data_comes_with_the_24th_fall)
{
    struct sim_clock clk = sim_clock_hz(0, 1000000, 1);
    struct target_switches sw = miso_switches(MISO_LATCH, 1);
    static struct board b;
    sim_time fall = 0;

    board_init(&b, &clk, 2, true, &sw);
    send(&b, 0xAC530000, 32);
    send(&b, 0x30005500, 24); /* data: 55 ^ A5 = F0; the echo of byte 3 would begin with 0 */
    fall = b.sim.now_ps;
    sim_run_until(&b.sim, fall + SIM_US);
    const struct log_entry *last = &b.log[b.n - 1];
    ck_assert_int_eq(last->what, 'o');
    ck_assert_uint_eq(last->value, 3);
    ck_assert_uint_eq(last->at_ps, fall + 20 * SIM_NS);
}
END_TEST

START_TEST(miso_delay)
{
    struct sim_clock clk = sim_clock_hz(0, 1000000, 1);
    struct target_switches sw = target_switches_default();
    static struct board a, b;

    sw.v[SW_MISO_DELAY_NS] = 0;
    board_init(&a, &clk, 2, true, &sw);
    sw.v[SW_MISO_DELAY_NS] = 15;
    board_init(&b, &clk, 2, true, &sw);
    send(&a, 0xAC530000, 32);
    send(&b, 0xAC530000, 32);
    sim_run_until(&a.sim, a.sim.now_ps + SIM_US);
    sim_run_until(&b.sim, b.sim.now_ps + SIM_US);
    unsigned outputs = 0, j = 0;
    for (unsigned i = 0; i < a.n; i++) {
        if (a.log[i].what == 'o') {
            while (b.log[j].what != 'o') {
                j++;
            }
            ck_assert_uint_eq(b.log[j].at_ps, a.log[i].at_ps + 15 * SIM_NS);
            ck_assert_uint_eq(b.log[j].value, a.log[i].value);
            j++;
            outputs++;
        }
    }
    ck_assert_uint_gt(outputs, 5);
}
END_TEST

START_TEST(frame_waits_for_ac53)
{
    struct sim_clock clk = sim_clock_hz(0, 1000000, 1);

    for (int waits = 0; waits < 2; waits++) {
        static struct board b;
        struct target_switches sw = target_switches_default();
        sw.v[SW_FRAME_WAITS_FOR_AC53] = waits;
        board_init(&b, &clk, 2, true, &sw);
        send(&b, 0x12345678, 5); /* five stray bits */
        send(&b, 0xAC530000, 32);
        sim_run_until(&b.sim, b.sim.now_ps + 10 * SIM_US);
        ck_assert(b.port.enabled == (bool)waits);
    }
}
END_TEST

START_TEST(sck_high_at_start)
{
    struct sim_clock clk = sim_clock_hz(0, 1000000, 1);

    for (int shifts = 0; shifts < 2; shifts++) {
        static struct board b;
        struct target_switches sw = target_switches_default();
        sw.v[SW_SCK_HIGH_AT_RESET_SHIFTS] = shifts;
        board_init(&b, &clk, 2, true, &sw);
        spi_slave_start(&b.port, true, false);
        sim_run_until(&b.sim, b.sim.now_ps + 10 * SIM_US);
        spi_slave_sck(&b.port, false);
        send(&b, 0xAC530000, 32);
        sim_run_until(&b.sim, b.sim.now_ps + 10 * SIM_US);
        ck_assert(b.port.enabled == !shifts);
    }
}
END_TEST

/* Without the filter a level that stands as the port begins, or as the clock changes, takes its samples like any other. */
START_TEST(without_the_filter_what_is_under_way_begins_anew)
{
    struct sim_clock clk = sim_clock_hz(0, 1000000, 1);

    for (int shifts = 0; shifts < 2; shifts++) {
        static struct board b;
        struct target_switches sw = target_switches_default();
        sw.v[SW_SCK_FILTER] = 0;
        sw.v[SW_SCK_HIGH_AT_RESET_SHIFTS] = shifts;
        board_init(&b, &clk, 2, true, &sw);
        spi_slave_start(&b.port, true, false);
        sim_run_until(&b.sim, b.sim.now_ps + SIM_US / 2);
        spi_slave_settle(&b.port, b.sim.now_ps);
        ck_assert(b.port.seen == !shifts);
        spi_slave_set_clock(&b.port, &clk, 2);
        ck_assert(b.port.seen == !shifts);
        sim_run_until(&b.sim, b.sim.now_ps + 3 * SIM_US);
        spi_slave_settle(&b.port, b.sim.now_ps);
        ck_assert(b.port.seen);
        ck_assert_uint_eq(b.port.bits, (unsigned)shifts);
    }
}
END_TEST

/* Of three samples two are taken as the clock becomes one that two are enough for: the next one is the last. */
START_TEST(fewer_samples_from_now_on)
{
    struct sim_clock clk = sim_clock_hz(0, 1000000, 1);
    struct target_switches sw = target_switches_default();
    static struct board b;

    board_init(&b, &clk, 3, true, &sw);
    sim_run_until(&b.sim, 10 * SIM_US + SIM_US / 2);
    spi_slave_sck(&b.port, true);
    sim_run_until(&b.sim, 12 * SIM_US + SIM_US / 2); /* 11 and 12 us have seen it */
    spi_slave_set_clock(&b.port, &clk, 2);
    ck_assert(!b.port.seen);
    spi_slave_settle(&b.port, 13 * SIM_US - 1);
    ck_assert(!b.port.seen);
    spi_slave_settle(&b.port, 13 * SIM_US);
    ck_assert(b.port.seen);
    ck_assert_uint_eq(b.port.bits, 1);
}
END_TEST

/* A clock that comes at time 0 has no edge before it: there is no time before. */
START_TEST(a_clock_from_the_beginning)
{
    struct sim_clock clk = sim_clock_hz(0, 1000000, 1);
    struct target_switches sw = target_switches_default();
    static struct board b;

    board_init(&b, &clk, 2, false, &sw);
    spi_slave_set_clock(&b.port, &clk, 2);
    spi_slave_sck(&b.port, true);
    spi_slave_settle(&b.port, 2 * SIM_US - 1);
    ck_assert(!b.port.seen);
    spi_slave_settle(&b.port, 2 * SIM_US);
    ck_assert(b.port.seen);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("spi_slave");
    TCase *tc = tcase_create("sampling");
    tcase_set_timeout(tc, 120);
    tcase_add_loop_test(tc, both_ways_agree, 0, 10);
    tcase_add_test(tc, a_phase_of_n_clocks_is_always_seen);
    tcase_add_test(tc, a_shorter_phase_depends_on_the_clocks);
    tcase_add_test(tc, without_the_filter_one_sample_is_enough);
    tcase_add_test(tc, a_pulse_between_two_samples_does_not_exist);
    tcase_add_test(tc, mosi_is_taken_when_the_rise_is_seen);
    tcase_add_test(tc, a_phase_before_the_clock_begins_is_not_seen);
    tcase_add_test(tc, samples_taken_count_across_a_change_of_clock);
    tcase_add_test(tc, without_a_clock_nothing_is_seen);
    suite_add_tcase(suite, tc);
    tc = tcase_create("switches");
    tcase_add_test(tc, frame_waits_for_ac53);
    tcase_add_test(tc, sck_high_at_start);
    tcase_add_test(tc, without_the_filter_what_is_under_way_begins_anew);
    tcase_add_test(tc, fewer_samples_from_now_on);
    tcase_add_test(tc, a_clock_from_the_beginning);
    suite_add_tcase(suite, tc);
    tc = tcase_create("MISO");
    tcase_add_test(tc, miso_delay);
    tcase_add_test(tc, miso_delay_is_the_parts);
    tcase_add_test(tc, miso_follows_the_pin);
    tcase_add_test(tc, sampled_miso_follows_the_clock);
    tcase_add_test(tc, a_fall_before_its_rise_was_seen);
    tcase_add_test(tc, a_fall_at_the_sample_that_sees_its_rise);
    tcase_add_test(tc, a_missed_rise_does_not_move_miso);
    tcase_add_test(tc, read_data_comes_with_the_24th_fall);
    suite_add_tcase(suite, tc);
    return run_all(suite);
}
