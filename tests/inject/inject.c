/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * inject.c - the limpet command with one failure in it, at every place in turn
 *
 *      inject alloc|call|kill TRIES [--keep FILE]... [--out FILE]... [--any-output] -- ARGUMENTS OF LIMPET
 *
 * alloc   the n-th allocation gives NULL. In a plain build those of the libraries count too (never_null.c); under a
 *         sanitizer only our own (linker's wrap).
 * call    the n-th open, read, write, fsync, rename or close fails: no space, input/output error, interrupted, and a
 *         read or write that does half.
 * kill    the process is killed right before and right after the n-th of these calls.
 *
 * n goes from 1 to the end of the run, in TRIES steps of one length; 0: by one.
 *
 * Each time a process of its own is forked off before anything has run, with the files as they were. It must end as
 * without the failure, or with status 2 and a message; a file of --keep (a chip) then is as before or as it should be,
 * and after a kill the next run puts all right and leaves no temporary file. --out: written by the run; right where
 * the status says so.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/inject/inject.h"

enum { MAX_CALLS = 1 << 20, MAX_FILES = 4, SECONDS = 60, SHOWN = 10, FAILED = 1, BAD_INPUT = 2 };
enum mode { ALLOC, CALL, KILL };
enum call { OPEN, READ, WRITE, FSYNC, RENAME, CLOSE };
enum variant { NO_SPACE, BROKEN, INTERRUPTED, SHORT, VARIANTS };

struct shared { /* by all processes of a run */
    atomic_uint count;
    uint8_t call[MAX_CALLS]; /* enum call, of the run without a failure */
};

static struct shared *shared;
static bool armed;
static enum mode mode;
static unsigned fail_at; /* 0: none */
static enum variant variant;
static bool after; /* KILL: the call is done first */

/* ---- what fails ---- */

static bool is_turn(void)
{
    return armed && atomic_fetch_add(&shared->count, 1) + 1 == fail_at;
}

#ifdef INJECT_WRAP
#define OUR(name) __wrap_##name
#else
#define OUR(name) name
#endif

bool inject_alloc_fails(void)
{
    if (mode == ALLOC && is_turn()) {
        errno = ENOMEM;
        return true;
    }
    return false;
}

#ifdef INJECT_WRAP /* else never_null.c asks */
void *__real_malloc(size_t n);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t n);
void *__wrap_malloc(size_t n);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t n);
char *__wrap_strdup(const char *text);

void *__wrap_malloc(size_t n)
{
    return inject_alloc_fails() ? NULL : __real_malloc(n);
}

void *__wrap_calloc(size_t n, size_t size)
{
    return inject_alloc_fails() ? NULL : __real_calloc(n, size);
}

void *__wrap_realloc(void *p, size_t n)
{
    return inject_alloc_fails() ? NULL : __real_realloc(p, n);
}

char *__wrap_strdup(const char *text)
{
    size_t n = strlen(text) + 1;
    char *copy = __wrap_malloc(n);
    return copy ? memcpy(copy, text, n) : NULL;
}
#endif

/* Does this call fail? *n: bytes, which may be halved. */
static bool call_fails(enum call call, size_t *n)
{
    static const int number[] = { [NO_SPACE] = ENOSPC, [BROKEN] = EIO, [INTERRUPTED] = EINTR };

    if (!armed || mode == ALLOC) {
        return false;
    }
    unsigned at = atomic_fetch_add(&shared->count, 1);
    if (!fail_at && at < MAX_CALLS) {
        shared->call[at] = (uint8_t)call;
    }
    if (at + 1 != fail_at) {
        return false;
    }
    if (mode == KILL) {
        if (!after) {
            raise(SIGKILL);
        }
        return false;
    }
    if (variant == SHORT) {
        if (n) { /* serve's calls may come in another order than in the first run: this one has no length */
            *n = *n > 1 ? *n / 2 : *n;
        }
        return false;
    }
    errno = number[variant];
    return true;
}

/* A call is done. */
static long done(long result)
{
    if (armed && mode == KILL && after && atomic_load(&shared->count) == fail_at) {
        raise(SIGKILL);
    }
    return result;
}

static int do_open(int folder, const char *path, int flags, unsigned access)
{
    return call_fails(OPEN, NULL) ? -1 : (int)done(syscall(SYS_openat, folder, path, flags, access));
}

#define ACCESS(flags)                                                            \
    ({                                                                           \
        va_list ap;                                                              \
        va_start(ap, flags);                                                     \
        unsigned a = (flags) & (O_CREAT | O_TMPFILE) ? va_arg(ap, unsigned) : 0; \
        va_end(ap);                                                              \
        a;                                                                       \
    })

int OUR(open64)(const char *path, int flags, ...);
int OUR(openat64)(int folder, const char *path, int flags, ...);
ssize_t OUR(read)(int fd, void *to, size_t n);
ssize_t OUR(write)(int fd, const void *from, size_t n);
int OUR(fsync)(int fd);
int OUR(rename)(const char *from, const char *to);
int OUR(close)(int fd);

int OUR(open64)(const char *path, int flags, ...)
{
    return do_open(AT_FDCWD, path, flags, ACCESS(flags));
}

int OUR(openat64)(int folder, const char *path, int flags, ...)
{
    return do_open(folder, path, flags, ACCESS(flags));
}

ssize_t OUR(read)(int fd, void *to, size_t n)
{
    return call_fails(READ, &n) ? -1 : done(syscall(SYS_read, fd, to, n));
}

ssize_t OUR(write)(int fd, const void *from, size_t n)
{
    return call_fails(WRITE, &n) ? -1 : done(syscall(SYS_write, fd, from, n));
}

int OUR(fsync)(int fd)
{
    return call_fails(FSYNC, NULL) ? -1 : (int)done(syscall(SYS_fsync, fd));
}

int OUR(rename)(const char *from, const char *to)
{
    return call_fails(RENAME, NULL) ? -1 : (int)done(syscall(SYS_rename, from, to));
}

int OUR(close)(int fd)
{
    bool fails = call_fails(CLOSE, NULL); /* closed all the same */
    int error = errno;
    long result = syscall(SYS_close, fd);

    errno = fails ? error : errno;
    return fails ? -1 : (int)done(result);
}

/* What is printed goes by write() above, too; else libc's own would be called. As that does, it goes on after half. */
static ssize_t print(void *unused, const char *from, size_t n)
{
    size_t at = 0;

    (void)unused;
    while (at < n) {
        ssize_t put = OUR(write)(STDOUT_FILENO, from + at, n - at);
        if (put < 0) {
            return 0; /* sets the stream's error */
        }
        at += (size_t)put;
    }
    return (ssize_t)at;
}

/* ---- the runs ---- */

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
    unsigned n_files, tries;
    bool any_output; /* what it prints is not the same every time */
    bool is_lint;    /* prints what is wrong; a file that another names and that can't be read is a mistake, too */
};

static char *contents(const char *path, size_t *n)
{
    FILE *f = fopen(path, "rb");
    char *bytes = NULL;

    *n = 0;
    if (f) {
        size_t room = 1 << 16;
        bytes = malloc(room);
        for (size_t got; (got = fread(bytes + *n, 1, room - 1 - *n, f)) > 0;) {
            *n += got;
            if (*n == room - 1) {
                bytes = realloc(bytes, room *= 2);
            }
        }
        bytes[*n] = 0;
        fclose(f);
    }
    return bytes;
}

static void put(const char *path, const char *bytes, size_t n)
{
    unlink(path);
    FILE *f = bytes ? fopen(path, "wb") : NULL;
    if (f) {
        fwrite(bytes, 1, n, f);
        fclose(f);
    }
}

static bool is(const char *path, const char *bytes, size_t n)
{
    size_t m;
    char *now = contents(path, &m);
    bool same = (!now && !bytes) || (now && bytes && m == n && !memcmp(now, bytes, n));

    free(now);
    return same;
}

/* The status of one run, from the files as they were unless they stay. */
static int run(const struct plan *p, unsigned at, bool files_stay)
{
    int status;

    for (unsigned i = 0; i < p->n_files && !files_stay; i++) {
        put(p->file[i].path, p->file[i].before, p->file[i].n_before);
    }
    fflush(NULL);
    atomic_store(&shared->count, 0);
    pid_t pid = fork();
    if (pid == 0) {
        if (!freopen("inject.out", "w", stdout) || !freopen("inject.err", "w", stderr)) {
            _exit(99);
        }
        setvbuf(stderr, NULL, _IONBF, 0);
        stdout = fopencookie(NULL, "w", (cookie_io_functions_t){ .write = print });
        alarm(SECONDS);
        fail_at = at;
        armed = true;
        exit(limpet_main(p->argc, p->argv));
    }
    waitpid(pid, &status, 0);
    return status;
}

static char *out, *err; /* what it printed without a failure; of the last run */
static size_t n_out;

static bool no_temporary_file(void)
{
    DIR *d = opendir(".");
    bool clean = true;

    for (struct dirent *e; d && (e = readdir(d));) {
        clean = clean && strncmp(e->d_name, ".limpet-", 8) != 0;
    }
    closedir(d);
    return clean;
}

/* What is wrong with how it ended; NULL: nothing. */
static const char *judge(const struct plan *p, int status, int right_status)
{
    bool right = status == right_status, killed = mode == KILL && WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
    size_t n;

    free(err);
    err = contents("inject.err", &n);
    bool says_so = WIFEXITED(status) &&
                   (WEXITSTATUS(status) == BAD_INPUT || (p->is_lint && WEXITSTATUS(status) == FAILED));
    if (!right && !killed && !says_so) {
        return WIFSIGNALED(status) ? "it died" : "another verdict";
    }
    bool said = n || (p->is_lint && !is("inject.out", "", 0));
    if (!right && !killed && !said) {
        return "status 2 without a message";
    }
    if (right && !p->any_output && !is("inject.out", out, n_out)) {
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
    for (unsigned i = 0; i < p->n_files; i++) { /* a chip of after the step would be programmed again */
        if (p->file[i].keep) {
            put(p->file[i].path, p->file[i].before, p->file[i].n_before);
        }
    }
    if (run(p, 0, true) != right_status) {
        return "after a kill the next run is no better";
    }
    return no_temporary_file() ? NULL : "after a kill and a run a temporary file is left";
}

static bool applies(enum call call)
{
    switch (mode) {
    case ALLOC: return variant == NO_SPACE;
    case KILL: return variant <= BROKEN; /* before, after */
    default: return variant != SHORT || call == READ || call == WRITE;
    }
}

static unsigned try_all(const struct plan *p)
{
    unsigned failures = 0, tries = 0;
    int right_status = run(p, 0, false);
    unsigned n = atomic_load(&shared->count);

    out = contents("inject.out", &n_out);
    for (unsigned i = 0; i < p->n_files; i++) {
        struct file *f = (struct file *)&p->file[i];

        f->right = contents(f->path, &f->n_right);
    }
    if (!WIFEXITED(right_status) || WEXITSTATUS(right_status) == BAD_INPUT) {
        printf("inject: the run ends with %#x without any failure\n", (unsigned)right_status);
        return 1;
    }
    unsigned stride = p->tries && n > p->tries ? (n + p->tries - 1) / p->tries : 1;
    for (unsigned at = 1; at <= n; at += stride) {
        for (variant = 0; variant < VARIANTS; variant++) {
            if (!applies(at <= MAX_CALLS ? shared->call[at - 1] : OPEN)) {
                continue;
            }
            after = variant == BROKEN;
            int status = run(p, at, false);
            const char *wrong = judge(p, status, right_status);

            tries++;
            if (wrong && failures++ < SHOWN) {
                printf("at %u of %u, variant %u: %s (%s %d); it said: %.200s\n", at, n, variant, wrong,
                       WIFSIGNALED(status) ? "signal" : "status",
                       WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status), err ? err : "");
            }
        }
    }
    printf("%u failures of %u tries, %u places\n", failures, tries, n);
    return failures;
}

int main(int argc, char **argv)
{
    static const char *const modes[] = { "alloc", "call", "kill" };
    struct plan p = { 0 };
    int i = 3;

    while (argc > 3 && mode <= KILL && strcmp(argv[1], modes[mode]) != 0) {
        mode++;
    }
    p.tries = argc > 3 ? (unsigned)atoi(argv[2]) : 0;
    for (; i + 1 < argc && strcmp(argv[i], "--") != 0; i++) {
        if (!strcmp(argv[i], "--any-output")) {
            p.any_output = true;
        } else if (!strcmp(argv[i], "--lint")) {
            p.is_lint = true;
        } else if (p.n_files < MAX_FILES) {
            struct file *f = &p.file[p.n_files++];

            f->keep = !strcmp(argv[i], "--keep");
            f->path = argv[++i];
            f->before = contents(f->path, &f->n_before);
        }
    }
    if (mode > KILL || i + 1 >= argc) {
        fprintf(stderr, "usage: inject alloc|call|kill TRIES [--keep FILE] [--out FILE] [--any-output] -- ARGS\n");
        return BAD_INPUT;
    }
    argv[i] = argv[0];
    p.argc = argc - i;
    p.argv = argv + i;
    shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    bool failed = shared == MAP_FAILED || try_all(&p);
    for (unsigned k = 0; k < p.n_files; k++) {
        free(p.file[k].before);
        free(p.file[k].right);
    }
    free(out);
    free(err);
    return failed;
}
