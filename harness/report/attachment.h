/* SPDX-License-Identifier: GPL-3.0-or-later */
/* attachment.h - paths of files beside a report, as its reader wants them: from where he begins to look */
#ifndef HARNESS_RUN_ATTACHMENT_H
#define HARNESS_RUN_ATTACHMENT_H

/* base: "absolute"; "report": the folder of report; another folder; NULL: path as it is. free() it. */
char *attachment_path(const char *path, const char *base, const char *report);

#endif
