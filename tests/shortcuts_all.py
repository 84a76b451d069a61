#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs scenarios with shortcuts and without: VCD at 1 ps and report must be the same, byte for byte.

usage: LIMPET=build/limpet tests/shortcuts_all.py [--every N] [--first K] [--jobs J] [SCENARIO...]
Without names: all of scenarios/ but the sweeps; --every N takes each N-th of them, from the K-th on. Exit status 1
if any differs. All of them take some minutes; ./check runs a sample.
"""
import argparse
import concurrent.futures
import filecmp
import os
import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
LIMPET = os.path.abspath(os.environ.get("LIMPET", ROOT / "build/limpet"))


def run(scenario, vcd, options):
    command = [LIMPET, "run", "--vcd", vcd, "--vcd-tick", "1ps", *options, scenario]
    done = subprocess.run(command, cwd=ROOT, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    return f"{done.stdout}{done.stderr}status {done.returncode}\n"


def uses_a_wall_clock(scenario):
    """What avrdude prints carries wall times; its turns are the same, and so is the VCD."""
    return "avrdude" in (ROOT / scenario).read_text()


def difference(scenario):
    with tempfile.TemporaryDirectory() as d:
        texts = [run(scenario, f"{d}/{i}.vcd", o) for i, o in enumerate([[], ["--no-shortcuts"]])]
        if texts[0].endswith("status 2\n"):
            return texts[0]
        if texts[0] != texts[1] and not uses_a_wall_clock(scenario):
            pairs = zip(texts[0].splitlines(), texts[1].splitlines())
            line = next((p for p in pairs if p[0] != p[1]), ("", "one report is longer"))
            return f"the report:\n  {line[0]}\n  {line[1]}"
        if os.path.exists(f"{d}/0.vcd") and not filecmp.cmp(f"{d}/0.vcd", f"{d}/1.vcd", shallow=False):
            return "the VCD"
    return ""


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--every", type=int, default=1)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("scenarios", nargs="*")
    o = parser.parse_args()
    names = o.scenarios or sorted(
        str(p.relative_to(ROOT)) for p in ROOT.glob("scenarios/**/*.yaml") if "sweeps" not in p.parts
    )[o.first :: o.every]
    bad = 0
    with concurrent.futures.ThreadPoolExecutor(o.jobs) as pool:
        for name, what in zip(names, pool.map(difference, names)):
            if what:
                bad += 1
                print(f"{name}: with and without shortcuts differ: {what}", flush=True)
    print(f"{len(names) - bad} of {len(names)} scenarios are the same with and without shortcuts")
    return bad != 0


if __name__ == "__main__":
    sys.exit(main())
