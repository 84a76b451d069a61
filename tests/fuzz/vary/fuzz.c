/* SPDX-License-Identifier: GPL-3.0-or-later */
/* --vary of any text, once or twice: the choices that it makes */
#include "harness/sweep/sweep.h"
#include "tests/fuzz/input.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    struct problem err = { "" };
    struct sweep s;
    char *text = fuzz_text(bytes, n), *second = strchr(text, '\n');

    sweep_init(&s, "fuzz", "fuzz.yaml");
    if (second) {
        *second++ = '\0';
    }
    if (sweep_vary(&s, text, &err) && (!second || sweep_vary(&s, second, &err))) {
        unsigned points = sweep_points(&s);

        if (!points || points > SWEEP_MAX_POINTS) {
            abort();
        }
        for (unsigned a = 0; a < s.n_axes; a++) {
            if (!*sweep_value_at(&s, points - 1, a)) {
                abort();
            }
        }
    }
    sweep_free(&s);
    free(text);
    return 0;
}
