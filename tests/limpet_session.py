# SPDX-License-Identifier: GPL-3.0-or-later
"""What whole-system tests share: limpet in a scratch folder, served or run, and avrdude against it."""
import os
import pathlib
import random
import re
import signal
import subprocess
import sys
import tempfile
import time
import unittest

LIMPET = pathlib.Path(os.environ.get("LIMPET", "build/limpet")).resolve()
SOURCE_ROOT = pathlib.Path(__file__).resolve().parent.parent

TIMEOUT_S = float(os.environ.get("LIMPET_TEST_TIMEOUT_S", "300"))


class LimpetTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="limpet-test-")
        self.addCleanup(folder.cleanup)
        self.dir = pathlib.Path(folder.name)

    def run_limpet(self, *args, status=0):
        """What it prints. status None: passed or failed, but no bad input."""
        done = subprocess.run([LIMPET, *map(str, args)], capture_output=True, text=True, cwd=self.dir,
                              stdin=subprocess.DEVNULL, timeout=TIMEOUT_S)
        self.assertIn(done.returncode, (0, 1) if status is None else (status,), done.stdout + done.stderr)
        return done.stdout

    def serve(self, *args):
        return Serve(self, args)

    def bench(self, *args):
        return Bench(self, args)


class Serve:
    """limpet serve while the with statement lasts; .output afterwards."""

    def __init__(self, test, args):
        self.test, self.args = test, args
        self.link = test.dir / "tty"
        self.output = ""

    def __enter__(self):
        self.log = open(self.test.dir / "serve.log", "w+")
        self.process = subprocess.Popen([LIMPET, "serve", "--link", self.link, *map(str, self.args)],
                                        stdin=subprocess.DEVNULL, stdout=self.log, stderr=subprocess.STDOUT,
                                        cwd=self.test.dir)
        deadline = time.monotonic() + 100
        while not self.link.exists():
            if self.process.poll() is not None or time.monotonic() > deadline:
                self.process.kill()
                self.process.wait()
                self.test.fail("limpet serve does not come up: " + self._read_log())
            time.sleep(0.02)
        return self

    def __exit__(self, kind, *_):
        self.process.send_signal(signal.SIGINT)
        try:
            status = self.process.wait(TIMEOUT_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            status = "does not end"
        self.output = self._read_log()
        self.log.close()
        if kind is None:
            self.test.assertEqual(status, 0, self.output)

    def _read_log(self):
        self.log.seek(0)
        return self.log.read()

    def avrdude(self, *args, status=0, stdin=None, baud=19200, programmer="stk500v1"):
        command = ["avrdude", "-c", programmer, "-P", self.link, "-b", str(baud), "-p", "m328p", *map(str, args)]
        done = subprocess.run(command, input=stdin, stdin=subprocess.DEVNULL if stdin is None else None,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=TIMEOUT_S,
                              cwd=self.test.dir)
        if status is not None:
            self.test.assertEqual(done.returncode, status, done.stdout)
        return done.stdout


class Bench:
    """avrdude under limpet exec, call after call on the same chip; .output: what was said of the board."""

    def __init__(self, test, args):
        self.test, self.args = test, args
        self.output = ""

    def avrdude(self, *args, status=0, stdin="", baud=19200, programmer="stk500v1"):
        command = [LIMPET, "exec", "--chip", "bench.chip", *self.args, "--", "avrdude", "-c", programmer, "-P",
                   "/dev/ttyACM0", "-b", str(baud), "-p", "m328p", *map(str, args)]
        done = subprocess.run(command, input=stdin, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                              timeout=TIMEOUT_S, cwd=self.test.dir)
        if status is not None:
            self.test.assertEqual(done.returncode, status, done.stdout)
        text, _, said = done.stdout.rpartition("\n== ")
        self.output += said
        return text


def random_image(n, seed, ff_runs=False):
    """n bytes; with ff_runs, stretches of 0xFF of all lengths up to several pages among them."""
    rng = random.Random(seed)
    data = bytearray(rng.randbytes(n))
    at = 0
    while ff_runs and at < n:
        run = rng.choice((1, 2, 3, 7, 64, 127, 128, 129, 256, 700))
        data[at:at + run] = b"\xff" * len(data[at:at + run])
        at += run + rng.choice((1, 2, 5, 100, 128, 300))
    return bytes(data)


def signature_in(text):
    found = re.search(r"evice signature = 0x([0-9a-f]{6})", text)
    return found and found.group(1)
