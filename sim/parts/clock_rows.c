/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sim/parts/clock_rows.h"

const struct clock_startup startup_external[4] = {
    { .ck = 6, .delay_ck = 14, .timeout = TIMEOUT_NONE },
    { .ck = 6, .delay_ck = 14, .timeout = TIMEOUT_4MS },
    { .ck = 6, .delay_ck = 14, .timeout = TIMEOUT_64MS },
    { .ck = 6, .delay_ck = 14, .timeout = TIMEOUT_64MS, .reserved = true },
};

const struct clock_startup startup_rc[4] = {
    { .ck = 6, .delay_ck = 14, .timeout = TIMEOUT_NONE, .reset_needed = true },
    { .ck = 6, .delay_ck = 14, .timeout = TIMEOUT_4MS },
    { .ck = 6, .delay_ck = 14, .timeout = TIMEOUT_64MS },
    { .ck = 6, .delay_ck = 14, .timeout = TIMEOUT_64MS, .reserved = true },
};

const struct clock_startup startup_crystal_0[4] = {
    { .ck = 258, .delay_ck = 14, .timeout = TIMEOUT_4MS },
    { .ck = 258, .delay_ck = 14, .timeout = TIMEOUT_64MS },
    { .ck = 1024, .delay_ck = 14, .timeout = TIMEOUT_NONE },
    { .ck = 1024, .delay_ck = 14, .timeout = TIMEOUT_4MS },
};

const struct clock_startup startup_crystal_1[4] = {
    { .ck = 1024, .delay_ck = 14, .timeout = TIMEOUT_64MS },
    { .ck = 16384, .delay_ck = 14, .timeout = TIMEOUT_NONE },
    { .ck = 16384, .delay_ck = 14, .timeout = TIMEOUT_4MS },
    { .ck = 16384, .delay_ck = 14, .timeout = TIMEOUT_64MS },
};
