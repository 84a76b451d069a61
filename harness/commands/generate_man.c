/* SPDX-License-Identifier: GPL-3.0-or-later */
/* generate_man.c - limpet(1) and limpet-scenario(5) as troff, from the same tables as --help and the loader */
#include "harness/commands/command.h"
#include "harness/commands/generate.h"
#include "harness/commands/option_walk.h"
#include "harness/lint/key_texts.h"
#include "harness/report/report_formats.h"
#include "sim/checker.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

/* Text of troff: '-' as it is typed, no line that begins with a request. */
static void put_text(const char *text)
{
    bool start = true;

    for (; text && *text; text++) {
        if (start && (*text == '.' || *text == '\'')) {
            fputs("\\&", stdout);
        }
        if (*text == '\\') {
            fputs("\\e", stdout);
        } else if (*text == '-') {
            fputs("\\-", stdout);
        } else {
            putchar(*text);
        }
        start = *text == '\n';
    }
}

static void put_upper(const char *text)
{
    for (; *text; text++) {
        if (*text == '-') {
            fputs("\\-", stdout);
        } else {
            putchar(toupper((unsigned char)*text));
        }
    }
}

/* argp's texts: paragraphs; lines that begin with blanks stay as they are. */
static void put_paragraphs(const char *text)
{
    bool as_is = false;

    while (text && *text) {
        const char *end = strchr(text, '\n');
        size_t n = end ? (size_t)(end - text) : strlen(text);
        char line[2000];

        snprintf(line, sizeof line, "%.*s", (int)(n < sizeof line ? n : sizeof line - 1), text);
        if ((line[0] == ' ') != as_is) {
            puts(as_is ? ".EE" : ".EX");
            as_is = !as_is;
        }
        if (!n) {
            puts(".PP");
        } else {
            put_text(line);
            putchar('\n');
        }
        text += n + (end != NULL);
    }
    if (as_is) {
        puts(".EE");
    }
}

static void put_doc(const char *doc, bool after)
{
    const char *split = doc ? strchr(doc, '\v') : NULL;
    char before[4000];

    if (after) {
        put_paragraphs(split ? split + 1 : "");
        return;
    }
    snprintf(before, sizeof before, "%.*s", (int)(split ? split - doc : (long)strlen(doc ? doc : "")), doc ? doc : "");
    put_paragraphs(before);
}

struct seen {
    const char *heading;
};

static void put_option(void *ctx, const struct argp_option *o, const char *heading)
{
    struct seen *s = ctx;

    if (heading && (!s->heading || strcmp(s->heading, heading))) {
        fputs(".PP\n", stdout);
        put_text(heading);
        putchar('\n');
    }
    s->heading = heading;
    fputs(".TP\n", stdout);
    if (option_has_letter(o)) {
        printf("\\fB\\-%c\\fR, ", o->key);
    }
    fputs("\\fB\\-\\-", stdout);
    put_text(o->name);
    fputs("\\fR", stdout);
    if (o->arg) {
        fputs(o->flags & OPTION_ARG_OPTIONAL ? "[=\\fI" : "=\\fI", stdout);
        put_text(o->arg);
        fputs(o->flags & OPTION_ARG_OPTIONAL ? "\\fR]" : "\\fR", stdout);
    }
    putchar('\n');
    put_text(o->doc);
    putchar('\n');
}

static void put_command(const struct command *c)
{
    struct seen seen = { NULL };

    fputs(".SH LIMPET ", stdout);
    put_upper(c->name);
    fputs("\n.SY limpet\\ ", stdout);
    put_text(c->name);
    fputs("\n[\\fIOPTION\\fR...] ", stdout);
    put_text(c->argp ? c->argp->args_doc : "FILE|SCENARIO");
    puts("\n.YS");
    if (!c->argp) {
        put_text(c->summary);
        puts(".");
        return;
    }
    put_doc(c->argp->doc, false);
    option_walk(c->argp, NULL, put_option, &seen);
    puts(".PP");
    put_doc(c->argp->doc, true);
}

static void limpet_1(void)
{
    puts(".TH LIMPET 1 \"" LIMPET_RELEASED "\" \"limpet " LIMPET_VERSION "\" \"User Commands\"\n.SH NAME\n"
         "limpet \\- a bench without hardware for AVR in\\-system programmers\n.SH SYNOPSIS");
    for (const struct command *c = commands; c->name; c++) {
        if (!c->hidden) {
            fputs(".B limpet ", stdout);
            put_text(c->name);
            fputs("\n[\\fIOPTION\\fR...] ", stdout);
            put_text(c->argp && c->argp->args_doc ? c->argp->args_doc : c->argp ? "" : "FILE|SCENARIO");
            puts("\n.br");
        }
    }
    puts("\\fBlimpet help\\fR \\fICOMMAND\\fR\n.SH DESCRIPTION\n"
         "A virtual AVR on a simulated breadboard, cycle by cycle, programmed through its pins by the programmer under "
         "test:\nreal firmware on a simulated Arduino Uno, a circuit, a script, a program or a recorded waveform.");
    for (const struct command *c = commands; c->name; c++) {
        if (!c->hidden) {
            fputs(".TP\n.B ", stdout);
            put_text(c->name);
            putchar('\n');
            put_text(c->summary);
            puts(".");
        }
    }
    for (const struct command *c = commands; c->name; c++) {
        if (!c->hidden) {
            put_command(c);
        }
    }
    puts(".SH REPORTS\nFormats of \\fB\\-\\-report\\fR:");
    for (const struct report_format *f = report_formats; f->name; f++) {
        fputs(".TP\n.B ", stdout);
        put_text(f->name);
        putchar('\n');
        put_text(f->help);
        putchar('\n');
    }
    puts(".SH EXIT STATUS\n0 all passed, 1 a scenario failed, 2 bad usage or bad input.\n.SH ENVIRONMENT\n"
         ".TP\n.B LIMPET_FIRMWARE_DIR\nwhere built\\-in firmware images are looked for first.\n"
         ".TP\n.B LIMPET_SCENARIO_DIR\nwhere scenarios that are named without a file are looked for first.\n"
         ".TP\n.B NO_COLOR\nno colours on a terminal.\n"
         ".TP\n.B SOURCE_DATE_EPOCH\nthe timestamp of JUnit reports, whose times are simulated ones then.\n"
         ".SH SEE ALSO\n.BR limpet\\-scenario (5),\n.BR limpet (3),\n.BR avrdude (1)");
}

static const char *section_title(const char *section)
{
    return !*section ? "at the top" : section;
}

static void limpet_scenario_5(void)
{
    const char *section = NULL;

    puts(
        ".TH LIMPET\\-SCENARIO 5 \"" LIMPET_RELEASED "\" \"limpet " LIMPET_VERSION "\" \"File Formats\"\n.SH NAME\n"
        "limpet\\-scenario \\- a board, what happens on it, and what must come out\n.SH DESCRIPTION\n"
        "A YAML file. Everything has a default: \\fB{}\\fR is a factory\\-fresh ATmega328P at 5 V with ArduinoISP on an "
        "Uno.\nQuantities carry their unit: 20 ms, 16 MHz, 5.0 V, 10 kOhm, 2.5 %.\n"
        ".EX\nboard:\n  target: {part: atmega328p}\n  programmer: {firmware: arduinoisp}\nsteps:\n"
        "  \\- signature: 1E 95 0F\n  \\- program: {memory: flash, file: demo_app.hex}\n  \\- verify: {memory: flash, file: "
        "demo_app.hex}\nexpect:\n  findings: none\n.EE");
    for (const struct key_text *t = key_texts; t->key; t++) {
        if (!section || strcmp(section, t->section)) {
            section = t->section;
            fputs(".SH KEYS: ", stdout);
            put_upper(section_title(section));
            putchar('\n');
        }
        fputs(".TP\n.B ", stdout);
        put_text(t->key);
        putchar('\n');
        put_text(t->text);
        putchar('\n');
    }
    puts(".SH RULES\nNames in \\fBfindings\\fR, and what each rule says.");
    for (unsigned i = 0; i < CHECKER_RULES; i++) {
        const struct checker_rule_info *r = checker_rule_info((enum checker_rule)i);

        fputs(".TP\n.B ", stdout);
        put_text(r->id);
        fputs(r->severity == CHECK_NOTE ? "\n(note) " : "\n", stdout);
        put_text(r->text);
        putchar('\n');
    }
    puts(".SH SEE ALSO\n.BR limpet (1)");
}

bool generate_man(const char *page)
{
    static const struct {
        const char *name;
        void (*print)(void);
    } pages[] = { { "limpet.1", limpet_1 }, { "limpet-scenario.5", limpet_scenario_5 } };

    for (unsigned i = 0; i < sizeof pages / sizeof pages[0]; i++) {
        if (!strcmp(pages[i].name, page)) {
            pages[i].print();
            return true;
        }
    }
    return false;
}
