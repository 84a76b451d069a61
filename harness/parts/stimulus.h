/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * stimulus.h - a recording is the programmer: plays its levels onto nets, and its volts onto lines
 *
 *      file (VCD, CSV) --> wave_list --signal name -> net or line--> stimulus --> net drivers, lines
 *
 * Changes of one time in the file are one instant (lines first, then the nets together). Z opens the
 * driver; X drives X (nobody knows what the programmer did there). Until its first change a signal drives
 * nothing. Time 0 of the file is the time at which stimulus_start() is called.
 */
#ifndef HARNESS_PARTS_STIMULUS_H
#define HARNESS_PARTS_STIMULUS_H

#include "harness/base/input_file.h"
#include "sim/circuits/rs232_line.h"
#include "sim/net.h"
#include "sim/problem.h"
#include "sim/vline.h"
#include "wave/wave_list.h"

struct stimulus_target { /* where one signal of the file goes: a net, a line, or nowhere */
    struct net_driver driver;
    struct vline *line;
    struct rs232_line *rs232;
    bool high, moved;    /* of an RS232 line, while its edges are looked through */
    sim_time crossed_ps; /* its last edge */
    int32_t mv_0, mv_1;  /* of a one-bit signal on a line */
    bool used;
};

struct stimulus { /* do not move it while it plays */
    struct sim *sim;
    struct wave_list list;
    struct stimulus_target *targets; /* one per signal of the list */
    struct sim_event next;
    sim_time start_ps;
    uint32_t settled; /* changes that stimulus_settle() took */
    uint32_t at;      /* next change */
};

/* False: err says "PATH:LINE: reason". Nothing to free then. */
bool stimulus_load(struct stimulus *s, struct sim *sim, struct input_files *inputs, const char *path,
                   struct problem *err);
/*
 * Where a signal goes. False, with a reason that names the signals there are: no such signal, a vector, volts
 * for a logic net.
 */
bool stimulus_map_net(struct stimulus *s, const char *signal, struct net *net, struct problem *err);
/* A one-bit signal on a line: 0 is mv_0, 1 is mv_1 (Z, X: mv_0). A signal in volts is taken as it is. */
bool stimulus_map_line(struct stimulus *s, const char *signal, struct vline *line, int32_t mv_0, int32_t mv_1,
                       struct problem *err);
/*
 * A signal on an RS232 line, of one bit (Z, X: low) or in volts (above 0: high); the times in the file are those of the 0 V crossings. A pulse shorter
 * than a ramp turns back before the line has got to its level. False too: an edge so soon after the beginning that
 * the line can't be there. An edge at time 0 is the initial level, and begins then.
 */
bool stimulus_map_rs232(struct stimulus *s, const char *signal, struct rs232_line *line, struct problem *err);
/*
 * Before stimulus_start(), and before a circuit that listens to the RS232 lines is started: what the file says of
 * time 0 has been so for ever.
 */
void stimulus_settle(struct stimulus *s);
/* Begins now. */
void stimulus_start(struct stimulus *s);
/* Length of the recording. */
sim_time stimulus_length_ps(const struct stimulus *s);
/* Lets go of the nets and frees the list. */
void stimulus_free(struct stimulus *s);

#endif
