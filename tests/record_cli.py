#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""limpet serve --record, and limpet run of what it wrote: the same wires, to the byte"""
import os
import pathlib
import subprocess
import time
import unittest

from limpet_session import LIMPET, LimpetTest

SLOW = """# a comment with "quotes" and a \\ backslash
board:
  target: {part: atmega328p, fuses: {low: 0x62}}
  programmer: {firmware: arduinoisp}
"""


def changes(path):
    """Of a VCD, without the times at which nothing changed: a file that grows says now and then how far it is"""
    lines = path.read_text().splitlines()
    return [line for line, after in zip(lines, lines[1:] + ["#"]) if not (line.startswith("#") and after.startswith("#"))]


class Record(LimpetTest):
    def replay(self, recording, *args, status=0):
        return self.run_limpet("run", recording, *args, status=status)

    def test_a_session_is_replayed_to_the_byte(self):
        (self.dir / "s.yaml").write_text(SLOW)
        with self.serve("s.yaml", "--record", "r.yaml", "--vcd", "live.vcd", "--set", "board.target.fuses.low=0xE2") as bench:
            self.assertIn("0x1e950f", bench.avrdude("-v").lower())
            bench.avrdude("-e", "-U", "eeprom:w:0x12,0x34:m")
        (self.dir / "s.yaml").unlink()  # the recording has it
        said = self.replay("r.yaml", "--vcd", "again.vcd")
        self.assertIn("PASS", said)
        live, again = (changes(self.dir / name) for name in ("live.vcd", "again.vcd"))
        self.assertGreater(len(live), 1500)
        self.assertEqual(live, again)
        # an act left out is another session
        lines = (self.dir / "r.yaml").read_text().splitlines()
        sent = [i for i, line in enumerate(lines) if " send " in line]
        del lines[sent[len(sent) // 2]]
        (self.dir / "r.yaml").write_text("\n".join(lines) + "\n")
        self.replay("r.yaml", "--vcd", "other.vcd", status=None)
        self.assertNotEqual(changes(self.dir / "other.vcd"), live)

    def test_the_built_in_board_whose_programmer_is_reset(self):
        with self.serve("--record", "r.yaml", "--vcd", "live.vcd") as bench:
            bench.avrdude("-v")
        self.assertIn(" programmer open\n", (self.dir / "r.yaml").read_text())
        self.replay("r.yaml", "--vcd", "again.vcd")
        self.assertEqual(changes(self.dir / "live.vcd"), changes(self.dir / "again.vcd"))

    def test_one_that_was_cut_off(self):
        with self.serve("--record", "r.yaml") as bench:
            bench.avrdude("-v")
        text = (self.dir / "r.yaml").read_text()
        (self.dir / "cut.yaml").write_text("\n".join(text.splitlines()[:-5]) + "\n")
        self.assertIn("PASS", self.replay("cut.yaml"))

    def test_bad_input(self):
        def refused(*args):
            done = subprocess.run([LIMPET, *args], capture_output=True, text=True, cwd=self.dir, timeout=30, stdin=subprocess.DEVNULL)
            self.assertEqual(done.returncode, 2, done.stdout)
            return done.stderr

        self.assertIn("does not go with --chip", refused("serve", "--record", "r.yaml", "--chip", "c"))
        self.assertIn("no/such", refused("serve", "--record", "no/such"))
        self.assertIn("of which scenario", refused("serve", "--set", "board.vcc=3 V"))
        head = "recording:\n  version: 1\n  path: s.yaml\n  seed: \"1\"\n  scenario: \"{}\"\n  acts:\n"
        for text, says in ((head.replace("version: 1", "version: 9") + "  - 1 programmer open\n", "version 9; this limpet reads version 1"),
                           (head + "  - 1 programmer fly\n", "r.yaml:7:5: '1 programmer fly' is no act"),
                           (head + "  - 5 programmer open\n  - 1 programmer open\n", "r.yaml:8:5: "),
                           (head + "  - 1 programmer send\n", "is no act"), (head + "  - 1 programmer send 3\n  - x\n", "is no act"),
                           (head.replace("acts:", "nothing: 1"), "has no acts"),
                           (head.replace('"{}"', '"board: {vcc: 5}"') + "  - 1 programmer open\n", "the unit is missing")):
            (self.dir / "r.yaml").write_text(text)
            self.assertIn(says, refused("run", "r.yaml"))

    def test_nobody_there_costs_no_time(self):
        def ticks(pid):
            return sum(map(int, pathlib.Path(f"/proc/{pid}/stat").read_text().split()[13:15]))

        with self.serve() as bench:
            took = []
            for _ in range(30):  # a busy machine puts off what it does when it starts; who spins does so in each second
                before = ticks(bench.process.pid)
                time.sleep(1)
                took.append(ticks(bench.process.pid) - before)  # of 100
                if took[-1] <= (40 if "ASAN_OPTIONS" in os.environ else 3):
                    break
            else:
                self.fail(f"ticks in each second: {took}")
            self.assertIn("1e950f", bench.avrdude("-v").lower())


if __name__ == "__main__":
    unittest.main()
