/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "harness/parts/programmer.h"

bool programmer_has_front_end(const struct programmer_config *cfg)
{
    return cfg->type == &programmer_script || (cfg->circuit && !cfg->stimulus.file);
}

void programmer_isp_pins(const struct programmer_config *cfg, struct plan_pins *t, int isp[4])
{
    const struct part_pin pins[] = {
        [ISP_RESET] = { "RESET", cfg->row->isp.reset, PIN_NET },
        [ISP_SCK] = { "SCK", cfg->row->isp.sck, PIN_NET },
        [ISP_MOSI] = { "MOSI", cfg->row->isp.mosi, PIN_NET },
        [ISP_MISO] = { "MISO", cfg->row->isp.miso, PIN_NET },
    };

    for (unsigned i = 0; i < sizeof pins / sizeof pins[0]; i++) {
        isp[i] = (int)t->n;
        t->pins[t->n++] = pins[i];
    }
}

bool programmer_load_stimulus(struct stimulus *st, const struct programmer_site *site,
                              const struct stimulus_config *cfg, struct circuit_board *circuit, struct problem *err)
{
    if (!stimulus_load(st, site->sim, site->inputs, cfg->file, err)) {
        return false;
    }
    for (unsigned i = 0; i < cfg->n_map; i++) {
        const char *name = cfg->map[i].net, *signal = cfg->map[i].signal;
        struct net *net;
        bool ok;

        if (circuit && circuit_board_can_play(circuit, name)) {
            ok = circuit_board_play(circuit, name, st, signal, err);
        } else {
            net = site->net_to_drive(site->board, name);
            ok = net ? stimulus_map_net(st, signal, net, err)
                     : problem_set(err, "%s has a source already: a recording can't drive it", name);
        }
        if (!ok) {
            stimulus_free(st);
            return problem_prefix(err, "%s:%u:%u", site->path, cfg->place.line, cfg->place.column);
        }
    }
    return true;
}
