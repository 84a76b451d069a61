/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * board.h - a board built from a scenario: the only place that wires parts together
 *
 *      host UART --TXD--> D0 +-----------+ D10 --RESET--+---------+
 *                <-RXD--  D1 |    Uno    | D11 --MOSI---|  target |
 *                            | (simavr)  | D12 --MISO---|         |--- XTAL1, XTAL2: crystal, wave or nothing
 *                            +-----------+ D13 --SCK----+---------+--- VCC
 *                                             the checker watches the target's pins
 *
 * Nets        The target's pins have fixed nets: "reset", "sck", "mosi", "miso", "xtal1", "xtal2". A pin of the
 *             programmer sits on the target's net that its wire leads to, or on a net of its own ("uno.D12")
 *             while it leads nowhere.
 * Hosts       In the simulation (struct programmer, run by steps) or outside (pty, through board_host_send()).
 * Time        Nothing here reads a wall clock. One board, one struct sim; any number in one process.
 */
#ifndef HARNESS_BOARD_BOARD_H
#define HARNESS_BOARD_BOARD_H

#include "harness/hosts/programmer.h"
#include "harness/scenario/scenario.h"
#include "sim/kernel.h"
#include "sim/net.h"
#include "sim/trace.h"
#include "sim/vline.h"

struct board;
struct checker;
struct nvm;
struct target;
struct uno;

struct board_options { /* zeroed: as the scenario says */
    bool has_seed;
    uint64_t seed;        /* instead of the scenario's */
    const char *firmware; /* instead of the scenario's programmer firmware: builtin name or path */
    struct nvm *chip;     /* kept by the caller; the starting state is then its own. NULL: the scenario's */
    bool trace;           /* record the scenario's nets */
};

/* The scenario must outlive the board. NULL and err: firmware missing or broken, contradictory board. */
struct board *board_new(const struct scenario *s, const struct board_options *o, struct problem *err);
void board_free(struct board *b);

/* Runs for d_ps of simulated time. False: the simulation can't go on (err says why). */
bool board_run(struct board *b, sim_time d_ps, struct problem *err);
sim_time board_now(const struct board *b);

/*
 * The host's serial ports (ports.h): the programmer's, and the target's own UART where the scenario says so
 * (board.target.uart). The functions below act on the selected one, at first the programmer's. Of a programmer that
 * runs no firmware it is the PC's front end: what is sent is done, and has been answered, on return.
 */
enum board_port { BOARD_PORT_PROGRAMMER, BOARD_PORT_TARGET };
/* False: the board has no such port. */
bool board_host_select(struct board *b, enum board_port port);
void board_host_send(struct board *b, const uint8_t *bytes, size_t n);
size_t board_host_pending(const struct board *b); /* bytes not yet begun */
void board_host_on_byte(struct board *b, void (*byte)(void *ctx, uint8_t value, sim_time at_ps), void *ctx);
/* A host that opens the port at another speed. False: not 300 .. 2 000 000. */
bool board_host_baud(struct board *b, uint32_t baud);
/* Opening the port pulls DTR: resets the Uno, or the target, if that has auto_reset. True if it did. */
bool board_host_open(struct board *b);
/* The program on the other end has gone: the front end ends its session. A line does not notice. */
void board_host_closed(struct board *b);
/* What the programmer behind the front end last complained of; "": nothing. Valid until the next operation. */
const char *board_host_complaint(struct board *b);

void board_reset_programmer(struct board *b);
void board_power(struct board *b, uint32_t vcc_mv); /* 0 = off */
/* False and err (placed): two wires on one pin; nothing has changed then. */
bool board_rewire(struct board *b, const struct scenario_wire *w, unsigned n, struct problem *err);
bool board_clock(struct board *b, const struct scenario_clock *c, struct problem *err);

struct sim *board_sim(struct board *b);
struct net *board_net(struct board *b, const char *name);    /* NULL: no such net */
struct vline *board_line(struct board *b, const char *name); /* "vcc" ... */
struct trace *board_trace(struct board *b);                  /* NULL without options.trace */
struct checker *board_checker(struct board *b);
struct target *board_target(struct board *b);
struct nvm *board_nvm(struct board *b);
struct uno *board_uno(struct board *b); /* NULL: the programmer is no firmware */
const struct scenario *board_scenario(const struct board *b);

/* The programmer that steps use: the scenario's, or the scripted one while it is plugged in its place. */
struct programmer *board_programmer(struct board *b);
/* Takes the scenario's programmer off the wires and connects a scripted one (s NULL: back again). */
bool board_plug_script(struct board *b, const struct scenario_script *s, struct problem *err);

#endif
