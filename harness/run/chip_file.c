/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "harness/run/chip_file.h"

#include "harness/base/json_text.h"
#include "wave/in_file.h"
#include "wave/out_file.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FORMAT_VERSION = 1, LINE_BYTES = 64, FILE_MAX_BYTES = 4 << 20 };
#define FORMAT_NAME "limpet chip"
#define ADDRESS_KEY "%04" PRIX32
#define INDEX_KEY "%" PRIu32

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

/* Keys are written one way only, or one line could stand there twice. "0040": address of a line. */
static bool parse_address(const char *key, uint32_t *address)
{
    uint32_t at = 0;
    char again[16];
    for (const char *c = key; *c; c++) {
        if (hex_digit(*c) < 0 || at > UINT32_MAX >> 4) {
            return false;
        }
        at = at << 4 | (uint32_t)hex_digit(*c);
    }
    snprintf(again, sizeof again, ADDRESS_KEY, at);
    *address = at;
    return strcmp(key, again) == 0;
}

/* "17": a page or byte that wear is counted of */
static bool parse_index(const char *key, uint32_t *index)
{
    char *end, again[16];
    errno = 0;
    unsigned long n = strtoul(key, &end, 10);
    if (errno || *end || n > UINT32_MAX) {
        return false;
    }
    snprintf(again, sizeof again, INDEX_KEY, (uint32_t)n);
    *index = (uint32_t)n;
    return strcmp(key, again) == 0;
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
        if (!parse_address(key, &at) || at % LINE_BYTES || at >= n) {
            return problem_set(r->err, "%s: \"%.60s\" is no address of a line of \"%s\" (\"0040\", each once)", r->path,
                               key, name);
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
        if (!parse_index(key, &i) || i >= n) {
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
    char *text;
    size_t n;
    int error;
    if (!in_file_read(path, FILE_MAX_BYTES, &text, &n, &error, err)) {
        return error == ENOENT ? CHIP_NOT_THERE : CHIP_BAD;
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

static json_t *memory(struct json_builder *w, const uint8_t *bytes, size_t n)
{
    json_t *obj = json_object();
    for (size_t at = 0; at < n; at += LINE_BYTES) {
        size_t len = n - at < LINE_BYTES ? n - at : LINE_BYTES, i = 0;
        while (i < len && bytes[at + i] == 0xFF) {
            i++;
        }
        if (i < len) {
            char key[16];
            snprintf(key, sizeof key, ADDRESS_KEY, (uint32_t)at);
            json_put(w, obj, key, hex(bytes + at, len));
        }
    }
    return obj;
}

static json_t *counts(struct json_builder *w, const uint32_t *v, unsigned n)
{
    json_t *obj = json_object();
    for (unsigned i = 0; i < n; i++) {
        if (v[i]) {
            char key[16];
            snprintf(key, sizeof key, INDEX_KEY, i);
            json_put(w, obj, key, json_integer(v[i]));
        }
    }
    return obj;
}

static json_t *fuses(struct json_builder *w, struct fuse_bytes f)
{
    json_t *obj = json_object();
    for (unsigned i = 0; i < 4; i++) {
        json_put(w, obj, fuse_keys[i], hex(fuse_byte(&f, i), 1));
    }
    return obj;
}

static json_t *calibration(struct json_builder *w, const uint8_t *bytes, unsigned n)
{
    json_t *list = json_array();
    for (unsigned i = 0; i < n; i++) {
        json_append(w, list, hex(&bytes[i], 1));
    }
    return list;
}

static json_t *wear(struct json_builder *w, const struct part *part, const struct nvm_cells *c)
{
    json_t *obj = json_object(), *fuse_wear = json_array();
    for (unsigned i = 0; i < 4; i++) {
        json_append(w, fuse_wear, json_integer(c->fuse_written[i]));
    }
    json_put(w, obj, "chip_erased", json_integer(c->chip_erased));
    json_put(w, obj, "fuses", fuse_wear);
    json_put(w, obj, "flash_erased", counts(w, c->flash_erased, flash_pages(part)));
    json_put(w, obj, "flash_written", counts(w, c->flash_written, flash_pages(part)));
    json_put(w, obj, "eeprom_written", counts(w, c->eeprom_written, part->eeprom_bytes));
    return obj;
}

/* NULL: out of memory, never a chip that lacks something. */
static char *chip_as_text(const struct part *part, const struct nvm_cells *c)
{
    struct json_builder w = { false };
    json_t *root = json_object();
    json_put(&w, root, "format", json_string(FORMAT_NAME));
    json_put(&w, root, "version", json_integer(FORMAT_VERSION));
    json_put(&w, root, "part", json_string(part->name));
    json_put(&w, root, "fuses", fuses(&w, c->fuses));
    json_put(&w, root, "calibration", calibration(&w, c->calibration, part->n_calibration));
    json_put(&w, root, "flash", memory(&w, c->flash, part->flash_bytes));
    json_put(&w, root, "eeprom", memory(&w, c->eeprom, part->eeprom_bytes));
    json_put(&w, root, "wear", wear(&w, part, c));
    return json_text(&w, root, JSON_INDENT(1));
}

bool chip_file_save(const char *path, const struct part *part, const struct nvm_cells *cells, struct problem *err)
{
    char *text = chip_as_text(part, cells);
    struct out_file *out = malloc(sizeof *out);
    bool ok = (text && out) || problem_set(err, "%s: out of memory", path);
    if (ok && (ok = out_file_open(out, path, err))) {
        out_file_text(out, text);
        out_file_char(out, '\n');
        ok = out_file_close(out, err);
    }
    free(out);
    free(text);
    return ok;
}
