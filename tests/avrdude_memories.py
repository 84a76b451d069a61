#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Real avrdude, through ArduinoISP, in simulated time, reads and writes every memory of the target.

avrdude 7.1 sends EEPROM addresses in bytes for `-c stk500v1`, and ArduinoISP takes them as words, on the desk as
here (avrdude#1337; `-c arduino_as_isp` came with 7.2): so a whole EEPROM is written with `-c arduino`, which differs
from stk500v1 in the unit of those addresses and in that it wants to move DTR.
"""
import unittest

from limpet_session import LimpetTest, random_image, signature_in

FLASH_BYTES, EEPROM_BYTES = 32768, 1024


class AvrdudeMemories(LimpetTest):
    def round_trip(self, memory, image, programmer="stk500v1"):
        """Writes with avrdude's own verify, reads back into a file in a session of its own, compares."""
        (self.dir / "image.bin").write_bytes(image)
        bench = self.bench()
        bench.avrdude("-U", f"{memory}:w:image.bin:r", programmer=programmer)
        bench.avrdude("-U", f"{memory}:r:back.bin:r", programmer=programmer)
        back = (self.dir / "back.bin").read_bytes()
        # avrdude leaves trailing 0xFF of flash out of what it reads
        self.assertEqual(back.ljust(len(image), b"\xff"), image)

    def test_flash_random(self):
        self.round_trip("flash", random_image(FLASH_BYTES, 1))

    def test_flash_with_ff_runs(self):
        self.round_trip("flash", random_image(FLASH_BYTES, 2, ff_runs=True))

    def test_eeprom_random(self):
        self.round_trip("eeprom", random_image(EEPROM_BYTES, 3), "arduino")

    def test_eeprom_with_ff_runs(self):
        self.round_trip("eeprom", random_image(EEPROM_BYTES, 4, ff_runs=True), "arduino")

    def test_eeprom_pages_land_at_twice_their_address_with_stk500v1(self):
        (self.dir / "image.bin").write_bytes(b"ABCDEFGH")
        bench = self.bench()
        bench.avrdude("-U", "eeprom:w:image.bin:r")
        bench.avrdude("-U", "eeprom:r:back.bin:r", programmer="arduino")
        self.assertEqual((self.dir / "back.bin").read_bytes()[:16], b"ABCD\xff\xff\xff\xffEFGH\xff\xff\xff\xff")

    def test_signature_fuses_and_lock(self):
        bench = self.bench()
        text = bench.avrdude("-U", "lfuse:r:l:h", "-U", "hfuse:r:h:h", "-U", "efuse:r:e:h", "-U", "lock:r:k:h")
        self.assertEqual(signature_in(text), "1e950f")
        read = [int((self.dir / name).read_text(), 16) for name in "lhek"]
        self.assertEqual(read, [0x62, 0xD9, 0xFF, 0xFF])
        bench.avrdude("-U", "lfuse:w:0x42:m", "-U", "hfuse:w:0xd1:m", "-U", "efuse:w:0xfd:m",
                      "-U", "lock:w:0xfe:m")
        bench.avrdude("-U", "lfuse:r:l:h", "-U", "hfuse:r:h:h", "-U", "efuse:r:e:h", "-U", "lock:r:k:h")
        read = [int((self.dir / name).read_text(), 16) for name in "lhek"]
        self.assertEqual(read, [0x42, 0xD1, 0xFD, 0xFE])

    def test_writing_without_erase_ands(self):
        first, second = random_image(256, 5), random_image(256, 6)
        (self.dir / "first.bin").write_bytes(first)
        (self.dir / "second.bin").write_bytes(second)
        bench = self.bench()
        bench.avrdude("-e", "-U", "flash:w:first.bin:r")
        text = bench.avrdude("-D", "-U", "flash:w:second.bin:r", status=None)
        self.assertIn("verification mismatch", text)  # it reads the AND back
        bench.avrdude("-U", "flash:r:back.bin:r")
        back = (self.dir / "back.bin").read_bytes()
        self.assertEqual(back[:256].ljust(256, b"\xff"), bytes(a & b for a, b in zip(first, second)))
        bench.avrdude("-e")
        bench.avrdude("-U", "flash:r:back.bin:r")
        self.assertEqual((self.dir / "back.bin").read_bytes().strip(b"\xff"), b"")

    def test_terminal_mode(self):
        bench = self.bench()
        bench.avrdude("-t", stdin="write eeprom 0x10 1 2 3 4\nquit\n")
        text = bench.avrdude("-t", stdin="dump eeprom 0x10 4\ndump signature\nerase\ndump eeprom 0x10 4\nquit\n")
        self.assertRegex(text, r"0010\s+01 02 03 04")
        self.assertRegex(text, r"0000\s+1e 95 0f")
        self.assertRegex(text, r"0010\s+ff ff ff ff")


if __name__ == "__main__":
    unittest.main()
