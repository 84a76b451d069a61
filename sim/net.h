/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * net.h - a wire: drivers with strengths, a resolved level, and watchers
 *
 *      driver (strong 1) --+
 *      driver (pull 0)   --+-- net --> level 0, 1, Z, X --> watchers, trace
 *      driver (open)     --+
 *
 * Resolution  the strongest drivers win; a disagreement among them is X; nobody drives: Z.
 * Contention  two outputs (strong, or a supply) that drive different levels, whichever of them wins; or one that says
 *             X: a part whose own wire to it is fought over, such as a gate against an LED's current
 * Instants    net_drive() takes effect at sim->now_ps. Inside an event, or between net_hold() and
 *             net_release(), all drives form one instant: nets resolve together, then watchers run, and what
 *             those drive is the next round of the same instant. More than NET_MAX_ROUNDS is a sim_fault().
 * Waves       a driver can put a periodic clock on the net (net_drive_wave): arithmetic, no edges. They turn
 *             into edges only while someone watches edges or the net is traced, after the events of the same time.
 * Leaves out  analogue levels on logic nets: see vline.h for lines in millivolts.
 */
#ifndef SIM_NET_H
#define SIM_NET_H

#include "sim/clock.h"
#include "sim/kernel.h"

struct vline;

enum net_level { NET_0, NET_1, NET_Z, NET_X };
enum net_strength {
    NET_OPEN,
    NET_FAINT, /* a resistor that any pull-up inside a chip beats */
    NET_WEAK,  /* a pull-up inside a chip: 20 to 60 kohm */
    NET_PULL,  /* a resistor on the board */
    NET_STRONG,
    NET_SUPPLY,
};

#define NET_MAX_ROUNDS 64
#define NET_WORDS 8 /* pins of a port */

/*
 * A pull-up inside a chip: RESET's is 30 to 60 kOhm, the middle is taken for port pins (20 to 50 kOhm), too. What a
 * resistor to a steady level is worth: from here on it loses against that, below it wins. An output beats any resistor.
 */
#define NET_INTERNAL_PULL_OHM 45000
static inline enum net_strength net_strength_of_ohm(uint64_t ohm)
{
    return ohm < NET_INTERNAL_PULL_OHM ? NET_PULL : NET_FAINT;
}

/*
 * A rectangular wave: rises at every edge of clk, falls high_num / clk.period_den ps later. With n_bits a UART frame
 * instead (net_frame.h): bits, lowest first, one a period, the last for ever.
 */
struct net_wave {
    struct sim_clock clk;
    uint64_t high_num; /* 0 < high_num < clk.period_num */
    uint32_t bits, n_bits;
};

/* 50 % duty, first rise at t0. f in millihertz. */
struct net_wave net_wave_square(sim_time t0_ps, uint64_t f_millihz);
bool net_wave_level(const struct net_wave *w, sim_time t_ps);
/* The first change of level strictly after t. */
sim_time net_wave_next_change(const struct net_wave *w, sim_time t_ps);

struct net_driver { /* owned by the part; attach once */
    struct net *net;
    struct net_driver *next;
    const char *name;
    uint8_t level, strength;
    bool has_wave;
    struct net_wave wave;       /* when has_wave */
    const struct vline *supply; /* of the output: how high its 1 is; NULL: nobody says */
    const void *owner;          /* the part whose program drives it; NULL: nobody asks */
    bool relays;                /* passes on what another net has, no source of its own: net_sources() */
    bool by_events;             /* it acts in events that it has scheduled before: net_driver_by_events() */
};

enum net_watch_kind {
    NET_WATCH_EDGES, /* every change of level, waves included */
    NET_WATCH_WAVES, /* changes of level, and starts, changes and ends of waves: not a wave's edges */
};

struct net_look { /* of a programmer that samples its MISO: told of it. Owned by whoever asks */
    void (*looked)(void *ctx, const struct net *net, sim_time at_ps, bool high, bool sure);
    void *ctx;
};

struct net_fight_watch { /* owned by whoever asks */
    struct net_fight_watch *next;
    void (*began)(void *ctx, struct net *net, sim_time at_ps);
    /* May be set after adding: where all that began() does now is count, whatever the time on the board. */
    bool (*only_counts)(void *ctx);
    bool (*counts)(void *ctx); /* has done it, too */
    void *ctx;
};

struct spi_train;
struct net_frame;
struct net_frame_taker;

struct net_watch { /* owned by the part */
    struct net_watch *next;
    enum net_watch_kind kind;
    void (*changed)(void *ctx, struct net *net, sim_time at_ps);
    void *ctx;
    /* May be set after adding, for spi_train.h: it takes trains of edges on SCK in one step; it need not hear of more
     * edges by this driver, as they are. */
    bool (*train)(void *ctx, struct spi_train *t);
    bool (*may_miss)(void *ctx, const struct net_driver *by);
    /* It may hear nothing of what this driver does, as the only one, and once when the net wakes: net_sleep(). The
     * driver wakes the net as its supply changes. */
    bool (*may_sleep)(void *ctx, const struct net_driver *by);
    const struct net_frame_taker *frames; /* it takes UART frames in one piece: net_frame.h */
    /* May be set after adding: net_may_surprise() may say something else now. */
    void (*drivers_changed)(void *ctx);
};

struct net {
    const char *name;
    struct sim *sim;
    uint8_t level;     /* resolved; of a wave: the level at the last edge shown, see net_level() */
    uint8_t old_level; /* before the change that watchers are being told of */
    uint8_t before;    /* up to changed_ps: several changes of one instant are one */
    bool wave_changed;
    bool contended, contention_began; /* outputs drive it against each other; its watchers are to be told */
    bool is_dirty;
    bool noted_weak; /* what sim->notes was told last: only resistors hold it */
    sim_time changed_ps;
    struct net_driver *drivers;
    const struct net_driver *last; /* who changed what it drives last, a level; NULL: nobody did, or it has gone */
    uint32_t n_active;             /* drivers that are not open */
    const struct net_driver *wave; /* the driver whose wave the net carries, or NULL */
    sim_time wave_ps;              /* since when, and what the net was until then */
    uint8_t before_wave;
    struct net_frame *frame; /* that wave is a UART frame in one piece (net_frame.h), or NULL */
    struct net_watch *watches;
    struct net_fight_watch *fight_watches;
    const struct net_look *look; /* NULL: nobody asks who samples it */
    uint32_t edge_users;         /* edge watchers + trace */
    struct sim_event edge;
    struct net *next_dirty, *next_changed;
    struct vline *volts;      /* where more than logic levels may stand on it (12 V on RESET); NULL: nowhere */
    int32_t trace_id;         /* -1: not recorded */
    uint32_t contentions;     /* how often one began */
    bool wakes;               /* watchers are told because of that */
    void (*woken)(void *ctx); /* it sleeps: net_sleep() */
    void *woken_ctx;
    /* sim_shuffle(): who is still to be told of this round, and of what */
    struct net_watch *untold;
    bool tells_level, tells_wave;
};

void net_init(struct net *net, struct sim *sim, const char *name);

/* Attaches an open driver. d must outlive the net or be detached. */
void net_attach(struct net *net, struct net_driver *d, const char *name);
void net_detach(struct net_driver *d);
/* Puts an attached or detached driver on another net (NULL: off all nets), with the level that it drives. */
void net_move(struct net_driver *d, struct net *net, const char *name);

/* Sets what a driver does from now on. A driver that is not attached (unconnected pin) is ignored. */
void net_drive(struct net_driver *d, enum net_level level, enum net_strength strength);
void net_drive_wave(struct net_driver *d, const struct net_wave *wave, enum net_strength strength);
static inline void net_open(struct net_driver *d)
{
    net_drive(d, NET_Z, NET_OPEN);
}

struct net_word { /* what a driver is to do from now on: 0, 1, or open with NET_Z */
    struct net_driver *driver;
    uint8_t level, strength;
};
/* Several net_drive() as one instant. NET_WORDS at a time are fast. */
void net_drive_together(struct sim *sim, const struct net_word *word, unsigned n);

/*
 * What the drivers of a net but for one make of it, as long as they do nothing: they are resistors, or a supply. 0, 1, or
 * Z where nobody is.
 */
struct net_tie {
    enum net_level level;
    enum net_strength strength; /* any but NET_STRONG */
};
/* False: one of them is an output, has a wave, or they are at odds. */
bool net_is_tied(const struct net *net, const struct net_driver *but, struct net_tie *tie);

/*
 * A driver whose net nobody watches or records, and that is tied, may keep what is on it to itself: the net stands still,
 * and woken() is called before anybody looks or anything else happens to it. It brings the driver up to date, the net's
 * last driver, and its last change: when, and from what. Against a supply, which *tie tells of, it calls net_fight() as
 * each fight begins.
 */
bool net_may_sleep(const struct net *net, const struct net_driver *d, struct net_tie *tie);
/* Nobody wants to hear of what it does as long as it is the only one that does something, and no supply has the net. */
bool net_nobody_hears(const struct net *net, const struct net_driver *d);
/* Of a net that sleeps. */
void net_fight(struct net *net, sim_time at_ps);
/* Whoever watches its fights. */
void net_tell_fight(struct net *net, sim_time at_ps);
/* All whom net_fight() tells only count: it may come before the board is at that time. */
bool net_fights_only_count(const struct net *net);
/* The same where one watches: it has counted. */
static inline bool net_fight_counts(struct net *net)
{
    const struct net_fight_watch *w = net->fight_watches;
    bool counted = w && !w->next && w->counts && w->counts(w->ctx);

    net->contentions += counted;
    return counted;
}
static inline void net_sleep(struct net *net, void (*woken)(void *ctx), void *ctx)
{
    net->woken = woken;
    net->woken_ctx = ctx;
}
void net_do_wake(struct net *net);
static inline void net_wake(const struct net *net)
{
    if (net && net->woken) {
        net_do_wake((struct net *)net);
    }
}

/* How high the driver's 1 is, from now on; attaching it forgets that, moving keeps it. */
static inline void net_driver_supply(struct net_driver *d, const struct vline *supply)
{
    d->supply = supply;
}

/* What the drivers of a net make of it but for one of them (NULL: all). */
struct net_others {
    enum net_level level; /* of a wave: now */
    enum net_strength strength;
    bool has_wave;
    const struct vline *supply; /* of the strongest that drives 1 or a wave; NULL: nobody says */
};
struct net_others net_others(const struct net *net, const struct net_driver *but);
/* The same of those that are sources: what resistors pass on would come back through them for ever. */
struct net_others net_sources(const struct net *net);

/*
 * An agent that leads never passes the next event, but others it does: what this driver does comes as no surprise to it.
 * Attaching forgets that, moving keeps it.
 */
void net_driver_by_events(struct net_driver *d);
/* By net.c: who watches it and asked for that is told. */
void net_drivers_changed(struct net *net);
/* Is there a driver, but for this one, that may change what it drives before now of an agent that leads? */
bool net_may_surprise(const struct net *net, const struct net_driver *but);

/* Watchers run in the order they were added. Adding tells nothing: read net_level() first. */
void net_watch_add(struct net *net, struct net_watch *w, enum net_watch_kind kind,
                   void (*changed)(void *, struct net *, sim_time), void *ctx);
void net_watch_remove(struct net *net, struct net_watch *w);
/* The watch leaves *at and watches net from now on, *at being net; NULL: none. True: it is another one. */
bool net_watch_move(struct net **at, struct net *net, struct net_watch *w, enum net_watch_kind kind,
                    void (*changed)(void *, struct net *, sim_time), void *ctx);
/* Told as each contention begins, after the watchers of the level. */
void net_fight_watch_add(struct net *net, struct net_fight_watch *w, void (*began)(void *, struct net *, sim_time),
                         void *ctx);
void net_fight_watch_remove(struct net *net, struct net_fight_watch *w);

/* Level now (a wave's is computed). */
enum net_level net_level(const struct net *net);
/* Is the net 1, given that an input takes Z and X as `floating`? */
static inline bool net_is_high(const struct net *net, bool floating)
{
    enum net_level l = net_level(net);
    return l == NET_1 || (l != NET_0 && floating);
}

/*
 * A sample was taken of the net, now or less than a cycle ago, and it was so. Not sure: of a whole port, and perhaps for
 * another pin.
 */
static inline void net_looked(const struct net *net, sim_time at_ps, bool high, bool sure)
{
    if (net->look) {
        net->look->looked(net->look->ctx, net, at_ps, high, sure);
    }
}

static inline bool net_looks_matter(const struct sim *sim)
{
    return !sim->looks || *sim->looks;
}

/* Several drives as one instant. */
static inline void net_hold(struct sim *sim)
{
    sim->hold++;
}
void net_release(struct sim *sim);

/* For the kernel: resolve and notify until quiet. */
void net_settle(struct sim *sim);

/* The frame's edges are made from now on; net->frame is there. */
void net_frame_break(struct net *net);
/* Whoever changes what is on a net, or looks at its edges, does this first. */
static inline void net_break_frame(struct net *net)
{
    if (net && net->frame) {
        net_frame_break(net);
    }
}

/* For the trace: tells sim->notes whether only resistors hold the level, when that has changed. */
void net_note_strength(struct net *net);
/* For the trace: count of users that need a wave's edges. */
void net_edges_wanted(struct net *net, int more);

#endif
