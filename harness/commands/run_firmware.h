/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * run_firmware.h - another programmer's firmware over many scenarios: in which of them it can take part
 *
 *      image --> signs on? with which host, at which speed --> of each scenario: why not, or its host and speed
 *
 * A scenario that can take it has a microcontroller board like the one the image is for, and a programmer that speaks what
 * the image speaks. It can't if it is about its own firmware: one of ours that is made for something, or any with the tag
 * own-firmware; nor if it is about a wrong speed.
 */
#ifndef HARNESS_COMMANDS_RUN_FIRMWARE_H
#define HARNESS_COMMANDS_RUN_FIRMWARE_H

#include "harness/scenario/scenario.h"

struct run_firmware {
    const char *image;
    const struct host_row *host, *serial_host; /* NULL: it does not sign on; serial_host: as firmware_row's, or host */
    uint32_t baud;
    bool found;     /* by trying */
    char why[2000]; /* it does not sign on */
};

/* Finds out what the image speaks, where that is not known. False: it can't be read (err). */
bool run_firmware_ask(struct run_firmware *f, const char *image, struct problem *err);
/* Why the scenario, as it was loaded, can't take it: to be freed; NULL: it can, and now has the image's host and speed. */
char *run_firmware_fit(const struct run_firmware *f, struct scenario *s);
/* "mcu, stk500v1, avrdude": what can be said of any scenario; to be freed. */
char *run_firmware_tags(const struct scenario *s);

#endif
