/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "commands.h"

#include <stdbool.h>
#include <string.h>

#include "clock_out.h"
#include "damage.h"
#include "debug.h"
#include "hw.h"
#include "isp.h"
#include "limp.h"

#define HIGH_BYTE 0x08        /* in a flash instruction: the high byte of the word */
#define EXTENDED 0x80000000UL /* in an address: the part has a load extended address instruction */
#define ATTEMPTS 3            /* of a command during which the target was lost */
#define READY_MS 100          /* longest write, with reserve for a slow RC oscillator */
#define T_WD_FUSE_MS 5        /* 4.5 ms, rounded up */
#define PROGRAM_HEADER 10     /* bytes before the data of a program command */
#define VALUE_POLL_MS 100

static struct isp_entry entry;
static bool session;   /* between entering and leaving programming mode */
static bool suspended; /* in a session, but the target is released */
static bool page_open; /* the page buffer holds data of an earlier command */
static uint32_t address;
static int16_t ext_address; /* loaded into the target, -1 = none */
static uint8_t vtarget_dv, vadjust_dv, sck_duration, controller_init;

void commands_init(void)
{
    session = suspended = page_open = false;
    address = 0;
    ext_address = -1;
    vtarget_dv = 0;
    vadjust_dv = 50;
    sck_duration = STK_SCK_DEFAULT;
    controller_init = 0;
    limp_init();
    clock_out_init();
}

static uint16_t answer(uint8_t *body, uint8_t status)
{
    body[1] = status;
    return 2;
}

/* ---- the target, kept in step ---- */

static void forget_target_state(void)
{
    page_open = false;
    ext_address = -1;
}

/* Before a command: after a long silence the target was released. False: it can't be had back. */
static bool target_present(void)
{
    if (!session) {
        return false;
    }
    if (!suspended) {
        return true;
    }
    if (page_open) { /* what the page buffer held is gone */
        return false;
    }
    forget_target_state();
    clock_out_run(true);
    suspended = !limp_resume();
    if (suspended) {
        clock_out_run(false);
    }
    return !suspended;
}

/* In a command: an echo was wrong. */
static bool target_regained(void)
{
    bool page_lost = page_open;

    debug_text(PSTR("target lost"));
    debug_end();
    forget_target_state();
    suspended = !limp_resume();
    if (suspended) {
        clock_out_run(false);
    }
    return !suspended && !page_lost;
}

static bool do4(uint8_t b1, uint8_t b2, uint8_t b3, uint8_t b4, uint8_t in[4])
{
    const uint8_t out[4] = { b1, b2, b3, b4 };

    return isp_instruction(out, in);
}

/* ---- sign-on and parameters ---- */

static uint16_t sign_on(uint8_t *body, uint16_t size)
{
    static const char name[] = "STK500_2";

    (void)size;
    hw_led(HW_LED_ERROR, false);
    body[1] = STK_CMD_OK;
    body[2] = sizeof name - 1;
    memcpy(body + 3, name, sizeof name - 1);
    return 3 + sizeof name - 1;
}

/*
 * What AVR068 says of the STK500: 1843, 460.8, 115.2 and 57.6 kHz for 0..3, then 24 * (n + 10/12) cycles of
 * 7.3728 MHz. As a phase, rounded up: never faster than asked for. 4 would be faster than 3.
 */
static uint16_t duration_to_half_ck(uint8_t n)
{
    static const uint8_t fixed[] = { 5, 18, 70, 139, 139 };

    return n < sizeof fixed ? fixed[n] : (uint16_t)(((6UL * n + 5) * 625 + 143) / 144);
}

/* The period asked for is for one session: one that stays behind is a trap for the next user. */
static void forget_sck(void)
{
    sck_duration = STK_SCK_DEFAULT;
    limp_forget();
    limp_ask(LIMP_DEFAULT_HALF_CK);
}

static uint16_t set_parameter(uint8_t *body, uint16_t size)
{
    uint8_t value = body[2];
    bool ok = true;

    (void)size;
    switch (body[1]) {
    case STK_VTARGET: vtarget_dv = value; break;
    case STK_VADJUST: vadjust_dv = value; break;
    case STK_OSC_PSCALE: ok = clock_out_set_pscale(value); break;
    case STK_OSC_CMATCH: clock_out_set_cmatch(value); break;
    case STK_SCK_DURATION:
        sck_duration = value;
        limp_ask(duration_to_half_ck(value));
        if (session && !suspended) {
            hw_spi_rate(duration_to_half_ck(value));
        }
        break;
    case STK_RESET_POLARITY: ok = value == 1; break;
    case STK_CONTROLLER_INIT: controller_init = value; break;
    case STK_LIMPISP_CAREFUL: limp_set_careful(value != 0); break;
    default: ok = false; break;
    }
    return answer(body, ok ? STK_CMD_OK : STK_CMD_FAILED);
}

static uint16_t get_parameter(uint8_t *body, uint16_t size)
{
    uint8_t value;

    (void)size;
    switch (body[1]) {
    case STK_BUILD_NUMBER_LOW: value = 1; break;
    case STK_BUILD_NUMBER_HIGH: value = 0; break;
    case STK_HW_VER: value = 2; break;
    case STK_SW_MAJOR: value = 2; break;
    case STK_SW_MINOR: value = 10; break;
    case STK_VTARGET: /* nothing here can change it: what was set, else the supply as measured */
        value = vtarget_dv ? vtarget_dv : hw_supply_dv();
        break;
    case STK_VADJUST: value = vadjust_dv; break;
    case STK_OSC_PSCALE: value = clock_out_pscale(); break;
    case STK_OSC_CMATCH: value = clock_out_cmatch(); break;
    case STK_SCK_DURATION: value = sck_duration; break;
    case STK_TOPCARD_DETECT:
        value = 0xff; /* none */
        break;
    case STK_STATUS:
    case STK_DATA: value = 0; break;
    case STK_RESET_POLARITY: value = 1; break;
    case STK_CONTROLLER_INIT: value = controller_init; break;
    case STK_LIMPISP_CAREFUL: value = limp_is_careful(); break;
    case STK_LIMPISP_SCK_HALF: {
        uint16_t units = (uint16_t)((limp_half_ck() + 63U) / 64U);

        value = units > 255 ? 255 : (uint8_t)units;
        break;
    }
    default: return answer(body, STK_CMD_FAILED);
    }
    body[1] = STK_CMD_OK;
    body[2] = value;
    return 3;
}

static uint16_t load_address(uint8_t *body, uint16_t size)
{
    (void)size;
    address = (uint32_t)body[1] << 24 | (uint32_t)body[2] << 16 | (uint32_t)body[3] << 8 | body[4];
    return answer(body, STK_CMD_OK);
}

/* ---- entering and leaving ---- */

static uint16_t enter_progmode(uint8_t *body, uint16_t size)
{
    (void)size;
    /* body[1], the command time-out, is less than the slow rates need: the host's patience counts */
    entry.stab_ms = body[2];
    entry.cmdexe_ms = body[3];
    entry.synch_loops = body[4];
    entry.byte_ms = body[5];
    entry.poll_value = body[6];
    entry.poll_index = body[7];
    memcpy(entry.cmd, body + 8, 4);

    hw_led(HW_LED_PROGRAMMING, true);
    hw_led(HW_LED_ERROR, false);
    forget_target_state();
    clock_out_run(true);
    suspended = false;
    session = limp_enter(&entry);
    if (!session) {
        clock_out_run(false);
        hw_led(HW_LED_PROGRAMMING, false);
    }
    return answer(body, session ? STK_CMD_OK : STK_CMD_FAILED);
}

static void release_target(void)
{
    isp_release();
    clock_out_run(false);
    hw_led(HW_LED_PROGRAMMING, false);
    hw_led(HW_LED_VERIFY, false);
}

static uint16_t leave_progmode(uint8_t *body, uint16_t size)
{
    (void)size;
    if (session && !suspended) {
        hw_wait_ms(body[1]);
        release_target();
        hw_wait_ms(body[2]);
    }
    session = suspended = false;
    forget_sck();
    return answer(body, STK_CMD_OK);
}

void commands_host_is_silent(void)
{
    if (!session || suspended) {
        return;
    }
    debug_text(PSTR("host is silent: target released"));
    debug_end();
    release_target();
    suspended = true;
}

/* ---- commands that need the target: false = it was lost, and the command may be run again ---- */

static bool load_extended(uint32_t at)
{
    uint8_t in[4];
    int16_t ext = (int16_t)(at >> 16 & 0x7f);

    if (!(at & EXTENDED) || ext == ext_address) {
        return true;
    }
    ext_address = ext;
    return do4(0x4d, 0, (uint8_t)ext, 0, in);
}

static bool do_chip_erase(const uint8_t *p, uint8_t *status)
{
    uint8_t in[4];

    if (!do4(p[3], p[4], p[5], p[6], in)) {
        return false;
    }
    if (DAMAGED(ERASE_WAIT)) {
        return true;
    }
    if (p[2] == 0) { /* a delay is what the host wants; the target's RC oscillator may want more */
        hw_wait_ms(p[1]);
    }
    switch (isp_wait_ready(READY_MS)) {
    case ISP_LOST: return false;
    case ISP_BUSY: *status = STK_RDY_BSY_TOUT; break;
    case ISP_READY: break;
    }
    return true;
}

static bool do_fuse(const uint8_t *p, uint8_t *status)
{
    uint8_t in[4];

    (void)status;
    if (!do4(p[1], p[2], p[3], p[4], in)) {
        return false;
    }
    if (DAMAGED(FUSE_WAIT)) {
        return true;
    }
    hw_wait_ms(T_WD_FUSE_MS);
    /* parts without RDY/BSY echo a 0: ready */
    return isp_wait_ready(READY_MS) != ISP_LOST;
}

/* Polls until read (b1, at) gives data; *late: it did not within VALUE_POLL_MS. False: lost. */
static bool poll_value(uint8_t b1, uint16_t at, uint8_t data, bool *late)
{
    uint16_t start = hw_ms();
    uint8_t in[4];

    for (uint8_t n = 0;; n += n < 3) {
        if (!do4(b1, (uint8_t)(at >> 8), (uint8_t)at, 0, in)) {
            return false;
        }
        if (in[3] == data) {
            return true;
        }
        if (n >= 3 && (uint16_t)(hw_ms() - start) > VALUE_POLL_MS) {
            *late = true;
            return true;
        }
    }
}

struct program {
    bool flash;
    uint16_t n;
    uint8_t mode, delay_ms, cmd1, cmd2, cmd3, poll1, poll2;
    const uint8_t *data;
};

/* The address and instruction bit of byte i from `address` on. */
static uint8_t place(bool flash, uint16_t i, uint16_t *at, uint32_t *whole)
{
    *whole = address + (flash ? i / 2 : i);
    *at = (uint16_t)*whole;
    return flash && (i & 1) ? HIGH_BYTE : 0;
}

static bool polls_by_value(const struct program *g, uint8_t data)
{
    return data != g->poll1 && (g->flash || data != g->poll2);
}

/* After a write: the way of waiting is one of the three bits timed, value, rdy. */
static bool wait_written(const struct program *g, uint8_t how, bool has_value, uint8_t hi, uint16_t at, uint8_t data,
                         uint8_t *status)
{
    bool late = false;

    if (g->flash ? DAMAGED(FLASH_WAIT) : DAMAGED(EEPROM_WAIT)) {
        return true;
    }
    if (how & STK_MODE_WORD_RDY_BSY) {
        enum isp_ready r = isp_wait_ready(READY_MS);

        if (r == ISP_LOST) {
            return false;
        }
        if (r == ISP_BUSY) {
            *status = STK_RDY_BSY_TOUT;
        }
        return true;
    }
    if ((how & STK_MODE_WORD_VALUE) && has_value) {
        if (!poll_value(g->cmd3 | hi, at, data, &late)) {
            return false;
        }
        if (late) {
            *status = STK_CMD_TOUT;
        }
        return true;
    }
    hw_wait_ms(g->delay_ms);
    return true;
}

static bool do_program_words(const struct program *g, uint8_t *status)
{
    uint8_t in[4];

    for (uint16_t i = 0; i < g->n && *status == STK_CMD_OK; i++) {
        uint32_t whole;
        uint16_t at;
        uint8_t hi = place(g->flash, i, &at, &whole), data = g->data[i];

        if ((g->flash && !load_extended(whole)) || !do4(g->cmd1 | hi, (uint8_t)(at >> 8), (uint8_t)at, data, in) ||
            !wait_written(g, g->mode, polls_by_value(g, data), hi, at, data, status)) {
            return false;
        }
    }
    return true;
}

static bool do_program_page(const struct program *g, uint8_t *status)
{
    uint32_t whole;
    uint16_t at, poll_at = 0;
    uint8_t in[4], hi, poll_hi = 0, poll_data = 0;
    bool has_value = false;

    for (uint16_t i = 0; i < g->n; i++) {
        hi = place(g->flash, i, &at, &whole);
        if (!do4(g->cmd1 | hi, (uint8_t)(at >> 8), (uint8_t)at, g->data[i], in)) {
            return false;
        }
        if (polls_by_value(g, g->data[i])) {
            has_value = true;
            poll_at = at;
            poll_hi = hi;
            poll_data = g->data[i];
        }
    }
    if (!(g->mode & STK_MODE_WRITE_PAGE)) {
        return true;
    }
    if ((g->flash && !load_extended(address)) || !do4(g->cmd2, (uint8_t)(address >> 8), (uint8_t)address, 0, in)) {
        return false;
    }
    return wait_written(g, g->mode >> 3, has_value, poll_hi, poll_at, poll_data, status);
}

static uint16_t program_memory(uint8_t *body, uint16_t size)
{
    struct program g = {
        .flash = body[0] == STK_PROGRAM_FLASH_ISP,
        .n = (uint16_t)(body[1] << 8 | body[2]),
        .mode = body[3],
        .delay_ms = body[4],
        .cmd1 = body[5],
        .cmd2 = body[6],
        .cmd3 = body[7],
        .poll1 = body[8],
        .poll2 = body[9],
        .data = body + PROGRAM_HEADER,
    };
    uint8_t status = STK_CMD_FAILED;
    bool page = g.mode & STK_MODE_PAGE;

    if (g.n > size - PROGRAM_HEADER || !target_present()) {
        return answer(body, STK_CMD_FAILED);
    }
    for (uint8_t attempt = 0; attempt < ATTEMPTS; attempt++) {
        status = STK_CMD_OK;
        if (page ? do_program_page(&g, &status) : do_program_words(&g, &status)) {
            break;
        }
        status = STK_CMD_FAILED;
        if (!target_regained()) {
            break;
        }
    }
    page_open = status == STK_CMD_OK && page && g.n && !(g.mode & STK_MODE_WRITE_PAGE);
    address += g.flash ? (g.n + 1U) / 2 : g.n;
    return answer(body, status);
}

static bool do_read(bool flash, uint8_t cmd, uint16_t n, uint8_t *to)
{
    uint8_t in[4];

    for (uint16_t i = 0; i < n; i++) {
        uint32_t whole;
        uint16_t at;
        uint8_t hi = place(flash, i, &at, &whole);

        if ((flash && !load_extended(whole)) || !do4(cmd | hi, (uint8_t)(at >> 8), (uint8_t)at, 0, in)) {
            return false;
        }
        to[i] = in[3];
    }
    return true;
}

static uint16_t read_memory(uint8_t *body, uint16_t size)
{
    bool flash = body[0] == STK_READ_FLASH_ISP, ok = false;
    uint16_t n = (uint16_t)(body[1] << 8 | body[2]);
    uint8_t cmd = body[3];

    (void)size;
    if (n > STK_MAX_BODY - 3 || !target_present()) {
        return answer(body, STK_CMD_FAILED);
    }
    hw_led(HW_LED_VERIFY, true);
    for (uint8_t attempt = 0; attempt < ATTEMPTS && !ok; attempt++) {
        ok = do_read(flash, cmd, n, body + 2);
        if (!ok && !target_regained()) {
            break;
        }
    }
    hw_led(HW_LED_VERIFY, false);
    address += flash ? (n + 1U) / 2 : n;
    if (!ok) {
        return answer(body, STK_CMD_FAILED);
    }
    body[1] = STK_CMD_OK;
    body[n + 2] = STK_CMD_OK;
    return (uint16_t)(n + 3);
}

static bool with_target(const uint8_t *body, bool (*run)(const uint8_t *, uint8_t *), uint8_t *status)
{
    *status = STK_CMD_FAILED;
    if (!target_present()) {
        return false;
    }
    for (uint8_t attempt = 0; attempt < ATTEMPTS; attempt++) {
        *status = STK_CMD_OK;
        if (run(body, status)) {
            return true;
        }
        *status = STK_CMD_FAILED;
        if (!target_regained()) {
            return false;
        }
    }
    return false;
}

static uint16_t chip_erase(uint8_t *body, uint16_t size)
{
    uint8_t status;

    (void)size;
    with_target(body, do_chip_erase, &status);
    return answer(body, status);
}

static uint16_t program_fuse(uint8_t *body, uint16_t size)
{
    uint8_t status;

    (void)size;
    if (!with_target(body, do_fuse, &status)) {
        return answer(body, status);
    }
    body[1] = body[2] = STK_CMD_OK;
    return 3;
}

static bool do_read_byte(const uint8_t *p, uint8_t *value)
{
    uint8_t in[4];

    if (!do4(p[2], p[3], p[4], p[5], in)) {
        return false;
    }
    *value = in[p[1] - 1];
    return true;
}

static uint16_t read_byte(uint8_t *body, uint16_t size)
{
    uint8_t value;

    (void)size;
    if (body[1] < 1 || body[1] > 4 || !with_target(body, do_read_byte, &value)) {
        return answer(body, STK_CMD_FAILED);
    }
    body[1] = STK_CMD_OK;
    body[2] = value;
    body[3] = STK_CMD_OK;
    return 4;
}

/* Raw bytes: the host knows what it does, so no echo is checked and nothing repeated. */
static uint16_t spi_multi(uint8_t *body, uint16_t size)
{
    uint8_t n_out = body[1], n_in = body[2], from = body[3];
    uint16_t total = (uint16_t)(from + n_in);

    if (n_out > size - 4 || !target_present()) {
        return answer(body, STK_CMD_FAILED);
    }
    if (total < n_out) {
        total = n_out;
    }
    /* answer byte k is at 2 + k, what is sent in its stead at 4 + k or later: never overwritten early */
    for (uint16_t i = 0; i < total; i++) {
        uint8_t in = isp_raw_byte(i < n_out ? body[4 + i] : 0);

        if (i >= from && i - from < n_in) {
            body[2 + i - from] = in;
        }
    }
    body[1] = STK_CMD_OK;
    body[2 + n_in] = STK_CMD_OK;
    return (uint16_t)(3 + n_in);
}

/* ---- dispatch ---- */

static const struct command {
    uint8_t id, min_size;
    uint16_t (*run)(uint8_t *body, uint16_t size);
} commands[] = {
    { STK_SIGN_ON, 1, sign_on },
    { STK_SET_PARAMETER, 3, set_parameter },
    { STK_GET_PARAMETER, 2, get_parameter },
    { STK_LOAD_ADDRESS, 5, load_address },
    { STK_ENTER_PROGMODE_ISP, 12, enter_progmode },
    { STK_LEAVE_PROGMODE_ISP, 3, leave_progmode },
    { STK_CHIP_ERASE_ISP, 7, chip_erase },
    { STK_PROGRAM_FLASH_ISP, PROGRAM_HEADER, program_memory },
    { STK_READ_FLASH_ISP, 4, read_memory },
    { STK_PROGRAM_EEPROM_ISP, PROGRAM_HEADER, program_memory },
    { STK_READ_EEPROM_ISP, 4, read_memory },
    { STK_PROGRAM_FUSE_ISP, 5, program_fuse },
    { STK_READ_FUSE_ISP, 6, read_byte },
    { STK_PROGRAM_LOCK_ISP, 5, program_fuse },
    { STK_READ_LOCK_ISP, 6, read_byte },
    { STK_READ_SIGNATURE_ISP, 6, read_byte },
    { STK_READ_OSCCAL_ISP, 6, read_byte },
    { STK_SPI_MULTI, 4, spi_multi },
};

static uint16_t dispatch(uint8_t *body, uint16_t size)
{
    for (uint8_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
        if (commands[i].id == body[0]) {
            return size < commands[i].min_size ? answer(body, STK_CMD_FAILED) : commands[i].run(body, size);
        }
    }
    return answer(body, STK_CMD_UNKNOWN);
}

uint16_t commands_run(uint8_t *body, uint16_t size)
{
    uint16_t n = dispatch(body, size);

    if (body[1] >= STK_CMD_TOUT) {
        hw_led(HW_LED_ERROR, true);
    }
    return n;
}
