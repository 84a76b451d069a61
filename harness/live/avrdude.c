/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "harness/live/avrdude.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "harness/board/ports.h"
#include "harness/serial/host_port.h"
#include "sim/memory.h"

#define QUANTUM_PS (SIM_MS / 2)
/* Wall-clock limits. None is reached by an avrdude that behaves: its own time-out is 5 s. */
enum { QUIET_MS = 2, UNFINISHED_MS = 200, STUCK_MS = 8000, STUCK_SLICE_MS = 100 };

const struct avrdude_job avrdude_job_default = {
    .program = "avrdude",
    .limits = { 2 * SIM_MS, 100 * SIM_MS, 5 * SIM_S },
    .open_ps = 250 * SIM_MS,
    .timeout_s = 600,
};

struct session {
    struct board *b;
    struct board_ports *ports;
    const struct avrdude_job *job;
    struct avrdude_result *result;
    struct problem *err;
    struct host_port port;
    struct turn_taking turn;
    pid_t pid;
    int out_fd;
    size_t out_len, out_cap;
    uint64_t taken; /* bytes of avrdude given to the board */
    bool just_opened;
    int64_t frozen_since_ms;
};

static int64_t now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* ---- the process ---- */

/* A copy of text with every `from` replaced. */
static char *replace_all(const char *text, const char *from, const char *to)
{
    char *copy = NULL;
    size_t size = 0;
    FILE *f = memory_checked(open_memstream(&copy, &size));
    for (const char *at; (at = strstr(text, from)); text = at + strlen(from)) {
        fwrite(text, 1, (size_t)(at - text), f);
        fputs(to, f);
    }
    fputs(text, f);
    fclose(f);
    return memory_checked(copy);
}

static void free_args(char **argv)
{
    for (char **a = argv; a && *a; a++) {
        free(*a);
    }
    free(argv);
}

static char **make_args(const struct session *s)
{
    size_t n = 0;
    while (s->job->args && s->job->args[n]) {
        n++;
    }
    char **argv = memory_zeroed(n + 2, sizeof *argv);
    argv[0] = memory_text(s->job->program);
    for (size_t i = 0; i < n; i++) {
        argv[i + 1] = replace_all(s->job->args[i], "{port}", s->port.address);
    }
    return argv;
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

/*
 * avrdude polls what does not read back as written (a lock byte of 3F reads FF) for some milliseconds of its own
 * clock. With libfaketime that clock is the same in every run: 2 ms on at each look. The value for LD_PRELOAD (the
 * loader puts its own architecture in), or NULL: it is not installed.
 */
static char *faketime_preload(void)
{
    const char *others = getenv("LD_PRELOAD");
    char *preload = NULL;
    glob_t found;
    if (glob("/usr/lib/*/faketime/libfaketime.so.1", 0, NULL, &found) == 0 &&
        asprintf(&preload, "/usr/$LIB/faketime/libfaketime.so.1%s%s", others ? ":" : "", others ? others : "") < 0) {
        preload = NULL;
    }
    globfree(&found);
    return preload;
}

/* In the child: never returns. What fails is told through told_fd as an errno. */
static void exec_program(char **argv, const char *preload, int in_fd, int out_fd, int told_fd, pid_t parent)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) {
        _exit(127);
    }
    signal(SIGPIPE, SIG_DFL);
    if (dup2(in_fd, 0) >= 0 && dup2(out_fd, 1) >= 0 && dup2(out_fd, 2) >= 0) {
        if (preload) {
            setenv("LD_PRELOAD", preload, 1);
            setenv("FAKETIME", "@2000-01-01 00:00:00 i0.002", 1);
            setenv("FAKETIME_DONT_FAKE_MONOTONIC", "1", 1);
        }
        execvp(argv[0], argv);
    }
    int error = errno;
    ssize_t n = write(told_fd, &error, sizeof error);
    _exit(n == sizeof error ? 127 : 126);
}

static bool start(struct session *s)
{
    int in_fd = input_file(s->job->input), out[2] = { -1, -1 }, told[2] = { -1, -1 }, error = 0;
    char **argv = make_args(s), *preload = faketime_preload();
    bool ok = in_fd >= 0 && pipe2(out, O_CLOEXEC) == 0 && pipe2(told, O_CLOEXEC) == 0;
    if (ok) {
        pid_t parent = getpid();
        s->pid = fork();
        if (s->pid == 0) {
            exec_program(argv, preload, in_fd, out[1], told[1], parent);
        }
        ok = s->pid > 0;
    }
    if (!ok) {
        problem_set(s->err, "cannot start %s: %s", s->job->program, strerror(errno));
    }
    close(told[1]);
    close(out[1]);
    if (ok && read(told[0], &error, sizeof error) == sizeof error) {
        ok = problem_set(s->err, "cannot start %s: %s", s->job->program, strerror(error));
        waitpid(s->pid, NULL, 0);
        s->pid = 0;
    }
    close(told[0]);
    close(in_fd);
    free_args(argv);
    free(preload);
    s->out_fd = out[0];
    if (ok) {
        fcntl(s->out_fd, F_SETFL, O_NONBLOCK);
    }
    return ok;
}

static void take_output(struct session *s)
{
    char part[4096];
    for (ssize_t n; (n = read(s->out_fd, part, sizeof part)) > 0;) {
        size_t room = AVRDUDE_MAX_OUTPUT_BYTES - s->out_len, take = (size_t)n < room ? (size_t)n : room;
        if (s->out_len + take + 1 > s->out_cap) {
            size_t cap = 2 * (s->out_len + take + 1);
            s->result->output = memory_grown(s->result->output, cap, 1);
            s->out_cap = cap;
        }
        memcpy(s->result->output + s->out_len, part, take);
        s->out_len += take;
        s->result->output[s->out_len] = 0;
    }
}

/* ---- the line ---- */

static void got_byte(void *ctx, uint8_t value, sim_time at_ps)
{
    struct session *s = ctx;
    turn_taking_answered(&s->turn, at_ps, value);
    host_port_write(&s->port, value);
}

/*
 * While the simulation computes, avrdude stands still too: it would count the wall clock against its time-outs
 * (250 ms in a drain), and on a busy machine an answer that was in time would come too late.
 */
static void hold(struct session *s, bool held)
{
    if (s->pid > 0 && !s->result->killed) {
        kill(s->pid, held ? SIGSTOP : SIGCONT);
    }
}

static bool run_while_programmer_has_word(struct session *s)
{
    while (turn_taking_runs(&s->turn, board_now(s->b))) {
        if (!board_run(s->b, QUANTUM_PS, s->err)) {
            return false;
        }
        if (board_ports_pending(s->ports)) {
            turn_taking_line_busy(&s->turn, board_now(s->b));
        }
        host_port_flush(&s->port);
    }
    s->frozen_since_ms = now_ms();
    return true;
}

/* Reads on until the command is whole, or no more comes. */
static size_t read_command(struct session *s, uint8_t *bytes, size_t max)
{
    size_t n = 0;
    while (n < max) {
        size_t more = host_port_read(&s->port, bytes + n, max - n);
        n += more;
        if (!n) {
            return 0;
        }
        bool whole = turn_taking_command_is_whole(s->job->protocol, bytes, n);
        if (whole && s->job->protocol != TURN_TAKING_ANY) {
            break;
        }
        struct pollfd f = { .fd = s->port.fd, .events = POLLIN };
        poll(&f, 1, whole ? QUIET_MS : UNFINISHED_MS);
        if (!(f.revents & POLLIN)) {
            s->result->unsure_turns += !whole;
            break;
        }
    }
    return n;
}

static void look_at_port(struct session *s)
{
    unsigned events = host_port_events(&s->port);
    if (events & HOST_PORT_OPENED) {
        board_ports_open(s->ports);
        s->just_opened = true;
        s->frozen_since_ms = now_ms();
    }
}

/* What avrdude has said goes on the line, and the simulation runs until it has been answered. */
static bool answer(struct session *s, const uint8_t *bytes, size_t n)
{
    look_at_port(s); /* it may have opened the port since the last look */
    if (s->just_opened) {
        uint32_t baud = host_port_baud(&s->port);
        if (baud) {
            board_ports_baud(s->ports, baud);
        }
        if (!board_run(s->b, s->job->open_ps, s->err)) {
            return false;
        }
        s->just_opened = false;
    }
    uint64_t limit = s->job->kill_after_bytes;
    if (limit && s->taken + n >= limit) {
        n = (size_t)(limit - s->taken);
        kill(s->pid, SIGKILL);
        s->result->killed = true;
    }
    s->taken += n;
    turn_taking_asked(&s->turn, board_now(s->b), bytes, n);
    board_ports_send(s->ports, bytes, n);
    return run_while_programmer_has_word(s);
}

static bool take_turn(struct session *s)
{
    uint8_t bytes[8192];
    size_t n = read_command(s, bytes, sizeof bytes);
    if (!n) {
        return true;
    }
    hold(s, true);
    bool ok = answer(s, bytes, n);
    hold(s, false);
    return ok;
}

/* Until the process has ended. */
static bool converse(struct session *s, int *status)
{
    int64_t end_ms = now_ms() + (int64_t)s->job->timeout_s * 1000;
    s->frozen_since_ms = now_ms();
    for (;;) {
        struct pollfd f[3] = { { s->out_fd, POLLIN, 0 },
                               { s->port.event_fd, POLLIN, 0 },
                               { s->port.open ? s->port.fd : -1, POLLIN, 0 } };
        poll(f, 3, s->port.event_fd < 0 ? 1 : 20);
        if (!board_run(s->b, 0, s->err)) { /* somebody wants it to stop */
            return false;
        }
        take_output(s);
        look_at_port(s);
        if (!s->result->killed && !take_turn(s)) {
            return false;
        }
        pid_t ended = waitpid(s->pid, status, WNOHANG);
        if (ended == s->pid) {
            s->pid = 0;
            take_output(s);
            look_at_port(s); /* a call so short that it was over before the first look */
            return s->result->killed || take_turn(s);
        }
        int64_t now = now_ms();
        if (now > end_ms && !s->result->timed_out) {
            s->result->timed_out = s->result->killed = true;
            kill(s->pid, SIGKILL);
        }
        if (s->port.open && now - s->frozen_since_ms > STUCK_MS) {
            /* both wait for each other: let time go on, and own up to it */
            if (!board_run(s->b, (sim_time)STUCK_SLICE_MS * SIM_MS, s->err)) {
                return false;
            }
            host_port_flush(&s->port);
            s->result->unsure_turns++;
            s->frozen_since_ms += STUCK_SLICE_MS;
        }
    }
}

/* avrdude's progress bars end in the wall clock's seconds: "| 100% 0.96s". */
static void blank_seconds(char *text)
{
    static const char mark[] = "| 100% ";
    char *to = text;
    while (*text) {
        if (strncmp(text, mark, sizeof mark - 1) == 0) {
            size_t digits = strspn(text + sizeof mark - 1, "0123456789.");
            if (digits >= 4 && text[sizeof mark - 1 + digits] == 's') {
                memmove(to, "| 100% -.--", 11); /* never longer than what it replaces */
                to += 11;
                text += sizeof mark - 1 + digits;
                continue;
            }
        }
        *to++ = *text++;
    }
    *to = 0;
}

/* What differs from run to run is taken out of the output. */
static void tidy_output(struct session *s)
{
    char *as_is = s->result->output;

    s->result->output = replace_all(as_is ? as_is : "", s->port.address, "{port}");
    free(as_is);
    blank_seconds(s->result->output);
}

static void end_process(struct session *s)
{
    if (s->pid > 0) {
        kill(s->pid, SIGKILL);
        waitpid(s->pid, NULL, 0);
    }
    if (s->out_fd >= 0) {
        close(s->out_fd);
    }
}

/* With the port open. */
static bool run_session(struct session *s)
{
    sim_time begin_ps = board_now(s->b);
    int status = 0;

    board_ports_on_byte(s->ports, got_byte, s);
    bool ok = start(s) && converse(s, &status);
    board_ports_on_byte(s->ports, NULL, NULL);
    board_ports_closed(s->ports);
    end_process(s);
    if (!ok) {
        return false;
    }
    s->result->exit_status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    s->result->took_ps = board_now(s->b) - begin_ps;
    s->result->sent = s->taken;
    s->result->received = s->port.sent;
    tidy_output(s);
    return true;
}

bool avrdude_run(struct board *b, const struct avrdude_job *job, struct avrdude_result *result, struct problem *err)
{
    struct session *s = memory_zeroed(1, sizeof *s);
    bool ok = false;

    *result = (struct avrdude_result){ .exit_status = -1 };
    s->b = b;
    s->ports = board_ports(b);
    s->job = job;
    s->result = result;
    s->err = err;
    s->out_fd = -1;
    turn_taking_init(&s->turn, job->protocol, &job->limits);
    if (host_port_pty_open(&s->port, NULL, err)) {
        ok = run_session(s);
        host_port_close(&s->port);
    }
    if (!ok) {
        free(result->output);
        *result = (struct avrdude_result){ .exit_status = -1 };
    }
    free(s);
    return ok;
}
