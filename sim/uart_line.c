/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sim/uart_line.h"

#include <assert.h>
#include <string.h>

#include "sim/stats.h"

struct uart_format uart_8n1(uint32_t baud)
{
    return (struct uart_format){ SIM_S, baud, 8, UART_NO_PARITY, 1 };
}

bool uart_format_parse(struct uart_format *f, const char *text, uint32_t baud)
{
    if (strlen(text) != 3 || text[0] < '5' || text[0] > '9' || text[2] < '1' || text[2] > '2' || !baud) {
        return false;
    }
    static const char letters[] = "NEOMS";
    const char *parity = strchr(letters, text[1]);
    if (!parity) {
        return false;
    }
    static const uint8_t kind[] = { UART_NO_PARITY, UART_EVEN, UART_ODD, UART_MARK, UART_SPACE };
    *f = (struct uart_format){ SIM_S, baud, (uint8_t)(text[0] - '0'), kind[parity - letters],
                               (uint8_t)(text[2] - '0') };
    return true;
}

/* Time of `halves` half bits. */
static sim_time halves_ps(const struct uart_format *f, unsigned halves)
{
    uint64_t num;
    if (!__builtin_mul_overflow(halves, f->bit_num, &num)) { /* always, for baud rates in whole hertz */
        return num / (2 * f->bit_den);
    }
    return (sim_time)((unsigned __int128)halves * f->bit_num / (2 * f->bit_den));
}

static unsigned frame_bits(const struct uart_format *f)
{
    return 1u + f->data_bits + (f->parity != UART_NO_PARITY) + f->stop_bits;
}

unsigned uart_stop_bit(const struct uart_format *f)
{
    return frame_bits(f) - f->stop_bits;
}

sim_time uart_begin_ps(const struct uart_format *f, unsigned bit)
{
    return halves_ps(f, 2 * bit);
}

sim_time uart_middle_ps(const struct uart_format *f, unsigned bit)
{
    return halves_ps(f, 2 * bit + 1);
}

sim_time uart_frame_ps(const struct uart_format *f)
{
    return halves_ps(f, 2 * frame_bits(f));
}

static unsigned parity_bit(const struct uart_format *f, unsigned data)
{
    if (f->parity == UART_MARK || f->parity == UART_SPACE) {
        return f->parity == UART_MARK;
    }
    return ((unsigned)__builtin_popcount(data) + (f->parity == UART_ODD)) & 1;
}

/* ---- sender ---- */

/* Bit tx->at is on the line: schedules the next change of level, or the end. */
static void tx_plan(struct uart_tx *tx)
{
    uint32_t left = tx->bits >> tx->at, end = 1u << (tx->n_bits - tx->at); /* a spoilt stop bit may be 0 */
    tx->at += __builtin_ctz(left & 1 ? ~left : left | end);
    sim_schedule(tx->sim, &tx->next, tx->start_ps + halves_ps(&tx->format, 2u * tx->at));
}

/* The whole frame at once, if nobody on the net minds. */
static bool begin_whole(struct uart_tx *tx)
{
    struct net_wave w = net_frame_wave(tx->start_ps, tx->format.bit_num, tx->format.bit_den, tx->bits, tx->n_bits);
    if (!net_frame_begin(&tx->frame, &w)) {
        return false;
    }
    tx->at = tx->n_bits;
    sim_schedule(tx->sim, &tx->next, tx->start_ps + halves_ps(&tx->format, 2u * tx->at));
    return true;
}

static void tx_broken(void *ctx)
{
    struct uart_tx *tx = ctx;
    tx->at = 0;
    while (tx->at + 1u < tx->n_bits && tx->start_ps + halves_ps(&tx->format, 2u * tx->at + 2u) < tx->sim->now_ps) {
        tx->at++;
    }
    tx->set(tx->ctx, tx->bits >> tx->at & 1);
    tx_plan(tx);
    if (tx->broken) {
        tx->broken(tx->ctx);
    }
}

static void tx_step(void *ctx, sim_time at_ps)
{
    struct uart_tx *tx = ctx;
    if (tx->at == tx->n_bits) {
        if (net_frame_runs(&tx->frame)) {
            net_frame_end(&tx->frame);
        }
        tx->busy = false;
        if (tx->done) {
            tx->done(tx->ctx, at_ps);
        }
        return;
    }
    bool begins = !tx->at, whole = begins && !tx->is_spoilt && begin_whole(tx);
    if (begins && tx->sim->stats) {
        tx->sim->stats->frames += whole;
        tx->sim->stats->frames_refused += !whole;
    }
    if (!whole) {
        tx->set(tx->ctx, tx->bits >> tx->at & 1);
        tx_plan(tx);
    }
    if (begins && tx->begun) {
        tx->begun(tx->ctx);
    }
}

void uart_tx_init(struct uart_tx *tx, struct sim *sim, void (*set)(void *, bool), void (*done)(void *, sim_time),
                  void *ctx)
{
    memset(tx, 0, sizeof *tx);
    tx->sim = sim;
    tx->set = set;
    tx->done = done;
    tx->ctx = ctx;
    sim_event_init(&tx->next, "uart tx", tx_step, tx);
}

void uart_tx_drives(struct uart_tx *tx, struct net_driver *d)
{
    tx->frame = (struct net_frame){ d, tx_broken, tx };
}

void uart_tx_start(struct uart_tx *tx, const struct uart_format *f, unsigned data, sim_time start_ps)
{
    assert(!tx->busy && f->data_bits >= 5 && f->data_bits <= 9);
    data &= (1u << f->data_bits) - 1;
    tx->format = *f;
    tx->bits = data << 1;
    unsigned n = 1u + f->data_bits;
    if (f->parity != UART_NO_PARITY) {
        tx->bits |= parity_bit(f, data) << n++;
    }
    tx->bits |= ((1u << f->stop_bits) - 1) << n;
    tx->n_bits = (uint8_t)(n + f->stop_bits);
    tx->is_spoilt = tx->flips;
    tx->bits ^= tx->flips;
    tx->flips = 0;
    tx->at = 0;
    tx->busy = true;
    tx->start_ps = start_ps > tx->sim->now_ps ? start_ps : tx->sim->now_ps;
    if (tx->start_ps == tx->sim->now_ps) {
        tx_step(tx, tx->start_ps); /* no event for what is due already */
    } else {
        sim_schedule(tx->sim, &tx->next, tx->start_ps);
    }
}

void uart_tx_abort(struct uart_tx *tx)
{
    if (net_frame_runs(&tx->frame)) {
        net_break_frame(tx->frame.driver->net);
    }
    sim_cancel(tx->sim, &tx->next);
    tx->busy = false;
}

/* ---- receiver ---- */

/* The line has been at rx->mark up to t: so were the bits whose middle lies before it. */
static void rx_samples_until(struct uart_rx *rx, sim_time t_ps, unsigned n_bits)
{
    while (rx->n_sampled < n_bits && rx->start_ps + halves_ps(&rx->now, 2u * rx->n_sampled + 1) < t_ps) {
        rx->samples |= (uint16_t)(rx->mark << rx->n_sampled++);
    }
}

static void rx_start(struct uart_rx *rx, sim_time at_ps)
{
    rx->receiving = true;
    rx->now = rx->format;
    rx->start_ps = at_ps;
    rx->n_sampled = 0;
    rx->samples = 0;
    sim_schedule(rx->sim, &rx->sample, at_ps + halves_ps(&rx->now, 2 * uart_stop_bit(&rx->now) + 1));
}

/* High in its middle: noise. What it was before that, nobody looks at. */
static bool no_start_bit(const struct uart_rx *rx)
{
    return rx->n_sampled && (rx->samples & 1);
}

static void rx_sample(void *ctx, sim_time at_ps)
{
    struct uart_rx *rx = ctx;
    const struct uart_format *f = &rx->now;
    unsigned n_stop = uart_stop_bit(f);
    rx_samples_until(rx, SIM_NEVER, n_stop + 1);
    if (no_start_bit(rx)) {
        rx->receiving = rx->whole = false;
        return;
    }
    unsigned data = rx->samples >> 1 & ((1u << f->data_bits) - 1);
    bool p = f->parity != UART_NO_PARITY && (rx->samples >> (n_stop - 1) & 1);
    bool stop = rx->samples >> n_stop & 1;
    struct uart_frame frame = {
        .data = (uint16_t)data,
        .framing_error = !stop,
        .parity_error = f->parity != UART_NO_PARITY && p != parity_bit(f, data),
        .is_break = !stop && !data && !p,
        .start_ps = rx->start_ps,
        .at_ps = at_ps,
    };
    rx->receiving = rx->whole = false; /* a further start bit needs a falling edge */
    rx->frame(rx->ctx, &frame);
}

void uart_rx_init(struct uart_rx *rx, struct sim *sim, const struct uart_format *f,
                  void (*frame)(void *, const struct uart_frame *), void *ctx)
{
    memset(rx, 0, sizeof *rx);
    rx->sim = sim;
    rx->format = *f;
    rx->frame = frame;
    rx->ctx = ctx;
    rx->mark = true;
    sim_event_init(&rx->sample, "uart rx", rx_sample, rx);
}

void uart_rx_enable(struct uart_rx *rx, bool enable)
{
    rx->enabled = enable;
    if (!enable) {
        sim_cancel(rx->sim, &rx->sample);
        rx->receiving = rx->whole = false;
    }
}

void uart_rx_level(struct uart_rx *rx, bool mark)
{
    if (mark == rx->mark) {
        return;
    }
    sim_time now_ps = rx->sim->now_ps;
    if (rx->receiving) {
        rx_samples_until(rx, now_ps, uart_stop_bit(&rx->now) + 1);
        if (no_start_bit(rx)) {
            rx->receiving = false;
            sim_cancel(rx->sim, &rx->sample);
        }
    }
    rx->mark = mark;
    if (rx->enabled && !rx->receiving && !mark) {
        rx_start(rx, now_ps);
    }
}

/* ---- a frame in one piece ---- */

static sim_time middle_ps(const struct uart_rx *rx, const struct uart_format *f, unsigned bit)
{
    return rx->sim->now_ps + halves_ps(f, 2 * bit + 1);
}

/* No change of the line comes with or after the middle of our stop bit, and the start bit is one. */
bool uart_rx_can_take(const struct uart_rx *rx, const struct net_wave *frame)
{
    sim_time stop_ps = middle_ps(rx, &rx->format, uart_stop_bit(&rx->format));
    assert(rx->receiving || !sim_event_pending(&rx->sample));
    return rx->enabled && !rx->receiving && rx->mark && !net_wave_level(frame, middle_ps(rx, &rx->format, 0)) &&
           net_wave_next_change(frame, stop_ps - 1) == SIM_NEVER && net_wave_level(frame, stop_ps) &&
           stop_ps < sim_clock_edge(&frame->clk, frame->n_bits);
}

void uart_rx_take(struct uart_rx *rx, const struct net_wave *frame)
{
    rx_start(rx, rx->sim->now_ps);
    rx->whole = true;
    while (rx->n_sampled <= uart_stop_bit(&rx->now)) {
        rx->samples |= (uint16_t)(net_wave_level(frame, middle_ps(rx, &rx->now, rx->n_sampled)) << rx->n_sampled);
        rx->n_sampled++;
    }
}

void uart_rx_lose(struct uart_rx *rx, bool mark, sim_time since_ps)
{
    rx->mark = mark;
    if (rx->whole) { /* as rx_samples_until() at the last change */
        rx->whole = false;
        rx->n_sampled = 0;
        while (rx->start_ps + halves_ps(&rx->now, 2u * rx->n_sampled + 1) < since_ps) {
            rx->n_sampled++;
        }
        rx->samples &= (uint16_t)((1u << rx->n_sampled) - 1);
    }
}
