/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "wave/csv_columns.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

void csv_columns_init(struct csv_columns *t)
{
    memset(t, 0, sizeof *t);
}

/* ---- names and units ---- */

/* A time column's name: its unit, 0 when it has none; -1: it is no time column. */
static int64_t time_unit_ps(const char *s, size_t n)
{
    static const struct {
        const char *name;
        uint64_t ps;
    } names[] = {
        { "time [s]", SIM_S },      { "time[s]", SIM_S },      { "time [ms]", SIM_MS }, { "time [us]", SIM_US },
        { "time [ns]", SIM_NS },    { "time_s", SIM_S },       { "time_ms", SIM_MS },   { "time_us", SIM_US },
        { "time_ns", SIM_NS },      { "time_ps", 1 },          { "seconds", SIM_S },    { "milliseconds", SIM_MS },
        { "microseconds", SIM_US }, { "nanoseconds", SIM_NS }, { "time", 0 },           { "samples", 0 },
    };
    for (unsigned i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (strlen(names[i].name) == n && strncasecmp(s, names[i].name, n) == 0) {
            return (int64_t)names[i].ps;
        }
    }
    return -1;
}

bool csv_columns_begin(const char *s)
{
    size_t n = strcspn(s, ",");
    const char *next = s[n] ? s + n + 1 + strspn(s + n + 1, " \t") : "";
    if (*s == ';' || strncmp(s, "META ", 5) == 0) {
        return true;
    }
    while (n && isspace((unsigned char)s[n - 1])) {
        n--;
    }
    bool quoted = n > 1 && s[0] == '"' && s[n - 1] == '"';
    return *next && strncasecmp(next, "signal,", 7) != 0 && time_unit_ps(s + quoted, n - 2 * quoted) >= 0;
}

/* The next field of a line, without quotes and blanks; *s goes behind its comma, to NULL at the end. */
static char *next_field(char **s)
{
    char *p = *s, *field;
    while (isspace((unsigned char)*p)) {
        p++;
    }
    if (*p == '"') {
        field = ++p;
        p += strcspn(p, "\"");
        if (*p) {
            *p++ = 0;
        }
        p += strcspn(p, ",");
    } else {
        field = p;
        p += strcspn(p, ",");
    }
    *s = *p ? p + 1 : NULL;
    *p = 0;
    return wave_trim(field);
}

/* ---- what stands above the rows ---- */

/* "1 MHz", "62.5 kHz", "4000000" */
static uint64_t parse_rate_hz(const char *s)
{
    static const struct {
        const char *unit;
        double hz;
    } units[] = { { "", 1 }, { "Hz", 1 }, { "kHz", 1e3 }, { "MHz", 1e6 }, { "GHz", 1e9 } };
    char *end;
    double v = strtod(s, &end);
    while (isspace((unsigned char)*end)) {
        end++;
    }
    for (unsigned i = 0; i < sizeof units / sizeof units[0]; i++) {
        if (strcasecmp(end, units[i].unit) == 0 && v * units[i].hz >= 1 && v * units[i].hz <= 1e12) {
            return (uint64_t)(v * units[i].hz + 0.5);
        }
    }
    return 0;
}

/* sigrok's comments and its META lines. */
static bool about_the_file(struct csv_columns *t, struct csv *c, char *s)
{
    const char *rate = NULL;
    t->is_sigrok = true;
    if (*s == ';') {
        s = wave_trim(s + 1);
    }
    if (strncasecmp(s, "META samplerate:", 16) == 0) {
        rate = s + 16;
    } else if (strncasecmp(s, "Samplerate:", 11) == 0) {
        rate = s + 11;
    } else if (strncasecmp(s, "Channels (", 10) == 0 && strstr(s, "): ")) {
        snprintf(t->names, sizeof t->names, "%s", strstr(s, "): ") + 3);
    }
    if (rate) {
        t->rate_hz = parse_rate_hz(rate);
        c->list->tick_ps = t->rate_hz ? SIM_S / t->rate_hz : 0;
        return t->rate_hz || csv_fail(c, rate, "\"%.40s\" is no sample rate", rate);
    }
    return true;
}

static bool add_column(struct csv_columns *t, struct csv *c, const char *name, bool is_signal)
{
    if (t->n == CSV_MAX_COLUMNS) {
        return csv_fail(c, name, "more than %d columns", CSV_MAX_COLUMNS);
    }
    int signal = is_signal ? wave_list_add_signal(c->list, name, WAVE_LEVELS, 1) : -1;
    if (is_signal && signal < 0) {
        return csv_fail(c, name, "more than %u signals", WAVE_MAX_SIGNALS);
    }
    t->signal[t->n++] = signal;
    return true;
}

/* Columns named by the header. sigrok's may be called "logic" all of them: then the comment above has the names. */
static bool name_columns(struct csv_columns *t, struct csv *c, char *rest)
{
    char *names = t->names;
    bool named = *names != 0;
    while (rest) {
        char *label = next_field(&rest);
        bool is_signal = *label && !(t->is_sigrok && strcasecmp(label, "trigger") == 0);
        if (is_signal && named && !names) {
            return csv_fail(c, label, "more columns than the line \"; Channels\" above names");
        }
        if (!add_column(t, c, is_signal && named ? next_field(&names) : label, is_signal)) {
            return false;
        }
    }
    return (!named || !names) || csv_fail(c, NULL, "fewer columns than the line \"; Channels\" above names");
}

/* sigrok's label=off: the first row is one of levels already. */
static bool is_row(const char *s)
{
    return s[strspn(s, "01, \t")] == 0;
}

static bool read_header(struct csv_columns *t, struct csv *c, char *s)
{
    char *rest = s;
    char first[40];
    snprintf(first, sizeof first, "%.*s", (int)strcspn(s, ","), s);
    const char *label = wave_trim(first);
    bool quoted = *label == '"';
    int64_t unit = time_unit_ps(label + quoted, strlen(label) - (quoted && strlen(label) > 1 ? 2 : 0));
    t->has_header = true;
    if (unit >= 0) {
        next_field(&rest);
        t->time = unit ? CSV_TIME_COLUMN : CSV_TIME_IGNORED;
        t->unit_ps = (uint64_t)unit;
    }
    if (t->time != CSV_TIME_COLUMN && !t->rate_hz) {
        return unit == 0 && !t->is_sigrok
                   ? csv_fail(c, s, "the time column has no unit: write \"Time [s]\" (ms, us, ns) as its name")
                   : csv_fail(c, s,
                              "neither a time column with a unit nor a sample rate above (\"; Samplerate: 1 MHz\")");
    }
    return (rest || csv_fail(c, s, "there is no column but the time")) && name_columns(t, c, rest);
}

/* ---- rows ---- */

static bool row_time(struct csv_columns *t, struct csv *c, char **rest, sim_time *at_ps)
{
    if (t->time == CSV_TIME_IGNORED) {
        next_field(rest);
    }
    if (t->time != CSV_TIME_COLUMN) {
        unsigned __int128 ps = (unsigned __int128)t->row * SIM_S / t->rate_hz;
        *at_ps = (sim_time)ps;
        return ps <= INT64_MAX || csv_fail(c, NULL, "the recording is longer than 106 days");
    }
    char *field = next_field(rest);
    bool minus = *field == '-';
    sim_time size;
    if (!csv_parse_time(field + minus, t->unit_ps, &size)) {
        return strchr(field, ':')
                   ? csv_fail(c, field, "\"%.40s\" is a date: export without ISO 8601 time stamps", field)
                   : csv_fail(c, field, "\"%.40s\" is no time (a decimal number)", field);
    }
    __int128 ps = minus ? -(__int128)size : (__int128)size;
    if (!t->row) {
        t->first_ps = t->is_sigrok || ps < 0 ? ps : 0;
    }
    ps -= t->first_ps;
    if (ps < (__int128)c->last_ps) {
        return csv_fail(c, field, "time %.40s lies before that of the row above", field);
    }
    *at_ps = (sim_time)ps;
    return ps <= INT64_MAX || csv_fail(c, field, "\"%.40s\" is beyond the range of time (106 days)", field);
}

static bool row_level(struct csv_columns *t, struct csv *c, unsigned k, const char *field, sim_time at_ps)
{
    int32_t value;
    bool is_mv;
    if (t->signal[k] < 0) {
        return true;
    }
    if (!csv_parse_level(field, &value, &is_mv)) {
        return csv_fail(c, field, "\"%.40s\" is no level (0, 1, X, or volts up to 1000)", field);
    }
    if (t->row && value == t->value[k] && is_mv == t->is_mv[k]) {
        return true;
    }
    t->value[k] = value;
    t->is_mv[k] = is_mv;
    return csv_add(c, at_ps, (unsigned)t->signal[k], is_mv, value);
}

static bool read_row(struct csv_columns *t, struct csv *c, char *s)
{
    char *rest = s;
    sim_time at_ps = 0;
    if (!row_time(t, c, &rest, &at_ps)) {
        return false;
    }
    for (unsigned k = 0; k < t->n; k++) {
        if (!rest) {
            return csv_fail(c, NULL, "fewer fields than the header has (%u signals)", t->n);
        }
        if (!row_level(t, c, k, next_field(&rest), at_ps)) {
            return false;
        }
    }
    if (rest) {
        return csv_fail(c, rest, "more fields than the header has (%u signals)", t->n);
    }
    c->last_ps = at_ps;
    t->row++;
    return true;
}

bool csv_columns_line(struct csv_columns *t, struct csv *c, char *s)
{
    if (*s == ';' || strncmp(s, "META ", 5) == 0) {
        return about_the_file(t, c, s);
    }
    if (t->has_header) {
        return read_row(t, c, s);
    }
    if (!t->is_sigrok || !is_row(s)) {
        return read_header(t, c, s);
    }
    char labels[CSV_LINE_MAX_BYTES]; /* no header: as many columns as this row has */
    snprintf(labels, sizeof labels, "%s", s);
    return (*t->names || csv_fail(c, NULL, "no names of the signals: neither a header nor a line \"; Channels\"")) &&
           read_header(t, c, labels) && read_row(t, c, s);
}

bool csv_columns_end(struct csv_columns *t, struct csv *c)
{
    return t->row || csv_fail(c, NULL, "empty: no row of levels");
}
