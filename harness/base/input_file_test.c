/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "harness/base/input_file.h"

#include <errno.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "tests/test_files.h"

static struct input_files set;
static struct problem err;

START_TEST(read_once)
{
    char *path = test_path("in");
    write_text(path, "abc", 3);
    const struct input_file *f = input_files_get(&set, path, 100, NULL, &err);
    ck_assert_ptr_nonnull(f);
    ck_assert_uint_eq(f->n, 3);
    ck_assert_str_eq(f->bytes, "abc");
    /* as sha256sum says */
    ck_assert_str_eq(input_file_digest(set.file[0]),
                     "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    write_text(path, "edited", 6);
    ck_assert_ptr_eq(input_files_get(&set, path, 100, NULL, &err), f);
    ck_assert_str_eq(f->bytes, "abc");
    unlink(path);
    ck_assert_ptr_eq(input_files_get(&set, path, 100, NULL, &err), f);
    input_files_free(&set);
    int error;
    ck_assert_ptr_null(input_files_get(&set, path, 100, &error, &err));
    ck_assert_int_eq(error, ENOENT);
}
END_TEST

START_TEST(limits)
{
    char *path = test_path("limit");
    write_text(path, "0123456789", 10);
    ck_assert_ptr_null(input_files_get(&set, path, 9, NULL, &err));
    ck_assert_ptr_nonnull(strstr(err.text, "larger than the 9 bytes"));
    ck_assert_ptr_nonnull(input_files_get(&set, path, 10, NULL, &err));
    ck_assert_ptr_null(input_files_get(&set, path, 9, NULL, &err));
    input_files_free(&set);
    unlink(path);
    ck_assert_ptr_null(input_files_get(&set, "/dev/zero", 1 << 20, NULL, &err));
    ck_assert_ptr_nonnull(strstr(err.text, "/dev/zero: this is a device"));
    ck_assert_ptr_null(input_files_get(&set, "/", 100, NULL, &err));
    ck_assert_str_eq(err.text, "/: Is a directory");
    ck_assert_ptr_null(input_files_get(&set, "", 100, NULL, &err));
    ck_assert_str_eq(err.text, "'': No such file or directory");
    const struct input_file *f = input_files_get(&set, "/dev/null", 100, NULL, &err);
    ck_assert_ptr_nonnull(f);
    ck_assert_uint_eq(f->n, 0);
    input_files_free(&set);
}
END_TEST

START_TEST(pipe_is_read_to_its_end)
{
    char *path = test_path("fifo");
    ck_assert_int_eq(mkfifo(path, 0600), 0);
    pid_t pid = fork();
    if (pid == 0) { /* opened late, written in two parts, more than a pipe holds */
        usleep(50000);
        FILE *f = fopen(path, "w");
        for (unsigned i = 0; f && i < 100000; i++) {
            fputs("xy", f);
            if (i == 100) {
                fflush(f);
                usleep(50000);
            }
        }
        _exit(f && fclose(f) == 0 ? 0 : 1);
    }
    const struct input_file *f = input_files_get(&set, path, 1 << 20, NULL, &err);
    ck_assert_msg(f != NULL, "%s", err.text);
    ck_assert_uint_eq(f->n, 200000);
    int status;
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    input_files_free(&set);
    unlink(path);
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("input_file");
    tcase_add_test(tc, read_once);
    tcase_add_test(tc, limits);
    tcase_add_test(tc, pipe_is_read_to_its_end);
    return run_suite("input_file", tc);
}
