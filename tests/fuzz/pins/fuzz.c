/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Any edges on the target's pins: three bytes each, which pin, level and strength; how long until then. With the supply
 * going up and down, and whatever the chip was programmed to be by it.
 */
#include "harness/board/board.h"
#include "tests/fuzz/input.h"

enum { PINS = 4, EVENT_BYTES = 3, PARTS = 6, MOST_BYTES = 1 + 400 * EVENT_BYTES };

/* Of one part, read once: most of an input's time would go there. */
static const struct scenario *board_of(unsigned part)
{
    static const char *const parts[PARTS] = { "atmega328p",  "atmega8a",  "attiny13a",
                                              "attiny2313a", "attiny84a", "attiny85" };
    static struct scenario *read[PARTS];
    struct problem err = { "" };
    char text[200];

    if (!read[part]) {
        snprintf(text, sizeof text, "board: {programmer: {script: {}}, target: {part: %s}}", parts[part]);
        read[part] = scenario_load_text("pins.yaml", text, strlen(text), NULL, 0, &err);
    }
    if (!read[part]) {
        fprintf(stderr, "%s\n", err.text);
        abort();
    }
    return read[part];
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    static const char *const names[PINS] = { "reset", "sck", "mosi", "xtal1" };
    static const uint16_t mv[] = { 0, 5000, 3300, 1800, 2600, 5500 };
    struct net_driver driver[PINS];
    struct problem err = { "" };

    if (!n) {
        return 0;
    }
    const struct board_options o = { .budget_ck = 200000, .has_seed = true, .seed = bytes[0] };
    struct board *b = board_new(board_of(bytes[0] % PARTS), &o, &err);

    if (!b) {
        fprintf(stderr, "%s\n", err.text);
        abort();
    }
    for (unsigned i = 0; i < PINS; i++) {
        net_attach(board_net(b, names[i]), &driver[i], "fuzz");
    }
    n = n < MOST_BYTES ? n : MOST_BYTES;
    for (size_t i = 1; i + EVENT_BYTES <= n; i += EVENT_BYTES) {
        unsigned what = bytes[i], wait = bytes[i + 1] | (unsigned)bytes[i + 2] << 8;

        sim_time unit_ps = wait >> 12 == 15 ? SIM_US * 10 : wait >> 12 > 7 ? SIM_NS * 100 : SIM_NS;
        if (!board_run(b, (wait & 0xfff) * unit_ps, &err)) {
            break; /* its work is used up */
        }
        if (what % 8 == 7) {
            board_power(b, mv[what / 8 % 6]);
        } else {
            net_drive(&driver[what % PINS], (enum net_level)(what / 8 % 4), what & 4 ? NET_PULL : NET_STRONG);
        }
    }
    board_run(b, SIM_MS, &err);
    for (unsigned i = 0; i < PINS; i++) {
        net_detach(&driver[i]);
    }
    board_free(b);
    return 0;
}
