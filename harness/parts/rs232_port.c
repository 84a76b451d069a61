/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * rs232_port - a PC's serial port with the level circuit of a serial bit-bang programmer: /dev/ttyS0 of `limpet exec`
 *
 *      TXD  --[R, clamp]-- TXD     1 at +V, 0 at -V        TXD --[R]--|< open collector-- TXD_OC   0 at +V, else open
 *      DTR, RTS the same                                    DTR_OC, RTS_OC the same
 *      CTS, DSR, CD, RI <--------- inputs, +V while high    RXD <-- mark while low (as the RS232 line has it)
 *
 * SI-Prog and PonyProg's own (avrdude -c siprog, ponyser): TXD_OC on RESET, RTS on SCK, DTR on MOSI, CTS on MISO;
 * dasa: RTS on RESET, DTR on SCK, TXD on MOSI, CTS on MISO. What is wired is driven, always, as those circuits do.
 * Leaves out  the resistors' slowness, what the circuit draws from the lines, levels between
 */
#include "harness/parts/part_types.h"
#include "harness/parts/pc_side.h"
#include "sim/memory.h"

#include <stdlib.h>

enum { INPUTS_AT = 2 * PC_RS232_OUT, RXD = INPUTS_AT + 4, PINS };

struct rs232_port {
    struct vline *vcc;
    bool positive[PC_RS232_OUT];
    struct net_driver driver[INPUTS_AT]; /* clamped, then open collectors */
    struct net *input[PINS - INPUTS_AT];
    struct net_watch watch[PINS - INPUTS_AT];
    void (*changed)(void *ctx);
    void *ctx;
};

static void *make(const struct part_site *site, const void *cfg)
{
    struct rs232_port *p = memory_zeroed(1, sizeof *p);

    (void)cfg;
    p->vcc = site->vcc;
    return p;
}

static void follow(struct rs232_port *p, unsigned line)
{
    net_drive(&p->driver[line], p->positive[line] ? NET_1 : NET_0, NET_STRONG);
    if (p->positive[line]) {
        net_drive(&p->driver[PC_RS232_OUT + line], NET_0, NET_STRONG);
    } else {
        net_open(&p->driver[PC_RS232_OUT + line]);
    }
}

static void input_changed(void *ctx, struct net *net, sim_time at_ps)
{
    struct rs232_port *p = ctx;

    (void)net;
    (void)at_ps;
    if (p->changed) {
        p->changed(p->ctx);
    }
}

static void connect(void *self, unsigned pin, struct net *net)
{
    struct rs232_port *p = self;

    if (pin < INPUTS_AT) {
        net_move(&p->driver[pin], net, "RS232 port");
        net_driver_supply(&p->driver[pin], p->vcc);
        follow(p, pin % PC_RS232_OUT);
        return;
    }
    unsigned i = pin - INPUTS_AT;

    net_watch_move(&p->input[i], net, &p->watch[i], NET_WATCH_EDGES, input_changed, p);
}

static void free_port(void *self)
{
    for (unsigned i = 0; i < PINS; i++) {
        connect(self, i, NULL);
    }
    free(self);
}

static void set(void *self, enum pc_rs232_line line, bool positive)
{
    struct rs232_port *p = self;

    p->positive[line] = positive;
    follow(p, line);
}

static bool is_high(const struct net *net)
{
    return net && net_is_high(net, false);
}

static unsigned inputs(void *self)
{
    const struct rs232_port *p = self;
    unsigned on = 0;

    for (unsigned i = 0; i < 4; i++) {
        on |= is_high(p->input[i]) ? 1u << i : 0;
    }
    return on;
}

static bool rxd_mark(void *self)
{
    const struct rs232_port *p = self;

    return !is_high(p->input[RXD - INPUTS_AT]);
}

static void listen(void *self, void (*changed)(void *ctx), void *ctx)
{
    struct rs232_port *p = self;

    p->changed = changed;
    p->ctx = ctx;
}

static const struct pc_rs232 as_rs232 = { .set = set, .inputs = inputs, .rxd_mark = rxd_mark, .listen = listen };

static const struct part_pin pins[] = { { .name = "TXD" },    { .name = "DTR" },    { .name = "RTS" },
                                        { .name = "TXD_OC" }, { .name = "DTR_OC" }, { .name = "RTS_OC" },
                                        { .name = "CTS" },    { .name = "DSR" },    { .name = "CD" },
                                        { .name = "RI" },     { .name = "RXD" } };

const struct part_type rs232_port_type = {
    .name = "rs232_port",
    .help = "a PC's serial port with the level circuit of a bit-bang programmer (ponyser, siprog, dasa)",
    .pins = pins,
    .n_pins = PINS,
    .make = make,
    .connect = connect,
    .free = free_port,
    .rs232 = &as_rs232,
};
