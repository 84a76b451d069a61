/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * image_builder.h - what the readers of image files share (image_hex.c, image_srec.c, image_elf.c): for mcu/image.c
 *
 * A reader hands over bytes with their addresses in avr-gcc's map, in the file's order. The builder sorts them,
 * refuses contradictions and collects the notes.
 */
#ifndef MCU_IMAGE_BUILDER_H
#define MCU_IMAGE_BUILDER_H

#include "mcu/image.h"

struct image_chunk;

struct image_builder {
    const char *name; /* of the file, for messages */
    enum image_memory meant_for;
    struct image *img; /* notes and device go there at once */
    struct problem *err;
    struct image_chunk *chunks[IMAGE_MEMORIES];
    unsigned n[IMAGE_MEMORIES], cap[IMAGE_MEMORIES];
};

/* The message with "FILE" or "FILE:LINE" in front; line 0: none. Always -1. */
int image_fail_at(struct image_builder *b, unsigned line, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
/* Something that was accepted although not every reader would. A kind is told once a file, with its first line. */
void image_note_at(struct image_builder *b, unsigned line, const char *text);
/* Bytes of the file at an address. -1: outside of every memory, or no memory left. */
int image_add(struct image_builder *b, unsigned line, uint64_t address, const uint8_t *bytes, uint64_t size);

/* ---- files of lines ---- */

struct image_line {
    const uint8_t *text; /* without its end and trailing blanks */
    size_t len;
    unsigned number; /* from 1; 0 before the first */
    size_t next;     /* where the next line begins */
};

/* The next line that is neither empty nor a comment (// # ;), false at the end of the file. */
bool image_next_line(struct image_builder *b, const uint8_t *data, size_t size, struct image_line *line);

/*
 * Reads pairs of hex digits from column `first` (from 0) into bytes[0..max-1], up to the end of the line or a
 * comment. -1 with a message that names the column.
 */
int image_hex_pairs(struct image_builder *b, const struct image_line *line, size_t first, uint8_t *bytes, size_t max,
                    size_t *n);

/* ---- the readers: 0, or -1 with the message ---- */

int image_read_hex(struct image_builder *b, const uint8_t *data, size_t size);
int image_read_srec(struct image_builder *b, const uint8_t *data, size_t size);
int image_read_elf(struct image_builder *b, const uint8_t *data, size_t size);

#endif
