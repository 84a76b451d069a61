#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""sigrok's decoders find the session in our VCD.

sigrok-cli ends with status 0 whatever happens, so its output is what counts. It expands every tick of the
file's timescale: downsample 10000 makes samples of 1 us out of our 100 ps, plenty for SCK at 125 kHz.
"""
import re
import subprocess
import unittest

from limpet_session import SOURCE_ROOT, LimpetTest

import wires


class Sigrok(LimpetTest):
    def setUp(self):
        super().setUp()
        self.vcd = self.dir / "session.vcd"
        self.run_limpet("run", SOURCE_ROOT / "tests/session.yaml", "--vcd", self.vcd)

    def decode(self, *options):
        done = subprocess.run(["sigrok-cli", "-i", self.vcd, "-I", "vcd:downsample=10000", *options],
                              capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=120)
        return done.stdout

    def test_spi_bytes_are_those_on_the_wires(self):
        session = wires.Session(self.vcd)
        self.assertGreater(len(session.instructions), 1000)
        for side in ("mosi", "miso"):
            out = self.decode("-P", "spi:clk=sck:mosi=mosi:miso=miso", "-A", f"spi={side}-data")
            found = bytes(int(b, 16) for b in re.findall(r": ([0-9A-F]{2})$", out, re.M))
            expected = b"".join(getattr(i, side) for i in session.instructions)
            if side == "miso":  # sigrok takes an open line as 0: leave out what came before the port answered
                found, expected = found[2:], expected[2:]
            self.assertEqual(found, expected, side)

    def test_avr_isp_finds_the_session(self):
        out = self.decode("-P", "spi:clk=sck:mosi=mosi:miso=miso,avr_isp", "-A", "avr_isp")
        lines = [line.partition(": ")[2] for line in out.splitlines()]
        for expected in ("Programming enable", "Chip erase", "Vendor code: 0x1e (Atmel)",
                         "Part family / memory size: 0x95", "Part number: 0x0f"):
            self.assertIn(expected, lines, out)
        self.assertLess(lines.index("Programming enable"), lines.index("Chip erase"))


if __name__ == "__main__":
    unittest.main()
