/* SPDX-License-Identifier: GPL-3.0-or-later */
/* diagnosis_rows.h - for the files with causes: what they look at, and their rows */
#ifndef HARNESS_RUN_DIAGNOSIS_ROWS_H
#define HARNESS_RUN_DIAGNOSIS_ROWS_H

#include "harness/board/board.h"
#include "harness/board/ports.h"
#include "harness/run/diagnosis_facts.h"
#include "sim/checker.h"
#include "sim/target_avr.h"

struct asked {
    const struct diagnosis *d;
    struct board *b;
    const struct checker *c;
    const struct target *t;
    sim_time since_ps; /* what was found before is not looked at */
    char *buf;
    size_t n;
};

/* Writes the line. True. */
bool say(const struct asked *a, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* How often the rule was broken since then; what follows from another is no cause, and not counted. */
uint64_t came(const struct asked *a, enum checker_rule rule);
/* The first of these that is still in the list; NULL. */
const struct checker_finding *first_of(const struct asked *a, enum checker_rule rule);
/* Has the programmer driven RESET, SCK or MOSI since the step began, or is it in a session? */
bool touched(const struct asked *a);

/* A row: false, and nothing is written: it is not that. */
typedef bool diagnosis_row(const struct asked *a);

/* diagnosis_host.c: between the host and the programmer */
diagnosis_row nothing_opened, wrong_protocol, wrong_baud, wrong_baud_heard, bytes_lost, programmer_was_reset,
    programmer_silent, programmer_hangs, target_silent, bootloader_knows_no_fuses;
/* diagnosis_faults.c: what the scenario's own faults did */
diagnosis_row serial_struck, chip_out, cell_stuck, fault_struck;
/* The part of this number is a fault of the scenario, and it has struck: what it did. */
bool fault_did(const struct asked *a, unsigned part, char *buf, size_t n);
/* diagnosis_target.c: between the programmer and the target */
diagnosis_row no_supply, supply_came_back, wire_wrong, wire_faulty, port_closed, no_clock, sck_never_moved,
    mosi_never_moved, sck_too_fast, miso_fought, floats, other_part, no_enable, rule_broken;
/* diagnosis_memory.c: what was written and read */
diagnosis_row written_while_busy, locked, unerased, eeprom_kept, unused_bits, bits_moved, read_wrong;

#endif
