/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * capture_replay.h - a logic analyser's recording of a real chip drives a virtual one, and its MISO is held beside
 *
 *      recorded SCK, MOSI, RST edges --> placed in time --> virtual chip --> MISO --> the recorder's grid
 *
 * A recorder samples on a grid: an edge recorded at t happened after the sample before t. Where in that sample is
 * drawn from a seed, so that over some seeds the share of MISO edges that fall into the sample of SCK's fall tells
 * how late MISO is, on the real chip and on the virtual one alike.
 */
#ifndef TESTS_CAPTURE_REPLAY_H
#define TESTS_CAPTURE_REPLAY_H

#include "tests/isp_rig.h"

#define CAPTURE_MAX_EDGES 6000

enum capture_signal { CAPTURE_SCK, CAPTURE_MOSI, CAPTURE_MISO, CAPTURE_RST, CAPTURE_SIGNALS };

struct capture_edge {
    sim_time at_ps;
    enum capture_signal signal;
    bool level;
};

struct capture {
    sim_time sample_ps;
    struct capture_edge edge[CAPTURE_MAX_EDGES]; /* in time; those at 0 are levels to begin with */
    unsigned n;
};

/* CSV of time_us,signal,level with a header line; a bad one fails the test. */
void capture_read(struct capture *c, const char *path, sim_time sample_ps);

struct capture_chip { /* the chip that is to do the same */
    const struct part *part;
    struct fuse_bytes fuses;
    uint64_t crystal_millihz;
    struct target_switches switches;
    bool enable_first; /* the recording begins in a session: Programming Enable of our own before it */
};

struct capture_miso { /* what the recorder would have written down */
    struct capture_edge edge[CAPTURE_MAX_EDGES];
    unsigned n;
    unsigned violations;
};

/* spread: edges of SCK, MOSI and RST at seeded times within their samples; else at the recorded ones. */
void capture_replay(const struct capture *c, const struct capture_chip *chip, uint64_t seed, bool spread,
                    struct capture_miso *miso);

/* Of the MISO edges of c from `first` up to `end`, how many lie in the sample of a fall of SCK, in thousandths. */
unsigned capture_share_with_fall(const struct capture *c, const struct capture_edge *miso, unsigned first,
                                 unsigned end);

/* Copies the MISO edges out of a capture. Returns their number. */
unsigned capture_miso_edges(const struct capture *c, struct capture_edge *to);

#endif
