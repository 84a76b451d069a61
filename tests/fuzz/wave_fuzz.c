/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * wave_fuzz.c - a recording of any bytes: read, decoded and drawn
 *
 * With clang this is a libFuzzer target (scripts/fuzz); without, tests/fuzz/replay.c drives it with seeds and what it
 * makes of them. The first byte chooses the name that the file has, and with it the reader.
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "sim/part.h"
#include "tests/fuzz/fuzz.h"
#include "wave/draw/canvas_svg.h"
#include "wave/draw/view.h"
#include "wave/isp_track.h"

/* Into nothing, but by the code that writes pictures. */
static void draw(struct wave_doc *d, const struct isp_wires *wires, bool fold)
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
    view_settle(&v);
    v.height = view_full_height(&v);
    if (out_file_open(&out, "/dev/null", &err)) {
        canvas_svg_start(&svg, &out, THEME_LIGHT, v.width, v.height, "fuzz");
        view_draw(&v, &svg.canvas);
        canvas_svg_end(&svg);
        out_file_close(&out, &err);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    static struct isp_decoder dec;
    static int file = -1;
    struct wave_doc d;
    struct problem err = { "" };
    char path[64];
    if (!n) {
        return 0;
    }
    if (file < 0) {
        file = memfd_create("fuzz", 0);
        isp_decoder_init(&dec, part_find("atmega328p"));
    }
    if (ftruncate(file, 0) != 0 || pwrite(file, bytes + 1, n - 1, 0) != (ssize_t)(n - 1)) {
        return 0;
    }
    snprintf(path, sizeof path, "/proc/self/fd/%d", file);
    if (doc_load(&d, path, &err)) {
        struct isp_wires wires = { -1, -1, -1, -1 };
        if (isp_wires_find(&wires, &d, NULL, &dec, &err)) {
            isp_track_add(&d, &wires, &dec);
        } else {
            wires.sck = -1;
        }
        draw(&d, &wires, bytes[0] & 1);
        doc_free(&d);
    }
    return 0;
}
