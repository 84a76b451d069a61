/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * High-voltage serial programming: frames of 11 bits on SDI and SII, each a strobe of the engine.
 *
 *      SCI   _|~|_|~|_|~|_ ... _|~|_|~|_
 *      SII     0   7   6         0   0       taken at the rise; SDO has bit 7 behind the first rise, bit 0 behind the 8th
 */
#include "sim/target_parts.h"

#include <assert.h>

#define FRAME_BITS 11
/* 0, eight bits, 00 */
#define FRAME_FIXED 0x403u

enum { SII_PAGEL = 1, SII_BS2 = 2, SII_OE = 4, SII_WR = 8, SII_BS1 = 16, SII_XA0 = 32, SII_XA1 = 64 };

static bool ready(struct target *t, sim_time at_ps)
{
    return !nvm_busy_until(t->nvm, at_ps);
}

static void show(struct target *t, sim_time at_ps, bool level)
{
    t->hv.sdo_level = level;
    sim_schedule(t->sim, &t->hv.sdo, at_ps + t->cfg.part->hv->times->sdo * SIM_NS);
}

void hv_serial_show_ready(struct target *t, sim_time at_ps)
{
    if (t->hv.bits == 0) {
        show(t, at_ps, ready(t, at_ps));
    }
}

void hv_serial_output(void *ctx, sim_time at_ps)
{
    struct target *t = ctx;
    struct hv_port *h = &t->hv;

    assert(t->mode == TARGET_HV); /* who leaves it cancels the event */
    if (!h->sdo_drives) {         /* it comes out of the entry */
        h->sdo_drives = true;
        hv_serial_show_ready(t, at_ps);
    }
    net_drive(&h->pin[HV_SDO].driver, h->sdo_level ? NET_1 : NET_0, NET_STRONG);
}

static void frame(struct target *t, sim_time at_ps)
{
    struct hv_port *h = &t->hv;
    uint8_t sii = (uint8_t)(h->sii >> 2);
    const struct hv_bus bus = {
        .xa1 = sii & SII_XA1,
        .xa0 = sii & SII_XA0,
        .bs1 = sii & SII_BS1,
        .bs2 = sii & SII_BS2,
        .data = (uint8_t)(h->sdi >> 2),
    };

    if ((h->sii | h->sdi) & FRAME_FIXED) {
        checker_report(t->checker, CHECK_HV_FRAME, at_ps, NULL, 0, 0);
    }
    hv_engine_strobe(t, at_ps, &bus);
    if ((sii & SII_PAGEL) && !h->pagel) {
        hv_engine_pagel(t, at_ps, &bus);
    }
    if (!(sii & SII_WR) && h->wr) {
        hv_engine_write(t, at_ps, &bus);
    }
    if (!(sii & SII_OE)) {
        hv_engine_read(t, at_ps, &bus, &h->output);
    }
    h->pagel = sii & SII_PAGEL;
    h->wr = sii & SII_WR;
}

static void rise(struct target *t, sim_time at_ps)
{
    struct hv_port *h = &t->hv;
    const struct part_hv_times *times = t->cfg.part->hv->times;

    if (h->fall_ps) {
        checker_at_least(t->checker, CHECK_HV_STROBE_LOW, at_ps, times->strobe_low * (int64_t)SIM_NS,
                         (int64_t)(at_ps - h->fall_ps));
    }
    target_hv_judge_setup(t, HV_SDI, at_ps);
    target_hv_judge_setup(t, HV_SII, at_ps);
    h->rise_ps = at_ps;
    h->sdi = (uint16_t)(h->sdi << 1 | target_hv_read(&h->pin[HV_SDI]));
    h->sii = (uint16_t)(h->sii << 1 | target_hv_read(&h->pin[HV_SII]));
    if (++h->bits <= 8) {
        show(t, at_ps, h->output >> (8 - h->bits) & 1);
    } else if (h->bits == FRAME_BITS) {
        frame(t, at_ps);
        h->bits = 0;
        h->sdi = h->sii = 0;
        hv_serial_show_ready(t, at_ps);
    }
}

void hv_serial_moved(struct target *t, enum hv_signal signal, sim_time at_ps)
{
    struct hv_port *h = &t->hv;
    const struct part_hv_times *times = t->cfg.part->hv->times;

    if (signal == HV_STROBE && h->pin[HV_STROBE].level) {
        rise(t, at_ps);
    } else if (signal == HV_STROBE && h->rise_ps) {
        h->fall_ps = at_ps;
        checker_at_least(t->checker, CHECK_HV_STROBE_HIGH, at_ps, times->strobe_high * (int64_t)SIM_NS,
                         (int64_t)(at_ps - h->rise_ps));
    } else if ((signal == HV_SDI || signal == HV_SII) && h->rise_ps && at_ps > h->rise_ps) {
        checker_at_least(t->checker, CHECK_HV_HOLD, at_ps, times->hold * (int64_t)SIM_NS,
                         (int64_t)(at_ps - h->rise_ps));
    }
}

void hv_serial_entered(struct target *t, sim_time at_ps)
{
    struct hv_port *h = &t->hv;
    int32_t after_ns = t->cfg.switches.v[SW_HV_SDO_AFTER_NS];

    h->bits = 0;
    h->sdi = h->sii = 0;
    h->wr = true;
    h->pagel = false;
    h->sdo_drives = false;
    sim_schedule(t->sim, &h->sdo,
                 at_ps + (after_ns >= 0 ? (uint32_t)after_ns : t->cfg.part->hv->sdo_after_ns) * SIM_NS);
}

void hv_serial_left(struct target *t, sim_time at_ps)
{
    if (t->hv.bits) {
        checker_report(t->checker, CHECK_HV_FRAME, at_ps, NULL, 0, 0);
    }
}
