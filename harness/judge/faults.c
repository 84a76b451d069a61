/* SPDX-License-Identifier: GPL-3.0-or-later */
/* faults.c - faults of wires, the serial line, clocks, cells and the socket, each tried with many seeds */
#include "harness/judge/judge.h"

/* In series with a wire, from the side that drives it. */
#define IN_WIRE(part, from, to) \
    "board.parts.fault=" part "; board.wires.judged=[" from ", fault.A]; board.wires.faulty=[fault.B, " to "]"
#define INSIDE(part) "board.parts.fault=" part

/* A pulse inverts the wire for longer than a target at 1 MHz needs to see it. */
#define PULSES(every) "{type: glitch, kind: pulse, every: " every ", width: 3 us}"

const struct fault_row fault_rows[] = {
    { "miso_noise", "pulses on MISO", IN_WIRE(PULSES("20 ms"), "target.MISO", "@MISO"), NULL, true },
    { "mosi_noise", "pulses on MOSI", IN_WIRE(PULSES("20 ms"), "@MOSI", "target.MOSI"), NULL, false },
    { "sck_noise", "pulses on SCK", IN_WIRE(PULSES("100 ms"), "@SCK", "target.SCK"), NULL, false },
    { "sck_lost", "pulses of SCK lost", IN_WIRE("{type: glitch, kind: lost, every: 100 ms}", "@SCK", "target.SCK"),
      NULL, false },
    { "reset_noise", "pulses on RESET", IN_WIRE(PULSES("500 ms"), "@RESET", "target.RESET"), NULL, false },
    { "reset_bounce", "RESET's contact bounces for up to 2 ms",
      IN_WIRE("{type: glitch, kind: bounce, lasts: 2 ms, width: 50 us}", "@RESET", "target.RESET"), NULL, false },
    { "serial_bits", "a bit wrong in a byte of 1000", INSIDE("{type: serial_fault, bit_errors: 0.1 %}"), NULL, true },
    { "serial_frames", "a start or stop bit wrong in a byte of 1000",
      INSIDE("{type: serial_fault, start_errors: 0.05 %, stop_errors: 0.05 %}"), NULL, false },
    { "serial_dropped", "a byte of 1000 lost", INSIDE("{type: serial_fault, dropped: 0.1 %}"), NULL, false },
    { "serial_doubled", "a byte of 1000 twice", INSIDE("{type: serial_fault, doubled: 0.1 %}"), NULL, false },
    { "clock_wander", "the target's clock 5 % off at random, and drifting by 5 %",
      INSIDE("{type: clock_fault, of: target, jitter: 5 %, drift: 5 %}"), NULL, false },
    { "bad_cells", "bits stuck at 1: 200 of flash, 50 of EEPROM",
      INSIDE("{type: bad_cells, flash: 200, eeprom: 50, level: 1}"), NULL, false },
    { "chip_pulled", "the chip is pulled out after some instructions", NULL, "p", true },
    { "mosi_stuck", "MOSI is shorted to ground after some instructions", NULL, "k", false },
    { "supply_dips", "the target's supply is gone for 2 ms after some instructions, and comes back", NULL, "b", false },
    { "supply_lost", "the target's supply is lost after some instructions", NULL, "d", false },
    { .id = NULL },
};
