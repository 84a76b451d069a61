// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Linked into everything of a coverage build (scripts/coverage) with --wrap of _exit, __gcov_dump and __gcov_exit: gcov
 * writes its counters at exit(), and the processes that run scenarios, points and parts of a judgement leave by _exit().
 *
 * Never a second time inside the first: gcov adds what the file holds to the counters in memory and writes the sum. A
 * process that ends in the middle of it (a failed allocation of tests/inject; a signal) and begins again, be it by gcov's
 * own destructor, doubles what it had done so far, and sixty such ends are an overflow; before exec*() it would wait for
 * its own lock.
 */
#include <stdatomic.h>

void __gcov_dump(void);
void __real___gcov_dump(void);
void __wrap___gcov_dump(void);
void __real___gcov_exit(void);
void __wrap___gcov_exit(void);
_Noreturn void __real__exit(int status);
_Noreturn void __wrap__exit(int status);

static atomic_flag at_work = ATOMIC_FLAG_INIT;

__attribute__((visibility("hidden"))) void __wrap___gcov_dump(void)
{
    if (!atomic_flag_test_and_set(&at_work)) {
        __real___gcov_dump();
        atomic_flag_clear(&at_work);
    }
}

/* Of the destructor of each source file. */
__attribute__((visibility("hidden"))) void __wrap___gcov_exit(void)
{
    if (!atomic_flag_test_and_set(&at_work)) {
        __real___gcov_exit();
        atomic_flag_clear(&at_work);
    }
}

/* Before gcov's own, which then has nothing left to do. */
__attribute__((destructor)) static void at_end(void)
{
    __gcov_dump();
}

__attribute__((visibility("hidden"))) _Noreturn void __wrap__exit(int status)
{
    __gcov_dump();
    __real__exit(status);
}
