/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "harness/base/printable.h"

#include "sim/memory.h"

#include <stdio.h>
#include <string.h>

unsigned utf8_sequence(const char *text)
{
    static const struct {
        unsigned char first, last, second_from, second_to;
        unsigned n;
    } forms[] = {
        { 0x01, 0x7F, 0, 0, 1 },       { 0xC2, 0xDF, 0x80, 0xBF, 2 }, { 0xE0, 0xE0, 0xA0, 0xBF, 3 },
        { 0xE1, 0xEC, 0x80, 0xBF, 3 }, { 0xED, 0xED, 0x80, 0x9F, 3 }, { 0xEE, 0xEF, 0x80, 0xBF, 3 },
        { 0xF0, 0xF0, 0x90, 0xBF, 4 }, { 0xF1, 0xF3, 0x80, 0xBF, 4 }, { 0xF4, 0xF4, 0x80, 0x8F, 4 },
    };
    const unsigned char *p = (const unsigned char *)text;

    for (unsigned i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        if (p[0] < forms[i].first || p[0] > forms[i].last) {
            continue;
        }
        if (forms[i].n > 1 && (p[1] < forms[i].second_from || p[1] > forms[i].second_to)) {
            return 0;
        }
        for (unsigned k = 2; k < forms[i].n; k++) {
            if (p[k] < 0x80 || p[k] > 0xBF) {
                return 0;
            }
        }
        return forms[i].n;
    }
    return 0;
}

/* U+0000..1F, U+7F..9F, the line and paragraph separators, and what turns the direction of writing around */
static bool is_control(const unsigned char *p, unsigned n)
{
    if (n == 1) {
        return p[0] < 0x20 || p[0] == 0x7F;
    }
    if (n == 2) {
        return p[0] == 0xC2 && p[1] < 0xA0;
    }
    if (n == 3 && p[0] == 0xEF) {
        return p[1] == 0xBF && p[2] >= 0xBE; /* U+FFFE and U+FFFF, which XML can't hold */
    }
    return n == 3 && p[0] == 0xE2 &&
           ((p[1] == 0x80 && p[2] >= 0xA8 && p[2] <= 0xAE) || (p[1] == 0x81 && p[2] >= 0xA6 && p[2] <= 0xA9));
}

/* The escape of one byte into piece (5 bytes): its length. */
static size_t escape(char *piece, unsigned char c)
{
    if (c == '\n' || c == '\t' || c == '\r') {
        return (size_t)snprintf(piece, 5, "\\%c", c == '\n' ? 'n' : c == '\t' ? 't' : 'r');
    }
    return (size_t)snprintf(piece, 5, "\\x%02X", c);
}

char *printable(char *buf, size_t size, const char *text, bool lines)
{
    size_t n = 0;

    for (const char *p = text; *p;) {
        unsigned bytes = utf8_sequence(p);
        char piece[5];
        size_t len = bytes;
        bool kept = bytes && (!is_control((const unsigned char *)p, bytes) || (lines && (*p == '\n' || *p == '\t')));

        if (!kept) {
            bytes = 1;
            len = escape(piece, (unsigned char)*p);
        }
        if (n + len >= size) {
            break;
        }
        memcpy(buf + n, kept ? p : piece, len);
        n += len;
        p += bytes;
    }
    buf[n] = '\0';
    return buf;
}

char *printable_text(const char *text, bool lines)
{
    size_t size = 4 * strlen(text) + 1;

    return printable(memory_zeroed(size, 1), size, text, lines);
}
