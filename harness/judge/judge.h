/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * judge.h - what is wrong with a programmer, where, how close to the edge, and how it fails
 *
 *      subject --> plan: sessions, searches, faults --> workers (base/workers.h) --> struct judgement
 *                                                                                       |
 *                              known.h (what is documented of it) --> rules, grades, verdict --> page_text, page_json
 *
 * The plan is fixed, each job is a pure function of the subject, so the page repeats byte for byte.
 */
#ifndef HARNESS_JUDGE_JUDGE_H
#define HARNESS_JUDGE_JUDGE_H

#include "harness/base/limits.h"
#include "harness/judge/session.h"
#include "harness/judge/tries.h"
#include "harness/report/report.h"
#include "mcu/source_lines.h"

#include <stdio.h>

#define JUDGE_MOST_JOBS 4000
#define JUDGE_SOURCES 4

struct known_family;

enum judge_grade {
    GRADE_UNKNOWN, /* not measured */
    GRADE_BROKEN,
    GRADE_RISK,  /* the same of one that is kept by luck: CHECK_RISK */
    GRADE_KNOWN, /* broken, and documented of this programmer */
    GRADE_EDGE,  /* less than 5 % of margin */
    GRADE_TIGHT, /* less than 20 % */
    GRADE_FAIR,  /* less than 100 % */
    GRADE_AMPLE,
    GRADE_KEPT, /* a rule without a figure: never broken */
    GRADE_NOTE, /* it happened, and is no fault */
};
const char *judge_grade_name(enum judge_grade g);

struct judge_rule {
    enum judge_grade grade;
    uint64_t findings;
    uint64_t follow;                /* besides: what follows from another rule, ... */
    enum checker_rule from;         /* ... the first from this one, ... */
    const struct plan_row *follows; /* ... in this session */
    bool measured_once, has_margin; /* has_margin: required and measured say something */
    int64_t required, measured, margin_ppm;
    const struct plan_row *worst_in;
    sim_time at_ps;
    uint64_t seed;
    struct checker_where where;
    char text[120];
    const char *known, *known_source;          /* what is documented, NULL: nothing */
    struct source_place source[JUDGE_SOURCES]; /* the firmware's own file first; n_source 0: not known */
    unsigned n_source;
};

/* ---- what it can reach: reach.c ---- */

enum reach_axis { REACH_CLOCK_SLOW, REACH_CLOCK_SLOW_CLEAN, REACH_CLOCK_FAST, REACH_VCC_LOW, REACH_AXES };

struct reach_result {        /* plain data */
    bool found, to_the_end;  /* to_the_end: it works as far as is tried */
    uint64_t value;          /* Hz, mV: the last that works */
    uint64_t tried;          /* sessions */
    enum checker_rule limit; /* the rule that is broken just beyond, CHECKER_RULES: none */
    int64_t required, measured;
    char message[160]; /* what the host says just beyond */
};

struct reach_axis_info {
    const char *id, *text, *unit;
    enum quantity_kind kind;
    int64_t scale; /* of value, to kind's unit */
    enum limit_better better;
};
extern const struct reach_axis_info reach_axes[REACH_AXES];
void reach_run(struct subject *s, enum reach_axis axis, const struct session_options *o, struct reach_result *r);

/* ---- how it fails: faults.c ---- */

struct fault_row {
    const char *id, *title;
    const char *sets;    /* as of plan rows, NULL: none */
    const char *actions; /* of plan rows: what the session begins with besides, NULL: nothing */
    bool in_quick;
};
extern const struct fault_row fault_rows[];

struct fault_count {
    const struct fault_row *row;
    bool verified; /* the host verified what it wrote */
    unsigned n, right, noticed, silent, bad;
    uint64_t first_silent_seed; /* 0: none */
    char not_here[120];         /* why this board can't have it; "": it can */
    uint64_t cause_seed;        /* of that one, or of the first that was noticed; 0: all were right */
    char cause[240];            /* what the bench says of it; "": nothing */
};
#define FAULT_MOST_ROWS 16

enum judge_part { /* bits: of the plan */
                  JUDGE_RULES = 1,
                  JUDGE_REACH = 2,
                  JUDGE_FAILS = 4,
                  JUDGE_FAULTS = 8,
                  JUDGE_ALL = 15,
};

struct judge_options {
    unsigned parts; /* enum judge_part */
    struct subject_options subject;
    bool quick;               /* the reduced plan */
    unsigned campaigns;       /* seeds per fault */
    unsigned jobs;            /* processes, 0: one per core */
    sim_time budget_ps;       /* of a session */
    uint64_t budget_ck;       /* executed cycles of a session; 0: sim/kernel.h's */
    unsigned shard, shards;   /* of the plan only jobs shard, shard + shards, ...; 0: all */
    const char *const *merge; /* files of shards, whose results stand for runs; NULL: it runs */
    unsigned n_merge;
    void (*progress)(void *ctx, unsigned done, unsigned total);
    void *ctx;
};

struct judge_session { /* of a row */
    const struct plan_row *row;
    struct session_result result;
};

struct judgement {
    struct subject subject;
    unsigned parts;     /* of the plan: enum judge_part */
    bool answers;       /* a session could be had at all */
    char problem[400];  /* why not */
    char no_lines[200]; /* why there are no lines of the source; "": there are, or it is no firmware */
    struct judge_session *sessions;
    unsigned n_sessions;
    struct conduct conduct;
    struct judge_rule rules[CHECKER_RULES];
    struct reach_result reach[REACH_AXES];
    struct try_case *tries;
    unsigned n_tries;
    struct fault_count faults[2 * FAULT_MOST_ROWS];
    unsigned n_faults;
    const struct known_family *known;
    const char *family; /* whose documented weaknesses it has: "ArduinoISP"; NULL: nobody's */
    bool passed;        /* nothing broken that is not documented, and every healthy session right */
    char verdict[440];
    struct limits limits; /* every figure of it, by name */
    unsigned runs;
    char *shard; /* of a shard: its file's text, and nothing else is known. NULL */
};

/* False and err: bad input. What is wrong with the programmer is in j. */
bool judge(const struct judge_options *o, struct judgement *j, struct problem *err);
void judgement_free(struct judgement *j);

/* verdict.c: rules, grades, verdict and limits from the sessions. */
void judge_conclude(struct judgement *j);
/* Is this the name of a figure that some judgement can have in its limits: "margin.sck_high"? */
bool judge_has_figure(const char *name);

/* page_text.c, report.c, page_json.c */
void judge_write_text(FILE *to, const struct judgement *j);
/*
 * report.c: sessions, rules, reach, faults as cases. strict: what is only worth knowing fails. of_many: another judgement
 * goes into the same report, so that a case's name says whose it is
 */
void judge_report(struct report *r, const struct judgement *j, bool strict, bool of_many);
char *judge_json(const struct judgement *j); /* docs/judge.schema.json; to free(), NULL: out of memory */

#endif
