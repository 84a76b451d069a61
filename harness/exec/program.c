/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "harness/exec/program.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

static bool is_program(const char *path)
{
    struct stat st;

    return stat(path, &st) == 0 && S_ISREG(st.st_mode) && access(path, X_OK) == 0;
}

bool program_find(const char *name, char *path, size_t n, struct problem *err)
{
    const char *dirs = getenv("PATH");

    if (!*name) {
        return problem_set(err, "the program's name is empty");
    }
    if (strchr(name, '/')) {
        if (is_program(name)) {
            return snprintf(path, n, "%s", name) < (int)n || problem_set(err, "%.200s: the path is too long", name);
        }
        return problem_set(err, "cannot start %.300s: %s", name,
                           access(name, F_OK) ? strerror(errno) : "it is no program that may be run");
    }
    for (dirs = dirs && *dirs ? dirs : "/usr/local/bin:/usr/bin:/bin"; *dirs; dirs += *dirs == ':') {
        size_t len = strcspn(dirs, ":");

        if (snprintf(path, n, "%.*s/%s", len ? (int)len : 1, len ? dirs : ".", name) < (int)n && is_program(path)) {
            return true;
        }
        dirs += len;
    }
    return problem_set(err, "cannot start %.300s: no program of that name in PATH", name);
}

/* ---- can it be loaded into? ---- */

static bool read_at(int fd, void *to, size_t n, uint64_t at)
{
    return at < (uint64_t)1 << 40 && pread(fd, to, n, (off_t)at) == (ssize_t)n;
}

static bool same_machine(const ElfW(Ehdr) * mine, const ElfW(Ehdr) * its)
{
    return mine->e_ident[EI_CLASS] == its->e_ident[EI_CLASS] && mine->e_ident[EI_DATA] == its->e_ident[EI_DATA] &&
           mine->e_machine == its->e_machine;
}

static bool has_interpreter(int fd, const ElfW(Ehdr) * h)
{
    for (unsigned i = 0; i < h->e_phnum; i++) {
        ElfW(Phdr) p;

        if (!read_at(fd, &p, sizeof p, h->e_phoff + (uint64_t)i * sizeof p)) {
            return false;
        }
        if (p.p_type == PT_INTERP) {
            return true;
        }
    }
    return false;
}

static bool read_own_header(ElfW(Ehdr) * h)
{
    int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
    bool ok = fd >= 0 && read_at(fd, h, sizeof *h, 0);
    int why = errno;

    if (fd >= 0) {
        close(fd);
    }
    errno = why;
    return ok;
}

static bool judge_elf(const char *path, int fd, const ElfW(Ehdr) * h, struct problem *err)
{
    ElfW(Ehdr) mine;
    struct stat st;

    if (!read_own_header(&mine)) {
        return problem_set(err, "/proc/self/exe: cannot read what kind of machine this limpet is for: %s",
                           strerror(errno));
    }
    if (!same_machine(&mine, h)) {
        return problem_set(err,
                           "%.300s is built for another kind of machine than this limpet: the library that takes "
                           "it into simulated time can't be loaded into it",
                           path);
    }
    if (!has_interpreter(fd, h)) {
        return problem_set(err,
                           "%.300s is linked statically: its calls can't be answered in simulated time; take a "
                           "dynamically linked build, such as your distribution's package",
                           path);
    }
    if (fstat(fd, &st) == 0 && (((st.st_mode & S_ISUID) && st.st_uid != geteuid()) ||
                                ((st.st_mode & S_ISGID) && (st.st_mode & S_IXGRP) && st.st_gid != getegid()))) {
        return problem_set(err,
                           "%.300s is setuid or setgid: the system loads no library of ours into it; run a copy "
                           "without that bit",
                           path);
    }
    if (geteuid() != 0 && fgetxattr(fd, "security.capability", NULL, 0) > 0) {
        return problem_set(err, "%.300s has file capabilities: the system loads no library of ours into it; run a copy",
                           path);
    }
    return true;
}

/* The interpreter in the first line of a script: into line. */
static char *interpreter(char *line)
{
    char *name = line + 2 + strspn(line + 2, " \t");

    name[strcspn(name, " \t\r\n")] = '\0';
    return *name ? name : NULL;
}

static bool judge(const char *path, unsigned depth, struct problem *err)
{
    union {
        ElfW(Ehdr) elf;
        char line[256];
    } head = { .line = "" };
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    bool ok = true;

    if (fd < 0) { /* may be run, may not be read */
        return errno == EACCES || problem_set(err, "cannot start %.300s: %s", path, strerror(errno));
    }
    ssize_t n = read(fd, head.line, sizeof head.line - 1);

    if (n >= 2 && head.line[0] == '#' && head.line[1] == '!') {
        const char *name = interpreter(head.line);

        ok = !name || depth > 4 || judge(name, depth + 1, err);
    } else if (n >= (ssize_t)sizeof head.elf && !memcmp(head.elf.e_ident, ELFMAG, SELFMAG)) {
        ok = judge_elf(path, fd, &head.elf, err);
    }
    close(fd);
    return ok;
}

bool program_can_run(const char *path, struct problem *err)
{
    return judge(path, 0, err);
}

/* ---- the library ---- */

bool program_library(char *path, size_t n, struct problem *err)
{
    static const char *const below[] = { "/preload", "/../preload", "/../../preload", "/../" EXEC_LIBRARY_DIR };
    const char *own = getenv("LIMPET_EXEC_LIBRARY_DIR");
    char dir[PATH_MAX];
    ssize_t len = readlink("/proc/self/exe", dir, sizeof dir - 1);

    if (own) {
        snprintf(path, n, "%s/liblimpet-exec.so", own);
        if (access(path, R_OK) == 0) {
            return true;
        }
    }
    if (len > 0) {
        dir[len] = '\0';
        *strrchr(dir, '/') = '\0';
        for (unsigned i = 0; i < sizeof below / sizeof below[0]; i++) {
            if (snprintf(path, n, "%s%s/liblimpet-exec.so", dir, below[i]) < (int)n && access(path, R_OK) == 0) {
                return true;
            }
        }
    }
    return problem_set(err,
                       "liblimpet-exec.so is not where limpet looks: beside the build (preload/), in ../%s from "
                       "the command, or in $LIMPET_EXEC_LIBRARY_DIR",
                       EXEC_LIBRARY_DIR);
}
