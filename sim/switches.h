/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * switches.h - what the target does where the datasheet is silent or sources disagree: named, with a default
 *
 * One row per open point: scenarios set them by name, docs/fidelity.md lists them. A new one is a new row.
 */
#ifndef SIM_SWITCHES_H
#define SIM_SWITCHES_H

#include <stdbool.h>
#include <stdint.h>

enum target_switch {
    /* the port */
    SW_ECHO_FROM_BYTE_2,
    SW_FRAME_WAITS_FOR_AC53,
    SW_SCK_HIGH_AT_RESET_SHIFTS,
    SW_EARLY_ENABLE_IGNORED,
    SW_SCK_SAMPLES_FROM_12_MHZ,
    SW_MISO_OUTPUT,
    SW_MISO_DELAY_NS,
    SW_SCK_FILTER,
    SW_FLOATING_SCK,
    SW_FLOATING_MOSI,
    SW_SHORT_RESET_LOW_RESETS,
    /* memories */
    SW_POLL_READY,
    SW_SIGNATURE_3,
    SW_READ_WHILE_BUSY,
    SW_WRITE_WHILE_BUSY_SPOILS,
    SW_REFUSED_READ,
    SW_REFUSED_LPM,
    SW_LB2_ALONE_PROTECTS,
    SW_SAME_WORD_TWICE_ANDS,
    SW_HIGH_WITHOUT_LOW_KEEPS,
    SW_EEPROM_WRITE_CLEARS_PAGE,
    SW_BUSY_PERMILLE,
    /* supply and clock */
    SW_BOD_STOPS_PORT,
    SW_LF_WAVE_ON_XTAL2_ONLY,
    SW_CRYSTAL_STARTS_ANYWHERE,
    /* high voltage */
    SW_HV_THRESHOLD_MV,
    SW_HV_ENTRY_EDGES,
    SW_HV_OPEN_INPUT,
    SW_HV_SDO_AFTER_NS,
    SW_HV_WLRL_NS,
    SW_HV_OUT_OFF_NS,
    SW_HV_REFUSED_READ,
    SW_HV_DWEN_LOW_HALTS,
    /* a core's peripherals, the programmer's too */
    SW_ICR_STICKS,
    TARGET_SWITCHES,
};

enum miso_output { /* SW_MISO_OUTPUT */
                   MISO_LATCH,
                   MISO_FLOP,
                   MISO_SAMPLED,
};

enum hv_open_input { /* SW_HV_OPEN_INPUT */
                     HV_OPEN_LOW,
                     HV_OPEN_HIGH,
                     HV_OPEN_KEEPS,
};

struct target_switches {
    int32_t v[TARGET_SWITCHES];
};

struct target_switch_info {
    const char *name; /* "busy_permille": what scenarios write */
    int32_t value;    /* default */
    int32_t min, max;
    const char *text;         /* what the value means */
    const char *source;       /* who says so, and how sure it is */
    const char *const *words; /* names of the values from 0 to max, NULL: numbers */
};

struct target_switches target_switches_default(void);
const struct target_switch_info *target_switch_info(enum target_switch s);
/* False: unknown name, or value out of range. */
bool target_switch_set(struct target_switches *sw, const char *name, int32_t value);
/* The value that a word names, -1: none. */
int32_t target_switch_word(const struct target_switch_info *of, const char *word);

#endif
