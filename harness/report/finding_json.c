/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "harness/report/finding_json.h"

#include "harness/report/finding_text.h"
#include "mcu/source_lines.h"

#include <string.h>

#define MOST_PLACES 24

static const char *const units[] = {
    [CHECK_UNIT_PS] = "ps",     [CHECK_UNIT_LEVEL] = "level",     [CHECK_UNIT_RESULT] = "level",
    [CHECK_UNIT_MV] = "mV",     [CHECK_UNIT_ADDRESS] = "address", [CHECK_UNIT_COUNT] = "count",
    [CHECK_UNIT_NONE] = "none",
};

static const char *const severities[] = { "violation", "risk", "note" };

json_t *where_places_json(struct json_builder *b, const struct checker_where *w, const struct source_place *places,
                          unsigned n)
{
    json_t *of = json_object(), *list = json_array();
    char text[16];

    if (w->step) {
        json_put(b, of, "step", json_integer(w->step));
    }
    json_put(b, of, "instruction", json_string(finding_instruction_text(w, text, sizeof text)));
    if (w->has_pc) {
        json_put(b, of, "pc", json_integer(w->pc));
    }
    for (unsigned i = 0; i < n; i++) {
        json_t *place = json_object();

        json_put(b, place, "function", json_any_text(places[i].function));
        json_put(b, place, "file", json_any_text(places[i].file));
        json_put(b, place, "line", json_integer(places[i].line));
        json_put(b, place, "own", json_boolean(places[i].is_own));
        json_append(b, list, place);
    }
    json_put(b, of, "source", list);
    return of;
}

json_t *where_json(struct json_builder *b, const struct checker_where *w, struct source_lines *lines)
{
    struct source_place places[MOST_PLACES];

    return where_places_json(b, w, places, lines ? source_lines_find(lines, w, places, MOST_PLACES) : 0);
}

void rule_json_put(struct json_builder *b, json_t *of, enum checker_rule rule)
{
    const struct checker_rule_info *info = checker_rule_info(rule);

    json_put(b, of, "rule", json_string(info->id));
    json_put(b, of, "term", json_string(info->term));
    json_put(b, of, "severity", json_string(severities[info->severity]));
    json_put(b, of, "unit", json_string(units[info->unit]));
}

static bool has_required(enum checker_unit unit)
{
    return unit == CHECK_UNIT_PS || unit == CHECK_UNIT_LEVEL || unit == CHECK_UNIT_MV;
}

json_t *finding_json(struct json_builder *b, const struct checker_finding *f, struct source_lines *lines)
{
    enum checker_unit unit = checker_rule_info(f->rule)->unit;
    json_t *of = json_object();
    char text[FINDING_TEXT_BYTES];

    rule_json_put(b, of, f->rule);
    json_put(b, of, "at_ps", json_integer((json_int_t)f->at_ps));
    json_put(b, of, "net", json_any_text(f->net));
    if (f->has_byte) {
        json_put(b, of, "byte", json_integer(f->byte));
    }
    if (has_required(unit)) {
        json_put(b, of, "required", json_integer(f->required));
    }
    if (unit != CHECK_UNIT_NONE) {
        json_put(b, of, "measured", json_integer(f->measured));
    }
    bool of_target = f->rule >= CHECK_PROGRAM_ERASED && !strcmp(f->net, "target"); /* whose lines nobody has */
    json_put(b, of, "where", where_json(b, &f->where, of_target ? NULL : lines));
    json_put(b, of, "text", json_any_text(finding_text(f, text, sizeof text)));
    if (f->follows) {
        json_put(b, of, "follows_from", json_string(checker_rule_info(f->from)->id));
    }
    return of;
}

json_t *findings_json(struct json_builder *b, const struct checker *c, struct source_lines *lines)
{
    json_t *list = json_array();

    for (size_t i = 0; i < checker_count(c); i++) {
        json_append(b, list, finding_json(b, checker_at(c, i), lines));
    }
    return list;
}

json_t *findings_cut_json(struct json_builder *b, const struct checker *c)
{
    json_t *list = json_array();

    for (unsigned r = 0; r < CHECKER_RULES; r++) {
        uint64_t n = checker_margin(c, (enum checker_rule)r)->findings;

        if (n > CHECKER_KEEP_PER_RULE) {
            json_t *of = json_object();

            json_put(b, of, "rule", json_string(checker_rule_info((enum checker_rule)r)->id));
            json_put(b, of, "kept", json_integer(CHECKER_KEEP_PER_RULE));
            json_put(b, of, "of", json_integer((json_int_t)n));
            json_append(b, list, of);
        }
    }
    return list;
}

json_t *margins_json(struct json_builder *b, const struct checker *c, struct source_lines *lines)
{
    json_t *list = json_array();

    for (unsigned r = 0; r < CHECKER_RULES; r++) {
        const struct checker_margin *m = checker_margin(c, (enum checker_rule)r);
        json_t *of;

        if (!m->measured_once) {
            continue;
        }
        of = json_object();
        rule_json_put(b, of, (enum checker_rule)r);
        json_put(b, of, "findings", json_integer((json_int_t)m->findings));
        if (m->follow) {
            json_put(b, of, "follow", json_integer((json_int_t)m->follow));
        }
        json_put(b, of, "required", json_integer(m->required));
        json_put(b, of, "measured", json_integer(m->measured));
        json_put(b, of, "at_ps", json_integer((json_int_t)m->at_ps));
        json_put(b, of, "where", where_json(b, &m->where, lines));
        json_append(b, list, of);
    }
    return list;
}
