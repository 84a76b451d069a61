/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "wave/wave_list.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "wave/csv_read.h"
#include "wave/in_file.h"
#include "wave/sr_read.h"
#include "wave/vcd_read.h"

void wave_list_init(struct wave_list *w)
{
    memset(w, 0, sizeof *w);
}

void wave_list_free(struct wave_list *w)
{
    const struct wave_sink *sink = w->sink;
    for (unsigned i = 0; i < w->n_signals; i++) {
        free(w->signals[i].name);
    }
    free(w->signals);
    free(w->changes);
    wave_list_init(w);
    w->sink = sink;
}

int wave_list_add_signal(struct wave_list *w, const char *name, enum wave_kind kind, unsigned bits)
{
    if (w->n_signals == WAVE_MAX_SIGNALS) {
        return -1;
    }
    if (w->n_signals == w->cap_signals) {
        unsigned cap = w->cap_signals ? 2 * w->cap_signals : 16;
        struct wave_signal *more = realloc(w->signals, cap * sizeof *more);
        if (!more) {
            return -1;
        }
        w->signals = more;
        w->cap_signals = cap;
    }
    if (w->sink && !w->sink->signal(w->sink->ctx, w->n_signals, name, kind, bits)) {
        return -1;
    }
    char *copy = strdup(name);
    if (!copy) {
        return -1;
    }
    w->signals[w->n_signals] = (struct wave_signal){ copy, kind, bits };
    return (int)w->n_signals++;
}

void wave_printable(char *text)
{
    for (; *text; text++) {
        if ((unsigned char)*text < ' ' || (unsigned char)*text >= 127) {
            *text = '?';
        }
    }
}

uint32_t wave_list_max_changes(const struct wave_list *w)
{
    return w->sink ? WAVE_MAX_SINK_CHANGES : WAVE_MAX_CHANGES;
}

/* Room for n more in the sink. */
static bool sink_takes(struct wave_list *w, uint32_t n)
{
    if (w->n_sunk > WAVE_MAX_SINK_CHANGES - n) {
        return false;
    }
    w->n_sunk += n;
    return true;
}

bool wave_list_add(struct wave_list *w, sim_time at_ps, unsigned signal, bool is_mv, int32_t value)
{
    if (w->sink) {
        if (is_mv && w->signals[signal].kind == WAVE_LEVELS) {
            w->signals[signal].kind = WAVE_MILLIVOLTS;
        }
        return sink_takes(w, 1) && w->sink->change(w->sink->ctx, at_ps, signal, is_mv, value);
    }
    if (!is_mv) {
        value &= ~WAVE_WEAK;
    }
    if (w->n_changes == w->cap_changes) {
        uint32_t cap = w->cap_changes ? 2 * w->cap_changes : 1024;
        if (cap > WAVE_MAX_CHANGES) {
            return false;
        }
        struct wave_change *more = realloc(w->changes, cap * sizeof *more);
        if (!more) {
            return false;
        }
        w->changes = more;
        w->cap_changes = cap;
    }
    w->changes[w->n_changes++] = (struct wave_change){ at_ps, value, (uint16_t)signal, is_mv };
    if (is_mv && w->signals[signal].kind == WAVE_LEVELS) {
        w->signals[signal].kind = WAVE_MILLIVOLTS;
    }
    return true;
}

bool wave_list_add_text(struct wave_list *w, sim_time at_ps, unsigned signal, const char *text)
{
    return !w->sink || !w->sink->text ||
           (sink_takes(w, WAVE_TEXT_CHANGES) && w->sink->text(w->sink->ctx, at_ps, signal, text));
}

char *wave_trim(char *s)
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

enum wave_name_match wave_name_match(const char *full, const char *name)
{
    size_t n = strlen(name), len = strlen(full);
    if (strcmp(full, name) == 0) {
        return WAVE_NAME_SAME;
    }
    return len > n && full[len - n - 1] == '.' && strcmp(full + len - n, name) == 0 ? WAVE_NAME_ENDS_SO
                                                                                    : WAVE_NAME_OTHER;
}

int wave_list_find(const struct wave_list *w, const char *name)
{
    int found = -1;
    for (unsigned i = 0; i < w->n_signals; i++) {
        enum wave_name_match match = wave_name_match(w->signals[i].name, name);
        if (match == WAVE_NAME_SAME) {
            return (int)i;
        }
        if (match == WAVE_NAME_ENDS_SO) {
            found = found == -1 ? (int)i : -2;
        }
    }
    return found;
}

/* Numbers of volts in a signal that also has plain 0 and 1: those are volts too. */
static void settle_kinds(struct wave_list *w)
{
    for (uint32_t i = 0; i < w->n_changes; i++) {
        struct wave_change *c = &w->changes[i];
        if (w->signals[c->signal].kind == WAVE_MILLIVOLTS && !c->is_mv) {
            c->is_mv = true;
            c->value = c->value == 1 ? 1000 : 0;
        }
    }
}

enum kind { KIND_CSV, KIND_VCD, KIND_SR };

static enum kind kind_of(const char *name, int first)
{
    const char *dot = strrchr(name, '.');
    if (first == 'P' || (dot && strcasecmp(dot, ".sr") == 0)) { /* zip: "PK" */
        return KIND_SR;
    }
    return first == '$' || (dot && strcasecmp(dot, ".vcd") == 0) ? KIND_VCD : KIND_CSV;
}

static int first_of(int fd)
{
    char first;
    return pread(fd, &first, 1, 0) == 1 ? first : -1;
}

static bool finish(struct wave_list *w, bool ok)
{
    if (ok) {
        settle_kinds(w);
    } else {
        wave_list_free(w);
    }
    return ok;
}

/* Closes f. */
static bool read_text(struct wave_list *w, const struct wave_sink *sink, enum kind kind, FILE *f, const char *name,
                      struct problem *err)
{
    wave_list_init(w);
    w->sink = sink;
    bool ok = kind == KIND_VCD ? vcd_read(w, f, name, err) : csv_read(w, f, name, err);
    fclose(f);
    return finish(w, ok);
}

bool wave_list_parse(struct wave_list *w, const struct wave_sink *sink, const char *name, const char *bytes, size_t n,
                     struct problem *err)
{
    enum kind kind = kind_of(name, n ? bytes[0] : -1);
    wave_list_init(w);
    w->sink = sink;
    if (kind == KIND_SR) {
        return finish(w, sr_read(w, name, bytes, n, err));
    }
    FILE *f = fmemopen((void *)(uintptr_t)bytes, n, "r");
    return f ? read_text(w, sink, kind, f, name, err) : problem_set(err, "%s: %s", name, strerror(errno));
}

bool wave_list_load(struct wave_list *w, const char *path, struct problem *err)
{
    return wave_list_load_into(w, NULL, path, err);
}

bool wave_list_load_into(struct wave_list *w, const struct wave_sink *sink, const char *path, struct problem *err)
{
    bool is_regular;
    wave_list_init(w);
    int fd = in_file_open(path, WAVE_MAX_FILE_BYTES, &is_regular, err);
    if (fd < 0) {
        return false;
    }
    bool ok;
    enum kind kind = is_regular ? kind_of(path, first_of(fd)) : KIND_SR;
    if (kind != KIND_SR) { /* a piece at a time: it may be larger than what it holds */
        FILE *f = fdopen(fd, "re");
        ok = f ? read_text(w, sink, kind, f, path, err) : problem_set(err, "%s: %s", path, strerror(errno));
        if (!f) {
            close(fd);
        }
        return ok;
    }
    char *bytes;
    size_t n;
    ok = in_file_rest(fd, path, WAVE_MAX_FILE_BYTES, &bytes, &n, err);
    close(fd);
    if (ok) {
        ok = wave_list_parse(w, sink, path, bytes, n, err);
        free(bytes);
    }
    return ok;
}
