/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Any program on the target: as the part of the first byte, from reset. Both
 * ways of running it (with and without shortcuts) come to the same memories and edges.
 */
#include "harness/board/board.h"
#include "sim/nvm.h"
#include "sim/trace.h"
#include "tests/fuzz/input.h"

static struct board *run(struct scenario *s, bool no_shortcuts)
{
    struct problem err = { "" };
    const struct board_options o = { .no_shortcuts = no_shortcuts, .trace = true };
    struct board *b = board_new(s, &o, &err);

    if (!b) {
        fprintf(stderr, "%s\n", err.text);
        abort();
    }
    board_run(b, 3 * SIM_MS, &err);
    return b;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    static const char *const parts[] = { "atmega328p, fuses: {low: 0xE2}", "atmega8a, fuses: {low: 0xE4}",
                                         "attiny13a, fuses: {low: 0x7A}",  "attiny2313a, fuses: {low: 0xE4}",
                                         "attiny84a, fuses: {low: 0xE2}",  "attiny85, fuses: {low: 0xE2}" };
    enum { MOST = 480 };
    static char text[4 * MOST + 300];
    struct problem err = { "" };

    if (n < 2) {
        return 0;
    }
    size_t at = (size_t)snprintf(
        text, sizeof text,
        "record: [sck, mosi, miso, vcc]\nboard: {programmer: {script: {}}, target: {part: %s, flash: {hex: \"",
        parts[bytes[0] % 6]);
    for (size_t i = 1; i < n && i <= MOST; i++) {
        at += (size_t)snprintf(text + at, sizeof text - at, "%02X ", bytes[i]);
    }
    snprintf(text + at, sizeof text - at, "\"}}}");
    struct scenario *s = scenario_load_text("avr.yaml", text, strlen(text), NULL, 0, &err);

    if (!s) {
        fprintf(stderr, "%s\n", err.text);
        abort();
    }
    struct board *fast = run(s, false), *slow = run(s, true);

    if (board_now(fast) != board_now(slow) || board_trace(fast)->changes != board_trace(slow)->changes ||
        board_trace(fast)->last_ps != board_trace(slow)->last_ps ||
        memcmp(&board_nvm(fast)->cells, &board_nvm(slow)->cells, sizeof(struct nvm_cells)) != 0) {
        fprintf(stderr, "the shortcuts change what happens\n");
        abort();
    }
    board_free(fast);
    board_free(slow);
    scenario_free(s);
    return 0;
}
