/* SPDX-License-Identifier: GPL-3.0-or-later */
/* decode.h - `limpet decode`: what happened on the programming wires, as text */
#ifndef HARNESS_COMMANDS_DECODE_H
#define HARNESS_COMMANDS_DECODE_H

#include <argp.h>

extern const struct argp decode_argp;
int cmd_decode(int argc, char **argv);

#endif
