/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mcu/board_rows.h"

#include <string.h>
#include <strings.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* Arduino's variants/standard; of a Nano's variants/eightanaloginputs too, whose A6 and A7 are no port pins. */
static const struct mcu_board_pin standard[] = {
    { "D0", "PD0" },  { "D1", "PD1" },  { "D2", "PD2" },  { "D3", "PD3" },  { "D4", "PD4" },
    { "D5", "PD5" },  { "D6", "PD6" },  { "D7", "PD7" },  { "D8", "PB0" },  { "D9", "PB1" },
    { "D10", "PB2" }, { "D11", "PB3" }, { "D12", "PB4" }, { "D13", "PB5" }, { "A0", "PC0" },
    { "A1", "PC1" },  { "A2", "PC2" },  { "A3", "PC3" },  { "A4", "PC4" },  { "A5", "PC5" },
};
static const char *const led_13[] = { "D13", NULL };

/* What Arduino boards of this shape have in common. ISP pins: the ArduinoISP sketch. */
#define ARDUINO                                                                                                    \
    .f_millihz = UINT64_C(16000000000), .start_ps = 65 * SIM_MS, .vcc_mv = 5000, .pins = standard,                 \
    .n_pins = COUNT(standard), .isp = { .reset = "D10", .mosi = "D11", .miso = "D12", .sck = "D13" }, .rxd = "D0", \
    .txd = "D1", .led = led_13

/* Fuses: Arduino's boards.txt, but BOOTRST unprogrammed; the start-up time is that of SUT = 11. */
static const struct mcu_board_row rows[] = {
    { .name = "uno", .title = "Arduino Uno", .chip = &part_atmega328p, .fuse = { 0xFF, 0xDF, 0x05 }, ARDUINO },
    { .name = "nano", .title = "Arduino Nano", .chip = &part_atmega328p, .fuse = { 0xFF, 0xDB, 0x05 }, ARDUINO },
    { .name = "diecimila",
      .title = "Arduino Diecimila",
      .chip = &part_atmega168p,
      .fuse = { 0xFF, 0xDD, 0xF9 },
      ARDUINO },
    { .name = "ng", .title = "Arduino NG", .chip = &part_atmega8a, .fuse = { 0xDF, 0xCB, 0xFF }, ARDUINO },
};

const struct mcu_board_row *mcu_board_find(const char *name)
{
    for (unsigned i = 0; i < COUNT(rows); i++) {
        if (!strcasecmp(rows[i].name, name)) {
            return &rows[i];
        }
    }
    return NULL;
}

const struct mcu_board_row *mcu_board_at(unsigned i)
{
    return i < COUNT(rows) ? &rows[i] : NULL;
}

int mcu_board_pin_find(const struct mcu_board_row *row, const char *name)
{
    for (unsigned i = 0; i < row->n_pins; i++) {
        if (!strcasecmp(row->pins[i].name, name)) {
            return (int)i;
        }
    }
    return -1;
}
