/* SPDX-License-Identifier: GPL-3.0-or-later */
/* recording.h - for fuzz targets: a recording of any bytes is read, decoded and drawn */
#ifndef TESTS_FUZZ_RECORDING_H
#define TESTS_FUZZ_RECORDING_H

#include "sim/part.h"
#include "tests/fuzz/input.h"
#include "wave/draw/canvas_svg.h"
#include "wave/draw/view.h"
#include "wave/isp_bits.h"
#include "wave/pin_rules.h"

/* Into nothing, but by the code that writes pictures. */
static inline void fuzz_draw(struct wave_doc *d, const struct isp_wires *wires, bool fold)
{
    static struct wave_view v;
    static struct out_file out;
    struct problem err;
    struct canvas_svg svg;
    view_init(&v, d);
    v.fold = fold;
    v.width = 400;
    if (wires->sck >= 0) {
        v.sck = wires->sck;
        v.mosi = wires->mosi;
        v.miso = wires->miso;
    }
    for (unsigned i = 0; i < v.n_rows; i++) {
        v.rows[i].hidden = false;
    }
    view_settle(&v);
    v.height = view_full_height(&v);
    if (out_file_open(&out, "/dev/null", &err)) {
        canvas_svg_start(&svg, &out, THEME_LIGHT, v.width, v.height, "fuzz");
        view_draw(&v, &svg.canvas);
        canvas_svg_end(&svg);
        out_file_close(&out, &err);
    }
}

static inline void fuzz_recording(const char *path)
{
    static struct isp_decoder dec;
    struct isp_wires wires = { -1, -1, -1, -1 };
    struct wave_doc d;
    struct problem err = { "" };

    isp_decoder_init(&dec, part_find("atmega328p"));
    if (!doc_load(&d, path, &err)) {
        if (!err.text[0]) {
            abort();
        }
        return;
    }
    if (isp_wires_find(&wires, &d, NULL, &dec, &err)) {
        isp_track_add(&d, &wires, &dec);
        isp_bits_add(&d, &wires, &dec, false);
        pin_rules_add(&d, &wires, &dec, d.n_signals & 2 ? UINT64_C(1000000000) : 0);
    } else {
        wires.sck = -1;
    }
    fuzz_draw(&d, &wires, d.n_signals & 1);
    doc_free(&d);
}

#endif
