/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mcu/usart_spi.h"

static void due(void *ctx, sim_time at_ps);

void usart_spi_init(struct usart_spi *s, struct core *core, struct pin *txd, struct pin *rxd, struct pin *xck,
                    const struct usart_spi_ops *ops, void *ctx)
{
    *s = (struct usart_spi){ .core = core, .txd = txd, .rxd = rxd, .xck = xck, .ops = ops, .ctx = ctx };
    sim_event_init(&s->event, "USART in SPI mode", due, s);
}

static bool bit_out(const struct usart_spi *s, unsigned k)
{
    return s->out >> (s->control & USART_SPI_UDORD ? k : 7 - k) & 1;
}

static void sample(struct usart_spi *s)
{
    bool bit = net_is_high(s->rxd->net, true);
    s->in = s->control & USART_SPI_UDORD ? (uint8_t)(s->in >> 1 | bit << 7) : (uint8_t)(s->in << 1 | bit);
}

static void schedule(struct usart_spi *s)
{
    sim_schedule(s->core->sim, &s->event, core_ps(s->core, s->t0 + s->tick * s->half));
    core_horizon_changed(s->core);
}

/* Edge 1 to 16 of XCK: odd ones lead. */
static void make_edge(struct usart_spi *s)
{
    bool leading = s->tick % 2, cpha = s->control & USART_SPI_UCPHA, cpol = s->control & USART_SPI_UCPOL;
    unsigned k = (s->tick - 1) / 2;
    if (leading != cpha) {
        sample(s); /* what stood there before the edge */
        pin_override(s->xck, PIN_LEVEL, leading != cpol);
        if (k == 7) {
            s->ops->received(s->ctx, s->in);
        }
        return;
    }
    net_hold(s->core->sim);
    pin_override(s->xck, PIN_LEVEL, leading != cpol);
    if (cpha || k < 7) {
        pin_override(s->txd, PIN_OUTPUT, bit_out(s, cpha ? k : k + 1));
    }
    net_release(s->core->sim);
}

static void due(void *ctx, sim_time at_ps)
{
    struct usart_spi *s = ctx;
    (void)at_ps;
    if (s->tick == 0) {
        if (!(s->control & USART_SPI_UCPHA)) {
            pin_override(s->txd, PIN_OUTPUT, bit_out(s, 0));
        }
        s->ops->begun(s->ctx);
    } else {
        make_edge(s);
    }
    if (++s->tick <= 16) {
        schedule(s);
        return;
    }
    s->busy = false;
    s->ops->done(s->ctx, s->t0 + 16 * s->half);
}

void usart_spi_start(struct usart_spi *s, uint8_t byte, uint8_t control, uint64_t t0, uint64_t half)
{
    s->busy = true;
    s->out = byte;
    s->control = control;
    s->t0 = t0;
    s->half = half;
    s->tick = 0;
    schedule(s);
}

void usart_spi_abort(struct usart_spi *s)
{
    s->busy = false;
    sim_cancel(s->core->sim, &s->event);
}

void usart_spi_rest(struct usart_spi *s, bool on, uint8_t control)
{
    if (s->xck && (on || s->xck->override == PIN_LEVEL)) {
        pin_override(s->xck, on ? PIN_LEVEL : PIN_NORMAL, control & USART_SPI_UCPOL);
    }
}
