/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * failing.c - what fails: every allocation, and the calls of the table
 *
 * In a plain build these functions stand before libc's, for the libraries, too; what libc calls inside itself is not
 * met, so a stream from fopen() is made here, of descriptors that are. Under a sanitizer the linker hands over the calls
 * of our own code only (--wrap; meson.build has the names).
 */
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <linux/futex.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>
#include <unwind.h>

#include "tests/inject/inject.h"

/* What a call fails with, one way after the other; `half`: it may also do half of what it is asked to. */
enum call {
    OPEN,
    READ,
    WRITE,
    FSYNC,
    RENAME,
    CLOSE,
    PREAD,
    LSEEK,
    FSTAT,
    FTRUNCATE,
    FCHMOD,
    FLOCK,
    FCNTL,
    UNLINK,
    SYMLINK,
    MKDIR,
    DUP2,
    MMAP,
    FORK,
    PIPE,
    POLL,
    NANOSLEEP,
    WAIT,
    MEMFD,
    SOCKET,
    BIND,
    LISTEN,
    ACCEPT,
    SEND,
    RECV,
    INOTIFY,
    STAT,
    READLINK,
    RANDOM,
    EXEC,
    CONNECT,
    OPEN_PTY,
    TTY,
    ACCESS,
    REALPATH,
    OPENDIR,
    READDIR,
    SCANDIR,
    NFTW,
    MKDTEMP,
    STATFS,
    TTY_STATE,
    GRANT_PTY,
    UNLOCK_PTY,
    PTY_NAME,
    WATCH,
    SOCKET_OPTION,
    SOCKET_NAME,
    SHUTDOWN,
    SIGNAL,
    PROCESS_CONTROL,
    LIMIT,
    CORES,
    PIDFD,
    FUTEX,
};
static const struct {
    const char *name;
    int error[4];
    bool half;
} calls[] = {
    [OPEN] = { "open", { ENOSPC, EIO, EINTR, EMFILE } },
    [READ] = { "read", { EIO, EINTR }, .half = true },
    [WRITE] = { "write", { ENOSPC, EIO, EINTR, EFBIG }, .half = true },
    [FSYNC] = { "fsync", { ENOSPC, EIO, EINTR } },
    [RENAME] = { "rename", { ENOSPC, EIO, EACCES, EXDEV } },
    [CLOSE] = { "close", { ENOSPC, EIO, EINTR } },
    [PREAD] = { "pread", { EIO, EINTR }, .half = true },
    [LSEEK] = { "lseek", { ESPIPE } },
    [FSTAT] = { "fstat", { EIO } },
    [FTRUNCATE] = { "ftruncate", { ENOSPC, EIO, EINTR } },
    [FCHMOD] = { "fchmod", { EPERM } },
    [FLOCK] = { "flock", { ENOLCK, EINTR } },
    [FCNTL] = { "fcntl", { ENOLCK, EMFILE, EINTR } },
    [UNLINK] = { "unlink", { EIO, EACCES } },
    [SYMLINK] = { "symlink", { ENOSPC, EPERM, EEXIST } },
    [MKDIR] = { "mkdir", { ENOSPC, EACCES, EEXIST } },
    [DUP2] = { "dup2", { EMFILE, EINTR } },
    [MMAP] = { "mmap", { ENOMEM } },
    [FORK] = { "fork", { EAGAIN, ENOMEM } },
    [PIPE] = { "pipe", { EMFILE } },
    [POLL] = { "poll", { EINTR, ENOMEM } },
    [NANOSLEEP] = { "nanosleep", { EINTR } },
    [WAIT] = { "wait", { EINTR } },
    [MEMFD] = { "memfd_create", { EMFILE, ENOMEM } },
    [SOCKET] = { "socket", { EMFILE, ENOBUFS, EAFNOSUPPORT } },
    [BIND] = { "bind", { EADDRINUSE, EACCES } },
    [LISTEN] = { "listen", { EADDRINUSE } },
    [ACCEPT] = { "accept", { EINTR, ECONNABORTED, EMFILE } },
    [SEND] = { "send", { EINTR, ENOBUFS, ECONNRESET, EAGAIN } },
    [RECV] = { "recv", { EINTR, ENOMEM, ECONNRESET, EAGAIN } },
    [INOTIFY] = { "inotify_init", { EMFILE } },
    [OPEN_PTY] = { "posix_openpt", { ENOSPC, EMFILE } },
    [STAT] = { "stat", { EACCES, EIO } },
    [READLINK] = { "readlink", { EIO } },
    [RANDOM] = { "getrandom", { EINTR, ENOSYS } },
    [EXEC] = { "exec", { ENOMEM, EACCES, EAGAIN } },
    [CONNECT] = { "connect", { ECONNREFUSED, EINTR, ETIMEDOUT } },
    [TTY] = { "tcsetattr", { EIO, EINTR } },
    [ACCESS] = { "access", { EACCES, EIO, ENOMEM } },
    [REALPATH] = { "realpath", { EACCES, EIO, ELOOP } },
    [OPENDIR] = { "opendir", { EACCES, EMFILE } },
    [READDIR] = { "readdir", { EIO } },
    [SCANDIR] = { "scandir", { EACCES, ENOENT } },
    [NFTW] = { "nftw", { EACCES } },
    [MKDTEMP] = { "mkdtemp", { EACCES, ENOSPC, EEXIST } },
    [STATFS] = { "statfs", { EIO, EINTR, ENOSYS } },
    [TTY_STATE] = { "tcgetattr", { ENOTTY, EIO } },
    [GRANT_PTY] = { "grantpt", { EACCES } },
    [UNLOCK_PTY] = { "unlockpt", { EINVAL } },
    [PTY_NAME] = { "ptsname", { ENOTTY } },
    [WATCH] = { "inotify_add_watch", { ENOSPC, ENOMEM } },
    [SOCKET_OPTION] = { "setsockopt", { ENOPROTOOPT } },
    [SOCKET_NAME] = { "getsockname", { ENOBUFS } },
    [SHUTDOWN] = { "shutdown", { ENOTCONN } },
    [SIGNAL] = { "kill", { ESRCH } },
    [PROCESS_CONTROL] = { "prctl", { EINVAL } },
    [LIMIT] = { "setrlimit", { EPERM } },
    [CORES] = { "sched_setaffinity", { EINVAL, EPERM } },
    [PIDFD] = { "pidfd_open", { EMFILE, ENOMEM, ENOSYS } },
    [FUTEX] = { "futex", { EINTR, EAGAIN } },
};

/* A place is new by as many return addresses, from the innermost on: libraries that recurse have no end of others. */
enum { CALLERS = 12 };

struct shared *shared;
enum mode mode;

static bool armed, after; /* after: KILL: the call is done first */
static unsigned fail_at, fail_variant;
static int talk = -1;        /* this process goes along */
static pid_t who_goes_along; /* or the first process of any other run */

static unsigned errors_of(const struct place *p)
{
    unsigned n = 0;

    while (n < sizeof calls->error / sizeof *calls->error && calls[p->call].error[n]) {
        n++;
    }
    return n;
}

unsigned variants_of(const struct place *p)
{
    switch (mode) {
    case ALLOC: return 1;
    case KILL: return 2; /* before, after */
    default: return errors_of(p) + calls[p->call].half;
    }
}

const char *variant_name(const struct place *p, unsigned variant)
{
    static char name[80];
    const char *how = mode == ALLOC ? "gives NULL" : mode == KILL && variant ? "killed after it" : "killed before it";

    if (mode == CALL) {
        how = variant < errors_of(p) ? strerrorname_np(calls[p->call].error[variant]) : "does half";
    }
    snprintf(name, sizeof name, "%s: %s", mode == ALLOC ? "allocation" : calls[p->call].name, how);
    return name;
}

/* ---- whose turn it is ---- */

struct callers {
    uint64_t hash;
    unsigned n;
};

static _Unwind_Reason_Code add_caller(struct _Unwind_Context *c, void *sum)
{
    struct callers *s = sum;
    uint64_t ip = _Unwind_GetIP(c);
    struct dl_find_object in;

    if (_dl_find_object((void *)(uintptr_t)ip, &in) == 0) { /* wherever it was loaded */
        ip -= (uintptr_t)in.dlfo_map_start;
        ip ^= (uint64_t)((uintptr_t)in.dlfo_map_end - (uintptr_t)in.dlfo_map_start) << 24;
    }
    s->hash = (s->hash ^ ip) * 0x100000001B3;
    return ++s->n < CALLERS ? _URC_NO_REASON : _URC_NORMAL_STOP;
}

/* In what goes along, at its place `at`: copies that fail at `where`. True in one of them, unless that does no more than end. */
static bool is_copy(unsigned at, unsigned where, void (*end)(void))
{
    struct place *p = &shared->place[where];

    p->forked = p->wanted;
    for (unsigned v = 0; p->wanted && v < variants_of(p); v++) {
        if (copy_runs(talk, at + 1, where + 1, v, where == at ? end : NULL)) {
            failing_begin(where + 1, v, -1);
            alarm(INJECT_SECONDS);
            return true;
        }
    }
    return false;
}

/*
 * What goes along is at its place `at`. True in its copy that fails here. Those for the places in processes that it is
 * about to start begin here, too, and go on from here.
 */
static bool fails_in_copy(unsigned at, enum call call, void (*end)(void))
{
    bool wanted = shared->place[at].wanted;
    unsigned last = at;

    /* in the middle of fork() its caller knows its own number by heart already, which is not the copy's */
    bool too_late = mode != ALLOC && call == FORK;

    while (!too_late && last + 1 < MAX_PLACES && shared->place[last + 1].apart) {
        wanted |= shared->place[++last].wanted;
    }
    if (!wanted || (pid_t)syscall(SYS_getpid) != who_goes_along || !copy_possible(mode)) {
        return false;
    }
    shared->place[at].call = (uint8_t)call;
    alarm(0);                                /* it waits for those that have one of their own */
    if (last > at && !copy_possible(CALL)) { /* those go on: whoever reads a pipe waits for all who can write to it */
        last = at;
    }
    for (unsigned where = at; where <= last; where++) {
        shared->failed = (uint8_t)call;
        if (is_copy(at, where, end)) {
            return where == at;
        }
    }
    alarm(INJECT_SECONDS);
    return false;
}

/* Counts one place. Does this one fail, in the variant of fail_variant? */
static bool is_turn(enum call call, void (*end)(void))
{
    unsigned at = atomic_fetch_add(&shared->count, 1);
    struct place *p = &shared->place[at < MAX_PLACES ? at : MAX_PLACES - 1];

    if (talk >= 0) {
        return at < MAX_PLACES && fails_in_copy(at, call, end);
    }
    if (!fail_at && at < MAX_PLACES) { /* the run without a failure */
        p->call = (uint8_t)call;
        struct callers s = { .hash = call + 1 };
        _Unwind_Backtrace(add_caller, &s);
        p->callers = s.hash;
        p->apart = (pid_t)syscall(SYS_getpid) != who_goes_along;
    }
    if (at + 1 != fail_at) {
        return false;
    }
    shared->failed = (uint8_t)call;
    return true;
}

bool inject_alloc_fails(void (*end)(void))
{
    if (armed && mode == ALLOC && is_turn(0, end)) {
        errno = ENOMEM;
        return true;
    }
    return false;
}

/* Does this call fail? *n: bytes, which may be halved. */
static bool call_fails(enum call call, size_t *n)
{
    if (!armed || mode == ALLOC || !is_turn(call, NULL)) {
        return false;
    }
    if (mode == KILL) {
        if (!after) {
            raise(SIGKILL);
        }
        return false;
    }
    /* serve's calls may come in another order than in the first run: then this one has fewer ways to fail */
    struct place p = { .call = (uint8_t)call };
    unsigned ways = errors_of(&p);
    if (fail_variant >= ways && calls[call].half && n) {
        *n = *n > 1 ? *n / 2 : *n;
        return false;
    }
    errno = calls[call].error[fail_variant % ways];
    return true;
}

/* A call is done. */
static long done(long result)
{
    if (armed && mode == KILL && after && fail_at && atomic_load(&shared->count) == fail_at) {
        raise(SIGKILL);
    }
    return result;
}

/* ---- allocations ---- */

#ifdef INJECT_WRAP
#define OUR(name) __wrap_##name
#else /* never_null.c asks */
#define OUR(name) name
#endif

#ifdef INJECT_WRAP
void *__real_malloc(size_t n);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t n);
void *__wrap_malloc(size_t n);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t n);
char *__wrap_strdup(const char *text);

void *__wrap_malloc(size_t n)
{
    return inject_alloc_fails(NULL) ? NULL : __real_malloc(n);
}

void *__wrap_calloc(size_t n, size_t size)
{
    return inject_alloc_fails(NULL) ? NULL : __real_calloc(n, size);
}

void *__wrap_realloc(void *p, size_t n)
{
    return inject_alloc_fails(NULL) ? NULL : __real_realloc(p, n);
}

char *__wrap_strdup(const char *text)
{
    size_t n = strlen(text) + 1;
    char *copy = __wrap_malloc(n);
    return copy ? memcpy(copy, text, n) : NULL;
}
#endif

/* ---- calls ---- */

/* type name(parameters): what the kernel does, unless it is this call's turn */
#define FAILING(row, type, name, parameters, ...)                                   \
    type OUR(name) parameters;                                                      \
    type OUR(name) parameters                                                       \
    {                                                                               \
        return call_fails(row, NULL) ? (type)-1 : (type)done(syscall(__VA_ARGS__)); \
    }
#define FAILING_OR_HALF(row, name, parameters, ...)                   \
    ssize_t OUR(name) parameters;                                     \
    ssize_t OUR(name) parameters                                      \
    {                                                                 \
        return call_fails(row, &n) ? -1 : done(syscall(__VA_ARGS__)); \
    }

FAILING_OR_HALF(READ, read, (int fd, void *to, size_t n), SYS_read, fd, to, n)
FAILING_OR_HALF(WRITE, write, (int fd, const void *from, size_t n), SYS_write, fd, from, n)
FAILING_OR_HALF(PREAD, pread64, (int fd, void *to, size_t n, off_t at), SYS_pread64, fd, to, n, at)
FAILING(FSYNC, int, fsync, (int fd), SYS_fsync, fd)
FAILING(RENAME, int, rename, (const char *from, const char *to), SYS_renameat, AT_FDCWD, from, AT_FDCWD, to)
FAILING(LSEEK, off_t, lseek64, (int fd, off_t at, int from), SYS_lseek, fd, at, from)
FAILING(FSTAT, int, fstat64, (int fd, struct stat64 *st), SYS_fstat, fd, st)
FAILING(FTRUNCATE, int, ftruncate64, (int fd, off_t n), SYS_ftruncate, fd, n)
FAILING(FCHMOD, int, fchmod, (int fd, mode_t access), SYS_fchmod, fd, access)
FAILING(UNLINK, int, unlink, (const char *path), SYS_unlinkat, AT_FDCWD, path, 0)
FAILING(UNLINK, int, unlinkat, (int folder, const char *path, int flags), SYS_unlinkat, folder, path, flags)
FAILING(SYMLINK, int, symlink, (const char *to, const char *path), SYS_symlinkat, to, AT_FDCWD, path)
FAILING(MKDIR, int, mkdir, (const char *path, mode_t access), SYS_mkdirat, AT_FDCWD, path, access)
FAILING(PIPE, int, pipe2, (int ends[2], int flags), SYS_pipe2, ends, flags)
FAILING(NANOSLEEP, int, nanosleep, (const struct timespec *t, struct timespec *left), SYS_nanosleep,
        t->tv_sec || t->tv_nsec > 4000000 ? &(struct timespec){ .tv_nsec = 4000000 } : t,
        left) /* thousands of runs wait */
FAILING(WAIT, pid_t, waitpid, (pid_t pid, int *status, int options), SYS_wait4, pid, status, options, NULL)
FAILING(WAIT, int, waitid, (idtype_t of, id_t id, siginfo_t *info, int options), SYS_waitid, of, id, info, options,
        NULL)
FAILING(MEMFD, int, memfd_create, (const char *name, unsigned flags), SYS_memfd_create, name, flags)
FAILING(SOCKET, int, socket, (int domain, int type, int protocol), SYS_socket, domain, type, protocol)
FAILING(BIND, int, bind, (int fd, const struct sockaddr *at, socklen_t n), SYS_bind, fd, at, n)
FAILING(LISTEN, int, listen, (int fd, int n), SYS_listen, fd, n)
FAILING(ACCEPT, int, accept4, (int fd, struct sockaddr *at, socklen_t *n, int flags), SYS_accept4, fd, at, n, flags)
FAILING(SEND, ssize_t, send, (int fd, const void *p, size_t n, int flags), SYS_sendto, fd, p, n, flags, NULL, 0)
FAILING(SEND, ssize_t, sendmsg, (int fd, const struct msghdr *m, int flags), SYS_sendmsg, fd, m, flags)
FAILING(RECV, ssize_t, recv, (int fd, void *p, size_t n, int flags), SYS_recvfrom, fd, p, n, flags, NULL, NULL)
FAILING(RECV, ssize_t, recvmsg, (int fd, struct msghdr *m, int flags), SYS_recvmsg, fd, m, flags)
FAILING(STAT, int, stat64, (const char *path, struct stat64 *st), SYS_newfstatat, AT_FDCWD, path, st, 0)
FAILING(STAT, int, lstat64, (const char *path, struct stat64 *st), SYS_newfstatat, AT_FDCWD, path, st,
        AT_SYMLINK_NOFOLLOW)
FAILING(READLINK, ssize_t, readlink, (const char *path, char *to, size_t n), SYS_readlinkat, AT_FDCWD, path, to, n)
FAILING(RANDOM, ssize_t, getrandom, (void *to, size_t n, unsigned flags), SYS_getrandom, to, n, flags)
FAILING(EXEC, int, execv, (const char *path, char *const argv[]), SYS_execve, path, argv, environ)
FAILING(CONNECT, int, connect, (int fd, const struct sockaddr *at, socklen_t n), SYS_connect, fd, at, n)
FAILING(INOTIFY, int, inotify_init1, (int flags), SYS_inotify_init1, flags)
FAILING(OPEN_PTY, int, posix_openpt, (int flags), SYS_openat, AT_FDCWD, "/dev/ptmx", flags)
FAILING(POLL, int, ppoll, (struct pollfd * f, nfds_t n, const struct timespec *t, const sigset_t *mask), SYS_ppoll, f,
        n, t ? &(struct timespec){ t->tv_sec, t->tv_nsec } : NULL, mask, 8)
FAILING(POLL, int, poll, (struct pollfd * f, nfds_t n, int ms), SYS_ppoll, f, n,
        ms < 0 ? NULL : &(struct timespec){ ms / 1000, ms % 1000 * 1000000 }, NULL, 8)

/* Those that libc does more for than one call of the kernel: its own, behind them. */
#ifdef INJECT_WRAP
#define NEXT(type, name, parameters) type __real_##name parameters;
#define CALL_NEXT(name) __real_##name
#else
#define NEXT(type, name, parameters) static type(*next_##name) parameters;
#define CALL_NEXT(name) \
    (*(void **)&next_##name = next_##name ? *(void **)&next_##name : dlsym(RTLD_NEXT, #name), next_##name)
#endif
#define FAILING_NEXT(row, type, name, parameters, arguments, failed)                               \
    NEXT(type, name, parameters)                                                                   \
    type OUR(name) parameters;                                                                     \
    type OUR(name) parameters                                                                      \
    {                                                                                              \
        return call_fails(row, NULL) ? (failed) : (type)done((intptr_t)CALL_NEXT(name) arguments); \
    }
typedef int visit(const char *path, const struct stat64 *st, int kind, struct FTW *at);

FAILING_NEXT(ACCESS, int, access, (const char *path, int how), (path, how), -1)
FAILING_NEXT(REALPATH, char *, realpath, (const char *path, char *to), (path, to), NULL)
FAILING_NEXT(SCANDIR, int, scandir64,
             (const char *path, struct dirent64 ***to, int (*shown)(const struct dirent64 *),
              int (*order)(const struct dirent64 **, const struct dirent64 **)),
             (path, to, shown, order), -1)
FAILING_NEXT(NFTW, int, nftw64, (const char *path, visit *f, int n, int flags), (path, f, n, flags), -1)
FAILING_NEXT(MKDTEMP, char *, mkdtemp, (char *path), (path), NULL)
FAILING_NEXT(STATFS, int, statfs64, (const char *path, struct statfs64 *st), (path, st), -1)
FAILING_NEXT(TTY_STATE, int, tcgetattr, (int fd, struct termios *t), (fd, t), -1)
FAILING_NEXT(GRANT_PTY, int, grantpt, (int fd), (fd), -1)
FAILING_NEXT(UNLOCK_PTY, int, unlockpt, (int fd), (fd), -1)
FAILING_NEXT(PTY_NAME, int, ptsname_r, (int fd, char *to, size_t n), (fd, to, n), errno)
FAILING_NEXT(WATCH, int, inotify_add_watch, (int fd, const char *path, uint32_t of), (fd, path, of), -1)
FAILING_NEXT(SOCKET_OPTION, int, setsockopt, (int fd, int level, int what, const void *from, socklen_t n),
             (fd, level, what, from, n), -1)
FAILING_NEXT(SOCKET_OPTION, int, getsockopt, (int fd, int level, int what, void *to, socklen_t *n),
             (fd, level, what, to, n), -1)
FAILING_NEXT(SOCKET_NAME, int, getsockname, (int fd, struct sockaddr *at, socklen_t *n), (fd, at, n), -1)
FAILING_NEXT(SHUTDOWN, int, shutdown, (int fd, int how), (fd, how), -1)
FAILING_NEXT(SIGNAL, int, kill, (pid_t pid, int number), (pid, number), -1)
FAILING_NEXT(LIMIT, int, setrlimit64, (__rlimit_resource_t of, const struct rlimit64 *l), (of, l), -1)
FAILING_NEXT(LIMIT, int, getrlimit64, (__rlimit_resource_t of, struct rlimit64 *l), (of, l), -1)
FAILING_NEXT(CORES, int, sched_getaffinity, (pid_t pid, size_t n, cpu_set_t *set), (pid, n, set), -1)
FAILING_NEXT(CORES, int, sched_setaffinity, (pid_t pid, size_t n, const cpu_set_t *set), (pid, n, set), -1)
FAILING_NEXT(EXEC, int, execvp, (const char *file, char *const argv[]), (file, argv), -1)

NEXT(DIR *, opendir, (const char *path))
NEXT(struct dirent64 *, readdir64, (DIR * d))
DIR *OUR(opendir)(const char *path);
struct dirent64 *OUR(readdir64)(DIR *d);

static DIR *fresh; /* nothing of it has been read */

DIR *OUR(opendir)(const char *path)
{
    return fresh = call_fails(OPENDIR, NULL) ? NULL : (DIR *)done((intptr_t)CALL_NEXT(opendir)(path));
}

/* The first and the last of a folder: what is between is as the first, and there may be hundreds. */
struct dirent64 *OUR(readdir64)(DIR *d)
{
    struct dirent64 *e = CALL_NEXT(readdir64)(d);
    int error = errno;

    if ((d == fresh || !e) && call_fails(READDIR, NULL)) {
        return NULL;
    }
    fresh = d == fresh ? NULL : fresh;
    errno = error;
    return e;
}

int OUR(prctl)(int what, ...);

int OUR(prctl)(int what, ...)
{
    va_list ap;

    va_start(ap, what);
    unsigned long value = va_arg(ap, unsigned long);
    va_end(ap);
    return call_fails(PROCESS_CONTROL, NULL) ? -1 : (int)done(syscall(SYS_prctl, what, value, 0, 0, 0));
}

long __wrap_syscall(long number, ...);

long __wrap_syscall(long number, ...)
{
    long a[6];
    va_list ap;

    va_start(ap, number);
    for (unsigned i = 0; i < 6; i++) { /* as many as any of them has; whoever gives fewer has some garbage here */
        a[i] = va_arg(ap, long);
    }
    va_end(ap);
    bool waits = number == SYS_futex && (a[1] & FUTEX_CMD_MASK) == FUTEX_WAIT;
    if (waits || number == SYS_pidfd_open) {
        return call_fails(waits ? FUTEX : PIDFD, NULL)
                   ? -1
                   : done(__real_syscall(number, a[0], a[1], a[2], a[3], a[4], a[5]));
    }
    return __real_syscall(number, a[0], a[1], a[2], a[3], a[4], a[5]);
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
int OUR(fcntl64)(int fd, int command, ...);
int OUR(close)(int fd);
int OUR(flock)(int fd, int operation);
int OUR(dup2)(int from, int to);
void *OUR(mmap64)(void *at, size_t n, int access, int flags, int fd, off_t from);
int OUR(munmap)(void *at, size_t n);
pid_t OUR(fork)(void);
int OUR(tcsetattr)(int fd, int when, const struct termios *t);
FILE *OUR(fopen64)(const char *path, const char *how);

int OUR(open64)(const char *path, int flags, ...)
{
    return do_open(AT_FDCWD, path, flags, ACCESS(flags));
}

int OUR(openat64)(int folder, const char *path, int flags, ...)
{
    return do_open(folder, path, flags, ACCESS(flags));
}

int OUR(fcntl64)(int fd, int command, ...)
{
    va_list ap;

    va_start(ap, command);
    long value = va_arg(ap,
                        long); /* a number or a pointer; whoever gives none has some garbage here, which nobody reads */
    va_end(ap);
    return call_fails(FCNTL, NULL) ? -1 : (int)done(syscall(SYS_fcntl, fd, command, value));
}

int OUR(close)(int fd)
{
    bool fails = call_fails(CLOSE, NULL); /* closed all the same */
    int error = errno;
    long result = syscall(SYS_close, fd);

    copy_knows_lock(fd, false);
    errno = fails ? error : errno;
    return fails ? -1 : (int)done(result);
}

int OUR(flock)(int fd, int operation)
{
    int result = call_fails(FLOCK, NULL) ? -1 : (int)done(syscall(SYS_flock, fd, operation));

    if (armed && result == 0) {
        copy_knows_lock(fd, operation & LOCK_EX);
    }
    return result;
}

int OUR(dup2)(int from, int to)
{
    return call_fails(DUP2, NULL) ? -1 : (int)done(syscall(SYS_dup3, from, to, 0));
}

void *OUR(mmap64)(void *at, size_t n, int access, int flags, int fd, off_t from)
{
    void *result = call_fails(MMAP, NULL) ? MAP_FAILED
                                          : (void *)done(syscall(SYS_mmap, at, n, access, flags, fd, from));

    if (armed && result != MAP_FAILED && flags & MAP_SHARED) {
        copy_knows_memory(result, n, true);
    }
    return result;
}

int OUR(munmap)(void *at, size_t n)
{
    copy_knows_memory(at, n, false);
    return (int)syscall(SYS_munmap, at, n);
}

#ifdef INJECT_WRAP
pid_t __real_fork(void);
int __real_tcsetattr(int fd, int when, const struct termios *t);
#define LIBC_FORK __real_fork
#define LIBC_TCSETATTR __real_tcsetattr
#else
pid_t __fork(void);
#define LIBC_FORK __fork
static int (*LIBC_TCSETATTR)(int fd, int when, const struct termios *t); /* found before anything is counted */
#endif

int OUR(tcsetattr)(int fd, int when, const struct termios *t)
{
    return call_fails(TTY, NULL) ? -1 : (int)done(LIBC_TCSETATTR(fd, when, t));
}

/* Not _Fork(): the loader's lock, which dlopen() may hold right now, is the copy's, too. */
pid_t uncounted_fork(void)
{
    return LIBC_FORK();
}

pid_t OUR(fork)(void)
{
    return call_fails(FORK, NULL) ? -1 : (pid_t)done(LIBC_FORK());
}

/* A stream whose calls are those above. */
static ssize_t cookie_read(void *fd, char *to, size_t n)
{
    return OUR(read)((int)(intptr_t)fd, to, n);
}

static ssize_t cookie_write(void *fd, const char *from, size_t n)
{
    ssize_t put = OUR(write)((int)(intptr_t)fd, from, n);
    return put < 0 ? 0 : put;
}

static int cookie_seek(void *fd, off64_t *at, int from)
{
    off_t to = OUR(lseek64)((int)(intptr_t)fd, *at, from);

    *at = to < 0 ? *at : to;
    return to < 0 ? -1 : 0;
}

static int cookie_close(void *fd)
{
    return OUR(close)((int)(intptr_t)fd);
}

FILE *OUR(fopen64)(const char *path, const char *how)
{
    static const cookie_io_functions_t io = { cookie_read, cookie_write, cookie_seek, cookie_close };
    bool both = strchr(how, '+');
    int flags = how[0] == 'r' ? 0 : how[0] == 'w' ? O_CREAT | O_TRUNC : O_CREAT | O_APPEND;
    int fd = do_open(AT_FDCWD, path,
                     flags |
                         (both            ? O_RDWR
                          : how[0] == 'r' ? O_RDONLY
                                          : O_WRONLY) |
                         (strchr(how, 'e') ? O_CLOEXEC : 0),
                     0666);

    return fd < 0 ? NULL : fopencookie((void *)(intptr_t)fd, how, io);
}

/* What is printed goes by write() above, too; else libc's own would be called. As that does, it goes on after half. */
ssize_t failing_print(void *unused, const char *from, size_t n)
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

void failing_begin(unsigned at, unsigned variant, int to)
{
#ifndef INJECT_WRAP
    *(void **)&LIBC_TCSETATTR = LIBC_TCSETATTR ? *(void **)&LIBC_TCSETATTR : dlsym(RTLD_NEXT, "tcsetattr");
#endif
    fail_at = at;
    fail_variant = variant;
    after = variant == 1;
    talk = to;
    who_goes_along = getpid();
    armed = true;
}
