/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * plan.h - which parts stand on a board, which pins they have, which wires join them: the names of it all
 *
 *      "sck", "target.PB5", "nano.D2", "shift.A1", "sck_3v3"  --plan_find()-->  a pin, a wire, or nothing
 *
 * The one place where a name is looked up, whoever uses it: wiring, record, expect, stimulus. A name alone is a wire's,
 * else the first part's that has such a pin: the target's before the programmer's before the others'. Letters of
 * either case.
 */
#ifndef HARNESS_PARTS_PLAN_H
#define HARNESS_PARTS_PLAN_H

#include "harness/base/place.h"
#include "harness/parts/part.h"
#include "mcu/board_rows.h"
#include "sim/part.h"

enum { PLAN_TARGET, PLAN_PROGRAMMER, PLAN_OTHERS }; /* parts[]; the others from there on */

struct plan_beside { /* where a pin of a part is that a shorter key stands for: on what a pin of the target is on */
    unsigned target_pin;
    bool outside; /* of RESET: before what stands between it and the wires */
};

struct plan_part {
    const char *name, *also;     /* "uno"; another name or NULL */
    const struct part_pin *pins; /* its own table */
    unsigned n_pins;
    const struct part_type *type;
    const void *cfg;                  /* of that type */
    const struct plan_beside *beside; /* of each pin; NULL: wires say */
    struct scenario_place place;
};

enum plan_what { PLAN_NOTHING, PLAN_PIN, PLAN_WIRE, PLAN_GND, PLAN_VCC };
struct plan_ref {
    enum plan_what what;
    unsigned part, pin; /* PLAN_PIN */
    unsigned wire;      /* PLAN_WIRE */
};

struct plan_end {
    struct plan_ref at; /* a pin, ground or VCC */
    struct scenario_place place;
};

struct plan_wire {
    const char *name;
    struct plan_end *ends;
    unsigned n_ends;
    struct scenario_place place;
};

struct plan {
    struct plan_part *parts;
    unsigned n_parts;
    struct plan_wire *wires;
    unsigned n_wires;
    int isp[4]; /* the programmer's pins for these of the target; -1: it has none */
};
enum { ISP_RESET, ISP_SCK, ISP_MOSI, ISP_MISO };

/* What a name says. A wire may be told apart from a pin of the same name by the part's: "target.sck". */
struct plan_ref plan_find(const struct plan *p, const char *name);
/* A pin of one part; -1: it has none of that name. */
int plan_pin(const struct plan_part *part, const char *name);
const struct part_pin *plan_pin_of(const struct plan *p, const struct plan_ref *ref);
/* "shift.A1", for messages. Returns text. */
const char *plan_pin_text(const struct plan *p, const struct plan_ref *ref, char *text, size_t size);

/*
 * For messages: the pins of a part, those that wires can go to or all; runs are shortened ("D0 .. D13"). prefix: with
 * the part's name before each. Returns text.
 */
const char *plan_pins_text(const struct plan_part *part, bool wires_only, bool prefix, char *text, size_t size);
/* All that can be named on the board. */
const char *plan_names_text(const struct plan *p, char *text, size_t size);

/* Tables of pins that depend on what the part is. They fill pins[] (PLAN_MAX_PINS), texts in names. */
#define PLAN_MAX_PINS 48
struct plan_pins {
    struct part_pin pins[PLAN_MAX_PINS];
    unsigned n;
    char names[PLAN_MAX_PINS][16];
};
/*
 * These pins, which every part has, then "xtal2" and "clko" if it has them, port pins in the part's order, "miso_oe",
 * "vcc".
 */
enum avr_pin { AVR_RESET, AVR_SCK, AVR_MOSI, AVR_MISO, AVR_XTAL1 };
void plan_avr_pins(const struct part *part, bool has_reset_wire, struct plan_pins *t);
/* In the row's order. */
void plan_mcu_pins(const struct mcu_board_row *row, struct plan_pins *t);

#endif
