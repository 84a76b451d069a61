/* SPDX-License-Identifier: GPL-3.0-or-later */
/* page_json.c - a judgement for programs, as JSON */
#include "harness/base/json_text.h"
#include "harness/judge/judge.h"
#include "harness/report/finding_json.h"
#include "harness/report/finding_text.h"

static json_t *rule_json(struct json_builder *b, unsigned rule, const struct judge_rule *r)
{
    const struct checker_rule_info *info = checker_rule_info((enum checker_rule)rule);
    json_t *of = json_object(), *where = where_places_json(b, &r->where, r->source, r->n_source);
    char text[48];

    rule_json_put(b, of, (enum checker_rule)rule);
    json_put(b, of, "grade", json_string(judge_grade_name(r->grade)));
    json_put(b, of, "findings", json_integer((json_int_t)r->findings));
    if (r->has_margin) {
        json_put(b, of, "required",
                 json_string(finding_value_text((enum checker_rule)rule, r->required, text, sizeof text)));
        json_put(b, of, "measured",
                 json_string(finding_value_text((enum checker_rule)rule, r->measured, text, sizeof text)));
        json_put(b, of, "required_exact", json_integer(r->required)); /* ps, mV */
        json_put(b, of, "measured_exact", json_integer(r->measured));
        json_put(b, of, "margin_ppm", json_integer(r->margin_ppm));
    }
    json_put(b, of, "session", json_string(r->worst_in->id));
    json_put(b, of, "at_ps", json_integer((json_int_t)r->at_ps));
    b->failed |= json_object_update(of, where) != 0; /* beside the rest, not below it */
    json_decref(where);
    json_put(b, of, "text", json_any_text(r->text[0] ? r->text : info->text));
    if (r->known) {
        json_put(b, of, "documented", json_string(r->known));
        json_put(b, of, "documented_in", json_string(r->known_source));
    }
    return of;
}

static json_t *rules_json(struct json_builder *b, const struct judgement *j)
{
    json_t *list = json_array();

    for (unsigned i = 0; i < CHECKER_RULES; i++) {
        if (j->rules[i].measured_once) {
            json_append(b, list, rule_json(b, i, &j->rules[i]));
        }
    }
    return list;
}

/* What follows from another rule, and is no finding of its own. */
static json_t *follow_json(struct json_builder *b, const struct judgement *j)
{
    json_t *list = json_array();

    for (unsigned i = 0; i < CHECKER_RULES; i++) {
        const struct judge_rule *r = &j->rules[i];
        json_t *of;

        if (!r->follow) {
            continue;
        }
        of = json_object();
        json_put(b, of, "rule", json_string(checker_rule_info((enum checker_rule)i)->id));
        json_put(b, of, "from", json_string(checker_rule_info(r->from)->id));
        json_put(b, of, "times", json_integer((json_int_t)r->follow));
        json_put(b, of, "session", json_string(r->follows->id));
        json_append(b, list, of);
    }
    return list;
}

static json_t *reach_json(struct json_builder *b, const struct judgement *j)
{
    json_t *of = json_object();

    for (unsigned a = 0; a < REACH_AXES; a++) {
        const struct reach_result *r = &j->reach[a];
        json_t *one;

        if (!r->tried) {
            continue;
        }
        one = json_object();
        json_put(b, one, "works", json_boolean(r->found));
        if (r->found) {
            json_put(b, one, "value", json_integer((json_int_t)r->value));
            json_put(b, one, "unit", json_string(reach_axes[a].unit));
            json_put(b, one, "to_the_end", json_boolean(r->to_the_end));
        }
        if (r->limit != CHECKER_RULES && !r->to_the_end) {
            json_put(b, one, "limited_by", json_string(checker_rule_info(r->limit)->id));
        }
        json_put(b, of, reach_axes[a].id, one);
    }
    return of;
}

static json_t *tries_json(struct json_builder *b, const struct judgement *j)
{
    static const char *const kinds[TRY_KINDS] = { "clock_fuse", "recovery_clock", "part", "startup" };
    json_t *list = json_array();

    for (unsigned i = 0; i < j->n_tries; i++) {
        json_t *of = json_object();

        json_put(b, of, "kind", json_string(kinds[j->tries[i].kind]));
        json_put(b, of, "name", json_string(j->tries[i].name));
        json_put(b, of, "outcome", json_string(outcome_name(j->tries[i].outcome)));
        json_put(b, of, "violations", json_integer((json_int_t)j->tries[i].violations));
        json_put(b, of, "message", json_any_text(j->tries[i].message));
        json_append(b, list, of);
    }
    return list;
}

static json_t *sessions_json(struct json_builder *b, const struct judgement *j)
{
    json_t *list = json_array();

    for (unsigned i = 0; i < j->n_sessions; i++) {
        const struct judge_session *s = &j->sessions[i];
        json_t *of = json_object();

        json_put(b, of, "id", json_string(s->row->id));
        json_put(b, of, "title", json_string(s->row->title));
        json_put(b, of, "judged", json_boolean(s->row->group == GROUP_RULES));
        json_put(b, of, "outcome", json_string(outcome_name(s->result.outcome)));
        json_put(b, of, "took_ps", json_integer((json_int_t)s->result.took_ps));
        json_put(b, of, "violations", json_integer((json_int_t)s->result.violations));
        json_put(b, of, "message", json_any_text(s->result.message));
        json_put(b, of, "cause", json_any_text(s->result.cause));
        json_put(b, of, "cells", json_any_text(s->result.cells));
        json_append(b, list, of);
    }
    return list;
}

static json_t *faults_json(struct json_builder *b, const struct judgement *j)
{
    json_t *list = json_array();

    for (unsigned i = 0; i < j->n_faults; i++) {
        const struct fault_count *f = &j->faults[i];
        json_t *of = json_object();

        json_put(b, of, "fault", json_string(f->row->id));
        json_put(b, of, "verified", json_boolean(f->verified));
        json_put(b, of, "campaigns", json_integer(f->n));
        json_put(b, of, "right", json_integer(f->right));
        json_put(b, of, "noticed", json_integer(f->noticed));
        json_put(b, of, "silent", json_integer(f->silent));
        json_put(b, of, "not_run", json_integer(f->bad));
        if (f->cause[0]) {
            json_put(b, of, "cause_seed", json_integer((json_int_t)f->cause_seed));
            json_put(b, of, "cause", json_any_text(f->cause));
        }
        json_append(b, list, of);
    }
    return list;
}

char *judge_json(const struct judgement *j)
{
    struct json_builder b = { false };
    json_t *root = json_object();

    json_put(&b, root, "format", json_string("limpet-judge-1"));
    json_put(&b, root, "subject", json_any_text(j->subject.name));
    if (j->family) {
        json_put(&b, root, "family", json_string(j->family));
    }
    if (j->subject.host) {
        json_put(&b, root, "host", json_string(j->subject.host));
        json_put(&b, root, "baud", json_integer(j->subject.baud));
    }
    json_put(&b, root, "verdict", json_any_text(j->verdict));
    json_put(&b, root, "passed", json_boolean(j->passed));
    json_put(&b, root, "rules", rules_json(&b, j));
    json_put(&b, root, "follow", follow_json(&b, j));
    json_put(&b, root, "reach", reach_json(&b, j));
    json_put(&b, root, "tries", tries_json(&b, j));
    json_put(&b, root, "sessions", sessions_json(&b, j));
    json_put(&b, root, "faults", faults_json(&b, j));
    return json_text(&b, root, JSON_INDENT(1));
}
