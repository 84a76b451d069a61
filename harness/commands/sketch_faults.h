/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * sketch_faults.h - what compilers say: is something wrong with the sketch, or have they failed for want of room?
 *
 * Their exit status is 1 for both. An error of the sketch is told at a line of a source, or is the linker's about a
 * symbol or the size; what is not known to be one is not the sketch's.
 */
#ifndef HARNESS_COMMANDS_SKETCH_FAULTS_H
#define HARNESS_COMMANDS_SKETCH_FAULTS_H

#include <stdbool.h>
#include <stddef.h>

struct sketch_faults { /* zeroed: nothing has been said */
    char line[1024];   /* that goes on, cut */
    size_t n;
    bool any;
};

/* The next n bytes that they say. */
void sketch_faults_take(struct sketch_faults *e, const char *bytes, size_t n);

#endif
