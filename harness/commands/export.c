/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "harness/commands/export.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "harness/base/outputs.h"
#include "harness/commands/command.h"
#include "harness/commands/wave_source.h"
#include "sim/memory.h"
#include "wave/doc_write.h"
#include "wave/out_file.h"
#include "wave/vcd_write.h"

struct export
{
    struct wave_source source;
    const char *out, *signals, *gtkw;
    uint64_t tick_ps; /* 0: what suits the format */
    bool full, pvs;
};

enum { KEY_SIGNALS = 1, KEY_PROFILE, KEY_GTKW, KEY_PVS, KEY_TICK };

static const struct argp_option option_table[] = {
    { "output", 'o', "FILE", 0, "FILE.vcd, or FILE.sr for PulseView and sigrok-cli", 0 },
    { "signals", KEY_SIGNALS, "NAME,...", 0, "only these signals and tracks", 0 },
    { "profile", KEY_PROFILE, "plain|full", 0,
      "of a VCD. plain (default): wires and volts, which every viewer reads. full: also instructions, steps, findings, "
      "busy and mode as strings, for GTKWave, Surfer and limpet",
      0 },
    { "gtkw", KEY_GTKW, "FILE", 0, "a GTKWave save file for the VCD: groups, colours, markers at findings", 0 },
    { "pvs", KEY_PVS, NULL, 0,
      "beside FILE.sr write FILE.pvs, with which PulseView opens it: its decoders spi and avr_isp on the port's wires, and "
      "markers at findings",
      0 },
    { "tick", KEY_TICK, "TIME", 0,
      "time step: 1, 10 or 100 of a unit (default: 100ps; of a .sr: so that edges stay apart)", 0 },
    { 0 },
};

static bool ends_in(const char *path, const char *end)
{
    size_t n = strlen(path), m = strlen(end);
    return n > m && strcasecmp(path + n - m, end) == 0;
}

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
    struct export *e = state->input;
    switch (key) {
    case ARGP_KEY_INIT: state->child_inputs[0] = &e->source; return 0;
    case 'o':
        if (!ends_in(arg, ".vcd") && !ends_in(arg, ".sr")) {
            argp_error(state, "--output: \"%s\" does not end in .vcd or .sr", arg);
        }
        e->out = arg;
        return 0;
    case KEY_SIGNALS: e->signals = arg; return 0;
    case KEY_PROFILE:
        if (strcmp(arg, "plain") != 0 && strcmp(arg, "full") != 0) {
            argp_error(state, "--profile: \"%s\" is neither plain nor full", arg);
        }
        e->full = strcmp(arg, "full") == 0;
        return 0;
    case KEY_GTKW: e->gtkw = arg; return 0;
    case KEY_PVS: e->pvs = true; return 0;
    case KEY_TICK:
        e->tick_ps = vcd_tick_parse(arg);
        if (!e->tick_ps) {
            argp_error(state, "--tick: \"%s\" is not 1, 10 or 100 of ps, ns, us, ms or s", arg);
        }
        return 0;
    case ARGP_KEY_ARG:
        if (e->source.file) {
            argp_error(state, "one file at a time: \"%s\"", arg);
        }
        e->source.file = arg;
        return 0;
    case ARGP_KEY_NO_ARGS: argp_error(state, "which file?"); return EINVAL;
    case ARGP_KEY_END:
        if (!e->out) {
            argp_error(state, "where does it go? -o FILE.vcd");
        }
        if (e->gtkw && !ends_in(e->out, ".vcd")) {
            argp_error(state, "--gtkw goes with a VCD");
        }
        if (e->pvs && !ends_in(e->out, ".sr")) {
            argp_error(state, "--pvs goes with a .sr");
        }
        return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

/* The shortest time between a change of one wire and the next of any, of those that are written. */
static sim_time shortest_step(const struct wave_doc *d, const struct doc_cut *cut)
{
    sim_time shortest = 4 * SIM_US;
    for (unsigned a = 0; a < d->n_signals; a++) {
        for (unsigned b = 0; b < d->n_signals; b++) {
            const struct doc_signal *x = &d->signals[a], *y = &d->signals[b];
            if (!cut->signals[a] || !cut->signals[b] || x->kind != DOC_LEVELS || y->kind != DOC_LEVELS) {
                continue;
            }
            uint64_t k = 0;
            for (uint64_t i = doc_after(x, cut->from_ps, 0); i < x->n && x->at_ps[i] <= cut->to_ps; i++) {
                k = doc_after(y, x->at_ps[i], k);
                if (k < y->n && y->at_ps[k] - x->at_ps[i] < shortest) {
                    shortest = y->at_ps[k] - x->at_ps[i];
                }
            }
        }
    }
    return shortest;
}

/* So that no two changes fall into one sample, where the file does not get too large by it. */
static uint64_t sample_ps(const struct wave_doc *d, const struct doc_cut *cut)
{
    sim_time shortest = shortest_step(d, cut);
    uint64_t tick = 1;
    while (tick * 10 <= shortest) {
        tick *= 10;
    }
    while ((cut->to_ps - cut->from_ps) / tick > DOC_SR_MAX_SAMPLES / 16) {
        tick *= 10;
    }
    return tick;
}

/* session.sr -> session.pvs */
static const char *pvs_path(const struct export *e, char path[PATH_MAX])
{
    snprintf(path, PATH_MAX, "%.*s.pvs", (int)(strlen(e->out) - strlen(".sr")), e->out);
    return path;
}

static bool write_pvs(const struct export *e, const struct doc_cut *cut, struct problem *err)
{
    char path[PATH_MAX];
    if (e->source.wires.sck < 0) {
        return problem_set(err, "--pvs: %s", e->source.no_wires.text);
    }
    return doc_write_pvs(pvs_path(e, path), &e->source.doc, cut, &e->source.wires, err);
}

static bool write_all(struct export *e, struct problem *err)
{
    const struct wave_doc *d = &e->source.doc;
    bool *signals = memory_zeroed(d->n_signals + 1, sizeof *signals);
    bool *tracks = memory_zeroed(d->n_tracks + 1, sizeof *tracks);
    bool ok = wave_choose(d, e->signals, e->source.file, signals, tracks, err);
    bool is_sr = ends_in(e->out, ".sr");
    struct doc_cut cut = { e->source.range.from_ps, e->source.range.to_ps, signals, e->full ? tracks : NULL,
                           e->tick_ps };
    if (cut.to_ps > d->end_ps && d->end_ps > cut.from_ps) {
        cut.to_ps = d->end_ps;
    }
    if (ok && !cut.tick_ps) {
        cut.tick_ps = is_sr ? sample_ps(d, &cut) : VCD_TICK_PS;
    }
    if (ok) {
        ok = is_sr ? doc_write_sr(e->out, d, &cut, err) : doc_write_vcd(e->out, d, &cut, err);
    }
    if (ok && e->gtkw) {
        ok = doc_write_gtkw(e->gtkw, e->out, d, &cut, err);
    }
    if (ok && e->pvs) {
        ok = write_pvs(e, &cut, err);
    }
    free(signals);
    free(tracks);
    return ok;
}

static const struct argp_child children[] = { { &wave_source_argp, 0, "What to write:", 1 }, { 0 } };
const struct argp export_argp = {
    .options = option_table,
    .parser = parse_option,
    .args_doc = "FILE|SCENARIO",
    .doc =
        "Writes a recording, or a scenario that is run for it, or a part of either, for another viewer. Times in the "
        "file begin at 0.\v"
        "  limpet export scenarios/sck_too_fast.yaml --profile full --gtkw why.gtkw -o why.vcd; gtkwave why.gtkw\n"
        "  limpet export session.vcd --around 'instruction:write flash page' --pvs -o page.sr; pulseview page.sr\n\n"
        "A .sr has levels, Z and X as 0, and volts that move. sigrok and PulseView take nothing but one-bit wires from a VCD: the "
        "plain profile's volts are skipped in silence, the full one's strings with warnings.",
    .children = children,
};

static bool open_source(struct export *e, struct problem *err)
{
    char pvs[PATH_MAX];
    const struct output out[] = { { "--output", e->out },
                                  { "--gtkw", e->gtkw },
                                  { "--pvs", e->pvs ? pvs_path(e, pvs) : NULL } };
    const char *in[] = { e->source.file, e->source.with };

    e->source.outputs = out;
    e->source.n_outputs = sizeof out / sizeof out[0];
    bool ok = outputs_possible(out, e->source.n_outputs, in, in[1] ? 2 : 1, err) && wave_source_open(&e->source, err);
    e->source.n_outputs = 0;
    return ok;
}

int cmd_export(int argc, char **argv)
{
    struct export *e = memory_zeroed(1, sizeof *e);
    struct problem err = { "" };
    bool ok = false;
    e->source.bits = e->source.rules = true;
    argp_err_exit_status = EXIT_BAD_INPUT;
    argp_parse(&export_argp, argc, argv, 0, NULL, e);
    e->source.all_bits = e->full;
    if (open_source(e, &err)) {
        ok = write_all(e, &err);
        wave_source_free(&e->source);
    }
    if (!ok) {
        fprintf(stderr, "%s\n", err.text);
    }
    free(e);
    return ok ? EXIT_OK : EXIT_BAD_INPUT;
}
