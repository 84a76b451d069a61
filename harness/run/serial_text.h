/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * serial_text.h - a conversation in text on a serial line, as with a sketch that has a menu
 *
 *      wait_for "Type 'G'"  -->  send_text "G\n"  -->  matches, expect_text
 *
 * What comes is kept from the first such step on, so that nothing is lost between two of them; what one has found and
 * all before it is gone for the next. Each wait ends as soon as its text is there.
 */
#ifndef HARNESS_RUN_SERIAL_TEXT_H
#define HARNESS_RUN_SERIAL_TEXT_H

#include <regex.h>
#include <stddef.h>

#include "sim/kernel.h"
#include "sim/problem.h"

struct board;
struct report;

#define SERIAL_TEXT_MAX_BYTES 65536 /* kept of what nobody has asked for yet; older text goes */

struct serial_text_heard {
    char *text; /* NUL-terminated; NULL: nobody listens yet */
    size_t n;
    struct report *log; /* told each line as it ends; NULL: nobody */
    char line[400];
    size_t n_line;
};

struct serial_text {      /* what a step asks; texts live as long as the scenario */
    bool given;           /* any of these */
    const char *wait_for; /* NULL: not asked */
    const char *matches;  /* POSIX extended regular expression; '.' stops at the end of a line */
    const char *send_text;
    const char *expect_text;
    bool log;           /* what comes is told with the results, from now on */
    sim_time within_ps; /* each wait */
};

/* False: matches is no regular expression; err says why. */
bool serial_text_check(const struct serial_text *t, struct problem *err);
/* The port is selected, at its speed. False and err: what did not come, and what did. */
bool serial_text_run(struct board *b, struct report *r, struct serial_text_heard *h, const struct serial_text *t,
                     struct problem *err);
void serial_text_free(struct serial_text_heard *h);

#endif
