/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "harness/sweep/sweep.h"

#include "harness/scenario/yaml_place.h"
#include "sim/memory.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_FILE_BYTES SCENARIO_MAX_BYTES /* it may be one */
#define MAX_CHOICES 10000u
#define MAX_WHOLE 9007199254740992.0 /* 2^53: beyond, a double leaves numbers out */

void sweep_init(struct sweep *s, const char *name, const char *scenario)
{
    memset(s, 0, sizeof *s);
    s->name = memory_text(name);
    s->scenario = memory_text(scenario);
}

void sweep_free(struct sweep *s)
{
    for (unsigned a = 0; a < s->n_axes; a++) {
        for (unsigned c = 0; c < s->axes[a].n; c++) {
            struct sweep_choice *choice = &s->axes[a].choices[c];

            for (unsigned i = 0; i < choice->n_sets; i++) {
                free((char *)choice->sets[i].path);
                free((char *)choice->sets[i].value);
            }
            free(choice->sets);
            free(choice->name);
        }
        free(s->axes[a].choices);
        free(s->axes[a].name);
    }
    free(s->name);
    free(s->scenario);
    input_files_free(&s->inputs);
    memset(s, 0, sizeof *s);
}

/* ---- building ---- */

static struct sweep_axis *add_axis(struct sweep *s, const char *name, struct problem *err)
{
    if (s->n_axes == SWEEP_MAX_AXES) {
        problem_set(err, "more than %d axes", SWEEP_MAX_AXES);
        return NULL;
    }
    if (sweep_axis_find(s, name) >= 0) {
        problem_set(err, "there are two axes '%.60s'", name);
        return NULL;
    }
    s->axes[s->n_axes].name = memory_text(name);
    return &s->axes[s->n_axes++];
}

static struct sweep_choice *add_choice(struct sweep_axis *a, const char *name)
{
    if (!(a->n & (a->n - 1))) { /* 0, 1, 2, 4, 8 ...: the room is used up */
        a->choices = memory_grown(a->choices, a->n ? 2 * a->n : 1, sizeof *a->choices);
    }
    a->choices[a->n] = (struct sweep_choice){ .name = memory_text(name) };
    return &a->choices[a->n++];
}

static void add_set(struct sweep_choice *c, const char *path, const char *value)
{
    c->sets = memory_grown(c->sets, c->n_sets + 1, sizeof *c->sets);
    c->sets[c->n_sets++] = (struct scenario_set){ memory_text(path), memory_text(value) };
}

bool sweep_sizes_fit(const struct sweep *s)
{
    uint64_t n = 1;

    for (unsigned a = 0; a < s->n_axes; a++) {
        n *= s->axes[a].n; /* both below 2^32 */
        if (n > SWEEP_MAX_POINTS) {
            return false;
        }
    }
    return true;
}

static bool sizes_fit(const struct sweep *s, struct problem *err)
{
    return sweep_sizes_fit(s) || problem_set(err, "more than %u combinations", SWEEP_MAX_POINTS);
}

/* ---- "lo..hi step s" ---- */

struct number { /* "2.5 kHz", "0x60" */
    double value;
    bool hex;
    char unit[32];
};

static bool number_parse(const char *text, struct number *n)
{
    char *end;
    size_t len;

    while (isspace((unsigned char)*text)) {
        text++;
    }
    n->hex = text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
    errno = 0;
    n->value = strtod(text, &end);
    if (end == text || errno || !isfinite(n->value) || fabs(n->value) >= MAX_WHOLE) {
        return false;
    }
    while (isspace((unsigned char)*end)) {
        end++;
    }
    len = strlen(end);
    while (len && isspace((unsigned char)end[len - 1])) {
        len--;
    }
    if (len >= sizeof n->unit || (n->hex && len)) {
        return false;
    }
    memcpy(n->unit, end, len);
    n->unit[len] = '\0';
    return true;
}

static void number_text(const struct number *like, double value, char *buf, size_t size)
{
    if (like->hex) {
        snprintf(buf, size, "0x%02llX", (unsigned long long)value);
    } else if (value == floor(value)) {
        snprintf(buf, size, "%.0f%s%s", value, like->unit[0] ? " " : "", like->unit);
    } else {
        snprintf(buf, size, "%.10g%s%s", value, like->unit[0] ? " " : "", like->unit);
    }
}

/* To four digits: 1.37 times 1.37 times ... is not meant to the last one.. */
static double rounded(double v)
{
    double unit = pow(10, floor(log10(v)) - 3);

    return v == floor(v) && v < 1e6 ? v : floor(v / unit + 0.5) * unit;
}

static bool add_range(struct sweep_axis *a, const char *path, char *text, char *dots, struct problem *err)
{
    struct number lo, hi, step = { .value = 1 };
    char *word, buf[80];
    bool times = false;

    *dots = '\0';
    word = strstr(dots + 2, " step ");
    if (!word) {
        word = strstr(dots + 2, " times ");
        times = word != NULL;
    }
    if (word) {
        *word = '\0';
    }
    if (!number_parse(text, &lo) || !number_parse(dots + 2, &hi) ||
        (word && !number_parse(word + (times ? 7 : 6), &step))) {
        return problem_set(err, "'%s..%s' is no range; write \"1 kHz..4 kHz step 500 Hz\" or \"0x60..0x6F\"", text,
                           dots + 2);
    }
    if (strcmp(lo.unit, hi.unit) || (word && strcmp(times ? "" : lo.unit, step.unit))) {
        return problem_set(err, "'%s..%s': both ends%s need the same unit", text, dots + 2,
                           times ? "" : " and the step");
    }
    if (hi.value < lo.value) {
        return problem_set(err, "'%s..%s' runs backwards", text, dots + 2);
    }
    if (times ? step.value <= 1 || lo.value <= 0 : step.value <= 0) {
        return problem_set(err, "'%s..%s': the step does not lead upwards", text, dots + 2);
    }
    if (!times && (hi.value - lo.value) / step.value > MAX_CHOICES) {
        return problem_set(err, "'%s..%s' has more than %u values", text, dots + 2, MAX_CHOICES);
    }
    for (unsigned k = 0;; k++) {
        double v = times ? rounded(lo.value * pow(step.value, k)) : lo.value + k * step.value;

        if (v > hi.value * (1 + 1e-12)) {
            return true;
        }
        if (k == MAX_CHOICES) {
            return problem_set(err, "'%s..%s' has more than %u values", text, dots + 2, MAX_CHOICES);
        }
        number_text(&lo, v, buf, sizeof buf);
        add_set(add_choice(a, buf), path, buf);
    }
}

/* The comma that ends a value: not one inside brackets or quotes. */
static char *value_end(char *p)
{
    int depth = 0;
    char quote = 0;

    for (; *p; p++) {
        if (quote) {
            quote = *p == quote ? 0 : quote;
        } else if (*p == '"' || *p == '\'') {
            quote = *p;
        } else if (strchr("[{", *p)) {
            depth++;
        } else if (strchr("]}", *p)) {
            depth--;
        } else if (*p == ',' && depth == 0) {
            break;
        }
    }
    return p;
}

static bool add_values(struct sweep_axis *a, const char *path, const char *values, struct problem *err)
{
    char *copy = memory_text(values), *p = copy;
    bool ok = true;

    while (ok) {
        char *end = value_end(p), *dots, *last = end;
        bool more = *end == ',';

        *end = '\0';
        while (isspace((unsigned char)*p)) {
            p++;
        }
        while (last > p && isspace((unsigned char)last[-1])) {
            *--last = '\0';
        }
        dots = strchr("\"'{[", *p) && *p ? NULL : strstr(p, "..");
        if (!*p) {
            ok = problem_set(err, "a value is missing in '%.100s'", values);
        } else if (dots) {
            ok = add_range(a, path, p, dots, err);
        } else {
            add_set(add_choice(a, p), path, p);
        }
        if (!more) {
            break;
        }
        p = end + 1;
    }
    free(copy);
    return ok;
}

bool sweep_vary(struct sweep *s, const char *text, struct problem *err)
{
    const char *eq = strchr(text, '=');
    struct sweep_axis *a;
    char path[200];

    if (!eq || eq == text || (size_t)(eq - text) >= sizeof path) {
        return problem_set(err, "'%.100s': expected PATH=VALUES, such as board.vcc=2.7 V..5 V step 0.1 V", text);
    }
    snprintf(path, sizeof path, "%.*s", (int)(eq - text), text);
    a = add_axis(s, path, err);
    return (a && add_values(a, path, eq + 1, err) && sizes_fit(s, err)) || problem_prefix(err, "%.100s", text);
}

/* ---- the file ---- */

static const struct yaml_node *child(const struct yaml_node *n, const char *key)
{
    for (const struct yaml_node *c = n->kind == YAML_MAP ? n->first : NULL; c; c = c->next) {
        if (!strcmp(c->key, key)) {
            return c;
        }
    }
    return NULL;
}

/* Only these keys. */
static bool keys_known(const struct yaml_tree *t, const struct yaml_node *n, const char *const *known,
                       struct problem *err)
{
    char list[200] = "";

    for (unsigned i = 0; known[i]; i++) {
        snprintf(list + strlen(list), sizeof list - strlen(list), "%s%s", i ? ", " : "", known[i]);
    }
    if (n->kind != YAML_MAP) {
        return yaml_problem(t, n, err, "expected keys: %s", list);
    }
    for (const struct yaml_node *c = n->first; c; c = c->next) {
        const struct yaml_node key = { .line = c->key_line, .column = c->key_column };
        unsigned i = 0;

        while (known[i] && strcmp(known[i], c->key)) {
            i++;
        }
        if (!known[i]) {
            return yaml_problem(t, &key, err, "unknown key '%.60s'; known: %s", c->key, list);
        }
    }
    return true;
}

static const char *scalar(const struct yaml_tree *t, const struct yaml_node *in, const char *key, struct problem *err)
{
    const struct yaml_node *n = child(in, key);

    if (!n) {
        yaml_problem(t, in, err, "the key '%s' is missing", key);
    } else if (n->kind != YAML_SCALAR) {
        yaml_problem(t, n, err, "'%s' is one value", key);
    }
    return n && n->kind == YAML_SCALAR ? n->text : NULL;
}

static bool load_choice(const struct yaml_tree *t, const struct yaml_node *n, struct sweep_axis *a, struct problem *err)
{
    static const char *const known[] = { "name", "set", NULL };
    const struct yaml_node *set;
    struct sweep_choice *c;
    const char *name;

    if (!keys_known(t, n, known, err) || !(name = scalar(t, n, "name", err))) {
        return false;
    }
    c = add_choice(a, name);
    set = child(n, "set");
    if (set && set->kind != YAML_MAP) {
        return yaml_problem(t, set, err, "'set' maps paths to values: {board.vcc: 3 V}");
    }
    for (const struct yaml_node *v = set ? set->first : NULL; v; v = v->next) {
        if (v->kind != YAML_SCALAR) {
            return yaml_problem(t, v, err, "put the value in quotes: \"{crystal: 16 MHz}\"");
        }
        add_set(c, v->key, v->text);
    }
    return true;
}

static bool load_axis(const struct yaml_tree *t, const struct yaml_node *n, struct sweep *s, struct problem *err)
{
    static const char *const known[] = { "name", "path", "values", "choices", NULL };
    const struct yaml_node *choices;
    const char *name, *path, *values;
    struct sweep_axis *a;

    if (!keys_known(t, n, known, err) || !(name = scalar(t, n, "name", err))) {
        return false;
    }
    a = add_axis(s, name, err);
    if (!a) {
        return yaml_problem(t, n, err, "axis '%.60s' is one too many", name);
    }
    choices = child(n, "choices");
    if (!choices) {
        struct problem why = { "" };

        if (!(path = scalar(t, n, "path", err)) || !(values = scalar(t, n, "values", err))) {
            return false;
        }
        return add_values(a, path, values, &why) || yaml_problem(t, child(n, "values"), err, "%.300s", why.text);
    }
    if (child(n, "path") || child(n, "values")) {
        return yaml_problem(t, n, err, "an axis has choices, or a path and values");
    }
    if (choices->kind != YAML_LIST || !choices->n) {
        return yaml_problem(t, choices, err, "'choices' is a list");
    }
    for (const struct yaml_node *c = choices->first; c; c = c->next) {
        if (!load_choice(t, c, a, err)) {
            return false;
        }
    }
    return true;
}

static bool load_axes(const struct yaml_tree *t, struct sweep *s, struct problem *err)
{
    const struct yaml_node *axes = child(t->root, "axes");

    for (const struct yaml_node *n = axes && axes->kind == YAML_LIST ? axes->first : NULL; n; n = n->next) {
        if (!load_axis(t, n, s, err)) {
            return false;
        }
    }
    return (axes && axes->kind == YAML_LIST && axes->n) ||
           yaml_problem(t, axes ? axes : t->root, err, "the list 'axes' is missing");
}

/* What is there before what is missing: lint takes the former out, one after another. */
static bool load_tree(const struct yaml_tree *t, struct sweep *s, struct problem *err)
{
    static const char *const known[] = { "name", "scenario", "axes", NULL };
    const char *name, *scenario, *slash = strrchr(t->path, '/');
    char full[PATH_MAX];

    if (!keys_known(t, t->root, known, err) || !load_axes(t, s, err) || !(name = scalar(t, t->root, "name", err)) ||
        !(scenario = scalar(t, t->root, "scenario", err))) {
        return false;
    }
    if (scenario[0] == '/' || !slash) {
        snprintf(full, sizeof full, "%s", scenario);
    } else if (snprintf(full, sizeof full, "%.*s/%s", (int)(slash - t->path), t->path, scenario) >= (int)sizeof full) {
        return problem_set(err, "%s: the scenario's path is too long", t->path);
    }
    free(s->name);
    free(s->scenario);
    s->name = memory_text(name);
    s->scenario = memory_text(full);
    return sizes_fit(s, err) || problem_prefix(err, "%s", t->path);
}

static bool load_text(struct sweep *s, const char *path, const char *text, size_t n, const struct scenario_set *gone,
                      unsigned n_gone, struct problem *err)
{
    struct yaml_tree t = { 0 };
    bool ok = yaml_tree_read(&t, path, text, n, err);

    for (unsigned i = 0; ok && i < n_gone; i++) {
        yaml_remove(&t, gone[i].path);
    }
    ok = ok && yaml_keys_differ(&t, err);
    if (ok && (child(t.root, "axes") || child(t.root, "scenario"))) {
        ok = load_tree(&t, s, err);
    }
    yaml_tree_free(&t);
    if (!ok) {
        sweep_free(s);
    }
    return ok;
}

bool sweep_load_text(struct sweep *s, const char *path, const char *text, size_t n, const struct scenario_set *gone,
                     unsigned n_gone, struct problem *err)
{
    sweep_init(s, path, path);
    return load_text(s, path, text, n, gone, n_gone, err);
}

bool sweep_load(struct sweep *s, const char *path, struct problem *err)
{
    const struct input_file *f;

    sweep_init(s, path, path);
    f = input_files_get(&s->inputs, path, MAX_FILE_BYTES, NULL, err);
    if (!f) {
        sweep_free(s);
        return false;
    }
    return load_text(s, path, f->bytes, f->n, NULL, 0, err);
}

/* ---- points ---- */

unsigned sweep_points(const struct sweep *s)
{
    unsigned n = 1;

    for (unsigned a = 0; a < s->n_axes; a++) {
        n *= s->axes[a].n;
    }
    return n;
}

unsigned sweep_choice_at(const struct sweep *s, unsigned point, unsigned axis)
{
    for (unsigned a = s->n_axes; a-- > axis + 1;) {
        point /= s->axes[a].n;
    }
    return point % s->axes[axis].n;
}

const char *sweep_value_at(const struct sweep *s, unsigned point, unsigned axis)
{
    return s->axes[axis].choices[sweep_choice_at(s, point, axis)].name;
}

struct scenario_set *sweep_sets_at(const struct sweep *s, unsigned point, unsigned *n)
{
    struct scenario_set *sets = NULL;

    *n = 0;
    for (unsigned a = 0; a < s->n_axes; a++) {
        const struct sweep_choice *c = &s->axes[a].choices[sweep_choice_at(s, point, a)];

        sets = memory_grown(sets, *n + c->n_sets + 1, sizeof *sets);
        for (unsigned i = 0; i < c->n_sets; i++) {
            sets[(*n)++] = c->sets[i];
        }
    }
    return sets;
}

struct scenario *sweep_scenario_at(struct sweep *s, unsigned point, struct problem *err)
{
    unsigned n;
    struct scenario_set *sets = sweep_sets_at(s, point, &n);
    struct scenario *sc = scenario_load_from(&s->inputs, s->scenario, sets, n, err);

    free(sets);
    return sc;
}

int sweep_axis_find(const struct sweep *s, const char *name)
{
    for (unsigned a = 0; a < s->n_axes; a++) {
        if (!strcmp(s->axes[a].name, name)) {
            return (int)a;
        }
    }
    return -1;
}

const char *sweep_state_name(enum sweep_state state)
{
    static const char *const names[SWEEP_STATES] = { "not run", "pass", "findings", "fail", "bad" };

    return names[state];
}
