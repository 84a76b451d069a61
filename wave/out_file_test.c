/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "wave/out_file.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "wave/wave_test_util.h"

static struct out_file out;
static char err[300];

START_TEST(old_content_stays_until_close)
{
    char *path = test_path("old");
    write_text(path, "old", 3);
    chmod(path, 0640);
    ck_assert(out_file_open(&out, path, err, sizeof err));
    out_file_text(&out, "new ");
    out_file_number(&out, 18446744073709551615u, 1);
    out_file_number(&out, 0, 0);
    out_file_number(&out, 7, 3);
    char *text = read_text(path);
    ck_assert_str_eq(text, "old");
    free(text);
    ck_assert(out_file_close(&out, err, sizeof err));
    text = read_text(path);
    ck_assert_str_eq(text, "new 18446744073709551615007");
    free(text);
    struct stat st;
    ck_assert_int_eq(stat(path, &st), 0);
    ck_assert_int_eq(st.st_mode & 0777, 0640);
    unlink(path);
}
END_TEST

START_TEST(abandoned_leaves_old)
{
    char *path = test_path("abandoned"), temp[400];
    write_text(path, "old", 3);
    ck_assert(out_file_open(&out, path, err, sizeof err));
    out_file_text(&out, "new");
    snprintf(temp, sizeof temp, "%s", out.temp);
    ck_assert_int_eq(access(temp, F_OK), 0);
    out_file_abandon(&out);
    ck_assert_int_ne(access(temp, F_OK), 0);
    char *text = read_text(path);
    ck_assert_str_eq(text, "old");
    free(text);
    unlink(path);
}
END_TEST

START_TEST(possible_leaves_nothing)
{
    char *path = test_path("possible");
    ck_assert(out_file_possible(path, err, sizeof err));
    ck_assert_int_ne(access(path, F_OK), 0);
    ck_assert(!out_file_possible("/nowhere/file", err, sizeof err));
    ck_assert_ptr_nonnull(strstr(err, "/nowhere/file: cannot write: No such file"));
}
END_TEST

START_TEST(link_is_followed)
{
    char link[300], *path = test_path("real");
    snprintf(link, sizeof link, "%s.link", path);
    write_text(path, "old", 3);
    ck_assert_int_eq(symlink(path, link), 0);
    ck_assert(out_file_open(&out, link, err, sizeof err));
    out_file_text(&out, "new");
    ck_assert(out_file_close(&out, err, sizeof err));
    struct stat st;
    ck_assert(lstat(link, &st) == 0 && S_ISLNK(st.st_mode));
    char *text = read_text(path);
    ck_assert_str_eq(text, "new");
    free(text);
    unlink(link);
    unlink(path);
}
END_TEST

START_TEST(limit_in_the_middle_leaves_old)
{
    /* a file that may not grow beyond 100 000 bytes: fails long after the beginning, as a full disk does */
    char *path = test_path("limit"), temp[400];
    write_text(path, "old", 3);
    struct rlimit was, limit = { 100000, 100000 };
    getrlimit(RLIMIT_FSIZE, &was);
    limit.rlim_max = was.rlim_max;
    signal(SIGXFSZ, SIG_IGN);
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
    ck_assert(out_file_open(&out, path, err, sizeof err));
    snprintf(temp, sizeof temp, "%s", out.temp);
    for (int i = 0; i < 200000; i++) {
        out_file_char(&out, 'x');
    }
    ck_assert(!out_file_close(&out, err, sizeof err));
    setrlimit(RLIMIT_FSIZE, &was);
    ck_assert_ptr_nonnull(strstr(err, "cannot write: File too large"));
    ck_assert_int_ne(access(temp, F_OK), 0);
    char *text = read_text(path);
    ck_assert_str_eq(text, "old");
    free(text);
    unlink(path);
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("out_file");
    tcase_add_test(tc, old_content_stays_until_close);
    tcase_add_test(tc, abandoned_leaves_old);
    tcase_add_test(tc, possible_leaves_nothing);
    tcase_add_test(tc, link_is_followed);
    tcase_add_test(tc, limit_in_the_middle_leaves_old);
    return run_suite("out_file", tc);
}
