/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * live_loop.h - a board in the wall clock's time, with programs of this machine on its serial line
 *
 *      programs <--> host_port --+                +--> the programmer's serial line
 *      programs <--> host_port --+-- live_loop ---+
 *      programs <--> host_port --+                +--> the target's own
 *
 * LIVE_REAL   simulated time follows the wall clock.
 * LIVE_MAX    ... and runs flat out while bytes are on the line, an answer comes or SCK moves, so that a session takes
 *             no longer than it must. Where an answer is owed (turn_taking.h) and nothing happens, it gets
 *             LIVE_AHEAD_PS ahead of the wall clock at most: a host that does not wait 5 s must not find 5 s gone
 *             (autobaud bootloaders answer the second sync, and wait a second for it). An idle board follows the wall
 *             clock: it neither burns a core nor runs ahead of a host that thinks.
 * Speed       that of a pty is taken when its program sets it, before it says a word: it may only listen.
 * Boot        a programmer that was reset because its port was opened starts flat out (LIVE_MAX), after
 *             LIVE_SETTLE_PS in which the program sets its speed. A program that has heard something is
 *             received at once. What one says that has heard nothing yet is held until the chip has started, so that
 *             nothing but what came at the opening is lost; what it repeats is said again every LIVE_REPEAT_PS until
 *             it has heard something, or the answers to avrdude's repeated first commands would come late on a slow
 *             machine, and one too many.
 *             Then time stands still until the host says something, for a bootloader does not wait long:
 *             LIVE_PATIENCE_PS, or LIVE_RETRY_PS if it has spoken too early (avrdude tries again after 5 s).
 * A machine that is too slow makes simulated time fall behind; what is more than LIVE_MAX_LAG_PS is given up.
 * Rest        (LIVE_MAX) while no program has a port open and nobody watches, nothing is run at all: the time that goes
 *             by is made up when a program comes, as far as that takes LIVE_OWED_PS of the wall clock's time (some
 *             7 s of an Uno that runs ArduinoISP); what is more is given up.
 * Bytes are taken from the ports only as fast as the line carries them, so a flood is held back, not stored.
 */
#ifndef HARNESS_LIVE_LIVE_LOOP_H
#define HARNESS_LIVE_LIVE_LOOP_H

#include <signal.h>

#include "harness/board/board.h"
#include "harness/board/ports.h"
#include "harness/serial/host_port.h"
#include "harness/serial/turn_taking.h"

#define LIVE_MAX_LAG_PS (250 * SIM_MS)
#define LIVE_BOOT_PS (500 * SIM_MS) /* 65 ms start-up, then ArduinoISP and optiboot blink for 360 ms */
#define LIVE_AHEAD_PS (200 * SIM_MS)
#define LIVE_SETTLE_PS (20 * SIM_MS)  /* wall clock */
#define LIVE_REPEAT_PS (250 * SIM_MS) /* as avrdude does */
#define LIVE_HELD_BYTES 64
#define LIVE_PATIENCE_PS (2 * SIM_S) /* wall clock */
#define LIVE_RETRY_PS (7 * SIM_S)
#define LIVE_OWED_PS (20 * SIM_MS)      /* wall clock: what a program says in the meantime is lost with its opening */
#define LIVE_OWED_END_PS (200 * SIM_MS) /* wall clock, at the end of a step that waits */
#define LIVE_MAX_PORTS 3
#define LIVE_LINES 2 /* enum board_port */

enum live_speed { LIVE_REAL, LIVE_MAX };

struct live_port {
    struct host_port *port; /* the caller's */
    enum board_port line;
    uint32_t baud;     /* for programs that don't set one (TCP) */
    uint32_t set_baud; /* private: the speed of the pty that was taken last */
};

struct live_line { /* private */
    struct live_loop *loop;
    enum board_port line;
    struct turn_taking turn;
    sim_time boot_until_ps;
    uint64_t wall_opened_ps;
    uint8_t held[LIVE_HELD_BYTES];   /* said before it had heard anything */
    const struct live_port *held_of; /* ... at this one, whose speed they have */
    size_t n_held, n_said, repeats;
    sim_time said_ps;          /* n_said of them */
    bool speed_judged;         /* of what this program says */
    bool host_heard;           /* the program has been sent something since it opened the port */
    uint64_t wall_patience_ps; /* time stands still until then; 0: it goes on */
};

struct live_loop {
    struct board *board;
    enum live_speed speed;
    struct live_port ports[LIVE_MAX_PORTS];
    unsigned n_ports;
    const volatile sig_atomic_t *stop; /* becomes nonzero: live_run() returns */
    bool watched;                      /* somebody follows the waves: the board goes on, whoever talks or not */
    /* told of programs that come and go; NULL: nobody. reset: the Uno, or the target, was reset by it */
    void (*came)(void *ctx, struct host_port *port, bool reset);
    void (*went)(void *ctx, struct host_port *port);
    /*
     * A program speaks at another speed than the programmer's firmware has (heard: it listens at another, and the
     * firmware spoke first): once after each opening; NULL.
     */
    void (*wrong_speed)(void *ctx, struct host_port *port, uint32_t baud, uint32_t firmwares, bool heard);
    void (*looked)(void *ctx); /* now and then, the board being between two instants; NULL: nobody */
    void *ctx;
    /* private */
    struct board_ports *board_ports;
    const struct net *sck;
    struct live_line lines[LIVE_LINES];
    sim_time base_ps; /* simulated time at wall_base_ps */
    uint64_t wall_base_ps;
    uint64_t slips; /* times that lag was given up */
};

/* Fill in the public part first. Takes over the board's serial lines. */
void live_init(struct live_loop *l);
/* Runs until simulated time end_ps (SIM_NEVER) or *stop. False: the simulation can't go on (err says why). */
bool live_run(struct live_loop *l, sim_time end_ps, struct problem *err);

#endif
