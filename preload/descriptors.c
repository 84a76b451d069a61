/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "preload/descriptors.h"

#include "preload/bench.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static _Atomic int handle_of[DESCRIPTORS_MAX]; /* handle + 1; 0: none */

int descriptor_handle(int fd)
{
    return fd >= 0 && fd < DESCRIPTORS_MAX ? atomic_load(&handle_of[fd]) - 1 : -1;
}

void descriptor_set(int fd, int handle)
{
    if (fd >= 0 && fd < DESCRIPTORS_MAX) {
        atomic_store(&handle_of[fd], handle + 1);
    }
}

bool descriptor_nonblocking(int fd)
{
    long flags = kernel_call(SYS_fcntl, fd, F_GETFL);

    return flags >= 0 && flags & O_NONBLOCK;
}

void descriptors_adopt(void)
{
    int saved = errno;

    for (int fd = 0; bench_is_on() && fd < DESCRIPTORS_MAX; fd++) {
        struct stat st;

        if (fstat(fd, &st) == 0 && S_ISSOCK(st.st_mode) && !bench_owns(fd)) {
            struct answer a = bench_ask(&(struct question){ .op = EXEC_ADOPT, .arg = { st.st_ino } });

            descriptor_set(fd, (int)a.result);
        }
    }
    errno = saved;
}

/* ---- paths ---- */

/* "/dev//x/../ttyACM0" to "/dev/ttyACM0": by its letters alone. */
static void tidy(char *path)
{
    char *to = path, *at = path;

    while (*at) {
        char *part = at + strspn(at, "/"), *end = part + strcspn(part, "/");

        if (part == end) {
            break;
        }
        if (end - part == 2 && part[0] == '.' && part[1] == '.') {
            while (to > path && *--to != '/') {
            }
        } else if (end - part != 1 || part[0] != '.') {
            *to++ = '/';
            memmove(to, part, (size_t)(end - part));
            to += end - part;
        }
        at = end;
    }
    *to = '\0';
}

static bool absolute(int dir_fd, const char *path, char full[PATH_MAX])
{
    char dir[PATH_MAX] = "", link[64];
    ssize_t n = 0;

    if (path[0] != '/' && folder_path(dir_fd)) {
        snprintf(dir, sizeof dir, "%s", folder_path(dir_fd));
    } else if (path[0] != '/') {
        snprintf(link, sizeof link, dir_fd == AT_FDCWD ? "/proc/self/cwd" : "/proc/self/fd/%d", dir_fd);
        n = kernel_call(SYS_readlinkat, AT_FDCWD, link, dir, sizeof dir - 1);
        if (n <= 0) {
            return false;
        }
        dir[n] = '\0';
    }
    if ((size_t)snprintf(full, PATH_MAX, "%s/%s", dir, path) >= PATH_MAX) {
        return false;
    }
    tidy(full);
    return true;
}

static int named(const char *path)
{
    size_t n;
    const struct exec_name *names = bench_names(&n);

    for (size_t i = 0; i < n; i++) {
        if (!strcmp(names[i].path, path)) {
            return (int)i;
        }
    }
    return PATH_ELSEWHERE;
}

/* Nothing of the machine shows in a folder of the bench. */
static bool below_a_folder(const char *path)
{
    size_t n;
    const struct exec_name *names = bench_names(&n);

    for (size_t i = 0; i < n; i++) {
        size_t len = strlen(names[i].path);

        if (S_ISDIR(names[i].mode) && !strncmp(names[i].path, path, len) && path[len] == '/') {
            return true;
        }
    }
    return false;
}

/* The descriptor that "/proc/self/fd/3" and its like are; -1: another path. */
static int descriptor_of(const char *path)
{
    char own[32];
    int fd = -1, end = 0;

    snprintf(own, sizeof own, "/proc/%d/fd/", (int)getpid());
    const char *const folders[] = { "/proc/self/fd/", "/proc/thread-self/fd/", "/dev/fd/", own };

    for (unsigned i = 0; i < sizeof folders / sizeof folders[0]; i++) {
        size_t n = strlen(folders[i]);

        if (!strncmp(path, folders[i], n) && sscanf(path + n, "%d%n", &fd, &end) == 1 && !path[n + (size_t)end]) {
            return fd;
        }
    }
    return -1;
}

bool descriptor_name(const char *path, char *name)
{
    int fd = descriptor_of(path);
    const char *folder = folder_path(fd);
    struct answer a = { .n_data = 0 };

    if (!folder && descriptor_handle(fd) >= 0) {
        a = bench_ask(&(struct question){ .op = EXEC_NAME, .handle = descriptor_handle(fd) });
    }
    if (!folder && !a.n_data) {
        return false;
    }
    snprintf(name, EXEC_PATH_BYTES, "%s", folder ? folder : (const char *)a.data);
    return true;
}

/* Follows the link that full is, if it is one. */
static bool follow(char full[PATH_MAX])
{
    char to[PATH_MAX], beside[PATH_MAX];
    ssize_t n = kernel_call(SYS_readlinkat, AT_FDCWD, full, to, sizeof to - 1);

    if (n <= 0) {
        return false;
    }
    to[n] = '\0';
    /* from the link's folder */
    if (snprintf(beside, sizeof beside, "%.*s/%s", to[0] == '/' ? 0 : (int)(strrchr(full, '/') - full), full, to) >=
        PATH_MAX) {
        return false;
    }
    strcpy(full, beside);
    tidy(full);
    return true;
}

/* A folder on the way may be a link: only where something of this name stands in a folder of the bench. */
static int named_beyond_links(char full[PATH_MAX])
{
    size_t n;
    const struct exec_name *names = bench_names(&n);
    char *last = strrchr(full, '/'), beyond[PATH_MAX];
    bool known = false;

    for (size_t i = 0; last && i < n && !known; i++) {
        known = !strcmp(strrchr(names[i].path, '/'), last);
    }
    if (!known || last == full) {
        return PATH_ELSEWHERE;
    }
    *last = '\0';
    char *folder = REAL(realpath)(full, NULL);

    *last = '/';
    if (!folder) {
        return PATH_ELSEWHERE;
    }
    bool fits = snprintf(beyond, sizeof beyond, "%s%s", folder, last) < PATH_MAX;

    free(folder);
    if (fits && named(beyond) >= 0) {
        strcpy(full, beyond);
    }
    return fits ? named(beyond) : PATH_ELSEWHERE;
}

int device_of_path(int dir_fd, const char *path, char *name)
{
    enum { MAX_LINKS = 10 };
    char full[PATH_MAX];
    int saved = errno, found = PATH_ELSEWHERE;

    if (!path || !*path || !absolute(dir_fd, path, full)) {
        return PATH_ELSEWHERE;
    }
    for (unsigned links = 0; links < MAX_LINKS; links++) {
        if (bench_had(full)) {
            errno = EIO;
            return PATH_EMPTY;
        }
        descriptor_name(full, full);
        found = named(full);
        if (found >= 0 || !follow(full)) {
            break;
        }
    }
    found = found < 0 ? named_beyond_links(full) : found;
    if (found >= 0 && name) {
        snprintf(name, EXEC_PATH_BYTES, "%.*s", EXEC_PATH_BYTES - 1, full);
    }
    errno = saved;
    if (found < 0 && below_a_folder(full)) {
        errno = ENOENT;
        return PATH_EMPTY;
    }
    return found;
}

/* ---- folders of the bench ---- */

enum { FOLDERS_OPEN = 16 };

static struct {
    int fd; /* + 1; 0: free */
    char path[EXEC_PATH_BYTES];
} folders[FOLDERS_OPEN];

int folder_open(const char *path, int flags)
{
    int fd = (int)kernel_call(SYS_openat, AT_FDCWD, "/", O_RDONLY | O_DIRECTORY | (flags & (O_CLOEXEC | O_PATH)));

    if (fd >= 0 && !folder_set(fd, path)) {
        kernel_call(SYS_close, fd);
        errno = EMFILE;
        return -1;
    }
    return fd;
}

bool folder_set(int fd, const char *path)
{
    for (unsigned i = 0; i < FOLDERS_OPEN; i++) {
        if (!folders[i].fd) {
            folders[i].fd = fd + 1;
            snprintf(folders[i].path, sizeof folders[i].path, "%s", path);
            return true;
        }
    }
    return false;
}

const char *folder_path(int fd)
{
    for (unsigned i = 0; fd >= 0 && i < FOLDERS_OPEN; i++) {
        if (folders[i].fd == fd + 1) {
            return folders[i].path;
        }
    }
    return NULL;
}

void folder_forget(int fd)
{
    for (unsigned i = 0; fd >= 0 && i < FOLDERS_OPEN; i++) {
        if (folders[i].fd == fd + 1) {
            folders[i].fd = 0;
        }
    }
}
