#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""`limpet run --findings`: time, net, rule, figures, instruction, step, PC; lines as avr-addr2line sees them"""
import json
import os
import pathlib
import subprocess
import tempfile
import unittest

LIMPET = os.environ["LIMPET"]
FIRMWARE = pathlib.Path(LIMPET).parent / "firmware"
SLOW = """
name: slow target
board:
  programmer: {firmware: %s, host: %s}
  target: {fuses: {low: 0xE0}, clock: {wave: %s}}
steps:
  - enter: yes
  - spi: {send: "30 00 00 00"}
"""


def run(firmware, host="stk500v1", wave="400 kHz"):
    with tempfile.TemporaryDirectory() as d:
        scenario, out = pathlib.Path(d, "s.yaml"), pathlib.Path(d, "f.json")
        scenario.write_text(SLOW % (firmware, host, wave))
        r = subprocess.run([LIMPET, "run", "--findings", out, scenario], capture_output=True, text=True)
        return r.stdout, json.loads(out.read_text())["runs"][0]


class Findings(unittest.TestCase):
    def test_arduinoisp_on_a_target_too_slow_for_it(self):
        text, of = run("arduinoisp")
        self.assertGreater(of["violations"], 0)
        f = [x for x in of["findings"] if x["rule"] == "sck_high"][0]
        self.assertEqual((f["required"], f["measured"], f["net"], f["unit"]), (5000000, 4000000, "SCK", "ps"))
        self.assertEqual(f["where"]["step"], 1)
        self.assertEqual([p["function"] for p in f["where"]["source"]],
                         ["transfer", "spi_transaction", "start_pmode", "avrisp", "loop", "main"])
        self.assertEqual([p["own"] for p in f["where"]["source"]], [False, True, True, True, True, False])
        self.assertIn("in spi_transaction ArduinoISP.ino:", text)
        reset = [m for m in of["margins"] if m["rule"] == "reset_high"][0]
        self.assertEqual([p["function"] for p in reset["where"]["source"] if p["own"]][-3:],
                         ["start_pmode", "avrisp", "loop"])

    def test_one_that_keeps_to_the_rules_has_margins_only(self):
        _, of = run("arduinoisp", wave="8 MHz")
        self.assertEqual((of["violations"], of["findings"], of["cut"]), (0, [], []))
        self.assertIn("sck_high", [m["rule"] for m in of["margins"]])

    def test_lines_as_avr_addr2line_sees_them(self):
        for firmware in ("arduinoisp", "limpisp"):
            _, of = run(firmware, "stk500v1" if firmware == "arduinoisp" else "stk500v2")
            places = {x["where"]["pc"]: x["where"]["source"] for x in of["margins"]}
            self.assertGreaterEqual(len(places), 2)
            for pc, source in places.items():
                said = subprocess.run(["avr-addr2line", "-fi", "-e", FIRMWARE / (firmware + ".elf"), hex(pc)],
                                      capture_output=True, text=True).stdout.split("\n")[1:-1:2]
                lines = [os.path.basename(s.split(" ")[0]) for s in said]
                ours = ["%s:%d" % (p["file"], p["line"]) for p in source]
                self.assertEqual(lines, ours[:len(lines)], (firmware, hex(pc)))

    def test_an_image_without_lines_has_its_findings_all_the_same(self):
        with tempfile.TemporaryDirectory() as d:
            bare = pathlib.Path(d, "bare.elf")
            subprocess.run(["avr-objcopy", "-g", FIRMWARE / "arduinoisp.elf", bare], check=True)
            for image in (bare, FIRMWARE / "arduinoisp.hex"):
                text, of = run(image)
                self.assertGreater(of["violations"], 0)
                self.assertEqual(of["findings"][0]["where"]["source"], [])
                self.assertIn("pc", of["findings"][0]["where"])
                self.assertNotIn("ArduinoISP.ino", text)

    def test_what_is_cut_is_said(self):
        with tempfile.TemporaryDirectory() as d:
            scenario, out = pathlib.Path(d, "s.yaml"), pathlib.Path(d, "f.json")
            scenario.write_text(SLOW % ("arduinoisp", "stk500v1", "400 kHz")
                                + "  - program: {memory: flash, random: 1, length: 128}\n")
            text = subprocess.run([LIMPET, "run", "--findings", out, scenario], capture_output=True, text=True).stdout
            of = json.loads(out.read_text())["runs"][0]
        cut = {c["rule"]: (c["kept"], c["of"]) for c in of["cut"]}
        self.assertEqual(cut["sck_high"][0], 1000)
        self.assertGreater(cut["sck_high"][1], 1000)
        self.assertEqual(len([f for f in of["findings"] if f["rule"] == "sck_high"]), 1000)
        self.assertIn("at least 999 times more", text)
        self.assertIn("; 1000 of %d shown" % cut["sck_high"][1], text)


if __name__ == "__main__":
    unittest.main()
