/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * program.h - can this program be run in simulated time? Where is the library that takes it there?
 *
 * The library is loaded by the dynamic linker (LD_PRELOAD), so a program that is static, setuid, of another
 * architecture or without rights escapes it: that is said before it is started.
 */
#ifndef HARNESS_EXEC_PROGRAM_H
#define HARNESS_EXEC_PROGRAM_H

#include "sim/problem.h"

#include <stddef.h>

/* As a shell finds it, in PATH. False and err: no such program. */
bool program_find(const char *name, char *path, size_t n, struct problem *err);
/* False and err: why not. A script is as good as its interpreter. */
bool program_can_run(const char *path, struct problem *err);
/*
 * liblimpet-exec.so: in $LIMPET_EXEC_LIBRARY_DIR; beside the running program (build tree: build/preload), or
 * a folder or two above, for tests; in
 * ../lib/.../limpet from it (installed). False and err: nowhere.
 */
bool program_library(char *path, size_t n, struct problem *err);

#endif
