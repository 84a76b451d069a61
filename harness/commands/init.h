/* SPDX-License-Identifier: GPL-3.0-or-later */
/* init.h - `limpet init`: a commented scenario for a firmware */
#ifndef HARNESS_COMMANDS_INIT_H
#define HARNESS_COMMANDS_INIT_H

#include <argp.h>

extern const struct argp init_argp;
int cmd_init(int argc, char **argv);

#endif
