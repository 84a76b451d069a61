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

struct number { /* digits / scale */
    __int128 digits, scale;
    bool negative, hexadecimal;
};

#define TOO_MUCH ((__int128)1 << 90)

/* Digits behind the point; *text is put behind them. Are there too many? */
static bool read_fraction(const char **text, struct number *n, bool *any)
{
    const char *p = *text;

    for (; digit(*p) < 10; p++) {
        *any = true;
        if (n->scale > TOO_MUCH / 10 || n->digits > TOO_MUCH / 10) {
            return false;
        }
        n->digits = n->digits * 10 + digit(*p);
        n->scale *= 10;
    }
    *text = p;
    return true;
}

/* Digits and letters up to F; "1e3" may mean something else. */
static bool is_hexadecimal(const char *text)
{
    const char *behind = text + strspn(text, "0123456789");

    if (behind > text && (*behind == 'e' || *behind == 'E') && isdigit((unsigned char)behind[1])) {
        return false;
    }
    return *text && text[strspn(text, "0123456789abcdefABCDEF")] == '\0';
}

/* *text is put behind the number. NULL, or why it is none. */
static const char *read_number(enum quantity_kind kind, const char **text, struct number *n, char why[60])
{
    const char *p = *text;
    bool any = false;

    *n = (struct number){ .scale = 1 };
    if (*p == '-' || *p == '+') {
        if (!kinds[kind].may_be_negative) {
            return "it can't have a sign";
        }
        n->negative = *p++ == '-';
    }
    if (p[0] == '0' && (p[1] == 'x' || p[1] == 'X')) {
        if (kind != QUANTITY_COUNT && kind != QUANTITY_BYTES) {
            return "write it in decimal";
        }
        n->hexadecimal = true;
        p += 2;
    }
    for (; digit(*p) < (n->hexadecimal ? 16 : 10); p++) {
        n->digits = n->digits * (n->hexadecimal ? 16 : 10) + digit(*p);
        any = true;
        if (n->digits > TOO_MUCH) {
            return "the number is too large";
        }
    }
    if (*p == '.' && !n->hexadecimal) {
        p++;
        if (!read_fraction(&p, n, &any)) {
            return "it has too many digits";
        }
    }
    if (n->hexadecimal && *p && *p != ' ' && !find_unit(&kinds[kind], p)) {
        snprintf(why, 60, "'%c' is no hexadecimal digit", *p);
        return why;
    }
    if (!n->hexadecimal && *p && kind == QUANTITY_COUNT && is_hexadecimal(*text)) {
        snprintf(why, 60, "hexadecimal begins with 0x: 0x%.20s", *text);
        return why;
    }
    *text = p;
    return any ? NULL : "there is no number";
}

/* The unit that is meant by "sec", "msec", "ohms" (it begins with one) or by "k" (one begins with it); NULL: none, several. */
static const char *unit_meant(const struct kind *k, const char *unit)
{
    const char *longest = NULL, *begun = NULL;
    size_t n = strspn(unit, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ");
    unsigned n_begun = 0;

    for (unsigned i = 0; n && !unit[n] && i < MAX_UNITS && k->units[i].name; i++) {
        const char *name = k->units[i].name;
        size_t len = strlen(name);

        if (len && !strncasecmp(name, unit, len) && (!longest || len > strlen(longest))) {
            longest = name;
        } else if (len && !strncasecmp(name, unit, n)) {
            begun = name;
            n_begun++;
        }
    }
    return longest ? longest : n_begun == 1 ? begun : NULL;
}

/* Why this is no unit of the kind. */
static const char *no_such_unit(const struct kind *k, const char *unit, char why[60])
{
    const char *meant = unit_meant(k, unit);

    if (meant) {
        snprintf(why, 60, "the unit is written %s", meant);
        return why;
    }
    return !*unit ? "the unit is missing" : *unit == ',' ? "decimals follow a point" : "the unit is unknown";
}

/* Exact. NULL, or why it can't be kept. */
static const char *multiply(struct number n, const struct unit *u, __int128 *result)
{
    /* digits < 2^94 and worth < 2^50 would overflow; 2^90 digits of the largest unit are refused anyway */
    if (n.digits / n.scale > (__int128)INT64_MAX / u->worth) {
        return "it is too large";
    }
    *result = n.digits / n.scale * u->worth; /* whole part, then the rest, so that nothing overflows */
    n.digits = n.digits % n.scale;
    for (; n.scale > 1 && n.digits % 10 == 0; n.scale /= 10) {
        n.digits /= 10;
    }
    if (n.digits > (((__int128)1 << 126) / u->worth) || n.digits * u->worth % n.scale) {
        return "it is finer than can be kept";
    }
    *result += n.digits * u->worth / n.scale;
    *result = n.negative ? -*result : *result;
    return NULL;
}

bool quantity_parse(enum quantity_kind kind, const char *text, int64_t min, int64_t max, int64_t *value,
                    struct problem *err)
{
    const struct kind *k = &kinds[kind];
    const char *p = text + strspn(text, " "), *why;
    const struct unit *u;
    struct number n;
    __int128 result = 0;
    char room[60], lo[40], hi[40];

    why = read_number(kind, &p, &n, room);
    if (why) {
        return wrong(err, k, text, why);
    }
    p += strspn(p, " ");
    u = find_unit(k, p);
    why = u ? multiply(n, u, &result) : no_such_unit(k, p, room);
    if (why) {
        return wrong(err, k, text, why);
    }
    if (result < min || result > max) {
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
