/* SPDX-License-Identifier: GPL-3.0-or-later */
/* plot.h - `limpet plot`: a waveform as a picture */
#ifndef HARNESS_COMMANDS_PLOT_H
#define HARNESS_COMMANDS_PLOT_H

int cmd_plot(int argc, char **argv);

#endif
