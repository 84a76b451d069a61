/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * mono4098.h - the miniframe programmer that needs TX and RX only: two retriggerable monostables (4098) and NORs
 *
 *      TX --+-- U1 (T1, about 1 s) -- !Q1 --> RESET          a stream on TX keeps the target in reset
 *           +-- U2 (T2, 2.5 bits)  --  Q2                    both are triggered by the rising edge of TX
 *           +--|>o-- MOSI           SCK = NOR(!Q1, Q2)       RX = !SCK AND (TX OR MISO)
 *
 * A character 15h (6N1) has a rise every two cells: Q2 stays on and SCK low, the target is in reset and waits.
 * Models      both delays from TX to !Q1 and Q2: at the first edge they race, and the slower Q2 is, the longer
 *             the pulse on SCK that comes out
 * Leaves out  its supply (always there), slew (edges count at their 0 V crossing), spread of T1 and T2
 * Source      reconstruction of the published description, which its author never built; MOSI as in the
 *             two-4001 circuit is a choice (docs/fidelity.md)
 */
#ifndef SIM_CIRCUITS_MONO4098_H
#define SIM_CIRCUITS_MONO4098_H

#include "sim/circuits/rs232_line.h"
#include "sim/net.h"
#include "sim/problem.h"

struct mono4098_config {
    sim_time t1_ps, t2_ps;
    sim_time q1_delay_ps, q2_delay_ps; /* TX crosses 0 V to !Q1 falls, Q2 rises */
    sim_time gate_ps;                  /* NOR gates */
};

extern const struct mono4098_config mono4098_115200; /* T2 = 2.5 bits there */

/* False and err: what can't be. */
bool mono4098_config_check(const struct mono4098_config *cfg, struct problem *err);

struct mono4098_wires {
    struct rs232_line *tx;
    struct net *miso;
    struct net *sck, *mosi, *reset, *rx; /* may be NULL */
    struct vline *rx_line;               /* RX at the PC, may be NULL */
};

struct mono4098 { /* caller owns it; do not move it after init */
    struct mono4098_config cfg;
    struct mono4098_wires w;
    struct sim *sim;
    bool tx, q1, q2;
    sim_time last_rise_ps;
    struct rs232_watch tx_watch;
    struct net_watch miso_watch;
    struct net_driver d_sck, d_mosi, d_reset, d_rx;
    struct sim_event tx_crossed, q1_ev, q2_ev, mosi_ev, sck_ev, rx_ev;
};

/* Puts SCK, MOSI, RESET and MISO on other nets; NULL: off. */
void mono4098_connect(struct mono4098 *m, struct net *sck, struct net *mosi, struct net *reset, struct net *miso);

void mono4098_init(struct mono4098 *m, struct sim *sim, const struct mono4098_config *cfg,
                   const struct mono4098_wires *wires);

#endif
