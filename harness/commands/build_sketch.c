/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "harness/commands/build_sketch.h"

#include "harness/base/outputs.h"
#include "harness/base/scratch_dir.h"
#include "harness/commands/command.h"
#include "harness/commands/end_signals.h"
#include "harness/commands/sketch_faults.h"
#include "mcu/board_rows.h"
#include "sim/memory.h"
#include "wave/in_file.h"
#include "wave/out_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define ARDUINO_AVR "/usr/share/arduino/hardware/arduino/avr"

struct options {
    const char *sketch, *out, *board, *core;
};

static const struct argp_option option_table[] = {
    { "output", 'o', "FILE.elf", 0, "The image (default: the sketch's name, here)", 0 },
    { "board", 'b', "uno|diecimila|ng", 0, "What it is built for (default: uno)", 0 },
    { "core", 'c', "DIR", 0, "The folder that has cores/ and variants/ (default: that of Debian's arduino-core-avr)",
      0 },
    { 0 },
};

static const struct {
    const char *name, *mcu, *macro; /* build.mcu and build.board of boards.txt */
} boards[] = { { "uno", "atmega328p", "AVR_UNO" },
               { "diecimila", "atmega168", "AVR_DUEMILANOVE" },
               { "ng", "atmega8", "AVR_NG" } };

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct options *o = state->input;

    switch (key) {
    case 'o': o->out = arg; return 0;
    case 'b': o->board = arg; return 0;
    case 'c': o->core = arg; return 0;
    case ARGP_KEY_ARG:
        if (o->sketch) {
            argp_error(state, "one sketch at a time: \"%s\"", arg);
        }
        o->sketch = arg;
        return 0;
    case ARGP_KEY_NO_ARGS: argp_error(state, "which sketch?"); return EINVAL;
    default: return ARGP_ERR_UNKNOWN;
    }
}

const struct argp build_sketch_argp = {
    .options = option_table,
    .parser = parse,
    .args_doc = "FILE.ino|FOLDER",
    .doc =
        "Builds an Arduino sketch as the IDE does, prototypes included, with the core and libraries of Debian's "
        "arduino-core-avr: an ELF image with line numbers, for `limpet run --firmware`. In a folder that is called as "
        "the sketch is, further tabs, C and C++ files and src/ belong to it.\v"
        "  limpet build-sketch mine.ino\n"
        "  limpet run --firmware ./mine.elf factory_session\n\n"
        "Needs gcc-avr, avr-libc, arduino-core-avr. Exit status: 0, 1 the sketch has errors, 2 bad usage or input.",
};

/* The folder of the scripts: lib/limpet/sketch, in the build tree build/firmware. */
static bool find_tools(char *dir, size_t size)
{
    static const char *const below[] = { "/firmware", "/../" SKETCH_TOOLS_DIR };
    char own[PATH_MAX], probe[PATH_MAX + 60];
    ssize_t n = readlink("/proc/self/exe", own, sizeof own - 1);

    if (n <= 0) {
        return false;
    }
    own[n] = '\0';
    *strrchr(own, '/') = '\0';
    for (unsigned i = 0; i < sizeof below / sizeof below[0]; i++) {
        int len = snprintf(dir, size, "%s%s", own, below[i]);

        snprintf(probe, sizeof probe, "%s/build-sketch", dir);
        if (len > 0 && (size_t)len < size && access(probe, X_OK) == 0) {
            return true;
        }
    }
    return false;
}

static volatile sig_atomic_t stop_signal;
static volatile pid_t working; /* leads the group of processes that build; 0: none */

/* The compilers end with us, by the same signal, so that they too remove what they left half done. */
static void on_signal(int number)
{
    stop_signal = number;
    if (working) {
        kill(-working, number);
    }
}

static void hold_signals(int how)
{
    sigset_t set;

    end_signals_set(&set);
    sigprocmask(how, &set, NULL);
}

/* Whoever called must see what became of us, as of anything that a signal ends. */
static void end_by_signal(void)
{
    if (stop_signal) {
        signal(stop_signal, SIG_DFL);
        raise(stop_signal);
    }
}

/* What the compilers say has lines of the sketch in it, and whatever bytes they hold: our stderr shows them printable. */
static void pass_on(int fd, struct sketch_faults *errors)
{
    char text[4096];

    for (ssize_t n; (n = read(fd, text, sizeof text)) > 0 || (n < 0 && errno == EINTR && !stop_signal);) {
        fwrite(text, 1, n > 0 ? (size_t)n : 0, stderr);
        sketch_faults_take(errors, text, n > 0 ? (size_t)n : 0);
    }
    close(fd);
}

static bool take_status(int status, const struct sketch_faults *errors, struct problem *err)
{
    if (WIFEXITED(status) && (!WEXITSTATUS(status) || errors->any)) {
        return !WEXITSTATUS(status);
    }
    return problem_set(err,
                       "the tools that build it have failed, though not at an error of the sketch (%s %d): is there "
                       "room for them (ulimit -a, the disk, TMPDIR), and are they in PATH?",
                       WIFEXITED(status) ? "status" : "signal",
                       WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status));
}

/* True: it is well. False without a text in err: the sketch has errors, or we are to end. */
static bool run(char *const argv[], struct problem *err)
{
    struct sketch_faults errors = { .n = 0 };
    siginfo_t ended;
    pid_t pid;
    int status, said[2];

    fflush(NULL);
    if (pipe2(said, O_CLOEXEC) != 0) {
        return problem_set(err, "cannot start %s: %s", argv[0], strerror(errno));
    }
    hold_signals(SIG_BLOCK);
    pid = stop_signal ? -1 : fork();
    if (pid == 0) {
        setpgid(0, 0);
        dup2(said[1], STDERR_FILENO);
        prctl(PR_SET_PDEATHSIG, SIGTERM); /* no compiler goes on for nobody */
        signal(SIGXFSZ, SIG_DFL);
        signal(SIGPIPE, SIG_DFL);
        hold_signals(SIG_UNBLOCK);
        setenv("LC_ALL", "C.UTF-8", 1); /* errors are known by their words */
        execvp(argv[0], argv);
        _exit(127);
    }
    int error = errno;

    if (pid > 0) {
        setpgid(pid, pid);
        working = pid;
    }
    hold_signals(SIG_UNBLOCK);
    close(said[1]);
    if (pid < 0) {
        close(said[0]);
        return !stop_signal && problem_set(err, "cannot start %s: %s", argv[0], strerror(error));
    }
    pass_on(said[0], &errors);
    while (waitid(P_PID, (id_t)pid, &ended, WEXITED | WNOWAIT) && errno == EINTR) {
    }
    working = 0; /* before its number may be another's */
    return waitpid(pid, &status, 0) == pid && !stop_signal && take_status(status, &errors, err);
}

/* "mine.ino" is "mine.elf", here. */
static char *usual_name(const char *sketch)
{
    const char *slash = strrchr(sketch, '/');
    char *stem = memory_text(slash ? slash + 1 : sketch), *dot = strrchr(stem, '.'), *name;

    if (dot && dot != stem) {
        *dot = '\0';
    }
    name = memory_joined(stem, ".elf", "");
    free(stem);
    return name;
}

/* A folder stands for the sketch in it that is called like it, as in the IDE. To free(). */
static char *sketch_of(const char *given)
{
    struct stat st;
    char *folder = stat(given, &st) == 0 && S_ISDIR(st.st_mode) ? realpath(given, NULL) : NULL, *path, *name;

    if (!folder) {
        return memory_text(given);
    }
    name = memory_joined(strrchr(folder, '/'), ".ino", ""); /* "/mine.ino" */
    path = memory_joined(given, name, "");
    free(folder);
    free(name);
    return path;
}

/* Copies the image to where it is wanted; what stood there stays if that fails. */
static bool deliver(const char *made, const char *to, struct problem *err)
{
    struct out_file *out = memory_zeroed(1, sizeof *out);
    char bytes[4096];
    FILE *in = fopen(made, "rb");
    bool done = in ? out_file_open(out, to, err) : problem_set(err, "%s: %s", made, strerror(errno));

    if (done) {
        for (size_t n; (n = fread(bytes, 1, sizeof bytes, in)) > 0 && !stop_signal;) {
            out_file_put(out, bytes, n);
        }
        if (ferror(in) || stop_signal) {
            out_file_abandon(out);
            done = problem_set(err, "%s: %s", made, stop_signal ? "broken off" : "can't be read");
        } else {
            done = out_file_close(out, err);
        }
    }
    if (in) {
        fclose(in);
    }
    free(out);
    return done;
}

/* The exit status. */
static int build(const struct options *o, unsigned board, const char *tools, const char *elf)
{
    struct scratch_dir scratch;
    struct problem err = { "" };
    int status = EXIT_FAILED;

    end_signals_catch(on_signal, false);
    signal(SIGPIPE, SIG_IGN); /* a message that nobody reads */
    if (!scratch_dir_make(&scratch, "sketch", &err)) {
        fprintf(stderr, "limpet build-sketch: %s\n", err.text);
        return EXIT_BAD_INPUT;
    }
    char *script = memory_joined(tools, "/build-sketch", ""),
         *core_script = memory_joined(tools, "/build-arduino-core", "");
    char *to_cpp = memory_joined(tools, "/sketch_to_cpp", ""), *core = memory_joined(scratch.path, "/core.a", "");
    char *hex = memory_joined(scratch.path, "/hex", ""), *made = memory_joined(scratch.path, "/elf", "");
    char *mcu = memory_text(boards[board].mcu), *macro = memory_text(boards[board].macro);
    char *avr = memory_text(o->core), *sketch = memory_text(o->sketch);
    char with_core[PATH_MAX + 80]; /* the build tree has one */
    snprintf(with_core, sizeof with_core, "%s/arduino-core-%s.a", tools, boards[board].name);
    bool has_core = access(with_core, R_OK) == 0 && !strcmp(o->core, ARDUINO_AVR);
    char *const make_core[] = { "bash", core_script, avr, mcu, macro, core, NULL };
    char *const make[] = {
        "bash", script, avr, mcu, macro, has_core ? with_core : core, to_cpp, sketch, made, hex, NULL
    };
    char *const own[] = { script, core_script, to_cpp, core, hex, made, mcu, macro, avr, sketch };

    if (!has_core && !run(make_core, &err)) {
        status = EXIT_BAD_INPUT;
        if (!err.text[0]) {
            problem_set(&err, "%s: the core has errors", o->core);
        }
    } else if (run(make, &err)) {
        status = deliver(made, elf, &err) ? EXIT_OK : EXIT_BAD_INPUT;
    } else if (err.text[0]) {
        status = EXIT_BAD_INPUT;
    }
    if (status == EXIT_BAD_INPUT && !stop_signal) {
        fprintf(stderr, "limpet build-sketch: %s\n", err.text);
    }
    scratch_dir_remove(&scratch);
    for (unsigned i = 0; i < sizeof own / sizeof own[0]; i++) {
        free(own[i]);
    }
    end_by_signal();
    return status;
}

static bool inputs_are_there(const struct options *o, unsigned *board, char *tools, size_t size, struct problem *err)
{
    char *core = memory_joined(o->core, "/cores/arduino/Arduino.h", "");
    bool has_core = access(core, R_OK) == 0;

    free(core);
    for (*board = 0; *board < sizeof boards / sizeof boards[0] && strcmp(boards[*board].name, o->board); ++*board) {
    }
    if (*board == sizeof boards / sizeof boards[0]) {
        return problem_set(err, "--board %s: there are uno, diecimila, ng", o->board);
    }
    if (access(o->sketch, R_OK) != 0) {
        return problem_set(err, "%s: %s", o->sketch, strerror(errno));
    }
    if (!in_file_is_regular(o->sketch)) { /* it is read more than once, and a pipe may be silent for ever */
        return problem_set(err, "%s is no file but a pipe, a device or a folder", o->sketch);
    }
    if (!has_core) {
        return problem_set(err, "%s: no Arduino core there (apt-get install arduino-core-avr)", o->core);
    }
    return find_tools(tools, size) ||
           problem_set(err,
                       "limpet was built without the AVR images (-Dfirmware=disabled): its sketch tools are missing");
}

int cmd_build_sketch(int argc, char **argv)
{
    struct options o = { .board = "uno", .core = ARDUINO_AVR };
    struct problem err = { "" };
    char tools[PATH_MAX];
    unsigned board;
    int status = EXIT_BAD_INPUT;

    argp_err_exit_status = EXIT_BAD_INPUT;
    argp_parse(&build_sketch_argp, argc, argv, 0, NULL, &o);
    char *sketch = sketch_of(o.sketch);
    o.sketch = sketch;
    char *elf = o.out ? memory_text(o.out) : usual_name(o.sketch);
    const struct output out = { "--output", elf };
    if (!inputs_are_there(&o, &board, tools, sizeof tools, &err) || !outputs_possible(&out, 1, &o.sketch, 1, &err)) {
        fprintf(stderr, "limpet build-sketch: %s\n", err.text);
    } else {
        status = build(&o, board, tools, elf);
    }
    if (status == EXIT_OK) {
        printf("%s\n", elf);
    }
    free(elf);
    free(sketch);
    return status;
}
