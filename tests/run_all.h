/* SPDX-License-Identifier: GPL-3.0-or-later */
/* run_all.h - the end of every Check program: runs the suite and answers what main() returns. */
#ifndef TESTS_RUN_ALL_H
#define TESTS_RUN_ALL_H

#include <check.h>
#include <stdlib.h>

/*
 * Check writes to a file at each assertion that holds, to say after a crash which was the last: most of the time of
 * many tests. Where it crashed a debugger or a sanitizer says better.
 */
#define _mark_point(file, line) ((void)0)

/* Takes the suite. How much is printed: CK_VERBOSITY, as Check reads it. */
static inline int run_all(Suite *s)
{
    SRunner *r = srunner_create(s);
#ifdef __SANITIZE_ADDRESS__ /* there a fork and its look for leaks cost 25 ms, and a fault ends the program in any case */
    if (!getenv("CK_FORK")) {
        srunner_set_fork_status(r, CK_NOFORK);
    }
#endif
    srunner_run_all(r, CK_ENV);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

#endif
