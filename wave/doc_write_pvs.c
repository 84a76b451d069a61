/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * doc_write_pvs.c - how PulseView opens a .sr of the same name: with its decoders spi and avr_isp on the port's wires, and
 * markers at findings
 *
 * An INI file as Qt's QSettings reads it (PulseView 0.4.2, tried). A marker's time is a text archive of Boost's decimal
 * floating point: six limbs of eight digits, the first before the point, an exponent of ten that is a multiple of eight,
 * sign, class and number of limbs. Form and order are those of a marker that PulseView itself has saved.
 */
#include <ctype.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "wave/doc_write.h"
#include "wave/out_file.h"

enum { MARKERS = 26 };

static void put(struct out_file *out, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static void put(struct out_file *out, const char *fmt, ...)
{
    char text[200];
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    out_file_text(out, text);
}

/* One sign of UTF-8, of rubbish a byte; *s goes on behind it. */
static unsigned long next_sign(const char **s)
{
    const unsigned char *p = (const unsigned char *)*s;
    unsigned more = p[0] >= 0xF0 ? 3 : p[0] >= 0xE0 ? 2 : p[0] >= 0xC0 ? 1 : 0;
    unsigned long v = more ? p[0] & (0x3Fu >> more) : p[0];
    for (unsigned i = 1; i <= more; i++) {
        if ((p[i] & 0xC0) != 0x80) {
            more = 0;
            v = p[0];
            break;
        }
        v = v << 6 | (p[i] & 0x3F);
    }
    *s += more + 1;
    return v;
}

/* In quotes; a number after \x goes on as long as digits follow, so a digit behind one is written so too. */
static void put_quoted(struct out_file *out, const char *name)
{
    bool after_number = false;
    out_file_char(out, '"');
    while (*name) {
        unsigned long v = next_sign(&name);
        bool plain = v >= ' ' && v < 127 && v != '"' && v != '\\' && !(after_number && isxdigit((int)v));
        if (plain) {
            out_file_char(out, (char)v);
        } else if (v > 0xFFFF) { /* QSettings counts in UTF-16 */
            put(out, "\\x%lx\\x%lx", 0xD800 + ((v - 0x10000) >> 10), 0xDC00 + ((v - 0x10000) & 0x3FF));
        } else {
            put(out, "\\x%lx", v < ' ' || v == 127 ? '_' : v); /* as the .sr has it */
        }
        after_number = !plain;
    }
    out_file_char(out, '"');
}

static void put_channel(struct out_file *out, const struct wave_doc *d, const struct doc_cut *cut, unsigned number,
                        const char *name, int signal)
{
    put(out, "channel%u\\name=%s\nchannel%u\\initial_pin_state=2\n", number, name, number);
    if (signal >= 0 && cut->signals[signal]) {
        put(out, "channel%u\\assigned_signal_name=", number);
        put_quoted(out, d->signals[signal].name);
        out_file_char(out, '\n');
    }
}

/* In seconds. Readers refuse an archive that is newer than their own Boost: 12 is of 2014 and the same. */
static void put_time(struct out_file *out, const char *key, sim_time t_ps)
{
    uint64_t limbs[3] = { t_ps / SIM_S, t_ps % SIM_S / 10000, t_ps % 10000 * 10000 };
    unsigned first = 0; /* that is not 0 */
    while (first < 2 && !limbs[first]) {
        first++;
    }
    put(out, "%s=22 serialization::archive 12 0 0 0 0", key);
    for (unsigned i = 0; i < 6; i++) {
        put(out, " %" PRIu64, first + i < 3 ? limbs[first + i] : 0);
    }
    put(out, " %d 0 0 6\n", limbs[first] ? -8 * (int)first : 0);
}

static void put_markers(struct out_file *out, const struct wave_doc *d, const struct doc_cut *cut)
{
    struct doc_marker at = doc_first_marker(d, cut, MARKERS);
    const struct doc_span *finding;
    for (unsigned n = 0; n < MARKERS && (finding = doc_next_marker(&at)); n++) {
        char text[DOC_MARKER_BYTES];
        doc_marker_text(d, finding, text);
        put(out, "\n[meta_obj%u]\ntype=time_marker\nassoc_view=0\n", n);
        put_time(out, "time", finding->end_ps - cut->from_ps);
        put(out, "text=");
        put_quoted(out, text);
        put(out, "\n");
    }
}

static unsigned count_markers(const struct wave_doc *d, const struct doc_cut *cut)
{
    struct doc_marker at = doc_first_marker(d, cut, MARKERS);
    unsigned n = 0;
    while (n < MARKERS && doc_next_marker(&at)) {
        n++;
    }
    return n;
}

bool doc_write_pvs(const char *path, const struct wave_doc *d, const struct doc_cut *cut, const struct isp_wires *w,
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
    put(out, "[General]\ndecode_signals=1\ngenerated_signals=0\nviews=0\nmeta_objs=%u\n\n", count_markers(d, cut));
    put(out, "[decode_signal0]\nname=AVR ISP\nenabled=true\ndecoders=2\n");
    put(out, "decoder0\\id=spi\ndecoder0\\visible=true\ndecoder0\\options=0\n");
    put(out, "decoder1\\id=avr_isp\ndecoder1\\visible=true\ndecoder1\\options=0\nchannels=4\n");
    put_channel(out, d, cut, 0, "CLK", w->sck);
    put_channel(out, d, cut, 1, "MISO", w->miso);
    put_channel(out, d, cut, 2, "MOSI", w->mosi);
    put_channel(out, d, cut, 3, "CS#", w->reset);
    put_markers(out, d, cut);
    bool ok = out_file_close(out, err);
    free(out);
    return ok;
}
