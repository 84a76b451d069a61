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
    { "wd_erase", "it leaves a chip erase to be waited for by its host",
      "ArduinoISP.ino, universal(): one instruction, answered at once" },
    { "wd_fuse", "it leaves a fuse or lock write to be waited for by its host",
      "ArduinoISP.ino, universal(): one instruction, answered at once" },
    { "busy_fuse", "its host reads a fuse back until it has changed, and it passes that on",
      "ArduinoISP.ino, universal(); avrdude's avr_write_byte() polls by reading" },
    { NULL, NULL, NULL },
};

static const struct known_weakness miniframe[] = {
    { "mosi_hold", "in 3-bit frames MOSI changes 2.1 us after SCK's rise: too early for a target at 1 MHz",
      "scenarios/miniframe/write_3_bit_slow_target.yaml" },
    { "pins_driven", "its gates drive SCK and MOSI as long as they are plugged in", "docs/circuits.md" },
    { NULL, NULL, NULL },
};

static const struct known_weakness usb[] = {
    { "reset_held", "the port goes on holding RESET low: the plug is pulled out", "docs/circuits.md" },
    { "pins_driven", "its gates drive SCK and MOSI as long as they are plugged in", "docs/circuits.md" },
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
