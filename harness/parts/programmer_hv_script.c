/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The scripted high-voltage programmer on the wires (harness/hosts/scripted_hv.h). */
#include "harness/hosts/scripted_hv.h"
#include "harness/parts/part_types.h"
#include "harness/parts/programmer.h"
#include "sim/memory.h"

#include <stdlib.h>

struct programmer_hv {
    struct programmer script;
};

static const struct part_pin pins[SCRIPTED_HV_PINS] = {
    [HV_DATA0] = { .name = "DATA0" },
    [HV_DATA0 + 1] = { .name = "DATA1" },
    [HV_DATA0 + 2] = { .name = "DATA2" },
    [HV_DATA0 + 3] = { .name = "DATA3" },
    [HV_DATA0 + 4] = { .name = "DATA4" },
    [HV_DATA0 + 5] = { .name = "DATA5" },
    [HV_DATA0 + 6] = { .name = "DATA6" },
    [HV_DATA7] = { .name = "DATA7" },
    [HV_OE] = { .name = "OE" },
    [HV_WR] = { .name = "WR" },
    [HV_BS1] = { .name = "BS1" },
    [HV_BS2] = { .name = "BS2" },
    [HV_XA0] = { .name = "XA0" },
    [HV_XA1] = { .name = "XA1" },
    [HV_PAGEL] = { .name = "PAGEL" },
    [HV_RDY] = { .name = "RDY" },
    [HV_STROBE] = { "STROBE", "SCI", PIN_NET },
    [HV_SDI] = { .name = "SDI" },
    [HV_SII] = { .name = "SII" },
    [HV_SDO] = { .name = "SDO" },
    [HV_ENABLE0] = { .name = "ENABLE0" },
    [HV_ENABLE0 + 1] = { .name = "ENABLE1" },
    [HV_ENABLE0 + 2] = { .name = "ENABLE2" },
    [HV_ENABLE3] = { .name = "ENABLE3" },
    [SCRIPTED_HV_VPP] = { .name = "VPP" },
    [SCRIPTED_HV_VCC] = { .name = "VCC" },
};

static void plan_pins(const void *cfg, struct plan_pins *t)
{
    (void)cfg;
    for (unsigned i = 0; i < SCRIPTED_HV_PINS; i++) {
        t->pins[t->n++] = pins[i];
    }
}

static void isp_pins(const struct programmer_config *cfg, int isp[4])
{
    (void)cfg;
    for (int i = 0; i < 4; i++) {
        isp[i] = -1;
    }
}

static void *make(const struct part_site *site, const void *cfg)
{
    struct programmer_hv *p = memory_zeroed(1, sizeof *p);

    p->script = scripted_hv_new(site->sim, site->chip, &((const struct programmer_config *)cfg)->hv_script);
    return p;
}

static void connect(void *self, unsigned pin, struct net *net)
{
    scripted_hv_connect(((struct programmer_hv *)self)->script.ctx, pin, net);
}

static struct programmer operations(void *self)
{
    return ((struct programmer_hv *)self)->script;
}

static void stop(void *self)
{
    struct programmer_hv *p = self;

    p->script.ops->free(p->script.ctx);
}

/* ---- keys: its timing ---- */

static const char *const no_yes[] = { "no", "yes", NULL };
static const char *const leaves[] = { "vpp first", "vcc first", "vpp only", NULL };
#define US 1000000LL
#define TIME(key, field, usual, text)                                                            \
    {                                                                                            \
        .name = key, .unit = QUANTITY_TIME_PS, .min = 0, .max = 1000000 * US, .fallback = usual, \
        .at = offsetof(struct scripted_hv_config, field), .help = text                           \
    }
#define COUNT(key, field, most, usual, text)                                           \
    {                                                                                  \
        .name = key, .unit = QUANTITY_COUNT, .min = 0, .max = most, .fallback = usual, \
        .at = offsetof(struct scripted_hv_config, field), .help = text                 \
    }
#define CHOICE(key, field, names, usual, text)                                                              \
    {                                                                                                       \
        .name = key, .choices = names, .fallback = usual, .at = offsetof(struct scripted_hv_config, field), \
        .help = text                                                                                        \
    }

static const struct part_key keys[] = {
    TIME("setup", t_setup_ps, US, "DATA and controls, or SDI and SII, before the strobe"),
    TIME("hold", t_hold_ps, US, "the same after the strobe's fall (serial: its rise)"),
    TIME("high", t_high_ps, US, "the strobe's high"),
    TIME("low", t_low_ps, US, "the strobe's low at least"),
    TIME("pagel", t_pagel_ps, US, "PAGEL's high"),
    TIME("wr", t_wr_ps, US, "WR's low"),
    TIME("bs_setup", t_bs_setup_ps, US, "BS1 and BS2 before PAGEL and WR"),
    TIME("bs_hold", t_bs_hold_ps, US, "BS1 and BS2 after PAGEL"),
    TIME("apart", t_apart_ps, US, "from PAGEL's fall to the next strobe, from the strobe's to WR's"),
    TIME("out", t_out_ps, US, "from OE low to the look at DATA, and from OE high to the next step"),
    TIME("rdy", t_rdy_ps, 2 * US, "from WR low to the first look at RDY/BSY"),
    TIME("vcc_to_vpp", vcc_to_vpp_ps, 40 * US, "from VCC to 12 V"),
    TIME("enable_hold", enable_hold_ps, 20 * US, "Prog_enable after 12 V"),
    TIME("enter_wait", enter_wait_ps, 400 * US, "from 12 V to the first command"),
    COUNT("entry_edges", entry_edges, 100, 12, "edges of the strobe between VCC and 12 V"),
    COUNT("prog_enable", prog_enable, 15, 0, "what is on Prog_enable, 0 as it should be"),
    CHOICE("hold_sdo", hold_sdo, no_yes, 0, "serial: does it drive SDO after the entry?"),
    CHOICE("drive_data", drive_data, no_yes, 0, "parallel: does it drive DATA while OE is low?"),
    CHOICE("strobe_high", strobe_high, no_yes, 0, "parallel: does XTAL1 stay high until the next strobe?"),
    CHOICE("poll", poll, no_yes, 1, "does it wait for RDY/BSY or SDO?"),
    TIME("write_wait", write_wait_ps, 5000 * US, "else: after a write"),
    TIME("erase_wait", erase_wait_ps, 12000 * US, "else: after a chip erase"),
    CHOICE("leave", leave, leaves, 0, "what is switched off first"),
    COUNT("stray_strobes", stray_strobes, 100, 0, "WR pulses without a command, after entering"),
    COUNT("stray_bits", stray_bits, 10, 0, "serial: bits of half a frame before leaving"),
};

static const struct programmer_type as_programmer = { .isp_pins = isp_pins, .operations = operations };

const struct part_type programmer_hv_script = {
    .name = "hv_script",
    .help = "a high-voltage programmer without firmware, with any timing",
    .place = PART_AS_PROGRAMMER,
    .plan_pins = plan_pins,
    .keys = keys,
    .n_keys = sizeof keys / sizeof keys[0],
    .cfg_bytes = sizeof(struct programmer_config),
    .make = make,
    .connect = connect,
    .stop = stop,
    .free = free,
    .programmer = &as_programmer,
};
