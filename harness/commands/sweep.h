/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sweep.h - `limpet sweep`: a scenario over ranges of its values, as a table, CSV, JSON and a picture */
#ifndef HARNESS_COMMANDS_SWEEP_H
#define HARNESS_COMMANDS_SWEEP_H

#include <argp.h>

extern const struct argp sweep_argp;
int cmd_sweep(int argc, char **argv);

#endif
