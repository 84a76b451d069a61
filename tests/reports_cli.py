#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""What limpet run --report writes, read by others: expat, meson's and perl's TAP readers, a validator of JSON schemas"""
import json
import re
import shutil
import subprocess
import unittest
import xml.etree.ElementTree as ET

from limpet_session import LIMPET, SOURCE_ROOT, LimpetTest

try:
    import jsonschema
except ImportError:
    jsonschema = None
try:
    from mesonbuild.mtest import TAPParser
except ImportError:
    TAPParser = None

SCRIPT = "board: {programmer: {script: {sck: 100 kHz%s}}}\nsteps: [{signature: 1E 95 0%s}]\n"
FILES = {
    "d/good.yaml": "tags: [quick, isp]\n" + SCRIPT % ("", "F"),
    "d/fails.yaml": "name: 'odd # \\ \"name\" ]]>'\n" + SCRIPT % ("", "E"),
    "d/finds.yaml": SCRIPT % (", enter_wait: 15 ms", "F"),
    "d/e/good.yaml": SCRIPT % ("", "F"),
    "bad.yaml": "board: {vcc: 5}\n",
    "avrdude.yaml": "board: {programmer: {script: {}}}\nsteps: [{avrdude: {args: -v}}]\n",
}
# what junit-10.xsd, by which Jenkins' xunit plugin judges, has for each element: attributes, children
STRICT = {
    "testsuites": ({"name", "tests", "failures", "errors", "time"}, {"testsuite"}),
    "testsuite": ({"name", "tests", "failures", "errors", "skipped", "time", "timestamp"}, {"testcase"}),
    "testcase": ({"name", "classname", "time"}, {"failure", "error", "skipped", "system-out"}),
    "failure": ({"message", "type"}, set()), "error": ({"message", "type"}, set()),
    "skipped": (set(), set()), "system-out": (set(), set()),
}
# ... and JUnit.xsd of Ant's format: attributes that must be there, children in their order
ANT = {
    "testsuites": (set(), "(testsuite )*"),
    "testsuite": ({"name", "tests", "failures", "errors", "skipped", "time", "timestamp", "package", "id", "hostname"},
                  "properties (testcase )*system-out system-err "),
    "testcase": ({"name", "classname", "time"}, "((skipped|error|failure) )?"),
    "failure": ({"message", "type"}, ""), "error": ({"message", "type"}, ""), "skipped": (set(), ""),
    "properties": (set(), ""), "system-out": (set(), ""), "system-err": (set(), ""),
}


class Reports(LimpetTest):
    def write(self, *reports, args=(), files=FILES, status=2, env=None):
        for name, text in FILES.items():
            (self.dir / name).parent.mkdir(parents=True, exist_ok=True)
            (self.dir / name).write_text(text)
        done = subprocess.run([LIMPET, "run", *args, *files, *(a for r in reports for a in ("--report", r + "=" + r))],
                              capture_output=True, text=True, cwd=self.dir, timeout=60, stdin=subprocess.DEVNULL,
                              env={"PATH": "/nowhere", **(env or {})})
        self.assertEqual(done.returncode, status, done.stdout + done.stderr)
        return [self.dir / r for r in reports]

    def test_junit(self):
        root = ET.parse(self.write("junit")[0]).getroot()
        suites = {s.get("name"): s for s in root}
        self.assertEqual(sorted(suites), ["d", "d.e", "limpet"])
        for suite in [root, *root]:
            cases = suite.findall(".//testcase")
            self.assertEqual(int(suite.get("tests")), len(cases))
            for counter, element in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
                if suite is not root or counter != "skipped":
                    self.assertEqual(int(suite.get(counter)), len([c for c in cases if c.find(element) is not None]))
            self.assertAlmostEqual(float(suite.get("time")), sum(float(c.get("time")) for c in cases), places=5)
        for suite in root:
            self.assertRegex(suite.get("timestamp"), r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d$")
            self.assertFalse(suite.findall("testsuite"))  # nested ones vanish at some readers
        fails = suites["d"].findall("testcase")[1]
        self.assertEqual((fails.get("name"), fails.get("file"), fails.get("line")), ('odd # \\ "name" ]]>', "d/fails.yaml", "3"))
        failure = fails.find("failure")
        self.assertIn("expected 1E 95 0E", failure.get("message"))
        self.assertIn(failure.get("message"), failure.text)
        properties = {p.get("name"): p.get("value") for p in suites["d"].find("testcase").find("properties")}
        self.assertEqual((properties["seed"], properties["tags"]), ("1", "quick, isp, no-mcu"))
        self.assertIn("the unit is missing", suites["limpet"].find("testcase").find("error").get("message"))

    def test_two_of_one_name(self):
        root = ET.parse(self.write("junit", files=["d/good.yaml", "d/good.yaml"], status=0)[0]).getroot()
        self.assertEqual([c.get("name") for c in root.iter("testcase")], ["good", "good (2)"])

    def test_reproducible_with_source_date_epoch(self):
        texts = []
        for _ in range(2):
            texts.append(self.write("junit", env={"SOURCE_DATE_EPOCH": "86400"})[0].read_text())
        self.assertEqual(texts[0], texts[1])
        self.assertIn('timestamp="1970-01-02T00:00:00"', texts[0])

    def test_strict_junit_has_what_the_schema_knows(self):
        for element in ET.parse(self.write("junit-strict")[0]).getroot().iter():
            attributes, children = STRICT[element.tag]
            self.assertLessEqual(set(element.attrib), attributes)
            self.assertLessEqual({c.tag for c in element}, children)
        loose = {e.tag for e in ET.parse(self.write("junit")[0]).getroot().iter()}
        self.assertIn("property", loose)  # the other dialect would not pass

    def test_ant_junit_has_what_its_schema_requires(self):
        root = ET.parse(self.write("junit-ant")[0]).getroot()
        for element in root.iter():
            attributes, children = ANT[element.tag]
            self.assertEqual(set(element.attrib), attributes)
            self.assertRegex("".join(c.tag + " " for c in element), f"^{children}$")
        self.assertEqual([s.get("id") for s in root], [str(i) for i in range(len(root))])
        self.assertIn("expected 1E 95 0E", root.find("testsuite/system-out").text)

    def test_names_with_any_character_and_errors_with_their_line(self):
        for name, text in (("odd", 'name: "a\\e[31m \\x9b ]]> \\uFFFE \\u2028 \U0001F600"\n' + SCRIPT % ("", "E")),
                           ("broken", "name: b\nboard:\n  programmer: {script: {foo: 1}}\n")):
            (self.dir / (name + ".yaml")).write_text(text)
        junit, tap = self.write("junit", "tap", files=["odd.yaml", "broken.yaml"])
        odd, broken = ET.parse(junit).getroot().iter("testcase")
        self.assertEqual(odd.get("name"), "a\\x1B[31m \\xC2\\x9B ]]> \\xEF\\xBF\\xBE \\xE2\\x80\\xA8 \U0001F600")
        self.assertIn("odd.yaml:3:9: ", odd.find("failure").get("message"))
        self.assertEqual((broken.get("line"), broken.find("properties")), ("3", None))  # nor a seed: it was not run
        self.assertIn('file: "broken.yaml"\n    line: 3\n', tap.read_text())

    def test_attachments(self):
        def tag(*args):
            root = ET.parse(self.write("junit", args=("--vcd-dir", "out/v", *args), files=["d/fails.yaml"], status=1)[0])
            line, picture = [li for li in root.find(".//system-out").text.splitlines() if "ATTACHMENT" in li]
            self.assertEqual(picture, line.replace(".vcd]", ".svg]"))
            return line

        (self.dir / "out").mkdir()
        self.assertEqual(tag(), "[[ATTACHMENT|out/v/d__fails.vcd]]")
        self.assertEqual(tag("--attachment-base", "out"), "[[ATTACHMENT|v/d__fails.vcd]]")
        self.assertEqual(tag("--attachment-base", "d"), "[[ATTACHMENT|../out/v/d__fails.vcd]]")
        self.assertEqual(tag("--attachment-base", "report"), "[[ATTACHMENT|out/v/d__fails.vcd]]")
        self.assertEqual(tag("--attachment-base", "absolute"), f"[[ATTACHMENT|{self.dir.resolve()}/out/v/d__fails.vcd]]")
        self.assertTrue((self.dir / "out/v/d__fails.vcd").exists())
        self.assertIn(">steps<", (self.dir / "out/v/d__fails.svg").read_text())
        self.write("junit", args=("--vcd-dir", "out/w", "--vcd-on-failure", "--jobs", "2"))
        self.assertEqual({p.name for p in (self.dir / "out/w").iterdir()}, {"d__fails.vcd", "d__fails.svg"})

    @unittest.skipUnless(TAPParser, "meson's modules are not to be had from this python")
    def test_flat_tap_as_meson_reads_it(self):
        parser = TAPParser()
        events = [e for line in self.write("tap-flat")[0].read_text().splitlines() for e in parser.parse_line(line)]
        events += list(parser.parse_line(None))
        kinds = [type(e).__name__ for e in events]
        self.assertFalse({"Error", "UnknownLine", "Bailout"} & set(kinds), kinds)
        results = [e.result.name for e in events if type(e).__name__ == "Test"]
        self.assertEqual(results, ["OK", "FAIL", "OK", "OK", "FAIL", "SKIP"])

    @unittest.skipUnless(shutil.which("perl"), "perl is not installed")
    def test_tap_as_perl_reads_it(self):
        program = r"""use TAP::Parser; local $/; open F, $ARGV[0]; my $t = <F>; $t =~ s/^TAP version 14/TAP version 13/;
            my $p = TAP::Parser->new({tap => $t}); $p->run; print join(",", $p->failed), ";", $p->tests_planned, ";",
            scalar($p->skipped), ";", join(",", $p->parse_errors), "\n";"""
        for path in self.write("tap", "tap-flat"):
            done = subprocess.run([shutil.which("perl"), "-e", program, path], capture_output=True, text=True)
            self.assertEqual(done.stdout, "2,5;6;1;\n", done.stderr)

    def test_subtests_of_tap_have_their_plans(self):
        text = self.write("tap")[0].read_text()
        self.assertTrue(text.startswith("TAP version 14\n1..6\n# Subtest: good\n    ok 1 - sck_high ok"))
        self.assertIn('not ok 2 - odd \\# \\\\ "name" ]]>\n  ---\n  message: "d/fails.yaml:3:9: ', text)
        self.assertRegex(text, r"    not ok \d - enable_wait 1 time, .* # TODO no expectation names it\n")
        for block in text.split("# Subtest: ")[1:]:
            points = [li for li in block.splitlines() if li.startswith(("    ok ", "    not ok "))]
            self.assertIn(f"\n    1..{len(points)}\n", block)

    def test_lines_of_json(self):
        lines = [json.loads(li) for li in self.write("jsonl")[0].read_text().splitlines()]
        self.assertEqual([li["type"] for li in lines], ["run"] + ["scenario"] * 6 + ["totals"])
        self.assertEqual([li["verdict"] for li in lines[1:-1]], ["pass", "fail", "findings", "pass", "error", "skipped"])
        self.assertEqual(lines[3]["findings"][0]["rule"], "enable_wait")
        self.assertEqual((lines[-1]["scenarios"], lines[-1]["pass"]), (6, 2))

    @unittest.skipUnless(jsonschema, "python3-jsonschema is not installed")
    def test_the_published_schema(self):
        schema = json.loads((SOURCE_ROOT / "docs" / "results.schema.json").read_text())
        validator = jsonschema.Draft7Validator(schema)
        jsonschema.Draft7Validator.check_schema(schema)
        lines = [json.loads(li) for li in self.write("jsonl")[0].read_text().splitlines()]
        for line in lines:
            self.assertEqual([e.message for e in validator.iter_errors(line)], [])
        for wrong in ({**lines[0], "version": 2}, {**lines[1], "verdict": "maybe"}, {**lines[1], "more": 1}, {"type": "odd"}):
            self.assertFalse(validator.is_valid(wrong), wrong)

    def test_the_cause_of_a_failure_is_in_each(self):
        formats = ["junit", "junit-strict", "junit-ant", "tap", "tap-flat", "jsonl", "html"]
        for path in self.write(*formats, files=["d/fails.yaml"], status=1):
            self.assertIn("the target is an ATmega328P, and says so", path.read_text(), path.name)

    def test_an_output_that_vanishes_loses_no_other(self):
        gone = self.dir / "gone"
        gone.mkdir()
        (self.dir / "d").mkdir(exist_ok=True)
        (self.dir / "s.yaml").write_text(
            "board: {programmer: {script: {}}}\nsteps: [{avrdude: {args: -v}}]\n")
        (self.dir / "avrdude").write_text(f"#!/bin/sh\n/bin/rm -rf {gone}\nexit 1\n")
        (self.dir / "avrdude").chmod(0o755)
        done = subprocess.run([LIMPET, "run", "s.yaml", "--report", "junit=gone/x", "--report", "tap=tap"], cwd=self.dir,
                              capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL,
                              env={"PATH": str(self.dir)})
        self.assertEqual(done.returncode, 2)
        self.assertIn("gone/x: ", done.stderr)
        self.assertIn("not ok 1", (self.dir / "tap").read_text())

    def test_the_help_names_each_format(self):
        said = subprocess.run([LIMPET, "run", "--report", "none=x", "x.yaml"], capture_output=True, text=True, timeout=60).stderr
        there = re.search(r"there are: ([\w, -]+)", said).group(1).split(", ")
        help_of_it = self.run_limpet("help", "run").partition("--report=")[2].partition(". May")[0]
        self.assertEqual(re.findall(r"[a-z][a-z-]+", help_of_it.partition("FORMAT is")[2].replace(" or ", " ")), there)

    def test_bad_options(self):
        for arg, says in (("tape=x", "no report format 'tape'; there are: junit,"), ("tap", "expected FORMAT=FILE"),
                          ("tap=", "--report tap"), ("tap=no/x", "no/x")):
            done = subprocess.run([LIMPET, "run", "good.yaml", "--report", arg], cwd=self.dir, capture_output=True, text=True,
                                  stdin=subprocess.DEVNULL)
            self.assertEqual(done.returncode, 2)
            self.assertIn(says, done.stderr)


if __name__ == "__main__":
    unittest.main()
