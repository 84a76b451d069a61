/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * kept_chip.h - --chip FILE: the chip on the board is one that outlives the run
 *
 * The first time the file is not there yet: the scenario's chip becomes the one that is kept. From load to free the
 * file is locked: a second board on it would lose what the first one writes.
 */
#ifndef HARNESS_RUN_KEPT_CHIP_H
#define HARNESS_RUN_KEPT_CHIP_H

#include "harness/board/board.h"
#include "sim/nvm.h"
#include "sim/problem.h"
#include "wave/file_lock.h"

struct kept_chip {
    const char *path; /* NULL: none is kept */
    struct file_lock lock;
    struct nvm *nvm; /* for board_options.chip; NULL: no file yet */
};

/*
 * path NULL: nothing to do. Reads the file for the scenario's part, and makes sure that it can be written. seed:
 * of what happens to the chip in the run. False: err.
 */
bool kept_chip_load(struct kept_chip *k, const char *path, const struct scenario *s, uint64_t seed,
                    struct problem *err);
/* As it is now; in the middle of a write its cells are those of before. */
bool kept_chip_save(const struct kept_chip *k, struct board *b, struct problem *err);
/* At the end of a run: a write that has begun ends first, the chip stays on the board a little longer. */
bool kept_chip_finish(const struct kept_chip *k, struct board *b, struct problem *err);
/* After board_free(). */
void kept_chip_free(struct kept_chip *k);

#endif
