/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "harness/hosts/stk500v1.h"

#include "harness/hosts/avrdude_part.h"
#include "harness/hosts/isp_algorithm.h"
#include "protocols/stk500v1.h"
#include "sim/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RX_BYTES 4096
#define RECV_PS (5 * SIM_S)     /* silence after which avrdude gives up on an answer */
#define DRAIN_PS (250 * SIM_MS) /* silence that ends a drain */
#define SYNC_ATTEMPTS 10
#define COMMAND_TRIES 33

struct stk500v1 {
    struct isp_wire wire; /* UNIVERSAL commands; first: isp_algorithm.h */
    struct host host;
    bool open;
    bool eeprom_by_bytes; /* LOAD_ADDRESS for the EEPROM counts bytes, not words */
    bool impatient;       /* host.h */
    uint8_t rx[RX_BYTES];
    size_t n_rx;
};

/* ---- bytes ---- */

static void on_byte(void *ctx, uint8_t value, sim_time at_ps)
{
    struct stk500v1 *h = ctx;

    (void)at_ps;
    if (h->n_rx < RX_BYTES) { /* the adapter's buffer: what a full one gets is lost */
        h->rx[h->n_rx++] = value;
    }
}

static void send(struct stk500v1 *h, const uint8_t *bytes, size_t n)
{
    serial_line_send(h->host.line, bytes, n);
}

/* Time passes until n bytes are there or none has come for limit_ps. False: time-out, or the board stopped. */
static bool recv_bytes(struct stk500v1 *h, uint8_t *to, size_t n, struct problem *err)
{
    sim_time silent = 0;
    size_t had = h->n_rx;

    while (h->n_rx < n) {
        if (silent >= RECV_PS) {
            return problem_set(err, "programmer is not responding");
        }
        bool sending = serial_line_pending(h->host.line);
        sim_time waited = host_wait(&h->host, RECV_PS - silent, err);

        if (!waited) {
            return false;
        }
        silent = sending ? HOST_SLICE_PS : silent + waited;
        if (h->n_rx != had || serial_line_pending(h->host.line)) { /* the clock runs from the end of what was sent */
            silent = 0;
        }
        had = h->n_rx;
    }
    memcpy(to, h->rx, n);
    h->n_rx -= n;
    memmove(h->rx, h->rx + n, h->n_rx);
    return true;
}

static bool drain(struct stk500v1 *h, struct problem *err)
{
    sim_time silent = 0;

    while (silent < DRAIN_PS) {
        h->n_rx = 0;
        sim_time waited = host_wait(&h->host, DRAIN_PS - silent, err);

        if (!waited) {
            return false;
        }
        silent = h->n_rx ? 0 : silent + waited;
    }
    h->n_rx = 0;
    return true;
}

/* ---- commands ---- */

static bool get_sync(struct stk500v1 *h, struct problem *err)
{
    static const uint8_t ask[2] = { STK1_GET_SYNC, STK1_CRC_EOP };
    uint8_t answer = 0;

    send(h, ask, 2);
    if (!drain(h, err)) {
        return false;
    }
    send(h, ask, 2);
    if (!drain(h, err)) {
        return false;
    }
    for (unsigned i = 0;; i++) {
        if (i == SYNC_ATTEMPTS) {
            struct problem ignored;

            drain(h, &ignored);
            return problem_set(err, "attempt %u of %u: not in sync: resp=0x%02x", i, SYNC_ATTEMPTS, answer);
        }
        send(h, ask, 2);
        answer = 0;
        if (recv_bytes(h, &answer, 1, err) && answer == STK1_INSYNC) {
            break;
        }
        if (h->host.sim->fault[0]) {
            return false;
        }
    }
    if (!recv_bytes(h, &answer, 1, err)) {
        return false;
    }
    return answer == STK1_OK || problem_set(err, "cannot communicate with device: resp=0x%02x", answer);
}

/* Sends a command and takes INSYNC, n_data bytes and OK; NOSYNC means sync again and repeat, as avrdude does. */
static bool command(struct stk500v1 *h, const uint8_t *bytes, size_t n, uint8_t *data, size_t n_data,
                    struct problem *err)
{
    uint8_t r;

    for (unsigned tries = 1;; tries++) {
        send(h, bytes, n);
        if (!recv_bytes(h, &r, 1, err)) {
            return false;
        }
        if (r != STK1_NOSYNC) {
            break;
        }
        if (tries > COMMAND_TRIES) {
            return problem_set(err, "cannot get into sync");
        }
        if (!get_sync(h, err)) {
            return false;
        }
    }
    if (r != STK1_INSYNC) {
        return problem_set(err, "protocol expects sync byte 0x%02x but got 0x%02x", STK1_INSYNC, r);
    }
    if (n_data && !recv_bytes(h, data, n_data, err)) {
        return false;
    }
    if (!recv_bytes(h, &r, 1, err)) {
        return false;
    }
    if (r == STK1_OK) {
        return true;
    }
    if (bytes[0] == STK1_ENTER_PROGMODE && r == STK1_NODEVICE) {
        return problem_set(err, "no device");
    }
    if (bytes[0] == STK1_ENTER_PROGMODE && r == STK1_FAILED) {
        return problem_set(err, "unable to enter programming mode");
    }
    return problem_set(err, "protocol expects OK byte 0x%02x but got 0x%02x", STK1_OK, r);
}

static bool get_parameter(struct stk500v1 *h, uint8_t which, uint8_t *value, struct problem *err)
{
    const uint8_t ask[3] = { STK1_GET_PARAMETER, which, STK1_CRC_EOP };

    return command(h, ask, 3, value, 1, err);
}

static bool universal(void *ctx, const uint8_t out[4], uint8_t answer[4], struct problem *err)
{
    struct stk500v1 *h = ctx;
    const uint8_t ask[6] = { STK1_UNIVERSAL, out[0], out[1], out[2], out[3], STK1_CRC_EOP };

    /* only the last byte comes back; the others are the pipeline's echo, as avrdude assumes */
    memcpy(answer, out + 1, 3);
    return command(h, ask, 6, &answer[3], 1, err);
}

static bool set_device(struct stk500v1 *h, const struct avrdude_part *a, struct problem *err)
{
    const struct part *p = h->host.part;
    const uint8_t ask[22] = {
        STK1_SET_DEVICE,
        a->devcode,
        0 /* revision */,
        0 /* serial and parallel */,
        1 /* full parallel */,
        1 /* polling */,
        1 /* self-timed */,
        1 /* lock bytes */,
        p->n_fuses,
        0xFF /* read-back values of flash */,
        a->flash_poll2,
        0xFF /* and EEPROM */,
        0xFF,
        (uint8_t)(p->flash_page_bytes >> 8),
        (uint8_t)p->flash_page_bytes,
        (uint8_t)(p->eeprom_bytes >> 8),
        (uint8_t)p->eeprom_bytes,
        (uint8_t)(p->flash_bytes >> 24),
        (uint8_t)(p->flash_bytes >> 16),
        (uint8_t)(p->flash_bytes >> 8),
        (uint8_t)p->flash_bytes,
        STK1_CRC_EOP,
    };

    return command(h, ask, sizeof ask, NULL, 0, err);
}

/* Firmware up to 1.10 knows one parameter less. */
static bool set_device_ext(struct stk500v1 *h, const struct avrdude_part *a, bool all, struct problem *err)
{
    const struct part *p = h->host.part;
    uint8_t n = all ? 5 : 4;
    uint8_t ask[7] = { STK1_SET_DEVICE_EXT, n, p->eeprom_page_bytes ? p->eeprom_page_bytes : 4, a->pagel, a->bs2,
                       a->reset_is_io };

    ask[1 + n] = STK1_CRC_EOP;
    return command(h, ask, 2u + n, NULL, 0, err);
}

static bool initialize(struct stk500v1 *h, struct problem *err)
{
    static const uint8_t enter[2] = { STK1_ENTER_PROGMODE, STK1_CRC_EOP };
    const struct avrdude_part *a = avrdude_part_of(h->host.part);
    uint8_t major, minor;

    return get_parameter(h, STK1_SW_MAJOR, &major, err) && get_parameter(h, STK1_SW_MINOR, &minor, err) &&
           set_device(h, a, err) && set_device_ext(h, a, major > 1 || (major == 1 && minor > 10), err) &&
           command(h, enter, 2, NULL, 0, err);
}

/* ---- what the steps ask for ---- */

static bool sign_on(void *ctx, struct problem *err)
{
    struct stk500v1 *h = ctx;

    if (!h->open) {
        host_open(&h->host, on_byte, h);
        h->n_rx = 0;
        h->open = drain(h, err) && get_sync(h, err);
    }
    return h->open;
}

static bool enter(void *ctx, struct problem *err)
{
    return sign_on(ctx, err) && initialize(ctx, err);
}

static bool leave(void *ctx, struct problem *err)
{
    struct stk500v1 *h = ctx;
    static const uint8_t ask[2] = { STK1_LEAVE_PROGMODE, STK1_CRC_EOP };

    h->open = false;
    return command(h, ask, 2, NULL, 0, err);
}

static bool erase(void *ctx, struct problem *err)
{
    struct stk500v1 *h = ctx;
    uint8_t out[4], answer[4];

    isp_encode(h->host.part, ISP_CHIP_ERASE, false, 0, 0, out);
    if (!universal(h, out, answer, err)) {
        return false;
    }
    return h->impatient || (host_run(h->host.sim, h->host.part->t_wd_erase_us * SIM_US, err) && initialize(h, err));
}

static bool load_address(struct stk500v1 *h, enum prog_memory m, uint32_t at, struct problem *err)
{
    uint32_t a = m == PROG_EEPROM && h->eeprom_by_bytes ? at : at / 2;
    const uint8_t ask[4] = { STK1_LOAD_ADDRESS, (uint8_t)a, (uint8_t)(a >> 8), STK1_CRC_EOP };

    return command(h, ask, 4, NULL, 0, err);
}

static size_t block_bytes(const struct part *p, enum prog_memory m)
{
    return m == PROG_FLASH ? p->flash_page_bytes : p->eeprom_page_bytes ? p->eeprom_page_bytes : 4;
}

static bool read_memory(void *ctx, enum prog_memory m, uint32_t at, uint8_t *to, size_t n, struct problem *err)
{
    struct stk500v1 *h = ctx;
    size_t size = block_bytes(h->host.part, m);
    uint32_t skip = (uint32_t)(at % size);
    uint8_t block[STK500V1_MAX_BLOCK];

    for (at -= skip; n; at += (uint32_t)size) { /* whole blocks, as avrdude reads */
        const uint8_t ask[5] = { STK1_READ_PAGE, (uint8_t)(size >> 8), (uint8_t)size, m == PROG_FLASH ? 'F' : 'E',
                                 STK1_CRC_EOP };
        size_t part = size - skip < n ? size - skip : n;

        if (!load_address(h, m, at, err) || !command(h, ask, 5, block, size, err)) {
            return problem_prefix(err, "%s at 0x%04x", prog_memory_name(m), at);
        }
        memcpy(to, block + skip, part);
        to += part;
        n -= part;
        skip = 0;
    }
    return true;
}

/* A page that the data fills only in part is read first and written whole, as avrdude does. */
static bool write_memory(void *ctx, enum prog_memory m, uint32_t at, const uint8_t *from, size_t n, struct problem *err)
{
    struct stk500v1 *h = ctx;
    size_t size = block_bytes(h->host.part, m);
    uint32_t skip = (uint32_t)(at % size);

    for (at -= skip; n; at += (uint32_t)size) {
        uint8_t ask[4 + STK500V1_MAX_BLOCK + 1] = { STK1_PROG_PAGE, (uint8_t)(size >> 8), (uint8_t)size,
                                                    m == PROG_FLASH ? 'F' : 'E' };
        size_t part = size - skip < n ? size - skip : n;

        if (part < size && !read_memory(h, m, at, ask + 4, size, err)) {
            return false;
        }
        memcpy(ask + 4 + skip, from, part);
        ask[4 + size] = STK1_CRC_EOP;
        if (!load_address(h, m, at, err) || !command(h, ask, 5 + size, NULL, 0, err)) {
            return problem_prefix(err, "%s at 0x%04x", prog_memory_name(m), at);
        }
        from += part;
        n -= part;
        skip = 0;
    }
    return true;
}

/*
 * avrdude reads first and writes only a change; then it reads until the value is there, for at most the fuse's
 * write time, five times over. FF can't be polled for (a busy chip reads FF): it waits the write time out.
 */
static bool write_fuse(void *ctx, enum prog_fuse f, uint8_t value, struct problem *err)
{
    struct stk500v1 *h = ctx;
    const sim_time t_write = h->host.part->t_wd_fuse_us * SIM_US;
    uint8_t now, out[4], answer[4];

    if (!isp_read_fuse(h, f, &now, err)) {
        return false;
    }
    if (now == value) {
        return true;
    }
    if (!isp_encode_fuse(h->host.part, f, value, out)) {
        return problem_set(err, "the %s has no %s", h->host.part->title, prog_fuse_name(f));
    }
    if (!universal(h, out, answer, err)) {
        return false;
    }
    if (h->impatient) {
        return true;
    }
    for (unsigned tries = 0; tries < 6; tries++) {
        sim_time start = h->host.sim->now_ps;

        if (value == 0xFF && !host_run(h->host.sim, t_write, err)) {
            return false;
        }
        do {
            if (!isp_read_fuse(h, f, &now, err)) {
                return false;
            }
            if (now == value) {
                return true;
            }
        } while (value != 0xFF && h->host.sim->now_ps - start < t_write);
    }
    return problem_set(err, "the %s was not changed to 0x%02x, it reads 0x%02x", prog_fuse_name(f), value, now);
}

static void abandon(void *ctx)
{
    struct stk500v1 *h = ctx;

    h->open = false;
}

static const struct programmer_ops ops = {
    .name = "stk500v1",
    .sign_on = sign_on,
    .enter = enter,
    .leave = leave,
    .signature = isp_signature,
    .erase = erase,
    .read = read_memory,
    .write = write_memory,
    .read_fuse = isp_read_fuse,
    .write_fuse = write_fuse,
    .spi = universal,
    .abandon = abandon,
    .free = free,
};

static struct programmer new_host(const struct host *host, bool eeprom_by_bytes, bool impatient)
{
    struct stk500v1 *h = memory_zeroed(1, sizeof *h);

    h->host = *host;
    h->eeprom_by_bytes = eeprom_by_bytes;
    h->impatient = impatient;
    h->wire = (struct isp_wire){ .part = host->part, .ctx = h, .transfer = universal };
    return (struct programmer){ &ops, h };
}

struct programmer host_stk500v1_new(const struct host *host, const struct host_settings *settings)
{
    return new_host(host, false, settings->impatient);
}

struct programmer host_stk500v1_avrdude_71_new(const struct host *host, const struct host_settings *settings)
{
    return new_host(host, true, settings->impatient);
}
