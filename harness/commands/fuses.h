/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fuses.h - `limpet fuses`: what fuse bytes mean, and whether ISP survives them */
#ifndef HARNESS_COMMANDS_FUSES_H
#define HARNESS_COMMANDS_FUSES_H

#include <argp.h>

#include "harness/fuses/report.h"
#include "sim/problem.h"

extern const struct argp fuses_argp;
int cmd_fuses(int argc, char **argv);

/* Applies "NAME=VALUE" to b: a field or one bit of it, by raw value or in words. False and err on nonsense. */
bool fuse_set_by_name(const struct part *part, struct fuse_bytes *b, const char *text, struct problem *err);
/* "nothing", "16 MHz" or "crystal:16MHz", "wave:1MHz", "xtal2:1MHz", "rc:10kOhm,22pF". */
bool fuse_board_parse(struct clock_board *board, const char *text, struct problem *err);
/* A fuse byte: hexadecimal, with or without 0x, or 0b and binary digits. */
bool fuse_byte_parse(const char *text, uint8_t *value, struct problem *err);

#endif
