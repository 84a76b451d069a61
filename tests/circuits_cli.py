#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The programmers without a microcontroller as a user meets them: what is refused, what fails, lines in volts."""
import re
import subprocess
import unittest

from limpet_session import LIMPET, SOURCE_ROOT, LimpetTest

SCENARIOS = SOURCE_ROOT / "scenarios"


def miniframe(*lines):
    text = "".join(f"\n    {line}" for line in lines)
    return f"board:\n  programmer:\n   miniframe:{text}\n  pull_ups: {{reset: 10 kOhm}}\nsteps: [{{signature: 1E 95 0F}}]\n"


class Circuits(LimpetTest):
    def run_text(self, text):
        (self.dir / "it.yaml").write_text(text)
        return subprocess.run([LIMPET, "run", "it.yaml"], capture_output=True, text=True, cwd=self.dir,
                              stdin=subprocess.DEVNULL, timeout=60)

    def refused(self, text, place, *says):
        done = self.run_text(text)
        self.assertEqual((done.returncode, done.stdout), (2, ""), text + done.stdout + done.stderr)
        self.assertTrue(done.stderr.startswith(f"it.yaml:{place}: "), done.stderr)
        for words in says:
            self.assertIn(words, done.stderr)

    def test_impossible_parts(self):
        for part, place, says in (
            ("c2: 0 nF", "4:12", "C2"),
            ("r2: -15 kOhm", "4:17", "sign"),
            ("r1: 15 V", "4:17", "resistance"),
            ("c2: 2.2", "4:17", "unit"),
            ("vt: 95 %", "4:12", "vt"),
            ("{r3: 3.3 kOhm, r4: 4.7 kOhm}", "4:12", "R4 must be below R3"),
            ("t2: 21 us", "4:17", "the circuit two_4001 has no t2"),
            ("c9: 1 nF", "4:13", "c9"),
        ):
            with self.subTest(part):
                self.refused(miniframe(f"parts: {{{part.strip('{}')}}}"), place, says)
        self.refused(miniframe('circuit: "4098"', "parts: {c2: 2.2 nF}"), "5:17", "the circuit 4098 has no c2")
        self.refused(miniframe('circuit: "4098"', "parts: {t2: 2 s}"), "5:12", "T2 must be")
        self.refused(miniframe('circuit: "4098"', "rx_driver: pnp"), "5:16", "receive drivers")
        self.refused(miniframe("lines: {high: -9 V, low: 9 V}"), "4:12", "")
        self.refused(miniframe("lines: {slew: 0 V/us}"), "4:19", "")

    def test_formats_that_do_not_fit_the_frame(self):
        for host, place, says in (
            ("format: 5N1", "4:20", "6"),
            ("format: 6E1", "4:20", "6E1"),
            ("format: 9X3", "4:20", "9X3"),
            ("format: 6N1, frame_bits: 3", "4:20", "7"),
            ("frame_bits: 5", "4:24", "5"),
            ("baud: 0", "4:18", "0"),
            ("baud_error: 60 %", "4:24", "60 %"),
            ("write_format: 7N1, write_frame_bits: 3", "4:11", "discriminator"),
            ("entry: stream", "4:11", "no duplex form"),
        ):
            with self.subTest(host):
                self.refused(miniframe(f"host: {{{host}}}"), place, says)

    def test_computed_part_values(self):
        """Decimals finer than the base unit are cut off; rubbish among them is not."""
        scenario = SCENARIOS / "miniframe/circuit_only.yaml"
        at = "board.programmer.miniframe."
        self.run_limpet("run", "--set", at + "parts.c2=2.2000000000000004 nF",
                        "--set", at + "parts.vt=50.00000000000001 %",
                        "--set", at + "lines.slew=20.000000000000004 V/us", scenario)
        for bad in ("parts.c2=2.2000000000000004", "parts.c2=2.20000000000000x4 nF", "parts.c2=. nF"):
            with self.subTest(bad):
                self.run_limpet("run", "--set", at + bad, scenario, status=2)

    def test_impossible_usb_ports(self):
        for usb, place in (("level: 0 V", "1:35"), ("state_time: 1 us", "1:27"), ("data_fall: 5 s", "1:27"),
                           ("placement: d", "1:39"), ("threshold: 9 V", "1:39"), ("led: maybe", "1:33"),
                           ("vih: 4 kOhm", "1:33")):
            with self.subTest(usb):
                self.refused(f"board: {{programmer: {{usb: {{{usb}}}}}}}\nsteps: [{{enter: yes}}]\n", place)

    def test_rates_that_the_parts_cannot_follow(self):
        for baud, rule in ((1200, "frame_late"), (9600, "frame_late"), (230400, "frame_missed"),
                           (4000000, "frame_missed")):
            with self.subTest(baud):
                done = self.run_text(miniframe(f"host: {{baud: {baud}}}"))
                self.assertEqual(done.returncode, 1, done.stderr)
                self.assertIn("no answer to Programming Enable", done.stdout)
                self.assertIn(rule, done.stdout)
        # lines too slow for the trigger's differentiator: no SCK at all, and an end
        done = self.run_text(miniframe("lines: {slew: 1 V/us}"))
        self.assertEqual(done.returncode, 1, done.stderr)

    def volts(self, scenario, *settings):
        """{line: set of its values in volts} of the VCD of a scenario."""
        self.run_limpet("run", "--vcd", "it.vcd", SCENARIOS / scenario)
        text = (self.dir / "it.vcd").read_text()
        names = dict(re.findall(r"\$var real 64 (\S+) (\S+) \$end", text))
        values = {name: set() for name in names.values()}
        for value, code in re.findall(r"(?m)^r(\S+) (\S+)$", text):
            values[names[code]].add(float(value))
        self.assertRegex(text, r"\$var wire 1 \S+ (?i:sck) \$end")
        return values

    def test_rs232_lines_and_supply_in_volts(self):
        v = self.volts("miniframe/circuit_only.yaml")
        for line in ("TX", "DTR", "RTS"):
            self.assertEqual((min(v[line]), max(v[line])), (-9.0, 9.0), line)
        self.assertEqual(min(v["VDD"]), 0.0)
        self.assertAlmostEqual(max(v["VDD"]), 5.1, delta=0.02)
        self.assertGreater(len(v["VDD"]), 20)  # it is seen rising
        self.assertAlmostEqual(max(v["RX_LINE"]), 4.7, delta=0.05)
        v = self.volts("miniframe/pnp_receive_driver.yaml")
        self.assertAlmostEqual(min(v["rx_line"]), -8.7, delta=0.05)
        self.assertAlmostEqual(max(v["rx_line"]), 5.6, delta=0.1)

    def test_usb_lines_in_volts(self):
        v = self.volts("usb/echo.yaml")
        self.assertEqual((v["dp"], v["dm"]), ({0.0, 0.8}, {0.0, 0.8}))
        self.assertIn(5.0, v["vcc"])


if __name__ == "__main__":
    unittest.main()
