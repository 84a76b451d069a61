/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * recording.h - a live session as a file: the board and every act of the programs outside, with its time
 *
 *      limpet serve --record FILE: recording_begin(), acts as they come, recording_end() --> FILE.yaml
 *      limpet run FILE: recording_load() --> the same scenario, and replay: the same acts at the same instants
 *
 * FILE is YAML, with the key `recording`: the scenario's whole text, the values set, firmware, seed, and a line an act,
 * "AT_PS PORT ACT ...". It grows as the session goes on; one that was cut off is replayed as far as it goes.
 */
#ifndef HARNESS_RUN_RECORDING_H
#define HARNESS_RUN_RECORDING_H

#include "harness/board/board.h"
#include "harness/board/ports.h"
#include "harness/run/steps.h"
#include "wave/out_file.h"

/* ---- writing ---- */

struct recorder {
    struct out_file out;
    struct board *board;
};

/* text: the scenario's; sets and firmware: those of the command line. False: err. */
bool recorder_begin(struct recorder *r, const char *path, const struct scenario *s, const char *text, uint64_t seed,
                    const struct scenario_set *sets, unsigned n_sets, const char *firmware, struct problem *err);
/* While programs outside have the line, their acts are written down. */
void recorder_listen(struct recorder *r, struct board *b, bool on);
bool recorder_end(struct recorder *r, struct problem *err);

/* ---- reading ---- */

struct recorded_act {
    sim_time at_ps;
    enum board_port port;
    enum board_port_act act;
    uint32_t baud;
    uint8_t *bytes;
    size_t n;
};

struct recording {
    struct scenario *scenario;
    struct recorded_act *acts;
    size_t n;
    sim_time until_ps;
    char *firmware; /* it must live as long as the scenario */
    /* while it is replayed */
    struct board *board;
    size_t next;
};

/* Has the file the key `recording` at its left edge? */
bool recording_is_one(const char *path);
/* NULL and err: no such file, or not as recorder_begin() writes them. */
struct recording *recording_load(const char *path, struct problem *err);
void recording_free(struct recording *r);
/* As the live session went: time passes to its end, the scenario's steps at theirs. Verdict as of steps_run(). */
bool recording_run(struct recording *r, struct board *b, struct report *report);

#endif
