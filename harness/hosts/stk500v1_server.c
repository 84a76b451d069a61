/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "harness/hosts/stk500v1_server.h"

#include <string.h>

enum {
    STK_OK = 0x10,
    STK_FAILED = 0x11,
    STK_UNKNOWN = 0x12,
    STK_NODEVICE = 0x13,
    STK_INSYNC = 0x14,
    STK_NOSYNC = 0x15,
    CRC_EOP = 0x20,
    GET_SYNC = 0x30,
    GET_SIGN_ON = 0x31,
    SET_PARAMETER = 0x40,
    GET_PARAMETER = 0x41,
    SET_DEVICE = 0x42,
    SET_DEVICE_EXT = 0x45,
    ENTER_PROGMODE = 0x50,
    LEAVE_PROGMODE = 0x51,
    CHIP_ERASE = 0x52,
    LOAD_ADDRESS = 0x55,
    UNIVERSAL = 0x56,
    PROG_PAGE = 0x64,
    READ_PAGE = 0x74,
    READ_SIGN = 0x75,
};

/* Lengths with Sync_CRC_EOP; 0: the command tells it. */
static const struct {
    uint8_t code, length;
} commands[] = {
    { GET_SYNC, 2 },       { GET_SIGN_ON, 2 },    { SET_PARAMETER, 4 },  { GET_PARAMETER, 3 }, { SET_DEVICE, 22 },
    { SET_DEVICE_EXT, 0 }, { ENTER_PROGMODE, 2 }, { LEAVE_PROGMODE, 2 }, { CHIP_ERASE, 2 },    { LOAD_ADDRESS, 4 },
    { UNIVERSAL, 6 },      { PROG_PAGE, 0 },      { READ_PAGE, 5 },      { READ_SIGN, 2 },
};

/* What avrdude asks for. The version is ArduinoISP's: above 1.10 SET_DEVICE_EXT has five parameters. */
static const struct {
    uint8_t code, value;
} parameters[] = {
    { 0x80, 2 },  /* hardware version */
    { 0x81, 1 },  /* software version, major */
    { 0x82, 18 }, /* minor */
    { 0x84, 0 },  /* VTARGET, VADJUST, oscillator, SCK duration: not measured, nothing to set */
    { 0x85, 0 },  { 0x86, 0 }, { 0x87, 0 }, { 0x89, 0 }, { 0x98, 3 }, /* no top card */
};

/* ---- answers ---- */

static void say(struct stk500v1_server *s, uint8_t only)
{
    s->answer(s->ctx, &only, 1);
}

/* INSYNC, n bytes, and how it ended. */
static void say_in_sync(struct stk500v1_server *s, const uint8_t *bytes, size_t n, uint8_t end)
{
    uint8_t out[2 + STK500V1_SERVER_MAX_PAGE] = { STK_INSYNC };
    if (n) {
        memcpy(out + 1, bytes, n);
    }
    out[1 + n] = end;
    s->answer(s->ctx, out, n + 2);
}

/* ---- what the programmer is asked to do; false: it can't, or it complained ---- */

#define CAN(s, op) ((s)->programmer->ops && (s)->programmer->ops->op)

static bool enter(struct stk500v1_server *s)
{
    if (!s->in_session) {
        s->in_session = CAN(s, enter) && s->programmer->ops->enter(s->programmer->ctx, &s->complaint);
    }
    return s->in_session;
}

static bool leave(struct stk500v1_server *s)
{
    bool was_open = s->in_session;
    s->in_session = false;
    return !was_open || !CAN(s, leave) || s->programmer->ops->leave(s->programmer->ctx, &s->complaint);
}

static bool erase(struct stk500v1_server *s)
{
    return s->in_session && CAN(s, erase) && s->programmer->ops->erase(s->programmer->ctx, &s->complaint);
}

static bool signature(struct stk500v1_server *s, uint8_t sig[3])
{
    return s->in_session && CAN(s, signature) && s->programmer->ops->signature(s->programmer->ctx, sig, &s->complaint);
}

/* The block of n bytes at the address loaded. */
static bool block(const struct stk500v1_server *s, uint8_t type, size_t n, enum prog_memory *m, uint32_t *at)
{
    bool words = type == 'F' || s->eeprom_by_words;
    *m = type == 'F' ? PROG_FLASH : PROG_EEPROM;
    *at = s->address * (words ? 2 : 1);
    return (type == 'F' || type == 'E') && n > 0 && n <= STK500V1_SERVER_MAX_PAGE &&
           *at + n <= (type == 'F' ? s->part->flash_bytes : s->part->eeprom_bytes);
}

static bool read_block(struct stk500v1_server *s, uint8_t type, uint8_t *to, size_t n)
{
    enum prog_memory m;
    uint32_t at;
    return s->in_session && CAN(s, read) && block(s, type, n, &m, &at) &&
           s->programmer->ops->read(s->programmer->ctx, m, at, to, n, &s->complaint);
}

static bool write_block(struct stk500v1_server *s, uint8_t type, const uint8_t *from, size_t n)
{
    enum prog_memory m;
    uint32_t at;
    return s->in_session && CAN(s, write) && block(s, type, n, &m, &at) &&
           s->programmer->ops->write(s->programmer->ctx, m, at, from, n, &s->complaint);
}

static bool write_fuse(struct stk500v1_server *s, enum prog_fuse f, uint8_t value)
{
    return CAN(s, write_fuse) && s->programmer->ops->write_fuse(s->programmer->ctx, f, value, &s->complaint);
}

/* *back: what comes back as the fourth byte. */
static bool universal(struct stk500v1_server *s, const uint8_t send[4], uint8_t *back)
{
    uint32_t word = (uint32_t)send[0] << 24 | (uint32_t)send[1] << 16 | (uint32_t)send[2] << 8 | send[3];
    struct isp_frame f;
    uint8_t answer[4] = { 0 };
    if (!s->in_session) {
        return false;
    }
    *back = send[2]; /* the port's echo, where the programmer does not tell */
    switch (isp_decode(&s->decoder, word, &f) ? f.op : ISP_OPS) {
    case ISP_CHIP_ERASE: return erase(s);
    case ISP_WRITE_LFUSE: return write_fuse(s, PROG_LOW, f.data);
    case ISP_WRITE_HFUSE: return write_fuse(s, PROG_HIGH, f.data);
    case ISP_WRITE_EFUSE: return write_fuse(s, PROG_EXT, f.data);
    case ISP_WRITE_LOCK: return write_fuse(s, PROG_LOCK, f.data);
    case ISP_WRITE_EEPROM:
        return f.address < s->part->eeprom_bytes && CAN(s, write) &&
               s->programmer->ops->write(s->programmer->ctx, PROG_EEPROM, f.address, &f.data, 1, &s->complaint);
    default:
        if (!CAN(s, spi) || !s->programmer->ops->spi(s->programmer->ctx, send, answer, &s->complaint)) {
            return false;
        }
        *back = answer[3];
        return true;
    }
}

/* ---- commands ---- */

static size_t size_field(const struct stk500v1_server *s)
{
    return (size_t)s->command[1] << 8 | s->command[2];
}

static void get_parameter(struct stk500v1_server *s)
{
    for (size_t i = 0; i < sizeof parameters / sizeof parameters[0]; i++) {
        if (parameters[i].code == s->command[1]) {
            say_in_sync(s, &parameters[i].value, 1, STK_OK);
            return;
        }
    }
    say_in_sync(s, &s->command[1], 1, STK_FAILED);
}

/* A whole command with its EOP. */
static void obey(struct stk500v1_server *s)
{
    uint8_t data[STK500V1_SERVER_MAX_PAGE] = { 0 };
    size_t n = 0;
    bool ok = true;
    switch (s->command[0]) {
    case GET_SYNC: break;
    case GET_SIGN_ON:
        n = 7;
        memcpy(data, "AVR STK", n);
        break;
    case GET_PARAMETER: get_parameter(s); return;
    case SET_PARAMETER: say_in_sync(s, &s->command[1], 1, STK_FAILED); return;
    case SET_DEVICE: /* what the part is like the programmer knows itself */ s->has_device = true; break;
    case SET_DEVICE_EXT: break;
    case ENTER_PROGMODE:
        if (!s->has_device) {
            say_in_sync(s, NULL, 0, STK_NODEVICE);
            return;
        }
        ok = enter(s);
        break;
    case LEAVE_PROGMODE: ok = leave(s); break;
    case CHIP_ERASE: ok = erase(s); break;
    case LOAD_ADDRESS: s->address = s->command[1] | (uint32_t)s->command[2] << 8; break;
    case UNIVERSAL:
        n = 1;
        ok = universal(s, s->command + 1, data);
        break;
    case PROG_PAGE: ok = write_block(s, s->command[3], s->command + 4, size_field(s)); break;
    case READ_PAGE:
        n = size_field(s) <= STK500V1_SERVER_MAX_PAGE ? size_field(s) : 0;
        ok = read_block(s, s->command[3], data, size_field(s));
        break;
    case READ_SIGN:
        n = 3;
        s->eeprom_by_words = true;
        ok = signature(s, data);
        break;
    }
    if (!ok) {
        memset(data, 0, n);
    }
    say_in_sync(s, data, n, ok ? STK_OK : STK_FAILED);
}

/* Of the command that has begun, 0: can't be told yet. An unknown one is its code and the EOP. */
static size_t command_length(const struct stk500v1_server *s)
{
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
        if (commands[i].code != s->command[0]) {
            continue;
        }
        if (commands[i].length) {
            return commands[i].length;
        }
        if (s->command[0] == PROG_PAGE) {
            return s->n < 3 ? 0 : 5 + size_field(s);
        }
        return s->n < 2 ? 0 : 2u + s->command[1]; /* SET_DEVICE_EXT: its first byte counts itself and the rest */
    }
    return s->command[0] == CRC_EOP ? 1 : 2;
}

static bool is_known(uint8_t code)
{
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
        if (commands[i].code == code) {
            return true;
        }
    }
    return false;
}

static void take_byte(struct stk500v1_server *s, uint8_t byte, const struct sim *sim)
{
    if (s->n == 0) {
        s->begun_ps = sim->now_ps; /* commands before it may have taken long */
    }
    if (s->n < sizeof s->command) {
        s->command[s->n] = byte;
    }
    s->n++;
    size_t length = command_length(s);
    if (!length || s->n < length) {
        return;
    }
    s->n = 0;
    if (length == 1) {
        say(s, STK_NOSYNC);
    } else if (byte != CRC_EOP) {
        say(s, STK_NOSYNC);
        take_byte(s, byte, sim); /* it may begin a command that counts: the line is back in sync sooner */
    } else if (!is_known(s->command[0])) {
        say(s, STK_UNKNOWN);
    } else {
        obey(s);
    }
}

/* ---- the outside ---- */

void stk500v1_server_init(struct stk500v1_server *s, const struct programmer *programmer, const struct part *part,
                          void (*answer)(void *, const uint8_t *, size_t), void *ctx)
{
    *s = (struct stk500v1_server){ .programmer = programmer, .part = part, .answer = answer, .ctx = ctx };
    isp_decoder_init(&s->decoder, part);
}

void stk500v1_server_take(struct stk500v1_server *s, const uint8_t *bytes, size_t n, const struct sim *sim)
{
    if (s->n && sim->now_ps - s->begun_ps > STK500V1_SERVER_PATIENCE_PS) {
        s->n = 0;
    }
    for (size_t i = 0; i < n; i++) {
        take_byte(s, bytes[i], sim);
    }
}

void stk500v1_server_hang_up(struct stk500v1_server *s)
{
    if (!leave(s) && CAN(s, abandon)) {
        s->programmer->ops->abandon(s->programmer->ctx);
    }
    s->n = 0;
    s->address = 0;
    s->has_device = s->eeprom_by_words = false;
}
