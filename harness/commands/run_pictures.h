/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * run_pictures.h - what a report with pictures shows of a run: the waveform around each finding, and the instructions
 *
 * A picture for the first finding of each rule and wire that the one before does not show, RUN_PICTURES_MAX at most; if asked for, one of the whole session
 * with idle time folded, where that is small enough to be looked at. The board must have been recorded, with notes.
 */
#ifndef HARNESS_COMMANDS_RUN_PICTURES_H
#define HARNESS_COMMANDS_RUN_PICTURES_H

#include "harness/board/board.h"
#include "harness/report/report.h"

#define RUN_PICTURES_MAX 8

struct run_pictures {
    struct report_picture list[RUN_PICTURES_MAX + 1];
    unsigned n;
    /* lines "at_ps times mosi miso text", fields apart by tabs; RUN_INSTRUCTIONS_MAX at most, else a tenth */
    char *instructions;
};

#define RUN_INSTRUCTIONS_MAX 5000

/* Rules of CSS that give pictures on a page the colours of the dark theme where the page is dark; free() it. */
char *run_pictures_dark_css(void);
/* False: err says which could not be drawn; what was is there, and to be freed. */
bool run_pictures_draw(struct run_pictures *p, struct board *b, bool whole, struct problem *err);
/*
 * The first finding, or the last step of a run without any, as an SVG file. False: err says why not, and there is none.
 */
bool run_picture_write(const char *path, struct board *b, struct problem *err);
void run_pictures_free(struct run_pictures *p);

#endif
