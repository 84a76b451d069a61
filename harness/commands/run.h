/* SPDX-License-Identifier: GPL-3.0-or-later */
/* run.h - `limpet run SCENARIO...`: runs scenarios without a wall clock and says pass or fail */
#ifndef HARNESS_COMMANDS_RUN_H
#define HARNESS_COMMANDS_RUN_H

#include <argp.h>

/* Exit status: 0 all passed, 1 a scenario failed, 2 bad usage or bad input (nothing has run then). */
extern const struct argp run_argp;
int cmd_run(int argc, char **argv);

#endif
