/* SPDX-License-Identifier: GPL-3.0-or-later */
/* build_sketch.h - `limpet build-sketch`: an Arduino sketch as an image for the programmer */
#ifndef HARNESS_COMMANDS_BUILD_SKETCH_H
#define HARNESS_COMMANDS_BUILD_SKETCH_H

#include <argp.h>

extern const struct argp build_sketch_argp;
int cmd_build_sketch(int argc, char **argv);

#endif
