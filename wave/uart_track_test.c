/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Bytes that were put on a wire come back, at every usual speed; wrong speeds show. */
#include "wave/uart_track.h"

#include "tests/test_files.h"

#include <string.h>

static struct wave_doc d;

/* Characters back to back, or gap_bits apart; bit times rounded to 62.5 ns as an Uno has them. */
static void make(const char *bytes, uint32_t baud, unsigned gap_bits)
{
    doc_init(&d);
    doc_add_signal(&d, "txd", DOC_LEVELS);
    sim_time t = SIM_MS, bit = (SIM_S / baud + 31250) / 62500 * 62500;
    doc_add_level(&d, 0, 0, WAVE_1);
    for (; *bytes; bytes++) {
        doc_add_level(&d, 0, t, WAVE_0);
        for (unsigned i = 0; i < 8; i++) {
            doc_add_level(&d, 0, t + (i + 1) * bit, *bytes >> i & 1 ? WAVE_1 : WAVE_0);
        }
        doc_add_level(&d, 0, t + 9 * bit, WAVE_1);
        t += (10 + gap_bits) * bit;
    }
    ck_assert(doc_finish(&d, t));
}

START_TEST(bytes_come_back)
{
    static const uint32_t bauds[] = { 300, 9600, 19200, 57600, 115200, 1000000 };
    for (unsigned b = 0; b < 6; b++) {
        for (unsigned gap = 0; gap < 30; gap += 29) {
            make("U0 \x7f\x01\xff~", bauds[b], gap);
            ck_assert_uint_eq(uart_guess_baud(&d.signals[0]), bauds[b]);
            ck_assert(uart_track_add(&d, 0, bauds[b]));
            const struct doc_track *k = doc_find_track(&d, DOC_TRACK_UART);
            ck_assert_uint_eq(k->n, 7);
            ck_assert_str_eq(k->name, "txd bytes");
            for (unsigned i = 0; i < 7; i++) {
                ck_assert_uint_eq(k->spans[i].value, (uint8_t) "U0 \x7f\x01\xff~"[i]);
                ck_assert_int_eq(k->spans[i].tone, DOC_PLAIN);
            }
            ck_assert_str_eq(doc_text(&d, k->spans[0].text), "55, 'U'");
            doc_free(&d);
        }
    }
}
END_TEST

START_TEST(a_wrong_speed_shows)
{
    make("\x01\x01\x01\x01\x01\x01", 9600, 0);
    ck_assert(uart_track_add(&d, 0, 38400));
    const struct doc_track *k = doc_find_track(&d, DOC_TRACK_UART);
    unsigned bad = 0;
    for (unsigned i = 0; i < k->n; i++) {
        bad += k->spans[i].tone == DOC_BAD;
    }
    ck_assert_uint_gt(bad, 0);
    doc_free(&d);
}
END_TEST

START_TEST(no_serial_line)
{
    make("", 9600, 0);
    ck_assert_uint_eq(uart_guess_baud(&d.signals[0]), 0);
    ck_assert(uart_track_add(&d, 0, 9600));
    ck_assert_uint_eq(doc_find_track(&d, DOC_TRACK_UART)->n, 0);
    doc_free(&d);
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("uart_track");
    tcase_add_test(tc, bytes_come_back);
    tcase_add_test(tc, a_wrong_speed_shows);
    tcase_add_test(tc, no_serial_line);
    return run_suite("uart_track", tc);
}
