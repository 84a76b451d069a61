/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * junit.h - results of scenarios as JUnit XML, which CI servers read
 *
 * One <testsuite>, a <testcase> per scenario with a <failure> where it failed. `time` is simulated time: two
 * runs give the same file.
 */
#ifndef HARNESS_RUN_JUNIT_H
#define HARNESS_RUN_JUNIT_H

#include "sim/kernel.h"
#include "sim/problem.h"

#include <stddef.h>

struct junit_case {
    const char *file, *name;
    sim_time took_ps;
    unsigned failures;
    const char *message; /* first failure */
    const char *output;  /* the scenario's whole report */
};

bool junit_write(const char *path, const struct junit_case *cases, size_t n, struct problem *err);

#endif
