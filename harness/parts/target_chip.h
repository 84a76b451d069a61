/* SPDX-License-Identifier: GPL-3.0-or-later */
/* target_chip.h - the chip that is programmed, as it stands on a board: memories, port, core; a part (part.h) */
#ifndef HARNESS_PARTS_TARGET_CHIP_H
#define HARNESS_PARTS_TARGET_CHIP_H

#include "harness/base/place.h"
#include "harness/base/scenario_data.h"
#include "harness/serial/adapter.h"
#include "sim/fuse_model.h"
#include "sim/part.h"
#include "sim/switches.h"

#include <stdbool.h>

struct nvm;
struct target;
struct target_core;

enum scenario_clock_kind {
    SCENARIO_CLOCK_NOTHING,
    SCENARIO_CLOCK_CRYSTAL,
    SCENARIO_CLOCK_WAVE,
    SCENARIO_CLOCK_RC, /* R and C on XTAL1 that make f_millihz */
};

struct scenario_clock { /* what stands at XTAL1 and XTAL2, apart from wires (wiring: xtal1) */
    enum scenario_clock_kind kind;
    uint64_t f_millihz;
    bool on_xtal2;
    struct scenario_place place;
};

struct scenario_target { /* cfg of target_chip_type */
    const struct part *part;
    bool has_reset_wire;     /* something stands between its RESET and what is wired there */
    struct fuse_bytes fuses; /* starting state, factory if not given */
    struct scenario_data flash, eeprom;
    int calibration;                           /* OSCCAL byte of the factory, -1: the part's usual one */
    uint32_t worn;                             /* writes that every page and byte has behind it */
    int osccal_nominal;                        /* OSCCAL that the oscillator is right at, -1: the calibration byte is */
    int32_t rc_ppm, rc128k_ppm;                /* deviation of the oscillators */
    uint32_t rc_spread_ppm, rc128k_spread_ppm; /* and up to +- this much more, drawn from the seed */
    struct target_switches switches;
    struct scenario_clock clock;
    struct scenario_uart { /* a PC's serial adapter on two pins of the target */
        bool given, auto_reset;
        uint32_t baud;
        struct adapter adapter;
        const char *rx, *tx; /* of the target, lower case: "pd0", "pd1" */
        struct scenario_place place;
    } uart;
};

/* self: the part's. */
struct nvm *target_chip_nvm(void *self);
struct target *target_chip_target(void *self); /* from power_up() on */
/* Out of its socket, or back in it. */
void target_chip_pull(void *self, bool out);
struct target_core *target_chip_core(void *self); /* runs the flash while RESET is high; NULL before start() */

#endif
