/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The `board` of a scenario: what its keys lower to. */
#include "harness/scenario/circuits.h"
#include "harness/scenario/load.h"

#include <stdio.h>
#include <string.h>

static bool load_use(struct loader *l, const char *name, const struct mcu_board_row **row)
{
    char names[200] = "";

    if (!name) {
        return true;
    }
    *row = mcu_board_find(name);
    for (unsigned i = 0; mcu_board_at(i); i++) {
        snprintf(names + strlen(names), sizeof names - strlen(names), "%s%s", i ? ", " : "", mcu_board_at(i)->name);
    }
    return *row || load_problem(l, "board", "use", "there is no board '%.40s'; known: %s", name, names);
}

bool load_board(struct loader *l, const struct raw_board *raw)
{
    struct scenario_board *b = &l->s->board;
    uint64_t c_ff = 0;

    b->programmer.row = mcu_board_at(0);
    b->vcc_mv = 5000;
    b->power_on = true;
    if (raw && (!load_use(l, raw->use, &b->programmer.row) ||
                !load_u32(l, "board", "vcc", raw->vcc, QUANTITY_MV, 0, 6000, &b->vcc_mv) ||
                !load_bool(l, "board", "power", raw->power, &b->power_on))) {
        return false;
    }
    if (!load_target(l, raw ? raw->target : NULL) || !load_programmer(l, raw ? raw->programmer : NULL) ||
        (raw &&
         !load_u64(l, "board", "reset_capacitor", raw->reset_capacitor, QUANTITY_FF, 1000, 1000000000000, &c_ff))) {
        return false;
    }
    b->target.has_reset_wire = c_ff != 0;
    if (!load_plan(l) || !load_high_voltage(l, raw ? raw->high_voltage : NULL) || !load_stimulus_map(l) ||
        !load_devices(l)) {
        return false;
    }
    if (raw && (!load_leads(l, "board.wiring", raw->wiring, &b->wires, &b->n_wires) ||
                !load_pulls(l, "board.pull_ups", raw->pull_ups, true) ||
                !load_pulls(l, "board.pull_downs", raw->pull_downs, false))) {
        return false;
    }
    if (c_ff) {
        load_reset_capacitor(l, c_ff);
    }
    return load_reset_pull_ups(l);
}
