/* SPDX-License-Identifier: GPL-3.0-or-later */
/* image_elf.c - linked programs in ELF files: bytes by program header, the device they are for by section */
#include <gelf.h>
#include <stdlib.h>
#include <string.h>

#include "mcu/image_builder.h"

#define ARCHITECTURE_MASK 0x7f /* of e_flags: avr-gcc's -mmcu=avrN; bit 7 says that the linker may relax */

/* simavr's avr_mcu_section.h: records of tag, length, value */
#define MMCU_TAG_NAME 1
/* avr-libc's .note.gnu.avr.deviceinfo: six words of memory map, bytes of the offset table, offset of the name */
#define NOTE_MAP_BYTES 24

static void keep_device(struct image *img, const char *name, size_t n)
{
    n = strnlen(name, n);
    if (n && n < sizeof img->device) {
        memcpy(img->device, name, n);
        img->device[n] = '\0';
    }
}

static uint32_t word_le(const uint8_t *p)
{
    return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static void device_of_mmcu(struct image *img, const uint8_t *p, size_t n)
{
    for (size_t at = 0; at + 2 <= n && at + 2 + p[at + 1] <= n; at += 2u + p[at + 1]) {
        if (p[at] == MMCU_TAG_NAME) {
            keep_device(img, (const char *)p + at + 2, p[at + 1]);
            return;
        }
    }
}

static void device_of_note(struct image *img, const uint8_t *p, size_t n)
{
    if (n < 12) {
        return;
    }
    size_t desc = 12 + ((size_t)word_le(p) + 3) / 4 * 4; /* behind the note's own name, "AVR" */
    if (desc > n || n - desc < NOTE_MAP_BYTES + 8) {
        return;
    }
    p += desc + NOTE_MAP_BYTES;
    n -= desc + NOTE_MAP_BYTES;
    uint64_t name = (uint64_t)word_le(p) + word_le(p + 4);
    if (name < n) {
        keep_device(img, (const char *)p + name, n - (size_t)name);
    }
}

/* Both sections may be missing: then only the architecture is known. */
static void find_device(struct image_builder *b, Elf *elf, const uint8_t *data, size_t size)
{
    size_t names;
    if (elf_getshdrstrndx(elf, &names)) {
        return;
    }
    for (Elf_Scn *s = elf_nextscn(elf, NULL); s && !b->img->device[0]; s = elf_nextscn(elf, s)) {
        GElf_Shdr sh;
        const char *name = gelf_getshdr(s, &sh) ? elf_strptr(elf, names, sh.sh_name) : NULL;
        if (!name || sh.sh_type == SHT_NOBITS || sh.sh_offset > size || sh.sh_size > size - sh.sh_offset) {
            continue;
        }
        if (strcmp(name, ".mmcu") == 0) {
            device_of_mmcu(b->img, data + sh.sh_offset, sh.sh_size);
        } else if (strcmp(name, ".note.gnu.avr.deviceinfo") == 0) {
            device_of_note(b->img, data + sh.sh_offset, sh.sh_size);
        }
    }
}

static int check_header(struct image_builder *b, Elf *elf, GElf_Ehdr *eh, size_t *n)
{
    if (!gelf_getehdr(elf, eh)) {
        return image_fail_at(b, 0, "damaged ELF header: %s", elf_errmsg(-1));
    }
    if (gelf_getclass(elf) != ELFCLASS32 || eh->e_machine != EM_AVR) {
        return image_fail_at(b, 0, "not an ELF file for the AVR (machine %u, AVR is %u)", eh->e_machine, EM_AVR);
    }
    if (eh->e_ident[EI_DATA] != ELFDATA2LSB || eh->e_type != ET_EXEC) {
        return image_fail_at(b, 0, "an ELF file, but not a linked program");
    }
    if (elf_getphdrnum(elf, n) || *n == 0 || *n > 256) {
        return image_fail_at(b, 0, "the ELF file has no usable program headers");
    }
    return 0;
}

static int read_segments(struct image_builder *b, Elf *elf, const uint8_t *data, size_t size)
{
    GElf_Ehdr eh;
    size_t n;
    if (check_header(b, elf, &eh, &n)) {
        return -1;
    }
    b->img->architecture = eh.e_flags & ARCHITECTURE_MASK;
    for (size_t i = 0; i < n; i++) {
        GElf_Phdr ph;
        if (!gelf_getphdr(elf, (int)i, &ph)) {
            return image_fail_at(b, 0, "program header %zu is damaged: %s", i, elf_errmsg(-1));
        }
        if (ph.p_type != PT_LOAD || !ph.p_filesz) {
            continue;
        }
        if (ph.p_offset > size || ph.p_filesz > size - ph.p_offset) {
            return image_fail_at(b, 0, "the file is cut short: program header %zu wants bytes 0x%llX to 0x%llX of %zu",
                                 i, (unsigned long long)ph.p_offset, (unsigned long long)(ph.p_offset + ph.p_filesz),
                                 size);
        }
        if (ph.p_filesz > ph.p_memsz) {
            return image_fail_at(b, 0, "program header %zu has more bytes in the file than in memory", i);
        }
        if (ph.p_paddr >= IMAGE_FIRST_NOT_LOADED) {
            continue; /* .mmcu and the like: about the program, not of it */
        }
        if (image_add(b, 0, ph.p_paddr, data + ph.p_offset, ph.p_filesz)) {
            return -1;
        }
    }
    find_device(b, elf, data, size);
    return 0;
}

int image_read_elf(struct image_builder *b, const uint8_t *data, size_t size)
{
    b->meant_for = IMAGE_FLASH; /* an ELF file says itself what goes where */
    elf_version(EV_CURRENT);
    uint8_t *copy = malloc(size); /* libelf may write into it */
    if (!copy) {
        return image_fail_at(b, 0, "out of memory");
    }
    memcpy(copy, data, size);
    Elf *elf = elf_memory((char *)copy, size);
    int bad = !elf || elf_kind(elf) != ELF_K_ELF ? image_fail_at(b, 0, "damaged ELF header")
                                                 : read_segments(b, elf, data, size);
    elf_end(elf);
    free(copy);
    return bad;
}
