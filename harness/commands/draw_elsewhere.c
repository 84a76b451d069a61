/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * draw_elsewhere.c - for programs without cairo, in place of picture_cairo.c
 *
 * picture_cairo_ready() does not return where limpet-draw stands beside the program: that starts anew, with the same
 * arguments. What is drawn after it is drawn there.
 */
#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "wave/draw/picture_cairo.h"

/* The arguments that the program was started with, as an array; it is never freed, but for a failure. */
static char **own_arguments(void)
{
    char *bytes = NULL, **argv = NULL;
    size_t size = 0, n = 0, at = 0;
    FILE *f = fopen("/proc/self/cmdline", "r");
    ssize_t got = f ? getdelim(&bytes, &size, EOF, f) : -1;

    if (f) {
        fclose(f);
    }
    if (got > 0 && (argv = calloc((size_t)got + 1, sizeof *argv))) {
        for (; at < (size_t)got; at += strlen(bytes + at) + 1) {
            argv[n++] = bytes + at;
        }
    } else {
        free(bytes);
    }
    return argv;
}

bool picture_cairo_ready(struct problem *err)
{
    static const char name[] = "limpet-draw";
    char path[4096], **argv = own_arguments();
    ssize_t n = readlink("/proc/self/exe", path, sizeof path - sizeof name);
    char *slash = argv && n > 0 ? memrchr(path, '/', (size_t)n) : NULL;

    if (!slash) {
        return problem_set(err, "/proc is not mounted, so that %s, which draws, cannot be found", name);
    }
    strcpy(slash + 1, name);
    execv(path, argv);
    problem_set(err, "%.200s, which draws: %s", path, strerror(errno));
    free(argv[0]);
    free(argv);
    return false;
}

/* ---- not reached: see picture_cairo_ready() ---- */

const char *picture_cairo_png(struct out_file *out, const struct picture *p, double scale)
{
    (void)out, (void)p, (void)scale;
    assert(false);
    return "no cairo here";
}

const char *picture_cairo_pdf(struct out_file *out, const struct picture *p)
{
    (void)out, (void)p;
    assert(false);
    return "no cairo here";
}
