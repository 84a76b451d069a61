/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mcu/image.h"

#include <assert.h>
#include <errno.h>
#include <gelf.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* avr-gcc's address map */
static const uint32_t base[IMAGE_MEMORIES] = { 0, 0x810000, 0x820000, 0x830000, 0x840000 };
static const uint32_t room[IMAGE_MEMORIES] = { IMAGE_MAX_BYTES, 0x10000, 0x100, 0x100, 0x100 };
#define DATA_SPACE 0x800000u
#define MAX_FILE_BYTES (16u * 1024 * 1024)

const char *image_memory_name(enum image_memory m)
{
    static const char *const names[] = { "flash", "eeprom", "fuses", "lock", "signature" };
    return (unsigned)m < IMAGE_MEMORIES ? names[m] : "?";
}

static int fail(struct image_error *err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static int fail(struct image_error *err, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(err->text, sizeof err->text, fmt, ap);
    va_end(ap);
    return -1;
}

/* ---- collecting bytes ---- */

struct chunk { /* as read, in file order */
    struct image_segment seg;
    unsigned line; /* 0: not from a text file */
};

struct builder {
    const char *name;
    enum image_memory meant_for;
    struct image_error *err;
    struct chunk *chunks[IMAGE_MEMORIES];
    unsigned n[IMAGE_MEMORIES], cap[IMAGE_MEMORIES];
};

/* "FILE" or "FILE:LINE" in front of a message. */
static int fail_at(struct builder *b, unsigned line, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
static int fail_at(struct builder *b, unsigned line, const char *fmt, ...)
{
    char what[200];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(what, sizeof what, fmt, ap);
    va_end(ap);
    return line ? fail(b->err, "%.100s:%u: %s", b->name, line, what) : fail(b->err, "%.100s: %s", b->name, what);
}

static int find_memory(const struct builder *b, uint64_t address, enum image_memory *m, uint32_t *offset)
{
    if (address < DATA_SPACE) {
        *m = b->meant_for;
        *offset = (uint32_t)address;
        return address < room[*m] ? 0 : -1;
    }
    for (unsigned i = IMAGE_EEPROM; i < IMAGE_MEMORIES; i++) {
        if (address >= base[i] && address - base[i] < room[i]) {
            *m = i;
            *offset = (uint32_t)(address - base[i]);
            return 0;
        }
    }
    return -1;
}

static int add_bytes(struct builder *b, unsigned line, uint64_t address, const uint8_t *bytes, uint64_t size)
{
    enum image_memory m;
    uint32_t offset;
    if (!size) {
        return 0;
    }
    if (find_memory(b, address, &m, &offset) || size > room[m] - offset) {
        return fail_at(b, line, "%llu bytes at 0x%llX lie outside every memory of an AVR", (unsigned long long)size,
                       (unsigned long long)address);
    }
    if (b->n[m] == b->cap[m]) {
        unsigned cap = b->cap[m] ? 2 * b->cap[m] : 64;
        struct chunk *more = realloc(b->chunks[m], cap * sizeof *more);
        if (!more) {
            return fail_at(b, 0, "out of memory");
        }
        b->chunks[m] = more;
        b->cap[m] = cap;
    }
    uint8_t *copy = malloc(size);
    if (!copy) {
        return fail_at(b, 0, "out of memory");
    }
    memcpy(copy, bytes, size);
    b->chunks[m][b->n[m]++] = (struct chunk){ { offset, (uint32_t)size, copy }, line };
    return 0;
}

static int by_address(const void *a, const void *b)
{
    const struct chunk *x = a, *y = b;
    if (x->seg.address != y->seg.address) {
        return x->seg.address < y->seg.address ? -1 : 1;
    }
    return x->line < y->line ? -1 : x->line > y->line;
}

/* Sorts the chunks of a memory, refuses overlaps, and joins neighbours into segments. */
static int join(struct builder *b, enum image_memory m, struct image_part *part)
{
    struct chunk *c = b->chunks[m];
    unsigned n = b->n[m];
    if (!n) {
        return 0;
    }
    qsort(c, n, sizeof *c, by_address);
    part->segments = calloc(n, sizeof *part->segments);
    if (!part->segments) {
        return fail_at(b, 0, "out of memory");
    }
    for (unsigned i = 0, end; i < n; i = end) {
        uint32_t size = c[i].seg.size;
        for (end = i + 1; end < n && c[end].seg.address <= c[i].seg.address + size; end++) {
            if (c[end].seg.address < c[i].seg.address + size) {
                return fail_at(b, c[end].line > c[end - 1].line ? c[end].line : c[end - 1].line,
                               "%s address 0x%X is given twice", image_memory_name(m), c[end].seg.address);
            }
            size += c[end].seg.size;
        }
        struct image_segment *s = &part->segments[part->n];
        *s = (struct image_segment){ c[i].seg.address, size, malloc(size) };
        if (!s->bytes) {
            return fail_at(b, 0, "out of memory");
        }
        part->n++;
        for (unsigned k = i; k < end; k++) {
            memcpy(s->bytes + (c[k].seg.address - s->address), c[k].seg.bytes, c[k].seg.size);
        }
    }
    return 0;
}

static void builder_free(struct builder *b)
{
    for (unsigned m = 0; m < IMAGE_MEMORIES; m++) {
        for (unsigned i = 0; i < b->n[m]; i++) {
            free(b->chunks[m][i].seg.bytes);
        }
        free(b->chunks[m]);
    }
}

/* ---- Intel hex ---- */

static int hex_digit(uint8_t c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

struct hex_record {
    uint8_t bytes[5 + 255]; /* length, address, type, data, checksum */
};

/* The text of one line, without its end. */
static int read_record(struct builder *b, unsigned line, const uint8_t *text, size_t len, struct hex_record *r)
{
    if (text[0] != ':') {
        return fail_at(b, line, "a record must begin with ':'");
    }
    size_t n = (len - 1) / 2;
    if (len % 2 == 0 || n < 5) {
        return fail_at(b, line, "the record is cut short");
    }
    uint8_t sum = 0;
    for (size_t i = 0; i < n; i++) {
        int high = hex_digit(text[1 + 2 * i]), low = hex_digit(text[2 + 2 * i]);
        if (high < 0 || low < 0) {
            return fail_at(b, line, "not a hexadecimal digit in column %zu", (high < 0 ? 2 : 3) + 2 * i);
        }
        if (i == sizeof r->bytes) {
            return fail_at(b, line, "the record is longer than its length byte says (%u)", r->bytes[0]);
        }
        r->bytes[i] = (uint8_t)(high << 4 | low);
        sum += r->bytes[i];
    }
    if (n != 5u + r->bytes[0]) {
        return fail_at(b, line, "the length byte says %u data bytes, the line has %zu", r->bytes[0], n - 5);
    }
    if (sum) {
        return fail_at(b, line, "bad checksum: 0x%02X, should be 0x%02X", r->bytes[n - 1],
                       (uint8_t)(r->bytes[n - 1] - sum));
    }
    return 0;
}

static int check_length(struct builder *b, unsigned line, const struct hex_record *r, unsigned want)
{
    return r->bytes[0] == want
               ? 0
               : fail_at(b, line, "a record of type %02X has %u data bytes, not %u", r->bytes[3], want, r->bytes[0]);
}

/* 1: that was the end record */
static int take_record(struct builder *b, unsigned line, const struct hex_record *r, uint32_t *upper, bool *segmented)
{
    const uint8_t *data = r->bytes + 4;
    uint32_t address = (uint32_t)r->bytes[1] << 8 | r->bytes[2];
    switch (r->bytes[3]) {
    case 0x00: /* data; within 64 KiB the address wraps in a segmented file, else it runs on */
        if (*segmented && address + r->bytes[0] > 0x10000) {
            uint32_t first = 0x10000 - address;
            return add_bytes(b, line, *upper + address, data, first) ||
                           add_bytes(b, line, *upper, data + first, r->bytes[0] - first)
                       ? -1
                       : 0;
        }
        return add_bytes(b, line, (uint64_t)*upper + address, data, r->bytes[0]);
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
    default: return fail_at(b, line, "unknown record type %02X", r->bytes[3]);
    }
}

static int parse_hex(struct builder *b, const uint8_t *data, size_t size)
{
    uint32_t upper = 0;
    bool ended = false, segmented = false;
    unsigned line = 0;
    for (size_t at = 0; at < size;) {
        size_t end = at, len;
        while (end < size && data[end] != '\n') {
            end++;
        }
        for (len = end - at; len && strchr(" \t\r", data[at + len - 1]) && data[at + len - 1]; len--) {
        }
        line++;
        if (len) {
            struct hex_record r;
            if (ended) {
                return fail_at(b, line, "text after the end record");
            }
            int kind = read_record(b, line, data + at, len, &r) ? -1 : take_record(b, line, &r, &upper, &segmented);
            if (kind < 0) {
                return -1;
            }
            ended = kind == 1;
        }
        at = end + 1;
    }
    return ended ? 0 : fail_at(b, line, "the end record (:00000001FF) is missing: the file is cut short");
}

/* ---- ELF ---- */

static int parse_segments(struct builder *b, Elf *elf, const uint8_t *data, size_t size)
{
    GElf_Ehdr eh;
    size_t n;
    if (!gelf_getehdr(elf, &eh)) {
        return fail_at(b, 0, "damaged ELF header: %s", elf_errmsg(-1));
    }
    if (gelf_getclass(elf) != ELFCLASS32 || eh.e_machine != EM_AVR) {
        return fail_at(b, 0, "not an ELF file for the AVR (machine %u, AVR is %u)", eh.e_machine, EM_AVR);
    }
    if (eh.e_ident[EI_DATA] != ELFDATA2LSB || eh.e_type != ET_EXEC) {
        return fail_at(b, 0, "an ELF file, but not a linked program");
    }
    if (elf_getphdrnum(elf, &n) || n == 0 || n > 256) {
        return fail_at(b, 0, "the ELF file has no usable program headers");
    }
    for (size_t i = 0; i < n; i++) {
        GElf_Phdr ph;
        if (!gelf_getphdr(elf, (int)i, &ph)) {
            return fail_at(b, 0, "program header %zu is damaged: %s", i, elf_errmsg(-1));
        }
        if (ph.p_type != PT_LOAD || !ph.p_filesz) {
            continue;
        }
        if (ph.p_offset > size || ph.p_filesz > size - ph.p_offset) {
            return fail_at(b, 0, "the file is cut short: program header %zu wants bytes 0x%llX to 0x%llX of %zu", i,
                           (unsigned long long)ph.p_offset, (unsigned long long)(ph.p_offset + ph.p_filesz), size);
        }
        if (ph.p_filesz > ph.p_memsz) {
            return fail_at(b, 0, "program header %zu has more bytes in the file than in memory", i);
        }
        if (add_bytes(b, 0, ph.p_paddr, data + ph.p_offset, ph.p_filesz)) {
            return -1;
        }
    }
    return 0;
}

static int parse_elf(struct builder *b, const uint8_t *data, size_t size)
{
    b->meant_for = IMAGE_FLASH; /* an ELF file says itself what goes where */
    elf_version(EV_CURRENT);
    uint8_t *copy = malloc(size); /* libelf may write into it */
    if (!copy) {
        return fail_at(b, 0, "out of memory");
    }
    memcpy(copy, data, size);
    Elf *elf = elf_memory((char *)copy, size);
    int bad;
    if (!elf || elf_kind(elf) != ELF_K_ELF) {
        bad = fail_at(b, 0, "damaged ELF header");
    } else {
        bad = parse_segments(b, elf, data, size);
    }
    elf_end(elf);
    free(copy);
    return bad;
}

/* ---- the whole file ---- */

static bool ends_in(const char *name, const char *end)
{
    size_t n = strlen(name), m = strlen(end);
    return n >= m && strcmp(name + n - m, end) == 0;
}

static int parse_any(struct builder *b, const uint8_t *data, size_t size)
{
    size_t at = 0;
    if (size >= 4 && memcmp(data, "\177ELF", 4) == 0) {
        return parse_elf(b, data, size);
    }
    if (ends_in(b->name, ".bin")) {
        return size ? add_bytes(b, 0, 0, data, size) : fail_at(b, 0, "the file is empty");
    }
    while (at < size && (data[at] == '\r' || data[at] == '\n' || data[at] == ' ' || data[at] == '\t')) {
        at++;
    }
    if (at == size) {
        return fail_at(b, 0, "the file is empty");
    }
    if (data[at] == ':') {
        return parse_hex(b, data, size);
    }
    return fail_at(b, 0, "neither an ELF file nor Intel hex (a raw image needs a name that ends in .bin)");
}

int image_parse(struct image *img, const char *name, const uint8_t *data, size_t size, enum image_memory meant_for,
                struct image_error *err)
{
    struct builder b = { .name = name, .meant_for = meant_for, .err = err };
    memset(img, 0, sizeof *img);
    err->text[0] = '\0';
    int bad = parse_any(&b, data, size);
    for (unsigned m = 0; !bad && m < IMAGE_MEMORIES; m++) {
        bad = join(&b, m, &img->memory[m]);
    }
    unsigned n = 0;
    for (unsigned m = 0; m < IMAGE_MEMORIES; m++) {
        n += b.n[m];
    }
    if (!bad && !n) {
        bad = fail_at(&b, 0, "the file has no bytes for any memory");
    }
    builder_free(&b);
    if (bad) {
        image_free(img);
    }
    return bad;
}

static uint8_t *read_file(FILE *f, size_t *size)
{
    size_t cap = 65536, n;
    uint8_t *data = malloc(cap);
    *size = 0;
    while (data && (n = fread(data + *size, 1, cap - *size, f)) > 0) {
        *size += n;
        if (*size == cap) {
            uint8_t *more = cap < MAX_FILE_BYTES ? realloc(data, cap *= 2) : NULL;
            if (!more) {
                free(data);
                errno = EFBIG;
                return NULL;
            }
            data = more;
        }
    }
    if (data && ferror(f)) {
        free(data);
        return NULL;
    }
    return data;
}

int image_load(struct image *img, const char *path, enum image_memory meant_for, struct image_error *err)
{
    memset(img, 0, sizeof *img);
    FILE *f = fopen(path, "rb");
    if (!f) {
        return fail(err, "%.150s: %s", path, strerror(errno));
    }
    size_t size;
    errno = 0;
    uint8_t *data = read_file(f, &size);
    int why = errno;
    fclose(f);
    if (!data) {
        return fail(err, "%.150s: %s", path, strerror(why ? why : ENOMEM));
    }
    int bad = image_parse(img, path, data, size, meant_for, err);
    free(data);
    return bad;
}

void image_free(struct image *img)
{
    for (unsigned m = 0; m < IMAGE_MEMORIES; m++) {
        for (unsigned i = 0; i < img->memory[m].n; i++) {
            free(img->memory[m].segments[i].bytes);
        }
        free(img->memory[m].segments);
    }
    memset(img, 0, sizeof *img);
}

/* ---- use ---- */

uint32_t image_end(const struct image *img, enum image_memory m)
{
    const struct image_part *p = &img->memory[m];
    return p->n ? p->segments[p->n - 1].address + p->segments[p->n - 1].size : 0;
}

uint32_t image_bytes(const struct image *img, enum image_memory m)
{
    uint32_t n = 0;
    for (unsigned i = 0; i < img->memory[m].n; i++) {
        n += img->memory[m].segments[i].size;
    }
    return n;
}

int image_place(const struct image *img, enum image_memory m, uint8_t *cells, uint32_t size, uint8_t *used,
                struct image_error *err)
{
    if (image_end(img, m) > size) {
        return fail(err, "the image is too large: its %s reaches 0x%X, the part ends at 0x%X", image_memory_name(m),
                    image_end(img, m) - 1, size - 1);
    }
    for (unsigned i = 0; i < img->memory[m].n; i++) {
        const struct image_segment *s = &img->memory[m].segments[i];
        memcpy(cells + s->address, s->bytes, s->size);
        if (used) {
            memset(used + s->address, 1, s->size);
        }
    }
    return 0;
}
