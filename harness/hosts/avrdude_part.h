/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * avrdude_part.h - what avrdude's configuration says of a part and its programmers are told
 *
 * Nothing on the target's pins depends on most of it; a host that is to send avrdude's bytes has to know it.
 * Source: avrdude 7.1's avrdude.conf, compared by tests/hosts/avrdude_part_test.c
 */
#ifndef HARNESS_HOSTS_AVRDUDE_PART_H
#define HARNESS_HOSTS_AVRDUDE_PART_H

#include "sim/part.h"

struct avrdude_part {
    const char *part; /* name of a struct part */
    /* STK500v1: SET_DEVICE, SET_DEVICE_EXT */
    uint8_t devcode, pagel, bs2; /* pagel, bs2: avrdude's stand-ins where the part has none */
    /* STK500v2: programming commands */
    uint8_t erase_ms;
    uint8_t flash_mode, flash_delay_ms;
    uint8_t flash_poll2; /* second read-back value; the others are FF */
    uint8_t eeprom_mode, eeprom_delay_ms;
    bool reset_is_io; /* RESET may be a port pin */
};

extern const struct avrdude_part avrdude_parts[]; /* the last one, part NULL: for parts that are not named */
const struct avrdude_part *avrdude_part_of(const struct part *part);

#endif
