/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "harness/base/scratch_dir.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "tests/test_files.h"

static struct problem err;

static bool is_there(const char *path)
{
    struct stat st;
    return lstat(path, &st) == 0;
}

static char *below(const char *dir, const char *name)
{
    char *path;
    ck_assert_int_gt(asprintf(&path, "%s/%s", dir, name), 0);
    return path;
}

START_TEST(goes_with_all_that_is_in_it)
{
    struct scratch_dir d;
    char *in = test_path("in");
    ck_assert_int_eq(mkdir(in, 0700), 0);
    setenv("TMPDIR", in, 1);
    ck_assert_msg(scratch_dir_make(&d, "x", &err), "%s", err.text);
    char *path = below(in, "limpet-x-"), *sub = below(d.path, "sub"), *file = below(sub, "file"),
         *link = below(sub, "up");
    ck_assert_int_eq(strncmp(d.path, path, strlen(path)), 0);
    ck_assert_int_eq(mkdir(sub, 0700), 0);
    write_text(file, "abc", 3);
    ck_assert_int_eq(symlink(in, link), 0); /* is not gone through */
    scratch_dir_remove(&d);
    ck_assert(is_there(in) && !is_there(sub));
    ck_assert_int_eq(rmdir(in), 0); /* empty */
    ck_assert(!scratch_dir_make(&d, "x", &err));
    ck_assert_ptr_nonnull(strstr(err.text, "No such file or directory"));
    free(path), free(sub), free(file), free(link);
}
END_TEST

/* One whose process was killed is removed by the next; one in use, another name, or what only looks like one, is not. */
START_TEST(what_a_kill_leaves_is_removed_by_the_next)
{
    struct scratch_dir used, next;
    char *in = test_path("left");
    ck_assert_int_eq(mkdir(in, 0700), 0);
    setenv("TMPDIR", in, 1);
    pid_t pid = fork();
    if (pid == 0) {
        struct scratch_dir d;
        _exit(scratch_dir_make(&d, "x", &err) && printf("%s", d.path) > 0 ? raise(SIGKILL) : 1);
    }
    int status;
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    ck_assert(WIFSIGNALED(status));
    char *other = below(in, "limpet-y-abcdef"), *file = below(in, "limpet-x-abcdef"),
         *longer = below(in, "limpet-x-abcdefg");
    ck_assert_int_eq(mkdir(other, 0700) || mkdir(longer, 0700), 0);
    write_text(file, "abc", 3);
    ck_assert(scratch_dir_make(&used, "x", &err));
    ck_assert(scratch_dir_make(&next, "x", &err));
    ck_assert(is_there(used.path) && is_there(next.path) && is_there(other) && is_there(file) && is_there(longer));
    scratch_dir_remove(&used);
    scratch_dir_remove(&next);
    ck_assert_int_eq(rmdir(other) || rmdir(longer) || unlink(file), 0);
    ck_assert_msg(rmdir(in) == 0, "the killed one's folder is still there");
    free(other), free(file), free(longer);
}
END_TEST

int main(void)
{
    setenv("CK_FORK", "yes", 1); /* directories bear the process's number */
    TCase *tc = tcase_create("scratch_dir");
    tcase_add_test(tc, goes_with_all_that_is_in_it);
    tcase_add_test(tc, what_a_kill_leaves_is_removed_by_the_next);
    return run_suite("scratch_dir", tc);
}
