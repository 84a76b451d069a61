#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""`limpet plot`: pictures whose labels are text and never overlap, the same bytes each time, and bad input."""
import shutil
import subprocess
import unittest
import xml.etree.ElementTree as ET

from limpet_session import LIMPET, SOURCE_ROOT, LimpetTest

SVG = "{http://www.w3.org/2000/svg}"
CAPTURE = SOURCE_ROOT / "scenarios/captures/m328p_scan.csv"
BUSY = SOURCE_ROOT / "scenarios/write_while_busy.yaml"
TOO_FAST = SOURCE_ROOT / "scenarios/sck_too_fast.yaml"


class Picture:
    def __init__(self, path):
        root = ET.parse(path).getroot()
        self.width, self.height = float(root.get("width")), float(root.get("height"))
        self.boxes = []  # x0, y0, x1, y1, text
        for t in root.iter(SVG + "text"):
            w, size = float(t.get("textLength")), float(t.get("font-size"))
            x = float(t.get("x")) - {"middle": w / 2, "end": w}.get(t.get("text-anchor"), 0)
            self.boxes.append((x, float(t.get("y")) - 0.75 * size, x + w, float(t.get("y")) + 0.2 * size, t.text))

    def texts(self):
        return [b[4] for b in self.boxes]

    def overlaps(self):
        found = []
        for i, a in enumerate(self.boxes):
            for b in self.boxes[i + 1:]:
                if min(a[2], b[2]) - max(a[0], b[0]) > 0.5 and min(a[3], b[3]) - max(a[1], b[1]) > 0.5:
                    found.append((a[4], b[4]))
        return found


class Plot(LimpetTest):
    def plot(self, *args, name="p.svg"):
        out = self.dir / name
        self.run_limpet("plot", *args, "-o", out)
        return out

    def test_only_the_program_that_draws_has_cairo(self):
        if "__asan_init" not in subprocess.run(["nm", "-D", LIMPET], capture_output=True, text=True, check=True).stdout:
            loaded = [subprocess.run(["ldd", p], capture_output=True, text=True, check=True).stdout
                      for p in (LIMPET, LIMPET.with_name("limpet-draw"))]
            self.assertEqual(["libcairo" in libraries for libraries in loaded], [False, True])
        lonely = self.dir / "limpet"
        shutil.copy(LIMPET, lonely)
        said = subprocess.run([lonely, "plot", CAPTURE, "-o", self.dir / "p.png"], capture_output=True, text=True, check=False)
        self.assertEqual(said.returncode, 2)
        self.assertIn("limpet-draw, which draws", said.stderr)

    def test_firmwares_functions_and_what_the_host_asked(self):
        session = self.dir / "session.yaml"
        session.write_text("board: {programmer: {firmware: arduinoisp}}\nsteps:\n  - enter: yes\n  - signature: 1E 95 0F\n")
        out = self.plot(session, "--around", "instruction:read signature:2",
                        "--signals", "stk500,function,to programmer,sck")
        texts = Picture(out).texts()
        self.assertIn("Universal, 30 00 01 00: 95", texts)
        self.assertIn("spi_transaction", texts)
        done = subprocess.run([LIMPET, "plot", BUSY, "-o", self.dir / "x.svg", "--signals", "function"],
                              capture_output=True, text=True)  # its programmer is a script
        self.assertEqual(done.returncode, 2)
        self.assertIn('no signal or track "function"', done.stderr)

    def test_bars_say_whether_a_phase_fits(self):
        kept, broken = "#2f8f6a", "#b33a00"
        fits = self.plot(SOURCE_ROOT / "scenarios/write_polled.yaml", "--around", "instruction:programming enable",
                         "--signals", "sck", name="fits.svg").read_text().lower()
        short = self.plot(TOO_FAST, "--around", "finding:1", "--signals", "sck", name="short.svg").read_text().lower()
        self.assertGreater(fits.count(kept), 60)
        self.assertNotIn(broken, fits)
        self.assertGreater(short.count(broken), 20)
        self.assertNotIn(kept, short)
        for text in fits, short:
            self.assertRegex(text, ">tshsl<")

    def test_a_pulled_up_wire_is_dashed(self):
        out = self.plot(SOURCE_ROOT / "scenarios/limp/rc_128k.yaml", "--around", "instruction:programming enable",
                        "--signals", "miso")
        self.assertIn("stroke-dasharray", out.read_text())

    def test_labels_do_not_overlap_at_any_zoom(self):
        for args in ([], ["--fold"], ["--fold", "--width", "500"], ["--from", "53.9 ms", "--to", "54.2 ms"],
                     ["--around", "instruction:read signature:2", "--title", "A chip says who it is"],
                     ["--from", "54 ms", "--to", "54.02 ms", "--cursors", "54.005 ms,54.015 ms"],
                     ["--width", "300", "--title", "One chip says who it is, in a title wider than its picture",
                      "--cursors", "54 ms,54.01 ms"]):
            self.expect_tidy(self.plot(CAPTURE, *args), args)
        for args in ([], ["--fold"], ["--around", "finding:1"], ["--around", "finding:1", "--margin", "1 ms"]):
            self.expect_tidy(self.plot(BUSY, *args), args)

    def expect_tidy(self, path, args):
        picture = Picture(path)
        self.assertEqual(picture.overlaps(), [], args)
        for x0, y0, x1, y1, text in picture.boxes:
            self.assertTrue(-1 <= x0 and x1 <= picture.width + 1 and y0 >= 0 and y1 <= picture.height, (text, args))

    def test_instructions_folds_and_cursors_can_be_read(self):
        texts = Picture(self.plot(CAPTURE, "--fold", "--width", "2400")).texts()
        self.assertTrue(any(t.startswith("Programming Enable") for t in texts), texts)
        self.assertTrue(any(t.endswith(" ms") and "." in t for t in texts))
        texts = Picture(self.plot(CAPTURE, "--from", "54 ms", "--to", "55 ms", "--cursors", "54.1 ms,54.2 ms")).texts()
        line = next(t for t in texts if t.startswith("A  "))
        self.assertIn("\u0394 100 \u00b5s = 10 kHz", line)
        self.assertIn("edges of SCK", line)

    def test_wires_of_a_logic_analyser_come_as_on_the_cable(self):
        rows = [b[4] for b in Picture(self.plot(CAPTURE)).boxes if b[0] == 8]
        self.assertEqual(rows[:5], ["RST", "SCK", "MOSI", "MISO", "instructions"])
        limits = Picture(self.plot(CAPTURE, "--target-clock", "100 kHz", "--from", "54 ms", "--to", "54.2 ms",
                                   "--signals", "sck,mosi")).texts()  # whatever the case
        self.assertIn("tSHSL", limits)
        self.assertNotIn("tSHSL", Picture(self.plot(CAPTURE, "--from", "54 ms", "--to", "54.2 ms")).texts())

    def test_what_only_the_simulation_knows(self):
        texts = Picture(self.plot(TOO_FAST, "--around", "finding:1", "--width", "2000")).texts()
        for expected in ("findings", "saw", "clock", "cpu", "mode", "steps"):
            self.assertIn(expected, texts)
        self.assertIn("Programming Enable, no echo", texts)

    def test_two_runs_beside_each_other(self):
        names = "instructions,2:instructions,sck,2:sck"
        in_step = SOURCE_ROOT / "scenarios/enable_too_early.yaml"
        for align in ("time", "instruction"):
            out = self.plot(in_step, "--with", SOURCE_ROOT / "scenarios/write_polled.yaml", "--align", align,
                            "--around", "instruction:programming", "--signals", names)
            texts = Picture(out).texts()
            self.assertIn("2:sck", texts)
            found = [t for t in texts if t.startswith("Programming Enable")]
            self.assertEqual(len(found), 2 if align == "instruction" else 1, texts)
        self.assertIn("neither time nor instruction", self.refused(CAPTURE, "-o", "x.svg", "--align", "y"))
        self.assertIn("No such file", self.refused(CAPTURE, "-o", "x.svg", "--with", "nothing.vcd"))

    def test_same_bytes_each_time_and_every_format(self):
        first = self.plot(CAPTURE, "--fold", name="a.svg").read_bytes()
        self.assertEqual(first, self.plot(CAPTURE, "--fold", name="b.svg").read_bytes())
        pdf = self.plot(CAPTURE, name="a.pdf").read_bytes()
        self.assertTrue(pdf.startswith(b"%PDF-"))
        self.assertEqual(pdf, self.plot(CAPTURE, name="b.pdf").read_bytes())
        png = self.plot(CAPTURE, "--scale", "2", "--width", "600", name="a.png").read_bytes()
        self.assertEqual((png[:8], int.from_bytes(png[16:20], "big")), (b"\x89PNG\r\n\x1a\n", 1200))

    def test_names_with_odd_letters(self):
        odd = self.dir / "odd.vcd"
        odd.write_bytes("$timescale 1 us $end\n$var wire 1 ! <&\">] $end\n$var wire 1 \" \u4fe1\u53f7 $end\n"
                        "$enddefinitions $end\n#0\n0!\nz\"\n#5\n1!\nx\"\n#9\n".encode() )
        self.assertIn("<&\">]", Picture(self.plot(odd)).texts())
        self.plot(odd, name="odd.png")

    def test_nothing_to_draw_is_drawn(self):
        (self.dir / "none.vcd").write_text("$timescale 1 ns $end\n$enddefinitions $end\n")
        (self.dir / "still.vcd").write_text("$timescale 1 ns $end\n$var wire 1 ! a $end\n$enddefinitions $end\n#0\n1!\n")
        self.plot(self.dir / "none.vcd")
        self.plot(self.dir / "still.vcd", "--fold")

    def refused(self, *args):
        done = subprocess.run([LIMPET, "plot", *map(str, args)], capture_output=True, text=True, cwd=self.dir,
                              stdin=subprocess.DEVNULL, timeout=60)
        self.assertEqual((done.returncode, done.stdout), (2, ""), done.stderr)
        return done.stderr

    def test_bad_input_is_refused_with_a_reason(self):
        self.assertIn("where does the picture go?", self.refused(CAPTURE))
        self.assertIn("does not end in .png, .svg or .pdf", self.refused(CAPTURE, "-o", "x.gif"))
        self.assertIn("no signal or track \"foo\"; there are: ", self.refused(CAPTURE, "-o", "x.svg", "--signals", "foo"))
        self.assertIn("--width", self.refused(CAPTURE, "-o", "x.svg", "--width", "0"))
        self.assertIn("--scale", self.refused(CAPTURE, "-o", "x.svg", "--scale", "nan"))
        self.assertIn("--fold", self.refused(CAPTURE, "-o", "x.svg", "--fold=soon"))
        self.assertIn("--cursors", self.refused(CAPTURE, "-o", "x.svg", "--cursors", "1 ms,2 ms,3 ms"))
        self.assertIn("there is no such thing", self.refused(CAPTURE, "-o", "x.svg", "--around", "step:1"))
        self.assertIn("No such file", self.refused(CAPTURE, "-o", "nowhere/x.svg"))
        self.assertFalse((self.dir / "x.svg").exists())


if __name__ == "__main__":
    unittest.main()
