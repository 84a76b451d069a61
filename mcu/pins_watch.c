/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mcu/cycle_list.h"
#include "mcu/pins_parts.h"

/* A core that others don't interrupt: a waiting loop must fit in many times to be worth skipping. */
#define LONG_LEAD_PS SIM_MS
#define SHORT_LEAD_PS (20 * SIM_US)

static unsigned isc_of(const struct pins *p, const struct pins_extint *e)
{
    const uint8_t *data = p->core->avr->data;
    return (data[e->isc[0].reg] >> e->isc[0].bit & 1u) | (data[e->isc[1].reg] >> e->isc[1].bit & 1u) << 1;
}

static void level_interrupt(struct pins *p, struct pins_extint *e, bool high)
{
    if (high) {
        core_lower(p->core, e->vector);
    } else {
        core_raise(p->core, e->vector);
    }
}

static avr_cycle_count_t flag_due(avr_t *avr, avr_cycle_count_t when, void *param)
{
    struct pins_flag *f = param;
    (void)avr;
    (void)when;
    f->pending = false;
    core_raise(f->core, f->vector);
    return 0;
}

/* A change at at_ps that is an interrupt: its flag comes through the synchroniser. Two on their way are one. */
static void raise_later(struct pins_flag *f, sim_time at_ps)
{
    avr_t *avr = f->core->avr;
    uint64_t due = core_cycle_at(f->core, at_ps + 1) + PINS_FLAG_CK;
    if (f->pending) {
        return;
    }
    if (due <= avr->cycle) { /* we ran ahead of the wire */
        core_raise(f->core, f->vector);
        return;
    }
    f->pending = true;
    cycle_list_add(avr, flag_due, f, due);
    core_horizon_changed(f->core);
}

/* INTn of a pin, if it has one. */
static void __attribute__((noinline)) sense_edge(struct pin *pin, bool high, sim_time at_ps)
{
    struct pins *p = pin->port->pins;
    for (unsigned i = 0; i < p->n_extint; i++) {
        struct pins_extint *e = &p->extint[i];
        if (e->pin == pin) {
            unsigned sense = isc_of(p, e);
            switch (sense) {
            case 0: level_interrupt(p, e, high); break;
            case 1: raise_later(&e->intf, at_ps); break;
            case 2:
            case 3:
                if (high == (sense == 3)) {
                    raise_later(&e->intf, at_ps);
                }
                break;
            }
        }
    }
}

void pins_pin_is(struct pin *pin, bool high, sim_time at_ps)
{
    struct pins_port *port = pin->port;
    struct pins *p = port->pins;
    unsigned mask = 1u << pin->bit;
    if (high == (port->was >> pin->bit & 1) || !(port->watched & mask)) {
        return;
    }
    port->was ^= (uint8_t)mask;
    if (p->int_pins & mask) {
        sense_edge(pin, high, at_ps);
    }
    if (port->r_pcmsk && (pins_reg(p, port->r_pcmsk) & mask)) {
        raise_later(&port->pcif, at_ps);
    }
    if (pin == p->ss && p->ss_changed) {
        p->ss_changed(p->ss_ctx);
    }
    if (pin == p->icp && p->icp_changed) {
        p->icp_changed(p->icp_ctx, high, at_ps);
    }
}

void pins_pin_changed(void *ctx, struct net *net, sim_time at_ps)
{
    (void)net;
    pins_pin_is(ctx, pin_level_at(ctx, at_ps), at_ps);
}

void pins_masked_changed(struct pins_port *port, unsigned levels, unsigned pins, sim_time at_ps)
{
    unsigned changed = (levels ^ port->was) & pins & port->watched;
    port->was ^= (uint8_t)changed;
    if (port->r_pcmsk && changed & pins_reg(port->pins, port->r_pcmsk)) {
        raise_later(&port->pcif, at_ps);
    }
}

/* Senses have changed. */
static void find_levels(struct pins *p)
{
    p->int_levels = p->int_pins = 0;
    for (const struct pins_extint *e = p->extint; e < p->extint + p->n_extint; e++) {
        p->int_levels |= isc_of(p, e) ? 0 : e->pin_mask;
        p->int_pins |= e->pin_mask;
    }
}

/* INTFn of these pins. */
static inline unsigned ints_of(const struct pins *p, unsigned pins)
{
    return pins << p->int_up >> 8;
}

/* By what ISCn are, which pins sense a level. */
static void tabulate_senses(struct pins *p)
{
    for (unsigned v = 0; v < PINS_SENSES; v++) {
        p->levels_by[v] = 0;
        for (const struct pins_extint *e = p->extint; e < p->extint + p->n_extint; e++) {
            p->levels_by[v] |= v & e->isc_mask ? 0 : e->pin_mask;
        }
    }
}

static void find_int_port(struct pins *p)
{
    const struct pins_extint *first = p->extint;
    p->int_port = p->n_extint ? first->pin->port : NULL;
    tabulate_senses(p);
    p->int_up = p->n_extint ? (uint8_t)(8 + __builtin_ctz(first->flag_mask) - first->pin->bit) : 8;
    for (const struct pins_extint *e = first; e < first + p->n_extint; e++) {
        if (e->pin->port != p->int_port || e->pin == p->ss || e->pin == p->icp || e->flag_mask != e->enable_mask ||
            ints_of(p, e->pin_mask) != e->flag_mask || e->isc_mask >= PINS_SENSES) {
            p->int_port = NULL;
            return;
        }
    }
}

static void find_more_than_masked(struct pins *p)
{
    const struct pin *pins[] = { p->ss, p->icp };
    for (unsigned i = 0; i < sizeof pins / sizeof pins[0]; i++) {
        if (pins[i]) {
            pins[i]->port->more_than_masked |= (uint8_t)(1u << pins[i]->bit);
        }
    }
}

/* Who wants to hear of which pin, but for pin change and INTn. */
static void find_called(struct pins *p)
{
    for (unsigned i = 0; i < p->n_ports; i++) {
        p->ports[i].called = 0;
    }
    find_more_than_masked(p);
    for (unsigned i = 0; i < p->n_extint; i++) {
        struct pins_extint *e = &p->extint[i];
        e->pin->port->more_than_masked |= e->pin_mask;
    }
    find_levels(p);
    find_int_port(p);
    if (p->ss_changed && !pin_is_output(p->ss)) {
        p->ss->port->called |= (uint8_t)(1u << p->ss->bit);
    }
    if (p->icp_wanted) {
        p->icp->port->called |= (uint8_t)(1u << p->icp->bit);
    }
}

static void rewatch(struct pins_port *port, unsigned changed)
{
    unsigned more = changed & (unsigned)~port->watched, alone = more & port->alone;
    for (unsigned left = more & port->timed; left; left &= left - 1) { /* and nobody hears of that */
        pin_leave_alone(&port->pin[__builtin_ctz(left)]);
    }
    port->watched ^= (uint8_t)changed;
    alone &= port->alone;
    if (alone) { /* the board is here */
        port->was = (uint8_t)((port->was & ~alone) | (pins_alone_levels(port) & alone));
    }
    for (unsigned left = changed & (unsigned)~port->alone; left; left &= left - 1) {
        struct pin *pin = &port->pin[__builtin_ctz(left)];
        uint8_t mask = (uint8_t)(1u << pin->bit);
        if (more & mask) {
            port->was = pins_with_bit(port->was, mask, pin_level_at(pin, port->pins->core->sim->now_ps));
        }
        pin_hear(pin, more & mask);
        pin_find_alone(pin);
    }
}

static inline bool any_watched(const struct pins *p)
{
    _Static_assert(PINS_MAX_PORTS == 4, "ports beyond n_ports are zero");
    return p->ports[0].watched | p->ports[1].watched | p->ports[2].watched | p->ports[3].watched;
}

static inline bool may_be_late(const struct pins *p)
{
    return any_watched(p) || p->hears_others;
}

/* A level that is looked up is exact however far we ran ahead; one that interrupts us, or begins a byte, may come late. */
static void find_lead(struct pins *p)
{
    sim_time long_ps = p->core->sim->no_shortcuts ? SHORT_LEAD_PS : LONG_LEAD_PS;
    p->core->agent.max_lead_ps = may_be_late(p) ? SIM_US : long_ps;
    if (may_be_late(p) && p->core->sim->awake_agents > 1) {
        core_lead_no_more(p->core);
    }
}

void pins_hear_others(struct pins *p, bool on)
{
    if (on != p->hears_others) {
        p->hears_others = on;
        find_lead(p);
    }
}

/* The same for quick stores. */
static inline void find_lead_quick(struct pins *p)
{
    p->core->agent.max_lead_ps = may_be_late(p) ? SIM_US : LONG_LEAD_PS;
}

/* Of the port, INTn's, that are wanted by their sense or their enable. */
static unsigned wanted_ints(const struct pins_port *port)
{
    const struct pins *p = port->pins;
    unsigned pins = 0;
    for (const struct pins_extint *e = p->extint; e < p->extint + p->n_extint; e++) {
        bool is_wanted = pins_reg(p, p->r_int) & e->enable_mask || isc_of(p, e);
        pins |= is_wanted && e->pin->port == port ? e->pin_mask : 0;
    }
    return pins;
}

/* RESET's and the crystal's pins change for nobody. */
static unsigned to_watch(const struct pins_port *port, unsigned pcmsk)
{
    return (port->called | wanted_ints(port) | pcmsk) & port->live;
}

static void rewatch_all(struct pins *p)
{
    for (unsigned i = 0; i < p->n_ports; i++) {
        struct pins_port *port = &p->ports[i];
        unsigned changed = to_watch(port, port->r_pcmsk ? pins_reg(p, port->r_pcmsk) : 0u) ^ port->watched;
        if (changed) {
            rewatch(port, changed);
        }
    }
    find_lead(p);
    core_horizon_changed(p->core);
}

void pins_rewatch(struct pins *p)
{
    find_called(p);
    rewatch_all(p);
}

/* PCMSKn */
void pins_mask_write(avr_t *avr, avr_io_addr_t addr, uint8_t v, void *param)
{
    struct pins *p = param;
    if (v == avr->data[addr]) {
        return;
    }
    core_sync(p->core, avr->cycle + core_store_ck(avr));
    avr->data[addr] = v;
    rewatch_all(p);
}

/* An INTn is about to be entered: a level keeps its flag. */
void pins_int_taken(void *ctx, avr_int_vector_t *v)
{
    const struct pins_extint *e = ctx;
    v->raise_sticky = !isc_of(e->pin->port->pins, e);
}

void pins_sense(struct pins *p)
{
    find_levels(p);
    rewatch_all(p);
    for (unsigned i = 0; i < p->n_extint; i++) {
        struct pins_extint *e = &p->extint[i];
        if (!isc_of(p, e) && (e->pin->port->watched >> e->pin->bit & 1)) {
            level_interrupt(p, e, pin_level_at(e->pin, p->core->sim->now_ps));
        }
    }
}

/* EIFR, PCIFR: ones clear. */
void pins_flag_write(avr_t *avr, avr_io_addr_t addr, uint8_t v, void *param)
{
    (void)param;
    avr->data[addr] &= (uint8_t)~v;
}

/* ---- quick stores ---- */

/* rewatch() of pins that are alone, and not timed. */
static void watch_alone(struct pins_port *port, unsigned changed)
{
    unsigned more = changed & (unsigned)~port->watched;
    port->watched ^= (uint8_t)changed;
    port->was = (uint8_t)((port->was & ~more) | (pins_alone_levels(port) & more));
}

/* PCMSKn */
static bool mask_quick(void *ctx, uint64_t cycle, unsigned v)
{
    struct pins_port *port = ctx;
    uint8_t *reg = &port->pins->core->avr->data[port->r_pcmsk];
    if (*reg == v) {
        return true;
    }
    unsigned changed = to_watch(port, v) ^ port->watched;
    if (changed & (unsigned)~(port->alone & (unsigned)~port->timed) || !core_is_quick(port->pins->core, cycle)) {
        return false;
    }
    *reg = (uint8_t)v;
    watch_alone(port, changed);
    find_lead_quick(port->pins);
    return true;
}

/*
 * INTn of these pins, which are alone, is wanted now where `on` says so, by its sense or its enable. A level that
 * watched pins have makes their flags.
 */
static inline void want_alone(struct pins *p, unsigned which, unsigned on)
{
    const struct core *c = p->core;
    uint8_t *data = c->avr->data;
    struct pins_port *port = p->int_port;
    unsigned watched = port->watched, now;
    on |= port->r_pcmsk ? data[port->r_pcmsk] & which : 0;
    now = (watched & ~which) | on;
    port->watched = (uint8_t)now;
    if (on) {
        unsigned ones = c->floating_high ? port->ones | (unsigned)~port->ddr : port->ones, more = on & ~watched;
        unsigned levels = on & p->int_levels;
        if (levels) {
            data[p->r_intf] = (uint8_t)((data[p->r_intf] & ~ints_of(p, levels)) | ints_of(p, levels & ~ones));
        }
        port->was = (uint8_t)((port->was & ~more) | (ones & more));
    }
    if (!watched != !now) {
        find_lead_quick(p);
    }
}

/* Pins of INTn that are enabled, of those that sense a level. */
static inline unsigned enabled_levels(const struct pins *p, unsigned v)
{
    return v << 8 >> p->int_up & p->int_levels;
}

void pins_store_enables(struct pins *p, unsigned v)
{
    p->core->avr->data[p->r_int] = (uint8_t)v;
    want_alone(p, p->int_levels, enabled_levels(p, v));
}

/* ISCn are stored. */
static inline void follow_senses(struct pins *p, unsigned v)
{
    unsigned levels = p->levels_by[v % PINS_SENSES];
    p->int_levels = (uint8_t)levels;
    want_alone(p, p->int_pins, (p->int_pins & ~levels) | enabled_levels(p, pins_reg(p, p->r_int)));
}

/* ISCn alone. */
static bool __attribute__((noinline)) isc_quick(void *ctx, uint64_t cycle, unsigned v)
{
    struct pins *p = ctx;
    if (!pins_ints_may_be_quick(p, p->int_pins, cycle)) {
        return false;
    }
    p->core->avr->data[p->r_isc] = (uint8_t)v;
    follow_senses(p, v);
    return core_flagged_quick(p->core);
}

/* Senses and PUD. */
static bool __attribute__((noinline)) store_both(struct pins *p, uint64_t cycle, unsigned v)
{
    if (!pins_ints_may_be_quick(p, p->int_pins, cycle) || !pins_pud_quick(p, cycle, v)) {
        return false;
    }
    follow_senses(p, v); /* nobody has begun to watch before the pins are there */
    return core_flagged_quick(p->core);
}

bool pins_mcucr_quick(void *ctx, uint64_t cycle, unsigned v)
{
    struct pins *p = ctx;
    uint8_t *reg = &p->core->avr->data[p->r_mcucr];
    bool senses = p->r_mcucr == p->r_isc;
    if ((*reg ^ v) & p->pud_mask) {
        return senses ? store_both(p, cycle, v) : pins_pud_quick(p, cycle, v);
    }
    if (senses) {
        return isc_quick(p, cycle, v);
    }
    if (cycle >= p->core->quick_end) {
        return false;
    }
    *reg = (uint8_t)v;
    return true;
}

/* INTn */
static bool enable_quick(void *ctx, uint64_t cycle, unsigned v)
{
    struct pins *p = ctx;
    if (!pins_enables_may_be_quick(p, cycle)) {
        return false;
    }
    pins_store_enables(p, v);
    return core_flagged_quick(p->core);
}

void pins_watch_ss(struct pins *p, bool on)
{
    struct pins_port *port = p->ss->port;
    uint8_t mask = (uint8_t)(1u << p->ss->bit);
    on = on && !pin_is_output(p->ss);
    if (on == !!(port->called & mask)) {
        return;
    }
    port->called ^= mask;
    if (!(port->r_pcmsk && pins_reg(p, port->r_pcmsk) & mask)) { /* else it is watched in any case */
        watch_alone(port, mask);
        find_lead_quick(p);
    }
}

void pins_watch_quick_init(struct pins *p)
{
    for (unsigned i = 0; i < p->n_ports; i++) {
        if (p->ports[i].r_pcmsk) {
            core_io_quick(p->core, p->ports[i].r_pcmsk, mask_quick, &p->ports[i]);
        }
    }
    if (p->n_extint) {
        core_io_quick(p->core, p->r_isc, isc_quick, p);
        core_io_quick(p->core, p->r_int, enable_quick, p);
    }
}
