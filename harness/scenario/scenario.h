/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * scenario.h - a scenario file as values: a board, steps, expectations
 *
 *      YAML text --> tree with places (yaml_place) --> values set by path --> libcyaml --> struct scenario
 *
 * Everything that can be wrong with a file is found here, before anything runs: unknown keys, wrong units,
 * values out of range, files that are missing or broken. Memory images and data files are read here, so
 * a struct scenario needs nothing from outside. Keys: docs/scenarios.md.
 */
#ifndef HARNESS_SCENARIO_SCENARIO_H
#define HARNESS_SCENARIO_SCENARIO_H

#include "harness/base/input_file.h"
#include "harness/base/scenario_data.h"
#include "harness/hosts/host_rows.h"
#include "harness/hosts/programmer.h"
#include "harness/hosts/scripted.h"
#include "harness/parts/circuit.h"
#include "harness/parts/pc_side.h"
#include "harness/parts/programmer.h"
#include "harness/parts/pull.h"
#include "harness/parts/target_chip.h"
#include "harness/parts/wiring.h"
#include "harness/serial/adapter.h"
#include "mcu/board_rows.h"
#include "sim/checker.h"
#include "sim/fuse_model.h"
#include "sim/kernel.h"
#include "sim/part.h"
#include "sim/problem.h"
#include "sim/switches.h"

struct scenario_device {
    const char *part; /* its name; NULL: the programmer's or the target's port, as kind says */
    enum pc_device_kind kind;
    const char *path;
};

struct scenario_board {
    struct plan plan; /* the parts, their pins and the wires of the long form */
    uint32_t vcc_mv;
    bool power_on; /* at the beginning */
    struct scenario_target target;
    struct programmer_config programmer;
    struct plan_lead *wires; /* replace or add to the programmer's default wiring */
    unsigned n_wires;
    const struct scenario_device *devices; /* names that programs of the PC find instead of the usual ones */
    unsigned n_devices;
};

/* The resistor that pull_ups or pull_downs put at a pin of the target (plan.h); NULL: none. */
const struct pull_config *scenario_pull(const struct scenario_board *b, unsigned target_pin);

/* "3", ">= 1", "< 10" */
enum scenario_relation { SCENARIO_EQ, SCENARIO_GE, SCENARIO_LE, SCENARIO_GT, SCENARIO_LT };
struct scenario_number {
    bool given;
    enum scenario_relation relation;
    uint64_t value;
};

struct scenario_expect_finding {
    const char *rule;
    struct scenario_number count; /* default: >= 1 */
    struct scenario_place place;
};

struct scenario_expect_net { /* measured since the beginning or the last `mark` step */
    const char *net;
    int level; /* enum net_level, -1: not asked */
    struct scenario_number rises, falls;
    struct scenario_number shortest_high, shortest_low, shortest_period; /* ps */
    struct scenario_number longest_high, longest_low;                    /* ps */
    struct scenario_place place;
};

struct scenario_expect_fuses {
    int value[4]; /* enum prog_fuse; -1: not asked */
    struct scenario_place place;
};

struct scenario_capture {     /* an output of the real chip in the recording that drives the board */
    const char *net, *signal; /* NULL: not asked */
    sim_time within_ps;
    sim_time from_ps;
    sim_time until_ps;  /* of the recording; 0: its end */
    bool floating_high; /* what the recorder saw where nobody drives */
    struct scenario_place place;
};

struct scenario_expect_margin { /* of what is required, in ppm */
    enum checker_rule rule;
    struct scenario_number margin;
    struct scenario_place place;
};

struct scenario_expect {
    bool findings_given; /* then: these rules and no others */
    struct scenario_expect_finding *findings;
    unsigned n_findings;
    struct scenario_expect_margin *margins;
    unsigned n_margins;
    struct scenario_expect_net *nets;
    unsigned n_nets;
    struct scenario_data flash, eeprom; /* read through the pins by `reader` */
    struct scenario_expect_fuses fuses;
    struct scenario_capture capture;
    struct scenario_place place, flash_place, eeprom_place;
};

struct step_type;

struct scenario_step {
    const struct step_type *type;
    const void *own;             /* what only this type knows; NULL: nothing */
    const char *fails;           /* the step must fail and its message hold this; NULL: must work */
    const char *cause;           /* what is said of why must hold this, or be nothing at all (""); NULL: not asked */
    sim_time later_ps;           /* power, rewire, clock, reset, chip: happens that long after this point; 0: now */
    uint64_t later_instructions; /* ... or that long after so many more have come; 0: by time */
    bool later;
    struct scenario_place place;
    bool sets_vcc;   /* power */
    uint32_t vcc_mv; /* power; 0: off */
    sim_time wait_ps;
    enum prog_memory memory;
    struct scenario_data data; /* program, verify; of read only offset and n */
    int fuse[4];               /* write_fuses, verify_fuses: enum prog_fuse, -1: not this one */
    struct plan_lead *wires;
    unsigned n_wires;
    struct scenario_clock clock;
    struct scenario_expect expect;
};

#define SCENARIO_NOTES 16
#define SCENARIO_MAX_BYTES 1000000
#define SCENARIO_MAX_DATA_BYTES (256u << 20) /* of its images, random bytes and the like */

struct scenario {
    const char *path; /* as given on the command line, printable: for messages and reports */
    const char *name, *description;
    const char **tags; /* NULL-terminated */
    uint64_t seed;
    struct scenario_board board;
    const char **record; /* nets to trace; NULL-terminated; default: the usual ones and a circuit's */
    struct scenario_step *steps;
    unsigned n_steps;
    struct scenario_expect expect;     /* at the end */
    struct scripted_config reader;     /* the scripted reader's settings */
    uint8_t rule_as[CHECKER_RULES];    /* enum checker_as */
    const char *notes[SCENARIO_NOTES]; /* "FILE:LINE: what was accepted" */
    unsigned n_notes;
    struct scenario_memory *memory; /* owns everything above */
    struct input_files *inputs;     /* all that it and its board read, once: the caller's, or own_inputs */
    struct input_files own_inputs;
};

/*
 * "board.target.fuses.low=0x62": sets a value of the file by its path before it is read. value NULL: takes one out, by
 * the path of yaml_remove().
 */
struct scenario_set {
    const char *path, *value;
};

/* NULL and err on bad input. sets may be NULL. */
struct scenario *scenario_load(const char *path, const struct scenario_set *sets, unsigned n_sets, struct problem *err);
/*
 * The same out of a set of files that have been read, for runs that shall not part; it must outlive the scenario.
 */
struct scenario *scenario_load_from(struct input_files *inputs, const char *path, const struct scenario_set *sets,
                                    unsigned n_sets, struct problem *err);
/* Reads what its board will: firmware, a recording. False: err. */
bool scenario_read_inputs(const struct scenario *s, struct problem *err);
/* scenario_load() from text; path is used in messages and to find files that the scenario names. */
struct scenario *scenario_load_text(const char *path, const char *text, size_t n, const struct scenario_set *sets,
                                    unsigned n_sets, struct problem *err);
/* ... that reads the files which the text names from a set, as scenario_load_from() does. */
struct scenario *scenario_load_text_from(struct input_files *inputs, const char *path, const char *text, size_t n,
                                         const struct scenario_set *sets, unsigned n_sets, struct problem *err);
/* A factory-fresh ATmega328P with ArduinoISP, no steps: what `limpet serve` puts up by itself. */
struct scenario *scenario_default(struct problem *err);
void scenario_free(struct scenario *s);
/* False and err (placed): the scenario's waits alone take longer than the run may. */
bool scenario_fits(const struct scenario *s, sim_time budget_ps, struct problem *err);

/*
 * Another firmware on the programmer: a builtin name or a path; must outlive the scenario. One of ours brings its own
 * host and speed, what another speaks is as the file says. Nothing changes where the programmer runs none.
 */
void scenario_set_firmware(struct scenario *s, const char *firmware);

#endif
