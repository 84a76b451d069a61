/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * sweep.h - a scenario whose values vary along axes: every combination is a run
 *
 *      sweep file, or scenario + "--vary PATH=VALUES" --> axes of choices --> point i --> values to set by path
 *
 * Axis        a list of choices; a choice sets any number of values of the scenario by their paths (scenario_set).
 * VALUES      "a, b, c"; "0x60..0x6F"; "1 kHz..4 kHz step 500 Hz" (one unit throughout); "1 ms..64 ms times 2",
 *             the latter to four digits
 * Points      numbered with the last axis running fastest.
 *
 * A sweep file:
 *      name: recovery
 *      scenario: base.yaml
 *      axes:
 *        - name: low fuse
 *          path: board.target.fuses.low
 *          values: 0x60..0x6F, 0xE0..0xEF
 *        - name: clock
 *          choices:
 *            - name: none
 *            - name: crystal
 *              set: {board.target.clock: "{crystal: 8 MHz}"}
 */
#ifndef HARNESS_SWEEP_SWEEP_H
#define HARNESS_SWEEP_SWEEP_H

#include "harness/base/input_file.h"
#include "harness/board/board_stats.h"
#include "harness/run/outcome.h"
#include "harness/scenario/scenario.h"
#include "sim/problem.h"

#define SWEEP_MAX_AXES 8
#define SWEEP_MAX_POINTS 1000000u

struct sweep_choice {
    char *name;
    struct scenario_set *sets; /* their texts are owned */
    unsigned n_sets;
};

struct sweep_axis {
    char *name;
    struct sweep_choice *choices;
    unsigned n;
};

struct sweep {
    char *name, *scenario; /* scenario: path, resolved against the sweep file's */
    struct sweep_axis axes[SWEEP_MAX_AXES];
    unsigned n_axes;
    struct board_work *work;   /* NULL, or where the points that are run add up what they took */
    struct input_files inputs; /* what the points run: read once, so that all of them run the same */
};

/* An empty sweep of one scenario. */
void sweep_init(struct sweep *s, const char *name, const char *scenario);
void sweep_free(struct sweep *s);

/* Of a sweep file, or of a scenario, with no axes then. False and err: s is freed. */
bool sweep_load(struct sweep *s, const char *path, struct problem *err);
/* The same of a text, without the values that gone names. */
bool sweep_load_text(struct sweep *s, const char *path, const char *text, size_t n, const struct scenario_set *gone,
                     unsigned n_gone, struct problem *err);
/* "PATH=VALUES" */
bool sweep_vary(struct sweep *s, const char *text, struct problem *err);

/* At most SWEEP_MAX_POINTS, counted in 64 bits? */
bool sweep_sizes_fit(const struct sweep *s);
/* 1 without axes. */
unsigned sweep_points(const struct sweep *s);
/* Index of the point's choice on an axis. */
unsigned sweep_choice_at(const struct sweep *s, unsigned point, unsigned axis);
/* The choice's name. */
const char *sweep_value_at(const struct sweep *s, unsigned point, unsigned axis);
/* The point's scenario. NULL: err. */
struct scenario *sweep_scenario_at(struct sweep *s, unsigned point, struct problem *err);
/* What the point sets, in the order of the axes; free() the list (texts stay the sweep's). */
struct scenario_set *sweep_sets_at(const struct sweep *s, unsigned point, unsigned *n);
/* -1: no such axis */
int sweep_axis_find(const struct sweep *s, const char *name);

/* ---- what came out ---- */

enum sweep_state { SWEEP_NOT_RUN, SWEEP_PASS, SWEEP_FINDINGS, SWEEP_FAIL, SWEEP_BAD, SWEEP_STATES };

struct sweep_result {
    uint32_t state; /* enum sweep_state; FINDINGS: passed, with violations; BAD: could not be run */
    uint32_t violations;
    uint32_t outcome;  /* enum outcome */
    uint64_t sck_hz;   /* of the slowest byte on SCK, 0: none */
    uint64_t cpu_hz;   /* the target's clock then, 0: none, or stepped by hand */
    uint64_t took_ps;  /* simulated */
    char why[48];      /* of a failure: what the chip lacked, "" if that is not known */
    char message[240]; /* first failure */
    char cells[120];   /* where the chip holds something else than was asked for; "": nowhere, or not known */
};

const char *sweep_state_name(enum sweep_state state); /* "pass", "findings", "fail", "bad", "not run" */

#endif
