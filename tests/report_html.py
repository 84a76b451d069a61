#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""limpet run --report html=FILE, in a real browser: Debian's chromium, where it is installed"""
import re
import subprocess
import unittest

from browser import CHROMIUM, Browser
from limpet_session import LIMPET, LimpetTest

READY = "document.documentElement?.dataset.ready === 'yes'"
SLOW = "board: {programmer: {script: {sck: 1 MHz, tries: %d}}}\nsteps: [{enter: yes, fails: no answer}]\n"
FILES = {
    "good.yaml": "tags: [quick]\nboard: {programmer: {script: {sck: 100 kHz}}}\nsteps: [{signature: 1E 95 0F}]\n",
    "fails.yaml": "name: '<script>alert(1)</script> & co'\nboard: {programmer: {script: {sck: 100 kHz}}}\nsteps: [{signature: 1E 95 0E}]\n",
    "finds.yaml": SLOW % 3,
    "bad.yaml": "board: {vcc: 5}\n",
}
ROWS = "[...document.querySelectorAll('#list .row .name')].map(e => e.firstChild.textContent)"


def write_page(test, *args, status):
    done = subprocess.run([LIMPET, "run", "--report", "html=page.html", *args], capture_output=True, text=True,
                          cwd=test.dir, timeout=100, stdin=subprocess.DEVNULL)
    test.assertEqual(done.returncode, status, done.stderr)


def tearDownModule():
    if not CHROMIUM:
        print("skipped: 1 test of the HTML report (chromium is not installed)")


@unittest.skipUnless(CHROMIUM, "chromium is not installed")
class Page(LimpetTest):
    def page(self, *args, status):
        write_page(self, *args, status=status)
        return "file://" + str(self.dir / "page.html")

    def test_it(self):
        for name, text in FILES.items():
            (self.dir / name).write_text(text)
        url = self.page(*FILES, status=2)
        many = self.dir / "many"
        many.mkdir()
        for i in range(40):  # some 2580 findings each
            (many / f"{i}.yaml").write_text(SLOW % 30)
        with Browser() as b:
            self.look(b, url)
            self.without_script(b, url)
            self.in_the_dark_and_on_a_phone(b, url)
            self.a_hundred_thousand(b)

    def look(self, b, url):
        b.open(url, READY)
        self.assertEqual(b.requests(), [url])  # nothing is fetched
        self.assertEqual(b.complaints(), [])
        self.assertEqual(b.ask(ROWS), ["good", "<script>alert(1)</script> & co", "finds", "bad.yaml"])
        # what failed first is what one sees
        self.assertIn("expected 1E 95 0E", b.ask("document.querySelector('.failure').textContent"))
        self.assertEqual(b.ask("document.querySelector('.failure .mono').textContent"), "fails.yaml:3:9")
        # keys: down, filter, only failed
        b.press("j")
        self.assertEqual(b.ask("document.querySelector('#detail h2').lastChild.textContent"), "finds")
        self.assertIn("s=finds.yaml", b.ask("location.hash"))
        b.wait_for("document.querySelectorAll('.found .line').length > 5")  # drawn with the next frame
        self.assertGreaterEqual(b.ask("document.querySelectorAll('.stage svg').length"), 1)
        self.assertGreater(b.ask("document.querySelectorAll('.track i').length"), 3)
        self.assertIn("Programming Enable", b.ask("document.querySelector('.wires').textContent"))
        # zoom, move, reset with keys
        box = "document.querySelector('.stage svg').getAttribute('viewBox')"
        whole = b.ask(box)
        b.ask("document.querySelector('.stage').focus()")
        b.press("+")
        b.press("ArrowRight")
        self.assertNotEqual(b.ask(box), whole)
        self.assertLess(float(b.ask(box).split()[2]), float(whole.split()[2]))
        b.press("0")
        self.assertEqual(b.ask(box), whole)
        b.ask("document.activeElement.blur()")
        b.press("3")
        self.assertEqual(b.ask(ROWS), ["<script>alert(1)</script> & co"])
        b.open(url + "#q=quick", READY)  # a link leads back to a filter
        self.assertEqual(b.ask(ROWS), ["good"])
        b.open(url + "#tab=findings&rule=sck_low", READY)
        b.wait_for("document.querySelectorAll('#all .line').length > 0")
        self.assertEqual(b.ask("[...new Set([...document.querySelectorAll('#all .line')].map(e => e.children[1].textContent))]"),
                         ["sck_low"])

    def without_script(self, b, url):
        b.open_without_scripts(url)
        text = b.ask("document.getElementById('static').innerText")
        for part in ("fails.yaml", "<script>alert(1)</script> & co", "expected 1E 95 0E", "error"):
            self.assertIn(part, text)
        self.assertEqual(b.ask("getComputedStyle(document.getElementById('app')).display"), "none")

    def in_the_dark_and_on_a_phone(self, b, url):
        b.colours("dark")
        b.resize(390, 800, phone=True)
        b.open(url, READY)
        self.assertEqual(b.ask("getComputedStyle(document.body).color"), "rgb(230, 234, 240)")
        self.assertLessEqual(b.ask("document.documentElement.scrollWidth"), 390)
        b.ask("document.querySelectorAll('.row')[2].click()")
        b.wait_for("document.querySelectorAll('.stage svg').length > 0")
        self.assertLessEqual(b.ask("document.documentElement.scrollWidth"), 390)
        self.assertEqual(b.ask("getComputedStyle(document.getElementById('list')).display"), "none")
        paper = b.ask("getComputedStyle(document.querySelector('.stage svg rect')).fill")
        self.assertEqual(paper, "rgb(24, 26, 31)")
        b.ask("document.querySelector('.back').click()")
        self.assertNotEqual(b.ask("getComputedStyle(document.getElementById('list')).display"), "none")
        b.colours("light")
        b.resize(1280, 800)

    def a_hundred_thousand(self, b):
        url = self.page("many", status=0)
        before = b.page_cpu_s()
        b.open(url + "#tab=findings", READY)
        took = b.page_cpu_s() - before
        n = b.ask("+document.querySelector('#all').getAttribute('aria-label').split(' ')[0]")
        size = (self.dir / "page.html").stat().st_size
        print(f"{n} findings, {size / 1e6:.1f} MB, open in {took:.2f} s of processor time")
        self.assertGreater(n, 100000)
        self.assertLess(took, 2)
        self.assertLess(b.ask("document.querySelectorAll('*').length"), 3000)
        b.ask("document.querySelector('#all').scrollTop = 1e9")
        b.wait_for("document.querySelector('#all .line:last-child')?.children[4].textContent === '9'")


class Text(LimpetTest):
    """What can be said of the page without a browser"""

    def test_texts_do_not_break_out(self):
        for name, text in FILES.items():
            (self.dir / name).write_text(text)
        write_page(self, *FILES, status=2)
        page = (self.dir / "page.html").read_text()
        self.assertEqual(len(re.findall(r"<script", page)), 2)
        self.assertEqual(len(re.findall(r"https?://(?!www\.w3\.org/2000/svg)", page)), 0)
        again = page
        write_page(self, "-j1", *FILES, status=2)
        self.assertEqual((self.dir / "page.html").read_text(), again)


if __name__ == "__main__":
    unittest.main()
