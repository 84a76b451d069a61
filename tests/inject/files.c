/* SPDX-License-Identifier: GPL-3.0-or-later */
/* files.c - files as they were and as they should be, and a folder's copy */
#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/inject/inject.h"

char *contents(const char *path, size_t *n)
{
    FILE *f = fopen(path, "rb");
    char *bytes = NULL;

    *n = 0;
    if (f) {
        size_t room = 1 << 16;
        bytes = malloc(room);
        for (size_t got; (got = fread(bytes + *n, 1, room - 1 - *n, f)) > 0;) {
            *n += got;
            if (*n == room - 1) {
                bytes = realloc(bytes, room *= 2);
            }
        }
        bytes[*n] = 0;
        fclose(f);
    }
    return bytes;
}

void put(const char *path, const char *bytes, size_t n)
{
    unlink(path);
    FILE *f = bytes ? fopen(path, "wb") : NULL;
    if (f) {
        fwrite(bytes, 1, n, f);
        fclose(f);
    }
}

static const char *away, *home;

void files_are_away(const char *from, const char *to)
{
    away = from;
    home = to;
}

/* home is no longer than away */
static void name_home(char *bytes, size_t *n)
{
    size_t n_away = strlen(away), n_home = strlen(home);

    for (char *at = bytes; (at = memmem(at, *n - (size_t)(at - bytes), away, n_away)); at += n_home) {
        memcpy(at, home, n_home);
        memmove(at + n_home, at + n_away, *n - (size_t)(at - bytes) - n_away);
        *n -= n_away - n_home;
    }
}

bool is(const char *path, const char *bytes, size_t n)
{
    size_t m;
    char *now = contents(path, &m);
    if (now && away) {
        name_home(now, &m);
    }
    bool same = (!now && !bytes) || (now && bytes && m == n && !memcmp(now, bytes, n));

    free(now);
    return same;
}

bool no_temporary_file(void)
{
    DIR *d = opendir(".");
    bool clean = true;

    for (struct dirent *e; d && (e = readdir(d));) {
        clean = clean && strncmp(e->d_name, ".limpet-", 8) != 0;
    }
    closedir(d);
    return clean;
}

struct folder {
    char **name; /* of what stays as it is */
    unsigned n;
};

static bool is_dots(const char *name)
{
    return !strcmp(name, ".") || !strcmp(name, "..");
}

static bool has(const struct folder *f, const char *name)
{
    for (unsigned i = 0; f && i < f->n; i++) {
        if (!strcmp(f->name[i], name)) {
            return true;
        }
    }
    return false;
}

struct folder *folder_of_now(const char *const *but, unsigned n_but)
{
    struct folder *f = calloc(1, sizeof *f), changes = { (char **)(uintptr_t)but, n_but };
    DIR *d = opendir(".");

    for (struct dirent *e; d && (e = readdir(d));) {
        if ((e->d_type == DT_REG || e->d_type == DT_DIR) && !is_dots(e->d_name) && !has(&changes, e->d_name)) {
            f->name = realloc(f->name, (f->n + 1) * sizeof *f->name);
            f->name[f->n++] = strdup(e->d_name);
        }
    }
    closedir(d);
    return f;
}

void folder_free(struct folder *f)
{
    for (unsigned i = 0; i < f->n; i++) {
        free(f->name[i]);
    }
    free(f->name);
    free(f);
}

static void empty(const char *folder, const struct folder *but)
{
    char path[2048];
    DIR *d = opendir(folder);

    for (struct dirent *e; d && (e = readdir(d));) {
        snprintf(path, sizeof path, "%s/%s", folder, e->d_name);
        if (is_dots(e->d_name) || has(but, e->d_name)) {
            continue;
        }
        if (e->d_type == DT_DIR) {
            empty(path, NULL);
            rmdir(path);
        } else {
            unlink(path);
        }
    }
    closedir(d);
}

static void copy(const char *from, const char *to, const struct folder *but)
{
    char a[2048], b[2048], link[2048];
    DIR *d = opendir(from);

    for (struct dirent *e; d && (e = readdir(d));) {
        snprintf(a, sizeof a, "%s/%s", from, e->d_name);
        snprintf(b, sizeof b, "%s/%s", to, e->d_name);
        if (is_dots(e->d_name) || has(but, e->d_name)) {
            continue;
        }
        if (e->d_type == DT_DIR) {
            mkdir(b, 0777);
            copy(a, b, NULL);
        } else if (e->d_type == DT_LNK) {
            ssize_t n = readlink(a, link, sizeof link - 1);
            link[n < 0 ? 0 : n] = 0;
            if (symlink(link, b)) {
                perror(b);
            }
        } else if (e->d_type == DT_REG) {
            size_t n;
            char *bytes = contents(a, &n);
            put(b, bytes, n);
            free(bytes);
        }
    }
    closedir(d);
}

void folder_copy(const struct folder *f)
{
    mkdir(COPY_FOLDER, 0777);
    empty(COPY_FOLDER, f);
    copy(".", COPY_FOLDER, f);
}
