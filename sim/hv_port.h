/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * hv_port.h - high-voltage programming: 12 V on RESET, and the port that it opens (hv.h has its signals)
 *
 *      RESET's volts ----> entry (target_hv.c): Prog_enable, or refused
 *      XTAL1, XA, BS, WR, OE, PAGEL, DATA (hv_parallel.c) --+
 *                                                           +--> one engine (hv_engine.c) --> nvm
 *      SCI, SDI, SII, SDO (hv_serial.c) --------------------+
 *
 * Models      threshold, Prog_enable sampled there and held, 12 V before VCC, the program that runs before 12 V come,
 *             strobes, DATA driven while OE is low, RDY/BSY, frames of 11 bits, inputs that keep their level when open,
 *             the rules of order, hold and busy
 * Leaves out  the pins' levels in volts, what more than 13 V does to a chip
 * Cost        None while RESET is below 12 V, and none in the mode while nobody moves a wire: the pins are watched only
 *             between entry and leaving.
 * Source      hv_rows.c, checker.c; open points: switches.h
 */
#ifndef SIM_HV_PORT_H
#define SIM_HV_PORT_H

#include "sim/hv.h"
#include "sim/net.h"
#include "sim/vline.h"

struct target;

struct hv_pin {
    struct target *target;
    enum hv_signal signal;
    struct net *net;        /* NULL: not connected */
    struct net_watch watch; /* between entry and leaving */
    struct net_driver driver;
    bool watched, level; /* level: as told last */
};

struct hv_bus { /* the control bus at one strobe */
    bool xa1, xa0, bs1, bs2;
    uint8_t data;
};

struct hv_port {
    struct hv_pin pin[HV_SIGNALS];
    struct vline *volts; /* of RESET's wire; NULL: no more than logic levels come */
    struct vline_watch watch;
    bool listens;    /* the pins are on their wires */
    bool above;      /* the threshold */
    bool vpp_judged; /* since RESET rose above VCC */
    bool vcc_judged;
    bool command_came; /* since entry */
    uint32_t edges;    /* of XTAL1 since power-up */
    sim_time powered_ps, reached_ps;
    sim_time vcc_on_ps, vcc_risen_ps; /* the last rise of VCC */
    bool second_way;                  /* 12 V came while VCC rose through 0.9 to 1.1 V, or before it */
    struct sim_event steady, bus, rdy, sdo;

    /* the engine's registers */
    uint8_t command, output;
    bool has_command;
    uint8_t address_low, address_high, data_low, data_high;
    sim_time judged_end_ps; /* end of the write whose wait has been measured */

    /* parallel: when what happened, 0 = not yet */
    sim_time rise_ps, fall_ps, pagel_rise_ps, pagel_fall_ps, wr_fall_ps;
    bool holds; /* the strobe meant something: DATA is to be held */

    /* serial */
    unsigned bits;
    uint16_t sdi, sii;
    bool wr, pagel, sdo_level, sdo_drives;
};

#endif
