/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "harness/parts/circuit.h"

#include <stddef.h>
#include <string.h>
#include <strings.h>

void circuit_board_lines(struct circuit_board *c, struct sim *sim, const struct circuit_config *cfg)
{
    memset(c, 0, sizeof *c);
    c->cfg = *cfg;
    c->sim = sim;
    rs232_line_init(&c->tx, sim, "tx", &cfg->levels, false);
    rs232_line_init(&c->dtr, sim, "dtr", &cfg->levels, false);
    rs232_line_init(&c->rts, sim, "rts", &cfg->levels, false);
    vline_init(&c->vdd, sim, "vdd", 0);
    vline_init(&c->rx_line, sim, "rx_line", 0);
    vline_init(&c->dp, sim, "dp", 0);
    vline_init(&c->dm, sim, "dm", 0);
    net_init(&c->rx, sim, "rx");
    net_init(&c->q, sim, "q");
    net_init(&c->vdd_ok, sim, "vdd_ok");
}

/* What a name is and which kinds of board have it. */
enum what { RS232, LINE, NET };
#define IN(kind) (1u << (kind))
static const struct {
    const char *name;
    enum what what;
    size_t offset;
    unsigned kinds;
} names[] = {
    { "tx", RS232, offsetof(struct circuit_board, tx), IN(CIRCUIT_MINIFRAME) | IN(CIRCUIT_4098) },
    { "dtr", RS232, offsetof(struct circuit_board, dtr), IN(CIRCUIT_MINIFRAME) },
    { "rts", RS232, offsetof(struct circuit_board, rts), IN(CIRCUIT_MINIFRAME) },
    { "vdd", LINE, offsetof(struct circuit_board, vdd), IN(CIRCUIT_MINIFRAME) },
    { "rx_line", LINE, offsetof(struct circuit_board, rx_line), IN(CIRCUIT_MINIFRAME) | IN(CIRCUIT_4098) },
    { "dp", LINE, offsetof(struct circuit_board, dp), IN(CIRCUIT_USB) },
    { "dm", LINE, offsetof(struct circuit_board, dm), IN(CIRCUIT_USB) },
    { "rx", NET, offsetof(struct circuit_board, rx), IN(CIRCUIT_MINIFRAME) | IN(CIRCUIT_4098) },
    { "q", NET, offsetof(struct circuit_board, q), IN(CIRCUIT_MINIFRAME) },
    { "vdd_ok", NET, offsetof(struct circuit_board, vdd_ok), IN(CIRCUIT_MINIFRAME) },
};

static void *find(struct circuit_board *c, const char *name, enum what what)
{
    for (unsigned i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (names[i].what == what && names[i].kinds & IN(c->cfg.kind) && !strcasecmp(name, names[i].name)) {
            return (char *)c + names[i].offset;
        }
    }
    return NULL;
}

struct vline *circuit_board_line(struct circuit_board *c, const char *name)
{
    struct rs232_line *rs232 = find(c, name, RS232);
    return rs232 ? &rs232->v : find(c, name, LINE);
}

static bool is_port(struct circuit_board *c, struct vline *line)
{
    return c->cfg.kind == CIRCUIT_USB && (line == &c->dp || line == &c->dm);
}

bool circuit_board_can_play(struct circuit_board *c, const char *name)
{
    return find(c, name, RS232) || is_port(c, find(c, name, LINE));
}

bool circuit_board_play(struct circuit_board *c, const char *name, struct stimulus *st, const char *signal,
                        struct problem *err)
{
    struct rs232_line *rs232 = find(c, name, RS232);
    if (rs232) {
        return stimulus_map_rs232(st, signal, rs232, err);
    }
    return stimulus_map_line(st, signal, find(c, name, LINE), 0, c->cfg.usb_host.high_mv, err);
}

struct net *circuit_board_net(struct circuit_board *c, const char *name)
{
    return find(c, name, NET);
}

const char *circuit_board_name(enum circuit_kind kind, unsigned i, bool *is_line)
{
    for (unsigned k = 0; k < sizeof names / sizeof names[0]; k++) {
        if (names[k].kinds & IN(kind) && i-- == 0) {
            *is_line = names[k].what != NET;
            return names[k].name;
        }
    }
    return NULL;
}

void circuit_board_start(struct circuit_board *c)
{
    switch (c->cfg.kind) {
    case CIRCUIT_MINIFRAME: {
        struct miniframe_wires w = { .tx = &c->tx,
                                     .dtr = &c->dtr,
                                     .rts = &c->rts,
                                     .rx = &c->rx,
                                     .q = &c->q,
                                     .vdd_ok = &c->vdd_ok,
                                     .vdd = &c->vdd,
                                     .rx_line = &c->rx_line };
        miniframe_init(&c->miniframe, c->sim, &c->cfg.miniframe, &w);
        break;
    }
    case CIRCUIT_4098: {
        struct mono4098_wires w = { .tx = &c->tx, .rx = &c->rx, .rx_line = &c->rx_line };
        mono4098_init(&c->mono, c->sim, &c->cfg.mono, &w);
        break;
    }
    case CIRCUIT_USB: {
        struct usb_testmode_wires w = { .dp = &c->dp, .dm = &c->dm };
        usb_testmode_init(&c->usb, c->sim, &c->cfg.usb, &w);
        break;
    }
    }
}

void circuit_board_connect(struct circuit_board *c, struct net *reset, struct net *mosi, struct net *miso,
                           struct net *sck)
{
    switch (c->cfg.kind) {
    case CIRCUIT_MINIFRAME: miniframe_connect(&c->miniframe, sck, mosi, reset, miso); break;
    case CIRCUIT_4098: mono4098_connect(&c->mono, sck, mosi, reset, miso); break;
    case CIRCUIT_USB: usb_testmode_connect(&c->usb, sck, mosi, reset); break;
    }
}

struct programmer circuit_board_host(struct circuit_board *c, const struct part *part, struct net *sck,
                                     struct checker *checker)
{
    if (c->cfg.kind == CIRCUIT_USB) {
        return host_usb_new(c->sim, part, &c->dp, &c->dm, &c->cfg.usb_host);
    }
    bool full = c->cfg.kind == CIRCUIT_MINIFRAME;
    struct host_miniframe_board b = {
        .sim = c->sim,
        .part = part,
        .tx = &c->tx,
        .dtr = full ? &c->dtr : NULL,
        .rts = full ? &c->rts : NULL,
        .rx_line = &c->rx_line,
        .rx_threshold_mv = (int32_t)(c->cfg.miniframe.rx_threshold_v * 1000),
        .sck = sck,
        .checker = checker,
        .circuit = full ? &c->miniframe : NULL,
    };
    return host_miniframe_new(&b, &c->cfg.host);
}
