/* SPDX-License-Identifier: GPL-3.0-or-later */
/* target_look.c - a programmer looks at MISO: what the wires between the two pins make of that for MISO's rules */
#include "sim/target_parts.h"

/* The bit is over. What came after the look came too late; what never came has a broken wire. */
static void judge_missed_look(struct target *t)
{
    const struct target_missed_look *l = &t->missed;

    if (l->net->changed_ps > l->at_ps && net_level(l->net) == (enum net_level)t->pin[TARGET_MISO].driver.level) {
        miso_rules_look(&t->miso, l->at_ps, SIM_NEVER, l->sure);
    }
    t->missed.net = NULL;
}

void target_look_edge(struct target *t, sim_time at_ps, bool level)
{
    if (t->missed.net && !level) {
        judge_missed_look(t);
    }
    miso_rules_sck(&t->miso, at_ps, level);
}

/* At MISO, on whatever net the programmer has it: parts between the two pins may take their time. */
static void programmer_looked(void *ctx, const struct net *net, sim_time at_ps, bool high, bool sure)
{
    struct target *t = ctx;
    const struct target_pin_state *miso = &t->pin[TARGET_MISO];
    sim_time way_ps = 0;

    if (!t->spi.driven || !miso->net) {
        return;
    }
    if (!t->miso.asked) {
        miso_rules_begin(&t->miso, t->rules.fall_ps);
    }
    if (net != miso->net) {
        bool is_new = miso->net->changed_ps >= t->miso.fall_ps;
        if (high != (miso->driver.level == NET_1)) {
            t->missed = (struct target_missed_look){ is_new ? net : NULL, at_ps, sure };
            return;
        }
        way_ps = is_new && net->changed_ps > miso->net->changed_ps ? net->changed_ps - miso->net->changed_ps : 0;
    }
    miso_rules_look(&t->miso, at_ps, way_ps, sure);
}

static const bool more_than_one = true; /* chips on the board */

void target_look_init(struct target *t, struct checker *checker)
{
    miso_rules_init(&t->miso, checker);
    t->look = (struct net_look){ programmer_looked, t };
    t->sim->looks = t->sim->looks ? &more_than_one : &t->spi.driven;
}

void target_look_stop(struct target *t)
{
    miso_rules_stop(&t->miso);
    t->missed.net = NULL;
}
