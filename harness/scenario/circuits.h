/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * circuits.h - the keys under programmer: miniframe: and programmer: usb:, and their values
 */
#ifndef HARNESS_SCENARIO_CIRCUITS_H
#define HARNESS_SCENARIO_CIRCUITS_H

#include "harness/parts/circuit.h"
#include "harness/scenario/load.h"

struct raw_circuit_parts {
    char *r1, *c1, *r2, *c2, *r3, *r4, *r5, *r6, *r7, *cdd, *rl;
    char *vt, *ro, *tpd, *cg, *vf, *level_loss;
    char *bistable, *recovery_diode, *d2, *latch_wakes_locked;
    char *zener, *zener_knee, *line_resistance, *load;
    char *ctr, *opto_tau, *rx_threshold;
    char *dead_resistance, *reset_pull_up, *reset_vih;
    char *t1, *t2, *q1_delay, *q2_delay, *gate_delay;
};

struct raw_rs232_lines {
    char *high, *low, *slew;
};

struct raw_miniframe_host {
    char *baud, *baud_error, *format, *frame_bits, *write_format, *write_frame_bits;
    char *reply, *entry, *gap, *one_bit_characters, *settle_first, *fast_too_early;
    char *supply_wait, *reset_pulse, *enter_wait, *silence, *tries, *poll;
    char *flash_wait, *eeprom_wait, *erase_wait, *fuse_wait;
};

struct raw_miniframe {
    char *circuit, *rx_driver;
    struct raw_circuit_parts *parts;
    struct raw_rs232_lines *lines;
    struct raw_miniframe_host *host;
};

struct raw_usb {
    char *placement, *shifter, *clock_line, *level, *threshold, *vih;
    char *data_rise, *data_fall, *clk_rise, *clk_fall;
    char *led, *led_resistor, *sck_pull_down, *reset_jumper;
    char *state_time, *jitter, *enter_wait, *flash_wait, *eeprom_wait, *erase_wait, *fuse_wait;
};

extern const cyaml_schema_field_t raw_miniframe_fields[], raw_usb_fields[];

/* The board's supply and part have been loaded. */
bool load_miniframe(struct loader *l, const struct raw_miniframe *raw, struct circuit_config *c);
/* The circuit's dead output works against all pull-ups of RESET together: those of the board have been loaded. */
bool load_reset_pull_ups(struct loader *l);
bool load_usb(struct loader *l, const struct raw_usb *raw, struct circuit_config *c);

#endif
