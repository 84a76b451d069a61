/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The scripted programmer on the wires (harness/hosts/scripted.h), by itself or plugged in another's place. */
#include "harness/parts/programmer.h"
#include "sim/memory.h"

#include <stdlib.h>

struct programmer_scripted {
    struct programmer script;
};

static void *make(const struct programmer_site *site, const struct programmer_config *cfg)
{
    struct programmer_scripted *p = memory_zeroed(1, sizeof *p);

    p->script = scripted_new(site->sim, site->part, &cfg->script);
    return p;
}

static bool start(void *self, const struct host *host, struct problem *err)
{
    (void)self;
    (void)host;
    (void)err;
    return true;
}

static void connect(void *self, struct net *const *nets)
{
    struct programmer_scripted *p = self;

    scripted_connect(p->script.ctx, nets[ISP_RESET], nets[ISP_MOSI], nets[ISP_MISO], nets[ISP_SCK]);
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

const struct programmer_type programmer_script = {
    .name = "script",
    .pins = programmer_isp_pins,
    .make = make,
    .start = start,
    .connect = connect,
    .operations = operations,
    .stop = stop,
    .free = free,
};
