/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sim/problem.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

bool problem_set(struct problem *p, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    vsnprintf(p->text, sizeof p->text, fmt, args);
    va_end(args);
    return false;
}

void problem_append_v(struct problem *p, const char *fmt, va_list args)
{
    size_t n = strlen(p->text);

    vsnprintf(p->text + n, sizeof p->text - n, fmt, args);
}

bool problem_append(struct problem *p, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    problem_append_v(p, fmt, args);
    va_end(args);
    return false;
}

bool problem_prefix(struct problem *p, const char *fmt, ...)
{
    struct problem old = *p;
    va_list args;
    int n;

    va_start(args, fmt);
    n = vsnprintf(p->text, sizeof p->text, fmt, args);
    va_end(args);
    assert(n >= 0);
    if ((size_t)n + 3 < sizeof p->text) { /* the rest is cut to fit */
        snprintf(p->text + n, sizeof p->text - n, ": %.*s", (int)(sizeof p->text - n - 3), old.text);
    }
    return false;
}
