/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * hw.h - what limpisp asks of the board it runs on
 *
 * hw_avr.c answers for the Uno; the tests put a target model behind the same functions. An SCK rate is the
 * length of one SCK phase in CPU cycles of the programmer (16 MHz: 62.5 ns): 64 is 125 kHz. Up to 64 it is
 * rounded up to what the SPI hardware can do, above it SCK is made by software.
 */
#ifndef LIMPISP_HW_H
#define LIMPISP_HW_H

#include <stdbool.h>
#include <stdint.h>

#define HW_CK_PER_US 16
#define HW_HALF_MAX_HARDWARE 64 /* slowest phase of the SPI hardware */

enum hw_led { HW_LED_READY, HW_LED_PROGRAMMING, HW_LED_VERIFY, HW_LED_ERROR };

/* SCK and MOSI become low outputs, MISO an input with pull-up, RESET a low output. */
void hw_isp_take(void);
/* All four become plain inputs. */
void hw_isp_release(void);
void hw_reset_n(bool high);

void hw_spi_rate(uint16_t half_ck);
uint8_t hw_spi_byte(uint8_t out);
/* The rate that hw_spi_rate() really sets for half_ck. */
uint16_t hw_spi_rounded(uint16_t half_ck);

uint16_t hw_ms(void);         /* runs on, wraps at 2^16 */
void hw_wait_ms(uint16_t ms); /* at least */
void hw_wait_us(uint16_t us); /* at least */

void hw_led(enum hw_led led, bool on);
bool hw_careful_jumper(void); /* fitted? */
uint8_t hw_supply_dv(void);   /* supply, in 0.1 V; 0 = can't tell */

/* Recovery clock: half period in CPU cycles, 0 = off and the pin an input. */
void hw_clock_out(uint32_t half_ck);

void hw_debug_char(char c);

#endif
