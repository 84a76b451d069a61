/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "harness/scenario/load.h"

#include "sim/checker.h"
#include "sim/net.h"

#include <stdio.h>
#include <string.h>

static bool load_findings(struct loader *l, const char *path, const struct raw_expect *raw, struct scenario_expect *e)
{
    char at[120];

    e->findings_given = true;
    e->findings = load_keep(l, (raw->findings_count + 1) * sizeof *e->findings);
    for (unsigned i = 0; i < raw->findings_count; i++) {
        struct scenario_expect_finding *f = &e->findings[e->n_findings++];

        snprintf(at, sizeof at, "%s.findings[%u]", path, i);
        if (!raw->findings[i].rule) {
            return load_problem(l, at, NULL, "the key 'rule' is missing");
        }
        if (checker_rule_find(raw->findings[i].rule) == CHECKER_RULES) {
            char text[700];

            return load_problem(l, at, "rule", "%s", load_no_rule(raw->findings[i].rule, text, sizeof text));
        }
        f->rule = load_keep_text(l, raw->findings[i].rule);
        f->count = (struct scenario_number){ true, SCENARIO_GE, 1 };
        f->place = load_place(l, at, "rule");
        if (!load_relation(l, at, "count", raw->findings[i].count, QUANTITY_COUNT, &f->count)) {
            return false;
        }
    }
    return true;
}

static bool load_level(struct loader *l, const char *path, const char *text, int *level)
{
    static const char *const names[] = { "0", "1", "z", "x" }; /* enum net_level */

    *level = -1;
    if (!text) {
        return true;
    }
    for (int i = 0; i < 4; i++) {
        if (!strcmp(text, names[i])) {
            *level = i;
        }
    }
    return *level >= 0 || load_problem(l, path, "level", "'%.20s' is no level: 0, 1, z or x", text);
}

static bool load_nets(struct loader *l, const char *path, const struct raw_expect *raw, struct scenario_expect *e)
{
    char at[120];

    e->nets = load_keep(l, (raw->nets_count + 1) * sizeof *e->nets);
    for (unsigned i = 0; i < raw->nets_count; i++) {
        const struct raw_net *r = &raw->nets[i];
        struct scenario_expect_net *n = &e->nets[e->n_nets++];

        snprintf(at, sizeof at, "%s.nets[%u]", path, i);
        if (!r->net) {
            return load_problem(l, at, NULL, "the key 'net' is missing");
        }
        if (!load_net_name(l, at, "net", r->net, false)) {
            return false;
        }
        n->net = load_keep_text(l, r->net);
        n->place = load_place(l, at, NULL);
        if (!load_level(l, at, r->level, &n->level) ||
            !load_relation(l, at, "rises", r->rises, QUANTITY_COUNT, &n->rises) ||
            !load_relation(l, at, "falls", r->falls, QUANTITY_COUNT, &n->falls) ||
            !load_relation(l, at, "shortest_high", r->shortest_high, QUANTITY_TIME_PS, &n->shortest_high) ||
            !load_relation(l, at, "shortest_low", r->shortest_low, QUANTITY_TIME_PS, &n->shortest_low) ||
            !load_relation(l, at, "shortest_period", r->shortest_period, QUANTITY_TIME_PS, &n->shortest_period) ||
            !load_relation(l, at, "longest_high", r->longest_high, QUANTITY_TIME_PS, &n->longest_high) ||
            !load_relation(l, at, "longest_low", r->longest_low, QUANTITY_TIME_PS, &n->longest_low)) {
            return false;
        }
    }
    return true;
}

static bool load_capture(struct loader *l, const char *path, const struct raw_capture *raw, struct scenario_capture *c)
{
    const struct programmer_config *p = &l->s->board.programmer;

    if (!p->stimulus.file) {
        return load_problem(l, path, NULL,
                            "a recording must drive the board (programmer: {stimulus: ...}) to be compared with");
    }
    if (!raw->net || !raw->signal) {
        return load_problem(l, path, NULL,
                            "the key '%s' is missing: capture: {net: miso, signal: MISO, within: 250 ns}",
                            raw->net ? "signal" : "net");
    }
    c->within_ps = 250 * SIM_NS;
    c->floating_high = true;
    c->place = load_place(l, path, NULL);
    c->net = load_keep_text(l, raw->net);
    c->signal = load_keep_text(l, raw->signal);
    return load_net_name(l, path, "net", raw->net, false) &&
           load_u64(l, path, "within", raw->within, QUANTITY_TIME_PS, 1, (int64_t)SIM_S, &c->within_ps) &&
           load_u64(l, path, "from", raw->from, QUANTITY_TIME_PS, 0, INT64_MAX, &c->from_ps) &&
           load_u64(l, path, "until", raw->until, QUANTITY_TIME_PS, 1, INT64_MAX, &c->until_ps) &&
           load_bool(l, path, "floating_high", raw->floating_high, &c->floating_high);
}

bool load_expect(struct loader *l, const char *path, const struct raw_expect *raw, struct scenario_expect *e)
{
    char at[120];

    e->place = load_place(l, path, NULL);
    for (unsigned i = 0; i < 4; i++) {
        e->fuses.value[i] = -1;
    }
    if (raw->findings && !load_findings(l, path, raw, e)) {
        return false;
    }
    if (!raw->findings && yaml_find(&l->tree, path)) { /* "findings: none": libcyaml has no pointer for it */
        snprintf(at, sizeof at, "%s.findings", path);
        e->findings_given = yaml_find(&l->tree, at) != NULL;
    }
    snprintf(at, sizeof at, "%s.margins", path);
    if (!load_margins(l, at, e)) {
        return false;
    }
    snprintf(at, sizeof at, "%s.capture", path);
    if (raw->capture && !load_capture(l, at, raw->capture, &e->capture)) {
        return false;
    }
    if (raw->nets && !load_nets(l, path, raw, e)) {
        return false;
    }
    if (raw->flash) {
        snprintf(at, sizeof at, "%s.flash", path);
        if (!load_data(l, at, raw->flash, PROG_FLASH, true, &e->flash)) {
            return false;
        }
        e->flash_place = load_place(l, at, NULL);
    }
    if (raw->eeprom) {
        snprintf(at, sizeof at, "%s.eeprom", path);
        if (!load_data(l, at, raw->eeprom, PROG_EEPROM, true, &e->eeprom)) {
            return false;
        }
        e->eeprom_place = load_place(l, at, NULL);
    }
    if (raw->fuses) {
        snprintf(at, sizeof at, "%s.fuses", path);
        if (!load_fuses(l, at, raw->fuses, true, e->fuses.value)) {
            return false;
        }
        e->fuses.place = load_place(l, at, NULL);
    }
    return true;
}
