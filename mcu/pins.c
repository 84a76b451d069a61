/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mcu/pins.h"

#include <simavr/avr_extint.h>
#include <simavr/avr_ioport.h>
#include <string.h>

/* A core that others don't interrupt: a waiting loop must fit in many times to be worth skipping. */
#define LONG_LEAD_PS SIM_MS
#define SHORT_LEAD_PS (20 * SIM_US)

/* Changes of pins on wires between two looks whether they have become alone. */
#define PINS_RETRY 32

static uint8_t reg(const struct pins *p, avr_io_addr_t a)
{
    return p->core->avr->data[a];
}

static bool pull_ups_off(const struct pins *p)
{
    return p->r_mcucr && (reg(p, p->r_mcucr) & p->pud_mask);
}

/* ---- pins that are alone ---- */

static bool reads_high(const struct pins_port *port, unsigned level)
{
    return level == NET_1 || (level != NET_0 && port->pins->core->floating_high);
}

/* What they read. */
static inline uint8_t alone_levels(const struct pins_port *port)
{
    return port->pins->core->floating_high ? (uint8_t)(port->ones | (unsigned)~port->ddr) : port->ones;
}

static inline uint8_t alone_at(const struct pins_port *port, sim_time at_ps)
{
    return port->changed_ps > at_ps ? port->before : alone_levels(port);
}

static inline void take_registers(struct pins_port *port)
{
    const struct pins *p = port->pins;
    port->ddr = reg(p, port->r_ddr);
    port->ones = reg(p, port->r_port) & (pull_ups_off(p) ? port->ddr : 0xff);
}

static enum net_level level_before(const struct pins_port *port, unsigned mask)
{
    return port->before & mask ? NET_1 : NET_0;
}

/* Another change comes, of other pins: the nets of these keep when theirs was. */
static void keep_changes(struct pins_port *port, unsigned pins)
{
    for (; pins; pins &= pins - 1) {
        unsigned bit = (unsigned)__builtin_ctz(pins);
        struct net *net = port->pin[bit].net;
        net->old_level = (uint8_t)level_before(port, 1u << bit);
        net->changed_ps = port->changed_ps;
    }
}

/* The registers have changed, now. */
static inline void follow_alone(struct pins_port *port)
{
    unsigned zeros = port->ddr & (unsigned)~port->ones, ones = port->ones;
    uint8_t before = alone_levels(port);
    take_registers(port);
    unsigned changed = ((ones ^ port->ones) | (zeros ^ (port->ddr & (unsigned)~port->ones))) & port->alone;
    if (changed) {
        keep_changes(port, port->changed & ~changed);
        port->before = before;
        port->changed = (uint8_t)changed;
        port->changed_ps = port->pins->core->sim->now_ps;
    }
}

/* No longer: its net becomes what it stood for. */
static void woken(void *ctx)
{
    struct pin *pin = ctx;
    struct pins_port *port = pin->port;
    struct net *net = pin->net;
    uint8_t mask = (uint8_t)(1u << pin->bit);
    bool is_output = port->ddr & mask, is_one = port->ones & mask;
    port->alone &= (uint8_t)~mask;
    keep_changes(port, port->changed & mask);
    port->changed &= (uint8_t)~mask;
    pin->drv.strength = is_output ? NET_STRONG : is_one ? NET_WEAK : NET_OPEN;
    pin->drv.level = is_one ? NET_1 : is_output ? NET_0 : NET_Z;
    net->last = &pin->drv;
    net->n_active = pin->drv.strength != NET_OPEN;
    net->level = pin->drv.level;
}

static inline void leave_alone(struct pin *pin)
{
    if (pin->port->alone >> pin->bit & 1) {
        net_wake(pin->net);
    }
}

/* From now on, if it may be: it has been driven as the registers say. What it read a moment ago is still asked for. */
static void find_alone(struct pin *pin)
{
    struct pins_port *port = pin->port;
    struct net *net = pin->net;
    uint8_t mask = (uint8_t)(1u << pin->bit);
    if (port->alone & mask || pin->override != PIN_NORMAL || port->pins->held || !net_may_sleep(net, &pin->drv)) {
        return;
    }
    net_sleep(net, woken, pin);
    if (!port->alone) {
        take_registers(port);
    }
    if (net->changed_ps > port->changed_ps) {
        keep_changes(port, port->changed);
        port->before = alone_levels(port);
        port->changed_ps = net->changed_ps;
        port->changed = 0;
    }
    bool is_last = net->changed_ps == port->changed_ps;
    port->before = (uint8_t)((port->before & ~mask) |
                             (reads_high(port, is_last ? net->old_level : net->level) ? mask : 0));
    port->changed |= is_last ? mask : 0;
    port->alone |= mask;
}

/* ---- out ---- */

static struct net_word word_of(const struct pin *pin, bool *is_wave)
{
    const struct pins_port *port = pin->port;
    const struct pins *p = port->pins;
    bool out = reg(p, port->r_ddr) >> pin->bit & 1, high = reg(p, port->r_port) >> pin->bit & 1;
    struct net_word w = { NULL, NET_Z, NET_OPEN };
    switch ((enum pin_override)pin->override) {
    case PIN_NORMAL: break;
    case PIN_LEVEL: high = out ? pin->level : high; break;
    case PIN_WAVE: *is_wave = out && !p->held; break;
    case PIN_INPUT: out = false; break;
    case PIN_OUTPUT:
        out = true;
        high = pin->level;
        break;
    case PIN_OUTPUT_WAVE: *is_wave = true; break;
    case PIN_OFF:
    case PIN_NO_PORT: out = high = false; break;
    }
    if (p->held && pin->override != PIN_OUTPUT) {
        return w;
    }
    if (out) {
        w.level = high ? NET_1 : NET_0;
        w.strength = NET_STRONG;
    } else if (high && !pull_ups_off(p)) {
        w.level = NET_1;
        w.strength = NET_WEAK;
    }
    return w;
}

static void drive(struct pin *pin)
{
    bool is_wave = false;
    net_break_frame(pin->drv.net); /* before its level is looked at */
    struct net_word w = word_of(pin, &is_wave);
    if (is_wave) {
        net_drive_wave(&pin->drv, &pin->wave, NET_STRONG);
    } else {
        net_drive(&pin->drv, (enum net_level)w.level, (enum net_strength)w.strength);
    }
}

static void drive_pins(struct pins_port *port, unsigned pins)
{
    struct sim *sim = port->pins->core->sim;
    net_hold(sim);
    for (; pins; pins &= pins - 1) {
        drive(&port->pin[__builtin_ctz(pins)]);
    }
    net_release(sim);
}

/* What is not as simple as an output by the registers. False: a wave; nothing has been done then. */
static bool add_words(struct pins_port *port, unsigned pins, struct net_word *word, unsigned *n)
{
    bool is_wave = false;
    for (; pins; pins &= pins - 1) {
        struct pin *pin = &port->pin[__builtin_ctz(pins)];
        net_break_frame(pin->drv.net); /* before its level is looked at */
        word[*n] = word_of(pin, &is_wave);
        word[*n].driver = &pin->drv;
        *n += word[*n].level != pin->drv.level || word[*n].strength != pin->drv.strength || pin->drv.has_wave;
        if (is_wave) {
            return false;
        }
    }
    return true;
}

/* Of pins that have a wire, or something else beside the registers; as one instant. */
static void drive_wired(struct pins_port *port, unsigned pins)
{
    const struct pins *p = port->pins;
    struct net_word word[NET_WORDS];
    unsigned n = 0, level = reg(p, port->r_port);
    if (pins & (unsigned)~(reg(p, port->r_ddr) & port->normal) || p->held) {
        if (!add_words(port, pins, word, &n)) {
            drive_pins(port, pins);
            return;
        }
    } else {
        for (unsigned left = pins; left; left &= left - 1) {
            unsigned bit = (unsigned)__builtin_ctz(left);
            word[n++] = (struct net_word){ &port->pin[bit].drv, level >> bit & 1 ? NET_1 : NET_0, NET_STRONG };
        }
    }
    if (n == 1) {
        net_drive(word[0].driver, (enum net_level)word[0].level, (enum net_strength)word[0].strength);
    } else if (n) {
        net_drive_together(p->core->sim, word, n);
    }
}

static void find_more_alone(struct pins_port *port, unsigned pins)
{
    port->retry = PINS_RETRY;
    for (; pins; pins &= pins - 1) {
        find_alone(&port->pin[__builtin_ctz(pins)]);
    }
}

static void drive_port(struct pins_port *port, uint8_t changed)
{
    unsigned wired = changed & (unsigned)~port->alone;
    if (port->alone) {
        follow_alone(port);
    }
    if (wired) {
        drive_wired(port, wired);
        if (!port->retry--) {
            find_more_alone(port, wired);
        }
    }
}

static void find_live(struct pins_port *port)
{
    avr_t *avr = port->pins->core->avr;
    port->live = port->there;
    for (unsigned bit = 0; bit < 8; bit++) {
        if (port->pin[bit].override == PIN_NO_PORT) {
            port->live &= (uint8_t) ~(1u << bit);
        }
    }
    avr->data[port->r_ddr] &= port->live;
    avr->data[port->r_port] &= port->live;
}

static void set_override(struct pin *pin, enum pin_override kind)
{
    uint8_t mask = (uint8_t)(1u << pin->bit);
    pin->override = (uint8_t)kind;
    pin->port->normal = (uint8_t)((pin->port->normal & ~mask) | (kind == PIN_NORMAL ? mask : 0));
}

void pin_override(struct pin *pin, enum pin_override kind, bool level)
{
    bool was_port = pin->override != PIN_NO_PORT;
    if (pin->override == kind && pin->level == level) {
        return;
    }
    net_break_frame(pin->drv.net);
    leave_alone(pin);
    set_override(pin, kind);
    pin->level = level;
    if (was_port != (kind != PIN_NO_PORT)) {
        find_live(pin->port);
    }
    drive(pin);
    find_alone(pin);
}

void pin_override_wave(struct pin *pin, enum pin_override kind, const struct net_wave *wave)
{
    net_break_frame(pin->drv.net);
    leave_alone(pin);
    set_override(pin, kind);
    pin->wave = *wave;
    drive(pin);
}

bool pin_is_output(const struct pin *pin)
{
    return reg(pin->port->pins, pin->port->r_ddr) >> pin->bit & 1;
}

/* ---- in ---- */

bool pin_level_at(const struct pin *pin, sim_time at_ps)
{
    const struct pins_port *port = pin->port;
    const struct net *net = pin->net;
    if (port->alone >> pin->bit & 1) {
        return alone_at(port, at_ps) >> pin->bit & 1;
    }
    net_wake(net); /* another chip's pin has it */
    if (net->wave) {
        return net_wave_level(&net->wave->wave, at_ps);
    }
    return reads_high(port, net->changed_ps > at_ps ? net->old_level : net->level);
}

static uint8_t read_port(const struct pins_port *port, sim_time at_ps)
{
    uint8_t v = port->alone ? alone_at(port, at_ps) & port->alone : 0;
    for (unsigned left = port->live & (unsigned)~port->alone; left; left &= left - 1) {
        unsigned bit = (unsigned)__builtin_ctz(left);
        v |= (uint8_t)(pin_level_at(&port->pin[bit], at_ps) << bit);
    }
    return v & port->live;
}

/* When a cycle's read looks: the synchroniser's latch closes half a cycle before. */
static sim_time look_ps(const struct core *c, uint64_t cycle)
{
    sim_time at = core_ps(c, cycle);
    return at - (core_ps(c, cycle + 1) - at) / 2;
}

static void tell_of_look(const struct pins_port *port, sim_time at_ps, uint8_t levels)
{
    for (unsigned bit = 0; bit < 8; bit++) {
        net_looked(port->pin[bit].net, at_ps, levels >> bit & 1, false);
    }
}

static uint8_t pin_read(avr_t *avr, avr_io_addr_t addr, void *param)
{
    struct pins_port *port = param;
    struct core *c = port->pins->core;
    sim_time at_ps = look_ps(c, avr->cycle + core_load_ck(avr));
    core_sync_ps(c, at_ps);
    avr->data[addr] = read_port(port, at_ps);
    tell_of_look(port, at_ps, avr->data[addr]);
    return avr->data[addr];
}

/*
 * For a loop that waits for a pin. Nets stay until an event, unless a wave is on one, another core that we may lead
 * can move them, or our own SPI is at work. What changed just now, the next read may not see yet.
 */
static uint64_t pin_steady(void *ctx, avr_io_addr_t addr, uint8_t *value)
{
    struct pins_port *port = ctx;
    const struct core *c = port->pins->core;
    (void)addr;
    for (const struct sim_agent *a = c->sim->agents; a; a = a->next) {
        bool leads_us = a == c->sim->agents; /* what it does to a net comes to us in time */
        if (a != &c->agent && !a->halted && !leads_us) {
            return 0;
        }
    }
    sim_time change_ps = SIM_NEVER, next, from_ps = look_ps(c, c->avr->cycle);
    from_ps = from_ps < c->sim->now_ps ? from_ps : c->sim->now_ps;
    for (unsigned bit = 0; bit < 8; bit++) {
        const struct net *net = port->pin[bit].net;
        if (port->alone >> bit & 1) {
            next = port->changed_ps > from_ps ? port->changed_ps : SIM_NEVER;
            change_ps = next < change_ps ? next : change_ps;
            continue;
        }
        net_wake(net);
        if (net->wave && !net->frame) {
            return 0;
        }
        next = net->frame                  ? net_wave_next_change(&net->wave->wave, from_ps)
               : net->changed_ps > from_ps ? net->changed_ps /* or later than now: spi_train.h */
                                           : SIM_NEVER;
        change_ps = next < change_ps ? next : change_ps;
    }
    if (c->late_cycle != UINT64_MAX) {
        return 0;
    }
    *value = read_port(port, from_ps);
    return change_ps == SIM_NEVER ? UINT64_MAX : core_cycle_at(c, change_ps) - 1;
}

/* ---- register writes ---- */

static void port_or_ddr_write(avr_t *avr, avr_io_addr_t addr, uint8_t v, void *param)
{
    struct pins_port *port = param;
    struct pins *p = port->pins;
    v &= port->live;
    uint8_t changed = avr->data[addr] ^ v;
    if (!changed) {
        return;
    }
    core_sync(p->core, avr->cycle + core_store_ck(avr));
    avr->data[addr] = v;
    drive_port(port, changed);
    core_horizon_changed(p->core);
    if (addr == port->r_ddr && p->ss && p->ss->port == port && p->ss_changed) {
        pins_rewatch(p);
        p->ss_changed(p->ss_ctx);
    }
}

static void pin_write(avr_t *avr, avr_io_addr_t addr, uint8_t v, void *param)
{
    struct pins_port *port = param;
    unsigned op = core_op_at_pc(avr);
    (void)addr;
    if ((op & 0xff00) == 0x9800 || port->pins->pinx_read_only) {
        return; /* CBI on PINx: nothing in any case */
    }
    if ((op & 0xff00) == 0x9a00) {
        v = (uint8_t)(1u << (op & 7)); /* SBI on PINx: simavr reads, modifies and writes all bits */
    }
    port_or_ddr_write(avr, port->r_port, avr->data[port->r_port] ^ v, param);
}

void pins_pud_write(struct pins *p, uint8_t v)
{
    avr_t *avr = p->core->avr;
    uint8_t changed = avr->data[p->r_mcucr] ^ v;
    avr->data[p->r_mcucr] = v;
    if (changed & p->pud_mask) {
        core_sync(p->core, avr->cycle + core_store_ck(avr));
        for (unsigned i = 0; i < p->n_ports; i++) {
            drive_port(&p->ports[i], avr->data[p->ports[i].r_port]); /* no other pin has a pull-up */
        }
        core_horizon_changed(p->core);
    }
}

static void mcucr_write(avr_t *avr, avr_io_addr_t addr, uint8_t v, void *param)
{
    (void)avr;
    (void)addr;
    pins_pud_write(param, v);
}

/* ---- interrupts by pins ---- */

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
    avr_cycle_timer_register(avr, due - avr->cycle, flag_due, f);
    core_horizon_changed(f->core);
}

static void pin_changed(void *ctx, struct net *net, sim_time at_ps)
{
    struct pin *pin = ctx;
    struct pins_port *port = pin->port;
    struct pins *p = port->pins;
    (void)net;
    bool high = pin_level_at(pin, at_ps);
    uint8_t mask = (uint8_t)(1u << pin->bit);
    if (high == (port->was >> pin->bit & 1)) {
        return;
    }
    port->was ^= mask;
    for (unsigned i = 0; i < p->n_extint; i++) {
        struct pins_extint *e = &p->extint[i];
        if (e->pin == pin) {
            switch (isc_of(p, e)) {
            case 0: level_interrupt(p, e, high); break;
            case 1: raise_later(&e->intf, at_ps); break;
            case 2:
            case 3:
                if (high == (isc_of(p, e) == 3)) {
                    raise_later(&e->intf, at_ps);
                }
                break;
            }
        }
    }
    if (port->r_pcmsk && (reg(p, port->r_pcmsk) & mask)) {
        raise_later(&port->pcif, at_ps);
    }
    if (pin == p->ss && p->ss_changed) {
        p->ss_changed(p->ss_ctx);
    }
    if (pin == p->icp && p->icp_changed) {
        p->icp_changed(p->icp_ctx, high, at_ps);
    }
}

static bool wants_watch(const struct pins *p, const struct pin *pin)
{
    for (unsigned i = 0; i < p->n_extint; i++) {
        const struct pins_extint *e = &p->extint[i];
        if (e->pin == pin && (isc_of(p, e) || (reg(p, e->vector->enable.reg) >> e->vector->enable.bit & 1))) {
            return true;
        }
    }
    if (pin->port->r_pcmsk && (reg(p, pin->port->r_pcmsk) >> pin->bit & 1)) {
        return true;
    }
    return (pin == p->ss && p->ss_changed && !pin_is_output(pin)) || (pin == p->icp && p->icp_wanted);
}

/* Only pins whose changes matter are watched: a watched net turns a wave on it into edges. */
static void rewatch(struct pin *pin)
{
    struct pins *p = pin->port->pins;
    bool want = wants_watch(p, pin);
    if (want == pin->watched) {
        return;
    }
    pin->watched = want;
    if (!want) {
        net_watch_remove(pin->net, &pin->watch);
        find_alone(pin);
        return;
    }
    leave_alone(pin);
    uint8_t mask = (uint8_t)(1u << pin->bit);
    bool high = pin_level_at(pin, p->core->sim->now_ps);
    pin->port->was = (uint8_t)((pin->port->was & ~mask) | (high ? mask : 0));
    net_watch_add(pin->net, &pin->watch, NET_WATCH_EDGES, pin_changed, pin);
}

void pins_rewatch(struct pins *p)
{
    bool any = false;
    for (unsigned i = 0; i < p->n_ports; i++) {
        for (unsigned bit = 0; bit < 8; bit++) {
            rewatch(&p->ports[i].pin[bit]);
            any |= p->ports[i].pin[bit].watched;
        }
    }
    /* a level that is looked up is exact however far we ran ahead; one that interrupts us may come late */
    p->core->agent.max_lead_ps = any ? SIM_US : p->core->sim->no_shortcuts ? SHORT_LEAD_PS : LONG_LEAD_PS;
    core_horizon_changed(p->core);
}

/* PCMSKn, EICRA, EIMSK */
static void sense_write(avr_t *avr, avr_io_addr_t addr, uint8_t v, void *param)
{
    struct pins *p = param;
    core_sync(p->core, avr->cycle + core_store_ck(avr));
    avr->data[addr] = v;
    pins_rewatch(p);
    for (unsigned i = 0; i < p->n_extint; i++) {
        struct pins_extint *e = &p->extint[i];
        e->vector->raise_sticky = isc_of(p, e) == 0; /* a level keeps its flag through the interrupt's entry */
        if (e->pin->watched && isc_of(p, e) == 0) {
            level_interrupt(p, e, pin_level_at(e->pin, p->core->sim->now_ps));
        }
    }
}

/* EIFR, PCIFR: ones clear. */
static void flag_write(avr_t *avr, avr_io_addr_t addr, uint8_t v, void *param)
{
    (void)param;
    avr->data[addr] &= (uint8_t)~v;
}

/* ---- building ---- */

void pin_connect(struct pin *pin, struct net *net)
{
    struct pins *p = pin->port->pins;
    if (pin->watched) {
        net_watch_remove(pin->net, &pin->watch);
        pin->watched = false;
    }
    leave_alone(pin);
    net_detach(&pin->drv);
    pin->net = net ? net : &pin->none;
    net_attach(pin->net, &pin->drv, p->core->name);
    net_driver_supply(&pin->drv, p->supply);
    pin->drv.owner = p->owner;
    drive(pin);
    rewatch(pin);
    find_alone(pin);
}

struct pin *pins_find(struct pins *p, const char *name)
{
    for (unsigned i = 0; i < p->n_ports; i++) {
        if (name[0] == 'P' && name[1] == p->ports[i].name && name[2] >= '0' && name[2] <= '7' && !name[3]) {
            return &p->ports[i].pin[name[2] - '0'];
        }
    }
    return NULL;
}

void pins_port_has(struct pins *p, char port, uint8_t mask)
{
    for (unsigned i = 0; i < p->n_ports; i++) {
        if (p->ports[i].name == port) {
            p->ports[i].there = mask;
            find_live(&p->ports[i]);
        }
    }
}

void pins_hold(struct pins *p, bool held)
{
    p->held = held;
    net_hold(p->core->sim);
    for (unsigned i = 0; i < p->n_ports; i++) {
        for (unsigned bit = 0; bit < 8; bit++) {
            leave_alone(&p->ports[i].pin[bit]);
            drive(&p->ports[i].pin[bit]);
        }
    }
    net_release(p->core->sim);
    for (unsigned i = 0; i < p->n_ports; i++) {
        for (unsigned bit = 0; bit < 8; bit++) {
            find_alone(&p->ports[i].pin[bit]);
        }
    }
}

static void pins_reset(void *ctx)
{
    struct pins *p = ctx;
    for (unsigned i = 0; i < p->n_ports; i++) {
        for (unsigned bit = 0; bit < 8; bit++) {
            struct pin *pin = &p->ports[i].pin[bit];
            net_break_frame(pin->drv.net);
            if (pin->override != PIN_OFF && pin->override != PIN_NO_PORT) {
                set_override(pin, PIN_NORMAL);
            }
        }
    }
    for (unsigned i = 0; i < p->n_extint; i++) {
        p->extint[i].vector->raise_sticky = 1;
        p->extint[i].intf = (struct pins_flag){ p->core, p->extint[i].vector, false }; /* simavr forgets its timers */
    }
    for (unsigned i = 0; i < p->n_ports; i++) {
        p->ports[i].pcif = (struct pins_flag){ p->core, p->ports[i].pcint, false };
    }
    pins_hold(p, p->held);
    pins_rewatch(p);
}

static void init_port(struct pins *p, struct pins_port *port, avr_ioport_t *io)
{
    port->pins = p;
    port->name = io->name;
    port->r_pin = io->r_pin;
    port->r_ddr = io->r_ddr;
    port->r_port = io->r_port;
    port->r_pcmsk = io->pcint.vector ? io->r_pcint : 0;
    port->pcint = &io->pcint;
    port->pcif = (struct pins_flag){ p->core, port->pcint, false };
    port->there = port->live = port->normal = 0xff;
    for (uint8_t bit = 0; bit < 8; bit++) {
        struct pin *pin = &port->pin[bit];
        pin->port = port;
        pin->bit = bit;
        net_init(&pin->none, p->core->sim, "not connected");
        pin->net = &pin->none;
        net_attach(pin->net, &pin->drv, p->core->name);
    }
    core_hook_read(p->core, port->r_pin, pin_read, port);
    core_hook_write(p->core, port->r_pin, pin_write, port);
    core_hook_write(p->core, port->r_ddr, port_or_ddr_write, port);
    core_hook_write(p->core, port->r_port, port_or_ddr_write, port);
    core_io_steady(p->core, port->r_pin, pin_steady, port);
    core_io_rewrite_is_ok(p->core, port->r_ddr);
    core_io_rewrite_is_ok(p->core, port->r_port);
    if (port->r_pcmsk) {
        core_hook_write(p->core, port->r_pcmsk, sense_write, p);
        core_hook_write(p->core, io->pcint.raised.reg, flag_write, p);
    }
}

static void init_extint(struct pins *p, avr_extint_t *ext)
{
    for (unsigned i = 0; ext && i < 2; i++) {
        if (!ext->eint[i].vector.vector || !ext->eint[i].isc[0].reg || !ext->eint[i].isc[1].reg) {
            continue;
        }
        char name[] = { 'P', (char)(ext->eint[i].port_ioctl & 0xff), (char)('0' + ext->eint[i].port_pin), '\0' };
        struct pin *pin = pins_find(p, name);
        if (!pin) {
            continue;
        }
        struct pins_extint *e = &p->extint[p->n_extint++];
        *e = (struct pins_extint){ pin,
                                   { ext->eint[i].isc[0], ext->eint[i].isc[1] },
                                   &ext->eint[i].vector,
                                   { p->core, &ext->eint[i].vector, false } };
        core_hook_write(p->core, e->isc[0].reg, sense_write, p);
        core_hook_write(p->core, e->vector->enable.reg, sense_write, p);
        core_hook_write(p->core, e->vector->raised.reg, flag_write, p);
    }
}

void pins_init(struct pins *p, struct core *core)
{
    memset(p, 0, sizeof *p);
    p->core = core;
    avr_ioport_t *io;
    while (p->n_ports < PINS_MAX_PORTS && (io = core_module(core, "port", p->n_ports))) {
        init_port(p, &p->ports[p->n_ports++], io);
    }
    init_extint(p, core_module(core, "extint", 0));
    core_add_unit(core, pins_reset, p);
}

void pins_set_pud(struct pins *p, avr_io_addr_t reg_addr, uint8_t mask)
{
    p->r_mcucr = reg_addr;
    p->pud_mask = mask;
    core_hook_write(p->core, reg_addr, mcucr_write, p);
}

void pins_free(struct pins *p)
{
    for (unsigned i = 0; i < p->n_ports; i++) {
        for (unsigned bit = 0; bit < 8; bit++) {
            struct pin *pin = &p->ports[i].pin[bit];
            if (pin->watched) {
                net_watch_remove(pin->net, &pin->watch);
            }
            net_detach(&pin->drv);
        }
    }
}
