#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""For editors and shells: lint, schemas, completion, manual pages, init, build-sketch"""
import json
import os
import pathlib
import re
import resource
import shutil
import signal
import subprocess
import time
import unittest

from limpet_session import LIMPET, SOURCE_ROOT, LimpetTest

try:
    import jsonschema
    import yaml
except ImportError:
    jsonschema = None

COMMANDS = "build-sketch decode exec export fuses init judge lint plot run serve sweep view".split()
MISTAKES = """nmae: x
board:
  vcc: 5
\ttarget: {}
"""
MANY = """nmae: x
board:
  vcc: 5
  target: {part: atmega329p, fuses: {low: 0x1FF, hihg: 0xD9}}
  programmer: {script: {sck: 100 khz, tries: -1}}
steps:
  - wait: 20
  - {program: {memory: flsh, random: 1}}
  - fly: yes
expect:
  findings: [sck_hihg]
"""
WRONG = {(1, 1), (3, 8), (4, 18), (4, 43), (4, 50), (5, 30), (5, 46), (7, 11), (8, 24), (9, 5), (11, 14)}
SKETCH = """// a sketch that calls what it defines later, with a type of its own
#include <SPI.h>
struct point { int x; };
const char *text = "void not_a_function() {";
void setup() { Serial.begin(115200); point p = make(3); if (p.x == 3) { greet('"'); } }
void loop() { }
point make(int x)
{
  point p = { x };
  return p;
}
#define GREET "{"
void greet(char c) { Serial.print(GREET); Serial.print(c); }
"""


ODD = r'''#include "type.h"
#include <Wire.h>
#include <EEPROM.h>
#include <SoftwareSerial.h>
SoftwareSerial soft(2, 3);
typedef int (*binary)(int, int);
enum mode { A, B };
class C { public: C(int x) : v(x) {} int get() const { return v; } private: int v; };
const char brace = '{', *text = "void f() {"; // {
int numbers[] = { 1, 2, 3 };
auto twice = [](int a) { return 2 * a; };
namespace inner { void inside() { } }
extern "C" { void in_c(void) { } }
void setup()
{
  String s = String("a") + 5;
  soft.print(s);
  defaults(1);
  C c(more(thing{ 3 }));
  by_reference(c);
  chosen(add)(biggest<int>(1, twice(2)), long_head(3, 4));
  attachInterrupt(0, irq, RISING);
  EEPROM.write(0, numbers[0]);
  Wire.begin();
}
void loop() { select_mode(B); in_tab(); }
void defaults(int a, int b = 5, const char *t = "x(,){", int c = max(1, 2)) { soft.print(a + b + c); soft.print(t); }
int add(int a, int b) { return a + b; }
binary chosen(binary f) { return f; }
template <typename T>
T biggest(T a, T b) { return a > b ? a : b; }
void by_reference(C &c) { soft.print(c.get()); }
static inline __attribute__((noinline)) void select_mode(enum mode m) { if (m == B) soft.print('b'); }
void irq() { }
ISR(TIMER1_OVF_vect) { }
unsigned long
long_head (
  int a, /* the first ) */
  int b
) {
  return a + b;
}
int operator+(thing a, int b) { return a.a + b; }
'''
TAB = '''// functions of one tab are known in the other
void in_tab() { soft.print(below(1)); }
int below(int a, thing t = { 2 }) { return a + t.a + numbers[1]; }
'''


def load_yaml(text):
    """As editors do (YAML 1.2): the key `on` is a word. PyYAML reads 1.1, where it is True."""

    class Loader(yaml.SafeLoader):
        def construct_mapping(self, node, deep=False):
            return {k.value: self.construct_object(v, deep=True) for k, v in node.value}

    return yaml.load(text, Loader=Loader)


def generate(what):
    done = subprocess.run([LIMPET, "generate", what], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout


class Lint(LimpetTest):
    def lint(self, *args, status):
        done = subprocess.run([LIMPET, "lint", *args], capture_output=True, text=True, cwd=self.dir, timeout=60)
        self.assertEqual(done.returncode, status, done.stdout + done.stderr)
        return done.stdout + done.stderr

    def test_every_mistake_with_a_caret(self):
        (self.dir / "m.yaml").write_text(MANY)
        said = self.lint("m.yaml", status=1)
        places = [tuple(map(int, p)) for p in re.findall(r"(?m)^m\.yaml:(\d+):(\d+): ", said)]
        self.assertEqual(set(places), WRONG)
        self.assertEqual(places, sorted(places))
        self.assertIn("11 mistakes in 1 of 1 file", said)
        blocks = re.findall(r"m\.yaml:(\d+):(\d+): .*\n +\d+ \| (.*)\n +\| ( *)\^\n", said)
        self.assertEqual(len(blocks), 11)
        for line, column, shown, pad in blocks:
            self.assertEqual(shown, MANY.splitlines()[int(line) - 1])
            self.assertEqual(len(pad), int(column) - 1)

    def test_each_mistake_alone_is_the_only_one(self):
        """What is told of a file with one mistake is what run tells, and nothing that the mistake has caused"""
        good = "board: {programmer: {script: {sck: 100 kHz}}}\nsteps: [{program: {memory: flash, random: 1}}]\n"
        for was, becomes in (("flash", "flsh"), ("100 kHz", "100"), ("random: 1", "rnd: 1"), ("steps", "stps")):
            (self.dir / "s.yaml").write_text(good.replace(was, becomes))
            self.assertIn("1 mistake in 1 of 1 file", self.lint("s.yaml", status=1))

    def test_one_mistake_hides_no_other(self):
        """Neither in the next entry of a list, nor beside what a map may have only once; nor what was taken out is missed"""
        (self.dir / "s.yaml").write_text(
            "board:\n  programmer: {script: {sck: 100 kHz}, firmware: none.elf}\nsteps:\n  - wait: -3 ms\n  - wait: [1, 2]\n"
            "  - {signature: 1E 95 0F, wait: 3 ms}\n  - sgnature: 1E\n  - signature: 1E 95\n  - wait: 3 ms\n")
        places = re.findall(r"(?m)^s\.yaml:(\d+:\d+): ", self.lint("s.yaml", status=1))
        self.assertEqual(places, ["2:24", "2:50", "4:11", "5:11", "6:5", "7:5", "8:16"])
        (self.dir / "b.yaml").write_text("board: {programmer: {script: {}}}\n")
        (self.dir / "w.yaml").write_text("nam: x\nscenario: b.yaml\naxes:\n  - {name: v, path: board.vcc, values: 5 V..}\n"
                                         "  - {nme: w, path: seed, values: 1}\n  - {name: u, path: board.vcc, values: 5}\n")
        places = re.findall(r"(?m)^w\.yaml:(\d+:\d+): ", self.lint("w.yaml", status=1))
        self.assertEqual(places, ["1:1", "4:40", "5:6"])

    def test_keys_that_stand_twice_and_keys_with_dots_hide_nothing(self):
        (self.dir / "s.yaml").write_text(
            "name: x\nname: y\nboard:\n  target: {part: atmega328p, prat: 1, part: attiny85}\n  a.b: 1\n  'c[1]': 2\n"
            "  '': 3\nsteps:\n  - wiat: 1 s\n  - {wait: 1 s, wait: 2 s}\nsteps:\n  - nothing\n")
        said = self.lint("s.yaml", status=1)
        self.assertEqual(re.findall(r"(?m)^s\.yaml:(\d+:\d+): ", said),
                         ["2:1", "4:30", "4:39", "5:3", "6:3", "7:3", "9:5", "10:17", "11:1"])
        self.assertEqual(said.count("is there twice: remove one"), 4)
        self.run_limpet("run", "s.yaml", status=2)

    def test_a_part_that_is_wrong_is_not_missed_besides(self):
        (self.dir / "s.yaml").write_text(
            "board:\n  programmer: {script: {}}\n  parts: {r1: {type: resistor, ohms: 1 kOhm}, r2: {type: resistr}}\n"
            "  wires: {sck: [target.SCK, script.SCK, r1.A], q: [r1.B, r2.A], n: [r3.A, target.PD3]}\n")
        said = self.lint("s.yaml", status=1)
        self.assertEqual(re.findall(r"(?m)^s\.yaml:(\d+:\d+): ", said), ["3:38", "3:58", "4:69"])
        self.assertIn("a resistor has no key 'ohms'; known: type, ohm", said)

    def test_a_file_that_is_no_yaml(self):
        (self.dir / "m.yaml").write_text(MISTAKES)
        self.assertIn("1 mistake", self.lint("m.yaml", status=1))
        self.assertIn("No such file", self.lint("none.yaml", status=2))
        (self.dir / "b.yaml").write_bytes(b"\xff\xfe\0")
        self.lint("b.yaml", status=1)

    def test_sweeps_and_limits(self):
        (self.dir / "b.yaml").write_text("board: {programmer: {script: {}}}\n")
        (self.dir / "s.yaml").write_text("name: x\nscenario: b.yaml\naxes:\n  - {name: v, path: board.vcc, values: 5 V}\n")
        self.assertIn("s.yaml: ok", self.lint("s.yaml", status=0))
        (self.dir / "s.yaml").write_text("name: x\nscenario: b.yaml\naxes:\n  - {name: v, path: board.vcc, values: 5}\n")
        self.lint("s.yaml", status=1)
        (self.dir / "l.json").write_text('{"format": "limpet-limits-1", "limits": {"x": 3}}')
        self.lint("l.json", status=1)

    def test_what_is_shipped(self):
        self.assertEqual(self.lint("-q", str(SOURCE_ROOT / "scenarios" / "wires"), str(SOURCE_ROOT / "scenarios" / "sweeps"),
                                   status=0), "")


class Schemas(LimpetTest):
    @unittest.skipUnless(jsonschema, "python3-jsonschema or python3-yaml is not installed")
    def test_scenarios_and_sweeps(self):
        of = {what: json.loads(generate(what + "-schema")) for what in ("scenario", "sweep")}
        for schema in of.values():
            jsonschema.Draft7Validator.check_schema(schema)
        seen = 0
        for path in sorted((SOURCE_ROOT / "scenarios").rglob("*.yaml")):
            document = load_yaml(path.read_text())
            validator = jsonschema.Draft7Validator(of["sweep" if "axes" in document else "scenario"])
            self.assertEqual([e.message for e in validator.iter_errors(document)], [], path)
            seen += 1
        self.assertGreater(seen, 150)
        validator = jsonschema.Draft7Validator(of["scenario"])
        for wrong in (yaml.safe_load(MANY), {"nmae": 1}, {"board": {"target": {"part": "z80"}}}, {"steps": [{"fly": 1}]},
                      {"expect": {"findings": ["odd"]}}, {"board": {"parts": {"x": {"type": "laser"}}}}, {"steps": {"wait": 1}}):
            self.assertFalse(validator.is_valid(wrong), wrong)
        # the published schema of limits is the one that the loader's tables make
        limits = json.loads(generate("limits-schema"))
        self.assertEqual(limits, json.loads((SOURCE_ROOT / "docs" / "limits.schema.json").read_text()))
        self.assertEqual(limits["properties"]["limits"]["additionalProperties"]["properties"]["better"]["enum"],
                         ["higher", "lower", "same"])
        # a mistake is where the schema says, for an editor to underline
        error, = validator.iter_errors({"board": {"target": {"fuses": {"hihg": 1}}}})
        self.assertEqual(list(error.absolute_path), ["board", "target", "fuses"])

    def test_what_the_documents_say_is_in_it(self):
        schema = json.loads(generate("scenario-schema"))["properties"]
        target = schema["board"]["properties"]["target"]["properties"]
        self.assertIn("OSCCAL", target["calibration"]["description"])
        self.assertIn("atmega328p", target["part"]["anyOf"][0]["enum"])
        self.assertIn("chip erase", schema["steps"]["items"]["properties"]["erase"]["description"])


class Shells(LimpetTest):
    def complete(self, *words):
        (self.dir / "c").write_text(generate("bash"))
        line = " ".join(words)
        script = f"""source ./c; COMP_WORDS=({" ".join(f"'{w}'" for w in words)}); COMP_CWORD={len(words) - 1}; COMP_LINE='{line}'
            _limpet; printf '%s\\n' "${{COMPREPLY[@]}}" """
        done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, cwd=self.dir)
        self.assertEqual(done.stderr, "")
        return done.stdout.split()

    def test_bash(self):
        self.assertEqual(sorted(self.complete("limpet", "")), sorted(COMMANDS + ["help"]))
        self.assertEqual(self.complete("limpet", "run", "--fail"), ["--fail-fast"])
        self.assertEqual(self.complete("limpet", "run", "--color", "a"), ["auto", "always"])
        self.assertIn("html=", self.complete("limpet", "run", "--report", ""))
        self.assertEqual(self.complete("limpet", "plot", "--th"), ["--theme"])
        (self.dir / "a.yaml").touch()
        self.assertEqual(self.complete("limpet", "run", "a."), ["a.yaml"])

    def test_all_are_right_to_their_shells(self):
        for what, check in (("bash", ["bash", "-n"]), ("zsh", ["zsh", "-n"]), ("fish", ["fish", "--no-execute"])):
            (self.dir / what).write_text(generate(what))
            if shutil.which(check[0]):
                done = subprocess.run([*check, what], capture_output=True, text=True, cwd=self.dir)
                self.assertEqual((done.returncode, done.stderr), (0, ""), what)

    def test_every_option_of_help_is_everywhere(self):
        page = generate("limpet.1")
        texts = {what: generate(what) for what in ("bash", "zsh", "fish")}
        for command in COMMANDS:
            if command == "view":
                continue
            help_text = subprocess.run([LIMPET, "help", command], capture_output=True, text=True).stdout
            options = set(re.findall(r"(?m)^ +(?:-\w, )?(?:-\w )?--([\w-]+)", help_text)) - {"help", "usage", "version"}
            self.assertTrue(options or command == "lint", command)
            for option in options:
                self.assertIn("\\-\\-" + option.replace("-", "\\-"), page, command)
                self.assertIn(f"--{option}", texts["bash"])
                self.assertIn(f"--{option}", texts["zsh"])
                self.assertIn(f"-l {option}", texts["fish"])

    @unittest.skipUnless(shutil.which("groff"), "groff is not installed")
    def test_manual_pages(self):
        for page, words in (("limpet.1", ("LIMPET RUN", "--save-baseline")), ("limpet-scenario.5", ("osccal_nominal", "sck_high"))):
            done = subprocess.run(["groff", "-man", "-Tutf8", "-ww", "-P-c"], input=generate(page), capture_output=True, text=True)
            self.assertEqual(done.stderr, "", page)
            for word in words:
                self.assertIn(word, re.sub(r".\x08", "", done.stdout).replace("‐", "-").replace("−", "-"))


KILLS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT)


def heeds_signals():
    """In a child: under nohup, or in the background of a script, some are ignored"""
    for number in KILLS:
        signal.signal(number, signal.SIG_DFL)


class FirstSteps(LimpetTest):
    def test_init(self):
        self.assertEqual(self.run_limpet("init"), "arduinoisp.yaml\n")
        self.assertIn("PASS", self.run_limpet("run", "arduinoisp.yaml"))
        self.assertIn("arduinoisp.yaml: ok", self.run_limpet("lint", "arduinoisp.yaml"))
        was = (self.dir / "arduinoisp.yaml").read_bytes()
        (self.dir / "arduinoisp.yaml").write_text("mine")
        self.run_limpet("init", status=2)
        self.assertEqual((self.dir / "arduinoisp.yaml").read_text(), "mine")
        self.run_limpet("init", "--force")
        self.assertEqual((self.dir / "arduinoisp.yaml").read_bytes(), was)
        for args in (["--part", "z80"], ["--host", "x"], ["--firmware", "none"], ["no/such/x.yaml"]):
            self.run_limpet("init", "--force", *args, status=2)
        self.run_limpet("init", "--part", "attiny85", "t85.yaml")
        self.assertIn("PASS", self.run_limpet("run", "t85.yaml"))
        # what speaks something else, is for another board, or needs 12 V; a stranger's is asked
        for image, says in (("limpisp", "host: stk500v2, baud: 115200}"), ("arduinoisp_ng", "  use: ng\n"),
                            ("limphv", "  high_voltage: limphv")):
            self.assertEqual(self.run_limpet("init", "-f", image), image + ".yaml\n")
            self.assertIn(says, (self.dir / (image + ".yaml")).read_text())
            self.assertIn("PASS", self.run_limpet("run", image + ".yaml"))
        shutil.copy(pathlib.Path(LIMPET).parent / "firmware" / "limpisp.elf", self.dir / "mine.elf")
        self.run_limpet("init", "-f", "mine.elf")
        self.assertIn("host: stk500v2, baud: 115200}", (self.dir / "mine.yaml").read_text())

    def test_a_sketch_is_two_commands_from_a_verdict(self):
        sketch = (pathlib.Path(LIMPET).parent / "firmware" / "ArduinoISP.ino").read_text()
        (self.dir / "mine.ino").write_text(sketch)
        self.assertEqual(self.run_limpet("build-sketch", "mine.ino"), "mine.elf\n")
        self.assertIn("PASS", self.run_limpet("run", "--firmware", "./mine.elf", "not_powered"))

    def test_a_sketch_gets_its_prototypes(self):
        (self.dir / "my sketch.ino").write_text(SKETCH)
        self.run_limpet("build-sketch", "my sketch.ino", "-o", "x.elf")
        (self.dir / "s.yaml").write_text(
            "board: {programmer: {firmware: x.elf, baud: 115200}}\n"
            "steps: [{uart: {baud: 115200, expect: \"7B 22\", within: 100 ms}}]\n")
        self.run_limpet("run", "s.yaml")

    def test_a_sketch_is_all_that_lies_in_its_folder(self):
        folder = self.dir / "many"
        (folder / "src" / "deep").mkdir(parents=True)
        (folder / "many.ino").write_text('#include <SoftwareSerial.h>\n#include "more.h"\nSoftwareSerial s(8, 9);\n'
                                         "void setup() { Serial.begin(115200); Serial.write(more() + tab()); }\n"
                                         "void loop() {}\n")
        (folder / "tab.ino").write_text("int tab() { return deep(); }\n")
        (folder / "more.h").write_text('int more();\nextern "C" int deep(void);\n')
        (folder / "more.cpp").write_text('#include "more.h"\nint more() { return 0x30; }\n')
        (folder / "src" / "deep" / "deep.c").write_text("int deep(void) { return 5; }\n")
        self.run_limpet("build-sketch", "many/many.ino", "-o", "many.elf")
        (self.dir / "m.yaml").write_text(
            "board: {programmer: {firmware: many.elf, baud: 115200}}\n"
            "steps: [{uart: {baud: 115200, expect: \"35\", within: 100 ms}}]\n")
        self.run_limpet("run", "m.yaml")
        (folder / "tab.ino").write_text("int tab() { return nothing; }\n")
        done = subprocess.run([LIMPET, "build-sketch", "many/many.ino"], capture_output=True, text=True, cwd=self.dir)
        self.assertRegex(done.stderr, r"many/tab\.ino:1:20: error: .nothing. was not declared")

    def test_strange_sketches(self):
        """Tabs, String, libraries, default arguments, templates, a byte order mark, two kinds of line ends"""
        folder = self.dir / "odd"
        folder.mkdir()
        (folder / "odd.ino").write_bytes(b"\xef\xbb\xbf" + ODD.replace("\n", "\r\n").encode())
        (folder / "tab.ino").write_text(TAB)
        (folder / "type.h").write_text("#pragma once\nstruct thing { int a; };\nint more(thing t);\n")
        (folder / "more.cpp").write_text('#include "type.h"\nint more(thing t) { return t.a; }\n')
        elf = self.run_limpet("build-sketch", "odd", status=0).strip()  # the folder, or odd/odd.ino
        self.assertEqual(elf, "odd.elf")
        self.assertTrue((self.dir / elf).exists())
        (folder / "tab.ino").write_text(TAB + "int wrong() { return nothing; }\n")
        done = subprocess.run([LIMPET, "build-sketch", "odd/odd.ino"], capture_output=True, text=True, cwd=self.dir, timeout=60)
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stderr, rf"tab\.ino:{TAB.count(chr(10)) + 1}:\d+: error: .nothing. was not declared")

    def start_of_a_build(self):
        """A build in the midst of its compiler's work: the one to kill, where it works, and whether the compiler lives"""
        (self.dir / "mine.ino").write_text("void setup() {}\nvoid loop() {}\n")
        (self.dir / "mine.elf").write_text("what stood there")
        for name in ("bin", "tmp"):
            (self.dir / name).mkdir(exist_ok=True)
        slow, pids = self.dir / "bin" / "avr-g++", self.dir / "pids"
        pids.unlink(missing_ok=True)
        slow.write_text(f"#!/bin/sh\necho $$ >{pids}.new\nmv {pids}.new {pids}\nexec sleep 1000\n")
        slow.chmod(0o755)
        env = dict(os.environ, PATH=f"{slow.parent}:{os.environ['PATH']}", TMPDIR=str(self.dir / "tmp"))
        build = subprocess.Popen([LIMPET, "build-sketch", "mine.ino"], cwd=self.dir, env=env, stderr=subprocess.PIPE,
                                 preexec_fn=heeds_signals)
        while not pids.exists():
            self.assertIsNone(build.poll())
            time.sleep(0.01)
        return build, env, int(pids.read_text())

    def test_a_build_that_is_killed_leaves_nothing(self):
        for number in KILLS:
            build, env, compiler = self.start_of_a_build()
            build.send_signal(number)
            self.assertEqual(build.wait(), -number)
            self.assertNotIn(b"limpet build-sketch: ", build.stderr.read())  # to its end: no compiler has it any more
            build.stderr.close()
            self.assertEqual(list((self.dir / "tmp").iterdir()), [])
            self.assertEqual((self.dir / "mine.elf").read_text(), "what stood there")

    def test_what_sigkill_leaves_is_removed_by_the_next_build(self):
        build, env, compiler = self.start_of_a_build()
        build.kill()
        build.wait()
        build.stderr.close()
        os.kill(compiler, signal.SIGKILL)
        self.assertEqual(len(list((self.dir / "tmp").iterdir())), 1)
        (self.dir / "bin" / "avr-g++").unlink()
        subprocess.run([LIMPET, "build-sketch", "mine.ino"], cwd=self.dir, env=env, check=True, capture_output=True)
        self.assertEqual(list((self.dir / "tmp").iterdir()), [])

    def test_an_image_that_cannot_be_written_leaves_the_old_one(self):
        (self.dir / "mine.ino").write_text("void setup() {}\nvoid loop() {}\n")
        (self.dir / "old.elf").write_text("what stood there")
        (self.dir / "bin").mkdir()
        broken = self.dir / "bin" / "avr-objcopy"  # the last that runs: then the image can't be read
        broken.write_text('#!/bin/sh\nrm "$5"\nmkdir "$5"\n')
        broken.chmod(0o755)
        done = subprocess.run([LIMPET, "build-sketch", "mine.ino", "-o", "old.elf"], capture_output=True, text=True, cwd=self.dir,
                              env=dict(os.environ, PATH=f"{broken.parent}:{os.environ['PATH']}"))
        self.assertEqual(done.returncode, 2)
        self.assertIn("can't be read", done.stderr)
        self.assertEqual((self.dir / "old.elf").read_text(), "what stood there")
        self.assertEqual([f.name for f in self.dir.iterdir() if f.name.startswith(".limpet")], [])
        for to in ("/dev/full", "/proc/self/x"):
            self.run_limpet("build-sketch", "mine.ino", "-o", to, status=2)

    def test_a_sketch_with_an_error(self):
        (self.dir / "bad.ino").write_text("void setup() {}\nvoid loop() { nothing(); }\n")
        done = subprocess.run([LIMPET, "build-sketch", "bad.ino"], capture_output=True, text=True, cwd=self.dir)
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stderr, r"bad\.ino:2:\d+: error: .nothing. was not declared")
        self.assertFalse((self.dir / "bad.elf").exists())
        (self.dir / "well.ino").write_text("void setup() {}\nvoid loop() {}\n")
        for limit, value in ((resource.RLIMIT_NOFILE, 10), (resource.RLIMIT_FSIZE, 4 << 10)):  # the status was 1, too
            done = subprocess.run([LIMPET, "build-sketch", "well.ino"], capture_output=True, text=True, cwd=self.dir,
                                  preexec_fn=lambda: resource.setrlimit(limit, (value, value)))
            self.assertEqual(done.returncode, 2, done)
            self.assertIn("have failed, though not at an error of the sketch", done.stderr)
        self.run_limpet("build-sketch", "none.ino", status=2)
        self.run_limpet("build-sketch", "bad.ino", "--board", "mega", status=2)
        self.run_limpet("build-sketch", "bad.ino", "--core", "/nowhere", status=2)


if __name__ == "__main__":
    unittest.main()
