/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "wave/out_path.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

enum { MAX_LINKS = 40 }; /* as the kernel follows */

char *out_path_folder(const char *path)
{
    const char *slash = strrchr(path, '/');
    if (!slash) {
        return strdup(".");
    }
    return strndup(path, slash == path ? 1 : (size_t)(slash - path));
}

uint64_t out_path_name_hash(const char *path)
{
    const char *slash = strrchr(path, '/');
    uint64_t h = 14695981039346656037u; /* FNV-1a */
    for (const char *c = slash ? slash + 1 : path; *c; c++) {
        h = (h ^ (uint8_t)*c) * 1099511628211u;
    }
    return h;
}

/* *error: where that can't be said; else a link there would be taken for one that names a file */
static bool lies_in_proc(const char *path, int *error)
{
    struct statfs fs;
    char *folder = out_path_folder(path);
    int failed = folder ? 0 : ENOMEM;

    while (folder && (failed = statfs(folder, &fs) == 0 ? 0 : errno) == EINTR) {
    }
    free(folder);
    *error = failed == ENOENT || failed == ENOTDIR ? 0 : failed; /* nothing lies there */
    return !failed && (unsigned long)fs.f_type == PROC_SUPER_MAGIC;
}

/* "/proc/self/fd/3": 3; -1: of another process, or none. */
static int own_descriptor(const char *path)
{
    char *folder = out_path_folder(path), *end;
    char *real = folder ? realpath(folder, NULL) : NULL;
    char own[64];
    const char *base = strrchr(path, '/');
    long n = base ? strtol(base + 1, &end, 10) : -1;

    snprintf(own, sizeof own, "/proc/%ld/fd", (long)getpid());
    bool ours = real && !strcmp(real, own) && n >= 0 && n <= INT_MAX && end != base + 1 && !*end;
    free(real);
    free(folder);
    return ours ? (int)n : -1;
}

/* The path that a link leads to. NULL: errno. */
static char *follow(const char *link)
{
    char to[PATH_MAX], *joined = NULL;
    ssize_t n = readlink(link, to, sizeof to - 1);
    if (n < 0) {
        return NULL;
    }
    to[n] = '\0';
    if (to[0] == '/') {
        return strdup(to);
    }
    char *folder = out_path_folder(link);
    if (!folder || asprintf(&joined, "%s/%s", folder, to) < 0) {
        joined = NULL;
        errno = ENOMEM;
    }
    free(folder);
    return joined;
}

static int look_at_end(struct out_path *p, const struct stat *st)
{
    p->exists = true;
    p->mode = st->st_mode & 07777;
    if (S_ISDIR(st->st_mode)) {
        return EISDIR;
    }
    p->kind = S_ISREG(st->st_mode) ? OUT_PATH_REGULAR : OUT_PATH_STREAM;
    return access(p->final, W_OK) == 0 ? 0 : errno; /* a rename would replace what its owner protected */
}

int out_path_look(struct out_path *p, const char *path)
{
    int error = ELOOP;

    *p = (struct out_path){ .kind = OUT_PATH_REGULAR, .descriptor = -1, .final = strdup(path) };
    if (!p->final) {
        return ENOMEM;
    }
    for (unsigned i = 0; i < MAX_LINKS; i++) {
        struct stat st;
        int unknown;
        if (lstat(p->final, &st) != 0) {
            size_t n = strlen(p->final);
            error = errno;
            if (error == ENOENT && n && p->final[n - 1] != '/' && !lies_in_proc(p->final, &unknown)) {
                error = unknown; /* 0: a new file */
            }
            break;
        }
        if (!S_ISLNK(st.st_mode)) {
            error = look_at_end(p, &st);
            break;
        }
        bool in_proc = lies_in_proc(p->final, &unknown);
        if (unknown) {
            error = unknown;
            break;
        }
        if (in_proc) { /* what it points to has no name of its own to rename to */
            p->descriptor = own_descriptor(p->final);
            p->kind = p->descriptor >= 0 ? OUT_PATH_DESCRIPTOR : OUT_PATH_STREAM;
            p->exists = true;
            int mode = p->descriptor >= 0 ? fcntl(p->descriptor, F_GETFL) : O_WRONLY;
            error = mode < 0 ? errno : (mode & O_ACCMODE) == O_RDONLY ? EACCES : 0;
            break;
        }
        char *next = follow(p->final);
        if (!next) {
            error = errno;
            break;
        }
        free(p->final);
        p->final = next;
    }
    if (error) {
        out_path_free(p);
    }
    return error;
}

void out_path_free(struct out_path *p)
{
    free(p->final);
    p->final = NULL;
}

/* Device and inode of a file, or those of its folder and its name, while there is none. */
static bool identity(const struct out_path *p, struct stat *st, const char **name)
{
    *name = "";
    if (p->kind != OUT_PATH_REGULAR) {
        return false; /* two outputs may share a pipe or a terminal */
    }
    if (stat(p->final, st) == 0) {
        return true;
    }
    char *folder = out_path_folder(p->final);
    bool ok = folder && stat(folder, st) == 0;
    const char *slash = strrchr(p->final, '/');
    *name = slash ? slash + 1 : p->final;
    free(folder);
    return ok;
}

bool out_path_both_descriptors(const char *a, const char *b)
{
    struct out_path p;
    bool both = true;

    for (unsigned i = 0; i < 2; i++) {
        both = both && !out_path_look(&p, i ? b : a) && p.kind == OUT_PATH_DESCRIPTOR;
        out_path_free(&p);
    }
    return both;
}

bool out_path_same(const char *a, const char *b)
{
    struct out_path pa, pb = { 0 };
    struct stat sa, sb;
    const char *na, *nb;

    if (stat(a, &sa) == 0 && stat(b, &sb) == 0) { /* whatever may be done with them, and by whatever names */
        return S_ISREG(sa.st_mode) && sa.st_dev == sb.st_dev && sa.st_ino == sb.st_ino;
    }
    if (out_path_look(&pa, a)) {
        return false;
    }
    bool same = !out_path_look(&pb, b) && identity(&pa, &sa, &na) && identity(&pb, &sb, &nb) &&
                sa.st_dev == sb.st_dev && sa.st_ino == sb.st_ino && !strcmp(na, nb);
    out_path_free(&pa);
    out_path_free(&pb);
    return same;
}
