/* SPDX-License-Identifier: GPL-3.0-or-later */
/* inject.h - the two ends of inject.c: the program under another name, and what its allocator asks */
#ifndef TESTS_INJECT_INJECT_H
#define TESTS_INJECT_INJECT_H

#include <stdbool.h>

/* harness/main.c's main() */
int limpet_main(int argc, char **argv);
/* For harness/commands/never_null.c: is it this allocation's turn? */
bool inject_alloc_fails(void);

#endif
