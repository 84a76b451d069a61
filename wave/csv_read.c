/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "wave/csv_read.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "sim/net.h"

enum { LINE_MAX_BYTES = 512 };

struct csv {
    struct wave_list *list;
    const char *path;
    char *err;
    size_t err_size;
    unsigned long line;
    const char *text; /* of the line, to count columns from */
    uint64_t unit_ps; /* 0 before the header */
    sim_time last_ps;
};

/* at: what is wrong in c->text; NULL: the line as a whole. */
static bool fail(struct csv *c, const char *at, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
static bool fail(struct csv *c, const char *at, const char *fmt, ...)
{
    va_list ap;
    char column[30] = "";
    if (at) {
        snprintf(column, sizeof column, ":%td", at - c->text + 1);
    }
    int n = snprintf(c->err, c->err_size, "%s:%lu%s: ", c->path, c->line, column);
    va_start(ap, fmt);
    if (n >= 0 && (size_t)n < c->err_size) {
        vsnprintf(c->err + n, c->err_size - (size_t)n, fmt, ap);
        wave_printable(c->err + n);
    }
    va_end(ap);
    return false;
}

static char *trim(char *s)
{
    while (isspace((unsigned char)*s)) {
        s++;
    }
    size_t n = strlen(s);
    while (n && isspace((unsigned char)s[n - 1])) {
        s[--n] = 0;
    }
    return s;
}

/* "12.0345" of a unit, in whole ps. False: not such a number, or beyond the range of time. */
static bool parse_time(const char *s, uint64_t unit_ps, sim_time *ps)
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

static bool header(struct csv *c, char **field)
{
    static const struct {
        const char *name;
        uint64_t ps;
    } units[] = {
        { "time_ps", 1 }, { "time_ns", SIM_NS }, { "time_us", SIM_US }, { "time_ms", SIM_MS }, { "time_s", SIM_S }
    };
    for (unsigned i = 0; i < sizeof units / sizeof units[0]; i++) {
        if (strcmp(field[0], units[i].name) == 0) {
            c->unit_ps = units[i].ps;
        }
    }
    if (!c->unit_ps || strcmp(field[1], "signal") != 0 || strcmp(field[2], "level") != 0) {
        const char *wrong = !c->unit_ps ? field[0] : strcmp(field[1], "signal") != 0 ? field[1] : field[2];
        return fail(c, wrong, "the header is not \"time_us,signal,level\" (or time_ps, time_ns, time_ms, time_s)");
    }
    return true;
}

static bool row(struct csv *c, char **field)
{
    sim_time at;
    if (!parse_time(field[0], c->unit_ps, &at)) {
        return fail(c, field[0], "\"%.40s\" is no time (a decimal number, not negative)", field[0]);
    }
    if (at < c->last_ps) {
        return fail(c, field[0], "time %.40s lies before that of the row above", field[0]);
    }
    c->last_ps = at;
    if (!*field[1]) {
        return fail(c, field[1], "the signal has no name");
    }
    int signal = -1;
    for (unsigned i = 0; i < c->list->n_signals && signal < 0; i++) {
        if (strcmp(c->list->signals[i].name, field[1]) == 0) {
            signal = (int)i;
        }
    }
    if (signal < 0) {
        signal = wave_list_add_signal(c->list, field[1], WAVE_LEVELS, 1);
        if (signal < 0) {
            return fail(c, field[1], "more than %u signals", WAVE_MAX_SIGNALS);
        }
    }
    int32_t value = 0;
    bool is_mv = false;
    static const char letters[] = "01ZXzx";
    static const uint8_t levels[] = { NET_0, NET_1, NET_Z, NET_X, NET_Z, NET_X };
    const char *letter = strlen(field[2]) == 1 ? strchr(letters, field[2][0]) : NULL;
    if (letter) {
        value = levels[letter - letters];
    } else if (parse_volts(field[2], &value)) {
        is_mv = true;
    } else {
        return fail(c, field[2], "\"%.40s\" is no level (0, 1, Z, X, or volts up to 1000)", field[2]);
    }
    if (!wave_list_add(c->list, at, (unsigned)signal, is_mv, value)) {
        return fail(c, NULL, "too many changes (limit %u) or out of memory", WAVE_MAX_CHANGES);
    }
    return true;
}

bool csv_read(struct wave_list *w, FILE *f, const char *path, char *err, size_t err_size)
{
    struct csv c = { .list = w, .path = path, .err = err, .err_size = err_size, .line = 1 };
    char line[LINE_MAX_BYTES];

    for (; fgets(line, sizeof line, f); c.line++) {
        if (!strchr(line, '\n') && strlen(line) == sizeof line - 1) {
            return fail(&c, NULL, "longer than %d bytes, or binary data", LINE_MAX_BYTES - 2);
        }
        bool bom = c.line == 1 && strncmp(line, "\xef\xbb\xbf", 3) == 0; /* spreadsheets put one there */
        c.text = line + (bom ? 3 : 0);
        char *s = trim(line + (bom ? 3 : 0));
        if (!*s || *s == '#') {
            continue;
        }
        char *field[3] = { s };
        unsigned n = 1;
        for (char *p = s; *p; p++) {
            if (*p == ',') {
                *p = 0;
                if (n == 3) {
                    return fail(&c, p, "more than three fields");
                }
                field[n++] = p + 1;
            }
        }
        if (n < 3) {
            return fail(&c, field[n - 1], "fewer than three fields (time, signal, level)");
        }
        for (unsigned i = 0; i < 3; i++) {
            field[i] = trim(field[i]);
        }
        if (!(c.unit_ps ? row(&c, field) : header(&c, field))) {
            return false;
        }
    }
    if (ferror(f)) {
        return fail(&c, NULL, "read error");
    }
    if (!c.unit_ps) {
        return fail(&c, NULL, "empty: no header \"time_us,signal,level\"");
    }
    w->end_ps = c.last_ps;
    return true;
}
