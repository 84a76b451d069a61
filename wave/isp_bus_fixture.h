/* SPDX-License-Identifier: GPL-3.0-or-later */
/* isp_bus_fixture.h - for tests: a programmer that writes a document, wire by wire */
#ifndef WAVE_ISP_BUS_FIXTURE_H
#define WAVE_ISP_BUS_FIXTURE_H

#include "wave/isp_track.h"

#include <string.h>

enum { RESET, SCK, MOSI, MISO };
static const struct isp_wires wires = { RESET, SCK, MOSI, MISO };

struct bus { /* a programmer that writes a document */
    struct wave_doc d;
    struct isp_decoder dec;
    sim_time now_ps, half_ps;
};

static inline void start(struct bus *b)
{
    static const char *const names[] = { "reset", "sck", "mosi", "miso" };
    memset(b, 0, sizeof *b);
    isp_decoder_init(&b->dec, part_find("atmega328p"));
    doc_init(&b->d);
    for (unsigned i = 0; i < 4; i++) {
        doc_add_signal(&b->d, names[i], DOC_LEVELS);
        doc_add_level(&b->d, i, 0, i == RESET ? WAVE_1 : WAVE_0);
    }
    b->half_ps = 4 * SIM_US;
}

static inline void reset(struct bus *b, bool high, sim_time then_ps)
{
    doc_add_level(&b->d, RESET, b->now_ps, high ? WAVE_1 : WAVE_0);
    b->now_ps += then_ps;
}

static inline void send(struct bus *b, uint32_t mosi, unsigned bits)
{
    for (unsigned i = 0; i < bits; i++) {
        doc_add_level(&b->d, MOSI, b->now_ps, mosi >> (31 - i) & 1 ? WAVE_1 : WAVE_0);
        doc_add_level(&b->d, MISO, b->now_ps, (i * 7 + mosi) % 3 ? WAVE_1 : WAVE_0);
        doc_add_level(&b->d, SCK, b->now_ps + b->half_ps, WAVE_1);
        doc_add_level(&b->d, SCK, b->now_ps + 2 * b->half_ps, WAVE_0);
        b->now_ps += 2 * b->half_ps;
    }
}

#endif
