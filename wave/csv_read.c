/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "wave/csv_read.h"

#include <errno.h>
#include <string.h>

#include "wave/csv_columns.h"
#include "wave/csv_line.h"

/* ---- one change a row: time_us,signal,level ---- */

static int find_or_add(struct csv *c, const char *name)
{
    for (unsigned i = 0; i < c->list->n_signals; i++) {
        if (strcmp(c->list->signals[i].name, name) == 0) {
            return (int)i;
        }
    }
    return wave_list_add_signal(c->list, name, WAVE_LEVELS, 1);
}

static bool row(struct csv *c, uint64_t unit_ps, char **field)
{
    sim_time at;
    int32_t value;
    bool is_mv;
    if (!csv_parse_time(field[0], unit_ps, &at)) {
        return csv_fail(c, field[0], "\"%.40s\" is no time (a decimal number, not negative)", field[0]);
    }
    if (at < c->last_ps) {
        return csv_fail(c, field[0], "time %.40s lies before that of the row above", field[0]);
    }
    c->last_ps = at;
    if (!*field[1]) {
        return csv_fail(c, field[1], "the signal has no name");
    }
    int signal = find_or_add(c, field[1]);
    if (signal < 0) {
        return csv_fail(c, field[1], "more than %u signals", WAVE_MAX_SIGNALS);
    }
    if (!csv_parse_level(field[2], &value, &is_mv)) {
        return csv_fail(c, field[2], "\"%.40s\" is no level (0, 1, Z, X, or volts up to 1000)", field[2]);
    }
    return csv_add(c, at, (unsigned)signal, is_mv, value);
}

static bool split_three(struct csv *c, char *s, char **field)
{
    unsigned n = 1;
    field[0] = s;
    for (char *p = s; *p; p++) {
        if (*p == ',') {
            *p = 0;
            if (n == 3) {
                return csv_fail(c, p, "more than three fields");
            }
            field[n++] = p + 1;
        }
    }
    if (n < 3) {
        return csv_fail(c, field[n - 1], "fewer than three fields (time, signal, level)");
    }
    for (unsigned i = 0; i < 3; i++) {
        field[i] = wave_trim(field[i]);
    }
    return true;
}

/* ---- which kind it is ---- */

/* Unit of "time_us" and so on; 0: no such word. */
static uint64_t header_unit_ps(const char *s)
{
    static const struct {
        const char *name;
        uint64_t ps;
    } units[] = {
        { "time_ps", 1 }, { "time_ns", SIM_NS }, { "time_us", SIM_US }, { "time_ms", SIM_MS }, { "time_s", SIM_S }
    };
    for (unsigned i = 0; i < sizeof units / sizeof units[0]; i++) {
        if (strcmp(s, units[i].name) == 0) {
            return units[i].ps;
        }
    }
    return 0;
}

static bool header(struct csv *c, char **field, uint64_t *unit_ps)
{
    *unit_ps = header_unit_ps(field[0]);
    if (!*unit_ps || strcmp(field[1], "signal") != 0 || strcmp(field[2], "level") != 0) {
        const char *wrong = !*unit_ps ? field[0] : strcmp(field[1], "signal") != 0 ? field[1] : field[2];
        *unit_ps = 0;
        return csv_fail(c, wrong,
                        "the header is not \"time_us,signal,level\" (or time_ps, time_ns, time_ms, time_s), nor "
                        "that of a column per signal (\"Time [s],SCK,...\" as Saleae writes it, or sigrok's CSV)");
    }
    return true;
}

static bool change_line(struct csv *c, char *s, uint64_t *unit_ps)
{
    char *field[3];
    return split_three(c, s, field) && (*unit_ps ? row(c, *unit_ps, field) : header(c, field, unit_ps));
}

/* The next line without its end; 1, 0 at the end of the file, -1: csv_fail() was called. */
static int next_line(struct csv *c, FILE *f, char line[CSV_LINE_MAX_BYTES])
{
    size_t n = 0;
    int ch;

    while ((ch = getc_unlocked(f)) != EOF && ch != '\n') {
        if (!ch || n == CSV_LINE_MAX_BYTES - 2) { /* a NUL would hide the rest of its row */
            csv_fail(c, NULL, ch ? "longer than %d bytes, or binary data" : "a NUL byte: this is binary data",
                     CSV_LINE_MAX_BYTES - 2);
            return -1;
        }
        line[n++] = (char)ch;
    }
    line[n] = '\0';
    return ch == '\n' || n;
}

bool csv_read(struct wave_list *w, FILE *f, const char *path, struct problem *err)
{
    struct csv c = { .list = w, .path = path, .err = err, .line = 1 };
    struct csv_columns columns;
    bool in_columns = false;
    uint64_t unit_ps = 0; /* 0 before the header */
    char line[CSV_LINE_MAX_BYTES];

    csv_columns_init(&columns);
    int more;
    for (; (more = next_line(&c, f, line)) > 0; c.line++) {
        bool bom = c.line == 1 && strncmp(line, "\xef\xbb\xbf", 3) == 0; /* spreadsheets put one there */
        c.text = line + (bom ? 3 : 0);
        char *s = wave_trim(line + (bom ? 3 : 0));
        if (!*s || *s == '#') {
            continue;
        }
        in_columns = in_columns || (!unit_ps && csv_columns_begin(s));
        if (!(in_columns ? csv_columns_line(&columns, &c, s) : change_line(&c, s, &unit_ps))) {
            return false;
        }
    }
    if (more < 0) {
        return false;
    }
    if (ferror(f)) {
        return csv_fail(&c, NULL, "%s", strerror(errno));
    }
    if (in_columns ? !csv_columns_end(&columns, &c) : !unit_ps) {
        return in_columns ? false : csv_fail(&c, NULL, "empty: no header \"time_us,signal,level\"");
    }
    w->end_ps = c.last_ps;
    return true;
}
