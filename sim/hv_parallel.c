/* SPDX-License-Identifier: GPL-3.0-or-later */
/* High-voltage parallel programming: strobes on their own pins, DATA in both directions (hv_port.h). */
#include "sim/target_parts.h"

#include <assert.h>

static const struct part_hv_times *times_of(const struct target *t)
{
    return t->cfg.part->hv->times;
}

static bool level(const struct target *t, enum hv_signal signal)
{
    return target_hv_read(&t->hv.pin[signal]);
}

/* As it stands now, whoever was told first. */
static struct hv_bus bus_now(const struct target *t)
{
    struct hv_bus b = {
        .xa1 = level(t, HV_XA1),
        .xa0 = level(t, HV_XA0),
        .bs1 = level(t, HV_BS1),
        .bs2 = level(t, HV_BS2),
    };

    for (unsigned i = 0; i < 8; i++) {
        b.data |= (uint8_t)(level(t, HV_DATA0 + i) << i);
    }
    return b;
}

/* ---- outputs ---- */

static sim_time out_off_ps(const struct target *t)
{
    int32_t ns = t->cfg.switches.v[SW_HV_OUT_OFF_NS];

    return (ns >= 0 ? (uint32_t)ns : times_of(t)->out_off) * SIM_NS;
}

static void drive_data(struct target *t, bool on, uint8_t data)
{
    for (unsigned i = 0; i < 8; i++) {
        net_drive(&t->hv.pin[HV_DATA0 + i].driver,
                  !on             ? NET_Z
                  : data >> i & 1 ? NET_1
                                  : NET_0,
                  on ? NET_STRONG : NET_OPEN);
    }
}

/* OE, BS or the address changed some time ago: the outputs follow. */
void hv_parallel_output(void *ctx, sim_time at_ps)
{
    struct target *t = ctx;
    struct hv_bus bus = bus_now(t);
    uint8_t data = 0;
    assert(t->mode == TARGET_HV);
    bool on = !level(t, HV_OE) && hv_engine_read(t, at_ps, &bus, &data);

    net_hold(t->sim);
    drive_data(t, on, data);
    net_release(t->sim);
}

void hv_parallel_show_ready(void *ctx, sim_time at_ps)
{
    struct target *t = ctx;

    assert(t->mode == TARGET_HV); /* who leaves it cancels the event */
    net_drive(&t->hv.pin[HV_RDY].driver, nvm_busy_until(t->nvm, at_ps) ? NET_0 : NET_1, NET_STRONG);
}

static void output_soon(struct target *t, sim_time at_ps)
{
    sim_schedule(t->sim, &t->hv.bus, at_ps + times_of(t)->out_valid * SIM_NS);
}

/* ---- inputs ---- */

static void at_least(struct target *t, enum checker_rule rule, sim_time at_ps, uint16_t ns, sim_time since_ps)
{
    if (since_ps) {
        checker_at_least(t->checker, rule, at_ps, ns * (int64_t)SIM_NS, (int64_t)(at_ps - since_ps));
    }
}

static void strobe(struct target *t, sim_time at_ps)
{
    struct hv_port *h = &t->hv;
    const struct part_hv_times *times = times_of(t);
    struct hv_bus bus = bus_now(t);

    if (level(t, HV_STROBE)) {
        at_least(t, CHECK_HV_STROBE_LOW, at_ps, times->strobe_low, h->fall_ps);
        at_least(t, CHECK_HV_PAGEL_APART, at_ps, times->pagel_apart, h->pagel_fall_ps);
        h->rise_ps = at_ps;
        h->holds = !(bus.xa1 && bus.xa0);
        target_hv_judge_setup(t, HV_XA0, at_ps);
        target_hv_judge_setup(t, HV_XA1, at_ps);
        if (h->holds) {
            target_hv_judge_setup(t, HV_BS1, at_ps);
            for (unsigned i = 0; i < 8; i++) {
                target_hv_judge_setup(t, HV_DATA0 + i, at_ps);
            }
        }
        hv_engine_strobe(t, at_ps, &bus);
        if (!level(t, HV_OE)) {
            output_soon(t, at_ps);
        }
    } else {
        at_least(t, CHECK_HV_STROBE_HIGH, at_ps, times->strobe_high, h->rise_ps);
        h->fall_ps = at_ps;
    }
}

static void pagel(struct target *t, sim_time at_ps)
{
    struct hv_port *h = &t->hv;
    const struct part_hv *hv = t->cfg.part->hv;
    struct hv_bus bus = bus_now(t);
    bool is_high = level(t, HV_PAGEL);

    if (hv->shared_pins) { /* it is BS1, and the strobe has loaded the byte */
        return;
    }
    if (is_high) {
        if (level(t, HV_STROBE)) { /* tXLPH */
            checker_at_least(t->checker, CHECK_HV_PAGEL_APART, at_ps, 0, -(int64_t)(at_ps - h->rise_ps));
        }
        target_hv_judge(t, CHECK_HV_BS_SETUP, HV_BS1, at_ps, hv->times->bs_setup);
        h->pagel_rise_ps = at_ps;
        hv_engine_pagel(t, at_ps, &bus);
    } else {
        at_least(t, CHECK_HV_PAGEL_HIGH, at_ps, hv->times->pagel_high, h->pagel_rise_ps);
        h->pagel_fall_ps = at_ps;
    }
}

static void write(struct target *t, sim_time at_ps)
{
    struct hv_port *h = &t->hv;
    const struct part_hv_times *times = times_of(t);
    struct hv_bus bus = bus_now(t);

    if (level(t, HV_WR)) {
        at_least(t, CHECK_HV_WR_LOW, at_ps, times->wr_low, h->wr_fall_ps);
        return;
    }
    if (level(t, HV_STROBE)) {
        checker_report(t->checker, CHECK_HV_WR_APART, at_ps, NULL, NET_0, NET_1);
    }
    target_hv_judge(t, CHECK_HV_BS_SETUP, HV_BS1, at_ps, times->bs_setup);
    if (!t->cfg.part->hv->shared_pins || hv_engine_writes_fuses(t)) { /* else that pin was only XA1 */
        target_hv_judge(t, CHECK_HV_BS_SETUP, HV_BS2, at_ps, times->bs_setup);
    }
    at_least(t, CHECK_HV_PAGEL_APART, at_ps, times->pagel_wr, h->pagel_fall_ps);
    h->wr_fall_ps = at_ps;
    if (hv_engine_write(t, at_ps, &bus)) {
        sim_schedule(t->sim, &h->rdy, at_ps + (uint32_t)t->cfg.switches.v[SW_HV_WLRL_NS] * SIM_NS);
    }
}

static void byte_select(struct target *t, sim_time at_ps, bool is_bs1)
{
    struct hv_port *h = &t->hv;
    const struct part_hv_times *times = times_of(t);

    if (at_ps > h->wr_fall_ps) {
        at_least(t, CHECK_HV_BS_HOLD, at_ps, times->bs_hold, h->wr_fall_ps);
    }
    if (is_bs1 && at_ps > h->pagel_fall_ps && !t->cfg.part->hv->shared_pins) {
        at_least(t, CHECK_HV_BS_HOLD, at_ps, times->bs_hold, h->pagel_fall_ps);
    }
    if (!level(t, HV_OE)) {
        output_soon(t, at_ps);
    }
}

/* DATA or a control moved: after the pulse that took it? */
static void hold(struct target *t, sim_time at_ps)
{
    struct hv_port *h = &t->hv;

    if (!h->holds || at_ps == h->rise_ps) {
        return;
    }
    if (level(t, HV_STROBE)) { /* in the middle of the pulse */
        checker_at_least(t->checker, CHECK_HV_HOLD, at_ps, times_of(t)->hold * (int64_t)SIM_NS, 0);
    } else {
        at_least(t, CHECK_HV_HOLD, at_ps, times_of(t)->hold, h->fall_ps);
    }
}

void hv_parallel_moved(struct target *t, enum hv_signal signal, sim_time at_ps)
{
    switch (signal) {
    case HV_STROBE: strobe(t, at_ps); break;
    case HV_PAGEL: pagel(t, at_ps); break;
    case HV_WR: write(t, at_ps); break;
    case HV_OE:
        if (level(t, HV_OE)) {
            sim_schedule(t->sim, &t->hv.bus, at_ps + out_off_ps(t));
        } else {
            output_soon(t, at_ps);
        }
        break;
    case HV_BS1:
        hold(t, at_ps);
        byte_select(t, at_ps, true);
        break;
    case HV_BS2: byte_select(t, at_ps, false); break;
    default:
        assert(signal <= HV_DATA7 || signal == HV_XA0 || signal == HV_XA1); /* no other is an input here */
        hold(t, at_ps);
        break;
    }
}
