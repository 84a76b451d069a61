/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mcu/usart_spi.h"

/* The edge with the last bit's sample. */
static unsigned last_sample(const struct usart_spi *s)
{
    return s->byte.control & SPI_CPHA ? SPI_LAST_EDGE : SPI_LAST_EDGE - 1;
}

static void find_next(struct usart_spi *s)
{
    const struct spi_shift *y = &s->byte;
    core_late_next(s->core, s->late, !s->busy ? UINT64_MAX : s->begun ? spi_shift_cycle(y, y->edge) : y->t0);
}

/* When the program sees something of it next. */
static uint64_t due_cycle(const struct usart_spi *s)
{
    const struct spi_shift *y = &s->byte;
    unsigned sample = last_sample(s);
    return !s->begun ? y->t0 : spi_shift_cycle(y, s->hears && y->edge <= sample ? sample : SPI_LAST_EDGE);
}

static void find_due(struct usart_spi *s)
{
    deadline_set(&s->due, due_cycle(s));
}

static void begin(struct usart_spi *s)
{
    sim_sync(s->core->sim, core_ps(s->core, s->byte.t0));
    if (!(s->byte.control & SPI_CPHA)) {
        pin_override(s->txd, PIN_OUTPUT, spi_bit_out(&s->byte, 0));
    }
    s->begun = true;
    find_next(s);
    find_due(s);
    s->ops->begun(s->ctx);
}

/* Open it is: boards have a pull-up there. */
static bool rxd_is_high(const struct pin *rxd)
{
    if (!pin_is_alone(rxd)) {
        return net_is_high(rxd->net, true);
    }
    return (pin_is_free(rxd) && !(rxd->port->ddr >> rxd->bit & 1)) ||
           pin_level_at(rxd, rxd->port->pins->core->sim->now_ps);
}

/* Odd ones of 0 to 15 trail. */
static void make_edge(struct usart_spi *s)
{
    struct spi_shift *y = &s->byte;
    bool leading = y->edge % 2 == 0, cpha = y->control & SPI_CPHA, cpol = y->control & SPI_CPOL;
    unsigned k = y->edge / 2;
    sim_sync(s->core->sim, core_ps(s->core, spi_shift_cycle(y, y->edge)));
    if (leading != cpha) {
        spi_bit_in(y, rxd_is_high(y->miso)); /* what stood there before the edge */
        pin_override(s->xck, PIN_LEVEL, leading != cpol);
    } else {
        net_hold(s->core->sim);
        pin_override(s->xck, PIN_LEVEL, leading != cpol);
        if (cpha || k < 7) {
            pin_override(s->txd, PIN_OUTPUT, spi_bit_out(y, cpha ? k : k + 1));
        }
        net_release(s->core->sim);
    }
    y->edge++;
}

/* Edges have been made, from that one on. */
static void edges_made(struct usart_spi *s, unsigned first)
{
    const struct spi_shift *y = &s->byte;
    unsigned sample = last_sample(s);
    if (first <= sample && y->edge > sample) {
        find_due(s);
        s->ops->received(s->ctx, y->in);
    }
    s->busy = y->edge <= SPI_LAST_EDGE;
    find_next(s);
    if (!s->busy) {
        deadline_off(&s->due);
        s->ops->done(s->ctx, spi_shift_cycle(y, SPI_LAST_EDGE));
    }
}

static void run_to(void *ctx, uint64_t cycle)
{
    struct usart_spi *s = ctx;
    while (s->late->cycle <= cycle) {
        unsigned first = s->byte.edge;
        if (!s->begun) {
            begin(s);
            continue;
        }
        if (!s->byte.miso->net->look && spi_alone_run(&s->byte, cycle)) {
            spi_alone_end(&s->byte);
        } else {
            make_edge(s);
        }
        edges_made(s, first);
    }
    core_horizon_changed(s->core);
}

/* Up to that cycle; behind the frame another may follow. */
static uint64_t last_edge(void *ctx, uint64_t cycle)
{
    const struct usart_spi *s = ctx;
    uint64_t k = (cycle - s->byte.t0) / s->byte.half;
    return k <= SPI_FIRST_EDGE_HALVES + SPI_LAST_EDGE ? s->byte.t0 + k * s->byte.half : cycle;
}

/* Before the program sees something of it. */
static bool run_quick(void *ctx, uint64_t cycle)
{
    struct usart_spi *s = ctx;
    if (!s->begun || due_cycle(s) <= cycle || s->byte.miso->net->look || !spi_alone_run(&s->byte, cycle)) {
        return false;
    }
    find_next(s);
    return true;
}

static void is_due(void *ctx, uint64_t cycle)
{
    struct usart_spi *s = ctx;
    core_pass_slices(s->core);
    core_run_late(s->core, cycle);
}

void usart_spi_init(struct usart_spi *s, struct core *core, struct pin *txd, struct pin *rxd, struct pin *xck,
                    const struct usart_spi_ops *ops, void *ctx)
{
    *s = (struct usart_spi){ .core = core, .txd = txd, .xck = xck, .ops = ops, .ctx = ctx };
    spi_shift_init(&s->byte, core, txd, rxd, xck);
    s->byte.open_is_high = true;
    if (xck) {
        s->late = s->byte.late = core_add_late(core, run_to, last_edge, run_quick, s);
    }
}

void usart_spi_start(struct usart_spi *s, uint8_t byte, uint8_t control, uint64_t t0, uint64_t half)
{
    unsigned as_spcr = (control & USART_SPI_UDORD ? SPI_DORD : 0u) | (control & USART_SPI_UCPHA ? SPI_CPHA : 0u) |
                       (control & USART_SPI_UCPOL ? SPI_CPOL : 0u);
    s->busy = true;
    s->begun = false;
    spi_shift_begin(&s->byte, byte, (uint8_t)as_spcr, t0, half);
    find_next(s);
    find_due(s);
    core_late_edges_changed(s->core);
}

bool usart_spi_hear(struct usart_spi *s, bool on)
{
    s->hears = on;
    if (!s->busy || !s->begun) {
        return true;
    }
    bool is_free = deadline_is_free(&s->due, due_cycle(s));
    find_due(s);
    return is_free;
}

void usart_spi_reset(struct usart_spi *s)
{
    s->busy = false;
    deadline_init(&s->due, s->core, is_due, s);
}

void usart_spi_rest(struct usart_spi *s, bool on, uint8_t control)
{
    if (s->xck && (on || s->xck->override == PIN_LEVEL)) {
        pin_override(s->xck, on ? PIN_LEVEL : PIN_NORMAL, control & USART_SPI_UCPOL);
    }
}
