/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * programmer.h - parts (part.h) that can stand in the programmer's place of a board, and what more they do there
 *
 *      microcontroller board with firmware, host on its serial port   programmer_mcu
 *      scripted programmer                                            programmer_script
 *      the same for high voltage                                      programmer_hv_script
 *      recording on the wires                                         programmer_stimulus
 *      circuits with their hosts, or a recording on their lines       programmer_miniframe, programmer_usb
 *
 * A further one is a file with its struct part_type, its line in part_types.c, and the row of its key in
 * harness/scenario/programmer.c.
 */
#ifndef HARNESS_PARTS_PROGRAMMER_H
#define HARNESS_PARTS_PROGRAMMER_H

#include "harness/base/input_file.h"
#include "harness/hosts/host_rows.h"
#include "harness/hosts/scripted.h"
#include "harness/hosts/scripted_hv.h"
#include "harness/parts/circuit.h"
#include "harness/parts/plan.h"
#include "harness/serial/adapter.h"
#include "sim/switches.h"

struct mcu_board;

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
    const struct part_type *type;
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
    struct scripted_hv_config hv_script;
    struct stimulus_config stimulus; /* of a circuit too: file NULL if it has a host */
    struct circuit_config *circuit;  /* NULL: none */
};

struct programmer_type { /* self: the part's; a function NULL: it has none of that */
    bool has_serial_port;
    /* Its pins for RESET, SCK, MOSI, MISO of the target: isp[] (ISP_RESET ...), -1: none. */
    void (*isp_pins)(const struct programmer_config *cfg, int isp[4]);
    /* What steps use; without ops: it does nothing by itself. */
    struct programmer (*operations)(void *self);
    struct mcu_board *(*mcu)(void *self); /* NULL: it does not run */
    /* What was accepted when its firmware was read: "FILE:LINE: text", i = 0.. ; NULL after the last. */
    const char *(*note)(void *self, unsigned i);
    const struct stimulus *(*recording)(void *self); /* NULL: none plays */
};

/* Is it a microcontroller board with a programmer's firmware? */
bool programmer_is_firmware(const struct programmer_config *cfg);
/* Does the PC's front end stand before it, since it has a host but no serial port of its own? */
bool programmer_has_front_end(const struct programmer_config *cfg);

/* For programmers without a microcontroller: RESET, SCK, MOSI, MISO, also under the names of cfg's row. */
void programmer_plan_pins(const void *cfg, struct plan_pins *t);
void programmer_isp_pins(const struct programmer_config *cfg, int isp[4]);
/* A pin of a scripted programmer, by its place in isp[]. */
void programmer_connect_script(void *script, unsigned isp, struct net *net);
/* Loads a recording and maps its signals, onto a circuit's lines (circuit NULL: none) or nets of the board. */
bool programmer_load_stimulus(struct stimulus *st, const struct part_site *site, const struct stimulus_config *cfg,
                              struct circuit_board *circuit, struct problem *err);

#endif
