/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/cost/cost_bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

bool no_shortcuts;
const char *bench_wires = "";

const char bench_ties[] =
    ", pull_ups: {sck: 10 kOhm, miso: 100 kOhm}, parts: {l1: {type: led, resistor: 1 kOhm, to: gnd}, "
    "l2: {type: led, resistor: 100 kOhm, to: gnd}, l3: {type: led, resistor: 1 kOhm, to: vcc}, "
    "l4: {type: led, resistor: 100 kOhm, to: vcc}}, wires: {a: [target.PD3, l1.A], b: [target.PD6, l2.A], "
    "c: [target.PB1, l3.A], d: [target.PD5, l4.A], e: [target.PB2, gnd], f: [target.PD4, vcc], mosi: [target.MOSI, gnd]}";

static struct bench bench_of(const char *text)
{
    struct problem err = { "" };
    struct bench e = { scenario_load_text("cost.yaml", text, strlen(text), NULL, 0, &err), NULL };
    const struct board_options how = { .no_shortcuts = no_shortcuts };

    e.b = e.s ? board_new(e.s, &how, &err) : NULL;
    if (!e.b) {
        fprintf(stderr, "%s\n", err.text);
        exit(2);
    }
    return e;
}

void __attribute__((noipa)) bench_end(struct bench *e)
{
    board_free(e->b);
    scenario_free(e->s);
}

void run(struct bench *e, sim_time t)
{
    struct problem err = { "" };

    if (!board_run(e->b, t, &err)) {
        fprintf(stderr, "%s\n", err.text);
        exit(1);
    }
}

/* ---- programs ---- */

/* The board's target executes what is in its flash, given as YAML; clock: low fuse and what is on XTAL1. */
static struct bench target_with(const char *flash, bool boots, const char *clock)
{
    static char text[2 * IMAGE_BYTES + 1000];

    snprintf(text, sizeof text, "board: {programmer: {script: {}}%s, target: {fuses: {high: 0x%s, %s, flash: {%s}}}",
             bench_wires, boots ? "D8" : "D9", clock, flash);
    return bench_of(text);
}

static struct bench on_target(const struct program *p, const char *clock)
{
    static char flash[2 * IMAGE_BYTES + 20];

    if (!p) {
        return target_with("file: " FIRMWARE_DIR "/compute.hex", false, clock);
    }
    snprintf(flash, sizeof flash, "hex: \"%s\"", hex_of(p));
    return target_with(flash, p->boots, clock);
}

struct bench on_chip(const struct program *p, const char *chip, const char *fuses)
{
    static char text[2 * IMAGE_BYTES + 400];

    snprintf(text, sizeof text,
             "board: {programmer: {script: {}}, target: {part: %s, fuses: %s, flash: {hex: \"%s\"}}}", chip, fuses,
             hex_of(p));
    return bench_of(text);
}

struct bench at_8_mhz(const struct program *p)
{
    return on_target(p, "low: 0xE2}");
}

struct bench at_20_mhz(const struct program *p)
{
    return on_target(p, "low: 0xF7}, clock: {crystal: 20 MHz}");
}

struct bench on_atmega8a(const struct program *p)
{
    return on_chip(p, "atmega8a", "{high: 0xD9, low: 0xE4}");
}

struct bench on_attiny85(const struct program *p)
{
    return on_chip(p, "attiny85", "{high: 0xDF, low: 0xE2}");
}

static char hex_file[64];

static void remove_hex_file(void)
{
    remove(hex_file);
}

static struct bench uno_with(const char *file)
{
    char text[sizeof FIRMWARE_DIR + 200];

    snprintf(text, sizeof text,
             "board: {programmer: {firmware: %s}, wiring: {reset: gnd}, target: {fuses: {low: 0xE2}}}", file);
    return bench_of(text);
}

struct bench on_uno(const struct program *p)
{
    static uint8_t image[IMAGE_BYTES];
    unsigned size = p ? image_of(p, image) : 0;
    FILE *f;

    if (!p) {
        return uno_with(FIRMWARE_DIR "/compute.hex");
    }
    if (!hex_file[0]) {
        snprintf(hex_file, sizeof hex_file, "cost_test.%ld.hex", (long)getpid());
        atexit(remove_hex_file);
    }
    f = fopen(hex_file, "w");
    for (unsigned i = p->boots ? BOOT : 0; f && i < size; i++) {
        fprintf(f, ":01%04X00%02X%02X\n", i, image[i], -(1 + (i >> 8) + i + image[i]) & 0xff);
    }
    if (!f || fprintf(f, ":00000001FF\n") < 0 || fclose(f)) {
        perror(hex_file);
        exit(2);
    }
    return uno_with(hex_file);
}
