/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "harness/scenario.h"

#include "harness/firmware_path.h"
#include "harness/host_stk500v1.h"
#include "harness/scenario_load.h"
#include "mcu/image.h"
#include "sim/rng.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_SCENARIO_BYTES 1000000

/* ---- memory of a scenario ---- */

struct scenario_memory {
    struct scenario_memory *next;
    max_align_t bytes[];
};

void *load_keep(struct loader *l, size_t n)
{
    struct scenario_memory *m = calloc(1, sizeof *m + n);

    if (!m)
        abort(); /* out of memory */
    m->next = l->s->memory;
    l->s->memory = m;
    return m->bytes;
}

const char *load_keep_text(struct loader *l, const char *text)
{
    size_t n = strlen(text) + 1;

    return memcpy(load_keep(l, n), text, n);
}

void scenario_free(struct scenario *s)
{
    if (!s)
        return;
    while (s->memory) {
        struct scenario_memory *next = s->memory->next;

        free(s->memory);
        s->memory = next;
    }
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

bool load_number(struct loader *l, const char *path, const char *key, const char *text,
                 enum quantity_kind kind, int64_t min, int64_t max, int64_t *value)
{
    if (!text)
        return true;
    return quantity_parse(kind, text, min, max, value, l->err) || load_place_problem(l, path, key);
}

bool load_u64(struct loader *l, const char *path, const char *key, const char *text, enum quantity_kind kind,
              int64_t min, int64_t max, uint64_t *value)
{
    int64_t v = 0;

    assert(min >= 0);
    if (!load_number(l, path, key, text, kind, min, max, &v))
        return false;
    if (text)
        *value = (uint64_t)v;
    return true;
}

bool load_u32(struct loader *l, const char *path, const char *key, const char *text, enum quantity_kind kind,
              int64_t min, int64_t max, uint32_t *value)
{
    uint64_t v = 0;

    assert(max <= UINT32_MAX);
    if (!load_u64(l, path, key, text, kind, min, max, &v))
        return false;
    if (text)
        *value = (uint32_t)v;
    return true;
}

bool load_bool(struct loader *l, const char *path, const char *key, const char *text, bool *value)
{
    if (!text)
        return true;
    return quantity_bool(text, value, l->err) || load_place_problem(l, path, key);
}

bool load_relation(struct loader *l, const char *path, const char *key, const char *text,
                   enum quantity_kind kind, struct scenario_number *number)
{
    static const struct {
        const char *sign;
        enum scenario_relation relation;
    } signs[] = { { ">=", SCENARIO_GE }, { "<=", SCENARIO_LE }, { ">", SCENARIO_GT },
                  { "<", SCENARIO_LT },  { "=", SCENARIO_EQ } };

    if (!text)
        return true;
    number->relation = SCENARIO_EQ;
    for (unsigned i = 0; i < sizeof signs / sizeof signs[0]; i++)
        if (!strncmp(text, signs[i].sign, strlen(signs[i].sign))) {
            number->relation = signs[i].relation;
            text += strlen(signs[i].sign);
            break;
        }
    number->given = true;
    return load_u64(l, path, key, text, kind, 0, INT64_MAX, &number->value);
}

/* ---- data of memories ---- */

static bool data_from_file(struct loader *l, const char *path, const char *file, enum prog_memory m,
                           uint32_t size, struct scenario_data *d)
{
    enum image_memory im = m == PROG_FLASH ? IMAGE_FLASH : IMAGE_EEPROM;
    char full[PATH_MAX];
    struct image image;
    struct image_error ierr;
    uint32_t end;

    if (!firmware_resolve(file, l->dir, full, sizeof full, l->err))
        return load_place_problem(l, path, "file");
    if (image_load(&image, full, im, &ierr) != 0)
        return load_problem(l, path, "file", "%s", ierr.text);
    end = image_end(&image, im);
    if (!end) {
        image_free(&image);
        return load_problem(l, path, "file", "'%.200s' holds nothing for the %s", file, prog_memory_name(m));
    }
    if (end > size) {
        image_free(&image);
        return load_problem(l, path, "file", "'%.200s' ends at 0x%" PRIX32 ", behind the %s of this part (0x%" PRIX32
                            " bytes)", file, end, prog_memory_name(m), size);
    }
    d->what = load_keep_text(l, file);
    d->offset = 0;
    d->n = end;
    d->bytes = load_keep(l, end);
    d->given = load_keep(l, end);
    memset(d->bytes, 0xFF, end);
    image_place(&image, im, d->bytes, end, d->given, &ierr);
    image_free(&image);
    return true;
}

static bool data_from_hex(struct loader *l, const char *path, const char *hex, struct scenario_data *d)
{
    unsigned digits = 0, n;
    int *values;

    for (const char *p = hex; *p; p++)
        digits += strchr(" ,\n", *p) == NULL;
    n = digits / 2;
    if (!n)
        return load_problem(l, path, "hex", "there are no bytes");
    values = load_keep(l, n * sizeof *values);
    if (!quantity_hex_bytes(hex, values, n, false, l->err))
        return load_place_problem(l, path, "hex");
    d->n = n;
    d->bytes = load_keep(l, n);
    for (unsigned i = 0; i < n; i++)
        d->bytes[i] = (uint8_t)values[i];
    d->what = "hex bytes";
    return true;
}

/* Random bytes of a number; with ff_runs about a third lies in runs of FF of up to 300 bytes. */
static void fill_random(uint8_t *bytes, uint32_t n, uint64_t number, bool ff_runs)
{
    struct sim_rng rng = sim_rng_stream(number, "scenario data");

    for (uint32_t i = 0; i < n; i++)
        bytes[i] = (uint8_t)sim_rng_next(&rng);
    for (uint32_t i = 0; ff_runs && i < n;) {
        uint32_t run = (uint32_t)sim_rng_below(&rng, 300) + 1;

        if (run > n - i)
            run = n - i;
        if (sim_rng_below(&rng, 3) == 0)
            memset(bytes + i, 0xFF, run);
        i += run;
    }
}

bool load_data(struct loader *l, const char *path, const struct raw_data *raw, enum prog_memory m,
               bool must_have_bytes, struct scenario_data *d)
{
    const struct part *part = l->s->board.target.part;
    uint32_t size = m == PROG_FLASH ? part->flash_bytes : part->eeprom_bytes, n = 0;
    unsigned ways = (raw->file != NULL) + (raw->hex != NULL) + (raw->random != NULL) + (raw->fill != NULL);
    uint64_t number = 0;
    uint32_t fill = 0;
    bool ff_runs = false;
    char text[80];

    if (ways > 1 || (must_have_bytes && ways == 0))
        return load_problem(l, path, NULL, "give one of: file, hex, random, fill");
    if (!load_u32(l, path, "offset", raw->offset, QUANTITY_BYTES, 0, (int64_t)size - 1, &d->offset))
        return false;
    n = size - d->offset;
    if (!load_u32(l, path, "length", raw->length, QUANTITY_BYTES, 1, n, &n))
        return false;
    if (raw->ff_runs && !raw->random)
        return load_problem(l, path, "ff_runs", "ff_runs goes with random");
    if ((raw->file || raw->hex) && raw->length)
        return load_problem(l, path, "length", "the length is that of the %s", raw->file ? "file" : "bytes");
    if (raw->file) {
        if (raw->offset)
            return load_problem(l, path, "offset", "the file says itself where its bytes go");
        return data_from_file(l, path, raw->file, m, size, d);
    }
    if (raw->hex) {
        if (!data_from_hex(l, path, raw->hex, d))
            return false;
        if (d->n > size - d->offset)
            return load_problem(l, path, "hex", "%u bytes from 0x%X on don't fit the %s (0x%X bytes)", d->n,
                                d->offset, prog_memory_name(m), size);
        return true;
    }
    if (!load_u64(l, path, "random", raw->random, QUANTITY_COUNT, 0, INT64_MAX, &number) ||
        !load_u32(l, path, "fill", raw->fill, QUANTITY_COUNT, 0, 255, &fill) ||
        !load_bool(l, path, "ff_runs", raw->ff_runs, &ff_runs))
        return false;
    d->n = n;
    if (ways == 0)
        return true;
    d->bytes = load_keep(l, n);
    if (raw->random) {
        fill_random(d->bytes, n, number, ff_runs);
        snprintf(text, sizeof text, "random %" PRIu64, number);
    } else {
        memset(d->bytes, (int)fill, n);
        snprintf(text, sizeof text, "0x%02X", fill);
    }
    d->what = load_keep_text(l, text);
    return true;
}

/* ---- the board ---- */

bool load_fuses(struct loader *l, const char *path, const struct raw_fuses *raw, int out[4])
{
    const struct part *part = l->s->board.target.part;
    const char *const text[4] = { raw->low, raw->high, raw->ext, raw->lock };
    static const char *const key[4] = { "low", "high", "ext", "lock" };

    for (unsigned i = 0; i < 4; i++)
        out[i] = -1;
    if (raw->preset) {
        struct fuse_bytes b;

        if (!fuse_preset(part, raw->preset, &b))
            return load_problem(l, path, "preset", "'%.40s' is no preset of the %s (`limpet fuses` lists them)",
                                raw->preset, part->title);
        for (unsigned i = 0; i < part->n_fuses; i++)
            out[i] = b.fuse[i];
    }
    for (unsigned i = 0; i < 4; i++) {
        uint32_t v;

        if (!text[i])
            continue;
        if (i < PROG_LOCK && i >= part->n_fuses)
            return load_problem(l, path, key[i], "the %s has no such fuse byte", part->title);
        if (!load_u32(l, path, key[i], text[i], QUANTITY_COUNT, 0, 255, &v))
            return false;
        out[i] = (int)v;
    }
    return true;
}

bool load_clock(struct loader *l, const char *path, const struct raw_clock *raw, struct scenario_clock *clock)
{
    *clock = (struct scenario_clock){ .kind = SCENARIO_CLOCK_NOTHING };
    if (raw->crystal && raw->wave)
        return load_problem(l, path, "wave", "a crystal and a wave can't both be on the pins");
    if (raw->pin && !raw->wave)
        return load_problem(l, path, "pin", "pin says where a wave goes; a crystal takes both");
    if (raw->crystal)
        clock->kind = SCENARIO_CLOCK_CRYSTAL;
    if (raw->wave)
        clock->kind = SCENARIO_CLOCK_WAVE;
    if (raw->pin) {
        clock->on_xtal2 = !strcmp(raw->pin, "xtal2");
        if (!clock->on_xtal2 && strcmp(raw->pin, "xtal1"))
            return load_problem(l, path, "pin", "'%.40s' is neither xtal1 nor xtal2", raw->pin);
    }
    return load_u64(l, path, "crystal", raw->crystal, QUANTITY_FREQ_MILLIHZ, 1000000, 40000000000, &clock->f_millihz) &&
           load_u64(l, path, "wave", raw->wave, QUANTITY_FREQ_MILLIHZ, 1, 40000000000, &clock->f_millihz);
}

static bool is_uno_pin(const char *text)
{
    unsigned n;

    if (strncmp(text, "uno.", 4))
        return false;
    text += 4;
    if ((text[0] != 'D' && text[0] != 'A') || text[1] < '0' || text[1] > '9')
        return false;
    n = (unsigned)(text[1] - '0');
    if (text[2]) {
        if (text[1] == '0' || text[2] < '0' || text[2] > '9' || text[3])
            return false;
        n = n * 10 + (unsigned)(text[2] - '0');
    }
    return n <= (text[0] == 'D' ? 13 : 5);
}

bool load_wires(struct loader *l, const char *path, const struct raw_pins *raw, struct scenario_wire **wires,
                unsigned *n)
{
    if (!raw)
        return true;
    *wires = load_keep(l, RAW_PINS * sizeof **wires);
    for (unsigned i = 0; i < RAW_PINS; i++) {
        const char *to = raw->pin[i];
        struct scenario_wire *w = &(*wires)[*n];

        if (!to)
            continue;
        if (strcmp(to, "open") && strcmp(to, "gnd") && strcmp(to, "vcc") && !is_uno_pin(to))
            return load_problem(l, path, raw_pin_names[i],
                                "'%.40s' is not where a wire can go: uno.D0 .. uno.D13, uno.A0 .. uno.A5, gnd, "
                                "vcc or open", to);
        w->pin = raw_pin_names[i];
        w->to = strcmp(to, "open") ? load_keep_text(l, to) : NULL;
        w->place = load_place(l, path, raw_pin_names[i]);
        (*n)++;
    }
    return true;
}

static bool load_pulls(struct loader *l, const char *path, const struct raw_pins *raw, bool up)
{
    struct scenario_board *b = &l->s->board;

    if (!raw)
        return true;
    for (unsigned i = 0; i < RAW_PINS; i++) {
        uint64_t milliohm;

        if (!raw->pin[i])
            continue;
        if (!load_u64(l, path, raw_pin_names[i], raw->pin[i], QUANTITY_MOHM, 100000, 10000000000, &milliohm))
            return false;
        b->pulls[b->n_pulls++] = (struct scenario_pull){ raw_pin_names[i], up, (uint32_t)(milliohm / 1000),
                                                         load_place(l, path, raw_pin_names[i]) };
    }
    return true;
}

static bool load_ppm(struct loader *l, const char *key, const char *text, int64_t min, int32_t *ppm)
{
    int64_t v = *ppm;

    if (!load_number(l, "board.target", key, text, QUANTITY_PPM, min, 500000, &v))
        return false;
    *ppm = (int32_t)v;
    return true;
}

/* Names and ranges are those of sim/switches.h, so they are read from the tree. */
static bool load_switches(struct loader *l, struct target_switches *sw)
{
    static const char at[] = "board.target.switches";
    const struct yaml_node *map = yaml_find(&l->tree, at);

    *sw = target_switches_default();
    if (!map)
        return true;
    if (map->kind != YAML_MAP)
        return load_problem(l, at, NULL, "expected names of switches with numbers");
    for (const struct yaml_node *n = map->first; n; n = n->next) {
        const struct target_switch_info *info = NULL;
        int64_t v = 0;

        for (unsigned i = 0; i < TARGET_SWITCHES && !info; i++)
            if (!strcmp(target_switch_info((enum target_switch)i)->name, n->key))
                info = target_switch_info((enum target_switch)i);
        if (!info) {
            char known[700] = "";

            for (unsigned i = 0; i < TARGET_SWITCHES; i++)
                snprintf(known + strlen(known), sizeof known - strlen(known), "%s%s", i ? ", " : "",
                         target_switch_info((enum target_switch)i)->name);
            return yaml_problem(&l->tree, n, l->err, "there is no switch '%.40s'; known: %s", n->key, known);
        }
        if (n->kind != YAML_SCALAR)
            return yaml_problem(&l->tree, n, l->err, "expected a number for '%.40s'", n->key);
        if (!quantity_parse(QUANTITY_COUNT, n->text, info->min, info->max, &v, l->err))
            return load_place_problem(l, at, n->key);
        target_switch_set(sw, n->key, (int32_t)v);
    }
    return true;
}

static bool load_target(struct loader *l, const struct raw_target *raw)
{
    static const char at[] = "board.target";
    struct scenario_target *t = &l->s->board.target;
    int32_t spread = 0, spread128 = 0;
    uint32_t calibration = 0;
    int fuses[4];

    t->part = part_find("atmega328p");
    t->calibration = -1;
    if (raw && raw->part) {
        t->part = part_find(raw->part);
        if (!t->part) {
            char names[300] = "";

            for (unsigned i = 0; part_at(i); i++)
                snprintf(names + strlen(names), sizeof names - strlen(names), "%s%s", i ? ", " : "",
                         part_at(i)->name);
            return load_problem(l, at, "part", "there is no part '%.40s'; known: %s", raw->part, names);
        }
    }
    t->fuses = fuse_factory(t->part);
    if (!load_switches(l, &t->switches))
        return false;
    if (!raw)
        return true;
    if (raw->fuses) {
        if (!load_fuses(l, "board.target.fuses", raw->fuses, fuses))
            return false;
        for (unsigned i = 0; i < 3; i++)
            if (fuses[i] >= 0)
                t->fuses.fuse[i] = (uint8_t)fuses[i];
        if (fuses[PROG_LOCK] >= 0)
            t->fuses.lock = (uint8_t)fuses[PROG_LOCK];
    }
    if (raw->clock && !load_clock(l, "board.target.clock", raw->clock, &t->clock))
        return false;
    if (raw->flash && !load_data(l, "board.target.flash", raw->flash, PROG_FLASH, true, &t->flash))
        return false;
    if (raw->eeprom && !load_data(l, "board.target.eeprom", raw->eeprom, PROG_EEPROM, true, &t->eeprom))
        return false;
    if (!load_u32(l, at, "calibration", raw->calibration, QUANTITY_COUNT, 0, 255, &calibration) ||
        !load_ppm(l, "rc_deviation", raw->rc_deviation, -500000, &t->rc_ppm) ||
        !load_ppm(l, "rc_spread", raw->rc_spread, 0, &spread) ||
        !load_ppm(l, "rc128k_deviation", raw->rc128k_deviation, -500000, &t->rc128k_ppm) ||
        !load_ppm(l, "rc128k_spread", raw->rc128k_spread, 0, &spread128))
        return false;
    t->rc_spread_ppm = (uint32_t)spread;
    t->rc128k_spread_ppm = (uint32_t)spread128;
    if (raw->calibration)
        t->calibration = (int)calibration;
    return true;
}

static bool load_script(struct loader *l, const char *path, const struct raw_script *raw,
                        struct scenario_script *s)
{
    const struct part *part = l->s->board.target.part;
    uint64_t f_millihz = 100000000; /* 100 kHz */
    const int64_t long_ps = 100 * (int64_t)SIM_S;
    bool ok;

    *s = (struct scenario_script){
        .t_reset_pulse_ps = 200 * SIM_US,
        .t_enter_ps = 25 * SIM_MS,
        .tries = 3,
        /* the minimum waits of the datasheet and a tenth more */
        .t_wait_flash_ps = part->t_wd_flash_us * SIM_US * 11 / 10,
        .t_wait_eeprom_ps = part->t_wd_eeprom_us * SIM_US * 11 / 10,
        .t_wait_erase_ps = part->t_wd_erase_us * SIM_US * 11 / 10,
        .t_wait_fuse_ps = part->t_wd_fuse_us * SIM_US * 11 / 10,
    };
    if (raw && !load_u64(l, path, "sck", raw->sck, QUANTITY_FREQ_MILLIHZ, 1000, 20000000000, &f_millihz))
        return false;
    s->sck_hz = f_millihz / 1000;
    s->t_high_ps = s->t_low_ps = 500 * SIM_S / f_millihz;
    s->t_mosi_hold_ps = SIM_NEVER; /* with the fall */
    s->floating_high = true;
    if (!raw)
        return true;
    ok = load_u64(l, path, "sck_high", raw->sck_high, QUANTITY_TIME_PS, 1000, long_ps, &s->t_high_ps) &&
         load_u64(l, path, "sck_low", raw->sck_low, QUANTITY_TIME_PS, 1000, long_ps, &s->t_low_ps) &&
         load_u64(l, path, "mosi_hold", raw->mosi_hold, QUANTITY_TIME_PS, 0, long_ps, &s->t_mosi_hold_ps) &&
         load_u64(l, path, "reset_pulse", raw->reset_pulse, QUANTITY_TIME_PS, 0, long_ps, &s->t_reset_pulse_ps) &&
         load_u64(l, path, "enter_wait", raw->enter_wait, QUANTITY_TIME_PS, 0, long_ps, &s->t_enter_ps) &&
         load_u32(l, path, "tries", raw->tries, QUANTITY_COUNT, 0, 100, &s->tries) &&
         load_bool(l, path, "poll", raw->poll, &s->poll) &&
         load_bool(l, path, "floating_high", raw->floating_high, &s->floating_high) &&
         load_u64(l, path, "flash_wait", raw->flash_wait, QUANTITY_TIME_PS, 0, long_ps, &s->t_wait_flash_ps) &&
         load_u64(l, path, "eeprom_wait", raw->eeprom_wait, QUANTITY_TIME_PS, 0, long_ps, &s->t_wait_eeprom_ps) &&
         load_u64(l, path, "erase_wait", raw->erase_wait, QUANTITY_TIME_PS, 0, long_ps, &s->t_wait_erase_ps) &&
         load_u64(l, path, "fuse_wait", raw->fuse_wait, QUANTITY_TIME_PS, 0, long_ps, &s->t_wait_fuse_ps);
    if (!ok)
        return false;
    if (raw->mosi_hold && s->t_mosi_hold_ps >= s->t_high_ps + s->t_low_ps)
        return load_problem(l, path, "mosi_hold", "MOSI must change before the next rise of SCK");
    return true;
}

static bool load_stimulus(struct loader *l, const struct raw_stimulus *raw, struct scenario_stimulus *s)
{
    static const char at[] = "board.programmer.stimulus";
    char full[PATH_MAX];

    if (!raw->file)
        return load_problem(l, at, NULL, "the key 'file' is missing");
    if (!firmware_resolve(raw->file, l->dir, full, sizeof full, l->err))
        return load_place_problem(l, at, "file");
    s->file = load_keep_text(l, full);
    s->place = load_place(l, at, "file");
    if (!raw->map)
        return load_problem(l, at, NULL, "the key 'map' is missing: which net each signal drives, such as "
                            "map: {sck: SCK, mosi: MOSI, reset: RST}");
    s->map = load_keep(l, RAW_SIGNALS * sizeof *s->map);
    for (unsigned i = 0; i < RAW_SIGNALS; i++)
        if (raw->map->signal[i]) {
            s->map[s->n_map].signal = load_keep_text(l, raw->map->signal[i]);
            s->map[s->n_map++].net = raw_signal_names[i];
        }
    if (!s->n_map)
        return load_problem(l, at, "map", "the map is empty");
    return true;
}

/* What goes with host: stk500v2 only. */
static bool load_stk500v2(struct loader *l, const struct raw_programmer *raw, struct scenario_stk500v2 *o)
{
    static const char at[] = "board.programmer";
    uint64_t f_millihz = 0;
    bool is_off = false, is_bool;
    struct problem no_matter;

    if (!load_u64(l, at, "sck_period", raw->sck_period, QUANTITY_TIME_PS, SIM_NS, SIM_S, &o->sck_period_ps) ||
        !load_bool(l, at, "careful", raw->careful, &o->careful))
        return false;
    if (!raw->recovery_clock)
        return true;
    is_bool = quantity_bool(raw->recovery_clock, &is_off, &no_matter);
    if (is_bool && is_off)
        return load_problem(l, at, "recovery_clock", "recovery_clock is off or a frequency (1 MHz by itself)");
    if (!is_bool && !load_u64(l, at, "recovery_clock", raw->recovery_clock, QUANTITY_FREQ_MILLIHZ, 15000,
                              3686400000, &f_millihz))
        return false;
    o->clock_given = true;
    o->clock_hz = (uint32_t)(f_millihz / 1000);
    return true;
}

static bool load_host(struct loader *l, const struct raw_programmer *raw, struct scenario_programmer *p)
{
    static const char at[] = "board.programmer";
    bool v2 = raw->host && !strcmp(raw->host, "stk500v2");

    if (raw->host && !v2 && strcmp(raw->host, "stk500v1") && strcmp(raw->host, HOST_STK500V1_AVRDUDE_71))
        return load_problem(l, at, "host", "there is no host '%.40s'; known: stk500v1, stk500v2, %s", raw->host,
                            HOST_STK500V1_AVRDUDE_71);
    if (raw->host && !v2)
        p->host = load_keep_text(l, raw->host);
    if (!v2 && (raw->sck_period || raw->recovery_clock || raw->careful))
        return load_problem(l, at, raw->sck_period ? "sck_period" : raw->recovery_clock ? "recovery_clock" : "careful",
                            "sck_period, recovery_clock and careful go with host: stk500v2");
    if (v2) {
        p->host = "stk500v2";
        p->baud = 115200;
        return load_stk500v2(l, raw, &p->stk500v2);
    }
    return true;
}

static bool load_programmer(struct loader *l, const struct raw_programmer *raw)
{
    static const char at[] = "board.programmer";
    struct scenario_programmer *p = &l->s->board.programmer;
    unsigned kinds = raw ? (raw->firmware != NULL) + (raw->script != NULL) + (raw->stimulus != NULL) : 0;

    p->place = load_place(l, at, NULL);
    p->baud = 19200;
    p->floating_high = true;
    p->host = "stk500v1";
    if (!raw || kinds == 0) { /* no programmer named: the usual one */
        p->kind = SCENARIO_PROGRAMMER_FIRMWARE;
        p->firmware = "arduinoisp";
    }
    if (!raw)
        return true;
    if (kinds > 1)
        return load_problem(l, at, NULL, "a board has one programmer: firmware, script or stimulus");
    if ((raw->script || raw->stimulus) && (raw->host || raw->baud || raw->auto_reset))
        return load_problem(l, at, raw->host ? "host" : raw->baud ? "baud" : "auto_reset",
                            "host, baud and auto_reset go with firmware");
    if (raw->firmware) {
        char full[PATH_MAX];

        p->kind = SCENARIO_PROGRAMMER_FIRMWARE;
        /* A plain word is a built-in image: bench_new() finds it, since --firmware may replace it. */
        if (strpbrk(raw->firmware, "./")) {
            if (!firmware_resolve(raw->firmware, l->dir, full, sizeof full, l->err))
                return load_place_problem(l, at, "firmware");
            p->firmware = load_keep_text(l, full);
        } else {
            p->firmware = load_keep_text(l, raw->firmware);
        }
    }
    if (raw->script) {
        p->kind = SCENARIO_PROGRAMMER_SCRIPT;
        return load_script(l, "board.programmer.script", raw->script, &p->script);
    }
    if (raw->stimulus) {
        p->kind = SCENARIO_PROGRAMMER_STIMULUS;
        return load_stimulus(l, raw->stimulus, &p->stimulus);
    }
    return load_host(l, raw, p) &&
           load_u32(l, at, "baud", raw->baud, QUANTITY_COUNT, 300, 2000000, &p->baud) &&
           load_bool(l, at, "auto_reset", raw->auto_reset, &p->auto_reset) &&
           load_bool(l, at, "floating_high", raw->floating_high, &p->floating_high);
}

static bool load_board(struct loader *l, const struct raw_board *raw)
{
    struct scenario_board *b = &l->s->board;

    b->vcc_mv = 5000;
    b->power_on = true;
    b->pulls = load_keep(l, 2 * RAW_PINS * sizeof *b->pulls);
    return (!raw || (load_u32(l, "board", "vcc", raw->vcc, QUANTITY_MV, 0, 6000, &b->vcc_mv) &&
                     load_bool(l, "board", "power", raw->power, &b->power_on))) &&
           load_target(l, raw ? raw->target : NULL) && load_programmer(l, raw ? raw->programmer : NULL) &&
           (!raw || (load_wires(l, "board.wiring", raw->wiring, &b->wires, &b->n_wires) &&
                     load_pulls(l, "board.pull_ups", raw->pull_ups, true) &&
                     load_pulls(l, "board.pull_downs", raw->pull_downs, false)));
}

/* ---- the rest ---- */

bool scenario_net_known(const char *name)
{
    static const char *const others[] = { "miso_oe", "vcc", "txd", "rxd" };

    for (unsigned i = 0; i < RAW_PINS; i++)
        if (!strcmp(name, raw_pin_names[i]))
            return true;
    for (unsigned i = 0; i < sizeof others / sizeof others[0]; i++)
        if (!strcmp(name, others[i]))
            return true;
    return is_uno_pin(name);
}

static bool load_record(struct loader *l, const struct raw_scenario *raw)
{
    static const char *const usual[] = { "reset", "sck", "mosi", "miso", "miso_oe", "vcc", NULL };
    char path[40];

    if (!raw->record) {
        l->s->record = memcpy(load_keep(l, sizeof usual), usual, sizeof usual);
        return true;
    }
    l->s->record = load_keep(l, (raw->record_count + 1) * sizeof *l->s->record);
    for (unsigned i = 0; i < raw->record_count; i++) {
        snprintf(path, sizeof path, "record[%u]", i);
        if (!scenario_net_known(raw->record[i]))
            return load_problem(l, path, NULL, "there is no net '%.40s'; known: reset, sck, mosi, miso, miso_oe, "
                                "xtal1, xtal2, vcc, txd, rxd, pb0 .. pd7, uno.D0 .. uno.A5", raw->record[i]);
        l->s->record[i] = load_keep_text(l, raw->record[i]);
    }
    return true;
}

static bool load_all(struct loader *l, const struct raw_scenario *raw)
{
    struct scenario *s = l->s;
    const char *base = strrchr(s->path, '/');
    char name[128];

    snprintf(name, sizeof name, "%s", base ? base + 1 : s->path);
    if (strrchr(name, '.') && strrchr(name, '.') != name)
        *strrchr(name, '.') = '\0';
    s->name = load_keep_text(l, raw->name ? raw->name : name);
    s->description = raw->description ? load_keep_text(l, raw->description) : "";
    s->seed = 1;
    for (unsigned i = 0; i < 4; i++)
        s->expect.fuses.value[i] = -1;
    return load_u64(l, "", "seed", raw->seed, QUANTITY_COUNT, 0, INT64_MAX, &s->seed) && load_board(l, raw->board) &&
           load_script(l, "reader", raw->reader, &s->reader) && load_record(l, raw) && load_steps(l, raw) &&
           (!raw->expect || load_expect(l, "expect", raw->expect, &s->expect));
}

/* "findings: none" is an empty list, and a rule's name alone stands for {rule: name}. */
static void short_findings(struct yaml_node *expect)
{
    for (struct yaml_node *n = expect ? expect->first : NULL; n; n = n->next) {
        if (!n->key || strcmp(n->key, "findings"))
            continue;
        if (n->kind == YAML_SCALAR && !strcmp(n->text, "none"))
            n->kind = YAML_LIST;
        for (struct yaml_node *f = n->first; n->kind == YAML_LIST && f; f = f->next)
            if (f->kind == YAML_SCALAR)
                yaml_wrap(f, "rule");
    }
}

static void allow_short_forms(struct yaml_tree *t)
{
    struct yaml_node *steps = yaml_find(t, "steps");

    short_findings(yaml_find(t, "expect"));
    for (struct yaml_node *step = steps && steps->kind == YAML_LIST ? steps->first : NULL; step; step = step->next)
        for (struct yaml_node *n = step->first; n; n = n->next)
            if (n->key && !strcmp(n->key, "expect"))
                short_findings(n);
}

struct scenario *scenario_load_text(const char *path, const char *text, size_t n,
                                    const struct scenario_set *sets, unsigned n_sets, struct problem *err)
{
    struct loader l = { .err = err };
    char dir[PATH_MAX];
    void *raw = NULL;
    bool ok;

    l.s = calloc(1, sizeof *l.s);
    if (!l.s)
        abort(); /* out of memory */
    l.s->path = load_keep_text(&l, path);
    snprintf(dir, sizeof dir, "%s", path);
    if (strrchr(dir, '/'))
        *strrchr(dir, '/') = '\0';
    else
        dir[0] = '\0';
    l.dir = dir;
    ok = yaml_tree_parse(&l.tree, l.s->path, text, n, err);
    for (unsigned i = 0; ok && i < n_sets; i++)
        ok = yaml_set(&l.tree, sets[i].path, sets[i].value, err);
    if (ok)
        allow_short_forms(&l.tree);
    ok = ok && yaml_load(&l.tree, &raw_scenario_schema, &raw, err) && load_all(&l, raw);
    yaml_unload(&raw_scenario_schema, raw);
    yaml_tree_free(&l.tree);
    if (!ok) {
        scenario_free(l.s);
        return NULL;
    }
    return l.s;
}

struct scenario *scenario_load(const char *path, const struct scenario_set *sets, unsigned n_sets,
                               struct problem *err)
{
    FILE *f = fopen(path, "rb");
    struct scenario *s = NULL;
    char *text;
    size_t n;

    if (!f) {
        problem_set(err, "%s: %s", path, strerror(errno));
        return NULL;
    }
    text = malloc(MAX_SCENARIO_BYTES + 1);
    if (!text)
        abort(); /* out of memory */
    n = fread(text, 1, MAX_SCENARIO_BYTES + 1, f);
    if (ferror(f))
        problem_set(err, "%s: %s", path, strerror(errno));
    else if (n > MAX_SCENARIO_BYTES)
        problem_set(err, "%s: larger than %u bytes, that is no scenario", path, MAX_SCENARIO_BYTES);
    else
        s = scenario_load_text(path, text, n, sets, n_sets, err);
    fclose(f);
    free(text);
    return s;
}

struct scenario *scenario_default(struct problem *err)
{
    static const char text[] = "name: bench\n"
                               "board:\n"
                               "  target: {part: atmega328p}\n"
                               "  programmer: {firmware: arduinoisp, auto_reset: yes}\n";

    return scenario_load_text("(built-in scenario)", text, sizeof text - 1, NULL, 0, err);
}

const char *prog_memory_name(enum prog_memory m)
{
    return m == PROG_FLASH ? "flash" : "eeprom";
}

const char *prog_fuse_name(enum prog_fuse f)
{
    static const char *const names[] = { "lfuse", "hfuse", "efuse", "lock" };

    return names[f];
}
