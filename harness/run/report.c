/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "harness/run/report.h"

#include "harness/run/finding_text.h"

#include <inttypes.h>
#include <string.h>

const char *report_time(sim_time t_ps, char *buf, unsigned n)
{
    snprintf(buf, n, "%" PRIu64 ".%09" PRIu64 " s", t_ps / SIM_S, t_ps % SIM_S / 1000);
    return buf;
}

void report_findings(FILE *out, const struct checker *c)
{
    unsigned shown[CHECKER_RULES] = { 0 };
    char text[FINDING_TEXT_BYTES];

    for (size_t i = 0; i < checker_count(c); i++) {
        const struct checker_finding *f = checker_at(c, i);

        if (shown[f->rule]++ < REPORT_FINDINGS_PER_RULE) {
            fprintf(out, "  %s\n", finding_text(f, text, sizeof text));
        }
    }
    findings_summary(out, c, "  ");
}

void report_step(struct report *r, unsigned number, sim_time at_ps, const char *what)
{
    char at[40];

    if (r->verbose) {
        fprintf(r->out, "%3u  %s  %s\n", number, report_time(at_ps, at, sizeof at), what);
    }
}

void report_note(struct report *r, const char *fmt, ...)
{
    va_list args;

    if (!r->verbose) {
        return;
    }
    fputs("     ", r->out);
    va_start(args, fmt);
    vfprintf(r->out, fmt, args);
    va_end(args);
    fputc('\n', r->out);
}

void report_output(struct report *r, const char *text)
{
    if (r->verbose) {
        fputs(text, r->out);
    }
}

void report_failure(struct report *r, const struct scenario_place *at, const char *fmt, ...)
{
    char text[1400];
    va_list args;

    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    if (!r->failures++) {
        snprintf(r->first_failure, sizeof r->first_failure, "%s:%u:%u: %.300s", r->file, at->line, at->column, text);
    }
    fprintf(r->out, "%s:%u:%u: %s\n", r->file, at->line, at->column, text);
}
