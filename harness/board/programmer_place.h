/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * programmer_place.h - what stands in the programmer's place on a board, and the scripted one that may be plugged there
 *
 *      microcontroller board with firmware, host on its serial port     SCENARIO_PROGRAMMER_FIRMWARE
 *      circuit without a microcontroller, with its host or a recording  SCENARIO_PROGRAMMER_CIRCUIT
 *      scripted programmer                                              SCENARIO_PROGRAMMER_SCRIPT
 *      recording on the wires                                           SCENARIO_PROGRAMMER_STIMULUS
 *
 * While the script is plugged in the other is off all wires.
 */
#ifndef HARNESS_BOARD_PROGRAMMER_PLACE_H
#define HARNESS_BOARD_PROGRAMMER_PLACE_H

#include "harness/board/netlist.h"
#include "harness/hosts/host.h"
#include "harness/parts/circuit.h"
#include "harness/parts/stimulus.h"
#include "harness/scenario/scenario.h"
#include "mcu/image.h"
#include "mcu/mcu_board.h"

struct programmer_place { /* do not move it after init */
    const struct scenario *s;
    const struct scenario_programmer *cfg;
    struct sim *sim;
    struct netlist *nets;
    struct checker *checker;
    struct mcu_board *mcu;         /* NULL: none */
    struct circuit_board *circuit; /* NULL: none */
    struct stimulus stimulus;
    bool has_stimulus, script_plugged;
    char notes[IMAGE_NOTES][200]; /* of the firmware's file: what was accepted */
    unsigned n_notes;
    struct programmer programmer, script; /* without ops: none */
};

/* A circuit's lines and nets; nothing acts yet. */
void programmer_place_init(struct programmer_place *p, const struct scenario *s, struct sim *sim, struct netlist *nets,
                           struct checker *checker);
/* A circuit stands there, powered, before anything is recorded. False and err: its recording. */
bool programmer_place_settle(struct programmer_place *p, struct problem *err);
/* Firmware runs, recordings play. host: what the programmer's host is handed. */
bool programmer_place_start(struct programmer_place *p, const struct host *host, struct problem *err);
/* Puts the pins on the nets where the netlist has them. */
void programmer_place_connect(struct programmer_place *p);
/* The script comes (s) or goes (NULL); connect afterwards. */
void programmer_place_plug(struct programmer_place *p, const struct scripted_config *s);
/* What steps use: the scenario's programmer or the script. */
struct programmer *programmer_place_current(struct programmer_place *p);
/* A line in volts; NULL: it has none of that name. */
struct vline *programmer_place_line(struct programmer_place *p, const char *name);
/* Everything but the circuit, which others still watch; then programmer_place_free(). */
void programmer_place_stop(struct programmer_place *p);
void programmer_place_free(struct programmer_place *p);

#endif
