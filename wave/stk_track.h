/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * stk_track.h - STK500 frames: what a host asks a programmer or bootloader, and what it is answered
 *
 *      bytes of both directions, in order of time --> stk_track_add() --> "Load address, word 0x0040: OK"
 *
 * Version 1 (ArduinoISP, optiboot) and version 2 (limpisp, STK500); which of them is told by the bytes: a version 2
 * message has a checksum. A command and its answer are one span. Leaves out a version 2 body's meaning beyond its
 * command and status.
 */
#ifndef WAVE_STK_TRACK_H
#define WAVE_STK_TRACK_H

#include "wave/doc.h"

struct stk_byte {
    sim_time begin_ps, end_ps;
    uint8_t value;
    bool from_host;
};

/*
 * Adds a track of this name if at least two commands were answered; *added says whether. bytes: in order of begin_ps.
 * The caller calls doc_finish_tracks(). False: out of memory.
 */
bool stk_track_add(struct wave_doc *d, const char *name, const struct stk_byte *bytes, size_t n, bool *added);

#endif
