/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * spi_alone.c - the edges of an SPI byte that are due, in one step, where SCK, MOSI and MISO are alone (pins.h): nobody
 * hears of them, and what is left of them is the levels, when each pin changed last, and what was sampled
 */
#include "mcu/pins_parts.h"
#include "mcu/spi_shift.h"

static uint8_t mask_of(const struct pin *pin)
{
    return (uint8_t)(1u << pin->bit);
}

static bool is_alone(const struct pin *pin)
{
    const struct pins_port *port = pin->port;
    return port->alone & (unsigned)~(port->watched | port->timed) & mask_of(pin);
}

static sim_time edge_ps(const struct spi_shift *s, unsigned edge)
{
    return core_ps(s->core, spi_shift_cycle(s, edge));
}

/* MOSI behind that edge. */
static bool mosi_after(const struct spi_shift *s, unsigned edge)
{
    unsigned k = s->control & SPI_CPHA ? edge / 2 : edge < 15 ? (edge + 1) / 2 : 7;
    return spi_bit_out(s, k);
}

/* SCK behind that edge. */
static bool sck_after(const struct spi_shift *s, unsigned edge)
{
    return (edge % 2 == 0) != ((s->control & SPI_CPOL) != 0);
}

/* Nothing else happens up to the last edge, and nobody looks. */
static bool may_be_one_step(const struct spi_shift *s, unsigned last)
{
    const struct core *c = s->core;
    sim_time end_ps = edge_ps(s, last);
    if (c->sim->no_shortcuts || !is_alone(s->sck) || !is_alone(s->mosi) || !is_alone(s->miso) ||
        s->sck->port != s->mosi->port || s->sck->override != PIN_LEVEL ||
        (s->mosi->override != PIN_LEVEL && s->mosi->override != PIN_OUTPUT) || s->sck->level == sck_after(s, s->edge) ||
        s->miso->port->ddr & mask_of(s->miso) || s->sck->port->changed_ps >= edge_ps(s, s->edge) ||
        s->miso->port->changed_ps >= edge_ps(s, s->edge) || sim_horizon(c->sim) <= end_ps) {
        return false;
    }
    return !sim_somebody_is_behind(c->sim, end_ps);
}

static void tell_of_looks(const struct spi_shift *s, unsigned last, bool bit)
{
    unsigned odd = (s->control & SPI_CPHA) != 0;
    for (unsigned edge = s->edge + (s->edge % 2 != odd); edge <= last; edge += 2) {
        net_looked(s->miso->net, edge_ps(s, edge), bit, true);
    }
}

static void sample(struct spi_shift *s, unsigned last)
{
    unsigned odd = (s->control & SPI_CPHA) != 0, n = (last + 1 + !odd) / 2 - (s->edge + !odd) / 2; /* such edges */
    bool bit = s->open_is_high || pins_alone_levels(s->miso->port) & mask_of(s->miso);             /* it is an input */
    if (s->miso->net->look) {
        tell_of_looks(s, last, bit);
    }
    uint8_t ones = bit ? (uint8_t)((1u << n) - 1) : 0;
    s->in = s->control & SPI_DORD ? (uint8_t)(s->in >> n | ones << (8 - n)) : (uint8_t)(s->in << n | ones);
}

/* The edge at which MOSI came to its level; one before s->edge: it has it all the time. */
static int mosi_since(const struct spi_shift *s, unsigned last)
{
    bool level = mosi_after(s, last);
    int edge = (int)last;
    if (s->mosi->level == level && s->out == (level ? 0xff : 0)) {
        return s->edge - 1;
    }
    while (edge >= s->edge && (edge > s->edge ? mosi_after(s, (unsigned)edge - 1) : s->mosi->level) == level) {
        edge--;
    }
    return edge;
}

/* As follow_alone() in pins.c leaves it, one change after the other. */
static void leave_port(struct spi_shift *s, unsigned last)
{
    struct pins_port *port = s->sck->port;
    uint8_t sck = mask_of(s->sck), mosi = mask_of(s->mosi), seen = port->ddr & (sck | mosi);
    int since = seen & mosi ? mosi_since(s, last) : (int)s->edge - 1;
    bool mosi_changes = since >= s->edge;
    int final = seen & sck ? (int)last : since; /* the last change of the port */
    if (final >= s->edge) {
        uint8_t changed = (uint8_t)((seen & sck) | (mosi_changes && since == final ? mosi : 0));
        uint8_t before = pins_alone_levels(port);
        pins_keep_changes(port, port->changed & (unsigned)~(seen & sck) & (unsigned)~(mosi_changes ? mosi : 0));
        if (seen & sck) {
            before = pins_with_bit(before, sck, !sck_after(s, (unsigned) final));
        }
        if (mosi_changes) {
            bool is = mosi_after(s, last);
            before = pins_with_bit(before, mosi, since == final ? !is : is);
            if (since != final) {
                s->mosi->net->old_level = s->mosi->net->before = is ? NET_0 : NET_1;
                s->mosi->net->changed_ps = edge_ps(s, (unsigned)since);
            }
        }
        port->before = before;
        port->changed = changed;
        port->changed_ps = edge_ps(s, (unsigned) final);
    }
    pin_has_level(s->sck, sck_after(s, last));
    pin_has_level(s->mosi, mosi_after(s, last));
    port->ones = pins_with_bit(port->ones, seen & sck, s->sck->level);
    port->ones = pins_with_bit(port->ones, seen & mosi, s->mosi->level);
}

bool spi_alone_run(struct spi_shift *s, uint64_t cycle)
{
    uint64_t over = (cycle - s->t0) / s->half - SPI_FIRST_EDGE_HALVES; /* the last edge; one is due */
    unsigned last = over < 15 ? (unsigned)over : 15;
    if (!may_be_one_step(s, last)) {
        return false;
    }
    sample(s, last);
    leave_port(s, last);
    if (s->core->sim->now_ps < edge_ps(s, last)) {
        s->core->sim->now_ps = edge_ps(s, last);
    }
    s->edge = (uint8_t)(last + 1);
    return true;
}
