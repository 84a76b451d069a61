/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "harness/commands/serve.h"

#include <argp.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "harness/base/quantity.h"
#include "harness/board/board.h"
#include "harness/commands/command.h"
#include "harness/live/live_loop.h"
#include "harness/run/finding_text.h"
#include "harness/run/kept_chip.h"
#include "harness/run/steps.h"
#include "sim/checker.h"
#include "wave/csv_write.h"
#include "wave/out_file.h"
#include "wave/vcd_write.h"

enum { FINDINGS_SHOWN = 20 }; /* of each rule; the rest is counted */

struct options {
    const char *scenario, *link, *target_link, *chip, *vcd, *csv, *firmware;
    bool has_tcp, has_seed, quiet;
    uint16_t tcp_port;
    uint64_t seed, tick_ps;
    enum live_speed speed;
};

struct serve {
    struct options o;
    struct scenario *scenario;
    struct board *board;
    struct kept_chip chip;
    struct host_port pty, tcp, target_pty; /* target_pty: the target's own UART */
    bool has_pty, has_tcp, has_target_pty;
    struct live_loop loop;
    uint64_t sessions;
    uint64_t shown[CHECKER_RULES];
};

static volatile sig_atomic_t stop_signal;

static void on_signal(int number)
{
    stop_signal = number;
}

static void complain(const struct problem *err)
{
    fprintf(stderr, "limpet serve: %s\n", err->text);
}

/* ---- what it says ---- */

static void on_finding(void *ctx, const struct checker_finding *f)
{
    struct serve *s = ctx;
    char text[FINDING_TEXT_BYTES];
    uint64_t n = s->shown[f->rule]++;
    if (n < FINDINGS_SHOWN) {
        printf("finding: %s\n", finding_text(f, text, sizeof text));
    } else if (n == FINDINGS_SHOWN) {
        printf("finding: more of rule %s, from here on only counted\n", checker_rule_info(f->rule)->id);
    }
}

static void on_came(void *ctx, struct host_port *port, bool reset)
{
    struct serve *s = ctx;
    s->sessions++;
    if (!s->o.quiet) {
        printf("%s opened%s\n", port->address, reset ? ", the programmer is reset" : "");
    }
}

static void on_went(void *ctx, struct host_port *port)
{
    struct serve *s = ctx;
    struct problem err;
    if (!s->o.quiet) {
        if (*board_ports_complaint(board_ports(s->board))) {
            printf("the programmer said: %s\n", board_ports_complaint(board_ports(s->board)));
        }
        printf("%s closed\n", port->address);
    }
    /* kept at the end too; a server that is killed should not forget a whole day */
    if (!kept_chip_save(&s->chip, s->board, &err)) {
        complain(&err);
    }
}

static void say_hello(const struct serve *s)
{
    const struct scenario *sc = s->scenario;
    const char *where = s->has_pty ? (s->pty.link ? s->pty.link : s->pty.address) : "";
    if (sc->path) {
        printf("scenario: %s\n", sc->path);
    }
    printf("target: %s\n", sc->board.target.part->title);
    if (s->has_pty) {
        printf("port: %s\n", s->pty.address);
        if (s->pty.link) {
            printf("link: %s\n", s->pty.link);
        }
    }
    if (s->has_target_pty) {
        printf("target's port: %s\n", s->target_pty.address);
        if (s->target_pty.link) {
            printf("target's link: %s\n", s->target_pty.link);
        }
    }
    if (s->has_tcp) {
        printf("tcp: %s\n", s->tcp.address + strlen("net:"));
    }
    const struct scenario_programmer *p = &sc->board.programmer;
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

static void say_goodbye(const struct serve *s)
{
    char text[48];
    printf("%" PRIu64 " session%s, %s simulated\n", s->sessions, s->sessions == 1 ? "" : "s",
           quantity_text(QUANTITY_TIME_PS, (int64_t)board_now(s->board), text, sizeof text));
    uint64_t lost = s->pty.dropped + s->tcp.dropped + s->target_pty.dropped;
    if (lost) {
        printf("%" PRIu64 " bytes lost that nobody read from the port\n", lost);
    }
    findings_summary(stdout, board_checker(s->board), "");
    fflush(stdout);
}

/* ---- the command line ---- */

enum {
    KEY_LINK = 1,
    KEY_TCP,
    KEY_SPEED,
    KEY_CHIP,
    KEY_VCD,
    KEY_CSV,
    KEY_TICK,
    KEY_SEED,
    KEY_FIRMWARE,
    KEY_TARGET_LINK,
};

static const struct argp_option option_table[] = {
    { "link", KEY_LINK, "PATH", 0, "a symbolic link to the pty, so that its name stays the same", 0 },
    { "target-link", KEY_TARGET_LINK, "PATH", 0,
      "the same for the pty of the target's own UART (board.target.uart in the scenario)", 0 },
    { "tcp", KEY_TCP, "PORT", 0, "serve 127.0.0.1:PORT too, for avrdude -P net:127.0.0.1:PORT (0: any free one)", 0 },
    { "speed", KEY_SPEED, "real|max", 0, "real: as fast as the wall clock. max (default): faster while bytes move", 0 },
    { "chip", KEY_CHIP, "FILE", 0, "keep the chip in FILE: read if it is there, written after each session", 0 },
    { "vcd", KEY_VCD, "FILE", 0, "write the waveform at the end (GTKWave, PulseView, sigrok-cli)", 0 },
    { "csv", KEY_CSV, "FILE", 0, "write the same changes as rows time_us,signal,level", 0 },
    { "vcd-tick", KEY_TICK, "TIME", 0, "time step of the VCD: 1, 10 or 100 of a unit (default 100ps)", 0 },
    { "seed", KEY_SEED, "N", 0, "seed of everything random, instead of the scenario's", 0 },
    { "firmware", KEY_FIRMWARE, "FILE", 0, "ELF or Intel hex for the programmer, or a built-in name", 0 },
    { "quiet", 'q', NULL, 0, "no line for each program that opens the port", 0 },
    { 0 },
};

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
    struct options *o = state->input;
    struct problem err;
    int64_t n;
    switch (key) {
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
    case KEY_CHIP: o->chip = arg; return 0;
    case KEY_VCD: o->vcd = arg; return 0;
    case KEY_CSV: o->csv = arg; return 0;
    case KEY_TICK:
        o->tick_ps = vcd_tick_parse(arg);
        if (!o->tick_ps) {
            argp_error(state, "--vcd-tick: \"%s\" is not 1, 10 or 100 of ps, ns, us, ms or s", arg);
        }
        return 0;
    case KEY_SEED:
        if (!quantity_parse(QUANTITY_COUNT, arg, 0, INT64_MAX, &n, &err)) {
            argp_error(state, "--seed: %s", err.text);
        }
        o->has_seed = true;
        o->seed = (uint64_t)n;
        return 0;
    case KEY_FIRMWARE: o->firmware = arg; return 0;
    case 'q': o->quiet = true; return 0;
    case ARGP_KEY_ARG:
        if (o->scenario) {
            argp_error(state, "more than one scenario: \"%s\"", arg);
        }
        o->scenario = arg;
        return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp argp = {
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

static bool can_write(const char *path, struct problem *err)
{
    return !path || out_file_possible(path, err);
}

static bool build(struct serve *s, struct problem *err)
{
    s->scenario = s->o.scenario ? scenario_load(s->o.scenario, NULL, 0, err) : scenario_default(err);
    if (!s->scenario || !can_write(s->o.vcd, err) || !can_write(s->o.csv, err) ||
        !kept_chip_load(&s->chip, s->o.chip, s->scenario, s->o.has_seed ? s->o.seed : s->scenario->seed, err)) {
        return false;
    }
    bool firmware = s->scenario->board.programmer.kind == SCENARIO_PROGRAMMER_FIRMWARE;
    if (!firmware && !scenario_has_front_end(&s->scenario->board)) {
        return problem_set(err, "%s: a recording is its programmer, there is no serial port to serve",
                           s->scenario->path);
    }
    if (!firmware && s->o.firmware) {
        return problem_set(err, "--firmware: the programmer of %s runs none", s->scenario->path);
    }
    if (s->o.firmware) {
        scenario_set_firmware(s->scenario, s->o.firmware);
    }
    struct board_options bo = {
        .has_seed = s->o.has_seed,
        .seed = s->o.seed,
        .chip = s->chip.nvm,
        .trace = s->o.vcd || s->o.csv,
    };
    s->board = board_new(s->scenario, &bo, err);
    if (!s->board) {
        return false;
    }
    struct checker *c = board_checker(s->board);
    c->found = on_finding;
    c->found_ctx = s;
    s->has_pty = host_port_pty_open(&s->pty, s->o.link, err);
    if (!s->has_pty) {
        return false;
    }
    bool has_uart = s->scenario->board.target.uart.given;
    if (s->o.target_link && !has_uart) {
        return problem_set(err, "--target-link: the scenario's target has no UART (board.target.uart)");
    }
    if (has_uart && !(s->has_target_pty = host_port_pty_open(&s->target_pty, s->o.target_link, err))) {
        return false;
    }
    if (s->o.has_tcp) {
        s->has_tcp = host_port_tcp_open(&s->tcp, s->o.tcp_port, err);
        if (!s->has_tcp) {
            return false;
        }
    }
    return true;
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
    bool ok = live_run(&s->loop, d_ps < SIM_NEVER - now ? now + d_ps : SIM_NEVER, err);
    const struct scenario_board *board = &s->scenario->board; /* speeds as steps expect them */
    struct board_ports *ports = board_ports(s->board);
    board_ports_baud(ports, board->programmer.baud);
    if (board_ports_select(ports, BOARD_PORT_TARGET)) {
        board_ports_baud(ports, board->target.uart.baud);
    }
    board_ports_select(ports, BOARD_PORT_PROGRAMMER);
    return ok;
}

/* Exit status. */
static int serve(struct serve *s, struct problem *err)
{
    const struct scenario_board *board = &s->scenario->board;
    struct live_loop *l = &s->loop;
    *l = (struct live_loop){
        .board = s->board, .speed = s->o.speed, .stop = &stop_signal, .came = on_came, .went = on_went, .ctx = s
    };
    l->ports[l->n_ports++] = (struct live_port){ &s->pty, BOARD_PORT_PROGRAMMER, board->programmer.baud };
    if (s->has_tcp) {
        l->ports[l->n_ports++] = (struct live_port){ &s->tcp, BOARD_PORT_PROGRAMMER, board->programmer.baud };
    }
    if (s->has_target_pty) {
        l->ports[l->n_ports++] = (struct live_port){ &s->target_pty, BOARD_PORT_TARGET, board->target.uart.baud };
    }
    if (s->scenario->n_steps) {
        struct steps_pace pace = { wait_live, stopped, s };
        struct report report = { .out = stdout, .file = s->scenario->path, .verbose = true };
        return steps_run_paced(s->board, &report, &pace) ? EXIT_OK : EXIT_FAILED;
    }
    if (!wait_live(s, SIM_NEVER, err)) {
        complain(err);
        return EXIT_BAD_INPUT;
    }
    return EXIT_OK;
}

static bool write_files(struct serve *s, struct problem *err)
{
    struct trace *t = board_trace(s->board);
    bool ok = true;
    if (s->o.vcd && !vcd_write(s->o.vcd, t, board_now(s->board), s->o.tick_ps, err)) {
        complain(err);
        ok = false;
    }
    if (s->o.csv && !csv_write(s->o.csv, t, err)) {
        complain(err);
        ok = false;
    }
    if (!kept_chip_finish(&s->chip, s->board, err)) {
        complain(err);
        ok = false;
    }
    return ok;
}

int cmd_serve(int argc, char **argv)
{
    struct serve *s = calloc(1, sizeof *s);
    struct problem err = { "" };
    if (!s) {
        fputs("limpet serve: out of memory\n", stderr);
        return EXIT_BAD_INPUT;
    }
    s->o.tick_ps = VCD_TICK_PS;
    s->o.speed = LIVE_MAX;
    host_port_init(&s->pty);
    host_port_init(&s->tcp);
    host_port_init(&s->target_pty);
    argp_parse(&argp, argc, argv, 0, NULL, &s->o);

    struct sigaction sa = { .sa_handler = on_signal, .sa_flags = SA_RESETHAND }; /* a second Ctrl-C kills */
    sigaction(SIGINT, &sa, NULL);
    sigaction(SIGTERM, &sa, NULL);
    struct sigaction hup;
    if (sigaction(SIGHUP, NULL, &hup) == 0 && hup.sa_handler != SIG_IGN) { /* not under nohup */
        sigaction(SIGHUP, &sa, NULL);
    }
    signal(SIGPIPE, SIG_IGN);
    setvbuf(stdout, NULL, _IOLBF, 0);

    int status = EXIT_BAD_INPUT;
    if (!build(s, &err)) {
        complain(&err);
    } else {
        say_hello(s);
        status = serve(s, &err);
        if (!write_files(s, &err)) {
            status = EXIT_BAD_INPUT;
        }
        say_goodbye(s);
    }
    host_port_close(&s->pty);
    host_port_close(&s->tcp);
    host_port_close(&s->target_pty);
    board_free(s->board);
    kept_chip_free(&s->chip);
    scenario_free(s->scenario);
    free(s);
    return status;
}
