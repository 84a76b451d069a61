/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "harness/serial/turn_taking.h"

#include <string.h>

const struct turn_taking_limits turn_taking_limits_default = { 2 * SIM_MS, 100 * SIM_MS, 5 * SIM_S };

/* STK500 protocol, version 1: AVR061 "Commands". Lengths include Sync_CRC_EOP, and both ends of the answer. */
enum { EOP = 0x20, RESP_NOSYNC = 0x15 };

static const struct v1_command {
    uint8_t code, length, answer; /* length 0: the command tells it */
} v1_commands[] = {
    { 0x30, 2, 2 },  /* Get Synchronization */
    { 0x31, 2, 9 },  /* Get Sign On: "AVR STK" or "AVR ISP" */
    { 0x40, 4, 2 },  /* Set Parameter */
    { 0x41, 3, 3 },  /* Get Parameter */
    { 0x42, 22, 2 }, /* Set Device */
    { 0x45, 0, 2 },  /* Set Device Extended: its first byte counts itself and the rest */
    { 0x50, 2, 2 },  /* Enter Program Mode */
    { 0x51, 2, 2 },  /* Leave Program Mode */
    { 0x52, 2, 2 },  /* Chip Erase */
    { 0x53, 2, 2 },  /* Check Address Autoincrement */
    { 0x55, 4, 2 },  /* Load Address */
    { 0x56, 6, 3 },  /* Universal */
    { 0x60, 4, 2 },  /* Program Flash Memory */
    { 0x61, 3, 2 },  /* Program Data Memory */
    { 0x62, 4, 2 },  /* Program Fuse Bits */
    { 0x63, 3, 2 },  /* Program Lock Bits */
    { 0x64, 0, 2 },  /* Program Page: two bytes of length, memory type, data */
    { 0x65, 5, 2 },  /* Program Fuse Bits Extended */
    { 0x70, 2, 4 },  /* Read Flash Memory */
    { 0x71, 2, 3 },  /* Read Data Memory */
    { 0x72, 2, 4 },  /* Read Fuse Bits */
    { 0x73, 2, 3 },  /* Read Lock Bits */
    { 0x74, 5, 0 },  /* Read Page: as many bytes as asked for */
    { 0x75, 2, 5 },  /* Read Signature Bytes */
    { 0x76, 2, 3 },  /* Read Oscillator Calibration Byte */
};

/* Length of the command that begins here, 0: not known; *answer: bytes owed for it. */
static size_t v1_command(const uint8_t *b, size_t n, size_t *answer)
{
    for (size_t i = 0; i < sizeof v1_commands / sizeof v1_commands[0]; i++) {
        const struct v1_command *c = &v1_commands[i];
        if (c->code != b[0]) {
            continue;
        }
        *answer = c->answer;
        if (c->code == 0x74 && n >= 3) {
            *answer = 2u + (b[1] << 8 | b[2]);
        }
        if (c->length) {
            return c->length;
        }
        if (c->code == 0x64) {
            return n >= 3 ? 5u + (b[1] << 8 | b[2]) : 5;
        }
        return n >= 2 ? 2u + b[1] : 3;
    }
    return 0;
}

bool turn_taking_command_is_whole(enum turn_taking_protocol protocol, const uint8_t *b, size_t n)
{
    size_t answer;
    while (n) {
        size_t length = 0;
        if (protocol == TURN_TAKING_STK500V1) {
            length = v1_command(b, n, &answer);
        } else if (protocol == TURN_TAKING_STK500V2 && b[0] == 0x1B) {
            length = n >= 4 ? 6u + (b[2] << 8 | b[3]) : 6;
        }
        if (!length) {
            return true;
        }
        if (length > n) {
            return false;
        }
        b += length;
        n -= length;
    }
    return true;
}

void turn_taking_init(struct turn_taking *t, enum turn_taking_protocol protocol, const struct turn_taking_limits *limits)
{
    *t = (struct turn_taking){ .protocol = protocol, .limits = *limits };
}

enum turn_taking_protocol turn_taking_protocol_of(const char *name)
{
    static const struct {
        const char *name;
        enum turn_taking_protocol protocol;
    } known[] = { { "stk500v1", TURN_TAKING_STK500V1 }, { "arduino", TURN_TAKING_STK500V1 }, { "avrisp", TURN_TAKING_STK500V1 },
                  { "stk500v2", TURN_TAKING_STK500V2 }, { "wiring", TURN_TAKING_STK500V2 },  { "stk500", TURN_TAKING_STK500V2 } };
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        if (strcmp(known[i].name, name) == 0) {
            return known[i].protocol;
        }
    }
    return TURN_TAKING_ANY;
}

void turn_taking_asked(struct turn_taking *t, sim_time at_ps, const uint8_t *b, size_t n)
{
    t->programmer_has_word = true;
    t->last_ps = at_ps;
    t->got = 0;
    t->expected = 0;
    t->state = 0;
    if (t->protocol != TURN_TAKING_STK500V1) {
        return;
    }
    while (n) {
        size_t answer = 0, length = v1_command(b, n, &answer);
        if (!length || length > n || b[length - 1] != EOP) {
            t->expected = 0; /* not what we know: silence will tell */
            return;
        }
        t->expected += answer;
        b += length;
        n -= length;
    }
}

void turn_taking_line_busy(struct turn_taking *t, sim_time at_ps)
{
    t->last_ps = at_ps;
}

/* 0x1B, sequence, size high, size low, 0x0E, body, checksum. */
static bool v2_message_ends(struct turn_taking *t, uint8_t byte)
{
    switch (t->state) {
    case 0: t->state = byte == 0x1B; return false;
    case 1: t->state = 2; return false;
    case 2:
        t->body = (uint16_t)(byte << 8);
        t->state = 3;
        return false;
    case 3:
        t->body |= byte;
        t->state = 4;
        return false;
    case 4: t->state = byte == 0x0E ? 5 : 0; return false;
    default:
        if (t->body) {
            t->body--;
            return false;
        }
        t->state = 0;
        return true;
    }
}

void turn_taking_answered(struct turn_taking *t, sim_time at_ps, uint8_t byte)
{
    t->last_ps = at_ps;
    t->got++;
    if (t->protocol == TURN_TAKING_STK500V1 && t->got == 1 && byte == RESP_NOSYNC) {
        t->expected = 1;
    } else if (t->protocol == TURN_TAKING_STK500V2 && v2_message_ends(t, byte)) {
        t->expected = t->got;
    }
}

bool turn_taking_runs(struct turn_taking *t, sim_time now_ps)
{
    if (!t->programmer_has_word) {
        return false;
    }
    bool must_come = t->got == 0 || t->got < t->expected || (t->protocol == TURN_TAKING_STK500V2 && t->state > 0);
    bool whole = t->expected && t->got >= t->expected;
    sim_time limit = must_come ? t->limits.overdue_ps : whole ? t->limits.quiet_whole_ps : t->limits.quiet_ps;
    if (now_ps - t->last_ps >= limit) {
        t->programmer_has_word = false;
    }
    return t->programmer_has_word;
}
