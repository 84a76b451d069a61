/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "harness/exec/proc.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A line of /proc, without its end. */
static bool read_proc(const char *path, char *text, size_t n)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t got = fd < 0 ? -1 : read(fd, text, n - 1);

    if (fd >= 0) {
        close(fd);
    }
    text[got > 0 ? got : 0] = '\0';
    return got > 0;
}

char proc_state(pid_t pid, pid_t tid)
{
    char path[80], text[512], *end;

    snprintf(path, sizeof path, "/proc/%d/task/%d/stat", (int)pid, (int)tid);
    end = read_proc(path, text, sizeof text) ? strrchr(text, ')') : NULL;
    return end && end[1] ? end[2] : 0;
}

uint64_t proc_cpu_ns(pid_t pid, pid_t tid)
{
    char path[80], text[128];

    snprintf(path, sizeof path, "/proc/%d/task/%d/schedstat", (int)pid, (int)tid);
    return read_proc(path, text, sizeof text) ? strtoull(text, NULL, 10) : 0;
}
