/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * frame.h - STK500v2 messages: bytes in, bodies out, and back
 *
 *      1B  seq  size (2, MSB first)  0E  body[size]  xor of everything before
 *
 * What does not fit a header (a wrong token, a body of 0 or more than STK_MAX_BODY bytes) is dropped and the
 * next 1B is waited for. Nothing is stored outside body[]. The caller owns time: frame_drop() after a pause.
 */
#ifndef LIMPISP_FRAME_H
#define LIMPISP_FRAME_H

#include <stdbool.h>
#include <stdint.h>

#include "protocols/stk500v2.h"

enum frame_event {
    FRAME_NOTHING,
    FRAME_COMMAND,      /* body[0..size-1] is a command */
    FRAME_BAD_CHECKSUM, /* answer STK_ANSWER_CKSUM_ERROR twice */
};

struct frame {
    uint8_t body[STK_MAX_BODY];
    uint16_t size, got;
    uint8_t state, seq, sum;
};

void frame_init(struct frame *f);
/* Forgets a message that is only half there. */
void frame_drop(struct frame *f);
static inline bool frame_is_open(const struct frame *f)
{
    return f->state != 0;
}
enum frame_event frame_byte(struct frame *f, uint8_t byte);
/* Sends body[0..size-1] as the answer to the message received last. */
void frame_answer(const struct frame *f, uint16_t size, void (*put)(uint8_t byte));

#endif
