/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * ports.h - the host's serial ports of a board, behind board_host_*() of board.h
 *
 *      BOARD_PORT_PROGRAMMER   firmware: a line to the Uno's D0 and D1
 *                              circuit, script: no line at all, but the PC's front end (stk500v1_server.h)
 *      BOARD_PORT_TARGET       a line to the target's PD0 and PD1, and DTR through a capacitor to its RESET
 *
 * What is sent to the front end is done and answered before board_host_send() returns: simulated time has passed then.
 */
#ifndef HARNESS_BOARD_PORTS_H
#define HARNESS_BOARD_PORTS_H

#include "harness/board/board.h"
#include "harness/hosts/stk500v1_server.h"
#include "harness/serial/serial_line.h"

struct board_ports { /* do not move it after init */
    struct sim *sim;
    struct serial_line line[2]; /* enum board_port */
    bool has_target_line, has_front_end;
    enum board_port selected;
    struct stk500v1_server front_end;
    struct net_driver dtr; /* on RESET */
    struct sim_event dtr_over;
};

struct board_ports_nets {
    struct net *txd, *rxd; /* the programmer's */
    struct net *pd0, *pd1; /* the target's */
    struct net *reset;
};

void board_ports_init(struct board_ports *p, struct sim *sim, const struct scenario_board *board,
                      const struct board_ports_nets *nets);
/* Once the programmer is there, and after each time another was plugged in. */
void board_ports_programmer(struct board_ports *p, const struct scenario_board *board,
                            const struct programmer *programmer);
void board_ports_free(struct board_ports *p);

struct board_ports *board_ports(struct board *b);

#endif
