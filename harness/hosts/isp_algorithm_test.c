/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Instructions as the datasheets print them, and the order in which the algorithm sends them. */
#include "harness/hosts/isp_algorithm.h"
#include "tests/run_all.h"

#include <check.h>
#include <string.h>

static const struct {
    const char *part;
    enum isp_op op;
    bool high;
    uint32_t address;
    uint8_t data, bytes[4];
} rows[] = {
    { "atmega328p", ISP_PROGRAMMING_ENABLE, false, 0, 0, { 0xAC, 0x53, 0x00, 0x00 } },
    { "atmega328p", ISP_CHIP_ERASE, false, 0, 0, { 0xAC, 0x80, 0x00, 0x00 } },
    { "atmega328p", ISP_POLL_RDY_BSY, false, 0, 0, { 0xF0, 0x00, 0x00, 0x00 } },
    { "atmega328p", ISP_LOAD_FLASH_PAGE, false, 0x3F, 0xA5, { 0x40, 0x00, 0x3F, 0xA5 } },
    { "atmega328p", ISP_LOAD_FLASH_PAGE, true, 0x01, 0x5A, { 0x48, 0x00, 0x01, 0x5A } },
    { "atmega328p", ISP_WRITE_FLASH_PAGE, false, 255, 0, { 0x4C, 0x3F, 0xC0, 0x00 } },
    { "atmega328p", ISP_WRITE_FLASH_PAGE, false, 1, 0, { 0x4C, 0x00, 0x40, 0x00 } },
    { "atmega328p", ISP_READ_FLASH, true, 0x1234, 0, { 0x28, 0x12, 0x34, 0x00 } },
    { "atmega328p", ISP_READ_FLASH, false, 0x3FFF, 0, { 0x20, 0x3F, 0xFF, 0x00 } },
    { "atmega328p", ISP_LOAD_EEPROM_PAGE, false, 3, 0x77, { 0xC1, 0x00, 0x03, 0x77 } },
    { "atmega328p", ISP_WRITE_EEPROM_PAGE, false, 255, 0, { 0xC2, 0x03, 0xFC, 0x00 } },
    { "atmega328p", ISP_WRITE_EEPROM, false, 0x3FF, 0x99, { 0xC0, 0x03, 0xFF, 0x99 } },
    { "atmega328p", ISP_READ_EEPROM, false, 0x201, 0, { 0xA0, 0x02, 0x01, 0x00 } },
    { "atmega328p", ISP_READ_SIGNATURE, false, 2, 0, { 0x30, 0x00, 0x02, 0x00 } },
    { "atmega328p", ISP_READ_HFUSE, false, 0, 0, { 0x58, 0x08, 0x00, 0x00 } },
    { "atmega328p", ISP_READ_EFUSE, false, 0, 0, { 0x50, 0x08, 0x00, 0x00 } },
    { "atmega8a", ISP_WRITE_FLASH_PAGE, false, 127, 0, { 0x4C, 0x0F, 0xE0, 0x00 } },
    { "atmega8a", ISP_LOAD_FLASH_PAGE, true, 31, 0x11, { 0x48, 0x00, 0x1F, 0x11 } },
    { "atmega8a", ISP_WRITE_EEPROM, false, 0x1FF, 0x22, { 0xC0, 0x01, 0xFF, 0x22 } },
    { "attiny85", ISP_WRITE_FLASH_PAGE, false, 127, 0, { 0x4C, 0x0F, 0xE0, 0x00 } },
};

START_TEST(instructions)
{
    uint8_t out[4];

    ck_assert(isp_encode(part_find(rows[_i].part), rows[_i].op, rows[_i].high, rows[_i].address, rows[_i].data, out));
    ck_assert_msg(!memcmp(out, rows[_i].bytes, 4), "row %d: %02X %02X %02X %02X", _i, out[0], out[1], out[2], out[3]);
}
END_TEST

static const struct {
    enum prog_fuse f;
    uint8_t value, bytes[4];
} fuses[] = {
    { PROG_LOW, 0xE2, { 0xAC, 0xA0, 0x00, 0xE2 } },
    { PROG_HIGH, 0xDA, { 0xAC, 0xA8, 0x00, 0xDA } },
    { PROG_EXT, 0xFD, { 0xAC, 0xA4, 0x00, 0x05 } },
    { PROG_LOCK, 0x0F, { 0xAC, 0xE0, 0x00, 0xCF } },
};

START_TEST(fuse_writes)
{
    uint8_t out[4];

    ck_assert(isp_encode_fuse(part_find("atmega328p"), fuses[_i].f, fuses[_i].value, out));
    ck_assert_msg(!memcmp(out, fuses[_i].bytes, 4), "%02X %02X %02X %02X", out[0], out[1], out[2], out[3]);
    ck_assert(!isp_encode_fuse(part_find("atmega8a"), PROG_EXT, 0, out));
}
END_TEST

/* A chip that only remembers what it was sent, and is busy for so many polls. */
struct dummy {
    uint8_t sent[400][4];
    unsigned n, busy_polls, transfers_left;
    sim_time waited_ps;
};

static bool transfer(void *ctx, const uint8_t send[4], uint8_t answer[4], struct problem *err)
{
    struct dummy *d = ctx;

    if (!d->transfers_left--) {
        return problem_set(err, "the wire broke");
    }
    ck_assert_uint_lt(d->n, 400);
    memcpy(d->sent[d->n++], send, 4);
    memset(answer, 0, 4);
    if (send[0] == 0xF0 && d->busy_polls) {
        d->busy_polls--;
        answer[3] = 1;
    }
    return true;
}

static bool wait(void *ctx, sim_time d_ps, struct problem *err)
{
    (void)err;
    ((struct dummy *)ctx)->waited_ps += d_ps;
    return true;
}

static struct isp_wire wire(struct dummy *d)
{
    memset(d, 0, sizeof *d);
    d->transfers_left = 1000000;
    return (struct isp_wire){ .part = part_find("atmega328p"),
                              .ctx = d,
                              .transfer = transfer,
                              .wait = wait,
                              .waits.flash_ps = 5,
                              .waits.eeprom_ps = 7,
                              .waits.erase_ps = 11,
                              .waits.fuse_ps = 13 };
}

/* Two bytes across a page border: two whole pages, FF around the data, low byte before high byte. */
START_TEST(flash_pages)
{
    struct dummy d;
    struct isp_wire w = wire(&d);
    struct problem err;
    static const uint8_t two[2] = { 0x12, 0x34 };

    ck_assert(isp_write(&w, PROG_FLASH, 127, two, 2, &err));
    ck_assert_uint_eq(d.n, 2 * 129);
    ck_assert(d.sent[0][0] == 0x40 && d.sent[1][0] == 0x48 && d.sent[0][3] == 0xFF);
    ck_assert(d.sent[127][0] == 0x48 && d.sent[127][2] == 63 && d.sent[127][3] == 0x12);
    ck_assert(d.sent[128][0] == 0x4C && d.sent[128][1] == 0 && d.sent[128][2] == 0);
    ck_assert(d.sent[129][0] == 0x40 && d.sent[129][3] == 0x34 && d.sent[130][3] == 0xFF);
    ck_assert(d.sent[257][0] == 0x4C && d.sent[257][2] == 0x40);
    ck_assert_uint_eq(d.waited_ps, 10);
}
END_TEST

/* Only the bytes given are loaded into an EEPROM page. */
START_TEST(eeprom_pages)
{
    struct dummy d;
    struct isp_wire w = wire(&d);
    struct problem err;
    static const uint8_t five[5] = { 1, 2, 3, 4, 5 };

    ck_assert(isp_write(&w, PROG_EEPROM, 0x102, five, 5, &err));
    ck_assert_uint_eq(d.n, 2 + 1 + 3 + 1);
    ck_assert(d.sent[0][0] == 0xC1 && d.sent[0][2] == 2 && d.sent[0][3] == 1);
    ck_assert(d.sent[2][0] == 0xC2 && d.sent[2][1] == 0x01 && d.sent[2][2] == 0x00);
    ck_assert(d.sent[3][0] == 0xC1 && d.sent[3][2] == 0 && d.sent[3][3] == 3);
    ck_assert(d.sent[6][0] == 0xC2 && d.sent[6][1] == 0x01 && d.sent[6][2] == 0x04);
    ck_assert_uint_eq(d.waited_ps, 14);
}
END_TEST

START_TEST(polling_and_waiting)
{
    struct dummy d;
    struct isp_wire w = wire(&d);
    struct problem err;

    ck_assert(isp_erase(&w, &err) && isp_write_fuse(&w, PROG_LOCK, 0xFC, &err));
    ck_assert_uint_eq(d.waited_ps, 11 + 13);
    w.poll = true;
    d.n = 0;
    d.busy_polls = 3;
    ck_assert(isp_erase(&w, &err));
    ck_assert_uint_eq(d.n, 1 + 4);
    ck_assert_uint_eq(d.waited_ps, 24);
    d.n = 0;
    d.busy_polls = 1000000;
    d.transfers_left = 300;
    ck_assert(!isp_erase(&w, &err));
    ck_assert_str_eq(err.text, "the wire broke");
    w.part = part_find("atmega8a"); /* has no RDY/BSY poll: it waits all the same */
    d.n = 0;
    d.transfers_left = 300;
    ck_assert(isp_erase(&w, &err));
    ck_assert_uint_eq(d.n, 1);
    ck_assert(!isp_read_fuse(&w, PROG_EXT, d.sent[0], &err));
    ck_assert_msg(strstr(err.text, "ATmega8A has no instruction") != NULL, "%s", err.text);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("isp_algorithm");
    TCase *t = tcase_create("isp_algorithm");

    tcase_add_loop_test(t, instructions, 0, sizeof rows / sizeof rows[0]);
    tcase_add_loop_test(t, fuse_writes, 0, sizeof fuses / sizeof fuses[0]);
    tcase_add_test(t, flash_pages);
    tcase_add_test(t, eeprom_pages);
    tcase_add_test(t, polling_and_waiting);
    suite_add_tcase(s, t);
    return run_all(s);
}
