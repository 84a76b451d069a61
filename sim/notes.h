/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * notes.h - what the simulation knows and a logic analyser doesn't, kept beside the trace for who draws it
 *
 *      target mode, its clock -----+
 *      edges of SCK it saw --------+--> struct notes --> wave/doc_trace.h: tracks and a computed clock
 *      instructions it took, busy -+
 *      steps of the scenario ------+
 *      levels that only a resistor holds
 *      bytes on serial lines, functions of the firmware
 *
 * Nobody asks unless sim->notes is set: then a seen edge costs 8 bytes, a note 40. In order of time per kind, not
 * between kinds: the port computes its samples, so that what it saw is told when something comes of it.
 */
#ifndef SIM_NOTES_H
#define SIM_NOTES_H

#include "sim/clock.h"

enum note_kind {
    NOTE_MODE,     /* value: enum target_mode; from here on */
    NOTE_TAKEN,    /* value: the four bytes that the target executes or answers, of a read with zeros as byte 4 */
    NOTE_PORT,     /* value: 1 Programming Enable accepted, 0 AC 53 refused (too early) */
    NOTE_BUSY,     /* end_ps; value: the four bytes that began it */
    NOTE_STEP,     /* value: number, from 1 on; text */
    NOTE_FUNCTION, /* of the programmer's firmware, from here on; text: its name, then "\n" and who called it */
};

struct note {
    sim_time at_ps, end_ps; /* end: of NOTE_BUSY; else at_ps */
    enum note_kind kind;
    uint32_t value;
    char *text; /* owned; NULL: none */
};

struct note_clock { /* the target's system clock from here on; a stopped one: none, or by_edges */
    sim_time at_ps;
    struct sim_clock clk;
    bool by_edges; /* XTAL1 is moved by hand */
    uint32_t n_samples;
    uint64_t source_millihz; /* before the prescaler */
    uint32_t divide;
};

struct note_weak { /* from here on only resistors hold the level of a recorded net, or no longer */
    sim_time at_ps;
    uint8_t signal; /* of the trace */
    bool weak;
};

struct note_byte { /* on a serial line */
    sim_time at_ps, end_ps;
    uint8_t line; /* enum board_port: the programmer's, the target's */
    bool from_host;
    uint8_t value;
};

struct notes {
    struct note *notes;
    size_t n, cap;
    struct note_clock *clocks;
    size_t n_clocks, cap_clocks;
    uint64_t *seen; /* rises of SCK that the target saw: time << 1 | the bit of MOSI it took */
    size_t n_seen, cap_seen;
    struct note_byte *bytes; /* in the order in which they ended or began; of each direction in order of time */
    size_t n_bytes, cap_bytes;
    struct note_weak *weak;
    size_t n_weak, cap_weak;
};

void notes_init(struct notes *n);
void notes_free(struct notes *n);

/* text may be NULL; it is copied. */
void notes_add(struct notes *n, enum note_kind kind, sim_time at_ps, sim_time end_ps, uint32_t value, const char *text);
void notes_clock(struct notes *n, const struct note_clock *c);
void notes_byte(struct notes *n, const struct note_byte *b);
void notes_weak(struct notes *n, unsigned signal, sim_time at_ps, bool weak);
void notes_saw(struct notes *n, sim_time at_ps, bool bit);

#endif
