#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""`limpet judge` as a user meets it: the page, its JSON, limits, images that are no programmer, bad input"""
import json
import os
import pathlib
import re
import subprocess
import tempfile
import unittest

try:
    import jsonschema
except ImportError:
    jsonschema = None
import xml.etree.ElementTree

LIMPET = os.environ["LIMPET"]
SOURCE_ROOT = pathlib.Path(__file__).resolve().parent.parent
FIRMWARE = pathlib.Path(LIMPET).parent / "firmware"


def judge(*args, status=0):
    r = subprocess.run([LIMPET, "judge", *map(str, args)], capture_output=True, text=True)
    assert r.returncode == status, (args, r.returncode, r.stdout, r.stderr)
    return r


def quick(what, *args, status=0):
    return json.loads(judge("--quick", "--campaigns", 0, "--json", "-", what, *args, status=status).stdout)


class Judge(unittest.TestCase):
    def setUp(self):
        self.dir = tempfile.TemporaryDirectory()
        self.addCleanup(self.dir.cleanup)

    def path(self, name, text=None):
        p = pathlib.Path(self.dir.name, name)
        if text is not None:
            p.write_text(text)
        return p

    def test_a_healthy_one_and_its_limits(self):
        out, limits = self.path("j.json"), self.path("mine.limits")
        page = judge("arduinoisp", "--quick", "--json", out, "--save-limits", limits).stdout
        self.assertIn("Right in all ", page.splitlines()[1])
        for part in ("What it does", "Rules", "What it can reach", "Sessions", "How it fails", "125 kHz", "by pages"):
            self.assertIn(part, page)
        of = json.loads(out.read_text())
        self.valid("judge", of)
        self.assertEqual([r["rule"] for r in of["rules"] if r["grade"] == "BROKEN"], [])
        high = [r for r in of["rules"] if r["rule"] == "sck_high"][0]
        self.assertEqual((high["measured"], high["session"]), ("4 us", "slow_rc"))
        self.assertEqual(high["source"][0]["file"], "ArduinoISP.ino")
        # 125 kHz, and more than two clocks in 4 us: 500 kHz
        slow = of["reach"]["clock_slow"]
        self.assertTrue(500000 < slow["value"] <= 505000, slow)
        self.assertEqual(slow["limited_by"], "sck_high")
        # the same again, on one process; two figures are asked to be better, of which one may be worse
        was = json.loads(limits.read_text())
        self.assertEqual(was["format"], "limpet-limits-1")
        for name in ("margin.sck_high", "margin.sck_low"):
            was["limits"][name]["value"] = "100 %"
        limits.write_text(json.dumps(was))
        again = judge("arduinoisp", "--quick", "-j", "1", "--require", limits, "--tolerance", "*.sck_l*:20%", status=1)
        self.assertEqual(again.stdout[:len(page)], page)
        self.assertIn("worse: margin.sck_high: 82", again.stdout)
        self.assertIn("1 of %d required figures are worse" % len(was["limits"]), again.stdout)

    def valid(self, schema, document):
        """As docs/NAME.schema.json says, which refuses one that is spoilt."""
        if not jsonschema:
            return
        schema = json.loads((SOURCE_ROOT / "docs" / f"{schema}.schema.json").read_text())
        jsonschema.Draft7Validator.check_schema(schema)
        validator = jsonschema.Draft7Validator(schema)
        self.assertEqual([e.message for e in validator.iter_errors(document)], [])
        self.assertFalse(validator.is_valid(document | {"surprise": 1}))
        self.assertFalse(validator.is_valid(document | {"format": "limpet-judge-0"}))

    def test_findings_are_as_their_schema_says(self):
        out = self.path("f.json")
        scenarios = [SOURCE_ROOT / "scenarios" / s for s in ("enable_too_early.yaml", "field/lock_3f_reads_ff.yaml",
                                                             "rules/stray_edge.yaml", "rules/page_other.yaml")]
        subprocess.run([LIMPET, "run", "--quiet", "--findings", out, *scenarios], check=True, capture_output=True)
        of = json.loads(out.read_text())
        self.assertEqual(len(of["runs"]), 4)
        self.assertEqual({f["severity"] for r in of["runs"] for f in r["findings"]} & {"violation", "risk"},
                         {"violation", "risk"})
        self.valid("findings", of)

    def test_cells_are_what_the_pins_say(self):
        # outcome.h looks into the chip's cells: where no fault is left, reading through the pins tells the same
        text = """board:
  programmer: {script: {tries: 0}}
  parts: {wire: {type: glitch, kind: %s, from: 60 ms, until: %s}}
  wires: {mosi: [script.MOSI, wire.A], mosi_target: [wire.B, target.MOSI]}
steps:
  - program: {memory: flash, random: {seed: 1, length: 384}}
  - wait: 1 s
"""
        for kind, until in (("stuck_0", "70 ms"), ("stuck_1", "64 ms"), ("none", "70 ms")):
            s, out = self.path("s.yaml", text % (kind, until)), self.path("out.json")
            r = subprocess.run([LIMPET, "sweep", "-q", "--json", out, s], capture_output=True, text=True)
            run = json.loads(out.read_text())["runs"][0]
            self.path("s.yaml", text % (kind, until) + "  - verify: {memory: flash, random: {seed: 1, length: 384}}\n")
            seen = subprocess.run([LIMPET, "run", s], capture_output=True, text=True)
            if kind == "none":
                self.assertEqual((run["outcome"], r.returncode, seen.returncode), ("right", 0, 0), seen.stdout)
                continue
            self.assertEqual((run["outcome"], r.returncode, seen.returncode), ("silent", 1, 1), seen.stdout)
            cells = re.fullmatch(r"flash: (\d+) bytes? not as asked for, first at (0x\w+): (\w+), asked for (\w+)",
                                 run["cells"]).groups()
            pins = re.search(r"in (\d+) of 384 bytes, first at (0x\w+): 0x(\w+), expected 0x(\w+)", seen.stdout).groups()
            self.assertEqual(cells, pins)

    def test_host_and_speed_are_found(self):
        image = self.path("mine.hex")
        image.write_bytes((FIRMWARE / "limpisp.hex").read_bytes())
        of = quick(image, "--only", "rules")
        self.assertEqual((of["host"], of["baud"], of["passed"]), ("stk500v2", 115200, True))
        self.assertEqual([r["source"] for r in of["rules"]], [[]] * len(of["rules"]))

    def test_a_host_of_ones_own(self):
        steps = """board: {programmer: {firmware: arduinoisp, baud: 19200}}
steps:
  - wait: 1 s
  - uart: {send: "50 20", expect: "14 10", within: 200 ms}
  - uart: {send: "56 AC A0 00 %s 20", expect: "14 xx 10", within: 200 ms}
  - wait: 10 ms
  - uart: {send: "51 20", expect: "14 10", within: 200 ms}
expect: {fuses: {low: 0xE2}}
"""
        for fuse, outcome in (("E2", "right"), ("E3", "silent")):
            of = quick(self.path("own.yaml", steps % fuse), "--host", "steps", "--only", "rules",
                       status=0 if outcome == "right" else 1)
            self.assertEqual([s["id"] for s in of["sessions"]], ["factory", "slow_rc"])
            self.assertEqual({s["outcome"] for s in of["sessions"]}, {outcome}, of["sessions"])
            self.assertEqual(of["host"], "steps")

    def test_what_never_answers(self):
        page = judge("demo_app", status=1).stdout
        self.assertIn("No session could be had", page)
        of = quick("arduinoisp", "--host", "stk500v2", "--only", "rules", status=1)
        self.assertIn("0 of 4 sessions right", of["verdict"])

    def test_a_session_that_never_ends_is_stopped(self):
        of = quick("arduinoisp", "--only", "rules", "--max-cycles", 1000000, status=1)
        self.assertIn("1000000 executed CPU cycles are used up", of["sessions"][0]["message"])
        of = quick("arduinoisp", "--only", "rules", "--budget", "1 s", status=1)
        self.assertIn("simulated time", of["sessions"][0]["message"])

    def test_bad_input(self):
        for args, says in (
            (("nothing.elf",), "there is no file 'nothing.elf'"),
            (("arduinoisp", "--host", "stk600"), "--host stk600: there are stk500v1"),
            (("arduinoisp", "--host", "steps"), "--host steps goes with a scenario"),
            (("arduinoisp", "--part", "z80"), "--part z80: there are"),
            (("arduinoisp", "--board", "due"), "due"),
            (("arduinoisp", "--require", self.path("no")), "No such file"),
            (("arduinoisp", "--require", self.path("empty", "{}")), "no file of limits"),
            (("arduinoisp", "--require", self.path("newer", '{"format": "limpet-limits-2"}')), 'of another version, "limpet-limits-2"'),
            (("arduinoisp", "--require", self.path("l", '{"format": "limpet-limits-1", "limits": {"session.factory.took": {"value": '
              '"1 s", "kind": "time", "better": "lower"}}}'), "--tolerance", "b:1%"), "no figure has that name"),
            *((("arduinoisp", "--require", self.path(f"u{name}", '{"format": "limpet-limits-1", "limits": {"%s": {"value": "1",'
               ' "kind": "count", "better": "lower"}}}' % name)), f"judge has no figure '{name}'")
              for name in ("a", "margin.sck_hihg", "findings.", "reach.rate", "session.factory", "session.x.took", "silent.x")),
            (("arduinoisp", "limpisp", "--json", self.path("x")), "--shard go with one programmer, and these are 2"),
            (("arduinoisp", "--campaigns", "x"), "--campaigns"),
            (("arduinoisp", "--max-cycles", "0"), "--max-cycles"),
            (("arduinoisp", "--only", "rules,x"), "--only x: rules, reach, fails or faults"),
            ((self.path("s.yaml", "board: {programmer: {stimulus: {file: x.csv}}}"),), "x.csv"),
            ((self.path("t.yaml", "nonsense: 1"),), "unknown key 'nonsense'"),
            ((), "which firmware"),
        ):
            r = judge("--quick", *args, status=2)
            self.assertIn(says, r.stderr, args)
            self.assertEqual(r.stdout, "", args)

    def test_shards_are_the_same_page(self):
        plan = ("arduinoisp", "--quick", "--campaigns", "1", "--only", "rules,fails,faults")
        files = [self.path(f"{i}.json") for i in (1, 2, 3)]
        for i, path in enumerate(files):
            self.assertEqual(judge(*plan, "--shard", f"{i + 1}/3", "--json", path).stdout, "")
        for path in files:
            self.valid("judge-shard", json.loads(path.read_text()))
        one = judge(*plan).stdout
        self.assertEqual(judge(*plan, "--merge", *files).stdout, one)
        self.assertEqual(judge(*plan, "--merge", files[2], files[1], *files).stdout, one)
        self.assertIn("lost: --shard 2/3", judge(*plan, "--merge", files[0], files[2], status=2).stderr)
        other = judge(*plan, "--budget", "119 s", "--merge", files[0], status=2).stderr
        self.assertIn('of another plan: it has "budget 120', other)
        text = files[0].read_text()
        for bad, says in ((text.replace('"bytes": "0', '"bytes": "1', 1), "damaged"), (text[:500], "1.json:"),
                          (text.replace('"bytes": "', '"bytes": "z99999999999999999999.', 1), "damaged"),
                          ('{"format": "limpet-judge-shard-2", "results": []}', "is no result of"), ("[]", "is no result of")):
            self.assertIn(says, judge(*plan, "--merge", self.path("1.json", bad), status=2).stderr)
        for args, says in ((("--shard", "1/2"), "--shard goes with --json"), (("--shard", "1/2", "--json", "x", "--junit", "y"), "alone"),
                           (("--merge",), "first the programmer")):
            self.assertIn(says, judge(*plan, *args, status=2).stderr)

    def test_many_and_folders(self):
        """Folders, tags, --fail-fast and one report, as of run; one that can't be judged keeps nobody from it"""
        folder = pathlib.Path(self.path("many"))
        folder.mkdir()
        for name, sck, tag in (("a", "100 kHz", "good"), ("b", "600 kHz", "bad"), ("c", "90 kHz", "good")):
            (folder / f"{name}.yaml").write_text(f"tags: [{tag}]\nboard: {{programmer: {{script: {{sck: {sck}}}}}}}\n")
        (folder / "mute.yaml").write_text("board: {programmer: {stimulus: {file: w.csv, map: {sck: SCK}}}}\n")
        (folder / "w.csv").write_text("time_us,signal,level\n0,SCK,0\n1,SCK,1\n2,SCK,0\n")
        (folder / "z.yaml").write_text("nonsense: 1\n")
        plan, out = (folder, "--quick", "--only", "rules", "--quiet"), self.path("many.xml")
        r = judge(*plan, "--junit", out, status=2)
        self.assertIn("z.yaml:1:1: unknown key 'nonsense'", r.stderr)
        self.assertRegex(r.stdout, "\n  fail     .*/b.yaml: Breaks rules; 0 of ")
        self.assertIn("mute.yaml: the board's programmer is a recording", r.stdout)
        self.assertIn("2 of 5 judgements passed, 1 failed, 1 could not be run, 1 skipped\n", r.stdout)
        root = xml.etree.ElementTree.parse(out).getroot()
        self.assertEqual([len(list(root.iter(k))) for k in ("error", "skipped")], [1, 1])
        names = [c.get("name") for c in root.iter("testcase") if "rule: sck_high" in c.get("name")]
        self.assertEqual(names, ["a.yaml: rule: sck_high", "b.yaml: rule: sck_high", "c.yaml: rule: sck_high"])
        (folder / "z.yaml").unlink()
        self.assertEqual(judge(*plan, "--tag", "good").stdout, "2 of 2 judgements passed\n")
        self.assertEqual(judge(*plan, "--tag", "good", "--jobs", 3).stdout, "2 of 2 judgements passed\n")
        r = judge(*plan, "--not-tag", "good", "--fail-fast", status=1)
        self.assertIn("0 of 2 judgements passed, 1 failed, 1 skipped\n", r.stdout)
        self.assertIn("none of 4 judgements has the tags", judge(*plan, "--tag", "x", "--not-tag", "no-mcu", status=2).stderr)

    def test_as_cases_of_a_report(self):
        out = self.path("j.xml")
        said = judge("arduinoisp", "--quick", "--campaigns", 0, "--only", "rules", "--quiet", "--junit", out).stdout
        self.assertEqual(said, "")  # --quiet: only what failed
        root = xml.etree.ElementTree.parse(out).getroot()
        names = [c.get("name") for c in root.iter("testcase")]
        self.assertEqual(root.get("failures"), "0")
        self.assertIn("rule: sck_high", names)
        self.assertTrue([n for n in names if n.startswith("session: ")])
        # what is documented of it fails with --strict
        strict = judge("arduinoisp", "--quick", "--campaigns", 0, "--only", "rules", "--strict", "--quiet", "--junit", out, status=1)
        failures = int(xml.etree.ElementTree.parse(out).getroot().get("failures"))
        self.assertIn(f"--strict: {failures} of {len(names)} parts fail", strict.stdout)
        self.assertGreater(failures, 0)
        said = strict.stdout.splitlines()
        self.assertTrue(said[0].startswith("arduinoisp: "))
        self.assertEqual(len([line for line in said if line.startswith("  fail     ")]), failures)
        self.assertEqual(len(said), failures + 2)

    def test_a_required_figure_that_nobody_measures_fails(self):
        limits = self.path("l", '{"format": "limpet-limits-1", "limits": {"margin.sck_high": {"value": "1 %",'
                           ' "kind": "percentage", "better": "higher"}}}')
        self.assertIn("was not measured", judge("demo_app", "--require", limits, status=1).stdout)


if __name__ == "__main__":
    unittest.main()
