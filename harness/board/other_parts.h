/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * other_parts.h - the parts of board.parts, made and wired; and who judges levels where supplies differ
 *
 * An input is judged (sim/level_rules.h) by the supply of the part that has it: each wired pin of the target (its VCC),
 * of the microcontroller board (its row's), of a part that says so. On a board where all supplies are the same from
 * beginning to end nobody watches.
 */
#ifndef HARNESS_BOARD_OTHER_PARTS_H
#define HARNESS_BOARD_OTHER_PARTS_H

#include "harness/board/netlist.h"
#include "sim/level_rules.h"

struct other_parts { /* do not move it after init */
    struct netlist *nets;
    void **self;                /* of each part of the plan; NULL: the board's own, or not made */
    struct level_rules *levels; /* of each pin; without a supply: not judged */
    bool judges;
};

struct other_parts_supplies {
    struct vline *target;     /* VCC */
    struct vline *programmer; /* NULL: not known */
    bool vary;                /* the target's is not always what the programmer's is */
};

/* Makes them, on no nets yet. vcc: of the target. */
void other_parts_init(struct other_parts *o, struct sim *sim, struct netlist *nets, struct vline *vcc,
                      struct checker *checker);
/* Levels are judged from the next other_parts_connect() on, where supplies differ. */
void other_parts_judge(struct other_parts *o, const struct other_parts_supplies *supplies, struct checker *checker);
/* Puts their pins where the netlist has them. programmer_is_off: its pins are on no wires. */
void other_parts_connect(struct other_parts *o, bool programmer_is_off);
void other_parts_free(struct other_parts *o);

#endif
