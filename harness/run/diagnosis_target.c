/* SPDX-License-Identifier: GPL-3.0-or-later */
/* diagnosis_target.c - causes between the programmer and the target: supply, wires, fuses, clock, SCK, MISO */
#include "harness/base/quantity.h"
#include "harness/parts/wiring.h"
#include "harness/report/finding_text.h"
#include "harness/run/diagnosis_rows.h"
#include "sim/fuse_warning.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

static const char *time_of(const struct checker_finding *f, char *buf, unsigned n)
{
    return quantity_text(QUANTITY_TIME_PS, (int64_t)f->at_ps, buf, n);
}

/* The programmer switches VCC and 12 V, and its wires are others: VCC off is as it should be. */
static bool is_high_voltage(const struct plan *p)
{
    bool found = false;

    for (unsigned part = PLAN_OTHERS; part < p->n_parts; part++) {
        const char *type = p->parts[part].type->name;

        found |= !strcmp(type, "vcc_switch") || !strcmp(type, "vpp");
    }
    return found;
}

bool no_supply(const struct asked *a)
{
    char since[48];

    if (a->t->powered || (!a->d->reaches_target && !a->d->program.on_target) ||
        is_high_voltage(&board_scenario(a->b)->board.plan)) {
        return false;
    }
    if (!a->t->powered_ps) {
        return say(a, "the target has no supply, VCC is %d mV: power it, from the programmer's 5 V or its own",
                   a->t->vcc ? a->t->vcc->mv : 0);
    }
    return say(a, "the target has no supply, VCC is %d mV since %s: power it, from the programmer's 5 V or its own",
               a->t->vcc ? a->t->vcc->mv : 0,
               quantity_text(QUANTITY_TIME_PS, (int64_t)a->t->powered_ps, since, sizeof since));
}

/* In mid-session: programming mode is gone, the programmer does not know. */
bool supply_came_back(const struct asked *a)
{
    char at[48];

    bool in_session = a->d->session_ps == SIM_NEVER ? a->d->reaches_target && a->t->lost_enabled
                                                    : a->t->powered_ps > a->d->session_ps;

    if (!in_session || !a->t->powered) {
        return false;
    }
    return say(
        a,
        "the target's supply went away and came back at %s, in mid-session: it has left programming mode; enter again",
        quantity_text(QUANTITY_TIME_PS, (int64_t)a->t->powered_ps, at, sizeof at));
}

/* ---- wires ---- */

static const char *const isp_names[] = { "RESET", "SCK", "MOSI", "MISO" };

static int group_at(const struct wiring *w, unsigned part, unsigned pin)
{
    const struct plan_ref ref = { .what = PLAN_PIN, .part = part, .pin = pin };

    return w->group[wiring_pin(w, &ref)];
}

struct on_wire {    /* beside the target's pin */
    int programmer; /* a pin of it; -1: none */
    bool right;     /* ... the one that it should be */
    bool others;    /* parts that may lead on */
};

static struct on_wire look_at_wire(const struct plan *p, const struct wiring *w, int group, unsigned isp)
{
    struct on_wire on = { .programmer = -1 };

    for (unsigned part = PLAN_PROGRAMMER; part < p->n_parts; part++) {
        for (unsigned pin = 0; pin < p->parts[part].n_pins; pin++) {
            if (group_at(w, part, pin) != group) {
                continue;
            }
            on.others |= part != PLAN_PROGRAMMER;
            if (part == PLAN_PROGRAMMER) {
                on.right |= (int)pin == p->isp[isp];
                on.programmer = (int)pin;
            }
        }
    }
    return on;
}

static bool judge_wire(const struct asked *a, const struct plan *p, const struct wiring *w, unsigned isp)
{
    const struct plan_part *programmer = &p->parts[PLAN_PROGRAMMER];
    const char *should = programmer->pins[p->isp[isp]].name;
    int group = group_at(w, PLAN_TARGET, isp);

    if (group < 0) {
        return say(a, "no wire leads from the target's %s to the programmer (%s.%s)", isp_names[isp], programmer->name,
                   should);
    }
    enum plan_what strap = wiring_strap(w, (unsigned)group);
    struct on_wire on = look_at_wire(p, w, group, isp);
    if (on.right && strap == PLAN_NOTHING) {
        return false;
    }
    if (strap != PLAN_NOTHING) {
        return say(a, "the target's %s is tied to %s", isp_names[isp], strap == PLAN_GND ? "ground" : "VCC");
    }
    if (on.others) {
        return false;
    }
    if (on.programmer < 0) {
        return say(a, "no wire leads from the target's %s to the programmer (%s.%s)", isp_names[isp], programmer->name,
                   should);
    }
    for (unsigned i = 0; i < 4; i++) {
        if (p->isp[i] == on.programmer) {
            return say(a, "the target's %s is wired to %s.%s, which is the programmer's %s: they are crossed",
                       isp_names[isp], programmer->name, programmer->pins[on.programmer].name, isp_names[i]);
        }
    }
    return say(a, "the target's %s is wired to %s.%s; the programmer's is %s.%s", isp_names[isp], programmer->name,
               programmer->pins[on.programmer].name, programmer->name, should);
}

/* The first of the four whose wire does not lead from the target to the programmer. */
bool wire_wrong(const struct asked *a)
{
    const struct plan *p = &board_scenario(a->b)->board.plan;

    if (!a->d->reaches_target || !touched(a) || is_high_voltage(p)) {
        return false;
    }
    for (unsigned i = ISP_RESET; i <= ISP_MISO; i++) {
        if (p->isp[i] >= 0 && judge_wire(a, p, board_wiring(a->b), i)) {
            return true;
        }
    }
    return false;
}

/* A part on the target's wire that is there to spoil it; NULL. */
static const struct plan_part *fault_on(const struct asked *a, unsigned isp)
{
    const struct plan *p = &board_scenario(a->b)->board.plan;
    int group = group_at(board_wiring(a->b), PLAN_TARGET, isp);

    for (unsigned part = PLAN_OTHERS; group >= 0 && part < p->n_parts; part++) {
        for (unsigned pin = 0; pin < p->parts[part].n_pins && !strcmp(p->parts[part].type->name, "glitch"); pin++) {
            if (group_at(board_wiring(a->b), part, pin) == group) {
                return &p->parts[part];
            }
        }
    }
    return NULL;
}

bool wire_faulty(const struct asked *a)
{
    for (unsigned i = ISP_RESET; a->d->reaches_target && i <= ISP_MISO; i++) {
        const struct plan_part *part = fault_on(a, i);

        char did[120] = "";

        if (part && fault_did(a, (unsigned)(part - board_scenario(a->b)->board.plan.parts), did, sizeof did)) {
            return say(a, "the wire of %s has a fault, the part \"%s\" of the scenario: %s", isp_names[i], part->name,
                       did);
        }
    }
    return false;
}

/* ---- the target does not hear, or has no clock ---- */

bool port_closed(const struct asked *a)
{
    enum checker_rule told = a->t->told_closed;

    if (told >= CHECKER_RULES || !a->d->reaches_target || !touched(a)) {
        return false;
    }
    return say(a, "%s", checker_rule_info(told)->text);
}

bool no_clock(const struct asked *a)
{
    struct fuse_warnings w;

    if (!came(a, CHECK_NO_CLOCK) &&
        (a->t->clock.runs || !(a->d->program.on_target || (a->d->reaches_target && a->t->mode == TARGET_RESET)))) {
        return false;
    }
    struct fuse_verdict v = fuse_verdict(a->t->cfg.part, &a->t->latched, &a->t->board);
    fuse_warnings_make(&w, a->t->cfg.part, &a->t->latched, &a->t->board, &v);
    for (unsigned i = 0; i < w.n; i++) {
        if (w.warning[i].bricks) {
            return say(a, "the target has no clock (low fuse 0x%02X): %s", a->t->latched.fuse[0], w.warning[i].text);
        }
    }
    return say(a, "the target has no clock: low fuse 0x%02X", a->t->latched.fuse[0]);
}

bool sck_never_moved(const struct asked *a)
{
    const struct net *sck = board_net(a->b, "target.sck");

    net_wake(sck);
    if (!a->d->reaches_target || is_high_voltage(&board_scenario(a->b)->board.plan) ||
        (sck && sck->changed_ps && (sck->changed_ps >= a->d->since_ps || a->t->rules.programs))) {
        return false;
    }
    return say(a, "SCK did not move at the target: is its wire there, and does the programmer get so far?");
}

/* SCK did, for an instruction and more: there is no Programming Enable in that. */
bool mosi_never_moved(const struct asked *a)
{
    const struct net *mosi = board_net(a->b, "target.mosi");

    net_wake(mosi);
    if (!a->d->reaches_target || is_high_voltage(&board_scenario(a->b)->board.plan) || a->t->enables != a->d->enables ||
        a->t->spi.enabled || a->t->rules.n_pin < PORT_RULES_BITS || !mosi || mosi->changed_ps >= a->t->rules.since_ps ||
        net_level(mosi) >= NET_Z) {
        return false;
    }
    return say(a, "MOSI stayed at %d while SCK rose %" PRIu32 " times: the programmer does not move it",
               net_level(mosi), a->t->rules.n_pin);
}

/* ---- what the programmer does to it ---- */

static const char *hz_text(uint64_t millihz, char *buf, unsigned n)
{
    uint64_t unit = millihz > 1000000000 ? 1000000 : 1000;

    return quantity_text(QUANTITY_FREQ_MILLIHZ, (int64_t)((millihz + unit / 2) / unit * unit), buf, n);
}

/* "runs at 16 kHz (low fuse 0x63: 128 kHz oscillator, CKDIV8)" */
static void clock_text(const struct asked *a, char *buf, size_t n)
{
    const struct sim_clock *cpu = target_cpu_clock(a->t);
    const struct part *part = a->t->cfg.part;
    bool by_8 = fuse_is_programmed(part, &a->t->latched, FUSE_CKDIV8);
    char hz[48], clkpr[40] = "";

    if (!sim_clock_runs(cpu)) {
        snprintf(buf, n, "its clock is moved by hand");
        return;
    }
    if (a->t->divide != (by_8 ? 8u : 1u)) {
        snprintf(clkpr, sizeof clkpr, ", divided by %u by its program (CLKPR)", a->t->divide);
    }
    snprintf(buf, n, "it runs at %s (low fuse 0x%02X: %s%s%s)",
             hz_text((uint64_t)((unsigned __int128)cpu->period_den * 1000 * SIM_S / cpu->period_num), hz, sizeof hz),
             a->t->latched.fuse[0], clock_kind_name(clock_kind_of(part, &a->t->latched)), by_8 ? ", CKDIV8" : "",
             clkpr);
}

bool sck_too_fast(const struct asked *a)
{
    static const enum checker_rule rules[] = { CHECK_SCK_HIGH, CHECK_SCK_LOW };
    uint64_t n = came(a, rules[0]) + came(a, rules[1]);
    char clock[200], is[48], must[48], at[48];

    for (unsigned i = 0; n && i < 2; i++) {
        const struct checker_finding *f = first_of(a, rules[i]);

        const struct plan_part *fault = f ? fault_on(a, ISP_SCK) : NULL;
        if (fault) {
            return say(
                a,
                "a fault on the wire (the part \"%s\") made SCK %s for %s at %s: the target counts other edges than the "
                "programmer, and bits were lost or doubled there",
                fault->name, i ? "low" : "high", finding_value_text(f->rule, f->measured, is, sizeof is),
                time_of(f, at, sizeof at));
        }
        if (f) {
            clock_text(a, clock, sizeof clock);
            return say(
                a,
                "SCK was %s for %s at %s (%" PRIu64
                " phases were too short): the target sees a phase surely from more than %s on, "
                "since %s, and bits were lost there. A slower SCK helps (avrdude's -B, SPI_CLOCK in ArduinoISP), or a faster "
                "clock",
                i ? "low" : "high", finding_value_text(f->rule, f->measured, is, sizeof is), time_of(f, at, sizeof at),
                n, finding_value_text(f->rule, f->required, must, sizeof must), clock);
        }
    }
    return false;
}

/* Something else holds the wire on which the target answers. */
bool miso_fought(const struct asked *a)
{
    const struct net *miso = a->t->pin[TARGET_MISO].net;
    char at[48];

    for (size_t i = 0; miso && i < checker_count(a->c); i++) {
        const struct checker_finding *f = checker_at(a->c, i);

        if (f->rule == CHECK_CONTENTION && f->at_ps >= a->since_ps && f->net && !strcmp(f->net, miso->name)) {
            return say(
                a, "the target answers on MISO, and something else drives that wire, first at %s: two outputs fight",
                time_of(f, at, sizeof at));
        }
    }
    if (!a->t->spi.enabled || !miso || net_others(miso, &a->t->pin[TARGET_MISO].driver).strength < NET_STRONG) {
        return false;
    }
    return say(a, "the target answers on MISO, and something else drives that wire");
}

bool floats(const struct asked *a)
{
    const struct checker_finding *f = first_of(a, CHECK_INPUT_FLOATING);
    char at[48];

    return f && a->t->enables == a->d->enables &&
           say(a,
               "nobody drove MOSI when the target sampled it at %s: is its wire there, and is the programmer's pin an output?",
               time_of(f, at, sizeof at));
}

/* ---- another chip than the host was told ---- */

bool other_part(const struct asked *a)
{
    const struct part *is = a->t->nvm->part, *told = NULL;
    const struct diagnosis_program *p = &a->d->program;

    if (a->t->enables == a->d->enables || !p->is_avrdude || !p->part[0] || p->on_target) {
        return false;
    }
    for (unsigned i = 0; part_at(i); i++) {
        if (!strcasecmp(part_at(i)->avrdude_id, p->part) || !strcasecmp(part_at(i)->title, p->part)) {
            told = part_at(i);
        }
    }
    if (told ? !memcmp(told->signature, is->signature, 3) : !strcasecmp(p->part, is->avrdude_id)) {
        return false;
    }
    const uint8_t *s = is->signature;
    if (told && !strcmp(told->title, is->title)) {
        return say(
            a, "the target says %02X %02X %02X though it is an %s: relabelled, or a sibling; -F goes on all the same",
            s[0], s[1], s[2], is->title);
    }
    return say(a, "the target is an %s (%02X %02X %02X, -p %s), avrdude was told -p %s", is->title, s[0], s[1], s[2],
               is->avrdude_id, p->part);
}

/* Its first instruction was another; in bits that some mistake makes of AC 53. */
bool no_enable(const struct asked *a)
{
    const struct checker_finding *f = a->t->spi.enabled ? NULL : first_of(a, CHECK_NO_ENABLE);
    uint32_t bits = f ? (uint32_t)f->measured : 0, reversed = 0;

    for (unsigned i = 0; i < 32; i++) {
        reversed |= (bits >> i & 1) << (i / 8 * 8 + 7 - i % 8);
    }
    return f &&
           say(a,
               "the first instruction after RESET was %02X %02X %02X %02X and no Programming Enable, AC 53: the port "
               "takes nothing else%s",
               bits >> 24, bits >> 16 & 0xFF, bits >> 8 & 0xFF, bits & 0xFF,
               reversed >> 16 == 0xAC53 ? ". Each byte has its bits in reverse order: send the highest first"
               : ~bits >> 16 == 0xAC53  ? ". All its bits are inverted"
               : bits >> 16 == 0x53AC   ? ". Its bytes are exchanged"
                                        : "");
}

/* What is broken on the way into programming mode is no cause of anything once the port is in it. */
static bool is_about_entering(enum checker_rule rule)
{
    return rule == CHECK_ENABLE_WAIT || rule == CHECK_RESET_HIGH || rule == CHECK_STRAY_SCK ||
           rule == CHECK_SCK_AT_RESET;
}

/* Any other rule that was broken; a risk was kept, and is no cause. */
bool rule_broken(const struct asked *a)
{
    char text[FINDING_TEXT_BYTES];

    for (size_t i = 0; i < checker_count(a->c); i++) {
        const struct checker_finding *f = checker_at(a->c, i);
        const struct checker_rule_info *info = checker_rule_info(f->rule);

        if (f->at_ps < a->since_ps || f->follows || info->severity != CHECK_VIOLATION ||
            checker_severity(a->c, f->rule) == CHECK_NOTE ||
            (a->t->spi.enabled && !a->t->rules.misread && is_about_entering(f->rule))) {
            continue;
        }
        return say(a, "%s", info->has_margin ? finding_text(f, text, sizeof text) : f->text ? f->text : info->text);
    }
    return false;
}
