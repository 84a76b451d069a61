/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sim/problem.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

/* A file's name may hold line ends: one that a message begins with would be a line of its own. */
static size_t put_name(char *text, size_t size, const char *name)
{
    size_t n = 0;

    for (const char *c = name; *c && n + 5 < size; c++) {
        if ((unsigned char)*c < ' ' || *c == 0x7F) {
            n += (size_t)snprintf(text + n, 5, *c == '\n' ? "\\n" : "\\x%02X", (unsigned char)*c);
        } else {
            text[n++] = *c;
        }
    }
    text[n] = '\0';
    return n;
}

static int begin(struct problem *p, const char *fmt, va_list args)
{
    size_t n = 0;

    if (!strncmp(fmt, "%s:", 3)) {
        n = put_name(p->text, sizeof p->text, va_arg(args, const char *));
        fmt += 2;
    }
    return (int)n + vsnprintf(p->text + n, sizeof p->text - n, fmt, args);
}

bool problem_set(struct problem *p, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    begin(p, fmt, args);
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
    n = begin(p, fmt, args);
    va_end(args);
    assert(n >= 0);
    if ((size_t)n + 3 < sizeof p->text) { /* the rest is cut to fit */
        snprintf(p->text + n, sizeof p->text - n, ": %.*s", (int)(sizeof p->text - n - 3), old.text);
    }
    return false;
}
