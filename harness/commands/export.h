/* SPDX-License-Identifier: GPL-3.0-or-later */
/* export.h - `limpet export`: a recording or a scenario for another viewer */
#ifndef HARNESS_COMMANDS_EXPORT_H
#define HARNESS_COMMANDS_EXPORT_H

#include <argp.h>

extern const struct argp export_argp;
int cmd_export(int argc, char **argv);

#endif
