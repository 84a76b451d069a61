/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Bytes in, bytes out, and what a programmer is asked to do; the bytes are those that avrdude 7.1 sends. */
#include "harness/hosts/stk500v1_server.h"
#include "tests/run_all.h"

#include <check.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- a programmer that writes down what it is asked to do ---- */

static char log_text[4096];
static const char *broken; /* the operation that fails, NULL: none; "all" */
static uint8_t flash[32768], eeprom[1024], fuses[4];

static bool did(const char *op, struct problem *err, const char *fmt, ...)
{
    va_list args;
    size_t n = strlen(log_text);
    va_start(args, fmt);
    n += (size_t)snprintf(log_text + n, sizeof log_text - n, "%s", op);
    if (n < sizeof log_text) {
        vsnprintf(log_text + n, sizeof log_text - n, fmt, args);
    }
    va_end(args);
    if (broken && (!strcmp(broken, op) || !strcmp(broken, "all"))) {
        return problem_set(err, "%s is broken", op);
    }
    return true;
}

static bool fake_enter(void *ctx, struct problem *err)
{
    (void)ctx;
    return did("enter", err, ";");
}

static bool fake_leave(void *ctx, struct problem *err)
{
    (void)ctx;
    return did("leave", err, ";");
}

static bool fake_signature(void *ctx, uint8_t sig[3], struct problem *err)
{
    (void)ctx;
    memcpy(sig, "\x1e\x95\x0f", 3);
    return did("signature", err, ";");
}

static bool fake_erase(void *ctx, struct problem *err)
{
    (void)ctx;
    return did("erase", err, ";");
}

static uint8_t *cells(enum prog_memory m, uint32_t at, size_t n)
{
    ck_assert_uint_ge(n, 1);
    ck_assert_uint_le(n, STK500V1_MAX_BLOCK);
    ck_assert_uint_le(at + n, m == PROG_FLASH ? sizeof flash : sizeof eeprom); /* the caller's duty */
    return (m == PROG_FLASH ? flash : eeprom) + at;
}

static bool fake_read(void *ctx, enum prog_memory m, uint32_t at, uint8_t *to, size_t n, struct problem *err)
{
    (void)ctx;
    memcpy(to, cells(m, at, n), n);
    return did("read", err, " %c %u+%zu;", m == PROG_FLASH ? 'F' : 'E', at, n);
}

static bool fake_write(void *ctx, enum prog_memory m, uint32_t at, const uint8_t *from, size_t n, struct problem *err)
{
    (void)ctx;
    memcpy(cells(m, at, n), from, n);
    return did("write", err, " %c %u+%zu;", m == PROG_FLASH ? 'F' : 'E', at, n);
}

static bool fake_write_fuse(void *ctx, enum prog_fuse f, uint8_t value, struct problem *err)
{
    (void)ctx;
    fuses[f] = value;
    return did("write_fuse", err, " %u=%02X;", (unsigned)f, value);
}

static bool fake_spi(void *ctx, const uint8_t send[4], uint8_t answer[4], struct problem *err)
{
    (void)ctx;
    memcpy(answer, (uint8_t[]){ 0xA1, 0xA2, 0xA3, 0xA4 }, 4);
    return did("spi", err, " %02X%02X%02X%02X;", send[0], send[1], send[2], send[3]);
}

static void fake_abandon(void *ctx)
{
    (void)ctx;
    struct problem ignored;
    did("abandon", &ignored, ";");
}

static const struct programmer_ops fake_ops = {
    .name = "fake",
    .enter = fake_enter,
    .leave = fake_leave,
    .signature = fake_signature,
    .erase = fake_erase,
    .read = fake_read,
    .write = fake_write,
    .write_fuse = fake_write_fuse,
    .spi = fake_spi,
    .abandon = fake_abandon,
};

static const struct programmer fake = { &fake_ops, NULL };

/* ---- a client ---- */

static struct stk500v1_server s;
static uint8_t heard[1024];
static size_t n_heard;
static uint64_t all_heard;

static void hear(void *ctx, const uint8_t *bytes, size_t n)
{
    (void)ctx;
    for (size_t i = 0; i < n; i++) {
        heard[n_heard++ % sizeof heard] = bytes[i];
    }
    all_heard += n;
}

static void setup(void)
{
    log_text[0] = 0;
    broken = NULL;
    memset(flash, 0xFF, sizeof flash);
    memset(eeprom, 0xFF, sizeof eeprom);
    n_heard = 0;
    stk500v1_server_init(&s, &fake, part_find("atmega328p"), hear, NULL);
}

static size_t parse_hex(const char *hex, uint8_t *bytes)
{
    size_t n = 0;
    int used;
    for (unsigned v; sscanf(hex, "%x%n", &v, &used) == 1; hex += used) {
        bytes[n++] = (uint8_t)v;
    }
    return n;
}

/* Says this, and must hear exactly that. */
static void take(const uint8_t *bytes, size_t n, sim_time now_ps)
{
    struct sim sim = { .now_ps = now_ps };
    stk500v1_server_take(&s, bytes, n, &sim);
}

static void ask(const char *say, const char *expect)
{
    uint8_t bytes[400], want[400];
    size_t n = parse_hex(say, bytes), n_want = parse_hex(expect, want);
    n_heard = 0;
    take(bytes, n, 0);
    char got[1300] = "";
    for (size_t i = 0; i < n_heard && i < 400; i++) {
        sprintf(got + 3 * i, "%02X ", heard[i]);
    }
    ck_assert_msg(n_heard == n_want && memcmp(heard, want, n_want) == 0, "'%s' was answered '%s', not '%s'", say, got,
                  expect);
}

static void log_is(const char *text)
{
    ck_assert_str_eq(log_text, text);
    log_text[0] = 0;
}

#define DEVICE "42 86 00 00 01 01 01 01 03 ff ff ff ff 00 80 04 00 00 00 80 00 20"

static void enter_session(void)
{
    ask(DEVICE, "14 10");
    ask("45 05 04 d7 c2 01 20", "14 10");
    ask("50 20", "14 10");
    log_is("enter;");
}

/* ---- tests ---- */

START_TEST(sync_and_parameters)
{
    ask("30 20", "14 10");
    ask("30 20 30 20", "14 10 14 10");
    ask("31 20", "14 41 56 52 20 53 54 4b 10"); /* AVR STK */
    ask("41 81 20", "14 01 10");
    ask("41 82 20", "14 12 10"); /* 1.18: knows SET_DEVICE_EXT with five parameters */
    ask("41 33 20", "14 33 11");
    ask("40 89 05 20", "14 89 11");
    ask("51 20", "14 10");
    log_is("");
}
END_TEST

START_TEST(bytes_come_one_by_one)
{
    static const char *const bytes[] = { "30", "20", "41", "80" };
    static const char *const answers[] = { "", "14 10", "", "" };
    for (unsigned i = 0; i < 4; i++) {
        ask(bytes[i], answers[i]);
    }
    ask("20", "14 02 10");
}
END_TEST

START_TEST(resync_after_garbage)
{
    ask("00 30 20", "15 14 10");       /* one byte too many */
    ask("30 30 20", "15 14 10");       /* EOP lost */
    ask("20 20 30 20", "15 15 14 10"); /* EOP without a command */
    ask("42 86 00 00 01 01 01 01 03 ff ff ff ff 00 80 04 00 00 00 80 00 30 20", "15 14 10");
    ask("56 50 00", ""); /* breaks off: what avrdude says to get in sync soon fills it up */
    ask("30 20 30 20", "15 14 10");
    ask("30 20", "14 10");
    log_is("");
}
END_TEST

START_TEST(unknown_commands)
{
    for (unsigned code = 0; code < 256; code++) {
        static const uint8_t known[] = { 0x20, 0x30, 0x31, 0x40, 0x41, 0x42, 0x45, 0x50,
                                         0x51, 0x52, 0x55, 0x56, 0x64, 0x74, 0x75 };
        char say[8];
        snprintf(say, sizeof say, "%02x 20", code);
        if (!memchr(known, (int)code, sizeof known)) {
            ask(say, "12");
        }
    }
    ask("53 21 30 20", "15 15 14 10"); /* no EOP behind it; and 21h is unknown itself */
    ask("30 20", "14 10");
}
END_TEST

START_TEST(session)
{
    ask("50 20", "14 13"); /* no device */
    log_is("");
    enter_session();
    ask("75 20", "14 1e 95 0f 10");
    log_is("signature;");
    ask("56 30 00 02 00 20", "14 a4 10");
    log_is("spi 30000200;");
    ask("52 20", "14 10");
    log_is("erase;");
    ask("50 20", "14 10"); /* again, as avrdude does after an erase */
    log_is("");
    ask("51 20", "14 10");
    log_is("leave;");
    ask("51 20", "14 10");
    log_is("");
}
END_TEST

START_TEST(universal_writes_keep_their_wait)
{
    enter_session();
    ask("56 ac 80 00 00 20", "14 00 10");
    log_is("erase;");
    ask("56 ac a0 00 e2 20", "14 00 10");
    ask("56 ac a8 00 de 20", "14 00 10");
    ask("56 ac a4 00 fd 20", "14 00 10");
    ask("56 ac e0 00 3f 20", "14 00 10");
    log_is("write_fuse 0=E2;write_fuse 1=DE;write_fuse 2=FD;write_fuse 3=3F;");
    ask("56 c0 03 ff 77 20", "14 ff 10"); /* the third byte's echo */
    log_is("write E 1023+1;");
    ask("56 50 00 00 00 20", "14 a4 10");
    log_is("spi 50000000;");
}
END_TEST

START_TEST(pages)
{
    enter_session();
    ask("55 40 00 20", "14 10");
    ask("64 00 04 46 0c 94 34 20 20", "14 10"); /* EOP inside the data is data */
    log_is("write F 128+4;");
    ask("74 00 06 46 20", "14 0c 94 34 20 ff ff 10");
    log_is("read F 128+6;");
    ask("55 fe 3f 20", "14 10");
    ask("74 00 04 46 20", "14 ff ff ff ff 10");
    log_is("read F 32764+4;");
    uint8_t page[261] = { 0x64, 0x01, 0x00, 'F' };
    page[260] = 0x20;
    for (int i = 0; i < 256; i++) {
        page[4 + i] = (uint8_t)i;
    }
    ask("55 00 00 20", "14 10");
    n_heard = 0;
    take(page, sizeof page, 0);
    ck_assert(n_heard == 2 && heard[0] == 0x14 && heard[1] == 0x10);
    ck_assert_mem_eq(flash, page + 4, 256);
    log_is("write F 0+256;");
}
END_TEST

START_TEST(eeprom_addresses)
{
    enter_session();
    ask("55 08 00 20", "14 10"); /* -c stk500v1: bytes */
    ask("64 00 04 45 01 02 03 04 20", "14 10");
    log_is("write E 8+4;");
    stk500v1_server_hang_up(&s);
    log_is("leave;");
    enter_session();
    ask("75 20", "14 1e 95 0f 10"); /* -c arduino: words */
    ask("55 04 00 20", "14 10");
    ask("74 00 04 45 20", "14 01 02 03 04 10");
    log_is("signature;read E 8+4;");
    stk500v1_server_hang_up(&s);
    log_is("leave;");
    enter_session(); /* the next one counts in its own way */
    ask("55 08 00 20", "14 10");
    ask("74 00 04 45 20", "14 01 02 03 04 10");
}
END_TEST

START_TEST(impossible_blocks)
{
    enter_session();
    ask("55 ff 3f 20", "14 10"); /* last word */
    ask("74 00 04 46 20", "14 00 00 00 00 11");
    ask("64 00 04 46 01 02 03 04 20", "14 11");
    ask("74 00 02 46 20", "14 ff ff 10");
    log_is("read F 32766+2;");
    ask("55 00 00 20", "14 10");
    ask("74 00 00 46 20", "14 11");
    ask("64 00 00 46 20", "14 11");
    ask("74 00 01 58 20", "14 00 11"); /* no such memory */
    ask("74 01 01 46 20", "14 11");    /* 257 bytes */
    log_is("");
    uint8_t big[5 + 0x1000] = { 0x64, 0x10, 0x00, 'F' }; /* 4 KiB: nothing is kept, nothing taken for commands */
    for (size_t i = 4; i < sizeof big - 1; i += 2) {
        big[i] = 0x52;
        big[i + 1] = 0x20;
    }
    big[sizeof big - 1] = 0x20;
    n_heard = 0;
    take(big, sizeof big, 0);
    ck_assert(n_heard == 2 && heard[0] == 0x14 && heard[1] == 0x11);
    log_is("");
    ask("30 20", "14 10");
}
END_TEST

START_TEST(nothing_without_a_session)
{
    ask("75 20", "14 00 00 00 11");
    ask("52 20", "14 11");
    ask("56 ac 80 00 00 20", "14 00 11");
    ask("64 00 02 46 01 02 20", "14 11");
    ask("74 00 02 46 20", "14 00 00 11");
    log_is("");
}
END_TEST

START_TEST(a_programmer_that_fails)
{
    broken = "enter";
    ask(DEVICE, "14 10");
    ask("50 20", "14 11");
    ck_assert_str_eq(s.complaint.text, "enter is broken");
    ask("75 20", "14 00 00 00 11"); /* so there is no session */
    broken = NULL;
    log_text[0] = 0;
    enter_session();
    broken = "all";
    ask("75 20", "14 00 00 00 11");
    ask("52 20", "14 11");
    ask("56 30 00 00 00 20", "14 00 11");
    ask("56 ac a0 00 62 20", "14 00 11");
    ask("64 00 02 46 01 02 20", "14 11");
    ask("74 00 02 46 20", "14 00 00 11");
    ask("51 20", "14 11");
    ck_assert_str_eq(s.complaint.text, "leave is broken");
    ask("30 20", "14 10");
}
END_TEST

START_TEST(client_goes_away)
{
    enter_session();
    ask("64 00 80 46 01 02", "");
    stk500v1_server_hang_up(&s);
    log_is("leave;");
    stk500v1_server_hang_up(&s);
    log_is("");
    ask("30 20", "14 10");
    ask("50 20", "14 13");
    enter_session();
    broken = "leave";
    stk500v1_server_hang_up(&s);
    log_is("leave;abandon;");
}
END_TEST

START_TEST(unfinished_command_is_forgotten)
{
    static const uint8_t part[] = { 0x64, 0x00, 0x80, 'F' }, sync[] = { 0x30, 0x20 };
    take(part, sizeof part, SIM_S);
    take(sync, sizeof sync, SIM_S + STK500V1_SERVER_PATIENCE_PS);
    ck_assert_uint_eq(n_heard, 0);
    take(sync, sizeof sync, SIM_S + STK500V1_SERVER_PATIENCE_PS + 1);
    ck_assert_uint_eq(n_heard, 2);
    ck_assert_int_eq(heard[0], 0x14);
}
END_TEST

START_TEST(programmer_without_operations)
{
    static const struct programmer_ops bare = { .name = "bare" };
    static const struct programmer none = { NULL, NULL }, little = { &bare, NULL };
    for (unsigned i = 0; i < 2; i++) {
        s.programmer = i ? &little : &none;
        ask(DEVICE, "14 10");
        ask("50 20", "14 11");
        ask("51 20", "14 10");
        stk500v1_server_hang_up(&s);
    }
}
END_TEST

/* Random bytes, half of them such as commands are made of: no crash, no call out of range, every time an end. */
START_TEST(random_bytes)
{
    static const uint8_t likely[] = { 0x20, 0x30, 0x50, 0x51, 0x52, 0x55, 0x56, 0x64, 0x74, 0x75,
                                      0x42, 0x45, 0x41, 0x00, 'F',  'E',  0x20, 0x20, 0x04, 0xac };
    srand(1);
    for (unsigned round = 0; round < 3000; round++) {
        uint8_t bytes[700];
        size_t n = (size_t)rand() % sizeof bytes;
        for (size_t i = 0; i < n; i++) {
            bytes[i] = rand() & 1 ? likely[(size_t)rand() % sizeof likely] : (uint8_t)rand();
        }
        broken = NULL;
        log_text[0] = 0;
        if (round % 3) {
            enter_session();
        }
        broken = round % 7 == 0 ? "all" : NULL;
        for (size_t i = 0; i < n;) {
            size_t part = 1 + (size_t)rand() % 64;
            part = part < n - i ? part : n - i;
            take(bytes + i, part, round * SIM_S);
            i += part;
            log_text[0] = 0;
        }
        stk500v1_server_hang_up(&s);
        ask("30 20", "14 10");
    }
    ck_assert_uint_gt(all_heard, 50000);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("stk500v1_server");
    TCase *tc = tcase_create("stk500v1_server");
    tcase_add_checked_fixture(tc, setup, NULL);
    tcase_add_test(tc, sync_and_parameters);
    tcase_add_test(tc, bytes_come_one_by_one);
    tcase_add_test(tc, resync_after_garbage);
    tcase_add_test(tc, unknown_commands);
    tcase_add_test(tc, session);
    tcase_add_test(tc, universal_writes_keep_their_wait);
    tcase_add_test(tc, pages);
    tcase_add_test(tc, eeprom_addresses);
    tcase_add_test(tc, impossible_blocks);
    tcase_add_test(tc, nothing_without_a_session);
    tcase_add_test(tc, a_programmer_that_fails);
    tcase_add_test(tc, client_goes_away);
    tcase_add_test(tc, unfinished_command_is_forgotten);
    tcase_add_test(tc, programmer_without_operations);
    tcase_add_test(tc, random_bytes);
    suite_add_tcase(suite, tc);
    return run_all(suite);
}
