/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * doc_trace.h - our own run as a document: its trace, and what the simulation knows beside it
 *
 * Signals     those of the trace, and "cpu" (computed): the target's system clock, whose rises sample SCK.
 * Tracks      steps, mode, clock, saw (rises of SCK that the target saw), took (instructions), busy, findings.
 */
#ifndef WAVE_DOC_TRACE_H
#define WAVE_DOC_TRACE_H

#include "sim/checker.h"
#include "sim/isp_code.h"
#include "sim/notes.h"
#include "sim/problem.h"
#include "sim/trace.h"
#include "wave/doc.h"

/* A change takes some ten bytes of a document, and of its arrays while they grow as much again. */
#define DOC_MAX_CHANGES (UINT64_C(1) << 25)
/* False and err (without a place): the trace has more. */
bool doc_can_hold(const struct trace *t, struct problem *err);

struct doc_run {
    const struct trace *trace;
    const struct notes *notes;     /* NULL: none */
    const struct checker *checker; /* NULL: none */
    const struct isp_decoder *dec;
    sim_time end_ps; /* times from there on are cut */
    /* What the programmer was doing, for findings: "isp_try isp.c:120, called by ..."; "" unknown. NULL: nobody says. */
    const char *(*source)(void *ctx, const struct checker_where *w, char *text, size_t size);
    void *ctx;
};

/* False: out of memory; d is then empty. */
bool doc_from_run(struct wave_doc *d, const struct doc_run *run);

#endif
