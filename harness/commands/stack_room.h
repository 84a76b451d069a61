/* SPDX-License-Identifier: GPL-3.0-or-later */
/* stack_room.h - is there stack enough for whatever a command meets? */
#ifndef HARNESS_COMMANDS_STACK_ROOM_H
#define HARNESS_COMMANDS_STACK_ROOM_H

#include <stdbool.h>

/*
 * Before anything is done: a stack that ends in the middle is a crash without a word. No command needs more than 210 KB, the
 * deepest JSON that is read included (its reader stops at 2048 levels). who: the message's first word. False: it was said.
 */
bool stack_room_ready(const char *who);

#endif
