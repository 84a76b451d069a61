/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * spi_master.h - the hardware SPI of a core as a master: SCK and MOSI edges on nets, MISO from its net
 *
 *   t0 = end of the store to SPDR, h = half a SCK period = 1, 2, 4 ... 64 cycles
 *
 *   CPHA 0   MOSI X first    X second          CPHA 1   MOSI -----X first    X second
 *            SCK  ____/~~~~\____/~~~                    SCK  ____/~~~~\____/~~~
 *            MISO     ^ sampled                         MISO          ^ sampled
 *                t0  +h   +2h                               t0  +h   +2h
 *
 * Edge k lies exactly SPI_FIRST_EDGE_HALVES + k half periods after t0; SPIF is set with edge 15, and the received
 * byte moves to the read buffer. That SCK starts h after t0 is assumed (the datasheet leaves the
 * phase of the prescaler open).
 * Edges are made late: all those due, whenever anybody looks at the board, and the rest with SPIF. Nobody can
 * see the difference, and a byte costs one event of the core.
 * Models      CPOL, CPHA, DORD, all dividers, WCOL, the flags' clearing by SPSR then SPDR, SPIE, SPE or MSTR cleared in
 *             mid-byte, slave select as an input ending master mode.
 * Leaves out  slave mode; MSPIM of the USART.
 * Source      ATmega328P datasheet "SPI - Serial Peripheral Interface", Figures 19-3 and 19-4, Table 19-5.
 */
#ifndef MCU_SPI_MASTER_H
#define MCU_SPI_MASTER_H

#include "mcu/deadline.h"
#include "mcu/pins.h"
#include "mcu/spi_shift.h"

struct spi_master {
    struct core *core;
    struct pins *pins;
    avr_io_addr_t r_spcr, r_spsr, r_spdr;
    avr_int_vector_t *vector;
    struct pin *ss;
    uint8_t pins_mask, ss_mask; /* MOSI, MISO and SCK */
    struct pins_port *port;     /* that has all four, SS for us alone; NULL: they are not so */
    struct deadline done;       /* the byte's SPIF */

    bool armed;       /* SPSR was read with a flag set: the next SPDR access clears it */
    uint8_t received; /* read buffer */
    bool busy;
    struct spi_shift byte; /* on its way; its pins */
    struct core_late *late;
    uint64_t bytes;
};

/* Which pins: "PB3", "PB4", "PB5", "PB2" on the ATmega328P. -1 when the core has no SPI. */
int spi_master_init(struct spi_master *s, struct core *core, struct pins *pins, const char *mosi, const char *miso,
                    const char *sck, const char *ss);

#endif
