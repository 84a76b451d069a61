/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/cost/same.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mcu/target_core.h"
#include "sim/checker.h"
#include "sim/memory.h"
#include "sim/nvm.h"

enum { FIRST_RAM = 0x100, RAM_END = 0x900, SLICES = 20, PINS = 32, LAST_IO = 0xff };

struct edge {
    sim_time at_ps;
    enum net_level level;
};

struct edges { /* of a pin, those of an instant as one */
    struct net *net;
    struct net_watch watch;
    struct edge *edge;
    size_t n, room, same; /* so many of them are known to be the other's */
};

struct side {
    struct bench bench;
    const char *what;
    bool looks, watches;
    struct edges pins[PINS];
    uint8_t io[LAST_IO + 1]; /* what loads gave at the end */
};

/* ---- its pins ---- */

static const char *pin_name(unsigned pin)
{
    static char name[4];

    snprintf(name, sizeof name, "P%c%u", 'A' + pin / 8, pin % 8);
    return name;
}

static struct net *pin_net(struct side *s, unsigned pin)
{
    return target_core_net(board_target_core(s->bench.b), pin_name(pin));
}

static void changed(void *ctx, struct net *net, sim_time at_ps)
{
    struct edges *e = ctx;

    if (!e->n || e->edge[e->n - 1].at_ps != at_ps) {
        if (e->n == e->room) {
            e->room = e->room ? 2 * e->room : 64;
            e->edge = memory_grown(e->edge, e->room, sizeof *e->edge);
        }
        e->n++;
    }
    e->edge[e->n - 1] = (struct edge){ at_ps, net_level(net) };
    if (e->n > 1 && e->edge[e->n - 2].level == e->edge[e->n - 1].level) { /* it came back within an instant */
        e->n--;
    }
}

static void watch_pins(struct side *s)
{
    for (unsigned i = 0; i < PINS; i++) {
        struct edges *e = &s->pins[i];

        e->net = pin_net(s, i);
        if (e->net) {
            net_watch_add(e->net, &e->watch, NET_WATCH_EDGES, changed, e);
        }
    }
}

static void side_begin(struct side *s, const struct program *p, const struct kind *kind)
{
    s->bench = kind->build(p);
    if (s->watches) {
        watch_pins(s);
    }
    run(&s->bench, START_PS);
}

static void side_end(struct side *s)
{
    for (unsigned i = 0; i < PINS; i++) {
        if (s->pins[i].net) {
            net_watch_remove(s->pins[i].net, &s->pins[i].watch);
        }
        free(s->pins[i].edge);
    }
    bench_end(&s->bench);
}

/* ---- what differs: "" nothing; x has no shortcuts ---- */

static const char *core_difference(const struct side *x, const struct side *y)
{
    static char text[120];
    const struct target_core *a = board_target_core(x->bench.b), *b = board_target_core(y->bench.b);
    const uint8_t *p = target_core_data(a), *q = target_core_data(b);

    if (target_core_pc(a) != target_core_pc(b) || target_core_counters(a).cycles != target_core_counters(b).cycles) {
        snprintf(text, sizeof text, "pc %x %x, cycle %llu %llu", target_core_pc(a), target_core_pc(b),
                 (unsigned long long)target_core_counters(a).cycles,
                 (unsigned long long)target_core_counters(b).cycles);
        return text;
    }
    for (unsigned i = 0; i < RAM_END; i = i == 31 ? FIRST_RAM : i + 1) {
        if (p[i] != q[i]) {
            snprintf(text, sizeof text, "data[%03x] %02x %02x", i, p[i], q[i]);
            return text;
        }
    }
    return "";
}

static const char *level_difference(struct side *x, struct side *y)
{
    static char text[80];

    for (unsigned i = 0; i < PINS; i++) {
        const struct net *a = pin_net(x, i), *b = pin_net(y, i);
        if (a && (net_level(a) != net_level(b))) {
            snprintf(text, sizeof text, "%s is %c %c", pin_name(i), "01ZX"[net_level(a)], "01ZX"[net_level(b)]);
            return text;
        }
    }
    return "";
}

static const char *edge_text(const struct edges *e, size_t i)
{
    static char texts[2][48];
    static unsigned which;
    char *text = texts[which++ % 2];

    if (i < e->n) {
        snprintf(text, sizeof texts[0], "%c at %llu ps", "01ZX"[e->edge[i].level],
                 (unsigned long long)e -> edge[i].at_ps);
    } else {
        snprintf(text, sizeof texts[0], "none");
    }
    return text;
}

/* Both are watched. */
static const char *edge_difference(struct side *x, struct side *y)
{
    static char text[160];

    for (unsigned i = 0; i < PINS; i++) {
        struct edges *a = &x->pins[i], *b = &y->pins[i];
        size_t k = a->same, n = a->n < b->n ? a->n : b->n;

        while (k < n && a->edge[k].at_ps == b->edge[k].at_ps && a->edge[k].level == b->edge[k].level) {
            k++;
        }
        if (k < a->n || k < b->n) {
            snprintf(text, sizeof text, "%s, edge %zu: %s, %s", pin_name(i), k, edge_text(a, k), edge_text(b, k));
            return text;
        }
        a->same = k ? k - 1 : 0; /* the last one may still change in its instant */
    }
    return "";
}

/* After everything else: a load may do something. */
static void load_registers(struct side *s)
{
    for (unsigned i = 0x20; i <= LAST_IO; i++) {
        s->io[i] = target_core_load(board_target_core(s->bench.b), (uint16_t)i);
    }
}

static const char *register_difference(struct side *x, struct side *y)
{
    static char text[80];

    for (unsigned i = 0x20; i <= LAST_IO; i++) {
        if (x->io[i] != y->io[i]) {
            snprintf(text, sizeof text, "register %02x gives %02x %02x", i, x->io[i], y->io[i]);
            return text;
        }
    }
    return "";
}

static const char *kept_difference(struct side *x, struct side *y)
{
    const struct checker *a = board_checker(x->bench.b), *b = board_checker(y->bench.b);

    if (memcmp(&board_nvm(x->bench.b)->cells, &board_nvm(y->bench.b)->cells, sizeof board_nvm(x->bench.b)->cells)) {
        return "memories";
    }
    if (a->n_findings != b->n_findings || a->violations != b->violations || a->notes != b->notes) {
        return "number of findings";
    }
    for (size_t i = 0; i < a->n_findings; i++) {
        if (a->findings[i].rule != b->findings[i].rule || a->findings[i].at_ps != b->findings[i].at_ps) {
            return "a finding";
        }
    }
    return "";
}

static const char *difference(struct side *x, struct side *y)
{
    const char *what = core_difference(x, y);

    if (!*what && y->looks) {
        what = level_difference(x, y);
    }
    return *what || !y->watches ? what : edge_difference(x, y);
}

/* ---- going on ---- */

/* RESET, pressed and let go; then up to where the program has begun anew. */
static void restart(struct bench *e)
{
    struct net *reset = board_net(e->b, "RESET");
    struct net_driver finger = { 0 };

    net_attach(reset, &finger, "finger");
    net_drive(&finger, NET_0, NET_STRONG);
    run(e, 10 * SIM_US);
    net_detach(&finger);
    run(e, START_PS);
}

static void go_on(struct side *s, unsigned slice)
{
    if (slice == SLICES / 2) {
        restart(&s->bench);
    }
    run(&s->bench, SLICE_PS / SLICES + slice * 1013);
}

enum { SIDES = 4 };

/* "" or what differs after the slice. */
static const char *compare(struct side *sides, const char *(*difference_of)(struct side *x, struct side *y), char *text,
                           unsigned n)
{
    for (unsigned i = 1; i < SIDES; i++) {
        const char *what = difference_of(&sides[0], &sides[i]);

        if (*what) {
            snprintf(text, n, "%s: %s", sides[i].what, what);
            return text;
        }
    }
    return "";
}

/* p without shortcuts, q with them. */
static bool are_other(const struct program *p, const struct program *q, const struct kind *kind, char *text, unsigned n)
{
    struct side sides[SIDES] = { { .what = "without shortcuts", .watches = true },
                                 { .what = "left alone" },
                                 { .what = "looked at", .looks = true },
                                 { .what = "watched", .watches = true } };
    const char *what = "";

    for (unsigned i = 0; i < SIDES; i++) {
        no_shortcuts = i == 0;
        side_begin(&sides[i], i ? q : p, kind);
    }
    no_shortcuts = false;
    for (unsigned slice = 0; slice < SLICES && !*what; slice++) {
        for (unsigned i = 0; i < SIDES; i++) {
            go_on(&sides[i], slice);
        }
        what = compare(sides, difference, text, n);
    }
    if (!*what) {
        what = compare(sides, level_difference, text, n);
    }
    for (unsigned i = 0; i < SIDES; i++) {
        load_registers(&sides[i]);
    }
    if (!*what) {
        what = compare(sides, register_difference, text, n);
    }
    if (!*what) {
        what = compare(sides, kept_difference, text, n);
    }
    for (unsigned i = 0; i < SIDES; i++) {
        side_end(&sides[i]);
    }
    return *what;
}

bool is_other(const struct program *p, const struct kind *kind, char *text, unsigned n)
{
    return are_other(p, p, kind, text, n);
}

/* Two programs that end in a loop, and what of them differs. */
static const struct control {
    uint8_t a[8], b[8];
    unsigned n;
    const char *what;
} controls[] = {
    { { 0x03, 0x95, 0xfe, 0xcf }, { 0x13, 0x95, 0xfe, 0xcf }, 4, "data[" }, /* inc r16, inc r17: over again */
    { { 0x20, 0x9a, 0xff, 0xcf }, { 0x21, 0x9a, 0xff, 0xcf }, 4, " is " },  /* sbi DDRB, 0; 1 */
    /* sbi DDRB, 0; nop, and the other way round */
    { { 0x20, 0x9a, 0x00, 0x00, 0xff, 0xcf }, { 0x00, 0x00, 0x20, 0x9a, 0xff, 0xcf }, 6, ", edge " },
    { { 0x0e, 0xbb, 0xff, 0xcf }, { 0x1e, 0xbb, 0xff, 0xcf }, 4, "register 3e" }, /* out 0x1e, r16; r17 */
};

bool notices_others(void)
{
    char text[200];
    bool all = true;

    for (const struct control *c = controls; c < controls + sizeof controls / sizeof controls[0]; c++) {
        struct program p = { c->a, c->n, false, false, false }, q = { c->b, c->n, false, false, false };
        if (!are_other(&p, &q, &kinds[0], text, sizeof text) || !strstr(text, c->what)) {
            printf("not noticed: %s (%s)\n", c->what, text);
            all = false;
        }
    }
    return all;
}
