/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * wire_rules.h - what a programmer does to the wires around Programming Enable and after the session
 *
 *      RESET __|~~~|_______________________________________|~~~~~~~~~
 *      SCK     AC 53 .. ..    next instruction                ^ start-up is over: who still drives?
 *                  no answer      ^ and yet it goes on
 *
 * Told by the target. Nothing here is measured with each edge once the port is enabled.
 */
#ifndef SIM_WIRE_RULES_H
#define SIM_WIRE_RULES_H

#include "sim/checker.h"
#include "sim/net.h"

struct wire_rules {
    struct checker *checker;
    uint32_t follow; /* rises of SCK since AC 53 was at the pins, from 1 on; 0: nobody follows */
    uint32_t word;   /* MOSI at them */
    bool floated;    /* told in this session */
    bool programmed; /* the port was enabled since RESET fell */
};

/* AC 53 was at the pins. */
static inline void wire_rules_enable_came(struct wire_rules *w)
{
    w->follow = 1;
    w->word = 0;
}
/* RESET moved. */
static inline void wire_rules_reset_moved(struct wire_rules *w)
{
    w->follow = 0;
    w->floated = false;
}
/* The rest of a rise of SCK while wire_rules_listens(). enabled: the port has accepted Programming Enable. */
void wire_rules_rise(struct wire_rules *w, sim_time at_ps, bool mosi, bool enabled);
/* MOSI is at no level while SCK rises and somebody programs. */
void wire_rules_floats(struct wire_rules *w, sim_time at_ps, enum net_level level);
/* After the session, when the start-up is over: what others do to a wire. */
void wire_rules_released(struct wire_rules *w, sim_time at_ps, const struct net *net, const char *name);

#endif
