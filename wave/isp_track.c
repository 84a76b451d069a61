/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "wave/isp_track.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "wave/isp_text.h"

/* ---- which wire is which ---- */

static const char *const usual_names[4][10] = {
    { "reset", "reset_n", "rst", "rst_n", "nreset", "nrst", "/reset", "reset#" },
    { "sck", "sclk", "scl", "clk", "clock", "spi_clk" },
    { "mosi", "sdi", "copi", "spi_mosi", "di", "pdi" },
    { "miso", "sdo", "cipo", "spi_miso", "do", "pdo" },
};

static int find_no_case(const struct wave_doc *d, const char *name)
{
    size_t n = strlen(name);
    for (unsigned i = 0; i < d->n_signals; i++) {
        const char *full = d->signals[i].name;
        size_t len = strlen(full);
        if (d->signals[i].kind == DOC_LEVELS && len >= n && strcasecmp(full + len - n, name) == 0 &&
            (len == n || full[len - n - 1] == '.')) {
            return (int)i;
        }
    }
    return -1;
}

static int by_usual_name(const struct wave_doc *d, unsigned wire)
{
    for (unsigned i = 0; usual_names[wire][i]; i++) {
        int found = find_no_case(d, usual_names[wire][i]);
        if (found >= 0) {
            return found;
        }
    }
    return -1;
}

struct score {
    unsigned frames, enables, known;
    const struct isp_decoder *dec;
};

static void score_frame(void *ctx, const struct isp_frame_seen *f)
{
    struct score *s = ctx;
    struct isp_frame decoded;
    s->frames++;
    s->known += isp_decode(s->dec, f->mosi, &decoded);
    s->enables += f->mosi >> 16 == 0xAC53 && (!f->answered || (f->miso >> 8 & 255) == 0x53);
}

/* How much sense an assignment makes: echoes of Programming Enable count most. */
static unsigned sense(const struct wave_doc *d, const struct isp_wires *w, const struct isp_decoder *dec)
{
    struct score s = { .dec = dec };
    struct isp_summary sum;
    const struct isp_listener l = { .ctx = &s, .frame = score_frame };
    sim_time until_ps = d->end_ps;
    const struct doc_signal *sck = &d->signals[w->sck];
    if (sck->n > 20000) { /* enough to tell */
        until_ps = sck->at_ps[20000];
    }
    isp_listen(d, w, dec, 0, until_ps, &l, &sum);
    return s.enables ? s.enables * 1000 + s.known : 0;
}

enum { GUESS_SIGNALS = 8 };

static void guess(struct isp_wires *w, const struct wave_doc *d, const struct isp_decoder *dec)
{
    unsigned n = 0, best = 0;
    uint64_t busiest = 0;
    int of[GUESS_SIGNALS];
    struct isp_wires found = *w;
    for (unsigned i = 0; i < d->n_signals && n < GUESS_SIGNALS; i++) {
        if (d->signals[i].kind == DOC_LEVELS && d->signals[i].n > 1) {
            of[n++] = (int)i;
            busiest = d->signals[i].n > busiest ? d->signals[i].n : busiest;
        }
    }
    for (unsigned a = 0; a < n; a++) {
        if (d->signals[of[a]].n < busiest / 2) {
            continue; /* SCK is the one that moves most, or nearly */
        }
        for (unsigned b = 0; b < n; b++) {
            for (unsigned c = 0; c < n; c++) {
                for (unsigned r = 0; r <= n; r++) {
                    struct isp_wires try = { r < n ? of[r] : -1, of[a], of[b], of[c] };
                    bool taken = a == b || a == c || b == c || r == a || r == b || r == c;
                    bool fits = (w->sck < 0 || w->sck == try.sck) && (w->mosi < 0 || w->mosi == try.mosi) &&
                                (w->miso < 0 || w->miso == try.miso) && (w->reset < 0 || w->reset == try.reset);
                    unsigned s = !taken && fits ? sense(d, &try, dec) : 0;
                    if (s > best) {
                        best = s;
                        found = try;
                    }
                }
            }
        }
    }
    *w = found;
}

static bool unknown_wire(const struct wave_doc *d, struct problem *err)
{
    for (unsigned i = 0; i < d->n_signals; i++) {
        problem_append(err, "%s%s", i ? ", " : "", d->signals[i].name);
    }
    return d->n_signals ? false : problem_append(err, "none");
}

bool isp_wires_find(struct isp_wires *w, const struct wave_doc *d, const char *const names[4],
                    const struct isp_decoder *dec, struct problem *err)
{
    static const char *const titles[4] = { "RESET", "SCK", "MOSI", "MISO" };
    int found[4];
    for (unsigned i = 0; i < 4; i++) {
        bool given = names && names[i] && *names[i];
        found[i] = given ? doc_find_signal(d, names[i]) : by_usual_name(d, i);
        if (given && (found[i] < 0 || d->signals[found[i]].kind != DOC_LEVELS)) {
            problem_set(err, "no wire \"%s\" for %s; there are: ", names[i], titles[i]);
            return unknown_wire(d, err);
        }
    }
    *w = (struct isp_wires){ found[0], found[1], found[2], found[3] };
    if (w->sck < 0 || w->mosi < 0) {
        guess(w, d, dec);
    }
    if (w->sck < 0 || w->mosi < 0) {
        problem_set(err, "which wires are SCK and MOSI? Name them; there are: ");
        return unknown_wire(d, err);
    }
    return true;
}

/* ---- bits to frames ---- */

struct wire { /* a cursor over a signal's changes */
    const struct doc_signal *s;
    uint64_t i;
    uint8_t level;
};

static void wire_start(struct wire *w, const struct wave_doc *d, int signal, sim_time from_ps)
{
    w->s = signal >= 0 ? &d->signals[signal] : NULL;
    w->i = w->s ? doc_after(w->s, from_ps, 0) : 0;
    w->level = w->i ? w->s->level[w->i - 1] : WAVE_X;
}

/* The level just before t, or at t when at. */
static uint8_t wire_level(struct wire *w, sim_time t_ps)
{
    while (w->s && w->i < w->s->n && w->s->at_ps[w->i] <= t_ps) {
        w->level = w->s->level[w->i++];
    }
    return w->level;
}

static bool is_1(uint8_t level)
{
    return level == WAVE_1 || level == WAVE_WEAK_1;
}
static bool is_0(uint8_t level)
{
    return level == WAVE_0 || level == WAVE_WEAK_0;
}

struct listening {
    const struct isp_listener *l;
    struct isp_summary *sum;
    struct wire reset, sck, mosi, miso;
    bool low, sck_high, sck_known;
    sim_time sck_changed_ps; /* SIM_NEVER: not since RESET fell */
    unsigned bits, skip;     /* skip: bits before the first frame */
    struct isp_frame_seen frame;
    bool pending; /* 32 bits are in, their last fall is awaited */
};

static void finish_frame(struct listening *k, sim_time at_ps)
{
    if (k->pending) {
        k->pending = false;
        k->frame.end_ps = at_ps;
        k->sum->instructions++;
        if (k->l && k->l->frame) {
            k->l->frame(k->l->ctx, &k->frame);
        }
    }
}

static void reset_moved(struct listening *k, sim_time at_ps, bool low)
{
    finish_frame(k, at_ps);
    k->sum->cut_short += k->bits != 0;
    k->sum->reset_falls += low;
    k->bits = 0;
    k->skip = 0;
    k->low = low;
    k->sck_changed_ps = SIM_NEVER;
    if (k->l && k->l->reset) {
        k->l->reset(k->l->ctx, at_ps, low);
    }
}

static void rise(struct listening *k, sim_time at_ps)
{
    if (k->skip) {
        k->skip--;
        return;
    }
    finish_frame(k, at_ps);
    if (!k->bits) {
        k->frame = (struct isp_frame_seen){ .begin_ps = at_ps, .answered = k->miso.s != NULL };
    }
    bool mosi = is_1(wire_level(&k->mosi, at_ps)), miso = !is_0(wire_level(&k->miso, at_ps));
    k->frame.mosi = k->frame.mosi << 1 | mosi;
    k->frame.miso = k->frame.miso << 1 | miso;
    if (k->l && k->l->bit) {
        k->l->bit(k->l->ctx, at_ps, k->bits, mosi, miso);
    }
    if (++k->bits == 32) {
        k->bits = 0;
        k->pending = true;
        k->frame.end_ps = at_ps;
    }
}

static void sck_moved(struct listening *k, sim_time at_ps, uint8_t level)
{
    bool high = is_1(level), known = high || is_0(level);
    if (k->sck_known && known && high != k->sck_high) {
        k->sum->sck_edges++;
        if (k->low) {
            sim_time *least = high ? &k->sum->sck_low_min_ps : &k->sum->sck_high_min_ps;
            if (k->sck_changed_ps != SIM_NEVER && at_ps - k->sck_changed_ps < *least) {
                *least = at_ps - k->sck_changed_ps;
            }
            k->sck_changed_ps = at_ps;
            if (high) {
                rise(k, at_ps);
            } else {
                finish_frame(k, at_ps);
            }
        }
    }
    k->sck_high = high;
    k->sck_known = known;
}

void isp_listen_skip(const struct wave_doc *d, const struct isp_wires *w, sim_time from_ps, sim_time to_ps,
                     unsigned skip, const struct isp_listener *l, struct isp_summary *sum)
{
    struct listening k = { .l = l, .sum = sum, .sck_changed_ps = SIM_NEVER, .skip = skip };
    *sum = (struct isp_summary){ .sck_high_min_ps = SIM_NEVER, .sck_low_min_ps = SIM_NEVER };
    wire_start(&k.reset, d, w->reset, from_ps);
    wire_start(&k.sck, d, w->sck, from_ps);
    wire_start(&k.mosi, d, w->mosi, from_ps);
    wire_start(&k.miso, d, w->miso, from_ps);
    k.low = !k.reset.s || is_0(k.reset.level);
    k.sck_high = is_1(k.sck.level);
    k.sck_known = k.sck_high || is_0(k.sck.level);
    while (k.sck.i < k.sck.s->n || (k.reset.s && k.reset.i < k.reset.s->n)) {
        bool more_sck = k.sck.i < k.sck.s->n, more_reset = k.reset.s && k.reset.i < k.reset.s->n;
        bool is_reset = more_reset && (!more_sck || k.reset.s->at_ps[k.reset.i] <= k.sck.s->at_ps[k.sck.i]);
        sim_time at_ps = is_reset ? k.reset.s->at_ps[k.reset.i] : k.sck.s->at_ps[k.sck.i];
        if (at_ps >= to_ps) {
            break;
        }
        if (is_reset) {
            uint8_t level = k.reset.s->level[k.reset.i++];
            if (is_0(level) != k.low) {
                reset_moved(&k, at_ps, is_0(level));
            }
        } else {
            sck_moved(&k, at_ps, k.sck.s->level[k.sck.i++]);
        }
    }
    finish_frame(&k, to_ps < d->end_ps ? to_ps : d->end_ps);
}

/* A recording that begins while RESET is low, or has none: the offset at which most frames are instructions. */
static unsigned find_offset(const struct wave_doc *d, const struct isp_wires *w, const struct isp_decoder *dec,
                            sim_time from_ps)
{
    const struct doc_signal *sck = &d->signals[w->sck];
    uint64_t i = doc_after(sck, from_ps, 0);
    sim_time to_ps = i + 128 * 64 < sck->n ? sck->at_ps[i + 128 * 64] : d->end_ps;
    unsigned best = 0, offset = 0;
    for (unsigned skip = 0; skip < 32; skip++) {
        struct score s = { .dec = dec };
        struct isp_summary sum;
        const struct isp_listener l = { .ctx = &s, .frame = score_frame };
        isp_listen_skip(d, w, from_ps, to_ps, skip, &l, &sum);
        if (s.known + 10 * s.enables > best) {
            best = s.known + 10 * s.enables;
            offset = skip;
        }
    }
    return offset;
}

unsigned isp_first_skip(const struct wave_doc *d, const struct isp_wires *w, const struct isp_decoder *dec,
                        sim_time from_ps)
{
    bool in_the_middle = w->reset < 0 ||
                         (doc_level_at(&d->signals[w->reset], from_ps) == WAVE_0 && d->signals[w->reset].n);
    return in_the_middle ? find_offset(d, w, dec, from_ps) : 0;
}

void isp_listen(const struct wave_doc *d, const struct isp_wires *w, const struct isp_decoder *dec, sim_time from_ps,
                sim_time to_ps, const struct isp_listener *l, struct isp_summary *sum)
{
    isp_listen_skip(d, w, from_ps, to_ps, isp_first_skip(d, w, dec, from_ps), l, sum);
}

/* ---- the track ---- */

struct building {
    struct wave_doc *d;
    const struct isp_decoder *dec;
    unsigned track;
};

static void add_frame(void *ctx, const struct isp_frame_seen *f)
{
    struct building *b = ctx;
    char text[ISP_TEXT_BYTES];
    enum doc_tone tone = isp_text(b->dec, f->mosi, f->miso, f->answered, text, sizeof text);
    struct doc_span *s = doc_add_span(b->d, b->track, f->begin_ps, f->end_ps, text, NULL);
    if (s) {
        s->tone = tone;
        s->value = f->mosi;
        s->answer = f->miso;
    }
}

bool isp_track_add(struct wave_doc *d, const struct isp_wires *w, const struct isp_decoder *dec)
{
    int track = doc_add_track(d, "instructions", DOC_TRACK_INSTRUCTIONS);
    if (track < 0) {
        return false;
    }
    struct building b = { d, dec, (unsigned)track };
    struct isp_summary sum;
    const struct isp_listener l = { .ctx = &b, .frame = add_frame };
    isp_listen(d, w, dec, 0, SIM_NEVER, &l, &sum);
    return doc_finish_tracks(d);
}
