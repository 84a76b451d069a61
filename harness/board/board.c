/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "harness/board/board.h"

#include "harness/base/firmware_path.h"
#include "harness/board/netlist.h"
#include "harness/board/other_parts.h"
#include "harness/board/ports.h"
#include "harness/board/programmer_place.h"
#include "harness/board/target_chip.h"
#include "mcu/mcu_board.h"
#include "mcu/source_lines.h"
#include "sim/checker.h"
#include "sim/circuits/reset_cap.h"
#include "sim/memory.h"
#include "sim/notes.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct board {
    const struct scenario *s;
    struct sim sim;
    struct trace trace;
    struct notes notes;
    bool tracing;
    struct vline vcc;
    struct checker checker;
    struct netlist nets;
    struct target_chip chip;
    struct programmer_place programmer;
    struct other_parts others;
    struct net_driver *pull;               /* of each of the scenario's pulls */
    struct net_driver wave[2];             /* on XTAL1, XTAL2 */
    struct checker_contention *contention; /* of each net */
    struct net no_port[2];                 /* of a programmer without a serial port */
    struct board_ports ports;              /* the host's */
    struct source_lines *lines;            /* NULL: not asked for, or none */
    struct reset_cap reset_cap;            /* if the board has one: between the wire and the pin */
};

/* ---- names ---- */

struct net *board_net(struct board *b, const char *name)
{
    struct plan_ref at = plan_find(&b->s->board.plan, name);

    if (at.what == PLAN_PIN && at.part == PLAN_PROGRAMMER && plan_pin_of(&b->s->board.plan, &at)->kind == PIN_PROBE) {
        return programmer_place_net(&b->programmer, plan_pin_of(&b->s->board.plan, &at)->name);
    }
    return netlist_find(&b->nets, name);
}

struct vline *board_line(struct board *b, const char *name)
{
    struct plan_ref at = plan_find(&b->s->board.plan, name);

    if (at.what != PLAN_PIN || plan_pin_of(&b->s->board.plan, &at)->kind != PIN_LINE) {
        return NULL;
    }
    return at.part == PLAN_TARGET ? &b->vcc
                                  : programmer_place_line(&b->programmer, plan_pin_of(&b->s->board.plan, &at)->name);
}

/* ---- wires ---- */

/* Puts every pin on the net that its wire makes. */
static void place_pins(struct board *b)
{
    net_hold(&b->sim);
    netlist_place(&b->nets);
    programmer_place_connect(&b->programmer);
    target_chip_place(&b->chip, &b->nets);
    other_parts_connect(&b->others, b->programmer.script_plugged);
    netlist_drive_straps(&b->nets);
    net_release(&b->sim);
}

bool board_rewire(struct board *b, const struct plan_lead *leads, unsigned n, struct problem *err)
{
    if (!netlist_lead(&b->nets, leads, n, true, err)) {
        return false;
    }
    place_pins(b);
    return true;
}

/* ---- building ---- */

static bool init_reset_cap(struct board *b, struct problem *err)
{
    struct reset_cap_config cfg = {
        .c_ff = b->s->board.reset_c_ff,
        .r_driven_ohm = RESET_CAP_R_DRIVEN_OHM,
        .r_pull_up_ohm = NET_INTERNAL_PULL_OHM,
    };

    for (unsigned i = 0; b->s->board.reset_c_ff && i < b->s->board.n_pulls; i++) {
        const struct scenario_pull *p = &b->s->board.pulls[i];

        if (p->pin != AVR_RESET) {
            continue;
        }
        if (!p->up) {
            return problem_set(err, "%s:%u:%u: a pull-down on RESET beside a capacitor is not modelled", b->s->path,
                               p->place.line, p->place.column);
        }
        /* in parallel */
        cfg.r_pull_up_ohm = (uint32_t)((uint64_t)cfg.r_pull_up_ohm * p->ohm / (cfg.r_pull_up_ohm + p->ohm));
    }
    if (b->s->board.reset_c_ff) {
        reset_cap_init(&b->reset_cap, &b->sim, &cfg, &b->vcc, netlist_target_wire(&b->nets, AVR_RESET),
                       netlist_target(&b->nets, AVR_RESET));
    }
    return true;
}

/* -1: the target has none. */
static int xtal2_pin(const struct board *b)
{
    return plan_pin(&b->s->board.plan.parts[PLAN_TARGET], "xtal2");
}

static void init_pulls(struct board *b)
{
    net_attach(netlist_target(&b->nets, AVR_XTAL1), &b->wave[0], "clock on XTAL1");
    if (xtal2_pin(b) >= 0) {
        net_attach(netlist_target(&b->nets, (unsigned)xtal2_pin(b)), &b->wave[1], "clock on XTAL2");
    }
    b->pull = memory_zeroed(b->s->board.n_pulls + 1, sizeof *b->pull);
    for (unsigned i = 0; i < b->s->board.n_pulls; i++) {
        const struct scenario_pull *p = &b->s->board.pulls[i];

        if (p->pin == AVR_RESET && b->s->board.reset_c_ff) {
            continue; /* the capacitor's: init_reset_cap() */
        }
        net_attach(netlist_target(&b->nets, p->pin), &b->pull[i], "pull resistor");
        net_drive(&b->pull[i], p->up ? NET_1 : NET_0, net_strength_of_ohm(p->ohm));
    }
}

/* A pin that something is said about has a net even while no wire leads to it. */
static void use_named_pins(struct board *b)
{
    const struct scenario *s = b->s;

    for (unsigned i = 0; s->record[i]; i++) {
        netlist_use(&b->nets, s->record[i]);
    }
    for (unsigned i = 0; i <= s->n_steps; i++) {
        const struct scenario_expect *e = i < s->n_steps ? &s->steps[i].expect : &s->expect;

        for (unsigned k = 0; k < e->n_nets; k++) {
            netlist_use(&b->nets, e->nets[k].net);
        }
    }
    for (unsigned i = 0; i < s->n_steps; i++) {
        for (unsigned k = 0; k < s->steps[i].n_wires; k++) {
            const struct plan_ref *to = &s->steps[i].wires[k].to;

            if (to->what == PLAN_PIN) {
                b->nets.used[wiring_pin(&b->nets.wiring, to)] = true;
            }
        }
    }
}

static bool record_nets(struct board *b, struct problem *err)
{
    b->sim.trace = &b->trace;
    for (unsigned i = 0; b->s->record[i]; i++) {
        const char *name = b->s->record[i];
        struct vline *line = board_line(b, name);
        int id = line ? trace_add_vline(&b->trace, line, name) : trace_add_net(&b->trace, board_net(b, name), name);

        if (id < 0) {
            return problem_set(err, "%s: too many nets to record (%d at most)", b->s->path, TRACE_MAX_SIGNALS);
        }
    }
    return true;
}

static void reset_programmer(void *ctx)
{
    board_reset_programmer(ctx);
}

/* The net of a pin of the programmer's serial port, or one that nobody else is on. */
static struct net *serial_net(struct board *b, bool rxd)
{
    const struct mcu_board_row *row = b->s->board.programmer.row;

    if (!b->s->board.programmer.type->has_serial_port) {
        return &b->no_port[rxd];
    }
    return netlist_own(&b->nets, PLAN_PROGRAMMER, (unsigned)mcu_board_pin_find(row, rxd ? row->rxd : row->txd));
}

/* The wire of a pin of the target: "pd0". */
static struct net *target_net(struct board *b, const char *pin)
{
    char name[40];

    snprintf(name, sizeof name, "target.%s", pin);
    return board_net(b, name);
}

static void init_ports(struct board *b)
{
    const struct scenario_board *board = &b->s->board;
    const struct scenario_uart *uart = &board->target.uart;
    struct board_ports_config cfg = {
        .port[BOARD_PORT_PROGRAMMER] = {
            .exists = true,
            .rxd = serial_net(b, true),
            .txd = serial_net(b, false),
            .baud = board->programmer.baud,
            .auto_reset = board->programmer.auto_reset,
            .adapter = board->programmer.adapter,
        },
        .port[BOARD_PORT_TARGET] = {
            .exists = uart->given,
            .rxd = uart->given ? target_net(b, uart->rx) : NULL,
            .txd = uart->given ? target_net(b, uart->tx) : NULL,
            .baud = uart->baud,
            .auto_reset = uart->auto_reset,
            .adapter = uart->adapter,
        },
        .target_reset = netlist_target_wire(&b->nets, AVR_RESET),
        .reset_programmer = reset_programmer,
        .ctx = b,
    };

    board_ports_init(&b->ports, &b->sim, &cfg);
}

/* After the programmer is there, and each time another is plugged in. */
static void place_front_end(struct board *b)
{
    if (programmer_has_front_end(&b->s->board.programmer)) {
        board_ports_front_end(&b->ports, b->s->board.target.part, board_programmer(b));
    }
}

static void open_port(void *board)
{
    board_ports_open(&((struct board *)board)->ports);
}

static bool start_programmer(struct board *b, struct problem *err)
{
    const struct host host = {
        .sim = &b->sim,
        .part = b->s->board.target.part,
        .line = &b->ports.line[BOARD_PORT_PROGRAMMER],
        .open = open_port,
        .board = b,
    };

    return programmer_place_start(&b->programmer, &host, err);
}

/* Is the target's supply, at any time, another than the programmer's? */
static bool supplies_vary(const struct scenario *s)
{
    bool vary = !s->board.power_on || s->board.vcc_mv != s->board.programmer.row->vcc_mv;

    for (unsigned i = 0; i < s->n_steps; i++) {
        vary |= s->steps[i].sets_vcc && s->steps[i].vcc_mv != s->board.programmer.row->vcc_mv;
    }
    return vary;
}

static void watch_levels(struct board *b)
{
    struct mcu_board *mcu = programmer_place_mcu(&b->programmer);
    struct other_parts_supplies supplies = {
        .target = &b->vcc,
        .programmer = mcu ? mcu_board_vcc(mcu) : NULL,
        .vary = supplies_vary(b->s),
    };

    other_parts_judge(&b->others, &supplies, &b->checker);
}

/* On every net that outputs of two parts can be on. */
static void watch_contention(struct board *b)
{
    const struct wiring *w = &b->nets.wiring;
    unsigned n = 0;

    b->contention = memory_zeroed(w->n_pins + w->plan->n_wires, sizeof *b->contention);
    for (unsigned i = 0; i < w->n_pins; i++) {
        checker_watch_contention(&b->checker, &b->contention[n++], &b->nets.own[i]);
    }
    for (unsigned i = 0; i < w->plan->n_wires; i++) {
        checker_watch_contention(&b->checker, &b->contention[n++], &b->nets.wire[i]);
    }
}

static void init_programmer(struct board *b)
{
    const struct programmer_site site = {
        .sim = &b->sim,
        .part = b->s->board.target.part,
        .checker = &b->checker,
        .rxd = serial_net(b, true),
        .txd = serial_net(b, false),
        .target_sck = netlist_target(&b->nets, AVR_SCK),
        .path = b->s->path,
        .inputs = b->s->inputs,
    };

    programmer_place_init(&b->programmer, &b->s->board.programmer, &site, &b->nets);
}

/* For the checker: the programmer's program and the instruction on the wire. */
static void where(void *ctx, struct checker_where *w)
{
    struct board *b = ctx;
    const struct mcu_board *mcu = b->programmer.script_plugged ? NULL : programmer_place_mcu(&b->programmer);

    w->frame = b->chip.target.spi.in;
    w->n_bits = (uint8_t)b->chip.target.spi.bits;
    if (w->n_bits) {
        w->frame &= UINT32_MAX >> (32 - w->n_bits);
    }
    if (mcu) {
        mcu_board_where(mcu, w);
    }
}

static bool build(struct board *b, const struct board_options *o, struct problem *err)
{
    const struct scenario *s = b->s;

    if (!netlist_init(&b->nets, &b->sim, &s->board.plan, s->path, err)) {
        return false;
    }
    net_init(&b->no_port[0], &b->sim, "no serial port");
    net_init(&b->no_port[1], &b->sim, "no serial port");
    init_pulls(b);
    init_programmer(b);
    use_named_pins(b);
    if (!target_chip_memories(&b->chip, s, o->chip, b->sim.seed, err) || !init_reset_cap(b, err) ||
        !netlist_lead(&b->nets, s->board.wires, s->board.n_wires, false, err)) {
        return false;
    }
    netlist_place(&b->nets);
    if (!programmer_place_settle(&b->programmer, err)) {
        return false;
    }
    if (s->board.programmer.type->settle) {
        netlist_drive_straps(&b->nets);
    }
    b->tracing = o->trace;
    if (o->trace && !record_nets(b, err)) {
        return false;
    }
    other_parts_init(&b->others, &b->sim, &b->nets, &b->vcc, &b->checker);
    other_parts_connect(&b->others, false); /* they stand there before the chip gets its supply */
    watch_contention(b);
    target_chip_init(&b->chip, &b->sim, &s->board.target, &b->nets, &b->vcc, &b->checker);
    init_ports(b);
    if (!start_programmer(b, err) || !target_chip_start(&b->chip, &b->sim, s->path, &b->nets, err) ||
        !board_clock(b, &s->board.target.clock, err)) {
        return false;
    }
    watch_levels(b);
    place_front_end(b);
    place_pins(b);
    return true;
}

struct board *board_new(const struct scenario *s, const struct board_options *o, struct problem *err)
{
    static const struct board_options none;
    struct board *b;

    if (!o) {
        o = &none;
    }
    if (!scenario_fits(s, o->budget_ps ? o->budget_ps : SIM_BUDGET_PS, err)) {
        return NULL;
    }
    b = memory_zeroed(1, sizeof *b);
    b->s = s;
    sim_init(&b->sim, o->has_seed ? o->seed : s->seed);
    b->sim.no_shortcuts = o->no_shortcuts;
    if (o->budget_ps) {
        b->sim.budget_ps = o->budget_ps;
    }
    if (o->has_shuffle) {
        sim_shuffle(&b->sim, o->shuffle_seed);
    }
    trace_init(&b->trace);
    b->trace.any_order = o->has_shuffle;
    checker_init(&b->checker, &b->sim);
    b->checker.where = where;
    b->checker.where_ctx = b;
    notes_init(&b->notes);
    b->sim.notes = o->notes ? &b->notes : NULL;
    vline_init(&b->vcc, &b->sim, "vcc", s->board.power_on ? (int32_t)s->board.vcc_mv : 0);
    if (!build(b, o, err)) {
        board_free(b);
        return NULL;
    }
    return b;
}

void board_free(struct board *b)
{
    if (!b) {
        return;
    }
    other_parts_free(&b->others);
    programmer_place_stop(&b->programmer);
    target_chip_free(&b->chip);
    checker_free(&b->checker);
    trace_free(&b->trace);
    programmer_place_free(&b->programmer);
    notes_free(&b->notes);
    board_ports_free(&b->ports);
    netlist_free(&b->nets);
    source_lines_free(b->lines);
    free(b->pull);
    free(b->contention);
    free(b);
}

/* ---- running and acting ---- */

bool board_run(struct board *b, sim_time d_ps, struct problem *err)
{
    sim_run_until(&b->sim, b->sim.now_ps + d_ps);
    return !b->sim.fault[0] || problem_set(err, "the simulation can't go on: %s", b->sim.fault);
}

sim_time board_now(const struct board *b)
{
    return b->sim.now_ps;
}

void board_reset_programmer(struct board *b)
{
    struct mcu_board *mcu = programmer_place_mcu(&b->programmer);

    if (mcu) {
        mcu_board_reset(mcu);
    }
}

void board_power(struct board *b, uint32_t vcc_mv)
{
    vline_set(&b->vcc, (int32_t)vcc_mv);
}

bool board_clock(struct board *b, const struct scenario_clock *c, struct problem *err)
{
    struct net_wave w;
    unsigned pin = c->on_xtal2 ? (unsigned)xtal2_pin(b) : AVR_XTAL1; /* load_clock() has looked */
    enum plan_what strap = netlist_strap(&b->nets, pin);

    if (c->kind == SCENARIO_CLOCK_WAVE && strap != PLAN_NOTHING) {
        return problem_set(err, "%s:%u:%u: a wave on %s, which is wired to %s: take one of them away", b->s->path,
                           c->place.line, c->place.column, b->s->board.plan.parts[PLAN_TARGET].pins[pin].name,
                           strap == PLAN_GND ? "gnd" : "vcc");
    }
    net_hold(&b->sim);
    target_set_crystal(&b->chip.target, c->kind == SCENARIO_CLOCK_CRYSTAL ? c->f_millihz : 0);
    target_set_external_rc(&b->chip.target, c->kind == SCENARIO_CLOCK_RC ? c->f_millihz : 0);
    net_open(&b->wave[0]);
    net_open(&b->wave[1]);
    if (c->kind == SCENARIO_CLOCK_WAVE) {
        w = net_wave_square(b->sim.now_ps, c->f_millihz);
        net_drive_wave(&b->wave[c->on_xtal2], &w, NET_STRONG);
    }
    net_release(&b->sim);
    return true;
}

bool board_plug_script(struct board *b, const struct scripted_config *s, struct problem *err)
{
    (void)err;
    programmer_place_plug(&b->programmer, s);
    place_pins(b);
    place_front_end(b);
    return true;
}

struct programmer *board_programmer(struct board *b)
{
    return programmer_place_current(&b->programmer);
}

struct board_ports *board_ports(struct board *b)
{
    return &b->ports;
}

const char *board_firmware_note(const struct board *b, unsigned i)
{
    return programmer_place_note(&b->programmer, i);
}

uint32_t board_programmer_baud(const struct board *b)
{
    struct mcu_board *mcu = programmer_place_mcu(&b->programmer);

    return mcu ? mcu_board_baud(mcu) : 0;
}

const struct wave_list *board_recording(const struct board *b, sim_time *start_ps)
{
    const struct stimulus *playing = programmer_place_recording(&b->programmer);

    *start_ps = playing ? playing->start_ps : 0;
    return playing ? &playing->list : NULL;
}

struct sim *board_sim(struct board *b)
{
    return &b->sim;
}

struct notes *board_notes(struct board *b)
{
    return b->sim.notes;
}

struct trace *board_trace(struct board *b)
{
    return b->tracing ? &b->trace : NULL;
}

struct checker *board_checker(struct board *b)
{
    return &b->checker;
}

struct target *board_target(struct board *b)
{
    return &b->chip.target;
}

struct target_core *board_target_core(struct board *b)
{
    return b->chip.core;
}

struct nvm *board_nvm(struct board *b)
{
    return b->chip.nvm;
}

struct mcu_board *board_mcu(struct board *b)
{
    return programmer_place_mcu(&b->programmer);
}

const struct scenario *board_scenario(const struct board *b)
{
    return b->s;
}

struct source_lines *board_source_lines(struct board *b, struct problem *why)
{
    const struct programmer_config *p = &b->s->board.programmer;
    char path[PATH_MAX];
    struct problem ignored;

    if (!why) {
        why = &ignored;
    }
    if (b->lines) {
        return b->lines;
    }
    if (p->type != &programmer_mcu) {
        problem_set(why, "the programmer runs no firmware");
        return NULL;
    }
    const struct input_file *f = firmware_resolve(p->firmware, NULL, path, sizeof path, why)
                                     ? input_files_get(b->s->inputs, path, IMAGE_MAX_FILE_BYTES, NULL, why)
                                     : NULL;
    if (f) {
        b->lines = source_lines_new(path, f->bytes, f->n, why);
    }
    return b->lines;
}
