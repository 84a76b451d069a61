/* SPDX-License-Identifier: GPL-3.0-or-later */
/* main.c - limpisp: an ISP programmer for an Arduino Uno that reaches slow and clockless AVRs */
#include "commands.h"
#include "debug.h"
#include "frame.h"
#include "hw.h"
#include "hw_avr.h"
#include "uart.h"

#define BYTE_GAP_MS 1000 /* longest pause inside a message */

int main(void)
{
    static struct frame frame;
    uint16_t heard_ms;

    hw_init();
    uart_init();
    frame_init(&frame);
    commands_init();
    hw_led(HW_LED_READY, true);
    debug_text(PSTR("limpisp"));
    debug_end();
    heard_ms = hw_ms();

    for (;;) {
        int16_t byte = uart_get();
        uint16_t silent_ms;

        if (byte >= 0) {
            heard_ms = hw_ms();
            switch (frame_byte(&frame, (uint8_t)byte)) {
            case FRAME_COMMAND:
                frame_answer(&frame, commands_run(frame.body, frame.size), uart_put);
                heard_ms = hw_ms();
                break;
            case FRAME_BAD_CHECKSUM:
                frame.body[0] = frame.body[1] = STK_ANSWER_CKSUM_ERROR;
                frame_answer(&frame, 2, uart_put);
                break;
            case FRAME_NOTHING: break;
            }
            continue;
        }
        silent_ms = (uint16_t)(hw_ms() - heard_ms);
        if (frame_is_open(&frame) && silent_ms > BYTE_GAP_MS) {
            frame_drop(&frame);
        }
        if (silent_ms > COMMANDS_IDLE_MS) {
            commands_host_is_silent();
            heard_ms = hw_ms();
        }
        uart_wait();
    }
}
