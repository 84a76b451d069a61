/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * limits.h - figures that were good enough once, kept in a file, and what has become worse since
 *
 *      run, judge --limits_add()--> struct limits --limits_save()--> FILE.json       (--save-limits, --save-baseline)
 *      FILE.json --limits_load()--> struct limits --limits_compare(was, is)--> each figure that is worse than allowed
 *
 * How to share it     One struct limits per command: limits_init(), then limits_add() each figure under a name of its
 *                     own ("sck_high.margin", "write_polled/took"), then save, or load another and compare. Names are
 *                     letters, digits and "._/-+"; the file keeps them sorted, so that two files can be diffed.
 * Tolerance           "NAME:20%" or "NAME:1us" (any unit of the figure): how much worse it may become. NAME may end in
 *                     '*' ("*.margin:5%"), or be "*"; the last one that fits counts. Percents are of the value
 *                     in the file. None given: the file's own, and 0 where it has none: simulated time is exact.
 * Direction           "higher" or "lower" is better, and only the other way is worse; "same": both ways.
 * Format              docs/limits.schema.json:
 *                     {"format": "limpet-limits-1", "limits": {"sck_high": {"value": "1 us", "kind": "time",
 *                      "better": "higher", "tolerance": "20%"}}}
 * A name that the file has and the run has not is a difference of its own (LIMIT_GONE): silence is no pass.
 */
#ifndef HARNESS_BASE_LIMITS_H
#define HARNESS_BASE_LIMITS_H

#include "harness/base/quantity.h"

#include <stddef.h>

enum limit_better { LIMIT_HIGHER, LIMIT_LOWER, LIMIT_SAME };

struct limit_tolerance {
    bool given, relative;
    int64_t amount; /* relative: ppm; else in the figure's unit */
};

struct limit {
    char *name;
    enum quantity_kind kind; /* time, frequency, voltage, percentage (ppm) or count */
    int64_t value;           /* in the kind's unit */
    enum limit_better better;
    struct limit_tolerance tolerance;
};

struct limits { /* owned by the caller; limits_free() */
    struct limit *limit;
    size_t n;
};

/* What a file holds, for its schema; the loader knows no other key. key NULL at the end. */
struct limits_key {
    const char *key;
    bool required;
    const char *about;
};
extern const struct limits_key limits_file_keys[], limits_figure_keys[];
#define LIMITS_FORMAT "limpet-limits-1"
#define LIMITS_NAME_PATTERN "^[A-Za-z0-9._/+-]{1,200}$"
/* Words of "kind" and "better"; NULL: there are no more. */
const char *limits_kind_name(unsigned i);
const char *limits_better_name(unsigned i);

void limits_init(struct limits *l);
void limits_free(struct limits *l);

/* The name is copied; a name that is there is overwritten. Its tolerance: none. */
void limits_add(struct limits *l, const char *name, enum quantity_kind kind, int64_t value, enum limit_better better);
/* NULL: no such name. */
struct limit *limits_find(const struct limits *l, const char *name);

/* "NAME:20%", "NAME:1us": sets it for every name that fits. False and err: bad syntax, unit, or no name fits. */
bool limits_tolerate(struct limits *l, const char *text, struct problem *err);

/* False and err: can't be read, or "PATH: what is wrong". l is empty then. */
bool limits_load(struct limits *l, const char *path, struct problem *err);
bool limits_parse(struct limits *l, const char *path, const char *text, size_t n, struct problem *err);
/* Writes the whole file or nothing. made_by: "limpet judge arduinoisp". */
bool limits_save(const struct limits *l, const char *path, const char *made_by, struct problem *err);

enum limit_change { LIMIT_WORSE, LIMIT_GONE, LIMIT_OTHER_KIND };

struct limit_difference {
    enum limit_change change;
    const struct limit *was, *is; /* is NULL: LIMIT_GONE */
    int64_t allowed;              /* the last value that would have passed */
};

/* Calls worse() for each of was that `is` breaks, in order of names; may be NULL. Returns how many. */
size_t limits_compare(const struct limits *was, const struct limits *is,
                      void (*worse)(void *ctx, const struct limit_difference *d), void *ctx);
/* "sck_high: 1 us, was 2 us (lower is worse; allowed 1.8 us)". Returns buf. */
const char *limit_difference_text(const struct limit_difference *d, char *buf, size_t n);

#endif
