/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * target_avr.h - the AVR that is being programmed: supply, reset, clock, mode, pins
 *
 *                 +-----------------------------+
 *       VCC ----->| power   nvm                 |
 *   RESET_N <---->| reset   spi_slave           |----> MISO, MISO_OE (1 while MISO is driven)
 *       SCK ----->| clock   core (handed in)    |----> CLKO  system clock, if the CKOUT fuse says so
 *      MOSI ----->|                             |
 *     XTAL1 ----->|                             |
 *     XTAL2 ----->|                             |
 *                 +-----------------------------+
 *
 * Modes       off (VCC below power-on reset), reset (RESET low: the serial programming port listens, unless a
 *             fuse forbids it), running (RESET high: port off, pins released; the core that was handed in starts
 *             after the start-up delay)
 * Models      power-on reset thresholds, RESET pull-up, tRST, RESET pulses too short to be seen, fuses latched at
 *             power-up and when programming mode is left, clock sources with their start-up, CKDIV8, CKOUT,
 *             brown-out over the port, RSTDISBL, DWEN, SPIEN
 *             12 V on RESET and what it opens (hv_port.h)
 * Leaves out  analogue levels of the logic pins (VIL, VIH against VCC), watchdog (the core's)
 * Source      ATmega328P datasheet (42735B), "Serial Downloading", "System Control and Reset", "System Clock"
 */
#ifndef SIM_TARGET_AVR_H
#define SIM_TARGET_AVR_H

#include "sim/checker.h"
#include "sim/clock_model.h"
#include "sim/hv_port.h"
#include "sim/isp_code.h"
#include "sim/kernel.h"
#include "sim/miso_rules.h"
#include "sim/net.h"
#include "sim/nvm.h"
#include "sim/part.h"
#include "sim/port_rules.h"
#include "sim/spi_slave.h"
#include "sim/switches.h"
#include "sim/vline.h"
#include "sim/wire_rules.h"
#include "sim/write_rules.h"

enum target_mode {
    TARGET_OFF,     /* no supply */
    TARGET_RESET,   /* held in reset: programming mode, if it can be reached */
    TARGET_STARTUP, /* RESET released, start-up delay runs */
    TARGET_RUNNING,
    TARGET_HV,         /* 12 V on RESET: high-voltage programming */
    TARGET_HV_REFUSED, /* 12 V on RESET, but Prog_enable was not 0: stands still */
};

enum target_pin {
    TARGET_RESET_N,
    TARGET_SCK,
    TARGET_MOSI,
    TARGET_MISO,
    TARGET_MISO_OE, /* no pin of the chip: shows traces whether MISO is driven */
    TARGET_XTAL1,
    TARGET_XTAL2,
    TARGET_CLKO,
    TARGET_PINS,
};

struct target_pins {   /* NULL: not connected */
    struct vline *vcc; /* NULL: 5 V from the start */
    struct net *reset_n, *sck, *mosi, *miso, *miso_oe, *xtal1, *xtal2, *clko;
};

struct target_config { /* this chip and the parts around it; fixed for a run */
    const struct part *part;
    struct target_switches switches;
    int32_t rc_ppm;         /* deviation of the calibrated RC ... */
    uint32_t rc_spread_ppm; /* ... plus up to +- this much, drawn from the seed */
    int32_t rc128k_ppm;     /* the same for the 128 kHz oscillator */
    uint32_t rc128k_spread_ppm;
    uint64_t crystal_millihz;     /* across XTAL1 and XTAL2 from the start, 0 = none */
    uint64_t external_rc_millihz; /* R and C on XTAL1, 0 = none; see clock_external_rc_millihz() */
    int16_t osccal_nominal;       /* OSCCAL that gives the nominal frequency; -1: the calibration byte is right */
};

enum target_reset_cause { /* as in MCUSR */
                          TARGET_CAUSE_POWER_ON = 1,
                          TARGET_CAUSE_EXTERNAL = 2,
                          TARGET_CAUSE_BROWN_OUT = 4,
                          TARGET_CAUSE_WATCHDOG = 8,
};

struct target_start { /* what the core begins with */
    sim_time at_ps;
    struct sim_clock clk;    /* system clock after the prescaler; stopped when by_edges */
    uint64_t source_millihz; /* before the prescaler */
    uint32_t divide;         /* CLKPR at reset: 1 or 8 */
    uint32_t start_word;     /* BOOTRST, BOOTSZ */
    uint8_t osccal;
    uint8_t causes;          /* reset causes since power-on, MCUSR bits */
    struct fuse_bytes fuses; /* in effect */
};

/*
 * The core that executes the flash once RESET is released. It reads and writes nvm itself. Between start() and
 * stop() it owns the port pins; stop() must leave them all open.
 */
struct target_core_ops {
    void (*start)(void *ctx, const struct target_start *start);
    void (*stop)(void *ctx, sim_time at_ps); /* reset or power loss, while running only */
    /* the system clock changed under it (supply, OSCCAL, CLKPR, a wave that stopped: !sim_clock_runs) */
    void (*clock_changed)(void *ctx, sim_time at_ps, const struct sim_clock *clk);
    /* a clock driven by hand (clk of start() or clock_changed() is stopped): a cycle begins, period_ps as it seems */
    void (*clock_edge)(void *ctx, sim_time at_ps, sim_time period_ps);
};

struct target_pin_state { /* one pin and its wire */
    struct net *net;      /* NULL: not connected */
    struct net_driver driver;
    struct net_watch watch;
};

enum { TARGET_MODELLED = 4 };

struct target { /* caller owns it; do not move it after target_init() */
    struct sim *sim;
    struct target_config cfg;
    struct nvm *nvm;
    struct checker *checker;
    struct isp_decoder decoder;
    bool has_poll;       /* the part has RDY/BSY to poll */
    bool wrote_fuse;     /* the last write was of a fuse or the lock bits */
    uint64_t enables;    /* how often Programming Enable was accepted */
    sim_time powered_ps; /* when the supply came, or went ... */
    bool lost_enabled;   /* ... with the port in programming mode, which nobody has entered since */
    bool load_ignored;   /* a byte for the page buffer, since the last page write: the chip was busy */
    struct write_rules writes;
    struct wire_rules wires;
    sim_time waited_for_ps; /* end of the write whose wait has been measured */
    struct vline *vcc;
    struct vline_watch vcc_watch;
    struct target_pin_state pin[TARGET_PINS];
    struct spi_slave spi;
    struct port_rules rules;
    struct miso_rules miso;
    struct net_look look;       /* on MISO's net; whoever leads MISO to a programmer by another net puts it there too */
    struct target_missed_look { /* at a level that MISO's change had not come to: is it on its way? */
        const struct net *net;  /* NULL: there was none */
        sim_time at_ps;
        bool sure;
    } missed;
    enum checker_rule told_closed; /* the note that the last Programming Enable earned, CHECKER_RULES: none */
    enum target_mode mode;

    /* clock */
    struct fuse_bytes latched; /* fuses in effect */
    bool ckout;                /* of them */
    struct clock_board board;
    struct clock_result clock;
    struct target_modelled { /* what the model said of a board lately: programs change OSCCAL or a pin all the time */
        bool known;
        struct fuse_bytes latched;
        struct clock_board board;
        struct clock_result clock;
        uint64_t rc_millihz;
        uint32_t divide;      /* 0, or clk is that frequency divided by it */
        struct sim_clock clk; /* its phase is nobody's */
    } modelled[TARGET_MODELLED];
    unsigned next_modelled;
    struct target_known_clock { /* likewise: its period in lowest terms takes a while */
        uint64_t f_millihz;
        uint32_t divide;
        struct sim_clock clk;
    } known_clock[4];
    unsigned next_known_clock;
    /*
     * What target_tune() makes of each value of OSCCAL: found when a program stores it on its calibrated RC. They hold
     * for the board `tuned_board` (but for its OSCCAL) and these fuses, while `of` is `tuning`.
     */
    struct target_tuned {
        uint64_t f_millihz; /* of the oscillator */
        uint64_t rc_millihz;
        struct sim_clock clk; /* the system clock; its phase is nobody's */
        uint32_t f_hz;        /* of it */
        uint32_t divide, of;  /* divide 0: not found yet */
    } tuned[256];
    struct clock_board tuned_board;
    struct fuse_bytes tuned_latched;
    uint32_t tuning;
    bool port_clock_is_old;  /* the port, which is shut, has not been told of the clock that target_tune() made */
    struct sim_clock cpu;    /* system clock; stopped when there is none, or by_edges */
    uint32_t divide;         /* prescaler in force */
    uint32_t edge_count;     /* by_edges: rises since the last system clock edge */
    sim_time last_edge_ps;   /* by_edges: the last system clock edge, SIM_NEVER = none yet */
    sim_time last_period_ps; /* by_edges: before that edge, 0 = not known */
    struct net_wave taken;   /* the wave that cpu was made from */
    bool oscillating;        /* a crystal has been started */
    struct sim_rng phases;
    int32_t rc_ppm, rc128k_ppm; /* of its oscillators, as drawn */
    int32_t wobble_ppm;         /* and of all its clocks, now */

    /* supply and reset */
    bool powered, brown_out;
    bool pulled;       /* out of its socket */
    bool reset_high;   /* the pin */
    bool reset_held;   /* RESET has been low for tRST */
    bool low_is_pulse; /* RESET fell since power-up: its low has a length to judge */
    bool had_port;     /* RESET was low since power-up: a high is a pulse between two lows */
    sim_time reset_changed_ps;
    enum net_level sck_at_fall; /* of RESET */
    uint32_t edges_to_notice;   /* by_edges: system clock edges until a rise of RESET is noticed, 0 = none pending */
    uint32_t edges_to_start;    /* by_edges: rises of the source left of the start-up time */
    uint8_t causes;
    struct sim_event reset_seen, written, start;

    struct hv_port hv;
    struct target_countdown *countdowns;

    const struct target_core_ops *core;
    void *core_ctx;
    bool core_runs;
};

/* Typical chip, nothing wired to XTAL1 and XTAL2. */
struct target_config target_config_default(const struct part *part);

/*
 * Puts the chip on the board. Everything passed in but cfg must outlive t; checker NULL: nobody checks. nvm is
 * the chip's memory (nvm_init() or loaded from a file). Powers up at once if VCC is there.
 */
void target_init(struct target *t, struct sim *sim, const struct target_config *cfg, struct nvm *nvm,
                 const struct target_pins *pins, struct checker *checker);

/* The programmer has a host: waits are judged without its time. talk must outlive t. */
static inline void target_set_host_talk(struct target *t, struct host_talk *talk)
{
    t->writes.talk = talk;
}

/* Without a core a released chip just releases its pins. */
void target_set_core(struct target *t, const struct target_core_ops *ops, void *ctx);

/* Rewiring, any time. NULL: not connected. */
void target_connect(struct target *t, enum target_pin pin, struct net *net);
/* A signal of high-voltage programming: the net of the pin that the part has for it. */
void target_connect_hv(struct target *t, enum hv_signal signal, struct net *net);
/* A crystal or resonator across XTAL1 and XTAL2; 0 takes it away. */
void target_set_crystal(struct target *t, uint64_t f_millihz);
void target_set_external_rc(struct target *t, uint64_t f_millihz);

/* Its own oscillators and its crystal run so much faster from now on. */
void target_set_wobble(struct target *t, int32_t ppm);
/* Out of its socket: no pin is on a wire, no supply; the pins' nets are the caller's business (target_connect()). */
void target_set_pulled(struct target *t, bool out);

struct target_countdown { /* owned by the caller */
    struct target_countdown *next;
    uint64_t left;
    struct sim_event *event; /* is scheduled for the instant in which the last of them has come */
};
/* n more instructions (1 or more) that the open port takes, of Programming Enable on. Once. */
void target_await_instructions(struct target *t, struct target_countdown *c, uint64_t n, struct sim_event *event);
void target_forget_countdown(struct target *t, struct target_countdown *c);

/* ---- looking at it ---- */

static inline enum target_mode target_mode(const struct target *t)
{
    return t->mode;
}
/* Is Programming Enable accepted? */
static inline bool target_port_enabled(const struct target *t)
{
    return t->spi.enabled;
}
/* Stopped when there is no clock, or XTAL1 is driven by hand. */
static inline const struct sim_clock *target_cpu_clock(const struct target *t)
{
    return &t->cpu;
}
const char *target_mode_name(enum target_mode mode);

/* ---- for the core ---- */

/* The program wrote CLKPR or OSCCAL: at sim->now_ps. */
void target_set_prescaler(struct target *t, uint32_t divide);
void target_set_osccal(struct target *t, uint8_t osccal);
/*
 * The same without the board's being brought to that time, of a program that nobody watches: the next edge of the clock
 * that was is at edge_ps, and the new one begins there. NULL: nothing has been done. f_hz stays 0 where the clock is as
 * it was.
 */
const struct target_tuned *target_tune(struct target *t, uint8_t osccal, sim_time edge_ps);
/* The core resets itself (watchdog): start-up delay, then core->start() again. */
void target_core_reset(struct target *t, enum target_reset_cause cause);

#endif
