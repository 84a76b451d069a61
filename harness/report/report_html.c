/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * report_html.c - one page that holds everything and fetches nothing
 *
 *      frame, style, script (page/) + a table for readers without script + the data, once, as JSON
 *
 * The script renders what is in view. Texts that repeat stand once, in a list; findings are short arrays of numbers.
 */
#include "harness/report/finding_text.h"
#include "harness/report/report_json.h"
#include "harness/report/report_page.h"
#include "sim/memory.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define STATIC_ROWS_MAX 2000

struct page {
    struct json_builder b;
    json_t *strings; /* list */
    json_t *index;   /* text to its place in the list */
};

/* The text's number. */
static json_t *text_number(struct page *p, const char *text)
{
    json_t *known = json_object_get(p->index, text);

    if (!known) {
        json_append(&p->b, p->strings, json_any_text(text));
        json_put(&p->b, p->index, text, json_integer((json_int_t)json_array_size(p->strings) - 1));
        known = json_object_get(p->index, text);
    }
    return known ? json_incref(known) : json_integer(0);
}

/* Without time, net and the rule's name, which stand in columns of their own. */
static const char *sentence(const struct checker_finding *f, char *buf, size_t size)
{
    char *text = strstr(finding_text(f, buf, size), "  "), *rule = strrchr(buf, '(');

    text = text ? strstr(text + 2, "  ") : NULL;
    if (text && rule > text + 3 && f->follows) {
        snprintf(rule - 1, size - (size_t)(rule - 1 - buf), "; follows from %s", checker_rule_info(f->from)->id);
    } else if (text && rule > text + 3) {
        rule[-1] = '\0';
    }
    return text ? text + 2 : buf;
}

static json_t *findings(struct page *p, const struct report_case *c)
{
    json_t *list = json_array();
    char text[FINDING_TEXT_BYTES], instruction[16];

    for (size_t i = 0; i < checker_count(&c->checker); i++) {
        const struct checker_finding *f = checker_at(&c->checker, i);
        const struct checker_rule_info *r = checker_rule_info(f->rule);
        json_t *row = json_array();

        json_append(&p->b, row, json_integer((json_int_t)f->at_ps));
        json_append(&p->b, row, text_number(p, r->id));
        json_append(&p->b, row, text_number(p, f->net));
        json_append(&p->b, row, text_number(p, sentence(f, text, sizeof text)));
        json_append(&p->b, row, text_number(p, finding_instruction_text(&f->where, instruction, sizeof instruction)));
        json_append(&p->b, row, json_integer(f->where.step));
        json_append(&p->b, row, text_number(p, c->sources ? c->sources[i] : ""));
        json_append(&p->b, row, json_integer(r->severity == CHECK_NOTE || f->follows));
        json_append(&p->b, list, row);
    }
    return list;
}

static json_t *margins(struct page *p, const struct report_case *c)
{
    static const char *const units[] = {
        [CHECK_UNIT_PS] = "ps", [CHECK_UNIT_LEVEL] = "level",     [CHECK_UNIT_RESULT] = "level",
        [CHECK_UNIT_MV] = "mV", [CHECK_UNIT_ADDRESS] = "address", [CHECK_UNIT_NONE] = "none",
    };
    json_t *list = json_array();

    for (unsigned i = 0; c->ran && i < CHECKER_RULES; i++) {
        const struct checker_margin *m = checker_margin(&c->checker, (enum checker_rule)i);
        const struct checker_rule_info *r = checker_rule_info((enum checker_rule)i);
        json_t *row;

        if (!m->measured_once && !m->findings) {
            continue;
        }
        row = json_array();
        json_append(&p->b, row, text_number(p, r->id));
        json_append(&p->b, row, text_number(p, r->text));
        json_append(&p->b, row, json_string(m->measured_once ? units[r->unit] : "none"));
        json_append(&p->b, row, json_integer(m->required));
        json_append(&p->b, row, json_integer(m->measured));
        json_append(&p->b, row, json_integer((json_int_t)m->at_ps));
        json_append(&p->b, row, json_integer((json_int_t)m->findings));
        json_append(&p->b, row, text_number(p, ""));
        json_append(&p->b, row, json_integer(r->severity == CHECK_NOTE));
        json_append(&p->b, list, row);
    }
    return list;
}

/* Names of the rules that were broken: the filter looks for them. */
static json_t *broken_rules(const struct report_case *c)
{
    char text[2000] = "";

    for (unsigned i = 0; c->ran && i < CHECKER_RULES; i++) {
        if (checker_margin(&c->checker, (enum checker_rule)i)->findings) {
            size_t n = strlen(text);

            snprintf(text + n, sizeof text - n, "%s ", checker_rule_info((enum checker_rule)i)->id);
        }
    }
    return json_string(text);
}

static json_t *failures(struct page *p, const struct report_case *c)
{
    json_t *list = json_array();

    for (unsigned i = 0; i < c->n_failures; i++) {
        json_t *row = json_array();

        json_append(&p->b, row, json_any_text(c->failures[i].place));
        json_append(&p->b, row, json_any_text(c->failures[i].text));
        json_append(&p->b, row, json_any_text(c->failures[i].cause));
        json_append(&p->b, list, row);
    }
    return list;
}

static json_t *pictures(struct page *p, const struct report_case *c)
{
    json_t *list = json_array();

    for (unsigned i = 0; i < c->n_pictures; i++) {
        json_t *row = json_array();

        json_append(&p->b, row, json_any_text(c->pictures[i].title));
        json_append(&p->b, row, json_integer((json_int_t)c->pictures[i].at_ps));
        json_append(&p->b, row, json_any_text(c->pictures[i].svg));
        json_append(&p->b, list, row);
    }
    return list;
}

/* in_table: the static table has the report's text already. */
static json_t *case_data(struct page *p, const struct report_case *c, bool in_table)
{
    uint64_t all = c->ran ? c->checker.violations + c->checker.notes : 0;
    json_t *o = json_object();

    json_put(&p->b, o, "file", json_any_text(c->file));
    json_put(&p->b, o, "name", json_any_text(c->name));
    json_put(&p->b, o, "verdict", json_string(report_verdict_name(c->verdict)));
    json_put(&p->b, o, "message", json_any_text(c->message));
    json_put(&p->b, o, "description", json_any_text(c->description));
    json_put(&p->b, o, "tags", json_any_text(c->tags));
    if (!c->seedless) {
        json_put(&p->b, o, "seed", json_integer((json_int_t)c->seed));
    }
    if (c->ran) {
        json_put(&p->b, o, "ps", json_integer((json_int_t)c->took_ps));
    }
    json_put(&p->b, o, "count", json_integer(c->ran ? (json_int_t)c->checker.violations : 0));
    json_put(&p->b, o, "cut", json_integer((json_int_t)(all - c->checker.n_findings)));
    json_put(&p->b, o, "rules", broken_rules(c));
    json_put(&p->b, o, "failures", failures(p, c));
    json_put(&p->b, o, "found", findings(p, c));
    json_put(&p->b, o, "margins", margins(p, c));
    json_put(&p->b, o, "pictures", pictures(p, c));
    json_put(&p->b, o, "instructions", json_any_text(c->instructions));
    if (!in_table) {
        json_put(&p->b, o, "text", json_any_text(c->output));
    }
    return o;
}

static json_t *changes(struct page *p, const struct report_changes *c)
{
    json_t *o = json_object(), *rows = json_array();

    for (size_t i = 0; i < c->n; i++) {
        const struct report_change *d = &c->list[i];
        const char *const cells[] = { d->figure, d->was, d->is, d->allowed, report_change_name(d->kind) };
        json_t *row = json_array();

        for (unsigned k = 0; k < sizeof cells / sizeof cells[0]; k++) {
            json_append(&p->b, row, json_any_text(cells[k]));
        }
        json_append(&p->b, rows, row);
    }
    json_put(&p->b, o, "baseline", json_any_text(c->baseline));
    json_put(&p->b, o, "rows", rows);
    return o;
}

/* NULL: out of memory. */
static char *page_data(const struct report_cases *cases)
{
    struct page p = { { false }, json_array(), json_object() };
    json_t *root = json_object(), *list = json_array();

    json_decref(text_number(&p, ""));
    for (size_t i = 0; i < cases->n; i++) {
        json_append(&p.b, list, case_data(&p, &cases->list[i], i < STATIC_ROWS_MAX));
    }
    json_put(&p.b, root, "totals", report_totals_json(&p.b, &cases->totals));
    json_put(&p.b, root, "cases", list);
    if (cases->changes) {
        json_put(&p.b, root, "changes", changes(&p, cases->changes));
    }
    json_put(&p.b, root, "strings", p.strings);
    json_decref(p.index);
    return json_text(&p.b, root, JSON_COMPACT);
}

/* ---- HTML ---- */

static void put_escaped(FILE *f, const char *text)
{
    for (; *text; text++) {
        switch (*text) {
        case '&': fputs("&amp;", f); break;
        case '<': fputs("&lt;", f); break;
        case '>': fputs("&gt;", f); break;
        case '"': fputs("&quot;", f); break;
        default: fputc(*text, f);
        }
    }
}

/* "</script>" within a text would end the element: in JSON a '<' may be written otherwise. */
static void put_json(FILE *f, const char *json)
{
    for (const char *lt; (lt = strchr(json, '<')); json = lt + 1) {
        fwrite(json, 1, (size_t)(lt - json), f);
        fputs("\\u003c", f);
    }
    fputs(json, f);
}

static void put_static_changes(FILE *f, const struct report_changes *c)
{
    fputs("<h2>Changes since ", f);
    put_escaped(f, c->baseline);
    fputs("</h2>\n<table border=\"1\" cellpadding=\"4\"><tr><th>Figure</th><th>was</th><th>is</th><th></th></tr>\n", f);
    for (size_t i = 0; i < c->n && i < STATIC_ROWS_MAX; i++) {
        const struct report_change *d = &c->list[i];

        fprintf(f, "<tr><td>%s</td><td>%s</td><td>%s</td><td>%s</td></tr>\n", d->figure, d->was, d->is,
                report_change_name(d->kind)); /* names and quantities: nothing to escape */
    }
    fputs("</table>\n", f);
}

/* Readable without script and without style: a CI server's content policy may allow neither. */
static void put_static(FILE *f, const struct report_cases *cases)
{
    fprintf(f, "<section id=\"static\"><h1>Limpet run</h1>\n<p>%u scenarios", cases->totals.n);
    for (unsigned v = 0; v < REPORT_VERDICTS; v++) {
        if (cases->totals.by[v]) {
            fprintf(f, ", %u %s", cases->totals.by[v], report_verdict_name((enum report_verdict)v));
        }
    }
    fputs(".</p>\n<table border=\"1\" cellpadding=\"4\"><tr><th>Verdict</th><th>Scenario</th><th>Findings</th>"
          "<th>What it says</th></tr>\n",
          f);
    for (size_t i = 0; i < cases->n && i < STATIC_ROWS_MAX; i++) {
        const struct report_case *c = &cases->list[i];

        fprintf(f, "<tr><td>%s</td><td>", report_verdict_name(c->verdict));
        put_escaped(f, c->name);
        fputs("<br><code>", f);
        put_escaped(f, c->file);
        fprintf(f, "</code></td><td>%" PRIu64 "</td><td>", c->ran ? c->checker.violations : 0);
        put_escaped(f, c->message);
        fputs("<details><summary>Report</summary><pre>", f);
        put_escaped(f, c->output);
        fputs("</pre></details></td></tr>\n", f);
    }
    fputs("</table>\n", f);
    if (cases->n > STATIC_ROWS_MAX) {
        fprintf(f, "<p>%zu more are shown with script only.</p>\n", cases->n - STATIC_ROWS_MAX);
    }
    if (cases->changes) {
        put_static_changes(f, cases->changes);
    }
    fputs("</section>\n", f);
}

static bool write_html(const struct report_cases *cases, const char *path, const struct report_options *o,
                       struct problem *err)
{
    char *data = page_data(cases), *text = NULL;
    size_t n = 0;
    FILE *f;

    if (!data) {
        return problem_set(err, "%s: out of memory", path);
    }
    f = memory_checked(open_memstream(&text, &n));
    fputs("<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
          "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; "
          "script-src 'unsafe-inline'; img-src data:\">\n"
          "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>Limpet: ",
          f);
    fprintf(f, "%u of %u passed</title>\n<style>\n%s\n%s</style>\n</head>\n<body>\n",
            cases->totals.by[REPORT_PASS] + cases->totals.by[REPORT_FINDINGS], cases->totals.n, page_css,
            o->picture_css ? o->picture_css : "");
    put_static(f, cases);
    fputs(app_html, f);
    fputs("<script type=\"application/json\" id=\"data\">", f);
    put_json(f, data);
    fprintf(f, "</script>\n<script>\n%s</script>\n</body>\n</html>\n", page_js);
    fclose(f);
    bool ok = report_write_file(path, text, n, err);
    free(text);
    free(data);
    return ok;
}

struct report_sink *report_html_new(const char *path, const struct report_options *o)
{
    return report_cases_new(REPORT_CASES_SOURCES, path, o, write_html);
}
