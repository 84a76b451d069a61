/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "commands.h"

#include <stdbool.h>
#include <string.h>

#include "hv.h"
#include "protocols/stk500v2.h"

enum { /* load command */
       CMD_ERASE = 0x80,
       CMD_WRITE_FUSE = 0x40,
       CMD_WRITE_LOCK = 0x20,
       CMD_WRITE_FLASH = 0x10,
       CMD_WRITE_EEPROM = 0x11,
       CMD_SIGNATURE = 0x08,
       CMD_READ_FUSE = 0x04,
       CMD_READ_FLASH = 0x02,
       CMD_READ_EEPROM = 0x03,
       CMD_NONE = 0x00,
};

#define ATMEL 0x1E
#define PROGRAM_HEADER 5 /* bytes before the data of a program command */

static bool shares_pins;   /* from the control stack: BS1 is PAGEL */
static bool latches_words; /* serial: one latch for both bytes (ATtiny13) */
static bool serial;
static uint32_t address;

static uint16_t status(uint8_t *body, uint8_t code)
{
    body[1] = code;
    return 2;
}

static uint16_t value(uint8_t *body, uint8_t byte)
{
    body[1] = STK_CMD_OK;
    body[2] = byte;
    return 3;
}

/* ---- what the target does ---- */

static void load_address(uint16_t a)
{
    hv_frame((uint8_t)a, HV_ADDRESS);
    hv_frame((uint8_t)(a >> 8), HV_ADDRESS | HV_BS1);
}

/* OE low with these byte selects, then what came. */
static uint8_t read(uint8_t select)
{
    hv_frame(0, HV_IDLE ^ HV_OE ^ select);
    return hv_frame(0, HV_IDLE ^ select);
}

static bool write(uint8_t select, uint8_t timeout_ms, bool is_erase)
{
    hv_frame(0, HV_IDLE ^ HV_WR ^ select);
    hv_frame(0, HV_IDLE ^ select);
    return hv_ready(timeout_ms, is_erase);
}

static void latch(uint8_t select)
{
    hv_frame(0, HV_IDLE | HV_PAGEL | select);
    hv_frame(0, HV_IDLE | select);
}

static uint8_t signature(uint8_t which)
{
    hv_frame(CMD_SIGNATURE, HV_COMMAND);
    hv_frame(which, HV_ADDRESS);
    return read(0);
}

static uint16_t enter(uint8_t *body)
{
    uint8_t off_ms = serial ? body[6] : body[5];

    address = 0;
    hv_enter(serial, shares_pins && !serial, off_ms);
    if (signature(0) != ATMEL) { /* nobody is there, or it did not enter: no 12 V for nothing */
        hv_leave();
        return status(body, STK_CMD_FAILED);
    }
    latches_words = serial && signature(1) == 0x90;
    return status(body, STK_CMD_OK);
}

static uint16_t erase(uint8_t *body)
{
    hv_frame(CMD_ERASE, HV_COMMAND);
    return status(body, write(0, serial ? body[1] : body[2], true) ? STK_CMD_OK : STK_RDY_BSY_TOUT);
}

static uint16_t program_flash(uint8_t *body, uint16_t n)
{
    const uint8_t *data = body + PROGRAM_HEADER;
    bool ok = true;

    hv_frame(CMD_WRITE_FLASH, HV_COMMAND);
    for (uint16_t i = 0; i < n / 2; i++) {
        hv_frame((uint8_t)(address + i), HV_ADDRESS);
        hv_frame(*data++, HV_DATA);
        if (serial && !latches_words) {
            latch(0);
        }
        hv_frame(*data++, HV_DATA | HV_BS1);
        latch(HV_BS1);
    }
    if (body[3] & STK_MODE_WRITE_PAGE) {
        hv_frame((uint8_t)(address >> 8), HV_ADDRESS | HV_BS1);
        ok = write(0, body[4], false);
        hv_frame(CMD_NONE, HV_COMMAND);
    }
    address += n / 2;
    return status(body, ok ? STK_CMD_OK : STK_RDY_BSY_TOUT);
}

static uint16_t program_eeprom(uint8_t *body, uint16_t n)
{
    bool ok = true;

    hv_frame(CMD_WRITE_EEPROM, HV_COMMAND);
    for (uint16_t i = 0; i < n; i++) {
        load_address((uint16_t)(address + i));
        hv_frame(body[PROGRAM_HEADER + i], HV_DATA);
        latch(0);
    }
    if (body[3] & STK_MODE_WRITE_PAGE) {
        ok = write(0, body[4], false);
    }
    address += n;
    return status(body, ok ? STK_CMD_OK : STK_RDY_BSY_TOUT);
}

static uint16_t read_flash(uint8_t *body, uint16_t n)
{
    uint8_t *to = body + 2;

    hv_frame(CMD_READ_FLASH, HV_COMMAND);
    for (uint16_t i = 0; i < n / 2; i++, address++) {
        if (i == 0 || (uint8_t)address == 0) {
            hv_frame((uint8_t)(address >> 8), HV_ADDRESS | HV_BS1);
        }
        hv_frame((uint8_t)address, HV_ADDRESS);
        *to++ = read(0);
        *to++ = read(HV_BS1);
    }
    body[1] = *to = STK_CMD_OK;
    return n + 3;
}

static uint16_t read_eeprom(uint8_t *body, uint16_t n)
{
    hv_frame(CMD_READ_EEPROM, HV_COMMAND);
    for (uint16_t i = 0; i < n; i++, address++) {
        load_address((uint16_t)address);
        body[2 + i] = read(0);
    }
    body[1] = body[2 + n] = STK_CMD_OK;
    return n + 3;
}

static uint16_t program_fuse(uint8_t *body)
{
    static const uint8_t select[] = { 0, HV_BS1, HV_BS2 };

    if (body[1] >= sizeof select) {
        return status(body, STK_CMD_FAILED);
    }
    hv_frame(CMD_WRITE_FUSE, HV_COMMAND);
    hv_frame(body[2], HV_DATA);
    return status(body, write(select[body[1]], serial ? body[3] : body[4], false) ? STK_CMD_OK : STK_RDY_BSY_TOUT);
}

static uint16_t program_lock(uint8_t *body)
{
    hv_frame(CMD_WRITE_LOCK, HV_COMMAND);
    hv_frame(body[2], HV_DATA);
    return status(body, write(0, serial ? body[3] : body[4], false) ? STK_CMD_OK : STK_RDY_BSY_TOUT);
}

static uint16_t read_fuse(uint8_t *body)
{
    static const uint8_t select[] = { 0, HV_BS1 | HV_BS2, HV_BS2 };

    hv_frame(CMD_READ_FUSE, HV_COMMAND);
    return body[1] < sizeof select ? value(body, read(select[body[1]])) : status(body, STK_CMD_FAILED);
}

static uint16_t read_lock(uint8_t *body)
{
    hv_frame(CMD_READ_FUSE, HV_COMMAND);
    return value(body, read(HV_BS1));
}

static uint16_t read_osccal(uint8_t *body)
{
    hv_frame(CMD_SIGNATURE, HV_COMMAND);
    hv_frame(body[1], HV_ADDRESS);
    return value(body, read(HV_BS1));
}

/* ---- what the host says ---- */

static uint16_t parameter(uint8_t *body)
{
    switch (body[1]) {
    case STK_HW_VER: return value(body, 2);
    case STK_SW_MAJOR: return value(body, 2);
    case STK_SW_MINOR: return value(body, 10);
    case STK_VTARGET:
    case STK_VADJUST: return value(body, 50);
    default: return value(body, 0);
    }
}

/* The commands of a mode: 20.. parallel, 30.. serial, in the same order. size: of the body, enough. */
static uint16_t in_mode(uint8_t *body, uint16_t size)
{
    uint16_t n = (uint16_t)(body[1] << 8 | body[2]);
    uint8_t what = body[0] & 0x0F;

    if (what == STK_ENTER_PROGMODE_PP - 0x20) {
        serial = body[0] & 0x10;
        return size >= 8u + serial ? enter(body) : status(body, STK_CMD_FAILED);
    }
    if (what == STK_LEAVE_PROGMODE_PP - 0x20) {
        hv_leave();
        return status(body, STK_CMD_OK);
    }
    if (!hv_is_on()) {
        return status(body, STK_CMD_FAILED);
    }
    switch (what + 0x20) {
    case STK_CHIP_ERASE_PP: return erase(body);
    case STK_PROGRAM_FLASH_PP:
        return n + PROGRAM_HEADER <= size ? program_flash(body, n) : status(body, STK_CMD_FAILED);
    case STK_PROGRAM_EEPROM_PP:
        return n + PROGRAM_HEADER <= size ? program_eeprom(body, n) : status(body, STK_CMD_FAILED);
    case STK_READ_FLASH_PP: return n + 3u <= STK_MAX_BODY ? read_flash(body, n) : status(body, STK_CMD_FAILED);
    case STK_READ_EEPROM_PP: return n + 3u <= STK_MAX_BODY ? read_eeprom(body, n) : status(body, STK_CMD_FAILED);
    case STK_PROGRAM_FUSE_PP: return program_fuse(body);
    case STK_READ_FUSE_PP: return read_fuse(body);
    case STK_PROGRAM_LOCK_PP: return program_lock(body);
    case STK_READ_LOCK_PP: return read_lock(body);
    case STK_READ_SIGNATURE_PP: return value(body, signature(body[1]));
    case STK_READ_OSCCAL_PP: return read_osccal(body);
    default: return status(body, STK_CMD_UNKNOWN);
    }
}

uint16_t commands_run(uint8_t *body, uint16_t size)
{
    memset(body + size, 0, STK_MAX_BODY - size); /* of a short body the rest reads 0 */
    switch (body[0]) {
    case STK_SIGN_ON:
        body[1] = STK_CMD_OK;
        body[2] = 8;
        memcpy(body + 3, "STK500_2", 8);
        return 11;
    case STK_SET_PARAMETER: return status(body, STK_CMD_OK);
    case STK_GET_PARAMETER: return parameter(body);
    case STK_LOAD_ADDRESS:
        address = (uint32_t)body[1] << 24 | (uint32_t)body[2] << 16 | (uint16_t)(body[3] << 8) | body[4];
        return status(body, STK_CMD_OK);
    case STK_SET_CONTROL_STACK: /* rows by (BS2, BS1): where BS2 makes no difference it is no pin of its own */
        shares_pins = body[1] == body[3];
        return status(body, STK_CMD_OK);
    default:
        return body[0] >= STK_ENTER_PROGMODE_PP && body[0] < STK_ENTER_PROGMODE_PP + 0x20
                   ? in_mode(body, size)
                   : status(body, STK_CMD_UNKNOWN);
    }
}
