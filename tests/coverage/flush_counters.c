// SPDX-License-Identifier: GPL-3.0-or-later
/* Linked into everything of a coverage build (scripts/coverage) with --wrap=_exit: gcov writes its counters at exit(), and
 * the processes that run scenarios, points and parts of a judgement leave by _exit(). */
void __gcov_dump(void);
_Noreturn void __real__exit(int status);
_Noreturn void __wrap__exit(int status);

__attribute__((visibility("hidden"))) _Noreturn void __wrap__exit(int status)
{
    __gcov_dump();
    __real__exit(status);
}
