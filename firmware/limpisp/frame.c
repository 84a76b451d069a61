/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "frame.h"

enum { HUNT, SEQ, SIZE_HIGH, SIZE_LOW, TOKEN, BODY, SUM };

void frame_init(struct frame *f)
{
    frame_drop(f);
    f->size = f->got = 0;
    f->seq = 0;
}

void frame_drop(struct frame *f)
{
    f->state = HUNT;
}

enum frame_event frame_byte(struct frame *f, uint8_t byte)
{
    f->sum ^= byte;
    switch (f->state) {
    case SEQ:
        f->seq = byte;
        f->state = SIZE_HIGH;
        return FRAME_NOTHING;
    case SIZE_HIGH:
        f->size = (uint16_t)(byte << 8);
        f->state = SIZE_LOW;
        return FRAME_NOTHING;
    case SIZE_LOW:
        f->size |= byte;
        f->state = TOKEN;
        if (f->size == 0 || f->size > STK_MAX_BODY) {
            break;
        }
        return FRAME_NOTHING;
    case TOKEN:
        if (byte != STK_TOKEN) {
            break;
        }
        f->got = 0;
        f->state = BODY;
        return FRAME_NOTHING;
    case BODY:
        f->body[f->got++] = byte;
        if (f->got == f->size) {
            f->state = SUM;
        }
        return FRAME_NOTHING;
    case SUM: f->state = HUNT; return f->sum == 0 ? FRAME_COMMAND : FRAME_BAD_CHECKSUM;
    default: break;
    }
    /* no message, or no longer one: this byte may begin the next */
    f->state = HUNT;
    if (byte == STK_MESSAGE_START) {
        f->sum = byte;
        f->state = SEQ;
    }
    return FRAME_NOTHING;
}

void frame_answer(const struct frame *f, uint16_t size, void (*put)(uint8_t byte))
{
    const uint8_t head[] = {
        STK_MESSAGE_START, f->seq, (uint8_t)(size >> 8), (uint8_t)size, STK_TOKEN,
    };
    uint8_t sum = 0;

    for (uint8_t i = 0; i < sizeof head; i++) {
        put(head[i]);
        sum ^= head[i];
    }
    for (uint16_t i = 0; i < size; i++) {
        put(f->body[i]);
        sum ^= f->body[i];
    }
    put(sum);
}
