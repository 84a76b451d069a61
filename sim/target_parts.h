/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * target_parts.h - how the files of target_avr see each other; nobody else includes it
 *
 *      target_avr.c     supply, RESET, modes, pins and wiring
 *      target_clock.c   the system clock and what it is made from
 *      target_look.c    the programmer's looks at MISO
 *      target_train.c   most of an SPI byte in one step
 *      target_port.c    what the port's instructions do to the memories, and the rules about that
 *      target_hv.c      12 V on RESET: entry and leaving; hv_parallel.c, hv_serial.c: pins; hv_engine.c: what they do
 */
#ifndef SIM_TARGET_PARTS_H
#define SIM_TARGET_PARTS_H

#include "sim/target_avr.h"

/* ---- target_avr.c ---- */

void target_miso_output(void *ctx, bool driven, bool level);
/* RESET is high while the port listens: leave once two system clocks have seen it. Without a clock, wait for one. */
void target_await_release(struct target *t);
/* RESET is released: start once the start-up delay is over, if there is a clock. */
void target_await_start(struct target *t);

/* 12 V on RESET: program and port stop, nothing is driven. */
void target_halt(struct target *t, enum target_mode mode);
/* ... and no longer: what was written takes effect, RESET decides. */
void target_unhalt(struct target *t);

/* ---- target_clock.c ---- */

/* Something that the clock depends on may have changed: fuses in effect, wiring, supply, OSCCAL. */
void target_update_clock(struct target *t);
/* To the port: which clock there is. Before it opens, if port_clock_is_old. */
void target_tell_port_clock(struct target *t);
void target_drive_clko(struct target *t);
/* XTAL1 or XTAL2 moved, or a wave came or went. */
void target_xtal_changed(struct target *t, struct net *net, enum target_pin pin);

/* ---- target_look.c ---- */

void target_look_init(struct target *t, struct checker *checker);
/* The port stops: no bit is open. */
void target_look_stop(struct target *t);
/* An edge of SCK, once a programmer has said that it looks (t->miso.asked). */
void target_look_edge(struct target *t, sim_time at_ps, bool level);

/* ---- target_train.c ---- */

struct spi_train;
bool target_take_train(void *ctx, struct spi_train *tr);

/* ---- target_port.c ---- */

extern const struct spi_slave_ops target_port_ops;
bool target_port_has(const struct target *t, enum isp_op op);
/* What the memories said: findings. */
void target_judge(struct target *t, enum nvm_result r, sim_time at_ps);
/* A write has begun, by these four bytes; fuses: before it. */
void target_write_began(struct target *t, const struct fuse_bytes *fuses, sim_time at_ps, uint32_t frame);

/* ---- target_hv.c ---- */

void target_hv_init(struct target *t);
void target_hv_wired(struct target *t, struct net *reset);
/* Is RESET at 12 V already? Then the mode has been decided. */
bool target_hv_powered(struct target *t);
/* VCC goes from one to the other, before anything else follows from that. */
void target_hv_vcc(struct target *t, uint32_t old_mv, uint32_t mv);
void target_hv_unpowered(struct target *t);
void target_hv_write_ended(struct target *t, sim_time at_ps);
bool target_hv_read(const struct hv_pin *p);
/* How long the signal has been steady, since entry. */
void target_hv_judge(struct target *t, enum checker_rule rule, enum hv_signal signal, sim_time at_ps, uint16_t ns);
void target_hv_judge_setup(struct target *t, enum hv_signal signal, sim_time at_ps);
void target_hv_judge_supply(struct target *t);

/* ---- hv_parallel.c, hv_serial.c ---- */

void hv_parallel_moved(struct target *t, enum hv_signal signal, sim_time at_ps);
void hv_parallel_output(void *target, sim_time at_ps);
void hv_parallel_show_ready(void *target, sim_time at_ps);
void hv_serial_entered(struct target *t, sim_time at_ps);
void hv_serial_left(struct target *t, sim_time at_ps);
void hv_serial_moved(struct target *t, enum hv_signal signal, sim_time at_ps);
void hv_serial_output(void *target, sim_time at_ps);
void hv_serial_show_ready(struct target *t, sim_time at_ps);

/* ---- hv_engine.c ---- */

void hv_engine_reset(struct target *t);
/* A pulse of XTAL1, or a frame: XA says what is loaded. */
void hv_engine_strobe(struct target *t, sim_time at_ps, const struct hv_bus *bus);
void hv_engine_pagel(struct target *t, sim_time at_ps, const struct hv_bus *bus);
/* WR fell. Has a write begun? */
bool hv_engine_write(struct target *t, sim_time at_ps, const struct hv_bus *bus);
bool hv_engine_writes_fuses(const struct target *t); /* that is the command */
/* OE is low. False: nothing comes. */
bool hv_engine_read(struct target *t, sim_time at_ps, const struct hv_bus *bus, uint8_t *data);

#endif
