/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * page.h - the reports of fuses as Markdown or as one HTML page, for a wiki, a pull request, a CI artefact
 *
 *      fuse_report --> fields as a table, clock and ISP as rows, warnings as a list --> page
 */
#ifndef HARNESS_FUSES_PAGE_H
#define HARNESS_FUSES_PAGE_H

#include "harness/fuses/programmers.h"
#include "harness/fuses/report.h"

#include <stdio.h>

enum page_format { PAGE_TEXT, PAGE_MARKDOWN, PAGE_HTML };

struct page {
    FILE *out;
    enum page_format format;
};

/* Everything between begin and end; title, headings, cells and items are text, escaped here. */
void page_begin(const struct page *p, const char *title);
void page_end(const struct page *p);
void page_heading(const struct page *p, const char *text);
/* head: cells of the first row. Rows have as many. */
void page_table_begin(const struct page *p, const char *const *head, unsigned n);
void page_row(const struct page *p, const char *const *cell, unsigned n);
void page_table_end(const struct page *p);
void page_item(const struct page *p, const char *text);

/* programmer: NULL, nobody's advice. */
void fuse_page(const struct page *p, const struct fuse_report *r, const struct fuse_programmer *programmer);

#endif
