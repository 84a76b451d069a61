/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * programmer.h - what can stand in the programmer's place of a board: rows
 *
 *      microcontroller board with firmware, host on its serial port   programmer_mcu
 *      scripted programmer                                            programmer_script
 *      recording on the wires                                         programmer_stimulus
 *      circuits with their hosts, or a recording on their lines       programmer_miniframe, programmer_usb
 *
 * A further one is a file with its struct programmer_type, and its keys in harness/scenario/board.c. It has pins and
 * is put on nets, as every part; of the board it sees no more than struct programmer_site.
 */
#ifndef HARNESS_PARTS_PROGRAMMER_H
#define HARNESS_PARTS_PROGRAMMER_H

#include "harness/base/input_file.h"
#include "harness/hosts/host_rows.h"
#include "harness/hosts/scripted.h"
#include "harness/parts/circuit.h"
#include "harness/parts/plan.h"
#include "harness/serial/adapter.h"
#include "sim/switches.h"

struct mcu_board;
struct programmer_type;

struct stimulus_config {
    const char *file; /* resolved path */
    struct stimulus_wire {
        const char *signal; /* name in the file */
        const char *net;    /* of the board or the circuit: "reset", "rts" ... */
    } * map;
    unsigned n_map;
    struct scenario_place place;
};

struct programmer_config {
    const struct programmer_type *type;
    const struct mcu_board_row *row; /* of the board; where it is none, whose pins' names it takes over */
    struct scenario_place place;
    /* firmware */
    const char *firmware; /* builtin name or resolved path */
    const struct host_row *host;
    bool host_in_file;
    bool host_known; /* from the file or our own firmware; else it is the usual one, unasked */
    struct host_settings host_settings;
    uint32_t baud;
    bool floating_high;              /* what its inputs read when nobody drives them; default yes */
    struct target_switches switches; /* of its microcontroller */
    bool auto_reset;                 /* opening the port resets the board (no capacitor holds RESET) */
    struct adapter adapter;
    struct scripted_config script;
    struct stimulus_config stimulus; /* of a circuit too: file NULL if it has a host */
    struct circuit_config *circuit;  /* NULL: none */
};

struct programmer_site { /* where it stands; all of it outlives the programmer */
    struct sim *sim;
    const struct part *part; /* the target's */
    struct checker *checker;
    struct net *rxd, *txd;  /* nets of its serial port, if it has one */
    struct net *target_sck; /* where the target sees SCK, for findings */
    const char *path;       /* of the scenario, for messages */
    struct input_files *inputs;
    /* The net of a name, where a recording can drive it; NULL: none, or it has a source already. */
    struct net *(*net_to_drive)(void *board, const char *name);
    void *board; /* for that only */
};

struct programmer_type {
    const char *name; /* of the part; NULL: the row's */
    bool has_serial_port;
    /* Its pins, with RESET, SCK, MOSI, MISO as isp[] (ISP_RESET ...) says. */
    void (*pins)(const struct programmer_config *cfg, struct plan_pins *t, int isp[4]);
    /* Its nets and lines are there to look at. */
    void *(*make)(const struct programmer_site *site, const struct programmer_config *cfg);
    /* It stands there, powered, before anything is recorded (connect() was called); NULL: nothing to do. */
    bool (*settle)(void *self, struct problem *err);
    /* Firmware runs, recordings play. */
    bool (*start)(void *self, const struct host *host, struct problem *err);
    /* nets: by pin; an entry NULL: on none. Any time after settle(); before start() it may have nothing to connect. */
    void (*connect)(void *self, struct net *const *nets);
    /* What steps use; NULL (or without ops): it does nothing by itself. */
    struct programmer (*operations)(void *self);
    /* What there is to look at: PIN_LINE, PIN_PROBE; NULL: nothing. */
    struct vline *(*line)(void *self, const char *name);
    struct net *(*net)(void *self, const char *name);
    struct mcu_board *(*mcu)(void *self); /* NULL: it has none */
    /* What was accepted when its firmware was read: "FILE:LINE: text", i = 0.. ; NULL after the last. */
    const char *(*note)(void *self, unsigned i);
    const struct stimulus *(*recording)(void *self); /* NULL: none plays */
    void (*stop)(void *self);                        /* lets go of all nets */
    void (*free)(void *self);
};

extern const struct programmer_type programmer_mcu, programmer_script, programmer_stimulus, programmer_miniframe,
    programmer_usb;

/* Does the PC's front end stand before it, since it has a host but no serial port of its own? */
bool programmer_has_front_end(const struct programmer_config *cfg);

/* RESET, SCK, MOSI, MISO, also under the row's names, for programmers without a microcontroller. */
void programmer_isp_pins(const struct programmer_config *cfg, struct plan_pins *t, int isp[4]);
/* Loads a recording and maps its signals, onto a circuit's lines (circuit NULL: none) or nets of the board. */
bool programmer_load_stimulus(struct stimulus *st, const struct programmer_site *site,
                              const struct stimulus_config *cfg, struct circuit_board *circuit, struct problem *err);

#endif
