/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * net_frame_test.c - frames in one piece against the same frames edge by edge
 *
 * Two sims get the same bytes in random formats, and the same interruptions at random times: other drivers, watchers, a
 * sender that is stopped, a receiver that is switched. What is received, when, and the level of the line at random times
 * must be the same. A control shows that frames do go in one piece.
 */
#include "sim/net_frame.h"
#include "sim/rng.h"
#include "sim/uart_line.h"
#include "tests/run_all.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#define ROUNDS 400
#define MOST_GOT 64

struct line {
    struct sim sim;
    struct net net;
    struct net_driver driver, other;
    struct net_watch watch, spy;
    bool spied;
    struct uart_tx tx;
    struct uart_rx rx;
    struct uart_frame got[MOST_GOT];
    unsigned n_got, n_done, n_changes, n_sets;
    sim_time done_ps;
};

static void set(void *ctx, bool mark)
{
    struct line *l = ctx;
    l->n_sets++;
    net_drive(&l->driver, mark ? NET_1 : NET_0, NET_STRONG);
}

static void done(void *ctx, sim_time at_ps)
{
    struct line *l = ctx;
    l->n_done++;
    l->done_ps = at_ps;
}

static void frame(void *ctx, const struct uart_frame *f)
{
    struct line *l = ctx;
    l->got[l->n_got++ % MOST_GOT] = *f;
}

static void changed(void *ctx, struct net *net, sim_time at_ps)
{
    (void)at_ps;
    uart_rx_level(&((struct line *)ctx)->rx, net_is_high(net, true));
}

static void spied(void *ctx, struct net *net, sim_time at_ps)
{
    (void)net, (void)at_ps;
    ((struct line *)ctx)->n_changes++;
}

static bool can_take(void *ctx, const struct net_wave *w)
{
    return uart_rx_can_take(&((struct line *)ctx)->rx, w);
}

static void take(void *ctx, const struct net_wave *w)
{
    uart_rx_take(&((struct line *)ctx)->rx, w);
}

static void lose(void *ctx, bool level, sim_time since_ps)
{
    uart_rx_lose(&((struct line *)ctx)->rx, level, since_ps);
}

static const struct net_frame_taker taker = { can_take, take, lose };

static struct line *line_new(bool edge_by_edge)
{
    struct line *l = calloc(1, sizeof *l);
    const struct uart_format f = uart_8n1(19200);

    sim_init(&l->sim, 1);
    l->sim.no_shortcuts = edge_by_edge;
    net_init(&l->net, &l->sim, "line");
    net_attach(&l->net, &l->driver, "sender");
    net_attach(&l->net, &l->other, "somebody");
    net_drive(&l->driver, NET_1, NET_STRONG);
    uart_tx_init(&l->tx, &l->sim, set, done, l);
    uart_tx_drives(&l->tx, &l->driver);
    uart_rx_init(&l->rx, &l->sim, &f, frame, l);
    uart_rx_enable(&l->rx, true);
    net_watch_add(&l->net, &l->watch, NET_WATCH_EDGES, changed, l);
    l->watch.frames = &taker;
    return l;
}

static struct uart_format random_format(struct sim_rng *r)
{
    return (struct uart_format){
        .bit_num = SIM_S,
        .bit_den = 9600 + sim_rng_below(r, 3) * 9600 + sim_rng_below(r, 700),
        .data_bits = (uint8_t)(5 + sim_rng_below(r, 5)),
        .parity = (uint8_t)sim_rng_below(r, 3),
        .stop_bits = (uint8_t)(1 + sim_rng_below(r, 2)),
    };
}

/* Something comes to the line. */
static void interrupt(struct line *l, unsigned what, unsigned how)
{
    switch (what) {
    case 0:
    case 1: net_drive(&l->other, (enum net_level)(how % 3), how & 4 ? NET_STRONG : NET_WEAK); break;
    case 2: net_open(&l->other); break;
    case 3:
        if (!l->spied) {
            net_watch_add(&l->net, &l->spy, NET_WATCH_EDGES, spied, l);
        } else {
            net_watch_remove(&l->net, &l->spy);
        }
        l->spied = !l->spied;
        break;
    case 4: /* as a reset of a chip */
        uart_tx_abort(&l->tx);
        net_drive(&l->driver, NET_1, NET_STRONG);
        break;
    case 5: /* as one whose RXEN is switched off and on */
        net_watch_remove(&l->net, &l->watch);
        uart_rx_enable(&l->rx, false);
        net_watch_add(&l->net, &l->watch, NET_WATCH_EDGES, changed, l);
        l->watch.frames = &taker;
        uart_rx_level(&l->rx, net_is_high(&l->net, true));
        uart_rx_enable(&l->rx, true);
        break;
    case 6: net_move(&l->driver, &l->net, "sender"); break;
    default: break; /* time passes */
    }
}

static void expect_same(const struct line *a, const struct line *b, unsigned round)
{
    ck_assert_msg(net_level(&a->net) == net_level(&b->net), "round %u: level %d, edge by edge %d at %llu ps", round,
                  net_level(&a->net), net_level(&b->net), (unsigned long long)a->sim.now_ps);
    ck_assert_uint_eq(a->n_got, b->n_got);
    ck_assert_uint_eq(a->n_changes, b->n_changes);
    ck_assert_uint_eq(a->n_done, b->n_done);
    ck_assert_uint_eq(a->done_ps, b->done_ps);
    ck_assert_uint_eq(a->tx.busy, b->tx.busy);
    ck_assert_uint_eq(a->rx.receiving, b->rx.receiving);
    for (unsigned i = 0; i < a->n_got && i < MOST_GOT; i++) {
        const struct uart_frame *x = &a->got[i], *y = &b->got[i];
        ck_assert_msg(x->data == y->data && x->framing_error == y->framing_error &&
                          x->parity_error == y->parity_error && x->is_break == y->is_break &&
                          x->start_ps == y->start_ps && x->at_ps == y->at_ps,
                      "round %u: %03x, edge by edge %03x", round, x->data, y->data);
    }
}

/* Returns how many frames went in one piece. */
static unsigned one_round(struct sim_rng *r, unsigned round, bool interrupts)
{
    struct line *l[2] = { line_new(false), line_new(true) };
    unsigned whole = 0;

    for (unsigned step = 0; step < 60; step++) {
        unsigned what = interrupts ? (unsigned)sim_rng_below(r, 40) : 40, how = (unsigned)sim_rng_below(r, 8);
        unsigned byte = (unsigned)sim_rng_below(r, 512);
        struct uart_format f = random_format(r), heard = sim_rng_below(r, 4) ? f : random_format(r);
        sim_time delay = sim_rng_below(r, 3) * 37 * SIM_US, pass = sim_rng_below(r, 400) * SIM_US;

        for (unsigned i = 0; i < 2; i++) {
            if (!l[i]->tx.busy) {
                l[i]->rx.format = heard;
                uart_tx_start(&l[i]->tx, &f, byte, l[i]->sim.now_ps + delay);
            }
            sim_run_until(&l[i]->sim, l[i]->sim.now_ps + pass);
            whole += i == 0 && net_frame_runs(&l[0]->tx.frame);
            interrupt(l[i], what, how);
            ck_assert(i == 0 || !l[1]->net.frame);
        }
        expect_same(l[0], l[1], round);
    }
    free(l[0]);
    free(l[1]);
    return whole;
}

START_TEST(interrupted_frames_are_the_same_edge_by_edge)
{
    struct sim_rng r = sim_rng_stream(1, "frames");
    unsigned whole = 0;

    for (unsigned round = 0; round < ROUNDS; round++) {
        whole += one_round(&r, round, round % 4);
    }
    ck_assert_uint_gt(whole, 1000); /* else it proved nothing */
}
END_TEST

START_TEST(a_frame_in_one_piece_is_two_events_and_no_edge)
{
    struct line *l = line_new(false);
    const struct uart_format f = uart_8n1(19200);

    uart_tx_start(&l->tx, &f, 0x55, 0);
    ck_assert(net_frame_runs(&l->tx.frame));
    ck_assert_int_eq(net_level(&l->net), NET_0);
    sim_run_until(&l->sim, SIM_S / 19200 + 1);
    ck_assert_int_eq(net_level(&l->net), NET_1);
    sim_run_until(&l->sim, SIM_MS);
    ck_assert_uint_eq(l->n_sets, 0);
    ck_assert_uint_eq(l->sim.events_fired, 2);
    ck_assert_uint_eq(l->n_got, 1);
    ck_assert_uint_eq(l->got[0].data, 0x55);
    free(l);
}
END_TEST

/* The check of the check: a receiver that forgets what it sampled is noticed. */
static void lose_badly(void *ctx, bool level, sim_time since_ps)
{
    struct line *l = ctx;
    uart_rx_lose(&l->rx, level, since_ps);
    l->rx.samples = 0;
}

START_TEST(a_wrong_break_shows)
{
    static const struct net_frame_taker bad = { can_take, take, lose_badly };
    struct line *l = line_new(false);
    const struct uart_format f = uart_8n1(19200);

    l->watch.frames = &bad;
    uart_tx_start(&l->tx, &f, 0x0F, 0);
    sim_run_until(&l->sim, 300 * SIM_US);
    interrupt(l, 3, 0);
    sim_run_until(&l->sim, SIM_MS);
    ck_assert_uint_eq(l->n_got, 1);
    ck_assert_uint_ne(l->got[0].data, 0x0F);
    free(l);
}
END_TEST

static void broken(void *ctx)
{
    ++*(unsigned *)ctx;
}

static bool does_without(void *ctx, const struct net_driver *by)
{
    (void)by;
    return *(bool *)ctx;
}

static void unheard(void *ctx, struct net *net, sim_time at_ps)
{
    (void)ctx, (void)net, (void)at_ps;
}

struct bare_line {
    struct sim sim;
    struct net net;
    struct net_driver driver, other;
    struct net_watch watch;
    struct net_frame frame;
    struct net_wave wave;
    unsigned n_broken;
    bool may_miss;
};

static void bare_line_init(struct bare_line *l)
{
    *l = (struct bare_line){ .may_miss = true };
    sim_init(&l->sim, 1);
    net_init(&l->net, &l->sim, "TXD");
    net_attach(&l->net, &l->driver, "sender");
    net_attach(&l->net, &l->other, "other");
    net_drive(&l->driver, NET_1, NET_STRONG);
    net_watch_add(&l->net, &l->watch, NET_WATCH_EDGES, unheard, NULL);
    l->watch.may_miss = does_without;
    l->watch.ctx = &l->may_miss;
    l->frame = (struct net_frame){ &l->driver, broken, &l->n_broken };
    l->wave = net_frame_wave(0, 1000, 1, 0x2AA, 10);
}

/* Weak outputs, changes under way and watchers that want edges: no frame goes in one piece. */
START_TEST(frames_that_can_not_go_in_one_piece)
{
    struct bare_line l;

    bare_line_init(&l);
    l.may_miss = false;
    ck_assert(!net_frame_begin(&l.frame, &l.wave));
    l.may_miss = true;
    net_hold(&l.sim);
    net_drive(&l.other, NET_1, NET_PULL);
    net_open(&l.other);
    ck_assert(!net_frame_begin(&l.frame, &l.wave));
    net_release(&l.sim);
    net_drive(&l.driver, NET_1, NET_WEAK);
    ck_assert(!net_frame_begin(&l.frame, &l.wave));
    net_drive(&l.other, NET_1, NET_PULL);
    net_drive(&l.driver, NET_Z, NET_OPEN); /* the net's 1 is another's */
    ck_assert(!net_frame_begin(&l.frame, &l.wave));
    net_open(&l.other);
    net_drive(&l.driver, NET_1, NET_STRONG);
    ck_assert(net_frame_begin(&l.frame, &l.wave));
    ck_assert(!net_frame_begin(&l.frame, &l.wave)); /* one at a time */
    net_break_frame(&l.net);
}
END_TEST

/* Broken off at its first instant, and ended long after its last bit. */
START_TEST(ends_of_a_frame)
{
    struct bare_line l;

    bare_line_init(&l);
    ck_assert(net_frame_begin(&l.frame, &l.wave));
    net_break_frame(&l.net); /* the start bit has begun, and nothing else */
    ck_assert_uint_eq(l.n_broken, 1);
    ck_assert_int_eq(net_level(&l.net), NET_0);
    ck_assert_uint_eq(l.net.changed_ps, 0);
    bare_line_init(&l);
    ck_assert(net_frame_begin(&l.frame, &l.wave));
    sim_run_until(&l.sim, 50000);
    net_frame_end(&l.frame);
    ck_assert_uint_eq(l.n_broken, 0);
    ck_assert_int_eq(net_level(&l.net), NET_1);
    ck_assert_uint_eq(l.net.changed_ps, 9000); /* the stop bit's begin */
}
END_TEST

int main(void)
{
    Suite *s = suite_create("net_frame");
    TCase *tc = tcase_create("net_frame");

    tcase_add_test(tc, interrupted_frames_are_the_same_edge_by_edge);
    tcase_add_test(tc, a_frame_in_one_piece_is_two_events_and_no_edge);
    tcase_add_test(tc, a_wrong_break_shows);
    tcase_add_test(tc, frames_that_can_not_go_in_one_piece);
    tcase_add_test(tc, ends_of_a_frame);
    suite_add_tcase(s, tc);
    return run_all(s);
}
