/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "harness/hosts/programmer.h"

const char *prog_memory_name(enum prog_memory m)
{
    return m == PROG_FLASH ? "flash" : "eeprom";
}

const char *prog_fuse_name(enum prog_fuse f)
{
    static const char *const names[] = { "lfuse", "hfuse", "efuse", "lock" };

    return names[f];
}
