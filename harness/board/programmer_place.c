/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "harness/board/programmer_place.h"

#include "sim/memory.h"

#include <stdlib.h>

/* The plan's table of the programmer: by it on[] is ordered. */
static const struct plan_part *part(const struct programmer_place *p)
{
    return &p->nets->plan->parts[PLAN_PROGRAMMER];
}

static struct net *net_to_drive(void *place, const char *name)
{
    struct programmer_place *p = place;
    struct plan_ref at = plan_find(p->nets->plan, name);

    if (at.what == PLAN_PIN && at.part == PLAN_TARGET && at.pin == AVR_RESET) {
        return netlist_target_wire(p->nets, AVR_RESET); /* with its capacitor */
    }
    return netlist_find(p->nets, name);
}

void programmer_place_init(struct programmer_place *p, const struct programmer_config *cfg,
                           const struct programmer_site *site, const struct netlist *nets)
{
    *p = (struct programmer_place){ .cfg = cfg, .site = *site, .nets = nets };
    p->site.net_to_drive = net_to_drive;
    p->site.board = p;
    p->on = memory_zeroed(part(p)->n_pins, sizeof *p->on);
    p->self = cfg->type->make(&p->site, cfg);
}

bool programmer_place_settle(struct programmer_place *p, struct problem *err)
{
    if (!p->cfg->type->settle) {
        return true;
    }
    if (!p->cfg->type->settle(p->self, err)) {
        return false;
    }
    programmer_place_connect(p);
    return true;
}

bool programmer_place_start(struct programmer_place *p, const struct host *host, struct problem *err)
{
    if (!p->cfg->type->start(p->self, host, err)) {
        return false;
    }
    if (p->cfg->type->operations) {
        p->own = p->cfg->type->operations(p->self);
    }
    return true;
}

/* While the script is there the other's pins are on nets of their own, if it is a board with such; else on none. */
static void connect_own(struct programmer_place *p)
{
    for (unsigned i = 0; i < part(p)->n_pins; i++) {
        struct net *net = netlist_now(p->nets, PLAN_PROGRAMMER, i);

        if (p->script_plugged && net) {
            net = p->cfg->type->mcu ? netlist_own(p->nets, PLAN_PROGRAMMER, i) : NULL;
        }
        p->on[i] = net;
    }
    p->cfg->type->connect(p->self, p->on);
}

static struct net *isp_net(const struct programmer_place *p, unsigned pin)
{
    int i = p->script_plugged ? p->nets->plan->isp[pin] : -1;

    return i >= 0 ? netlist_now(p->nets, PLAN_PROGRAMMER, (unsigned)i) : NULL;
}

void programmer_place_connect(struct programmer_place *p)
{
    connect_own(p);
    if (p->plugged.ops) {
        scripted_connect(p->plugged.ctx, isp_net(p, ISP_RESET), isp_net(p, ISP_MOSI), isp_net(p, ISP_MISO),
                         isp_net(p, ISP_SCK));
    }
}

void programmer_place_plug(struct programmer_place *p, const struct scripted_config *s)
{
    if (p->cfg->type == &programmer_script) { /* it is there already */
        scripted_settings(p->own.ctx, s ? s : &p->cfg->script);
        return;
    }
    if (s && !p->plugged.ops) {
        p->plugged = scripted_new(p->site.sim, p->site.part, s);
    }
    p->script_plugged = s != NULL;
}

struct programmer *programmer_place_current(struct programmer_place *p)
{
    return p->script_plugged ? &p->plugged : &p->own;
}

struct vline *programmer_place_line(struct programmer_place *p, const char *name)
{
    return p->cfg->type->line ? p->cfg->type->line(p->self, name) : NULL;
}

struct net *programmer_place_net(struct programmer_place *p, const char *name)
{
    return p->cfg->type->net ? p->cfg->type->net(p->self, name) : NULL;
}

struct mcu_board *programmer_place_mcu(const struct programmer_place *p)
{
    return p->cfg->type->mcu ? p->cfg->type->mcu(p->self) : NULL;
}

const struct stimulus *programmer_place_recording(const struct programmer_place *p)
{
    return p->cfg->type->recording ? p->cfg->type->recording(p->self) : NULL;
}

const char *programmer_place_note(const struct programmer_place *p, unsigned i)
{
    return p->cfg->type->note ? p->cfg->type->note(p->self, i) : NULL;
}

void programmer_place_stop(struct programmer_place *p)
{
    if (p->plugged.ops) {
        p->plugged.ops->free(p->plugged.ctx);
    }
    if (p->self) {
        p->cfg->type->stop(p->self);
    }
}

void programmer_place_free(struct programmer_place *p)
{
    if (p->self) {
        p->cfg->type->free(p->self);
    }
    free(p->on);
    p->self = NULL;
    p->on = NULL;
}
