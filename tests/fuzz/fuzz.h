/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fuzz.h - what every fuzz target is: one function that must come back from any input */
#ifndef TESTS_FUZZ_FUZZ_H
#define TESTS_FUZZ_FUZZ_H

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

#endif
