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

static const struct isp_instruction *find(const struct part *part, enum isp_op op)
{
    for (unsigned i = 0; i < part->n_instructions; i++) {
        if (part->instructions[i].op == op) {
            return &part->instructions[i];
        }
    }
    return NULL;
}

bool isp_encode(const struct part *part, enum isp_op op, bool high, uint32_t address, uint8_t data, uint8_t out[4])
{
    const struct isp_instruction *row = find(part, op);
    char letters[32];
    unsigned n = 0, a = 0, d = 0;
    uint32_t word = 0;

    if (!row) {
        return false;
    }
    for (const char *p = row->pattern; *p && n < 32; p++) {
        if (*p != ' ') {
            letters[n++] = *p;
        }
    }
    for (unsigned i = n; i-- > 0;) { /* from the right: the last `a` and the last `i` are bits 0 */
        uint32_t bit = 0;

        switch (letters[i]) {
        case '1': bit = 1; break;
        case 'h': bit = high; break;
        case 'a': bit = address >> a++ & 1; break;
        case 'i': bit = (uint32_t)data >> d++ & 1; break;
        }
        word |= bit << (31 - i);
    }
    for (unsigned i = 0; i < 4; i++) {
        out[i] = (uint8_t)(word >> (24 - 8 * i));
    }
    return true;
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

    if (!w->poll || !find(w->part, ISP_POLL_RDY_BSY)) {
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

bool isp_signature(const struct isp_wire *w, uint8_t sig[3], struct problem *err)
{
    for (uint32_t i = 0; i < 3; i++) {
        if (!send(w, ISP_READ_SIGNATURE, false, i, 0, &sig[i], err)) {
            return false;
        }
    }
    return true;
}

bool isp_erase(const struct isp_wire *w, struct problem *err)
{
    return send(w, ISP_CHIP_ERASE, false, 0, 0, NULL, err) && finish(w, w->waits.erase_ps, err);
}

bool isp_read(const struct isp_wire *w, enum prog_memory m, uint32_t at, uint8_t *to, size_t n, struct problem *err)
{
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
    bool paged = size && find(w->part, ISP_WRITE_EEPROM_PAGE);

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

bool isp_write(const struct isp_wire *w, enum prog_memory m, uint32_t at, const uint8_t *from, size_t n,
               struct problem *err)
{
    return m == PROG_FLASH ? write_flash(w, at, from, n, err) : write_eeprom(w, at, from, n, err);
}

bool isp_read_fuse(const struct isp_wire *w, enum prog_fuse f, uint8_t *value, struct problem *err)
{
    static const enum isp_op ops[] = { ISP_READ_LFUSE, ISP_READ_HFUSE, ISP_READ_EFUSE, ISP_READ_LOCK };

    return send(w, ops[f], false, 0, 0, value, err);
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

bool isp_write_fuse(const struct isp_wire *w, enum prog_fuse f, uint8_t value, struct problem *err)
{
    uint8_t out[4], in[4];

    if (!isp_encode_fuse(w->part, f, value, out)) {
        return problem_set(err, "the %s has no %s", w->part->title, prog_fuse_name(f));
    }
    return w->transfer(w->ctx, out, in, err) && finish(w, w->waits.fuse_ps, err);
}
