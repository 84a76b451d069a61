/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sim/isp_code.h"

#include <assert.h>
#include <stddef.h>

static struct isp_code compile(const struct isp_instruction *row)
{
    struct isp_code c = { .op = row->op };
    unsigned letters = 0;

    for (const char *p = row->pattern; *p; p++) {
        if (*p == ' ') {
            continue;
        }
        assert(letters < 32);
        uint32_t bit = UINT32_C(0x80000000) >> letters++;
        switch (*p) {
        case '1': c.value |= bit; /* fall through */
        case '0': c.mask |= bit; break;
        case 'h': c.h_mask |= bit; break;
        case 'a': c.a_mask |= bit; break;
        case 'i': c.i_mask |= bit; break;
        case 'o': c.o_mask |= bit; /* fall through */
        case 'x': c.ignored |= bit; break;
        default: assert(!"a letter that no pattern has");
        }
    }
    assert(letters == 32);
    return c;
}

void isp_decoder_init(struct isp_decoder *d, const struct part *part)
{
    assert(part->n_instructions <= ISP_MAX_INSTRUCTIONS);
    d->part = part;
    d->n = part->n_instructions;
    for (unsigned i = 0; i < d->n; i++) {
        d->code[i] = compile(&part->instructions[i]);
    }
}

/* The bits of v under mask, moved together to the right. */
static uint32_t gather(uint32_t v, uint32_t mask)
{
    uint32_t out = 0;
    unsigned to = 0;

    for (; mask; mask &= mask - 1) {
        unsigned from = (unsigned)__builtin_ctz(mask);
        out |= (v >> from & 1) << to++;
    }
    return out;
}

/* The other way: the bits of v from the right, to where mask has ones. */
static uint32_t scatter(uint32_t v, uint32_t mask)
{
    uint32_t out = 0;

    for (; mask; mask &= mask - 1, v >>= 1) {
        out |= v & 1 ? mask & -mask : 0;
    }
    return out;
}

const struct isp_code *isp_code_of(const struct isp_decoder *d, uint32_t bytes)
{
    for (unsigned i = 0; i < d->n; i++) {
        if ((bytes & d->code[i].mask) == d->code[i].value) {
            return &d->code[i];
        }
    }
    return NULL;
}

bool isp_decode(const struct isp_decoder *d, uint32_t bytes, struct isp_frame *f)
{
    const struct isp_code *c = isp_code_of(d, bytes);

    if (!c) {
        return false;
    }
    *f = (struct isp_frame){
        .op = c->op,
        .high = (bytes & c->h_mask) != 0,
        .is_read = c->o_mask != 0,
        .address = gather(bytes, c->a_mask),
        .data = (uint8_t)bytes,
    };
    return true;
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

bool isp_has(const struct part *part, enum isp_op op)
{
    return find(part, op) != NULL;
}

bool isp_encode(const struct part *part, enum isp_op op, bool high, uint32_t address, uint8_t data, uint8_t out[4])
{
    const struct isp_instruction *row = find(part, op);

    if (!row) {
        return false;
    }
    struct isp_code c = compile(row);
    uint32_t word = c.value | (high ? c.h_mask : 0) | scatter(address, c.a_mask) | scatter(data, c.i_mask);

    for (unsigned i = 0; i < 4; i++) {
        out[i] = (uint8_t)(word >> (24 - 8 * i));
    }
    return true;
}

const char *isp_op_name(enum isp_op op)
{
    static const char *const names[ISP_OPS] = {
        [ISP_PROGRAMMING_ENABLE] = "Programming Enable",
        [ISP_CHIP_ERASE] = "Chip Erase",
        [ISP_POLL_RDY_BSY] = "Poll RDY/BSY",
        [ISP_LOAD_EXT_ADDRESS] = "Load Extended Address byte",
        [ISP_LOAD_FLASH_PAGE] = "Load Program Memory Page",
        [ISP_WRITE_FLASH_PAGE] = "Write Program Memory Page",
        [ISP_READ_FLASH] = "Read Program Memory",
        [ISP_LOAD_EEPROM_PAGE] = "Load EEPROM Memory Page",
        [ISP_WRITE_EEPROM_PAGE] = "Write EEPROM Memory Page",
        [ISP_WRITE_EEPROM] = "Write EEPROM Memory",
        [ISP_READ_EEPROM] = "Read EEPROM Memory",
        [ISP_READ_SIGNATURE] = "Read Signature Byte",
        [ISP_READ_CALIBRATION] = "Read Calibration Byte",
        [ISP_READ_LFUSE] = "Read Fuse bits",
        [ISP_READ_HFUSE] = "Read Fuse High bits",
        [ISP_READ_EFUSE] = "Read Extended Fuse bits",
        [ISP_READ_LOCK] = "Read Lock bits",
        [ISP_WRITE_LFUSE] = "Write Fuse bits",
        [ISP_WRITE_HFUSE] = "Write Fuse High bits",
        [ISP_WRITE_EFUSE] = "Write Extended Fuse bits",
        [ISP_WRITE_LOCK] = "Write Lock bits",
    };
    assert(op < ISP_OPS);
    return names[op];
}
