/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * miniframe_rig.h - for the tests: the circuit on a board of its own, RS232 characters in, edges out
 *
 * The lines speak UART: rig_char() sends one character on TX, with 0 V crossings at exact bit times.
 */
#ifndef TESTS_MINIFRAME_RIG_H
#define TESTS_MINIFRAME_RIG_H

#include "sim/circuits/miniframe.h"

#define RIG_BAUD 115200.0
#define RIG_TB_US (1e6 / RIG_BAUD)
#define RIG_START_US 42000.0 /* the first character after rig_open() */

enum rig_net { RIG_VDD_OK, RIG_RESET, RIG_Q, RIG_SCK, RIG_MOSI, RIG_RX, RIG_NETS };

struct rig_edge {
    double us;
    bool level;
};

#define RIG_MAX_EDGES 4096

struct rig {
    struct sim sim;
    struct rs232_line tx, dtr, rts;
    struct net net[RIG_NETS], miso;
    struct net_driver miso_pin;
    struct vline rx_line, vdd;
    struct net_watch watch[RIG_NETS];
    struct miniframe mf;
    struct rig_edge edge[RIG_NETS][RIG_MAX_EDGES];
    unsigned n[RIG_NETS];
    double bit_us;
    double tx_us; /* 0 V crossing at which the next character starts */
    /* the target: takes MOSI ts after SCK rises, puts the next echo bit on MISO ts after SCK falls */
    double ts_us;
    bool echo;    /* else MISO is left alone */
    bool answers; /* with echo: not MOSI eight bits late but these, the highest first, one a period of SCK */
    uint64_t answer;
    unsigned answered;
    uint8_t mosi_byte[256];
    unsigned bits;
    uint64_t shift;
    struct sim_event take, show;
    double late_us; /* the PC's receiver takes its samples so long after the middle of the bits */
};

extern const char *const rig_net_name[RIG_NETS];

struct rig *rig_new(const struct miniframe_config *cfg, const struct rs232_levels *levels, double baud);
void rig_free(struct rig *r);
void rig_run_us(struct rig *r, double until_us); /* absolute time */
/* 0 V crossing of a line at a time that lies at least its lead ahead of now. */
void rig_line(struct rig *r, struct rs232_line *line, bool high, double at_us);
/* RTS up, DTR reset pulse: ready for characters at 42 ms (form 2 of a session, or form 1 without the pulse). */
void rig_open(struct rig *r);
/* Cells of a frame: n_bits data bits, one stop bit; goes on until gap_us behind its end. */
void rig_char(struct rig *r, unsigned data, unsigned n_bits, double gap_us);
/* Data bits of the character whose start edge on RX was sent at start_us; -1: no start bit, or no stop bit. */
int rig_received(const struct rig *r, double start_us, unsigned n_bits);
/* Level of a recorded net at a time. */
bool rig_level(const struct rig *r, enum rig_net net, double at_us);
/* Edges to level between two times; the first of them, or -1. */
unsigned rig_count(const struct rig *r, enum rig_net net, bool level, double from_us, double to_us);
double rig_first(const struct rig *r, enum rig_net net, bool level, double from_us);

/* ---- what most tests begin with ---- */

/* Nominal lines, 115200 baud, a target that echoes with ts of 1 us. */
struct rig *rig_start(const struct miniframe_config *parts);
/* The two-4001 circuit with its C2 times a factor. */
struct miniframe_config rig_parts(double c2_factor);
/* From now on MISO answers with these bits, the highest first. */
void rig_answer(struct rig *r, uint64_t bits);
/* Characters back to back. */
void rig_chars(struct rig *r, const uint8_t *chars, unsigned n, unsigned n_bits);
/* AC 53 in the write form of 4-bit frames (6N1), until the last period is over. */
void rig_ac53(struct rig *r);
/* Until the period that runs is over. */
void rig_settle(struct rig *r);
/* Width of the k-th low of SCK that begins after a time. */
double rig_low_us(const struct rig *r, double from_us, unsigned k);

struct rig_period {   /* of these parts */
    double first_us;  /* SCK low after a pause */
    double rise_us;   /* the same from the 0 V crossing of TX */
    double stream_us; /* SCK low in gapless frames of so many cells */
};
struct rig_period rig_period(const struct miniframe_config *parts, unsigned cells);

#endif
