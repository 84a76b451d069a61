/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "wave/doc_merge.h"

#include <stdio.h>
#include <stdlib.h>

static sim_time shifted(sim_time t_ps, int64_t shift_ps)
{
    if (shift_ps < 0) {
        uint64_t back = -(uint64_t)shift_ps;
        return t_ps > back ? t_ps - back : 0;
    }
    return t_ps + (uint64_t)shift_ps;
}

static void copy_changes(struct wave_doc *d, unsigned to, const struct doc_signal *s, int64_t shift_ps)
{
    for (uint64_t i = 0; i < s->n && !d->failed; i++) {
        if (s->kind == DOC_CLOCK) {
            struct sim_clock clk = s->phase[i].clk;
            clk.t0_ps = shifted(clk.t0_ps, shift_ps);
            doc_add_phase(d, to, shifted(s->phase[i].at_ps, shift_ps), &clk);
        } else if (s->kind == DOC_VOLTS) {
            doc_add_mv(d, to, shifted(s->at_ps[i], shift_ps), s->mv[i]);
        } else {
            doc_add_level(d, to, shifted(s->at_ps[i], shift_ps), (enum wave_level)s->level[i]);
        }
    }
}

/* first_signal: where other's signals begin in d. */
static void copy_spans(struct wave_doc *d, unsigned to, const struct wave_doc *other, const struct doc_track *k,
                       unsigned first_signal, int64_t shift_ps)
{
    for (uint32_t i = 0; i < k->n; i++) {
        const struct doc_span *s = &k->spans[i];
        struct doc_span *copy = doc_add_span(d, to, shifted(s->begin_ps, shift_ps), shifted(s->end_ps, shift_ps),
                                             doc_text(other, s->text), doc_text(other, s->more));
        if (copy) {
            copy->tone = s->tone;
            copy->value = s->value;
            bool is_signal = k->kind == DOC_TRACK_FINDINGS || k->kind == DOC_TRACK_KEPT;
            copy->answer = is_signal && s->answer ? s->answer + first_signal : s->answer;
            copy->required_ps = s->required_ps;
        }
    }
}

/* What is computed of the wires is computed of their copies. */
static bool copy_bits(struct wave_doc *d, struct doc_track *k, const struct wave_doc *other,
                      const struct doc_bits *bits, unsigned first_signal, unsigned first_track)
{
    int base = (int)first_signal;
    k->bits = malloc(sizeof *k->bits);
    if (!k->bits) {
        return false;
    }
    *k->bits = (struct doc_bits){ .reset = bits->reset < 0 ? -1 : bits->reset + base,
                                  .sck = bits->sck + base,
                                  .mosi = bits->mosi + base,
                                  .miso = bits->miso < 0 ? -1 : bits->miso + base,
                                  .frames = bits->frames + first_track,
                                  .bytes = bits->bytes + first_track,
                                  .skip = bits->skip };
    for (unsigned i = 0; i < 4; i++) {
        k->bits->text[i / 2][i % 2] = doc_add_text(d, doc_text(other, bits->text[i / 2][i % 2]));
    }
    return !d->failed;
}

bool doc_merge(struct wave_doc *d, const struct wave_doc *other, const char *prefix, int64_t shift_ps)
{
    struct wave_doc extra; /* finished by itself, then moved over: d's own pyramids stay */
    char name[600];
    bool ok = d->n_signals + other->n_signals <= DOC_MAX_SIGNALS;
    unsigned first_signal = d->n_signals, first_track = d->n_tracks;
    doc_init(&extra);
    for (unsigned i = 0; ok && i < other->n_signals; i++) {
        snprintf(name, sizeof name, "%s%.500s", prefix, other->signals[i].name);
        int to = doc_add_signal(&extra, name, other->signals[i].kind);
        ok = to >= 0;
        if (ok) {
            copy_changes(&extra, (unsigned)to, &other->signals[i], shift_ps);
        }
    }
    ok = ok && doc_finish(&extra, shifted(other->end_ps, shift_ps));
    struct doc_signal *room = ok ? realloc(d->signals, (d->n_signals + extra.n_signals + 1) * sizeof *room) : NULL;
    if (!room) {
        doc_free(&extra);
        return false;
    }
    d->signals = room;
    d->cap_signals = d->n_signals + extra.n_signals + 1;
    for (unsigned i = 0; i < extra.n_signals; i++) {
        d->signals[d->n_signals++] = extra.signals[i];
    }
    extra.n_signals = 0;
    d->end_ps = extra.end_ps > d->end_ps ? extra.end_ps : d->end_ps;
    doc_free(&extra);
    for (unsigned i = 0; ok && i < other->n_tracks; i++) {
        snprintf(name, sizeof name, "%s%.500s", prefix, other->tracks[i].name);
        int to = doc_add_track(d, name, other->tracks[i].kind);
        ok = to >= 0;
        if (ok && other->tracks[i].bits) {
            ok = copy_bits(d, &d->tracks[to], other, other->tracks[i].bits, first_signal, first_track);
        } else if (ok) {
            copy_spans(d, (unsigned)to, other, &other->tracks[i], first_signal, shift_ps);
        }
    }
    for (unsigned i = 0; i < other->n_limits; i++) {
        struct doc_limit l = other->limits[i];
        l.signal += first_signal;
        l.from_ps = shifted(l.from_ps, shift_ps);
        l.to_ps = shifted(l.to_ps, shift_ps);
        doc_add_limit(d, &l);
    }
    return doc_finish_tracks(d) && ok;
}
