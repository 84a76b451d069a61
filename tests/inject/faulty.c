/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * faulty.c - a program that does everything wrong, in place of limpet: does inject.c see it?
 *
 *      faulty FAULT CHIP    adds a line to CHIP
 *
 * FAULT   none        it is as it should be
 *         null        uses an allocation without a look at it
 *         quiet       ends with 2 and says nothing when there is none
 *         passes      says it passed when there was none
 *         worker      as none, but a process of its own did the work, and how it ended is not looked at
 *         in_place    writes over the old file
 *         no_look     does not look at what write(), fsync(), close() and rename() say
 *         half        takes a short write for a whole one
 *         once        does not go on after EINTR, and says it passed
 *         leftover    a temporary file of a killed one is never cleaned up
 *         ends        as it should be: what can't be had ends it right there, with a message, status 2 and what it printed
 *         ends_dead, ends_quiet, ends_passes    there it dies, says nothing, says it passed
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/inject/inject.h"

static const char *fault, *chip;

static bool has(const char *name)
{
    return !strcmp(fault, name);
}

static _Noreturn void fail(const char *what)
{
    fprintf(stderr, "faulty: %s: %s\n", what, strerror(errno));
    exit(2);
}

static bool ends(void)
{
    return fault && !strncmp(fault, "ends", 4);
}

/* No memory */
static void end(void)
{
    static const char text[] = "faulty: no memory\n";

    if (has("ends_dead")) {
        __builtin_trap();
    }
    if (has("ends") && write(STDERR_FILENO, text, sizeof text - 1) < 0) {
        _exit(3);
    }
    fflush(stdout);
    _exit(has("ends_passes") ? 0 : 2);
}

/* The fault of a plain build: there the program's allocator, which all go through, is at fault. */
#ifndef INJECT_WRAP
void *__libc_malloc(size_t n);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *p, size_t n);
void *malloc(size_t n);
void *calloc(size_t n, size_t size);
void *realloc(void *p, size_t n);

static bool refused(void)
{
    bool is = inject_alloc_fails(ends() ? end : NULL);

    if (is && ends()) {
        end();
    }
    return is;
}

void *malloc(size_t n)
{
    return refused() ? NULL : __libc_malloc(n);
}

void *calloc(size_t n, size_t size)
{
    return refused() ? NULL : __libc_calloc(n, size);
}

void *realloc(void *p, size_t n)
{
    return refused() ? NULL : __libc_realloc(p, n);
}
#endif

static char *copy_of(const char *text)
{
    char *copy = malloc(strlen(text) + 1);

    if (!copy && ends()) {
        end();
    }
    if (!copy && !has("null")) {
        if (has("passes") || has("quiet")) {
            _exit(has("passes") ? 0 : 2);
        }
        fail("no memory");
    }
    return strcpy(copy, text);
}

static void write_all(int fd, const char *bytes, size_t n)
{
    for (size_t at = 0; at < n;) {
        ssize_t put = write(fd, bytes + at, n - at);

        if (put < 0 && errno == EINTR && !has("once")) {
            continue;
        }
        if (put < 0 && has("once") && errno == EINTR) {
            _exit(0);
        }
        if (put < 0 && !has("no_look")) {
            fail("write");
        }
        at += has("half") || put < 0 ? n : (size_t)put;
    }
}

static void add_line(void)
{
    char *text = copy_of("a line\n"), old[4096], *temp = copy_of(has("leftover") ? ".limpet-7.tmp" : ".limpet.tmp");
    int fd = open(chip, O_RDONLY);
    ssize_t n = fd < 0 ? -1 : read(fd, old, sizeof old);

    if (has("leftover") && access(temp, F_OK) == 0) {
        temp[8] = '8';
    }
    if (fd < 0 || n < 0) {
        fail(chip);
    }
    while (n > 0 && old[n - 1] != '\n') { /* a short read */
        ssize_t more = read(fd, old + n, sizeof old - (size_t)n);

        if (more <= 0) {
            fail(chip);
        }
        n += more;
    }
    close(fd);
    fd = open(has("in_place") ? chip : temp, O_WRONLY | O_CREAT | O_TRUNC, 0666);
    if (fd < 0) {
        fail(temp);
    }
    write_all(fd, old, (size_t)n);
    write_all(fd, text, strlen(text));
    bool ok = fsync(fd) == 0;
    ok = close(fd) == 0 && ok;
    ok = (has("in_place") || (ok || has("no_look") ? rename(temp, chip) : -1) == 0) && ok;
    if (!ok && !has("no_look")) {
        int error = errno;
        unlink(temp);
        errno = error;
        fail(chip);
    }
    free(text);
    free(temp);
}

int limpet_main(int argc, char **argv)
{
    fault = argc == 3 ? argv[1] : "none";
    chip = argv[argc - 1];
    static char waiting[100];
    setvbuf(stdout, waiting, ends() ? _IOFBF : _IONBF, sizeof waiting);
    if (ends()) {
        printf("one line\n");
    }
    if (!has("worker")) {
        add_line();
        return 0;
    }
    int status;
    pid_t pid = fork();
    if (pid < 0) {
        fail("fork");
    }
    if (pid == 0) {
        add_line();
        _exit(0);
    }
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
    }
    return 0;
}
