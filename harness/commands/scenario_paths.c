/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "harness/commands/scenario_paths.h"

#include "harness/base/firmware_path.h"
#include "sim/memory.h"
#include "wave/in_file.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#define DEEPEST 32 /* folders below the one that is named: links may lead round in circles */

static bool is_folder(const char *path)
{
    struct stat st;

    return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

static bool ends_in_yaml(const char *name)
{
    const char *dot = strrchr(name, '.');

    return dot && (!strcasecmp(dot, ".yaml") || !strcasecmp(dot, ".yml"));
}

#define MOST_LINES 200000 /* a sparse file of gigabytes is no sweep */

/* A file of a sweep has the key `scenario` at its left edge and no steps: it is for limpet sweep. */
bool scenario_path_is_sweep(const char *path)
{
    FILE *f = in_file_is_regular(path) ? fopen(path, "rb") : NULL;
    char line[256];
    bool scenario = false, steps = false;

    for (unsigned n = 0; f && n < MOST_LINES && fgets(line, sizeof line, f); n++) {
        scenario |= !strncmp(line, "scenario:", 9);
        steps |= !strncmp(line, "steps:", 6);
    }
    if (f) {
        fclose(f);
    }
    return scenario && !steps;
}

static void add(struct scenario_paths *p, const char *path)
{
    p->list = memory_grown(p->list, p->n + 1, sizeof *p->list);
    p->list[p->n++] = memory_text(path);
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

static int is_visible(const struct dirent *d)
{
    return d->d_name[0] != '.';
}

static bool is_wanted(const struct scenario_paths *p, const char *path)
{
    return p->only_sweeps ? scenario_path_is_sweep(path) : p->with_sweeps || !scenario_path_is_sweep(path);
}

static bool add_folder(struct scenario_paths *p, const char *folder, unsigned depth, struct problem *err)
{
    struct dirent **entries = NULL;
    size_t len = strlen(folder);
    int n = scandir(folder, &entries, is_visible, by_name);
    bool ok = true;

    if (n < 0) {
        return problem_set(err, "%s: %s", folder, strerror(errno));
    }
    while (len > 1 && folder[len - 1] == '/') {
        len--;
    }
    for (int i = 0; i < n; i++) {
        char path[PATH_MAX];
        int fits = snprintf(path, sizeof path, "%.*s/%s", (int)len, folder, entries[i]->d_name);

        if (!ok || fits >= (int)sizeof path) {
            ok = ok && problem_set(err, "%s: a name below it is too long", folder);
        } else if (is_folder(path)) {
            ok = depth == DEEPEST
                     ? problem_set(err, "%s: folders lie in each other %d deep: a link to itself?", path, DEEPEST)
                     : add_folder(p, path, depth + 1, err);
        } else if (ends_in_yaml(path) && is_wanted(p, path)) {
            add(p, path);
        }
        free(entries[i]);
    }
    free(entries);
    return ok;
}

/* A scenario or a folder of that name where they are installed. */
static bool find_installed(const char *name, char *path, size_t size)
{
    /* build/limpet and build/san/limpet lie below the sources */
    static const char *const below[] = { "/../share/limpet/scenarios", "/../scenarios", "/../../scenarios" };
    static const char *const endings[] = { "", ".yaml", ".yml" };
    const char *own = getenv("LIMPET_SCENARIO_DIR");
    char dir[PATH_MAX] = "";
    ssize_t len = readlink("/proc/self/exe", dir, sizeof dir - 1);

    if (*name == '/' || *name == '.' || len <= 0) {
        return false;
    }
    dir[len] = '\0';
    *strrchr(dir, '/') = '\0';
    for (unsigned i = own ? 0 : 1; i <= sizeof below / sizeof below[0]; i++) {
        for (unsigned k = 0; k < sizeof endings / sizeof endings[0]; k++) {
            int n = snprintf(path, size, "%s%s/%s%s", i ? dir : own, i ? below[i - 1] : "", name, endings[k]);

            if (n > 0 && (size_t)n < size && access(path, R_OK) == 0) {
                return true;
            }
        }
    }
    return false;
}

bool scenario_paths_add(struct scenario_paths *p, const char *arg, struct problem *err)
{
    char path[PATH_MAX];
    unsigned before = p->n;

    if (access(arg, F_OK) == 0 || (p->images && firmware_find(arg, path, sizeof path)) ||
        !find_installed(arg, path, sizeof path)) {
        snprintf(path, sizeof path, "%s", arg);
    }
    if (!is_folder(path)) {
        add(p, path);
        return true;
    }
    return add_folder(p, path, 0, err) &&
           (p->n > before || problem_set(err, "%s: there is no %s in it", path, p->only_sweeps ? "sweep" : "scenario"));
}

void scenario_paths_free(struct scenario_paths *p)
{
    for (unsigned i = 0; i < p->n; i++) {
        free(p->list[i]);
    }
    free(p->list);
    *p = (struct scenario_paths){ .list = NULL };
}
