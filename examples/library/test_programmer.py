# SPDX-License-Identifier: GPL-3.0-or-later
"""The virtual chip in a pytest fixture, over ctypes: pytest test_programmer.py"""
import ctypes
import os

import pytest

lib = ctypes.CDLL(os.environ.get("LIBLIMPET", "liblimpet.so.0"))


class Err(ctypes.Structure):
    _fields_ = [("text", ctypes.c_char * 1024)]


FOUND = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_char_p)
lib.limpet_open_target.argtypes = [ctypes.POINTER(ctypes.c_void_p), ctypes.c_char_p, ctypes.POINTER(Err)]
lib.limpet_drive.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int, ctypes.POINTER(Err)]
lib.limpet_read.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.POINTER(Err)]
lib.limpet_advance.argtypes = [ctypes.c_void_p, ctypes.c_uint64, ctypes.POINTER(Err)]
lib.limpet_on_finding.argtypes = [ctypes.c_void_p, FOUND, ctypes.c_void_p]
lib.limpet_on_finding.restype = None
lib.limpet_close.argtypes = [ctypes.c_void_p]
lib.limpet_close.restype = None


class Chip:
    def __init__(self, part):
        self.board, err = ctypes.c_void_p(), Err()
        if lib.limpet_open_target(ctypes.byref(self.board), part.encode(), ctypes.byref(err)):
            raise ValueError(err.text.decode())
        self.findings = []
        self.callback = FOUND(lambda user, finding, text: self.findings.append(text.decode()))  # kept alive here
        lib.limpet_on_finding(self.board, self.callback, None)

    def pin(self, name, level):
        assert lib.limpet_drive(self.board, name.encode(), level, None) == 0

    def wait_us(self, us):
        assert lib.limpet_advance(self.board, int(us * 1_000_000), None) == 0

    def transfer(self, *out, half_us=5):
        answer = []
        for byte in out:
            value = 0
            for i in range(7, -1, -1):
                self.pin("mosi", byte >> i & 1)
                self.wait_us(half_us)
                self.pin("sck", 1)
                value = value << 1 | (lib.limpet_read(self.board, b"miso", None) == 1)
                self.wait_us(half_us)
                self.pin("sck", 0)
            answer.append(value)
        return answer


@pytest.fixture
def chip():
    c = Chip("atmega328p")
    c.pin("sck", 0)
    c.pin("reset", 0)
    c.wait_us(25_000)
    yield c
    lib.limpet_close(c.board)


def test_signature(chip):
    assert chip.transfer(0xAC, 0x53, 0, 0)[2] == 0x53
    assert [chip.transfer(0x30, 0, i, 0)[3] for i in range(3)] == [0x1E, 0x95, 0x0F]
    assert chip.findings == []


def test_too_fast(chip):
    chip.transfer(0xAC, 0x53, 0, 0, half_us=0.5)
    assert any("sck_high" in f for f in chip.findings)


def test_no_such_part():
    with pytest.raises(ValueError, match="z80"):
        Chip("z80")
