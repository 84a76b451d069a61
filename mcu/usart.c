/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mcu/usart.h"

#include <simavr/avr_uart.h>
#include <string.h>

#include "mcu/pins_parts.h"

enum { RXC = 0x80, TXC = 0x40, UDRE = 0x20, FE = 0x10, DOR = 0x08, UPE = 0x04, U2X = 0x02, MPCM = 0x01 };
enum { RXEN = 0x10, TXEN = 0x08, UCSZ2 = 0x04, RXB8 = 0x02, TXB8 = 0x01 };
enum { UMSEL_SPI = 0xC0, URSEL = 0x80, UPM1 = 0x20, UPM0 = 0x10, USBS = 0x08 };

static uint8_t *a(const struct usart *u)
{
    return &u->core->avr->data[u->r_ucsra];
}

static uint8_t *b(const struct usart *u)
{
    return &u->core->avr->data[u->r_ucsrb];
}

static bool is_spi(const struct usart *u)
{
    return u->spi.xck && (u->ucsrc & UMSEL_SPI) == UMSEL_SPI;
}

static bool is_sending(const struct usart *u)
{
    return u->tx.busy || u->spi.busy;
}

static unsigned ubrr_of(const struct usart *u)
{
    return u->core->avr->data[u->r_ubrrl] | (u->ubrrh & 15u) << 8;
}

static struct uart_format format(const struct usart *u)
{
    unsigned ubrr = ubrr_of(u);
    unsigned ucsz = (u->ucsrc >> 1 & 3u) | (*b(u) & UCSZ2);
    struct uart_format f = {
        .data_bits = ucsz == 7 ? 9 : (uint8_t)(5 + (ucsz & 3)),
        .parity = !(u->ucsrc & UPM1) ? UART_NO_PARITY
                  : u->ucsrc & UPM0  ? UART_ODD
                                     : UART_EVEN,
        .stop_bits = u->ucsrc & USBS ? 2 : 1,
    };
    core_span(u->core, (ubrr + 1) * (*a(u) & U2X ? 8u : 16u), &f.bit_num, &f.bit_den);
    return f;
}

static void set_bits(uint8_t *reg, uint8_t bits, bool on)
{
    *reg = on ? *reg | bits : *reg & (uint8_t)~bits;
}

/* ---- transmitter ---- */

static void txd_follow(struct usart *u)
{
    bool on = (*b(u) & TXEN) || is_sending(u);
    if (on != (u->txd->override == PIN_OUTPUT)) {
        pin_override(u->txd, on ? PIN_OUTPUT : PIN_NORMAL, true);
    }
}

/* The shift register has taken the byte over. */
static void tx_begun(void *ctx)
{
    struct usart *u = ctx;
    if (u->loading) {
        u->loading = u->hold_full = false;
        set_bits(a(u), UDRE, true);
        core_irq_update(u->core);
    }
}

static void tx_level(void *ctx, bool mark)
{
    pin_override(((struct usart *)ctx)->txd, PIN_OUTPUT, mark);
}

/* On a net that is awake, where a frame may be one event: on a pin that is alone each edge would be one. */
static void tx_next(struct usart *u, sim_time at_ps)
{
    struct uart_format f = format(u);
    u->loading = true;
    pin_leave_alone(u->txd);
    uart_tx_start(&u->tx, &f, u->hold, at_ps);
}

static void spi_next(struct usart *u, uint64_t cycle)
{
    u->loading = true;
    usart_spi_start(&u->spi, (uint8_t)u->hold, u->ucsrc, cycle, ubrr_of(u) + 1);
}

static void tx_ends(struct usart *u)
{
    txd_follow(u);
    pin_find_alone(u->txd);
    core_raise(u->core, u->txc);
}

static void tx_done(void *ctx, sim_time at_ps)
{
    struct usart *u = ctx;
    if (u->hold_full) {
        tx_next(u, at_ps);
    } else {
        tx_ends(u);
    }
}

static void spi_done(void *ctx, uint64_t next_cycle)
{
    struct usart *u = ctx;
    if (u->hold_full && is_spi(u)) {
        spi_next(u, next_cycle);
    } else {
        tx_ends(u);
    }
}

static void udr_write(avr_t *avr, avr_io_addr_t addr, uint8_t v, void *param)
{
    struct usart *u = param;
    (void)addr;
    if (!(*b(u) & TXEN) || u->hold_full) {
        return; /* ignored when UDRE is 0 */
    }
    u->hold = v | (uint16_t)((*b(u) & TXB8) << 8);
    u->hold_full = true;
    set_bits(a(u), UDRE, false);
    uint64_t end = avr->cycle + core_store_ck(avr);
    core_sync(u->core, end);
    if (is_sending(u)) {
        return;
    }
    if (is_spi(u)) {
        spi_next(u, end + USART_LOAD_CK);
    } else {
        tx_next(u, core_ps(u->core, end + USART_LOAD_CK));
        core_horizon_changed(u->core);
    }
}

/* udr_write() while a frame is on its way, or where SPI mode may begin one. */
static bool udr_quick(void *ctx, uint64_t cycle, unsigned v)
{
    struct usart *u = ctx;
    struct core *c = u->core;
    if (!core_is_alone(c, cycle) || !usart_spi_goes_on(&u->spi, cycle)) {
        return false;
    }
    if (!(*b(u) & TXEN) || u->hold_full) {
        return true;
    }
    bool starts = !is_sending(u);
    if (starts && (!is_spi(u) || c->sim->slice_ps || !core_is_quick(c, cycle))) {
        return false;
    }
    u->hold = (uint16_t)(v | (unsigned)(*b(u) & TXB8) << 8);
    u->hold_full = true;
    set_bits(a(u), UDRE, false);
    if (starts) {
        bool is_free = deadline_is_free(&u->spi.due, cycle + USART_LOAD_CK);
        spi_next(u, cycle + USART_LOAD_CK);
        return is_free || core_quick_ends(c);
    }
    return true;
}

/* ---- receiver ---- */

static void rx_show(struct usart *u)
{
    set_bits(a(u), RXC, u->n_fifo);
    set_bits(a(u), FE, u->n_fifo && u->fifo[0].framing_error);
    set_bits(a(u), UPE, u->n_fifo && u->fifo[0].parity_error);
    set_bits(b(u), RXB8, u->n_fifo && u->fifo[0].data & 0x100);
    core_irq_update(u->core);
}

static void overrun(struct usart *u)
{
    set_bits(a(u), DOR, true);
    u->overruns++;
}

static void rx_frame(void *ctx, const struct uart_frame *f)
{
    struct usart *u = ctx;
    if (u->waiting) { /* the frame in the shift register was lost when this one began */
        overrun(u);
        u->wait = *f;
    } else if (u->n_fifo == 2) {
        u->waiting = true;
        u->wait = *f;
    } else {
        u->fifo[u->n_fifo++] = *f;
    }
    rx_show(u);
}

static void spi_received(void *ctx, uint8_t byte)
{
    struct usart *u = ctx;
    if (*b(u) & RXEN) {
        rx_frame(u, &(struct uart_frame){ .data = byte });
    }
}

static const struct usart_spi_ops spi_ops = { tx_begun, spi_received, spi_done };

static uint8_t udr_read(avr_t *avr, avr_io_addr_t addr, void *param)
{
    struct usart *u = param;
    uint8_t v = (uint8_t)u->fifo[0].data; /* an empty buffer gives its last byte again */
    if (u->n_fifo) {
        set_bits(a(u), DOR, false);
        if (--u->n_fifo) {
            u->fifo[0] = u->fifo[1];
        }
        if (u->waiting) {
            u->waiting = false;
            if (u->rx.receiving) {
                overrun(u);
            } else {
                u->fifo[u->n_fifo++] = u->wait;
            }
        }
        rx_show(u);
    }
    avr->data[addr] = v;
    return v;
}

/* udr_read() that brings no interrupt about. */
static bool udr_read_quick(void *ctx, uint64_t cycle)
{
    struct usart *u = ctx;
    avr_t *avr = u->core->avr;
    if (cycle >= u->core->quick_end || avr->sreg[S_I]) {
        return false;
    }
    udr_read(avr, u->r_udr, u);
    return true;
}

/* What the next frame is taken for: its bits are as long as the clock makes them when it begins. */
static struct uart_rx *ready(struct usart *u)
{
    if (!u->rx.receiving) {
        u->rx.format = format(u);
    }
    return &u->rx;
}

static void rxd_changed(void *ctx, struct net *net, sim_time at_ps)
{
    struct usart *u = ctx;
    (void)at_ps;
    uart_rx_level(ready(u), net_is_high(net, true)); /* an open RXD idles: boards have a pull-up there */
}

static bool can_take(void *ctx, const struct net_wave *frame)
{
    return uart_rx_can_take(ready(ctx), frame);
}

static void take(void *ctx, const struct net_wave *frame)
{
    uart_rx_take(ready(ctx), frame);
}

static void lose(void *ctx, bool level, sim_time since_ps)
{
    uart_rx_lose(&((struct usart *)ctx)->rx, level, since_ps);
}

static const struct net_frame_taker frames = { can_take, take, lose };

uint32_t usart_baud(const struct usart *u)
{
    struct uart_format f = format(u);
    bool on = (u->core->avr->data[u->r_ucsrb] & RXEN) && !is_spi(u);
    return on ? (uint32_t)((SIM_S * f.bit_den + f.bit_num / 2) / f.bit_num) : 0;
}

static bool is_receiving(const struct usart *u)
{
    return *b(u) & RXEN && !is_spi(u);
}

/* Bits of another core, which may be behind us, must not come late. */
static void rxd_drivers_changed(void *ctx)
{
    const struct usart *u = ctx;
    pins_hear_others(u->rxd->port->pins, u->rx_net && net_may_surprise(u->rx_net, &u->rxd->drv));
}

/* An RXD that is free idles: nobody else is there, and it is an input. Its net is heard from when it wakes. */
void usart_rewire(struct usart *u)
{
    if (u->rx_net) {
        net_watch_remove(u->rx_net, &u->rx_watch);
        u->rx_net = NULL;
    }
    rxd_drivers_changed(u);
    if (!is_receiving(u)) {
        return;
    }
    if (pin_is_free(u->rxd)) {
        uart_rx_level(&u->rx, true);
        return;
    }
    u->rx_net = u->rxd->net;
    net_watch_add(u->rx_net, &u->rx_watch, NET_WATCH_EDGES, rxd_changed, u);
    u->rx_watch.frames = &frames;
    u->rx_watch.drivers_changed = rxd_drivers_changed;
    rxd_drivers_changed(u);
    uart_rx_level(ready(u), net_is_high(u->rx_net, true));
}

static void rxd_woken(void *ctx)
{
    struct usart *u = ctx;
    if (!u->rx_net && is_receiving(u)) {
        usart_rewire(u);
    }
}

static void rx_empty(struct usart *u)
{
    u->n_fifo = 0;
    u->waiting = false;
    *a(u) &= (uint8_t) ~(RXC | FE | UPE | DOR);
    *b(u) &= (uint8_t)~RXB8;
}

static void rx_switch(struct usart *u, bool on)
{
    uart_rx_enable(&u->rx, on && !is_spi(u));
    rx_empty(u);
    usart_spi_hear(&u->spi, on);
    if (!on) {
        usart_rewire(u);
    }
    pin_override(u->rxd, on ? PIN_INPUT : PIN_NORMAL, false);
    if (on) {
        usart_rewire(u);
    }
}

/* ---- registers ---- */

static void ucsra_write(avr_t *avr, avr_io_addr_t addr, uint8_t v, void *param)
{
    (void)param;
    uint8_t kept = avr->data[addr] & (uint8_t) ~(U2X | MPCM | (v & TXC));
    avr->data[addr] = kept | (v & (U2X | MPCM));
}

static void ucsrb_write(avr_t *avr, avr_io_addr_t addr, uint8_t v, void *param)
{
    struct usart *u = param;
    uint8_t old = avr->data[addr];
    core_sync(u->core, avr->cycle + core_store_ck(avr));
    avr->data[addr] = (v & (uint8_t)~RXB8) | (avr->data[addr] & RXB8);
    if ((old ^ v) & RXEN) {
        rx_switch(u, v & RXEN);
    }
    if ((old ^ v) & TXEN) {
        txd_follow(u);
    }
    core_horizon_changed(u->core);
}

static bool ucsra_quick(void *ctx, uint64_t cycle, unsigned v)
{
    struct usart *u = ctx;
    if (cycle >= u->core->quick_end) {
        return false;
    }
    ucsra_write(u->core->avr, u->r_ucsra, (uint8_t)v, u);
    return true;
}

/* TXD, RXD and XCK are alone, no frame ends up to then, and nobody is behind. */
static bool may_be_quick(const struct usart *u, uint64_t cycle)
{
    return u->port && !u->rx_net && usart_spi_goes_on(&u->spi, cycle) &&
           pins_may_be_quick(u->port, cycle, u->pins_mask);
}

/* The receiver takes RXD, or leaves it. */
static inline void receiver_takes(struct usart *u, bool on)
{
    struct pins_port *port = u->port;
    uint8_t mask = (uint8_t)(1u << u->rxd->bit);
    if (on || u->rx.receiving || sim_event_pending(&u->rx.sample)) {
        uart_rx_enable(&u->rx, on && !is_spi(u));
    } else {
        u->rx.enabled = u->rx.whole = false;
    }
    rx_empty(u);
    u->rx.mark = u->rx.mark || on;
    u->rxd->override = on ? PIN_INPUT : PIN_NORMAL;
    u->rxd->level = false;
    port->forced_in = pins_with_bit(port->forced_in, mask, on);
    port->normal = pins_with_bit(port->normal, mask, !on);
    port->levels = pins_with_bit(port->levels, mask, false);
}

/* ucsrb_write() of pins that are alone. */
static bool ucsrb_quick(void *ctx, uint64_t cycle, unsigned v)
{
    struct usart *u = ctx;
    uint8_t *reg = b(u), changed = *reg ^ (uint8_t)v;
    if (!(changed & (RXEN | TXEN)) ||
        (!(changed & RXEN) && is_sending(u) && core_is_alone(u->core, cycle) && usart_spi_goes_on(&u->spi, cycle))) {
        *reg = (uint8_t)((v & (unsigned)~RXB8) | (*reg & RXB8));
        return true;
    }
    if (!may_be_quick(u, cycle)) {
        return false;
    }
    *reg = (uint8_t)((v & (unsigned)~RXB8) | (*reg & RXB8));
    bool goes_on = true;
    if (changed & RXEN) {
        receiver_takes(u, v & RXEN);
        goes_on = usart_spi_hear(&u->spi, v & RXEN);
    }
    if (changed & TXEN && !is_sending(u)) {
        pins_set_override(u->txd, v & TXEN ? PIN_OUTPUT : PIN_NORMAL, true);
    }
    pins_overridden(u->port, cycle);
    return goes_on || core_quick_ends(u->core);
}

static void ucsrc_write(avr_t *avr, avr_io_addr_t addr, uint8_t v, void *param)
{
    struct usart *u = param;
    if (u->r_ucsrc == u->r_ubrrh && !(v & URSEL)) {
        u->ubrrh = v;
    } else {
        bool was_spi = is_spi(u);
        core_sync(u->core, avr->cycle + core_store_ck(avr));
        u->ucsrc = v;
        usart_spi_rest(&u->spi, is_spi(u), v);
        if (was_spi != is_spi(u)) {
            rx_switch(u, *b(u) & RXEN);
        }
        core_horizon_changed(u->core);
    }
    avr->data[addr] = v;
}

/* ucsrc_write() where RXD and XCK are alone. */
static bool ucsrc_quick(void *ctx, uint64_t cycle, unsigned v)
{
    struct usart *u = ctx;
    bool was = is_spi(u), is = u->spi.xck && (v & UMSEL_SPI) == UMSEL_SPI, takes = was != is && *b(u) & RXEN;
    if (u->r_ucsrc == u->r_ubrrh || (takes && u->rx.receiving) || !may_be_quick(u, cycle)) {
        return false;
    }
    u->core->avr->data[u->r_ucsrc] = u->ucsrc = (uint8_t)v;
    if (takes) {
        receiver_takes(u, true);
    }
    if (is || (u->spi.xck && u->spi.xck->override == PIN_LEVEL)) {
        pins_set_override(u->spi.xck, is ? PIN_LEVEL : PIN_NORMAL, v & USART_SPI_UCPOL);
        pins_overridden(u->port, cycle);
    }
    return true;
}

static void ubrr_write(avr_t *avr, avr_io_addr_t addr, uint8_t v, void *param)
{
    struct usart *u = param;
    u->begins += addr == u->r_ubrrl;
    avr->data[addr] = v;
    if (addr == u->r_ubrrh) {
        u->ubrrh = v;
    }
}

static bool ubrrl_quick(void *ctx, uint64_t cycle, unsigned v)
{
    struct usart *u = ctx;
    if (cycle >= u->core->quick_end) {
        return false;
    }
    ubrr_write(u->core->avr, u->r_ubrrl, (uint8_t)v, u);
    return true;
}

static bool plain_read_quick(void *ctx, uint64_t cycle)
{
    return cycle < ((struct usart *)ctx)->core->quick_end;
}

static uint8_t plain_read(avr_t *avr, avr_io_addr_t addr, void *param)
{
    (void)param;
    return avr->data[addr];
}

static void usart_reset(void *ctx)
{
    struct usart *u = ctx;
    uart_tx_abort(&u->tx);
    usart_spi_reset(&u->spi);
    usart_spi_rest(&u->spi, false, 0);
    u->hold_full = u->loading = false;
    u->ucsrc = 0x06;
    u->ubrrh = 0;
    *a(u) = UDRE;
    *b(u) = 0;
    u->core->avr->data[u->r_ucsrc] = u->r_ucsrc == u->r_ubrrh ? 0x86 : 0x06;
    rx_switch(u, false);
}

/* That has all the pins. */
static void find_port(struct usart *u)
{
    const struct pin *xck = u->spi.xck ? u->spi.xck : u->txd;
    u->port = u->txd->port == u->rxd->port && xck->port == u->txd->port ? u->txd->port : NULL;
    u->pins_mask = (uint8_t)(1u << u->txd->bit | 1u << u->rxd->bit | 1u << xck->bit);
}

int usart_init(struct usart *u, struct core *core, struct pins *pins, const char *txd, const char *rxd, const char *xck)
{
    avr_uart_t *io = core_module(core, "uart", 0);
    if (!io) {
        return -1;
    }
    memset(u, 0, sizeof *u);
    u->core = core;
    u->txd = pins_find(pins, txd);
    u->rxd = pins_find(pins, rxd);
    u->rxd->woken = rxd_woken;
    u->rxd->woken_ctx = u;
    u->r_udr = io->r_udr;
    u->r_ucsra = io->r_ucsra;
    u->r_ucsrb = io->r_ucsrb;
    u->r_ucsrc = io->r_ucsrc;
    u->r_ubrrl = io->ubrrl.reg;
    u->r_ubrrh = io->ubrrh.reg;
    u->rxc = &io->rxc;
    u->txc = &io->txc;
    u->udre = &io->udrc;
    uart_tx_init(&u->tx, core->sim, tx_level, tx_done, u);
    u->tx.begun = tx_begun;
    uart_tx_drives(&u->tx, &u->txd->drv);
    usart_spi_init(&u->spi, core, u->txd, u->rxd, xck ? pins_find(pins, xck) : NULL, &spi_ops, u);
    struct uart_format f = uart_8n1(9600);
    uart_rx_init(&u->rx, core->sim, &f, rx_frame, u);
    uart_rx_enable(&u->rx, false);
    core_hook_write(core, u->r_udr, udr_write, u);
    core_io_quick(core, u->r_udr, udr_quick, u);
    core_hook_read(core, u->r_udr, udr_read, u);
    core_io_quick_read(core, u->r_udr, udr_read_quick, u);
    core_hook_write(core, u->r_ucsra, ucsra_write, u);
    core_io_quick(core, u->r_ucsra, ucsra_quick, u);
    core_hook_read(core, u->r_ucsra, plain_read, u);
    core_io_quick_read(core, u->r_ucsra, plain_read_quick, u);
    core_io_steady(core, u->r_ucsra, NULL, NULL);
    core_hook_write(core, u->r_ucsrb, ucsrb_write, u);
    core_hook_read(core, u->r_ucsrb, NULL, NULL);
    core_io_quick(core, u->r_ucsrb, ucsrb_quick, u);
    core_hook_write(core, u->r_ubrrl, ubrr_write, u);
    core_io_quick(core, u->r_ubrrl, ubrrl_quick, u);
    core_hook_write(core, u->r_ubrrh, ubrr_write, u);
    core_hook_write(core, u->r_ucsrc, ucsrc_write, u); /* last: it also serves UBRRH where they share */
    core_io_quick(core, u->r_ucsrc, ucsrc_quick, u);
    find_port(u);
    core_add_unit(core, usart_reset, u);
    return 0;
}

void usart_free(struct usart *u)
{
    if (u->core && u->rx_net) {
        net_watch_remove(u->rx_net, &u->rx_watch);
    }
    if (u->core) {
        uart_tx_abort(&u->tx);
        uart_rx_enable(&u->rx, false);
    }
}
