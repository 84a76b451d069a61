/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "harness/run/chip_file.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "wave/out_file.h"

enum { FORMAT_VERSION = 1, LINE_BYTES = 64, FILE_MAX_BYTES = 4 << 20 };
#define FORMAT_NAME "limpet chip"

static const char *const fuse_keys[4] = { "low", "high", "extended", "lock" };

static uint8_t *fuse_byte(struct fuse_bytes *f, unsigned i)
{
    return i < 3 ? &f->fuse[i] : &f->lock;
}

static unsigned flash_pages(const struct part *p)
{
    return p->flash_bytes / p->flash_page_bytes;
}

/* ---- reading ---- */

struct reader {
    const char *path;
    struct problem *err;
};

static json_t *member(const struct reader *r, json_t *obj, const char *where, const char *key, json_type type)
{
    json_t *v = json_object_get(obj, key);
    if (!v) {
        problem_set(r->err, "%s: %s lacks \"%s\"", r->path, where, key);
        return NULL;
    }
    if (json_typeof(v) != type) {
        static const char *const names[] = { "an object", "an array", "text", "a whole number" };
        problem_set(r->err, "%s: \"%s\" of %s is not %s", r->path, key, where, names[type]);
        return NULL;
    }
    return v;
}

static bool only_keys(const struct reader *r, json_t *obj, const char *where, const char *const *keys, unsigned n)
{
    const char *key;
    json_t *v;
    json_object_foreach(obj, key, v)
    {
        unsigned i = 0;
        while (i < n && strcmp(keys[i], key) != 0) {
            i++;
        }
        if (i == n) {
            return problem_set(r->err, "%s: unknown key \"%.60s\" in %s", r->path, key, where);
        }
    }
    return true;
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    if (c >= 'A' && c <= 'F') {
        return c - 'A' + 10;
    }
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Exactly n bytes of hexadecimal digits. */
static bool parse_hex(const char *text, size_t len, uint8_t *to, size_t n)
{
    if (len != 2 * n) {
        return false;
    }
    for (size_t i = 0; i < n; i++) {
        int high = hex_digit(text[2 * i]), low = hex_digit(text[2 * i + 1]);
        if (high < 0 || low < 0) {
            return false;
        }
        to[i] = (uint8_t)(high << 4 | low);
    }
    return true;
}

static bool read_byte(const struct reader *r, json_t *v, const char *where, uint8_t *to)
{
    if (!json_is_string(v) || !parse_hex(json_string_value(v), json_string_length(v), to, 1)) {
        return problem_set(r->err, "%s: %s is not a byte as two hexadecimal digits", r->path, where);
    }
    return true;
}

static bool read_fuses(const struct reader *r, json_t *root, struct nvm_cells *c)
{
    json_t *obj = member(r, root, "the chip", "fuses", JSON_OBJECT);
    if (!obj || !only_keys(r, obj, "\"fuses\"", fuse_keys, 4)) {
        return false;
    }
    for (unsigned i = 0; i < 4; i++) {
        json_t *v = member(r, obj, "\"fuses\"", fuse_keys[i], JSON_STRING);
        if (!v || !read_byte(r, v, fuse_keys[i], fuse_byte(&c->fuses, i))) {
            return false;
        }
    }
    return true;
}

static bool read_calibration(const struct reader *r, json_t *root, const struct part *part, struct nvm_cells *c)
{
    json_t *list = member(r, root, "the chip", "calibration", JSON_ARRAY);
    if (!list) {
        return false;
    }
    if (json_array_size(list) != part->n_calibration) {
        return problem_set(r->err, "%s: \"calibration\" of an %s has %u bytes, not %zu", r->path, part->title,
                           part->n_calibration, json_array_size(list));
    }
    for (unsigned i = 0; i < part->n_calibration; i++) {
        if (!read_byte(r, json_array_get(list, i), "a byte of \"calibration\"", &c->calibration[i])) {
            return false;
        }
    }
    return true;
}

/* "0040": address of a line */
static bool parse_address(const char *key, unsigned base, uint32_t *address)
{
    char *end;
    size_t n = strlen(key);
    if (!n || n > 8 || hex_digit(key[0]) < 0 || (n > 1 && key[1] == 'x')) {
        return false;
    }
    errno = 0;
    *address = (uint32_t)strtoul(key, &end, (int)base);
    return !errno && !*end;
}

static bool read_memory(const struct reader *r, json_t *root, const char *name, uint8_t *to, size_t n)
{
    json_t *obj = member(r, root, "the chip", name, JSON_OBJECT);
    const char *key;
    json_t *v;
    if (!obj) {
        return false;
    }
    memset(to, 0xFF, n);
    json_object_foreach(obj, key, v)
    {
        uint32_t at;
        if (!parse_address(key, 16, &at) || at % LINE_BYTES || at >= n) {
            return problem_set(r->err, "%s: \"%.60s\" is no address of a line of \"%s\"", r->path, key, name);
        }
        size_t len = n - at < LINE_BYTES ? n - at : LINE_BYTES;
        if (!json_is_string(v) || !parse_hex(json_string_value(v), json_string_length(v), to + at, len)) {
            return problem_set(r->err, "%s: line \"%s\" of \"%s\" is not %zu bytes as hexadecimal digits", r->path, key,
                               name, len);
        }
    }
    return true;
}

static bool read_count(const struct reader *r, json_t *v, const char *where, uint32_t *to)
{
    if (!json_is_integer(v) || json_integer_value(v) < 0 || json_integer_value(v) > UINT32_MAX) {
        return problem_set(r->err, "%s: a count of \"%s\" is no whole number up to 4294967295", r->path, where);
    }
    *to = (uint32_t)json_integer_value(v);
    return true;
}

static bool read_counts(const struct reader *r, json_t *wear, const char *name, uint32_t *to, unsigned n)
{
    json_t *obj = member(r, wear, "\"wear\"", name, JSON_OBJECT);
    const char *key;
    json_t *v;
    if (!obj) {
        return false;
    }
    memset(to, 0, n * sizeof *to);
    json_object_foreach(obj, key, v)
    {
        uint32_t i;
        if (!parse_address(key, 10, &i) || i >= n) {
            return problem_set(r->err, "%s: \"%.60s\" in \"%s\" is not below %u", r->path, key, name, n);
        }
        if (!read_count(r, v, name, &to[i])) {
            return false;
        }
    }
    return true;
}

static bool read_wear(const struct reader *r, json_t *root, const struct part *part, struct nvm_cells *c)
{
    static const char *const keys[] = { "chip_erased", "fuses", "flash_erased", "flash_written", "eeprom_written" };
    json_t *wear = member(r, root, "the chip", "wear", JSON_OBJECT), *erased, *fuses;
    if (!wear || !only_keys(r, wear, "\"wear\"", keys, 5) ||
        !(erased = member(r, wear, "\"wear\"", "chip_erased", JSON_INTEGER)) ||
        !read_count(r, erased, "chip_erased", &c->chip_erased) ||
        !(fuses = member(r, wear, "\"wear\"", "fuses", JSON_ARRAY))) {
        return false;
    }
    if (json_array_size(fuses) != 4) {
        return problem_set(r->err, "%s: \"fuses\" of \"wear\" has not four counts", r->path);
    }
    for (unsigned i = 0; i < 4; i++) {
        if (!read_count(r, json_array_get(fuses, i), "fuses", &c->fuse_written[i])) {
            return false;
        }
    }
    return read_counts(r, wear, "flash_erased", c->flash_erased, flash_pages(part)) &&
           read_counts(r, wear, "flash_written", c->flash_written, flash_pages(part)) &&
           read_counts(r, wear, "eeprom_written", c->eeprom_written, part->eeprom_bytes);
}

static bool read_chip(const struct reader *r, json_t *root, const struct part *part, struct nvm_cells *c)
{
    static const char *const keys[] = {
        "format", "version", "part", "fuses", "calibration", "flash", "eeprom", "wear"
    };
    json_t *v;
    if (!json_is_object(root) || !(v = json_object_get(root, "format")) || !json_is_string(v) ||
        strcmp(json_string_value(v), FORMAT_NAME) != 0) {
        return problem_set(r->err, "%s: not a chip file (\"format\" is not \"" FORMAT_NAME "\")", r->path);
    }
    if (!(v = member(r, root, "the chip", "version", JSON_INTEGER))) {
        return false;
    }
    if (json_integer_value(v) != FORMAT_VERSION) {
        return problem_set(r->err, "%s: chip file of version %lld, this limpet reads version %d", r->path,
                           (long long)json_integer_value(v), FORMAT_VERSION);
    }
    if (!only_keys(r, root, "the chip", keys, sizeof keys / sizeof keys[0]) ||
        !(v = member(r, root, "the chip", "part", JSON_STRING))) {
        return false;
    }
    if (strcmp(json_string_value(v), part->name) != 0) {
        return problem_set(r->err, "%s: holds an \"%.60s\", but the board has an \"%s\"", r->path, json_string_value(v),
                           part->name);
    }
    return read_fuses(r, root, c) && read_calibration(r, root, part, c) &&
           read_memory(r, root, "flash", c->flash, part->flash_bytes) &&
           read_memory(r, root, "eeprom", c->eeprom, part->eeprom_bytes) && read_wear(r, root, part, c);
}

enum chip_load chip_file_load(const char *path, const struct part *part, struct nvm_cells *cells, struct problem *err)
{
    struct reader r = { path, err };
    FILE *f = fopen(path, "re");
    if (!f) {
        if (errno == ENOENT) {
            return CHIP_NOT_THERE;
        }
        problem_set(err, "%s: %s", path, strerror(errno));
        return CHIP_BAD;
    }
    /* one byte more than may be: tells a file that is too large */
    char *text = malloc(FILE_MAX_BYTES + 1);
    size_t n = text ? fread(text, 1, FILE_MAX_BYTES + 1, f) : 0;
    bool failed = !text || ferror(f) || n > FILE_MAX_BYTES;
    int error = errno;
    fclose(f);
    if (failed) {
        problem_set(err, "%s: %s", path, n > FILE_MAX_BYTES ? "too large for a chip file" : strerror(error));
        free(text);
        return CHIP_BAD;
    }
    json_error_t where;
    json_t *root = json_loadb(text, n, JSON_REJECT_DUPLICATES, &where);
    free(text);
    if (!root) {
        problem_set(err, "%s:%d:%d: no chip file: %s", path, where.line, where.column, where.text);
        return CHIP_BAD;
    }
    struct nvm_cells *c = malloc(sizeof *c);
    bool ok = c || problem_set(err, "%s: out of memory", path);
    if (ok) {
        *c = *cells;
        ok = read_chip(&r, root, part, c);
    }
    if (ok) {
        *cells = *c;
    }
    free(c);
    json_decref(root);
    return ok ? CHIP_LOADED : CHIP_BAD;
}

/* ---- writing ---- */

static json_t *hex(const uint8_t *bytes, size_t n)
{
    char text[2 * LINE_BYTES + 1];
    for (size_t i = 0; i < n; i++) {
        snprintf(text + 2 * i, 3, "%02X", bytes[i]);
    }
    return json_string(text);
}

static json_t *memory(const uint8_t *bytes, size_t n)
{
    json_t *obj = json_object();
    for (size_t at = 0; at < n; at += LINE_BYTES) {
        size_t len = n - at < LINE_BYTES ? n - at : LINE_BYTES, i = 0;
        while (i < len && bytes[at + i] == 0xFF) {
            i++;
        }
        if (i < len) {
            char key[16];
            snprintf(key, sizeof key, "%04zX", at);
            json_object_set_new(obj, key, hex(bytes + at, len));
        }
    }
    return obj;
}

static json_t *counts(const uint32_t *v, unsigned n)
{
    json_t *obj = json_object();
    for (unsigned i = 0; i < n; i++) {
        if (v[i]) {
            char key[16];
            snprintf(key, sizeof key, "%u", i);
            json_object_set_new(obj, key, json_integer(v[i]));
        }
    }
    return obj;
}

static json_t *chip_as_json(const struct part *part, const struct nvm_cells *c)
{
    struct fuse_bytes fuses_now = c->fuses;
    json_t *fuses = json_object(), *calibration = json_array(), *fuse_wear = json_array();
    for (unsigned i = 0; i < 4; i++) {
        json_object_set_new(fuses, fuse_keys[i], hex(fuse_byte(&fuses_now, i), 1));
        json_array_append_new(fuse_wear, json_integer(c->fuse_written[i]));
    }
    for (unsigned i = 0; i < part->n_calibration; i++) {
        json_array_append_new(calibration, hex(&c->calibration[i], 1));
    }
    return json_pack("{s:s, s:i, s:s, s:o, s:o, s:o, s:o, s:{s:I, s:o, s:o, s:o, s:o}}", "format", FORMAT_NAME,
                     "version", FORMAT_VERSION, "part", part->name, "fuses", fuses, "calibration", calibration, "flash",
                     memory(c->flash, part->flash_bytes), "eeprom", memory(c->eeprom, part->eeprom_bytes), "wear",
                     "chip_erased", (json_int_t)c->chip_erased, "fuses", fuse_wear, "flash_erased",
                     counts(c->flash_erased, flash_pages(part)), "flash_written",
                     counts(c->flash_written, flash_pages(part)), "eeprom_written",
                     counts(c->eeprom_written, part->eeprom_bytes));
}

bool chip_file_save(const char *path, const struct part *part, const struct nvm_cells *cells, struct problem *err)
{
    json_t *root = chip_as_json(part, cells);
    char *text = root ? json_dumps(root, JSON_INDENT(1)) : NULL;
    struct out_file *out = malloc(sizeof *out);
    bool ok = (text && out) || problem_set(err, "%s: out of memory", path);
    if (ok && (ok = out_file_open(out, path, err->text, sizeof err->text))) {
        out_file_text(out, text);
        out_file_char(out, '\n');
        ok = out_file_close(out, err->text, sizeof err->text);
    }
    free(out);
    free(text);
    json_decref(root);
    return ok;
}
