/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * mcu_board.h - a microcontroller board: a row's chip with its crystal, its named pins on nets
 *
 *                      +-----------+
 *   host TXD --> rxd   |           | isp.reset   RESET of the target
 *   host RXD <-- txd   |  the row  | isp.mosi, isp.miso, isp.sck
 *   RESET_N  -->       |           | its other pins
 *                      +-----------+
 *
 * Models      the core with exact instruction, interrupt and pin timing (core.h), SPI master, USART0, timers, CLKPR,
 *             OSCCAL where the row's fuses select the RC oscillator (the row's frequency is that at its calibration),
 *             external and pin-change interrupts, watchdog, EEPROM, reset and start-up delay.
 * Leaves out  the USB side (the host is a UART on the pins rxd and txd of the row), the LEDs, switching its supply
 *             (it is always powered).
 * Source      the chips' datasheets; the rows say where their figures are from.
 *
 * It is an agent of the sim and should be the first one added (the leader, see kernel.h).
 */
#ifndef MCU_MCU_BOARD_H
#define MCU_MCU_BOARD_H

#include "mcu/board_rows.h"
#include "mcu/core_work.h"
#include "mcu/image.h"
#include "sim/checker.h"
#include "sim/net.h"
#include "sim/switches.h"

struct mcu_board_pins {
    struct net *d[MCU_BOARD_MAX_PINS]; /* by number, see mcu_board_pin_find(); NULL: not connected */
    struct net *reset_n;               /* NULL: RESET stays high (the board's own pull-up) */
};

struct mcu_board_config { /* copied; take mcu_board_default() and change fields */
    const struct mcu_board_row *row;
    struct mcu_board_pins pins;
    uint8_t fuse[3];                 /* low, high, extended: BOOTRST, BOOTSZ and WDTON act */
    sim_time start_ps;               /* from power-up or RESET's rise to the first instruction (SUT) */
    bool floating_high;              /* what an input pin reads when nobody drives its net */
    struct target_switches switches; /* those of a core's peripherals count */
    struct checker *checker;         /* hears of firmware that runs wild; NULL: nobody */
};

/* As the row says; 14CK of the start-up left out, floating inputs read 0, nothing connected. */
struct mcu_board_config mcu_board_default(const struct mcu_board_row *row);
/* An image with something at the start of a boot section is a bootloader: fuses that let it run. */
void mcu_board_fuses_for(struct mcu_board_config *cfg, const struct image *firmware);

struct mcu_board;

/*
 * Powers the board up at the sim's present time with firmware's flash and EEPROM contents. firmware may be freed
 * afterwards. NULL with err when the image does not fit. Nets must outlive the board.
 */
struct mcu_board *mcu_board_new(struct sim *sim, const struct mcu_board_config *cfg, const struct image *firmware,
                                struct problem *err);
void mcu_board_free(struct mcu_board *b);

/* RESET pressed and let go now (the auto-reset capacitor): between runs of the sim, or from an event. */
void mcu_board_reset(struct mcu_board *b);

/* Moves a pin to another net, or to none (a wire pulled or put elsewhere), now. */
void mcu_board_connect(struct mcu_board *b, unsigned pin, struct net *net);

/* Its supply, which its outputs' highs come from; nobody switches it. */
struct vline *mcu_board_vcc(struct mcu_board *b);

/* Its clock runs so much faster from now on, whatever makes it. */
void mcu_board_set_wobble(struct mcu_board *b, int32_t ppm);

struct mcu_board_counters {
    uint64_t cycles; /* executed since power-up, sleep included */
    uint64_t resets; /* of every cause, power-up not counted */
    uint64_t watchdog_resets;
    uint64_t spi_bytes;    /* sent by the hardware SPI */
    uint64_t rx_overruns;  /* bytes the USART lost */
    uint64_t usart_begins; /* how often its speed was set: a program that starts over does it again */
};
struct mcu_board_counters mcu_board_counters(const struct mcu_board *b);
struct core_work mcu_board_work(const struct mcu_board *b);
/* The speed that its serial port listens at now; 0: not at all. */
uint32_t mcu_board_baud(const struct mcu_board *b);
/* For tests: data space 0x0000..0xFFFF (registers, I/O, SRAM). */
const uint8_t *mcu_board_data(const struct mcu_board *b);
/* For tests: address of the next instruction, in bytes. */
uint32_t mcu_board_pc(const struct mcu_board *b);
/* Where its program is: PC and stack. Inside an I/O callback the instruction that called it. */
void mcu_board_where(const struct mcu_board *b, struct checker_where *w);

#endif
