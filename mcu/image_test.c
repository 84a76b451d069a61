/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <check.h>
#include <elf.h>
#include <stdlib.h>
#include <string.h>

#include "mcu/image.h"
#include "sim/rng.h"
#include "tests/run_all.h"

static struct image img;
static struct image_error err;

static int parse(const char *name, const char *text)
{
    return image_parse(&img, name, (const uint8_t *)text, strlen(text), IMAGE_FLASH, &err);
}

static void refuses(const char *text, const char *message)
{
    ck_assert_int_eq(parse("a.hex", text), -1);
    ck_assert_str_eq(err.text, message);
    for (unsigned m = 0; m < IMAGE_MEMORIES; m++) {
        ck_assert_uint_eq(img.memory[m].n, 0);
    }
}

/* ---- Intel hex ---- */

START_TEST(hex_data_and_gaps)
{
    ck_assert_int_eq(parse("a.hex", ":0400000001020304F2\r\n"
                                    ":02000400AABB95\n"
                                    "\n"
                                    ":0100100055"
                                    "9A\n"
                                    ":00000001FF\n"),
                     0);
    ck_assert_uint_eq(img.memory[IMAGE_FLASH].n, 2);
    ck_assert_uint_eq(img.memory[IMAGE_FLASH].segments[0].address, 0);
    ck_assert_uint_eq(img.memory[IMAGE_FLASH].segments[0].size, 6);
    ck_assert_uint_eq(img.memory[IMAGE_FLASH].segments[0].bytes[5], 0xbb);
    ck_assert_uint_eq(img.memory[IMAGE_FLASH].segments[1].address, 0x10);
    ck_assert_uint_eq(image_end(&img, IMAGE_FLASH), 0x11);
    ck_assert_uint_eq(image_bytes(&img, IMAGE_FLASH), 7);
    image_free(&img);
}
END_TEST

START_TEST(hex_extended_addresses)
{
    /* type 04: 0x00010000; type 02: 0x1000 * 16; start addresses are accepted and ignored */
    ck_assert_int_eq(parse("a.hex", ":020000040001F9\n:0100000011EE\n"
                                    ":020000021000EC\n:0100010022DC\n"
                                    ":0400000300003800C1\n:0400000500000000F7\n:00000001FF"),
                     0);
    ck_assert_uint_eq(img.memory[IMAGE_FLASH].n, 1);
    ck_assert_uint_eq(img.memory[IMAGE_FLASH].segments[0].address, 0x10000);
    ck_assert_uint_eq(img.memory[IMAGE_FLASH].segments[0].size, 2);
    image_free(&img);
}
END_TEST

START_TEST(hex_segmented_data_wraps_in_its_segment)
{
    ck_assert_int_eq(parse("a.hex", ":020000021000EC\n:02FFFF001122CD\n:00000001FF\n"), 0);
    ck_assert_uint_eq(img.memory[IMAGE_FLASH].n, 2);
    ck_assert_uint_eq(img.memory[IMAGE_FLASH].segments[0].address, 0x10000);
    ck_assert_uint_eq(img.memory[IMAGE_FLASH].segments[0].bytes[0], 0x22);
    ck_assert_uint_eq(img.memory[IMAGE_FLASH].segments[1].address, 0x1ffff);
    image_free(&img);
    /* linear: it runs on */
    ck_assert_int_eq(parse("a.hex", ":020000040001F9\n:02FFFF001122CD\n:00000001FF\n"), 0);
    ck_assert_uint_eq(img.memory[IMAGE_FLASH].n, 1);
    ck_assert_uint_eq(image_end(&img, IMAGE_FLASH), 0x20001);
    image_free(&img);
}
END_TEST

START_TEST(hex_eeprom_and_fuses_by_address)
{
    ck_assert_int_eq(parse("a.hex", ":020000040081"
                                    "79\n:0100030077"
                                    "85\n"
                                    ":020000040082"
                                    "78\n:0300000062D9FFC3\n"
                                    ":020000040083"
                                    "77\n:0100000000FF\n:00000001FF\n"),
                     0);
    ck_assert_uint_eq(img.memory[IMAGE_EEPROM].segments[0].address, 3);
    ck_assert_uint_eq(img.memory[IMAGE_FUSES].segments[0].bytes[1], 0xd9);
    ck_assert_uint_eq(img.memory[IMAGE_LOCK].segments[0].bytes[0], 0);
    image_free(&img);
    /* below 0x800000 the caller says */
    const char *text = ":0100030077"
                       "85\n:00000001FF\n";
    ck_assert_int_eq(image_parse(&img, "e.hex", (const uint8_t *)text, strlen(text), IMAGE_EEPROM, &err), 0);
    ck_assert_uint_eq(image_bytes(&img, IMAGE_EEPROM), 1);
    ck_assert_uint_eq(image_bytes(&img, IMAGE_FLASH), 0);
    image_free(&img);
}
END_TEST

START_TEST(hex_refusals_name_the_line)
{
    refuses("", "a.hex: the file is empty");
    refuses("\r\n \n", "a.hex: the file is empty");
    refuses("hello\n", "a.hex: neither an ELF file nor Intel hex (a raw image needs a name that ends in .bin)");
    refuses(":0100000011EE\n", "a.hex:1: the end record (:00000001FF) is missing: the file is cut short");
    refuses(":0100000011EE\n:01000100", "a.hex:2: the record is cut short");
    refuses(":0100000011EE\n:0100010022DD\n:00000001FF\n", "a.hex:2: bad checksum: 0xDD, should be 0xDC");
    refuses(":0200000011EE\n:00000001FF\n", "a.hex:1: the length byte says 2 data bytes, the line has 1");
    refuses(":0100000011EE\n:010000G011EE\n", "a.hex:2: not a hexadecimal digit in column 8");
    refuses(":0100000011EE\n0100010022DC\n", "a.hex:2: a record must begin with ':'");
    refuses(":00000006FA\n", "a.hex:1: unknown record type 06");
    refuses(":0100000400FB\n", "a.hex:1: a record of type 04 has 2 data bytes, not 1");
    refuses(":00000001FF\n:0100000011EE\n", "a.hex:2: text after the end record");
    refuses(":0200000011AA43\n:0100010022DC\n:00000001FF\n", "a.hex:2: flash address 0x1 is given twice");
    refuses(":02000004008575\n:0100000011EE\n:00000001FF\n",
            "a.hex:2: 1 bytes at 0x850000 lie outside every memory of an AVR");
    refuses(":020000040004F6\n:0100000011EE\n:00000001FF\n",
            "a.hex:2: 1 bytes at 0x40000 lie outside every memory of an AVR");
    refuses(":00000001FF\n", "a.hex: the file has no bytes for any memory");
}
END_TEST

START_TEST(raw_images_need_the_name)
{
    const uint8_t bytes[] = { 0x0c, 0x94, 0x00 };
    ck_assert_int_eq(image_parse(&img, "x.bin", bytes, 3, IMAGE_FLASH, &err), 0);
    ck_assert_uint_eq(image_bytes(&img, IMAGE_FLASH), 3);
    image_free(&img);
    ck_assert_int_eq(image_parse(&img, "x.dat", bytes, 3, IMAGE_FLASH, &err), -1);
    ck_assert_int_eq(image_parse(&img, "x.bin", bytes, 0, IMAGE_FLASH, &err), -1);
    ck_assert_str_eq(err.text, "x.bin: the file is empty");
}
END_TEST

START_TEST(placing_checks_the_part)
{
    uint8_t cells[8], used[8] = { 0 };
    memset(cells, 0xff, sizeof cells);
    ck_assert_int_eq(parse("a.hex", ":0200060011224"
                                    "5\n" +
                                        0),
                     -1); /* odd digits */
    ck_assert_int_eq(parse("a.hex", ":020006001122C5\n:00000001FF\n"), 0);
    ck_assert_int_eq(image_place(&img, IMAGE_FLASH, cells, 8, used, &err), 0);
    ck_assert_uint_eq(cells[6], 0x11);
    ck_assert_uint_eq(cells[5], 0xff);
    ck_assert_uint_eq(used[7], 1);
    ck_assert_uint_eq(used[5], 0);
    cells[6] = 0;
    ck_assert_int_eq(image_place(&img, IMAGE_FLASH, cells, 7, NULL, &err), -1);
    ck_assert_str_eq(err.text, "the image is too large: its flash reaches 0x7, the part ends at 0x6");
    ck_assert_uint_eq(cells[6], 0);
    image_free(&img);
}
END_TEST

START_TEST(a_missing_file_is_named)
{
    ck_assert_int_eq(image_load(&img, "/nonexistent/x.hex", IMAGE_FLASH, &err), -1);
    ck_assert_str_eq(err.text, "/nonexistent/x.hex: No such file or directory");
    ck_assert_int_eq(image_load(&img, "/", IMAGE_FLASH, &err), -1);
    ck_assert_str_eq(err.text, "/: Is a directory");
}
END_TEST

/* ---- ELF ---- */

#define ELF_BYTES 512

/* An executable with .text at 0 (data at file offset 256, 16 bytes) and EEPROM at 0x810002 (offset 300, 4). */
static void make_elf(uint8_t *f)
{
    memset(f, 0, ELF_BYTES);
    Elf32_Ehdr eh = {
        .e_ident = { 0x7f, 'E', 'L', 'F', ELFCLASS32, ELFDATA2LSB, EV_CURRENT },
        .e_type = ET_EXEC,
        .e_machine = EM_AVR,
        .e_version = EV_CURRENT,
        .e_phoff = sizeof eh,
        .e_ehsize = sizeof eh,
        .e_phentsize = sizeof(Elf32_Phdr),
        .e_phnum = 3,
    };
    Elf32_Phdr ph[3] = {
        { .p_type = PT_LOAD, .p_offset = 256, .p_filesz = 16, .p_memsz = 16 },
        { .p_type = PT_LOAD, .p_offset = 300, .p_vaddr = 0x810002, .p_paddr = 0x810002, .p_filesz = 4, .p_memsz = 4 },
        /* .data: lives at 0x800100, its initial values at 0x10 in flash; .bss beyond the file */
        { .p_type = PT_LOAD, .p_offset = 304, .p_vaddr = 0x800100, .p_paddr = 0x10, .p_filesz = 2, .p_memsz = 20 },
    };
    memcpy(f, &eh, sizeof eh);
    memcpy(f + sizeof eh, ph, sizeof ph);
    for (unsigned i = 0; i < 16; i++) {
        f[256 + i] = (uint8_t)i;
    }
    memcpy(f + 300, "\xee\xef\xf0\xf1\xd0\xd1", 6);
}

START_TEST(elf_by_program_headers_at_physical_addresses)
{
    uint8_t f[ELF_BYTES];
    make_elf(f);
    ck_assert_int_eq(image_parse(&img, "a.elf", f, sizeof f, IMAGE_EEPROM, &err), 0);
    ck_assert_uint_eq(img.memory[IMAGE_FLASH].n, 1);
    ck_assert_uint_eq(img.memory[IMAGE_FLASH].segments[0].size, 18);
    ck_assert_uint_eq(img.memory[IMAGE_FLASH].segments[0].bytes[17], 0xd1);
    ck_assert_uint_eq(img.memory[IMAGE_EEPROM].segments[0].address, 2);
    ck_assert_uint_eq(img.memory[IMAGE_EEPROM].segments[0].bytes[3], 0xf1);
    image_free(&img);
}
END_TEST

static void elf_refused(const uint8_t *f, size_t size, const char *message)
{
    ck_assert_int_eq(image_parse(&img, "a.elf", f, size, IMAGE_FLASH, &err), -1);
    ck_assert_msg(strncmp(err.text, message, strlen(message)) == 0, "%s", err.text);
}

START_TEST(elf_refusals)
{
    uint8_t f[ELF_BYTES];
    make_elf(f);
    elf_refused(f, 20, "a.elf: damaged ELF header");
    elf_refused(f, 303, "a.elf: the file is cut short: program header 1 wants bytes 0x12C to 0x130 of 303");
    make_elf(f);
    f[18] = EM_X86_64;
    elf_refused(f, sizeof f, "a.elf: not an ELF file for the AVR (machine 62, AVR is 83)");
    make_elf(f);
    f[16] = ET_REL;
    elf_refused(f, sizeof f, "a.elf: an ELF file, but not a linked program");
    make_elf(f);
    f[44] = 0; /* e_phnum */
    elf_refused(f, sizeof f, "a.elf: the ELF file has no usable program headers");
    make_elf(f);
    Elf32_Phdr *ph = (Elf32_Phdr *)(void *)(f + sizeof(Elf32_Ehdr));
    ph[2].p_paddr = 0x0e;
    elf_refused(f, sizeof f, "a.elf: flash address 0xE is given twice");
    make_elf(f);
    ph[0].p_paddr = 0x7ffff8;
    elf_refused(f, sizeof f, "a.elf: 16 bytes at 0x7FFFF8 lie outside every memory of an AVR");
    make_elf(f);
    ph[0].p_filesz = 17;
    elf_refused(f, sizeof f, "a.elf: program header 0 has more bytes in the file than in memory");
}
END_TEST

/* ---- mutations: an error message or a sound image, never a crash ---- */

static void try_mutants(const uint8_t *file, size_t size, unsigned n, const char *name)
{
    struct sim_rng rng = sim_rng_stream(2, name);
    uint8_t *f = malloc(size);
    unsigned refused = 0;
    for (unsigned i = 0; i < n; i++) {
        memcpy(f, file, size);
        size_t len = i % 4 == 0 ? sim_rng_below(&rng, size) : size;
        for (unsigned k = (unsigned)sim_rng_below(&rng, 6) + (i % 4 != 0); k; k--) {
            f[sim_rng_below(&rng, i % 3 ? size < 160 ? size : 160 : size)] = (uint8_t)sim_rng_next(&rng);
        }
        if (image_parse(&img, name, f, len, IMAGE_FLASH, &err)) {
            ck_assert_str_ne(err.text, "");
            refused++;
        } else {
            uint8_t *cells = malloc(IMAGE_MAX_BYTES);
            ck_assert_uint_le(image_end(&img, IMAGE_FLASH), IMAGE_MAX_BYTES);
            ck_assert_int_eq(image_place(&img, IMAGE_FLASH, cells, IMAGE_MAX_BYTES, NULL, &err), 0);
            free(cells);
            image_free(&img);
        }
    }
    ck_assert_uint_gt(refused, n / 10);
    free(f);
}

START_TEST(mutated_elf_files)
{
    uint8_t f[ELF_BYTES];
    make_elf(f);
    try_mutants(f, sizeof f, 20000, "m.elf");
}
END_TEST

START_TEST(mutated_hex_files)
{
    const char *text = ":020000040000FA\n:10000000000102030405060708090A0B0C0D0E0F78\n"
                       ":020000021000EC\n:02FFFF001122CD\n:0100100055"
                       "9A\n:00000001FF\n";
    ck_assert_int_eq(parse("a.hex", text), 0);
    image_free(&img);
    try_mutants((const uint8_t *)text, strlen(text), 20000, "m.hex");
}
END_TEST

int main(void)
{
    Suite *s = suite_create("image");
    TCase *tc = tcase_create("image");
    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, hex_data_and_gaps);
    tcase_add_test(tc, hex_extended_addresses);
    tcase_add_test(tc, hex_segmented_data_wraps_in_its_segment);
    tcase_add_test(tc, hex_eeprom_and_fuses_by_address);
    tcase_add_test(tc, hex_refusals_name_the_line);
    tcase_add_test(tc, raw_images_need_the_name);
    tcase_add_test(tc, placing_checks_the_part);
    tcase_add_test(tc, a_missing_file_is_named);
    tcase_add_test(tc, elf_by_program_headers_at_physical_addresses);
    tcase_add_test(tc, elf_refusals);
    tcase_add_test(tc, mutated_elf_files);
    tcase_add_test(tc, mutated_hex_files);
    suite_add_tcase(s, tc);
    return run_all(s);
}
