/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "harness/board/programmer_place.h"

#include "harness/base/firmware_path.h"
#include "harness/hosts/scripted.h"
#include "mcu/image.h"
#include "sim/memory.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

void programmer_place_init(struct programmer_place *p, const struct scenario *s, struct sim *sim, struct netlist *nets,
                           struct checker *checker)
{
    *p = (struct programmer_place){ .s = s, .cfg = &s->board.programmer, .sim = sim, .nets = nets, .checker = checker };
    if (p->cfg->circuit) {
        p->circuit = memory_zeroed(1, sizeof *p->circuit);
        circuit_board_lines(p->circuit, sim, p->cfg->circuit);
    }
}

/* ---- recordings ---- */

/* The net that a recording drives: of RESET where a wire to it leads. */
static struct net *net_to_drive(struct programmer_place *p, const char *name)
{
    struct plan_ref at = plan_find(p->nets->plan, name);

    if (at.what == PLAN_PIN && at.part == PLAN_TARGET && at.pin == AVR_RESET) {
        return netlist_target_wire(p->nets, AVR_RESET);
    }
    return netlist_find(p->nets, name);
}

static bool load_stimulus(struct programmer_place *p, struct problem *err)
{
    const struct scenario_stimulus *st = &p->cfg->stimulus;

    if (!stimulus_load(&p->stimulus, p->sim, st->file, err)) {
        return false;
    }
    p->has_stimulus = true;
    for (unsigned i = 0; i < st->n_map; i++) {
        const char *name = st->map[i].net, *signal = st->map[i].signal;
        struct net *net = net_to_drive(p, name);
        bool ok;

        if (p->circuit && circuit_board_can_play(p->circuit, name)) {
            ok = circuit_board_play(p->circuit, name, &p->stimulus, signal, err);
        } else if (!net) {
            ok = problem_set(err, "%s has a source already: a recording can't drive it", name);
        } else {
            ok = stimulus_map_net(&p->stimulus, signal, net, err);
        }
        if (!ok) {
            return problem_prefix(err, "%s:%u:%u", p->s->path, st->place.line, st->place.column);
        }
    }
    return true;
}

bool programmer_place_settle(struct programmer_place *p, struct problem *err)
{
    if (!p->circuit) {
        return true;
    }
    if (p->cfg->stimulus.file) {
        if (!load_stimulus(p, err)) {
            return false;
        }
        stimulus_settle(&p->stimulus);
    }
    circuit_board_start(p->circuit);
    programmer_place_connect(p);
    return true;
}

/* ---- firmware ---- */

static struct net *serial_net(struct programmer_place *p, const char *pin)
{
    return netlist_now(p->nets, PLAN_PROGRAMMER, (unsigned)mcu_board_pin_find(p->s->board.row, pin));
}

static bool start_mcu(struct programmer_place *p, struct problem *err)
{
    const struct mcu_board_row *row = p->s->board.row;
    struct mcu_board_config cfg = mcu_board_default(row);
    struct image img;
    char path[PATH_MAX];

    if (!firmware_resolve(p->cfg->firmware, NULL, path, sizeof path, err)) {
        return problem_prefix(err, "firmware of the programmer");
    }
    if (!image_load(&img, path, IMAGE_FLASH, err)) {
        return problem_prefix(err, "firmware of the programmer");
    }
    if (!image_end(&img, IMAGE_FLASH)) {
        image_free(&img);
        return problem_set(err, "firmware of the programmer: '%.200s' holds no program", path);
    }
    mcu_board_fuses_for(&cfg, &img);
    cfg.checker = p->checker;
    cfg.floating_high = p->cfg->floating_high;
    cfg.pins.d[mcu_board_pin_find(row, row->rxd)] = serial_net(p, row->rxd);
    cfg.pins.d[mcu_board_pin_find(row, row->txd)] = serial_net(p, row->txd);
    p->n_notes = img.n_notes;
    memcpy(p->notes, img.notes, sizeof p->notes);
    p->mcu = mcu_board_new(p->sim, &cfg, &img, err);
    image_free(&img);
    return p->mcu || problem_prefix(err, "firmware of the programmer: %s", path);
}

bool programmer_place_start(struct programmer_place *p, const struct host *host, struct problem *err)
{
    switch (p->cfg->kind) {
    case SCENARIO_PROGRAMMER_NONE: break;
    case SCENARIO_PROGRAMMER_FIRMWARE:
        if (!start_mcu(p, err)) {
            return p->cfg->place.line &&
                   problem_prefix(err, "%s:%u:%u", p->s->path, p->cfg->place.line, p->cfg->place.column);
        }
        p->programmer = p->cfg->host->create(host, &p->cfg->host_settings);
        break;
    case SCENARIO_PROGRAMMER_SCRIPT:
        p->script = scripted_new(p->sim, p->s->board.target.part, &p->cfg->script);
        p->script_plugged = true;
        break;
    case SCENARIO_PROGRAMMER_STIMULUS:
        if (!load_stimulus(p, err)) {
            return false;
        }
        stimulus_start(&p->stimulus);
        break;
    case SCENARIO_PROGRAMMER_CIRCUIT:
        if (p->cfg->stimulus.file) {
            stimulus_start(&p->stimulus);
        } else {
            p->programmer = circuit_board_host(p->circuit, p->s->board.target.part, netlist_target(p->nets, AVR_SCK),
                                               p->checker);
        }
        break;
    }
    return true;
}

/* ---- pins ---- */

static struct net *isp_net(const struct programmer_place *p, unsigned pin)
{
    int i = p->nets->plan->isp[pin];

    return i >= 0 ? netlist_now(p->nets, PLAN_PROGRAMMER, (unsigned)i) : NULL;
}

static void connect_mcu(struct programmer_place *p)
{
    const struct plan_part *part = &p->nets->plan->parts[PLAN_PROGRAMMER];

    for (unsigned i = 0; i < part->n_pins; i++) {
        struct net *net = netlist_now(p->nets, PLAN_PROGRAMMER, i);

        if (part->pins[i].kind == PIN_NET) { /* the others are the host's */
            mcu_board_connect(p->mcu, i, p->script_plugged && net ? netlist_own(p->nets, PLAN_PROGRAMMER, i) : net);
        }
    }
}

void programmer_place_connect(struct programmer_place *p)
{
    struct net *reset = isp_net(p, ISP_RESET), *mosi = isp_net(p, ISP_MOSI);
    struct net *miso = isp_net(p, ISP_MISO), *sck = isp_net(p, ISP_SCK);

    if (p->mcu) {
        connect_mcu(p);
    }
    if (p->script.ops && p->script_plugged) {
        scripted_connect(p->script.ctx, reset, mosi, miso, sck);
    } else if (p->script.ops) {
        scripted_connect(p->script.ctx, NULL, NULL, NULL, NULL);
    }
    if (p->circuit && p->script_plugged) {
        circuit_board_connect(p->circuit, NULL, NULL, NULL, NULL);
    } else if (p->circuit) {
        circuit_board_connect(p->circuit, reset, mosi, miso, sck);
    }
}

void programmer_place_plug(struct programmer_place *p, const struct scripted_config *s)
{
    if (p->cfg->kind == SCENARIO_PROGRAMMER_SCRIPT) { /* it is there already */
        scripted_settings(p->script.ctx, s ? s : &p->cfg->script);
        return;
    }
    if (s && !p->script.ops) {
        p->script = scripted_new(p->sim, p->s->board.target.part, s);
    }
    p->script_plugged = s != NULL;
}

struct programmer *programmer_place_current(struct programmer_place *p)
{
    return p->script_plugged ? &p->script : &p->programmer;
}

struct vline *programmer_place_line(struct programmer_place *p, const char *name)
{
    return p->circuit ? circuit_board_line(p->circuit, name) : NULL;
}

/* ---- the end ---- */

void programmer_place_stop(struct programmer_place *p)
{
    if (p->programmer.ops && p->programmer.ops->free) {
        p->programmer.ops->free(p->programmer.ctx);
    }
    if (p->script.ops) {
        p->script.ops->free(p->script.ctx);
    }
    if (p->has_stimulus) {
        stimulus_free(&p->stimulus);
    }
    mcu_board_free(p->mcu); /* its pins let go of nets that the target watches */
}

void programmer_place_free(struct programmer_place *p)
{
    free(p->circuit);
    p->circuit = NULL;
}
