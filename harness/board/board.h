/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * board.h - a board built from a scenario: the only place that wires parts together
 *
 *      PC: host, serial ports --- programmer's place ---+--- wires: netlist ---+--- target --- XTAL1, XTAL2: crystal,
 *      (ports)                    (programmer_place)    |                                      wave or nothing
 *                                                  other parts
 *
 * Parts       board_parts.h: the target, the programmer and all others are rows (harness/parts/part.h).
 * Nets        netlist.h: pins of the target have fixed nets ("sck"); a pin of another part is on the target's net that
 *             its wire leads to, on the net of its wire, or on one of its own. Names: plan.h.
 * Hosts       In the simulation (struct programmer, run by steps) or outside (pty, through ports.h).
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
struct board_ports;
struct branches;
struct checker;
struct notes;
struct nvm;
struct source_lines;
struct target;
struct target_core;
struct mcu_board;
struct wiring;

struct board_options { /* zeroed: as the scenario says */
    bool has_seed;
    uint64_t seed;            /* instead of the scenario's */
    sim_time budget_ps;       /* simulated time at most; 0: SIM_BUDGET_PS */
    uint64_t budget_ck;       /* executed cycles and events at most (sim/kernel.h); 0: SIM_BUDGET_CK */
    const volatile int *stop; /* the run ends once it is not 0; NULL: nobody stops it */
    struct nvm *chip;         /* kept by the caller; the starting state is then its own. NULL: the scenario's */
    bool trace;               /* record the scenario's nets */
    bool notes;               /* and what the simulation knows beside them (sim/notes.h) */
    bool no_shortcuts;        /* sim/kernel.h */
    bool stats;               /* count what is done: board_stats.h */
    bool has_shuffle;         /* sim_shuffle(), for tests of the simulator */
    uint64_t shuffle_seed;
    struct branches
        *branches; /* seeds of a fault, the part of that name (sim/branches.h); NULL: as the scenario says */
    const char *branches_of;
};

/* The scenario must outlive the board. NULL and err: firmware missing or broken, contradictory board. */
struct board *board_new(const struct scenario *s, const struct board_options *o, struct problem *err);
void board_free(struct board *b);
/* From now on it runs this scenario, whose board is the same; both must outlive the board. */
void board_go_on_as(struct board *b, const struct scenario *s);

/* Runs for d_ps of simulated time. False: the simulation can't go on (err says why). */
bool board_run(struct board *b, sim_time d_ps, struct problem *err);
sim_time board_now(const struct board *b);
sim_time board_took(const struct board *b); /* now, or when the simulation could not go on */

struct board_ports *board_ports(struct board *b); /* the PC's: ports.h */

void board_reset_programmer(struct board *b);
void board_power(struct board *b, uint32_t vcc_mv); /* 0 = off */
/* False and err (placed): two wires on one pin; nothing has changed then. */
bool board_rewire(struct board *b, const struct plan_lead *leads, unsigned n, struct problem *err);
/* The target is out of its socket: no pin on a wire, no supply; its memories stay. */
void board_pull_chip(struct board *b, bool out);
bool board_clock(struct board *b, const struct scenario_clock *c, struct problem *err);

struct sim *board_sim(struct board *b);
/* The speed that the programmer's firmware listens at now; 0: not at all, or there is none. */
uint32_t board_programmer_baud(const struct board *b);
/* The recording that drives the board, and when it began; NULL: none. */
const struct wave_list *board_recording(const struct board *b, sim_time *start_ps);
/* What was accepted when the programmer's firmware was read: "FILE:LINE: text", i = 0.. ; NULL after the last. */
const char *board_firmware_note(const struct board *b, unsigned i);
/* Functions and lines of the programmer's firmware, read when asked for first; NULL: none (why says so, may be NULL). */
struct source_lines *board_source_lines(struct board *b, struct problem *why);
struct net *board_net(struct board *b, const char *name);    /* NULL: no such net */
struct vline *board_line(struct board *b, const char *name); /* "vcc" ... */
struct trace *board_trace(struct board *b);                  /* NULL without options.trace */
struct notes *board_notes(struct board *b);                  /* NULL without options.notes */
struct checker *board_checker(struct board *b);
struct target *board_target(struct board *b);
struct target_core *board_target_core(struct board *b);
struct nvm *board_nvm(struct board *b);
struct mcu_board *board_mcu(struct board *b); /* NULL: the programmer is no firmware */
const struct scenario *board_scenario(const struct board *b);
/* Which pins are joined now. */
const struct wiring *board_wiring(const struct board *b);

struct board_part {
    const char *name;
    const struct part_type *type;
    void *self;
};
/* The parts that stand on it, i = 0.. ; false after the last. self NULL: it is off all wires now. */
bool board_part_at(struct board *b, unsigned i, struct board_part *part);

/* The programmer that steps use: the scenario's, or the scripted one while it is plugged in its place. */
struct programmer *board_programmer(struct board *b);
/* Takes the scenario's programmer off the wires and connects a scripted one (s NULL: back again). */
bool board_plug_script(struct board *b, const struct scripted_config *s, struct problem *err);

#endif
