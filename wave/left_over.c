/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "wave/left_over.h"

#include <errno.h>
#include <stdatomic.h>
#include <stddef.h>
#include <unistd.h>

enum { FILES = 32, GROUPS = 4 };

static struct {
    const char *_Atomic path; /* NULL: free */
    _Atomic pid_t owner;
} files[FILES];

static struct {
    _Atomic pid_t group; /* 0: free */
    _Atomic pid_t owner;
} groups[GROUPS];

void left_over_hold(sigset_t *before)
{
    sigset_t all;

    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, before);
}

void left_over_release(const sigset_t *before)
{
    int error = errno;

    sigprocmask(SIG_SETMASK, before, NULL);
    errno = error;
}

void left_over_file(const char *path)
{
    pid_t self = getpid();

    for (unsigned i = 0; i < FILES; i++) {
        if (!files[i].path || files[i].owner != self) {
            files[i].path = NULL;
            files[i].owner = self;
            files[i].path = path;
            return;
        }
    }
}

void left_over_not_file(const char *path)
{
    for (unsigned i = 0; i < FILES; i++) {
        if (files[i].path == path) {
            files[i].path = NULL;
        }
    }
}

void left_over_group(pid_t group)
{
    pid_t self = getpid();

    for (unsigned i = 0; i < GROUPS; i++) {
        if (!groups[i].group || groups[i].owner != self) {
            groups[i].group = 0;
            groups[i].owner = self;
            groups[i].group = group;
            return;
        }
    }
}

void left_over_not_group(pid_t group)
{
    for (unsigned i = 0; i < GROUPS; i++) {
        if (groups[i].group == group) {
            groups[i].group = 0;
        }
    }
}

void left_over_clear(void)
{
    pid_t self = getpid();
    int error = errno;

    for (unsigned i = 0; i < GROUPS; i++) {
        pid_t group = groups[i].group;

        if (group && groups[i].owner == self) {
            kill(-group, SIGKILL);
        }
    }
    for (unsigned i = 0; i < FILES; i++) {
        const char *path = files[i].path;

        if (path && files[i].owner == self) {
            unlink(path);
        }
    }
    errno = error;
}

void left_over_die(int number)
{
    left_over_clear();
    signal(number, SIG_DFL);
    sigset_t this;

    sigemptyset(&this);
    sigaddset(&this, number);
    raise(number); /* held while its handler runs */
    sigprocmask(SIG_UNBLOCK, &this, NULL);
}

void left_over_die_by(int number)
{
    struct sigaction ours = { .sa_handler = left_over_die };
    sigset_t this;

    sigfillset(&ours.sa_mask);
    sigaction(number, &ours, NULL);
    sigemptyset(&this);
    sigaddset(&this, number);
    sigprocmask(SIG_UNBLOCK, &this, NULL);
}
