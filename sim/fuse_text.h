/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * fuse_text.h - quantities of fuses and clocks for people: at most three decimals, cut, not rounded
 */
#ifndef SIM_FUSE_TEXT_H
#define SIM_FUSE_TEXT_H

#include <stddef.h>

#include "sim/kernel.h"

#define FUSE_TEXT_BYTES 32

/* Each returns buf, of FUSE_TEXT_BYTES. */
const char *fuse_text_decimal(uint64_t thousandths, const char *unit, char *buf);
const char *fuse_text_millihz(uint64_t millihz, char *buf);
const char *fuse_text_duration(sim_time ps, char *buf);

#define FREQ(f) fuse_text_millihz((f), (char[FUSE_TEXT_BYTES]){ 0 })
#define HZ(f) FREQ((f)*UINT64_C(1000))
#define TIME(t) fuse_text_duration((t), (char[FUSE_TEXT_BYTES]){ 0 })
#define VOLT(mv) fuse_text_decimal((mv), "V", (char[FUSE_TEXT_BYTES]){ 0 })

#endif
