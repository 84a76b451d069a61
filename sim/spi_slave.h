/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * spi_slave.h - the serial programming port, bit by bit, sampled by the target's own clock
 *
 *                  +-----------+
 *        SCK ----->|           |----> output(): MISO driven or not, level
 *       MOSI ----->| spi_slave |----> read(): a read instruction's three bytes are there
 *   CPU clock ---->|           |----> execute(): all four bytes are there
 *                  +-----------+
 *
 * Sampling    every edge of the CPU clock samples SCK; a level counts once n_samples samples in a row show it,
 *             and MOSI is taken by that same sample. A sample at time t sees the level that was there just before
 *             t. So a phase longer than n_samples clocks is always seen, a much shorter one never, and one in
 *             between depends on the phase of the clocks. Without the filter (switch sck_filter: 0) one sample is
 *             enough and counts n_samples - 1 clocks later: phases above one clock are seen, late.
 * MISO        follows the SCK pin, miso_delay_ps behind it (latch: open while the pin is low; flop: clocked by its
 *             fall), and shows a shift register that the sampled SCK moves. As long as the rise has been seen when
 *             SCK falls both do the same. Otherwise the latch's bit comes late, when the rise is seen, and the
 *             flop's is lost. `sampled`: MISO changes with the sample that sees the fall.
 * Two ways    With a periodic clock the samples are computed, not ticked: a change of SCK asks the clock when it
 *             will be seen, and an event is scheduled only where something comes of it (MISO changes, an
 *             instruction executes). Without (clk stopped) every call of spi_slave_clock_edge() is one sample.
 *             Both agree bit for bit.
 * Bits        One shift register of 32 bits, MSB first; frames are counted from spi_slave_start(). While byte n
 *             comes in byte n-1 goes out, changing at SCK falls; only byte 4 of a read instruction sends data,
 *             which enters the register with the sample that sees the 24th rise: before the 24th fall, at which its
 *             first bit must come out, unless that fall comes too soon.
 *             MISO stays open until AC 53 is seen as bytes 1 and 2 of a frame: driven from the 16th rise on.
 *             Missed or extra bits shift the frame, until RESET starts a new one.
 * Source      ATmega328P datasheet (42735B) "Serial Programming Algorithm", Figure "Serial Programming
 *             Waveforms"; AVR910; MISO before and at the 16th rise: public logic analyser captures of an
 *             ATmega328P and an ATmega88 (sigrok-dumps, avr_isp); that MISO follows the pin: those and an ATmega8L's
 */
#ifndef SIM_SPI_SLAVE_H
#define SIM_SPI_SLAVE_H

#include "sim/clock_cursor.h"
#include "sim/kernel.h"
#include "sim/part.h"
#include "sim/switches.h"

#define SPI_SLAVE_MAX_SAMPLES 3

struct spi_slave_ops {
    void (*output)(void *ctx, bool driven, bool level);
    /* bytes 1..3 in bits 31..8 of frame. True: data goes out as byte 4; false: not a read, or refused. */
    bool (*read)(void *ctx, sim_time at_ps, uint32_t frame, uint8_t *data);
    void (*execute)(void *ctx, sim_time at_ps, uint32_t frame);
    /* AC 53 was seen at the 16th rise. False: not accepted. */
    bool (*enable)(void *ctx, sim_time at_ps);
};

struct spi_slave {
    struct sim *sim;
    const struct spi_slave_ops *ops;
    void *ctx;
    struct target_switches switches;

    bool listening; /* between start and stop */
    bool enabled;   /* AC 53 was accepted: instructions execute */

    /* sampler */
    bool sck, mosi;               /* at the pins, now */
    bool sck_before, mosi_before; /* just before changed_ps (by hand only) */
    sim_time sck_changed_ps, mosi_changed_ps;
    bool seen;      /* SCK as accepted */
    uint32_t count; /* samples in a row that differ from it */
    uint32_t n_samples;
    bool filter; /* n_samples in a row; else a synchroniser of n_samples - 1 stages behind the first: */
    uint64_t due[SPI_SLAVE_MAX_SAMPLES]; /* (clk) edges that accept the changes on their way, oldest first */
    uint32_t n_due;
    uint32_t history; /* (by hand) the last samples, newest lowest */
    bool periodic;
    struct clock_cursor clk; /* of a port that does not listen only its clk: a program may change it all the time */
    uint64_t next_edge;      /* clk: number of the first edge not sampled yet */
    sim_time accept_ps;      /* when the present level will be accepted, SIM_NEVER: it is, no clock, or nobody asks */
    bool quick;              /* a change of SCK need not be counted, ... */
    bool uncounted;          /* ... and wasn't, at since_ps: next_edge is behind, accept_ps a time before it */
    sim_time since_ps, sure_ps; /* a level that lasts sure_ps is accepted, whatever the phase of the clock */

    /* frame */
    uint32_t in;   /* shift register */
    uint32_t bits; /* rises seen in this frame, 0..31 */
    uint8_t out;   /* the byte that goes out */
    enum miso_output miso;
    sim_time moved_ps;  /* when a rise last moved the register ... */
    bool bit_before;    /* ... and what would have come out next before */
    bool driven, level; /* MISO; level: before its delay */
    struct sim_event event;
    sim_time delay_ps[2]; /* of the MISO pin, to 0 and to 1 */
    bool next_level;      /* MISO after delay_ps */
    struct sim_event pin;
    uint64_t frames; /* since start */
};

/* part: whose MISO delay it is. */
void spi_slave_init(struct spi_slave *s, struct sim *sim, const struct part *part,
                    const struct target_switches *switches, const struct spi_slave_ops *ops, void *ctx);

/* RESET went low: a new frame begins, the port is not enabled. sck, mosi: the levels of the pins. */
void spi_slave_start(struct spi_slave *s, bool sck, bool mosi);
/* RESET is high, or the chip lost its supply. MISO opens. */
void spi_slave_stop(struct spi_slave *s);

/*
 * The CPU clock from now on (a stopped one: edges come by spi_slave_clock_edge(), or not at all). Samples taken so
 * far count.
 */
void spi_slave_set_clock(struct spi_slave *s, const struct sim_clock *clk, uint32_t n_samples);
static inline void spi_slave_set_samples(struct spi_slave *s, uint32_t n_samples)
{
    s->n_samples = n_samples;
}
/* One edge of the CPU clock, now. */
void spi_slave_clock_edge(struct spi_slave *s);

/* What the samples up to and including t see, if no pin changes before. */
void spi_slave_settle(struct spi_slave *s, sim_time t_ps);

/* Pins changed, now. */
void spi_slave_sck(struct spi_slave *s, bool level);
void spi_slave_mosi(struct spi_slave *s, bool level);

#endif
