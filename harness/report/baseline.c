/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "harness/report/baseline.h"

#include "sim/memory.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NAME_BYTES 160 /* of a figure, without the rule's */

struct baseline_sink {
    struct report_sink sink; /* first */
    struct limits *to;
};

/* A scenario's name as a part of a figure's; one that has run before under it gets "+2". */
static void name_of(const struct limits *l, const char *name, char *to)
{
    char figure[NAME_BYTES + 20];
    size_t n = 0;

    for (; *name && n < NAME_BYTES - 20; name++) {
        to[n++] = isalnum((unsigned char)*name) || strchr(".-+", *name) ? *name : '_';
    }
    to[n] = '\0';
    snprintf(figure, sizeof figure, "%s/took", to);
    for (unsigned i = 2; limits_find(l, figure); i++) {
        snprintf(to + n, 20, "+%u", i);
        snprintf(figure, sizeof figure, "%s/took", to);
    }
}

static void add(struct limits *l, const char *name, const char *what, enum quantity_kind kind, int64_t value,
                enum limit_better better)
{
    char figure[NAME_BYTES + 60];

    snprintf(figure, sizeof figure, "%s/%s", name, what);
    limits_add(l, figure, kind, value, better);
}

static void end(struct report_sink *s, const struct report_run *run, const struct report_result *result)
{
    struct limits *l = ((struct baseline_sink *)s)->to;
    char name[NAME_BYTES];

    if (!result->checker) {
        return;
    }
    name_of(l, run->name, name);
    add(l, name, "took", QUANTITY_TIME_PS, (int64_t)result->took_ps, LIMIT_LOWER);
    add(l, name, "findings", QUANTITY_COUNT, (int64_t)result->checker->violations, LIMIT_LOWER);
    for (unsigned i = 0; i < CHECKER_RULES; i++) {
        const struct checker_rule_info *r = checker_rule_info((enum checker_rule)i);
        const struct checker_margin *m = checker_margin(result->checker, (enum checker_rule)i);

        if (m->measured_once && (r->unit == CHECK_UNIT_PS || r->unit == CHECK_UNIT_MV)) {
            add(l, name, r->id, r->unit == CHECK_UNIT_PS ? QUANTITY_TIME_PS : QUANTITY_MV, m->measured, LIMIT_HIGHER);
        }
    }
}

static void abandon(struct report_sink *s)
{
    free(s);
}

static bool close_sink(struct report_sink *s, const struct report_totals *t, struct problem *err)
{
    (void)t;
    (void)err;
    free(s);
    return true;
}

struct report_sink *baseline_sink_new(struct limits *to)
{
    static const struct report_sink_ops ops = { .end = end, .close = close_sink, .abandon = abandon };
    struct baseline_sink *b = memory_zeroed(1, sizeof *b);

    b->sink.ops = &ops;
    b->to = to;
    return &b->sink;
}

/* ---- comparing ---- */

struct kept { /* differences, in order of names */
    struct limit_difference *list;
    size_t n;
};

static void keep_worse(void *ctx, const struct limit_difference *d)
{
    struct kept *k = ctx;

    k->list = memory_grown(k->list, k->n + 1, sizeof *k->list);
    k->list[k->n++] = *d;
}

static bool scenario_ran(const struct limits *is, const char *figure)
{
    const char *slash = strrchr(figure, '/');
    char took[NAME_BYTES + 60];

    snprintf(took, sizeof took, "%.*s/took", (int)(slash ? slash - figure : (long)strlen(figure)), figure);
    return limits_find(is, took) != NULL;
}

static char *value_text(const struct limit *l, int64_t value)
{
    char text[60];

    return memory_text(quantity_text(l->kind, value, text, sizeof text));
}

static void add_change(struct report_changes *c, const struct limit *was, const struct limit *is,
                       const struct limit_difference *worse)
{
    c->list = memory_grown(c->list, c->n + 1, sizeof *c->list);
    struct report_change *to = &c->list[c->n++];
    bool better = is && !worse && (was->better == LIMIT_HIGHER ? is->value > was->value : is->value < was->value);

    *to = (struct report_change){
        .figure = memory_text(was->name),
        .was = value_text(was, was->value),
        .is = is ? value_text(is, is->value) : memory_text("not measured"),
        .allowed = worse && worse->change == LIMIT_WORSE ? value_text(was, worse->allowed) : memory_text(""),
        .kind = worse    ? REPORT_CHANGE_WORSE
                : better ? REPORT_CHANGE_BETTER
                         : REPORT_CHANGE_TOLERATED,
    };
    c->worse += worse != NULL;
}

bool baseline_compare(const struct limits *was, const struct limits *is, const char *path, struct report_changes *c,
                      struct problem *err)
{
    struct kept kept = { NULL, 0 };
    size_t next = 0;
    bool any = false;

    limits_compare(was, is, keep_worse, &kept);
    *c = (struct report_changes){ .baseline = path };
    for (size_t i = 0; i < was->n; i++) { /* both in order of names */
        const struct limit *now = limits_find(is, was->limit[i].name);
        const struct limit_difference *worse = next < kept.n && kept.list[next].was == &was->limit[i]
                                                   ? &kept.list[next++]
                                                   : NULL;

        if (!scenario_ran(is, was->limit[i].name)) {
            c->not_run++;
            continue;
        }
        any = true;
        if (worse || (now && now->value != was->limit[i].value)) {
            add_change(c, &was->limit[i], now, worse);
        }
    }
    free(kept.list);
    return any || problem_set(err, "%s: no scenario of this baseline was run: it is another suite's", path);
}

void baseline_changes_free(struct report_changes *c)
{
    for (size_t i = 0; i < c->n; i++) {
        free(c->list[i].figure);
        free(c->list[i].was);
        free(c->list[i].is);
        free(c->list[i].allowed);
    }
    free(c->list);
    c->list = NULL;
    c->n = 0;
}
