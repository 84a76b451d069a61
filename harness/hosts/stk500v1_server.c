/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "harness/hosts/stk500v1_server.h"

#include "protocols/stk500v1.h"

#include <string.h>

/* What avrdude asks for. The version is ArduinoISP's: above 1.10 SET_DEVICE_EXT has five parameters. */
static const struct {
    uint8_t code, value;
} parameters[] = {
    { STK1_HW_VER, 2 },       { STK1_SW_MAJOR, 1 },       { STK1_SW_MINOR, 18 },
    { STK1_VTARGET, 0 }, /* not measured, and nothing to set */
    { STK1_VADJUST, 0 },      { STK1_OSC_PSCALE, 0 },     { STK1_OSC_CMATCH, 0 },
    { STK1_SCK_DURATION, 0 }, { STK1_TOPCARD_DETECT, 3 }, /* none */
};

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
    return (type == 'F' || type == 'E') && n > 0 && n <= STK500V1_MAX_BLOCK &&
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

struct answer { /* to a command: INSYNC, n bytes of data, how it ended */
    uint8_t data[STK500V1_MAX_BLOCK];
    size_t n;
    uint8_t end;
};

static void say(struct stk500v1_server *s, uint8_t only)
{
    s->answer(s->ctx, &only, 1);
}

static void say_in_sync(struct stk500v1_server *s, const struct answer *a)
{
    uint8_t out[2 + STK500V1_MAX_BLOCK] = { STK1_INSYNC };

    memcpy(out + 1, a->data, a->n);
    out[1 + a->n] = a->end;
    s->answer(s->ctx, out, a->n + 2);
}

static void end_with(struct answer *a, bool ok)
{
    a->end = ok ? STK1_OK : STK1_FAILED;
    if (!ok) {
        memset(a->data, 0, a->n);
    }
}

static void do_nothing(struct stk500v1_server *s, struct answer *a)
{
    (void)s;
    a->end = STK1_OK;
}

static void do_get_sign_on(struct stk500v1_server *s, struct answer *a)
{
    (void)s;
    a->n = 7;
    memcpy(a->data, "AVR STK", a->n);
    a->end = STK1_OK;
}

static void do_get_parameter(struct stk500v1_server *s, struct answer *a)
{
    a->n = 1;
    a->data[0] = s->command[1]; /* as AVR061 answers for one that is not known */
    a->end = STK1_FAILED;
    for (size_t i = 0; i < sizeof parameters / sizeof parameters[0]; i++) {
        if (parameters[i].code == s->command[1]) {
            a->data[0] = parameters[i].value;
            a->end = STK1_OK;
        }
    }
}

static void do_set_parameter(struct stk500v1_server *s, struct answer *a)
{
    a->n = 1;
    a->data[0] = s->command[1];
    a->end = STK1_FAILED;
}

/* What the part is like the programmer knows itself. */
static void do_set_device(struct stk500v1_server *s, struct answer *a)
{
    s->has_device = true;
    a->end = STK1_OK;
}

static void do_enter(struct stk500v1_server *s, struct answer *a)
{
    if (s->has_device) {
        end_with(a, enter(s));
    } else {
        a->end = STK1_NODEVICE;
    }
}

static void do_leave(struct stk500v1_server *s, struct answer *a)
{
    end_with(a, leave(s));
}

static void do_erase(struct stk500v1_server *s, struct answer *a)
{
    end_with(a, erase(s));
}

static void do_load_address(struct stk500v1_server *s, struct answer *a)
{
    s->address = s->command[1] | (uint32_t)s->command[2] << 8;
    a->end = STK1_OK;
}

static void do_universal(struct stk500v1_server *s, struct answer *a)
{
    a->n = 1;
    end_with(a, universal(s, s->command + 1, a->data));
}

static void do_prog_page(struct stk500v1_server *s, struct answer *a)
{
    end_with(a, write_block(s, s->command[3], s->command + 4, size_field(s)));
}

static void do_read_page(struct stk500v1_server *s, struct answer *a)
{
    a->n = size_field(s) <= STK500V1_MAX_BLOCK ? size_field(s) : 0;
    end_with(a, read_block(s, s->command[3], a->data, size_field(s)));
}

static void do_read_sign(struct stk500v1_server *s, struct answer *a)
{
    s->eeprom_by_words = true;
    a->n = 3;
    end_with(a, signature(s, a->data));
}

static const struct {
    uint8_t code;
    void (*act)(struct stk500v1_server *s, struct answer *a);
} commands[] = {
    { STK1_GET_SYNC, do_nothing },
    { STK1_GET_SIGN_ON, do_get_sign_on },
    { STK1_SET_PARAMETER, do_set_parameter },
    { STK1_GET_PARAMETER, do_get_parameter },
    { STK1_SET_DEVICE, do_set_device },
    { STK1_SET_DEVICE_EXT, do_nothing },
    { STK1_ENTER_PROGMODE, do_enter },
    { STK1_LEAVE_PROGMODE, do_leave },
    { STK1_CHIP_ERASE, do_erase },
    { STK1_LOAD_ADDRESS, do_load_address },
    { STK1_UNIVERSAL, do_universal },
    { STK1_PROG_PAGE, do_prog_page },
    { STK1_READ_PAGE, do_read_page },
    { STK1_READ_SIGN, do_read_sign },
};
#define COMMANDS (sizeof commands / sizeof commands[0])

/* COMMANDS: none of ours. */
static size_t command_index(const struct stk500v1_server *s)
{
    size_t i = 0;

    while (i < COMMANDS && commands[i].code != s->command[0]) {
        i++;
    }
    return i;
}

/* Of the command that has begun, or the least that it can be. An unknown one is its code and the EOP. */
static size_t command_length(const struct stk500v1_server *s)
{
    if (s->command[0] == STK1_CRC_EOP) {
        return 1;
    }
    return command_index(s) < COMMANDS ? stk500v1_command_length(s->command, s->n) : 2;
}

/* A whole command with its EOP. */
static void obey(struct stk500v1_server *s)
{
    size_t i = command_index(s);
    struct answer a = { .n = 0 };

    if (i == COMMANDS) {
        say(s, STK1_UNKNOWN);
        return;
    }
    commands[i].act(s, &a);
    say_in_sync(s, &a);
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
    if (s->n < length) {
        return;
    }
    s->n = 0;
    if (length == 1) {
        say(s, STK1_NOSYNC);
    } else if (byte != STK1_CRC_EOP) {
        say(s, STK1_NOSYNC);
        take_byte(s, byte, sim); /* it may begin a command that counts: the line is back in sync sooner */
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
