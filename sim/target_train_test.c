/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * target_train_test.c - a byte taken in one step against the same byte bit by bit
 *
 * Two boards with a target get the same bytes from a master: on one it offers each byte, or some bits of it, as trains
 * (spi_train.h), on the other it makes every edge. Clocks, SCK, jitter, glitches on SCK and MOSI, RESET and the port's switches (MISO latch,
 * flop or sampled, its delay, SCK filter) are random. Answers, the port's state, memories, findings and margins must be
 * the same after every byte, and what was recorded of the three nets in the end, where it was (every other board). Controls
 * send a wrong bit and record one net less; it is counted that trains were taken.
 */
#include "sim/spi_train.h"
#include "sim/trace.h"
#include "tests/isp_rig.h"
#include "tests/run_all.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#define BOARDS 160
#define BYTES 120

struct plan { /* of one byte, the same for both boards */
    uint8_t out;
    sim_time half_ps, pause_ps, jitter_ps[2 * 8];
    unsigned train[8]; /* of so many bits from this one on, 0: edge by edge */
    sim_time until_ps; /* after the byte: nobody looks at MISO meanwhile */
    unsigned glitch;   /* 0: none; 1, 2: a pulse on SCK, 3: on MOSI; 4: RESET goes high and low; else none */
    sim_time glitch_ps;
};

static void choose_config(struct sim_rng *r, struct target_config *cfg, uint8_t *low_fuse)
{
    static const uint8_t low[] = { 0x62, 0xE2, 0x62, 0xE2, 0x63, 0xE3, 0xE0 };

    *cfg = target_config_default(&part_atmega328p);
    *low_fuse = low[sim_rng_below(r, sizeof low)];
    cfg->rc_ppm = (int32_t)sim_rng_below(r, 80000) - 40000;
    cfg->switches.v[SW_MISO_OUTPUT] = (int32_t)sim_rng_below(r, 3);
    cfg->switches.v[SW_MISO_DELAY_NS] = (int32_t)sim_rng_below(r, 4) * 40 - 1;
    cfg->switches.v[SW_SCK_FILTER] = sim_rng_below(r, 3) != 0;
    cfg->switches.v[SW_ECHO_FROM_BYTE_2] = (int32_t)sim_rng_below(r, 2);
    cfg->switches.v[SW_FRAME_WAITS_FOR_AC53] = (int32_t)sim_rng_below(r, 2);
}

/* frame: that the byte belongs to, kept by the caller */
static void choose_byte(struct sim_rng *r, unsigned k, sim_time half_ps, unsigned *frame, struct plan *p)
{
    static const uint8_t frames[][4] = { { 0xAC, 0x53, 0, 0 }, { 0x30, 0, 1, 0 }, { 0x20, 0, 5, 0 },
                                         { 0x40, 0, 5, 0xA5 }, { 0x4C, 0, 0, 0 }, { 0xC0, 0, 3, 0x3C },
                                         { 0xF0, 0, 0, 0 },    { 0x50, 0, 0, 0 }, { 0xA0, 0, 3, 0 } };
    if (k % 4 == 0) {
        *frame = k < 8 ? 0 : (unsigned)sim_rng_below(r, sizeof frames / 4);
    }
    *p = (struct plan){
        .out = sim_rng_below(r, 30) ? frames[*frame][k % 4] : (uint8_t)sim_rng_next(r),
        .half_ps = half_ps,
        .pause_ps = half_ps + sim_rng_below(r, 3) * sim_rng_below(r, 20 * SIM_US),
        .glitch = k < 4 ? 0 : (unsigned)sim_rng_below(r, 60),
        .glitch_ps = 1 + sim_rng_below(r, 3 * SIM_US),
    };
    for (unsigned bit = 0; bit < 8; bit += p->train[bit] ? p->train[bit] : 1) {
        p->train[bit] = sim_rng_below(r, 2) ? 8 - bit : (unsigned)sim_rng_below(r, 9 - bit);
    }
    p->until_ps = sim_rng_below(r, 2) * sim_rng_below(r, half_ps);
    if (!sim_rng_below(r, 10)) {
        for (unsigned i = 0; i < 16; i++) {
            p->jitter_ps[i] = sim_rng_below(r, half_ps / 2);
        }
    }
}

static bool is_regular(const struct plan *p)
{
    static const struct plan none;
    return !memcmp(p->jitter_ps, none.jitter_ps, sizeof none.jitter_ps);
}

static void glitch(struct isp_rig *r, const struct plan *p)
{
    switch (p->glitch) {
    case 1:
    case 2:
        isp_set_sck(r, true);
        isp_wait(r, p->glitch_ps);
        isp_set_sck(r, false);
        break;
    case 3:
        isp_set_mosi(r, !(p->out >> 7));
        isp_wait(r, p->glitch_ps);
        isp_set_mosi(r, p->out >> 7);
        break;
    case 4:
        isp_reset(r, true);
        isp_wait(r, 50 * p->glitch_ps);
        isp_reset(r, false);
        isp_wait(r, 21 * SIM_MS);
        break;
    default: break;
    }
}

/* Bits [first, first + n) of the byte as a train, if the target takes it. */
static bool take_bits(struct isp_rig *r, struct spi_train *t, unsigned first, unsigned n, uint8_t *in)
{
    bool bit = net_is_high(&r->miso, true); /* of its rise: the target is not told of those in a train */

    t->first = first;
    t->n = n;
    if (!spi_train_offer(t)) {
        return false;
    }
    *in = (uint8_t)(*in << n | bit << (n - 1) | t->miso_bits);
    return true;
}

/* Returns the byte on MISO; *trains counts the bits taken in trains. */
static uint8_t send(struct isp_rig *r, const struct plan *p, bool offers, unsigned *trains)
{
    struct spi_train t = {
        .sck = &r->d_sck, .mosi = &r->d_mosi, .miso = &r->miso, .half_ps = p->half_ps, .bits = p->out
    };
    uint8_t in = 0;

    isp_set_mosi(r, p->out >> 7);
    isp_wait(r, p->pause_ps);
    sim_time t0_ps = r->sim.now_ps + p->half_ps;
    for (unsigned i = 0; i < SPI_TRAIN_EDGES; i++) {
        t.edge_ps[i] = t0_ps + i * p->half_ps;
    }
    t.until_ps = t.edge_ps[SPI_TRAIN_EDGES - 1] + p->until_ps;
    for (unsigned edge = 0; edge < SPI_TRAIN_EDGES; edge++) {
        unsigned n = p->train[edge / 2];
        if (offers && edge % 2 == 0 && n && is_regular(p)) {
            sim_run_until(&r->sim, t.edge_ps[edge] - p->half_ps / 2);
            if (take_bits(r, &t, edge / 2, n, &in)) {
                *trains += n;
                edge += 2 * n - 1;
                continue;
            }
        }
        sim_run_until(&r->sim, t0_ps + edge * p->half_ps + p->jitter_ps[edge]);
        if (edge % 2 == 0) {
            in = (uint8_t)(in << 1 | isp_miso(r));
            isp_set_sck(r, true);
        } else {
            net_hold(&r->sim);
            isp_set_sck(r, false);
            if (edge < 15) {
                isp_set_mosi(r, p->out >> (7 - (edge + 1) / 2) & 1);
            }
            net_release(&r->sim);
        }
    }
    if (p->until_ps) {
        sim_run_until(&r->sim, t.until_ps);
    }
    glitch(r, p);
    return in;
}

static const char *difference(struct isp_rig *a, struct isp_rig *b)
{
    const struct spi_slave *s = &a->target.spi, *u = &b->target.spi;
    const struct port_rules *p = &a->target.rules, *q = &b->target.rules;

    spi_slave_settle(&a->target.spi, a->sim.now_ps);
    spi_slave_settle(&b->target.spi, b->sim.now_ps);
    if (a->sim.now_ps != b->sim.now_ps) {
        return "time";
    }
    if (s->enabled != u->enabled || s->in != u->in || s->bits != u->bits || s->out != u->out ||
        s->frames != u->frames || s->seen != u->seen || s->driven != u->driven || s->level != u->level) {
        return "port";
    }
    if (net_level(&a->miso) != net_level(&b->miso) || a->miso.changed_ps != b->miso.changed_ps ||
        a->sck.changed_ps != b->sck.changed_ps || a->mosi.changed_ps != b->mosi.changed_ps) {
        return "nets";
    }
    if (p->programs != q->programs || p->rise_ps != q->rise_ps || p->fall_ps != q->fall_ps ||
        p->mosi_ps != q->mosi_ps || p->hold_open != q->hold_open) {
        return "rules";
    }
    for (unsigned i = 0; i < CHECKER_RULES; i++) {
        const struct checker_margin *m = &a->checker.margins[i], *n = &b->checker.margins[i];
        if (m->findings != n->findings || m->margin != n->margin || m->measured_once != n->measured_once) {
            return checker_rule_info((enum checker_rule)i)->id;
        }
    }
    return memcmp(&a->nvm.cells, &b->nvm.cells, sizeof a->nvm.cells) ? "memories" : NULL;
}

static void record(struct isp_rig *r, struct trace *t, unsigned n_nets)
{
    struct net *nets[] = { &r->miso, &r->sck, &r->mosi };

    r->sim.trace = t;
    for (unsigned i = 0; i < n_nets; i++) {
        trace_add_net(t, nets[i], nets[i]->name);
    }
}

static const char *traces_differ(const struct trace *a, const struct trace *b)
{
    struct trace_reader ra, rb;
    struct trace_change x, y;
    bool more = true;

    trace_read_start(&ra, a);
    trace_read_start(&rb, b);
    while (more) {
        more = trace_read(&ra, &x);
        if (more != trace_read(&rb, &y) ||
            (more && (x.at_ps != y.at_ps || x.signal != y.signal || x.value != y.value))) {
            return "trace";
        }
    }
    return NULL;
}

static struct isp_rig *rig_new(const struct target_config *cfg, uint8_t low_fuse)
{
    struct isp_rig *r = calloc(1, sizeof *r);

    isp_rig_board(r, &part_atmega328p, 1);
    r->nvm.cells.fuses.fuse[0] = low_fuse;
    isp_rig_target(r, cfg);
    net_drive(&r->d_xtal1, NET_0, NET_STRONG);
    isp_set_sck(r, false);
    isp_set_mosi(r, false);
    isp_reset(r, false);
    isp_power(r, 5000);
    isp_wait(r, 100 * SIM_MS);
    isp_reset(r, true);
    isp_wait(r, SIM_MS);
    isp_reset(r, false);
    isp_wait(r, 25 * SIM_MS);
    return r;
}

/*
 * One board both ways. wrong: the byte of which one side gets another bit, BYTES: none. nets: recorded of each side. NULL
 * or the first difference.
 */
static const char *one_board(struct sim_rng *rng, unsigned wrong, const unsigned nets[2], unsigned *trains)
{
    struct trace traces[2];
    struct target_config cfg;
    uint8_t low_fuse;
    const char *found = NULL;
    unsigned frame = 0;

    choose_config(rng, &cfg, &low_fuse);
    struct isp_rig *a = rig_new(&cfg, low_fuse), *b = rig_new(&cfg, low_fuse);
    for (unsigned i = 0; i < 2; i++) {
        trace_init(&traces[i]);
        record(i ? b : a, &traces[i], nets[i]);
    }
    sim_time half_ps = SIM_US / 4 + sim_rng_below(rng, 8 * SIM_US);
    if (low_fuse == 0x63 || low_fuse == 0xE3) { /* 16 and 128 kHz */
        half_ps *= 20;
    }
    for (unsigned k = 0; !found && k < BYTES; k++) {
        struct plan p;
        choose_byte(rng, k, half_ps, &frame, &p);
        uint8_t got = send(a, &p, true, trains);
        p.out ^= k == wrong;
        uint8_t expected = send(b, &p, false, trains);
        found = got != expected ? "answer" : difference(a, b);
    }
    found = found ? found : traces_differ(&traces[0], &traces[1]);
    trace_free(&traces[0]);
    trace_free(&traces[1]);
    isp_rig_free(a);
    isp_rig_free(b);
    free(a);
    free(b);
    return found;
}

START_TEST(trains_are_the_same_bit_by_bit)
{
    struct sim_rng rng = sim_rng_stream(1, "trains");
    unsigned trains = 0;

    for (unsigned i = 0; i < BOARDS; i++) {
        const char *found = one_board(&rng, BYTES, (unsigned[2]){ i % 2 * 3, i % 2 * 3 }, &trains);
        ck_assert_msg(!found, "board %u: %s differ", i, found);
    }
    ck_assert_uint_gt(trains, BOARDS * BYTES); /* of eight bits each; else it proved nothing */
    ck_assert_uint_lt(trains, BOARDS * BYTES * 8 * 9 / 10);
}
END_TEST

START_TEST(a_wrong_bit_shows)
{
    struct sim_rng rng = sim_rng_stream(2, "trains");
    unsigned trains = 0;

    for (unsigned i = 0; i < 5; i++) {
        ck_assert_ptr_nonnull(one_board(&rng, 40, (unsigned[2]){ 0, 0 }, &trains));
        ck_assert_ptr_nonnull(one_board(&rng, BYTES, (unsigned[2]){ 3, 2 }, &trains));
    }
}
END_TEST

/* ---- when none is taken ---- */

struct offer {
    struct isp_rig rig;
    struct spi_train train;
    struct net other;
    struct net_driver elsewhere;
    struct net_watch watch;
};

static void is_changed(void *ctx, struct net *net, sim_time at_ps)
{
    (void)ctx, (void)net, (void)at_ps;
}

static bool needs_all(void *ctx, const struct net_driver *by)
{
    (void)ctx, (void)by;
    return false;
}

static void nothing(struct offer *o)
{
    (void)o;
}

static void sck_is_high(struct offer *o)
{
    isp_set_sck(&o->rig, true);
}

static void mosi_is_another(struct offer *o)
{
    isp_set_mosi(&o->rig, !spi_train_mosi(&o->train, 0));
}

static void in_reset_no_more(struct offer *o)
{
    isp_reset(&o->rig, true);
    isp_wait(&o->rig, SIM_MS);
}

static void before_programming_enable(struct offer *o)
{
    in_reset_no_more(o);
    isp_reset(&o->rig, false);
    isp_wait(&o->rig, 25 * SIM_MS);
}

static void no_supply(struct offer *o)
{
    isp_power(&o->rig, 0);
}

static void out_of_step(struct offer *o)
{
    o->train.first = 3;
    o->train.n = 5;
}

static void faster_than_ever(struct offer *o)
{
    for (unsigned i = 0; i < SPI_TRAIN_EDGES; i++) {
        o->train.edge_ps[i] = o->train.edge_ps[0] + i * (o->train.half_ps - 1);
    }
    o->train.half_ps--;
}

static void faster_than_the_port(struct offer *o)
{
    o->train.half_ps = SIM_US / 10;
}

/* Slower than ever, and it begins at once. */
static void begins_now(struct offer *o)
{
    o->train.half_ps = 40 * SIM_US;
    for (unsigned i = 0; i < SPI_TRAIN_EDGES; i++) {
        o->train.edge_ps[i] = o->rig.sim.now_ps + SIM_US + i * o->train.half_ps;
    }
}

static void begins_long_after(struct offer *o)
{
    isp_wait(&o->rig, SIM_MS);
    begins_now(o);
}

static void mosi_just_changed(struct offer *o)
{
    isp_set_mosi(&o->rig, !spi_train_mosi(&o->train, 0));
    isp_set_mosi(&o->rig, spi_train_mosi(&o->train, 0));
}

static void begins_as_mosi_has_changed(struct offer *o)
{
    isp_wait(&o->rig, SIM_MS);
    mosi_just_changed(o);
    begins_now(o);
}

static void miso_elsewhere(struct offer *o)
{
    o->train.miso = &o->other;
}

static void miso_off_its_wire(struct offer *o)
{
    target_connect(&o->rig.target, TARGET_MISO, NULL);
}

static void mosi_elsewhere(struct offer *o)
{
    o->train.mosi = &o->elsewhere;
}

/* The port has not seen what SCK did last. */
static void begins_while_sck_is_high(struct offer *o)
{
    isp_set_sck(&o->rig, true);
    o->train.half_ps = 40 * SIM_US;
    for (unsigned i = 0; i < SPI_TRAIN_EDGES; i++) {
        o->train.edge_ps[i] = o->rig.sim.now_ps + i * o->train.half_ps;
    }
}

static void begins_as_sck_has_fallen(struct offer *o)
{
    isp_set_sck(&o->rig, true);
    isp_wait(&o->rig, 10 * SIM_US);
    isp_set_sck(&o->rig, false);
    o->train.first = 1;
    o->train.n = 7;
    o->train.half_ps = 40 * SIM_US;
    for (unsigned i = 0; i < SPI_TRAIN_EDGES; i++) {
        o->train.edge_ps[i] = o->rig.sim.now_ps - 2 * o->train.half_ps + i * o->train.half_ps;
    }
}

/* In AC 53 a pulse that the port does not see: it is enabled, and the pins have not shown it yet. */
static void enabled_by_other_bits(struct offer *o)
{
    before_programming_enable(o);
    isp_byte(&o->rig, 0xAC);
    isp_set_sck(&o->rig, true);
    isp_wait(&o->rig, SIM_NS);
    isp_set_sck(&o->rig, false);
    isp_wait(&o->rig, 10 * SIM_US);
    isp_byte(&o->rig, 0x53);
    ck_assert(o->rig.target.spi.enabled && !o->rig.target.rules.programs);
    isp_set_mosi(&o->rig, false);
    isp_wait(&o->rig, 50 * SIM_US);
    begins_now(o);
}

static void nobody_checks(struct offer *o)
{
    o->rig.target.rules.checker = NULL;
}

/* After a pause, with phases of 3.5 us. */
static void offer_after_a_pause(struct offer *o)
{
    isp_wait(&o->rig, 50 * SIM_US);
    isp_set_mosi(&o->rig, false);
    o->train.half_ps = 3500 * SIM_NS;
    for (unsigned i = 0; i < SPI_TRAIN_EDGES; i++) {
        o->train.edge_ps[i] = o->rig.sim.now_ps + 50 * SIM_US + i * o->train.half_ps;
    }
}

/* Bits of 3 us, MOSI 1 all the time: the worst hold stays 4 us. */
static void hold_was_never_so_short(struct offer *o)
{
    isp_set_mosi(&o->rig, true);
    for (unsigned i = 0; i < 32; i++) {
        isp_wait(&o->rig, 3 * SIM_US);
        isp_set_sck(&o->rig, true);
        isp_wait(&o->rig, 3 * SIM_US);
        isp_set_sck(&o->rig, false);
    }
    offer_after_a_pause(o);
}

/* Bits of 3 us and a look 1 us after SCK fell: the worst hold of MISO stays 4 us. */
static void miso_was_held_longer(struct offer *o)
{
    for (unsigned i = 0; i < 32; i++) {
        isp_set_mosi(&o->rig, i % 2);
        isp_wait(&o->rig, SIM_US);
        net_looked(&o->rig.miso, o->rig.sim.now_ps, net_is_high(&o->rig.miso, true), true);
        isp_wait(&o->rig, 2 * SIM_US);
        isp_set_sck(&o->rig, true);
        isp_wait(&o->rig, 3 * SIM_US);
        isp_set_sck(&o->rig, false);
    }
    offer_after_a_pause(o);
}

/* With phases that its rules of SCK and MOSI allow, and no time for MISO. */
static void far_over_the_speed_grade(struct offer *o)
{
    struct target_config cfg = target_config_default(&part_atmega328p);
    struct net_wave wave = net_wave_square(0, UINT64_C(40000000000));

    isp_rig_free(&o->rig);
    isp_rig_board(&o->rig, &part_atmega328p, 1);
    o->rig.nvm.cells.fuses.fuse[0] = 0xE0;
    isp_rig_target(&o->rig, &cfg);
    net_drive_wave(&o->rig.d_xtal1, &wave, NET_STRONG);
    isp_power(&o->rig, 5000);
    isp_set_sck(&o->rig, false);
    isp_set_mosi(&o->rig, false);
    isp_wait(&o->rig, 100 * SIM_MS);
    isp_reset(&o->rig, false);
    isp_wait(&o->rig, 25 * SIM_MS);
    o->rig.t_high_ps = o->rig.t_low_ps = 94 * SIM_NS;
    ck_assert(isp_enter(&o->rig));
    isp_set_mosi(&o->rig, false);
    isp_wait(&o->rig, 10 * SIM_US);
    o->train.half_ps = 95 * SIM_NS;
    for (unsigned i = 0; i < SPI_TRAIN_EDGES; i++) {
        o->train.edge_ps[i] = o->rig.sim.now_ps + SIM_US + i * o->train.half_ps;
    }
}

static void a_watcher_needs_the_edges(struct offer *o)
{
    net_watch_add(&o->rig.mosi, &o->watch, NET_WATCH_EDGES, is_changed, NULL);
    o->watch.may_miss = needs_all;
}

static void sck_watched(struct offer *o)
{
    net_watch_add(&o->rig.sck, &o->watch, NET_WATCH_EDGES, is_changed, NULL);
}

static void mosi_watched(struct offer *o)
{
    net_watch_add(&o->rig.mosi, &o->watch, NET_WATCH_EDGES, is_changed, NULL);
}

static void miso_watched(struct offer *o)
{
    net_watch_add(&o->rig.miso, &o->watch, NET_WATCH_EDGES, is_changed, NULL);
}

static void offer_begin(struct offer *o)
{
    memset(o, 0, sizeof *o);
    isp_rig_init(&o->rig, NULL, 1);
    net_open(&o->rig.d_miso_pull);
    net_init(&o->other, &o->rig.sim, "elsewhere");
    net_attach(&o->other, &o->elsewhere, "hand");
    isp_wait(&o->rig, 25 * SIM_MS);
    ck_assert(isp_enter(&o->rig));
    isp_set_mosi(&o->rig, false);
    isp_wait(&o->rig, 10 * SIM_US);
    o->train = (struct spi_train){
        .sck = &o->rig.d_sck, .mosi = &o->rig.d_mosi, .miso = &o->rig.miso, .n = 8, .bits = 0x30, .half_ps = 4 * SIM_US
    };
    for (unsigned i = 0; i < SPI_TRAIN_EDGES; i++) {
        o->train.edge_ps[i] = o->rig.sim.now_ps + 8 * SIM_US + i * o->train.half_ps;
    }
    o->train.until_ps = o->train.edge_ps[SPI_TRAIN_EDGES - 1];
}

START_TEST(where_it_would_not_be_the_same_none_is_taken)
{
    static const struct {
        void (*disturb)(struct offer *);
        bool taken;
    } is[] = {
        { nothing, true },
        { sck_is_high, false },
        { mosi_is_another, false },
        { in_reset_no_more, false },
        { no_supply, false },
        { before_programming_enable, false },
        { out_of_step, false },
        { faster_than_ever, false },
        { faster_than_the_port, false },
        { miso_elsewhere, false },
        { miso_off_its_wire, false },
        { mosi_elsewhere, false },
        { sck_watched, false },
        { mosi_watched, false },
        { miso_watched, false },
        { mosi_just_changed, true },
        { begins_now, false },
        { begins_long_after, true },
        { begins_as_mosi_has_changed, false },
        { begins_while_sck_is_high, false },
        { begins_as_sck_has_fallen, false },
        { enabled_by_other_bits, false },
        { nobody_checks, true },
        { hold_was_never_so_short, false },
        { miso_was_held_longer, false },
        { far_over_the_speed_grade, false },
        { a_watcher_needs_the_edges, false },
    };
    static struct offer o;

    for (unsigned i = 0; i < sizeof is / sizeof is[0]; i++) {
        offer_begin(&o);
        is[i].disturb(&o);
        sim_time now_ps = o.rig.sim.now_ps;
        bool taken = spi_train_offer(&o.train);
        ck_assert_msg(taken == is[i].taken, "row %u", i);
        ck_assert_msg(taken || o.rig.sim.now_ps == now_ps, "row %u: half taken", i);
        isp_rig_free(&o.rig);
    }
}
END_TEST

static void sample_miso(void *ctx, sim_time at_ps)
{
    struct offer *o = ctx;

    (void)at_ps;
    ck_assert_int_eq(net_level(&o->rig.miso), NET_0);
    isp_set_mosi(&o->rig, true); /* it has come */
}

/* With the last fall MISO gets the first bit of AC, a delay later: on its net at once, but not if somebody comes before. */
START_TEST(who_comes_before_miso_moves_sees_its_old_level)
{
    static struct offer o;

    for (unsigned comes = 0; comes < 2; comes++) {
        struct sim_event event;
        offer_begin(&o);
        isp_set_mosi(&o.rig, true);
        isp_wait(&o.rig, 4 * SIM_US);
        o.train.bits = 0xAC;
        o.train.until_ps += SIM_US;
        sim_event_init(&event, "comes", sample_miso, &o);
        if (comes) {
            sim_schedule(&o.rig.sim, &event, spi_train_end(&o.train) + SIM_NS);
        }
        ck_assert(spi_train_offer(&o.train));
        ck_assert_int_eq(o.rig.miso.level, comes ? NET_0 : NET_1);
        isp_wait(&o.rig, SIM_US);
        ck_assert_int_eq(net_level(&o.rig.miso), NET_1);
        ck_assert(o.rig.target.spi.mosi == comes);
        isp_rig_free(&o.rig);
    }
}
END_TEST

int main(void)
{
    Suite *s = suite_create("target_train");
    TCase *tc = tcase_create("target_train");

    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, trains_are_the_same_bit_by_bit);
    tcase_add_test(tc, a_wrong_bit_shows);
    tcase_add_test(tc, where_it_would_not_be_the_same_none_is_taken);
    tcase_add_test(tc, who_comes_before_miso_moves_sees_its_old_level);
    suite_add_tcase(s, tc);
    return run_all(s);
}
