#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""`limpet export`: what it writes, opened by the real readers, and what each of them loses of it."""
import json
import re
import shutil
import subprocess
import time
import unittest

from limpet_session import LIMPET, SOURCE_ROOT, LimpetTest

import wires

CAPTURE = SOURCE_ROOT / "scenarios/captures/m328p_scan.csv"
TOO_FAST = SOURCE_ROOT / "scenarios/sck_too_fast.yaml"
BUSY = SOURCE_ROOT / "scenarios/write_while_busy.yaml"


def run(*command):
    return subprocess.run([str(c) for c in command], capture_output=True, text=True, stdin=subprocess.DEVNULL,
                          timeout=120)


def read_as_surfer_does(data):
    """A VCD by the rules of wellen, Surfer's reader (not to be had here): {name: (type, [(tick, value), ...])}."""
    header, body = data.split(b"$enddefinitions $end", 1)
    assert data[:1] == b"$" and body[:1] == b"\n", "the body begins behind a line's end"
    scope, names, found = [], {}, {}
    for command in header.split(b"$end"):
        words = command.split()
        if words[:1] == [b"$scope"]:
            assert words[1] == b"module", words
            scope.append(words[2])
        elif words[:1] == [b"$upscope"]:
            scope.pop()
        elif words[:1] == [b"$var"]:
            kind, size, ident, name = words[1:5]
            assert kind in (b"wire", b"real", b"string") and size.isdigit() and not name.startswith(b"["), words
            assert not name.endswith(b"]") or b"[" in name, "else the file is refused"
            assert all(33 <= c <= 126 for c in ident), words
            names[ident] = b".".join((*scope, name)).decode("ascii")
            found[names[ident]] = (kind.decode(), [])
    assert not scope
    tick, words = 0, iter(body.split())
    for word in words:
        if word[:1] == b"#":
            assert int(word[1:]) >= tick, "time never falls"
            tick = int(word[1:])
        elif word[:1] in b"01xzhlw":
            found[names[word[1:]]][1].append((tick, word[:1].decode()))
        elif word[:1] in b"sr":
            text = re.sub(rb"\\x([0-9a-f]{2})", lambda m: bytes([int(m[1], 16)]), word[1:])
            found[names[next(words)]][1].append((tick, text.decode() if word[:1] == b"s" else float(text)))
        else:
            assert word in (b"$dumpvars", b"$end"), word
    return found


class Export(LimpetTest):
    def export(self, *args, name="o.vcd"):
        out = self.dir / name
        self.run_limpet("export", *args, "-o", out)
        return out

    def instructions(self, path):
        return [(i["mosi"], i["miso"]) for i in json.loads(self.run_limpet("decode", path, "--json"))["instructions"]]

    def test_plain_is_scalar_wires_and_the_same_session(self):
        out = self.export(CAPTURE)
        self.assertEqual(set(re.findall(r"\$var (\w+)", out.read_text())), {"wire"})
        self.assertEqual(self.instructions(out), self.instructions(CAPTURE))
        other = wires.Session(out, reset="RST", sck="SCK", mosi="MOSI", miso="MISO")
        self.assertEqual(len(other.instructions), 4)

    def test_a_cut_begins_at_zero_and_holds_what_was_asked_for(self):
        out = self.export(CAPTURE, "--around", "instruction:read signature:2", "--margin", "1 ms", "--signals",
                          "SCK,MOSI,RST")
        text = out.read_text()
        self.assertEqual(re.findall(r"\$var wire 1 \S+ (\w+)", text), ["MOSI", "SCK", "RST"])
        self.assertLess(int(re.findall(r"^#(\d+)", text, re.M)[-1]), 40_000_000)  # of 100 ps: 4 ms
        self.assertEqual([i[0] for i in self.instructions(out)], ["30 00 01 00"])
        self.assertLess(out.stat().st_size, self.export(CAPTURE, name="all.vcd").stat().st_size)

    def test_full_keeps_tracks_through_our_reader(self):
        out = self.export(BUSY, "--profile", "full")
        text = out.read_text()
        for name in ("steps", "findings", "instructions", "busy", "mode"):
            self.assertRegex(text, rf"\$var string 1 T\d+ {name} \$end")
        self.assertIn("Write\\x20flash\\x20page,\\x20at\\x200x0000", text)
        picture = self.dir / "p.svg"
        self.run_limpet("plot", out, "-o", picture, "--signals", "steps,busy,mode")
        self.assertIn(">busy<", picture.read_text())
        self.assertEqual(out.read_bytes(), self.export(BUSY, "--profile", "full", name="again.vcd").read_bytes())

    @unittest.skipUnless(shutil.which("vcd2fst"), "no gtkwave")
    def test_gtkwaves_reader_keeps_strings_and_volts(self):
        out = self.export(BUSY, "--profile", "full", "--gtkw", self.dir / "o.gtkw")
        fst = self.dir / "o.fst"
        self.assertEqual(run("vcd2fst", out, fst).returncode, 0)
        back = run("fst2vcd", fst).stdout
        self.assertIn("Write\\040flash\\040page", back)
        self.assertRegex(back, r"\$var real 64 \S+ vcc|\$var real\s+1 \S+ vcc|vcc")
        save = (self.dir / "o.gtkw").read_text()
        self.assertIn("limpet.sck\n", save)
        self.assertIn("[markername] AtWD", save)
        # a marker stands where the finding is: GTKWave counts in ps, the file in 100 ps
        first = int(re.search(r"^\*\S+ -1 (\d+)", save, re.M).group(1))
        before = out.read_text().split("\nstWD")[0]
        self.assertLess(abs(int(re.findall(r"^#(\d+)", before, re.M)[-1]) * 100 - first), 200)

    def test_full_keeps_the_rules_of_surfers_reader(self):
        found = read_as_surfer_does(self.export(BUSY, "--profile", "full").read_bytes())
        texts = [text for _, text in found["limpet.instructions"][1]]
        self.assertEqual(found["limpet.vcc"][0], "real")
        self.assertIn("Write flash page, at 0x0000", texts)
        self.assertIn("AC \u2192 FF", [text for _, text in found["limpet.bytes"][1]])
        self.assertEqual({v for _, v in found["limpet.sck"][1]}, {"0", "1", "z"})
        odd = self.dir / "odd.vcd"
        odd.write_text("$timescale 1 us $end\n$var wire 1 ! [a]b] $end\n$enddefinitions $end\n#0\n0!\n#5\n1!\n")
        self.assertEqual(list(read_as_surfer_does(self.export(odd).read_bytes())), ["limpet._a_b_"])

    @unittest.skipUnless(shutil.which("gtkwave") and shutil.which("xvfb-run"), "no gtkwave")
    def test_the_window_of_gtkwave_reads_it_to_the_end(self):
        """vcd2fst takes letters beyond ASCII; the window's own reader stops at the first of them."""
        odd = self.dir / "odd.vcd"
        odd.write_text("$timescale 1 us $end\n$var wire 1 ! <&\">] $end\n$var wire 1 \" \u4fe1[3] $end\n$enddefinitions $end\n"
                       "#0\n0!\n0\"\n#5\n1!\n1\"\n#9\n")
        for source, profile, end_ps in ((TOO_FAST, "full", 75696000000), (TOO_FAST, "plain", 75696000000), (odd, "plain", 9000000)):
            out = self.export(source, "--profile", profile)
            said = run("xvfb-run", "-a", "gtkwave", "-x", out).stderr
            self.assertIn(f"[{end_ps}] end time.", said, (profile, said))
            self.assertNotIn("error", said)
            self.assertNotIn("Unknown", said)

    @unittest.skipUnless(shutil.which("vcd2fst"), "no gtkwave")
    def test_weak_levels_are_kept_where_they_can_be(self):
        pulled = SOURCE_ROOT / "scenarios/limp/rc_128k.yaml"
        cut = ["--to", "700 ms", "--signals", "reset,miso"]
        out, fst = self.export(pulled, *cut, "--profile", "full"), self.dir / "o.fst"
        weak = len(re.findall(r"^[hl]\S", out.read_text(), re.M))
        self.assertGreater(weak, 1)
        self.assertEqual(run("vcd2fst", out, fst).returncode, 0)
        self.assertEqual(len(re.findall(r"^[hl]\S", run("fst2vcd", fst).stdout, re.M)), weak)
        self.assertRegex(run("sigrok-cli", "-i", out, "-I", "vcd:downsample=1000000", "--show").stderr, "unknown token 'h")
        self.assertNotRegex(self.export(pulled, *cut, name="plain.vcd").read_text(), r"(?m)^[hl]\S")

    def test_sigrok_reads_plain_whole_and_skips_strings_of_full(self):
        cut = ["--around", "instruction:read signature", "--margin", "100 us", "--tick", "1us"]
        for args in (["--profile", "plain"], ["--profile", "full"]):
            out = self.export(CAPTURE, *cut, *args)
            done = run("sigrok-cli", "-i", out, "-P", "spi:clk=SCK:mosi=MOSI:miso=MISO", "-A", "spi=mosi-data")
            self.assertEqual(re.findall(r": ([0-9A-F]{2})$", done.stdout, re.M), ["30", "00", "00", "00"], args)

    def test_sr_is_read_by_sigrok_and_by_us(self):
        out = self.export(CAPTURE, name="o.sr")
        done = run("sigrok-cli", "-i", out, "-P", "spi:clk=SCK:mosi=MOSI:miso=MISO", "-A", "spi=miso-data")
        found = re.findall(r": ([0-9A-F]{2})$", done.stdout, re.M)
        self.assertEqual(found[4:], "00 30 00 1E 00 30 00 95 00 30 00 0F".split())
        self.assertEqual(self.instructions(out), self.instructions(CAPTURE))
        self.assertEqual(out.read_bytes(), self.export(CAPTURE, name="again.sr").read_bytes())

    def test_pulseviews_session_names_the_wires(self):
        import configparser
        odd = self.dir / "odd.csv"
        odd.write_text(CAPTURE.read_text().replace(",SCK,", ",S\u00fcCK,"))
        self.export(odd, "--wires", "sck=S\u00fcCK", "--pvs", name="o.sr")
        ini = configparser.RawConfigParser(delimiters="=")
        ini.read(self.dir / "o.pvs")
        stack = ini["decode_signal0"]
        self.assertEqual([stack[f"decoder{i}\\id"] for i in (0, 1)], ["spi", "avr_isp"])
        wires = {stack[f"channel{i}\\name"]: stack[f"channel{i}\\assigned_signal_name"] for i in range(4)}
        self.assertEqual(wires, {"CLK": '"S\\xfc\\x43K"', "MISO": '"MISO"', "MOSI": '"MOSI"', "CS#": '"RST"'})

    def test_pulseviews_session_has_markers_at_findings(self):
        self.export(SOURCE_ROOT / "scenarios/sck_too_fast.yaml", "--pvs", name="o.sr")
        text = (self.dir / "o.pvs").read_text()
        said = self.run_limpet("run", SOURCE_ROOT / "scenarios/sck_too_fast.yaml")
        first_ms = re.search(r"tOVSH .* at ([\d.]+) ms", said)[1]
        self.assertEqual(first_ms, "25.2005")
        self.assertIn("time=22 serialization::archive 12 0 0 0 0 2520050 0 0 0 0 0 -8 0 0 6\ntext=\"tOVSH\"\n", text)

    def test_sr_keeps_volts_that_move(self):
        out = self.export(SOURCE_ROOT / "scenarios/usb/port_states.yaml", "--tick", "10us", name="usb.sr")
        shown = run("sigrok-cli", "-i", out, "--show").stdout
        self.assertRegex(shown, "dp: analog\n- dm: analog")
        self.assertNotIn("vcc", shown)  # it stands still
        volts = set(re.findall(r"dp: (\S+) V", run("sigrok-cli", "-i", out, "-O", "analog").stdout))
        self.assertEqual(volts, {"0.00", "0.80"})
        picture = self.dir / "p.svg"
        self.run_limpet("plot", out, "-o", picture, "--signals", "dp,sck")  # and we read it back
        self.assertIn(">0.8 V<", picture.read_text())

    def test_run_writes_the_full_profile_and_many_at_once(self):
        full = self.dir / "full.vcd"
        self.run_limpet("run", BUSY, "--vcd", full, "--vcd-profile", "full")
        self.assertRegex(full.read_text(), r"\$var string 1 T\d+ findings \$end")
        failing = self.dir / "failing.yaml"
        failing.write_text("steps:\n  - signature: 00 00 00\nboard: {programmer: {script: {}}}\n")
        passing = self.dir / "passing.yaml"
        passing.write_text("steps:\n  - signature: 1E 95 0F\nboard: {programmer: {script: {}}}\n")
        self.run_limpet("run", failing, passing, "--vcd-dir", self.dir / "all", status=1)
        self.assertEqual(len(list((self.dir / "all").iterdir())), 2)
        self.run_limpet("run", failing, passing, "--vcd-dir", self.dir / "bad", "--vcd-on-failure", status=1)
        (kept,) = (self.dir / "bad").iterdir()
        self.assertTrue(kept.name.endswith("failing.vcd"), kept)
        self.assertGreater(len(self.instructions(kept)), 1)

    def test_run_cuts_what_it_writes(self):
        out = self.dir / "cut.vcd"
        self.run_limpet("run", BUSY, "--vcd", out, "--around", "finding:1", "--margin", "1 ms", "--signals", "sck,mosi")
        text = out.read_text()
        self.assertEqual(re.findall(r"\$var \w+ \d+ \S+ (\w+)", text), ["sck", "mosi"])
        self.assertLess(int(re.findall(r"^#(\d+)", text, re.M)[-1]), 40_000_000)  # of 100 ps: 4 ms
        self.assertEqual(out.read_bytes(), self.export(BUSY, "--around", "finding:1", "--margin", "1 ms", "--signals",
                                                       "sck,mosi").read_bytes())
        for args, why in ((["--around", "finding:1"], "which one?"), (["--vcd", out, "--signals", "foo"], "foo"),
                          (["--vcd", out, "--from", "9 s"], "--from")):
            done = run(LIMPET, "run", BUSY, *args)
            self.assertEqual(done.returncode, 2)
            self.assertIn(why, done.stderr)

    def test_serve_writes_the_vcd_as_it_goes(self):
        growing = self.dir / "growing.vcd"
        with self.serve("--vcd", growing) as served:
            done = run("avrdude", "-c", "stk500v1", "-P", served.link, "-b", "19200", "-p", "m328p")
            self.assertEqual(done.returncode, 0, done.stderr)
            deadline = time.monotonic() + 100
            while True:  # the last line may be half there
                seen = run(LIMPET, "decode", growing, "--summary")
                if "Read signature" in seen.stdout or time.monotonic() > deadline:
                    break
                time.sleep(0.2)
            self.assertIn("Read signature", seen.stdout + seen.stderr)
        self.assertIn("Programming Enable", self.run_limpet("decode", growing, "--summary"))

    def refused(self, *args):
        done = run(LIMPET, "export", *args)
        self.assertEqual((done.returncode, done.stdout), (2, ""), done.stderr)
        return done.stderr

    def test_bad_input_is_refused_with_a_reason(self):
        out = self.dir / "x.vcd"
        self.assertIn("where does it go?", self.refused(CAPTURE))
        self.assertIn("does not end in .vcd or .sr", self.refused(CAPTURE, "-o", "x.txt"))
        self.assertIn("no signal or track \"foo\"", self.refused(CAPTURE, "-o", out, "--signals", "foo"))
        self.assertIn("neither plain nor full", self.refused(CAPTURE, "-o", out, "--profile", "half"))
        self.assertIn("--gtkw goes with a VCD", self.refused(CAPTURE, "-o", "x.sr", "--gtkw", "x.gtkw"))
        self.assertIn("too many", self.refused(CAPTURE, "-o", self.dir / "x.sr", "--tick", "10ps"))
        self.assertIn("--tick", self.refused(CAPTURE, "-o", out, "--tick", "3ns"))
        self.assertFalse(out.exists() or (self.dir / "x.sr").exists())


if __name__ == "__main__":
    unittest.main()
