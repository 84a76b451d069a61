/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * turn_taking.h - who has the word on a served serial line: the host, or the programmer that owes it an answer
 *
 *      host's bytes --> turn_taking_asked()     the programmer has the word: simulated time must run
 *      answer bytes --> turn_taking_answered()  ... until the line has been quiet, or until the answer is overdue:
 *                                               then the host has it again
 *
 * What is said is not looked at. All times are simulated ones.
 */
#ifndef HARNESS_SERIAL_TURN_TAKING_H
#define HARNESS_SERIAL_TURN_TAKING_H

#include "sim/kernel.h"

struct turn_taking_limits {
    sim_time quiet_ps;   /* silence after an answer */
    sim_time overdue_ps; /* no byte of an answer that must come */
};

/* 100 ms, and 5 s as avrdude waits for an answer. */
extern const struct turn_taking_limits turn_taking_limits_default;

struct turn_taking {
    struct turn_taking_limits limits;
    bool programmer_has_word, answered;
    sim_time last_ps; /* last byte either way */
};

void turn_taking_init(struct turn_taking *t, const struct turn_taking_limits *limits);

/* The host said something. */
void turn_taking_asked(struct turn_taking *t, sim_time at_ps);
/* Call while the host's bytes are still on the line: time counts from the last of them. */
void turn_taking_line_busy(struct turn_taking *t, sim_time at_ps);
void turn_taking_answered(struct turn_taking *t, sim_time at_ps);
/* Does the programmer still have the word? */
bool turn_taking_runs(struct turn_taking *t, sim_time now_ps);

#endif
