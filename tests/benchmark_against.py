#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""./benchmark --against: what is worse fails, what isn't doesn't, and what can't be compared is said."""
import importlib.machinery
import importlib.util
import pathlib
import subprocess
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent
SCRIPT = ROOT / "scripts/benchmark-against"
loader = importlib.machinery.SourceFileLoader("against", str(SCRIPT))
against = importlib.util.module_from_spec(importlib.util.spec_from_loader("against", loader))
loader.exec_module(against)


class Against(unittest.TestCase):
    def compared(self, here, there, better):
        """Answer and table of one benchmark with these results; in the order in which they are asked for"""
        lines, asked = [], []
        left = {"here": list(here), "there": list(there)}

        def side(name):
            def run(_):
                asked.append(name)
                return {"value": left[name].pop(0), "unit": "x", "better": better}
            return run
        fine = against.compare(["cosim"], len(here), (side("here"), side("there")), lines.append)
        return fine, lines[-1], asked

    def test_five_percent_are_allowed_and_no_more(self):
        for better, here, fine in (("more", 95.1, True), ("more", 94.9, False), ("less", 105.2, True), ("less", 105.4, False),
                                   ("more", 200, True), ("less", 1, True)):
            got, line, _ = self.compared([here] * 5, [100] * 5, better)
            self.assertEqual((got, "WORSE" in line), (fine, not fine), (better, here))

    def test_the_median_counts_and_both_take_turns(self):
        fine, line, asked = self.compared([100, 1, 100, 1, 100], [100] * 5, "more")
        self.assertTrue(fine, line)
        fine, line, _ = self.compared([100, 1, 100, 1, 1], [100] * 5, "more")
        self.assertFalse(fine, line)
        self.assertEqual(asked[:4], ["here", "there", "there", "here"])

    def test_names(self):
        self.assertEqual(against.chosen([], ["a", "b"], ["b", "c"]), ["b"])
        self.assertEqual(against.chosen(["b"], ["a", "b"], ["b", "c"]), ["b"])
        for wanted, ours, theirs, why in ((["c"], ["a", "b"], ["c"], "this tree has no benchmark 'c'"),
                                          (["a"], ["a"], ["c"], "the revision has no benchmark 'a'"),
                                          ([], ["a"], ["c"], "none in common|no benchmark in common")):
            with self.assertRaisesRegex(against.Trouble, why):
                against.chosen(wanted, ours, theirs)

    def test_bad_input(self):
        for arguments, why in ((["--against", "no-such-rev"], "no revision 'no-such-rev'|needs the git history"),
                               (["--against=--all"], "no revision '--all'|needs the git history"),
                               (["--against", "HEAD", "--rounds", "0"], "at least 1"), (["--against"], "expected one argument")):
            r = subprocess.run([ROOT / "benchmark", *arguments], capture_output=True, text=True, check=False)
            self.assertEqual(r.returncode, 2, r)
            self.assertRegex(r.stderr, why)


if __name__ == "__main__":
    unittest.main()
