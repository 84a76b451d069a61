/* SPDX-License-Identifier: GPL-3.0-or-later */
/* target_chip.h - the chip that is programmed, as it stands on a board: memories, port, core */
#ifndef HARNESS_BOARD_TARGET_CHIP_H
#define HARNESS_BOARD_TARGET_CHIP_H

#include "harness/board/netlist.h"
#include "harness/scenario/scenario.h"
#include "mcu/target_core.h"
#include "sim/checker.h"
#include "sim/nvm.h"
#include "sim/target_avr.h"

struct target_chip { /* do not move it after init */
    struct nvm own_nvm, *nvm;
    struct target target;
    struct target_core *core; /* runs the flash while RESET is high; NULL: not yet */
};

/* Its memories: those kept by the caller (NULL: none), or the scenario's starting state. False and err: another part. */
bool target_chip_memories(struct target_chip *c, const struct scenario *s, struct nvm *kept, uint64_t seed,
                          struct problem *err);
/* On the nets of the netlist. checker has been initialised. */
void target_chip_init(struct target_chip *c, struct sim *sim, const struct scenario_target *t,
                      const struct netlist *nets, struct vline *vcc, struct checker *checker);
/* The core that runs its program: after the programmer, which leads (kernel.h). */
bool target_chip_start(struct target_chip *c, struct sim *sim, const char *path, const struct netlist *nets,
                       struct problem *err);
/* Pins that share a wire with another pin of the chip go to that one's net, or come back. */
void target_chip_place(struct target_chip *c, const struct netlist *nets);
void target_chip_free(struct target_chip *c);

#endif
