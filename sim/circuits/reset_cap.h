/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * reset_cap.h - a capacitor from the RESET pin to ground
 *
 *      wire --[R of who drives it]--+-- pin      pin: 1 from half of VCC on
 *                                   C
 *                                   |
 *                                  GND
 *
 * Models      edges that come late, pulses that are lost, RESET that stays low after power-up while C charges
 * Levels      R is that of the wire's level: a port pin that drives, or the pull-ups on the pin; a supply has
 *             none. Nobody, a contention: as the pull-ups.
 * Leaves out  the charge that C holds when VCC goes (the pin's diode takes it); a target that drives its RESET
 *             pin itself (RSTDISBL) fights C as it would a strong driver
 * Source      ATmega328P datasheet: RRST 30 to 60 kOhm (NET_INTERNAL_PULL_OHM); VRST 0.2 to 0.9 VCC, half is taken
 *             (assumed); a port pin sinks 20 mA at 0.9 V at most, 25 Ohm is typical of its figures
 */
#ifndef SIM_CIRCUITS_RESET_CAP_H
#define SIM_CIRCUITS_RESET_CAP_H

#include "sim/net.h"
#include "sim/vline.h"

#define RESET_CAP_R_DRIVEN_OHM 25

struct reset_cap_config {
    uint64_t c_ff;          /* femtofarad, 1 pF .. 1 mF */
    uint32_t r_driven_ohm;  /* of a port pin, not 0 */
    uint32_t r_pull_up_ohm; /* what pulls up when nobody drives: RRST and resistors in parallel, not 0 */
};

struct reset_cap { /* caller owns it; do not move it after init */
    struct reset_cap_config cfg;
    struct sim *sim;
    struct net *wire;
    struct vline *vcc;
    struct net_driver pin; /* all that drives the target's RESET pin */
    struct net_watch wire_watch;
    struct vline_watch vcc_watch;
    struct sim_event crossing;
    sim_time since_ps;       /* from then on: */
    double from, to, tau_ps; /* charge as a part of VCC */
};

/* C is empty at first if VCC is off, else as the wire says. Nets and vcc must outlive rc; cfg is copied. */
void reset_cap_init(struct reset_cap *rc, struct sim *sim, const struct reset_cap_config *cfg, struct vline *vcc,
                    struct net *wire, struct net *pin);
/* Takes it off both nets, its charge is gone; reset_cap_init() puts it elsewhere. */
void reset_cap_remove(struct reset_cap *rc);

#endif
