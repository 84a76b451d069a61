/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * doc_write_gtkw.c - how GTKWave opens the file: signals in groups, coloured, volts as steps, findings as markers
 *
 * Flags and line forms: GTKWave 3.3.118, savefile.c and analyzer.h.
 */
#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "wave/doc_write.h"
#include "wave/out_file.h"
#include "wave/vcd_write.h"

enum { MARKERS = 26, WAVES_PX = 1000 /* of a window of 1400 */, GREEN = 4, YELLOW = 3, RED = 1, BLUE = 7, ORANGE = 2 };

static void put(struct out_file *out, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static void put(struct out_file *out, const char *fmt, ...)
{
    char text[400];
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    out_file_text(out, text);
}

static void put_trace(struct out_file *out, unsigned colour, const char *flags, const char *name)
{
    char safe[300], part[300];
    size_t n = 0;
    for (const char *dot; *name; name = *dot ? dot + 1 : dot) { /* scopes are made safe one by one, as in the VCD */
        dot = name + strcspn(name, ".");
        snprintf(part, sizeof part, "%.*s", (int)(dot - name), name);
        vcd_name(part, safe + n, sizeof safe - n - 1);
        n += strlen(safe + n);
        if (*dot && n + 2 < sizeof safe) {
            safe[n++] = '.';
        }
    }
    safe[n] = 0;
    put(out, "@%s\n[color] %u\nlimpet.%s\n", flags, colour, safe);
}

static unsigned track_colour(enum doc_track_kind kind)
{
    switch (kind) {
    case DOC_TRACK_FINDINGS: return RED;
    case DOC_TRACK_BUSY: return ORANGE;
    case DOC_TRACK_INSTRUCTIONS:
    case DOC_TRACK_TAKEN: return BLUE;
    default: return YELLOW;
    }
}

static void put_signals(struct out_file *out, const struct wave_doc *d, const struct doc_cut *cut, enum doc_kind kind,
                        const char *title)
{
    bool begun = false;
    for (unsigned i = 0; i < d->n_signals; i++) {
        if (!cut->signals[i] || d->signals[i].kind != kind) {
            continue;
        }
        if (!begun) {
            put(out, "@800200\n-%s\n", title);
        }
        begun = true;
        put_trace(out, kind == DOC_VOLTS ? BLUE : GREEN, kind == DOC_VOLTS ? "88020" : "28", d->signals[i].name);
        if (kind == DOC_VOLTS) {
            put(out, "@20000\n-\n-\n"); /* two rows high */
        }
    }
    if (begun) {
        put(out, "@1000200\n-%s\n", title);
    }
}

static void put_tracks(struct out_file *out, const struct wave_doc *d, const struct doc_cut *cut)
{
    bool begun = false;
    for (unsigned i = 0; cut->tracks && i < d->n_tracks; i++) {
        if (!cut->tracks[i] || d->tracks[i].kind == DOC_TRACK_SEEN) {
            continue;
        }
        if (!begun) {
            put(out, "@800200\n-what happened\n");
        }
        begun = true;
        put_trace(out, track_colour(d->tracks[i].kind), "20", d->tracks[i].name);
    }
    if (begun) {
        put(out, "@1000200\n-what happened\n");
    }
}

/* GTKWave counts in the unit of the time scale: a tick of 100 ps is 100 of its own. */
static uint64_t unit_ps(uint64_t tick_ps)
{
    uint64_t unit = 1;
    while (unit * 1000 <= tick_ps) {
        unit *= 1000;
    }
    return unit;
}

/* Findings in the cut are GTKWave's markers A to Z: of a burst the first. */
static void put_zoom_and_markers(struct out_file *out, const struct wave_doc *d, const struct doc_cut *cut)
{
    const struct doc_span *found[MARKERS];
    uint64_t unit = unit_ps(cut->tick_ps);
    double zoom = -log2((double)(cut->to_ps - cut->from_ps) / (double)unit * 200 / WAVES_PX);
    unsigned n = 0;
    struct doc_marker at = doc_first_marker(d, cut, MARKERS);
    while (n < MARKERS && (found[n] = doc_next_marker(&at))) {
        n++;
    }
    put(out, "*%.6f -1", zoom);
    for (unsigned m = 0; m < MARKERS; m++) {
        if (m < n) {
            put(out, " %" PRIu64, (found[m]->end_ps - cut->from_ps) / unit);
        } else {
            put(out, " -1");
        }
    }
    put(out, "\n");
    for (unsigned m = 0; m < n; m++) {
        char text[DOC_MARKER_BYTES];
        doc_marker_text(d, found[m], text);
        put(out, "[markername] %c%s\n", 'A' + (int)m, text);
    }
}

bool doc_write_gtkw(const char *path, const char *vcd, const struct wave_doc *d, const struct doc_cut *cut,
                    struct problem *err)
{
    struct out_file *out = malloc(sizeof *out);
    if (!out || !out_file_open(out, path, err)) {
        if (!out) {
            problem_set(err, "%s: out of memory", path);
        }
        free(out);
        return false;
    }
    put(out, "[*] limpet\n[dumpfile] \"%s\"\n[savefile] \"%s\"\n[timestart] 0\n[size] 1400 800\n[pos] -1 -1\n", vcd,
        path);
    put_zoom_and_markers(out, d, cut);
    put(out, "[treeopen] limpet.\n[sst_width] 160\n[signals_width] 160\n[sst_expanded] 0\n");
    put_signals(out, d, cut, DOC_LEVELS, "wires");
    put_tracks(out, d, cut);
    put_signals(out, d, cut, DOC_VOLTS, "volts");
    put(out, "[pattern_trace] 1\n[pattern_trace] 0\n");
    bool ok = out_file_close(out, err);
    free(out);
    return ok;
}
