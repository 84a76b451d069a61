/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * source_name.h - a function's name as its source has it
 *
 * gcc calls what it makes of a C++ method "_ZN12BitBangedSPI8transferEh.isra.2": BitBangedSPI::transfer. The copies that
 * it makes of C functions (.isra.N, .constprop.N, .part.N, .cold) lose that ending.
 *
 * Leaves out  constructors, operators, templates and what else is no plain name: it stays as it is.
 * Source      Itanium C++ ABI, "Mangling": <nested-name>, <source-name>
 */
#ifndef MCU_SOURCE_NAME_H
#define MCU_SOURCE_NAME_H

#include <stddef.h>

/* Cut short at size; size > 0. */
void source_name(const char *symbol, char *to, size_t size);

#endif
