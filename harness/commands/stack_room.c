/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "harness/commands/stack_room.h"

#include <stdio.h>
#include <sys/resource.h>

enum { NEEDED_KB = 512 };

bool stack_room_ready(const char *who)
{
    struct rlimit l;

    if (getrlimit(RLIMIT_STACK, &l) == 0 && l.rlim_cur < (rlim_t)NEEDED_KB << 10) {
        fprintf(stderr, "%s: a stack of %llu KB may be too small, %d KB are needed: ulimit -s %d\n", who,
                (unsigned long long)l.rlim_cur >> 10, NEEDED_KB, NEEDED_KB);
        return false;
    }
    return true;
}
