/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "harness/base/scratch_dir.h"

#include "sim/memory.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
    (void)st, (void)type, (void)at;
    remove(path);
    return 0; /* the others all the same */
}

static void remove_all(const char *path)
{
    nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

/* The folder is there, is ours, and nobody else holds it. -1: it is not. */
static int hold(const char *path)
{
    struct stat st;
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

    if (fd >= 0 && (fstat(fd, &st) || st.st_uid != geteuid() || flock(fd, LOCK_EX | LOCK_NB) || fstat(fd, &st) ||
                    st.st_nlink == 0)) {
        close(fd);
        return -1;
    }
    return fd;
}

static void remove_left_over(const char *in, const char *stem)
{
    DIR *dir = opendir(in);
    struct dirent *e;

    while (dir && (e = readdir(dir))) {
        char *path;

        if (strncmp(e->d_name, stem, strlen(stem)) != 0 || strlen(e->d_name) != strlen(stem) + 6) {
            continue;
        }
        path = memory_joined(in, "/", e->d_name);
        int fd = hold(path);
        if (fd >= 0) {
            remove_all(path);
            close(fd);
        }
        free(path);
    }
    if (dir) {
        closedir(dir);
    }
}

bool scratch_dir_make(struct scratch_dir *d, const char *name, struct problem *err)
{
    const char *given = getenv("TMPDIR"), *in = given && *given ? given : "/tmp";
    char *stem = memory_joined("limpet-", name, "-");

    remove_left_over(in, stem);
    *d = (struct scratch_dir){ .fd = -1 };
    do { /* again where another one found it before it was locked */
        free(d->path);
        char *start = memory_joined(in, "/", stem);
        d->path = memory_joined(start, "XXXXXX", "");
        free(start);
        if (!mkdtemp(d->path)) {
            problem_set(err, "%s: %s", d->path, strerror(errno));
            free(d->path);
            d->path = NULL;
            break;
        }
        d->fd = hold(d->path);
    } while (d->fd < 0);
    free(stem);
    return d->path != NULL;
}

void scratch_dir_remove(struct scratch_dir *d)
{
    remove_all(d->path);
    close(d->fd);
    free(d->path);
    *d = (struct scratch_dir){ .fd = -1 };
}
