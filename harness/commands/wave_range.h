/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * wave_range.h - which part of a document is wanted: --from --to --around --margin, and --signals
 */
#ifndef HARNESS_COMMANDS_WAVE_RANGE_H
#define HARNESS_COMMANDS_WAVE_RANGE_H

#include <argp.h>

#include "sim/problem.h"
#include "wave/doc.h"

struct wave_range {
    const char *from, *to, *around, *margin; /* as the command line says; NULL: not given */
    sim_time from_ps, to_ps;                 /* what came of it */
};

/* Options --from --to --around --margin; the child's input is the struct wave_range. */
extern const struct argp wave_range_argp;

/* sck: the signal, -1: none. file: for messages. False and err: bad input, or there is no such thing. */
bool wave_range_find(struct wave_range *r, const struct wave_doc *d, int sck, const char *file, struct problem *err);

/* Marks the signals and tracks of "NAME,..." (NULL: all) in arrays of zeros, one entry for each of the document's. */
bool wave_choose(const struct wave_doc *d, const char *names, const char *file, bool *signals, bool *tracks,
                 struct problem *err);

/* Counted from 1; an instruction by the beginning of its text. NULL: there is none. */
const struct doc_span *wave_nth_instruction(const struct wave_doc *d, const char *name, unsigned nth);
const struct doc_span *wave_nth_span(const struct wave_doc *d, enum doc_track_kind kind, unsigned nth);

#endif
