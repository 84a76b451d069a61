#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""ArduinoISP's SPI at 125 kHz: SCK exact to the cycle, bytes as near as the compiler has it; and the run repeatable to the byte."""
import collections
import unittest

from limpet_session import SOURCE_ROOT, LimpetTest

CYCLE_PS = 62500  # 16 MHz
SESSION = SOURCE_ROOT / "tests/session.yaml"


def csv_changes(path):
    with open(path) as rows:
        assert next(rows).strip() == "time_us,signal,level"
        for row in rows:
            time, signal, level = row.strip().split(",")
            whole, _, part = time.partition(".")
            yield int(whole) * 10**6 + int(part.ljust(6, "0")), signal, level


class SckPeriod(LimpetTest):
    def rises(self):
        csv = self.dir / "session.csv"
        self.run_limpet("run", SESSION, "--csv", csv)
        reset, sck, rises = "Z", "0", []
        for at, signal, level in csv_changes(csv):
            if signal == "reset":
                reset = level
            elif signal == "sck":
                if level == "1" and sck == "0" and reset == "0":
                    rises.append(at)
                sck = level
        return rises

    def test_period_and_distance_of_bytes(self):
        rises = self.rises()
        self.assertGreater(len(rises), 32000)
        self.assertEqual(len(rises) % 32, 0)
        between_bytes = collections.Counter()
        for first in range(0, len(rises), 32):  # an instruction
            for byte in range(4):
                at = rises[first + 8 * byte:first + 8 * byte + 8]
                self.assertEqual({b - a for a, b in zip(at, at[1:])}, {128 * CYCLE_PS})
            starts = rises[first:first + 32:8]
            between_bytes.update((b - a) / CYCLE_PS for a, b in zip(starts, starts[1:]))
        # SPDR store to SPDR store: 8 x 128 cycles of SCK, the loop that polls SPIF (IN, SBRS, RJMP: 5 cycles or so),
        # and what the compiler puts between; the rest was interrupted. Exact, in machine code: mcu/spi_master_test.c.
        least = min(between_bytes)
        self.assertEqual(least, int(least), between_bytes)
        self.assertTrue(1024 + 5 <= least <= 1024 + 30, between_bytes)
        regular = sum(n for d, n in between_bytes.items() if d <= least + 8)
        self.assertGreater(regular, 0.9 * sum(between_bytes.values()), between_bytes)

    def test_runs_repeat_to_the_byte(self):
        files = []
        for turn in "12":
            vcd, csv = self.dir / f"{turn}.vcd", self.dir / f"{turn}.csv"
            out = self.run_limpet("run", SESSION, "--vcd", vcd, "--csv", csv)
            files.append((out.replace(f"{turn}.vcd", "").replace(f"{turn}.csv", ""), vcd.read_bytes(),
                          csv.read_bytes()))
        self.assertEqual(files[0], files[1])


if __name__ == "__main__":
    unittest.main()
