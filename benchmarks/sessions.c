/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * sessions.c - whole programming sessions: simulated time over CPU time of this process
 *
 * arduinoisp-session         32 KiB written and verified through the unmodified ArduinoISP at 19200 baud, built-in host
 * arduinoisp-session-traced  the same with the SPI nets recorded
 * arduinoisp-session-peer    the first against simavr's avr_run executing as many cycles of the same image
 * arduinoisp-session-avr8js  against avr8js 0.21 under node, executing the image; ./benchmark fetches it with npm
 * limpisp-session            the same memory through limpisp at 115200 baud
 * limphv-session             the same through limphv, in parallel, at 115200 baud
 * optiboot-upload            16 KiB through optiboot's own serial port, two cores: the Uno idles beside it
 * short-sessions             1000 times enter, signature, three fuses, leave, with a new board each; two processes
 */
#include "benchmarks/benchmark.h"
#include "benchmarks/peer.h"
#include "harness/board/board.h"
#include "harness/board/ports.h"
#include "harness/hosts/stk500v1.h"
#include "sim/part.h"
#include "sim/rng.h"

#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define FLASH_BYTES 32768
#define OPTIBOOT_BYTES 16384
#define F_CPU_HZ 16000000
#define RUNS 7 /* the fastest counts: others on the machine make it slower, never quicker */
#define SHORT_SESSIONS 1000
#define PROCESSES 2

static const char arduinoisp[] = "board: {programmer: {firmware: " FIRMWARE_DIR "/arduinoisp.elf}}\n";
static const char limpisp[] = "board: {programmer: {firmware: " FIRMWARE_DIR
                              "/limpisp.elf, host: stk500v2, baud: 115200}}\n";
static const char limphv[] = "board: {high_voltage: limphv, programmer: {firmware: " FIRMWARE_DIR
                             "/limphv.elf, host: stk500pp, baud: 115200}}\n";
static const char optiboot[] = "board:\n"
                               "  target:\n"
                               "    fuses: {low: 0xFF, high: 0xDC}\n"
                               "    clock: {crystal: 16 MHz}\n"
                               "    flash: {file: " FIRMWARE_DIR "/optiboot_7c00.hex}\n"
                               "    uart: {baud: 115200, auto_reset: yes}\n"
                               "  programmer: {firmware: " FIRMWARE_DIR "/arduinoisp.elf}\n";

static bool write_and_verify(struct programmer *p, bool erases, uint32_t n, struct problem *err)
{
    static uint8_t image[FLASH_BYTES], back[FLASH_BYTES];
    struct sim_rng rng = sim_rng_stream(1, "image");

    for (uint32_t i = 0; i < n; i++) {
        image[i] = (uint8_t)sim_rng_next(&rng);
    }
    return p->ops->enter(p->ctx, err) && (!erases || p->ops->erase(p->ctx, err)) &&
           p->ops->write(p->ctx, PROG_FLASH, 0, image, n, err) && p->ops->read(p->ctx, PROG_FLASH, 0, back, n, err) &&
           (!memcmp(image, back, n) || problem_set(err, "verify failed")) && (!erases || p->ops->leave(p->ctx, err));
}

static void open_target_port(void *board)
{
    board_ports_select(board_ports(board), BOARD_PORT_TARGET);
    board_ports_open(board_ports(board));
}

/* Through the board's programmer, or through the target's own port. */
static bool session(struct board *b, bool own_port, struct problem *err)
{
    if (!own_port) {
        return write_and_verify(board_programmer(b), true, FLASH_BYTES, err);
    }
    const struct host host = {
        .sim = board_sim(b),
        .part = &part_atmega328p,
        .line = &board_ports(b)->line[BOARD_PORT_TARGET],
        .open = open_target_port,
        .board = b,
    };
    struct programmer p = host_stk500v1_new(&host, &(struct host_settings){ 0 });
    bool ok = write_and_verify(&p, false, OPTIBOOT_BYTES, err);
    p.ops->free(p.ctx);
    return ok;
}

/* CPU seconds and simulated seconds of the fastest of some runs. */
static bool run_session(const char *text, bool trace, bool own_port, double *cpu_s, double *sim_s, struct problem *err)
{
    const struct board_options options = { .trace = trace };
    struct scenario *s = scenario_load_text("session", text, strlen(text), NULL, 0, err);
    bool ok = s != NULL;

    *cpu_s = 0;
    for (int i = 0; ok && i < RUNS; i++) {
        struct board *b = board_new(s, &options, err);
        double t0 = benchmark_cpu_s(), took;

        ok = b && session(b, own_port, err);
        took = benchmark_cpu_s() - t0;
        if (ok && (*cpu_s == 0 || took < *cpu_s)) {
            *cpu_s = took;
            *sim_s = (double)board_now(b) / 1e12;
        }
        board_free(b);
    }
    scenario_free(s);
    return ok;
}

static bool speed(const char *text, bool trace, bool own_port, double *value, char *error, size_t error_size)
{
    struct problem err = { "" };
    double cpu_s, sim_s;

    if (!run_session(text, trace, own_port, &cpu_s, &sim_s, &err)) {
        return benchmark_fail(error, error_size, "%s", err.text);
    }
    *value = sim_s / cpu_s;
    return true;
}

bool measure_arduinoisp_session(double *value, char *error, size_t error_size)
{
    return speed(arduinoisp, false, false, value, error, error_size);
}

bool measure_arduinoisp_session_traced(double *value, char *error, size_t error_size)
{
    return speed(arduinoisp, true, false, value, error, error_size);
}

bool measure_limpisp_session(double *value, char *error, size_t error_size)
{
    return speed(limpisp, false, false, value, error, error_size);
}

bool measure_limphv_session(double *value, char *error, size_t error_size)
{
    return speed(limphv, false, false, value, error, error_size);
}

bool measure_optiboot_upload(double *value, char *error, size_t error_size)
{
    return speed(optiboot, false, true, value, error, error_size);
}

/* The peer's cost of a cycle from one second of it, in the same run. */
bool measure_arduinoisp_session_peer(double *value, char *error, size_t error_size)
{
    struct problem err = { "" };
    struct peer *p = peer_new(FIRMWARE_DIR "/arduinoisp.elf", true);
    double cpu_s, sim_s, t0, peer_s = 0;

    if (!p || !peer_run(p, F_CPU_HZ)) {
        return benchmark_fail(error, error_size, "simavr does not run the image");
    }
    for (int i = 0; i < RUNS; i++) {
        t0 = benchmark_cpu_s();
        peer_run(p, F_CPU_HZ);
        t0 = benchmark_cpu_s() - t0;
        peer_s = i == 0 || t0 < peer_s ? t0 : peer_s;
    }
    peer_free(p);
    if (!run_session(arduinoisp, false, false, &cpu_s, &sim_s, &err)) {
        return benchmark_fail(error, error_size, "%s", err.text);
    }
    *value = peer_s * sim_s / cpu_s;
    return true;
}

/* CPU seconds that avr8js takes for a simulated one. False: it is not there, or does not run. */
static bool avr8js_second(double *cpu_s, char *error, size_t error_size)
{
    static const char command[] = "node " SOURCE_DIR "/benchmarks/avr8js.mjs " AVR8JS_DIR " " FIRMWARE_DIR
                                  "/arduinoisp.hex 2 2>&1";
    double cycles = 0;
    char line[200] = "";

    if (access(AVR8JS_DIR "/package.json", R_OK)) {
        return benchmark_skip(error, error_size,
                              "no avr8js in " AVR8JS_DIR " (./benchmark puts it there, if it finds "
                              "node 18 or newer, npm and the registry)");
    }
    FILE *p = popen(command, "r");
    bool told = p && fgets(line, sizeof line, p) && sscanf(line, "%lf %lf", &cycles, cpu_s) == 2;
    if (!p || pclose(p) || !told || *cpu_s <= 0) {
        line[strcspn(line, "\n")] = '\0';
        return benchmark_fail(error, error_size, "avr8js does not run the image: %s", line);
    }
    *cpu_s *= F_CPU_HZ / cycles;
    return true;
}

bool measure_arduinoisp_session_avr8js(double *value, char *error, size_t error_size)
{
    struct problem err = { "" };
    double cpu_s, sim_s, peer_s;

    if (!avr8js_second(&peer_s, error, error_size)) {
        return false;
    }
    if (!run_session(arduinoisp, false, false, &cpu_s, &sim_s, &err)) {
        return benchmark_fail(error, error_size, "%s", err.text);
    }
    *value = peer_s * sim_s / cpu_s;
    return true;
}

/* ---- short ones ---- */

static bool short_session(const struct scenario *s, struct problem *err)
{
    struct board *b = board_new(s, NULL, err);
    uint8_t sig[3], fuse;
    bool ok = b != NULL;

    if (ok) {
        struct programmer *p = board_programmer(b);
        ok = p->ops->enter(p->ctx, err) && p->ops->signature(p->ctx, sig, err);
        for (unsigned f = 0; ok && f < 3; f++) {
            ok = p->ops->read_fuse(p->ctx, (enum prog_fuse)f, &fuse, err);
        }
        ok = ok && p->ops->leave(p->ctx, err);
        ok = ok && (sig[0] == 0x1E || problem_set(err, "the signature is %02X", sig[0]));
    }
    board_free(b);
    return ok;
}

bool measure_short_sessions(double *value, char *error, size_t error_size)
{
    struct problem err = { "" };
    struct scenario *s = scenario_load_text("short", arduinoisp, strlen(arduinoisp), NULL, 0, &err);
    struct timespec t0, t1;
    bool ok = s != NULL;

    clock_gettime(CLOCK_MONOTONIC, &t0);
    for (int i = 0; ok && i < PROCESSES; i++) {
        pid_t pid = fork();
        if (pid == 0) {
            for (int k = 0; ok && k < SHORT_SESSIONS / PROCESSES; k++) {
                ok = short_session(s, &err);
            }
            _exit(!ok);
        }
        ok = pid > 0;
    }
    for (int status; wait(&status) > 0;) {
        ok = ok && status == 0;
    }
    clock_gettime(CLOCK_MONOTONIC, &t1);
    *value = (double)(t1.tv_sec - t0.tv_sec) + (double)(t1.tv_nsec - t0.tv_nsec) * 1e-9;
    scenario_free(s);
    return ok || benchmark_fail(error, error_size, "a session failed %s", err.text);
}
