/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <check.h>
#include <string.h>

#include "firmware/limpisp/frame.h"
#include "tests/run_all.h"

static struct frame f;
static uint8_t out[STK_MAX_BODY + 16];
static unsigned n_out;

static void put(uint8_t byte)
{
    ck_assert_uint_lt(n_out, sizeof out);
    out[n_out++] = byte;
}

static void start(void)
{
    memset(&f, 0xa5, sizeof f); /* what RAM may hold */
    frame_init(&f);
    n_out = 0;
}

static enum frame_event feed(const uint8_t *bytes, unsigned n)
{
    enum frame_event last = FRAME_NOTHING;

    for (unsigned i = 0; i < n; i++) {
        last = frame_byte(&f, bytes[i]);
        if (i + 1 < n) {
            ck_assert_int_eq(last, FRAME_NOTHING);
        }
    }
    return last;
}

/* 1B 05 00 01 0E 01 sum */
static const uint8_t sign_on[] = { 0x1b, 5, 0, 1, 0x0e, 1, 0x1b ^ 5 ^ 1 ^ 0x0e ^ 1 };

START_TEST(whole_message)
{
    start();
    ck_assert_int_eq(feed(sign_on, sizeof sign_on), FRAME_COMMAND);
    ck_assert_uint_eq(f.size, 1);
    ck_assert_uint_eq(f.body[0], 1);
    ck_assert_uint_eq(f.seq, 5);
    ck_assert(!frame_is_open(&f));
}
END_TEST

START_TEST(bad_checksum_then_good_message)
{
    uint8_t bad[sizeof sign_on];

    start();
    memcpy(bad, sign_on, sizeof bad);
    bad[6] ^= 1;
    ck_assert_int_eq(feed(bad, sizeof bad), FRAME_BAD_CHECKSUM);
    ck_assert_int_eq(feed(sign_on, sizeof sign_on), FRAME_COMMAND);
}
END_TEST

START_TEST(longest_body_fits_and_longer_is_dropped)
{
    uint8_t head[] = { 0x1b, 1, STK_MAX_BODY >> 8, STK_MAX_BODY & 255, 0x0e };
    uint8_t sum = 0;

    start();
    for (unsigned i = 0; i < sizeof head; i++) {
        sum ^= head[i];
    }
    feed(head, sizeof head);
    for (unsigned i = 0; i < STK_MAX_BODY; i++) {
        ck_assert_int_eq(frame_byte(&f, (uint8_t)i), FRAME_NOTHING);
        sum ^= (uint8_t)i;
    }
    ck_assert_int_eq(frame_byte(&f, sum), FRAME_COMMAND);
    ck_assert_uint_eq(f.body[STK_MAX_BODY - 1], (STK_MAX_BODY - 1) & 255);

    head[3]++;
    feed(head, 4);
    ck_assert(!frame_is_open(&f));
    ck_assert_int_eq(feed(sign_on, sizeof sign_on), FRAME_COMMAND);
}
END_TEST

START_TEST(header_that_is_none)
{
    const uint8_t empty[] = { 0x1b, 1, 0, 0 };
    const uint8_t token[] = { 0x1b, 1, 0, 1, 0x0f };
    const uint8_t start_in_token[] = { 0x1b, 1, 0, 1, 0x1b };

    start();
    feed(empty, sizeof empty);
    ck_assert(!frame_is_open(&f));
    feed(token, sizeof token);
    ck_assert(!frame_is_open(&f));
    /* the byte that breaks a header may begin the next message */
    feed(start_in_token, sizeof start_in_token);
    ck_assert(frame_is_open(&f));
    ck_assert_int_eq(feed(sign_on + 1, sizeof sign_on - 1), FRAME_COMMAND);
}
END_TEST

START_TEST(dropped_after_a_pause)
{
    start();
    feed(sign_on, 5);
    ck_assert(frame_is_open(&f));
    frame_drop(&f);
    ck_assert_int_eq(feed(sign_on, sizeof sign_on), FRAME_COMMAND);
}
END_TEST

START_TEST(answer_carries_sequence_and_checksum)
{
    uint8_t sum = 0;

    start();
    feed(sign_on, sizeof sign_on);
    f.body[1] = 0;
    f.body[2] = 0x77;
    frame_answer(&f, 3, put);
    ck_assert_uint_eq(n_out, 9);
    for (unsigned i = 0; i < n_out; i++) {
        sum ^= out[i];
    }
    ck_assert_uint_eq(sum, 0);
    ck_assert_uint_eq(out[1], 5);
    ck_assert_uint_eq(out[3], 3);
    ck_assert_uint_eq(out[7], 0x77);
}
END_TEST

/* Random bytes and mutated messages: nothing outside body[] changes, and a good message always gets through. */
START_TEST(noise)
{
    struct {
        uint8_t before[64];
        struct frame frame;
        uint8_t after[64];
    } box;
    uint32_t r = 1;

    memset(&box, 0xa5, sizeof box);
    frame_init(&box.frame);
    for (unsigned n = 0; n < 100000; n++) {
        uint8_t message[40];
        unsigned len = sizeof sign_on, i = 0;

        memcpy(message, sign_on, sizeof sign_on);
        r = r * 1664525 + 1013904223;
        switch (r >> 29) {
        case 0: message[r >> 8 & 3] = (uint8_t)(r >> 16); break;
        case 1: len = r >> 8 & 7; break;
        default:
            for (len = r >> 8 & 31; i < len; i++) {
                r = r * 1664525 + 1013904223;
                message[i] = r >> 30 == 0 ? 0x1b : r >> 30 == 1 ? 0x0e : (uint8_t)(r >> 16);
            }
        }
        for (i = 0; i < len; i++) {
            frame_byte(&box.frame, message[i]);
        }
        if (n % 1000 == 999) {
            enum frame_event last = FRAME_NOTHING;

            frame_drop(&box.frame);
            for (i = 0; i < sizeof sign_on; i++) {
                last = frame_byte(&box.frame, sign_on[i]);
            }
            ck_assert_int_eq(last, FRAME_COMMAND);
        }
    }
    for (unsigned i = 0; i < 64; i++) {
        ck_assert_uint_eq(box.before[i], 0xa5);
        ck_assert_uint_eq(box.after[i], 0xa5);
    }
}
END_TEST

int main(void)
{
    Suite *s = suite_create("limpisp_frame");
    TCase *c = tcase_create("frame");

    tcase_add_test(c, whole_message);
    tcase_add_test(c, bad_checksum_then_good_message);
    tcase_add_test(c, longest_body_fits_and_longer_is_dropped);
    tcase_add_test(c, header_that_is_none);
    tcase_add_test(c, dropped_after_a_pause);
    tcase_add_test(c, answer_carries_sequence_and_checksum);
    tcase_add_test(c, noise);
    suite_add_tcase(s, c);
    return run_all(s);
}
