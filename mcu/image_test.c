/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <check.h>
#include <elf.h>
#include <stdlib.h>
#include <string.h>

#include "mcu/image.h"
#include "sim/rng.h"
#include "tests/image_file.h"
#include "tests/run_all.h"

static struct image img;
static struct problem err;

static bool parse(const char *name, const char *text)
{
    return image_parse(&img, name, (const uint8_t *)text, strlen(text), IMAGE_FLASH, &err);
}

static void refuses(const char *text, const char *message)
{
    ck_assert(!parse("a.hex", text));
    ck_assert_str_eq(err.text, message);
    for (unsigned m = 0; m < IMAGE_MEMORIES; m++) {
        ck_assert_uint_eq(img.memory[m].n, 0);
    }
}

/* ---- Intel hex ---- */

START_TEST(hex_data_and_gaps)
{
    ck_assert(parse("a.hex", ":0400000001020304F2\r\n"
                             ":02000400AABB95\n"
                             "\n"
                             ":0100100055"
                             "9A\n"
                             ":00000001FF\n"));
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
    ck_assert(parse("a.hex", ":020000040001F9\n:0100000011EE\n"
                             ":020000021000EC\n:0100010022DC\n"
                             ":0400000300003800C1\n:0400000500000000F7\n:00000001FF"));
    ck_assert_uint_eq(img.memory[IMAGE_FLASH].n, 1);
    ck_assert_uint_eq(img.memory[IMAGE_FLASH].segments[0].address, 0x10000);
    ck_assert_uint_eq(img.memory[IMAGE_FLASH].segments[0].size, 2);
    image_free(&img);
}
END_TEST

START_TEST(hex_segmented_data_wraps_in_its_segment)
{
    ck_assert(parse("a.hex", ":020000021000EC\n:02FFFF001122CD\n:00000001FF\n"));
    ck_assert_uint_eq(img.memory[IMAGE_FLASH].n, 2);
    ck_assert_uint_eq(img.memory[IMAGE_FLASH].segments[0].address, 0x10000);
    ck_assert_uint_eq(img.memory[IMAGE_FLASH].segments[0].bytes[0], 0x22);
    ck_assert_uint_eq(img.memory[IMAGE_FLASH].segments[1].address, 0x1ffff);
    image_free(&img);
    /* linear: it runs on */
    ck_assert(parse("a.hex", ":020000040001F9\n:02FFFF001122CD\n:00000001FF\n"));
    ck_assert_uint_eq(img.memory[IMAGE_FLASH].n, 1);
    ck_assert_uint_eq(image_end(&img, IMAGE_FLASH), 0x20001);
    image_free(&img);
}
END_TEST

START_TEST(hex_eeprom_and_fuses_by_address)
{
    ck_assert(parse("a.hex", ":020000040081"
                             "79\n:0100030077"
                             "85\n"
                             ":020000040082"
                             "78\n:0300000062D9FFC3\n"
                             ":020000040083"
                             "77\n:0100000000FF\n:00000001FF\n"));
    ck_assert_uint_eq(img.memory[IMAGE_EEPROM].segments[0].address, 3);
    ck_assert_uint_eq(img.memory[IMAGE_FUSES].segments[0].bytes[1], 0xd9);
    ck_assert_uint_eq(img.memory[IMAGE_LOCK].segments[0].bytes[0], 0);
    image_free(&img);
    /* below 0x800000 the caller says */
    const char *text = ":0100030077"
                       "85\n:00000001FF\n";
    ck_assert(image_parse(&img, "e.hex", (const uint8_t *)text, strlen(text), IMAGE_EEPROM, &err));
    ck_assert_uint_eq(image_bytes(&img, IMAGE_EEPROM), 1);
    ck_assert_uint_eq(image_bytes(&img, IMAGE_FLASH), 0);
    image_free(&img);
}
END_TEST

START_TEST(hex_refusals_name_the_line)
{
    const char *empty = "a.hex: the file is empty: even without data a hex file has an end record (:00000001FF)";
    const char *what = "a.hex: neither an ELF file, Intel hex nor S-records "
                       "(a raw image needs a name that ends in .bin)";
    refuses("", empty);
    refuses("\r\n \n", empty);
    refuses("// nothing but a comment\n", empty);
    refuses("hello\n", what);
    refuses("Some text\n", what);
    refuses(":0100000011EE\n:01000100", "a.hex:2: the record is cut short");
    refuses(":0100000011EE\n:0100010022DD\n:00000001FF\n", "a.hex:2: bad checksum: 0xDD, should be 0xDC");
    refuses(":0200000011EE\n:00000001FF\n", "a.hex:1: the length byte says 2 data bytes, the line has 1");
    refuses(":0100000011EE\n:010000G011EE\n", "a.hex:2: not a hexadecimal digit in column 8");
    refuses(":0100000011EE\n0100010022DC\n", "a.hex:2: a record must begin with ':'");
    refuses(":00000006FA\n", "a.hex:1: unknown record type 06");
    refuses(":0100000400FB\n", "a.hex:1: a record of type 04 has 2 data bytes, not 1");
    refuses(":00000001FF\n:0100000011EE\n", "a.hex:2: text after the end record");
    refuses(":0200000011AA43\n:0100010022DC\n:00000001FF\n",
            "a.hex:2: flash address 0x1 is given twice, as 0xAA and as 0x22");
    refuses(":0100000011EE what\n", "a.hex:1: text after the record: only a comment may follow (// # ;)");
    refuses(":0100000011E\n", "a.hex:1: the record is cut short");
    refuses(":0100000011E // short\n", "a.hex:1: the record is cut short");
    refuses(" :0100000011EE\n", "a.hex:1: a record must begin with ':'");
    refuses(":02000004008674\n:0100000011EE\n:00000001FF\n",
            "a.hex:2: 1 bytes at 0x860000 lie outside every memory of an AVR");
    refuses(":020000040004F6\n:0100000011EE\n:00000001FF\n",
            "a.hex:2: 1 bytes at 0x40000 lie outside every memory of an AVR");
}
END_TEST

static void accepts(const char *text, unsigned n_bytes, const char *const *notes)
{
    ck_assert_msg(parse("a.hex", text), "%s", err.text);
    ck_assert_uint_eq(image_bytes(&img, IMAGE_FLASH), n_bytes);
    unsigned n = 0;
    for (; notes[n]; n++) {
        ck_assert_uint_lt(n, img.n_notes);
        ck_assert_str_eq(img.notes[n], notes[n]);
    }
    ck_assert_uint_eq(img.n_notes, n);
    image_free(&img);
}

/* What avrdude writes and takes: each with a note; a well-formed file without. */
START_TEST(what_the_field_makes_is_accepted_with_a_note)
{
    accepts(":0100000011EE\n:00000001FF\n", 1, (const char *[]){ NULL });
    /* avrdude -U flash:r:FILE:I fills short records up with blanks and adds the characters */
    accepts(":0400000001026132"
            "66 // 00000> ..a2\n:0100040061"
            "9A       // 00004> a\n:00000001FF\n",
            5, (const char *[]){ "a.hex:1: comments are passed over", NULL });
    accepts("# made by hand\n  ; and this\n:0100000011EE; one\n//:01\n:00000001FF # end\n// done\n", 1,
            (const char *[]){ "a.hex:1: comments are passed over", NULL });
    accepts(":0100000011EE\n", 1,
            (const char *[]){ "a.hex:1: the end record (:00000001FF) is missing: is the file whole?", NULL });
    accepts(":0200000011AA43\n:01000100AA54\n:00000001FF\n", 2,
            (const char *[]){ "a.hex:2: bytes are given twice, the same both times", NULL });
    /* one inside the other, then one that reaches over both ends of what is there */
    accepts(":0400000001020304F2\n:0100010002FC\n:0300020003040"
            "5EF\n:00000001FF\n",
            5, (const char *[]){ "a.hex:2: bytes are given twice, the same both times", NULL });
    /* a core's empty.hex */
    accepts(":0200000002C03C\n:00000001FF", 2, (const char *[]){ NULL });
    accepts(":00000001FF\n", 0, (const char *[]){ "a.hex: the file has no bytes for any memory", NULL });
}
END_TEST

/* ---- Motorola S-records ---- */

START_TEST(s_records_of_all_widths)
{
    ck_assert(parse("a.srec", "S00600004844521B\r\n"
                              "S1060000010203F3\r\n"
                              "S20500000304F3\r\n"
                              "S30600810002096D\r\n"
                              "S5030003F9\r\n"
                              "S70500000000FA\n"));
    ck_assert_uint_eq(img.memory[IMAGE_FLASH].n, 1);
    ck_assert_uint_eq(image_end(&img, IMAGE_FLASH), 4);
    ck_assert_uint_eq(img.memory[IMAGE_FLASH].segments[0].bytes[3], 4);
    ck_assert_uint_eq(img.memory[IMAGE_EEPROM].segments[0].address, 2);
    ck_assert_uint_eq(img.n_notes, 1);
    ck_assert_str_eq(img.notes[0], "a.srec: read as Motorola S-records");
    image_free(&img);
    ck_assert(parse("a.srec", "S104000001FA\n")); /* cut behind a record */
    ck_assert_str_eq(img.notes[1], "a.srec:1: the end record (S7, S8 or S9) is missing: is the file whole?");
    image_free(&img);
}
END_TEST

START_TEST(s_record_refusals_name_the_line)
{
    refuses("S104000001FF\n", "a.hex:1: bad checksum: 0xFF, should be 0xFA");
    refuses("S10400000\n", "a.hex:1: the record is cut short");
    refuses("S104000001\n", "a.hex:1: the length byte says 4 bytes, the line has 3");
    refuses("S4030000FC\n", "a.hex:1: unknown S-record type S4");
    refuses("S10200FD\n", "a.hex:1: an S1 record has an address of 2 bytes");
    refuses("S9030000FC\nS104000001FA\n", "a.hex:2: text after the end record");
    refuses("S104000001FA\nS5030002FA\n", "a.hex:2: the count record says 2 data records, the file has 1");
    refuses("S104000001FA\n:0100000011EE\n", "a.hex:2: an S-record must begin with 'S'");
    refuses("S3060004000001F4\n", "a.hex:1: 1 bytes at 0x40000 lie outside every memory of an AVR");
}
END_TEST

START_TEST(raw_images_need_the_name)
{
    const uint8_t bytes[] = { 0x0c, 0x94, 0x00 };
    ck_assert(image_parse(&img, "x.bin", bytes, 3, IMAGE_FLASH, &err));
    ck_assert_uint_eq(image_bytes(&img, IMAGE_FLASH), 3);
    image_free(&img);
    ck_assert(!image_parse(&img, "x.dat", bytes, 3, IMAGE_FLASH, &err));
    ck_assert(!image_parse(&img, "x.bin", bytes, 0, IMAGE_FLASH, &err));
    ck_assert_str_eq(err.text, "x.bin: the file is empty");
}
END_TEST

START_TEST(placing_checks_the_part)
{
    uint8_t cells[8], used[8] = { 0 };
    memset(cells, 0xff, sizeof cells);
    ck_assert(!parse("a.hex", ":0200060011224"
                              "5\n" +
                                  0)); /* odd digits */
    ck_assert(parse("a.hex", ":020006001122C5\n:00000001FF\n"));
    ck_assert(image_place(&img, IMAGE_FLASH, cells, 8, used, &err));
    ck_assert_uint_eq(cells[6], 0x11);
    ck_assert_uint_eq(cells[5], 0xff);
    ck_assert_uint_eq(used[7], 1);
    ck_assert_uint_eq(used[5], 0);
    cells[6] = 0;
    ck_assert(!image_place(&img, IMAGE_FLASH, cells, 7, NULL, &err));
    ck_assert_str_eq(err.text, "the image is too large: its flash reaches 0x7, the part ends at 0x6");
    ck_assert_uint_eq(cells[6], 0);
    image_free(&img);
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
    ck_assert(image_parse(&img, "a.elf", f, sizeof f, IMAGE_EEPROM, &err));
    ck_assert_uint_eq(img.memory[IMAGE_FLASH].n, 1);
    ck_assert_uint_eq(img.memory[IMAGE_FLASH].segments[0].size, 18);
    ck_assert_uint_eq(img.memory[IMAGE_FLASH].segments[0].bytes[17], 0xd1);
    ck_assert_uint_eq(img.memory[IMAGE_EEPROM].segments[0].address, 2);
    ck_assert_uint_eq(img.memory[IMAGE_EEPROM].segments[0].bytes[3], 0xf1);
    image_free(&img);
}
END_TEST

/* As the compiler makes them: firmware/field/sections.c. */
START_TEST(elf_of_the_compiler_with_every_section)
{
    const char *elf = getenv("LIMPET_SECTIONS_ELF");
    if (!elf) {
        return; /* built without the AVR images */
    }
    image_of_file(&img, elf);
    ck_assert_str_eq(img.device, "atmega328p");
    ck_assert_uint_eq(img.architecture, 5);
    ck_assert_uint_gt(image_bytes(&img, IMAGE_FLASH), 100);
    ck_assert_uint_eq(image_bytes(&img, IMAGE_EEPROM), 3);
    ck_assert_mem_eq(img.memory[IMAGE_FUSES].segments[0].bytes, "\x62\xd9\xff", 3);
    ck_assert_uint_eq(img.memory[IMAGE_LOCK].segments[0].bytes[0], 0xfc);
    ck_assert_mem_eq(img.memory[IMAGE_SIGNATURE].segments[0].bytes, "\x0f\x95\x1e", 3); /* low address first */
    if (image_bytes(&img, IMAGE_USER_SIGNATURE)) {
        ck_assert_mem_eq(img.memory[IMAGE_USER_SIGNATURE].segments[0].bytes, "\x09\x08\x07\x06", 4);
    } else { /* binutils 2.43 puts it right behind the signature, where an address can't tell it apart */
        ck_assert_uint_eq(image_bytes(&img, IMAGE_SIGNATURE), 3 + 4);
    }
    image_free(&img);
}
END_TEST

static void elf_refused(const uint8_t *f, size_t size, const char *message)
{
    ck_assert(!image_parse(&img, "a.elf", f, size, IMAGE_FLASH, &err));
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
    elf_refused(f, sizeof f, "a.elf: flash address 0xE is given twice, as 0x0E and as 0xD0");
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
        if (!image_parse(&img, name, f, len, IMAGE_FLASH, &err)) {
            ck_assert_str_ne(err.text, "");
            refused++;
        } else {
            uint8_t *cells = malloc(IMAGE_MAX_BYTES);
            ck_assert_uint_le(image_end(&img, IMAGE_FLASH), IMAGE_MAX_BYTES);
            ck_assert(image_place(&img, IMAGE_FLASH, cells, IMAGE_MAX_BYTES, NULL, &err));
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
    ck_assert(parse("a.hex", text));
    image_free(&img);
    try_mutants((const uint8_t *)text, strlen(text), 20000, "m.hex");
}
END_TEST

START_TEST(mutated_s_records)
{
    const char *text = "S00600004844521B\n"
                       "S1060000010203F3\n"
                       "S20500000304F3\n"
                       "S30600810002096D\n"
                       "S5030003F9\n"
                       "S70500000000FA\n";
    ck_assert(parse("a.srec", text));
    image_free(&img);
    try_mutants((const uint8_t *)text, strlen(text), 20000, "m.srec");
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
    tcase_add_test(tc, what_the_field_makes_is_accepted_with_a_note);
    tcase_add_test(tc, s_records_of_all_widths);
    tcase_add_test(tc, s_record_refusals_name_the_line);
    tcase_add_test(tc, elf_of_the_compiler_with_every_section);
    tcase_add_test(tc, mutated_s_records);
    tcase_add_test(tc, raw_images_need_the_name);
    tcase_add_test(tc, placing_checks_the_part);
    tcase_add_test(tc, elf_by_program_headers_at_physical_addresses);
    tcase_add_test(tc, elf_refusals);
    tcase_add_test(tc, mutated_elf_files);
    tcase_add_test(tc, mutated_hex_files);
    suite_add_tcase(s, tc);
    return run_all(s);
}
