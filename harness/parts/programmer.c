/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "harness/parts/programmer.h"

#include "harness/parts/part_types.h"

bool programmer_is_firmware(const struct programmer_config *cfg)
{
    return cfg->type == &programmer_mcu;
}

bool programmer_has_front_end(const struct programmer_config *cfg)
{
    return cfg->type == &programmer_script || (cfg->circuit && !cfg->stimulus.file);
}

void programmer_plan_pins(const void *cfg, struct plan_pins *t)
{
    const struct mcu_board_row *row = ((const struct programmer_config *)cfg)->row;
    const struct part_pin pins[] = {
        [ISP_RESET] = { "RESET", row->isp.reset, PIN_NET },
        [ISP_SCK] = { "SCK", row->isp.sck, PIN_NET },
        [ISP_MOSI] = { "MOSI", row->isp.mosi, PIN_NET },
        [ISP_MISO] = { "MISO", row->isp.miso, PIN_NET },
    };

    for (unsigned i = 0; i < sizeof pins / sizeof pins[0]; i++) {
        t->pins[t->n++] = pins[i];
    }
}

void programmer_isp_pins(const struct programmer_config *cfg, int isp[4])
{
    (void)cfg;
    for (int i = 0; i < 4; i++) {
        isp[i] = i;
    }
}

void programmer_connect_script(void *script, unsigned isp, struct net *net)
{
    static const enum scripted_pin pins[] = {
        [ISP_RESET] = SCRIPTED_RESET, [ISP_SCK] = SCRIPTED_SCK, [ISP_MOSI] = SCRIPTED_MOSI, [ISP_MISO] = SCRIPTED_MISO
    };

    scripted_connect(script, pins[isp], net);
}

bool programmer_load_stimulus(struct stimulus *st, const struct part_site *site, const struct stimulus_config *cfg,
                              struct circuit_board *circuit, struct problem *err)
{
    if (!stimulus_load(st, site->sim, site->inputs, cfg->file, err)) {
        return problem_prefix(err, "%s:%u:%u", site->path, cfg->place.line, cfg->place.column);
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
