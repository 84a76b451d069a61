/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "harness/serial/turn_taking.h"

#include "protocols/stk500v1.h"
#include "protocols/stk500v2.h"

/* How long avrdude 7.1 waits for what does not come. */
#define DRAIN_PS (250 * SIM_MS)
#define SYNCS_DRAINED 2
#define URCLOCK_SYNC_PS (25 * SIM_MS)
#define URCLOCK_ANSWER_PS (500 * SIM_MS)

const struct turn_taking_limits turn_taking_limits_default = { 2 * SIM_MS, 100 * SIM_MS, 5 * SIM_S };

bool turn_taking_command_is_whole(enum turn_taking_protocol protocol, const uint8_t *b, size_t n)
{
    while (n) {
        size_t length = 0;
        if (protocol == TURN_TAKING_STK500V1) {
            length = stk500v1_command_length(b, n);
        } else if (protocol == TURN_TAKING_STK500V2 && b[0] == STK_MESSAGE_START) {
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

void turn_taking_init(struct turn_taking *t, enum turn_taking_protocol protocol,
                      const struct turn_taking_limits *limits)
{
    *t = (struct turn_taking){ .protocol = protocol, .limits = *limits };
}

/* Get Synchronization, and nothing else; urboot's autobaud may have another first byte. */
static bool is_sync(enum turn_taking_protocol protocol, const uint8_t *b, size_t n)
{
    return n == 2 && b[1] == STK1_CRC_EOP && (protocol == TURN_TAKING_URCLOCK || b[0] == STK1_GET_SYNC);
}

static sim_time patience_ps(struct turn_taking *t, const uint8_t *b, size_t n)
{
    bool sync = is_sync(t->protocol, b, n);
    if (t->protocol == TURN_TAKING_URCLOCK) {
        return sync ? URCLOCK_SYNC_PS : URCLOCK_ANSWER_PS;
    }
    t->syncs = sync ? t->syncs + 1 : 0;
    bool drains = t->protocol == TURN_TAKING_STK500V1 && sync && t->syncs <= SYNCS_DRAINED;
    return drains ? DRAIN_PS : t->limits.overdue_ps;
}

void turn_taking_asked(struct turn_taking *t, sim_time at_ps, const uint8_t *b, size_t n)
{
    t->programmer_has_word = true;
    t->last_ps = at_ps;
    t->got = 0;
    t->expected = 0;
    t->state = 0;
    t->overdue_ps = patience_ps(t, b, n);
    if (t->protocol == TURN_TAKING_URCLOCK && is_sync(t->protocol, b, n)) {
        t->expected = 2;
    }
    if (t->protocol != TURN_TAKING_STK500V1) {
        return;
    }
    while (n) {
        size_t length = stk500v1_command_length(b, n);
        if (!length || length > n || b[length - 1] != STK1_CRC_EOP) {
            t->expected = 0; /* not what we know: silence will tell */
            return;
        }
        t->expected += stk500v1_answer_length(b, n);
        b += length;
        n -= length;
    }
}

void turn_taking_line_busy(struct turn_taking *t, sim_time at_ps)
{
    t->last_ps = at_ps;
}

/* Start, sequence, size high, size low, token, body, checksum. */
static bool v2_message_ends(struct turn_taking *t, uint8_t byte)
{
    switch (t->state) {
    case 0: t->state = byte == STK_MESSAGE_START; return false;
    case 1: t->state = 2; return false;
    case 2:
        t->body = (uint16_t)(byte << 8);
        t->state = 3;
        return false;
    case 3:
        t->body |= byte;
        t->state = 4;
        return false;
    case 4: t->state = byte == STK_TOKEN ? 5 : 0; return false;
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
    if (t->protocol == TURN_TAKING_STK500V1 && t->got == 1 && byte == STK1_NOSYNC) {
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
    sim_time late = t->got ? t->limits.overdue_ps : t->overdue_ps;
    sim_time limit = must_come ? late : whole ? t->limits.quiet_whole_ps : t->limits.quiet_ps;
    if (now_ps - t->last_ps >= limit) {
        t->programmer_has_word = false;
    }
    return t->programmer_has_word;
}
