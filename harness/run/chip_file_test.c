/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "harness/run/chip_file.h"

#include "sim/rng.h"
#include "tests/test_files.h"

#include <jansson.h>

static struct nvm_cells a, b, blank;
static struct problem err;
static const struct part *const part = &part_atmega328p;

static void fill(struct nvm_cells *c)
{
    struct sim_rng rng = sim_rng_stream(3, "chip");
    memset(c, 0, sizeof *c);
    memset(c->flash, 0xFF, sizeof c->flash);
    memset(c->eeprom, 0xFF, sizeof c->eeprom);
    for (unsigned i = 100; i < 1000; i++) {
        c->flash[i] = (uint8_t)sim_rng_next(&rng);
    }
    c->flash[part->flash_bytes - 1] = 0x12;
    c->eeprom[0] = 0;
    c->fuses = (struct fuse_bytes){ { 0xFF, 0xDA, 0x05 }, 0xCF };
    c->calibration[0] = 0x9C;
    c->chip_erased = UINT32_MAX;
    c->flash_erased[0] = 3;
    c->flash_written[255] = 4;
    c->eeprom_written[1023] = 100000;
    c->fuse_written[3] = 7;
}

START_TEST(comes_back_as_it_was)
{
    char *path = test_path("chip");
    fill(&a);
    ck_assert_msg(chip_file_save(path, part, &a, &err), "%s", err.text);
    memset(&b, 0, sizeof b);
    memset(b.flash, 0xFF, sizeof b.flash);
    memset(b.eeprom, 0xFF, sizeof b.eeprom);
    b.fuse_written[0] = 99; /* what was there must go */
    b.flash_written[0] = 99;
    ck_assert_msg(chip_file_load(path, part, &b, &err) == CHIP_LOADED, "%s", err.text);
    ck_assert_mem_eq(&a, &b, sizeof a);
    unlink(path);
}
END_TEST

START_TEST(not_there_yet)
{
    fill(&a);
    b = a;
    ck_assert_int_eq(chip_file_load("/tmp/limpet-no-such-chip", part, &a, &err), CHIP_NOT_THERE);
    ck_assert_mem_eq(&a, &b, sizeof a);
}
END_TEST

START_TEST(cannot_be_written)
{
    fill(&a);
    ck_assert(!chip_file_save("/dev/full", part, &a, &err));
    ck_assert_ptr_nonnull(strstr(err.text, "No space left"));
    ck_assert(!chip_file_save("/nowhere/chip", part, &a, &err));
    ck_assert_ptr_nonnull(strstr(err.text, "/nowhere/chip: cannot write"));
    ck_assert_int_eq(chip_file_load("/tmp", part, &a, &err), CHIP_BAD);
}
END_TEST

/* A good file with one piece replaced, and what is said of it. */
static const struct {
    const char *from, *to, *says;
} damage[] = {
    { "{", "", ":2:9: " },
    { "\"format\": \"limpet chip\"", "\"format\": \"other\"", "not a chip file" },
    { "\"version\": 1", "\"version\": 2", "of version 2, this limpet reads version 1" },
    { "\"part\": \"atmega328p\"", "\"part\": \"atmega8a\"", "holds an \"atmega8a\", but the board has" },
    { "\"part\": \"atmega328p\"", "\"part\": 3", "\"part\" of the chip is not text" },
    { "\"part\"", "\"extra\": 1, \"part\"", "unknown key \"extra\" in the chip" },
    { "\"low\": \"FF\"", "\"low\": \"FFF\"", "low is not a byte" },
    { "\"low\": \"FF\"", "\"low\": \"0G\"", "low is not a byte" },
    { "\"low\": \"FF\"", "\"lo\": \"FF\"", "unknown key \"lo\" in \"fuses\"" },
    { "\"low\": \"FF\",", "", "\"fuses\" lacks \"low\"" },
    { "\"low\": \"FF\"", "\"low\": \"FF\", \"low\": \"FF\"", "duplicate" },
    { "\"9C\"", "\"9C\", \"9D\"", "\"calibration\" of an ATmega328P has 1 bytes, not 2" },
    { "\"7FC0\"", "\"8000\"", "\"8000\" is no address" },
    { "\"7FC0\"", "\"7FC1\"", "\"7FC1\" is no address" },
    { "\"7FC0\"", "\"-40\"", "\"-40\" is no address" },
    { "\"7FC0\"", "\"0x7FC0\"", "\"0x7FC0\" is no address" },
    { "\"7FC0\"", "\"7fC0\"", "\"7fC0\" is no address" }, /* one way to write it: no line stands there twice */
    { "\"7FC0\"", "\"07FC0\"", "\"07FC0\" is no address" },
    { "\"7FC0\"", "\"0\"", "\"0\" is no address" },
    { "\"7FC0\"", "\"00007FC0\"", "\"00007FC0\" is no address" },
    { "\"7FC0\"", "\"1000000000\"", "\"1000000000\" is no address" },
    { "\"7FC0\"", "\"\"", "\"\" is no address" },
    { "\"255\": 4", "\"0255\": 4", "\"0255\" in \"flash_written\" is not below 256" },
    { "\"255\": 4", "\"+255\": 4", "\"+255\" in \"flash_written\" is not below 256" },
    { "\"255\": 4", "\" 255\": 4", "\" 255\" in \"flash_written\" is not below 256" },
    { "\"7FC0\": \"", "\"7FC0\": \"0", "line \"7FC0\" of \"flash\" is not 64 bytes" },
    { "\"255\": 4", "\"256\": 4", "\"256\" in \"flash_written\" is not below 256" },
    { "\"255\": 4", "\"255\": -1", "no whole number" },
    { "\"255\": 4", "\"255\": 1.5", "no whole number" },
    { "4294967295", "4294967296", "no whole number" },
};

START_TEST(strict)
{
    char *path = test_path("strict");
    fill(&a);
    ck_assert(chip_file_save(path, part, &a, &err));
    char *good = read_text(path), *at = strstr(good, damage[_i].from);
    ck_assert_ptr_nonnull(at);
    char *bad = malloc(strlen(good) + 200);
    sprintf(bad, "%.*s%s%s", (int)(at - good), good, damage[_i].to, at + strlen(damage[_i].from));
    write_text(path, bad, strlen(bad));
    memset(&b, 0, sizeof b);
    ck_assert_int_eq(chip_file_load(path, part, &b, &err), CHIP_BAD);
    ck_assert_msg(strstr(err.text, damage[_i].says) != NULL, "%s", err.text);
    ck_assert_mem_eq(&b, &blank, sizeof b);
    free(good);
    free(bad);
    unlink(path);
}
END_TEST

START_TEST(cut_anywhere)
{
    char *path = test_path("cut");
    fill(&a);
    ck_assert(chip_file_save(path, part, &a, &err));
    char *good = read_text(path);
    size_t n = strlen(good);
    for (size_t k = 0; k + 3 < n; k += 37) {
        write_text(path, good, k);
        ck_assert_int_eq(chip_file_load(path, part, &b, &err), CHIP_BAD);
    }
    free(good);
    unlink(path);
}
END_TEST

static unsigned allocations, fails_at;

static void *failing_malloc(size_t n)
{
    return ++allocations == fails_at ? NULL : malloc(n);
}

/* Every allocation of the JSON library fails once: an error and the chip of before, or the chip as it is. */
START_TEST(saved_whole_or_not_at_all)
{
    char *path = test_path("memory");
    unsigned failed = 0;
    fill(&a);
    ck_assert(chip_file_save(path, part, &a, &err));
    char *before = read_text(path);
    a.flash[5] = 0x55;
    json_set_alloc_funcs(failing_malloc, free);
    for (fails_at = 1;; fails_at++) {
        allocations = 0;
        bool ok = chip_file_save(path, part, &a, &err);
        if (allocations < fails_at) { /* it ran to its end without */
            ck_assert(ok);
            break;
        }
        char *now = read_text(path);
        if (!ok) {
            ck_assert_ptr_nonnull(strstr(err.text, "out of memory"));
            ck_assert_str_eq(now, before);
            failed++;
        } else {
            unsigned at = fails_at;
            fails_at = 0;
            ck_assert_int_eq(chip_file_load(path, part, &b, &err), CHIP_LOADED);
            ck_assert_mem_eq(&a, &b, sizeof a);
            write_text(path, before, strlen(before));
            fails_at = at;
        }
        free(now);
    }
    ck_assert_uint_gt(failed, 50); /* there was something to fail */
    json_set_alloc_funcs(malloc, free);
    free(before);
    unlink(path);
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("chip_file");
    tcase_add_test(tc, comes_back_as_it_was);
    tcase_add_test(tc, not_there_yet);
    tcase_add_test(tc, cannot_be_written);
    tcase_add_loop_test(tc, strict, 0, sizeof damage / sizeof damage[0]);
    tcase_add_test(tc, cut_anywhere);
    tcase_add_test(tc, saved_whole_or_not_at_all);
    return run_suite("chip_file", tc);
}
