/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "harness/board/programmer_place.h"

#include "harness/parts/part_types.h"

static void *self(const struct programmer_place *p)
{
    return p->parts->self ? p->parts->self[PLAN_PROGRAMMER] : NULL;
}

static const struct programmer_type *type(const struct programmer_place *p)
{
    return p->cfg->type->programmer;
}

struct net *programmer_place_net_to_drive(void *netlist, const char *name)
{
    struct netlist *nets = netlist;
    struct plan_ref at = plan_find(nets->plan, name);

    if (at.what == PLAN_PIN && at.part == PLAN_TARGET && at.pin == AVR_RESET) {
        return netlist_target_wire(nets, AVR_RESET); /* with its capacitor */
    }
    return netlist_find(nets, name);
}

void programmer_place_init(struct programmer_place *p, struct board_parts *parts, const struct part_site *site)
{
    *p = (struct programmer_place){ .parts = parts,
                                    .cfg = parts->nets->plan->parts[PLAN_PROGRAMMER].cfg,
                                    .site = *site };
}

void programmer_place_started(struct programmer_place *p)
{
    if (type(p)->operations) {
        p->own = type(p)->operations(self(p));
    }
}

/* Where the wires of the programmer's ISP pins lead; on a board with 12 V, which has none, at the chip itself. */
static struct net *isp_net(const struct programmer_place *p, unsigned pin)
{
    static const unsigned at_chip[] = {
        [ISP_RESET] = AVR_RESET, [ISP_SCK] = AVR_SCK, [ISP_MOSI] = AVR_MOSI, [ISP_MISO] = AVR_MISO
    };
    struct netlist *nets = p->parts->nets;

    if (!p->parts->programmer_is_off) {
        return NULL;
    }
    if (board_parts_have_12_v(p->parts)) {
        return netlist_target_wire(nets, at_chip[pin]);
    }
    return nets->plan->isp[pin] >= 0 ? netlist_now(nets, PLAN_PROGRAMMER, (unsigned)nets->plan->isp[pin]) : NULL;
}

struct net *programmer_place_miso(const struct programmer_place *p)
{
    struct netlist *nets = p->parts->nets;
    int pin = nets->plan->isp[ISP_MISO];

    return pin >= 0 ? netlist_now(nets, PLAN_PROGRAMMER, (unsigned)pin) : NULL;
}

void programmer_place_connect(struct programmer_place *p)
{
    for (unsigned i = 0; p->plugged.ops && i < 4; i++) {
        programmer_connect_script(p->plugged.ctx, i, isp_net(p, i));
    }
}

void programmer_place_plug(struct programmer_place *p, const struct scripted_config *s)
{
    if (p->cfg->type == &programmer_script) { /* it is there already */
        scripted_settings(p->own.ctx, s ? s : &p->cfg->script);
        return;
    }
    if (s && !p->plugged.ops) {
        p->plugged = scripted_new(p->site.sim, p->site.chip, s);
    }
    p->parts->programmer_is_off = s != NULL;
}

struct programmer *programmer_place_current(struct programmer_place *p)
{
    return p->parts->programmer_is_off ? &p->plugged : &p->own;
}

struct mcu_board *programmer_place_mcu(const struct programmer_place *p)
{
    return type(p)->mcu ? type(p)->mcu(self(p)) : NULL;
}

const struct stimulus *programmer_place_recording(const struct programmer_place *p)
{
    return type(p)->recording ? type(p)->recording(self(p)) : NULL;
}

const char *programmer_place_note(const struct programmer_place *p, unsigned i)
{
    return type(p)->note ? type(p)->note(self(p), i) : NULL;
}

void programmer_place_free(struct programmer_place *p)
{
    if (p->plugged.ops) {
        p->plugged.ops->free(p->plugged.ctx);
    }
}
