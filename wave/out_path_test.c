/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "wave/out_path.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "tests/test_files.h"

static struct out_path p;

START_TEST(file_in_dev_is_a_file)
{
    char path[] = "/dev/shm/limpet_out_path_XXXXXX";
    int fd = mkstemp(path);
    if (fd < 0) {
        return; /* a machine without /dev/shm */
    }
    close(fd);
    ck_assert_int_eq(out_path_look(&p, path), 0);
    ck_assert_int_eq(p.kind, OUT_PATH_REGULAR);
    ck_assert(p.exists);
    out_path_free(&p);
    unlink(path);
    ck_assert_int_eq(out_path_look(&p, path), 0);
    ck_assert_int_eq(p.kind, OUT_PATH_REGULAR);
    ck_assert(!p.exists);
    out_path_free(&p);
}
END_TEST

START_TEST(descriptors_and_devices)
{
    ck_assert_int_eq(out_path_look(&p, "/dev/null"), 0);
    ck_assert_int_eq(p.kind, OUT_PATH_STREAM);
    out_path_free(&p);
    ck_assert_int_eq(out_path_look(&p, "/dev/stdout"), 0);
    ck_assert_int_eq(p.kind, OUT_PATH_DESCRIPTOR);
    ck_assert_int_eq(p.descriptor, 1);
    out_path_free(&p);
    /* though what it leads to is a regular file */
    char *path = test_path("shell"), dev[40];
    FILE *f = fopen(path, "w");
    ck_assert_ptr_nonnull(f);
    snprintf(dev, sizeof dev, "/dev/fd/%d", fileno(f));
    ck_assert_int_eq(out_path_look(&p, dev), 0);
    ck_assert_int_eq(p.kind, OUT_PATH_DESCRIPTOR);
    ck_assert_int_eq(p.descriptor, fileno(f));
    out_path_free(&p);
    fclose(f);
    ck_assert_int_ne(out_path_look(&p, dev), 0);
    unlink(path);
}
END_TEST

START_TEST(links_lead_to_what_is_not_there_yet)
{
    char link[300], *path = test_path("target");
    const char *base = strrchr(path, '/') + 1;
    snprintf(link, sizeof link, "%s.link", path);
    ck_assert_int_eq(symlink(base, link), 0); /* relative */
    ck_assert_int_eq(out_path_look(&p, link), 0);
    ck_assert_int_eq(p.kind, OUT_PATH_REGULAR);
    ck_assert(!p.exists);
    ck_assert(out_path_same(link, path));
    ck_assert(!strcmp(strrchr(p.final, '/') + 1, base));
    out_path_free(&p);
    unlink(link);
    ck_assert_int_eq(symlink(link, link), 0);
    ck_assert_int_eq(out_path_look(&p, link), ELOOP);
    unlink(link);
}
END_TEST

START_TEST(what_can_not_be_written)
{
    ck_assert_int_eq(out_path_look(&p, ""), ENOENT);
    ck_assert_int_eq(out_path_look(&p, "/"), EISDIR);
    ck_assert_int_eq(out_path_look(&p, "/dev/shm/"), EISDIR);
    ck_assert_int_eq(out_path_look(&p, "no/"), ENOENT);
    ck_assert_int_eq(out_path_look(&p, "/dev/null/x"), ENOTDIR);
}
END_TEST

START_TEST(same_file_by_other_names)
{
    char other[400], *path = test_path("same");
    const char *base = strrchr(path, '/') + 1;
    snprintf(other, sizeof other, "%.*s/./%s", (int)(base - 1 - path), path, base);
    ck_assert(out_path_same(path, other)); /* not there yet */
    write_text(path, "x", 1);
    ck_assert(out_path_same(path, other));
    snprintf(other, sizeof other, "%s2", path);
    ck_assert(!out_path_same(path, other));
    ck_assert_int_eq(link(path, other), 0);
    ck_assert(out_path_same(path, other));
    ck_assert(!out_path_same("/dev/null", "/dev/null")); /* two may share it */
    write_text(path, "x", 1);
    for (unsigned i = 0; i < 2; i++) { /* an input's may be open for reading only */
        char own[40];
        int fd = open(path, i ? O_RDWR : O_RDONLY);
        snprintf(own, sizeof own, i ? "/proc/self/fd/%d" : "/dev/fd/%d", fd);
        ck_assert(out_path_same(own, path) && out_path_same(path, own) && out_path_same(own, own));
        ck_assert_int_eq(out_path_both_descriptors(own, own), i); /* one that can be written */
        ck_assert(!out_path_both_descriptors(own, path) && !out_path_both_descriptors(path, own));
        close(fd);
    }
    unlink(other);
    unlink(path);
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("out_path");
    tcase_add_test(tc, file_in_dev_is_a_file);
    tcase_add_test(tc, descriptors_and_devices);
    tcase_add_test(tc, links_lead_to_what_is_not_there_yet);
    tcase_add_test(tc, what_can_not_be_written);
    tcase_add_test(tc, same_file_by_other_names);
    return run_suite("out_path", tc);
}
