/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "harness/run/expect.h"

#include "harness/base/quantity.h"

#include <inttypes.h>
#include <string.h>

/* ---- meters ---- */

static void forget(struct net_meter *m)
{
    m->rises = m->falls = 0;
    m->rise_ps = m->fall_ps = SIM_NEVER;
    m->shortest_high = m->shortest_low = m->shortest_period = SIM_NEVER;
    m->longest_high = m->longest_low = 0;
}

static void span(sim_time *shortest, sim_time *longest, sim_time from_ps, sim_time to_ps)
{
    sim_time d = to_ps - from_ps;

    if (from_ps == SIM_NEVER) {
        return;
    }
    if (d < *shortest) {
        *shortest = d;
    }
    if (longest && d > *longest) {
        *longest = d;
    }
}

static void changed(void *ctx, struct net *net, sim_time at_ps)
{
    struct net_meter *m = ctx;
    enum net_level now = net_level(net), before = (enum net_level)net->old_level;

    if (before == NET_1) {
        span(&m->shortest_high, &m->longest_high, m->rise_ps, at_ps);
    } else if (before == NET_0) {
        span(&m->shortest_low, &m->longest_low, m->fall_ps, at_ps);
    }
    if (now == NET_1) {
        span(&m->shortest_period, NULL, m->rise_ps, at_ps);
        m->rise_ps = at_ps;
        m->rises++;
    } else if (now == NET_0) {
        m->fall_ps = at_ps;
        m->falls++;
    }
}

static bool wants_edges(const struct scenario_expect_net *n)
{
    return n->rises.given || n->falls.given || n->shortest_high.given || n->shortest_low.given ||
           n->shortest_period.given || n->longest_high.given || n->longest_low.given;
}

static bool add(struct meters *m, struct board *b, const struct scenario_expect *e, struct problem *err)
{
    if (e->capture.net) {
        if (m->n_captures == EXPECT_MAX_CAPTURES) {
            return problem_set(err, "more than %d expectations of captures", EXPECT_MAX_CAPTURES);
        }
        capture_meter_start(&m->capture[m->n_captures++], b, e);
    }
    for (unsigned i = 0; i < e->n_nets; i++) {
        struct net_meter *new = &m->meter[m->n];

        if (!wants_edges(&e->nets[i]) || meters_find(m, e->nets[i].net)) {
            continue;
        }
        if (m->n == EXPECT_MAX_METERS) {
            return problem_set(err, "%s:%u:%u: edges of more than %u nets are asked for", board_scenario(b)->path,
                               e->nets[i].place.line, e->nets[i].place.column, EXPECT_MAX_METERS);
        }
        forget(new);
        new->name = e->nets[i].net;
        new->net = board_net(b, new->name);
        net_watch_add(new->net, &new->watch, NET_WATCH_EDGES, changed, new);
        m->n++;
    }
    return true;
}

bool meters_start(struct meters *m, struct board *b, struct problem *err)
{
    const struct scenario *s = board_scenario(b);

    memset(m, 0, sizeof *m);
    for (unsigned i = 0; i < s->n_steps; i++) {
        if (!add(m, b, &s->steps[i].expect, err)) {
            return false;
        }
    }
    return add(m, b, &s->expect, err);
}

void meters_restart(struct meters *m)
{
    for (unsigned i = 0; i < m->n; i++) {
        forget(&m->meter[i]);
    }
}

void meters_stop(struct meters *m)
{
    for (unsigned i = 0; i < m->n; i++) {
        net_watch_remove(m->meter[i].net, &m->meter[i].watch);
    }
    m->n = 0;
    for (unsigned i = 0; i < m->n_captures; i++) {
        capture_meter_stop(&m->capture[i]);
    }
    m->n_captures = 0;
}

const struct net_meter *meters_find(const struct meters *m, const char *net)
{
    for (unsigned i = 0; i < m->n; i++) {
        if (!strcmp(m->meter[i].name, net)) {
            return &m->meter[i];
        }
    }
    return NULL;
}

/* ---- comparing ---- */

bool expect_holds(const struct scenario_number *n, uint64_t value)
{
    if (!n->given) {
        return true;
    }
    switch (n->relation) {
    case SCENARIO_EQ: return value == n->value;
    case SCENARIO_GE: return value >= n->value;
    case SCENARIO_LE: return value <= n->value;
    case SCENARIO_GT: return value > n->value;
    case SCENARIO_LT: return value < n->value;
    }
    return false;
}

static const char *relation_text(enum scenario_relation r)
{
    static const char *const texts[] = { "", ">= ", "<= ", "> ", "< " };

    return texts[r];
}

static void check_number(const struct scenario_expect_net *n, const char *what, const struct scenario_number *want,
                         uint64_t got, enum quantity_kind kind, struct report *r)
{
    char a[48], b[48];

    if (!want->given || (got != SIM_NEVER && expect_holds(want, got))) {
        return;
    }
    report_failure(r, &n->place, "%s of %s: expected %s%s, measured %s", what, n->net, relation_text(want->relation),
                   quantity_text(kind, (int64_t)want->value, a, sizeof a),
                   got == SIM_NEVER ? "none" : quantity_text(kind, (int64_t)got, b, sizeof b));
}

static void check_net(const struct scenario_expect_net *n, struct board *b, const struct meters *m, struct report *r)
{
    static const char *const levels[] = { "0", "1", "z", "x" };
    const struct net_meter *meter = meters_find(m, n->net);
    enum net_level now = net_level(board_net(b, n->net));

    if (n->level >= 0 && n->level != (int)now) {
        report_failure(r, &n->place, "level of %s: expected %s, it is %s", n->net, levels[n->level], levels[now]);
    }
    if (!meter) {
        return;
    }
    check_number(n, "rises", &n->rises, meter->rises, QUANTITY_COUNT, r);
    check_number(n, "falls", &n->falls, meter->falls, QUANTITY_COUNT, r);
    check_number(n, "shortest high", &n->shortest_high, meter->shortest_high, QUANTITY_TIME_PS, r);
    check_number(n, "shortest low", &n->shortest_low, meter->shortest_low, QUANTITY_TIME_PS, r);
    check_number(n, "shortest period", &n->shortest_period, meter->shortest_period, QUANTITY_TIME_PS, r);
    check_number(n, "longest high", &n->longest_high, meter->longest_high ? meter->longest_high : SIM_NEVER,
                 QUANTITY_TIME_PS, r);
    check_number(n, "longest low", &n->longest_low, meter->longest_low ? meter->longest_low : SIM_NEVER,
                 QUANTITY_TIME_PS, r);
}

/* The rules that are named, as often as said, and no violation of any other; notes and what follows need not be named. */
static void check_findings(const struct scenario_expect *e, const struct checker *c, struct report *r)
{
    for (unsigned rule = 0; rule < CHECKER_RULES; rule++) {
        const struct checker_rule_info *info = checker_rule_info((enum checker_rule)rule);
        const struct checker_margin *m = checker_margin(c, (enum checker_rule)rule);
        uint64_t n = m->findings, own = n - m->follow;
        const struct scenario_expect_finding *f = NULL;
        char want[48];

        for (unsigned i = 0; i < e->n_findings && !f; i++) {
            if (!strcmp(e->findings[i].rule, info->id)) {
                f = &e->findings[i];
            }
        }
        if (!f && own && checker_severity(c, (enum checker_rule)rule) == CHECK_VIOLATION) {
            report_failure(r, &e->place, "%" PRIu64 " finding%s of %s, expected none: %s", own, own == 1 ? "" : "s",
                           info->id, info->text);
        }
        if (f && !expect_holds(&f->count, n)) {
            report_failure(r, &f->place, "%" PRIu64 " findings of %s, expected %s%s", n, info->id,
                           relation_text(f->count.relation),
                           quantity_text(QUANTITY_COUNT, (int64_t)f->count.value, want, sizeof want));
        }
    }
}

/* How much more than required the worst was; less than nothing for a broken rule. */
static void check_margin(const struct scenario_expect_margin *e, const struct checker *c, struct report *r)
{
    const struct checker_margin *m = checker_margin(c, e->rule);
    const char *id = checker_rule_info(e->rule)->id;
    char is[48], want[48];

    if (!m->measured_once || m->required <= 0) {
        report_failure(r, &e->place, "margin of %s: nothing was measured", id);
        return;
    }
    __int128 ppm = (__int128)(m->measured - m->required) * 1000000 / m->required;
    int64_t margin = ppm > INT64_MAX / 2 ? INT64_MAX / 2 : (int64_t)ppm;
    bool below = e->margin.relation == SCENARIO_LE || e->margin.relation == SCENARIO_LT;

    if (margin < 0 ? !below : !expect_holds(&e->margin, (uint64_t)margin)) {
        report_failure(r, &e->place, "margin of %s: expected %s%s, the worst is %s", id,
                       relation_text(e->margin.relation),
                       quantity_text(QUANTITY_PPM, (int64_t)e->margin.value, want, sizeof want),
                       quantity_text(QUANTITY_PPM, margin, is, sizeof is));
    }
}

void expect_check_findings(const struct scenario_expect *e, struct board *b, struct report *r)
{
    if (e->findings_given) {
        check_findings(e, board_checker(b), r);
        report_judged(r, board_checker(b));
    }
}

void expect_check_figures(const struct scenario_expect *e, struct board *b, const struct meters *m, struct report *r)
{
    for (unsigned i = 0; i < e->n_margins; i++) {
        check_margin(&e->margins[i], board_checker(b), r);
    }
    for (unsigned i = 0; i < e->n_nets; i++) {
        check_net(&e->nets[i], b, m, r);
    }
    for (unsigned i = 0; i < m->n_captures; i++) {
        if (m->capture[i].expect == e) {
            capture_check(&m->capture[i], b, r);
        }
    }
}
