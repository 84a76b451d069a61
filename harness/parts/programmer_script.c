/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The scripted programmer on the wires (harness/hosts/scripted.h), by itself or plugged in another's place. */
#include "harness/parts/part_types.h"
#include "harness/parts/programmer.h"
#include "sim/memory.h"

#include <stdlib.h>

struct programmer_scripted {
    struct programmer script;
};

static void *make(const struct part_site *site, const void *cfg)
{
    struct programmer_scripted *p = memory_zeroed(1, sizeof *p);

    p->script = scripted_new(site->sim, site->chip, &((const struct programmer_config *)cfg)->script);
    return p;
}

static void connect(void *self, unsigned pin, struct net *net)
{
    programmer_connect_script(((struct programmer_scripted *)self)->script.ctx, pin, net);
}

static struct programmer operations(void *self)
{
    return ((struct programmer_scripted *)self)->script;
}

static void stop(void *self)
{
    struct programmer_scripted *p = self;

    p->script.ops->free(p->script.ctx);
}

static const struct programmer_type as_programmer = { .isp_pins = programmer_isp_pins, .operations = operations };

const struct part_type programmer_script = {
    .name = "script",
    .help = "a programmer without firmware, with any timing",
    .place = PART_AS_PROGRAMMER,
    .plan_pins = programmer_plan_pins,
    .make = make,
    .connect = connect,
    .stop = stop,
    .free = free,
    .programmer = &as_programmer,
};
