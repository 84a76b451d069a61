/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "harness/run/kept_chip.h"

#include <stdlib.h>

#include "harness/run/chip_file.h"
#include "wave/out_file.h"

bool kept_chip_load(struct kept_chip *k, const char *path, const struct scenario *s, uint64_t seed, struct problem *err)
{
    *k = (struct kept_chip){ .path = path };
    if (!path) {
        return true;
    }
    if (!file_lock_take(&k->lock, path, err)) {
        return false;
    }
    const struct part *part = s->board.target.part;
    struct target_switches switches = target_switches_default();
    struct nvm *nvm = malloc(sizeof *nvm);
    if (!nvm) {
        kept_chip_free(k);
        return problem_set(err, "out of memory");
    }
    nvm_init(nvm, part, &switches, seed);
    enum chip_load loaded = chip_file_load(path, part, &nvm->cells, err);
    if (loaded == CHIP_LOADED) {
        k->nvm = nvm;
    } else {
        free(nvm);
    }
    if (loaded == CHIP_BAD || !out_file_possible(path, err)) {
        kept_chip_free(k);
        return false;
    }
    return true;
}

bool kept_chip_save(const struct kept_chip *k, struct board *b, struct problem *err)
{
    const struct nvm *nvm = board_nvm(b);
    return !k->path || chip_file_save(k->path, nvm->part, &nvm->cells, err);
}

bool kept_chip_finish(const struct kept_chip *k, struct board *b, struct problem *err)
{
    if (!k->path) {
        return true;
    }
    sim_time now = board_now(b), end = nvm_busy_until(board_nvm(b), now);
    bool ran = end <= now || board_run(b, end - now, err); /* where it can't go on the cells are as they are */
    return kept_chip_save(k, b, err) && ran;
}

void kept_chip_free(struct kept_chip *k)
{
    free(k->nvm);
    k->nvm = NULL;
    file_lock_drop(&k->lock);
}
