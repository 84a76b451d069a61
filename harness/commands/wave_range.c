/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "harness/commands/wave_range.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "harness/base/quantity.h"
#include "sim/memory.h"

/* ---- the command line ---- */

enum { KEY_FROM = 0x2000, KEY_TO, KEY_AROUND, KEY_MARGIN };

static const struct argp_option option_table[] = {
    { "from", KEY_FROM, "TIME", 0, "begin there (\"61.8 ms\")", 0 },
    { "to", KEY_TO, "TIME", 0, "end there", 0 },
    { "around", KEY_AROUND, "WHAT", 0,
      "around finding:N, step:N, busy:N, instruction:NAME or instruction:NAME:N (the N-th of that name), or a time",
      0 },
    { "margin", KEY_MARGIN, "TIME", 0, "with --around: so much before and after it", 0 },
    { 0 },
};

static bool parse_time(const char *option, const char *text, sim_time *t_ps, struct problem *err)
{
    int64_t v;
    struct problem why;
    if (!quantity_parse(QUANTITY_TIME_PS, text, 0, INT64_MAX, &v, &why)) {
        return problem_set(err, "%s: %s", option, why.text);
    }
    *t_ps = (sim_time)v;
    return true;
}

/* What can't be a time is said before anything is run or read. */
static void check_time(struct argp_state *state, const char *option, const char *text)
{
    sim_time t_ps;
    struct problem err;

    if (text && !parse_time(option, text, &t_ps, &err)) {
        argp_error(state, "%s", err.text);
    }
}

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
    struct wave_range *r = state->input;
    switch (key) {
    case KEY_FROM: r->from = arg; return 0;
    case KEY_TO: r->to = arg; return 0;
    case KEY_AROUND: r->around = arg; return 0;
    case KEY_MARGIN: r->margin = arg; return 0;
    case ARGP_KEY_END:
        check_time(state, "--from", r->from);
        check_time(state, "--to", r->to);
        check_time(state, "--margin", r->margin);
        if (r->margin && !r->around) {
            argp_error(state, "--margin goes with --around");
        }
        return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

const struct argp wave_range_argp = { .options = option_table, .parser = parse_option };

/* ---- finding it ---- */

/* Counted from 1; 0: not a number, or none of which there are so many. */
static unsigned parse_nth(const char *text)
{
    int64_t n;
    struct problem ignored;

    return quantity_parse(QUANTITY_COUNT, text, 1, UINT32_MAX, &n, &ignored) ? (unsigned)n : 0;
}

const struct doc_span *wave_nth_instruction(const struct wave_doc *d, const char *name, unsigned nth)
{
    const struct doc_track *k = doc_find_track(d, DOC_TRACK_INSTRUCTIONS);
    size_t n = strlen(name);
    for (uint32_t i = 0; k && i < k->n; i++) {
        if (strncasecmp(doc_text(d, k->spans[i].text), name, n) == 0 && --nth == 0) {
            return &k->spans[i];
        }
    }
    return NULL;
}

const struct doc_span *wave_nth_span(const struct wave_doc *d, enum doc_track_kind kind, unsigned nth)
{
    const struct doc_track *k = doc_find_track(d, kind);
    return k && nth >= 1 && nth <= k->n ? &k->spans[nth - 1] : NULL;
}

/* An instant gets 12 edges of SCK to each side: what led to it, and what came of it. */
static void widen_by_edges(struct wave_range *s, const struct wave_doc *d, int sck_signal)
{
    const struct doc_signal *sck = sck_signal >= 0 ? &d->signals[sck_signal] : NULL;
    sim_time span = d->end_ps / 100 + 1;
    if (sck && sck->n) {
        uint64_t i = doc_after(sck, s->from_ps, 0), j = doc_after(sck, s->to_ps, 0);
        sim_time after_ps = (j + 12 < sck->n ? sck->at_ps[j + 12] : d->end_ps) - s->to_ps;
        sim_time before_ps = i > 12 ? s->from_ps - sck->at_ps[i - 13] : after_ps;
        if (after_ps > 4 * before_ps) { /* what came long after or before says little */
            after_ps = before_ps;
        } else if (before_ps > 4 * after_ps) {
            before_ps = after_ps;
        }
        s->from_ps -= before_ps < s->from_ps ? before_ps : s->from_ps;
        s->to_ps += after_ps;
        return;
    }
    s->from_ps -= s->from_ps < span ? s->from_ps : span;
    s->to_ps += span;
}

static bool find_around(struct wave_range *s, const struct wave_doc *d, int sck, const char *file, struct problem *err)
{
    char what[200];
    const struct doc_span *span = NULL;
    bool fits = snprintf(what, sizeof what, "%s", s->around) < (int)sizeof what;
    char *name = strchr(what, ':');
    if (!name) {
        if (!parse_time("--around", what, &s->from_ps, err)) {
            return false;
        }
        s->to_ps = s->from_ps;
    } else {
        static const struct {
            const char *word;
            enum doc_track_kind kind;
        } kinds[] = { { "finding", DOC_TRACK_FINDINGS }, { "step", DOC_TRACK_STEPS }, { "busy", DOC_TRACK_BUSY } };
        *name++ = 0;
        if (strcmp(what, "instruction") == 0) {
            char *number = strrchr(name, ':');
            unsigned nth = number ? parse_nth(number + 1) : 1;
            if (number) {
                *number = 0;
            }
            span = nth ? wave_nth_instruction(d, name, nth) : NULL;
        }
        for (unsigned i = 0; i < 3; i++) {
            if (strcmp(what, kinds[i].word) == 0) {
                span = wave_nth_span(d, kinds[i].kind, parse_nth(name));
            }
        }
        if (!span || !fits) {
            return problem_set(err,
                               "--around %s: there is no such thing in %s (finding:N, step:N, busy:N, counted from 1; "
                               "instruction:NAME, as `limpet decode` names them)",
                               s->around, file);
        }
        s->from_ps = span->begin_ps;
        s->to_ps = span->end_ps;
    }
    sim_time margin_ps = (s->to_ps - s->from_ps) / 4;
    if (s->margin) {
        if (!parse_time("--margin", s->margin, &margin_ps, err)) {
            return false;
        }
    } else if (!margin_ps || (span && span->required_ps)) {
        widen_by_edges(s, d, sck);
        margin_ps = 0;
    }
    s->from_ps -= s->from_ps < margin_ps ? s->from_ps : margin_ps;
    s->to_ps += margin_ps;
    return true;
}

bool wave_range_find(struct wave_range *s, const struct wave_doc *d, int sck, const char *file, struct problem *err)
{
    s->from_ps = d->begin_ps;
    s->to_ps = d->end_ps;
    if ((s->around && !find_around(s, d, sck, file, err)) ||
        (s->from && !parse_time("--from", s->from, &s->from_ps, err)) ||
        (s->to && !parse_time("--to", s->to, &s->to_ps, err))) {
        return false;
    }
    if (s->from_ps >= s->to_ps && (s->from || s->to)) {
        return problem_set(err, "%s: --from is not before --to (it ends at %.9g s)", file, (double)d->end_ps / 1e12);
    }
    if (s->to_ps <= s->from_ps) {
        s->to_ps = s->from_ps + 1;
    }
    return true;
}

bool wave_choose(const struct wave_doc *d, const char *names, const char *file, bool *signals, bool *tracks,
                 struct problem *err)
{
    if (!names) {
        memset(signals, true, d->n_signals * sizeof *signals);
        memset(tracks, true, d->n_tracks * sizeof *tracks);
        return true;
    }
    char *copy = memory_text(names), *rest = copy;
    bool ok = true;
    for (char *name; ok && (name = strsep(&rest, ","));) {
        int i = doc_find_signal(d, name);
        ok = i >= 0;
        if (ok) {
            signals[i] = true;
        }
        for (unsigned k = 0; k < d->n_tracks; k++) {
            if (strcmp(d->tracks[k].name, name) == 0) {
                tracks[k] = ok = true;
            }
        }
        if (!ok) {
            problem_set(err, "--signals: no signal or track \"%s\" in %s", name, file);
        }
    }
    free(copy);
    return ok;
}
