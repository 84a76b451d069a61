#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""limpet sweep as a user meets it: tables, files, shards, exit statuses, bad input."""
import hashlib
import csv
import json
import os
import pathlib
import signal
import subprocess
import threading
import time
import unittest
import xml.etree.ElementTree

from limpet_session import LIMPET, LimpetTest

try:
    import jsonschema
except ImportError:
    jsonschema = None

SOURCE_ROOT = pathlib.Path(__file__).resolve().parent.parent

SCENARIO = """
board:
  programmer: {script: {sck: 100 kHz}}
steps:
  - signature: 1E 95 0F
"""
SCK = "board.programmer.script.sck=100 kHz, 200 kHz, 230 kHz, 600 kHz"


class Sweep(LimpetTest):
    def setUp(self):
        super().setUp()
        (self.dir / "s.yaml").write_text(SCENARIO)

    def sweep(self, *args, status):
        return self.run_limpet("sweep", *args, status=status)

    def refused(self, *args):
        done = subprocess.run([LIMPET, "sweep", "--quiet", *args], capture_output=True, text=True, cwd=self.dir,
                              stdin=subprocess.DEVNULL, timeout=60)
        self.assertEqual(done.returncode, 2, done.stdout + done.stderr)
        self.assertEqual(done.stdout, "")
        return done.stderr

    def test_pass_findings_and_fail(self):
        # 600 kHz is too fast; 10 ms before Programming Enable work here, but the datasheet asks for 20
        text = self.sweep("s.yaml", "--vary", SCK, "--vary", "board.programmer.script.enter_wait=25 ms, 10 ms",
                          "--list", status=1)
        results = [line.split("  ")[2] for line in text.splitlines()[:8]]
        self.assertEqual(results, ["pass", "findings"] * 3 + ["fail"] * 2)
        self.assertIn("3 pass, 3 pass with findings, 2 fail, 0 could not be run", text)
        self.sweep("s.yaml", "--vary", "seed=1..3", status=0)

    def test_quiet(self):
        """Only what failed, of a sweep or of many; nothing at all where nothing did, and the same with any jobs"""
        quiet = lambda *args, status: self.sweep("--quiet", *args, status=status)
        self.assertEqual(quiet("s.yaml", "--vary", "seed=1..3", status=0), "")
        waits = ("--vary", "board.programmer.script.enter_wait=25 ms, 10 ms")
        self.assertEqual(quiet("s.yaml", *waits, status=0), "")
        self.assertIn("enter_wait=25 ms", self.sweep("s.yaml", *waits, "--list", status=0))
        strict = quiet("s.yaml", *waits, "--strict", status=1)
        self.assertRegex(strict, r"^board.programmer.script.enter_wait=10 ms  findings .*\n1 pass, 1 pass with findings")
        self.assertNotIn("25 ms", strict)
        failed = quiet("s.yaml", "--vary", SCK, "--jobs", "1", "--json", "all.json", status=1)
        self.assertRegex(failed, r"^board.programmer.script.sck=600 kHz  fail .*s.yaml:5:5: .*\n3 pass, ")
        self.assertEqual(len(failed.splitlines()), 3)
        self.assertEqual(quiet("s.yaml", "--vary", SCK, "--jobs", "3", status=1), failed)
        self.assertEqual(quiet("--merge", "all.json", status=1), failed)
        # of many: those that failed by name, then how many
        (self.dir / "bad.yaml").write_text(SCENARIO.replace("1E 95 0F", "1E 95 0E"))
        many = [quiet("s.yaml", "bad.yaml", *waits, "--jobs", jobs, status=1) for jobs in ("1", "3")]
        self.assertRegex(many[0], r"^== bad.yaml\nboard[^\n]*25 ms  fail [^\n]*\nboard[^\n]*10 ms  fail ")
        self.assertRegex(many[0], r"\nNot passed:\n  fail     bad.yaml:5:5: [^\n]*\n1 of 2 sweeps passed, 1 failed\n$")
        self.assertEqual(*many)
        self.assertEqual(quiet("s.yaml", "s.yaml", *waits, status=0), "2 of 2 sweeps passed\n")

    def test_options_of_run(self):
        """Reports, --strict, --fail-fast and colours are those of run; what runs behind a failure is the same with any jobs"""
        args = ("s.yaml", "--vary", SCK, "--list")
        self.sweep(*args, "--junit", "j.xml", "--report", "tap-flat=t.tap", "--report", "jsonl=r.jsonl", status=1)
        suites = xml.etree.ElementTree.parse(self.dir / "j.xml").getroot()
        cases = list(suites.iter("testcase"))
        self.assertEqual((suites.get("tests"), suites.get("failures")), ("4", "1"))
        self.assertEqual(cases[3].get("name"), "board.programmer.script.sck=600 kHz")
        self.assertRegex(cases[3].find("failure").get("message"), r"^s\.yaml:\d+:\d+: ")
        self.assertEqual(cases[3].get("line"), "5")
        tap = [line.split(" - ")[0] for line in (self.dir / "t.tap").read_text().splitlines() if "ok " in line]
        self.assertEqual(tap, ["ok 1", "ok 2", "ok 3", "not ok 4"])
        verdicts = [json.loads(line).get("verdict") for line in (self.dir / "r.jsonl").read_text().splitlines()]
        self.assertEqual(verdicts[1:5], ["pass", "pass", "pass", "fail"])
        wait = ("s.yaml", "--list", "--vary", "board.programmer.script.enter_wait=25 ms, 10 ms, 25 ms, 10 ms")
        self.assertIn("2 pass, 2 pass with findings", self.sweep(*wait, status=0))
        self.sweep(*wait, "--strict", "--junit", "j.xml", status=1)
        self.assertEqual(xml.etree.ElementTree.parse(self.dir / "j.xml").getroot().get("failures"), "2")
        fast = [self.sweep(*wait, "--strict", "--fail-fast", "--jobs", str(n), status=1) for n in (1, 2, 7)]
        self.assertIn("1 pass, 1 pass with findings, 0 fail, 0 could not be run, 2 not run", fast[0])
        self.assertEqual(fast, [fast[0]] * 3)
        self.assertIn("\033[33mfindings\033[0m", self.sweep(*wait, "--color", "always", status=0))
        self.assertIn("--findings goes with limpet run", self.refused("s.yaml", "--findings", "f"))
        self.assertIn("j.xml", self.refused("s.yaml", "--junit", "no/j.xml"))

    def test_many_and_folders(self):
        """Folders, names and tags, as of run: a folder's sweeps, with --vary its scenarios too; one report of all"""
        folder = self.dir / "many"
        (folder / "deep").mkdir(parents=True)
        (folder / "a.yaml").write_text("tags: [quick]\n" + SCENARIO)
        (folder / "deep" / "b.yaml").write_text(SCENARIO.replace("100 kHz", "600 kHz"))
        (folder / "s.yaml").write_text("name: s\nscenario: a.yaml\naxes:\n  - {name: n, path: seed, values: 1..2}\n")
        text = self.sweep("many", status=0)
        self.assertEqual(text, self.sweep("many/s.yaml", status=0))
        (folder / "z.yaml").write_text("x: [\n")
        done = subprocess.run([LIMPET, "sweep", "-q", "many", "--vary", "seed=1, 2", "--junit", "j.xml"], cwd=self.dir,
                              capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=60)
        self.assertEqual(done.returncode, 2)
        self.assertIn("limpet sweep: many/z.yaml:2:1: not YAML", done.stderr)
        self.assertIn("Not passed:\n  fail     many/deep/b.yaml:5:5: signature: no answer", done.stdout)
        self.assertIn("\n  error    many/z.yaml:2:1: not YAML", done.stdout)
        self.assertIn("2 of 4 sweeps passed, 1 failed, 1 could not be run\n", done.stdout)
        root = xml.etree.ElementTree.parse(self.dir / "j.xml").getroot()
        self.assertEqual([root.get(k) for k in ("tests", "failures", "errors")], ["9", "2", "1"])
        names = [c.get("name") for c in root.iter("testcase")]
        self.assertIn("s: n=1, seed=2", names)
        self.assertEqual(len(set(names)), 9, names)
        vary = ("--vary", "board.vcc=5 V, 4 V")
        (folder / "z.yaml").unlink()
        text = self.sweep("many", *vary, "--tag", "quick", status=0)
        self.assertIn("== many/a.yaml\n", text)
        self.assertIn("2 of 2 sweeps passed\n", text)
        text = self.sweep("many", *vary, "--not-tag", "quick", status=1)
        self.assertIn("0 of 1 sweep passed, 1 failed\n", text)
        text = self.sweep("many/deep", "many", *vary, "--fail-fast", status=1)
        self.assertIn("  skipped  many/a.yaml: not run after a failure (--fail-fast)\n", text)
        self.assertIn("2 pass", self.sweep("write_polled", "--vary", "seed=1..2", status=0))  # an installed one
        self.assertIn("none of 3 sweeps has the tags", self.refused("many", *vary, "--tag", "x"))
        self.assertIn("go with one sweep, and these are 3", self.refused("many", *vary, "--json", "x.json"))
        self.assertIn("there is no sweep in it", self.refused("many/deep"))

    def test_outcomes_are_counted(self):
        # MISO is not looked at while writing: a wire that breaks is silent, and not if it is verified, or whole
        text = """board:
  programmer: {script: {tries: 0}}
  parts: {wire: {type: glitch, kind: none, from: 60 ms}}
  wires: {sck: [script.SCK, wire.A], sck_target: [wire.B, target.SCK]}
steps:
  - program: {memory: flash, random: {seed: 1, length: 256}}
  - %s
"""
        (self.dir / "blind.yaml").write_text(text % "wait: 1 ms")
        (self.dir / "seen.yaml").write_text(text % "verify: {memory: flash, random: {seed: 1, length: 256}}")
        kinds = "board.parts.wire.kind=none, open, stuck_0"
        out = self.sweep("blind.yaml", "--vary", kinds, "--csv", "all.csv", "--json", "all.json", status=1)
        self.assertIn("outcomes: 1 right, 0 noticed, 2 silently wrong", out)
        self.assertIn("silently wrong, first board.parts.wire.kind=open: flash: 254 bytes not as asked for", out)
        self.assertEqual(out.splitlines()[2].split(), ["pass", "SILENT", "SILENT"])
        runs = json.loads((self.dir / "all.json").read_text())["runs"]
        self.assertEqual([r["outcome"] for r in runs], ["right", "silent", "silent"])
        self.assertEqual([bool(r["cells"]) for r in runs], [False, True, True])
        rows = list(csv.DictReader((self.dir / "all.csv").open()))
        self.assertEqual([r["outcome"] for r in rows], ["right", "silent", "silent"])
        for i in (1, 2):
            self.run_limpet("sweep", "-q", "blind.yaml", "--vary", kinds, "--shard", f"{i}/2", "--json", f"{i}.json",
                            status=1)
        self.assertIn("1 right, 0 noticed, 2 silently", self.run_limpet("sweep", "--merge", "1.json", "2.json", status=1))
        out = self.sweep("seen.yaml", "--vary", kinds, status=1)
        self.assertIn("outcomes: 1 right, 2 noticed, 0 silently wrong", out)

    def test_a_reason_is_a_line(self):
        text = self.sweep("s.yaml", "--vary", "board.target.fuses.high=0xD9, 0x59", "--vary", "seed=1..3", status=1)
        self.assertIn("fail, 3 points from board.target.fuses.high=0x59 seed=1: high voltage: RSTDISBL: ", text)
        self.assertEqual(text.count("\nfail, "), 1)

    def test_a_pipe_is_read_once(self):
        # each point opened /dev/stdin again, and ran an empty file: a scenario that fails passed
        bad = SCENARIO.replace("1E 95 0F", "00 00 00")
        for path in ("/dev/stdin", "/dev/fd/0"):
            done = subprocess.run([LIMPET, "sweep", "-q", path, "--vary", "seed=1,2"], input=bad, capture_output=True,
                                  text=True, cwd=self.dir, timeout=60)
            self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
            self.assertIn("0 pass, 0 pass with findings, 2 fail", done.stdout)
        done = subprocess.run([LIMPET, "sweep", "-q", "/dev/stdin", "--vary", "seed=1,2"], input="",
                              capture_output=True, text=True, cwd=self.dir, timeout=60)
        self.assertEqual(done.returncode, 2)
        self.assertIn("/dev/stdin:1:1: there is nothing in it", done.stderr)

    def test_every_point_runs_the_bytes_that_were_read(self):
        # a FIFO gives its bytes once: whoever opens an image or a recording again waits for ever
        hexfile = b":020000000100FD\n:00000001FF\n"
        vcd = b"$timescale 1 us $end $var wire 1 ! CK $end $enddefinitions $end #0 0! #5 1! #9 z! #10\n"
        (self.dir / "f.yaml").write_text(
            "board: {programmer: {stimulus: {file: r, map: {sck: CK}}}, target: {flash: {file: i.hex}}}\n"
            "expect: {flash: {hex: 01 00}}\n")
        for name, data in (("r", vcd), ("i.hex", hexfile)):
            os.mkfifo(self.dir / name)
            threading.Thread(target=(self.dir / name).write_bytes, args=[data], daemon=True).start()
        self.sweep("f.yaml", "--vary", "seed=1..4", "--json", "j", status=0)
        inputs = json.loads((self.dir / "j").read_text())["inputs"]
        digests = {pathlib.Path(i["path"]).name: i["sha256"] for i in inputs}
        self.assertEqual(digests["i.hex"], hashlib.sha256(hexfile).hexdigest())
        self.assertEqual(digests["r"], hashlib.sha256(vcd).hexdigest())

    def test_files_that_only_a_combination_names(self):
        # the recording is looked at only where the programmer is one: not with the first choice of the other axis
        (self.dir / "f.yaml").write_text("board: {target: {flash: {hex: FF}}}\n")
        (self.dir / "r").write_text("time_us,signal,level\n0,a,0\n")
        (self.dir / "sw.yaml").write_text("""
name: c
scenario: f.yaml
axes:
  - {name: n, path: seed, values: "1,2"}
  - name: p
    choices:
      - {name: firmware, set: {board.programmer.firmware: arduinoisp}}
      - {name: stimulus, set: {board.programmer.stimulus.file: r, board.programmer.stimulus.map.sck: a}}
""")
        self.sweep("sw.yaml", "--json", "j", status=0)
        names = [pathlib.Path(i["path"]).name for i in json.loads((self.dir / "j").read_text())["inputs"]]
        self.assertEqual(names, ["sw.yaml", "f.yaml", "arduinoisp.elf", "r"])

    @unittest.skipUnless(jsonschema, "python3-jsonschema is not installed")
    def test_the_published_schema(self):
        schema = json.loads((SOURCE_ROOT / "docs" / "sweep-results.schema.json").read_text())
        jsonschema.Draft7Validator.check_schema(schema)
        validator = jsonschema.Draft7Validator(schema)
        self.sweep("s.yaml", "--vary", SCK, "--shard", "2/2", "--json", "r.json", status=1)
        of = json.loads((self.dir / "r.json").read_text())
        self.assertEqual([e.message for e in validator.iter_errors(of)], [])
        self.assertEqual([r["result"] for r in of["runs"]], ["pass", "fail"])
        self.assertFalse(validator.is_valid(of | {"surprise": 1}))
        of["runs"][0]["result"] = "fine"
        self.assertFalse(validator.is_valid(of))

    def test_inputs_have_their_digests(self):
        self.sweep("s.yaml", "--vary", "seed=1,2", "--json", "r.json", status=0)
        digest = hashlib.sha256((self.dir / "s.yaml").read_bytes()).hexdigest()
        self.assertEqual(json.loads((self.dir / "r.json").read_text())["inputs"],
                         [{"path": "s.yaml", "sha256": digest}])
        # shards that ran different versions are not put together
        self.sweep("s.yaml", "--vary", "seed=1,2", "--shard", "1/2", "--json", "a.json", status=0)
        (self.dir / "s.yaml").write_text(SCENARIO + "# edited\n")
        self.sweep("s.yaml", "--vary", "seed=1,2", "--shard", "2/2", "--json", "b.json", status=0)
        self.assertIn("b.json: ran another 's.yaml'", self.refused("--merge", "a.json", "b.json"))

    def test_numbers_of_options(self):
        for shard in ("4294967297/4294967298", "-1/-1", "0/1", "2/1", "1", "1/", "/1", "1/2x", "1.5/2", "1/0x"):
            self.assertIn("--shard", self.refused("s.yaml", "--vary", "seed=1..5", f"--shard={shard}"))
        for jobs in ("0", "257", "4294967297", "-1", "2x", ""):
            self.assertIn("--jobs", self.refused("s.yaml", f"--jobs={jobs}"))
        self.assertIn("1 pass", self.sweep("s.yaml", "--vary", "seed=1..5", "--shard", "1/4294967295", status=0))
        done = subprocess.run([LIMPET, "sweep", "-q", "s.yaml", "--vary", "seed=1..5", "--shard", "6/6"],
                              capture_output=True, text=True, cwd=self.dir, timeout=60)
        self.assertEqual(done.returncode, 2)
        self.assertIn("nothing was run", done.stderr)

    def test_outputs_are_looked_at_first(self):
        (self.dir / "old.json").write_text("old")
        for args, says in ((["--json", ""], "--json: the path is empty"),
                           (["--json", "no/where.json"], "no/where.json: cannot write"),
                           (["--json", "a", "--csv", "./a"], "--csv and --json are one file"),
                           (["--csv", "s.yaml"], "--csv would overwrite the input 's.yaml'"),
                           (["--json", "old.json", "--plot", "x.gif"], "x.gif")):
            self.assertIn(says, self.refused("s.yaml", *args))
        self.assertEqual((self.dir / "old.json").read_text(), "old")
        self.assertEqual(sorted(p.name for p in self.dir.iterdir()), ["old.json", "s.yaml"])

    def test_runs_end_with_their_parent(self):
        (self.dir / "long.yaml").write_text("board: {programmer: {firmware: arduinoisp}}\nsteps: [{wait: 3600 s}]\n")
        for sent in (signal.SIGTERM, signal.SIGKILL, signal.SIGHUP):
            p = subprocess.Popen([LIMPET, "sweep", "-q", "long.yaml", "--vary", "seed=1..4", "--jobs", "2"],
                                 cwd=self.dir, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                 preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_DFL))  # ignored under nohup
            workers = []
            while len(workers) < 2:  # started
                self.assertIsNone(p.poll())
                time.sleep(0.02)
                workers = pathlib.Path(f"/proc/{p.pid}/task/{p.pid}/children").read_text().split()
            p.send_signal(sent)
            p.wait(timeout=60)
            for _ in range(500):  # until nobody runs on
                states = [self.state(pid) for pid in workers]
                if set(states) <= {"Z", None}:
                    break
                time.sleep(0.02)
            self.assertLessEqual(set(states), {"Z", None})

    @staticmethod
    def state(pid):
        try:
            return pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
        except OSError:
            return None

    def test_results_do_not_depend_on_jobs_or_shards(self):
        vary = ["s.yaml", "--vary", SCK, "--vary", "seed=1..3"]
        self.sweep(*vary, "--jobs", "1", "--json", "one.json", "--csv", "one.csv", status=1)
        self.sweep(*vary, "--jobs", "4", "--json", "four.json", "--csv", "four.csv", status=1)
        one = (self.dir / "one.json").read_text()
        self.assertEqual(one, (self.dir / "four.json").read_text())
        self.assertEqual((self.dir / "one.csv").read_text(), (self.dir / "four.csv").read_text())
        shards = []
        for i in (1, 2, 3):
            shards.append(f"part{i}.json")
            self.run_limpet("sweep", "-q", *vary, "--shard", f"{i}/3", "--json", shards[-1], status=1)
        self.sweep("--merge", *shards, "--json", "all.json", "--plot", "all.png", "--markdown", "all.md", status=1)
        self.assertEqual((self.dir / "all.json").read_text(), one)
        self.assertEqual(len(json.loads(one)["runs"]), 12)
        self.assertTrue((self.dir / "all.png").read_bytes().startswith(b"\x89PNG"))
        self.assertIn("**SCK 100 kHz** (CPU 1.02 MHz)", (self.dir / "all.md").read_text())
        # a shard is missing
        done = subprocess.run([LIMPET, "sweep", "--merge", *shards[:2]], capture_output=True, text=True, cwd=self.dir,
                              timeout=60)
        self.assertEqual(done.returncode, 2)
        self.assertIn("4 points were not run", done.stderr)
        self.assertIn("lost: --shard 3/3\n", done.stderr)

    def test_bad_input(self):
        self.assertIn("nowhere.yaml: No such file", self.refused("nowhere.yaml"))
        self.assertIn("which sweep", self.refused())
        self.assertIn("PATH=VALUES", self.refused("s.yaml", "--vary", "seed"))
        self.assertIn("runs backwards", self.refused("s.yaml", "--vary", "seed=3..1"))
        self.assertIn("board.vdd", self.refused("s.yaml", "--vary", "board.vdd=1 V"))
        # a value of the last point only is found before the first one runs
        self.assertIn("board.vcc", self.refused("s.yaml", "--vary", "seed=1..100", "--vary", "board.vcc=3 V, 3 mm"))
        self.assertIn("expected I/N", self.refused("s.yaml", "--shard", "3/2"))
        self.assertIn(".png or .svg", self.refused("s.yaml", "--vary", "seed=1..2", "--plot", "x.gif"))
        self.assertIn("no axis 'a'", self.refused("s.yaml", "--vary", "seed=1..2", "--columns", "a"))
        self.assertIn("No such file", self.refused("s.yaml", "--vary", "seed=1..2", "--csv", "no/where.csv"))
        (self.dir / "bad.json").write_text("{")
        self.assertIn("bad.json:1:", self.refused("--merge", "bad.json"))


if __name__ == "__main__":
    unittest.main()
