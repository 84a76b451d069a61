/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * wave.c - a recording of ten million changes: opened, held, drawn; and what recording and writing cost a change
 *
 * The file is made once for all that ask, beside the other temporary files, and removed at the end: 16 wires, changes
 * 0.1 to 4 us apart (160 MB). Memory is that of a process of its own, without pages of mapped files.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "benchmarks/benchmark.h"
#include "sim/net.h"
#include "sim/rng.h"
#include "sim/trace.h"
#include "wave/draw/canvas_cairo.h"
#include "wave/draw/view.h"
#include "wave/isp_track.h"
#include "wave/vcd_write.h"

enum { CHANGES = 10000000, WIRES = 16, DRAWS = 100, SPANS = 60000 };

static char file[300];

static void remove_file(void)
{
    unlink(file);
}

static bool make_file(char *error, size_t error_size)
{
    struct sim_rng r = sim_rng_stream(1, "wave");
    const char *dir = getenv("TMPDIR");
    uint64_t tick = 0;
    bool level[WIRES] = { false };
    if (file[0]) {
        return true;
    }
    snprintf(file, sizeof file, "%s/limpet-bench-%ld.vcd", dir ? dir : "/tmp", (long)getpid());
    FILE *f = fopen(file, "w");
    if (!f) {
        return benchmark_fail(error, error_size, "%s can't be written", file);
    }
    atexit(remove_file);
    fputs("$timescale 100 ps $end\n", f);
    for (unsigned i = 0; i < WIRES; i++) {
        fprintf(f, "$var wire 1 %c %s%u $end\n", '!' + i, i ? "w" : "sck", i);
    }
    fputs("$enddefinitions $end\n#0\n", f);
    for (unsigned i = 0; i < CHANGES; i++) {
        unsigned w = i % 3 ? 0 : (unsigned)(sim_rng_next(&r) % WIRES);
        tick += 1000 + sim_rng_next(&r) % 39000;
        level[w] = !level[w];
        fprintf(f, "#%llu\n%d%c\n", (unsigned long long)tick, level[w], '!' + w);
    }
    return fclose(f) == 0 || benchmark_fail(error, error_size, "%s: the disk is full", file);
}

static bool load(struct wave_doc *d, char *error, size_t error_size)
{
    struct problem err;
    return make_file(error, error_size) &&
           (doc_load(d, file, &err) || benchmark_fail(error, error_size, "%s", err.text));
}

bool measure_wave_open(double *value, char *error, size_t error_size)
{
    struct wave_doc d;
    *value = 1e9;
    for (unsigned i = 0; i < 3; i++) {
        if (!make_file(error, error_size)) {
            return false;
        }
        double begin = benchmark_cpu_s();
        if (!load(&d, error, error_size)) {
            return false;
        }
        double took = benchmark_cpu_s() - begin;
        *value = took < *value ? took : *value;
        doc_free(&d);
    }
    return true;
}

/* RssAnon of this process, in MiB. */
static double anonymous_mib(void)
{
    FILE *f = fopen("/proc/self/status", "r");
    char line[200];
    double kib = 0;
    while (f && fgets(line, sizeof line, f)) {
        if (strncmp(line, "RssAnon:", 8) == 0) {
            kib = strtod(line + 8, NULL);
        }
    }
    if (f) {
        fclose(f);
    }
    return kib / 1024;
}

bool measure_wave_memory(double *value, char *error, size_t error_size)
{
    struct wave_doc d;
    double before = anonymous_mib();
    if (!load(&d, error, error_size)) {
        return false;
    }
    *value = anonymous_mib() - before;
    doc_free(&d);
    return true;
}

/* Three tracks of spans over the whole time. */
static void add_tracks(struct wave_doc *d)
{
    static const enum doc_track_kind kinds[] = { DOC_TRACK_INSTRUCTIONS, DOC_TRACK_STEPS, DOC_TRACK_BUSY };
    for (unsigned k = 0; k < 3; k++) {
        int track = doc_add_track(d, "track", kinds[k]);
        for (unsigned i = 0; i < SPANS; i++) {
            sim_time step = d->end_ps / SPANS;
            doc_add_span(d, (unsigned)track, i * step, i * step + step / 2,
                         "Load flash page, low byte, word 0x0012, 0x0C", NULL);
        }
    }
    doc_finish_tracks(d);
}

/* 1920 x 1080 at 100 zooms and places, from everything to 50 us: the median. */
bool measure_wave_draw(double *value, char *error, size_t error_size)
{
    struct wave_doc d;
    struct wave_view *v = calloc(1, sizeof *v);
    struct sim_rng r = sim_rng_stream(2, "draw");
    double took[DRAWS];
    if (!v || !load(&d, error, error_size)) {
        free(v);
        return false;
    }
    add_tracks(&d);
    cairo_surface_t *s = cairo_image_surface_create(CAIRO_FORMAT_RGB24, 1920, 1080);
    view_init(v, &d);
    v->width = 1920;
    v->height = 1080;
    for (unsigned i = 0; i < DRAWS; i++) {
        sim_time span = d.end_ps >> (i * 18 / DRAWS);
        v->from_ps = span < d.end_ps ? sim_rng_next(&r) % (d.end_ps - span) : 0;
        v->to_ps = v->from_ps + span;
        double begin = benchmark_cpu_s();
        struct canvas_cairo c;
        cairo_t *cr = cairo_create(s);
        view_settle(v);
        canvas_cairo_start(&c, cr, THEME_LIGHT, 1, false);
        view_draw(v, &c.canvas);
        canvas_cairo_end(&c);
        cairo_destroy(cr);
        took[i] = (benchmark_cpu_s() - begin) * 1000;
    }
    *value = benchmark_median(took, DRAWS);
    cairo_surface_destroy(s);
    doc_free(&d);
    free(v);
    return true;
}

/* A net that toggles, with and without the trace: what recording adds to a change. */
static double toggle_ns(bool traced, struct trace *t)
{
    struct sim sim;
    struct net net;
    struct net_driver pin = { 0 };
    sim_init(&sim, 1);
    net_init(&net, &sim, "sck");
    net_attach(&net, &pin, "pin");
    net_drive(&pin, NET_0, NET_STRONG);
    if (traced) {
        sim.trace = t;
        trace_add_net(t, &net, "sck");
    }
    double begin = benchmark_cpu_s();
    for (unsigned i = 0; i < CHANGES / 4; i++) {
        sim.now_ps += 4000000;
        net_drive(&pin, i % 2 ? NET_0 : NET_1, NET_STRONG);
    }
    return (benchmark_cpu_s() - begin) * 1e9 / (CHANGES / 4);
}

bool measure_wave_record(double *value, char *error, size_t error_size)
{
    double ns[5];
    (void)error;
    (void)error_size;
    for (unsigned i = 0; i < 5; i++) {
        struct trace t;
        trace_init(&t);
        double with = toggle_ns(true, &t);
        ns[i] = with - toggle_ns(false, NULL);
        trace_free(&t);
    }
    *value = benchmark_median(ns, 5);
    return true;
}

bool measure_wave_write(double *value, char *error, size_t error_size)
{
    struct trace t;
    struct problem err;
    trace_init(&t);
    toggle_ns(true, &t);
    double best = 1e9;
    for (unsigned i = 0; i < 3; i++) {
        double begin = benchmark_cpu_s();
        if (!vcd_write("/dev/null", &t, t.last_ps, VCD_TICK_PS, &err)) {
            trace_free(&t);
            return benchmark_fail(error, error_size, "%s", err.text);
        }
        double ns = (benchmark_cpu_s() - begin) * 1e9 / (double)t.changes;
        best = ns < best ? ns : best;
    }
    *value = best;
    trace_free(&t);
    return true;
}

/*
 * GTKWave's own reader on the same file: vcd2fst does what the window does before it shows anything. The ratio of its
 * time to ours; it needs the package gtkwave.
 */
bool measure_wave_gtkwave(double *value, char *error, size_t error_size)
{
    char command[1400];
    double ours;
    if (system("command -v vcd2fst > /dev/null 2>&1") != 0) {
        return benchmark_fail(error, error_size, "vcd2fst is not here (apt-get install gtkwave)");
    }
    if (!measure_wave_open(&ours, error, error_size)) {
        return false;
    }
    snprintf(command, sizeof command,
             "bash -c 'TIMEFORMAT=%%U; time vcd2fst \"%s\" \"%s.fst\" > /dev/null 2>&1; rm -f \"%s.fst\"' 2>&1", file,
             file, file);
    FILE *p = popen(command, "r");
    double theirs = 0;
    bool ok = p && fscanf(p, "%lf", &theirs) == 1;
    if (p) {
        pclose(p);
    }
    *value = theirs / ours;
    return ok || benchmark_fail(error, error_size, "vcd2fst gave no time");
}
