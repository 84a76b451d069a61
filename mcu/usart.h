/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * usart.h - USART0 of a core, asynchronous or as SPI master (usart_spi.h), on the nets of its TXD and RXD pins
 *
 *   UDR --> hold --> shift --> TXD          RXD --> shift --> 2-deep buffer --> UDR
 *
 * Models      bit time (UBRR, U2X), 5..9 data bits, parity, stop bits, frames back to back, UDRE and TXC, a
 *             receiver of two bytes plus the shift register with DOR, FE and UPE per byte, interrupts as
 *             levels, TXD driven while TXEN, the last frame finished after TXEN is cleared.
 * Leaves out  synchronous mode, MPCM, the transmitter's wait for its next baud-clock tick (under
 *             1/8 bit), majority voting (the line is sampled once in the middle of each bit).
 * Source      ATmega328P datasheet "USART0": "Data Transmission", "Data Reception", Tables 20-1 and 20-8.
 */
#ifndef MCU_USART_H
#define MCU_USART_H

#include "mcu/pins.h"
#include "mcu/usart_spi.h"
#include "sim/uart_line.h"

#define USART_LOAD_CK 1 /* from the end of the store to UDR to the start bit, transmitter idle */

struct usart {
    struct core *core;
    struct pin *txd, *rxd;
    struct pins_port *port; /* that has them and XCK, NULL: none has */
    uint8_t pins_mask;
    avr_io_addr_t r_udr, r_ucsra, r_ucsrb, r_ucsrc, r_ubrrl, r_ubrrh;
    avr_int_vector_t *rxc, *txc, *udre;
    uint8_t ucsrc, ubrrh; /* the ATmega8 has both at one address */

    struct uart_tx tx;
    struct usart_spi spi;    /* the shift register while UMSEL is 11 */
    bool hold_full, loading; /* loading: the frame that is to begin next has the byte in hold */
    uint16_t hold;

    struct uart_rx rx;
    struct net_watch rx_watch;
    struct net *rx_net; /* watched, NULL while the receiver is off or RXD is alone */
    struct uart_frame fifo[2];
    uint8_t n_fifo;
    bool waiting; /* a third frame stands in the shift register */
    struct uart_frame wait;
    uint64_t overruns;
    uint64_t begins; /* how often UBRRL was written */
};

/* Pins: "PD1", "PD0", "PD4" on the ATmega328P; xck NULL: no SPI master mode. -1 when the core has no USART. */
int usart_init(struct usart *u, struct core *core, struct pins *pins, const char *txd, const char *rxd,
               const char *xck);
void usart_free(struct usart *u);
/* The speed that the receiver listens at now; 0: it is off. */
uint32_t usart_baud(const struct usart *u);
/* The RXD pin was put on another net. */
void usart_rewire(struct usart *u);

#endif
