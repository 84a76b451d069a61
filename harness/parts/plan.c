/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "harness/parts/plan.h"

#include <assert.h>
#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

/* ---- names ---- */

/* Is name one of the words of list? */
static bool is_one_of(const char *list, const char *name)
{
    size_t n = strlen(name);

    for (const char *p = list; p && *p; p += strcspn(p, " "), p += *p == ' ') {
        if (strcspn(p, " ") == n && !strncasecmp(p, name, n)) {
            return true;
        }
    }
    return false;
}

int plan_pin(const struct plan_part *part, const char *name)
{
    for (unsigned i = 0; i < part->n_pins; i++) {
        if (!strcasecmp(part->pins[i].name, name) || is_one_of(part->pins[i].also, name)) {
            return (int)i;
        }
    }
    return -1;
}

static bool is_part(const struct plan_part *part, const char *name, size_t n)
{
    return (strlen(part->name) == n && !strncasecmp(part->name, name, n)) ||
           (part->also && strlen(part->also) == n && !strncasecmp(part->also, name, n));
}

struct plan_ref plan_find(const struct plan *p, const char *name)
{
    const char *dot = strchr(name, '.');

    if (!strcasecmp(name, "gnd")) {
        return (struct plan_ref){ .what = PLAN_GND };
    }
    for (unsigned i = 0; !dot && i < p->n_wires; i++) {
        if (!strcasecmp(p->wires[i].name, name)) {
            return (struct plan_ref){ .what = PLAN_WIRE, .wire = i };
        }
    }
    for (unsigned i = 0; i < p->n_parts; i++) {
        const struct plan_part *part = &p->parts[i];
        int pin;

        if (dot && !is_part(part, name, (size_t)(dot - name))) {
            continue;
        }
        pin = plan_pin(part, dot ? dot + 1 : name);
        if (pin >= 0) {
            return (struct plan_ref){ .what = PLAN_PIN, .part = i, .pin = (unsigned)pin };
        }
    }
    return (struct plan_ref){ .what = PLAN_NOTHING };
}

const struct part_pin *plan_pin_of(const struct plan *p, const struct plan_ref *ref)
{
    assert(ref->what == PLAN_PIN);
    return &p->parts[ref->part].pins[ref->pin];
}

const char *plan_pin_text(const struct plan *p, const struct plan_ref *ref, char *text, size_t size)
{
    snprintf(text, size, "%s.%s", p->parts[ref->part].name, plan_pin_of(p, ref)->name);
    return text;
}

/* ---- texts ---- */

static void add(char *text, size_t size, const char *prefix, const char *dot, const char *name)
{
    size_t n = strlen(text);

    snprintf(text + n, size - n, "%s%s%s", prefix, dot, name);
}

/* Letters of a pin's name before its number, and that; false: it ends in none. */
static bool numbered(const char *name, size_t *letters, unsigned *number)
{
    *letters = strcspn(name, "0123456789");
    return sscanf(name + *letters, "%u", number) == 1;
}

static bool follows(const struct part_pin *a, const struct part_pin *b)
{
    size_t la, lb;
    unsigned na, nb;

    return numbered(a->name, &la, &na) && numbered(b->name, &lb, &nb) && la == lb && !strncmp(a->name, b->name, la) &&
           nb == na + 1;
}

static bool takes_wires(const struct part_pin *pin)
{
    return pin->kind == PIN_NET || pin->kind == PIN_HOST;
}

const char *plan_pins_text(const struct plan_part *part, bool wires_only, bool prefix, char *text, size_t size)
{
    const char *name = prefix ? part->name : "", *dot = prefix ? "." : "", *comma = "";

    text[0] = '\0';
    for (unsigned i = 0; i < part->n_pins; i++) {
        unsigned last = i;

        if (wires_only && !takes_wires(&part->pins[i])) {
            continue;
        }
        while (last + 1 < part->n_pins && takes_wires(&part->pins[last + 1]) == takes_wires(&part->pins[i]) &&
               follows(&part->pins[last], &part->pins[last + 1])) {
            last++;
        }
        add(text, size, comma, "", "");
        add(text, size, name, dot, part->pins[i].name);
        if (last > i) {
            add(text, size, last > i + 1 ? " .. " : ", ", "", "");
            add(text, size, name, dot, part->pins[last].name);
        }
        comma = ", ";
        i = last;
    }
    return text;
}

const char *plan_names_text(const struct plan *p, char *text, size_t size)
{
    char pins[600];

    text[0] = '\0';
    for (unsigned i = 0; i < p->n_wires; i++) {
        add(text, size, i ? ", " : "", "", p->wires[i].name);
    }
    for (unsigned i = 0; i < p->n_parts; i++) {
        plan_pins_text(&p->parts[i], false, i != PLAN_TARGET, pins, sizeof pins);
        if (pins[0] && !p->parts[i].beside) {
            add(text, size, text[0] ? ", " : "", "", pins);
        }
    }
    return text;
}

/* ---- tables of pins ---- */

static void add_pin(struct plan_pins *t, const char *name, const char *also, enum pin_kind kind)
{
    assert(t->n < PLAN_MAX_PINS);
    t->pins[t->n++] = (struct part_pin){ name, also, kind };
}

/* "pb5" of "PB5", kept in t. */
static char *lower(struct plan_pins *t, const char *name)
{
    char *to = t->names[t->n];
    size_t i = 0;

    for (; name[i] && i < sizeof t->names[0] - 1; i++) {
        to[i] = (char)tolower((unsigned char)name[i]);
    }
    to[i] = '\0';
    return to;
}

void plan_avr_pins(const struct part *part, bool has_reset_wire, struct plan_pins *t)
{
    static const char *const names[] = { "reset", "sck", "mosi", "miso", "xtal1", "xtal2", "clko" };
    const char *const special[] = { part->pin_reset, part->pin_sck,   part->pin_mosi, part->pin_miso,
                                    part->pin_xtal1, part->pin_xtal2, part->pin_clko };
    char port_pin[PART_PIN_NAME_SIZE];

    memset(t, 0, sizeof *t);
    for (unsigned i = 0; i < sizeof names / sizeof names[0]; i++) {
        bool is_xtal2 = !strcmp(names[i], "xtal2"), is_clko = !strcmp(names[i], "clko");

        assert(special[i] || i > AVR_XTAL1);
        if (!special[i] || (is_clko && part_clko_is_xtal2(part))) {
            continue;
        }
        char *also = lower(t, special[i]);
        if (is_xtal2 && part_clko_is_xtal2(part)) {
            strcat(also, " clko");
        }
        add_pin(t, names[i], also, PIN_NET);
    }
    for (unsigned i = 0; part_pin_name(part, i, port_pin); i++) {
        struct plan_part so_far = { .pins = t->pins, .n_pins = t->n };

        if (plan_pin(&so_far, port_pin) < 0) {
            add_pin(t, lower(t, port_pin), NULL, PIN_NET);
        }
    }
    add_pin(t, "miso_oe", NULL, PIN_PROBE);
    if (has_reset_wire) {
        add_pin(t, "reset_wire", NULL, PIN_PROBE);
    }
    add_pin(t, "vcc", NULL, PIN_LINE);
}

void plan_mcu_pins(const struct mcu_board_row *row, struct plan_pins *t)
{
    memset(t, 0, sizeof *t);
    for (unsigned i = 0; i < row->n_pins; i++) {
        bool rxd = !strcmp(row->pins[i].name, row->rxd), txd = !strcmp(row->pins[i].name, row->txd);

        /* the host's names for them: what it sends comes in at RXD */
        add_pin(t, row->pins[i].name, rxd ? "txd" : txd ? "rxd" : NULL, rxd || txd ? PIN_HOST : PIN_NET);
    }
}
