/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * viewer_session.c - how a recording was looked at, as lines of text
 *
 *      row 26 shown sck        row 23 hidden took        group open what the target does
 *      cursor A 25203000000    theme dark                fold on
 *      show 25200000000 25360000000                      mark 3 25203000000
 *
 * Times in ps. A name goes on to the end of its line, so it comes last. Rows and groups in the order in which they show.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "wave/draw/viewer.h"
#include "wave/out_file.h"

bool viewer_session_save(const struct viewer *v, const char *path, struct problem *err)
{
    struct out_file *out = malloc(sizeof *out);
    char line[200];
    if (!out) {
        return problem_set(err, "%s: out of memory", path);
    }
    if (!out_file_open(out, path, err)) {
        free(out);
        return false;
    }
    out_file_text(out, "# limpet view: how this recording was looked at\n");
    for (unsigned i = 0; i < v->view.n_rows; i++) {
        const struct view_row *r = &v->view.rows[i];
        if (r->kind == VIEW_GROUP) {
            snprintf(line, sizeof line, "group %s %s\n", r->closed ? "closed" : "open", v->view.groups[r->index]);
            out_file_text(out, line);
            continue;
        }
        snprintf(line, sizeof line, "row %.0f %s ", r->height, r->hidden ? "hidden" : "shown");
        out_file_text(out, line);
        out_file_text(out, view_row_name(&v->view, i));
        out_file_char(out, '\n');
    }
    snprintf(line, sizeof line, "show %" PRIu64 " %" PRIu64 "\ntheme %s\nfold %s\n", v->view.from_ps, v->view.to_ps,
             theme_names[v->view.theme], v->view.fold ? "on" : "off");
    out_file_text(out, line);
    for (unsigned i = 0; i < 2; i++) {
        if (v->view.cursor_ps[i] != SIM_NEVER) {
            snprintf(line, sizeof line, "cursor %c %" PRIu64 "\n", 'A' + i, v->view.cursor_ps[i]);
            out_file_text(out, line);
        }
    }
    for (unsigned i = 0; i < VIEWER_MARKS; i++) {
        if (v->marks[i] != SIM_NEVER) {
            snprintf(line, sizeof line, "mark %u %" PRIu64 "\n", i, v->marks[i]);
            out_file_text(out, line);
        }
    }
    for (const char *p = v->missing; *p;) { /* of another version of the recording: kept */
        size_t n = strcspn(p, "\n");
        snprintf(line, sizeof line, "row 26 shown %.*s\n", (int)n, p);
        out_file_text(out, line);
        p += n + (p[n] == '\n');
    }
    bool ok = out_file_close(out, err);
    free(out);
    return ok;
}

/* Row `name` becomes number `at`. False: there is none behind. */
static bool place_row(struct viewer *v, unsigned at, const char *name, double height, bool hidden)
{
    for (unsigned i = at; i < v->view.n_rows; i++) {
        if (v->view.rows[i].kind != VIEW_GROUP && strcmp(view_row_name(&v->view, i), name) == 0) {
            struct view_row row = v->view.rows[i];
            memmove(&v->view.rows[at + 1], &v->view.rows[at], (i - at) * sizeof row);
            row.height = height;
            row.hidden = hidden;
            v->view.rows[at] = row;
            return true;
        }
    }
    return false;
}

static bool read_line(struct viewer *v, char *line, unsigned *at)
{
    char word[16], cursor;
    double height;
    uint64_t a, b;
    int name = 0;
    if (sscanf(line, "row %lf %15s %n", &height, word, &name) == 2 && name && line[name]) {
        bool hidden = strcmp(word, "hidden") == 0;
        if (!(height >= 10 && height <= 300) || (!hidden && strcmp(word, "shown") != 0)) {
            return false;
        }
        if (place_row(v, *at, line + name, height, hidden)) {
            ++*at;
        } else if (strlen(v->missing) + strlen(line + name) + 2 < sizeof v->missing) {
            strcat(strcat(v->missing, line + name), "\n");
        }
        return true;
    }
    if (sscanf(line, "group %15s %n", word, &name) == 1 && name && line[name]) {
        bool closed = strcmp(word, "closed") == 0;
        if ((!closed && strcmp(word, "open") != 0) || !view_add_group(&v->view, *at, line + name)) {
            return false;
        }
        v->view.rows[(*at)++].closed = closed;
        return true;
    }
    unsigned digit;
    if (sscanf(line, "mark %u %" SCNu64, &digit, &a) == 2 && digit < VIEWER_MARKS) {
        v->marks[digit] = a;
        return true;
    }
    if (sscanf(line, "show %" SCNu64 " %" SCNu64, &a, &b) == 2) {
        bool fits = a < b && a < v->view.doc->end_ps;
        v->view.from_ps = fits ? a : v->view.from_ps;
        v->view.to_ps = fits ? (b < v->view.doc->end_ps ? b : v->view.doc->end_ps) : v->view.to_ps;
        return a < b;
    }
    if (sscanf(line, "cursor %c %" SCNu64, &cursor, &a) == 2 && (cursor == 'A' || cursor == 'B')) {
        v->view.cursor_ps[cursor - 'A'] = a;
        return true;
    }
    if (sscanf(line, "theme %15s", word) == 1) {
        return theme_named(word, &v->view.theme);
    }
    if (sscanf(line, "fold %15s", word) == 1) {
        v->view.fold = strcmp(word, "on") == 0;
        return v->view.fold || strcmp(word, "off") == 0;
    }
    return line[0] == '#' || !line[0];
}

bool viewer_session_load(struct viewer *v, const char *path, struct problem *err)
{
    FILE *f = fopen(path, "re");
    char line[1200];
    unsigned at = 0, number = 0;
    bool ok = true;
    v->missing[0] = 0;
    if (!f) {
        return errno == ENOENT || problem_set(err, "%s: %s", path, strerror(errno));
    }
    while (ok && fgets(line, sizeof line, f)) {
        line[strcspn(line, "\n")] = 0;
        number++;
        if (!read_line(v, line, &at)) {
            ok = problem_set(err, "%s:%u: \"%.60s\" is no line of a session", path, number, line);
        }
    }
    fclose(f);
    viewer_resize(v, v->width, v->height);
    return ok;
}
