/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "harness/base/workers.h"

#include "sim/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define PROGRESS_MS 200

struct result { /* of an item */
    char *bytes;
    size_t n, size;
    bool ended;
    char died[60]; /* "": it did not */
};

struct slot { /* a process; pid 0: none */
    pid_t pid;
    int fd;
    unsigned item;
};

struct crew {
    const struct workers *w;
    struct slot slots[WORKERS_MAX];
    unsigned n_slots, running, next, told, ended;
    struct result *results;
    bool stop;
};

unsigned workers_count(unsigned jobs, unsigned items)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    unsigned n = jobs ? jobs : cores > 0 ? (unsigned)cores : 1;

    n = n > WORKERS_MAX ? WORKERS_MAX : n;
    n = n > items ? items : n;
    return n ? n : 1;
}

static _Noreturn void work(const struct workers *w, unsigned item, int fd, pid_t parent)
{
    FILE *out;

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) {
        _exit(0); /* it has gone already */
    }
    out = fdopen(fd, "wb");
    if (!out) {
        _exit(1);
    }
    w->run(w->ctx, item, out);
    _exit(fclose(out) ? 1 : 0);
}

static bool start(struct crew *c, struct slot *s, struct problem *err)
{
    pid_t parent = getpid();
    int ends[2];

    if (pipe2(ends, O_CLOEXEC) != 0) {
        return problem_set(err, "can't start a process: %s", strerror(errno));
    }
    fflush(NULL);
    s->pid = fork();
    if (s->pid == 0) {
        close(ends[0]);
        work(c->w, c->next, ends[1], parent);
    }
    close(ends[1]);
    if (s->pid < 0) {
        s->pid = 0;
        close(ends[0]);
        return problem_set(err, "can't start a process: %s", strerror(errno));
    }
    s->fd = ends[0];
    s->item = c->next++;
    c->running++;
    return true;
}

static void bury(struct crew *c, struct slot *s)
{
    struct result *r = &c->results[s->item];
    int status = 0;

    close(s->fd);
    while (waitpid(s->pid, &status, 0) < 0 && errno == EINTR) {
    }
    if (WIFSIGNALED(status)) {
        snprintf(r->died, sizeof r->died, "was killed by signal %d", WTERMSIG(status));
    } else if (WEXITSTATUS(status)) {
        snprintf(r->died, sizeof r->died, "ended with status %d", WEXITSTATUS(status));
    }
    s->pid = 0;
    r->ended = true;
    c->running--;
    c->ended++;
}

/* What has come; at its end the process is gone. */
static void take(struct crew *c, struct slot *s)
{
    struct result *r = &c->results[s->item];
    ssize_t got;

    if (r->size - r->n < 65536) {
        r->size = r->size * 2 + 131072;
        r->bytes = memory_grown(r->bytes, r->size, 1);
    }
    got = read(s->fd, r->bytes + r->n, r->size - r->n);
    if (got > 0) {
        r->n += (size_t)got;
    } else if (got == 0 || errno != EINTR) {
        bury(c, s);
    }
}

static void tell_what_is_next(struct crew *c)
{
    while (!c->stop && c->told < c->w->n && c->results[c->told].ended) {
        struct result *r = &c->results[c->told];

        c->stop = !c->w->done(c->w->ctx, c->told++, r->bytes ? r->bytes : "", r->n, r->died[0] ? r->died : NULL);
        free(r->bytes);
        r->bytes = NULL;
    }
}

static void stop_all(struct crew *c)
{
    for (unsigned i = 0; i < c->n_slots; i++) {
        if (c->slots[i].pid) {
            kill(c->slots[i].pid, SIGKILL);
            bury(c, &c->slots[i]);
        }
    }
}

static void wait_for_some(struct crew *c)
{
    struct pollfd fds[WORKERS_MAX];
    struct slot *of[WORKERS_MAX];
    nfds_t n = 0;

    for (unsigned i = 0; i < c->n_slots; i++) {
        if (c->slots[i].pid) {
            of[n] = &c->slots[i];
            fds[n++] = (struct pollfd){ .fd = c->slots[i].fd, .events = POLLIN };
        }
    }
    if (poll(fds, n, c->w->progress ? PROGRESS_MS : -1) > 0) {
        for (nfds_t i = 0; i < n; i++) {
            if (fds[i].revents) {
                take(c, of[i]);
            }
        }
    }
}

static bool start_more(struct crew *c, struct problem *err)
{
    for (unsigned i = 0; i < c->n_slots && c->next < c->w->n; i++) {
        if (!c->slots[i].pid && !start(c, &c->slots[i], err)) {
            return c->running > 0; /* fewer will do */
        }
    }
    return true;
}

bool workers_run(const struct workers *w, struct problem *err)
{
    struct crew *c = memory_zeroed(1, sizeof *c);
    bool ok = true;

    c->w = w;
    c->n_slots = workers_count(w->jobs, w->n);
    c->results = memory_zeroed(w->n + 1, sizeof *c->results);
    while (ok && !c->stop && c->told < w->n) {
        ok = start_more(c, err);
        if (ok) {
            wait_for_some(c);
            tell_what_is_next(c);
        }
        if (ok && w->progress && !c->stop) {
            w->progress(w->ctx, c->ended, c->running);
        }
    }
    stop_all(c);
    for (unsigned i = 0; i < w->n; i++) {
        free(c->results[i].bytes);
    }
    free(c->results);
    free(c);
    return ok;
}
