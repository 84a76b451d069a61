/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "harness/report/report_json.h"

#include <stdlib.h>
#include <string.h>

#include "sim/memory.h"

static json_t *tags(struct json_builder *b, const char *text)
{
    json_t *list = json_array();
    char *copy = memory_text(text), *rest = copy, *tag;

    while ((tag = strsep(&rest, ", "))) {
        if (*tag) {
            json_append(b, list, json_any_text(tag));
        }
    }
    free(copy);
    return list;
}

static json_t *failures(struct json_builder *b, const struct report_case *c)
{
    json_t *list = json_array();

    for (unsigned i = 0; i < c->n_failures; i++) {
        json_t *f = json_object();

        json_put(b, f, "place", json_any_text(c->failures[i].place));
        json_put(b, f, "line", json_integer(c->failures[i].line));
        json_put(b, f, "text", json_any_text(c->failures[i].text));
        if (c->failures[i].cause[0]) {
            json_put(b, f, "cause", json_any_text(c->failures[i].cause));
        }
        json_append(b, list, f);
    }
    return list;
}

json_t *report_case_json(struct json_builder *b, const struct report_case *c)
{
    json_t *o = json_object();

    json_put(b, o, "type", json_string("scenario"));
    json_put(b, o, "file", json_any_text(c->file));
    json_put(b, o, "name", json_any_text(c->name));
    json_put(b, o, "description", json_any_text(c->description));
    json_put(b, o, "tags", tags(b, c->tags));
    json_put(b, o, "seed", json_integer((json_int_t)c->seed));
    json_put(b, o, "verdict", json_string(report_verdict_name(c->verdict)));
    json_put(b, o, "message", json_any_text(c->message));
    json_put(b, o, "failures", failures(b, c));
    if (c->ran) {
        json_put(b, o, "simulated_ps", json_integer((json_int_t)c->took_ps));
        json_put(b, o, "finding_count", json_integer((json_int_t)c->checker.violations));
        json_put(b, o, "note_count", json_integer((json_int_t)c->checker.notes));
        json_put(b, o, "unexpected_count", json_integer((json_int_t)c->unexpected));
        json_put(b, o, "margins", json_incref(c->margins));
        json_put(b, o, "findings", json_incref(c->findings));
        json_put(b, o, "cut", json_incref(c->cut));
    }
    return o;
}

json_t *report_change_json(struct json_builder *b, const struct report_change *d)
{
    json_t *o = json_object();

    json_put(b, o, "type", json_string("change"));
    json_put(b, o, "figure", json_any_text(d->figure));
    json_put(b, o, "was", json_any_text(d->was));
    json_put(b, o, "is", json_any_text(d->is));
    json_put(b, o, "allowed", json_any_text(d->allowed));
    json_put(b, o, "kind", json_string(report_change_name(d->kind)));
    return o;
}

json_t *report_totals_json(struct json_builder *b, const struct report_totals *t)
{
    json_t *o = json_object();

    json_put(b, o, "type", json_string("totals"));
    json_put(b, o, "scenarios", json_integer(t->n));
    for (unsigned i = 0; i < REPORT_VERDICTS; i++) {
        json_put(b, o, report_verdict_name((enum report_verdict)i), json_integer(t->by[i]));
    }
    return o;
}
