/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The `board.programmer` of a scenario: which kind, and its keys. */
#include "harness/base/firmware_path.h"
#include "harness/parts/part_types.h"
#include "harness/scenario/circuits.h"
#include "harness/scenario/load.h"
#include "harness/serial/serial_line.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

static const char at[] = "board.programmer";

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
         load_u64(l, path, "miso_look", raw->miso_look, QUANTITY_TIME_PS, 0, long_ps, &s->t_miso_look_ps) &&
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
    if (s->t_miso_look_ps > s->t_high_ps) {
        return load_problem(l, path, "miso_look", "MISO is looked at before SCK falls, or as it falls");
    }
    if (raw->mosi_hold && s->t_mosi_hold_ps >= s->t_high_ps + s->t_low_ps) {
        return load_problem(l, path, "mosi_hold", "MOSI must change before the next rise of SCK");
    }
    return true;
}

static bool load_stimulus(struct loader *l, const struct raw_stimulus *raw, struct stimulus_config *s)
{
    static const char path[] = "board.programmer.stimulus";
    char full[PATH_MAX];

    if (!raw->file) {
        return load_problem(l, path, NULL, "the key 'file' is missing");
    }
    if (!firmware_resolve(raw->file, l->dir, full, sizeof full, l->err)) {
        return load_place_problem(l, path, "file");
    }
    s->file = load_keep_text(l, full);
    s->place = load_place(l, path, "file");
    return true;
}

/* What goes with some hosts only. */
static bool load_host_settings(struct loader *l, const struct raw_programmer *raw, struct host_settings *o)
{
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
static void host_of_firmware(struct programmer_config *p, const struct part *target)
{
    const struct firmware_row *row = firmware_row_of(p->firmware);
    bool serial = row && row->serial_host && target->hv->serial;

    p->host = host_row_of(serial ? row->serial_host : row ? row->host : host_rows[0].name);
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
    const struct host_row *was = p->host;
    if (firmware_row_of(firmware)) {
        host_of_firmware(p, s->board.target.part);
        if (p->host_in_file && !strcmp(was->avrdude_c[0], p->host->avrdude_c[0])) {
            p->host = was; /* another manner of the same */
        }
    } else if (!p->host_in_file) {
        p->host_known = false;
    }
}

static bool load_host(struct loader *l, const struct raw_programmer *raw, struct programmer_config *p)
{
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
    if (raw->impatient && !row->can_hurry) {
        return load_problem(l, at, "impatient", "the host %s can't be impatient", row->name);
    }
    return load_bool(l, at, "impatient", raw->impatient, &p->host_settings.impatient) &&
           (!row->has_settings || load_host_settings(l, raw, &p->host_settings));
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

/* ---- the kinds ---- */

static bool load_firmware(struct loader *l, const struct raw_programmer *raw, struct programmer_config *p)
{
    char full[PATH_MAX];

    if (!raw->firmware) { /* the usual one */
        p->firmware = arduinoisp_for(p->row->name);
    } else {
        p->place = load_place(l, at, "firmware");
        /* A plain word is a built-in image: board_new() finds it, since --firmware may replace it. */
        if (!strpbrk(raw->firmware, "./")) {
            p->firmware = load_keep_text(l, raw->firmware);
        } else if (firmware_resolve(raw->firmware, l->dir, full, sizeof full, l->err)) {
            p->firmware = load_keep_text(l, full);
        } else {
            return load_place_problem(l, at, "firmware");
        }
        host_of_firmware(p, l->s->board.target.part);
    }
    return load_host(l, raw, p) &&
           load_u32(l, at, "baud", raw->baud, QUANTITY_COUNT, SERIAL_MIN_BAUD, SERIAL_MAX_BAUD, &p->baud) &&
           load_bool(l, at, "auto_reset", raw->auto_reset, &p->auto_reset) &&
           load_adapter(l, at, raw->adapter, &p->adapter) &&
           load_bool(l, at, "floating_high", raw->floating_high, &p->floating_high);
}

static bool load_scripted(struct loader *l, const struct raw_programmer *raw, struct programmer_config *p)
{
    return load_script(l, "board.programmer.script", raw->script, &p->script);
}

static bool load_recording(struct loader *l, const struct raw_programmer *raw, struct programmer_config *p)
{
    return load_stimulus(l, raw->stimulus, &p->stimulus);
}

/* Its keys are its row's, so they are read from the tree. */
static bool load_hv_script(struct loader *l, const struct raw_programmer *raw, struct programmer_config *p)
{
    const struct yaml_node *map = yaml_find(&l->tree, "board.programmer.hv_script");

    (void)raw;
    if (map->kind != YAML_MAP) {
        return yaml_problem(&l->tree, map, l->err, "expected keys of the scripted high-voltage programmer, or {}");
    }
    return load_part_keys(l, map, &programmer_hv_script, &p->hv_script);
}

/* With its host, or a recording that drives its lines. */
static bool load_circuit(struct loader *l, const struct raw_programmer *raw, struct programmer_config *p)
{
    p->circuit = load_keep(l, sizeof *p->circuit);
    return (raw->miniframe ? load_miniframe(l, raw->miniframe, p->circuit) : load_usb(l, raw->usb, p->circuit)) &&
           (!raw->stimulus || load_stimulus(l, raw->stimulus, &p->stimulus));
}

#define IN_TREE SIZE_MAX

/* A board has one of them: the first by itself, the last also beside those before it that have lines to drive. */
static const struct programmer_kind {
    const char *key;
    size_t at; /* in struct raw_programmer: a pointer, NULL when not given; IN_TREE: it is not there */
    const struct part_type *type;
    bool (*load)(struct loader *l, const struct raw_programmer *raw, struct programmer_config *p);
    bool has_port;  /* its host speaks through a serial port: keys of that go with it */
    bool has_lines; /* a recording can drive it */
} kinds[] = {
    { "firmware", offsetof(struct raw_programmer, firmware), &programmer_mcu, load_firmware, .has_port = true },
    { "script", offsetof(struct raw_programmer, script), &programmer_script, load_scripted, .has_port = false },
    { "hv_script", IN_TREE, &programmer_hv_script, load_hv_script, .has_port = false },
    { "miniframe", offsetof(struct raw_programmer, miniframe), &programmer_miniframe, load_circuit, .has_lines = true },
    { "usb", offsetof(struct raw_programmer, usb), &programmer_usb, load_circuit, .has_lines = true },
    { "stimulus", offsetof(struct raw_programmer, stimulus), &programmer_stimulus, load_recording, .has_port = false },
};

static bool is_given(struct loader *l, const struct raw_programmer *raw, const struct programmer_kind *kind)
{
    void *given;

    if (kind->at == IN_TREE) {
        char path[60];

        snprintf(path, sizeof path, "%s.%s", at, kind->key);
        return yaml_find(&l->tree, path);
    }
    memcpy(&given, (const char *)raw + kind->at, sizeof given);
    return given != NULL;
}

/* NULL: l->err says why. */
static const struct programmer_kind *kind_of(struct loader *l, const struct raw_programmer *raw)
{
    const unsigned n = sizeof kinds / sizeof kinds[0];
    const struct programmer_kind *found = NULL;
    char names[200] = "";

    for (unsigned i = 0; i < n; i++) {
        size_t len = strlen(names);

        snprintf(names + len, sizeof names - len, "%s%s", i == 0 ? "" : i + 1 < n ? ", " : " or ", kinds[i].key);
    }
    for (unsigned i = 0; i < n; i++) {
        bool drives_it = found && found->has_lines && kinds[i].load == load_recording;

        if (!is_given(l, raw, &kinds[i]) || drives_it) {
            continue;
        }
        if (found) {
            load_problem(l, at, kinds[i].key, "a board has one programmer: %s", names);
            return NULL;
        }
        found = &kinds[i];
    }
    return found ? found : &kinds[0];
}

static bool load_kind(struct loader *l, const struct raw_programmer *raw, struct programmer_config *p)
{
    const struct programmer_kind *kind = kind_of(l, raw);

    if (!kind) {
        return false;
    }
    if (!kind->has_port && (raw->host || raw->baud || raw->auto_reset || raw->adapter)) {
        return load_problem(l, at,
                            raw->host         ? "host"
                            : raw->baud       ? "baud"
                            : raw->auto_reset ? "auto_reset"
                                              : "adapter",
                            "host, baud, auto_reset and adapter go with firmware");
    }
    p->type = kind->type;
    return kind->load(l, raw, p);
}

bool load_programmer(struct loader *l, const struct raw_programmer *raw)
{
    static const struct raw_programmer none;
    struct programmer_config *p = &l->s->board.programmer;

    p->place = load_place(l, at, NULL);
    p->floating_high = true;
    p->host = &host_rows[0]; /* the front end's too, where there is no firmware */
    p->baud = p->host->baud;
    p->host_known = true;
    p->adapter = adapter_16u2; /* an Uno's; its ATmega16U2 */
    return load_switches(l, "board.programmer.switches", &p->switches) && load_kind(l, raw ? raw : &none, p);
}
