/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * miniframe_rig.h - for the tests: the circuit on a board of its own, RS232 characters in, edges out
 *
 * The lines speak UART: rig_char() sends one character on TX, with 0 V crossings at exact bit times.
 */
#ifndef SIM_MINIFRAME_RIG_H
#define SIM_MINIFRAME_RIG_H

#include "sim/miniframe.h"

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
    bool echo; /* else MISO is left alone */
    uint8_t mosi_byte[256];
    unsigned bits;
    uint64_t shift;
    struct sim_event take, show;
    /* the PC's receiver: mid-bit samples of RX below the threshold as 1 */
    double rx_threshold_v;
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

#endif
