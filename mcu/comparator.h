/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * comparator.h - the analog comparator of a core
 *
 * Models      ACO, ACI by ACIS and its interrupt. No net has a voltage, so that the inputs are at 0 V and ACO is 1 while
 *             the band gap is selected. It follows with the store (silicon: one or two cycles after it).
 * Leaves out  the start of the band gap, capture (ACIC), power reduction.
 * Source      ATmega328P datasheet "Analog Comparator"; assumed: ACO stands while ACD is set, ACIS 01 never sets ACI.
 */
#ifndef MCU_COMPARATOR_H
#define MCU_COMPARATOR_H

#include "mcu/core.h"

/* Takes it over from simavr, if the core has one. */
void comparator_init(struct core *core);

#endif
