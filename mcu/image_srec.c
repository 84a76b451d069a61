/* SPDX-License-Identifier: GPL-3.0-or-later */
/* image_srec.c - Motorola S-records: S0 header, S1 S2 S3 data, S5 S6 count, S7 S8 S9 end */
#include "mcu/image_builder.h"

/* Bytes of the address by the record's digit; 0: reserved (S4). Source: Motorola, "S-record format". */
static const unsigned address_bytes[10] = { 2, 2, 3, 4, 0, 2, 3, 4, 3, 2 };

struct srec {
    unsigned type;      /* digit */
    uint8_t bytes[256]; /* length, address, data, checksum */
    uint32_t address;
    const uint8_t *data;
    unsigned n_data;
};

static int read_record(struct image_builder *b, const struct image_line *line, struct srec *r)
{
    size_t n;

    if (line->text[0] != 'S') {
        return image_fail_at(b, line->number, "an S-record must begin with 'S'");
    }
    if (line->len < 2 || line->text[1] < '0' || line->text[1] > '9' || line->text[1] == '4') {
        return image_fail_at(b, line->number, "unknown S-record type S%c", line->len < 2 ? ' ' : line->text[1]);
    }
    r->type = line->text[1] - '0';
    if (image_hex_pairs(b, line, 2, r->bytes, sizeof r->bytes, &n)) {
        return -1;
    }
    if (n < 2) {
        return image_fail_at(b, line->number, "the record is cut short");
    }
    if (n != 1u + r->bytes[0]) {
        return image_fail_at(b, line->number, "the length byte says %u bytes, the line has %zu", r->bytes[0], n - 1);
    }
    uint8_t sum = 0;
    for (size_t i = 0; i < n; i++) {
        sum += r->bytes[i];
    }
    if (sum != 0xFF) {
        return image_fail_at(b, line->number, "bad checksum: 0x%02X, should be 0x%02X", r->bytes[n - 1],
                             (uint8_t)(r->bytes[n - 1] + 0xFF - sum));
    }
    unsigned width = address_bytes[r->type];
    if (n < 2u + width) {
        return image_fail_at(b, line->number, "an S%u record has an address of %u bytes", r->type, width);
    }
    r->address = 0;
    for (unsigned i = 0; i < width; i++) {
        r->address = r->address << 8 | r->bytes[1 + i];
    }
    r->data = r->bytes + 1 + width;
    r->n_data = (unsigned)n - 2 - width;
    return 0;
}

int image_read_srec(struct image_builder *b, const uint8_t *data, size_t size)
{
    struct image_line line = { 0 };
    uint32_t n_data_records = 0;
    bool ended = false;
    image_note_at(b, 0, "read as Motorola S-records");
    while (image_next_line(b, data, size, &line)) {
        struct srec r;
        if (ended) {
            return image_fail_at(b, line.number, "text after the end record");
        }
        if (read_record(b, &line, &r)) {
            return -1;
        }
        switch (r.type) {
        case 0: break; /* header: a text */
        case 1:
        case 2:
        case 3:
            n_data_records++;
            if (image_add(b, line.number, r.address, r.data, r.n_data)) {
                return -1;
            }
            break;
        case 5:
        case 6:
            if (r.address != (n_data_records & (r.type == 5 ? 0xFFFFu : 0xFFFFFFu))) {
                return image_fail_at(b, line.number, "the count record says %u data records, the file has %u",
                                     (unsigned)r.address, (unsigned)n_data_records);
            }
            break;
        default: ended = true; /* S7, S8, S9: start address, which an AVR has not */
        }
    }
    if (!ended) {
        image_note_at(b, line.number, "the end record (S7, S8 or S9) is missing: is the file whole?");
    }
    return 0;
}
