/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "wave/uart_track.h"

#include <stdio.h>

static bool is_high(const struct doc_signal *s, uint64_t i)
{
    return s->level[i] != WAVE_0 && s->level[i] != WAVE_WEAK_0;
}

uint32_t uart_guess_baud(const struct doc_signal *s)
{
    static const uint32_t usual[] = { 300,   600,   1200,  2400,   4800,   9600,   14400,  19200,   28800,
                                      38400, 57600, 76800, 115200, 230400, 250000, 500000, 1000000, 2000000 };
    sim_time shortest = SIM_NEVER;
    uint32_t best = 0;
    double best_off = 0.08;
    if (s->kind != DOC_LEVELS || s->n < 10) {
        return 0;
    }
    for (uint64_t i = 1; i + 1 < s->n && i < 2000; i++) {
        sim_time width = s->at_ps[i + 1] - s->at_ps[i];
        shortest = width < shortest ? width : shortest;
    }
    for (unsigned i = 0; i < sizeof usual / sizeof usual[0]; i++) {
        double off = (double)shortest * usual[i] / 1e12 - 1;
        off = off < 0 ? -off : off;
        if (off < best_off) {
            best_off = off;
            best = usual[i];
        }
    }
    return best;
}

/* The level at t; *i is a cursor that only goes on. */
static bool high_at(const struct doc_signal *s, sim_time t_ps, uint64_t *i)
{
    while (*i + 1 < s->n && s->at_ps[*i + 1] <= t_ps) {
        ++*i;
    }
    return is_high(s, *i);
}

bool uart_track_add(struct wave_doc *d, unsigned signal, uint32_t baud)
{
    char name[300], text[40], more[100];
    sim_time bit_ps = SIM_S / baud;
    snprintf(name, sizeof name, "%.280s bytes", d->signals[signal].name);
    int track = doc_add_track(d, name, DOC_TRACK_UART);
    if (track < 0) {
        return false;
    }
    const struct doc_signal *s = &d->signals[signal];
    for (uint64_t i = 1; i < s->n; i++) {
        if (is_high(s, i) || !is_high(s, i - 1)) {
            continue; /* a start bit begins with a fall */
        }
        sim_time begin = s->at_ps[i];
        uint64_t at = i;
        unsigned value = 0;
        for (unsigned bit = 0; bit < 8; bit++) {
            value |= (unsigned)high_at(s, begin + bit_ps * (2 * bit + 3) / 2, &at) << bit;
        }
        bool stop = high_at(s, begin + bit_ps * 19 / 2, &at);
        bool printable = value > ' ' && value < 127;
        snprintf(text, sizeof text,
                 printable && stop ? "%02X, '%c'"
                 : stop            ? "%02X"
                                   : "%02X, no stop bit",
                 value, value);
        snprintf(more, sizeof more, "8N1 at %u baud.", baud);
        struct doc_span *span = doc_add_span(d, (unsigned)track, begin, begin + 10 * bit_ps, text, more);
        if (!span) {
            return false;
        }
        span->tone = stop ? DOC_PLAIN : DOC_BAD;
        span->value = value;
        while (i + 1 < s->n && s->at_ps[i + 1] < begin + bit_ps * 19 / 2) {
            i++; /* edges within this character */
        }
    }
    return doc_finish_tracks(d);
}
