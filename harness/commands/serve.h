/* SPDX-License-Identifier: GPL-3.0-or-later */
/* serve.h - `limpet serve [SCENARIO]`: the board on a pty or TCP port, for programs of this machine */
#ifndef HARNESS_COMMANDS_SERVE_H
#define HARNESS_COMMANDS_SERVE_H

#include <argp.h>

extern const struct argp serve_argp;
int cmd_serve(int argc, char **argv);

#endif
