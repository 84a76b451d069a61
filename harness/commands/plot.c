/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "harness/commands/plot.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/outputs.h"
#include "harness/base/quantity.h"
#include "harness/commands/command.h"
#include "harness/commands/wave_source.h"
#include "sim/memory.h"
#include "wave/draw/picture.h"
#include "wave/out_file.h"

struct plot {
    struct wave_source source;
    const char *out, *signals, *title, *cursors;
    double width, scale;
    bool fold;
    sim_time fold_ps;
    enum theme theme;
};

enum { KEY_SIGNALS = 1, KEY_WIDTH, KEY_SCALE, KEY_FOLD, KEY_TITLE, KEY_CURSORS, KEY_THEME };

static const struct argp_option option_table[] = {
    { "output", 'o', "FILE", 0, "the picture: FILE.png, .svg (text as text) or .pdf", 0 },
    { "signals", KEY_SIGNALS, "NAME,...", 0, "only these signals and tracks, in this order", 0 },
    { "fold", KEY_FOLD, "TIME", OPTION_ARG_OPTIONAL,
      "leave out idle time, marked with its exact length: gaps of TIME and more, or those that would waste the picture",
      0 },
    { "cursors", KEY_CURSORS, "A[,B]", 0, "cursors at these times, and what lies between them", 0 },
    { "title", KEY_TITLE, "TEXT", 0, "a line above it", 0 },
    { "width", KEY_WIDTH, "PX", 0, "300 to 10000 (default 1200)", 0 },
    { "scale", KEY_SCALE, "N", 0, "a PNG with N times as many pixels each way, 1 to 4 (default 1)", 0 },
    { "theme", KEY_THEME, "light|dark|print", 0, "colours (default light)", 0 },
    { 0 },
};

static double parse_number(struct argp_state *state, const char *option, const char *arg, double least, double most)
{
    char *end;
    double v = strtod(arg, &end);
    if (end == arg || *end || !(v >= least && v <= most)) {
        argp_error(state, "--%s: \"%s\" is no number from %g to %g", option, arg, least, most);
    }
    return v;
}

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
    struct plot *p = state->input;
    struct problem err;
    int64_t v;
    switch (key) {
    case ARGP_KEY_INIT: state->child_inputs[0] = &p->source; return 0;
    case 'o':
        if (!picture_format_known(arg)) {
            argp_error(state, "--output: \"%s\" does not end in .png, .svg or .pdf", arg);
        }
        if (!picture_ready(arg, &err)) {
            argp_failure(state, EXIT_BAD_INPUT, 0, "%s", err.text);
        }
        p->out = arg;
        return 0;
    case KEY_SIGNALS: p->signals = arg; return 0;
    case KEY_TITLE: p->title = arg; return 0;
    case KEY_CURSORS: p->cursors = arg; return 0;
    case KEY_WIDTH: p->width = (int)parse_number(state, "width", arg, 300, 10000); return 0;
    case KEY_SCALE: p->scale = parse_number(state, "scale", arg, 1, 4); return 0;
    case KEY_FOLD:
        p->fold = true;
        if (arg && !quantity_parse(QUANTITY_TIME_PS, arg, 1, INT64_MAX, &v, &err)) {
            argp_error(state, "--fold: %s", err.text);
        } else if (arg) {
            p->fold_ps = (sim_time)v;
        }
        return 0;
    case KEY_THEME:
        if (!theme_named(arg, &p->theme)) {
            argp_error(state, "--theme: \"%s\" is not light, dark or print", arg);
        }
        return 0;
    case ARGP_KEY_ARG:
        if (p->source.file) {
            argp_error(state, "one file at a time: \"%s\"", arg);
        }
        p->source.file = arg;
        return 0;
    case ARGP_KEY_NO_ARGS: argp_error(state, "which file?"); return EINVAL;
    case ARGP_KEY_END:
        if (!p->out) {
            argp_error(state, "where does the picture go? -o FILE.png");
        }
        return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

static bool set_cursors(const struct plot *p, struct wave_view *v, struct problem *err)
{
    char *copy = p->cursors ? memory_text(p->cursors) : NULL, *rest = copy, *one;
    bool ok = true;
    for (unsigned i = 0; ok && rest && (one = strsep(&rest, ",")); i++) {
        int64_t t;
        struct problem why;
        if (i == 2) {
            ok = problem_set(err, "limpet plot: --cursors: more than two");
        } else if (!quantity_parse(QUANTITY_TIME_PS, one, 0, INT64_MAX, &t, &why)) {
            ok = problem_set(err, "limpet plot: --cursors: %s", why.text);
        } else {
            v->cursor_ps[i] = (sim_time)t;
        }
    }
    free(copy);
    return ok;
}

static bool plot(const struct plot *p, struct wave_view *v, struct problem *err)
{
    view_init(v, &p->source.doc);
    v->from_ps = p->source.range.from_ps;
    v->to_ps = p->source.range.to_ps;
    v->width = p->width;
    v->theme = p->theme;
    v->title = p->title;
    v->fold = p->fold;
    v->fold_min_ps = p->fold_ps;
    if (p->source.wires.sck >= 0) {
        const struct isp_wires *is = &p->source.wires;
        view_use_wires(v, is->reset, is->sck, is->mosi, is->miso);
    }
    if ((p->signals && !view_choose(v, p->signals, err)) || !set_cursors(p, v, err)) {
        return false;
    }
    view_settle(v);
    return picture_write(p->out, v, p->scale, err);
}

static const struct argp_child children[] = { { &wave_source_argp, 0, "What to show:", 1 }, { 0 } };
const struct argp plot_argp = {
    .options = option_table,
    .parser = parse_option,
    .args_doc = "FILE|SCENARIO",
    .doc = "Draws a recording (VCD, CSV), or a scenario that is run for it, with the instructions on its wires. Of a "
           "scenario it also shows what no logic analyser knows: steps, findings with the datasheet's limit, the "
           "target's clock and samples, which edges of SCK it saw, what it took them for, while it is busy.\v"
           "  limpet plot scenarios/factory_session.yaml --fold -o session.svg\n"
           "  limpet plot scenarios/sck_too_fast.yaml --around finding:1 -o why.png\n"
           "  limpet plot session.vcd --from '60 ms' --to '61 ms' --signals reset,sck,mosi,miso -o enable.pdf",
    .children = children,
};

int cmd_plot(int argc, char **argv)
{
    struct plot *p = calloc(1, sizeof *p);
    struct wave_view *v = calloc(1, sizeof *v);
    struct problem err = { "" };
    int status = EXIT_BAD_INPUT;
    if (!p || !v) {
        out_of_memory();
    }
    p->width = 1200;
    p->scale = 1;
    p->source.bits = p->source.rules = true;
    argp_err_exit_status = EXIT_BAD_INPUT;
    argp_parse(&plot_argp, argc, argv, 0, NULL, p);
    const char *in[] = { p->source.file, p->source.with };
    const struct output out = { "--output", p->out };
    p->source.outputs = &out;
    p->source.n_outputs = 1;
    if (outputs_possible(&out, 1, in, in[1] ? 2 : 1, &err) && wave_source_open(&p->source, &err)) {
        status = plot(p, v, &err) ? EXIT_OK : EXIT_BAD_INPUT;
        wave_source_free(&p->source);
    }
    if (status != EXIT_OK) {
        fprintf(stderr, "%s\n", err.text);
    }
    free(v);
    free(p);
    return status;
}
