/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The library's own out_of_memory(): one line on stderr, status 2. memory_test has the rest, with a hook of its own. */
#include "sim/memory.h"

#include "tests/run_all.h"

#include <check.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

START_TEST(says_so_and_ends_with_status_2)
{
    char text[100] = "";
    int ends[2], status;

    ck_assert_int_eq(pipe(ends), 0);
    pid_t child = fork();
    if (child == 0) {
        dup2(ends[1], STDERR_FILENO);
        memory_checked(NULL);
        _exit(0);
    }
    close(ends[1]);
    ck_assert_int_gt(read(ends[0], text, sizeof text - 1), 0);
    close(ends[0]);
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_str_eq(text, "limpet: out of memory\n");
    ck_assert(WIFEXITED(status));
    ck_assert_int_eq(WEXITSTATUS(status), 2);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("out_of_memory");
    TCase *t = tcase_create("out_of_memory");

    tcase_add_test(t, says_so_and_ends_with_status_2);
    suite_add_tcase(s, t);
    return run_all(s);
}
