#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""`limpet view` under Xvfb: a window whose contents come back as they were drawn, keys that do what they say, no display."""
import os
import pathlib
import re
import shutil
import subprocess
import unittest

from limpet_session import LIMPET, SOURCE_ROOT, LimpetTest

SCREEN_CLOSE = os.environ.get("SCREEN_CLOSE", SOURCE_ROOT / "build/tests/screen_close")
DATA = SOURCE_ROOT / "tests/data"
CAPTURE = SOURCE_ROOT / "scenarios/captures/m328p_scan.csv"
BARE = {k: v for k, v in os.environ.items() if k not in ("DISPLAY", "WAYLAND_DISPLAY", "SDL_VIDEODRIVER")}
# What the window system's libraries keep until the end (SDL's drivers, D-Bus, unloaded by then) is not ours.
BARE["ASAN_OPTIONS"] = ":".join(filter(None, (os.environ.get("ASAN_OPTIONS"), "detect_leaks=0")))


def run(command, env=None):
    return subprocess.run([str(c) for c in command], capture_output=True, text=True, stdin=subprocess.DEVNULL,
                          env=env or BARE, timeout=120)


# xvfb-run gives up waiting for its server after 3 s: a busy machine's does not listen yet.
READY = """
for i in $(seq 600); do
    command -v xdotool >/dev/null && ! xdotool getdisplaygeometry >/dev/null 2>&1 || break
    sleep 0.05
done
"""


def under_xvfb(*command, screen="1000x700x24", env=None):
    """
    Numbers of its own: -a takes a free one without holding it, and export_cli has those from 99. Without -noreset the
    server begins anew whenever its only client goes, such as a look of xdotool, and drops who comes just then.
    """
    return run(["xvfb-run", "-a", "-n", "120", "-s", f"-noreset -screen 0 {screen}", "sh", "-c", READY + 'exec "$@"', "sh", *command],
               env)


# Opens the viewer, waits until it is there and has drawn, does what $DO says, keeps the screen, and quits.
DRIVE = """
"$@" & viewer=$!
for i in $(seq 600); do
    window=$(xdotool search --name 'limpet view' 2>/dev/null) && break
    sleep 0.05
done
for i in $(seq 600); do # something has been drawn: the screen is no longer one colour
    cmp -s "$FB/Xvfb_screen0" "$FB/empty" || break
    sleep 0.05
done
sleep 0.3
eval "$DO"
for i in $(seq 300); do # until it is what it should be; a busy machine takes its time, and may have lost a key
    [ $((i % 15)) -ne 0 ] || [ -z "$UNTIL" ] || eval "$DO"
    sleep 0.2
    cp "$FB/Xvfb_screen0" "$FB/screen"
    eval "${UNTIL:-true}" 2>/dev/null && break
done
for i in $(seq 40); do # a key that comes while the window has no focus is lost
    kill -0 $viewer 2>/dev/null || break # a look for its window may fail while it is there
    xdotool key --clearmodifiers q
    sleep 0.25
done
kill $viewer 2>/dev/null
wait $viewer
"""


@unittest.skipUnless(shutil.which("xdotool"), "no xdotool")
class Screens(LimpetTest):
    """What stands on the screen, against pictures that were looked at. KEEP=1 keeps what is there now."""

    def screen(self, scenario, do, *args, picture=None, until=""):
        file = self.dir / scenario.name
        shutil.copy(scenario, file)
        (self.dir / "drive").write_text(DRIVE)
        folder = self.dir / "fb"
        folder.mkdir()
        if picture and not os.environ.get("KEEP"):
            until = f'"{SCREEN_CLOSE}" "$FB/screen" "{DATA / picture}"'
        command = f"cp {folder}/Xvfb_screen0 {folder}/empty; exec sh {self.dir}/drive \"$@\""
        done = under_xvfb("sh", "-c", command, "sh", LIMPET, "view", file, "--size", "900x600", *args,
                          screen=f"900x600x24 -fbdir {folder}",
                          env={**BARE, "DO": do, "FB": str(folder), "UNTIL": until})
        self.assertEqual(done.returncode, 0, done.stderr)
        return folder / "screen"

    def close(self, screen, name, status=0):
        if os.environ.get("KEEP") and not status:
            run([SCREEN_CLOSE, screen, DATA / name, "--keep"])
        done = run([SCREEN_CLOSE, screen, DATA / name])
        cairo = run(["pkg-config", "--modversion", "cairo"]).stdout.strip()
        if not status and not cairo.startswith("1.16."):
            print(f"cairo {cairo}: the kept picture has Debian 12's letters, it is not compared")
            return
        self.assertEqual(done.returncode, status, done.stderr)

    def test_a_finding_and_why(self):
        screen = self.screen(SOURCE_ROOT / "scenarios/sck_too_fast.yaml",
                             "xdotool mousemove 890 400 key --clearmodifiers w; sleep 0.3",
                             picture="view_finding.png")
        self.close(screen, "view_finding.png")
        self.close(screen, "view_keys.png", status=1)  # another screen is not close

    def test_why_the_128_khz_chip_is_silent_as_a_picture(self):
        self.screen(SOURCE_ROOT / "scenarios/limp/rc_128k.yaml",
                    "xdotool mousemove 890 400 key --clearmodifiers w; sleep 0.3; xdotool key --clearmodifiers p",
                    until=f"grep -l 'Programming Enable, no echo' {self.dir}/rc_128k.yaml.*.svg >{self.dir}/those")
        picture = pathlib.Path((self.dir / "those").read_text().split()[0]).read_text()
        for text in ("Programming Enable, no echo", "128 kHz", "tSHSL", "hw_spi_byte"):
            self.assertIn(f">{text}<", picture)
        self.assertRegex(picture, r">A  \d+(\.\d+)? ms<")  # when exactly is the firmware's compiler's doing

    def test_the_key_sheet_in_the_dark(self):
        screen = self.screen(CAPTURE, "xdotool mousemove 890 400 key --clearmodifiers question", "--theme", "dark", "--keys",
                             "gtkwave", picture="view_keys.png")
        self.close(screen, "view_keys.png")
        self.close(screen, "view_finding.png", status=1)

    def test_a_bench_is_followed_through_its_socket(self):
        waves = self.dir / "waves"
        with self.serve("--live", waves) as served:
            (self.dir / "drive").write_text(DRIVE)
            (self.dir / "empty").write_text("no screen to wait for")
            (self.dir / "Xvfb_screen0").touch()
            do = (f"avrdude -qq -c stk500v1 -P {served.link} -b 19200 -p m328p 2>/dev/null; for i in $(seq 300); do "
                  f"sleep 0.3; xdotool key --clearmodifiers ctrl+s; grep -q 'shown instructions' {waves}.limpet-view && "
                  "break; done")
            done = under_xvfb("sh", self.dir / "drive", LIMPET, "view", "--live", waves, screen="900x600x24",
                              env={**BARE, "DO": do, "FB": str(self.dir)})
            self.assertEqual(done.returncode, 0, done.stderr)
        session = (self.dir / "waves.limpet-view").read_text()
        self.assertRegex(session, r"(?m)^row \d+ shown instructions$")  # there were none when it began
        self.assertFalse(waves.exists())
        done = under_xvfb(LIMPET, "view", "--live", waves)
        self.assertEqual(done.returncode, 2)


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

    def test_a_display_that_is_not_there_names_plot(self):
        """SDL would open a window that nobody sees"""
        done = run([LIMPET, "view", self.file], {**BARE, "DISPLAY": ":98765"})
        self.assertEqual((done.returncode, done.stdout), (2, ""))
        self.assertIn("DISPLAY=:98765 can't be opened", done.stderr)
        self.assertIn("limpet plot", done.stderr)

    @unittest.skipUnless(shutil.which("xdotool"), "no xdotool")
    def test_keys_zoom_save_and_quit(self):
        keys = self.dir / "keys"
        keys.write_text(f"""#!/bin/sh
'{LIMPET}' view '{self.file}' --size 900x600 & viewer=$!
for i in $(seq 300); do
    window=$(xdotool search --name 'limpet view' 2>/dev/null) && break
    sleep 0.1
done
press() {{ # presses a key until something is there: on a busy machine the first ones may come too early
    for i in $(seq 200); do
        xdotool key --clearmodifiers "$1"
        sleep 0.1
        [ -e "$2" ] && return
    done
}}
press ctrl+s '{self.file}.limpet-view'
xdotool mousemove 500 300 click 4 click 4
xdotool key f key plus key minus mousemove 600 300 click 4 key o
rm '{self.file}.limpet-view'
press ctrl+s '{self.file}.limpet-view'
press p '{self.file}.1.svg'
for i in $(seq 100); do
    kill -0 $viewer 2>/dev/null || break
    xdotool key --clearmodifiers q
    sleep 0.1
done
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
