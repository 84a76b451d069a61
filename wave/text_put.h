/* SPDX-License-Identifier: GPL-3.0-or-later */
/* text_put.h - text that is put together piece by piece in a buffer of fixed size, cut where it is full */
#ifndef WAVE_TEXT_PUT_H
#define WAVE_TEXT_PUT_H

#include <stddef.h>

/* Prints at `at` of to[size]; returns where the next piece goes, beyond size where something was cut. */
size_t text_put(char *to, size_t size, size_t at, const char *fmt, ...) __attribute__((format(printf, 4, 5)));

#endif
