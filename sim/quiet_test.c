/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * quiet_test.c - what is done in one step is refused while anybody could tell
 *
 * A quiet net takes an SPI byte (spi_train.h), a UART frame (net_frame.h) and a net that stands still (net.h)
 * without its edges. Each disturbance of a table, alone, makes whoever it concerns refuse, and leaves all as it was.
 */
#include "sim/net_frame.h"
#include "sim/spi_train.h"
#include "sim/trace.h"
#include "tests/run_all.h"

#include <check.h>
#include <string.h>

struct bench {
    struct sim sim;
    struct trace trace;
    struct net net, other; /* SCK or the serial line; MOSI */
    struct net_driver own, peer, mosi;
    struct net_watch watch;
    struct sim_agent agent;
    struct sim_event event;
    struct net_frame frame;
    unsigned trains, frames;
    bool takes;
};

static void nothing(void *ctx, struct net *net, sim_time at_ps)
{
    (void)ctx, (void)net, (void)at_ps;
}

static void no_event(void *ctx, sim_time at_ps)
{
    (void)ctx, (void)at_ps;
}

static void no_break(void *ctx)
{
    (void)ctx;
}

static sim_time stays(void *ctx, sim_time until_ps)
{
    (void)ctx;
    return until_ps;
}

static bool take_train(void *ctx, struct spi_train *t)
{
    struct bench *b = ctx;
    (void)t;
    b->trains += b->takes;
    return b->takes;
}

static bool misses(void *ctx, const struct net_driver *by)
{
    struct bench *b = ctx;
    return by == &b->own;
}

static bool can_take(void *ctx, const struct net_wave *frame)
{
    (void)frame;
    return ((struct bench *)ctx)->takes;
}

static void take(void *ctx, const struct net_wave *frame)
{
    (void)frame;
    ((struct bench *)ctx)->frames++;
}

static void lose(void *ctx, bool level, sim_time since_ps)
{
    (void)ctx, (void)level, (void)since_ps;
}

static const struct net_frame_taker taker = { can_take, take, lose };

/* ---- disturbances ---- */

static void none(struct bench *b)
{
    (void)b;
}

static void edge_by_edge(struct bench *b)
{
    b->sim.no_shortcuts = true;
}

static void shuffled(struct bench *b)
{
    sim_shuffle(&b->sim, 1);
}

static void traced(struct bench *b)
{
    b->sim.trace = &b->trace;
    trace_add_net(&b->trace, &b->net, "N");
}

static void held(struct bench *b)
{
    net_hold(&b->sim);
}

static void changing(struct bench *b) /* another change of the instant is on its way */
{
    net_hold(&b->sim);
    net_drive(&b->peer, NET_1, NET_WEAK); /* and the instant is still held */
}

static void settling(struct bench *b)
{
    b->sim.settling = true;
}

static void fought(struct bench *b)
{
    net_drive(&b->peer, b->own.level == NET_1 ? NET_0 : NET_1, NET_STRONG);
}

static void joined(struct bench *b) /* somebody else says the same */
{
    net_drive(&b->peer, (enum net_level)b->own.level, NET_STRONG);
}

static void unknown(struct bench *b)
{
    net_drive(&b->own, NET_X, NET_STRONG);
}

static void opened(struct bench *b)
{
    net_open(&b->own);
}

static void pulled(struct bench *b)
{
    net_drive(&b->own, (enum net_level)b->own.level, NET_PULL);
}

static void faint(struct bench *b)
{
    net_drive(&b->own, (enum net_level)b->own.level, NET_FAINT);
}

static void clocked(struct bench *b) /* a wave on it, by its own driver */
{
    const struct net_wave w = net_wave_square(0, 1000000);
    net_drive_wave(&b->own, &w, NET_STRONG);
}

static void beaten(struct bench *b) /* the wave of another, below it */
{
    const struct net_wave w = net_wave_square(0, 1000000);
    net_open(&b->own);
    net_drive_wave(&b->peer, &w, NET_STRONG);
}

static void watched(struct bench *b)
{
    net_watch_add(&b->net, &b->watch, NET_WATCH_EDGES, nothing, b);
}

static void half_watched(struct bench *b) /* by one who can miss somebody else's edges */
{
    watched(b);
    b->watch.may_miss = misses;
}

static void detached(struct bench *b)
{
    net_detach(&b->own);
}

static void moved(struct bench *b)
{
    net_move(&b->own, &b->other, "own");
}

static void busy_line(struct bench *b)
{
    const struct net_wave w = net_frame_wave(b->sim.now_ps, SIM_US, 1, 1u << 9, 10);
    ck_assert(net_frame_begin(&b->frame, &w));
}

static void other_level(struct bench *b)
{
    net_drive(&b->own, b->own.level == NET_1 ? NET_0 : NET_1, NET_STRONG);
}

static void bench_init(struct bench *b, enum net_level level, void (*disturb)(struct bench *))
{
    memset(b, 0, sizeof *b);
    sim_init(&b->sim, 1);
    trace_init(&b->trace);
    b->trace.sim = &b->sim;
    net_init(&b->net, &b->sim, "N");
    net_init(&b->other, &b->sim, "M");
    net_attach(&b->net, &b->own, "own");
    net_attach(&b->net, &b->peer, "peer");
    net_attach(&b->other, &b->mosi, "mosi");
    net_drive(&b->own, level, NET_STRONG);
    net_drive(&b->mosi, NET_0, NET_STRONG);
    b->frame = (struct net_frame){ .driver = &b->own, .broken = no_break };
    b->takes = true;
    sim_event_init(&b->event, "event", no_event, b);
    b->agent = (struct sim_agent){ .run = stays, .name = "core", .max_lead_ps = SIM_NEVER };
    sim_run_until(&b->sim, SIM_MS);
    disturb(b);
}

static void bench_free(struct bench *b)
{
    trace_free(&b->trace);
}

/* ---- a net that stands still ---- */

/* What the driver would have done: 1, strongly. */
static void wakes(void *ctx)
{
    struct bench *b = ctx;

    b->own.level = b->net.level = NET_1;
    b->own.strength = NET_STRONG;
    b->net.n_active = 1;
}

START_TEST(a_net_sleeps_only_where_nobody_looks_and_wakes_for_whoever_does)
{
    static const struct {
        void (*disturb)(struct bench *);
        bool sleeps;
    } is[] = {
        { none, true },    { opened, true },   { watched, false }, { traced, false },   { joined, false },
        { fought, false }, { clocked, false }, { beaten, false },  { changing, false }, { edge_by_edge, false },
    };
    static struct bench b;
    struct net_tie tie;

    for (unsigned i = 0; i < sizeof is / sizeof is[0]; i++) {
        bench_init(&b, NET_0, is[i].disturb);
        enum net_level before = net_level(&b.net);
        bool sleeps = net_may_sleep(&b.net, &b.own, &tie);
        ck_assert_msg(sleeps == is[i].sleeps, "row %u", i);
        if (sleeps) {
            net_sleep(&b.net, wakes, &b);
            ck_assert(!net_may_sleep(&b.net, &b.own, &tie));
        }
        ck_assert_msg(net_level(&b.net) == (sleeps ? NET_1 : before), "row %u: level %d", i, net_level(&b.net));
        ck_assert(!b.net.woken);
        bench_free(&b);
    }
}
END_TEST

/* ---- frames ---- */

START_TEST(a_frame_goes_whole_only_where_nobody_looks)
{
    static const struct {
        void (*disturb)(struct bench *);
        bool whole;
    } is[] = {
        { none, true },      { pulled, true },  { half_watched, true }, { edge_by_edge, false }, { shuffled, false },
        { traced, false },   { joined, false }, { fought, false },      { changing, false },     { unknown, false },
        { opened, false },   { faint, false },  { clocked, false },     { beaten, false },       { watched, false },
        { detached, false }, { moved, false },  { busy_line, false },   { other_level, false },
    };
    static struct bench b;
    static const struct net_frame none_of_ours;

    for (unsigned i = 0; i < sizeof is / sizeof is[0]; i++) {
        bench_init(&b, NET_1, is[i].disturb);
        struct net_frame f = { .driver = &b.own, .broken = no_break };
        const struct net_wave w = net_frame_wave(b.sim.now_ps, SIM_US, 1, 1u << 9 | 0x55 << 1, 10);
        ck_assert_msg(net_frame_begin(&f, &w) == is[i].whole, "row %u", i);
        ck_assert_msg(net_frame_runs(&f) == is[i].whole, "row %u", i);
        ck_assert(!is[i].whole || net_level(&b.net) == NET_0);
        bench_free(&b);
    }
    ck_assert(!net_frame_runs(&none_of_ours) && !net_frame_begin(&(struct net_frame){ 0 }, &(struct net_wave){ 0 }));
}
END_TEST

START_TEST(a_receiver_says_whether_it_takes_a_frame)
{
    static struct bench b;

    for (unsigned takes = 0; takes < 2; takes++) {
        bench_init(&b, NET_1, watched);
        const struct net_wave w = net_frame_wave(b.sim.now_ps, SIM_US, 1, 1u << 9, 10);
        b.watch.frames = &taker;
        b.takes = takes;
        ck_assert(net_frame_begin(&b.frame, &w) == b.takes);
        ck_assert_uint_eq(b.frames, takes);
        bench_free(&b);
    }
}
END_TEST

/* ---- trains ---- */

START_TEST(a_net_is_quiet_if_its_driver_is_alone_and_unheard)
{
    static const struct {
        void (*disturb)(struct bench *);
        bool quiet;
    } is[] = {
        { none, true },    { half_watched, true }, { traced, true },    { changing, false }, { fought, false },
        { joined, false }, { unknown, false },     { opened, false },   { pulled, false },   { clocked, false },
        { beaten, false }, { watched, false },     { detached, false }, { moved, false },    { other_level, true },
    };
    static struct bench b;

    for (unsigned i = 0; i < sizeof is / sizeof is[0]; i++) {
        bench_init(&b, NET_0, is[i].disturb);
        ck_assert_msg(spi_train_is_quiet(&b.net, &b.own, NULL) == is[i].quiet, "row %u", i);
        bench_free(&b);
    }
    bench_init(&b, NET_0, watched);
    ck_assert(spi_train_is_quiet(&b.net, &b.own, &b.watch)); /* its own watcher */
    b.watch.may_miss = misses;
    ck_assert(!spi_train_is_quiet(&b.net, &b.peer, NULL)); /* not by this driver */
    bench_free(&b);
}
END_TEST

static void pending(struct bench *b) /* an event before the train's end */
{
    sim_schedule(&b->sim, &b->event, b->sim.now_ps + 16 * SIM_US);
}

static void past(struct bench *b)
{
    sim_run_until(&b->sim, b->sim.now_ps + 2 * SIM_US);
}

static void core_runs(struct bench *b)
{
    sim_agent_add(&b->sim, &b->agent);
}

static void core_halted(struct bench *b)
{
    core_runs(b);
    sim_agent_halt(&b->sim, &b->agent, true);
}

static void core_drives(struct bench *b) /* it is the one that offers */
{
    core_runs(b);
    b->agent.busy = true;
}

static void mosi_off(struct bench *b)
{
    net_detach(&b->mosi);
}

static void unwilling(struct bench *b)
{
    b->takes = false;
}

START_TEST(a_train_is_offered_only_when_nothing_else_can_happen)
{
    static const struct {
        void (*disturb)(struct bench *);
        bool taken;
    } is[] = {
        { none, true },      { core_halted, true }, { core_drives, true }, { core_runs, false },    { pending, false },
        { past, false },     { detached, false },   { mosi_off, false },   { edge_by_edge, false }, { held, false },
        { settling, false }, { changing, false },   { unwilling, false },
    };
    static struct bench b;

    for (unsigned i = 0; i < sizeof is / sizeof is[0]; i++) {
        bench_init(&b, NET_0, none);
        struct spi_train t = { .sck = &b.own, .mosi = &b.mosi, .n = 8, .half_ps = SIM_US, .bits = 0x0F };
        for (unsigned edge = 0; edge < SPI_TRAIN_EDGES; edge++) {
            t.edge_ps[edge] = b.sim.now_ps + (edge + 1) * SIM_US;
        }
        net_watch_add(&b.net, &b.watch, NET_WATCH_EDGES, nothing, &b);
        b.watch.train = take_train;
        is[i].disturb(&b);
        ck_assert_msg(spi_train_offer(&t) == is[i].taken, "row %u", i);
        ck_assert_uint_eq(b.trains, is[i].taken);
        if (is[i].taken) { /* as sixteen edges leave them */
            ck_assert_uint_eq(b.sim.now_ps, spi_train_end(&t));
            ck_assert(net_level(&b.net) == NET_0 && b.net.changed_ps == t.edge_ps[15]);
            ck_assert(net_level(&b.other) == NET_1 && b.other.changed_ps == t.edge_ps[7]);
        }
        bench_free(&b);
    }
}
END_TEST

int main(void)
{
    Suite *s = suite_create("quiet");
    TCase *tc = tcase_create("all");
    tcase_add_test(tc, a_net_sleeps_only_where_nobody_looks_and_wakes_for_whoever_does);
    tcase_add_test(tc, a_frame_goes_whole_only_where_nobody_looks);
    tcase_add_test(tc, a_receiver_says_whether_it_takes_a_frame);
    tcase_add_test(tc, a_net_is_quiet_if_its_driver_is_alone_and_unheard);
    tcase_add_test(tc, a_train_is_offered_only_when_nothing_else_can_happen);
    suite_add_tcase(s, tc);
    return run_all(s);
}
