/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "harness/commands/exec.h"

#include "harness/base/printable.h"
#include "harness/base/quantity.h"
#include "harness/board/board_stats.h"
#include "harness/board/ports.h"
#include "harness/commands/bench_args.h"
#include "harness/commands/command.h"
#include "harness/commands/end_signals.h"
#include "harness/exec/devices.h"
#include "harness/exec/exec.h"
#include "harness/report/finding_text.h"
#include "harness/report/report_text.h"
#include "harness/run/diagnosis.h"
#include "harness/run/steps.h"
#include "sim/checker.h"
#include "sim/memory.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct options {
    struct bench_args bench;
    sim_time call_ps, modem_ps;
    unsigned patience_s;
    bool quiet;
};

struct exec {
    struct options o;
    const char *program;
    const char *const *args;
    struct board *board;
};

static volatile sig_atomic_t stop_signal;

static void on_signal(int number)
{
    stop_signal = number;
}

static void complain(const struct problem *err)
{
    char text[sizeof err->text];

    fprintf(stderr, "limpet exec: %s\n", printable(text, sizeof text, err->text, true));
}

/* ---- the command line ---- */

enum { KEY_PATIENCE = 1, KEY_CALL, KEY_MODEM };

static const struct argp_option option_table[] = {
    { "patience", KEY_PATIENCE, "SECONDS", 0,
      "Seconds of processor time that a thread may compute without a call before it is given up (default 20); one with a real-time priority is ended by the system then",
      0 },
    { "call-time", KEY_CALL, "TIME", 0, "Simulated time that a call on a device takes (default 5us)", 0 },
    { "modem-time", KEY_MODEM, "TIME", 0,
      "The same of a change of, or a look at, the modem lines (default: 1ms behind USB, 3us of a UART on the mainboard)",
      0 },
    { "quiet", 'q', NULL, 0, "Say nothing at the end but what went wrong", 0 },
    { 0 },
};

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
    struct options *o = state->input;
    struct problem err;
    int64_t n;

    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &o->bench;
        o->bench.hint = "; the program and its arguments come after --";
        return 0;
    case KEY_PATIENCE:
        if (!quantity_parse(QUANTITY_COUNT, arg, 1, 86400, &n, &err)) {
            argp_error(state, "--patience: %s", err.text);
        }
        o->patience_s = (unsigned)n;
        return 0;
    case KEY_CALL:
    case KEY_MODEM:
        if (!quantity_parse(QUANTITY_TIME_PS, arg, 0, SIM_S, &n, &err)) {
            argp_error(state, "--%s: %s", key == KEY_CALL ? "call-time" : "modem-time", err.text);
        }
        *(key == KEY_CALL ? &o->call_ps : &o->modem_ps) = (sim_time)n;
        return 0;
    case 'q': o->quiet = true; return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp_child children[] = { { &bench_args_argp, 0, NULL, 0 }, { 0 } };

const struct argp exec_argp = {
    .children = children,
    .options = option_table,
    .parser = parse_option,
    .args_doc = "[SCENARIO] -- PROGRAM [ARG...]",
    .doc =
        "Runs an unmodified program, avrdude first of all, against the board. The program and its children live in "
        "simulated time: they compute in no time, and whenever they wait, sleep or look at the clock, simulated time "
        "runs. So the same command gives the same output and waveform, byte for byte, as fast as it can be computed. "
        "Without SCENARIO: a factory-fresh ATmega328P under an Arduino Uno that runs ArduinoISP. The steps of a "
        "SCENARIO are taken first.\v"
        "Devices that the program finds:\n"
        "  /dev/ttyACM0   the programmer's serial port; opening it pulls DTR, which resets an Uno\n"
        "  /dev/ttyUSB0   the target's own UART (board.target.uart in the scenario)\n"
        "  /dev/ttyS0 ..  the RS232 lines of a miniframe circuit, and of each part rs232_port (-c ponyser, siprog, dasa)\n"
        "  /dev/ttyUSB1 ..  parts bus_pirate (-c buspirate)\n"
        "  /dev/spidev0.0, /dev/gpiochip0, /sys/class/gpio   the pins of a part gpio_header (-c linuxspi, linuxgpio)\n"
        "  /dev/bus/usb/001/002 ..  parts ft232r (-c ft232r -P ft0; libusb, libftdi)\n"
        "A scenario may give other names (board.devices); limpet exec SCENARIO -- without a program lists a board's.\n\n"
        "Examples:\n"
        "  limpet exec -- avrdude -c stk500v1 -P /dev/ttyACM0 -b 19200 -p m328p -v\n"
        "  limpet exec --chip my.chip --vcd out.vcd -- avrdude -c stk500v1 -P /dev/ttyACM0 -b 19200 -p m328p "
        "-U flash:w:app.hex:i\n"
        "  limpet exec -- sh -c 'exec 3<>/dev/ttyACM0; stty 19200 raw -echo <&3; sleep 2; printf \"0 \" >&3; "
        "head -c2 <&3 | od -tx1'\n\n"
        "What it can't see: delays made by counting loops take no simulated time; calls that a program makes past libc, "
        "nftw() and fts in /dev and /sys, a current directory in a folder of the bench, mmap() of a device. Who waits for "
        "bytes is woken within 100 us. A program that has read long replies in small pieces, and does something else in "
        "the middle of one for the first time, does that up to 16 ms late (--no-shortcuts: never). A program that "
        "is linked statically, "
        "setuid or built for another machine can't be run (it says so). Exit status: the program's; 128 + N where "
        "signal N ended it; 2 where the bench can't run it or go on.",
};

/* The arguments of ours, up to "--"; NULL: there is none, or nothing after it. */
static char **program_of(int *argc, char **argv)
{
    for (int i = 1; i < *argc; i++) {
        if (!strcmp(argv[i], "--")) {
            *argc = i;
            return argv[i + 1] ? &argv[i + 1] : NULL;
        }
    }
    return NULL;
}

/* ---- from start to end ---- */

static bool build(struct exec *x, struct problem *err)
{
    x->board = bench_args_load(&x->o.bench, NULL, NULL, 0, err) ? bench_args_board(&x->o.bench, &stop_signal, err)
                                                                : NULL;
    return x->board != NULL;
}

/* The scenario's, before the program starts: an exit status. */
static int take_steps(struct exec *x)
{
    struct report report = { .run = { x->o.bench.loaded->path, x->o.bench.loaded->name, board_sim(x->board)->seed } };

    if (!x->o.bench.loaded->n_steps) {
        return EXIT_OK;
    }
    const struct report_text_options how = { .verbose = !x->o.quiet };

    report_add(&report, report_text_new(stderr, &how));
    bool ok = steps_run(x->board, &report);

    report_abandon(&report);
    return ok ? EXIT_OK : report.lacked ? EXIT_BAD_INPUT : EXIT_FAILED;
}

static bool stopped(void *ctx)
{
    (void)ctx;
    return stop_signal != 0;
}

static void say_note(void *ctx, const char *text)
{
    char safe[1024];

    (void)ctx;
    fprintf(stderr, "limpet exec: note: %s\n", printable(safe, sizeof safe, text, true));
}

/* Is its port the target's own? */
static bool speaks_to_target(const struct exec *x)
{
    char path[DEVICE_PATH_BYTES];
    const char *port = devices_port_path(x->board, BOARD_PORT_TARGET, path);

    for (unsigned i = 0; x->args[i]; i++) {
        if (!strcmp(x->args[i], port)) {
            return true;
        }
    }
    return false;
}

/* What there is to say of the board, apart from the program's own output. */
static void say_goodbye(const struct exec *x, const struct exec_result *result, struct diagnosis *before)
{
    char text[48], cause[DIAGNOSIS_BYTES];

    if (*board_ports_complaint(board_ports(x->board))) {
        fprintf(stderr, "the programmer said: %s\n", board_ports_complaint(board_ports(x->board)));
    }
    if (result->signal) {
        fprintf(stderr, "%s was ended by signal %d (%s)\n", x->program, result->signal, strsignal(result->signal));
    }
    diagnosis_program_ended(&before->program, x->program, x->args, speaks_to_target(x), result);
    before->reaches_target = before->program.is_avrdude && result->opens && !before->program.on_target;
    if (result->exit_status && diagnosis_make(before, x->board, cause, sizeof cause)) {
        fprintf(stderr, "cause: %s\n", cause);
    }
    if (!x->o.quiet) {
        fprintf(stderr, "== %s simulated\n",
                quantity_text(QUANTITY_TIME_PS, (int64_t)board_now(x->board), text, sizeof text));
        findings_list(stderr, board_checker(x->board), NULL, "  ");
        findings_summary(stderr, board_checker(x->board), "  ");
    }
}

static void stats_line(void *ctx, const char *line)
{
    (void)ctx;
    fprintf(stderr, "%s\n", line);
}

static void tell_stats(const struct exec *x, const struct exec_result *result)
{
    board_stats_tell(x->board, stats_line, NULL);
    if (x->o.bench.board.stats) {
        fprintf(stderr, "program: %llu calls in %llu turns, %llu looks whether a signal came\n",
                (unsigned long long)result->calls, (unsigned long long)result->turns,
                (unsigned long long)result->suspects);
    }
}

static int run_program(struct exec *x, struct problem *err)
{
    struct exec_job job = exec_job_default;
    struct exec_result result;
    struct diagnosis before;

    diagnosis_begin(&before, x->board);
    job.program = x->program;
    job.args = x->args;
    job.call_ps = x->o.call_ps;
    job.modem_ps = x->o.modem_ps;
    job.patience_s = x->o.patience_s;
    job.stopped = stopped;
    job.note = say_note;
    if (!exec_run(x->board, &job, &result, err)) {
        complain(err);
        return EXIT_BAD_INPUT;
    }
    fflush(stdout);
    say_goodbye(x, &result, &before);
    tell_stats(x, &result);
    return result.signal ? 128 + result.signal : result.exit_status;
}

/* Ctrl-C goes to the program, which is in our group, and ends it as ever. */
static void catch_signals(void)
{
    end_signals_catch(on_signal, false);
    signal(SIGINT, SIG_IGN);
    signal(SIGQUIT, SIG_IGN);
    signal(SIGPIPE, SIG_IGN);
}

static int run(struct exec *x)
{
    struct problem err = { "" };
    int status;

    if (!build(x, &err)) {
        complain(&err);
        return EXIT_BAD_INPUT;
    }
    catch_signals();
    if ((status = take_steps(x)) != EXIT_OK) {
        return status;
    }
    status = run_program(x, &err);
    if (!board_args_write(&x->o.bench.board, x->board, &x->o.bench.chip, &err)) {
        complain(&err);
        return EXIT_BAD_INPUT;
    }
    return status;
}

/* With what this board has for it. */
static int ask_for_program(struct exec *x)
{
    struct problem err = { "" };
    char text[4096];

    if (!build(x, &err)) {
        complain(&err);
        return EXIT_BAD_INPUT;
    }
    exec_devices_text(x->board, text, sizeof text);
    fprintf(stderr,
            "limpet exec: which program? It comes after --, such as:\n"
            "  limpet exec -- avrdude -c stk500v1 -P /dev/ttyACM0 -b 19200 -p m328p -v\n"
            "It finds on this board:\n%s",
            text);
    return EXIT_BAD_INPUT;
}

int cmd_exec(int argc, char **argv)
{
    struct exec x = { .o = { .call_ps = SIM_NEVER, .modem_ps = SIM_NEVER, .patience_s = 20 } };
    char **program = program_of(&argc, argv);
    int status;

    argp_parse(&exec_argp, argc, argv, 0, NULL, &x.o);
    x.program = program ? program[0] : NULL;
    x.args = program ? (const char *const *)program + 1 : NULL;
    status = program ? run(&x) : ask_for_program(&x);
    board_free(x.board);
    bench_args_free(&x.o.bench);
    return status;
}
