/* SPDX-License-Identifier: GPL-3.0-or-later */
/* faults.c - faults of wires and of the serial line, each tried with many seeds */
#include "harness/judge/judge.h"

/* A pulse inverts the wire for longer than a target at 1 MHz needs to see it. */
#define GLITCH(side, other, every)                                                                                 \
    "board.parts={fault: {type: glitch, kind: pulse, every: " every ", width: 3 us}}; board.wires={judged: [" side \
    ", fault.A], faulty: [fault.B, " other "]}"

const struct fault_row fault_rows[] = {
    { "miso_noise", "pulses on MISO", GLITCH("target.MISO", "@MISO", "20 ms"), "miso", true },
    { "mosi_noise", "pulses on MOSI", GLITCH("@MOSI", "target.MOSI", "20 ms"), "mosi", false },
    { "sck_noise", "pulses on SCK", GLITCH("@SCK", "target.SCK", "100 ms"), "sck", false },
    { "reset_noise", "pulses on RESET", GLITCH("@RESET", "target.RESET", "500 ms"), "reset", false },
    { .id = NULL },
};
