/* SPDX-License-Identifier: GPL-3.0-or-later */
/* processes.c - children are in simulated time like their parent; waiting for one costs none */
#include "preload/bench.h"
#include "preload/calls.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* The bench waits until the child has said hello, so that who comes first is no matter of luck. */
static pid_t told(pid_t child)
{
    int saved = errno;

    if (child > 0) {
        bench_ask(&(struct question){ .op = EXEC_FORKED_TO, .arg = { (uint64_t)child } });
    }
    errno = saved;
    return child;
}

EXPORT pid_t fork(void)
{
    if (!bench_is_on()) {
        return REAL(fork)();
    }
    bench_flush(); /* what was said is said by the parent, once */
    return told(REAL(fork)());
}

/* In a child, whoever called: libc's forkpty() and more do without us. */
static void begin_child(void)
{
    if (bench_is_on()) {
        threads_forked();
        bench_forked();
    }
}

void processes_begin(void)
{
    pthread_atfork(NULL, NULL, begin_child);
}

/* libc's own would leave without a word. */
EXPORT int daemon(int stays, int keeps)
{
    pid_t child = fork();
    int fd;

    if (child) {
        if (child > 0) {
            _exit(0);
        }
        return -1;
    }
    if (setsid() < 0 || (!stays && chdir("/") != 0)) {
        return -1;
    }
    if (!keeps && (fd = open("/dev/null", O_RDWR)) >= 0) {
        for (int i = 0; i <= 2; i++) {
            dup2(fd, i);
        }
        if (fd > 2) {
            close(fd);
        }
    }
    return 0;
}

/* Ours returns twice from the same frame, which a real vfork() can't: a full copy, then. */
EXPORT pid_t vfork(void)
{
    return fork();
}

EXPORT int posix_spawn(pid_t *pid, const char *path, const posix_spawn_file_actions_t *actions,
                       const posix_spawnattr_t *attributes, char *const argv[], char *const env[])
{
    pid_t child = 0;

    bench_flush();
    int error = REAL(posix_spawn)(&child, path, actions, attributes, argv, env);

    if (!error) {
        told(child);
        if (pid) {
            *pid = child;
        }
    }
    return error;
}

EXPORT int posix_spawnp(pid_t *pid, const char *file, const posix_spawn_file_actions_t *actions,
                        const posix_spawnattr_t *attributes, char *const argv[], char *const env[])
{
    pid_t child = 0;

    bench_flush();
    int error = REAL(posix_spawnp)(&child, file, actions, attributes, argv, env);

    if (!error) {
        told(child);
        if (pid) {
            *pid = child;
        }
    }
    return error;
}

/* libc's own would start and wait by calls that nobody can see. */
EXPORT int system(const char *command)
{
    struct sigaction ignore = { .sa_handler = SIG_IGN }, was_int, was_quit;
    sigset_t child_signal, was;
    int status = -1;

    if (!bench_is_on() || !command) {
        return REAL(system)(command);
    }
    sigaction(SIGINT, &ignore, &was_int);
    sigaction(SIGQUIT, &ignore, &was_quit);
    sigemptyset(&child_signal);
    sigaddset(&child_signal, SIGCHLD);
    sigprocmask(SIG_BLOCK, &child_signal, &was);
    pid_t child = fork();

    if (child == 0) {
        sigaction(SIGINT, &was_int, NULL);
        sigaction(SIGQUIT, &was_quit, NULL);
        sigprocmask(SIG_SETMASK, &was, NULL);
        execl("/bin/sh", "sh", "-c", command, (char *)NULL);
        _exit(127);
    }
    while (child > 0 && waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    sigaction(SIGINT, &was_int, NULL);
    sigaction(SIGQUIT, &was_quit, NULL);
    sigprocmask(SIG_SETMASK, &was, NULL);
    return status;
}

/* ---- another image, or the end ---- */

EXPORT int execve(const char *path, char *const argv[], char *const env[])
{
    bench_execs(path, false);
    int r = REAL(execve)(path, argv, env);

    bench_execs(path, true);
    return r;
}

EXPORT int execvpe(const char *file, char *const argv[], char *const env[])
{
    bench_execs(file, false);
    int r = REAL(execvpe)(file, argv, env);

    bench_execs(file, true);
    return r;
}

EXPORT int execv(const char *path, char *const argv[])
{
    return execve(path, argv, environ);
}

EXPORT int execvp(const char *file, char *const argv[])
{
    return execvpe(file, argv, environ);
}

enum { MAX_ARGS = 4096 };

/* The arguments of a list call, and after their end what follows. */
#define LIST_ARGS(argv, first, env)                                                          \
    va_list list;                                                                            \
    size_t n = 0;                                                                            \
    va_start(list, first);                                                                   \
    for (const char *a = first; (argv[n] = (char *)(uintptr_t)a) && n + 1 < MAX_ARGS; n++) { \
        a = va_arg(list, const char *);                                                      \
    }                                                                                        \
    argv[n] = NULL;                                                                          \
    env = env ? env : va_arg(list, char *const *);                                           \
    va_end(list);

EXPORT int execl(const char *path, const char *arg, ...)
{
    char *argv[MAX_ARGS];
    char *const *env = environ;

    LIST_ARGS(argv, arg, env)
    return execve(path, argv, env);
}

EXPORT int execlp(const char *file, const char *arg, ...)
{
    char *argv[MAX_ARGS];
    char *const *env = environ;

    LIST_ARGS(argv, arg, env)
    return execvpe(file, argv, env);
}

EXPORT int execle(const char *path, const char *arg, ...)
{
    char *argv[MAX_ARGS];
    char *const *env = NULL;

    LIST_ARGS(argv, arg, env)
    return execve(path, argv, env);
}

EXPORT void _exit(int status)
{
    bench_flush();
    kernel_call(SYS_exit_group, status);
    __builtin_unreachable();
}

EXPORT void _Exit(int status)
{
    _exit(status);
}

/* ---- waiting for a child ---- */

EXPORT pid_t wait4(pid_t pid, int *status, int options, struct rusage *usage)
{
    if (options & WNOHANG) {
        bench_look_ps(); /* a loop of these moves on */
    }
    if (!bench_is_on() || options & WNOHANG) {
        return REAL(wait4)(pid, status, options, usage);
    }
    bench_outside_begin();
    pid_t ended = REAL(wait4)(pid, status, options, usage);

    bench_outside_end();
    return ended;
}

EXPORT pid_t wait3(int *status, int options, struct rusage *usage)
{
    return wait4(-1, status, options, usage);
}

EXPORT pid_t waitpid(pid_t pid, int *status, int options)
{
    return wait4(pid, status, options, NULL);
}

EXPORT pid_t wait(int *status)
{
    return wait4(-1, status, 0, NULL);
}

EXPORT int waitid(idtype_t type, id_t id, siginfo_t *info, int options)
{
    if (!bench_is_on() || options & WNOHANG) {
        return REAL(waitid)(type, id, info, options);
    }
    bench_outside_begin();
    int r = REAL(waitid)(type, id, info, options);

    bench_outside_end();
    return r;
}
