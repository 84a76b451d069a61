#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""`limpet decode`: against a decoder that was written apart from it, on a capture of a real chip, and bad input."""
import json
import subprocess
import unittest

from limpet_session import LIMPET, SOURCE_ROOT, LimpetTest

import wires

CAPTURE = SOURCE_ROOT / "scenarios/captures/m328p_scan.csv"


class Decode(LimpetTest):
    def record(self):
        vcd = self.dir / "wires.vcd"
        self.run_limpet("run", SOURCE_ROOT / "tests/session.yaml", "--vcd", vcd)
        return vcd

    def test_the_same_instructions_as_the_other_decoder(self):
        vcd = self.record()
        other = wires.Session(vcd)
        ours = json.loads(self.run_limpet("decode", vcd, "--json"))
        self.assertGreater(len(other.instructions), 1000)
        self.assertEqual([(i["mosi"], i["miso"], i["at_ps"]) for i in ours["instructions"]],
                         [(i.mosi.hex(" ").upper(), i.miso.hex(" ").upper(), i.at_ps) for i in other.instructions])
        self.assertEqual((ours["sck_edges"], ours["reset_falls"], ours["sck_high_min_ps"], ours["sck_low_min_ps"]),
                         (other.sck_edges, other.reset_falls, other.sck_high_ps, other.sck_low_ps))
        with_names = {i["name"]: wires.instruction_name(bytes.fromhex(i["mosi"])) for i in ours["instructions"]}
        for name, theirs in with_names.items():
            self.assertEqual(name.lower(), theirs.lower())

    def test_a_real_chip_answers_with_its_signature(self):
        out = self.run_limpet("decode", CAPTURE)
        for i, byte in enumerate(("0x1E", "0x95", "0x0F")):
            self.assertIn(f"Read signature, at 0x0{i}: {byte}", out)
        self.assertIn("Programming Enable, in step", out)

    def test_wires_without_names_are_told_by_what_is_on_them(self):
        anonymous = self.dir / "logic.csv"
        names = {"RST": "D3", "SCK": "D0", "MOSI": "D7", "MISO": "D5"}
        with open(CAPTURE) as real, open(anonymous, "w") as out:
            for line in real:
                fields = line.rstrip("\n").split(",")
                if len(fields) == 3:
                    fields[1] = names.get(fields[1], fields[1])
                out.write(",".join(fields) + "\n")
        guessed = self.run_limpet("decode", anonymous)
        self.assertEqual(guessed, self.run_limpet("decode", CAPTURE))
        told = self.run_limpet("decode", anonymous, "--wires", "reset=D3,sck=D0,mosi=D7,miso=D5")
        self.assertEqual(guessed, told)
        swapped = self.run_limpet("decode", anonymous, "--wires", "reset=D3,sck=D0,mosi=D5,miso=D7")
        self.assertNotIn("in step", swapped)

    def test_parts_of_a_recording(self):
        out = self.run_limpet("decode", CAPTURE, "--from", "80 ms", "--to", "120 ms")
        self.assertEqual(out.count("Read signature"), 2)
        around = self.run_limpet("decode", CAPTURE, "--around", "instruction:read signature:2", "--margin", "1 ms")
        self.assertEqual(around.count("Read signature"), 1)
        self.assertIn("0x95", around)

    def test_a_recording_is_judged_by_a_stated_clock(self):
        """What the bench finds about SCK and MOSI, the pins alone tell too, from a plain VCD."""
        scenario, vcd = SOURCE_ROOT / "scenarios/field/marginal_sck.yaml", self.dir / "m.vcd"
        self.run_limpet("export", scenario, "-o", vcd)

        def found(*args):
            rows = json.loads(self.run_limpet("decode", *args, "--json"))["findings"]
            return [(round(r["at_ps"], -4), r["text"].split(",")[0]) for r in rows if r["text"][:5] in ("tSHSL", "tSLSH", "tSHOX")]

        bench = found(scenario, "--target-clock", "1 MHz")
        self.assertGreater(len(bench), 1000)
        self.assertEqual(found(vcd, "--target-clock", "1 MHz"), bench)
        self.assertEqual(found(vcd, "--target-clock", "8 MHz"), [])
        self.assertIn("tSHSL kept, 15.75 \u00b5s", self.run_limpet("decode", CAPTURE, "--target-clock", "1 MHz", "--summary"))
        self.assertIn("--target-clock: ", self.refused(CAPTURE, "--target-clock", "fast"))

    def test_a_scenario_is_run_for_it(self):
        out = self.run_limpet("decode", SOURCE_ROOT / "scenarios/enable_too_early.yaml", "--summary")
        self.assertIn("Programming Enable", out)

    def refused(self, *args):
        done = subprocess.run([LIMPET, "decode", *map(str, args)], capture_output=True, text=True, cwd=self.dir,
                              stdin=subprocess.DEVNULL, timeout=60)
        self.assertEqual((done.returncode, done.stdout), (2, ""), done.stderr)
        return done.stderr

    def test_bad_input_is_refused_with_a_reason(self):
        (self.dir / "bad.vcd").write_text("$timescale 1 ns $end\n$enddefinitions $end\n#0\n1!\n")
        (self.dir / "empty.vcd").write_text("")
        (self.dir / "none.vcd").write_text("$timescale 1 ns $end\n$var wire 1 ! a $end\n$enddefinitions $end\n#5\n")
        self.assertIn("bad.vcd:4: ", self.refused("bad.vcd"))
        self.assertIn("empty.vcd", self.refused("empty.vcd"))
        self.assertIn("which wires are SCK and MOSI? Name them; there are: a", self.refused("none.vcd"))
        self.assertIn("No such file", self.refused("nothing.vcd"))
        self.assertIn("no wire \"X\" for SCK", self.refused(CAPTURE, "--wires", "sck=X"))
        self.assertIn("\"foo=1\" is not reset=", self.refused(CAPTURE, "--wires", "foo=1"))
        self.assertIn("there is no such thing", self.refused(CAPTURE, "--around", "finding:1"))
        self.assertIn("--from", self.refused(CAPTURE, "--from", "3 s", "--to", "2 s"))
        self.assertIn("--from: ", self.refused(CAPTURE, "--from", "soon"))
        self.assertIn("no part \"z80\"", self.refused(CAPTURE, "--part", "z80"))
        self.assertIn("which file?", self.refused())


if __name__ == "__main__":
    unittest.main()
