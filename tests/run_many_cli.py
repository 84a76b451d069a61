#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""limpet run with many scenarios: folders, tags, several at a time, what is told and what fails"""
import os
import pty
import subprocess
import unittest

from limpet_session import LIMPET, LimpetTest

SCRIPT = "board: {programmer: {script: {sck: %s}}}\nsteps: [{signature: 1E 95 0%s}]\n"
FINDS = "board: {programmer: {script: {sck: 100 kHz, enter_wait: 15 ms}}}\nsteps: [{signature: 1E 95 0F}]\n"
FILES = {
    "a/good.yaml": "tags: [quick, isp]\n" + SCRIPT % ("100 kHz", "F"),
    "a/deep/b.yml": "tags: [slow]\n" + SCRIPT % ("50 kHz", "F"),
    "a/deep/sweep.yaml": "scenario: b.yml\naxes: [{name: x, path: seed, values: 1..2}]\n",
    "a/deep/notes.txt": "no scenario",
    "a/fails.yaml": "tags: [quick]\n" + SCRIPT % ("100 kHz", "E"),
    "a/finds.yaml": FINDS,
    "a/expected.yaml": FINDS + "expect: {findings: [enable_wait]}\n",
    "a/nothing.yaml": "board: {programmer: {script: {}}}\n",
    "a/.hidden.yaml": "rubbish: yes\n",
    "bad.yaml": "board: {vcc: 5}\n",
}


class RunMany(LimpetTest):
    def setUp(self):
        super().setUp()
        for name, text in FILES.items():
            (self.dir / name).parent.mkdir(parents=True, exist_ok=True)
            (self.dir / name).write_text(text)

    def ran(self, *args, status, **env):
        done = subprocess.run([LIMPET, "run", *args], capture_output=True, text=True, cwd=self.dir, timeout=60,
                              stdin=subprocess.DEVNULL, env={**os.environ, **env})
        self.assertEqual(done.returncode, status, done.stdout + done.stderr)
        self.err = done.stderr
        return done.stdout

    def test_folders_in_the_order_of_their_names(self):
        text = self.ran("a", status=1)
        names = [line.split()[1] for line in text.splitlines() if line.startswith("== ")]
        self.assertEqual(names, ["b", "expected", "fails", "finds", "good", "nothing"])
        self.assertIn("5 of 6 scenarios passed, 1 with findings, 1 failed\n", text)
        self.assertEqual(self.err, "")
        (self.dir / "empty").mkdir()
        self.ran("empty", status=2)
        self.assertIn("there is no scenario in it", self.err)
        (self.dir / "a" / "round").symlink_to("..")
        self.ran("a", status=2)
        self.assertIn("a link to itself?", self.err)

    def test_the_list_at_the_end_names_places(self):
        text = self.ran("a/good.yaml", "a/fails.yaml", "a/finds.yaml", status=1)
        self.assertIn("  fail     a/fails.yaml:3:9: signature: ", text)
        self.assertIn("  findings a/finds.yaml: 1 that no expectation names\n", text)
        self.assertRegex(text, r"(?m)^PASS with 1 finding finds, 0\.\d{9} s simulated$")
        self.assertRegex(self.ran("a/expected.yaml", status=0), r"(?m)^PASS expected, ")
        self.assertIn("neither steps nor expectations", self.ran("a/nothing.yaml", status=0))
        self.assertNotIn("neither steps", self.ran("a/good.yaml", status=0))

    def test_strict(self):
        self.ran("a/finds.yaml", status=0)
        self.assertIn("1 findings that no expectation names (--strict)", self.ran("--strict", "a/finds.yaml", status=1))
        self.ran("--strict", "a/expected.yaml", "a/good.yaml", status=0)

    def test_several_at_a_time_tell_the_same(self):
        for more in ([], ["--verbose"], ["--quiet"], ["--fail-fast"]):
            one, many = (self.ran("-j", n, *more, "a", "a/deep", "bad.yaml", status=1 if "--fail-fast" in more else 2)
                         for n in "14") if "--fail-fast" not in more else (
                             self.ran("-j", n, *more, "a", "a/deep", status=1) for n in "14")
            self.assertEqual(one, many)
            self.assertGreater(len(one), 100)

    def test_several_at_a_time_write_the_same(self):
        for n in "14":
            self.ran("-j", n, "--vcd-dir", "v" + n, "--report", f"jsonl=r{n}", "--report", f"junit=j{n}", "a", status=1,
                     SOURCE_DATE_EPOCH="1000000000")
        self.assertEqual((self.dir / "r1").read_bytes(), (self.dir / "r4").read_bytes())
        self.assertEqual((self.dir / "j1").read_text().replace("v1/", "v4/"), (self.dir / "j4").read_text())
        for vcd in (self.dir / "v1").iterdir():
            self.assertEqual(vcd.read_bytes(), (self.dir / "v4" / vcd.name).read_bytes())

    def test_tags(self):
        def names(*args):
            return [line.split()[1] for line in self.ran(*args, "a", status=None).splitlines() if line[:2] == "=="]

        self.ran = lambda *args, status: subprocess.run([LIMPET, "run", *args], capture_output=True, text=True,
                                                        cwd=self.dir, stdin=subprocess.DEVNULL, timeout=60).stdout
        self.assertEqual(names("--tag", "quick"), ["fails", "good"])
        self.assertEqual(names("--tag", "slow", "--tag", "isp"), ["b", "good"])
        self.assertEqual(names("--tag", "quick", "--not-tag", "isp"), ["fails"])
        self.assertEqual(names("--not-tag", "quick", "--not-tag", "slow"), ["expected", "finds", "nothing"])
        self.assertEqual(names("--tag", "none"), [])
        self.assertEqual(names("--tag", "mcu"), [])
        self.assertEqual(names("--tag", "no-mcu", "--not-tag", "quick"), ["b", "expected", "finds", "nothing"])

    def test_another_firmware_where_it_fits(self):
        uno = "board: {programmer: {firmware: %s}}\nsteps: [{signature: 1E 95 0F}]\n"
        for name, text in {"v1": uno % "arduinoisp", "v2": uno % "limpisp", "own": "tags: [own-firmware]\n" + uno % "arduinoisp",
                           "special": uno % "arduinoisp_slow", "speed": uno % "arduinoisp, baud: 9600",
                           "ng": "board: {use: ng}\nsteps: [{enter: yes}]\n", "mine": uno % "mine.hex",
                           "script": SCRIPT % ("100 kHz", "F")}.items():
            (self.dir / "f").mkdir(exist_ok=True)
            (self.dir / "f" / (name + ".yaml")).write_text(text)
        image = os.path.join(os.path.dirname(LIMPET), "firmware", "arduinoisp_115200.hex")
        os.symlink(image, self.dir / "f" / "mine.hex")
        os.symlink(image, self.dir / "other.hex")
        text = self.ran("--firmware", "other.hex", "f", status=0)
        self.assertIn("other.hex speaks stk500v1 at 115200 baud, as was found by trying", self.err)
        self.assertIn("PASS v1, ", text)
        self.assertIn("PASS mine, ", text)
        self.assertIn("2 of 8 scenarios passed, 6 skipped\n", text)
        for why in ("1: no microcontroller takes part", "1: it speaks stk500v2, the firmware stk500v1",
                    "1: it is about a firmware of its own: arduinoisp", "1: it is about the speed: 9600 baud",
                    "1: its board is another: Arduino NG"):
            self.assertIn("  skipped  " + why[:40], text)
        text = self.ran("--firmware", "demo_app.hex", "--report", "tap=r.tap", "f", status=1)
        self.assertIn("0 of 9 scenarios passed, 1 failed, 8 skipped\n", text)
        self.assertIn("gets no session going with any host that is known", text)
        self.assertEqual((self.dir / "r.tap").read_text().count("not ok "), 1)
        self.ran("--firmware", "limpisp", "f/v1.yaml", "f/script.yaml", status=2)
        self.assertIn("none of these 2 scenarios can take it", self.err)

    def test_a_tag_is_a_word(self):
        (self.dir / "t.yaml").write_text('tags: [ok, "not, one"]\n')
        self.ran("t.yaml", status=2)
        self.assertIn("t.yaml:1:12: 'not, one' is no tag", self.err)
        self.ran("--tag", "none", "a", status=2)
        self.assertIn("none of 6 scenarios has the tags", self.err)

    def test_one_bad_file_does_not_lose_the_others(self):
        text = self.ran("bad.yaml", "a/good.yaml", status=2)
        self.assertIn("PASS good", text)
        self.assertIn("1 of 2 scenarios passed, 1 could not be run", text)
        self.assertIn("bad.yaml:1:14: '5' is not a voltage", self.err)

    def test_fail_fast(self):
        text = self.ran("--fail-fast", "a", status=1)
        self.assertIn("  skipped  3: not run after a failure (--fail-fast)\n", text)
        self.assertNotIn("== good", text)

    def test_quiet(self):
        text = self.ran("--quiet", "a", status=1)
        self.assertNotIn("== good", text)
        self.assertIn("== fails", text)
        self.assertNotRegex(text, r"\n  findings ")  # they passed

    def test_installed_ones_by_name(self):
        self.assertIn("PASS", self.ran("enable_too_early", status=0))
        self.assertIn("PASS", self.ran("wires/led_leaves_reset", status=0))
        self.assertIn("3 of 3", self.ran("a", status=0, LIMPET_SCENARIO_DIR=str(self.own_folder())))
        self.ran("no_such", status=2)
        self.assertIn("no_such: No such file", self.err)

    def own_folder(self):
        own = self.dir / "own"
        for i in range(3):
            (own / "a").mkdir(parents=True, exist_ok=True)
            (own / "a" / f"{i}.yaml").write_text(FILES["a/good.yaml"])
        (self.dir / "a").rename(self.dir / "not_a")
        return own

    def test_without_avrdude_its_scenarios_are_skipped(self):
        (self.dir / "av.yaml").write_text("board: {programmer: {script: {}}}\nsteps: [{avrdude: {args: -v}}]\n")
        text = self.ran("av.yaml", "a/good.yaml", status=0, PATH="/nowhere")
        self.assertIn("  skipped  1: avrdude is not installed\n", text)
        self.assertIn("1 of 2 scenarios passed, 1 skipped", text)

    def test_a_baseline(self):
        good = FILES["a/good.yaml"]
        self.ran("a", "--save-baseline", "no.json", status=1)
        self.assertIn("not written, since something failed", self.err)
        self.assertFalse((self.dir / "no.json").exists())
        self.ran("a/good.yaml", "a/finds.yaml", "--save-baseline", "b.json", status=0)
        kept = (self.dir / "b.json").read_bytes()
        said = self.ran("a/good.yaml", "a/finds.yaml", "--baseline", "b.json", status=0)
        self.assertIn("Compared with b.json: 0 figures are worse, 0 changed otherwise\n", said)
        (self.dir / "a/good.yaml").write_text(good.replace("100 kHz", "125 kHz"))  # 4 us instead of 5
        reports = [a for f in ("junit", "tap", "jsonl", "html") for a in ("--report", f + "=" + f)]
        said = self.ran("a/good.yaml", "--baseline", "b.json", *reports, status=1)
        self.assertIn("  worse     good/sck_high: 4 us, was 5 us, allowed 5 us\n", said)
        self.assertRegex(said, r"  better    good/took: ")
        self.assertIn("are of scenarios that were not run", said)
        self.assertIn('name="good/sck_high"', (self.dir / "junit").read_text())
        self.assertIn("baseline good/sck_high: 4 us, was 5 us", (self.dir / "tap").read_text())
        self.assertIn('{"type":"change","figure":"good/sck_high","was":"5 us"', (self.dir / "jsonl").read_text())
        self.assertIn('["good/sck_high","5 us","4 us","5 us","worse"]', (self.dir / "html").read_text())
        self.ran("a/good.yaml", "--baseline", "b.json", "--tolerance", "*:20%", status=0)
        self.ran("a/good.yaml", "--baseline", "b.json", "--tolerance", "*:19%", status=1)
        self.ran("a/good.yaml", "--baseline", "b.json", "--tolerance", "*/*:20%", "--tolerance", "good/sck_high:999 ns", status=1)
        self.ran("a/good.yaml", "--baseline", "b.json", "--tolerance", "*/*:20%", "--tolerance", "good/sck_high:1us", status=0)
        self.ran("a/deep/b.yml", "--baseline", "b.json", status=2)
        self.assertIn("it is another suite's", self.err)
        self.ran("a/good.yaml", "--baseline", "b.json", "--tolerance", "nothing:1%", status=2)
        self.ran("a/good.yaml", "--baseline", "bad.yaml", status=2)
        self.ran("a/good.yaml", "--tolerance", "x:1%", status=2)
        self.ran("a/good.yaml", "--save-baseline", "no/such", status=2)
        self.assertEqual((self.dir / "b.json").read_bytes(), kept)

    def test_colours(self):
        self.assertNotIn("\033", self.ran("a/fails.yaml", status=1))
        self.assertIn("\033[1;31mFAIL\033[0m", self.ran("--color", "always", "a/fails.yaml", status=1))
        self.ran("--color", "sometimes", "a/good.yaml", status=2)

    def on_terminal(self, *args, **env):
        ours, its = pty.openpty()
        process = subprocess.Popen([LIMPET, "run", *args], stdin=subprocess.DEVNULL, stdout=its, stderr=its,
                                   cwd=self.dir, env={**os.environ, "TERM": "xterm", **env})
        os.close(its)
        said = b""
        while True:
            try:
                said += os.read(ours, 65536)
            except OSError:
                break
        process.wait(60)
        os.close(ours)
        return said.decode()

    def test_on_a_terminal(self):
        said = self.on_terminal("a", NO_COLOR="")
        self.assertIn("\033[32mPASS\033[0m", said)
        self.assertRegex(said, r"\r\x1b\[K\d of 6, \d running")
        self.assertTrue(said.rstrip().endswith("1 failed"), said[-80:])
        self.assertNotIn("\033[32m", self.on_terminal("a", NO_COLOR="1"))
        self.assertNotIn("\033[32m", self.on_terminal("a", TERM="dumb"))


if __name__ == "__main__":
    unittest.main()
