/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "wave/csv_line.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "sim/net.h"

bool csv_fail(struct csv *c, const char *at, const char *fmt, ...)
{
    va_list ap;
    char column[30] = "";
    if (at) {
        snprintf(column, sizeof column, ":%td", at - c->text + 1);
    }
    problem_set(c->err, "%s:%lu%s: ", c->path, c->line, column);
    size_t place = strlen(c->err->text);
    va_start(ap, fmt);
    problem_append_v(c->err, fmt, ap);
    va_end(ap);
    wave_printable(c->err->text + place);
    return false;
}

bool csv_parse_time(const char *s, uint64_t unit_ps, sim_time *ps)
{
    uint64_t whole = 0, part = 0, scale = unit_ps;
    const char *p = s;
    for (; isdigit((unsigned char)*p); p++) {
        if (__builtin_mul_overflow(whole, 10, &whole) || __builtin_add_overflow(whole, (uint64_t)(*p - '0'), &whole)) {
            return false;
        }
    }
    bool digits = p > s;
    if (*p == '.') {
        for (p++; isdigit((unsigned char)*p); p++) {
            digits = true;
            scale /= 10;
            part += scale * (uint64_t)(*p - '0');
        }
    }
    return digits && !*p && !__builtin_mul_overflow(whole, unit_ps, ps) && !__builtin_add_overflow(*ps, part, ps) &&
           *ps <= INT64_MAX;
}

/* "-9", "4.95" in volts. */
static bool parse_volts(const char *s, int32_t *mv)
{
    bool minus = *s == '-';
    int64_t v = 0, scale = 1000;
    s += *s == '-' || *s == '+';
    const char *p = s;
    for (; isdigit((unsigned char)*p) && v < 1000000; p++) {
        v = 10 * v + (*p - '0');
    }
    bool digits = p > s;
    v *= 1000;
    if (*p == '.') {
        for (p++; isdigit((unsigned char)*p); p++) {
            digits = true;
            scale /= 10;
            v += scale * (*p - '0');
        }
    }
    *mv = (int32_t)(minus ? -v : v);
    return digits && !*p && v <= INT64_C(1000000);
}

bool csv_parse_level(const char *s, int32_t *value, bool *is_mv)
{
    static const char letters[] = "01ZXzx";
    static const uint8_t levels[] = { NET_0, NET_1, NET_Z, NET_X, NET_Z, NET_X };
    const char *letter = s[0] && !s[1] ? strchr(letters, s[0]) : NULL;
    *is_mv = !letter;
    if (letter) {
        *value = levels[letter - letters];
        return true;
    }
    return parse_volts(s, value);
}

bool csv_add(struct csv *c, sim_time at_ps, unsigned signal, bool is_mv, int32_t value)
{
    return wave_list_add(c->list, at_ps, signal, is_mv, value) ||
           csv_fail(c, NULL, WAVE_TOO_MANY, wave_list_max_changes(c->list));
}
