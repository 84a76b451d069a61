/* SPDX-License-Identifier: GPL-3.0-or-later */
/* scenario_file.c - a scenario from its file or text: see scenario.h */
#include "harness/base/firmware_path.h"
#include "harness/base/printable.h"
#include "harness/parts/part_types.h"
#include "harness/scenario/load.h"
#include "harness/scenario/schema.h"
#include "harness/scenario/yaml_schema.h"
#include "mcu/image.h"
#include "sim/memory.h"
#include "wave/wave_list.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static bool is_among(const char *const *names, unsigned n, const char *name)
{
    for (unsigned i = 0; i < n; i++) {
        if (!strcasecmp(names[i], name)) {
            return true;
        }
    }
    return false;
}

static bool load_record(struct loader *l, const struct raw_scenario *raw)
{
    static const char *const usual[] = { "reset", "sck", "mosi", "miso", "miso_oe", "vcc" };
    /* what makes SCK and MOSI, where the circuit has it */
    static const char *const of_circuit[] = { "tx", "dtr", "rts", "vdd", "rx_line", "rx", "q", "dp", "dm" };
    const unsigned n_usual = sizeof usual / sizeof usual[0], n_circuit = sizeof of_circuit / sizeof of_circuit[0];
    const struct plan *plan = &l->s->board.plan;
    char path[40];

    if (!raw->record) {
        unsigned n = n_usual;

        l->s->record = load_keep(l, (n_usual + n_circuit + plan->n_wires + plan->n_parts + 1) * sizeof *l->s->record);
        memcpy(l->s->record, usual, sizeof usual);
        for (unsigned i = 0; i < n_circuit; i++) {
            if (plan_pin(&plan->parts[PLAN_PROGRAMMER], of_circuit[i]) >= 0) {
                l->s->record[n++] = of_circuit[i];
            }
        }
        for (unsigned i = PLAN_OTHERS; i < plan->n_parts; i++) {
            if (plan->parts[i].type == &vpp_type) { /* RESET in volts */
                snprintf(path, sizeof path, "%.30s.V", plan->parts[i].name);
                l->s->record[n++] = load_keep_text(l, path);
            }
        }
        for (unsigned i = 0; i < plan->n_wires; i++) {
            if (!is_among(l->s->record, n, plan->wires[i].name)) {
                l->s->record[n++] = plan->wires[i].name;
            }
        }
        return true;
    }
    l->s->record = load_keep(l, (raw->record_count + 1) * sizeof *l->s->record);
    for (unsigned i = 0; i < raw->record_count; i++) {
        snprintf(path, sizeof path, "record[%u]", i);
        if (!load_net_name(l, path, NULL, raw->record[i], true)) {
            return false;
        }
        l->s->record[i] = load_keep_text(l, raw->record[i]);
    }
    return true;
}

/* Words, since options name them and reports list them: "isp, slow". */
static bool load_tags(struct loader *l, const struct raw_scenario *raw)
{
    static const char word[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.+";
    char path[40];

    l->s->tags = load_keep(l, (raw->tags_count + 1) * sizeof *l->s->tags);
    for (unsigned i = 0; i < raw->tags_count; i++) {
        const char *tag = raw->tags[i];

        snprintf(path, sizeof path, "tags[%u]", i);
        if (!*tag || strlen(tag) > 40 || tag[strspn(tag, word)]) {
            return load_problem(l, path, NULL,
                                "'%.60s' is no tag: up to 40 letters, digits and _ - . +, such as \"slow\"", tag);
        }
        l->s->tags[i] = load_keep_text(l, tag);
    }
    return true;
}

static bool load_all(struct loader *l, const struct raw_scenario *raw)
{
    struct scenario *s = l->s;
    const char *base = strrchr(s->path, '/');
    char name[128];

    snprintf(name, sizeof name, "%s", base ? base + 1 : s->path);
    if (strrchr(name, '.') && strrchr(name, '.') != name) {
        *strrchr(name, '.') = '\0';
    }
    s->name = load_keep_text(l, raw->name ? raw->name : name);
    s->description = raw->description ? load_keep_text(l, raw->description) : "";
    s->seed = 1;
    for (unsigned i = 0; i < 4; i++) {
        s->expect.fuses.value[i] = -1;
    }
    return load_u64(l, "", "seed", raw->seed, QUANTITY_COUNT, 0, INT64_MAX, &s->seed) && load_tags(l, raw) &&
           load_board(l, raw->board) && load_script(l, "reader", raw->reader, &s->reader) && load_record(l, raw) &&
           load_rules(l) && load_steps(l, raw) && load_wiring_is_sound(l) &&
           (!raw->expect || load_expect(l, "expect", raw->expect, &s->expect));
}

/* "findings: none" is an empty list, and a rule's name alone stands for {rule: name}. */
static void short_findings(struct yaml_node *expect)
{
    for (struct yaml_node *n = expect ? expect->first : NULL; n; n = n->next) {
        if (!n->key || strcmp(n->key, "findings")) {
            continue;
        }
        if (n->kind == YAML_SCALAR && !strcmp(n->text, "none")) {
            n->kind = YAML_LIST;
        }
        for (struct yaml_node *f = n->first; n->kind == YAML_LIST && f; f = f->next) {
            if (f->kind == YAML_SCALAR) {
                yaml_wrap(f, "rule");
            }
        }
    }
}

/* "random: 1" stands for {random: {seed: 1}}: in the data of memories, wherever they are. */
static void short_random(struct yaml_node *n)
{
    for (struct yaml_node *child = n->first; child; child = child->next) {
        if (child->key && !strcmp(child->key, "random") && child->kind == YAML_SCALAR) {
            yaml_wrap(child, "seed");
        } else {
            short_random(child);
        }
    }
}

static void allow_short_forms(struct yaml_tree *t)
{
    struct yaml_node *steps = yaml_find(t, "steps");

    short_random(t->root);
    short_findings(yaml_find(t, "expect"));
    for (struct yaml_node *step = steps && steps->kind == YAML_LIST ? steps->first : NULL; step; step = step->next) {
        for (struct yaml_node *n = step->first; n; n = n->next) {
            if (n->key && !strcmp(n->key, "expect")) {
                short_findings(n);
            }
        }
    }
}

/* inputs NULL: its own. */
static struct scenario *from_text(struct input_files *inputs, const char *path, const char *text, size_t n,
                                  const struct scenario_set *sets, unsigned n_sets, struct problem *err)
{
    struct loader l = { .err = err };
    struct raw_schema schema;
    char dir[PATH_MAX];
    void *raw = NULL;
    bool ok;

    raw_schema_init(&schema);
    l.s = memory_zeroed(1, sizeof *l.s);
    char *shown = printable_text(path, false);
    l.s->path = load_keep_text(&l, shown);
    free(shown);
    l.s->inputs = inputs ? inputs : &l.s->own_inputs;
    snprintf(dir, sizeof dir, "%s", path);
    if (strrchr(dir, '/')) {
        *strrchr(dir, '/') = '\0';
    } else {
        dir[0] = '\0';
    }
    l.dir = dir;
    ok = yaml_tree_read(&l.tree, l.s->path, text, n, err) &&
         (!l.tree.empty ||
          problem_set(err,
                      "%s:1:1: there is nothing in it: a scenario has at least a name or a board, such "
                      "as \"board: {programmer: {firmware: arduinoisp}}\"",
                      l.s->path));
    for (unsigned i = 0; ok && i < n_sets; i++) {
        ok = sets[i].value ? yaml_set(&l.tree, sets[i].path, sets[i].value, err) : yaml_remove(&l.tree, sets[i].path);
    }
    ok = ok && yaml_keys_differ(&l.tree, err);
    if (ok && yaml_find(&l.tree, "scenario") && !yaml_find(&l.tree, "steps")) {
        ok = yaml_problem(&l.tree, yaml_find(&l.tree, "scenario"), err,
                          "this is a sweep over a scenario, not a scenario: limpet sweep %s", l.s->path);
    }
    if (ok) {
        allow_short_forms(&l.tree);
    }
    ok = ok && yaml_load(&l.tree, &schema.scenario, &raw, err) && load_all(&l, raw);
    yaml_unload(&schema.scenario, raw);
    yaml_tree_free(&l.tree);
    if (!ok) {
        scenario_free(l.s);
        return NULL;
    }
    return l.s;
}

struct scenario *scenario_load_text_from(struct input_files *inputs, const char *path, const char *text, size_t n,
                                         const struct scenario_set *sets, unsigned n_sets, struct problem *err)
{
    return from_text(inputs, path, text, n, sets, n_sets, err);
}

struct scenario *scenario_load_text(const char *path, const char *text, size_t n, const struct scenario_set *sets,
                                    unsigned n_sets, struct problem *err)
{
    return from_text(NULL, path, text, n, sets, n_sets, err);
}

struct scenario *scenario_load_from(struct input_files *inputs, const char *path, const struct scenario_set *sets,
                                    unsigned n_sets, struct problem *err)
{
    const struct input_file *f = input_files_get(inputs, path, SCENARIO_MAX_BYTES, NULL, err);

    return f ? from_text(inputs, path, f->bytes, f->n, sets, n_sets, err) : NULL;
}

struct scenario *scenario_load(const char *path, const struct scenario_set *sets, unsigned n_sets, struct problem *err)
{
    struct input_files inputs = { 0 };
    struct scenario *s = scenario_load_from(&inputs, path, sets, n_sets, err);

    if (!s) {
        input_files_free(&inputs);
        return NULL;
    }
    s->own_inputs = inputs;
    s->inputs = &s->own_inputs;
    return s;
}

bool scenario_read_inputs(const struct scenario *s, struct problem *err)
{
    const struct programmer_config *p = &s->board.programmer;
    char path[PATH_MAX];

    return (!p->firmware || (firmware_resolve(p->firmware, NULL, path, sizeof path, err) &&
                             input_files_get(s->inputs, path, IMAGE_MAX_FILE_BYTES, NULL, err))) &&
           (!p->stimulus.file || input_files_get(s->inputs, p->stimulus.file, WAVE_MAX_FILE_BYTES, NULL, err));
}

struct scenario *scenario_default(struct problem *err)
{
    static const char text[] = "name: bench\n"
                               "board:\n"
                               "  target: {part: atmega328p}\n"
                               "  programmer: {firmware: arduinoisp, auto_reset: yes}\n";

    return scenario_load_text("(built-in scenario)", text, sizeof text - 1, NULL, 0, err);
}

bool scenario_fits(const struct scenario *s, sim_time budget_ps, struct problem *err)
{
    sim_time left_ps = budget_ps;

    for (unsigned i = 0; i < s->n_steps; i++) {
        const struct scenario_step *st = &s->steps[i];

        if (st->wait_ps > left_ps) {
            return problem_set(
                err,
                "%s:%u:%u: with this wait the run takes longer than the %llu s of simulated time that it "
                "may take",
                s->path, st->place.line, st->place.column, (unsigned long long)(budget_ps / SIM_S));
        }
        left_ps -= st->wait_ps;
    }
    return true;
}
