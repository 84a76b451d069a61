/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * doc_write_pvs.c - how PulseView opens a .sr of the same name: with its decoders spi and avr_isp on the port's wires
 *
 * An INI file as Qt's QSettings reads it (PulseView 0.4.2, tried). Markers are left out: their times are archives of a C++
 * library, which nobody else can write in earnest.
 */
#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "wave/doc_write.h"
#include "wave/out_file.h"

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
    put(out, "[General]\ndecode_signals=1\ngenerated_signals=0\nviews=0\nmeta_objs=0\n\n");
    put(out, "[decode_signal0]\nname=AVR ISP\nenabled=true\ndecoders=2\n");
    put(out, "decoder0\\id=spi\ndecoder0\\visible=true\ndecoder0\\options=0\n");
    put(out, "decoder1\\id=avr_isp\ndecoder1\\visible=true\ndecoder1\\options=0\nchannels=4\n");
    put_channel(out, d, cut, 0, "CLK", w->sck);
    put_channel(out, d, cut, 1, "MISO", w->miso);
    put_channel(out, d, cut, 2, "MOSI", w->mosi);
    put_channel(out, d, cut, 3, "CS#", w->reset);
    bool ok = out_file_close(out, err);
    free(out);
    return ok;
}
