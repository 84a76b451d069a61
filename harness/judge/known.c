/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "harness/judge/known.h"

#include <string.h>

static const struct known_weakness arduinoisp[] = {
    { "echo_ignored", "it answers OK whatever Programming Enable brings back",
      "ArduinoISP.ino, start_pmode(): the echo is thrown away; avrdude#988" },
    { "", "its RESET pulse of 100 us is two target clocks only above 20 kHz",
      "ArduinoISP.ino, comment in start_pmode()" },
    { "", "it waits for a page to be written only while the LED flickers (PROG_FLICKER, 30 ms)",
      "ArduinoISP.ino, commit()" },
    { "", "it leaves chip erase and fuse writes to be waited for by its host",
      "ArduinoISP.ino, universal(): one instruction, answered at once" },
    { NULL, NULL, NULL },
};

static const struct known_weakness miniframe[] = {
    { "mosi_hold", "in 3-bit frames MOSI changes 2.1 us after SCK's rise: too early for a target at 1 MHz",
      "scenarios/miniframe/write_3_bit_slow_target.yaml" },
    { NULL, NULL, NULL },
};

static const struct known_weakness usb[] = {
    { "echo_ignored", "nothing comes back to the USB port: it writes blind", "docs/circuits.md" },
    { NULL, NULL, NULL },
};

static const struct known_weakness none[] = { { NULL, NULL, NULL } };

static const struct known_family families[] = {
    { .name = "ArduinoISP", .functions = { "start_pmode", "universal", "avrisp" }, .weak = arduinoisp },
    { .name = "limpisp", .functions = { "limp_enter", "isp_try" }, .weak = none },
    { .name = "miniframe", .circuit = "miniframe", .weak = miniframe },
    { .name = "usb", .circuit = "usb", .weak = usb },
    { .name = NULL },
};

static bool is_of(const struct known_family *f, const struct subject *s, const struct source_lines *lines)
{
    if (f->circuit) {
        return s->circuit && !strcmp(s->circuit, f->circuit);
    }
    for (unsigned i = 0; f->functions[i]; i++) {
        if (!lines || !source_lines_has(lines, f->functions[i])) {
            return false;
        }
    }
    return true;
}

const struct known_family *known_family_of(const struct subject *s, const struct source_lines *lines)
{
    for (const struct known_family *f = families; f->name; f++) {
        if (is_of(f, s, lines)) {
            return f;
        }
    }
    return NULL;
}

const struct known_weakness *known_weakness_of(const struct known_family *f, const char *rule)
{
    for (const struct known_weakness *w = f ? f->weak : none; w->rule; w++) {
        if (!strcmp(w->rule, rule)) {
            return w;
        }
    }
    return NULL;
}
