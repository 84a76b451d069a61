/* SPDX-License-Identifier: GPL-3.0-or-later */
/* debug.h - text on the debug line: what the programmer tries and what came of it */
#ifndef LIMPISP_DEBUG_H
#define LIMPISP_DEBUG_H

#include <stdint.h>

#ifdef __AVR__
#include <avr/pgmspace.h>
#else
#define PSTR(s) (s)
#endif

void debug_text(const char *text); /* PSTR("...") */
void debug_number(uint32_t n);
void debug_bytes(const uint8_t *bytes, uint8_t n);
void debug_end(void); /* of the line */

#endif
