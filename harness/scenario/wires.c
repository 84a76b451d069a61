/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What stands on the board of a scenario besides target and programmer, and how it is wired. */
#include "harness/parts/part_types.h"
#include "harness/parts/pull.h"
#include "harness/parts/reset_capacitor.h"
#include "harness/scenario/load.h"
#include "sim/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define MAX_PARTS 100
#define MAX_LOWERED (RAW_PINS + 4) /* pull resistors and a capacitor; 12 V, its VCC switch and a resistor */

/* ---- names ---- */

static struct plan *plan_of(struct loader *l)
{
    return &l->s->board.plan;
}

/* Why a name is none, and what there is. */
static const char *no_such_name(const struct plan *p, const char *name, char *text, size_t size)
{
    const char *dot = strchr(name, '.');
    char there[600] = "";

    for (unsigned i = 0; dot && i < p->n_parts; i++) {
        size_t n = strlen(p->parts[i].name);

        if (n == (size_t)(dot - name) && !strncasecmp(p->parts[i].name, name, n)) {
            plan_pins_text(&p->parts[i], false, false, there, sizeof there);
            snprintf(text, size, "%s has no pin '%.40s'; it has: %s", p->parts[i].name, dot + 1, there);
            return text;
        }
    }
    if (dot) {
        for (unsigned i = 0; i < p->n_parts; i++) {
            size_t n = strlen(there);

            if (!p->parts[i].beside) {
                snprintf(there + n, sizeof there - n, "%s%s", i ? ", " : "", p->parts[i].name);
            }
        }
        snprintf(text, size, "there is no part '%.*s' on this board; there are: %s", (int)(dot - name), name, there);
    } else {
        snprintf(text, size, "there is no net '%.40s'; there are: %s", name, plan_names_text(p, there, sizeof there));
    }
    return text;
}

bool load_net_name(struct loader *l, const char *path, const char *key, const char *name, bool or_line)
{
    struct plan_ref at = plan_find(plan_of(l), name);
    char text[700];

    if (at.what == PLAN_WIRE || (at.what == PLAN_PIN && (or_line || plan_pin_of(plan_of(l), &at)->kind != PIN_LINE))) {
        return true;
    }
    if (at.what == PLAN_PIN) {
        return load_problem(l, path, key, "%s is in volts: it has no level", name);
    }
    return load_problem(l, path, key, "%s", no_such_name(plan_of(l), name, text, sizeof text));
}

/* ---- what stands there ---- */

/* A part whose pins are as its type and cfg say. */
static void plan_part(struct loader *l, unsigned part, const struct part_type *type, const void *cfg)
{
    struct plan_pins *t = load_keep(l, sizeof *t);

    type->plan_pins(cfg, t);
    plan_of(l)->parts[part] = (struct plan_part){
        .name = type->name, .pins = t->pins, .n_pins = t->n, .type = type, .cfg = cfg
    };
}

static void plan_programmer(struct loader *l)
{
    const struct programmer_config *p = &l->s->board.programmer;
    struct plan_part *part = &plan_of(l)->parts[PLAN_PROGRAMMER];

    plan_part(l, PLAN_PROGRAMMER, p->type, p);
    p->type->programmer->isp_pins(p, plan_of(l)->isp);
    if (p->type->programmer->mcu) { /* a board of mcu/board_rows.c */
        part->name = p->row->name;
    } else {
        part->also = p->row->name; /* its connector is as on that board */
    }
}

static bool is_name(const char *text)
{
    size_t n = strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_");

    return n && !text[n] && strcasecmp(text, "gnd") && strcasecmp(text, "vcc") && strcasecmp(text, "open");
}

static bool load_key(struct loader *l, const struct yaml_node *node, const struct part_key *key, char *cfg)
{
    int64_t value = -1;

    if (node->kind != YAML_SCALAR) {
        return yaml_problem(&l->tree, node, l->err, "expected one value for '%.40s'", node->key);
    }
    if (key->choices) {
        char known[200] = "";

        for (int i = 0; key->choices[i]; i++) {
            size_t n = strlen(known);

            if (!strcmp(key->choices[i], node->text)) {
                value = i;
            }
            snprintf(known + n, sizeof known - n, "%s%s", i ? ", " : "", key->choices[i]);
        }
        if (value < 0) {
            return yaml_problem(&l->tree, node, l->err, "'%.40s' is no %s; known: %s", node->text, key->name, known);
        }
    } else if (!quantity_parse(key->unit, node->text, key->min, key->max, &value, l->err)) {
        char text[800];

        snprintf(text, sizeof text, "%.799s", l->err->text);
        return yaml_problem(&l->tree, node, l->err, "%s", text);
    }
    memcpy(cfg + key->at, &value, sizeof value);
    return true;
}

static const struct part_key *find_key(const struct part_type *type, const char *name)
{
    for (unsigned i = 0; i < type->n_keys; i++) {
        if (!strcmp(type->keys[i].name, name)) {
            return &type->keys[i];
        }
    }
    return NULL;
}

static struct yaml_node *child(const struct yaml_node *map, const char *key)
{
    struct yaml_node *n = map->first;

    while (n && strcmp(n->key, key) != 0) {
        n = n->next;
    }
    return n;
}

bool load_part_keys(struct loader *l, const struct yaml_node *map, const struct part_type *type, void *to)
{
    char *cfg = to;

    for (unsigned i = 0; i < type->n_keys; i++) {
        const struct part_key *key = &type->keys[i];

        memcpy(cfg + key->at, &key->fallback, sizeof key->fallback);
    }
    for (const struct yaml_node *n = map->first; n; n = n->next) {
        const struct part_key *key = find_key(type, n->key);
        char known[400] = "type";

        if (key ? !load_key(l, n, key, cfg) : false) {
            return false;
        }
        for (unsigned i = 0; i < type->n_keys; i++) {
            size_t len = strlen(known);

            snprintf(known + len, sizeof known - len, ", %s", type->keys[i].name);
        }
        if (!key && strcmp(n->key, "type") != 0) {
            return yaml_problem(&l->tree, n, l->err, "a %s has no key '%.40s'; known: %s", type->name, n->key, known);
        }
    }
    for (unsigned i = 0; i < type->n_keys; i++) { /* last: one that is spelt wrong is told first */
        const struct part_key *key = &type->keys[i];

        if (key->must && !child(map, key->name)) {
            return yaml_problem(&l->tree, map, l->err, "a %s needs the key '%s': %s", type->name, key->name, key->help);
        }
    }
    return true;
}

static bool load_part(struct loader *l, const struct yaml_node *node, struct plan_part *part)
{
    const struct yaml_node *name = node->kind == YAML_MAP ? child(node, "type") : NULL;
    char types[300] = "", text[300];
    struct problem why;
    void *cfg;

    for (unsigned i = 0; part_type_at(i); i++) {
        if (part_type_at(i)->place == PART_AMONG_PARTS) {
            snprintf(types + strlen(types), sizeof types - strlen(types), "%s%s", types[0] ? ", " : "",
                     part_type_at(i)->name);
        }
    }
    if (!is_name(node->key)) {
        return yaml_problem(
            &l->tree, node, l->err,
            "'%.40s' can't be a part's name: letters, digits and _, but not gnd, vcc or open, which are "
            "ends of wires",
            node->key);
    }
    for (unsigned i = 0; i < plan_of(l)->n_parts; i++) {
        const struct plan_part *other = &plan_of(l)->parts[i];

        if (!strcasecmp(other->name, node->key) || (other->also && !strcasecmp(other->also, node->key))) {
            return yaml_problem(&l->tree, node, l->err, "this board has a part '%s' already", node->key);
        }
    }
    if (!name || name->kind != YAML_SCALAR) {
        return yaml_problem(&l->tree, node, l->err, "a part needs its type: one of %s", types);
    }
    part->type = part_type_find(name->text);
    if (!part->type) {
        return yaml_problem(&l->tree, name, l->err, "there is no type of part '%.40s'; known: %s", name->text, types);
    }
    part->name = load_keep_text(l, node->key);
    part->pins = part->type->pins;
    part->n_pins = part->type->n_pins;
    part->place = (struct scenario_place){ node->line, node->column };
    part->cfg = cfg = load_keep(l, part->type->cfg_bytes);
    if (!load_part_keys(l, node, part->type, cfg)) {
        return false;
    }
    if (part->type->check && !part->type->check(cfg, &why)) {
        snprintf(text, sizeof text, "%.299s", why.text);
        return yaml_problem(&l->tree, node, l->err, "%s: %s", part->name, text);
    }
    return true;
}

static bool load_parts(struct loader *l)
{
    const struct yaml_node *map = yaml_find(&l->tree, "board.parts");
    struct plan *plan = plan_of(l);

    if (!map) {
        return true;
    }
    if (map->kind != YAML_MAP) {
        return yaml_problem(&l->tree, map, l->err, "expected names of parts, each with its type and keys");
    }
    for (const struct yaml_node *n = map->first; n; n = n->next) {
        if (plan->n_parts == MAX_PARTS) {
            return yaml_problem(&l->tree, n, l->err, "more than %u parts", MAX_PARTS - PLAN_OTHERS);
        }
        if (!load_part(l, n, &plan->parts[plan->n_parts])) {
            return false;
        }
        plan->n_parts++;
    }
    return true;
}

/* ---- wires ---- */

/* As on the desk: a wire can lead there, and the adapter is on it too. */
static void note_serial_pin(struct loader *l, const struct scenario_place *at, const struct plan_ref *pin)
{
    const struct part_pin *p = plan_pin_of(plan_of(l), pin);
    char text[500];

    snprintf(text, sizeof text, "%.150s:%u:%u: %s is the serial port's pin too: %s", l->s->path, at->line, at->column,
             p->name,
             strcmp(p->also, "txd") ? "the host hears what goes over this wire"
                                    : "the board's USB chip drives it through 1 kOhm, and what the host sends goes "
                                      "over this wire");
    load_note(l, text);
}

static bool load_end(struct loader *l, const struct yaml_node *node, struct plan_end *end)
{
    char text[700];

    if (node->kind != YAML_SCALAR) {
        return yaml_problem(&l->tree, node, l->err, "expected a pin, such as target.SCK");
    }
    end->place = (struct scenario_place){ node->line, node->column };
    end->at = !strcasecmp(node->text, "vcc") ? (struct plan_ref){ .what = PLAN_VCC }
                                             : plan_find(plan_of(l), node->text);
    switch (end->at.what) {
    case PLAN_GND:
    case PLAN_VCC: return true;
    case PLAN_PIN: break;
    case PLAN_WIRE:
    case PLAN_NOTHING:
        return yaml_problem(&l->tree, node, l->err, "%s", no_such_name(plan_of(l), node->text, text, sizeof text));
    }
    switch (plan_pin_of(plan_of(l), &end->at)->kind) {
    case PIN_HOST: note_serial_pin(l, &end->place, &end->at); return true;
    case PIN_NET: return true;
    case PIN_PROBE:
    case PIN_LINE: break;
    }
    return yaml_problem(&l->tree, node, l->err, "%s is to look at, no wire can lead there", node->text);
}

static bool load_plan_wire(struct loader *l, const struct yaml_node *node, struct plan_wire *wire)
{
    if (!is_name(node->key)) {
        return yaml_problem(&l->tree, node, l->err, "'%.40s' can't be a wire's name: letters, digits and _", node->key);
    }
    if (node->kind != YAML_LIST) {
        return yaml_problem(&l->tree, node, l->err, "expected a list of pins, such as [shift.B1, target.SCK]");
    }
    wire->place = (struct scenario_place){ node->line, node->column };
    wire->ends = load_keep(l, (node->n + 1) * sizeof *wire->ends);
    for (const struct yaml_node *n = node->first; n; n = n->next) {
        struct plan_end *end = &wire->ends[wire->n_ends++];

        if (!load_end(l, n, end)) {
            return false;
        }
        for (unsigned i = 0; end->at.what != PLAN_PIN && i + 1 < wire->n_ends; i++) {
            if (wire->ends[i].at.what != PLAN_PIN && wire->ends[i].at.what != end->at.what) {
                return yaml_problem(&l->tree, n, l->err, "gnd and vcc on one wire: that is a short circuit");
            }
        }
    }
    wire->name = load_keep_text(l, node->key);
    return true;
}

static bool load_plan_wires(struct loader *l)
{
    const struct yaml_node *map = yaml_find(&l->tree, "board.wires");
    struct plan *plan = plan_of(l);

    if (!map) {
        return true;
    }
    if (map->kind != YAML_MAP) {
        return yaml_problem(&l->tree, map, l->err, "expected names of wires, each with its list of pins");
    }
    struct plan_wire *wires = load_keep(l, (map->n + 1) * sizeof *wires);
    unsigned n_wires = 0;
    for (const struct yaml_node *n = map->first; n; n = n->next) { /* an end is never a wire: none is known yet */
        if (!load_plan_wire(l, n, &wires[n_wires++])) {
            return false;
        }
    }
    plan->wires = wires;
    plan->n_wires = n_wires;
    return true;
}

bool load_plan(struct loader *l)
{
    struct scenario_board *b = &l->s->board;

    b->plan.parts = load_keep(l, (MAX_PARTS + MAX_LOWERED) * sizeof *b->plan.parts);
    plan_part(l, PLAN_TARGET, &target_chip_type, &b->target);
    plan_programmer(l);
    b->plan.n_parts = PLAN_OTHERS;
    return load_parts(l) && load_plan_wires(l);
}

/* ---- leads and pulls ---- */

static bool target_pin(struct loader *l, const char *path, const char *name, unsigned *pin)
{
    const struct plan_part *target = &plan_of(l)->parts[PLAN_TARGET];
    int i = plan_pin(target, name);
    char pins[400];

    *pin = (unsigned)i;
    return (i >= 0 && target->pins[i].kind == PIN_NET) ||
           load_problem(l, path, name, "the %s has no pin %s; it has: %s", l->s->board.target.part->title, name,
                        plan_pins_text(target, true, false, pins, sizeof pins));
}

static bool no_place_for_a_wire(struct loader *l, const char *path, const char *key, const char *to)
{
    const struct plan *p = plan_of(l);
    char there[1200] = "", pins[400];

    for (unsigned i = 0; i < p->n_wires && i < 20; i++) {
        size_t n = strlen(there);

        snprintf(there + n, sizeof there - n, "%.40s, ", p->wires[i].name);
    }
    for (unsigned i = PLAN_PROGRAMMER; i < p->n_parts; i++) {
        size_t n = strlen(there);

        if (!p->parts[i].beside) {
            snprintf(there + n, sizeof there - n, "%s, ", plan_pins_text(&p->parts[i], true, true, pins, sizeof pins));
        }
    }
    return load_problem(l, path, key, "'%.40s' is not where a wire can go: %sgnd, vcc or open", to, there);
}

static bool load_to(struct loader *l, const char *path, const char *key, const char *to, struct plan_ref *ref)
{
    struct scenario_place at = load_place(l, path, key);

    if (!strcmp(to, "open") || !strcmp(to, "gnd") || !strcmp(to, "vcc")) {
        ref->what = *to == 'o' ? PLAN_NOTHING : *to == 'g' ? PLAN_GND : PLAN_VCC;
        return true;
    }
    *ref = plan_find(plan_of(l), to);
    if (ref->what == PLAN_WIRE) {
        return true;
    }
    if (ref->what == PLAN_PIN && ref->part != PLAN_TARGET) {
        switch (plan_pin_of(plan_of(l), ref)->kind) {
        case PIN_HOST: note_serial_pin(l, &at, ref); return true;
        case PIN_NET: return true;
        case PIN_PROBE:
        case PIN_LINE: break;
        }
    }
    return no_place_for_a_wire(l, path, key, to);
}

bool load_leads(struct loader *l, const char *path, const struct raw_pins *raw, struct plan_lead **leads, unsigned *n)
{
    if (!raw) {
        return true;
    }
    *leads = load_keep(l, RAW_PINS * sizeof **leads);
    for (unsigned i = 0; i < RAW_PINS; i++) {
        struct plan_lead *lead = &(*leads)[*n];

        if (!raw->pin[i]) {
            continue;
        }
        if (!target_pin(l, path, raw_pin_names[i], &lead->pin)) {
            return false;
        }
        for (unsigned k = 0; k < *n; k++) {
            if ((*leads)[k].pin == lead->pin) {
                return load_problem(l, path, raw_pin_names[i], "%s and %s are one pin of this part: wire it once",
                                    (*leads)[k].name, raw_pin_names[i]);
            }
        }
        if (!load_to(l, path, raw_pin_names[i], raw->pin[i], &lead->to)) {
            return false;
        }
        lead->name = raw_pin_names[i];
        lead->place = load_place(l, path, raw_pin_names[i]);
        (*n)++;
    }
    return true;
}

/* ---- parts that shorter keys stand for ---- */

/* Its pins are where the target's are; wires can't lead there. */
static struct plan_part *lower(struct loader *l, const char *name, const struct part_type *type, const void *cfg)
{
    struct plan_part *part = &plan_of(l)->parts[plan_of(l)->n_parts++];
    struct part_pin *pins = load_keep(l, type->n_pins * sizeof *pins);

    for (unsigned i = 0; i < type->n_pins; i++) {
        pins[i] = type->pins[i];
        pins[i].kind = PIN_PROBE;
    }
    *part = (struct plan_part){ .name = name, .pins = pins, .n_pins = type->n_pins, .type = type, .cfg = cfg };
    return part;
}

const struct pull_config *scenario_pull(const struct scenario_board *b, unsigned target_pin)
{
    for (unsigned i = PLAN_OTHERS; i < b->plan.n_parts; i++) {
        const struct plan_part *part = &b->plan.parts[i];

        if (part->type == &pull_type && part->beside && part->beside->target_pin == target_pin) {
            return part->cfg;
        }
    }
    return NULL;
}

/* "pull-up-sck": a name that no part of board.parts can have */
static void lower_pull(struct loader *l, unsigned target_pin, uint64_t milliohm, bool up, const char *pin)
{
    struct pull_config *cfg = load_keep(l, sizeof *cfg);
    struct plan_beside *beside = load_keep(l, sizeof *beside);
    char name[40];

    cfg->milliohm = (int64_t)milliohm;
    cfg->to = up ? PULL_TO_VCC : PULL_TO_GND;
    beside->target_pin = target_pin;
    snprintf(name, sizeof name, "pull-%s-%s", up ? "up" : "down", pin);
    lower(l, load_keep_text(l, name), &pull_type, cfg)->beside = beside;
}

bool load_pulls(struct loader *l, const char *path, const struct raw_pins *raw, bool up)
{
    for (unsigned i = 0; raw && i < RAW_PINS; i++) {
        const char *name = raw_pin_names[i];
        uint64_t milliohm;
        unsigned pin;

        if (!raw->pin[i]) {
            continue;
        }
        if (!load_u64(l, path, name, raw->pin[i], QUANTITY_MOHM, 100000, 10000000000, &milliohm) ||
            !target_pin(l, path, name, &pin)) {
            return false;
        }
        if (scenario_pull(&l->s->board, pin)) {
            return load_problem(l, path, name, "%s is pulled twice: one resistor is enough", name);
        }
        if (pin == AVR_RESET && !up && l->s->board.target.has_reset_wire) {
            return load_problem(l, path, name, "a pull-down on RESET beside a capacitor is not modelled");
        }
        lower_pull(l, pin, milliohm, up, name);
    }
    return true;
}

void load_reset_capacitor(struct loader *l, uint64_t c_ff)
{
    static const struct plan_beside both[] = { { AVR_RESET, true }, { AVR_RESET, false } };
    const struct pull_config *pull = scenario_pull(&l->s->board, AVR_RESET);
    struct reset_capacitor_config *cfg = load_keep(l, sizeof *cfg);
    uint64_t up_ohm = NET_INTERNAL_PULL_OHM;

    if (pull) { /* in parallel */
        up_ohm = up_ohm * pull_ohm(pull) / (up_ohm + pull_ohm(pull));
    }
    cfg->c_ff = (int64_t)c_ff;
    cfg->pull_up_milliohm = (int64_t)up_ohm * 1000;
    lower(l, "reset-capacitor", &reset_capacitor_type, cfg)->beside = both;
}

bool load_stimulus_map(struct loader *l)
{
    static const char at[] = "board.programmer.stimulus.map";
    struct stimulus_config *s = &l->s->board.programmer.stimulus;
    const struct yaml_node *map = yaml_find(&l->tree, at);

    if (!s->file) {
        return true;
    }
    if (!map) {
        return load_problem(l, "board.programmer.stimulus", NULL,
                            "the key 'map' is missing: which net each signal drives, such as "
                            "map: {sck: SCK, mosi: MOSI, reset: RST}");
    }
    if (map->kind != YAML_MAP || !map->n) {
        return load_problem(l, at, NULL, "the map is empty: it says which net each signal drives");
    }
    s->map = load_keep(l, map->n * sizeof *s->map);
    for (const struct yaml_node *n = map->first; n; n = n->next) {
        if (n->kind != YAML_SCALAR) {
            return yaml_problem(&l->tree, n, l->err, "expected the name of a signal for '%.40s'", n->key);
        }
        if (!load_net_name(l, at, n->key, n->key, true)) {
            return false;
        }
        s->map[s->n_map].signal = load_keep_text(l, n->text);
        s->map[s->n_map++].net = load_keep_text(l, n->key);
    }
    return true;
}

/* ---- what nobody wired ---- */

static bool *used_pins(const struct wiring *w)
{
    bool *used = memory_zeroed(w->n_pins + 1, sizeof *used);

    for (unsigned i = 0; i < w->n_pins; i++) {
        used[i] = w->group[i] >= 0;
    }
    return used;
}

/* Steps may lead wires there later, and a recording may drive its pins. */
static void use_later(const struct scenario *s, const struct wiring *w, bool *used)
{
    const struct stimulus_config *stimulus = &s->board.programmer.stimulus;

    for (unsigned i = 0; i < s->n_steps; i++) {
        for (unsigned k = 0; k < s->steps[i].n_wires; k++) {
            if (s->steps[i].wires[k].to.what == PLAN_PIN) {
                used[wiring_pin(w, &s->steps[i].wires[k].to)] = true;
            }
        }
    }
    for (unsigned i = 0; i < stimulus->n_map; i++) {
        struct plan_ref at = plan_find(w->plan, stimulus->map[i].net);

        if (at.what == PLAN_PIN) {
            used[wiring_pin(w, &at)] = true;
        }
    }
}

/* A part without wires, or one of two pins with one of them open, does nothing: mostly it was forgotten. */
static void note_unwired(struct loader *l, const bool *used, const struct wiring *w)
{
    for (unsigned i = PLAN_OTHERS; i < w->plan->n_parts; i++) {
        const struct plan_part *part = &w->plan->parts[i];
        unsigned n_pins = 0, n_used = 0, open = 0;
        char pins[400], text[700];

        for (unsigned k = 0; k < part->n_pins; k++) {
            bool is_used = used[w->first[i] + k], is_pin = part->pins[k].kind == PIN_NET;

            n_pins += is_pin;
            n_used += is_pin && is_used;
            open = is_pin && !is_used ? k : open;
        }
        if (n_pins && !n_used) {
            snprintf(text, sizeof text, "%.150s:%u:%u: no wire leads to %.40s, so it does nothing; its pins: %s",
                     l->s->path, part->place.line, part->place.column, part->name,
                     plan_pins_text(part, true, true, pins, sizeof pins));
            load_note(l, text);
        } else if (n_pins == 2 && n_used == 1 && part->type->in_series) {
            snprintf(text, sizeof text, "%.150s:%u:%u: no wire leads to %.40s.%s, so %.40s does nothing", l->s->path,
                     part->place.line, part->place.column, part->name, part->pins[open].name, part->name);
            load_note(l, text);
        }
    }
}

bool load_wiring_is_sound(struct loader *l)
{
    struct scenario *s = l->s;
    struct wiring w;
    bool ok = wiring_init(&w, &s->board.plan, s->path, l->err) &&
              wiring_lead(&w, s->board.wires, s->board.n_wires, false, l->err);
    bool *used = ok ? used_pins(&w) : NULL;

    for (unsigned i = 0; ok && i < s->n_steps; i++) {
        ok = wiring_lead(&w, s->steps[i].wires, s->steps[i].n_wires, true, l->err);
    }
    if (ok) {
        use_later(s, &w, used);
        note_unwired(l, used, &w);
    }
    free(used);
    wiring_free(&w);
    return ok;
}
