/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * circuit.h - a programmer without a microcontroller as a board carries it: lines, circuit, host
 *
 *      host --TX DTR RTS (lines)--> circuit --SCK MOSI RESET--> sockets      lines: tx dtr rts vdd rx_line
 *           <-----rx_line---------          <------MISO-------               nets:  rx q vdd_ok
 *      host --dp dm (lines)-------> shifter --SCK MOSI RESET--> sockets      lines: dp dm
 *
 * Instead of the host a stimulus may drive tx dtr rts and MISO, or dp and dm.
 */
#ifndef HARNESS_PARTS_CIRCUIT_H
#define HARNESS_PARTS_CIRCUIT_H

#include "harness/hosts/miniframe.h"
#include "harness/hosts/usb.h"
#include "harness/parts/stimulus.h"
#include "sim/circuits/miniframe.h"
#include "sim/circuits/mono4098.h"
#include "sim/circuits/usb_testmode.h"

enum circuit_kind { CIRCUIT_MINIFRAME, CIRCUIT_4098, CIRCUIT_USB };

struct circuit_config {
    enum circuit_kind kind;
    struct rs232_levels levels;
    struct miniframe_config miniframe;
    struct mono4098_config mono;
    struct host_miniframe_config host;
    struct usb_testmode_config usb;
    struct host_usb_config usb_host;
};

struct circuit_board { /* do not move it after circuit_board_lines() */
    struct circuit_config cfg;
    struct sim *sim;
    struct rs232_line tx, dtr, rts;
    struct vline vdd, rx_line, dp, dm;
    struct net rx, q, vdd_ok;
    struct miniframe miniframe;
    struct mono4098 mono;
    struct usb_testmode usb;
};

/* Lines and nets, at rest; cfg must have passed the checks of its parts. */
void circuit_board_lines(struct circuit_board *c, struct sim *sim, const struct circuit_config *cfg);
/* NULL: no such line or net in this kind of board. Names as above; case does not matter. */
struct vline *circuit_board_line(struct circuit_board *c, const char *name);
struct net *circuit_board_net(struct circuit_board *c, const char *name);
/* A signal drives an RS232 line (0 and 1) or a line of the USB port (0 and 1, or volts). See stimulus.h. */
bool circuit_board_play(struct circuit_board *c, const char *name, struct stimulus *st, const char *signal,
                        struct problem *err);
/* Is it one of those? */
bool circuit_board_can_play(struct circuit_board *c, const char *name);
/* What that kind of board has to look at, i = 0.. ; NULL after the last. is_line: in volts. */
const char *circuit_board_name(enum circuit_kind kind, unsigned i, bool *is_line);

/* The circuit itself, on no nets yet. */
void circuit_board_start(struct circuit_board *c);
/* NULL: off all wires. */
void circuit_board_connect(struct circuit_board *c, struct net *reset, struct net *mosi, struct net *miso,
                           struct net *sck);
/* sck: where the target sees it, for the findings. checker may be NULL. */
struct programmer circuit_board_host(struct circuit_board *c, const struct part *part, struct net *sck,
                                     struct checker *checker);

#endif
