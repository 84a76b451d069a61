/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * raw.h - a scenario file as libcyaml loads it: the keys that there are, every value still a text
 *
 * load.c and its neighbours turn the texts into quantities, because only there a wrong one can be placed. NULL: not
 * given. A new key is a new member and a row in schema.c.
 */
#ifndef HARNESS_SCENARIO_RAW_H
#define HARNESS_SCENARIO_RAW_H

#include <cyaml/cyaml.h>

/* Pins of the target that wires and pulls name; raw_pin_names[] holds them in this order. */
#define RAW_PINS 38
extern const char *const raw_pin_names[RAW_PINS];

struct raw_pins {
    char *pin[RAW_PINS];
};

struct raw_random {
    char *seed, *length, *ff_runs;
};

struct raw_data { /* one of file, hex, random, fill */
    char *file, *hex, *fill;
    struct raw_random *random; /* a bare number is a seed: yaml_place.h */
    char *offset, *length, *ff_runs;
    char *memory; /* in steps */
};

struct raw_fuses {
    char *preset, *file, *low, *high, *ext, *lock;
};

struct raw_clock {
    char *crystal, *wave, *rc, *pin;
};

struct raw_uart {
    char *baud, *auto_reset, *adapter, *rx, *tx;
};

struct raw_target {
    char *part, *signature;
    struct raw_fuses *fuses;
    struct raw_data *flash, *eeprom;
    char *worn;
    char *calibration, *osccal_nominal; /* switches: read from the tree */
    char *rc_deviation, *rc_spread, *rc128k_deviation, *rc128k_spread;
    struct raw_clock *clock;
    struct raw_uart *uart;
};

struct raw_script {
    char *sck, *sck_high, *sck_low, *miso_look, *mosi_hold, *reset_pulse, *enter_wait, *tries, *poll, *floating_high;
    char *flash_wait, *eeprom_wait, *erase_wait, *fuse_wait;
};

struct raw_stimulus {
    char *file; /* map: read from the tree */
};

struct raw_programmer {
    char *firmware, *host, *baud, *auto_reset, *adapter, *floating_high;
    char *sck_period, *recovery_clock, *careful; /* host: stk500v2 */
    char *impatient;
    struct raw_script *script;
    struct raw_stimulus *stimulus;
    struct raw_miniframe *miniframe; /* circuits.h */
    struct raw_usb *usb;
};

struct raw_board {
    char *use, *vcc, *power;
    struct raw_target *target;
    struct raw_programmer *programmer;
    struct raw_pins *wiring, *pull_ups, *pull_downs; /* parts, wires: read from the tree */
    char *reset_capacitor, *high_voltage;
};

struct raw_finding {
    char *rule, *count;
};

struct raw_net {
    char *net, *level, *rises, *falls;
    char *shortest_high, *shortest_low, *shortest_period, *longest_high, *longest_low;
};

struct raw_capture {
    char *net, *signal, *within, *from, *until, *floating_high;
};

struct raw_expect {
    struct raw_finding *findings;
    unsigned findings_count;
    struct raw_net *nets;
    unsigned nets_count;
    struct raw_data *flash, *eeprom;
    struct raw_fuses *fuses;
    struct raw_capture *capture;
};

#define RAW_STEP_TYPES 40 /* room for rows of step_types[] */
struct raw_step {
    void *given[RAW_STEP_TYPES];        /* exactly one: a text, or the map that the row has fields for */
    char *fails, *cause, *later, *note; /* any of these */
};

struct raw_scenario {
    char *name, *description, *seed;
    char **tags;
    unsigned tags_count;
    struct raw_board *board;
    char **record;
    unsigned record_count;
    struct raw_step *steps;
    unsigned steps_count;
    struct raw_expect *expect;
    struct raw_script *reader;
};

#endif
