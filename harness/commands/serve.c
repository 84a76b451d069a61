/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "harness/commands/serve.h"

#include "harness/base/printable.h"
#include <argp.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "harness/base/input_file.h"
#include "harness/base/quantity.h"
#include "harness/board/board_stats.h"
#include "harness/board/ports.h"
#include "harness/commands/bench_args.h"
#include "harness/commands/command.h"
#include "harness/commands/end_signals.h"
#include "harness/live/live_loop.h"
#include "harness/live/wave_socket.h"
#include "harness/report/finding_text.h"
#include "harness/report/report_text.h"
#include "harness/run/recording.h"
#include "harness/run/steps.h"
#include "sim/checker.h"
#include "sim/memory.h"
#include "wave/out_file.h"
#include "wave/vcd_write.h"

enum { CAUSES_SHOWN = 50 }; /* in a session; further ones are only counted in the end */

struct options {
    struct bench_args bench;
    const char *link, *target_link, *live, *record;
    bool has_tcp, quiet;
    uint16_t tcp_port;
    enum live_speed speed;
};

struct serve {
    struct options o;
    struct board *board;
    struct host_port pty, tcp, target_pty; /* target_pty: the target's own UART */
    bool has_pty, has_tcp, has_target_pty;
    struct live_loop loop;
    struct vcd_stream *vcd;  /* the VCD as it grows; NULL: none, or written at the end */
    struct vcd_stream *live; /* the same for the socket, in memory */
    struct wave_socket waves;
    int live_file;            /* -1: none */
    struct recorder recorder; /* with options.record */
    bool recording;
    struct timespec vcd_written;
    uint64_t sessions;
    struct told {
        struct checker_finding first;
        uint64_t more; /* times that it came again, until ... */
        sim_time last_ps;
    } told[CAUSES_SHOWN]; /* in this session */
    unsigned n_told;
};

static volatile sig_atomic_t stop_signal;

static void on_signal(int number)
{
    stop_signal = number;
}

static void complain(const struct problem *err)
{
    char text[sizeof err->text];

    fprintf(stderr, "limpet serve: %s\n", printable(text, sizeof text, err->text, true));
}

/* ---- what it says ---- */

static void on_finding(void *ctx, const struct checker_finding *f)
{
    struct serve *s = ctx;
    char text[FINDING_TEXT_BYTES];

    for (unsigned i = 0; i < s->n_told; i++) {
        if (finding_same_cause(&s->told[i].first, f)) {
            s->told[i].more++;
            s->told[i].last_ps = f->at_ps;
            return;
        }
    }
    if (s->n_told == CAUSES_SHOWN) {
        return;
    }
    s->told[s->n_told++] = (struct told){ .first = *f };
    printf("finding: %s\n", finding_text(f, text, sizeof text));
    if (s->n_told == CAUSES_SHOWN) {
        puts("finding: further causes are only counted in the end");
    }
}

/* A session ends: what came again and again, a line for each. */
static void tell_repeated(struct serve *s)
{
    char from[48], until[48];

    for (unsigned i = 0; i < s->n_told; i++) {
        const struct told *t = &s->told[i];

        if (t->more) {
            printf("finding: %s on %s since %s came %" PRIu64 " times more until %s\n",
                   checker_rule_info(t->first.rule)->id, t->first.net,
                   quantity_text(QUANTITY_TIME_PS, (int64_t)t->first.at_ps, from, sizeof from), t->more,
                   quantity_text(QUANTITY_TIME_PS, (int64_t)t->last_ps, until, sizeof until));
        }
    }
    s->n_told = 0;
}

static void on_came(void *ctx, struct host_port *port, bool reset)
{
    struct serve *s = ctx;
    s->sessions++;
    if (!s->o.quiet) {
        printf("%s opened%s\n", port->address,
               !reset                   ? ""
               : port == &s->target_pty ? ", the target is reset"
                                        : ", the programmer is reset");
    }
}

static void on_wrong_speed(void *ctx, struct host_port *port, uint32_t baud, uint32_t firmwares, bool heard)
{
    static const uint32_t usual[] = { 300,   1200,  2400,  4800,   9600,   14400,  19200,  28800,   38400,
                                      57600, 74880, 76800, 115200, 230400, 250000, 500000, 1000000, 2000000 };
    uint32_t meant = firmwares; /* a UART's divider rounds */
    (void)ctx;
    for (unsigned i = 0; i < sizeof usual / sizeof usual[0]; i++) {
        uint32_t apart = usual[i] > firmwares ? usual[i] - firmwares : firmwares - usual[i];
        meant = (uint64_t)apart * 40 < firmwares ? usual[i] : meant;
    }
    if (heard) {
        printf("%s: the program listens at %u baud, the firmware speaks at %u: set it to that speed\n", port->address,
               baud, meant);
        return;
    }
    printf("%s: the program speaks at %u baud, the firmware listens at %u: try -b %u\n", port->address, baud, meant,
           meant);
}

static void on_went(void *ctx, struct host_port *port)
{
    struct serve *s = ctx;
    struct problem err;

    tell_repeated(s);
    if (!s->o.quiet) {
        if (*board_ports_complaint(board_ports(s->board))) {
            printf("the programmer said: %s\n", board_ports_complaint(board_ports(s->board)));
        }
        printf("%s closed\n", port->address);
    }
    /* kept at the end too; a server that is killed should not forget a whole day */
    if (!kept_chip_save(&s->o.bench.chip, s->board, &err)) {
        complain(&err);
    }
}

static void say_hello(const struct serve *s)
{
    const struct scenario *sc = s->o.bench.loaded;
    const char *where = s->has_pty ? (s->pty.link ? s->pty.link : s->pty.address) : "";
    if (sc->path) {
        printf("scenario: %s\n", sc->path);
    }
    printf("target: %s\n", sc->board.target.part->title);
    for (unsigned i = 0; i < sc->n_notes; i++) {
        printf("note: %s\n", sc->notes[i]);
    }
    for (unsigned i = 0; board_firmware_note(s->board, i); i++) {
        printf("note: %s\n", board_firmware_note(s->board, i));
    }
    if (s->has_pty) {
        printf("port: %s\n", s->pty.address);
        if (s->pty.link) {
            printf("link: %s%s%s\n", s->pty.link, s->pty.taken_from[0] ? ", taken from a bench that runs on " : "",
                   s->pty.taken_from);
        }
    }
    if (s->has_target_pty) {
        printf("target's port: %s\n", s->target_pty.address);
        if (s->target_pty.link) {
            printf("target's link: %s%s%s\n", s->target_pty.link,
                   s->target_pty.taken_from[0] ? ", taken from a bench that runs on " : "", s->target_pty.taken_from);
        }
    }
    if (s->o.live) {
        printf("waves: limpet view --live %s\n", s->o.live);
    }
    if (s->has_tcp) {
        printf("tcp: %s\n", s->tcp.address + strlen("net:"));
    }
    const struct programmer_config *p = &sc->board.programmer;
    if (p->host_known) {
        printf("try: avrdude -c %s -P %s -b %u -p %s\n", p->host->avrdude_c[0], where, p->baud,
               sc->board.target.part->avrdude_id);
    } else {
        printf("what %s speaks is not known here: call avrdude with its own -c and -b (a scenario says them as "
               "board.programmer.host and baud)\n",
               p->firmware);
    }
    puts("ready");
    fflush(stdout);
}

static void say_goodbye(struct serve *s)
{
    char text[48];

    tell_repeated(s);
    printf("%" PRIu64 " session%s, %s simulated\n", s->sessions, s->sessions == 1 ? "" : "s",
           quantity_text(QUANTITY_TIME_PS, (int64_t)board_now(s->board), text, sizeof text));
    uint64_t lost = s->pty.dropped + s->tcp.dropped + s->target_pty.dropped;
    if (lost) {
        printf("%" PRIu64 " bytes lost that nobody read from the port\n", lost);
    }
    findings_summary(stdout, board_checker(s->board), "");
    fflush(stdout);
}

/* A pipe that nobody reads keeps nobody who was told to end. */
static void leave_stdout_that_blocks(void)
{
    struct pollfd out = { .fd = STDOUT_FILENO, .events = POLLOUT };
    int nowhere;

    if (stop_signal && poll(&out, 1, OUT_FILE_STOP_WAIT_MS) == 0 && (nowhere = open("/dev/null", O_WRONLY)) >= 0) {
        dup2(nowhere, STDOUT_FILENO);
        close(nowhere);
    }
}

/* ---- the command line ---- */

enum {
    KEY_LINK = 1,
    KEY_TCP,
    KEY_SPEED,
    KEY_TARGET_LINK,
    KEY_LIVE,
    KEY_RECORD,
};

static const struct argp_option option_table[] = {
    { "link", KEY_LINK, "PATH", 0, "A symbolic link to the pty, so that its name stays the same", 0 },
    { "target-link", KEY_TARGET_LINK, "PATH", 0,
      "The same for the pty of the target's own UART (board.target.uart in the scenario)", 0 },
    { "tcp", KEY_TCP, "PORT", 0, "Serve 127.0.0.1:PORT too, for avrdude -P net:127.0.0.1:PORT (0: any free one)", 0 },
    { "speed", KEY_SPEED, "real|max", 0,
      "As fast as the wall clock (real), or faster while bytes move, and at rest while no program has a port open and "
      "no waves are written: when one comes, some seconds of that are made up (max, the default)",
      0 },
    { "record", KEY_RECORD, "FILE", 0,
      "Write board, seed and what programs send, with its time; `limpet run FILE` replays it", 0 },
    { "live", KEY_LIVE, "PATH", 0, "A socket at PATH for `limpet view --live PATH`: the waves as they come", 0 },
    { "quiet", 'q', NULL, 0, "No line for each program that opens the port", 0 },
    { 0 },
};

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
    struct options *o = state->input;
    struct problem err;
    int64_t n;
    switch (key) {
    case ARGP_KEY_INIT: state->child_inputs[0] = &o->bench; return 0;
    case KEY_LINK: o->link = arg; return 0;
    case KEY_TARGET_LINK: o->target_link = arg; return 0;
    case KEY_TCP:
        if (!quantity_parse(QUANTITY_COUNT, arg, 0, 65535, &n, &err)) {
            argp_error(state, "--tcp: %s", err.text);
        }
        o->has_tcp = true;
        o->tcp_port = (uint16_t)n;
        return 0;
    case KEY_SPEED:
        if (strcmp(arg, "real") != 0 && strcmp(arg, "max") != 0) {
            argp_error(state, "--speed: \"%s\" is neither real nor max", arg);
        }
        o->speed = strcmp(arg, "real") == 0 ? LIVE_REAL : LIVE_MAX;
        return 0;
    case KEY_LIVE:
        o->live = arg;
        o->bench.board.record = true;
        return 0;
    case KEY_RECORD: o->record = arg; return 0;
    case 'q': o->quiet = true; return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp_child children[] = { { &bench_args_argp, 0, NULL, 0 }, { 0 } };

const struct argp serve_argp = {
    .children = children,
    .options = option_table,
    .parser = parse_option,
    .args_doc = "[SCENARIO]",
    .doc = "Puts the bench on a pty, prints its path, and runs until it is interrupted or the scenario ends. "
           "Without SCENARIO: a factory-fresh ATmega328P under an Arduino Uno that runs ArduinoISP.\v"
           "Examples:\n"
           "  limpet serve --link /tmp/bench          then, in another shell:\n"
           "  avrdude -c stk500v1 -P /tmp/bench -b 19200 -p m328p -v\n\n"
           "  limpet serve --chip my.chip --vcd out.vcd    the chip stays as it was left, Ctrl-C writes the VCD",
};

/* ---- from start to end ---- */

/* The ports that programs outside find, by the options. */
static bool open_ports(struct serve *s, struct problem *err)
{
    bool has_uart = s->o.bench.loaded->board.target.uart.given;

    if (s->o.target_link && !has_uart) {
        return problem_set(err, "--target-link: the scenario's target has no UART (board.target.uart)");
    }
    s->has_pty = host_port_pty_open(&s->pty, s->o.link, err);
    if (!s->has_pty) {
        return false;
    }
    s->has_target_pty = has_uart && host_port_pty_open(&s->target_pty, s->o.target_link, err);
    if (has_uart && !s->has_target_pty) {
        return false;
    }
    s->has_tcp = s->o.has_tcp && host_port_tcp_open(&s->tcp, s->o.tcp_port, err);
    return s->has_tcp || !s->o.has_tcp;
}

static bool build(struct serve *s, struct problem *err)
{
    struct bench_args *a = &s->o.bench;
    const struct output record = { "--record", s->o.record };
    const struct output place[] = { { "--link", s->o.link },
                                    { "--target-link", s->o.target_link },
                                    { "--live", s->o.live } };

    if (!bench_args_load(a, &record, place, sizeof place / sizeof place[0], err)) {
        return false;
    }
    const struct programmer_config *p = &a->loaded->board.programmer;

    if (!programmer_is_firmware(p) && !programmer_has_front_end(p)) {
        return problem_set(err, "%s: a recording is its programmer, there is no serial port to serve", a->loaded->path);
    }
    if (!a->board.budget_ps) {
        a->board.budget_ps = SIM_END_PS;
    }
    if (!a->board.budget_ck) {
        a->board.budget_ck = UINT64_MAX;
    }
    s->board = bench_args_board(a, &stop_signal, err);
    if (!s->board) {
        return false;
    }
    struct checker *c = board_checker(s->board);
    c->found = on_finding;
    c->found_ctx = s;
    return open_ports(s, err);
}

enum { VCD_EVERY_MS = 200 };

/* The VCD grows as the wall clock goes on. */
static void on_looked(void *ctx)
{
    struct serve *s = ctx;
    struct timespec now;
    if (!s->vcd && !s->live) {
        return;
    }
    clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
    int64_t ms = (int64_t)(now.tv_sec - s->vcd_written.tv_sec) * 1000 +
                 (now.tv_nsec - s->vcd_written.tv_nsec) / 1000000;
    if (ms >= VCD_EVERY_MS) {
        s->vcd_written = now;
        if (s->vcd) {
            vcd_stream_more(s->vcd, board_now(s->board));
        }
        if (s->live) {
            vcd_stream_more(s->live, board_now(s->board));
            wave_socket_look(&s->waves);
        }
    }
}

static bool open_live(struct serve *s, struct problem *err)
{
    char path[40];
    if (!s->o.live) {
        return true;
    }
    s->live_file = memfd_create("waves", MFD_CLOEXEC);
    if (s->live_file < 0) {
        return problem_set(err, "--live: %s", strerror(errno));
    }
    snprintf(path, sizeof path, "/proc/self/fd/%d", s->live_file);
    s->live = vcd_stream_open(path, board_trace(s->board), s->o.bench.board.tick_ps, err);
    return s->live && wave_socket_open(&s->waves, s->o.live, s->live_file, err);
}

static void close_live(struct serve *s)
{
    struct problem ignored;
    if (s->live) {
        vcd_stream_close(s->live, board_now(s->board), &ignored);
        s->live = NULL;
    }
    wave_socket_close(&s->waves);
    if (s->live_file >= 0) {
        close(s->live_file);
    }
}

/* Strings are known only at the end: the full profile is written then. */
static bool open_vcd(struct serve *s, struct problem *err)
{
    const struct board_args *a = &s->o.bench.board;
    if (!a->vcd || a->full || board_args_cuts(a)) {
        return true;
    }
    s->vcd = vcd_stream_open(a->vcd, board_trace(s->board), a->tick_ps, err);
    if (s->vcd) {
        vcd_stream_heeds(s->vcd, &stop_signal);
    }
    return s->vcd != NULL;
}

static void stats_line(void *ctx, const char *line)
{
    (void)ctx;
    fprintf(stderr, "%s\n", line);
}

static bool write_files(struct serve *s, struct problem *err)
{
    struct board_args rest = s->o.bench.board;
    struct problem waves = { "" };
    bool ok = true;
    rest.vcd = s->vcd ? NULL : rest.vcd;
    bool written = board_args_write(&rest, s->board, &s->o.bench.chip, err); /* the chip before all else */
    if (s->vcd) {
        ok = vcd_stream_close(s->vcd, board_now(s->board), &waves);
        s->vcd = NULL;
    }
    if (!ok) {
        problem_append(err, "%s%s", written ? "" : "\n", waves.text);
    }
    return ok && written;
}

static bool stopped(void *ctx)
{
    (void)ctx;
    return stop_signal != 0;
}

/* A `wait` step: the programs outside have the line meanwhile. */
static bool wait_live(void *ctx, sim_time d_ps, struct problem *err)
{
    struct serve *s = ctx;
    sim_time now = board_now(s->board);
    live_init(&s->loop);
    if (s->recording) {
        recorder_listen(&s->recorder, s->board, true);
    }
    bool ok = live_run(&s->loop, d_ps < SIM_NEVER - now ? now + d_ps : SIM_NEVER, err);
    if (s->recording && !stop_signal) {
        recorder_listen(&s->recorder, s->board, false);
    }
    const struct scenario_board *board = &s->o.bench.loaded->board; /* speeds as steps expect them */
    struct board_ports *ports = board_ports(s->board);
    board_ports_baud(ports, board->programmer.baud);
    if (board_ports_select(ports, BOARD_PORT_TARGET)) {
        board_ports_baud(ports, board->target.uart.baud);
    }
    board_ports_select(ports, BOARD_PORT_PROGRAMMER);
    return ok;
}

/* The scenario's, with the ports open in its `wait` steps: an exit status. */
static int take_steps(struct serve *s)
{
    struct steps_pace pace = { wait_live, stopped, s };
    struct report report = { .run = { s->o.bench.loaded->path, s->o.bench.loaded->name, board_sim(s->board)->seed } };

    report_add(&report, report_text_new(stdout, &(const struct report_text_options){ .verbose = true }));
    bool ok = steps_run_paced(s->board, &report, &pace);
    report_abandon(&report); /* there is no verdict: what comes of the programs outside they say themselves */
    return ok ? EXIT_OK : report.lacked ? EXIT_BAD_INPUT : EXIT_FAILED;
}

/* The text that was loaded; the built-in scenario's is what makes the same board. */
static bool open_record(struct serve *s, struct problem *err)
{
    static const char built_in[] = "board: {programmer: {firmware: arduinoisp, auto_reset: yes}}";
    struct input_files inputs = { 0 };
    const struct input_file *f = NULL;
    bool ok = true;

    if (!s->o.record) {
        return true;
    }
    if (s->o.bench.board.chip) {
        return problem_set(err, "--record does not go with --chip: a recording does not hold what the chip was before");
    }
    if (s->o.bench.scenario) {
        f = input_files_get(&inputs, s->o.bench.scenario, 1000000, NULL, err);
        ok = f != NULL;
    }
    ok = ok && recorder_begin(&s->recorder, s->o.record, s->o.bench.loaded, f ? f->bytes : built_in,
                              board_sim(s->board)->seed, s->o.bench.set.sets, s->o.bench.set.n,
                              s->o.bench.board.firmware, err);
    s->recording = ok;
    s->recorder.board = s->board;
    input_files_free(&inputs);
    return ok;
}

/* Exit status. */
static int serve(struct serve *s, struct problem *err)
{
    const struct scenario_board *board = &s->o.bench.loaded->board;
    struct live_loop *l = &s->loop;
    *l = (struct live_loop){ .board = s->board,
                             .speed = s->o.speed,
                             .stop = &stop_signal,
                             .watched = s->o.bench.board.vcd || s->o.bench.board.csv || s->live,
                             .came = on_came,
                             .went = on_went,
                             .wrong_speed = on_wrong_speed,
                             .looked = on_looked,
                             .ctx = s };
    l->ports[l->n_ports++] = (struct live_port){ .port = &s->pty,
                                                 .line = BOARD_PORT_PROGRAMMER,
                                                 .baud = board->programmer.baud };
    if (s->has_tcp) {
        l->ports[l->n_ports++] = (struct live_port){ .port = &s->tcp,
                                                     .line = BOARD_PORT_PROGRAMMER,
                                                     .baud = board->programmer.baud };
    }
    if (s->has_target_pty) {
        l->ports[l->n_ports++] = (struct live_port){ .port = &s->target_pty,
                                                     .line = BOARD_PORT_TARGET,
                                                     .baud = board->target.uart.baud };
    }
    if (s->o.bench.loaded->n_steps) {
        return take_steps(s);
    }
    if (!wait_live(s, SIM_NEVER, err) && !stop_signal) {
        complain(err);
        return EXIT_BAD_INPUT;
    }
    return EXIT_OK;
}

static void catch_signals(void)
{
    end_signals_catch(on_signal, true);
    signal(SIGPIPE, SIG_IGN);
}

int cmd_serve(int argc, char **argv)
{
    struct serve *s = memory_zeroed(1, sizeof *s);
    struct problem err = { "" };
    s->o.speed = LIVE_MAX;
    s->live_file = s->waves.fd = -1;
    host_port_init(&s->pty);
    host_port_init(&s->tcp);
    host_port_init(&s->target_pty);
    argp_parse(&serve_argp, argc, argv, 0, NULL, &s->o);

    catch_signals();
    setvbuf(stdout, NULL, _IOLBF, 0);

    int status = EXIT_BAD_INPUT;
    if (!build(s, &err) || !open_vcd(s, &err) || !open_live(s, &err) || !open_record(s, &err)) {
        complain(&err);
    } else {
        say_hello(s);
        status = serve(s, &err);
        if (s->recording && !recorder_end(&s->recorder, &err)) {
            complain(&err);
            status = EXIT_BAD_INPUT;
        }
        board_stats_tell(s->board, stats_line, NULL);
        err.text[0] = '\0'; /* it may be that we were stopped */
        if (!write_files(s, &err)) {
            complain(&err);
            status = EXIT_BAD_INPUT;
        }
        leave_stdout_that_blocks();
        say_goodbye(s);
    }
    close_live(s);
    host_port_close(&s->pty);
    host_port_close(&s->tcp);
    host_port_close(&s->target_pty);
    board_free(s->board);
    bench_args_free(&s->o.bench);
    free(s);
    return status;
}
