/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * spi_shift.h - a byte in the shift register of an SPI master: the SPI's (spi_master.h), or the USART's (usart_spi.h)
 *
 * Edge k of SCK, 0 to 15, lies SPI_FIRST_EDGE_HALVES + k half periods behind t0, at which MOSI has the first bit with CPHA 0.
 */
#ifndef MCU_SPI_SHIFT_H
#define MCU_SPI_SHIFT_H

#include "mcu/pins.h"

#define SPI_FIRST_EDGE_HALVES 1
enum { SPI_DORD = 0x20, SPI_CPOL = 0x08, SPI_CPHA = 0x04 }; /* in SPCR */
enum { SPI_LAST_EDGE = 15 };

struct spi_shift {
    struct core *core;
    struct pin *mosi, *miso, *sck;
    struct pins_port *port; /* that has all three; NULL: none has */
    struct core_late *late; /* of whoever has the shift register: its next edge */
    uint8_t mosi_mask, miso_mask, sck_mask;
    bool open_is_high; /* what an open MISO reads; else as the core's inputs do */
    uint8_t control;   /* SPI_DORD, SPI_CPOL, SPI_CPHA of the byte */
    uint8_t out, in;
    uint8_t edge;        /* 0..15: the next one */
    uint8_t sampled;     /* edges before this one have sampled MISO, made or not */
    uint64_t t0, half;   /* cycles */
    bool looked_at;      /* these are known: */
    uint16_t shown;      /* bit k: MOSI behind edge k */
    uint8_t odd;         /* 1: MISO is sampled with the odd edges (CPHA) */
    uint8_t first_level; /* 1: SCK is high before edge 0 (CPOL) */
};

static inline uint64_t spi_shift_cycle(const struct spi_shift *s, unsigned edge)
{
    return s->t0 + (SPI_FIRST_EDGE_HALVES + edge) * s->half;
}

/* Bit k on its way out, from 0 on. */
static inline bool spi_bit_out(const struct spi_shift *s, unsigned k)
{
    return s->out >> (s->control & SPI_DORD ? k : 7 - k) & 1;
}

/* A bit comes in, with the next edge. */
static inline void spi_bit_in(struct spi_shift *s, bool bit)
{
    if (s->edge < s->sampled) {
        return;
    }
    s->sampled = (uint8_t)(s->edge + 1);
    s->in = s->control & SPI_DORD ? (uint8_t)(s->in >> 1 | bit << 7) : (uint8_t)(s->in << 1 | bit);
}

/* Of these pins; sck NULL: it is never used. */
void spi_shift_init(struct spi_shift *s, struct core *core, struct pin *mosi, struct pin *miso, struct pin *sck);

/* A byte is on its way. */
static inline void spi_shift_begin(struct spi_shift *s, uint8_t byte, uint8_t control, uint64_t t0, uint64_t half)
{
    s->control = control;
    s->out = byte;
    s->t0 = t0;
    s->half = half;
    s->edge = s->sampled = 0;
    s->looked_at = false;
}

/*
 * The edges that are due at this cycle, one at least, in one step, if nobody hears of them (spi_alone.c). The time of the
 * board stays; spi_alone_end() brings it to the last of them.
 */
bool spi_alone_run(struct spi_shift *s, uint64_t cycle);
static inline void spi_alone_end(const struct spi_shift *s)
{
    sim_time last_ps = core_ps(s->core, spi_shift_cycle(s, s->edge - 1u));
    if (s->core->sim->now_ps < last_ps) {
        s->core->sim->now_ps = last_ps;
    }
}
/* A quick store to these pins: edges of SCK and MOSI that are due are made, what is due of MISO is sampled. */
bool spi_alone_is_past(struct spi_shift *s, uint64_t cycle, unsigned pins);
/* What SCK and MOSI read at that cycle with the edges that are due then, one at least; those are not made. False: ask pins. */
bool spi_alone_levels(struct spi_shift *s, uint64_t cycle, uint8_t *levels);

#endif
