/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * isp_track.h - the instructions of serial programming, decoded from the wires of a document
 *
 * Levels are taken at the rises of SCK while RESET is low; a fall of RESET begins a new frame. This is what the
 * programmer sent and what it could read, not what the target took it for (DOC_TRACK_TAKEN, of our own traces).
 * A recording without RESET, or one that begins in the middle, is put in step by trying every offset.
 */
#ifndef WAVE_ISP_TRACK_H
#define WAVE_ISP_TRACK_H

#include "sim/isp_code.h"
#include "wave/doc.h"

struct isp_wires { /* indices of signals; -1: not recorded */
    int reset, sck, mosi, miso;
};

struct isp_summary { /* of the part of the recording that was asked for */
    uint64_t reset_falls, sck_edges, instructions;
    uint64_t cut_short;                       /* frames that ended after some bits */
    sim_time sck_high_min_ps, sck_low_min_ps; /* while RESET is low; SIM_NEVER: none */
};

/*
 * The wires by name: each of names (RESET, SCK, MOSI, MISO; NULL or "": guess) that is given must be there. Guesses
 * are the usual names, then whichever assignment makes Programming Enable come out. False, with a reason that lists
 * the signals: no SCK or MOSI.
 */
bool isp_wires_find(struct isp_wires *w, const struct wave_doc *d, const char *const names[4],
                    const struct isp_decoder *dec, struct problem *err);

struct isp_frame_seen {
    sim_time begin_ps, end_ps; /* first rise, fall after the last rise */
    uint32_t mosi, miso;
    bool answered;
};

/*
 * Calls bit() for each rise of SCK that counts (number: 0..31 within its instruction), frame() for each whole instruction in [from, to), and edge
 * of RESET for reset() (NULL: not wanted).
 */
struct isp_listener {
    void *ctx;
    void (*frame)(void *ctx, const struct isp_frame_seen *f);
    void (*reset)(void *ctx, sim_time at_ps, bool low);
    void (*bit)(void *ctx, sim_time at_ps, unsigned number, bool mosi, bool miso);
};
void isp_listen(const struct wave_doc *d, const struct isp_wires *w, const struct isp_decoder *dec, sim_time from_ps,
                sim_time to_ps, const struct isp_listener *l, struct isp_summary *sum);

/* The same in its two halves: how many bits come before the first instruction, and what follows when they are known. */
unsigned isp_first_skip(const struct wave_doc *d, const struct isp_wires *w, const struct isp_decoder *dec,
                        sim_time from_ps);
void isp_listen_skip(const struct wave_doc *d, const struct isp_wires *w, sim_time from_ps, sim_time to_ps,
                     unsigned skip, const struct isp_listener *l, struct isp_summary *sum);

/* The whole recording as a track "instructions", after doc_finish(). False: out of memory. */
bool isp_track_add(struct wave_doc *d, const struct isp_wires *w, const struct isp_decoder *dec);

#endif
