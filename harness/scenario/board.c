/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The `board` of a scenario: target, programmer, wires. */
#include "harness/base/firmware_path.h"
#include "harness/parts/part_types.h"
#include "harness/scenario/circuits.h"
#include "harness/scenario/load.h"
#include "harness/serial/serial_line.h"
#include "sim/clock_model.h"

#include <ctype.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

/* ---- the target and its wires ---- */

bool load_fuses(struct loader *l, const char *path, const struct raw_fuses *raw, bool to_compare, int out[4])
{
    const struct part *part = l->s->board.target.part;
    const char *const text[4] = { raw->low, raw->high, raw->ext, raw->lock };
    static const char *const key[4] = { "low", "high", "ext", "lock" };

    for (unsigned i = 0; i < 4; i++) {
        out[i] = -1;
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

    if (!load_number(l, "board.target", key, text, QUANTITY_PPM, min, 500000, &v)) {
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

/* Names and ranges are those of sim/switches.h, so they are read from the tree. */
static bool load_switches(struct loader *l, const char *at, struct target_switches *sw)
{
    const struct yaml_node *map = yaml_find(&l->tree, at);

    *sw = target_switches_default();
    if (!map) {
        return true;
    }
    if (map->kind != YAML_MAP) {
        return load_problem(l, at, NULL, "expected names of switches with numbers");
    }
    for (const struct yaml_node *n = map->first; n; n = n->next) {
        const struct target_switch_info *info = NULL;
        int64_t v = 0;

        for (unsigned i = 0; i < TARGET_SWITCHES && !info; i++) {
            if (!strcmp(target_switch_info((enum target_switch)i)->name, n->key)) {
                info = target_switch_info((enum target_switch)i);
            }
        }
        if (!info) {
            char known[1200] = "";

            for (unsigned i = 0; i < TARGET_SWITCHES; i++) {
                snprintf(known + strlen(known), sizeof known - strlen(known), "%s%s", i ? ", " : "",
                         target_switch_info((enum target_switch)i)->name);
            }
            return yaml_problem(&l->tree, n, l->err, "there is no switch '%.40s'; known: %s", n->key, known);
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
            return load_place_problem(l, at, n->key);
        }
        target_switch_set(sw, n->key, (int32_t)v);
    }
    return true;
}

static bool load_adapter(struct loader *l, const char *path, const char *text, struct adapter *adapter)
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
    static const char at[] = "board.target.uart";

    uart->given = true;
    uart->place = load_place(l, "board.target", "uart");
    if (!load_u32(l, at, "baud", raw->baud, QUANTITY_COUNT, SERIAL_MIN_BAUD, SERIAL_MAX_BAUD, &uart->baud) ||
        !load_bool(l, at, "auto_reset", raw->auto_reset, &uart->auto_reset) ||
        !load_adapter(l, at, raw->adapter, &uart->adapter) ||
        !load_uart_pin(l, part, "rx", raw->rx, "pd0", &uart->rx) ||
        !load_uart_pin(l, part, "tx", raw->tx, "pd1", &uart->tx)) {
        return false;
    }
    return strcmp(uart->rx, uart->tx) != 0 || load_problem(l, at, NULL, "rx and tx are the same pin");
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

static bool load_target(struct loader *l, const struct raw_target *raw)
{
    static const char at[] = "board.target";
    struct scenario_target *t = &l->s->board.target;
    int32_t spread = 0, spread128 = 0;
    uint32_t calibration = 0, osccal_nominal = 0;
    int fuses[4];

    t->part = part_find("atmega328p");
    t->calibration = t->osccal_nominal = -1;
    if (raw && raw->part) {
        t->part = part_find(raw->part);
        if (!t->part) {
            char names[PART_NAMES_SIZE];

            return load_problem(l, at, "part", "there is no part '%.40s'; known: %s", raw->part, part_names(names));
        }
    }
    if (raw && raw->signature && !load_signature(l, raw->signature, &t->part)) {
        return false;
    }
    t->fuses = fuse_factory(t->part);
    if (!load_switches(l, "board.target.switches", &t->switches)) {
        return false;
    }
    if (!raw) {
        return true;
    }
    if (raw->fuses) {
        if (!load_fuses(l, "board.target.fuses", raw->fuses, false, fuses)) {
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
    }
    if (raw->clock && !load_clock(l, "board.target.clock", raw->clock, &t->clock)) {
        return false;
    }
    t->uart.baud = 115200;
    if (raw->uart && !load_uart(l, raw->uart, t->part, &t->uart)) {
        return false;
    }
    if (raw->flash && !load_data(l, "board.target.flash", raw->flash, PROG_FLASH, true, &t->flash)) {
        return false;
    }
    if (raw->eeprom && !load_data(l, "board.target.eeprom", raw->eeprom, PROG_EEPROM, true, &t->eeprom)) {
        return false;
    }
    if (!load_u32(l, at, "calibration", raw->calibration, QUANTITY_COUNT, 0, 255, &calibration) ||
        !load_u32(l, at, "osccal_nominal", raw->osccal_nominal, QUANTITY_COUNT, 0, 255, &osccal_nominal) ||
        !load_ppm(l, "rc_deviation", raw->rc_deviation, -500000, &t->rc_ppm) ||
        !load_ppm(l, "rc_spread", raw->rc_spread, 0, &spread) ||
        !load_ppm(l, "rc128k_deviation", raw->rc128k_deviation, -500000, &t->rc128k_ppm) ||
        !load_ppm(l, "rc128k_spread", raw->rc128k_spread, 0, &spread128)) {
        return false;
    }
    t->rc_spread_ppm = (uint32_t)spread;
    t->rc128k_spread_ppm = (uint32_t)spread128;
    if (raw->calibration) {
        t->calibration = (int)calibration;
    }
    if (raw->osccal_nominal) {
        t->osccal_nominal = (int)osccal_nominal;
    }
    return true;
}

bool load_script(struct loader *l, const char *path, const struct raw_script *raw, struct scripted_config *s)
{
    const struct part *part = l->s->board.target.part;
    uint64_t f_millihz = 100000000; /* 100 kHz */
    const int64_t long_ps = 100 * (int64_t)SIM_S;
    bool ok;

    *s = (struct scripted_config){
        .t_reset_pulse_ps = 200 * SIM_US,
        .t_enter_ps = 25 * SIM_MS,
        .tries = 3,
        .waits = isp_waits_of(part),
    };
    if (raw && !load_u64(l, path, "sck", raw->sck, QUANTITY_FREQ_MILLIHZ, 1000, 20000000000, &f_millihz)) {
        return false;
    }
    s->sck_hz = f_millihz / 1000;
    s->t_high_ps = s->t_low_ps = 500 * SIM_S / f_millihz;
    s->t_mosi_hold_ps = SIM_NEVER; /* with the fall */
    s->floating_high = true;
    if (!raw) {
        return true;
    }
    ok = load_u64(l, path, "sck_high", raw->sck_high, QUANTITY_TIME_PS, 1000, long_ps, &s->t_high_ps) &&
         load_u64(l, path, "sck_low", raw->sck_low, QUANTITY_TIME_PS, 1000, long_ps, &s->t_low_ps) &&
         load_u64(l, path, "mosi_hold", raw->mosi_hold, QUANTITY_TIME_PS, 0, long_ps, &s->t_mosi_hold_ps) &&
         load_u64(l, path, "reset_pulse", raw->reset_pulse, QUANTITY_TIME_PS, 0, long_ps, &s->t_reset_pulse_ps) &&
         load_u64(l, path, "enter_wait", raw->enter_wait, QUANTITY_TIME_PS, 0, long_ps, &s->t_enter_ps) &&
         load_u32(l, path, "tries", raw->tries, QUANTITY_COUNT, 0, 100, &s->tries) &&
         load_bool(l, path, "poll", raw->poll, &s->poll) &&
         load_bool(l, path, "floating_high", raw->floating_high, &s->floating_high) &&
         load_u64(l, path, "flash_wait", raw->flash_wait, QUANTITY_TIME_PS, 0, long_ps, &s->waits.flash_ps) &&
         load_u64(l, path, "eeprom_wait", raw->eeprom_wait, QUANTITY_TIME_PS, 0, long_ps, &s->waits.eeprom_ps) &&
         load_u64(l, path, "erase_wait", raw->erase_wait, QUANTITY_TIME_PS, 0, long_ps, &s->waits.erase_ps) &&
         load_u64(l, path, "fuse_wait", raw->fuse_wait, QUANTITY_TIME_PS, 0, long_ps, &s->waits.fuse_ps);
    if (!ok) {
        return false;
    }
    if (raw->mosi_hold && s->t_mosi_hold_ps >= s->t_high_ps + s->t_low_ps) {
        return load_problem(l, path, "mosi_hold", "MOSI must change before the next rise of SCK");
    }
    return true;
}

static bool load_stimulus(struct loader *l, const struct raw_stimulus *raw, struct stimulus_config *s)
{
    static const char at[] = "board.programmer.stimulus";
    char full[PATH_MAX];

    if (!raw->file) {
        return load_problem(l, at, NULL, "the key 'file' is missing");
    }
    if (!firmware_resolve(raw->file, l->dir, full, sizeof full, l->err)) {
        return load_place_problem(l, at, "file");
    }
    s->file = load_keep_text(l, full);
    s->place = load_place(l, at, "file");
    return true;
}

/* What goes with some hosts only. */
static bool load_host_settings(struct loader *l, const struct raw_programmer *raw, struct host_settings *o)
{
    static const char at[] = "board.programmer";
    uint64_t f_millihz = 0;
    bool is_off = false, is_bool;
    struct problem ignored;

    if (!load_u64(l, at, "sck_period", raw->sck_period, QUANTITY_TIME_PS, SIM_NS, SIM_S, &o->sck_period_ps) ||
        !load_bool(l, at, "careful", raw->careful, &o->careful)) {
        return false;
    }
    if (!raw->recovery_clock) {
        return true;
    }
    is_bool = quantity_bool(raw->recovery_clock, &is_off, &ignored);
    if (is_bool && is_off) {
        return load_problem(l, at, "recovery_clock", "recovery_clock is off or a frequency (1 MHz by itself)");
    }
    if (!is_bool &&
        !load_u64(l, at, "recovery_clock", raw->recovery_clock, QUANTITY_FREQ_MILLIHZ, 15000, 3686400000, &f_millihz)) {
        return false;
    }
    o->clock_given = true;
    o->clock_hz = (uint32_t)(f_millihz / 1000);
    return true;
}

/* One of our own firmware images says what it speaks. */
static void host_of_firmware(struct programmer_config *p)
{
    const struct firmware_row *row = firmware_row_of(p->firmware);

    p->host = host_row_of(row ? row->host : host_rows[0].name);
    p->baud = row ? row->baud : p->host->baud;
    p->host_known = row != NULL;
}

void scenario_set_firmware(struct scenario *s, const char *firmware)
{
    struct programmer_config *p = &s->board.programmer;

    if (!programmer_is_firmware(p)) {
        return;
    }
    p->firmware = firmware;
    p->place = (struct scenario_place){ 0, 0 };
    if (firmware_row_of(firmware)) {
        host_of_firmware(p);
    } else if (!p->host_in_file) {
        p->host_known = false;
    }
}

static bool load_host(struct loader *l, const struct raw_programmer *raw, struct programmer_config *p)
{
    static const char at[] = "board.programmer";
    const struct host_row *row = raw->host ? host_row_of(raw->host) : p->host;
    char names[200];

    if (!row) {
        return load_problem(l, at, "host", "there is no host '%.40s'; known: %s", raw->host,
                            host_row_names(false, names, sizeof names));
    }
    if (!firmware_row_of(p->firmware)) {
        p->baud = row->baud;
    }
    p->host = row;
    p->host_in_file = raw->host != NULL;
    p->host_known |= p->host_in_file;
    if (!row->has_settings && (raw->sck_period || raw->recovery_clock || raw->careful)) {
        return load_problem(l, at,
                            raw->sck_period       ? "sck_period"
                            : raw->recovery_clock ? "recovery_clock"
                                                  : "careful",
                            "sck_period, recovery_clock and careful go with host: %s",
                            host_row_names(true, names, sizeof names));
    }
    return !row->has_settings || load_host_settings(l, raw, &p->host_settings);
}

/* ArduinoISP as it is built for each board (firmware/meson.build). */
static const char *arduinoisp_for(const char *board)
{
    static const struct {
        const char *board, *image;
    } rows[] = { { "diecimila", "arduinoisp_diecimila" }, { "ng", "arduinoisp_ng" } };

    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (!strcmp(rows[i].board, board)) {
            return rows[i].image;
        }
    }
    return "arduinoisp";
}

static bool load_programmer(struct loader *l, const struct raw_programmer *raw)
{
    static const char at[] = "board.programmer";
    struct programmer_config *p = &l->s->board.programmer;
    bool circuit = raw && (raw->miniframe || raw->usb);
    unsigned kinds = raw ? (raw->firmware != NULL) + (raw->script != NULL) + (raw->miniframe != NULL) +
                               (raw->usb != NULL) + (raw->stimulus && !circuit)
                         : 0;

    p->place = load_place(l, at, NULL);
    p->floating_high = true;
    if (!load_switches(l, "board.programmer.switches", &p->switches)) {
        return false;
    }
    p->host = &host_rows[0]; /* the front end's too, where there is no firmware */
    p->baud = p->host->baud;
    p->host_known = true;
    p->adapter = adapter_16u2; /* an Uno's; its ATmega16U2 */
    if (!raw || kinds == 0) {  /* no programmer named: the usual one */
        p->type = &programmer_mcu;
        p->firmware = arduinoisp_for(l->s->board.programmer.row->name);
    }
    if (!raw) {
        return true;
    }
    if (kinds > 1) {
        return load_problem(l, at, NULL, "a board has one programmer: firmware, script, stimulus, miniframe or usb");
    }
    if ((raw->script || raw->stimulus || circuit) && (raw->host || raw->baud || raw->auto_reset || raw->adapter)) {
        return load_problem(l, at,
                            raw->host         ? "host"
                            : raw->baud       ? "baud"
                            : raw->auto_reset ? "auto_reset"
                                              : "adapter",
                            "host, baud, auto_reset and adapter go with firmware");
    }
    if (raw->firmware) {
        char full[PATH_MAX];

        p->type = &programmer_mcu;
        p->place = load_place(l, at, "firmware");
        /* A plain word is a built-in image: board_new() finds it, since --firmware may replace it. */
        if (strpbrk(raw->firmware, "./")) {
            if (!firmware_resolve(raw->firmware, l->dir, full, sizeof full, l->err)) {
                return load_place_problem(l, at, "firmware");
            }
            p->firmware = load_keep_text(l, full);
        } else {
            p->firmware = load_keep_text(l, raw->firmware);
        }
        host_of_firmware(p);
    }
    if (raw->script) {
        p->type = &programmer_script;
        return load_script(l, "board.programmer.script", raw->script, &p->script);
    }
    if (circuit) {
        p->type = raw->usb ? &programmer_usb : &programmer_miniframe;
        p->circuit = load_keep(l, sizeof *p->circuit);
        return (raw->miniframe ? load_miniframe(l, raw->miniframe, p->circuit) : load_usb(l, raw->usb, p->circuit)) &&
               (!raw->stimulus || load_stimulus(l, raw->stimulus, &p->stimulus));
    }
    if (raw->stimulus) {
        p->type = &programmer_stimulus;
        return load_stimulus(l, raw->stimulus, &p->stimulus);
    }
    return load_host(l, raw, p) &&
           load_u32(l, at, "baud", raw->baud, QUANTITY_COUNT, SERIAL_MIN_BAUD, SERIAL_MAX_BAUD, &p->baud) &&
           load_bool(l, at, "auto_reset", raw->auto_reset, &p->auto_reset) &&
           load_adapter(l, at, raw->adapter, &p->adapter) &&
           load_bool(l, at, "floating_high", raw->floating_high, &p->floating_high);
}

static bool load_use(struct loader *l, const char *name, const struct mcu_board_row **row)
{
    char names[200] = "";

    if (!name) {
        return true;
    }
    *row = mcu_board_find(name);
    for (unsigned i = 0; mcu_board_at(i); i++) {
        snprintf(names + strlen(names), sizeof names - strlen(names), "%s%s", i ? ", " : "", mcu_board_at(i)->name);
    }
    return *row || load_problem(l, "board", "use", "there is no board '%.40s'; known: %s", name, names);
}

bool load_board(struct loader *l, const struct raw_board *raw)
{
    struct scenario_board *b = &l->s->board;
    uint64_t c_ff = 0;

    b->programmer.row = mcu_board_at(0);
    b->vcc_mv = 5000;
    b->power_on = true;
    if (raw && (!load_use(l, raw->use, &b->programmer.row) ||
                !load_u32(l, "board", "vcc", raw->vcc, QUANTITY_MV, 0, 6000, &b->vcc_mv) ||
                !load_bool(l, "board", "power", raw->power, &b->power_on))) {
        return false;
    }
    if (!load_target(l, raw ? raw->target : NULL) || !load_programmer(l, raw ? raw->programmer : NULL) ||
        (raw &&
         !load_u64(l, "board", "reset_capacitor", raw->reset_capacitor, QUANTITY_FF, 1000, 1000000000000, &c_ff))) {
        return false;
    }
    b->target.has_reset_wire = c_ff != 0;
    if (!load_plan(l) || !load_stimulus_map(l)) {
        return false;
    }
    if (raw && (!load_leads(l, "board.wiring", raw->wiring, &b->wires, &b->n_wires) ||
                !load_pulls(l, "board.pull_ups", raw->pull_ups, true) ||
                !load_pulls(l, "board.pull_downs", raw->pull_downs, false))) {
        return false;
    }
    if (c_ff) {
        load_reset_capacitor(l, c_ff);
    }
    return load_reset_pull_ups(l);
}
