/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "harness/base/outputs.h"

#include "wave/out_file.h"
#include "wave/out_path.h"

/* Of one option's path and those of n others. */
static bool own(const struct output *one, const struct output *o, unsigned n, struct problem *err)
{
    for (unsigned k = 0; k < n; k++) {
        if (o[k].path && out_path_same(o[k].path, one->path) && !out_path_both_descriptors(o[k].path, one->path)) {
            return problem_set(err, "%s and %s are one file, '%s': give each its own", o[k].option, one->option,
                               one->path);
        }
    }
    return true;
}

static bool apart(const struct output *o, unsigned i, const char *const *inputs, unsigned n_inputs, struct problem *err)
{
    for (unsigned k = 0; k < n_inputs; k++) {
        if (out_path_same(inputs[k], o[i].path)) {
            return problem_set(err, "%s would overwrite the input '%s'", o[i].option, inputs[k]);
        }
    }
    return own(&o[i], o, i, err);
}

bool outputs_possible(const struct output *o, unsigned n, const char *const *inputs, unsigned n_inputs,
                      struct problem *err)
{
    for (unsigned i = 0; i < n; i++) {
        if (!o[i].path) {
            continue;
        }
        if (!o[i].path[0]) {
            return problem_set(err, "%s: the path is empty", o[i].option);
        }
        if (!out_file_possible(o[i].path, err)) {
            return problem_prefix(err, "%s", o[i].option);
        }
        if (!apart(o, i, inputs, n_inputs, err)) {
            return false;
        }
    }
    return true;
}

bool outputs_given(const struct output *o, unsigned n)
{
    bool any = false;

    for (unsigned i = 0; i < n; i++) {
        any |= o[i].path != NULL;
    }
    return any;
}

bool outputs_spare(const struct output *o, unsigned n, const struct input_files *inputs, struct problem *err)
{
    for (unsigned i = 0; i < n; i++) {
        for (unsigned k = 0; o[i].path && k < inputs->n; k++) {
            const char *path = inputs->file[k]->path;

            if (!apart(o, i, (const char *const *)&path, 1, err)) {
                return false;
            }
        }
    }
    return true;
}

bool places_possible(const struct output *place, unsigned n_places, const struct output *o, unsigned n,
                     struct problem *err)
{
    for (unsigned i = 0; i < n_places; i++) {
        if (place[i].path && !place[i].path[0]) {
            return problem_set(err, "%s: the path is empty", place[i].option);
        }
        if (place[i].path && (!own(&place[i], o, n, err) || !own(&place[i], place, i, err))) {
            return false;
        }
    }
    return true;
}
