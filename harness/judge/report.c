/* SPDX-License-Identifier: GPL-3.0-or-later */
/* report.c - a judgement as cases of a report: sessions, rules, what it reaches, settings, faults */
#include "harness/judge/judge.h"
#include "harness/report/finding_text.h"

#include <stdarg.h>

struct cases {
    struct report *to;
    const struct judgement *j;
    bool strict;
    const char *of, *colon; /* begin each name: "mine.yaml" and ": ", or nothing */
};

/* One case. REPORT_FINDINGS: worth knowing, and with --strict a failure. */
static void put(const struct cases *c, const char *group, const char *what, enum report_verdict verdict,
                sim_time took_ps, const char *fmt, ...) __attribute__((format(printf, 6, 7)));

static void put(const struct cases *c, const char *group, const char *what, enum report_verdict verdict,
                sim_time took_ps, const char *fmt, ...)
{
    char name[300], text[1000], place[300];
    const struct report_run run = { .file = c->j->subject.path, .name = name, .tags = group, .seedless = true };
    va_list args;

    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    snprintf(name, sizeof name, "%.80s%s%s: %s", c->of, c->colon, group, what);
    report_begin(c->to, &run);
    if (verdict == REPORT_FAIL || (verdict == REPORT_FINDINGS && c->strict)) {
        snprintf(place, sizeof place, "%.280s:1:1", c->j->subject.path);
        report_failure_at(c->to, place, text);
    } else if (text[0]) {
        report_remark(c->to, text);
    }
    report_end_as(c->to, verdict, took_ps);
}

static void put_session(const struct cases *c, const struct judge_session *s)
{
    static const char *const outcomes[] = { "could not be run", "right", "noticed", "wrong without a word" };
    const struct session_result *r = &s->result;
    bool healthy = s->row->group == GROUP_RULES;
    bool ok = healthy ? r->outcome == OUTCOME_RIGHT : r->outcome == OUTCOME_RIGHT || r->outcome == OUTCOME_NOTICED;

    put(c, "session", s->row->title,
        ok        ? REPORT_PASS
        : healthy ? REPORT_FAIL
                  : REPORT_FINDINGS,
        r->took_ps, "%s%s%s", outcomes[r->outcome], r->message[0] ? ": " : "", r->message);
}

static enum report_verdict verdict_of(enum judge_grade g)
{
    return g == GRADE_BROKEN || g == GRADE_RISK  ? REPORT_FAIL
           : g == GRADE_KNOWN || g == GRADE_EDGE ? REPORT_FINDINGS
                                                 : REPORT_PASS;
}

static void put_rule(const struct cases *c, enum checker_rule rule, const struct judge_rule *r)
{
    char required[48], measured[48], figures[160] = "", source[300] = "";
    const struct checker_rule_info *info = checker_rule_info(rule);

    if (r->has_margin) {
        snprintf(figures, sizeof figures, ", %s of %s",
                 finding_value_text(rule, r->measured, measured, sizeof measured),
                 finding_value_text(rule, r->required, required, sizeof required));
    }
    if (r->n_source) {
        const struct source_place *p = &r->source[0];

        snprintf(source, sizeof source, p->line ? ", in %.60s %.180s:%u" : ", in %.60s", p->function, p->file,
                 (unsigned)p->line);
    } else if (r->where.has_pc) {
        snprintf(source, sizeof source, ", at 0x%04X of its flash", (unsigned)r->where.pc);
    }
    put(c, "rule", info->id, verdict_of(r->grade), 0, "%s%s, in %s%s%s%s", judge_grade_name(r->grade), figures,
        r->worst_in->id, source, r->known ? "; documented: " : "", r->known ? r->known : "");
}

static void put_reach(const struct cases *c, enum reach_axis axis, const struct reach_result *r)
{
    const struct reach_axis_info *info = &reach_axes[axis];

    if (r->found) {
        put(c, "reach", info->text, REPORT_PASS, 0, "%llu %s%s", (unsigned long long)r->value, info->unit,
            r->to_the_end ? ", as far as is tried" : "");
    } else {
        put(c, "reach", info->text, REPORT_FINDINGS, 0, "nothing works: %s", r->message);
    }
}

static void put_fault(const struct cases *c, const struct fault_count *f)
{
    char what[160];

    snprintf(what, sizeof what, "%s, %s", f->row->title, f->verified ? "verified" : "not verified");
    put(c, "fault", what, f->silent || f->bad ? REPORT_FINDINGS : REPORT_PASS, 0,
        "of %u campaigns %u right, %u noticed, %u silently wrong", f->n, f->right, f->noticed, f->silent);
}

void judge_report(struct report *r, const struct judgement *j, bool strict, bool of_many)
{
    static const char *const kinds[TRY_KINDS] = { "clock fuse", "recovery clock", "part", "start-up" };
    const struct cases c = { r, j, strict, of_many ? j->subject.name : "", of_many ? ": " : "" };

    put(&c, "judgement", "answers", j->answers ? REPORT_PASS : REPORT_FAIL, 0, "%s", j->problem);
    for (unsigned i = 0; i < j->n_sessions; i++) {
        put_session(&c, &j->sessions[i]);
    }
    for (unsigned i = 0; i < CHECKER_RULES; i++) {
        if (j->rules[i].measured_once) {
            put_rule(&c, (enum checker_rule)i, &j->rules[i]);
        }
    }
    for (unsigned a = 0; a < REACH_AXES; a++) {
        if (j->reach[a].tried) {
            put_reach(&c, (enum reach_axis)a, &j->reach[a]);
        }
    }
    for (unsigned i = 0; i < j->n_tries; i++) {
        /* a setting that no programmer may reach is no mistake: only one that is wrong without a word */
        put(&c, kinds[j->tries[i].kind], j->tries[i].name,
            j->tries[i].outcome == OUTCOME_SILENT ? REPORT_FINDINGS : REPORT_PASS, 0, "%s",
            j->tries[i].outcome == OUTCOME_RIGHT ? "right" : j->tries[i].message);
    }
    for (unsigned i = 0; i < j->n_faults; i++) {
        put_fault(&c, &j->faults[i]);
    }
}
