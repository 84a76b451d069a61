/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "harness/report/finding_text.h"

#include <inttypes.h>
#include <string.h>

#include "harness/base/quantity.h"
#include "mcu/source_lines.h"

static const char *value_text(enum checker_unit unit, int64_t value, char *buf, size_t size)
{
    if (unit == CHECK_UNIT_PS) {
        return quantity_text(QUANTITY_TIME_PS, value, buf, (unsigned)size);
    }
    if (unit == CHECK_UNIT_MV) {
        return quantity_text(QUANTITY_MV, value, buf, (unsigned)size);
    }
    if (unit == CHECK_UNIT_COUNT) {
        snprintf(buf, size, "%" PRId64, value);
    } else if (unit == CHECK_UNIT_ADDRESS) {
        snprintf(buf, size, "0x%04" PRIX64, value);
    } else {
        snprintf(buf, size, "%c", "01ZX"[value & 3]);
    }
    return buf;
}

/* What happened: %i is what was measured (%l less than nothing, %n a count, %b the byte), %r what is required. NULL: the rule's own words. */
static const char *const happened[CHECKER_RULES] = {
    [CHECK_SCK_HIGH] = "SCK high lasted %i, must be longer than %r",
    [CHECK_SCK_LOW] = "SCK low lasted %i, must be longer than %r",
    [CHECK_MOSI_SETUP] = "MOSI changed %i before SCK rose, must be steady for %r",
    [CHECK_MOSI_HOLD] = "MOSI changed %i after SCK rose, must be steady for %r",
    [CHECK_MISO_SETUP] =
        "MISO was looked at %i after its bit came with SCK's fall, must be %r: it was not surely there",
    [CHECK_MISO_HOLD] = "MISO was looked at %i before SCK fell, must be %r: the bit goes with it",
    [CHECK_RESET_HIGH] = "a RESET pulse was high for %i, must be for %r",
    [CHECK_RESET_LOW] = "RESET was low for %i, must be for %r",
    [CHECK_SCK_AT_RESET] = "SCK was %i when RESET went low, or at power-up with RESET low",
    [CHECK_ENABLE_WAIT] = "Programming Enable came %i after RESET went low or power-up, must wait %r",
    [CHECK_BUSY_ACCESS] = "an instruction came %i after the beginning of a write that may take %r",
    [CHECK_PAGE_LOAD_ORDER] = "a word's high byte was loaded into the page buffer without its low byte before",
    [CHECK_PAGE_LOAD_TWICE] = "a byte was loaded into the page buffer a second time",
    [CHECK_BUSY_FUSE] = "an instruction came %i after the beginning of a fuse or lock write that may take %r",
    [CHECK_WD_FLASH] = "after a page write the programmer itself waited %i, must wait %r or poll",
    [CHECK_WD_EEPROM] = "after an EEPROM write the programmer itself waited %i, must wait %r or poll",
    [CHECK_WD_ERASE] = "after a chip erase the programmer itself waited %i, must wait %r or poll",
    [CHECK_WD_FUSE] = "after a fuse or lock write the programmer itself waited %i, must wait %r or poll",
    [CHECK_WRITE_UNERASED] = "flash was written that was not erased, first at %i: bits that are 0 stay 0",
    [CHECK_REWRITE] = "what was written at %i was there already",
    [CHECK_ENDURANCE] = "the cells at %i are written more often than they are rated for",
    [CHECK_PAGE_OTHER] = "a page was written whose bytes were loaded with another page's address",
    [CHECK_LOCK_EARLY] = "the lock bits were written before the last write, which they then refused",
    [CHECK_ECHO_IGNORED] = "the programmer went on although Programming Enable was not answered",
    [CHECK_INPUT_FLOATING] = "the target sampled an input that nobody drove, or that two drove against each other",
    [CHECK_PINS_DRIVEN] = "the programmer still drove the wire to %n when the session was over",
    [CHECK_PULL_UP_LEFT] = "a pull-up was still on the wire when the session was over",
    [CHECK_STRAY_SCK] = "SCK rose %i times between RESET low and Programming Enable",
    [CHECK_NO_ENABLE] = "an instruction came before any Programming Enable: a closed port takes no other",
    [CHECK_RESET_HELD] = "RESET was still low when the session was over: the target never runs",
    [CHECK_CLOCK_JUMP] = "the external clock's period became %i from %r while the program ran",
    [CHECK_UART_START] = "the start bit of byte %b on the serial line was %i in its middle, must be %r",
    [CHECK_UART_STOP] = "the stop bit of byte %b on the serial line was %i in its middle, must be %r",
    [CHECK_CONTENTION] = "two outputs drove the wire against each other",
    [CHECK_INPUT_ABOVE_VCC] =
        "an output drove the input to %i, its part's supply allows %r (VCC + 0.5 V): it wants that supply, a "
        "level shifter, or a resistor between",
    [CHECK_HIGH_BELOW_VIH] = "a high of %i came in, its part needs %r to see one",
    [CHECK_HV_VPP] = "RESET stood at %i for high-voltage programming, 11.5 to 12.5 V are allowed",
    [CHECK_HV_VPP_MAX] = "RESET was taken to %i, above %r the chip may be damaged",
    [CHECK_HV_VCC] = "VCC was %i in high-voltage programming, 4.5 to 5.5 V are allowed",
    [CHECK_HV_NO_VCC] = "12 V stood on RESET while VCC was off",
    [CHECK_HV_VCC_TO_VPP] = "12 V came %i after VCC, should come within %r: harmless while RESET is at 0 V or the "
                            "program leaves Prog_enable alone",
    [CHECK_HV_ENTRY_EDGES] = "12 V came without the six edges of XTAL1 or SCI before that this part's sheet asks for",
    [CHECK_HV_VPP_EARLY] = "12 V came %i after VCC, must wait %r",
    [CHECK_HV_VCC_RISE] = "VCC took %i to reach 1.8 V, should take %r; with RESET at 0 V that does no harm",
    [CHECK_HV_ENABLE] = "a Prog_enable pin was %i when RESET reached 12 V: the chip did not enter",
    [CHECK_HV_ENABLE_LATCH] =
        "Prog_enable changed %i from the instant of 12 V, must be steady for %r: the entry failed",
    [CHECK_HV_ENABLE_HOLD] = "Prog_enable was held for %i after 12 V, must be for %r",
    [CHECK_HV_ENTER_WAIT] = "the first command came %i after 12 V, must wait %r",
    [CHECK_HV_STROBE_HIGH] = "XTAL1 or SCI was high for %i, must be for %r",
    [CHECK_HV_STROBE_LOW] = "XTAL1 or SCI was low for %i, must be for %r",
    [CHECK_HV_SETUP] = "data or controls changed %i before the strobe rose, must be steady for %r",
    [CHECK_HV_HOLD] = "data or controls changed %i after the strobe, must be steady for %r",
    [CHECK_HV_PAGEL_HIGH] = "PAGEL was high for %i, must be for %r",
    [CHECK_HV_PAGEL_APART] = "PAGEL's pulse was %i from those of XTAL1 or WR, must be %r",
    [CHECK_HV_WR_LOW] = "WR was low for %i, must be for %r",
    [CHECK_HV_WR_APART] = "XTAL1 was %i when WR fell",
    [CHECK_HV_BS_SETUP] = "BS1 or BS2 changed %i before PAGEL rose or WR fell, must be steady for %r",
    [CHECK_HV_BS_HOLD] = "BS1 or BS2 changed %i after PAGEL or WR fell, must be steady for %r",
    [CHECK_HV_BUSY] = "a command came %i after the beginning of a write that takes %r",
    [CHECK_HV_RDY_EARLY] = "a command followed WR at once, before RDY/BSY can have gone low",
    [CHECK_HV_NO_COMMAND] = "WR or PAGEL came without a command that it belongs to",
    [CHECK_HV_FRAME] = "a serial frame was not whole: it is 0, eight bits, 00",
    [CHECK_HV_PROGRAM] = "the target's running program drove a Prog_enable pin against the programmer",
    [CHECK_FRAME_EARLY] = "SCK rose %i after its miniframe began, before the bit was on MOSI (a start cell of %r)",
    [CHECK_FRAME_LATE] = "SCK rose %l after the bit of its miniframe had left MOSI (the stop cell had begun)",
    [CHECK_FRAME_MISSED] = "an instruction of 32 miniframes made SCK rise %n times",
    [CHECK_SPEED_GRADE] =
        "the target's clock had a period of %i, its speed grade at this supply (or its crystal oscillator) allows %r",
    [CHECK_PROGRAM_ERASED] = "the program ran into erased flash at %i",
    [CHECK_PROGRAM_WRAPPED] = "the program ran past the end of flash, to %i",
    [CHECK_PROGRAM_OPCODE] = "the program came to an undefined opcode at %i",
    [CHECK_PROGRAM_STACK] = "the program's stack left SRAM, SP was %i",
    [CHECK_PROGRAM_ACCESS] = "the program read or wrote data beyond SRAM, at %i",
    [CHECK_PROGRAM_DEVICE] = "the program ran wild within 10 ms of its start, at %i: is the image for this device?",
    [CHECK_PROGRAM_ICR] =
        "the program wrote ICR1 before the mode that uses it as TOP, which the datasheet does not allow; "
        "users' chips keep the value (switch icr_sticks)",
    [CHECK_PROGRAM_REGISTER] = "the program used the register %i, which this part has and its simulated core has not",
};

static const char *figure_text(const struct checker_finding *f, char form, char *buf, size_t size)
{
    enum checker_unit unit = checker_rule_info(f->rule)->unit;

    switch (form) {
    case 'b': snprintf(buf, size, "0x%02X", f->byte); return buf;
    case 'i': return value_text(unit, f->measured, buf, size);
    case 'l': return value_text(unit, -f->measured, buf, size);
    case 'n': snprintf(buf, size, "%" PRId64, f->measured); return buf;
    default: return value_text(unit, f->required, buf, size);
    }
}

/* The sentence with its figures. */
static void tell(const struct checker_finding *f, const char *form, char *buf, size_t size)
{
    char figure[48];
    size_t n = 0;

    for (; *form && n + 1 < size; form++) {
        if (*form == '%') {
            n += (size_t)snprintf(buf + n, size - n, "%s", figure_text(f, *++form, figure, sizeof figure));
            n = n < size ? n : size - 1;
        } else {
            buf[n++] = *form;
        }
    }
    buf[n] = '\0';
}

const char *finding_text(const struct checker_finding *f, char *buf, size_t size)
{
    const struct checker_rule_info *r = checker_rule_info(f->rule);
    const char *note = r->severity == CHECK_NOTE ? "note: " : r->severity == CHECK_RISK ? "risk: " : "";
    const char *from = f->follows ? ", follows from " : "", *id = f->follows ? checker_rule_info(f->from)->id : "";
    char at[48], is[48], must[48], figures[200] = "", told[300];
    quantity_text(QUANTITY_TIME_PS, (int64_t)f->at_ps, at, sizeof at);
    if (happened[f->rule]) {
        tell(f, happened[f->rule], told, sizeof told);
        snprintf(buf, size, "%s  %s  %s%s (%s%s%s)", at, f->net, note, f->text ? f->text : told, r->id, from, id);
        return buf;
    }
    if (r->unit == CHECK_UNIT_ADDRESS || r->unit == CHECK_UNIT_RESULT || r->unit == CHECK_UNIT_COUNT) {
        snprintf(figures, sizeof figures, " %s", value_text(r->unit, f->measured, is, sizeof is));
    } else if (r->unit != CHECK_UNIT_NONE) {
        snprintf(figures, sizeof figures, " %s, required %s", value_text(r->unit, f->measured, is, sizeof is),
                 value_text(r->unit, f->required, must, sizeof must));
    }
    snprintf(buf, size, "%s  %s  %s%s: %s%s (%s%s%s)", at, f->net, r->term, figures, note, f->text ? f->text : r->text,
             r->id, from, id);
    return buf;
}

const char *finding_value_text(enum checker_rule rule, int64_t value, char *buf, size_t size)
{
    return value_text(checker_rule_info(rule)->unit, value, buf, size);
}

const char *finding_instruction_text(const struct checker_where *w, char *buf, size_t size)
{
    unsigned bits = w->n_bits ? w->n_bits : 32;
    uint32_t frame = w->frame << (32 - bits);
    size_t n = 0;

    for (unsigned i = 0; i < 4 && n < size; i++) {
        bool is_whole = 8 * (i + 1) <= bits;
        n += (size_t)(is_whole ? snprintf(buf + n, size - n, "%s%02X", i ? " " : "", frame >> (24 - 8 * i) & 0xFF)
                               : snprintf(buf + n, size - n, "%s..", i ? " " : ""));
    }
    return buf;
}

const char *finding_source_text(const struct checker_where *w, struct source_lines *lines, unsigned most, char *buf,
                                size_t size)
{
    struct source_place places[24];
    unsigned n = lines ? source_lines_find(lines, w, places, 24) : 0, from = n ? source_lines_own(places, n) : 0;
    size_t at = 0;

    buf[0] = '\0';
    for (unsigned i = from; i < n && i < from + most && at < size; i++) {
        at += (size_t)snprintf(buf + at, size - at, "%s%s%s%s", i > from ? ", called by " : "", places[i].function,
                               places[i].file[0] ? " " : "", places[i].file);
        if (places[i].line && at < size) {
            at += (size_t)snprintf(buf + at, size - at, ":%u", places[i].line);
        }
    }
    return buf;
}

static void write_source(FILE *to, const struct checker_finding *f, struct source_lines *lines, const char *prefix)
{
    char source[600], instruction[16];

    if (f->rule >= CHECK_PROGRAM_ERASED && !strcmp(f->net, "target")) {
        return; /* of the program on the target, whose lines nobody has */
    }
    if (finding_source_text(&f->where, lines, 3, source, sizeof source)[0]) {
        fprintf(to, "%s    in %s; instruction %s\n", prefix, source,
                finding_instruction_text(&f->where, instruction, sizeof instruction));
    } else if (f->where.has_pc) {
        fprintf(to, "%s    at 0x%04" PRIX32 " of the programmer's flash; instruction %s\n", prefix, f->where.pc,
                finding_instruction_text(&f->where, instruction, sizeof instruction));
    }
}

bool finding_same_cause(const struct checker_finding *a, const struct checker_finding *b)
{
    bool same_words = a->text && b->text ? !strcmp(a->text, b->text) : a->text == b->text;
    bool same_from = a->follows == b->follows && (!a->follows || a->from == b->from);

    return a->rule == b->rule && strcmp(a->net, b->net) == 0 && same_words && same_from;
}

void findings_list(FILE *to, const struct checker *c, struct source_lines *lines, const char *prefix)
{
    enum { MOST_CAUSES = 500 };
    const struct checker_finding *first[MOST_CAUSES];
    size_t n_first = 0;
    char text[FINDING_TEXT_BYTES], at[48];
    for (size_t i = 0; i < checker_count(c); i++) {
        const struct checker_finding *f = checker_at(c, i), *last = f;
        uint64_t n = 1;
        bool told = n_first == MOST_CAUSES;
        for (size_t k = 0; k < n_first && !told; k++) {
            told = finding_same_cause(first[k], f);
        }
        if (told) {
            continue;
        }
        first[n_first++] = f;
        for (size_t k = i + 1; k < checker_count(c); k++) {
            if (finding_same_cause(checker_at(c, k), f)) {
                last = checker_at(c, k);
                n++;
            }
        }
        fprintf(to, "%s%s", prefix, finding_text(f, text, sizeof text));
        uint64_t all = checker_margin(c, f->rule)->findings;
        if (n > 1) {
            fprintf(to, ", and %s%" PRIu64 " times more until %s", all > CHECKER_KEEP_PER_RULE ? "at least " : "",
                    n - 1, quantity_text(QUANTITY_TIME_PS, (int64_t)last->at_ps, at, sizeof at));
        }
        if (all > CHECKER_KEEP_PER_RULE) {
            fprintf(to, "; %d of %" PRIu64 " shown", CHECKER_KEEP_PER_RULE, all);
        }
        fputc('\n', to);
        write_source(to, f, lines, prefix);
    }
    if (n_first == MOST_CAUSES) {
        fprintf(to, "%sonly the first %d causes are shown; the counts below are of all\n", prefix, MOST_CAUSES);
    }
}

/* What follows the rule's name, with the blank before it. */
static void margin_rest(const struct checker_margin *m, const struct checker_rule_info *r, char *buf, size_t size)
{
    char is[48], must[48], at[48];
    size_t n;

    if (m->findings) {
        snprintf(buf, size, " %" PRIu64 " time%s", m->findings, m->findings == 1 ? "" : "s");
    } else {
        snprintf(buf, size, " ok");
    }
    n = strlen(buf);
    if (m->follow && m->follow == m->findings) {
        n += (size_t)snprintf(buf + n, size - n, ", follows from %s", checker_rule_info(m->from)->id);
    } else if (m->follow) {
        n += (size_t)snprintf(buf + n, size - n, ", %" PRIu64 " of them from %s", m->follow,
                              checker_rule_info(m->from)->id);
    }
    if (m->measured_once) {
        snprintf(buf + n, size - n, ", worst %s %s at %s, required %s", r->term,
                 value_text(r->unit, m->measured, is, sizeof is),
                 quantity_text(QUANTITY_TIME_PS, (int64_t)m->at_ps, at, sizeof at),
                 value_text(r->unit, m->required, must, sizeof must));
    }
}

const char *margin_text(const struct checker_margin *m, enum checker_rule rule, char *buf, size_t size)
{
    const struct checker_rule_info *r = checker_rule_info(rule);
    size_t n = (size_t)snprintf(buf, size, "%s", r->id);

    margin_rest(m, r, buf + n, size - n);
    return buf;
}

void findings_summary(FILE *to, const struct checker *c, const char *prefix)
{
    char rest[FINDING_TEXT_BYTES];
    fprintf(to, "%sfindings: %" PRIu64 ", notes: %" PRIu64, prefix, c->violations, c->notes);
    if (c->follow) {
        fprintf(to, ", and %" PRIu64 " that follow from others", c->follow);
    }
    fputc('\n', to);
    for (unsigned i = 0; i < CHECKER_RULES; i++) {
        const struct checker_margin *m = checker_margin(c, i);
        if (m->measured_once || m->findings) {
            margin_rest(m, checker_rule_info(i), rest, sizeof rest);
            fprintf(to, "%s  %-16s%s\n", prefix, checker_rule_info(i)->id, rest);
        }
    }
}
