/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "wave/doc_rules.h"

#include <stdio.h>
#include <string.h>

#include "sim/port_rules.h"

static void length_text(int64_t ps, char *to, size_t size)
{
    static const struct {
        double ps;
        const char *name;
    } units[] = { { 1e12, "s" }, { 1e9, "ms" }, { 1e6, "\u00b5s" }, { 1e3, "ns" } };
    unsigned u = 0;
    while (u < 3 && (double)ps < units[u].ps) {
        u++;
    }
    snprintf(to, size, "%.4g %s", (double)ps / units[u].ps, units[u].name);
}

/* As a span's answer has it: + 1, 0 for none. */
static uint32_t signal_of(const struct wave_doc *d, const struct doc_judged *j, const char *net)
{
    return (uint32_t)((j->signal ? j->signal(j->ctx, net) : doc_signal_of_net(d, net)) + 1);
}

/* Rules about a wait give its beginning as their time, all others the end of what was measured. */
static bool counts_from_then(enum checker_rule rule)
{
    return rule == CHECK_WD_FLASH || rule == CHECK_WD_EEPROM || rule == CHECK_WD_ERASE || rule == CHECK_WD_FUSE;
}

static bool within_tick(const struct doc_judged *j, int64_t measured, int64_t required)
{
    return j->tick_ps && measured + (int64_t)j->tick_ps > required;
}

/* The length is said to begin with the recording: nobody knows when it did. */
static bool cut_off(const struct doc_judged *j, sim_time begin_ps)
{
    return j->has_beginning && begin_ps <= j->from_ps;
}

static void finding_text(const struct checker_finding *f, char *text, size_t size)
{
    const struct checker_rule_info *info = checker_rule_info(f->rule);
    const char *name = *info->term ? info->term : info->id;
    char measured[40], required[40];
    if (info->unit != CHECK_UNIT_PS) {
        snprintf(text, size, "%s", name);
        return;
    }
    length_text(f->measured, measured, sizeof measured);
    length_text(f->required, required, sizeof required);
    snprintf(text, size, "%s, %s, at least %s", name, measured, required);
}

static void finding_more(const struct doc_judged *j, const struct checker_finding *f, char *more, size_t size)
{
    const struct checker_rule_info *info = checker_rule_info(f->rule);
    char source[300];
    snprintf(more, size, "%s: %s (%s). Source: %s", f->net && *f->net ? f->net : info->net, info->text, info->id,
             info->source);
    if (j->source && *j->source(j->ctx, &f->where, source, sizeof source)) {
        size_t n = strlen(more);
        snprintf(more + n, size - n, "\nThe firmware was in %s.", source);
    }
}

static void add_finding(struct wave_doc *d, unsigned track, const struct doc_judged *j, const struct checker_finding *f)
{
    const struct checker_rule_info *info = checker_rule_info(f->rule);
    bool is_time = info->unit == CHECK_UNIT_PS && f->measured > 0 && (sim_time)f->measured <= f->at_ps;
    bool from_then = is_time && counts_from_then(f->rule);
    sim_time begin_ps = is_time && !from_then ? f->at_ps - (sim_time)f->measured : f->at_ps;
    sim_time end_ps = from_then ? f->at_ps + (sim_time)f->measured : f->at_ps;
    char text[200], more[600];
    if (cut_off(j, begin_ps) || (info->unit == CHECK_UNIT_PS && within_tick(j, f->measured, f->required))) {
        return;
    }
    finding_text(f, text, sizeof text);
    finding_more(j, f, more, sizeof more);
    struct doc_span *s = doc_add_span(d, track, begin_ps, end_ps, text, more);
    if (s) {
        s->tone = info->severity == CHECK_VIOLATION ? DOC_BAD : DOC_NOTE;
        s->required_ps = is_time && f->required > 0 ? (sim_time)f->required : 0;
        s->value = f->rule;
        s->answer = signal_of(d, j, f->net && *f->net ? f->net : info->net);
    }
}

void doc_add_findings(struct wave_doc *d, const struct doc_judged *j)
{
    int track = checker_count(j->checker) ? doc_add_track(d, "findings", DOC_TRACK_FINDINGS) : -1;
    for (size_t i = 0; track >= 0 && i < checker_count(j->checker); i++) {
        add_finding(d, (unsigned)track, j, checker_at(j->checker, i));
    }
}

static void add_kept(struct wave_doc *d, int *track, const struct doc_judged *j, enum checker_rule rule)
{
    const struct checker_rule_info *info = checker_rule_info(rule);
    const struct checker_margin *m = checker_margin(j->checker, rule);
    char text[200], measured[40], required[40], more[600];
    bool broken = m->findings && !within_tick(j, m->measured, m->required);
    if (!info->has_margin || info->unit != CHECK_UNIT_PS || !m->measured_once || broken || m->measured <= 0 ||
        (sim_time)m->measured > m->at_ps) {
        return;
    }
    sim_time end_ps = m->at_ps + (counts_from_then(rule) ? (sim_time)m->measured : 0);
    sim_time begin_ps = end_ps - (sim_time)m->measured;
    if (cut_off(j, begin_ps)) {
        return;
    }
    length_text(m->measured, measured, sizeof measured);
    length_text(m->required, required, sizeof required);
    snprintf(text, sizeof text, "%s kept, %s, at least %s", *info->term ? info->term : info->id, measured, required);
    snprintf(more, sizeof more, "%s: %s (%s). The case that came nearest to breaking it. Source: %s", info->net,
             info->text, info->id, info->source);
    *track = *track < 0 ? doc_add_track(d, "kept", DOC_TRACK_KEPT) : *track;
    struct doc_span *s = *track < 0 ? NULL : doc_add_span(d, (unsigned)*track, begin_ps, end_ps, text, more);
    if (s) {
        s->tone = DOC_CONTROL;
        s->required_ps = m->required > 0 ? (sim_time)m->required : 0;
        s->value = rule;
        s->answer = signal_of(d, j, info->net);
    }
}

void doc_add_kept(struct wave_doc *d, const struct doc_judged *j)
{
    int track = -1;
    for (unsigned r = 0; r < CHECKER_RULES; r++) {
        add_kept(d, &track, j, r);
    }
}

void doc_add_sck_limits(struct wave_doc *d, unsigned sck, sim_time from_ps, sim_time to_ps, sim_time period_ps)
{
    static const struct {
        enum checker_rule rule;
        enum wave_level level;
    } rules[] = { { CHECK_SCK_HIGH, WAVE_1 }, { CHECK_SCK_LOW, WAVE_0 } };
    struct port_rules p;
    port_rules_init(&p, NULL);
    port_rules_clock(&p, period_ps);
    for (unsigned r = 0; p.has_clock && from_ps < to_ps && r < 2; r++) {
        doc_add_limit(d, &(struct doc_limit){
                             .signal = sck,
                             .level = rules[r].level,
                             .from_ps = from_ps,
                             .to_ps = to_ps,
                             .required_ps = (sim_time)p.phase_ps,
                             .more = p.least_phase_ps > p.phase_ps,
                             .term = checker_rule_info(rules[r].rule)->term,
                         });
    }
}
