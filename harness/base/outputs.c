/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "harness/base/outputs.h"

#include "wave/out_file.h"
#include "wave/out_path.h"

static bool apart(const struct output *o, unsigned i, const char *const *inputs, unsigned n_inputs, struct problem *err)
{
    for (unsigned k = 0; k < i; k++) {
        if (o[k].path && out_path_same(o[k].path, o[i].path)) {
            return problem_set(err, "%s and %s are one file, '%s': give each its own", o[k].option, o[i].option,
                               o[i].path);
        }
    }
    for (unsigned k = 0; k < n_inputs; k++) {
        if (out_path_same(inputs[k], o[i].path)) {
            return problem_set(err, "%s would overwrite the input '%s'", o[i].option, inputs[k]);
        }
    }
    return true;
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
