/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "wave/isp_bits.h"

#include <stdio.h>
#include <stdlib.h>

enum { STRIDE = 4096 }; /* changes of SCK that a search looks at together */

struct building {
    struct wave_doc *d;     /* of bytes, and of all bits; NULL: those that are looked at */
    struct doc_track *bits; /* NULL: not now */
    const struct doc_bits *b;
    int bytes; /* track, -1: not now */
    bool failed;
    sim_time from_ps;   /* bits that end before are left out */
    sim_time before_ps; /* the rise before */
    sim_time bit_ps;    /* how long the last bit took */
    uint8_t mosi, miso;
    sim_time byte_ps;
};

static struct doc_span *new_span(struct building *b)
{
    struct doc_track *k = b->bits;
    if (k->n == k->cap) {
        uint32_t cap = k->cap ? 2 * k->cap : 1024;
        struct doc_span *more = realloc(k->spans, cap * sizeof *more);
        if (!more) {
            b->failed = true;
            return NULL;
        }
        k->spans = more;
        k->cap = cap;
    }
    return &k->spans[k->n++];
}

static void end_bit(struct building *b, sim_time end_ps)
{
    struct doc_track *k = b->bits;
    if (k && k->n) {
        struct doc_span *s = &k->spans[k->n - 1];
        s->end_ps = s->reach_ps = end_ps;
        k->n -= end_ps < b->from_ps;
    }
}

static void add_byte(struct building *b, sim_time end_ps)
{
    char text[16];
    snprintf(text, sizeof text, "%02X \u2192 %02X", b->mosi, b->miso);
    struct doc_span *s = doc_add_span(b->d, (unsigned)b->bytes, b->byte_ps, end_ps, text, NULL);
    if (s) {
        s->value = b->mosi;
        s->answer = b->miso;
    }
}

/* A bit lasts until the next rise of SCK; the last of a byte as long as the one before. */
static void add_bit(void *ctx, sim_time at_ps, unsigned number, bool mosi, bool miso)
{
    struct building *b = ctx;
    if (number % 8) {
        b->bit_ps = at_ps - b->before_ps;
        end_bit(b, at_ps);
    } else {
        end_bit(b, b->before_ps + b->bit_ps);
        b->byte_ps = at_ps;
    }
    b->before_ps = at_ps;
    b->mosi = (uint8_t)(b->mosi << 1 | mosi);
    b->miso = (uint8_t)(b->miso << 1 | miso);
    struct doc_span *s = b->bits ? new_span(b) : NULL;
    if (s) {
        *s = (struct doc_span){ .begin_ps = at_ps,
                                .end_ps = at_ps + b->bit_ps,
                                .reach_ps = at_ps + b->bit_ps,
                                .text = b->b->text[mosi][miso],
                                .value = mosi,
                                .answer = miso };
    }
    if (number % 8 == 7 && b->bytes >= 0) {
        add_byte(b, at_ps + b->bit_ps);
    }
}

bool isp_bits_add(struct wave_doc *d, const struct isp_wires *w, const struct isp_decoder *dec, bool all)
{
    static const char *const texts[2][2] = { { "0 \u2192 0", "0 \u2192 1" }, { "1 \u2192 0", "1 \u2192 1" } };
    int bits = doc_add_track(d, "bits", DOC_TRACK_BITS), bytes = doc_add_track(d, "bytes", DOC_TRACK_BYTES);
    const struct doc_track *frames = doc_find_track(d, DOC_TRACK_INSTRUCTIONS);
    struct doc_bits *b = bits < 0 || bytes < 0 || !frames ? NULL : malloc(sizeof *b);
    if (!b) {
        return false;
    }
    *b = (struct doc_bits){ .reset = w->reset,
                            .sck = w->sck,
                            .mosi = w->mosi,
                            .miso = w->miso,
                            .frames = (unsigned)(frames - d->tracks),
                            .bytes = (unsigned)bytes };
    b->skip = isp_first_skip(d, w, dec, d->begin_ps);
    b->from_ps = SIM_NEVER;
    for (unsigned i = 0; i < 4; i++) {
        b->text[i / 2][i % 2] = doc_add_text(d, texts[i / 2][i % 2]);
    }
    d->tracks[bits].bits = b;
    struct building k = { .d = d, .bits = all ? &d->tracks[bits] : NULL, .b = b, .bytes = bytes };
    const struct isp_listener l = { .ctx = &k, .bit = add_bit };
    struct isp_summary sum;
    isp_listen_skip(d, w, d->begin_ps, SIM_NEVER, b->skip, &l, &sum);
    if (all) {
        d->tracks[bits].bits = NULL;
        free(b);
    }
    return doc_finish_tracks(d) && !k.failed;
}

/* ---- the stretch that is looked at ---- */

/* The last time up to t from which bits can be counted: an instruction's beginning, a fall of RESET, or the beginning. */
static sim_time start_of(const struct wave_doc *d, const struct doc_bits *b, sim_time t_ps, unsigned *skip)
{
    const struct doc_track *k = &d->tracks[b->frames];
    const struct doc_signal *reset = b->reset >= 0 ? &d->signals[b->reset] : NULL;
    sim_time start_ps = d->begin_ps;
    uint32_t low = 0;
    *skip = b->skip;
    for (uint32_t high = k->n; low < high;) {
        uint32_t mid = low + (high - low) / 2;
        if (k->spans[mid].begin_ps <= t_ps) {
            low = mid + 1;
        } else {
            high = mid;
        }
    }
    if (low && k->spans[low - 1].begin_ps) {
        start_ps = k->spans[low - 1].begin_ps - 1; /* SCK is still low there */
        *skip = 0;
    }
    sim_time moved_ps = reset ? doc_previous_edge(reset, t_ps + 1) : SIM_NEVER;
    if (moved_ps != SIM_NEVER && moved_ps > start_ps) {
        start_ps = moved_ps;
        *skip = 0;
    }
    return start_ps;
}

static uint64_t rises(const struct doc_signal *sck, sim_time from_ps, sim_time to_ps)
{
    return (doc_after(sck, to_ps, 0) - doc_after(sck, from_ps, 0)) / 2;
}

void isp_bits_show(const struct wave_doc *d, unsigned track, sim_time from_ps, sim_time to_ps)
{
    struct doc_track *k = &d->tracks[track];
    struct doc_bits *b = k->bits;
    if (!b || (b->from_ps != SIM_NEVER && from_ps >= b->from_ps && to_ps <= b->to_ps && !b->dense)) {
        return;
    }
    const struct isp_wires w = { b->reset, b->sck, b->mosi, b->miso };
    const struct doc_signal *sck = &d->signals[b->sck];
    sim_time margin_ps = (to_ps - from_ps) / 2; /* whoever looks, will look beside it */
    b->from_ps = from_ps > margin_ps ? from_ps - margin_ps : 0;
    b->to_ps = to_ps < SIM_NEVER - margin_ps ? to_ps + margin_ps : SIM_NEVER;
    if (rises(sck, b->from_ps, b->to_ps) > BITS_MAX_SPANS) {
        b->from_ps = from_ps;
        b->to_ps = to_ps;
    }
    k->n = 0;
    b->dense = rises(sck, b->from_ps, b->to_ps) > BITS_MAX_SPANS;
    if (b->dense) {
        return;
    }
    struct building build = { .bits = k, .b = b, .bytes = -1, .from_ps = b->from_ps };
    const struct isp_listener l = { .ctx = &build, .bit = add_bit };
    struct isp_summary sum;
    unsigned skip;
    sim_time start_ps = start_of(d, b, b->from_ps, &skip);
    isp_listen_skip(d, &w, start_ps, b->to_ps == SIM_NEVER ? SIM_NEVER : b->to_ps + 1, skip, &l, &sum);
    if (build.failed) { /* there is no memory for them: the bytes are drawn */
        k->n = 0;
        b->dense = true;
    }
}

/* Number of the first span that begins after t. */
static uint32_t first_after(const struct doc_track *k, sim_time t_ps)
{
    uint32_t low = 0;
    for (uint32_t high = k->n; low < high;) {
        uint32_t mid = low + (high - low) / 2;
        if (k->spans[mid].begin_ps <= t_ps) {
            low = mid + 1;
        } else {
            high = mid;
        }
    }
    return low;
}

const struct doc_span *isp_bits_next(const struct wave_doc *d, unsigned track, sim_time t_ps)
{
    const struct doc_track *k = &d->tracks[track];
    const struct doc_signal *sck = k->bits ? &d->signals[k->bits->sck] : NULL;
    for (uint64_t i = sck ? doc_after(sck, t_ps, 0) : 0; sck && i < sck->n; i += STRIDE) {
        isp_bits_show(d, track, t_ps, sck->at_ps[i + STRIDE < sck->n ? i + STRIDE : sck->n - 1]);
        uint32_t n = first_after(k, t_ps);
        if (n < k->n) {
            return &k->spans[n];
        }
        t_ps = sck->at_ps[i + STRIDE < sck->n ? i + STRIDE : sck->n - 1];
    }
    uint32_t n = sck ? k->n : first_after(k, t_ps);
    return n < k->n ? &k->spans[n] : NULL;
}

const struct doc_span *isp_bits_previous(const struct wave_doc *d, unsigned track, sim_time t_ps)
{
    const struct doc_track *k = &d->tracks[track];
    const struct doc_signal *sck = k->bits ? &d->signals[k->bits->sck] : NULL;
    uint64_t i = sck && t_ps ? doc_after(sck, t_ps - 1, 0) : 0;
    while (i) {
        uint64_t before = i > STRIDE ? i - STRIDE : 0;
        isp_bits_show(d, track, sck->at_ps[before], t_ps);
        uint32_t n = t_ps ? first_after(k, t_ps - 1) : 0;
        if (n) {
            return &k->spans[n - 1];
        }
        i = before;
    }
    uint32_t n = sck || !t_ps ? 0 : first_after(k, t_ps - 1);
    return n ? &k->spans[n - 1] : NULL;
}
