/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "harness/fuses/programmers.h"

#include "sim/fuse_text.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

const struct fuse_programmer fuse_programmers[] = {
    { "arduinoisp", "ArduinoISP on an Uno", 125000, 125000,
      "its rate is compiled in (avrdude's -B changes nothing): build it with #define SPI_CLOCK @, or put limpisp on the "
      "same Uno, which finds a rate by itself",
      "it gives no clock: put limpisp on the same Uno, which has 1 MHz on D9 for XTAL1, or take one from elsewhere" },
    { "limpisp", "limpisp on an Uno", 0, 357, "it goes down by itself until the chip answers",
      "it has 1 MHz on D9: wire it to XTAL1 (`fosc` in avrdude's terminal chooses another frequency)" },
    { "usbasp", "USBasp", 375000, 500,
      "close its jumper for slow SCK (8 kHz), or give avrdude -B with firmware of 2009 or later",
      "it gives no clock: take one from elsewhere, such as D9 of an Uno with limpisp" },
    { "stk500v2", "STK500", 115200, 1200, "give avrdude -B, or sck in its terminal",
      "its own oscillator drives XTAL1: `fosc 1M` in avrdude's terminal" },
    { "avrispmkii", "AVRISP mkII", 125000, 51, "give avrdude -B",
      "it gives no clock: take one from elsewhere, such as D9 of an Uno with limpisp" },
    { 0 },
};

const struct fuse_programmer *fuse_programmer_find(const char *name, struct problem *err)
{
    for (const struct fuse_programmer *p = fuse_programmers; p->name; p++) {
        if (!strcmp(p->name, name)) {
            return p;
        }
    }
    problem_set(err, "there is no advice for \"%.40s\"; there is for", name);
    for (const struct fuse_programmer *p = fuse_programmers; p->name; p++) {
        problem_append(err, "%s %s", p == fuse_programmers ? "" : ",", p->name);
    }
    return NULL;
}

/* The way to go slower; '@' in it is the rate that the chip takes, in Hz. */
static const char *slower(const struct fuse_programmer *p, uint64_t hz, char *buf, size_t n)
{
    const char *at = strchr(p->slower, '@');

    if (!at) {
        return p->slower;
    }
    snprintf(buf, n, "%.*s%" PRIu64 "%s", (int)(at - p->slower), p->slower, hz, at + 1);
    return buf;
}

/* Appends to buf, whose used part is *at. */
static const char *put(char *buf, size_t n, size_t *at, const char *a, const char *b, const char *c)
{
    char *text = buf + *at;
    size_t room = n - *at;
    int len = snprintf(text, room, "%s: %s%s", a, b, c);

    *at += len > 0 && (size_t)len < room ? (size_t)len + 1 : room - 1;
    return text;
}

unsigned fuse_advice(const struct fuse_programmer *p, const struct fuse_report *r, const char *text[FUSE_ADVICE_MOST],
                     char *buf, size_t n)
{
    const struct fuse_verdict *v = &r->verdict;
    uint64_t sck_hz = r->sck_hz ? r->sck_hz : p->usual_hz;
    unsigned count = 0;
    char how[400];
    size_t at = 0;

    if (v->needs & FUSE_NEED_HIGH_VOLTAGE) {
        text[count++] = put(buf, n, &at, p->title, "no ISP programmer reaches it; an Uno with limphv and 12 V does",
                            " (firmware/limphv/README.md)");
    } else if (v->needs & (FUSE_NEED_WAVE_XTAL1 | FUSE_NEED_WAVE_XTAL2)) {
        text[count++] = put(buf, n, &at, p->title, p->clock, v->needs & FUSE_NEED_WAVE_XTAL1 ? "" : "; here to XTAL2");
    } else if (v->reachable && v->sck_max_worst_hz && v->sck_max_worst_hz < p->slowest_hz) {
        char slow[160];

        snprintf(slow, sizeof slow, "; the chip takes %s at most", HZ(v->sck_max_worst_hz));
        text[count++] = put(buf, n, &at, p->title, slower(p, v->sck_max_worst_hz, how, sizeof how), slow);
    } else if (v->reachable && sck_hz > v->sck_max_worst_hz) {
        text[count++] = put(buf, n, &at, p->title, slower(p, v->sck_max_worst_hz, how, sizeof how), "");
    } else if (v->reachable) {
        text[count++] = put(buf, n, &at, p->title, "reaches it as it comes", "");
    } else {
        text[count++] = put(buf, n, &at, p->title, "does not reach it", "");
    }
    if (v->lb_mode > 1) {
        text[count++] = put(buf, n, &at, "lock bits", "erase the chip first (avrdude -e)", "");
    }
    return count;
}
