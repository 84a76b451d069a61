/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * turn_taking.h - who has the word on the serial line: the host, or the programmer that owes it an answer
 *
 *      host's bytes --> turn_taking_asked()     the programmer has the word: simulated time must run
 *      answer bytes --> turn_taking_answered()  ... until the answer is whole and the line has been quiet, or until
 *                                        it is overdue: then the host has it again
 *
 * How long an answer is follows from the command where the protocol is known (STK500 of AVR061: a table of
 * commands; STK500v2 of AVR068: a length in each message). Otherwise, and while bytes are missing, silence ends
 * it. All times are simulated ones.
 *
 * An answer that does not come is waited for as long as the real host does, so that what it says next meets the chip
 * when it would: avrdude 7.1 drains for 250 ms after the first two Get Synchronization, then waits 5 s; -c urclock
 * waits 25 ms for a sync and 500 ms for the rest (avrdude 7.1, stk500.c and urclock.c; avrdude#1245).
 */
#ifndef HARNESS_SERIAL_TURN_TAKING_H
#define HARNESS_SERIAL_TURN_TAKING_H

#include <stddef.h>

#include "sim/kernel.h"

enum turn_taking_protocol {
    TURN_TAKING_ANY,
    TURN_TAKING_STK500V1,
    TURN_TAKING_STK500V2,
    TURN_TAKING_URCLOCK, /* avrdude's -c urclock: a sync of two bytes is answered by two; the rest by silence */
};

struct turn_taking_limits {
    sim_time quiet_whole_ps; /* silence after an answer known to be whole */
    sim_time quiet_ps;       /* silence after an answer of unknown length */
    sim_time overdue_ps;     /* no (further) byte of an answer that must come */
};

/* 2 ms, 100 ms, and 5 s as avrdude waits for an answer. */
extern const struct turn_taking_limits turn_taking_limits_default;

struct turn_taking {
    enum turn_taking_protocol protocol;
    struct turn_taking_limits limits;
    bool programmer_has_word;
    sim_time last_ps;    /* last byte either way */
    size_t expected;     /* bytes of the answer, 0 = not known */
    sim_time overdue_ps; /* for the first byte of this answer: as long as avrdude itself would wait */
    unsigned syncs;      /* STK500v1: Get Synchronization in a row */
    size_t got;
    /* STK500v2: the message that comes in */
    uint8_t state;
    uint16_t body;
};

void turn_taking_init(struct turn_taking *t, enum turn_taking_protocol protocol,
                      const struct turn_taking_limits *limits);

/*
 * Are these bytes of the host whole commands? False: the rest is still to come. Unknown ones count as whole, so
 * the caller needs a limit of its own only for what a host leaves unfinished.
 */
bool turn_taking_command_is_whole(enum turn_taking_protocol protocol, const uint8_t *bytes, size_t n);

/* The host said this much at once. */
void turn_taking_asked(struct turn_taking *t, sim_time at_ps, const uint8_t *bytes, size_t n);
/* Call while the host's bytes are still on the line: time counts from the last of them. */
void turn_taking_line_busy(struct turn_taking *t, sim_time at_ps);
void turn_taking_answered(struct turn_taking *t, sim_time at_ps, uint8_t byte);
/* Does the programmer still have the word? */
bool turn_taking_runs(struct turn_taking *t, sim_time now_ps);

#endif
