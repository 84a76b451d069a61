/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * doc.h - the waveform document: what is drawn, decoded and searched, wherever it came from
 *
 *      VCD, CSV, .sr --> wave_list (readers) --+
 *      sim/trace, sim/notes --> doc_trace -----+--> wave_doc --+--> layout --> cairo, SVG, window
 *                                              |               +--> isp_track: instructions from the wires
 *
 * Signals     levels (enum wave_level), millivolts, or a computed clock: phases of struct sim_clock, no edge stored.
 *             A change costs 9 bytes (levels) or 12 (millivolts), in order of time, and a pyramid stands over them:
 *             an entry says which levels, or which extremes, 16, 256 ... changes have shown, so that a pixel that
 *             holds a million changes costs as much as one that holds ten.
 * Tracks      named spans with a text: instructions, steps, findings, busy. Spans are in order of their beginning.
 * Limits      DOC_MAX_SIGNALS; times below 2^63 ps (106 days).
 * Nothing here draws or prints.
 */
#ifndef WAVE_DOC_H
#define WAVE_DOC_H

#include "sim/clock.h"
#include "sim/problem.h"

#define DOC_MAX_SIGNALS 1024
#define DOC_LEVELS_OF_PYRAMID 6 /* 16^6 changes and more are looked at in steps of that */

enum wave_level { /* the first four are enum net_level */
                  WAVE_0,
                  WAVE_1,
                  WAVE_Z,
                  WAVE_X,
                  WAVE_WEAK_0, /* held by a resistor only */
                  WAVE_WEAK_1,
                  WAVE_WEAK_Z, /* not used: WAVE_WEAK | NET_Z */
                  WAVE_WEAK_X,
};

enum doc_kind { DOC_LEVELS, DOC_VOLTS, DOC_CLOCK };

struct doc_phase { /* of a computed clock: from at_ps on; a stopped one has no edges */
    sim_time at_ps;
    struct sim_clock clk;
};

struct doc_signal {
    char *name;
    enum doc_kind kind;
    uint64_t n, cap; /* changes */
    sim_time *at_ps; /* [n], never falling; of one time the last counts */
    uint8_t *level;  /* [n], DOC_LEVELS */
    int32_t *mv;     /* [n], DOC_VOLTS */
    int32_t mv_min, mv_max;
    uint8_t *mask[DOC_LEVELS_OF_PYRAMID];  /* bit per enum wave_level, of 16^(i+1) changes */
    int32_t *range[DOC_LEVELS_OF_PYRAMID]; /* min, max pairs */
    sim_time *every;                       /* at_ps of every DOC_STRIDE-th change: what a search looks at first */
    struct doc_phase *phase;               /* [n], DOC_CLOCK */
};

enum doc_track_kind {
    DOC_TRACK_TEXT, /* of a string variable or a bus in a file */
    DOC_TRACK_STEPS,
    DOC_TRACK_FINDINGS,
    DOC_TRACK_MODE,
    DOC_TRACK_CLOCK,
    DOC_TRACK_BUSY,
    DOC_TRACK_INSTRUCTIONS, /* on the wires */
    DOC_TRACK_TAKEN,        /* what the target took them for */
    DOC_TRACK_SEEN,         /* rises of SCK that the target saw, each with the bit it took */
    DOC_TRACK_UART,
    DOC_TRACK_STK,       /* STK500 commands, each with its answer */
    DOC_TRACK_FUNCTIONS, /* of the programmer's firmware */
    DOC_TRACK_KEPT,      /* of each rule that was kept, the case that came nearest to breaking it */
    DOC_TRACK_BITS,      /* on the wires: MOSI and MISO at each rise of SCK that counts for an instruction */
    DOC_TRACK_BYTES,     /* and eight of them at a time */
    DOC_TRACK_KINDS,
};

enum doc_tone { DOC_PLAIN, DOC_READ, DOC_WRITE, DOC_CONTROL, DOC_BAD, DOC_NOTE, DOC_QUIET, DOC_TONES };

struct doc_span {
    sim_time begin_ps, end_ps; /* the same: an instant */
    sim_time reach_ps;         /* doc_finish(): the last end of this and all spans before it */
    uint32_t text, more;       /* offsets into the document's texts; more: a sentence or two, 0 = none */
    enum doc_tone tone;
    uint32_t value;       /* DOC_TRACK_SEEN: the bit. Instructions: the four bytes of MOSI */
    uint32_t answer;      /* instructions: of MISO. Findings, kept: the signal it is about + 1, 0 = none */
    sim_time required_ps; /* findings, kept, about a length: what the rule asks for, from begin_ps on; 0 = none */
};

/*
 * Of DOC_TRACK_BITS, whose spans would take more memory than the recording: they are computed for a stretch of time, the
 * one that was asked for last (isp_bits_show()).
 */
struct doc_bits {
    int reset, sck, mosi, miso; /* signals, -1: not recorded */
    unsigned frames, bytes;     /* tracks: instructions, each begins with the first of 32 bits; and bytes */
    unsigned skip;              /* bits before the first instruction */
    uint32_t text[2][2];        /* by MOSI and MISO */
    sim_time from_ps, to_ps;    /* of this the spans are there */
    bool dense;                 /* it has too many of them, there are none */
};

struct doc_track {
    char *name;
    enum doc_track_kind kind;
    struct doc_span *spans;
    uint32_t n, cap;
    struct doc_bits *bits; /* NULL: all spans are there */
};

struct doc_limit { /* how long a signal's highs or lows have to be, while a rule says so */
    unsigned signal;
    enum wave_level level;   /* WAVE_1: highs, WAVE_0: lows */
    sim_time from_ps, to_ps; /* those that begin in [from, to) */
    sim_time required_ps;
    bool more;        /* and not just as long */
    const char *term; /* the datasheet's symbol: "tSHSL"; not owned */
};

struct wave_doc {
    struct doc_signal *signals;
    unsigned n_signals, cap_signals;
    struct doc_track *tracks;
    unsigned n_tracks, cap_tracks;
    struct doc_limit *limits; /* in order of time for each signal and level */
    unsigned n_limits, cap_limits;
    char *texts; /* zero-terminated, one after another; offset 0 is "" */
    size_t n_texts, cap_texts;
    sim_time begin_ps, end_ps;
    sim_time tick_ps; /* times are known to so much: a recording's. 0: exactly, or nobody says */
    bool failed;      /* out of memory: the document is not whole */
};

void doc_init(struct wave_doc *d);
void doc_free(struct wave_doc *d);

/*
 * Reads a VCD, CSV or whatever else wave_list_load() takes. String variables and buses become tracks. False: err
 * says "PATH:LINE: reason", and the document is empty.
 */
bool doc_load(struct wave_doc *d, const char *path, struct problem *err);

/* ---- building; out of memory sets failed ---- */

int doc_add_signal(struct wave_doc *d, const char *name, enum doc_kind kind); /* index, -1: too many */
void doc_add_level(struct wave_doc *d, unsigned signal, sim_time at_ps, enum wave_level level);
void doc_add_mv(struct wave_doc *d, unsigned signal, sim_time at_ps, int32_t mv);
void doc_add_phase(struct wave_doc *d, unsigned signal, sim_time at_ps, const struct sim_clock *clk);
int doc_add_track(struct wave_doc *d, const char *name, enum doc_track_kind kind); /* index, -1: out of memory */
/* The span, to be filled further; valid until the next one. NULL: out of memory. text, more may be NULL. */
struct doc_span *doc_add_span(struct wave_doc *d, unsigned track, sim_time begin_ps, sim_time end_ps, const char *text,
                              const char *more);
void doc_add_limit(struct wave_doc *d, const struct doc_limit *l);
uint32_t doc_add_text(struct wave_doc *d, const char *text);
/* All is in: builds the pyramids. False: out of memory. Once. */
bool doc_finish(struct wave_doc *d, sim_time end_ps);
/* Again after tracks were added. */
bool doc_finish_tracks(struct wave_doc *d);

/* ---- asking ---- */

static inline const char *doc_text(const struct wave_doc *d, uint32_t offset)
{
    return offset < d->n_texts ? d->texts + offset : "";
}
/* As wave_list_find(): -1 none, -2 several; where none is called so, whatever the case of its letters. */
int doc_find_signal(const struct wave_doc *d, const char *name);
/* The bench's name of a net: "SCK" is the trace's "sck", "RESET_N" its "reset". -1: not recorded. */
int doc_signal_of_net(const struct wave_doc *d, const char *net);
const struct doc_track *doc_find_track(const struct wave_doc *d, enum doc_track_kind kind); /* NULL: none */
/* Number of changes at or before t: the index of the next one. from: a number known to be not more, for speed. */
uint64_t doc_after(const struct doc_signal *s, sim_time t_ps, uint64_t from);
/* WAVE_X before the first change; of a clock computed. */
enum wave_level doc_level_at(const struct doc_signal *s, sim_time t_ps);
int32_t doc_mv_at(const struct doc_signal *s, sim_time t_ps);
/* Which levels changes [i, j) have shown: bit 1 << enum wave_level. */
unsigned doc_mask(const struct doc_signal *s, uint64_t i, uint64_t j);
/* Extremes of changes [i, j), i < j. */
void doc_range(const struct doc_signal *s, uint64_t i, uint64_t j, int32_t *min_mv, int32_t *max_mv);
/* The next change of level after t, or the last before it; SIM_NEVER: none. Clocks too. */
sim_time doc_next_edge(const struct doc_signal *s, sim_time t_ps);
sim_time doc_previous_edge(const struct doc_signal *s, sim_time t_ps);
/* Number of the first span that ends after t. */
uint32_t doc_span_after(const struct doc_track *k, sim_time t_ps);
/* Edges (rises) of a computed clock in [a, b). */
uint64_t doc_clock_edges(const struct doc_signal *s, sim_time a_ps, sim_time b_ps);
/* What is asked of a high or low of the signal that begins at t, NULL: nothing. */
const struct doc_limit *doc_limit_at(const struct wave_doc *d, unsigned signal, enum wave_level level, sim_time t_ps);
/* A high or low of this length is long enough; a recording's tick is in favour of it. */
static inline bool doc_limit_kept(const struct wave_doc *d, const struct doc_limit *l, sim_time length_ps)
{
    return length_ps >= l->required_ps + l->more || (d->tick_ps && length_ps + d->tick_ps > l->required_ps);
}
/* The phase in force at t, NULL: none. */
const struct doc_phase *doc_phase_at(const struct doc_signal *s, sim_time t_ps);

#endif
