/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * zip_in.h - the entries of a zip that lies in memory, by name
 *
 * Over minizip: what it maps and costs at a program's start is a fifth of libzip's, which brings libcrypto along.
 * Entries with names of ZIP_IN_NAME_BYTES and more are not seen; two with one name are an error: which is meant, nobody
 * could say.
 */
#ifndef WAVE_ZIP_IN_H
#define WAVE_ZIP_IN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ZIP_IN_NAME_BYTES 128
#define ZIP_IN_MAX_ENTRIES 65536

struct zip_in;

/* bytes stay the caller's, until zip_in_close(). NULL: *why says so ("it is no zip archive"). */
struct zip_in *zip_in_open(const char *bytes, size_t n, const char **why);
void zip_in_close(struct zip_in *z);

bool zip_in_has(const struct zip_in *z, const char *name);
/* How many entries are called STEM-NUMBER. */
unsigned zip_in_numbered(const struct zip_in *z, const char *stem);

/* Reading begins at the entry's first byte. NULL: it does. Else why not: it "is encrypted". */
const char *zip_in_start(struct zip_in *z, const char *name);
/* Up to n bytes of it, 0 at its end. Below 0: damaged (length and checksum are looked at as its end is reached). */
int zip_in_read(struct zip_in *z, void *to, unsigned n);

#endif
