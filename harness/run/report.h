/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * report.h - results of runs, on their way to whoever writes them down
 *
 *      steps --step, note, failure--> report --+--> sink: text for people (report_text.h)
 *      run  ---begin, end-------------------->-+--> sink: JUnit XML ...    (report_formats.h)
 *
 * What comes from files and programs is made printable here (printable.h): sinks need not mind control characters.
 * A report counts and passes on; how something looks is its sinks' business. A report without sinks only counts.
 */
#ifndef HARNESS_RUN_REPORT_H
#define HARNESS_RUN_REPORT_H

#include "harness/scenario/scenario.h"
#include "sim/checker.h"

struct source_lines;

struct report_run { /* a scenario that is being run */
    const char *file, *name;
    uint64_t seed;
};

struct report_result { /* ... and how it went */
    unsigned failures;
    const char *first_failure; /* "file:line:column: text"; "": none */
    sim_time took_ps;
    const struct checker *checker;
    struct source_lines *lines; /* of the programmer's firmware, NULL: not known */
};

struct report_sink {
    const struct report_sink_ops *ops;
    struct report_sink *next;
};

struct report_sink_ops { /* what a sink is told; NULL: it does not care. Texts are gone after the call. */
    void (*begin)(struct report_sink *s, const struct report_run *run);
    void (*remark)(struct report_sink *s, const char *text);                                /* on what was read */
    void (*step)(struct report_sink *s, unsigned number, sim_time at_ps, const char *what); /* about to happen */
    void (*note)(struct report_sink *s, const char *text);                                  /* on the step */
    void (*output)(struct report_sink *s, const char *text); /* what a program said, several lines */
    void (*failure)(struct report_sink *s, const char *place, const char *text); /* place: "file:line:column" */
    void (*end)(struct report_sink *s, const struct report_run *run, const struct report_result *result);
    /* All n scenarios are done. False: it can't be written. Frees the sink. */
    bool (*close)(struct report_sink *s, unsigned n, unsigned failed, struct problem *err);
    /* Frees it without a word: the runs broke off. */
    void (*abandon)(struct report_sink *s);
};

struct report { /* zeroed: no sinks */
    struct report_sink *sinks, **last;
    struct report_run run; /* its texts, made printable: */
    char file[512], name[200];
    unsigned failures; /* of this run */
    char first_failure[640];
    unsigned n, failed; /* runs that have ended */
};

void report_add(struct report *r, struct report_sink *s);
/* The texts of run must live until report_end(). */
void report_begin(struct report *r, const struct report_run *run);
/* What was accepted when files were read, and is worth knowing. */
void report_remark(struct report *r, const char *text);
/* lines: of the programmer's firmware, NULL: not known. */
void report_end(struct report *r, sim_time took_ps, const struct checker *c, struct source_lines *lines);
/* Closes every sink. False: the first that could not be written says why. */
bool report_close(struct report *r, struct problem *err);
void report_abandon(struct report *r);

void report_step(struct report *r, unsigned number, sim_time at_ps, const char *what);
void report_note(struct report *r, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void report_output(struct report *r, const char *text);
/* Something came out wrong. */
void report_failure(struct report *r, const struct scenario_place *at, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

#endif
