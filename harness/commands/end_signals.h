/* SPDX-License-Identifier: GPL-3.0-or-later */
/* end_signals.h - signals that would end a command in the middle: it keeps the chip first */
#ifndef HARNESS_COMMANDS_END_SIGNALS_H
#define HARNESS_COMMANDS_END_SIGNALS_H

#include <stdbool.h>

/*
 * SIGTERM, SIGHUP (not under nohup) and what else ends a process that does not handle it, such as SIGXCPU of `ulimit -t`,
 * go to on_signal; with second_kills a second SIGTERM or SIGHUP ends it at once. SIGINT and SIGQUIT, of a keyboard, are the
 * caller's; so are those that tell of a fault.
 */
void end_signals_catch(void (*on_signal)(int number), bool second_kills);

#endif
