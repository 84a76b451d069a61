/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * function_notes.h - which function of the programmer's firmware moved a wire last, as notes for who draws them
 *
 *      RESET, SCK, MOSI, the programmer's TXD --> edge --> where is the program? --> NOTE_FUNCTION
 *
 * One note when the function changes: the innermost of the program's own source, then, behind a line feed, who called it
 * (mcu/source_lines.h). Only asked for where notes are kept; without debug information there are none.
 */
#ifndef HARNESS_BOARD_FUNCTION_NOTES_H
#define HARNESS_BOARD_FUNCTION_NOTES_H

#include "mcu/source_lines.h"
#include "sim/net.h"

#define FUNCTION_NOTES_NETS 4

struct function_notes;

/* lines and nets must outlive it; NULL nets are left out. where fills in what the program does now. */
struct function_notes *function_notes_new(struct sim *sim, struct source_lines *lines,
                                          struct net *const nets[FUNCTION_NOTES_NETS],
                                          void (*where)(void *ctx, struct checker_where *w), void *ctx);
void function_notes_free(struct function_notes *f); /* NULL is fine */

#endif
