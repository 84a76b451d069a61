/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * inject.c - the limpet command with one failure in it, at one place after the other
 *
 *      inject alloc|call|kill PLACES [--seen FILE] [--from-start] [--tell] [--keep FILE]... [--out FILE]...
 *             [--any-output] [--lint] -- ARGUMENTS OF LIMPET
 *
 * alloc   the n-th allocation gives NULL. In a plain build those of the libraries count too (never_null.c); under a
 *         sanitizer only our own (linker's wrap).
 * call    the n-th open, read, write, fsync, fork... fails, in each way that failing.c's table has for it.
 * kill    the process is killed right before and right after the n-th of these calls.
 *
 * PLACES: "all": n goes from 1 to the end of the run. "new": each n whose call stack neither an earlier n had nor FILE
 * has from earlier runs (which "all" and "new" add to). A number: so many tries, in steps of one length.
 *
 * A run without a failure says what is right. Another one goes along: wherever nothing of it would be shared (no other
 * process or thread of it lives) it is forked, and the fork fails there, in a copy of the working folder. The rest of the
 * places, and all of them with --from-start, have a process each that is forked before anything has run, with the files
 * as they were. --tell: how each try ended.
 *
 * It must end as without the failure, or with status 2 and a message; a file of --keep (a chip) then is as before or as
 * it should be, and after a kill the next run puts all right and leaves no temporary file. --out: written by the run;
 * right where the status says so. What goes along must end as without a failure.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/inject/inject.h"

enum { MAX_FILES = 4, SHOWN = 10, FAILED = 1, BAD_INPUT = 2, TALK_FD = 200 };

struct file { /* NULL bytes: it is not there */
    const char *path;
    char *before, *right;
    size_t n_before, n_right;
    bool keep;
};

struct plan {
    int argc;
    char **argv;
    struct file file[MAX_FILES];
    unsigned n_files;
    const char *places, *seen;
    bool from_start, tell;
    bool any_output; /* what it prints is not the same every time */
    bool is_lint;    /* prints what is wrong; a file that another names and that can't be read is a mistake, too */
};

struct result { /* of the run without a failure, and of all tries */
    int status;
    char *out;
    size_t n_out;
    unsigned places, tries, forked, failures;
};

/* ---- one run ---- */

/* talk: NULL, or two ends, of which the process has the second */
static pid_t start(const struct plan *p, unsigned at, unsigned variant, const int talk[2])
{
    fflush(NULL);
    atomic_store(&shared->count, 0);
    pid_t pid = fork();
    if (pid == 0) {
        if (!freopen("inject.out", "w", stdout) || !freopen("inject.err", "w", stderr)) {
            _exit(99);
        }
        setvbuf(stderr, NULL, _IONBF, 0);
        stdout = fopencookie(NULL, "w", (cookie_io_functions_t){ .write = failing_print });
        alarm(INJECT_SECONDS);
        if (talk) {
            close(talk[0]);
        }
        failing_begin(at, variant, talk ? talk[1] : -1);
        exit(limpet_main(p->argc, p->argv));
    }
    return pid;
}

static void files_as_before(const struct plan *p, bool only_kept)
{
    for (unsigned i = 0; i < p->n_files; i++) {
        if (p->file[i].keep || !only_kept) {
            put(p->file[i].path, p->file[i].before, p->file[i].n_before);
        }
    }
}

static int run(const struct plan *p, unsigned at, unsigned variant)
{
    int status;

    waitpid(start(p, at, variant, NULL), &status, 0);
    return status;
}

/* What is wrong with how it ended, by the files of the working folder; NULL: nothing. *err: what it said, to be freed. */
static const char *judge(const struct plan *p, const struct result *r, int status, char **err)
{
    bool right = status == r->status, killed = mode == KILL && WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
    size_t n;

    *err = contents("inject.err", &n);
    bool says_so = WIFEXITED(status) &&
                   (WEXITSTATUS(status) == BAD_INPUT || (p->is_lint && WEXITSTATUS(status) == FAILED) ||
                    /* exec's process for its program, which counts, too: how a program ends is passed on */
                    (mode == KILL && WEXITSTATUS(status) == 128 + SIGKILL));
    if (!right && !killed && !says_so) {
        return WIFSIGNALED(status) ? "it died" : "another verdict";
    }
    bool said = n || (p->is_lint && !is("inject.out", "", 0));
    if (!right && !killed && !said) {
        return "a status without a message";
    }
    if (right && !p->any_output && !is("inject.out", r->out, r->n_out)) {
        return "the right status, but what it printed is wrong";
    }
    for (unsigned i = 0; i < p->n_files; i++) {
        const struct file *f = &p->file[i];
        bool as_right = is(f->path, f->right, f->n_right);

        if (right && !as_right) {
            return "the right status, but a file that it wrote is wrong";
        }
        if (f->keep && !as_right && !is(f->path, f->before, f->n_before)) {
            return "what was to be kept is neither as before nor as it should be";
        }
    }
    if (!killed) {
        return NULL;
    }
    files_as_before(p, true); /* a chip of after the step would be programmed again */
    if (run(p, 0, 0) != r->status) {
        return "after a kill the next run is no better";
    }
    return no_temporary_file() ? NULL : "after a kill and a run a temporary file is left";
}

static void look(const struct plan *p, struct result *r, unsigned at, unsigned variant, int status)
{
    char *err;
    const struct place failed = { .call = shared->failed };
    const char *wrong = judge(p, r, status, &err);

    r->tries++;
    if (p->tell && at) {
        printf("at %u, %s: %#x %s%s%.100s\n", at, variant_name(&failed, variant), (unsigned)status,
               wrong ? wrong : "right", err && *err ? ": " : "", err ? err : "");
    }
    if (wrong && r->failures++ < SHOWN) {
        printf("at %u of %u, %s: %s (%s %d); it said: %.200s\n", at, r->places,
               at ? variant_name(&failed, variant) : "what goes along", wrong,
               WIFSIGNALED(status) ? "signal" : "status", WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status),
               err ? err : "");
    }
    free(err);
}

/* ---- the one that goes along ---- */

static void go_along(const struct plan *p, struct result *r, const char *home)
{
    char *away = NULL;
    const char *changes[MAX_FILES + 2] = { "inject.out", "inject.err" };
    int ends[2], status;
    struct message m;

    for (unsigned i = 0; i < p->n_files; i++) {
        changes[i + 2] = p->file[i].path;
    }
    files_as_before(p, false);
    folder_copy(NULL);
    away = realpath(COPY_FOLDER, NULL);
    if (!away || strlen(away) < strlen(home)) {
        printf("inject: %s: cannot stand for %s\n", away ? away : COPY_FOLDER, home);
        r->failures++;
        free(away);
        return;
    }
    struct folder *stays = folder_of_now(changes, p->n_files + 2);
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) {
        folder_free(stays);
        free(away);
        return; /* all of them from the start */
    }
    for (int i = 0; i < 2; i++) { /* its own descriptors have the numbers that they always have */
        int far = fcntl(ends[i], F_DUPFD_CLOEXEC, TALK_FD);

        close(ends[i]);
        ends[i] = far;
    }
    pid_t pid = start(p, 0, 0, ends);
    close(ends[1]);
    while (read(ends[0], &m, sizeof m) == sizeof m) {
        if (!m.ended) {
            folder_copy(stays);
        } else {
            if (chdir(COPY_FOLDER) == 0) {
                files_are_away(away, home);
                look(p, r, m.at, m.variant, m.status);
                files_are_away(NULL, NULL);
            }
            r->failures += chdir(home) != 0;
            atomic_store(&shared->count, m.count); /* the copy, and the run after a kill, have counted, too */
            r->forked++;
        }
        if (write(ends[0], "", 1) != 1) {
            break;
        }
    }
    close(ends[0]);
    waitpid(pid, &status, 0);
    look(p, r, 0, 0, status);
    folder_free(stays);
    free(away);
}

/* ---- all places ---- */

enum { SEEN_ROOM = 1 << 20 };
static uint64_t seen[SEEN_ROOM];

/* True: it is new */
static bool add(uint64_t callers)
{
    for (unsigned i = callers % SEEN_ROOM;; i = (i + 1) % SEEN_ROOM) {
        if (!seen[i]) {
            seen[i] = callers;
            return true;
        }
        if (seen[i] == callers) {
            return false;
        }
    }
}

/* How many places are to be tried. */
static unsigned choose(const struct plan *p, unsigned n)
{
    unsigned chosen = 0;
    bool all = !strcmp(p->places, "all"), new = !strcmp(p->places, "new");
    unsigned tries = all || new ? 0 : (unsigned)atoi(p->places),
             stride = tries &&n > tries ? (n + tries - 1) / tries : 1;
    size_t n_seen = 0;
    char *before = p->seen ? contents(p->seen, &n_seen) : NULL;

    for (size_t i = 0; i < n_seen / sizeof(uint64_t); i++) {
        add(((const uint64_t *)before)[i]);
    }
    free(before);
    FILE *more = p->seen && (all || new) ? fopen(p->seen, "ab") : NULL;
    for (unsigned at = 0; at < n; at++) {
        struct place *s = &shared->place[at];
        bool is_new = (all || new) && add(s->callers);

        s->wanted = new ? is_new : at % stride == 0;
        chosen += s->wanted;
        if (more && is_new) {
            fwrite(&s->callers, sizeof s->callers, 1, more);
        }
    }
    if (more) {
        fclose(more);
    }
    return chosen;
}

static struct result try_all(struct plan *p)
{
    struct result r = { 0 };
    char home[4096];

    files_as_before(p, false);
    r.status = run(p, 0, 0);
    r.places = atomic_load(&shared->count);
    r.out = contents("inject.out", &r.n_out);
    for (unsigned i = 0; i < p->n_files; i++) {
        p->file[i].right = contents(p->file[i].path, &p->file[i].n_right);
    }
    if (!WIFEXITED(r.status) || WEXITSTATUS(r.status) == BAD_INPUT || r.places > MAX_PLACES) {
        printf("inject: the run ends with %#x without any failure, %u places\n", (unsigned)r.status, r.places);
        r.failures = 1;
        return r;
    }
    if (choose(p, r.places) && !p->from_start && getcwd(home, sizeof home)) {
        go_along(p, &r, home);
    }
    for (unsigned at = 1; at <= r.places; at++) {
        const struct place *s = &shared->place[at - 1];

        for (unsigned v = 0; s->wanted && !s->forked && v < variants_of(s); v++) {
            files_as_before(p, false);
            look(p, &r, at, v, run(p, at, v));
        }
    }
    files_as_before(p, false);
    return r;
}

static bool parse(struct plan *p, int argc, char **argv)
{
    static const char *const modes[] = { "alloc", "call", "kill" };
    int i = 3;

    while (argc > 3 && mode <= KILL && strcmp(argv[1], modes[mode]) != 0) {
        mode++;
    }
    p->places = argc > 3 ? argv[2] : "";
    for (; i + 1 < argc && strcmp(argv[i], "--") != 0; i++) {
        if (!strcmp(argv[i], "--any-output")) {
            p->any_output = true;
        } else if (!strcmp(argv[i], "--lint")) {
            p->is_lint = true;
        } else if (!strcmp(argv[i], "--from-start")) {
            p->from_start = true;
        } else if (!strcmp(argv[i], "--tell")) {
            p->tell = true;
        } else if (!strcmp(argv[i], "--seen")) {
            p->seen = argv[++i];
        } else if (p->n_files < MAX_FILES) {
            struct file *f = &p->file[p->n_files++];

            f->keep = !strcmp(argv[i], "--keep");
            f->path = argv[++i];
            f->before = contents(f->path, &f->n_before);
        }
    }
    argv[i < argc ? i : 0] = argv[0];
    p->argc = argc - i;
    p->argv = argv + i;
    return mode <= KILL && i + 1 < argc;
}

int main(int argc, char **argv)
{
    struct plan p = { 0 };

    if (!parse(&p, argc, argv)) {
        fprintf(stderr, "usage: inject alloc|call|kill PLACES [--seen FILE] [--from-start] [--tell] [--keep FILE] "
                        "[--out FILE] [--any-output] [--lint] -- ARGS\n");
        return BAD_INPUT;
    }
    shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (shared == MAP_FAILED) {
        return BAD_INPUT;
    }
    struct result r = try_all(&p);
    printf("%u failures of %u tries, %u places, %u forked there\n", r.failures, r.tries, r.places, r.forked);
    for (unsigned k = 0; k < p.n_files; k++) {
        free(p.file[k].before);
        free(p.file[k].right);
    }
    free(r.out);
    return r.failures > 0;
}
