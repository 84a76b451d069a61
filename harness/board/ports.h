/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * ports.h - the PC's serial ports of a board
 *
 *      BOARD_PORT_PROGRAMMER   firmware: a line to the programmer's RXD and TXD
 *                              circuit, script: no line at all, but the PC's front end (stk500v1_server.h)
 *      BOARD_PORT_TARGET       a line to the target's RXD and TXD, and DTR through a capacitor to its RESET
 *
 * Everything acts on the selected port, at first the programmer's. What is sent to the front end is done and answered
 * before board_ports_send() returns: simulated time has passed then.
 */
#ifndef HARNESS_BOARD_PORTS_H
#define HARNESS_BOARD_PORTS_H

#include "harness/hosts/stk500v1_server.h"
#include "harness/serial/serial_line.h"

enum board_port { BOARD_PORT_PROGRAMMER, BOARD_PORT_TARGET, BOARD_PORTS };

struct board_port_config {
    bool exists;     /* the programmer's always does */
    struct net *rxd; /* of the chip, held at mark by the adapter from now on */
    struct net *txd;
    uint32_t baud;
    bool auto_reset; /* opening it resets what it leads to */
    struct adapter adapter;
};

struct board_ports_config {
    struct board_port_config port[BOARD_PORTS];
    struct checker *checker;  /* of the programmer's line; NULL: nobody judges */
    struct net *target_reset; /* where the target's DTR pulls */
    void (*reset_programmer)(void *ctx);
    void *ctx;
};

/* What a host does to a port, for whoever writes it down. bytes and n: of BOARD_PORT_SENT; baud: of BOARD_PORT_SPEED. */
enum board_port_act { BOARD_PORT_SENT, BOARD_PORT_SPEED, BOARD_PORT_OPENED, BOARD_PORT_CLOSED };
struct board_ports_tap {
    void (*did)(void *ctx, enum board_port port, enum board_port_act act, sim_time at_ps, const uint8_t *bytes,
                size_t n, uint32_t baud);
    void *ctx;
};

struct board_ports { /* private; do not move it after init */
    struct sim *sim;
    struct board_ports_config cfg;
    struct serial_line line[BOARD_PORTS];
    bool has_front_end;
    enum board_port selected;
    struct stk500v1_server front_end;
    struct net_driver dtr; /* on RESET */
    struct sim_event dtr_over;
    bool dtr_active[BOARD_PORTS];
    struct board_ports_tap tap; /* did NULL: nobody listens */
};

/* cfg is copied. */
void board_ports_init(struct board_ports *p, struct sim *sim, const struct board_ports_config *cfg);
void board_ports_free(struct board_ports *p);
/*
 * Puts the PC's front end before this programmer, instead of a line: for one that has a host but no serial port of its
 * own. Again after each time another was plugged in.
 */
void board_ports_front_end(struct board_ports *p, const struct part *part, const struct programmer *programmer);

/* Told of what is done from now on: sending, speed, opening and closing. did NULL: nobody. */
void board_ports_listen(struct board_ports *p, const struct board_ports_tap *tap);
/* False: the board has no such port. */
bool board_ports_select(struct board_ports *p, enum board_port port);
void board_ports_send(struct board_ports *p, const uint8_t *bytes, size_t n);
size_t board_ports_pending(const struct board_ports *p); /* bytes not yet begun */
/* Those that are not yet on the line are given up. */
void board_ports_discard(struct board_ports *p);
void board_ports_on_byte(struct board_ports *p, void (*byte)(void *ctx, uint8_t value, sim_time at_ps), void *ctx);
/* A host that opens the port at another speed. False: not 300 .. 2 000 000. */
bool board_ports_baud(struct board_ports *p, uint32_t baud);
/* Opening the port pulls DTR: resets what it leads to, if that has auto_reset. True if it did. */
bool board_ports_open(struct board_ports *p);
/*
 * What a program does to the port beside sending: speed with bits, parity and stop bits (false: no such speed; a front
 * end takes any), a break, DTR. DTR's going active is what board_ports_open() does.
 */
bool board_ports_format(struct board_ports *p, const struct uart_format *f, uint32_t baud);
void board_ports_break(struct board_ports *p, bool on);
void board_ports_dtr(struct board_ports *p, bool active);
/* Is something on the line? */
bool board_ports_busy(const struct board_ports *p);
/* The program on the other end has gone: the front end ends its session. A line does not notice. */
void board_ports_closed(struct board_ports *p);
/* What the programmer behind the front end last complained of; "": nothing. Valid until the next operation. */
const char *board_ports_complaint(const struct board_ports *p);

#endif
