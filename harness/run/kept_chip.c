/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "harness/run/kept_chip.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "harness/run/chip_file.h"
#include "wave/out_file.h"

#define MOST_NAMES 1000 /* tried for a chip whose file is somebody else's now */

static struct kept_chip_file file_now(const char *path)
{
    struct stat st;
    if (stat(path, &st) || !S_ISREG(st.st_mode)) {
        return (struct kept_chip_file){ .is_there = false };
    }
    return (struct kept_chip_file){ true, st.st_dev, st.st_ino, st.st_size, st.st_mtim };
}

/* A file that is gone is made again. */
static bool is_somebody_elses(const struct kept_chip_file *was, const struct kept_chip_file *now)
{
    return now->is_there &&
           (!was->is_there || was->device != now->device || was->inode != now->inode || was->bytes != now->bytes ||
            was->changed.tv_sec != now->changed.tv_sec || was->changed.tv_nsec != now->changed.tv_nsec);
}

/* A name for it that is free. */
static bool go_beside(struct kept_chip *k, struct problem *err)
{
    for (unsigned n = 1; n <= MOST_NAMES; n++) {
        if (asprintf(&k->beside, "%s.%u", k->path, n) < 0) {
            k->beside = NULL;
            return problem_set(err, "out of memory");
        }
        k->file = file_now(k->beside);
        if (!k->file.is_there) {
            return true;
        }
        free(k->beside);
        k->beside = NULL;
    }
    return problem_set(err, "%s: another program has changed it, and no name beside it is free: remove some", k->path);
}

bool kept_chip_load(struct kept_chip *k, const char *path, const struct scenario *s, uint64_t seed, struct problem *err)
{
    *k = (struct kept_chip){ .path = path };
    if (!path) {
        return true;
    }
    if (!file_lock_take(&k->lock, path, err)) {
        return false;
    }
    k->file = file_now(path);
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

bool kept_chip_save(struct kept_chip *k, struct board *b, struct problem *err)
{
    if (!k->path) {
        return true;
    }
    const struct nvm *nvm = board_nvm(b);
    struct kept_chip_file now = file_now(k->beside ? k->beside : k->path);
    if (is_somebody_elses(&k->file, &now)) {
        free(k->beside);
        k->beside = NULL;
        if (!go_beside(k, err)) {
            return false;
        }
    }
    const char *path = k->beside ? k->beside : k->path;
    bool saved = chip_file_save(path, nvm->part, &nvm->cells, err);
    k->file = file_now(path);
    return saved;
}

bool kept_chip_finish(struct kept_chip *k, struct board *b, struct problem *err)
{
    if (!k->path) {
        return true;
    }
    sim_time now = board_now(b), end = nvm_busy_until(board_nvm(b), now);
    bool ran = end <= now || board_run(b, end - now, err); /* where it can't go on the cells are as they are */
    if (!kept_chip_save(k, b, err) || !ran) {
        return false;
    }
    return !k->beside ||
           problem_set(err, "%s: another program changed it during the run: that stays, and the run's chip is in %s",
                       k->path, k->beside);
}

void kept_chip_free(struct kept_chip *k)
{
    free(k->nvm);
    free(k->beside);
    k->nvm = NULL;
    k->beside = NULL;
    file_lock_drop(&k->lock);
}
