/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "wave/file_lock.h"

#include "wave/left_over.h"
#include "wave/out_path.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool fail(const char *path, int error, struct problem *err)
{
    return problem_set(err, "%s: can't be locked against other programs: %s", *path ? path : "''", strerror(error));
}

/* A record lock, since only those tell who has it. They belong to the process: nobody else opens this file. */
static bool lock_whole(int fd, pid_t *owner)
{
    struct flock whole = { .l_type = F_WRLCK, .l_whence = SEEK_SET };

    *owner = 0;
    if (fcntl(fd, F_SETLK, &whole) == 0) {
        return true;
    }
    int error = errno;
    if ((error == EACCES || error == EAGAIN) && fcntl(fd, F_GETLK, &whole) == 0 && whole.l_type != F_UNLCK) {
        *owner = whole.l_pid;
    }
    errno = error;
    return false;
}

/* Another process may have dropped (and removed) the file between our open and our lock. */
static bool still_there(int fd, const char *path)
{
    struct stat mine, there;

    return fstat(fd, &mine) == 0 && stat(path, &there) == 0 && mine.st_ino == there.st_ino &&
           mine.st_dev == there.st_dev;
}

static char *lock_path(const char *path, int *error)
{
    struct out_path p;
    char *at = NULL;

    *error = out_path_look(&p, path);
    if (*error || p.kind != OUT_PATH_REGULAR) {
        if (!*error) {
            out_path_free(&p);
            *error = EINVAL;
        }
        return NULL;
    }
    char *folder = out_path_folder(p.final);
    if (!folder || asprintf(&at, "%s/.limpet-%016" PRIx64 ".lock", folder, out_path_name_hash(p.final)) < 0) {
        at = NULL;
        *error = ENOMEM;
    }
    free(folder);
    out_path_free(&p);
    return at;
}

/* False: errno, and the descriptor is open where it is the lock that could not be had, of owner. */
static bool open_locked(struct file_lock *l, pid_t *owner)
{
    for (;;) {
        l->fd = open(l->path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0666);
        if (l->fd < 0 || !lock_whole(l->fd, owner)) {
            return false;
        }
        if (still_there(l->fd, l->path)) {
            return true;
        }
        close(l->fd);
    }
}

bool file_lock_take(struct file_lock *l, const char *path, struct problem *err)
{
    int error;
    pid_t owner;
    sigset_t before;

    *l = (struct file_lock){ .path = lock_path(path, &error), .fd = -1 };
    if (!l->path) {
        return fail(path, error, err);
    }
    left_over_hold(&before);
    bool locked = open_locked(l, &owner);
    if (locked) {
        left_over_file(l->path);
    }
    left_over_release(&before);
    if (locked) {
        return true;
    }
    error = errno;
    if (l->fd >= 0) {
        close(l->fd);
    }
    free(l->path);
    l->path = NULL;
    if (l->fd >= 0 && (error == EACCES || error == EAGAIN)) {
        if (owner) {
            problem_set(err, "%s: in use by process %ld: end that one first, or take a copy of the file", path,
                        (long)owner);
        } else {
            problem_set(err, "%s: in use by another program: end that one first, or take a copy", path);
        }
        return false;
    }
    return fail(path, error, err);
}

void file_lock_drop(struct file_lock *l)
{
    if (!l->path) {
        return;
    }
    sigset_t before;

    left_over_hold(&before);
    left_over_not_file(l->path);
    unlink(l->path); /* while it is locked: who opens it now finds out by still_there() */
    close(l->fd);
    left_over_release(&before);
    free(l->path);
    *l = (struct file_lock){ 0 };
}
