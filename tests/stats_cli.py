#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""`limpet run --stats`: where the work went. What is skipped is exactly what --no-shortcuts executes."""
import re
import subprocess
import unittest

from limpet_session import LIMPET, LimpetTest

SESSION = """
board:
  programmer: {firmware: arduinoisp}
steps:
  - signature: 1E 95 0F
  - leave: yes
  - wait: 30 ms
"""


# timer 0 overflows every 1.024 ms at 16 MHz: its handler (at 0x40) counts a byte; the program is SLEEP in a loop
SLEEPER = """
board:
  target: {fuses: {low: 0xFF}, clock: {crystal: 16 MHz}, flash: {hex: %s}}
  programmer: {script: {}}
steps:
  - wait: 1 s
""" % ("00C003E005BD01E000936E0078948895FECF" + "FF" * 46 + "8F938FB78F93809100018395809300018F918FBF8F911895")

LINES = re.compile(r"note: (.*)")


class Stats(LimpetTest):
    def setUp(self):
        super().setUp()
        (self.dir / "s.yaml").write_text(SESSION)

    def run_both(self, *options):
        done = subprocess.run([LIMPET, "run", *options, "s.yaml"], capture_output=True, text=True, cwd=self.dir, check=True)
        return done.stdout, done.stderr

    def figures(self, *options):
        out = self.run_both("--stats", *options)[0]
        cores = {}
        for name, cycles, asleep, total, executed, simavr, interrupts in re.findall(
                r"note: (\w+): (\d+) cycles, (\d+) of them asleep; (\d+) instructions, (\d+) executed \([\d.]+ %\), "
                r"(\d+) of these by simavr; (\d+) interrupts", out):
            skipped = sum(map(int, re.findall(rf"note: {name}: skipped (\d+) instructions", out)))
            self.assertEqual(int(total), int(executed) + skipped)
            cores[name] = (int(cycles), int(asleep), int(total), int(interrupts), int(executed), int(simavr))
        bytes_, trains = map(int, re.search(r"SPI bytes: (\d+), of (\d+)", out).groups())
        frames, others = map(int, re.search(r"UART frames: (\d+) in one piece, (\d+)", out).groups())
        events = int(re.search(r"events: (\d+) in all", out).group(1))
        self.assertEqual(events, sum(map(int, re.findall(r"events: (\d+) (?!in all)", out))))
        return cores, (bytes_, frames + others), (trains, frames)

    def test_both_ways_make_the_same_instructions(self):
        cores, lines, in_one = self.figures()
        all_cores, all_lines, none_in_one = self.figures("--no-shortcuts")
        self.assertEqual(sorted(cores), ["programmer", "target"])
        for name, core in cores.items():
            self.assertEqual(core[:4], all_cores[name][:4], name)
            self.assertEqual(all_cores[name][2], all_cores[name][4], name)
            self.assertLess(core[4], core[2] / 4, name)
        self.assertLess(cores["programmer"][5], 100)  # our executor leaves next to nothing to simavr
        self.assertEqual(lines, all_lines)
        self.assertEqual(none_in_one, (0, 0))
        self.assertGreater(min(in_one), 0)

    def test_a_core_that_sleeps_in_a_loop(self):
        (self.dir / "s.yaml").write_text(SLEEPER)
        lines = [re.search(r"target: (\d+ cycles, [1-9]\d+ of them asleep; \d+ instructions), (\d+) .*; (\d+) interrupts",
                           self.run_both("--stats", *o)[0]).groups() for o in ([], ["--no-shortcuts"])]
        self.assertEqual(lines[0][::2], lines[1][::2])
        self.assertGreater(int(lines[0][2]), 900)
        self.assertLess(int(lines[0][1]), int(lines[1][1]) / 10)

    def test_the_wall_stays_out_of_what_repeats(self):
        first, second = self.run_both("--stats"), self.run_both("--stats")
        self.assertEqual(first[0], second[0])
        self.assertRegex(first[1], r"s simulated in [\d.]+ s, [\d.]+ x real time\n$")
        out, err = self.run_both()
        self.assertNotIn("executed", out)
        self.assertEqual(err, "")


class SweepStats(LimpetTest):
    """Of a sweep: the sum of its points' own, whatever the number of processes."""

    def lines(self, *args):
        done = subprocess.run([LIMPET, *args], capture_output=True, text=True, cwd=self.dir, check=True)
        return [line for line in LINES.findall(done.stdout) if re.match(r"(programmer|target|events|SPI|UART)", line)]

    def test_it_is_the_sum(self):
        (self.dir / "s.yaml").write_text(SESSION)
        sweep = ["sweep", "--quiet", "--stats", "--vary", "steps[2].wait=30 ms, 70 ms, 200 ms", "s.yaml"]
        one, two = self.lines(*sweep, "--jobs", "1"), self.lines(*sweep, "--jobs", "2")
        self.assertEqual(one, two)
        self.assertTrue(one)

        def cycles(lines):
            return [int(n) for n in re.findall(r"^programmer: (\d+) cycles", "\n".join(lines), re.M)]
        points = [self.lines("run", "--stats", "--set", f"steps[2].wait={t}", "s.yaml") for t in ("30 ms", "70 ms", "200 ms")]
        self.assertEqual(cycles(one), [sum(cycles(p)[0] for p in points)])
        self.assertNotEqual(cycles(points[0]), cycles(points[2]))
        plain = subprocess.run([LIMPET, *[a for a in sweep if a != "--stats"]], capture_output=True, text=True, cwd=self.dir)
        self.assertNotIn("note: programmer", plain.stdout)


if __name__ == "__main__":
    unittest.main()
