/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * step.h - for the files that load and run steps (steps_*.c): a run, and what they share
 *
 * A further step: its functions and its row in one of those files or one more, and the row's name in step_types.c.
 * What only it knows hangs at scenario_step.own.
 */
#ifndef HARNESS_RUN_STEP_H
#define HARNESS_RUN_STEP_H

#include "harness/board/board.h"
#include "harness/board/ports.h"
#include "harness/report/report.h"
#include "harness/run/diagnosis.h"
#include "harness/run/expect.h"
#include "harness/run/serial_text.h"
#include "harness/scenario/load.h"
#include "harness/scenario/raw_fields.h"
#include "harness/scenario/step_type.h"

#define STEP_MAX_PS (3600 * (int64_t)SIM_S) /* longest time that a step may name */

struct steps_pace;

struct run { /* of a scenario on its board */
    struct board *b;
    struct board_ports *ports;
    const struct scenario *s;
    struct report *r;
    struct meters meters;
    bool in_session;
    sim_time left_ps;                            /* when `leave` ended the last session; SIM_NEVER: it did not */
    struct serial_text_heard heard[BOARD_PORTS]; /* serial_text.h */
    const struct steps_pace *pace;               /* steps.h; NULL: none */
    sim_time session_ps;                         /* when the session began */
    uint64_t session_resets;                     /* ... and of the programmer until then */
    struct diagnosis_program program;            /* the real program of this step */
    bool lacked;                                 /* this step failed for what this machine lacks */
    bool has_signature;                          /* this step has read it, right or wrong: */
    uint8_t signature[3];
    struct diagnosis at_start; /* of all of it */
};

/* load() of a type that has nothing to say but "erase: yes". */
bool step_load_yes(struct loader *l, const char *path, const void *raw, struct scenario_step *s);
/*
 * steps_serial.c: whose serial port, the programmer's unless said otherwise; then `needs` says whether its programmer
 * will do.
 */
bool step_load_port(struct loader *l, const char *path, const char *text,
                    bool (*needs)(struct loader *l, const char *path, const char *key), bool *on_target);
/* False and a problem at the key: the board's programmer runs no firmware. */
bool step_needs_firmware(struct loader *l, const char *path, const char *key);

/* steps_session.c: the programmer enters programming mode if it is not there, leaves it if it is. */
bool session_open(struct run *run, struct problem *err);
bool session_close(struct run *run, struct problem *err);
bool session_compare_memory(struct run *run, enum prog_memory m, const struct scenario_data *d, struct problem *err);
/* want: enum prog_fuse, -1: not asked */
bool session_compare_fuses(struct run *run, const int want[4], struct problem *err);

/* steps_expect.c: what disagrees goes to the report. */
void step_check_expectations(struct run *run, const struct scenario_expect *e);

/* steps_session.c */
extern const struct step_type step_enter, step_leave, step_signature, step_erase, step_program, step_verify, step_read,
    step_write_fuses, step_verify_fuses, step_spi;
/* steps_board.c */
extern const struct step_type step_power, step_wait, step_rewire, step_clock, step_reset_programmer, step_plug,
    step_chip;
/* steps_serial.c */
extern const struct step_type step_uart;
/* steps_exec.c */
extern const struct step_type step_avrdude, step_exec;
/* steps_expect.c */
extern const struct step_type step_mark, step_expect;

#endif
