/* SPDX-License-Identifier: GPL-3.0-or-later */
/* exec.h - `limpet exec`: a real program against a board, in simulated time */
#ifndef HARNESS_COMMANDS_EXEC_H
#define HARNESS_COMMANDS_EXEC_H

#include <argp.h>

extern const struct argp exec_argp;
int cmd_exec(int argc, char **argv); /* see command.h */

#endif
