/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "harness/base/limits.h"

#include "harness/base/json_text.h"
#include "sim/memory.h"
#include "wave/in_file.h"
#include "wave/out_file.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FORMAT LIMITS_FORMAT
#define MAX_BYTES ((size_t)16 << 20)
#define PPM 1000000

static const struct kind_row {
    const char *name;
    enum quantity_kind kind;
    const char *example;
} kinds[] = {
    { "time", QUANTITY_TIME_PS, "1us" }, { "frequency", QUANTITY_FREQ_MILLIHZ, "10kHz" },
    { "voltage", QUANTITY_MV, "50mV" },  { "percentage", QUANTITY_PPM, "20%" },
    { "count", QUANTITY_COUNT, "2" },
};
#define KINDS (sizeof kinds / sizeof kinds[0])

static const char *const betters[] = { "higher", "lower", "same" };

const struct limits_key limits_file_keys[] = {
    { "format", true, "what this is, and its version" },
    { "limits", true, "figures by their names" },
    { "made_by", false, "the command that wrote it" },
    { "$schema", false, "for editors" },
    { NULL, false, NULL },
};

const struct limits_key limits_figure_keys[] = {
    { "value", true, "with its unit: 1.5 us, 10 kHz, 20 %, 3" },
    { "kind", true, "what it measures" },
    { "better", true, "which way is better; same: any change is worse" },
    { "tolerance", false, "how much worse it may become: 20% of the value, or 1us" },
    { NULL, false, NULL },
};

const char *limits_kind_name(unsigned i)
{
    return i < KINDS ? kinds[i].name : NULL;
}

const char *limits_better_name(unsigned i)
{
    return i < sizeof betters / sizeof betters[0] ? betters[i] : NULL;
}

static const struct kind_row *row_of(enum quantity_kind kind)
{
    unsigned i = 0;

    while (i + 1 < KINDS && kinds[i].kind != kind) {
        i++;
    }
    return &kinds[i];
}

void limits_init(struct limits *l)
{
    *l = (struct limits){ .limit = NULL };
}

void limits_free(struct limits *l)
{
    for (size_t i = 0; i < l->n; i++) {
        free(l->limit[i].name);
    }
    free(l->limit);
    limits_init(l);
}

/* Where the name is, or would stand. */
static size_t place_of(const struct limits *l, const char *name)
{
    size_t from = 0, to = l->n;

    while (from < to) {
        size_t mid = (from + to) / 2;

        if (strcmp(l->limit[mid].name, name) < 0) {
            from = mid + 1;
        } else {
            to = mid;
        }
    }
    return from;
}

struct limit *limits_find(const struct limits *l, const char *name)
{
    size_t i = place_of(l, name);

    return i < l->n && !strcmp(l->limit[i].name, name) ? &l->limit[i] : NULL;
}

void limits_add(struct limits *l, const char *name, enum quantity_kind kind, int64_t value, enum limit_better better)
{
    size_t i = place_of(l, name);

    if (i == l->n || strcmp(l->limit[i].name, name) != 0) {
        l->limit = memory_grown(l->limit, l->n + 1, sizeof *l->limit);
        memmove(l->limit + i + 1, l->limit + i, (l->n - i) * sizeof *l->limit);
        l->limit[i] = (struct limit){ .name = memory_text(name) };
        l->n++;
    }
    l->limit[i].kind = kind;
    l->limit[i].value = value;
    l->limit[i].better = better;
    l->limit[i].tolerance = (struct limit_tolerance){ .given = false };
}

/* ---- tolerances ---- */

static bool fits(const char *pattern, size_t n, const char *name)
{
    if (!n) {
        return !*name;
    }
    if (*pattern == '*') {
        return fits(pattern + 1, n - 1, name) || (*name && fits(pattern, n, name + 1));
    }
    return *pattern == *name && fits(pattern + 1, n - 1, name + 1);
}

/* Of a count or a percentage "20%" is relative too: what else would be meant is written as a plain number, or in ppm. */
static bool parse_tolerance(const char *text, enum quantity_kind kind, struct limit_tolerance *t, struct problem *err)
{
    size_t n = strlen(text);

    t->given = true;
    t->relative = n && text[n - 1] == '%';
    return quantity_parse(t->relative ? QUANTITY_PPM : kind, text, 0, t->relative ? 1000 * (int64_t)PPM : INT64_MAX / 4,
                          &t->amount, err);
}

bool limits_tolerate(struct limits *l, const char *text, struct problem *err)
{
    const char *colon = strrchr(text, ':');
    bool any = false;

    if (!colon || colon == text || !colon[1]) {
        return problem_set(err, "tolerance '%.200s': expected NAME:20%% or NAME:1us", text);
    }
    for (size_t i = 0; i < l->n; i++) {
        if (!fits(text, (size_t)(colon - text), l->limit[i].name)) {
            continue;
        }
        if (!parse_tolerance(colon + 1, l->limit[i].kind, &l->limit[i].tolerance, err)) {
            return problem_prefix(err, "tolerance '%.200s' for %s, a %s", text, l->limit[i].name,
                                  row_of(l->limit[i].kind)->name);
        }
        any = true;
    }
    if (!any) {
        problem_set(err, "tolerance '%.200s': no figure has that name%s", text, l->n ? "; there are" : "");
        for (size_t i = 0; i < l->n && i < 12; i++) {
            problem_append(err, "%s %s", i ? "," : "", l->limit[i].name);
        }
        return l->n > 12 ? problem_append(err, " and %zu more", l->n - 12) : false;
    }
    return true;
}

static const char *tolerance_text(const struct limit *l, char *buf, unsigned n)
{
    return quantity_text(l->tolerance.relative ? QUANTITY_PPM : l->kind, l->tolerance.amount, buf, n);
}

/* ---- the file ---- */

static bool name_is_fine(const char *name)
{
    if (!*name || strlen(name) > 200) {
        return false;
    }
    for (; *name; name++) {
        if (!isalnum((unsigned char)*name) && !strchr("._/-+", *name)) {
            return false;
        }
    }
    return true;
}

static int word_of(const char *text, const char *const *words, unsigned n)
{
    for (unsigned i = 0; text && i < n; i++) {
        if (!strcmp(text, words[i])) {
            return (int)i;
        }
    }
    return -1;
}

static bool read_kind(json_t *of, enum quantity_kind *kind, struct problem *err)
{
    const char *text = json_string_value(json_object_get(of, "kind"));

    for (unsigned i = 0; text && i < KINDS; i++) {
        if (!strcmp(text, kinds[i].name)) {
            *kind = kinds[i].kind;
            return true;
        }
    }
    return problem_set(err, "\"kind\" is %s%.40s: time, frequency, voltage, percentage or count",
                       text ? "no kind: " : "missing", text ? text : "");
}

static bool only_known(json_t *of, const struct limits_key *known, struct problem *err)
{
    const char *key;
    json_t *value;

    json_object_foreach(of, key, value)
    {
        bool is_known = false;

        for (const struct limits_key *k = known; k->key; k++) {
            is_known |= !strcmp(k->key, key);
        }
        if (!is_known) {
            return problem_set(err, "there is no key \"%.60s\"", key);
        }
    }
    return true;
}

static bool read_one(struct limits *l, const char *name, json_t *of, struct problem *err)
{
    const char *value = json_string_value(json_object_get(of, "value"));
    const char *tolerance = json_string_value(json_object_get(of, "tolerance"));
    int better = word_of(json_string_value(json_object_get(of, "better")), betters, 3);
    enum quantity_kind kind = QUANTITY_COUNT;
    int64_t v;

    if (!name_is_fine(name)) {
        return problem_set(err, "a name is made of letters, digits and \"._/-+\"");
    }
    if (!json_is_object(of)) {
        return problem_set(err, "expected an object with \"value\", \"kind\" and \"better\"");
    }
    if (!only_known(of, limits_figure_keys, err) || !read_kind(of, &kind, err)) {
        return false;
    }
    if (!value) {
        return problem_set(err, "\"value\" is missing or no text, such as \"%s\"", row_of(kind)->example);
    }
    if (better < 0) {
        return problem_set(err, "\"better\" is higher, lower or same");
    }
    if (json_object_get(of, "tolerance") && !tolerance) {
        return problem_set(err, "\"tolerance\" is no text, such as \"20%%\"");
    }
    if (!quantity_parse(kind, value, -INT64_MAX / 4, INT64_MAX / 4, &v, err)) {
        return false;
    }
    limits_add(l, name, kind, v, (enum limit_better)better);
    return !tolerance || parse_tolerance(tolerance, kind, &limits_find(l, name)->tolerance, err);
}

static bool read_all(struct limits *l, json_t *root, struct problem *err)
{
    const char *format = json_string_value(json_object_get(root, "format"));
    json_t *of = json_object_get(root, "limits"), *one;
    const char *name;

    if (!format || strcmp(format, FORMAT) != 0) {
        return format && !strncmp(format, FORMAT, strlen(FORMAT) - 1)
                   ? problem_set(err, "limits of another version, \"%.40s\": this limpet reads \"" FORMAT "\"", format)
                   : problem_set(err, "no file of limits: \"format\" is not \"" FORMAT "\"");
    }
    if (!only_known(root, limits_file_keys, err)) {
        return false;
    }
    if (!json_is_object(of)) {
        return problem_set(err, "\"limits\" is missing");
    }
    json_object_foreach(of, name, one)
    {
        if (!read_one(l, name, one, err)) {
            return problem_prefix(err, "\"%.80s\"", name);
        }
    }
    return true;
}

bool limits_parse(struct limits *l, const char *path, const char *text, size_t n, struct problem *err)
{
    json_error_t at;
    json_t *root = json_loadb(text, n, JSON_REJECT_DUPLICATES, &at);

    limits_init(l);
    if (!root) {
        return problem_set(err, "%s:%d:%d: %s", path, at.line, at.column, at.text);
    }
    bool ok = read_all(l, root, err) || problem_prefix(err, "%s", path);
    json_decref(root);
    if (!ok) {
        limits_free(l);
    }
    return ok;
}

bool limits_load(struct limits *l, const char *path, struct problem *err)
{
    char *text;
    size_t n;

    limits_init(l);
    if (!in_file_read(path, MAX_BYTES, &text, &n, NULL, err)) {
        return false;
    }
    bool ok = limits_parse(l, path, text, n, err);
    free(text);
    return ok;
}

static json_t *one_as_json(struct json_builder *b, const struct limit *l)
{
    json_t *of = json_object();
    char text[48];

    json_put(b, of, "value", json_string(quantity_text(l->kind, l->value, text, sizeof text)));
    json_put(b, of, "kind", json_string(row_of(l->kind)->name));
    json_put(b, of, "better", json_string(betters[l->better]));
    if (l->tolerance.given) {
        json_put(b, of, "tolerance", json_string(tolerance_text(l, text, sizeof text)));
    }
    return of;
}

bool limits_save(const struct limits *l, const char *path, const char *made_by, struct problem *err)
{
    struct json_builder b = { false };
    json_t *root = json_object(), *all = json_object();
    struct out_file out;

    for (size_t i = 0; i < l->n; i++) {
        json_put(&b, all, l->limit[i].name, one_as_json(&b, &l->limit[i]));
    }
    json_put(&b, root, "format", json_string(FORMAT));
    json_put(&b, root, "made_by", json_any_text(made_by));
    json_put(&b, root, "limits", all);
    char *text = json_text(&b, root, JSON_INDENT(2));
    if (!text) {
        return problem_set(err, "%s: out of memory", path);
    }
    bool ok = out_file_open(&out, path, err);
    if (ok) {
        out_file_text(&out, text);
        out_file_char(&out, '\n');
        ok = out_file_close(&out, err);
    }
    free(text);
    return ok;
}

/* ---- comparing ---- */

static int64_t slack(const struct limit *l)
{
    int64_t size = l->value < 0 ? -l->value : l->value;

    if (!l->tolerance.given) {
        return 0;
    }
    return l->tolerance.relative ? (int64_t)((__int128)size * l->tolerance.amount / PPM) : l->tolerance.amount;
}

static bool is_worse(const struct limit *was, int64_t value, int64_t *allowed)
{
    int64_t low = was->value - slack(was), high = was->value + slack(was);

    switch (was->better) {
    case LIMIT_HIGHER: *allowed = low; return value < low;
    case LIMIT_LOWER: *allowed = high; return value > high;
    case LIMIT_SAME: *allowed = value < low ? low : high; return value < low || value > high;
    }
    return false;
}

size_t limits_compare(const struct limits *was, const struct limits *is,
                      void (*worse)(void *ctx, const struct limit_difference *d), void *ctx)
{
    size_t n = 0;

    for (size_t i = 0; i < was->n; i++) {
        struct limit_difference d = { .was = &was->limit[i], .is = limits_find(is, was->limit[i].name) };

        if (!d.is) {
            d.change = LIMIT_GONE;
        } else if (d.is->kind != d.was->kind) {
            d.change = LIMIT_OTHER_KIND;
        } else if (is_worse(d.was, d.is->value, &d.allowed)) {
            d.change = LIMIT_WORSE;
        } else {
            continue;
        }
        n++;
        if (worse) {
            worse(ctx, &d);
        }
    }
    return n;
}

const char *limit_difference_text(const struct limit_difference *d, char *buf, size_t n)
{
    char is[48], was[48], allowed[48];

    quantity_text(d->was->kind, d->was->value, was, sizeof was);
    switch (d->change) {
    case LIMIT_GONE: snprintf(buf, n, "%s: was %s, and was not measured this time", d->was->name, was); break;
    case LIMIT_OTHER_KIND:
        snprintf(buf, n, "%s: was a %s, is a %s", d->was->name, row_of(d->was->kind)->name, row_of(d->is->kind)->name);
        break;
    case LIMIT_WORSE:
        snprintf(buf, n, "%s: %s, was %s (%s is better; allowed %s)", d->was->name,
                 quantity_text(d->is->kind, d->is->value, is, sizeof is), was,
                 d->was->better == LIMIT_SAME ? "the same" : betters[d->was->better],
                 quantity_text(d->was->kind, d->allowed, allowed, sizeof allowed));
        break;
    }
    return buf;
}
