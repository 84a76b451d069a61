/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "harness/board/board.h"

#include "harness/base/firmware_path.h"
#include "harness/board/board_parts.h"
#include "harness/board/function_notes.h"
#include "harness/board/netlist.h"
#include "harness/board/ports.h"
#include "harness/board/programmer_place.h"
#include "harness/parts/part_types.h"
#include "harness/parts/target_chip.h"
#include "mcu/mcu_board.h"
#include "mcu/source_lines.h"
#include "sim/checker.h"
#include "sim/memory.h"
#include "sim/notes.h"
#include "sim/nvm.h"
#include "sim/stats.h"
#include "sim/target_avr.h"

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
    struct sim_stats stats;
    bool tracing;
    struct vline vcc;
    struct checker checker;
    struct netlist nets;
    struct board_parts parts;
    struct programmer_place programmer;
    struct net *miso;                      /* where the programmer has it, if that is not the target's net; NULL */
    struct net_driver wave[2];             /* on XTAL1, XTAL2 */
    struct scenario_clock clock;           /* what stands there */
    int32_t wave_ppm;                      /* the wave is so much faster */
    struct checker_contention *contention; /* of each net */
    struct net no_port[2];                 /* of a programmer without a serial port */
    struct board_ports ports;              /* the host's */
    struct host_talk talk;                 /* of a programmer with a serial port */
    struct source_lines *lines;            /* NULL: not asked for, or none */
    struct function_notes *functions;      /* NULL: nobody keeps notes, or the firmware has no names */
};

static void *chip(const struct board *b)
{
    return b->parts.self[PLAN_TARGET];
}

/* ---- names ---- */

struct net *board_net(struct board *b, const char *name)
{
    struct plan_ref at = plan_find(&b->s->board.plan, name);
    struct net *inside = board_parts_probe(&b->parts, &at);

    return inside ? inside : netlist_find(&b->nets, name);
}

struct vline *board_line(struct board *b, const char *name)
{
    struct plan_ref at = plan_find(&b->s->board.plan, name);

    return board_parts_line(&b->parts, &at);
}

/* ---- wires ---- */

/* A part between the two MISO pins: the target hears of the programmer's samples all the same. */
static void lead_looks(struct board *b)
{
    struct net *miso = programmer_place_miso(&b->programmer);

    if (b->miso) {
        b->miso->look = NULL;
    }
    b->miso = miso && !miso->look ? miso : NULL;
    if (b->miso) {
        b->miso->look = &board_target(b)->look;
    }
}

/* The net of a pin of the programmer's serial port, or one that nobody else is on. */
static struct net *serial_net(struct board *b, bool rxd)
{
    const struct mcu_board_row *row = b->s->board.programmer.row;

    if (!b->s->board.programmer.type->programmer->has_serial_port) {
        return &b->no_port[rxd];
    }
    unsigned pin = (unsigned)mcu_board_pin_find(row, rxd ? row->rxd : row->txd);
    struct net *wire = netlist_now(&b->nets, PLAN_PROGRAMMER, pin); /* a wire may lead on from there: high_voltage */

    return wire && !b->parts.programmer_is_off ? wire : netlist_own(&b->nets, PLAN_PROGRAMMER, pin);
}

/* The adapter stays on the programmer's pins, wherever their wires lead. */
static void place_serial_port(struct board *b)
{
    struct serial_line *line = &b->ports.line[BOARD_PORT_PROGRAMMER];

    if (line->sim) {
        serial_line_connect(line, serial_net(b, true), serial_net(b, false));
    }
}

/* Puts every pin on the net that its wire makes. */
static void place_pins(struct board *b)
{
    net_hold(&b->sim);
    netlist_place(&b->nets);
    board_parts_connect(&b->parts);
    programmer_place_connect(&b->programmer);
    place_serial_port(b);
    lead_looks(b);
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

/* -1: the target has none. */
static int xtal2_pin(const struct board *b)
{
    return plan_pin(&b->s->board.plan.parts[PLAN_TARGET], "xtal2");
}

static void init_waves(struct board *b)
{
    net_attach(netlist_target(&b->nets, AVR_XTAL1), &b->wave[0], "clock on XTAL1");
    if (xtal2_pin(b) >= 0) {
        net_attach(netlist_target(&b->nets, (unsigned)xtal2_pin(b)), &b->wave[1], "clock on XTAL2");
    }
}

/* From now on, with a rise. */
static void drive_wave(struct board *b)
{
    uint64_t f_millihz = b->clock.f_millihz;
    struct net_wave w;

    f_millihz = (uint64_t)((unsigned __int128)f_millihz * (uint64_t)(1000000 + b->wave_ppm) / 1000000);
    w = net_wave_square(b->sim.now_ps, f_millihz ? f_millihz : 1);
    net_drive_wave(&b->wave[b->clock.on_xtal2], &w, NET_STRONG);
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
        .checker = &b->checker,
        .target_reset = netlist_target_wire(&b->nets, AVR_RESET),
        .reset_programmer = reset_programmer,
        .ctx = b,
    };

    board_ports_init(&b->ports, &b->sim, &cfg);
    if (b->s->board.programmer.type->programmer->has_serial_port) {
        serial_line_behind_resistor(&b->ports.line[BOARD_PORT_PROGRAMMER]);
    }
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

static bool start_parts(struct board *b, struct problem *err)
{
    const struct host host = {
        .sim = &b->sim,
        .part = b->s->board.target.part,
        .line = &b->ports.line[BOARD_PORT_PROGRAMMER],
        .open = open_port,
        .board = b,
    };

    if (!board_parts_start(&b->parts, &host, err)) {
        return false;
    }
    programmer_place_started(&b->programmer);
    return true;
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

static void init_parts(struct board *b, const struct board_options *o)
{
    const struct part_site site = {
        .sim = &b->sim,
        .vcc = &b->vcc,
        .checker = &b->checker,
        .path = b->s->path,
        .inputs = b->s->inputs,
        .chip = b->s->board.target.part,
        .kept = o->chip,
        .target_sck = netlist_target(&b->nets, AVR_SCK),
        .net_to_drive = programmer_place_net_to_drive,
        .board = &b->nets,
        .branches = o->branches,
    };

    board_parts_init(&b->parts, &b->nets, &site, o->branches_of);
    programmer_place_init(&b->programmer, &b->parts, &site);
}

/* For the checker: the programmer's program and the instruction on the wire. */
static void where(void *ctx, struct checker_where *w)
{
    struct board *b = ctx;
    const struct mcu_board *mcu = b->parts.programmer_is_off ? NULL : programmer_place_mcu(&b->programmer);

    w->frame = board_target(b)->spi.in;
    w->n_bits = (uint8_t)board_target(b)->spi.bits;
    if (w->n_bits) {
        w->frame &= UINT32_MAX >> (32 - w->n_bits);
    }
    if (mcu) {
        mcu_board_where(mcu, w);
    }
}

static void note_functions(struct board *b)
{
    struct source_lines *lines = b->sim.notes ? board_source_lines(b, NULL) : NULL;
    struct net *const nets[FUNCTION_NOTES_NETS] = { netlist_target(&b->nets, AVR_RESET),
                                                    netlist_target(&b->nets, AVR_SCK),
                                                    netlist_target(&b->nets, AVR_MOSI), serial_net(b, false) };
    if (lines) {
        b->functions = function_notes_new(&b->sim, lines, nets, where, b);
    }
}

static bool is_serial_pin(const struct board *b, const struct plan_ref *at)
{
    return at->what == PLAN_PIN && at->part == PLAN_PROGRAMMER && plan_pin_of(&b->s->board.plan, at)->kind == PIN_HOST;
}

/* Is a wire of the port that is programmed ever one of the serial port's? Then nobody can tell talk from programming. */
static bool programs_over_serial_pins(const struct board *b)
{
    const struct scenario *s = b->s;
    bool does = false;

    for (unsigned pin = AVR_RESET; pin <= AVR_MISO; pin++) {
        struct net *net = netlist_target_wire(&b->nets, pin);

        does |= net == serial_net((struct board *)b, true) || net == serial_net((struct board *)b, false);
    }
    for (unsigned i = 0; i < s->n_steps; i++) {
        for (unsigned k = 0; k < s->steps[i].n_wires; k++) {
            does |= is_serial_pin(b, &s->steps[i].wires[k].to);
        }
    }
    return does;
}

static void listen_to_host(struct board *b)
{
    if (!programs_over_serial_pins(b)) {
        host_talk_init(&b->talk, serial_net(b, false), serial_net(b, true));
        target_set_host_talk(board_target(b), &b->talk);
    } else {
        serial_line_judge(&b->ports.line[BOARD_PORT_PROGRAMMER], NULL);
    }
}

static void wobble_wave(void *board, int32_t ppm)
{
    struct board *b = board;

    b->wave_ppm = ppm;
    if (b->clock.kind == SCENARIO_CLOCK_WAVE) {
        drive_wave(b);
    }
}

static bool reach_inside(struct board *b, struct problem *err)
{
    const struct part_inside in = {
        .line = { b->s->board.programmer.type->programmer->has_serial_port ? &b->ports.line[BOARD_PORT_PROGRAMMER]
                                                                           : NULL,
                  b->s->board.target.uart.given ? &b->ports.line[BOARD_PORT_TARGET] : NULL },
        .target = board_target(b),
        .nvm = board_nvm(b),
        .mcu = programmer_place_mcu(&b->programmer),
        .wave_wobble = wobble_wave,
        .board = b,
    };

    return board_parts_reach(&b->parts, &in, b->s->path, err);
}

static bool build(struct board *b, const struct board_options *o, struct problem *err)
{
    const struct scenario *s = b->s;

    if (!netlist_init(&b->nets, &b->sim, &s->board.plan, s->path, err)) {
        return false;
    }
    net_init(&b->no_port[0], &b->sim, "no serial port");
    net_init(&b->no_port[1], &b->sim, "no serial port");
    init_waves(b);
    use_named_pins(b);
    init_parts(b, o);
    if (!netlist_lead(&b->nets, s->board.wires, s->board.n_wires, false, err)) {
        return false;
    }
    netlist_place(&b->nets);
    if (!board_parts_settle(&b->parts, err)) {
        return false;
    }
    if (s->board.programmer.type->settle) {
        netlist_drive_straps(&b->nets);
    }
    b->tracing = o->trace;
    if (o->trace && !record_nets(b, err)) {
        return false;
    }
    board_parts_connect(&b->parts);
    watch_contention(b);
    board_parts_power_up(&b->parts);
    init_ports(b);
    if (s->board.programmer.type->programmer->has_serial_port) {
        listen_to_host(b);
    }
    if (!start_parts(b, err) || !board_clock(b, &s->board.target.clock, err)) {
        return false;
    }
    board_parts_judge(&b->parts, supplies_vary(s), &b->checker);
    place_front_end(b);
    place_pins(b);
    note_functions(b);
    return reach_inside(b, err);
}

static bool chip_fits(const struct scenario *s, const struct nvm *kept, struct problem *err)
{
    const struct part *part = s->board.target.part;

    return !kept || kept->part == part ||
           problem_set(err, "the chip is an %s, the board of %s wants an %s", kept->part->title, s->path, part->title);
}

struct board *board_new(const struct scenario *s, const struct board_options *o, struct problem *err)
{
    static const struct board_options none;
    struct board *b;

    if (!o) {
        o = &none;
    }
    if (!scenario_fits(s, o->budget_ps ? o->budget_ps : SIM_BUDGET_PS, err) || !chip_fits(s, o->chip, err)) {
        return NULL;
    }
    b = memory_zeroed(1, sizeof *b);
    b->s = s;
    sim_init(&b->sim, o->has_seed ? o->seed : s->seed);
    b->sim.no_shortcuts = o->no_shortcuts;
    b->sim.stats = o->stats ? &b->stats : NULL;
    if (o->budget_ps) {
        b->sim.budget_ps = o->budget_ps;
    }
    if (o->budget_ck) {
        b->sim.budget_ck = o->budget_ck;
    }
    b->sim.stop = o->stop;
    if (o->has_shuffle) {
        sim_shuffle(&b->sim, o->shuffle_seed);
    }
    trace_init(&b->trace);
    b->trace.any_order = o->has_shuffle;
    checker_init(&b->checker, &b->sim);
    b->checker.where = where;
    b->checker.where_ctx = b;
    memcpy(b->checker.as, s->rule_as, sizeof b->checker.as);
    if (s->board.programmer.type == &programmer_stimulus) { /* a recording has levels: nobody knows what drove them */
        b->checker.as[CHECK_PINS_DRIVEN] = CHECKER_OFF;
    }
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
    programmer_place_free(&b->programmer);
    board_parts_stop(&b->parts);
    checker_free(&b->checker);
    trace_free(&b->trace);
    board_parts_free(&b->parts);
    notes_free(&b->notes);
    board_ports_free(&b->ports);
    host_talk_free(&b->talk);
    netlist_free(&b->nets);
    function_notes_free(b->functions);
    source_lines_free(b->lines);
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

sim_time board_took(const struct board *b)
{
    return b->sim.fault[0] ? b->sim.fault_ps : b->sim.now_ps;
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

void board_pull_chip(struct board *b, bool out)
{
    net_hold(&b->sim);
    target_chip_pull(chip(b), out);
    net_release(&b->sim);
}

bool board_clock(struct board *b, const struct scenario_clock *c, struct problem *err)
{
    unsigned pin = c->on_xtal2 ? (unsigned)xtal2_pin(b) : AVR_XTAL1; /* load_clock() has looked */
    enum plan_what strap = netlist_strap(&b->nets, pin);

    if (c->kind == SCENARIO_CLOCK_WAVE && strap != PLAN_NOTHING) {
        return problem_set(err, "%s:%u:%u: a wave on %s, which is wired to %s: take one of them away", b->s->path,
                           c->place.line, c->place.column, b->s->board.plan.parts[PLAN_TARGET].pins[pin].name,
                           strap == PLAN_GND ? "gnd" : "vcc");
    }
    b->clock = *c;
    net_hold(&b->sim);
    target_set_crystal(board_target(b), c->kind == SCENARIO_CLOCK_CRYSTAL ? c->f_millihz : 0);
    target_set_external_rc(board_target(b), c->kind == SCENARIO_CLOCK_RC ? c->f_millihz : 0);
    net_open(&b->wave[0]);
    net_open(&b->wave[1]);
    if (c->kind == SCENARIO_CLOCK_WAVE) {
        drive_wave(b);
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
    return target_chip_target(chip(b));
}

struct target_core *board_target_core(struct board *b)
{
    return target_chip_core(chip(b));
}

struct nvm *board_nvm(struct board *b)
{
    return target_chip_nvm(chip(b));
}

struct mcu_board *board_mcu(struct board *b)
{
    return programmer_place_mcu(&b->programmer);
}

bool board_part_at(struct board *b, unsigned i, struct board_part *part)
{
    const struct plan *plan = &b->s->board.plan;

    if (i >= plan->n_parts) {
        return false;
    }
    *part = (struct board_part){
        .name = plan->parts[i].name,
        .type = plan->parts[i].type,
        .self = i == PLAN_PROGRAMMER && b->parts.programmer_is_off ? NULL : b->parts.self[i],
    };
    return true;
}

void board_go_on_as(struct board *b, const struct scenario *s)
{
    b->s = s;
}

const struct scenario *board_scenario(const struct board *b)
{
    return b->s;
}

const struct wiring *board_wiring(const struct board *b)
{
    return &b->nets.wiring;
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
    if (!programmer_is_firmware(p)) {
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
