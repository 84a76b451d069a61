/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * quantity.h - "20 ms", "32.768 kHz", "5.0 V", "15 kOhm", "2.5 %" to whole numbers of a fixed unit
 *
 * Exact: no floating point. A value that isn't a whole number of the unit asked for ("0.5 ps") is refused, as
 * are missing and wrong units, signs where none make sense, and anything too large. Space between number and
 * unit may be left out. Messages say what was expected, with an example.
 */
#ifndef HARNESS_BASE_QUANTITY_H
#define HARNESS_BASE_QUANTITY_H

#include "sim/problem.h"

#include <stdint.h>

enum quantity_kind {
    QUANTITY_TIME_PS,      /* s ms us ns ps min          "20 ms" */
    QUANTITY_FREQ_MILLIHZ, /* Hz kHz MHz                 "16 MHz" */
    QUANTITY_MV,           /* V mV                       "5.0 V", "-9 V" */
    QUANTITY_MOHM,         /* Ohm kOhm MOhm              "15 kOhm" (in milliohm) */
    QUANTITY_FF,           /* F uF nF pF                 "2.2 nF"  (in femtofarad) */
    QUANTITY_V_PER_S,      /* V/us V/ms V/s              "20 V/us" */
    QUANTITY_PPM,          /* % ppm                      "-2.5 %" */
    QUANTITY_BYTES,        /* none, B, KiB, MiB          "32 KiB", "0x7000" */
    QUANTITY_COUNT,        /* none                       "3", "0x62" */
};

/* True and *value, or false and err (no place in it). Values are within min..max or refused, both named. */
bool quantity_parse(enum quantity_kind kind, const char *text, int64_t min, int64_t max, int64_t *value,
                    struct problem *err);

/* For messages: the value as people write it ("8 us", "1.25 kHz"), exact. Returns buf. */
const char *quantity_text(enum quantity_kind kind, int64_t value, char *buf, unsigned n);

/* "yes", "no", "true", "false", "on", "off" */
bool quantity_bool(const char *text, bool *value, struct problem *err);

/* Hex bytes "1E 95 0F" or "1e950f"; a pair "xx" gives -1 where wild is true. Exactly n of them. */
bool quantity_hex_bytes(const char *text, int *bytes, unsigned n, bool wild, struct problem *err);

#endif
