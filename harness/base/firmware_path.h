/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * firmware_path.h - where the images that the build makes are: "arduinoisp" to .../firmware/arduinoisp.elf
 *
 * Looked for in $LIMPET_FIRMWARE_DIR; beside the running program (build tree: build/firmware); in
 * ../share/limpet/firmware from it (installed); the same from liblimpet.so.
 */
#ifndef HARNESS_BASE_FIRMWARE_PATH_H
#define HARNESS_BASE_FIRMWARE_PATH_H

#include "sim/problem.h"

#include <stddef.h>

/* A file of that name in the firmware folder; a name without a dot gets ".elf". False: there is none. */
bool firmware_find(const char *name, char *path, size_t n);

/*
 * What a user wrote to a path: an existing file (relative to dir, if dir is not NULL), else a built-in image.
 * False and err (without a place) that says where it was looked for.
 */
bool firmware_resolve(const char *name, const char *dir, char *path, size_t n, struct problem *err);

#endif
