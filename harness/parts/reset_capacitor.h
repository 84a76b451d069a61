/* SPDX-License-Identifier: GPL-3.0-or-later */
/* reset_capacitor.h - what reset_capacitor.c is made of, for what a scenario's shorter key stands for */
#ifndef HARNESS_PARTS_RESET_CAPACITOR_H
#define HARNESS_PARTS_RESET_CAPACITOR_H

#include <stdint.h>

struct reset_capacitor_config { /* cfg of reset_capacitor_type */
    int64_t c_ff, pull_up_milliohm;
};

#endif
