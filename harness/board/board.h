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
 * Hosts       In the simulation (struct programmer, run by steps) or outside (pty, through bench_host_send()).
 * Time        Nothing here reads a wall clock. One bench, one struct sim; any number in one process.
 */
#ifndef HARNESS_BOARD_BOARD_H
#define HARNESS_BOARD_BOARD_H

#include "harness/hosts/programmer.h"
#include "harness/scenario/scenario.h"
#include "sim/kernel.h"
#include "sim/net.h"
#include "sim/trace.h"
#include "sim/vline.h"

struct bench;
struct checker;
struct nvm;
struct target;
struct uno;

struct bench_options {  /* zeroed: as the scenario says */
    bool has_seed;
    uint64_t seed;        /* instead of the scenario's */
    const char *firmware; /* instead of the scenario's programmer firmware: builtin name or path */
    struct nvm *chip;     /* kept by the caller; the starting state is then its own. NULL: the scenario's */
    bool trace;           /* record the scenario's nets */
};

/* The scenario must outlive the bench. NULL and err: firmware missing or broken, contradictory board. */
struct bench *bench_new(const struct scenario *s, const struct bench_options *o, struct problem *err);
void bench_free(struct bench *b);

/* Runs for d_ps of simulated time. False: the simulation can't go on (err says why). */
bool bench_run(struct bench *b, sim_time d_ps, struct problem *err);
sim_time bench_now(const struct bench *b);

/*
 * The host's serial ports (ports.h): the programmer's, and the target's own UART where the scenario says so
 * (board.target.uart). The functions below act on the selected one, at first the programmer's. Of a programmer that
 * runs no firmware it is the PC's front end: what is sent is done, and has been answered, on return.
 */
enum bench_port { BENCH_PORT_PROGRAMMER, BENCH_PORT_TARGET };
/* False: the board has no such port. */
bool bench_host_select(struct bench *b, enum bench_port port);
void bench_host_send(struct bench *b, const uint8_t *bytes, size_t n);
size_t bench_host_pending(const struct bench *b); /* bytes not yet begun */
void bench_host_on_byte(struct bench *b, void (*byte)(void *ctx, uint8_t value, sim_time at_ps), void *ctx);
/* A host that opens the port at another speed. False: not 300 .. 2 000 000. */
bool bench_host_baud(struct bench *b, uint32_t baud);
/* Opening the port pulls DTR: resets the Uno, or the target, if that has auto_reset. True if it did. */
bool bench_host_open(struct bench *b);
/* The program on the other end has gone: the front end ends its session. A line does not notice. */
void bench_host_closed(struct bench *b);
/* What the programmer behind the front end last complained of; "": nothing. Valid until the next operation. */
const char *bench_host_complaint(struct bench *b);

void bench_reset_programmer(struct bench *b);
void bench_power(struct bench *b, uint32_t vcc_mv); /* 0 = off */
/* False and err (placed): two wires on one pin; nothing has changed then. */
bool bench_rewire(struct bench *b, const struct scenario_wire *w, unsigned n, struct problem *err);
bool bench_clock(struct bench *b, const struct scenario_clock *c, struct problem *err);

struct sim *bench_sim(struct bench *b);
struct net *bench_net(struct bench *b, const char *name);    /* NULL: no such net */
struct vline *bench_line(struct bench *b, const char *name); /* "vcc" ... */
struct trace *bench_trace(struct bench *b);                  /* NULL without options.trace */
struct checker *bench_checker(struct bench *b);
struct target *bench_target(struct bench *b);
struct nvm *bench_nvm(struct bench *b);
struct uno *bench_uno(struct bench *b); /* NULL: the programmer is no firmware */
const struct scenario *bench_scenario(const struct bench *b);

/* The programmer that steps use: the scenario's, or the scripted one while it is plugged in its place. */
struct programmer *bench_programmer(struct bench *b);
/* Takes the scenario's programmer off the wires and connects a scripted one (s NULL: back again). */
bool bench_plug_script(struct bench *b, const struct scenario_script *s, struct problem *err);

#endif
