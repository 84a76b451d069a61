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
    const char *description; /* NULL: none */
    const char *tags;        /* "isp, slow"; NULL: none */
    bool seedless;           /* no seed of its own to repeat it by: a point, a part of a judgement, what was not run */
};

enum report_verdict {
    REPORT_PASS,
    REPORT_FINDINGS, /* passed, but the programmer broke rules that the scenario says nothing about */
    REPORT_FAIL,
    REPORT_ERROR, /* bad input, or the run died: nothing can be said */
    REPORT_SKIPPED,
    REPORT_VERDICTS,
};

struct report_picture { /* of what happened, drawn where the run was: SVG */
    const char *title;
    sim_time at_ps;
    const char *svg;
};

struct report_result { /* ... and how it went */
    enum report_verdict verdict;
    unsigned failures;
    const char *first_failure; /* "file:line:column: text"; "": none. Of one that was skipped: why */
    sim_time took_ps;
    uint64_t wall_us;              /* by the clock on the wall; 0: not measured */
    uint64_t unexpected;           /* violations that the scenario says nothing about */
    const struct checker *checker; /* NULL: it did not run */
    struct source_lines *lines;    /* of the programmer's firmware, NULL: not known */
    const struct report_picture *pictures;
    unsigned n_pictures;
    const char *instructions; /* what was on the wires, a line each; NULL: nobody asked */
    const char *vcd;          /* where the waveform is; NULL: none was written */
    const char *picture;      /* ... and the picture of what went wrong */
};

struct report_totals {
    unsigned n, by[REPORT_VERDICTS];
};

enum report_change_kind { REPORT_CHANGE_WORSE, REPORT_CHANGE_BETTER, REPORT_CHANGE_TOLERATED };

struct report_change { /* a figure that is not what it was; texts with units */
    char *figure, *was, *is;
    char *allowed; /* of one that is worse: the last value that would have passed; "" */
    enum report_change_kind kind;
};

struct report_changes {   /* since a baseline */
    const char *baseline; /* its file */
    struct report_change *list;
    size_t n, worse;
    size_t not_run; /* figures of scenarios that were not run this time */
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
    void (*cause)(struct report_sink *s, const char *text);  /* of the failure before */
    void (*failure)(struct report_sink *s, const char *place, const char *text); /* place: "file:line:column" */
    void (*end)(struct report_sink *s, const struct report_run *run, const struct report_result *result);
    /* What has changed since a baseline; after the last scenario, lives until close. */
    void (*changes)(struct report_sink *s, const struct report_changes *c);
    /* All scenarios are done. False: it can't be written. Frees the sink. */
    bool (*close)(struct report_sink *s, const struct report_totals *t, struct problem *err);
    /* Frees it without a word: the runs broke off. */
    void (*abandon)(struct report_sink *s);
};

struct report { /* zeroed: no sinks */
    struct report_sink *sinks, **last;
    struct report_run run; /* its texts, made printable: */
    char file[512], name[200], tags[400], description[1000];
    bool open;         /* a run has begun and not ended */
    unsigned failures; /* of this run */
    bool step_failed;  /* one of its steps: more than an expectation at its end */
    bool lacked;       /* this machine lacked what it needs: nothing can be said, whatever came out */
    char first_failure[640];
    uint64_t judged;             /* violations that an expectation has looked at */
    struct report_totals totals; /* runs that have ended */
};

const char *report_verdict_name(enum report_verdict verdict); /* "pass", "findings", "fail", "error", "skipped" */

void report_add(struct report *r, struct report_sink *s);
/* The texts of run must live until report_end(). */
void report_begin(struct report *r, const struct report_run *run);
/* What was accepted when files were read, and is worth knowing. */
void report_remark(struct report *r, const char *text);
/* Verdict, failures and unexpected come from what was reported; the rest of result is the caller's. */
void report_end(struct report *r, const struct report_result *result);
/* Of what is no run of a scenario, and has a verdict of its own: a sweep's point, a part of a judgement. */
void report_end_as(struct report *r, enum report_verdict verdict, sim_time took_ps);
/* One that could not be run: bad input, or it died. text may begin with a place. */
void report_error(struct report *r, const struct report_run *run, const char *text);
void report_skipped(struct report *r, const struct report_run *run, const char *why);
/* c must live until report_close(). */
void report_changed(struct report *r, const struct report_changes *c);
const char *report_change_name(enum report_change_kind kind); /* "worse", "better", "tolerated" */
/* Closes every sink. False: what could not be written, a line each. */
bool report_close(struct report *r, struct problem *err);
void report_abandon(struct report *r);

void report_step(struct report *r, unsigned number, sim_time at_ps, const char *what);
void report_note(struct report *r, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void report_output(struct report *r, const char *text);
/* Why the step before failed, as far as is known. */
void report_cause(struct report *r, const char *text);
/* Something came out wrong. */
void report_failure(struct report *r, const struct scenario_place *at, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* The same, but for this machine, not for what was tested. */
void report_lack(struct report *r, const struct scenario_place *at, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* An expectation has said what it thinks of the findings so far. */
void report_judged(struct report *r, const struct checker *c);

/* ---- for report_wire.c ---- */

void report_note_text(struct report *r, const char *text);
void report_failure_at(struct report *r, const char *place, const char *text);

#endif
