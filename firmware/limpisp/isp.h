/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * isp.h - the target at the other end of SCK, MOSI, MISO and RESET
 *
 * Every instruction is checked by its echo: the port returns each byte one byte later (application note AVR910),
 * so MISO byte 2 is MOSI byte 1, byte 3 is byte 2, and byte 1 is byte 4 of the instruction before. An echo that
 * is wrong says at once that target and programmer are out of step.
 */
#ifndef LIMPISP_ISP_H
#define LIMPISP_ISP_H

#include <stdbool.h>
#include <stdint.h>

struct isp_entry { /* of CMD_ENTER_PROGMODE_ISP */
    uint8_t stab_ms, cmdexe_ms, synch_loops, byte_ms;
    uint8_t poll_value, poll_index; /* index 0: nothing to check */
    uint8_t cmd[4];
};

enum isp_outcome {
    ISP_NO_SYNC,  /* no poll value in the echo */
    ISP_UNSTABLE, /* the echo was there, but the signature does not read the same each time */
    ISP_GOOD,
};

/* An AVR answers 53 in byte 3; other families are not checked beyond their poll value. */
bool isp_is_avr(const struct isp_entry *e);

/* Pins taken, RESET low, SCK low. */
void isp_take(void);
/*
 * RESET pulse, 20 ms, Programming Enable and its check, at this rate: its echo, and 1 to ISP_MAX_PASSES reads of the
 * signature, each with another pattern to echo. The pins must be taken.
 */
#define ISP_MAX_PASSES 3
enum isp_outcome isp_try(const struct isp_entry *e, uint16_t half_ck, uint8_t passes);
/* RESET high, then all pins open. */
void isp_release(void);

/* False: the echo is wrong. in[] holds what came in any case. */
bool isp_instruction(const uint8_t out[4], uint8_t in[4]);
/* One byte of an instruction that the host makes up itself: no check. */
uint8_t isp_raw_byte(uint8_t out);

enum isp_ready { ISP_READY, ISP_BUSY, ISP_LOST };
/* Polls RDY/BSY for up to limit_ms, at least three times. */
enum isp_ready isp_wait_ready(uint16_t limit_ms);

#endif
