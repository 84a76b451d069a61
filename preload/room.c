/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "preload/room.h"

#include "preload/bench.h"

#include <errno.h>
#include <sched.h>
#include <stdatomic.h>
#include <sys/resource.h>
#include <sys/syscall.h>

static atomic_flag taken = ATOMIC_FLAG_INIT;
static struct rlimit was; /* of who has taken it */

bool room_can_be_made(int error)
{
    struct rlimit now;

    return error == EMFILE && getrlimit(RLIMIT_NOFILE, &now) == 0 && now.rlim_cur < now.rlim_max;
}

bool room_make(void)
{
    while (atomic_flag_test_and_set(&taken)) {
        kernel_call(SYS_sched_yield);
    }
    bool ok = getrlimit(RLIMIT_NOFILE, &was) == 0;
    struct rlimit most = { was.rlim_max, was.rlim_max };

    ok = ok && setrlimit(RLIMIT_NOFILE, &most) == 0;
    if (!ok) {
        atomic_flag_clear(&taken);
    }
    return ok;
}

void room_give_back(void)
{
    int error = errno;

    setrlimit(RLIMIT_NOFILE, &was);
    atomic_flag_clear(&taken);
    errno = error;
}

void room_forked(void)
{
    atomic_flag_clear(&taken);
}
