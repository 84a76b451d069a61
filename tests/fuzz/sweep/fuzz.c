/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A sweep file of any bytes: its axes, and the scenarios of its first and last point. */
#include "harness/sweep/sweep.h"
#include "tests/fuzz/input.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    struct problem err = { "" };
    struct sweep s;

    if (!sweep_load(&s, fuzz_file(bytes, n), &err)) {
        return 0;
    }
    unsigned points = sweep_points(&s);

    for (unsigned p = 0; p<points; p += points> 1 ? points - 1 : 1) {
        scenario_free(sweep_scenario_at(&s, p, &err));
    }
    sweep_free(&s);
    return 0;
}
