/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * axis.h - time to x and back, with idle time folded away
 *
 *      time  |--busy--|............ 19.9 ms ............|--busy--|
 *      x     |--busy--|//|--busy--|                                 a fold is AXIS_FOLD_PX wide and says how long it is
 *
 * A fold changes where things are drawn, never what a cursor measures.
 */
#ifndef WAVE_DRAW_AXIS_H
#define WAVE_DRAW_AXIS_H

#include "wave/doc.h"

#define AXIS_FOLD_PX 46.0
#define AXIS_MAX_FOLDS 400

struct axis_piece {
    sim_time begin_ps, end_ps;
    double x0, x1;
    bool folded;
};

struct axis {
    struct axis_piece pieces[2 * AXIS_MAX_FOLDS + 1];
    unsigned n;
    double ps_per_px; /* outside of folds */
    unsigned last;    /* piece of the last question: the next one is mostly about the same */
};

struct axis_gap {
    sim_time begin_ps, end_ps;
};

/* from < to. gaps: what to fold, in order, apart, within [from, to]. */
void axis_init(struct axis *a, sim_time from_ps, sim_time to_ps, double x0, double x1, const struct axis_gap *gaps,
               unsigned n_gaps);

/* Clamped to the ends. */
double axis_x(struct axis *a, sim_time t_ps);
sim_time axis_t(const struct axis *a, double x);

/*
 * Idle time of the signals (DOC_LEVELS and DOC_VOLTS: changes) and tracks (begins and ends of spans) that are
 * marked, within [from, to]: gaps of at least min_ps; 0: those that would waste the picture, found by folding until
 * none is longer than a tenth of what is left. Returns how many, at most AXIS_MAX_FOLDS.
 */
unsigned axis_find_gaps(const struct wave_doc *d, const bool *signals, const bool *tracks, sim_time from_ps,
                        sim_time to_ps, sim_time min_ps, struct axis_gap *gaps);

/* "61.8 ms", "+20 us": the shortest that tells times apart that are step_ps apart. */
void axis_time_text(sim_time t_ps, sim_time step_ps, char *to, size_t size);
/* A length with four digits: "19.94 ms". */
void axis_length_text(sim_time d_ps, char *to, size_t size);
/* 1, 2 or 5 times a power of ten, so that ticks are at least px apart. */
sim_time axis_step(double ps_per_px, double px);

#endif
