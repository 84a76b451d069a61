/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * private_copy.c - the process that goes along is forked where a failure is to be tried
 *
 * The fork fails there and runs to its end, while the one that goes along waits. So that it changes nothing for that one,
 * it lives in a copy of the working folder, its descriptors are those of the copied files, at their offsets and with
 * their locks, and its shared memory is its own.
 *
 * Where all that the copy would do is to end the process, that is done with the memory of the one that goes along, and no
 * copy of it is made.
 *
 * It may be called in the middle of malloc() or of any call: it allocates nothing, and asks the kernel itself.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/single_threaded.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/inject/inject.h"

enum { MAX_FDS = 64, MAX_SHARED = 16, CAN_NOT = 98 };

static struct {
    void *at;
    size_t n;
} memory[MAX_SHARED];
static bool locked[MAX_FDS];

void copy_knows_memory(void *at, size_t n, bool is_there)
{
    for (unsigned i = 0; i < MAX_SHARED; i++) {
        if (is_there ? !memory[i].at : memory[i].at == at) {
            memory[i].at = is_there ? at : NULL;
            memory[i].n = n;
            return;
        }
    }
}

void copy_knows_lock(int fd, bool is_locked)
{
    if (fd >= 0 && fd < MAX_FDS) {
        locked[fd] = is_locked;
    }
}

/* ---- raw calls: those of libc are the ones that fail ---- */

static int raw_open(const char *path, int flags)
{
    return (int)syscall(SYS_openat, AT_FDCWD, path, flags, 0600);
}

/* What an open descriptor is, by its path; false: there is none. */
static bool path_of(int fd, char path[PATH_MAX])
{
    char link[32] = "/proc/self/fd/", *digit = link + 14;

    if (syscall(SYS_fcntl, fd, F_GETFD) < 0) {
        return false; /* as a link would say, but dearer */
    }
    if (fd >= 100) {
        *digit++ = (char)('0' + fd / 100);
    }
    if (fd >= 10) {
        *digit++ = (char)('0' + fd / 10 % 10);
    }
    *digit = (char)('0' + fd % 10);
    long n = syscall(SYS_readlinkat, AT_FDCWD, link, path, PATH_MAX - 1);
    if (n >= 0) {
        path[n] = 0;
    }
    return n >= 0;
}

static bool is_memory(const char *path)
{
    size_t n = strlen(path);

    return !strncmp(path, "/memfd:", 7) || (n > 10 && !strcmp(path + n - 10, " (deleted)"));
}

static bool is_in(const char *path, const char *folder)
{
    size_t n = strlen(folder);

    return !strncmp(path, folder, n) && (path[n] == '/' || !path[n]);
}

/* A file of a folder (in /dev/shm, too): each process can have it open by itself */
static bool is_file(const char *path)
{
    return !strcmp(path, "/dev/null") ||
           (path[0] == '/' && !is_memory(path) && (strncmp(path, "/dev/", 5) != 0 || !strncmp(path, "/dev/shm/", 9)));
}

/* SDL's, by which it would hear of new devices: nothing comes */
static bool is_netlink(int fd)
{
    struct sockaddr at;
    socklen_t n = sizeof at;

    return syscall(SYS_getsockname, fd, &at, &n) == 0 && at.sa_family == AF_NETLINK;
}

bool copy_possible(enum mode what)
{
    siginfo_t child;
    int error = errno;
    bool alone = syscall(SYS_waitid, P_ALL, 0, &child, WEXITED | WNOHANG | WNOWAIT, NULL) < 0 && errno == ECHILD;
    char path[PATH_MAX], here[PATH_MAX];

    alone = alone && __libc_single_threaded && syscall(SYS_getcwd, here, sizeof here) > 0;
    for (int fd = 0; alone && fd < MAX_FDS; fd++) {
        if ((what != ALLOC || locked[fd]) && path_of(fd, path)) {
            alone = locked[fd] ? is_in(path, here) : is_file(path) || is_netlink(fd);
        }
    }
    errno = error;
    return alone;
}

/* ---- in the copy ---- */

/* fd is a file of the copied folder, or has an offset of its own. */
static bool reopen(int fd, const char *here)
{
    char path[PATH_MAX];
    struct stat st;

    if (!path_of(fd, path) || path[0] != '/' || syscall(SYS_fstat, fd, &st) < 0 ||
        (!S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode))) {
        return true;
    }
    int flags = (int)syscall(SYS_fcntl, fd, F_GETFL), kept = (int)syscall(SYS_fcntl, fd, F_GETFD), to;
    bool is_mine = is_in(path, here);

    if (is_memory(path) || (!is_mine && (flags & O_ACCMODE) != O_RDONLY)) {
        return true;
    }
    to = raw_open(!is_mine             ? path
                  : path[strlen(here)] ? path + strlen(here) + 1 /* the copy's folder is the working one */
                                       : ".",
                  flags & (O_ACCMODE | O_APPEND | O_NONBLOCK | O_DIRECTORY));
    if (to < 0 || (S_ISREG(st.st_mode) && syscall(SYS_lseek, to, syscall(SYS_lseek, fd, 0, SEEK_CUR), SEEK_SET) < 0)) {
        return false;
    }
    bool done = syscall(SYS_dup3, to, fd, kept & FD_CLOEXEC ? O_CLOEXEC : 0) == fd;
    syscall(SYS_close, to);
    return done && (fd >= MAX_FDS || !locked[fd] || syscall(SYS_flock, fd, LOCK_EX | LOCK_NB) == 0);
}

static bool own_memory(void)
{
    static char kept[1 << 20];

    for (unsigned i = 0; i < MAX_SHARED; i++) {
        if (!memory[i].at) {
            continue;
        }
        if (memory[i].n > sizeof kept) {
            return false;
        }
        memcpy(kept, memory[i].at, memory[i].n);
        if ((void *)syscall(SYS_mmap, memory[i].at, memory[i].n, PROT_READ | PROT_WRITE,
                            MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED, -1, 0) != memory[i].at) {
            return false;
        }
        memcpy(memory[i].at, kept, memory[i].n);
    }
    return true;
}

static bool move(bool shares_memory)
{
    char here[PATH_MAX];
    long n = syscall(SYS_getcwd, here, sizeof here);

    if (n <= 0 || syscall(SYS_chdir, COPY_FOLDER) < 0 || (!shares_memory && !own_memory())) {
        return false;
    }
    for (int fd = 0; fd < (shares_memory ? STDERR_FILENO + 1 : MAX_FDS); fd++) { /* what only ends has no more to say */
        if (!reopen(fd, here)) {
            return false;
        }
    }
    return true;
}

struct ending {
    int talk;
    void (*end)(void);
};

/* A process that has all memory in common with the one that goes along, which stands meanwhile, and a stack of its own. */
static int end_here(void *of)
{
    const struct ending *e = of;

    syscall(SYS_close, e->talk);
    syscall(SYS_setitimer, ITIMER_REAL, &(struct itimerval){ .it_value.tv_sec = INJECT_SECONDS }, NULL);
    if (move(true)) {
        e->end();
    }
    return CAN_NOT;
}

/* ---- in the one that goes along ---- */

/* What ends a process prints what is waiting, and changes no other memory that is still needed. */
static pid_t ending_process(int talk, void (*end)(void))
{
    static char stack[256 << 10] __attribute__((aligned(64)));
    FILE kept = *stdout;
    pid_t pid = clone(end_here, stack + sizeof stack, CLONE_VM | CLONE_VFORK | SIGCHLD, &(struct ending){ talk, end });

    *stdout = kept;
    return pid;
}

static bool tell(int talk, const struct message *m)
{
    char go;

    return syscall(SYS_write, talk, m, sizeof *m) == sizeof *m && syscall(SYS_read, talk, &go, 1) == 1;
}

bool copy_runs(int talk, unsigned count, unsigned at, unsigned variant, void (*end)(void))
{
    struct message m = { .at = at, .count = count, .variant = variant };
    int error = errno;

    if (!tell(talk, &m)) {
        _exit(CAN_NOT);
    }
    pid_t pid = end ? ending_process(talk, end) : uncounted_fork();
    if (pid == 0) {
        syscall(SYS_close, talk);
        if (!move(false)) {
            _exit(CAN_NOT);
        }
        errno = error;
        return true;
    }
    m.ended = 1;
    m.status = CAN_NOT << 8;
    while (pid > 0 && syscall(SYS_wait4, pid, &m.status, 0, NULL) < 0 && errno == EINTR) {
    }
    if (!tell(talk, &m)) {
        _exit(CAN_NOT);
    }
    errno = error;
    return false;
}
