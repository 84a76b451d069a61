#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every command with every kind of odd file: it ends by itself with status 0, 1 or 2, and 2 has a message that is
printable, in the time that a trivial run takes. A further command or kind is a row."""
import os
import re
import subprocess
import unittest

from limpet_session import LIMPET, LimpetTest

SCRIPT = b"board: {programmer: {script: {sck: 400 kHz}}}\nsteps: [{wait: 1 us}]\n"
CSV = b"time_us,signal,level\n0,sck,0\n1,sck,1\n"
EVENTS = CSV + b"\0,\xff,\x1b[31m\n"
KINDS = {  # name: bytes, or what makes it
    "empty": b"",
    "nul": b"\0" * 4096,
    "latin": b"name: \xe9\xff\xfe\n",
    "control": b"name: \"\x1b[31m\x07\x08\"\nboard: \x1b]0;x\x07\n",
    "forged": b"name: \"a\\nPASS forged\"\nboard: {programmer: {script: {x\\ny: 1}}}\n",
    "deep": b"[" * 20000,
    "deep_json": b'{"a":' * 20000,
    "aliases": b"a: &a [x,x,x,x,x,x,x,x,x]\n" + b"".join(
        b"%c: &%c [*%c,*%c,*%c,*%c,*%c,*%c,*%c,*%c]\n" % ((c + 1,) * 2 + (c,) * 8) for c in range(97, 106)),
    "long_line": b"x" * 1000000,
    "half_elf": b"\x7fELF\1\1\1" + b"\0" * 20,
    "hex": b":10000000" + b"F" * 400 + b"\n",
    "vcd": b"$timescale 1 ns $end $var wire 1 ! a $end $enddefinitions $end #99999999999999999999 1!\n",
    "zip": b"PK\3\4" + b"\xff" * 200,
    "gz": b"\x1f\x8b\x08" + b"\xff" * 200,
    "csv": EVENTS,
    "folder": lambda p: p.mkdir(),
    "loop": lambda p: p.symlink_to(p),
    "dangling": lambda p: p.symlink_to("nowhere"),
    "zero": lambda p: p.symlink_to("/dev/zero"),
    "null": lambda p: p.symlink_to("/dev/null"),
    "full": lambda p: p.symlink_to("/dev/full"),
    "sparse": lambda p: (p.touch(), os.truncate(p, 20 << 30)),
}
COMMANDS = {  # name: its arguments; FILE is the odd one
    "run": ["run", "FILE"],
    "run_firmware": ["run", "--firmware", "FILE", "s.yaml"],
    "run_baseline": ["run", "--baseline", "FILE", "s.yaml"],
    "chip": ["run", "--chip", "FILE", "s.yaml"],
    "judge": ["judge", "--quick", "--only", "fails", "--budget", "1 s", "FILE"],
    "judge_require": ["judge", "--quick", "--only", "fails", "--budget", "1 s", "--require", "FILE", "s.yaml"],
    "plot": ["plot", "FILE", "-o", "o.svg"],
    "plot_png": ["plot", "FILE", "-o", "o.png"],
    "decode": ["decode", "FILE"],
    "export": ["export", "FILE", "-o", "o.vcd"],
    "lint": ["lint", "FILE"],
    "init": ["init", "--firmware", "FILE", "-o", "new.yaml"],
    "boards": ["fuses", "--boards-txt", "FILE"],
    "fuses_chip": ["fuses", "--chip", "FILE"],
    "sweep": ["sweep", "-q", "--vary", "seed=1,2", "FILE"],
    "merge": ["sweep", "-q", "--merge", "FILE"],
    "exec": ["exec", "--board", "FILE", "--", "true"],
    "serve": ["serve", "--record", "r.yaml", "FILE"],
    "sketch": ["build-sketch", "-o", "o.elf", "FILE"],
    "view": ["view", "--screenshot", "o.png", "FILE"],
}
TAKE_NO_FILE = {"help"}
OUTPUTS = {  # what writes a file: to a full disk, a folder, and past the end of a path
    "vcd": ["run", "s.yaml", "--vcd"],
    "junit": ["run", "s.yaml", "--report", "junit=OUT"],
    "html": ["run", "s.yaml", "--report", "html=OUT"],
    "plot": ["plot", "w.csv", "-o"],
    "export": ["export", "w.csv", "-o"],
    "judge_json": ["judge", "--quick", "--only", "fails", "s.yaml", "--json"],
    "judge_limits": ["judge", "--quick", "--only", "fails", "s.yaml", "--save-limits"],
    "screenshot": ["view", "w.csv", "--screenshot"],
    "sweep_json": ["sweep", "-q", "--vary", "seed=1", "s.yaml", "--json"],
    "sweep_csv": ["sweep", "-q", "--vary", "seed=1", "s.yaml", "--csv"],
}
HEAVY = {"zero", "full", "sparse"}  # seconds of reading up to the limit: with ODD_INPUTS_ALL set by every command, else by one
SERVES = {"serve"}  # waits for programs when its file is right


os.environ.setdefault("SDL_VIDEODRIVER", "dummy")  # no window


class OddInputs(LimpetTest):
    def setUp(self):
        super().setUp()
        (self.dir / "s.yaml").write_bytes(SCRIPT)
        (self.dir / "w.csv").write_bytes(CSV)

    def limpet(self, args, seconds=60, **more):
        return subprocess.run([LIMPET, *args], capture_output=True, cwd=self.dir, stdin=subprocess.DEVNULL,
                              timeout=seconds, **more)

    def judge(self, done, what):
        said = done.stdout + done.stderr
        self.assertIn(done.returncode, (0, 1, 2), (what, said[-300:]))
        if done.returncode == 2:
            self.assertTrue(said, what)
        for byte in b"\x1b\x07\x08\0":
            self.assertNotIn(bytes([byte]), said, (what, said[-300:]))
        self.assertNotIn(b"\nPASS forged", said, what)

    def test_inputs(self):
        for kind, make in KINDS.items():
            path = self.dir / ("odd." + kind)
            if callable(make):
                make(path)
            else:
                path.write_bytes(make)
        for name, args in COMMANDS.items():
            for kind, make in KINDS.items():
                path = self.dir / ("odd." + kind)
                if kind in HEAVY and name != "lint" and "ODD_INPUTS_ALL" not in os.environ:
                    continue
                if name == "chip" and kind in ("empty", "dangling"):
                    continue  # a new chip is put there
                limits = ["timeout", "2"] if name in SERVES else []
                try:
                    done = subprocess.run(limits + [LIMPET, *[str(path) if a == "FILE" else a for a in args]],
                                          capture_output=True, cwd=self.dir, stdin=subprocess.DEVNULL, timeout=90)
                except subprocess.TimeoutExpired:
                    self.fail(f"{name} of {kind} hangs")
                if name in SERVES and done.returncode == 124:
                    continue
                self.judge(done, (name, kind))

    def test_each_command_is_a_row(self):
        listed = self.limpet(["--help"]).stdout.decode().split("Commands:\n")[1].split("\n\n")[0]
        commands = set(re.findall(r"^  ([a-z-]+) +\S", listed, re.M))
        self.assertIn("run", commands)
        self.assertEqual(commands - {args[0] for args in COMMANDS.values()}, TAKE_NO_FILE)

    def test_a_pipe_that_nobody_writes(self):
        os.mkfifo(self.dir / "fifo")
        begun = {name: subprocess.Popen([LIMPET, *["fifo" if a == "FILE" else a for a in COMMANDS[name]]], cwd=self.dir,
                                        stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
                 for name in ("run", "lint", "judge", "plot", "decode", "sweep", "boards")}
        for name, child in begun.items():
            said = child.communicate(timeout=90)[0]  # closes its pipe
            self.assertIn(b"nothing came for 10 s", said, name)
            self.assertEqual(child.returncode, 2, name)

    def test_outputs(self):
        for name, args in OUTPUTS.items():
            for to in ("/dev/full", ".", "", "no/such", "x" * 300):
                joined = [a.replace("OUT", to) for a in args]
                done = self.limpet(joined if joined != args else args + [to])
                self.judge(done, (name, to))
                self.assertEqual(done.returncode, 2, (name, to, done))
                if to == "/dev/full" and b"does not end in" not in done.stderr and b"it is built where" not in done.stderr:
                    self.assertIn(b"/dev/full: cannot write: No space left on device", done.stderr, name)

    def test_closed_descriptors(self):
        for name, args in COMMANDS.items():
            if name in SERVES:
                continue
            for closed in ("0<&-", "1>&-", "2>&-", "0<&- 1>&- 2>&-"):
                done = subprocess.run(["sh", "-c", 'exec "$0" "$@" ' + closed, LIMPET,
                                       *["s.yaml" if a == "FILE" else a for a in args]],
                                      capture_output=True, cwd=self.dir, timeout=60)
                self.assertIn(done.returncode, (0, 1, 2), (name, closed, done))

    def test_standard_output_is_full(self):
        for name, args in COMMANDS.items():
            if name in SERVES:
                continue
            with open("/dev/full", "w") as full:
                done = subprocess.run([LIMPET, *["s.yaml" if a == "FILE" else a for a in args]], stdout=full,
                                      stderr=subprocess.PIPE, cwd=self.dir, stdin=subprocess.DEVNULL, timeout=60)
            self.assertIn(done.returncode, (0, 1, 2), (name, done))


if __name__ == "__main__":
    unittest.main()
