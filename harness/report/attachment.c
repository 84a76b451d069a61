/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "harness/report/attachment.h"

#include "sim/memory.h"

#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Absolute and without links; what is not there yet has a folder that is. */
static char *resolved(const char *path)
{
    char *whole = realpath(path, NULL), *copy, *folder, *text;

    if (whole) {
        return whole;
    }
    copy = memory_text(path);
    folder = realpath(dirname(copy), NULL);
    free(copy);
    if (!folder) {
        return memory_text(path);
    }
    copy = memory_text(path);
    text = memory_zeroed(strlen(folder) + strlen(path) + 3, 1); /* of no name basename() makes a dot */
    sprintf(text, "%s/%s", folder, basename(copy));
    free(copy);
    free(folder);
    return text;
}

/* Both absolute. */
static char *relative(const char *path, const char *from)
{
    size_t same = 0, up = 0;

    for (size_t i = 0; path[i] && path[i] == from[i]; i++) {
        if (path[i] == '/') {
            same = i + 1;
        } else if (!from[i + 1] && path[i + 1] == '/') {
            return memory_text(path + i + 2); /* it lies below */
        }
    }
    for (const char *p = from + same; *p; p++) {
        up += *p == '/';
    }
    up += from[same] != '\0';
    char *text = memory_zeroed(3 * up + strlen(path + same) + 1, 1);
    for (size_t i = 0; i < up; i++) {
        strcat(text, "../");
    }
    return strcat(text, path + same);
}

char *attachment_path(const char *path, const char *base, const char *report)
{
    char *whole, *from, *text, *folder;

    if (!base) {
        return memory_text(path);
    }
    whole = resolved(path);
    if (!strcmp(base, "absolute")) {
        return whole;
    }
    folder = memory_text(strcmp(base, "report") ? base : report);
    from = resolved(strcmp(base, "report") ? folder : dirname(folder));
    text = relative(whole, from);
    free(folder);
    free(from);
    free(whole);
    return text;
}
