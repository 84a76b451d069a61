/* SPDX-License-Identifier: GPL-3.0-or-later */
/* judge.h - `limpet judge`: what is wrong with a programmer, where, how close to the edge, and how it fails */
#ifndef HARNESS_COMMANDS_JUDGE_H
#define HARNESS_COMMANDS_JUDGE_H

#include <argp.h>

extern const struct argp judge_argp;
int cmd_judge(int argc, char **argv);

#endif
