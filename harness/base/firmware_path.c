/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "harness/base/firmware_path.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool is_file(const char *path)
{
    struct stat st;

    return stat(path, &st) == 0 && S_ISREG(st.st_mode);
}

static bool try_dir(const char *dir, const char *below, const char *name, char *path, size_t n)
{
    const char *ext = strchr(name, '.') ? "" : ".elf";
    int len = snprintf(path, n, "%s%s/%s%s", dir, below, name, ext);

    return len > 0 && (size_t)len < n && is_file(path);
}

bool firmware_find(const char *name, char *path, size_t n)
{
    /* the program is build/limpet, a test build/harness/NAME_test, or PREFIX/bin/limpet */
    static const char *const below[] = { "/firmware", "/../firmware", "/../share/limpet/firmware" };
    const char *own = getenv("LIMPET_FIRMWARE_DIR");
    char dir[PATH_MAX];
    ssize_t len;

    if (!*name || strchr(name, '/')) {
        return false;
    }
    if (own && try_dir(own, "", name, path, n)) {
        return true;
    }
    len = readlink("/proc/self/exe", dir, sizeof dir - 1);
    if (len <= 0) {
        return false;
    }
    dir[len] = '\0';
    *strrchr(dir, '/') = '\0';
    for (unsigned i = 0; i < sizeof below / sizeof below[0]; i++) {
        if (try_dir(dir, below[i], name, path, n)) {
            return true;
        }
    }
    return false;
}

bool firmware_resolve(const char *name, const char *dir, char *path, size_t n, struct problem *err)
{
    bool relative = name[0] != '/' && dir && dir[0];
    int len = snprintf(path, n, "%s%s%s", relative ? dir : "", relative ? "/" : "", name);

    if (!*name) {
        return problem_set(err, "the file name is empty");
    }
    if (len > 0 && (size_t)len < n && is_file(path)) {
        return true;
    }
    if (firmware_find(name, path, n)) {
        return true;
    }
    if (strchr(name, '/')) {
        return problem_set(err, "there is no file '%.200s'", name);
    }
    return problem_set(err, "there is no file '%.200s'%s%.200s, and no built-in image of that name", name,
                       relative ? " in " : "", relative ? dir : "");
}
