/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "harness/hosts/stk500v2_link.h"

#include "harness/serial/serial_line.h"

#define FIRST_BYTE_PS (5 * SIM_S) /* avrdude's silence limit */
#define ANSWER_PS (2 * SIM_S)     /* from asking to the last byte, once a byte has come */
#define DRAIN_PS (250 * SIM_MS)
#define RETRIES 5

/* Hunts for a message with the expected sequence number, as avrdude does; then collects it. */
static void on_byte(void *ctx, uint8_t value, sim_time at_ps)
{
    struct stk500v2_link *h = ctx;
    size_t whole;
    uint8_t sum = 0;

    (void)at_ps;
    if (h->state != STK500V2_WAITS) {
        return;
    }
    h->rx[h->n_rx++] = value;
    if (h->rx[0] != STK_MESSAGE_START || (h->n_rx > 1 && h->rx[1] != h->seq) ||
        (h->n_rx > 4 && h->rx[4] != STK_TOKEN)) {
        h->n_rx = 0;
        return;
    }
    if (h->n_rx < 5) {
        return;
    }
    whole = (size_t)(h->rx[2] << 8 | h->rx[3]) + 6;
    if (whole > STK500V2_MAX_ANSWER) {
        h->state = STK500V2_BROKEN;
        return;
    }
    if (h->n_rx < whole) {
        return;
    }
    for (size_t i = 0; i < whole; i++) {
        sum ^= h->rx[i];
    }
    h->state = sum ? STK500V2_BROKEN : STK500V2_DONE;
}

static void send(struct stk500v2_link *h, const uint8_t *body, size_t n)
{
    const uint8_t head[5] = { STK_MESSAGE_START, h->seq, (uint8_t)(n >> 8), (uint8_t)n, STK_TOKEN };
    uint8_t sum = 0;

    for (size_t i = 0; i < 5; i++) {
        sum ^= head[i];
    }
    for (size_t i = 0; i < n; i++) {
        sum ^= body[i];
    }
    h->n_rx = 0;
    h->state = STK500V2_WAITS;
    serial_line_send(h->host.line, head, 5);
    serial_line_send(h->host.line, body, n);
    serial_line_send(h->host.line, &sum, 1);
}

enum heard { HEARD_ANSWER, HEARD_NOTHING, HEARD_RUBBISH, HEARD_FAULT };

/* Time passes until the answer is there. */
static enum heard receive(struct stk500v2_link *h, struct problem *err)
{
    sim_time waited = 0;

    while (h->state == STK500V2_WAITS) {
        sim_time most = h->n_rx ? ANSWER_PS : FIRST_BYTE_PS, took;
        bool sending = serial_line_pending(h->host.line);

        if (waited >= most) {
            return HEARD_NOTHING;
        }
        took = host_wait(&h->host, most - waited, err);
        if (!took) {
            return HEARD_FAULT;
        }
        if (!serial_line_pending(h->host.line)) { /* the clock runs from the end of what was sent */
            waited += sending ? HOST_SLICE_PS : took;
        }
    }
    if (waited > ANSWER_PS) { /* a first byte that late ends avrdude's wait too */
        return HEARD_NOTHING;
    }
    h->seq++;
    if (h->state == STK500V2_BROKEN || h->rx[5] == STK_ANSWER_CKSUM_ERROR) {
        return HEARD_RUBBISH;
    }
    return HEARD_ANSWER;
}

static bool sign_on(struct stk500v2_link *h, struct problem *err)
{
    static const uint8_t ask[1] = { STK_SIGN_ON };

    for (unsigned tries = 0; tries <= RETRIES; tries++) {
        send(h, ask, 1);
        switch (receive(h, err)) {
        case HEARD_FAULT: return false;
        case HEARD_ANSWER:
            if (h->rx[5] == STK_SIGN_ON && h->rx[6] == STK_CMD_OK) {
                return true;
            }
            problem_set(err, "cannot communicate with device: resp=0x%02x", h->rx[5]);
            break;
        case HEARD_NOTHING: problem_set(err, "timeout communicating with programmer"); break;
        case HEARD_RUBBISH: problem_set(err, "unable to communicate with programmer"); break;
        }
    }
    return false;
}

/* Answers that matter follow the status: body[2..]. */
bool stk500v2_command(struct stk500v2_link *h, const uint8_t *body, size_t n, struct problem *err)
{
    for (unsigned tries = 0; tries <= RETRIES; tries++) {
        send(h, body, n);
        switch (receive(h, err)) {
        case HEARD_FAULT: return false;
        case HEARD_ANSWER:
            switch (h->rx[6]) {
            case STK_CMD_OK: return true;
            case STK_CMD_TOUT: return problem_set(err, "command 0x%02x: Command timed out", body[0]);
            case STK_RDY_BSY_TOUT:
                return problem_set(err, "command 0x%02x: Sampling of the RDY/nBSY pin timed out", body[0]);
            case STK_CMD_FAILED: return problem_set(err, "command 0x%02x: command failed", body[0]);
            case STK_CMD_UNKNOWN: return problem_set(err, "command 0x%02x: unknown command", body[0]);
            default: return problem_set(err, "command 0x%02x: unknown status 0x%02x", body[0], h->rx[6]);
            }
        default:
            if (!sign_on(h, err)) {
                return problem_prefix(err, "failed to execute command 0x%02x", body[0]);
            }
        }
    }
    return problem_set(err, "failed to execute command 0x%02x", body[0]);
}

/* Byte i of the answer's body. */
uint8_t stk500v2_answered(const struct stk500v2_link *h, size_t i)
{
    return h->rx[5 + i];
}

bool stk500v2_open(struct stk500v2_link *h, struct problem *err)
{
    host_open(&h->host, on_byte, h);
    h->state = STK500V2_BROKEN; /* what comes before the first question is drained */
    h->seq = 1;
    h->open = host_run(h->host.sim, DRAIN_PS, err) && sign_on(h, err) && host_run(h->host.sim, DRAIN_PS, err);
    return h->open;
}
