/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * chip.h - a core with all its peripherals, for a part: what the Uno and the released target have in common
 *
 * Knows   which pins the SPI, USART and input capture use, and where PUD, IVSEL, OSCCAL, CLKPR and the prescaler
 *         reset are: layouts[], a row per core of simavr (several parts share one: struct part, simavr_name). A core
 *         without a row has its ports, timers, watchdog, EEPROM and self-programming, but no SPI or USART on pins.
 *         Registers that a part has and its core has not: lacks[]. They are memory there, and a program that touches
 *         them gets a note (CHECK_PROGRAM_REGISTER).
 * Models  MCUCR.PUD, interrupt vectors in the boot section (IVSEL with its 4-cycle sequence).
 */
#ifndef MCU_CHIP_H
#define MCU_CHIP_H

#include "mcu/adc.h"
#include "mcu/comparator.h"
#include "mcu/core.h"
#include "mcu/pins.h"
#include "mcu/self_program.h"
#include "mcu/spi_master.h"
#include "mcu/timer.h"
#include "mcu/twi.h"
#include "mcu/usart.h"
#include "mcu/watchdog.h"

struct chip_layout {
    const char *cores[8];                                       /* simavr's names, NULL after the last */
    const char *mosi, *miso, *sck, *ss, *txd, *rxd, *xck, *icp; /* NULL: none */
    avr_io_addr_t r_gtccr;                                      /* TSM, PSRSYNC, PSRASY; 0 = none */
    avr_io_addr_t r_pud;
    uint8_t pud;
    avr_io_addr_t r_ivsel;                   /* 0 = none */
    avr_io_addr_t r_osccal, r_clkpr, r_smcr; /* 0 = none; SMCR: bits of sleep alone */
    bool pinx_read_only;                     /* pins.h */
    uint8_t port_pins[4];                    /* mask of the pins that ports A to D have; 0: no such port */
};

#define CHIP_LACKS_MAX 12

struct chip_lack {
    const char *part; /* sim/part.h */
    struct {
        avr_io_addr_t first, last;
    } at[CHIP_LACKS_MAX]; /* first 0 after the last */
};

struct chip { /* do not move after init */
    struct core core;
    struct pins pins;
    struct spi_master spi;
    struct usart usart;
    struct timers timers;
    struct watchdog watchdog;
    struct adc adc;
    struct twi twi;
    struct self_program self;
    const struct chip_layout *layout; /* NULL: part without a row */
    bool has_spi, has_usart;
    uint64_t ivsel_until; /* cycle: IVCE in force */
    bool told_of_lack;    /* a register of lacks[] was reported since the start */
};

/*
 * f_millihz: for the first start. watchdog_reset: what the watchdog does to the chip. nvm holds the memories.
 * -1 with err.
 */
bool chip_init(struct chip *chip, struct sim *sim, struct nvm *nvm, const char *name, uint64_t f_millihz,
               void (*watchdog_reset)(void *), void *ctx, struct problem *err);
void chip_free(struct chip *chip);
/* Puts a pin ("PB5") on a net or none. False: the chip has no such pin. */
bool chip_connect(struct chip *chip, const char *pin, struct net *net);

/* The fuses take effect: start address, boot section, WDTON. start_word: where reset starts. */
void chip_latch(struct chip *chip, const struct fuse_bytes *fuses, uint32_t start_word);

#endif
