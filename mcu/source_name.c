/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mcu/source_name.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* <source-name>: a length and so many characters. NULL: it is none, or it does not fit. */
static const char *add_part(const char *from, char *to, size_t size)
{
    size_t n = 0, used = strlen(to);

    while (isdigit((unsigned char)*from) && n < size) {
        n = 10 * n + (size_t)(*from++ - '0');
    }
    if (!n || strnlen(from, n) < n || used + n + sizeof "::" > size) {
        return NULL;
    }
    sprintf(to + used, "%s%.*s", used ? "::" : "", (int)n, from);
    return from + n;
}

static bool is_plain_cpp(const char *symbol, char *to, size_t size)
{
    bool nested = symbol[2] == 'N';
    const char *p = symbol + 2 + nested + (nested && symbol[3] == 'K'); /* a const method */

    to[0] = '\0';
    do {
        p = add_part(p, to, size);
    } while (p && nested && *p != 'E');
    return p && *p;
}

void source_name(const char *symbol, char *to, size_t size)
{
    const char *dot = strchr(symbol, '.');

    if (strncmp(symbol, "_Z", 2) != 0 || !is_plain_cpp(symbol, to, size)) {
        snprintf(to, size, "%.*s", dot && dot != symbol ? (int)(dot - symbol) : (int)strlen(symbol), symbol);
    }
}
