/* SPDX-License-Identifier: GPL-3.0-or-later */
/* report_page.h - style, frame and script of the HTML report: the files of page/, made into arrays by scripts/embed */
#ifndef HARNESS_RUN_REPORT_PAGE_H
#define HARNESS_RUN_REPORT_PAGE_H

extern const char page_css[], app_html[], page_js[];

#endif
