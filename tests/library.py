#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""usage: library.py BUILD_DIR   liblimpet as its users have it: installed, found by pkg-config alone, linked both ways"""
import json
import os
import pathlib
import re
import shlex
import subprocess
import sys
import tempfile
import unittest

BUILD = pathlib.Path(sys.argv.pop(1)).resolve()
SOURCE = pathlib.Path(__file__).resolve().parent.parent
EXAMPLES = SOURCE / "examples" / "library"
STRICT = ["-Wall", "-Wextra", "-Werror"]


def run(*args, status=0, env=None, cwd=None):
    done = subprocess.run([str(a) for a in args], capture_output=True, text=True, timeout=100, cwd=cwd,
                          env={**os.environ, **(env or {})})
    assert done.returncode == status, f"{args}: {done.returncode}\n{done.stdout}{done.stderr}"
    return done.stdout


class Library(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.temporary = tempfile.TemporaryDirectory()
        cls.root = pathlib.Path(cls.temporary.name).resolve()
        log = BUILD / "meson-logs" / "install-log.txt"
        kept = log.read_bytes() if log.exists() else None
        run("meson", "install", "--no-rebuild", "--destdir", cls.root / "to", "--tags", "runtime,devel", cwd=BUILD)
        if kept is not None:
            log.write_bytes(kept)
        (pc,) = (cls.root / "to").rglob("limpet.pc")
        (cls.header,) = (cls.root / "to").rglob("limpet.h")
        cls.lib = pc.parent.parent
        cls.env = {"PKG_CONFIG_PATH": str(pc.parent), "PKG_CONFIG_SYSROOT_DIR": str(cls.root / "to"),
                   "LD_LIBRARY_PATH": str(cls.lib), "LIMPET_FIRMWARE_DIR": str(BUILD / "firmware")}
        # under the sanitizers the library needs what they preload: its users are then built so too
        options = json.loads((BUILD / "meson-info" / "intro-buildoptions.json").read_text())
        cls.sanitized = any(o["name"] == "b_sanitize" and o["value"] not in ("none", [], ["none"]) for o in options)
        cls.extra = ["-fsanitize=address,undefined"] if cls.sanitized else []

    @classmethod
    def tearDownClass(cls):
        cls.temporary.cleanup()

    def flags(self, *args):
        return shlex.split(run("pkg-config", *args, "limpet", env=self.env))

    def build(self, name, *how):
        program = self.root / name.replace(".c", "-" + str(len(how)))
        run("cc", "-std=gnu11", *STRICT, *self.extra, EXAMPLES / name, "-o", program, *self.flags("--cflags"), *how, "-lpthread")
        return program

    def shared(self, name):
        return self.build(name, *self.flags("--libs"))

    def test_a_driver_of_ones_own(self):
        program = self.shared("bitbang.c")
        self.assertEqual(run(program, env=self.env), "echo 53\nsignature 0: 1E\nsignature 1: 95\nsignature 2: 0F\nflash: CF12\n")
        said = run(program, "0", status=1, env=self.env)  # no time between SCK's edges
        self.assertRegex(said, r"finding: .*SCK high lasted 0 \w+, must be longer than .* \(sck_high\)")
        glue = (EXAMPLES / "bitbang.c").read_text().partition("glue")[2].partition("int main")[0]
        self.assertLess(len(glue.splitlines()), 40)

    def test_two_boards_in_two_threads(self):
        program = self.shared("board.c")
        scenarios = SOURCE / "scenarios"
        names = [scenarios / "sck_200_khz.yaml", scenarios / "write_polled.yaml"]
        alone = [run(program, name, name, env=self.env).splitlines()[0] for name in names]
        self.assertEqual(run(program, *names, env=self.env).splitlines(), alone)
        self.assertRegex(alone[0], r": ok, \d{3,} edges of SCK, the last at \d+ ps$")
        bad = self.root / "bad.yaml"
        bad.write_text("board: {vcc: 5}\n")
        self.assertIn("bad input, 0 edges of SCK, the last at 0 ps: ", run(program, bad, names[0], status=2, env=self.env))
        fails = self.root / "fails.yaml"
        fails.write_text("board: {programmer: {script: {}}}\nsteps: [{signature: 1E 95 0E}]\n")
        self.assertRegex(run(program, fails, names[0], status=1, env=self.env), r"failed, .* fails\.yaml:2:9: |fails.yaml:2:9: ")

    def test_misuse_is_answered(self):
        (self.root / "misuse.c").write_text(MISUSE)
        program = self.root / "misuse"
        run("cc", "-std=gnu11", *STRICT, *self.extra, self.root / "misuse.c", "-o", program, *self.flags("--cflags", "--libs"))
        said = run(program, SOURCE / "scenarios" / "sck_200_khz.yaml", env=self.env).splitlines()
        self.assertEqual(len(said), 19)
        self.assertTrue(all(re.match(r"-1 .*[a-z]", line) for line in said), said)
        self.assertIn("-1 there is no net 'nonet' on this board; there are: ", "\n".join(said))

    def test_static(self):
        if self.sanitized:
            self.skipTest("the static library of a sanitized build is for nobody")
        program = self.build("bitbang.c", "-Wl,-Bstatic", "-llimpet", "-Wl,-Bdynamic",
                             *[f for f in self.flags("--static", "--libs") if f != "-llimpet"])
        self.assertNotIn("liblimpet", run("ldd", program))
        self.assertIn("flash: CF12", run(program, env=self.env))
        names = run("nm", "-g", "--defined-only", self.lib / "liblimpet.a")
        self.assertEqual({line.split()[2] for line in names.splitlines() if " T " in line}, self.declared())

    def declared(self):
        return set(re.findall(r"LIMPET_API [^;]*?\b(limpet_\w+)\(", self.header.read_text()))

    def test_what_the_header_says_is_what_is_there(self):
        (library,) = [p for p in self.lib.glob("liblimpet.so.0.*")]
        names = run("nm", "-D", "--defined-only", library)
        functions = {line.split()[2].split("@")[0] for line in names.splitlines() if " T " in line}
        self.assertEqual(functions, self.declared())
        self.assertIn("limpet_open@@LIMPET_0", names)
        self.assertIn("liblimpet.so.0", run("readelf", "-d", library))
        self.assertNotIn("simavr", self.header.read_text())

    def test_the_header_alone(self):
        languages = [("c", "c11"), ("c", "c99"), ("c++", "c++11")]
        (self.root / "h.c").write_text("int main() { return 0; }\n")
        if subprocess.run(["cc", "-x", "c++", "-fsyntax-only", self.root / "h.c"], capture_output=True).returncode:
            print("no C++ compiler (g++): the header is not tried with it", file=sys.stderr)
            languages.pop()
        for language, standard in languages:
            (self.root / "h.c").write_text("#include <limpet/limpet.h>\nint main(void) { return limpet_version() == 0; }\n")
            run("cc", "-x", language, "-std=" + standard, "-pedantic", *STRICT, "-fsyntax-only", *self.flags("--cflags"),
                self.root / "h.c")

    def test_from_python(self):
        if self.sanitized:
            self.skipTest("python is not built with the sanitizers")
        try:
            import pytest  # noqa: F401 - only whether it is there
            args = ["-m", "pytest", "-q", "-p", "no:cacheprovider", EXAMPLES / "test_programmer.py"]
        except ImportError:
            (self.root / "pytest.py").write_text(STAND_IN)
            args = [self.root / "pytest.py", EXAMPLES / "test_programmer.py"]
        said = run(sys.executable, *args, env={**self.env, "LIBLIMPET": str(self.lib / "liblimpet.so.0"), "PYTHONPATH": str(self.root)},
                   cwd=self.root)
        self.assertIn("3 passed", said)


# each is refused, with a text
MISUSE = """
#include <limpet/limpet.h>
#include <stdio.h>
#include <string.h>
static limpet_err e;
static limpet *from_within;
static int answer;
static void changed(void *user, const char *net, uint64_t at_ps, int level)
{
    answer = limpet_advance(from_within, 1, NULL);
    (void)user, (void)net, (void)at_ps, (void)level;
}
static void refused(int status) { printf("%d %s\\n", status, e.text); memset(e.text, 0, sizeof e.text); }
int main(int argc, char **argv)
{
    limpet *b, *none = NULL;
    refused(limpet_open(NULL, argv[argc - 1], &e));
    refused(limpet_open(&b, NULL, &e));
    refused(limpet_open(&b, "/", &e));
    refused(limpet_open_text(&b, NULL, 0, "x", &e));
    refused(limpet_open_text(&b, "", 0, NULL, &e));
    refused(limpet_open_target(&b, NULL, &e));
    refused(limpet_open_target(&b, "no such part", &e));
    refused(limpet_advance(none, 1, &e));
    refused(limpet_run(none, &e));
    refused(limpet_drive(none, "sck", 1, &e));
    limpet_power(none, 0), limpet_serial_on_byte(none, NULL, NULL), limpet_on_finding(none, NULL, NULL);
    if (limpet_now(none) || limpet_findings(none) || limpet_report(none) || limpet_finding_at(none, 0, NULL, NULL, 9) != -1 ||
        limpet_open(&b, argv[argc - 1], &e)) {
        return 1;
    }
    refused(limpet_drive(b, NULL, 1, &e));
    refused(limpet_drive(b, "nonet", 1, &e));
    refused(limpet_drive(b, "sck", 7, &e));
    refused(limpet_watch(b, "sck", NULL, NULL, &e));
    refused(limpet_serial_send(b, NULL, 1, &e));
    refused(limpet_advance(b, UINT64_MAX, &e));
    refused(limpet_write_vcd(b, NULL, &e));
    refused(limpet_write_vcd(b, "/none/x.vcd", &e));
    from_within = b;
    if (limpet_watch(b, "sck", changed, NULL, NULL) || limpet_drive(b, "sck", 1, NULL) || answer != LIMPET_BUSY ||
        limpet_drive(b, "sck", LIMPET_FLOATING, NULL) || limpet_run(b, NULL)) {
        return 2;
    }
    refused(limpet_run(b, &e));
    limpet_close(b);
    return 0;
}
"""

# where pytest is not installed: as much of it as the example uses
STAND_IN = '''
import contextlib, runpy, re, sys
sys.modules.setdefault("pytest", sys.modules[__name__])
def fixture(f): f.is_fixture = True; return f
@contextlib.contextmanager
def raises(kind, match):
    try: yield
    except kind as e: assert re.search(match, str(e))
    else: raise AssertionError("nothing was raised")
if __name__ == "__main__":
    names, passed = runpy.run_path(sys.argv[1]), 0
    for name, test in names.items():
        if name.startswith("test_"):
            needs = test.__code__.co_varnames[:test.__code__.co_argcount]
            made = [names[n]() for n in needs]
            test(*[next(m) for m in made])
            for m in made: next(m, None)
            passed += 1
    print(passed, "passed")
'''

if __name__ == "__main__":
    unittest.main()
