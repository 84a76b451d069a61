/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "wave/out_file.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "tests/test_files.h"

static struct out_file out;
static struct problem err;

START_TEST(old_content_stays_until_close)
{
    char *path = test_path("old");
    write_text(path, "old", 3);
    chmod(path, 0640);
    ck_assert(out_file_open(&out, path, &err));
    out_file_text(&out, "new ");
    out_file_number(&out, 18446744073709551615u, 1);
    out_file_number(&out, 0, 0);
    out_file_number(&out, 7, 3);
    char *text = read_text(path);
    ck_assert_str_eq(text, "old");
    free(text);
    ck_assert(out_file_close(&out, &err));
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
    ck_assert(out_file_open(&out, path, &err));
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
    ck_assert(out_file_possible(path, &err));
    ck_assert_int_ne(access(path, F_OK), 0);
    ck_assert(!out_file_possible("/nowhere/file", &err));
    ck_assert_ptr_nonnull(strstr(err.text, "/nowhere/file: cannot write: No such file"));
}
END_TEST

START_TEST(link_is_followed)
{
    char link[300], *path = test_path("real");
    snprintf(link, sizeof link, "%s.link", path);
    write_text(path, "old", 3);
    ck_assert_int_eq(symlink(path, link), 0);
    ck_assert(out_file_open(&out, link, &err));
    out_file_text(&out, "new");
    ck_assert(out_file_close(&out, &err));
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
    ck_assert(out_file_open(&out, path, &err));
    snprintf(temp, sizeof temp, "%s", out.temp);
    for (int i = 0; i < 200000; i++) {
        out_file_char(&out, 'x');
    }
    ck_assert(!out_file_close(&out, &err));
    setrlimit(RLIMIT_FSIZE, &was);
    ck_assert_ptr_nonnull(strstr(err.text, "cannot write: File too large"));
    ck_assert_int_ne(access(temp, F_OK), 0);
    char *text = read_text(path);
    ck_assert_str_eq(text, "old");
    free(text);
    unlink(path);
}
END_TEST

START_TEST(any_name_that_the_file_system_takes)
{
    char path[600], *at = test_path("");
    snprintf(path, sizeof path, "%s", at);
    char *base = strrchr(path, '/') + 1;
    memset(base, 'a', 255);
    base[255] = '\0';
    ck_assert(out_file_open(&out, path, &err));
    out_file_text(&out, "long");
    ck_assert_msg(out_file_close(&out, &err), "%s", err.text);
    char *text = read_text(path);
    ck_assert_str_eq(text, "long");
    free(text);
    unlink(path);
    memset(base, 'a', 256);
    base[256] = '\0';
    ck_assert(!out_file_open(&out, path, &err));
}
END_TEST

START_TEST(what_a_kill_has_left_goes)
{
    char *path = test_path("killed"), left[400], mine[400];
    pid_t pid = fork();
    if (pid == 0) { /* dies between put and close */
        if (out_file_open(&out, path, &err)) {
            raise(SIGKILL);
        }
        _exit(1);
    }
    int status;
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    ck_assert(WIFSIGNALED(status));
    ck_assert(out_file_open(&out, path, &err));
    snprintf(mine, sizeof mine, "%s", out.temp);
    snprintf(left, sizeof left, "%s", out.temp);
    char *dot = strstr(strrchr(left, '/'), ".tmp");
    while (*--dot != '.') {
    }
    while (*--dot != '.') {
    }
    snprintf(dot, 40, ".%ld.0.tmp", (long)pid);
    ck_assert_str_ne(left, mine);
    ck_assert_int_ne(access(left, F_OK), 0);
    /* one that is being written stays: here its own, seen by another process */
    pid = fork();
    if (pid == 0) {
        struct out_file *second = malloc(sizeof *second);
        bool ok = second && out_file_open(second, path, &err);
        if (ok) {
            out_file_abandon(second);
        }
        _exit(ok ? 0 : 1);
    }
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    ck_assert_int_eq(access(mine, F_OK), 0);
    ck_assert(out_file_close(&out, &err));
    unlink(path);
}
END_TEST

START_TEST(descriptor_is_shared_with_the_shell)
{
    /* limpet run --vcd /dev/stdout >file: what was written before and after stays in its place */
    char *path = test_path("shell"), dev[40];
    FILE *f = fopen(path, "w");
    ck_assert_ptr_nonnull(f);
    fputs("before ", f);
    fflush(f);
    snprintf(dev, sizeof dev, "/dev/fd/%d", fileno(f));
    ck_assert(out_file_possible(dev, &err));
    ck_assert(out_file_open(&out, dev, &err));
    out_file_text(&out, "between ");
    ck_assert(out_file_close(&out, &err));
    fputs("after", f);
    fclose(f);
    char *text = read_text(path);
    ck_assert_str_eq(text, "before between after");
    free(text);
    unlink(path);
}
END_TEST

/* More than a pipe holds, for somebody who opens it and takes nothing. */
START_TEST(who_takes_nothing_holds_nobody_up_that_is_to_stop)
{
    static const volatile sig_atomic_t stop = 1;
    char *path = test_path("held");
    ck_assert_int_eq(mkfifo(path, 0600), 0);
    int reader = open(path, O_RDONLY | O_NONBLOCK);
    ck_assert(out_file_open_growing(&out, path, &err));
    out.stop = &stop;
    for (unsigned i = 0; i < 200000; i++) {
        out_file_char(&out, 'x');
    }
    ck_assert(!out_file_close(&out, &err));
    ck_assert_ptr_nonnull(strstr(err.text, "timed out"));
    close(reader);
    unlink(path);
}
END_TEST

START_TEST(fifo_is_waited_for)
{
    char *path = test_path("fifo"), heard[8] = "";
    int ends[2], status;
    ck_assert_int_eq(mkfifo(path, 0600), 0);
    ck_assert_int_eq(pipe(ends), 0);
    pid_t pid = fork();
    if (pid == 0) {
        usleep(100000);
        FILE *f = fopen(path, "r");
        size_t n = f ? fread(heard, 1, 4, f) : 0;
        _exit(n == 4 && !memcmp(heard, "tick", 4) ? 0 : 1);
    }
    ck_assert_msg(out_file_open(&out, path, &err), "%s", err.text);
    out_file_text(&out, "tick");
    ck_assert(out_file_close(&out, &err));
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0);
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
    tcase_add_test(tc, any_name_that_the_file_system_takes);
    tcase_add_test(tc, what_a_kill_has_left_goes);
    tcase_add_test(tc, descriptor_is_shared_with_the_shell);
    tcase_add_test(tc, who_takes_nothing_holds_nobody_up_that_is_to_stop);
    tcase_add_test(tc, fifo_is_waited_for);
    return run_suite("out_file", tc);
}
