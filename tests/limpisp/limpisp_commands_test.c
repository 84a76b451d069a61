/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <check.h>
#include <string.h>

#include "firmware/limpisp/clock_out.h"
#include "firmware/limpisp/commands.h"
#include "firmware/limpisp/limp.h"
#include "sim/isp_code.h"
#include "tests/limpisp/fake_hw.h"
#include "tests/run_all.h"

static struct {
    uint8_t before[32];
    uint8_t body[STK_MAX_BODY];
    uint8_t after[32];
} box;

static void start(double f_hz)
{
    memset(&box, 0xa5, sizeof box);
    fake_reset(f_hz);
    commands_init();
}

static uint16_t command(const uint8_t *bytes, uint16_t n)
{
    uint16_t answer;

    memcpy(box.body, bytes, n);
    answer = commands_run(box.body, n);
    ck_assert_uint_le(answer, sizeof box.body);
    ck_assert_uint_ge(answer, 2);
    ck_assert_uint_eq(box.body[0], bytes[0]);
    for (unsigned i = 0; i < sizeof box.before; i++) {
        if (box.before[i] != 0xa5 || box.after[i] != 0xa5) { /* ck_assert writes to a file each time */
            ck_abort_msg("command %02x wrote beside its buffer", bytes[0]);
        }
    }
    return answer;
}
#define COMMAND(...) command((const uint8_t[]){ __VA_ARGS__ }, sizeof(const uint8_t[]){ __VA_ARGS__ })
#define STATUS box.body[1]

/* As avrdude sends them for an ATmega328P. */
#define ENTER 0x10, 200, 100, 25, 32, 0, 0x53, 3, 0xac, 0x53, 0, 0
#define LEAVE 0x11, 1, 1
#define ERASE 0x12, 9, 0, 0xac, 0x80, 0, 0

static void enter(void)
{
    ck_assert_uint_eq(COMMAND(ENTER), 2);
    ck_assert_uint_eq(STATUS, STK_CMD_OK);
}

static void load_address(uint32_t a)
{
    COMMAND(0x06, (uint8_t)(a >> 24), (uint8_t)(a >> 16), (uint8_t)(a >> 8), (uint8_t)a);
    ck_assert_uint_eq(STATUS, STK_CMD_OK);
}

static void program(uint8_t cmd, uint8_t mode, uint8_t c1, uint8_t c2, uint8_t c3, const uint8_t *data, uint16_t n)
{
    uint8_t bytes[STK_MAX_BODY] = { cmd, (uint8_t)(n >> 8), (uint8_t)n, mode, 6, c1, c2, c3, 0xff, 0xff };

    memcpy(bytes + 10, data, n);
    ck_assert_uint_eq(command(bytes, (uint16_t)(10 + n)), 2);
    ck_assert_uint_eq(STATUS, STK_CMD_OK);
}

static void pattern(uint8_t *to, unsigned n, uint32_t seed)
{
    for (unsigned i = 0; i < n; i++) {
        seed = seed * 1664525 + 1013904223;
        to[i] = (uint8_t)(seed >> 24);
    }
}

START_TEST(signs_on)
{
    start(1e6);
    ck_assert_uint_eq(COMMAND(0x01), 11);
    ck_assert_uint_eq(STATUS, STK_CMD_OK);
    ck_assert_uint_eq(box.body[2], 8);
    ck_assert_int_eq(memcmp(box.body + 3, "STK500_2", 8), 0);
}
END_TEST

START_TEST(parameters)
{
    start(1e6);
    COMMAND(0x03, 0x98);
    ck_assert_uint_eq(box.body[2], 2);
    COMMAND(0x02, 0x98, 100);
    ck_assert_uint_eq(STATUS, STK_CMD_OK);
    COMMAND(0x03, 0x98);
    ck_assert_uint_eq(box.body[2], 100);
    enter();
    COMMAND(LEAVE);
    COMMAND(0x03, 0x98); /* was for that session */
    ck_assert_uint_eq(box.body[2], 2);
    COMMAND(0x03, 0x94);
    ck_assert_uint_eq(box.body[2], 51);
    COMMAND(0x03, 0x55);
    ck_assert_uint_eq(STATUS, STK_CMD_FAILED);
    COMMAND(0x02, 0x55, 0);
    ck_assert_uint_eq(STATUS, STK_CMD_FAILED);
    COMMAND(0x02, 0x9e, 0); /* high active RESET: not an AVR */
    ck_assert_uint_eq(STATUS, STK_CMD_FAILED);
    COMMAND(0x02, 0x96, 8);
    ck_assert_uint_eq(STATUS, STK_CMD_FAILED);
}
END_TEST

/* U9: a longer period asked for must never give a shorter one. */
START_TEST(sck_is_monotonic_in_the_duration)
{
    static const double fixed_s[] = { 1 / 1843200.0, 1 / 460800.0, 1 / 115200.0, 1 / 57600.0 };
    uint16_t before = 0;

    start(16e6);
    for (unsigned d = 0; d < 256; d++) {
        COMMAND(0x02, 0x98, (uint8_t)d);
        enter();
        ck_assert_uint_ge(fake.half_ck, before);
        /* not faster than asked */
        ck_assert(fake.half_ck * 2 / 16e6 >= (d < 4 ? fixed_s[d] : 24 * (d + 10 / 12.0) / 7372800));
        before = fake.half_ck;
        COMMAND(LEAVE);
    }
}
END_TEST

START_TEST(enters_and_leaves)
{
    start(1e6);
    enter();
    ck_assert(fake.taken && fake.enabled && !fake.reset_n);
    ck_assert_uint_eq(fake.enables, 1);
    ck_assert_uint_eq(fake.clock_half_ck, 8); /* 1 MHz on the recovery clock */
    COMMAND(LEAVE);
    ck_assert_uint_eq(STATUS, STK_CMD_OK);
    ck_assert(!fake.taken);
    ck_assert_uint_eq(fake.clock_half_ck, 0);
}
END_TEST

START_TEST(no_target_is_reported_in_time_and_released)
{
    start(0);
    COMMAND(ENTER);
    ck_assert_uint_eq(STATUS, STK_CMD_FAILED);
    ck_assert(!fake.taken);
    ck_assert_uint_eq(fake.clock_half_ck, 0);
    ck_assert(fake.now_ms < 2000); /* avrdude's patience */
    COMMAND(0x18, 4, 0x50, 0, 0, 0);
    ck_assert_uint_eq(STATUS, STK_CMD_FAILED);
}
END_TEST

START_TEST(limps_down_to_every_clock)
{
    static const double clocks[] = { 16e6, 1e6, 600e3, 128e3, 125e3, 114e3, 32768, 16e3, 14e3, 4096, 4000, 2000 };

    for (unsigned i = 0; i < sizeof clocks / sizeof clocks[0]; i++) {
        start(clocks[i]);
        enter();
        ck_assert(fake.now_ms < 2000);
        /* and no slower than about three times what is needed */
        ck_assert(fake.half_ck == 64 || fake.half_ck / 16e6 < 3 * 2 / clocks[i]);
        COMMAND(0x1b, 4, 0x30, 0, 1, 0);
        ck_assert_uint_eq(STATUS, STK_CMD_OK);
        ck_assert_uint_eq(box.body[2], 0x95);
    }
}
END_TEST

START_TEST(remembers_within_the_session_only)
{
    uint16_t slow;

    start(16e3);
    COMMAND(0x03, 0xf1); /* rate in use: no session yet */
    ck_assert_uint_eq(box.body[2], 0);
    enter();
    slow = fake.half_ck;
    COMMAND(0x03, 0xf1);
    ck_assert_uint_eq(box.body[2], (slow + 63) / 64);
    ck_assert_uint_gt(slow, 2000);
    fake.n_debug = 0;
    enter(); /* as after a chip erase */
    ck_assert_uint_eq(fake.half_ck, slow);
    fake.debug[fake.n_debug] = 0;
    ck_assert_ptr_null(strstr(fake.debug, "no sync"));
    COMMAND(LEAVE);
    fake.f_hz = 8e6; /* fuses repaired */
    enter();
    ck_assert_uint_eq(fake.half_ck, 64);
}
END_TEST

static unsigned count(const char *text, const char *what)
{
    unsigned n = 0;

    for (const char *at = strstr(text, what); at; at = strstr(at + 1, what)) {
        n++;
    }
    return n;
}

/* From the slowest rate up: one attempt at most was too fast, and the one that stays has a margin. */
START_TEST(careful_keeps_a_margin)
{
    static const double clocks[] = { 16e6, 1e6, 400e3, 128e3, 32768, 16e3, 4000, 2900, 1500 };

    for (unsigned i = 0; i < sizeof clocks / sizeof clocks[0]; i++) {
        double before;
        start(clocks[i]);
        COMMAND(0x02, 0xf0, 1);
        before = fake.now_ms;
        enter();
        ck_assert(fake.now_ms - before < LIMP_BUDGET_MS + 300); /* and what the host waits first */
        ck_assert(fake.half_ck / 16e6 > 2 / clocks[i]);
        ck_assert(fake.half_ck / 16e6 > 2.5 / clocks[i] || fake.half_ck == 22400);
        fake.debug[fake.n_debug] = 0;
        ck_assert_uint_le(count(fake.debug, "no sync") + count(fake.debug, "unstable"), 1);
        ck_assert_ptr_eq(strstr(fake.debug, "SCK 357 Hz"), strstr(fake.debug, "SCK ")); /* the slowest comes first */
    }
    start(1e6);
    fake.jumper = true;
    enter();
    ck_assert_uint_eq(fake.half_ck, 64 * 5 / 2);
    /* the control: without, it stays at the first rate that works */
    start(1e6);
    enter();
    ck_assert_uint_eq(fake.half_ck, 64);
}
END_TEST

/* A rate with the margin that does not read right after all: slower. */
START_TEST(careful_goes_slower_in_doubt)
{
    start(1e6);
    fake.jumper = true;
    fake.noisy_half_ck = 160; /* 64 was right */
    enter();
    ck_assert_uint_eq(fake.half_ck, 384);
}
END_TEST

static uint32_t bits_at(const uint8_t *bytes, unsigned bit)
{
    uint32_t v = 0;

    for (unsigned i = 0; i < 32; i++, bit++) {
        v = v << 1 | (bytes[bit / 8] >> (7 - bit % 8) & 1);
    }
    return v;
}

static bool writes(enum isp_op op)
{
    return op == ISP_CHIP_ERASE || op == ISP_WRITE_FLASH_PAGE || op == ISP_WRITE_EEPROM_PAGE ||
           op == ISP_WRITE_EEPROM || op == ISP_WRITE_LFUSE || op == ISP_WRITE_HFUSE || op == ISP_WRITE_EFUSE ||
           op == ISP_WRITE_LOCK;
}

/* Datasheets print C0 with two or three zeros behind it; some of our tables, after avrdude's, take anything there. */
static bool is_as_printed(uint32_t frame)
{
    return frame >> 24 != 0xc0 || (frame >> 22 & 3) == 0;
}

/* The instructions that a search sends, with `lost` bits lost at some place: how many of the frames would write? */
static unsigned writes_when_lost(const uint8_t *sent, unsigned n, unsigned lost)
{
    unsigned found = 0;

    for (unsigned i = 0; part_at(i); i++) {
        struct isp_decoder decoder;
        struct isp_frame f;
        isp_decoder_init(&decoder, part_at(i));
        for (unsigned frame = 0; (frame + 2) * 4 <= n; frame++) {
            for (unsigned at = 0; at < 32; at++) { /* of the frame */
                uint32_t whole = bits_at(sent, frame * 32), after = bits_at(sent, frame * 32 + lost);
                uint32_t keep = at ? ~UINT32_C(0) << (32 - at) : 0;
                uint32_t left = (whole & keep) | (after & ~keep);
                found += is_as_printed(left) && isp_decode(&decoder, left, &f) && writes(f.op);
            }
        }
    }
    return found;
}

START_TEST(lost_bits_never_make_a_write)
{
    static const uint8_t zeros[] = { 0x30, 0, 0, 0, 0x30, 0, 1, 0, 0x30, 0, 2, 0 };
    unsigned found = 0;

    start(1e6);
    enter();
    ck_assert_uint_eq(fake.n_sent, 4 + 9 * 4);
    for (unsigned lost = 1; lost < 32; lost++) {
        ck_assert_uint_eq(writes_when_lost(fake.sent + 4, fake.n_sent - 4, lost), 0);
        found += writes_when_lost(zeros, sizeof zeros, lost);
    }
    ck_assert_uint_gt(found, 0); /* the control */
}
END_TEST

START_TEST(flash_in_every_mode)
{
    static const uint8_t modes[] = {
        STK_MODE_PAGE | STK_MODE_PAGE_TIMED | STK_MODE_WRITE_PAGE,
        STK_MODE_PAGE | STK_MODE_PAGE_VALUE | STK_MODE_WRITE_PAGE,
        STK_MODE_PAGE | STK_MODE_PAGE_RDY_BSY | STK_MODE_WRITE_PAGE,
    };
    uint8_t data[128];

    for (unsigned m = 0; m < 3; m++) {
        start(1e6);
        enter();
        pattern(data, 128, m);
        load_address(0x80000000u | 64);
        program(0x13, modes[m], 0x40, 0x4c, 0x20, data, 128);
        ck_assert_int_eq(memcmp(fake.flash + 128, data, 128), 0);
        ck_assert_uint_eq(fake.flash[127], 0xff);
        ck_assert_uint_eq(fake.flash[256], 0xff);
        /* the address moved on */
        program(0x13, modes[m], 0x40, 0x4c, 0x20, data, 128);
        ck_assert_int_eq(memcmp(fake.flash + 256, data, 128), 0);
        load_address(0x80000000u | 64);
        ck_assert_uint_eq(COMMAND(0x14, 1, 0, 0x20), 259);
        ck_assert_uint_eq(STATUS, STK_CMD_OK);
        ck_assert_int_eq(memcmp(box.body + 2, data, 128), 0);
        ck_assert_int_eq(memcmp(box.body + 130, data, 128), 0);
        ck_assert_uint_eq(box.body[258], STK_CMD_OK);
        /* a wait by value also polls with reads */
        if (modes[m] != modes[1]) {
            ck_assert_uint_eq(fake.busy_accesses, 0);
        }
    }
}
END_TEST

START_TEST(page_in_two_commands)
{
    uint8_t data[128];

    start(1e6);
    enter();
    pattern(data, 128, 9);
    load_address(0);
    program(0x13, STK_MODE_PAGE | STK_MODE_PAGE_RDY_BSY, 0x40, 0x4c, 0x20, data, 64);
    ck_assert_uint_eq(fake.flash[0], 0xff);
    program(0x13, STK_MODE_PAGE | STK_MODE_PAGE_RDY_BSY | STK_MODE_WRITE_PAGE, 0x40, 0x4c, 0x20, data + 64, 64);
    ck_assert_int_eq(memcmp(fake.flash, data, 128), 0);
}
END_TEST

START_TEST(eeprom_in_every_mode)
{
    static const struct {
        uint8_t mode, c1, c2;
        uint16_t n;
    } ways[] = {
        { STK_MODE_WORD_TIMED, 0xc0, 0, 100 },
        { STK_MODE_WORD_VALUE, 0xc0, 0, 100 },
        { STK_MODE_WORD_RDY_BSY, 0xc0, 0, 100 },
        { STK_MODE_PAGE | STK_MODE_PAGE_TIMED | STK_MODE_WRITE_PAGE, 0xc1, 0xc2, 4 },
        { STK_MODE_PAGE | STK_MODE_PAGE_VALUE | STK_MODE_WRITE_PAGE, 0xc1, 0xc2, 4 },
        { STK_MODE_PAGE | STK_MODE_PAGE_RDY_BSY | STK_MODE_WRITE_PAGE, 0xc1, 0xc2, 4 },
    };
    uint8_t data[100];

    for (unsigned w = 0; w < sizeof ways / sizeof ways[0]; w++) {
        start(1e6);
        enter();
        pattern(data, sizeof data, w);
        data[1] = 0xff; /* can't be polled by value */
        load_address(300);
        program(0x15, ways[w].mode, ways[w].c1, ways[w].c2, 0xa0, data, ways[w].n);
        fake.now_ms += 20;
        ck_assert_int_eq(memcmp(fake.eeprom + 300, data, ways[w].n), 0);
        load_address(300);
        COMMAND(0x16, 0, (uint8_t)ways[w].n, 0xa0);
        ck_assert_int_eq(memcmp(box.body + 2, data, ways[w].n), 0);
    }
}
END_TEST

START_TEST(extended_address_is_loaded_once)
{
    start(1e6);
    enter();
    load_address(0x80010000u);
    COMMAND(0x14, 0, 100, 0x20);
    ck_assert_uint_eq(STATUS, STK_CMD_OK);
    ck_assert_uint_eq(fake.ext_loads, 1);
    ck_assert_uint_eq(fake.ext, 1);
    load_address(0x8000ffffu);
    COMMAND(0x14, 0, 4, 0x20); /* over the border */
    ck_assert_uint_eq(fake.ext_loads, 3);
    ck_assert_uint_eq(fake.ext, 1);
    load_address(0x0000fffeu); /* no bit 31: the part has no such instruction */
    COMMAND(0x14, 0, 8, 0x20);
    ck_assert_uint_eq(fake.ext_loads, 3);
}
END_TEST

START_TEST(fuses_lock_signature_calibration)
{
    start(1e6);
    enter();
    COMMAND(0x17, 0xac, 0xa0, 0, 0xe2);
    ck_assert_uint_eq(STATUS, STK_CMD_OK);
    COMMAND(0x17, 0xac, 0xa8, 0, 0xd1);
    COMMAND(0x17, 0xac, 0xa4, 0, 0xfd);
    COMMAND(0x19, 0xac, 0xe0, 0, 0xfe);
    ck_assert_uint_eq(COMMAND(0x18, 4, 0x50, 0, 0, 0), 4);
    ck_assert_uint_eq(box.body[2], 0xe2);
    COMMAND(0x18, 4, 0x58, 8, 0, 0);
    ck_assert_uint_eq(box.body[2], 0xd1);
    COMMAND(0x18, 4, 0x50, 8, 0, 0);
    ck_assert_uint_eq(box.body[2], 0xfd);
    COMMAND(0x1a, 4, 0x58, 0, 0, 0);
    ck_assert_uint_eq(box.body[2], 0xfe);
    COMMAND(0x1b, 4, 0x30, 0, 2, 0);
    ck_assert_uint_eq(box.body[2], 0x0f);
    COMMAND(0x1c, 4, 0x38, 0, 0, 0);
    ck_assert_uint_eq(box.body[2], 0xa5);
    COMMAND(ERASE);
    ck_assert_uint_eq(STATUS, STK_CMD_OK);
    ck_assert_uint_eq(fake.lock, 0xff);
    ck_assert_uint_eq(fake.busy_accesses, 0);
}
END_TEST

START_TEST(spi_multi_returns_what_was_asked)
{
    start(1e6);
    enter();
    ck_assert_uint_eq(COMMAND(0x1d, 4, 4, 0, 0x30, 0, 1, 0), 7);
    ck_assert_uint_eq(box.body[3], 0x30);
    ck_assert_uint_eq(box.body[5], 0x95);
    ck_assert_uint_eq(box.body[6], STK_CMD_OK);
    ck_assert_uint_eq(COMMAND(0x1d, 3, 1, 3, 0x30, 0, 2), 4); /* the fourth byte is made up */
    ck_assert_uint_eq(box.body[2], 0x0f);
    COMMAND(0x1d, 9, 4, 0, 0x30, 0, 1, 0); /* more bytes than there are */
    ck_assert_uint_eq(STATUS, STK_CMD_FAILED);
}
END_TEST

START_TEST(target_that_dies_comes_back)
{
    uint8_t data[128];

    start(1e6);
    enter();
    pattern(data, 128, 3);
    load_address(0);
    fake.lost_at_ms = fake.now_ms + 10; /* in the middle of the page */
    program(0x13, STK_MODE_PAGE | STK_MODE_PAGE_RDY_BSY | STK_MODE_WRITE_PAGE, 0x40, 0x4c, 0x20, data, 128);
    ck_assert_uint_eq(fake.enables, 2);
    ck_assert_int_eq(memcmp(fake.flash, data, 128), 0);

    fake.lost_at_ms = fake.now_ms + 10;
    load_address(0);
    COMMAND(0x14, 0, 128, 0x20);
    ck_assert_uint_eq(STATUS, STK_CMD_OK);
    ck_assert_uint_eq(fake.enables, 3);
    ck_assert_int_eq(memcmp(box.body + 2, data, 128), 0);

    fake.f_hz = 0; /* for good */
    COMMAND(0x18, 4, 0x50, 0, 0, 0);
    ck_assert_uint_eq(STATUS, STK_CMD_FAILED);
    ck_assert(!fake.taken);
}
END_TEST

START_TEST(half_a_page_is_not_written_when_the_rest_was_lost)
{
    uint8_t data[128] = { 0 };
    uint8_t bytes[STK_MAX_BODY] = { 0x13, 0, 64, 0xc1, 6, 0x40, 0x4c, 0x20, 0xff, 0xff };

    start(1e6);
    enter();
    load_address(0);
    program(0x13, STK_MODE_PAGE | STK_MODE_PAGE_RDY_BSY, 0x40, 0x4c, 0x20, data, 64);
    fake.lost_at_ms = fake.now_ms + 1;
    command(bytes, 74);
    ck_assert_uint_eq(STATUS, STK_CMD_FAILED);
    ck_assert_uint_eq(fake.flash[0], 0xff);
}
END_TEST

START_TEST(silent_host_releases_the_target)
{
    start(1e6);
    enter();
    commands_host_is_silent();
    ck_assert(!fake.taken);
    ck_assert_uint_eq(fake.clock_half_ck, 0);
    /* a host that only paused notices nothing */
    COMMAND(0x18, 4, 0x50, 0, 0, 0);
    ck_assert_uint_eq(STATUS, STK_CMD_OK);
    ck_assert_uint_eq(box.body[2], 0x62);
    ck_assert(fake.taken);
    COMMAND(LEAVE);
    ck_assert(!fake.taken);
}
END_TEST

START_TEST(recovery_clock_is_selectable)
{
    start(1e6);
    ck_assert_uint_eq(clock_out_half_ck(), 8);
    COMMAND(0x02, 0x96, 0);
    enter();
    ck_assert_uint_eq(fake.clock_half_ck, 0);
    COMMAND(0x02, 0x96, 1); /* at once, in mid-session */
    ck_assert_uint_eq(fake.clock_half_ck, 8);
    COMMAND(0x02, 0x97, 1); /* 1.84 MHz: 2 MHz here */
    ck_assert_uint_eq(fake.clock_half_ck, 4);
    COMMAND(0x02, 0x96, 7); /* 7.3728 MHz / (2 * 1024 * 256) = 14.06 Hz */
    COMMAND(0x02, 0x97, 255);
    ck_assert_uint_eq(fake.clock_half_ck, 262144ull * 625 / 288);
    COMMAND(LEAVE);
    ck_assert_uint_eq(fake.clock_half_ck, 0);
}
END_TEST

START_TEST(unknown_short_and_oversized)
{
    start(1e6);
    COMMAND(0x99);
    ck_assert_uint_eq(STATUS, STK_CMD_UNKNOWN);
    COMMAND(0x20, 1, 2, 3);
    ck_assert_uint_eq(STATUS, STK_CMD_UNKNOWN);
    COMMAND(0x10, 1);
    ck_assert_uint_eq(STATUS, STK_CMD_FAILED);
    enter();
    COMMAND(0x14, 0xff, 0xff, 0x20);
    ck_assert_uint_eq(STATUS, STK_CMD_FAILED);
    COMMAND(0x14, 1, 17, 0x20); /* 273 bytes: one more than the answer holds */
    ck_assert_uint_eq(STATUS, STK_CMD_FAILED);
    ck_assert_uint_eq(COMMAND(0x14, 1, 16, 0x20), 275);
    COMMAND(0x13, 0, 10, 0xc1, 6, 0x40, 0x4c, 0x20, 0xff, 0xff, 1, 2);
    ck_assert_uint_eq(STATUS, STK_CMD_FAILED);
    COMMAND(0x18, 0, 0x50, 0, 0, 0);
    ck_assert_uint_eq(STATUS, STK_CMD_FAILED);
    COMMAND(0x18, 5, 0x50, 0, 0, 0);
    ck_assert_uint_eq(STATUS, STK_CMD_FAILED);
}
END_TEST

#ifdef __SANITIZE_ADDRESS__
#define FUZZ_COMMANDS 10000 /* each is ten times slower */
#else
#define FUZZ_COMMANDS 100000
#endif

/* Any body at all: an answer comes, nothing is written outside, and a good session works right after. */
START_TEST(fuzz)
{
    static const uint8_t ids[] = { 1,    2,    3,    6,    0x10, 0x11, 0x12, 0x13, 0x14, 0x15,
                                   0x16, 0x17, 0x18, 0x19, 0x1a, 0x1b, 0x1c, 0x1d, 0x05, 0xfe };
    uint32_t r = 7;

    start(1e6);
    for (unsigned n = 0; n < FUZZ_COMMANDS; n++) {
        uint8_t bytes[STK_MAX_BODY];
        uint16_t len;

        r = r * 1664525 + 1013904223;
        len = (uint16_t)(1 + (r >> 8) % STK_MAX_BODY);
        if (r >> 30) {
            len = (uint16_t)(1 + len % 16);
        }
        pattern(bytes, len, r);
        if (r & 0x10000) {
            bytes[0] = ids[(r >> 20) % sizeof ids];
        }
        if (len > 3 && (r & 0x20000)) {
            bytes[1] = 0;
        }
        if (bytes[0] == 0x10 && len >= 12 && (r & 0x40000)) {
            memcpy(bytes, (const uint8_t[]){ ENTER }, 12);
        }
        fake.n_debug = 0;
        command(bytes, len);
    }
    fake.now_ms += 100;
    COMMAND(LEAVE);
    fake.fuse[0] = 0x62;
    COMMAND(0x02, 0x98, 2);
    COMMAND(0x01);
    enter();
    COMMAND(0x18, 4, 0x50, 0, 0, 0);
    ck_assert_uint_eq(box.body[2], 0x62);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("limpisp_commands");
    TCase *c = tcase_create("commands");

    tcase_set_timeout(c, 60);
    tcase_add_test(c, signs_on);
    tcase_add_test(c, parameters);
    tcase_add_test(c, sck_is_monotonic_in_the_duration);
    tcase_add_test(c, enters_and_leaves);
    tcase_add_test(c, no_target_is_reported_in_time_and_released);
    tcase_add_test(c, limps_down_to_every_clock);
    tcase_add_test(c, remembers_within_the_session_only);
    tcase_add_test(c, careful_keeps_a_margin);
    tcase_add_test(c, careful_goes_slower_in_doubt);
    tcase_add_test(c, lost_bits_never_make_a_write);
    tcase_add_test(c, flash_in_every_mode);
    tcase_add_test(c, page_in_two_commands);
    tcase_add_test(c, eeprom_in_every_mode);
    tcase_add_test(c, extended_address_is_loaded_once);
    tcase_add_test(c, fuses_lock_signature_calibration);
    tcase_add_test(c, spi_multi_returns_what_was_asked);
    tcase_add_test(c, target_that_dies_comes_back);
    tcase_add_test(c, half_a_page_is_not_written_when_the_rest_was_lost);
    tcase_add_test(c, silent_host_releases_the_target);
    tcase_add_test(c, recovery_clock_is_selectable);
    tcase_add_test(c, unknown_short_and_oversized);
    tcase_add_test(c, fuzz);
    suite_add_tcase(s, c);
    return run_all(s);
}
