/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "harness/fuses/page.h"

#include "sim/memory.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

static const char style[] =
    "body{font:16px/1.4 system-ui,sans-serif;margin:1rem auto;max-width:60rem;padding:0 1rem;color-scheme:light dark}"
    "table{border-collapse:collapse;display:block;overflow-x:auto;margin:.5rem 0}th,td{text-align:left;vertical-align:top;padding:.2rem .5rem;"
    "border-bottom:1px solid #8886}td:first-child{white-space:nowrap}.warn{color:#c00;font-weight:600}"
    "@media(prefers-color-scheme:dark){.warn{color:#f77}}";

static void put(const struct page *p, const char *text)
{
    for (; *text; text++) {
        if (p->format == PAGE_HTML && strchr("<>&\"'", *text)) {
            fprintf(p->out, "&#%d;", *text);
        } else if (p->format == PAGE_MARKDOWN && strchr("|\\`*_<>[]", *text)) {
            fprintf(p->out, "\\%c", *text);
        } else {
            fputc(*text == '\n' ? ' ' : *text, p->out);
        }
    }
}

void page_begin(const struct page *p, const char *title)
{
    if (p->format == PAGE_HTML) {
        fputs(
            "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
            "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n"
            "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
            "<title>",
            p->out);
        put(p, title);
        fprintf(p->out, "</title><style>%s</style></head><body>\n<h1>", style);
        put(p, title);
        fputs("</h1>\n", p->out);
    } else {
        fputs("# ", p->out);
        put(p, title);
        fputs("\n", p->out);
    }
}

void page_end(const struct page *p)
{
    fputs(p->format == PAGE_HTML ? "</body></html>\n" : "", p->out);
}

void page_heading(const struct page *p, const char *text)
{
    fputs(p->format == PAGE_HTML ? "<h2>" : "\n## ", p->out);
    put(p, text);
    fputs(p->format == PAGE_HTML ? "</h2>\n" : "\n", p->out);
}

static void row(const struct page *p, const char *const *cell, unsigned n, const char *tag)
{
    bool html = p->format == PAGE_HTML;

    fputs(html ? "<tr>" : "|", p->out);
    for (unsigned i = 0; i < n; i++) {
        fprintf(p->out, html ? "<%s>" : " ", tag);
        put(p, cell[i]);
        fprintf(p->out, html ? "</%s>" : " |", tag);
    }
    fputs(html ? "</tr>\n" : "\n", p->out);
}

void page_table_begin(const struct page *p, const char *const *head, unsigned n)
{
    fputs(p->format == PAGE_HTML ? "<table>\n" : "\n", p->out);
    row(p, head, n, "th");
    if (p->format == PAGE_MARKDOWN) {
        for (unsigned i = 0; i < n; i++) {
            fputs(i ? " --- |" : "| --- |", p->out);
        }
        fputs("\n", p->out);
    }
}

void page_row(const struct page *p, const char *const *cell, unsigned n)
{
    row(p, cell, n, "td");
}

void page_table_end(const struct page *p)
{
    fputs(p->format == PAGE_HTML ? "</table>\n" : "", p->out);
}

void page_item(const struct page *p, const char *text)
{
    bool bad = !strncmp(text, "WARNING", 7);

    fputs(p->format == PAGE_HTML ? bad ? "<p class=\"warn\">" : "<p>" : bad ? "- **" : "- ", p->out);
    put(p, text);
    fputs(p->format == PAGE_HTML ? "</p>\n" : bad ? "**\n" : "\n", p->out);
}

/* ---- a setting ---- */

static void fields(const struct page *p, const struct fuse_report *r)
{
    static const char *const head[] = { "Byte", "Bits", "Field", "Value", "Meaning" };
    json_t *json = fuse_report_json(r), *field;
    const json_t *list = json_object_get(json, "fields"), *bytes = json_object_get(json, "bytes");
    size_t i;

    page_table_begin(p, head, 5);
    json_array_foreach(list, i, field)
    {
        const char *byte = json_string_value(json_object_get(field, "byte"));
        int bit = (int)json_integer_value(json_object_get(field, "bit"));
        int width = (int)json_integer_value(json_object_get(field, "width"));
        char name[40], bits[16];

        snprintf(name, sizeof name, "%s 0x%02X", byte, (unsigned)json_integer_value(json_object_get(bytes, byte)));
        snprintf(bits, sizeof bits, width > 1 ? "%d:%d" : "%d", bit + width - 1, bit);
        const char *const cell[] = { name, bits, json_string_value(json_object_get(field, "name")),
                                     json_string_value(json_object_get(field, "bits")),
                                     json_string_value(json_object_get(field, "meaning")) };
        page_row(p, cell, 5);
    }
    page_table_end(p);
    json_decref(json);
}

/* The words of the report for people: "label     text", and lines that go on with it. */
static void summary(const struct page *p, const struct fuse_report *r)
{
    enum { LABEL = 10 };
    static const char *const head[] = { "", "" };
    char *text = NULL, *all, *line, *save, label[LABEL + 1] = "", cell[2000] = "";
    size_t n;
    FILE *f = memory_checked(open_memstream(&text, &n));

    fuse_report_print_summary(r, f, INT_MAX);
    fclose(f);
    page_table_begin(p, head, 2);
    for (all = text; (line = strtok_r(all, "\n", &save)); all = NULL) {
        if (line[0] != ' ' && cell[0]) {
            page_row(p, (const char *const[]){ label, cell }, 2);
            cell[0] = '\0';
        }
        if (line[0] != ' ') {
            snprintf(label, sizeof label, "%.*s", (int)strcspn(line, " "), line);
            if (line[0] == '1') {
                snprintf(label, sizeof label, "12 V");
            }
        }
        const char *rest = strlen(line) > LABEL ? line + LABEL : "";
        size_t at = strlen(cell);

        snprintf(cell + at, sizeof cell - at, "%s%s", at ? "; " : "", rest + strspn(rest, " "));
    }
    if (cell[0]) {
        page_row(p, (const char *const[]){ label, cell }, 2);
    }
    page_table_end(p);
    free(text);
}

void fuse_page(const struct page *p, const struct fuse_report *r, const struct fuse_programmer *programmer)
{
    const char *advice[FUSE_ADVICE_MOST];
    char title[120], buf[1200];

    snprintf(title, sizeof title, "Fuses of %s", r->part->title);
    page_begin(p, title);
    for (unsigned i = 0; i < r->warnings.n; i++) {
        char text[1200];

        snprintf(text, sizeof text, "%s: %s", r->warnings.warning[i].bricks ? "WARNING" : "Note",
                 r->warnings.warning[i].text);
        page_item(p, text);
    }
    page_heading(p, "What comes of it");
    summary(p, r);
    if (programmer) {
        unsigned n = fuse_advice(programmer, r, advice, buf, sizeof buf);

        page_heading(p, "What to do");
        for (unsigned i = 0; i < n; i++) {
            page_item(p, advice[i]);
        }
    }
    page_heading(p, "Bits");
    fields(p, r);
    page_end(p);
}
