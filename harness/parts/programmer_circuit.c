/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A circuit without a microcontroller in the programmer's place (circuit.h), with its host or a recording. */
#include "harness/parts/programmer.h"
#include "sim/memory.h"

#include <stdlib.h>

struct programmer_circuit {
    const struct programmer_site *site;
    const struct programmer_config *cfg;
    struct circuit_board board;
    struct stimulus stimulus;
    bool loaded; /* the recording */
    struct programmer host;
};

static void pins(const struct programmer_config *cfg, struct plan_pins *t, int isp[4])
{
    const char *name;
    bool is_line;

    programmer_isp_pins(cfg, t, isp);
    for (unsigned i = 0; (name = circuit_board_name(cfg->circuit->kind, i, &is_line)); i++) {
        t->pins[t->n++] = (struct part_pin){ name, NULL, is_line ? PIN_LINE : PIN_PROBE };
    }
}

static void *make(const struct programmer_site *site, const struct programmer_config *cfg)
{
    struct programmer_circuit *p = memory_zeroed(1, sizeof *p);

    p->site = site;
    p->cfg = cfg;
    circuit_board_lines(&p->board, site->sim, cfg->circuit);
    return p;
}

static bool settle(void *self, struct problem *err)
{
    struct programmer_circuit *p = self;

    if (p->cfg->stimulus.file) {
        p->loaded = programmer_load_stimulus(&p->stimulus, p->site, &p->cfg->stimulus, &p->board, err);
        if (!p->loaded) {
            return false;
        }
        stimulus_settle(&p->stimulus);
    }
    circuit_board_start(&p->board);
    return true;
}

static bool start(void *self, const struct host *host, struct problem *err)
{
    struct programmer_circuit *p = self;

    (void)host;
    (void)err;
    if (p->loaded) {
        stimulus_start(&p->stimulus);
    } else {
        p->host = circuit_board_host(&p->board, p->site->part, p->site->target_sck, p->site->checker);
    }
    return true;
}

static void connect(void *self, struct net *const *nets)
{
    struct programmer_circuit *p = self;

    circuit_board_connect(&p->board, nets[ISP_RESET], nets[ISP_MOSI], nets[ISP_MISO], nets[ISP_SCK]);
}

static struct programmer operations(void *self)
{
    return ((struct programmer_circuit *)self)->host;
}

static struct vline *line(void *self, const char *name)
{
    return circuit_board_line(&((struct programmer_circuit *)self)->board, name);
}

static struct net *net(void *self, const char *name)
{
    return circuit_board_net(&((struct programmer_circuit *)self)->board, name);
}

static const struct stimulus *recording(void *self)
{
    struct programmer_circuit *p = self;

    return p->loaded ? &p->stimulus : NULL;
}

static void stop(void *self)
{
    struct programmer_circuit *p = self;

    if (p->host.ops && p->host.ops->free) {
        p->host.ops->free(p->host.ctx);
    }
    if (p->loaded) {
        stimulus_free(&p->stimulus);
    }
}

#define CIRCUIT                                                                                                 \
    .pins = pins, .make = make, .settle = settle, .start = start, .connect = connect, .operations = operations, \
    .line = line, .net = net, .recording = recording, .stop = stop, .free = free

const struct programmer_type programmer_miniframe = { .name = "miniframe", CIRCUIT };
const struct programmer_type programmer_usb = { .name = "usb", CIRCUIT };
