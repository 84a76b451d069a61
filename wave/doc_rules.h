/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * doc_rules.h - what a checker has found, and what the rules ask of SCK, as tracks and bars of a document
 *
 * Whoever judged: the bench beside its own trace (doc_trace.h), or pin_rules.h from a recording.
 */
#ifndef WAVE_DOC_RULES_H
#define WAVE_DOC_RULES_H

#include "sim/checker.h"
#include "wave/doc.h"

struct doc_judged {
    const struct checker *checker;
    /* The index of the signal that the checker calls so ("SCK", "RESET_N"); -1: not recorded. NULL: by name. */
    int (*signal)(void *ctx, const char *net);
    /* What the programmer was doing, for findings: "isp_try isp.c:120, called by ..."; "" unknown. NULL: nobody says. */
    const char *(*source)(void *ctx, const struct checker_where *w, char *text, size_t size);
    void *ctx;
    sim_time tick_ps; /* lengths may be wrong by so much: what is broken by less is taken for kept */
    sim_time from_ps; /* what began here was not seen to begin: its length says nothing. 0: everything was seen */
    bool has_beginning;
};

/* Track "findings". */
void doc_add_findings(struct wave_doc *d, const struct doc_judged *j);
/* Track "kept": a bar for each rule about a length that was measured and never broken. */
void doc_add_kept(struct wave_doc *d, const struct doc_judged *j);
/* What the highs and lows of SCK that begin in [from, to) have to last by a clock of this period; 0: none runs. */
void doc_add_sck_limits(struct wave_doc *d, unsigned sck, sim_time from_ps, sim_time to_ps, sim_time period_ps);

#endif
