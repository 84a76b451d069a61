/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "harness/report/report_formats.h"

#include <stdio.h>
#include <string.h>

const struct report_format report_formats[] = {
    { "junit", "JUnit XML, for GitHub's actions, GitLab, Jenkins' junit, Azure", false, true, report_junit_new },
    { "junit-strict", "JUnit XML that its schema accepts (Jenkins' xunit): no file, line, properties", false, true,
      report_junit_strict_new },
    { "junit-ant", "JUnit XML that the schema of Ant's format accepts: one system-out a suite", false, true,
      report_junit_ant_new },
    { "html", "one page to look at, with waveforms around the findings", true, false, report_html_new },
    { "tap", "TAP 14, each finding a subtest's point", false, false, report_tap_new },
    { "tap-flat", "TAP without subtests, for readers that know none (meson, TAP 13)", false, false,
      report_tap_flat_new },
    { "jsonl", "a line of JSON a scenario, with a schema", false, false, report_jsonl_new },
    { "findings", "findings, notes and margins as one JSON file (docs/findings.schema.json)", false, false,
      report_findings_new },
    { NULL, NULL, false, false, NULL },
};

const struct report_format *report_format_find(const char *name, struct problem *err)
{
    char known[200] = "";

    for (const struct report_format *f = report_formats; f->name; f++) {
        if (!strcmp(f->name, name)) {
            return f;
        }
        snprintf(known + strlen(known), sizeof known - strlen(known), "%s%s", known[0] ? ", " : "", f->name);
    }
    problem_set(err, "there is no report format '%.40s'; there are: %s", name, known);
    return NULL;
}
