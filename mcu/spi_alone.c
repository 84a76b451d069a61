/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * spi_alone.c - the edges of an SPI byte that are due, in one step, where SCK, MOSI and MISO are alone (pins.h): nobody
 * hears of them, and what is left of them is the levels, when each pin changed last, and what was sampled
 */
#include <assert.h>

#include "mcu/pins_parts.h"
#include "mcu/spi_shift.h"

static sim_time edge_ps(const struct spi_shift *s, unsigned edge)
{
    return core_ps(s->core, spi_shift_cycle(s, edge));
}

/* SCK and MOSI behind that edge, as a mask. */
static inline unsigned levels_after(const struct spi_shift *s, unsigned edge)
{
    return ((edge ^ s->first_level) & 1 ? 0u : s->sck_mask) | (s->shown >> edge & 1 ? s->mosi_mask : 0u);
}

/* SCK and MOSI are as the edges before this one have left them; with CPHA the first bit comes with the first edge. */
static inline bool are_as_left(const struct spi_shift *s, unsigned edge)
{
    unsigned levels = s->port->levels;
    if (edge) {
        return (levels & (s->sck_mask | s->mosi_mask)) == levels_after(s, edge - 1);
    }
    return !(levels & s->sck_mask) == !s->first_level && (s->odd || !(levels & s->mosi_mask) == !(s->shown & 1));
}

/* What MISO, an input, reads. */
static inline unsigned miso_is_high(const struct spi_shift *s)
{
    const struct pins_port *port = s->port;
    return (pins_alone_levels(port) & s->miso_mask) | (s->open_is_high && !(port->tied & s->miso_mask));
}

static inline bool nobody_is_behind(const struct core *c, sim_time at_ps)
{
    return (c->sim->awake_agents <= 1 && !c->agent.halted) || !sim_somebody_is_behind(c->sim, at_ps);
}

/* Nothing else happens from the first to the last edge, and nobody looks. */
static inline bool may_be_one_step(const struct spi_shift *s, sim_time last_ps)
{
    const struct core *c = s->core;
    const struct pins_port *port = s->port;
    unsigned out = s->sck_mask | s->mosi_mask, miso = s->miso_mask;
    unsigned driven = port->levelled | (port->forced_out & s->mosi_mask);
    unsigned free = port->alone & (unsigned)~port->timed;
    if (c->sim->no_shortcuts || (out | miso) & ~free || out & (port->watched | port->tied_supply | ~driven) ||
        port->ddr & miso || sim_horizon(c->sim) <= last_ps || !are_as_left(s, s->edge)) {
        return false;
    }
    return nobody_is_behind(c, last_ps);
}

static __attribute__((noinline)) void tell_of_looks(const struct spi_shift *s, unsigned last, bool bit)
{
    for (unsigned edge = s->sampled + ((s->sampled ^ s->odd) & 1u); edge <= last; edge += 2) {
        net_looked(s->miso->net, edge_ps(s, edge), bit, true);
    }
}

/* With the edges up to this one. */
static inline void sample(struct spi_shift *s, unsigned last)
{
    unsigned n = (last - s->odd + 2) / 2 - (s->sampled - s->odd + 1u) / 2; /* such edges */
    bool bit = miso_is_high(s);
    if (!n) {
        return;
    }
    if (s->miso->net->look) {
        tell_of_looks(s, last, bit);
    }
    unsigned ones = bit ? (1u << n) - 1 : 0;
    s->in = (uint8_t)(s->control & SPI_DORD ? (s->in | ones << 8) >> n : (unsigned)s->in << n | ones);
    s->sampled = (uint8_t)(last + 1);
}

/* The edge with which MOSI came to its level; -1: it has had it since before s->edge. */
static inline int mosi_since(const struct spi_shift *s, unsigned last)
{
    unsigned was = s->port->levels & s->mosi_mask ? 1 : 0;
    unsigned turns = (s->shown ^ ((unsigned)s->shown << 1 | was)) & ((2u << last) - 1) & (~0u << s->edge);
    return turns ? 31 - __builtin_clz(turns) : -1;
}

/* MOSI changed before the last edge of SCK. */
static void keep_mosi(struct spi_shift *s, unsigned since, unsigned levels)
{
    struct net *net = s->mosi->net;
    net->old_level = net->before = levels & s->mosi_mask ? NET_0 : NET_1;
    net->changed_ps = edge_ps(s, since);
}

/* The same where other pins of the port have changed since the first of these edges. */
static void __attribute__((noinline)) leave_between(struct spi_shift *s, unsigned last, sim_time last_ps, int since)
{
    struct pins_port *port = s->port;
    unsigned levels = levels_after(s, last), seen = port->ddr & (s->sck_mask | s->mosi_mask);
    port->ones = (uint8_t)((port->ones & ~seen) | (levels & seen));
    if (since >= 0) {
        pins_changed_at(port, s->mosi_mask, edge_ps(s, (unsigned)since));
    }
    if (seen & s->sck_mask) {
        pins_changed_at(port, s->sck_mask, last_ps);
    }
}

/* As follow_alone() in pins.c leaves it, one change after the other. */
static inline void leave_port(struct spi_shift *s, unsigned last, sim_time first_ps, sim_time last_ps)
{
    struct pins_port *port = s->port;
    unsigned sck = s->sck_mask, mosi = s->mosi_mask, out = sck | mosi, seen = port->ddr & out;
    unsigned levels = levels_after(s, last), moves = seen & sck;
    int since = seen & mosi ? mosi_since(s, last) : -1;
    if (since >= 0) {
        moves |= mosi;
    }
    if (port->changed_ps >= first_ps) {
        leave_between(s, last, last_ps, since);
    } else if (moves) {
        unsigned before = (pins_alone_levels(port) & ~moves) | (~levels & moves), old = port->changed & ~moves;
        if (old) {
            pins_keep_changes(port, old);
        }
        if (moves & mosi && since != (int)last) {
            if (moves & sck) {
                keep_mosi(s, (unsigned)since, levels);
                before ^= mosi;
                moves = sck;
            } else {
                last_ps = edge_ps(s, (unsigned)since);
            }
        }
        port->before = (uint8_t)before;
        port->changed = (uint8_t)moves;
        port->changed_ps = last_ps;
    }
    s->sck->level = levels & sck;
    s->mosi->level = levels & mosi;
    port->levels = (uint8_t)((port->levels & ~out) | levels);
    port->ones = (uint8_t)((port->ones & ~seen) | (levels & seen));
}

/* Each bit twice, from the lowest and from the highest on. */
static unsigned shown_from_0(unsigned out)
{
    static const uint8_t twice[] = { 0,    0x03, 0x0c, 0x0f, 0x30, 0x33, 0x3c, 0x3f,
                                     0xc0, 0xc3, 0xcc, 0xcf, 0xf0, 0xf3, 0xfc, 0xff };
    return (unsigned)twice[out >> 4] << 8 | twice[out & 15];
}

static unsigned shown_from_7(unsigned out)
{
    static const uint8_t twice[] = { 0,    0xc0, 0x30, 0xf0, 0x0c, 0xcc, 0x3c, 0xfc,
                                     0x03, 0xc3, 0x33, 0xf3, 0x0f, 0xcf, 0x3f, 0xff };
    return (unsigned)twice[out & 15] << 8 | twice[out >> 4];
}

/* Before the first edge. */
static void look_at_byte(struct spi_shift *s)
{
    unsigned shown = s->control & SPI_DORD ? shown_from_0(s->out) : shown_from_7(s->out);
    s->odd = (s->control & SPI_CPHA) != 0;
    s->first_level = (s->control & SPI_CPOL) != 0;
    s->shown = (uint16_t)(s->odd ? shown : shown >> 1 | (shown & 0x8000));
    s->looked_at = true;
}

/* The last edge up to that cycle; there is one. */
static inline unsigned last_due(const struct spi_shift *s, uint64_t cycle)
{
    uint64_t over = (cycle - s->t0) / s->half - SPI_FIRST_EDGE_HALVES;
    return over < SPI_LAST_EDGE ? (unsigned)over : SPI_LAST_EDGE;
}

/* The next edge, which is the only one that is due. */
static bool run_one(struct spi_shift *s)
{
    const struct core *c = s->core;
    struct pins_port *port = s->port;
    unsigned edge = s->edge, miso = s->miso_mask, out = s->sck_mask | s->mosi_mask;
    sim_time at_ps = edge_ps(s, edge);
    unsigned free = port->alone & (unsigned)~port->timed, driven = port->levelled | (port->forced_out & s->mosi_mask);
    if ((miso & (~free | port->ddr)) | (out & (~(free & driven) | port->watched | port->tied_supply)) ||
        c->sim->no_shortcuts || sim_horizon(c->sim) <= at_ps || !nobody_is_behind(c, at_ps)) {
        return false;
    }
    unsigned levels = levels_after(s, edge);
    unsigned moves = (port->ones ^ levels) & port->ddr & out;
    if ((edge ^ s->odd ^ 1u) & 1u) {
        bool bit = miso_is_high(s);
        if (edge >= s->sampled) {
            net_looked(s->miso->net, at_ps, bit, true);
        }
        spi_bit_in(s, bit);
    }
    s->sck->level = levels & s->sck_mask;
    s->mosi->level = levels & s->mosi_mask;
    port->levels = (uint8_t)((port->levels & ~out) | levels);
    port->ones ^= (uint8_t)moves;
    if (moves) {
        pins_changed_at(port, moves, at_ps);
    }
    s->edge = (uint8_t)(edge + 1);
    return true;
}

bool spi_alone_run(struct spi_shift *s, uint64_t cycle)
{
    if (!s->port) {
        return false;
    }
    if (!s->looked_at) {
        look_at_byte(s);
    }
    unsigned last = last_due(s, cycle);
    if (last == s->edge) {
        return run_one(s);
    }
    sim_time first_ps = edge_ps(s, s->edge), last_ps = edge_ps(s, last);
    if (!may_be_one_step(s, last_ps)) {
        return false;
    }
    sample(s, last);
    leave_port(s, last, first_ps, last_ps);
    s->edge = (uint8_t)(last + 1);
    return true;
}

bool spi_alone_is_past(struct spi_shift *s, uint64_t cycle, unsigned pins)
{
    struct core *c = s->core;
    if (s->late->cycle > cycle) {
        return true;
    }
    if (pins & (s->sck_mask | s->mosi_mask) || !s->looked_at || cycle < spi_shift_cycle(s, s->edge) ||
        (s->open_is_high && s->miso->net->look)) {
        return core_makes_late(c, cycle);
    }
    if (s->port->ddr & s->miso_mask || s->port->tied_supply & (s->sck_mask | s->mosi_mask)) {
        return false;
    }
    unsigned last = last_due(s, cycle);
    if (last >= s->sampled) {
        sample(s, last);
    }
    return true;
}

bool spi_alone_levels(struct spi_shift *s, uint64_t cycle, uint8_t *levels)
{
    const struct pins_port *port = s->port;
    unsigned out = s->sck_mask | s->mosi_mask, seen = port->ddr & out & (unsigned)~port->tied_supply;
    if (!s->looked_at && cycle >= spi_shift_cycle(s, 0)) {
        look_at_byte(s);
    }
    if (!s->looked_at || out & (unsigned)~(port->levelled | port->forced_out)) {
        return false;
    }
    *levels = (uint8_t)((*levels & ~seen) | (levels_after(s, last_due(s, cycle)) & seen));
    return true;
}

void spi_shift_init(struct spi_shift *s, struct core *core, struct pin *mosi, struct pin *miso, struct pin *sck)
{
    *s = (struct spi_shift){ .core = core, .mosi = mosi, .miso = miso, .sck = sck };
    if (sck && mosi->port == sck->port && miso->port == sck->port) {
        s->port = sck->port;
        s->mosi_mask = (uint8_t)(1u << mosi->bit);
        s->miso_mask = (uint8_t)(1u << miso->bit);
        s->sck_mask = (uint8_t)(1u << sck->bit);
        assert(!s->port->late);
        s->port->late = s;
        s->port->late_pins = s->mosi_mask | s->miso_mask | s->sck_mask;
    }
}
