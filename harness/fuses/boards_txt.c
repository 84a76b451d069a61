/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "harness/fuses/boards_txt.h"

#include "harness/fuses/report.h"
#include "sim/memory.h"
#include "sim/part.h"
#include "wave/in_file.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define MAX_BYTES (4u << 20)

struct entry {
    char *key, *value;
};

enum { MENU_ANSWERS = 16 };

struct file {
    char *text;
    struct entry *list, *sorted; /* as they stand; by key, of equal ones as they stand */
    size_t n;
    /* what menus said last: a board's choices ask the same, and each answer is a walk through the file */
    struct menu_answer {
        char board[200], key[200];
        const char *value;
    } answer[MENU_ANSWERS];
    unsigned n_answers;
};

/* ---- reading ---- */

static char *trimmed(char *text)
{
    size_t n;

    while (isspace((unsigned char)*text)) {
        text++;
    }
    n = strlen(text);
    while (n && isspace((unsigned char)text[n - 1])) {
        text[--n] = '\0';
    }
    return text;
}

static bool read_file(struct file *f, const char *path, struct problem *err)
{
    char *rest, *line;
    size_t n;

    if (!in_file_read(path, MAX_BYTES, &f->text, &n, NULL, err)) {
        return false;
    }
    rest = f->text;
    while ((line = strsep(&rest, "\n"))) {
        char *equals = strchr(line, '=');

        line = trimmed(line);
        if (*line == '#' || !equals) {
            continue;
        }
        *equals = '\0';
        f->list = memory_grown(f->list, f->n + 1, sizeof *f->list);
        f->list[f->n++] = (struct entry){ trimmed(line), trimmed(equals + 1) };
    }
    return true;
}

/* Keys point into one text: of equal ones the later has the higher address. */
static int by_key(const void *a, const void *b)
{
    const struct entry *x = a, *y = b;
    int order = strcmp(x->key, y->key);

    return order ? order : (x->key > y->key) - (x->key < y->key);
}

static void sort_keys(struct file *f)
{
    f->sorted = memory_grown(NULL, f->n, sizeof *f->sorted);
    if (f->n) {
        memcpy(f->sorted, f->list, f->n * sizeof *f->sorted);
        qsort(f->sorted, f->n, sizeof *f->sorted, by_key);
    }
}

/* How many keys are not greater, or with before set, less. */
static size_t count_up_to(const struct file *f, const char *key, bool before)
{
    size_t first = 0, end = f->n;

    while (first < end) {
        size_t middle = first + (end - first) / 2;
        int order = strcmp(f->sorted[middle].key, key);

        if (order < 0 || (!order && !before)) {
            first = middle + 1;
        } else {
            end = middle;
        }
    }
    return first;
}

static const char *value_of(const struct file *f, const char *board, const char *key)
{
    char whole[512];

    if (snprintf(whole, sizeof whole, "%s.%s", board, key) >= (int)sizeof whole) {
        return NULL;
    }
    size_t n = count_up_to(f, whole, false); /* the last one counts */
    return n && !strcmp(f->sorted[n - 1].key, whole) ? f->sorted[n - 1].value : NULL;
}

static bool any_begins(const struct file *f, const char *begin)
{
    size_t n = count_up_to(f, begin, true);

    return n < f->n && !strncmp(f->sorted[n].key, begin, strlen(begin));
}

/* BOARD.menu.MENU.CHOICE.KEY of the first choice that has it; menu NULL: any. */
static const char *look_in_menus(const struct file *f, const char *board, const char *key)
{
    char begin[200];
    size_t n = (size_t)snprintf(begin, sizeof begin, "%s.menu.", board), k = strlen(key);

    if (n >= sizeof begin || !any_begins(f, begin)) {
        return NULL;
    }
    for (size_t i = 0; i < f->n; i++) {
        const char *of = f->list[i].key;
        size_t len = strlen(of);

        if (!strncmp(of, begin, n) && len > n + k && of[len - k - 1] == '.' && !strcmp(of + len - k, key)) {
            return f->list[i].value;
        }
    }
    return NULL;
}

static const char *value_of_menus(struct file *f, const char *board, const char *key)
{
    struct menu_answer *a = f->answer;

    for (unsigned i = 0; i < MENU_ANSWERS && i < f->n_answers; i++) {
        if (!strcmp(a[i].board, board) && !strcmp(a[i].key, key)) {
            return a[i].value;
        }
    }
    const char *value = look_in_menus(f, board, key);

    if (strlen(board) < sizeof a->board && strlen(key) < sizeof a->key) {
        a += f->n_answers++ % MENU_ANSWERS;
        strcpy(a->board, board);
        strcpy(a->key, key);
        a->value = value;
    }
    return value;
}

/* Of the choice ("pro.menu.cpu.16MHzatmega328", "" none), else of the board, else of its menus. */
static const char *look_up(struct file *f, const char *board, const char *choice, const char *key)
{
    const char *value = *choice ? value_of(f, choice, key) : NULL;

    value = value ? value : value_of(f, board, key);
    return value ? value : value_of_menus(f, board, key);
}

/* With {KEY} replaced. False: there is no such key, or it leads round in a circle. */
static bool expand(struct file *f, const char *board, const char *choice, const char *value, char *to, size_t size,
                   unsigned depth)
{
    size_t n = 0;

    to[0] = '\0';
    while (*value && n + 1 < size) {
        char key[100], inner[100];
        const char *end = *value == '{' ? strchr(value, '}') : NULL, *of;

        if (!end) {
            to[n++] = *value++;
            to[n] = '\0';
            continue;
        }
        snprintf(key, sizeof key, "%.*s", (int)(end - value - 1), value + 1);
        of = look_up(f, board, choice, key);
        if (!of || depth > 4 || !expand(f, board, choice, of, inner, sizeof inner, depth + 1)) {
            return false;
        }
        n += (size_t)snprintf(to + n, size - n, "%s", inner);
        value = end + 1;
    }
    return !*value;
}

static bool byte_of(const char *text, uint8_t *byte)
{
    bool binary = !strncmp(text, "0b", 2);
    char *end;
    unsigned long v = strtoul(binary ? text + 2 : text, &end, binary ? 2 : 0);

    *byte = (uint8_t)v;
    return *text && !*end && v <= 255;
}

/* ---- judging ---- */

static bool locks_out(const struct fuse_report *r)
{
    for (unsigned i = 0; i < r->warnings.n; i++) {
        if (r->warnings.warning[i].bricks) {
            return true;
        }
    }
    return !r->verdict.reachable;
}

static bool asks_for_xtal(const struct fuse_report *r)
{
    struct clock_board none = clock_board_default(r->part, &r->fuses);

    return !clock_model(r->part, &r->fuses, &none).runs;
}

static void wire(struct fuse_report *r, uint64_t f_hz)
{
    r->board = clock_board_default(r->part, &r->fuses);
    if (f_hz && asks_for_xtal(r)) {
        r->board.f_millihz = f_hz * 1000;
        r->board.wired = WIRED_CRYSTAL;
        if (!clock_model(r->part, &r->fuses, &r->board).runs) {
            r->board.wired = WIRED_WAVE;
        }
    }
}

static void tell(const struct page *out, const char *name, const char *part, const char *bytes, const char *verdict)
{
    if (out->format == PAGE_TEXT) {
        fprintf(out->out, "%-44s %-12s %-9s %s\n", name, part, bytes, verdict);
    } else {
        page_row(out, (const char *const[]){ name, part, bytes, verdict }, 4);
    }
}

static void say(struct fuse_report *r, const char *name, uint64_t f_hz, const struct page *out,
                struct boards_txt_counts *n)
{
    uint64_t is_hz = r->verdict.f_cpu_millihz / 1000;
    bool differs = f_hz && is_hz && (is_hz > f_hz ? is_hz - f_hz : f_hz - is_hz) > f_hz / 50;

    char bytes[12], verdict[1300];

    snprintf(bytes, sizeof bytes, r->part->n_fuses > 2 ? "%02X %02X %02X" : "%02X %02X", r->fuses.fuse[0],
             r->fuses.fuse[1], r->fuses.fuse[2]);
    if (locks_out(r)) {
        n->lockouts++;
        snprintf(verdict, sizeof verdict, "LOCKS OUT: %s",
                 r->warnings.n ? r->warnings.warning[0].text : "ISP does not answer");
    } else if (differs) {
        n->disagree++;
        snprintf(verdict, sizeof verdict, "DISAGREES: f_cpu is %" PRIu64 " Hz, the fuses give %" PRIu64 " Hz", f_hz,
                 is_hz);
    } else {
        n->ok++;
        snprintf(verdict, sizeof verdict, "ok, %" PRIu64 " Hz", is_hz);
    }
    tell(out, name, r->part->name, bytes, verdict);
}

static void judge(struct file *f, const char *board, const char *choice, const struct page *out,
                  struct boards_txt_counts *n)
{
    static const char *const keys[] = { "bootloader.low_fuses", "bootloader.high_fuses", "bootloader.extended_fuses" };
    const char *mcu = look_up(f, board, choice, "build.mcu"), *f_cpu = look_up(f, board, choice, "build.f_cpu");
    const char *name = *choice ? choice : board;
    struct fuse_report r = { .part = mcu ? part_find(mcu) : NULL };
    char text[100];
    uint64_t f_hz = 0;

    n->boards++;
    if (!r.part) {
        n->unknown++;
        tell(out, name, mcu ? mcu : "?", "", "not judged: this part is not known here");
        return;
    }
    r.fuses = fuse_factory(r.part);
    for (unsigned i = 0; i < 3 && i < r.part->n_fuses; i++) {
        const char *value = look_up(f, board, choice, keys[i]);

        if (value && (!expand(f, board, choice, value, text, sizeof text, 0) || !byte_of(text, &r.fuses.fuse[i]))) {
            n->unknown++;
            char why[300];

            snprintf(why, sizeof why, "not judged: %s=%.200s", keys[i], value);
            tell(out, name, r.part->name, "", why);
            return;
        }
    }
    if (f_cpu && expand(f, board, choice, f_cpu, text, sizeof text, 0)) {
        f_hz = strtoull(text, NULL, 10);
    }
    wire(&r, f_hz);
    fuse_report_make(&r);
    say(&r, name, f_hz, out, n);
}

/* The key up to the dot before its last but one part: "uno.bootloader.low_fuses" is of "uno". */
static bool owner_of(const char *key, char *owner, size_t size)
{
    static const char tail[] = ".bootloader.low_fuses";
    size_t n = strlen(key), t = sizeof tail - 1;

    if (n <= t || strcmp(key + n - t, tail) || n - t >= size) {
        return false;
    }
    memcpy(owner, key, n - t);
    owner[n - t] = '\0';
    return true;
}

/* A choice that says which chip or clock it is, of a board whose fuses stand above its menus. */
static void judge_choices(struct file *f, const char *board, const struct page *out, struct boards_txt_counts *n)
{
    static const char *const tails[] = { ".build.mcu", ".build.f_cpu" };
    char begin[200];
    size_t len = (size_t)snprintf(begin, sizeof begin, "%s.menu.", board);
    bool any = false;

    for (size_t i = len < sizeof begin && any_begins(f, begin) ? 0 : f->n; i < f->n; i++) {
        for (unsigned t = 0; t < 2; t++) {
            char choice[200];
            size_t k = strlen(f->list[i].key), m = strlen(tails[t]);

            if (!strncmp(f->list[i].key, begin, len) && k > m && k - m < sizeof choice &&
                !strcmp(f->list[i].key + k - m, tails[t])) {
                snprintf(choice, sizeof choice, "%.*s", (int)(k - m), f->list[i].key);
                judge(f, board, choice, out, n);
                any = true;
                break;
            }
        }
    }
    if (!any) {
        judge(f, board, "", out, n);
    }
}

bool boards_txt_judge(const char *path, const struct page *out, struct boards_txt_counts *n, struct problem *err)
{
    struct file f = { .n = 0 };
    bool ok = read_file(&f, path, err);

    memset(n, 0, sizeof *n);
    if (ok) {
        sort_keys(&f);
    }
    for (size_t i = 0; ok && i < f.n; i++) {
        char owner[200], board[200], *menu;

        if (!owner_of(f.list[i].key, owner, sizeof owner)) {
            continue;
        }
        snprintf(board, sizeof board, "%s", owner);
        menu = strstr(board, ".menu.");
        if (menu) {
            *menu = '\0';
            judge(&f, board, owner, out, n);
        } else {
            judge_choices(&f, board, out, n);
        }
    }
    free(f.text);
    free(f.list);
    free(f.sorted);
    return ok && (n->boards || problem_set(err, "%s: there is no board with bootloader.low_fuses in it", path));
}
