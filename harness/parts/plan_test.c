/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Names of pins and wires, and which pins are joined. */
#include "harness/parts/wiring.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

#include "harness/parts/part_types.h"
#include "sim/rng.h"
#include "tests/run_all.h"

static struct plan_pins target_pins, mcu_pins;
static struct plan_part parts[3];
static struct plan plan;

/* An ATmega328P on an Uno, a level shifter beside them. */
static void make_plan(const char *part, struct plan_wire *wires, unsigned n_wires)
{
    const struct mcu_board_row *row = mcu_board_find("uno");

    plan_avr_pins(part_find(part), false, &target_pins);
    plan_mcu_pins(row, &mcu_pins);
    parts[PLAN_TARGET] = (struct plan_part){ .name = "target", .pins = target_pins.pins, .n_pins = target_pins.n };
    parts[PLAN_PROGRAMMER] = (struct plan_part){ .name = "uno", .pins = mcu_pins.pins, .n_pins = mcu_pins.n };
    parts[PLAN_OTHERS] = (struct plan_part){ .name = "shift",
                                             .pins = level_shifter_type.pins,
                                             .n_pins = level_shifter_type.n_pins,
                                             .type = &level_shifter_type };
    plan = (struct plan){ .parts = parts, .n_parts = 3, .wires = wires, .n_wires = n_wires };
    plan.isp[ISP_RESET] = mcu_board_pin_find(row, row->isp.reset);
    plan.isp[ISP_SCK] = mcu_board_pin_find(row, row->isp.sck);
    plan.isp[ISP_MOSI] = mcu_board_pin_find(row, row->isp.mosi);
    plan.isp[ISP_MISO] = mcu_board_pin_find(row, row->isp.miso);
}

static const char *found(const char *name)
{
    static char text[60];
    struct plan_ref at = plan_find(&plan, name);

    switch (at.what) {
    case PLAN_NOTHING: return "";
    case PLAN_GND: return "gnd";
    case PLAN_VCC: return "vcc";
    case PLAN_WIRE: snprintf(text, sizeof text, "wire %s", plan.wires[at.wire].name); return text;
    case PLAN_PIN: return plan_pin_text(&plan, &at, text, sizeof text);
    }
    return "";
}

static const struct {
    const char *part, *name, *is;
} names[] = {
    { "atmega328p", "sck", "target.sck" },
    { "atmega328p", "SCK", "target.sck" },
    { "atmega328p", "pb5", "target.sck" },
    { "atmega328p", "Target.PB5", "target.sck" },
    { "atmega328p", "clko", "target.clko" },
    { "atmega328p", "pd3", "target.pd3" },
    { "atmega328p", "pd8", "" },
    { "atmega328p", "uno.d13", "uno.D13" },
    { "atmega328p", "D13", "uno.D13" },
    { "atmega328p", "txd", "uno.D0" }, /* the host's */
    { "atmega328p", "rxd", "uno.D1" },
    { "atmega328p", "uno.D14", "" },
    { "atmega328p", "nano.D13", "" },
    { "atmega328p", "shift.b8", "shift.B8" },
    { "atmega328p", "A1", "uno.A1" }, /* the programmer's before the others' */
    { "atmega328p", "A8", "shift.A8" },
    { "atmega328p", "gnd", "gnd" },
    { "atmega328p", "vcc", "target.vcc" },
    { "atmega328p", "", "" },
    { "atmega328p", ".", "" },
    { "atmega328p", "target.", "" },
    { "attiny85", "pd3", "" },
    { "attiny85", "sck", "target.sck" },
    { "attiny85", "pb2", "target.sck" },
    { "attiny85", "clko", "target.xtal2" },
    { "attiny85", "pb4", "target.xtal2" },
    { "atmega8a", "clko", "" },
};

START_TEST(names_say_pins)
{
    make_plan(names[_i].part, NULL, 0);
    ck_assert_msg(!strcmp(found(names[_i].name), names[_i].is), "%s: %s is %s, expected %s", names[_i].part,
                  names[_i].name, found(names[_i].name), names[_i].is);
}
END_TEST

START_TEST(a_wire_comes_before_a_pin)
{
    struct plan_wire wire = { .name = "sck" };

    make_plan("atmega328p", &wire, 1);
    ck_assert_str_eq(found("SCK"), "wire sck");
    ck_assert_str_eq(found("target.sck"), "target.sck");
    ck_assert_str_eq(found("mosi"), "target.mosi");
}
END_TEST

START_TEST(every_part_has_its_pins_once)
{
    for (unsigned i = 0; part_at(i); i++) {
        char pin[PART_PIN_NAME_SIZE];
        unsigned n = 0;

        make_plan(part_at(i)->name, NULL, 0);
        ck_assert_str_eq(parts[PLAN_TARGET].pins[AVR_RESET].name, "reset");
        ck_assert_str_eq(parts[PLAN_TARGET].pins[AVR_XTAL1].name, "xtal1");
        ck_assert_int_eq(plan_pin(&parts[PLAN_TARGET], "xtal2") >= 0, part_at(i)->pin_xtal2 != NULL);
        ck_assert_int_eq(plan_pin(&parts[PLAN_TARGET], "clko") >= 0, part_at(i)->pin_clko != NULL);
        for (; part_pin_name(part_at(i), n, pin); n++) {
            if (plan_pin(&parts[PLAN_TARGET], pin) < 0) {
                ck_abort_msg("%s: %s", part_at(i)->name, pin);
            }
        }
        ck_assert_uint_eq(target_pins.n, n + 2); /* miso_oe, vcc */
    }
}
END_TEST

START_TEST(texts_shorten_runs)
{
    char text[300];

    make_plan("atmega328p", NULL, 0);
    ck_assert_str_eq(plan_pins_text(&parts[PLAN_PROGRAMMER], true, true, text, sizeof text),
                     "uno.D0 .. uno.D13, uno.A0 .. uno.A5");
    ck_assert_str_eq(plan_pins_text(&parts[PLAN_OTHERS], false, false, text, sizeof text), "A1 .. A8, B1 .. B8");
    ck_assert_str_eq(plan_pins_text(&parts[PLAN_OTHERS], false, false, text, 10), "A1 .. A8,"); /* cut, not beyond */
}
END_TEST

/* ---- wiring ---- */

static int group(const struct wiring *w, const char *name)
{
    struct plan_ref at = plan_find(&plan, name);

    ck_assert_int_eq(at.what, PLAN_PIN);
    return w->group[wiring_pin(w, &at)];
}

static bool joined(const struct wiring *w, const char *a, const char *b)
{
    return group(w, a) >= 0 && group(w, a) == group(w, b);
}

static struct plan_lead lead(const char *pin, const char *to)
{
    struct plan_lead l = { .pin = plan_find(&plan, pin).pin, .name = pin };

    l.to = *to ? plan_find(&plan, to) : l.to;
    return l;
}

START_TEST(usual_wires_and_others)
{
    struct problem err = { "" };
    struct plan_lead swapped[] = { { 0 }, { 0 } }, back[] = { { 0 }, { 0 } };
    struct wiring w;

    make_plan("atmega328p", NULL, 0);
    ck_assert(wiring_init(&w, &plan, "t", &err));
    ck_assert(joined(&w, "reset", "uno.D10") && joined(&w, "mosi", "uno.D11"));
    ck_assert(joined(&w, "miso", "uno.D12") && joined(&w, "sck", "uno.D13"));
    swapped[0] = lead("mosi", "uno.D12");
    swapped[1] = lead("miso", "uno.D11");
    ck_assert_msg(wiring_lead(&w, swapped, 2, true, &err), "%s", err.text);
    ck_assert(joined(&w, "mosi", "uno.D12") && joined(&w, "miso", "uno.D11"));
    back[0] = lead("miso", "uno.D13"); /* SCK's */
    ck_assert(!wiring_lead(&w, back, 1, true, &err));
    ck_assert_ptr_nonnull(strstr(err.text, "sck and miso are both on uno.D13"));
    ck_assert(joined(&w, "miso", "uno.D11") && joined(&w, "sck", "uno.D13")); /* as before */
    back[0] = lead("miso", "");
    back[1] = lead("sck", "gnd");
    ck_assert(wiring_lead(&w, back, 2, true, &err));
    ck_assert_int_eq(group(&w, "miso"), -1);
    ck_assert_int_eq(group(&w, "uno.D11"), -1);
    ck_assert_int_eq(group(&w, "uno.D13"), -1);
    ck_assert_int_eq(wiring_strap(&w, (unsigned)group(&w, "sck")), PLAN_GND);
    wiring_free(&w);
}
END_TEST

static struct plan_end end(const char *name, unsigned column)
{
    return (struct plan_end){ .at = plan_find(&plan, name), .place = { 1, column } };
}

START_TEST(wires_of_the_plan_leave_the_rest_as_usual)
{
    struct problem err = { "" };
    struct plan_end a[2], b[2];
    struct plan_wire wires[] = { { .name = "five", .ends = a, .n_ends = 2 },
                                 { .name = "three", .ends = b, .n_ends = 2 } };
    struct plan_lead off;
    struct wiring w;

    make_plan("atmega328p", wires, 2);
    a[0] = end("uno.D13", 1);
    a[1] = end("shift.A1", 2);
    b[0] = end("shift.B1", 3);
    b[1] = end("target.sck", 4);
    ck_assert(wiring_init(&w, &plan, "t", &err));
    ck_assert(joined(&w, "uno.D13", "shift.A1") && joined(&w, "shift.B1", "target.sck"));
    ck_assert(!joined(&w, "uno.D13", "target.sck") && joined(&w, "mosi", "uno.D11"));
    off = lead("sck", "");
    ck_assert(!wiring_lead(&w, &off, 1, false, &err)); /* `wiring` says another thing than `wires` */
    ck_assert_ptr_nonnull(strstr(err.text, "sck is on the wire three already (1:4)"));
    ck_assert(wiring_lead(&w, &off, 1, true, &err)); /* a step takes it off */
    ck_assert_int_eq(group(&w, "sck"), -1);
    ck_assert_int_eq(group(&w, "shift.B1"), 1);
    wiring_free(&w);
    b[0] = end("shift.A1", 3);
    ck_assert(!wiring_init(&w, &plan, "t", &err));
    ck_assert_str_eq(err.text, "t:1:3: shift.A1 is on two wires, five (1:2) and three: make one wire of them");
    wiring_free(&w);
}
END_TEST

/* Whatever is led where: a pin is in one group, and a lead has two ends or a strap. */
START_TEST(any_rewiring_stays_sound)
{
    static const char *const pins[] = { "reset", "sck", "mosi", "miso", "xtal1", "pd2" };
    static const char *const to[] = { "", "gnd", "uno.D9", "uno.D10", "uno.D11", "uno.D13", "shift.A1" };
    struct sim_rng rng = sim_rng_stream(1, "rewiring");
    struct problem err = { "" };
    struct wiring w;
    unsigned done = 0;

    make_plan("atmega328p", NULL, 0);
    ck_assert(wiring_init(&w, &plan, "t", &err));
    for (unsigned i = 0; i < 20000; i++) {
        struct plan_lead leads[2] = { lead(pins[sim_rng_below(&rng, 6)], to[sim_rng_below(&rng, 7)]),
                                      lead(pins[sim_rng_below(&rng, 6)], to[sim_rng_below(&rng, 7)]) };
        unsigned n = leads[0].pin == leads[1].pin ? 1 : 2;

        done += wiring_lead(&w, leads, n, true, &err);
        for (unsigned k = 0; k < parts[PLAN_TARGET].n_pins; k++) {
            unsigned ends = 0;

            for (unsigned p = 0; p < w.n_pins; p++) {
                ends += w.group[p] == (int)k;
            }
            ck_assert(w.group[k] == -1 || w.group[k] == (int)k);
            ck_assert_uint_eq(ends, w.group[k] < 0 ? 0 : wiring_strap(&w, k) == PLAN_NOTHING ? 2 : 1);
        }
    }
    ck_assert_uint_gt(done, 1000);
    ck_assert_uint_lt(done, 19000);
    wiring_free(&w);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("plan");
    TCase *c = tcase_create("plan");

    tcase_add_loop_test(c, names_say_pins, 0, (int)(sizeof names / sizeof names[0]));
    tcase_add_test(c, a_wire_comes_before_a_pin);
    tcase_add_test(c, every_part_has_its_pins_once);
    tcase_add_test(c, texts_shorten_runs);
    tcase_add_test(c, usual_wires_and_others);
    tcase_add_test(c, wires_of_the_plan_leave_the_rest_as_usual);
    tcase_add_test(c, any_rewiring_stays_sound);
    suite_add_tcase(s, c);
    return run_all(s);
}
