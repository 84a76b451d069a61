/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "wave/text_put.h"

#include <stdarg.h>
#include <stdio.h>

size_t text_put(char *to, size_t size, size_t at, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    int n = at < size ? vsnprintf(to + at, size - at, fmt, args) : 0;
    va_end(args);
    return at + (n > 0 ? (size_t)n : 0);
}
