#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The programmers without a microcontroller as a user meets them: what is refused, what fails, lines in volts."""
import re
import shutil
import subprocess
import unittest

from limpet_session import LIMPET, SOURCE_ROOT, LimpetTest

SCENARIOS = SOURCE_ROOT / "scenarios"


def miniframe(*lines):
    text = "".join(f"\n    {line}" for line in lines)
    return (f"board:\n  programmer:\n   miniframe:{text}\n  pull_ups: {{reset: 10 kOhm}}\n"
            "steps: [{signature: 1E 95 0F}]\n")


class Circuits(LimpetTest):
    def run_text(self, text):
        (self.dir / "it.yaml").write_text(text)
        return subprocess.run([LIMPET, "run", "it.yaml"], capture_output=True, text=True, cwd=self.dir,
                              stdin=subprocess.DEVNULL, timeout=60)

    def refused(self, text, place, *says):
        done = self.run_text(text)
        self.assertEqual((done.returncode, done.stdout), (2, ""), text + done.stdout + done.stderr)
        self.assertTrue(done.stderr.startswith(f"it.yaml:{place}: "), done.stderr)
        for words in says:
            self.assertIn(words, done.stderr)

    def test_impossible_parts(self):
        for part, place, says in (
            ("c2: 0 nF", "4:12", "C2"),
            ("r2: -15 kOhm", "4:17", "sign"),
            ("r1: 15 V", "4:17", "resistance"),
            ("c2: 2.2", "4:17", "unit"),
            ("vt: 95 %", "4:12", "vt"),
            ("{r3: 3.3 kOhm, r4: 4.7 kOhm}", "4:12", "R4 must be below R3"),
            ("r3: 0 Ohm", "4:17", "'none' leaves it out"),
            ("reset_pull_up: 0 Ohm", "4:28", "'none' leaves it out"),
            ("reset_pull_up: 1 Ohm", "4:12", "too strong"),
            ("reset_vih: 20 V", "4:12", "above the target's VCC"),
            ("t2: 21 us", "4:17", "the circuit two_4001 has no t2"),
            ("c9: 1 nF", "4:13", "c9"),
        ):
            with self.subTest(part):
                self.refused(miniframe(f"parts: {{{part.strip('{}')}}}"), place, says)
        self.refused(miniframe('circuit: "4098"', "parts: {c2: 2.2 nF}"), "5:17", "the circuit 4098 has no c2")
        self.refused(miniframe('circuit: "4098"', "parts: {t2: 2 s}"), "5:12", "T2 must be")
        self.refused(miniframe('circuit: "4098"', "rx_driver: pnp"), "5:16", "receive drivers")
        for ohm, works in ((470, False), (1600, False), (1700, True)):  # 1.64 kOhm with the target's own
            text = miniframe("circuit: two_4001").replace("10 kOhm", f"{ohm} Ohm")
            if works:
                self.assertEqual(self.run_text(text).returncode, 0)
            else:
                self.refused(text, "5:21", "too strong")
        self.refused(miniframe("lines: {high: -9 V, low: 9 V}"), "4:12", "")
        self.refused(miniframe("lines: {slew: 0 V/us}"), "4:19", "")

    def test_formats_that_do_not_fit_the_frame(self):
        for host, place, says in (
            ("format: 5N1", "4:20", "6"),
            ("format: 6E1", "4:20", "6E1"),
            ("format: 9X3", "4:20", "9X3"),
            ("format: 6N1, frame_bits: 3", "4:20", "7"),
            ("frame_bits: 5", "4:24", "5"),
            ("baud: 0", "4:18", "0"),
            ("baud_error: 60 %", "4:24", "60 %"),
            ("write_format: 7N1, write_frame_bits: 3", "4:11", "discriminator"),
            ("fast_too_early: yes", "4:11", "write_frame_bits"),
            ("entry: stream", "4:11", "no duplex form"),
        ):
            with self.subTest(host):
                self.refused(miniframe(f"host: {{{host}}}"), place, says)
        for host, place, says in (("format: 7N1", "5:11", "6N1 or 8N1"), ("reply: duplex", "5:11", "no duplex form"),
                                  ("frame_bits: 3", "5:24", "7")):
            with self.subTest(host, circuit=4098):
                self.refused(miniframe('circuit: "4098"', f"host: {{{host}}}"), place, says)

    def test_computed_part_values(self):
        """Decimals finer than the base unit are cut off; rubbish among them is not."""
        scenario = SCENARIOS / "miniframe/circuit_only.yaml"
        at = "board.programmer.miniframe."
        self.run_limpet("run", "--set", at + "parts.c2=2.2000000000000004 nF",
                        "--set", at + "parts.vt=50.00000000000001 %",
                        "--set", at + "lines.slew=20.000000000000004 V/us", scenario)
        for bad in ("parts.c2=2.2000000000000004", "parts.c2=2.20000000000000x4 nF", "parts.c2=. nF"):
            with self.subTest(bad):
                self.run_limpet("run", "--set", at + bad, scenario, status=2)

    def test_impossible_usb_ports(self):
        for usb, place in (("level: 0 V", "1:35"), ("state_time: 1 us", "1:27"), ("data_fall: 5 s", "1:27"),
                           ("placement: d", "1:39"), ("threshold: 9 V", "1:39"), ("led: maybe", "1:33"),
                           ("vih: 4 kOhm", "1:33")):
            with self.subTest(usb):
                self.refused(f"board: {{programmer: {{usb: {{{usb}}}}}}}\nsteps: [{{enter: yes}}]\n", place)

    def test_rates_that_the_parts_cannot_follow(self):
        for baud, rule in ((1200, "frame_late"), (9600, "frame_late"), (230400, "frame_missed"),
                           (4000000, "frame_missed")):
            with self.subTest(baud):
                done = self.run_text(miniframe(f"host: {{baud: {baud}}}"))
                self.assertEqual(done.returncode, 1, done.stderr)
                self.assertIn("no answer to Programming Enable", done.stdout)
                self.assertIn(rule, done.stdout)
        # lines too slow for the trigger's differentiator: no SCK at all, and an end
        done = self.run_text(miniframe("lines: {slew: 1 V/us}"))
        self.assertEqual(done.returncode, 1, done.stderr)

    def test_a_recording_at_the_usb_port(self):
        (self.dir / "it.csv").write_text("time_ms,signal,level\n0,D,0.0\n10,D,0.8\n11,D,0.4\n12,D,0.8\n13,D,0\n")
        for circuit, rises in (("usb: {placement: b}", 2), ("usb: {level: 400 mV}", 2), ("usb: {threshold: 0.9 V}", 0)):
            text = (f"board: {{programmer: {{stimulus: {{file: it.csv, map: {{dp: D}}}}, {circuit}}}}}\n"
                    f"steps: [{{wait: 20 ms}}]\nexpect: {{nets: [{{net: sck, rises: {rises}}}]}}\n")
            with self.subTest(circuit):  # volts are what they are, whatever level: says
                self.assertEqual(self.run_text(text).returncode, 0)
        text = "board: {programmer: {stimulus: {file: it.csv, map: {DP: D}}, miniframe: {circuit: two_4001}}}\n"
        self.refused(text.replace("DP", "dp"), "1:57", "there is no net 'dp'; there are: reset, sck")

    def test_a_recording_of_ones_own_plays_again(self):
        """The lines in volts of a VCD drive the circuit as the one-bit signals of the CSV did."""
        original = (SCENARIOS / "miniframe" / "circuit_only.yaml").read_text()
        self.run_limpet("run", "--vcd", "own.vcd", "--csv", "first.csv", SCENARIOS / "miniframe" / "circuit_only.yaml")
        (self.dir / "again.yaml").write_text(original.replace("session.csv", "own.vcd"))
        self.run_limpet("run", "--csv", "second.csv", "again.yaml")
        first, second = (self.edges((self.dir / f).read_text(), 0, 46000) for f in ("first.csv", "second.csv"))
        for signal in ("RESET", "Q", "SCK", "MOSI", "RX"):
            self.assertEqual([level for _, level in first[signal]], [level for _, level in second[signal]])
            for (t, _), (again, _) in zip(first[signal], second[signal]):
                self.assertAlmostEqual(t, again, delta=0.001)

    def test_waits_follow_the_part(self):
        # tWD_EEPROM of the ATmega8A is 9 ms, it has no RDY/BSY; others write in 3.6 ms
        for part, signature in (("atmega8a", "1E 93 07"), ("attiny85", "1E 93 0B"), ("atmega168p", "1E 94 0B")):
            data = "{memory: eeprom, random: 3, length: 12}"
            target = f"  target: {{part: {part}, fuses: {{preset: factory}}}}\n"
            steps = f"- signature: {signature}\n- program: {data}\n- verify: {data}\nexpect: {{findings: none}}\n"
            with self.subTest(part):
                text = miniframe("circuit: two_4001").replace("steps: [{signature: 1E 95 0F}]\n", "steps:\n" + steps)
                done = self.run_text(text.replace("board:\n", "board:\n" + target))
                self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
                steps = f"- enter: yes\n- program: {data}\n- leave: yes\n- plug: script\n- verify: {data}\n"
                done = self.run_text(f"board:\n{target}  programmer: {{usb: {{state_time: 250 us}}}}\nsteps:\n{steps}"
                                     "expect: {findings: none}\n")
                self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_what_was_written_blind_is_checked_by_other_programmers(self):
        image = SCENARIOS / "usb/blink.hex"
        (self.dir / "blind.yaml").write_text(
            "board: {programmer: {usb: {placement: b, state_time: 250 us}}}\n"
            f"steps: [{{enter: yes}}, {{erase: yes}}, {{program: {{memory: flash, file: {image}}}}}, {{leave: yes}}]\n")
        steps = [f"signature: 1E 95 0F}}, {{verify: {{memory: flash, file: {image}}}"]
        if shutil.which("avrdude"):
            steps.append(f'avrdude: {{args: "-U flash:v:@{image}:i", says: ["10 bytes of flash verified"]}}')
        for i, step in enumerate(steps):
            (self.dir / "check.yaml").write_text(
                f"board: {{programmer: {{firmware: arduinoisp}}}}\nsteps: [{{{step}}}]\n")
            with self.subTest(step):
                self.run_limpet("run", "--chip", f"unwritten{i}", "check.yaml", status=1)
                self.run_limpet("run", "--chip", f"chip{i}", "blind.yaml")
                self.run_limpet("run", "--chip", f"chip{i}", "check.yaml")

    def edges(self, text, from_us, to_us):
        """{signal: [(time in us, level)]} of a CSV of edges."""
        found = {}
        for line in text.splitlines():
            time, signal, level = (line.split(",") + ["", ""])[:3]
            if re.fullmatch(r"[\d.]+", time) and from_us < float(time) <= to_us:
                found.setdefault(signal, []).append((float(time), level))
        return found

    def test_the_shipped_circuit_has_the_edges_of_spice(self):
        self.run_limpet("run", "--csv", "it.csv", SCENARIOS / "miniframe/circuit_only.yaml")
        text = (self.dir / "it.csv").read_text()
        spice = (SOURCE_ROOT / "tests/data/rs232_golden.csv").read_text()
        # power-up and lock-in, where a slow supply is on its way, then data
        for from_us, to_us, within_us in ((0, 42000, 1.5), (42000, 44500, 0.5), (44500, 46000, 1.5)):
            got, want = (self.edges(t, from_us, to_us) for t in (text, spice))
            for signal in ("VDD_OK", "RESET", "Q", "SCK", "MOSI", "RX"):
                with self.subTest(signal, from_us=from_us):
                    ours, theirs = got.get(signal, []), want.get(signal, [])
                    self.assertEqual([level for _, level in ours], [level for _, level in theirs])
                    for (t, _), (t_spice, _) in zip(ours, theirs):
                        self.assertAlmostEqual(t, t_spice, delta=within_us)
        self.assertEqual(len(self.edges(spice, 42000, 46000)["SCK"]), 64)

    def volts(self, scenario, status=0):
        """{line: set of its values in volts} of the VCD of a scenario."""
        self.run_limpet("run", "--vcd", "it.vcd", SCENARIOS / scenario, status=status)
        text = (self.dir / "it.vcd").read_text()
        names = dict(re.findall(r"\$var real 64 (\S+) (\S+) \$end", text))
        values = {name: set() for name in names.values()}
        for value, code in re.findall(r"(?m)^r(\S+) (\S+)$", text):
            values[names[code]].add(float(value))
        self.assertRegex(text, r"\$var wire 1 \S+ (?i:sck) \$end")
        return values

    def test_every_circuit_scenario_shows_its_lines(self):
        files = [f for kind in ("miniframe", "usb") for f in sorted((SCENARIOS / kind).glob("*.yaml"))]
        self.assertGreater(len(files), 30)
        for f in files:
            text = f.read_text()
            with self.subTest(f.stem):
                if "firmware:" in text or f.stem == "whole_chip":  # no circuit; the same as others, for minutes
                    continue
                if "stimulus:" not in text:  # its board, and the lines as they move when a session begins
                    f = self.dir / f.name
                    f.write_text(re.split(r"(?m)^steps:", text)[0] + "steps: [{enter: yes, fails: any}]")
                volts = {name.lower(): v for name, v in self.volts(f, status=None).items()}
                kind = "usb" if "    usb:" in text else "4098" if '"4098"' in text else "two lines"
                for line in {"usb": ["dp", "dm"], "4098": ["tx", "rx_line"],
                             "two lines": ["tx", "dtr", "rts", "vdd", "rx_line"]}[kind]:
                    self.assertIn(line, volts)
                moving = "dp" if kind == "usb" else "tx"
                self.assertGreaterEqual(len(volts[moving]), 2, f"{moving} never moves")

    def test_rs232_lines_and_supply_in_volts(self):
        v = self.volts("miniframe/circuit_only.yaml")
        for line in ("TX", "DTR", "RTS"):
            self.assertEqual((min(v[line]), max(v[line])), (-9.0, 9.0), line)
        self.assertEqual(min(v["VDD"]), 0.0)
        self.assertAlmostEqual(max(v["VDD"]), 5.1, delta=0.02)
        self.assertGreater(len(v["VDD"]), 20)  # it is seen rising
        self.assertAlmostEqual(max(v["RX_LINE"]), 4.7, delta=0.05)
        v = self.volts("miniframe/pnp_receive_driver.yaml")
        self.assertAlmostEqual(min(v["rx_line"]), -8.7, delta=0.05)
        self.assertAlmostEqual(max(v["rx_line"]), 5.6, delta=0.1)

    def test_a_board_goes_down_in_mid_action(self):
        """The sanitizers look: at the end the target's program drives SCK, which the circuit's host watches."""
        (self.dir / "busy.yaml").write_text(
            "board:\n  target: {fuses: {low: 0x42}, flash: {hex: 25 9A 2D 9A FF CF}}\n"
            "  programmer: {miniframe: {circuit: two_4001}}\n  pull_ups: {reset: 10 kOhm}\n"
            "steps: [{enter: yes}, {leave: yes}, {wait: 100 ms}]\n")
        self.run_limpet("run", "busy.yaml")

    def test_usb_lines_in_volts(self):
        v = self.volts("usb/echo.yaml")
        self.assertEqual((v["dp"], v["dm"]), ({0.0, 0.8}, {0.0, 0.8}))
        self.assertIn(5.0, v["vcc"])


if __name__ == "__main__":
    unittest.main()
