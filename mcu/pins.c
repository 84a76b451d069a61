/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mcu/pins_parts.h"
#include "mcu/spi_shift.h"

#include <simavr/avr_extint.h>
#include <simavr/avr_ioport.h>
#include <string.h>

/* Changes of pins on wires between two looks whether they have become alone. */
#define PINS_RETRY 32

/* ---- pins that are alone ---- */

static bool reads_high(const struct pins_port *port, unsigned level)
{
    return level == NET_1 || (level != NET_0 && port->pins->core->floating_high);
}

uint8_t pins_with_timed(const struct pins_port *port, unsigned levels, unsigned timed, sim_time at_ps)
{
    for (; timed; timed &= timed - 1) {
        unsigned bit = (unsigned)__builtin_ctz(timed);
        const struct pin *pin = &port->pin[bit];
        bool level = pin->timing->level(pin->timing_ctx, at_ps, port->ones >> bit & 1);
        levels = (levels & ~(1u << bit)) | (unsigned)level << bit;
    }
    return (uint8_t)levels;
}

static inline uint8_t alone_at(const struct pins_port *port, sim_time at_ps)
{
    bool before = port->changed_ps > at_ps;
    uint8_t levels = before ? port->before : pins_alone_levels(port);
    unsigned timed = port->timed & port->ddr & (before ? (unsigned)~port->changed : 0xffu);
    return timed ? pins_with_timed(port, levels, timed, at_ps) : levels;
}

/* Just before now, should something change now. */
static inline uint8_t alone_before(const struct pins_port *port)
{
    unsigned timed = port->timed & port->ddr;
    return timed ? pins_with_timed(port, pins_alone_levels(port), timed, port->pins->core->sim->now_ps - 1)
                 : pins_alone_levels(port);
}

bool pins_keep(struct pins_port *port, unsigned pins, unsigned before, sim_time at_ps)
{
    for (; pins; pins &= pins - 1) {
        unsigned bit = (unsigned)__builtin_ctz(pins);
        struct net *net = port->pin[bit].net;
        net->old_level = net->before = before >> bit & 1 ? NET_1 : NET_0;
        net->changed_ps = at_ps;
    }
    return true;
}

static void tell_alone(struct pins_port *port, unsigned pins)
{
    unsigned masked = pins & (unsigned)~port->more_than_masked, levels = alone_at(port, port->changed_ps);
    if (masked) {
        pins_masked_changed(port, levels, masked, port->changed_ps);
        pins &= port->more_than_masked;
    }
    for (; pins; pins &= pins - 1) {
        unsigned bit = (unsigned)__builtin_ctz(pins);
        pins_pin_is(&port->pin[bit], levels >> bit & 1, port->changed_ps);
    }
}

/*
 * The registers have changed, now, or what overrides them; of `also` nobody else knows. `before` is alone_before(). All
 * changes of one instant are one.
 */
static inline void follow_alone(struct pins_port *port, unsigned before, unsigned also)
{
    unsigned ddr = port->ddr, ones = port->ones;
    sim_time now_ps = port->pins->core->sim->now_ps;
    pins_take_registers(port);
    also |= (ddr ^ port->ddr) & port->timed;
    unsigned changed = pins_moved(port, ddr, ones) | (also & port->alone);
    if (port->tied_supply) {
        unsigned fighting = pins_fighting(port, port->ddr, port->ones);
        pins_tell_fights(port, fighting & ~pins_fighting(port, ddr, ones), now_ps);
    }
    if (!changed) {
        return;
    }
    if (port->changed_ps == now_ps) {
        port->changed |= (uint8_t)changed;
    } else if (port->changed_ps > now_ps) { /* quick stores did not wait for late edges */
        pins_changed_at(port, changed, now_ps);
    } else {
        pins_keep_changes(port, port->changed & ~changed);
        port->before = (uint8_t)before;
        port->changed = (uint8_t)changed;
        port->changed_ps = now_ps;
    }
    if (changed & port->watched) {
        tell_alone(port, changed & port->watched);
    }
}

/* Its own changes come by follow_alone() while it is alone. */
static bool may_sleep(void *ctx, const struct net_driver *by)
{
    const struct pin *pin = ctx;
    return by == &pin->drv && !by->has_wave;
}

/* Only pins whose changes matter are watched: a watched net turns a wave on it into edges. */
void pin_hear(struct pin *pin, bool on)
{
    if (pin->hears == on) {
        return;
    }
    pin->hears = on;
    if (on) {
        net_watch_add(pin->net, &pin->watch, NET_WATCH_EDGES, pins_pin_changed, pin);
        pin->watch.may_sleep = may_sleep;
    } else {
        net_watch_remove(pin->net, &pin->watch);
    }
}

/* The pin's level now; its net is told when it changed, if that was just now. */
static bool end_timing(struct pin *pin, bool is_output, bool is_one)
{
    struct pins_port *port = pin->port;
    sim_time now_ps = port->pins->core->sim->now_ps;
    bool before = pin->timing->level(pin->timing_ctx, now_ps - 1, is_one), level = is_one;
    enum pin_override kind = pin->timing->end(pin->timing_ctx, &pin->wave, &level);
    port->timed &= (uint8_t) ~(1u << pin->bit);
    pins_set_override(pin, kind, kind != PIN_NORMAL && level);
    level = kind == PIN_NORMAL ? is_one : level;
    if (is_output && before != level) {
        pin->net->old_level = pin->net->before = before ? NET_1 : NET_0;
        pin->net->changed_ps = now_ps;
    }
    return is_output ? level : is_one;
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
    pins_tie(port, mask, &(struct net_tie){ NET_Z, NET_OPEN });
    pins_keep_changes(port, port->changed & mask);
    port->changed &= (uint8_t)~mask;
    if (port->timed & mask) {
        is_one = end_timing(pin, is_output, is_one);
    }
    pin->drv.strength = is_output ? NET_STRONG : is_one ? NET_WEAK : NET_OPEN;
    pin->drv.level = is_one ? NET_1 : is_output ? NET_0 : NET_Z;
    net->last = &pin->drv;
    if (pin->override == PIN_WAVE && is_output) {
        pin->drv.has_wave = true;
        pin->drv.wave = pin->wave;
    }
    pin_hear(pin, port->watched & mask);
    if (pin->woken) {
        pin->woken(pin->woken_ctx);
    }
}

void pin_leave_alone(struct pin *pin)
{
    if (pin->port->alone >> pin->bit & 1) {
        net_wake(pin->net);
    }
}

static bool is_wave_or_none(const struct pin *pin)
{
    unsigned mask = 1u << pin->bit, by_masks = pin->port->normal | pin->port->levelled;
    return !((by_masks | pin->port->forced_in | pin->port->forced_out) & mask);
}

/* From now on, if it may be: it has been driven as the registers say. What it read a moment ago is still asked for. */
void pin_find_alone(struct pin *pin)
{
    struct pins_port *port = pin->port;
    struct net *net = pin->net;
    uint8_t mask = (uint8_t)(1u << pin->bit);
    struct net_tie t;
    if (port->alone & mask || is_wave_or_none(pin) || port->pins->held || !net_may_sleep(net, &pin->drv, &t) ||
        (t.strength == NET_WEAK && t.level == NET_0)) { /* at odds with a pull-up */
        return;
    }
    net_sleep(net, woken, pin);
    pins_tie(port, mask, &t);
    pins_take_registers(port);
    if (net->changed_ps > port->changed_ps) {
        pins_keep_changes(port, port->changed);
        port->before = pins_alone_levels(port);
        port->changed_ps = net->changed_ps;
        port->changed = 0;
    }
    bool is_last = net->changed_ps == port->changed_ps;
    port->before = (uint8_t)((port->before & ~mask) |
                             (reads_high(port, is_last ? net->before : net->level) ? mask : 0));
    port->changed |= is_last ? mask : 0;
    port->alone |= mask;
}

/* ---- out ---- */

static struct net_word word_of(const struct pin *pin, bool *is_wave)
{
    const struct pins_port *port = pin->port;
    const struct pins *p = port->pins;
    bool out = pins_reg(p, port->r_ddr) >> pin->bit & 1, high = pins_reg(p, port->r_port) >> pin->bit & 1;
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
    } else if (high && !pins_pull_ups_off(p)) {
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
    unsigned n = 0, level = pins_reg(p, port->r_port);
    if (pins & (unsigned)~(pins_reg(p, port->r_ddr) & port->normal) || p->held) {
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
        pin_find_alone(&port->pin[__builtin_ctz(pins)]);
    }
}

static void __attribute__((noinline)) drive_port(struct pins_port *port, uint8_t changed)
{
    unsigned wired = changed & (unsigned)~port->alone;
    if (port->alone) {
        follow_alone(port, alone_before(port), 0);
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

void pin_has_level(struct pin *pin, bool level)
{
    pin->level = level;
    pin->port->levels = pins_with_bit(pin->port->levels, (uint8_t)(1u << pin->bit), level);
}

/* Kinds that a pin which is alone may have. */
static inline bool may_be_alone(enum pin_override kind)
{
    return kind == PIN_NORMAL || kind == PIN_LEVEL || kind == PIN_INPUT || kind == PIN_OUTPUT;
}

void pin_override(struct pin *pin, enum pin_override kind, bool level)
{
    bool was_port = pin->override != PIN_NO_PORT;
    struct pins_port *port = pin->port;
    unsigned mask = 1u << pin->bit, timed = port->timed & mask;
    if (pin->override == kind && pin->level == level && !timed) {
        return;
    }
    if (port->alone & mask && may_be_alone(kind)) {
        unsigned before = alone_before(port);
        if (timed) {
            pin->timing->lost(pin->timing_ctx);
        }
        port->timed &= (uint8_t)~mask;
        pins_set_override(pin, kind, level);
        follow_alone(port, before, timed & port->ddr);
        return;
    }
    net_break_frame(pin->drv.net);
    pin_leave_alone(pin);
    pins_set_override(pin, kind, level);
    if (was_port != (kind != PIN_NO_PORT)) {
        find_live(pin->port);
    }
    drive(pin);
    pin_find_alone(pin);
}

bool pin_may_be_timed(struct pin *pin, bool level)
{
    const struct pins_port *port = pin->port;
    unsigned mask = 1u << pin->bit;
    if (port->pins->held || port->watched & mask) {
        return false;
    }
    if (!(port->alone & mask) && net_nobody_hears(pin->net, &pin->drv)) {
        pin_override(pin, PIN_LEVEL, level); /* no wave */
        pin_find_alone(pin);
    }
    return port->alone & (unsigned)~port->tied_supply & mask;
}

void pin_time(struct pin *pin, const struct pin_timing *timing, void *ctx)
{
    struct pins_port *port = pin->port;
    uint8_t mask = (uint8_t)(1u << pin->bit);
    unsigned before = alone_before(port);
    pin->timing = timing;
    pin->timing_ctx = ctx;
    port->timed |= mask;
    pins_set_override(pin, PIN_NORMAL, false);
    follow_alone(port, before, pins_reg(port->pins, port->r_ddr) & mask);
}

void pin_override_wave(struct pin *pin, enum pin_override kind, const struct net_wave *wave)
{
    net_break_frame(pin->drv.net);
    pin_leave_alone(pin);
    pins_set_override(pin, kind, pin->level);
    pin->wave = *wave;
    drive(pin);
}

bool pin_is_output(const struct pin *pin)
{
    return pins_reg(pin->port->pins, pin->port->r_ddr) >> pin->bit & 1;
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
        return at_ps < net->wave_ps ? reads_high(port, net->before_wave) : net_wave_level(&net->wave->wave, at_ps);
    }
    return reads_high(port, net->changed_ps > at_ps ? net->before : net->level);
}

static inline uint8_t read_port(const struct pins_port *port, sim_time at_ps)
{
    uint8_t v = port->alone ? alone_at(port, at_ps) & port->alone : 0;
    for (unsigned left = port->live & (unsigned)~port->alone; left; left &= left - 1) {
        unsigned bit = (unsigned)__builtin_ctz(left);
        v |= (uint8_t)(pin_level_at(&port->pin[bit], at_ps) << bit);
    }
    return v & port->live;
}

/* When a cycle's read looks: the synchroniser's latch closes half a cycle before. */
static inline sim_time look_ps(const struct core *c, uint64_t cycle)
{
    sim_time at = core_ps(c, cycle);
    sim_time period = c->clk.period_den == 1 ? c->clk.period_num : core_ps(c, cycle + 1) - at;
    return at - period / 2;
}

static void tell_of_look(const struct pins_port *port, sim_time at_ps, uint8_t levels)
{
    for (const struct pin *pin = port->pin; pin < port->pin + 8; pin++) {
        net_looked(pin->net, at_ps, levels >> pin->bit & 1, false);
    }
}

static uint8_t pin_read(avr_t *avr, avr_io_addr_t addr, void *param)
{
    struct pins_port *port = param;
    struct core *c = port->pins->core;
    sim_time at_ps = look_ps(c, avr->cycle + core_load_ck(avr));
    core_sync_at(c, at_ps);
    avr->data[addr] = read_port(port, at_ps);
    if (net_looks_matter(c->sim)) {
        tell_of_look(port, at_ps, avr->data[addr]);
    }
    return avr->data[addr];
}

/* Of pins that are all alone: what they read is known without the board. */
static bool pin_read_quick(void *ctx, uint64_t cycle)
{
    struct pins_port *port = ctx;
    struct core *c = port->pins->core;
    if (port->live & (unsigned)~port->alone || port->timed || !core_is_alone(c, cycle)) {
        return false;
    }
    sim_time at_ps = look_ps(c, cycle);
    uint8_t v = port->changed_ps > at_ps ? port->before : pins_alone_levels(port);
    if (port->late && port->late->late->cycle < cycle && !spi_alone_levels(port->late, cycle - 1, &v)) {
        return false;
    }
    v &= port->live;
    if (net_looks_matter(c->sim)) {
        tell_of_look(port, at_ps, v);
    }
    c->avr->data[port->r_pin] = v;
    return true;
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
        const struct pin *pin = &port->pin[bit];
        const struct net *net = pin->net;
        if (port->timed & port->ddr & (1u << bit) && pin->timing->moves(pin->timing_ctx, from_ps)) {
            return 0;
        }
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

/* From that cycle on. */
static inline void toggle(struct pins_port *port, avr_io_addr_t addr, unsigned changed, uint64_t cycle)
{
    struct core *c = port->pins->core;
    core_sync(c, cycle);
    c->avr->data[addr] ^= (uint8_t)changed;
    drive_port(port, (uint8_t)changed);
    core_horizon_changed(c);
}

static void port_or_ddr_write(avr_t *avr, avr_io_addr_t addr, uint8_t v, void *param)
{
    struct pins_port *port = param;
    struct pins *p = port->pins;
    unsigned changed = (avr->data[addr] ^ v) & port->live;
    if (!changed) {
        return;
    }
    toggle(port, addr, changed, avr->cycle + core_store_ck(avr));
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
    if (v & port->live) {
        toggle(port, port->r_port, v & port->live, avr->cycle + core_store_ck(avr));
    }
}

/* PUD has changed, now. */
static void drive_pull_ups(struct pins *p)
{
    for (unsigned i = 0; i < p->n_ports; i++) {
        struct pins_port *port = &p->ports[i];
        unsigned pulls = pins_pulls_of(port);
        if (pulls) { /* no other pin has a pull-up */
            drive_port(port, (uint8_t)pulls);
        }
    }
    core_horizon_changed(p->core);
}

void pins_control_write(struct pins *p, avr_io_addr_t addr, uint8_t v)
{
    avr_t *avr = p->core->avr;
    bool pulls = addr == p->r_mcucr && (avr->data[addr] ^ v) & p->pud_mask, senses = pins_register_senses(p, addr);
    if (pulls || senses) {
        core_sync(p->core, avr->cycle + core_store_ck(avr));
    }
    avr->data[addr] = v;
    if (pulls) {
        drive_pull_ups(p);
    }
    if (senses) {
        pins_sense(p);
    }
}

static void control_write(avr_t *avr, avr_io_addr_t addr, uint8_t v, void *param)
{
    (void)avr;
    pins_control_write(param, addr, v);
}

/* ---- building ---- */

void pin_connect(struct pin *pin, struct net *net)
{
    struct pins *p = pin->port->pins;
    pin_leave_alone(pin);
    pin_hear(pin, false);
    net_detach(&pin->drv);
    pin->net = net ? net : &pin->none;
    net_attach(pin->net, &pin->drv, p->core->name);
    net_driver_supply(&pin->drv, p->supply);
    pin->drv.owner = p->owner;
    drive(pin);
    if (pin->port->watched >> pin->bit & 1) {
        pin->port->was = pins_with_bit(pin->port->was, (uint8_t)(1u << pin->bit),
                                       pin_level_at(pin, p->core->sim->now_ps));
        pin_hear(pin, true);
    }
    pin_find_alone(pin);
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
            pin_leave_alone(&p->ports[i].pin[bit]);
            drive(&p->ports[i].pin[bit]);
        }
    }
    net_release(p->core->sim);
    for (unsigned i = 0; i < p->n_ports; i++) {
        for (unsigned bit = 0; bit < 8; bit++) {
            pin_find_alone(&p->ports[i].pin[bit]);
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
            p->ports[i].timed = 0;
            if (pin->override != PIN_OFF && pin->override != PIN_NO_PORT) {
                pins_set_override(pin, PIN_NORMAL, pin->level);
            }
        }
    }
    for (unsigned i = 0; i < p->n_extint; i++) {
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
    core_io_quick_read(p->core, port->r_pin, pin_read_quick, port);
    core_io_steady(p->core, port->r_pin, pin_steady, port);
    core_io_by_bit(p->core, port->r_pin);
    core_io_rewrite_is_ok(p->core, port->r_ddr);
    core_io_rewrite_is_ok(p->core, port->r_port);
    pins_quick_init(port);
    if (port->r_pcmsk) {
        core_hook_write(p->core, port->r_pcmsk, pins_mask_write, p);
        core_hook_write(p->core, io->pcint.raised.reg, pins_flag_write, p);
    }
}

static void init_extint(struct pins *p, avr_extint_t *ext)
{
    for (unsigned i = 0; ext && i < PINS_MAX_EXTINTS; i++) {
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
                                   { p->core, &ext->eint[i].vector, false },
                                   (uint8_t)(1u << pin->bit),
                                   (uint8_t)(1u << ext->eint[i].isc[0].bit | 1u << ext->eint[i].isc[1].bit),
                                   (uint8_t)(1u << ext->eint[i].vector.enable.bit),
                                   (uint8_t)(1u << ext->eint[i].vector.raised.bit) };
        p->r_isc = e->isc[0].reg; /* each of both at one address, on all parts */
        p->r_int = e->vector->enable.reg;
        p->r_intf = e->vector->raised.reg;
        core_hook_write(p->core, p->r_isc, control_write, p);
        core_hook_write(p->core, p->r_int, control_write, p);
        core_hook_write(p->core, e->vector->raised.reg, pins_flag_write, p);
        core_on_taken(p->core, e->vector, pins_int_taken, e);
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
    pins_watch_quick_init(p);
    core_add_unit(core, pins_reset, p);
}

void pins_set_pud(struct pins *p, avr_io_addr_t reg_addr, uint8_t mask)
{
    p->r_mcucr = reg_addr;
    p->pud_mask = mask;
    core_hook_write(p->core, reg_addr, control_write, p);
    core_io_quick(p->core, reg_addr, pins_mcucr_quick, p);
}

void pins_free(struct pins *p)
{
    if (p->supply) {
        vline_watch_remove(p->supply, &p->supply_watch);
    }
    for (unsigned i = 0; i < p->n_ports; i++) {
        p->ports[i].timed = 0; /* who knows the time has gone */
        for (unsigned bit = 0; bit < 8; bit++) {
            struct pin *pin = &p->ports[i].pin[bit];
            pin_leave_alone(pin);
            pin_hear(pin, false);
            net_detach(&pin->drv);
        }
    }
}
