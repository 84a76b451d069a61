/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * command.h - a subcommand of `limpet`
 *
 * argv[0] is "limpet NAME", so that argp's messages name it. Returns the exit status:
 * 0 done (all passed), 1 a scenario failed or the programmer under test did wrong, 2 bad usage or bad input.
 */
#ifndef HARNESS_COMMANDS_COMMAND_H
#define HARNESS_COMMANDS_COMMAND_H

#include <argp.h>
#include <stdbool.h>

enum exit_status { EXIT_OK = 0, EXIT_FAILED = 1, EXIT_BAD_INPUT = 2 };

struct command {
    const char *name;
    const char *summary; /* one line */
    const char *example; /* shell line(s) with what they do, for --help; NULL = none */
    int (*run)(int argc, char **argv);
    const struct argp *argp; /* its options, for manual pages and completion; NULL: those of another program */
    bool hidden;             /* not listed */
};

extern const struct command commands[]; /* command_table.c; name NULL at the end */

#endif
