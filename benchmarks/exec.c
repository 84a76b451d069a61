/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * exec.c - real avrdude in simulated time, through the unmodified ArduinoISP at 19200 baud
 *
 * exec-signature     a board is built, avrdude starts, reads the signature and ends: wall clock of the fastest run
 * exec-write-verify  32 KiB erased, written and verified by avrdude against the same by the built-in host: processor
 *                    time of both sides, children included; runs take turns, the median of the ratios
 */
#include "harness/exec/exec.h"
#include "benchmarks/benchmark.h"
#include "harness/board/board.h"
#include "sim/rng.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

enum { FLASH_BYTES = 32768, SIGNATURES = 10, PAIRS = 3 };

static const char text[] = "board: {programmer: {firmware: " FIRMWARE_DIR "/arduinoisp.elf}}\n";

static double wall_s(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static double children_s(void)
{
    struct rusage u;

    getrusage(RUSAGE_CHILDREN, &u);
    return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) + (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) * 1e-6;
}

/* more: after what every call has. */
static bool avrdude(const struct scenario *s, const char *const *more, struct problem *err)
{
    const char *args[16] = { "-q", "-q", "-c", "stk500v1", "-P", "/dev/ttyACM0", "-b", "19200", "-p", "m328p" };
    struct exec_job job = exec_job_default;
    struct exec_result result;
    struct board *b = board_new(s, NULL, err);

    for (unsigned i = 0; more[i]; i++) {
        args[10 + i] = more[i];
    }
    job.args = args;
    job.captured = true;
    bool ok = b && exec_run(b, &job, &result, err);

    if (ok && result.exit_status) {
        ok = problem_set(err, "avrdude: %.500s", result.output);
    }
    if (b) {
        board_free(b);
    }
    if (ok) {
        free(result.output);
    }
    return ok;
}

bool measure_exec_signature(double *value, char *error, size_t error_size)
{
    static const char *const none[] = { NULL };
    struct problem err = { "" };
    struct scenario *s = scenario_load_text("exec", text, sizeof text - 1, NULL, 0, &err);
    bool ok = s != NULL;

    *value = 0;
    for (unsigned i = 0; ok && i < SIGNATURES; i++) {
        double begin = wall_s(), took;

        ok = avrdude(s, none, &err);
        took = (wall_s() - begin) * 1e3;
        *value = i && *value < took ? *value : took;
    }
    scenario_free(s);
    return ok || benchmark_fail(error, error_size, "%s", err.text);
}

static void fill(uint8_t *image)
{
    struct sim_rng rng = sim_rng_stream(1, "image");

    for (unsigned i = 0; i < FLASH_BYTES; i++) {
        image[i] = (uint8_t)sim_rng_next(&rng);
    }
}

static bool built_in(const struct scenario *s, const uint8_t *image, struct problem *err)
{
    static uint8_t back[FLASH_BYTES];
    struct board *b = board_new(s, NULL, err);
    struct programmer *p = b ? board_programmer(b) : NULL;
    bool ok = p && p->ops->enter(p->ctx, err) && p->ops->erase(p->ctx, err) &&
              p->ops->write(p->ctx, PROG_FLASH, 0, image, FLASH_BYTES, err) &&
              p->ops->read(p->ctx, PROG_FLASH, 0, back, FLASH_BYTES, err) &&
              (!memcmp(image, back, FLASH_BYTES) || problem_set(err, "verify failed")) && p->ops->leave(p->ctx, err);

    if (b) {
        board_free(b);
    }
    return ok;
}

static bool compare(const struct scenario *s, const uint8_t *image, const char *path, double ratios[PAIRS],
                    struct problem *err)
{
    char update[64];
    const char *const more[] = { "-e", "-U", update, NULL };
    bool ok = true;

    snprintf(update, sizeof update, "flash:w:%.40s:r", path);
    for (unsigned i = 0; ok && i < PAIRS; i++) {
        double begin = benchmark_cpu_s(), by_itself, by_avrdude;

        ok = built_in(s, image, err);
        by_itself = benchmark_cpu_s() - begin;
        begin = benchmark_cpu_s() + children_s();
        ok = ok && avrdude(s, more, err);
        by_avrdude = benchmark_cpu_s() + children_s() - begin;
        ratios[i] = by_avrdude / by_itself;
    }
    return ok;
}

bool measure_exec_write_verify(double *value, char *error, size_t error_size)
{
    static uint8_t image[FLASH_BYTES];
    struct problem err = { "" };
    struct scenario *s = scenario_load_text("exec", text, sizeof text - 1, NULL, 0, &err);
    char path[] = "/tmp/limpet-benchmark-XXXXXX";
    double ratios[PAIRS];
    int fd = mkstemp(path);
    bool ok = s && (fd >= 0 || problem_set(&err, "no file in /tmp"));

    fill(image);
    ok = ok && (write(fd, image, FLASH_BYTES) == FLASH_BYTES || problem_set(&err, "cannot write in /tmp"));
    ok = ok && compare(s, image, path, ratios, &err);
    if (fd >= 0) {
        close(fd);
        unlink(path);
    }
    scenario_free(s);
    if (ok) {
        *value = benchmark_median(ratios, PAIRS);
    }
    return ok || benchmark_fail(error, error_size, "%s", err.text);
}
