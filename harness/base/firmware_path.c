/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "harness/base/firmware_path.h"

#include "harness/base/printable.h"

#include <dirent.h>
#include <dlfcn.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

static const char own_code; /* its place is that of this code */

static bool is_file(const char *path)
{
    struct stat st;

    return stat(path, &st) == 0 && !S_ISDIR(st.st_mode); /* a pipe will do: it is read once */
}

static bool try_dir(const char *dir, const char *below, const char *name, char *path, size_t n)
{
    const char *ext = strchr(name, '.') ? "" : ".elf";
    int len = snprintf(path, n, "%s%s/%s%s", dir, below, name, ext);

    return len > 0 && (size_t)len < n && is_file(path);
}

/* Where liblimpet is in a program of somebody else; "": it is no library. */
static void library_dir(char *dir, size_t n)
{
    Dl_info info;

    snprintf(dir, n, "%s",
             dladdr((void *)&own_code, &info) && info.dli_fname && strchr(info.dli_fname, '/') ? info.dli_fname : "");
    if (dir[0]) {
        *strrchr(dir, '/') = '\0';
    }
}

bool firmware_find(const char *name, char *path, size_t n)
{
    /* the program is build/limpet, a test build/harness/NAME_test, or PREFIX/bin/limpet */
    static const char *const below[] = { "/firmware", "/../firmware", "/../share/limpet/firmware" };
    /* the library is PREFIX/lib/liblimpet.so, or PREFIX/lib/TRIPLET/... */
    static const char *const below_library[] = { "/../firmware", "/../share/limpet/firmware",
                                                 "/../../share/limpet/firmware" };
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
    library_dir(dir, sizeof dir);
    for (unsigned i = 0; dir[0] && i < sizeof below_library / sizeof below_library[0]; i++) {
        if (try_dir(dir, below_library[i], name, path, n)) {
            return true;
        }
    }
    return false;
}

/* Names of the built-in images, "arduinoisp, limpisp": *like is set to the one that differs in letters' case only. */
static void list_images(const char *name, char *names, size_t n, char *like, size_t like_size)
{
    char path[PATH_MAX];
    struct dirent **entries;

    names[0] = like[0] = '\0';
    if (!firmware_find("arduinoisp", path, sizeof path)) { /* built without them */
        return;
    }
    *strrchr(path, '/') = '\0';
    int count = scandir(path, &entries, NULL, alphasort);
    for (int i = 0; i < count; i++) {
        char *image = entries[i]->d_name, *dot = strrchr(image, '.');

        if (dot && !strcmp(dot, ".elf")) {
            *dot = '\0';
            if (!strcasecmp(image, name)) {
                snprintf(like, like_size, "%.79s", image);
            }
            if (strlen(names) + strlen(image) + 3 < n) {
                snprintf(names + strlen(names), n - strlen(names), "%s%s", names[0] ? ", " : "", image);
            }
        }
        free(entries[i]);
    }
    if (count >= 0) {
        free(entries);
    }
}

/* A recording, say: no built-in image was meant. */
static bool is_no_image(const char *name)
{
    static const char *const others[] = { ".sr", ".csv", ".vcd", ".txt", ".bin", ".json" };
    const char *dot = strrchr(name, '.');

    for (unsigned i = 0; dot && i < sizeof others / sizeof others[0]; i++) {
        if (!strcasecmp(dot, others[i])) {
            return true;
        }
    }
    return false;
}

bool firmware_resolve(const char *name, const char *dir, char *path, size_t n, struct problem *err)
{
    bool relative = name[0] != '/' && dir && dir[0];
    int len = snprintf(path, n, "%s%s%s", relative ? dir : "", relative ? "/" : "", name);
    char shown[200], in[210] = ""; /* a scenario's words: line ends would forge a line */

    printable(shown, sizeof shown, name, false);
    if (relative) {
        memcpy(in, " in ", 5);
        printable(in + 4, sizeof in - 4, dir, false);
    }

    if (!*name) {
        return problem_set(err, "the file name is empty");
    }
    const char *dot = strrchr(name, '.');
    if (dot && !strcasecmp(dot, ".ino")) {
        return problem_set(err, "'%s' is a sketch's source: `limpet build-sketch` makes an image (.elf) of it", shown);
    }
    if (len > 0 && (size_t)len < n && is_file(path)) {
        return true;
    }
    if (firmware_find(name, path, n)) {
        return true;
    }
    if (strchr(name, '/')) {
        return problem_set(err, "there is no file '%s'", shown);
    }
    if (is_no_image(name)) {
        return problem_set(err, "there is no file '%s'%s", shown, in);
    }
    char names[500], like[80];
    list_images(name, names, sizeof names, like, sizeof like);
    if (like[0]) {
        return problem_set(err, "there is no file '%s'; the built-in image is called '%s'", shown, like);
    }
    return problem_set(err, "there is no file '%s'%s, and no built-in image of that name%s%s", shown, in,
                       names[0] ? "; there are: " : "", names);
}
