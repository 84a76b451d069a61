/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * session_memory.c - peak memory of a process that writes and verifies 32 KiB, with the SPI nets traced
 *
 * The session runs in a process of its own, this program started again, so that nothing else counts.
 */
#include "benchmarks/benchmark.h"
#include "harness/board/board.h"
#include "sim/rng.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FLASH_BYTES 32768

static bool session(struct problem *problem)
{
    static uint8_t image[FLASH_BYTES], back[FLASH_BYTES];
    const struct board_options options = { .trace = true };
    struct sim_rng rng = sim_rng_stream(1, "image");

    for (size_t i = 0; i < FLASH_BYTES; i++) {
        image[i] = (uint8_t)sim_rng_next(&rng);
    }
    struct scenario *s = scenario_default(problem);
    if (s) {
        scenario_set_firmware(s, FIRMWARE_DIR "/arduinoisp.elf");
    }
    struct board *b = s ? board_new(s, &options, problem) : NULL;
    if (!b) {
        return false;
    }
    struct programmer *p = board_programmer(b);
    bool ok = p->ops->enter(p->ctx, problem) && p->ops->erase(p->ctx, problem) &&
              p->ops->write(p->ctx, PROG_FLASH, 0, image, FLASH_BYTES, problem) &&
              p->ops->read(p->ctx, PROG_FLASH, 0, back, FLASH_BYTES, problem) && p->ops->leave(p->ctx, problem);
    if (ok && memcmp(image, back, FLASH_BYTES)) {
        ok = problem_set(problem, "verify failed");
    }
    board_free(b);
    scenario_free(s);
    return ok;
}

int session_child(void)
{
    struct problem problem = { "" };
    char line[128];
    FILE *status;

    if (!session(&problem)) {
        printf("%s\n", problem.text);
        return 1;
    }
    status = fopen("/proc/self/status", "r");
    while (status && fgets(line, sizeof line, status)) {
        if (!strncmp(line, "VmHWM:", 6)) {
            printf("%s", line + 6);
        }
    }
    if (status) {
        fclose(status);
    }
    return 0;
}

bool measure_session_memory(double *value, char *error, size_t error_size)
{
    char self[4096], command[4200], answer[1100] = "";
    ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);

    if (n < 0) {
        return benchmark_fail(error, error_size, "no /proc/self/exe");
    }
    self[n] = '\0';
    snprintf(command, sizeof command, "'%s' " SESSION_CHILD, self);
    FILE *child = popen(command, "r");
    size_t got = child ? fread(answer, 1, sizeof answer - 1, child) : 0;
    int status = child ? pclose(child) : -1;

    answer[got] = '\0';
    unsigned long kib = strtoul(answer, NULL, 10);
    if (status != 0 || !kib) {
        return benchmark_fail(error, error_size, "session: %s", answer);
    }
    *value = (double)kib / 1024;
    return true;
}
