/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * peer.h - the image that we run, in simavr as it comes: its own avr_run() loop, its own peripherals
 *
 * Its UART's status polling does not sleep and prints nothing (both are on by default), or the comparison
 * would be too easy. No pins are connected.
 */
#ifndef BENCHMARKS_PEER_H
#define BENCHMARKS_PEER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct peer;

/* NULL: no such image. with_session: answers are waited for and followed by the next command of a stk_job. */
struct peer *peer_new(const char *elf, bool with_session);
void peer_free(struct peer *p);
/* False: the core crashed. */
bool peer_run(struct peer *p, uint64_t cycles);

#endif
