/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "benchmarks/target_rig.h"

void target_rig_start(struct target_rig *r, void (*where)(void *ctx, struct checker_where *w))
{
    static const char *const names[RIG_WIRES] = { "reset", "sck", "mosi", "miso" };
    const struct target_config cfg = target_config_default(&part_atmega328p);
    const struct target_pins pins = {
        .reset_n = &r->net[RIG_RESET_N], .sck = &r->net[RIG_SCK], .mosi = &r->net[RIG_MOSI], .miso = &r->net[RIG_MISO]
    };

    sim_init(&r->sim, 1);
    if (where) {
        checker_init(&r->checker, &r->sim);
        r->checker.where = where;
    }
    for (unsigned i = 0; i < RIG_WIRES; i++) {
        net_init(&r->net[i], &r->sim, names[i]);
        if (i < RIG_MISO) {
            net_attach(&r->net[i], &r->driver[i], "script");
            target_rig_level(r, i, false);
        }
        if (where) {
            checker_watch_contention(&r->checker, &r->contention[i], &r->net[i]);
        }
    }
    nvm_init(&r->nvm, &part_atmega328p, &cfg.switches, 1);
    target_init(&r->target, &r->sim, &cfg, &r->nvm, &pins, where ? &r->checker : NULL);
    target_rig_pass(r, 20 * SIM_MS);
    target_rig_level(r, RIG_RESET_N, true);
    target_rig_pass(r, SIM_MS);
    target_rig_level(r, RIG_RESET_N, false);
    target_rig_pass(r, 25 * SIM_MS);
}
