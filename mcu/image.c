/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mcu/image.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mcu/image_builder.h"

/* avr-gcc's address map; the last column ends at IMAGE_FIRST_NOT_LOADED */
static const uint32_t base[IMAGE_MEMORIES] = { 0, 0x810000, 0x820000, 0x830000, 0x840000, 0x850000 };
static const uint32_t room[IMAGE_MEMORIES] = { IMAGE_MAX_BYTES, 0x10000, 0x100, 0x100, 0x100, 0x400 };
#define DATA_SPACE 0x800000u

const char *image_memory_name(enum image_memory m)
{
    static const char *const names[] = { "flash", "eeprom", "fuses", "lock", "signature", "user signature" };
    return (unsigned)m < IMAGE_MEMORIES ? names[m] : "?";
}

/* ---- collecting bytes ---- */

struct image_chunk { /* as read, in file order */
    struct image_segment seg;
    unsigned line; /* 0: not from a text file */
};

static void with_place(char *to, size_t size, const struct image_builder *b, unsigned line, const char *what)
{
    if (line) {
        snprintf(to, size, "%.100s:%u: %s", b->name, line, what);
    } else {
        snprintf(to, size, "%.100s: %s", b->name, what);
    }
}

int image_fail_at(struct image_builder *b, unsigned line, const char *fmt, ...)
{
    char what[200];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(what, sizeof what, fmt, ap);
    va_end(ap);
    with_place(b->err->text, sizeof b->err->text, b, line, what);
    return -1;
}

void image_note_at(struct image_builder *b, unsigned line, const char *text)
{
    struct image *img = b->img;
    for (unsigned i = 0; i < img->n_notes; i++) {
        if (strstr(img->notes[i], text)) {
            return;
        }
    }
    if (img->n_notes < IMAGE_NOTES) {
        with_place(img->notes[img->n_notes++], sizeof img->notes[0], b, line, text);
    }
}

static int find_memory(const struct image_builder *b, uint64_t address, enum image_memory *m, uint32_t *offset)
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

int image_add(struct image_builder *b, unsigned line, uint64_t address, const uint8_t *bytes, uint64_t size)
{
    enum image_memory m;
    uint32_t offset;
    if (!size) {
        return 0;
    }
    if (find_memory(b, address, &m, &offset) || size > room[m] - offset) {
        return image_fail_at(b, line, "%llu bytes at 0x%llX lie outside every memory of an AVR",
                             (unsigned long long)size, (unsigned long long)address);
    }
    if (b->n[m] == b->cap[m]) {
        unsigned cap = b->cap[m] ? 2 * b->cap[m] : 64;
        struct image_chunk *more = realloc(b->chunks[m], cap * sizeof *more);
        if (!more) {
            return image_fail_at(b, 0, "out of memory");
        }
        b->chunks[m] = more;
        b->cap[m] = cap;
    }
    uint8_t *copy = malloc(size);
    if (!copy) {
        return image_fail_at(b, 0, "out of memory");
    }
    memcpy(copy, bytes, size);
    b->chunks[m][b->n[m]++] = (struct image_chunk){ { offset, (uint32_t)size, copy }, line };
    return 0;
}

static int by_address(const void *a, const void *b)
{
    const struct image_chunk *x = a, *y = b;
    if (x->seg.address != y->seg.address) {
        return x->seg.address < y->seg.address ? -1 : 1;
    }
    return x->line < y->line ? -1 : x->line > y->line;
}

/* Chunk c against what was joined before it. The same bytes once more are accepted: linkers and merges make them. */
static int check_overlap(struct image_builder *b, enum image_memory m, const struct image_segment *s,
                         const struct image_chunk *before, const struct image_chunk *c)
{
    unsigned line = c->line > before->line ? c->line : before->line;
    uint32_t at = c->seg.address - s->address;
    for (uint32_t i = 0; i < c->seg.size && at + i < s->size; i++) {
        if (s->bytes[at + i] != c->seg.bytes[i]) {
            return image_fail_at(b, line, "%s address 0x%X is given twice, as 0x%02X and as 0x%02X",
                                 image_memory_name(m), c->seg.address + i, s->bytes[at + i], c->seg.bytes[i]);
        }
    }
    image_note_at(b, line, "bytes are given twice, the same both times");
    return 0;
}

/* One segment out of the sorted chunks from i on that touch or overlap. Sets *end; -1 with the message. */
static int join_run(struct image_builder *b, enum image_memory m, unsigned i, unsigned *end, struct image_segment *s)
{
    const struct image_chunk *c = b->chunks[m];
    uint32_t size = c[i].seg.size;
    unsigned k;
    for (k = i + 1; k < b->n[m] && c[k].seg.address <= c[i].seg.address + size; k++) {
        uint32_t reaches = c[k].seg.address + c[k].seg.size - c[i].seg.address;
        size = reaches > size ? reaches : size;
    }
    *end = k;
    *s = (struct image_segment){ c[i].seg.address, 0, malloc(size) };
    if (!s->bytes) {
        return image_fail_at(b, 0, "out of memory");
    }
    for (k = i; k < *end; k++) {
        uint32_t at = c[k].seg.address - s->address;
        if (at < s->size && check_overlap(b, m, s, &c[k - 1], &c[k])) {
            free(s->bytes);
            return -1;
        }
        memcpy(s->bytes + at, c[k].seg.bytes, c[k].seg.size);
        s->size = at + c[k].seg.size > s->size ? at + c[k].seg.size : s->size;
    }
    return 0;
}

/* Sorts the chunks of a memory, refuses contradictions, and joins neighbours into segments. */
static int join(struct image_builder *b, enum image_memory m, struct image_part *part)
{
    struct image_chunk *c = b->chunks[m];
    unsigned n = b->n[m];
    if (!n) {
        return 0;
    }
    qsort(c, n, sizeof *c, by_address);
    part->segments = calloc(n, sizeof *part->segments);
    if (!part->segments) {
        return image_fail_at(b, 0, "out of memory");
    }
    for (unsigned i = 0, end; i < n; i = end) {
        if (join_run(b, m, i, &end, &part->segments[part->n])) {
            return -1;
        }
        part->n++;
    }
    return 0;
}

static void builder_free(struct image_builder *b)
{
    for (unsigned m = 0; m < IMAGE_MEMORIES; m++) {
        for (unsigned i = 0; i < b->n[m]; i++) {
            free(b->chunks[m][i].seg.bytes);
        }
        free(b->chunks[m]);
    }
}

/* ---- files of lines ---- */

static bool blank(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

static bool comment(const uint8_t *p, const uint8_t *end)
{
    return p < end && (*p == '#' || *p == ';' || (*p == '/' && end - p > 1 && p[1] == '/'));
}

bool image_next_line(struct image_builder *b, const uint8_t *data, size_t size, struct image_line *line)
{
    while (line->next < size) {
        const uint8_t *text = data + line->next, *end = memchr(text, '\n', size - line->next);
        end = end ? end : data + size;
        line->next = (size_t)(end - data) + 1;
        line->number++;
        while (end > text && blank(end[-1])) {
            end--;
        }
        const uint8_t *first = text;
        while (first < end && blank(*first)) {
            first++;
        }
        line->text = text;
        line->len = (size_t)(end - text);
        if (comment(first, end)) {
            image_note_at(b, line->number, "comments are passed over");
        } else if (line->len) {
            return true;
        }
    }
    return false;
}

static int hex_digit(uint8_t c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

int image_hex_pairs(struct image_builder *b, const struct image_line *line, size_t first, uint8_t *bytes, size_t max,
                    size_t *n)
{
    const uint8_t *p = line->text + first, *end = line->text + line->len;
    size_t column = first + 1;
    *n = 0;
    for (; p < end && !blank(*p) && !comment(p, end); p += 2, column += 2) {
        bool pair = end - p > 1 && !blank(p[1]) && !comment(p + 1, end);
        if (hex_digit(p[0]) < 0 || (pair && hex_digit(p[1]) < 0)) {
            return image_fail_at(b, line->number, "not a hexadecimal digit in column %zu",
                                 column + (hex_digit(p[0]) >= 0));
        }
        if (!pair) {
            return image_fail_at(b, line->number, "the record is cut short");
        }
        if (*n == max) {
            return image_fail_at(b, line->number, "the record is longer than its length byte says (%u)", bytes[0]);
        }
        bytes[(*n)++] = (uint8_t)(hex_digit(p[0]) << 4 | hex_digit(p[1]));
    }
    while (p < end && blank(*p)) {
        p++;
    }
    if (comment(p, end)) {
        image_note_at(b, line->number, "comments are passed over");
    } else if (p < end) {
        return image_fail_at(b, line->number, "text after the record: only a comment may follow (// # ;)");
    }
    return 0;
}

/* ---- the whole file ---- */

static bool ends_in(const char *name, const char *end)
{
    size_t n = strlen(name), m = strlen(end);
    return n >= m && strcmp(name + n - m, end) == 0;
}

/* The first character that is no blank, of a line that is no comment; size if there is none. */
static size_t first_character(struct image_builder *b, const uint8_t *data, size_t size)
{
    struct image_line line = { 0 };
    size_t i = 0;
    if (!image_next_line(b, data, size, &line)) {
        return size;
    }
    while (blank(line.text[i])) {
        i++;
    }
    return (size_t)(line.text - data) + i;
}

static int parse_any(struct image_builder *b, const uint8_t *data, size_t size)
{
    if (size >= 4 && memcmp(data, "\177ELF", 4) == 0) {
        return image_read_elf(b, data, size);
    }
    if (ends_in(b->name, ".bin")) {
        return size ? image_add(b, 0, 0, data, size) : image_fail_at(b, 0, "the file is empty");
    }
    size_t at = first_character(b, data, size);
    if (at == size) {
        return image_fail_at(b, 0, "the file is empty: even without data a hex file has an end record (:00000001FF)");
    }
    if (data[at] == ':') {
        return image_read_hex(b, data, size);
    }
    if (data[at] == 'S' && at + 1 < size && data[at + 1] >= '0' && data[at + 1] <= '9') {
        return image_read_srec(b, data, size);
    }
    return image_fail_at(b, 0,
                         "neither an ELF file, Intel hex nor S-records (a raw image needs a name that ends in .bin)");
}

bool image_parse(struct image *img, const char *name, const uint8_t *data, size_t size, enum image_memory meant_for,
                 struct problem *err)
{
    struct image_builder b = { .name = name, .meant_for = meant_for, .img = img, .err = err };
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
        image_note_at(&b, 0, "the file has no bytes for any memory");
    }
    builder_free(&b);
    if (bad) {
        image_free(img);
    }
    return !bad;
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

bool image_place(const struct image *img, enum image_memory m, uint8_t *cells, uint32_t size, uint8_t *used,
                 struct problem *err)
{
    if (image_end(img, m) > size) {
        return problem_set(err, "the image is too large: its %s reaches 0x%X, the part ends at 0x%X",
                           image_memory_name(m), image_end(img, m) - 1, size - 1);
    }
    for (unsigned i = 0; i < img->memory[m].n; i++) {
        const struct image_segment *s = &img->memory[m].segments[i];
        memcpy(cells + s->address, s->bytes, s->size);
        if (used) {
            memset(used + s->address, 1, s->size);
        }
    }
    return true;
}
