/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "harness/scenario/load.h"

#include "harness/base/firmware_path.h"
#include "harness/base/printable.h"
#include "mcu/image.h"
#include "mcu/image_device.h"
#include "sim/memory.h"
#include "sim/rng.h"

#include <assert.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* ---- memory of a scenario ---- */

struct scenario_memory {
    struct scenario_memory *next;
    max_align_t bytes[];
};

void *load_keep(struct loader *l, size_t n)
{
    struct scenario_memory *m = memory_zeroed(1, sizeof *m + n);

    m->next = l->s->memory;
    l->s->memory = m;
    return m->bytes;
}

const char *load_keep_text(struct loader *l, const char *text)
{
    size_t n = strlen(text) + 1;

    return memcpy(load_keep(l, n), text, n);
}

void load_note(struct loader *l, const char *said)
{
    struct scenario *s = l->s;
    char text[1024];

    printable(text, sizeof text, said, false); /* a rule's reason is the scenario's */

    for (unsigned i = 0; i < s->n_notes; i++) {
        if (!strcmp(s->notes[i], text)) {
            return;
        }
    }
    if (s->n_notes < SCENARIO_NOTES) {
        s->notes[s->n_notes++] = load_keep_text(l, text);
    }
}

void scenario_free(struct scenario *s)
{
    if (!s) {
        return;
    }
    while (s->memory) {
        struct scenario_memory *next = s->memory->next;

        free(s->memory);
        s->memory = next;
    }
    input_files_free(&s->own_inputs);
    free(s);
}

/* ---- places ---- */

static struct yaml_node *node_of(struct loader *l, const char *path, const char *key)
{
    char full[300];
    struct yaml_node *n;

    snprintf(full, sizeof full, "%s%s%s", path, key && *path ? "." : "", key ? key : "");
    n = yaml_find(&l->tree, full);
    return n ? n : yaml_nearest(&l->tree, full);
}

bool load_problem(struct loader *l, const char *path, const char *key, const char *fmt, ...)
{
    char text[800];
    va_list args;

    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    return yaml_problem(&l->tree, node_of(l, path, key), l->err, "%s", text);
}

bool load_place_problem(struct loader *l, const char *path, const char *key)
{
    char text[800];

    snprintf(text, sizeof text, "%.799s", l->err->text);
    return load_problem(l, path, key, "%s", text);
}

struct scenario_place load_place(struct loader *l, const char *path, const char *key)
{
    const struct yaml_node *n = node_of(l, path, key);

    return (struct scenario_place){ n ? n->line : 0, n ? n->column : 0 };
}

/* ---- single values ---- */

bool load_number(struct loader *l, const char *path, const char *key, const char *text, enum quantity_kind kind,
                 int64_t min, int64_t max, int64_t *value)
{
    if (!text) {
        return true;
    }
    return quantity_parse(kind, text, min, max, value, l->err) || load_place_problem(l, path, key);
}

bool load_u64(struct loader *l, const char *path, const char *key, const char *text, enum quantity_kind kind,
              int64_t min, int64_t max, uint64_t *value)
{
    int64_t v = 0;

    assert(min >= 0);
    if (!load_number(l, path, key, text, kind, min, max, &v)) {
        return false;
    }
    if (text) {
        *value = (uint64_t)v;
    }
    return true;
}

bool load_u32(struct loader *l, const char *path, const char *key, const char *text, enum quantity_kind kind,
              int64_t min, int64_t max, uint32_t *value)
{
    uint64_t v = 0;

    assert(max <= UINT32_MAX);
    if (!load_u64(l, path, key, text, kind, min, max, &v)) {
        return false;
    }
    if (text) {
        *value = (uint32_t)v;
    }
    return true;
}

bool load_bool(struct loader *l, const char *path, const char *key, const char *text, bool *value)
{
    if (!text) {
        return true;
    }
    return quantity_bool(text, value, l->err) || load_place_problem(l, path, key);
}

bool load_relation(struct loader *l, const char *path, const char *key, const char *text, enum quantity_kind kind,
                   struct scenario_number *number)
{
    static const struct {
        const char *sign;
        enum scenario_relation relation;
    } signs[] = {
        { ">=", SCENARIO_GE }, { "<=", SCENARIO_LE }, { ">", SCENARIO_GT }, { "<", SCENARIO_LT }, { "=", SCENARIO_EQ }
    };

    if (!text) {
        return true;
    }
    if (text[0] == '=' && (text[1] == '>' || text[1] == '<')) {
        return load_problem(l, path, key, "'%.40s': write \"%c=%.30s\"", text, text[1], text + 2);
    }
    number->relation = SCENARIO_EQ;
    for (unsigned i = 0; i < sizeof signs / sizeof signs[0]; i++) {
        if (!strncmp(text, signs[i].sign, strlen(signs[i].sign))) {
            number->relation = signs[i].relation;
            text += strlen(signs[i].sign);
            break;
        }
    }
    number->given = true;
    return load_u64(l, path, key, text, kind, 0, INT64_MAX, &number->value);
}

/* ---- data of memories ---- */

/* An image for the target, of whatever format; im: what a file that does not say is for. Free it with image_free(). */
static bool read_image(struct loader *l, const char *path, const char *file, enum image_memory im, struct image *image)
{
    const struct part *part = l->s->board.target.part;
    char full[PATH_MAX];
    struct problem why;

    if (!firmware_resolve(file, l->dir, full, sizeof full, l->err)) {
        return load_place_problem(l, path, "file");
    }
    const struct input_file *f = input_files_get(l->s->inputs, full, IMAGE_MAX_FILE_BYTES, NULL, &why);
    if (!f || !image_parse(image, full, (const uint8_t *)f->bytes, f->n, im, &why)) {
        return load_problem(l, path, "file", "%s", why.text);
    }
    if (!image_is_for(image, part->name, part->flash_bytes, l->err)) {
        image_free(image);
        return load_problem(l, path, "file", "'%.200s': %s (a hex file does not say: avr-objcopy -O ihex)", file,
                            l->err->text);
    }
    return true;
}

/* .signature holds the third byte first. Another one than the target's may be a sibling's: a note. */
static void note_signature(struct loader *l, const char *path, const char *file, const struct image *image)
{
    const struct part *part = l->s->board.target.part;
    const uint8_t *want = part->signature;
    struct scenario_place at = load_place(l, path, "file");
    uint8_t of[32]; /* newer binutils put .user_signatures right behind */
    char text[400];

    if (image_end(image, IMAGE_SIGNATURE) < 3 || image_end(image, IMAGE_SIGNATURE) > sizeof of ||
        !image_place(image, IMAGE_SIGNATURE, of, sizeof of, NULL, l->err) ||
        (of[2] == want[0] && of[1] == want[1] && of[0] == want[2])) {
        return;
    }
    snprintf(text, sizeof text, "%.150s:%u: the .signature of '%.100s' is %02X %02X %02X, the target's %02X %02X %02X",
             l->s->path, at.line, file, of[2], of[1], of[0], want[0], want[1], want[2]);
    load_note(l, text);
}

static bool data_fits(struct loader *l, const char *path, const char *file, const struct image *image,
                      enum prog_memory m, uint32_t size)
{
    uint32_t end = image_end(image, m == PROG_FLASH ? IMAGE_FLASH : IMAGE_EEPROM);
    bool empty = true;

    for (unsigned k = 0; k < IMAGE_MEMORIES; k++) {
        empty = empty && !image->memory[k].n;
    }
    if (!end && !empty) {
        return load_problem(l, path, "file", "'%.200s' holds nothing for the %s", file, prog_memory_name(m));
    }
    return end <= size ||
           load_problem(l, path, "file",
                        "'%.200s' ends at 0x%" PRIX32 ", behind the %s of this part (0x%" PRIX32 " bytes)", file, end,
                        prog_memory_name(m), size);
}

static bool data_from_file(struct loader *l, const char *path, const char *file, enum prog_memory m, uint32_t size,
                           struct scenario_data *d)
{
    enum image_memory im = m == PROG_FLASH ? IMAGE_FLASH : IMAGE_EEPROM;
    struct image image;
    struct problem why;
    bool ok;

    if (!read_image(l, path, file, im, &image)) {
        return false;
    }
    ok = data_fits(l, path, file, &image, m, size);
    if (ok) {
        note_signature(l, path, file, &image);
        d->what = load_keep_text(l, file);
        d->offset = 0;
        d->n = image_end(&image, im);
        d->bytes = load_keep(l, d->n);
        d->given = load_keep(l, d->n);
        memset(d->bytes, 0xFF, d->n);
        for (unsigned i = 0; i < image.n_notes; i++) {
            load_note(l, image.notes[i]);
        }
        image_place(&image, im, d->bytes, d->n, d->given, &why);
    }
    image_free(&image);
    return ok;
}

/* Bytes of one memory into out[]. False: it has more than there is room for. */
static bool take_bytes(const struct image *image, enum image_memory im, unsigned room, int *out)
{
    uint8_t bytes[8] = { 0 }, given[8] = { 0 };
    struct problem ignored;

    if (image_end(image, im) > room || !image_place(image, im, bytes, room, given, &ignored)) {
        return false;
    }
    for (unsigned i = 0; i < room; i++) {
        out[i] = given[i] ? bytes[i] : out[i];
    }
    return true;
}

bool load_fuses_of_file(struct loader *l, const char *path, const char *file, int out[4])
{
    const struct part *part = l->s->board.target.part;
    struct image image;
    bool ok;

    if (!read_image(l, path, file, IMAGE_FUSES, &image)) {
        return false;
    }
    if (!image_end(&image, IMAGE_FUSES) && !image_end(&image, IMAGE_LOCK)) {
        ok = load_problem(l, path, "file", "'%.200s' has neither .fuse nor .lock", file);
    } else {
        ok = (take_bytes(&image, IMAGE_FUSES, part->n_fuses, out) &&
              take_bytes(&image, IMAGE_LOCK, 1, &out[PROG_LOCK])) ||
             load_problem(l, path, "file", "'%.200s' has more fuse bytes than the %s (%u)", file, part->title,
                          part->n_fuses);
    }
    image_free(&image);
    return ok;
}

bool load_note_sections(struct loader *l, const char *path, const char *file, const bool said[])
{
    static const struct {
        enum image_memory memory;
        const char *section, *key;
    } others[] = { { IMAGE_EEPROM, ".eeprom", "board.target.eeprom" },
                   { IMAGE_FUSES, ".fuse", "board.target.fuses" },
                   { IMAGE_LOCK, ".lock", "board.target.fuses" } };
    struct image image;
    char text[400];

    if (!read_image(l, path, file, IMAGE_FLASH, &image)) {
        return false;
    }
    for (unsigned i = 0; i < sizeof others / sizeof others[0]; i++) {
        if (image_end(&image, others[i].memory) && !said[others[i].memory]) {
            struct scenario_place at = load_place(l, path, "file");

            snprintf(text, sizeof text, "%.150s:%u: the %s of '%.100s' is not on the chip: %s: {file: ...} takes it",
                     l->s->path, at.line, others[i].section, file, others[i].key);
            load_note(l, text);
        }
    }
    image_free(&image);
    return true;
}

bool load_bytes(struct loader *l, const char *path, const char *key, const char *text, bool wild, int **bytes,
                unsigned *n)
{
    unsigned digits = 0;

    *n = 0;
    if (!text) {
        return true;
    }
    for (const char *p = text; *p; p++) {
        if (p[0] == '0' && p[1] == 'x') {
            p++;
        } else {
            digits += strchr(" ,\n", *p) == NULL;
        }
    }
    *n = (digits + 1) / 2;
    *bytes = load_keep(l, (*n + 1) * sizeof **bytes);
    return quantity_hex_bytes(text, *bytes, *n, wild, l->err) || load_place_problem(l, path, key);
}

static bool data_from_hex(struct loader *l, const char *path, const char *hex, struct scenario_data *d)
{
    int *values = NULL;
    unsigned n;

    if (!load_bytes(l, path, "hex", hex, false, &values, &n)) {
        return false;
    }
    if (!n) {
        return load_problem(l, path, "hex", "there are no bytes");
    }
    d->n = n;
    d->bytes = load_keep(l, n);
    for (unsigned i = 0; i < n; i++) {
        d->bytes[i] = (uint8_t)values[i];
    }
    d->what = "hex bytes";
    return true;
}

/* Random bytes of a number; with ff_runs about a third lies in runs of FF of up to 300 bytes. */
static void fill_random(uint8_t *bytes, uint32_t n, uint64_t number, bool ff_runs)
{
    struct sim_rng rng = sim_rng_stream(number, "scenario data");

    for (uint32_t i = 0; i < n; i++) {
        bytes[i] = (uint8_t)sim_rng_next(&rng);
    }
    for (uint32_t i = 0; ff_runs && i < n;) {
        uint32_t run = (uint32_t)sim_rng_below(&rng, 300) + 1;

        if (run > n - i) {
            run = n - i;
        }
        if (sim_rng_below(&rng, 3) == 0) {
            memset(bytes + i, 0xFF, run);
        }
        i += run;
    }
}

/* Which keys of a memory's data go together. */
static bool data_keys_fit(struct loader *l, const char *path, const struct raw_data *raw, bool must_have_bytes)
{
    unsigned ways = (raw->file != NULL) + (raw->hex != NULL) + (raw->random != NULL) + (raw->fill != NULL);

    if (ways > 1 || (must_have_bytes && ways == 0)) {
        return load_problem(l, path, NULL, "give one of: file, hex, random, fill");
    }
    if (raw->random && raw->random->length && raw->length) {
        return load_problem(l, path, "length", "the length is given twice, here and with random");
    }
    if (raw->ff_runs && !raw->random) {
        return load_problem(l, path, "ff_runs", "ff_runs goes with random");
    }
    if ((raw->file || raw->hex) && raw->length) {
        return load_problem(l, path, "length", "the length is that of the %s", raw->file ? "file" : "bytes");
    }
    if (raw->file && raw->offset) {
        return load_problem(l, path, "offset", "the file says itself where its bytes go");
    }
    if (raw->random && !raw->random->seed) {
        return load_problem(l, path, "random", "random needs a seed: random: {seed: 1, length: 1024}");
    }
    return true;
}

/* d->n bytes. */
static bool data_from_random(struct loader *l, const char *path, const struct raw_data *raw, struct scenario_data *d)
{
    uint64_t seed = 0;
    bool ff_runs = false;
    char text[80];

    if (!load_u64(l, path, "random.seed", raw->random->seed, QUANTITY_COUNT, 0, INT64_MAX, &seed) ||
        !load_bool(l, path, "ff_runs", raw->ff_runs, &ff_runs) ||
        !load_bool(l, path, "random.ff_runs", raw->random->ff_runs, &ff_runs)) {
        return false;
    }
    d->bytes = load_keep(l, d->n);
    fill_random(d->bytes, d->n, seed, ff_runs);
    snprintf(text, sizeof text, "random %" PRIu64, seed);
    d->what = load_keep_text(l, text);
    return true;
}

static bool data_from_fill(struct loader *l, const char *path, const char *byte, struct scenario_data *d)
{
    uint32_t fill = 0;
    char text[80];

    if (!load_u32(l, path, "fill", byte, QUANTITY_COUNT, 0, 255, &fill)) {
        return false;
    }
    d->bytes = load_keep(l, d->n);
    memset(d->bytes, (int)fill, d->n);
    snprintf(text, sizeof text, "0x%02X", fill);
    d->what = load_keep_text(l, text);
    return true;
}

static bool data_from_raw(struct loader *l, const char *path, const struct raw_data *raw, enum prog_memory m,
                          bool must_have_bytes, struct scenario_data *d)
{
    const struct part *part = l->s->board.target.part;
    uint32_t size = m == PROG_FLASH ? part->flash_bytes : part->eeprom_bytes, room;

    if (!data_keys_fit(l, path, raw, must_have_bytes) ||
        !load_u32(l, path, "offset", raw->offset, QUANTITY_BYTES, 0, (int64_t)size - 1, &d->offset)) {
        return false;
    }
    if (raw->file) {
        return data_from_file(l, path, raw->file, m, size, d);
    }
    room = size - d->offset;
    if (raw->hex) {
        return data_from_hex(l, path, raw->hex, d) &&
               (d->n <= room || load_problem(l, path, "hex", "%u bytes from 0x%X on don't fit the %s (0x%X bytes)",
                                             d->n, d->offset, prog_memory_name(m), size));
    }
    d->n = room;
    if (!load_u32(l, path, "length", raw->length, QUANTITY_BYTES, 1, room, &d->n) ||
        (raw->random && !load_u32(l, path, "random.length", raw->random->length, QUANTITY_BYTES, 1, room, &d->n))) {
        return false;
    }
    return raw->random ? data_from_random(l, path, raw, d) : !raw->fill || data_from_fill(l, path, raw->fill, d);
}

/* ---- the same data in several places ---- */

struct load_data_once {
    struct load_data_once *next;
    const char *key;
    enum prog_memory m;
    struct scenario_data data;
};

/* What the bytes follow from, besides the memory; "": not worth remembering. */
static const char *key_of(const struct raw_data *raw, char *to, size_t size)
{
    const struct raw_random none = { 0 }, *r = raw->random ? raw->random : &none;
    const char *texts[] = {
        raw->file, raw->fill, r->seed, r->length, r->ff_runs, raw->ff_runs, raw->offset, raw->length
    };
    size_t n = 0;

    to[0] = '\0';
    for (unsigned i = 0; !raw->hex && n < size && i < sizeof texts / sizeof texts[0]; i++) {
        n += (size_t)snprintf(to + n, size - n, "%s|", texts[i] ? texts[i] : "");
    }
    if (n >= size) {
        to[0] = '\0';
    }
    return to;
}

bool load_data(struct loader *l, const char *path, const struct raw_data *raw, enum prog_memory m, bool must_have_bytes,
               struct scenario_data *d)
{
    char text[PATH_MAX + 200];
    const char *key = key_of(raw, text, sizeof text);

    for (const struct load_data_once *k = l->data; *key && k; k = k->next) {
        if (k->m == m && !strcmp(k->key, key)) {
            *d = k->data;
            return true;
        }
    }
    if (!data_from_raw(l, path, raw, m, must_have_bytes, d)) {
        return false;
    }
    if (d->bytes) {
        l->data_bytes += d->given ? 2 * d->n : d->n;
        if (l->data_bytes > SCENARIO_MAX_DATA_BYTES) {
            return load_problem(l, path, NULL, "with this the scenario has more than %u MiB of data",
                                SCENARIO_MAX_DATA_BYTES >> 20);
        }
    }
    if (*key && d->bytes) {
        struct load_data_once *k = load_keep(l, sizeof *k);

        *k = (struct load_data_once){ l->data, load_keep_text(l, key), m, *d };
        l->data = k;
    }
    return true;
}
