/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "harness/commands/fuses.h"

#include <argp.h>
#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "harness/base/quantity.h"
#include "harness/commands/command.h"
#include "harness/fuses/boards_txt.h"
#include "harness/fuses/page.h"
#include "harness/fuses/programmers.h"
#include "harness/run/chip_file.h"
#include "sim/memory.h"
#include "wave/in_file.h"

/* ---- text to values ---- */

/* All of text is digits of the base, and the value is at most max. */
static bool digits(const char *text, int base, unsigned max, unsigned *value)
{
    static const char all[] = "0123456789abcdef";
    unsigned v = 0;

    if (*text == '\0') {
        return false;
    }
    for (; *text; text++) {
        const char *d = memchr(all, *text | 0x20, (size_t)base);
        if (d == NULL) {
            return false;
        }
        v = v * (unsigned)base + (unsigned)(d - all);
        if (v > max) {
            return false;
        }
    }
    *value = v;
    return true;
}

static bool number(const char *text, unsigned max, unsigned *value)
{
    if (strncasecmp(text, "0x", 2) == 0) {
        return digits(text + 2, 16, max, value);
    }
    if (strncasecmp(text, "0b", 2) == 0) {
        return digits(text + 2, 2, max, value);
    }
    return digits(text, 10, max, value);
}

bool fuse_byte_parse(const char *text, uint8_t *value, struct problem *err)
{
    unsigned v;
    bool ok;

    if (strlen(text) > 2 && strncasecmp(text, "0b", 2) == 0) {
        ok = digits(text + 2, 2, 255, &v);
    } else if (strncasecmp(text, "0x", 2) == 0) {
        ok = digits(text + 2, 16, 255, &v);
    } else {
        ok = strlen(text) <= 2 && digits(text, 16, 255, &v);
    }
    if (!ok) {
        return problem_set(err, "\"%s\" is no fuse byte: two hexadecimal digits (0x62) or 0b01100010", text);
    }
    *value = (uint8_t)v;
    return true;
}

static bool bod_by_voltage(const struct part *part, const char *value, unsigned *raw)
{
    int64_t mv;
    struct problem ignored;

    if (strcasecmp(value, "off") == 0) {
        *raw = part->fuses->bod_off;
        return !fuse_has(part, FUSE_BODEN);
    }
    if (!quantity_parse(QUANTITY_MV, value, 0, 10000, &mv, &ignored)) {
        return false;
    }
    for (unsigned i = 0; i < part->fuses->n_bod; i++) {
        if (part->fuses->bod[i].typ_mv == mv) {
            *raw = part->fuses->bod[i].raw;
            return true;
        }
    }
    return false;
}

/* A field's value in any of its spellings. */
static bool field_value(const struct part *part, enum fuse_field f, const char *value, unsigned *raw)
{
    unsigned width = part->fuses->at[f].width, max = (1u << width) - 1, v;

    if (strcasecmp(value, "programmed") == 0 || strcasecmp(value, "unprogrammed") == 0) {
        *raw = tolower((unsigned char)value[0]) == 'u';
        return width == 1;
    }
    if (f == FUSE_BODLEVEL && bod_by_voltage(part, value, raw)) {
        return true;
    }
    if (f == FUSE_BOOTSZ && number(value, 65535, &v) && v > max && v % part->boot_min_words == 0) {
        for (*raw = 0; *raw <= max; (*raw)++) {
            if (v == (unsigned)part->boot_min_words << (max - *raw)) {
                return true;
            }
        }
        return false;
    }
    /* as many binary digits as the field has bits: the datasheet's way of writing them */
    if (width > 1 && strlen(value) == width && digits(value, 2, max, raw)) {
        return true;
    }
    return number(value, max, raw);
}

static bool no_such_field(const struct part *part, const char *name, struct problem *err)
{
    problem_set(err, "%s has no fuse or lock bit \"%s\"; it has", part->title, name);
    for (unsigned f = 0; f < FUSE_FIELDS; f++) {
        if (fuse_has(part, f)) {
            problem_append(err, " %s", fuse_field_name(f));
        }
    }
    return false;
}

bool fuse_set_by_name(const struct part *part, struct fuse_bytes *b, const char *text, struct problem *err)
{
    const char *eq = strchr(text, '=');
    char name[24];
    enum fuse_field f;
    unsigned bit, raw;

    if (eq == NULL || eq == text || (size_t)(eq - text) >= sizeof name) {
        return problem_set(err, "\"%s\": write NAME=VALUE, as in CKSEL=0010 or BODLEVEL=2.7V", text);
    }
    snprintf(name, sizeof name, "%.*s", (int)(eq - text), text);
    f = fuse_field_find(name);
    if (f < FUSE_FIELDS && fuse_has(part, f)) {
        if (!field_value(part, f, eq + 1, &raw)) {
            return problem_set(err, "%s: \"%s\" is no value for its %u bit%s", name, eq + 1, part->fuses->at[f].width,
                               part->fuses->at[f].width > 1 ? "s" : "");
        }
        return fuse_put(part, b, f, raw);
    }
    if (!fuse_bit_find(part, name, &f, &bit)) {
        return no_such_field(part, name, err);
    }
    if (strcasecmp(eq + 1, "programmed") == 0) {
        raw = 0;
    } else if (strcasecmp(eq + 1, "unprogrammed") == 0) {
        raw = 1;
    } else if (!number(eq + 1, 1, &raw)) {
        return problem_set(err, "%s: \"%s\" is neither 0 (programmed) nor 1", name, eq + 1);
    }
    return fuse_put(part, b, f, (fuse_get(part, b, f) & ~(1u << bit)) | raw << bit);
}

static bool frequency(const char *text, uint64_t *millihz, struct problem *err)
{
    int64_t v;

    if (!quantity_parse(QUANTITY_FREQ_MILLIHZ, text, 1, INT64_C(100000000000), &v, err)) {
        return false;
    }
    *millihz = (uint64_t)v;
    return true;
}

static bool rc_parts(const char *text, uint64_t *millihz, struct problem *err)
{
    const char *comma = strchr(text, ',');
    char r[32];
    int64_t mohm, ff;

    if (comma == NULL) {
        return frequency(text, millihz, err);
    }
    snprintf(r, sizeof r, "%.*s", (int)(comma - text), text);
    if (!quantity_parse(QUANTITY_MOHM, r, 1000000, INT64_C(1000000000000), &mohm, err) ||
        !quantity_parse(QUANTITY_FF, comma + 1, 1000, INT64_C(1000000000), &ff, err)) {
        return false;
    }
    *millihz = clock_external_rc_millihz((uint32_t)(mohm / 1000), (uint32_t)(ff / 1000));
    return true;
}

bool fuse_board_parse(struct clock_board *board, const char *text, struct problem *err)
{
    static const struct {
        const char *prefix;
        enum clock_wired wired;
        bool xtal2;
    } row[] = {
        { "crystal:", WIRED_CRYSTAL, false }, { "wave:", WIRED_WAVE, false }, { "xtal1:", WIRED_WAVE, false },
        { "xtal2:", WIRED_WAVE, true },       { "rc:", WIRED_RC, false },
    };

    if (strcasecmp(text, "nothing") == 0 || strcasecmp(text, "none") == 0) {
        board->wired = WIRED_NOTHING;
        board->f_millihz = 0;
        return true;
    }
    for (unsigned i = 0; i < sizeof row / sizeof row[0]; i++) {
        size_t len = strlen(row[i].prefix);
        if (strncasecmp(text, row[i].prefix, len) != 0) {
            continue;
        }
        board->wired = row[i].wired;
        board->wave_on_xtal2 = row[i].xtal2;
        return row[i].wired == WIRED_RC ? rc_parts(text + len, &board->f_millihz, err)
                                        : frequency(text + len, &board->f_millihz, err);
    }
    board->wired = WIRED_CRYSTAL;
    if (!frequency(text, &board->f_millihz, err)) {
        return problem_set(err,
                           "\"%s\" is no clock part: nothing, 16MHz or crystal:16MHz, wave:1MHz (on XTAL1), "
                           "xtal2:1MHz, rc:10kOhm,22pF",
                           text);
    }
    return true;
}

/* ---- the command ---- */

enum fuses_option {
    OPT_LFUSE = 256, /* the four bytes in the order of struct fuse_bytes */
    OPT_HFUSE,
    OPT_EFUSE,
    OPT_LOCK,
    OPT_PRESET,
    OPT_CHIP,
    OPT_VCC,
    OPT_SCK,
    OPT_JSON,
    OPT_LIST,
    OPT_AVRDUDE,
    OPT_COMPARE,
    OPT_BOARDS,
    OPT_FAIL_ON,
    OPT_PROGRAMMER,
    OPT_MARKDOWN,
    OPT_HTML,
};

static const struct argp_option options[] = {
    { "part", 'p', "PART", 0, "the chip, by its name or avrdude's (default atmega328p)", 0 },
    { "lfuse", OPT_LFUSE, "XX", 0, "low fuse byte, hexadecimal (default: the factory's, as the others)", 0 },
    { "hfuse", OPT_HFUSE, "XX", 0, "high fuse byte", 0 },
    { "efuse", OPT_EFUSE, "XX", 0, "extended fuse byte", 0 },
    { "lock", OPT_LOCK, "XX", 0, "lock byte", 0 },
    { "preset", OPT_PRESET, "NAME", 0, "start from a known setting: factory, uno, ... (--list shows them)", 0 },
    { "chip", OPT_CHIP, "FILE", 0, "start from a chip file as `limpet serve --chip` keeps it", 0 },
    { "set", 's', "NAME=VALUE", 0,
      "set a field or a bit by name, after the bytes: CKSEL=0010, SUT1=1, CKDIV8=unprogrammed, BODLEVEL=2.7V, "
      "BOOTSZ=512. Raw values: a programmed bit is 0",
      0 },
    { "board", 'b', "CLOCK", 0,
      "what is wired to the crystal pins: nothing (default), 16MHz (a crystal), wave:1MHz (on XTAL1), "
      "xtal2:1MHz, rc:10kOhm,22pF",
      1 },
    { "f-cpu-board", 'b', NULL, OPTION_ALIAS, NULL, 1 },
    { "vcc", OPT_VCC, "VOLTAGE", 0, "supply (default 5.0V)", 1 },
    { "sck", OPT_SCK, "RATE", 0, "the programmer's SCK: will it be slow enough?", 1 },
    { "programmer", OPT_PROGRAMMER, "arduinoisp|limpisp|usbasp|stk500v2|avrispmkii", 0,
      "what to do with this programmer: is its SCK slow enough, can it give a clock?", 1 },
    { "json", OPT_JSON, NULL, 0, "write one JSON object", 2 },
    { "markdown", OPT_MARKDOWN, NULL, 0, "write Markdown, for a wiki or a pull request", 2 },
    { "html", OPT_HTML, NULL, 0, "write a page that needs no network", 2 },
    { "avrdude", OPT_AVRDUDE, NULL, 0, "print the avrdude arguments that write these bytes, and nothing else", 2 },
    { "compare", OPT_COMPARE, "PRESET", 0, "what each field means now, and with this preset, where they differ", 2 },
    { "boards-txt", OPT_BOARDS, "FILE", 0,
      "judge the fuses of every board of an Arduino boards.txt: those that lock out, and those whose clock is not f_cpu",
      2 },
    { "fail-on", OPT_FAIL_ON, "lockout", 0, "exit status 1 if the bytes (or a board of boards.txt) lock you out", 2 },
    { "list", OPT_LIST, NULL, 0, "list the parts and their presets", 2 },
    { 0 },
};

#define MAX_SETS 64

struct request {
    const char *part, *preset, *chip, *byte[4], *board, *vcc, *sck, *set[MAX_SETS];
    unsigned n_sets;
    const char *compare, *boards;
    const struct fuse_programmer *programmer;
    enum page_format format;
    bool json, list, avrdude, fail_on_lockout;
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct request *q = state->input;

    switch (key) {
    case 'p': q->part = arg; return 0;
    case OPT_LFUSE:
    case OPT_HFUSE:
    case OPT_EFUSE:
    case OPT_LOCK: q->byte[key - OPT_LFUSE] = arg; return 0;
    case OPT_PRESET: q->preset = arg; return 0;
    case OPT_CHIP: q->chip = arg; return 0;
    case 's':
        if (q->n_sets == MAX_SETS) {
            argp_error(state, "more than %d times --set", MAX_SETS);
        }
        q->set[q->n_sets++] = arg;
        return 0;
    case 'b':
        if (q->board != NULL) {
            argp_error(state, "--board is given twice: \"%s\" and \"%s\"", q->board, arg);
        }
        q->board = arg;
        return 0;
    case OPT_VCC: q->vcc = arg; return 0;
    case OPT_SCK: q->sck = arg; return 0;
    case OPT_PROGRAMMER: {
        struct problem err;

        q->programmer = fuse_programmer_find(arg, &err);
        if (!q->programmer) {
            argp_error(state, "--programmer: %s", err.text);
        }
        return 0;
    }
    case OPT_MARKDOWN: q->format = PAGE_MARKDOWN; return 0;
    case OPT_HTML: q->format = PAGE_HTML; return 0;
    case OPT_JSON: q->json = true; return 0;
    case OPT_LIST: q->list = true; return 0;
    case OPT_AVRDUDE: q->avrdude = true; return 0;
    case OPT_COMPARE: q->compare = arg; return 0;
    case OPT_BOARDS: q->boards = arg; return 0;
    case OPT_FAIL_ON:
        if (strcmp(arg, "lockout") != 0) {
            argp_error(state, "--fail-on %s: there is only lockout", arg);
        }
        q->fail_on_lockout = true;
        return 0;
    case ARGP_KEY_ARG:
        argp_error(state, "what is \"%s\"? Bytes are given as --lfuse, --hfuse, --efuse, --lock", arg);
        return EINVAL;
    case ARGP_KEY_END:
        if (q->json + q->avrdude + (q->format != PAGE_TEXT) > 1) {
            argp_error(state, "one of --json, --avrdude, --markdown, --html");
        }
        if (q->compare && (q->json || q->avrdude || q->format != PAGE_TEXT)) {
            argp_error(state, "--compare is written as text");
        }
        if (q->boards && (q->json || q->avrdude || q->compare)) {
            argp_error(state, "--boards-txt is written as text, --markdown or --html");
        }
        return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

static void list_parts(FILE *out)
{
    const struct part *p;

    for (unsigned i = 0; (p = part_at(i)) != NULL; i++) {
        const struct part *next = part_at(i + 1);
        fprintf(out, "%s (avrdude -p %s)\n", p->name, p->avrdude_id);
        if (next != NULL && next->fuses == p->fuses) {
            continue; /* the settings stand below the last that has them */
        }
        for (unsigned k = 0; k < p->fuses->n_presets; k++) {
            const struct fuse_preset *s = &p->fuses->presets[k];
            fprintf(out, "  %-12s %02X %02X", s->name, s->fuse[0], s->fuse[1]);
            fprintf(out, p->n_fuses > 2 ? " %02X" : "   ", s->fuse[2]);
            fprintf(out, "  %s\n", s->note);
        }
    }
}

static int list_parts_json(FILE *out)
{
    json_t *parts = json_array();
    const struct part *p;

    for (unsigned i = 0; (p = part_at(i)) != NULL; i++) {
        json_t *presets = json_array();
        for (unsigned k = 0; k < p->fuses->n_presets; k++) {
            const struct fuse_preset *s = &p->fuses->presets[k];
            json_t *bytes = json_array();
            for (unsigned b = 0; b < p->n_fuses; b++) {
                json_array_append_new(bytes, json_integer(s->fuse[b]));
            }
            json_array_append_new(presets,
                                  json_pack("{s:s, s:o, s:s}", "name", s->name, "fuses", bytes, "note", s->note));
        }
        json_array_append_new(
            parts, json_pack("{s:s, s:s, s:o}", "part", p->name, "avrdude", p->avrdude_id, "presets", presets));
    }
    bool ok = json_dumpf(parts, out, JSON_INDENT(2)) == 0;
    json_decref(parts);
    putc('\n', out);
    return ok ? EXIT_OK : EXIT_BAD_INPUT;
}

/* The part that the chip file is of, and its fuses. */
static bool from_chip_file(const struct request *q, struct fuse_report *r, struct problem *err)
{
    static struct nvm_cells cells; /* big */
    const struct part *p;
    struct problem other;

    if (q->part != NULL) {
        p = r->part;
    } else { /* the one that loads; the message is the default part's, and what is read but once is taken for it */
        for (unsigned i = in_file_is_regular(q->chip) ? 0 : UINT_MAX; (p = part_at(i)) != NULL; i++) {
            if (chip_file_load(q->chip, p, &cells, &other) == CHIP_LOADED) {
                break;
            }
        }
    }
    r->part = p != NULL ? p : r->part;
    switch (chip_file_load(q->chip, r->part, &cells, err)) {
    case CHIP_LOADED: r->fuses = cells.fuses; return true;
    case CHIP_NOT_THERE: return problem_set(err, "%s: no such file", q->chip);
    case CHIP_BAD: break;
    }
    return false;
}

static bool find_part(const struct request *q, struct fuse_report *r, struct problem *err)
{
    char names[PART_NAMES_SIZE];

    r->part = part_find(q->part != NULL ? q->part : "atmega328p");
    if (r->part != NULL) {
        return true;
    }
    return problem_set(err, "no part \"%.40s\"; there are %s", q->part, part_names(names));
}

static bool gather_bytes(const struct request *q, struct fuse_report *r, struct problem *err)
{
    static const char *const option[4] = { "--lfuse", "--hfuse", "--efuse", "--lock" };

    if (q->chip == NULL) {
        r->fuses = fuse_factory(r->part);
    } else if (!from_chip_file(q, r, err)) {
        return problem_prefix(err, "--chip");
    }
    if (q->preset != NULL && !fuse_preset(r->part, q->preset, &r->fuses)) {
        return problem_set(err, "%s has no preset \"%s\"; --list shows them", r->part->title, q->preset);
    }
    for (unsigned i = 0; i < 4; i++) {
        if (q->byte[i] == NULL) {
            continue;
        }
        if (i < 3 && i >= r->part->n_fuses) {
            return problem_set(err, "%s: %s has no such byte", option[i], r->part->title);
        }
        if (!fuse_byte_parse(q->byte[i], i == 3 ? &r->fuses.lock : &r->fuses.fuse[i], err)) {
            return problem_prefix(err, "%s", option[i]);
        }
    }
    for (unsigned i = 0; i < q->n_sets; i++) {
        if (!fuse_set_by_name(r->part, &r->fuses, q->set[i], err)) {
            return problem_prefix(err, "--set");
        }
    }
    return true;
}

static bool gather_board(const struct request *q, struct fuse_report *r, struct problem *err)
{
    int64_t v;

    r->board = clock_board_default(r->part, &r->fuses);
    if (q->board != NULL && !fuse_board_parse(&r->board, q->board, err)) {
        return problem_prefix(err, "--board");
    }
    if (q->vcc != NULL) {
        if (!quantity_parse(QUANTITY_MV, q->vcc, 0, 6000, &v, err)) {
            return problem_prefix(err, "--vcc");
        }
        r->board.vcc_mv = (uint32_t)v;
    }
    if (q->sck != NULL) {
        if (!quantity_parse(QUANTITY_FREQ_MILLIHZ, q->sck, 1000, INT64_C(100000000000), &v, err)) {
            return problem_prefix(err, "--sck");
        }
        r->sck_hz = (uint64_t)v / 1000;
    }
    return true;
}

/* Lock bits last: behind some of them nothing more can be written. */
static void print_avrdude(const struct fuse_report *r)
{
    static const char *const names[3][3] = { { "fuse", "", "" },
                                             { "lfuse", "hfuse", "" },
                                             { "lfuse", "hfuse", "efuse" } };

    printf("-p %s", r->part->avrdude_id);
    for (unsigned i = 0; i < r->part->n_fuses; i++) {
        printf(" -U %s:w:0x%02X:m", names[r->part->n_fuses - 1][i], r->fuses.fuse[i]);
    }
    if (r->fuses.lock != 0xFF) {
        printf(" -U lock:w:0x%02X:m", r->fuses.lock);
    }
    putchar('\n');
}

static bool print_comparison(const struct fuse_report *r, const char *preset, struct problem *err)
{
    struct fuse_bytes other;
    unsigned n = 0;
    char is[200], was[200];

    if (!fuse_preset(r->part, preset, &other)) {
        return problem_set(err, "--compare: %s has no preset \"%s\"; --list shows them", r->part->title, preset);
    }
    for (unsigned f = 0; f < FUSE_FIELDS; f++) {
        if (!fuse_has(r->part, (enum fuse_field)f) ||
            fuse_get(r->part, &r->fuses, (enum fuse_field)f) == fuse_get(r->part, &other, (enum fuse_field)f)) {
            continue;
        }
        printf("%-10s %s\n%10s %s: %s\n", fuse_field_name((enum fuse_field)f),
               fuse_meaning(r->part, &r->fuses, (enum fuse_field)f, is, sizeof is), "", preset,
               fuse_meaning(r->part, &other, (enum fuse_field)f, was, sizeof was));
        n++;
    }
    printf(n ? "%u fields differ from %s\n" : "%u fields differ: these are the bytes of %s\n", n, preset);
    return true;
}

static int judge_boards(const struct request *q, struct problem *err)
{
    static const char *const head[] = { "Board", "Part", "Fuses", "Verdict" };
    struct boards_txt_counts n;
    char *text = NULL, all[160];
    size_t size;
    struct page page = { memory_checked(open_memstream(&text, &size)), q->format };
    bool ok = boards_txt_judge(q->boards, &page, &n, err);

    fclose(page.out);
    page.out = stdout;
    if (!ok) {
        free(text);
        return EXIT_BAD_INPUT;
    }
    snprintf(all, sizeof all, "%u boards: %u ok, %u lock out, %u disagree with their clock, %u not judged", n.boards,
             n.ok, n.lockouts, n.disagree, n.unknown);
    if (q->format == PAGE_TEXT) {
        printf("%s%s\n", text, all);
    } else {
        page_begin(&page, "Fuses of the boards");
        page_item(&page, all);
        page_table_begin(&page, head, 4);
        fputs(text, stdout);
        page_table_end(&page);
        page_end(&page);
    }
    free(text);
    return q->fail_on_lockout && n.lockouts ? EXIT_FAILED : EXIT_OK;
}

static void print_advice(const struct fuse_programmer *p, const struct fuse_report *r)
{
    const char *text[FUSE_ADVICE_MOST];
    char buf[1200];
    unsigned n = p ? fuse_advice(p, r, text, buf, sizeof buf) : 0;

    for (unsigned i = 0; i < n; i++) {
        printf("%sadvice    %s\n", i ? "" : "\n", text[i]);
    }
}

static void add_advice(const struct fuse_programmer *p, const struct fuse_report *r, json_t *to)
{
    const char *text[FUSE_ADVICE_MOST];
    char buf[1200];
    unsigned n = p ? fuse_advice(p, r, text, buf, sizeof buf) : 0;
    json_t *list = p ? json_array() : NULL;

    for (unsigned i = 0; i < n; i++) {
        json_array_append_new(list, json_string(text[i]));
    }
    if (p) {
        json_object_set_new(to, "programmer", json_string(p->name));
        json_object_set_new(to, "advice", list);
    }
}

static bool locks_out(const struct fuse_report *r)
{
    for (unsigned i = 0; i < r->warnings.n; i++) {
        if (r->warnings.warning[i].bricks) {
            return true;
        }
    }
    return !r->verdict.reachable;
}

const struct argp fuses_argp = {
    .options = options,
    .parser = parse,
    .doc = "Says what fuse and lock bytes mean: every field in plain words, the clock that the chip will run "
           "from, its start-up time, the fastest safe SCK, whether serial programming (ISP) still reaches the "
           "chip, and what is needed if it doesn't. Settings that lock you out are warned of: look here "
           "before writing them.\v"
           "Examples:\n"
           "  limpet fuses                                a factory-fresh ATmega328P\n"
           "  limpet fuses --lfuse 0xE0                   external clock, and none there\n"
           "  limpet fuses --preset uno --board 16MHz     an Uno with its crystal\n"
           "  limpet fuses --set CKSEL=0011 --sck 125kHz  128 kHz against ArduinoISP\n"
           "  limpet fuses --chip bricked.chip            what does this chip need?\n"
           "  limpet fuses -p t85 --set CKDIV8=1 --json   bytes from names\n\n"
           "  avrdude -c arduino_as_isp -P /dev/ttyACM0 $(limpet fuses --preset uno --avrdude)\n"
           "  limpet fuses --set CKSEL=0011 --programmer arduinoisp   what to do with the programmer at hand\n"
           "  limpet fuses --preset uno --html >fuses.html\n"
           "  limpet fuses --boards-txt boards.txt --fail-on lockout\n\n"
           "Exit status: 0; 1 with --fail-on, if so; 2 for bad usage.",
};

int cmd_fuses(int argc, char **argv)
{
    struct request q = { 0 };
    struct fuse_report r = { 0 };
    struct problem err = { "" };

    argp_err_exit_status = EXIT_BAD_INPUT;
    argp_parse(&fuses_argp, argc, argv, 0, NULL, &q);
    if (q.list && q.json) {
        return list_parts_json(stdout);
    }
    if (q.list) {
        list_parts(stdout);
        return EXIT_OK;
    }
    if (q.boards) {
        int status = judge_boards(&q, &err);
        if (status == EXIT_BAD_INPUT) {
            fprintf(stderr, "%s: %s\n", argv[0], err.text);
        }
        return status;
    }
    if (!find_part(&q, &r, &err) || !gather_bytes(&q, &r, &err) || !gather_board(&q, &r, &err)) {
        fprintf(stderr, "%s: %s\n", argv[0], err.text);
        return EXIT_BAD_INPUT;
    }
    if (q.programmer && !r.sck_hz) {
        r.sck_hz = q.programmer->usual_hz;
    }
    fuse_report_make(&r);
    if (q.avrdude) {
        print_avrdude(&r);
    } else if (q.compare) {
        if (!print_comparison(&r, q.compare, &err)) {
            fprintf(stderr, "%s: %s\n", argv[0], err.text);
            return EXIT_BAD_INPUT;
        }
    } else if (q.format != PAGE_TEXT) {
        fuse_page(&(const struct page){ stdout, q.format }, &r, q.programmer);
    } else if (!q.json) {
        fuse_report_print(&r, stdout);
        print_advice(q.programmer, &r);
    } else {
        json_t *json = fuse_report_json(&r);
        add_advice(q.programmer, &r, json);
        if (json == NULL || json_dumpf(json, stdout, JSON_INDENT(2)) != 0) {
            fprintf(stderr, "%s: can't write JSON\n", argv[0]);
            json_decref(json);
            return EXIT_BAD_INPUT;
        }
        putchar('\n');
        json_decref(json);
    }
    return q.fail_on_lockout && locks_out(&r) ? EXIT_FAILED : EXIT_OK;
}
