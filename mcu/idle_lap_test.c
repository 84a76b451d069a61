/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * idle_lap_test.c - random programs of waiting loops, with shortcuts and without, come out the same
 *
 * Two chips run a program that is drawn (idle_fixture.h), one with sim.no_shortcuts; wires move at random times, and at
 * random cuts cycles, pc, SREG, registers, SRAM, I/O and the edges of an output are compared. What kinds of laps came to
 * be kept is counted: all must be met.
 * Controls: rules of the kept laps are broken one by one (an input forgotten, a flag said to stay); each is noticed.
 */
#include "mcu/chip.h"
#include "mcu/idle_fixture.h"
#include "mcu/timer_parts.h"
#include "mcu/uno_fixture.h"
#include "sim/nvm.h"
#include "sim/part.h"
#include "sim/rng.h"
#include "sim/vline.h"

#define PROGRAMS 100
#define CUTS 60
#define MOST_TRIES 60 /* of programs, until one notices that a rule is broken */

static struct board writer, *w = &writer;
static struct sim_rng rng;

static unsigned below(unsigned n)
{
    return (unsigned)sim_rng_below(&rng, n);
}

/* ---- two chips ---- */

static struct side {
    struct sim sim;
    struct nvm nvm;
    struct chip chip;
    struct vline vcc;
    struct net pb0, sck, pd0, pd2, pd4;
    struct net_driver drive[3];
    struct net_watch watch[2];
    uint64_t edges;
} sides[2];

static void bites(void *ctx)
{
    (void)ctx;
}

static void see_edge(void *ctx, struct net *net, sim_time at_ps)
{
    struct side *s = ctx;
    s->edges = (s->edges ^ (2 * at_ps + net->level)) * UINT64_C(0x100000001b3);
}

static void side_init(struct side *s, bool no_shortcuts)
{
    static const char *const names[] = { "PD0", "PD2", "PD4" };
    const struct part *part = part_find("ATmega328P");
    struct target_switches sw = target_switches_default();
    struct net *const nets[] = { &s->pd0, &s->pd2, &s->pd4 };
    struct problem err;
    memset(s, 0, sizeof *s);
    sim_init(&s->sim, 1);
    s->sim.no_shortcuts = no_shortcuts;
    nvm_init(&s->nvm, part, &sw, 1);
    memcpy(s->nvm.cells.flash, w->flash, part->flash_bytes);
    ck_assert_msg(chip_init(&s->chip, &s->sim, &s->nvm, "chip", 16000000000, bites, NULL, &err), "%s", err.text);
    vline_init(&s->vcc, &s->sim, "VCC", 5000);
    s->chip.pins.supply = &s->vcc;
    for (unsigned i = 0; i < 2; i++) {
        struct net *net = i ? &s->sck : &s->pb0;
        const char *name = i ? "PB5" : "PB0";
        net_init(net, &s->sim, name);
        chip_connect(&s->chip, name, net);
        net_watch_add(net, &s->watch[i], NET_WATCH_EDGES, see_edge, s);
    }
    for (unsigned i = 0; i < 3; i++) {
        net_init(nets[i], &s->sim, names[i]);
        net_attach(nets[i], &s->drive[i], "outside");
        net_drive(&s->drive[i], i == 0, NET_STRONG);
        chip_connect(&s->chip, names[i], nets[i]);
    }
    chip_latch(&s->chip, &s->nvm.cells.fuses, 0);
    core_start(&s->chip.core, 0, CORE_PORF);
}

/* Timers' flags stand in data[] once somebody looks. */
static void look_at_flags(void)
{
    for (unsigned i = 0; i < 2; i++) {
        struct timers *all = &sides[i].chip.timers;
        uint64_t now = sides[i].chip.core.avr->cycle;
        for (unsigned k = 0; k < all->n; k++) {
            if (!timer_steps_to(&all->timer[k], now)) {
                timer_settle(&all->timer[k], now);
            }
        }
    }
}

/* "" or what differs. */
static const char *difference(void)
{
    static char text[80];
    look_at_flags();
    const struct core *x = &sides[0].chip.core, *y = &sides[1].chip.core;
    if (x->avr->cycle != y->avr->cycle || x->avr->pc != y->avr->pc) {
        snprintf(text, sizeof text, "pc %x and %x, cycle %llu and %llu", x->avr->pc, y->avr->pc,
                 (unsigned long long)x->avr->cycle, (unsigned long long)y->avr->cycle);
        return text;
    }
    for (unsigned i = 0; i <= x->ram_end; i++) {
        if (x->avr->data[i] != y->avr->data[i]) {
            snprintf(text, sizeof text, "data[%x] %02x and %02x", i, x->avr->data[i], y->avr->data[i]);
            return text;
        }
    }
    if (memcmp(x->avr->sreg, y->avr->sreg, sizeof x->avr->sreg)) {
        return "SREG";
    }
    if (sides[0].chip.watchdog.from_ps != sides[1].chip.watchdog.from_ps) {
        return "when the watchdog began anew";
    }
    if (x->slept_ck != y->slept_ck) {
        return "how long it slept";
    }
    if (x->interrupts != y->interrupts || x->avr->interrupt_state != y->avr->interrupt_state) {
        return "interrupts";
    }
    return sides[0].edges != sides[1].edges ? "the edges of PB0 or SCK" : "";
}

/* ---- what is broken on purpose ---- */

enum broken {
    NOTHING,
    INPUT_FORGOTTEN,
    BYTE_FORGOTTEN,
    OUTPUT_FORGOTTEN,
    FLAG_STAYS,
    LENGTH_WRONG,
    CALL_WRONG,
    COUNT_WRONG,
    MIXED_FORGOTTEN,
    DEPTH_FORGOTTEN,
    OPEN_FORGOTTEN,
    WAKE_LENGTH_WRONG, /* from here on programs sleep */
    WAKE_COUNT_WRONG,
    WAKE_REGISTER_FORGOTTEN,
    WAKE_FLAG_FORGOTTEN,
    WAKES_TOO_FEW,
    COUNT_CALL_WRONG, /* from here on programs count registers down */
    COUNT_COUNTED_WRONG,
    COUNT_LAP_WRONG,
    COUNT_LIMIT_FORGOTTEN,
    COUNT_BEAT_WRONG,
    NEST_LAP_WRONG,
    NEST_OUTPUT_FORGOTTEN,
    BREAKS,
};

static uint64_t stays(void *ctx, avr_io_addr_t at, uint8_t *value)
{
    (void)ctx;
    (void)at;
    (void)value;
    return UINT64_MAX;
}

static bool (*right_beat)(void *ctx, const void *source, struct idle_beat *beat);

static bool beat_without_limit(void *ctx, const void *source, struct idle_beat *beat)
{
    bool comes = right_beat(ctx, source, beat);
    beat->limit = beat->quiet = UINT64_MAX;
    return comes;
}

static bool beat_too_slow(void *ctx, const void *source, struct idle_beat *beat)
{
    bool comes = right_beat(ctx, source, beat);
    beat->period += 16;
    return comes;
}

static void break_rule(struct core *c, enum broken broken)
{
    for (unsigned i = 0; i < IDLE_KEPT; i++) {
        struct idle_lap *lap = &c->idle.kept[i];
        switch (broken) {
        case INPUT_FORGOTTEN: lap->reg_in = 0; break;
        case BYTE_FORGOTTEN:
            for (unsigned k = 0; k < lap->n_bytes; k++) {
                lap->byte[k].in = false;
            }
            break;
        case OUTPUT_FORGOTTEN: lap->reg_out &= lap->reg_in; break;
        case LENGTH_WRONG: lap->ck++; break;
        case MIXED_FORGOTTEN:
            for (unsigned k = 0; k < lap->n_bytes; k++) {
                lap->byte[k].first_read = UINT8_MAX;
            }
            break;
        case DEPTH_FORGOTTEN: /* calls come as deep as each other, and write nothing where the lap does */
            for (unsigned k = 0; k < lap->instructions && lap->takes_calls; k++) {
                lap->step_sp[k] = lap->step_sp[0];
            }
            break;
        case OPEN_FORGOTTEN: memset(lap->step_is_open, 1, sizeof lap->step_is_open); break;
        default: break;
        }
    }
    if (broken == CALL_WRONG || broken == COUNT_CALL_WRONG) {
        c->idle.call.ck += c->idle.call.lap.valid;
    }
    if (broken == COUNT_WRONG || broken == COUNT_COUNTED_WRONG) { /* a byte less of what it counts */
        c->idle.call.lap.byte[0].written = c->idle.call.lap.byte[1].written = false;
        for (unsigned i = 2; i < c->idle.call.lap.n_bytes; i++) {
            c->idle.call.lap.byte[i].written &= !c->idle.call.lap.byte[i].direct;
        }
    }
    struct idle_wake *wake = &c->idle.wake;
    struct idle_lap *lap = &wake->call.lap;
    switch (broken) {
    case WAKE_LENGTH_WRONG: wake->call.ck += lap->valid; break;
    case WAKE_COUNT_WRONG:
        for (unsigned i = 0; i < lap->n_bytes; i++) {
            lap->byte[i].written &= !lap->byte[i].direct;
        }
        break;
    case WAKE_REGISTER_FORGOTTEN: lap->reg_back = 0; break;
    case WAKE_FLAG_FORGOTTEN: lap->flag_back = 0; break;
    case WAKES_TOO_FEW: wake->executed = 1; break;
    case COUNT_LAP_WRONG: c->idle.count.ck += c->idle.count.ck != 0; break;
    case NEST_LAP_WRONG: c->idle.nest.lap.ck += c->idle.nest.lap.valid; break;
    case NEST_OUTPUT_FORGOTTEN: c->idle.nest.lap.reg_out &= c->idle.nest.lap.reg_fixed; break;
    case COUNT_LIMIT_FORGOTTEN: c->idle.beat_of = beat_without_limit; break;
    case COUNT_BEAT_WRONG: c->idle.beat_of = beat_too_slow; break;
    default: break;
    }
    if (broken == FLAG_STAYS) {
        core_io_steady(c, TIFR0 + 32, stays, NULL);
    }
}

/* ---- the runs ---- */

struct met { /* laps kept, and instructions skipped by them */
    uint64_t kept, counts, calls, touch_i, sram, from_start, in_counts, in_nests, wakes, means[IDLE_MEANS];
};

static void see_kept(struct met *m, const struct core *c)
{
    for (unsigned i = 0; i < IDLE_KEPT; i++) {
        const struct idle_lap *lap = &c->idle.kept[i];
        m->kept += lap->valid;
        m->counts += lap->valid && lap->counts;
        m->calls += lap->valid && lap->calls;
        m->touch_i += lap->valid && lap->touches_i;
        m->sram += lap->valid && lap->n_bytes;
    }
    m->from_start += c->idle.leaps_from_start;
    m->in_nests += c->idle.nest_laps;
    m->in_counts += c->idle.leaps_in_counts;
    m->wakes += c->idle.wakes;
    for (unsigned i = 0; i < IDLE_MEANS; i++) {
        m->means[i] += c->idle.skipped_instructions[i];
    }
}

static void move_wires(void)
{
    unsigned which = below(8), level = below(2);
    if (which < 3) {
        for (unsigned i = 0; i < 2; i++) {
            net_drive(&sides[i].drive[which], level ? NET_1 : NET_0, NET_STRONG);
        }
    }
}

/* "" or what came out otherwise. */
static const char *run_program(uint64_t seed, enum idle_program kind, enum broken broken, struct met *m)
{
    const char *text = "";
    rng = sim_rng_stream(seed, "programs");
    idle_program_draw(w, &rng, kind);
    side_init(&sides[0], false);
    side_init(&sides[1], true);
    right_beat = sides[0].chip.core.idle.beat_of;
    for (unsigned cut = 0; cut < CUTS && !*text; cut++) {
        sim_time to = sides[0].sim.now_ps + 1 + sim_rng_below(&rng, UINT64_C(1) << (17 + below(14))); /* ...1 ms */
        sim_run_until(&sides[0].sim, to);
        sim_run_until(&sides[1].sim, to);
        text = difference();
        break_rule(&sides[0].chip.core, broken);
        move_wires();
    }
    see_kept(m, &sides[0].chip.core);
    chip_free(&sides[0].chip);
    chip_free(&sides[1].chip);
    return text;
}

static unsigned first = 1, programs = PROGRAMS;

START_TEST(random_waits_come_out_the_same)
{
    struct met m = { 0 };
    for (unsigned seed = first; seed < first + programs; seed++) {
        const char *text = run_program(seed, IDLE_PROGRAM_WAITS, NOTHING, &m);
        if (*text) {
            ck_abort_msg("program %u: %s", seed, text);
        }
    }
    if (programs != PROGRAMS) {
        printf("%llu leaps from a start\n", (unsigned long long)m.from_start);
    }
    const uint64_t all[] = { m.kept,
                             m.counts,
                             m.calls,
                             m.touch_i,
                             m.sram,
                             m.from_start,
                             m.means[IDLE_LAPS],
                             m.means[IDLE_POLLS],
                             m.means[IDLE_COUNTS],
                             m.means[IDLE_TIMER_LAPS],
                             m.means[IDLE_CALLS] };
    for (unsigned i = 0; i < sizeof all / sizeof all[0]; i++) {
        ck_assert_msg(all[i] >= 10, "kind %u of laps was hardly met", i);
    }
}
END_TEST

START_TEST(random_sleeps_come_out_the_same)
{
    struct met m = { 0 };
    for (unsigned seed = first; seed < first + programs; seed++) {
        const char *text = run_program(seed, IDLE_PROGRAM_SLEEPS, NOTHING, &m);
        if (*text) {
            ck_abort_msg("program %u: %s", seed, text);
        }
    }
    if (programs != PROGRAMS) {
        printf("%llu wakes\n", (unsigned long long)m.wakes);
    }
    ck_assert_uint_ge(m.wakes, 100);
}
END_TEST

START_TEST(random_counts_come_out_the_same)
{
    struct met m = { 0 };
    for (unsigned seed = first; seed < first + programs; seed++) {
        const char *text = run_program(seed, IDLE_PROGRAM_COUNTS, NOTHING, &m);
        if (*text) {
            ck_abort_msg("program %u: %s", seed, text);
        }
    }
    if (programs != PROGRAMS) {
        printf("%llu leaps in counting loops, %llu laps around them\n", (unsigned long long)m.in_counts,
               (unsigned long long)m.in_nests);
    }
    ck_assert_uint_ge(m.in_counts, 100);
    ck_assert_uint_ge(m.in_nests, 1000);
}
END_TEST

static enum idle_program kind_of(enum broken broken)
{
    return broken < WAKE_LENGTH_WRONG  ? IDLE_PROGRAM_WAITS
           : broken < COUNT_CALL_WRONG ? IDLE_PROGRAM_SLEEPS
                                       : IDLE_PROGRAM_COUNTS;
}

START_TEST(broken_rules_are_noticed)
{
    /* a program that notices it is not far */
    static const unsigned from[] = {
        [INPUT_FORGOTTEN] = 70,
        [BYTE_FORGOTTEN] = 1,
        [OUTPUT_FORGOTTEN] = 1,
        [FLAG_STAYS] = 10,
        [LENGTH_WRONG] = 1,
        [CALL_WRONG] = 10,
        [COUNT_WRONG] = 10,
        [MIXED_FORGOTTEN] = 200,
        [DEPTH_FORGOTTEN] = 290,
        [OPEN_FORGOTTEN] = 480,
        [WAKE_LENGTH_WRONG] = 1,
        [WAKE_COUNT_WRONG] = 1,
        [WAKE_REGISTER_FORGOTTEN] = 50,
        [WAKE_FLAG_FORGOTTEN] = 650,
        [WAKES_TOO_FEW] = 1,
        [COUNT_CALL_WRONG] = 1,
        [COUNT_COUNTED_WRONG] = 1,
        [COUNT_LAP_WRONG] = 1,
        [COUNT_LIMIT_FORGOTTEN] = 1,
        [COUNT_BEAT_WRONG] = 1,
        [NEST_LAP_WRONG] = 1,
        [NEST_OUTPUT_FORGOTTEN] = 1,
    };
    for (enum broken broken = INPUT_FORGOTTEN; broken < BREAKS; broken++) {
        struct met m = { 0 };
        unsigned seed = from[broken], last = seed + MOST_TRIES;
        while (seed < last && !*run_program(seed, kind_of(broken), broken, &m)) {
            seed++;
        }
        ck_assert_msg(seed < last, "rule %d can be broken", (int)broken);
    }
}
END_TEST

int main(int argc, char **argv)
{
    if (argc == 3) { /* `idle_lap_test FIRST N`: a longer search */
        first = (unsigned)strtoul(argv[1], NULL, 0);
        programs = (unsigned)strtoul(argv[2], NULL, 0);
    }
    const TTest *const tests[] = { random_waits_come_out_the_same, random_sleeps_come_out_the_same,
                                   random_counts_come_out_the_same, broken_rules_are_noticed };
    return run_suite("idle laps", tests, sizeof tests / sizeof tests[0]);
}
