/* SPDX-License-Identifier: GPL-3.0-or-later */
/* verdict.c - rules, grades, verdict and limits from what the sessions brought */
#include "harness/judge/judge.h"

#include "harness/judge/known.h"

#include <stdlib.h>
#include <string.h>

#define PPM 1000000

const char *judge_grade_name(enum judge_grade g)
{
    static const char *const names[] = {
        [GRADE_UNKNOWN] = "not seen", [GRADE_BROKEN] = "BROKEN", [GRADE_RISK] = "RISK", [GRADE_KNOWN] = "known",
        [GRADE_EDGE] = "at the edge", [GRADE_TIGHT] = "tight",   [GRADE_FAIR] = "fair", [GRADE_AMPLE] = "ample",
        [GRADE_KEPT] = "kept",        [GRADE_NOTE] = "note",
    };

    return names[g];
}

/* Of a rule that requires no more than 0 (frame_late) there is no percentage. */
static int64_t ppm_of(int64_t required, int64_t measured)
{
    if (required <= 0) {
        return measured - required;
    }
    __int128 ppm = (__int128)(measured - required) * PPM / required;

    return ppm > INT64_MAX / 4 ? INT64_MAX / 4 : (int64_t)ppm;
}

static bool has_figures(enum checker_unit unit)
{
    return unit == CHECK_UNIT_PS || unit == CHECK_UNIT_MV;
}

/* An unanswered Programming Enable is only there when something is wrong on the board. */
static bool counts(const struct plan_row *row, enum checker_rule rule)
{
    switch (row->group) {
    case GROUP_RULES: return true;
    case GROUP_WAITS: return rule >= CHECK_WD_FLASH && rule <= CHECK_WD_FUSE;
    case GROUP_FAILS: return rule == CHECK_ECHO_IGNORED;
    default: return false;
    }
}

/* The worst of what the judged sessions measured. */
static void gather(struct judgement *j, unsigned rule)
{
    struct judge_rule *to = &j->rules[rule];
    bool figures = has_figures(checker_rule_info((enum checker_rule)rule)->unit);

    for (unsigned i = 0; i < j->n_sessions; i++) {
        const struct judge_session *s = &j->sessions[i];
        const struct session_rule *r = &s->result.rules[rule];
        int64_t ppm = figures ? ppm_of(r->required, r->measured) : 0;

        bool is_asked = s->row->group == GROUP_FAILS; /* whatever it comes of: the board is made so */
        uint64_t findings = r->findings + (is_asked ? r->follow : 0);

        if (!is_asked && r->follow && counts(s->row, (enum checker_rule)rule)) {
            to->from = to->follow ? to->from : r->from;
            to->follows = to->follow ? to->follows : s->row;
            to->follow += r->follow;
        }
        if (!counts(s->row, (enum checker_rule)rule) || (!findings && !r->has_margin)) {
            continue;
        }
        to->findings += findings;
        if (to->measured_once && !(figures && ppm < to->margin_ppm)) {
            continue;
        }
        to->measured_once = true;
        to->has_margin = figures;
        to->required = r->required;
        to->measured = r->measured;
        to->margin_ppm = ppm;
        to->worst_in = s->row;
        to->at_ps = r->at_ps;
        to->where = r->where;
        snprintf(to->text, sizeof to->text, "%s", r->text);
    }
}

static enum judge_grade grade_of(const struct judge_rule *r, enum checker_rule rule, bool known)
{
    if (!r->measured_once) {
        return GRADE_UNKNOWN;
    }
    if (checker_rule_info(rule)->severity == CHECK_NOTE) {
        return GRADE_NOTE;
    }
    if (r->findings) {
        return known ? GRADE_KNOWN : checker_rule_info(rule)->severity == CHECK_RISK ? GRADE_RISK : GRADE_BROKEN;
    }
    return !r->has_margin || r->required <= 0 ? GRADE_KEPT
           : r->margin_ppm < 50000            ? GRADE_EDGE
           : r->margin_ppm < 200000           ? GRADE_TIGHT
           : r->margin_ppm < PPM              ? GRADE_FAIR
                                              : GRADE_AMPLE;
}

static bool is_the_programmers(enum checker_rule rule)
{
    return checker_rule_info(rule)->severity != CHECK_NOTE;
}

static unsigned sessions_that(const struct judgement *j, enum outcome outcome)
{
    unsigned n = 0;

    for (unsigned i = 0; i < j->n_sessions; i++) {
        n += j->sessions[i].row->group == GROUP_RULES && j->sessions[i].result.outcome == outcome;
    }
    return n;
}

/* ---- in one sentence ---- */

static unsigned grades(const struct judgement *j, enum judge_grade g, char *names, size_t n)
{
    unsigned count = 0;
    size_t at = 0;

    names[0] = '\0';
    for (unsigned i = 0; i < CHECKER_RULES; i++) {
        if (j->rules[i].grade == g && is_the_programmers((enum checker_rule)i)) {
            if (at < n && count < 6) {
                at += (size_t)snprintf(names + at, n - at, "%s%s", count ? ", " : "",
                                       checker_rule_info((enum checker_rule)i)->id);
            }
            count++;
        }
    }
    return count;
}

static void put_verdict(struct judgement *j)
{
    unsigned wrong = sessions_that(j, OUTCOME_NOTICED), silent = sessions_that(j, OUTCOME_SILENT);
    unsigned bad = sessions_that(j, OUTCOME_NOT_RUN), right = sessions_that(j, OUTCOME_RIGHT);
    char broken[160], risk[160], edge[160];
    unsigned n_broken = grades(j, GRADE_BROKEN, broken, sizeof broken);
    unsigned n_risk = grades(j, GRADE_RISK, risk, sizeof risk);
    unsigned n_edge = grades(j, GRADE_EDGE, edge, sizeof edge);
    size_t at = 0, n = sizeof j->verdict;

    if (!j->answers) {
        snprintf(j->verdict, n, "No session could be had: %s", j->problem);
        return;
    }
    j->passed = !n_broken && !n_risk && !wrong && !silent && !bad;
    if (j->passed && !right) {
        at += (size_t)snprintf(j->verdict, n, "No session was asked for: nothing is said of the rules");
    } else if (j->passed) {
        at += (size_t)snprintf(j->verdict, n, "Right in all %u sessions, and breaks no rule%s", right,
                               j->family ? " beyond what is documented of it" : "");
    } else {
        at += (size_t)snprintf(j->verdict, n, "%s%u of %u sessions right",
                               n_broken                      ? "Breaks rules; "
                               : n_risk && !(wrong + silent) ? "Works by luck; "
                                                             : "Does not work everywhere: ",
                               right, right + wrong + silent + bad);
        if (silent && at < n) {
            at += (size_t)snprintf(j->verdict + at, n - at, ", %u wrong without a word", silent);
        }
        if (n_broken && at < n) {
            at += (size_t)snprintf(j->verdict + at, n - at, "; broken: %s%s", broken, n_broken > 6 ? " and more" : "");
        }
    }
    if (n_risk && at < n) {
        at += (size_t)snprintf(j->verdict + at, n - at, "; %s: %s%s", wrong + silent ? "accused of" : "by luck", risk,
                               n_risk > 6 ? " and more" : "");
    }
    if (n_edge && at < n) {
        at += (size_t)snprintf(j->verdict + at, n - at, "; at the edge: %s", edge);
    }
    if (at < n) {
        snprintf(j->verdict + at, n - at, ".");
    }
}

/* ---- figures by name ---- */

static void put_limits(struct judgement *j)
{
    struct limits *l = &j->limits;
    char name[120];

    for (unsigned i = 0; i < CHECKER_RULES; i++) {
        const struct judge_rule *r = &j->rules[i];
        const char *id = checker_rule_info((enum checker_rule)i)->id;

        if (!is_the_programmers((enum checker_rule)i)) {
            continue;
        }
        snprintf(name, sizeof name, "findings.%s", id);
        if (j->answers) { /* never seen is none: one that comes up is worse */
            limits_add(l, name, QUANTITY_COUNT, (int64_t)r->findings, LIMIT_LOWER);
        }
        snprintf(name, sizeof name, "margin.%s", id);
        if (r->measured_once && r->has_margin && r->required > 0) {
            limits_add(l, name, QUANTITY_PPM, r->margin_ppm, LIMIT_HIGHER);
        }
    }
    for (unsigned a = 0; a < REACH_AXES; a++) {
        snprintf(name, sizeof name, "reach.%s", reach_axes[a].id);
        if (j->reach[a].found) {
            limits_add(l, name, reach_axes[a].kind, (int64_t)j->reach[a].value * reach_axes[a].scale,
                       reach_axes[a].better);
        }
    }
    for (unsigned i = 0; i < j->n_sessions; i++) {
        const struct judge_session *s = &j->sessions[i];

        snprintf(name, sizeof name, "session.%s.%s", s->row->id, s->row->group == GROUP_RULES ? "right" : "not_silent");
        limits_add(l, name, QUANTITY_COUNT,
                   s->row->group == GROUP_RULES ? s->result.outcome == OUTCOME_RIGHT
                                                : s->result.outcome != OUTCOME_SILENT,
                   LIMIT_HIGHER);
        if (s->result.outcome == OUTCOME_RIGHT) {
            snprintf(name, sizeof name, "session.%s.took", s->row->id);
            limits_add(l, name, QUANTITY_TIME_PS, (int64_t)s->result.took_ps, LIMIT_LOWER);
        }
    }
    for (unsigned i = 0; i < j->n_faults; i++) {
        snprintf(name, sizeof name, "silent.%s%s", j->faults[i].row->id, j->faults[i].verified ? ".verified" : "");
        limits_add(l, name, QUANTITY_COUNT, j->faults[i].silent, LIMIT_LOWER);
    }
}

static bool is_of_a_session(const char *rest)
{
    const char *dot = strrchr(rest, '.');
    char id[80];

    if (!dot || (strcmp(dot, ".right") != 0 && strcmp(dot, ".not_silent") != 0 && strcmp(dot, ".took") != 0)) {
        return false;
    }
    snprintf(id, sizeof id, "%.*s", (int)(dot - rest), rest);
    return plan_row_find(id) != NULL;
}

static bool is_of_a_fault(const char *rest)
{
    for (const struct fault_row *f = fault_rows; f->id; f++) {
        size_t n = strlen(f->id);

        if (!strncmp(rest, f->id, n) && (!rest[n] || !strcmp(rest + n, ".verified"))) {
            return true;
        }
    }
    return false;
}

bool judge_has_figure(const char *name)
{
    size_t n = strcspn(name, ".");
    const char *rest = name + n + (name[n] == '.');

    if (!strncmp(name, "findings.", n + 1) || !strncmp(name, "margin.", n + 1)) {
        enum checker_rule rule = checker_rule_find(rest);
        return rule != CHECKER_RULES && is_the_programmers(rule);
    }
    if (!strncmp(name, "reach.", n + 1)) {
        for (unsigned a = 0; a < REACH_AXES; a++) {
            if (!strcmp(rest, reach_axes[a].id)) {
                return true;
            }
        }
        return false;
    }
    return !strncmp(name, "session.", n + 1) ? is_of_a_session(rest)
                                             : !strncmp(name, "silent.", n + 1) && is_of_a_fault(rest);
}

void judge_conclude(struct judgement *j)
{
    for (unsigned i = 0; i < CHECKER_RULES; i++) {
        struct judge_rule *r = &j->rules[i];
        const struct known_weakness *w = known_weakness_of(j->known, checker_rule_info((enum checker_rule)i)->id);

        gather(j, i);
        r->known = w ? w->text : NULL;
        r->known_source = w ? w->source : NULL;
        r->grade = grade_of(r, (enum checker_rule)i, w != NULL);
    }
    if (j->n_sessions) {
        j->conduct = j->sessions[0].result.conduct;
    }
    put_verdict(j);
    put_limits(j);
}
