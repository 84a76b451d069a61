/* SPDX-License-Identifier: GPL-3.0-or-later */
/* image_hex.c - Intel hex files, with avrdude's comments (its format I) */
#include "mcu/image_builder.h"

#define HEX_HEAD 4 /* length, address, type */

struct hex_record {
    uint8_t bytes[HEX_HEAD + 255 + 1]; /* head, data, checksum */
};

static int read_record(struct image_builder *b, const struct image_line *line, struct hex_record *r)
{
    size_t n;

    if (line->text[0] != ':') {
        return image_fail_at(b, line->number, "a record must begin with ':'");
    }
    if (image_hex_pairs(b, line, 1, r->bytes, sizeof r->bytes, &n)) {
        return -1;
    }
    if (n < HEX_HEAD + 1) {
        return image_fail_at(b, line->number, "the record is cut short");
    }
    if (n != HEX_HEAD + 1u + r->bytes[0]) {
        return image_fail_at(b, line->number, "the length byte says %u data bytes, the line has %zu", r->bytes[0],
                             n - HEX_HEAD - 1);
    }
    uint8_t sum = 0;
    for (size_t i = 0; i < n; i++) {
        sum += r->bytes[i];
    }
    if (sum) {
        return image_fail_at(b, line->number, "bad checksum: 0x%02X, should be 0x%02X", r->bytes[n - 1],
                             (uint8_t)(r->bytes[n - 1] - sum));
    }
    return 0;
}

static int check_length(struct image_builder *b, unsigned line, const struct hex_record *r, unsigned want)
{
    return r->bytes[0] == want ? 0
                               : image_fail_at(b, line, "a record of type %02X has %u data bytes, not %u", r->bytes[3],
                                               want, r->bytes[0]);
}

/* Within 64 KiB the address wraps in a segmented file, else it runs on. */
static int take_data(struct image_builder *b, unsigned line, const struct hex_record *r, uint32_t upper, bool segmented)
{
    const uint8_t *data = r->bytes + HEX_HEAD;
    uint32_t address = (uint32_t)r->bytes[1] << 8 | r->bytes[2];
    if (segmented && address + r->bytes[0] > 0x10000) {
        uint32_t first = 0x10000 - address;
        return image_add(b, line, upper + address, data, first) ||
                       image_add(b, line, upper, data + first, r->bytes[0] - first)
                   ? -1
                   : 0;
    }
    return image_add(b, line, (uint64_t)upper + address, data, r->bytes[0]);
}

/* 1: that was the end record */
static int take_record(struct image_builder *b, unsigned line, const struct hex_record *r, uint32_t *upper,
                       bool *segmented)
{
    const uint8_t *data = r->bytes + HEX_HEAD;
    switch (r->bytes[3]) {
    case 0x00: return take_data(b, line, r, *upper, *segmented);
    case 0x01: return check_length(b, line, r, 0) ? -1 : 1;
    case 0x02:
        *upper = ((uint32_t)data[0] << 8 | data[1]) << 4;
        *segmented = true;
        return check_length(b, line, r, 2);
    case 0x04:
        *upper = ((uint32_t)data[0] << 8 | data[1]) << 16;
        *segmented = false;
        return check_length(b, line, r, 2);
    case 0x03: /* start addresses: an AVR has none */
    case 0x05: return check_length(b, line, r, 4);
    default: return image_fail_at(b, line, "unknown record type %02X", r->bytes[3]);
    }
}

int image_read_hex(struct image_builder *b, const uint8_t *data, size_t size)
{
    struct image_line line = { 0 };
    uint32_t upper = 0;
    bool ended = false, segmented = false;
    while (image_next_line(b, data, size, &line)) {
        struct hex_record r;
        if (ended) {
            return image_fail_at(b, line.number, "text after the end record");
        }
        int kind = read_record(b, &line, &r) ? -1 : take_record(b, line.number, &r, &upper, &segmented);
        if (kind < 0) {
            return -1;
        }
        ended = kind == 1;
    }
    if (!ended) {
        image_note_at(b, line.number, "the end record (:00000001FF) is missing: is the file whole?");
    }
    return 0;
}
