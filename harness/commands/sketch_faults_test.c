/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "harness/commands/sketch_faults.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

/* The same in pieces of any size. */
static bool says_error(const char *text)
{
    bool any = false;

    for (size_t piece = 1; piece <= strlen(text); piece++) {
        struct sketch_faults e = { .n = 0 };

        for (size_t at = 0; at < strlen(text); at += piece) {
            size_t left = strlen(text) - at;

            sketch_faults_take(&e, text + at, left < piece ? left : piece);
        }
        ck_assert(piece == 1 || e.any == any);
        any = e.any;
    }
    return any;
}

START_TEST(errors_of_the_sketch)
{
    ck_assert(says_error("a/b.ino: In function 'void setup()':\na/b.ino:1:20: error: 'foo' was not declared\n"));
    ck_assert(says_error("x.ino:7:10: fatal error: none.h: No such file or directory\n"));
    ck_assert(says_error("s.S: Assembler messages:\ns.S:3: Error: unknown opcode `foo'\n"));
    ck_assert(says_error("/tmp/x.ltrans.o: In function `setup':\nx.ino:2: undefined reference to `foo'\n"));
    ck_assert(says_error("ld: region `text' overflowed by 4 bytes\n"));
    ck_assert(says_error("ld: /tmp/elf section `.data' will not fit in region `text'\n"));
}
END_TEST

START_TEST(want_of_room)
{
    ck_assert(!says_error("avr-g++: internal compiler error: File size limit exceeded (program cc1plus)\n"));
    ck_assert(!says_error("ld: cannot find -lm\ncollect2: error: ld returned 1 exit status\n"));
    ck_assert(!says_error("lto-wrapper: fatal error: avr-gcc returned 4 exit status\n"));
    ck_assert(!says_error("sk.ino:1:17: fatal error: SPI.h: Too many open files\n"));
    ck_assert(!says_error("cc1plus: out of memory allocating 65536 bytes after a total of 1 bytes\n"));
    ck_assert(!says_error("sk.ino:1:1: warning: unused\n  print(\"x.c:1:1: error: no\");\n"));
    ck_assert(!says_error("x.ino:1:1: error: cut off before its end of line"));
    ck_assert(!says_error(""));
}
END_TEST

START_TEST(a_long_line)
{
    struct sketch_faults e = { .n = 0 };

    for (unsigned i = 0; i < 5000; i++) {
        sketch_faults_take(&e, "x\0", 2);
    }
    sketch_faults_take(&e, "\nx.c:1:1: error: y\n", 19);
    ck_assert(e.any);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("sketch_faults");
    TCase *t = tcase_create("all");

    tcase_add_test(t, errors_of_the_sketch);
    tcase_add_test(t, want_of_room);
    tcase_add_test(t, a_long_line);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
