// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Linked into everything of a coverage build (scripts/coverage) with --wrap=_exit: gcov writes its counters at exit(), and
 * the processes that run scenarios, points and parts of a judgement leave by _exit().
 *
 * Once only: gcov adds what the file holds to the counters in memory and writes the sum. A process that leaves by _exit()
 * in the middle of it (a failed allocation of tests/inject; a signal) and begins again doubles what it had done so far,
 * and sixty such ends are an overflow.
 */
#include <stdatomic.h>

void __gcov_dump(void);
_Noreturn void __real__exit(int status);
_Noreturn void __wrap__exit(int status);

static atomic_flag begun = ATOMIC_FLAG_INIT;

/* Before gcov's own, which then has nothing left to do. */
__attribute__((destructor)) static void dump_once(void)
{
    if (!atomic_flag_test_and_set(&begun)) {
        __gcov_dump();
    }
}

__attribute__((visibility("hidden"))) _Noreturn void __wrap__exit(int status)
{
    dump_once();
    __real__exit(status);
}
