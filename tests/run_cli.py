#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""limpet run as a user meets it: exit statuses, what is printed, files, options, bad input before anything runs."""
import struct
import subprocess
import unittest

from limpet_session import LIMPET, SOURCE_ROOT, LimpetTest

GOOD = """
board: {programmer: {script: {sck: 100 kHz}}}
steps:
  - signature: 1E 95 0F
  - program: {memory: flash, random: 1, length: 300}
expect: {findings: none}
"""
FAILS = """
board: {programmer: {script: {sck: 100 kHz}}}
steps:
  - signature: 1E 95 0E
"""
BAD = """
board: {vcc: 5}
"""
HALF = """
board: {target: {rc_spread: 10 %}, programmer: {script: {sck: 255 kHz, tries: 1}}}
steps: [{enter: yes, fails: no answer}]
"""


class Run(LimpetTest):
    def setUp(self):
        super().setUp()
        for name, text in (("good", GOOD), ("fails", FAILS), ("bad", BAD), ("half", HALF)):
            (self.dir / (name + ".yaml")).write_text(text)

    def run_scenarios(self, *args, status):
        return self.run_limpet("run", *args, status=status)

    def refused(self, *args):
        done = subprocess.run([LIMPET, "run", *args], capture_output=True, text=True, cwd=self.dir,
                              stdin=subprocess.DEVNULL, timeout=60)
        self.assertEqual(done.returncode, 2, done.stdout + done.stderr)
        self.assertEqual(done.stdout, "")  # nothing has run
        return done.stderr

    def test_pass_and_fail(self):
        text = self.run_scenarios("good.yaml", status=0)
        self.assertRegex(text, r"(?m)^PASS good, 0\.\d{9} s simulated$")
        self.assertIn("findings: 0", text)
        self.assertIn("sck_high", text)  # the worst margins
        text = self.run_scenarios("fails.yaml", status=1)
        self.assertIn("fails.yaml:4:5: signature: the signature is 1E 95 0F, an ATmega328P's; expected 1E 95 0E\n", text)
        self.assertRegex(text, r"(?m)^FAIL fails, ")
        text = self.run_scenarios("good.yaml", "fails.yaml", "good.yaml", status=1)
        self.assertIn("2 of 3 scenarios passed", text)

    def test_images_for_another_device_and_notes(self):
        def elf(flags, name=b""):
            note = struct.pack("<III4s", 4, 0x2d, 1, b"AVR\0") + bytes(24) + struct.pack("<II", 8, 1) + b"\0" + name + b"\0"
            names = b"\0.note.gnu.avr.deviceinfo\0.shstrtab\0"
            head = struct.pack("<16sHHIIIIIHHHHHH", b"\x7fELF\1\1\1", 2, 83, 1, 0, 52, 400, flags, 52, 32, 1, 40, 3, 2)
            ph = struct.pack("<8I", 1, 84, 0, 0, 4, 4, 5, 2)
            body = bytes.fromhex("0000fecf")
            sections = [struct.pack("<10I", *([0] * 10)), struct.pack("<10I", 1, 7, 0, 0, 100, len(note), 0, 0, 4, 0),
                        struct.pack("<10I", 26, 3, 0, 0, 300, len(names), 0, 0, 1, 0)]
            return (head + ph + body).ljust(100, b"\0") + note.ljust(200, b"\0") + names.ljust(100, b"\0") + b"".join(sections)

        for name, data in (("tiny.elf", elf(25, b"attiny85")), ("mega.elf", elf(6)), ("pb.elf", elf(5, b"atmega328pb")),
                           ("open.hex", b":02000000FFCF30 // rjmp .\n")):
            (self.dir / name).write_bytes(data)
        for where in ("programmer: {{firmware: ./{}}}", "programmer: {{script: {{}}}}, target: {{flash: {{file: {}}}}}"):
            for name, says in (("tiny.elf", "built for attiny85, here it would run on atmega328p"), ("mega.elf", "avr6")):
                (self.dir / "s.yaml").write_text("board: {" + where.format(name) + "}\nsteps: [{wait: 1 ms}]\n")
                self.assertIn(says, self.refused("s.yaml"))
            for name, note in (("pb.elf", None), ("open.hex", "open.hex:1: comments are passed over"),
                               ("open.hex", "open.hex:1: the end record (:00000001FF) is missing")):
                (self.dir / "s.yaml").write_text("board: {" + where.format(name) + "}\nsteps: [{wait: 1 ms}]\n")
                text = self.run_scenarios("s.yaml", status=0)
                self.assertIn(note or "PASS", text)
                self.assertEqual(note is None, "note: " not in text)

    def test_a_recording_is_held_against_the_chip(self):
        text = (SOURCE_ROOT / "scenarios" / "captured_session.yaml").read_text()
        text = text.replace("captures/", str(SOURCE_ROOT / "scenarios" / "captures") + "/")
        for was, becomes, status, says in (
                ("", "", 0, "miso: all 25 edges as in the recording"),
                ("within: 250 ns", "within: 20 ns", 1, "24 edges alike, 1 missing, 1 more (within 20 ns); "),
                ("until: 166.3 ms", "", 1, "25 edges alike, 0 missing, 1 more"),
                ("signal: MISO", "signal: SCK", 1, "parts from the recording's SCK"),
                ("signal: MISO", "signal: SDO", 1, "the recording has no signal 'SDO'")):
            (self.dir / "s.yaml").write_text(text.replace(was, becomes) if was else text)
            self.assertIn(says, self.run_scenarios("--verbose", "s.yaml", status=status))

    def test_bad_input_before_anything_runs(self):
        self.assertEqual(self.refused("bad.yaml"),
                         "bad.yaml:2:14: '5' is not a voltage (such as \"5.0 V\"; units V, mV): the unit is missing\n")
        self.assertIn("missing.yaml: No such file", self.refused("missing.yaml"))
        self.assertIn("which scenario?", self.refused())
        self.assertIn("unrecognized option", self.refused("--nonsense", "good.yaml"))
        self.assertIn("--seed: 'x' is not a number", self.refused("--seed", "x", "good.yaml"))
        self.assertIn("expected PATH=VALUE", self.refused("--set", "board.vcc", "good.yaml"))
        self.assertIn("--set board.vcc: '5' is not a voltage", self.refused("--set", "board.vcc=5", "good.yaml"))
        self.assertIn("go with one scenario", self.refused("--vcd", "x.vcd", "good.yaml", "fails.yaml"))
        (self.dir / "uno.yaml").write_text("steps: [{enter: yes}]")
        self.assertIn("no built-in image of that name", self.refused("--firmware", "nothere", "uno.yaml"))
        self.assertIn("not an ELF file for the AVR", self.refused("--firmware", "/bin/sh", "uno.yaml"))

    def test_what_an_elf_holds_besides_its_program_is_said(self):
        board = "board: {target: {%s}, programmer: {script: {}}}"
        (self.dir / "s.yaml").write_text(board % "flash: {file: sections.elf}")
        out = self.run_scenarios("s.yaml", status=0)
        for section in (".eeprom", ".fuse", ".lock"):
            self.assertIn(f"note: s.yaml:1: the {section} of 'sections.elf' is not on the chip", out)
        given = "flash: {file: sections.elf}, eeprom: {file: sections.elf}, fuses: {file: sections.elf}"
        (self.dir / "s.yaml").write_text(board % given)
        self.assertNotIn("note: s.yaml", self.run_scenarios("s.yaml", status=0))
        (self.dir / "s.yaml").write_text(board % "signature: 1E 95 14, flash: {file: ask.elf}")
        self.assertNotIn("note: s.yaml", self.run_scenarios("s.yaml", status=0))
        (self.dir / "s.yaml").write_text(board % ("signature: 1E 95 14, " + given))
        self.assertIn("the .signature of 'sections.elf' is 1E 95 0F, the target's 1E 95 14", self.run_scenarios("s.yaml", status=0))
        for fuses, says in (("{file: demo_app.elf}", "has neither .fuse nor .lock"),
                            ("{file: sections.elf, preset: uno}", "given twice, by preset and by file")):
            (self.dir / "s.yaml").write_text(board % f"fuses: {fuses}")
            self.assertIn(says, self.refused("s.yaml"))

    def test_boards_that_contradict_themselves(self):
        for board, says in (
            ("wiring: {pb5: open, sck: uno.D13}", "sck and pb5 are one pin of this part: wire it once"),
            ("target: {clock: {wave: 1 MHz}}, wiring: {xtal1: vcc}", "a wave on xtal1, which is wired to vcc"),
            ("pull_ups: {sck: 10 kOhm}, pull_downs: {pb5: 10 kOhm}", "pb5 is pulled twice: one resistor is enough"),
        ):
            (self.dir / "board.yaml").write_text("board: {%s, programmer: {script: {}}}" % board)
            self.assertRegex(self.refused("board.yaml"), r"^board.yaml:1:\d+: " + says)

    def test_a_resistor_against_the_pull_up_of_reset(self):
        for ohm, answers in (("44.9 kOhm", False), ("45 kOhm", True)):  # the chip's own has 30 to 60 kOhm
            (self.dir / "pull.yaml").write_text(
                "board: {pull_downs: {reset: %s}, wiring: {reset: open}, target: {flash: {hex: 20 9A 18 9A FF CF}},\n"
                "  programmer: {script: {}}}\nsteps: [{wait: 100 ms}]\n"
                "expect: {findings: none, nets: [{net: pb0, level: %s}]}" % (ohm, "1" if answers else "z"))
            self.run_scenarios("pull.yaml", status=0)

    def test_a_run_ends_while_firmware_clocks_the_target(self):
        (self.dir / "it.yaml").write_text(
            "board: {target: {fuses: {low: 0xE0}}, programmer: {firmware: limpisp, host: stk500v2},\n"
            "  wiring: {xtal1: uno.D9}}\nsteps: [{signature: 1E 95 0F}]")
        self.run_scenarios("it.yaml", status=0)

    def test_programs_that_run_wild_are_noted(self):
        board = "board: {target: {flash: {hex: 0C 94 00 30}}, programmer: {script: {}}}\nsteps: [{wait: 100 ms}]"
        (self.dir / "wild.yaml").write_text(board)
        (self.dir / "boot.yaml").write_text(  # BOOTRST, but no bootloader: it comes round to the program
            "board: {target: {fuses: {high: 0xDE}, flash: {hex: 20 9A 28 9A FF CF}}, programmer: {script: {}}}\n"
            "steps: [{wait: 100 ms}]\nexpect: {nets: [{net: pb0, level: 1}]}")
        self.assertRegex(self.run_scenarios("boot.yaml", status=0), r"(?s)erased flash at 0x7E00 .*the end of flash, to 0x8000 ")
        self.assertRegex(self.run_scenarios("wild.yaml", status=0),
                         r"target  note: the program ran into erased flash at 0x6000 \(program_erased\)")

    def test_two_runs_are_the_same(self):
        texts = []
        for i in (1, 2):
            texts.append(self.run_scenarios("-v", "--vcd", f"{i}.vcd", "--csv", f"{i}.csv", "good.yaml", status=0))
        self.assertEqual(texts[0], texts[1])
        for ending in ("vcd", "csv"):
            one = (self.dir / f"1.{ending}").read_bytes()
            self.assertGreater(len(one), 10000)
            self.assertEqual(one, (self.dir / f"2.{ending}").read_bytes())

    def test_seed_and_set(self):
        results = set()
        for seed in range(1, 9):  # the chip's clock decides whether 255 kHz is too fast
            done = subprocess.run([LIMPET, "run", "--seed", str(seed), "half.yaml"], capture_output=True, text=True,
                                  cwd=self.dir, stdin=subprocess.DEVNULL, timeout=60)
            self.assertIn(f"(seed {seed})", done.stdout)
            results.add(done.returncode)
        self.assertEqual(results, {0, 1})
        self.run_scenarios("--set", "steps[0].signature=1E 95 0F", "fails.yaml", status=0)
        self.run_scenarios("--set", "board.power=off", "good.yaml", status=1)

    def test_firmware_of_ones_own(self):
        slow = "arduinoisp_115200"
        (self.dir / "fast.yaml").write_text("board: {programmer: {baud: 115200}}\nsteps: [{signature: 1E 95 0F}]")
        self.run_scenarios("--firmware", slow, "fast.yaml", status=0)
        self.assertIn("not in sync", self.run_scenarios("fast.yaml", status=1))

    def test_a_chip_is_kept(self):
        (self.dir / "brick.yaml").write_text(
            "board: {programmer: {script: {sck: 100 kHz}}}\n"
            "steps:\n  - program: {memory: eeprom, hex: 12 34}\n  - write_fuses: {low: 0x60}\n")
        (self.dir / "look.yaml").write_text(
            "board: {programmer: {script: {sck: 100 kHz}}}\n"
            "steps:\n  - enter: yes\n    fails: no answer\n"  # external clock selected, none there
            "  - clock: {wave: 8 MHz}\n  - verify: {memory: eeprom, hex: 12 34}\n  - verify_fuses: {low: 0x60}\n")
        self.run_scenarios("--chip", "c.json", "brick.yaml", status=0)
        self.run_scenarios("--chip", "c.json", "look.yaml", "look.yaml", status=0)
        self.run_scenarios("look.yaml", status=1)  # a fresh chip answers
        (self.dir / "t85.yaml").write_text("board: {target: {part: attiny85}, programmer: {script: {}}}")
        self.refused("--chip", "c.json", "t85.yaml")
        (self.dir / "broken.json").write_text("{")
        self.assertIn("broken.json", self.refused("--chip", "broken.json", "look.yaml"))
        self.refused("--chip", "no/such/folder/c.json", "look.yaml")

    def test_files_that_cannot_be_written(self):
        for option in ("--vcd", "--csv", "--junit", "--report=tap"):
            option = option.split("=") if "=" in option else [option]
            path = "=".join([*option[1:], "no/such/folder/x"])
            self.assertIn("no/such/folder/x", self.refused(option[0], path, "good.yaml"))

    def test_the_examples_of_the_docs(self):
        text = (SOURCE_ROOT / "docs" / "scenarios.md").read_text()
        for example in text.split("```yaml\n")[1:3]:  # a whole scenario, the long form of a board
            (self.dir / "example.yaml").write_text(example.split("```")[0])
            self.run_scenarios("example.yaml", status=0)


if __name__ == "__main__":
    unittest.main()
