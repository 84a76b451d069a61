/* SPDX-License-Identifier: GPL-3.0-or-later */
/* session_child.c - limpet-session: one traced session, then this process' VmHWM on stdout. See session_memory.c. */
#include "harness/board/board.h"
#include "sim/rng.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

int main(void)
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
