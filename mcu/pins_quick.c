/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * pins_quick.c - stores to DDRx, PORTx and PINx where only pins change that are alone, by the registers alone, and that
 * nobody watches: what pins.c makes of them, without the board's being brought to that time
 */
#include "mcu/pins_parts.h"
#include "mcu/spi_shift.h"

/* These pins, which nobody watches, change at that time; what they all read until then. True, as a quick store returns it. */
static inline bool changes_at(struct pins_port *port, sim_time at_ps, unsigned changed, unsigned before)
{
    unsigned last = port->changed, last_before = port->before;
    sim_time last_ps = port->changed_ps;
    if (last_ps == at_ps) {
        port->changed = (uint8_t)(last | changed);
        return true;
    }
    port->before = (uint8_t)before;
    port->changed = (uint8_t)changed;
    port->changed_ps = at_ps;
    return !(last & ~changed) || pins_keep(port, last & ~changed, last_before, last_ps);
}

void pins_changed_at(struct pins_port *port, unsigned pins, sim_time at_ps)
{
    unsigned levels = pins_alone_levels(port), before = levels ^ pins;
    if (at_ps > port->changed_ps) {
        changes_at(port, at_ps, pins, before);
        return;
    }
    bool together = at_ps == port->changed_ps;
    port->before = (uint8_t)((port->before & ~pins) | ((together ? before : levels) & pins));
    if (together) {
        port->changed |= (uint8_t)pins;
    } else {
        pins_keep(port, pins, before, at_ps);
    }
}

static inline uint8_t *pins_data(const struct pins_port *port)
{
    return port->pins->core->avr->data;
}

static inline bool changes(struct pins_port *port, uint64_t cycle, unsigned changed, unsigned before)
{
    return changes_at(port, core_ps(port->pins->core, cycle), changed, before);
}

/* With ties; the registers were these until then. */
static bool __attribute__((noinline))
follow_tied(struct pins_port *port, uint64_t cycle, unsigned old_ddr, unsigned old_ones)
{
    unsigned moved = pins_moved(port, old_ddr, old_ones), fighting = pins_fighting(port, port->ddr, port->ones);
    unsigned begin = fighting & ~pins_fighting(port, old_ddr, old_ones);
    if (begin) {
        pins_tell_fights(port, begin, core_ps(port->pins->core, cycle));
    }
    return !moved || changes(port, cycle, moved, pins_levels_by(port, old_ddr, old_ones));
}

/* follow_alone(). Loaded once, stored once: a byte's store might be to anything. */
static inline bool follow(struct pins_port *port, uint64_t cycle)
{
    const struct pins *p = port->pins;
    const struct core *c = p->core;
    const uint8_t *data = c->avr->data;
    unsigned ddr = data[port->r_ddr], ones = data[port->r_port], old_ddr = port->ddr, old_ones = port->ones;
    unsigned out = port->forced_out, over = (port->levelled & ddr) | out;
    ddr = (ddr & (unsigned)~port->forced_in) | out;
    ones = (ones & ~over) | (port->levels & over);
    if (data[p->r_mcucr] & p->pud_mask) {
        ones &= ddr;
    }
    port->ddr = (uint8_t)ddr;
    port->ones = (uint8_t)ones;
    if (port->tied) {
        return follow_tied(port, cycle, old_ddr, old_ones);
    }
    unsigned moved = ((old_ones ^ ones) | ((old_ddr & ~old_ones) ^ (ddr & ~ones))) & port->alone;
    return !moved || changes(port, cycle, moved, c->floating_high ? old_ones | ~old_ddr : old_ones);
}

bool pins_overridden(struct pins_port *port, uint64_t cycle)
{
    return follow(port, cycle);
}

/* No pin has an override or a tie: what is on them is in PORT and DDR, but for those that are timed. */
static inline bool is_plain(const struct pins_port *port)
{
    return !(port->levelled | port->forced_in | port->forced_out | port->tied) && !pins_pull_ups_off(port->pins);
}

/* An output that moves against a supply makes a fight. */
static bool __attribute__((noinline)) fights_only_count(const struct pins_port *port, unsigned pins)
{
    while (pins && net_fights_only_count(port->pin[__builtin_ctz(pins)].net)) {
        pins &= pins - 1;
    }
    return !pins;
}

/* What the store concerns of a pin that is not plain: PORT nothing of an output that is overridden ... */
static inline unsigned shown_by_port(const struct pins_port *port)
{
    return (unsigned)~(port->forced_out | (port->levelled & port->pins->core->avr->data[port->r_ddr]));
}

/* ... DDR nothing where the direction is. */
static inline unsigned shown_by_ddr(const struct pins_port *port)
{
    return (unsigned)~(port->forced_in | port->forced_out);
}

/* These pins change by a store, at that cycle. Late edges may wait but for those of the same pins. */
static inline bool may_be_quick(const struct pins_port *port, uint64_t cycle, unsigned pins)
{
    const struct core *c = port->pins->core;
    return !(pins & ((unsigned)~port->alone | port->watched)) && (!port->timed || is_plain(port)) &&
           core_is_alone(c, cycle) && (!(pins & port->late_pins) || spi_alone_is_past(port->late, cycle, pins)) &&
           (!(pins & port->tied_supply) || fights_only_count(port, pins & port->tied_supply));
}

/* What they read just before that cycle; of those that change. */
static unsigned __attribute__((noinline)) timed_before(const struct pins_port *port, unsigned changed, uint64_t cycle)
{
    unsigned timed = port->timed & port->ddr & changed;
    return pins_with_timed(port, pins_alone_levels(port), timed, core_ps(port->pins->core, cycle) - 1);
}

static inline unsigned levels_before(const struct pins_port *port, unsigned changed, uint64_t cycle)
{
    return port->timed ? timed_before(port, changed, cycle) : pins_alone_levels(port);
}

/* Of these, which follow PORT: beside a resistor an input does only where that is too weak for its pull-up. */
static inline unsigned move_with_ties(struct pins_port *port, uint64_t cycle, unsigned pins)
{
    unsigned held = pins_held(port, port->ddr);
    unsigned begin = pins & pins_fighting(port, port->ddr, port->ones);
    if (begin) {
        pins_tell_fights(port, begin, core_ps(port->pins->core, cycle));
    }
    return pins & (~held | (port->tied_faint & (unsigned)~port->tied_ones));
}

/* These pins, which are shown, follow PORT at that cycle. */
static inline bool toggle(struct pins_port *port, uint64_t cycle, unsigned pins, unsigned before)
{
    pins &= pins_pull_ups_off(port->pins) ? port->ddr : 0xffu;
    port->ones ^= (uint8_t)pins;
    if (port->tied) {
        pins = move_with_ties(port, cycle, pins);
    }
    return !pins || changes(port, cycle, pins, before);
}

/* Does SS, which nothing overrides, read low as an input? */
static inline bool ss_is_low(const struct pins_port *port, unsigned ss)
{
    const struct pins *p = port->pins;
    const uint8_t *data = p->core->avr->data;
    bool pulls = data[port->r_port] & ss && !pins_pull_ups_off(p);
    return !(data[port->r_ddr] & ss) && !pulls && !p->core->floating_high;
}

/* Of these pins, which change, only SS is watched, or none; it is no interrupt's. */
static inline bool ss_may_move(const struct pins_port *port, uint64_t cycle, unsigned pins)
{
    const struct pins *p = port->pins;
    if (!p->ss_changed || p->ss_port != port || port->timed) {
        return false;
    }
    unsigned ss = p->ss_mask, with = p->ss_with, masked = port->r_pcmsk ? p->core->avr->data[port->r_pcmsk] : 0;
    return !((ss & ((unsigned)~port->normal | masked)) | (port->watched & (with | (pins & ~ss))) |
             ((pins | with | ss) & ((unsigned)~port->alone | port->tied))) &&
           core_is_quick(p->core, cycle);
}

/* SS has moved. */
static inline void ss_is_seen(struct pins_port *port)
{
    unsigned ss = port->pins->ss_mask;
    port->was = (uint8_t)((port->was & ~ss) | (pins_alone_levels(port) & ss));
}

/* A store to PORTx or DDRx. When SS goes low, the SPI leaves its pins: all changes of one instant are one. */
static bool __attribute__((noinline))
ss_write(struct pins_port *port, uint64_t cycle, avr_io_addr_t reg, unsigned changed, unsigned shown)
{
    struct pins *p = port->pins;
    if (!ss_may_move(port, cycle, shown)) {
        return false;
    }
    p->core->avr->data[reg] ^= (uint8_t)changed;
    bool is_low = ss_is_low(port, p->ss_mask), ends = is_low && !p->ss_low(p->ss_ctx);
    if (is_low || reg == port->r_ddr) {
        pins_overridden(port, cycle);
    } else {
        toggle(port, cycle, shown, pins_alone_levels(port));
    }
    ss_is_seen(port);
    if (reg == port->r_ddr) {
        pins_watch_ss(p, true);
    }
    return !ends;
}

/* Of watched pins only ICP1 changes, and it is no interrupt's. */
static bool __attribute__((noinline))
icp_write(struct pins_port *port, uint64_t cycle, unsigned changed, unsigned shown)
{
    const struct pins *p = port->pins;
    uint8_t *data = p->core->avr->data;
    unsigned icp = 1u << p->icp->bit, masked = port->r_pcmsk ? data[port->r_pcmsk] : 0;
    if (!p->icp_wanted || port->timed || icp & ((unsigned)~port->normal | masked) ||
        shown & ((unsigned)~port->alone | port->tied_supply) || !core_is_quick(p->core, cycle)) {
        return false;
    }
    data[port->r_port] ^= (uint8_t)changed;
    bool goes_on = toggle(port, cycle, shown, pins_alone_levels(port));
    unsigned levels = pins_alone_levels(port);
    if ((levels ^ port->was) & icp) {
        port->was ^= (uint8_t)icp;
        goes_on &= p->icp_quick(p->icp_ctx, levels & icp, cycle);
    }
    return goes_on;
}

static inline bool is_of_icp(const struct pins_port *port, unsigned pins)
{
    const struct pin *icp = port->pins->icp;
    return icp && icp->port == port && pins == 1u << icp->bit && icp != port->pins->ss;
}

/* With overrides, ties, times, edges that are not made yet, or SS. */
static bool __attribute__((noinline)) port_write_odd(struct pins_port *port, uint64_t cycle, unsigned changed)
{
    unsigned shown = changed & shown_by_port(port);
    unsigned watched = shown & port->watched;
    if (watched & (unsigned)~port->called) { /* an interrupt's */
        return false;
    }
    if (watched) {
        return is_of_icp(port, watched) ? icp_write(port, cycle, changed, shown)
                                        : ss_write(port, cycle, port->r_port, changed, shown);
    }
    if (!may_be_quick(port, cycle, shown)) {
        return false;
    }
    unsigned before = levels_before(port, shown, cycle);
    pins_data(port)[port->r_port] ^= (uint8_t)changed;
    return toggle(port, cycle, shown, before);
}

/* Fights of these pins begin: told, or false if who hears of them needs the board at that time. */
static bool __attribute__((noinline)) may_fight(struct pins_port *port, uint64_t cycle, unsigned begin)
{
    if (!(begin & (begin - 1)) && net_fight_counts(port->pin[__builtin_ctz(begin)].net)) {
        return true;
    }
    if (!fights_only_count(port, begin)) {
        return false;
    }
    pins_tell_fights(port, begin, core_ps(port->pins->core, cycle));
    return true;
}

/* With ties alone. */
static bool __attribute__((noinline))
port_write_tied(struct pins_port *port, uint64_t cycle, uint8_t *reg, unsigned changed)
{
    unsigned ddr = port->ddr, ones = port->ones, tied_ones = port->tied_ones, faint = port->tied_faint;
    unsigned held = pins_held(port, ddr), held_ones = held & (tied_ones | (faint & ones));
    unsigned before = (pins_untied_levels(port, ddr, ones) & ~held) | held_ones;
    unsigned begin = changed & port->tied_supply & ddr & ~(ones ^ tied_ones);
    if (begin && !may_fight(port, cycle, begin)) {
        return false;
    }
    *reg ^= (uint8_t)changed;
    port->ones = (uint8_t)(ones ^ changed);
    changed &= ~held | (faint & ~tied_ones);
    return !changed || changes(port, cycle, changed, before);
}

static inline bool port_store(struct pins_port *port, uint64_t cycle, uint8_t *reg, unsigned changed)
{
    const struct pins *p = port->pins;
    unsigned odd = port->levelled | port->forced_out | port->timed;
    odd |= changed & ((unsigned)~port->alone | port->watched);
    if (odd || pins_pull_ups_off(p) || !core_is_quick(p->core, cycle)) {
        return port_write_odd(port, cycle, changed);
    }
    if (port->tied) {
        return port_write_tied(port, cycle, reg, changed);
    }
    unsigned before = pins_untied_levels(port, port->ddr, port->ones);
    *reg ^= (uint8_t)changed;
    port->ones ^= (uint8_t)changed;
    return changes(port, cycle, changed, before);
}

static bool port_write(void *ctx, uint64_t cycle, unsigned v)
{
    struct pins_port *port = ctx;
    uint8_t *reg = &pins_data(port)[port->r_port];
    unsigned changed = (*reg ^ v) & port->live;
    return !changed || port_store(port, cycle, reg, changed);
}

/* With SS is watched or no longer. */
static inline bool is_of_ss(const struct pins *p, const struct pins_port *port, unsigned changed)
{
    return p->ss_changed && p->ss->port == port && changed >> p->ss->bit & 1;
}

static bool ddr_write(void *ctx, uint64_t cycle, unsigned v)
{
    struct pins_port *port = ctx;
    struct pins *p = port->pins;
    uint8_t *reg = &p->core->avr->data[port->r_ddr];
    unsigned changed = (*reg ^ v) & port->live, shown = changed & shown_by_ddr(port);
    if (!changed) {
        return true;
    }
    if (is_of_ss(p, port, changed)) {
        return ss_write(port, cycle, port->r_ddr, changed, shown);
    }
    if (!may_be_quick(port, cycle, shown)) {
        return false;
    }
    if (shown & (port->levelled | port->tied) || pins_pull_ups_off(p)) {
        *reg ^= (uint8_t)changed;
        return pins_overridden(port, cycle);
    }
    unsigned before = levels_before(port, shown, cycle);
    *reg ^= (uint8_t)changed;
    port->ddr ^= (uint8_t)shown;
    shown &= (unsigned)~port->ones | port->timed; /* beside a pull-up only the strength changes */
    return !shown || changes(port, cycle, shown, before);
}

static bool pin_write(void *ctx, uint64_t cycle, unsigned v)
{
    struct pins_port *port = ctx;
    unsigned changed = port->pins->pinx_read_only ? 0 : v & port->live;
    return !changed || port_store(port, cycle, &pins_data(port)[port->r_port], changed);
}

/* Only PUD has changed: where nothing overrides the port, that is only about its inputs. */
static inline void follow_pud(struct pins_port *port, unsigned ones, bool floating_high, sim_time at_ps)
{
    unsigned old = port->ones, changed = (old ^ ones) & port->alone;
    port->ones = (uint8_t)ones;
    if (changed) {
        changes_at(port, at_ps, changed, floating_high ? old | (unsigned)~port->ddr : old);
    }
}

/* Some pin has a pull-up, and of watched ones, which this port has, only SS. */
static bool __attribute__((noinline))
store_pud_of_ss(struct pins *p, const struct pins_port *ss_port, uint64_t cycle, unsigned v)
{
    uint8_t *data = p->core->avr->data;
    for (const struct pins_port *port = p->ports; port < p->ports + p->n_ports; port++) {
        unsigned pulls = pins_pulls_by(port, data);
        bool may = port == ss_port ? ss_may_move(port, cycle, pulls)
                                   : !(pulls & ((unsigned)~port->alone | port->watched)) && !(pulls && port->timed);
        if (!may) {
            return false;
        }
    }
    data[p->r_mcucr] = (uint8_t)v;
    bool ends = ss_is_low(ss_port, p->ss_mask) && !p->ss_low(p->ss_ctx);
    for (struct pins_port *port = p->ports; port < p->ports + p->n_ports; port++) {
        pins_overridden(port, cycle);
    }
    ss_is_seen(p->ss_port);
    return !ends;
}

/* Some pin has a pull-up. */
static bool __attribute__((noinline)) store_pud(struct pins *p, uint64_t cycle, unsigned v)
{
    const struct core *c = p->core;
    uint8_t *data = c->avr->data;
    struct pins_port *const end = p->ports + p->n_ports;
    if (!core_is_quick(c, cycle)) {
        return false;
    }
    for (const struct pins_port *port = p->ports; port < end; port++) {
        unsigned pulls = pins_pulls_by(port, data);
        if (pulls & ((unsigned)~port->alone | port->watched) || (pulls && port->timed)) {
            return pulls & port->watched && store_pud_of_ss(p, port, cycle, v);
        }
    }
    bool floating_high = c->floating_high, off = v & p->pud_mask;
    sim_time at_ps = core_ps(c, cycle);
    data[p->r_mcucr] = (uint8_t)v;
    for (struct pins_port *port = p->ports; port < end; port++) {
        if (port->levelled | port->forced_in | port->forced_out | port->tied) {
            pins_overridden(port, cycle);
        } else { /* without pulls nothing changes */
            follow_pud(port, off ? port->ones & port->ddr : data[port->r_port], floating_high, at_ps);
        }
    }
    return true;
}

bool pins_pud_quick(struct pins *p, uint64_t cycle, unsigned v)
{
    uint8_t *data = p->core->avr->data;
    for (const struct pins_port *port = p->ports, *end = p->ports + p->n_ports; port < end; port++) {
        if (pins_pulls_by(port, data)) {
            return store_pud(p, cycle, v);
        }
    }
    if (cycle >= p->core->quick_end) {
        return false;
    }
    data[p->r_mcucr] = (uint8_t)v;
    return true;
}

void pins_quick_init(struct pins_port *port)
{
    struct core *c = port->pins->core;
    core_io_quick(c, port->r_port, port_write, port);
    core_io_quick(c, port->r_ddr, ddr_write, port);
    core_io_quick(c, port->r_pin, pin_write, port);
}
