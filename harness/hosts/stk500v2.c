/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "harness/hosts/stk500v2.h"

#include "harness/hosts/avrdude_part.h"
#include "harness/hosts/isp_algorithm.h"
#include "harness/hosts/stk500v2_link.h"
#include "sim/memory.h"

#include <stdlib.h>
#include <string.h>

#define FUSE_WAIT_PS (10 * SIM_MS) /* avrdude 7.1, seen: its next command comes so long after a fuse's answer */

struct stk500v2 {
    struct stk500v2_link link; /* first */
    struct host_settings settings;
    const struct avrdude_part *avrdude;
};

static bool command(struct stk500v2 *h, const uint8_t *body, size_t n, struct problem *err)
{
    return stk500v2_command(&h->link, body, n, err);
}

static uint8_t answered(const struct stk500v2 *h, size_t i)
{
    return stk500v2_answered(&h->link, i);
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

    if (!stk500v2_open(&h->link, err)) {
        return false;
    }
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

static bool be_open(void *ctx, struct problem *err)
{
    struct stk500v2 *h = ctx;

    return h->link.open || open_port(h, err);
}

static bool enter(void *ctx, struct problem *err)
{
    return be_open(ctx, err) && initialize(ctx, err);
}

static bool leave(void *ctx, struct problem *err)
{
    struct stk500v2 *h = ctx;
    static const uint8_t ask[3] = { STK_LEAVE_PROGMODE_ISP, 1, 1 };

    h->link.open = false;
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

    if (!isp_encode(h->link.host.part, op, false, at, 0, ask + 2)) {
        return problem_set(err, "the %s has no instruction for this", h->link.host.part->title);
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

    isp_encode(h->link.host.part, ISP_CHIP_ERASE, false, 0, 0, ask + 3);
    if (!command(h, ask, 7, err)) {
        return false;
    }
    return h->settings.impatient ||
           (host_run(h->link.host.sim, h->link.host.part->t_wd_erase_us * SIM_US, err) && initialize(h, err));
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

    if (!isp_encode_fuse(h->link.host.part, f, value, ask + 1)) {
        return problem_set(err, "the %s has no %s", h->link.host.part->title, prog_fuse_name(f));
    }
    return (command(h, ask, 5, err) && (h->settings.impatient || host_run(h->link.host.sim, FUSE_WAIT_PS, err))) ||
           problem_prefix(err, "%s", prog_fuse_name(f));
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
    memcpy(to, h->link.rx + 7, size);
    return true;
}

static bool read_memory(void *ctx, enum prog_memory m, uint32_t at, uint8_t *to, size_t n, struct problem *err)
{
    struct stk500v2 *h = ctx;
    size_t size = block_bytes(h->link.host.part, m);
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
    size_t size = block_bytes(h->link.host.part, m);
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

    h->link.open = false;
}

static const struct programmer_ops ops = {
    .name = "stk500v2",
    .sign_on = be_open,
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

    h->link.host = *host;
    h->settings = *settings;
    h->avrdude = avrdude_part_of(host->part);
    h->link.state = STK500V2_BROKEN;
    return (struct programmer){ &ops, h };
}
