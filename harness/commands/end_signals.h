/* SPDX-License-Identifier: GPL-3.0-or-later */
/* end_signals.h - signals that would end a command in the middle: it keeps the chip first */
#ifndef HARNESS_COMMANDS_END_SIGNALS_H
#define HARNESS_COMMANDS_END_SIGNALS_H

#include <signal.h>
#include <stdbool.h>

/*
 * What ends a process that does not handle it: SIGTERM, SIGINT, SIGXCPU of `ulimit -t`, each real-time signal ... but not
 * what tells of a fault, nor SIGKILL. Whichever is ignored (nohup) stays so, but for SIGTERM.
 */
void end_signals_set(sigset_t *all);

/* Of any command: no lock, no half-written file and no program of a step stays behind where one of them ends it. */
void end_signals_clear_up(void);

/*
 * They go to on_signal, but for SIGPIPE; with second_kills a second one of those that a person sends (SIGINT, SIGQUIT,
 * SIGTERM, SIGHUP) ends it at once, cleared up as above, and SIGINT and SIGQUIT are caught though they were ignored.
 */
void end_signals_catch(void (*on_signal)(int number), bool second_kills);

#endif
