/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A sweep's result of any bytes, merged with itself and drawn as a table. */
#include "harness/sweep/sweep_io.h"
#include "tests/fuzz/input.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    static FILE *nowhere;
    struct problem err = { "" };
    struct sweep s = { 0 };
    struct sweep_result *results = NULL;
    const char *path = fuzz_file(bytes, n);

    if (!nowhere) {
        nowhere = fopen("/dev/null", "w");
    }
    if (sweep_merge_json(path, &s, &results, &err) && sweep_merge_json(path, &s, &results, &err)) {
        sweep_table(nowhere, &s, results, s.n_axes ? s.n_axes - 1 : 0, 0);
        sweep_write_csv("/dev/null", &s, results, &err);
        sweep_write_json("/dev/null", &s, results, &err);
    }
    free(results);
    sweep_free(&s);
    return 0;
}
