/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * board.h - which pin of the Arduino Uno does what (README.md has the wires)
 *
 *            parallel            serial
 *   A0..A5   DATA0..DATA5        A0 SDI, A1 SII, A2 SDO, A3 SCI
 *   D8, D9   DATA6, DATA7
 *   D2, D3   OE, WR
 *   D4       BS1
 *   D5, D6   XA0, XA1
 *   D7       PAGEL
 *   D12      BS2                 with LIMPHV_RDY: RDY/BSY on D12, BS2 on D0
 *   D13      XTAL1
 *   D10      12 V, low = on
 *   D11      VCC of the target
 *
 * OE, WR, BS1, XA0 and XA1 stand in PORTD as in SII of the serial mode: bits 2 to 6.
 */
#ifndef LIMPHV_BOARD_H
#define LIMPHV_BOARD_H

#include <avr/io.h>

#define DATA_LOW_MASK 0x3F  /* PORTC */
#define DATA_HIGH_MASK 0x03 /* PORTB */

#define CONTROL_MASK 0xFC /* PORTD: PAGEL XA1 XA0 BS1 WR OE */
#define CONTROL_PAGEL PD7

#define VPP_BIT PB2 /* PORTB */
#define VCC_BIT PB3
#define XTAL1_BIT PB5

#ifdef LIMPHV_RDY
#define RDY_BIT PB4
#define BS2_PORT PORTD
#define BS2_DDR DDRD
#define BS2_BIT PD0
#else
#define BS2_PORT PORTB
#define BS2_DDR DDRB
#define BS2_BIT PB4
#endif

#define SDI_BIT PC0 /* PORTC */
#define SII_BIT PC1
#define SDO_BIT PC2
#define SCI_BIT PC3

#endif
