/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "harness/judge/plan.h"

#include "sim/clock_model.h"
#include "sim/fuse_model.h"
#include "sim/memory.h"
#include "sim/rng.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MOST_SETS 12

#define ALL "nsRewvWVl"
#define FAILS "nsewvl"

/* Figures: "ATmega328P datasheet 42735B": the RC oscillator leaves the factory with 10 % of tolerance. */
const struct plan_row plan_rows[] = {
    { "factory", "factory-fresh chip, 1 MHz", GROUP_RULES, ALL, TARGET_FACTORY, .in_quick = true },
    { "slow_rc", "factory-fresh chip whose RC oscillator is 10 % slow", GROUP_RULES, ALL, TARGET_FACTORY,
      .target = "rc_deviation: -10 %", .in_quick = true },
    { "rc_8_mhz", "RC oscillator at 8 MHz", GROUP_RULES, ALL, TARGET_RC, .xtal = NULL },
    { "rc_fast", "RC oscillator at 8 MHz and 10 % fast", GROUP_RULES, ALL, TARGET_RC, .target = "rc_deviation: 10 %" },
    { "crystal_16_mhz", "16 MHz crystal", GROUP_RULES, ALL, TARGET_CRYSTAL, .xtal = "{crystal: 16 MHz}" },
    { "fuses", "a fuse and the lock bits written", GROUP_RULES, "nsefRLl", TARGET_FACTORY, .in_quick = true },
    { "twice", "two sessions, on a chip that holds a program", GROUP_RULES, "nsl.newvl", TARGET_FACTORY,
      .target = "flash: {random: {seed: 9, length: 1024}}", .in_quick = true },
    { "unverified", "left right after the last write", GROUP_RULES, "newWl", TARGET_FACTORY, .xtal = NULL },
    { "power_first", "supply switched on just before", GROUP_RULES, "onswl", TARGET_FACTORY,
      .sets = "board.power=off" },
    { "one_byte", "a chip that needs no erase: one byte of EEPROM", GROUP_RULES, "nWVl", TARGET_FACTORY, .xtal = NULL },
    { "impatient", "a host that goes on at once after an erase (only the waits count)", GROUP_WAITS, "newl",
      TARGET_FACTORY, .sets = "board.programmer.impatient=yes", .in_quick = true, .needs_hurry = true },

    { "no_target", "no target: its supply is off", GROUP_FAILS, FAILS, TARGET_FACTORY, .sets = "board.power=off",
      .in_quick = true },
    { "no_clock", "target without a clock", GROUP_FAILS, FAILS, TARGET_EXTERNAL, .in_quick = true },
    { "miso_open", "MISO not connected", GROUP_FAILS, FAILS, TARGET_FACTORY, .sets = "board.wiring.miso=open" },
    { "mosi_open", "MOSI not connected", GROUP_FAILS, FAILS, TARGET_FACTORY, .sets = "board.wiring.mosi=open" },
    { "sck_open", "SCK not connected", GROUP_FAILS, FAILS, TARGET_FACTORY, .sets = "board.wiring.sck=open" },
    { "reset_open", "RESET not connected", GROUP_FAILS, FAILS, TARGET_FACTORY, .sets = "board.wiring.reset=open" },
    { "mosi_miso_swapped", "MOSI and MISO swapped", GROUP_FAILS, FAILS, TARGET_FACTORY,
      .sets = "board.wiring.mosi=@MISO; board.wiring.miso=@MOSI", .in_quick = true },
    { "sck_mosi_swapped", "SCK and MOSI swapped", GROUP_FAILS, FAILS, TARGET_FACTORY,
      .sets = "board.wiring.sck=@MOSI; board.wiring.mosi=@SCK" },
    { "sck_reset_swapped", "SCK and RESET swapped", GROUP_FAILS, FAILS, TARGET_FACTORY,
      .sets = "board.wiring.sck=@RESET; board.wiring.reset=@SCK" },
    { "bytes_lost", "one byte in 100 lost on the serial line", GROUP_FAILS, FAILS, TARGET_FACTORY,
      .sets = "board.parts.cable={type: serial_fault, dropped: 1 %}", .needs_port = true },
    { "miso_noisy", "a pulse on MISO every 2 ms", GROUP_FAILS, FAILS, TARGET_FACTORY,
      .sets = "board.parts.noise={type: glitch, kind: pulse, every: 2 ms, width: 3 us}; "
              "board.wires.judged=[target.MISO, noise.A]; board.wires.faulty=[noise.B, @MISO]" },
    { "slow_edges", "SCK's edges slow, R times C of 1 us", GROUP_FAILS, FAILS, TARGET_FACTORY,
      .sets = "board.parts.slow={type: slow_edge, tau: 1 us}; "
              "board.wires.judged=[@SCK, slow.A]; board.wires.faulty=[slow.B, target.SCK]" },
    { "locked", "locked chip, read", GROUP_FAILS, "nsvl", TARGET_FACTORY, .target = "fuses: {lock: 0xFC}",
      .needs_read = true },
    { "slow_target", "target at 16 kHz (128 kHz and CKDIV8)", GROUP_FAILS, FAILS, TARGET_128K, .in_quick = true },
    { "reset_capacitor", "RESET held by 10 uF", GROUP_FAILS, FAILS, TARGET_FACTORY,
      .sets = "board.reset_capacitor=10 uF" },
    { .id = NULL },
};

const struct plan_row *plan_row_find(const char *id)
{
    const struct plan_row *r = plan_rows;

    while (r->id && strcmp(r->id, id) != 0) {
        r++;
    }
    return r->id ? r : NULL;
}

/* ---- fuses ---- */

/* The CKSEL of a kind of clock, of several the fastest; -1: the part has none. */
static int cksel_of(const struct part *part, enum clock_kind kind)
{
    unsigned n = 1u << part->fuses->at[FUSE_CKSEL].width;
    const struct clock_source *best = NULL;
    int found = -1;

    for (unsigned i = 0; i < n; i++) {
        const struct clock_source *c = &part->clocks->source[i];

        if (c->kind == kind && c->startup && (!best || c->f_max_hz >= best->f_max_hz)) {
            best = c;
            found = (int)i;
        }
    }
    return found;
}

static bool clock_fuses(const struct part *part, enum plan_clock clock, struct fuse_bytes *b)
{
    static const enum clock_kind kinds[] = {
        [TARGET_RC] = CLOCK_RC,
        [TARGET_EXTERNAL] = CLOCK_EXTERNAL,
        [TARGET_CRYSTAL] = CLOCK_CRYSTAL,
        [TARGET_128K] = CLOCK_RC_128K,
    };

    if (clock == TARGET_FACTORY) {
        return true;
    }
    int cksel = cksel_of(part, kinds[clock]);
    if (cksel < 0) {
        return false;
    }
    fuse_put(part, b, FUSE_CKSEL, (unsigned)cksel);
    if (clock == TARGET_CRYSTAL) { /* CKOPT: full swing, up to 16 MHz (ATmega8A) */
        fuse_put(part, b, FUSE_SUT, 3);
        fuse_put(part, b, FUSE_CKOPT, 0);
    }
    return clock == TARGET_128K ? fuse_has(part, FUSE_CKDIV8) : (fuse_put(part, b, FUSE_CKDIV8, 1), true);
}

static uint32_t fastest_hz(const struct part *part)
{
    return part->speed[part->n_speed - 1].f_max_khz * 1000;
}

bool plan_row_fits(const struct subject *s, const struct plan_row *row)
{
    struct fuse_bytes b = fuse_factory(s->part);

    if (s->own_steps && strcmp(row->actions, ALL) && strcmp(row->actions, FAILS)) {
        return false; /* it is about what the host does */
    }
    if ((row->needs_read && !(s->can & CAN_READ)) || (row->needs_port && !s->firmware)) {
        return false;
    }
    if (row->needs_hurry && !(s->host && host_row_of(s->host) && host_row_of(s->host)->can_hurry)) {
        return false;
    }
    return clock_fuses(s->part, row->clock, &b) && (row->clock != TARGET_CRYSTAL || fastest_hz(s->part) >= 16000000);
}

/* ---- steps ---- */

struct step_row {
    char action;
    unsigned needs; /* enum subject_can */
    const char *yaml;
};

#define FLASH_DATA "memory: flash, random: {seed: 7, length: %u, ff_runs: yes}"
#define EEPROM_DATA "memory: eeprom, random: {seed: 8, length: %u}"

static const struct step_row step_rows[] = {
    { 'n', 0, "{enter: yes}" },
    { 's', CAN_SIGNATURE, "{signature: \"%02X %02X %02X\"}" },
    { 'R', CAN_READ_FUSE, "{verify_fuses: {low: 0x%02X}}" },
    { 'e', CAN_ERASE, "{erase: yes}" },
    { 'w', CAN_WRITE, "{program: {" FLASH_DATA "}}" },
    { 'v', CAN_READ, "{verify: {" FLASH_DATA "}}" },
    { 'x', CAN_WRITE, "{program: {" FLASH_DATA "}}" },
    { 'X', CAN_READ, "{verify: {" FLASH_DATA "}}" },
    { 'W', CAN_WRITE, "{program: {" EEPROM_DATA "}}" },
    { 'V', CAN_READ, "{verify: {" EEPROM_DATA "}}" },
    { 'f', CAN_WRITE_FUSE, "{write_fuses: {low: 0x%02X}}" },
    { 'L', CAN_WRITE_FUSE, "{write_fuses: {lock: 0xFE}}" },
    { 'l', 0, "{leave: yes}" },
    { '.', 0, "{wait: 10 ms}" },
    { '~', 0, "{wait: 1100 ms}" }, /* a 32.768 kHz crystal takes a second to start */
    { 'o', 0, "{power: on}" },
    { 'p', 0, "{chip: out, later: %" PRIu64 " instructions}" },
    { 'k', 0, "{rewire: {mosi: gnd}, later: %" PRIu64 " instructions}" },
    { 'd', 0, "{power: off, later: %" PRIu64 " instructions}" },
    { 'b', 0,
      "{power: off, later: %1$" PRIu64 " instructions}, {power: on, later: %1$" PRIu64 " instructions and 2 ms}" },
};

/* Two pages, a part of a third, and an odd number of bytes. */
static unsigned flash_length(const struct part *part)
{
    return 2 * part->flash_page_bytes + part->flash_page_bytes / 4 + 1;
}

#define EEPROM_LENGTH 4 /* what avrdude 7.1 with ArduinoISP writes to the right place (avrdude#1337) */

#define PULL_WITHIN 600 /* instructions: a session of faults.c has some 900 */

uint64_t plan_pulled_after(uint64_t seed)
{
    struct sim_rng rng = sim_rng_stream(seed, "the chip is pulled");

    return 1 + sim_rng_below(&rng, PULL_WITHIN);
}

static void put_step(FILE *f, const struct step_row *row, const struct part *part, unsigned low, uint64_t seed)
{
    char text[200];

    switch (row->action) {
    case 's': snprintf(text, sizeof text, row->yaml, part->signature[0], part->signature[1], part->signature[2]); break;
    case 'R':
    case 'f': snprintf(text, sizeof text, row->yaml, low); break;
    case 'w':
    case 'v': snprintf(text, sizeof text, row->yaml, flash_length(part)); break;
    case 'x':
    case 'X': snprintf(text, sizeof text, row->yaml, 2 * part->flash_page_bytes); break;
    case 'W':
    case 'V': snprintf(text, sizeof text, row->yaml, EEPROM_LENGTH); break;
    case 'p':
    case 'k':
    case 'b':
    case 'd': snprintf(text, sizeof text, row->yaml, plan_pulled_after(seed)); break;
    default: snprintf(text, sizeof text, "%s", row->yaml); break;
    }
    fputs(text, f);
}

static char *steps_of(const struct subject *s, const char *first, const char *then, const struct part *part,
                      unsigned low, uint64_t seed)
{
    size_t n;
    char *text;
    FILE *f = memory_checked(open_memstream(&text, &n));
    bool any = false;

    fputc('[', f);
    for (const char *action = first && *first ? first : then; *action; action++) {
        const struct step_row *row = step_rows;

        while (row->action != *action) {
            row++;
        }
        if ((s->can & row->needs) == row->needs) {
            fputs(any ? ", " : "", f);
            put_step(f, row, part, low, seed);
            any = true;
        }
        if (first && !action[1]) {
            action = then - 1;
            first = NULL;
        }
    }
    fputc(']', f);
    fclose(f);
    return text;
}

/* ---- the scenario ---- */

struct plan_sets {
    struct scenario_set set[MOST_SETS];
    unsigned n;
    char *split[2]; /* copies that the sets point into */
};

static void add(struct plan_sets *p, const char *path, const char *value)
{
    if (p->n < MOST_SETS) {
        p->set[p->n++] = (struct scenario_set){ path, value };
    }
}

/* "PATH=VALUE; PATH=VALUE" */
static void add_all(struct plan_sets *p, char *text)
{
    for (char *save, *one = text ? strtok_r(text, ";", &save) : NULL; one; one = strtok_r(NULL, ";", &save)) {
        char *equals;

        one += strspn(one, " ");
        equals = strchr(one, '=');
        *equals = '\0';
        add(p, one, equals + 1);
    }
}

/* A copy with the programmer's pins for @RESET, @SCK, @MOSI, @MISO; NULL for NULL. */
static char *with_pins(const struct subject *s, const char *sets)
{
    static const char *const names[4] = { "RESET", "SCK", "MOSI", "MISO" };
    size_t n;
    char *text;
    FILE *f;

    if (!sets) {
        return NULL;
    }
    f = memory_checked(open_memstream(&text, &n));
    for (; *sets; sets++) {
        unsigned i = 0;

        while (*sets == '@' && i < 4 && strncmp(sets + 1, names[i], strlen(names[i])) != 0) {
            i++;
        }
        if (*sets == '@' && i < 4) {
            fputs(s->pin[i], f);
            sets += strlen(names[i]);
        } else {
            fputc(*sets, f);
        }
    }
    fclose(f);
    return text;
}

struct scenario *plan_scenario(struct subject *s, const struct plan_row *row, const struct plan_variation *v,
                               struct problem *err)
{
    const struct part *part = v->part ? v->part : s->part;
    struct fuse_bytes fuses = fuse_factory(part);
    const char *xtal = v->xtal ? v->xtal : row->xtal;
    char target[200], wave[48], vcc[24], low[24], seed[24], fault_seed[24];
    uint64_t chip = v->seed ? v->seed : 1;
    struct plan_sets p = { .n = 0 };

    clock_fuses(part, v->clock_hz ? TARGET_EXTERNAL : row->clock, &fuses);
    if (v->low_fuse >= 0) {
        fuses.fuse[0] = (uint8_t)v->low_fuse;
    }
    snprintf(wave, sizeof wave, "{wave: %" PRIu64 " Hz}", v->clock_hz);
    snprintf(target, sizeof target, "{part: %s%s%s}", part->name, row->target ? ", " : "",
             row->target ? row->target : "");
    snprintf(low, sizeof low, "0x%02X", fuses.fuse[0]);
    snprintf(seed, sizeof seed, "%" PRIu64, chip);
    snprintf(fault_seed, sizeof fault_seed, "%" PRIu64, v->fault_seed);
    snprintf(vcc, sizeof vcc, "%u mV", v->vcc_mv);
    char *steps = steps_of(s, v->first, row->actions, part, fuses.fuse[0], v->fault_seed ? v->fault_seed : chip);
    add(&p, "seed", seed);
    if (!s->own_steps) {
        add(&p, "expect", "{}");
    }
    add(&p, "board.target", target);
    add(&p, "board.target.fuses.low", low);
    if (v->clock_hz || xtal) {
        add(&p, "board.target.clock", v->clock_hz ? wave : xtal);
    }
    if (v->vcc_mv) {
        add(&p, "board.vcc", vcc);
    }
    p.split[0] = with_pins(s, row->sets);
    p.split[1] = with_pins(s, v->sets);
    add_all(&p, p.split[0]);
    add_all(&p, p.split[1]);
    if (v->fault_seed && v->sets) {
        add(&p, "board.parts." PLAN_FAULT ".seed", fault_seed);
    }
    if (!s->own_steps) {
        add(&p, "steps", steps);
    }
    struct scenario *sc = subject_scenario(s, p.set, p.n, err);
    if (sc) { /* what is found is judged by the plan */
        sc->expect.findings_given = false;
        sc->expect.n_margins = sc->expect.n_nets = 0;
    }
    free(steps);
    free(p.split[0]);
    free(p.split[1]);
    return sc;
}
