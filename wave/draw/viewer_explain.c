/* SPDX-License-Identifier: GPL-3.0-or-later */
/* viewer_explain.c - the panel: what is under the pointer, or what a search has come to */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "wave/draw/viewer_parts.h"
#include "wave/isp_bits.h"
#include "wave/isp_text.h"
#include "wave/text_put.h"

/* What a wire is for, by its usual name. */
static const char *about_wire(const char *name)
{
    static const struct {
        const char *name, *text;
    } wires[] = {
        { "reset", "RESET: low opens the programming port, and every fall begins a new session." },
        { "sck",
          "SCK: the programmer's clock. The target samples it with its own: a phase that is too short is missed." },
        { "mosi", "MOSI: what the programmer sends; the target takes a bit where it sees SCK rise." },
        { "miso", "MISO: what the target answers, a bit behind each fall of SCK; open until it is in step." },
        { "miso_oe", "1 while the target drives MISO." },
        { "vcc", "The supply." },
        { "xtal1", "XTAL1: where a crystal or a clock goes in." },
        { "xtal2", "XTAL2: the other pin of the crystal." },
        { "cpu", "The target's system clock, computed: SCK is sampled at its rises." },
        { "dp", "D+ of the USB port." },
        { "dm", "D- of the USB port." },
    };
    const char *dot = strrchr(name, '.');
    name = dot ? dot + 1 : name;
    for (unsigned i = 0; i < sizeof wires / sizeof wires[0]; i++) {
        if (strcasecmp(name, wires[i].name) == 0) {
            return wires[i].text;
        }
    }
    return "";
}

/* "tSHSL asks for more than 15.62 us: too short": what a rule makes of this high or low. */
static size_t put_limit(const struct viewer *v, unsigned signal, enum wave_level level, sim_time begin_ps,
                        sim_time length_ps, char *to, size_t size, size_t at)
{
    const struct doc_limit *l = doc_limit_at(v->view.doc, signal, level, begin_ps);
    char needed[48];
    if (!l || length_ps > 1000 * l->required_ps) {
        return at;
    }
    axis_length_text(l->required_ps, needed, sizeof needed);
    bool kept = doc_limit_kept(v->view.doc, l, length_ps);
    return text_put(to, size, at, ". %s asks for %s %s: %s", l->term, l->more ? "more than" : "at least", needed,
                    kept ? "kept" : "too short, the target may miss it");
}

static void explain_level(struct viewer *v, unsigned row, sim_time t, char *to, size_t size)
{
    char value[64], text[48], period[48];
    unsigned signal = v->view.rows[row].index;
    const struct doc_signal *s = &v->view.doc->signals[signal];
    view_value_text(&v->view, row, t, value, sizeof value);
    sim_time before = doc_previous_edge(s, t + 1), after = doc_next_edge(s, t);
    size_t at = text_put(to, size, 0, "%s = %s", s->name, value);
    if (before != SIM_NEVER && after != SIM_NEVER && s->kind != DOC_VOLTS) {
        axis_length_text(after - before, text, sizeof text);
        at = text_put(to, size, at, ", for %s", text);
        at = put_limit(v, signal, doc_level_at(s, t), before, after - before, to, size, at);
        sim_time next = doc_next_edge(s, after);
        if (next != SIM_NEVER && next > before) {
            axis_length_text(next - before, period, sizeof period);
            at = text_put(to, size, at, "\nperiod %s = %.5g kHz, %.0f %% of it", period, 1e9 / (double)(next - before),
                          100.0 * (double)(after - before) / (double)(next - before));
        }
    }
    bool is_sck = (int)signal == v->view.sck;
    const char *about = about_wire(is_sck ? "sck" : s->name);
    if (*about) {
        at = text_put(to, size, at, "\n%s", about);
    }
    if (is_sck && !v->view.doc->n_limits) {
        text_put(to, size, at, " What tSHSL asks for shows with --target-clock.");
    }
}

static const struct doc_span *state_at(const struct viewer *v, enum doc_track_kind kind, sim_time t_ps)
{
    const struct doc_track *k = doc_find_track(v->view.doc, kind);
    uint32_t i = k ? doc_span_after(k, t_ps ? t_ps - 1 : 0) : 0;
    return k && i < k->n && k->spans[i].begin_ps <= t_ps ? &k->spans[i] : NULL;
}

/* What it has to do with: the target's clock of then, how much too short, what came of the instruction. */
static void add_circumstances(const struct viewer *v, const struct doc_span *s, char *to, size_t size)
{
    const struct doc_span *clock = state_at(v, DOC_TRACK_CLOCK, s->end_ps);
    const struct doc_span *frame = state_at(v, DOC_TRACK_INSTRUCTIONS, s->end_ps);
    char is[48], needed[48];
    size_t at = strlen(to);
    if (s->required_ps) {
        axis_length_text(s->end_ps - s->begin_ps, is, sizeof is);
        axis_length_text(s->required_ps, needed, sizeof needed);
        at = text_put(to, size, at, "\nIt took %s and needs %s", is, needed);
        at = clock
                 ? text_put(to, size, at, ", since the target's clock is %s here.", doc_text(v->view.doc, clock->text))
                 : text_put(to, size, at, ".");
    }
    if (frame) {
        text_put(to, size, at, "%sThe programmer was sending: %s.", at && to[at - 1] == '.' ? " " : "\n",
                 doc_text(v->view.doc, frame->text));
    }
}

static void explain_span(const struct viewer *v, const struct doc_track *k, const struct doc_span *s, char *to,
                         size_t size)
{
    char more[600], length[48];
    snprintf(more, sizeof more, "%s", doc_text(v->view.doc, s->more));
    if (k->kind == DOC_TRACK_INSTRUCTIONS && v->decoder) {
        isp_more(v->decoder, s->value, s->answer, v->view.miso >= 0, more, sizeof more);
    } else if (k->kind == DOC_TRACK_SEEN) {
        snprintf(more, sizeof more, "Here the target saw SCK rise, and took MOSI for a %s.", s->value ? "1" : "0");
    }
    if (k->kind == DOC_TRACK_FINDINGS) {
        add_circumstances(v, s, more, sizeof more);
    }
    axis_length_text(s->end_ps - s->begin_ps, length, sizeof length);
    bool timed = s->end_ps > s->begin_ps && !s->required_ps;
    snprintf(to, size, "%s: %s%s%s\n%s", k->name, doc_text(v->view.doc, s->text), timed ? ", for " : "",
             timed ? length : "", more);
}

/* The span at t, or else the one nearest within slack. Findings are where they end. */
static const struct doc_span *span_near(const struct doc_track *k, sim_time t, sim_time slack)
{
    const struct doc_span *best = NULL;
    bool by_end = k->kind == DOC_TRACK_FINDINGS || k->kind == DOC_TRACK_KEPT;
    sim_time left = t > slack ? t - slack : 0;
    for (uint32_t i = doc_span_after(k, left ? left - 1 : 0); i < k->n && k->spans[i].begin_ps <= t + slack; i++) {
        const struct doc_span *s = &k->spans[i];
        if (by_end && s->end_ps >= left && s->end_ps <= t + slack) {
            best = s;
            if (s->end_ps >= t) {
                break;
            }
        } else if (!by_end && s->end_ps >= left && (!best || s->begin_ps <= t)) {
            best = s;
        }
    }
    return best;
}

static void explain_row(struct viewer *v, unsigned row, sim_time t, sim_time slack, char *to, size_t size)
{
    const struct view_row *r = &v->view.rows[row];
    const struct doc_track *k = view_track(&v->view, r);
    to[0] = 0;
    if (r->kind == VIEW_SIGNAL) {
        explain_level(v, row, t, to, size);
    } else if (k) {
        isp_bits_show(v->view.doc, r->index, t > slack ? t - slack : 0, t + slack);
        const struct doc_span *s = span_near(k, t, slack);
        if (s) {
            explain_span(v, k, s, to, size);
        }
    } else {
        snprintf(to, size, "%s\na heading: Enter or a click opens and closes it, Shift+g names it",
                 view_row_name(&v->view, row));
    }
}

void viewer_explain(struct viewer *v, double x, double y, char *to, size_t size)
{
    int row = view_row_at(&v->view, viewer_body_y(y));
    to[0] = 0;
    if (row >= 0) {
        sim_time slack = (sim_time)(5 * v->view.axis.ps_per_px);
        explain_row(v, (unsigned)row, axis_t(&v->view.axis, x), slack, to, size);
    }
}

/* Until one points at something: what there is, and how to get to it. */
static void explain_nothing(struct viewer *v, char *to, size_t size)
{
    const struct doc_track *findings = doc_find_track(v->view.doc, DOC_TRACK_FINDINGS);
    const struct doc_track *instructions = doc_find_track(v->view.doc, DOC_TRACK_INSTRUCTIONS);
    size_t at = 0;
    if (findings && findings->n) {
        at = text_put(to, size, at, "%u finding%s: w goes to the next. ", findings->n, findings->n > 1 ? "s" : "");
    } else if (instructions && instructions->n) {
        at = text_put(to, size, at, "%u instructions: / finds one by its words. ", instructions->n);
    }
    text_put(to, size, at,
             "Point at anything to learn what it is.\n"
             "The wheel zooms%s, a drag moves; a click puts cursor A at an edge, the middle button cursor B. "
             "? shows all keys.",
             v->wheel[0] == WHEEL_ZOOM ? "" : " with Ctrl");
}

void viewer_panel_text(struct viewer *v, char *to, size_t size)
{
    to[0] = 0;
    if (v->about_row >= 0 && v->about_row < (int)v->view.n_rows && v->view.rows[v->about_row].shown) {
        const struct doc_track *k = view_track(&v->view, &v->view.rows[v->about_row]);
        bool finding = k && k->kind == DOC_TRACK_FINDINGS && v->about_span < k->n &&
                       k->spans[v->about_span].end_ps == v->about_ps;
        if (finding) {
            explain_span(v, k, &k->spans[v->about_span], to, size);
        } else {
            explain_row(v, (unsigned)v->about_row, v->about_ps, 0, to, size);
        }
    } else {
        viewer_explain(v, v->pointer_x, v->pointer_y, to, size);
    }
    if (!*to) {
        explain_nothing(v, to, size);
    }
}
