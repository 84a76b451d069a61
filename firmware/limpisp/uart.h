/* SPDX-License-Identifier: GPL-3.0-or-later */
/* uart.h - the host's line: USART0, 115200 8N1, received by interrupt into a ring that drops what it can't hold */
#ifndef LIMPISP_UART_H
#define LIMPISP_UART_H

#include <stdint.h>

void uart_init(void);
int16_t uart_get(void); /* -1: nothing there */
/* Sleeps until the next interrupt, unless something is there. */
void uart_wait(void);
void uart_put(uint8_t byte);

#endif
