/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sim/isp_decode.h"

#include <assert.h>

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
        case 'o': c.o_mask |= bit; break;
        case 'i':
        case 'x': break;
        default: assert(!"a letter that no pattern has");
        }
    }
    assert(letters == 32);
    return c;
}

void isp_decoder_init(struct isp_decoder *d, const struct part *part)
{
    assert(part->n_instructions <= ISP_MAX_INSTRUCTIONS);
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

bool isp_decode(const struct isp_decoder *d, uint32_t bytes, struct isp_frame *f)
{
    for (unsigned i = 0; i < d->n; i++) {
        const struct isp_code *c = &d->code[i];
        if ((bytes & c->mask) == c->value) {
            *f = (struct isp_frame){
                .op = c->op,
                .high = (bytes & c->h_mask) != 0,
                .is_read = c->o_mask != 0,
                .address = gather(bytes, c->a_mask),
                .data = (uint8_t)bytes,
            };
            return true;
        }
    }
    return false;
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
