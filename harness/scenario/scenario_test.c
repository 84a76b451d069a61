/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "harness/parts/part_types.h"
#include "harness/scenario/scenario.h"
#include "harness/scenario/schema.h"
#include "harness/scenario/step_type.h"

#include "sim/rng.h"
#include "tests/run_all.h"

#include <check.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct scenario *load(const char *text, struct problem *err)
{
    return scenario_load_text("dir/s.yaml", text, strlen(text), NULL, 0, err);
}

/* Every message says file, line and column, and what was expected. */
static const struct {
    const char *text, *says;
} bad[] = {
    { "bord: {}", "dir/s.yaml:1:1: unknown key 'bord', did you mean 'board'?" },
    { "board:\n  vcc: 5",
      "dir/s.yaml:2:8: '5' is not a voltage (such as \"5.0 V\"; units V, mV): the unit is missing" },
    { "board: {vcc: 12 V}", "dir/s.yaml:1:14: '12 V' is out of range: 0 mV .. 6 V" },
    { "board: {vcc: -1 V}", "dir/s.yaml:1:14: '-1 V' is out of range" },
    { "board: {target: {part: atmega9000}}", "dir/s.yaml:1:24: there is no part 'atmega9000'; known: atmega" },
    { "board: {target: {fuses: {low: 0x162}}}", "dir/s.yaml:1:31: '0x162' is out of range: 0 .. 255" },
    { "board: {target: {fuses: {low: yes}}}", "dir/s.yaml:1:31: 'yes' is not a number" },
    { "board: {target: {fuses: {preset: mine}}}", "dir/s.yaml:1:34: 'mine' is no preset of the ATmega328P" },
    { "board: {target: {part: atmega8a, fuses: {ext: 0}}}", "dir/s.yaml:1:47: the ATmega8A has no such fuse byte" },
    { "board: {target: {flash: {}}}", "dir/s.yaml:1:25: give one of: file, hex, random, fill" },
    { "board: {target: {flash: {file: a.hex, fill: 0}}}", "dir/s.yaml:1:25: give one of: file, hex" },
    { "board: {target: {flash: {file: a.hex}}}", "dir/s.yaml:1:32: there is no file 'a.hex' in dir, and no built-in" },
    { "board: {target: {flash: {file: \"\"}}}", "dir/s.yaml:1:32: the file name is empty" },
    { "board: {target: {flash: {fill: 0, offset: 0x8000}}}", "dir/s.yaml:1:43: '0x8000' is out of range: 0 .. 32767" },
    { "board: {target: {flash: {fill: 0, offset: 1, length: 32 KiB}}}",
      "dir/s.yaml:1:54: '32 KiB' is out of range: 1 .. 32767" },
    { "board: {target: {eeprom: {hex: 0g}}}", "dir/s.yaml:1:32: '0g' is not bytes of two hex digits" },
    { "board: {target: {eeprom: {hex: \"00 11\", offset: 1023}}}", "dir/s.yaml:1:32: 2 bytes from 0x3FF on don't fit" },
    { "board: {target: {eeprom: {hex: 00, length: 1}}}", "dir/s.yaml:1:44: the length is that of the bytes" },
    { "board: {target: {clock: {crystal: 16 MHz, wave: 1 MHz}}}", "dir/s.yaml:1:49: a crystal and a wave can't both" },
    { "board: {target: {clock: {crystal: 16 M}}}", "dir/s.yaml:1:35: '16 M' is not a frequency" },
    { "board: {target: {clock: {wave: 1 MHz, pin: pb0}}}", "dir/s.yaml:1:44: 'pb0' is neither xtal1 nor xtal2" },
    { "board: {target: {part: attiny13, clock: {wave: 1 MHz, pin: xtal2}}}",
      "dir/s.yaml:1:60: the ATtiny13 has no pin xtal2" },
    { "board: {target: {rc_deviation: 3}}", "dir/s.yaml:1:32: '3' is not a deviation" },
    { "board: {target: {switches: {no_such: 1}}}", "dir/s.yaml:1:38: there is no switch 'no_such'; known: echo" },
    { "board: {programmer: {switches: {icr_stick: 0}}}",
      "dir/s.yaml:1:44: there is no switch 'icr_stick'; known: echo" },
    { "board: {target: {switches: {miso_output: pin}}}",
      "dir/s.yaml:1:42: 'pin' is no value of miso_output; known: latch, flop, sampled" },
    { "board: {target: {switches: {busy_permille: 5000000}}}", "dir/s.yaml:1:44: '5000000' is out of range" },
    { "board: {reset_capacitor: 1 uF, pull_downs: {reset: 10 kOhm}}",
      "dir/s.yaml:1:52: a pull-down on RESET beside a capacitor is not modelled" },
    { "board: {programmer: {firmware: arduinoisp, script: {}}}", "dir/s.yaml:1:52: a board has one programmer" },
    { "board: {programmer: {firmware: none.elf}}", "dir/s.yaml:1:32: there is no file 'none.elf' in dir" },
    { "board: {programmer: {script: {sck: fast}}}", "dir/s.yaml:1:36: 'fast' is not a frequency" },
    { "board: {target: {part: attiny85, uart: {baud: 9600}}}",
      "dir/s.yaml:1:40: the ATtiny85 has no USART: name the pins (rx: pb0, tx: pb1)" },
    { "board: {target: {part: attiny85, uart: {rx: pb0, tx: pd1}}}",
      "dir/s.yaml:1:54: no pin \"pd1\" of the ATtiny85; there are: PB0 PB1" },
    { "board: {target: {uart: {rx: pb0, tx: PB0}}}", "dir/s.yaml:1:24: rx and tx are the same pin" },
    { "board: {target: {signature: 1E 95}}", "dir/s.yaml:1:29: '1E 95' holds 2 bytes, not 3" },
    { "board: {target: {flash: {random: {length: 16}}}}",
      "dir/s.yaml:1:34: random needs a seed: random: {seed: 1, length: 1024}" },
    { "board: {target: {flash: {random: {seed: 1, length: 16}, length: 16}}}",
      "dir/s.yaml:1:65: the length is given twice" },
    { "steps: [{uart: {send: 30, wait_for: x}}]", "dir/s.yaml:1:23: a step speaks bytes (send, expect) or text" },
    { "steps: [{uart: {matches: \"a(\"}}]", "dir/s.yaml:1:26: 'a(' is no regular expression" },
    { "steps: [{uart: {send_text: \"\"}}]", "dir/s.yaml:1:28: the text is empty" },
    { "expect: {capture: {net: miso, signal: MISO}}",
      "dir/s.yaml:1:19: a recording must drive the board (programmer: {stimulus: ...})" },
    { "expect: {nets: [{net: sck, rises: \"=> 100\"}]}", "dir/s.yaml:1:35: '=> 100': write \">= 100\"" },
    { "scenario: a.yaml\nvary: {}", "dir/s.yaml:1:11: this is a sweep over a scenario, not a scenario: limpet sweep" },
    { "board: {programmer: {adapter: cp2102}}",
      "dir/s.yaml:1:31: no adapter \"cp2102\": none, 16u2, 16u2 0.1 ms, ft232" },
    { "board: {programmer: {script: {}, baud: 9600}}",
      "dir/s.yaml:1:40: host, baud, auto_reset and adapter go with firmware" },
    { "board: {programmer: {script: {miso_look: 5.1 us}}}", "dir/s.yaml:1:42: MISO is looked at before SCK falls" },
    { "board: {programmer: {script: {mosi_hold: 10 us}}}", "dir/s.yaml:1:42: MOSI must change before the next rise" },
    { "board: {programmer: {host: avr911}}",
      "dir/s.yaml:1:28: there is no host 'avr911'; known: stk500v1, stk500v1-avrdude-7.1, stk500v2" },
    { "board: {programmer: {careful: yes}}",
      "dir/s.yaml:1:31: sck_period, recovery_clock and careful go with host: stk500v2" },
    { "board: {programmer: {baud: 1}}", "dir/s.yaml:1:28: '1' is out of range: 300 .. 2000000" },
    { "board: {programmer: {stimulus: {map: {sck: a}}}}", "dir/s.yaml:1:32: the key 'file' is missing" },
    { "board: {programmer: {stimulus: {file: nope.vcd}}}", "dir/s.yaml:1:39: there is no file 'nope.vcd'" },
    { "board: {wiring: {miso: uno.D14}}", "dir/s.yaml:1:24: 'uno.D14' is not where a wire can go" },
    { "board: {high_voltage: limphv, reset_capacitor: 100 nF}",
      "dir/s.yaml:1:48: 12 V on a RESET with a capacitor are not modelled" },
    { "board: {high_voltage: foo}",
      "dir/s.yaml:1:23: 'foo' is no wiring of a high-voltage programmer; known: script, limphv" },
    { "board: {high_voltage: fuse_eraser}",
      "dir/s.yaml:1:23: fuse_eraser has no parallel mode, which the ATmega328P wants" },
    { "board: {high_voltage: script}", "dir/s.yaml:1:23: script wants pin VPP of the programmer: uno has none" },
    { "board: {high_voltage: limphv, programmer: {script: {}}}",
      "dir/s.yaml:1:23: limphv wants pin A0 of the programmer: script has none" },
    { "board: {programmer: {hv_script: 1}}", "dir/s.yaml:1:33: expected keys of the scripted high-voltage programmer" },
    { "board: {programmer: {hv_script: {setup: 1}}}", "dir/s.yaml:1:41: '1' is not a time" },
    { "board: {programmer: {hv_script: {foo: 1}}}",
      "dir/s.yaml:1:39: a hv_script has no key 'foo'; known: type, setup, hold" },
    { "board: {use: mega}", "dir/s.yaml:1:14: there is no board 'mega'; known: uno, nano, diecimila, ng" },
    { "board: {use: nano, wiring: {miso: uno.D12}}",
      "dir/s.yaml:1:35: 'uno.D12' is not where a wire can go: nano.D0 .. nano.D13, nano.A0 .. nano.A5, gnd, vcc or open" },
    { "board: {programmer: {script: {}}, wiring: {sck: uno.D9}}",
      "dir/s.yaml:1:49: 'uno.D9' is not where a wire can go: script.RESET, script.SCK, script.MOSI, script.MISO, gnd," },
    { "board: {target: {part: attiny85}, wiring: {pd3: gnd}}",
      "dir/s.yaml:1:49: the ATtiny85 has no pin pd3; it has: reset, sck, mosi, miso, xtal1, xtal2" },
    { "board: {target: {part: attiny85}, pull_ups: {pc2: 1 kOhm}}", "dir/s.yaml:1:51: the ATtiny85 has no pin pc2" },
    { "board: {target: {part: attiny85}}\nsteps: [{rewire: {pd7: gnd}}]",
      "dir/s.yaml:2:24: the ATtiny85 has no pin pd7" },
    { "board: {target: {part: attiny85}}\nrecord: [pd3]",
      "dir/s.yaml:2:10: there is no net 'pd3'; there are: reset, sck, mosi, miso, xtal1, xtal2, miso_oe, vcc, uno.D0" },
    { "board: {target: {part: attiny85}}\nrecord: [target.pd3]", "dir/s.yaml:2:10: target has no pin 'pd3'; it has: " },
    { "board: {target: {part: attiny85}}\nexpect: {nets: [{net: pd3, level: 1}]}",
      "dir/s.yaml:2:23: there is no net 'pd3'" },
    { "record: [uno.D14]", "dir/s.yaml:1:10: uno has no pin 'D14'; it has: D0 .. D13, A0 .. A5" },
    { "record: [nano.D13]", "dir/s.yaml:1:10: there is no part 'nano' on this board; there are: target, uno" },
    { "expect: {nets: [{net: vcc, level: 1}]}", "dir/s.yaml:1:23: vcc is in volts: it has no level" },
    { "steps:\n  - rewire: {miso: uno.D13}", "dir/s.yaml:2:20: sck and miso are both on uno.D13: put one elsewhere" },
    { "steps: [{rewire: {mosi: open}}, {rewire: {sck: uno.D11}}, {rewire: {mosi: uno.D11}}]",
      "dir/s.yaml:1:75: sck and mosi are both on uno.D11: put one elsewhere, or open; sck was put there at 1:48" },
    { "board: {wiring: {pb5: uno.D3, sck: uno.D13}}", "dir/s.yaml:1:23: sck and pb5 are one pin of this part" },
    { "board: {parts: {x: {type: lamp}}}",
      "dir/s.yaml:1:27: there is no type of part 'lamp'; known: level_shifter, glitch, led, resistor" },
    { "board: {parts: {x: {}}}", "dir/s.yaml:1:20: a part needs its type: one of level_shifter" },
    { "board: {parts: {uno: {type: led}}}", "dir/s.yaml:1:22: this board has a part 'uno' already" },
    { "board: {parts: {a.b: {type: led}}}", "dir/s.yaml:1:22: 'a.b' can't be a part's name" },
    { "board: {parts: {x: {type: led, color: red}}}",
      "dir/s.yaml:1:39: a led has no key 'color'; known: type, resistor, to" },
    { "board: {parts: {x: {type: led, resistor: 5}}}", "dir/s.yaml:1:42: '5' is not a resistance" },
    { "board: {parts: {x: {type: led, to: pb0}}}", "dir/s.yaml:1:36: 'pb0' is no to; known: gnd, vcc" },
    { "board: {parts: {x: {type: resistor}}}", "dir/s.yaml:1:20: a resistor needs the key 'ohm': its value" },
    { "board: {parts: {x: {type: glitch, from: 1 s, until: 1 ms}}}",
      "dir/s.yaml:1:20: x: until: the fault is over before it begins" },
    { "board: {parts: [led]}", "dir/s.yaml:1:16: expected names of parts" },
    { "board: {wires: {w: uno.D2}}", "dir/s.yaml:1:20: expected a list of pins" },
    { "board: {wires: [uno.D2]}", "dir/s.yaml:1:16: expected names of wires" },
    { "board: {wires: {w: [shift.A1]}}",
      "dir/s.yaml:1:21: there is no part 'shift' on this board; there are: target, uno" },
    { "board: {parts: {s: {type: level_shifter, a: 5 V, b: 3 V}}, wires: {w: [s.A9]}}",
      "dir/s.yaml:1:72: s has no pin 'A9'; it has: A1 .. A8, B1 .. B8" },
    { "board: {wires: {w: [target.vcc]}}", "dir/s.yaml:1:21: target.vcc is to look at, no wire can lead there" },
    { "board: {wires: {v: [uno.D2], w: [v]}}", "dir/s.yaml:1:34: there is no net 'v'" },
    { "board: {wires: {w: [vcc, uno.D2, gnd]}}", "dir/s.yaml:1:34: gnd and vcc on one wire" },
    { "board: {wires: {gnd: [uno.D2]}}", "dir/s.yaml:1:22: 'gnd' can't be a wire's name" },
    { "board:\n  wires:\n    v: [uno.D2, target.pd2]\n    w: [target.pd2, uno.D3]\n",
      "dir/s.yaml:4:9: target.pd2 is on two wires, v (3:17) and w: make one wire of them" },
    { "board: {wires: {v: [uno.D2, uno.D2]}}", "dir/s.yaml:1:29: uno.D2 is on the wire v already (1:21)" },
    { "board: {wires: {v: [uno.D13, target.sck]}, wiring: {sck: uno.D9}}",
      "dir/s.yaml:1:58: sck is on the wire v already (1:30): wire it in one place" },
    { "board: {wires: {v: [uno.D9, target.pd3]}, wiring: {sck: uno.D9}}",
      "dir/s.yaml:1:57: uno.D9 is on the wire v already (1:21): put sck on that wire (sck: v), or elsewhere" },
    { "board: {programmer: {stimulus: {file: s.csv}}}", "dir/s.yaml:1:39: there is no file 's.csv'" },
    { "board: {wiring: {miso: uno.D01}}", "dir/s.yaml:1:24: 'uno.D01' is not where a wire can go" },
    { "board: {wiring: {misu: open}}", "dir/s.yaml:1:18: unknown key 'misu', did you mean 'miso'?" },
    { "board: {pull_ups: {miso: 10 k}}", "dir/s.yaml:1:26: '10 k' is not a resistance" },
    { "board: {reset_capacitor: 100 kOhm}", "dir/s.yaml:1:26: '100 kOhm' is not a capacitance" },
    { "board: {reset_capacitor: 2 F}", "dir/s.yaml:1:26: '2 F' is out of range" },
    { "record: [reset_wire]", "dir/s.yaml:1:10: there is no net 'reset_wire'" },
    { "record: [sck, foo]", "dir/s.yaml:1:15: there is no net 'foo'" },
    { "seed: -1", "dir/s.yaml:1:7: '-1' is not a number (such as \"3\"): it can't have a sign" },
    { "seed: 99999999999999999999999999", "dir/s.yaml:1:7: '99999999999999999999999999' is not a number" },
    { "steps: [{}]", "dir/s.yaml:1:9: a step needs something to do" },
    { "steps:\n  - wait: 1 s\n    power: on", "dir/s.yaml:2:5: a step does one thing: make 2 steps of this" },
    { "steps: [{wait: 20}]", "dir/s.yaml:1:16: '20' is not a time (such as \"20 ms\"; units min, s, ms, us, ns, ps" },
    { "steps: [{power: maybe}]", "dir/s.yaml:1:17: 'maybe' is not a voltage" },
    { "steps: [{enter: no}]", "dir/s.yaml:1:17: write 'enter: yes', or leave the step out" },
    { "board: {target: {clock: {rc: 1 MHz}}}",
      "dir/s.yaml:1:30: the ATmega328P has no oscillator for R and C on XTAL1" },
    { "steps: [{power: off, later: 3 instructions and 1 V}]", "dir/s.yaml:1:29: '1 V' " },
    { "steps: [{power: off, later: 3 instructions or so}]", "dir/s.yaml:1:29: '3 instructions or so' " },
    { "steps: [{wait: 1 s, later: 1 s}]", "dir/s.yaml:1:28: only power, rewire, clock, reset_programmer and chip" },
    { "steps: [{program: {memory: flash}}]", "dir/s.yaml:1:19: give one of: file, hex, random, fill" },
    { "steps: [{program: {fill: 1}}]", "dir/s.yaml:1:19: the key 'memory' is missing" },
    { "steps: [{program: {memory: ram, fill: 1}}]", "dir/s.yaml:1:28: 'ram' is neither flash nor eeprom" },
    { "steps: [{read: {memory: flash, fill: 0}}]", "dir/s.yaml:1:32: unknown key 'fill'" },
    { "steps: [{signature: 1E 95}]", "dir/s.yaml:1:21: '1E 95' holds 2 bytes, not 3" },
    { "steps: [{spi: {}}]", "dir/s.yaml:1:15: the key 'send' is missing" },
    { "steps: [{spi: {send: 30 00 00}}]", "dir/s.yaml:1:22: '30 00 00' holds 3 bytes, not 4" },
    { "steps: [{avrdude: {args: \"-U 'x\"}}]", "dir/s.yaml:1:26: a quote (') is not closed" },
    { "steps: [{avrdude: {args: -U flash:w:@nope.hex:i}}]", "dir/s.yaml:1:26: there is no file 'nope.hex'" },
    { "steps: [{avrdude: {exit: 300}}]", "dir/s.yaml:1:26: '300' is out of range: 0 .. 255" },
    { "steps: [{uart: {port: target}}]", "dir/s.yaml:1:23: this board has nothing on the target's serial port" },
    { "board: {programmer: {script: {}}}\nsteps: [{uart: {send: 30}}]",
      "dir/s.yaml:2:16: the programmer of this board runs no firmware" },
    { "board: {programmer: {script: {}}}\nsteps: [{reset_programmer: yes}]",
      "dir/s.yaml:2:28: the programmer of this board runs no firmware" },
    { "steps: [{uart: {port: lamp}}]", "dir/s.yaml:1:23: 'lamp' has no serial port" },
    { "steps: [{uart: {send: 1}}]", "dir/s.yaml:1:23: '1' is not bytes of two hex digits" },
    { "board: {target: {uart: {baud: 1}}}", "dir/s.yaml:1:31: '1' is out of range: 300 .. 2000000" },
    { "steps: [{plug: lamp}]", "dir/s.yaml:1:16: 'lamp' can't be plugged in" },
    { "steps: {wait: 1 s}", "dir/s.yaml:1:8: expected a list here, under 'steps'" },
    { "expect: {findings: [nonsense]}", "dir/s.yaml:1:21: there is no rule 'nonsense'; known: sck_high" },
    { "expect: {findings: [{count: 1}]}", "dir/s.yaml:1:21: the key 'rule' is missing" },
    { "expect: {findings: some}", "dir/s.yaml:1:20: expected a list here, under 'findings'" },
    { "expect: {nets: [{net: sck, level: 2}]}", "dir/s.yaml:1:35: '2' is no level" },
    { "expect: {nets: [{net: sck, shortest_high: \">= 4\"}]}", "dir/s.yaml:1:43: ' 4' is not a time" },
    { "expect: {nets: [{rises: 4}]}", "dir/s.yaml:1:17: the key 'net' is missing" },
    { "expect: {flash: {}}", "dir/s.yaml:1:17: give one of: file, hex, random, fill" },
    { "expect: {findings: [sck_hgh]}", "dir/s.yaml:1:21: there is no rule 'sck_hgh', did you mean 'sck_high'?" },
    { "expect: {margins: {busy_acess: 1 %}}",
      "dir/s.yaml:1:32: there is no rule 'busy_acess', did you mean 'busy_access'?" },
    { "steps: [{expect: {findings: [nonsense]}}]", "dir/s.yaml:1:30: there is no rule 'nonsense'" },
};

START_TEST(bad_input)
{
    struct problem err = { "" };
    struct scenario *s = load(bad[_i].text, &err);

    ck_assert_msg(!s, "accepted: %s", bad[_i].text);
    ck_assert_msg(!strncmp(err.text, bad[_i].says, strlen(bad[_i].says)), "%s\n  says    %s\n  expected %s",
                  bad[_i].text, err.text, bad[_i].says);
}
END_TEST

/* Nothing that stands in a file may crash, leak or hang: every prefix of a scenario, and each with a byte spoilt. */
START_TEST(broken_files)
{
    static const char text[] = "name: x\nseed: 3\nboard:\n  vcc: 3.3 V\n  target: {part: t85, fuses: {low: 0x62}}\n"
                               "  programmer: {script: {sck: 10 kHz}}\n  wiring: {miso: open}\nrecord: [sck]\n"
                               "steps:\n  - power: on\n  - spi: {send: \"30 00 00 00\", answer: \"xx xx xx 1E\"}\n"
                               "  - expect: {findings: none, nets: [{net: sck, rises: \">= 4\"}]}\n"
                               "expect:\n  findings: [{rule: sck_low, count: 3}, sck_high]\n";
    static const char spoilers[] = { '\0', '{', '[', '"', ':', '\t', '&', '*', '-', '\xff' };
    struct problem err;
    char copy[sizeof text];
    struct scenario *s = load(text, &err);

    ck_assert_msg(s != NULL, "%s", err.text);
    scenario_free(s);
    for (size_t n = 0; n < sizeof text - 1; n++) {
        s = scenario_load_text("f", text, n, NULL, 0, &err);
        scenario_free(s);
        memcpy(copy, text, sizeof text);
        copy[n] = spoilers[n % sizeof spoilers];
        err.text[0] = '\0';
        s = scenario_load_text("f", copy, sizeof text - 1, NULL, 0, &err);
        ck_assert(s || err.text[0]);
        scenario_free(s);
    }
}
END_TEST

START_TEST(waits_beyond_the_budget)
{
    struct problem err = { "" };
    char text[4000] = "steps:\n";

    for (unsigned i = 0; i < 25; i++) {
        strcat(text, "  - wait: 3600 s\n");
    }
    struct scenario *s = load(text, &err);
    ck_assert_msg(s != NULL, "%s", err.text);
    ck_assert(scenario_fits(s, 25 * 3600 * SIM_S, &err));
    ck_assert(!scenario_fits(s, SIM_BUDGET_PS, &err));
    ck_assert_ptr_nonnull(strstr(err.text, "s.yaml:26:"));
    ck_assert(!scenario_fits(s, SIM_S, &err));
    ck_assert_ptr_nonnull(strstr(err.text, "s.yaml:2:"));
    scenario_free(s);
}
END_TEST

START_TEST(empty_is_the_usual_board)
{
    struct problem err = { "" };
    struct scenario *s = load("{}", &err), *d = scenario_default(&err);

    ck_assert_msg(s && d, "%s", err.text);
    ck_assert_str_eq(s->name, "s");
    ck_assert_str_eq(s->board.target.part->name, "atmega328p");
    ck_assert_uint_eq(s->board.target.fuses.fuse[0], 0x62);
    ck_assert_uint_eq(s->board.target.fuses.fuse[1], 0xD9);
    ck_assert_uint_eq(s->board.vcc_mv, 5000);
    ck_assert_ptr_eq(s->board.programmer.type, &programmer_mcu);
    ck_assert_str_eq(s->board.programmer.firmware, "arduinoisp");
    ck_assert_uint_eq(s->board.programmer.baud, 19200);
    ck_assert_uint_eq(s->n_steps, 0);
    /* a file without anything is a mistake: a pipe that was read before, a disk that was full */
    ck_assert_ptr_null(load("", &err));
    ck_assert_ptr_nonnull(strstr(err.text, "s.yaml:1:1: there is nothing in it"));
    ck_assert_ptr_null(load("# only a comment\n", &err));
    ck_assert_ptr_null(load("---\n", &err));
    ck_assert(!s->expect.findings_given);
    ck_assert_int_eq(s->expect.fuses.value[0], -1);
    ck_assert_str_eq(d->board.programmer.firmware, "arduinoisp");
    scenario_free(s);
    scenario_free(d);
}
END_TEST

static struct scenario *with_programmer(const char *programmer)
{
    char text[200];
    struct problem err;
    struct scenario *s;

    snprintf(text, sizeof text, "board: {programmer: {%s}}\n", programmer);
    s = scenario_load_text("dir/s.yaml", text, strlen(text), NULL, 0, &err);
    ck_assert_msg(s, "%s", err.text);
    return s;
}

START_TEST(host_follows_from_firmware)
{
    static const struct {
        const char *programmer, *set, *host;
        uint32_t baud;
        bool known;
    } rows[] = {
        { "firmware: limpisp", NULL, "stk500v2", 115200, true },
        { "firmware: limpisp, baud: 9600", NULL, "stk500v2", 9600, true },
        { "firmware: limpisp, host: stk500v1", NULL, "stk500v1", 115200, true },
        { "firmware: arduinoisp_1m_noflicker", NULL, "stk500v1", 1000000, true },
        { "host: stk500v2", NULL, "stk500v2", 19200, true }, /* to ArduinoISP: wrong, as the file says */
        { "firmware: somebodys", NULL, "stk500v1", 19200, false },
        { "firmware: somebodys, host: stk500v2", NULL, "stk500v2", 115200, true },
        { "script: {}", NULL, "stk500v1", 19200, true }, /* the front end */
        /* --firmware */
        { "firmware: arduinoisp", "limpisp", "stk500v2", 115200, true },
        { "firmware: limpisp, host: stk500v2", "arduinoisp", "stk500v1", 19200, true },
        { "firmware: arduinoisp", "somebodys", "stk500v1", 19200, false },
        { "host: stk500v1-avrdude-7.1", "somebodys", "stk500v1-avrdude-7.1", 19200, true },
        { "script: {}", "limpisp", "stk500v1", 19200, true },
    };

    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct scenario *s = with_programmer(rows[i].programmer);
        const struct programmer_config *p = &s->board.programmer;

        if (rows[i].set) {
            scenario_set_firmware(s, rows[i].set);
        }
        ck_assert_str_eq(p->host->name, rows[i].host);
        ck_assert_uint_eq(p->baud, rows[i].baud);
        ck_assert_int_eq(p->host_known, rows[i].known);
        scenario_free(s);
    }
}
END_TEST

START_TEST(values)
{
    static const char text[] = "seed: 0x10\n"
                               "board:\n"
                               "  vcc: 3.3 V\n"
                               "  target:\n"
                               "    fuses: {preset: uno, low: 0xE2}\n"
                               "    flash: {hex: \"01 02 03\", offset: 0x100}\n"
                               "    eeprom: {random: 5, length: 16}\n"
                               "    rc_deviation: -2.5 %\n"
                               "    switches: {busy_permille: 900, miso_output: sampled}\n"
                               "    clock: {wave: 1 MHz, pin: xtal2}\n"
                               "    uart: {baud: 57600}\n"
                               "  programmer: {script: {sck: 125 kHz, mosi_hold: 100 ns, poll: yes}}\n"
                               "  wiring: {miso: open, xtal1: gnd, sck: script.MISO}\n"
                               "  pull_ups: {reset: 10 kOhm}\n"
                               "steps:\n"
                               "  - power: off\n"
                               "    later: 2.5 ms\n"
                               "  - power: 3.0 V\n"
                               "  - verify_fuses: {high: 0xDE}\n"
                               "    fails: text\n"
                               "  - avrdude: {args: \"-v -U 'lfuse:w:0x62:m' \\\"a b\\\"\", exit: 1, port: target}\n"
                               "expect:\n"
                               "  findings: none\n";
    struct problem err = { "" };
    struct scenario *s = load(text, &err);

    ck_assert_msg(s != NULL, "%s", err.text);
    ck_assert_uint_eq(s->seed, 16);
    ck_assert_uint_eq(s->board.vcc_mv, 3300);
    ck_assert_uint_eq(s->board.target.fuses.fuse[0], 0xE2);
    ck_assert_uint_eq(s->board.target.fuses.fuse[1], 0xDE);
    ck_assert_uint_eq(s->board.target.flash.offset, 0x100);
    ck_assert_uint_eq(s->board.target.flash.n, 3);
    ck_assert_uint_eq(s->board.target.flash.bytes[2], 3);
    ck_assert_uint_eq(s->board.target.eeprom.n, 16);
    ck_assert_int_eq(s->board.target.rc_ppm, -25000);
    ck_assert_int_eq(s->board.target.switches.v[SW_BUSY_PERMILLE], 900);
    ck_assert_int_eq(s->board.target.switches.v[SW_MISO_OUTPUT], MISO_SAMPLED);
    ck_assert_int_eq(s->board.target.clock.kind, SCENARIO_CLOCK_WAVE);
    ck_assert(s->board.target.clock.on_xtal2);
    ck_assert_uint_eq(s->board.programmer.script.t_high_ps, 4 * SIM_US);
    ck_assert_uint_eq(s->board.programmer.script.t_mosi_hold_ps, 100 * SIM_NS);
    ck_assert_uint_eq(s->board.n_wires, 3);
    ck_assert_uint_eq(s->board.wires[0].pin, AVR_SCK); /* in the order of the pins, not of the file */
    ck_assert_uint_eq(s->board.wires[0].to.what, PLAN_PIN);
    ck_assert_str_eq(plan_pin_of(&s->board.plan, &s->board.wires[0].to)->name, "MISO");
    ck_assert_uint_eq(s->board.wires[1].to.what, PLAN_NOTHING);
    ck_assert_uint_eq(pull_ohm(scenario_pull(&s->board, AVR_RESET)), 10000);
    ck_assert_int_eq(scenario_pull(&s->board, AVR_RESET)->to, PULL_TO_VCC);
    ck_assert_ptr_null(scenario_pull(&s->board, AVR_SCK));
    ck_assert(s->steps[0].later && s->steps[0].later_ps == 2500 * SIM_US && s->steps[0].vcc_mv == 0);
    ck_assert_uint_eq(s->steps[1].vcc_mv, 3000);
    ck_assert_str_eq(s->steps[2].fails, "text");
    ck_assert_int_eq(s->steps[2].fuse[PROG_HIGH], 0xDE);
    ck_assert_int_eq(s->steps[2].fuse[PROG_LOW], -1);
    ck_assert_uint_eq(s->board.target.uart.baud, 57600);
    ck_assert_str_eq(s->steps[3].type->key, "avrdude");
    ck_assert(s->expect.findings_given && s->expect.n_findings == 0);
    ck_assert_uint_eq(s->steps[2].place.line, 19);
    ck_assert_uint_eq(s->steps[2].place.column, 5);
    scenario_free(s);
}
END_TEST

START_TEST(wires_that_are_noted)
{
    static const struct {
        const char *text, *note; /* NULL: none */
    } rows[] = {
        { "board: {parts: {r: {type: resistor, ohm: 1 kOhm}}}",
          "dir/s.yaml:1:20: no wire leads to r, so it does nothing; its pins: r.A, r.B" },
        { "board: {parts: {r: {type: resistor, ohm: 1 kOhm}}, wires: {w: [uno.D12, r.A]}}",
          "dir/s.yaml:1:20: no wire leads to r.B, so r does nothing" },
        { "board: {parts: {r: {type: resistor, ohm: 1 kOhm}}, wires: {w: [uno.D12, r.A]}, wiring: {miso: r.B}}", NULL },
        { "board: {wiring: {mosi: uno.D1}}",
          "dir/s.yaml:1:24: D1 is the serial port's pin too: the host hears what goes over this wire" },
        { "board: {wires: {w: [uno.D0, target.MISO]}}",
          "dir/s.yaml:1:21: D0 is the serial port's pin too: the board's USB chip drives it through 1 kOhm, and what the "
          "host sends goes over this wire" },
        { "board: {parts: {r: {type: resistor, ohm: 1 kOhm}}, wires: {w: [uno.D12, r.A]}}\n"
          "steps: [{rewire: {miso: open}}, {rewire: {miso: r.B}}, {rewire: {miso: w}}]",
          NULL },
        { "board: {parts: {radio: {type: driver, level: 0, enable: always}}, wires: {w: [target.miso, radio.OUT]}}",
          NULL },
        { "board: {parts: {f: {type: serial_fault, dropped: 1 %}}}", NULL },
    };

    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct problem err = { "" };
        struct scenario *s = load(rows[i].text, &err);

        ck_assert_msg(s != NULL, "%s", err.text);
        ck_assert_uint_eq(s->n_notes, rows[i].note != NULL);
        ck_assert_str_eq(s->n_notes ? s->notes[0] : "", rows[i].note ? rows[i].note : "");
        scenario_free(s);
    }
}
END_TEST

START_TEST(random_data_is_the_same_for_a_number)
{
    struct problem err = { "" };
    struct scenario *s = load("steps: [{program: {memory: flash, random: 1}}, {program: {memory: flash, random: 1}},"
                              " {program: {memory: flash, random: 2}},"
                              " {program: {memory: flash, random: 1, ff_runs: yes}}]",
                              &err);
    unsigned runs = 0;

    ck_assert_msg(s != NULL, "%s", err.text);
    ck_assert_uint_eq(s->steps[0].data.n, 32768);
    ck_assert(!memcmp(s->steps[0].data.bytes, s->steps[1].data.bytes, 32768));
    ck_assert(memcmp(s->steps[0].data.bytes, s->steps[2].data.bytes, 32768));
    for (unsigned i = 0; i < 32768; i++) {
        runs += s->steps[3].data.bytes[i] == 0xFF;
    }
    ck_assert_uint_gt(runs, 5000);
    ck_assert_uint_lt(runs, 20000);
    scenario_free(s);
}
END_TEST

START_TEST(sets)
{
    static const struct scenario_set good_sets[] = {
        { "board.target.fuses.low", "0x12" },
        { "board.programmer", "{script: {sck: 10 kHz}}" },
        { "steps[0].wait", "3 ms" },
    };
    static const struct scenario_set bad_unit = { "board.vcc", "5" }, bad_key = { "board.vbb", "5 V" };
    static const char text[] = "board: {vcc: 4 V}\nsteps: [{wait: 1 ms}]";
    struct problem err = { "" };
    struct scenario *s = scenario_load_text("f", text, strlen(text), good_sets, 3, &err);

    ck_assert_msg(s != NULL, "%s", err.text);
    ck_assert_uint_eq(s->board.target.fuses.fuse[0], 0x12);
    ck_assert_ptr_eq(s->board.programmer.type, &programmer_script);
    ck_assert_uint_eq(s->board.programmer.script.sck_hz, 10000);
    ck_assert_uint_eq(s->steps[0].wait_ps, 3 * SIM_MS);
    scenario_free(s);
    ck_assert_ptr_null(scenario_load_text("f", text, strlen(text), &bad_unit, 1, &err));
    ck_assert(strstr(err.text, "--set board.vcc: '5' is not a voltage") == err.text);
    ck_assert_ptr_null(scenario_load_text("f", text, strlen(text), &bad_key, 1, &err));
    ck_assert(strstr(err.text, "--set board.vbb: unknown key 'vbb', did you mean 'vcc'?") == err.text);
}
END_TEST

/* Every key of the schema and of the parts stands in docs/scenarios.md or circuits.md (the pins as a range). */
static void keys_documented(const char *doc, const cyaml_schema_value_t *v)
{
    if (v->type == CYAML_SEQUENCE) {
        keys_documented(doc, v->sequence.entry);
    }
    if (v->type != CYAML_MAPPING) {
        return;
    }
    for (const cyaml_schema_field_t *f = v->mapping.fields; f->key; f++) {
        bool pin = strlen(f->key) == 3 && f->key[0] == 'p' && f->key[2] >= '0' && f->key[2] <= '7';

        ck_assert_msg(pin || strstr(doc, f->key), "docs/scenarios.md does not explain '%s'", f->key);
        keys_documented(doc, &f->value);
    }
}

START_TEST(documented)
{
    struct raw_schema schema;
    const char *root = getenv("LIMPET_SOURCE_ROOT");
    static const char *const pages[] = { "scenarios.md", "circuits.md" };
    static char doc[100000];
    char text[500];
    size_t n = 0;

    ck_assert_msg(root != NULL, "LIMPET_SOURCE_ROOT is not set: run this test with meson test");
    for (unsigned i = 0; i < sizeof pages / sizeof pages[0]; i++) {
        FILE *f;

        snprintf(text, sizeof text, "%s/docs/%s", root, pages[i]);
        f = fopen(text, "r");
        ck_assert_ptr_nonnull(f);
        n += fread(doc + n, 1, sizeof doc - 1 - n, f);
        fclose(f);
    }
    raw_schema_init(&schema);
    keys_documented(doc, &schema.scenario);
    for (unsigned i = 0; part_type_at(i); i++) {
        const struct part_type *type = part_type_at(i);

        snprintf(text, sizeof text, "| `%s` |", type->name);
        ck_assert_msg(type->place != PART_AMONG_PARTS || strstr(doc, text), "docs/scenarios.md does not explain %s",
                      type->name);
        for (unsigned k = 0; k < type->n_keys; k++) {
            bool of_channel = !strncmp(type->keys[k].name, "direction_", 10);

            snprintf(text, sizeof text, "`%s`", type->keys[k].name);
            ck_assert_msg(of_channel || strstr(doc, text), "docs/scenarios.md does not explain %s of %s",
                          type->keys[k].name, type->name);
        }
    }
}
END_TEST

/* The shipped scenarios with bytes changed, lines doubled, dropped and cut off: an error that says where, or fine. */
static size_t mutate(struct sim_rng *rng, char *text, size_t n, size_t room)
{
    static const char letters[] = "{}[]:,-&*!|>'\"#%@0x9 \n\t\\ems\x80\xff";

    for (uint64_t k = sim_rng_below(rng, 4) + 1; k > 0 && n > 2; k--) {
        size_t at = sim_rng_below(rng, n), len = sim_rng_below(rng, 30) + 1;

        if (len > n - at) {
            len = n - at;
        }
        switch (sim_rng_below(rng, 4)) {
        case 0: text[at] = letters[sim_rng_below(rng, sizeof letters - 1)]; break;
        case 1: /* a piece once more */
            if (n + len > room) {
                break;
            }
            memmove(text + at + len, text + at, n - at);
            n += len;
            break;
        case 2: /* a piece less */
            memmove(text + at, text + at + len, n - at - len);
            n -= len;
            break;
        case 3: n = sim_rng_below(rng, 8) ? n : at; break;
        }
    }
    return n;
}

START_TEST(mutated)
{
    static char text[40000], copy[80000];
    const char *root = getenv("LIMPET_SOURCE_ROOT");
    struct sim_rng rng = sim_rng_stream(1, "mutated scenarios");
    unsigned good = 0, refused = 0;
    char pattern[500];
    glob_t found;

    ck_assert_msg(root != NULL, "LIMPET_SOURCE_ROOT is not set: run this test with meson test");
    snprintf(pattern, sizeof pattern, "%s/scenarios/*.yaml", root);
    ck_assert_int_eq(glob(pattern, 0, NULL, &found), 0);
    snprintf(pattern, sizeof pattern, "%s/scenarios/*/*.yaml", root);
    ck_assert_int_eq(glob(pattern, GLOB_APPEND, NULL, &found), 0);
    for (size_t i = 0; i < found.gl_pathc; i++) {
        FILE *f = fopen(found.gl_pathv[i], "rb");
        size_t n = fread(text, 1, sizeof text, f);

        fclose(f);
        for (unsigned k = 0; k < 40; k++) {
            struct problem err = { "" };
            struct scenario *s;
            size_t m;

            memcpy(copy, text, n);
            m = mutate(&rng, copy, n, sizeof copy);
            s = scenario_load_text(found.gl_pathv[i], copy, m, NULL, 0, &err);
            ck_assert_msg(s || strchr(err.text, ':'), "%.*s", (int)m, copy);
            good += s != NULL;
            refused += s == NULL;
            scenario_free(s);
        }
    }
    globfree(&found);
    ck_assert_uint_gt(good, 100);
    ck_assert_uint_gt(refused, 500);
}
END_TEST

START_TEST(files)
{
    char path[] = "/tmp/limpet-scenario-XXXXXX";
    struct problem err = { "" };
    int fd = mkstemp(path);

    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(ftruncate(fd, 2000000), 0);
    ck_assert_ptr_null(scenario_load(path, NULL, 0, &err));
    ck_assert(strstr(err.text, "larger than the 1000000 bytes"));
    close(fd);
    unlink(path);
    ck_assert_ptr_null(scenario_load(path, NULL, 0, &err));
    ck_assert(strstr(err.text, "No such file"));
    ck_assert_ptr_null(scenario_load("/", NULL, 0, &err));
    ck_assert(strstr(err.text, "/: Is a directory"));
}
END_TEST

int main(void)
{
    Suite *s = suite_create("scenario");
    TCase *t = tcase_create("scenario");

    tcase_set_timeout(t, 60);
    tcase_add_loop_test(t, bad_input, 0, sizeof bad / sizeof bad[0]);
    tcase_add_test(t, broken_files);
    tcase_add_test(t, empty_is_the_usual_board);
    tcase_add_test(t, host_follows_from_firmware);
    tcase_add_test(t, waits_beyond_the_budget);
    tcase_add_test(t, values);
    tcase_add_test(t, wires_that_are_noted);
    tcase_add_test(t, random_data_is_the_same_for_a_number);
    tcase_add_test(t, sets);
    tcase_add_test(t, documented);
    tcase_add_test(t, mutated);
    tcase_add_test(t, files);
    suite_add_tcase(s, t);
    return run_all(s);
}
