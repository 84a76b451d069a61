/* SPDX-License-Identifier: GPL-3.0-or-later */
/* page_text.c - a judgement as one page for people */
#include "harness/judge/judge.h"

#include "harness/base/printable.h"
#include "harness/base/quantity.h"
#include "harness/judge/known.h"
#include "harness/report/finding_text.h"

#include <inttypes.h>
#include <string.h>

/* Four digits are enough for people; JSON and limits are exact. */
static int64_t rounded(int64_t value)
{
    int64_t size = value < 0 ? -value : value, unit = 1;

    while (size / unit >= 10000) {
        unit *= 10;
    }
    size = (size + unit / 2) / unit * unit;
    return value < 0 ? -size : size;
}

static const char *time_text(sim_time t_ps, char *buf, unsigned n)
{
    return quantity_text(QUANTITY_TIME_PS, rounded((int64_t)t_ps), buf, n);
}

static const char *value_text(unsigned rule, int64_t value, char *buf, size_t n)
{
    bool is_size = checker_rule_info((enum checker_rule)rule)->unit == CHECK_UNIT_PS;

    return finding_value_text((enum checker_rule)rule, is_size ? rounded(value) : value, buf, n);
}

/* ---- what it does ---- */

static void write_reset(FILE *to, const struct conduct *c)
{
    unsigned n = c->n_resets < CONDUCT_RESETS ? c->n_resets : CONDUCT_RESETS;
    char t[48];

    fputs("  RESET          ", to);
    for (unsigned i = n; i-- > 0;) {
        fprintf(to, "%s%s for %s", i + 1 < n ? ", " : "",
                c->reset[i] == NET_0   ? "low"
                : c->reset[i] == NET_1 ? "high"
                                       : "open",
                time_text(c->reset_ps[i], t, sizeof t));
    }
    fprintf(to, "%slow from then on\n", n ? ", " : "");
}

static void write_rates(FILE *to, const struct conduct *c)
{
    char high[48], low[48], hz[48];

    fputs("  SCK            ", to);
    for (unsigned i = 0; i < c->n_rates && i < 3; i++) {
        uint64_t period = c->rate[i].high_ps + c->rate[i].low_ps;

        fprintf(to, "%s%s (high %s, low %s)", i ? "; also " : "",
                quantity_text(QUANTITY_FREQ_MILLIHZ, (int64_t)(SIM_S / period * 1000), hz, sizeof hz),
                time_text(c->rate[i].high_ps, high, sizeof high), time_text(c->rate[i].low_ps, low, sizeof low));
    }
    if (c->n_rates > 3 || c->more_rates) {
        fprintf(to, "; 3 of %s%u rates shown", c->more_rates ? "more than " : "", c->n_rates);
    }
    fputs(c->n_rates ? "\n" : "never moved\n", to);
}

static void write_waits(FILE *to, const struct conduct *c)
{
    static const char *const names[CONDUCT_WRITES] = { "flash page", "EEPROM", "chip erase", "fuse" };
    char least[48], most[48];

    for (unsigned i = 0; i < CONDUCT_WRITES; i++) {
        const struct conduct_wait *w = &c->wait[i];

        if (!w->n) {
            continue;
        }
        fprintf(to, "  %-14s waits %s", names[i], time_text(w->least_ps, least, sizeof least));
        if (w->most_ps != w->least_ps) {
            fprintf(to, " to %s", time_text(w->most_ps, most, sizeof most));
        }
        fprintf(to, " until the next instruction, %s\n",
                w->polls         ? "polls RDY/BSY"
                : w->value_polls ? "polls by value"
                                 : "polls nothing");
    }
}

static void write_conduct(FILE *to, const struct judgement *j)
{
    const struct conduct *c = &j->conduct;
    static const char *const levels[] = { "0", "1", "open", "?" };

    fputs("\nWhat it does\n", to);
    if (j->subject.own_steps) {
        fputs("  host           the scenario's own steps\n", to);
    } else if (j->subject.host) {
        fprintf(to, "  host           %s at %u baud%s\n", j->subject.host, j->subject.baud,
                j->subject.host_found ? ", found by trying" : "");
    }
    if (j->subject.blind) {
        fputs("  reads          nothing: it writes blind\n", to);
    }
    if (!c->seen) {
        return;
    }
    write_reset(to, c);
    write_rates(to, c);
    fprintf(to, "  memories       flash %s, EEPROM %s%s\n", c->ops[ISP_WRITE_FLASH_PAGE] ? "by pages" : "never written",
            c->ops[ISP_WRITE_EEPROM_PAGE] ? "by pages"
            : c->ops[ISP_WRITE_EEPROM]    ? "by bytes"
                                          : "never written",
            c->ops[ISP_LOAD_EXT_ADDRESS] ? ", sends extended addresses" : "");
    write_waits(to, c);
    fprintf(to, "  pins           RESET, SCK, MOSI: %s, %s, %s before; %s, %s, %s after\n", levels[c->before[0]],
            levels[c->before[1]], levels[c->before[2]], levels[c->after[0]], levels[c->after[1]], levels[c->after[2]]);
}

/* ---- what it can reach ---- */

static void write_reach(FILE *to, const struct judgement *j)
{
    char value[48], is[48], must[48];

    fputs("\nWhat it can reach\n", to);
    for (unsigned a = 0; a < REACH_AXES; a++) {
        const struct reach_result *r = &j->reach[a];
        const struct reach_axis_info *info = &reach_axes[a];

        if (!r->tried) {
            continue;
        }
        if (!r->found) {
            fprintf(to, "  %s: none that was tried%s%s\n", info->text, r->message[0] ? "; " : "", r->message);
            continue;
        }
        fprintf(to, "  %s: %s", info->text,
                quantity_text(info->kind, rounded((int64_t)r->value * info->scale), value, sizeof value));
        if (r->to_the_end) {
            fputs(", as far as the part goes\n", to);
        } else if (r->limit != CHECKER_RULES) {
            fprintf(to, "; beyond it %s is %s, required %s\n", checker_rule_info(r->limit)->term,
                    value_text(r->limit, r->measured, is, sizeof is),
                    value_text(r->limit, r->required, must, sizeof must));
        } else {
            fprintf(to, "%s%s\n", r->message[0] ? "; beyond it: " : "", r->message);
        }
    }
}

static void write_tries(FILE *to, const struct judgement *j, enum try_kind kind, const char *what)
{
    unsigned n = 0, right = 0, listed = 0;

    for (unsigned i = 0; i < j->n_tries; i++) {
        n += j->tries[i].kind == kind;
        right += j->tries[i].kind == kind && j->tries[i].outcome == OUTCOME_RIGHT;
    }
    if (!n) {
        return;
    }
    fprintf(to, "  %s: %u of %u", what, right, n);
    for (unsigned i = 0; i < j->n_tries; i++) {
        const struct try_case *t = &j->tries[i];

        if (t->kind == kind && t->outcome != OUTCOME_RIGHT) {
            fprintf(to, "%s%s%s", listed++ ? ", " : "; not: ", t->name,
                    t->outcome == OUTCOME_SILENT ? " (silently)" : "");
        }
    }
    fputc('\n', to);
}

/* ---- rules ---- */

static const char *percent(const struct judge_rule *r, char *buf, size_t n)
{
    if (r->required <= 0) {
        return "";
    }
    if (r->margin_ppm > 10000 * INT64_C(10000)) {
        return "> +9999 %";
    }
    snprintf(buf, n, "%s%" PRId64 " %%", r->margin_ppm < 0 ? "" : "+", r->margin_ppm / 10000);
    return buf;
}

static void write_source(FILE *to, const struct judge_rule *r)
{
    for (unsigned i = 0; i < r->n_source && i < 3; i++) {
        const struct source_place *p = &r->source[i];

        fprintf(to, "%s%s%s%s", i ? " < " : "", p->function, p->file[0] ? " " : "", p->file);
        if (p->line) {
            fprintf(to, ":%u", p->line);
        }
    }
}

static void write_rule(FILE *to, unsigned rule, const struct judge_rule *r)
{
    const struct checker_rule_info *info = checker_rule_info((enum checker_rule)rule);
    char is[48], must[48], margin[32], at[48];

    if (r->has_margin) {
        fprintf(to, "  %-16s %-12s %14s of %-12s %9s", info->id, judge_grade_name(r->grade),
                value_text(rule, r->measured, is, sizeof is), value_text(rule, r->required, must, sizeof must),
                percent(r, margin, sizeof margin));
    } else {
        fprintf(to, "  %-16s %-12s %s", info->id, judge_grade_name(r->grade), r->text[0] ? r->text : info->text);
    }
    if (r->findings) {
        fprintf(to, "  %" PRIu64 " time%s", r->findings, r->findings == 1 ? "" : "s");
    }
    fprintf(to, "  in %s at %s\n", r->worst_in->id, time_text(r->at_ps, at, sizeof at));
    if (r->n_source) {
        fputs("                   ", to);
        write_source(to, r);
        fputc('\n', to);
    } else if (r->where.has_pc) {
        fprintf(to, "                   at 0x%04" PRIX32 " of its flash\n", r->where.pc);
    }
    if (r->known && r->findings) {
        fprintf(to, "                   documented: %s (%s)\n", r->known, r->known_source);
    }
}

/* What came of it that the target misread what was sent, or of a page that was written elsewhere. */
static void write_followers(FILE *to, const struct judgement *j)
{
    for (unsigned i = 0; i < CHECKER_RULES; i++) {
        const struct judge_rule *r = &j->rules[i];

        if (r->follow) {
            fprintf(to, "  %-16s follows      from %s, %" PRIu64 " time%s, first in %s: no finding of its own\n",
                    checker_rule_info((enum checker_rule)i)->id, checker_rule_info(r->from)->id, r->follow,
                    r->follow == 1 ? "" : "s", r->follows->id);
        }
    }
}

static void write_rules(FILE *to, const struct judgement *j)
{
    fputs("\nRules (worst of the sessions below: measured of required, margin)\n", to);
    for (unsigned g = GRADE_BROKEN; g <= GRADE_KEPT; g++) {
        for (unsigned i = 0; i < CHECKER_RULES; i++) {
            if (j->rules[i].grade == (enum judge_grade)g &&
                checker_rule_info((enum checker_rule)i)->severity != CHECK_NOTE) {
                write_rule(to, i, &j->rules[i]);
            }
        }
    }
    write_followers(to, j);
    for (const struct known_weakness *w = j->known ? j->known->weak : NULL; w && w->rule; w++) {
        if (!w->rule[0]) {
            fprintf(to, "  documented: %s (%s)\n", w->text, w->source);
        }
    }
    if (j->no_lines[0]) {
        fprintf(to, "  no lines of the source: %s\n", j->no_lines);
    }
}

/* ---- sessions and faults ---- */

static void write_sessions(FILE *to, const struct judgement *j, enum plan_group group)
{
    static const char *const outcomes[] = { "not run", "right", "fails", "SILENTLY WRONG" };
    char took[48];

    for (unsigned i = 0; i < j->n_sessions; i++) {
        const struct judge_session *s = &j->sessions[i];
        const struct session_result *r = &s->result;

        if (s->row->group != group && !(group == GROUP_RULES && s->row->group == GROUP_WAITS)) {
            continue;
        }
        fprintf(to, "  %-16s %-14s %s, %s\n", s->row->id,
                s->row->group != GROUP_RULES && r->outcome == OUTCOME_NOTICED ? "noticed" : outcomes[r->outcome],
                s->row->title, time_text(r->took_ps, took, sizeof took));
        if (r->message[0] && r->outcome != OUTCOME_RIGHT) {
            char text[300];

            fprintf(to, "                   %s\n", printable(text, sizeof text, r->message, false));
        }
        if (r->cause[0] && r->outcome != OUTCOME_RIGHT && group == GROUP_RULES) {
            fprintf(to, "                   cause: %s\n", r->cause);
        }
        /* one that was broken off has not asked for all of it yet */
        if (r->cells[0] && (r->outcome == OUTCOME_SILENT || !strncmp(r->message, "verify", 6))) {
            fprintf(to, "                   the chip holds: %s\n", r->cells);
        }
    }
}

static void write_faults(FILE *to, const struct judgement *j)
{
    unsigned n[2] = { 0 }, silent[2] = { 0 };

    for (unsigned i = 0; i < j->n_faults; i++) {
        const struct fault_count *f = &j->faults[i];

        if (f->n && f->bad == f->n && !f->verified) {
            char why[160];

            fprintf(to, "  %-16s does not apply: %s\n", f->row->id, printable(why, sizeof why, f->not_here, false));
        }
        if (!f->n || f->bad == f->n) {
            continue;
        }
        fprintf(to, "  %-16s %u campaigns, %s: %u right, %u noticed, %u silently wrong", f->row->id, f->n,
                f->verified ? "verified" : "not verified", f->right, f->noticed, f->silent);
        if (f->first_silent_seed) {
            fprintf(to, " (first with seed %" PRIu64 ")", f->first_silent_seed);
        }
        fputc('\n', to);
        if (f->cause[0]) {
            fprintf(to, "                   seed %" PRIu64 ": %s\n", f->cause_seed, f->cause);
        }
        n[f->verified] += f->n;
        silent[f->verified] += f->silent;
    }
    if (n[0]) {
        fprintf(to, "  It left a wrong chip and said that all was well in %u of %u campaigns", silent[0], n[0]);
        fprintf(to, n[1] ? "; where the host verified, in %u of %u.\n" : ".\n", silent[1], n[1]);
    }
}

void judge_write_text(FILE *to, const struct judgement *j)
{
    char name[200];

    fprintf(to, "== judged: %s%s%s%s\n", printable(name, sizeof name, j->subject.name, false), j->family ? " (" : "",
            j->family ? j->family : "", j->family ? ")" : "");
    fprintf(to, "%s\n", j->verdict);
    if (!j->answers) {
        return;
    }
    if (j->parts & JUDGE_RULES) {
        write_conduct(to, j);
        write_rules(to, j);
    }
    if (j->parts & JUDGE_REACH) {
        write_reach(to, j);
    }
    write_tries(to, j, TRY_CLOCK_FUSE, "clock settings, each with a crystal that fits");
    write_tries(to, j, TRY_RECOVERY, "those that need a clock, with nothing but the programmer's own from D9 on XTAL1");
    write_tries(to, j, TRY_STARTUP, "start-up times, supply switched on just before, at three voltages");
    write_tries(to, j, TRY_PART, "parts");
    if (j->parts & JUDGE_RULES) {
        fputs("\nSessions\n", to);
        write_sessions(to, j, GROUP_RULES);
    }
    if (j->parts & (JUDGE_FAILS | JUDGE_FAULTS)) {
        fputs("\nHow it fails\n", to);
        write_sessions(to, j, GROUP_FAILS);
    }
    write_faults(to, j);
}
