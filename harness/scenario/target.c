/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The `board.target` of a scenario: the chip, its clock, its serial port. */
#include "harness/scenario/load.h"
#include "harness/serial/serial_line.h"
#include "mcu/image.h"
#include "sim/clock_model.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

static const char at[] = "board.target";

bool load_fuses(struct loader *l, const char *path, const struct raw_fuses *raw, bool to_compare, int out[4])
{
    const struct part *part = l->s->board.target.part;
    const char *const text[4] = { raw->low, raw->high, raw->ext, raw->lock };
    static const char *const key[4] = { "low", "high", "ext", "lock" };

    for (unsigned i = 0; i < 4; i++) {
        out[i] = -1;
    }
    if (raw->preset && raw->file) {
        return load_problem(l, path, "file", "the fuses are given twice, by preset and by file");
    }
    if (raw->preset) {
        struct fuse_bytes b;

        if (!fuse_preset(part, raw->preset, &b)) {
            return load_problem(l, path, "preset", "'%.40s' is no preset of the %s (`limpet fuses` lists them)",
                                raw->preset, part->title);
        }
        if (to_compare) {
            b = fuse_as_read(part, &b);
        }
        for (unsigned i = 0; i < part->n_fuses; i++) {
            out[i] = b.fuse[i];
        }
    }
    if (raw->file && !load_fuses_of_file(l, path, raw->file, out)) {
        return false;
    }
    for (unsigned i = 0; i < 4; i++) {
        uint32_t v;

        if (!text[i]) {
            continue;
        }
        if (i < PROG_LOCK && i >= part->n_fuses) {
            return load_problem(l, path, key[i], "the %s has no such fuse byte", part->title);
        }
        if (!load_u32(l, path, key[i], text[i], QUANTITY_COUNT, 0, 255, &v)) {
            return false;
        }
        out[i] = (int)v;
    }
    return true;
}

static bool takes_rc(const struct part *part)
{
    const struct clock_layout *c = part->clocks;

    for (unsigned i = 0; i < 16; i++) {
        if (c->source[i].kind == CLOCK_EXTERNAL_RC ||
            (c->source_ckopt && c->source_ckopt[i].kind == CLOCK_EXTERNAL_RC)) {
            return true;
        }
    }
    return false;
}

bool load_clock(struct loader *l, const char *path, const struct raw_clock *raw, struct scenario_clock *clock)
{
    const struct part *part = l->s->board.target.part;

    *clock = (struct scenario_clock){ .kind = SCENARIO_CLOCK_NOTHING, .place = load_place(l, path, NULL) };
    if (raw->rc && !takes_rc(part)) {
        return load_problem(l, path, "rc", "the %s has no oscillator for R and C on XTAL1", part->title);
    }
    if (raw->crystal && raw->wave) {
        return load_problem(l, path, "wave", "a crystal and a wave can't both be on the pins");
    }
    if (raw->rc && (raw->crystal || raw->wave)) {
        return load_problem(l, path, "rc", "R and C on XTAL1 leave no place for a crystal or a wave");
    }
    if (raw->pin && !raw->wave) {
        return load_problem(l, path, "pin", "pin says where a wave goes; a crystal takes both");
    }
    if (raw->crystal) {
        clock->kind = SCENARIO_CLOCK_CRYSTAL;
    }
    if (raw->wave) {
        clock->kind = SCENARIO_CLOCK_WAVE;
    }
    if (raw->rc) {
        clock->kind = SCENARIO_CLOCK_RC;
    }
    if (raw->pin) {
        clock->on_xtal2 = !strcmp(raw->pin, "xtal2");
        if (!clock->on_xtal2 && strcmp(raw->pin, "xtal1")) {
            return load_problem(l, path, "pin", "'%.40s' is neither xtal1 nor xtal2", raw->pin);
        }
        if (clock->on_xtal2 && !part->pin_xtal2) {
            return load_problem(l, path, "pin", "the %s has no pin xtal2", part->title);
        }
    }
    return load_u64(l, path, "crystal", raw->crystal, QUANTITY_FREQ_MILLIHZ, 1000000, 40000000000, &clock->f_millihz) &&
           load_u64(l, path, "rc", raw->rc, QUANTITY_FREQ_MILLIHZ, 1000000, 40000000000, &clock->f_millihz) &&
           load_u64(l, path, "wave", raw->wave, QUANTITY_FREQ_MILLIHZ, 1, 40000000000, &clock->f_millihz);
}

static bool load_ppm(struct loader *l, const char *key, const char *text, int64_t min, int32_t *ppm)
{
    int64_t v = *ppm;

    if (!load_number(l, at, key, text, QUANTITY_PPM, min, 500000, &v)) {
        return false;
    }
    *ppm = (int32_t)v;
    return true;
}

static bool unknown_word(struct loader *l, const struct yaml_node *n, const struct target_switch_info *info)
{
    char known[200] = "";

    for (unsigned i = 0; info->words[i]; i++) {
        snprintf(known + strlen(known), sizeof known - strlen(known), "%s%s", i ? ", " : "", info->words[i]);
    }
    return yaml_problem(&l->tree, n, l->err, "'%.40s' is no value of %s; known: %s", n->text, info->name, known);
}

/* NULL: there is none of that name, and l->err lists them. */
static const struct target_switch_info *find_switch(struct loader *l, const struct yaml_node *n)
{
    char known[1600] = "";

    for (unsigned i = 0; i < TARGET_SWITCHES; i++) {
        const struct target_switch_info *info = target_switch_info((enum target_switch)i);

        if (!strcmp(info->name, n->key)) {
            return info;
        }
        snprintf(known + strlen(known), sizeof known - strlen(known), "%s%s", i ? ", " : "", info->name);
    }
    yaml_problem(&l->tree, n, l->err, "there is no switch '%.40s'; known: %s", n->key, known);
    return NULL;
}

/* Names and ranges are those of sim/switches.h, so they are read from the tree. */
bool load_switches(struct loader *l, const char *path, struct target_switches *sw)
{
    const struct yaml_node *map = yaml_find(&l->tree, path);

    *sw = target_switches_default();
    if (!map) {
        return true;
    }
    if (map->kind != YAML_MAP) {
        return load_problem(l, path, NULL, "expected names of switches with numbers");
    }
    for (const struct yaml_node *n = map->first; n; n = n->next) {
        const struct target_switch_info *info = find_switch(l, n);
        int64_t v = 0;

        if (!info) {
            return false;
        }
        if (n->kind != YAML_SCALAR) {
            return yaml_problem(&l->tree, n, l->err, "expected a number for '%.40s'", n->key);
        }
        if (info->words) {
            v = target_switch_word(info, n->text);
            if (v < 0) {
                return unknown_word(l, n, info);
            }
        } else if (!quantity_parse(QUANTITY_COUNT, n->text, info->min, info->max, &v, l->err)) {
            return load_place_problem(l, path, n->key);
        }
        target_switch_set(sw, n->key, (int32_t)v);
    }
    return true;
}

bool load_adapter(struct loader *l, const char *path, const char *text, struct adapter *adapter)
{
    return !text || adapter_parse(text, adapter, l->err) || load_place_problem(l, path, "adapter");
}

/* A pin of the target that the PC's serial adapter is on; text NULL: the one with the USART. */
static bool load_uart_pin(struct loader *l, const struct part *part, const char *key, const char *text,
                          const char *usart_pin, const char **pin)
{
    char lower[PART_PIN_NAME_SIZE], name[PART_PIN_NAME_SIZE], all[200] = "";

    if (!text && part_has_pin(part, usart_pin)) {
        *pin = usart_pin;
        return true;
    }
    if (!text) {
        return load_problem(l, "board.target.uart", NULL, "the %s has no USART: name the pins (rx: pb0, tx: pb1)",
                            part->title);
    }
    snprintf(lower, sizeof lower, "%s", text);
    for (char *p = lower; *p; p++) {
        *p = (char)tolower((unsigned char)*p);
    }
    if (strlen(text) < sizeof lower && part_has_pin(part, lower)) {
        *pin = load_keep_text(l, lower);
        return true;
    }
    for (unsigned i = 0; part_pin_name(part, i, name); i++) {
        snprintf(all + strlen(all), sizeof all - strlen(all), " %s", name);
    }
    return load_problem(l, "board.target.uart", key, "no pin \"%.40s\" of the %s; there are:%s", text, part->title,
                        all);
}

static bool load_uart(struct loader *l, const struct raw_uart *raw, const struct part *part, struct scenario_uart *uart)
{
    static const char path[] = "board.target.uart";

    uart->given = true;
    uart->place = load_place(l, "board.target", "uart");
    if (!load_u32(l, path, "baud", raw->baud, QUANTITY_COUNT, SERIAL_MIN_BAUD, SERIAL_MAX_BAUD, &uart->baud) ||
        !load_bool(l, path, "auto_reset", raw->auto_reset, &uart->auto_reset) ||
        !load_adapter(l, path, raw->adapter, &uart->adapter) ||
        !load_uart_pin(l, part, "rx", raw->rx, "pd0", &uart->rx) ||
        !load_uart_pin(l, part, "tx", raw->tx, "pd1", &uart->tx)) {
        return false;
    }
    return strcmp(uart->rx, uart->tx) != 0 || load_problem(l, path, NULL, "rx and tx are the same pin");
}

/* A relabelled chip, or a sibling that has no table of its own: the part with another signature. */
static bool load_signature(struct loader *l, const char *text, const struct part **part)
{
    struct part *own = load_keep(l, sizeof *own);
    int bytes[3];

    if (!quantity_hex_bytes(text, bytes, 3, false, l->err)) {
        return load_place_problem(l, "board.target", "signature");
    }
    *own = **part;
    for (unsigned i = 0; i < 3; i++) {
        own->signature[i] = (uint8_t)bytes[i];
    }
    *part = own;
    return true;
}

static bool load_part_of(struct loader *l, const struct raw_target *raw, const struct part **part)
{
    char names[PART_NAMES_SIZE];

    *part = part_find(raw->part ? raw->part : "atmega328p");
    if (!*part) {
        return load_problem(l, at, "part", "there is no part '%.40s'; known: %s", raw->part, part_names(names));
    }
    return !raw->signature || load_signature(l, raw->signature, part);
}

static bool load_starting_fuses(struct loader *l, const struct raw_fuses *raw, struct scenario_target *t)
{
    int fuses[4];

    t->fuses = fuse_factory(t->part);
    if (!raw) {
        return true;
    }
    if (!load_fuses(l, "board.target.fuses", raw, false, fuses)) {
        return false;
    }
    for (unsigned i = 0; i < 3; i++) {
        if (fuses[i] >= 0) {
            t->fuses.fuse[i] = (uint8_t)fuses[i];
        }
    }
    if (fuses[PROG_LOCK] >= 0) {
        t->fuses.lock = (uint8_t)fuses[PROG_LOCK];
    }
    return true;
}

/* A byte that may be left out: -1. */
static bool load_optional_byte(struct loader *l, const char *key, const char *text, int *byte)
{
    uint32_t value = 0;

    if (!load_u32(l, at, key, text, QUANTITY_COUNT, 0, 255, &value)) {
        return false;
    }
    *byte = text ? (int)value : -1;
    return true;
}

static bool load_oscillators(struct loader *l, const struct raw_target *raw, struct scenario_target *t)
{
    int32_t spread = 0, spread128 = 0;

    if (!load_u32(l, at, "worn", raw->worn, QUANTITY_COUNT, 0, 10000000, &t->worn) ||
        !load_optional_byte(l, "calibration", raw->calibration, &t->calibration) ||
        !load_optional_byte(l, "osccal_nominal", raw->osccal_nominal, &t->osccal_nominal) ||
        !load_ppm(l, "rc_deviation", raw->rc_deviation, -500000, &t->rc_ppm) ||
        !load_ppm(l, "rc_spread", raw->rc_spread, 0, &spread) ||
        !load_ppm(l, "rc128k_deviation", raw->rc128k_deviation, -500000, &t->rc128k_ppm) ||
        !load_ppm(l, "rc128k_spread", raw->rc128k_spread, 0, &spread128)) {
        return false;
    }
    t->rc_spread_ppm = (uint32_t)spread;
    t->rc128k_spread_ppm = (uint32_t)spread128;
    return true;
}

/* What the ELF of `flash:` holds for memories that the scenario says nothing of: it is not written there. */
static bool note_other_sections(struct loader *l, const struct raw_target *raw)
{
    const bool said[IMAGE_MEMORIES] = {
        [IMAGE_EEPROM] = raw->eeprom != NULL,
        [IMAGE_FUSES] = raw->fuses != NULL,
        [IMAGE_LOCK] = raw->fuses != NULL,
    };

    return load_note_sections(l, "board.target.flash", raw->flash->file, said);
}

bool load_target(struct loader *l, const struct raw_target *raw)
{
    static const struct raw_target none;
    struct scenario_target *t = &l->s->board.target;

    if (!raw) {
        raw = &none;
    }
    t->uart.baud = 115200;
    return load_part_of(l, raw, &t->part) && load_switches(l, "board.target.switches", &t->switches) &&
           load_starting_fuses(l, raw->fuses, t) &&
           (!raw->clock || load_clock(l, "board.target.clock", raw->clock, &t->clock)) &&
           (!raw->uart || load_uart(l, raw->uart, t->part, &t->uart)) &&
           (!raw->flash || load_data(l, "board.target.flash", raw->flash, PROG_FLASH, true, &t->flash)) &&
           (!raw->eeprom || load_data(l, "board.target.eeprom", raw->eeprom, PROG_EEPROM, true, &t->eeprom)) &&
           load_oscillators(l, raw, t) && (!raw->flash || !raw->flash->file || note_other_sections(l, raw));
}
