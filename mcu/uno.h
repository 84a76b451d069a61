/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * uno.h - an Arduino Uno on the board: ATmega328P, 16 MHz crystal, D0..D13 and A0..A5 on nets
 *
 *                      +-----------+
 *   host TXD --> D0    |           | D10 SS, often RESET of the target
 *   host RXD <-- D1    | ATmega328P| D11 MOSI   D12 MISO   D13 SCK
 *   RESET_N  -->       |           | D9 OC1A (recovery clock)
 *                      +-----------+
 *
 * Models      the core with exact instruction, interrupt and pin timing (core.h), SPI master, USART0, timers 0..2,
 *             external and pin-change interrupts, watchdog, EEPROM, reset and start-up delay.
 * Leaves out  the USB side (ATmega16U2: the host is a UART on D0/D1), the LEDs, supply (it is always powered).
 * Source      ATmega328P datasheet; Arduino Uno Rev3 schematic (pin map); boards.txt "uno" (fuses FF DE 05).
 *
 * The Uno is an agent of the sim and should be the first one added (the leader, see kernel.h).
 */
#ifndef MCU_UNO_H
#define MCU_UNO_H

#include "mcu/image.h"
#include "sim/checker.h"
#include "sim/net.h"

#define UNO_PINS 20 /* D0..D13 = 0..13, A0..A5 = 14..19 */

struct uno_pins {
    struct net *d[UNO_PINS]; /* NULL: not connected */
    struct net *reset_n;     /* NULL: RESET stays high (the board's own pull-up) */
};

struct uno_config { /* copied; take uno_default and change fields */
    struct uno_pins pins;
    uint64_t f_millihz;      /* crystal */
    uint8_t fuse[3];         /* low, high, extended: BOOTRST, BOOTSZ and WDTON act */
    sim_time start_ps;       /* from power-up or RESET's rise to the first instruction (SUT) */
    bool floating_high;      /* what an input pin reads when nobody drives its net */
    struct checker *checker; /* hears of firmware that runs wild; NULL: nobody */
};

/* 16 MHz, fuses FF DF 05 (no bootloader: start at 0), 65 ms start-up (14CK left out), floating inputs read 0. */
extern const struct uno_config uno_default;
/* hfuse: start in a boot section of 256 words, as boards.txt sets it for optiboot. */
#define UNO_HFUSE_OPTIBOOT 0xDE

struct uno;

/*
 * Powers a Uno up at the sim's present time with firmware's flash and EEPROM contents. firmware may be freed
 * afterwards. NULL with err filled when the image does not fit. Nets must outlive the Uno.
 */
struct uno *uno_new(struct sim *sim, const struct uno_config *cfg, const struct image *firmware, struct problem *err);
void uno_free(struct uno *u);

/* RESET pressed and let go now (the auto-reset capacitor): between runs of the sim, or from an event. */
void uno_reset(struct uno *u);

/* Moves a pin to another net, or to none (a wire pulled or put elsewhere), now. */
void uno_connect(struct uno *u, unsigned pin, struct net *net);

struct uno_counters {
    uint64_t cycles; /* executed since power-up, sleep included */
    uint64_t resets; /* of every cause, power-up not counted */
    uint64_t watchdog_resets;
    uint64_t spi_bytes;   /* sent by the hardware SPI */
    uint64_t rx_overruns; /* bytes the USART lost */
};
struct uno_counters uno_counters(const struct uno *u);
/* For tests: data space 0x0000..0xFFFF (registers, I/O, SRAM). */
const uint8_t *uno_data(const struct uno *u);
/* For tests: address of the next instruction, in bytes. */
uint32_t uno_pc(const struct uno *u);

#endif
