/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * board_rows.h - microcontroller boards as data: which chip, its clock and fuses, what its pins are called
 *
 * A further board with a chip that chip.h knows is a row in board_rows.c. Names of pins are those printed on the
 * board ("D10"); a pin's number is its place in the row's list. Which program a board runs, which protocol that
 * speaks, and how fast, is not a matter of the board (harness).
 */
#ifndef MCU_BOARD_ROWS_H
#define MCU_BOARD_ROWS_H

#include "sim/part.h"

#define MCU_BOARD_MAX_PINS 32

struct mcu_board_pin {
    const char *name;     /* "D10" */
    const char *chip_pin; /* "PB2" */
};

struct mcu_board_row {
    const char *name;  /* "uno": in scenarios, and before its pins' names: "uno.D10" */
    const char *title; /* "Arduino Uno" */
    const struct part *chip;
    uint64_t f_millihz; /* crystal or resonator */
    uint8_t fuse[3];    /* low, high, extended; without a bootloader: start at 0 */
    sim_time start_ps;  /* from power-up or RESET's rise to the first instruction (SUT) */
    uint16_t vcc_mv;    /* its supply */
    const struct mcu_board_pin *pins;
    unsigned n_pins;
    struct { /* of the programmer that ArduinoISP makes of it: to the target's pins of these names */
        const char *reset, *mosi, *miso, *sck;
    } isp;
    const char *rxd, *txd;  /* its serial port, seen from the chip: the host's TXD goes to rxd */
    const char *const *led; /* pins that an LED hangs on, ended by NULL */
};

/* By name, NULL: there is none. */
const struct mcu_board_row *mcu_board_find(const char *name);
/* i = 0.. ; NULL after the last. */
const struct mcu_board_row *mcu_board_at(unsigned i);
/* A pin's number, letters of either case; -1: the board has none of that name. */
int mcu_board_pin_find(const struct mcu_board_row *row, const char *name);

#endif
