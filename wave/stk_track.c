/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "wave/stk_track.h"

#include <stdio.h>
#include <string.h>

#include "protocols/stk500v1.h"
#include "protocols/stk500v2.h"
#include "wave/text_put.h"

/* ---- names ---- */

enum shape { BARE, PARAMETER, SET, ADDRESS, FOUR, BLOCK };

static const struct {
    uint8_t code;
    enum shape shape;
    enum doc_tone tone;
    const char *name;
} v1_names[] = {
    { STK1_GET_SYNC, BARE, DOC_CONTROL, "Get sync" },
    { STK1_GET_SIGN_ON, BARE, DOC_CONTROL, "Get sign-on" },
    { STK1_SET_PARAMETER, SET, DOC_CONTROL, "Set parameter" },
    { STK1_GET_PARAMETER, PARAMETER, DOC_READ, "Get parameter" },
    { STK1_SET_DEVICE, BARE, DOC_CONTROL, "Set device" },
    { STK1_SET_DEVICE_EXT, BARE, DOC_CONTROL, "Set device, extended" },
    { STK1_ENTER_PROGMODE, BARE, DOC_CONTROL, "Enter programming mode" },
    { STK1_LEAVE_PROGMODE, BARE, DOC_CONTROL, "Leave programming mode" },
    { STK1_CHIP_ERASE, BARE, DOC_WRITE, "Chip erase" },
    { STK1_CHECK_AUTOINC, BARE, DOC_CONTROL, "Check autoincrement" },
    { STK1_LOAD_ADDRESS, ADDRESS, DOC_CONTROL, "Load address" },
    { STK1_UNIVERSAL, FOUR, DOC_PLAIN, "Universal" },
    { STK1_PROG_FLASH, BARE, DOC_WRITE, "Program flash word" },
    { STK1_PROG_DATA, BARE, DOC_WRITE, "Program EEPROM byte" },
    { STK1_PROG_FUSE, BARE, DOC_WRITE, "Program fuses" },
    { STK1_PROG_LOCK, BARE, DOC_WRITE, "Program lock bits" },
    { STK1_PROG_PAGE, BLOCK, DOC_WRITE, "Program page" },
    { STK1_PROG_FUSE_EXT, BARE, DOC_WRITE, "Program fuses, extended" },
    { STK1_READ_FLASH, BARE, DOC_READ, "Read flash word" },
    { STK1_READ_DATA, BARE, DOC_READ, "Read EEPROM byte" },
    { STK1_READ_FUSE, BARE, DOC_READ, "Read fuses" },
    { STK1_READ_LOCK, BARE, DOC_READ, "Read lock bits" },
    { STK1_READ_PAGE, BLOCK, DOC_READ, "Read page" },
    { STK1_READ_SIGN, BARE, DOC_READ, "Read signature" },
    { STK1_READ_OSCCAL, BARE, DOC_READ, "Read calibration" },
};

static const struct {
    uint8_t code;
    enum doc_tone tone;
    const char *name;
} v2_names[] = {
    { STK_SIGN_ON, DOC_CONTROL, "Sign on" },
    { STK_SET_PARAMETER, DOC_CONTROL, "Set parameter" },
    { STK_GET_PARAMETER, DOC_READ, "Get parameter" },
    { STK_LOAD_ADDRESS, DOC_CONTROL, "Load address" },
    { STK_ENTER_PROGMODE_ISP, DOC_CONTROL, "Enter programming mode" },
    { STK_LEAVE_PROGMODE_ISP, DOC_CONTROL, "Leave programming mode" },
    { STK_CHIP_ERASE_ISP, DOC_WRITE, "Chip erase" },
    { STK_PROGRAM_FLASH_ISP, DOC_WRITE, "Program flash" },
    { STK_READ_FLASH_ISP, DOC_READ, "Read flash" },
    { STK_PROGRAM_EEPROM_ISP, DOC_WRITE, "Program EEPROM" },
    { STK_READ_EEPROM_ISP, DOC_READ, "Read EEPROM" },
    { STK_PROGRAM_FUSE_ISP, DOC_WRITE, "Program fuse" },
    { STK_READ_FUSE_ISP, DOC_READ, "Read fuse" },
    { STK_PROGRAM_LOCK_ISP, DOC_WRITE, "Program lock bits" },
    { STK_READ_LOCK_ISP, DOC_READ, "Read lock bits" },
    { STK_READ_SIGNATURE_ISP, DOC_READ, "Read signature" },
    { STK_READ_OSCCAL_ISP, DOC_READ, "Read calibration" },
    { STK_SPI_MULTI, DOC_PLAIN, "SPI multi" },
};

/* ---- a conversation ---- */

struct talk {
    struct wave_doc *d;
    const char *name;
    int track; /* -1: not made yet */
    const struct stk_byte *bytes;
    size_t n;
    unsigned answered;
    bool dry; /* only counts answers */
};

struct message {
    uint8_t bytes[300]; /* as much of it as names and values need */
    size_t n;           /* of all that came */
    uint8_t last;
    sim_time begin_ps, end_ps;
};

static void take(struct message *m, const struct stk_byte *b)
{
    if (m->n < sizeof m->bytes) {
        m->bytes[m->n] = b->value;
    }
    m->begin_ps = m->n ? m->begin_ps : b->begin_ps;
    m->end_ps = b->end_ps;
    m->last = b->value;
    m->n++;
}

static void hex_text(const struct message *m, char *to, size_t size)
{
    size_t at = 0, n = m->n < sizeof m->bytes ? m->n : sizeof m->bytes;
    to[0] = 0;
    for (size_t i = 0; i < n && i < 24; i++) {
        at = text_put(to, size, at, "%s%02X", i ? " " : "", m->bytes[i]);
    }
    if (m->n > 24) {
        text_put(to, size, at, " ... (%zu bytes)", m->n);
    }
}

static void add_span(struct talk *t, const struct message *ask, const struct message *answer, const char *text,
                     enum doc_tone tone)
{
    char more[400], asked[100], answered[100];
    if (t->dry) {
        return;
    }
    t->track = t->track < 0 ? doc_add_track(t->d, t->name, DOC_TRACK_STK) : t->track;
    hex_text(ask, asked, sizeof asked);
    hex_text(answer, answered, sizeof answered);
    snprintf(more, sizeof more, "Host: %s. Answer: %s.", asked, answer->n ? answered : "none");
    struct doc_span *s = t->track < 0 ? NULL
                                      : doc_add_span(t->d, (unsigned)t->track, ask->begin_ps,
                                                     answer->n ? answer->end_ps : ask->end_ps, text, more);
    if (s) {
        s->tone = tone;
        s->value = ask->bytes[0];
    }
}

/* ---- version 1 ---- */

static size_t v1_operands(const struct message *m, enum shape shape, char *to, size_t size, size_t at)
{
    const uint8_t *b = m->bytes;
    switch (shape) {
    case PARAMETER: return text_put(to, size, at, ", 0x%02X", b[1]);
    case SET: return text_put(to, size, at, ", 0x%02X, %u", b[1], b[2]);
    case ADDRESS: return text_put(to, size, at, ", 0x%04X", b[1] | b[2] << 8);
    case FOUR: return text_put(to, size, at, ", %02X %02X %02X %02X", b[1], b[2], b[3], b[4]);
    case BLOCK: return text_put(to, size, at, ", %s, %u bytes", b[3] == 'E' ? "EEPROM" : "flash", b[1] << 8 | b[2]);
    case BARE: break;
    }
    return at;
}

/* What was answered between INSYNC and OK, when it is short. */
static size_t v1_answer(const struct message *ask, const struct message *a, bool whole, char *to, size_t size,
                        size_t at, bool *bad)
{
    *bad = !whole || a->bytes[0] != STK1_INSYNC;
    if (!a->n) {
        return text_put(to, size, at, ": no answer");
    }
    if (*bad) {
        return text_put(to, size, at, ": %s", a->bytes[0] == STK1_NOSYNC ? "out of step" : "cut short");
    }
    if (a->n > sizeof a->bytes || ask->bytes[0] == STK1_READ_PAGE || ask->bytes[0] == STK1_GET_SIGN_ON) {
        return text_put(to, size, at, ": OK");
    }
    uint8_t last = a->bytes[a->n - 1];
    *bad = last == STK1_FAILED || last == STK1_NODEVICE || last == STK1_UNKNOWN;
    if (a->n == 2) {
        return text_put(to, size, at, ": %s", *bad ? "failed" : "OK");
    }
    at = text_put(to, size, at, ":");
    for (size_t i = 1; i + 1 < a->n; i++) {
        at = text_put(to, size, at, " %02X", a->bytes[i]);
    }
    return at;
}

static void v1_end(struct talk *t, struct message *ask, struct message *answer)
{
    char text[160];
    size_t at = 0, want = ask->n ? stk500v1_command_length(ask->bytes, ask->n) : 0;
    enum doc_tone tone = DOC_BAD;
    if (!ask->n) {
        return;
    }
    bool known = want && ask->n == want && (want > sizeof ask->bytes || ask->bytes[want - 1] == STK1_CRC_EOP);
    size_t owed = known ? stk500v1_answer_length(ask->bytes, ask->n) : 0;
    at = text_put(text, sizeof text, at, "Out of step");
    for (unsigned i = 0; known && i < sizeof v1_names / sizeof v1_names[0]; i++) {
        if (v1_names[i].code == ask->bytes[0]) {
            at = text_put(text, sizeof text, 0, "%s", v1_names[i].name);
            at = v1_operands(ask, v1_names[i].shape, text, sizeof text, at);
            tone = v1_names[i].tone;
        }
    }
    bool bad;
    v1_answer(ask, answer, owed && answer->n == owed, text, sizeof text, at, &bad);
    t->answered += known && !bad;
    add_span(t, ask, answer, text, bad ? DOC_BAD : tone);
    ask->n = answer->n = 0;
}

static void v1_read(struct talk *t)
{
    struct message ask = { .n = 0 }, answer = { .n = 0 };
    for (size_t i = 0; i < t->n; i++) {
        const struct stk_byte *b = &t->bytes[i];
        size_t want = ask.n ? stk500v1_command_length(ask.bytes, ask.n < sizeof ask.bytes ? ask.n : sizeof ask.bytes)
                            : 0;
        if (b->from_host) {
            if (ask.n && (answer.n || (want ? ask.n >= want : ask.last == STK1_CRC_EOP))) {
                v1_end(t, &ask, &answer); /* the answer did not come, or not all of it */
            }
            take(&ask, b);
        } else if (ask.n) {
            take(&answer, b);
            size_t owed = ask.n == want ? stk500v1_answer_length(ask.bytes, ask.n) : 0;
            if (answer.bytes[0] == STK1_NOSYNC || (owed && answer.n >= owed)) {
                v1_end(t, &ask, &answer);
            }
        }
    }
    v1_end(t, &ask, &answer);
}

/* ---- version 2 ---- */

struct v2_side { /* one direction */
    struct message m;
    size_t size; /* of the body */
    uint8_t sum;
};

/* True: with this byte a message has come whole. */
static bool v2_take(struct v2_side *s, const struct stk_byte *b)
{
    if (s->m.n == 0 && b->value != STK_MESSAGE_START) {
        return false;
    }
    take(&s->m, b);
    s->sum = s->m.n == 1 ? b->value : (uint8_t)(s->sum ^ b->value);
    if (s->m.n == 4) {
        s->size = (size_t)(s->m.bytes[2] << 8 | s->m.bytes[3]);
    }
    if ((s->m.n == 5 && b->value != STK_TOKEN) || (s->m.n >= 6 && s->size > STK_MAX_BODY)) {
        s->m.n = 0; /* no message after all */
        return false;
    }
    return s->m.n > 5 && s->m.n == s->size + 6;
}

static void v2_end(struct talk *t, struct v2_side *ask, struct v2_side *answer, bool whole)
{
    char text[160];
    const uint8_t *b = ask->m.bytes + 5, *a = answer->m.bytes + 5;
    const char *name = "Unknown command";
    enum doc_tone tone = DOC_BAD;
    for (unsigned i = 0; i < sizeof v2_names / sizeof v2_names[0]; i++) {
        if (v2_names[i].code == b[0]) {
            name = v2_names[i].name;
            tone = v2_names[i].tone;
        }
    }
    size_t at = text_put(text, sizeof text, 0, "%s", name);
    if (b[0] == STK_LOAD_ADDRESS && ask->size >= 5) {
        at = text_put(text, sizeof text, at, ", 0x%02X%02X%02X%02X", b[1], b[2], b[3], b[4]);
    } else if ((b[0] == STK_PROGRAM_FLASH_ISP || b[0] == STK_READ_FLASH_ISP || b[0] == STK_PROGRAM_EEPROM_ISP ||
                b[0] == STK_READ_EEPROM_ISP) &&
               ask->size >= 3) {
        at = text_put(text, sizeof text, at, ", %u bytes", b[1] << 8 | b[2]);
    } else if ((b[0] == STK_GET_PARAMETER || b[0] == STK_SET_PARAMETER) && ask->size >= 2) {
        at = text_put(text, sizeof text, at, ", 0x%02X", b[1]);
    }
    bool good = whole && !ask->sum && !answer->sum && a[0] == b[0] && a[1] == STK_CMD_OK;
    text_put(text, sizeof text, at, good ? ": OK" : !whole ? ": no answer" : ": failed");
    if (whole && !good) {
        text_put(text, sizeof text, strlen(text), ", status 0x%02X", a[1]);
    }
    t->answered += good;
    add_span(t, &ask->m, &answer->m, text, good ? tone : DOC_BAD);
    ask->m.n = answer->m.n = 0;
}

static void v2_read(struct talk *t)
{
    struct v2_side ask = { .size = 0 }, answer = { .size = 0 };
    bool asked = false; /* a whole command waits for its answer */
    for (size_t i = 0; i < t->n; i++) {
        const struct stk_byte *b = &t->bytes[i];
        if (b->from_host) {
            if (asked) {
                v2_end(t, &ask, &answer, false);
                asked = false;
            }
            asked = v2_take(&ask, b);
        } else if (asked && v2_take(&answer, b)) {
            v2_end(t, &ask, &answer, true);
            asked = false;
        }
    }
    if (asked) {
        v2_end(t, &ask, &answer, false);
    }
}

/* ---- which it is ---- */

bool stk_track_add(struct wave_doc *d, const char *name, const struct stk_byte *bytes, size_t n, bool *added)
{
    static void (*const versions[])(struct talk *) = { v1_read, v2_read };
    unsigned answered[2];
    for (unsigned i = 0; i < 2; i++) {
        struct talk t = { .d = d, .name = name, .track = -1, .bytes = bytes, .n = n, .dry = true };
        versions[i](&t);
        answered[i] = t.answered;
    }
    unsigned best = answered[1] > answered[0];
    *added = answered[best] >= 2;
    if (*added) {
        struct talk t = { .d = d, .name = name, .track = -1, .bytes = bytes, .n = n };
        versions[best](&t);
    }
    return !d->failed;
}
