#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Inputs and circumstances that made a failure pass, lost a chip, or misled: each stays as it came out right."""
import os
import resource
import signal
import subprocess
import sys
import time
import unittest
import xml.dom.minidom

from limpet_session import LIMPET, LimpetTest

FAILS = """
board: {programmer: {script: {sck: 100 kHz}}}
steps:
  - signature: 00 00 00
"""
WRITES = """
board: {programmer: {script: {sck: 100 kHz}}}
steps:
  - program: {memory: flash, random: 7}
"""


class HardToBreak(LimpetTest):
    def setUp(self):
        super().setUp()
        (self.dir / "fail.yaml").write_text(FAILS)
        (self.dir / "wr.yaml").write_text(WRITES)

    def limpet(self, *args, **more):
        return subprocess.run([*more.pop("by", []), LIMPET, *args], capture_output=True, cwd=self.dir, timeout=120,
                              stdin=more.pop("stdin", subprocess.DEVNULL), **more)

    def refused(self, *args):
        done = self.limpet(*args)
        self.assertEqual((done.returncode, done.stdout), (2, b""), done)
        return done.stderr.decode()

    def test_outputs_are_apart_and_possible(self):
        self.assertIn("--chip and --vcd are one file", self.refused("run", "--chip", "s", "--vcd", "./s", "fail.yaml"))
        self.assertIn("--vcd: the path is empty", self.refused("run", "--vcd", "", "fail.yaml"))
        self.assertIn("junit would overwrite the input", self.refused("run", "--junit", "wr.yaml", "wr.yaml"))
        self.assertIn("--csv: no/x: cannot write", self.refused("run", "--csv", "no/x", "fail.yaml"))
        self.assertIn("--csv and --link are one file", self.refused("serve", "--link", "q", "--csv", "./q", "wr.yaml"))
        self.assertIn("--link and --live are one file", self.refused("serve", "--link", "q", "--live", "q", "wr.yaml"))
        self.assertIn("--live: the path is empty", self.refused("serve", "--live", "", "wr.yaml"))
        self.assertIn("--output and --gtkw are one", self.refused("export", "--gtkw", "e.vcd", "-o", "./e.vcd", "wr.yaml"))
        (self.dir / "e.vcd").write_text("")
        self.assertIn("would overwrite the input", self.refused("export", "e.vcd", "-o", "./e.vcd"))
        (self.dir / "e.vcd").unlink()
        self.assertEqual(sorted(p.name for p in self.dir.iterdir()), ["fail.yaml", "wr.yaml"])

    def test_what_a_scenario_reads_is_no_place_for_results(self):
        image, hexed = b":0100000055AA\n:00000001FF\n", self.dir / "x.hex"
        hexed.write_bytes(image)
        (self.dir / "h.yaml").write_text(
            "board: {programmer: {script: {sck: 100 kHz}}}\nsteps: [{program: {memory: flash, file: x.hex}}]\n")
        (self.dir / "v.yaml").write_text("board: {programmer: {firmware: ./x.hex}}\n")
        sweep = ["sweep", "--vary", "seed=1,2", "h.yaml"]
        for args in (["run", "h.yaml", "--vcd", "x.hex"], ["run", "h.yaml", "--junit", "./x.hex"],
                     ["run", "h.yaml", "--save-baseline", "x.hex"], [*sweep, "--csv", "x.hex"],
                     [*sweep, "--report", "tap=x.hex"], ["serve", "h.yaml", "--record", "x.hex"],
                     ["serve", "v.yaml", "--vcd", "x.hex"], ["exec", "v.yaml", "--csv", "x.hex", "--", "true"],
                     ["plot", "h.yaml", "-o", "x.svg"], ["export", "h.yaml", "-o", "y.vcd", "--gtkw", "x.hex"],
                     ["init", "--force", "--firmware", "./x.hex", "x.hex"],
                     ["judge", "--quick", "./x.hex", "--json", "x.hex"],
                     ["judge", "--quick", "v.yaml", "--json", "x.hex"],
                     ["judge", "--quick", "v.yaml", "--report", "tap=x.hex"]):
            if args[0] == "plot":
                (self.dir / "x.svg").symlink_to("x.hex")
            told = self.refused(*args)
            self.assertIn("would overwrite the input", told, args)
            self.assertEqual(hexed.read_bytes(), image, args)
        self.assertEqual(self.limpet("run", "h.yaml", "--vcd", "y.vcd").returncode, 0)

    def test_an_open_input_is_no_place_for_results(self):
        # by the names of their descriptors they were emptied
        image = b":0100000055AA\n:00000001FF\n"
        (self.dir / "x.hex").write_bytes(image)
        (self.dir / "h.yaml").write_text(
            "board: {programmer: {script: {sck: 100 kHz}}}\nsteps: [{program: {memory: flash, file: x.hex}}]\n")
        scenario = (self.dir / "h.yaml").read_bytes()
        for args in (["run", "h.yaml", "--vcd"], ["run", "h.yaml", "--junit"], ["run", "h.yaml", "--save-baseline"],
                     ["sweep", "--vary", "seed=1", "h.yaml", "--json"], ["serve", "h.yaml", "--record"],
                     ["judge", "--quick", "h.yaml", "--json"]):
            for to in ("/dev/fd/3", "/proc/self/fd/3", "/dev/fd/4"):
                if to == "/dev/fd/4" and args[0] == "judge":
                    continue  # it runs its own sessions
                done = self.limpet(*args, to, by=["sh", "-c", 'exec "$0" "$@" 3<>h.yaml 4<>x.hex'])
                self.assertEqual(done.returncode, 2, (args, to, done))
                self.assertIn(b"would overwrite the input", done.stderr, (args, to))
                self.assertEqual(((self.dir / "x.hex").read_bytes(), (self.dir / "h.yaml").read_bytes()), (image, scenario))
        (self.dir / "l.vcd").symlink_to("x.csv")
        (self.dir / "x.csv").write_text("time_us,signal,level\n0,sck,0\n")
        done = self.limpet("export", "/dev/fd/3", "-o", "l.vcd", by=["sh", "-c", 'exec "$0" "$@" 3<x.csv'])
        self.assertIn(b"would overwrite the input", done.stderr, done)
        # two outputs may share one that the shell has opened
        done = self.limpet("run", "-q", "h.yaml", "--report", "tap=/dev/fd/3", "--report", "jsonl=/dev/fd/3",
                           by=["sh", "-c", 'exec "$0" "$@" 3>both'])
        self.assertIn(b"TAP version", (self.dir / "both").read_bytes(), done)

    def test_a_signal_that_ends_serve_and_exec_loses_no_chip(self):
        for what in (["serve"], ["exec", "--", "sh", "-c", "echo ready; while :; do :; done"]):
            for number in (signal.SIGXCPU, signal.SIGUSR1, signal.SIGALRM):
                run = subprocess.Popen([LIMPET, what[0], "--chip", "k", *what[1:]], cwd=self.dir, bufsize=0,
                                       stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
                self.addCleanup(run.kill)
                run.stdout.readline()
                run.send_signal(number)
                run.communicate(timeout=120)
                self.assertGreaterEqual(run.returncode, 0, (what, number))
                self.assertIn('"limpet chip"', (self.dir / "k").read_text())
                self.assertFalse([p.name for p in self.dir.iterdir() if p.name.startswith(".")])
                (self.dir / "k").unlink()

    def test_firmware_that_is_not_there(self):
        for scenario in ("fail.yaml", "wr.yaml"):  # boards that run none
            self.assertIn("--firmware: there is no file", self.refused("run", "--firmware", "/none.elf", scenario))
            self.assertIn("programmer of " + scenario + " runs none", self.refused("run", "--firmware", "limpisp", scenario))

    def test_chip_is_kept_when_a_waveform_can_not_be_written(self):
        self.limpet("run", "--chip", "c", "fail.yaml")
        before = (self.dir / "c").read_text()
        done = self.limpet("run", "--chip", "c", "--vcd", "/dev/full", "wr.yaml")
        self.assertEqual(done.returncode, 2)
        self.assertIn(b"/dev/full: cannot write", done.stderr)
        self.assertNotEqual((self.dir / "c").read_text(), before)

    def test_any_name_that_the_file_system_takes(self):
        name = "a" * 250
        self.assertEqual(self.limpet("run", "--chip", name, "wr.yaml").returncode, 0)
        self.assertIn('"limpet chip"', (self.dir / name).read_text())

    def test_nothing_is_forged(self):
        (self.dir / "f.yaml").write_bytes(b'name: "a\\nPASS forged\\e[31m"\n' + FAILS.encode())
        done = self.limpet("run", "--junit", "j.xml", "--verbose", "f.yaml")
        self.assertEqual(done.returncode, 1)
        self.assertFalse([line for line in done.stdout.splitlines() if line.startswith(b"PASS")])
        self.assertNotIn(b"\x1b", done.stdout + done.stderr)
        xml.dom.minidom.parse(str(self.dir / "j.xml"))
        self.assertIn("a\\nPASS forged\\x1B[31m", (self.dir / "j.xml").read_text())

    def test_what_a_scenario_says_forges_no_line(self):
        # whatever a message quotes: a key, a value, a reason
        hostile = '"a\\nPASS forged\\e[31m"'
        for text in ("%s: 1\n", "seed: %s\n", "tags: [%s]\n", "board: {parts: {%s: {type: led}}}\n", "board: {use: %s}\n",
                     "board: {wires: {w: [%s]}}\n", "record: [%s]\n", "steps: [{wait: %s}]\n", "steps: [{%s: 1}]\n",
                     "steps: [{program: {memory: flash, file: %s}}]\n", "board: {programmer: {firmware: %s}}\n", "x: {%s: 1, %s: 2}\n", "board: *%s\n",
                     "rules: {wd_erase: {as: off, because: %s}}\n", "rules: {%s: {as: off, because: x}}\n"):
            (self.dir / "f.yaml").write_text(text.replace("%s", hostile))
            for args in (["run", "-v", "--report", "html=/dev/stdout"], ["lint"], ["sweep", "--vary", "seed=1"]):
                done = self.limpet(*args, "f.yaml")
                said = done.stdout + done.stderr
                self.assertNotIn(b"\nPASS forged", said, (args, text))
                self.assertNotIn(b"\x1b", said, (args, text))

    def test_what_the_command_line_says_is_shown_printable(self):
        for args in (["--jobs=1\x1b[31m\x7f\x9b"], ["--no\x1b[31m"], ["no\x1b[31m"], ["--set", "a\x1b[2J=1", "fail.yaml"]):
            said = self.refused("run", *args)
            self.assertNotIn("\x1b", said)
            self.assertNotIn("\x9b", said)
            self.assertIn("\\x1B", said)

    def test_a_file_s_name_forges_nothing(self):
        # ... found in a folder, perhaps
        for name, text in (("a\nPASS x.yaml", FAILS), ("b\nPASS y.yaml", "board: {programmer: {script: {sck: 1 kg}}}\n")):
            (self.dir / "in").mkdir(exist_ok=True)
            (self.dir / "in" / name).write_text(text)
            path = "in/" + name
            for args in (["run", path], ["lint", path], ["lint", "in"], ["sweep", path, "--vary", "seed=1", "--list"],
                         ["exec", path, "--", "true"], ["judge", "--quick", "--only", "fails", path], ["plot", path],
                         ["run", "--chip", path, "fail.yaml"], ["fuses", "--boards-txt", path], ["decode", path]):
                done = self.limpet(*args)
                said = (done.stdout + done.stderr).split(b"\n")
                self.assertFalse([line for line in said if line.startswith(b"PASS")], (args, said))
                self.assertNotIn(b"Right in all 0", done.stdout)  # judge --only fails
        os.rename(self.dir / "fail.yaml", os.fsencode(self.dir) + b"/\xff.yaml")
        done = self.limpet("run", "--junit", "j.xml", "--vcd", b"\xff.vcd", b"\xff.yaml")
        self.assertEqual(done.returncode, 1)
        xml.dom.minidom.parse(str(self.dir / "j.xml"))

    def test_a_file_over_the_limit(self):
        # ulimit -f: a signal ended it without a word
        for args in (["run", "-q", "--chip", "c", "wr.yaml"], ["run", "-q", "--vcd", "v.vcd", "wr.yaml"],
                     ["sweep", "-q", "--vary", "seed=1..9", "--json", "s.json", "wr.yaml"]):
            done = subprocess.run(["sh", "-c", 'ulimit -f 1; exec "$0" "$@"', LIMPET, *args], capture_output=True,
                                  cwd=self.dir, timeout=120, stdin=subprocess.DEVNULL)
            self.assertEqual(done.returncode, 2, done)
            self.assertIn(b"cannot write: File too large", done.stderr)
        self.assertEqual(sorted(p.name for p in self.dir.iterdir()), ["fail.yaml", "wr.yaml"])

    def test_a_reader_of_the_trace_that_goes(self):
        # SIGPIPE ended the run before the chip and the report were written
        os.mkfifo(self.dir / "pipe")
        (self.dir / "few.yaml").write_text(WRITES)
        for vcd in ("pipe", "/dev/fd/0"):
            reader = subprocess.Popen(["head", "-c", "1", "pipe"], cwd=self.dir, stdout=subprocess.DEVNULL)
            with open(self.dir / "pipe", "wb") as pipe:
                done = self.limpet("run", "-q", "--chip", "c", "--vcd", vcd, "--junit", "j.xml", "few.yaml", stdin=pipe)
            self.assertEqual(reader.wait(60), 0)
            self.assertEqual(done.returncode, 2, done)
            self.assertIn(f"{vcd}: cannot write: Broken pipe".encode(), done.stderr)
            for kept in ("c", "j.xml"):
                self.assertGreater((self.dir / kept).stat().st_size, 0)
                (self.dir / kept).unlink()

    def test_a_small_stack(self):
        # judge ended with SIGSEGV; what is enough is enough for all, a chip file of 2040 levels and judge, too
        def stack(kb):
            return lambda: resource.setrlimit(resource.RLIMIT_STACK, (kb << 10, kb << 10))
        for args in (["judge", "fail.yaml"], ["run", "fail.yaml"], ["view", "fail.yaml"]):
            done = self.limpet(*args, preexec_fn=stack(64))
            self.assertEqual((done.returncode, done.stdout), (2, b""), done)
            self.assertIn(b"a stack of 64 KB may be too small, 512 KB are needed: ulimit -s 512", done.stderr)
        if "ASAN_OPTIONS" in os.environ or "UBSAN_OPTIONS" in os.environ:
            return  # their frames are several times as large
        (self.dir / "deep.json").write_text("[" * 2040 + "]" * 2040)
        done = self.limpet("run", "--chip", "deep.json", "fail.yaml", preexec_fn=stack(512))
        self.assertIn(b"not a chip file", done.stderr, done)
        done = self.limpet("judge", "-q", "--quick", "--only", "fails", "fail.yaml", preexec_fn=stack(512))
        self.assertIn(done.returncode, (0, 1), done)

    def test_a_link_that_a_kill_left(self):
        # between making it and renaming it
        gone = subprocess.Popen(["true"])
        gone.wait()
        for name, to in ((f"lnk.{gone.pid}.tmp", "/dev/pts/777"), (f"lnk.{os.getpid()}.tmp", "/dev/pts/777"),
                         (f"lnk.{gone.pid}.tmpx", "/dev/pts/777"), (f"lnk2.{gone.pid}.tmp", "/dev/pts/777"),
                         (f"lnk.0{gone.pid}.tmp", "fail.yaml")):
            (self.dir / name).symlink_to(to)
        (self.dir / "wait.yaml").write_text(
            "board: {programmer: {firmware: arduinoisp}}\nsteps: [{wait: 1 ms}]\n")
        for link in ("lnk", str(self.dir / "lnk")):
            done = self.limpet("serve", "-q", "--speed", "max", "--link", link, "wait.yaml")
            self.assertEqual(done.returncode, 0, done)
            left = sorted(p.name for p in self.dir.iterdir() if p.name.startswith("lnk"))
            self.assertEqual(left, sorted([f"lnk.{os.getpid()}.tmp", f"lnk.{gone.pid}.tmpx", f"lnk2.{gone.pid}.tmp",
                                           f"lnk.0{gone.pid}.tmp"]))
            (self.dir / f"lnk.{gone.pid}.tmp").symlink_to("/dev/pts/777")

    def test_help_and_version_that_get_lost(self):
        # argp ends the process by itself, with 0
        for args in (["--version"], ["help"], ["help", "run"], ["run", "--usage"]):
            with open("/dev/full", "w") as full:
                done = subprocess.run([LIMPET, *args], stdout=full, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL,
                                      timeout=60)
            self.assertEqual(done.returncode, 2, args)
            self.assertIn(b"cannot write the output", done.stderr)

    def test_numbers_of_ranges_are_read_whole(self):
        # 2^32 + 1 was 1, and a margin was not read before the run, or not at all
        (self.dir / "few.yaml").write_text(WRITES.replace("flash, random: 7", "eeprom, hex: '5A'"))
        self.assertEqual(self.limpet("run", "-q", "--vcd", "v.vcd", "--vcd-profile", "full", "few.yaml").returncode, 0)
        for n in ("4294967297", "1x", "-1"):
            self.assertIn("there is no such thing", self.refused("decode", "--around", f"step:{n}", "v.vcd"))
            self.assertIn("there is no such thing",
                          self.refused("decode", "--around", f"instruction:Programming Enable:{n}", "v.vcd"))
        self.assertEqual(self.limpet("decode", "--around", "step:1", "v.vcd").returncode, 0)
        for bad in ("-1 us", "18446744073709551616 s"):
            for option in ("--margin", "--from", "--to"):
                self.assertIn(option, self.refused("run", "--vcd", "x.vcd", "--around", "1 ms", f"{option}={bad}", "wr.yaml"))
        self.assertIn("--margin goes with --around", self.refused("run", "--margin=1us", "wr.yaml"))
        self.assertFalse((self.dir / "x.vcd").exists())

    def test_pipes_where_a_file_is_to_stay(self):
        # a second reading found it empty, or waited for ever
        os.mkfifo(self.dir / "fifo")
        self.assertIn("no file but a pipe", self.refused("build-sketch", "-o", "x.elf", "fifo"))
        self.assertIn("no file but a pipe", self.refused("init", "--firmware", "./fifo", "new.yaml"))

    def test_a_program_that_computes_for_ever_ends_with_us(self):
        run = subprocess.Popen([LIMPET, "exec", "--patience", "1000", "--chip", "c", "--", "sh", "-c",
                                "echo ready; while :; do :; done"], cwd=self.dir, stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE, stdin=subprocess.DEVNULL)
        self.addCleanup(run.kill)
        self.assertEqual(run.stdout.readline(), b"ready\n")
        run.terminate()
        run.communicate(timeout=120)
        self.assertNotEqual(run.returncode, 0)
        self.assertIn('"limpet chip"', (self.dir / "c").read_text())

    def test_who_ignores_its_children_s_ends_loses_no_status(self):
        # a failing program passed, a sweep never ended
        (self.dir / "e.yaml").write_text("board: {}\nsteps: [{exec: {program: 'false'}}]\n")
        def ignore():
            signal.signal(signal.SIGCHLD, signal.SIG_IGN)
        self.assertEqual(self.limpet("run", "e.yaml", preexec_fn=ignore).returncode, 1)
        self.assertEqual(self.limpet("sweep", "--vary", "seed=1,2", "fail.yaml", preexec_fn=ignore).returncode, 1)
        self.assertEqual(self.limpet("run", "--jobs=2", "fail.yaml", "wr.yaml", preexec_fn=ignore).returncode, 1)

    def test_no_room_for_the_processes_of_a_program(self):
        # they waited for each other, for ever
        processes = "import os, time\nfor n in range(9): os.fork() or time.sleep(.1) or os._exit(0)\nos.wait()"
        args = ["exec", "-q", "--", sys.executable, "-Sc", processes]
        def limit(which, n):
            return lambda: resource.setrlimit(which, (n, n))
        done = self.limpet(*args, preexec_fn=limit(resource.RLIMIT_NOFILE, 16))
        self.assertEqual(done.returncode, 2, done)
        self.assertIn(b"Too many open files; limpet may have 16 (ulimit -n)", done.stderr)
        done = self.limpet("exec", "--", "true", preexec_fn=limit(resource.RLIMIT_FSIZE, 4096))
        self.assertEqual(done.returncode, 2, done)
        self.assertIn(b"File too large (ulimit -f)", done.stderr)
        # a soft limit is raised for the bench, not for the program; of processes that ended nothing is kept
        done = self.limpet("exec", "-q", "--", "sh", "-c", "for n in 1 2 3 4 5 6 7 8 9; do (:); done; ulimit -n",
                           preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (12, 16)))
        self.assertEqual((done.returncode, done.stdout), (0, b"12\n"), done)

    def test_a_program_that_can_not_be_started_is_no_finding(self):
        # it failed as if the programmer had done wrong, and passed where the step was to fail
        def limit():
            resource.setrlimit(resource.RLIMIT_NOFILE, (8, 8))
        (self.dir / "e.yaml").write_text("board: {}\nsteps: [{exec: {program: 'true'}, fails: cannot start}]\n")
        (self.dir / "n.yaml").write_text("board: {}\nsteps: [{exec: {program: no-such-program}}]\n")
        for name, more, said in (("e.yaml", {"preexec_fn": limit}, "e.yaml:2:9: exec: cannot start true: Too many open files"),
                                 ("n.yaml", {}, "n.yaml:2:9: exec: cannot start no-such-program")):
            for args in (["run"], ["run", "--jobs=2", "fail.yaml"], ["sweep", "--vary", "seed=1,2"]):
                done = self.limpet(*args, name, **more)
                self.assertEqual(done.returncode, 2, done)
                self.assertIn(said, (done.stdout + done.stderr).decode())
            self.assertIn(b"ERROR " + name[:1].encode(), self.limpet("run", name, **more).stdout)
            self.assertEqual(self.limpet("exec", name, "--", "true", **more).returncode, 2)

    def test_a_signal_leaves_nothing_behind(self):
        # the lock stayed, and what a step's program had started went on
        (self.dir / "e.yaml").write_text(
            "board: {programmer: {script: {}}}\nsteps:\n"
            "- exec: {program: sh, args: \"-c 'echo $$ >pid; while :; do :; done & while :; do :; done'\"}\n")
        names = sorted(p.name for p in self.dir.iterdir())
        for args, number, status in ((["run", "--chip", "c"], signal.SIGTERM, -signal.SIGTERM),
                                     (["run", "--chip", "c"], signal.SIGRTMIN, -signal.SIGRTMIN),
                                     (["run", "--jobs=2", "fail.yaml"], signal.SIGINT, -signal.SIGINT),
                                     (["sweep", "--vary", "seed=1,2"], signal.SIGHUP, -signal.SIGHUP),
                                     (["serve", "--chip", "c", "--link", "lnk"], signal.SIGUSR2, 0)):
            run = subprocess.Popen([LIMPET, *args, "e.yaml"], cwd=self.dir, stdin=subprocess.DEVNULL,
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                   preexec_fn=lambda: signal.signal(number, signal.SIG_DFL))  # not under nohup
            self.addCleanup(run.kill)
            while not (self.dir / "pid").exists() or not (self.dir / "pid").read_text():
                self.assertIsNone(run.poll(), args)
                time.sleep(.01)
            group = int((self.dir / "pid").read_text())
            run.send_signal(number)
            self.assertEqual(run.wait(120), status, args)
            for _ in range(6000):
                try:
                    os.killpg(group, 0)
                except ProcessLookupError:
                    break
                time.sleep(.01)
            else:
                self.fail(f"{args}: the program goes on")
            (self.dir / "pid").unlink()
            (self.dir / "c").unlink(missing_ok=True)
            self.assertEqual(sorted(p.name for p in self.dir.iterdir()), names, args)

    def test_a_reader_of_the_report_that_goes(self):
        # SIGPIPE ended it before the chip was written; without a file to write it does, quietly
        read, write = os.pipe()
        os.close(read)
        for args, status in ((["--chip", "c"], 2), (["--junit", "c"], 2), ([], -signal.SIGPIPE)):
            done = subprocess.run([LIMPET, "run", *args, "wr.yaml"], cwd=self.dir, stdin=subprocess.DEVNULL, stdout=write,
                                  stderr=subprocess.PIPE, timeout=120, preexec_fn=lambda: signal.signal(signal.SIGPIPE, signal.SIG_DFL))
            self.assertEqual(done.returncode, status, done)
            self.assertEqual(b"cannot write the output" in done.stderr, status == 2)
            if args:
                self.assertGreater((self.dir / "c").stat().st_size, 0)
                (self.dir / "c").unlink()
        os.close(write)

    def test_closed_descriptors_stay_closed(self):
        # the first file that was opened became descriptor 1, and got the report
        for fd in (0, 1, 2):
            done = subprocess.run(["sh", "-c", f'exec "$0" run --vcd v.vcd --chip c fail.yaml {fd}>&-', LIMPET],
                                  capture_output=True, cwd=self.dir, timeout=60)
            self.assertIn(done.returncode, (1, 2))
            self.assertTrue((self.dir / "v.vcd").read_text().startswith("$"))
            self.assertTrue((self.dir / "c").read_text().startswith("{"))

    def test_time_has_an_end(self):
        (self.dir / "t.yaml").write_text("""
board:
  programmer: {script: {sck_high: 100 s, sck_low: 100 s, tries: 0}}
  target: {clock: {wave: 1 MHz}, fuses: {low: 0xE0}}
steps:
  - program: {memory: flash, random: 1, length: 4 KiB}
""")
        done = self.limpet("run", "t.yaml")
        self.assertEqual(done.returncode, 1)
        self.assertIn(b"86400 s of simulated time are used up", done.stdout)
        self.assertIn(b"FAIL t, 86400.000000000 s simulated", done.stdout)  # not the step that was cut
        self.assertNotIn(b" -", done.stdout)
        (self.dir / "w.yaml").write_text("board: {programmer: {script: {}}}\nsteps: [{wait: 20 s}, {wait: 20 s}]\n")
        self.assertEqual(self.limpet("run", "w.yaml").returncode, 0)
        self.assertIn("w.yaml:2:", self.refused("run", "--max-time", "30 s", "w.yaml"))
        for bad in ("0 s", "145000 min", "5", "-1 s"):
            self.assertIn("--max-time", self.refused("run", f"--max-time={bad}", "w.yaml"))

    @unittest.skipIf("ASAN_OPTIONS" in os.environ, "the sanitizers keep what is freed: a minute")
    def test_large_scenarios(self):
        # these took 27 s (each key was compared with all others) and 660 MB
        (self.dir / "keys.yaml").write_text("".join(f"k{i}: 1\n" for i in range(60000)))
        self.assertIn("keys.yaml:1001:1: too many keys in one map", self.refused("run", "keys.yaml"))
        head = "board: {power: off, programmer: {script: {tries: 1}}}\nsteps:\n"
        step = "- {verify: {memory: flash, fill: %d, length: %d}, fails: xx}\n"
        (self.dir / "same.yaml").write_text(head + 9900 * (step % (0, 32768)))
        self.assertEqual(self.limpet("run", "same.yaml").returncode, 0)
        (self.dir / "many.yaml").write_text(head + "".join(step % (i % 256, 32768 - i // 256) for i in range(9900)))
        self.assertIn("many.yaml:8198:12: with this the scenario has more than 256 MiB of data",
                      self.refused("run", "many.yaml"))

    def test_a_run_has_a_budget_of_cycles(self):
        # INC, ADC and a jump back: no state comes again, so nothing but executing it tells how it goes on
        (self.dir / "c.yaml").write_text(
            "board: {programmer: {script: {}},"
            " target: {flash: {hex: 03 95 10 1F FD CF}, fuses: {low: 0xE2}}}\nsteps: [{wait: 2 s}]\n")
        done = self.limpet("run", "--max-cycles", "1000000", "c.yaml")
        self.assertEqual(done.returncode, 1)
        self.assertIn(b"c.yaml:2:9: the simulation can't go on: the run's 1000000 executed CPU cycles are used up",
                      done.stdout)
        self.assertEqual(self.limpet("run", "--max-cycles", "17000000", "c.yaml").returncode, 0)
        # sleep and waiting cost nothing of it
        (self.dir / "idle.yaml").write_text(
            "board: {programmer: {script: {}}, target: {flash: {hex: FF CF}, fuses: {low: 0xE2}}}\n"
            "steps: [{wait: 3600 s}]\n")
        self.assertEqual(self.limpet("run", "--max-cycles", "1000000", "idle.yaml").returncode, 0)
        for bad in ("0", "-1", "1 s", "", "99999999999999999999"):
            self.assertIn("--max-cycles", self.refused("run", f"--max-cycles={bad}", "c.yaml"))

    def test_chip_that_somebody_else_changes_is_not_overwritten(self):
        self.assertEqual(self.limpet("run", "--chip", "c", "wr.yaml").returncode, 0)
        ours = (self.dir / "c").read_bytes()
        (self.dir / "c.1").write_text("taken")
        exec_here = ["exec", "-q", "--chip", "c", "--", "sh", "-c"]
        done = self.limpet(*exec_here, "echo theirs >c.tmp && mv c.tmp c")
        self.assertEqual(done.returncode, 2, done)
        self.assertIn(b"c: another program changed it during the run: that stays, and the run's chip is in c.2", done.stderr)
        self.assertEqual([(self.dir / n).read_bytes() for n in ("c", "c.1", "c.2")], [b"theirs\n", b"taken", ours])
        (self.dir / "c").write_bytes(ours)
        for harmless in ("touch -a c", "chmod 600 c", "rm c"):
            self.assertEqual(self.limpet(*exec_here, harmless).returncode, 0, harmless)
            self.assertEqual((self.dir / "c").read_bytes(), ours, harmless)

    def test_chip_belongs_to_one_board_at_a_time(self):
        (self.dir / "up.yaml").write_text("board: {programmer: {script: {}}}\n")
        held = subprocess.Popen([LIMPET, "serve", "--chip", "c", "up.yaml"], cwd=self.dir, stdout=subprocess.PIPE,
                                stdin=subprocess.DEVNULL)
        self.addCleanup(held.kill)
        while b"port:" not in held.stdout.readline():
            self.assertIsNone(held.poll())
        self.assertIn(f"c: in use by process {held.pid}", self.refused("run", "--chip", "c", "wr.yaml"))
        held.terminate()
        held.wait(timeout=60)
        held.stdout.close()
        self.assertEqual(self.limpet("run", "--chip", "c", "wr.yaml").returncode, 0)

    def test_uart_step_counts_every_byte(self):
        # 200 times "get sync" is answered by 400 bytes; a step kept 256
        for expected, status in ((256, 1), (399, 1), (400, 0), (401, 1)):
            (self.dir / "u.yaml").write_text(
                "board: {programmer: {firmware: arduinoisp}}\nsteps:\n  - wait: 1 s\n"
                f"  - uart: {{send: '{'30 20 ' * 200}', expect: '{'14 10 ' * (expected // 2)}"
                f"{'14' * (expected % 2)}', within: 3 s}}\n")
            done = self.limpet("run", "u.yaml")
            self.assertEqual(done.returncode, status, done.stdout)
            self.assertEqual(b"... (400 bytes)" in done.stdout, status == 1)

    def test_nul_in_a_recording(self):
        (self.dir / "n.csv").write_bytes(b"time_us,signal,level\n0,A,0\n1,A,1\0,X,Y,Z junk\n")
        (self.dir / "n.yaml").write_text("board: {programmer: {stimulus: {file: n.csv, map: {sck: A}}}}\n")
        self.assertIn("n.csv:3: a NUL byte", self.refused("run", "n.yaml"))
        (self.dir / "n.csv").write_bytes(b"time_us,signal,level\n0,A,0\n1,A,1")  # no end of line: no matter
        self.assertEqual(self.limpet("run", "n.yaml").returncode, 0)


if __name__ == "__main__":
    unittest.main()
