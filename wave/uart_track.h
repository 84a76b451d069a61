/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * uart_track.h - the bytes on a serial line, decoded from a wire: 8 data bits, no parity, idle high
 *
 * Levels are taken in the middle of each bit, counted from the edge that begins the start bit. A stop bit that is low is
 * a span of its own (DOC_BAD): the speed is wrong, or it is no serial line.
 */
#ifndef WAVE_UART_TRACK_H
#define WAVE_UART_TRACK_H

#include "wave/doc.h"

/*
 * The usual speed (300 .. 2 000 000 baud) whose bit is nearest to the shortest pulse of the first 2000, within 8 %;
 * 0: none, or too few edges.
 */
uint32_t uart_guess_baud(const struct doc_signal *s);

/* A track named "NAME bytes", after doc_finish(). False: out of memory. */
bool uart_track_add(struct wave_doc *d, unsigned signal, uint32_t baud);

#endif
