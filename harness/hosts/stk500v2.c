/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "harness/hosts/stk500v2.h"

#include "harness/hosts/avrdude_part.h"
#include "harness/hosts/isp_algorithm.h"
#include "protocols/stk500v2.h"
#include "sim/memory.h"

#include <stdlib.h>
#include <string.h>

#define FIRST_BYTE_PS (5 * SIM_S) /* avrdude's silence limit */
#define ANSWER_PS (2 * SIM_S)     /* from asking to the last byte, once a byte has come */
#define DRAIN_PS (250 * SIM_MS)
#define RETRIES 5
#define MAX_ANSWER (STK_MAX_BODY + 6)

struct stk500v2 {
    struct host host;
    struct host_settings settings;
    const struct avrdude_part *avrdude;
    bool open;
    uint8_t seq;
    /* the answer being received */
    uint8_t rx[MAX_ANSWER];
    size_t n_rx;
    enum { RX_WAITS, RX_DONE, RX_BROKEN } state;
};

/* ---- messages ---- */

/* Hunts for a message with the expected sequence number, as avrdude does; then collects it. */
static void on_byte(void *ctx, uint8_t value, sim_time at_ps)
{
    struct stk500v2 *h = ctx;
    size_t whole;
    uint8_t sum = 0;

    (void)at_ps;
    if (h->state != RX_WAITS) {
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
    if (whole > MAX_ANSWER) {
        h->state = RX_BROKEN;
        return;
    }
    if (h->n_rx < whole) {
        return;
    }
    for (size_t i = 0; i < whole; i++) {
        sum ^= h->rx[i];
    }
    h->state = sum ? RX_BROKEN : RX_DONE;
}

static void send(struct stk500v2 *h, const uint8_t *body, size_t n)
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
    h->state = RX_WAITS;
    serial_line_send(h->host.line, head, 5);
    serial_line_send(h->host.line, body, n);
    serial_line_send(h->host.line, &sum, 1);
}

enum heard { HEARD_ANSWER, HEARD_NOTHING, HEARD_RUBBISH, HEARD_FAULT };

/* Time passes until the answer is there. */
static enum heard receive(struct stk500v2 *h, struct problem *err)
{
    sim_time waited = 0;

    while (h->state == RX_WAITS) {
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
    if (h->state == RX_BROKEN || h->rx[5] == STK_ANSWER_CKSUM_ERROR) {
        return HEARD_RUBBISH;
    }
    return HEARD_ANSWER;
}

static bool sign_on(struct stk500v2 *h, struct problem *err)
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
static bool command(struct stk500v2 *h, const uint8_t *body, size_t n, struct problem *err)
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
static uint8_t answered(const struct stk500v2 *h, size_t i)
{
    return h->rx[5 + i];
}

static bool set_parameter(struct stk500v2 *h, uint8_t which, uint8_t value, struct problem *err)
{
    const uint8_t ask[3] = { STK_SET_PARAMETER, which, value };

    return command(h, ask, 3, err);
}

/* ---- opening and entering ---- */

uint8_t host_stk500v2_sck_duration(uint64_t period_ps)
{
    static const uint32_t fixed_hz[] = { 1843200, 460800, 115200, 57600 };
    double n;

    for (uint8_t i = 0; i < 4; i++) {
        if ((double)period_ps * fixed_hz[i] <= 1e12) {
            return i;
        }
    }
    n = (double)period_ps * STK_XTAL_HZ / 24e12 - 10 / 12.0;
    if (n > 254) {
        return 254;
    }
    return (uint8_t)n < n ? (uint8_t)(n + 1) : (uint8_t)n;
}

void host_stk500v2_oscillator(uint32_t f_hz, uint8_t *pscale, uint8_t *cmatch)
{
    static const uint16_t prescale[8] = { 0, 1, 8, 32, 64, 128, 256, 1024 };

    *pscale = *cmatch = 0;
    for (uint8_t i = 1; f_hz && i < 8; i++) {
        uint32_t counts = STK_XTAL_HZ / 2 / prescale[i] / f_hz;

        *pscale = i;
        *cmatch = (uint8_t)(counts > 256 ? 255 : counts ? counts - 1 : 0);
        if (counts <= 256) {
            return;
        }
    }
}

static bool open_port(struct stk500v2 *h, struct problem *err)
{
    const struct host_settings *o = &h->settings;
    uint8_t pscale, cmatch;

    host_open(&h->host, on_byte, h);
    h->state = RX_BROKEN; /* what comes before the first question is drained */
    h->seq = 1;
    if (!host_run(h->host.sim, DRAIN_PS, err) || !sign_on(h, err) || !host_run(h->host.sim, DRAIN_PS, err)) {
        return false;
    }
    h->open = true;
    if (o->sck_period_ps) {
        static const uint8_t ask[2] = { STK_GET_PARAMETER, STK_SCK_DURATION };
        uint8_t duration = host_stk500v2_sck_duration(o->sck_period_ps);

        if (!command(h, ask, 2, err)) {
            return false;
        }
        if (answered(h, 2) != duration && !set_parameter(h, STK_SCK_DURATION, duration, err)) {
            return false;
        }
    }
    if (o->clock_given) {
        host_stk500v2_oscillator(o->clock_hz, &pscale, &cmatch);
        if (!set_parameter(h, STK_OSC_PSCALE, pscale, err) ||
            (pscale && !set_parameter(h, STK_OSC_CMATCH, cmatch, err))) {
            return false;
        }
    }
    return !o->careful || set_parameter(h, STK_LIMPISP_CAREFUL, 1, err);
}

static bool initialize(struct stk500v2 *h, struct problem *err)
{
    static const uint8_t ask[12] = { STK_ENTER_PROGMODE_ISP, 200, 100, 25, 32, 0, 0x53, 3, 0xac, 0x53, 0, 0 };
    struct problem ignored;

    set_parameter(h, STK_RESET_POLARITY, 1, &ignored); /* avrdude doesn't mind a refusal */
    return command(h, ask, 12, err) || problem_prefix(err, "initialization failed, rc=-1");
}

static bool enter(void *ctx, struct problem *err)
{
    struct stk500v2 *h = ctx;

    return (h->open || open_port(h, err)) && initialize(h, err);
}

static bool leave(void *ctx, struct problem *err)
{
    struct stk500v2 *h = ctx;
    static const uint8_t ask[3] = { STK_LEAVE_PROGMODE_ISP, 1, 1 };

    h->open = false;
    return command(h, ask, 3, err) || problem_prefix(err, "unable to leave programming mode");
}

/* ---- instructions ---- */

static bool spi(void *ctx, const uint8_t out[4], uint8_t answer[4], struct problem *err)
{
    struct stk500v2 *h = ctx;
    const uint8_t ask[8] = { STK_SPI_MULTI, 4, 4, 0, out[0], out[1], out[2], out[3] };

    if (!command(h, ask, 8, err)) {
        return false;
    }
    for (unsigned i = 0; i < 4; i++) {
        answer[i] = answered(h, 2 + i);
    }
    return true;
}

/* One of the commands that read a byte with an instruction. */
static bool read_by(struct stk500v2 *h, uint8_t cmd, enum isp_op op, uint32_t at, uint8_t *value, struct problem *err)
{
    uint8_t ask[6] = { cmd, 4 };

    if (!isp_encode(h->host.part, op, false, at, 0, ask + 2)) {
        return problem_set(err, "the %s has no instruction for this", h->host.part->title);
    }
    if (!command(h, ask, 6, err)) {
        return false;
    }
    *value = answered(h, 2);
    return true;
}

static bool signature(void *ctx, uint8_t sig[3], struct problem *err)
{
    for (unsigned i = 0; i < 3; i++) {
        if (!read_by(ctx, STK_READ_SIGNATURE_ISP, ISP_READ_SIGNATURE, i, &sig[i], err)) {
            return problem_prefix(err, "signature");
        }
    }
    return true;
}

static bool erase(void *ctx, struct problem *err)
{
    struct stk500v2 *h = ctx;
    uint8_t ask[7] = { STK_CHIP_ERASE_ISP, h->avrdude->erase_ms, 0 };

    isp_encode(h->host.part, ISP_CHIP_ERASE, false, 0, 0, ask + 3);
    return command(h, ask, 7, err) && host_run(h->host.sim, h->host.part->t_wd_erase_us * SIM_US, err) &&
           initialize(h, err);
}

static bool read_fuse(void *ctx, enum prog_fuse f, uint8_t *value, struct problem *err)
{
    static const enum isp_op ops[] = { ISP_READ_LFUSE, ISP_READ_HFUSE, ISP_READ_EFUSE, ISP_READ_LOCK };

    return read_by(ctx, f == PROG_LOCK ? STK_READ_LOCK_ISP : STK_READ_FUSE_ISP, ops[f], 0, value, err) ||
           problem_prefix(err, "%s", prog_fuse_name(f));
}

static bool write_fuse(void *ctx, enum prog_fuse f, uint8_t value, struct problem *err)
{
    struct stk500v2 *h = ctx;
    uint8_t ask[5] = { f == PROG_LOCK ? STK_PROGRAM_LOCK_ISP : STK_PROGRAM_FUSE_ISP };

    if (!isp_encode_fuse(h->host.part, f, value, ask + 1)) {
        return problem_set(err, "the %s has no %s", h->host.part->title, prog_fuse_name(f));
    }
    return command(h, ask, 5, err) || problem_prefix(err, "%s", prog_fuse_name(f));
}

/* ---- memories: a LOAD_ADDRESS and a command for each page ---- */

static size_t block_bytes(const struct part *p, enum prog_memory m)
{
    return m == PROG_FLASH ? p->flash_page_bytes : p->eeprom_page_bytes ? p->eeprom_page_bytes : 4;
}

static bool load_address(struct stk500v2 *h, enum prog_memory m, uint32_t at, struct problem *err)
{
    uint32_t a = m == PROG_FLASH ? at / 2 : at;
    const uint8_t ask[5] = { STK_LOAD_ADDRESS, (uint8_t)(a >> 24), (uint8_t)(a >> 16), (uint8_t)(a >> 8), (uint8_t)a };

    return command(h, ask, 5, err);
}

static bool read_block(struct stk500v2 *h, enum prog_memory m, uint32_t at, size_t size, uint8_t *to,
                       struct problem *err)
{
    const uint8_t ask[4] = { m == PROG_FLASH ? STK_READ_FLASH_ISP : STK_READ_EEPROM_ISP, (uint8_t)(size >> 8),
                             (uint8_t)size, m == PROG_FLASH ? 0x20 : 0xa0 };

    if (!load_address(h, m, at, err) || !command(h, ask, 4, err)) {
        return problem_prefix(err, "%s at 0x%04x", prog_memory_name(m), at);
    }
    memcpy(to, h->rx + 7, size);
    return true;
}

static bool read_memory(void *ctx, enum prog_memory m, uint32_t at, uint8_t *to, size_t n, struct problem *err)
{
    struct stk500v2 *h = ctx;
    size_t size = block_bytes(h->host.part, m);
    uint32_t skip = (uint32_t)(at % size);
    uint8_t block[256];

    for (at -= skip; n; at += (uint32_t)size) { /* whole blocks, as avrdude reads */
        size_t part = size - skip < n ? size - skip : n;

        if (!read_block(h, m, at, size, block, err)) {
            return false;
        }
        memcpy(to, block + skip, part);
        to += part;
        n -= part;
        skip = 0;
    }
    return true;
}

static bool write_block(struct stk500v2 *h, enum prog_memory m, uint32_t at, const uint8_t *from, size_t size,
                        struct problem *err)
{
    const struct avrdude_part *d = h->avrdude;
    bool flash = m == PROG_FLASH;
    bool by_page = (flash ? d->flash_mode : d->eeprom_mode) & STK_MODE_PAGE;
    uint8_t ask[10 + 256] = {
        flash ? STK_PROGRAM_FLASH_ISP : STK_PROGRAM_EEPROM_ISP,
        (uint8_t)(size >> 8),
        (uint8_t)size,
        (uint8_t)((flash ? d->flash_mode : d->eeprom_mode) | STK_MODE_WRITE_PAGE),
        flash ? d->flash_delay_ms : d->eeprom_delay_ms,
        flash     ? 0x40
        : by_page ? 0xc1
                  : 0xc0,
        flash     ? 0x4c
        : by_page ? 0xc2
                  : 0x00,
        flash ? 0x20 : 0xa0,
        0xff,
        flash ? d->flash_poll2 : 0xff,
    };

    memcpy(ask + 10, from, size);
    return (load_address(h, m, at, err) && command(h, ask, 10 + size, err)) ||
           problem_prefix(err, "%s at 0x%04x", prog_memory_name(m), at);
}

/* Pages that the data fills only in part are read first, all of them, and written whole, as avrdude does. */
static bool write_memory(void *ctx, enum prog_memory m, uint32_t at, const uint8_t *from, size_t n, struct problem *err)
{
    struct stk500v2 *h = ctx;
    size_t size = block_bytes(h->host.part, m);
    uint32_t first = at - (uint32_t)(at % size), end = at + (uint32_t)n;
    uint32_t whole_end = end + (uint32_t)((size - end % size) % size);
    uint8_t *whole = memory_zeroed(whole_end - first, 1);
    bool ok = true;

    if (at != first) {
        ok = read_block(h, m, first, size, whole, err);
    }
    if (ok && end != whole_end && (at == first || whole_end - size != first)) {
        ok = read_block(h, m, whole_end - (uint32_t)size, size, whole + (whole_end - size - first), err);
    }
    memcpy(whole + (at - first), from, n);
    for (uint32_t page = first; ok && page < whole_end; page += (uint32_t)size) {
        ok = write_block(h, m, page, whole + (page - first), size, err);
    }
    free(whole);
    return ok;
}

static void abandon(void *ctx)
{
    struct stk500v2 *h = ctx;

    h->open = false;
}

static const struct programmer_ops ops = {
    .name = "stk500v2",
    .enter = enter,
    .leave = leave,
    .signature = signature,
    .erase = erase,
    .read = read_memory,
    .write = write_memory,
    .read_fuse = read_fuse,
    .write_fuse = write_fuse,
    .spi = spi,
    .abandon = abandon,
    .free = free,
};

struct programmer host_stk500v2_new(const struct host *host, const struct host_settings *settings)
{
    struct stk500v2 *h = memory_zeroed(1, sizeof *h);

    h->host = *host;
    h->settings = *settings;
    h->avrdude = avrdude_part_of(host->part);
    h->state = RX_BROKEN;
    return (struct programmer){ &ops, h };
}
