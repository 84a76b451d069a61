/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "harness/scenario/yaml_words.h"

#include <stdio.h>
#include <string.h>

/* The column of a tab in the indentation of a line (both from 0); -1: there is none. */
static int tab_in_indentation(const char *text, size_t n, size_t line)
{
    const char *p = text, *end = text + n;

    for (; line && p < end; line--) {
        const char *newline = memchr(p, '\n', (size_t)(end - p));

        p = newline ? newline + 1 : end;
    }
    for (int column = 0; p < end && (*p == ' ' || *p == '\t'); p++, column++) {
        if (*p == '\t') {
            return column;
        }
    }
    return -1;
}

bool yaml_words(const yaml_parser_t *p, const char *text, size_t n, yaml_mark_t *mark, char *words, size_t size)
{
    const char *context = p->context ? p->context : "";
    bool at_end = p->problem_mark.index >= n || (p->problem && strstr(p->problem, "end of stream"));
    bool map = strstr(context, "flow mapping"), list = strstr(context, "flow sequence");
    int tab = tab_in_indentation(text, n, p->problem_mark.line);

    *mark = p->problem_mark;
    if (strstr(context, "quoted scalar")) {
        *mark = p->context_mark;
        snprintf(words, size, "the quote that begins here is not closed");
    } else if (tab >= 0) {
        mark->column = (size_t)tab;
        snprintf(words, size, "a tab in the indentation: YAML takes blanks only there");
    } else if ((map || list) && at_end) {
        *mark = p->context_mark;
        snprintf(words, size, "the %s that begins here is not closed", map ? "{" : "[");
    } else if (map || list) {
        snprintf(words, size, "a comma or %s is missing: the %s of line %zu, column %zu goes on here", map ? "}" : "]",
                 map ? "{" : "[", p->context_mark.line + 1, p->context_mark.column + 1);
    } else if (strstr(context, "block collection") || strstr(context, "block mapping")) {
        snprintf(
            words, size,
            "this line is neither beside nor under what began at %zu:%zu: entries that belong together begin in one "
            "column",
            p->context_mark.line + 1, p->context_mark.column + 1);
    } else if (p->problem && strstr(p->problem, "mapping values are not allowed")) {
        snprintf(words, size,
                 "a colon where none can be: the line is indented too far, or this is a text that wants quotes");
    } else {
        return false;
    }
    return true;
}
