/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mcu/spi_master.h"

#include <simavr/avr_spi.h>
#include <string.h>

#include "mcu/pins_parts.h"
#include "sim/spi_train.h"
#include "sim/stats.h"

enum { SPIE = 0x80, SPE = 0x40, MSTR = 0x10 };
enum { SPIF = 0x80, WCOL = 0x40, SPI2X = 0x01 };

static uint8_t *spcr(const struct spi_master *s)
{
    return &s->core->avr->data[s->r_spcr];
}

static uint8_t *spsr(const struct spi_master *s)
{
    return &s->core->avr->data[s->r_spsr];
}

/* ---- the byte on its way ---- */

static void next_edge(struct spi_master *s)
{
    core_late_next(s->core, s->late, s->busy ? spi_shift_cycle(&s->byte, s->byte.edge) : UINT64_MAX);
}

static void sample(struct spi_master *s, sim_time at_ps)
{
    if (s->byte.edge < s->byte.sampled) {
        return;
    }
    bool bit = pin_level_at(s->byte.miso, at_ps);
    net_looked(s->byte.miso->net, at_ps, bit, true);
    spi_bit_in(&s->byte, bit);
}

static void edge_made(struct spi_master *s)
{
    if (s->byte.edge == SPI_TRAIN_EDGES) {
        s->busy = false;
        s->received = s->byte.in;
        if (s->core->sim->stats) {
            s->core->sim->stats->spi_bytes++;
        }
        s->bytes++;
    }
    next_edge(s);
}

static void make_edge(struct spi_master *s)
{
    struct core *c = s->core;
    unsigned k = s->byte.edge / 2;
    bool leading = s->byte.edge % 2 == 0, cpha = s->byte.control & SPI_CPHA, cpol = s->byte.control & SPI_CPOL;
    sim_time at = core_ps(c, s->late->cycle);
    sim_sync(c->sim, at);
    if (leading != cpha) {
        sample(s, at);
        pin_override(s->byte.sck, PIN_LEVEL, leading != cpol);
    } else {
        net_hold(c->sim);
        pin_override(s->byte.sck, PIN_LEVEL, leading != cpol);
        if (cpha || k < 7) {
            pin_override(s->byte.mosi, PIN_LEVEL, spi_bit_out(&s->byte, cpha ? k : k + 1));
        }
        net_release(c->sim);
    }
    s->byte.edge++;
    edge_made(s);
}

/* Times of the byte's edges from the first that counts on; a period that is whole picoseconds, as most are, needs no division. */
static void edge_times(const struct spi_master *s, struct spi_train *t)
{
    const struct core *c = s->core;
    uint64_t n = s->byte.t0 + SPI_FIRST_EDGE_HALVES * s->byte.half, step = s->byte.half * c->clk.period_num;
    unsigned i = 2 * t->first;
    if (c->clk.period_den == 1) {
        sim_time at_ps = core_ps(c, n + i * s->byte.half);
        for (; i < 2 * (t->first + t->n); i++, at_ps += step) {
            t->edge_ps[i] = at_ps;
        }
    } else {
        for (; i < 2 * (t->first + t->n); i++) {
            t->edge_ps[i] = core_ps(c, n + i * s->byte.half);
        }
    }
}

/* The bits that are over by this cycle in one step, if whoever is on the nets agrees. */
static void make_train(struct spi_master *s, uint64_t cycle)
{
    struct core *c = s->core;
    uint64_t over = (cycle - s->byte.t0) / s->byte.half - SPI_FIRST_EDGE_HALVES + 1; /* edges; late_cycle <= cycle */
    if (s->byte.edge % 2 || s->byte.sampled > s->byte.edge || (s->byte.control & (SPI_DORD | SPI_CPOL | SPI_CPHA)) ||
        s->byte.sck->override != PIN_LEVEL || s->byte.mosi->override != PIN_LEVEL || s->byte.sck->level) {
        return;
    }
    struct spi_train t; /* not zeroed: times that do not count are nobody's */
    t.sck = &s->byte.sck->drv;
    t.mosi = &s->byte.mosi->drv;
    t.miso = s->byte.miso->net;
    t.half_ps = sim_clock_span(&c->clk, s->byte.half);
    t.until_ps = core_quiet_until(c);
    t.bits = s->byte.out;
    t.miso_bits = 0;
    t.first = s->byte.edge / 2;
    t.n = (unsigned)((over < SPI_TRAIN_EDGES ? over : SPI_TRAIN_EDGES) - s->byte.edge) / 2;
    edge_times(s, &t);
    while (t.n && spi_train_end(&t) >= sim_horizon(c->sim)) {
        t.n--;
    }
    if (!t.n) {
        return;
    }
    bool first = pin_level_at(s->byte.miso, t.edge_ps[2 * t.first]);
    if (!spi_train_offer(&t)) {
        return;
    }
    s->byte.in = (uint8_t)(s->byte.in << t.n | first << (t.n - 1) | t.miso_bits);
    s->byte.edge += 2 * t.n;
    s->byte.sampled = s->byte.edge;
    pin_has_level(s->byte.sck, false);
    pin_has_level(s->byte.mosi, spi_train_mosi(&t, s->byte.edge < SPI_TRAIN_EDGES ? s->byte.edge / 2 : 7));
    if (c->sim->stats) {
        c->sim->stats->trains += t.n == 8;
    }
    edge_made(s);
}

static void run_to(void *ctx, uint64_t cycle)
{
    struct spi_master *s = ctx;
    if (s->late->cycle <= cycle && spi_alone_run(&s->byte, cycle)) {
        spi_alone_end(&s->byte);
        edge_made(s);
    }
    if (s->late->cycle <= cycle && s->busy) {
        make_train(s, cycle);
    }
    while (s->late->cycle <= cycle) {
        make_edge(s);
    }
    core_horizon_changed(s->core);
}

static uint64_t last_edge(void *ctx, uint64_t cycle)
{
    struct spi_master *s = ctx;
    uint64_t k = (cycle - s->byte.t0) / s->byte.half;
    uint64_t most = SPI_FIRST_EDGE_HALVES + 15;
    return s->byte.t0 + (k < most ? k : most) * s->byte.half;
}

static void byte_done(void *ctx, uint64_t cycle)
{
    struct spi_master *s = ctx;
    core_pass_slices(s->core);
    core_run_late(s->core, cycle);
    core_raise(s->core, s->vector);
}

static inline uint64_t half_of(const struct spi_master *s)
{
    static const uint8_t half[8] = { 2, 8, 32, 64, 1, 4, 16, 32 }; /* SPI2X SPR1 SPR0 */
    return half[(*spsr(s) & SPI2X) << 2 | (*spcr(s) & 3)];
}

static void begin(struct spi_master *s, uint8_t byte, uint64_t cycle, uint64_t half)
{
    spi_shift_begin(&s->byte, byte, *spcr(s), cycle, half);
    s->busy = true;
    next_edge(s);
    deadline_set(&s->done, s->byte.t0 + (SPI_FIRST_EDGE_HALVES + 15) * s->byte.half);
}

static void start(struct spi_master *s, uint8_t byte)
{
    struct core *c = s->core;
    core_pass_slices(c);
    begin(s, byte, c->avr->cycle + core_store_ck(c->avr), half_of(s));
    core_late_edges_changed(c);
    if (!(s->byte.control & SPI_CPHA)) {
        core_sync(c, s->byte.t0);
        pin_override(s->byte.mosi, PIN_LEVEL, spi_bit_out(&s->byte, 0));
        core_horizon_changed(c);
    }
}

static void abort_byte(struct spi_master *s)
{
    s->busy = false;
    next_edge(s);
    deadline_off(&s->done);
}

/* ---- registers ---- */

static inline bool is_master(unsigned spcr)
{
    return (spcr & (SPE | MSTR)) == (SPE | MSTR);
}

static void pins_follow(struct spi_master *s, uint8_t old, uint8_t v)
{
    bool was = is_master(old), is = is_master(v);
    net_hold(s->core->sim);
    s->byte.mosi->claimed = is;
    if (is) {
        pin_override(s->byte.miso, PIN_INPUT, false);
        pin_override(s->byte.sck, PIN_LEVEL, v & SPI_CPOL);
        if (!was) {
            pin_override(s->byte.mosi, PIN_LEVEL, false);
        }
    } else if (was) {
        pin_override(s->byte.miso, PIN_NORMAL, false);
        pin_override(s->byte.sck, PIN_NORMAL, false);
        pin_override(s->byte.mosi, PIN_NORMAL, false);
    }
    net_release(s->core->sim);
}

/* SS as an input and low ends master mode: another master wants the bus. */
static void ss_changed(void *ctx)
{
    struct spi_master *s = ctx;
    uint8_t v = *spcr(s);
    if ((v & (SPE | MSTR)) != (SPE | MSTR) || pin_is_output(s->ss) || pin_level_at(s->ss, s->core->sim->now_ps)) {
        return;
    }
    abort_byte(s);
    *spcr(s) = v & (uint8_t)~MSTR;
    pins_follow(s, v, *spcr(s));
    core_raise(s->core, s->vector);
}

static void watch_ss(struct spi_master *s)
{
    bool want = (*spcr(s) & (SPE | MSTR)) == (SPE | MSTR);
    s->pins->ss_ctx = s;
    s->pins->ss_changed = want ? ss_changed : NULL;
    pins_rewatch(s->pins);
    if (want) {
        ss_changed(s);
    }
}

static void spcr_write(avr_t *avr, avr_io_addr_t addr, uint8_t v, void *param)
{
    struct spi_master *s = param;
    uint8_t old = avr->data[addr];
    if (v == old) {
        return;
    }
    core_sync(s->core, avr->cycle + core_store_ck(avr));
    bool was = is_master(old), is = is_master(v);
    if (s->busy && !is) {
        abort_byte(s);
    }
    avr->data[addr] = v;
    if ((was || is) && !s->busy) {
        pins_follow(s, old, v);
    }
    if (was != is) {
        watch_ss(s);
    }
    core_horizon_changed(s->core);
}

/* Its pins and SS are alone, and nobody is behind. */
static inline bool may_be_quick(const struct spi_master *s, uint64_t cycle)
{
    const struct pins_port *port = s->port;
    return port && !((s->pins_mask | s->ss_mask) & ((unsigned)~port->alone | port->tied_supply)) &&
           !(s->pins_mask & port->watched) && !port->timed && core_is_quick(s->core, cycle);
}

/* A master on its way, where SS is low: as ss_changed(). */
static bool lose_master(struct spi_master *s, unsigned v)
{
    if (s->core->avr->sreg[S_I] && v & SPIE) {
        return false;
    }
    *spcr(s) = (uint8_t)(v & ~(unsigned)MSTR);
    *spsr(s) |= SPIF;
    s->pins->ss_changed = ss_changed;
    pins_watch_ss(s->pins, true);
    return true;
}

static bool ss_is_low(const struct spi_master *s)
{
    return !((s->port->ddr | pins_alone_levels(s->port)) & s->ss_mask);
}

static void set_override(struct pin *pin, enum pin_override kind, bool level)
{
    pin->override = (uint8_t)kind;
    pin->level = level;
}

/* The SPI takes its pins, which are alone, or leaves them; SCK is at that level then. */
static inline void take_or_leave(struct spi_master *s, bool is, bool level)
{
    struct pins_port *port = s->port;
    unsigned mask = s->pins_mask, miso = s->byte.miso_mask;
    port->normal ^= (uint8_t)mask;
    port->levelled ^= (uint8_t)(mask ^ miso);
    port->forced_in ^= (uint8_t)miso;
    port->levels = (uint8_t)((port->levels & ~mask) | (level ? s->byte.sck_mask : 0u));
    s->byte.mosi->claimed = is;
    set_override(s->byte.miso, is ? PIN_INPUT : PIN_NORMAL, false);
    set_override(s->byte.mosi, is ? PIN_LEVEL : PIN_NORMAL, false);
    set_override(s->byte.sck, is ? PIN_LEVEL : PIN_NORMAL, level);
}

/* ss_changed() by a quick store; all pins are alone, and edges that were due are made. */
static bool ss_low(void *ctx)
{
    struct spi_master *s = ctx;
    struct core *c = s->core;
    unsigned v = *spcr(s);
    if (!is_master(v)) {
        return true;
    }
    abort_byte(s);
    *spcr(s) = (uint8_t)(v & ~(unsigned)MSTR);
    *spsr(s) |= SPIF;
    take_or_leave(s, false, false);
    if (c->avr->sreg[S_I] && v & SPIE) {
        core_irq_update(c);
        return core_quick_ends(c);
    }
    return true;
}

/* pins_follow() and watch_ss() of pins that are alone. */
static inline void follow_alone(struct spi_master *s, uint64_t cycle, unsigned v, bool was)
{
    struct pins_port *port = s->port;
    bool is = is_master(v), level = is && v & SPI_CPOL;
    if (was == is) {
        port->levels = pins_with_bit(port->levels, s->byte.sck_mask, level);
        s->byte.sck->level = level;
    } else {
        take_or_leave(s, is, level);
        s->pins->ss_changed = is ? ss_changed : NULL;
        unsigned watch = is ? s->ss_mask & (unsigned)~s->core->avr->data[port->r_ddr] : 0;
        if ((watch ^ port->called) & s->ss_mask) {
            pins_watch_ss(s->pins, is);
        }
    }
    pins_overridden(port, cycle);
}

/* What is due of the byte, on pins that are alone. */
static bool make_due_edges(void *ctx, uint64_t cycle)
{
    struct spi_master *s = ctx;
    if (s->late->cycle <= cycle) {
        if (!spi_alone_run(&s->byte, cycle)) {
            return false;
        }
        edge_made(s);
    }
    return true;
}

/* spcr_write() on pins that are alone; a byte on its way goes on as it began, or ends here. */
static bool __attribute__((noinline)) switch_quick(struct spi_master *s, uint64_t cycle, unsigned v)
{
    uint8_t *reg = spcr(s);
    bool was = is_master(*reg), is = is_master(v);
    if (s->busy) {
        if (!make_due_edges(s, cycle)) {
            return false;
        }
        if (s->busy) { /* else the last edge was due: it is over, and SPIF comes now */
            abort_byte(s);
        }
    }
    s->pins->ss_ctx = s;
    if (!may_be_quick(s, cycle) || (!was && s->pins_mask & (unsigned)~s->port->normal)) {
        return false;
    }
    if (is && !was && ss_is_low(s)) {
        return lose_master(s, v);
    }
    follow_alone(s, cycle, v, was);
    *reg = (uint8_t)v;
    return true;
}

static bool spcr_quick(void *ctx, uint64_t cycle, unsigned v)
{
    struct spi_master *s = ctx;
    uint8_t *reg = spcr(s);
    bool is = is_master(v);
    bool goes_on = s->busy && is && spi_shift_cycle(&s->byte, SPI_LAST_EDGE) > cycle;
    if (!goes_on && (is || s->busy || is_master(*reg))) {
        return switch_quick(s, cycle, v);
    }
    *reg = (uint8_t)v;
    return true;
}

static void clear_flags(struct spi_master *s)
{
    if (s->armed) {
        s->armed = false;
        core_lower(s->core, s->vector);
        *spsr(s) &= (uint8_t)~WCOL;
    }
}

/* spdr_write() on pins that are alone. */
static bool spdr_quick(void *ctx, uint64_t cycle, unsigned v)
{
    struct spi_master *s = ctx;
    const struct core *c = s->core;
    if (c->sim->no_shortcuts) {
        return false;
    }
    uint64_t half = half_of(s), end = cycle + (SPI_FIRST_EDGE_HALVES + 15) * half;
    if (s->busy && s->byte.t0 + (SPI_FIRST_EDGE_HALVES + 15) * s->byte.half > cycle) {
        clear_flags(s);
        *spsr(s) |= WCOL;
        return true;
    }
    if (!s->busy && !is_master(*spcr(s))) {
        clear_flags(s);
        return true;
    }
    if (s->busy || c->sim->slice_ps || !may_be_quick(s, cycle)) {
        return false;
    }
    bool is_free = deadline_is_free(&s->done, end); /* else the run may end with it */
    clear_flags(s);
    begin(s, (uint8_t)v, cycle, half);
    if (!(s->byte.control & SPI_CPHA) && s->byte.mosi->level != spi_bit_out(&s->byte, 0)) {
        pins_set_override(s->byte.mosi, PIN_LEVEL, spi_bit_out(&s->byte, 0));
        pins_overridden(s->byte.mosi->port, cycle);
    }
    return is_free || core_quick_ends(s->core);
}

static void spsr_write(avr_t *avr, avr_io_addr_t addr, uint8_t v, void *param)
{
    (void)param;
    avr->data[addr] = (avr->data[addr] & (uint8_t)~SPI2X) | (v & SPI2X);
}

static uint8_t spsr_read(avr_t *avr, avr_io_addr_t addr, void *param)
{
    struct spi_master *s = param;
    uint8_t v = avr->data[addr];
    s->armed = v & (SPIF | WCOL);
    return v;
}

static uint8_t spdr_read(avr_t *avr, avr_io_addr_t addr, void *param)
{
    struct spi_master *s = param;
    clear_flags(s);
    avr->data[addr] = s->received;
    return s->received;
}

static void spdr_write(avr_t *avr, avr_io_addr_t addr, uint8_t v, void *param)
{
    struct spi_master *s = param;
    (void)addr;
    clear_flags(s);
    /* one last look: the byte may end between this store's start and its end */
    if (s->busy && s->byte.t0 + (SPI_FIRST_EDGE_HALVES + 15) * s->byte.half > avr->cycle + core_store_ck(avr)) {
        *spsr(s) |= WCOL;
        return;
    }
    if ((*spcr(s) & (SPE | MSTR)) == (SPE | MSTR)) {
        if (s->busy) {
            core_sync(s->core, avr->cycle + core_store_ck(avr));
            core_raise(s->core, s->vector);
        }
        start(s, v);
    }
}

/* One port has them, and nobody else SS. */
static bool pins_are_apart(const struct spi_master *s)
{
    const struct pins *p = s->pins;
    const struct pins_port *port = s->byte.sck->port;
    return s->byte.mosi->port == port && s->byte.miso->port == port && s->ss->port == port && s->ss != p->icp &&
           s->ss != p->extint[0].pin && s->ss != p->extint[1].pin;
}

static void spi_reset(void *ctx)
{
    struct spi_master *s = ctx;
    s->busy = s->armed = s->byte.mosi->claimed = false;
    s->received = 0;
    s->pins->ss_changed = NULL;
    s->port = pins_are_apart(s) ? s->byte.sck->port : NULL;
    s->pins->ss_port = s->port;
    s->pins->ss_low = ss_low;
    s->pins->ss_mask = s->ss_mask;
    s->pins->ss_with = s->pins_mask;
    deadline_init(&s->done, s->core, byte_done, s);
    next_edge(s);
}

int spi_master_init(struct spi_master *s, struct core *core, struct pins *pins, const char *mosi, const char *miso,
                    const char *sck, const char *ss)
{
    avr_spi_t *spi = core_module(core, "spi", 0);
    if (!spi) {
        return -1;
    }
    memset(s, 0, sizeof *s);
    s->core = core;
    s->pins = pins;
    s->r_spcr = spi->r_spcr;
    s->r_spsr = spi->r_spsr;
    s->r_spdr = spi->r_spdr;
    s->vector = &spi->spi;
    spi_shift_init(&s->byte, core, pins_find(pins, mosi), pins_find(pins, miso), pins_find(pins, sck));
    s->ss = pins_find(pins, ss);
    pins->ss = s->ss;
    s->ss_mask = (uint8_t)(1u << s->ss->bit);
    s->pins_mask = (uint8_t)(1u << s->byte.mosi->bit | 1u << s->byte.miso->bit | 1u << s->byte.sck->bit);
    core_hook_write(core, s->r_spcr, spcr_write, s);
    core_io_quick(core, s->r_spcr, spcr_quick, s);
    core_hook_write(core, s->r_spsr, spsr_write, s);
    core_hook_read(core, s->r_spsr, spsr_read, s);
    core_io_steady(core, s->r_spsr, NULL, NULL); /* arming twice is once */
    core_hook_write(core, s->r_spdr, spdr_write, s);
    core_io_quick(core, s->r_spdr, spdr_quick, s);
    core_hook_read(core, s->r_spdr, spdr_read, s);
    s->late = s->byte.late = core_add_late(core, run_to, last_edge, make_due_edges, s);
    core_add_unit(core, spi_reset, s);
    return 0;
}
