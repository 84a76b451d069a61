/* SPDX-License-Identifier: GPL-3.0-or-later */
/* generate.h - `limpet generate`: completion, manual pages and schemas, from the same tables as --help */
#ifndef HARNESS_COMMANDS_GENERATE_H
#define HARNESS_COMMANDS_GENERATE_H

#include <argp.h>
#include <stdbool.h>

extern const struct argp generate_argp;
int cmd_generate(int argc, char **argv);
/* generate_man.c: pages as troff on stdout. False: there is no such page. */
bool generate_man(const char *page);

#endif
