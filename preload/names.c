/* SPDX-License-Identifier: GPL-3.0-or-later */
/* names.c - what stat(), access(), realpath() and the listing of a folder say of the devices */
#include "preload/bench.h"
#include "preload/calls.h"
#include "preload/descriptors.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

/* ---- stat ---- */

enum { INODE_BASE = 0x4C494D50 }; /* no file's by luck */

static void fill(struct stat *st, unsigned i)
{
    size_t n;
    const struct exec_name *names = bench_names(&n);
    struct exec_name d = i < n ? names[i] : (struct exec_name){ .mode = 0 };

    memset(st, 0, sizeof *st);
    st->st_dev = makedev(0, 5);
    st->st_ino = INODE_BASE + i;
    st->st_mode = d.mode;
    st->st_nlink = S_ISDIR(d.mode) ? 2 : 1;
    st->st_uid = geteuid();
    st->st_gid = getegid();
    st->st_rdev = S_ISCHR(d.mode) ? makedev(d.major, d.minor) : 0;
    st->st_blksize = 4096;
    st->st_size = S_ISREG(d.mode) ? 4096 : 0; /* as sysfs says, whatever a file's text */
    st->st_atim.tv_sec = st->st_mtim.tv_sec = st->st_ctim.tv_sec = EXEC_EPOCH_S;
}

/* 0, -1 and errno; PATH_EMPTY is an error, too. 1: the machine's business. */
enum { NOT_OURS = 1 };

static int path_stat(int dir, const char *path, struct stat *st)
{
    int i = device_of_path(dir, path, NULL);

    if (i >= 0) {
        fill(st, (unsigned)i);
    }
    return i >= 0 ? 0 : i == PATH_EMPTY ? -1 : NOT_OURS;
}

/* A link of the machine's to one of ours is itself. */
static int link_stat(int dir, const char *path, struct stat *st)
{
    char to[2];
    int saved = errno;
    bool is_link = path && kernel_call(SYS_readlinkat, dir, path, to, sizeof to) > 0;

    errno = saved;
    return is_link ? NOT_OURS : path_stat(dir, path, st);
}

static int descriptor_stat(int fd, struct stat *st)
{
    int handle = descriptor_handle(fd);
    struct answer a;

    if (folder_path(fd)) {
        return path_stat(AT_FDCWD, folder_path(fd), st);
    }
    if (handle < 0) {
        return NOT_OURS;
    }
    a = bench_ask(&(struct question){ .op = EXEC_NAME, .handle = handle });
    return a.n_data ? path_stat(AT_FDCWD, a.data, st) : NOT_OURS;
}

/* struct stat and stat64 are one on 64-bit machines. */
_Static_assert(sizeof(struct stat) == sizeof(struct stat64), "a machine with two kinds of struct stat");

/* r: what our function of the kind returned. */
#define OURS_OR(r, real)        \
    {                           \
        int ours = r;           \
        if (ours != NOT_OURS) { \
            return ours;        \
        }                       \
        return real;            \
    }

#define STAT(name, type, look)                                    \
    EXPORT int name(const char *restrict path, type *restrict st) \
        OURS_OR(look(AT_FDCWD, path, (struct stat *)st), REAL(name)(path, st))
STAT(stat, struct stat, path_stat)
STAT(stat64, struct stat64, path_stat)
STAT(lstat, struct stat, link_stat)
STAT(lstat64, struct stat64, link_stat)

#define FSTAT(name, type) \
    EXPORT int name(int fd, type *st) OURS_OR(descriptor_stat(fd, (struct stat *)st), REAL(name)(fd, st))
FSTAT(fstat, struct stat)
FSTAT(fstat64, struct stat64)

static int at_stat(int dir, const char *path, struct stat *st, int flags)
{
    return flags & AT_EMPTY_PATH && !*path ? descriptor_stat(dir, st)
           : flags & AT_SYMLINK_NOFOLLOW   ? link_stat(dir, path, st)
                                           : path_stat(dir, path, st);
}

#define FSTATAT(name, type)                                                           \
    EXPORT int name(int dir, const char *restrict path, type *restrict st, int flags) \
        OURS_OR(at_stat(dir, path, (struct stat *)st, flags), REAL(name)(dir, path, st, flags))
FSTATAT(fstatat, struct stat)
FSTATAT(fstatat64, struct stat64)

#define XSTAT(name, type, look)                              \
    EXPORT int name(int version, const char *path, type *st) \
        OURS_OR(look(AT_FDCWD, path, (struct stat *)st), REAL(name)(version, path, st))
XSTAT(__xstat, struct stat, path_stat)
XSTAT(__xstat64, struct stat64, path_stat)
XSTAT(__lxstat, struct stat, link_stat)
XSTAT(__lxstat64, struct stat64, link_stat)

#define FXSTAT(name, type)                         \
    EXPORT int name(int version, int fd, type *st) \
        OURS_OR(descriptor_stat(fd, (struct stat *)st), REAL(name)(version, fd, st))
FXSTAT(__fxstat, struct stat)
FXSTAT(__fxstat64, struct stat64)

#define FXSTATAT(name, type)                                                     \
    EXPORT int name(int version, int dir, const char *path, type *st, int flags) \
        OURS_OR(at_stat(dir, path, (struct stat *)st, flags), REAL(name)(version, dir, path, st, flags))
FXSTATAT(__fxstatat, struct stat)
FXSTATAT(__fxstatat64, struct stat64)

EXPORT int statx(int dir, const char *restrict path, int flags, unsigned mask, struct statx *restrict x)
{
    struct stat st;
    int ours = at_stat(dir, path, &st, flags);

    if (ours) {
        return ours == NOT_OURS ? REAL(statx)(dir, path, flags, mask, x) : ours;
    }
    memset(x, 0, sizeof *x);
    x->stx_mask = STATX_BASIC_STATS;
    x->stx_blksize = 4096;
    x->stx_nlink = (uint32_t)st.st_nlink;
    x->stx_size = (uint64_t)st.st_size;
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

/* ---- who may: all who run the program, whatever is set ---- */

#define CHANGE(name, dir, parameters, arguments)          \
    EXPORT int name parameters                            \
    {                                                     \
        switch (device_of_path(dir, path, NULL)) {        \
        case PATH_ELSEWHERE: return REAL(name) arguments; \
        case PATH_EMPTY: return -1;                       \
        default: return 0;                                \
        }                                                 \
    }
CHANGE(chmod, AT_FDCWD, (const char *path, mode_t mode), (path, mode))
CHANGE(fchmodat, dir, (int dir, const char *path, mode_t mode, int flags), (dir, path, mode, flags))
CHANGE(chown, AT_FDCWD, (const char *path, uid_t user, gid_t group), (path, user, group))
CHANGE(lchown, AT_FDCWD, (const char *path, uid_t user, gid_t group), (path, user, group))
CHANGE(fchownat, dir, (int dir, const char *path, uid_t user, gid_t group, int flags), (dir, path, user, group, flags))

/* ---- access, realpath ---- */

/*
 * The bus of one of our devices by its numbers: libgpiod 2 asks where /sys/dev/char/254:0/subsystem leads. It
 * is in the folder of the bus that our names have. False: another path.
 */
static bool bus_of(const char *path, char *name)
{
    unsigned major_number, minor_number;
    int end = 0;
    size_t n;
    const struct exec_name *names = bench_names(&n);

    if (sscanf(path, "/sys/dev/char/%u:%u/subsystem%n", &major_number, &minor_number, &end) != 2 || !end || path[end]) {
        return false;
    }
    for (size_t i = 0; i < n; i++) {
        const struct exec_name *d = &names[i];

        for (size_t k = 0; S_ISCHR(d->mode) && d->major == major_number && d->minor == minor_number && k < n; k++) {
            const char *devices = strstr(names[k].path, "/devices/");

            if (devices && !strncmp(names[k].path, "/sys/bus/", 9) &&
                !strcmp(devices + strlen("/devices"), strrchr(d->path, '/'))) {
                snprintf(name, EXEC_PATH_BYTES, "%.*s", (int)(devices - names[k].path), names[k].path);
                return true;
            }
        }
    }
    return false;
}

static int access_of(int dir, const char *path, int how)
{
    struct stat st;
    int ours = path_stat(dir, path, &st);

    if (!ours && how & X_OK && !S_ISDIR(st.st_mode)) {
        errno = EACCES;
        return -1;
    }
    return ours;
}

EXPORT int access(const char *path, int how) OURS_OR(access_of(AT_FDCWD, path, how), REAL(access)(path, how))

    EXPORT int euidaccess(const char *path, int how)
        OURS_OR(access_of(AT_FDCWD, path, how), REAL(euidaccess)(path, how))

            EXPORT int eaccess(const char *path, int how)
{
    return euidaccess(path, how);
}

EXPORT int faccessat(int dir, const char *path, int how, int flags)
    OURS_OR(access_of(dir, path, how), REAL(faccessat)(dir, path, how, flags))

        EXPORT char *realpath(const char *restrict path, char *restrict resolved)
{
    char name[EXEC_PATH_BYTES];
    int i = device_of_path(AT_FDCWD, path, name);

    if (i < 0 && path && bench_is_on() && bus_of(path, name)) {
        i = 0;
    }
    if (i < 0) {
        return i == PATH_EMPTY ? NULL : REAL(realpath)(path, resolved);
    }
    return resolved ? strcpy(resolved, name) : strdup(name);
}

EXPORT char *__realpath_chk(const char *path, char *resolved, size_t room)
{
    return room < PATH_MAX ? REAL(__realpath_chk)(path, resolved, room) : realpath(path, resolved);
}

/* ---- none of ours is a link, but /proc/self/fd/3 leads to it ---- */

EXPORT ssize_t readlinkat(int dir, const char *restrict path, char *restrict to, size_t n)
{
    char name[EXEC_PATH_BYTES];
    ssize_t r = REAL(readlinkat)(dir, path, to, n);

    if (r > 0 && path[0] == '/' && descriptor_name(path, name)) {
        r = (ssize_t)(strlen(name) < n ? strlen(name) : n);
        memcpy(to, name, (size_t)r);
    }

    if (r < 0 && errno == ENOENT && device_of_path(dir, path, NULL) >= 0) {
        errno = EINVAL;
    }
    return r;
}

EXPORT ssize_t readlink(const char *restrict path, char *restrict to, size_t n)
{
    return readlinkat(AT_FDCWD, path, to, n);
}

EXPORT ssize_t __readlink_chk(const char *path, char *to, size_t n, size_t room)
{
    return n > room ? REAL(__readlink_chk)(path, to, n, room) : readlink(path, to, n);
}

EXPORT ssize_t __readlinkat_chk(int dir, const char *path, char *to, size_t n, size_t room)
{
    return n > room ? REAL(__readlinkat_chk)(dir, path, to, n, room) : readlinkat(dir, path, to, n);
}

EXPORT char *canonicalize_file_name(const char *path)
{
    return realpath(path, NULL);
}
