/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * miniframe.h - the PC at the RS232 miniframe programmer: ISP instructions as characters, DTR and RTS
 *
 *      ISP algorithm --4 bytes--> characters --uart--> TX line --+
 *      bytes <-- reliable bits <-- characters <--uart-- RX line <-+-- circuit -- target
 *      enter, leave --> DTR, RTS lines --------------------------+
 *
 * Sessions    cold: RTS up (supply), DTR up (RESET low), 20 ms, frames. Reopened: RTS and DTR up together, as
 *             opening a tty does, then a pulse of DTR low. TX/RX-only circuit: a stream of 15h (8N1: 55h) holds
 *             the target in reset, frames follow it without a gap.
 * Receiving   what comes back is put beside what was sent by when it began, as a host does that throws away what it
 *             got before a pause of the sender; a character that did not come back reads as ones
 * Fast        with the discriminator writing may go in 3-bit frames, RTS low; reading goes in 4-bit frames.
 * Findings    frame_early, frame_late, frame_missed: where SCK rises in the miniframe, against the checker
 * Leaves out  buffers of the adapter and the operating system: characters follow each other after `gap_ps`
 */
#ifndef HARNESS_HOSTS_MINIFRAME_H
#define HARNESS_HOSTS_MINIFRAME_H

#include "harness/hosts/isp_algorithm.h"
#include "harness/hosts/miniframe_code.h"
#include "harness/hosts/programmer.h"
#include "sim/checker.h"
#include "sim/circuits/miniframe.h"
#include "sim/circuits/rs232_line.h"
#include "sim/uart_line.h"

enum host_miniframe_entry { MINIFRAME_COLD, MINIFRAME_REOPENED, MINIFRAME_STREAM /* TX/RX-only circuit */ };

enum host_miniframe_reply {                         /* how a byte whose answer matters is sent */
                            MINIFRAME_REPLY_DUPLEX, /* bytes 3 and 4 in duplex form, the others in write form */
                            MINIFRAME_REPLY_ALL_DUPLEX,
                            MINIFRAME_REPLY_ONES, /* write form; bits that the instruction ignores are sent with TX low */
};

struct host_miniframe_config {
    uint32_t baud;
    int32_t baud_error_ppm; /* of the adapter's clock, positive = bits are shorter */
    struct miniframe_code code;
    struct miniframe_code fast; /* cells 0: no discriminator */
    enum host_miniframe_reply reply;
    enum host_miniframe_entry entry;
    sim_time gap_ps;         /* idle after every character */
    bool one_bit_characters; /* one miniframe, then idle */
    bool settle_first;       /* 8 idle bits after the first character: RX may have shown a break before */
    bool fast_too_early;     /* RTS low before Programming Enable: a mistake to look at */
    bool dtr_low_resets;     /* one-4001 circuit: RESET is DTR */
    sim_time t_supply_ps;    /* RTS up to the next step */
    sim_time t_pulse_ps;     /* RESET high between two tries */
    sim_time t_enter_ps;     /* RESET low to Programming Enable */
    sim_time t_silence_ps;   /* TX/RX-only circuit: lets RESET go */
    unsigned tries;
    struct isp_waits waits;
    bool poll; /* RDY/BSY */
};

extern const struct host_miniframe_config host_miniframe_default; /* 4-bit, 6N1, 115200 baud */

/* False and err: what can't be. */
bool host_miniframe_check(const struct host_miniframe_config *cfg, struct problem *err);

struct host_miniframe_board { /* all must outlive the programmer */
    struct sim *sim;
    const struct part *part;
    struct rs232_line *tx, *dtr, *rts; /* dtr, rts NULL: TX/RX-only circuit */
    struct vline *rx_line;
    int32_t rx_threshold_mv;
    struct net *sck;           /* for the findings */
    struct checker *checker;   /* may be NULL */
    struct miniframe *circuit; /* told when nobody listens to RX; may be NULL */
};

/* cfg is copied. Free it through its ops. */
struct programmer host_miniframe_new(const struct host_miniframe_board *board, const struct host_miniframe_config *cfg);

#endif
