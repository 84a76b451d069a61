/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * core_promise_test.c - two cores on one board, with shortcuts and without, come out the same
 *
 *      leader --- PB0 ---> INT0, RXD or RESET of the follower
 *             <-- PB0 ----  read by the leader's program (PD4)
 *
 * Both run programs that are drawn (idle_fixture.h): they wait or sleep in loops, count in handlers, move pins, send bytes.
 * Wires move at random times, and at random cuts all of both is compared, with the edges of both in their order.
 * Ahead    whenever the follower moves a net, the leader must not have gone further than it may lead: what the follower
 *          promised (core_promise.h) must be true, whoever listens.
 * Control  promises a bit too long are noticed.
 */
#include "mcu/chip.h"
#include "mcu/idle_fixture.h"
#include "mcu/timer_parts.h"
#include "mcu/uno_fixture.h"
#include "sim/nvm.h"
#include "sim/part.h"
#include "sim/rng.h"
#include "sim/vline.h"

#define PROGRAMS 40
#define CUTS 30
#define MOST_TRIES 60 /* of programs, until one notices that a rule is broken */
#define START_UP_PS (4 * SIM_US)
#define LEAD_PS SIM_US
#define LONGEST_CK 20 /* of an instruction, with an interrupt's entry */

static struct sim_rng rng;

static unsigned below(unsigned n)
{
    return (unsigned)sim_rng_below(&rng, n);
}

/* ---- a board with two chips ---- */

enum { LEADER, FOLLOWER, CHIPS };
enum link { NO_LINK, INTERRUPTS, SENDS, RESETS, LINKS }; /* from the leader */
enum broken { NOTHING, TOO_LONG };

static struct plan { /* the same for both boards */
    struct board program[CHIPS];
    enum link link;
} plan;

static struct side {
    struct sim sim;
    struct node {
        struct nvm nvm;
        struct chip chip;
        struct net pb0, sck;
        struct net_watch watch[2];
    } node[CHIPS];
    struct vline vcc;
    struct net_driver drive[3];
    struct net outside[3]; /* PD0 of the leader, PD4 and PD2 of the follower, moved from outside */
    struct net_watch reset_watch;
    struct sim_event start;
    enum broken broken;
    uint64_t edges, resets;
    sim_time ahead_ps; /* the most that the leader was */
} sides[2];

static void bites(void *ctx)
{
    (void)ctx;
}

static void see_edge(void *ctx, struct net *net, sim_time at_ps)
{
    struct side *s = ctx;
    unsigned who = net == &s->node[FOLLOWER].pb0 || net == &s->node[FOLLOWER].sck;
    sim_time leader_ps = s->node[LEADER].chip.core.agent.at_ps;
    s->edges = (s->edges ^ (4 * at_ps + 2 * who + net->level)) * UINT64_C(0x100000001b3);
    if (who == FOLLOWER && leader_ps > at_ps && leader_ps - at_ps > s->ahead_ps) {
        s->ahead_ps = leader_ps - at_ps;
    }
}

static void start_follower(void *ctx, sim_time at_ps)
{
    struct side *s = ctx;
    pins_hold(&s->node[FOLLOWER].chip.pins, false);
    core_start(&s->node[FOLLOWER].chip.core, at_ps, CORE_EXTRF);
}

static void reset_follower(void *ctx, struct net *net, sim_time at_ps)
{
    struct side *s = ctx;
    sim_cancel(&s->sim, &s->start);
    if (net->level == NET_1) {
        sim_schedule(&s->sim, &s->start, at_ps + START_UP_PS);
        return;
    }
    pins_hold(&s->node[FOLLOWER].chip.pins, true);
    core_hold(&s->node[FOLLOWER].chip.core, 0);
    s->resets++;
}

static void node_init(struct side *s, struct node *n, const struct board *program)
{
    const struct part *part = part_find("ATmega328P");
    struct target_switches sw = target_switches_default();
    struct problem err;
    struct net *nets[] = { &n->pb0, &n->sck };
    nvm_init(&n->nvm, part, &sw, 1);
    memcpy(n->nvm.cells.flash, program->flash, part->flash_bytes);
    ck_assert_msg(chip_init(&n->chip, &s->sim, &n->nvm, "chip", 16000000000, bites, NULL, &err), "%s", err.text);
    n->chip.pins.supply = &s->vcc;
    n->chip.core.may_be_empty = true;
    for (unsigned i = 0; i < 2; i++) {
        const char *name = i ? "PB5" : "PB0";
        net_init(nets[i], &s->sim, name);
        chip_connect(&n->chip, name, nets[i]);
        net_watch_add(nets[i], &n->watch[i], NET_WATCH_EDGES, see_edge, s);
    }
}

static void wire(struct side *s)
{
    struct node *leader = &s->node[LEADER], *follower = &s->node[FOLLOWER];
    struct chip *chips[] = { &leader->chip, &follower->chip, &follower->chip };
    static const char *const outside[] = { "PD0", "PD4", "PD2" };
    for (unsigned i = 0; i < 3; i++) {
        net_init(&s->outside[i], &s->sim, outside[i]);
        net_attach(&s->outside[i], &s->drive[i], "outside");
        net_driver_by_events(&s->drive[i]); /* between runs */
        net_drive(&s->drive[i], i == 0, NET_STRONG);
        chip_connect(chips[i], outside[i], &s->outside[i]);
    }
    chip_connect(&leader->chip, "PD4", &follower->pb0);
    switch (plan.link) {
    case INTERRUPTS: chip_connect(&follower->chip, "PD2", &leader->pb0); break;
    case SENDS: chip_connect(&follower->chip, "PD0", &leader->pb0); break; /* bytes of noise */
    case RESETS: net_watch_add(&leader->pb0, &s->reset_watch, NET_WATCH_EDGES, reset_follower, s); break;
    default: break;
    }
}

static void side_init(struct side *s, bool no_shortcuts, enum broken broken)
{
    memset(s, 0, sizeof *s);
    sim_init(&s->sim, 1);
    s->sim.no_shortcuts = no_shortcuts;
    s->broken = broken;
    sim_event_init(&s->start, "start-up", start_follower, s);
    vline_init(&s->vcc, &s->sim, "VCC", 5000);
    for (unsigned i = 0; i < CHIPS; i++) {
        node_init(s, &s->node[i], &plan.program[i]);
    }
    wire(s);
    for (unsigned i = 0; i < CHIPS; i++) {
        chip_latch(&s->node[i].chip, &s->node[i].nvm.cells.fuses, 0);
        core_start(&s->node[i].chip.core, 0, CORE_PORF);
    }
}

static void side_free(struct side *s)
{
    for (unsigned i = 0; i < CHIPS; i++) {
        chip_free(&s->node[i].chip);
    }
}

/* INT0 is off: LDI r16, ISC; STS EICRA, r16; LDI r16, INT; OUT EIMSK, r16 with both values 0. */
static void deafen(struct board *b)
{
    for (unsigned at = 0; at + 8 < sizeof b->flash; at += 2) {
        uint8_t *p = b->flash + at;
        if (p[0] == 0x01 && p[1] == 0xe0 && p[2] == 0x00 && p[3] == 0x93 && p[4] == EICRA_D && !p[5]) {
            p[0] = 0;
            p[6] = 0;
        }
    }
}

static void draw_plan(uint64_t seed)
{
    rng = sim_rng_stream(seed, "two cores");
    memset(&plan, 0, sizeof plan);
    for (unsigned i = 0; i < CHIPS; i++) {
        struct sim_rng own = sim_rng_stream(sim_rng_next(&rng), "program");
        idle_program_draw(&plan.program[i], &own, (enum idle_program)below(3));
    }
    plan.link = (enum link)below(LINKS);
    if (below(8) == 0) { /* nothing is in the follower */
        memset(plan.program[FOLLOWER].flash, 0xff, sizeof plan.program[FOLLOWER].flash);
    }
    deafen(&plan.program[LEADER]);
}

/* ---- what differs ---- */

/* Timers' flags stand in data[] once somebody looks. */
static void look_at_flags(struct chip *chip)
{
    for (unsigned k = 0; k < chip->timers.n; k++) {
        if (!timer_steps_to(&chip->timers.timer[k], chip->core.avr->cycle)) {
            timer_settle(&chip->timers.timer[k], chip->core.avr->cycle);
        }
    }
}

/* "" or what differs. */
static const char *difference(unsigned which)
{
    static char text[100];
    struct core *x = &sides[0].node[which].chip.core, *y = &sides[1].node[which].chip.core;
    look_at_flags(&sides[0].node[which].chip);
    look_at_flags(&sides[1].node[which].chip);
    if (x->avr->cycle != y->avr->cycle || x->avr->pc != y->avr->pc) {
        snprintf(text, sizeof text, "%s: pc %x and %x, cycle %llu and %llu", which ? "follower" : "leader", x->avr->pc,
                 y->avr->pc, (unsigned long long)x->avr->cycle, (unsigned long long)y->avr->cycle);
        return text;
    }
    for (unsigned i = 0; i <= x->ram_end; i++) {
        if (x->avr->data[i] != y->avr->data[i]) {
            snprintf(text, sizeof text, "%s: data[%x] %02x and %02x", which ? "follower" : "leader", i, x->avr->data[i],
                     y->avr->data[i]);
            return text;
        }
    }
    if (memcmp(x->avr->sreg, y->avr->sreg, sizeof x->avr->sreg)) {
        return "SREG";
    }
    if (sides[0].node[which].chip.watchdog.from_ps != sides[1].node[which].chip.watchdog.from_ps) {
        return "when the watchdog began anew";
    }
    if (x->slept_ck != y->slept_ck) {
        return "how long it slept";
    }
    return x->interrupts != y->interrupts || x->avr->interrupt_state != y->avr->interrupt_state ? "interrupts" : "";
}

/* ---- the runs ---- */

struct met {
    uint64_t wakes[CHIPS], calls[CHIPS], resets;
    sim_time ahead_ps;
};

static void see(struct met *m, const struct side *s)
{
    for (unsigned i = 0; i < CHIPS; i++) {
        m->wakes[i] += s->node[i].chip.core.idle.wakes;
        m->calls[i] += s->node[i].chip.core.idle.skipped_instructions[IDLE_CALLS];
    }
    m->resets += s->resets;
    m->ahead_ps = s->ahead_ps > m->ahead_ps ? s->ahead_ps : m->ahead_ps;
}

static void move_wires(unsigned n)
{
    unsigned which = below(8), level = below(2);
    for (unsigned i = 0; i < n && which < 3; i++) {
        net_drive(&sides[i].drive[which], level ? NET_1 : NET_0, NET_STRONG);
    }
}

static void run_side(struct side *s, sim_time to_ps)
{
    struct core *follower = &s->node[FOLLOWER].chip.core;
    follower->promises_more_ck = s->broken == TOO_LONG ? 3 * LONGEST_CK : 0;
    sim_run_until(&s->sim, to_ps);
}

/* "" or what came out otherwise. */
static const char *run_programs(uint64_t seed, enum broken broken, struct met *m)
{
    const char *text = "";
    draw_plan(seed);
    side_init(&sides[0], false, broken);
    side_init(&sides[1], true, NOTHING);
    for (unsigned cut = 0; cut < CUTS && !*text; cut++) {
        sim_time to_ps = sides[0].sim.now_ps + 1 + sim_rng_below(&rng, UINT64_C(1) << (17 + below(17))); /* ...8 ms */
        run_side(&sides[0], to_ps);
        run_side(&sides[1], to_ps);
        text = difference(LEADER);
        text = *text ? text : difference(FOLLOWER);
        text = *text || sides[0].edges == sides[1].edges ? text : "edges, or their order";
        move_wires(2);
    }
    see(m, &sides[0]);
    side_free(&sides[0]);
    side_free(&sides[1]);
    return text;
}

/* How far ahead of the follower's edges the leader was, once it may lead by LEAD_PS only. */
static sim_time lead_of(uint64_t seed, enum broken broken, struct met *m)
{
    draw_plan(seed);
    side_init(&sides[0], false, broken);
    for (unsigned cut = 0; cut < CUTS; cut++) {
        if (cut == CUTS / 4) { /* loops and wakes have been met */
            sides[0].node[LEADER].chip.core.agent.max_lead_ps = LEAD_PS;
            sides[0].ahead_ps = 0;
        }
        run_side(&sides[0], sides[0].sim.now_ps + 1 + sim_rng_below(&rng, UINT64_C(1) << (17 + below(17))));
        move_wires(1);
    }
    see(m, &sides[0]);
    side_free(&sides[0]);
    return sides[0].ahead_ps;
}

static unsigned first = 1, programs = PROGRAMS;

START_TEST(two_cores_come_out_the_same)
{
    struct met m = { 0 };
    for (unsigned seed = first; seed < first + programs; seed++) {
        const char *text = run_programs(seed, NOTHING, &m);
        if (*text) {
            ck_abort_msg("program %u: %s", seed, text);
        }
    }
    if (programs != PROGRAMS) {
        printf("wakes %llu %llu, calls %llu %llu, resets %llu\n", (unsigned long long)m.wakes[0],
               (unsigned long long)m.wakes[1], (unsigned long long)m.calls[0], (unsigned long long)m.calls[1],
               (unsigned long long)m.resets);
    }
    for (unsigned i = 0; i < CHIPS && programs == PROGRAMS; i++) {
        ck_assert_uint_ge(m.wakes[i], 100);
        ck_assert_uint_ge(m.calls[i], 10000);
    }
    ck_assert_uint_ge(m.resets, programs == PROGRAMS ? 100 : 0);
}
END_TEST

#define MAY_LEAD_PS (LEAD_PS + LONGEST_CK * CK_PS)

START_TEST(nobody_is_further_ahead_than_may_be)
{
    struct met m = { 0 };
    for (unsigned seed = first; seed < first + programs; seed++) {
        sim_time ahead_ps = lead_of(seed, NOTHING, &m);
        if (ahead_ps > MAY_LEAD_PS) {
            ck_abort_msg("program %u: %llu ps", seed, (unsigned long long)ahead_ps);
        }
    }
    if (programs == PROGRAMS) {
        ck_assert_uint_ge(m.wakes[LEADER], 100);
        ck_assert_uint_ge(m.wakes[FOLLOWER], 100);
    }
}
END_TEST

START_TEST(promises_a_bit_too_long_are_noticed)
{
    struct met m = { 0 };
    unsigned seed = 1;
    while (seed < MOST_TRIES && lead_of(seed, TOO_LONG, &m) <= MAY_LEAD_PS) {
        seed++;
    }
    ck_assert_uint_lt(seed, MOST_TRIES);
}
END_TEST

int main(int argc, char **argv)
{
    if (argc == 3) { /* `core_promise_test FIRST N`: a longer search */
        first = (unsigned)strtoul(argv[1], NULL, 0);
        programs = (unsigned)strtoul(argv[2], NULL, 0);
    }
    const TTest *const tests[] = { two_cores_come_out_the_same, nobody_is_further_ahead_than_may_be,
                                   promises_a_bit_too_long_are_noticed };
    return run_suite("promises of cores", tests, sizeof tests / sizeof tests[0]);
}
