/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * part.h - what can stand on a board: its pins, its keys in a scenario, how it is made and wired
 *
 *      scenario --keys--> cfg --make()--> self <--connect(pin, net)-- the board, which alone knows both ends of a wire
 *
 * A further part is one file with its struct part_type, and its line in part_types.c. What it stands beside it never
 * sees: it has pins, a simulation, the board's supply and the checker.
 */
#ifndef HARNESS_PARTS_PART_H
#define HARNESS_PARTS_PART_H

#include "harness/base/quantity.h"
#include "sim/net.h"
#include "sim/vline.h"

#include <stddef.h>

struct checker;

enum pin_kind {
    PIN_NET,   /* a wire can lead there */
    PIN_HOST,  /* a net that the PC's serial adapter has */
    PIN_PROBE, /* a net to look at, inside the part */
    PIN_LINE,  /* volts to look at: VCC, RS232 lines */
};

struct part_pin {
    const char *name; /* "D13", "SCK"; found in letters of either case */
    const char *also; /* another name of the same pin, or NULL */
    enum pin_kind kind;
};

/* A key of a part in a scenario: an int64_t of its cfg. */
struct part_key {
    const char *name;
    enum quantity_kind unit;
    int64_t min, max;
    int64_t fallback;           /* what it is when not given */
    bool must;                  /* it must be given */
    const char *const *choices; /* instead of a quantity: names ended by NULL, the value is their number */
    size_t at;                  /* offset in cfg */
    const char *help;
};

struct part_site { /* where a part stands; all of it outlives the part */
    struct sim *sim;
    const char *name;        /* "shift": of this one, among others of its type */
    struct vline *vcc;       /* the board's supply, which is the target's */
    struct checker *checker; /* NULL: nobody checks */
};

struct part_type {
    const char *name; /* `type:` in a scenario */
    const char *help; /* one line */
    const struct part_pin *pins;
    unsigned n_pins;
    const struct part_key *keys;
    unsigned n_keys;
    size_t cfg_bytes;
    /* What keys alone can't say; NULL: nothing. False and err, which begins with the key at fault. */
    bool (*check)(const void *cfg, struct problem *err);
    /* cfg outlives the part. Never fails: everything was checked before. */
    void *(*make)(const struct part_site *site, const void *cfg);
    /* Any time, also again; net NULL: off. */
    void (*connect)(void *self, unsigned pin, struct net *net);
    /* What the levels at this pin are judged by; NULL (or no function): nothing. */
    struct vline *(*supply)(void *self, unsigned pin);
    void (*free)(void *self);
};

#endif
