/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * target_fixture.h - for tests: a released target that runs words that the test wrote (uno_fixture.h)
 *
 * begin(), instructions by emit(b, ...) and its like, rig_init(), then release() lets RESET go.
 */
#ifndef MCU_TARGET_FIXTURE_H
#define MCU_TARGET_FIXTURE_H

#include "mcu/target_core.h"
#include "mcu/uno_fixture.h"
#include "sim/checker.h"

static struct board board, *b = &board; /* its instruction writer; its own Uno in one test */

enum { OSCCAL_D = 0x66, CLKPR_D = 0x61, SPMCSR = 0x37, CALIBRATION = 0x80 };
enum { BOOT = 0x3800 }; /* BOOTSZ 00, the factory setting */

static struct rig {
    struct sim sim;
    struct nvm nvm;
    struct target target;
    struct target_core *core;
    struct vline vcc;
    struct net reset_n, pb0, pd2, xtal1, clko;
    struct net_driver reset, wave;
    struct log_of_net log;
} rig, *r = &rig;

static struct checker *rig_checker; /* what rig_init() gives the chip; NULL: nobody checks */

/* A chip with the program written by the instruction writer, in reset. */
static inline void rig_init(const struct part *part, const char *toggles)
{
    struct target_switches sw = target_switches_default();
    struct target_config cfg = target_config_default(part);
    struct target_pins pins = { .vcc = &r->vcc, .reset_n = &r->reset_n, .xtal1 = &r->xtal1, .clko = &r->clko };
    struct problem err;
    memset(r, 0, sizeof *r);
    sim_init(&r->sim, 1);
    nvm_init(&r->nvm, part, &sw, 1);
    memcpy(r->nvm.cells.flash, b->flash, part->flash_bytes);
    cfg.osccal_nominal = r->nvm.cells.calibration[0]; /* exactly nominal */
    vline_init(&r->vcc, &r->sim, "VCC", 5000);
    net_init(&r->reset_n, &r->sim, "RESET_N");
    net_init(&r->pb0, &r->sim, "PB0");
    net_init(&r->pd2, &r->sim, "PD2");
    net_init(&r->xtal1, &r->sim, "XTAL1");
    net_init(&r->clko, &r->sim, "CLKO");
    net_attach(&r->reset_n, &r->reset, "programmer");
    net_attach(&r->xtal1, &r->wave, "wave");
    net_drive(&r->reset, NET_0, NET_STRONG);
    if (rig_checker) {
        checker_init(rig_checker, &r->sim);
    }
    target_init(&r->target, &r->sim, &cfg, &r->nvm, &pins, rig_checker);
    r->core = target_core_new(&r->sim, &r->target, &err);
    ck_assert_msg(r->core != NULL, "%s", err.text);
    if (toggles) {
        ck_assert(target_core_connect(r->core, toggles, &r->pb0));
        net_watch_add(&r->pb0, &r->log.watch, NET_WATCH_EDGES, log_edge, &r->log);
    }
    target_core_connect(r->core, "PD2", &r->pd2);
}

static inline void run_for(sim_time t)
{
    sim_run_until(&r->sim, r->sim.now_ps + t);
    ck_assert_str_eq(r->sim.fault, "");
}

/* Lets RESET go and runs until the program is on its way. */
static inline void release(void)
{
    net_open(&r->reset);
    run_for(66 * SIM_MS);
    ck_assert_uint_eq(target_mode(&r->target), TARGET_RUNNING);
}

static inline void rig_free(void)
{
    target_core_free(r->core);
}

static inline unsigned reg(unsigned n)
{
    return target_core_data(r->core)[n];
}

static inline sim_time edge_ps(unsigned i)
{
    ck_assert_uint_gt(r->log.n, i);
    return r->log.edge[i].cycle * CK_PS + r->log.edge[i].rest;
}

/* Edge i came n system clocks after the one before. */
static inline void assert_clocks(unsigned i, unsigned n)
{
    sim_time want = sim_clock_span(target_cpu_clock(&r->target), n), is = edge_ps(i) - edge_ps(i - 1);
    ck_assert_uint_ge(is, want);
    ck_assert_uint_le(is, want + 1); /* times are rounded down to ps */
}

static inline void begin(void)
{
    memset(b, 0, sizeof *b);
    memset(b->flash, 0xff, sizeof b->flash);
}

/* DDRB0 out, then a toggle each 10 cycles */

static inline void toggle_program(void)
{
    sbi(b, DDRB, 0);
    unsigned loop = here(b);
    sbi(b, PINB, 0); /* 2 */
    nop(b, 6);
    rjmp(b, loop); /* 2 */
}

/* A Uno in the target's world runs the words that the test wrote; cfg has its wires and start. */
static inline struct mcu_board *second_core(const struct mcu_board_config *cfg)
{
    uint8_t flash[64];
    memcpy(flash, b->flash, sizeof flash);
    struct image_segment seg = { 0, sizeof flash, flash };
    struct image img = { .memory[IMAGE_FLASH] = { &seg, 1 } };
    struct problem err;
    struct mcu_board *uno = mcu_board_new(&r->sim, cfg, &img, &err);
    ck_assert_msg(uno != NULL, "%s", err.text);
    return uno;
}

#endif
