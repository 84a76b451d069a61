/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * part.h - what can stand on a board: its pins, its keys in a scenario, how it is made, wired and started
 *
 *      scenario --keys--> cfg --make()--> self <--connect(pin, net)-- the board, which alone knows both ends of a wire
 *
 * A further part is one file with its struct part_type, and its line in part_types.c: the chip that is programmed and
 * whoever programs it are such rows too. What it stands beside it never sees: it has pins, a simulation, the board's
 * supply and the checker.
 *
 * Building a board calls of every part make(), settle(), connect() of each pin, power_up(), start(), each round in the
 * order of the parts (start(): the programmer's first, which leads: sim/kernel.h). In the end: stop(), then free().
 */
#ifndef HARNESS_PARTS_PART_H
#define HARNESS_PARTS_PART_H

#include "harness/base/quantity.h"
#include "sim/net.h"
#include "sim/vline.h"

#include <stddef.h>

struct branches;
struct checker;
struct host;
struct input_files;
struct nvm;
struct part;
struct pc_pins;
struct pc_rs232;
struct pc_uart;
struct pc_usb;
struct plan_pins;
struct mcu_board;
struct programmer_type;
struct serial_line;
struct target;

enum pin_kind {
    PIN_NET,   /* a wire can lead there */
    PIN_HOST,  /* the same, and the PC's serial adapter is on it */
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

struct part_inside {             /* what a fault in a part, not in a wire, gets hold of; all of it outlives the part */
    struct serial_line *line[2]; /* PC to programmer, PC to target; NULL: there is none */
    struct target *target;
    struct nvm *nvm;
    struct mcu_board *mcu; /* the programmer's microcontroller; NULL: it has none */
    /* What stands at XTAL1 or XTAL2 runs so much faster; NULL: nothing does. */
    void (*wave_wobble)(void *board, int32_t ppm);
    void *board; /* for that only */
};

struct part_site { /* where a part stands; all of it outlives the part */
    struct sim *sim;
    const char *name;        /* "shift": of this one, among others of its type */
    struct vline *vcc;       /* the board's supply, which is the target's */
    struct checker *checker; /* NULL: nobody checks */
    const char *path;        /* of the scenario, for messages */
    struct input_files *inputs;
    const struct part *chip;   /* what is programmed here */
    struct nvm *kept;          /* of that part, and its memories then; NULL: as the scenario says */
    struct net *target_sck;    /* where the target sees SCK, for findings */
    struct branches *branches; /* seeds that this part, a fault, is run with (sim/branches.h); NULL: one, its own */
    /* The net of a name, where a recording can drive it; NULL: none, or it has a source already. */
    struct net *(*net_to_drive)(void *board, const char *name);
    void *board; /* for that only */
};

/* Of a fault's key `seed`: what it is drawn from. */
#define PART_SEED_OF_SCENARIO (-1)
static inline uint64_t part_seed(const struct part_site *site, int64_t key)
{
    return key == PART_SEED_OF_SCENARIO ? site->sim->seed : (uint64_t)key;
}
#define PART_SEED_KEY(cfg_)                                                                                         \
    {                                                                                                               \
        .name = "seed", .unit = QUANTITY_COUNT, .min = 0, .max = INT64_MAX, .fallback = PART_SEED_OF_SCENARIO,      \
        .at = offsetof(cfg_, seed), .help = "what it is drawn from, with the part's name; else the scenario's seed" \
    }

enum part_place {
    PART_AMONG_PARTS,   /* any number of them, under board.parts */
    PART_TARGET,        /* the chip that is programmed */
    PART_AS_PROGRAMMER, /* who programs it: programmer.h says what else these do */
};

struct part_type {
    const char *name; /* `type:` in a scenario */
    const char *help; /* one line */
    enum part_place place;
    const struct part_pin *pins;
    unsigned n_pins;
    bool in_series; /* between its two pins: with one of them open it does nothing */
    /* Where they depend on what it is: fills t instead. */
    void (*plan_pins)(const void *cfg, struct plan_pins *t);
    const struct part_key *keys;
    unsigned n_keys;
    size_t cfg_bytes;
    /* What keys alone can't say; NULL: nothing. False and err, which begins with the key at fault. */
    bool (*check)(const void *cfg, struct problem *err);
    /* cfg outlives the part. Never fails: everything was checked before. Its own nets and lines are there to look at. */
    void *(*make)(const struct part_site *site, const void *cfg);
    /* Its outputs have been for ever what they are: it is wired before anything is recorded. NULL: only then. */
    bool (*settle)(void *self, struct problem *err);
    /* Any time after that, also again, all pins in their order; net NULL: off. */
    void (*connect)(void *self, unsigned pin, struct net *net);
    /* The board's supply is there, and everything is wired; NULL: that is all the same to it. */
    void (*power_up)(void *self);
    /* Programs run, recordings play; NULL: nothing to do. host: what the PC's side is handed, if it has one. */
    bool (*start)(void *self, const struct host *host, struct problem *err);
    /* Everything has started: a fault gets at what it is a fault of. False and err: this board has no such thing. */
    bool (*reach)(void *self, const struct part_inside *in, struct problem *err);
    /* What there is to look at: PIN_LINE, PIN_PROBE; NULL: no such, or it is the net that the pin is on. */
    struct vline *(*line)(void *self, const char *name);
    struct net *(*net)(void *self, const char *name);
    /* What the levels at this pin are judged by; NULL (or no function): nothing. */
    struct vline *(*supply)(void *self, unsigned pin);
    /* Of a fault: what it has done, the last of it at since_ps or later ("3 pulses, the last at 1.2 s"). False: nothing. */
    bool (*did)(const void *self, sim_time since_ps, char *buf, size_t n);
    void (*stop)(void *self); /* lets go of all nets, others may still look at its own; NULL: free() does */
    void (*free)(void *self);
    const struct programmer_type *programmer; /* PART_AS_PROGRAMMER */
    /* What programs on the PC find of it (pc_side.h); NULL: nothing. */
    const struct pc_rs232 *rs232;
    const struct pc_uart *pc_uart;
    const struct pc_pins *pc_pins;
    const struct pc_usb *pc_usb;
};

#endif
