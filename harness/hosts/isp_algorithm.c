/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "harness/hosts/isp_algorithm.h"

#include <string.h>

/* RDY/BSY is asked so often before a chip that stays busy is given up: longer than any write at any SCK. */
#define MAX_POLLS 100000

static sim_time least_and_a_tenth(uint32_t t_wd_us)
{
    return t_wd_us * SIM_US * 11 / 10;
}

struct isp_waits isp_waits_of(const struct part *part)
{
    return (struct isp_waits){
        .flash_ps = least_and_a_tenth(part->t_wd_flash_us),
        .eeprom_ps = least_and_a_tenth(part->t_wd_eeprom_us),
        .erase_ps = least_and_a_tenth(part->t_wd_erase_us),
        .fuse_ps = least_and_a_tenth(part->t_wd_fuse_us),
    };
}

static bool send(const struct isp_wire *w, enum isp_op op, bool high, uint32_t address, uint8_t data, uint8_t *answer,
                 struct problem *err)
{
    uint8_t out[4], in[4];

    if (!isp_encode(w->part, op, high, address, data, out)) {
        return problem_set(err, "the %s has no instruction for this", w->part->title);
    }
    if (!w->transfer(w->ctx, out, in, err)) {
        return false;
    }
    if (answer) {
        *answer = in[3];
    }
    return true;
}

static bool finish(const struct isp_wire *w, sim_time t_ps, struct problem *err)
{
    uint8_t busy = 1;

    if (!w->poll || !isp_has(w->part, ISP_POLL_RDY_BSY)) {
        return w->wait(w->ctx, t_ps, err);
    }
    for (unsigned i = 0; i < MAX_POLLS; i++) {
        if (!send(w, ISP_POLL_RDY_BSY, false, 0, 0, &busy, err)) {
            return false;
        }
        if (!(busy & 1)) {
            return true;
        }
    }
    return problem_set(err, "the target stays busy");
}

static bool prepare(const struct isp_wire *w, bool writes, struct problem *err)
{
    return !w->prepare || w->prepare(w->ctx, writes, err);
}

bool isp_signature(void *wire, uint8_t sig[3], struct problem *err)
{
    const struct isp_wire *w = wire;

    if (!prepare(w, false, err)) {
        return false;
    }
    for (uint32_t i = 0; i < 3; i++) {
        if (!send(w, ISP_READ_SIGNATURE, false, i, 0, &sig[i], err)) {
            return false;
        }
    }
    return true;
}

bool isp_erase(void *wire, struct problem *err)
{
    const struct isp_wire *w = wire;

    return prepare(w, false, err) && send(w, ISP_CHIP_ERASE, false, 0, 0, NULL, err) &&
           finish(w, w->waits.erase_ps, err);
}

bool isp_read(void *wire, enum prog_memory m, uint32_t at, uint8_t *to, size_t n, struct problem *err)
{
    const struct isp_wire *w = wire;

    if (!prepare(w, false, err)) {
        return false;
    }
    for (size_t i = 0; i < n; i++, at++) {
        if (m == PROG_FLASH ? !send(w, ISP_READ_FLASH, at & 1, at / 2, 0, &to[i], err)
                            : !send(w, ISP_READ_EEPROM, false, at, 0, &to[i], err)) {
            return false;
        }
    }
    return true;
}

/* One page of the flash, whole words; bytes before and behind the data are FF: they don't change. */
static bool write_flash_page(const struct isp_wire *w, uint32_t page, const uint8_t *bytes, uint32_t n,
                             struct problem *err)
{
    for (uint32_t i = 0; i < n; i++) {
        if (!send(w, ISP_LOAD_FLASH_PAGE, i & 1, page / 2 + i / 2, bytes[i], NULL, err)) {
            return false;
        }
    }
    return send(w, ISP_WRITE_FLASH_PAGE, false, page / n, 0, NULL, err) && finish(w, w->waits.flash_ps, err);
}

static bool write_flash(const struct isp_wire *w, uint32_t at, const uint8_t *from, size_t n, struct problem *err)
{
    uint32_t size = w->part->flash_page_bytes;
    uint8_t bytes[256];

    while (n) {
        uint32_t in = at % size;
        size_t part = size - in < n ? size - in : n;

        memset(bytes, 0xFF, sizeof bytes);
        memcpy(bytes + in, from, part);
        if (!write_flash_page(w, at - in, bytes, size, err)) {
            return false;
        }
        at += (uint32_t)part;
        from += part;
        n -= part;
    }
    return true;
}

static bool write_eeprom(const struct isp_wire *w, uint32_t at, const uint8_t *from, size_t n, struct problem *err)
{
    uint32_t size = w->part->eeprom_page_bytes;
    bool paged = size && isp_has(w->part, ISP_WRITE_EEPROM_PAGE);

    while (n) {
        if (!paged) {
            if (!send(w, ISP_WRITE_EEPROM, false, at++, *from++, NULL, err) || !finish(w, w->waits.eeprom_ps, err)) {
                return false;
            }
            n--;
            continue;
        }
        uint32_t page = at - at % size;

        while (n && at < page + size) {
            if (!send(w, ISP_LOAD_EEPROM_PAGE, false, at % size, *from++, NULL, err)) {
                return false;
            }
            at++;
            n--;
        }
        if (!send(w, ISP_WRITE_EEPROM_PAGE, false, page / size, 0, NULL, err) || !finish(w, w->waits.eeprom_ps, err)) {
            return false;
        }
    }
    return true;
}

bool isp_write(void *wire, enum prog_memory m, uint32_t at, const uint8_t *from, size_t n, struct problem *err)
{
    const struct isp_wire *w = wire;

    if (!prepare(w, true, err)) {
        return false;
    }
    return m == PROG_FLASH ? write_flash(w, at, from, n, err) : write_eeprom(w, at, from, n, err);
}

bool isp_read_fuse(void *wire, enum prog_fuse f, uint8_t *value, struct problem *err)
{
    static const enum isp_op ops[] = { ISP_READ_LFUSE, ISP_READ_HFUSE, ISP_READ_EFUSE, ISP_READ_LOCK };
    const struct isp_wire *w = wire;

    return prepare(w, false, err) && send(w, ops[f], false, 0, 0, value, err);
}

bool isp_encode_fuse(const struct part *part, enum prog_fuse f, uint8_t value, uint8_t out[4])
{
    static const enum isp_op ops[] = { ISP_WRITE_LFUSE, ISP_WRITE_HFUSE, ISP_WRITE_EFUSE, ISP_WRITE_LOCK };

    if (!isp_encode(part, ops[f], false, 0, value, out)) {
        return false;
    }
    out[3] = f == PROG_LOCK ? value | (uint8_t)~part->lock_used : value & part->fuse_used[f];
    return true;
}

bool isp_write_fuse(void *wire, enum prog_fuse f, uint8_t value, struct problem *err)
{
    const struct isp_wire *w = wire;
    uint8_t out[4], in[4];

    if (!isp_encode_fuse(w->part, f, value, out)) {
        return problem_set(err, "the %s has no %s", w->part->title, prog_fuse_name(f));
    }
    return prepare(w, false, err) && w->transfer(w->ctx, out, in, err) && finish(w, w->waits.fuse_ps, err);
}

bool isp_no_answer(const uint8_t answer[4], struct problem *err)
{
    return problem_set(err, "no answer to Programming Enable: %02X %02X %02X %02X came back, not xx xx 53 xx",
                       answer[0], answer[1], answer[2], answer[3]);
}
