/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * board_parts.h - the parts of a board's plan, made, wired and started; and who judges levels where supplies differ
 *
 * An input is judged (sim/level_rules.h) by the supply of the part that has it: each wired pin of the target (its VCC),
 * of the microcontroller board (its row's), of a part that says so. On a board where all supplies are the same from
 * beginning to end nobody watches.
 */
#ifndef HARNESS_BOARD_BOARD_PARTS_H
#define HARNESS_BOARD_BOARD_PARTS_H

#include "harness/board/netlist.h"
#include "sim/level_rules.h"

struct board_parts { /* do not move it after init */
    struct netlist *nets;
    void **self;                /* of each part of the plan; NULL: not made */
    struct level_rules *levels; /* of each pin; without a supply: not judged */
    bool judges;
    bool programmer_is_off; /* another is plugged in its place */
};

/* Makes them, on no nets yet. site: what all have in common. */
/* site->branches are for the part of that name alone; NULL: nobody's. */
void board_parts_init(struct board_parts *p, struct netlist *nets, const struct part_site *site,
                      const char *branches_of);
/* Faults in parts get at them (part_type's reach()). False and err, placed. */
bool board_parts_reach(struct board_parts *p, const struct part_inside *in, const char *path, struct problem *err);
/* Those that have been there for ever (part_type's settle()), wired. */
bool board_parts_settle(struct board_parts *p, struct problem *err);
/* The board's supply is there. */
void board_parts_power_up(struct board_parts *p);
/* Programs run, recordings play; the programmer leads. host: its own. */
bool board_parts_start(struct board_parts *p, const struct host *host, struct problem *err);
/*
 * Levels are judged from the next board_parts_connect() on, where supplies differ. vary: the target's is not always
 * what the programmer's is.
 */
void board_parts_judge(struct board_parts *p, bool vary, struct checker *checker);
/* Is there a switch for 12 V? Then a programmer that is plugged in stands for another board, without it. */
bool board_parts_have_12_v(const struct board_parts *p);
/* Puts their pins where the netlist has them. */
void board_parts_connect(struct board_parts *p);
/* A line in volts or a net to look at, inside a part; NULL: it is none of those, and netlist_find() has it. */
struct vline *board_parts_line(const struct board_parts *p, const struct plan_ref *at);
struct net *board_parts_probe(const struct board_parts *p, const struct plan_ref *at);
/* They let go of all nets; others may still look at their own. Then board_parts_free(). */
void board_parts_stop(struct board_parts *p);
void board_parts_free(struct board_parts *p);

#endif
