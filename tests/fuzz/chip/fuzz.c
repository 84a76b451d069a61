/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A kept chip of any bytes. One that loads is saved, and what was saved loads as the same. */
#include "harness/run/chip_file.h"
#include "sim/part.h"
#include "tests/fuzz/input.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    static struct nvm_cells first, second;
    const struct part *part = part_find("attiny85");
    struct problem err = { "" };

    memset(&first, 0, sizeof first);
    memset(&second, 0, sizeof second);
    if (chip_file_load(fuzz_file(bytes, n), part, &first, &err) == CHIP_LOADED) {
        char path[64];

        snprintf(path, sizeof path, "/tmp/limpet-fuzz-%ld.chip", (long)getpid());
        if (!chip_file_save(path, part, &first, &err) || chip_file_load(path, part, &second, &err) != CHIP_LOADED ||
            memcmp(&first, &second, sizeof first) != 0) {
            fprintf(stderr, "%s\n", err.text);
            abort();
        }
        unlink(path);
    }
    return 0;
}
