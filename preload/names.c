/* SPDX-License-Identifier: GPL-3.0-or-later */
/* names.c - what stat(), access(), realpath() and the listing of a folder say of the devices */
#include "preload/bench.h"
#include "preload/calls.h"
#include "preload/descriptors.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

/* ---- stat ---- */

enum { INODE_BASE = 0x4C494D50 }; /* no file's by luck */

static void fill(struct stat *st, unsigned i)
{
    struct device_name d = { .mode = 0 };

    bench_name(i, &d);
    memset(st, 0, sizeof *st);
    st->st_dev = makedev(0, 5);
    st->st_ino = INODE_BASE + i;
    st->st_mode = d.mode;
    st->st_nlink = 1;
    st->st_uid = geteuid();
    st->st_gid = getegid();
    st->st_rdev = S_ISCHR(d.mode) ? makedev(d.major, d.minor) : 0;
    st->st_blksize = 4096;
    st->st_atim.tv_sec = st->st_mtim.tv_sec = st->st_ctim.tv_sec = EXEC_EPOCH_S;
}

static bool path_stat(int dir, const char *path, struct stat *st)
{
    int i = device_of_path(dir, path, NULL);

    if (i >= 0) {
        fill(st, (unsigned)i);
    }
    return i >= 0;
}

static bool descriptor_stat(int fd, struct stat *st)
{
    int handle = descriptor_handle(fd);
    struct answer a;

    if (handle < 0) {
        return false;
    }
    a = bench_ask(&(struct question){ .op = EXEC_NAME, .handle = handle });
    return a.n_data && path_stat(AT_FDCWD, a.data, st);
}

/* struct stat and stat64 are one on 64-bit machines. */
_Static_assert(sizeof(struct stat) == sizeof(struct stat64), "a machine with two kinds of struct stat");

#define STAT(name, type)                                                                \
    EXPORT int name(const char *restrict path, type *restrict st)                       \
    {                                                                                   \
        return path_stat(AT_FDCWD, path, (struct stat *)st) ? 0 : REAL(name)(path, st); \
    }
STAT(stat, struct stat)
STAT(stat64, struct stat64)
STAT(lstat, struct stat)
STAT(lstat64, struct stat64)

#define FSTAT(name, type)                                                       \
    EXPORT int name(int fd, type *st)                                           \
    {                                                                           \
        return descriptor_stat(fd, (struct stat *)st) ? 0 : REAL(name)(fd, st); \
    }
FSTAT(fstat, struct stat)
FSTAT(fstat64, struct stat64)

static bool at_stat(int dir, const char *path, struct stat *st, int flags)
{
    return flags & AT_EMPTY_PATH && !*path ? descriptor_stat(dir, st) : path_stat(dir, path, st);
}

#define FSTATAT(name, type)                                                                         \
    EXPORT int name(int dir, const char *restrict path, type *restrict st, int flags)               \
    {                                                                                               \
        return at_stat(dir, path, (struct stat *)st, flags) ? 0 : REAL(name)(dir, path, st, flags); \
    }
FSTATAT(fstatat, struct stat)
FSTATAT(fstatat64, struct stat64)

#define XSTAT(name, type)                                                                        \
    EXPORT int name(int version, const char *path, type *st)                                     \
    {                                                                                            \
        return path_stat(AT_FDCWD, path, (struct stat *)st) ? 0 : REAL(name)(version, path, st); \
    }
XSTAT(__xstat, struct stat)
XSTAT(__xstat64, struct stat64)
XSTAT(__lxstat, struct stat)
XSTAT(__lxstat64, struct stat64)

#define FXSTAT(name, type)                                                               \
    EXPORT int name(int version, int fd, type *st)                                       \
    {                                                                                    \
        return descriptor_stat(fd, (struct stat *)st) ? 0 : REAL(name)(version, fd, st); \
    }
FXSTAT(__fxstat, struct stat)
FXSTAT(__fxstat64, struct stat64)

#define FXSTATAT(name, type)                                                                                 \
    EXPORT int name(int version, int dir, const char *path, type *st, int flags)                             \
    {                                                                                                        \
        return at_stat(dir, path, (struct stat *)st, flags) ? 0 : REAL(name)(version, dir, path, st, flags); \
    }
FXSTATAT(__fxstatat, struct stat)
FXSTATAT(__fxstatat64, struct stat64)

EXPORT int statx(int dir, const char *restrict path, int flags, unsigned mask, struct statx *restrict x)
{
    struct stat st;

    if (!at_stat(dir, path, &st, flags)) {
        return REAL(statx)(dir, path, flags, mask, x);
    }
    memset(x, 0, sizeof *x);
    x->stx_mask = STATX_BASIC_STATS;
    x->stx_blksize = 4096;
    x->stx_nlink = 1;
    x->stx_uid = st.st_uid;
    x->stx_gid = st.st_gid;
    x->stx_mode = (uint16_t)st.st_mode;
    x->stx_ino = st.st_ino;
    x->stx_rdev_major = major(st.st_rdev);
    x->stx_rdev_minor = minor(st.st_rdev);
    x->stx_dev_major = major(st.st_dev);
    x->stx_dev_minor = minor(st.st_dev);
    x->stx_atime.tv_sec = x->stx_mtime.tv_sec = x->stx_ctime.tv_sec = EXEC_EPOCH_S;
    return 0;
}

/* ---- attributes: none (ls -l asks) ---- */

#define XATTR(name)                                                                     \
    EXPORT ssize_t name(const char *path, const char *attribute, void *value, size_t n) \
    {                                                                                   \
        if (device_of_path(AT_FDCWD, path, NULL) >= 0) {                                \
            errno = ENODATA;                                                            \
            return -1;                                                                  \
        }                                                                               \
        return REAL(name)(path, attribute, value, n);                                   \
    }
XATTR(getxattr)
XATTR(lgetxattr)

EXPORT ssize_t listxattr(const char *path, char *list, size_t n)
{
    return device_of_path(AT_FDCWD, path, NULL) >= 0 ? 0 : REAL(listxattr)(path, list, n);
}

EXPORT ssize_t llistxattr(const char *path, char *list, size_t n)
{
    return device_of_path(AT_FDCWD, path, NULL) >= 0 ? 0 : REAL(llistxattr)(path, list, n);
}

/* ---- access, realpath ---- */

static int access_of(int how)
{
    if (how & X_OK) {
        errno = EACCES;
        return -1;
    }
    return 0;
}

EXPORT int access(const char *path, int how)
{
    return device_of_path(AT_FDCWD, path, NULL) >= 0 ? access_of(how) : REAL(access)(path, how);
}

EXPORT int euidaccess(const char *path, int how)
{
    return device_of_path(AT_FDCWD, path, NULL) >= 0 ? access_of(how) : REAL(euidaccess)(path, how);
}

EXPORT int eaccess(const char *path, int how)
{
    return euidaccess(path, how);
}

EXPORT int faccessat(int dir, const char *path, int how, int flags)
{
    return device_of_path(dir, path, NULL) >= 0 ? access_of(how) : REAL(faccessat)(dir, path, how, flags);
}

EXPORT char *realpath(const char *restrict path, char *restrict resolved)
{
    char name[256];

    if (device_of_path(AT_FDCWD, path, name) < 0) {
        return REAL(realpath)(path, resolved);
    }
    return resolved ? strcpy(resolved, name) : strdup(name);
}

EXPORT char *__realpath_chk(const char *path, char *resolved, size_t room)
{
    return room < PATH_MAX ? REAL(__realpath_chk)(path, resolved, room) : realpath(path, resolved);
}

EXPORT char *canonicalize_file_name(const char *path)
{
    return realpath(path, NULL);
}

/* ---- folders: after their own entries come the devices that stand in them ---- */

enum { MAX_DIRS = 8 };

static struct listed {
    DIR *dir;
    char path[256];
    unsigned next;       /* device to look at */
    struct dirent entry; /* the same as struct dirent64 */
} listed[MAX_DIRS];

_Static_assert(sizeof(struct dirent) == sizeof(struct dirent64), "a machine with two kinds of struct dirent");

/* The name of device i in this folder; NULL: it stands elsewhere. */
static const char *name_in(const char *folder, const struct device_name *d)
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

static void list_devices(DIR *dir, const char *path)
{
    char *full = bench_is_on() ? REAL(realpath)(path, NULL) : NULL;
    struct device_name d;

    for (unsigned i = 0; dir && full && bench_name(i, &d); i++) {
        if (!name_in(full, &d)) {
            continue;
        }
        for (unsigned k = 0; k < MAX_DIRS; k++) {
            if (!listed[k].dir) {
                listed[k].dir = dir;
                listed[k].next = 0;
                strncpy(listed[k].path, full, sizeof listed[k].path - 1);
                break;
            }
        }
        break;
    }
    free(full);
}

EXPORT DIR *opendir(const char *path)
{
    DIR *dir = REAL(opendir)(path);
    int saved = errno;

    list_devices(dir, path);
    errno = saved;
    return dir;
}

EXPORT int closedir(DIR *dir)
{
    struct listed *l = listed_of(dir);

    if (l) {
        l->dir = NULL;
    }
    return REAL(closedir)(dir);
}

EXPORT void rewinddir(DIR *dir)
{
    struct listed *l = listed_of(dir);

    if (l) {
        l->next = 0;
    }
    REAL(rewinddir)(dir);
}

static struct dirent *next_device(struct listed *l)
{
    struct device_name d;

    while (l && bench_name(l->next, &d)) {
        unsigned i = l->next++;
        const char *name = name_in(l->path, &d);

        if (name) {
            l->entry = (struct dirent){ .d_ino = INODE_BASE + i, .d_type = S_ISCHR(d.mode) ? DT_CHR : DT_REG };
            l->entry.d_reclen = sizeof l->entry;
            strncpy(l->entry.d_name, name, sizeof l->entry.d_name - 1);
            return &l->entry;
        }
    }
    return NULL;
}

/* A real file of a device's name is not listed twice. */
static bool hidden(const struct listed *l, const char *name)
{
    struct device_name d;

    for (unsigned i = 0; l && bench_name(i, &d); i++) {
        const char *ours = name_in(l->path, &d);

        if (ours && !strcmp(ours, name)) {
            return true;
        }
    }
    return false;
}

EXPORT struct dirent *readdir(DIR *dir)
{
    struct listed *l = listed_of(dir);
    struct dirent *e;

    do {
        e = REAL(readdir)(dir);
    } while (e && hidden(l, e->d_name));
    return e ? e : next_device(l);
}

EXPORT struct dirent64 *readdir64(DIR *dir)
{
    return (struct dirent64 *)readdir(dir);
}
