/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "harness/scenario/load.h"
#include "harness/scenario/step_type.h"

#include <stdio.h>
#include <string.h>

/* The one thing that the step does; NULL: the problem is told. */
static const struct step_type *type_of(struct loader *l, const char *at, const struct raw_step *raw, const void **given)
{
    const struct step_type *type = NULL;
    unsigned n = 0;

    for (unsigned i = 0; step_types[i]; i++) {
        if (raw->given[i]) {
            type = step_types[i];
            *given = raw->given[i];
            n++;
        }
    }
    if (n != 1) {
        load_problem(l, at, NULL,
                     n ? "a step does one thing: make %u steps of this"
                       : "a step needs something to do, such as wait: 20 ms",
                     n);
        return NULL;
    }
    return type;
}

/* "power, rewire and clock": the types that take `later`. */
static void list_later(char *buf, size_t size)
{
    const struct step_type *last = NULL;
    size_t n = 0;

    buf[0] = '\0';
    for (unsigned i = 0; step_types[i]; i++) {
        last = step_types[i]->may_be_later ? step_types[i] : last;
    }
    for (unsigned i = 0; step_types[i]; i++) {
        const struct step_type *t = step_types[i];

        if (t->may_be_later && n < size) {
            n += (size_t)snprintf(buf + n, size - n, "%s%s", !n ? "" : t == last ? " and " : ", ", t->key);
        }
    }
}

#define LATER_MAX_PS (3600 * (int64_t)SIM_S)

/* "12 instructions", or "12 instructions and 2 ms" */
static bool by_instructions(struct loader *l, const char *at, const char *text, struct scenario_step *s, bool *ok)
{
    static const char word[] = "instruction";
    char number[40];
    size_t n = strcspn(text, " \t");
    const char *unit = text + n + strspn(text + n, " \t"), *rest = unit + sizeof word - 1;

    if (strncmp(unit, word, sizeof word - 1) != 0) {
        return false;
    }
    rest += *rest == 's';
    bool more = !strncmp(rest, " and ", 5);
    if (*rest && !more) {
        return false;
    }
    snprintf(number, sizeof number, "%.*s", (int)(n < sizeof number ? n : sizeof number - 1), text);
    *ok = load_u64(l, at, "later", number, QUANTITY_COUNT, 1, 1000000000, &s->later_instructions) &&
          (!more || load_u64(l, at, "later", rest + 5, QUANTITY_TIME_PS, 0, LATER_MAX_PS, &s->later_ps));
    return true;
}

static bool load_later(struct loader *l, const char *at, const char *text, struct scenario_step *s)
{
    char known[200];
    bool ok;

    if (!text) {
        return true;
    }
    if (!s->type->may_be_later) {
        list_later(known, sizeof known);
        return load_problem(l, at, "later", "only %s can come later", known);
    }
    s->later = true;
    if (by_instructions(l, at, text, s, &ok)) {
        return ok;
    }
    return load_u64(l, at, "later", text, QUANTITY_TIME_PS, 0, LATER_MAX_PS, &s->later_ps);
}

static bool load_step(struct loader *l, const char *at, const struct raw_step *raw, struct scenario_step *s)
{
    const void *given = NULL;
    char below[120];

    s->type = type_of(l, at, raw, &given);
    if (!s->type) {
        return false;
    }
    s->place = load_place(l, at, NULL);
    s->fails = raw->fails ? load_keep_text(l, raw->fails) : NULL;
    s->cause = raw->cause ? load_keep_text(l, raw->cause) : NULL;
    snprintf(below, sizeof below, "%s.%s", at, s->type->key);
    return load_later(l, at, raw->later, s) && s->type->load(l, s->type->fields ? below : at, given, s);
}

bool load_steps(struct loader *l, const struct raw_scenario *raw)
{
    l->s->steps = load_keep(l, (raw->steps_count + 1) * sizeof *l->s->steps);
    for (unsigned i = 0; i < raw->steps_count; i++) {
        char at[40];

        snprintf(at, sizeof at, "steps[%u]", i);
        if (!load_step(l, at, &raw->steps[i], &l->s->steps[i])) {
            return false;
        }
        l->s->n_steps++;
    }
    return true;
}
