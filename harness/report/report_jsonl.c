/* SPDX-License-Identifier: GPL-3.0-or-later */
/* report_jsonl.c - a line of JSON each: what this is, every scenario, the totals */
#include "harness/report/report_json.h"
#include "sim/memory.h"

#include <stdlib.h>

/* Takes the reference to o. */
static bool put_line(FILE *f, const struct json_builder *b, json_t *o)
{
    char *text = json_text(b, o, JSON_COMPACT);
    bool ok = text != NULL;

    if (ok) {
        fprintf(f, "%s\n", text);
    }
    free(text);
    return ok;
}

static bool write_lines(const struct report_cases *cases, const char *path, const struct report_options *o,
                        struct problem *err)
{
    struct json_builder b = cases->b;
    json_t *head = json_object();
    char *text = NULL;
    size_t n = 0;
    FILE *f = memory_checked(open_memstream(&text, &n));

    (void)o;
    json_put(&b, head, "type", json_string("run"));
    json_put(&b, head, "format", json_string("limpet-results"));
    json_put(&b, head, "version", json_integer(REPORT_JSON_VERSION));
    bool ok = put_line(f, &b, head);
    for (size_t i = 0; ok && i < cases->n; i++) {
        ok = put_line(f, &b, report_case_json(&b, &cases->list[i]));
    }
    for (size_t i = 0; ok && cases->changes && i < cases->changes->n; i++) {
        ok = put_line(f, &b, report_change_json(&b, &cases->changes->list[i]));
    }
    ok = ok && put_line(f, &b, report_totals_json(&b, &cases->totals));
    fclose(f);
    ok = ok ? report_write_file(path, text, n, err) : problem_set(err, "%s: out of memory", path);
    free(text);
    return ok;
}

struct report_sink *report_jsonl_new(const char *path, const struct report_options *o)
{
    return report_cases_new(REPORT_CASES_JSON, path, o, write_lines);
}
