/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * spi_train.h - fourteen edges of an SPI byte in one step, where nobody looks at them one by one
 *
 *         t0  edge 0   1        2        12      13         14, 15: one by one, as ever
 *   SCK   ____/~~~~~~~~\________/~ ... ~~/~~~~~~~\__________/~~~~
 *   MOSI  X bit 0      X bit 1   ...  bit 6      X bit 7
 *
 * A hardware SPI master (mode 0) that makes its edges late knows all of them at once, and a slave that samples a
 * regular SCK many times a phase knows what it will make of them. When nothing else is on the three nets that would
 * notice, the first seven bits of a byte are one call: levels, times, the slave's register, MISO and the measured
 * margins are what the edges would have left. Whoever can't say so refuses, and the edges come one by one.
 */
#ifndef SIM_SPI_TRAIN_H
#define SIM_SPI_TRAIN_H

#include "sim/net.h"

#define SPI_TRAIN_EDGES 14
#define SPI_TRAIN_BITS 7

struct spi_train {
    struct net_driver *sck, *mosi; /* the master's, strong outputs: SCK 0, MOSI bit 0 since before edge 0 */
    struct net *miso;
    sim_time edge_ps[SPI_TRAIN_EDGES + 1]; /* edge 14 too: it comes after the train */
    sim_time half_ps;                      /* no phase is shorter */
    uint8_t bits;                          /* the byte, MSB first */
    uint8_t miso_bits;                     /* answer: MISO at rises 2..7, in bits 5..0 */
};

/* True: done, sim->now_ps is edge 13. For the master. */
bool spi_train_offer(struct spi_train *t);

/* For a slave: is the net only its own business, driven by `by` alone, and unwatched but by `own`? */
bool spi_train_is_quiet(const struct net *net, const struct net_driver *by, const struct net_watch *own);
/* For a slave: the net's driver leaves it at a level that it has had since changed_ps. */
void spi_train_leave(struct net_driver *d, bool level, bool changed, sim_time changed_ps);

#endif
