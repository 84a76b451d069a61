/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A recording in the programmer's place: it drives nets of the board by their names, whatever its pins are on. */
#include "harness/parts/part_types.h"
#include "harness/parts/programmer.h"
#include "sim/memory.h"

#include <stdlib.h>

struct programmer_recording {
    struct part_site site;
    const struct programmer_config *cfg;
    struct stimulus stimulus;
    bool loaded;
};

static void *make(const struct part_site *site, const void *cfg)
{
    struct programmer_recording *p = memory_zeroed(1, sizeof *p);

    p->site = *site;
    p->cfg = cfg;
    return p;
}

static bool start(void *self, const struct host *host, struct problem *err)
{
    struct programmer_recording *p = self;

    (void)host;
    p->loaded = programmer_load_stimulus(&p->stimulus, &p->site, &p->cfg->stimulus, NULL, err);
    if (p->loaded) {
        stimulus_start(&p->stimulus);
    }
    return p->loaded;
}

static void connect(void *self, unsigned pin, struct net *net)
{
    (void)self;
    (void)pin;
    (void)net;
}

static const struct stimulus *recording(void *self)
{
    struct programmer_recording *p = self;

    return p->loaded ? &p->stimulus : NULL;
}

static void stop(void *self)
{
    struct programmer_recording *p = self;

    if (p->loaded) {
        stimulus_free(&p->stimulus);
    }
}

static const struct programmer_type as_programmer = { .isp_pins = programmer_isp_pins, .recording = recording };

const struct part_type programmer_stimulus = {
    .name = "stimulus",
    .help = "a recording on the wires",
    .place = PART_AS_PROGRAMMER,
    .plan_pins = programmer_plan_pins,
    .make = make,
    .start = start,
    .connect = connect,
    .stop = stop,
    .free = free,
    .programmer = &as_programmer,
};
