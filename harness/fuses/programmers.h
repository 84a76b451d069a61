/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * programmers.h - what to do with a setting when one has this programmer: its SCK, and whether it can give a clock
 *
 *      fuse_report --+
 *      row ----------+--> advice, a sentence each
 *
 * Source      ArduinoISP.ino 1.8.19 (SPI_CLOCK), firmware/limpisp/README.md, avrdude's manual (-B, fosc), USBasp's readme
 */
#ifndef HARNESS_FUSES_PROGRAMMERS_H
#define HARNESS_FUSES_PROGRAMMERS_H

#include "harness/fuses/report.h"
#include "sim/problem.h"

#define FUSE_ADVICE_MOST 4

struct fuse_programmer {
    const char *name, *title;
    uint64_t usual_hz;   /* of SCK, unless it is told otherwise; 0: it finds one */
    uint64_t slowest_hz; /* as it comes */
    const char *slower;  /* how it goes slower than usual; '@': the rate that is needed, in Hz */
    const char *clock;   /* how it gives a clock to a chip that has none */
};

extern const struct fuse_programmer fuse_programmers[]; /* name NULL at the end */

/* NULL and err, which lists those that there are. */
const struct fuse_programmer *fuse_programmer_find(const char *name, struct problem *err);
/* r has been made. Texts are static or in buf, which holds them all. Returns how many; at least one. */
unsigned fuse_advice(const struct fuse_programmer *p, const struct fuse_report *r, const char *text[FUSE_ADVICE_MOST],
                     char *buf, size_t n);

#endif
