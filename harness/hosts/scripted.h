/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * scripted.h - the scripted programmer: drives SCK, MOSI and RESET itself, by the datasheet or against it
 *
 *            t_low     t_high
 *   SCK  ___________|~~~~~~~~~|___________|~~~~~~~~~|____
 *   MOSI ==X bit 7 ===========X bit 6 ====          ^ MISO is looked at with the rise
 *                   <-hold--->
 *
 * Every edge is an event at its exact time, whatever else runs on the board. It sits on the wires in place of
 * the Uno's D10 (RESET), D11 (MOSI), D12 (MISO), D13 (SCK), so rewiring acts on it too. Between sessions it
 * drives nothing.
 */
#ifndef HARNESS_HOSTS_SCRIPTED_H
#define HARNESS_HOSTS_SCRIPTED_H

#include "harness/board/board.h"

/* Connected to nothing yet. cfg is copied. */
struct programmer isp_host_new(struct board *b, const struct scenario_script *cfg);

/* Other settings from the next session on. */
void isp_host_settings(void *ctx, const struct scenario_script *cfg);

/* sockets[10..13]: the nets to be on; NULL: off all wires. ctx is the programmer's. */
void isp_host_connect(void *ctx, struct net *const *sockets);

#endif
