/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * zip_out.h - a zip as it is written: entry after entry, into a file that is whole or not there (wave/out_file.h)
 *
 * Errors stick: put after put may be left unchecked. Every entry has the same date (1980-01-01), so that the same
 * contents give the same file.
 */
#ifndef WAVE_ZIP_OUT_H
#define WAVE_ZIP_OUT_H

#include "sim/problem.h"

#include <stdbool.h>
#include <stddef.h>

struct zip_out;

/* NULL: err holds "PATH: reason". */
struct zip_out *zip_out_open(const char *path, struct problem *err);
/* What is put from now on belongs to this entry; at most 4 GiB, kept in memory (packed) until the next begins. */
void zip_out_entry(struct zip_out *z, const char *name);
void zip_out_put(struct zip_out *z, const void *bytes, size_t n);
/* False: nothing is left behind, err holds "PATH: reason". Frees in both cases. */
bool zip_out_close(struct zip_out *z, struct problem *err);

#endif
