/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "harness/run/finding_text.h"

#include <inttypes.h>

#include "harness/base/quantity.h"

static const char *value_text(enum checker_unit unit, int64_t value, char *buf, size_t size)
{
    if (unit == CHECK_UNIT_PS) {
        return quantity_text(QUANTITY_TIME_PS, value, buf, (unsigned)size);
    }
    if (unit == CHECK_UNIT_MV) {
        return quantity_text(QUANTITY_MV, value, buf, (unsigned)size);
    }
    if (unit == CHECK_UNIT_ADDRESS) {
        snprintf(buf, size, "0x%04" PRIX64, value);
    } else {
        snprintf(buf, size, "%c", "01ZX"[value & 3]);
    }
    return buf;
}

const char *finding_text(const struct checker_finding *f, char *buf, size_t size)
{
    const struct checker_rule_info *r = checker_rule_info(f->rule);
    char at[48], is[48], must[48], figures[200] = "";
    if (r->unit == CHECK_UNIT_ADDRESS || r->unit == CHECK_UNIT_RESULT) {
        snprintf(figures, sizeof figures, " %s", value_text(r->unit, f->measured, is, sizeof is));
    } else if (r->unit != CHECK_UNIT_NONE) {
        snprintf(figures, sizeof figures, " %s, required %s", value_text(r->unit, f->measured, is, sizeof is),
                 value_text(r->unit, f->required, must, sizeof must));
    }
    quantity_text(QUANTITY_TIME_PS, (int64_t)f->at_ps, at, sizeof at);
    snprintf(buf, size, "%s  %s  %s%s: %s%s (%s)", at, f->net, r->term, figures,
             r->severity == CHECK_NOTE ? "note: " : "", r->text, r->id);
    return buf;
}

void findings_summary(FILE *to, const struct checker *c, const char *prefix)
{
    char is[48], must[48], at[48];
    fprintf(to, "%sfindings: %" PRIu64 ", notes: %" PRIu64 "\n", prefix, c->violations, c->notes);
    for (unsigned i = 0; i < CHECKER_RULES; i++) {
        const struct checker_rule_info *r = checker_rule_info(i);
        const struct checker_margin *m = checker_margin(c, i);
        if (!m->measured_once && !m->findings) {
            continue;
        }
        fprintf(to, "%s  %-16s", prefix, r->id);
        if (m->findings) {
            fprintf(to, " %" PRIu64 " time%s", m->findings, m->findings == 1 ? "" : "s");
        } else {
            fputs(" ok", to);
        }
        if (m->measured_once) {
            fprintf(to, ", worst %s %s at %s, required %s", r->term, value_text(r->unit, m->measured, is, sizeof is),
                    quantity_text(QUANTITY_TIME_PS, (int64_t)m->at_ps, at, sizeof at),
                    value_text(r->unit, m->required, must, sizeof must));
        }
        fputc('\n', to);
    }
}
