/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "harness/serial/turn_taking.h"
#include "tests/run_all.h"

#include <check.h>
#include <string.h>

static struct turn_taking t;

static void ask(enum turn_taking_protocol protocol, const char *bytes, size_t n)
{
    turn_taking_init(&t, protocol, &turn_taking_limits_default);
    ck_assert(!turn_taking_runs(&t, SIM_S));
    turn_taking_asked(&t, SIM_S, (const uint8_t *)bytes, n);
    ck_assert(turn_taking_runs(&t, SIM_S));
}

static void answer(sim_time at_ps, const char *bytes, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        turn_taking_answered(&t, at_ps, (uint8_t)bytes[i]);
    }
}

START_TEST(v1_whole_answer_needs_little_silence)
{
    ask(TURN_TAKING_STK500V1, "\x75\x20", 2);
    answer(2 * SIM_S, "\x14\x1e\x95\x0f", 4);
    ck_assert(turn_taking_runs(&t, 3 * SIM_S)); /* one is missing */
    answer(3 * SIM_S, "\x10", 1);
    ck_assert(turn_taking_runs(&t, 3 * SIM_S + 2 * SIM_MS - 1));
    ck_assert(!turn_taking_runs(&t, 3 * SIM_S + 2 * SIM_MS));
    ck_assert(!turn_taking_runs(&t, 3 * SIM_S)); /* once given back, it stays */
}
END_TEST

START_TEST(v1_lengths_from_the_command)
{
    ask(TURN_TAKING_STK500V1, "\x74\x00\x80\x46\x20", 5);
    for (int i = 0; i < 129; i++) {
        answer(SIM_S, "\x10", 1);
    }
    ck_assert(turn_taking_runs(&t, SIM_S + 3 * SIM_MS));
    answer(SIM_S, "\x10", 1);
    ck_assert(!turn_taking_runs(&t, SIM_S + 2 * SIM_MS));
}
END_TEST

START_TEST(v1_out_of_sync_ends_at_once)
{
    ask(TURN_TAKING_STK500V1, "\x75\x20", 2);
    answer(SIM_S, "\x15", 1);
    ck_assert(!turn_taking_runs(&t, SIM_S + 2 * SIM_MS));
}
END_TEST

/* How long the simulation runs on when nothing comes: as long as avrdude itself waits before it says more. */
START_TEST(patience_is_the_hosts_own)
{
    static const sim_time waits[] = { 250 * SIM_MS, 250 * SIM_MS, 5 * SIM_S, 5 * SIM_S };
    turn_taking_init(&t, TURN_TAKING_STK500V1, &turn_taking_limits_default);
    for (unsigned i = 0; i < 4; i++) {
        turn_taking_asked(&t, SIM_S, (const uint8_t *)"\x30\x20", 2);
        ck_assert(turn_taking_runs(&t, SIM_S + waits[i] - 1));
        ck_assert(!turn_taking_runs(&t, SIM_S + waits[i]));
    }
    turn_taking_asked(&t, SIM_S, (const uint8_t *)"u ", 2); /* another command: syncs count anew */
    ck_assert(turn_taking_runs(&t, SIM_S + 5 * SIM_S - 1));
    turn_taking_asked(&t, SIM_S, (const uint8_t *)"\x30\x20", 2);
    ck_assert(!turn_taking_runs(&t, SIM_S + 250 * SIM_MS));
    turn_taking_init(&t, TURN_TAKING_URCLOCK, &turn_taking_limits_default);
    turn_taking_asked(&t, SIM_S, (const uint8_t *)"\x30\x20", 2);
    ck_assert(turn_taking_runs(&t, SIM_S + 25 * SIM_MS - 1));
    ck_assert(!turn_taking_runs(&t, SIM_S + 25 * SIM_MS));
    turn_taking_asked(&t, SIM_S, (const uint8_t *)"\x30\x20", 2);
    answer(SIM_S + SIM_MS, "\xaa\x55", 2);
    ck_assert(!turn_taking_runs(&t, SIM_S + 3 * SIM_MS));
    turn_taking_asked(&t, 2 * SIM_S, (const uint8_t *)"\x74\x01\x02\x20", 4);
    ck_assert(turn_taking_runs(&t, 2 * SIM_S + 500 * SIM_MS - 1));
    ck_assert(!turn_taking_runs(&t, 2 * SIM_S + 500 * SIM_MS));
}
END_TEST

START_TEST(no_answer_is_overdue)
{
    ask(TURN_TAKING_STK500V1, "\x75\x20", 2);
    turn_taking_line_busy(&t, 2 * SIM_S);
    ck_assert(turn_taking_runs(&t, 7 * SIM_S - 1));
    ck_assert(!turn_taking_runs(&t, 7 * SIM_S));
}
END_TEST

START_TEST(unknown_ends_by_silence)
{
    ask(TURN_TAKING_ANY, "hello", 5);
    answer(SIM_S, "x", 1);
    ck_assert(turn_taking_runs(&t, SIM_S + 100 * SIM_MS - 1));
    ck_assert(!turn_taking_runs(&t, SIM_S + 100 * SIM_MS));
    ask(TURN_TAKING_STK500V1, "\x75\x21", 2); /* no EOP: what comes back is not known */
    answer(SIM_S, "\x14", 1);
    ck_assert(turn_taking_runs(&t, SIM_S + 100 * SIM_MS - 1));
    ck_assert(!turn_taking_runs(&t, SIM_S + 100 * SIM_MS));
}
END_TEST

START_TEST(v2_message_has_a_length)
{
    ask(TURN_TAKING_STK500V2, "\x1b\x01\x00\x01\x0e\x01\x14", 7);
    answer(SIM_S, "\x1b\x01\x00\x02\x0e\x01\x00", 7);
    ck_assert(turn_taking_runs(&t, 5 * SIM_S)); /* checksum missing */
    answer(5 * SIM_S, "\x17", 1);
    ck_assert(turn_taking_runs(&t, 5 * SIM_S + SIM_MS));
    ck_assert(!turn_taking_runs(&t, 5 * SIM_S + 2 * SIM_MS));
}
END_TEST

START_TEST(commands_are_whole)
{
    static const struct {
        enum turn_taking_protocol protocol;
        const char *bytes;
        size_t n;
        bool whole;
    } c[] = {
        { TURN_TAKING_STK500V1, "\x30", 1, false },
        { TURN_TAKING_STK500V1, "\x30\x20", 2, true },
        { TURN_TAKING_STK500V1, "\x30\x20\x30", 3, false },
        { TURN_TAKING_STK500V1, "\x30\x20\x30\x20", 4, true },
        { TURN_TAKING_STK500V1, "\x64\x00\x02\x46\xaa\xbb", 6, false },
        { TURN_TAKING_STK500V1, "\x64\x00\x02\x46\xaa\xbb\x20", 7, true },
        { TURN_TAKING_STK500V1, "\x45\x05\x04\xd7\xc2\x00", 6, false },
        { TURN_TAKING_STK500V1, "\x45\x05\x04\xd7\xc2\x00\x20", 7, true },
        { TURN_TAKING_STK500V1, "\xee\x01", 2, true },
        { TURN_TAKING_STK500V2, "\x1b\x01\x00\x01", 4, false },
        { TURN_TAKING_STK500V2, "\x1b\x01\x00\x01\x0e\x01\x14", 7, true },
        { TURN_TAKING_ANY, "x", 1, true },
    };
    for (size_t i = 0; i < sizeof c / sizeof c[0]; i++) {
        ck_assert_msg(turn_taking_command_is_whole(c[i].protocol, (const uint8_t *)c[i].bytes, c[i].n) == c[i].whole,
                      "row %zu", i);
    }
}
END_TEST

int main(void)
{
    Suite *s = suite_create("turn");
    TCase *tc = tcase_create("turn");
    tcase_add_test(tc, patience_is_the_hosts_own);
    tcase_add_test(tc, v1_whole_answer_needs_little_silence);
    tcase_add_test(tc, v1_lengths_from_the_command);
    tcase_add_test(tc, v1_out_of_sync_ends_at_once);
    tcase_add_test(tc, no_answer_is_overdue);
    tcase_add_test(tc, unknown_ends_by_silence);
    tcase_add_test(tc, v2_message_has_a_length);
    tcase_add_test(tc, commands_are_whole);
    suite_add_tcase(s, tc);
    return run_all(s);
}
