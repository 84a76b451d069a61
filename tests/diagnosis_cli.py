#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""A step that fails has its cause in a line; one whose cause nobody knows has none; what is expected is judged all the same"""
import os
import pathlib
import subprocess
import tempfile
import unittest

LIMPET = os.environ["LIMPET"]
SIGNATURE = "  - signature: 1E 95 0F\n"
VERIFY = "  - verify: {memory: flash, fill: 0xFF, length: 4}\n"

# what is wrong: more of the programmer, more of the board, steps, words of the cause (None: none is known)
CASES = {
    "baud": (", baud: 9600", "", SIGNATURE, "the host speaks at 9600 baud, the programmer's firmware listens at 19200 (19231)"),
    "no clock": ("", "  target: {fuses: {low: 0xE0}}\n", SIGNATURE, "A square wave on XTAL1 (PB6) revives it"),
    "128 kHz / 8": ("", "  target: {fuses: {low: 0x63}}\n", SIGNATURE, "it runs at 16 kHz (low fuse 0x63: 128 kHz oscillator, CKDIV8)"),
    "no supply": ("", "  power: off\n", SIGNATURE, "the target has no supply, VCC is 0 mV"),
    "debugWIRE": ("", "  target: {fuses: {high: 0x99}}\n", SIGNATURE, "DWEN gives RESET to debugWIRE"),
    "MISO open": ("", "  wiring: {miso: open}\n", SIGNATURE, "no wire leads from the target's MISO to the programmer (uno.D12)"),
    "SCK open": ("", "  wiring: {sck: open}\n", SIGNATURE, "no wire leads from the target's SCK"),
    "RESET open": ("", "  wiring: {reset: open}\n", SIGNATURE, "no wire leads from the target's RESET"),
    "locked": ("", "  target: {fuses: {lock: 0xFC}}\n", VERIFY, "a chip erase opens them"),
    "no erase": ("", "  target: {flash: {fill: 0xF0, length: 128}}\n",
                 "  - program: {memory: flash, fill: 0x3C, length: 128}\n"
                 "  - verify: {memory: flash, fill: 0x3C, length: 128}\n", "without an erase before"),
    "another part": ("", "  target: {part: attiny85}\n", SIGNATURE, "the target is an ATtiny85, and says so: 1E 93 0B"),
    "other bytes": ("", "  target: {flash: {fill: 0x12, length: 4}}\n", VERIFY, "the chip itself holds 0x12 at 0x0000"),
    "another fuse": ("", "", "  - verify_fuses: {low: 0xE2}\n", "the chip itself holds 0x62 as its low fuse"),
    "no such bits": ("", "", "  - write_fuses: {ext: 0x05}\n", "0x05 and 0xFD are one setting of the extended fuse"),
    "crossed": ("", "  wiring: {mosi: uno.D12, miso: uno.D11}\n", SIGNATURE, "which is the programmer's MISO: they are crossed"),
    "wrong pin": ("", "  wiring: {sck: uno.D8}\n", SIGNATURE, "SCK is wired to uno.D8; the programmer's is uno.D13"),
    "MISO shorted": ("", "  wiring: {miso: gnd}\n", SIGNATURE, "the target's MISO is tied to ground"),
    "a second output": ("", "  parts: {radio: {type: driver, level: 1, enable: always}}\n"
                        "  wires: {miso: [uno.D12, target.MISO, radio.OUT]}\n", SIGNATURE, "something else drives that wire, first at"),
    "supply lost": ("", "", "  - enter: yes\n  - power: off\n  - power: on\n" + SIGNATURE, "came back at 988.3 ms, in mid-session"),
    "clock lost": ("", "  target: {fuses: {low: 0xE0}, clock: {wave: 8 MHz, pin: xtal1}}\n",
                   "  - enter: yes\n  - clock: {}\n" + SIGNATURE, "the target has no clock (low fuse 0xE0)"),
    "programmer reset": ("", "", "  - enter: yes\n  - reset_programmer: yes\n" + SIGNATURE, "was reset in mid-session"),
    "protocol": (", host: stk500v2, baud: 19200", "", SIGNATURE, "the host speaks stk500v2, the programmer's firmware (arduinoisp) speaks"),
    "answers otherwise": ("", "", "  - wait: 1 s\n  - uart: {send: '30 20', expect: '14 11', within: 100 ms}\n", None),
    "a flaky cable": ("", "  parts: {usb: {type: serial_fault, bit_errors: 5 %}}\n", SIGNATURE + VERIFY,
                      'the serial line has a fault, the part "usb" of the scenario: '),
    "pulled out": ("", "", "  - enter: yes\n  - chip: out\n" + SIGNATURE, "the chip has been out of its socket since 98"),
    "in the end, flash": ("", "  target: {flash: {fill: 0x12, length: 4}}\n", "  - wait: 1 ms\nexpect:\n"
                          "  flash: {fill: 0xFF, length: 4}\n", "the chip itself holds 0x12 at 0x0000"),
    "in the end, a fuse": ("", "", "  - wait: 1 ms\nexpect:\n  fuses: {low: 0xE2}\n", "the chip itself holds 0x62 as its low fuse"),
    "in the end, no supply": ("", "  power: off\n", "  - wait: 1 ms\nexpect:\n  fuses: {low: 0x62}\n", "VCC is 0 mV"),
    "in the end, no echo": ("", "  target: {fuses: {low: 0x63}}\n", "  - enter: yes\nexpect:\n"
                            "  nets: [{net: miso_oe, rises: 1}]\n", "it runs at 16 kHz (low fuse 0x63"),
    "nothing to do with it": ("", "  wiring: {miso: open}\n", "  - expect: {nets: [{net: sck, rises: 5}]}\n", None),
}

# the same of a scripted programmer: its keys, more of the board, steps, words
SCRIPTED = {
    "written while busy": ("flash_wait: 1 ms", "", "  - program: {memory: flash, fill: 0x55, length: 256}\n  - wait: 5 ms\n"
                           "  - verify: {memory: flash, fill: 0x55, length: 256}\n", "the chip was still writing when 40 00 00 55 came at"),
    "erasing": ("erase_wait: 1 ms", "", "  - erase: yes\n  - program: {memory: flash, fill: 0x55, length: 128}\n"
                "  - verify: {memory: flash, fill: 0x55, length: 128}\n", "the chip was still writing when 40 00 00 55 came"),
    "a fuse": ("fuse_wait: 1 ms", "", "  - write_fuses: {low: 0xE2}\n  - verify_fuses: {low: 0xE2}\n", "the chip was still writing when 50 00"),
    "too fast": ("sck: 1 MHz", "", SIGNATURE, "it runs at 1.016 MHz (low fuse 0x62: calibrated RC oscillator, CKDIV8)"),
    "too early": ("enter_wait: 5 ms", "  target: {switches: {early_enable_ignored: 1}}\n", SIGNATURE, "ms after RESET went low or power-up, must wait 20 ms"),
    "glitches": ("sck: 100 kHz", "  parts:\n    g: {type: glitch, kind: pulse, every: 300 us, width: 3 us}\n  wires:\n"
                 "    s1: [script.SCK, g.A]\n    s2: [g.B, target.SCK]\n", SIGNATURE, 'a fault on the wire (the part "g") made SCK'),
    "MISO breaks": ("sck: 100 kHz", "", "  - enter: yes\n  - rewire: {miso: open}\n" + SIGNATURE, "no wire leads from the target's MISO"),
    "pulses lost": ("sck: 100 kHz", "  parts:\n    g: {type: glitch, kind: lost, every: 300 us}\n  wires:\n"
                    "    s1: [script.SCK, g.A]\n    s2: [g.B, target.SCK]\n", SIGNATURE,
                    'the wire of SCK has a fault, the part "g" of the scenario: '),
    "noise on MOSI": ("sck: 100 kHz", "  parts:\n    g: {type: glitch, kind: pulse, every: 3 ms, width: 9 us}\n  wires:\n"
                      "    s1: [script.MOSI, g.A]\n    s2: [g.B, target.MOSI]\n",
                      "  - program: {memory: flash, fill: 0x55, length: 128}\n"
                      "  - verify: {memory: flash, fill: 0x55, length: 128}\n", "pulses, the last at"),
    "a stuck bit": ("sck: 100 kHz", "  parts: {old: {type: bad_cells, flash: 500, level: 1}}\n",
                    "  - program: {memory: flash, fill: 0, length: 8192}\n"
                    "  - verify: {memory: flash, fill: 0, length: 8192}\n", "of flash is stuck at 1: it reads 0x"),
    "a finding in the end": ("sck: 300 kHz", "", SIGNATURE + "expect:\n  findings: none\n", "SCK was high for 1.6"),
    "EESAVE": ("sck: 100 kHz", "  target: {fuses: {high: 0xD1}, eeprom: {fill: 0, length: 8}}\n",
               "  - erase: yes\n  - verify: {memory: eeprom, fill: 0xFF, length: 8}\n", "EESAVE is programmed (high fuse 0xD1)"),
}


def run(text):
    with tempfile.TemporaryDirectory() as d:
        scenario = pathlib.Path(d, "s.yaml")
        scenario.write_text(text)
        return subprocess.run([LIMPET, "run", scenario], capture_output=True, text=True)


class Causes(unittest.TestCase):
    def test_each_has_its_own(self):
        cases = {name: (f"firmware: arduinoisp{c[0]}", *c[1:]) for name, c in CASES.items()}
        cases |= {name: (f"script: {{{c[0]}}}", *c[1:]) for name, c in SCRIPTED.items()}
        for name, (programmer, board, steps, words) in cases.items():
            with self.subTest(name):
                r = run(f"board:\n  programmer: {{{programmer}}}\n{board}steps:\n{steps}")
                self.assertEqual(r.returncode, 1, r.stderr)
                causes = [line for line in r.stdout.splitlines() if line.startswith("  cause: ")]
                self.assertEqual(len(causes), words is not None, r.stdout)
                if words:
                    self.assertIn(words, causes[0])

    def test_the_rest_is_judged(self):
        out = run("board:\n  power: off\n  programmer: {firmware: arduinoisp}\nsteps:\n" + SIGNATURE
                  + "expect:\n  findings: none\n").stdout
        self.assertIn("finding", out.split("input_above_vcc")[0])
        self.assertIn("of input_above_vcc, expected none", out)


if __name__ == "__main__":
    unittest.main()
