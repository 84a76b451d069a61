/* SPDX-License-Identifier: GPL-3.0-or-later */
/* main.c - limphv: a high-voltage programmer for an Arduino Uno, behind avrdude -c stk500pp and -c stk500hvsp */
#include <avr/interrupt.h>

#include "board.h"
#include "commands.h"
#include "firmware/limpisp/frame.h"
#include "firmware/limpisp/uart.h"
#include "hv.h"

#define TICKS_PER_S (F_CPU / 64 / 256)
#define BYTE_GAP_S 1
#define SILENCE_S 20 /* a host that is so long silent has vanished: no 12 V without it */

static volatile uint8_t seconds;

ISR(TIMER0_OVF_vect)
{
    static uint16_t ticks;

    if (++ticks == TICKS_PER_S) {
        ticks = 0;
        seconds++;
    }
}

/* With BS2 on the receiver's pin it listens between commands only; the UART gives the pin back when it does not. */
static void listen(bool yes)
{
#ifdef LIMPHV_RDY
    if (yes) {
        BS2_DDR &= (uint8_t)~_BV(BS2_BIT);
        BS2_PORT &= (uint8_t)~_BV(BS2_BIT);
        UCSR0B |= _BV(RXEN0);
    } else {
        UCSR0B &= (uint8_t)~_BV(RXEN0);
        if (hv_is_on()) {
            BS2_DDR |= _BV(BS2_BIT);
        }
    }
#else
    (void)yes;
#endif
}

static void answer(struct frame *frame)
{
    listen(false);
    uint16_t size = commands_run(frame->body, frame->size);
    listen(true);
    frame_answer(frame, size, uart_put);
}

int main(void)
{
    static struct frame frame;
    uint8_t heard_s = 0;

    hv_init();
    uart_init();
    frame_init(&frame);
    TCCR0B = _BV(CS01) | _BV(CS00); /* /64 */
    TIMSK0 = _BV(TOIE0);
    sei();

    for (;;) {
        int16_t byte = uart_get();

        if (byte < 0) {
            uint8_t silent_s = (uint8_t)(seconds - heard_s);

            if (frame_is_open(&frame) && silent_s > BYTE_GAP_S) {
                frame_drop(&frame);
            }
            if (hv_is_on() && silent_s > SILENCE_S) {
                hv_leave();
            }
            uart_wait();
            continue;
        }
        heard_s = seconds;
        switch (frame_byte(&frame, (uint8_t)byte)) {
        case FRAME_COMMAND:
            answer(&frame);
            heard_s = seconds;
            break;
        case FRAME_BAD_CHECKSUM:
            frame.body[0] = frame.body[1] = STK_ANSWER_CKSUM_ERROR;
            frame_answer(&frame, 2, uart_put);
            break;
        case FRAME_NOTHING: break;
        }
    }
}
