/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A Value Change Dump of any bytes. */
#include "tests/fuzz/recording.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    fuzz_recording(fuzz_file(bytes, n));
    return 0;
}
