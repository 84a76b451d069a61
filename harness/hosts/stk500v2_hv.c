/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "harness/hosts/stk500v2_hv.h"

#include "harness/hosts/stk500v2_link.h"
#include "sim/hv.h"
#include "sim/memory.h"

#include <stdlib.h>
#include <string.h>

#define SERIAL 0x10 /* the serial mode's commands are the parallel ones' + 10 */
#define POLL_TIMEOUT_MS 6
#define MODE (STK_MODE_PAGE | STK_MODE_PAGE_RDY_BSY | STK_MODE_WRITE_PAGE)

struct stk500v2_hv {
    struct stk500v2_link link; /* first */
    bool serial;
};

/* avrdude.conf: pp_controlstack of the ATmega48 to 328 and 8, and of the ATtiny2313 and 4313; hvsp_controlstack */
static const uint8_t stack_pp[32] = {
    0x0e, 0x1e, 0x0f, 0x1f, 0x2e, 0x3e, 0x2f, 0x3f, 0x4e, 0x5e, 0x4f, 0x5f, 0x6e, 0x7e, 0x6f, 0x7f,
    0x66, 0x76, 0x67, 0x77, 0x6a, 0x7a, 0x6b, 0x7b, 0xbe, 0xfd, 0x00, 0x01, 0x00, 0x00, 0x00, 0x02,
};
static const uint8_t stack_pp_shared[32] = {
    0x0e, 0x1e, 0x0e, 0x1e, 0x2e, 0x3e, 0x2e, 0x3e, 0x4e, 0x5e, 0x4e, 0x5e, 0x6e, 0x7e, 0x6e, 0x7e,
    0x26, 0x36, 0x66, 0x76, 0x2a, 0x3a, 0x6a, 0x7a, 0x2e, 0xfd, 0x00, 0x01, 0x00, 0x00, 0x00, 0x00,
};
static const uint8_t stack_hvsp[32] = {
    0x4c, 0x0c, 0x1c, 0x2c, 0x3c, 0x64, 0x74, 0x66, 0x68, 0x78, 0x68, 0x68, 0x7a, 0x6a, 0x68, 0x78,
    0x78, 0x7d, 0x6d, 0x0c, 0x80, 0x40, 0x20, 0x10, 0x11, 0x08, 0x04, 0x02, 0x03, 0x08, 0x04, 0x0f,
};

static const struct part *part_of(const struct stk500v2_hv *h)
{
    return h->link.host.part;
}

static bool command(struct stk500v2_hv *h, uint8_t *body, size_t n, struct problem *err)
{
    if (body[0] >= STK_ENTER_PROGMODE_PP && body[0] < STK_SET_CONTROL_STACK && h->serial) {
        body[0] += SERIAL;
    }
    return stk500v2_command(&h->link, body, n, err);
}

static bool initialize(struct stk500v2_hv *h, struct problem *err)
{
    const uint8_t *stack = h->serial ? stack_hvsp : part_of(h)->hv->shared_pins ? stack_pp_shared : stack_pp;
    uint8_t set[33] = { STK_SET_CONTROL_STACK };
    uint8_t pp[8] = { STK_ENTER_PROGMODE_PP, 100, 0, 5, 1, 15, 1, 0 };
    uint8_t hvsp[9] = { STK_ENTER_PROGMODE_PP, 100, 0, 6, 1, 1, 25, 1, 0 };

    memcpy(set + 1, stack, 32);
    return (command(h, set, 33, err) && (h->serial ? command(h, hvsp, 9, err) : command(h, pp, 8, err))) ||
           problem_prefix(err, "initialization failed, rc=-1");
}

static bool enter(void *ctx, struct problem *err)
{
    struct stk500v2_hv *h = ctx;

    return (h->link.open || stk500v2_open(&h->link, err)) && initialize(h, err);
}

static bool leave(void *ctx, struct problem *err)
{
    struct stk500v2_hv *h = ctx;
    uint8_t ask[3] = { STK_LEAVE_PROGMODE_PP, 15, 15 };

    h->link.open = false;
    return command(h, ask, 3, err) || problem_prefix(err, "unable to leave programming mode");
}

static bool read_byte(struct stk500v2_hv *h, uint8_t cmd, uint8_t address, uint8_t *value, struct problem *err)
{
    uint8_t ask[2] = { cmd, address };

    if (!command(h, ask, 2, err)) {
        return false;
    }
    *value = stk500v2_answered(&h->link, 2);
    return true;
}

static bool signature(void *ctx, uint8_t sig[3], struct problem *err)
{
    for (uint8_t i = 0; i < 3; i++) {
        if (!read_byte(ctx, STK_READ_SIGNATURE_PP, i, &sig[i], err)) {
            return problem_prefix(err, "signature");
        }
    }
    return true;
}

static bool erase(void *ctx, struct problem *err)
{
    struct stk500v2_hv *h = ctx;
    uint8_t pp[3] = { STK_CHIP_ERASE_PP, 0, 10 }, hvsp[3] = { STK_CHIP_ERASE_PP, 40, 0 };

    return command(h, h->serial ? hvsp : pp, 3, err) &&
           host_run(h->link.host.sim, part_of(h)->t_wd_erase_us * SIM_US, err) && initialize(h, err);
}

static bool read_fuse(void *ctx, enum prog_fuse f, uint8_t *value, struct problem *err)
{
    bool lock = f == PROG_LOCK;

    return read_byte(ctx, lock ? STK_READ_LOCK_PP : STK_READ_FUSE_PP, lock ? 0 : (uint8_t)(f - PROG_LOW), value, err) ||
           problem_prefix(err, "%s", prog_fuse_name(f));
}

static bool write_fuse(void *ctx, enum prog_fuse f, uint8_t value, struct problem *err)
{
    struct stk500v2_hv *h = ctx;
    bool lock = f == PROG_LOCK;
    uint8_t ask[5] = { lock ? STK_PROGRAM_LOCK_PP : STK_PROGRAM_FUSE_PP, lock ? 0 : (uint8_t)(f - PROG_LOW), value, 0,
                       POLL_TIMEOUT_MS };

    if (h->serial) {
        ask[3] = POLL_TIMEOUT_MS;
    }
    return command(h, ask, h->serial ? 4 : 5, err) || problem_prefix(err, "%s", prog_fuse_name(f));
}

/* ---- memories: a LOAD_ADDRESS and a command for each page ---- */

static size_t page_bytes(const struct stk500v2_hv *h, enum prog_memory m)
{
    return m == PROG_FLASH ? part_of(h)->flash_page_bytes : part_of(h)->hv->eeprom_page_bytes;
}

static bool load_address(struct stk500v2_hv *h, enum prog_memory m, uint32_t at, struct problem *err)
{
    uint32_t a = m == PROG_FLASH ? at / 2 : at;
    uint8_t ask[5] = { STK_LOAD_ADDRESS, (uint8_t)(a >> 24), (uint8_t)(a >> 16), (uint8_t)(a >> 8), (uint8_t)a };

    return command(h, ask, 5, err);
}

static bool read_page(struct stk500v2_hv *h, enum prog_memory m, uint32_t at, uint8_t *to, struct problem *err)
{
    size_t size = page_bytes(h, m);
    uint8_t ask[3] = { m == PROG_FLASH ? STK_READ_FLASH_PP : STK_READ_EEPROM_PP, (uint8_t)(size >> 8), (uint8_t)size };

    if (!load_address(h, m, at, err) || !command(h, ask, 3, err)) {
        return problem_prefix(err, "%s at 0x%04x", prog_memory_name(m), at);
    }
    memcpy(to, h->link.rx + 7, size);
    return true;
}

static bool write_page(struct stk500v2_hv *h, enum prog_memory m, uint32_t at, const uint8_t *from, struct problem *err)
{
    size_t size = page_bytes(h, m);
    uint8_t ask[5 + 256] = { m == PROG_FLASH ? STK_PROGRAM_FLASH_PP : STK_PROGRAM_EEPROM_PP, (uint8_t)(size >> 8),
                             (uint8_t)size, MODE, POLL_TIMEOUT_MS };

    memcpy(ask + 5, from, size);
    return (load_address(h, m, at, err) && command(h, ask, 5 + size, err)) ||
           problem_prefix(err, "%s at 0x%04x", prog_memory_name(m), at);
}

static bool read_memory(void *ctx, enum prog_memory m, uint32_t at, uint8_t *to, size_t n, struct problem *err)
{
    size_t size = page_bytes(ctx, m), skip = at % size;
    uint8_t page[256];

    for (at -= (uint32_t)skip; n; at += (uint32_t)size, skip = 0) {
        size_t part = size - skip < n ? size - skip : n;

        if (!read_page(ctx, m, at, page, err)) {
            return false;
        }
        memcpy(to, page + skip, part);
        to += part;
        n -= part;
    }
    return true;
}

static bool write_memory(void *ctx, enum prog_memory m, uint32_t at, const uint8_t *from, size_t n, struct problem *err)
{
    size_t size = page_bytes(ctx, m), skip = at % size;
    uint8_t page[256];

    for (at -= (uint32_t)skip; n; at += (uint32_t)size, skip = 0) {
        size_t part = size - skip < n ? size - skip : n;

        if (part != size && !read_page(ctx, m, at, page, err)) {
            return false;
        }
        memcpy(page + skip, from, part);
        if (!write_page(ctx, m, at, page, err)) {
            return false;
        }
        from += part;
        n -= part;
    }
    return true;
}

static void abandon(void *ctx)
{
    ((struct stk500v2_hv *)ctx)->link.open = false;
}

static const struct programmer_ops ops = {
    .name = "stk500v2 high voltage",
    .enter = enter,
    .leave = leave,
    .signature = signature,
    .erase = erase,
    .read = read_memory,
    .write = write_memory,
    .read_fuse = read_fuse,
    .write_fuse = write_fuse,
    .abandon = abandon,
    .free = free,
};

struct programmer host_stk500v2_hv_new(const struct host *host, const struct host_settings *settings)
{
    struct stk500v2_hv *h = memory_zeroed(1, sizeof *h);

    (void)settings;
    h->link.host = *host;
    h->link.state = STK500V2_BROKEN;
    h->serial = host->part->hv->serial;
    return (struct programmer){ &ops, h };
}
