/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sim/level_rules.h"

#include <string.h>

int32_t level_rules_vih_mv(int32_t vcc_mv, uint16_t vih_permille)
{
    if (!vih_permille) {
        vih_permille = vcc_mv < 2400 ? 700 : 600;
    }
    return vcc_mv * vih_permille / 1000;
}

/* More than any logic level? Of an edge one finding. */
static bool judge_volts(struct level_rules *l, sim_time at_ps)
{
    int32_t limit_mv = l->vcc->mv + LEVEL_RULES_ABOVE_MV;

    if (!l->volts || l->net->volts != l->volts || l->vih_permille == LEVEL_RULES_RESET_PERMILLE ||
        l->volts->mv < LEVEL_RULES_VPP_MV) {
        return false;
    }
    if (l->told_mv < LEVEL_RULES_VPP_MV) {
        checker_report(l->checker, CHECK_INPUT_ABOVE_VCC, at_ps, l->net->name, limit_mv, l->volts->mv);
    }
    l->told_mv = l->volts->mv;
    return true;
}

/* supply_moved: the input's VCC did, under what drives. */
static void judge(struct level_rules *l, sim_time at_ps, bool supply_moved)
{
    if (judge_volts(l, at_ps)) {
        return;
    }
    struct net_others o = net_others(l->net, NULL);
    int32_t vcc = l->vcc->mv, mv = o.supply ? o.supply->mv : 0;

    if (o.strength < NET_STRONG || o.level == NET_X || !(o.has_wave || o.level == NET_1) || mv <= 0) {
        return; /* with no supply of its own nothing drives */
    }
    bool is_reset = l->vih_permille == LEVEL_RULES_RESET_PERMILLE; /* it bears 13 V */
    bool above = mv > vcc + LEVEL_RULES_ABOVE_MV && !is_reset, below = mv < level_rules_vih_mv(vcc, l->vih_permille);
    l->judged_mv = mv;
    l->judged_vcc_mv = vcc;
    if (!above && !below) {
        l->told_mv = 0;
        return;
    }
    if (mv == l->told_mv && (vcc == l->told_vcc_mv || (supply_moved && above == l->told_above))) {
        l->told_vcc_mv = vcc; /* a supply that sinks step by step is one case */
        return;
    }
    l->told_mv = mv;
    l->told_vcc_mv = vcc;
    l->told_above = above;
    checker_report(l->checker, above ? CHECK_INPUT_ABOVE_VCC : CHECK_HIGH_BELOW_VIH, at_ps, l->net->name,
                   above ? vcc + LEVEL_RULES_ABOVE_MV : level_rules_vih_mv(vcc, l->vih_permille), mv);
}

static void net_changed(void *ctx, struct net *net, sim_time at_ps)
{
    if (!net->wakes) { /* else may_miss() has been true until now */
        judge(ctx, at_ps, false);
    }
}

/* A level that was judged already. */
static bool may_miss(void *ctx, const struct net_driver *by)
{
    const struct level_rules *l = ctx;

    return !by->supply || (by->supply->mv == l->judged_mv && l->vcc->mv == l->judged_vcc_mv);
}

static void vcc_changed(void *ctx, struct vline *line, sim_time at_ps)
{
    struct level_rules *l = ctx;

    if (l->net) {
        judge(l, at_ps, line == l->vcc);
    }
}

void level_rules_init(struct level_rules *l, struct checker *checker, struct vline *vcc, uint16_t vih_permille)
{
    memset(l, 0, sizeof *l);
    l->checker = checker;
    l->vcc = vcc;
    l->vih_permille = vih_permille;
    vline_watch_add(vcc, &l->vcc_watch, vcc_changed, l);
}

void level_rules_connect(struct level_rules *l, struct net *net)
{
    if (net == l->net) {
        return;
    }
    if (l->net) {
        net_watch_remove(l->net, &l->watch);
    }
    if (l->volts) {
        vline_watch_remove(l->volts, &l->volts_watch);
    }
    l->volts = net ? net->volts : NULL;
    if (l->volts) {
        vline_watch_add(l->volts, &l->volts_watch, vcc_changed, l);
    }
    l->net = net;
    l->told_mv = l->judged_mv = 0;
    if (net) {
        net_watch_add(net, &l->watch, NET_WATCH_WAVES, net_changed, l);
        l->watch.may_miss = l->watch.may_sleep = may_miss;
        judge(l, net->sim->now_ps, false);
    }
}

void level_rules_free(struct level_rules *l)
{
    if (l->vcc) {
        level_rules_connect(l, NULL);
        vline_watch_remove(l->vcc, &l->vcc_watch);
        l->vcc = NULL;
    }
}
