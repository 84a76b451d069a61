#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Real avrdude on boards whose programmer runs no firmware: by way of the front end on the PC."""
import subprocess
import unittest

from limpet_session import LIMPET, LimpetTest

SCRIPT = "script: {sck: 100 kHz}"
MINIFRAME = "miniframe: {circuit: two_4001}"
FOURBIT_4098 = 'miniframe: {circuit: "4098"}'


def board(programmer, *steps, part="atmega328p", more=""):
    lines = "".join(f"  - {step}\n" for step in steps)
    return f"board:\n  target: {{part: {part}}}\n  programmer:\n    {programmer}\n" \
           f"  pull_ups: {{reset: 10 kOhm}}\n{more}steps:\n{lines}"


class FrontEnd(LimpetTest):
    def run_text(self, text, *args, status=0):
        (self.dir / "it.yaml").write_text(text)
        done = subprocess.run([LIMPET, "run", *args, "it.yaml"], capture_output=True, text=True, cwd=self.dir,
                              stdin=subprocess.DEVNULL, timeout=100)
        self.assertEqual(done.returncode, status, text + done.stdout + done.stderr)
        return done.stdout + done.stderr

    def test_a_recording_cannot_be_driven(self):
        (self.dir / "s.csv").write_text("time_us,signal,level\n1,a,1\n")
        text = "board: {programmer: {stimulus: {file: s.csv, map: {sck: a}}}}\nsteps: [{avrdude: {args: -v}}]\n"
        self.assertIn("it.yaml:2:19: a recording is the programmer", self.run_text(text, status=2))

    def test_both_ways_of_counting(self):
        self.run_text(board(
            SCRIPT,
            "avrdude: {args: '-e -U eeprom:w:1,2,3,4,5,6,7,8,9,10:m'}",
            "avrdude: {args: '-c arduino -U eeprom:v:1,2,3,4,5,6,7,8,9,10:m'}",
            "avrdude: {args: '-c arduino -U eeprom:w:11,12,13,14,15,16,17,18,19,20:m -U flash:w:1,2,3,4,5:m'}",
            "avrdude: {args: '-U eeprom:v:11,12,13,14,15,16,17,18,19,20:m -U lock:w:0xFC:m'}",
            "avrdude: {args: '-U flash:v:1,2,3,4,5:m', exit: 1, says: [verification mismatch]}") +
            "expect: {findings: none}\n")

    def test_other_parts(self):
        for part, fuse in (("atmega168p", "E2"), ("attiny85", "E2"), ("atmega8a", "E4")):
            with self.subTest(part):
                self.run_text(board(
                    SCRIPT,
                    "avrdude: {args: '-e -U eeprom:w:1,2,3,4,5,6,7,8:m -U flash:w:1,2,3,4,5:m "
                    f"-U lfuse:w:0x{fuse}:m'}}",
                    part=part) + "expect:\n  findings: none\n  eeprom: {hex: 01 02 03 04 05 06 07 08 FF FF}\n"
                    "  flash: {hex: 01 02 03 04 05 FF}\n")

    def test_two_runs_are_the_same(self):
        for programmer in (SCRIPT, MINIFRAME, FOURBIT_4098):
            text = board(programmer,
                         "avrdude: {args: '-U flash:w:1,2,3:m -U lfuse:w:0xE2:m -U lock:w:0x3F:m'}")
            with self.subTest(programmer):
                first = self.run_text(text, "--verbose", "--vcd", "1.vcd")
                self.assertEqual(first, self.run_text(text, "--verbose", "--vcd", "2.vcd"))
                self.assertNotIn("wall clock", first)
                self.assertEqual((self.dir / "1.vcd").read_bytes(), (self.dir / "2.vcd").read_bytes())

    def test_no_way_in(self):
        said = self.run_text(board(MINIFRAME, "avrdude: {args: '-U lfuse:r:-:h', exit: 1, says: [initialization "
                                   "failed]}", more="  wiring: {miso: open}\n"), "--verbose")
        self.assertIn("the programmer said: no answer to Programming Enable", said)

    def test_it_follows_what_is_plugged_in(self):
        self.run_text(board("usb: {state_time: 100 us}",
                            "avrdude: {args: '-U lfuse:r:-:h', exit: 1, says: ['signature = 0x000000']}",
                            "plug: script",
                            "avrdude: {args: '-U lfuse:v:0x62:m', says: ['signature = 0x1e950f']}",
                            "plug: programmer",
                            "avrdude: {args: '-U lfuse:r:-:h', exit: 1, says: ['signature = 0x000000']}"))

    def test_steps_before_and_after(self):
        self.run_text(board(MINIFRAME, "signature: 1E 95 0F", "avrdude: {args: '-U lfuse:w:0xE2:m'}",
                            "verify_fuses: {low: 0xE2}", "avrdude: {args: '-U lfuse:v:0xE2:m'}"))


if __name__ == "__main__":
    unittest.main()
