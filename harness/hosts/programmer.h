/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * programmer.h - a programmer as the steps of a scenario see it
 *
 *      steps --> struct programmer --> host protocol (STK500v1, miniframe characters, USB port states ...)
 *                                      or a scripted driver of SCK, MOSI and RESET --> nets --> target
 *
 * Everything goes through the pins. Calls block: they run the board until the answer is there or the host's
 * time-out has passed. Each returns true, or false with the programmer's own complaint in err (what avrdude
 * would have said); that is no error of ours, the scenario decides whether it was expected.
 * An operation that a programmer has no way to do is NULL in its table.
 */
#ifndef HARNESS_HOSTS_PROGRAMMER_H
#define HARNESS_HOSTS_PROGRAMMER_H

#include "sim/problem.h"

#include <stddef.h>
#include <stdint.h>

enum prog_memory { PROG_FLASH, PROG_EEPROM };                /* addresses in bytes */
enum prog_fuse { PROG_LOW, PROG_HIGH, PROG_EXT, PROG_LOCK }; /* PROG_LOCK: the lock byte */

struct programmer_ops {
    const char *name; /* "stk500v1", "script", "miniframe" ... */
    /* Opens the port if need be, and gets an answer: the target is not asked. NULL: there is nobody to ask. */
    bool (*sign_on)(void *ctx, struct problem *err);
    /* Opens the port if need be, enters programming mode; the programmer's own retries included. */
    bool (*enter)(void *ctx, struct problem *err);
    bool (*leave)(void *ctx, struct problem *err);
    bool (*signature)(void *ctx, uint8_t sig[3], struct problem *err);
    bool (*erase)(void *ctx, struct problem *err);
    bool (*read)(void *ctx, enum prog_memory m, uint32_t at, uint8_t *to, size_t n, struct problem *err);
    bool (*write)(void *ctx, enum prog_memory m, uint32_t at, const uint8_t *from, size_t n, struct problem *err);
    bool (*read_fuse)(void *ctx, enum prog_fuse f, uint8_t *value, struct problem *err);
    bool (*write_fuse)(void *ctx, enum prog_fuse f, uint8_t value, struct problem *err);
    /* One instruction of the serial programming port, and what came back in its four bytes. */
    bool (*spi)(void *ctx, const uint8_t send[4], uint8_t answer[4], struct problem *err);
    /* The wires are let go at once, without leaving properly (host killed). May be NULL. */
    void (*abandon)(void *ctx);
    void (*free)(void *ctx);
};

struct programmer { /* ops NULL: the board has none (a stimulus, or an avrdude outside) */
    const struct programmer_ops *ops;
    void *ctx;
};

const char *prog_memory_name(enum prog_memory m); /* "flash", "eeprom" */
const char *prog_fuse_name(enum prog_fuse f);     /* "lfuse", "hfuse", "efuse", "lock" */

#endif
