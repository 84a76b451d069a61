/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * pin_rules.h - the datasheet's rules judged on a recording: what the pins alone can tell
 *
 *      a logic analyser's wires --> port_rules (the same that the bench judges by) --> findings, kept, bars
 *
 * Judged      tSHSL, tSLSH, tOVSH, tSHOX, the pulse of RESET against the target's clock, where somebody says what it is;
 *             20 ms before Programming Enable, SCK at RESET's fall, stray edges, the waits after writes (tWD_...), always.
 * Not judged  whatever needs the target's inside: whether it was busy, what was in its memories, its supply. A recording
 *             does not show a host that is slow: a wait that was kept by luck is a wait that was kept.
 * Clock       as given, or as a VCD of ours with the full profile says ("limpet.clock"). A target whose program sets
 *             CLKPR or OSCCAL has it back as soon as RESET is low.
 * Samples     what is broken by less than a tick of the recording (wave_doc.tick_ps) is taken for kept.
 */
#ifndef WAVE_PIN_RULES_H
#define WAVE_PIN_RULES_H

#include "wave/isp_track.h"

/* After doc_finish(). clock_millihz 0: not given. False: out of memory. */
bool pin_rules_add(struct wave_doc *d, const struct isp_wires *w, const struct isp_decoder *dec,
                   uint64_t clock_millihz);

#endif
