/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * image.h - firmware and memory images from files: ELF, Intel hex, Motorola S-records, raw binary
 *
 * Format      ELF by its magic, Intel hex by its first ':', S-records by their first 'S' and digit, raw binary only
 *             when the name ends in .bin.
 * Memories    avr-gcc's address map: flash from 0, EEPROM 0x810000, fuses 0x820000, lock 0x830000, signature
 *             0x840000, user signature 0x850000. ELF: by program header, at the physical address, bytes of the file
 *             only (no .bss). Other files: addresses below 0x800000 belong to the memory the caller says.
 * Accepts     with a note each, as avrdude does: comments behind and between records (avrdude's format I), a missing
 *             end record, bytes given twice with the same value, a file without data.
 * Errors      whatever is ambiguous: not well-formed, contradicting, cut in a record, or outside every memory is
 *             refused with the file's name and line (hex, S-records), and nothing is half-loaded.
 * Own code    libbfd, the library that reads all these, refuses avrdude's comments, lets the later of two
 *             contradicting bytes win in silence, and prints what is wrong instead of returning it; libsrecord has
 *             no C interface.
 * Leaves out  ELF symbols, of simavr's .mmcu section all but the device, data-space (0x800100) initial values.
 * Source      Intel hexadecimal object file format, rev. A (1988); System V ABI (ELF); avr-libc "Memory Sections";
 *             avrdude manual, -U.
 */
#ifndef MCU_IMAGE_H
#define MCU_IMAGE_H

#include "sim/problem.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum image_memory {
    IMAGE_FLASH,
    IMAGE_EEPROM,
    IMAGE_FUSES,
    IMAGE_LOCK,
    IMAGE_SIGNATURE,
    IMAGE_USER_SIGNATURE,
    IMAGE_MEMORIES
};

const char *image_memory_name(
    enum image_memory m); /* "flash", "eeprom", "fuses", "lock", "signature", "user signature" */

struct image_segment { /* a run of bytes without gaps; segments are sorted, apart and never empty */
    uint32_t address;  /* within its memory */
    uint32_t size;
    uint8_t *bytes;
};

struct image_part {
    struct image_segment *segments;
    unsigned n;
};

#define IMAGE_NOTES 4

struct image {
    struct image_part memory[IMAGE_MEMORIES];
    char device[32];       /* ELF: "atmega328p", as the compiler says; "": unknown */
    unsigned architecture; /* ELF: avr-gcc's -mmcu=avrN; 0: unknown */
    unsigned n_notes;
    char notes[IMAGE_NOTES][200]; /* "FILE:LINE: what was accepted" */
};

#define IMAGE_FIRST_NOT_LOADED 0x860000u /* from here on an ELF file only tells about its program */

#define IMAGE_MAX_FILE_BYTES (16u * 1024 * 1024) /* hex with its comments, ELF with its debug information */
#define IMAGE_MAX_BYTES (256u * 1024u)           /* per memory: the largest classic AVR */

/*
 * The bytes of a file; name is used in messages and for .bin. meant_for: the memory that a hex or raw file is about
 * (IMAGE_FLASH for a program). False with err ("FILE:LINE: what is wrong") and img empty. Free with image_free().
 */
bool image_parse(struct image *img, const char *name, const uint8_t *data, size_t size, enum image_memory meant_for,
                 struct problem *err);
void image_free(struct image *img);

/* Address after the last byte of a memory, 0 if the image has none. */
uint32_t image_end(const struct image *img, enum image_memory m);
/* Bytes that the image has of a memory. */
uint32_t image_bytes(const struct image *img, enum image_memory m);
/*
 * Copies the segments of a memory into cells[0..size-1]; the rest of cells stays. used, if not NULL, gets a 1
 * per byte written. False with err, and nothing written, when a byte lies outside ("too large").
 */
bool image_place(const struct image *img, enum image_memory m, uint8_t *cells, uint32_t size, uint8_t *used,
                 struct problem *err);

#endif
