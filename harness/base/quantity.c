/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "harness/base/quantity.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

struct unit {
    const char *name;
    int64_t worth; /* of the kind's own unit */
};

#define MAX_UNITS 7

static const struct kind {
    const char *what, *example;
    bool may_be_negative;
    struct unit units[MAX_UNITS]; /* largest first: quantity_text() takes the first that fits */
} kinds[] = {
    [QUANTITY_TIME_PS] = { "a time",
                           "20 ms",
                           false,
                           { { "min", 60000000000000 },
                             { "s", 1000000000000 },
                             { "ms", 1000000000 },
                             { "us", 1000000 },
                             { "ns", 1000 },
                             { "ps", 1 },
                             { "\u00b5s", 1000000 } } },
    [QUANTITY_FREQ_MILLIHZ] = { "a frequency",
                                "16 MHz",
                                false,
                                { { "MHz", 1000000000 }, { "kHz", 1000000 }, { "Hz", 1000 } } },
    [QUANTITY_MV] = { "a voltage", "5.0 V", true, { { "V", 1000 }, { "mV", 1 } } },
    [QUANTITY_MOHM] = { "a resistance",
                        "15 kOhm",
                        false,
                        { { "MOhm", 1000000000 }, { "kOhm", 1000000 }, { "Ohm", 1000 } } },
    [QUANTITY_FF] = { "a capacitance",
                      "2.2 nF",
                      false,
                      { { "F", 1000000000000000 },
                        { "uF", 1000000000 },
                        { "nF", 1000000 },
                        { "pF", 1000 },
                        { "\u00b5F", 1000000000 } } },
    [QUANTITY_V_PER_S] = { "a slope", "20 V/us", false, { { "V/us", 1000000 }, { "V/ms", 1000 }, { "V/s", 1 } } },
    [QUANTITY_PPM] = { "a deviation", "2.5 %", true, { { "%", 10000 }, { "ppm", 1 } } },
    [QUANTITY_BYTES] = { "a number of bytes",
                         "32 KiB",
                         false,
                         { { "MiB", 1048576 }, { "KiB", 1024 }, { "", 1 }, { "B", 1 } } },
    [QUANTITY_COUNT] = { "a number", "3", false, { { "", 1 } } },
};

static bool wrong(struct problem *err, const struct kind *k, const char *text, const char *why)
{
    char names[80] = "";
    bool plain = false;

    for (unsigned i = 0; i < MAX_UNITS && k->units[i].name; i++) {
        if (!k->units[i].name[0]) {
            plain = true;
            continue;
        }
        if (names[0]) {
            strcat(names, ", ");
        }
        strcat(names, k->units[i].name);
    }
    if (!names[0]) {
        return problem_set(err, "'%.60s' is not %s (such as \"%s\"): %s", text, k->what, k->example, why);
    }
    return problem_set(err, "'%.60s' is not %s (such as \"%s\"; units %s%s): %s", text, k->what, k->example,
                       plain ? "none, " : "", names, why);
}

static const struct unit *find_unit(const struct kind *k, const char *name)
{
    for (unsigned i = 0; i < MAX_UNITS && k->units[i].name; i++) {
        if (!strcmp(k->units[i].name, name)) {
            return &k->units[i];
        }
    }
    return NULL;
}

static int digit(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    if (c >= 'a' && c <= 'f') {
        return c - 'a' + 10;
    }
    if (c >= 'A' && c <= 'F') {
        return c - 'A' + 10;
    }
    return 99;
}

bool quantity_parse(enum quantity_kind kind, const char *text, int64_t min, int64_t max, int64_t *value,
                    struct problem *err)
{
    const struct kind *k = &kinds[kind];
    const char *p = text;
    const struct unit *u;
    __int128 digits = 0, scale = 1, result;
    const __int128 too_much = (__int128)1 << 90;
    bool negative = false, any = false;
    char why[60];
    int base = 10;

    while (*p == ' ') {
        p++;
    }
    if (*p == '-' || *p == '+') {
        if (!k->may_be_negative) {
            return wrong(err, k, text, "it can't have a sign");
        }
        negative = *p++ == '-';
    }
    if (p[0] == '0' && (p[1] == 'x' || p[1] == 'X')) {
        if (kind != QUANTITY_COUNT && kind != QUANTITY_BYTES) {
            return wrong(err, k, text, "write it in decimal");
        }
        base = 16;
        p += 2;
    }
    for (; digit(*p) < base; p++) {
        digits = digits * base + digit(*p);
        any = true;
        if (digits > too_much) {
            return wrong(err, k, text, "the number is too large");
        }
    }
    if (*p == '.' && base == 10) {
        for (p++; digit(*p) < 10; p++) {
            any = true;
            if (scale > too_much / 10 || digits > too_much / 10) {
                return wrong(err, k, text, "it has too many digits");
            }
            digits = digits * 10 + digit(*p);
            scale *= 10;
        }
    }
    if (base == 16 && *p && *p != ' ' && !find_unit(k, p)) {
        snprintf(why, sizeof why, "'%c' is no hexadecimal digit", *p);
        return wrong(err, k, text, why);
    }
    if (!any) {
        return wrong(err, k, text, "there is no number");
    }
    while (*p == ' ') {
        p++;
    }
    u = find_unit(k, p);
    if (!u) {
        for (unsigned i = 0; *p && i < MAX_UNITS && k->units[i].name; i++) {
            if (strcasecmp(k->units[i].name, p) == 0) {
                snprintf(why, sizeof why, "the unit is written %s", k->units[i].name);
                return wrong(err, k, text, why);
            }
        }
        return wrong(err, k, text, *p ? "the unit is unknown" : "the unit is missing");
    }
    /* digits < 2^94 and worth < 2^50 would overflow; 2^90 digits of the largest unit are refused anyway */
    if (digits / scale > (__int128)INT64_MAX / u->worth) {
        return wrong(err, k, text, "it is too large");
    }
    result = digits / scale * u->worth; /* whole part, then the rest, so that nothing overflows */
    digits = digits % scale;
    for (; scale > 1 && digits % 10 == 0; scale /= 10) {
        digits /= 10;
    }
    if (digits > (((__int128)1 << 126) / u->worth) || digits * u->worth % scale) {
        return wrong(err, k, text, "it is finer than can be kept");
    }
    result += digits * u->worth / scale;
    if (negative) {
        result = -result;
    }
    if (result < min || result > max) {
        char lo[40], hi[40];

        return problem_set(err, "'%.60s' is out of range: %s .. %s", text, quantity_text(kind, min, lo, sizeof lo),
                           quantity_text(kind, max, hi, sizeof hi));
    }
    *value = (int64_t)result;
    return true;
}

const char *quantity_text(enum quantity_kind kind, int64_t value, char *buf, unsigned n)
{
    const struct kind *k = &kinds[kind];
    const struct unit *u = NULL;
    uint64_t v = value < 0 ? -(uint64_t)value : (uint64_t)value;
    uint64_t whole, rest;
    char fraction[24] = "";
    bool decimal = kind != QUANTITY_BYTES && kind != QUANTITY_COUNT;
    int len = 0;

    for (unsigned i = 0; i < MAX_UNITS && k->units[i].name; i++) {
        const struct unit *c = &k->units[i];

        if (!strcmp(c->name, "min")) {
            continue; /* read, not written */
        }
        u = c;
        if (v >= (uint64_t)c->worth && (decimal || v % (uint64_t)c->worth == 0)) {
            break;
        }
        if (c->worth == 1) {
            break;
        }
    }
    if (v == 0 && kind == QUANTITY_TIME_PS) {
        u = &k->units[1]; /* "0 s" */
    }
    whole = v / (uint64_t)u->worth;
    rest = v % (uint64_t)u->worth;
    if (rest) { /* all units with a rest are powers of ten */
        uint64_t place = (uint64_t)u->worth / 10;

        fraction[len++] = '.';
        for (; rest; place /= 10) {
            fraction[len++] = (char)('0' + rest / place);
            rest %= place;
        }
        fraction[len] = '\0';
    }
    snprintf(buf, n, "%s%" PRIu64 "%s%s%s", value < 0 ? "-" : "", whole, fraction, u->name[0] ? " " : "", u->name);
    return buf;
}

bool quantity_bool(const char *text, bool *value, struct problem *err)
{
    static const char *const yes[] = { "yes", "true", "on" }, *const no[] = { "no", "false", "off" };

    for (unsigned i = 0; i < 3; i++) {
        if (!strcmp(text, yes[i])) {
            *value = true;
            return true;
        }
        if (!strcmp(text, no[i])) {
            *value = false;
            return true;
        }
    }
    return problem_set(err, "'%.60s' is neither yes nor no", text);
}

bool quantity_hex_bytes(const char *text, int *bytes, unsigned n, bool wild, struct problem *err)
{
    unsigned got = 0;
    const char *p = text;

    for (;;) {
        while (*p == ' ' || *p == ',' || *p == '\n') {
            p++;
        }
        if (!*p) {
            break;
        }
        if (p[0] == '0' && p[1] == 'x' && isxdigit((unsigned char)p[2])) {
            p += 2;
        }
        if (got == n) {
            return problem_set(err, "'%.60s' holds more than %u byte%s", text, n, n == 1 ? "" : "s");
        }
        if (wild && (p[0] == 'x' || p[0] == 'X') && (p[1] == 'x' || p[1] == 'X')) {
            bytes[got++] = -1;
        } else if (digit(p[0]) < 16 && digit(p[1]) < 16) {
            bytes[got++] = digit(p[0]) * 16 + digit(p[1]);
        } else {
            return problem_set(err, "'%.60s' is not bytes of two hex digits%s, such as \"1E 95 0F\"", text,
                               wild ? " (or xx)" : "");
        }
        p += 2;
    }
    if (got != n) {
        return problem_set(err, "'%.60s' holds %u byte%s, not %u", text, got, got == 1 ? "" : "s", n);
    }
    return true;
}
