/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sim/wire_rules.h"

#define REST_OF_ENABLE 16
#define INSTRUCTION 32
#define ENABLE_WORD 0xAC53u

void wire_rules_rise(struct wire_rules *w, sim_time at_ps, bool mosi, bool enabled)
{
    w->word = w->word << 1 | mosi;
    if (enabled) {
        w->follow = 0;
    } else if (w->follow++ == REST_OF_ENABLE + INSTRUCTION) {
        bool again = w->word >> 16 == ENABLE_WORD;

        w->follow = again ? REST_OF_ENABLE + 1 : 0; /* of an instruction that is an enable all is there */
        if (!again) {
            checker_report(w->checker, CHECK_ECHO_IGNORED, at_ps, NULL, 0, 0);
        }
    }
}

void wire_rules_floats(struct wire_rules *w, sim_time at_ps, enum net_level level)
{
    if (!w->floated) {
        w->floated = true;
        checker_report(w->checker, CHECK_INPUT_FLOATING, at_ps, NULL, 0, level);
    }
}

void wire_rules_released(struct wire_rules *w, sim_time at_ps, const struct net *net, const char *name)
{
    struct net_others o = net_sources(net);

    if (o.has_wave || o.strength >= NET_STRONG) {
        checker_report(w->checker, CHECK_PINS_DRIVEN, at_ps, name, 0, o.level);
    } else if (o.strength == NET_WEAK && o.level == NET_1) {
        checker_report(w->checker, CHECK_PULL_UP_LEFT, at_ps, name, 0, o.level);
    }
}
