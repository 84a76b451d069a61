/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * sr_read.h - a PulseView or sigrok-cli session (.sr) as a list of changes
 *
 * Takes       the first device's logic channels (as levels) and analog channels (as millivolts), by the names of its
 *             metadata; chunked (logic-1-1, logic-1-2, ...) and whole (logic-1) data. Only what changes is kept.
 * Leaves out  further devices, decoders and views (PulseView keeps those beside the session).
 * Own code    over minizip, not libsigrok, which hands every sample through a callback and needs its main loop; the
 *             format is a zip with a key file.
 * Source      sigrok wiki, "File format:Sigrok/v2"; files written by libsigrok 0.5.2.
 * Built without minizip (sr_none.c) it only says so.
 */
#ifndef WAVE_SR_READ_H
#define WAVE_SR_READ_H

#include "sim/problem.h"
#include "wave/wave_list.h"

/* False: err holds "PATH: reason"; w then holds rubbish, to be freed. */
bool sr_read(struct wave_list *w, const char *name, const char *bytes, size_t n, struct problem *err);

#endif
