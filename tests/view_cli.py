#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""`limpet view` under Xvfb: a window whose contents come back as they were drawn, keys that do what they say, no display."""
import os
import re
import shutil
import subprocess
import unittest

from limpet_session import LIMPET, SOURCE_ROOT, LimpetTest

CAPTURE = SOURCE_ROOT / "scenarios/captures/m328p_scan.csv"
BARE = {k: v for k, v in os.environ.items() if k not in ("DISPLAY", "WAYLAND_DISPLAY", "SDL_VIDEODRIVER")}
# What the window system's libraries keep until the end (SDL's drivers, D-Bus, unloaded by then) is not ours.
BARE["ASAN_OPTIONS"] = ":".join(filter(None, (os.environ.get("ASAN_OPTIONS"), "detect_leaks=0")))


def run(command, env=None):
    return subprocess.run([str(c) for c in command], capture_output=True, text=True, stdin=subprocess.DEVNULL,
                          env=env or BARE, timeout=120)


def under_xvfb(*command):
    return run(["xvfb-run", "-a", "-s", "-screen 0 1000x700x24", *command])


class View(LimpetTest):
    def setUp(self):
        super().setUp()
        self.file = self.dir / "wires.csv"
        shutil.copy(CAPTURE, self.file)

    def screenshot(self, name, *args):
        out = self.dir / name
        done = under_xvfb(LIMPET, "view", self.file, "--size", "900x600", "--screenshot", out, *args)
        self.assertEqual(done.returncode, 0, done.stderr)
        return out.read_bytes()

    def test_the_window_shows_what_was_drawn(self):
        light = self.screenshot("light.png", "--around", "instruction:programming")
        self.assertEqual((int.from_bytes(light[16:20], "big"), int.from_bytes(light[20:24], "big")), (900, 600))
        self.assertGreater(len(light), 8000)  # an empty picture packs to less
        self.assertEqual(light, self.screenshot("again.png", "--around", "instruction:programming"))
        self.assertNotEqual(light, self.screenshot("dark.png", "--around", "instruction:programming", "--theme", "dark"))

    def test_without_a_display_it_names_plot(self):
        done = run([LIMPET, "view", self.file])
        self.assertEqual((done.returncode, done.stdout), (2, ""))
        self.assertIn("no display", done.stderr)
        self.assertIn("limpet plot", done.stderr)

    @unittest.skipUnless(shutil.which("xdotool"), "no xdotool")
    def test_keys_zoom_save_and_quit(self):
        keys = self.dir / "keys"
        keys.write_text(f"""#!/bin/sh
'{LIMPET}' view '{self.file}' --size 900x600 & viewer=$!
for i in $(seq 100); do
    window=$(xdotool search --name 'limpet view' 2>/dev/null) && break
    sleep 0.1
done
sleep 0.5
xdotool mousemove 500 300 click 4 click 4
xdotool key f key plus key minus mousemove 600 300 click 4 key o
xdotool key ctrl+s
sleep 0.3
xdotool key p
sleep 0.3
xdotool key q
wait $viewer
""")
        keys.chmod(0o755)
        done = under_xvfb(keys)
        self.assertEqual(done.returncode, 0, done.stderr)
        session = (self.dir / "wires.csv.limpet-view").read_text()
        begin, end = map(int, re.search(r"^show (\d+) (\d+)$", session, re.M).groups())
        self.assertLess(end - begin, 160_000_000_000)  # of 166 ms: the wheel has zoomed
        self.assertRegex(session, r"(?m)^fold on$")
        self.assertRegex(session, r"(?m)^row 26 shown SCK$")
        self.assertIn("<svg", (self.dir / "wires.csv.1.svg").read_text())

    def test_bad_input_is_refused_with_a_reason(self):
        for args, why in ((["--size", "9x9"], "--size"), (["--wheel", "fly"], "--wheel"), (["--scale", "x"], "--scale"),
                          (["--around", "finding:3"], "no such thing")):
            done = run([LIMPET, "view", self.file, *args])
            self.assertEqual(done.returncode, 2)
            self.assertIn(why, done.stderr)


if __name__ == "__main__":
    unittest.main()
