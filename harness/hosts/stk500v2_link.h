/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * stk500v2_link.h - STK500v2 messages to a programmer and back, with avrdude's patience and retries
 *
 * Whoever speaks the protocol begins with this struct: the serial mode's host (stk500v2.h) and the high-voltage ones
 * (stk500v2_hv.h). Errors are worded as avrdude words them.
 */
#ifndef HARNESS_HOSTS_STK500V2_LINK_H
#define HARNESS_HOSTS_STK500V2_LINK_H

#include "harness/hosts/host.h"
#include "protocols/stk500v2.h"

#define STK500V2_MAX_ANSWER (STK_MAX_BODY + 6)

struct stk500v2_link {
    struct host host;
    bool open;
    uint8_t seq;
    /* the answer being received */
    uint8_t rx[STK500V2_MAX_ANSWER];
    size_t n_rx;
    enum { STK500V2_WAITS, STK500V2_DONE, STK500V2_BROKEN } state;
};

/* Opens the port and signs on. */
bool stk500v2_open(struct stk500v2_link *h, struct problem *err);
/* Sends a body and awaits its answer; false and err: no answer, or not STK_CMD_OK. */
bool stk500v2_command(struct stk500v2_link *h, const uint8_t *body, size_t n, struct problem *err);
/* Byte i of the answer's body: 0 the command, 1 its status. */
uint8_t stk500v2_answered(const struct stk500v2_link *h, size_t i);

#endif
