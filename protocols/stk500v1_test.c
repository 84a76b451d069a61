/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "protocols/stk500v1.h"
#include "tests/run_all.h"

#include <check.h>

START_TEST(lengths)
{
    static const struct {
        uint8_t bytes[4];
        size_t n, command, answer;
    } rows[] = {
        { { STK1_GET_SYNC }, 1, 2, 2 },
        { { STK1_GET_SIGN_ON }, 1, 2, 9 },
        { { STK1_SET_DEVICE }, 1, 22, 2 },
        { { STK1_UNIVERSAL }, 1, 6, 3 },
        { { STK1_READ_SIGN }, 1, 2, 5 },
        /* the length stands in the command: before it has come, the command is not whole */
        { { STK1_PROG_PAGE }, 1, 5, 2 },
        { { STK1_PROG_PAGE, 1 }, 2, 5, 2 },
        { { STK1_PROG_PAGE, 1, 0 }, 3, 5 + 256, 2 },
        { { STK1_SET_DEVICE_EXT }, 1, 3, 2 },
        { { STK1_SET_DEVICE_EXT, 5 }, 2, 7, 2 },
        { { STK1_READ_PAGE }, 1, 5, 0 },
        { { STK1_READ_PAGE, 0, 0x80 }, 3, 5, 2 + 128 },
        /* nothing begins so */
        { { STK1_CRC_EOP }, 1, 0, 0 },
        { { 0x54 }, 1, 0, 0 },
        { { 0xFF }, 1, 0, 0 },
        { { STK1_GET_SYNC }, 0, 0, 0 },
    };

    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        ck_assert_uint_eq(stk500v1_command_length(rows[i].bytes, rows[i].n), rows[i].command);
        ck_assert_uint_eq(stk500v1_answer_length(rows[i].bytes, rows[i].n), rows[i].answer);
    }
}
END_TEST

int main(void)
{
    Suite *s = suite_create("stk500v1_protocol");
    TCase *t = tcase_create("stk500v1_protocol");

    tcase_add_test(t, lengths);
    suite_add_tcase(s, t);
    return run_all(s);
}
