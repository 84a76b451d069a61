/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Any bytes on a programmer's serial port: the STK500v1 front end of a board without a microcontroller. */
#include "harness/board/board.h"
#include "harness/board/ports.h"
#include "tests/fuzz/input.h"

enum { MOST_BYTES = 1024 };

static void got_byte(void *ctx, uint8_t value, sim_time at_ps)
{
    (void)at_ps;
    *(unsigned *)ctx += value;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    static const char text[] = "board: {programmer: {script: {sck: 200 kHz}}}";
    static struct scenario *s; /* read once */
    struct problem err = { "" };
    const struct board_options o = { .budget_ck = 500000 };

    s = s ? s : scenario_load_text("serial.yaml", text, strlen(text), NULL, 0, &err);
    struct board *b = s ? board_new(s, &o, &err) : NULL;
    unsigned sum = 0;

    if (!b) {
        fprintf(stderr, "%s\n", err.text);
        abort();
    }
    board_ports_on_byte(board_ports(b), got_byte, &sum);
    board_ports_open(board_ports(b));
    n = n < MOST_BYTES ? n : MOST_BYTES;
    for (size_t i = 0; i < n; i += 32) {
        board_ports_send(board_ports(b), bytes + i, n - i < 32 ? n - i : 32);
        board_run(b, 2 * SIM_MS, &err);
    }
    board_run(b, 30 * SIM_MS, &err); /* the longest command: a page of 128 bytes */
    board_ports_on_byte(board_ports(b), NULL, NULL);
    board_free(b);
    return 0;
}
