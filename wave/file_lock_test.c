/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "wave/file_lock.h"

#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "tests/test_files.h"

static struct file_lock mine;
static struct problem err;

/* Whether another process can take it (and says whom it is kept by). */
static bool other_can(const char *path, const char *says)
{
    int status;
    pid_t pid = fork();
    if (pid == 0) {
        struct file_lock l;
        bool ok = file_lock_take(&l, path, &err);
        file_lock_drop(&l);
        _exit(ok ? 0 : strstr(err.text, says) ? 1 : 2);
    }
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    ck_assert(WIFEXITED(status) && WEXITSTATUS(status) < 2);
    return WEXITSTATUS(status) == 0;
}

START_TEST(one_at_a_time)
{
    char *path = test_path("chip"), link[400], says[60];
    snprintf(link, sizeof link, "%s.link", path);
    ck_assert_int_eq(symlink(path, link), 0);
    snprintf(says, sizeof says, "in use by process %ld", (long)getpid());
    ck_assert(file_lock_take(&mine, path, &err)); /* the file is not there yet */
    ck_assert(!other_can(path, says));
    ck_assert(!other_can(link, says));
    write_text(path, "x", 1);
    ck_assert(!other_can(path, says));
    char lock[400];
    snprintf(lock, sizeof lock, "%s", mine.path);
    file_lock_drop(&mine);
    ck_assert_int_ne(access(lock, F_OK), 0);
    ck_assert(other_can(path, ""));
    file_lock_drop(&mine);
    unlink(link);
    unlink(path);
}
END_TEST

START_TEST(a_kill_leaves_no_lock)
{
    char *path = test_path("killed");
    int status;
    pid_t pid = fork();
    if (pid == 0) {
        if (file_lock_take(&mine, path, &err)) {
            raise(SIGKILL);
        }
        _exit(1);
    }
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    ck_assert(WIFSIGNALED(status));
    ck_assert_msg(file_lock_take(&mine, path, &err), "%s", err.text);
    file_lock_drop(&mine);
}
END_TEST

START_TEST(what_can_not_be_locked)
{
    ck_assert(!file_lock_take(&mine, "/nowhere/chip", &err));
    ck_assert_ptr_nonnull(strstr(err.text, "/nowhere/chip: can't be locked against other programs: No such file"));
    ck_assert(!file_lock_take(&mine, "/dev/null", &err));
    file_lock_drop(&mine);
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("file_lock");
    tcase_add_test(tc, one_at_a_time);
    tcase_add_test(tc, a_kill_leaves_no_lock);
    tcase_add_test(tc, what_can_not_be_locked);
    return run_suite("file_lock", tc);
}
