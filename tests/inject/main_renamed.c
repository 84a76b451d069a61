/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The program itself, to be started by inject.c. */
#include "tests/inject/inject.h"

#define main limpet_main
#include INJECT_MAIN
