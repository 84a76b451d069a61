/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * boards_txt.h - the fuses of every board of an Arduino boards.txt, judged
 *
 * A board is NAME.build.mcu, f_cpu and bootloader.low_fuses, high_fuses, extended_fuses, with each choice of its menus
 * (NAME.menu.cpu.CHOICE....) a board of its own. {KEY} in a value is that key of the board, or of the first choice of
 * another menu. Judged with a crystal (or clock) of f_cpu, where the fuses ask for one.
 */
#ifndef HARNESS_FUSES_BOARDS_TXT_H
#define HARNESS_FUSES_BOARDS_TXT_H

#include "harness/fuses/page.h"
#include "sim/problem.h"

#include <stdio.h>

struct boards_txt_counts {
    unsigned boards, ok, lockouts, disagree, unknown; /* unknown: part not here, or a value that can't be read */
};

/* A line (or a row of a table that the caller has begun) a board to out. False and err: the file can't be read, or has no board with fuses. */
bool boards_txt_judge(const char *path, const struct page *out, struct boards_txt_counts *n, struct problem *err);

#endif
