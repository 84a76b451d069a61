/* SPDX-License-Identifier: GPL-3.0-or-later */
/* commands.h - what each STK500v2 command does, and the session with the target */
#ifndef LIMPISP_COMMANDS_H
#define LIMPISP_COMMANDS_H

#include <stdint.h>

#include "protocols/stk500v2.h"

/* A host silent for so long in the middle of a session has vanished: the target is released. */
#define COMMANDS_IDLE_MS 20000

void commands_init(void);

/*
 * Runs the command body[0..size-1] and puts its answer in its place. body[] has room for STK_MAX_BODY bytes.
 * Returns the answer's length.
 */
uint16_t commands_run(uint8_t *body, uint16_t size);

/*
 * The host has been silent for COMMANDS_IDLE_MS: releases the target. A command that still comes enters
 * programming mode again by itself.
 */
void commands_host_is_silent(void);

#endif
