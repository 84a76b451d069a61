/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "harness/base/input_file.h"

#include "wave/in_file.h"

#include <sha2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct input_file *add(struct input_files *set, const char *path)
{
    struct input_file **list = realloc(set->file, (set->n + 1) * sizeof *list);
    if (list) {
        set->file = list;
    }
    struct input_file *f = list ? calloc(1, sizeof *f) : NULL;
    if (f && !(f->path = strdup(path))) {
        free(f);
        f = NULL;
    }
    return f;
}

void input_bytes_digest(const void *bytes, size_t n, char text[INPUT_FILE_DIGEST_CHARS + 1])
{
    SHA256Data(bytes, n, text);
}

const struct input_file *input_files_get(struct input_files *set, const char *path, size_t max_bytes, int *errno_of,
                                         struct problem *err)
{
    if (errno_of) {
        *errno_of = 0;
    }
    for (unsigned i = 0; i < set->n; i++) {
        if (!strcmp(set->file[i]->path, path)) {
            if (set->file[i]->n <= max_bytes) {
                return set->file[i];
            }
            problem_set(err, "%s: larger than the %zu bytes that such a file may have", path, max_bytes);
            return NULL;
        }
    }
    if (set->closed) {
        problem_set(err, "%s: not read when the runs began: no choice names it alone, only some combination does",
                    path);
        return NULL;
    }
    char *bytes;
    size_t n;
    if (!in_file_read(path, max_bytes, &bytes, &n, errno_of, err)) {
        return NULL;
    }
    struct input_file *f = add(set, path);
    if (!f) {
        free(bytes);
        problem_set(err, "%s: out of memory", path);
        return NULL;
    }
    f->bytes = bytes;
    f->n = n;
    set->file[set->n++] = f;
    return f;
}

const char *input_file_digest(struct input_file *f)
{
    if (!f->sha256[0]) {
        input_bytes_digest(f->bytes, f->n, f->sha256);
    }
    return f->sha256;
}

bool input_file_unchanged(const struct input_file *f, struct problem *err)
{
    char *bytes;
    size_t n;

    if (!in_file_read(f->path, f->n + 1, &bytes, &n, NULL, err)) {
        return false;
    }
    bool same = n == f->n && !memcmp(bytes, f->bytes, n);
    free(bytes);
    return same || problem_set(err, "%s changed since the run began", f->path);
}

bool input_files_note(struct input_files *set, const char *path, const char *sha256)
{
    struct input_file *f = add(set, path);
    if (!f) {
        return false;
    }
    snprintf(f->sha256, sizeof f->sha256, "%s", sha256);
    set->file[set->n++] = f;
    return true;
}

void input_files_free(struct input_files *set)
{
    for (unsigned i = 0; i < set->n; i++) {
        free(set->file[i]->path);
        free(set->file[i]->bytes);
        free(set->file[i]);
    }
    free(set->file);
    *set = (struct input_files){ 0 };
}
