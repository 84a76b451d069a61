/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A circuit without a microcontroller in the programmer's place (circuit.h), with its host or a recording. */
#include "harness/parts/part_types.h"
#include "harness/parts/pc_side.h"
#include "harness/parts/programmer.h"
#include "sim/memory.h"

#include <stdlib.h>

struct programmer_circuit {
    struct part_site site;
    const struct programmer_config *cfg;
    struct net *on[4]; /* by pin */
    struct circuit_board board;
    struct stimulus stimulus;
    bool loaded; /* the recording */
    struct programmer host;
    struct vline_watch rx_watch; /* for a program on the PC */
    void (*changed)(void *ctx);
    void *ctx;
};

static void plan_pins(const void *cfg, struct plan_pins *t)
{
    const struct circuit_config *circuit = ((const struct programmer_config *)cfg)->circuit;
    const char *name;
    bool is_line;

    programmer_plan_pins(cfg, t);
    for (unsigned i = 0; (name = circuit_board_name(circuit->kind, i, &is_line)); i++) {
        t->pins[t->n++] = (struct part_pin){ name, NULL, is_line ? PIN_LINE : PIN_PROBE };
    }
}

static void *make(const struct part_site *site, const void *cfg)
{
    struct programmer_circuit *p = memory_zeroed(1, sizeof *p);

    p->site = *site;
    p->cfg = cfg;
    circuit_board_lines(&p->board, site->sim, p->cfg->circuit);
    return p;
}

static bool settle(void *self, struct problem *err)
{
    struct programmer_circuit *p = self;

    if (p->cfg->stimulus.file) {
        p->loaded = programmer_load_stimulus(&p->stimulus, &p->site, &p->cfg->stimulus, &p->board, err);
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
        p->host = circuit_board_host(&p->board, p->site.chip, p->site.target_sck, p->site.checker);
    }
    return true;
}

static void connect(void *self, unsigned pin, struct net *net)
{
    struct programmer_circuit *p = self;

    if (pin < sizeof p->on / sizeof p->on[0]) { /* the others are to look at */
        p->on[pin] = net;
    }
    if (pin == ISP_MISO) { /* the last of them: they move together */
        circuit_board_connect(&p->board, p->on[ISP_RESET], p->on[ISP_MOSI], p->on[ISP_MISO], p->on[ISP_SCK]);
    }
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

/* ---- for a program on the PC, which then is its host ---- */

static void set_line(void *self, enum pc_rs232_line which, bool positive)
{
    struct circuit_board *b = &((struct programmer_circuit *)self)->board;

    rs232_line_set(which == PC_TXD ? &b->tx : which == PC_DTR ? &b->dtr : &b->rts, positive);
}

static unsigned no_inputs(void *self)
{
    (void)self;
    return 0; /* only RX leads back */
}

static bool rxd_mark(void *self)
{
    const struct programmer_circuit *p = self;

    return p->board.rx_line.mv < (int32_t)(p->board.cfg.miniframe.rx_threshold_v * 1000);
}

static void rx_changed(void *ctx, struct vline *v, sim_time at_ps)
{
    struct programmer_circuit *p = ctx;

    (void)v;
    (void)at_ps;
    p->changed(p->ctx);
}

static void listen(void *self, void (*changed)(void *ctx), void *ctx)
{
    struct programmer_circuit *p = self;

    if (p->changed) {
        vline_watch_remove(&p->board.rx_line, &p->rx_watch);
    }
    p->changed = changed;
    p->ctx = ctx;
    if (changed) {
        vline_watch_add(&p->board.rx_line, &p->rx_watch, rx_changed, p);
        if (p->board.cfg.kind == CIRCUIT_MINIFRAME) {
            miniframe_listen(&p->board.miniframe, true);
        }
    }
}

static const struct pc_rs232 as_rs232 = {
    .set = set_line, .inputs = no_inputs, .rxd_mark = rxd_mark, .listen = listen
};

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

static const struct programmer_type as_programmer = {
    .isp_pins = programmer_isp_pins,
    .operations = operations,
    .recording = recording,
};

#define CIRCUIT                                                                                          \
    .place = PART_AS_PROGRAMMER, .plan_pins = plan_pins, .make = make, .settle = settle, .start = start, \
    .connect = connect, .line = line, .net = net, .stop = stop, .free = free, .programmer = &as_programmer

const struct part_type programmer_miniframe = {
    .name = "miniframe", .rs232 = &as_rs232, .help = "RS232 characters that gates turn into SCK and MOSI", CIRCUIT
};
const struct part_type programmer_usb = { .name = "usb", .help = "a USB port in test mode", CIRCUIT };
