/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * doc_write.h - a document, or a part of it, as a file for another viewer
 *
 *      profile   levels        volts   tracks             read by
 *      plain     wires 0 1 z x real    -                  everything; sigrok takes z and x as 0 and skips reals
 *      full      + weak l h w  real    string variables   GTKWave, Surfer, ours; sigrok warns and skips weak and strings
 *
 * Weak levels are l, h and w in the full profile and 0, 1 and x in the plain one. A computed clock is left out: its
 * edges would outnumber all else; the track "clock" says what it was. An instant of a track stands for DOC_INSTANT_PS,
 * or until the next; in between the value is "-". Identifiers of strings do not begin with a letter that libsigrok
 * 0.5.2 would take for a value.
 */
#ifndef WAVE_DOC_WRITE_H
#define WAVE_DOC_WRITE_H

#include "wave/isp_track.h"

#define DOC_INSTANT_PS SIM_US

struct doc_cut {             /* what of it is written */
    sim_time from_ps, to_ps; /* times in the file begin at 0 */
    const bool *signals;     /* per signal of the document */
    const bool *tracks;      /* NULL: none (the plain profile) */
    uint64_t tick_ps;
};

/*
 * Findings in the cut as another viewer's markers: of a burst the first, the next so far behind it that `most` labels
 * fit beside one another.
 */
struct doc_marker {
    const struct doc_track *findings; /* NULL: there are none */
    const struct doc_cut *cut;
    uint32_t next;
    sim_time last_ps, apart_ps;
};
#define DOC_MARKER_BYTES 100

struct doc_marker doc_first_marker(const struct wave_doc *d, const struct doc_cut *cut, unsigned most);
/* NULL: there is none any more. Its place is the span's end. */
const struct doc_span *doc_next_marker(struct doc_marker *m);
/* The rule's name without figures: labels of neighbours must not cover one another. */
void doc_marker_text(const struct wave_doc *d, const struct doc_span *finding, char text[DOC_MARKER_BYTES]);

/* False: err says "PATH: reason", and nothing is left. */
bool doc_write_vcd(const char *path, const struct wave_doc *d, const struct doc_cut *cut, struct problem *err);

/*
 * A GTKWave save file beside a VCD of the same cut: groups, colours, markers at findings. vcd: the name of that file, as
 * it stands in the save file.
 */
bool doc_write_gtkw(const char *path, const char *vcd, const struct wave_doc *d, const struct doc_cut *cut,
                    struct problem *err);

/*
 * A session of PulseView and sigrok-cli: levels, at most 64, Z and X as 0, and volts that move, one sample every
 * tick_ps (a whole fraction of a second). False too: no minizip when this was built, or more than DOC_SR_MAX_SAMPLES samples.
 */
#define DOC_SR_MAX_SAMPLES (UINT64_C(1) << 30)
bool doc_write_sr(const char *path, const struct wave_doc *d, const struct doc_cut *cut, struct problem *err);

/*
 * A session file of PulseView beside a .sr of the same cut and name: its decoders spi and avr_isp are on these wires,
 * markers at findings.
 */
bool doc_write_pvs(const char *path, const struct wave_doc *d, const struct doc_cut *cut, const struct isp_wires *w,
                   struct problem *err);

#endif
