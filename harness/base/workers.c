/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "harness/base/workers.h"

#include "harness/base/copies.h"
#include "sim/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define PROGRESS_MS 200
#define TO_CLEAR_UP_MS 2000
#define MOST_FRUITLESS (2 * WORKERS_MAX) /* then there is no room to work */
#define NO_ITEM UINT_MAX
#define TEXT_BYTES ((size_t)64 << 10) /* on the pipe at a time */

struct frame { /* on the pipe: an item begins (n 0), n bytes of it follow, or it has ended */
    unsigned item, n;
};
#define FRAME_END UINT_MAX

struct result { /* of an item */
    char *bytes;
    size_t n, size;
    bool ended;
    char died[60]; /* "": it did not */
};

struct slot { /* a process; pid 0: none */
    pid_t pid;
    int fd;
    unsigned item; /* that it is at; NO_ITEM: between two */
    struct frame head;
    size_t head_bytes; /* of it that have come */
    unsigned left;     /* bytes of the item that follow */
};

struct crew {
    const struct workers *w;
    struct slot slots[WORKERS_MAX];
    unsigned n_slots, running, told, ended;
    unsigned fruitless; /* processes that died without an item */
    atomic_uint *next;  /* the item that nobody has taken: shared by all processes */
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

/* ---- in the process that works ---- */

struct pipe_end {
    int fd;
    unsigned item;
};

static void put(const struct pipe_end *p, const void *bytes, size_t n)
{
    for (const char *at = bytes; n;) {
        ssize_t put = write(p->fd, at, n);

        if (put < 0 && errno != EINTR) {
            _exit(1);
        }
        at += put > 0 ? put : 0;
        n -= put > 0 ? (size_t)put : 0;
    }
}

static ssize_t put_text(void *pipe_end, const char *text, size_t n)
{
    struct pipe_end *p = pipe_end;

    for (size_t at = 0; at < n;) {
        const struct frame f = { p->item, n - at < TEXT_BYTES ? (unsigned)(n - at) : (unsigned)TEXT_BYTES };

        put(p, &f, sizeof f);
        put(p, text + at, f.n);
        at += f.n;
    }
    return (ssize_t)n;
}

/* A process is a fork of all that was read: it takes one item after another, since each fork costs milliseconds. */
static _Noreturn void work(const struct workers *w, atomic_uint *next, int fd)
{
    struct pipe_end to = { .fd = fd };
    char *buffer = memory_zeroed(TEXT_BYTES, 1);

    while ((to.item = atomic_fetch_add(next, 1)) < w->n) {
        const struct frame begins = { to.item, 0 }, ends = { to.item, FRAME_END };
        FILE *out = fopencookie(&to, "w", (cookie_io_functions_t){ .write = put_text });

        if (!out || setvbuf(out, buffer, _IOFBF, TEXT_BYTES)) {
            _exit(1);
        }
        put(&to, &begins, sizeof begins);
        w->run(w->ctx, to.item, out);
        if (fclose(out)) {
            _exit(1);
        }
        put(&to, &ends, sizeof ends);
    }
    _exit(0);
}

/* ---- in the one that asked for it ---- */

static bool start(struct crew *c, struct slot *s, struct problem *err)
{
    int ends[2];

    if (pipe2(ends, O_CLOEXEC) != 0) {
        return problem_set(err, "can't start a process: %s", strerror(errno));
    }
    s->pid = copy_make();
    if (s->pid == 0) {
        close(ends[0]);
        work(c->w, c->next, ends[1]);
    }
    close(ends[1]);
    if (s->pid < 0) {
        s->pid = 0;
        close(ends[0]);
        return problem_set(err, "can't start a process: %s", strerror(errno));
    }
    *s = (struct slot){ .pid = s->pid, .fd = ends[0], .item = NO_ITEM };
    c->running++;
    return true;
}

static void item_ended(struct crew *c, unsigned item)
{
    c->results[item].ended = true;
    c->ended++;
}

static void bury(struct crew *c, struct slot *s)
{
    int status = 0;

    close(s->fd);
    while (waitpid(s->pid, &status, 0) < 0 && errno == EINTR) {
    }
    if (s->item != NO_ITEM) { /* it took its item with it */
        char *died = c->results[s->item].died;
        size_t n = sizeof c->results[s->item].died;

        if (WIFSIGNALED(status)) {
            snprintf(died, n, "was killed by signal %d", WTERMSIG(status));
        } else {
            snprintf(died, n, "ended with status %d", WEXITSTATUS(status));
        }
        item_ended(c, s->item);
    } else {
        c->fruitless += status != 0;
    }
    s->pid = 0;
    c->running--;
}

static void take_text(struct result *r, const char *bytes, size_t n)
{
    if (r->size - r->n < n) {
        r->size = r->size * 2 + n + 4096;
        r->bytes = memory_grown(r->bytes, r->size, 1);
    }
    memcpy(r->bytes + r->n, bytes, n);
    r->n += n;
}

static void take_frame(struct crew *c, struct slot *s)
{
    s->head_bytes = 0;
    if (s->head.n == FRAME_END) {
        item_ended(c, s->item);
        s->item = NO_ITEM;
    } else {
        s->item = s->head.item;
        s->left = s->head.n;
    }
}

/* What has come; at its end the process is gone. */
static void take(struct crew *c, struct slot *s)
{
    char bytes[65536];
    ssize_t got = read(s->fd, bytes, sizeof bytes);

    if (got < 0 && errno == EINTR) {
        return;
    }
    if (got <= 0) {
        bury(c, s);
        return;
    }
    for (size_t at = 0, n; at < (size_t)got; at += n) {
        size_t rest = (size_t)got - at;

        if (s->left) {
            n = rest < s->left ? rest : s->left;
            take_text(&c->results[s->item], bytes + at, n);
            s->left -= (unsigned)n;
            continue;
        }
        n = sizeof s->head - s->head_bytes;
        n = rest < n ? rest : n;
        memcpy((char *)&s->head + s->head_bytes, bytes + at, n);
        s->head_bytes += n;
        if (s->head_bytes == sizeof s->head) {
            take_frame(c, s);
        }
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

/* By a signal that they clear up at; one that does not, since it is stopped perhaps, is killed. */
static void stop_all(struct crew *c)
{
    for (unsigned i = 0; i < c->n_slots; i++) {
        if (c->slots[i].pid) {
            kill(c->slots[i].pid, SIGTERM);
        }
    }
    for (unsigned i = 0; i < c->n_slots; i++) {
        struct pollfd gone = { .fd = c->slots[i].fd }; /* of which only POLLHUP is heard */

        if (c->slots[i].pid) {
            poll(&gone, 1, TO_CLEAR_UP_MS);
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

static void tell_progress(struct crew *c)
{
    if (c->w->progress && !c->stop) {
        c->w->progress(c->w->ctx, c->ended, c->running);
    }
}

static bool start_more(struct crew *c, struct problem *err)
{
    for (unsigned i = 0; i < c->n_slots && atomic_load(c->next) < c->w->n; i++) {
        if (!c->slots[i].pid && !start(c, &c->slots[i], err)) {
            return c->running > 0; /* fewer will do */
        }
    }
    return true;
}

/* A process that was killed between taking an item and saying so took it with it unseen. */
static void find_lost(struct crew *c)
{
    for (unsigned i = 0; !c->running && i < c->w->n; i++) {
        struct result *r = &c->results[i];

        if (!r->ended) {
            snprintf(r->died, sizeof r->died, "was killed before it began");
            item_ended(c, i);
        }
    }
}

bool workers_run(const struct workers *w, struct problem *err)
{
    struct crew *c = memory_zeroed(1, sizeof *c);
    bool ok = true;

    c->w = w;
    c->n_slots = workers_count(w->jobs, w->n);
    c->next = mmap(NULL, sizeof *c->next, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (c->next == MAP_FAILED) {
        free(c);
        return problem_set(err, "can't start a process: %s", strerror(errno));
    }
    c->results = memory_zeroed(w->n + 1, sizeof *c->results);
    /* Here and not only after a wait: the first wait may see all of them end. */
    ok = start_more(c, err);
    if (ok) {
        tell_progress(c);
    }
    while (ok && !c->stop && c->told < w->n) {
        ok = c->fruitless < MOST_FRUITLESS ? start_more(c, err)
                                           : problem_set(err, "the processes die before they begin to work");
        if (ok && !c->running) {
            find_lost(c);
        } else if (ok) {
            wait_for_some(c);
        }
        if (ok) {
            tell_what_is_next(c);
        }
        if (ok) {
            tell_progress(c);
        }
    }
    stop_all(c);
    for (unsigned i = 0; i < w->n; i++) {
        free(c->results[i].bytes);
    }
    munmap(c->next, sizeof *c->next);
    free(c->results);
    free(c);
    return ok;
}
