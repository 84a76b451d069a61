/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * spi_train.h - an SPI byte, or some bits of it, in one step, where nobody looks at the edges one by one
 *
 *         t0  edge 0   1        2        12      13       14      15
 *   SCK   ____/~~~~~~~~\________/~ ... ~~/~~~~~~~\_______/~~~~~~~\____
 *   MOSI  X bit 0      X bit 1   ...  bit 6      X bit 7
 *
 * A hardware SPI master (mode 0) that makes its edges late knows all of them at once, and a slave that samples a
 * regular SCK many times a phase knows what it will make of them. When nothing else is on the three nets that would
 * notice, the bits of a byte that are over are one call: levels, times, the slave's register, MISO and the measured
 * margins are what the edges would have left. Whoever can't say so refuses, and the edges come one by one.
 * A change of MISO that follows the last fall may stand on its net before its time, with that time as changed_ps.
 */
#ifndef SIM_SPI_TRAIN_H
#define SIM_SPI_TRAIN_H

#include "sim/net.h"
#include "sim/trace.h"

#define SPI_TRAIN_EDGES 16

struct spi_train {
    struct net_driver *sck, *mosi; /* the master's, strong outputs: SCK 0, MOSI bit `first` since before its rise */
    struct net *miso;
    unsigned first, n;                 /* bits of the byte, 0..7: n from this one on */
    sim_time edge_ps[SPI_TRAIN_EDGES]; /* of the whole byte; those of the n bits count */
    sim_time half_ps;                  /* no phase is shorter */
    sim_time until_ps;                 /* nobody but the master looks at MISO before */
    uint8_t bits;                      /* the byte, MSB first */
    uint8_t miso_bits;                 /* answer: MISO at the rises after the first, n - 1 bits, the last one lowest */
};

/* The last fall. */
static inline sim_time spi_train_end(const struct spi_train *t)
{
    return t->edge_ps[2 * (t->first + t->n) - 1];
}

static inline bool spi_train_mosi(const struct spi_train *t, unsigned bit)
{
    return t->bits >> (7 - bit) & 1;
}

/* True: done, sim->now_ps is the last fall. For the master. */
bool spi_train_offer(struct spi_train *t);

/* For a slave: is the net only its own business, driven by `by` alone, and unwatched but by `own`? */
bool spi_train_is_quiet(const struct net *net, const struct net_driver *by, const struct net_watch *own);
/* For a slave: what happens on the way, in the order of edges; SCK before MOSI before MISO. */
static inline void spi_train_record(const struct net *net, sim_time at_ps, bool level)
{
    if (net->trace_id >= 0) {
        trace_level(net->sim->trace, net->trace_id, at_ps, level ? NET_1 : NET_0);
    }
}
/* For a slave: the net's driver leaves it at a level that it has had since changed_ps. */
void spi_train_leave(struct net_driver *d, bool level, bool changed, sim_time changed_ps);

#endif
