/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A CSV of any bytes: ours, Saleae's, sigrok's. */
#include "tests/fuzz/recording.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    fuzz_recording(fuzz_file(bytes, n));
    return 0;
}
