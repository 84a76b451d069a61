/* SPDX-License-Identifier: GPL-3.0-or-later */
/* reply.h - what a thread gets for its question, before it goes into its channel (preload/protocol.h) */
#ifndef HARNESS_EXEC_REPLY_H
#define HARNESS_EXEC_REPLY_H

#include <stddef.h>
#include <stdint.h>

struct reply {
    int64_t result;
    int error, signal;
    unsigned timer; /* whose signal it is */
    const void *data;
    size_t n_data;
    int peek_handle, room_handle; /* -1 */
    const uint8_t *peek;
    size_t n_peek, room;
};

#endif
