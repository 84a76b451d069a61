/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "protocols/stk500v1.h"

#define TOLD_BY_COMMAND 0

static const struct row {
    uint8_t code, command, answer; /* lengths */
} rows[] = {
    { STK1_GET_SYNC, 2, 2 },
    { STK1_GET_SIGN_ON, 2, 9 }, /* "AVR STK" or "AVR ISP" */
    { STK1_SET_PARAMETER, 4, 2 },
    { STK1_GET_PARAMETER, 3, 3 },
    { STK1_SET_DEVICE, 22, 2 },
    { STK1_SET_DEVICE_EXT, TOLD_BY_COMMAND, 2 },
    { STK1_ENTER_PROGMODE, 2, 2 },
    { STK1_LEAVE_PROGMODE, 2, 2 },
    { STK1_CHIP_ERASE, 2, 2 },
    { STK1_CHECK_AUTOINC, 2, 2 },
    { STK1_LOAD_ADDRESS, 4, 2 },
    { STK1_UNIVERSAL, 6, 3 },
    { STK1_PROG_FLASH, 4, 2 },
    { STK1_PROG_DATA, 3, 2 },
    { STK1_PROG_FUSE, 4, 2 },
    { STK1_PROG_LOCK, 3, 2 },
    { STK1_PROG_PAGE, TOLD_BY_COMMAND, 2 },
    { STK1_PROG_FUSE_EXT, 5, 2 },
    { STK1_READ_FLASH, 2, 4 },
    { STK1_READ_DATA, 2, 3 },
    { STK1_READ_FUSE, 2, 4 },
    { STK1_READ_LOCK, 2, 3 },
    { STK1_READ_PAGE, 5, TOLD_BY_COMMAND },
    { STK1_READ_SIGN, 2, 5 },
    { STK1_READ_OSCCAL, 2, 3 },
};

static const struct row *find(uint8_t code)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (rows[i].code == code) {
            return &rows[i];
        }
    }
    return NULL;
}

/* Of PROG_PAGE and READ_PAGE: the two bytes after the code; 0 until both are there. */
static size_t block_size(const uint8_t *bytes, size_t n)
{
    return n >= 3 ? (size_t)bytes[1] << 8 | bytes[2] : 0;
}

size_t stk500v1_command_length(const uint8_t *bytes, size_t n)
{
    const struct row *r = n ? find(bytes[0]) : NULL;

    if (!r) {
        return 0;
    }
    switch (r->code) {
    case STK1_PROG_PAGE: return 5 + block_size(bytes, n);
    case STK1_SET_DEVICE_EXT: return n >= 2 ? 2u + bytes[1] : 3; /* its first byte counts itself and the rest */
    default: return r->command;
    }
}

size_t stk500v1_answer_length(const uint8_t *bytes, size_t n)
{
    const struct row *r = n ? find(bytes[0]) : NULL;

    if (r && r->code == STK1_READ_PAGE) {
        return n >= 3 ? 2 + block_size(bytes, n) : 0;
    }
    return r ? r->answer : 0;
}
