/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * miniframe.h - the RS232 miniframe programmer: two 4001 (or one) that turn UART cells into SCK and MOSI
 *
 *      RTS --|>|--[R5]--+-- VDD (zener 5.1 V, Cdd)      U1 = NOR(P, QB)    -> Q   (1: locked)
 *      TX --[R6]-- TXL --(U5 = NOR)-- MOSI              U2 = NOR(RESET, Q) -> QB
 *      DTR -[R7]-- DTL --(U6 = NOR)-- RESET             U3 = NOR(P, X)     -> SCK
 *      TX --||C1-- P --[R1]-- GND                       U4 = NOR(SCK)      -> M
 *      M --||C2-- X --[R2]-- Q, diode GND to X          U7 = NOR(TXL, MISO), U8 = NOR(U7, SCK) -> RX
 *
 * Every rising edge of TX makes a spike on P, which starts one period of SCK low (R2 C2). R2 ends on the latch:
 * Q = 1 keeps X up, so SCK stays low from the end of the session (RESET = 1) until the first start bit.
 *
 * Variants    one 4001 (U1..U4): MOSI = TX and RESET = DTR, clipped; the set input of U2 is DTR; RX through an
 *             optocoupler whose LED lies between MISO and SCK. Discriminator: R3 to X by a diode that RTS
 *             switches, a shorter period while RTS is low. Second supply diode from DTR. Three receive drivers.
 * Models      RC nodes as exponentials from their present state (charge left on C2, on P, on TXL), clamp diodes,
 *             slew of the lines, gate delay, output resistance, supply with what TX and DTR give away to it; gates
 *             keep their states down to 0.3 V; the load of the dead circuit on RESET
 * Leaves out  gate transfer curves (a threshold instead), temperature. A pulse shorter than tpd does not get
 *             through a gate, one a little longer does unchanged.
 * Source      netlist, component values and formulas: reconstruction of the published description of the
 *             programmer (docs/fidelity.md), compared with a SPICE simulation: tests/data/rs232_golden.csv
 *
 * Voltages and component values are floating point, events are rounded to picoseconds: one platform gives one
 * result. Times of RX and so on are when the net switches: 2.5 V, of RX 1.4 V.
 */
#ifndef SIM_CIRCUITS_MINIFRAME_H
#define SIM_CIRCUITS_MINIFRAME_H

#include "sim/circuits/edge_queue.h"
#include "sim/circuits/rc_node.h"
#include "sim/circuits/rs232_line.h"
#include "sim/circuits/rts_supply.h"
#include "sim/net.h"
#include "sim/problem.h"

enum miniframe_circuit {
    MINIFRAME_TWO_4001,
    MINIFRAME_ONE_4001, /* simplified */
};

enum miniframe_rx_driver {                      /* of the two-4001 circuit */
                           MINIFRAME_RX_DIRECT, /* U8 itself, 0 .. 4.7 V */
                           MINIFRAME_RX_PNP,    /* emitter U8, base 15 k to GND, collector RX, 15 k to TX */
                           MINIFRAME_RX_OPTO,   /* optocoupler on U8 to +V, 15 k to TX */
};

struct miniframe_config {
    enum miniframe_circuit circuit;
    enum miniframe_rx_driver rx_driver;
    /* parts */
    double r1_ohm, c1_pf;  /* trigger differentiator */
    double r2_ohm, c2_pf;  /* period */
    double r3_ohm, r4_ohm; /* discriminator; r3 0 = not fitted */
    double r6_ohm, r7_ohm; /* TX, DTR */
    bool supply_from_dtr;  /* D2 fitted */
    bool lock_fitted;      /* false: no bistable, R2 goes to GND */
    bool recovery_diode;   /* GND to X; every 4001 has one inside */
    /* gates */
    double vt;         /* threshold / VDD */
    double ro_ohm;     /* output resistance */
    double tpd_ns;     /* delay of a gate */
    double cg_pf;      /* one input */
    double vf_v;       /* clamp and signal diodes */
    double level_loss; /* part of VDD that a high output lacks */
    struct rts_supply_parts supply;
    /* both inputs of the latch active until VDD is up (RTS and DTR together): how it then stands. Real gates decide by
     * their mismatch; SPICE (scripts/miniframe-spice) with matched ones wakes unlocked if they have output buffers
     * (4001B), at 4.7 uF, and locked if not (4001UB, or a threshold), or at 0.3 uF */
    bool latch_wakes_locked;
    /* optocoupler (one 4001): LED between MISO and SCK through rl, transistor from VDD to RX, 15 k RX to TX */
    double rl_ohm, opto_ctr, opto_tau_us;
    double rx_threshold_v;
    /* what hangs on RESET when the programmer has no supply */
    double dead_ohm;         /* of the dead circuit, behind the diode of U6 */
    double reset_pullup_ohm; /* to the target's VCC, all of them in parallel; 0 = none */
    double target_vcc_v, reset_vih_v;
};

extern const struct miniframe_config miniframe_two_4001; /* nominal parts at 115200 baud */
extern const struct miniframe_config miniframe_one_4001;

/* False and err: what can't be. */
bool miniframe_config_check(const struct miniframe_config *cfg, struct problem *err);

struct miniframe_wires {
    struct rs232_line *tx, *dtr, *rts;
    struct net *miso;               /* in */
    struct net *sck, *mosi, *reset; /* out */
    struct net *rx, *q, *vdd_ok;    /* out: U8, latch, VDD above 2.5 V; any may be NULL */
    struct vline *vdd, *rx_line;    /* out: supply, and RX at the PC; may be NULL */
};

struct miniframe_source { /* what X hangs on, as one source and resistance */
    double v;
    double k;      /* part of a voltage around the loop M, C2, X that falls here and not in M's resistance */
    double tau_us; /* of the whole loop */
};

struct miniframe { /* caller owns it; do not move it after init */
    struct miniframe_config cfg;
    struct miniframe_wires w;
    struct sim *sim;
    /* derived, us and V */
    double spike_gain_us, spike_tau_us, txl_tau_us, dtl_tau_us;
    double ro_c2_us;
    double x_rest_v;        /* while RTS is low */
    sim_time g_ps, slow_ps; /* one gate, and what a slow input adds */

    bool alive, rx_up, powered; /* the gates decide; RX, the other outputs can be seen to be high */
    bool supply_from_zero;
    unsigned supply_steps;
    sim_time supply_from_ps[3]; /* RTS, DTR, TX stand where they go, for the supply */
    struct rts_supply charge;
    sim_time charge_ps;  /* when it began */
    sim_time held_ps;    /* from here on RTS or DTR holds VDD: TX and DTR add nothing that counts */
    sim_time settled_ps; /* from here on VDD is charge.end_v, within a millivolt */
    struct sim_event supply_ev, supply_from, show_vdd;

    /* inputs */
    struct rc_ramp tx_ramp, dtr_ramp;
    sim_time tx_ps, dtr_ps;      /* when the ramps began */
    double p_v, txl_v, dtl_v;    /* then */
    sim_time p_from_ps, p_to_ps; /* the last or next time that P is high */
    struct rs232_watch tx_watch, dtr_watch, rts_watch;
    struct edge_queue txl, dtl;
    struct miniframe_edge { /* what an edge of TX from rest does, once computed: most are like that */
        double vdd;         /* it holds for this supply; 0: none */
        struct rc_ramp ramp;
        double txl_v;                        /* before it */
        sim_time p_from_ps, p_to_ps, txl_ps; /* from the beginning of the ramp; p_to 0: no spike */
    } from_rest[2];                          /* falling, rising */
    sim_time p_rest_ps, txl_rest_ps;         /* after so long P is within 10 mV of rest, TXL at its clamp */
    struct sim_event trigger, rts_crossed;
    bool txl_high, rts_low;

    /* latch */
    bool q, qb, reset;
    struct sim_event q_ev, qb_ev;

    /* monostable: voltage across C2 (X against M) at c2_ps, at most one gate delay ahead of now */
    bool sck, sck_to, m;
    double c2_v;
    struct rc_recovery recovery, upper_recovery; /* M and Q low; high */
    double recovery_v, recovery_us;              /* where a recovery last began: mostly the same */
    unsigned recovery_hint;
    struct miniframe_source source[8]; /* for levels of M, Q, RTS; made for source_vdd */
    double source_vdd;
    double x_low_v;    /* charge at x_low_ps */
    sim_time decay_ps; /* the last exp(-decay_ps / decay_tau_us): mostly the same too */
    double decay_tau_us, decay;
    sim_time c2_ps;
    sim_time x_low_ps; /* X fell below the threshold: nothing but P can stop SCK from rising any more */
    struct sim_event sck_ev;

    /* receive side */
    bool deaf;
    bool miso, u7, rx, rx_to;
    bool tx_at_rx; /* TX is above the receiver's threshold, where RX hangs on it */
    struct sim_event miso_ev, rx_ev, tx_at_rx_ev;
    double opto_ma, opto_goal_ma; /* collector current at opto_ps, and where it goes */
    sim_time opto_ps;

    struct net_watch miso_watch;
    struct net_driver d_sck, d_mosi, d_reset, d_rx, d_q, d_vdd_ok;
};

/* cfg is copied (it must have passed the check); lines and nets must outlive mf. */
void miniframe_init(struct miniframe *mf, struct sim *sim, const struct miniframe_config *cfg,
                    const struct miniframe_wires *wires);

/* m, q: levels of M and Q; rts_low: the discriminator (where fitted) makes the period short. */
struct miniframe_source miniframe_x_source(const struct miniframe_config *cfg, bool m, bool q, bool rts_low,
                                           double vdd_v);

/* Where X comes to rest with Q and M low while the discriminator (fitted) is on: D3 still takes some microamperes. */
double miniframe_x_rest_v(const struct miniframe_config *cfg);

/* Current through the optocoupler's LED and RL when MISO is high and SCK low. */
double miniframe_led_ma(const struct miniframe_config *cfg);

/*
 * The supply rises with X at 0: X follows Q through R2, the threshold follows VDD. How long after the charge
 * began is X above it? A fast supply shows SCK high until then.
 */
double miniframe_power_up_x_us(const struct miniframe_config *cfg, const struct rts_supply *charge);

/* Puts SCK, MOSI, RESET and MISO on other nets; NULL: off. */
void miniframe_connect(struct miniframe *mf, struct net *sck, struct net *mosi, struct net *reset, struct net *miso);

/*
 * Is anybody going to look at RX? While not, the receive side is not computed and RX stays where it is; recorded
 * nets and lines are computed always.
 */
void miniframe_listen(struct miniframe *mf, bool on);

/* Supply voltage now. */
double miniframe_vdd_v(const struct miniframe *mf);

#endif
