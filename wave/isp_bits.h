/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * isp_bits.h - bits and bytes on the wires as tracks "bits" and "bytes", MOSI -> MISO
 *
 * A span for each bit of a long recording would take more memory than the recording itself. So bits are computed for
 * the stretch of time that is looked at, from the instruction or the fall of RESET before it: any number of them, and
 * what is stored is BITS_MAX_SPANS at most.
 */
#ifndef WAVE_ISP_BITS_H
#define WAVE_ISP_BITS_H

#include "wave/isp_track.h"

#define BITS_MAX_SPANS 100000

/* After isp_track_add(). all: every bit at once, as whoever writes a file needs them. False: out of memory. */
bool isp_bits_add(struct wave_doc *d, const struct isp_wires *w, const struct isp_decoder *dec, bool all);

/*
 * Those of a track's spans that touch [from, to] are there afterwards, unless they are too many (struct doc_bits: dense).
 * Nothing happens to a track that has all of them. The document is const: what is in it stays the same.
 */
void isp_bits_show(const struct wave_doc *d, unsigned track, sim_time from_ps, sim_time to_ps);

/* The first bit that begins after t, the last that begins before t; valid until others are shown. NULL: none. */
const struct doc_span *isp_bits_next(const struct wave_doc *d, unsigned track, sim_time t_ps);
const struct doc_span *isp_bits_previous(const struct wave_doc *d, unsigned track, sim_time t_ps);

#endif
