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
    "baud": (", baud: 9600", "", SIGNATURE, "the host speaks at 9600 baud, the programmer's firmware listens at 192"),
    "no clock": ("", "  target: {fuses: {low: 0xE0}}\n", SIGNATURE, "A square wave on XTAL1 (PB6) revives it"),
    "128 kHz / 8": ("", "  target: {fuses: {low: 0x63}}\n", SIGNATURE, "the target's clock is 16 kHz (low fuse 0x63)"),
    "no supply": ("", "  power: off\n", SIGNATURE, "the target has no supply"),
    "debugWIRE": ("", "  target: {fuses: {high: 0x99}}\n", SIGNATURE, "DWEN gives RESET to debugWIRE"),
    "MISO open": ("", "  wiring: {miso: open}\n", SIGNATURE, "no wire leads from there to the programmer"),
    "SCK open": ("", "  wiring: {sck: open}\n", SIGNATURE, "SCK did not move at the target"),
    "RESET open": ("", "  wiring: {reset: open}\n", SIGNATURE, "RESET is high at the target"),
    "locked": ("", "  target: {fuses: {lock: 0xFC}}\n", VERIFY, "a chip erase opens them"),
    "no erase": ("", "  target: {flash: {fill: 0xF0, length: 128}}\n",
                 "  - program: {memory: flash, fill: 0x3C, length: 128}\n"
                 "  - verify: {memory: flash, fill: 0x3C, length: 128}\n", "without an erase before"),
    "another part": ("", "  target: {part: attiny85}\n", SIGNATURE, None),
    "other bytes": ("", "  target: {flash: {fill: 0x12, length: 4}}\n", VERIFY, None),
}


def run(text):
    with tempfile.TemporaryDirectory() as d:
        scenario = pathlib.Path(d, "s.yaml")
        scenario.write_text(text)
        return subprocess.run([LIMPET, "run", scenario], capture_output=True, text=True)


class Causes(unittest.TestCase):
    def test_each_has_its_own(self):
        for name, (programmer, board, steps, words) in CASES.items():
            with self.subTest(name):
                r = run(f"board:\n  programmer: {{firmware: arduinoisp{programmer}}}\n{board}steps:\n{steps}")
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
