/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * printable.h - texts that come from files and programs, made harmless for terminals, logs and XML
 *
 * Control characters (also those of Unicode), and bytes that are no UTF-8, become \n, \t, \x1B ...: nobody's scenario
 * can move the cursor, or forge a line that says PASS. What is printable stays as it is.
 */
#ifndef HARNESS_BASE_PRINTABLE_H
#define HARNESS_BASE_PRINTABLE_H

#include <stdbool.h>
#include <stddef.h>

/* Bytes of the UTF-8 sequence at p; 0: there is none (also for overlong forms, surrogates, and at a NUL). */
unsigned utf8_sequence(const char *p);

/* lines: newlines and tabs stay. Cut to fit, never within a character. Returns buf. */
char *printable(char *buf, size_t size, const char *text, bool lines);
/* The whole of it; free() it. */
char *printable_text(const char *text, bool lines);

#endif
