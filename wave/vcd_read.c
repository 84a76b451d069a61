/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "wave/vcd_read.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "sim/memory.h"
#include "sim/net.h"

enum { TOKEN_MAX_BYTES = 1024, NAME_MAX_BYTES = 1024, ID_BUCKETS = 256, BUS_MAX_BITS = 64, ONE_ID_MAX_SIGNALS = 256 };

struct vcd_id { /* identifier code -> signals; several when a variable has several names */
    struct vcd_id *next;
    uint16_t signal;
    uint16_t first_bit;        /* of a bus: signal of its highest bit, the others follow */
    uint8_t n_bits;            /* 0: no bus, or its bits are not kept */
    uint8_t bit[BUS_MAX_BITS]; /* enum net_level as last seen, highest first; 0xFF: not yet */
    char code[];
};

struct vcd {
    struct wave_list *list;
    FILE *f;
    const char *at, *end; /* of buf: what has been read and not yet used */
    const char *path;
    struct problem *err;
    unsigned long line;
    char token[TOKEN_MAX_BYTES];
    char scope[NAME_MAX_BYTES];  /* "top.cpu." */
    uint64_t unit_num, unit_den; /* tick = num / den ps */
    uint64_t tick;
    sim_time now_ps;
    bool in_dump, was_cut; /* the token is longer than its buffer */
    struct vcd_id *ids[ID_BUCKETS];
    const struct vcd_id
        *plain[128]; /* by a code of one letter: those of one wire that is one bit; found as they come */
    char buf[1 << 16];
};

static bool fail(struct vcd *v, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static bool fail(struct vcd *v, const char *fmt, ...)
{
    va_list ap;
    problem_set(v->err, "%s:%lu: ", v->path, v->line);
    size_t place = strlen(v->err->text);
    va_start(ap, fmt);
    problem_append_v(v->err, fmt, ap);
    va_end(ap);
    wave_printable(v->err->text + place);
    return false;
}

enum got { GOT_END, GOT_TOKEN, GOT_PROBLEM };

/* The next letter, or EOF. It is used up. */
static int next_letter(struct vcd *v)
{
    if (v->at == v->end) {
        size_t n = fread(v->buf, 1, sizeof v->buf, v->f);
        v->at = v->buf;
        v->end = v->buf + n;
        if (!n) {
            return EOF;
        }
    }
    return (unsigned char)*v->at++;
}

static bool is_space(int ch)
{
    return ch == ' ' || (ch >= '\t' && ch <= '\r');
}

/*
 * The next run of letters without white space. Too long for the buffer: an error, or cut: text that is skipped, and of
 * long_values values of strings and vectors.
 */
static enum got next_token(struct vcd *v, bool cut, bool long_values)
{
    int ch;
    size_t n = 0;
    v->was_cut = false;
    do {
        ch = next_letter(v);
        v->line += ch == '\n';
    } while (is_space(ch));
    if (ch != EOF) {
        v->at--;
    }
    while (ch != EOF && !is_space(ch)) { /* a run at a time, or ten million changes take too long */
        const char *p = v->at;
        while (p < v->end && !is_space((unsigned char)*p)) {
            p++;
        }
        if (memchr(v->at, 0, (size_t)(p - v->at))) {
            fail(v, "a NUL byte: this is binary data");
            return GOT_PROBLEM;
        }
        size_t len = (size_t)(p - v->at), room = sizeof v->token - 1 - n;
        cut = cut || (long_values && strchr("bBsS", n ? v->token[0] : *v->at));
        v->was_cut = v->was_cut || len > room;
        if (v->was_cut && !cut) {
            fail(v, "a word of more than %d letters: not a VCD, or damaged", TOKEN_MAX_BYTES - 1);
            return GOT_PROBLEM;
        }
        memcpy(v->token + n, v->at, len < room ? len : room);
        n += len < room ? len : room;
        v->at = p;
        if (p < v->end) {
            break; /* the space stays: a newline is counted when the next token is asked for */
        }
        ch = next_letter(v);
        if (ch != EOF) {
            v->at--;
        }
    }
    v->token[n] = 0;
    return n ? GOT_TOKEN : GOT_END;
}

static bool want_token(struct vcd *v, const char *where)
{
    enum got g = next_token(v, false, false);
    if (g == GOT_END) {
        return fail(v, "the file ends within %s", where);
    }
    return g == GOT_TOKEN;
}

static bool skip_to_end(struct vcd *v, const char *where)
{
    enum got g;
    while ((g = next_token(v, true, false)) == GOT_TOKEN) {
        if (strcmp(v->token, "$end") == 0) {
            return true;
        }
    }
    return g == GOT_END && fail(v, "the file ends within %s", where);
}

static bool want_end(struct vcd *v, const char *where)
{
    return want_token(v, where) && (strcmp(v->token, "$end") == 0 || fail(v, "%s lacks its $end", where));
}

/* ---- declarations ---- */

static bool read_timescale(struct vcd *v)
{
    static const struct {
        const char *name;
        uint64_t num, den;
    } units[] = { { "fs", 1, 1000 },   { "ps", 1, 1 },      { "ns", SIM_NS, 1 },
                  { "us", SIM_US, 1 }, { "ms", SIM_MS, 1 }, { "s", SIM_S, 1 } };
    char *unit;
    if (!want_token(v, "$timescale")) {
        return false;
    }
    unsigned long n = isdigit((unsigned char)v->token[0]) ? strtoul(v->token, &unit, 10) : 0;
    if (n != 1 && n != 10 && n != 100) {
        return fail(v, "timescale \"%.40s\" is not 1, 10 or 100 of a unit", v->token);
    }
    if (!*unit) {
        if (!want_token(v, "$timescale")) {
            return false;
        }
        unit = v->token;
    }
    for (unsigned i = 0; i < sizeof units / sizeof units[0]; i++) {
        if (strcmp(unit, units[i].name) == 0) {
            v->unit_num = units[i].num * n;
            v->unit_den = units[i].den;
            return want_end(v, "$timescale");
        }
    }
    return fail(v, "timescale unit \"%.40s\" is not s, ms, us, ns, ps or fs", unit);
}

static bool read_scope(struct vcd *v)
{
    if (!want_token(v, "$scope") || !want_token(v, "$scope")) { /* kind, name */
        return false;
    }
    size_t at = strlen(v->scope), n = strlen(v->token);
    if (at + n + 2 > sizeof v->scope) {
        return fail(v, "scopes are nested too deep");
    }
    memcpy(v->scope + at, v->token, n);
    memcpy(v->scope + at + n, ".", 2);
    return want_end(v, "$scope");
}

static bool read_upscope(struct vcd *v)
{
    size_t n = strlen(v->scope);
    if (!n) {
        return fail(v, "$upscope without a $scope");
    }
    do {
        v->scope[--n] = 0;
    } while (n && v->scope[n - 1] != '.');
    return want_end(v, "$upscope");
}

static unsigned bucket(const char *code)
{
    unsigned h = 5381;
    while (*code) {
        h = h * 33 + (unsigned char)*code++;
    }
    return h % ID_BUCKETS;
}

/* "data[7:0]" or "data" of 8 bits: signals data[7] to data[0], unless the list is full. */
static void add_bits(struct vcd *v, struct vcd_id *id, const char *name, unsigned bits)
{
    unsigned long msb = bits - 1, lsb = 0;
    char bit_name[NAME_MAX_BYTES + 16];
    size_t stem = strlen(name);
    const char *range = strrchr(name, '[');
    if (range && sscanf(range, "[%lu:%lu]", &msb, &lsb) == 2) {
        stem = (size_t)(range - name);
    }
    if ((msb > lsb ? msb - lsb : lsb - msb) + 1 != bits || v->list->n_signals + bits > WAVE_MAX_SIGNALS) {
        return;
    }
    for (unsigned i = 0; i < bits; i++) {
        snprintf(bit_name, sizeof bit_name, "%.*s[%lu]", (int)stem, name, msb > lsb ? msb - i : msb + i);
        int signal = wave_list_add_signal(v->list, bit_name, WAVE_LEVELS, 1);
        if (signal < 0) {
            return;
        }
        id->first_bit = i ? id->first_bit : (uint16_t)signal;
    }
    id->n_bits = (uint8_t)bits;
    memset(id->bit, 0xFF, sizeof id->bit);
}

static bool add_id(struct vcd *v, const char *code, int signal)
{
    size_t n = strlen(code) + 1;
    struct vcd_id *id = malloc(sizeof *id + n);
    if (!id) {
        return fail(v, "out of memory");
    }
    id->next = v->ids[bucket(code)];
    id->signal = (uint16_t)signal;
    id->n_bits = 0;
    const struct wave_signal *s = &v->list->signals[signal];
    if (s->kind == WAVE_OTHER && s->bits > 1 && s->bits <= BUS_MAX_BITS) {
        char name[NAME_MAX_BYTES];
        snprintf(name, sizeof name, "%s", s->name);
        add_bits(v, id, name, s->bits);
    }
    memcpy(id->code, code, n);
    v->ids[bucket(code)] = id;
    return true;
}

/* Signals of an identifier, under all its names: each of its changes is one of every signal. */
static unsigned signals_of(const struct vcd *v, const char *code)
{
    unsigned n = 0;
    for (const struct vcd_id *id = v->ids[bucket(code)]; id; id = id->next) {
        n += strcmp(id->code, code) == 0 ? 1u + id->n_bits : 0;
    }
    return n;
}

/* $var wire 1 ! SCK $end   $var reg 8 # data [7:0] $end */
static bool read_var(struct vcd *v)
{
    char code[64], name[NAME_MAX_BYTES];
    if (!want_token(v, "$var")) {
        return false;
    }
    bool is_real = strcmp(v->token, "real") == 0 || strcmp(v->token, "realtime") == 0;
    bool is_level = !is_real && strcmp(v->token, "event") != 0 && strcmp(v->token, "string") != 0;
    if (!want_token(v, "$var")) {
        return false;
    }
    char *end;
    unsigned long bits = isdigit((unsigned char)v->token[0]) ? strtoul(v->token, &end, 10) : 0;
    if (!bits || *end || bits > 1000000) {
        return fail(v, "size \"%.40s\" of a variable is no number of bits", v->token);
    }
    if (!want_token(v, "$var")) {
        return false;
    }
    if (strlen(v->token) >= sizeof code) {
        return fail(v, "identifier of a variable is longer than %zu letters", sizeof code - 1);
    }
    strcpy(code, v->token);
    if (!want_token(v, "$var")) {
        return false;
    }
    size_t at = strlen(v->scope), n = strlen(v->token);
    if (at + n >= sizeof name) {
        return fail(v, "name of a variable is too long");
    }
    memcpy(name, v->scope, at);
    memcpy(name + at, v->token, n + 1);
    for (at += n;;) { /* "[3]" may be a word of its own */
        if (!want_token(v, "$var")) {
            return false;
        }
        n = strlen(v->token);
        if (strcmp(v->token, "$end") == 0) {
            break;
        }
        if (v->token[0] == '$' || at + n >= sizeof name) {
            return fail(v, "$var lacks its $end");
        }
        memcpy(name + at, v->token, n + 1);
        at += n;
    }
    if (signals_of(v, code) + (bits > 1 && bits <= BUS_MAX_BITS ? bits + 1 : 1) > ONE_ID_MAX_SIGNALS) {
        return true; /* known by its names before */
    }
    enum wave_kind kind = is_real ? WAVE_MILLIVOLTS : is_level && bits == 1 ? WAVE_LEVELS : WAVE_OTHER;
    int signal = wave_list_add_signal(v->list, name, kind, is_real ? 1 : (unsigned)bits);
    if (signal < 0) {
        return fail(v, "more than %u variables", WAVE_MAX_SIGNALS);
    }
    return add_id(v, code, signal);
}

/* ---- value changes ---- */

/* WAVE_WEAK and all. */
static unsigned level_of(char c)
{
    switch (c) {
    case '0': return NET_0;
    case 'l':
    case 'L': return NET_0 | WAVE_WEAK;
    case '1': return NET_1;
    case 'h':
    case 'H': return NET_1 | WAVE_WEAK;
    case 'z':
    case 'Z': return NET_Z;
    default: return NET_X;
    }
}

/* A bus's new value: its bits that change. Digits that are left out are 0, or x or z as the first one. */
static bool add_bus_change(struct vcd *v, struct vcd_id *id, const char *digits)
{
    size_t n = strlen(digits);
    unsigned first = level_of(digits[0]), fill = (first & ~WAVE_WEAK) == NET_1 ? NET_0 : first;
    for (unsigned i = 0; i < id->n_bits; i++) {
        size_t left = id->n_bits - i; /* this digit and those behind it */
        uint8_t level = (uint8_t)(left > n ? fill : level_of(digits[n - left]));
        if (level == id->bit[i]) {
            continue;
        }
        id->bit[i] = level;
        if (!wave_list_add(v->list, v->now_ps, id->first_bit + i, false, level)) {
            return fail(v, WAVE_TOO_MANY, wave_list_max_changes(v->list));
        }
    }
    return true;
}

/*
 * bits: the digits of a vector's value, NULL: it was no vector's. text: what a sink is told of a variable that is more
 * than one bit.
 */
static bool add_change(struct vcd *v, const char *code, bool is_mv, int32_t value, const char *bits, const char *text)
{
    bool is_vector = bits && (!*bits || bits[1]);
    bool known = false;
    for (struct vcd_id *id = v->ids[bucket(code)]; id; id = id->next) {
        if (strcmp(id->code, code) != 0) {
            continue;
        }
        known = true;
        enum wave_kind kind = v->list->signals[id->signal].kind;
        if (kind == WAVE_OTHER) {
            if (bits && *bits && !add_bus_change(v, id, bits)) {
                return false;
            }
            if (text && !wave_list_add_text(v->list, v->now_ps, id->signal, text)) {
                return fail(v, WAVE_TOO_MANY, wave_list_max_changes(v->list));
            }
            continue;
        }
        if ((kind == WAVE_MILLIVOLTS) != is_mv || is_vector) {
            return fail(v, "value of %.80s does not fit its declaration", v->list->signals[id->signal].name);
        }
        if (!wave_list_add(v->list, v->now_ps, id->signal, is_mv, value)) {
            return fail(v, WAVE_TOO_MANY, wave_list_max_changes(v->list));
        }
    }
    return known || fail(v, "value of an undeclared variable \"%.40s\"", code);
}

static bool read_time(struct vcd *v)
{
    uint64_t tick = 0;
    const char *p = v->token + 1;
    bool ok = *p;
    for (; ok && *p; p++) {
        ok = isdigit((unsigned char)*p) && !__builtin_mul_overflow(tick, 10, &tick) &&
             !__builtin_add_overflow(tick, (uint64_t)(*p - '0'), &tick);
    }
    unsigned __int128 ps = (unsigned __int128)tick * v->unit_num;
    if (v->unit_den != 1) { /* a division of that width costs as much as all else about a change */
        ps /= v->unit_den;
    }
    if (!ok || ps > INT64_MAX) {
        return fail(v, "time \"%.40s\" is no number, or beyond 106 days", v->token);
    }
    if (tick < v->tick) {
        return fail(v, "time \"%.40s\" lies before the one above", v->token);
    }
    v->tick = tick;
    v->now_ps = (sim_time)ps;
    return true;
}

/* The variables that the token names have no bits that are kept. */
static bool is_wide(struct vcd *v)
{
    for (const struct vcd_id *id = v->ids[bucket(v->token)]; id; id = id->next) {
        const struct wave_signal *s = &v->list->signals[id->signal];
        if (strcmp(id->code, v->token) == 0 && s->bits <= BUS_MAX_BITS) {
            return fail(v, "a value of more than %d digits for %.80s, which has %u", TOKEN_MAX_BYTES - 2, s->name,
                        s->bits);
        }
    }
    return true;
}

/* The token for a sink, with a sign that there was more of it. */
static void take_text(const struct vcd *v, char text[TOKEN_MAX_BYTES])
{
    strcpy(text, v->token);
    if (v->was_cut) {
        strcpy(text + TOKEN_MAX_BYTES - 4, "...");
    }
}

/*
 * "b1 !", "bxz01 #": a vector's value, then the identifier. One-bit variables may be written so too. One that is too
 * long to be kept is for a sink only.
 */
static bool read_vector(struct vcd *v)
{
    char text[TOKEN_MAX_BYTES], *digits = text + 1; /* the sink's has the letter in front */
    strcpy(text, v->token);
    text[0] = 'b';
    size_t n = strlen(digits);
    if (!n || strspn(digits, "01xXzZhHlLuUwW-") != n) {
        return fail(v, "\"%.40s\" is no vector value", v->token);
    }
    if (v->was_cut) {
        take_text(v, text);
        text[0] = 'b';
        return want_token(v, "a vector value") && is_wide(v) && add_change(v, v->token, false, NET_X, "", text);
    }
    return want_token(v, "a vector value") &&
           add_change(v, v->token, false, (int32_t)level_of(digits[n - 1]), digits, text);
}

static bool read_real(struct vcd *v)
{
    char *end;
    double volts = strtod(v->token + 1, &end);
    if (!v->token[1] || *end || !isfinite(volts) || fabs(volts) > 1000.0) {
        return fail(v, "\"%.40s\" is no voltage within +-1000 V", v->token);
    }
    return want_token(v, "a real value") && add_change(v, v->token, true, (int32_t)lround(volts * 1000.0), NULL, NULL);
}

static unsigned octal_digits(const char *p)
{
    unsigned n = 0;
    while (n < 3 && p[n] >= '0' && p[n] <= '7') {
        n++;
    }
    return n;
}

/* "\\x20", "\\040", "\\n": a string variable has no white space of its own. In place. */
static void unescape(char *s)
{
    char *to = s;
    while (*s) {
        char hex[3] = "";
        unsigned n;
        if (s[0] != '\\' || !s[1]) {
            *to++ = *s++;
        } else if (s[1] == 'x' && isxdigit((unsigned char)s[2]) && isxdigit((unsigned char)s[3])) {
            memcpy(hex, s + 2, 2);
            *to++ = (char)strtoul(hex, NULL, 16);
            s += 4;
        } else if ((n = octal_digits(s + 1)) == 3) {
            *to++ = (char)((s[1] - '0') << 6 | (s[2] - '0') << 3 | (s[3] - '0'));
            s += 4;
        } else {
            *to++ = s[1] == 'n' ? '\n' : s[1] == 't' ? '\t' : s[1];
            s += 2;
        }
        if (!to[-1]) { /* an escaped end of text */
            to[-1] = ' ';
        }
    }
    *to = 0;
}

/* "sIdle !", and of writers with an empty value "s !" */
static bool read_string(struct vcd *v)
{
    char text[TOKEN_MAX_BYTES];
    take_text(v, text);
    unescape(text + 1);
    return want_token(v, "a string value") && add_change(v, v->token, false, 0, "", text + 1);
}

static bool read_change(struct vcd *v)
{
    switch (v->token[0]) {
    case '#': return read_time(v);
    case 'b':
    case 'B': return read_vector(v);
    case 'r':
    case 'R': return read_real(v);
    case 's':
    case 'S': return read_string(v);
    default:
        if (!strchr("01zxZXhHlLuUwW-", v->token[0]) || !v->token[1]) {
            return fail(v, "\"%.40s\" is no value change", v->token);
        }
        return add_change(v, v->token + 1, false, (int32_t)level_of(v->token[0]), NULL, NULL);
    }
}

static bool read_keyword(struct vcd *v, bool *declared)
{
    char word[TOKEN_MAX_BYTES];
    strcpy(word, v->token);
    if (strcmp(word, "$comment") == 0) {
        return skip_to_end(v, "$comment");
    }
    if (*declared) {
        static const char *const dumps[] = { "$dumpvars", "$dumpall", "$dumpon", "$dumpoff" };
        for (unsigned i = 0; i < sizeof dumps / sizeof dumps[0]; i++) {
            if (strcmp(word, dumps[i]) == 0 && !v->in_dump) {
                v->in_dump = true;
                return true;
            }
        }
        if (strcmp(word, "$end") == 0 && v->in_dump) {
            v->in_dump = false;
            return true;
        }
        return fail(v, "unexpected %.40s among the value changes", word);
    }
    if (strcmp(word, "$timescale") == 0) {
        return read_timescale(v);
    }
    if (strcmp(word, "$scope") == 0) {
        return read_scope(v);
    }
    if (strcmp(word, "$upscope") == 0) {
        return read_upscope(v);
    }
    if (strcmp(word, "$var") == 0) {
        return read_var(v);
    }
    if (strcmp(word, "$enddefinitions") == 0) {
        *declared = true;
        if (!v->unit_num) {
            return fail(v, "no $timescale before $enddefinitions");
        }
        return want_end(v, "$enddefinitions");
    }
    if (strcmp(word, "$end") == 0) {
        return fail(v, "$end without a beginning");
    }
    return skip_to_end(v, "a declaration"); /* $date, $version, a tool's own */
}

/* ---- plain lines, of which nearly all of a large file are ---- */

enum { LINE_BYTES = 64 }; /* longer ones are no plain lines */

static const struct vcd_id *plain_id(struct vcd *v, char letter)
{
    if ((unsigned char)letter >= 128) {
        return NULL;
    }
    const struct vcd_id **known = &v->plain[(unsigned char)letter];
    const char code[2] = { letter, 0 };
    if (!*known && signals_of(v, code) == 1) {
        for (const struct vcd_id *id = v->ids[bucket(code)]; id; id = id->next) {
            if (strcmp(id->code, code) == 0 && v->list->signals[id->signal].kind == WAVE_LEVELS) {
                *known = id;
            }
        }
    }
    return *known;
}

/* "#123\n", p at the first digit. Where it ends, NULL: no plain time. */
static const char *plain_time(struct vcd *v, const char *p)
{
    const char *from = p;
    uint64_t tick = 0;
    for (; *p >= '0' && *p <= '9'; p++) {
        tick = tick * 10 + (uint64_t)(*p - '0');
    }
    uint64_t ps;
    if (p == from || p - from > 18 || *p != '\n' || v->unit_den != 1 || tick < v->tick ||
        __builtin_mul_overflow(tick, v->unit_num, &ps) || ps > INT64_MAX) {
        return NULL;
    }
    v->tick = tick;
    v->now_ps = ps;
    return p;
}

/*
 * Lines as "#123" and "1!" in the buffer, one after another; what is anything else is left for read_change(), which says
 * what is wrong with it. False: a problem.
 */
static bool read_plain_lines(struct vcd *v)
{
    static const char levels[] = "01zx";
    while (v->end - v->at > LINE_BYTES) {
        const char *p = v->at, *level;
        if (*p == '\n') {
            v->line++;
            p++;
        } else if (*p == '#') {
            p = plain_time(v, p + 1);
        } else if (p[2] == '\n' && *p && (level = memchr(levels, *p, 4))) {
            const struct vcd_id *id = plain_id(v, p[1]);
            if (id && !wave_list_add(v->list, v->now_ps, id->signal, false, (int32_t)(level - levels))) {
                return fail(v, WAVE_TOO_MANY, wave_list_max_changes(v->list));
            }
            p = id ? p + 2 : NULL;
        } else {
            p = NULL;
        }
        if (!p) {
            break;
        }
        v->at = p;
    }
    return true;
}

static bool read_all(struct vcd *v)
{
    bool declared = false;
    enum got g;
    while ((g = next_token(v, false, declared)) == GOT_TOKEN) {
        bool ok = v->token[0] == '$' ? read_keyword(v, &declared)
                  : declared         ? read_change(v)
                                     : fail(v, "\"%.40s\" is not a VCD's declaration", v->token);
        if (!ok || (declared && !read_plain_lines(v))) {
            return false;
        }
    }
    if (g == GOT_PROBLEM) {
        return false;
    }
    if (ferror(v->f)) {
        return fail(v, "%s", strerror(errno));
    }
    if (!declared) {
        return fail(v, "the file ends before $enddefinitions");
    }
    v->list->end_ps = v->now_ps;
    v->list->tick_ps = v->unit_num / v->unit_den;
    return true;
}

bool vcd_read(struct wave_list *w, FILE *f, const char *path, struct problem *err)
{
    struct vcd *v = memory_zeroed(1, sizeof *v);
    v->list = w;
    v->f = f;
    v->path = path;
    v->err = err;
    v->line = 1;
    bool ok = read_all(v);
    for (unsigned i = 0; i < ID_BUCKETS; i++) {
        for (struct vcd_id *id = v->ids[i], *next; id; id = next) {
            next = id->next;
            free(id);
        }
    }
    free(v);
    return ok;
}
