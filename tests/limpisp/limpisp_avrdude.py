#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Real avrdude -c stk500v2 through limpisp: every memory, -B; on the served bench a killed host, noise."""
import pathlib
import random
import signal
import subprocess
import sys
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from limpet_session import LimpetTest, random_image, signature_in  # noqa: E402

SCENARIO = "board:\n  programmer: {firmware: limpisp, host: stk500v2}\n"
CONNECT = {"baud": 115200, "programmer": "stk500v2"}
FLASH_BYTES, EEPROM_BYTES = 32768, 1024


class LimpispAvrdude(LimpetTest):
    def limpisp(self, board=""):
        (self.dir / "bench.yaml").write_text(SCENARIO + board)
        return self.bench("bench.yaml")

    def served(self):
        self.limpisp()
        return self.serve("bench.yaml")

    def round_trip(self, memory, image, *options):
        (self.dir / "image.bin").write_bytes(image)
        bench = self.limpisp()
        bench.avrdude(*options, "-U", f"{memory}:w:image.bin:r", **CONNECT)
        bench.avrdude(*options, "-U", f"{memory}:r:back.bin:r", **CONNECT)
        back = (self.dir / "back.bin").read_bytes()
        # avrdude leaves trailing 0xFF of flash out of what it reads
        self.assertEqual(back.ljust(len(image), b"\xff"), image)
        self.assertEqual(bench.output.count("findings: 0"), 2, bench.output)

    def test_flash_random(self):
        self.round_trip("flash", random_image(FLASH_BYTES, 11))

    def test_flash_with_ff_runs(self):
        self.round_trip("flash", random_image(FLASH_BYTES // 4, 12, ff_runs=True), "-B", "1")

    def test_eeprom_random(self):
        self.round_trip("eeprom", random_image(EEPROM_BYTES, 13))

    def test_eeprom_with_ff_runs(self):
        self.round_trip("eeprom", random_image(EEPROM_BYTES, 14, ff_runs=True))

    def test_signature_fuses_and_lock(self):
        bench = self.limpisp()
        reads = ("-U", "lfuse:r:l:h", "-U", "hfuse:r:h:h", "-U", "efuse:r:e:h", "-U", "lock:r:k:h")
        self.assertEqual(signature_in(bench.avrdude(*reads, **CONNECT)), "1e950f")
        self.assertEqual([int((self.dir / n).read_text(), 16) for n in "lhek"], [0x62, 0xD9, 0xFF, 0xFF])
        bench.avrdude("-U", "lfuse:w:0x42:m", "-U", "hfuse:w:0xd1:m", "-U", "efuse:w:0xfd:m",
                      "-U", "lock:w:0xfe:m", **CONNECT)
        bench.avrdude(*reads, **CONNECT)
        self.assertEqual([int((self.dir / n).read_text(), 16) for n in "lhek"], [0x42, 0xD1, 0xFD, 0xFE])

    def test_writing_without_erase_ands(self):
        first, second = random_image(256, 15), random_image(256, 16)
        (self.dir / "first.bin").write_bytes(first)
        (self.dir / "second.bin").write_bytes(second)
        bench = self.limpisp()
        bench.avrdude("-e", "-U", "flash:w:first.bin:r", **CONNECT)
        text = bench.avrdude("-D", "-U", "flash:w:second.bin:r", status=None, **CONNECT)
        self.assertIn("verification mismatch", text)
        bench.avrdude("-U", "flash:r:back.bin:r", **CONNECT)
        back = (self.dir / "back.bin").read_bytes()
        self.assertEqual(back[:256].ljust(256, b"\xff"), bytes(a & b for a, b in zip(first, second)))

    def test_terminal_mode(self):
        bench = self.limpisp()
        bench.avrdude("-t", stdin="write eeprom 0x10 1 2 3 4\nquit\n", **CONNECT)
        text = bench.avrdude("-t", stdin="dump eeprom 0x10 4\ndump signature\nsck 20\nparms\nerase\n"
                             "dump eeprom 0x10 4\nfosc off\nparms\nquit\n", **CONNECT)
        self.assertRegex(text, r"0010\s+01 02 03 04")
        self.assertRegex(text, r"0000\s+1e 95 0f")
        self.assertRegex(text, r"0010\s+ff ff ff ff")
        self.assertRegex(text, r"SCK period\s+: 22.2 us")
        self.assertRegex(text, r"Oscillator\s+: 921.600 kHz")
        self.assertRegex(text, r"Oscillator\s+: Off")

    def test_wiring_resyncs(self):
        bench = self.limpisp()
        text = bench.avrdude("-U", "lfuse:r:-:h", baud=115200, programmer="wiring")
        self.assertIn("0x62", text)

    def test_rescue_of_a_watch_crystal(self):
        bench = self.limpisp("  target: {fuses: {low: 0x65}, clock: {crystal: 32.768 kHz}}\nsteps: [wait: 2 s]\n")
        bench.avrdude("-U", "lfuse:w:0x62:m", **CONNECT)  # its oscillator has taken a second
        text = bench.avrdude("-U", "lfuse:r:-:h", **CONNECT)
        self.assertIn("0x62", text)

    def test_host_killed_halfway_and_noise(self):
        with self.served() as bench:
            host = subprocess.Popen(["avrdude", "-c", "stk500v2", "-P", bench.link, "-b", "115200", "-p", "m328p",
                                     "-U", "flash:r:back.bin:r"], stdin=subprocess.DEVNULL,
                                    stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=self.dir)
            time.sleep(0.7)
            host.send_signal(signal.SIGKILL)
            host.wait()
            self.assertIn("0x62", bench.avrdude("-U", "lfuse:r:-:h", **CONNECT))
            noise = random.Random(1).randbytes(1 << 20)
            with open(bench.link, "wb", buffering=0) as port:
                for at in range(0, len(noise), 4096):
                    port.write(noise[at:at + 4096])
            self.assertIn("0x62", bench.avrdude("-U", "lfuse:r:-:h", **CONNECT))


if __name__ == "__main__":
    unittest.main()
