/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * tries.h - settings that are tried one by one: clock fuses of the recovery sweep (with a crystal that fits,
 * with the programmer's recovery clock), start-up times, parts
 */
#ifndef HARNESS_JUDGE_TRIES_H
#define HARNESS_JUDGE_TRIES_H

#include "harness/judge/session.h"

/* TRY_RECOVERY: no crystal, but what the programmer puts on D9 reaches XTAL1. */
enum try_kind { TRY_CLOCK_FUSE, TRY_RECOVERY, TRY_PART, TRY_STARTUP, TRY_KINDS };
struct try_case {
    enum try_kind kind;
    char name[48];
    struct plan_variation v;
    enum outcome outcome;
    uint64_t violations;
    char message[120];
};

/* Those that the subject can be asked; *tries is to free(). Returns how many. */
unsigned tries_make(const struct subject *s, struct try_case **tries);
const struct plan_row *tries_row(const struct try_case *t);

#endif
