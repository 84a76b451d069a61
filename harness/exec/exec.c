/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "harness/exec/exec.h"

#include "harness/exec/devices.h"
#include "harness/exec/program.h"
#include "harness/exec/session.h"
#include "preload/protocol.h"
#include "sim/memory.h"
#include "wave/left_over.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

const struct exec_job exec_job_default = {
    .program = "avrdude",
    .call_ps = SIM_NEVER,
    .modem_ps = SIM_NEVER,
    .patience_s = 20,
};

struct running {
    const struct exec_job *job;
    struct exec_result *result;
    struct problem *err;
    struct devices devices;
    struct session session;
    char path[PATH_MAX], library[PATH_MAX];
    int out_fd; /* captured; -1 */
    size_t out_len, out_cap;
    bool hung_up;        /* the session is over before its time */
    struct rlimit files; /* that the program may have, as we found it */
};

/* ---- what it prints ---- */

static void take_output(void *ctx)
{
    struct running *r = ctx;
    char part[4096];
    ssize_t n;

    while ((n = read(r->out_fd, part, sizeof part)) > 0) {
        size_t room = EXEC_MAX_OUTPUT_BYTES - r->out_len, take = (size_t)n < room ? (size_t)n : room;

        if (r->out_len + take + 1 > r->out_cap) {
            r->out_cap = 2 * (r->out_len + take + 1);
            r->result->output = memory_grown(r->result->output, r->out_cap, 1);
        }
        memcpy(r->result->output + r->out_len, part, take);
        r->out_len += take;
        r->result->output[r->out_len] = '\0';
    }
    if (n == 0) {
        clients_watch_output(&r->session.clients, -1); /* nobody has the other end any more */
    }
}

static int input_file(const char *text)
{
    if (!text) {
        return open("/dev/null", O_RDONLY | O_CLOEXEC);
    }
    int fd = memfd_create("input", MFD_CLOEXEC);
    size_t n = strlen(text);

    if (fd >= 0 && (write(fd, text, n) != (ssize_t)n || lseek(fd, 0, SEEK_SET) != 0)) {
        close(fd);
        fd = -1;
    }
    return fd;
}

/* ---- starting ---- */

static char **make_argv(const struct exec_job *job)
{
    size_t n = 0;

    while (job->args && job->args[n]) {
        n++;
    }
    char **argv = memory_zeroed(n + 2, sizeof *argv);

    argv[0] = (char *)(uintptr_t)job->program;
    for (size_t i = 0; i < n; i++) {
        argv[i + 1] = (char *)(uintptr_t)job->args[i];
    }
    return argv;
}

/* Is it below a folder that is listed, too? */
static bool is_below_another(const struct clients *c, const char *path)
{
    for (unsigned i = 0; i < c->n_names; i++) {
        size_t n = strlen(c->names[i].path);

        if (S_ISDIR(c->names[i].mode) && !strncmp(path, c->names[i].path, n) && path[n] == '/') {
            return true;
        }
    }
    return false;
}

/* The value of EXEC_ENV. */
static void name_session(const struct clients *c, char *to, size_t n)
{
    size_t at = (size_t)snprintf(to, n, "%s", c->name);

    for (unsigned i = 0; i < c->n_names && at + EXEC_PATH_BYTES + 1 < n; i++) {
        if (!is_below_another(c, c->names[i].path)) {
            at += (size_t)snprintf(to + at, n - at, "%c%s", EXEC_ENV_SEPARATOR, c->names[i].path);
        }
    }
}

static void set_environment(const struct running *r)
{
    const char *others = getenv("LD_PRELOAD");
    char both[2 * PATH_MAX];

    snprintf(both, sizeof both, "%s%s%s", r->library, others && *others ? ":" : "", others ? others : "");
    setenv("LD_PRELOAD", both, 1);
    char environment[sizeof r->session.clients.name + EXEC_RESERVED_BYTES];

    name_session(&r->session.clients, environment, sizeof environment);
    setenv(EXEC_ENV, environment, 1);
}

/*
 * Threads under SCHED_FIFO that spin on every core leave the bench none to say so: the kernel ends a program of which
 * one computes for so long without a call that waits, by SIGXCPU, then SIGKILL.
 */
static void limit_real_time(unsigned patience_s)
{
    struct rlimit l;
    rlim_t us = (rlim_t)patience_s * 1000000;

    if (getrlimit(RLIMIT_RTTIME, &l) == 0) {
        l.rlim_max = l.rlim_max < us + 1000000 ? l.rlim_max : us + 1000000;
        l.rlim_cur = l.rlim_cur < us ? l.rlim_cur : us;
        l.rlim_cur = l.rlim_cur < l.rlim_max ? l.rlim_cur : l.rlim_max;
        setrlimit(RLIMIT_RTTIME, &l);
    }
}

/*
 * A descriptor of ours stands for each of the program's threads and processes: as many as may be, whatever the program
 * itself may have.
 */
static void raise_descriptors(struct running *r)
{
    struct rlimit most;

    if (getrlimit(RLIMIT_NOFILE, &r->files) == 0) {
        most = r->files;
        most.rlim_cur = most.rlim_max;
        setrlimit(RLIMIT_NOFILE, &most);
    }
}

/* In the child: never returns. What fails is told through told_fd as an errno. */
static void start_program(const struct running *r, char **argv, int in_fd, int out_fd, int told_fd, pid_t parent)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) {
        _exit(127);
    }
    signal(SIGPIPE, SIG_DFL);
    signal(SIGXFSZ, SIG_DFL);
    signal(SIGINT, SIG_DFL);
    signal(SIGQUIT, SIG_DFL);
    limit_real_time(r->job->patience_s);
    setrlimit(RLIMIT_NOFILE, &r->files);
    if (!r->job->captured ||
        (setpgid(0, 0) == 0 && dup2(in_fd, 0) >= 0 && dup2(out_fd, 1) >= 0 && dup2(out_fd, 2) >= 0)) {
        set_environment(r);
        execv(r->path, argv);
    }
    int error = errno;
    ssize_t n = write(told_fd, &error, sizeof error);

    _exit(n == sizeof error ? 127 : 126);
}

static int status_of(pid_t pid)
{
    int status = W_EXITCODE(126, 0); /* nobody knows: who embeds us ignores SIGCHLD. That is no success */

    while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
    }
    return status;
}

/* The number of the error that kept the program from being started; 0: it runs. */
static int told_error(int fd)
{
    int error = 0;
    ssize_t n;

    while ((n = read(fd, &error, sizeof error)) < 0 && errno == EINTR) {
    }
    return n == sizeof error ? error : 0;
}

static bool fork_program(struct running *r, int in_fd, int out_fd, const int told[2])
{
    char **argv = make_argv(r->job);
    sigset_t before;

    left_over_hold(&before);
    pid_t parent = getpid(), pid = fork();
    int error = 0;

    if (pid == 0) {
        left_over_release(&before);
        start_program(r, argv, in_fd, out_fd, told[1], parent);
    }
    error = pid < 0 ? errno : 0;
    if (pid > 0 && r->job->captured) {
        setpgid(pid, pid); /* whoever of us two comes first */
        left_over_group(pid);
    }
    left_over_release(&before);
    free(argv);
    close(told[1]);
    if (pid > 0 && (error = told_error(told[0])) != 0) {
        left_over_not_group(pid);
        status_of(pid);
        pid = -1;
    }
    close(told[0]);
    if (pid < 0) {
        return problem_set(r->err, "cannot start %s: %s", r->job->program, strerror(error));
    }
    r->session.root = pid;
    return true;
}

static bool start(struct running *r)
{
    int in_fd = -1, out[2] = { -1, -1 }, told[2];
    bool ok = !r->job->captured || ((in_fd = input_file(r->job->input)) >= 0 && pipe2(out, O_CLOEXEC) == 0);

    ok = ok && pipe2(told, O_CLOEXEC) == 0;
    ok = ok ? fork_program(r, in_fd, out[1], told)
            : problem_set(r->err, "cannot start %s: %s", r->job->program, strerror(errno));
    if (in_fd >= 0) {
        close(in_fd);
    }
    if (out[1] >= 0) {
        close(out[1]);
    }
    r->out_fd = out[0];
    if (r->out_fd >= 0) {
        fcntl(r->out_fd, F_SETFL, O_NONBLOCK);
        clients_watch_output(&r->session.clients, r->out_fd);
        r->session.clients.watched = take_output;
        r->session.clients.ctx = r;
    }
    return ok;
}

/* ---- running ---- */

static void count_bytes(const struct running *r, uint64_t *sent, uint64_t *received)
{
    *sent = *received = 0;
    for (unsigned i = 0; i < BOARD_PORTS; i++) {
        if (r->devices.port[i]) {
            uint64_t s, n;

            tty_counts(r->devices.port[i], &s, &n);
            *sent += s;
            *received += n;
        }
    }
}

static bool stopped(void *ctx)
{
    struct running *r = ctx;
    uint64_t sent, received;

    if (r->job->kill_after_bytes) {
        count_bytes(r, &sent, &received);
        r->result->killed |= sent >= r->job->kill_after_bytes;
    }
    return r->result->killed || (r->job->stopped && r->job->stopped(r->job->ctx));
}

static void note(void *ctx, const char *text)
{
    const struct running *r = ctx;

    if (r->job->note) {
        r->job->note(r->job->ctx, text);
    }
}

/* Of the program, or what ended it. */
static void take_status(struct running *r)
{
    char text[200];

    if (r->session.root > 0) {
        int status = status_of(r->session.root);

        r->result->exit_status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
        r->result->signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
        if (r->result->signal == SIGXCPU) {
            snprintf(
                text, sizeof text,
                "a thread with a real-time priority (SCHED_FIFO, SCHED_RR) has computed for %u s without a call that "
                "waits: the system has ended the program",
                r->job->patience_s);
            note(r, text);
        }
    }
}

/* The bench ends before the program: its calls fail from now on, and it may end by itself. */
static void hang_up(struct running *r)
{
    enum { GRACE_MS = 2000 };
    struct pollfd p = { .fd = (int)syscall(SYS_pidfd_open, r->session.root, 0), .events = POLLIN };

    session_free(&r->session);
    r->hung_up = true;
    if (p.fd >= 0) {
        poll(&p, 1, GRACE_MS);
        close(p.fd);
    }
}

/* What is left of a captured one, children too, ends with it; of another that is a shell's business. */
static void end_program(struct running *r, bool ended)
{
    pid_t pid = r->session.root;

    if (pid > 0 && !ended && !r->result->killed && !r->session.stuck) {
        hang_up(r);
    }

    if (pid > 0 && r->job->captured) {
        kill(-pid, SIGKILL);
    }
    if (pid > 0 && !ended) {
        kill(pid, SIGKILL);
    }
}

/* What it said on its way may be the reason. */
static void add_output(struct running *r)
{
    const char *said = r->result->output;
    size_t n = said ? strlen(said) : 0;

    if (n) {
        problem_append(r->err, "; it said:\n%s", n > 300 ? said + n - 300 : said);
    }
}

static bool run(struct running *r)
{
    bool started = start(r), ok = started && session_run(&r->session, r->err);

    r->result->not_its_doing = !ok && (!started || clients_lack(&r->session.clients, &(struct problem){ "" }));
    if (r->session.root > 0) {
        siginfo_t info = { .si_pid = 0 };
        bool ended = waitid(P_PID, (id_t)r->session.root, &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid;

        count_bytes(r, &r->result->sent, &r->result->received);
        end_program(r, ended);
        left_over_not_group(r->session.root); /* while it is there, so that the number is its own */
        take_status(r);
    }
    if (r->out_fd >= 0) {
        take_output(r);
        close(r->out_fd);
    }
    if (started && r->result->not_its_doing) {
        add_output(r);
    }
    return ok;
}

/* What calls cost, as the user has it. */
static void set_costs(struct running *r)
{
    for (unsigned i = 0; i < r->devices.n; i++) {
        struct device *d = &r->devices.device[i];

        d->call_ps = r->job->call_ps == SIM_NEVER ? d->call_ps : r->job->call_ps;
        d->modem_ps = r->job->modem_ps == SIM_NEVER ? d->modem_ps : r->job->modem_ps;
    }
}

static bool begin(struct running *r, struct board *b)
{
    if (!program_find(r->job->program, r->path, sizeof r->path, r->err) || !program_can_run(r->path, r->err) ||
        !program_library(r->library, sizeof r->library, r->err)) {
        return false;
    }
    devices_init(&r->devices, b);
    set_costs(r);
    if (!session_init(&r->session, board_sim(b), r->devices.device, r->devices.n, r->err)) {
        session_free(&r->session);
        devices_free(&r->devices);
        return false;
    }
    r->session.clients.patience_s = r->job->patience_s;
    r->session.clients.note = note;
    r->session.clients.ctx = r;
    r->session.stopped = stopped;
    r->session.ctx = r;
    return true;
}

bool exec_run(struct board *b, const struct exec_job *job, struct exec_result *result, struct problem *err)
{
    struct running *r = memory_zeroed(1, sizeof *r);
    sim_time begin_ps = board_now(b);
    bool ok = false;

    *result = (struct exec_result){ .exit_status = -1 };
    *r = (struct running){ .job = job, .result = result, .err = err, .out_fd = -1 };
    raise_descriptors(r);
    result->not_its_doing = true;
    if (begin(r, b)) {
        ok = run(r);
        if (!r->hung_up) {
            session_free(&r->session);
        }
        devices_free(&r->devices);
        board_ports_select(board_ports(b), BOARD_PORT_PROGRAMMER);
    }
    setrlimit(RLIMIT_NOFILE, &r->files);
    result->took_ps = board_now(b) - begin_ps;
    result->calls = r->session.calls.count;
    result->turns = r->session.answers;
    result->opens = r->session.calls.opens;
    result->suspects = r->session.clients.suspects;
    if (!ok) {
        free(result->output);
        result->output = NULL;
    } else if (job->captured && !result->output) {
        result->output = memory_text("");
    }
    free(r);
    return ok;
}

void exec_devices_text(struct board *b, char *text, size_t n)
{
    struct devices *d = memory_zeroed(1, sizeof *d);

    devices_init(d, b);
    devices_list(d, text, n);
    devices_free(d);
    free(d);
    board_ports_select(board_ports(b), BOARD_PORT_PROGRAMMER);
}
