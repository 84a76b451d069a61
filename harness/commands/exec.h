/* SPDX-License-Identifier: GPL-3.0-or-later */
/* exec.h - `limpet exec`: a real program against a board, in simulated time */
#ifndef HARNESS_COMMANDS_EXEC_H
#define HARNESS_COMMANDS_EXEC_H

int cmd_exec(int argc, char **argv); /* see command.h */

#endif
