# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads a VCD of the programming wires and decodes the serial programming instructions on them.

Written apart from the simulator, from the datasheet's instruction table, so that tests can hold the two against
each other: times come from the file alone, levels are taken at the edges of SCK. `limpet decode` is what people use.
"""
import collections

TIME_UNITS_PS = {"ps": 1, "ns": 10**3, "us": 10**6, "ms": 10**9, "s": 10**12}


def read_vcd(path):
    """Yields (time_ps, signal name, value); value is "0", "1", "x", "z", or a float for a real variable."""
    names, tick, at = {}, None, 0
    with open(path) as vcd:
        header = ""
        for line in vcd:
            header += line
            if line.startswith("$enddefinitions"):
                break
        for chunk in header.split("$end"):
            words = chunk.split()
            if words[:1] == ["$timescale"]:
                text = "".join(words[1:])
                unit = text.lstrip("0123456789")
                tick = int(text[: -len(unit)]) * TIME_UNITS_PS[unit]
            elif words[:1] == ["$var"]:
                names[words[3]] = words[4]
        for line in vcd:
            line = line.strip()
            if not line or line.startswith("$"):
                continue
            if line[0] == "#":
                at = int(line[1:]) * tick
            elif line[0] in "rR":
                value, ident = line[1:].split()
                yield at, names[ident], float(value)
            else:
                yield at, names[line[1:]], line[0].lower()


# byte 1, mask, byte 2, mask: the first row that fits
INSTRUCTIONS = (
    ("programming enable", 0xAC, 0xFF, 0x53, 0xFF),
    ("chip erase", 0xAC, 0xFF, 0x80, 0xE0),
    ("write low fuse", 0xAC, 0xFF, 0xA0, 0xFF),
    ("write high fuse", 0xAC, 0xFF, 0xA8, 0xFF),
    ("write extended fuse", 0xAC, 0xFF, 0xA4, 0xFF),
    ("write lock", 0xAC, 0xFF, 0xE0, 0xE0),
    ("poll RDY/BSY", 0xF0, 0xFF, 0, 0),
    ("load extended address", 0x4D, 0xFF, 0, 0),
    ("load flash page", 0x40, 0xF7, 0, 0),
    ("write flash page", 0x4C, 0xFF, 0, 0),
    ("read flash", 0x20, 0xF7, 0, 0),
    ("load EEPROM page", 0xC1, 0xFF, 0, 0),
    ("write EEPROM page", 0xC2, 0xFF, 0, 0),
    ("write EEPROM", 0xC0, 0xFF, 0, 0),
    ("read EEPROM", 0xA0, 0xFF, 0, 0),
    ("read signature", 0x30, 0xFF, 0, 0),
    ("read calibration", 0x38, 0xFF, 0, 0),
    ("read low fuse", 0x50, 0xFF, 0x00, 0x08),
    ("read extended fuse", 0x50, 0xFF, 0x08, 0x08),
    ("read lock", 0x58, 0xFF, 0x00, 0x08),
    ("read high fuse", 0x58, 0xFF, 0x08, 0x08),
)

Instruction = collections.namedtuple("Instruction", "at_ps name mosi miso")  # mosi, miso: four bytes


def instruction_name(mosi):
    for name, first, first_mask, second, second_mask in INSTRUCTIONS:
        if mosi[0] & first_mask == first and mosi[1] & second_mask == second:
            return name
    return "unknown"


class Session:
    """What a VCD holds: edges of SCK, its shortest phases, the instructions, the RESET pulses."""

    def __init__(self, path, reset="reset", sck="sck", mosi="mosi", miso="miso"):
        level = {reset: "x", sck: "x", mosi: "x", miso: "x"}
        self.sck_edges = 0
        self.reset_falls = 0
        self.sck_high_ps = self.sck_low_ps = None  # shortest while RESET is low
        self.sck_rises_ps = []  # while RESET is low
        self.instructions = []
        self.cut_short = 0  # instructions that ended after some bits: RESET rose
        self.end_ps = 0
        sent = answered = bits = 0
        began = changed = None
        for at, name, value in read_vcd(path):
            self.end_ps = at
            if name not in level or level[name] == value:
                continue
            before, level[name] = level[name], value
            if name == reset:
                self.cut_short += bits % 32 != 0
                sent = answered = bits = 0
                changed = None
                self.reset_falls += value == "0" and before == "1"
            elif name == sck and {before, value} == {"0", "1"}:
                self.sck_edges += 1
                if level[reset] != "0":
                    continue
                if changed is not None:
                    phase = "sck_low_ps" if value == "1" else "sck_high_ps"
                    shortest = getattr(self, phase)
                    if shortest is None or at - changed < shortest:
                        setattr(self, phase, at - changed)
                changed = at
                if value == "1":
                    self.sck_rises_ps.append(at)
                    if bits % 32 == 0:
                        began = at
                    sent = sent << 1 | (level[mosi] == "1")
                    answered = answered << 1 | (level[miso] != "0")
                    bits += 1
                    if bits % 32 == 0:
                        mosi4, miso4 = ((v & 0xFFFFFFFF).to_bytes(4, "big") for v in (sent, answered))
                        self.instructions.append(Instruction(began, instruction_name(mosi4), mosi4, miso4))
                        sent = answered = 0

    def counts(self):
        return collections.Counter(i.name for i in self.instructions)
