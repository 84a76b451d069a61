/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "harness/board/board.h"

#include "harness/base/firmware_path.h"
#include "harness/board/ports.h"
#include "harness/hosts/scripted.h"
#include "harness/parts/stimulus.h"
#include "harness/scenario/raw.h"
#include "mcu/image.h"
#include "mcu/target_core.h"
#include "mcu/uno.h"
#include "sim/checker.h"
#include "sim/circuits/reset_cap.h"
#include "sim/memory.h"
#include "sim/target_avr.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define NOWHERE (-1)
#define TO_GND (-2)
#define TO_VCC (-3)
#define INTERNAL_PULL_OHM 45000 /* a board's resistor from here on loses against a pull-up inside a chip */

/* Nets of the target's pins, in the order of raw_pin_names[], then these. */
enum { NET_MISO_OE = RAW_PINS, NET_TXD, NET_RXD, NET_RESET_WIRE, BOARD_NETS };
enum { PIN_RESET, PIN_SCK, PIN_MOSI, PIN_MISO, PIN_XTAL1, PIN_XTAL2, PIN_CLKO };

struct board {
    const struct scenario *s;
    struct sim sim;
    struct trace trace;
    bool tracing;
    struct net net[BOARD_NETS];
    struct net uno_net[UNO_PINS]; /* where a pin of the programmer is while no wire leads from it */
    char uno_name[UNO_PINS][8];
    bool uno_pin_used[UNO_PINS];
    struct vline vcc;
    struct checker checker;
    struct checker_contention contention[BOARD_NETS];
    struct nvm own_nvm, *nvm;
    struct target target;
    struct target_core *core; /* runs the target's flash while RESET is high */
    struct uno *uno;
    bool has_pin[RAW_PINS];       /* the target's core has it */
    int wire[RAW_PINS];           /* where the target's pin leads: pin of the Uno, or one of the above */
    struct net *socket[UNO_PINS]; /* the net that a pin of the programmer is on now */
    struct net_driver strap[RAW_PINS], pull[2 * RAW_PINS];
    struct net_driver wave[2];  /* on XTAL1, XTAL2 */
    struct board_ports ports;   /* the host's */
    struct reset_cap reset_cap; /* if the board has one: between the wire and the pin */
    struct stimulus stimulus;
    bool has_stimulus, script_plugged;
    struct circuit_board *circuit; /* NULL: none */
    struct programmer programmer, script;
};

/* ---- names and wires ---- */

static int clko_pin(const struct board *b)
{
    return part_clko_is_xtal2(b->s->board.target.part) ? PIN_XTAL2 : PIN_CLKO;
}

/* "sck" and "pb5" are one pin where the part says so: the first name's net is both. */
static int pin_index(const struct board *b, const char *name)
{
    const struct part *p = b->s->board.target.part;
    const char *const special[] = {
        [PIN_RESET] = p->pin_reset, [PIN_SCK] = p->pin_sck,     [PIN_MOSI] = p->pin_mosi, [PIN_MISO] = p->pin_miso,
        [PIN_XTAL1] = p->pin_xtal1, [PIN_XTAL2] = p->pin_xtal2, [PIN_CLKO] = p->pin_clko
    };

    if (!strcasecmp(name, raw_pin_names[PIN_CLKO])) {
        return clko_pin(b);
    }
    for (int i = 0; i <= PIN_CLKO; i++) {
        if (special[i] && !strcasecmp(name, special[i])) {
            return i;
        }
    }
    for (int i = 0; i < RAW_PINS; i++) {
        if (!strcasecmp(name, raw_pin_names[i])) {
            return i;
        }
    }
    return -1;
}

static int uno_pin_index(const char *name) /* "uno.D11" */
{
    if (strncmp(name, "uno.", 4)) {
        return -1;
    }
    return atoi(name + 5) + (name[4] == 'A' ? 14 : 0);
}

struct net *board_net(struct board *b, const char *name)
{
    int i = pin_index(b, name);

    if (i >= 0) {
        return &b->net[i];
    }
    for (i = RAW_PINS; i < BOARD_NETS; i++) {
        if (!strcasecmp(name, b->net[i].name)) {
            return &b->net[i];
        }
    }
    if (b->circuit && circuit_board_net(b->circuit, name)) {
        return circuit_board_net(b->circuit, name);
    }
    i = uno_pin_index(name);
    return i >= 0 ? &b->uno_net[i] : NULL;
}

struct vline *board_line(struct board *b, const char *name)
{
    if (!strcasecmp(name, "vcc")) {
        return &b->vcc;
    }
    return b->circuit ? circuit_board_line(b->circuit, name) : NULL;
}

/* The net that a wire to this pin is on: with a capacitor at RESET not the pin's. */
static struct net *wire_net(struct board *b, unsigned pin)
{
    return &b->net[pin == PIN_RESET && b->s->board.reset_c_ff ? NET_RESET_WIRE : pin];
}

/* What sits in the sockets besides the Uno, if anything does: the scripted programmer or a circuit. */
static void place_other(struct board *b)
{
    struct net *reset = b->socket[10], *mosi = b->socket[11], *miso = b->socket[12], *sck = b->socket[13];

    if (b->script.ops && b->script_plugged) {
        scripted_connect(b->script.ctx, reset, mosi, miso, sck);
    } else if (b->script.ops) {
        scripted_connect(b->script.ctx, NULL, NULL, NULL, NULL);
    }
    if (b->circuit && b->script_plugged) {
        circuit_board_connect(b->circuit, NULL, NULL, NULL, NULL);
    } else if (b->circuit) {
        circuit_board_connect(b->circuit, reset, mosi, miso, sck);
    }
}

/* Puts every pin of the programmer on the net that its wire leads to. */
static void place_pins(struct board *b)
{
    net_hold(&b->sim);
    for (unsigned i = 0; i < UNO_PINS; i++) {
        b->socket[i] = b->uno_pin_used[i] ? &b->uno_net[i] : NULL;
    }
    for (unsigned i = 0; i < RAW_PINS; i++) {
        if (b->wire[i] >= 0) {
            b->socket[b->wire[i]] = wire_net(b, i);
        }
    }
    for (unsigned i = 2; b->uno && i < UNO_PINS; i++) { /* 0 and 1 are the host's */
        uno_connect(b->uno, i, b->script_plugged && b->socket[i] ? &b->uno_net[i] : b->socket[i]);
    }
    place_other(b);
    for (unsigned i = 0; i < RAW_PINS; i++) {
        if (b->wire[i] == TO_GND || b->wire[i] == TO_VCC) {
            net_drive(&b->strap[i], b->wire[i] == TO_VCC ? NET_1 : NET_0, NET_SUPPLY);
        } else {
            net_open(&b->strap[i]);
        }
    }
    net_release(&b->sim);
}

/* Takes over one wire; false: the pin of the programmer has one already. */
static bool set_wire(struct board *b, const struct scenario_wire *w, struct problem *err)
{
    int pin = pin_index(b, w->pin);
    int to = NOWHERE;

    if (w->to) {
        to = !strcmp(w->to, "gnd") ? TO_GND : !strcmp(w->to, "vcc") ? TO_VCC : uno_pin_index(w->to);
    }
    if (to == 0 || to == 1) {
        return problem_set(err, "%s:%u:%u: uno.D%d is the serial port to the host", b->s->path, w->place.line,
                           w->place.column, to);
    }
    b->wire[pin] = to;
    if (to >= 0) {
        b->uno_pin_used[to] = true;
    }
    return true;
}

static bool wires_apart(struct board *b, const struct scenario_wire *w, struct problem *err)
{
    for (unsigned i = 0; i < RAW_PINS; i++) {
        for (unsigned j = 0; j < i; j++) {
            if (b->wire[i] >= 0 && b->wire[i] == b->wire[j]) {
                return problem_set(err, "%s:%u:%u: %s and %s are both on uno.%c%d: put one elsewhere, or open",
                                   b->s->path, w->place.line, w->place.column, raw_pin_names[j], raw_pin_names[i],
                                   b->wire[i] < 14 ? 'D' : 'A', b->wire[i] < 14 ? b->wire[i] : b->wire[i] - 14);
            }
        }
    }
    return true;
}

static bool wire_up(struct board *b, const struct scenario_wire *w, unsigned n, struct problem *err)
{
    for (unsigned i = 0; i < n; i++) {
        for (unsigned k = 0; k < i; k++) {
            if (pin_index(b, w[k].pin) == pin_index(b, w[i].pin)) {
                return problem_set(err, "%s:%u:%u: %s and %s are one pin of this part: wire it once", b->s->path,
                                   w[i].place.line, w[i].place.column, w[k].pin, w[i].pin);
            }
        }
        if (!set_wire(b, &w[i], err)) {
            return false;
        }
    }
    return n == 0 || wires_apart(b, &w[n - 1], err);
}

/* Steps that rewire are tried out before anything runs, one after the other. */
static bool rewiring_is_sound(struct board *b, struct problem *err)
{
    int before[RAW_PINS];
    bool ok = true;

    memcpy(before, b->wire, sizeof before);
    for (unsigned i = 0; i < b->s->n_steps && ok; i++) {
        ok = wire_up(b, b->s->steps[i].wires, b->s->steps[i].n_wires, err);
    }
    memcpy(b->wire, before, sizeof before);
    return ok;
}

bool board_rewire(struct board *b, const struct scenario_wire *w, unsigned n, struct problem *err)
{
    int before[RAW_PINS];

    memcpy(before, b->wire, sizeof before);
    if (!wire_up(b, w, n, err)) {
        memcpy(b->wire, before, sizeof before);
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
        .r_pull_up_ohm = RESET_CAP_RRST_OHM,
    };

    for (unsigned i = 0; i < b->s->board.n_pulls; i++) {
        const struct scenario_pull *p = &b->s->board.pulls[i];

        if (!b->s->board.reset_c_ff || pin_index(b, p->pin) != PIN_RESET) {
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
        reset_cap_init(&b->reset_cap, &b->sim, &cfg, &b->vcc, wire_net(b, PIN_RESET), &b->net[PIN_RESET]);
    }
    return true;
}

static void init_nets(struct board *b)
{
    static const char *const others[] = { "miso_oe", "txd", "rxd", "reset_wire" };

    for (unsigned i = 0; i < BOARD_NETS; i++) {
        net_init(&b->net[i], &b->sim, i < RAW_PINS ? raw_pin_names[i] : others[i - RAW_PINS]);
    }
    for (unsigned i = 0; i < UNO_PINS; i++) {
        snprintf(b->uno_name[i], sizeof b->uno_name[i], "uno.%c%u", i < 14 ? 'D' : 'A', i < 14 ? i : i - 14);
        net_init(&b->uno_net[i], &b->sim, b->uno_name[i]);
    }
    for (unsigned i = 0; i < RAW_PINS; i++) {
        net_attach(wire_net(b, i), &b->strap[i], "strap");
    }
    net_attach(&b->net[PIN_XTAL1], &b->wave[0], "clock on XTAL1");
    net_attach(&b->net[PIN_XTAL2], &b->wave[1], "clock on XTAL2");
    for (unsigned i = 0; i < b->s->board.n_pulls; i++) {
        const struct scenario_pull *p = &b->s->board.pulls[i];
        int pin = pin_index(b, p->pin);

        if (pin == PIN_RESET && b->s->board.reset_c_ff) {
            continue; /* the capacitor's: init_reset_cap() */
        }
        net_attach(&b->net[pin], &b->pull[i], "pull resistor");
        net_drive(&b->pull[i], p->up ? NET_1 : NET_0, p->ohm < INTERNAL_PULL_OHM ? NET_PULL : NET_FAINT);
    }
}

/* A pin of the Uno that something is said about has a net even while no wire leads to it. */
static void use_named_pins(struct board *b)
{
    const struct scenario *s = b->s;

    for (unsigned i = 0; s->record[i]; i++) {
        if (uno_pin_index(s->record[i]) >= 0) {
            b->uno_pin_used[uno_pin_index(s->record[i])] = true;
        }
    }
    for (unsigned i = 0; i <= s->n_steps; i++) {
        const struct scenario_expect *e = i < s->n_steps ? &s->steps[i].expect : &s->expect;

        for (unsigned k = 0; k < e->n_nets; k++) {
            if (uno_pin_index(e->nets[k].net) >= 0) {
                b->uno_pin_used[uno_pin_index(e->nets[k].net)] = true;
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

static void place_data(uint8_t *cells, const struct scenario_data *d)
{
    for (uint32_t i = 0; d->bytes && i < d->n; i++) {
        if (!d->given || d->given[i]) {
            cells[d->offset + i] = d->bytes[i];
        }
    }
}

static bool init_chip(struct board *b, const struct board_options *o, struct problem *err)
{
    const struct scenario_target *t = &b->s->board.target;

    if (o->chip) {
        if (o->chip->part != t->part) {
            return problem_set(err, "the chip is an %s, the board of %s wants an %s", o->chip->part->title, b->s->path,
                               t->part->title);
        }
        b->nvm = o->chip;
        return true;
    }
    b->nvm = &b->own_nvm;
    nvm_init(b->nvm, t->part, &t->switches, b->sim.seed);
    place_data(b->nvm->cells.flash, &t->flash);
    place_data(b->nvm->cells.eeprom, &t->eeprom);
    b->nvm->cells.fuses = fuse_as_read(t->part, &t->fuses);
    if (t->calibration >= 0) {
        b->nvm->cells.calibration[0] = (uint8_t)t->calibration;
    }
    return true;
}

static void init_target(struct board *b)
{
    const struct scenario_target *t = &b->s->board.target;
    struct target_config cfg = target_config_default(t->part);
    struct target_pins pins = {
        .vcc = &b->vcc,
        .reset_n = &b->net[PIN_RESET],
        .sck = &b->net[PIN_SCK],
        .mosi = &b->net[PIN_MOSI],
        .miso = &b->net[PIN_MISO],
        .miso_oe = &b->net[NET_MISO_OE],
        .xtal1 = &b->net[PIN_XTAL1],
        .xtal2 = &b->net[PIN_XTAL2],
        .clko = &b->net[clko_pin(b)],
    };

    cfg.switches = t->switches;
    cfg.osccal_nominal = (int16_t)t->osccal_nominal;
    cfg.rc_ppm = t->rc_ppm;
    cfg.rc_spread_ppm = t->rc_spread_ppm;
    cfg.rc128k_ppm = t->rc128k_ppm;
    cfg.rc128k_spread_ppm = t->rc128k_spread_ppm;
    checker_init(&b->checker, &b->sim);
    for (unsigned i = 0; i < BOARD_NETS; i++) {
        checker_watch_contention(&b->checker, &b->contention[i], &b->net[i]);
    }
    target_init(&b->target, &b->sim, &cfg, b->nvm, &pins, &b->checker);
}

static bool pin_exists(const struct board *b, const char *pin, const struct scenario_place *at, struct problem *err)
{
    int i = pin_index(b, pin);

    return i <= PIN_CLKO || b->has_pin[i] ||
           problem_set(err, "%s:%u:%u: the %s has no pin %s", b->s->path, at->line, at->column,
                       b->s->board.target.part->title, pin);
}

static bool wires_exist(const struct board *b, const struct scenario_wire *w, unsigned n, struct problem *err)
{
    for (unsigned i = 0; i < n; i++) {
        if (!pin_exists(b, w[i].pin, &w[i].place, err)) {
            return false;
        }
    }
    return true;
}

/* What is wired, pulled or on the serial port must be pins of this part. */
static bool pins_exist(const struct board *b, struct problem *err)
{
    const struct scenario_board *board = &b->s->board;
    const struct scenario_place *uart = &board->target.uart.place;

    for (unsigned i = 0; i < board->n_pulls; i++) {
        const struct scenario_pull *p = &board->pulls[i];

        if (!pin_exists(b, p->pin, &p->place, err)) {
            return false;
        }
        for (unsigned k = 0; k < i; k++) {
            if (pin_index(b, board->pulls[k].pin) == pin_index(b, p->pin)) {
                return problem_set(err, "%s:%u:%u: %s is pulled twice: one resistor is enough", b->s->path,
                                   p->place.line, p->place.column, p->pin);
            }
        }
    }
    for (unsigned i = 0; i < b->s->n_steps; i++) {
        if (!wires_exist(b, b->s->steps[i].wires, b->s->steps[i].n_wires, err)) {
            return false;
        }
    }
    return wires_exist(b, board->wires, board->n_wires, err) &&
           (!board->target.uart.given || (pin_exists(b, "pd0", uart, err) && pin_exists(b, "pd1", uart, err)));
}

/* After the Uno, which leads (kernel.h). */
static bool init_core(struct board *b, struct problem *err)
{
    b->core = target_core_new(&b->sim, &b->target, err);
    if (!b->core) {
        return problem_prefix(err, "%s: the target can't run its program", b->s->path);
    }
    for (const char *port = "BCD"; *port; port++) {
        for (char bit = '0'; bit <= '7'; bit++) {
            char name[4] = { 'P', *port, bit, '\0' };
            int i = pin_index(b, name);

            if (i >= 0) {
                b->has_pin[i] = target_core_connect(b->core, name, &b->net[i]);
            }
        }
    }
    return pins_exist(b, err);
}

static void reset_programmer(void *ctx)
{
    board_reset_programmer(ctx);
}

static void init_ports(struct board *b)
{
    const struct scenario_board *board = &b->s->board;
    const struct scenario_uart *uart = &board->target.uart;
    struct board_ports_config cfg = {
        .port[BOARD_PORT_PROGRAMMER] = {
            .exists = true,
            .rxd = &b->net[NET_TXD],
            .txd = &b->net[NET_RXD],
            .baud = board->programmer.baud,
            .auto_reset = board->programmer.auto_reset,
        },
        .port[BOARD_PORT_TARGET] = {
            .exists = uart->given,
            .rxd = board_net(b, "pd0"),
            .txd = board_net(b, "pd1"),
            .baud = uart->baud,
            .auto_reset = uart->auto_reset,
        },
        .target_reset = wire_net(b, PIN_RESET),
        .reset_programmer = reset_programmer,
        .ctx = b,
    };

    board_ports_init(&b->ports, &b->sim, &cfg);
}

/* After the programmer is there, and each time another is plugged in. */
static void place_front_end(struct board *b)
{
    if (scenario_has_front_end(&b->s->board)) {
        board_ports_front_end(&b->ports, b->s->board.target.part, board_programmer(b));
    }
}

/* An image with something at the start of a boot section is a bootloader: the Uno's fuses let it run. */
static uint8_t hfuse_for(const struct image *img)
{
    for (unsigned bootsz = 0; bootsz < 4; bootsz++) {
        uint32_t boot = 0x8000 - (512u << (3 - bootsz));

        for (unsigned i = 0; i < img->memory[IMAGE_FLASH].n; i++) {
            if (img->memory[IMAGE_FLASH].segments[i].address == boot) {
                return (uint8_t)(0xD8 | bootsz << 1);
            }
        }
    }
    return uno_default.fuse[1];
}

static bool new_uno(struct board *b, const char *name, struct problem *err)
{
    struct uno_config cfg = uno_default;
    struct image img;
    char path[PATH_MAX];

    if (!firmware_resolve(name, NULL, path, sizeof path, err)) {
        return problem_prefix(err, "firmware of the programmer");
    }
    if (!image_load(&img, path, IMAGE_FLASH, err)) {
        return problem_prefix(err, "firmware of the programmer");
    }
    if (!image_end(&img, IMAGE_FLASH)) {
        image_free(&img);
        return problem_set(err, "firmware of the programmer: '%.200s' holds no program", path);
    }
    cfg.fuse[1] = hfuse_for(&img);
    cfg.checker = &b->checker;
    cfg.floating_high = b->s->board.programmer.floating_high;
    cfg.pins.d[0] = &b->net[NET_TXD];
    cfg.pins.d[1] = &b->net[NET_RXD];
    b->uno = uno_new(&b->sim, &cfg, &img, err);
    image_free(&img);
    return b->uno || problem_prefix(err, "firmware of the programmer: %s", path);
}

static bool init_uno(struct board *b, struct problem *err)
{
    const struct scenario_programmer *p = &b->s->board.programmer;

    return new_uno(b, p->firmware, err) ||
           (p->place.line && problem_prefix(err, "%s:%u:%u", b->s->path, p->place.line, p->place.column));
}

static bool load_stimulus(struct board *b, struct problem *err)
{
    const struct scenario_stimulus *st = &b->s->board.programmer.stimulus;

    if (!stimulus_load(&b->stimulus, &b->sim, st->file, err)) {
        return false;
    }
    b->has_stimulus = true;
    for (unsigned i = 0; i < st->n_map; i++) {
        struct net *net = board_net(b, st->map[i].net);

        if (b->circuit && circuit_board_can_play(b->circuit, st->map[i].net)) {
            if (!circuit_board_play(b->circuit, st->map[i].net, &b->stimulus, st->map[i].signal, err)) {
                return problem_prefix(err, "%s:%u:%u", b->s->path, st->place.line, st->place.column);
            }
            continue;
        }
        if (!net) {
            return problem_set(err, "%s:%u:%u: this board has no net '%s'", b->s->path, st->place.line,
                               st->place.column, st->map[i].net);
        }
        if (net == &b->net[PIN_RESET]) {
            net = wire_net(b, PIN_RESET);
        }
        if (!stimulus_map_net(&b->stimulus, st->map[i].signal, net, err)) {
            return problem_prefix(err, "%s:%u:%u", b->s->path, st->place.line, st->place.column);
        }
    }
    return true;
}

static bool init_stimulus(struct board *b, struct problem *err)
{
    if (!b->circuit && !load_stimulus(b, err)) {
        return false;
    }
    stimulus_start(&b->stimulus);
    return true;
}

static void open_port(void *board)
{
    board_ports_open(&((struct board *)board)->ports);
}

static void init_serial_host(struct board *b)
{
    const struct scenario_programmer *p = &b->s->board.programmer;
    const struct host host = {
        .sim = &b->sim,
        .part = b->s->board.target.part,
        .line = &b->ports.line[BOARD_PORT_PROGRAMMER],
        .open = open_port,
        .board = b,
    };

    b->programmer = p->host->create(&host, &p->host_settings);
}

static struct programmer new_script(struct board *b, const struct scripted_config *cfg)
{
    return scripted_new(&b->sim, b->s->board.target.part, cfg);
}

static bool init_programmer(struct board *b, struct problem *err)
{
    const struct scenario_programmer *p = &b->s->board.programmer;

    switch (p->kind) {
    case SCENARIO_PROGRAMMER_NONE: return true;
    case SCENARIO_PROGRAMMER_FIRMWARE:
        if (!init_uno(b, err)) {
            return false;
        }
        init_serial_host(b);
        return true;
    case SCENARIO_PROGRAMMER_SCRIPT:
        b->script = new_script(b, &p->script);
        b->script_plugged = true;
        return true;
    case SCENARIO_PROGRAMMER_STIMULUS: return init_stimulus(b, err);
    case SCENARIO_PROGRAMMER_CIRCUIT:
        if (p->stimulus.file) {
            return init_stimulus(b, err);
        }
        b->programmer = circuit_board_host(b->circuit, b->s->board.target.part, &b->net[PIN_SCK], &b->checker);
        return true;
    }
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
    trace_init(&b->trace);
    vline_init(&b->vcc, &b->sim, "vcc", s->board.power_on ? (int32_t)s->board.vcc_mv : 0);
    init_nets(b);
    if (s->board.programmer.circuit) {
        b->circuit = memory_zeroed(1, sizeof *b->circuit);
        circuit_board_lines(b->circuit, &b->sim, b->s->board.programmer.circuit);
    }
    for (unsigned i = 0; i < RAW_PINS; i++) {
        b->wire[i] = NOWHERE;
    }
    for (unsigned i = 10; i <= 13; i++) {
        b->uno_pin_used[i] = true;
    }
    b->wire[PIN_RESET] = 10; /* as the ArduinoISP sketch says */
    b->wire[PIN_MOSI] = 11;
    b->wire[PIN_MISO] = 12;
    b->wire[PIN_SCK] = 13;
    use_named_pins(b);
    if (!init_chip(b, o, err) || !init_reset_cap(b, err) || !wire_up(b, s->board.wires, s->board.n_wires, err) ||
        !rewiring_is_sound(b, err)) {
        board_free(b);
        return NULL;
    }
    if (b->circuit) { /* it stands there before anything is recorded */
        if (s->board.programmer.stimulus.file) {
            if (!load_stimulus(b, err)) {
                board_free(b);
                return NULL;
            }
            stimulus_settle(&b->stimulus);
        }
        circuit_board_start(b->circuit);
        place_pins(b);
    }
    b->tracing = o->trace;
    if (o->trace && !record_nets(b, err)) {
        board_free(b);
        return NULL;
    }
    init_target(b);
    init_ports(b);
    if (!init_programmer(b, err) || !init_core(b, err) || !board_clock(b, &s->board.target.clock, err)) {
        board_free(b);
        return NULL;
    }
    place_front_end(b);
    place_pins(b);
    return b;
}

void board_free(struct board *b)
{
    if (!b) {
        return;
    }
    if (b->programmer.ops && b->programmer.ops->free) {
        b->programmer.ops->free(b->programmer.ctx);
    }
    if (b->script.ops) {
        b->script.ops->free(b->script.ctx);
    }
    if (b->has_stimulus) {
        stimulus_free(&b->stimulus);
    }
    uno_free(b->uno); /* its pins let go of nets that the target watches */
    target_core_free(b->core);
    checker_free(&b->checker);
    trace_free(&b->trace);
    free(b->circuit);
    board_ports_free(&b->ports);
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
    if (b->uno) {
        uno_reset(b->uno);
    }
}

void board_power(struct board *b, uint32_t vcc_mv)
{
    vline_set(&b->vcc, (int32_t)vcc_mv);
}

bool board_clock(struct board *b, const struct scenario_clock *c, struct problem *err)
{
    struct net_wave w;
    int strap = b->wire[c->on_xtal2 ? PIN_XTAL2 : PIN_XTAL1];

    if (c->kind == SCENARIO_CLOCK_WAVE && (strap == TO_GND || strap == TO_VCC)) {
        return problem_set(err, "%s:%u:%u: a wave on %s, which is wired to %s: take one of them away", b->s->path,
                           c->place.line, c->place.column, raw_pin_names[c->on_xtal2 ? PIN_XTAL2 : PIN_XTAL1],
                           strap == TO_GND ? "gnd" : "vcc");
    }
    net_hold(&b->sim);
    target_set_crystal(&b->target, c->kind == SCENARIO_CLOCK_CRYSTAL ? c->f_millihz : 0);
    target_set_external_rc(&b->target, c->kind == SCENARIO_CLOCK_RC ? c->f_millihz : 0);
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
    if (b->s->board.programmer.kind == SCENARIO_PROGRAMMER_SCRIPT) { /* it is there already */
        scripted_settings(b->script.ctx, s ? s : &b->s->board.programmer.script);
        return true;
    }
    if (s && !b->script.ops) {
        b->script = new_script(b, s);
    }
    b->script_plugged = s != NULL;
    place_pins(b);
    place_front_end(b);
    return true;
}

struct programmer *board_programmer(struct board *b)
{
    return b->script_plugged ? &b->script : &b->programmer;
}

struct board_ports *board_ports(struct board *b)
{
    return &b->ports;
}

struct sim *board_sim(struct board *b)
{
    return &b->sim;
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
    return &b->target;
}

struct target_core *board_target_core(struct board *b)
{
    return b->core;
}

struct nvm *board_nvm(struct board *b)
{
    return b->nvm;
}

struct uno *board_uno(struct board *b)
{
    return b->uno;
}

const struct scenario *board_scenario(const struct board *b)
{
    return b->s;
}
