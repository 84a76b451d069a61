/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * pins.h - port registers of a core <-> nets
 *
 *      DDRx PORTx --+
 *      SPI, OCnx  --+--> direction, level, pull-up --> net driver
 *      PINx, PCINT, INT0/1, SS  <--------------------- net
 *
 * Takes the PINx, DDRx and PORTx registers over from simavr. A write changes its pins in one instant, at the
 * cycle where the store ends. A read sees the nets half a cycle before the cycle that reads (the
 * synchroniser's latch), so IN right after OUT reads the old level and needs a NOP between, as on silicon.
 * Every pin has a net: the board's, or a private one when nothing is connected. Bits of DDRx, PORTx and PINx without a
 * port pin (none there, or RESET's, or the crystal's) read 0 and can't be written.
 * Models      pull-ups (PUD too), toggling by writing PINx, SBI on PINx (one bit only), pin-change interrupts,
 *             INT0/INT1 in all four senses, alternate functions as overrides.
 * Leaves out  INT0 and pin change of parts with other register layouts (none of theirs reach nets), the
 *             input buffers' thresholds, sleep's input clamping.
 * Source      ATmega328P datasheet "I/O-Ports" (Figures 14-2, 14-4, 14-5 and "Alternate Port Functions"),
 *             "External Interrupts".
 */
#ifndef MCU_PINS_H
#define MCU_PINS_H

#include "mcu/core.h"
#include "sim/net.h"
#include "sim/vline.h"

#define PINS_MAX_PORTS 4
#define PINS_MAX_EXTINTS 2
#define PINS_SENSES 16 /* values of ISC11:00, the lowest bits of their register */

enum pin_override {
    PIN_NORMAL,      /* DDR and PORT rule */
    PIN_LEVEL,       /* DDR's direction, our level (MOSI, SCK, a stopped OCnx) */
    PIN_WAVE,        /* DDR's direction, our wave (OCnx) */
    PIN_INPUT,       /* forced input, PORT keeps the pull-up (MISO, RXD) */
    PIN_OUTPUT,      /* forced output with our level (TXD, CLKO) */
    PIN_OUTPUT_WAVE, /* forced output with our wave (CLKO) */
    PIN_OFF,         /* no driver at all: the chip's clock output has it */
    PIN_NO_PORT,     /* no driver, and its bits read 0 (RESET, XTAL pins) */
};

/* Of a pin whose level may change in time while nobody hears of it, or that the port has for the time being. */
struct pin_timing {
    /* At a time not after now and less than a cycle before it; port: what it is when the port has the pin. */
    bool (*level)(void *ctx, sim_time at_ps, bool port);
    /* May it be another than that at from_ps, without a store? */
    bool (*moves)(void *ctx, sim_time from_ps);
    /* Somebody is about to hear: from now on PIN_NORMAL, PIN_LEVEL with its level, or PIN_WAVE. */
    enum pin_override (*end)(void *ctx, struct net_wave *wave, bool *level);
    /* Another override has the pin. */
    void (*lost)(void *ctx);
};

struct pin {
    struct net_driver drv;
    struct net *net;      /* never NULL */
    struct net none;      /* when not connected */
    uint8_t override;     /* enum pin_override */
    bool claimed;         /* the SPI has it: it comes before OCnx */
    bool level;           /* of the override */
    struct net_wave wave; /* of the override */
    struct net_watch watch;
    bool hears;                      /* the watch is on its net */
    const struct pin_timing *timing; /* while the port's mask `timed` has it */
    void *timing_ctx;
    void (*woken)(void *ctx); /* NULL, or told that it is no longer alone */
    void *woken_ctx;
    struct pins_port *port;
    uint8_t bit;
};

/*
 * From a change of a pin to its interrupt flag: latch and synchroniser, the first clock edge after it and
 * PINS_FLAG_CK more ("Timing of Pin Change Interrupts": pin_sync, pcint_syn, PCIF). That the edges of INTn go the same
 * way is assumed; its low level does not wait.
 */
#define PINS_FLAG_CK 2

struct pins_flag {
    struct core *core;
    avr_int_vector_t *vector;
    bool pending;
};

struct pins_port {
    struct pins *pins;
    char name;                                   /* 'B' */
    avr_io_addr_t r_pin, r_ddr, r_port, r_pcmsk; /* r_pcmsk 0: no pin-change interrupt */
    avr_int_vector_t *pcint;
    struct pins_flag pcif;
    struct pin pin[8];
    uint8_t there;  /* mask: bits that have a pin on this chip */
    uint8_t live;   /* of these the port pins: no PIN_NO_PORT */
    uint8_t normal; /* mask: pins that are PIN_NORMAL */
    /* overrides as masks: pins with a level where DDR says output; inputs and outputs by force; the levels */
    uint8_t levelled, forced_in, forced_out, levels;
    uint8_t retry;            /* until the next look whether more pins are alone */
    uint8_t watched;          /* mask: pins whose changes matter to us */
    uint8_t called;           /* of these SS and ICP */
    uint8_t more_than_masked; /* pins of INTn, SS and ICP, wanted or not */
    uint8_t was;              /* level of each pin at the last look of the watchers */
    /*
     * Pins that nobody watches, that nobody else drives but resistors or a supply, and without a wave: their nets sleep
     * (net_sleep()). What is on them follows from these: DDR and PORT, with what overrides them, as they were when they
     * were last looked at.
     */
    uint8_t alone, ddr, ones;
    uint8_t tied, tied_ones;         /* of these: with such a tie (net_is_tied()); where it is 1 */
    uint8_t tied_faint, tied_supply; /* of those: a pull-up in the chip beats it; nobody does, and outputs fight it */
    uint8_t timed;           /* of these: outputs (where DDR says so) whose level is asked for, PIN_NORMAL otherwise */
    uint8_t changed, before; /* their last change: which, and what they all read until then */
    sim_time changed_ps;
    struct spi_shift *late; /* makes edges of pins of it late (spi_shift.h), of these; NULL: nobody does */
    uint8_t late_pins;
};

struct pins_extint { /* INT0, INT1 */
    struct pin *pin;
    avr_regbit_t isc[2];
    avr_int_vector_t *vector;
    struct pins_flag intf;
    uint8_t pin_mask, isc_mask;     /* the latter: ISCn1:0 in their register */
    uint8_t enable_mask, flag_mask; /* the vector's */
};

struct pins { /* do not move after init */
    struct core *core;
    struct pins_port ports[PINS_MAX_PORTS];
    unsigned n_ports;
    struct pins_extint extint[PINS_MAX_EXTINTS];
    unsigned n_extint;
    avr_io_addr_t r_isc, r_int, r_intf; /* ISCn, INTn and INTFn of all; 0 = none */
    struct pins_port *int_port;     /* that has their pins, for them alone, in the order of their bits; NULL: not so */
    uint8_t int_up;                 /* a pin's bit << this >> 8 is its INTn and INTFn */
    uint8_t int_pins;               /* mask: these pins */
    uint8_t int_levels;             /* of them those that sense a level */
    uint8_t levels_by[PINS_SENSES]; /* those by what their register has */
    avr_io_addr_t r_mcucr;          /* PUD; 0 = none */
    uint8_t pud_mask;
    struct vline *supply; /* pins_set_supply(); NULL: nobody says */
    struct vline_watch supply_watch;
    const void *owner;   /* of the pins' drivers (net.h), from the next connection on */
    bool pinx_read_only; /* writing PINx does nothing (ATmega8A), else it toggles */
    bool held;           /* in reset or without supply: no pin drives */
    bool hears_others;   /* pins_hear_others() */
    /* other users of pins' changes and direction (SPI slave select, input capture) */
    void (*ss_changed)(void *ctx);
    void *ss_ctx;
    struct pins_port *ss_port;
    bool (*ss_low)(void *ctx); /* NULL, or: a quick store has made it low; overrides may change, ... */
    uint8_t ss_mask, ss_with;  /* ... of these pins of its port, which are alone. What the quick store returns */
    struct pin *ss;
    void (*icp_changed)(void *ctx, bool level, sim_time at_ps);
    /* The same by a quick store that acts at that cycle; what its quick way returns. */
    bool (*icp_quick)(void *ctx, bool level, uint64_t cycle);
    void *icp_ctx;
    bool icp_wanted;
    struct pin *icp;
};

/* Takes over the ports of the core. Pins are not connected. */
void pins_init(struct pins *p, struct core *core);
void pins_free(struct pins *p);

/* By name, "PB5"; NULL if the core has no such pin. */
struct pin *pins_find(struct pins *p, const char *name);
/* Puts the pin on a net (NULL: on none), now. */
void pin_connect(struct pin *pin, struct net *net);

/* The chip's, for pins that are connected from now on. It must outlive the pins. */
void pins_set_supply(struct pins *p, struct vline *supply);

/* Which bits of a port ('C') have a pin; of a fresh chip all eight. */
void pins_port_has(struct pins *p, char port, uint8_t mask);

/* Alternate functions; effective at sim->now_ps: callers sync first. */
void pin_override(struct pin *pin, enum pin_override kind, bool level);
void pin_override_wave(struct pin *pin, enum pin_override kind, const struct net_wave *wave);
/*
 * Would nobody hear of what the pin does? Then its level can be asked for from now on, where its DDR says output, until
 * an override or somebody on its net ends that. level: of the output now.
 */
bool pin_may_be_timed(struct pin *pin, bool level);
void pin_time(struct pin *pin, const struct pin_timing *timing, void *ctx);
/* Nobody else is on its net but resistors or a supply, and nobody hears what it does there. */
static inline bool pin_is_alone(const struct pin *pin)
{
    return pin->port->alone >> pin->bit & 1;
}
/* Not even those. */
static inline bool pin_is_free(const struct pin *pin)
{
    return (pin->port->alone & ~pin->port->tied) >> pin->bit & 1;
}
static inline bool pin_is_timed(const struct pin *pin)
{
    return pin->port->timed >> pin->bit & 1;
}
/* A pin whose PIN_LEVEL the net has already (spi_train.h). */
void pin_has_level(struct pin *pin, bool level);
/* Is the pin's DDR bit set? */
bool pin_is_output(const struct pin *pin);
/* Level at a time not after now and less than a cycle before it. */
bool pin_level_at(const struct pin *pin, sim_time at_ps);

/* Where PUD stands (MCUCR). */
void pins_set_pud(struct pins *p, avr_io_addr_t reg_addr, uint8_t mask);
/*
 * The program stores v to a register that may have PUD, the senses of INTn or their enables, beside others: which of them
 * share a register differs from part to part (GICR of the ATmega8 has INTn beside IVSEL, MCUCR of a tiny PUD beside ISC0).
 */
void pins_control_write(struct pins *p, avr_io_addr_t addr, uint8_t v);
/* The same by a quick store (fast_core.h) to where PUD is, which acts at that cycle of the run. */
bool pins_mcucr_quick(void *ctx, uint64_t cycle, unsigned v);
/* No pin drives while held (RESET active, no supply). */
void pins_hold(struct pins *p, bool held);
/* The receiver's input may be moved by another core, which may be behind: from now on we lead no further than for an INTn. */
void pins_hear_others(struct pins *p, bool on);
/* Watchers again, after registers that decide about them have changed (INT, PCINT, SS, ICP). */
void pins_rewatch(struct pins *p);

#endif
