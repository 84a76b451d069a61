/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * step_type.h - a kind of step: a row with everything there is to it
 *
 *      - wait: 20 ms   --key, fields--> load() --struct scenario_step--> describe(), run()
 *
 * A row stands behind its functions in harness/run/steps_*.c, which can run them, and is listed in step_types.c there;
 * loading a scenario needs no more of it than is said here.
 */
#ifndef HARNESS_SCENARIO_STEP_TYPE_H
#define HARNESS_SCENARIO_STEP_TYPE_H

#include "harness/scenario/scenario.h"

#include <cyaml/cyaml.h>

struct loader;
struct run;

enum step_about { /* for whoever asks why it failed */
                  STEP_OTHER,
                  STEP_SESSION,  /* the programmer must reach the target */
                  STEP_COMPARES, /* ... and what was written is compared */
                  STEP_PROGRAM,  /* a real program is the host */
};

struct step_type {
    const char *key;  /* in the file */
    const char *text; /* in reports */
    enum step_about about;
    const cyaml_schema_field_t *fields; /* of its map; NULL: it takes a text */
    size_t raw_bytes;                   /* of the struct that libcyaml fills by them */
    bool may_be_later;                  /* takes `later` */
    /*
     * raw: the text, or the struct. path: of the map; of a text: of the step, and its key is s->type->key.
     * False: the loader has the problem (load.h).
     */
    bool (*load)(struct loader *l, const char *path, const void *raw, struct scenario_step *s);
    bool (*run)(struct run *run, const struct scenario_step *s, struct problem *err);
    /* More than the text. NULL: the text will do. Returns buf. */
    const char *(*describe)(const struct scenario_step *s, char *buf, size_t n);
};

extern const struct step_type *const step_types[]; /* NULL at the end */

#endif
