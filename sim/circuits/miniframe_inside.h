/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * miniframe_inside.h - how the files of the miniframe circuit see each other; nobody else includes it
 *
 *      miniframe.c         the latch, the inputs and their ramps, wiring
 *      miniframe_mono.c    the monostable: C2, X, M and SCK
 *      miniframe_rx.c      the receive side: U7, U8, drivers to the PC
 *      miniframe_supply.c  VDD, and what wakes and sleeps with it
 *      miniframe_parts.c   component values, and formulas that need no state
 */
#ifndef SIM_CIRCUITS_MINIFRAME_INSIDE_H
#define SIM_CIRCUITS_MINIFRAME_INSIDE_H

#include "sim/circuits/miniframe.h"

#define MINIFRAME_OUTPUT_V 2.5 /* where an output counts as switched, and VDD as up */

/* What happens at some voltages of the supply, from below: bits of supply_steps. */
enum { AT_ALIVE, AT_RX, AT_VDD_OK, AT_OUTPUTS, AT_RESET, SUPPLY_STEPS };

static inline double us_since(const struct miniframe *mf, sim_time t_ps)
{
    return ((double)mf->sim->now_ps - (double)t_ps) * 1e-6;
}

static inline bool is_two(const struct miniframe *mf)
{
    return mf->cfg.circuit == MINIFRAME_TWO_4001;
}

static inline double threshold_v(const struct miniframe *mf)
{
    return mf->cfg.vt * miniframe_vdd_v(mf);
}

static inline struct rc_clamp input_clamp(const struct miniframe *mf)
{
    return (struct rc_clamp){ -mf->cfg.vf_v, miniframe_vdd_v(mf) + mf->cfg.vf_v };
}

static inline bool p_is_high(const struct miniframe *mf, sim_time t_ps)
{
    return t_ps >= mf->p_from_ps && t_ps < mf->p_to_ps;
}

static inline void drive(struct miniframe *mf, struct net_driver *d, bool level)
{
    bool up = d == &mf->d_rx ? mf->rx_up : mf->powered;
    net_drive(d, level && up ? NET_1 : NET_0, mf->powered ? NET_STRONG : NET_PULL);
}

/* ---- miniframe.c ---- */

void miniframe_latch_update(struct miniframe *mf);
void miniframe_drive_mosi(struct miniframe *mf);
void miniframe_drive_reset(struct miniframe *mf);
/* Threshold and clamp of TXL and DTL: of a gate, or of a zener and the target's pin. */
void miniframe_input_levels(const struct miniframe *mf, double *threshold, struct rc_clamp *clamp);

/* ---- miniframe_mono.c ---- */

void miniframe_mono_init(struct miniframe *mf);
void miniframe_set_sck(struct miniframe *mf, bool level);
/* SCK can rise once X is low and P too. */
void miniframe_plan_sck_rise(struct miniframe *mf);
/* X got another source (Q, RTS): from now on it goes elsewhere. First bring the charge of C2 here. */
void miniframe_x_source_changes(struct miniframe *mf);
void miniframe_c2_bring_here(struct miniframe *mf);

/* ---- miniframe_rx.c ---- */

void miniframe_rx_init(struct miniframe *mf);
void miniframe_rx_update(struct miniframe *mf);
/* TXL or MISO changed. */
void miniframe_u7_update(struct miniframe *mf);
/* TX begins to move: RX hangs on it through 15 kohm. */
void miniframe_rx_tx_moves(struct miniframe *mf);
void miniframe_show_rx_line(struct miniframe *mf);
bool miniframe_miso_level(const struct miniframe *mf);
void miniframe_miso_arrived(void *ctx, sim_time at_ps);
void miniframe_miso_changed(void *ctx, struct net *net, sim_time at_ps);

/* ---- miniframe_supply.c ---- */

enum { FROM_RTS, FROM_DTR, FROM_TX }; /* lines that give current */

/* The lines have been at rest for long. */
void miniframe_supply_init(struct miniframe *mf);
/* Last of all: VDD and what it wakes come out. */
void miniframe_supply_show(struct miniframe *mf);
void miniframe_supply_line_moves(struct miniframe *mf, int from, const struct rs232_line *line);
/* What TX and DTR give away counts only while no diode from a high line holds VDD. */
bool miniframe_supply_is_held(const struct miniframe *mf);

#endif
