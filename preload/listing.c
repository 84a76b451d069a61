/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * listing.c - what is in a folder: the machine's entries, then what the bench has in it; of its own folders only that
 *
 * libc's glob() and scandir() list by calls that nobody can see: they are given ours. nftw() and fts are not.
 */
#include "preload/bench.h"
#include "preload/calls.h"
#include "preload/descriptors.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MAX_DIRS = 16, DOTS = 2 };

static struct listed {
    DIR *dir;
    bool own; /* nothing of the machine is in it */
    char path[EXEC_PATH_BYTES];
    unsigned next;       /* to look at: "." and "..", then the names */
    struct dirent entry; /* the same as struct dirent64 */
} listed[MAX_DIRS];

_Static_assert(sizeof(struct dirent) == sizeof(struct dirent64), "a machine with two kinds of struct dirent");

/* What d is called in this folder; NULL: it stands elsewhere. */
static const char *name_in(const char *folder, const struct exec_name *d)
{
    size_t n = strlen(folder);
    const char *below = !strncmp(d->path, folder, n) && d->path[n] == '/' ? d->path + n + 1 : NULL;

    return below && !strchr(below, '/') ? below : NULL;
}

static struct listed *listed_of(const DIR *dir)
{
    for (unsigned i = 0; dir && i < MAX_DIRS; i++) {
        if (listed[i].dir == dir) {
            return &listed[i];
        }
    }
    return NULL;
}

static bool any_in(const char *folder)
{
    size_t n;
    const struct exec_name *names = bench_names(&n);

    for (size_t i = 0; i < n; i++) {
        if (name_in(folder, &names[i])) {
            return true;
        }
    }
    return false;
}

static void keep(DIR *dir, const char *path, bool own)
{
    struct listed *l = NULL;

    for (unsigned i = 0; i < MAX_DIRS && !l; i++) {
        l = listed[i].dir ? NULL : &listed[i];
    }
    if (l && dir && strlen(path) < sizeof l->path) {
        *l = (struct listed){ .dir = dir, .own = own, .next = own ? 0 : DOTS };
        strcpy(l->path, path);
    }
}

/* A folder of the machine in which the bench has something. */
static void keep_machines(DIR *dir, const char *path)
{
    char *full = bench_is_on() && dir ? REAL(realpath)(path, NULL) : NULL;

    if (full && any_in(full)) {
        keep(dir, full, false);
    }
    free(full);
}

EXPORT DIR *opendir(const char *path)
{
    int fd = device_open_path(AT_FDCWD, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC), saved;

    if (fd != -2) {
        return fd < 0 ? NULL : fdopendir(fd);
    }
    DIR *dir = REAL(opendir)(path);

    saved = errno;
    keep_machines(dir, path);
    errno = saved;
    return dir;
}

EXPORT DIR *fdopendir(int fd)
{
    DIR *dir = REAL(fdopendir)(fd);
    int saved = errno;
    char link[64];

    if (dir && folder_path(fd)) {
        keep(dir, folder_path(fd), true);
    } else {
        snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
        keep_machines(dir, link);
    }
    errno = saved;
    return dir;
}

EXPORT int closedir(DIR *dir)
{
    struct listed *l = listed_of(dir);

    if (l) {
        l->dir = NULL;
        folder_forget(dirfd(dir));
    }
    return REAL(closedir)(dir);
}

EXPORT void rewinddir(DIR *dir)
{
    struct listed *l = listed_of(dir);

    if (l) {
        l->next = l->own ? 0 : DOTS;
    }
    REAL(rewinddir)(dir);
}

static struct dirent *entry(struct listed *l, const char *name, unsigned char type)
{
    l->entry = (struct dirent){ .d_ino = l->next, .d_type = type, .d_reclen = sizeof l->entry };
    strncpy(l->entry.d_name, name, sizeof l->entry.d_name - 1);
    return &l->entry;
}

static struct dirent *next_of_bench(struct listed *l)
{
    size_t n;
    const struct exec_name *names = bench_names(&n);

    while (l && l->next < n + DOTS) {
        unsigned i = l->next++;

        if (i < DOTS) {
            return entry(l, i ? ".." : ".", DT_DIR);
        }
        const struct exec_name *d = &names[i - DOTS];

        if (name_in(l->path, d)) {
            return entry(l, name_in(l->path, d), S_ISCHR(d->mode) ? DT_CHR : S_ISDIR(d->mode) ? DT_DIR : DT_REG);
        }
    }
    return NULL;
}

/* A real file of a device's name is not listed twice. */
static bool hidden(const struct listed *l, const char *name)
{
    size_t n;
    const struct exec_name *names = bench_names(&n);

    for (size_t i = 0; l && i < n; i++) {
        const char *ours = name_in(l->path, &names[i]);

        if (ours && !strcmp(ours, name)) {
            return true;
        }
    }
    return false;
}

EXPORT struct dirent *readdir(DIR *dir)
{
    struct listed *l = listed_of(dir);
    struct dirent *e = NULL;

    if (!l || !l->own) {
        do {
            e = REAL(readdir)(dir);
        } while (e && hidden(l, e->d_name));
    }
    return e ? e : next_of_bench(l);
}

EXPORT struct dirent64 *readdir64(DIR *dir)
{
    return (struct dirent64 *)readdir(dir);
}

/* Deprecated, and still called. */
static int next_into(DIR *dir, struct dirent *room, struct dirent **got)
{
    int saved = errno;

    errno = 0;
    struct dirent *e = readdir(dir);
    int error = errno;

    errno = saved;
    *got = NULL;
    if (e) {
        *room = *e;
        *got = room;
    }
    return e ? 0 : error;
}

EXPORT int readdir_r(DIR *restrict dir, struct dirent *restrict room, struct dirent **restrict got)
{
    return next_into(dir, room, got);
}

EXPORT int readdir64_r(DIR *restrict dir, struct dirent64 *restrict room, struct dirent64 **restrict got)
{
    return next_into(dir, (struct dirent *)room, (struct dirent **)(void *)got);
}

/* ---- libc's that list by themselves ---- */

EXPORT int scandir(const char *restrict path, struct dirent ***restrict list, int (*wanted)(const struct dirent *),
                   int (*compare)(const struct dirent **, const struct dirent **))
{
    DIR *dir = opendir(path);
    struct dirent **all = NULL, *e;
    size_t n = 0;

    while (dir && (e = readdir(dir))) {
        struct dirent **more = !wanted || wanted(e) ? realloc(all, (n + 1) * sizeof *all) : NULL;
        size_t bytes = offsetof(struct dirent, d_name) + strlen(e->d_name) + 1;

        if (more) {
            all = more;
            all[n] = malloc(bytes);
            if (all[n]) {
                memcpy(all[n++], e, bytes);
            }
        }
    }
    if (!dir) {
        return -1;
    }
    closedir(dir);
    if (compare && n) {
        qsort(all, n, sizeof *all, (int (*)(const void *, const void *))(void (*)(void))compare);
    }
    *list = all ? all : malloc(1);
    return (int)n;
}

EXPORT int scandir64(const char *restrict path, struct dirent64 ***restrict list,
                     int (*wanted)(const struct dirent64 *),
                     int (*compare)(const struct dirent64 **, const struct dirent64 **))
{
    return scandir(path, (struct dirent ***)(void *)list, (int (*)(const struct dirent *))(void (*)(void))wanted,
                   (int (*)(const struct dirent **, const struct dirent **))(void (*)(void))compare);
}

static void *open_for_glob(const char *path)
{
    return opendir(path);
}

static struct dirent *read_for_glob(void *dir)
{
    return readdir(dir);
}

static void close_for_glob(void *dir)
{
    closedir(dir);
}

static int stat_for_glob(const char *restrict path, struct stat *restrict st)
{
    return stat(path, st);
}

static int lstat_for_glob(const char *restrict path, struct stat *restrict st)
{
    return lstat(path, st);
}

EXPORT int glob(const char *restrict pattern, int flags, int (*failed)(const char *, int), glob_t *restrict g)
{
    if (!bench_is_on() || flags & GLOB_ALTDIRFUNC) {
        return REAL(glob)(pattern, flags, failed, g);
    }
    g->gl_opendir = open_for_glob;
    g->gl_readdir = read_for_glob;
    g->gl_closedir = close_for_glob;
    g->gl_stat = stat_for_glob;
    g->gl_lstat = lstat_for_glob;
    return REAL(glob)(pattern, flags | GLOB_ALTDIRFUNC, failed, g);
}

EXPORT int glob64(const char *restrict pattern, int flags, int (*failed)(const char *, int), glob64_t *restrict g)
{
    return glob(pattern, flags, failed, (glob_t *)(void *)g);
}
