/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * board.h - which pin of the Arduino Uno does what
 *
 *   D13 PB5  SCK          as the ArduinoISP sketch
 *   D12 PB4  MISO
 *   D11 PB3  MOSI
 *   D10 PB2  RESET        of the target
 *   D9  PB1  recovery clock (OC1A) for XTAL1
 *   D8  PB0  LED error
 *   D7  PD7  LED programming
 *   D6  PD6  LED ready
 *   D5  PD5  LED verify
 *   D4  PD4  debug line, 115200 8N1
 *   D2  PD2  jumper to GND: careful mode
 */
#ifndef LIMPISP_BOARD_H
#define LIMPISP_BOARD_H

#include <avr/io.h>

#define ISP_PORT PORTB
#define ISP_DDR DDRB
#define ISP_PIN PINB
#define ISP_RESET PB2
#define ISP_MOSI PB3
#define ISP_MISO PB4
#define ISP_SCK PB5

#define CLOCK_PORT PORTB
#define CLOCK_DDR DDRB
#define CLOCK_BIT PB1

#define LED_ERROR_PORT PORTB
#define LED_ERROR_DDR DDRB
#define LED_ERROR_BIT PB0
#define LED_PORT PORTD /* the other three */
#define LED_DDR DDRD
#define LED_PROGRAMMING_BIT PD7
#define LED_READY_BIT PD6
#define LED_VERIFY_BIT PD5

#define DEBUG_PORT PORTD
#define DEBUG_DDR DDRD
#define DEBUG_BIT PD4
#define DEBUG_BAUD 115200UL

#define CAREFUL_PORT PORTD
#define CAREFUL_PIN PIND
#define CAREFUL_BIT PD2

#endif
