/* SPDX-License-Identifier: GPL-3.0-or-later */
/* lint.h - `limpet lint`: every mistake of scenario files */
#ifndef HARNESS_COMMANDS_LINT_H
#define HARNESS_COMMANDS_LINT_H

#include <argp.h>

extern const struct argp lint_argp;
int cmd_lint(int argc, char **argv);

#endif
