/* SPDX-License-Identifier: GPL-3.0-or-later */
/* 12 V on RESET: when the chip enters high-voltage programming, when it does not, and how it leaves (hv_port.h). */
#include "sim/target_parts.h"

#include <assert.h>

#define HIGH_MV 6000           /* above any logic level: somebody means 12 V */
#define STEADY_PS (2 * SIM_MS) /* VPP is judged once it has stood so long, at the first command, or as it falls */

static const struct part_hv *hv_of(const struct target *t)
{
    return t->cfg.part->hv;
}

/* ---- pins ---- */

bool target_hv_read(const struct hv_pin *p)
{
    enum net_level level = p->net ? net_level(p->net) : NET_Z;
    int32_t open = p->target->cfg.switches.v[SW_HV_OPEN_INPUT];

    if (level < NET_Z) {
        return level == NET_1;
    }
    return level == NET_Z && open != HV_OPEN_KEEPS ? open == HV_OPEN_HIGH : p->level;
}

void target_hv_judge(struct target *t, enum checker_rule rule, enum hv_signal signal, sim_time at_ps, uint16_t ns)
{
    const struct net *net = t->hv.pin[signal].net;

    if (net && net->changed_ps >= t->hv.reached_ps) {
        checker_at_least(t->checker, rule, at_ps, ns * (int64_t)SIM_NS, (int64_t)(at_ps - net->changed_ps));
    }
}

void target_hv_judge_setup(struct target *t, enum hv_signal signal, sim_time at_ps)
{
    target_hv_judge(t, CHECK_HV_SETUP, signal, at_ps, hv_of(t)->times->setup);
}

static bool is_output(enum hv_signal signal)
{
    return signal <= HV_DATA7 || signal == HV_RDY || signal == HV_SDO;
}

static bool is_enable(enum hv_signal signal)
{
    static_assert(HV_ENABLE3 + 1 == HV_SIGNALS, "they are the last");
    return signal >= HV_ENABLE0;
}

static void unwatch(struct hv_pin *p)
{
    if (p->watched) {
        net_watch_remove(p->net, &p->watch);
        p->watched = false;
    }
}

static void refuse(struct target *t);

/* A Prog_enable pin moved: too soon after 12 V? */
static void enable_moved(struct target *t, struct hv_pin *p, sim_time at_ps)
{
    sim_time since_ps = at_ps - t->hv.reached_ps;
    bool is_sdo = p->net == t->hv.pin[HV_SDO].net && t->hv.sdo_drives;

    if (since_ps > HV_ENABLE_HOLD_PS || is_sdo) {
        unwatch(p);
    } else if (since_ps < HV_LATCH_PS) {
        checker_report(t->checker, CHECK_HV_ENABLE_LATCH, at_ps, p->net->name, HV_LATCH_PS, (int64_t)since_ps);
        refuse(t);
    } else if (!hv_of(t)->old_entry) {
        checker_at_least(t->checker, CHECK_HV_ENABLE_HOLD, at_ps, HV_ENABLE_HOLD_PS, (int64_t)since_ps);
    }
}

static void take_level(struct hv_pin *p, sim_time at_ps)
{
    struct target *t = p->target;
    bool is = target_hv_read(p);

    if (is_enable(p->signal)) {
        enable_moved(t, p, at_ps);
        return;
    }
    if (is == p->level) {
        return;
    }
    p->level = is;
    if (hv_of(t)->serial) {
        hv_serial_moved(t, p->signal, at_ps);
    } else {
        hv_parallel_moved(t, p->signal, at_ps);
    }
}

static void moved(void *ctx, struct net *net, sim_time at_ps)
{
    struct hv_pin *p = ctx;

    (void)net;
    if (p->watched) { /* else taken off in the middle of this change */
        take_level(p, at_ps);
    }
}

static bool is_input(enum hv_signal signal)
{
    return signal != HV_RDY && signal != HV_SDO;
}

static void open_pins(struct target *t)
{
    t->hv.listens = true;
    for (unsigned i = 0; i < HV_SIGNALS; i++) {
        struct hv_pin *p = &t->hv.pin[i];

        if (!p->net) {
            continue;
        }
        p->level = target_hv_read(p);
        if (is_input(i)) {
            net_watch_add(p->net, &p->watch, NET_WATCH_EDGES, moved, p);
            p->watched = true;
        }
        if (is_output(i)) {
            net_attach(p->net, &p->driver, "target in high-voltage mode");
            net_driver_supply(&p->driver, t->vcc);
        }
    }
}

static void close_pins(struct target *t)
{
    t->hv.listens = false;
    net_hold(t->sim);
    for (unsigned i = 0; i < HV_SIGNALS; i++) {
        unwatch(&t->hv.pin[i]);
        net_detach(&t->hv.pin[i].driver);
    }
    net_release(t->sim);
    sim_cancel(t->sim, &t->hv.bus);
    sim_cancel(t->sim, &t->hv.rdy);
    sim_cancel(t->sim, &t->hv.sdo);
}

void target_connect_hv(struct target *t, enum hv_signal signal, struct net *net)
{
    struct hv_pin *p = &t->hv.pin[signal];

    if (p->net == net) {
        return;
    }
    unwatch(p);
    p->net = net;
    net_move(&p->driver, t->mode == TARGET_HV && is_output(signal) ? net : NULL, "target in high-voltage mode");
    if (t->hv.listens && is_input(signal)) { /* without a wire it reads an open input */
        if (net) {
            net_watch_add(net, &p->watch, NET_WATCH_EDGES, moved, p);
            p->watched = true;
        }
        take_level(p, t->sim->now_ps);
    }
}

/* ---- supply ---- */

static void judge_vpp(struct target *t, int32_t mv)
{
    struct hv_port *h = &t->hv;

    if (h->vpp_judged || mv < HIGH_MV) {
        return;
    }
    h->vpp_judged = true;
    if (mv > HV_VPP_DAMAGE_MV) {
        checker_report(t->checker, CHECK_HV_VPP_MAX, t->sim->now_ps, NULL, HV_VPP_DAMAGE_MV, mv);
    } else if (mv < HV_VPP_MIN_MV || mv > HV_VPP_MAX_MV) {
        checker_report(t->checker, CHECK_HV_VPP, t->sim->now_ps, NULL,
                       mv < HV_VPP_MIN_MV ? HV_VPP_MIN_MV : HV_VPP_MAX_MV, mv);
    }
}

void target_hv_judge_supply(struct target *t)
{
    int32_t vcc_mv = (int32_t)t->board.vcc_mv;

    judge_vpp(t, t->hv.volts->mv);
    if (vcc_mv < HV_VCC_MIN_MV || vcc_mv > HV_VCC_MAX_MV) {
        checker_report(t->checker, CHECK_HV_VCC, t->sim->now_ps, NULL,
                       vcc_mv < HV_VCC_MIN_MV ? HV_VCC_MIN_MV : HV_VCC_MAX_MV, vcc_mv);
    }
}

static void steady(void *ctx, sim_time at_ps)
{
    struct target *t = ctx;

    (void)at_ps;
    judge_vpp(t, t->hv.volts->mv);
}

/* ---- entry ---- */

static void start_high_voltage(struct target *t)
{
    sim_time now = t->sim->now_ps;
    struct hv_port *h = &t->hv;

    h->rise_ps = h->fall_ps = h->pagel_rise_ps = h->pagel_fall_ps = h->wr_fall_ps = 0;
    h->holds = false;
    hv_engine_reset(t);
    open_pins(t);
    target_halt(t, TARGET_HV);
    t->nvm->high_voltage = true;
    if (hv_of(t)->serial) {
        hv_serial_entered(t, now);
    } else {
        hv_parallel_show_ready(t, now);
    }
}

static void stop_high_voltage(struct target *t)
{
    sim_time now = t->sim->now_ps;
    struct nvm *n = t->nvm;

    if (t->mode == TARGET_HV && hv_of(t)->serial) {
        hv_serial_left(t, now);
    }
    if (t->mode == TARGET_HV && nvm_busy_until(n, now)) { /* VCC kept: it ends all the same */
        checker_at_least(t->checker, CHECK_HV_BUSY, now, (int64_t)(n->end_ps - n->begin_ps),
                         (int64_t)(now - n->begin_ps));
    }
    close_pins(t);
    n->high_voltage = false;
}

static void refuse(struct target *t)
{
    stop_high_voltage(t);
    target_halt(t, TARGET_HV_REFUSED);
}

/* Are all Prog_enable pins 0? Says which are not, and whose fault that is. */
static bool enabled(struct target *t, sim_time at_ps)
{
    bool enter = true;

    for (unsigned i = 0; i < HV_ENABLES; i++) {
        const struct hv_pin *p = &t->hv.pin[HV_ENABLE0 + i];
        enum net_level level = p->net ? net_level(p->net) : NET_Z;

        if (!hv_of(t)->pin[HV_ENABLE0 + i] || level == NET_0) {
            continue;
        }
        checker_report(t->checker, CHECK_HV_ENABLE, at_ps, hv_of(t)->pin[HV_ENABLE0 + i], NET_0, level);
        if (t->core_runs && p->net && p->net->contended) {
            checker_report(t->checker, CHECK_HV_PROGRAM, at_ps, hv_of(t)->pin[HV_ENABLE0 + i], 0, 0);
        }
        enter &= level == NET_Z && t->cfg.switches.v[SW_HV_OPEN_INPUT] != HV_OPEN_HIGH;
    }
    return enter;
}

/* When 12 V came, against VCC. */
static void judge_entry(struct target *t, sim_time at_ps)
{
    struct hv_port *h = &t->hv;
    sim_time since_ps = at_ps - h->powered_ps;

    if (!hv_of(t)->old_entry && since_ps > HV_VCC_TO_VPP_PS) {
        checker_report(t->checker, CHECK_HV_VCC_TO_VPP, at_ps, NULL, HV_VCC_TO_VPP_PS, (int64_t)since_ps);
    }
    if (!hv_of(t)->old_entry && !h->second_way) {
        checker_at_least(t->checker, CHECK_HV_VPP_EARLY, at_ps, HV_VPP_EARLY_PS, (int64_t)(at_ps - h->vcc_on_ps));
        if (h->vcc_risen_ps > h->vcc_on_ps + HV_VCC_RISE_PS) {
            checker_report(t->checker, CHECK_HV_VCC_RISE, at_ps, NULL, HV_VCC_RISE_PS,
                           (int64_t)(h->vcc_risen_ps - h->vcc_on_ps));
        }
    }
    if (hv_of(t)->old_entry && since_ps && h->edges < HV_ENTRY_EDGES) {
        checker_report(t->checker, CHECK_HV_ENTRY_EDGES, at_ps, NULL, 0, 0);
    }
}

/* RESET has reached 12 V, the chip has its supply. */
static void reached(struct target *t, sim_time at_ps)
{
    struct hv_port *h = &t->hv;

    judge_entry(t, at_ps);
    if (t->core_runs) {
        checker_report(t->checker, CHECK_HV_PROGRAM_RAN, at_ps, NULL, 0, 0);
    }
    h->reached_ps = at_ps;
    if (enabled(t, at_ps) && h->edges >= (uint32_t)t->cfg.switches.v[SW_HV_ENTRY_EDGES]) {
        start_high_voltage(t);
    } else {
        refuse(t);
    }
}

void target_hv_vcc(struct target *t, uint32_t old_mv, uint32_t mv)
{
    struct hv_port *h = &t->hv;

    if (old_mv < HV_VCC_ON_MV && mv >= HV_VCC_ON_MV) {
        h->vcc_on_ps = t->sim->now_ps;
        h->second_way = h->above;
    }
    if (old_mv < HV_VCC_RISEN_MV && mv >= HV_VCC_RISEN_MV) {
        h->vcc_risen_ps = t->sim->now_ps;
    }
}

bool target_hv_powered(struct target *t)
{
    struct hv_port *h = &t->hv;

    h->powered_ps = t->sim->now_ps;
    h->edges = 0;
    if (h->above) {
        reached(t, t->sim->now_ps);
    }
    return h->above;
}

void target_hv_unpowered(struct target *t)
{
    if (t->mode >= TARGET_HV) {
        checker_report(t->checker, CHECK_HV_NO_VCC, t->sim->now_ps, NULL, 0, 0);
        stop_high_voltage(t);
    }
}

static void follow(struct target *t)
{
    struct hv_port *h = &t->hv;
    int32_t mv = h->volts ? h->volts->mv : 0;
    bool above = mv >= t->cfg.switches.v[SW_HV_THRESHOLD_MV];

    if (mv < HIGH_MV) {
        h->vpp_judged = false;
        sim_cancel(t->sim, &h->steady);
    } else {
        sim_schedule(t->sim, &h->steady, t->sim->now_ps + STEADY_PS);
    }
    if (above == h->above) {
        return;
    }
    h->above = above;
    h->second_way = above && t->board.vcc_mv >= HV_VCC_SLOW_MIN_MV && t->board.vcc_mv <= HV_VCC_SLOW_MAX_MV;
    if (above && t->powered) {
        reached(t, t->sim->now_ps);
    } else if (above && !h->second_way) {
        checker_report(t->checker, CHECK_HV_NO_VCC, t->sim->now_ps, NULL, 0, 0);
    } else if (t->mode >= TARGET_HV) {
        stop_high_voltage(t);
        target_unhalt(t);
    }
}

static void volts_changed(void *ctx, struct vline *line, sim_time at_ps)
{
    struct target *t = ctx;

    (void)at_ps;
    if (line->mv < line->old_mv) {
        judge_vpp(t, line->old_mv);
    }
    follow(t);
}

/* RESET is on another wire (NULL: on none). */
void target_hv_wired(struct target *t, struct net *reset)
{
    struct hv_port *h = &t->hv;
    struct vline *volts = reset ? reset->volts : NULL;

    if (volts == h->volts) {
        return;
    }
    if (h->volts) {
        vline_watch_remove(h->volts, &h->watch);
    }
    h->volts = volts;
    if (volts) {
        vline_watch_add(volts, &h->watch, volts_changed, t);
    }
    follow(t);
}

void target_hv_write_ended(struct target *t, sim_time at_ps)
{
    if (t->mode != TARGET_HV) {
        return;
    }
    if (hv_of(t)->serial) {
        hv_serial_show_ready(t, at_ps);
    } else {
        hv_parallel_show_ready(t, at_ps);
    }
}

void target_hv_init(struct target *t)
{
    struct hv_port *h = &t->hv;

    for (unsigned i = 0; i < HV_SIGNALS; i++) {
        h->pin[i].target = t;
        h->pin[i].signal = (enum hv_signal)i;
    }
    sim_event_init(&h->steady, "VPP is judged", steady, t);
    sim_event_init(&h->bus, "target DATA", hv_parallel_output, t);
    sim_event_init(&h->rdy, "target RDY/BSY", hv_parallel_show_ready, t);
    sim_event_init(&h->sdo, "target SDO", hv_serial_output, t);
}

const char *hv_signal_name(const struct part_hv *hv, enum hv_signal signal)
{
    static const char *const names[HV_SIGNALS] = {
        [HV_DATA0] = "DATA0",
        [HV_DATA0 + 1] = "DATA1",
        [HV_DATA0 + 2] = "DATA2",
        [HV_DATA0 + 3] = "DATA3",
        [HV_DATA0 + 4] = "DATA4",
        [HV_DATA0 + 5] = "DATA5",
        [HV_DATA0 + 6] = "DATA6",
        [HV_DATA7] = "DATA7",
        [HV_OE] = "OE",
        [HV_WR] = "WR",
        [HV_BS1] = "BS1",
        [HV_BS2] = "BS2",
        [HV_XA0] = "XA0",
        [HV_XA1] = "XA1",
        [HV_PAGEL] = "PAGEL",
        [HV_RDY] = "RDY",
        [HV_SDI] = "SDI",
        [HV_SII] = "SII",
        [HV_SDO] = "SDO",
        [HV_ENABLE0] = "Prog_enable[0]",
        [HV_ENABLE0 + 1] = "Prog_enable[1]",
        [HV_ENABLE0 + 2] = "Prog_enable[2]",
        [HV_ENABLE3] = "Prog_enable[3]",
    };

    return signal == HV_STROBE ? (hv->serial ? "SCI" : "XTAL1") : names[signal];
}
