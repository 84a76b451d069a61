/* SPDX-License-Identifier: GPL-3.0-or-later */
/* commands.h - the STK500v2 commands of high-voltage programming, parallel and serial, over hv.h */
#ifndef LIMPHV_COMMANDS_H
#define LIMPHV_COMMANDS_H

#include <stdint.h>

/* Runs body[0..size-1] and puts the answer in its place; returns the answer's size. */
uint16_t commands_run(uint8_t *body, uint16_t size);

#endif
