/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * usart_spi.h - the USART's shift register in SPI master mode, on TXD (MOSI), RXD (MISO) and XCK (SCK)
 *
 *             t0                                             t0 + 16 half
 *   TXD    ---X=======7=======X=======6=======X=== ...  0 ===
 *   XCK    ___________|-------|_______|-------|___ ... -----|___     UCPOL 0, UCPHA 0: RXD is read at the rises
 *
 * Models      all four modes, both bit orders, fosc / (2 (UBRR + 1)), frames back to back, XCK where its DDR bit is set
 *             Its edges are made late, as the SPI's (spi_master.h).
 * Source      ATmega328P datasheet 42735B, "USART in SPI Mode"; that TXD keeps the last bit: assumed
 */
#ifndef MCU_USART_SPI_H
#define MCU_USART_SPI_H

#include "mcu/deadline.h"
#include "mcu/pins.h"
#include "mcu/spi_shift.h"

enum { USART_SPI_UDORD = 0x04, USART_SPI_UCPHA = 0x02, USART_SPI_UCPOL = 0x01 }; /* in UCSRnC */

struct usart_spi_ops {
    void (*begun)(void *ctx);                     /* the byte is in the shift register */
    void (*received)(void *ctx, uint8_t byte);    /* with the last bit's sample */
    void (*done)(void *ctx, uint64_t next_cycle); /* the frame is over, another may begin then */
};

struct usart_spi { /* do not move after init */
    struct core *core;
    struct pin *txd, *xck; /* xck NULL: the USART has no such mode */
    const struct usart_spi_ops *ops;
    void *ctx;
    bool busy, begun;      /* begun: t0 is over */
    bool hears;            /* the receiver is on: `received` comes in time */
    struct spi_shift byte; /* its pins; on its way, with the control bits where SPCR has them */
    struct core_late *late;
    struct deadline due; /* of what the program sees: begun, received, done */
};

/* xck NULL: no such mode. */
void usart_spi_init(struct usart_spi *s, struct core *core, struct pin *txd, struct pin *rxd, struct pin *xck,
                    const struct usart_spi_ops *ops, void *ctx);
/* A frame from cycle t0 on, half = UBRR + 1; control: UCSRnC. */
void usart_spi_start(struct usart_spi *s, uint8_t byte, uint8_t control, uint64_t t0, uint64_t half);
/* The receiver is switched, at a cycle up to which edges are made. False: from a quick store, the run may end earlier. */
bool usart_spi_hear(struct usart_spi *s, bool on);
/* From a quick store that acts at that cycle: nothing of the frame comes to its end up to then. */
static inline bool usart_spi_goes_on(const struct usart_spi *s, uint64_t cycle)
{
    return !s->busy || s->due.at > cycle;
}
/* With a reset of the core. */
void usart_spi_reset(struct usart_spi *s);
/* The mode is on or off: XCK rests at UCPOL. */
void usart_spi_rest(struct usart_spi *s, bool on, uint8_t control);

#endif
