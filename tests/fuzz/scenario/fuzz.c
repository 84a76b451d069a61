/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A scenario of any bytes: loaded, its board built and run for a moment. Its steps are not taken: they start programs. */
#include "harness/board/board.h"
#include "tests/fuzz/input.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    struct problem err = { "" };
    struct scenario *s = scenario_load_text("nowhere/fuzz.yaml", (const char *)bytes, n, NULL, 0, &err);
    const struct board_options o = { .budget_ck = 100000, .trace = true, .notes = true };
    struct board *b = s ? board_new(s, &o, &err) : NULL;

    if (b) {
        board_run(b, 3 * SIM_MS, &err);
    } else if (!err.text[0]) {
        abort(); /* a refusal says why */
    }
    board_free(b);
    scenario_free(s);
    return 0;
}
