/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "harness/base/input_file.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sha2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct reading {
    const char *path;
    int fd;
    size_t max_bytes;
    struct problem *err;
    char *bytes;
    size_t n, room;
};

/* One more than may be: tells a file that is too large. */
static bool make_room(struct reading *r)
{
    if (r->n < r->room) {
        return true;
    }
    size_t room = r->room ? 2 * r->room : 65536;
    if (room > r->max_bytes) {
        room = r->max_bytes + 1;
    }
    char *bytes = realloc(r->bytes, room + 1);
    if (!bytes) {
        return problem_set(r->err, "%s: out of memory", r->path);
    }
    r->bytes = bytes;
    r->room = room;
    return true;
}

/* A pipe, a terminal: until something comes or its other end is closed. */
static bool wait_for_more(struct reading *r)
{
    struct pollfd p = { .fd = r->fd, .events = POLLIN };
    int n;

    do {
        n = poll(&p, 1, INPUT_FILE_SILENCE_MS);
    } while (n < 0 && errno == EINTR);
    return n > 0 || problem_set(r->err, "%s: this is no file but a pipe or device, and nothing came for %d s", r->path,
                                INPUT_FILE_SILENCE_MS / 1000);
}

static bool read_all(struct reading *r, bool regular)
{
    for (;;) {
        if (!make_room(r) || (!regular && !wait_for_more(r))) {
            return false;
        }
        ssize_t got = read(r->fd, r->bytes + r->n, r->room - r->n);
        if (got == 0) {
            r->bytes[r->n] = '\0';
            return true;
        }
        if (got < 0 && errno != EINTR && errno != EAGAIN) {
            return problem_set(r->err, "%s: %s", r->path, strerror(errno));
        }
        r->n += got > 0 ? (size_t)got : 0;
        if (r->n > r->max_bytes) {
            return problem_set(r->err, "%s: larger than the %zu bytes that such a file may have", r->path,
                               r->max_bytes);
        }
    }
}

bool input_file_read(const char *path, size_t max_bytes, char **bytes, size_t *n, int *errno_of, struct problem *err)
{
    struct reading r = { .path = path, .max_bytes = max_bytes, .err = err };
    struct stat st;

    if (errno_of) {
        *errno_of = 0;
    }
    r.fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK); /* a FIFO that nobody writes would block */
    if (r.fd < 0) {
        if (errno_of) {
            *errno_of = errno;
        }
        return problem_set(err, "%s: %s", *path ? path : "''", strerror(errno));
    }
    bool ok = fstat(r.fd, &st) == 0 || problem_set(err, "%s: %s", path, strerror(errno));
    if (ok && S_ISREG(st.st_mode) && st.st_size > 0 && (uint64_t)st.st_size > max_bytes) {
        ok = problem_set(err, "%s: larger than the %zu bytes that such a file may have", path, max_bytes);
    }
    ok = ok && read_all(&r, S_ISREG(st.st_mode));
    close(r.fd);
    if (!ok) {
        free(r.bytes);
        return false;
    }
    *bytes = r.bytes;
    *n = r.n;
    return true;
}

static struct input_file *add(struct input_files *set, const char *path)
{
    struct input_file **list = realloc(set->file, (set->n + 1) * sizeof *list);
    if (list) {
        set->file = list;
    }
    struct input_file *f = list ? calloc(1, sizeof *f) : NULL;
    if (f && !(f->path = strdup(path))) {
        free(f);
        f = NULL;
    }
    return f;
}

const struct input_file *input_files_get(struct input_files *set, const char *path, size_t max_bytes, int *errno_of,
                                         struct problem *err)
{
    if (errno_of) {
        *errno_of = 0;
    }
    for (unsigned i = 0; i < set->n; i++) {
        if (!strcmp(set->file[i]->path, path)) {
            if (set->file[i]->n <= max_bytes) {
                return set->file[i];
            }
            problem_set(err, "%s: larger than the %zu bytes that such a file may have", path, max_bytes);
            return NULL;
        }
    }
    char *bytes;
    size_t n;
    if (!input_file_read(path, max_bytes, &bytes, &n, errno_of, err)) {
        return NULL;
    }
    struct input_file *f = add(set, path);
    if (!f) {
        free(bytes);
        problem_set(err, "%s: out of memory", path);
        return NULL;
    }
    f->bytes = bytes;
    f->n = n;
    SHA256Data((const uint8_t *)bytes, n, f->sha256);
    set->file[set->n++] = f;
    return f;
}

bool input_files_note(struct input_files *set, const char *path, const char *sha256)
{
    struct input_file *f = add(set, path);
    if (!f) {
        return false;
    }
    snprintf(f->sha256, sizeof f->sha256, "%s", sha256);
    set->file[set->n++] = f;
    return true;
}

void input_files_free(struct input_files *set)
{
    for (unsigned i = 0; i < set->n; i++) {
        free(set->file[i]->path);
        free(set->file[i]->bytes);
        free(set->file[i]);
    }
    free(set->file);
    *set = (struct input_files){ 0 };
}
