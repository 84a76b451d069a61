/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * kept_chip.h - --chip FILE: the chip on the board is one that outlives the run
 *
 * The first time the file is not there yet: the scenario's chip becomes the one that is kept. From load to free the
 * file is locked: a second board on it would lose what the first one writes. Who does not ask for the lock (an editor, cp) is
 * met when the chip is saved: what he wrote stays, and this chip goes into a new file beside it.
 */
#ifndef HARNESS_RUN_KEPT_CHIP_H
#define HARNESS_RUN_KEPT_CHIP_H

#include "harness/board/board.h"
#include "sim/nvm.h"
#include "sim/problem.h"
#include "wave/file_lock.h"

#include <sys/types.h>
#include <time.h>

struct kept_chip_file { /* what the file was when it was read or written last */
    bool is_there;
    dev_t device;
    ino_t inode;
    off_t bytes;
    struct timespec changed;
};

struct kept_chip {
    const char *path; /* NULL: none is kept */
    struct file_lock lock;
    char *beside; /* where the chip goes instead, owned; NULL: to path */
    struct kept_chip_file file;
    struct nvm *nvm; /* for board_options.chip; NULL: no file yet */
};

/*
 * path NULL: nothing to do. Reads the file for the scenario's part, and makes sure that it can be written. seed:
 * of what happens to the chip in the run. False: err.
 */
bool kept_chip_load(struct kept_chip *k, const char *path, const struct scenario *s, uint64_t seed,
                    struct problem *err);
/*
 * As it is now; in the middle of a write its cells are those of before. Where the file is not what it was, the chip goes
 * beside it from then on, and kept_chip_finish() says so: false.
 */
bool kept_chip_save(struct kept_chip *k, struct board *b, struct problem *err);
/* At the end of a run: a write that has begun ends first, the chip stays on the board a little longer. */
bool kept_chip_finish(struct kept_chip *k, struct board *b, struct problem *err);
/* After board_free(). */
void kept_chip_free(struct kept_chip *k);

#endif
