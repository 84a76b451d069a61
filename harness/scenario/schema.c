/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "harness/scenario/schema.h"

#include "harness/scenario/circuits.h"
#include "harness/scenario/step_type.h"

#include <assert.h>
#include <string.h>

const char *const raw_pin_names[RAW_PINS] = {
    "reset", "sck", "mosi", "miso", "xtal1", "xtal2", "clko", "pa0", "pa1", "pa2", "pa3", "pa4", "pa5",
    "pa6",   "pa7", "pb0",  "pb1",  "pb2",   "pb3",   "pb4",  "pb5", "pb6", "pb7", "pc0", "pc1", "pc2",
    "pc3",   "pc4", "pc5",  "pc6",  "pd0",   "pd1",   "pd2",  "pd3", "pd4", "pd5", "pd6", "pd7",
};

#define PIN(i, name) NAMED(raw_pins, name, pin[i])
const cyaml_schema_field_t raw_pins_fields[] = {
    PIN(0, "reset"), PIN(1, "sck"),  PIN(2, "mosi"), PIN(3, "miso"),  PIN(4, "xtal1"), PIN(5, "xtal2"), PIN(6, "clko"),
    PIN(7, "pa0"),   PIN(8, "pa1"),  PIN(9, "pa2"),  PIN(10, "pa3"),  PIN(11, "pa4"),  PIN(12, "pa5"),  PIN(13, "pa6"),
    PIN(14, "pa7"),  PIN(15, "pb0"), PIN(16, "pb1"), PIN(17, "pb2"),  PIN(18, "pb3"),  PIN(19, "pb4"),  PIN(20, "pb5"),
    PIN(21, "pb6"),  PIN(22, "pb7"), PIN(23, "pc0"), PIN(24, "pc1"),  PIN(25, "pc2"),  PIN(26, "pc3"),  PIN(27, "pc4"),
    PIN(28, "pc5"),  PIN(29, "pc6"), PIN(30, "pd0"), PIN(31, "pd1"),  PIN(32, "pd2"),  PIN(33, "pd3"),  PIN(34, "pd4"),
    PIN(35, "pd5"),  PIN(36, "pd6"), PIN(37, "pd7"), CYAML_FIELD_END,
};

static const cyaml_schema_field_t random_fields[] = {
    TEXT(raw_random, seed),
    TEXT(raw_random, length),
    TEXT(raw_random, ff_runs),
    CYAML_FIELD_END,
};

#define DATA_FIELDS                                                                                        \
    TEXT(raw_data, file), TEXT(raw_data, hex), MAP(raw_data, random, random_fields), TEXT(raw_data, fill), \
        TEXT(raw_data, offset), TEXT(raw_data, length), TEXT(raw_data, ff_runs)

static const cyaml_schema_field_t data_fields[] = { DATA_FIELDS, CYAML_FIELD_END };
const cyaml_schema_field_t raw_step_data_fields[] = { DATA_FIELDS, TEXT(raw_data, memory), CYAML_FIELD_END };
const cyaml_schema_field_t raw_read_fields[] = {
    TEXT(raw_data, memory),
    TEXT(raw_data, offset),
    TEXT(raw_data, length),
    CYAML_FIELD_END,
};

const cyaml_schema_field_t raw_fuses_fields[] = {
    TEXT(raw_fuses, preset), TEXT(raw_fuses, file), TEXT(raw_fuses, low), TEXT(raw_fuses, high),
    TEXT(raw_fuses, ext),    TEXT(raw_fuses, lock), CYAML_FIELD_END,
};

const cyaml_schema_field_t raw_clock_fields[] = {
    TEXT(raw_clock, crystal), TEXT(raw_clock, wave), TEXT(raw_clock, rc), TEXT(raw_clock, pin), CYAML_FIELD_END,
};

static const cyaml_schema_field_t uart_fields[] = {
    TEXT(raw_uart, baud), TEXT(raw_uart, auto_reset), TEXT(raw_uart, adapter),
    TEXT(raw_uart, rx),   TEXT(raw_uart, tx),         CYAML_FIELD_END,
};

static const cyaml_schema_field_t target_fields[] = {
    TEXT(raw_target, part),
    TEXT(raw_target, signature),
    MAP(raw_target, fuses, raw_fuses_fields),
    MAP(raw_target, flash, data_fields),
    MAP(raw_target, eeprom, data_fields),
    TEXT(raw_target, worn),
    TEXT(raw_target, calibration),
    TEXT(raw_target, osccal_nominal),
    TEXT(raw_target, rc_deviation),
    TEXT(raw_target, rc_spread),
    TEXT(raw_target, rc128k_deviation),
    TEXT(raw_target, rc128k_spread),
    CYAML_FIELD_IGNORE("switches", CYAML_FLAG_OPTIONAL), /* names are those of sim/switches.h */
    MAP(raw_target, clock, raw_clock_fields),
    MAP(raw_target, uart, uart_fields),
    CYAML_FIELD_END,
};

static const cyaml_schema_field_t script_fields[] = {
    TEXT(raw_script, sck),           TEXT(raw_script, sck_high),   TEXT(raw_script, sck_low),
    TEXT(raw_script, miso_look),     TEXT(raw_script, mosi_hold),  TEXT(raw_script, reset_pulse),
    TEXT(raw_script, enter_wait),    TEXT(raw_script, tries),      TEXT(raw_script, poll),
    TEXT(raw_script, floating_high), TEXT(raw_script, flash_wait), TEXT(raw_script, eeprom_wait),
    TEXT(raw_script, erase_wait),    TEXT(raw_script, fuse_wait),  CYAML_FIELD_END,
};

static const cyaml_schema_field_t stimulus_fields[] = {
    TEXT(raw_stimulus, file),
    CYAML_FIELD_IGNORE("map", CYAML_FLAG_OPTIONAL), /* any net of the board */
    CYAML_FIELD_END,
};

static const cyaml_schema_field_t programmer_fields[] = {
    TEXT(raw_programmer, firmware),
    TEXT(raw_programmer, host),
    TEXT(raw_programmer, baud),
    TEXT(raw_programmer, sck_period),
    TEXT(raw_programmer, recovery_clock),
    TEXT(raw_programmer, careful),
    TEXT(raw_programmer, impatient),
    TEXT(raw_programmer, auto_reset),
    TEXT(raw_programmer, adapter),
    CYAML_FIELD_IGNORE("switches", CYAML_FLAG_OPTIONAL), /* names are those of sim/switches.h */
    TEXT(raw_programmer, floating_high),
    MAP(raw_programmer, script, script_fields),
    CYAML_FIELD_IGNORE("hv_script", CYAML_FLAG_OPTIONAL), /* keys are those of its row */
    MAP(raw_programmer, stimulus, stimulus_fields),
    MAP(raw_programmer, miniframe, raw_miniframe_fields),
    MAP(raw_programmer, usb, raw_usb_fields),
    CYAML_FIELD_END,
};

static const cyaml_schema_field_t board_fields[] = {
    TEXT(raw_board, use),
    TEXT(raw_board, vcc),
    TEXT(raw_board, power),
    MAP(raw_board, target, target_fields),
    MAP(raw_board, programmer, programmer_fields),
    CYAML_FIELD_IGNORE("parts", CYAML_FLAG_OPTIONAL),   /* keys are those of harness/parts/part_types.h */
    CYAML_FIELD_IGNORE("wires", CYAML_FLAG_OPTIONAL),   /* names are the scenario's */
    CYAML_FIELD_IGNORE("devices", CYAML_FLAG_OPTIONAL), /* names are those of parts */
    MAP(raw_board, wiring, raw_pins_fields),
    MAP(raw_board, pull_ups, raw_pins_fields),
    MAP(raw_board, pull_downs, raw_pins_fields),
    TEXT(raw_board, reset_capacitor),
    TEXT(raw_board, high_voltage),
    CYAML_FIELD_END,
};

static const cyaml_schema_field_t finding_fields[] = {
    TEXT(raw_finding, rule),
    TEXT(raw_finding, count),
    CYAML_FIELD_END,
};
static const cyaml_schema_value_t finding_value = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct raw_finding, finding_fields),
};
static const cyaml_schema_field_t net_fields[] = {
    TEXT(raw_net, net),
    TEXT(raw_net, level),
    TEXT(raw_net, rises),
    TEXT(raw_net, falls),
    TEXT(raw_net, shortest_high),
    TEXT(raw_net, shortest_low),
    TEXT(raw_net, shortest_period),
    TEXT(raw_net, longest_high),
    TEXT(raw_net, longest_low),
    CYAML_FIELD_END,
};
static const cyaml_schema_value_t net_value = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct raw_net, net_fields),
};
static const cyaml_schema_field_t capture_fields[] = {
    TEXT(raw_capture, net),   TEXT(raw_capture, signal),        TEXT(raw_capture, within), TEXT(raw_capture, from),
    TEXT(raw_capture, until), TEXT(raw_capture, floating_high), CYAML_FIELD_END,
};
const cyaml_schema_field_t raw_expect_fields[] = {
    MAP(raw_expect, capture, capture_fields),
    CYAML_FIELD_IGNORE("margins", CYAML_FLAG_OPTIONAL), /* names are the checker's */
    LIST(raw_expect, findings, finding_value),
    LIST(raw_expect, nets, net_value),
    MAP(raw_expect, flash, data_fields),
    MAP(raw_expect, eeprom, data_fields),
    MAP(raw_expect, fuses, raw_fuses_fields),
    CYAML_FIELD_END,
};

const cyaml_schema_value_t raw_text_value = {
    CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char, 0, CYAML_UNLIMITED),
};
/* ---- steps: their keys are those of step_types[] ---- */

static const cyaml_schema_field_t any_step_fields[] = {
    TEXT(raw_step, fails), TEXT(raw_step, cause), TEXT(raw_step, later), TEXT(raw_step, note), CYAML_FIELD_END,
};

static void make_step_fields(cyaml_schema_field_t *fields)
{
    unsigned n = 0;

    for (; step_types[n]; n++) {
        const struct step_type *t = step_types[n];
        cyaml_schema_field_t *f = &fields[n];

        assert(n < RAW_STEP_TYPES);
        *f = (cyaml_schema_field_t){ .key = t->key, .data_offset = (uint32_t)(n * sizeof(void *)) };
        if (t->fields) {
            f->value.type = CYAML_MAPPING;
            f->value.mapping.fields = t->fields;
            f->value.data_size = (uint32_t)t->raw_bytes;
        } else {
            f->value = raw_text_value;
        }
        f->value.flags = OPTIONAL;
    }
    memcpy(fields + n, any_step_fields, sizeof any_step_fields);
}

static const cyaml_schema_field_t scenario_fields[] = {
    TEXT(raw_scenario, name),
    TEXT(raw_scenario, description),
    LIST(raw_scenario, tags, raw_text_value),
    CYAML_FIELD_IGNORE("$schema", CYAML_FLAG_OPTIONAL), /* for editors */
    CYAML_FIELD_IGNORE("rules", CYAML_FLAG_OPTIONAL),   /* names are the checker's */
    TEXT(raw_scenario, seed),
    MAP(raw_scenario, board, board_fields),
    LIST(raw_scenario, record, raw_text_value),
    CYAML_FIELD_SEQUENCE("steps", OPTIONAL, struct raw_scenario, steps, NULL, 0, 10000), /* raw_schema_init() */
    MAP(raw_scenario, expect, raw_expect_fields),
    MAP(raw_scenario, reader, script_fields),
    CYAML_FIELD_END,
};

void raw_schema_init(struct raw_schema *r)
{
    make_step_fields(r->step_fields);
    r->step = (cyaml_schema_value_t){ CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct raw_step, r->step_fields) };
    static_assert(sizeof scenario_fields == sizeof r->scenario_fields, "RAW_SCENARIO_FIELDS");
    memcpy(r->scenario_fields, scenario_fields, sizeof scenario_fields);
    for (cyaml_schema_field_t *f = r->scenario_fields; f->key; f++) {
        if (!strcmp(f->key, "steps")) {
            f->value.sequence.entry = &r->step;
        }
    }
    r->scenario = (cyaml_schema_value_t){
        CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct raw_scenario, r->scenario_fields),
    };
}
