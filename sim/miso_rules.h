/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * miso_rules.h - does the programmer look at MISO while the bit that it wants is there?
 *
 *   SCK   ~~~~\_____________/~~~~~~~~~~~~~\____
 *   MISO  =bit=X==== bit ==========================X
 *             |--- set-up --->|            |         a look before SCK rises, as hardware does,
 *             |----- set-up ------>|-hold->|         or after it, as many loops do
 *
 * Set-up      from the fall of SCK that brings the bit to the look, less what MISO needs on its way from the target's pin
 *             to the programmer's: tSLIV, 100 ns, whatever this chip's own delay is. A bit that is still on its way counts 0.
 * Hold        from the look to the next fall, which takes the bit away
 * Who looks   a programmer that says so on its net (net_looked()): a hardware SPI, a script, a PC's pins; sure. A core's
 *             read of PINx may be about another pin of the port: it counts where all of 8 bits in a row had one, and in
 *             each bit it is the first that kept the set-up.
 * Leaves out  what reads MISO by a character on a serial line (miniframes); MISO while the target does not drive it
 * Source      ATtiny85 datasheet 2586Q, "Serial Programming Characteristics" (tSLIV); ATmega328P datasheet 42735B, "SPI
 *             Timing" of a master: 10 ns of hold
 */
#ifndef SIM_MISO_RULES_H
#define SIM_MISO_RULES_H

#include "sim/checker.h"

#define MISO_RULES_SETUP_PS (100 * SIM_NS)
#define MISO_RULES_HOLD_PS (10 * SIM_NS)
#define MISO_RULES_RUN 8 /* bits */

struct miso_worst { /* of a run of bits */
    int64_t measured;
    sim_time at_ps;
    struct checker_where where;
};

struct miso_look { /* of a bit */
    bool has, sure, has_where;
    sim_time at_ps;
    int64_t setup_ps, hold_ps;
    struct checker_where where; /* taken where one of the two is news */
};

struct miso_rules {
    bool asked;                       /* a programmer has said that it looks: until then edges need not be told */
    struct checker *checker;          /* NULL: nobody checks */
    sim_time fall_ps, fall_before_ps; /* of SCK */
    struct miso_look now,
        ended;    /* the bit that is there, and the one before until SCK rises: a core looks back a little */
    uint32_t run; /* bits in a row with a look that is not sure */
    struct miso_worst setup, hold;
};

void miso_rules_init(struct miso_rules *m, struct checker *checker);
/* The session is over, or bits came that nobody told of. */
void miso_rules_stop(struct miso_rules *m);
/* The first look comes, and SCK fell last at fall_ps: from now on its edges are to be told. */
void miso_rules_begin(struct miso_rules *m, sim_time fall_ps);
/* The programmer looks. way_ps: what the last change of MISO needs from pin to pin, SIM_NEVER: it is still on its way. */
void miso_rules_look(struct miso_rules *m, sim_time at_ps, sim_time way_ps, bool sure);

/* For miso_rules_sck(). */
void miso_rules_fell(struct miso_rules *m, sim_time at_ps);
void miso_rules_bit(struct miso_rules *m);

static inline void miso_rules_sck(struct miso_rules *m, sim_time at_ps, bool level)
{
    if (!level) {
        if (m->now.has) {
            miso_rules_fell(m, at_ps);
        }
        m->fall_before_ps = m->fall_ps;
        m->fall_ps = at_ps;
    } else if (m->ended.has || m->run) {
        miso_rules_bit(m);
    }
}

#endif
