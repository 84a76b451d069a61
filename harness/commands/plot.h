/* SPDX-License-Identifier: GPL-3.0-or-later */
/* plot.h - `limpet plot`: a waveform as a picture */
#ifndef HARNESS_COMMANDS_PLOT_H
#define HARNESS_COMMANDS_PLOT_H

#include <argp.h>

extern const struct argp plot_argp;
int cmd_plot(int argc, char **argv);

#endif
