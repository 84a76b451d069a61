/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "wave/left_over.h"

#include <check.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static char dir[] = "/tmp/limpet-left-XXXXXX", kept[64], gone[64];

static bool is_there(const char *path)
{
    return access(path, F_OK) == 0;
}

static void make(const char *path)
{
    int fd = open(path, O_WRONLY | O_CREAT, 0600);

    ck_assert_int_ge(fd, 0);
    close(fd);
}

static void begin(void)
{
    ck_assert_ptr_nonnull(mkdtemp(dir));
    snprintf(kept, sizeof kept, "%s/kept", dir);
    snprintf(gone, sizeof gone, "%s/gone", dir);
    make(kept);
    make(gone);
}

static void end(void)
{
    unlink(kept);
    unlink(gone);
    rmdir(dir);
    snprintf(dir, sizeof dir, "/tmp/limpet-left-XXXXXX");
}

/* Of a process that does this: the signal that ended it. */
static int signal_of(void what(void))
{
    int status = 0;
    pid_t pid = fork();

    if (pid == 0) {
        what();
        _exit(0);
    }
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    ck_assert(WIFSIGNALED(status));
    return WTERMSIG(status);
}

static void has_two(void)
{
    left_over_file(kept);
    left_over_file(gone);
    left_over_not_file(kept);
    left_over_die_by(SIGUSR1);
    raise(SIGUSR1);
}

START_TEST(what_is_named_goes_by_the_signal_s_own_end)
{
    ck_assert_int_eq(signal_of(has_two), SIGUSR1);
    ck_assert(!is_there(gone) && is_there(kept));
}
END_TEST

static void ignores(void)
{
    sigset_t before;

    signal(SIGTERM, SIG_IGN);
    left_over_hold(&before);
    left_over_file(gone);
    left_over_die_by(SIGTERM);
    raise(SIGTERM);
}

START_TEST(ignored_and_blocked_is_no_matter)
{
    ck_assert_int_eq(signal_of(ignores), SIGTERM);
    ck_assert(!is_there(gone));
}
END_TEST

static void forks(void)
{
    left_over_file(kept);
    left_over_die_by(SIGTERM);
    pid_t child = fork();

    if (child == 0) {
        left_over_file(gone); /* its own, in its parent's place */
        raise(SIGTERM);
    }
    waitpid(child, NULL, 0);
    kill(getpid(), SIGKILL);
}

START_TEST(a_child_owns_nothing_of_it)
{
    ck_assert_int_eq(signal_of(forks), SIGKILL);
    ck_assert(is_there(kept) && !is_there(gone));
}
END_TEST

static void held(void)
{
    sigset_t before;

    left_over_die_by(SIGTERM);
    left_over_hold(&before);
    raise(SIGTERM);
    left_over_file(gone);
    left_over_not_file(kept); /* of which nobody has spoken */
    left_over_release(&before);
}

START_TEST(no_signal_comes_between)
{
    ck_assert_int_eq(signal_of(held), SIGTERM);
    ck_assert(!is_there(gone));
}
END_TEST

static int lives[2]; /* a pipe that the group has */

static void has_group(void)
{
    pid_t child = fork();

    if (child == 0) {
        setpgid(0, 0);
        fork();
        pause();
    }
    setpgid(child, child);
    left_over_group(child);
    left_over_group(getpid()); /* not any more: */
    left_over_not_group(getpid());
    left_over_die_by(SIGINT);
    raise(SIGINT);
}

START_TEST(a_group_ends_with_us)
{
    ck_assert_int_eq(pipe(lives), 0);
    ck_assert_int_eq(signal_of(has_group), SIGINT);
    close(lives[1]);
    struct pollfd end = { .fd = lives[0] };

    ck_assert_int_eq(poll(&end, 1, 60000), 1); /* nobody has the other end any more */
    close(lives[0]);
}
END_TEST

static void many(void)
{
    left_over_die_by(SIGTERM);
    for (unsigned i = 0; i < 1000; i++) {
        left_over_file(gone);
        left_over_group(getpid());
    }
    left_over_not_group(getpid());
    raise(SIGTERM);
}

START_TEST(more_than_there_is_room_for)
{
    ck_assert_int_eq(signal_of(many), SIGTERM);
    ck_assert(!is_there(gone));
}
END_TEST

int main(void)
{
    Suite *s = suite_create("left_over");
    TCase *t = tcase_create("all");

    tcase_add_checked_fixture(t, begin, end);
    tcase_add_test(t, what_is_named_goes_by_the_signal_s_own_end);
    tcase_add_test(t, ignored_and_blocked_is_no_matter);
    tcase_add_test(t, a_child_owns_nothing_of_it);
    tcase_add_test(t, no_signal_comes_between);
    tcase_add_test(t, a_group_ends_with_us);
    tcase_add_test(t, more_than_there_is_room_for);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
