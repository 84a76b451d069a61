/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * sr_write.c - levels and volts as a session of PulseView: a zip of samples at a constant rate (sigrok's session file,
 * version 2). Volts are floats, four bytes a sample and channel, in entries of their own.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "wave/doc_write.h"
#include "wave/zip_out.h"

enum { SR_PROBES = 64, SR_ANALOG = 16, CHUNK_SAMPLES = 1 << 19 };

struct samples { /* what one entry of the zip is made of, sample by sample */
    const struct wave_doc *d;
    const struct doc_cut *cut;
    unsigned probe[SR_PROBES]; /* signals */
    uint64_t next[SR_PROBES];  /* change of each that is not in yet */
    unsigned n, unit_bytes;
    bool volts;            /* of probe[0], which is one in millivolts then */
    uint64_t first, count; /* samples of the whole file that this entry has */
    uint64_t at;           /* of them given */
    uint64_t word;
};

/* A level's bit, or volts as the four bytes of a float: what stands in a sample for the probe. */
static uint64_t value_of(const struct samples *s, unsigned probe)
{
    const struct doc_signal *sig = &s->d->signals[s->probe[probe]];
    if (s->volts) {
        int32_t mv = s->next[probe] ? sig->mv[s->next[probe] - 1] : sig->n ? sig->mv[0] : 0;
        float volts = (float)mv / 1000;
        uint32_t word;
        memcpy(&word, &volts, sizeof word);
        return word;
    }
    unsigned level = s->next[probe] ? sig->level[s->next[probe] - 1] : WAVE_X;
    return level == WAVE_1 || level == WAVE_WEAK_1;
}

/* Levels at a sample: what stands there, changes at its very time included. */
static void advance(struct samples *s, uint64_t sample)
{
    sim_time t = s->cut->from_ps + sample * s->cut->tick_ps;
    for (unsigned i = 0; i < s->n; i++) {
        const struct doc_signal *sig = &s->d->signals[s->probe[i]];
        bool moved = false;
        while (s->next[i] < sig->n && sig->at_ps[s->next[i]] <= t) {
            s->next[i]++;
            moved = true;
        }
        if (moved) {
            s->word = s->volts ? value_of(s, i) : (s->word & ~(UINT64_C(1) << i)) | value_of(s, i) << i;
        }
    }
}

static void rewind_to_first(struct samples *s)
{
    s->at = 0;
    s->word = 0;
    for (unsigned i = 0; i < s->n; i++) {
        sim_time t = s->cut->from_ps + s->first * s->cut->tick_ps;
        s->next[i] = doc_after(&s->d->signals[s->probe[i]], t, 0);
        s->word |= value_of(s, i) << i;
    }
}

static void put_samples(struct zip_out *zip, struct samples *s)
{
    uint8_t buf[64 * 1024];
    size_t n = 0;
    rewind_to_first(s);
    while (s->at < s->count) {
        advance(s, s->first + s->at++);
        for (unsigned b = 0; b < s->unit_bytes; b++) {
            buf[n++] = (uint8_t)(s->word >> 8 * b);
        }
        if (n + s->unit_bytes > sizeof buf || s->at == s->count) {
            zip_out_put(zip, buf, n);
            n = 0;
        }
    }
}

static void put_text(struct zip_out *zip, const char *name, const char *text)
{
    zip_out_entry(zip, name);
    zip_out_put(zip, text, strlen(text));
}

static size_t put_probe(char *to, size_t size, const char *kind, unsigned number, const char *name)
{
    char safe[80];
    snprintf(safe, sizeof safe, "%s", name);
    for (char *p = safe; *p; p++) {
        if (*p < ' ' || *p == 127) {
            *p = '_';
        }
    }
    return (size_t)snprintf(to, size, "%s%u=%s\n", kind, number, safe);
}

/* Entries NAME-1, NAME-2 ... of a channel's, or all wires', samples. */
static void put_chunks(struct zip_out *zip, struct samples *s, uint64_t n, const char *name)
{
    for (uint64_t first = 0, chunk = 1; first < n; first += CHUNK_SAMPLES, chunk++) {
        char entry[60];
        s->first = first;
        s->count = n - first < CHUNK_SAMPLES ? n - first : CHUNK_SAMPLES;
        snprintf(entry, sizeof entry, "%s-%llu", name, (unsigned long long)chunk);
        zip_out_entry(zip, entry);
        put_samples(zip, s);
    }
}

struct channels {
    struct samples wires;
    unsigned volts[SR_ANALOG], n_volts; /* signals */
};

static void fill(struct zip_out *zip, struct channels *c, uint64_t n, char *metadata, size_t size)
{
    struct samples *all = &c->wires;
    size_t at = (size_t)snprintf(metadata, size,
                                 "[global]\nsigrok version=0.5.2\n\n[device 1]\ncapturefile=logic-1\ntotal probes=%u\n"
                                 "samplerate=%llu Hz\ntotal analog=%u\n",
                                 all->n, (unsigned long long)(SIM_S / all->cut->tick_ps), c->n_volts);
    for (unsigned i = 0; i < all->n; i++) {
        at += put_probe(metadata + at, size - at, "probe", i + 1, all->d->signals[all->probe[i]].name);
    }
    for (unsigned i = 0; i < c->n_volts; i++) { /* counted on after the probes */
        at += put_probe(metadata + at, size - at, "analog", all->n + i + 1, all->d->signals[c->volts[i]].name);
    }
    snprintf(metadata + at, size - at, "unitsize=%u\n", all->unit_bytes);
    put_text(zip, "version", "2");
    put_text(zip, "metadata", metadata);
    put_chunks(zip, all, n, "logic-1");
    for (unsigned i = 0; i < c->n_volts; i++) {
        char name[40];
        struct samples of = { .d = all->d, .cut = all->cut, .n = 1, .unit_bytes = 4, .volts = true };
        of.probe[0] = c->volts[i];
        snprintf(name, sizeof name, "analog-1-%u", all->n + i + 1);
        put_chunks(zip, &of, n, name);
    }
}

/* Lines that never move say nothing that four bytes a sample were worth. */
static bool take_volts(struct channels *c, const struct wave_doc *d, const struct doc_cut *cut)
{
    for (unsigned i = 0; i < d->n_signals; i++) {
        const struct doc_signal *s = &d->signals[i];
        if (!cut->signals[i] || s->kind != DOC_VOLTS || s->mv_min == s->mv_max) {
            continue;
        }
        if (c->n_volts == SR_ANALOG) {
            return false;
        }
        c->volts[c->n_volts++] = i;
    }
    return true;
}

bool doc_write_sr(const char *path, const struct wave_doc *d, const struct doc_cut *cut, struct problem *err)
{
    struct channels c = { .wires = { .d = d, .cut = cut } };
    struct samples *all = &c.wires;
    char metadata[(SR_PROBES + SR_ANALOG) * 100 + 300];
    uint64_t n = (cut->to_ps - cut->from_ps) / cut->tick_ps + 2; /* the last level for a sample more, or it is lost */
    for (unsigned i = 0; i < d->n_signals; i++) {
        if (cut->signals[i] && d->signals[i].kind == DOC_LEVELS && all->n == SR_PROBES) {
            return problem_set(err, "%s: more than %d wires; name fewer", path, SR_PROBES);
        }
        if (cut->signals[i] && d->signals[i].kind == DOC_LEVELS) {
            all->probe[all->n++] = i;
        }
    }
    if (!all->n) {
        return problem_set(err, "%s: no wire to write (a .sr has at least one)", path);
    }
    if (!take_volts(&c, d, cut)) {
        return problem_set(err, "%s: more than %d lines in volts; name fewer", path, SR_ANALOG);
    }
    if (SIM_S % cut->tick_ps) {
        return problem_set(err, "%s: a sample every %llu ps is no whole number of samples a second", path,
                           (unsigned long long)cut->tick_ps);
    }
    if (n > DOC_SR_MAX_SAMPLES / (c.n_volts ? 4 * c.n_volts : 1)) {
        return problem_set(err, "%s: %llu samples are too many: a longer --tick, or less of it (--from, --to)", path,
                           (unsigned long long)n);
    }
    all->unit_bytes = (all->n + 7) / 8;
    struct zip_out *zip = zip_out_open(path, err);
    if (!zip) {
        return false;
    }
    fill(zip, &c, n, metadata, sizeof metadata);
    return zip_out_close(zip, err);
}
