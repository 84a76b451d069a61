#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""`limpet judge` on damaged programmers: ten faults of timing in limpisp, three in ArduinoISP, each found with its rule,
its figure and its line; faults of other kinds there and in a programmer that limpet does not know, each with its cause, and
what follows from it told apart; the healthy builds are accused of nothing but what is documented.

usage: judge_damaged.py SOURCE_ROOT   (LIMPET and SKETCH in the environment)
"""
import concurrent.futures
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

LIMPET = os.environ["LIMPET"]
BUILD = pathlib.Path(LIMPET).parent
ROOT = pathlib.Path(sys.argv.pop(1)).resolve()
LIMPISP = ROOT / "firmware" / "limpisp"
SKETCH = BUILD / "firmware" / "ArduinoISP.ino"
FLAGS = "-gdwarf-4 -Os -std=gnu11 -mmcu=atmega328p -DF_CPU=16000000L -ffunction-sections".split()
DAMAGED_FILES = ("hw_spi", "isp", "commands")
WAITS = ("wd_flash", "wd_eeprom", "wd_erase", "wd_fuse")

# name: number of enum damage, file, function where it is found, rules of which one names it, most that is measured (ps)
LIMPISP_DAMAGES = {
    "sck_high": (1, "hw_spi", "hw_spi_byte", ("sck_high",), 1_000_000),
    "sck_low": (2, "hw_spi", "hw_spi_byte", ("sck_low",), 1_000_000),
    "mosi_hold": (3, "hw_spi", "hw_spi_byte", ("mosi_hold",), 1_000_000),
    "reset_pulse": (4, "isp", "isp_try", ("reset_high",), 1_000_000),
    "enable_wait": (5, "isp", "isp_try", ("enable_wait",), 8_000_000_000),
    "flash_wait": (6, "commands", "do_program_page", ("wd_flash",), 1_000_000_000),
    "eeprom_wait": (7, "commands", "do_program_page", ("wd_eeprom",), 1_000_000_000),
    "fuse_wait": (8, "commands", "do_fuse", ("wd_fuse",), 1_000_000_000),
    "miso_late": (9, "hw_spi", "hw_spi_byte", ("miso_setup",), 99_000),
    "erase_wait": (10, "commands", "do_chip_erase", ("wd_erase",), 1_000_000_000),
}
# sed scripts, function, rules, most that is measured (ps; a level: none)
SKETCH_DAMAGES = {
    "sck_1_mhz": (["s|^#define SPI_CLOCK .*|#define SPI_CLOCK (1000000)|"], "spi_transaction", ("sck_high",), 600_000),
    "no_page_wait": (["s|^    delay(PTIME);$|    ;|"], "commit", ("wd_flash",), 1_000_000_000),
    "no_reset_pulse": (["/Pulse RESET after/,/reset_target(true)/{/reset_target/d;/delayMicroseconds/d}"], "start_pmode",
                       ("sck_at_reset",), None),
}
# sed scripts, rules that are accused (sorted), what the cause of the first session that failed says
CAUSES = {
    "lsb_first": (["s|MSBFIRST|LSBFIRST|"], ["no_enable"], "35 CA 00 00 and no Programming Enable"),
    "words_swapped": (["s|flash(LOW, here, buff.x++.);|flash(LOW, here, buff[x + 1]);|",
                       "s|flash(HIGH, here, buff.x++.);|flash(HIGH, here, buff[x]); x += 2;|"], [],
                      "the two bytes of every word exchanged"),
    "next_page": (["s|^void commit(unsigned int addr) {|&\\n  addr += 64;|"], ["page_other"],
                  "what should stand in the page at 0x0000 stands in that at 0x0080"),
    "miso_after_the_fall": (["s|#define USE_HARDWARE_SPI||", "s|b = (b << 1) . digitalRead(PIN_MISO);||",
                             "s|digitalWrite(PIN_SCK, LOW); // slow pulse|& \\n b = (b << 1) \\| digitalRead(PIN_MISO);|"], [],
                            "every byte came a bit early (3C for 1E)"),
    "mosi_behind": (["s|#define USE_HARDWARE_SPI||", "/digitalWrite(PIN_MOSI, (b/{h;d}\n/digitalWrite(PIN_SCK, HIGH);/G"],
                    ["mosi_hold"], "MOSI changes while SCK is high: the port has taken the bit before, and all come an edge late"),
    "mosi_never": (["s|#define USE_HARDWARE_SPI||", "/digitalWrite(PIN_MOSI, (b/d"], [], "MOSI stayed at 0 while SCK rose"),
}
# own_isp.c: what makes it wrong, rules that are accused, what the cause says, what follows (rule, from)
OWN = {
    "own": ([], [], None, []),
    "own_polls": (["-DPOLL=1"], [], None, []),
    "own_polls_bit_1": (["-DPOLL=2"], [], "it still sends F0 00 00 00 to the target, which says that it is ready", []),
    "own_waits_for_more": (["-DREAD_LENGTH_AGAIN"], [], "does nothing to the target: its program is in get own_isp.c:", []),
    "own_page_128": (["-DPAGE_WORDS=128"], ["page_other"], "pages were written elsewhere than their bytes were loaded for, first with 4C 00 00 00",
                     [("write_unerased", "page_other")]),
    "own_mode_3": (["-DHW_SPI=(3|_BV(CPHA)|_BV(CPOL))"], ["sck_at_reset"], "SCK is low when RESET goes low", []),
    "own_mosi_late": (["-DMOSI_WITH_RISE"], ["mosi_hold"], None, []),
}


def run(*args, cwd=None):
    subprocess.run([str(a) for a in args], check=True, cwd=cwd)


def judge(image):
    r = subprocess.run([LIMPET, "judge", "--quick", "--only", "rules", "-j", "1", "--json", "-", image],
                       capture_output=True, text=True)
    assert r.returncode in (0, 1), r.stderr
    return json.loads(r.stdout)


# images that are no programmers: nothing answers, and the page says so
STRANGERS = {
    "silent": "for (;;) {}",
    "garbage": "for (uint8_t x = 1;; UDR0 = x = x * 37 + 11) { loop_until_bit_is_set(UCSR0A, UDRE0); }",
    "resets_itself": "wdt_enable(WDTO_15MS); for (;;) {}",
    "jumps_to_0": "for (uint16_t i = 0; i < 60000; i++) { __asm__ volatile(\"\"); } __asm__ volatile(\"jmp 0\");",
    "holds_reset": "DDRB |= 4; for (;;) { loop_until_bit_is_set(UCSR0A, RXC0); UDR0 = UDR0; }",
}
STRANGER = "#include <avr/io.h>\n#include <avr/wdt.h>\nint main(void)\n{ UBRR0 = 103; UCSR0B = 0x18; %s }\n"


class Damaged(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.dir = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.dir.cleanup)
        cls.work = pathlib.Path(cls.dir.name)
        sources = [s.stem for s in LIMPISP.glob("*.c")]
        cls.objects(sources, 0)
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            jobs = {name: pool.submit(cls.limpisp, sources, *damage[:2]) for name, damage in LIMPISP_DAMAGES.items()}
            jobs["limpisp"] = pool.submit(cls.limpisp, sources, 0, "isp")
            jobs |= {name: pool.submit(cls.sketch, name, damage[0]) for name, damage in SKETCH_DAMAGES.items()}
            jobs |= {name: pool.submit(cls.sketch, name, damage[0]) for name, damage in CAUSES.items()}
            jobs |= {name: pool.submit(cls.stranger, name) for name in STRANGERS}
            jobs |= {name: pool.submit(cls.own, name) for name in OWN}
            jobs["arduinoisp"] = pool.submit(judge, "arduinoisp")
            cls.of = {name: job.result() for name, job in jobs.items()}

    @classmethod
    def objects(cls, sources, damage):
        run("avr-gcc", *FLAGS, f"-DLIMPISP_DAMAGE={damage}", "-I", ROOT, "-c",
            *[LIMPISP / (s + ".c") for s in sources], cwd=cls.work)

    @classmethod
    def limpisp(cls, sources, damage, file):
        own = cls.work / f"{file}-{damage}.o"
        run("avr-gcc", *FLAGS, f"-DLIMPISP_DAMAGE={damage}", "-I", ROOT, "-c", LIMPISP / (file + ".c"), "-o", own)
        elf = cls.work / f"limpisp-{damage}.elf"
        run("avr-gcc", *FLAGS, "-Wl,--gc-sections", own, *[s + ".o" for s in sources if s != file], "-o", elf,
            cwd=cls.work)
        return judge(elf)

    @classmethod
    def stranger(cls, name):
        source, elf = cls.work / (name + ".c"), cls.work / (name + ".elf")
        source.write_text(STRANGER % STRANGERS[name])
        run("avr-gcc", *FLAGS, source, "-o", elf)
        return judge(elf)

    @classmethod
    def own(cls, name):
        elf = cls.work / (name + ".elf")
        run("avr-gcc", *FLAGS, *OWN[name][0], ROOT / "tests" / "own_isp.c", "-o", elf)
        return judge(elf)

    @classmethod
    def sketch(cls, name, edits):
        elf = cls.work / (name + ".elf")
        run(ROOT / "firmware" / "build-sketch", "/usr/share/arduino/hardware/arduino/avr", "atmega328p", "AVR_UNO",
            BUILD / "firmware" / "arduino-core-uno.a", BUILD / "firmware" / "sketch_to_cpp", SKETCH, elf,
            elf.with_suffix(".hex"), *edits)
        return judge(elf)

    def accused(self, name):
        return {r["rule"]: r for r in self.of[name]["rules"] if r["grade"] in ("BROKEN", "RISK")}

    def check(self, name, function, rules, file, most):
        accused = self.accused(name)
        self.assertFalse(self.of[name]["passed"], name)
        found = [accused[r] for r in rules if r in accused]
        self.assertTrue(found, (name, sorted(accused)))
        place = [p for p in found[0]["source"] if p["function"] == function]
        self.assertTrue(place, (name, found[0]["source"]))
        self.assertEqual(place[0]["file"], file, name)
        self.assertGreater(place[0]["line"], 0)
        if most is not None:
            self.assertLess(found[0]["measured_exact"], most, name)
            self.assertLess(found[0]["measured_exact"], found[0]["required_exact"], name)

    def test_healthy_ones_are_accused_of_nothing_else(self):
        for name in ("limpisp", "arduinoisp"):
            self.assertEqual(self.accused(name), {}, name)
            self.assertTrue(self.of[name]["passed"], name)
        known = {r["rule"] for r in self.of["arduinoisp"]["rules"] if r["grade"] == "known"}
        self.assertEqual(known, {"wd_erase", "wd_fuse"})

    def test_limpisp(self):
        for name, (_, file, function, rules, most) in LIMPISP_DAMAGES.items():
            with self.subTest(name):
                self.check(name, function, rules, file + ".c", most)

    def test_arduinoisp(self):
        for name, (_, function, rules, most) in SKETCH_DAMAGES.items():
            with self.subTest(name):
                self.check(name, function, rules, "ArduinoISP.ino", most)

    def test_causes(self):
        for name, (_, rules, cause) in CAUSES.items():
            with self.subTest(name):
                self.assertEqual(sorted(self.accused(name)), rules)
                failed = [s for s in self.of[name]["sessions"] if s["outcome"] != "right"]
                self.assertIn(cause, failed[0]["cause"])

    def test_one_that_nobody_knows(self):
        for name, (_, rules, cause, follow) in OWN.items():
            with self.subTest(name):
                self.assertEqual(sorted(self.accused(name)), rules)
                self.assertEqual([(f["rule"], f["from"]) for f in self.of[name]["follow"]], follow)
                failed = [s["cause"] for s in self.of[name]["sessions"] if s["outcome"] != "right"]
                self.assertEqual(self.of[name]["passed"], not rules and not cause)
                if cause:
                    self.assertIn(cause, failed[0])
                else:
                    self.assertEqual(failed, [])

    def test_strangers_are_no_programmers(self):
        for name in STRANGERS:
            self.assertFalse(self.of[name]["passed"], name)
            self.assertIn("it listens at 9600 baud and gets no session going", self.of[name]["verdict"])
            over = {"resets_itself": "reset by its watchdog", "jumps_to_0": "jumps to its beginning"}.get(name)
            begins = f"No session could be had: it starts over for ever: " if over else "No session could be had: it listens"
            self.assertTrue(self.of[name]["verdict"].startswith(begins), self.of[name]["verdict"])
            self.assertIn(over or "", self.of[name]["verdict"])

    def test_the_waits_are_not_mixed_up(self):
        for name, rule in (("flash_wait", "wd_flash"), ("eeprom_wait", "wd_eeprom"), ("fuse_wait", "wd_fuse"), ("erase_wait", "wd_erase"),
                           ("no_page_wait", "wd_flash")):
            others = [r for r in self.accused(name) if r in WAITS and r != rule]
            self.assertEqual(others, [], name)


if __name__ == "__main__":
    unittest.main()
