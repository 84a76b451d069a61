/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * wave_source.h - FILE or SCENARIO as a document, and the part of it that is wanted: for decode, plot and view
 *
 *      FILE.vcd, .csv ... --> read -------------------------------+--> wave_doc (+ instructions) --> from..to
 *      SCENARIO.yaml ------> run it, recorded, with notes --------+
 */
#ifndef HARNESS_COMMANDS_WAVE_SOURCE_H
#define HARNESS_COMMANDS_WAVE_SOURCE_H

#include <argp.h>

#include "harness/base/outputs.h"
#include "harness/commands/wave_range.h"
#include "sim/isp_code.h"
#include "sim/problem.h"
#include "wave/doc.h"
#include "wave/isp_track.h"

struct board;

struct wave_source {
    /* what the command line says */
    const char *file;
    const char *with;             /* a second recording or scenario; NULL: none */
    bool align;                   /* so that the first instruction of both begins at one time */
    struct wave_range range;      /* and the part that is wanted of it */
    const char *part;             /* NULL: the scenario's, or atmega328p */
    bool bits;                    /* tracks of bits and bytes too */
    bool all_bits;                /* ... of bits all spans, for a file (wave/isp_bits.h) */
    bool rules;                   /* ... and of a recording what the pins tell of the datasheet's rules */
    uint64_t clock_millihz;       /* the target's, for them; 0: nobody says */
    const struct output *outputs; /* that no file which a scenario reads may be; [n_outputs] */
    unsigned n_outputs;
    const char *wire[4]; /* RESET, SCK, MOSI, MISO; NULL: guess */
    /* what came of it */
    struct wave_doc doc;
    struct isp_decoder decoder;
    struct isp_wires wires;  /* sck -1: none found */
    struct problem no_wires; /* ... and why */
    bool failed;             /* a scenario that ran did not pass */
};

/* What has been recorded on a board, with all that it knows beside. False: out of memory. */
bool wave_doc_of_board(struct wave_doc *d, struct board *b, const struct isp_decoder *dec);

/* Options --with --align --from --to --around --margin --part --wires --target-clock; the child's input is the struct wave_source. */
extern const struct argp wave_source_argp;

/* False and err: bad input; nothing to free. The struct stays where it is. */
bool wave_source_open(struct wave_source *s, struct problem *err);
void wave_source_free(struct wave_source *s);

#endif
