#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""usage: install.py BUILD_DIR   what is installed stands on its own, and is uninstalled without complaint"""
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

BUILD = pathlib.Path(sys.argv.pop(1))
LINK = re.compile(r"\[[^]]*\]\(([^)\s]+)\)")


def files_in(folder):
    return [p for p in folder.rglob("*") if p.is_file() or p.is_symlink()]


def meson(*args):
    return subprocess.run(["meson", *args], cwd=BUILD, capture_output=True, text=True, timeout=100)


class Install(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        # what somebody has really installed must stay known to `ninja uninstall`
        cls.log = BUILD / "meson-logs" / "install-log.txt"
        cls.kept = cls.log.read_bytes() if cls.log.exists() else None
        cls.temporary = tempfile.TemporaryDirectory()
        cls.root = pathlib.Path(cls.temporary.name).resolve()
        done = meson("install", "--no-rebuild", "--destdir", str(cls.root))
        assert done.returncode == 0, done.stdout + done.stderr
        (cls.limpet,) = cls.root.glob("**/bin/limpet")
        cls.share = cls.limpet.parent.parent / "share"

    @classmethod
    def tearDownClass(cls):
        if cls.kept is None:
            cls.log.unlink(missing_ok=True)
        else:
            cls.log.write_bytes(cls.kept)
        cls.temporary.cleanup()

    def test_1_links_lead_somewhere(self):
        documents = sorted((self.share / "doc" / "limpet").rglob("*.md"))
        self.assertIn("README.md", [d.name for d in documents])
        links = 0
        for document in documents:
            for target in LINK.findall(document.read_text(encoding="utf-8")):
                target = target.split("#")[0]
                if target and not re.match(r"\w+:", target):
                    links += 1
                    self.assertTrue((document.parent / target).exists(), f"{document.name}: {target}")
        self.assertGreater(links, 10)

    def test_2_it_runs_from_there(self):
        def run(*args):
            return subprocess.run([str(self.limpet), *args], cwd="/", capture_output=True, text=True, timeout=60,
                                  env={k: v for k, v in os.environ.items() if k != "LIMPET_FIRMWARE_DIR"})

        scenarios = self.share / "limpet" / "scenarios"
        done = run("run", str(scenarios / "sck_too_fast.yaml"))
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        if (self.share / "limpet" / "firmware").exists():
            done = run("run", str(scenarios / "miso_open.yaml"))
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_3_nothing_is_listed_twice_and_all_of_it_goes(self):
        listed = [line for line in self.log.read_text().splitlines() if line and not line.startswith("#")]
        self.assertEqual(len(listed), len(set(listed)), "listed twice")
        self.assertGreater(len(files_in(self.root)), 50)
        done = meson("--internal", "uninstall")
        said = done.stdout + done.stderr
        self.assertEqual(done.returncode, 0, said)
        self.assertNotIn("Could not remove", said)
        self.assertRegex(said, r"Failed: *0\b")
        self.assertEqual(files_in(self.root), [])


if __name__ == "__main__":
    if not shutil.which("meson"):
        sys.exit(77)
    unittest.main()
